//! Producers whose plain arrays can be had for less than the capsules cost.
//!
//! The capsule protocol costs a producer more than the rest of a call: it exports a schema and an array, which
//! are thrown away again. pyarrow's arrays say by their class and by their buffers all that is needed of a flat array,
//! and Polars' series make a view of one themselves. These routes are for the commonest cases alone, flat arrays of fixed
//! width under default options. Everything else, a surprise included, is answered with `None` and
//! goes through the capsules, which give the same (a test holds both against each other).
#![allow(unsafe_code, reason = "arrays are made over the producer's memory")]

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

use arrownd::engine::{Bits, FlatType, FlatValues, Plain, PlainView};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use smallvec::SmallVec;

use crate::export;
use crate::packed;
use crate::types::TypeTable;

/// pyarrow's classes of flat arrays, with the format of Arrow's C data interface; where the unit of time is the type's,
/// without it.
const PYARROW: [(&str, &str); 16] = [
    ("Int64Array", "l"),
    ("Int32Array", "i"),
    ("Int16Array", "s"),
    ("Int8Array", "c"),
    ("UInt64Array", "L"),
    ("UInt32Array", "I"),
    ("UInt16Array", "S"),
    ("UInt8Array", "C"),
    ("DoubleArray", "g"),
    ("FloatArray", "f"),
    ("HalfFloatArray", "e"),
    ("TimestampArray", "ts"),
    ("DurationArray", "tD"),
    ("BooleanArray", "b"),
    ("Date32Array", "tdD"),
    ("Date64Array", "tdm"),
];

/// What [`SEEN`] says of a type beside its place in [`PYARROW`], as far as that is one of the first.
const POLARS: usize = 13;
const PANDAS: usize = 14;
const OTHER: usize = 15;

static SEEN: TypeTable = TypeTable::new();
/// The places in [`PYARROW`] that [`SEEN`] has no number for.
static MORE: TypeTable = TypeTable::new();

/// What there is to know of a producer.
pub(crate) enum Known<'py> {
    /// The array that its flat array becomes under default options: a read-only view, or a copy.
    Array(Bound<'py, PyAny>),
    /// The capsule of its stream, by a shorter way than its own.
    Stream(Bound<'py, PyAny>),
}

/// What is known of an object beside the capsule protocol.
#[inline]
pub(crate) fn known<'py>(object: &Bound<'py, PyAny>, allow_copy: bool) -> PyResult<Option<Known<'py>>> {
    let class = match route(object)? {
        POLARS => return polars(object).map(Some),
        PANDAS => {
            let kept = kept_by_pandas(object)?;
            let stream = intern!(object.py(), "__arrow_c_stream__");
            return kept.map(|kept| kept.call_method0(stream).map(Known::Stream)).transpose();
        }
        OTHER => match MORE.get(object.get_type_ptr().addr()) {
            Some(class) => POLARS + class,
            None => return Ok(None),
        },
        class => class,
    };
    match PYARROW.get(class) {
        Some((_, format)) => Ok(pyarrow(object, format, allow_copy)?.map(Known::Array)),
        None => Ok(None),
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
    MORE.forget(py);
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
            Some(_) if !is("pyarrow.lib", name)? => OTHER,
            Some(place) if place < POLARS => place,
            Some(place) => {
                MORE.remember(class.clone(), place - POLARS);
                OTHER
            }
            None => OTHER,
        },
    };
    SEEN.remember(class, found);
    Ok(found)
}

/// By the buffers of a `pyarrow.Array`, which have as many bytes as the values need.
fn pyarrow<'py>(
    array: &Bound<'py, PyAny>,
    format: &str,
    allow_copy: bool,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = array.py();
    let buffers = array.call_method0(intern!(py, "buffers"))?;
    let Ok(buffers) = buffers.cast_exact::<PyList>() else { return Ok(None) };
    if buffers.len() != 2 {
        return Ok(None);
    }
    let (bitmap, values) = (buffers.get_item(0)?, buffers.get_item(1)?);
    let Some(of) = flat_type(array, format)? else { return Ok(None) };
    let (len, offset) = (array.len()?, array.getattr(intern!(py, "offset"))?.extract::<usize>()?);
    let (Some((first, size)), Some(end)) = (memory(&values), offset.checked_add(len)) else {
        return Ok(None);
    };
    if len == 0 || end.checked_mul(of.width()).is_none_or(|needed| needed > size) {
        return Ok(None);
    }
    // The array is the base, not its buffer: who exports a writable buffer would let NumPy make the view writable.
    let base = || array.clone();
    if let (true, Some(dtype)) = (bitmap.is_none(), of.viewed()) {
        // SAFETY: so many bytes are there.
        let ptr = unsafe { first.add(offset * of.width()) };
        let view = PlainView { ptr, len, trailing: SmallVec::new(), dtype, width: of.width() };
        // SAFETY: the array keeps its buffer, and the values stay within it.
        return unsafe { packed::view(&view, base()) }.map(Some);
    }
    // SAFETY: the buffer has so many bytes, which the array keeps during the call.
    let bytes = unsafe { std::slice::from_raw_parts(first, size) };
    let values = match of.width() {
        0 => Bits::new(bytes, offset, len).map(FlatValues::Bits),
        width => bytes.get(offset * width..end * width).map(FlatValues::Bytes),
    };
    let validity = if bitmap.is_none() {
        None
    } else {
        let Some((first, size)) = memory(&bitmap) else { return Ok(None) };
        // SAFETY: as above.
        let bytes = unsafe { std::slice::from_raw_parts(first, size) };
        let Some(bits) = Bits::new(bytes, offset, len) else { return Ok(None) };
        Some(bits)
    };
    match values.and_then(|values| of.array(len, values, validity)) {
        // SAFETY: as above.
        Some(Plain::View(view)) => unsafe { packed::view(&view, base()) }.map(Some),
        Some(Plain::Copy(flat)) if allow_copy => packed::copy(py, &flat),
        _ => Ok(None),
    }
}

