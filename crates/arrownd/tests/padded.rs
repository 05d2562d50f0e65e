//! Lists as filled rows, of every width around those of vectors: rows are written in whole vectors, past their ends.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, Float64Array, GenericListArray, Int64Array, ListArray,
    OffsetSizeTrait, PrimitiveArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use arrownd::{Error, Item, Nulls, Options, to_masked, to_padded};

const ROWS: usize = 150;
const WIDTHS: [usize; 18] = [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 19, 31, 32, 33, 63, 64, 65, 130];

/// Value `i` of all lists; no two that a vector holds are the same.
fn value<T: From<i8>>(i: usize) -> T {
    T::from((i % 113) as i8)
}

/// Whether it is missing, where some are.
fn missing(i: usize) -> bool {
    i * 31 % 7 == 2
}

/// Lists of `P` as rows of `T`; where a list ends, and where it or a value is missing, there is -9.
fn check<
    P: ArrowPrimitiveType<Native: From<i8>>,
    T: Item + From<i8> + PartialEq + Debug,
    O: OffsetSizeTrait,
>() {
    let no_list: NullBuffer = (0..ROWS).map(|row| row % 11 != 3).collect();
    for (width, holes) in WIDTHS.into_iter().flat_map(|width| [(width, false), (width, true)]) {
        let length = |row: usize| if row == 70 { width } else { row * 7919 % (width + 1) };
        let starts: Vec<usize> =
            (0..=ROWS).scan(0, |start, row| Some(std::mem::replace(start, *start + length(row)))).collect();
        let there = |i: usize| !(holes && missing(i));
        let values: PrimitiveArray<P> = (0..starts[ROWS]).map(|i| there(i).then(|| value(i))).collect();
        let values: ArrayRef = Arc::new(values);
        let item = Arc::new(Field::new_list_field(P::DATA_TYPE, true));
        let offsets = OffsetBuffer::<O>::from_lengths((0..ROWS).map(length));
        for (nulls, cut) in [(None, 0..ROWS), (None, 5..140), (Some(no_list.clone()), 1..ROWS)] {
            let lists = GenericListArray::new(item.clone(), offsets.clone(), values.clone(), nulls);
            let lists = lists.slice(cut.start, cut.len());
            let padded = to_padded::<T>(&lists, &Options::new().nulls(Nulls::Fill((-9).into()))).unwrap();
            let masked = to_masked::<T>(&lists, &Options::new().pad()).unwrap();
            assert_eq!(padded.values().shape(), [cut.len(), width]);
            for ((at, row), (found, mask)) in
                cut.enumerate().zip(padded.values().outer_iter().zip(masked.mask().unwrap().outer_iter()))
            {
                let len = if lists.is_valid(at) { length(row) } else { 0 };
                let shown = |i: usize| i < len && there(starts[row] + i);
                let expected =
                    (0..width).map(|i| if shown(i) { value(starts[row] + i) } else { T::from(-9) });
                assert!(found.iter().copied().eq(expected), "width {width}, row {row}: {found:?}");
                assert!(
                    mask.iter().copied().eq((0..width).map(|i| !shown(i))),
                    "width {width}, row {row}: {mask}"
                );
            }
        }
    }
}

#[test]
fn rows_of_every_width_are_filled_up() {
    check::<Int8Type, i8, i32>();
    check::<Int16Type, i16, i32>();
    check::<Float32Type, f32, i32>();
    check::<Float64Type, f64, i32>();
    check::<Float64Type, f64, i64>();
}

#[test]
fn rows_that_are_converted_are_too() {
    check::<Int8Type, f64, i32>();
    check::<Int32Type, f64, i32>();
    // Looked at value by value.
    check::<Int64Type, i32, i32>();
    check::<Float64Type, i8, i64>();
}

/// A value that can't be held is found at its place in the result, unless it is missing.
#[test]
fn what_does_not_fit_is_named_unless_it_is_missing() {
    // Lists of different lengths, of 400 values; some value is missing, and perhaps the one that is too large.
    let lists = |missing: usize| {
        let values: Vec<i64> = (0..400).map(|i| if i == 333 { 1 << 40 } else { i }).collect();
        let nulls: NullBuffer = (0..400).map(|i| i != missing).collect();
        let item = Arc::new(Field::new_list_field(DataType::Int64, true));
        let offsets = OffsetBuffer::from_lengths([19, 21].repeat(10));
        ListArray::new(item, offsets, Arc::new(Int64Array::new(values.into(), Some(nulls))), None)
    };
    let options = Options::new().nulls(Nulls::Fill(0.into()));
    assert_eq!(to_padded::<i32>(&lists(333), &options).unwrap().values()[[16, 13]], 0);
    let error = to_padded::<i32>(&lists(7), &options).unwrap_err();
    assert!(matches!(error, Error::LossyCast { position: 349, .. }), "{error}");
}

/// Missing values are counted without what lists are filled up with; the first is named by its place in the result.
#[test]
fn the_first_missing_value_is_named_where_it_is_shown() {
    let values: Float64Array = (0..90).map(|i| (i < 45 || i % 3 != 0).then_some(f64::from(i))).collect();
    let item = Arc::new(Field::new_list_field(DataType::Float64, true));
    let offsets = OffsetBuffer::from_lengths([0, 20, 0, 7, 30, 3, 0, 30]);
    let lists = ListArray::new(item, offsets, Arc::new(values), None);
    let options = Options::new().nulls(Nulls::Refuse).pad_with(0);
    // Value 45 is the 18th of the list that begins with 27, which is row 4 of the whole.
    for (skipped, count, first) in [(0, 15, 4 * 30 + 18), (3, 15, 30 + 18), (5, 11, 0)] {
        let lists = lists.slice(skipped, 8 - skipped);
        let error = to_padded::<f64>(&lists, &options).unwrap_err();
        let found = match error {
            Error::Nulls { count, first, .. } => (count, first),
            other => panic!("{other}"),
        };
        assert_eq!(found, (count, first), "without {skipped} lists");
    }
}
