//! Lists as rows that are filled up.

use std::mem::MaybeUninit;

use super::super::dispatch::{Kernel, ahead, fetch_row_ahead};
use super::{Convert, Failed, Pass, Pod, Window};
use crate::source::{Bits, Bounds, Offsets, low_mask};

/// Lists of any length, each a row of the result that is filled up at its end.
pub(super) struct Rows<'s, 'l, P, S> {
    pub(super) pass: P,
    pub(super) values: &'s [S],
    /// Where the lists begin and end, the first of them, and the places of each.
    pub(super) lists: (&'l Bounds<'l>, usize, usize),
    /// Which of the values are there, where some aren't.
    pub(super) valid: Option<Bits<'l>>,
}

impl<S: Pod, D: Copy, C: Convert<S, D>> Kernel for Rows<'_, '_, Pass<'_, '_, '_, '_, S, D, C>, S> {
    type Out = Result<(), Failed>;

    #[inline(always)]
    fn run(self) -> Self::Out {
        let Self { pass, values, lists: (bounds, base, width), valid } = self;
        let Window { part, start, .. } = pass.window;
        let full = part.validity.is_full();
        let fill = pass.fill.unwrap_or_else(|| pass.how.apply(S::new_zeroed()));
        let Some(mut out) = pass.run.contiguous::<D>() else { return Ok(()) };
        let ahead = ahead(usize::MAX);
        let (mut row, mut within, mut at) = (start / width.max(1), start % width.max(1), start);
        if let (Bounds::Offsets(Offsets::I32(offsets), _), true, 0) =
            (bounds, full && valid.is_none() && !C::CHECKED, within)
        {
            // The commonest lists. Those at the end of the memory are left to the loop below.
            let wide = width.next_multiple_of(const { whole_vectors::<S, D>() });
            for ends in offsets.get(base + row..).unwrap_or_default().windows(2) {
                let [first, end] = ends else { break };
                let first = u32::from_ne_bytes(*first) as usize;
                let there = (u32::from_ne_bytes(*end) as usize).wrapping_sub(first);
                let (Some(own), Some(places)) = (values.get(first..first + wide), out.get_mut(..wide)) else {
                    break;
                };
                fetch_row_ahead(own, ahead);
                for (lane, (to, value)) in places.iter_mut().zip(own).enumerate() {
                    let converted = pass.how.apply(*value);
                    *to = MaybeUninit::new(if lane < there { converted } else { fill });
                }
                out = out.split_at_mut_checked(width).map_or(&mut [], |(_, rest)| rest);
                (row, at) = (row + 1, at + width);
            }
        }
        while !out.is_empty() {
            let n = (width - within).min(out.len());
            let (first, size) = if full || part.validity.get(at) { bounds.get(base + row) } else { (0, 0) };
            let there = size.saturating_sub(within).min(n);
            let mut exact = true;
            // As many values as there are places, the next lists' among them: one loop without a branch. It goes on
            // to the end of its last vectors: what is past the row is the next one's, and written again with it.
            let wide = n.next_multiple_of(const { whole_vectors::<S, D>() });
            let from = first + within;
            let (own, places) = match (values.get(from..from + wide), out.get_mut(..wide)) {
                (Some(own), Some(places)) => (Some(own), places),
                (_, _) => (values.get(from..from + n), out.get_mut(..n).unwrap_or_default()),
            };
            if let (Some(own), Some(bits)) = (own, valid) {
                fetch_row_ahead(own, ahead);
                for (block, (places, own)) in places.chunks_mut(64).zip(own.chunks(64)).enumerate() {
                    let listed = low_mask(there.saturating_sub(block * 64));
                    let valid = bits.word(from + block * 64) & listed;
                    // Without a fill what is under a mask stays.
                    let shown = if pass.fill.is_some() { valid } else { listed };
                    for (lane, (to, value)) in places.iter_mut().zip(own).enumerate() {
                        let converted = pass.how.apply(*value);
                        *to = MaybeUninit::new(if shown >> lane & 1 != 0 { converted } else { fill });
                        exact &= !C::CHECKED || valid >> lane & 1 == 0 || pass.how.quick(*value);
                    }
                }
            } else if let Some(own) = own {
                fetch_row_ahead(own, ahead);
                for (lane, (to, value)) in places.iter_mut().zip(own).enumerate() {
                    let converted = pass.how.apply(*value);
                    *to = MaybeUninit::new(if lane < there { converted } else { fill });
                    exact &= !C::CHECKED || lane >= there || pass.how.quick(*value);
                }
            } else {
                let own = values.get(from..).unwrap_or_default().iter().take(there).enumerate();
                let own = own.map(|(lane, value)| (*value, valid.is_none_or(|bits| bits.get(from + lane))));
                for (to, value) in places.iter_mut().zip(own.map(Some).chain(std::iter::repeat(None))) {
                    let shown = value.filter(|(_, valid)| *valid || pass.fill.is_none());
                    *to = MaybeUninit::new(shown.map_or(fill, |(value, _)| pass.how.apply(value)));
                    exact &=
                        !C::CHECKED || value.is_none_or(|(value, valid)| !valid || pass.how.quick(value));
                }
            }
            if !exact {
                let own = values.get(from..).unwrap_or_default().iter().take(there).enumerate();
                let mut own = own.filter(|(lane, _)| valid.is_none_or(|bits| bits.get(from + lane)));
                if let Some((lane, _)) = own.find(|(_, value)| !pass.how.exact(**value)) {
                    return Err(Failed(at + lane));
                }
            }
            out = out.split_at_mut_checked(n).map_or(&mut [], |(_, rest)| rest);
            (row, within, at) = (row + 1, 0, at + n);
        }
        Ok(())
    }
}

/// How many values a loop over vectors takes at a time, four of 256 bits: fewer are left to a loop over values.
const fn whole_vectors<S, D>() -> usize {
    let size = if size_of::<S>() > size_of::<D>() { size_of::<S>() } else { size_of::<D>() };
    if size == 0 || size > 128 { 1 } else { 128 / size }
}
