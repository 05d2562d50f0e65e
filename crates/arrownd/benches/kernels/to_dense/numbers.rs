//! Numbers with nulls, sliced, filled, in chunks.

use arrow_array::ArrayRef;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt8Type,
};
use arrownd::Fill;
use arrownd::engine::{Fills, Options};
use divan::Bencher;

use crate::inputs::{Case, Nulls, Size, array, cases, one_size, sizes};
use crate::timed;

#[divan::bench(types = [f64, f32], args = sizes())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

#[divan::bench(types = [Int64Type, Int32Type, Float64Type, Float32Type], args = cases())]
fn nan<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, case: Case) {
    timed::to_dense(bencher, array::<T>(case.n, case.nulls), &Options::default());
}

#[divan::bench(types = [Int16Type, UInt8Type, Float16Type], args = sizes())]
fn nan_narrow<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<T>(size.0, Nulls::Tenth), &Options::default());
}

/// The bitmap begins in the middle of a byte.
#[divan::bench(types = [Int64Type, Int32Type, Float64Type, Float32Type], args = sizes())]
fn nan_sliced<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<T>(size.0 + 3, Nulls::Tenth).slice(3, size.0), &Options::default());
}

#[divan::bench(types = [Int64Type, Float32Type], args = sizes())]
fn filled<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, size: Size) {
    let options = Options { na_value: Some(Fills::All(Fill::Int(-1))), ..Options::default() };
    timed::to_dense(bencher, array::<T>(size.0, Nulls::Tenth), &options);
}

#[divan::bench(types = [Int64Type, Float32Type], args = sizes())]
fn copied<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, size: Size) {
    let options = Options { writable: true, ..Options::default() };
    timed::to_dense(bencher, array::<T>(size.0, Nulls::None), &options);
}

fn in_chunks(bencher: Bencher<'_, '_>, count: usize, size: Size, nulls: Nulls) {
    let chunks: Vec<ArrayRef> = (0..count).map(|_| array::<Int64Type>(size.0 / count, nulls)).collect();
    timed::chunks_to_dense(bencher, &chunks, &Options::default());
}

#[divan::bench(consts = [16, 1_000], args = one_size())]
fn chunks<const COUNT: usize>(bencher: Bencher<'_, '_>, size: Size) {
    in_chunks(bencher, COUNT, size, Nulls::None);
}

#[divan::bench(consts = [16, 1_000], args = one_size())]
fn chunks_nan<const COUNT: usize>(bencher: Bencher<'_, '_>, size: Size) {
    in_chunks(bencher, COUNT, size, Nulls::Tenth);
}
