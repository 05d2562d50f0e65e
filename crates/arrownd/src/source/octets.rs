//! The bytes of text and binary values, a block at a time: what differs between layouts is decided
//! once for 64 values.

use super::chunk::{Data, Offsets};
use super::low_mask;

/// The bytes of up to 64 values, each where the producer keeps it.
#[derive(Debug)]
pub struct Octets<'a> {
    each: [&'a [u8]; 64],
    /// All of them in one piece, missing ones and all, where they follow each other.
    whole: Option<&'a [u8]>,
    valid: u64,
}

impl<'a> Octets<'a> {
    /// The bytes of the values at `index`, as far as they are `valid`; empty for all others.
    #[inline]
    #[must_use]
    pub fn new(data: &Data<'a>, index: &[usize; 64], valid: u64) -> Self {
        let mut octets = Self { each: [&[]; 64], whole: None, valid };
        match data {
            Data::Binary { offsets: Offsets::I32(offsets), values } => {
                octets.by_offsets(offsets, values, index, |o| i32::from_ne_bytes(*o) as usize);
            }
            Data::Binary { offsets: Offsets::I64(offsets), values } => {
                octets.by_offsets(offsets, values, index, |o| i64::from_ne_bytes(*o) as usize);
            }
            Data::Views { .. } => {
                for ((i, to), at) in octets.each.iter_mut().enumerate().zip(index) {
                    if valid >> i & 1 != 0 {
                        *to = data.bytes(*at);
                    }
                }
            }
            _ => {}
        }
        octets
    }

    /// As [`Octets::new`], for values of one width.
    #[must_use]
    pub fn fixed(bytes: &'a [u8], width: usize, index: &[usize; 64], valid: u64) -> Self {
        let mut octets = Self { each: [&[]; 64], whole: None, valid };
        for ((i, to), at) in octets.each.iter_mut().enumerate().zip(index) {
            if valid >> i & 1 != 0 {
                *to = bytes.get(at * width..(at + 1) * width).unwrap_or_default();
            }
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
        let len = 64 - self.valid.leading_zeros() as usize;
        let first = index.first().copied().unwrap_or(0);
        let in_a_row = self.valid == low_mask(len)
            && index.iter().take(len).zip(first..).fold(true, |yes, (at, next)| yes & (*at == next));
        match offsets.get(first..first + len + 1) {
            Some(offsets) if in_a_row => {
                for (to, bounds) in self.each.iter_mut().zip(offsets.windows(2)) {
                    if let [start, end] = bounds {
                        *to = values.get(read(start)..read(end)).unwrap_or_default();
                    }
                }
                if let [start, .., end] = offsets {
                    self.whole = values.get(read(start)..read(end));
                }
            }
            _ => {
                for ((i, to), at) in self.each.iter_mut().enumerate().zip(index) {
                    if self.valid >> i & 1 != 0
                        && let Some([start, end]) = offsets.get(*at..*at + 2)
                    {
                        *to = values.get(read(start)..read(end)).unwrap_or_default();
                    }
                }
            }
        }
    }

    /// The bytes of value `i` of the block; empty where it is missing.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, i: usize) -> &'a [u8] {
        self.each.get(i).copied().unwrap_or_default()
    }

    /// The bytes of each of the 64.
    #[inline(always)]
    #[must_use]
    pub fn each(&self) -> &[&'a [u8]; 64] {
        &self.each
    }

    /// Whether every value is ASCII.
    #[inline]
    #[must_use]
    pub fn is_ascii(&self) -> bool {
        match self.whole {
            Some(whole) => whole.is_ascii(),
            None => self.each.iter().all(|bytes| bytes.is_ascii()),
        }
    }

    /// The first value that isn't UTF-8, and why.
    #[must_use]
    pub fn not_utf8(&self) -> Option<(usize, std::str::Utf8Error)> {
        if let Some(Ok(text)) = self.whole.map(std::str::from_utf8) {
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
        self.each.iter().enumerate().find_map(|(i, bytes)| Some((i, std::str::from_utf8(bytes).err()?)))
    }
}
