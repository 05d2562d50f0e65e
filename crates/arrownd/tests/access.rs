//! Lists, dictionaries, runs and structs in each other, against reading every value with arrow-rs.
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
mod strided;

use arrow_array::ArrayRef;
use arrow_schema::Field;
use arrownd::{
    Chunk, Column, DType, Error, Fill, Fills, Form, Lists, Node, Nulls, Options, Order, Planned, Task,
    chunk_of, to_array,
};
use oracle::{Dense, Misfit, Pad, Value, read};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use shapes::{Random, Shape, column, field_of, matrix};
use strided::{filled, viewed};

/// Chunks of one type, and what is taken of them: all, or some slices.
#[derive(Debug)]
struct Source {
    shape: Shape,
    field: Field,
    arrays: Vec<ArrayRef>,
    slices: Vec<(usize, usize, usize)>,
}

fn source(shape: impl Strategy<Value = Shape>) -> impl Strategy<Value = Source> {
    let lens = prop_oneof![1 => vec(0usize..130, 1..2), 1 => vec(0usize..60, 1..4)];
    (shape, lens, any::<u64>(), any::<bool>()).prop_map(|(shape, lens, seed, slices)| {
        let mut random = Random::new(seed);
        let arrays: Vec<ArrayRef> = lens.iter().map(|len| shape.build(*len, &mut random)).collect();
        let slices = if slices {
            let slice = |_| {
                let at = random.below(arrays.len());
                let start = random.below(arrays[at].len() + 1);
                (at, start, random.below(arrays[at].len() - start + 1))
            };
            (0..4).map(slice).collect()
        } else {
            arrays.iter().enumerate().map(|(i, array)| (i, 0, array.len())).collect()
        };
        Source { field: field_of(arrays[0].data_type()), shape, arrays, slices }
    })
}

impl Source {
    fn rows(&self) -> Vec<Value> {
        let slices = self.slices.iter();
        slices.flat_map(|(at, start, rows)| read(&self.arrays[*at].slice(*start, *rows))).collect()
    }

    fn chunks(&self) -> Vec<Chunk<'_>> {
        self.arrays.iter().map(|array| chunk_of(array)).collect()
    }

    fn column<'a>(&'a self, chunks: &'a [Chunk<'a>], options: &Options) -> Column<'a> {
        let whole = self.slices.iter().zip(&self.arrays).all(|((_, _, rows), array)| *rows == array.len());
        if whole && self.slices.len() == self.arrays.len() {
            return Column::new(&self.field, chunks, options).expect("no extension");
        }
        let slices = self.slices.iter().map(|(at, start, rows)| (*at, &chunks[*at], *start, *rows));
        Column::of_slices(&self.field, slices, options).expect("no extension")
    }
}

fn lists() -> impl Strategy<Value = Pad> {
    prop_oneof![
        2 => Just(Pad { pads: false, to: None }),
        2 => Just(Pad { pads: true, to: None }),
        1 => (0usize..6).prop_map(|n| Pad { pads: true, to: Some(n) }),
    ]
}

/// What a missing number becomes.
fn numbers() -> impl Strategy<Value = Options> {
    let numbers =
        |nulls, na_value| Options { dtype: Some(DType::Float64), nulls, na_value, ..Options::default() };
    select(vec![
        numbers(Nulls::Nan, None),
        numbers(Nulls::Nan, Some(Fills::All(Fill::Int(-77)))),
        numbers(Nulls::Masked, None),
        numbers(Nulls::Raise, None),
        Options { nulls: Nulls::Masked, ..Options::default() },
    ])
}

fn with_lists(options: &Options, pad: Pad) -> Options {
    let lists = if pad.pads { Lists::Pad } else { Lists::Dense };
    Options { lists: Some(lists), pad_to: pad.to, ..options.clone() }
}

