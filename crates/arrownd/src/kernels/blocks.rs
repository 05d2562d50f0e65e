//! The loop that every conversion of fixed-width values shares: 64 values and one word of validity
//! at a time, into contiguous or strided memory.

mod rows;

use std::mem::MaybeUninit;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use super::dispatch::{Kernel, ahead, dispatch, fetch_ahead};
use crate::execute::Run;
use crate::source::{Block, Part, RunsInARow, Validity, Words, low_mask};
use rows::Rows;

/// A stretch of one part: the values from `start` on, as many as the run it goes to is long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a, 'v> {
    /// The bytes of the whole part.
    pub(crate) bytes: &'a [u8],
    /// The part: which of its values are there (what isn't is not checked), and where they lie.
    pub(crate) part: &'v Part<'a>,
    /// The first value, counted in the part.
    pub(crate) start: usize,
}

/// A value, by its position in the part, that can't be held exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) usize);

/// A value that any bytes of its size are, and that is no more than its bytes.
pub(super) trait Pod: FromBytes + IntoBytes + Immutable + Copy {}
impl<T: FromBytes + IntoBytes + Immutable + Copy> Pod for T {}

/// What is done to one value.
pub(super) trait Convert<S, D>: Copy {
    /// Whether [`Convert::quick`] and [`Convert::exact`] are asked at all.
    const CHECKED: bool;
    fn apply(self, value: S) -> D;
    /// True only if the value is held exactly; may be false for one that is.
    fn quick(self, value: S) -> bool;
    /// Whether the value is held exactly.
    fn exact(self, value: S) -> bool;
    /// Converts a whole block where that is faster than value by value, and says whether all are
    /// held exactly (false only means to ask). `None` leaves the block as it was.
    #[inline(always)]
    fn block(self, _: &[S; 64], _: &mut [MaybeUninit<D>; 64]) -> Option<bool> {
        None
    }
}

/// Converts the values of `window` into `run`; where one is missing and there is a `fill`, that.
pub(super) fn convert<S: Pod, D: Copy, C: Convert<S, D>>(
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<D>,
    how: C,
) -> Result<(), Failed> {
    let pass = Pass { window, run, fill, how, types: std::marker::PhantomData };
    if window.part.is_direct() {
        return dispatch(pass);
    }
    let aligned = <[S]>::ref_from_bytes(window.bytes).ok();
    let part = window.part;
    let lists = part.rows_of_lists().map(|(bounds, base, width)| (bounds, base, width, None));
    let lists = lists.or_else(|| {
        part.rows_with_nulls().map(|(bounds, base, width, bits)| (bounds, base, width, Some(bits)))
    });
    match (aligned, lists, part.runs_in_a_row()) {
        (Some(values), Some((bounds, base, width, valid)), _) if pass.run.contiguous::<D>().is_some() => {
            dispatch(Rows { pass, values, lists: (bounds, base, width), valid })
        }
        (Some(values), _, Some(runs))
            if window.part.validity.is_full() && pass.run.contiguous::<D>().is_some() =>
        {
            dispatch(Runs { pass, values, runs })
        }
        // What is gathered waits for memory: one form for all vector widths keeps the code small.
        _ => pass.gather(aligned),
    }
}

struct Pass<'a, 'v, 'r, 'o, S, D, C> {
    window: Window<'a, 'v>,
    run: &'r mut Run<'o>,
    fill: Option<D>,
    how: C,
    types: std::marker::PhantomData<S>,
}

impl<S: Pod, D: Copy, C: Convert<S, D>> Kernel for Pass<'_, '_, '_, '_, S, D, C> {
    type Out = Result<(), Failed>;

