//! What carrying a plan out allocates beside the memory that it is given: nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and memory is raw"
)]

mod counting;

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, BooleanArray, DictionaryArray, FixedSizeListArray,
    Float16Array, Float32Array, Float64Array, Int32Array, Int64Array, LargeStringArray, ListArray, NullArray,
    RunArray, StringArray, StringViewArray, StructArray, make_array,
};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use arrownd::engine::{Chunk, Column, Dest, Fills, Lists, Nulls, Options, Planned, RecordType, chunk_of};
use arrownd::{DType, Error, Fill, Order, Resolution, Unit};

use counting::{Asked, NOTHING, during};

/// Elements of 16 bytes, so that none is misaligned.
fn memory(bytes: usize) -> Vec<MaybeUninit<u128>> {
    vec![MaybeUninit::uninit(); bytes.div_ceil(16) + 1]
}

/// Plans, then counts what carrying it out allocates: nothing, whatever becomes of the array. `None` where there is
/// no such plan, or it is of Python objects.
fn executed(arrays: &[ArrayRef], options: &Options) -> Option<bool> {
    let field = Field::new("", arrays[0].data_type().clone(), true);
    let chunks: Vec<Chunk<'_>> = arrays.iter().map(|array| chunk_of(array.as_ref())).collect();
    let column = Column::new(&field, &chunks, options).expect("no extension");
    let planned = Planned::new(&column, options, &[]).ok()?;
    let task = planned.task();
    let is_plain = !task.makes().0 && !matches!(planned.plan().dtype(), Some(DType::Strings { .. }));
    let dtype = planned.plan().dtype().filter(|_| is_plain)?;
    let shape: Vec<usize> = planned.plan().shape()?.into_iter().flatten().collect();
    let (view, asked) = during(|| task.view());
    assert_eq!(asked, NOTHING, "a view: {}", planned.plan());
    if view.is_none() {
        let filled = fill(&shape, dtype.itemsize(), |dest| task.fill_values(dest));
        // A value that doesn't fit is an error, whose message is allocated.
        let Ok(asked) = filled else { return None };
        assert_eq!(asked, NOTHING, "{}", planned.plan());
    }
    if planned.plan().masked() {
        let record = planned.plan().record().map(RecordType::mask);
        let each = record.map_or(1, |record| record.itemsize);
        let asked = fill(&shape, each, |dest| task.fill_mask(dest)).expect("a mask");
        assert_eq!(asked, NOTHING, "the mask of {}", planned.plan());
    }
    Some(view.is_some())
}

fn fill(
    shape: &[usize],
    itemsize: usize,
    work: impl FnOnce(&mut Dest<'_>) -> Result<(), Error>,
) -> Result<Asked, Error> {
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for axis in (0..shape.len()).rev() {
        strides[axis] = step;
        step *= shape[axis].max(1) as isize;
    }
    let mut memory = memory(shape.iter().product::<usize>() * itemsize);
    let ptr = NonNull::from(memory.as_mut_slice()).cast();
    // SAFETY: the memory is as large as an array of this shape, whose strides leave no gaps.
    let mut dest = unsafe { Dest::from_raw(ptr, shape, &strides, itemsize) };
    let (result, asked) = during(|| work(&mut dest));
    result.map(|()| asked)
}

const N: usize = 300;

/// The bitmap of every third value missing, `at` the first of them.
fn thirds(at: usize) -> Option<NullBuffer> {
    (at > 0).then(|| (0..N).map(|i| i % 3 != at - 1).collect())
}

/// Small numbers in so many bytes each.
fn numbers(data_type: DataType, width: usize, nulls: usize) -> ArrayRef {
    let bytes: Vec<u8> =
        (0..N * width).map(|i| if i % width == 0 { (i / width % 100) as u8 } else { 0 }).collect();
    let data = ArrayData::builder(data_type).len(N).add_buffer(Buffer::from_vec(bytes)).nulls(thirds(nulls));
    make_array(data.build().expect("enough bytes"))
}

/// One array of each type that has a dtype of its own; without nulls where that is 0.
fn flat(nulls: usize) -> Vec<ArrayRef> {
    use DataType as T;
    let fixed = [
        (T::Int8, 1),
        (T::Int16, 2),
        (T::Int32, 4),
        (T::Int64, 8),
        (T::UInt8, 1),
        (T::UInt16, 2),
        (T::UInt32, 4),
        (T::UInt64, 8),
        (T::Date32, 4),
        (T::Date64, 8),
        (T::Time32(TimeUnit::Millisecond), 4),
        (T::Time64(TimeUnit::Nanosecond), 8),
        (T::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into())), 8),
        (T::Duration(TimeUnit::Second), 8),
        (T::Interval(IntervalUnit::YearMonth), 4),
        (T::Interval(IntervalUnit::DayTime), 8),
        (T::Interval(IntervalUnit::MonthDayNano), 16),
        (T::Decimal32(9, 2), 4),
        (T::Decimal64(18, 2), 8),
        (T::Decimal128(38, 2), 16),
        (T::Decimal256(76, 2), 32),
        (T::FixedSizeBinary(3), 3),
        (T::FixedSizeBinary(16), 16),
    ];
    let mut arrays: Vec<ArrayRef> =
        fixed.into_iter().map(|(data_type, width)| numbers(data_type, width, nulls)).collect();
    let there = |i: &usize| thirds(nulls).is_none_or(|validity| validity.is_valid(*i));
    let each = || (0..N).map(|i| there(&i).then_some(i % 100));
    let words: Vec<Option<String>> =
        each().map(|i| i.map(|i| format!("word {i} of more than twelve"))).collect();
    let words = || words.iter().map(Option::as_deref);
    arrays.push(Arc::new(each().map(|i| i.map(|i| half::f16::from_f32(i as f32))).collect::<Float16Array>()));
    arrays.push(Arc::new(each().map(|i| i.map(|i| i as f32)).collect::<Float32Array>()));
    arrays.push(Arc::new(each().map(|i| i.map(|i| i as f64)).collect::<Float64Array>()));
    arrays.push(Arc::new(each().map(|i| i.map(|i| i > 50)).collect::<BooleanArray>()));
    arrays.push(Arc::new(words().collect::<StringArray>()));
    arrays.push(Arc::new(words().collect::<LargeStringArray>()));
    arrays.push(Arc::new(words().collect::<StringViewArray>()));
    arrays.push(Arc::new(words().map(|word| word.map(str::as_bytes)).collect::<BinaryArray>()));
    arrays.push(Arc::new(words().map(|word| word.map(str::as_bytes)).collect::<BinaryViewArray>()));
    arrays.push(Arc::new(NullArray::new(N)));
    arrays
}

