//! Bitmaps: validity and booleans, at any bit offset.

use crate::kernels::dispatch::{Kernel, dispatch};

/// `len` bits, the first at bit `offset` of `bytes`.
///
/// ```
/// use arrownd::engine::Bits;
///
/// // Six bits from the second one on.
/// let bits = Bits::new(&[0b1011_0110], 1, 6).unwrap();
/// assert_eq!((bits.len(), bits.count_ones(), bits.first_zero()), (6, 4, Some(2)));
/// assert!(bits.get(0) && !bits.get(2) && !bits.get(99));
/// assert_eq!(bits.word(0), 0b101_1011);
/// assert!(Bits::new(&[0], 1, 8).is_none());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Bits<'a> {
    bytes: &'a [u8],
    offset: usize,
    len: usize,
}

impl<'a> Bits<'a> {
    /// The bytes that `len` bits from bit `offset` reach into.
    pub(crate) const fn bytes_needed(offset: usize, len: usize) -> usize {
        len.saturating_add(offset % 8).div_ceil(8) + offset / 8
    }

    /// `None` when `bytes` is too short. *O(1), shares memory*.
    ///
    /// ```
    /// use arrownd::engine::Bits;
    ///
    /// // A bitmap whose first two bits belong to other values.
    /// assert!(Bits::new(&[0b0011_0100], 2, 6).is_some_and(|bits| bits.get(0) && !bits.get(1)));
    /// assert!(Bits::new(&[0b0011_0100], 2, 7).is_none());
    /// ```
    #[must_use]
    pub fn new(bytes: &'a [u8], offset: usize, len: usize) -> Option<Self> {
        let bytes = bytes.get(offset / 8..Self::bytes_needed(offset, len))?;
        Some(Self { bytes, offset: offset % 8, len })
    }

    /// How many bits. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Bits;
    ///
    /// assert_eq!(Bits::new(&[0xff, 0xff], 3, 10).map(|bits| bits.len()), Some(10));
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Bits;
    ///
    /// assert!(Bits::new(&[], 0, 0).is_some_and(|bits| bits.is_empty()));
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// `len` bits from bit `start` on, as far as there are any.
    pub(crate) fn slice(&self, start: usize, len: usize) -> Self {
        let start = start.min(self.len);
        let len = len.min(self.len - start);
        Self::new(self.bytes, self.offset + start, len).unwrap_or(Self { len: 0, ..*self })
    }

    /// The bytes that the bits lie in.
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// One bit; false past the end. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Bits;
    ///
    /// let bits = Bits::new(&[0b0000_1101], 0, 4).unwrap();
    /// let found: Vec<bool> = (0..5).map(|i| bits.get(i)).collect();
    /// assert_eq!(found, [true, false, true, true, false]);
    /// ```
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        let bit = self.offset.saturating_add(index);
        index < self.len && self.bytes.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
    }

    /// The 64 bits from `start` on, the first in the lowest place; zeros past the bytes' end
    /// (not past `len`: the last byte's spare bits are the producer's). *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Bits;
    ///
    /// let bits = Bits::new(&[0b1111_0000, 0b0000_0011], 4, 8).unwrap();
    /// // From the third bit on: four are left of it.
    /// assert_eq!(bits.word(2) & 0b1111, 0b1111);
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        let bit = self.offset + start;
        let (byte, shift) = (bit / 8, (bit % 8) as u32);
        let low = match self.bytes.get(byte..byte + 8) {
            Some(eight) => {
                let mut raw = [0; 8];
                raw.copy_from_slice(eight);
                u64::from_le_bytes(raw)
            }
            None => self.word_at_end(byte),
        };
        if shift == 0 {
            return low;
        }
        let ninth = u64::from(self.bytes.get(byte + 8).copied().unwrap_or(0));
        low >> shift | ninth << (64 - shift)
    }

    /// The words from `start` on, for loops: a whole one takes no call.
    #[inline]
    pub(crate) fn words(&self, start: usize) -> Words<'a> {
        let bit = self.offset + start;
        let (words, _) = self.bytes.get(bit / 8..).unwrap_or_default().as_chunks();
        Words { words, shift: (bit % 8) as u32 }
    }

    #[cold]
    fn word_at_end(&self, byte: usize) -> u64 {
        let mut raw = [0; 8];
        for (to, from) in raw.iter_mut().zip(self.bytes.get(byte..).unwrap_or_default()) {
            *to = *from;
        }
        u64::from_le_bytes(raw)
    }

    /// Up to 64 bits from `start` on with everything past `len` cleared.
    #[inline(always)]
    pub(crate) fn word_within(&self, start: usize) -> u64 {
        self.word(start) & low_mask(self.len.saturating_sub(start))
    }

    /// How many bits are set. *Reads the bitmap once*.
    ///
    /// ```
    /// use arrow_array::{Array, Int32Array};
    /// use arrownd::engine::chunk_of;
    ///
    /// let array = Int32Array::from(vec![None, Some(2), None]);
    /// let bits = chunk_of(&array).validity.unwrap();
    /// assert_eq!(bits.len() - bits.count_ones(), array.null_count());
    /// ```
    #[must_use]
    pub fn count_ones(&self) -> usize {
        dispatch(Ones(*self))
    }

    /// The first bit that isn't set. *Reads the bitmap once*, up to there.
    ///
    /// ```
    /// use arrow_array::Int32Array;
    /// use arrownd::engine::chunk_of;
    ///
    /// let array = Int32Array::from(vec![Some(1), Some(2), None]);
    /// assert_eq!(chunk_of(&array).validity.and_then(|bits| bits.first_zero()), Some(2));
    /// ```
    #[must_use]
    pub fn first_zero(&self) -> Option<usize> {
        (0..self.len).step_by(64).find_map(|at| {
            let zeros = !self.word(at) & low_mask(self.len - at);
            (zeros != 0).then(|| at + zeros.trailing_zeros() as usize)
        })
    }
}

