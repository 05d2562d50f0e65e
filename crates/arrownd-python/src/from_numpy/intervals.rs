//! Records that are Arrow's intervals of days and milliseconds, or of months, days and nanoseconds.

use arrow_schema::IntervalUnit;
use arrownd::{DType, Error, Reason};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::input::field_of;
use super::masks::Masks;
use crate::dtypes::descriptor;
use crate::errors::Outcome;

/// The parts of an interval, with their bytes.
fn parts(dtype: DType) -> &'static [(&'static str, usize)] {
    match dtype {
        DType::IntervalDayTime => &[("days", 4), ("milliseconds", 4)],
        _ => &[("months", 4), ("days", 4), ("nanoseconds", 8)],
    }
}

/// The dtype of records that have the parts of an interval, in whatever order of bytes and with whatever between
/// them.
pub(super) fn dtype(descr: &Bound<'_, PyArrayDescr>, unit: IntervalUnit) -> PyResult<Option<DType>> {
    let dtype = match unit {
        IntervalUnit::DayTime => DType::IntervalDayTime,
        IntervalUnit::MonthDayNano => DType::IntervalMonthDayNano,
        IntervalUnit::YearMonth => return Ok(None),
    };
    let parts = parts(dtype);
    let names = descr.names().unwrap_or_default();
    if names.len() != parts.len() {
        return Ok(None);
    }
    for (name, size) in parts {
        if !names.iter().any(|own| own == name) {
            return Ok(None);
        }
        let (part, _) = descr.get_field(name)?;
        if part.kind() != b'i' || part.itemsize() != *size {
            return Ok(None);
        }
    }
    Ok(Some(dtype))
}

/// The records as Arrow has intervals, and why they had to be copied for that.
pub(super) fn packed<'py>(
    array: &Bound<'py, PyUntypedArray>,
    dtype: DType,
) -> Outcome<(Bound<'py, PyUntypedArray>, Vec<Reason>)> {
    let (found, wanted) = (array.dtype(), descriptor(array.py(), dtype)?);
    if found.eq(&wanted)? {
        return Ok((array.clone(), Vec::new()));
    }
    let (mut offset, mut reasons) = (0, Vec::new());
    let mut swapped = false;
    let mut apart = found.itemsize() != wanted.itemsize();
    for (name, size) in parts(dtype) {
        let (part, at) = found.get_field(name)?;
        swapped |= part.is_native_byteorder() == Some(false);
        apart |= at != offset;
        offset += size;
    }
    // Names and sizes are the same, so one of both is true.
    if apart || !swapped {
        reasons.push(Reason::Strided);
    }
    if swapped {
        reasons.push(Reason::ByteOrder);
    }
    // Part by part: NumPy assigns the fields of records by position.
    let new = array.py().import("numpy")?.call_method1("empty", (array.getattr("shape")?, &wanted))?;
    for (name, _) in parts(dtype) {
        new.set_item(name, field_of(array, name)?)?;
    }
    Ok((new.cast_into::<PyUntypedArray>().map_err(PyErr::from)?, reasons))
}

/// The mask of intervals whose parts are masked one by one: all of them or none.
pub(super) fn mask(masks: Masks<'_>, dtype: DType) -> Outcome<Masks<'_>> {
    let mut whole = Masks::new();
    for mask in masks {
        let (mut any, mut all) = (None, None);
        for (name, _) in parts(dtype) {
            let part = field_of(&mask, name)?;
            let numpy = part.py().import("numpy")?;
            any = Some(match any {
                None => part.clone().into_any(),
                Some(any) => numpy.call_method1("logical_or", (any, &part))?,
            });
            all = Some(match all {
                None => part.into_any(),
                Some(all) => numpy.call_method1("logical_and", (all, part))?,
            });
        }
        let (Some(any), Some(all)) = (any, all) else { continue };
        let differs = mask.py().import("numpy")?.call_method1("array_equal", (&any, &all))?;
        if !differs.is_truthy()? {
            return Err(Error::BadValue(
                "an interval is masked in part, and is missing as a whole or not at all: mask all of its fields"
                    .to_owned(),
            )
            .into());
        }
        whole.push(any.cast_into::<PyUntypedArray>().map_err(PyErr::from)?);
    }
    Ok(whole)
}
