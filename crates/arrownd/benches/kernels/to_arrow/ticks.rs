//! Datetimes and timedeltas whose unit Arrow doesn't have.

use arrownd::engine::dense::{Input, Options};
use arrownd::{DType, Resolution, Unit};
use divan::Bencher;

use super::{values, whole};
use crate::inputs::{Size, sizes};
use crate::timed;

#[divan::bench(types = [i64, i32], args = sizes())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

/// With NaT where `missing`.
fn convert(bencher: Bencher<'_, '_>, size: Size, dtype: DType, missing: bool) {
    let tick = |value| if missing && value < 10 { i64::MIN } else { value as i64 };
    let array = whole(&values(size.0, tick), dtype);
    timed::to_arrow(bencher, &Input::Dense(array), &Options::default());
}

fn datetime(unit: Unit) -> DType {
    DType::Datetime(Some(unit.into()))
}

#[divan::bench(consts = [false, true], args = sizes())]
fn days<const NAT: bool>(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, size, datetime(Unit::Day), NAT);
}

#[divan::bench(consts = [false, true], args = sizes())]
fn hours<const NAT: bool>(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, size, datetime(Unit::Hour), NAT);
}

#[divan::bench(args = sizes())]
fn multiples(bencher: Bencher<'_, '_>, size: Size) {
    let seconds = Resolution { unit: Unit::Second, multiple: 25 };
    convert(bencher, size, DType::Timedelta(Some(seconds)), true);
}

#[divan::bench(args = sizes())]
fn months(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, size, datetime(Unit::Month), true);
}
