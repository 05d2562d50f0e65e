//! Columns that become the fields of records.
#![allow(unsafe_code, reason = "hands converted columns to `kernels/lines.rs`")]

use std::mem::MaybeUninit;
use std::ops::Range;

use smallvec::SmallVec;

use super::interleave::{LINE, STACK, Stack, as_they_are, converted};
use super::{Dest, Task, Visit};
use crate::dtype::DType;
use crate::kernels::lines::Lines;
use crate::plan::{LeafStep, Plan, Step};
use crate::record::RecordType;
use crate::source::{Leaf, Node};

/// Bytes of values that are converted at once: they fit the innermost cache beside what they are converted from.
const BLOCK: usize = 16 << 10;

/// A field, or one of a record in the record, and where it begins.
enum Field<'t> {
    /// Values that lie in one piece, to which nothing is to be done.
    Ready { values: &'t [u8], offset: usize, size: usize },
    /// Single values of a size that lines are made of.
    Values { plan: &'t Plan, step: &'t LeafStep, leaf: &'t Leaf<'t>, offset: usize, size: usize },
    /// Anything else.
    Other { task: Task<'t>, offset: usize, dims: &'t [usize], size: usize },
}

impl<'t> Task<'t> {
    /// The fields of records that begin so many bytes after others.
    fn record_fields(self, record: &'t RecordType, before: usize, fields: &mut SmallVec<[Field<'t>; 8]>) {
        for (task, field) in self.children().zip(&record.fields) {
            let (offset, size) = (before + field.offset, field.dtype.itemsize());
            let dims = &field.dims;
            let plain = dims.is_empty() && field.dtype.complex_part().is_none();
            match (&task.plan.step, &task.column.node) {
                (Step::Records(record), Node::Struct { .. }) if plain => {
                    task.record_fields(record, offset, fields);
                }
                (Step::Leaf(step), Node::Leaf(leaf))
                    if plain && Lines::take(size) && !is_made_elsewhere(field.dtype) =>
                {
                    let whole = match leaf.parts.as_slice() {
                        [part] => as_they_are(step, part, 0, part.rows),
                        _ => None,
                    };
                    fields.push(match whole.filter(|values| Some(values.len()) == expected(task, size)) {
                        Some(values) => Field::Ready { values, offset, size },
                        None => Field::Values { plan: task.plan, step, leaf, offset, size },
                    });
                }
                _ => fields.push(Field::Other { task, offset, dims, size }),
            }
        }
    }
}

/// Bytes of all values of a column.
fn expected(task: Task<'_>, size: usize) -> Option<usize> {
    task.column.rows?.checked_mul(size)
}

/// Python objects and strings of any length.
fn is_made_elsewhere(dtype: DType) -> bool {
    matches!(dtype, DType::Object | DType::Strings { .. })
}

/// Writes the fields of the records `within`, but for those that are made elsewhere; false, and nothing done, where
/// records don't lie an even step apart, or no more than half of the fields stay as they are: it takes longer then.
///
/// Values that need it are converted a block at a time, next to each other. Some records at a time get all of their
/// fields then: half the time of a field after the other, where nothing is converted.
#[inline(never)]
#[expect(clippy::large_stack_arrays, reason = "a place for blocks that isn't allocated")]
pub(super) fn visit<'t, E>(
    task: Task<'t>,
    record: &'t RecordType,
    within: Range<usize>,
    dest: &mut Dest<'_>,
    each: &mut dyn FnMut(Visit<'_>) -> Result<(), E>,
) -> Result<bool, E> {
    let mut fields = SmallVec::new();
    task.record_fields(record, 0, &mut fields);
    if fields.iter().filter(|field| field.stays()).count() * 2 <= fields.len() || dest.line(0, 0).is_none() {
        return Ok(false);
    }
    let ready = fields.iter().all(|field| matches!(field, Field::Ready { .. }));
    let row: usize = fields.iter().map(Field::line).sum();
    let rows = if ready { within.len().max(1) } else { (BLOCK / row.max(8) / 64).max(1) * 64 };
    let mut stack = Stack([MaybeUninit::uninit(); STACK]);
    let mut lines = Lines::default();
    for start in within.clone().step_by(rows) {
        let rows = start..within.end.min(start + rows);
        let mut dest = dest.stretch(rows.clone());
        let mut memory = &mut stack.0[..];
        for field in &fields {
            match *field {
                Field::Ready { values, offset, size } => {
                    if let Some((to, kind)) = dest.line(offset, size)
                        && let Some(values) = values.get(rows.start * size..rows.end * size)
                    {
                        lines.push(values.as_ptr(), to, kind);
                    }
                }
                Field::Values { plan, step, leaf, offset, size } => {
                    let Some((to, kind)) = dest.line(offset, size) else { continue };
                    // Lines at a distance of a power of two would share few places of the cache.
                    let bytes = (rows.len() * size).next_multiple_of(LINE) + LINE;
                    if memory.len() < bytes {
                        // SAFETY: as below.
                        unsafe { lines.copy(rows.len()) };
                        lines.clear();
                        memory = &mut stack.0[..];
                    }
                    let (own, rest) = std::mem::take(&mut memory).split_at_mut(bytes);
                    memory = rest;
                    let from = converted(plan, step, leaf, &rows, own, size, each)?;
                    lines.push(from, to, kind);
                }
                Field::Other { task, offset, dims, size } => {
                    if let Some(mut dest) = dest.field(offset, dims, size) {
                        task.visit(&mut dest, Some(false), each)?;
                    }
                }
            }
        }
        // SAFETY: so many values lie where they were converted to, or where the producer keeps them; their places are
        // a field of each of these records.
        unsafe { lines.copy(rows.len()) };
        lines.clear();
    }
    Ok(true)
}

impl Field<'_> {
    /// Whether nothing is to be done to its values.
    fn stays(&self) -> bool {
        match self {
            Self::Ready { .. } => true,
            Self::Values { step, leaf, .. } => {
                leaf.parts.iter().all(|part| as_they_are(step, part, 0, part.rows).is_some())
            }
            Self::Other { .. } => false,
        }
    }

    /// Bytes of a value that is converted.
    fn line(&self) -> usize {
        match self {
            Self::Values { size, .. } => *size,
            Self::Ready { .. } | Self::Other { .. } => 0,
        }
    }
}
