//! Structs as records: the bytes of each field at its offset, and nothing else.
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

use arrow_array::{Array, ArrayRef, Int32Array, IntervalMonthDayNanoArray, StructArray};
use arrow_buffer::IntervalMonthDayNano;
use arrow_schema::Field;
use arrownd::engine::{
    Column, Fills, Lists, Nulls, Options, Planned, RecordField, RecordType, Task, chunk_of,
};
use arrownd::{DType, Error, Fill};
use oracle::{Dense, Misfit, Pad, Value};
use proptest::prelude::*;
use proptest::sample::select;
use shapes::{Random, Shape, records};
use sources::{expected, is_same, source};
use strided::{UNTOUCHED, decode, filled_bytes};

/// What a field of a record holds.
#[derive(Debug)]
enum Tree {
    Values(Dense),
    Records(Vec<Tree>),
}

fn trees(structs: &Dense, fields: &[Shape], pad: Pad) -> Result<Vec<Tree>, Misfit> {
    let each = fields.iter().enumerate().map(|(i, shape)| match structs.field(i).descend(shape, pad)? {
        (structs, Shape::Struct(fields)) => Ok(Tree::Records(trees(&structs, fields, pad)?)),
        (values, _) => Ok(Tree::Values(values)),
    });
    each.collect()
}

fn is_absent(value: &Value) -> bool {
    matches!(value, Value::Missing | Value::Padding)
}

/// The records that these fields are on their own, one after the other.
fn own_record(trees: &[Tree], outer: usize, options: &Options) -> RecordType {
    let mut itemsize = 0;
    let mut fields = Vec::new();
    for (i, tree) in trees.iter().enumerate() {
        let (dtype, record, dims) = match tree {
            Tree::Values(dense) => {
                let fills = dense.values.iter().any(is_absent)
                    && options.nulls == Nulls::Nan
                    && options.na_value.is_none();
                let dtype = if fills { DType::Float64 } else { DType::Int32 };
                (dtype, None, dense.dims[outer..].to_vec())
            }
            Tree::Records(trees) => {
                let record = own_record(trees, outer, options);
                (DType::Record(record.itemsize), Some(record), Vec::new())
            }
        };
        let size = dtype.itemsize() * dims.iter().product::<usize>();
        fields.push(RecordField { name: format!("f{i}"), offset: itemsize, dtype, record, dims, place: i });
        itemsize += size;
    }
    RecordType { fields, itemsize }
}

/// The same fields as doubles, the last one first and bytes between them, named in that order too.
fn spread(record: &RecordType, random: &mut Random) -> RecordType {
    let mut itemsize = random.below(4);
    let mut fields: Vec<RecordField> = Vec::new();
    for field in record.fields.iter().rev() {
        let record = field.record.as_ref().map(|record| spread(record, random));
        let dtype = record.as_ref().map_or(DType::Float64, |record| DType::Record(record.itemsize));
        let size = dtype.itemsize() * field.dims.iter().product::<usize>();
        fields.push(RecordField { offset: itemsize, dtype, record, place: fields.len(), ..field.clone() });
        itemsize += size + random.below(4);
    }
    RecordType { fields, itemsize }
}

/// A record that lists its fields as the values come.
fn as_values_come(mut record: RecordType) -> RecordType {
    record.fields.sort_by(|a, b| a.name.cmp(&b.name));
    for field in &mut record.fields {
        field.record = field.record.take().map(as_values_come);
    }
    record
}

/// Takes the bytes of a field out of a record, and holds them against what they must be.
fn check_field(
    bytes: &mut [u8],
    field: &RecordField,
    tree: &Tree,
    place: usize,
    check: &mut dyn FnMut(&[u8], DType, &Value),
) {
    match (tree, &field.record) {
        (Tree::Values(dense), None) => {
            let count: usize = field.dims.iter().product();
            let size = field.dtype.itemsize();
            for i in 0..count {
                let at = field.offset + i * size;
                check(&bytes[at..at + size], field.dtype, &dense.values[place * count + i]);
                bytes[at..at + size].fill(UNTOUCHED);
            }
        }
        (Tree::Records(trees), Some(record)) => {
            let bytes = &mut bytes[field.offset..field.offset + record.itemsize];
            for (field, tree) in record.fields.iter().zip(trees) {
                check_field(bytes, field, tree, place, check);
            }
        }
        _ => panic!("{field:?} of {tree:?}"),
    }
}

fn check_records(
    mut elements: Vec<Vec<u8>>,
    record: &RecordType,
    trees: &[Tree],
    check: &mut dyn FnMut(&[u8], DType, &Value),
) {
    for (place, bytes) in elements.iter_mut().enumerate() {
        for (field, tree) in record.fields.iter().zip(trees) {
            check_field(bytes, field, tree, place, check);
        }
        assert!(bytes.iter().all(|byte| *byte == UNTOUCHED), "written between the fields");
    }
}

