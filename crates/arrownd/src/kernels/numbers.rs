//! One number as another: NumPy's `astype`, and whether it is exact.

use half::f16;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::blocks::Convert;

/// Number to number; `CHECK` asks whether each is exact.
#[derive(Clone, Copy)]
pub(super) struct Number<const CHECK: bool>;

/// A boolean as NumPy stores it, and as `arrow.bool8` does: any byte, true where it isn't zero.
#[derive(Debug, Clone, Copy, FromBytes, IntoBytes, Immutable)]
#[repr(transparent)]
pub(super) struct ByteBool(pub(super) u8);

/// How a pair of types converts. The defaults serve the pairs that are always exact.
pub(super) trait To<D>: Copy {
    fn to(self) -> D;
    #[inline(always)]
    fn quick(self) -> bool {
        true
    }
    #[inline(always)]
    fn exact(self) -> bool {
        self.quick()
    }
}

impl<S: To<D>, D, const CHECK: bool> Convert<S, D> for Number<CHECK> {
    const CHECKED: bool = CHECK;
    #[inline(always)]
    fn apply(self, value: S) -> D {
        value.to()
    }
    #[inline(always)]
    fn quick(self, value: S) -> bool {
        value.quick()
    }
    #[inline(always)]
    fn exact(self, value: S) -> bool {
        value.exact()
    }
}

macro_rules! int_to_int {
    ($($s:ty => $($d:ty)*;)*) => { $($(
        impl To<$d> for $s {
            #[inline(always)]
            fn to(self) -> $d { self as $d }
            #[inline(always)]
            #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
            fn quick(self) -> bool {
                let there = self as $d;
                there as $s == self && ((there < 0) == (self < 0))
            }
        }
    )*)* };
}
int_to_int! {
    i8 => i8 i16 i32 i64 u8 u16 u32 u64;
    i16 => i8 i16 i32 i64 u8 u16 u32 u64;
    i32 => i8 i16 i32 i64 u8 u16 u32 u64;
    i64 => i8 i16 i32 i64 u8 u16 u32 u64;
    u8 => i8 i16 i32 i64 u8 u16 u32 u64;
    u16 => i8 i16 i32 i64 u8 u16 u32 u64;
    u32 => i8 i16 i32 i64 u8 u16 u32 u64;
    u64 => i8 i16 i32 i64 u8 u16 u32 u64;
    i128 => i8 i16 i32 i64 u8 u16 u32 u64;
    u128 => i8 i16 i32 i64 u8 u16 u32 u64;
}

