//! A plan beside its source.

use super::Task;
use crate::error::Result;
use crate::options::Options;
use crate::plan::{Facts, Plan, plan};
use crate::source::Column;

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

impl<'s> Planned<'s> {
    /// Plans the conversion of `column`. *O(fields)*.
    ///
    /// # Errors
    /// As [`plan()`], and [`Error::CopyNotAllowed`](crate::Error::CopyNotAllowed) where the options forbid what is needed.
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
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Options, Planned, chunk_of};
    /// let array = BooleanArray::from(vec![true, false, true]);
    /// # let field = Field::new("", DataType::Boolean, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// // What has to be allocated.
    /// assert_eq!((planned.plan().shape(), planned.plan().nbytes()), (Some(vec![Some(3)]), Some(3)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What is to be done. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = BooleanArray::from(vec![true, false, true]);
    /// # let field = Field::new("", DataType::Boolean, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// let planned = Planned::new(&column, &options, &[])?;
    /// let mut memory = [MaybeUninit::new(false); 3];
    /// planned.task().fill_values(&mut Dest::from_slice(&mut memory, &[3]).unwrap())?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [true, false, true]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn task(&self) -> Task<'_> {
        Task::of(&self.plan, self.column)
    }
}
