//! Plan, inspect, execute.
#![allow(unsafe_code, reason = "says how long the arrays are borrowed that a plan reads")]

use std::fmt;

use arrow_schema::Field;
use ndarray::{ArrayViewMut, CowArray, Dimension, IxDyn};

use super::item::Item;
use super::job::{Job, check_shape, dest};
use super::kept::Kept;
use super::masked::Masked;
use super::options::Options;
use super::source::{Read, Source};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::Task;
use crate::mapping::map;
use crate::options::Options as Words;
use crate::plan::{Facts, Plan, Reason, plan as plan_of};
use crate::source::Column;

/// A conversion that is planned and not carried out yet: what it costs can be looked at first.
///
/// Printed, it is the plan as a small tree.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{Options, Reason, plan};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let conversion = plan(&array, &Options::new())?;
/// assert!(!conversion.is_view());
/// assert!(matches!(conversion.plan().reasons(), [Reason::Nulls { count: Some(1), .. }]));
/// assert_eq!(conversion.plan().nbytes(), Some(24));
///
/// let values = conversion.execute::<f64>()?;
/// assert_eq!((values[0], values[2]), (1.0, 3.0));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Conversion<'a> {
    plan: Plan,
    read: Kept<'a>,
    allow_copy: bool,
}

/// Plans the conversion of `source`: reads types, null counts and the offsets of lists, and converts nothing.
///
/// The result's dtype is [`Options::dtype`], or that of the type table (`docs/types.md` in the sources):
/// the field's own, floats for integers with missing values, datetimes for dates.
///
/// A field or schema alone can be planned too: [`Plan::copies`] is `None` where that depends on the data.
///
/// Cost: *O(chunks x fields)*, and one look at the bitmap of what is sliced or nested, at offsets and at codes.
/// It allocates a constant, whatever the length.
///
/// # Errors
/// [`Error::UnsupportedType`] where the type doesn't become numbers (text, binary, maps, unions: the message names
/// it), [`Error::Nulls`] and [`Error::Ragged`] where missing values or lists of different lengths have no place,
/// [`Error::CopyNotAllowed`] where the options forbid the copy that is needed, [`Error::BadValue`] and
/// [`Error::Conflict`] for options that don't fit.
///
/// ```
/// use arrow_array::BooleanArray;
/// use arrownd::{Options, Reason, plan};
///
/// let bits = BooleanArray::from(vec![true, false]);
/// let conversion = plan(&bits, &Options::new())?;
/// assert_eq!(conversion.plan().reasons(), [Reason::BitPacked]);
/// println!("{conversion}");
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn plan<'a>(source: impl Into<Source<'a>>, options: &Options) -> Result<Conversion<'a>> {
    Conversion::new(source.into(), options, &options.words(None)?)
}

impl<'a> Conversion<'a> {
    pub(super) fn new(source: Source<'a>, options: &Options, words: &Words) -> Result<Self> {
        let Read { field, chunks, left_out } = source.read(options.names())?;
        let read = Kept::new(field, chunks, words)?;
        let plan = plan_of(&Facts::of(read.column(), words), words, &left_out)?;
        refuse_objects(&plan)?;
        plan.check_copies(words)?;
        Ok(Self { plan, read, allow_copy: words.allow_copy })
    }

    /// One that makes arrays of `T`.
    pub(super) fn to<T: Item>(source: Source<'a>, options: &Options) -> Result<Self> {
        Self::new(source, options, &options.words_for::<T>(source)?)
    }

