//! How long the longest text is, in characters or bytes.

use crate::dtype::DType;
use crate::kernels::dispatch::{Kernel, dispatch};
use crate::mapping::{Element, map};
use crate::source::{Data, Leaf, Octets, Offsets, Part, low_mask};

/// How many characters or bytes the longest value has, where `dtype` leaves the width to it.
pub(crate) fn longest(leaf: &Leaf<'_>, dtype: DType) -> Option<usize> {
    let Element::Varlen { text } = map(&leaf.field).ok()?.element else { return None };
    let characters = text && matches!(dtype, DType::Unicode(_));
    dtype.takes_width().then(|| {
        let parts = leaf.parts.iter();
        parts.fold(0, |longest, part| dispatch(Longest { part, characters, longest }))
    })
}

struct Longest<'p, 'a> {
    part: &'p Part<'a>,
    characters: bool,
    /// Of the parts before it.
    longest: usize,
}

impl Kernel for Longest<'_, '_> {
    type Out = usize;

    /// No text has more characters than bytes: only those are counted that have more bytes than the longest so far has
    /// characters.
    #[inline(always)]
    fn run(self) -> usize {
        let Self { part, characters, mut longest } = self;
        for at in (0..part.len).step_by(64) {
            let len = (part.len - at).min(64);
            let most = if part.is_direct() { most_bytes(part, at, len) } else { None };
            if most.is_some_and(|most| most <= longest) {
                continue;
            }
            if let (Some(most), false) = (most, characters) {
                longest = most;
                continue;
            }
            let block = part.block(at, len);
            let octets = Octets::new(&part.data, &block.index, block.valid);
            for bytes in octets.each() {
                if bytes.len() > longest {
                    // What isn't UTF-8 is refused when it is converted.
                    longest = longest.max(if characters { starts(bytes) } else { bytes.len() });
                }
            }
        }
        longest
    }
}

/// The most bytes of up to 64 values that lie in a row.
#[inline(always)]
fn most_bytes(part: &Part<'_>, at: usize, len: usize) -> Option<usize> {
    let valid = part.validity.word(at) | !low_mask(len);
    match &*part.data {
        Data::Binary { offsets: Offsets::I32(offsets), .. } => {
            let pairs = offsets.get(at..at + len)?.iter().zip(offsets.get(at + 1..)?);
            let length =
                |(a, b): (&[u8; 4], &[u8; 4])| i32::from_ne_bytes(*b).wrapping_sub(i32::from_ne_bytes(*a));
            Some(most(pairs.map(length), valid, i32::max) as usize)
        }
        Data::Binary { offsets: Offsets::I64(offsets), .. } => {
            let pairs = offsets.get(at..at + len)?.iter().zip(offsets.get(at + 1..)?);
            let length =
                |(a, b): (&[u8; 8], &[u8; 8])| i64::from_ne_bytes(*b).wrapping_sub(i64::from_ne_bytes(*a));
            Some(most(pairs.map(length), valid, i64::max) as usize)
        }
        Data::Views { views, .. } => {
            let length = |view: &[u8; 16]| u32::from_ne_bytes([view[0], view[1], view[2], view[3]]);
            Some(most(views.get(at..at + len)?.iter().map(length), valid, u32::max) as usize)
        }
        _ => None,
    }
}

/// The largest of those that are there, or 0.
#[inline(always)]
fn most<T: Copy + Default>(lengths: impl Iterator<Item = T>, valid: u64, max: impl Fn(T, T) -> T) -> T {
    if valid == u64::MAX {
        return lengths.fold(T::default(), max);
    }
    let there =
        lengths.enumerate().map(|(i, length)| if valid >> i & 1 != 0 { length } else { T::default() });
    there.fold(T::default(), max)
}

/// How many characters begin in bytes: as many as don't go on with one.
#[inline(always)]
fn starts(bytes: &[u8]) -> usize {
    // A byte that goes on has its highest bit, and not the one below.
    let goes_on = |word: u64| (word & !(word << 1) & (u64::MAX / 255 * 128)).count_ones() as usize;
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut more: usize = eights.iter().map(|eight| goes_on(u64::from_le_bytes(*eight))).sum();
    more += match bytes.last_chunk::<8>() {
        Some(last) if !rest.is_empty() => goes_on(u64::from_le_bytes(*last) >> (8 * (8 - rest.len()))),
        _ => rest.iter().filter(|byte| **byte & 0xc0 == 0x80).count(),
    };
    bytes.len() - more
}
