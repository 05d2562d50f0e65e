//! str, bytes and UUID.
#![allow(unsafe_code, reason = "reads CPython's strings where they lie")]

use std::collections::HashMap;

use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::Error;
use arrownd::engine::dense::{Cells, Made, OctetsBuilder, no_character};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use super::build;
use super::column::{Column, Objects};
use super::short;
use super::snapshot::{Elements, Source, none};
use crate::errors::{Failure, Outcome};
use crate::kept::NumpyMemory;

/// As many batches are read one by one after one that wasn't all short.
const REST: usize = 7;
/// What a text is taken to have, before the first is read.
const GUESS: usize = 16;

/// The text or the bytes of an array that holds nothing else than str, or bytes, and markers of what is missing; None
/// for another. One pass, which runs no Python code: so it needs no references.
pub(super) fn straight(
    py: Python<'_>,
    elements: &Elements<'_>,
    wanted: Option<&DataType>,
) -> Outcome<Option<Made>> {
    let markers = markers(py)?;
    let count = elements.count();
    let mut memory = NumpyMemory;
    let mut out = OctetsBuilder::new(count, count.saturating_mul(GUESS), &mut memory)?.laid_out_as(wanted)?;
    let mut valid: Option<BooleanBufferBuilder> = None;
    let mut is_text = None;
    let mut failed = None;
    let mut resting = 0;
    let read = |first: usize, objects: &[usize]| {
        if resting > 0 {
            resting -= 1;
        } else if let (Some(batch), true) = (objects.first_chunk(), is_text != Some(false)) {
            // SAFETY: the array has references to them, and nothing runs that could give these up.
            match unsafe { short::push(&mut out, batch) } {
                Ok(Some(there)) => {
                    if there != short::ALL {
                        valid.get_or_insert_with(|| before(count, first));
                    }
                    if let Some(valid) = &mut valid {
                        valid.append_packed_range(0..short::BATCH, &there.to_le_bytes());
                    }
                    is_text = if there == 0 { is_text } else { Some(true) };
                    return Some(());
                }
                // There is nothing before the first.
                Ok(None) => resting = if first == 0 { 0 } else { REST },
                Err(error) => {
                    failed = Some(error);
                    return None;
                }
            }
        }
        for (at, address) in (first..).zip(objects) {
            let pushed = match std::ptr::with_exposed_provenance_mut::<ffi::PyObject>(*address) {
                object if object.is_null() => {
                    valid.get_or_insert_with(|| before(count, at)).append(false);
                    out.push_nothing()
                }
                object if is_str(object) => {
                    if is_text.replace(true) == Some(false) {
                        return None;
                    }
                    if let Some(valid) = &mut valid {
                        valid.append(true);
                    }
                    // SAFETY: the array has a reference to it, and nothing runs that could give it up.
                    unsafe { push(&mut out, object, at) }
                }
                // SAFETY: as above.
                object if unsafe { ffi::PyBytes_Check(object) } != 0 => {
                    if is_text.replace(false) == Some(true) {
                        return None;
                    }
                    if let Some(valid) = &mut valid {
                        valid.append(true);
                    }
                    // SAFETY: as above.
                    out.push(unsafe { bytes_of(object) })
                }
                object if !markers.contains(&object) && !is_nan(object) => return None,
                _ => {
                    valid.get_or_insert_with(|| before(count, at)).append(false);
                    out.push_nothing()
                }
            };
            pushed.map_err(|error| failed = Some(error)).ok()?;
        }
        Some(())
    };
    let all = short::batches(elements, read);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let (true, Some(is_text)) = (all, is_text) else { return Ok(None) };
    let nulls = valid.map(|mut valid| NullBuffer::new(valid.finish()));
    // SAFETY: `push` appends UTF-8.
    Ok(Some(unsafe { out.finish(is_text, nulls) }?))
}

/// Whether an object that the array has a reference to is a str, or of a class that is made of one.
#[inline(always)]
fn is_str(object: *mut ffi::PyObject) -> bool {
    // SAFETY: an object.
    let exact = unsafe { ffi::PyUnicode_CheckExact(object) } != 0;
    // SAFETY: as above.
    exact || unsafe { ffi::PyUnicode_Check(object) } != 0
}

/// The bytes of a bytes object.
///
/// # Safety
/// `object` is one, and stays for as long as they are read.
unsafe fn bytes_of<'a>(object: *mut ffi::PyObject) -> &'a [u8] {
    // SAFETY: bytes by the caller's promise.
    let len = unsafe { ffi::PyBytes_Size(object) } as usize;
    // SAFETY: as above.
    let data = unsafe { ffi::PyBytes_AsString(object) };
    // SAFETY: as many bytes, which nobody changes.
    unsafe { std::slice::from_raw_parts(data.cast::<u8>().cast_const(), len) }
}

