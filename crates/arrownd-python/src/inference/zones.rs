//! The time zones of datetimes: one for all, or none.

use std::sync::Arc;

use arrow_schema::DataType;
use pyo3::prelude::*;
use pyo3::types::{PyDelta, PyString, PyTzInfo};

use super::column::{Column, changed};
use super::times::duration;
use crate::errors::Outcome;

const MINUTE: i64 = 60_000_000;

/// The zone of a column.
pub(super) struct Zones<'a, 'c, 'py> {
    column: &'a Column<'c, 'py>,
    /// A type with a zone was asked for: those of the values may differ, as a moment is the same in each.
    zoned: bool,
    /// That of the first value, and where it is; `None` in it for a naive one.
    first: Option<(usize, Option<Arc<str>>)>,
    last: Option<Last<'py>>,
}

/// The zone of the last value.
struct Last<'py> {
    zone: Bound<'py, PyTzInfo>,
    name: Option<Arc<str>>,
    /// Where it is the same for all moments.
    offset: Option<i64>,
}

impl<'a, 'c, 'py> Zones<'a, 'c, 'py> {
    pub(super) fn new(column: &'a Column<'c, 'py>) -> Self {
        let zoned = matches!(column.wanted_type(), Some(DataType::Timestamp(_, Some(_))));
        Self { column, zoned, first: None, last: None }
    }

    /// How many microseconds a datetime is ahead of UTC.
    pub(super) fn offset(
        &mut self,
        at: usize,
        moment: &Bound<'py, PyAny>,
        zone: Option<&Bound<'py, PyTzInfo>>,
    ) -> Outcome<i64> {
        let Some(zone) = zone else {
            self.agree(at, None)?;
            return Ok(0);
        };
        if let Some(last) = &self.last
            && last.zone.is(zone)
            && let (Some(offset), Some(name)) = (last.offset, last.name.clone())
        {
            self.agree(at, Some(name))?;
            return Ok(offset);
        }
        let offset = moment.call_method0("utcoffset")?;
        if offset.is_none() {
            // Python's own definition of a naive datetime.
            self.agree(at, None)?;
            return Ok(0);
        }
        let offset = offset.cast::<PyDelta>().map_err(PyErr::from)?;
        let offset = duration(offset).ok_or_else(|| changed(self.column.place, at))?;
        let named = match &self.last {
            Some(last) if last.zone.is(zone) => last.name.clone(),
            _ => {
                let name = name(zone)?;
                let fixed = zone.get_type().is(&zone.py().import("datetime")?.getattr("timezone")?);
                let of_all = fixed.then_some(offset);
                let name = name.or_else(|| fixed.then(|| text(offset)).flatten());
                self.last = Some(Last { zone: zone.clone(), name: name.clone(), offset: of_all });
                name
            }
        };
        let Some(name) = named.or_else(|| text(offset)) else {
            return Err(self.column.place.unsupported(
                format!(
                    "a datetime with an offset of {offset} microseconds at {}",
                    self.column.place.name(at)
                ),
                "a timestamp with a zone",
                "Arrow's offsets are minutes: pass datetime.astimezone(timezone.utc)",
            ));
        };
        self.agree(at, Some(name))?;
        Ok(offset)
    }

    /// Fails where a zone isn't that of the first value.
    fn agree(&mut self, at: usize, name: Option<Arc<str>>) -> Outcome<()> {
        if self.zoned && name.is_none() && self.column.request.safe {
            return Err(self.column.place.unsupported(
                format!("a datetime without a zone at {}", self.column.place.name(at)),
                "a timestamp with a zone",
                "give it one with replace(tzinfo=...), or pass safe=False to take it for UTC",
            ));
        }
        let Some((first, known)) = &self.first else {
            self.first = Some((at, name));
            return Ok(());
        };
        if *known == name || self.zoned && (known.is_some() && name.is_some() || !self.column.request.safe) {
            return Ok(());
        }
        let shown = |name: &Option<Arc<str>>| match name {
            Some(name) => format!("datetime in {name}"),
            None => "datetime without a zone".to_owned(),
        };
        let remedy = if known.is_some() && name.is_some() {
            "pass type=\"timestamp[us, UTC]\" for the same moments in one zone"
        } else {
            "give all of them a zone, or none"
        };
        Err(self.column.place.mixed((*first, &shown(known)), (at, &shown(&name)), remedy))
    }

    /// The zone of the column.
    pub(super) fn name(&self) -> Option<Arc<str>> {
        let (_, found) = self.first.as_ref()?;
        match self.column.wanted_type() {
            Some(DataType::Timestamp(_, Some(wanted))) => Some(wanted.clone()),
            _ => found.clone(),
        }
    }
}

/// The name that a zone has: `zoneinfo`'s `key`, pytz' `zone`, or UTC itself.
fn name(zone: &Bound<'_, PyTzInfo>) -> PyResult<Option<Arc<str>>> {
    if zone.is(&*PyTzInfo::utc(zone.py())?) {
        return Ok(Some("UTC".into()));
    }
    for attribute in ["key", "zone"] {
        if let Some(name) = zone.getattr_opt(attribute)?
            && let Ok(name) = name.cast::<PyString>()
        {
            return Ok(Some(name.to_cow()?.as_ref().into()));
        }
    }
    // dateutil's.
    Ok((zone.get_type().name()? == "tzutc").then(|| "UTC".into()))
}

/// An offset as Arrow writes it; None where it isn't whole minutes.
fn text(offset: i64) -> Option<Arc<str>> {
    let minutes = (offset % MINUTE == 0).then_some(offset / MINUTE)?;
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    Some(format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60).into())
}
