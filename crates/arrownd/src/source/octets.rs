//! The bytes of text and binary values, a block at a time: what differs between layouts is decided
//! once for 64 values.

use std::str::{Utf8Error, from_utf8};

use super::data::{Data, view_bytes};
use super::low_mask;
use super::offsets::Offsets;
use crate::kernels::utf8;

/// The bytes of up to 64 values, each where the producer keeps it.
///
/// ```
/// use arrow_array::StringArray;
/// use arrownd::engine::{Octets, chunk_of};
///
/// let array = StringArray::from(vec!["one", "three"]);
/// let chunk = chunk_of(&array);
/// let index = std::array::from_fn(|i| i);
/// let octets = Octets::new(&chunk.data, &index, 0b11);
/// assert_eq!(octets.each()[1], b"three");
/// ```
#[derive(Debug)]
pub struct Octets<'a> {
    each: [&'a [u8]; 64],
    valid: u64,
    /// Where they follow each other: the buffer from the first one on, and how many of its bytes are
    /// theirs, missing values' and all.
    whole: Option<(&'a [u8], usize)>,
    /// The buffer that they lie in, where it is one.
    buffer: &'a [u8],
    /// Whether they were seen to be ASCII on the way.
    ascii: Option<bool>,
}

impl<'a> Octets<'a> {
    /// The bytes of the values at `index`, as far as they are `valid`; empty for all others.
    /// *Reads 64 offsets or views, shares memory*.
    ///
    /// ```
    /// use arrow_array::StringArray;
    /// use arrownd::engine::{Octets, chunk_of};
    ///
    /// let array = StringArray::from(vec![Some("a"), Some("bc"), None]);
    /// let chunk = chunk_of(&array);
    /// // The second value, the first one, and a third that is missing.
    /// let mut index = [0; 64];
    /// index[..2].copy_from_slice(&[1, 0]);
    /// let octets = Octets::new(&chunk.data, &index, 0b011);
    /// assert_eq!(octets.each()[..3], [&b"bc"[..], b"a", b""]);
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn new(data: &Data<'a>, index: &[usize; 64], valid: u64) -> Self {
        let mut octets = Self { each: [&[]; 64], valid, whole: None, buffer: &[], ascii: None };
        match data {
            Data::Binary { offsets: Offsets::I32(offsets), values } => {
                octets.by_offsets(offsets, values, index, |o| i32::from_ne_bytes(*o) as usize);
            }
            Data::Binary { offsets: Offsets::I64(offsets), values } => {
                octets.by_offsets(offsets, values, index, |o| i64::from_ne_bytes(*o) as usize);
            }
            Data::Views { views, buffers } => octets.by_views(views, buffers, index),
            _ => {}
        }
        octets
    }

    /// As [`Octets::new`], for values of one width. *Shares memory*.
    pub(crate) fn fixed(bytes: &'a [u8], width: usize, index: &[usize; 64], valid: u64) -> Self {
        let mut octets = Self { each: [&[]; 64], valid, whole: None, buffer: bytes, ascii: None };
        for (to, at) in octets.each.iter_mut().zip(index).enumerate().filter_map(present(valid)) {
            *to = bytes.get(at * width..(at + 1) * width).unwrap_or_default();
        }
        octets
    }

    #[inline(always)]
    fn by_offsets<const N: usize>(
        &mut self,
        offsets: &[[u8; N]],
        values: &'a [u8],
        index: &[usize; 64],
        read: impl Fn(&[u8; N]) -> usize,
    ) {
        self.buffer = values;
        let valid = self.valid;
        let len = 64 - valid.leading_zeros() as usize;
        let skipped = valid.trailing_zeros() as usize;
        let first = index.get(skipped).and_then(|at| at.checked_sub(skipped)).unwrap_or(usize::MAX / 2);
        let in_a_row = index
            .iter()
            .enumerate()
            .fold(true, |yes, (i, at)| yes & ((*at == first + i) | (valid >> i & 1 == 0)));
        match offsets.get(first..first + len + 1) {
            Some(offsets) if in_a_row => {
                for (i, (to, bounds)) in self.each.iter_mut().zip(offsets.windows(2)).enumerate() {
                    if let [start, end] = bounds {
                        let (start, end) = (read(start), read(end));
                        let end = if valid >> i & 1 != 0 { end } else { start };
                        *to = values.get(start..end).unwrap_or_default();
                    }
                }
                if let [start, .., end] = offsets {
                    self.whole = values.get(read(start)..).zip(read(end).checked_sub(read(start)));
                }
            }
            _ => {
                for (to, at) in self.each.iter_mut().zip(index).enumerate().filter_map(present(valid)) {
                    if let Some([start, end]) = offsets.get(*at..*at + 2) {
                        *to = values.get(read(start)..read(end)).unwrap_or_default();
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn by_views(&mut self, views: &'a [[u8; 16]], buffers: &[&'a [u8]], index: &[usize; 64]) {
        let mut ascii = true;
        for (to, at) in self.each.iter_mut().zip(index).enumerate().filter_map(present(self.valid)) {
            let Some(view) = views.get(*at) else { continue };
            *to = view_bytes(view, buffers);
            // What lies in the view is looked at in one go: zeros fill it up.
            ascii &= if to.len() <= 12 {
                (u128::from_le_bytes(*view) >> 32) & (u128::MAX / 255 * 128) == 0
            } else {
                to.is_ascii()
            };
        }
        self.ascii = Some(ascii);
    }

    /// The bytes of each of the 64; empty where one is missing. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrownd::engine::{Octets, chunk_of};
    /// let array = StringArray::from(vec!["one", "three"]);
    /// # let chunk = chunk_of(&array);
    /// let octets = Octets::new(&chunk.data, &std::array::from_fn(|i| i), 0b11);
    /// let lengths: Vec<usize> = octets.each().iter().take(2).map(|text| text.len()).collect();
    /// assert_eq!(lengths, [3, 5]);
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn each(&self) -> &[&'a [u8]; 64] {
        &self.each
    }

    /// The buffer from a value on, to its end: for loops that read more than a value and drop it.
    /// *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrownd::engine::{Octets, chunk_of};
    /// let array = StringArray::from(vec!["one", "three"]);
    /// # let chunk = chunk_of(&array);
    /// let octets = Octets::new(&chunk.data, &std::array::from_fn(|i| i), 0b11);
    /// // Eight bytes at once, of which three are the value's.
    /// let wide = octets.from(octets.each()[0]).and_then(|rest| rest.first_chunk::<8>());
    /// assert_eq!(wide, Some(b"onethree"));
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn from(&self, value: &[u8]) -> Option<&'a [u8]> {
        self.buffer.get(value.as_ptr().addr().checked_sub(self.buffer.as_ptr().addr())?..)
    }

    /// Whether every value is ASCII; may be false where a missing one's bytes aren't.
    /// *Reads the bytes once*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrownd::engine::{Octets, chunk_of};
    /// let array = StringArray::from(vec!["one", "trois", "déjà"]);
    /// # let chunk = chunk_of(&array);
    /// let octets = |valid| Octets::new(&chunk.data, &std::array::from_fn(|i| i), valid);
    /// // The first two, then all three.
    /// assert!(octets(0b011).is_ascii() && !octets(0b111).is_ascii());
    /// ```
    #[inline]
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        match (self.ascii, self.whole) {
            (Some(ascii), _) => ascii,
            (None, Some((whole, len))) => whole.get(..len).is_some_and(<[u8]>::is_ascii),
            (None, None) => self.each.iter().all(|bytes| bytes.is_ascii()),
        }
    }

    /// The first value that isn't UTF-8, and why. *Reads the bytes once*, twice where there is one.
    ///
    /// ```
    /// # use arrow_array::BinaryArray;
    /// # use arrownd::engine::{Octets, chunk_of};
    /// let array = BinaryArray::from(vec![&b"one"[..], b"caf\xe9"]);
    /// # let chunk = chunk_of(&array);
    /// let octets = Octets::new(&chunk.data, &std::array::from_fn(|i| i), 0b11);
    /// assert_eq!(octets.not_utf8().map(|(at, why)| (at, why.valid_up_to())), Some((1, 3)));
    /// ```
    #[must_use]
    pub fn not_utf8(&self) -> Option<(usize, Utf8Error)> {
        let len = 64 - self.valid.leading_zeros() as usize;
        let whole = self.whole.filter(|_| self.valid == low_mask(len));
        if let Some(text) = whole.and_then(|(whole, len)| utf8(whole.get(..len)?)) {
            let mut at = 0;
            // Whole characters may still be cut apart between two values.
            let uncut = self.each.iter().all(|bytes| {
                at += bytes.len();
                text.is_char_boundary(at)
            });
            if uncut {
                return None;
            }
        }
        self.each.iter().enumerate().find_map(|(i, bytes)| Some((i, from_utf8(bytes).err()?)))
    }
}

/// Text or binary views that follow each other and are all there.
///
/// ```
/// use arrow_array::StringViewArray;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
/// use std::mem::MaybeUninit;
///
/// let array = StringViewArray::from(vec!["one", "three"]);
/// let field = Field::new("", DataType::Utf8View, true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let mut memory = [MaybeUninit::<usize>::uninit(); 2];
/// let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
/// planned.task().objects(&mut dest, &mut |visit| {
///     let row = visit.view_row(0).unwrap();
///     assert!(row.is_ascii());
///     assert_eq!(row.each().collect::<Vec<_>>(), [&b"one"[..], b"three"]);
///     Ok::<(), arrownd::Error>(())
/// })?;
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ViewRow<'a> {
    pub(crate) views: &'a [[u8; 16]],
    pub(crate) buffers: &'a [&'a [u8]],
}

impl<'a> ViewRow<'a> {
    /// The bytes of each value. *O(1) a value, shares memory*.
    ///
    /// ```
    /// # use arrow_array::StringViewArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = StringViewArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8View, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::<usize>::uninit(); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let lengths = visit.view_row(0).map(|row| row.each().map(<[u8]>::len).collect());
    ///     assert_eq!(lengths, Some(vec![3, 5]));
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    pub fn each(self) -> impl Iterator<Item = &'a [u8]> {
        self.views.iter().map(move |view| view_bytes(view, self.buffers))
    }

    /// Whether every value is ASCII. *Reads the bytes once*.
    ///
    /// ```
    /// # use arrow_array::StringViewArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = StringViewArray::from(vec!["one", "déjà"]);
    /// # let field = Field::new("", DataType::Utf8View, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::<usize>::uninit(); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     assert_eq!(visit.view_row(0).map(|row| row.is_ascii()), Some(false));
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_ascii(self) -> bool {
        let all = self.views.iter().fold(true, |ascii, view| {
            // What lies in the view is looked at in one go: zeros fill it up.
            let short = u32::from_le_bytes([view[0], view[1], view[2], view[3]]) <= 12;
            ascii & (!short | ((u128::from_le_bytes(*view) >> 32) & (u128::MAX / 255 * 128) == 0))
        });
        all && self.each().all(|bytes| bytes.len() <= 12 || bytes.is_ascii())
    }
}

/// Whether text that is cut where `bounds` say is UTF-8, whole and every piece of it. *Reads the bytes once*.
///
/// ```
/// use arrownd::engine::is_utf8;
///
/// let bytes = "aé".as_bytes();
/// assert!(is_utf8(bytes, &[0, 1, 3]));
/// // Cut within a character.
/// assert!(!is_utf8(bytes, &[0, 2, 3]));
/// ```
#[must_use]
pub fn is_utf8(values: &[u8], bounds: &[usize]) -> bool {
    let [first, .., last] = bounds else { return true };
    let Some(text) = values.get(*first..*last).and_then(utf8) else { return false };
    // Whole characters may still be cut apart between two values.
    bounds.iter().all(|bound| bound.checked_sub(*first).is_some_and(|at| text.is_char_boundary(at)))
}

/// What is there, of things numbered in the block.
#[inline(always)]
fn present<T>(valid: u64) -> impl Fn((usize, T)) -> Option<T> {
    move |(i, item)| (valid >> i & 1 != 0).then_some(item)
}
