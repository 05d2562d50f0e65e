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
mod sources;
mod strided;

use arrownd::engine::{Fills, Form, Lists, Node, Nulls, Options, Planned};
use arrownd::{DType, Error, Fill, Order, to_array};
use oracle::{Dense, Misfit, Pad, Value, read};
use proptest::collection::vec;
use proptest::prelude::*;
use shapes::{Random, Shape, column, matrix};
use sources::{Source, check_values, expected, is_same, numbers, source};

fn lists() -> impl Strategy<Value = Pad> {
    prop_oneof![
        2 => Just(Pad { pads: false, to: None }),
        2 => Just(Pad { pads: true, to: None }),
        1 => (0usize..6).prop_map(|n| Pad { pads: true, to: Some(n) }),
    ]
}

fn with_lists(options: &Options, pad: Pad) -> Options {
    let lists = if pad.pads { Lists::Pad } else { Lists::Dense };
    Options { lists: Some(lists), pad_to: pad.to, ..options.clone() }
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
    assert_eq!((*row, found), (misfit.row, &format!("a list of {}", misfit.found)));
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
    fn a_value_lies_in_the_same_place_whichever_was_asked_for_before(
        source in source(column(true)), pad in lists(), seed: u64,
    ) {
        let options = with_lists(&Options::default(), pad);
        let chunks = source.chunks();
        let column = source.column(&chunks, &options);
        let Ok((dense, _)) = Dense::rows(source.rows()).descend(&source.shape, pad) else { return Ok(()) };
        let Node::Leaf(leaf) = &column.node else { panic!("a leaf") };
        let (mut random, mut values) = (Random::new(seed), &dense.values[..]);
        for part in &leaf.parts {
            let (own, rest) = values.split_at(part.len);
            values = rest;
            for _ in 0..if own.is_empty() { 0 } else { 20 } {
                let start = random.below(own.len());
                let block = part.block(start, 1 + random.below(64.min(own.len() - start)));
                for (lane, value) in own[start..start + block.len].iter().enumerate() {
                    let (there, padded) = (block.valid >> lane & 1 == 1, block.padded >> lane & 1 == 1);
                    prop_assert_eq!(there, matches!(value, Value::Text(_)));
                    prop_assert_eq!(padded, *value == Value::Padding);
                    prop_assert_eq!(part.word(start) >> lane & 1 == 1, there);
                    let index = part.index(start + lane);
                    prop_assert_eq!(index, there.then_some(block.index[lane]));
                    let bytes = index.map(|index| Value::Text(String::from_utf8_lossy(part.data.bytes(index)).into_owned()));
                    prop_assert!(bytes.is_none_or(|bytes| bytes == *value));
                }
                prop_assert_eq!((block.valid | block.padded) >> (block.len - 1) >> 1, 0);
            }
        }
        prop_assert!(values.is_empty());
    }

    #[test]
    fn to_array_gives_what_a_task_does(source in source(column(false)), pad in lists()) {
        let options = with_lists(&Options::default(), pad);
        let array = &source.arrays[0];
        let words = match (pad.pads, pad.to) {
            (_, Some(to)) => arrownd::Options::new().pad_to(to),
            (true, None) => arrownd::Options::new().pad(),
            (false, None) => arrownd::Options::new(),
        };
        let found = to_array::<f64>(array, &words);
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
