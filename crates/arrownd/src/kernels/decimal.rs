//! Decimals as floats, rounded once from the exact value, and as integers.

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

/// Ten to this power is the largest that a double holds exactly.
const EXACT_POWER: i32 = 22;
/// Integers up to here are doubles.
const EXACT_INTEGER: u64 = 1 << 53;

/// What is known of all values before the first is read.
#[derive(Debug, Clone, Copy)]
struct Scale {
    scale: i32,
    /// Ten to the power of the scale's magnitude, up to [`EXACT_POWER`].
    power: f64,
    /// Values up to here, times or over `power`, are rounded once; 0 where `power` isn't the scale's.
    limit: u64,
    /// Ten to the power of the scale; 0 where 64 bits don't hold it, or the scale is negative.
    divisor: i64,
}

impl Scale {
    fn new(scale: i8) -> Self {
        let scale = i32::from(scale);
        let exact = scale.abs() <= EXACT_POWER;
        let power = (0..scale.abs().min(EXACT_POWER)).fold(1.0, |power, _| power * 10.0);
        let divisor = u32::try_from(scale).ok().and_then(|scale| 10i64.checked_pow(scale)).unwrap_or(0);
        Self { scale, power, limit: if exact { EXACT_INTEGER } else { 0 }, divisor }
    }
}

/// The integer of a decimal, before its scale.
trait Unscaled: bytemuck::Pod {
    const WIDTH: i32;
    /// The lowest 64 bits, and whether they are the whole value.
    fn small(self) -> (i64, bool);
    fn magnitude(self) -> Magnitude;
}

macro_rules! unscaled {
    ($($t:ty: $small:expr;)*) => { $(
        impl Unscaled for $t {
            const WIDTH: i32 = size_of::<$t>() as i32;
            #[inline(always)]
            fn small(self) -> (i64, bool) {
                #[allow(clippy::redundant_closure_call, reason = "the bits are a parameter")]
                ($small)(self)
            }
            fn magnitude(self) -> Magnitude {
                Magnitude::of(&self)
            }
        }
    )* };
}
unscaled! {
    [u8; 4]: |bytes| (i64::from(i32::from_ne_bytes(bytes)), true);
    [u8; 8]: |bytes| (i64::from_ne_bytes(bytes), true);
    [u8; 16]: |bytes| {
        let value = i128::from_ne_bytes(bytes);
        (value as i64, (value >> 64) as i64 == (value as i64) >> 63)
    };
    [u8; 32]: |bytes: [u8; 32]| {
        let [low, second, third, high] = text::words(bytes).map(|word| word as i64);
        let sign = low >> 63;
        (low, (second ^ sign) | (third ^ sign) | (high ^ sign) == 0)
    };
}

/// What a decimal becomes.
trait Target: Scalar {
    /// Whether every decimal of `width` bytes is held: nobody has to ask for each.
    fn holds_all(width: i32, scale: Scale) -> bool;
    fn convert<S: Unscaled>(value: S, scale: Scale) -> Self;
    /// Whether `value` is held: floats round, but stay finite; integers are exact.
    fn holds<S: Unscaled>(value: S, scale: Scale) -> bool;
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
        4 => from!([u8; 4]),
        8 => from!([u8; 8]),
        16 => from!([u8; 16]),
        _ => from!([u8; 32]),
    }
}

/// What of a float decimals need to know.
trait Float: Copy {
    /// The largest power of ten.
    const MOST: i32;
    /// The float nearest to a number of which `nearest` is the nearest double; `None` where that
    /// isn't known. Rounding twice goes wrong only where the first lands halfway between two floats.
    fn narrow(nearest: f64) -> Option<Self>;
    fn parse(text: &DecimalText) -> Self;
    fn is_finite(self) -> bool;
}

impl Float for f64 {
    const MOST: i32 = 308;
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
        let bits = nearest.to_bits();
        to_half(f64::from_bits(match text.cmp_magnitude(&halfway) {
            std::cmp::Ordering::Less => bits - 1,
            std::cmp::Ordering::Equal => bits,
            std::cmp::Ordering::Greater => bits + 1,
        }))
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        Self::is_finite(self)
    }
}

#[inline(always)]
fn float<S: Unscaled, D: Float>(value: S, scale: Scale) -> D {
    let (low, whole) = value.small();
    if whole && low.unsigned_abs() <= scale.limit {
        let integer = low as f64;
        let nearest = if scale.scale >= 0 { integer / scale.power } else { integer * scale.power };
        if let Some(narrow) = D::narrow(nearest) {
            return narrow;
        }
    }
    float_of_any(value, scale)
}

#[inline(never)]
fn float_of_any<S: Unscaled, D: Float>(value: S, scale: Scale) -> D {
    let magnitude = value.magnitude();
    match quotient(&magnitude, scale).and_then(D::narrow) {
        Some(narrow) => narrow,
        None => D::parse(&DecimalText::new(&magnitude, scale.scale)),
    }
}

/// The double nearest to a value of up to 120 bits over a power of ten, in two doubles' arithmetic;
/// `None` where that leaves it open.
fn quotient(magnitude: &Magnitude, scale: Scale) -> Option<f64> {
    let value = magnitude.to_u128().filter(|value| *value < 1 << 120)? as i128;
    if !(0..=EXACT_POWER).contains(&scale.scale) {
        return None;
    }
    let high = value as f64;
    let low = (value - high as i128) as f64;
    let first = high / scale.power;
    // The remainder of the division is a double, so this is all of it.
    let rest = (-first).mul_add(scale.power, high) + low;
    let second = rest / scale.power;
    // `low`, `rest`, `second` and the sums below are off by less than 8 times 2**-106 of the result:
    // where twice that makes no difference, the sum is rounded as the exact one would be.
    let off = first * 2f64.powi(-102);
    let (below, above) = (first + (second - off), first + (second + off));
    (below == above).then_some(if magnitude.negative { -below } else { below })
}

macro_rules! float_targets {
    ($($t:ty)*) => { $(
        impl Target for $t {
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
        }
    )* };
}
integer_targets!(i8 i16 i32 i64 u8 u16 u32 u64);
