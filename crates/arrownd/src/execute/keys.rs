//! Dictionaries whose keys nobody has looked at: they are checked while they are followed, or a stretch at a time right
//! before. Reading them twice from memory takes a sixth of the time of looking up numbers.

use super::{Dest, Task, Visit};
use crate::error::{Error, Result};
use crate::kernels;
use crate::plan::Op;
use crate::source::{Data, Keys};

/// Keys that stay in the innermost caches until they are followed.
const STRETCH: usize = 8 << 10;

impl Task<'_> {
    /// [`Task::fill_values`] of a dictionary of fixed-width values.
    ///
    /// # Errors
    /// As there; also where a key isn't one of the dictionary's, which whoever checks all of them first has the words for.
    pub(crate) fn fill_looked_up(&self, dest: &mut Dest<'_>) -> Result<()> {
        self.spread(dest, Some(false), |mut visit| {
            let (plan, step, leaf, part) = (visit.plan, visit.step, visit.leaf, visit.part);
            let values = match &*part.data {
                Data::Fixed(bytes) => bytes.len() / step.element.width().max(1),
                _ => 0,
            };
            let beyond = || Err(Error::Conflict("a key that isn't the dictionary's".to_owned()));
            if let (Op::Same, Data::Fixed(bytes)) = (step.op, &*part.data)
                && let Some(Keys::I32(keys) | Keys::U32(keys)) = part.keys(visit.start, visit.run.len())
                && let Some(done) = kernels::look_up(bytes, step.element.width(), keys, &mut visit.run)
            {
                return if done { Ok(()) } else { beyond() };
            }
            for at in (0..visit.run.len()).step_by(STRETCH) {
                let (start, position) = (visit.start + at, visit.position + at);
                let run = visit.run.stretch(at, STRETCH);
                if !part.keys(start, run.len()).is_some_and(|keys| keys.all_below(values)) {
                    return beyond();
                }
                Visit { plan, step, leaf, part, start, position, run }.convert()?;
            }
            Ok(())
        })
    }
}
