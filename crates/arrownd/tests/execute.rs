//! Plans carried out over several chunks, into memory of any strides, from memory at any address.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and strided memory is raw"
)]

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeListArray, Float64Array, Int16Array, Int32Array, NullArray,
    StructArray,
};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields};
use arrownd::engine::{Chunk, Column, Data, Dest, Form, Nulls, Options, Planned, Task, chunk_of};
use arrownd::{DType, Error, Note, Order, Reason, Transfer};
use zerocopy::IntoBytes;

fn options(dtype: DType) -> Options {
    Options { dtype: Some(dtype), ..Options::default() }
}

/// The values of a task in C order, or its mask.
fn fill<T: Copy>(
    task: &Task<'_>,
    run: impl Fn(&Task<'_>, &mut Dest<'_>) -> Result<(), Error>,
) -> Result<Vec<T>, Error> {
    let shape: Vec<usize> = task.plan().shape().unwrap().iter().map(|n| n.unwrap()).collect();
    let mut memory = vec![MaybeUninit::<T>::uninit(); shape.iter().product()];
    run(task, &mut Dest::from_slice(&mut memory, &shape).unwrap())?;
    // SAFETY: a task writes every element of its plan's shape.
    Ok(memory.into_iter().map(|x| unsafe { x.assume_init() }).collect())
}

fn values<T: Copy>(task: &Task<'_>) -> Result<Vec<T>, Error> {
    fill(task, |task, dest| task.fill_values(dest))
}

fn mask(task: &Task<'_>) -> Vec<bool> {
    fill(task, |task, dest| task.fill_mask(dest)).unwrap()
}

/// Cuts an array at `ends`, which ascend.
fn cut(array: &dyn Array, ends: &[usize]) -> Vec<ArrayRef> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let ends = ends.iter().copied().chain([array.len()]);
    starts.zip(ends).map(|(start, end)| array.slice(start, end - start)).collect()
}

const CUTS: [&[usize]; 5] = [&[], &[0, 1, 1, 64, 130], &[63, 63, 128], &[199], &[7, 8, 9, 200, 200]];

#[test]
fn chunks_are_written_one_after_another() {
    let array: Int32Array = (0..200).map(|i| (i % 13 != 5).then_some(i - 100)).collect();
    let field = Field::new("", DataType::Int32, true);
    for ends in CUTS {
        let arrays = cut(&array, ends);
        let chunks: Vec<Chunk<'_>> = arrays.iter().map(|a| chunk_of(a.as_ref())).collect();
        let column = Column::new(&field, &chunks, &Options::default()).unwrap();
        let planned = Planned::new(&column, &Options::default(), &[]).unwrap();
        assert_eq!(planned.plan().dtype(), Some(DType::Float64));
        let found: Vec<f64> = values(&planned.task()).unwrap();
        for (i, value) in found.iter().enumerate() {
            let expected = (i % 13 != 5).then_some(i as f64 - 100.0);
            assert_eq!((!value.is_nan()).then_some(*value), expected);
        }
        let many = arrays.iter().filter(|a| !a.is_empty()).count();
        let chunked = planned.plan().reasons().contains(&Reason::Chunked { chunks: many });
        assert_eq!(chunked, many > 1, "{ends:?}");
        assert!(planned.task().view().is_none());
    }
}

#[test]
fn one_chunk_with_values_among_empty_ones_is_a_view() {
    let array = Int32Array::from_iter_values(0..50);
    let field = Field::new("", DataType::Int32, true);
    let arrays = cut(&array, &[0, 0, 50, 50]);
    let chunks: Vec<Chunk<'_>> = arrays.iter().map(|a| chunk_of(a.as_ref())).collect();
    let column = Column::new(&field, &chunks, &Options::default()).unwrap();
    let planned = Planned::new(&column, &Options::default(), &[]).unwrap();
    assert_eq!(*planned.plan().transfer(), Transfer::View);
    let view = planned.task().view().unwrap();
    assert_eq!((view.ptr, view.chunk), (array.values().as_ptr().cast(), 2));
}

#[test]
fn an_exactness_error_counts_across_chunks() {
    let array: Int32Array = (0..200).map(Some).collect();
    let field = Field::new("", DataType::Int32, true);
    for ends in CUTS {
        let arrays = cut(&array, ends);
        let chunks: Vec<Chunk<'_>> = arrays.iter().map(|a| chunk_of(a.as_ref())).collect();
        let column = Column::new(&field, &chunks, &Options::default()).unwrap();
        let planned = Planned::new(&column, &options(DType::Int8), &[]).unwrap();
        match values::<i8>(&planned.task()).unwrap_err() {
            Error::LossyCast { value, position, .. } => {
                assert_eq!((value.as_str(), position), ("128", 128));
            }
            other => panic!("{other}"),
        }
    }
}

