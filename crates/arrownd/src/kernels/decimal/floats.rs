//! Decimals as floats: rounded once, from the exact value.

use half::f16;

use super::super::numbers::to_half;
use super::text::DecimalText;
use super::{EXACT, Scale, Target, Unscaled};

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
        const FIVES: u128 = 5u128.pow(25);
        let nearest = f64::parse(text);
        if let Some(narrow) = Self::narrow(nearest) {
            return narrow;
        }
        // What lies halfway between two halves is a multiple of 2**-25, below 2**16: 25 decimals
        // write it, and then the digits say on which side the value lies.
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
