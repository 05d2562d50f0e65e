//! Decimals as numbers, against the standard library's parser and arithmetic on whole numbers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_array::types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType};
use arrow_array::{Decimal128Array, PrimitiveArray};
use arrow_buffer::{ToByteSlice, i256};
use arrow_schema::DataType;
use arrownd::engine::DecimalText;
use arrownd::{ErrorKind, Options, to_array};
use half::f16;
use proptest::prelude::*;

/// An array of any width, whatever its precision says of the values.
fn array<T: DecimalType>(values: &[T::Native], scale: i8) -> PrimitiveArray<T> {
    let data_type = (T::TYPE_CONSTRUCTOR)(T::MAX_PRECISION, scale);
    PrimitiveArray::<T>::new(values.to_vec().into(), None).with_data_type(data_type)
}

fn lenient() -> Options {
    Options::new().safe(false)
}

/// Integers of every size.
fn wide() -> impl Strategy<Value = i128> {
    (any::<i128>(), 0u32..127).prop_map(|(value, shift)| value >> shift)
}

fn check_floats<T: DecimalType>(values: &[T::Native], scale: i8) -> Result<(), TestCaseError>
where
    T::Native: std::fmt::Display,
{
    let array = array::<T>(values, scale);
    let (double, single) =
        (to_array::<f64>(&array, &lenient()).unwrap(), to_array::<f32>(&array, &lenient()).unwrap());
    for (i, value) in values.iter().enumerate() {
        let text = format!("{value}e{}", -i32::from(scale));
        prop_assert_eq!(double[[i]].to_bits(), text.parse::<f64>().unwrap().to_bits(), "{}", text);
        prop_assert_eq!(single[[i]].to_bits(), text.parse::<f32>().unwrap().to_bits(), "{}", text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn floats_are_what_the_parser_reads(
        values in prop::collection::vec(wide(), 1..80),
        scale in prop_oneof![-40i8..=40, any::<i8>()],
    ) {
        let narrow = |bits: u32| values.iter().map(move |v| v >> (128 - bits));
        check_floats::<Decimal32Type>(&narrow(32).map(|v| v as i32).collect::<Vec<_>>(), scale)?;
        check_floats::<Decimal64Type>(&narrow(64).map(|v| v as i64).collect::<Vec<_>>(), scale)?;
        check_floats::<Decimal128Type>(&values, scale)?;
        let large: Vec<i256> = values.iter().map(|v| i256::from_parts(v.unsigned_abs(), v >> 90)).collect();
        check_floats::<Decimal256Type>(&large, scale)?;
    }

    #[test]
    fn small_integers_go_through_blocks(values in prop::collection::vec(-1i64 << 52..1 << 52, 64..200), scale in -22i8..=22) {
        check_floats::<Decimal64Type>(&values, scale)?;
        let wide: Vec<i128> = values.iter().map(|v| i128::from(*v)).collect();
        check_floats::<Decimal128Type>(&wide, scale)?;
        if scale >= 0 {
            let power = 10i128.pow(scale.unsigned_abs().into());
            let array = array::<Decimal128Type>(&wide, scale);
            let found = to_array::<i64>(&array, &lenient()).unwrap();
            let bytes = to_array::<u8>(&array, &lenient()).unwrap();
            for (i, value) in wide.iter().enumerate() {
                prop_assert_eq!(i128::from(found[[i]]), value / power);
                prop_assert_eq!(bytes[[i]], (value / power) as u8);
            }
        }
    }

    #[test]
    fn integers_are_exact_or_refused(value in wide(), scale in -40i8..=40, place in 0usize..130) {
        let mut values = vec![0; 130];
        values[place] = value;
        let array = array::<Decimal128Type>(&values, scale);
        let power = 10i128.checked_pow(scale.unsigned_abs().into());
        let exact = match (power, scale >= 0) {
            (Some(power), true) => (value % power == 0).then(|| value / power),
            (Some(power), false) => value.checked_mul(power),
            (None, _) => (value == 0).then_some(0),
        };
        match (to_array::<i64>(&array, &Options::new()), exact.map(i64::try_from)) {
            (Ok(found), Some(Ok(exact))) => prop_assert_eq!(found[[place]], exact),
            (Err(error), None | Some(Err(_))) => {
                prop_assert_eq!(error.kind(), ErrorKind::LossyCast);
                let place = format!(" at position {place} ");
                prop_assert!(error.to_string().contains(&place), "{}", error);
            }
            (found, exact) => prop_assert!(false, "{:?} for {:?}", found, exact),
        }
    }

    #[test]
    fn text_is_parsed_back(low in any::<u128>(), high in any::<i128>(), shift in 0u8..255, scale in any::<i8>()) {
        let value = i256::from_parts(low, high) >> shift;
        let text = DecimalText::of(value.to_byte_slice(), scale);
        let exponent = if scale == 0 { String::new() } else { format!("E{}", -i32::from(scale)) };
        prop_assert_eq!(text.scientific(), format!("{value}{exponent}"));
    }
}

/// What lies halfway between two halves goes to the even one; the digit after decides otherwise.
#[test]
fn halves_are_rounded_once() {
    // 1 + 2**-11 and 30 decimals.
    let tie = 1_000_488_281_250_000_000_000_000_000_000i128;
    let odd = tie + 976_562_500_000_000_000_000_000_000;
    let values = [tie - 1, tie, tie + 1, odd - 1, odd, odd + 1, -tie - 1];
    let array_of = array::<Decimal128Type>(&values, 30);
    let found = to_array::<f16>(&array_of, &Options::new()).unwrap();
    let step = |n: f32| f16::from_f32(1.0 + n / 1024.0);
    let expected = [step(0.0), step(0.0), step(1.0), step(1.0), step(2.0), step(2.0), -step(1.0)];
    assert_eq!(found.iter().copied().collect::<Vec<_>>(), expected);
    // 65520 is where halves end.
    let end = 65520 * 10i128.pow(30);
    assert!(to_array::<f16>(&array::<Decimal128Type>(&[end - 1], 30), &Options::new()).is_ok());
    assert!(to_array::<f16>(&array::<Decimal128Type>(&[end], 30), &Options::new()).is_err());
}

#[test]
fn text_is_python_s() {
    for (value, scale, expected) in [
        (0i128, 0, "0"),
        (0, 2, "0.00"),
        (150, 2, "1.50"),
        (-5, 3, "-0.005"),
        (1, 7, "1E-7"),
        (-123, 10, "-1.23E-8"),
        (5, -2, "5E+2"),
        (123, -2, "1.23E+4"),
        (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        (10i128.pow(20), 5, "1000000000000000.00000"),
    ] {
        assert_eq!(DecimalText::of(&value.to_ne_bytes(), scale).to_string(), expected);
    }
}

#[test]
fn a_refusal_names_the_value_as_a_decimal() {
    let array = Decimal128Array::from(vec![100, 150]).with_data_type(DataType::Decimal128(5, 2));
    let error = to_array::<i64>(&array, &Options::new()).unwrap_err();
    assert!(error.to_string().contains("1.50 at position 1"), "{error}");
}