    /// What will be done: dtype, shape, view or copy, reasons, bytes, notes. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{DType, Options, plan};
    /// let array = Float32Array::from(vec![1.0, 2.0]);
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.plan().dtype(), Some(DType::Float32));
    /// assert_eq!(conversion.plan().copies(), Some(false));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the result is a view of the Arrow memory. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{Options, plan};
    /// assert!(plan(&Float32Array::from(vec![1.0]), &Options::new())?.is_view());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_view(&self) -> bool {
        self.plan.copies() == Some(false)
    }

    /// The result's shape: rows (0 for a schema alone), then a dimension for each level of lists, or the fields.
    /// *O(dimensions)*.
    ///
    /// Fixed-size binary is executed as `u8`, with its width as one more dimension, which isn't in here.
    ///
    /// ```
    /// # use arrow_array::Float32Array;
    /// # use arrownd::{Options, plan};
    /// assert_eq!(plan(&Float32Array::from(vec![1.0]), &Options::new())?.shape(), [1]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn shape(&self) -> Vec<usize> {
        self.job().dims().to_vec()
    }

    pub(super) fn column(&self) -> &Column<'_> {
        self.read.column()
    }

    /// What is to be done, with arrays that are borrowed for `'a`.
    pub(super) fn job(&self) -> Job<'_, 'a> {
        let task = Task::of(&self.plan, self.read.column());
        // SAFETY: the column was read from the arrays of a `Source<'a>`.
        unsafe { Job::new(task) }
    }

    /// Carries the plan out: a view of the Arrow memory, or one pass into a new array.
    ///
    /// `T` is the type of the planned dtype; `i64` for datetimes and durations, whose ticks these are; `u8` for
    /// fixed-size binary, which gets one more dimension.
    ///
    /// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*, which is all that it allocates.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] where `T` isn't the planned dtype's, [`Error::LossyCast`] where a value can't be
    /// held exactly, [`Error::Conflict`] where missing values are masked: that is [`Conversion::execute_masked`].
    ///
    /// ```
    /// use arrow_array::TimestampSecondArray;
    /// use arrownd::{DType, Options, Unit, plan};
    ///
    /// let array = TimestampSecondArray::from(vec![1, 2]);
    /// let options = Options::new().dtype(DType::datetime(Unit::Millisecond));
    /// let ticks = plan(&array, &options)?.execute::<i64>()?;
    /// assert_eq!(ticks.as_slice(), Some(&[1000, 2000][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn execute<T: Item>(&self) -> Result<CowArray<'a, T, IxDyn>> {
        if self.plan.masked() {
            return Err(Error::Conflict(
                "missing values are masked, and execute makes no mask: use execute_masked or to_masked"
                    .to_owned(),
            ));
        }
        self.job().values()
    }

    /// As [`Conversion::execute`], with a mask where values are missing and [`Nulls::Mask`](crate::Nulls::Mask)
    /// leaves them as they lie.
    ///
    /// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*; where something is missing, it *allocates n
    /// bytes* for the mask.
    ///
    /// # Errors
    /// As [`Conversion::execute`], but for the mask.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Nulls, Options, plan};
    ///
    /// let array = Int16Array::from(vec![Some(1), None]);
    /// let masked = plan(&array, &Options::new().nulls(Nulls::Mask))?.execute_masked::<i16>()?;
    /// assert!(masked.values().is_view());
    /// assert_eq!(masked.mask(), Some(&ndarray::array![false, true].into_dyn()));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn execute_masked<T: Item>(&self) -> Result<Masked<'a, T, IxDyn>> {
        Masked::of(&self.job())
    }

    /// Writes the values into `out`, whatever its strides; nothing is allocated.
    ///
    /// Cost: *copies n x `size_of::<T>()` bytes*, also where [`Conversion::execute`] gives a view.
    ///
    /// # Errors
    /// As [`Conversion::execute`]; [`Error::BadValue`] where `out` has another shape, and
    /// [`Error::CopyNotAllowed`] where copies aren't allowed. After an error `out` holds anything.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Options, plan};
    /// use ndarray::{Array2, s};
    ///
    /// let mut table = Array2::<i16>::zeros((3, 2));
    /// let array = Int16Array::from(vec![1, 2, 3]);
    /// plan(&array, &Options::new())?.write_into(table.slice_mut(s![.., 1]))?;
    /// assert_eq!(table, ndarray::array![[0, 1], [0, 2], [0, 3]]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn write_into<T: Item, D: Dimension>(&self, out: ArrayViewMut<'_, T, D>) -> Result<()> {
        if self.plan.masked() {
            return Err(Error::Conflict(
                "missing values are masked, and write_into writes no mask: use write_masked_into".to_owned(),
            ));
        }
        self.write(out)
    }

    /// Writes the values, and a mask that is true where one is missing, whatever their strides; nothing is
    /// allocated.
    ///
    /// Cost: *copies n x (`size_of::<T>()` + 1) bytes*.
    ///
    /// # Errors
    /// As [`Conversion::write_into`], but for the mask.
    ///
    /// ```
    /// use arrow_array::Int16Array;
    /// use arrownd::{Nulls, Options, plan};
    /// use ndarray::Array1;
    ///
    /// let array = Int16Array::from(vec![Some(5), None]);
    /// let (mut values, mut mask) = (Array1::<i16>::zeros(2), Array1::from_elem(2, false));
    /// let conversion = plan(&array, &Options::new().nulls(Nulls::Mask))?;
    /// conversion.write_masked_into(values.view_mut(), mask.view_mut())?;
    /// assert_eq!((values[0], mask[0], mask[1]), (5, false, true));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn write_masked_into<T: Item, D: Dimension>(
        &self,
        out: ArrayViewMut<'_, T, D>,
        mut mask: ArrayViewMut<'_, bool, D>,
    ) -> Result<()> {
        let job = self.job();
        check_shape(mask.shape(), &job.dims(), "the mask")?;
        self.write(out)?;
        if self.plan.masked() {
            job.task.fill_mask(&mut dest(&mut mask, None))
        } else {
            mask.fill(false);
            Ok(())
        }
    }

    fn write<T: Item, D: Dimension>(&self, mut out: ArrayViewMut<'_, T, D>) -> Result<()> {
        let job = self.job();
        let bytes = job.bytes_in::<T>()?;
        check_shape(out.shape(), &job.shape(bytes), "out")?;
        if !self.allow_copy && !out.is_empty() {
            let reasons = vec![Reason::Requested { option: "write_into" }];
            return Err(Error::CopyNotAllowed { path: String::new(), reasons });
        }
        if bytes.is_some_and(|n| n > 1) && out.strides().last().is_some_and(|step| *step != 1) {
            return Err(Error::BadValue(
                "the bytes of a value have to lie one after the other: pass an out whose last dimension does"
                    .to_owned(),
            ));
        }
        job.task.fill_values(&mut dest(&mut out, bytes))
    }
}

