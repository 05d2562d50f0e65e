//! date, datetime, time and timedelta, with the nanoseconds that pandas' have.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use arrownd::engine::dense::Made;
use pyo3::prelude::*;
use pyo3::types::{
    PyDate, PyDateAccess, PyDateTime, PyDelta, PyDeltaAccess, PyTime, PyTimeAccess, PyTzInfoAccess,
};

use super::column::{Column, Objects, changed};
use super::zones::Zones;
use crate::errors::Outcome;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

/// date32.
pub(super) fn dates<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let values = column.map(objects, |at, object| {
        let date = object.cast::<PyDate>().map_err(|_| changed(column.place, at))?;
        Ok(days(date) as i32)
    })?;
    column.fixed(values, Field::new("", DataType::Date32, true))
}

/// Days since 1970.
pub(super) fn days(date: &impl PyDateAccess) -> i64 {
    let (year, month) = (i64::from(date.get_year()), i64::from(date.get_month()));
    // Years begin in March, so that the leap day is the last one.
    let year = if month < 3 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(date.get_day()) - 1;
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    era * 146_097 + year * 365 + year / 4 - year / 100 + day_of_year - 719_468
}

/// Microseconds since midnight.
pub(super) fn micros(time: &impl PyTimeAccess) -> i64 {
    let minutes = i64::from(time.get_hour()) * 60 + i64::from(time.get_minute());
    (minutes * 60 + i64::from(time.get_second())) * SECOND + i64::from(time.get_microsecond())
}

/// Microseconds since 1970, where the moment's clock showed that.
pub(super) fn local(moment: &(impl PyDateAccess + PyTimeAccess)) -> i64 {
    days(moment) * DAY + micros(moment)
}

/// Microseconds, and the nanoseconds beside them of the few values that have some.
#[derive(Default)]
struct Nanos(Vec<(usize, i64)>);

impl Nanos {
    /// What pandas' subclasses have beyond Python's own fields.
    fn note(&mut self, at: usize, object: &Bound<'_, PyAny>, attribute: &str) -> PyResult<()> {
        if let Some(nanos) = object.getattr_opt(attribute)?
            && let Ok(nanos @ 1..) = nanos.extract::<i64>()
        {
            self.0.push((at, nanos));
        }
        Ok(())
    }

    /// The ticks in the unit that holds them all.
    fn ticks(self, micros: Vec<i64>, column: &Column<'_, '_>, to: &str) -> Outcome<(Vec<i64>, TimeUnit)> {
        if self.0.is_empty() {
            return Ok((micros, TimeUnit::Microsecond));
        }
        let mut ticks = micros;
        let first = self.0.first().map_or(0, |(at, _)| *at);
        let mut rest = self.0.into_iter().peekable();
        for (at, tick) in ticks.iter_mut().enumerate() {
            let nanos = rest.next_if(|(of, _)| *of == at).map_or(0, |(_, nanos)| nanos);
            *tick = tick.checked_mul(1_000).and_then(|tick| tick.checked_add(nanos)).ok_or_else(|| {
                let value =
                    format!("{tick} microseconds (beside nanoseconds at {})", column.place.name(first));
                column.place.lossy(at, value, to, "drop the nanoseconds, or leave it out with mask=")
            })?;
        }
        Ok((ticks, TimeUnit::Nanosecond))
    }
}

/// timestamp[us], or [ns] where a pandas Timestamp has nanoseconds; with the zone that all have.
pub(super) fn datetimes<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let mut zones = Zones::new(column);
    let mut nanos = Nanos::default();
    let values = column.map(objects, |at, object| {
        let moment = object.cast::<PyDateTime>().map_err(|_| changed(column.place, at))?;
        if !object.is_exact_instance_of::<PyDateTime>() {
            nanos.note(at, object, "nanosecond")?;
        }
        let zone = moment.get_tzinfo();
        Ok(local(moment) - zones.offset(at, object, zone.as_ref())?)
    })?;
    let zone: Option<Arc<str>> = zones.name();
    let (values, unit) = nanos.ticks(values, column, "timestamp[ns]")?;
    column.fixed(values, Field::new("", DataType::Timestamp(unit, zone), true))
}

/// time64[us].
pub(super) fn times<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let values = column.map(objects, |at, object| {
        let time = object.cast::<PyTime>().map_err(|_| changed(column.place, at))?;
        if time.get_tzinfo().is_some() {
            return Err(column.place.unsupported(
                format!("a time with a zone at {}", column.place.name(at)),
                "time64[us]",
                "Arrow's times have no zone: pass time.replace(tzinfo=None)",
            ));
        }
        Ok(micros(time))
    })?;
    column.fixed(values, Field::new("", DataType::Time64(TimeUnit::Microsecond), true))
}

/// duration[us], or [ns] where a pandas Timedelta has nanoseconds.
pub(super) fn timedeltas<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let mut nanos = Nanos::default();
    let values = column.map(objects, |at, object| {
        let delta = object.cast::<PyDelta>().map_err(|_| changed(column.place, at))?;
        if !object.is_exact_instance_of::<PyDelta>() {
            nanos.note(at, object, "nanoseconds")?;
        }
        duration(delta).ok_or_else(|| {
            let value = format!("a timedelta of {} days", delta.get_days());
            column.place.lossy(at, value, "duration[us]", "pass timedelta64[s] values")
        })
    })?;
    let (values, unit) = nanos.ticks(values, column, "duration[ns]")?;
    column.fixed(values, Field::new("", DataType::Duration(unit), true))
}

/// Microseconds.
pub(super) fn duration(delta: &Bound<'_, PyDelta>) -> Option<i64> {
    let rest = i64::from(delta.get_seconds()) * SECOND + i64::from(delta.get_microseconds());
    i64::from(delta.get_days()).checked_mul(DAY)?.checked_add(rest)
}
