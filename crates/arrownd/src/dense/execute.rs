//! The other way, carried out: memory is shared, or filled in one pass.
#![allow(unsafe_code, reason = "rooms are filled by `kernels/lines.rs`, and become buffers")]

use std::ops::Range;

use arrow_buffer::Buffer;

use super::array::{Dense, Input};
use super::cast::{FlatCast, cast};
use super::encoded::by_blocks;
use super::job::Job;
use super::made::{Made, nest};
use super::memory::Memory;
use super::plan::flattened;
use super::step::{ToArrow, Values};
use super::target::Recode;
use crate::error::{Error, Result};
use crate::kernels::lines::Lines;
use crate::plan::{Plan, Step};

/// Bytes that are read of all fields before the next rows: they fit the innermost caches.
const TOGETHER: usize = 32 << 10;

/// Carries out a plan of the same input.
/// *O(fields), shares memory* where the plan views, otherwise *copies n x itemsize bytes*.
///
/// # Errors
/// [`Error::LossyCast`] names the first value that Arrow can't hold; [`Error::Nulls`] for missing values of a type
/// that isn't nullable; and what the memory refuses with.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new([true, false, true]);
/// // SAFETY: the owner keeps three bytes at that address.
/// let bools = unsafe { Dense::new(owner.as_ptr().cast(), DType::Bool, false, &[3], &[1], owner) };
/// let input = Input::Dense(bools);
/// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
/// assert_eq!(made.data.buffers()[0][0] & 0b111, 0b101);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn execute(plan: &Plan, input: &Input, memory: &mut dyn Memory) -> Result<Made> {
    if let Some(made) = by_blocks(plan, input, memory)? {
        return Ok(made);
    }
    let mut jobs = Vec::new();
    prepare(plan, input, 1, &mut jobs)?;
    allocate(&mut jobs, memory)?;
    run(&mut jobs)?;
    assemble(plan, input, 1, &mut jobs.into_iter(), memory)
}

fn step_of(plan: &Plan) -> Result<&ToArrow> {
    match &plan.step {
        Step::ToArrow(step) => Ok(step),
        _ => Err(Error::Conflict("a plan from Arrow can't be carried out on arrays".to_owned())),
    }
}

/// The array as the plan reads it.
fn ordered(dense: &Dense, step: &ToArrow) -> Dense {
    match &step.values {
        Values::Dense { axes: Some(axes), .. } => dense.transposed(axes),
        _ => dense.clone(),
    }
}

/// Gives all jobs their memory, at once: the fields of a struct are one allocation, which is worth large pages where
/// its columns alone aren't.
fn allocate(jobs: &mut [Job], memory: &mut dyn Memory) -> Result<()> {
    let wanted: Vec<usize> = jobs.iter_mut().flat_map(Job::wants).map(|(bytes, _)| bytes).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let rooms = memory.allocate_each(&wanted)?;
    for ((_, to), room) in jobs.iter_mut().flat_map(Job::wants).zip(rooms) {
        *to = room;
    }
    Ok(())
}