impl fmt::Display for Conversion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.plan, f)
    }
}

/// What is no array of numbers names its type.
fn refuse_objects(plan: &Plan) -> Result<()> {
    let made = match plan.dtype {
        Some(DType::Object) => "an array of numbers".to_owned(),
        Some(
            dtype @ (DType::Unicode(_)
            | DType::ByteString(_)
            | DType::Strings { .. }
            | DType::Record(_)
            | DType::Complex64
            | DType::Complex128),
        ) => dtype.to_string(),
        _ => return Ok(()),
    };
    // A column of numbers becomes objects because another one does.
    let by_itself = |child: &&Plan| {
        let field = Field::new("", child.source.clone(), true);
        let nulls = child.reasons().iter().any(|reason| matches!(reason, Reason::Nulls { .. }));
        map(&field).is_ok_and(|mapped| mapped.dtype == DType::Object || mapped.dtype == DType::Bool && nulls)
    };
    let mut culprit = plan;
    while let Some(child) = culprit.children.iter().find(by_itself) {
        culprit = child;
    }
    let missing = culprit.reasons().iter().any(|reason| matches!(reason, Reason::Nulls { .. }));
    let remedy = if !culprit.path.is_empty() && !missing {
        "choose others with Options::columns"
    } else if missing {
        "pass Nulls::Fill or Nulls::Mask for the missing values"
    } else if plan.children.is_empty() {
        "pass an Options::dtype that it becomes; text, maps and unions become none"
    } else {
        "the columns have no common type: pass Options::dtype, or convert them one by one"
    };
    Err(Error::UnsupportedType {
        path: culprit.path.clone(),
        from: culprit.source_name(),
        to: made,
        remedy: remedy.to_owned(),
    })
}
