//! Columns that become the rows of a matrix.
#![allow(unsafe_code, reason = "what was converted is turned around by vector instructions")]

use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;

use super::dest::Dest;
use super::rows::RowCursor;
use super::{Visit, leaf_runs};
use crate::plan::{LeafStep, Op, Plan, Step};
use crate::source::{Column, Data, Leaf, Node, Part};

/// A cache line: what is converted doesn't cross them.
pub(super) const LINE: usize = 64;

/// What every thread has room for on its stack.
pub(super) const STACK: usize = 32 << 10;

#[repr(align(64))]
pub(super) struct Stack(pub(super) [MaybeUninit<u8>; STACK]);

/// What the CPU's second cache has room for beside the rows that are written.
const CACHE: usize = 128 << 10;

/// Columns that are turned around together, at most.
const LINES: usize = 128;

/// How a matrix is cut into blocks of rows, which are converted column after column first, then turned around.
/// Writing each column where it belongs takes two to three times as long, a store for each value.
struct Blocks {
    rows: usize,
    columns: usize,
    /// Bytes from one column of a block to the next.
    apart: usize,
}

impl Blocks {
    /// For a matrix of `columns` columns and so many rows, whose blocks have so many bytes.
    fn of(columns: usize, rows: usize, itemsize: usize, bytes: usize) -> Self {
        // Columns at a distance of a power of two would share few places of the cache.
        let most = (bytes / (64 * itemsize + LINE)).clamp(1, LINES);
        let columns = if columns <= most {
            columns.max(1)
        } else {
            // Whole cache lines of the matrix, and about as many for each block.
            let line = (LINE / itemsize.max(1)).clamp(1, most);
            columns.div_ceil(columns.div_ceil(most / line * line)).next_multiple_of(line)
        };
        let fitting = (bytes / columns).saturating_sub(LINE) / itemsize.max(1) / 64 * 64;
        let rows = fitting.max(64).min(rows.next_multiple_of(8)).max(8);
        Self { rows, columns, apart: rows * itemsize + LINE }
    }
}

/// Whether the columns of this plan go through blocks: where they are single values, and lie side by side in the
/// result.
pub(super) fn fits(plan: &Plan, dest: &Dest<'_>) -> bool {
    let single = |child: &Plan| matches!(&child.step, Step::Leaf(_)) && child.trailing.is_empty();
    plan.dtype.is_some_and(|dtype| dtype.complex_part().is_none() && dtype.itemsize() == dest.itemsize())
        && dest.turns()
        && plan.children.iter().all(single)
}

/// Writes the rows `within` of a matrix.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "a place for blocks that isn't allocated")]
pub(super) fn visit<E>(
    plan: &Plan,
    columns: &[Column<'_>],
    mut within: Range<usize>,
    dest: &mut Dest<'_>,
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let itemsize = dest.itemsize();
    let row = columns.len() * itemsize;
    // Large blocks take half the time of small ones. The rows that come last are memory where nothing is yet: the
    // blocks of the others go there.
    loop {
        let most = CACHE + (columns.len().min(LINES) + 1) * LINE;
        let bytes = (within.len() * row / 2).min(most);
        let last = within.end - bytes / row.max(1);
        let split = if bytes > STACK { dest.stretch(within.clone()).split(last) } else { None };
        let Some((mut first, spare)) = split else { break };
        let spare = spare.get_mut(spare.as_ptr().align_offset(LINE)..).unwrap_or_default();
        let blocks = Blocks::of(columns.len(), last - within.start, itemsize, spare.len());
        // What is less than a block is left to the next turn.
        let end = last - (last - within.start) % blocks.rows;
        interleave(plan, columns, within.start..end, &blocks, &mut first, spare, each)?;
        if end == within.start {
            break;
        }
        within.start = end;
    }
    let mut stack = Stack([MaybeUninit::uninit(); STACK]);
    let blocks = Blocks::of(columns.len(), within.len(), itemsize, STACK);
    interleave(plan, columns, within, &blocks, dest, &mut stack.0, each)
}

/// Writes the rows `within`, with the blocks in `memory`.
fn interleave<E>(
    plan: &Plan,
    columns: &[Column<'_>],
    within: Range<usize>,
    blocks: &Blocks,
    dest: &mut Dest<'_>,
    memory: &mut [MaybeUninit<u8>],
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let itemsize = dest.itemsize();
    for start in within.clone().step_by(blocks.rows) {
        let rows = start..within.end.min(start + blocks.rows);
        let mut dest = dest.stretch(rows.clone());
        let plans = plan.children.chunks(blocks.columns);
        for (i, (plans, columns)) in plans.zip(columns.chunks(blocks.columns)).enumerate() {
            let Some(mut dest) = dest.columns(i * blocks.columns, &[columns.len()]) else { break };
            let mut lines = [ptr::null(); LINES];
            let mut there = 0;
            for (((plan, column), own), line) in
                plans.iter().zip(columns).zip(memory.chunks_exact_mut(blocks.apart)).zip(&mut lines)
            {
                let (Step::Leaf(step), Node::Leaf(leaf)) = (&plan.step, &column.node) else { break };
                *line = converted(plan, step, leaf, &rows, own, itemsize, each)?;
                there += 1;
            }
            debug_assert_eq!(there, columns.len());
            // SAFETY: each of these lines is a column's, with a value for each of the rows.
            unsafe { dest.turn(lines.get(..there).unwrap_or_default()) };
        }
    }
    Ok(())
}

/// Where the values of some rows of a column lie: where the producer keeps them, if nothing is to be done to them,
/// otherwise in `own`.
#[inline(always)]
pub(super) fn converted<E>(
    plan: &Plan,
    step: &LeafStep,
    leaf: &Leaf<'_>,
    rows: &Range<usize>,
    own: &mut [MaybeUninit<u8>],
    itemsize: usize,
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<*const u8, E> {
    let n = rows.len();
    let mut cursor = RowCursor::new(leaf, rows.start);
    if let Some((part, first)) = cursor.peek(n)
        && let Some(values) = as_they_are(step, part, first, n)
        && values.len() == n * itemsize
    {
        return Ok(values.as_ptr());
    }
    let bytes = own.get_mut(..n * itemsize).unwrap_or_default();
    let mut column = Dest::column(bytes, rows.start, itemsize);
    cursor.rows(n, |part, start, at, len| {
        leaf_runs(plan, step, leaf, part, start, at, len, &mut column, each)
    })?;
    Ok(own.as_ptr().cast())
}

/// The bytes of `n` values from `first` on, where nothing is to be done to them.
pub(super) fn as_they_are<'p>(
    step: &LeafStep,
    part: &'p Part<'_>,
    first: usize,
    n: usize,
) -> Option<&'p [u8]> {
    let width = step.element.width();
    let same = step.op == Op::Same && part.is_direct() && (step.fill.is_none() || part.is_full());
    match &*part.data {
        Data::Fixed(bytes) if same => bytes.get(first * width..(first + n) * width),
        _ => None,
    }
}
