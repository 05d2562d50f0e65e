//! The border, part two: a foreign `ArrowArray` becomes a checked [`Chunk`].
//!
//! What is checked is the list in ARCHITECTURE.md. Structure and counts cost O(1) a node; offsets,
//! views, dictionary indexes, run ends and union ids are read once, since they decide which memory
//! is touched. A wrong address can't be seen from here: that is the producer's promise.
#![allow(unsafe_code, reason = "the border reads foreign memory")]

use arrow_schema::{DataType, IntervalUnit, UnionMode};

use super::c_data::ArrowArray;
use super::chunk::{Chunk, Data};
use super::content;
use super::node::Node;
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
    let node = unsafe { Node::new(array, path) }?;
    // SAFETY: the caller's promise is this function's.
    unsafe { node.chunk(data_type, None, path) }
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
    // SAFETY: the caller's promise is this function's, here and below.
    let node = unsafe { Node::new(array, path) }?;
    node.expect(1, fields.len(), path)?;
    // SAFETY: see above; the children were counted.
    unsafe { node.expect_distinct(path) }?;
    let mut children = Vec::with_capacity(wanted.len());
    for i in wanted {
        let Some(field) = fields.get(*i) else { return invalid(path, format!("there is no field {i}")) };
        // SAFETY: see above.
        children.push(unsafe { node.child(*i, field, 1, path) }?);
    }
    // SAFETY: see above.
    let validity = unsafe { node.validity(0, node.len, path) }?;
    Ok(Chunk { len: node.len, validity, data: Data::Struct(children) })
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

impl<'a> Node<'a> {
    /// This node as a chunk; `window` (skip, length) narrows it to what the parent covers.
    ///
    /// # Safety
    /// As [`read_array`].
    pub(super) unsafe fn chunk(
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
                // SAFETY: see above.
                unsafe { self.expect_distinct(path) }?;
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
                    let child = if dense {
                        // SAFETY: see above.
                        unsafe { node.whole_child(i, field, &id.to_string(), path) }
                    } else {
                        // SAFETY: see above.
                        unsafe { node.child(i, field, 1, path) }
                    };
                    children.push(child?);
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
