//! NumPy's dtype objects and the core's.

use arrownd::engine::{RecordField, RecordType};
use arrownd::{DType, Resolution, Unit};
use numpy::PyArrayDescr;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::Outcome;

/// The places that [`slot`] gives, up to bytes of [`WIDEST`].
const COMMON: usize = 25 + WIDEST + 1;
/// Longer bytes than digests are rare.
const WIDEST: usize = 64;
static DESCRIPTORS: [PyOnceLock<Py<PyArrayDescr>>; COMMON] = [const { PyOnceLock::new() }; COMMON];

/// Where the dtypes that most results have are kept.
fn slot(dtype: DType) -> Option<usize> {
    let unit = |resolution: Option<Resolution>| match resolution {
        Some(Resolution { unit, multiple: 1 }) => match unit {
            Unit::Day => Some(0),
            Unit::Second => Some(1),
            Unit::Millisecond => Some(2),
            Unit::Microsecond => Some(3),
            Unit::Nanosecond => Some(4),
            _ => None,
        },
        _ => None,
    };
    Some(match dtype {
        DType::Bool => 0,
        DType::Int8 => 1,
        DType::Int16 => 2,
        DType::Int32 => 3,
        DType::Int64 => 4,
        DType::UInt8 => 5,
        DType::UInt16 => 6,
        DType::UInt32 => 7,
        DType::UInt64 => 8,
        DType::Float16 => 9,
        DType::Float32 => 10,
        DType::Float64 => 11,
        DType::Object => 12,
        DType::IntervalDayTime => 13,
        DType::IntervalMonthDayNano => 14,
        DType::Datetime(resolution) => 15 + unit(resolution)?,
        DType::Timedelta(resolution) => 20 + unit(resolution)?,
        DType::Void(n) if n <= WIDEST => 25 + n,
        _ => return None,
    })
}

