//! Dictionaries as codes and categories.
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

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, UInt8Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int8Array, Int32Array, PrimitiveArray, StringArray, UInt8Array,
};
use arrownd::engine::{Chunk, Codes, Column, Nulls, Options, Planned, chunk_of};
use arrownd::{DType, ErrorKind, Reason, Transfer};
use oracle::{Dense, Value, read};
use proptest::prelude::*;
use proptest::sample::select;
use shapes::{Kind, Lengths, Letters, Shape, Width, field_of};
use sources::{Source, check_values, source};

fn dictionaries() -> impl Strategy<Value = Shape> {
    let widths = select(vec![Width::I8, Width::I16, Width::I32, Width::I64, Width::U8, Width::U16]);
    let values = select(vec![
        Shape::Int,
        Shape::Int,
        Shape::Bool,
        Shape::Text(Letters::Utf8),
        Shape::Text(Letters::View),
        Shape::Fixed(2, Box::new(Shape::Int)),
        Shape::List(Kind::Large, Lengths::Uniform(2, true), Box::new(Shape::Int)),
    ]);
    (widths, values).prop_map(|(width, values)| Shape::Dictionary(width, Box::new(values)))
}

/// The categories, and whether the codes are the producer's.
fn categories(source: &Source) -> (Vec<Value>, bool) {
    let filled: Vec<&ArrayRef> = source.arrays.iter().filter(|array| !array.is_empty()).collect();
    let first = &source.arrays[..1];
    let bring: Vec<&ArrayRef> = if filled.is_empty() { first.iter().collect() } else { filled };
    let several = bring.len() > 1;
    let mut categories = Vec::new();
    let mut complete = !several;
    for array in bring {
        complete &= array.null_count() == 0;
        for value in read(array.as_any_dictionary().values().as_ref()) {
            complete &= value != Value::Missing;
            if value != Value::Missing && !(several && categories.contains(&value)) {
                categories.push(value);
            }
        }
    }
    let Shape::Dictionary(width, _) = source.shape else { panic!("a dictionary") };
    (categories, complete && !matches!(width, Width::U8 | Width::U16))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn codes_lead_to_the_values(source in source(dictionaries()), seed: u64) {
        let chunks = source.chunks();
        let codes = Codes::new(&source.field, &chunks).unwrap();
        let (categories, own) = categories(&source);
        let rows: Vec<Value> = source.arrays.iter().flat_map(|array| read(array)).collect();
        prop_assert_eq!(codes.len(), rows.len());
        for (code, value) in codes.iter().zip(&rows) {
            let found = usize::try_from(code).map_or(&Value::Missing, |code| &categories[code]);
            prop_assert_eq!(found, value, "{}", code);
            prop_assert!(code >= -1 && i128::from(code) < 1 << (codes.plan().dtype.itemsize() * 8 - 1));
        }
        prop_assert_eq!(codes.plan().transfer == Transfer::View, own);
        prop_assert_eq!(codes.plan().reasons().is_empty(), own, "{:?}", codes.plan().reasons());
        let filled: Vec<usize> = (0..chunks.len()).filter(|at| chunks[*at].len > 0).collect();
        if own && let [only] = *filled {
            let keys = source.arrays[only].as_any_dictionary().keys().to_data();
            let at = keys.buffers()[0].as_slice()[keys.offset() * codes.plan().dtype.itemsize()..].as_ptr();
            prop_assert_eq!(codes.view().map(|(bytes, chunk)| (bytes.as_ptr(), chunk)), Some((at, only)));
        } else {
            prop_assert_eq!(codes.view(), None);
        }
        let text = matches!(&source.shape, Shape::Dictionary(_, values) if matches!(**values, Shape::Text(_)));
        let dtype = if text { DType::Unicode(0) } else { DType::Float64 };
        let options = Options { dtype: Some(dtype), nulls: Nulls::Masked, ..Options::default() };
        let column = codes.categories(&options).unwrap();
        let planned = Planned::new(&column, &options, &[]).unwrap();
        let Shape::Dictionary(_, inner) = &source.shape else { unreachable!() };
        let pad = oracle::Pad { pads: false, to: None };
        let (dense, _) = Dense::rows(categories).descend(inner, pad).expect("uniform lists");
        check_values(&planned.task(), &dense, &options, seed);
    }
}

fn words(words: &[Option<&str>]) -> ArrayRef {
    Arc::new(words.iter().copied().collect::<StringArray>())
}

/// What is shown of codes: themselves, their bytes, and why they aren't the producer's.
fn shown(arrays: &[ArrayRef]) -> (Vec<i64>, usize, Vec<Reason>) {
    let field = field_of(arrays[0].data_type());
    let chunks: Vec<Chunk<'_>> = arrays.iter().map(|array| chunk_of(array)).collect();
    let codes = Codes::new(&field, &chunks).unwrap();
    (codes.iter().collect(), codes.plan().dtype.itemsize(), codes.plan().reasons().to_vec())
}

