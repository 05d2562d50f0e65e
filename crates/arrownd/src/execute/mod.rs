//! Step 3, execute: carries a plan out and decides nothing.

mod dest;
mod rows;
mod view;

use arrow_schema::DataType;

pub use dest::{Dest, Run};
pub use view::ViewOf;

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::{self, Failed, Window};
use crate::mapping::{Element, map};
use crate::options::{Fill, Options, Order};
use crate::plan::{Facts, LeafStep, Op, Plan, Step, plan};
use crate::source::{Block, Column, Data, Hop, Leaf, Node, Octets, Part, RowValues};
use rows::RowCursor;

/// A plan and the source it was made for: neither can meet another.
#[derive(Debug)]
pub struct Planned<'s> {
    plan: Plan,
    column: &'s Column<'s>,
}

/// A plan, or a part of one, with what it reads.
#[derive(Debug, Clone, Copy)]
pub struct Task<'s> {
    plan: &'s Plan,
    column: &'s Column<'s>,
}

impl<'s> Planned<'s> {
    /// Plans the conversion of `column`.
    ///
    /// # Errors
    /// As [`plan()`], and [`Error::CopyNotAllowed`] where the options forbid what is needed.
    pub fn new(column: &'s Column<'s>, options: &Options, left_out: &[String]) -> Result<Self> {
        let plan = plan(&Facts::of(column, options), options, left_out)?;
        plan.check_copies(options)?;
        Ok(Self { plan, column })
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is to be done.
    #[must_use]
    pub fn task(&self) -> Task<'_> {
        Task { plan: &self.plan, column: self.column }
    }
}