fn check_task(task: &Task<'_>, structs: &Dense, trees: &[Tree], options: &Options, seed: u64) {
    let plan = task.plan();
    let shape: Vec<usize> = plan.shape().unwrap().iter().map(|n| n.unwrap()).collect();
    assert_eq!(shape, structs.dims, "{plan}");
    let record = plan.record().expect("a structured dtype");
    assert_eq!(plan.dtype(), Some(DType::Record(record.itemsize)));
    let wanted = options.record.clone().map(as_values_come);
    assert_eq!(*record, wanted.unwrap_or_else(|| own_record(trees, shape.len(), options)));
    let elements = filled_bytes(&shape, record.itemsize, seed, |dest| task.fill_values(dest)).unwrap();
    check_records(elements, record, trees, &mut |bytes, dtype, value| {
        if let Some(expected) = expected(value, options) {
            let found = decode(bytes, dtype);
            assert!(is_same(&found, &expected), "{found:?}, not {expected:?}");
        }
    });
    if plan.masked() {
        let mask = record.mask();
        let elements = filled_bytes(&shape, mask.itemsize, seed, |dest| task.fill_mask(dest)).unwrap();
        check_records(elements, &mask, trees, &mut |bytes, dtype, value| {
            assert_eq!(dtype, DType::Bool);
            assert_eq!(bytes, [u8::from(is_absent(value))], "the mask of {value:?}");
        });
    }
}

fn any_absent(tree: &Tree) -> bool {
    match tree {
        Tree::Values(dense) => dense.values.iter().any(is_absent),
        Tree::Records(trees) => trees.iter().any(any_absent),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_lie_at_their_offsets(
        source in source(records()),
        nulls in select(vec![(Nulls::Nan, None), (Nulls::Nan, Some(-7)), (Nulls::Masked, None)]),
        pads: bool, spreads: bool, record_masks: bool, seed: u64,
    ) {
        let pad = Pad { pads, to: None };
        let (nulls, fill) = nulls;
        let mut options = Options {
            structured: true,
            nulls,
            na_value: fill.map(|n| Fills::All(Fill::Int(n))),
            lists: Some(if pads { Lists::Pad } else { Lists::Dense }),
            record_masks,
            ..Options::default()
        };
        let found = Dense::rows(source.rows()).descend(&source.shape, pad).and_then(|(structs, shape)| {
            let Shape::Struct(fields) = shape else { panic!("{shape:?}") };
            Ok((trees(&structs, fields, pad)?, structs))
        });
        if let (true, Ok((trees, structs))) = (spreads, &found) {
            let own = own_record(trees, structs.dims.len(), &options);
            options.record = Some(spread(&own, &mut Random::new(seed)));
        }
        let chunks = source.chunks();
        let column = source.column(&chunks, &options);
        match (found, Planned::new(&column, &options, &[])) {
            (Err(misfit), Err(Error::Ragged { row, found, .. })) => {
                prop_assert_eq!((row, found), (misfit.row, format!("a list of {}", misfit.found)));
            }
            (Ok((trees, structs)), Ok(planned)) => {
                check_task(&planned.task(), &structs, &trees, &options, seed);
                let empty = structs.values.is_empty();
                let absent = record_masks || trees.iter().any(any_absent);
                prop_assert_eq!(planned.plan().masked(), nulls == Nulls::Masked && !empty && absent);
            }
            (found, planned) => panic!("{found:?}: {planned:?}"),
        }
    }
}

#[test]
fn what_is_a_record_in_numpy_has_a_mask_for_each_part() {
    let intervals: IntervalMonthDayNanoArray = [None, Some((1, 2, 3))]
        .into_iter()
        .map(|parts| parts.map(|(months, days, nanos)| IntervalMonthDayNano::new(months, days, nanos)))
        .collect();
    let numbers = Int32Array::from(vec![Some(5), None]);
    let column =
        |name: &str, array: ArrayRef| (Arc::new(Field::new(name, array.data_type().clone(), true)), array);
    let table =
        StructArray::from(vec![column("interval", Arc::new(intervals)), column("number", Arc::new(numbers))]);
    let field = shapes::field_of(table.data_type());
    let options =
        Options { structured: true, nulls: Nulls::Masked, record_masks: true, ..Options::default() };
    let chunks = [chunk_of(&table)];
    let column = Column::new(&field, &chunks, &options).unwrap();
    let planned = Planned::new(&column, &options, &[]).unwrap();
    let record = planned.plan().record().unwrap();
    assert_eq!((record.itemsize, record.mask().itemsize), (20, 4));
    let mask = filled_bytes(&[2], 4, 0, |dest| planned.task().fill_mask(dest)).unwrap();
    assert_eq!(mask, [[1, 1, 1, 0], [0, 0, 0, 1]]);
    let values = filled_bytes(&[2], 20, 0, |dest| planned.task().fill_values(dest)).unwrap();
    assert_eq!(values[0][16..], 5_i32.to_ne_bytes());
    assert_eq!(values[1][8..16], 3_i64.to_ne_bytes());
}