/// Bytes of one length where that is wanted, read as [`straight`] reads; None for anything else.
pub(super) fn straight_fixed(py: Python<'_>, elements: &Elements<'_>, width: usize) -> Outcome<Option<Made>> {
    let markers = markers(py)?;
    let count = elements.count();
    let mut flat = room(count, width)?;
    let mut valid = BooleanBufferBuilder::new(count);
    let mut found = false;
    let all = elements.each(|_, object| {
        let object = object.filter(|object| !std::ptr::eq(*object, none()));
        let there = match object {
            // SAFETY: the array has a reference to it, and nothing runs that could give it up.
            Some(object) if unsafe { ffi::PyBytes_Check(object) } != 0 => {
                // SAFETY: as above.
                let bytes = unsafe { bytes_of(object) };
                if bytes.len() != width {
                    return None;
                }
                flat.extend_from_slice(bytes);
                found = true;
                true
            }
            Some(object) if !markers.contains(&object) && !is_nan(object) => return None,
            _ => {
                flat.resize(flat.len() + width, 0);
                false
            }
        };
        valid.append(there);
        Some(())
    });
    if !all || !found {
        return Ok(None);
    }
    Ok(Some(fixed(count, width, flat, Some(NullBuffer::new(valid.finish())))?))
}

/// Values of `width` bytes each.
pub(super) fn fixed(count: usize, width: usize, flat: Vec<u8>, nulls: Option<NullBuffer>) -> Outcome<Made> {
    let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
    let builder =
        ArrayData::builder(DataType::Null).len(count).nulls(nulls).add_buffer(Buffer::from_vec(flat));
    build(builder, Field::new("", DataType::FixedSizeBinary(width as i32), true))
}

/// `S` cells without the NULs at their end, where each that is there has `width` bytes then; None for others.
pub(super) fn fixed_cells(
    cells: Cells<'_>,
    nulls: Option<&NullBuffer>,
    width: usize,
) -> arrownd::Result<Option<Vec<u8>>> {
    let mut flat = room(cells.count(), width)?;
    let done = cells.each(|at, cell| {
        if nulls.is_some_and(|nulls| nulls.is_null(at)) {
            flat.resize(flat.len() + width, 0);
            return Ok(());
        }
        let (value, rest) = cell.split_at_checked(width).ok_or(())?;
        let ends = value.last().is_none_or(|last| *last != 0) && rest.iter().all(|byte| *byte == 0);
        flat.extend_from_slice(value);
        if ends { Ok(()) } else { Err(()) }
    });
    Ok(done.is_ok().then_some(flat))
}

/// Memory for values of so many bytes each.
fn room(count: usize, width: usize) -> arrownd::Result<Vec<u8>> {
    let mut room = Vec::new();
    let reserved = room.try_reserve_exact(count.saturating_mul(width));
    reserved
        .map_err(|why| Error::BadValue(format!("no memory for {count} values of {width} bytes: {why}")))?;
    Ok(room)
}

/// Validity of `count` values, of which the first `at` are there.
#[cold]
fn before(count: usize, at: usize) -> BooleanBufferBuilder {
    let mut valid = BooleanBufferBuilder::new(count);
    valid.append_n(at, true);
    valid
}

/// `pandas.NA` and `pandas.NaT`, where there is a pandas.
fn markers(py: Python<'_>) -> PyResult<Vec<*mut ffi::PyObject>> {
    let modules = py.import("sys")?.getattr("modules")?;
    let pandas = modules.call_method1("get", ("pandas",))?;
    let mut markers = Vec::new();
    for name in ["NA", "NaT"] {
        if let Some(marker) = pandas.getattr_opt(name)? {
            markers.push(marker.as_ptr());
        }
    }
    Ok(markers)
}

fn is_nan(object: *mut ffi::PyObject) -> bool {
    // SAFETY: an object that the array has a reference to.
    if unsafe { ffi::PyFloat_CheckExact(object) } == 0 {
        return false;
    }
    // SAFETY: a float.
    unsafe { ffi::PyFloat_AsDouble(object) }.is_nan()
}

/// Whether all bytes are ASCII, in few steps for few bytes.
#[inline(always)]
fn is_ascii(bytes: &[u8]) -> bool {
    match (bytes.len(), bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (8..=16, Some(first), Some(last)) => {
            (u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last)) & 0x8080_8080_8080_8080 == 0
        }
        (0..8, ..) => bytes.iter().fold(0, |all, byte| all | byte) < 0x80,
        _ => bytes.is_ascii(),
    }
}

