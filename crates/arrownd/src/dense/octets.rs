//! Text and bytes of any length, one value after the other.
#![allow(unsafe_code, reason = "fills memory that isn't initialised, and makes arrays of it")]

mod room;
mod tails;

use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

use super::{Made, Memory, Room};
use crate::error::{Error, Result};
use crate::kernels::{is_ascii, utf8};

/// Builds an array of text or bytes: offsets of 32 bits, and of 64 where the bytes are too many for
/// these (`large_utf8`, `large_binary`).
///
/// Addresses are kept beside the rooms that they are of: they are asked for with each value.
///
/// ```
/// use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
///
/// let mut memory = ArrowMemory;
/// let mut out = OctetsBuilder::new(3, 16, &mut memory)?;
/// out.push(b"one")?;
/// out.push_nothing()?;
/// assert_eq!(out.push_codes(2, "zw".chars().map(u32::from))?, None);
/// let nulls = [true, false, true].into_iter().collect();
/// let made = out.finish_text(Some(nulls))?;
/// assert_eq!((made.data.len(), made.data.null_count()), (3, 1));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub struct OctetsBuilder<'m> {
    memory: &'m mut dyn Memory,
    offsets: Offsets,
    /// How many values there will be.
    count: usize,
    /// How many there are.
    len: usize,
    /// Empty to itself: it owns the memory, which the system lets grow and shrink where it lies, or moves by its pages.
    bytes: Vec<u8>,
    /// Where `bytes` begins.
    start: *mut u8,
    /// How many may be written before [`OctetsBuilder::grow`] is asked: not more than `bytes` has room for.
    capacity: usize,
    /// For how many of them huge pages were asked for.
    huge: usize,
    /// How many of them are written; all up to there.
    used: usize,
    /// All bits of the bytes that were pushed, as far as these were looked at then; ones where they weren't.
    seen: u64,
}

impl fmt::Debug for OctetsBuilder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, len, used, .. } = self;
        let mut text = f.debug_struct("OctetsBuilder");
        text.field("count", count).field("len", len).field("used", used).finish_non_exhaustive()
    }
}

/// Where values begin and end, and where in memory that is said.
enum Offsets {
    /// One more than there are values.
    Narrow(Room, *mut i32),
    /// The same of 64 bits.
    Wide(Room, *mut i64),
    /// A view for each value, and where the buffers begin that views point into: 31 bits count no further.
    Views(Room, *mut [u8; 16], Vec<usize>),
}