/// Finds what has to be made, a job a leaf, in the order of the plan.
fn prepare(plan: &Plan, input: &Input, outer: usize, jobs: &mut Vec<Job>) -> Result<()> {
    let step = step_of(plan)?;
    match (input, &step.values) {
        (Input::Dense(dense), Values::Dense { target, recode, marker, missing, shared, .. }) => {
            let rows = flattened(&dense.shape, outer).first().copied().unwrap_or(0);
            let (dense_dtype, dense) = (dense.dtype, ordered(dense, step));
            let mut job = Job::new(dense, rows, plan.path());
            if !shared {
                job.copy(*recode, target, step.safe);
                // What is wanted of values that are copied anyway is made of them on the way.
                if let (None, Some(to)) = (dense_dtype.complex_part(), &step.cast_values)
                    && let Some(cast) = FlatCast::staged(target, to, step.safe)
                {
                    job.convert(cast)?;
                }
            }
            if *missing {
                job.bitmap(*marker);
            }
            jobs.push(job);
        }
        (Input::Struct(columns), Values::Struct { missing }) => {
            for ((_, input), plan) in columns.fields.iter().zip(&plan.children) {
                prepare(plan, input, columns.outer, jobs)?;
            }
            if *missing {
                let rows = flattened(&columns.shape, columns.outer).first().copied().unwrap_or(0);
                let mut job = Job::of_masks(columns.masks.clone(), rows);
                job.bitmap(None);
                jobs.push(job);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Fills all memory. Fields that lie in one array are read rows by rows, not one after the other.
fn run(jobs: &mut [Job]) -> Result<()> {
    let busy = jobs.iter().filter(|job| job.is_busy()).count();
    let same = jobs.iter().filter(|job| job.is_busy()).all(|job| job.rows() == jobs[0].rows());
    if busy < 2 || !same {
        for job in jobs {
            job.run(0..job.rows())?;
        }
        return Ok(());
    }
    let (rows, row) = (jobs[0].rows(), jobs.iter().map(Job::row_bytes).sum::<usize>().max(1));
    let mut lines = Lines::default();
    for job in jobs.iter_mut() {
        job.join(&mut lines);
    }
    // Each conversion takes a while to begin.
    let converts = jobs.iter().any(|job| job.converted().is_some());
    let together = if converts { 8 * TOGETHER } else { TOGETHER };
    // Bits of different rows share no byte.
    let step = if jobs.iter().any(Job::is_left) {
        (together / row).next_multiple_of(64).max(64)
    } else {
        rows.max(1)
    };
    for start in (0..rows).step_by(step) {
        let some: Range<usize> = start..(start + step).min(rows);
        for job in jobs.iter_mut() {
            job.run(some.clone())?;
        }
        // SAFETY: each line has an element for each row, and room for it that nothing else writes to.
        unsafe { lines.copy(some.len()) };
    }
    Ok(())
}

fn assemble(
    plan: &Plan,
    input: &Input,
    outer: usize,
    jobs: &mut impl Iterator<Item = Job>,
    memory: &mut dyn Memory,
) -> Result<Made> {
    let step = step_of(plan)?;
    let lost = || Error::Conflict("the plan is one of another input".to_owned());
    let at = |error: Error| if plan.path().is_empty() { error } else { error.within(plan.path()) };
    let (made, shape) = match (input, &step.values) {
        (Input::Dense(dense), Values::Dense { target, .. }) => {
            let job = jobs.next().ok_or_else(lost)?;
            let len = dense.len();
            let converted = job.converted().cloned();
            let parts = if dense.dtype.complex_part().is_some() { 2 } else { 1 };
            let (values, valid) = job.finish();
            let values = match values {
                Some(values) => values,
                None => dense.share(),
            };
            let of_parts = (parts == 1).then(|| valid.clone()).flatten();
            let data_type = converted.as_ref().unwrap_or(target.data_type()).clone();
            // SAFETY: shared memory holds the array's values, aligned and in a row, as the plan has seen; filled memory
            // holds as many of the type that they became. The bits are one for each.
            let mut made = unsafe { Made::fixed_width(data_type, len * parts, values, of_parts) };
            if converted.is_none() {
                made = conform(made, target, step.safe, memory).map_err(at)?;
            }
            if parts == 2 {
                made = made.fixed_size_lists(2, len, valid)?;
            }
            (made, flattened(&dense.shape, outer))
        }
        (Input::Made { shape, made, .. }, Values::Made) => (made.clone(), flattened(shape, outer)),
        (Input::Struct(columns), Values::Struct { missing }) => {
            let mut fields = Vec::with_capacity(columns.fields.len());
            for ((name, input), plan) in columns.fields.iter().zip(&plan.children) {
                fields.push((name.clone(), assemble(plan, input, columns.outer, jobs, memory)?));
            }
            let valid = if *missing { jobs.next().ok_or_else(lost)?.finish().1 } else { None };
            let rows = flattened(&columns.shape, columns.outer).first().copied().unwrap_or(0);
            let made = Made::structs(fields, rows, valid)?;
            let shape = flattened(&columns.shape, outer);
            (made, shape.get(..columns.outer + 1 - outer).unwrap_or_default().into())
        }
        _ => return Err(lost()),
    };
    finish(made, step, &shape, step.safe, memory).map_err(at)
}

/// Wraps and converts the values.
fn finish(
    mut made: Made,
    step: &ToArrow,
    shape: &[usize],
    safe: bool,
    memory: &mut dyn Memory,
) -> Result<Made> {
    if let Some(field) = &step.cast_values {
        made = conform(made, field, safe, memory)?;
    }
    made = match (&step.tensor, shape.split_first()) {
        (Some(tensor), Some((rows, dims))) => {
            made.fixed_size_lists(dims.iter().product(), *rows, None)?.with_field(tensor.clone())
        }
        _ => nest(made, shape)?,
    };
    match &step.cast_whole {
        Some(field) => conform(made, field, safe, memory),
        None => Ok(made),
    }
}

/// The data under another field.
fn conform(made: Made, field: &arrow_schema::Field, safe: bool, memory: &mut dyn Memory) -> Result<Made> {
    let made = if made.field.data_type() == field.data_type() {
        made.with_field(field.clone().with_name(""))
    } else {
        cast(made, field, safe, memory)?
    };
    if let (false, Some(nulls)) = (field.is_nullable(), made.data.nulls())
        && nulls.null_count() > 0
    {
        return Err(Error::Nulls {
            path: String::new(),
            count: nulls.null_count(),
            len: nulls.len(),
            first: nulls.iter().position(|valid| !valid).unwrap_or(0),
            remedy: "the wanted type isn't nullable: pass one that is".to_owned(),
        });
    }
    Ok(made)
}

/// Memory that was filled, as a buffer.
pub(super) fn filled(room: super::Room, len: usize) -> Buffer {
    // SAFETY: a job has run over all its rows, and writes every value and word.
    unsafe { room.into_buffer(len) }
}

/// The first `len` bytes of memory that a job has filled.
pub(super) fn written(room: &super::Room, len: usize) -> &[u8] {
    // SAFETY: the job has written a block of so many bytes.
    unsafe { room.written(len) }
}

impl Recode {
    /// Bytes of `len` values after it.
    pub(super) fn bytes(self, len: usize, size: usize) -> usize {
        match self {
            Self::Same => len.saturating_mul(size),
            // Whole words are written.
            Self::Bits => len.div_ceil(64) * 8,
            Self::Ticks { narrow, .. } => len.saturating_mul(if narrow { 4 } else { 8 }),
        }
    }
}
