//! Dates, times, timestamps, durations and intervals as Python's `datetime` has them.

use std::cell::RefCell;
use std::collections::HashMap;

use arrow_schema::{DataType, Field, TimeUnit};
use arrownd::Error;
use arrownd::engine::Data;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyTime, PyTuple, PyTzInfo};

use super::{Make, bytes, lossy};
use crate::errors::{Failure, Outcome};

const DAY_SECONDS: i64 = 86_400;
/// 0001-01-01 and 9999-12-31 as days since 1970: all that Python's dates hold.
const PYTHON_DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Whole seconds and microseconds of ticks; nanoseconds must be whole microseconds when checked.
fn split(ticks: i64, unit: TimeUnit, check: bool, to: &str) -> Outcome<(i64, i64)> {
    let per = per_second(unit);
    let (seconds, rest) = (ticks.div_euclid(per), ticks.rem_euclid(per));
    if unit != TimeUnit::Nanosecond {
        return Ok((seconds, rest * (1_000_000 / per)));
    }
    if check && rest % 1_000 != 0 {
        return Err(lossy(format!("{ticks} nanoseconds"), to));
    }
    Ok((seconds, rest / 1_000))
}

fn out_of_years<'py>(py: Python<'py>, value: String, check: bool, to: &str) -> Outcome<Bound<'py, PyAny>> {
    if check {
        Err(lossy(format!("{value}, outside Python's years 1 to 9999,"), to))
    } else {
        Ok(py.None().into_bound(py))
    }
}

/// `datetime.date`.
pub(super) struct Date {
    millis: bool,
    check: bool,
}

impl Date {
    pub(super) fn new(data_type: &DataType, check: bool) -> Self {
        Self { millis: *data_type == DataType::Date64, check }
    }
}

impl Make for Date {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let days = if self.millis {
            let ticks = i64::from_ne_bytes(bytes(data, index));
            if self.check && ticks.rem_euclid(DAY_SECONDS * 1_000) != 0 {
                return Err(lossy(format!("{ticks} milliseconds"), "datetime.date"));
            }
            ticks.div_euclid(DAY_SECONDS * 1_000)
        } else {
            i64::from(i32::from_ne_bytes(bytes(data, index)))
        };
        if !PYTHON_DAYS.contains(&days) {
            return out_of_years(py, format!("day {days}"), self.check, "datetime.date");
        }
        let (year, month, day) = arrownd::engine::civil(days);
        Ok(PyDate::new(py, year as i32, month as u8 + 1, day as u8 + 1)?.into_any())
    }
}

/// `datetime.datetime`, aware where the type has a zone.
pub(super) struct Timestamp {
    unit: TimeUnit,
    zones: Option<Zones>,
    check: bool,
}

struct Zones {
    utc: Py<PyTzInfo>,
    target: Py<PyAny>,
}

impl Timestamp {
    pub(super) fn new(py: Python<'_>, unit: TimeUnit, zone: Option<&str>, check: bool) -> Outcome<Self> {
        let zones = zone
            .map(|zone| -> Outcome<_> {
                let utc = PyTzInfo::utc(py)?.to_owned().unbind();
                Ok(Zones { target: find_zone(py, zone)?.unbind(), utc })
            })
            .transpose()?;
        Ok(Self { unit, zones, check })
    }
}

/// A zone by name or as an offset such as `+05:30`.
fn find_zone<'py>(py: Python<'py>, zone: &str) -> Outcome<Bound<'py, PyAny>> {
    if let Some(minutes) = offset_minutes(zone) {
        let delta = PyDelta::new(py, 0, minutes * 60, 0, true)?;
        return Ok(py.import("datetime")?.getattr("timezone")?.call1((delta,))?);
    }
    let found = py.import("zoneinfo").and_then(|module| module.getattr("ZoneInfo")?.call1((zone,)));
    if found.is_err() && zone == "UTC" {
        return Ok(PyTzInfo::utc(py)?.to_owned().into_any());
    }
    found.map_err(|_| {
        Failure::Core(Error::UnsupportedType {
            path: String::new(),
            from: format!("the time zone {zone:?}, which isn't known here,"),
            to: "aware datetimes".to_owned(),
            remedy: "leave out dtype=object to get datetime64 in UTC, or install tzdata".to_owned(),
        })
    })
}