    #[inline(always)]
    fn run(self) -> Self::Out {
        let Window { bytes, part, start } = self.window;
        let len = self.run.len();
        let size = size_of::<S>();
        let validity = &part.validity;
        let bytes = bytes.get(start * size..(start + len) * size).unwrap_or_default();
        // A producer's buffer may be misaligned: its values go through an aligned block.
        let aligned = <[S]>::ref_from_bytes(bytes).ok();
        let mut spare = [S::new_zeroed(); 64];
        let full = validity.is_full();
        let words = validity.plain().map(|bits| bits.words(start)).unwrap_or_default();
        let word = Word { words, validity, full, start };
        let ahead = ahead(len * size);
        let mut at = 0;
        // One loop of simple loads, all of which are used: the CPU foresees them, and asking takes a tenth longer.
        let plain = full && size <= 8;
        if let (Some(values), Some(out)) = (aligned, self.run.contiguous::<D>()) {
            let (blocks, _) = values.as_chunks::<64>();
            let (outs, _) = out.as_chunks_mut::<64>();
            for (block, out) in blocks.iter().zip(outs) {
                if !plain {
                    fetch_ahead(block, ahead);
                }
                let valid = word.at(at);
                convert_block(block, valid, out, self.fill, self.how).map_err(|i| Failed(start + at + i))?;
                at += 64;
            }
        } else if let (Some(values), false) = (aligned, C::CHECKED) {
            // One at a time to where they belong: a block in between would be copied twice.
            for block in values.as_chunks::<64>().0 {
                fetch_ahead(block, ahead);
                let valid = word.at(at);
                match self.fill.filter(|_| valid != u64::MAX) {
                    None => self.run.write_each(at, block.iter().map(|value| self.how.apply(*value))),
                    Some(fill) => {
                        let there = |lane: usize| valid >> lane & 1 == 1;
                        let values = block.iter().enumerate();
                        self.run.write_each(
                            at,
                            values.map(|(lane, v)| if there(lane) { self.how.apply(*v) } else { fill }),
                        );
                    }
                }
                at += 64;
            }
        }
        while at < len {
            let n = (len - at).min(64);
            let block = bytes.get(at * size..(at + n) * size).unwrap_or_default();
            spare.as_mut_bytes().get_mut(..n * size).unwrap_or_default().copy_from_slice(block);
            // Values past the end are valid nulls: neither checked nor written.
            let valid = word.at(at) & low_mask(n);
            let mut out = [MaybeUninit::uninit(); 64];
            convert_block(&spare, valid, &mut out, self.fill, self.how)
                .map_err(|i| Failed(start + at + i))?;
            self.run.write(at, out.get(..n).unwrap_or_default());
            at += n;
        }
        Ok(())
    }
}

impl<S: Pod, D: Copy, C: Convert<S, D>> Pass<'_, '_, '_, '_, S, D, C> {
    /// Values that don't lie in a row are brought together, 64 at a time.
    #[inline(never)]
    fn gather(self, aligned: Option<&[S]>) -> Result<(), Failed> {
        let Window { bytes, part, start } = self.window;
        let len = self.run.len();
        let mut block = Block::empty();
        let mut spare = [S::new_zeroed(); 64];
        let mut at = 0;
        if let (Some(values), Some(out)) = (aligned, self.run.contiguous::<D>()) {
            let keys = part.keys_in_a_row();
            for places in out.as_chunks_mut::<64>().0 {
                // The commonest keys, all there: without an index for each in between.
                let row = keys.filter(|_| !C::CHECKED && part.validity.is_full());
                if let Some(row) =
                    row.and_then(|(keys, base)| keys.get(base + start + at..base + start + at + 64))
                {
                    for (to, key) in places.iter_mut().zip(row) {
                        let value = values.get(u32::from_ne_bytes(*key) as usize).copied();
                        *to = MaybeUninit::new(self.how.apply(value.unwrap_or(S::new_zeroed())));
                    }
                } else {
                    part.follow(start + at, 64, &mut block);
                    bring(bytes, aligned, &block, &mut spare);
                    convert_block(&spare, block.valid, places, self.fill, self.how)
                        .map_err(|lane| Failed(start + at + lane))?;
                }
                at += 64;
            }
        }
        while at < len {
            part.follow(start + at, len - at, &mut block);
            bring(bytes, aligned, &block, &mut spare);
            let mut out = [MaybeUninit::uninit(); 64];
            convert_block(&spare, block.valid, &mut out, self.fill, self.how)
                .map_err(|lane| Failed(start + at + lane))?;
            self.run.write(at, out.get(..block.len).unwrap_or_default());
            at += block.len;
        }
        Ok(())
    }
}

/// Which values are there, 64 at a time.
struct Word<'s, 'a> {
    words: Words<'a>,
    validity: &'s Validity<'a>,
    full: bool,
    start: usize,
}

impl Word<'_, '_> {
    #[inline(always)]
    fn at(&self, at: usize) -> u64 {
        match self.words.get(at / 64) {
            _ if self.full => u64::MAX,
            Some(word) => word,
            None => self.at_the_end(at),
        }
    }

    /// Also where there are several bitmaps. A call for every word takes a third of what lies in the cache.
    #[inline(never)]
    fn at_the_end(&self, at: usize) -> u64 {
        self.validity.word(self.start + at)
    }
}

/// Runs of one value each.
struct Runs<'s, 'l, P, S> {
    pass: P,
    values: &'s [S],
    runs: RunsInARow<'l>,
}

impl<S: Pod, D: Copy, C: Convert<S, D>> Kernel for Runs<'_, '_, Pass<'_, '_, '_, '_, S, D, C>, S> {
    type Out = Result<(), Failed>;