/// A table of every kind of column: plain, bits, lists, nothing at all; rows are missing too.
fn table() -> (Field, StructArray) {
    let pairs = {
        let child: Int16Array = (0..400).map(|i| (i % 17 != 3).then_some(i)).collect();
        let validity: NullBuffer = (0..200).map(|i| i % 19 != 2).collect();
        let item = Arc::new(Field::new("item", DataType::Int16, true));
        FixedSizeListArray::new(item, 2, Arc::new(child), Some(validity))
    };
    let ints: Int32Array = (0..200).map(|i| (i % 7 != 1).then_some(i)).collect();
    let bits: BooleanArray = (0..200).map(|i| (i % 5 != 4).then_some(i % 3 == 0)).collect();
    let floats = Float64Array::from_iter_values((0..200).map(f64::from));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("ints", Arc::new(ints)),
        ("pairs", Arc::new(pairs)),
        ("bits", Arc::new(bits)),
        ("none", Arc::new(NullArray::new(200))),
        ("floats", Arc::new(floats)),
    ];
    let fields: Fields =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let validity: NullBuffer = (0..200).map(|i| i % 23 != 9).collect();
    let table = StructArray::new(fields, arrays, Some(validity));
    (Field::new("", table.data_type().clone(), true), table)
}

/// What column `at` (of six) of row `i` is.
fn cell(i: usize, at: usize) -> Option<f64> {
    let there = match at {
        0 => i % 7 != 1,
        1 => i % 19 != 2 && (2 * i) % 17 != 3,
        2 => i % 19 != 2 && (2 * i + 1) % 17 != 3,
        3 => i % 5 != 4,
        4 => false,
        _ => true,
    };
    let value = match at {
        1 => 2 * i,
        2 => 2 * i + 1,
        3 => usize::from(i.is_multiple_of(3)),
        _ => i,
    };
    (there && i % 23 != 9).then_some(value as f64)
}

#[test]
fn a_matrix_of_chunks_is_the_same_in_either_order_and_at_any_stride() {
    let (field, table) = table();
    for ends in CUTS {
        let arrays = cut(&table, ends);
        let chunks: Vec<Chunk<'_>> = arrays.iter().map(|a| chunk_of(a.as_ref())).collect();
        let column = Column::new(&field, &chunks, &Options::default()).unwrap();
        for order in [Order::F, Order::C] {
            let options = Options { order, ..options(DType::Float64) };
            let planned = Planned::new(&column, &options, &[]).unwrap();
            for strides in [[48, 8], [8, 1600], [-48, -8], [8, -1600], [104, 16], [51, 8]] {
                let mut memory = vec![0xa5u8; 50_000];
                let base = NonNull::from(memory.as_mut_slice()).cast::<u8>();
                // SAFETY: the middle of 50,000 bytes; no element lies further than 25,000 from it.
                let middle = unsafe { base.byte_add(25_000) };
                // SAFETY: elements of 8 bytes at these strides are apart and within the memory.
                let mut dest = unsafe { Dest::from_raw(middle, &[200, 6], &strides, 8) };
                planned.task().fill_values(&mut dest).unwrap();
                let mut written = 0;
                for i in 0..200 {
                    for at in 0..6 {
                        let place = 25_000 + i as isize * strides[0] + at as isize * strides[1];
                        let bytes = memory[place as usize..][..8].try_into().unwrap();
                        let value = f64::from_ne_bytes(bytes);
                        assert_eq!((!value.is_nan()).then_some(value), cell(i, at), "{i}, {at}");
                        memory[place as usize..][..8].fill(0xa5);
                        written += 1;
                    }
                }
                assert_eq!(written, 1200);
                assert!(memory.iter().all(|byte| *byte == 0xa5), "written beside it");
            }
        }
    }
}

