//! Step 3, execute: carries a plan out and decides nothing.

mod columns;
mod dest;
mod interleave;
mod mask;
mod rows;
mod spread;
mod view;
mod visit;

pub use dest::{Dest, Run};
pub use view::ViewOf;
pub use visit::Visit;

use std::ops::Range;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::{Options, Order};
use crate::plan::{Facts, LeafStep, Plan, Step, plan};
use crate::source::{Column, Hop, Leaf, Node, Part, RowValues};
use rows::RowCursor;

/// A plan and the source it was made for: neither can meet another.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Options, Planned, chunk_of};
///
/// let array = Int32Array::from(vec![1, 2, 3]);
/// let field = Field::new("", DataType::Int32, true);
/// let (chunks, options) = ([chunk_of(&array)], Options { allow_copy: false, ..Options::default() });
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// assert_eq!((planned.plan().copies(), planned.plan().nbytes()), (Some(false), Some(0)));
/// assert_eq!(planned.task().plan(), planned.plan());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Planned<'s> {
    plan: Plan,
    column: &'s Column<'s>,
}

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

impl<'s> Planned<'s> {
    /// Plans the conversion of `column`. *O(fields)*.
    ///
    /// # Errors
    /// As [`plan()`], and [`Error::CopyNotAllowed`] where the options forbid what is needed.
    ///
    /// ```
    /// use arrow_array::BooleanArray;
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::ErrorKind;
    /// use arrownd::engine::{Column, Options, Planned, chunk_of};
    ///
    /// let field = Field::new("", DataType::Boolean, true);
    /// let array = BooleanArray::from(vec![true, false]);
    /// let (chunks, options) = ([chunk_of(&array)], Options { allow_copy: false, ..Options::default() });
    /// let column = Column::new(&field, &chunks, &options)?;
    /// let refused = Planned::new(&column, &options, &[]).unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::CopyNotAllowed);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(column: &'s Column<'s>, options: &Options, left_out: &[String]) -> Result<Self> {
        let plan = plan(&Facts::of(column, options), options, left_out)?;
        plan.check_copies(options)?;
        Ok(Self { plan, column })
    }

    /// The plan. *O(1)*.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is to be done. *O(1)*.
    #[must_use]
    pub fn task(&self) -> Task<'_> {
        Task { plan: &self.plan, column: self.column }
    }
}

impl<'s> Task<'s> {
    /// What a plan says of a column that it fits.
    pub(crate) fn of(plan: &'s Plan, column: &'s Column<'s>) -> Self {
        Self { plan, column }
    }

    /// The plan. *O(1)*.
    #[must_use]
    pub fn plan(&self) -> &'s Plan {
        self.plan
    }

    /// The tasks of the fields. *O(1)*.
    pub fn children(&self) -> impl Iterator<Item = Task<'s>> + use<'s> {
        let columns: &[Column<'s>] = match &self.column.node {
            Node::Struct { columns, .. } => columns,
            Node::Leaf(Leaf { rows: Some(rows), .. }) => std::slice::from_ref(&rows.values),
            Node::Leaf(_) => &[],
        };
        self.plan.children.iter().zip(columns).map(|(plan, column)| Task { plan, column })
    }

    /// The lists that become arrays of their own, and which of them are there; `None` where the task has
    /// none. *O(1)*.
    #[must_use]
    pub fn rows(&self) -> Option<(&'s RowValues<'s>, &'s [Part<'s>])> {
        match &self.column.node {
            Node::Leaf(Leaf { rows: Some(rows), parts, .. }) => Some((rows, parts)),
            _ => None,
        }
    }

    /// Which child of the imported array this is; empty for the array itself. *O(1)*.
    #[must_use]
    pub fn route(&self) -> &'s [usize] {
        &self.column.route
    }

    /// The result where it is a view; `None` where the plan copies, or there is nothing to view.
    /// *O(dimensions), shares memory*.
    #[must_use]
    pub fn view(&self) -> Option<ViewOf<'s>> {
        view::view(self.plan, self.column)
    }

    /// Whether any of the memory between two addresses is read by this task. *O(buffers)*.
    #[must_use]
    pub fn reads(&self, low: usize, high: usize) -> bool {
        fn meets(bytes: &[u8], low: usize, high: usize) -> bool {
            let start = bytes.as_ptr().addr();
            start < high && low < start + bytes.len()
        }
        fn column(task: &Column<'_>, low: usize, high: usize) -> bool {
            match &task.node {
                Node::Struct { columns, .. } => columns.iter().any(|child| column(child, low, high)),
                Node::Leaf(leaf) => {
                    let values = leaf.rows.as_ref().is_some_and(|rows| column(&rows.values, low, high));
                    values
                        || leaf.parts.iter().any(|part| {
                            part.validity.bytes().any(|bytes| meets(bytes, low, high))
                                || part.data.buffers().iter().any(|bytes| meets(bytes, low, high))
                                || part.hops.iter().flat_map(Hop::bytes).any(|bytes| meets(bytes, low, high))
                        })
                }
            }
        }
        column(self.column, low, high)
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

    /// Visits every stretch of every leaf with the memory it goes to: for Python objects. One pass.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn objects<E: From<Error>>(
        &self,
        dest: &mut Dest<'_>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.visit(dest, Some(true), &mut |visit| each(visit))
    }

    /// Whether some of the result are Python objects, and whether some aren't. *O(fields)*.
    #[must_use]
    pub fn makes(&self) -> (bool, bool) {
        match (&self.plan.step, self.plan.dtype) {
            (Step::Records(_), _) => self.children().fold((false, false), |(objects, values), child| {
                let own = child.makes();
                (objects | own.0, values | own.1)
            }),
            (_, dtype) => (dtype == Some(DType::Object), dtype.is_some_and(|dtype| dtype != DType::Object)),
        }
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
