//! Where a value lies when the values aren't in a row: through offsets, dictionaries and runs.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::bits::{Bits, low_mask};
use super::chunk::{Chunk, Offsets};
use super::rows::Shapes;

/// Where up to 64 values lie.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// How many.
    pub len: usize,
    /// A bit for each, the first in the lowest place: whether it is there. Zeros past `len`.
    pub valid: u64,
    /// Those that aren't there because their list is shorter than the result's row.
    pub padded: u64,
    /// For each that is there, its index in the part's data.
    pub index: [usize; 64],
}

/// One step on the way from a position in the result to an index in the values' data.
///
/// `inner` is how many positions of the result one step of this level spans.
#[derive(Debug, Clone)]
pub(crate) enum Hop<'a> {
    /// Values in a row from `base` on.
    Start { base: usize, inner: usize },
    /// A bitmap of the level that was reached.
    Valid(Bits<'a>),
    /// Into a fixed-size list.
    Fixed { size: usize, inner: usize },
    /// Into a list that is shown with `width` values; what it hasn't is padding.
    List { bounds: Bounds<'a>, width: usize, inner: usize },
    /// Into a tensor of a shape of its own, shown with shape `shown`.
    Tensor { bounds: Bounds<'a>, shapes: Shapes<'a>, shown: Vec<usize>, inner: usize },
    /// Into a dictionary.
    Keys(Keys<'a>),
    /// Into the values of runs.
    Runs { offset: usize, ends: Keys<'a>, hint: Hint },
    /// Into lists laid end to end: list `i` has the positions from `ends[i - 1]` on, and its values
    /// from `starts[i]` on.
    Flat { ends: Vec<usize>, starts: Vec<usize>, inner: usize },
    /// A union, whose values are missing where those of its members are.
    Resolved(&'a Chunk<'a>),
    /// Into whatever was chosen.
    Chosen(Vec<usize>),
}

/// The run that was found last: blocks come one after the other, so the next one begins near it.
#[derive(Debug, Default)]
pub(crate) struct Hint(AtomicUsize);

impl Clone for Hint {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// Where lists begin and end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bounds<'a> {
    /// One after the other.
    Offsets(Offsets<'a>),
    /// Anywhere.
    Views { offsets: Offsets<'a>, sizes: Offsets<'a> },
    /// All of one size.
    Fixed(usize),
}

impl Bounds<'_> {
    /// Start and length of a list. What the border hasn't checked (a null list's) is (0, 0) or garbage
    /// that only slices with checks are asked for.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> (usize, usize) {
        match self {
            Self::Offsets(offsets) => {
                let start = offsets.get(index);
                (start as usize, (offsets.get(index + 1) - start) as usize)
            }
            Self::Views { offsets, sizes } => (offsets.get(index) as usize, sizes.get(index) as usize),
            Self::Fixed(size) => (index * size, *size),
        }
    }
}

/// Integers of any width in the producer's bytes, which may be misaligned.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the names are the types'")]
pub enum Keys<'a> {
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

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        each_key!(self, |keys, _read| keys.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; 0 past the end.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> i64 {
        each_key!(self, |keys, read| keys.get(index).map_or(0, read))
    }

    /// The bytes.
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
    fn read_row(&self, first: usize, block: &mut Block) -> bool {
        let valid = block.valid;
        each_key!(self, |keys, read| {
            let Some(row) = first.checked_add(64).and_then(|end| keys.get(first..end)) else { return false };
            if valid == u64::MAX {
                for (to, key) in block.index.iter_mut().zip(row) {
                    *to = read(key) as usize;
                }
            } else {
                for (lane, (to, key)) in block.index.iter_mut().zip(row).enumerate() {
                    *to = if valid >> lane & 1 == 1 { read(key) as usize } else { 0 };
                }
            }
        });
        true
    }

    /// Replaces each index by the key that is there. Keys of missing values are never followed.
    #[inline]
    fn look_up(&self, block: &mut Block) {
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

#[inline]
fn is_row(index: &[usize; 64], len: usize) -> bool {
    let first = index[0];
    // Lists that follow each other look like a row from both ends; most others differ there.
    let follows = |i: usize, at: &usize| *at == first.wrapping_add(i);
    let last = len.saturating_sub(1) % 64;
    follows(last, &index[last])
        && index.iter().take(len).enumerate().fold(true, |row, (i, at)| row & follows(i, at))
}

impl Hop<'_> {
    /// Whether values can be missing because a list is short.
    pub(super) fn pads(&self) -> bool {
        matches!(self, Self::List { .. } | Self::Tensor { .. })
    }

    /// Each position of this level becomes `size` of them.
    pub(super) fn widen(&mut self, size: usize) {
        match self {
            Self::Start { inner, .. }
            | Self::Fixed { inner, .. }
            | Self::List { inner, .. }
            | Self::Tensor { inner, .. }
            | Self::Flat { inner, .. } => *inner = inner.saturating_mul(size),
            Self::Valid(_) | Self::Keys(_) | Self::Runs { .. } | Self::Resolved(_) | Self::Chosen(_) => {}
        }
    }

    /// The producer's bytes that are read on the way.
    pub(crate) fn bytes(&self) -> Vec<&[u8]> {
        match self {
            Self::Valid(bits) => vec![bits.bytes()],
            Self::Keys(keys) | Self::Runs { ends: keys, .. } => vec![keys.bytes()],
            Self::List { bounds, .. } => bounds.bytes(),
            Self::Tensor { bounds, shapes, .. } => {
                let mut all = bounds.bytes();
                all.push(shapes.bytes());
                all
            }
            Self::Start { .. }
            | Self::Fixed { .. }
            | Self::Flat { .. }
            | Self::Resolved(_)
            | Self::Chosen(_) => Vec::new(),
        }
    }

    /// Takes the step for the positions from `start` on.
    #[inline]
    fn step(&self, start: usize, block: &mut Block) {
        if let Self::Keys(keys) = self {
            return keys.look_up(block);
        }
        let Block { len, valid, padded, index } = block;
        match self {
            Self::Start { base, inner: 1 } => *index = std::array::from_fn(|i| base + start + i),
            Self::Start { base, inner } => spans(start, *len, *inner, |lanes, span, _| {
                for at in index.get_mut(lanes).unwrap_or_default() {
                    *at = base + span;
                }
            }),
            Self::Valid(bits) => {
                if *valid == u64::MAX && is_row(index, 64) {
                    *valid &= bits.word(index[0]);
                    return;
                }
                let mut left = *valid;
                while left != 0 {
                    let lane = left.trailing_zeros() as usize;
                    if !bits.get(index[lane % 64]) {
                        *valid &= !(1 << lane);
                    }
                    left &= left - 1;
                }
            }
            Self::Fixed { size, inner } => {
                spans(start, *len, *inner, |lanes, span, _| {
                    let digit = span % (*size).max(1);
                    for at in index.get_mut(lanes).unwrap_or_default() {
                        *at = *at * size + digit;
                    }
                });
            }
            Self::List { bounds, width, inner } => {
                let (mut gone, before) = (0, *valid);
                spans(start, *len, width.saturating_mul(*inner), |lanes, _, within| {
                    if before >> lanes.start & 1 == 0 {
                        return;
                    }
                    let (from, size) = bounds.get(index[lanes.start % 64]);
                    if *inner == 1 {
                        for (at, step) in index[lanes.clone()].iter_mut().zip(within..) {
                            *at = from + step;
                        }
                        let there = size.saturating_sub(within).min(lanes.len());
                        gone |= low_mask(lanes.end) & !low_mask(lanes.start + there);
                        return;
                    }
                    let (mut step, mut rest) = (within / inner, within % inner);
                    for lane in lanes {
                        if step < size {
                            index[lane % 64] = from + step;
                        } else {
                            gone |= 1 << lane;
                        }
                        rest += 1;
                        if rest == *inner {
                            (step, rest) = (step + 1, 0);
                        }
                    }
                });
                *padded |= gone & before;
                *valid &= !gone;
            }
            Self::Tensor { bounds, shapes, shown, inner } => {
                let all: usize = shown.iter().product();
                for (lane, to) in index.iter_mut().enumerate().take(*len) {
                    if *valid >> lane & 1 == 0 {
                        continue;
                    }
                    let row = *to;
                    let (from, _) = bounds.get(row);
                    let (mut digit, mut at, mut step) = ((start + lane) / inner % all.max(1), 0, 1);
                    for (axis, n) in shown.iter().enumerate().rev() {
                        let own = shapes.get(row, axis) as usize;
                        let here = digit % n.max(&1);
                        digit /= n.max(&1);
                        if here >= own {
                            *valid &= !(1 << lane);
                            *padded |= 1 << lane;
                        }
                        at += here * step;
                        step *= own;
                    }
                    *to = from + at;
                }
            }
            // Looked up above: it takes the whole block.
            Self::Keys(_) => {}
            Self::Runs { offset, ends, hint } if *valid == low_mask(*len) && is_row(index, *len) => {
                let at = (offset + index[0]) as i64;
                let mut run = hint.0.load(Ordering::Relaxed);
                if run >= ends.len() || ends.get(run) <= at || run > 0 && ends.get(run - 1) > at {
                    run = first_above(ends, at);
                }
                let mut lane = 0;
                while lane < *len {
                    let left = usize::try_from(ends.get(run) - at).unwrap_or(0).min(*len);
                    let end = if run + 1 < ends.len() { left.max(lane) } else { *len };
                    if let Some(lanes) = index.get_mut(lane..end) {
                        lanes.fill(run);
                    }
                    lane = end;
                    run += 1;
                }
                hint.0.store(run.saturating_sub(1), Ordering::Relaxed);
            }
            Self::Runs { offset, ends, .. } => {
                let mut run = usize::MAX;
                for (lane, to) in index.iter_mut().enumerate().take(*len) {
                    if *valid >> lane & 1 == 0 {
                        continue;
                    }
                    let at = (offset + *to) as i64;
                    let within = |run: usize| at < ends.get(run) && (run == 0 || ends.get(run - 1) <= at);
                    if run == usize::MAX || !within(run) {
                        run = if run != usize::MAX && run + 1 < ends.len() && within(run + 1) {
                            run + 1
                        } else {
                            first_above(ends, at)
                        };
                    }
                    *to = run;
                }
            }
            Self::Flat { ends, starts, inner } => {
                let mut list = usize::MAX;
                spans(start, *len, *inner, |lanes, span, _| {
                    if ends.get(list).is_none_or(|end| span >= *end) {
                        list = ends.partition_point(|end| *end <= span);
                    }
                    let first = if list == 0 { 0 } else { ends.get(list - 1).copied().unwrap_or(0) };
                    let from = starts.get(list).copied().unwrap_or(0);
                    for at in index.get_mut(lanes).unwrap_or_default() {
                        *at = from + (span - first);
                    }
                });
            }
            Self::Resolved(chunk) => {
                for (lane, at) in index.iter().enumerate().take(*len) {
                    if *valid >> lane & 1 == 1 && chunk.resolve(*at).is_none() {
                        *valid &= !(1 << lane);
                    }
                }
            }
            Self::Chosen(chosen) => {
                for at in index.iter_mut() {
                    *at = chosen.get(*at).copied().unwrap_or(0);
                }
            }
        }
    }
}

impl Bounds<'_> {
    /// The length of `len` lists from `base` on, where they follow each other and all have the same.
    pub(super) fn uniform(&self, base: usize, len: usize) -> Option<usize> {
        fn all<const N: usize>(offsets: &[[u8; N]], read: impl Fn(&[u8; N]) -> i64) -> Option<usize> {
            let (first, rest) = offsets.split_first()?;
            let size = read(rest.first()?) - read(first);
            // Short stretches, so that lists of unequal length are seen early.
            let mut at = 0;
            while at < rest.len() {
                let end = (at + 1024).min(rest.len());
                let (starts, ends) = (offsets.get(at..end)?, rest.get(at..end)?);
                let pairs = starts.iter().zip(ends);
                if !pairs.fold(true, |same, (start, end)| same & (read(end) - read(start) == size)) {
                    return None;
                }
                at = end;
            }
            usize::try_from(size).ok()
        }
        let Self::Offsets(offsets) = self else { return None };
        match offsets.slice(base, len + 1)? {
            Offsets::I32(offsets) => all(offsets, |bytes| i64::from(i32::from_ne_bytes(*bytes))),
            Offsets::I64(offsets) => all(offsets, |bytes| i64::from_ne_bytes(*bytes)),
        }
    }

    /// How many values `len` lists from `base` on have together, where they follow each other.
    pub(super) fn total(&self, base: usize, len: usize) -> Option<usize> {
        match self {
            Self::Offsets(offsets) => usize::try_from(offsets.get(base + len) - offsets.get(base)).ok(),
            _ => None,
        }
    }

    /// The shortest and the longest of `len` lists from `base` on, where they follow each other.
    pub(super) fn extremes(&self, base: usize, len: usize) -> Option<(usize, usize)> {
        macro_rules! extremes {
            ($offsets:expr, $t:ty) => {{
                let offsets = $offsets;
                let read = |bytes: &[u8; size_of::<$t>()]| <$t>::from_ne_bytes(*bytes);
                let sizes = offsets.iter().zip(offsets.get(1..)?).map(|(a, b)| read(b).wrapping_sub(read(a)));
                let (least, most) =
                    sizes.fold((<$t>::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
                Some((usize::try_from(least).ok()?, usize::try_from(most).ok()?))
            }};
        }
        let Self::Offsets(offsets) = self else { return None };
        match offsets.slice(base, len + 1)? {
            Offsets::I32(offsets) => extremes!(offsets, i32),
            Offsets::I64(offsets) => extremes!(offsets, i64),
        }
    }

    fn bytes(&self) -> Vec<&[u8]> {
        match self {
            Self::Offsets(offsets) => vec![offsets.bytes()],
            Self::Views { offsets, sizes } => vec![offsets.bytes(), sizes.bytes()],
            Self::Fixed(_) => Vec::new(),
        }
    }
}

/// Runs whose positions are those of the result, `base` further on.
#[derive(Clone, Copy)]
pub(crate) struct RunsInARow<'a> {
    ends: Keys<'a>,
    base: usize,
    /// Which runs have a value.
    pub(crate) valid: Option<Bits<'a>>,
}

impl<'a> RunsInARow<'a> {
    pub(super) fn of(hops: &[Hop<'a>]) -> Option<Self> {
        match hops {
            [Hop::Start { base, inner: 1 }, Hop::Runs { offset, ends, .. }] => {
                Some(Self { ends: *ends, base: base + offset, valid: None })
            }
            [Hop::Start { base, inner: 1 }, Hop::Runs { offset, ends, .. }, Hop::Valid(bits)] => {
                Some(Self { ends: *ends, base: base + offset, valid: Some(*bits) })
            }
            _ => None,
        }
    }

    /// The run of a position of the result.
    pub(crate) fn find(&self, at: usize) -> usize {
        first_above(&self.ends, (self.base + at) as i64)
    }

    /// The position of the result that a run ends before.
    #[inline(always)]
    pub(crate) fn end(&self, run: usize) -> usize {
        (self.ends.get(run) as usize).saturating_sub(self.base)
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

/// Calls `each(lanes, span, within)` for the stretches of `len` lanes that lie in one span of `size`
/// positions; `within` is where in the span the first lane is.
#[inline(always)]
fn spans(start: usize, len: usize, size: usize, mut each: impl FnMut(std::ops::Range<usize>, usize, usize)) {
    let size = size.max(1);
    let (mut span, mut within, mut lane) = (start / size, start % size, 0);
    while lane < len {
        let n = (size - within).min(len - lane);
        each(lane..lane + n, span, within);
        lane += n;
        span += 1;
        within = 0;
    }
}

impl Block {
    /// Nothing yet.
    #[must_use]
    pub(crate) fn empty() -> Self {
        Self { len: 0, valid: 0, padded: 0, index: [0; 64] }
    }
}

/// Follows `hops` for the positions from `start` on; `valid` says which are there so far.
#[inline]
pub(super) fn follow(hops: &[Hop<'_>], start: usize, len: usize, valid: u64) -> Block {
    let mut block = Block::empty();
    if hops.is_empty() {
        (block.len, block.valid) = (len, valid & low_mask(len));
        block.index = std::array::from_fn(|i| start + i);
        return block;
    }
    follow_into(hops, start, len, valid, &mut block);
    block
}

/// The same, into a block that is there.
#[inline(never)]
pub(super) fn follow_into(hops: &[Hop<'_>], start: usize, len: usize, valid: u64, block: &mut Block) {
    (block.len, block.valid, block.padded) = (len, valid & low_mask(len), 0);
    for hop in hops {
        hop.step(start, block);
    }
}
