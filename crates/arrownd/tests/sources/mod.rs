//! Chunks of random nesting, the column that they are, and a task's values held against what was read.
#![allow(dead_code, reason = "not every test asks for every part")]

use arrow_array::ArrayRef;
use arrow_schema::Field;
use arrownd::engine::{Chunk, Column, Fills, Nulls, Options, Task, chunk_of};
use arrownd::{DType, Fill};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::oracle::{Dense, Value, read};
use crate::shapes::{Random, Shape, field_of};
use crate::strided::{filled, viewed};

/// Chunks of one type, and what is taken of them: all, or some slices.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) shape: Shape,
    pub(crate) field: Field,
    pub(crate) arrays: Vec<ArrayRef>,
    pub(crate) slices: Vec<(usize, usize, usize)>,
}

pub(crate) fn source(shape: impl Strategy<Value = Shape>) -> impl Strategy<Value = Source> {
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
    pub(crate) fn rows(&self) -> Vec<Value> {
        let slices = self.slices.iter();
        slices.flat_map(|(at, start, rows)| read(&self.arrays[*at].slice(*start, *rows))).collect()
    }

    pub(crate) fn chunks(&self) -> Vec<Chunk<'_>> {
        self.arrays.iter().map(|array| chunk_of(array)).collect()
    }

    pub(crate) fn column<'a>(&'a self, chunks: &'a [Chunk<'a>], options: &Options) -> Column<'a> {
        let whole = self.slices.iter().zip(&self.arrays).all(|((_, _, rows), array)| *rows == array.len());
        if whole && self.slices.len() == self.arrays.len() {
            return Column::new(&self.field, chunks, options).expect("no extension");
        }
        let slices = self.slices.iter().map(|(at, start, rows)| (*at, &chunks[*at], *start, *rows));
        Column::of_slices(&self.field, slices, options).expect("no extension")
    }
}

/// What a missing number becomes.
pub(crate) fn numbers() -> impl Strategy<Value = Options> {
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

/// What a place of the result must hold; `None` where anything may lie, under a mask.
pub(crate) fn expected(value: &Value, options: &Options) -> Option<Value> {
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

pub(crate) fn is_same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.is_nan() && b.is_nan(),
        (a, b) => a == b,
    }
}

/// Holds a task's values and mask, written at some strides, against what they must be.
pub(crate) fn check_values(task: &Task<'_>, dense: &Dense, options: &Options, seed: u64) {
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
