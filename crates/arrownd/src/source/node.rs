//! One foreign struct: its own numbers, buffers and children, each looked at after it was counted.
#![allow(unsafe_code, reason = "the border reads foreign memory")]

use std::ffi::c_void;

use arrow_schema::Field;

use super::bits::Bits;
use super::border::read_array;
use super::c_data::ArrowArray;
use super::chunk::Chunk;
use super::content;
use super::offsets::Offsets;
use super::path::Path;
use super::schema::invalid;
use crate::error::Result;

/// One foreign struct whose own numbers have been checked.
pub(super) struct Node<'a> {
    pub(super) array: &'a ArrowArray,
    pub(super) len: usize,
    pub(super) offset: usize,
    pub(super) buffers: &'a [*const c_void],
}

/// No array reaches further: bits and values of any width can be counted from here without overflow.
pub(crate) const FURTHEST: i64 = i64::MAX / 64;

impl<'a> Node<'a> {
    /// # Safety
    /// As [`read_array`], for this struct.
    pub(super) unsafe fn new(array: &'a ArrowArray, path: &Path<'_>) -> Result<Self> {
        if array.is_released() {
            return invalid(path, "the array was released already: a capsule can be used once");
        }
        let (Ok(len), Ok(offset)) = (usize::try_from(array.length), usize::try_from(array.offset)) else {
            return invalid(path, format!("length {} and offset {}", array.length, array.offset));
        };
        if array.length.checked_add(array.offset).is_none_or(|end| end > FURTHEST) {
            return invalid(path, format!("length {len} and offset {offset} overflow"));
        }
        if array.null_count < -1 {
            return invalid(path, format!("a null count of {}", array.null_count));
        }
        // Four more than the most that a type without variadic buffers has are counted by `expect`.
        if !(0..=1 << 24).contains(&array.n_buffers) || !(0..=1 << 24).contains(&array.n_children) {
            return invalid(path, format!("{} buffers and {} children", array.n_buffers, array.n_children));
        }
        let buffers: &[*const c_void] = if array.n_buffers == 0 {
            &[]
        } else if array.buffers.is_null() || !array.buffers.is_aligned() {
            return invalid(path, format!("{} buffers, and no array of them", array.n_buffers));
        } else {
            // SAFETY: non-null, aligned, and `n_buffers` long by the caller's promise.
            unsafe { std::slice::from_raw_parts(array.buffers, array.n_buffers as usize) }
        };
        Ok(Self { array, len, offset, buffers })
    }

    pub(super) fn expect(&self, buffers: usize, children: usize, path: &Path<'_>) -> Result<()> {
        self.expect_children(children, path)?;
        if self.buffers.len() != buffers {
            return invalid(path, format!("{} buffers where the type has {buffers}", self.buffers.len()));
        }
        self.expect_no_dictionary(path)
    }

    /// The type's count decides how many children are looked at, never the struct's own.
    pub(super) fn expect_children(&self, children: usize, path: &Path<'_>) -> Result<()> {
        let array = self.array;
        if usize::try_from(array.n_children) != Ok(children) {
            return invalid(path, format!("{} children where the type has {children}", array.n_children));
        }
        if children > 0 && (array.children.is_null() || !array.children.is_aligned()) {
            return invalid(path, format!("{children} children, and no array of them"));
        }
        Ok(())
    }

    /// Columns are moved out one by one: two pointers to one child would leave one without memory.
    ///
    /// # Safety
    /// As [`read_array`]; [`Node::expect_children`] came before.
    pub(super) unsafe fn expect_distinct(&self, path: &Path<'_>) -> Result<()> {
        let n = usize::try_from(self.array.n_children).unwrap_or(0);
        if n < 2 {
            return Ok(());
        }
        // SAFETY: non-null, aligned, and as long as the type's count.
        let mut pointers = unsafe { std::slice::from_raw_parts(self.array.children, n) }.to_vec();
        pointers.sort_unstable();
        if pointers.windows(2).any(|pair| pair[0] == pair[1]) {
            return invalid(path, "the same child twice");
        }
        Ok(())
    }

