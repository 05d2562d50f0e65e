//! Numbers as decimals.

use std::fmt::Write as _;
use std::mem::MaybeUninit;

use arrow_buffer::i256;
use arrow_schema::{DataType, Field};
use half::f16;

use super::super::memory::write;
use super::{fill, lossy, unsupported};
use crate::error::{Error, Result};
use crate::kernels::DecimalText;
use crate::mapping::{Element, map};
use crate::source::{Bits, Chunk, Data};

/// Ten to the power of this is the largest that 256 bits hold.
const MOST: u32 = 76;

/// Integers, floats and decimals as decimals. A float has to be what the decimal reads as again; unless `safe`,
/// digits that there is no place for are rounded, half to even. More digits than the precision has are an
/// error in any case.
pub(super) struct Decimals {
    element: Element,
    own_scale: i8,
    scale: i8,
    limit: i256,
    /// Bytes of each decimal.
    width: usize,
    safe: bool,
    to: Field,
}

impl Decimals {
    pub(super) fn new(from: &Field, to: &Field, safe: bool) -> Result<Self> {
        let element = map(from)?.element;
        let (precision, scale, width) = match to.data_type() {
            DataType::Decimal32(p, s) => (*p, *s, 4),
            DataType::Decimal64(p, s) => (*p, *s, 8),
            DataType::Decimal128(p, s) => (*p, *s, 16),
            DataType::Decimal256(p, s) => (*p, *s, 32),
            _ => return unsupported(from, to),
        };
        let own_scale = match element {
            Element::Decimal { scale, .. } => scale,
            Element::F16 | Element::F32 | Element::F64 | Element::Wide { .. } => 0,
            element if element.is_integer() && !from.data_type().is_temporal() => 0,
            _ => return unsupported(from, to),
        };
        let Some(limit) = power(u32::from(precision)) else { return unsupported(from, to) };
        Ok(Self { element, own_scale, scale, limit, width, safe, to: to.clone() })
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Writes the decimals of all values, 0 for those that are missing.
    pub(super) fn write(&self, values: &Chunk<'_>, out: &mut [MaybeUninit<u8>]) -> Result<()> {
        let Data::Fixed(bytes) = values.data else { return Ok(()) };
        let failed = |at: usize| {
            let own = bytes.chunks_exact(self.element.width()).nth(at).unwrap_or_default();
            let remedy = "pass more precision, another scale, or ArrowOptions::safe(false) to round";
            lossy(self.shown(own), at, &self.to, remedy)
        };
        if let Some(done) = self.multiplied(bytes, values.validity, out) {
            return done.map_err(failed);
        }
        let mut text = String::new();
        let width = self.element.width();
        let mut value = |at: usize| -> Result<i256> {
            if values.validity.is_some_and(|bits| !bits.get(at)) {
                return Ok(i256::ZERO);
            }
            let own = bytes.get(at * width..(at + 1) * width).unwrap_or_default();
            let made = match self.element {
                Element::F16 | Element::F32 | Element::F64 => {
                    Float::read(self.element, own).decimal(self.scale, self.safe, &mut text)
                }
                element => rescaled(integer(element, own), self.own_scale, self.scale, self.safe),
            };
            let fits = |value: &i256| -self.limit < *value && *value < self.limit;
            made.filter(fits).ok_or_else(|| failed(at))
        };
        let len = values.len;
        match self.width {
            4 => fill::each(out, len, |at| narrow::<i32>(value(at)?)),
            8 => fill::each(out, len, |at| narrow::<i64>(value(at)?)),
            16 => fill::each(out, len, |at| narrow::<i128>(value(at)?)),
            _ => fill::each(out, len, |at| Ok(value(at)?.to_le_bytes())),
        }
    }

    /// Integers and decimals of up to 128 bits that get as many digits behind the point or more: one multiplication
    /// each. `None`, and nothing written, for others; the first value that is beyond the precision.
    fn multiplied(
        &self,
        bytes: &[u8],
        validity: Option<Bits<'_>>,
        out: &mut [MaybeUninit<u8>],
    ) -> Option<Result<(), usize>> {
        use Element as E;
        let shift = i32::from(self.scale) - i32::from(self.own_scale);
        let factor = power(u32::try_from(shift).ok()?)?.to_i128()?;
        let most = self.limit.to_i128()?.checked_sub(1)?.checked_div(factor)?;
        let by = (factor, most.unsigned_abs());
        macro_rules! of {
            ($t:ty) => {{
                let wide = |own| i128::from(<$t>::from_ne_bytes(own));
                match self.width {
                    4 => multiply(bytes, validity, wide, |value| (value as i32).to_ne_bytes(), by, out),
                    8 => multiply(bytes, validity, wide, |value| (value as i64).to_ne_bytes(), by, out),
                    _ => multiply(bytes, validity, wide, i128::to_ne_bytes, by, out),
                }
            }};
        }
        Some(match self.element {
            E::I8 => of!(i8),
            E::I16 => of!(i16),
            E::I32 | E::Decimal { width: 4, .. } => of!(i32),
            E::I64 | E::Decimal { width: 8, .. } => of!(i64),
            E::U8 => of!(u8),
            E::U16 => of!(u16),
            E::U32 => of!(u32),
            E::U64 => of!(u64),
            E::Wide { signed: true } | E::Decimal { width: 16, .. } => of!(i128),
            _ => return None,
        })
    }

    /// A value as a message shows it.
    fn shown(&self, own: &[u8]) -> String {
        match self.element {
            Element::F16 | Element::F32 | Element::F64 => {
                format!("{:?}", Float::read(self.element, own).wide)
            }
            Element::Decimal { scale, .. } => DecimalText::of(own, scale).to_string(),
            element => integer(element, own).to_string(),
        }
    }
}

/// Values times a factor; those that are missing become 0. The first whose magnitude is above `most`.
fn multiply<const N: usize, const M: usize>(
    bytes: &[u8],
    validity: Option<Bits<'_>>,
    wide: impl Fn([u8; N]) -> i128,
    narrow: impl Fn(i128) -> [u8; M],
    (factor, most): (i128, u128),
    out: &mut [MaybeUninit<u8>],
) -> Result<(), usize> {
    let (values, places) = (bytes.as_chunks::<N>().0, out.as_chunks_mut::<M>().0);
    for (block, (values, places)) in values.chunks(64).zip(places.chunks_mut(64)).enumerate() {
        let valid = validity.map_or(u64::MAX, |bits| bits.word(block * 64));
        let mut beyond = 0u64;
        for (at, (own, place)) in values.iter().zip(places).enumerate() {
            let value = if valid >> at & 1 == 1 { wide(*own) } else { 0 };
            beyond |= u64::from(value.unsigned_abs() > most) << at;
            write(place, narrow(value.wrapping_mul(factor)));
        }
        if beyond != 0 {
            return Err(block * 64 + beyond.trailing_zeros() as usize);
        }
    }
    Ok(())
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
