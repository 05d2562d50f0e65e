//! Tuples as intervals, where such a type was asked for: those that `to_numpy` makes of intervals.

use arrow_buffer::{IntervalDayTime, IntervalMonthDayNano};
use arrow_schema::{DataType, Field, IntervalUnit};
use arrownd::engine::dense::Made;
use pyo3::prelude::*;

use super::column::{Column, Objects, there};
use super::lists::extend;
use super::numbers::{digits, integer};
use crate::errors::Outcome;

/// Tuples of (days, milliseconds) or (months, days, nanoseconds).
pub(super) fn intervals<'py>(
    column: &Column<'_, 'py>,
    objects: Objects<'py>,
    unit: IntervalUnit,
) -> Outcome<Made> {
    let field = Field::new("", DataType::Interval(unit), true);
    match unit {
        IntervalUnit::DayTime => {
            let values = column.map(objects, |at, object| {
                let [days, millis] = parts(column, at, object, "(days, milliseconds)")?;
                let part = |part| narrow(column, at, part);
                Ok(IntervalDayTime::new(part(&days)?, part(&millis)?))
            })?;
            column.fixed(values, field)
        }
        IntervalUnit::MonthDayNano => {
            let values = column.map(objects, |at, object| {
                let [months, days, nanos] = parts(column, at, object, "(months, days, nanoseconds)")?;
                let part = |part| narrow(column, at, part);
                Ok(IntervalMonthDayNano::new(part(&months)?, part(&days)?, narrow(column, at, &nanos)?))
            })?;
            column.fixed(values, field)
        }
        IntervalUnit::YearMonth => {
            let at = there(&objects).next().map_or(0, |(at, _)| at);
            Err(column.place.unsupported(
                format!("a tuple at {}", column.place.name(at)),
                "interval[year_month]",
                "pass the months, as ints or timedelta64[M]",
            ))
        }
    }
}

/// The parts of one interval.
fn parts<'py, const N: usize>(
    column: &Column<'_, 'py>,
    at: usize,
    object: &Bound<'py, PyAny>,
    what: &str,
) -> Outcome<[Bound<'py, PyAny>; N]> {
    let mut items = Vec::new();
    extend(column.py, &mut items, object, at, column.place)?;
    let parts: Option<Vec<_>> = items.into_iter().collect();
    parts.and_then(|parts| parts.try_into().ok()).ok_or_else(|| {
        let from = format!("an object at {} that isn't {what}", column.place.name(at));
        column.place.unsupported(from, "an interval", format!("pass tuples of {what}"))
    })
}

fn narrow<'py, T: for<'a> FromPyObject<'a, 'py>>(
    column: &Column<'_, 'py>,
    at: usize,
    part: &Bound<'py, PyAny>,
) -> Outcome<T> {
    let number = integer(part)?;
    number.as_any().extract().map_err(|_| {
        let remedy = "months, days and milliseconds have 32 bits, nanoseconds 64";
        column.place.lossy(at, digits(&number), "an interval", remedy)
    })
}