#[test]
fn large_matrices_are_the_same_in_either_order() {
    for (columns, rows) in [(2, 30_000), (3, 9000), (17, 2000), (57, 700), (100, 900), (300, 130), (1000, 40)]
    {
        let column = |at: usize| -> ArrayRef {
            let numbers = (0..rows).map(|i| (i % 7 != at % 5).then_some((i * 31 + at) as i32));
            match at % 3 {
                0 => Arc::new(Float64Array::from_iter_values(numbers.map(|n| n.unwrap_or(-1).into()))),
                1 => Arc::new(numbers.collect::<Int32Array>()),
                _ => Arc::new(numbers.map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>()),
            }
        };
        let arrays: Vec<ArrayRef> = (0..columns).map(column).collect();
        let fields = arrays.iter().map(|array| Field::new("", array.data_type().clone(), true)).collect();
        let table = StructArray::new(fields, arrays, None);
        let field = Field::new("", table.data_type().clone(), true);
        for ends in [&[][..], &[rows / 3, rows / 3 + 1]] {
            let pieces = cut(&table, ends);
            let chunks: Vec<Chunk<'_>> = pieces.iter().map(|a| chunk_of(a.as_ref())).collect();
            let column = Column::new(&field, &chunks, &Options::default()).unwrap();
            for dtype in [DType::Float64, DType::Float32] {
                let options = Options { order: Order::C, ..options(dtype) };
                let planned = Planned::new(&column, &options, &[]).unwrap();
                let size = dtype.itemsize() as isize;
                let across = size * columns as isize;
                // One after the other; aligned for nothing; with room between the rows; columns first.
                let layouts = [
                    (8, across, size),
                    (9, across, size),
                    (8, across + 8, size),
                    (8, size, size * rows as isize),
                ];
                let mut found = layouts.iter().map(|(start, by_row, by_column)| {
                    let mut memory = vec![0u64; (rows + 1) * (columns + 2) + 2];
                    let base = NonNull::from(memory.as_mut_slice()).cast::<u8>();
                    // SAFETY: within the memory.
                    let first = unsafe { base.byte_add(*start) };
                    let strides = [*by_row, *by_column];
                    // SAFETY: elements at these strides are apart and within the memory.
                    let mut dest =
                        unsafe { Dest::from_raw(first, &[rows, columns], &strides, size as usize) };
                    planned.task().fill_values(&mut dest).unwrap();
                    let bytes: &[u8] = memory.as_bytes();
                    let place = |i: usize| {
                        *start as isize + (i / columns) as isize * by_row + (i % columns) as isize * by_column
                    };
                    (0..rows * columns)
                        .flat_map(|i| bytes[place(i) as usize..][..size as usize].to_vec())
                        .collect()
                });
                let one: Vec<u8> = found.next().unwrap();
                assert!(found.all(|other| other == one), "{columns} of {dtype}");
                let last = &one[one.len() - size as usize..];
                let last = if size == 8 {
                    f64::from_ne_bytes(last.try_into().unwrap())
                } else {
                    f32::from_ne_bytes(last.try_into().unwrap()).into()
                };
                assert_eq!(
                    (!last.is_nan()).then_some(last),
                    value(columns - 1, rows - 1),
                    "{columns} of {dtype}"
                );
            }
        }
    }
}

/// What row `i` of column `at` is.
fn value(at: usize, i: usize) -> Option<f64> {
    let there = (i % 7 != at % 5).then_some((i * 31 + at) as f64);
    match at % 3 {
        0 => there.or(Some(-1.0)),
        1 => there,
        _ => there.map(|n| f64::from(u8::from(n % 2.0 == 0.0))),
    }
}

#[test]
fn the_mask_is_that_of_every_level() {
    let (field, table) = table();
    for ends in CUTS {
        let arrays = cut(&table, ends);
        let chunks: Vec<Chunk<'_>> = arrays.iter().map(|a| chunk_of(a.as_ref())).collect();
        let column = Column::new(&field, &chunks, &Options::default()).unwrap();
        let options = Options { nulls: Nulls::Masked, ..Options::default() };
        let planned = Planned::new(&column, &options, &[]).unwrap();
        assert!(planned.plan().masked());
        let note = Note::Mask { nbytes: Some(1200) };
        assert!(planned.plan().notes().contains(&note), "{}", planned.plan());
        let found = mask(&planned.task());
        for (at, missing) in found.iter().enumerate() {
            assert_eq!(*missing, cell(at / 6, at % 6).is_none(), "{at}");
        }
        let found: Vec<f64> = values(&planned.task()).unwrap();
        for (at, value) in found.iter().enumerate() {
            if let Some(expected) = cell(at / 6, at % 6) {
                assert_eq!(*value, expected, "{at}");
            }
        }
    }
}

#[test]
fn columns_are_tasks_of_their_own() {
    let (field, table) = table();
    let chunks = [chunk_of(&table)];
    let options = Options { form: Form::Columns, nulls: Nulls::Masked, ..Options::default() };
    let column = Column::new(&field, &chunks, &options).unwrap();
    let planned = Planned::new(&column, &options, &[]).unwrap();
    let task = planned.task();
    let tasks: Vec<Task<'_>> = task.children().collect();
    let names: Vec<_> = tasks.iter().map(|task| task.plan().name().unwrap()).collect();
    assert_eq!(names, ["ints", "pairs", "bits", "none", "floats"]);
    for (i, (task, column)) in tasks.iter().zip(table.columns()).enumerate() {
        assert_eq!(task.route(), [i]);
        assert_eq!(task.view().is_some(), ![2, 3].contains(&i), "{}", task.plan());
        let wide = mask(task);
        assert_eq!(wide.len(), 200 * if i == 1 { 2 } else { 1 });
        assert_eq!(column.len(), 200);
    }
    let pairs = mask(&tasks[1]);
    for (at, missing) in pairs.iter().enumerate() {
        assert_eq!(*missing, cell(at / 2, 1 + at % 2).is_none());
    }
}

