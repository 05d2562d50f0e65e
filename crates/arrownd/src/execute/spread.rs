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
    use crate::execute::columns::Field;
    use crate::plan::{LeafStep, Op, Step};
    use crate::threads;

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
            let fields: SmallVec<[Field<'_>; 8]> = self.fields().collect();
            let widths = fields.iter().map(Field::width).collect();
            if let Some(pieces) = dest.pieces(widths, part) {
                return share.all(pieces, |mut piece| {
                    piece.iter_mut().try_for_each(|(i, dest)| match fields.get(*i) {
                        Some(field) => {
                            let rows = dest.rows();
                            field.visit(dest, 0, rows, &mut |visit| each(visit))
                        }
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
    }
}
