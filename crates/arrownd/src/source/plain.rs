//! The commonest case, straight from the C structs: a flat array of fixed width in one piece,
//! without a bitmap, under default options.
//!
//! The general way through schema, chunks, column and plan gives the same view (a test holds both
//! against each other) and costs about 350 ns more, which is what a whole `to_numpy` of a peer
//! costs. Whatever isn't the commonest case, a fault included, is left to the general way.
#![allow(unsafe_code, reason = "the border reads foreign structs")]

use std::ffi::c_char;
use std::sync::OnceLock;

use super::c_data::{ArrowArray, ArrowSchema};
use super::node::FURTHEST;
use super::schema::flat_type;
use crate::dtype::DType;
use crate::mapping::map_storage;
use crate::plan::viewed_as;

/// Values of one dtype next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainView {
    /// The first value.
    pub ptr: *const u8,
    /// How many, at least one.
    pub len: usize,
    /// Their dtype.
    pub dtype: DType,
    /// Bytes of each.
    pub width: usize,
}

/// The formats without parameters whose types are viewable; timestamps among them without a zone.
const FORMATS: [&str; 29] = [
    "l", "g", "i", "f", "L", "I", "s", "S", "c", "C", "e", "tsu:", "tsn:", "tsm:", "tss:", "tDu", "tDn",
    "tDm", "tDs", "tdm", "tdD", "tts", "ttm", "ttu", "ttn", "tiM", "tiD", "tin", "b",
];

/// A format as a number: its bytes, then zeros.
fn key(format: &[u8]) -> u32 {
    format.iter().rev().fold(0, |key, byte| key << 8 | u32::from(*byte))
}

/// What the planner views those formats as, and the width: asked once.
fn viewable() -> &'static [(u32, DType, usize)] {
    static VIEWABLE: OnceLock<Vec<(u32, DType, usize)>> = OnceLock::new();
    VIEWABLE.get_or_init(|| {
        let known = FORMATS.iter().filter_map(|format| {
            let mapped = map_storage(&flat_type(format)?);
            viewed_as(&mapped).map(|dtype| (key(format.as_bytes()), dtype, mapped.element.width()))
        });
        known.collect()
    })
}

/// The key of a format of up to four bytes.
///
/// # Safety
/// `format` points to a NUL-terminated string.
#[inline]
unsafe fn key_of(format: *const c_char) -> Option<u32> {
    let mut key = 0;
    for i in 0..5 {
        // SAFETY: every byte before this one isn't the NUL that ends the string.
        let place = unsafe { format.add(i) };
        // SAFETY: as above.
        let byte = unsafe { *place };
        if byte == 0 {
            return Some(key);
        }
        if i < 4 {
            key |= u32::from(byte as u8) << (8 * i);
        }
    }
    None
}

/// The view of a plain array, `None` for everything else.
///
/// # Safety
/// As [`read_schema`](super::read_schema) and [`read_array`](super::read_array).
#[must_use]
#[inline]
pub unsafe fn plain_view(schema: &ArrowSchema, array: &ArrowArray) -> Option<PlainView> {
    let flat = !schema.is_released()
        && schema.n_children == 0
        && schema.dictionary.is_null()
        && schema.metadata.is_null()
        && !schema.format.is_null();
    if !flat || array.null_count > 0 || array.null_count < -1 {
        return None;
    }
    // SAFETY: non-null, and a NUL-terminated string by the caller's promise.
    let key = unsafe { key_of(schema.format) }?;
    let (_, dtype, width) = *viewable().iter().find(|(known, ..)| *known == key)?;
    let flat = !array.is_released()
        && array.n_buffers == 2
        && array.n_children == 0
        && array.dictionary.is_null()
        && !array.buffers.is_null()
        && array.buffers.is_aligned()
        && array.length > 0;
    if !flat {
        return None;
    }
    // SAFETY: non-null, and as many buffers as the array says, by the caller's promise.
    let [bitmap, values] = unsafe { *array.buffers.cast::<[*const u8; 2]>() };
    if !bitmap.is_null() || values.is_null() {
        return None;
    }
    let (len, offset) = (usize::try_from(array.length).ok()?, usize::try_from(array.offset).ok()?);
    if array.length.checked_add(array.offset)? > FURTHEST {
        return None;
    }
    // SAFETY: there are so many values, and more, by the caller's promise; that far nothing overflows.
    let ptr = unsafe { values.add(offset * width) };
    Some(PlainView { ptr, len, dtype, width })
}
