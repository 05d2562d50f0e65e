//! Fill values: what NumPy and Python have several words for is one thing here.

use arrownd::{DType, Fill};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple};

use crate::dtypes::{self, Wanted};
use crate::errors::Outcome;

/// One fill value. What NumPy and Python have several words for is one thing here.
pub(crate) fn fill(value: &Bound<'_, PyAny>) -> Outcome<Fill> {
    let py = value.py();
    let text = || value.repr().map(|r| r.to_string()).unwrap_or_default();
    if value.is_none() {
        return Ok(Fill::Object("None".to_owned()));
    }
    let numpy = py.import("numpy")?;
    if value.is_instance_of::<PyBool>() || value.is_instance(&numpy.getattr("bool_")?)? {
        return Ok(Fill::Bool(value.is_truthy()?));
    }
    if value.is_instance(&numpy.getattr("timedelta64")?)?
        || value.is_instance(&numpy.getattr("datetime64")?)?
    {
        return temporal(value);
    }
    if value.is_instance_of::<PyInt>() || value.is_instance(&numpy.getattr("integer")?)? {
        return Ok(value.extract::<i128>().map_or_else(|_| Fill::Object(text()), Fill::Int));
    }
    if value.is_instance_of::<PyFloat>() || value.is_instance(&numpy.getattr("floating")?)? {
        return Ok(Fill::Float(value.extract()?));
    }
    // pandas' NaT is a datetime and no datetime64.
    if value.get_type().name()?.to_string_lossy() == "NaTType" {
        return Ok(Fill::Temporal { ticks: i64::MIN, resolution: None, datetime: true });
    }
    // pandas' Timestamp and Timedelta are Python's, with nanoseconds that Python's conversion drops.
    for method in ["to_datetime64", "to_timedelta64"] {
        if let Some(exact) = value.getattr_opt(method)? {
            return temporal(&exact.call0()?);
        }
    }
    let datetime = py.import("datetime")?;
    if value.is_instance(&datetime.getattr("date")?)? {
        if value.getattr_opt("tzinfo")?.is_some_and(|zone| !zone.is_none()) {
            let utc = value.call_method1("astimezone", (datetime.getattr("timezone")?.getattr("utc")?,))?;
            let kwargs = PyDict::new(py);
            kwargs.set_item("tzinfo", py.None())?;
            let naive = utc.call_method("replace", (), Some(&kwargs))?;
            return temporal(&numpy.getattr("datetime64")?.call1((naive,))?);
        }
        return temporal(&numpy.getattr("datetime64")?.call1((value,))?);
    }
    if value.is_instance(&datetime.getattr("timedelta")?)? {
        return temporal(&numpy.getattr("timedelta64")?.call1((value,))?);
    }
    if let Ok(string) = value.cast::<PyString>() {
        return Ok(string.extract::<String>().map_or_else(|_| Fill::Object(text()), Fill::Text));
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(Fill::Bytes(bytes.as_bytes().to_vec()));
    }
    if value.is_instance(&numpy.getattr("void")?)? {
        return Ok(Fill::Bytes(value.call_method0("tobytes")?.extract::<Vec<u8>>()?));
    }
    if let Some(bytes) = record(value) {
        return Ok(Fill::Bytes(bytes));
    }
    Ok(Fill::Object(text()))
}

fn temporal(value: &Bound<'_, PyAny>) -> Outcome<Fill> {
    let py = value.py();
    let dtype = value.getattr("dtype")?;
    let Wanted::Known(DType::Datetime(resolution) | DType::Timedelta(resolution)) = dtypes::parse(&dtype)?
    else {
        return Ok(Fill::Object(value.to_string()));
    };
    let datetime = dtype.getattr("kind")?.extract::<String>()? == "M";
    let ticks: i64 = value.call_method1("view", (py.import("numpy")?.getattr("int64")?,))?.extract()?;
    Ok(Fill::Temporal { ticks, resolution: resolution.filter(|_| ticks != i64::MIN), datetime })
}

/// A tuple of two or three integers as an interval's bytes.
fn record(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    let tuple = value.cast::<PyTuple>().ok()?;
    if let Ok((days, milliseconds)) = tuple.extract::<(i32, i32)>() {
        return Some([days.to_ne_bytes(), milliseconds.to_ne_bytes()].concat());
    }
    if let Ok((months, days, nanoseconds)) = tuple.extract::<(i32, i32, i64)>() {
        let mut bytes = [months.to_ne_bytes(), days.to_ne_bytes()].concat();
        bytes.extend(nanoseconds.to_ne_bytes());
        return Some(bytes);
    }
    None
}
