//! The border, part two: a foreign `ArrowArray` becomes a checked [`Chunk`].
//!
//! What is checked is the list in ARCHITECTURE.md. Structure and counts cost O(1) a node; offsets,
//! views, dictionary indexes, run ends and union ids are read once, since they decide which memory
//! is touched. A wrong address can't be seen from here: that is the producer's promise.
#![allow(unsafe_code, reason = "the border reads foreign memory")]

use arrow_schema::{DataType, IntervalUnit};

use super::c_data::ArrowArray;
use super::chunk::Chunk;
use super::content;
use super::data::Data;
use super::node::Node;
use super::path::Path;
use super::schema::invalid;
use crate::error::Result;

/// Reads and checks a foreign array of the type that [`read_schema`](super::read_schema) found.
/// *O(nodes), shares memory*, and one look at what refers to other buffers: offsets, keys, run ends, views.
///
/// # Safety
/// Every non-null pointer in `array` and below must point to what the C data interface says for
/// `data_type`, and the buffers must stay as they are for `'a`. Counts, lengths, offsets and null
/// pointers may be wrong: they are checked.
///
/// # Errors
/// [`Error::InvalidArrow`](crate::Error::InvalidArrow) names the place and the broken rule.
///
/// ```
/// use arrow_array::{Array, Int32Array};
/// use arrow_data::ffi::FFI_ArrowArray;
/// use arrownd::engine::{ArrowArray, Path, read_array};
///
/// let values = Int32Array::from(vec![Some(1), None]);
/// let array = FFI_ArrowArray::new(&values.to_data());
/// // SAFETY: both are the C data interface's struct.
/// let array = unsafe { &*std::ptr::from_ref(&array).cast::<ArrowArray>() };
/// // SAFETY: a valid array of this type, which lives longer than the chunk.
/// let chunk = unsafe { read_array(array, values.data_type(), &Path::Top) }?;
/// assert_eq!((chunk.len, chunk.validity.is_some()), (2, true));
/// # Ok::<(), arrownd::Error>(())
/// ```
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
/// As [`read_array`], for these fields: *O(nodes), shares memory*.
///
/// # Safety
/// As [`read_array`].
///
/// # Errors
/// As [`read_array`].
///
/// ```
/// use arrow_array::{Array, Int8Array, StructArray};
/// use arrow_data::ffi::FFI_ArrowArray;
/// use arrow_schema::{DataType, Field, Fields};
/// use arrownd::engine::{ArrowArray, Data, Path, read_fields};
/// use std::sync::Arc;
///
/// let fields: Fields = ["x", "y"].map(|name| Field::new(name, DataType::Int8, true)).to_vec().into();
/// let column = || Arc::new(Int8Array::from(vec![1, 2, 3])) as Arc<dyn Array>;
/// let batch = StructArray::new(fields.clone(), vec![column(), column()], None);
/// let array = FFI_ArrowArray::new(&batch.to_data());
/// // SAFETY: both are the C data interface's struct.
/// let array = unsafe { &*std::ptr::from_ref(&array).cast::<ArrowArray>() };
/// // SAFETY: a valid array of these fields, which lives longer than the chunk.
/// let chunk = unsafe { read_fields(array, &fields, &[1], &Path::Top) }?;
/// let Data::Struct(columns) = &chunk.data else { panic!() };
/// assert_eq!((columns.len(), columns[0].len), (1, 3));
/// # Ok::<(), arrownd::Error>(())
/// ```
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
        T::Int32
        | T::UInt32
        | T::Float32
        | T::Date32
        | T::Time32(_)
        | T::Decimal32(..)
        | T::Interval(IntervalUnit::YearMonth) => 4,
        T::Int64
        | T::UInt64
        | T::Float64
        | T::Date64
        | T::Time64(_)
        | T::Timestamp(..)
        | T::Duration(_)
        | T::Decimal64(..)
        | T::Interval(IntervalUnit::DayTime) => 8,
        T::Interval(IntervalUnit::MonthDayNano) | T::Decimal128(..) => 16,
        T::Decimal256(..) => 32,
        T::FixedSizeBinary(n) => usize::try_from(*n).ok()?,
        _ => return None,
    })
}