/// The same values behind keys, in runs, in lists of fixed and of other lengths, in structs.
fn around(values: &ArrayRef) -> Vec<ArrayRef> {
    let item = || Arc::new(Field::new("item", values.data_type().clone(), true));
    let keys: Int32Array = (0..N as i32).map(|i| (i % 11 != 5).then_some(i * 7 % N as i32)).collect();
    let ends = Int32Array::from_iter_values((1..=N as i32).map(|i| 2 * i));
    let pairs = FixedSizeListArray::new(item(), 2, values.clone(), thirds(1).map(|all| all.slice(0, N / 2)));
    let lists = |length: &dyn Fn(usize) -> usize| -> ArrayRef {
        let lengths = (0..N / 3).map(length);
        let offsets = OffsetBuffer::<i32>::from_lengths(lengths);
        Arc::new(ListArray::new(item(), offsets, values.clone(), None))
    };
    let fields: Fields =
        (0..3).map(|i| Field::new(format!("f{i}"), values.data_type().clone(), true)).collect();
    let table = StructArray::new(fields, vec![values.clone(); 3], thirds(2));
    let mut arrays: Vec<ArrayRef> = vec![
        values.clone(),
        values.slice(5, N - 9),
        Arc::new(DictionaryArray::new(keys, values.clone())),
        Arc::new(pairs),
        lists(&|_| 3),
        lists(&|i| i % 4),
        Arc::new(table),
    ];
    if !matches!(values.data_type(), DataType::Null) {
        arrays.push(Arc::new(RunArray::<Int32Type>::try_new(&ends, values).expect("ends that ascend")));
    }
    arrays
}

fn dtypes() -> Vec<Option<DType>> {
    use DType as D;
    let ns = Some(Resolution { unit: Unit::Nanosecond, multiple: 1 });
    let mut all = vec![None, Some(D::Datetime(ns)), Some(D::Timedelta(ns)), Some(D::Complex128)];
    all.extend(
        [D::Bool, D::Int8, D::Int16, D::Int64, D::UInt8, D::UInt64, D::Float16, D::Float32, D::Float64]
            .map(Some),
    );
    all.extend([D::Unicode(0), D::Unicode(40), D::ByteString(0), D::ByteString(40)].map(Some));
    all
}

fn wishes(dtype: Option<DType>) -> Vec<Options> {
    let plain = Options { dtype, ..Options::default() };
    let fill = |fill| Options { na_value: Some(Fills::All(fill)), ..plain.clone() };
    vec![
        plain.clone(),
        Options { nulls: Nulls::Masked, ..plain.clone() },
        Options { nulls: Nulls::Masked, record_masks: true, ..plain.clone() },
        Options { order: Order::C, safe: false, ..plain.clone() },
        Options { lists: Some(Lists::Pad), ..plain.clone() },
        Options { structured: true, ..plain.clone() },
        Options { structured: true, nulls: Nulls::Masked, record_masks: true, ..plain.clone() },
        Options { writable: true, ..fill(Fill::Int(7)) },
        Options { order: Order::C, ..fill(Fill::Text("nothing that is short".to_owned())) },
        fill(Fill::Bytes(b"abc".to_vec())),
    ]
}

