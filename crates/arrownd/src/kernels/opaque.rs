//! Values of any width that are copied as they are, and values that aren't there at all.

use std::mem::MaybeUninit;

use half::f16;

use super::blocks::{Convert, Pod, Window, convert};
use super::cast::Scalar;
use super::look_up::look_up;
use super::numbers::ByteBool;
use crate::dtype::DType;
use crate::execute::Run;
use crate::options::Fill;
use crate::source::Keys;

#[derive(Clone, Copy)]
struct Identity;

impl<T: Copy> Convert<T, T> for Identity {
    const CHECKED: bool = false;
    #[inline(always)]
    fn apply(self, value: T) -> T {
        value
    }
    #[inline(always)]
    fn quick(self, _: T) -> bool {
        true
    }
    #[inline(always)]
    fn exact(self, _: T) -> bool {
        true
    }
}

/// Copies values of `dtype` byte for byte, `fill` where one is missing.
pub(crate) fn copy_opaque(dtype: DType, window: Window<'_, '_>, run: &mut Run<'_>, fill: Option<&Fill>) {
    use DType as D;
    fn of<T: Pod>(fill: Option<&Fill>, bits: impl Fn(&Fill) -> T) -> Option<T> {
        fill.map(|fill| match fill {
            Fill::Bytes(bytes) => T::read_from_bytes(bytes).unwrap_or_else(|_| bits(fill)),
            other => bits(other),
        })
    }
    let width = dtype.itemsize();
    if window.part.is_direct()
        && (fill.is_none() || window.part.is_full())
        && run.copy_bytes(window.bytes, window.start * width, width)
    {
        return;
    }
    // The border has seen that all keys are the dictionary's; if not, the loop below has zeros for the others.
    if dtype != D::Bool
        && window.part.validity.is_full()
        && let Some(Keys::I32(keys) | Keys::U32(keys)) = window.part.keys(window.start, run.len())
        && look_up(window.bytes, width, keys, run) == Some(true)
    {
        return;
    }
    // Identity has nothing to check, so it can't fail.
    let _ = match (dtype, width) {
        (D::Float16, _) => convert::<f16, f16, _>(window, run, of(fill, f16::of), Identity),
        (D::Float32, _) => convert::<f32, f32, _>(window, run, of(fill, f32::of), Identity),
        (D::Float64, _) => convert::<f64, f64, _>(window, run, of(fill, f64::of), Identity),
        (D::Bool, _) => convert::<ByteBool, ByteBool, _>(window, run, of(fill, ByteBool::of), Identity),
        (D::Int8, _) => convert::<i8, i8, _>(window, run, of(fill, i8::of), Identity),
        (_, 1) => convert::<u8, u8, _>(window, run, of(fill, u8::of), Identity),
        (D::Int16, _) => convert::<i16, i16, _>(window, run, of(fill, i16::of), Identity),
        (D::Int32, _) => convert::<i32, i32, _>(window, run, of(fill, i32::of), Identity),
        (D::UInt64, _) => convert::<u64, u64, _>(window, run, of(fill, u64::of), Identity),
        (_, 2) => convert::<u16, u16, _>(window, run, of(fill, u16::of), Identity),
        (_, 4) => convert::<u32, u32, _>(window, run, of(fill, u32::of), Identity),
        (D::IntervalDayTime, _) => {
            convert::<[u8; 8], [u8; 8], _>(window, run, of(fill, |_| [0; 8]), Identity)
        }
        (_, 8) => convert::<i64, i64, _>(window, run, of(fill, i64::of), Identity),
        (_, 16) => convert::<[u8; 16], [u8; 16], _>(window, run, of(fill, |_| [0; 16]), Identity),
        _ => {
            copy_any_width(width, window, run, fill);
            Ok(())
        }
    };
}

fn copy_any_width(width: usize, window: Window<'_, '_>, run: &mut Run<'_>, fill: Option<&Fill>) {
    let fill: Option<&[u8]> = match fill {
        Some(Fill::Bytes(bytes)) => Some(bytes),
        _ => None,
    };
    for at in (0..run.len()).step_by(64) {
        let block = window.part.block(window.start + at, run.len() - at);
        for (lane, index) in block.index.into_iter().take(block.len).enumerate() {
            let there = block.valid >> lane & 1 == 1;
            let own = || window.bytes.get(index * width..(index + 1) * width);
            match fill {
                Some(fill) if !there => run.write_bytes(at + lane, fill),
                _ if !there && !window.part.is_direct() => run.write_zeros(at + lane),
                _ => run.write_bytes(at + lane, own().unwrap_or_default()),
            }
        }
    }
}

/// Writes `fill` everywhere: a column of the null type.
pub(crate) fn fill_nothing(dtype: DType, run: &mut Run<'_>, fill: &Fill) {
    fn all<T: Copy>(run: &mut Run<'_>, value: T) {
        let block = [MaybeUninit::new(value); 64];
        let mut at = 0;
        while at < run.len() {
            let n = (run.len() - at).min(64);
            run.write(at, block.get(..n).unwrap_or_default());
            at += n;
        }
    }
    match dtype {
        DType::Bool => all(run, ByteBool::of(fill)),
        DType::Int8 => all(run, i8::of(fill)),
        DType::Int16 => all(run, i16::of(fill)),
        DType::Int32 => all(run, i32::of(fill)),
        DType::Int64 | DType::Datetime(_) | DType::Timedelta(_) => all(run, i64::of(fill)),
        DType::UInt8 => all(run, u8::of(fill)),
        DType::UInt16 => all(run, u16::of(fill)),
        DType::UInt32 => all(run, u32::of(fill)),
        DType::UInt64 => all(run, u64::of(fill)),
        DType::Float16 => all(run, f16::of(fill)),
        DType::Float32 => all(run, f32::of(fill)),
        DType::Float64 => all(run, f64::of(fill)),
        DType::Void(_) | DType::IntervalDayTime | DType::IntervalMonthDayNano => {
            for i in 0..run.len() {
                match fill {
                    Fill::Bytes(bytes) => run.write_bytes(i, bytes),
                    _ => run.write_zeros(i),
                }
            }
        }
        DType::Unicode(_) | DType::ByteString(_) => super::text::fill_text(dtype, run, Some(fill)),
        // Objects and strings of any length are the binding's.
        DType::Record(_) | DType::Complex64 | DType::Complex128 | DType::Object | DType::Strings { .. } => {}
    }
}
