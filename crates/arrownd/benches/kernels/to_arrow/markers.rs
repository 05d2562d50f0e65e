//! 64 values to one word: booleans, masks, NaN, NaT.

use std::sync::Arc;

use arrownd::engine::dense::{Input, Options};
use arrownd::{DType, Unit};
use divan::Bencher;

use super::{dense, mask, values, whole};
use crate::inputs::{Size, sizes};
use crate::timed;

fn truths(n: usize) -> Arc<Vec<u8>> {
    values(n, |value| u8::from(value % 2 == 0))
}

/// As many bits.
#[divan::bench(args = sizes())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0.div_ceil(8));
}

/// What is read for a word of bits of values that are shared.
#[divan::bench(args = sizes())]
fn memcpy_of_float64(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8);
}

#[divan::bench(args = sizes())]
fn bool(bencher: Bencher<'_, '_>, size: Size) {
    let array = whole(&truths(size.0), DType::Bool);
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

#[divan::bench(args = sizes())]
fn bool_strided(bencher: Bencher<'_, '_>, size: Size) {
    let array = dense(&truths(3 * size.0), DType::Bool, 0, &[size.0], &[3]);
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

#[divan::bench(args = sizes())]
fn masked(bencher: Bencher<'_, '_>, size: Size) {
    let array = whole(&values(size.0, |value| value as i64), DType::Int64).masked(mask(size.0));
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

fn nan_as_null() -> Options {
    Options { nan_as_null: true, ..Options::default() }
}

#[divan::bench(args = sizes())]
fn nan_float64(bencher: Bencher<'_, '_>, size: Size) {
    let floats = values(size.0, |value| if value < 10 { f64::NAN } else { value as f64 });
    timed::to_arrow(bencher, &Input::Dense(whole(&floats, DType::Float64)), &nan_as_null());
}

#[divan::bench(args = sizes())]
fn nan_float32(bencher: Bencher<'_, '_>, size: Size) {
    let floats = values(size.0, |value| if value < 10 { f32::NAN } else { value as f32 });
    timed::to_arrow(bencher, &Input::Dense(whole(&floats, DType::Float32)), &nan_as_null());
}

#[divan::bench(args = sizes())]
fn nan_float16(bencher: Bencher<'_, '_>, size: Size) {
    let floats = values(size.0, |value| if value < 10 { 0x7e00u16 } else { value as u16 });
    timed::to_arrow(bencher, &Input::Dense(whole(&floats, DType::Float16)), &nan_as_null());
}

#[divan::bench(args = sizes())]
fn nat(bencher: Bencher<'_, '_>, size: Size) {
    let ticks = values(size.0, |value| if value < 10 { i64::MIN } else { value as i64 });
    let array = whole(&ticks, DType::Datetime(Some(Unit::Microsecond.into())));
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

#[divan::bench(args = sizes())]
fn nat_and_masked(bencher: Bencher<'_, '_>, size: Size) {
    let ticks = values(size.0, |value| if value < 10 { i64::MIN } else { value as i64 });
    let array = whole(&ticks, DType::Datetime(Some(Unit::Microsecond.into()))).masked(mask(size.0));
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}
