//! Dates, times and durations: in their own unit, scaled, through the calendar.

use std::sync::Arc;

use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, DurationMicrosecondType, Int64Type, Time32MillisecondType,
    TimestampMicrosecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrownd::engine::{Options, civil};
use arrownd::{DType, Unit};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::inputs::{Nulls, Size, array, numbers, numbers_of, sizes};
use crate::timed;

#[divan::bench(args = sizes())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8);
}

#[divan::bench(types = [TimestampMicrosecondType, DurationMicrosecondType], args = sizes())]
fn nat<T: ArrowPrimitiveType>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<T>(size.0, Nulls::Tenth), &Options::default());
}

#[divan::bench(args = sizes())]
fn date32(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<Date32Type>(size.0, Nulls::None), &Options::default());
}

#[divan::bench(args = sizes())]
fn date32_nat(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<Date32Type>(size.0, Nulls::Tenth), &Options::default());
}

fn as_unit(unit: Unit, safe: bool) -> Options {
    Options { dtype: Some(DType::Datetime(Some(unit.into()))), safe, ..Options::default() }
}

#[divan::bench(consts = [true, false], args = sizes())]
fn microseconds_to_nanoseconds<const SAFE: bool>(bencher: Bencher<'_, '_>, size: Size) {
    let array = array::<TimestampMicrosecondType>(size.0, Nulls::None);
    timed::to_dense(bencher, array, &as_unit(Unit::Nanosecond, SAFE));
}

#[divan::bench(consts = [true, false], args = sizes())]
fn nanoseconds_to_microseconds<const SAFE: bool>(bencher: Bencher<'_, '_>, size: Size) {
    let array = Arc::new(numbers_of::<TimestampNanosecondType>(size.0, Nulls::None, 1_000));
    timed::to_dense(bencher, array, &as_unit(Unit::Microsecond, SAFE));
}

#[divan::bench(args = sizes())]
fn date32_to_nanoseconds(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, array::<Date32Type>(size.0, Nulls::None), &as_unit(Unit::Nanosecond, true));
}

#[divan::bench(args = sizes())]
fn time32_to_timedelta(bencher: Bencher<'_, '_>, size: Size) {
    let wanted = DType::Timedelta(Some(Unit::Millisecond.into()));
    let options = Options { dtype: Some(wanted), ..Options::default() };
    timed::to_dense(bencher, array::<Time32MillisecondType>(size.0, Nulls::Tenth), &options);
}

#[divan::bench(consts = [true, false], args = sizes())]
fn days_to_months<const NULLS: bool>(bencher: Bencher<'_, '_>, size: Size) {
    let array = array::<Date32Type>(size.0, if NULLS { Nulls::Tenth } else { Nulls::None });
    timed::to_dense(bencher, array, &as_unit(Unit::Month, false));
}

#[divan::bench(args = sizes())]
fn seconds_to_years(bencher: Bencher<'_, '_>, size: Size) {
    let array = Arc::new(numbers_of::<TimestampSecondType>(size.0, Nulls::None, 50_000_000));
    timed::to_dense(bencher, array, &as_unit(Unit::Year, false));
}

/// What the binding makes dates of.
#[divan::bench(args = sizes())]
fn year_month_day(bencher: Bencher<'_, '_>, size: Size) {
    let days = numbers::<Int64Type>(size.0, Nulls::None);
    let sum = |sum, day: &i64| {
        let (year, month, day) = civil(*day);
        sum ^ year ^ month ^ day
    };
    bencher.counter(ItemsCount::new(size.0)).bench_local(|| black_box(&days).values().iter().fold(0, sum));
}