/// The dtype object.
pub(crate) fn descriptor(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyArrayDescr>> {
    let Some(slot) = slot(dtype).and_then(|slot| DESCRIPTORS.get(slot)) else { return make(py, dtype) };
    match slot.get(py) {
        Some(kept) => Ok(kept.bind(py).clone()),
        None => Ok(slot.get_or_try_init(py, || make(py, dtype).map(Bound::unbind))?.bind(py).clone()),
    }
}

fn make(py: Python<'_>, dtype: DType) -> PyResult<Bound<'_, PyArrayDescr>> {
    match dtype {
        DType::IntervalDayTime => PyArrayDescr::new(py, [("days", "i4"), ("milliseconds", "i4")].to_vec()),
        DType::IntervalMonthDayNano => {
            PyArrayDescr::new(py, [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")].to_vec())
        }
        // What is printed names no particular `na_object`.
        DType::Strings { .. } => PyArrayDescr::new(py, "T"),
        other => PyArrayDescr::new(py, other.to_string()),
    }
}

/// The dtype object of records.
pub(crate) fn record_descriptor<'py>(
    py: Python<'py>,
    record: &RecordType,
) -> PyResult<Bound<'py, PyArrayDescr>> {
    let (mut names, mut formats, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    for field in record.named() {
        let own = match &field.record {
            Some(record) => record_descriptor(py, record)?,
            None => descriptor(py, field.dtype)?,
        };
        names.push(field.name.as_str());
        offsets.push(field.offset);
        formats.push(if field.dims.is_empty() {
            own.into_any()
        } else {
            PyTuple::new(py, [own.into_any(), PyTuple::new(py, &field.dims)?.into_any()])?.into_any()
        });
    }
    let spec = PyDict::new(py);
    spec.set_item("names", names)?;
    spec.set_item("formats", formats)?;
    spec.set_item("offsets", offsets)?;
    spec.set_item("itemsize", record.itemsize)?;
    PyArrayDescr::new(py, spec)
}

/// The dtype object of a plan's result.
pub(crate) fn of_plan<'py>(py: Python<'py>, plan: &arrownd::Plan) -> PyResult<Bound<'py, PyArrayDescr>> {
    match plan.record() {
        Some(record) => record_descriptor(py, record),
        None => descriptor(py, plan.dtype().unwrap_or(DType::Object)),
    }
}

/// What the caller means by a dtype.
pub(crate) enum Wanted<'py> {
    Known(DType),
    /// Records, and the dtype object that says it.
    Record(RecordType, Bound<'py, PyArrayDescr>),
    /// NumPy has it, and nothing here makes it: its name and what to do instead.
    Unmade(String, &'static str),
}

/// Reads `dtype=`, or the dtype of an array.
pub(crate) fn parse<'py>(wanted: &Bound<'py, PyAny>) -> Outcome<Wanted<'py>> {
    let py = wanted.py();
    // NumPy's own words for a wrong dtype are the best ones.
    let dtype = py.import("numpy")?.getattr("dtype")?.call1((wanted,))?;
    let kind: String = dtype.getattr("kind")?.extract()?;
    let itemsize: usize = dtype.getattr("itemsize")?.extract()?;
    let native: bool = dtype.getattr("isnative")?.extract()?;
    let plain = dtype.getattr("names")?.is_none() && dtype.getattr("subdtype")?.is_none();
    let parsed = match (kind.as_str(), itemsize) {
        _ if !native => None,
        ("b", _) => Some(DType::Bool),
        ("i", 1) => Some(DType::Int8),
        ("i", 2) => Some(DType::Int16),
        ("i", 4) => Some(DType::Int32),
        ("i", 8) => Some(DType::Int64),
        ("u", 1) => Some(DType::UInt8),
        ("u", 2) => Some(DType::UInt16),
        ("u", 4) => Some(DType::UInt32),
        ("u", 8) => Some(DType::UInt64),
        ("f", 2) => Some(DType::Float16),
        ("f", 4) => Some(DType::Float32),
        ("f", 8) => Some(DType::Float64),
        ("c", 8) => Some(DType::Complex64),
        ("c", 16) => Some(DType::Complex128),
        ("O", _) => Some(DType::Object),
        ("M" | "m", _) => {
            let data = py.import("numpy")?.getattr("datetime_data")?.call1((&dtype,))?;
            let (unit, multiple): (String, u32) = data.cast::<PyTuple>().map_err(PyErr::from)?.extract()?;
            let resolution = Unit::parse(&unit).map(|unit| Resolution { unit, multiple });
            Some(if kind == "M" { DType::Datetime(resolution) } else { DType::Timedelta(resolution) })
        }
        ("U", n) => Some(DType::Unicode(n / 4)),
        ("S", n) => Some(DType::ByteString(n)),
        ("T", _) => Some(DType::Strings { na: dtype.getattr_opt("na_object")?.is_some() }),
        ("V", n) if plain => Some(DType::Void(n)),
        ("V", 8) if matches(py, &dtype, DType::IntervalDayTime)? => Some(DType::IntervalDayTime),
        ("V", 16) if matches(py, &dtype, DType::IntervalMonthDayNano)? => Some(DType::IntervalMonthDayNano),
        _ => None,
    };
    let fields = dtype.getattr("names")?;
    if parsed.is_none()
        && native
        && !fields.is_none()
        && let Some(record) = record_type(&dtype)?
    {
        return Ok(Wanted::Record(record, dtype.cast_into::<PyArrayDescr>().map_err(PyErr::from)?));
    }
    Ok(match parsed {
        Some(dtype) => Wanted::Known(dtype),
        None if native => {
            let text = dtype.str()?.to_string();
            Wanted::Unmade(
                text,
                "this version doesn't make that dtype; leave out dtype= or pass dtype=object",
            )
        }
        None => {
            let text = dtype.str()?.to_string();
            Wanted::Unmade(text, "convert to native byte order and use astype on the result")
        }
    })
}

/// A structured dtype; `None` where a field has a dtype that nothing here makes.
fn record_type(dtype: &Bound<'_, PyAny>) -> Outcome<Option<RecordType>> {
    let mut fields = Vec::new();
    for (place, name) in dtype.getattr("names")?.try_iter()?.enumerate() {
        let name: String = name?.extract()?;
        let entry = dtype.getattr("fields")?.get_item(&name)?;
        let (mut own, offset): (Bound<'_, PyAny>, usize) =
            (entry.get_item(0)?, entry.get_item(1)?.extract()?);
        let mut dims = Vec::new();
        let subarray = own.getattr("subdtype")?;
        if !subarray.is_none() {
            dims = subarray.get_item(1)?.extract()?;
            own = subarray.get_item(0)?;
        }
        let (dtype, record) = match parse(&own)? {
            Wanted::Known(dtype) => (dtype, None),
            Wanted::Record(record, _) => (DType::Record(record.itemsize), Some(record)),
            Wanted::Unmade(..) => return Ok(None),
        };
        fields.push(RecordField { name, offset, dtype, record, dims, place });
    }
    Ok(Some(RecordType { fields, itemsize: dtype.getattr("itemsize")?.extract()? }))
}

/// NumPy's dtype object for whatever NumPy takes as one.
pub(crate) fn object<'py>(wanted: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDescr>> {
    Ok(wanted.py().import("numpy")?.getattr("dtype")?.call1((wanted,))?.cast_into()?)
}

fn matches(py: Python<'_>, found: &Bound<'_, PyAny>, dtype: DType) -> PyResult<bool> {
    found.eq(descriptor(py, dtype)?)
}
