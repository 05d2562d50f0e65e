//! `to_array`: values, views and refusals over arrays of arrow-rs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType, BooleanArray, Int32Array, NullArray, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrownd::{ErrorKind, Fill, Item, Nulls, Options, Reason, plan, to_array, to_masked};
use half::f16;
use ndarray::IxDyn;
use proptest::prelude::*;

fn strict() -> Options {
    Options::new().allow_copy(false)
}

fn filled(fill: Fill) -> Options {
    Options::new().nulls(Nulls::Fill(fill))
}

/// Where a type's own values are viewed, and copied bit for bit.
fn check_own_type<T>(values: Vec<T::Native>)
where
    T: ArrowPrimitiveType,
    T::Native: Item + PartialEq + std::fmt::Debug + Default,
{
    let name = format!("{:?}", T::DATA_TYPE);
    let array = PrimitiveArray::<T>::from_iter_values(values.iter().copied());
    for offset in 0..values.len().min(70) {
        let slice = array.slice(offset, values.len() - offset);
        let view = to_array::<T::Native>(&slice, &strict()).expect(&name);
        assert!(view.is_view(), "{name}");
        assert_eq!(view.as_ptr(), slice.values().as_ptr(), "{name}");
        assert_eq!(view.as_slice().unwrap(), &values[offset..], "{name}");
    }
    let mut copy = vec![values[0]; values.len()];
    let dtyped = plan(&array, &Options::new().dtype(T::Native::DTYPE)).unwrap();
    dtyped.write_into(ndarray::ArrayViewMut1::from(&mut copy)).expect(&name);
    assert_eq!(copy, values, "{name}");

    // With missing values: masked views what lies there, a fill replaces it.
    let validity: NullBuffer = (0..values.len()).map(|i| i % 3 != 1).collect();
    let array = PrimitiveArray::<T>::new(values.clone().into(), Some(validity));
    for offset in 0..values.len().min(70) {
        let slice = array.slice(offset, values.len() - offset);
        let view = to_masked::<T::Native>(&slice, &Options::new()).expect(&name);
        assert!(view.values().is_view(), "{name}");
        assert_eq!(view.values().as_ptr(), slice.values().as_ptr(), "{name}");
        assert_eq!(
            view.validity(),
            slice.nulls().filter(|n| n.null_count() > 0).map(|n| n.inner().clone()),
            "{name}"
        );
        let refused = to_array::<T::Native>(&slice, &Options::new().nulls(Nulls::Refuse));
        let missing = slice.null_count();
        assert_eq!(refused.is_err(), missing > 0, "{name}");
        let found = to_array::<T::Native>(&slice, &filled(Fill::Int(1))).expect(&name);
        assert_eq!(found.is_view(), missing == 0, "{name}");
        for (i, value) in found.iter().enumerate() {
            let there = (offset + i) % 3 != 1;
            if there {
                assert_eq!(*value, values[offset + i], "{name}");
            } else {
                let as_text = format!("{value:?}");
                assert!(as_text == "1" || as_text == "1.0", "{name}: {as_text}");
            }
        }
    }
}

#[test]
fn every_primitive_type_is_viewed_at_its_own_address() {
    fn small<T>(convert: impl Fn(i8) -> T) -> Vec<T> {
        (0..150u8).map(|i| convert((i % 128) as i8)).collect()
    }
    check_own_type::<Int8Type>(small(|i| i - 60));
    check_own_type::<Int16Type>(small(|i| i16::from(i) * 255 - 9999));
    check_own_type::<Int32Type>(small(|i| i32::MIN + i32::from(i)));
    check_own_type::<Int64Type>(small(|i| i64::MAX - i64::from(i)));
    check_own_type::<UInt8Type>(small(|i| 255 - i as u8));
    check_own_type::<UInt16Type>(small(|i| 65535 - i as u16));
    check_own_type::<UInt32Type>(small(|i| u32::MAX - i as u32));
    check_own_type::<UInt64Type>(small(|i| u64::MAX - i as u64));
    check_own_type::<Float16Type>(small(|i| f16::from_f32(f32::from(i) / 4.0)));
    check_own_type::<Float32Type>(small(|i| f32::from(i) * 1e30));
    check_own_type::<Float64Type>(small(|i| f64::from(i) * 1e300));
}

#[test]
fn ticks_are_viewed_as_the_integers_they_are() {
    macro_rules! ticks {
        ($($t:ty)*) => { $({
            let array = PrimitiveArray::<$t>::from_iter_values([3, -4, 5]);
            let view = to_array::<i64>(&array, &strict()).unwrap();
            assert_eq!(view.as_ptr(), array.values().as_ptr());
        })* };
    }
    ticks!(Date64Type Time64MicrosecondType Time64NanosecondType TimestampSecondType
        TimestampMillisecondType TimestampMicrosecondType TimestampNanosecondType DurationSecondType
        DurationMillisecondType DurationMicrosecondType DurationNanosecondType);
    macro_rules! small_ticks {
        ($($t:ty)*) => { $({
            let array = PrimitiveArray::<$t>::from_iter_values([3, -4, 5]);
            let values = to_array::<i64>(&array, &Options::new()).unwrap();
            assert_eq!(values.as_slice(), Some(&[3i64, -4, 5][..]));
            let values = to_array::<f32>(&array, &Options::new()).unwrap();
            assert_eq!(values.as_slice(), Some(&[3f32, -4.0, 5.0][..]));
            let error = to_array::<bool>(&array, &Options::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedType);
        })* };
    }
    small_ticks!(Date32Type Time32SecondType Time32MillisecondType IntervalYearMonthType);
}

