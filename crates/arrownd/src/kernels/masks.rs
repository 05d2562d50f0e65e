//! Masks: a byte for each value, true where it is missing.

use std::mem::MaybeUninit;

use super::bits::{missing, unset};
use super::dispatch::{Kernel, dispatch};
use crate::execute::Run;
use crate::source::{Bits, Bounds, Offsets, Part, low_mask};

/// Writes the mask of the values of a part from `start` on.
pub(crate) fn mask(part: &Part<'_>, start: usize, run: &mut Run<'_>) {
    if let (true, Some(bits)) = (part.is_direct(), part.validity.plain()) {
        return unset(&bits, start, run);
    }
    let lists = part.rows_of_lists().map(|(bounds, base, width)| (bounds, base, width, None));
    let lists = lists.or_else(|| {
        part.rows_with_nulls().map(|(bounds, base, width, bits)| (bounds, base, width, Some(bits)))
    });
    match (lists, run.contiguous::<u8>()) {
        (Some((bounds, base, width, bits)), Some(out)) => {
            dispatch(Rows { part, lists: (bounds, base, width), bits, start, out });
        }
        _ => missing(part, start, run),
    }
}

/// Bytes that are written at once.
const BLOCK: usize = 64;

/// Lists that are rows of the result, filled up at their ends.
struct Rows<'p, 'a, 'o> {
    part: &'p Part<'a>,
    /// Where the lists begin and end, the first of them, and the places of each.
    lists: (&'p Bounds<'p>, usize, usize),
    /// Which of the values are there, where some aren't.
    bits: Option<Bits<'p>>,
    start: usize,
    out: &'o mut [MaybeUninit<u8>],
}

impl Kernel for Rows<'_, '_, '_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { part, lists: (bounds, base, width), bits, start, mut out } = self;
        let full = part.validity.is_full();
        let (mut row, mut within, mut at) = (start / width.max(1), start % width.max(1), start);
        if let (Bounds::Offsets(Offsets::I32(offsets), _), true, None, 0) =
            (bounds, full && width <= BLOCK, bits, within)
        {
            // The commonest lists. Those at the end of the memory are left to the loop below.
            for ends in offsets.get(base + row..).unwrap_or_default().windows(2) {
                let ([first, end], Some(places)) = (ends, out.first_chunk_mut()) else { break };
                unlisted(places, i32::from_ne_bytes(*end).wrapping_sub(i32::from_ne_bytes(*first)) as usize);
                out = out.split_at_mut_checked(width).map_or(&mut [], |(_, rest)| rest);
                (row, at) = (row + 1, at + width);
            }
        }
        while !out.is_empty() {
            let n = (width - within).min(out.len());
            let (first, size) = if full || part.validity.get(at) { bounds.get(base + row) } else { (0, 0) };
            let (first, left) = (first + within, size.saturating_sub(within));
            if n <= BLOCK
                && bits.is_none()
                && let Some(places) = out.first_chunk_mut()
            {
                // What is past the row is the next one's, and written again with it.
                unlisted(places, left);
            } else {
                for (block, places) in out.get_mut(..n).unwrap_or_default().chunks_mut(BLOCK).enumerate() {
                    let left = left.saturating_sub(block * BLOCK);
                    let valid =
                        bits.map_or(u64::MAX, |bits| bits.word(first + block * BLOCK)) & low_mask(left);
                    match places.first_chunk_mut() {
                        Some(places) if bits.is_none() => unlisted(places, left),
                        _ => {
                            for (lane, to) in places.iter_mut().enumerate() {
                                *to = MaybeUninit::new(u8::from(valid >> lane & 1 == 0));
                            }
                        }
                    }
                }
            }
            out = out.split_at_mut_checked(n).map_or(&mut [], |(_, rest)| rest);
            (row, within, at) = (row + 1, 0, at + n);
        }
    }
}

/// True from place `left` on.
#[inline(always)]
fn unlisted(places: &mut [MaybeUninit<u8>; BLOCK], left: usize) {
    let left = left.min(BLOCK) as u8;
    // Bytes are compared with bytes, all at once.
    for (lane, to) in (0u8..).zip(places) {
        *to = MaybeUninit::new(u8::from(lane >= left));
    }
}