#[test]
fn executing_allocates_nothing_for_any_type() {
    let (mut views, mut copies) = (0, 0);
    for nulls in [0, 1] {
        for array in flat(nulls).iter().flat_map(around) {
            for options in dtypes().into_iter().flat_map(wishes) {
                for arrays in [&[array.clone()][..], &[array.slice(0, 70), array.slice(70, 30)]] {
                    match executed(arrays, &options) {
                        Some(true) => views += 1,
                        Some(false) => copies += 1,
                        None => {}
                    }
                }
            }
        }
    }
    assert!(views > 100 && copies > 5000, "{views}, {copies}");
}

/// A table of `columns` columns of `rows` rows: numbers of several types, with and without missing values.
fn wide(columns: usize, rows: usize) -> ArrayRef {
    let column = |at: usize| -> ArrayRef {
        let numbers = || (0..rows).map(|i| (at.is_multiple_of(3) || i % 5 != 0).then_some(i + at));
        match at % 4 {
            0 => Arc::new(numbers().map(|n| n.map(|n| n as f64)).collect::<Float64Array>()),
            1 => Arc::new(numbers().map(|n| n.map(|n| n as i32)).collect::<Int32Array>()),
            2 => Arc::new(numbers().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>()),
            _ => Arc::new(numbers().map(|n| n.map(|n| n as f32)).collect::<Float32Array>()),
        }
    };
    let arrays: Vec<ArrayRef> = (0..columns).map(column).collect();
    let field = |(i, array): (usize, &ArrayRef)| Field::new(format!("f{i}"), array.data_type().clone(), true);
    let fields: Fields = arrays.iter().enumerate().map(field).collect();
    Arc::new(StructArray::new(fields, arrays, None))
}

#[test]
fn matrices_of_any_width_allocate_nothing() {
    for (columns, rows) in [(1, 900), (2, 70_000), (3, 10), (8, 20_000), (57, 1000), (100, 3000), (1000, 300)]
    {
        let table = wide(columns, rows);
        let cut = [table.slice(0, rows / 3), table.slice(rows / 3, rows - rows / 3)];
        for dtype in [DType::Float64, DType::Float32] {
            for order in [Order::F, Order::C] {
                for nulls in [Nulls::Nan, Nulls::Masked] {
                    let options =
                        Options { dtype: Some(dtype), order, nulls, safe: false, ..Options::default() };
                    for arrays in [std::slice::from_ref(&table), &cut] {
                        let view = executed(arrays, &options).expect("a matrix of numbers");
                        assert_eq!(view, columns == 1 && arrays.len() == 1 && dtype == DType::Float64);
                    }
                }
            }
        }
    }
}

#[test]
fn views_of_eight_columns_and_four_dimensions_allocate_nothing() {
    let buffer = Buffer::from_vec((0..8 * 24).collect::<Vec<i64>>());
    let column = |i: usize| -> ArrayRef {
        Arc::new(Int64Array::new(ScalarBuffer::new(buffer.clone(), 24 * i, 24), None))
    };
    let fields: Fields = (0..8).map(|i| Field::new(format!("f{i}"), DataType::Int64, false)).collect();
    let table = StructArray::new(fields, (0..8).map(column).collect(), None);
    assert_eq!(executed(&[Arc::new(table)], &Options::default()), Some(true));
    let nested = [2, 3, 2].into_iter().fold(column(0), |child, n| {
        let item = Arc::new(Field::new("item", child.data_type().clone(), false));
        Arc::new(FixedSizeListArray::new(item, n, child, None))
    });
    assert_eq!(nested.len(), 2);
    assert_eq!(executed(&[nested], &Options::default()), Some(true));
}

/// How often importing and planning one array asks for memory.
fn planned(array: &ArrayRef, options: &Options) -> (usize, usize) {
    let field = Field::new("", array.data_type().clone(), true);
    let chunks = [chunk_of(array.as_ref())];
    let (column, import) = during(|| Column::new(&field, &chunks, options).expect("no extension"));
    let (_, plan) = during(|| Planned::new(&column, options, &[]).expect("planned"));
    (import.times, plan.times)
}

#[test]
fn planning_allocates_a_few_times() {
    let ints: ArrayRef = Arc::new(Int64Array::from_iter_values(0..24));
    let floats: ArrayRef =
        Arc::new((0..24).map(|i| (i % 3 > 0).then_some(f64::from(i))).collect::<Float64Array>());
    let item = Arc::new(Field::new("item", DataType::Int64, false));
    let lists: ArrayRef = Arc::new(FixedSizeListArray::new(item, 2, ints.clone(), None));
    for (array, most) in [(ints, (2, 0)), (floats, (3, 1)), (lists, (3, 0)), (wide(10, 24), (30, 55))] {
        let (import, plan) = planned(&array, &Options::default());
        assert!(import <= most.0 && plan <= most.1, "{}: {import}, {plan}", array.data_type());
    }
}