impl<'m> OctetsBuilder<'m> {
    /// For `count` values of about `bytes` bytes together. *Allocates both*.
    ///
    /// # Errors
    /// Where there is no memory.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(1, 0, &mut memory)?;
    /// // The bytes grow, the number of values doesn't.
    /// out.push(b"longer than nothing")?;
    /// assert!(out.push(b"one more").is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(count: usize, bytes: usize, memory: &'m mut dyn Memory) -> Result<Self> {
        let mut offsets = memory.allocate(offsets_size(count, 4)?)?;
        #[expect(clippy::cast_ptr_alignment, reason = "written unaligned")]
        let first = offsets.as_mut_ptr().cast::<i32>();
        // SAFETY: one offset more than values.
        unsafe { first.write_unaligned(0) };
        let offsets = Offsets::Narrow(offsets, first);
        let start = NonNull::dangling().as_ptr();
        let mut made = Self {
            memory,
            offsets,
            count,
            len: 0,
            bytes: Vec::new(),
            start,
            capacity: 0,
            huge: 0,
            used: 0,
            seen: 0,
        };
        made.reserve(bytes)?;
        Ok(made)
    }

    /// Lays the values out as a type of text or bytes does that is wanted of them: with offsets of 64 bits, or as views.
    /// No other type changes anything. *Allocates one offset or view a value*.
    ///
    /// # Errors
    /// Where there is no memory, and where values are there already.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(2, 64, &mut memory)?.laid_out_as(Some(&DataType::Utf8View))?;
    /// out.push(b"one")?;
    /// out.push(b"longer than twelve bytes")?;
    /// let made = out.finish_text(None)?;
    /// assert_eq!(made.data.data_type(), &DataType::Utf8View);
    /// // Short ones lie in their views.
    /// assert_eq!(made.data.buffers()[1].as_slice(), b"longer than twelve bytes");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn laid_out_as(mut self, wanted: Option<&DataType>) -> Result<Self> {
        use DataType as T;
        if self.len > 0 {
            return Err(Error::BadValue("values are there already".to_owned()));
        }
        match wanted {
            Some(T::LargeBinary | T::LargeUtf8) => self.widen()?,
            Some(T::BinaryView | T::Utf8View) => {
                let mut room = self.memory.allocate(self.count.checked_mul(16).ok_or_else(too_many)?)?;
                let first = room.as_mut_ptr().cast::<[u8; 16]>();
                self.offsets = Offsets::Views(room, first, Vec::new());
            }
            _ => {}
        }
        Ok(self)
    }

    /// Appends one value. *Copies its bytes*.
    ///
    /// # Errors
    /// Where there is no memory, and for more values than were announced.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(2, 64, &mut memory)?;
    /// out.push(b"one")?;
    /// out.push(b"three")?;
    /// let made = out.finish_text(None)?;
    /// assert_eq!(made.data.buffers()[0].typed_data::<i32>(), [0, 3, 8]);
    /// assert_eq!(made.data.buffers()[1].as_slice(), b"onethree");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    pub fn push(&mut self, value: &[u8]) -> Result<()> {
        let len = value.len();
        self.seen = u64::MAX;
        let out = self.spare(len)?.as_mut_ptr().cast::<u8>();
        // Most values are short, and a call to copy them takes longer than these moves.
        match (len, value.first_chunk::<8>(), value.last_chunk::<8>()) {
            (8..=16, Some(first), Some(last)) => {
                // SAFETY: `len` bytes are spare, eight at least.
                unsafe { out.cast::<[u8; 8]>().write_unaligned(*first) };
                // SAFETY: the last eight of `len` bytes.
                let end = unsafe { out.add(len - 8) };
                // SAFETY: as above.
                unsafe { end.cast::<[u8; 8]>().write_unaligned(*last) };
            }
            (0..8, ..) => {
                for (at, byte) in value.iter().enumerate() {
                    // SAFETY: one of the `len` bytes that are spare.
                    let out = unsafe { out.add(at) };
                    // SAFETY: as above.
                    unsafe { out.write(*byte) };
                }
            }
            // SAFETY: `len` bytes are spare, in memory that is the builder's alone.
            _ => unsafe { out.copy_from_nonoverlapping(value.as_ptr(), len) },
        }
        self.end(len)
    }

    /// Appends the first `len` of 16 bytes. *O(1)*.
    ///
    /// # Errors
    /// As [`OctetsBuilder::push`], which longer values need.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(1, 64, &mut memory)?;
    /// // What lies after the text isn't part of it.
    /// out.push_short(b"one, two, three.", 3)?;
    /// assert_eq!(out.finish_text(None)?.data.buffers()[1].as_slice(), b"one");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    pub fn push_short(&mut self, value: &[u8; 16], len: usize) -> Result<()> {
        let out = self.spare(16)?.as_mut_ptr().cast::<[u8; 16]>();
        // SAFETY: 16 bytes are spare.
        unsafe { out.write_unaligned(*value) };
        let bits = u128::from_ne_bytes(*value);
        self.seen |= bits as u64 | (bits >> 64) as u64;
        self.end(len.min(16))
    }

    /// Appends one text of so many code points, as UTF-8. *Copies its bytes*. What is no character is handed back, and
    /// nothing is appended then.
    ///
    /// # Errors
    /// Where there is no memory.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(1, 64, &mut memory)?;
    /// let surrogate = [0x61, 0xd800];
    /// assert_eq!(out.push_codes(2, surrogate.into_iter())?, Some(0xd800));
    /// let text = [0x61, 0xe9];
    /// assert_eq!(out.push_codes(2, text.into_iter())?, None);
    /// assert_eq!(out.finish_text(None)?.data.buffers()[1].as_slice(), "aé".as_bytes());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    pub fn push_codes(&mut self, count: usize, codes: impl Iterator<Item = u32>) -> Result<Option<u32>> {
        let most = count.checked_add(1).and_then(|count| count.checked_mul(4)).ok_or_else(too_many)?;
        self.seen = u64::MAX;
        let room = self.spare(most)?;
        let mut written = 0;
        for code in codes.take(count) {
            if code >= 0x11_0000 || code & !0x7ff == 0xd800 {
                return Ok(Some(code));
            }
            // Four bytes are written each time, and the next character goes over what is too much.
            let (utf8, len) = encoded(code);
            if let Some(out) = room.get_mut(written..).and_then(|room| room.first_chunk_mut()) {
                let [a, b, c, d] = utf8;
                *out = [MaybeUninit::new(a), MaybeUninit::new(b), MaybeUninit::new(c), MaybeUninit::new(d)];
            }
            written += len;
        }
        // As many bytes were there, and each character's are written.
        self.end(written)?;
        Ok(None)
    }

    /// Appends a value that isn't there. *O(1)*.
    ///
    /// # Errors
    /// Where there is no memory.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(2, 64, &mut memory)?;
    /// out.push_nothing()?;
    /// out.push(b"one")?;
    /// let made = out.finish_text(Some(vec![false, true].into()))?;
    /// assert!(made.data.is_null(0) && made.data.is_valid(1));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    pub fn push_nothing(&mut self) -> Result<()> {
        self.end(0)
    }

    /// The array of text. *Reads the bytes once*, to see that they are UTF-8, unless all were short and seen to be ASCII, and
    /// then costs what [`OctetsBuilder::finish`] does.
    ///
    /// # Errors
    /// [`Error::LossyCast`] for a value that isn't, and as [`OctetsBuilder::finish`].
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(2, 64, &mut memory)?;
    /// out.push(b"one")?;
    /// out.push(b"\xff")?;
    /// let refused = out.finish_text(None).unwrap_err().to_string();
    /// assert!(refused.contains("text that isn't UTF-8") && refused.contains("position 1"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn finish_text(self, nulls: Option<NullBuffer>) -> Result<Made> {
        let bytes = self.written();
        let views = matches!(self.offsets, Offsets::Views(..));
        let whole = || utf8(bytes);
        let uncut = |text: &str| (0..=self.len).all(|at| text.is_char_boundary(self.offset(at)));
        let seen_ascii = self.seen & (u64::MAX / 255 * 128) == 0;
        if views || !seen_ascii && !is_ascii(bytes) && !whole().is_some_and(uncut) {
            for at in 0..self.len {
                if let Err(error) = std::str::from_utf8(self.value(at)) {
                    return Err(Error::LossyCast {
                        path: String::new(),
                        value: format!("text that isn't UTF-8 ({error})"),
                        position: at,
                        dtype: "utf8".to_owned(),
                        remedy: "replace it, or mask it".to_owned(),
                    });
                }
            }
        }
        // SAFETY: found to be UTF-8.
        unsafe { self.finish(true, nulls) }
    }

    /// The array, of text where `text` says so. *O(1), shares memory*, or *copies the bytes* where most of their memory
    /// would stay empty.
    ///
    /// # Safety
    /// For text, every value is UTF-8.
    ///
    /// # Errors
    /// [`Error::BadValue`] where values or nulls are fewer than were announced.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(1, 64, &mut memory)?;
    /// out.push(b"\xff\x00")?;
    /// // SAFETY: bytes, no text.
    /// let made = unsafe { out.finish(false, None) }?;
    /// assert_eq!(made.data.data_type(), &DataType::Binary);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub unsafe fn finish(mut self, text: bool, nulls: Option<NullBuffer>) -> Result<Made> {
        use DataType as T;
        if self.len != self.count || nulls.as_ref().is_some_and(|nulls| nulls.len() != self.count) {
            return Err(Error::BadValue(format!("{} of {} values are there", self.len, self.count)));
        }
        // SAFETY: as many are written.
        unsafe { self.bytes.set_len(self.used) };
        let capacity = self.bytes.capacity();
        if capacity / 2 > self.used && capacity > 1 << 16 {
            self.bytes.shrink_to_fit();
        }
        let bytes = Buffer::from_vec(self.bytes);
        let (data_type, buffers) = match self.offsets {
            Offsets::Narrow(room, _) => {
                // SAFETY: one more offset than values, all written.
                let offsets = unsafe { room.into_buffer(4 * (self.count + 1)) };
                (if text { T::Utf8 } else { T::Binary }, vec![offsets, bytes])
            }
            Offsets::Wide(room, _) => {
                // SAFETY: as above.
                let offsets = unsafe { room.into_buffer(8 * (self.count + 1)) };
                (if text { T::LargeUtf8 } else { T::LargeBinary }, vec![offsets, bytes])
            }
            Offsets::Views(room, _, starts) => {
                // SAFETY: a view for each value, all written.
                let views = unsafe { room.into_buffer(16 * self.count) };
                let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
                let pieces = starts.iter().zip(ends).map(|(start, end)| (*start, end - start));
                let pieces = pieces.map(|(start, len)| bytes.slice_with_length(start, len));
                (if text { T::Utf8View } else { T::BinaryView }, [views].into_iter().chain(pieces).collect())
            }
        };
        let builder = ArrayData::builder(data_type.clone())
            .len(self.count)
            .nulls(nulls.filter(|nulls| nulls.null_count() > 0))
            .buffers(buffers);
        // SAFETY: ascending offsets, or views, within the bytes, as many nulls as values, UTF-8 by the caller's
        // promise.
        let data = unsafe { builder.build_unchecked() };
        Ok(Made { field: Arc::new(Field::new("", data_type, true)), data })
    }
}

/// The bytes of a character and how many these are, zeros after them. Text of several alphabets makes branches cost more.
#[inline(always)]
fn encoded(code: u32) -> ([u8; 4], usize) {
    let more = usize::from(code >= 0x80) + usize::from(code >= 0x800) + usize::from(code >= 0x1_0000);
    let sixes = code & 0x3f | (code & 0xfc0) << 2 | (code & 0x3_f000) << 4 | (code & 0x1c_0000) << 6;
    let marks = [0, 0xc080, 0xe0_8080, 0xf080_8080].get(more).copied().unwrap_or(0);
    let bytes = if more == 0 { code } else { sixes | marks };
    ((bytes << (24 - 8 * more)).to_be_bytes(), more + 1)
}

fn offsets_size(count: usize, width: usize) -> Result<usize> {
    count.checked_add(1).and_then(|count| count.checked_mul(width)).ok_or_else(too_many)
}

fn too_many() -> Error {
    Error::BadValue("more bytes than there can be".to_owned())
}
