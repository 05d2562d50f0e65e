//! Where a value lies when the values aren't in a row: through offsets, dictionaries and runs.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::bits::{Bits, low_mask};
use super::bounds::Bounds;
use super::chunk::Chunk;
use super::keys::{Keys, first_above};
use super::tensors::Shapes;

/// Where up to 64 values lie.
///
/// ```
/// use arrow_array::{Array, DictionaryArray, types::Int8Type};
/// use arrow_schema::Field;
/// use arrownd::engine::{Column, Node, Options, chunk_of};
///
/// let array: DictionaryArray<Int8Type> = [Some("b"), Some("a"), None, Some("b")].into_iter().collect();
/// let field = Field::new("", array.data_type().clone(), true);
/// let chunks = [chunk_of(&array)];
/// let column = Column::new(&field, &chunks, &Options::default())?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// let block = leaf.parts[0].block(0, 4);
/// assert_eq!((block.len, block.valid), (4, 0b1011));
/// // Where the values lie in the dictionary.
/// assert_eq!((block.index[0], block.index[1], block.index[3]), (0, 1, 0));
/// # Ok::<(), arrownd::Error>(())
/// ```
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

/// Whether the first `len` positions follow each other.
#[inline]
pub(super) fn is_row(index: &[usize; 64], len: usize) -> bool {
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
    #[expect(clippy::too_many_lines, reason = "one loop a kind of step")]
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
                let (mut left, mut gone) = (*valid, 0);
                while left != 0 {
                    let lane = left.trailing_zeros() as usize;
                    gone |= u64::from(!bits.get(index[lane % 64])) << lane;
                    left &= left - 1;
                }
                *valid &= !gone;
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

    /// The positions of the result that the runs from `first` on end before, as many as there is room for.
    #[inline]
    pub(crate) fn ends<'o>(&self, first: usize, room: &'o mut [usize; 64]) -> &'o [usize] {
        let there = self.ends.len().saturating_sub(first).min(64);
        let found = room.get_mut(..there).unwrap_or_default();
        for (i, end) in found.iter_mut().enumerate() {
            *end = (self.ends.get(first + i) as usize).saturating_sub(self.base);
        }
        found
    }
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
    /// Nothing yet. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Block;
    ///
    /// // Room for `Visit::read_block`.
    /// let block = Block::empty();
    /// assert_eq!((block.len, block.valid), (0, 0));
    /// ```
    #[must_use]
    pub fn empty() -> Self {
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
    let mut rest = hops;
    // What most dictionaries are, keys in a row: asking whether they are costs a third of `dict_f64`.
    if let [Hop::Start { base, inner: 1 }, Hop::Keys(keys), after @ ..] = hops
        && keys.read_row(base + start, block)
    {
        rest = after;
    }
    for hop in rest {
        hop.step(start, block);
    }
}
