//! The allocation contract: views allocate nothing, copies exactly their result, and plans the same whatever the
//! length.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

mod counting;

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, ListBuilder};
use arrow_array::types::Int16Type;
use arrow_array::*;
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_schema::Field;
use arrownd::{
    Item, Nulls, Options, Order, Source, plan, to_array, to_masked, to_padded, to_ragged, view, view_ragged,
};
use counting::{NOTHING, during};
use ndarray::{Array1, ArrayD, Ix1, Ix2, Ix3, Ix4, IxDyn};

/// What plans, fields and lists of chunks may take for a few columns, whatever the length.
const CONSTANT: usize = 10 << 10;

const N: usize = 100_000;

fn lists(values: ArrayRef, size: i32) -> ArrayRef {
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    Arc::new(FixedSizeListArray::new(item, size, values, None))
}

fn ints(nulls: bool) -> Int32Array {
    (0..N as i32).map(|i| (!nulls || i % 3 != 0).then_some(i)).collect()
}

fn ragged() -> ListArray {
    let mut lists = ListBuilder::new(Float64Builder::new());
    for i in 0..N / 10 {
        lists.append_value((0..i % 20).map(|x| Some(x as f64)));
    }
    lists.finish()
}

#[test]
fn the_counter_counts() {
    let (memory, asked) = during(|| [vec![1u8; 12_345], vec![2]]);
    assert_eq!(memory.map(|memory| memory.len()), [12_345, 1]);
    assert_eq!(asked, NOTHING.and(12_345).and(1));
}

#[test]
fn views_by_type_allocate_nothing() {
    let flat = Float32Array::from_iter_values((0..N).map(|i| i as f32));
    let dynamic: ArrayRef = Arc::new(flat.clone());
    let two = lists(dynamic.clone(), 10);
    let four = lists(lists(two.clone(), 10), 2);
    let chunks = vec![Arc::new(Float32Array::from(vec![0.0; 0])) as ArrayRef, dynamic.clone()];
    let bytes = FixedSizeBinaryArray::try_from_iter((0..100u64).map(u64::to_le_bytes)).unwrap();
    let even = ListArray::from_iter_primitive::<Int16Type, _, _>((0..100).map(|i| Some([Some(i), Some(2)])));
    let decimals = Decimal128Array::from_iter_values(0..100);
    for (what, asked) in [
        ("flat", during(|| view::<f32, Ix1>(&flat).unwrap().len()).1),
        ("slice", during(|| view::<f32, IxDyn>(&dynamic).unwrap().len()).1),
        ("lists", during(|| view::<f32, Ix2>(&two).unwrap().len()).1),
        ("lists in lists", during(|| view::<f32, Ix4>(&four).unwrap().len()).1),
        ("any dimensions", during(|| view::<f32, IxDyn>(&four).unwrap().len()).1),
        ("one chunk", during(|| view::<f32, Ix1>(&chunks).unwrap().len()).1),
        ("bytes", during(|| view::<u8, Ix2>(&bytes).unwrap().len()).1),
        ("uniform lists", during(|| view::<i16, Ix2>(&even).unwrap().len()).1),
        ("decimals", during(|| view::<i128, Ix1>(&decimals).unwrap().len()).1),
        ("ragged", during(|| view_ragged::<i16, Ix1, _>(&even).unwrap().1.len()).1),
        ("converted", during(|| to_array::<f32>(&flat, &Options::new()).unwrap().len()).1),
        ("converted lists", during(|| to_array::<f32>(&four, &Options::new()).unwrap().len()).1),
    ] {
        assert_eq!(asked, NOTHING, "{what}");
    }
    assert_eq!(view::<f32, Ix3>(&lists(two, 10)).unwrap().dim(), (1000, 10, 10));
}

/// Plans, which allocates a constant; executes, which allocates the result; and writes, which allocates nothing.
fn check<'a, T: Item + Default>(what: &str, source: impl Into<Source<'a>>, options: &Options) {
    let source = source.into();
    let options = options.clone().dtype(T::DTYPE);
    let (conversion, asked) = during(|| plan(source, &options).expect(what));
    assert!(asked.bytes <= CONSTANT, "{what}: {asked:?}");
    let (result, asked) = during(|| conversion.execute::<T>().expect(what));
    let bytes = result.len() * size_of::<T>();
    let due = if conversion.is_view() { NOTHING } else { NOTHING.and(bytes) };
    assert_eq!(asked, due, "{what}");
    assert_eq!(result.is_view(), conversion.is_view() && bytes > 0, "{what}");
    let mut out = ArrayD::<T>::default(result.shape());
    let (written, asked) = during(|| conversion.write_into(out.view_mut()));
    assert_eq!((written, asked), (Ok(()), NOTHING), "{what}");
}

