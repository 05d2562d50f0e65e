//! Numbers as decimals.

use std::fmt::Write as _;

use arrow_buffer::{Buffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use half::f16;

use super::{Cast, assembled, fill, lossy, unsupported};
use crate::error::{Error, Result};
use crate::kernels::DecimalText;
use crate::mapping::{Element, map};

/// Ten to the power of this is the largest that 256 bits hold.
const MOST: u32 = 76;

impl Cast<'_> {
    /// Integers, floats and decimals as decimals. A float has to be what the decimal reads as again; unless `safe`,
    /// digits that there is no place for are rounded, half to even. More digits than the precision has are an
    /// error in any case.
    pub(super) fn decimals(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (element, safe) = (map(from)?.element, self.safe);
        let (precision, scale) = match to.data_type() {
            DataType::Decimal32(p, s)
            | DataType::Decimal64(p, s)
            | DataType::Decimal128(p, s)
            | DataType::Decimal256(p, s) => (*p, *s),
            _ => return unsupported(from, to),
        };
        let is_number = element.is_integer()
            || matches!(
                element,
                Element::F16 | Element::F32 | Element::F64 | Element::Decimal { .. } | Element::Wide { .. }
            );
        if !is_number || from.data_type().is_temporal() {
            return unsupported(from, to);
        }
        let width = element.width();
        let bytes = super::fixed::whole(data, width)?;
        let mut text = String::new();
        let mut value = |i: usize| -> Result<i256> {
            let own = bytes.get(i * width..(i + 1) * width).unwrap_or_default();
            if data.is_null(i) {
                return Ok(i256::ZERO);
            }
            let (made, shown) = match element {
                Element::F16 | Element::F32 | Element::F64 => {
                    let float = Float::read(element, own);
                    (float.decimal(scale, safe, &mut text), format!("{:?}", float.wide))
                }
                Element::Decimal { scale: own_scale, .. } => (
                    rescaled(integer(element, own), own_scale, scale, safe),
                    DecimalText::of(own, own_scale).to_string(),
                ),
                _ => {
                    let integer = integer(element, own);
                    (rescaled(integer, 0, scale, safe), integer.to_string())
                }
            };
            made.filter(|made| fits(*made, precision)).ok_or_else(|| {
                lossy(
                    shown,
                    i,
                    to,
                    "pass more precision, another scale, or ArrowOptions::safe(false) to round",
                )
            })
        };
        let len = data.len();
        let buffer: Buffer = match to.data_type() {
            DataType::Decimal32(..) => fill::values(self.memory, len, |i| narrow::<i32>(value(i)?)),
            DataType::Decimal64(..) => fill::values(self.memory, len, |i| narrow::<i64>(value(i)?)),
            DataType::Decimal128(..) => fill::values(self.memory, len, |i| narrow::<i128>(value(i)?)),
            _ => fill::values(self.memory, len, |i| Ok(value(i)?.to_le_bytes())),
        }?;
        assembled(to.data_type(), len, data.nulls().cloned(), vec![buffer], vec![])
    }
}

/// A value that has passed the precision of its type.
fn narrow<T: TryFrom<i128>>(value: i256) -> Result<T> {
    let fits = value.to_i128().and_then(|value| T::try_from(value).ok());
    fits.ok_or_else(|| Error::BadValue(format!("{value} is beyond the decimal's precision")))
}