/// Appends the text of a str.
///
/// # Safety
/// `object` is a str, and stays for the call.
#[inline(always)]
unsafe fn push(out: &mut OctetsBuilder<'_>, object: *mut ffi::PyObject, at: usize) -> arrownd::Result<()> {
    // SAFETY: a str by the caller's promise.
    if unsafe { ffi::PyUnicode_READY(object) } != 0 {
        return Err(Error::BadValue("no memory for a str".to_owned()));
    }
    // SAFETY: a str that is ready.
    let count = unsafe { ffi::PyUnicode_GET_LENGTH(object) } as usize;
    // SAFETY: as above.
    let data = unsafe { ffi::PyUnicode_DATA(object) };
    // SAFETY: as above.
    let wrong = match unsafe { ffi::PyUnicode_KIND(object) } {
        ffi::PyUnicode_1BYTE_KIND => {
            // SAFETY: as many characters of one byte.
            let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), count) };
            if is_ascii(bytes) {
                return out.push(bytes);
            }
            out.push_codes(count, bytes.iter().map(|byte| u32::from(*byte)))?
        }
        ffi::PyUnicode_2BYTE_KIND => {
            // SAFETY: as many characters of two bytes.
            let units = unsafe { std::slice::from_raw_parts(data.cast::<u16>(), count) };
            out.push_codes(count, units.iter().map(|unit| u32::from(*unit)))?
        }
        _ => {
            // SAFETY: as many characters of four bytes.
            let codes = unsafe { std::slice::from_raw_parts(data.cast::<u32>(), count) };
            out.push_codes(count, codes.iter().copied())?
        }
    };
    match wrong {
        None => Ok(()),
        Some(code) => Err(no_character(code, at)),
    }
}

/// str and its subclasses: utf8.
pub(super) fn texts<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let count = column.len;
    let mut memory = NumpyMemory;
    let mut out = OctetsBuilder::new(count, count.saturating_mul(GUESS), &mut memory)?;
    out = out.laid_out_as(column.wanted_type())?;
    for (at, object) in objects.iter().enumerate() {
        let pushed = match object {
            Some(object) => {
                let text = object.cast::<PyString>().map_err(PyErr::from)?;
                // SAFETY: a str, held for the call.
                unsafe { push(&mut out, text.as_ptr(), at) }
            }
            None => out.push_nothing(),
        };
        pushed.map_err(|error| column.place.moved(Failure::Core(error), 0))?;
    }
    // SAFETY: `push` appends UTF-8.
    Ok(unsafe { out.finish(true, column.nulls.clone()) }?)
}

/// bytes, bytearray and memoryview: binary, or `fixed_size_binary` where that was asked for.
pub(super) fn bytes<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let count = column.len;
    let fixed = match column.wanted_type() {
        Some(DataType::FixedSizeBinary(width)) => Some(*width as usize),
        _ => None,
    };
    let mut memory = NumpyMemory;
    let guess = if fixed.is_some() { 0 } else { count.saturating_mul(GUESS) };
    let mut out = OctetsBuilder::new(count, guess, &mut memory)?.laid_out_as(column.wanted_type())?;
    let mut flat = room(count, fixed.unwrap_or(0))?;
    for (at, object) in objects.iter().enumerate() {
        let Some(object) = object else {
            flat.extend(std::iter::repeat_n(0, fixed.unwrap_or(0)));
            out.push_nothing()?;
            continue;
        };
        let copy;
        let own;
        let value = if let Ok(bytes) = object.cast::<PyBytes>() {
            bytes.as_bytes()
        } else if let Ok(bytes) = object.cast::<PyByteArray>() {
            copy = bytes.to_vec();
            copy.as_slice()
        } else {
            own = object.call_method0("tobytes")?.cast_into::<PyBytes>().map_err(PyErr::from)?;
            own.as_bytes()
        };
        match fixed {
            Some(width) if value.len() == width => {
                flat.extend_from_slice(value);
                out.push_nothing()?;
            }
            Some(width) => {
                let value = format!("bytes of length {}", value.len());
                let to = format!("fixed_size_binary[{width}]");
                return Err(column.place.lossy(at, value, to, "pass type=\"binary\", or none"));
            }
            None => out.push(value)?,
        }
    }
    if let Some(width) = fixed {
        let builder = ArrayData::builder(DataType::Null).len(count).nulls(column.nulls.clone());
        let field = Field::new("", DataType::FixedSizeBinary(width as i32), true);
        return build(builder.add_buffer(Buffer::from_vec(flat)), field);
    }
    // SAFETY: no text.
    Ok(unsafe { out.finish(false, column.nulls.clone()) }?)
}

/// UUID: `arrow.uuid`.
pub(super) fn uuids<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let values: Vec<[u8; 16]> = column.map(objects, |_, object| Ok(object.getattr("bytes")?.extract()?))?;
    let builder = ArrayData::builder(DataType::Null).len(values.len()).nulls(column.nulls.clone());
    let extension = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.uuid".to_owned())]);
    let field = Field::new("", DataType::FixedSizeBinary(16), true).with_metadata(extension);
    build(builder.add_buffer(Buffer::from_vec(values.into_flattened())), field)
}