impl<'s> Task<'s> {
    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &'s Plan {
        self.plan
    }

    /// The tasks of the fields.
    pub fn children(&self) -> impl Iterator<Item = Task<'s>> + use<'s> {
        let columns: &[Column<'s>] = match &self.column.node {
            Node::Struct { columns, .. } => columns,
            Node::Leaf(Leaf { rows: Some(rows), .. }) => std::slice::from_ref(&rows.values),
            Node::Leaf(_) => &[],
        };
        self.plan.children.iter().zip(columns).map(|(plan, column)| Task { plan, column })
    }

    /// The lists that become arrays of their own, and which of them are there; `None` where the task has
    /// none.
    #[must_use]
    pub fn rows(&self) -> Option<(&'s RowValues<'s>, &'s [Part<'s>])> {
        match &self.column.node {
            Node::Leaf(Leaf { rows: Some(rows), parts, .. }) => Some((rows, parts)),
            _ => None,
        }
    }

    /// Which child of the imported array this is; empty for the array itself.
    #[must_use]
    pub fn route(&self) -> &'s [usize] {
        &self.column.route
    }

    /// The result where it is a view; `None` where the plan copies, or there is nothing to view.
    #[must_use]
    pub fn view(&self) -> Option<ViewOf> {
        view::view(self.plan, self.column)
    }

    /// Whether any of the memory between two addresses is read by this task.
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
    /// left to [`Task::objects`].
    ///
    /// # Errors
    /// [`Error::LossyCast`] names the first value found that can't be held; `dest` then holds part
    /// of the result.
    pub fn fill_values(&self, dest: &mut Dest<'_>) -> Result<()> {
        self.visit(dest, Some(false), &mut |visit| visit.convert())
    }

    /// Visits every stretch of every leaf with the memory it goes to: for Python objects.
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

    /// Whether some of the result are Python objects, and whether some aren't.
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

    /// Writes the mask, true where a value is missing, into `dest`, which has the plan's shape.
    ///
    /// # Errors
    /// None today.
    pub fn fill_mask(&self, dest: &mut Dest<'_>) -> Result<()> {
        if let Step::Records(record) = &self.plan.step {
            for (child, field) in self.children().zip(&record.mask().fields) {
                let each = field.dtype.itemsize();
                let Some(mut dest) = dest.field(field.offset, &field.dims, each) else { continue };
                let parts = if field.record.is_some() { 1 } else { each };
                for part in 0..parts {
                    child.fill_mask(&mut dest.record_part(part, parts))?;
                }
            }
            return Ok(());
        }
        self.visit(dest, None, &mut |mut visit| {
            if visit.step.element == Element::Null {
                kernels::fill_nothing(DType::Bool, &mut visit.run, &Fill::Bool(true));
            } else {
                kernels::bits::mask(visit.part, visit.start, &mut visit.run);
            }
            Ok(())
        })
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
                for (child, field) in self.children().zip(&record.fields) {
                    if let Some(mut dest) = dest.field(field.offset, &field.dims, field.dtype.itemsize()) {
                        child.visit(&mut dest, objects, each)?;
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
            (Step::Matrix { order, .. }, Node::Struct { columns, dims, .. }) => {
                let mut cursors: Vec<_> = columns
                    .iter()
                    .filter_map(|column| match &column.node {
                        Node::Leaf(leaf) => Some((leaf, RowCursor::new(leaf))),
                        Node::Struct { .. } => None,
                    })
                    .collect();
                let rows = self.column.rows.unwrap_or(0);
                let block = match order {
                    // A block of rows stays in the cache until all of its columns are written.
                    Order::C => rows::block(self.plan),
                    Order::F => rows,
                };
                let mut at = 0;
                while at < rows {
                    let n = block.min(rows - at);
                    let mut first = 0;
                    for (plan, (leaf, cursor)) in self.plan.children.iter().zip(&mut cursors) {
                        let Step::Leaf(step) = &plan.step else {
                            continue;
                        };
                        let own = step.axes.iter().skip(dims.len());
                        let shown: Vec<usize> =
                            own.filter_map(|axis| step.dims.get(*axis).copied()).collect();
                        let Some(mut dest) = dest.columns(first, &shown) else {
                            continue;
                        };
                        let mut dest = dest.arriving(&step.axes);
                        first += shown.iter().product::<usize>();
                        cursor.rows(n, |part, start, at, len| {
                            leaf_runs(plan, step, leaf, part, start, at, len, &mut dest, each)
                        })?;
                    }
                    at += n;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Task<'_> {
    fn visit_leaf<E>(
        &self,
        step: &LeafStep,
        leaf: &Leaf<'_>,
        dest: &mut Dest<'_>,
        each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut dest = dest.arriving(&step.axes);
        RowCursor::new(leaf).rows(self.column.rows.unwrap_or(0), |part, start, at, len| {
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

/// A stretch of values of one part, and the memory they go to.
#[derive(Debug)]
pub struct Visit<'v> {
    /// The leaf's plan.
    pub plan: &'v Plan,
    /// How it is carried out.
    pub step: &'v LeafStep,
    /// The leaf.
    pub leaf: &'v Leaf<'v>,
    /// The part.
    pub part: &'v Part<'v>,
    /// The first value, counted in the part.
    pub start: usize,
    /// The first value, counted in the leaf.
    pub position: usize,
    /// Where the values go: as many as it is long.
    pub run: Run<'v>,
}

impl<'v> Visit<'v> {
    /// Where the values from `at` on lie, counted in the run: up to 64 of them.
    #[inline(always)]
    #[must_use]
    pub fn block(&self, at: usize) -> Block {
        let mut block = self.part.block(self.start + at, self.run.len().saturating_sub(at));
        if self.step.element == Element::Null {
            block.valid = 0;
        }
        block
    }

    /// The bytes of a block's text or binary values.
    #[inline(always)]
    #[must_use]
    pub fn octets(&self, block: &Block) -> Octets<'v> {
        match &*self.part.data {
            Data::Fixed(bytes) => Octets::fixed(bytes, self.step.element.width(), &block.index, block.valid),
            data => Octets::new(data, &block.index, block.valid),
        }
    }

    /// The error for text that isn't UTF-8, at a position counted in the run.
    #[cold]
    #[must_use]
    pub fn invalid_text(&self, at: usize, why: std::str::Utf8Error) -> Error {
        Error::InvalidArrow {
            path: self.plan.path.clone(),
            what: format!("text that isn't UTF-8 ({why}) at position {}", self.position + at),
        }
    }

    fn convert(mut self) -> Result<()> {
        let LeafStep { element, op, fill, check, .. } = self.step;
        let Some(dtype) = self.plan.dtype.map(|dtype| dtype.complex_part().unwrap_or(dtype)) else {
            return Ok(());
        };
        let bytes = match *self.part.data {
            Data::Fixed(bytes) => bytes,
            _ => &[][..],
        };
        let window = Window { bytes, part: self.part, start: self.start };
        let fill = fill.as_ref();
        let run = &mut self.run;
        let done = match op {
            Op::Same => {
                kernels::copy_opaque(dtype, window, run, fill);
                Ok(())
            }
            Op::Unpack => {
                if let Data::Bits(bits) = &*self.part.data {
                    let fill = fill.map(|fill| matches!(fill, Fill::Bool(true)));
                    kernels::bits::unpack(bits, window, run, fill);
                }
                Ok(())
            }
            Op::Cast => kernels::cast(&self.part.data, *element, dtype, window, run, fill, *check),
            Op::Scale { .. } | Op::Calendar { .. } => {
                kernels::ticks(*element, *op, window, run, fill, *check)
            }
            Op::Nothing => {
                kernels::fill_nothing(dtype, run, fill.unwrap_or(&Fill::Int(0)));
                Ok(())
            }
            Op::Text => return kernels::text(&mut self, dtype),
            Op::Object => Ok(()),
        };
        done.map_err(|Failed(index)| self.lossy(index, dtype))
    }

    fn lossy(&self, index: usize, dtype: DType) -> Error {
        let width = self.step.element.width();
        let own = self.part.index(index).unwrap_or(0);
        let bytes = match *self.part.data {
            Data::Fixed(bytes) => bytes.get(own * width..(own + 1) * width).unwrap_or_default(),
            _ => &[],
        };
        let by_nulls = self.step.fill.is_some() && dtype.is_float() && self.step.element.is_integer();
        let remedy = if by_nulls {
            "pass nulls=\"masked\" or na_value= to keep the dtype, or safe=False to round"
        } else {
            "pass a wider dtype, or safe=False to round or cut"
        };
        Error::LossyCast {
            path: self.plan.path.clone(),
            value: value_text(self.leaf, self.step.element, bytes),
            position: self.position + (index - self.start),
            dtype: dtype.to_string(),
            remedy: remedy.to_owned(),
        }
    }
}

/// A value as a message shows it.
fn value_text(leaf: &Leaf<'_>, element: Element, bytes: &[u8]) -> String {
    fn read<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().unwrap_or([0; N])
    }
    let number = match element {
        Element::I8 => i8::from_ne_bytes(read(bytes)).to_string(),
        Element::I16 => i16::from_ne_bytes(read(bytes)).to_string(),
        Element::I32 => i32::from_ne_bytes(read(bytes)).to_string(),
        Element::I64 => i64::from_ne_bytes(read(bytes)).to_string(),
        Element::U8 => u8::from_ne_bytes(read(bytes)).to_string(),
        Element::U16 => u16::from_ne_bytes(read(bytes)).to_string(),
        Element::U32 => u32::from_ne_bytes(read(bytes)).to_string(),
        Element::U64 => u64::from_ne_bytes(read(bytes)).to_string(),
        Element::Wide { signed: true } => i128::from_ne_bytes(read(bytes)).to_string(),
        Element::Wide { signed: false } => u128::from_ne_bytes(read(bytes)).to_string(),
        Element::Decimal { scale, .. } => kernels::DecimalText::of(bytes, scale).to_string(),
        Element::F16 => half::f16::from_ne_bytes(read(bytes)).to_string(),
        Element::F32 => format!("{:?}", f32::from_ne_bytes(read(bytes))),
        Element::F64 => format!("{:?}", f64::from_ne_bytes(read(bytes))),
        _ => format!("{bytes:?}"),
    };
    match (leaf.field.data_type(), map(&leaf.field).map(|mapped| mapped.meaning)) {
        (DataType::Date32 | DataType::Date64 | DataType::Timestamp(..), Ok(DType::Datetime(Some(r)))) => {
            format!("datetime64({number}, '{r}')")
        }
        (_, Ok(DType::Timedelta(Some(r)))) => format!("timedelta64({number}, '{r}')"),
        _ => number,
    }
}
