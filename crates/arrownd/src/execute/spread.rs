//! Work that is spread over threads: by rows, or by the columns of a matrix that lie one after the other.

use super::{Dest, Task, Visit};
use crate::error::Result;

impl Task<'_> {
    /// [`Task::visit`] of what isn't made of Python objects, by several threads where there is enough to do.
    pub(super) fn spread(
        &self,
        dest: &mut Dest<'_>,
        objects: Option<bool>,
        each: impl Fn(Visit<'_>) -> Result<()> + Sync,
    ) -> Result<()> {
        #[cfg(feature = "rayon")]
        if self.shared(dest, objects, &each) {
            return Ok(());
        }
        // Which error comes first depends on the order of the walk: one thread alone finds the same one always.
        self.visit(dest, objects, &mut |visit| each(visit))
    }
}

#[cfg(feature = "rayon")]
mod shared {
    use smallvec::SmallVec;

    use super::{Dest, Result, Task, Visit};
    use crate::execute::leaf_runs;
    use crate::execute::rows::RowCursor;
    use crate::plan::{LeafStep, Op, Plan, Step};
    use crate::source::{Leaf, Node};
    use crate::threads;

    /// A column of a matrix.
    struct Column<'t> {
        plan: &'t Plan,
        step: &'t LeafStep,
        leaf: &'t Leaf<'t>,
        /// Its dimensions after those of the matrix, in the result.
        shown: SmallVec<[usize; 2]>,
    }

    impl Task<'_> {
        /// Whether several threads have done it all. If not, nothing or anything was written.
        pub(super) fn shared(
            &self,
            dest: &mut Dest<'_>,
            objects: Option<bool>,
            each: &(impl Fn(Visit<'_>) -> Result<()> + Sync),
        ) -> bool {
            let bits =
                objects.is_none() || matches!(&self.plan.step, Step::Leaf(LeafStep { op: Op::Unpack, .. }));
            // A word of bits becomes 64 bytes in the time of four numbers.
            let work = if bits { dest.size() / 16 } else { dest.size() };
            let Some(share) = threads::Share::of(work) else { return false };
            let part = share.piece(dest.elements());
            let columns = self.columns();
            let widths = columns.iter().map(|column| column.shown.iter().product()).collect();
            if let Some(pieces) = dest.pieces(widths, part) {
                return share.all(pieces, |mut piece| {
                    piece.iter_mut().try_for_each(|(i, dest)| match columns.get(*i) {
                        Some(column) => column.visit(dest, each),
                        None => Ok(()),
                    })
                });
            }
            match dest.stretches(part) {
                Some(stretches) => share.all(stretches, |mut stretch| {
                    self.visit(&mut stretch, objects, &mut |visit| each(visit))
                }),
                None => false,
            }
        }

        /// The columns of a matrix; none of anything else.
        fn columns(&self) -> Vec<Column<'_>> {
            let (Step::Matrix { .. }, Node::Struct { columns, dims, .. }) =
                (&self.plan.step, &self.column.node)
            else {
                return Vec::new();
            };
            let both = self.plan.children.iter().zip(columns);
            both.filter_map(|(plan, column)| match (&plan.step, &column.node) {
                (Step::Leaf(step), Node::Leaf(leaf)) => {
                    let own = step.axes.iter().skip(dims.len());
                    let shown = own.filter_map(|axis| step.dims.get(*axis).copied()).collect();
                    Some(Column { plan, step, leaf, shown })
                }
                _ => None,
            })
            .collect()
        }
    }

    impl Column<'_> {
        fn visit(&self, dest: &mut Dest<'_>, each: &(impl Fn(Visit<'_>) -> Result<()> + Sync)) -> Result<()> {
            let Self { plan, step, leaf, shown } = self;
            let rows = dest.rows();
            let Some(mut dest) = dest.columns(0, shown) else { return Ok(()) };
            let mut dest = dest.arriving(&step.axes);
            RowCursor::new(leaf, rows.start).rows(rows.len(), |part, start, at, len| {
                leaf_runs(plan, step, leaf, part, start, at, len, &mut dest, &mut |visit| each(visit))
            })
        }
    }
}
