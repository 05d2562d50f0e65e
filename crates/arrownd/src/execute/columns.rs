//! The columns of a matrix.

use std::ops::Range;

use smallvec::SmallVec;

use super::rows::RowCursor;
use super::{Dest, Task, Visit, leaf_runs};
use crate::plan::{LeafStep, Plan, Step};
use crate::source::{Column, Leaf, Node};

/// A field of a table that becomes a matrix.
pub(super) struct Field<'t> {
    plan: &'t Plan,
    step: &'t LeafStep,
    leaf: &'t Leaf<'t>,
    /// Its dimensions after those of the matrix, in the result.
    shown: SmallVec<[usize; 4]>,
}

impl<'t> Task<'t> {
    /// The fields of a matrix; none of anything else.
    pub(super) fn fields(self) -> impl Iterator<Item = Field<'t>> {
        let (columns, outer): (&[Column<'t>], usize) = match (&self.plan.step, &self.column.node) {
            (Step::Matrix { .. }, Node::Struct { columns, dims, .. }) => (columns, dims.len()),
            _ => (&[], 0),
        };
        self.plan.children.iter().zip(columns).filter_map(move |(plan, column)| {
            match (&plan.step, &column.node) {
                (Step::Leaf(step), Node::Leaf(leaf)) => {
                    let own = step.axes.iter().skip(outer);
                    let shown = own.filter_map(|axis| step.dims.get(*axis).copied()).collect();
                    Some(Field { plan, step, leaf, shown })
                }
                _ => None,
            }
        })
    }
}

impl Field<'_> {
    /// How many columns of the matrix it is.
    pub(super) fn width(&self) -> usize {
        self.shown.iter().product()
    }

    /// Visits some rows of it; `dest` has them, and column `first` of it is the first of the field's.
    pub(super) fn visit<E>(
        &self,
        dest: &mut Dest<'_>,
        first: usize,
        rows: Range<usize>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { plan, step, leaf, shown } = self;
        let Some(mut dest) = dest.columns(first, shown) else { return Ok(()) };
        let mut dest = dest.arriving(&step.axes);
        RowCursor::new(leaf, rows.start).rows(rows.len(), |part, start, at, len| {
            leaf_runs(plan, step, leaf, part, start, at, len, &mut dest, each)
        })
    }
}