// Integers up to 2**digits are exact. Beyond, the slow check goes through i128: `x as f64 as i64`
// saturates at the ends and would call them exact.
macro_rules! int_to_float {
    ($d:ty, $digits:literal: $($s:ty)*) => { $(
        impl To<$d> for $s {
            #[inline(always)]
            fn to(self) -> $d { self as $d }
            #[inline(always)]
            #[allow(unused_comparisons, reason = "one text for signed and unsigned")]
            fn quick(self) -> bool {
                if <$s>::BITS - u32::from(<$s>::MIN < 0) <= $digits { return true; }
                let limit = (1 as $s).wrapping_shl($digits);
                if <$s>::MIN < 0 {
                    self <= limit && self >= (0 as $s).wrapping_sub(limit)
                } else {
                    self <= limit
                }
            }
            fn exact(self) -> bool { (self as $d) as i128 == self as i128 }
        }
    )* };
}
int_to_float!(f32, 24: i8 i16 i32 i64 u8 u16 u32 u64);
int_to_float!(f64, 53: i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! int_to_half {
    ($($s:ty)*) => { $(
        impl To<f16> for $s {
            #[inline(always)]
            fn to(self) -> f16 { to_half(self as f64) }
            #[inline(always)]
            fn quick(self) -> bool { i128::from(self).unsigned_abs() <= 2048 }
            fn exact(self) -> bool { to_half(self as f64).to_f64_const() as i128 == i128::from(self) }
        }
    )* };
}
int_to_half!(i8 i16 i32 i64 u8 u16 u32 u64);

// 128 bits reach beyond what a conversion and back can tell: the significant bits are counted.
trait Wide: Copy {
    fn magnitude(self) -> u128;
}
impl Wide for i128 {
    #[inline(always)]
    fn magnitude(self) -> u128 {
        self.unsigned_abs()
    }
}
impl Wide for u128 {
    #[inline(always)]
    fn magnitude(self) -> u128 {
        self
    }
}
macro_rules! wide_to_float {
    ($d:ty, $digits:literal, $most:expr, $to:expr, $($s:ty)*) => { $(
        impl To<$d> for $s {
            #[inline(always)]
            fn to(self) -> $d {
                #[allow(clippy::redundant_closure_call, reason = "the conversion is a parameter")]
                ($to)(self as f64, self as f32)
            }
            #[inline(always)]
            fn quick(self) -> bool { self.magnitude() <= 1 << $digits }
            fn exact(self) -> bool {
                let value = self.magnitude();
                let significant = u128::BITS - (value | 1).leading_zeros() - value.trailing_zeros().min(127);
                value == 0 || (significant <= $digits && value <= $most)
            }
        }
    )* };
}
wide_to_float!(f64, 53, u128::MAX, |double, _| double, i128 u128);
wide_to_float!(f32, 24, u128::MAX, |_, single| single, i128 u128);
wide_to_float!(f16, 11, 65504, |double, _| to_half(double), i128 u128);

// Out of range, `to` does what NumPy's astype does on x86-64: the hardware's conversion to 64 (or
// 32) bits, which gives the smallest integer, cut to the width.
macro_rules! float_to_int {
    ($s:ty: $($d:ty, $low:expr, $high:expr, $via:expr;)*) => { $(
        impl To<$d> for $s {
            #[inline(always)]
            fn to(self) -> $d {
                #[allow(clippy::redundant_closure_call, reason = "the conversion is a parameter")]
                ($via)(self)
            }
            #[inline(always)]
            fn quick(self) -> bool { self.trunc() == self && ($low..$high).contains(&self) }
        }
    )* };
}
macro_rules! float_to_ints {
    ($s:ty) => {
        float_to_int! { $s:
            i8, -128.0, 128.0, |x: $s| cut32(f64::from(x)) as i8;
            i16, -32768.0, 32768.0, |x: $s| cut32(f64::from(x)) as i16;
            i32, -2147483648.0, 2147483648.0, |x: $s| cut32(f64::from(x));
            i64, -9223372036854775808.0, 9223372036854775808.0, |x: $s| cut64(f64::from(x));
            u8, 0.0, 256.0, |x: $s| cut32(f64::from(x)) as u8;
            u16, 0.0, 65536.0, |x: $s| cut32(f64::from(x)) as u16;
            u32, 0.0, 4294967296.0, |x: $s| cut64(f64::from(x)) as u32;
            u64, 0.0, 18446744073709551616.0, |x: $s| cut_u64(f64::from(x));
        }
    };
}
float_to_ints!(f32);
float_to_ints!(f64);

#[inline(always)]
fn cut32(x: f64) -> i32 {
    if x > -2_147_483_649.0 && x < 2_147_483_648.0 { x as i32 } else { i32::MIN }
}

#[inline(always)]
fn cut64(x: f64) -> i64 {
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) { x as i64 } else { i64::MIN }
}

#[inline(always)]
fn cut_u64(x: f64) -> u64 {
    if x < 9_223_372_036_854_775_808.0 {
        cut64(x) as u64
    } else {
        (cut64(x - 9_223_372_036_854_775_808.0) as u64) ^ (1 << 63)
    }
}

macro_rules! half_to {
    ($($d:ty)*) => { $(
        impl To<$d> for f16 {
            #[inline(always)]
            fn to(self) -> $d { To::<$d>::to(self.to_f32_const()) }
            #[inline(always)]
            fn quick(self) -> bool { To::<$d>::quick(self.to_f32_const()) }
        }
    )* };
}
half_to!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! same {
    ($($t:ty)*) => { $(
        impl To<$t> for $t {
            #[inline(always)]
            fn to(self) -> $t { self }
        }
    )* };
}
same!(f16 f32 f64);