impl<'a> Node<'a> {
    /// This node as a chunk; `window` (skip, length) narrows it to what the parent covers.
    ///
    /// One line a type: this recurses as deep as the type, and what is written out here would be in
    /// every frame.
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
        let node = &self.windowed(skip, len);
        // SAFETY (for each call below): the caller's promise; the window is within this node's
        // offset and length.
        let data = match data_type {
            T::Null => node.null(path),
            // SAFETY: see above.
            T::Boolean => unsafe { node.boolean(path) },
            // SAFETY: see above.
            T::Utf8 | T::Binary => unsafe { node.binary(false, path) },
            // SAFETY: see above.
            T::LargeUtf8 | T::LargeBinary => unsafe { node.binary(true, path) },
            // SAFETY: see above.
            T::Utf8View | T::BinaryView => unsafe { node.views(path) },
            // SAFETY: see above.
            T::List(field) | T::Map(field, _) => unsafe { node.list(field, false, path) },
            // SAFETY: see above.
            T::LargeList(field) => unsafe { node.list(field, true, path) },
            // SAFETY: see above.
            T::ListView(field) => unsafe { node.list_view(field, false, path) },
            // SAFETY: see above.
            T::LargeListView(field) => unsafe { node.list_view(field, true, path) },
            // SAFETY: see above.
            T::FixedSizeList(field, size) => unsafe { node.fixed_size_list(field, *size, path) },
            // SAFETY: see above.
            T::Struct(fields) => unsafe { node.fields(fields, path) },
            // SAFETY: see above.
            T::Dictionary(index, values) => unsafe { node.dictionary(index, values, path) },
            // SAFETY: see above.
            T::RunEndEncoded(run_ends, values) => unsafe { node.runs(run_ends, values, path) },
            // SAFETY: see above.
            T::Union(fields, mode) => unsafe { node.union(fields, *mode, path) },
            // SAFETY: see above.
            other => unsafe { node.fixed_width(other, path) },
        }?;
        let validity = match data_type {
            T::Null | T::RunEndEncoded(..) | T::Union(..) => None,
            // SAFETY: see above.
            _ => unsafe { node.validity(0, len, path) }?,
        };
        Ok(Chunk { len, validity, data })
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn fixed_width(&self, data_type: &DataType, path: &Path<'_>) -> Result<Data<'a>> {
        let Some(width) = width(data_type) else {
            return invalid(path, format!("the border doesn't know the type {data_type}"));
        };
        self.expect(2, 0, path)?;
        // SAFETY: the caller's promise.
        Ok(Data::Fixed(unsafe { self.items(1, self.offset, self.len, width, path) }?))
    }

    fn null(&self, path: &Path<'_>) -> Result<Data<'a>> {
        // Polars, and Arrow before 1.0, send a bitmap along.
        self.expect(self.buffers.len().min(1), 0, path)?;
        Ok(Data::Null)
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn boolean(&self, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(2, 0, path)?;
        // SAFETY: the caller's promise.
        Ok(Data::Bits(unsafe { self.bits(1, self.offset, self.len, path) }?))
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn binary(&self, large: bool, path: &Path<'_>) -> Result<Data<'a>> {
        self.expect(3, 0, path)?;
        // SAFETY: the caller's promise.
        let offsets = unsafe { self.value_offsets(self.offset, self.len, large, path) }?;
        let end = offsets.get(self.len) as usize;
        // SAFETY: the values reach as far as the last offset says: nothing else tells.
        let values = unsafe { self.items(2, 0, end, 1, path) }?;
        Ok(Data::Binary { offsets, values })
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn views(&self, path: &Path<'_>) -> Result<Data<'a>> {
        let (start, len) = (self.offset, self.len);
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
        let validity = unsafe { self.validity(0, len, path) }?;
        content::check_views(views, &buffers, validity.as_ref(), path)?;
        Ok(Data::Views { views, buffers })
    }

    /// # Safety
    /// As [`read_array`].
    unsafe fn dictionary(&self, index: &DataType, values: &DataType, path: &Path<'_>) -> Result<Data<'a>> {
        let (start, len) = (self.offset, self.len);
        self.expect_children(0, path)?;
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
        let validity = unsafe { self.validity(0, len, path) }?;
        content::check_keys(index, keys, validity.as_ref(), values.len, path)?;
        let keys = Chunk { len, validity: None, data: Data::Fixed(keys) };
        Ok(Data::Dictionary { keys: Box::new(keys), values: Box::new(values) })
    }
}
