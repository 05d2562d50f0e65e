//! Booleans and masks: bits to bytes.

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, BooleanArray};
use arrownd::engine::{Fills, Nulls as Missing, Options};
use arrownd::{DType, Fill};
use divan::Bencher;

use crate::inputs::{Case, Nulls, Random, Size, array, cases, sizes};
use crate::timed;

fn booleans(n: usize, nulls: Nulls) -> ArrayRef {
    let mut random = Random(5);
    Arc::new(BooleanArray::new((0..n).map(|_| random.below(2) == 1).collect(), nulls.bitmap(n)))
}

#[divan::bench(types = [bool, f64], args = sizes())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

#[divan::bench(args = sizes())]
fn bytes(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, booleans(size.0, Nulls::None), &Options::default());
}

/// The values begin in the middle of a byte.
#[divan::bench(args = sizes())]
fn bytes_sliced(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, booleans(size.0 + 3, Nulls::None).slice(3, size.0), &Options::default());
}

#[divan::bench(args = sizes())]
fn filled(bencher: Bencher<'_, '_>, size: Size) {
    let options = Options { na_value: Some(Fills::All(Fill::Bool(false))), ..Options::default() };
    timed::to_dense(bencher, booleans(size.0, Nulls::Tenth), &options);
}

#[divan::bench(args = sizes())]
fn float64(bencher: Bencher<'_, '_>, size: Size) {
    let options = Options { dtype: Some(DType::Float64), ..Options::default() };
    timed::to_dense(bencher, booleans(size.0, Nulls::Tenth), &options);
}

fn masked() -> Options {
    Options { nulls: Missing::Masked, ..Options::default() }
}

#[divan::bench(args = cases())]
fn mask(bencher: Bencher<'_, '_>, case: Case) {
    timed::mask(bencher, array::<Int64Type>(case.n, case.nulls), &masked());
}

#[divan::bench(args = sizes())]
fn mask_sliced(bencher: Bencher<'_, '_>, size: Size) {
    timed::mask(bencher, array::<Int64Type>(size.0 + 3, Nulls::Tenth).slice(3, size.0), &masked());
}