#[test]
fn a_lossy_value_is_named_by_its_whole_path() {
    let inner: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.5]));
    let wrap = |name: &str, array: ArrayRef| -> ArrayRef {
        let field = Arc::new(Field::new(name, array.data_type().clone(), true));
        Arc::new(StructArray::from(vec![(field, array)]))
    };
    let table = wrap("outer", wrap("inner", inner));
    let field = Field::new("", table.data_type().clone(), true);
    let chunks = [chunk_of(table.as_ref())];
    let options = Options { form: Form::Columns, ..options(DType::Int64) };
    let column = Column::new(&field, &chunks, &options).unwrap();
    let planned = Planned::new(&column, &options, &[]).unwrap();
    let outer = planned.task().children().next().unwrap();
    match values::<i64>(&outer).unwrap_err() {
        Error::LossyCast { path, value, position, .. } => {
            assert_eq!((path.as_str(), value.as_str(), position), ("outer.inner", "2.5", 1));
        }
        other => panic!("{other}"),
    }
}

/// Bytes of `values` that begin `shift` bytes after an aligned address.
fn shifted(values: &[i64], shift: usize) -> Vec<u64> {
    let mut memory = vec![0u64; values.len() + 2];
    let bytes = memory.as_mut_bytes();
    bytes[shift..shift + values.len() * 8].copy_from_slice(values.as_bytes());
    memory
}

#[test]
fn misaligned_memory_is_viewed_with_a_note_and_converted_as_any_other() {
    let numbers: Vec<i64> = (0..150).map(|i| i * i - 70).collect();
    let field = Field::new("", DataType::Int64, false);
    for shift in 0..8 {
        let memory = shifted(&numbers, shift);
        let bytes = &memory.as_bytes()[shift..shift + 1200];
        let chunks = [Chunk { len: 150, validity: None, data: Data::Fixed(bytes) }];
        let column = Column::new(&field, &chunks, &Options::default()).unwrap();
        let planned = Planned::new(&column, &Options::default(), &[]).unwrap();
        assert_eq!(planned.plan().copies(), Some(false));
        let noted = planned.plan().notes().contains(&Note::Misaligned);
        assert_eq!(noted, shift != 0);
        assert_eq!(planned.task().view().unwrap().ptr, bytes.as_ptr());
        for (options, converted) in [
            (Options { writable: true, ..Options::default() }, DType::Int64),
            (options(DType::Float64), DType::Float64),
        ] {
            let planned = Planned::new(&column, &options, &[]).unwrap();
            assert_eq!(planned.plan().dtype(), Some(converted));
            if converted == DType::Int64 {
                assert_eq!(values::<i64>(&planned.task()).unwrap(), numbers);
            } else {
                let expected: Vec<f64> = numbers.iter().map(|x| *x as f64).collect();
                assert_eq!(values::<f64>(&planned.task()).unwrap(), expected);
            }
        }
    }
}

#[test]
fn what_a_task_reads_is_what_it_may_not_write() {
    let array: Int32Array = (0..64).map(|i| (i % 2 == 0).then_some(i)).collect();
    let field = Field::new("", DataType::Int32, true);
    let chunks = [chunk_of(&array)];
    let column = Column::new(&field, &chunks, &Options::default()).unwrap();
    let planned = Planned::new(&column, &Options::default(), &[]).unwrap();
    let (start, end) = (array.values().as_ptr().addr(), array.values().as_ptr().addr() + 256);
    let task = planned.task();
    assert!(task.reads(start, end) && task.reads(start - 8, start + 1) && task.reads(end - 1, end + 8));
    let bitmap = array.nulls().unwrap().validity().as_ptr().addr();
    assert!(task.reads(bitmap, bitmap + 1));
    let elsewhere = [0u8; 64];
    assert!(!task.reads(elsewhere.as_ptr().addr(), elsewhere.as_ptr().addr() + 64));
}

#[test]
fn bits_past_the_end_are_false_wherever_the_end_is() {
    let bits = arrownd::engine::Bits::new(&[0xff, 0xff], 3, 10).unwrap();
    assert!(bits.get(9) && !bits.get(10) && !bits.get(usize::MAX));
    assert!(arrownd::engine::Bits::new(&[0xff], 7, usize::MAX).is_none());
}
