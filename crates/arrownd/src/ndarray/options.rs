//! The caller's words, as Rust says them.

use super::item::Item;
use super::source::Source;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::{self as engine, Fill, Fills, Order};

/// What becomes of missing values.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{Nulls, Options, to_array, to_masked};
///
/// let array = Int32Array::from(vec![Some(1), None]);
/// assert!(to_array::<f32>(&array, &Options::new())?[1].is_nan());
/// assert_eq!(to_array::<i32>(&array, &Options::new().nulls(Nulls::Fill(7.into())))?[1], 7);
/// assert!(to_array::<f32>(&array, &Options::new().nulls(Nulls::Refuse)).is_err());
/// assert!(to_masked::<i32>(&array, &Options::new())?.mask().is_some());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub enum Nulls {
    /// The element type's own marker: NaN for floats, NaT (`i64::MIN`) for what is planned as datetimes. Other
    /// types have none, and a missing value is [`Error::Nulls`]; without [`Options::dtype`], integers that have
    /// missing values are planned as floats.
    #[default]
    Nan,
    /// An error: [`Error::Nulls`] with the count and the first position.
    Refuse,
    /// The values as they lie, whatever is there, and a mask beside them: see [`to_masked`](crate::to_masked).
    Mask,
    /// This value.
    Fill(Fill),
    /// A value by field name, for tables; other fields have their marker.
    FillFields(Vec<(String, Fill)>),
}

/// What the caller wishes of a conversion. The default is what Python's `to_numpy(obj)` means.
///
/// ```
/// use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
/// use arrownd::{Nulls, Options, Order, to_matrix};
/// use std::sync::Arc;
///
/// let columns: [(&str, ArrayRef); 3] = [
///     ("a", Arc::new(Int64Array::from(vec![Some(1), None]))),
///     ("b", Arc::new(Float64Array::from(vec![0.5, 1.5]))),
///     ("c", Arc::new(Float64Array::from(vec![9.0, 9.0]))),
/// ];
/// let batch = RecordBatch::try_from_iter(columns)?;
/// let options = Options::new().columns(["b", "a"]).nulls(Nulls::Fill((-1).into())).order(Order::C);
/// assert_eq!(to_matrix::<f64>(&batch, &options)?, ndarray::array![[0.5, 1.0], [1.5, -1.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Options {
    dtype: Option<DType>,
    nulls: Nulls,
    columns: Option<Vec<String>>,
    pad: bool,
    pad_to: Option<usize>,
    pad_with: Option<Fill>,
    order: Order,
    allow_copy: bool,
    safe: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

