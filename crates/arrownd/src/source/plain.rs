//! The commonest case, straight from the C structs: a flat array of fixed width in one piece,
//! without a bitmap, under default options.
//!
//! The general way through schema, chunks, column and plan gives the same view (a test holds both
//! against each other) and costs about 350 ns more, which is what a whole `to_numpy` of a peer
//! costs. Whatever isn't the commonest case, a fault included, is left to the general way.
#![allow(unsafe_code, reason = "the border reads foreign structs")]

use std::ffi::CStr;

use super::c_data::{ArrowArray, ArrowSchema};
use super::node::Node;
use super::path::Path;
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
}

/// The view of a plain array, `None` for everything else.
///
/// # Safety
/// As [`read_schema`](super::read_schema) and [`read_array`](super::read_array).
#[must_use]
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
    let format = unsafe { CStr::from_ptr(schema.format) }.to_str().ok()?;
    // Formats of one producer stand for an extension.
    if format.starts_with('_') {
        return None;
    }
    let mapped = map_storage(&flat_type(format)?);
    let dtype = viewed_as(&mapped)?;
    // SAFETY: the caller's promise is this function's.
    let node = unsafe { Node::new(array, &Path::Top) }.ok()?;
    node.expect(2, 0, &Path::Top).ok()?;
    if node.len == 0 || node.buffers.first().is_none_or(|bitmap| !bitmap.is_null()) {
        return None;
    }
    // SAFETY: the window is the node's own offset and length.
    let bytes = unsafe { node.items(1, node.offset, node.len, mapped.element.width(), &Path::Top) }.ok()?;
    (!bytes.is_empty()).then_some(PlainView { ptr: bytes.as_ptr(), len: node.len, dtype })
}
