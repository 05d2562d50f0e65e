//! Numbers as other numbers, with a look at whether each is held exactly and without.

use std::fmt;

use arrow_array::ArrayRef;
use arrow_array::types::{Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt64Type};
use arrownd::DType;
use arrownd::engine::Options;
use divan::Bencher;

use crate::inputs::{Nulls, Size, array, one_size, sizes};
use crate::timed;

#[derive(Clone, Copy)]
struct Pair {
    from: &'static str,
    build: fn(usize, Nulls) -> ArrayRef,
    to: DType,
    n: usize,
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}, {}", self.from, self.to, Size(self.n))
    }
}

fn pairs() -> Vec<Pair> {
    let pair = |from, build, to| one_size().into_iter().map(move |Size(n)| Pair { from, build, to, n });
    [
        pair("int64", array::<Int64Type> as fn(usize, Nulls) -> ArrayRef, DType::Float64),
        pair("int64", array::<Int64Type>, DType::Float32),
        pair("int64", array::<Int64Type>, DType::Int32),
        pair("int32", array::<Int32Type>, DType::Int64),
        pair("int32", array::<Int32Type>, DType::Float32),
        pair("int16", array::<Int16Type>, DType::UInt8),
        pair("uint8", array::<UInt8Type>, DType::Float32),
        pair("uint64", array::<UInt64Type>, DType::Int64),
        pair("float64", array::<Float64Type>, DType::Int64),
        pair("float64", array::<Float64Type>, DType::Float32),
        pair("float64", array::<Float64Type>, DType::Float16),
        pair("float32", array::<Float32Type>, DType::Float64),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[divan::bench(types = [f64, f32, i16], args = one_size())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

fn convert(bencher: Bencher<'_, '_>, pair: Pair, nulls: Nulls, safe: bool) {
    let options = Options { dtype: Some(pair.to), safe, ..Options::default() };
    timed::to_dense(bencher, (pair.build)(pair.n, nulls), &options);
}

#[divan::bench(args = pairs())]
fn checked(bencher: Bencher<'_, '_>, pair: Pair) {
    convert(bencher, pair, Nulls::None, true);
}

#[divan::bench(args = pairs())]
fn unchecked(bencher: Bencher<'_, '_>, pair: Pair) {
    convert(bencher, pair, Nulls::None, false);
}

/// The widest cast of the benchmark's tables, where memory is what it waits for.
#[divan::bench(args = sizes())]
fn int64_to_float64(bencher: Bencher<'_, '_>, size: Size) {
    let options = Options { dtype: Some(DType::Float64), ..Options::default() };
    timed::to_dense(bencher, array::<Int64Type>(size.0, Nulls::None), &options);
}
