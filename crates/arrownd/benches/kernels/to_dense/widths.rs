//! Matrices in C order of few and many columns: as many values for each.

use arrow_array::types::{Float32Type, Float64Type, Int32Type};
use arrownd::engine::Options;
use arrownd::{DType, Order};
use divan::Bencher;

use super::tables::table;
use crate::inputs::{Nulls, Size, array, rows};
use crate::timed;

fn options(dtype: Option<DType>) -> Options {
    Options { order: Order::C, dtype, ..Options::default() }
}

#[divan::bench(consts = [3, 17, 100, 1000], args = rows())]
fn float64<const N: usize>(bencher: Bencher<'_, '_>, size: Size) {
    let columns = (0..N).map(|_| array::<Float64Type>((size.0 * 10 / N).max(1), Nulls::None));
    timed::to_dense(bencher, table(columns.collect()), &options(None));
}

#[divan::bench(consts = [3, 17, 100, 1000], args = rows())]
fn float64_nan<const N: usize>(bencher: Bencher<'_, '_>, size: Size) {
    let columns = (0..N).map(|_| array::<Float64Type>((size.0 * 10 / N).max(1), Nulls::Tenth));
    timed::to_dense(bencher, table(columns.collect()), &options(None));
}

#[divan::bench(consts = [3, 17, 100, 1000], args = rows())]
fn int32_as_float64<const N: usize>(bencher: Bencher<'_, '_>, size: Size) {
    let columns = (0..N).map(|_| array::<Int32Type>((size.0 * 10 / N).max(1), Nulls::None));
    timed::to_dense(bencher, table(columns.collect()), &options(Some(DType::Float64)));
}

#[divan::bench(consts = [3, 17, 100, 1000], args = rows())]
fn float32_nan<const N: usize>(bencher: Bencher<'_, '_>, size: Size) {
    let columns = (0..N).map(|_| array::<Float32Type>((size.0 * 20 / N).max(1), Nulls::Tenth));
    timed::to_dense(bencher, table(columns.collect()), &options(None));
}
