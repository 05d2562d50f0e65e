//! What a conversion allocates: nothing that grows for a view, the result alone for a copy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

mod counting;

use std::sync::Arc;

use arrow_array::{Array, BooleanArray, Int32Array, Int64Array, StructArray};
use arrow_schema::{DataType, Field};
use arrownd::{Item, Nulls, Options, Order, plan};

use counting::{Asked, during};

/// What plans, fields and lists of chunks may take, whatever the length.
const CONSTANT: usize = 6 << 10;

/// The bytes that a conversion asks for, the largest piece of them, and whether it is a view.
fn asked<T: Item>(array: &dyn Array, options: &Options) -> (usize, usize, bool) {
    let (result, asked) = during(|| {
        let conversion = plan(array, &options.clone().dtype(T::DTYPE)).expect("planned");
        conversion.execute_masked::<T>().expect("converted")
    });
    (asked.bytes, asked.largest, result.values().is_view())
}

#[test]
fn the_counter_counts() {
    let (memory, asked) = during(|| [vec![1u8; 12_345], vec![2]]);
    assert_eq!(memory.map(|memory| memory.len()), [12_345, 1]);
    assert_eq!(asked, Asked { times: 2, bytes: 12_346, largest: 12_345 });
}

#[test]
fn a_view_allocates_the_same_whatever_its_length() {
    let of = |n: i64| {
        let array = Int64Array::from_iter_values(0..n);
        let (sum, _, view) = asked::<i64>(&array, &Options::default());
        assert!(view && sum <= CONSTANT, "{sum}");
        sum
    };
    assert_eq!(of(1), of(1_000_000));
}

#[test]
fn a_masked_view_allocates_its_mask() {
    let options = Options::new().nulls(Nulls::Mask);
    for n in [10, 1_000_000] {
        let array: Int32Array = (0..n).map(|i| (i % 3 != 0).then_some(i)).collect();
        let (sum, _, view) = asked::<i32>(&array, &options);
        assert!(view && sum <= CONSTANT + n as usize, "{sum}");
    }
}

/// A copy of `n` elements of `T` allocates their bytes, in one piece, and the constant.
fn check_copy<T: Item>(array: &dyn Array, n: usize, options: &Options) {
    let (sum, largest, view) = asked::<T>(array, options);
    assert!(!view);
    assert_eq!(largest, n * size_of::<T>());
    assert!(sum - largest <= CONSTANT, "{} beside the result", sum - largest);
}

#[test]
fn a_copy_allocates_its_result_and_nothing_else_that_grows() {
    const N: usize = 100_000;
    let ints: Int32Array = (0..N as i32).map(|i| (i % 3 != 0).then_some(i)).collect();
    let bits: BooleanArray = (0..N).map(|i| Some(i % 3 == 0)).collect();
    let default = Options::default();
    check_copy::<f64>(&ints, N, &default);
    check_copy::<f64>(&ints.slice(13, 5000), 5000, &default);
    check_copy::<bool>(&bits, N, &default);
    check_copy::<f32>(&bits, N, &default);
}

#[test]
fn a_matrix_allocates_its_result_and_nothing_else_that_grows() {
    const N: usize = 100_000;
    let field = |name, t| Field::new(name, t, true).into();
    let table = StructArray::from(vec![
        (field("a", DataType::Int32), Arc::new((0..N as i32).map(Some).collect::<Int32Array>()) as _),
        (
            field("b", DataType::Boolean),
            Arc::new((0..N).map(|i| (i % 2 == 0).then_some(true)).collect::<BooleanArray>()) as _,
        ),
    ]);
    for order in [Order::F, Order::C] {
        let options = Options::new().order(order);
        check_copy::<f64>(&table, 2 * N, &options);
    }
}