#[test]
fn the_reasons_are_those_of_the_codes() {
    let of = |keys: Vec<Option<i8>>, values: &[Option<&str>]| -> ArrayRef {
        Arc::new(DictionaryArray::<Int8Type>::new(Int8Array::from(keys), words(values)))
    };
    let plain = of(vec![Some(1), Some(0)], &[Some("a"), Some("b")]);
    assert_eq!(shown(std::slice::from_ref(&plain)), (vec![1, 0], 1, vec![]));
    let missing = of(vec![Some(1), None], &[Some("a"), Some("b")]);
    assert_eq!(shown(&[missing]), (vec![1, -1], 2, vec![Reason::Nulls { count: Some(1), viewable: false }]));
    let gap = of(vec![Some(2), Some(1), Some(0)], &[Some("a"), None, Some("c")]);
    assert_eq!(shown(&[gap]), (vec![1, -1, 0], 2, vec![Reason::Nulls { count: Some(1), viewable: false }]));
    // A missing category that no code names still moves those after it.
    let unused = of(vec![Some(2), Some(0)], &[Some("a"), None, Some("c")]);
    assert_eq!(shown(&[unused]), (vec![1, 0], 2, vec![Reason::Widened { from: 8, to: 16 }]));
    let other = of(vec![Some(0), Some(1)], &[Some("b"), Some("c")]);
    assert_eq!(shown(&[plain, other]), (vec![1, 0, 1, 2], 2, vec![Reason::Chunked { chunks: 2 }]));
    let unsigned =
        DictionaryArray::<UInt8Type>::new(UInt8Array::from(vec![0, 1]), words(&[Some("a"), Some("b")]));
    assert_eq!(shown(&[Arc::new(unsigned)]), (vec![0, 1], 2, vec![Reason::Widened { from: 8, to: 16 }]));
}

#[test]
fn codes_of_64_bits_stay_as_wide() {
    let keys = PrimitiveArray::<UInt64Type>::from(vec![Some(1), None, Some(0)]);
    let array = DictionaryArray::<UInt64Type>::new(keys, words(&[Some("a"), Some("b")]));
    let (codes, width, _) = shown(&[Arc::new(array)]);
    assert_eq!((codes, width), (vec![1, -1, 0], 8));
}

#[test]
fn codes_are_as_wide_as_there_are_categories() {
    // 300 chunks with 128 categories each, all different.
    let arrays: Vec<ArrayRef> = (0..300)
        .map(|chunk| -> ArrayRef {
            let values = Int32Array::from_iter_values(chunk * 128..(chunk + 1) * 128);
            Arc::new(DictionaryArray::<Int8Type>::new(Int8Array::from_iter_values(0..=127), Arc::new(values)))
        })
        .collect();
    let (codes, width, _) = shown(&arrays);
    assert!(codes.into_iter().eq(0..300 * 128));
    assert!(300 * 128 <= 1usize << (8 * width - 1), "{width} bytes");
}

#[test]
fn empty_chunks_bring_no_categories() {
    let of = |keys: Vec<i8>, values: &[Option<&str>]| -> ArrayRef {
        Arc::new(DictionaryArray::<Int8Type>::new(Int8Array::from(keys), words(values)))
    };
    let (full, empty) = (of(vec![1, 0], &[Some("a"), Some("b")]), of(vec![], &[Some("z")]));
    let count = |arrays: &[ArrayRef]| {
        let field = field_of(arrays[0].data_type());
        let chunks: Vec<Chunk<'_>> = arrays.iter().map(|array| chunk_of(array)).collect();
        let codes = Codes::new(&field, &chunks).unwrap();
        let column = codes.categories(&Options::default()).unwrap();
        (
            column.rows.unwrap(),
            (codes.plan().transfer == Transfer::View),
            codes.view().map(|(_, chunk)| chunk),
        )
    };
    assert_eq!(count(&[empty.clone(), full.clone(), empty.clone()]), (2, true, Some(1)));
    // Where all are empty, the first one's are what there is.
    assert_eq!(count(&[empty.clone(), full.slice(1, 0)]), (1, true, None));
}

#[test]
fn only_dictionaries_have_codes() {
    let field = field_of(&arrow_schema::DataType::Utf8);
    let error = Codes::new(&field, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    let field = field_of(&arrow_schema::DataType::Dictionary(
        Box::new(arrow_schema::DataType::Int16),
        Box::new(arrow_schema::DataType::Utf8),
    ));
    let codes = Codes::new(&field, &[]).unwrap();
    let column: Column<'_> = codes.categories(&Options::default()).unwrap();
    assert_eq!(
        (codes.len(), codes.is_empty(), codes.plan().dtype.itemsize(), column.rows),
        (0, true, 2, Some(0))
    );
}
