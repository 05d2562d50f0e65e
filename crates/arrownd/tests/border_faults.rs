//! The border under faults drawn at random: an error, or values that can be read.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and foreign structs are raw"
)]

mod faults;
mod foreign;
mod layouts;
mod render;

use std::ptr::NonNull;

use arrow_schema::{DataType, Field, UnionMode};
use arrownd::engine::{
    ArrowArray, Chunk, Column, Dest, Form, Lists, Nulls, Options, Path, Plain, Planned, Task, plain_of,
    read_array, read_schema,
};
use arrownd::{DType, Error, ErrorKind};
use faults::{apply, apply_to_schema, fault, schema_fault};
use foreign::{Exported, Producer};
use layouts::examples;
use proptest::prelude::*;

fn schema(exported: &Exported) -> Result<Field, Error> {
    // SAFETY: the builder's pointers point to what they should, or are null.
    unsafe { read_schema(exported.schema()) }
}

fn array<'a>(exported: &'a Exported, data_type: &DataType) -> Result<Chunk<'a>, Error> {
    // SAFETY: the builder's buffers are long enough for every length that the tests set, and more.
    unsafe { read_array(exported.array(), data_type, &Path::Top) }
}

/// The rules of structure, said once more: what no later read would show, as the slack hides it.
fn obeys(array: &ArrowArray, data_type: &DataType, window: Option<(i64, i64)>) -> bool {
    let (skip, length) = window.unwrap_or((0, array.length));
    let child = |i: usize| {
        // SAFETY: the border has found the array of children long enough.
        let place = unsafe { array.children.add(i) };
        // SAFETY: within that array.
        let child = unsafe { *place };
        // SAFETY: and none of them null.
        unsafe { &*child }
    };
    let shares = |i: usize, size: i64, of: &DataType| {
        let (skip, length) = ((array.offset + skip) * size, length * size);
        child(i).length >= skip + length && obeys(child(i), of, Some((skip, length)))
    };
    let counts = array.length >= 0 && array.offset >= 0 && array.null_count >= -1;
    let children = match data_type {
        DataType::Struct(fields) => {
            fields.iter().enumerate().all(|(i, field)| shares(i, 1, field.data_type()))
        }
        DataType::FixedSizeList(field, size) => shares(0, i64::from(*size), field.data_type()),
        DataType::List(field) | DataType::ListView(field) | DataType::Map(field, _) => {
            obeys(child(0), field.data_type(), None)
        }
        DataType::Union(fields, mode) => fields.iter().enumerate().all(|(i, (_, field))| match mode {
            UnionMode::Sparse => shares(i, 1, field.data_type()),
            UnionMode::Dense => obeys(child(i), field.data_type(), None),
        }),
        _ => true,
    };
    counts && !array.is_released() && children
}

/// Each way in which a type may be taken apart.
fn every_reading() -> impl Iterator<Item = Options> {
    let numbers = Options { dtype: Some(DType::Float64), safe: false, ..Options::default() };
    let text =
        Options { dtype: Some(DType::Unicode(0)), nulls: Nulls::Masked, safe: false, ..Options::default() };
    let masked = Options { nulls: Nulls::Masked, ..Options::default() };
    let forms = [Form::Matrix, Form::Columns, Form::Ragged];
    let lists = [None, Some(Lists::Dense), Some(Lists::Pad), Some(Lists::Object)];
    [Options::default(), numbers, text, masked].into_iter().flat_map(move |options| {
        forms.into_iter().flat_map(move |form| {
            let options = options.clone();
            lists.into_iter().flat_map(move |lists| {
                let options = Options { form, lists, ..options.clone() };
                [Options { structured: true, ..options.clone() }, options]
            })
        })
    })
}

/// Makes every array of a task, and its mask; those of Python objects aren't this crate's.
fn carry_out(task: &Task<'_>) {
    if let (Some(dtype), Some(shape)) = (task.plan().dtype(), task.plan().shape()) {
        let shape: Vec<usize> = shape.into_iter().map(|n| n.expect("data")).collect();
        let len: usize = shape.iter().product();
        if let (true, Some(n)) = (task.plan().masked(), mask_size(task)) {
            only_text_is_found_late(&fill(n * len, &shape, n, |dest| task.fill_mask(dest)));
        }
        if !matches!(task.makes(), (_, false)) {
            let size = dtype.itemsize();
            only_text_is_found_late(&fill(len * size, &shape, size, |dest| task.fill_values(dest)));
        }
    }
    task.children().for_each(|child| carry_out(&child));
}

fn mask_size(task: &Task<'_>) -> Option<usize> {
    match task.plan().dtype()? {
        DType::Record(_) => Some(task.plan().record()?.mask().itemsize),
        _ => Some(1),
    }
}

