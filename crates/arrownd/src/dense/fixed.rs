//! Values of fixed width that come some at a time.
#![allow(unsafe_code, reason = "memory becomes an array once it is filled")]

use std::fmt;
use std::mem::MaybeUninit;

use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use zerocopy::IntoBytes;

use super::cast::{FlatCast, fill};
use super::words::{nonzero, store};
use super::{Made, Memory, Room};
use crate::error::{Error, Result};
use crate::mapping::map;

/// How many values are converted together: they stay in the cache.
const SOME: usize = 1 << 13;

/// Builds an array of values of fixed width that come some at a time, in the type that is wanted of them where one pass makes
/// it: so that the values as they came are never there as a whole.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
///
/// let wanted = Field::new("", DataType::Int8, true);
/// let mut out = FixedBuilder::new(&DataType::Int64, Some(&wanted), true, 3, &mut ArrowMemory)?;
/// for (to, value) in out.spare::<i64>()?.iter_mut().zip([7, 0, 9]) {
///     to.write(value);
/// }
/// // SAFETY: three were written, of which the second stands for nothing.
/// unsafe { out.end_written(3, Some(&[0b101])) }?;
/// let made = out.finish()?;
/// assert_eq!(made.field.data_type(), &DataType::Int8);
/// assert_eq!(made.data.buffers()[0].typed_data::<i8>()[..1], [7]);
/// assert!(made.data.is_null(1) && made.data.is_valid(2));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub struct FixedBuilder {
    data_type: DataType,
    /// What makes the wanted type of the values.
    cast: Option<FlatCast>,
    /// Bytes of a value as it comes.
    width: usize,
    room: Room,
    count: usize,
    len: usize,
    /// The next values, where they don't stay as they come.
    scratch: Vec<u64>,
    /// One bit a value, from the first block on in which something is missing.
    valid: Option<Vec<u64>>,
}

impl fmt::Debug for FixedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data_type, count, len, .. } = self;
        let mut text = f.debug_struct("FixedBuilder");
        text.field("data_type", data_type).field("count", count).field("len", len).finish_non_exhaustive()
    }
}