/// What a place of the result must hold; `None` where anything may lie, under a mask.
fn expected(value: &Value, options: &Options) -> Option<Value> {
    match (value, &options.na_value, options.nulls) {
        (Value::Missing | Value::Padding, _, Nulls::Masked) => None,
        (Value::Missing | Value::Padding, Some(Fills::All(Fill::Int(n))), _) => {
            Some(Value::Number(*n as f64))
        }
        (Value::Missing | Value::Padding, Some(Fills::All(Fill::Text(text))), _) => {
            Some(Value::Text(text.clone()))
        }
        (Value::Missing | Value::Padding, ..) => Some(Value::Number(f64::NAN)),
        (there, ..) => Some(there.clone()),
    }
}

fn is_same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.is_nan() && b.is_nan(),
        (a, b) => a == b,
    }
}

/// Holds a task's values and mask, written at some strides, against what they must be.
fn check_values(task: &Task<'_>, dense: &Dense, options: &Options, seed: u64) {
    let shape: Vec<usize> = task.plan().shape().unwrap().iter().map(|n| n.unwrap()).collect();
    assert_eq!(shape, dense.dims, "{}", task.plan());
    let dtype = task.plan().dtype().unwrap();
    let found = match task.view() {
        Some(view) => viewed(&view, dtype),
        None => filled(&shape, dtype, seed, |dest| task.fill_values(dest)).unwrap(),
    };
    for (at, (found, value)) in found.iter().zip(&dense.values).enumerate() {
        if let Some(expected) = expected(value, options) {
            assert!(is_same(found, &expected), "{at} of {shape:?}: {found:?}, not {expected:?}");
        }
    }
    assert_eq!(found.len(), dense.values.len());
    let absent = |value: &Value| matches!(value, Value::Missing | Value::Padding);
    assert_eq!(task.plan().masked(), options.nulls == Nulls::Masked && dense.values.iter().any(absent));
    if task.plan().masked() {
        let mask = filled(&shape, DType::Bool, seed, |dest| task.fill_mask(dest)).unwrap();
        for (at, (found, value)) in mask.iter().zip(&dense.values).enumerate() {
            let expected = Value::Number(f64::from(absent(value)));
            assert!(is_same(found, &expected), "the mask at {at} of {shape:?}: {found:?} for {value:?}");
        }
    }
}

/// The error where a plan has no place for what is missing, `None` where it has.
fn refusal(dense: &Dense, options: &Options) -> Option<&'static str> {
    match options.nulls {
        Nulls::Raise if dense.count(&Value::Missing) > 0 => Some("nulls"),
        Nulls::Raise if dense.count(&Value::Padding) > 0 => Some("padding"),
        _ => None,
    }
}

fn check_ragged(error: &Error, misfit: &Misfit, pad: Pad) {
    let Error::Ragged { row, found, expected, .. } = error else { panic!("{error}") };
    assert_eq!((*row, found), (misfit.row, &misfit.found.to_string()));
    assert!(expected.ends_with(&misfit.expected.to_string()), "{error}");
    assert_eq!(expected.contains("pad_to"), pad.pads, "{error}");
}