fn fill(
    bytes: usize,
    shape: &[usize],
    itemsize: usize,
    how: impl FnOnce(&mut Dest<'_>) -> Result<(), Error>,
) -> Result<Vec<u8>, Error> {
    let mut memory = vec![0u8; bytes];
    let mut strides = vec![0; shape.len()];
    let mut step = itemsize as isize;
    for (stride, n) in strides.iter_mut().zip(shape).rev() {
        *stride = step;
        step *= (*n).max(1) as isize;
    }
    let first = NonNull::from(memory.as_mut_slice()).cast();
    // SAFETY: the elements lie one after the other in `memory`, which nothing else uses until then.
    how(&mut unsafe { Dest::from_raw(first, shape, &strides, itemsize) })?;
    Ok(memory)
}

/// Text that isn't UTF-8 is found where it is handed out.
fn only_text_is_found_late(filled: &Result<Vec<u8>, Error>) {
    if let Err(error) = filled {
        assert_eq!(error.kind(), ErrorKind::InvalidArrow, "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_wrong_in_an_array_is_an_error_or_harmless(
        example in 0..examples().len(),
        inside: bool,
        faults in prop::collection::vec(fault(), 1..4),
    ) {
        let (_, producer, _) = &examples()[example];
        let producer = if inside {
            let length = producer.export().array().length as usize;
            Producer::new("+s", length)
                .no_buffer()
                .child(producer.clone().named("inner"))
                .sliced(1)
        } else {
            producer.clone()
        };
        let mut exported = producer.export();
        let field = schema(&exported).expect("the schema is valid");
        for fault in &faults {
            apply(&mut exported, fault);
        }
        match array(&exported, field.data_type()) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidArrow),
            Ok(chunk) => {
                prop_assert_eq!(Ok(chunk.len), usize::try_from(exported.array().length));
                prop_assert!(obeys(exported.array(), field.data_type(), None));
                if chunk.len > 1000 {
                    // Only what has no memory can be that long.
                    return Ok(());
                }
                render::values(&chunk, field.data_type());
                let chunks = [chunk];
                for options in every_reading() {
                    let column = Column::new(&field, &chunks, &options).expect("no extension");
                    // A plan that can be carried out or an error, no panic.
                    if let Ok(planned) = Planned::new(&column, &options, &[]) {
                        carry_out(&planned.task());
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_is_wrong_in_a_schema_is_an_error_or_a_type(
        example in 0..examples().len(),
        faults in prop::collection::vec(schema_fault(), 1..4),
    ) {
        let mut exported = examples()[example].1.export();
        for fault in &faults {
            apply_to_schema(&mut exported, fault);
        }
        match schema(&exported) {
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::InvalidArrow),
            Ok(field) => prop_assert!(Column::of_schema(&field, &Options::default()).is_ok()),
        }
    }

    #[test]
    fn the_short_way_sees_what_the_general_way_does(
        format in prop::sample::select(vec!["c", "S", "i", "L", "e", "g", "b", "tdD", "tdm", "tsu:", "tsu:UTC", "tts", "w:4", "w:0", "w:x", "tin", "n", "u"]),
        lists in prop::collection::vec(0usize..4, 0..4),
        rows in 0usize..20,
        offset in 0usize..3,
        bitmap in 0usize..3,
        faults in prop::collection::vec(fault(), 0..2),
    ) {
        let rows = if lists.is_empty() { rows } else { rows % 4 };
        let window = |outer: &[usize]| outer.iter().fold(rows, |n, size| (n + offset) * size);
        let producer = Producer::new(format, window(&lists)).offset(offset);
        // All valid, some missing, or no bitmap.
        let bits = [[1; 180], std::array::from_fn(|i| u8::from(i % 3 > 0))];
        let producer = match bits.get(bitmap) {
            Some(bits) => producer.bits(bits),
            None => producer.no_buffer(),
        };
        let mut producer = producer.items(&[1u128; 180]);
        for (depth, size) in lists.iter().enumerate().rev() {
            let lists = Producer::new(&format!("+w:{size}"), window(&lists[..depth])).offset(offset);
            producer = lists.no_buffer().child(producer);
        }
        let mut exported = producer.export();
        let Ok(field) = schema(&exported) else {
            // SAFETY: as for the general way.
            let short = unsafe { plain_of(exported.schema(), exported.array()) };
            prop_assert!(short.is_none());
            return Ok(());
        };
        for fault in &faults {
            apply(&mut exported, fault);
        }
        // SAFETY: as for the general way.
        let short = unsafe { plain_of(exported.schema(), exported.array()) };
        let Some(short) = short else {
            let viewed = ["c", "S", "i", "L", "e", "g", "tdm", "tsu:", "w:4"].contains(&format);
            let copied = lists.is_empty() && ["b", "tdD"].contains(&format);
            let missing = lists.is_empty() && bitmap == 1 && !["b", "w:4"].contains(&format);
            let plain = (viewed || copied) && (bitmap == 2 || missing);
            prop_assert!(!plain || rows == 0 || lists.contains(&0) || !faults.is_empty());
            return Ok(());
        };
        let chunks = [array(&exported, field.data_type()).expect("a valid array")];
        let column = Column::new(&field, &chunks, &Options::default()).expect("no extension");
        let planned = Planned::new(&column, &Options::default(), &[]).expect("a plan");
        let (task, plan) = (planned.task(), planned.plan());
        match short {
            Plain::View(short) => {
                let view = task.view().expect("a view");
                prop_assert_eq!(view.ptr, short.ptr);
                prop_assert_eq!(plan.dtype(), Some(short.dtype));
                let shape: Vec<_> = [short.len].into_iter().chain(short.trailing).map(Some).collect();
                prop_assert_eq!(plan.shape(), Some(shape.clone()));
                let shown: Vec<(usize, isize)> = [view.rows].into_iter().chain(view.trailing).collect();
                let mut step = short.width as isize;
                for ((n, stride), own) in shown.into_iter().zip(shape).rev() {
                    prop_assert_eq!((Some(n), stride), (own, step));
                    step *= n as isize;
                }
            }
            Plain::Copy(flat) => {
                prop_assert_eq!(plan.copies(), Some(true));
                prop_assert_eq!((plan.dtype(), plan.len()), (Some(flat.dtype()), Some(flat.len())));
                let (len, size) = (flat.len(), flat.dtype().itemsize());
                // A value that the result can't hold is the same error.
                let whole = fill(len * size, &[len], size, |dest| task.fill_values(dest));
                let short = fill(len * size, &[len], size, |dest| flat.fill(dest));
                prop_assert_eq!(short.map_err(|e| e.to_string()), whole.map_err(|e| e.to_string()));
            }
        }
    }

    #[test]
    fn dictionaries_are_looked_up_the_short_way_as_the_general_way_does(
        index in prop::sample::select(vec![("c", 1), ("C", 1), ("s", 2), ("S", 2), ("i", 4), ("I", 4), ("l", 8), ("L", 8), ("f", 4)]),
        values in prop::sample::select(vec!["c", "S", "i", "e", "g", "L", "tdD", "tsu:", "tdm", "b", "u", "w:4"]),
        rows in prop_oneof![9 => 0usize..200, 1 => 8000usize..9000],
        offset in 0usize..3,
        count in 1usize..60,
        bitmaps in prop::sample::select(vec![[false, false], [false, false], [true, false], [false, true]]),
        bad in prop::option::of((0usize..9000, prop::sample::select(vec![0i64, 1, -1, 100]))),
        faults in prop::collection::vec(fault(), 0..2),
        faulty: bool,
    ) {
        let bits = |producer: Producer, there| if there { producer.bits(&[1; 9010]) } else { producer.no_buffer() };
        let dictionary = bits(Producer::new(values, count), bitmaps[1]);
        let dictionary = dictionary.items(&std::array::from_fn::<_, 70, _>(|i| i as u128 + 1));
        let mut keys: Vec<u64> = (0..rows as u64 + 3).map(|i| i * 7 % count as u64).collect();
        if let Some((at, key)) = bad {
            // The first that is too large is the number of values.
            let key = if key >= 0 { key + count as i64 } else { key };
            let at = at % keys.len();
            keys[at] = key as u64;
        }
        let bytes: Vec<u8> = keys.iter().flat_map(|key| key.to_le_bytes()[..index.1].to_vec()).collect();
        let producer = bits(Producer::new(index.0, rows).offset(offset), bitmaps[0]);
        let mut exported = producer.items(&bytes).dictionary(dictionary).export();
        for fault in faults.iter().filter(|_| faulty) {
            apply(&mut exported, fault);
        }
        // SAFETY: as for the general way.
        let short = unsafe { plain_of(exported.schema(), exported.array()) };
        let plain = rows > 0 && index.0 != "f" && !["b", "u", "w:4"].contains(&values) && bitmaps == [false; 2];
        let Some(short) = short else {
            prop_assert!(!plain || faulty);
            return Ok(());
        };
        prop_assert!(plain || faulty);
        let Plain::Copy(flat) = short else { panic!("a dictionary that is viewed") };
        let (len, size) = (flat.len(), flat.dtype().itemsize());
        let short = fill(len * size, &[len], size, |dest| flat.fill(dest));
        let field = schema(&exported).expect("a type");
        match array(&exported, field.data_type()) {
            // What is wrong with a key is said by the border.
            Err(_) => prop_assert!(short.is_err()),
            Ok(chunk) => {
                let chunks = [chunk];
                let column = Column::new(&field, &chunks, &Options::default()).expect("no extension");
                let planned = Planned::new(&column, &Options::default(), &[]).expect("a plan");
                prop_assert_eq!(planned.plan().copies(), Some(true));
                let shape = (planned.plan().dtype(), planned.plan().len());
                prop_assert_eq!(shape, (Some(flat.dtype()), Some(len)));
                let whole = fill(len * size, &[len], size, |dest| planned.task().fill_values(dest));
                prop_assert_eq!(short.map_err(|e| e.to_string()), whole.map_err(|e| e.to_string()));
            }
        }
    }
}
