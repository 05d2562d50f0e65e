//! Decimals as floats, rounded once from the exact value, and as integers.

use std::mem::MaybeUninit;

use half::f16;

use super::blocks::{Convert, Failed, Window, convert};
use super::cast::Scalar;
use super::numbers::to_half;
use crate::dtype::DType;
use crate::execute::Run;
use crate::options::Fill;

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
trait Unscaled: bytemuck::Pod {
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
                Magnitude::of(bytemuck::bytes_of(&self))
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

/// What of a float decimals need to know.
trait Float: Copy {
    /// The largest power of ten.
    const MOST: i32;
    /// The float nearest to a number whose nearest double is `nearest`; `off` has the sign of what is
    /// left of it.
    fn round(nearest: f64, off: f64) -> Self;
    /// The same without `off`, `None` where that would be needed: rounding twice goes wrong only where
    /// the first lands halfway between two floats.
    fn narrow(nearest: f64) -> Option<Self>;
    fn parse(text: &DecimalText) -> Self;
    fn is_finite(self) -> bool;
}

/// The one of the two doubles around a number that is odd: it is rounded to anything narrower as the
/// number would be.
#[inline(always)]
fn odd(nearest: f64, off: f64) -> f64 {
    let bits = nearest.to_bits();
    let away = (nearest < 0.0) == (off < 0.0);
    let other = if away { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
    f64::from_bits(if (off != 0.0) & (bits & 1 == 0) { other } else { bits })
}

impl Float for f64 {
    const MOST: i32 = 308;
    #[inline(always)]
    fn round(nearest: f64, _: f64) -> Self {
        nearest
    }
    #[inline(always)]
    fn narrow(nearest: f64) -> Option<Self> {
        Some(nearest)
    }
    fn parse(text: &DecimalText) -> Self {
        text.scientific().parse().unwrap_or(Self::NAN)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

impl Float for f32 {
    const MOST: i32 = 38;
    #[inline(always)]
    fn round(nearest: f64, off: f64) -> Self {
        odd(nearest, off) as Self
    }
    #[inline(always)]
    fn narrow(nearest: f64) -> Option<Self> {
        let narrow = nearest as Self;
        // Halfway has one bit more than the 24 of a single.
        let halfway = nearest.to_bits() << (64 - 28) == 0 && f64::from(narrow) != nearest;
        if halfway { None } else { Some(narrow) }
    }
    fn parse(text: &DecimalText) -> Self {
        text.scientific().parse().unwrap_or(Self::NAN)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

impl Float for f16 {
    const MOST: i32 = 4;
    #[inline(always)]
    fn round(nearest: f64, off: f64) -> Self {
        to_half(odd(nearest, off))
    }
    #[inline(always)]
    fn narrow(nearest: f64) -> Option<Self> {
        let narrow = to_half(nearest);
        // Halfway has one bit more than the 11 of a half.
        let halfway = nearest.to_bits() << (64 - 41) == 0 && narrow.to_f64_const() != nearest;
        if halfway { None } else { Some(narrow) }
    }
    fn parse(text: &DecimalText) -> Self {
        let nearest = f64::parse(text);
        if let Some(narrow) = Self::narrow(nearest) {
            return narrow;
        }
        // What lies halfway between two halves is a multiple of 2**-25, below 2**16: 25 decimals
        // write it, and then the digits say on which side the value lies.
        const FIVES: u128 = 5u128.pow(25);
        let ticks = nearest.abs() * 33_554_432.0;
        if nearest.abs() > 65520.0 || ticks.trunc() != ticks {
            return to_half(nearest);
        }
        let halfway = DecimalText::of(&(ticks as u128 * FIVES).to_ne_bytes(), 25);
        let off = match text.cmp_magnitude(&halfway) {
            std::cmp::Ordering::Less => -nearest,
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Greater => nearest,
        };
        Self::round(nearest, off)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

/// An integer over the power of ten as the nearest double, and what has the sign of the rest.
#[inline(always)]
fn scaled(integer: f64, scale: Scale) -> (f64, f64) {
    if scale.scale >= 0 {
        let nearest = integer / scale.power;
        (nearest, (-nearest).mul_add(scale.power, integer))
    } else {
        let nearest = integer * scale.power;
        (nearest, integer.mul_add(scale.power, -nearest))
    }
}

#[inline(always)]
fn float<S: Unscaled, D: Float>(value: S, scale: Scale) -> D {
    let (low, whole) = value.small();
    if whole && low.unsigned_abs() < scale.limit {
        let (nearest, off) = scaled(low as f64, scale);
        return D::round(nearest, off);
    }
    float_of_any(value, scale)
}

#[inline(never)]
fn float_of_any<S: Unscaled, D: Float>(value: S, scale: Scale) -> D {
    let (integer, whole) = value.medium();
    let nearest = if whole { nearest(integer, scale) } else { None };
    match nearest.and_then(D::narrow) {
        Some(narrow) => narrow,
        None => D::parse(&DecimalText::new(&value.magnitude(), scale.scale)),
    }
}

/// The double nearest to an integer of up to 104 bits over a power of ten, as a sum of two doubles;
/// `None` where that leaves it open.
#[inline(always)]
fn nearest(integer: i128, scale: Scale) -> Option<f64> {
    let top = (integer >> 52) as i64;
    if i128::from(top) != integer >> 52 || top.unsigned_abs() > EXACT / 2 || scale.power == 0.0 {
        return None;
    }
    // Both are exact, and so is their sum as `high` and `low`.
    let (top, bottom) = (top as f64 * 4_503_599_627_370_496.0, (integer as u64 & ((1 << 52) - 1)) as f64);
    let high = top + bottom;
    let low = bottom - (high - top);
    let (first, off) = scaled(high, scale);
    let second = if scale.scale >= 0 {
        (off + low - first * scale.rest) / scale.power
    } else {
        off + low * scale.power + high * scale.rest
    };
    // All that was rounded above is less than 2**-102 of the result: where twice that makes no
    // difference, the sum is rounded as the exact one would be.
    let slack = first * 2f64.powi(-101);
    let (one, other) = (first + (second - slack), first + (second + slack));
    (one == other).then_some(one)
}

macro_rules! float_targets {
    ($($t:ty)*) => { $(
        impl Target for $t {
            const LEAST: i32 = i32::MIN;
            fn holds_all(width: i32, scale: Scale) -> bool {
                // At most 10, 20, 39 and 78 digits.
                width * 8 * 30103 / 100_000 + 1 - scale.scale <= <$t as Float>::MOST
            }
            #[inline(always)]
            fn convert<S: Unscaled>(value: S, scale: Scale) -> Self {
                float(value, scale)
            }
            #[inline(always)]
            fn holds<S: Unscaled>(value: S, scale: Scale) -> bool {
                Float::is_finite(float::<S, $t>(value, scale))
            }
            #[inline(always)]
            fn at_once(integer: f64, scale: Scale) -> (Self, bool) {
                let (nearest, off) = scaled(integer, scale);
                let rounded = <$t as Float>::round(nearest, off);
                (rounded, Float::is_finite(rounded))
            }
        }
    )* };
}
float_targets!(f16 f32 f64);

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