fn offset_minutes(zone: &str) -> Option<i32> {
    let (sign, rest) = match zone.as_bytes().first()? {
        b'+' => (1, &zone[1..]),
        b'-' => (-1, &zone[1..]),
        _ => return None,
    };
    let (hours, minutes) =
        rest.split_once(':').or_else(|| rest.split_at_checked(2).filter(|_| rest.len() == 4))?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(sign * (hours * 60 + minutes))
}

impl Make for Timestamp {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let ticks = i64::from_ne_bytes(bytes(data, index));
        let (seconds, micros) = split(ticks, self.unit, self.check, "datetime.datetime")?;
        let Some(clock) = Clock::new(seconds) else {
            let days = seconds.div_euclid(DAY_SECONDS);
            return out_of_years(py, format!("day {days}"), self.check, "datetime.datetime");
        };
        let utc = self.zones.as_ref().map(|zones| zones.utc.bind(py));
        let moment = clock.datetime(py, micros, utc)?;
        let Some(zones) = &self.zones else {
            return Ok(moment.into_any());
        };
        match moment.call_method1("astimezone", (&zones.target,)) {
            Ok(local) => Ok(local),
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                out_of_years(py, format!("{ticks} ticks"), self.check, "datetime.datetime")
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Aware `datetime.datetime`, each with an offset of its own: a struct of a timestamp in UTC and the
/// offset in minutes, which may be a dictionary's or a run's.
pub(super) struct OffsetTimestamp {
    unit: TimeUnit,
    check: bool,
    zones: RefCell<HashMap<i16, Py<PyTzInfo>>>,
}

impl OffsetTimestamp {
    pub(super) fn new(field: &Field, check: bool) -> Outcome<Self> {
        fn is_offset(data_type: &DataType) -> bool {
            match data_type {
                DataType::Int16 => true,
                DataType::Dictionary(_, values) => **values == DataType::Int16,
                DataType::RunEndEncoded(_, values) => *values.data_type() == DataType::Int16,
                _ => false,
            }
        }
        if let DataType::Struct(fields) = field.data_type()
            && let [timestamp, offset] = fields.as_ref()
            && let DataType::Timestamp(unit, Some(_)) = timestamp.data_type()
            && is_offset(offset.data_type())
        {
            return Ok(Self { unit: *unit, check, zones: RefCell::default() });
        }
        let what = format!(
            "the extension arrow.timestamp_with_offset doesn't allow the storage type {}",
            field.data_type()
        );
        Err(Failure::Core(Error::InvalidArrow { path: String::new(), what }))
    }

    fn zone<'py>(&self, py: Python<'py>, minutes: i16) -> Outcome<Bound<'py, PyTzInfo>> {
        if let Some(zone) = self.zones.borrow().get(&minutes) {
            return Ok(zone.bind(py).clone());
        }
        let zone = PyTzInfo::fixed_offset(py, PyDelta::new(py, 0, i32::from(minutes) * 60, 0, true)?)?;
        self.zones.borrow_mut().insert(minutes, zone.clone().unbind());
        Ok(zone)
    }
}

impl Make for OffsetTimestamp {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let Data::Struct(children) = data else {
            return Ok(py.None().into_bound(py));
        };
        let part = |at: usize| children.get(at).and_then(|child| child.resolve(index));
        let (Some((ticks, at)), Some((offset, place))) = (part(0), part(1)) else {
            return Ok(py.None().into_bound(py));
        };
        let ticks = i64::from_ne_bytes(bytes(&ticks.data, at));
        let minutes = i16::from_ne_bytes(bytes(&offset.data, place));
        if minutes.unsigned_abs() >= 24 * 60 {
            return if self.check {
                Err(lossy(format!("an offset of {minutes} minutes"), "datetime.timezone"))
            } else {
                Ok(py.None().into_bound(py))
            };
        }
        let (seconds, micros) = split(ticks, self.unit, self.check, "datetime.datetime")?;
        let local = seconds.saturating_add(i64::from(minutes) * 60);
        let Some(clock) = Clock::new(local) else {
            return out_of_years(py, format!("{ticks} ticks"), self.check, "datetime.datetime");
        };
        Ok(clock.datetime(py, micros, Some(&self.zone(py, minutes)?))?.into_any())
    }
}

