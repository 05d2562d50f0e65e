//! str and bytes: made by CPython's own functions, from memory that is looked at once.
#![allow(unsafe_code, reason = "CPython's new strings are filled through pointers")]

use std::os::raw::c_char;

use arrownd::Error;
use arrownd::engine::{Data, Element, Visit, is_ascii, is_utf8};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::repeated::Repeated;
use super::{Make, empty, held, put};
use crate::errors::{Failure, Outcome};

/// Writes str or bytes. The producer's UTF-8 is checked here, where it is handed out.
pub(super) fn octets<'py>(py: Python<'py>, visit: &mut Visit<'_>, fill: &Bound<'py, PyAny>) -> Outcome<()> {
    let text = matches!(visit.step.element, Element::Varlen { text: true });
    let mut repeated = Repeated::new(visit.run.len());
    let mut bounds = [0; 65];
    for at in (0..visit.run.len()).step_by(64) {
        let len = (visit.run.len() - at).min(64);
        if let Some(values) = visit.row(at, &mut bounds) {
            let bounds = bounds.get(..=len).unwrap_or_default();
            let whole = bounds.first().zip(bounds.last()).and_then(|(a, b)| values.get(*a..*b));
            let ascii = text && whole.is_some_and(is_ascii);
            // Otherwise the way below finds what is to blame.
            if !text || ascii || is_utf8(values, bounds) {
                let own = pairs(bounds).map(|(a, b)| values.get(a..b).unwrap_or_default());
                if let Some(places) = empty(&mut visit.run, at, len) {
                    put_each(py, places, own, (text, ascii), &mut repeated)?;
                } else {
                    for (i, value) in own.enumerate() {
                        put(&mut visit.run, at + i, make(py, value, (text, ascii), &mut repeated)?);
                    }
                }
                continue;
            }
        }
        if let Some(row) = visit.view_row(at)
            && (!text || row.is_ascii())
            && let Some(places) = empty(&mut visit.run, at, len)
        {
            put_each(py, places, row.each(), (text, text), &mut repeated)?;
            continue;
        }
        let block = visit.block(at);
        let octets = visit.octets(&block);
        let ascii = text && octets.is_ascii();
        if text
            && !ascii
            && let Some((i, why)) = octets.not_utf8()
        {
            return Err(Failure::Core(visit.invalid_text(at + i, why)));
        }
        for (i, value) in octets.each().iter().take(block.len).enumerate() {
            let object = if block.valid >> i & 1 == 0 {
                fill.clone()
            } else {
                make(py, value, (text, ascii), &mut repeated)?
            };
            put(&mut visit.run, at + i, object);
        }
    }
    Ok(())
}

/// Where each of the values that follow each other begins and ends.
#[inline(always)]
pub(crate) fn pairs(bounds: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    bounds.iter().copied().zip(bounds.iter().copied().skip(1))
}

/// Puts the objects of values into places that have none: loops of their own for what comes most.
#[inline(always)]
fn put_each<'v, 'py>(
    py: Python<'py>,
    places: &mut [usize],
    values: impl Iterator<Item = &'v [u8]>,
    (text, of_ascii): (bool, bool),
    repeated: &mut Repeated<'v, 'py>,
) -> PyResult<()> {
    let both = places.iter_mut().zip(values);
    match (repeated.is_off(), text, of_ascii) {
        (true, false, _) => both.for_each(|(place, value)| *place = held(PyBytes::new(py, value).into_any())),
        (true, true, true) => {
            for (place, value) in both {
                *place = held(ascii(py, value)?);
            }
        }
        _ => {
            for (place, value) in both {
                *place = held(make(py, value, (text, of_ascii), repeated)?);
            }
        }
    }
    Ok(())
}

/// The object of a value: of text it is known that it is UTF-8, and perhaps that it is ASCII.
#[inline(always)]
fn make<'v, 'py>(
    py: Python<'py>,
    value: &'v [u8],
    (text, ascii): (bool, bool),
    repeated: &mut Repeated<'v, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let make = || {
        if !text {
            Ok(PyBytes::new(py, value).into_any())
        } else if ascii || value.is_ascii() {
            self::ascii(py, value)
        } else {
            // SAFETY: the caller's text was found to be UTF-8.
            wide(py, unsafe { std::str::from_utf8_unchecked(value) })
        }
    };
    if repeated.is_off() { make() } else { repeated.get(value, make) }
}

