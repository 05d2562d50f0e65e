//! Tables: record batches, structs and streams as matrices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::cell::Cell;
use std::collections::HashMap;
use std::error::Error as _;
use std::fmt::Debug;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::*;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use arrownd::{
    Error, ErrorKind, Item, Matrices, Nulls, Options, Order, Source, matrices, plan, read_matrix, to_array,
    to_matrix,
};
use ndarray::{Array2, Axis, concatenate};
use proptest::prelude::*;

/// Integers, floats, booleans and a dictionary, some of them missing.
fn batch(rows: std::ops::Range<usize>) -> RecordBatch {
    let there = |i: usize, n: usize| i % n != 1;
    let keys: Int8Array = rows.clone().map(|i| there(i, 5).then_some((i % 3) as i8)).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("i", Arc::new(rows.clone().map(|i| there(i, 7).then_some(i as i64)).collect::<Int64Array>())),
        ("f", Arc::new(Float32Array::from_iter_values(rows.clone().map(|i| i as f32 / 4.0)))),
        ("b", Arc::new(rows.map(|i| there(i, 3).then_some(i % 2 == 0)).collect::<BooleanArray>())),
        ("d", Arc::new(DictionaryArray::<Int8Type>::new(keys, Arc::new(Int16Array::from(vec![10, 20, 30]))))),
    ];
    let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect()).unwrap()
}

fn expected(rows: std::ops::Range<usize>) -> Array2<f64> {
    let there = |i: usize, n: usize, x: f64| if i % n == 1 { f64::NAN } else { x };
    let rows: Vec<[f64; 4]> = rows
        .map(|i| {
            let bit = f64::from(u8::from(i.is_multiple_of(2)));
            let word = 10.0 * ((i % 3) as f64 + 1.0);
            [there(i, 7, i as f64), i as f64 / 4.0, there(i, 3, bit), there(i, 5, word)]
        })
        .collect();
    Array2::from(rows)
}

fn same(found: &Array2<f64>, expected: &Array2<f64>) -> bool {
    found.dim() == expected.dim()
        && found.iter().zip(expected).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}

/// Batches of these sizes, and how often the reader was asked.
fn stream(sizes: &[usize], fails: bool) -> (impl RecordBatchReader, Rc<Cell<usize>>) {
    let asked = Rc::new(Cell::new(0));
    let mut at = 0;
    let mut batches: Vec<Result<RecordBatch, ArrowError>> = sizes
        .iter()
        .map(|n| {
            at += n;
            Ok(batch(at - n..at))
        })
        .collect();
    if fails {
        batches.push(Err(ArrowError::ComputeError("the disk is gone".to_owned())));
    }
    let counter = Rc::clone(&asked);
    let batches = batches.into_iter().inspect(move |_| counter.set(counter.get() + 1));
    (RecordBatchIterator::new(batches, batch(0..0).schema()), asked)
}

#[test]
fn columns_of_several_types_meet_in_one() {
    for order in [Order::F, Order::C] {
        let options = Options::new().order(order);
        let whole = batch(0..200);
        let found = to_matrix::<f64>(&whole, &options).unwrap();
        assert!(same(&found.to_owned(), &expected(0..200)));
        assert_eq!(found.is_standard_layout(), order == Order::C);
        let slice = whole.slice(13, 150);
        assert!(same(&to_matrix::<f64>(&slice, &options).unwrap().into_owned(), &expected(13..163)));
        let pieces = [batch(0..3), batch(3..3), batch(3..90), batch(90..200)];
        let found = to_matrix::<f64>(&pieces[..], &options).unwrap();
        assert!(same(&found.into_owned(), &expected(0..200)));
        let as_struct = StructArray::from(whole);
        assert!(same(&to_matrix::<f64>(&as_struct, &options).unwrap().into_owned(), &expected(0..200)));
    }
}

#[test]
fn the_planned_type_is_that_of_all_columns() {
    let whole = batch(0..10);
    let conversion = plan(&whole, &Options::new().columns(["f", "d"]).nulls(Nulls::Fill(0.into()))).unwrap();
    assert_eq!(conversion.plan().dtype(), Some(arrownd::DType::Float32));
    let masked = plan(&whole, &Options::new().columns(["d", "b"]).nulls(Nulls::Mask)).unwrap();
    let masked = masked.execute_masked::<i16>().unwrap();
    assert_eq!(masked.mask().unwrap().iter().filter(|missing| **missing).count(), 2 + 3);
}

