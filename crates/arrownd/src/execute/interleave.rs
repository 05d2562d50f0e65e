//! Columns that become the rows of a matrix.
#![allow(unsafe_code, reason = "what was converted is turned around by vector instructions")]

use std::mem::MaybeUninit;
use std::ops::Range;

use super::dest::Dest;
use super::rows::RowCursor;
use super::{Visit, leaf_runs};
use crate::plan::{LeafStep, Op, Plan, Step};
use crate::source::{Data, Leaf, Part};

/// A block of rows, column after column: converted here first, then turned around into the matrix. Writing each
/// column where it belongs takes two to three times as long, a store for each value.
pub(super) struct Columns {
    memory: Vec<MaybeUninit<u64>>,
    /// Bytes from one column to the next.
    apart: usize,
    itemsize: usize,
    rows: usize,
    /// Where each column's values lie: here, or where the producer keeps them.
    lines: Vec<*const u8>,
}

/// What the CPU's second cache has room for beside the rows that are written.
const CACHE: usize = 128 << 10;

impl Columns {
    /// Whether the columns of this plan go through a block: where they are single values, and lie side by side in
    /// the result.
    pub(super) fn interleave(plan: &Plan, dest: &Dest<'_>) -> bool {
        let single = |child: &Plan| matches!(&child.step, Step::Leaf(_)) && child.trailing.is_empty();
        plan.dtype.is_some_and(|dtype| dtype.complex_part().is_none() && dtype.itemsize() == dest.itemsize())
            && dest.turns()
            && plan.children.iter().all(single)
    }

    /// Room for `columns` columns of a matrix of `rows` rows.
    pub(super) fn new(columns: usize, dest: &Dest<'_>, rows: usize) -> Self {
        let itemsize = dest.itemsize();
        let fitting = CACHE / (columns * itemsize).max(1) / 64 * 64;
        let rows = fitting.max(64).min(rows.next_multiple_of(8)).max(8);
        // Columns at a distance of a power of two would share few places of the cache.
        let apart = rows * itemsize + 64;
        let memory = vec![MaybeUninit::new(0); columns * apart / size_of::<u64>()];
        Self { memory, apart, itemsize, rows, lines: vec![std::ptr::null(); columns] }
    }

    /// Rows of a block.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The memory of a column, for these rows.
    pub(super) fn column(&mut self, index: usize, rows: &Range<usize>) -> Dest<'_> {
        let words = self.apart / size_of::<u64>();
        let own = self.memory.get_mut(index * words..(index + 1) * words).unwrap_or_default();
        if let Some(line) = self.lines.get_mut(index) {
            *line = own.as_ptr().cast();
        }
        let bytes: &mut [MaybeUninit<u8>] = bytes_of(own);
        let bytes = bytes.get_mut(..rows.len() * self.itemsize).unwrap_or_default();
        Dest::column(bytes, rows.start, self.itemsize)
    }

    /// Takes a column's values from where they are.
    pub(super) fn share(&mut self, index: usize, values: &[u8]) {
        if let Some(line) = self.lines.get_mut(index) {
            *line = values.as_ptr();
        }
    }

    /// Writes the block where its rows belong, once all of its columns are there.
    ///
    /// # Safety
    /// Each column was asked for, or shared with as many values, for these rows.
    pub(super) unsafe fn write(&self, rows: &mut Dest<'_>) {
        // SAFETY: the caller's promise.
        unsafe { rows.turn(&self.lines) };
    }
}

/// Writes the rows `within` of a matrix.
pub(super) fn visit<'l, E>(
    columns: impl Iterator<Item = (&'l Plan, (&'l Leaf<'l>, RowCursor<'l>))>,
    within: Range<usize>,
    dest: &mut Dest<'_>,
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut columns: Vec<_> = columns
        .filter_map(|(plan, (leaf, cursor))| match &plan.step {
            Step::Leaf(step) => Some((plan, step, leaf, cursor)),
            _ => None,
        })
        .collect();
    let mut block = Columns::new(columns.len(), dest, within.len());
    for start in within.clone().step_by(block.rows()) {
        let rows = start..within.end.min(start + block.rows());
        for (i, (plan, step, leaf, cursor)) in columns.iter_mut().enumerate() {
            let n = rows.len();
            let there = cursor.peek(n).and_then(|(part, first)| as_they_are(step, part, first, n));
            if let Some(values) = there.filter(|values| values.len() == n * block.itemsize) {
                block.share(i, values);
                cursor.skip(n);
                continue;
            }
            let mut column = block.column(i, &rows);
            cursor.rows(n, |part, start, at, len| {
                leaf_runs(plan, step, leaf, part, start, at, len, &mut column, each)
            })?;
        }
        // SAFETY: each column was shared with `n` values, or filled by `each` for these rows.
        unsafe { block.write(&mut dest.stretch(rows)) };
    }
    Ok(())
}

/// The bytes of `n` values from `first` on, where nothing is to be done to them.
fn as_they_are<'p>(step: &LeafStep, part: &'p Part<'_>, first: usize, n: usize) -> Option<&'p [u8]> {
    let width = step.element.width();
    let same = step.op == Op::Same && part.is_direct() && (step.fill.is_none() || part.is_full());
    match &*part.data {
        Data::Fixed(bytes) if same => bytes.get(first * width..(first + n) * width),
        _ => None,
    }
}

fn bytes_of(words: &mut [MaybeUninit<u64>]) -> &mut [MaybeUninit<u8>] {
    let len = size_of_val(words);
    // SAFETY: the same memory, borrowed as before; any bytes may be uninitialised.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), len) }
}