#[test]
fn copies_allocate_exactly_their_result() {
    let new = Options::new;
    check::<f64>("nulls", &ints(true), &new());
    check::<i32>("a fill", &ints(true), &new().nulls(Nulls::Fill(7.into())));
    check::<f64>("a slice", &ints(true).slice(13, 5000), &new());
    check::<i16>("a checked cast", &ints(false).slice(0, 30_000), &new());
    let bits: BooleanArray = (0..N).map(|i| Some(i % 3 == 0)).collect();
    check::<bool>("bits", &bits, &new());
    check::<f32>("bits as numbers", &bits, &new());
    let chunks: Vec<ArrayRef> = vec![Arc::new(ints(true)), Arc::new(ints(false)), Arc::new(ints(true))];
    check::<f64>("chunks", &chunks, &new());
    let keys: Int16Array = (0..N).map(|i| (i % 7 != 0).then_some((i % 100) as i16)).collect();
    let words: ArrayRef = Arc::new(Float64Array::from_iter_values((0..100).map(f64::from)));
    check::<f64>("a dictionary", &DictionaryArray::<Int16Type>::new(keys, words), &new());
    let ends = Int16Array::from_iter_values((1..1000).map(|i| i * 30));
    let runs = RunArray::<Int16Type>::try_new(&ends, &Int32Array::from_iter_values(0..999)).unwrap();
    check::<i32>("runs", &runs, &new());
    check::<f64>("decimals", &Decimal128Array::from_iter_values(0..1000), &new());
    check::<i64>("dates", &Date64Array::from_iter_values(0..1000), &new());
    check::<f64>("padded lists", &ragged(), &new().pad());
    let inner = Arc::new(ints(true));
    check::<f64>("lists with nulls", &lists(inner, 10), &new());
    check::<u8>("no rows", &UInt8Array::from(vec![1; 0]), &new());
}

/// `n` columns; those at even places have values missing.
fn table(n: usize, rows: usize) -> RecordBatch {
    RecordBatch::try_from_iter((0..n).map(|i| {
        let column: ArrayRef = match i % 3 {
            0 => Arc::new((0..rows).map(|x| (x % 7 != 0).then_some(x as i32)).collect::<Int32Array>()),
            1 => Arc::new(Float64Array::from_iter_values((0..rows).map(|x| x as f64))),
            _ => Arc::new((0..rows).map(|x| (x % 5 != 0).then_some(x % 2 == 0)).collect::<BooleanArray>()),
        };
        (format!("c{i}"), column)
    }))
    .unwrap()
}

#[test]
fn matrices_allocate_exactly_their_result() {
    for order in [Order::F, Order::C] {
        let options = Options::new().order(order);
        let small = table(3, N);
        check::<f64>("three columns", &small, &options);
        check::<f32>("three columns of f32", &small, &options);
        check::<f64>("batches", &vec![small.clone(), small.slice(7, 1000)], &options);
    }
    let buffer = Buffer::from_vec((0..2 * N as i64).collect::<Vec<_>>());
    let column =
        |start| -> ArrayRef { Arc::new(Int64Array::new(ScalarBuffer::new(buffer.clone(), start, N), None)) };
    let together = RecordBatch::try_from_iter([("a", column(0)), ("b", column(N))]).unwrap();
    check::<i64>("columns side by side", &together, &Options::new());
}

#[test]
fn wide_matrices_allocate_exactly_their_result() {
    let wide = table(100, 1000);
    for order in [Order::F, Order::C] {
        let options = Options::new().order(order).dtype(f64::DTYPE);
        let conversion = plan(&wide, &options).unwrap();
        let (result, asked) = during(|| conversion.execute::<f64>().unwrap());
        let bytes = result.len() * 8;
        assert_eq!(asked, NOTHING.and(bytes), "{order:?}");
    }
}

#[test]
fn masks_are_a_byte_a_value() {
    let array = ints(true);
    let conversion = plan(&array, &Options::new().nulls(Nulls::Mask)).unwrap();
    let (masked, asked) = during(|| conversion.execute_masked::<i32>().unwrap());
    assert!(masked.values().is_view());
    assert_eq!(asked, NOTHING.and(N));
    let (mut values, mut mask) = (Array1::<i32>::zeros(N), Array1::from_elem(N, false));
    let (written, asked) = during(|| conversion.write_masked_into(values.view_mut(), mask.view_mut()));
    assert_eq!((written, asked), (Ok(()), NOTHING));
    let whole = ints(false);
    let (masked, asked) = during(|| to_masked::<i32>(&whole, &Options::new()).unwrap());
    assert!(masked.mask().is_none() && asked.bytes <= CONSTANT);
}

#[test]
fn plans_allocate_the_same_whatever_the_length() {
    let of = |n: i32| {
        let array: Int32Array = (0..n).map(|i| (i % 3 != 1).then_some(i)).collect();
        during(|| plan(&array, &Options::new()).unwrap().shape()).1
    };
    assert_eq!(of(10), of(1_000_000));
    let lists = ragged();
    let of = |n: usize| {
        let lists = lists.slice(1, n);
        during(|| plan(&lists, &Options::new().pad()).unwrap().shape()).1
    };
    assert_eq!(of(10), of(N / 10 - 1));
}

#[test]
fn lists_beside_their_offsets_are_viewed() {
    let lists = ragged();
    let (found, asked) = during(|| to_ragged::<f64>(&lists, &Options::new()).unwrap());
    assert!(found.values().is_view() && asked.bytes <= CONSTANT, "{asked:?}");
    let (found, asked) = during(|| to_padded::<f64>(&lists, &Options::new()).unwrap());
    let bytes = found.values().len() * 8 + found.lengths().len() * 8;
    assert!(asked.bytes - bytes <= CONSTANT, "{asked:?}");
}
