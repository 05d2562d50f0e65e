//! Matrices and records as structs: columns that lie in one array.

use std::sync::Arc;

use arrownd::DType;
use arrownd::engine::dense::{Columns, Dense, Input, Options};
use divan::Bencher;

use super::{dense, mask, values};
use crate::inputs::{Size, rows};
use crate::timed;

const WIDTH: usize = 10;

#[divan::bench(consts = [10, 3], args = rows())]
fn memcpy<const DOUBLES: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8 * DOUBLES);
}

fn columns(rows: usize, fields: impl Iterator<Item = Dense>, masked: bool) -> Input {
    Input::Struct(Columns {
        dtype: None,
        shape: [rows].into_iter().collect(),
        outer: 1,
        fields: fields.enumerate().map(|(i, field)| (format!("f{i}"), Input::Dense(field))).collect(),
        masks: masked.then(|| mask(rows)).into_iter().collect(),
    })
}

/// A matrix whose rows are contiguous.
fn matrix(bencher: Bencher<'_, '_>, Size(n): Size, masked: bool) {
    let values = values(n * WIDTH, |value| value as f64);
    let column = |i| dense(&values, DType::Float64, i, &[n], &[8 * WIDTH as isize]);
    timed::to_arrow(bencher, &columns(n, (0..WIDTH).map(column), masked), &Options::default());
}

#[divan::bench(args = rows())]
fn c_10_float64(bencher: Bencher<'_, '_>, size: Size) {
    matrix(bencher, size, false);
}

#[divan::bench(args = rows())]
fn c_10_float64_masked(bencher: Bencher<'_, '_>, size: Size) {
    matrix(bencher, size, true);
}

/// Packed records of int64, float32 and bool, 13 bytes each.
#[divan::bench(args = rows())]
fn packed_records(bencher: Bencher<'_, '_>, Size(n): Size) {
    let bytes = values(13 * n, |value| u8::from(value < 50));
    let field = |(offset, dtype)| {
        // SAFETY: the vector owns so many records, and isn't changed.
        unsafe { Dense::new(bytes[offset..].as_ptr(), dtype, false, &[n], &[13], Arc::clone(&bytes) as _) }
    };
    let fields = [(0, DType::Int64), (8, DType::Float32), (12, DType::Bool)];
    timed::to_arrow(bencher, &columns(n, fields.into_iter().map(field), false), &Options::default());
}