struct Ones<'a>(Bits<'a>);

impl Kernel for Ones<'_> {
    type Out = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self(bits) = self;
        let mut ones = 0;
        let mut at = 0;
        // Whole words without the shifts: this is what a null count costs.
        if bits.offset == 0 {
            let (words, _) = bits.bytes.get(..bits.len / 64 * 8).unwrap_or_default().as_chunks::<8>();
            ones = words.iter().map(|w| u64::from_ne_bytes(*w).count_ones() as usize).sum();
            at = words.len() * 64;
        }
        while at < bits.len {
            ones += bits.word_within(at).count_ones() as usize;
            at += 64;
        }
        ones
    }
}

/// The lowest `n` bits set, all of them for 64 and more.
#[inline(always)]
pub(crate) const fn low_mask(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

/// Words of a bitmap that lie in a row.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Words<'a> {
    words: &'a [[u8; 8]],
    /// How far the first bit is from the first byte's.
    shift: u32,
}

impl<'a> Words<'a> {
    /// The words as they lie, and how far into the first of them the first bit is.
    #[inline(always)]
    pub(crate) fn lying(self) -> (&'a [[u8; 8]], u32) {
        (self.words, self.shift)
    }

    /// Word `index`; `None` near the end, where [`Bits::word`] has it.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<u64> {
        let low = u64::from_le_bytes(*self.words.get(index)?);
        if self.shift == 0 {
            return Some(low);
        }
        let high = u64::from_le_bytes(*self.words.get(index + 1)?);
        Some(low >> self.shift | high << (64 - self.shift))
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn words_and_counts_agree_with_single_bits_at_every_offset() {
        let bytes: Vec<u8> = (0..40u32).map(|i| (i * 73 + 29) as u8).collect();
        for offset in 0..70 {
            for len in [0, 1, 7, 63, 64, 65, 130, 200] {
                let bits = Bits::new(&bytes, offset, len).expect("long enough");
                let single: Vec<bool> =
                    (0..len).map(|i| bytes[(offset + i) / 8] >> ((offset + i) % 8) & 1 == 1).collect();
                assert_eq!((0..len).map(|i| bits.get(i)).collect::<Vec<_>>(), single);
                assert_eq!(bits.count_ones(), single.iter().filter(|b| **b).count());
                assert_eq!(bits.first_zero(), single.iter().position(|b| !b));
                for start in 0..len {
                    let words = bits.words(start);
                    let whole = (0..).map_while(|i| words.get(i)).enumerate().collect::<Vec<_>>();
                    assert!(whole.len() + 2 > (len - start) / 64);
                    assert!(whole.iter().all(|(i, word)| *word == bits.word(start + 64 * i)));
                }
                for start in 0..len {
                    let word = bits.word_within(start);
                    for k in 0..64 {
                        assert_eq!(word >> k & 1 == 1, single.get(start + k).copied().unwrap_or(false));
                    }
                }
            }
        }
    }

    #[test]
    fn too_few_bytes_are_refused() {
        assert!(Bits::new(&[0xff], 1, 8).is_none());
        assert!(Bits::new(&[], 0, 0).is_some());
    }
}
