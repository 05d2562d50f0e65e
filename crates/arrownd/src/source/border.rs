//! The border, part two: a foreign `ArrowArray` becomes a checked [`Chunk`].
//!
//! What is checked is the list in ARCHITECTURE.md. Structure and counts cost O(1) a node; offsets,
//! views, dictionary indexes, run ends and union ids are read once, since they decide which memory
//! is touched. A wrong address can't be seen from here: that is the producer's promise.
#![allow(unsafe_code, reason = "the border reads foreign memory")]

use std::ffi::c_void;

use arrow_schema::{DataType, Field, IntervalUnit, UnionMode};

use super::bits::Bits;
use super::c_data::ArrowArray;
use super::chunk::{Chunk, Data, Offsets};
use super::content;
use super::path::Path;
use super::schema::invalid;
use crate::error::Result;

/// Reads and checks a foreign array of the type that [`read_schema`](super::read_schema) found.
///
/// # Safety
/// Every non-null pointer in `array` and below must point to what the C data interface says for
/// `data_type`, and the buffers must stay as they are for `'a`. Counts, lengths, offsets and null
/// pointers may be wrong: they are checked.
///
/// # Errors
/// [`Error::InvalidArrow`](crate::Error::InvalidArrow) names the place and the broken rule.
pub unsafe fn read_array<'a>(
    array: &'a ArrowArray,
    data_type: &DataType,
    path: &Path<'_>,
) -> Result<Chunk<'a>> {
    // SAFETY: the caller's promise is this function's.
    unsafe { Node::new(array, path)?.chunk(data_type, None, path) }
}

/// Checks a record batch's own layer and reads the fields that are asked for, in that order.
///
/// # Safety
/// As [`read_array`].
///
/// # Errors
/// As [`read_array`].
pub unsafe fn read_fields<'a>(
    array: &'a ArrowArray,
    fields: &arrow_schema::Fields,
    wanted: &[usize],
    path: &Path<'_>,
) -> Result<Chunk<'a>> {
    // SAFETY: the caller's promise is this function's.
    unsafe {
        let node = Node::new(array, path)?;
        node.expect(1, fields.len(), path)?;
        let children = wanted
            .iter()
            .map(|i| node.child(*i, fields[*i].as_ref(), 1, path))
            .collect::<Result<Vec<_>>>()?;
        Ok(Chunk { len: node.len, validity: node.validity(0, node.len, path)?, data: Data::Struct(children) })
    }
}

/// The bytes of one fixed-width value; `None` for every other type.
pub(crate) fn width(data_type: &DataType) -> Option<usize> {
    use DataType as T;
    Some(match data_type {
        T::Int8 | T::UInt8 => 1,
        T::Int16 | T::UInt16 | T::Float16 => 2,
        T::Int32 | T::UInt32 | T::Float32 | T::Date32 | T::Time32(_) | T::Decimal32(..) => 4,
        T::Int64 | T::UInt64 | T::Float64 | T::Date64 | T::Time64(_) | T::Timestamp(..) | T::Duration(_) => 8,
        T::Decimal64(..) | T::Interval(IntervalUnit::DayTime) => 8,
        T::Interval(IntervalUnit::YearMonth) => 4,
        T::Interval(IntervalUnit::MonthDayNano) | T::Decimal128(..) => 16,
        T::Decimal256(..) => 32,
        T::FixedSizeBinary(n) => usize::try_from(*n).ok()?,
        _ => return None,
    })
}

/// One foreign struct whose own numbers have been checked.
pub(super) struct Node<'a> {
    array: &'a ArrowArray,
    pub(super) len: usize,
    pub(super) offset: usize,
    pub(super) buffers: &'a [*const c_void],
    children: &'a [&'a ArrowArray],
}