impl To<f32> for f16 {
    #[inline(always)]
    fn to(self) -> f32 {
        self.to_f32_const()
    }
}
impl To<f64> for f16 {
    #[inline(always)]
    fn to(self) -> f64 {
        self.to_f64_const()
    }
}
impl To<f64> for f32 {
    #[inline(always)]
    fn to(self) -> f64 {
        f64::from(self)
    }
}
/// The bits of the least float of 64 bits that is infinite in 32: halfway from the largest to the next power of two.
const TOO_LARGE: u64 = 0x47ef_ffff_f000_0000;

// To a narrower float rounds to nearest, which is no loss; becoming infinite is.
impl To<f32> for f64 {
    #[inline(always)]
    fn to(self) -> f32 {
        self as f32
    }
    #[inline(always)]
    fn quick(self) -> bool {
        // By its bits, without another conversion: not from where rounding gives infinity up to infinity itself.
        (self.to_bits() & u64::MAX >> 1).wrapping_sub(TOO_LARGE) >= f64::INFINITY.to_bits() - TOO_LARGE
    }
}
impl To<f16> for f32 {
    #[inline(always)]
    fn to(self) -> f16 {
        f16::from_f32_const(self)
    }
    #[inline(always)]
    fn quick(self) -> bool {
        !self.is_finite() || self.abs() < 65520.0
    }
}
impl To<f16> for f64 {
    #[inline(always)]
    fn to(self) -> f16 {
        to_half(self)
    }
    #[inline(always)]
    fn quick(self) -> bool {
        !self.is_finite() || self.abs() < 65520.0
    }
}

macro_rules! to_bool {
    ($($s:ty, $zero:expr, $one:expr;)*) => { $(
        impl To<ByteBool> for $s {
            #[inline(always)]
            fn to(self) -> ByteBool { ByteBool(u8::from(self != $zero)) }
            #[inline(always)]
            fn quick(self) -> bool { self == $zero || self == $one }
        }
    )* };
}
to_bool! {
    i8, 0, 1; i16, 0, 1; i32, 0, 1; i64, 0, 1; u8, 0, 1; u16, 0, 1; u32, 0, 1; u64, 0, 1;
    i128, 0, 1; u128, 0, 1; f16, f16::ZERO, f16::ONE; f32, 0.0, 1.0; f64, 0.0, 1.0;
}

macro_rules! from_bool {
    ($($d:ty)*) => { $(
        impl To<$d> for ByteBool {
            #[inline(always)]
            fn to(self) -> $d { u8::from(self.0 != 0) as $d }
        }
    )* };
}
from_bool!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
impl To<f16> for ByteBool {
    #[inline(always)]
    fn to(self) -> f16 {
        if self.0 == 0 { f16::ZERO } else { f16::ONE }
    }
}
impl To<ByteBool> for ByteBool {
    #[inline(always)]
    fn to(self) -> ByteBool {
        self
    }
}

/// A double rounded once: to an odd single first, which is never halfway between two halves.
/// (`half` drops the low 32 bits before it rounds.)
#[inline(always)]
pub(super) fn to_half(x: f64) -> f16 {
    let single = x as f32;
    let bits = single.to_bits();
    let inexact = f64::from(single) != x && bits & 1 == 0;
    let step = if f64::from(single).abs() > x.abs() { bits.wrapping_sub(1) } else { bits | 1 };
    f16::from_f32_const(f32::from_bits(if inexact { step } else { bits }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_too_large_where_it_becomes_infinite() {
        let (least, infinite) = (f64::from_bits(TOO_LARGE), f64::INFINITY);
        assert!((least as f32).is_infinite() && (least.next_down() as f32).is_finite());
        for value in [least, least.next_up(), f64::MAX] {
            assert!(!To::<f32>::quick(value) && !To::<f32>::quick(-value), "{value}");
        }
        for value in [least.next_down(), f64::from(f32::MAX), 1.0, 5e-324, 0.0, infinite, f64::NAN] {
            assert!(To::<f32>::quick(value) && To::<f32>::quick(-value), "{value}");
        }
    }
}
