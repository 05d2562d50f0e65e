//! Which of the commonest types a foreign schema says.
#![allow(unsafe_code, reason = "reads foreign structs and strings")]

use std::ffi::c_char;

use super::types::FlatType;
use crate::source::ArrowSchema;

/// What a foreign type is, as far as it is one of the commonest.
pub(super) enum Layout {
    Flat(&'static FlatType),
    /// Values of so many bytes.
    Bytes(usize),
    /// Lists of so many.
    Lists(usize),
}

/// `None` for what isn't one of them, and for what may be wrong.
///
/// # Safety
/// As [`read_schema`](crate::engine::read_schema).
#[inline]
pub(super) unsafe fn layout(schema: &ArrowSchema) -> Option<Layout> {
    // SAFETY: the caller's promise.
    if schema.dictionary.is_null() { unsafe { storage(schema) } } else { None }
}

/// The types of a dictionary's indexes and of its values.
///
/// # Safety
/// As [`layout`].
pub(super) unsafe fn dictionary(schema: &ArrowSchema) -> Option<[&'static FlatType; 2]> {
    if schema.dictionary.is_null() || !schema.dictionary.is_aligned() {
        return None;
    }
    // SAFETY: non-null, aligned, and a schema by the caller's promise.
    let values = unsafe { &*schema.dictionary };
    // SAFETY: the caller's promise.
    let indexes = unsafe { storage(schema) }?;
    // SAFETY: as above.
    match (indexes, unsafe { layout(values) }?) {
        (Layout::Flat(indexes), Layout::Flat(values)) => Some([indexes, values]),
        _ => None,
    }
}

/// What a type is stored as, whatever it has a dictionary for.
///
/// # Safety
/// As [`layout`].
#[inline]
unsafe fn storage(schema: &ArrowSchema) -> Option<Layout> {
    let plain = !schema.is_released()
        && schema.metadata.is_null()
        && !schema.format.is_null()
        // SAFETY: null, or a NUL-terminated string by the caller's promise.
        && unsafe { is_short_ascii(schema.name) };
    if !plain {
        return None;
    }
    // SAFETY: non-null, and a NUL-terminated string by the caller's promise.
    let (start, whole) = unsafe { first_bytes(schema.format) };
    let found = match start.to_le_bytes() {
        // SAFETY: as above, and three bytes of the format aren't its end.
        [b'+', b'w', b':', _] => Layout::Lists(unsafe { size(schema.format, 3) }?),
        // SAFETY: likewise two.
        [b'w', b':', ..] => Layout::Bytes(unsafe { size(schema.format, 2) }?),
        _ if whole => Layout::Flat(FlatType::of_key(start)?),
        _ => return None,
    };
    (schema.n_children == i64::from(matches!(found, Layout::Lists(_)))).then_some(found)
}

/// The first bytes of a string, the lowest first, zeros after its end; and whether that is all of it.
///
/// # Safety
/// `text` is NUL-terminated.
#[inline]
unsafe fn first_bytes(text: *const c_char) -> (u32, bool) {
    let mut bytes = 0;
    for i in 0..5 {
        // SAFETY: every byte before this one isn't the NUL that ends the string.
        let place = unsafe { text.add(i) };
        // SAFETY: as above.
        let byte = unsafe { *place };
        if byte == 0 {
            return (bytes, true);
        }
        if i < 4 {
            bytes |= u32::from(byte as u8) << (8 * i);
        }
    }
    (bytes, false)
}

/// The number that a format ends with, after `skip` bytes: up to nine digits.
///
/// # Safety
/// `format` is NUL-terminated, and no byte before `skip` is the NUL.
unsafe fn size(format: *const c_char, skip: usize) -> Option<usize> {
    let mut size = 0;
    for digits in 0..=9 {
        // SAFETY: every byte before this one isn't the NUL.
        let place = unsafe { format.add(skip + digits) };
        // SAFETY: as above.
        match unsafe { *place } as u8 {
            0 => return (digits > 0).then_some(size),
            digit @ b'0'..=b'9' if digits < 9 => size = size * 10 + usize::from(digit - b'0'),
            _ => return None,
        }
    }
    None
}

/// Whether a name can't be wrong: the border takes nothing but UTF-8.
///
/// # Safety
/// `name` is null, or NUL-terminated.
#[inline]
unsafe fn is_short_ascii(name: *const c_char) -> bool {
    if name.is_null() {
        return true;
    }
    for i in 0..64 {
        // SAFETY: every byte before this one isn't the NUL that ends the string.
        let place = unsafe { name.add(i) };
        // SAFETY: as above.
        match unsafe { *place } as u8 {
            0 => return true,
            128.. => return false,
            _ => {}
        }
    }
    false
}