fn integer(element: Element, bytes: &[u8]) -> i256 {
    fn read<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().unwrap_or([0; N])
    }
    use Element as E;
    let signed = |value: i64| i256::from_i128(i128::from(value));
    match element {
        E::I8 => signed(i8::from_ne_bytes(read(bytes)).into()),
        E::I16 => signed(i16::from_ne_bytes(read(bytes)).into()),
        E::I32 | E::Decimal { width: 4, .. } => signed(i32::from_ne_bytes(read(bytes)).into()),
        E::I64 | E::Decimal { width: 8, .. } => signed(i64::from_ne_bytes(read(bytes))),
        E::U8 => signed(u8::from_ne_bytes(read(bytes)).into()),
        E::U16 => signed(u16::from_ne_bytes(read(bytes)).into()),
        E::U32 => signed(u32::from_ne_bytes(read(bytes)).into()),
        E::U64 => i256::from_i128(u64::from_ne_bytes(read(bytes)).into()),
        E::Wide { signed: false } => i256::from_parts(u128::from_ne_bytes(read(bytes)), 0),
        E::Wide { signed: true } | E::Decimal { width: 16, .. } => {
            i256::from_i128(i128::from_ne_bytes(read(bytes)))
        }
        _ => i256::from_le_bytes(read(bytes)),
    }
}

fn power(n: u32) -> Option<i256> {
    if n > MOST { None } else { i256::from_i128(10).checked_pow(n) }
}

fn fits(value: i256, precision: u8) -> bool {
    let Some(limit) = power(u32::from(precision)) else { return false };
    let Some(negative) = limit.checked_neg() else { return false };
    negative < value && value < limit
}

/// `value / 10^from` as an integer over `10^to`; `None` where digits would be lost, or are too many.
fn rescaled(value: i256, from: i8, to: i8, safe: bool) -> Option<i256> {
    let shift = i32::from(to) - i32::from(from);
    if value == i256::ZERO {
        return Some(value);
    }
    if shift >= 0 {
        return value.checked_mul(power(shift.unsigned_abs())?);
    }
    let Some(divisor) = power(shift.unsigned_abs()) else {
        // Less than half of the last digit, as every value there is.
        return (!safe).then_some(i256::ZERO);
    };
    let (quotient, rest) = value.checked_div_rem(divisor)?;
    if rest == i256::ZERO {
        return Some(quotient);
    }
    if safe {
        return None;
    }
    let half = divisor.checked_div(i256::from_i128(2))?;
    let distance = rest.wrapping_abs();
    let odd = quotient.wrapping_rem(i256::from_i128(2)) != i256::ZERO;
    if distance > half || distance == half && odd {
        let away = if value.is_negative() { i256::MINUS_ONE } else { i256::ONE };
        return quotient.checked_add(away);
    }
    Some(quotient)
}

/// A float, and how its own width reads text.
struct Float {
    element: Element,
    wide: f64,
}

impl Float {
    fn read(element: Element, bytes: &[u8]) -> Self {
        let wide = match *bytes {
            [a, b] => f64::from(f16::from_ne_bytes([a, b])),
            [a, b, c, d] => f64::from(f32::from_ne_bytes([a, b, c, d])),
            _ => f64::from_ne_bytes(bytes.try_into().unwrap_or_default()),
        };
        Self { element, wide }
    }

    /// The decimal of that scale that is nearest; with `safe` only if it reads as the same float.
    fn decimal(&self, scale: i8, safe: bool, text: &mut String) -> Option<i256> {
        if !self.wide.is_finite() {
            return None;
        }
        text.clear();
        // The digits of a float's exact value, rounded once.
        let digits = usize::from(scale.max(0).unsigned_abs());
        write!(text, "{:.digits$}", self.wide).ok()?;
        if safe && !self.reads(text) {
            return None;
        }
        let point = text.find('.');
        if let Some(point) = point {
            text.remove(point);
        }
        let value = i256::from_string(text)?;
        if scale >= 0 { Some(value) } else { rescaled(value, 0, scale, safe) }
    }

    fn reads(&self, text: &str) -> bool {
        let Ok(wide) = text.parse::<f64>() else { return false };
        match self.element {
            Element::F16 => f64::from(f16::from_f64(wide)) == self.wide,
            Element::F32 => text.parse::<f32>().is_ok_and(|narrow| f64::from(narrow) == self.wide),
            _ => wide == self.wide,
        }
    }
}
