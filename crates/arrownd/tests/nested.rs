//! `to_array` over lists and structs: dimensions and matrices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, BooleanArray, FixedSizeListArray, Int32Array, Int64Array, StructArray};
use arrow_buffer::{Buffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use arrownd::{Options, Order, Reason, to_array, to_masked};
use ndarray::Axis;

fn strict() -> Options {
    Options::new().allow_copy(false)
}

fn nested(outer: Option<NullBuffer>, inner: Option<NullBuffer>, child: Int32Array) -> FixedSizeListArray {
    let field = |t: &DataType| Arc::new(Field::new("item", t.clone(), true));
    let inner = FixedSizeListArray::new(field(child.data_type()), 2, Arc::new(child), inner);
    FixedSizeListArray::new(field(inner.data_type()), 3, Arc::new(inner), outer)
}

#[test]
fn lists_in_lists_are_dimensions_of_one_view() {
    let child = Int32Array::from_iter_values(0..60);
    let array = nested(None, None, child.clone());
    let view = to_array::<i32>(&array, &strict()).unwrap();
    assert_eq!(view.shape(), [10, 3, 2]);
    assert_eq!(view.as_ptr(), child.values().as_ptr());
    assert_eq!(view[[4, 2, 1]], 29);
    let sliced = array.slice(3, 4);
    let view = to_array::<i32>(&sliced, &strict()).unwrap();
    assert_eq!(view.shape(), [4, 3, 2]);
    assert_eq!(view[[0, 0, 0]], 18);
}

#[test]
fn values_missing_at_each_level_of_lists_are_nan() {
    let child: Int32Array = (0..60).map(|i| (i % 7 != 0).then_some(i)).collect();
    let inner: NullBuffer = (0..30).map(|i| i % 11 != 4).collect();
    let outer: NullBuffer = (0..10).map(|i| i != 6).collect();
    let array = nested(Some(outer.clone()), Some(inner.clone()), child.clone());
    for (start, len) in [(0, 10), (3, 7), (5, 2), (6, 1), (9, 1), (4, 0)] {
        let sliced = array.slice(start, len);
        let found = to_array::<f64>(&sliced, &Options::new()).unwrap();
        assert_eq!(found.shape(), [len, 3, 2]);
        for ((at, value), i) in found.indexed_iter().zip(start * 6..) {
            let there = outer.is_valid(i / 6) && inner.is_valid(i / 2) && child.is_valid(i);
            assert_eq!(value.is_nan(), !there, "{at:?}");
            assert!(!there || *value == i as f64, "{at:?}");
        }
        let masked = to_masked::<i32>(&sliced, &Options::new()).unwrap();
        assert!(masked.values().is_view() || len == 0);
        let missing = masked.mask().map_or(0, |mask| mask.iter().filter(|missing| **missing).count());
        assert_eq!(missing, found.iter().filter(|x| x.is_nan()).count());
    }
}

/// Two columns of `rows` values out of one buffer, `gap` values apart.
fn side_by_side(rows: usize, gap: usize) -> StructArray {
    let buffer = Buffer::from_vec((0..2 * rows + gap).map(|i| i as i64).collect::<Vec<_>>());
    let column = |start: usize| -> ArrayRef {
        let values = ScalarBuffer::<i64>::new(buffer.clone(), start, rows);
        Arc::new(Int64Array::new(values, None))
    };
    let field = |name| Arc::new(Field::new(name, DataType::Int64, false));
    StructArray::from(vec![(field("a"), column(0)), (field("b"), column(rows + gap))])
}

#[test]
fn columns_side_by_side_are_viewed_in_their_order() {
    let table = side_by_side(10, 0);
    let view = to_array::<i64>(&table, &strict()).unwrap();
    assert_eq!(view.shape(), [10, 2]);
    assert_eq!(view.strides(), [1, 10]);
    assert_eq!(view[[9, 1]], 19);
    let one = table.slice(0, 10);
    assert!(to_array::<i64>(&one, &strict()).unwrap().is_view());
    let rows = strict().order(Order::C);
    let error = to_array::<i64>(&table, &rows).unwrap_err();
    assert_eq!(error.reasons().iter().map(Reason::code).collect::<Vec<_>>(), ["order"]);
    assert!(error.to_string().contains("Order::C"), "{error}");
    // What lies between them belongs to nobody: it may be another allocation's.
    for apart in [side_by_side(10, 3), table.slice(2, 5)] {
        let error = to_array::<i64>(&apart, &strict()).unwrap_err();
        assert!(error.to_string().contains("do not lie side by side"), "{error}");
        let found = to_array::<i64>(&apart, &Options::new()).unwrap();
        assert!(found.is_owned());
        for (column, expected) in found.axis_iter(Axis(1)).zip(apart.columns()) {
            let expected = expected.as_primitive::<Int64Type>().values();
            assert!(column.iter().eq(expected.iter()));
        }
    }
}

#[test]
fn a_matrix_has_rows_and_fields_and_a_null_struct_is_a_row_of_nan() {
    let field = |name, t| Arc::new(Field::new(name, t, true));
    let columns: Vec<(_, ArrayRef)> = vec![
        (field("a", DataType::Int32), Arc::new(Int32Array::from_iter_values(0..200))),
        (
            field("b", DataType::Boolean),
            Arc::new((0..200).map(|i| (i % 4 != 1).then_some(i % 2 == 0)).collect::<BooleanArray>()),
        ),
    ];
    let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    let validity: NullBuffer = (0..200).map(|i| i % 9 != 8).collect();
    let array = StructArray::new(fields.into(), arrays, Some(validity));
    for order in [Order::F, Order::C] {
        let options = Options::new().order(order);
        let sliced = array.slice(5, 150);
        let found = to_array::<f32>(&sliced, &options).unwrap();
        assert_eq!(found.shape(), [150, 2]);
        for (i, row) in found.axis_iter(Axis(0)).enumerate() {
            let i = i + 5;
            let expected = [
                (i % 9 != 8).then_some(i as f32),
                (i % 9 != 8 && i % 4 != 1).then_some(if i % 2 == 0 { 1.0 } else { 0.0 }),
            ];
            for (value, expected) in row.iter().zip(expected) {
                match expected {
                    Some(expected) => assert_eq!(*value, expected, "row {i}"),
                    None => assert!(value.is_nan(), "row {i}"),
                }
            }
        }
    }
}

#[test]
fn lists_of_no_rows_keep_their_shape() {
    let list = nested(None, None, Int32Array::from_iter_values(0..0));
    assert_eq!(to_array::<f64>(&list, &strict()).unwrap().shape(), [0, 3, 2]);
}
