//! Step 3, execute: carries a plan out and decides nothing.

mod columns;
mod dest;
mod interleave;
mod keys;
mod mask;
mod planned;
mod records;
mod rows;
mod spread;
mod task;
mod view;
mod visit;

pub use dest::{Dest, Run};
pub use planned::Planned;
pub use view::ViewOf;
pub use visit::Visit;

use std::ops::Range;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::Order;
use crate::plan::{LeafStep, Plan, Step};
use crate::source::{Column, Leaf, Node, Part};
use rows::RowCursor;

/// A plan, or a part of one, with what it reads.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Dest, Nulls, Options, Planned, chunk_of};
/// use std::mem::MaybeUninit;
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let field = Field::new("", DataType::Int32, true);
/// let chunks = [chunk_of(&array)];
/// let options = Options { nulls: Nulls::Masked, ..Options::default() };
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let task = planned.task();
/// // The values are viewed; the mask is made.
/// assert_eq!(task.view().map(|view| view.ptr), Some(array.values().as_ptr().cast()));
/// let mut mask = [MaybeUninit::new(false); 3];
/// task.fill_mask(&mut Dest::from_slice(&mut mask, &[3]).unwrap())?;
/// // SAFETY: initialised from the start.
/// assert_eq!(mask.map(|x| unsafe { x.assume_init() }), [false, true, false]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Task<'s> {
    plan: &'s Plan,
    column: &'s Column<'s>,
}

impl<'s> Task<'s> {
    /// What a plan says of a column that it fits.
    pub(crate) fn of(plan: &'s Plan, column: &'s Column<'s>) -> Self {
        Self { plan, column }
    }

    /// Converts every value into `dest`, which has the plan's shape and dtype. Python objects are
    /// left to [`Task::objects`]. *Copies n x itemsize bytes*.
    ///
    /// # Errors
    /// [`Error::LossyCast`] names the first value found that can't be held; `dest` then holds anything.
    ///
    /// ```
    /// use arrow_array::Int8Array;
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// use std::mem::MaybeUninit;
    ///
    /// let field = Field::new("", DataType::Int8, true);
    /// let array = Int8Array::from(vec![Some(1), None]);
    /// let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// let mut memory = [MaybeUninit::new(0f32); 2];
    /// planned.task().fill_values(&mut Dest::from_slice(&mut memory, &[2]).unwrap())?;
    /// // SAFETY: initialised from the start.
    /// let [one, missing] = memory.map(|x| unsafe { x.assume_init() });
    /// assert!(one == 1.0 && missing.is_nan());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn fill_values(&self, dest: &mut Dest<'_>) -> Result<()> {
        self.spread(dest, Some(false), |visit| visit.convert())
    }

    /// Visits every stretch of every leaf with the memory it goes to: for Python objects. *O(n / 64)*,
    /// and what `each` does; *shares memory*.
    ///
    /// # Errors
    /// The first error of `each`.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = StringArray::from(vec![Some("one"), None, Some("three")]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// let mut memory = [MaybeUninit::new(0usize); 3];
    /// let mut dest = Dest::from_slice(&mut memory, &[3]).unwrap();
    /// // A number stands for each object: how long the text is.
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     let block = visit.block(0);
    ///     for (at, text) in visit.octets(&block).each()[..block.len].iter().enumerate() {
    ///         visit.run.write(at, &[MaybeUninit::new(text.len())]);
    ///     }
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [3, 0, 5]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn objects<E: From<Error>>(
        &self,
        dest: &mut Dest<'_>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit(dest, Some(true), &mut |visit| each(visit))
    }

    /// Visits the leaves; with `objects`, only those that become Python objects or strings of any length, or
    /// only the others.
    fn visit<E>(
        &self,
        dest: &mut Dest<'_>,
        objects: Option<bool>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let apart = |dtype| matches!(dtype, Some(DType::Object | DType::Strings { .. }));
        let skipped = |plan: &Plan| objects.is_some_and(|yes| yes != apart(plan.dtype));
        match (&self.plan.step, &self.column.node) {
            (Step::Records(record), Node::Struct { .. }) => {
                let rows = self.rows_of(dest);
                if objects == Some(false) && records::visit(*self, record, rows.clone(), dest, each)? {
                    return Ok(());
                }
                // As in a matrix: a block of records stays in the cache until all of its fields are written.
                let block = rows::block(self.plan);
                for at in rows.clone().step_by(block) {
                    let mut dest = dest.stretch(at..rows.end.min(at + block));
                    for (child, field) in self.children().zip(&record.fields) {
                        if let Some(mut dest) = dest.field(field.offset, &field.dims, field.dtype.itemsize())
                        {
                            child.visit(&mut dest, objects, each)?;
                        }
                    }
                }
                Ok(())
            }
            _ if skipped(self.plan) => Ok(()),
            (Step::Leaf(step), Node::Leaf(leaf)) => match self.plan.dtype.and_then(DType::complex_part) {
                None => self.visit_leaf(step, leaf, dest, each),
                Some(part) => match dest.field(0, &[2], part.itemsize()) {
                    Some(mut pairs) => self.visit_leaf(step, leaf, &mut pairs, each),
                    None => Ok(()),
                },
            },
            (Step::Matrix { order, .. }, Node::Struct { columns, .. }) => {
                let within = self.rows_of(dest);
                if objects == Some(false) && interleave::fits(self.plan, dest) {
                    return interleave::visit(self.plan, columns, within, dest, each);
                }
                let block = match order {
                    // A block of rows stays in the cache until all of its columns are written.
                    Order::C => rows::block(self.plan),
                    Order::F => within.len().max(1),
                };
                for start in within.clone().step_by(block) {
                    let rows = start..within.end.min(start + block);
                    let mut first = 0;
                    for field in self.fields() {
                        field.visit(dest, first, rows.clone(), each)?;
                        first += field.width();
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Task<'_> {
    /// The rows that go to this memory.
    fn rows_of(&self, dest: &Dest<'_>) -> Range<usize> {
        let rows = dest.rows();
        rows.start..rows.end.min(self.column.rows.unwrap_or(0)).max(rows.start)
    }

    fn visit_leaf<E>(
        &self,
        step: &LeafStep,
        leaf: &Leaf<'_>,
        dest: &mut Dest<'_>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let rows = self.rows_of(dest);
        let mut dest = dest.arriving(&step.axes);
        RowCursor::new(leaf, rows.start).rows(rows.len(), |part, start, at, len| {
            leaf_runs(self.plan, step, leaf, part, start, at, len, &mut dest, each)
        })
    }
}

#[expect(clippy::too_many_arguments, reason = "the one place where both walks meet")]
fn leaf_runs<E>(
    plan: &Plan,
    step: &LeafStep,
    leaf: &Leaf<'_>,
    part: &Part<'_>,
    start: usize,
    at: usize,
    len: usize,
    dest: &mut Dest<'_>,
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<(), E> {
    dest.runs(at, len, |position, run| {
        each(Visit { plan, step, leaf, part, start: start + (position - at), position, run })
    })
}
