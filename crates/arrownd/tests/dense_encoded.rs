//! Dictionaries and runs of values that come some at a time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int64Array, StringArray, make_array};
use arrow_schema::{DataType as T, Field, TimeUnit};
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::{ArrowMemory, EncodedBuilder, Made};
use arrownd::{Error, ErrorKind};

const COUNT: usize = 20_000;

fn field(data_type: &T) -> Field {
    Field::new("", data_type.clone(), true)
}

fn runs(ends: T, values: &T) -> T {
    T::RunEndEncoded(
        Field::new("run_ends", ends, false).into(),
        Field::new("values", values.clone(), true).into(),
    )
}

fn dictionary(index: T, values: &T) -> T {
    T::Dictionary(Box::new(index), Box::new(values.clone()))
}

fn to(array: &dyn Array, data_type: &T) -> Result<ArrayRef, Error> {
    let made = cast(Made::new(array.to_data()), &field(data_type), true, &mut ArrowMemory)?;
    Ok(make_array(made.data))
}

/// Values from 0 to 99 in stretches, with stretches that are missing.
fn numbers() -> Vec<Option<i64>> {
    let value = |i: usize| (i / 3 * 7 % 100) as i64;
    (0..COUNT).map(|i| (i / 40 % 5 != 2).then(|| value(i))).collect()
}

fn flat(data_type: &T) -> ArrayRef {
    let numbers = numbers();
    let text: StringArray = numbers.iter().map(|value| value.map(|v| format!("a value: {v:03}"))).collect();
    match data_type {
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView => {
            to(&text, data_type).unwrap()
        }
        T::FixedSizeBinary(_) => to(&to(&text, &T::Binary).unwrap(), data_type).unwrap(),
        T::Boolean => {
            let odd: Int64Array = numbers.iter().map(|value| value.map(|v| v & 1)).collect();
            to(&odd, data_type).unwrap()
        }
        _ => to(&Int64Array::from(numbers), data_type).unwrap(),
    }
}

const VALUES: [T; 17] = [
    T::Boolean,
    T::Int8,
    T::UInt16,
    T::Float32,
    T::Float64,
    T::Int64,
    T::Timestamp(TimeUnit::Second, None),
    T::Decimal32(9, 2),
    T::Decimal128(21, 2),
    T::Decimal256(50, 3),
    T::FixedSizeBinary(12),
    T::Utf8,
    T::LargeUtf8,
    T::Utf8View,
    T::Binary,
    T::LargeBinary,
    T::BinaryView,
];

/// Blocks of all lengths, with offsets into the whole.
fn built(whole: &ArrayRef, to: &T) -> ArrayRef {
    let mut out = EncodedBuilder::new(&field(to), whole.len(), &mut ArrowMemory).unwrap().unwrap();
    let (mut start, mut n) = (0, 0);
    while start < whole.len() {
        let some = n.min(whole.len() - start);
        assert!(out.append(&whole.slice(start, some).to_data()).unwrap());
        (start, n) = (start + some, n * 2 + 1);
    }
    make_array(out.finish().unwrap().data)
}

#[test]
fn blocks_become_what_the_whole_becomes() {
    for values in &VALUES {
        let whole = flat(values);
        let types = [T::Int16, T::Int32, T::Int64].map(|ends| runs(ends, values));
        let indexes = [T::Int8, T::UInt8, T::Int16, T::UInt16, T::Int32, T::UInt32, T::Int64, T::UInt64];
        for wanted in types.into_iter().skip(1).chain(indexes.map(|index| dictionary(index, values))) {
            let made = built(&whole, &wanted);
            assert_eq!(&to(&made, values).unwrap(), &whole, "{wanted}");
            let at_once = to(&whole, &wanted).unwrap();
            assert_eq!(made.to_data(), at_once.to_data(), "{wanted}");
        }
    }
}

#[test]
fn each_run_and_each_value_is_there_once() {
    let numbers = numbers();
    let mut changes = numbers.clone();
    changes.dedup();
    let mut distinct: Vec<Option<i64>> = Vec::new();
    for value in numbers.iter().filter(|value| value.is_some()) {
        if !distinct.contains(value) {
            distinct.push(*value);
        }
    }
    let whole: ArrayRef = Arc::new(Int64Array::from(numbers));
    let made = built(&whole, &runs(T::Int64, &T::Int64)).to_data();
    assert_eq!(make_array(made.child_data()[1].clone()).as_ref(), &Int64Array::from(changes) as &dyn Array);
    let made = built(&whole, &dictionary(T::Int8, &T::Int64)).to_data();
    assert_eq!(make_array(made.child_data()[0].clone()).as_ref(), &Int64Array::from(distinct) as &dyn Array);
}

#[test]
fn without_room_nothing_is_made() {
    let new =
        |to: &T, count| EncodedBuilder::new(&field(to), count, &mut ArrowMemory).map(|out| out.is_some());
    assert_eq!(new(&runs(T::Int16, &T::Utf8), 32_767), Ok(true));
    assert_eq!(new(&runs(T::Int16, &T::Utf8), 32_768), Ok(false));
    assert_eq!(new(&runs(T::Int64, &T::List(field(&T::Int8).into())), 3), Ok(false));
    assert_eq!(new(&dictionary(T::Int8, &T::List(field(&T::Int8).into())), 3), Ok(false));
    assert_eq!(new(&T::Int8, 3), Ok(false));
    assert!(new(&dictionary(T::Float32, &T::Int8), 3).is_err());
    let forbidden = Field::new("", dictionary(T::Int8, &T::Int8), false);
    assert!(EncodedBuilder::new(&forbidden, 3, &mut ArrowMemory).unwrap().is_none());

    let mut out = EncodedBuilder::new(&field(&dictionary(T::Int8, &T::Int64)), 2, &mut ArrowMemory);
    let out = out.as_mut().unwrap().as_mut().unwrap();
    assert_eq!(out.append(&Int64Array::from(vec![1, 2, 3]).to_data()), Ok(false));
    assert_eq!(out.append(&StringArray::from(vec!["1"]).to_data()), Ok(false));
    assert_eq!(out.append(&Int64Array::from(vec![1, 2]).to_data()), Ok(true));
    assert_eq!(out.append(&Int64Array::from(vec![1]).to_data()), Ok(false));
}

#[test]
fn what_does_not_fit_is_named() {
    let text: StringArray = (0..200).map(|i| Some((i % 150).to_string())).collect();
    for values in [T::Utf8, T::LargeUtf8, T::Utf8View] {
        let error = to(&text, &dictionary(T::Int8, &values)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LossyCast);
        assert!(error.to_string().contains("value number 129 of the dictionary at position 128"), "{error}");
    }
    let long = StringArray::from_iter_values((0..32_800).map(|i| (i / 100).to_string()));
    let error = to(&long, &runs(T::Int16, &T::Utf8)).unwrap_err();
    assert!(error.to_string().contains("a run that ends at 32800 at position 327"), "{error}");
}

#[test]
fn floats_are_compared_by_their_bits() {
    let values = arrow_array::Float64Array::from(vec![0.0, -0.0, f64::NAN, f64::NAN, -f64::NAN]);
    let made = to(&values, &runs(T::Int32, &T::Float64)).unwrap().to_data();
    assert_eq!(made.child_data()[0].buffers()[0].typed_data::<i32>(), [1, 2, 4, 5]);
    let made = to(&values, &dictionary(T::Int8, &T::Float64)).unwrap().to_data();
    assert_eq!(made.buffers()[0].typed_data::<i8>(), [0, 1, 2, 2, 3]);
}
