//! Run-end encoded values, expanded.

use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{ArrayRef, Int32Array, RunArray};
use arrownd::engine::Options;
use divan::Bencher;

use crate::inputs::{Nulls, Random, Size, numbers, sizes};
use crate::timed;

/// Runs of up to `longest` values.
fn runs(n: usize, longest: usize, nulls: Nulls) -> ArrayRef {
    let (mut random, mut ends, mut end) = (Random(3), Vec::new(), 0);
    while end < n {
        end = (end + 1 + random.below(longest)).min(n);
        ends.push(i32::try_from(end).expect("a 32-bit end"));
    }
    let values = numbers::<Float64Type>(ends.len(), nulls);
    Arc::new(RunArray::<Int32Type>::try_new(&Int32Array::from(ends), &values).expect("ascending ends"))
}

#[divan::bench(args = sizes())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8);
}

#[divan::bench(consts = [4, 100, 10_000], args = sizes())]
fn float64<const LONGEST: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, runs(size.0, LONGEST, Nulls::None), &Options::default());
}

#[divan::bench(consts = [4, 100], args = sizes())]
fn float64_nan<const LONGEST: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, runs(size.0, LONGEST, Nulls::Tenth), &Options::default());
}

#[divan::bench(args = sizes())]
fn float64_sliced(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, runs(size.0 + 77, 100, Nulls::None).slice(77, size.0), &Options::default());
}
