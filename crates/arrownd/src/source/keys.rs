//! Integers of any width in the producer's bytes: a dictionary's indexes, run ends, lengths of axes.

use super::access::{Block, is_row};
use crate::kernels::keys::all_below;

/// Integers of any width in the producer's bytes, which may be misaligned.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Keys<'a> {
    I8(&'a [u8]),
    I16(&'a [[u8; 2]]),
    I32(&'a [[u8; 4]]),
    I64(&'a [[u8; 8]]),
    U8(&'a [u8]),
    U16(&'a [[u8; 2]]),
    U32(&'a [[u8; 4]]),
    U64(&'a [[u8; 8]]),
}

macro_rules! each_key {
    ($keys:expr, |$k:ident, $read:ident| $body:expr) => {
        match $keys {
            Keys::I8($k) => {
                let $read = |b: &u8| *b as i8 as i64;
                $body
            }
            Keys::U8($k) => {
                let $read = |b: &u8| i64::from(*b);
                $body
            }
            Keys::I16($k) => {
                let $read = |b: &[u8; 2]| i64::from(i16::from_ne_bytes(*b));
                $body
            }
            Keys::U16($k) => {
                let $read = |b: &[u8; 2]| i64::from(u16::from_ne_bytes(*b));
                $body
            }
            Keys::I32($k) => {
                let $read = |b: &[u8; 4]| i64::from(i32::from_ne_bytes(*b));
                $body
            }
            Keys::U32($k) => {
                let $read = |b: &[u8; 4]| i64::from(u32::from_ne_bytes(*b));
                $body
            }
            Keys::I64($k) => {
                let $read = |b: &[u8; 8]| i64::from_ne_bytes(*b);
                $body
            }
            Keys::U64($k) => {
                // What doesn't fit is no index of anything that fits into memory.
                let $read = |b: &[u8; 8]| u64::from_ne_bytes(*b) as i64;
                $body
            }
        }
    };
}

impl<'a> Keys<'a> {
    /// The integers of a type; `None` for any other type.
    pub(crate) fn new(data_type: &arrow_schema::DataType, bytes: &'a [u8]) -> Option<Self> {
        use arrow_schema::DataType as T;
        Some(match data_type {
            T::Int8 => Self::I8(bytes),
            T::Int16 => Self::I16(bytes.as_chunks().0),
            T::Int32 => Self::I32(bytes.as_chunks().0),
            T::Int64 => Self::I64(bytes.as_chunks().0),
            T::UInt8 => Self::U8(bytes),
            T::UInt16 => Self::U16(bytes.as_chunks().0),
            T::UInt32 => Self::U32(bytes.as_chunks().0),
            T::UInt64 => Self::U64(bytes.as_chunks().0),
            _ => return None,
        })
    }

    /// How many. *O(1)*.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        each_key!(self, |keys, _read| keys.len())
    }

    /// Whether there are none.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; 0 past the end. *O(1)*.
    #[inline]
    #[must_use]
    pub(crate) fn get(&self, index: usize) -> i64 {
        each_key!(self, |keys, read| keys.get(index).map_or(0, read))
    }

    /// Those from `start` on, `n` of them; `None` where there are fewer.
    #[inline]
    pub(crate) fn slice(&self, start: usize, n: usize) -> Option<Self> {
        let range = start..start.checked_add(n)?;
        Some(match self {
            Self::I8(x) => Self::I8(x.get(range)?),
            Self::U8(x) => Self::U8(x.get(range)?),
            Self::I16(x) => Self::I16(x.get(range)?),
            Self::U16(x) => Self::U16(x.get(range)?),
            Self::I32(x) => Self::I32(x.get(range)?),
            Self::U32(x) => Self::U32(x.get(range)?),
            Self::I64(x) => Self::I64(x.get(range)?),
            Self::U64(x) => Self::U64(x.get(range)?),
        })
    }

    /// Whether all are indexes of so many values. *Reads them once*.
    pub(crate) fn all_below(&self, values: usize) -> bool {
        all_below(self.bytes(), self.bytes().len() / self.len().max(1), values)
    }

    /// The bytes.
    #[inline]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        match self {
            Self::I8(x) | Self::U8(x) => x,
            Self::I16(x) | Self::U16(x) => x.as_flattened(),
            Self::I32(x) | Self::U32(x) => x.as_flattened(),
            Self::I64(x) | Self::U64(x) => x.as_flattened(),
        }
    }

    /// The keys from `first` on as a block's indexes; false where there aren't 64 of them.
    #[inline]
    pub(super) fn read_row(&self, first: usize, block: &mut Block) -> bool {
        let valid = block.valid;
        each_key!(self, |keys, read| {
            let Some(row) = first.checked_add(64).and_then(|end| keys.get(first..end)) else { return false };
            if valid == u64::MAX {
                for (to, key) in block.index.iter_mut().zip(row) {
                    *to = read(key) as usize;
                }
            } else {
                // Without a branch: which are there is anybody's guess.
                for (lane, (to, key)) in block.index.iter_mut().zip(row).enumerate() {
                    *to = read(key) as usize & ((valid >> lane & 1) as usize).wrapping_neg();
                }
            }
        });
        true
    }

    /// Replaces each index by the key that is there. Keys of missing values are never followed.
    #[inline]
    pub(super) fn look_up(&self, block: &mut Block) {
        // 64 keys in a row are read by a loop that the vectoriser likes.
        if is_row(&block.index, 64) && self.read_row(block.index[0], block) {
            return;
        }
        let valid = block.valid;
        each_key!(self, |keys, read| {
            for (i, at) in block.index.iter_mut().enumerate() {
                *at = if valid >> i & 1 == 1 { keys.get(*at).map_or(0, read) as usize } else { 0 };
            }
        });
    }
}

/// The first run that ends above a position.
pub(super) fn first_above(ends: &Keys<'_>, at: i64) -> usize {
    let (mut low, mut high) = (0, ends.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if ends.get(middle) <= at { low = middle + 1 } else { high = middle }
    }
    low
}