/// What Arrow says of the type of an array.
fn flat_type(array: &Bound<'_, PyAny>, format: &str) -> PyResult<Option<&'static FlatType>> {
    let (dates, py) = (format == "ts", array.py());
    if !dates && format != "tD" {
        return Ok(FlatType::of(format));
    }
    let unit = array.getattr(intern!(py, "type"))?.getattr(intern!(py, "unit"))?;
    let format = match (unit.cast::<PyString>()?.to_str()?, dates) {
        ("s", true) => "tss:",
        ("ms", true) => "tsm:",
        ("us", true) => "tsu:",
        ("ns", true) => "tsn:",
        ("s", false) => "tDs",
        ("ms", false) => "tDm",
        ("us", false) => "tDu",
        ("ns", false) => "tDn",
        _ => return Ok(None),
    };
    Ok(FlatType::of(format))
}

/// Where a `pyarrow.Buffer` lies, and how many bytes it has; `None` for memory that isn't the CPU's.
fn memory(buffer: &Bound<'_, PyAny>) -> Option<(*const u8, usize)> {
    if buffer.is_none() {
        return None;
    }
    let mut exported = MaybeUninit::<ffi::Py_buffer>::uninit();
    // Three attributes at the price of half of one.
    // SAFETY: a valid object, and a struct to be filled in.
    let failed =
        unsafe { ffi::PyObject_GetBuffer(buffer.as_ptr(), exported.as_mut_ptr(), ffi::PyBUF_SIMPLE) };
    if failed != 0 {
        drop(PyErr::take(buffer.py()));
        return None;
    }
    // SAFETY: it was filled in.
    let mut exported = unsafe { exported.assume_init() };
    let (address, size) = (exported.buf.cast_const().cast::<u8>(), exported.len);
    // SAFETY: given back once. The memory stays where it is as long as the object lives.
    unsafe { ffi::PyBuffer_Release(&raw mut exported) };
    let size = usize::try_from(size).ok()?;
    (!address.is_null()).then_some((address, size))
}

/// Whether a Polars series of arrays was seen: only of these may values be missing that the series doesn't count.
static ARRAYS: AtomicBool = AtomicBool::new(false);

/// The view that Polars makes of a series; it knows the dtypes that its memory can be viewed in.
///
/// These methods are Polars' own business: where they changed, the capsules remain.
fn polars<'py>(series: &Bound<'py, PyAny>) -> PyResult<Known<'py>> {
    let py = series.py();
    let own = series.getattr(intern!(py, "_s"))?;
    let missing = own.call_method0(intern!(py, "null_count")).and_then(|missing| missing.extract::<usize>());
    if missing.is_ok_and(|missing| missing == 0)
        && let Some(view) = view_by_polars(&own)
    {
        return Ok(Known::Array(view));
    }
    let stream = intern!(py, "__arrow_c_stream__");
    own.call_method0(stream).or_else(|_| series.call_method0(stream)).map(Known::Stream)
}

fn view_by_polars<'py>(own: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let py = own.py();
    let dimensions = |view: &Bound<'py, PyAny>| -> Option<usize> {
        let array = view.cast_exact::<PyUntypedArray>().ok()?;
        (array.len() > 0 && !export::is_writeable(array)).then(|| array.ndim())
    };
    if !ARRAYS.load(Ordering::Relaxed) {
        let view = own.call_method0(intern!(py, "to_numpy_view")).ok()?;
        if dimensions(&view)? == 1 {
            return Some(view);
        }
        ARRAYS.store(true, Ordering::Relaxed);
    }
    // The view above looks past what is missing in arrays; this one refuses, at the price of an exception.
    let (writable, allow_copy) = (false, false);
    let view = own.call_method1(intern!(py, "to_numpy"), (writable, allow_copy)).ok()?;
    dimensions(&view).map(|_| view)
}