impl<'a> Node<'a> {
    /// # Safety
    /// As [`read_array`], for this struct.
    pub(super) unsafe fn new(array: &'a ArrowArray, path: &Path<'_>) -> Result<Self> {
        if array.release.is_none() {
            return invalid(path, "the array was released already: a capsule can be used once");
        }
        let (Ok(len), Ok(offset)) = (usize::try_from(array.length), usize::try_from(array.offset)) else {
            return invalid(path, format!("length {} and offset {}", array.length, array.offset));
        };
        if array.length.checked_add(array.offset).is_none_or(|end| end > i64::MAX / 64) {
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
        let children: &[&ArrowArray] = if array.n_children == 0 {
            &[]
        } else if array.children.is_null() || !array.children.is_aligned() {
            return invalid(path, format!("{} children, and no array of them", array.n_children));
        } else {
            // SAFETY: non-null, aligned, and `n_children` long by the caller's promise.
            let pointers = unsafe { std::slice::from_raw_parts(array.children, array.n_children as usize) };
            if pointers.iter().any(|p| p.is_null() || !p.is_aligned()) {
                return invalid(path, "a null pointer among the children");
            }
            let n = array.n_children as usize;
            // SAFETY: each pointer is non-null, aligned and an array by the caller's promise;
            // `&ArrowArray` and `*mut ArrowArray` have one layout.
            unsafe { std::slice::from_raw_parts(array.children.cast::<&ArrowArray>(), n) }
        };
        Ok(Self { array, len, offset, buffers, children })
    }

    pub(super) fn expect(&self, buffers: usize, children: usize, path: &Path<'_>) -> Result<()> {
        self.expect_children(children, path)?;
        if self.buffers.len() != buffers {
            return invalid(path, format!("{} buffers where the type has {buffers}", self.buffers.len()));
        }
        self.expect_no_dictionary(path)
    }

    fn expect_children(&self, children: usize, path: &Path<'_>) -> Result<()> {
        if self.children.len() == children {
            return Ok(());
        }
        invalid(path, format!("{} children where the type has {children}", self.children.len()))
    }

    fn expect_no_dictionary(&self, path: &Path<'_>) -> Result<()> {
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
    unsafe fn bits(&self, index: usize, start: usize, len: usize, path: &Path<'_>) -> Result<Bits<'a>> {
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
    unsafe fn validity(&self, skip: usize, len: usize, path: &Path<'_>) -> Result<Option<Bits<'a>>> {
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
    unsafe fn child(&self, index: usize, field: &Field, size: usize, path: &Path<'_>) -> Result<Chunk<'a>> {
        let path = &Path::Field(path, field.name());
        let Some(array) = self.children.get(index) else {
            return invalid(path, "a child is missing");
        };
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
    unsafe fn whole_child(
        &self,
        index: usize,
        field: &Field,
        name: &str,
        path: &Path<'_>,
    ) -> Result<Chunk<'a>> {
        let path = &Path::Field(path, name);
        let Some(array) = self.children.get(index) else {
            return invalid(path, "a child is missing");
        };
        // SAFETY: the caller's promise covers the children.
        unsafe { read_array(array, field.data_type(), path) }
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn offsets(
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

    /// `len + 1` ascending offsets; a null buffer is legal where there is no value.
    ///
    /// # Safety
    /// As [`read_array`].
    unsafe fn value_offsets(
        &self,
        start: usize,
        len: usize,
        large: bool,
        path: &Path<'_>,
    ) -> Result<Offsets<'a>> {
        if self.buffers.get(1).is_some_and(|p| p.is_null()) && len == 0 {
            return Ok(if large { Offsets::I64(&[]) } else { Offsets::I32(&[]) });
        }
        // SAFETY: the caller's promise: there is one offset more than values.
        let offsets = unsafe { self.offsets(1, start, len + 1, large, path) }?;
        content::check_offsets(&offsets, path)?;
        Ok(offsets)
    }

    /// This node as a chunk; `window` (skip, length) narrows it to what the parent covers.
    ///
    /// # Safety
    /// As [`read_array`].
    unsafe fn chunk(
        &self,
        data_type: &DataType,
        window: Option<(usize, usize)>,
        path: &Path<'_>,
    ) -> Result<Chunk<'a>> {
        use DataType as T;
        let (skip, len) = window.unwrap_or((0, self.len));
        let start = self.offset + skip;
        let mut has_validity = true;
        // SAFETY (for each call below): the caller's promise, and `start + len` is within this
        // node's offset + length.
        let data = match data_type {
            T::Null => {
                // Polars, and Arrow before 1.0, send a bitmap along.
                self.expect(self.buffers.len().min(1), 0, path)?;
                has_validity = false;
                Data::Null
            }
            T::Boolean => {
                self.expect(2, 0, path)?;
                // SAFETY: see above.
                Data::Bits(unsafe { self.bits(1, start, len, path) }?)
            }
            T::Utf8 | T::LargeUtf8 | T::Binary | T::LargeBinary => {
                self.expect(3, 0, path)?;
                let large = matches!(data_type, T::LargeUtf8 | T::LargeBinary);
                // SAFETY: see above.
                let offsets = unsafe { self.value_offsets(start, len, large, path) }?;
                let end = offsets.get(len) as usize;
                // SAFETY: the values reach as far as the last offset says: nothing else tells.
                let values = unsafe { self.items(2, 0, end, 1, path) }?;
                Data::Binary { offsets, values }
            }
            // SAFETY: see above.
            T::Utf8View | T::BinaryView => unsafe { self.views(start, len, path) }?,
            T::List(field) | T::LargeList(field) | T::Map(field, _) => {
                self.expect(2, 1, path)?;
                let large = matches!(data_type, T::LargeList(_));
                // SAFETY: see above.
                let offsets = unsafe { self.value_offsets(start, len, large, path) }?;
                // SAFETY: see above.
                let child = unsafe { self.whole_child(0, field, "item", path) }?;
                content::check_end(&offsets, len, child.len, path)?;
                Data::List { offsets, child: Box::new(child) }
            }
            T::ListView(field) | T::LargeListView(field) => {
                self.expect(3, 1, path)?;
                let large = matches!(data_type, T::LargeListView(_));
                // SAFETY: see above.
                let offsets = unsafe { self.offsets(1, start, len, large, path) }?;
                // SAFETY: see above.
                let sizes = unsafe { self.offsets(2, start, len, large, path) }?;
                // SAFETY: see above.
                let child = unsafe { self.whole_child(0, field, "item", path) }?;
                // SAFETY: see above.
                let validity = unsafe { self.validity(skip, len, path) }?;
                content::check_list_views(&offsets, &sizes, validity.as_ref(), child.len, path)?;
                Data::ListView { offsets, sizes, child: Box::new(child) }
            }
            T::FixedSizeList(field, size) => {
                self.expect(1, 1, path)?;
                let size = usize::try_from(*size).unwrap_or(0);
                // SAFETY: see above; a window on lists is a window on their values.
                let child = unsafe { self.windowed(skip, len).child(0, field, size, path) }?;
                Data::FixedList { size, child: Box::new(child) }
            }
            T::Struct(fields) => {
                self.expect(1, fields.len(), path)?;
                let node = self.windowed(skip, len);
                let mut children = Vec::with_capacity(fields.len());
                for (i, field) in fields.iter().enumerate() {
                    // SAFETY: see above.
                    children.push(unsafe { node.child(i, field, 1, path) }?);
                }
                Data::Struct(children)
            }
            T::Dictionary(index, values) => {
                self.expect_children(0, path)?;
                // SAFETY: see above.
                unsafe { self.dictionary(index, values, start, len, path) }?
            }
            T::RunEndEncoded(run_ends, values) => {
                self.expect(0, 2, path)?;
                has_validity = false;
                // SAFETY: see above.
                let ends = unsafe { self.whole_child(0, run_ends, "run_ends", path) }?;
                // SAFETY: see above.
                let values = unsafe { self.whole_child(1, values, "values", path) }?;
                content::check_run_ends(&ends, values.len, start, len, path)?;
                Data::RunEnds { offset: start, run_ends: Box::new(ends), values: Box::new(values) }
            }
            T::Union(fields, mode) => {
                let dense = *mode == UnionMode::Dense;
                self.expect(if dense { 2 } else { 1 }, fields.len(), path)?;
                has_validity = false;
                // SAFETY: see above.
                let ids = unsafe { self.items(0, start, len, 1, path) }?;
                let node = self.windowed(skip, len);
                let mut children = Vec::with_capacity(fields.len());
                for (i, (id, field)) in fields.iter().enumerate() {
                    // SAFETY: see above.
                    children.push(unsafe {
                        if dense {
                            node.whole_child(i, field, &id.to_string(), path)
                        } else {
                            node.child(i, field, 1, path)
                        }
                    }?);
                }
                // SAFETY: see above.
                let offsets =
                    dense.then(|| unsafe { self.offsets(1, start, len, false, path) }).transpose()?;
                content::check_union(fields, ids, offsets.as_ref(), &children, path)?;
                Data::Union { ids, offsets, children }
            }
            other => {
                let Some(width) = width(other) else {
                    return invalid(path, format!("the border doesn't know the type {other}"));
                };
                self.expect(2, 0, path)?;
                // SAFETY: see above.
                Data::Fixed(unsafe { self.items(1, start, len, width, path) }?)
            }
        };
        // SAFETY: see above.
        let validity = if has_validity { unsafe { self.validity(skip, len, path) }? } else { None };
        Ok(Chunk { len, validity, data })
    }

    /// This node as if its own offset and length were those of the window.
    fn windowed(&self, skip: usize, len: usize) -> Self {
        Self { offset: self.offset + skip, len, ..*self }
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn views(&self, start: usize, len: usize, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect_children(0, path)?;
        self.expect_no_dictionary(path)?;
        let Some(variadic) = self.buffers.len().checked_sub(3) else {
            return invalid(path, format!("{} buffers where a view type has at least 3", self.buffers.len()));
        };
        // SAFETY: the caller's promise.
        let views = unsafe { self.items(1, start, len, 16, path) }?.as_chunks().0;
        // SAFETY: the last buffer holds one int64 for each variadic buffer.
        let sizes = unsafe { self.items(2 + variadic, 0, variadic, 8, path) }?;
        let mut buffers = Vec::with_capacity(variadic);
        for (i, size) in sizes.as_chunks::<8>().0.iter().enumerate() {
            let size = i64::from_ne_bytes(*size);
            let Ok(size) = usize::try_from(size) else {
                return invalid(path, format!("variadic buffer {i} with a size of {size}"));
            };
            // SAFETY: the buffer has that many bytes: nothing else tells.
            buffers.push(unsafe { self.items(2 + i, 0, size, 1, path) }?);
        }
        // SAFETY: the caller's promise.
        let validity = unsafe { self.validity(start - self.offset, len, path) }?;
        content::check_views(views, &buffers, validity.as_ref(), path)?;
        Ok(Data::Views { views, buffers })
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn dictionary(
        &self,
        index: &DataType,
        values: &DataType,
        start: usize,
        len: usize,
        path: &Path<'_>,
    ) -> Result<Data<'a>> {
        if self.buffers.len() != 2 {
            return invalid(path, format!("{} buffers where the indexes have 2", self.buffers.len()));
        }
        let dictionary = self.array.dictionary;
        if dictionary.is_null() || !dictionary.is_aligned() {
            return invalid(path, "the type has a dictionary and the array has none");
        }
        let width = width(index).unwrap_or(1);
        // SAFETY: the caller's promise.
        let keys = unsafe { self.items(1, start, len, width, path) }?;
        // SAFETY: non-null, aligned, and an array by the caller's promise.
        let dictionary = unsafe { &*dictionary };
        // SAFETY: the caller's promise covers the dictionary.
        let values = unsafe { read_array(dictionary, values, &Path::Field(path, "dictionary")) }?;
        // SAFETY: the caller's promise.
        let validity = unsafe { self.validity(start - self.offset, len, path) }?;
        content::check_keys(index, keys, validity.as_ref(), values.len, path)?;
        let keys = Chunk { len, validity: None, data: Data::Fixed(keys) };
        Ok(Data::Dictionary { keys: Box::new(keys), values: Box::new(values) })
    }
}
