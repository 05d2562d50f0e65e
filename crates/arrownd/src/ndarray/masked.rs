//! Values beside a mask.

use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use ndarray::{Array, ArrayD, CowArray, Dimension, IxDyn};

use super::conversion::Conversion;
use super::item::Item;
use super::job::Job;
use super::options::{Nulls, Options};
use super::source::Source;
use crate::error::{Error, Result};
use crate::source::{Column, Node};

/// Values as they lie, and where they are missing.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{Options, to_masked};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let masked = to_masked::<i32>(&array, &Options::new())?;
/// assert!(masked.values().is_view());
/// let sum: i32 = masked.iter().flatten().sum();
/// assert_eq!(sum, 4);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Masked<'a, T, D: Dimension> {
    values: CowArray<'a, T, D>,
    mask: Option<Array<bool, D>>,
}

impl<'a, T, D: Dimension> Masked<'a, T, D> {
    /// The values; anything where one is missing. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// let array = Int8Array::from(vec![Some(7), None]);
    /// let masked = to_masked::<i8>(&array, &Options::new())?;
    /// assert_eq!(masked.values()[0], 7);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn values(&self) -> &CowArray<'a, T, D> {
        &self.values
    }

    /// True where a value is missing, as in NumPy; `None` where none is. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// let array = Int8Array::from(vec![Some(7), None]);
    /// let masked = to_masked::<i8>(&array, &Options::new())?;
    /// assert_eq!(masked.mask(), Some(&ndarray::array![false, true].into_dyn()));
    /// assert_eq!(to_masked::<i8>(&Int8Array::from(vec![7]), &Options::new())?.mask(), None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn mask(&self) -> Option<&Array<bool, D>> {
        self.mask.as_ref()
    }

    /// The mask as Arrow has it: bits in row-major order, set where a value is there; `None` where none is missing.
    /// *Copies n bits*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// let array = Int8Array::from(vec![Some(7), None]);
    /// let masked = to_masked::<i8>(&array, &Options::new())?;
    /// assert_eq!(masked.validity(), Some([true, false].into_iter().collect()));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn validity(&self) -> Option<BooleanBuffer> {
        self.mask.as_ref().map(packed)
    }

    /// Each value in row-major order, `None` where it is missing. *O(1)* each, *shares memory*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// let array = Int8Array::from(vec![Some(7), None]);
    /// let masked = to_masked::<i8>(&array, &Options::new())?;
    /// assert_eq!(masked.iter().collect::<Vec<_>>(), [Some(&7), None]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = Option<&T>> {
        let mut mask = self.mask.as_ref().map(|mask| mask.iter());
        self.values.iter().map(move |value| {
            let missing = mask.as_mut().and_then(Iterator::next).copied();
            (missing != Some(true)).then_some(value)
        })
    }

    /// Values and mask. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// let array = Int8Array::from(vec![7]);
    /// let (values, mask) = to_masked::<i8>(&array, &Options::new())?.into_parts();
    /// assert_eq!((values[0], mask), (7, None));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (CowArray<'a, T, D>, Option<Array<bool, D>>) {
        (self.values, self.mask)
    }

    /// The same with another number of dimensions. *O(1)*.
    ///
    /// # Errors
    /// [`Error::BadValue`] where the result has another number of dimensions.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Options, to_masked};
    /// use ndarray::Ix1;
    ///
    /// let array = Int8Array::from(vec![7]);
    /// let masked = to_masked::<i8>(&array, &Options::new())?;
    /// assert_eq!(masked.into_dimensionality::<Ix1>()?.values(), &ndarray::array![7]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn into_dimensionality<E: Dimension>(self) -> Result<Masked<'a, T, E>>
    where
        T: Clone,
    {
        let shape = self.values.shape().to_vec();
        let wrong = |_| dimensions(&shape, E::NDIM);
        let mask = self.mask.map(Array::into_dimensionality).transpose().map_err(wrong)?;
        Ok(Masked { values: self.values.into_dimensionality().map_err(wrong)?, mask })
    }
}

/// The error of a result with another number of dimensions than the type has.
pub(super) fn dimensions(shape: &[usize], wanted: Option<usize>) -> Error {
    let wanted = wanted.map_or_else(|| "any number".to_owned(), |n| n.to_string());
    Error::BadValue(format!(
        "the result's dimensions are {} ({shape:?}), and {wanted} were asked for: ask for so many, or for IxDyn",
        shape.len()
    ))
}

fn packed<D: Dimension>(mask: &Array<bool, D>) -> BooleanBuffer {
    let mut bits = BooleanBufferBuilder::new(mask.len());
    mask.iter().for_each(|missing| bits.append(!missing));
    bits.finish()
}

impl<'a, T: Item> Masked<'a, T, IxDyn> {
    pub(super) fn of(job: &Job<'_, 'a>) -> Result<Self> {
        let mask = if job.plan().masked() { Some(job.mask()?) } else { None };
        Ok(Self { values: job.values()?, mask })
    }
}

/// Converts to values and a mask: values as they lie, viewed even where some are missing.
///
/// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*; and one byte a value for the mask where
/// something is missing.
///
/// # Errors
/// As [`to_array`](crate::to_array); [`Error::Conflict`] where the options say something else of missing values.
///
/// ```
/// use arrow_array::Float64Array;
/// use arrownd::{Options, to_masked};
///
/// let array = Float64Array::from(vec![Some(1.0), None]);
/// let masked = to_masked::<f64>(&array, &Options::new())?;
/// assert_eq!(masked.mask(), Some(&ndarray::array![false, true].into_dyn()));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn to_masked<'a, T: Item>(
    source: impl Into<Source<'a>>,
    options: &Options,
) -> Result<Masked<'a, T, IxDyn>> {
    Conversion::to::<T>(source.into(), &options.masking()?)?.execute_masked()
}

impl Options {
    /// The same, with a mask.
    pub(super) fn masking(&self) -> Result<Self> {
        match self.null_word() {
            Nulls::Nan | Nulls::Mask => Ok(self.clone().nulls(Nulls::Mask)),
            _ => Err(Error::Conflict(
                "to_masked leaves missing values as they lie: leave out Options::nulls, or use to_array"
                    .to_owned(),
            )),
        }
    }
}

impl Conversion<'_> {
    /// Where values are there: bits in row-major order, whatever becomes of missing ones; `None` where none is
    /// missing. *Copies n bits*, with a byte for each on the way where the values don't lie in one row.
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// use arrow_array::Float32Array;
    /// use arrownd::{Options, plan};
    ///
    /// let array = Float32Array::from(vec![Some(1.0), None]);
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.validity()?, Some([true, false].into_iter().collect()));
    /// assert!(conversion.execute::<f32>()?[1].is_nan());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn validity(&self) -> Result<Option<BooleanBuffer>> {
        if !absent(self.column()) {
            return Ok(None);
        }
        if let Node::Leaf(leaf) = &self.column().node
            && let [part] = leaf.parts.as_slice()
            && part.is_direct()
            && leaf.axes.iter().enumerate().all(|(i, axis)| i == *axis)
        {
            let words = (0..part.len).step_by(64).map(|at| part.validity.word(at));
            let words: Vec<u64> = words.collect();
            return Ok(Some(BooleanBuffer::new(words.into(), 0, part.len)));
        }
        let mask: ArrayD<bool> = self.job().mask()?;
        Ok(Some(packed(&mask)))
    }
}

fn absent(column: &Column<'_>) -> bool {
    match &column.node {
        Node::Leaf(leaf) => leaf.missing > 0 || leaf.padded > 0,
        Node::Struct { columns, .. } => columns.iter().any(absent),
    }
}
