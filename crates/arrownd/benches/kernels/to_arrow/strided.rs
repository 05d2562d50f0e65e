//! Elements that don't lie in a row: strided, backwards, transposed, misaligned, of the other byte order.

use std::sync::Arc;

use arrownd::DType;
use arrownd::engine::dense::{Dense, Input, Options};
use divan::Bencher;

use super::{dense, values};
use crate::inputs::{Size, rows, sizes};
use crate::timed;

/// Types of every size.
trait Number: Send + Sync + std::panic::RefUnwindSafe + Sized + 'static {
    const DTYPE: DType;
    fn of(n: usize) -> Self;
}

macro_rules! numbers {
    ($($t:ty => $dtype:ident)*) => { $(
        impl Number for $t {
            const DTYPE: DType = DType::$dtype;
            fn of(n: usize) -> Self {
                n as Self
            }
        }
    )* };
}
numbers! { u8 => UInt8 i16 => Int16 i32 => Int32 f32 => Float32 i64 => Int64 f64 => Float64 }

#[divan::bench(types = [f64, f32, i16, u8], args = sizes())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

fn convert(bencher: Bencher<'_, '_>, array: Dense) {
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

#[divan::bench(types = [f64, f32, i16, u8], args = sizes())]
fn every_second<T: Number>(bencher: Bencher<'_, '_>, size: Size) {
    let values = values(2 * size.0, T::of);
    convert(bencher, dense(&values, T::DTYPE, 0, &[size.0], &[2 * size_of::<T>() as isize]));
}

#[divan::bench(types = [f64, f32, i16, u8], args = sizes())]
fn backwards<T: Number>(bencher: Bencher<'_, '_>, size: Size) {
    let values = values(size.0, T::of);
    convert(bencher, dense(&values, T::DTYPE, size.0 - 1, &[size.0], &[-(size_of::<T>() as isize)]));
}

#[divan::bench(args = sizes())]
fn one_value(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, dense(&values(1, i64::of), DType::Int64, 0, &[size.0], &[0]));
}

/// 100 columns, each in a row.
#[divan::bench(types = [f64, f32, i16, u8], args = rows())]
fn transposed<T: Number>(bencher: Bencher<'_, '_>, size: Size) {
    let (values, step) = (values(size.0, T::of), size_of::<T>() as isize);
    let lines = size.0 / 100;
    convert(bencher, dense(&values, T::DTYPE, 0, &[lines, 100], &[step, step * lines as isize]));
}

#[divan::bench(args = sizes())]
fn misaligned(bencher: Bencher<'_, '_>, size: Size) {
    let bytes = values(8 * size.0 + 1, |value| value as u8);
    // SAFETY: the vector owns the bytes after its first, and isn't changed.
    let array = unsafe {
        Dense::new(bytes[1..].as_ptr(), DType::Int64, false, &[size.0], &[8], Arc::clone(&bytes) as _)
    };
    convert(bencher, array);
}

#[divan::bench(types = [i64, i32, i16], args = sizes())]
fn other_byte_order<T: Number>(bencher: Bencher<'_, '_>, size: Size) {
    let (values, step) = (values(size.0, T::of), size_of::<T>() as isize);
    let ptr = values.as_ptr().cast();
    // SAFETY: the vector owns so many values, and isn't changed.
    let array = unsafe { Dense::new(ptr, T::DTYPE, true, &[size.0], &[step], Arc::clone(&values) as _) };
    convert(bencher, array);
}
