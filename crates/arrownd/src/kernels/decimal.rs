//! Decimals as floats, rounded once from the exact value, and as integers.

use std::mem::MaybeUninit;

use half::f16;
use zerocopy::IntoBytes;

use super::blocks::{Convert, Failed, Pod, Window, convert};
use super::cast::Scalar;
use crate::dtype::DType;
use crate::execute::Run;
use crate::options::Fill;

mod floats;
mod text;

pub use text::DecimalText;
use text::Magnitude;

/// Integers up to here are doubles.
const EXACT: u64 = 1 << 53;
/// Integers up to half of half of it become doubles, and doubles integers, by an addition: a vector
/// instruction that every CPU has.
const BLOCK: u64 = EXACT / 4;
/// 1.5 times 2**52: its last place is 1.
const MAGIC: f64 = 6_755_399_441_055_744.0;

/// What is known of all values before the first is read.
#[derive(Debug, Clone, Copy)]
struct Scale {
    scale: i32,
    /// Ten to the power of the scale's magnitude, up to 38, as the sum of two doubles.
    power: f64,
    rest: f64,
    /// Below, an integer times or over `power` is rounded once; 0 where `power` isn't all.
    limit: u64,
    /// Ten to the power of the scale; 0 where 64 bits don't hold it, or the scale is negative.
    divisor: i64,
}

impl Scale {
    fn new(scale: i8) -> Self {
        let scale = i32::from(scale);
        let exact = 10u128.checked_pow(scale.unsigned_abs()).unwrap_or(0);
        let power = exact as f64;
        let rest = exact.wrapping_sub(power as u128) as i128 as f64;
        let limit = if exact != 0 && rest == 0.0 { EXACT } else { 0 };
        let divisor = u32::try_from(scale).ok().and_then(|scale| 10i64.checked_pow(scale)).unwrap_or(0);
        Self { scale, power, rest, limit, divisor }
    }
}

/// The integer of a decimal, before its scale.
trait Unscaled: Pod {
    const WIDTH: i32;
    /// The lowest 64 bits, and whether they are the whole value.
    fn small(self) -> (i64, bool);
    /// The lowest 128 bits, and whether they are the whole value.
    fn medium(self) -> (i128, bool);
    fn magnitude(self) -> Magnitude;
}

macro_rules! unscaled {
    ($($t:ty: $value:ident, $small:expr, $medium:expr;)*) => { $(
        impl Unscaled for $t {
            const WIDTH: i32 = size_of::<$t>() as i32;
            #[inline(always)]
            fn small(self) -> (i64, bool) {
                let $value = self;
                $small
            }
            #[inline(always)]
            fn medium(self) -> (i128, bool) {
                let $value = self;
                $medium
            }
            fn magnitude(self) -> Magnitude {
                Magnitude::of(self.as_bytes())
            }
        }
    )* };
}
unscaled! {
    i32: value, (i64::from(value), true), (i128::from(value), true);
    i64: value, (value, true), (i128::from(value), true);
    [i64; 2]: words, { let [low, high] = low_first(words); (low, high == low >> 63) }, (joined(low_first(words)), true);
    [i64; 4]: words,
        {
            let [low, second, third, high] = low_first(words);
            let sign = low >> 63;
            (low, (second ^ sign) | (third ^ sign) | (high ^ sign) == 0)
        },
        {
            let [low, second, third, high] = low_first(words);
            let sign = second >> 63;
            (joined([low, second]), (third ^ sign) | (high ^ sign) == 0)
        };
}

/// The words of one integer from the lowest to the highest.
#[inline(always)]
fn low_first<const N: usize>(mut words: [i64; N]) -> [i64; N] {
    if cfg!(target_endian = "big") {
        words.reverse();
    }
    words
}

#[inline(always)]
fn joined([low, high]: [i64; 2]) -> i128 {
    i128::from(high) << 64 | i128::from(low as u64)
}

/// What a decimal becomes.
trait Target: Scalar {
    /// Whether every decimal of `width` bytes is held: nobody has to ask for each.
    fn holds_all(width: i32, scale: Scale) -> bool;
    fn convert<S: Unscaled>(value: S, scale: Scale) -> Self;
    /// Whether `value` is held: floats round, but stay finite; integers are exact.
    fn holds<S: Unscaled>(value: S, scale: Scale) -> bool;
    /// The smallest scale for [`Target::at_once`].
    const LEAST: i32;
    /// Both, without a branch, for an integer up to [`BLOCK`] and a scale that `power` is all of.
    fn at_once(integer: f64, scale: Scale) -> (Self, bool);
}

#[derive(Clone, Copy)]
struct Decimal<const CHECK: bool>(Scale);