/// Seconds since 1970 as a calendar and a clock show them.
struct Clock {
    days: i64,
    seconds: i64,
}

impl Clock {
    /// `None` outside Python's years.
    fn new(seconds: i64) -> Option<Self> {
        let days = seconds.div_euclid(DAY_SECONDS);
        PYTHON_DAYS.contains(&days).then(|| Self { days, seconds: seconds.rem_euclid(DAY_SECONDS) })
    }

    fn datetime<'py>(
        &self,
        py: Python<'py>,
        micros: i64,
        zone: Option<&Bound<'py, PyTzInfo>>,
    ) -> PyResult<Bound<'py, PyDateTime>> {
        let (year, month, day) = arrownd::engine::civil(self.days);
        let (hour, minute, second) =
            ((self.seconds / 3600) as u8, (self.seconds / 60 % 60) as u8, (self.seconds % 60) as u8);
        let (month, day) = (month as u8 + 1, day as u8 + 1);
        PyDateTime::new(py, year as i32, month, day, hour, minute, second, micros as u32, zone)
    }
}

/// `datetime.timedelta`.
pub(super) struct Duration {
    unit: TimeUnit,
    check: bool,
}

impl Duration {
    pub(super) fn new(unit: TimeUnit, check: bool) -> Self {
        Self { unit, check }
    }
}

impl Make for Duration {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let ticks = i64::from_ne_bytes(bytes(data, index));
        let (seconds, micros) = split(ticks, self.unit, self.check, "datetime.timedelta")?;
        let (days, clock) = (seconds.div_euclid(DAY_SECONDS), seconds.rem_euclid(DAY_SECONDS));
        if days.abs() > 999_999_999 {
            return if self.check {
                Err(lossy(format!("a duration of {days} days"), "datetime.timedelta"))
            } else {
                Ok(py.None().into_bound(py))
            };
        }
        Ok(PyDelta::new(py, days as i32, clock as i32, micros as i32, false)?.into_any())
    }
}

/// `datetime.time`.
pub(super) struct TimeOfDay {
    unit: TimeUnit,
    check: bool,
}

impl TimeOfDay {
    pub(super) fn new(unit: TimeUnit, check: bool) -> Self {
        Self { unit, check }
    }
}

impl Make for TimeOfDay {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let ticks = match self.unit {
            TimeUnit::Second | TimeUnit::Millisecond => i64::from(i32::from_ne_bytes(bytes(data, index))),
            TimeUnit::Microsecond | TimeUnit::Nanosecond => i64::from_ne_bytes(bytes(data, index)),
        };
        let (seconds, micros) = split(ticks, self.unit, self.check, "datetime.time")?;
        if !(0..DAY_SECONDS).contains(&seconds) {
            return Err(Failure::Core(Error::InvalidArrow {
                path: String::new(),
                what: format!("a time of day of {ticks} ticks, which isn't within a day,"),
            }));
        }
        let (hour, minute, second) =
            ((seconds / 3600) as u8, (seconds / 60 % 60) as u8, (seconds % 60) as u8);
        Ok(PyTime::new(py, hour, minute, second, micros as u32, None)?.into_any())
    }
}

/// Tuples of (days, milliseconds) or (months, days, nanoseconds).
pub(super) struct Interval(pub(super) usize);

impl Make for Interval {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let part =
            |raw: &[u8], at: usize| i32::from_ne_bytes([raw[at], raw[at + 1], raw[at + 2], raw[at + 3]]);
        if self.0 == 8 {
            let raw: [u8; 8] = bytes(data, index);
            return Ok(PyTuple::new(py, [part(&raw, 0), part(&raw, 4)])?.into_any());
        }
        let raw: [u8; 16] = bytes(data, index);
        let nanoseconds =
            i64::from_ne_bytes([raw[8], raw[9], raw[10], raw[11], raw[12], raw[13], raw[14], raw[15]]);
        Ok((part(&raw, 0), part(&raw, 4), nanoseconds).into_pyobject(py)?.into_any())
    }
}
