//! Every pair of numeric types, at the values where exactness ends, against exact arithmetic.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, BooleanArray, Float64Array, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrownd::{DType, ErrorKind, Item, Options, to_array, to_masked};
use half::f16;

/// Any number of the twelve types, exactly.
#[derive(Debug, Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

impl PartialEq for Number {
    /// NaN equals itself, and -0.0 isn't 0.0.
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            _ => false,
        }
    }
}

trait Numeric: Item + std::fmt::Debug {
    fn number(self) -> Number;
    /// The number, where the type holds it.
    fn of(number: Number) -> Option<Self>;
}

macro_rules! numeric {
    (int $($t:ty)*) => { $(
        impl Numeric for $t {
            fn number(self) -> Number { Number::Int(self as i128) }
            fn of(number: Number) -> Option<Self> {
                match number { Number::Int(x) => Self::try_from(x).ok(), Number::Float(_) => None }
            }
        }
    )* };
    (float $($t:ty)*) => { $(
        impl Numeric for $t {
            fn number(self) -> Number { Number::Float(f64::from(self)) }
            fn of(number: Number) -> Option<Self> {
                match number {
                    Number::Int(_) => None,
                    Number::Float(x) => {
                        let there = nearest(x, <$t as Item>::DTYPE)?;
                        (there.is_nan() || there == x).then(|| float::<$t>(x))
                    }
                }
            }
        }
    )* };
}
numeric!(int i8 i16 i32 i64 u8 u16 u32 u64);
numeric!(float f16 f32 f64);
impl Numeric for bool {
    fn number(self) -> Number {
        Number::Int(i128::from(self))
    }
    fn of(number: Number) -> Option<Self> {
        match number {
            Number::Int(x) => (x == 0 || x == 1).then_some(x == 1),
            Number::Float(_) => None,
        }
    }
}

trait FromExact {
    fn exact(x: f64) -> Self;
}
impl FromExact for f16 {
    fn exact(x: f64) -> Self {
        Self::from_f32(x as f32)
    }
}
impl FromExact for f32 {
    fn exact(x: f64) -> Self {
        x as Self
    }
}
impl FromExact for f64 {
    fn exact(x: f64) -> Self {
        x
    }
}
fn float<T: FromExact>(x: f64) -> T {
    T::exact(x)
}

/// Digits, and the exponent above the largest finite value.
fn precision(dtype: DType) -> (u32, i32) {
    match dtype {
        DType::Float16 => (11, 16),
        DType::Float32 => (24, 128),
        _ => (53, 1024),
    }
}

/// `x` rounded to nearest, ties to even; `None` where a finite one becomes infinite.
fn nearest(x: f64, dtype: DType) -> Option<f64> {
    let (digits, most) = precision(dtype);
    if !x.is_finite() || x == 0.0 || digits == 53 {
        return Some(x);
    }
    // The exponent of the last place: subnormals share the smallest one.
    let exponent = (x.abs().log2().floor() as i32).max(2 - most) - (digits as i32 - 1);
    let unit = 2f64.powi(exponent);
    let rounded = (x / unit).round_ties_even() * unit;
    (rounded.abs() < 2f64.powi(most - 1) * 2.0).then_some(rounded)
}

/// What a checked conversion gives; `None` for a refusal.
fn expected(number: Number, dtype: DType) -> Option<Number> {
    match (number, dtype) {
        (Number::Int(x), dtype) if dtype.is_float() => {
            let (digits, _) = precision(dtype);
            let odd = x.unsigned_abs() >> x.trailing_zeros().min(127);
            let small = x.unsigned_abs() <= if digits == 11 { 65504 } else { u128::MAX };
            (odd < 1 << digits && small).then_some(Number::Float(x as f64))
        }
        (Number::Float(x), dtype) if dtype.is_float() => nearest(x, dtype).map(Number::Float),
        (Number::Float(x), dtype) => {
            let whole = x.is_finite() && x.trunc() == x && x.abs() < 1e30;
            whole.then(|| expected(Number::Int(x as i128), dtype))?
        }
        (Number::Int(x), DType::Bool) => (x == 0 || x == 1).then_some(number),
        (Number::Int(x), dtype) => {
            let bits = dtype.itemsize() as u32 * 8;
            let unsigned = dtype.to_string().starts_with('u');
            let (low, high) =
                if unsigned { (0, (1 << bits) - 1) } else { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) };
            (low..=high).contains(&x).then_some(number)
        }
    }
}

/// The numbers where something ends: powers of two and their neighbours, the floats' limits.
fn boundaries() -> Vec<Number> {
    let mut all = Vec::new();
    for power in 0..=64 {
        for near in -2..=2 {
            let x = (1i128 << power) + near;
            all.extend([Number::Int(x), Number::Int(-x)]);
            all.extend([Number::Float(x as f64), Number::Float(-(x as f64))]);
        }
    }
    let floats = [
        0.0,
        0.5,
        1.5,
        -0.25,
        1e-7,
        6e-8,
        3e-8,
        1e-300,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::INFINITY,
        f64::NAN,
        f64::EPSILON + 1.0,
        f64::from(f32::MAX),
        f64::from(f32::MAX) * (1.0 + 1e-9),
        f64::from(f32::MAX) * 1.000_000_1,
        3.402_823_567_797_336_4e38,
        3.402_823_567_797_337e38,
        65504.0,
        65519.0,
        65_519.998_046_875,
        65520.0,
        1.0 + 2f64.powi(-11),
        1.0 + 3.0 * 2f64.powi(-11),
        9.007_199_254_740_993e15,
        1.797e308,
        0.1,
    ];
    all.extend(floats.iter().flat_map(|x| [Number::Float(*x), Number::Float(-x)]));
    all
}