impl Options {
    /// Missing values as NaN, all columns, lists of one length, columns contiguous, copies where they are needed,
    /// every value held exactly. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrownd::{Options, to_array};
    /// let array = Int32Array::from(vec![Some(1), None]);
    /// assert!(to_array::<f64>(&array, &Options::new())?[1].is_nan());
    /// // i32 has no NaN.
    /// assert!(to_array::<i32>(&array, &Options::new()).is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub const fn new() -> Self {
        Self {
            dtype: None,
            nulls: Nulls::Nan,
            columns: None,
            pad: false,
            pad_to: None,
            pad_with: None,
            order: Order::F,
            allow_copy: true,
            safe: true,
        }
    }

    /// The dtype that [`plan()`](crate::plan()) makes; unset, the one of the type table. Functions that are generic
    /// over the element type ask for that type's. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{DType, Options, plan};
    /// let array = Int8Array::from(vec![1]);
    /// let conversion = plan(&array, &Options::new().dtype(DType::Float32))?;
    /// assert_eq!(conversion.execute::<f32>()?[0], 1.0);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub const fn dtype(mut self, dtype: DType) -> Self {
        self.dtype = Some(dtype);
        self
    }

    /// What becomes of missing values. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::{Nulls, Options, to_array};
    /// let array = Int8Array::from(vec![None, Some(2)]);
    /// let zeros = Options::new().nulls(Nulls::Fill(0.into()));
    /// assert_eq!(to_array::<i8>(&array, &zeros)?.as_slice(), Some(&[0, 2][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn nulls(mut self, nulls: Nulls) -> Self {
        self.nulls = nulls;
        self
    }

    /// The fields to take of a table or struct, in that order. *O(names), allocates a list of them*.
    ///
    /// ```
    /// # use arrow_array::{ArrayRef, Int8Array, RecordBatch};
    /// # use arrownd::{Options, to_matrix};
    /// # let of = |x: i8| -> ArrayRef { std::sync::Arc::new(Int8Array::from(vec![x])) };
    /// let batch = RecordBatch::try_from_iter([("a", of(1)), ("b", of(2)), ("c", of(3))])?;
    /// let matrix = to_matrix::<i8>(&batch, &Options::new().columns(["c", "a"]))?;
    /// assert_eq!(matrix, ndarray::array![[3, 1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Lists of different lengths are filled up at the end, to the longest; with what stands for a missing value.
    /// *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Float64Type};
    /// # use arrownd::{Options, to_array};
    /// let lists = ListArray::from_iter_primitive::<Float64Type, _, _>(
    ///     [Some(vec![Some(1.0), Some(2.0)]), Some(vec![Some(3.0)])],
    /// );
    /// let padded = to_array::<f64>(&lists, &Options::new().pad())?;
    /// assert_eq!(padded.shape(), [2, 2]);
    /// assert!(padded[[1, 1]].is_nan());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub const fn pad(mut self) -> Self {
        self.pad = true;
        self
    }

    /// Lists are filled up to this length; a longer one is [`Error::Ragged`]. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int32Type};
    /// # use arrownd::{Nulls, Options, to_array};
    /// let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)])]);
    /// let options = Options::new().pad_to(4).nulls(Nulls::Fill(0.into()));
    /// assert_eq!(to_array::<i32>(&lists, &options)?.as_slice(), Some(&[1, 2, 0, 0][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub const fn pad_to(mut self, len: usize) -> Self {
        (self.pad, self.pad_to) = (true, Some(len));
        self
    }

    /// What lists are filled up with where missing values are refused, which leaves nothing else to fill with.
    /// *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int32Type};
    /// # use arrownd::{Nulls, Options, to_array};
    /// let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)]), Some(vec![])]);
    /// let options = Options::new().nulls(Nulls::Refuse).pad_with(9);
    /// assert_eq!(to_array::<i32>(&lists, &options)?.as_slice(), Some(&[1, 9][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn pad_with(mut self, fill: impl Into<Fill>) -> Self {
        (self.pad, self.pad_with) = (true, Some(fill.into()));
        self
    }

    /// The memory order of a matrix: columns contiguous ([`Order::F`], the default) or rows ([`Order::C`]).
    /// *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ArrayRef, Int8Array, RecordBatch};
    /// # use arrownd::{Options, Order, to_matrix};
    /// # let of = |x: Vec<i8>| -> ArrayRef { std::sync::Arc::new(Int8Array::from(x)) };
    /// let batch = RecordBatch::try_from_iter([("a", of(vec![1, 2])), ("b", of(vec![3, 4]))])?;
    /// assert!(to_matrix::<i8>(&batch, &Options::new().order(Order::C))?.is_standard_layout());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub const fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// With false, every copy of values is refused: [`Error::CopyNotAllowed`] with the plan's reasons. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::BooleanArray;
    /// # use arrownd::{Error, Options, Reason, to_array};
    /// let bits = BooleanArray::from(vec![true]);
    /// let refused = to_array::<bool>(&bits, &Options::new().allow_copy(false));
    /// assert!(matches!(refused, Err(Error::CopyNotAllowed { reasons, .. }) if reasons == [Reason::BitPacked]));
    /// ```
    pub const fn allow_copy(mut self, yes: bool) -> Self {
        self.allow_copy = yes;
        self
    }

    /// With false, a conversion may round, overflow as `as` does in NumPy, or drop precision. With true (the
    /// default) what can't be held exactly is [`Error::LossyCast`]; a float may round to a narrower float.
    /// *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Float64Array;
    /// # use arrownd::{Options, to_array};
    /// let array = Float64Array::from(vec![1.5]);
    /// assert!(to_array::<i32>(&array, &Options::new()).is_err());
    /// assert_eq!(to_array::<i32>(&array, &Options::new().safe(false))?[0], 1);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub const fn safe(mut self, yes: bool) -> Self {
        self.safe = yes;
        self
    }

    pub(super) fn names(&self) -> Option<&[String]> {
        self.columns.as_deref()
    }

    pub(super) fn null_word(&self) -> &Nulls {
        &self.nulls
    }

    /// Whether a view of an array without missing values is what they ask for.
    pub(super) fn take_views(&self) -> bool {
        self.columns.is_none() && !self.pad && !matches!(self.nulls, Nulls::FillFields(_))
    }

    /// Whether a copy of an array without missing values is, too, and in which order.
    pub(super) fn take_copies(&self) -> Option<Order> {
        (self.take_views() && self.allow_copy).then_some(self.order)
    }

    /// In the engine's words, for arrays of `T`. Fixed-size binary has no other dtype than its own.
    pub(super) fn words_for<T: Item>(&self, source: Source<'_>) -> Result<engine::Options> {
        let bytes = T::DTYPE == DType::UInt8 && source.holds_bytes();
        self.words(if bytes { None } else { Some(T::DTYPE) })
    }

    /// In the engine's words; `dtype` stands above the options' own.
    pub(super) fn words(&self, dtype: Option<DType>) -> Result<engine::Options> {
        let (nulls, na_value) = match &self.nulls {
            Nulls::Nan => (engine::Nulls::Nan, None),
            Nulls::Refuse => (engine::Nulls::Raise, self.pad_with.clone().map(Fills::All)),
            Nulls::Mask => (engine::Nulls::Masked, None),
            Nulls::Fill(fill) => (engine::Nulls::Nan, Some(Fills::All(fill.clone()))),
            Nulls::FillFields(fields) => (engine::Nulls::Nan, Some(Fills::Fields(fields.clone()))),
        };
        if self.pad_with.is_some() && self.nulls != Nulls::Refuse {
            return Err(Error::Conflict(
                "Options::pad_with is for Nulls::Refuse: elsewhere lists are filled up as missing values are"
                    .to_owned(),
            ));
        }
        Ok(engine::Options {
            dtype: dtype.or(self.dtype),
            nulls,
            na_value,
            lists: self.pad.then_some(engine::Lists::Pad),
            pad_to: self.pad_to,
            order: self.order,
            allow_copy: self.allow_copy,
            safe: self.safe,
            ..engine::Options::default()
        })
    }
}