impl<S: Unscaled, D: Target, const CHECK: bool> Convert<S, D> for Decimal<CHECK> {
    const CHECKED: bool = CHECK;
    #[inline(always)]
    fn apply(self, value: S) -> D {
        D::convert(value, self.0)
    }
    #[inline(always)]
    fn quick(self, value: S) -> bool {
        D::holds(value, self.0)
    }
    #[inline(always)]
    fn exact(self, value: S) -> bool {
        D::holds(value, self.0)
    }
    #[inline(always)]
    fn block(self, values: &[S; 64], out: &mut [MaybeUninit<D>; 64]) -> Option<bool> {
        if self.0.limit == 0 || self.0.scale < D::LEAST {
            return None;
        }
        let mut integers = [0.0; 64];
        let mut fit = true;
        for (value, integer) in values.iter().zip(&mut integers) {
            let (low, whole) = value.small();
            fit &= whole & (low.wrapping_add(BLOCK as i64) as u64 <= 2 * BLOCK);
            *integer = f64::from_bits(low.wrapping_add(MAGIC.to_bits() as i64) as u64) - MAGIC;
        }
        if !fit {
            return None;
        }
        let mut held = true;
        if self.0.scale >= 0 {
            // Known to the loop below, so that it has no branch.
            let scale = Scale { scale: 1, ..self.0 };
            for (integer, to) in integers.iter().zip(out) {
                let (value, holds) = D::at_once(*integer, scale);
                *to = MaybeUninit::new(value);
                held &= holds;
            }
        } else {
            let scale = Scale { scale: -1, ..self.0 };
            for (integer, to) in integers.iter().zip(out) {
                let (value, holds) = D::at_once(*integer, scale);
                *to = MaybeUninit::new(value);
                held &= holds;
            }
        }
        Some(held)
    }
}

/// Converts decimals of `width` bytes to integers and floats.
pub(super) fn decimals(
    width: u8,
    scale: i8,
    dtype: DType,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<&Fill>,
    check: bool,
) -> Result<(), Failed> {
    use DType as D;
    let scale = Scale::new(scale);
    match dtype {
        D::Int8 => to::<i8>(width, scale, window, run, fill, check),
        D::Int16 => to::<i16>(width, scale, window, run, fill, check),
        D::Int32 => to::<i32>(width, scale, window, run, fill, check),
        D::Int64 => to::<i64>(width, scale, window, run, fill, check),
        D::UInt8 => to::<u8>(width, scale, window, run, fill, check),
        D::UInt16 => to::<u16>(width, scale, window, run, fill, check),
        D::UInt32 => to::<u32>(width, scale, window, run, fill, check),
        D::UInt64 => to::<u64>(width, scale, window, run, fill, check),
        D::Float16 => to::<f16>(width, scale, window, run, fill, check),
        D::Float32 => to::<f32>(width, scale, window, run, fill, check),
        D::Float64 => to::<f64>(width, scale, window, run, fill, check),
        // The planner asks for no other.
        _ => Ok(()),
    }
}

fn to<D: Target>(
    width: u8,
    scale: Scale,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<&Fill>,
    check: bool,
) -> Result<(), Failed> {
    let fill = fill.map(D::of);
    macro_rules! from {
        ($s:ty) => {
            if check && !D::holds_all(<$s>::WIDTH, scale) {
                convert::<$s, D, _>(window, run, fill, Decimal::<true>(scale))
            } else {
                convert::<$s, D, _>(window, run, fill, Decimal::<false>(scale))
            }
        };
    }
    match width {
        4 => from!(i32),
        8 => from!(i64),
        16 => from!([i64; 2]),
        _ => from!([i64; 4]),
    }
}

/// The value without its fraction, cut to 128 bits, and whether nothing was lost.
#[inline(always)]
fn whole<S: Unscaled>(value: S, scale: Scale) -> (i128, bool) {
    let (low, whole) = value.small();
    match low.checked_div(scale.divisor) {
        Some(quotient) if whole => (i128::from(quotient), quotient.wrapping_mul(scale.divisor) == low),
        _ => whole_of_any(value.magnitude(), scale),
    }
}

#[inline(never)]
fn whole_of_any(mut magnitude: Magnitude, scale: Scale) -> (i128, bool) {
    let mut left = scale.scale.unsigned_abs();
    let mut exact = true;
    while left > 0 {
        let digits = left.min(19);
        let power = 10u64.pow(digits);
        let lost = if scale.scale > 0 { magnitude.divide(power) } else { magnitude.multiply(power) };
        exact &= lost == 0;
        left -= digits;
    }
    let (value, held) = magnitude.to_i128();
    (value, exact && held)
}

macro_rules! integer_targets {
    ($($t:ty)*) => { $(
        impl Target for $t {
            const LEAST: i32 = 0;
            fn holds_all(_: i32, _: Scale) -> bool {
                false
            }
            #[inline(always)]
            fn convert<S: Unscaled>(value: S, scale: Scale) -> Self {
                whole(value, scale).0 as $t
            }
            #[inline(always)]
            fn holds<S: Unscaled>(value: S, scale: Scale) -> bool {
                let (value, exact) = whole(value, scale);
                exact && value as $t as i128 == value
            }
            #[inline(always)]
            #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
            fn at_once(integer: f64, scale: Scale) -> (Self, bool) {
                // The nearest double may be the next integer: then the rest has the other sign.
                let cut = (integer / scale.power).trunc();
                let rest = (-cut).mul_add(scale.power, integer);
                let over = (rest != 0.0) & ((rest < 0.0) != (integer < 0.0));
                let cut = if over { cut - 1f64.copysign(integer) } else { cut };
                let value = (cut + MAGIC).to_bits().wrapping_sub(MAGIC.to_bits()) as i64;
                (value as $t, (rest == 0.0) & (value as $t as i64 == value) & ((value as $t < 0) == (value < 0)))
            }
        }
    )* };
}
integer_targets!(i8 i16 i32 i64 u8 u16 u32 u64);