fn check_leaf(source: &Source, options: &Options, pad: Pad, seed: u64) {
    let (options, rows, chunks) = (with_lists(options, pad), source.rows(), source.chunks());
    let column = source.column(&chunks, &options);
    let planned = Planned::new(&column, &options, &[]);
    match Dense::rows(rows).descend(&source.shape, pad) {
        Err(misfit) => check_ragged(&planned.unwrap_err(), &misfit, pad),
        Ok((dense, _)) => {
            let Node::Leaf(leaf) = &column.node else { panic!("a leaf") };
            let found = (leaf.missing, leaf.padded);
            assert_eq!(found, (dense.count(&Value::Missing), dense.count(&Value::Padding)));
            let first = dense.values.iter().position(|value| *value == Value::Missing);
            assert_eq!(leaf.first_missing, first.unwrap_or(0));
            match (refusal(&dense, &options), planned) {
                (None, planned) => check_values(&planned.unwrap().task(), &dense, &options, seed),
                (Some("nulls"), Err(Error::Nulls { count, first: at, len, .. })) => {
                    let all = dense.values.len();
                    assert_eq!((count, Some(at), len), (dense.count(&Value::Missing), first, all));
                }
                (Some("padding"), Err(Error::Conflict(_))) => {}
                (_, planned) => panic!("{planned:?}"),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_in_any_levels_are_found(source in source(column(false)), options in numbers(), pad in lists(), seed: u64) {
        check_leaf(&source, &options, pad, seed);
    }

    #[test]
    fn text_in_any_levels_is_found(source in source(column(true)), masked: bool, pad in lists(), seed: u64) {
        let options = Options {
            dtype: Some(DType::Unicode(0)),
            nulls: if masked { Nulls::Masked } else { Nulls::Nan },
            na_value: (!masked).then(|| Fills::All(Fill::Text("none".to_owned()))),
            ..Options::default()
        };
        check_leaf(&source, &options, pad, seed);
    }

    #[test]
    fn to_array_gives_what_a_task_does(source in source(column(false)), pad in lists()) {
        let options = with_lists(&Options::default(), pad);
        let array = &source.arrays[0];
        let found = to_array::<f64>(array, &options);
        match Dense::rows(read(array)).descend(&source.shape, pad) {
            Err(misfit) => check_ragged(&found.unwrap_err(), &misfit, pad),
            Ok((dense, _)) => {
                let found = found.unwrap();
                prop_assert_eq!(found.shape(), &dense.dims);
                for (found, value) in found.iter().zip(&dense.values) {
                    let expected = expected(value, &options).unwrap();
                    prop_assert!(is_same(&Value::Number(*found), &expected), "{found} for {value:?}");
                }
            }
        }
    }

    #[test]
    fn fields_of_any_levels_are_arrays_of_their_own(
        source in source(vec(column(false), 1..4).prop_map(Shape::Struct)),
        options in numbers(), pad in lists(), seed: u64,
    ) {
        let options = Options { form: Form::Columns, ..with_lists(&options, pad) };
        let (rows, chunks) = (Dense::rows(source.rows()), source.chunks());
        let Shape::Struct(fields) = &source.shape else { unreachable!() };
        let each = fields.iter().enumerate().map(|(i, shape)| rows.field(i).descend(shape, pad));
        let each: Result<Vec<Dense>, Misfit> = each.map(|found| found.map(|(dense, _)| dense)).collect();
        let column = source.column(&chunks, &options);
        let planned = Planned::new(&column, &options, &[]);
        match each {
            Err(misfit) => if options.nulls != Nulls::Raise { check_ragged(&planned.unwrap_err(), &misfit, pad) },
            Ok(each) if each.iter().any(|dense| refusal(dense, &options).is_some()) => {
                prop_assert!(planned.is_err());
            }
            Ok(each) => {
                for (task, dense) in planned.unwrap().task().children().zip(&each) {
                    check_values(&task, dense, &options, seed);
                }
            }
        }
    }

    #[test]
    fn structs_in_any_levels_are_one_dimension_more(source in source(matrix()), options in numbers(), pad in lists(), rows_first: bool, seed: u64) {
        let order = if rows_first { Order::C } else { Order::F };
        let options = Options { order, ..with_lists(&Options { dtype: Some(DType::Float64), ..options }, pad) };
        let chunks = source.chunks();
        let column = source.column(&chunks, &options);
        let planned = Planned::new(&column, &options, &[]);
        match Dense::rows(source.rows()).descend(&source.shape, pad) {
            Err(misfit) => check_ragged(&planned.unwrap_err(), &misfit, pad),
            Ok((structs, Shape::Struct(fields))) => {
                let outer = structs.dims.len();
                let field = |(i, shape)| structs.field(i).descend(shape, pad).expect("no list").0;
                let columns: Vec<Dense> = fields.iter().enumerate().map(field).collect();
                let dense = Dense::beside(outer, &columns);
                if columns.iter().any(|column| refusal(column, &options).is_some()) {
                    prop_assert!(planned.is_err());
                } else {
                    check_values(&planned.unwrap().task(), &dense, &options, seed);
                }
            }
            Ok((_, other)) => unreachable!("{other:?}"),
        }
    }
}
