//! str and bytes: made by CPython's own functions, from memory that is looked at once.
#![allow(unsafe_code, reason = "CPython's new strings are filled through pointers")]

use std::os::raw::c_char;

use arrownd::{Data, Element, Error, Visit};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::repeated::Repeated;
use super::{Make, put};
use crate::errors::{Failure, Outcome};

/// Writes str or bytes. The producer's UTF-8 is checked here, where it is handed out.
pub(super) fn octets<'py>(py: Python<'py>, visit: &mut Visit<'_>, fill: &Bound<'py, PyAny>) -> Outcome<()> {
    let text = matches!(visit.step.element, Element::Varlen { text: true });
    let mut repeated = Repeated::new(visit.run.len());
    for at in (0..visit.run.len()).step_by(64) {
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
            let make = || {
                if !text {
                    Ok(PyBytes::new(py, value).into_any())
                } else if ascii || value.is_ascii() {
                    self::ascii(py, value)
                } else {
                    // SAFETY: the block's text was found to be UTF-8.
                    wide(py, unsafe { std::str::from_utf8_unchecked(value) })
                }
            };
            let object = match block.valid >> i & 1 {
                0 => fill.clone(),
                _ if repeated.is_off() => make()?,
                _ => repeated.get(value, make)?,
            };
            put(&mut visit.run, at + i, object);
        }
    }
    Ok(())
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
    let (mut count, mut most) = (0, 0);
    for byte in text.bytes() {
        count += usize::from(byte & 0xc0 != 0x80);
        most = most.max(byte);
    }
    match most {
        // The first byte tells how wide a character is.
        0xf0.. => decode::<u32>(py, text, count, 0x0010_ffff, |code| code),
        0xc4.. => decode::<u16>(py, text, count, 0xffff, |code| code as u16),
        _ => decode::<u8>(py, text, count, 0xff, |code| code as u8),
    }
}

#[inline(always)]
fn decode<'py, T>(
    py: Python<'py>,
    text: &str,
    count: usize,
    most: u32,
    narrow: impl Fn(u32) -> T,
) -> PyResult<Bound<'py, PyAny>> {
    let (object, memory) = new_string::<T>(py, count, most)?;
    for (i, character) in text.chars().take(count).enumerate() {
        // SAFETY: one of the `count` characters.
        let to = unsafe { memory.add(i) };
        // SAFETY: the new string has room for it, and nobody else has the string.
        unsafe { to.write(narrow(u32::from(character))) };
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
