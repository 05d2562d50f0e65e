//! Producers whose plain arrays can be had for less than the capsules cost.
//!
//! The capsule protocol costs a producer more than the rest of a call: it exports a schema and an array, which
//! are thrown away again. pyarrow's arrays say by their class and by their buffers all that a plain view needs,
//! and Polars' series make that view themselves. These routes are for the commonest case alone, a flat array of fixed
//! width without nulls under default options. Everything else, a surprise included, is answered with `None` and
//! goes through the capsules, which give the same view (a test holds both against each other).
#![allow(unsafe_code, reason = "views are made over the producer's memory")]

use arrownd::{DType, Unit};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::dtypes::descriptor;
use crate::export;
use crate::types::TypeTable;

/// pyarrow's classes of plain arrays, with the dtype; `None` where the unit of time is the type's.
const PYARROW: [(&str, Option<DType>); 13] = [
    ("Int64Array", Some(DType::Int64)),
    ("Int32Array", Some(DType::Int32)),
    ("Int16Array", Some(DType::Int16)),
    ("Int8Array", Some(DType::Int8)),
    ("UInt64Array", Some(DType::UInt64)),
    ("UInt32Array", Some(DType::UInt32)),
    ("UInt16Array", Some(DType::UInt16)),
    ("UInt8Array", Some(DType::UInt8)),
    ("DoubleArray", Some(DType::Float64)),
    ("FloatArray", Some(DType::Float32)),
    ("HalfFloatArray", Some(DType::Float16)),
    ("TimestampArray", None),
    ("DurationArray", None),
];
const TIMESTAMPS: usize = 11;

/// What the table of types says of a type beside its place in [`PYARROW`].
const POLARS: usize = 13;
const PANDAS: usize = 14;
const OTHER: usize = 15;

static SEEN: TypeTable = TypeTable::new();

/// The read-only view that a known producer's plain array is under default options.
#[inline]
pub(crate) fn plain<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match route(object)? {
        OTHER => Ok(None),
        known => by(known, object),
    }
}

fn by<'py>(known: usize, object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    match known {
        POLARS => polars(object),
        class => match PYARROW.get(class) {
            Some((_, dtype)) => pyarrow(object, class, *dtype),
            None => Ok(None),
        },
    }
}

/// What a pandas series keeps its data in, where that is pyarrow's: its own stream is a copy of a copy of
/// objects, and takes 20 times as long.
pub(crate) fn kept_by_pandas<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = object.py();
    if route(object)? != PANDAS {
        return Ok(None);
    }
    let array = object.getattr(intern!(py, "array"))?;
    if array.get_type().name()? != "ArrowExtensionArray" {
        return Ok(None);
    }
    array.call_method0(intern!(py, "__arrow_array__")).map(Some)
}

pub(crate) fn forget(py: Python<'_>) {
    SEEN.forget(py);
}

#[inline]
fn route(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    match SEEN.get(object.get_type_ptr().addr()) {
        Some(known) => Ok(known),
        None => look(object),
    }
}

#[cold]
fn look(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    let py = object.py();
    let class = object.get_type();
    let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    // The very class, not one that is called the same or derived from it.
    let is = |module: &str, name: &str| -> PyResult<bool> {
        let Some(module) = modules.get_item(module)? else { return Ok(false) };
        Ok(module.getattr_opt(name)?.is_some_and(|known| known.is(&class)))
    };
    let name = class.name()?;
    let found = match name.to_str()? {
        "Series" if is("polars", "Series")? => POLARS,
        "Series" if is("pandas", "Series")? => PANDAS,
        name => match PYARROW.iter().position(|(known, _)| *known == name) {
            Some(place) if is("pyarrow.lib", name)? => place,
            _ => OTHER,
        },
    };
    SEEN.remember(class, found);
    Ok(found)
}

/// By the buffers of a `pyarrow.Array`: no bitmap, and as many bytes as the values need.
fn pyarrow<'py>(
    array: &Bound<'py, PyAny>,
    class: usize,
    dtype: Option<DType>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = array.py();
    let buffers = array.call_method0(intern!(py, "buffers"))?;
    let Ok(buffers) = buffers.cast_exact::<PyList>() else { return Ok(None) };
    if buffers.len() != 2 || !buffers.get_item(0)?.is_none() {
        return Ok(None);
    }
    let values = buffers.get_item(1)?;
    if values.is_none() || !values.getattr(intern!(py, "is_cpu"))?.is_truthy()? {
        return Ok(None);
    }
    let dtype = match dtype {
        Some(dtype) => dtype,
        None => {
            let unit = array.getattr(intern!(py, "type"))?.getattr(intern!(py, "unit"))?;
            let unit = match unit.cast::<PyString>()?.to_str()? {
                "s" => Unit::Second,
                "ms" => Unit::Millisecond,
                "us" => Unit::Microsecond,
                "ns" => Unit::Nanosecond,
                _ => return Ok(None),
            };
            if class == TIMESTAMPS { DType::datetime(unit) } else { DType::timedelta(unit) }
        }
    };
    let width = dtype.itemsize();
    let (len, offset) = (array.len()?, array.getattr(intern!(py, "offset"))?.extract::<usize>()?);
    let size = values.getattr(intern!(py, "size"))?.extract::<usize>()?;
    let address = values.getattr(intern!(py, "address"))?.extract::<usize>()?;
    let needed = offset.checked_add(len).and_then(|end| end.checked_mul(width));
    if len == 0 || address == 0 || needed.is_none_or(|needed| needed > size) {
        return Ok(None);
    }
    let ptr = std::ptr::with_exposed_provenance(address + offset * width);
    let descr = descriptor(py, dtype)?;
    // The array is the base, not its buffer: who exports a writable buffer would let NumPy make the view writable.
    let base = array.clone();
    // SAFETY: the array keeps its buffer, which has `size` bytes at its address, and the values stay within them.
    unsafe { export::row((ptr, len, width), descr, base) }.map(Some)
}

/// The view that Polars makes; it knows the dtypes that its memory can be viewed in, and looks past missing
/// values, also those in arrays.
fn polars<'py>(series: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = series.py();
    let own = series.getattr(intern!(py, "_s"))?;
    let view = own
        .call_method0(intern!(py, "null_count"))
        .and_then(|missing| missing.extract::<usize>())
        .and_then(|missing| match missing {
            0 => own.call_method0(intern!(py, "to_numpy_view")).map(Some),
            _ => Ok(None),
        });
    // These methods are Polars' own business: where they changed, the capsules remain.
    let Ok(Some(view)) = view else { return Ok(None) };
    let Ok(array) = view.cast_exact::<PyUntypedArray>() else { return Ok(None) };
    let plain = array.ndim() == 1 && array.len() > 0 && !export::is_writeable(array);
    Ok(plain.then_some(view))
}