/// One str.
pub(super) struct Text;

impl Make for Text {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let value = data.bytes(index);
        if value.is_ascii() {
            return Ok(ascii(py, value)?);
        }
        match std::str::from_utf8(value) {
            Ok(text) => Ok(wide(py, text)?),
            Err(error) => Err(Failure::Core(Error::InvalidArrow {
                path: String::new(),
                what: format!("text that isn't UTF-8 ({error})"),
            })),
        }
    }
}

/// One bytes.
pub(super) struct Binary;

impl Make for Binary {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        Ok(PyBytes::new(py, data.bytes(index)).into_any())
    }
}

/// A str of ASCII.
#[inline]
fn ascii<'py>(py: Python<'py>, value: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // Python keeps those of one character.
    if value.len() < 2 {
        // SAFETY: a pointer to as many bytes; they are UTF-8.
        let object = unsafe {
            ffi::PyUnicode_FromStringAndSize(value.as_ptr().cast::<c_char>(), value.len() as ffi::Py_ssize_t)
        };
        // SAFETY: a new reference, or null with an exception set.
        return unsafe { Bound::from_owned_ptr_or_err(py, object) };
    }
    let (object, memory) = new_string::<u8>(py, value.len(), 0x7f)?;
    // SAFETY: the new string has room for as many characters of one byte, and nobody else has it.
    unsafe { memory.copy_from_nonoverlapping(value.as_ptr(), value.len()) };
    Ok(object)
}

/// A str of more than ASCII.
fn wide<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    // Short text is decoded once: how wide its characters are is known after that.
    let mut codes = [0u32; 64];
    if text.len() <= codes.len() {
        let (mut count, mut all) = (0, 0);
        for (to, character) in codes.iter_mut().zip(text.chars()) {
            *to = character.into();
            all |= *to;
            count += 1;
        }
        let codes = codes.get(..count).unwrap_or_default();
        return match all {
            0x1_0000.. => fill(py, codes.iter().copied(), count, 0x0010_ffff),
            0x100.. => fill(py, codes.iter().map(|code| *code as u16), count, 0xffff),
            _ => fill(py, codes.iter().map(|code| *code as u8), count, 0xff),
        };
    }
    let (mut count, mut most) = (0, 0);
    for byte in text.bytes() {
        count += usize::from(byte & 0xc0 != 0x80);
        most = most.max(byte);
    }
    let codes = text.chars().map(u32::from);
    match most {
        // The first byte tells how wide a character is.
        0xf0.. => fill(py, codes, count, 0x0010_ffff),
        0xc4.. => fill(py, codes.map(|code| code as u16), count, 0xffff),
        _ => fill(py, codes.map(|code| code as u8), count, 0xff),
    }
}

/// A new string of these characters, `count` of them and none above `most`.
#[inline(always)]
fn fill<T>(
    py: Python<'_>,
    codes: impl Iterator<Item = T>,
    count: usize,
    most: u32,
) -> PyResult<Bound<'_, PyAny>> {
    let (object, memory) = new_string::<T>(py, count, most)?;
    for (i, code) in codes.take(count).enumerate() {
        // SAFETY: one of the `count` characters.
        let to = unsafe { memory.add(i) };
        // SAFETY: the new string has room for it, and nobody else has the string.
        unsafe { to.write(code) };
    }
    Ok(object)
}

/// A new string of so many characters, the highest of them `most`, and the memory of them.
#[inline(always)]
fn new_string<T>(py: Python<'_>, count: usize, most: u32) -> PyResult<(Bound<'_, PyAny>, *mut T)> {
    // SAFETY: takes numbers.
    let object = unsafe { ffi::PyUnicode_New(count as ffi::Py_ssize_t, most) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { Bound::from_owned_ptr_or_err(py, object) }?;
    // SAFETY: a string, as it was just made.
    let memory = unsafe { ffi::PyUnicode_DATA(object.as_ptr()) };
    Ok((object, memory.cast()))
}
