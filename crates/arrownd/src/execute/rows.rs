//! Walks the chunks of a leaf, some rows at a time.

use crate::dtype::DType;
use crate::plan::Plan;
use crate::source::{Leaf, Part};

/// Where in a leaf's chunks the next row is.
pub(super) struct RowCursor<'l> {
    leaf: &'l Leaf<'l>,
    each: usize,
    part: usize,
    /// Rows of the current part that were visited.
    inside: usize,
    /// Rows before the next one.
    before: usize,
}

impl<'l> RowCursor<'l> {
    /// Before row `first`. *O(log chunks)*.
    pub(super) fn new(leaf: &'l Leaf<'l>, first: usize) -> Self {
        let part = leaf.parts.partition_point(|part| part.first + part.rows <= first);
        let inside = leaf.parts.get(part).map_or(0, |part| first - part.first);
        Self { leaf, each: leaf.dims.iter().product(), part, inside, before: first }
    }

    /// The part that has all of the next `rows` rows, and the first of its values in them.
    pub(super) fn peek(&self, rows: usize) -> Option<(&'l Part<'l>, usize)> {
        let part = self.leaf.parts.get(self.part)?;
        (rows <= part.rows - self.inside).then_some((part, self.inside * self.each))
    }

    /// Calls `visit(part, first value in the part, first value in the leaf, values)` for the next
    /// `rows` rows.
    pub(super) fn rows<E>(
        &mut self,
        mut rows: usize,
        mut visit: impl FnMut(&Part<'l>, usize, usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        while rows > 0 {
            let Some(part) = self.leaf.parts.get(self.part) else {
                break;
            };
            let n = rows.min(part.rows - self.inside);
            visit(part, self.inside * self.each, self.before * self.each, n * self.each)?;
            rows -= n;
            self.inside += n;
            self.before += n;
            if self.inside == part.rows {
                self.part += 1;
                self.inside = 0;
            }
        }
        Ok(())
    }
}

/// Rows of a C-order matrix, or records, that fit in the second-level cache together, in whole blocks of 64.
pub(super) fn block(plan: &Plan) -> usize {
    const CACHE: usize = 128 << 10;
    let width: usize = plan.trailing.iter().product();
    let row = width * plan.dtype().map_or(8, DType::itemsize);
    (CACHE / row.max(1) / 64).max(1) * 64
}
