//! Several threads: the same as one.
#![cfg(feature = "rayon")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use arrow_array::builder::{ListBuilder, PrimitiveBuilder};
use arrow_array::types::Float64Type;
use arrow_array::{
    Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, Int64Array, StructArray,
};
use arrow_schema::{DataType, Field};
use arrownd::engine::pretend;
use arrownd::{Error, Item, Nulls, Options, Order, num_threads, plan, set_num_threads};

/// The settings are the whole process's.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn same<T: Item + PartialEq + std::fmt::Debug>(array: &dyn Array, options: &Options) {
    let convert = |cores| {
        pretend(cores, 64);
        let options = options.clone().dtype(T::DTYPE);
        let result = plan(array, &options).and_then(|planned| planned.execute_masked::<T>()).map(|masked| {
            let array = masked.values();
            // NaN isn't equal to itself; how it prints is.
            (array.shape().to_vec(), array.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>())
        });
        pretend(0, 0);
        result.map_err(|error| error.to_string())
    };
    let alone = convert(1);
    for cores in [2, 3, 5] {
        assert_eq!(convert(cores), alone, "{cores} threads");
    }
}

fn ints(nulls: bool) -> Int64Array {
    (0..5000).map(|i| (!nulls || i % 7 != 3).then_some(i - 300)).collect()
}

fn floats() -> Float64Array {
    (0..5000).map(|i| (i % 11 != 3).then_some(f64::from(i) * 0.5)).collect()
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let _guard = ONE_AT_A_TIME.lock();
    let plain = Options::new();
    same::<f64>(&ints(true), &plain);
    same::<f32>(&ints(false), &plain.clone().safe(false));
    same::<f64>(&ints(true).slice(65, 3001), &plain);
    same::<i64>(&ints(true), &plain.clone().nulls(Nulls::Mask));
    same::<f64>(&Decimal128Array::from_iter_values(0..4000), &plain);
    let keys: Int32Array = (0..4000).map(|i| Some(i % 100)).collect();
    same::<f64>(&DictionaryArray::new(keys, Arc::new(floats().slice(0, 100))), &plain);
    let mut lists = ListBuilder::new(PrimitiveBuilder::<Float64Type>::new());
    for i in 0..1000 {
        for item in 0..i % 9 {
            lists.values().append_value(f64::from(item));
        }
        lists.append(i % 13 != 0);
    }
    same::<f64>(&lists.finish(), &plain.clone().pad());
    let columns: Vec<(Arc<Field>, Arc<dyn Array>)> = vec![
        (Field::new("a", DataType::Int64, true).into(), Arc::new(ints(true))),
        (Field::new("b", DataType::Float64, true).into(), Arc::new(floats())),
        (Field::new("c", DataType::Int64, true).into(), Arc::new(ints(false))),
    ];
    let table = StructArray::from(columns);
    for order in [Order::C, Order::F] {
        same::<f64>(&table, &plain.clone().order(order));
        same::<i32>(&table.slice(1, 4000), &plain.clone().order(order));
    }
}

#[test]
fn the_first_value_that_does_not_fit_is_named() {
    let _guard = ONE_AT_A_TIME.lock();
    for bad in [0, 63, 64, 1000, 4999] {
        let array: Int64Array = (0..5000).map(|i| if i >= bad { 1000 + i } else { i % 100 }).collect();
        same::<i8>(&array, &Options::new());
        pretend(3, 64);
        let error = arrownd::to_array::<i8>(&array, &Options::new()).unwrap_err();
        pretend(0, 0);
        assert!(
            matches!(&error, Error::LossyCast { position, .. } if *position == bad as usize),
            "{error} for {bad}"
        );
    }
}

#[test]
fn no_more_threads_than_were_asked_for_or_there_are_cores() {
    let _guard = ONE_AT_A_TIME.lock();
    pretend(4, 0);
    for (asked, used) in [(1, 1), (3, 3), (100, 4)] {
        set_num_threads(NonZeroUsize::new(asked).unwrap());
        assert_eq!(num_threads(), used);
    }
    pretend(0, 0);
    assert!(num_threads() <= std::thread::available_parallelism().unwrap().get());
}