/// Converts each number alone, at two places: within a whole block of 64 and after it.
fn check_pair<D: Numeric>(array: &dyn Array, hidden: &dyn Array, place: usize, number: Number) {
    let from = array.data_type();
    let found = to_array::<D>(array, &Options::new());
    let loose = Options::new().safe(false);
    let unchecked = to_array::<D>(array, &loose).expect("nothing is checked");
    match (found, expected(number, D::DTYPE)) {
        (Ok(found), Some(expected)) => {
            let expected = match expected {
                // -0.0 has no sign as an integer.
                Number::Float(x) if D::DTYPE.is_integer() => Number::Int(x as i128),
                other => other,
            };
            assert_eq!(found[[place]].number(), expected, "{number:?}: {from} to {}", D::DTYPE);
            assert_eq!(unchecked[[place]].number(), expected, "{number:?}: {from} to {}", D::DTYPE);
            assert!(found.iter().enumerate().all(|(i, x)| i == place || is_zero(x.number())));
        }
        (Err(error), None) => {
            assert_eq!(error.kind(), ErrorKind::LossyCast);
            assert!(error.to_string().contains(&format!("position {place} ")), "{error}");
        }
        (found, expected) => {
            panic!("{number:?}: {from} to {}: {found:?} and not {expected:?}", D::DTYPE)
        }
    }
    // Under a null it isn't looked at.
    assert!(to_masked::<D>(hidden, &Options::new()).is_ok(), "{number:?}: {from} to {}", D::DTYPE);
}

fn all_but(place: usize) -> NullBuffer {
    (0..70).map(|i| i != place).collect()
}

fn is_zero(number: Number) -> bool {
    matches!(number, Number::Int(0)) || number == Number::Float(0.0)
}

fn check_all_targets(array: &dyn Array, hidden: &dyn Array, place: usize, number: Number) {
    check_pair::<bool>(array, hidden, place, number);
    check_pair::<i8>(array, hidden, place, number);
    check_pair::<i16>(array, hidden, place, number);
    check_pair::<i32>(array, hidden, place, number);
    check_pair::<i64>(array, hidden, place, number);
    check_pair::<u8>(array, hidden, place, number);
    check_pair::<u16>(array, hidden, place, number);
    check_pair::<u32>(array, hidden, place, number);
    check_pair::<u64>(array, hidden, place, number);
    check_pair::<f16>(array, hidden, place, number);
    check_pair::<f32>(array, hidden, place, number);
    check_pair::<f64>(array, hidden, place, number);
}

fn check_source<S>()
where
    S: ArrowPrimitiveType,
    S::Native: Numeric + Default,
{
    let mut tried = 0;
    for number in boundaries() {
        let Some(value) = S::Native::of(number) else {
            continue;
        };
        tried += 1;
        for place in [5, 66] {
            let mut values = vec![S::Native::default(); 70];
            values[place] = value;
            let array = PrimitiveArray::<S>::new(values.into(), None);
            let hidden = PrimitiveArray::<S>::new(array.values().clone(), Some(all_but(place)));
            check_all_targets(&array, &hidden, place, value.number());
        }
    }
    assert!(tried > 25, "{tried} numbers of {:?}", S::DATA_TYPE);
}

macro_rules! sources {
    ($($name:ident $t:ty;)*) => { $( #[test] fn $name() { check_source::<$t>(); } )* };
}
sources! {
    int8_becomes_every_number Int8Type;
    int16_becomes_every_number Int16Type;
    int32_becomes_every_number Int32Type;
    int64_becomes_every_number Int64Type;
    uint8_becomes_every_number UInt8Type;
    uint16_becomes_every_number UInt16Type;
    uint32_becomes_every_number UInt32Type;
    uint64_becomes_every_number UInt64Type;
    float16_becomes_every_number Float16Type;
    float32_becomes_every_number Float32Type;
    float64_becomes_every_number Float64Type;
}

#[test]
fn bool_becomes_every_number() {
    for place in [5, 66] {
        let array: BooleanArray = (0..70).map(|i| Some(i == place)).collect();
        let hidden = BooleanArray::new(array.values().clone(), Some(all_but(place)));
        check_all_targets(&array, &hidden, place, Number::Int(1));
    }
}

/// Rounding in two steps gives the wrong neighbour where the first step lands on a tie.
#[test]
fn a_double_is_rounded_once_to_half_precision() {
    let mut numbers = Vec::new();
    for base in [1.0, 2.0, 1024.0, 0.5, 3.0, 2f64.powi(-14), 2f64.powi(-20)] {
        let place = if base < 2f64.powi(-14) { 2f64.powi(-24) } else { base * 2f64.powi(-10) };
        for steps in 0..4 {
            let tie = base + (f64::from(steps) + 0.5) * place;
            numbers.extend([tie, tie.next_up(), tie.next_down(), tie * (1.0 + 1e-9)]);
        }
    }
    let array = Float64Array::from(numbers.clone());
    let found = to_array::<f16>(&array, &Options::new()).unwrap();
    for (number, found) in numbers.iter().zip(&found) {
        let expected = nearest(*number, DType::Float16).unwrap();
        assert_eq!(f64::from(*found), expected, "{number:?}");
    }
}