    #[inline(always)]
    fn run(self) -> Self::Out {
        /// So many places are written without asking how long the run is.
        const SHORT: usize = 32;
        let Self { pass, values, runs } = self;
        let Some(mut out) = pass.run.contiguous::<D>() else { return Ok(()) };
        let mut at = pass.window.start;
        let mut run = runs.find(at);
        let mut ends = [0; 64];
        while !out.is_empty() {
            let known = runs.ends(run, &mut ends);
            for end in known {
                let n = end.saturating_sub(at).min(out.len());
                let value = values.get(run).copied().unwrap_or(S::new_zeroed());
                let there = runs.valid.is_none_or(|bits| bits.get(run));
                if C::CHECKED && there && n > 0 && !pass.how.quick(value) && !pass.how.exact(value) {
                    return Err(Failed(at));
                }
                let value = match pass.fill {
                    Some(fill) if !there => fill,
                    _ => pass.how.apply(value),
                };
                // What is written past a run's end is the next ones', and written again with theirs: the
                // lengths of short runs can't be foretold, and a wrong guess costs more than the stores.
                if let Some(places) = out.first_chunk_mut::<SHORT>() {
                    *places = [MaybeUninit::new(value); SHORT];
                    if n > SHORT {
                        out.get_mut(SHORT..n).unwrap_or_default().fill(MaybeUninit::new(value));
                    }
                } else {
                    out.get_mut(..n).unwrap_or_default().fill(MaybeUninit::new(value));
                }
                out = out.split_at_mut_checked(n).map_or(&mut [], |(_, rest)| rest);
                (run, at) = (run + 1, at + n);
            }
            if known.is_empty() {
                break;
            }
        }
        Ok(())
    }
}

/// Brings the values of a block together; where one is missing, whatever.
#[inline(always)]
fn bring<S: Pod>(bytes: &[u8], aligned: Option<&[S]>, block: &Block, spare: &mut [S; 64]) {
    let size = size_of::<S>();
    if let Some(values) = aligned {
        for (to, from) in spare.iter_mut().zip(block.index) {
            *to = values.get(from).copied().unwrap_or(S::new_zeroed());
        }
        return;
    }
    for (lane, (to, from)) in spare.iter_mut().zip(block.index).enumerate() {
        if block.valid >> lane & 1 == 1 {
            let value = bytes.get(from * size..(from + 1) * size).unwrap_or_default();
            *to = S::read_from_bytes(value).unwrap_or(S::new_zeroed());
        }
    }
}

#[inline(always)]
fn convert_block<S: Pod, D: Copy, C: Convert<S, D>>(
    block: &[S; 64],
    valid: u64,
    out: &mut [MaybeUninit<D>; 64],
    fill: Option<D>,
    how: C,
) -> Result<(), usize> {
    if valid != 0
        && let Some(exact) = how.block(block, out)
    {
        if let Some(fill) = fill.filter(|_| valid != u64::MAX) {
            for (i, to) in out.iter_mut().enumerate() {
                *to = if valid >> i & 1 != 0 { *to } else { MaybeUninit::new(fill) };
            }
        }
        return if C::CHECKED && !exact { check_block(block, valid, how) } else { Ok(()) };
    }
    match fill {
        Some(fill) if valid == 0 => {
            for to in out.iter_mut() {
                *to = MaybeUninit::new(fill);
            }
            return Ok(());
        }
        // Both loops are written for the vectoriser: the first has a bit for each lane of four bytes
        // and more (3.4 times the speed of a loop over bytes of bits), the second bytes of masks for
        // narrow lanes.
        Some(fill) if valid != u64::MAX && size_of::<D>() >= 4 => {
            for (i, (value, to)) in block.iter().zip(out.iter_mut()).enumerate() {
                let converted = how.apply(*value);
                *to = MaybeUninit::new(if valid >> i & 1 != 0 { converted } else { fill });
            }
        }
        Some(fill) if valid != u64::MAX => {
            let mut masks = [0u8; 64];
            for (byte, masks) in valid.to_le_bytes().into_iter().zip(masks.as_chunks_mut::<8>().0) {
                for (i, mask) in masks.iter_mut().enumerate() {
                    *mask = byte & 1 << i;
                }
            }
            for ((value, to), mask) in block.iter().zip(out.iter_mut()).zip(masks) {
                let converted = how.apply(*value);
                *to = MaybeUninit::new(if mask != 0 { converted } else { fill });
            }
        }
        _ => {
            for (value, to) in block.iter().zip(out.iter_mut()) {
                *to = MaybeUninit::new(how.apply(*value));
            }
        }
    }
    if C::CHECKED && !block.iter().fold(true, |ok, value| ok & how.quick(*value)) {
        return check_block(block, valid, how);
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn check_block<S: Pod, D: Copy, C: Convert<S, D>>(block: &[S; 64], valid: u64, how: C) -> Result<(), usize> {
    match block.iter().enumerate().find(|(i, value)| valid >> i & 1 == 1 && !how.exact(**value)) {
        Some((i, _)) => Err(i),
        None => Ok(()),
    }
}