/// Zero-copy whenever the memory allows it: the same bytes are these integers.
#[test]
fn ticks_of_32_bits_are_viewed_as_integers_of_32_bits() {
    let array = PrimitiveArray::<Date32Type>::from_iter_values([3, -4, 5]);
    let view = to_array::<i32>(&array, &strict()).expect("a view");
    assert_eq!(view.as_ptr(), array.values().as_ptr());
}

#[test]
fn booleans_are_unpacked_at_any_offset() {
    let all: Vec<Option<bool>> = (0..300).map(|i| (i % 7 != 3).then_some(i % 5 < 2)).collect();
    let array = BooleanArray::from(all.clone());
    let plain: BooleanArray = all.iter().map(|x| Some(x.unwrap_or(true))).collect();
    for offset in 0..80 {
        for len in [0, 1, 63, 64, 65, 130, 220] {
            let slice = plain.slice(offset, len);
            let found = to_array::<bool>(&slice, &Options::new()).unwrap();
            let expected: Vec<bool> = slice.iter().flatten().collect();
            assert_eq!(found.as_slice().unwrap(), expected);
            let found = to_array::<i32>(&slice, &Options::new()).unwrap();
            assert!(found.iter().copied().eq(expected.iter().map(|x| i32::from(*x))));

            let slice = array.slice(offset, len);
            for fill in [false, true] {
                let found = to_array::<bool>(&slice, &filled(Fill::Bool(fill))).unwrap();
                let expected: Vec<bool> = slice.iter().map(|x| x.unwrap_or(fill)).collect();
                assert_eq!(found.as_slice().unwrap(), expected);
            }
            let found = to_array::<f16>(&slice, &Options::new()).unwrap();
            for (value, expected) in found.iter().zip(slice.iter()) {
                match expected {
                    Some(x) => assert_eq!(*value, f16::from_f32(f32::from(u8::from(x)))),
                    None => assert!(value.is_nan()),
                }
            }
        }
    }
    let error = to_array::<bool>(&plain, &strict()).unwrap_err();
    assert_eq!(error.reasons(), [Reason::BitPacked]);
}

#[test]
fn nothing_is_an_empty_array_and_never_a_copy() {
    let array = Int32Array::from_iter_values(0..0);
    assert_eq!(to_array::<f64>(&array, &strict()).unwrap().shape(), [0]);
    let bits = BooleanArray::from(Vec::<bool>::new());
    assert_eq!(to_array::<bool>(&bits, &strict()).unwrap().len(), 0);
    let nulls = NullArray::new(3);
    let found = to_array::<f32>(&nulls, &Options::new()).unwrap();
    assert!(found.iter().all(|x| x.is_nan()) && found.shape() == [3]);
}

#[test]
fn more_elements_than_there_is_memory_are_an_error() {
    let array = NullArray::new(1 << 61);
    let found = to_array::<f64>(&array, &Options::new());
    assert!(found.is_err());
}

#[test]
fn integers_have_no_marker() {
    let array = Int32Array::from(vec![Some(1), None]);
    let error = to_array::<i32>(&array, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Nulls);
    assert!(error.to_string().contains("position 1"), "{error}");
    let error = to_array::<f64>(&array, &strict()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CopyNotAllowed);
    let codes: Vec<&str> = error.reasons().iter().map(Reason::code).collect();
    assert_eq!(codes, ["nulls", "cast"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_are_those_of_a_naive_loop(
        values in prop::collection::vec(prop::option::weighted(0.8, any::<i32>()), 0..300),
        cut in (0.0..1.0f64, 0.0..1.0f64),
        safe: bool,
    ) {
        let array = Int32Array::from(values.clone());
        let offset = (cut.0 * values.len() as f64) as usize;
        let len = (cut.1 * (values.len() - offset) as f64) as usize;
        let (slice, values) = (array.slice(offset, len), &values[offset..offset + len]);
        let options = Options::new().safe(safe);

        let found = to_array::<f64>(&slice, &options).unwrap();
        for (value, expected) in found.iter().zip(values) {
            prop_assert_eq!((!value.is_nan()).then_some(*value), expected.map(f64::from));
        }

        let exact = values.iter().flatten().all(|x| (*x as f32) as i64 == i64::from(*x));
        match to_array::<f32>(&slice, &options) {
            Ok(found) => {
                prop_assert!(exact || !safe);
                for (value, expected) in found.iter().zip(values) {
                    prop_assert_eq!((!value.is_nan()).then_some(*value), expected.map(|x| x as f32));
                }
            }
            Err(error) => {
                prop_assert!(safe && !exact);
                let first = values.iter().position(|x| x.is_some_and(|x| (x as f32) as i64 != i64::from(x)));
                let at = format!("{} at position {} ", values[first.unwrap()].unwrap(), first.unwrap());
                prop_assert!(error.to_string().contains(&at), "{error} without {at}");
            }
        }

        // What lies under a null is never checked.
        let options = Options::new().safe(safe);
        let fits = values.iter().flatten().all(|x| u8::try_from(*x).is_ok());
        let found = to_masked::<u8>(&slice, &options).map(|masked| masked.into_parts().0);
        prop_assert_eq!(found.is_ok(), fits || !safe);
        let shape = found.map(|found| found.raw_dim()).unwrap_or(IxDyn(&[len]));
        prop_assert_eq!(shape, IxDyn(&[len]));
    }
}