#[test]
fn names_choose_and_order() {
    let whole = batch(0..4);
    let found = to_matrix::<f32>(&whole, &Options::new().columns(["f", "i"]).nulls(Nulls::Fill((-1).into())));
    assert_eq!(found.unwrap(), ndarray::array![[0.0, 0.0], [0.25, -1.0], [0.5, 2.0], [0.75, 3.0]]);
    let error = to_matrix::<f32>(&whole, &Options::new().columns(["g"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadValue);
    assert!(error.to_string().contains("no field \"g\"; there are \"i\", \"f\", \"b\", \"d\""), "{error}");
    let fills = Nulls::FillFields(vec![("i".to_owned(), 100.into()), ("b".to_owned(), true.into())]);
    let found = to_matrix::<f64>(&whole, &Options::new().nulls(fills).columns(["i", "b"])).unwrap();
    assert_eq!(found.row(1).to_vec(), [100.0, 1.0]);
    let error = to_array::<i64>(whole.column(0), &Options::new().columns(["i"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let none: [&str; 0] = [];
    assert_eq!(to_matrix::<f64>(&whole, &Options::new().columns(none)).unwrap().dim(), (4, 0));
}

#[test]
fn index_columns_of_pandas_are_left_out_and_noted() {
    let index = r#"{"index_columns": ["i"], "columns": []}"#;
    let old = batch(0..3);
    let metadata = [("pandas".to_owned(), index.to_owned())];
    let schema = old.schema().as_ref().clone().with_metadata(metadata);
    let batch = RecordBatch::try_new(Arc::new(schema), old.columns().to_vec()).unwrap();
    let conversion = plan(&batch, &Options::new().dtype(arrownd::DType::Float64)).unwrap();
    assert_eq!(conversion.shape(), [3, 3]);
    assert!(conversion.to_string().contains("left out"), "{conversion}");
    assert_eq!(to_matrix::<f64>(&batch, &Options::new().columns(["i"])).unwrap().dim(), (3, 1));
}

#[test]
fn batches_are_of_one_schema() {
    let other: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    let other = RecordBatch::try_from_iter([("i", other)]).unwrap();
    let error = to_matrix::<f64>(&[batch(0..2), other.clone()][..], &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadValue);
    assert!(error.to_string().starts_with("batch 1 has other fields"), "{error}");
    let wrong = [batch(0..2)];
    let error = to_matrix::<f64>((other.schema_ref().as_ref(), &wrong[..]), &Options::new());
    assert!(error.unwrap_err().to_string().starts_with("batch 0 has other fields"));
    let error = to_matrix::<f64>(&Vec::<RecordBatch>::new(), &Options::new()).unwrap_err();
    assert!(error.to_string().contains("without a batch"), "{error}");
    let schema = batch(0..0).schema();
    let none = to_matrix::<f64>((schema.as_ref(), &[][..]), &Options::new()).unwrap();
    assert_eq!(none.dim(), (0, 4));
    let error = to_array::<f64>(&Vec::<ArrayRef>::new(), &Options::new()).unwrap_err();
    assert!(error.to_string().contains("without a chunk"), "{error}");
    let mixed: Vec<ArrayRef> = vec![Arc::new(Int8Array::from(vec![1])), Arc::new(Int16Array::from(vec![1]))];
    let error = to_array::<f64>(&mixed, &Options::new()).unwrap_err();
    assert_eq!(error.to_string(), "a chunk is int16, and the first chunk is int8: pass chunks of one type");
    let field = Field::new("", DataType::Int16, false);
    let none = to_array::<i16>((&field, &[][..] as &[ArrayRef]), &Options::new()).unwrap();
    assert_eq!(none.shape(), [0]);
    let error = to_array::<i16>((&field, &mixed[0]), &Options::new()).unwrap_err();
    assert_eq!(error.to_string(), "a chunk is int8, and the field is int16: pass chunks of one type");
    // Also where nothing would have to be planned.
    assert_eq!(to_array::<i8>((&field, &mixed[0]), &Options::new()).unwrap_err(), error);
    let none: ArrayRef = Arc::new(Int16Array::from(vec![1; 0]));
    let error = to_array::<i8>(&vec![none, mixed[0].clone()], &Options::new()).unwrap_err();
    assert_eq!(error.to_string(), "a chunk is int8, and the first chunk is int16: pass chunks of one type");
    assert_eq!(Source::from(&mixed).len(), 2);
    assert!(Source::from(&other).len() == 1 && Source::from(other.schema_ref().as_ref()).is_empty());
}

#[test]
fn an_array_that_is_no_table_is_no_matrix() {
    let array = Int8Array::from(vec![1, 2]);
    let error = to_matrix::<i8>(&array, &Options::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the result's dimensions are 1 ([2]), and 2 were asked for: ask for so many, or for IxDyn"
    );
}

#[test]
fn a_stream_is_read_to_its_end() {
    let (reader, asked) = stream(&[5, 0, 60, 1], false);
    assert!(same(&read_matrix::<f64>(reader, &Options::new()).unwrap(), &expected(0..66)));
    assert_eq!(asked.get(), 4);
    let (reader, _) = stream(&[], false);
    assert_eq!(read_matrix::<f64>(reader, &Options::new()).unwrap().dim(), (0, 4));
    let (reader, _) = stream(&[5], true);
    let error = read_matrix::<f64>(reader, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stream);
    assert_eq!(error.to_string(), "the stream failed: Compute error: the disk is gone");
    assert!(error.source().is_some());
}

#[test]
fn matrices_end_with_the_first_error() {
    let (reader, _) = stream(&[5, 5], true);
    let mut found = matrices::<f64, _>(reader, 4, &Options::new()).unwrap();
    assert_eq!(found.next().unwrap().unwrap().nrows(), 4);
    assert_eq!(found.next().unwrap().unwrap().nrows(), 4);
    assert!(matches!(found.next(), Some(Err(Error::Stream(_)))));
    assert!(found.next().is_none());
    assert!(found.next().is_none());

    let (reader, _) = stream(&[5, 5], false);
    let mut found = matrices::<i64, _>(reader, 4, &Options::new().columns(["i"])).unwrap();
    assert_eq!(found.next().unwrap().unwrap_err().kind(), ErrorKind::Nulls);
    assert!(found.next().is_none());
}

#[test]
fn what_a_schema_refuses_is_refused_before_reading() {
    let (reader, asked) = stream(&[5], false);
    assert_eq!(matrices::<f64, _>(reader, 0, &Options::new()).unwrap_err().kind(), ErrorKind::BadValue);
    let (reader, _) = stream(&[5], false);
    let error = matrices::<f64, _>(reader, 1, &Options::new().columns(["x"])).unwrap_err();
    assert_eq!((error.kind(), asked.get()), (ErrorKind::BadValue, 0));
    let text: SchemaRef = Arc::new(Schema::new(vec![Field::new("t", DataType::Utf8, true)]));
    let reader = RecordBatchIterator::new(std::iter::empty(), text);
    let error = matrices::<f64, _>(reader, 1, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
}

#[test]
fn no_more_is_read_than_a_matrix_takes() {
    let (reader, asked) = stream(&[10; 9], false);
    let mut found: Matrices<f64, _> = matrices(reader, 15, &Options::new()).unwrap();
    assert_eq!(asked.get(), 0);
    assert!(found.next().is_some());
    assert_eq!(asked.get(), 2);
    assert!(found.next().is_some());
    assert_eq!(asked.get(), 3);
    assert!(format!("{found:?}").starts_with("Matrices { rows: 15, kept: 0"));
}

/// `to_matrix`, which copies tables of numbers without a plan, against the plan.
fn check_plan<T: Item + Debug>(batch: &RecordBatch, options: &Options) {
    let planned = plan(batch, &options.clone().dtype(T::DTYPE)).and_then(|planned| planned.execute::<T>());
    match (to_matrix::<T>(batch, options), planned) {
        (Ok(found), Ok(planned)) => {
            assert_eq!(found.is_view(), planned.is_view());
            assert_eq!(found.strides(), planned.strides());
            assert_eq!(format!("{:?}", found.into_dyn()), format!("{planned:?}"));
        }
        (found, planned) => assert_eq!(found.unwrap_err(), planned.unwrap_err()),
    }
}

/// A column: numbers that lie somewhere in the memory of all; integers, and times and decimals of the same bits; numbers of which
/// some are missing.
fn column(kind: u8, numbers: &Float64Array, rows: usize) -> ArrayRef {
    let at = |start: usize| numbers.slice(start.min(numbers.len() - rows), rows);
    let ints = || (0..rows as i64).map(|i| i * 7 - 3);
    match kind {
        // Where the one before it ends.
        0..8 => Arc::new(at(rows * usize::from(kind))),
        8 => Arc::new(ints().collect::<Int64Array>()),
        9 => Arc::new(TimestampSecondArray::from_iter_values(ints())),
        10 => Arc::new(Decimal64Array::from_iter_values(ints()).with_precision_and_scale(18, 2).unwrap()),
        11 => Arc::new(ints().map(|i| (i % 3 != 0).then_some(i as f64)).collect::<Float64Array>()),
        _ => Arc::new(ints().map(|i| i as f64).collect::<Float64Array>()),
    }
}

#[test]
fn a_field_says_what_its_numbers_are() {
    let columns: [ArrayRef; 2] =
        [Arc::new(Int8Array::from(vec![0, 7])), Arc::new(Int8Array::from(vec![1, 0]))];
    let [plain, bools] = [None, Some("arrow.bool8")].map(|name| {
        let metadata: HashMap<String, String> =
            name.map(|name| ("ARROW:extension:name".to_owned(), name.to_owned())).into_iter().collect();
        let field = |at: &str| Field::new(at, DataType::Int8, true).with_metadata(metadata.clone());
        RecordBatch::try_new(Arc::new(Schema::new(vec![field("a"), field("b")])), columns.to_vec()).unwrap()
    });
    assert_eq!(to_matrix::<i8>(&plain, &Options::new()).unwrap(), ndarray::array![[0, 1], [7, 0]]);
    assert_eq!(to_matrix::<i8>(&bools, &Options::new()).unwrap(), ndarray::array![[0, 1], [1, 0]]);
}

#[test]
fn large_tables_of_numbers_are_copied_too() {
    let numbers = Float64Array::from_iter_values((0..3 << 19).map(f64::from));
    for rows in [2000, 2100, (1 << 19) - 1, 1 << 19] {
        let columns = [2, 0].map(|at| Arc::new(numbers.slice(at * (rows / 2), rows)) as ArrayRef);
        let batch = RecordBatch::try_from_iter(["a", "b"].into_iter().zip(columns)).unwrap();
        for order in [Order::F, Order::C] {
            check_plan::<f64>(&batch, &Options::new().order(order));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_copied_without_a_plan_is_what_the_plan_copies(
        kinds in prop_oneof![
            3 => proptest::collection::vec(0u8..8, 0..6),
            2 => proptest::collection::vec(0u8..13, 0..6),
            2 => proptest::collection::vec(8u8..11, 1..4),
            1 => (0u8..4, 1u8..5).prop_map(|(from, n)| (from..from + n).collect::<Vec<u8>>()),
        ],
        rows in 0usize..9, rows_first: bool, allow_copy: bool, masked: bool,
    ) {
        let numbers = Float64Array::from_iter_values((0..100).map(f64::from));
        let columns = kinds.iter().enumerate().map(|(i, kind)| (i.to_string(), column(*kind, &numbers, rows)));
        let fields: Vec<Field> =
            columns.clone().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        let size = RecordBatchOptions::new().with_row_count(Some(rows));
        let columns = columns.map(|(_, array)| array).collect();
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &size).unwrap();
        let options = Options::new()
            .order(if rows_first { Order::C } else { Order::F })
            .allow_copy(allow_copy)
            .nulls(if masked { Nulls::Mask } else { Nulls::Nan });
        check_plan::<f64>(&batch, &options);
        check_plan::<i64>(&batch, &options);
    }

    #[test]
    fn matrices_are_the_whole_in_pieces(
        sizes in proptest::collection::vec(0usize..40, 0..6), rows in 1usize..50, rows_first: bool,
    ) {
        let options = Options::new().order(if rows_first { Order::C } else { Order::F });
        let (reader, _) = stream(&sizes, false);
        let all: Vec<Array2<f64>> =
            matrices(reader, rows, &options).unwrap().collect::<Result<_, _>>().unwrap();
        let total: usize = sizes.iter().sum();
        let lens: Vec<usize> = all.iter().map(Array2::nrows).collect();
        let due: Vec<usize> = (0..total).step_by(rows).map(|at| rows.min(total - at)).collect();
        prop_assert_eq!(lens, due);
        if total > 0 {
            let views: Vec<_> = all.iter().map(|matrix| matrix.view()).collect();
            prop_assert!(same(&concatenate(Axis(0), &views).unwrap(), &expected(0..total)));
        }
    }
}
