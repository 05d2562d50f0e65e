//! Keys of dictionaries. Where nobody has looked at them, they are checked while they are followed, or a stretch at a time
//! right before: reading them twice from memory takes a sixth of the time of looking up numbers.

use super::{Dest, Task, Visit};
use crate::error::{Error, Result};
use crate::kernels;
use crate::mapping::Element;
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

impl<'v> Visit<'v> {
    /// The keys of `count` values from `at` on, as many bytes each as they have; those of values that aren't there may be
    /// anything. `None` where values aren't simply a dictionary's, or fewer are left.
    /// *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int16Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array: DictionaryArray<Int16Type> = ["red", "blue"].into_iter().cycle().take(70).collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 70];
    /// # let mut dest = Dest::from_slice(&mut memory[..array.len()], &[array.len()]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     let keys = visit.keys(1, 64).unwrap_or_default();
    ///     assert_eq!(keys.len(), 64 * 2);
    ///     assert_eq!(keys[..4], [1i16.to_ne_bytes(), 0i16.to_ne_bytes()].concat());
    ///     // Only 6 are left.
    ///     assert!(visit.keys(64, 64).is_none());
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn keys(&self, at: usize, count: usize) -> Option<&'v [u8]> {
        if self.run.len() < at.checked_add(count)? || self.step.element == Element::Null {
            return None;
        }
        Some(self.part.keys(self.start + at, count)?.bytes())
    }
}