impl FixedBuilder {
    /// For `count` values, which come as values of the type `from`: booleans as one byte each. They become `wanted`
    /// where that is a type of fixed width that they have to be converted to, and no extension.
    /// *Allocates the result*.
    ///
    /// # Errors
    /// [`Error::BadValue`] where there is no memory, and for a type of another layout.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
    /// let mut out = FixedBuilder::new(&DataType::Boolean, None, true, 3, &mut ArrowMemory)?;
    /// for (to, value) in out.spare::<u8>()?.iter_mut().zip([1, 0, 1]) {
    ///     to.write(value);
    /// }
    /// // SAFETY: three were written.
    /// unsafe { out.end_written(3, None) }?;
    /// assert_eq!(out.finish()?.data.buffers()[0][0] & 0b111, 0b101);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(
        from: &DataType,
        wanted: Option<&Field>,
        safe: bool,
        count: usize,
        memory: &mut dyn Memory,
    ) -> Result<Self> {
        let field = Field::new("", from.clone(), true);
        let plain = wanted.filter(|wanted| wanted.extension_type_name().is_none());
        let cast = plain.and_then(|wanted| FlatCast::staged(&field, wanted, safe));
        let width = match from {
            DataType::Boolean => 1,
            _ => map(&field)?.element.width(),
        };
        if width == 0 {
            return Err(Error::BadValue(format!("values of type {from} have no width")));
        }
        let bytes = match &cast {
            Some(cast) => cast.room(count)?,
            None if *from == DataType::Boolean => count.div_ceil(64) * 8,
            None => count.checked_mul(width).ok_or_else(|| {
                Error::BadValue(format!("{count} values of {width} bytes are more than there is memory"))
            })?,
        };
        let room = memory.allocate(bytes)?;
        let data_type = cast.as_ref().map_or(from, FlatCast::data_type).clone();
        Ok(Self { data_type, cast, width, room, count, len: 0, scratch: Vec::new(), valid: None })
    }

    /// Whether values become another type than they come in. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
    /// let converts = |wanted: DataType| {
    ///     let wanted = Field::new("", wanted, true);
    ///     let out = FixedBuilder::new(&DataType::Int64, Some(&wanted), true, 1, &mut ArrowMemory);
    ///     out.map(|out| out.converts())
    /// };
    /// assert_eq!(converts(DataType::Float32), Ok(true));
    /// // Not that of the values, nor one of fixed width.
    /// assert_eq!((converts(DataType::Int64), converts(DataType::Utf8)), (Ok(false), Ok(false)));
    /// ```
    #[must_use]
    pub fn converts(&self) -> bool {
        self.cast.is_some()
    }

    /// Memory for the next values: some thousand of them, or those that are left. *O(1)*.
    ///
    /// # Errors
    /// [`Error::BadValue`] for values of another width, and after a number of them that is no multiple of 64.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
    /// let mut out = FixedBuilder::new(&DataType::Int64, None, true, 1_000_000, &mut ArrowMemory)?;
    /// assert!(out.spare::<i64>()?.len() < 1_000_000);
    /// assert!(out.spare::<i32>().is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn spare<T: ArrowNativeType>(&mut self) -> Result<&mut [MaybeUninit<T>]> {
        if size_of::<T>() != self.width || !self.len.is_multiple_of(64) && self.len < self.count {
            return Err(Error::BadValue(format!(
                "values of {} bytes can't follow {}",
                size_of::<T>(),
                self.len
            )));
        }
        let (start, n) = (self.len, self.next());
        let memory = if self.is_direct() {
            let own = start * self.width..(start + n) * self.width;
            self.room.as_uninit_slice().get_mut(own).unwrap_or_default()
        } else {
            fill::scratch(&mut self.scratch, n * self.width)
        };
        // SAFETY: bytes that needn't be initialised are such values.
        let (before, values, _) = unsafe { memory.align_to_mut::<MaybeUninit<T>>() };
        debug_assert!(before.is_empty() && values.len() == n, "a block of values begins where one may");
        Ok(values)
    }

    /// How many values there is memory for at once.
    fn next(&self) -> usize {
        SOME.min(self.count - self.len)
    }

    /// Whether values are written where they stay.
    fn is_direct(&self) -> bool {
        self.cast.is_none() && self.data_type != DataType::Boolean
    }

    /// Ends `n` values, with a bit for each where one is missing, whatever its value. Only the last call may come with another number of them
    /// than a multiple of 64. *Writes what is wanted of them*.
    ///
    /// # Safety
    /// They were written to the last [`FixedBuilder::spare`].
    ///
    /// # Errors
    /// [`Error::LossyCast`] for the first value that the wanted type doesn't hold, with its position among all;
    /// [`Error::BadValue`] for more values than there was memory for, or with fewer bits.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
    /// let wanted = Field::new("", DataType::Int8, true);
    /// let mut out = FixedBuilder::new(&DataType::Int64, Some(&wanted), true, 2, &mut ArrowMemory)?;
    /// for (to, value) in out.spare::<i64>()?.iter_mut().zip([1, 300]) {
    ///     to.write(value);
    /// }
    /// // SAFETY: two were written.
    /// let error = unsafe { out.end_written(2, None) }.unwrap_err().to_string();
    /// assert!(error.contains("300 at position 1"), "{error}");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub unsafe fn end_written(&mut self, n: usize, valid: Option<&[u64]>) -> Result<()> {
        if n > self.next() || valid.is_some_and(|valid| valid.len() < n.div_ceil(64)) {
            return Err(Error::BadValue(format!("{n} values can't follow {} of {}", self.len, self.count)));
        }
        let start = self.len;
        if !self.is_direct() {
            self.convert(n, valid)?;
        }
        if self.valid.is_none() && valid.is_some() {
            let mut all = Vec::with_capacity(self.count.div_ceil(64));
            all.resize(start / 64, u64::MAX);
            self.valid = Some(all);
        }
        if let Some(all) = &mut self.valid {
            let words = valid.map_or(&[][..], |valid| valid.get(..n.div_ceil(64)).unwrap_or_default());
            all.extend(words.iter().map(|word| word.to_le()));
            all.resize((start + n).div_ceil(64), u64::MAX);
        }
        self.len += n;
        Ok(())
    }

    /// Writes what becomes of the next `n` values, which are in the scratch.
    fn convert(&mut self, n: usize, valid: Option<&[u64]>) -> Result<()> {
        let (start, room) = (self.len, self.room.as_uninit_slice());
        let own = self.scratch.as_bytes().get(..n * self.width).unwrap_or_default();
        let Some(cast) = &mut self.cast else {
            let mut words = [0; SOME / 64];
            let words = words.get_mut(..n.div_ceil(64)).unwrap_or_default();
            nonzero(own, words);
            store(words, room.get_mut(start / 8..).unwrap_or_default().as_chunks_mut().0);
            return Ok(());
        };
        let from = cast.bytes(start);
        let out = room.get_mut(from..from + cast.room(n)?).unwrap_or_default();
        if !cast.is_from_bits() {
            return cast.write_bytes(own, n, valid, out).map_err(|error| moved(error, start));
        }
        let mut words = vec![0; n.div_ceil(64)];
        nonzero(own, &mut words);
        let words: Vec<u64> = words.into_iter().map(u64::to_le).collect();
        cast.write_bytes(words.as_bytes(), n, valid, out).map_err(|error| moved(error, start))
    }

    /// The array. *O(1), shares memory*.
    ///
    /// # Errors
    /// [`Error::BadValue`] where values are fewer than were announced.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::{ArrowMemory, FixedBuilder};
    /// let out = FixedBuilder::new(&DataType::Int64, None, true, 1, &mut ArrowMemory)?;
    /// assert!(out.finish().is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn finish(self) -> Result<Made> {
        let Self { data_type, cast, width, room, count, len, valid, .. } = self;
        if len != count {
            return Err(Error::BadValue(format!("{len} of {count} values are there")));
        }
        let bytes = match &cast {
            Some(cast) => cast.bytes(count),
            None if data_type == DataType::Boolean => count.div_ceil(8),
            None => count * width,
        };
        // SAFETY: all of `count` values were written, or what became of them.
        let values = unsafe { room.into_buffer(bytes) };
        let nulls = valid.map(|valid| NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(valid), 0, count)));
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let field = Field::new("", data_type.clone(), true);
        let builder = ArrayData::builder(data_type).len(count).nulls(nulls).add_buffer(values);
        let data = builder
            .build()
            .map_err(|why| Error::InvalidArrow { path: String::new(), what: why.to_string() })?;
        Ok(Made { field: field.into(), data })
    }
}

/// The error of a value among others, of which `start` come before.
fn moved(error: Error, start: usize) -> Error {
    match error {
        Error::LossyCast { path, value, position, dtype, remedy } => {
            Error::LossyCast { path, value, position: start + position, dtype, remedy }
        }
        other => other,
    }
}
