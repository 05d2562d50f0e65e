//! Lists as arrays of their own: `lists="object"`, and values beside offsets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and strided memory is raw"
)]

mod oracle;
mod shapes;
mod sources;
mod strided;

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int32Array, ListArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::Field;
use arrownd::engine::{Column, Form, Lists, Nulls, Options, Part, Planned, RowBounds, Step, Task, chunk_of};
use arrownd::{DType, ErrorKind, Reason};
use oracle::{Dense, Value};
use proptest::prelude::*;
use shapes::{Shape, column, field_of};
use sources::{check_values, numbers, source};
use strided::viewed;

fn is_list(shape: &Shape) -> bool {
    matches!(shape, Shape::List(..))
}

/// A column whose way leads through a list of variable size.
fn lists() -> impl Strategy<Value = Shape> {
    column(false)
        .prop_filter("no list in it", |shape| is_list(Dense::rows(Vec::new()).descend_to_list(shape).1))
}

fn is_there(parts: &[Part<'_>], mut at: usize) -> bool {
    for part in parts {
        if at < part.len {
            return part.index(at).is_some();
        }
        at -= part.len;
    }
    panic!("past the end")
}

/// Rows that show the child wherever they lie in it.
fn check_apart(task: &Task<'_>, dense: &Dense, options: &Options) {
    assert!(options.form == Form::Matrix && options.dtype.is_none() && task.plan().copies() == Some(false));
    let (rows, parts) = task.rows().expect("rows");
    let child = task.children().next().expect("the values");
    let all = child.view().map_or(Vec::new(), |view| viewed(&view, child.plan().dtype().unwrap()));
    for (at, value) in dense.values.iter().enumerate() {
        let (start, end) = rows.bounds.get(at);
        match value {
            Value::List(items) => assert_eq!(all[start..end], items[..], "row {at}"),
            _ => assert_eq!(start, end, "row {at}"),
        }
        assert_eq!(is_there(parts, at), *value != Value::Missing, "row {at}");
    }
}

/// Holds the rows of a task against the lists that they must be, and their values, at any depth.
fn check_rows(task: &Task<'_>, dense: &Dense, shape: &Shape, options: &Options, seed: u64) {
    let (rows, parts) = task.rows().expect("rows");
    assert_eq!(rows.bounds.len(), dense.values.len());
    assert!(rows.shapes.is_empty() && rows.axes.is_empty());
    if *task.plan().step() != Step::Ragged {
        assert_eq!(task.plan().dtype(), Some(DType::Object));
        let shape: Vec<usize> = task.plan().shape().unwrap().iter().map(|n| n.unwrap()).collect();
        assert_eq!(shape, dense.dims);
    }
    if let RowBounds::Apart(_) = rows.bounds {
        return check_apart(task, dense, options);
    }
    let (mut all, mut missing) = (Vec::new(), 0);
    for (at, value) in dense.values.iter().enumerate() {
        let (start, end) = rows.bounds.get(at);
        assert_eq!(start, all.len(), "row {at}");
        match value {
            Value::List(items) => all.extend(items.iter().cloned()),
            Value::Missing => missing += 1,
            other => panic!("{other:?}"),
        }
        assert_eq!(end, all.len(), "row {at}");
        assert_eq!(is_there(parts, at), *value != Value::Missing, "row {at}");
    }
    let masked = options.nulls == Nulls::Masked || *task.plan().step() == Step::Ragged;
    assert_eq!(task.plan().masked(), masked && missing > 0);
    let Shape::List(_, _, inner) = shape else { panic!("{shape:?}") };
    let (dense, inner) = Dense::rows(all).descend_to_list(inner);
    let child = task.children().next().expect("the values");
    if is_list(inner) {
        let nested = options.form == Form::Ragged && dense.dims.len() == 1;
        assert_eq!(*child.plan().step() == Step::Ragged, nested && *task.plan().step() == Step::Ragged);
        check_rows(&child, &dense, inner, options, seed);
    } else {
        check_values(&child, &dense, options, seed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_stretches_of_the_values(source in source(lists()), options in numbers(), ragged: bool, seed: u64) {
        let form = if ragged { Form::Ragged } else { Form::Matrix };
        let options = Options { lists: Some(Lists::Object), form, ..options };
        let (dense, shape) = Dense::rows(source.rows()).descend_to_list(&source.shape);
        let chunks = source.chunks();
        let column = source.column(&chunks, &options);
        let planned = Planned::new(&column, &options, &[]);
        if ragged && dense.dims.len() > 1 {
            prop_assert_eq!(planned.unwrap_err().kind(), ErrorKind::UnsupportedType);
            return Ok(());
        }
        match planned {
            Ok(planned) => check_rows(&planned.task(), &dense, shape, &options, seed),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::Nulls);
                prop_assert_eq!(options.nulls, Nulls::Raise);
            }
        }
    }
}

fn ragged() -> Options {
    Options { form: Form::Ragged, ..Options::default() }
}

/// `[[0, 1], null, [2, 3, 4], []]`, with what lies under the null.
fn example(under: i32) -> ListArray {
    let ends = [0, 2, 2 + under, 5 + under, 5 + under];
    let values: ArrayRef = Arc::new(Int32Array::from_iter_values(0..5 + under));
    let nulls = NullBuffer::from(vec![true, false, true, true]);
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    ListArray::new(item, OffsetBuffer::new(ends.to_vec().into()), values, Some(nulls))
}

#[test]
fn the_producers_offsets_serve_where_they_begin_at_zero_and_leave_no_gap() {
    let field = field_of(example(0).data_type());
    for (array, own) in [
        (example(0), true),
        (example(0).slice(0, 3), true),
        (example(0).slice(2, 2), false),
        (example(7), false),
    ] {
        let chunks = [chunk_of(&array)];
        let column = Column::new(&field, &chunks, &ragged()).unwrap();
        let planned = Planned::new(&column, &ragged(), &[]).unwrap();
        let (rows, _) = planned.task().rows().unwrap();
        assert!(!rows.large);
        match &rows.bounds {
            RowBounds::Own(offsets) => {
                assert!(own);
                assert_eq!(offsets.bytes().as_ptr(), array.offsets().inner().inner().as_ptr());
            }
            RowBounds::Made(ends) => {
                assert!(!own);
                assert_eq!(ends.len(), array.len() + 1);
            }
            RowBounds::Chunks(chunks) => {
                assert!(!own);
                assert_eq!((chunks.len(), chunks[0].lists, chunks[0].values), (1, 0, 0));
                assert_eq!(rows.bounds.len(), array.len());
            }
            RowBounds::Apart(lists) => panic!("one beside the other is what is ragged: {lists:?}"),
        }
        // What lies under a null list lies between the values of two others.
        let codes: Vec<&str> = planned.plan().reasons().iter().map(Reason::code).collect();
        assert_eq!(
            codes,
            if array.value_length(1) == 7 { vec!["list-gaps"] } else { vec![] },
            "{}",
            planned.plan()
        );
    }
}

#[test]
fn the_values_are_viewed_where_they_lie_in_a_row() {
    let array = example(0).slice(1, 3);
    let field = field_of(array.data_type());
    for form in [Form::Ragged, Form::Matrix] {
        let options = Options { form, lists: Some(Lists::Object), allow_copy: false, ..Options::default() };
        let chunks = [chunk_of(&array)];
        let column = Column::new(&field, &chunks, &options).unwrap();
        let planned = Planned::new(&column, &options, &[]).unwrap();
        let values = planned.task().children().next().unwrap();
        let view = values.view().expect("a view");
        let child = array.values().to_data();
        let first = child.buffers()[0].as_slice()[2 * 4..].as_ptr();
        assert_eq!((view.ptr, view.rows), (first, (3, 4)));
        assert_eq!(view.routes.as_slice(), [[0].as_slice()]);
    }
}

#[test]
fn nothing_but_lists_of_variable_size_is_ragged() {
    let array = Int32Array::from_iter_values(0..4);
    let field = field_of(array.data_type());
    let chunks = [chunk_of(&array)];
    let column = Column::new(&field, &chunks, &ragged()).unwrap();
    let error = Planned::new(&column, &ragged(), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    assert!(error.to_string().contains("to_array"), "{error}");
}