    /// One child; [`Node::expect_children`] came before.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn child_array(&self, index: usize, path: &Path<'_>) -> Result<&'a ArrowArray> {
        let children = self.array.children;
        if children.is_null() || usize::try_from(self.array.n_children).is_ok_and(|n| index >= n) {
            return invalid(path, "a child is missing");
        }
        // SAFETY: `index` is within `n_children`, which is the type's count, and the array of
        // pointers is non-null and aligned.
        let place = unsafe { children.add(index) };
        // SAFETY: as above: the pointer lies within the array of them.
        let child = unsafe { *place };
        if child.is_null() || !child.is_aligned() {
            return invalid(path, "a null pointer among the children");
        }
        // SAFETY: non-null, aligned, and an array by the caller's promise.
        Ok(unsafe { &*child })
    }

    pub(super) fn expect_no_dictionary(&self, path: &Path<'_>) -> Result<()> {
        if self.array.dictionary.is_null() {
            return Ok(());
        }
        invalid(path, "a dictionary where the type has none")
    }

    /// `len` items of `width` bytes from item `start` of buffer `index`.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn items(
        &self,
        index: usize,
        start: usize,
        len: usize,
        width: usize,
        path: &Path<'_>,
    ) -> Result<&'a [u8]> {
        let (Some(skip), Some(bytes)) = (start.checked_mul(width), len.checked_mul(width)) else {
            return invalid(path, format!("{len} values of {width} bytes overflow"));
        };
        if skip.checked_add(bytes).is_none_or(|end| end > isize::MAX as usize) {
            return invalid(path, format!("{len} values of {width} bytes overflow"));
        }
        if bytes == 0 {
            return Ok(&[]);
        }
        let Some(base) = self.buffers.get(index).filter(|p| !p.is_null()) else {
            return invalid(path, format!("buffer {index} is null and should hold {bytes} bytes"));
        };
        // SAFETY: the buffer holds `offset + length` items by the caller's promise, and the callers
        // in this file ask for no more.
        let first = unsafe { base.cast::<u8>().add(skip) };
        // SAFETY: as above; bytes have no alignment, and the sum fits in isize.
        Ok(unsafe { std::slice::from_raw_parts(first, bytes) })
    }

    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn bits(
        &self,
        index: usize,
        start: usize,
        len: usize,
        path: &Path<'_>,
    ) -> Result<Bits<'a>> {
        // SAFETY: a bitmap has `ceil((offset + length) / 8)` bytes.
        let bytes = unsafe { self.items(index, start / 8, Bits::bytes_needed(start % 8, len), 1, path) }?;
        match Bits::new(bytes, start % 8, len) {
            Some(bits) => Ok(bits),
            None => invalid(path, format!("bitmap {index} is too short")),
        }
    }

    /// The bitmap of `len` values from `skip` on; `None` where the producer has none.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn validity(
        &self,
        skip: usize,
        len: usize,
        path: &Path<'_>,
    ) -> Result<Option<Bits<'a>>> {
        if self.buffers.first().is_none_or(|p| p.is_null()) {
            if self.array.null_count > 0 && self.len > 0 {
                return invalid(path, format!("a null count of {} and no bitmap", self.array.null_count));
            }
            return Ok(None);
        }
        // SAFETY: the caller's promise; the window lies within offset + length.
        unsafe { self.bits(0, self.offset + skip, len, path) }.map(Some)
    }

    /// Child `index`, windowed to what this node's offset and length cover, `size` values each.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn child(
        &self,
        index: usize,
        field: &Field,
        size: usize,
        path: &Path<'_>,
    ) -> Result<Chunk<'a>> {
        let path = &Path::Field(path, field.name());
        // SAFETY: the caller's promise is this function's.
        let array = unsafe { self.child_array(index, path) }?;
        // SAFETY: the caller's promise covers the children.
        let node = unsafe { Node::new(array, path) }?;
        let (Some(skip), Some(len)) = (self.offset.checked_mul(size), self.len.checked_mul(size)) else {
            return invalid(path, format!("{} lists of {size} overflow", self.len));
        };
        if skip.checked_add(len).is_none_or(|end| end > node.len) {
            return invalid(
                path,
                format!(
                    "{} values where offset {} and length {} of the parent need {}",
                    node.len,
                    self.offset,
                    self.len,
                    skip.saturating_add(len)
                ),
            );
        }
        // SAFETY: the caller's promise covers the children.
        unsafe { node.chunk(field.data_type(), Some((skip, len)), path) }
    }

    /// A child that this node's offset and length don't window.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn whole_child(
        &self,
        index: usize,
        field: &Field,
        name: &str,
        path: &Path<'_>,
    ) -> Result<Chunk<'a>> {
        let path = &Path::Field(path, name);
        // SAFETY: the caller's promise is this function's.
        let array = unsafe { self.child_array(index, path) }?;
        // SAFETY: the caller's promise covers the children.
        unsafe { read_array(array, field.data_type(), path) }
    }

    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn offsets(
        &self,
        index: usize,
        start: usize,
        len: usize,
        large: bool,
        path: &Path<'_>,
    ) -> Result<Offsets<'a>> {
        // SAFETY: the caller's promise.
        let bytes = unsafe { self.items(index, start, len, if large { 8 } else { 4 }, path) }?;
        Ok(if large { Offsets::I64(bytes.as_chunks().0) } else { Offsets::I32(bytes.as_chunks().0) })
    }

    /// `len + 1` ascending offsets; none is read where there is no value.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn value_offsets(
        &self,
        start: usize,
        len: usize,
        large: bool,
        path: &Path<'_>,
    ) -> Result<Offsets<'a>> {
        // SAFETY: the caller's promise.
        let offsets = unsafe { self.offsets_between(start, len, large, path) }?;
        content::check_offsets(&offsets, path)?;
        Ok(offsets)
    }

    /// `len + 1` offsets, not checked; none is read where there is no value.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn offsets_between(
        &self,
        start: usize,
        len: usize,
        large: bool,
        path: &Path<'_>,
    ) -> Result<Offsets<'a>> {
        if len == 0 {
            return Ok(if large { Offsets::I64(&[]) } else { Offsets::I32(&[]) });
        }
        // SAFETY: the caller's promise: there is one offset more than values.
        unsafe { self.offsets(1, start, len + 1, large, path) }
    }

    /// This node as if its own offset and length were those of the window.
    pub(super) fn windowed(&self, skip: usize, len: usize) -> Self {
        Self { offset: self.offset + skip, len, ..*self }
    }
}
