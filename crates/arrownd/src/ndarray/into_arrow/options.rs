//! What the caller wishes of the way to Arrow.

use arrow_schema::{DataType, Field};

use crate::dense;
use crate::dense::type_name::Wanted;

/// What the caller wishes of the way from `ndarray` to Arrow. The default is what [`into_arrow`](crate::IntoArrow::into_arrow)
/// does.
///
/// ```
/// use arrow_schema::DataType;
/// use arrownd::{ArrowOptions, IntoArrow};
/// use ndarray::array;
///
/// let options = ArrowOptions::new().data_type(DataType::Int16).safe(false);
/// let (_, cut) = array![1.9, 2.1].into_arrow_with(&options)?;
/// assert_eq!(cut.data_type(), &DataType::Int16);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct ArrowOptions {
    words: dense::Options,
}

impl ArrowOptions {
    /// The type that the elements have by themselves, NaN as it is, copies where they are needed, every value held exactly.
    /// *O(1)*.
    ///
    /// ```
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let plan = ndarray::array![1.5].plan_arrow(&ArrowOptions::new())?;
    /// assert_eq!((plan.source_name().as_str(), plan.copies()), ("float64", Some(false)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The wanted type: that of the elements, whatever lists they are in, or of the whole. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let days = ArrowOptions::new().data_type(DataType::Date32).allow_copy(false);
    /// assert!(ndarray::array![[19_000, 19_001]].into_arrow_with(&days).is_ok());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn data_type(self, data_type: DataType) -> Self {
        self.field(Field::new("", data_type, true))
    }

    /// The wanted type with what a type alone doesn't say: an extension, whether values may be missing. The name isn't
    /// used. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let bytes = Field::new("", DataType::Int8, true)
    ///     .with_metadata([("ARROW:extension:name".to_owned(), "arrow.bool8".to_owned())]);
    /// let bools = ndarray::array![true, false];
    /// let address = bools.as_ptr().addr();
    /// let (field, array) = bools.into_arrow_with(&ArrowOptions::new().field(bytes))?;
    /// assert_eq!(field.extension_type_name(), Some("arrow.bool8"));
    /// assert_eq!(array.to_data().buffers()[0].as_ptr().addr(), address);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn field(mut self, field: Field) -> Self {
        self.words.wanted = Some(Wanted::Field(field.with_name("")));
        self
    }

    /// Each row is a tensor, `arrow.fixed_shape_tensor`, of the shape and memory order that it has: see
    /// [`into_tensor`](crate::IntoArrow::into_tensor). *O(1)*.
    ///
    /// ```
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let plan = ndarray::Array3::<f32>::zeros((2, 3, 4)).plan_arrow(&ArrowOptions::new().tensor())?;
    /// assert_eq!((plan.source_name().as_str(), plan.copies()), ("arrow.fixed_shape_tensor", Some(false)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn tensor(mut self) -> Self {
        self.words.wanted = Some(Wanted::Tensor);
        self
    }

    /// With true, a float that is NaN is a missing value: its bit is made, the values stay where they are. *O(1)*.
    ///
    /// ```
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let options = ArrowOptions::new().nan_as_null(true);
    /// let (_, array) = ndarray::array![f32::NAN, 1.0].into_arrow_with(&options)?;
    /// assert_eq!(array.null_count(), 1);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn nan_as_null(mut self, yes: bool) -> Self {
        self.words.nan_as_null = yes;
        self
    }

    /// With false, every copy of values is refused: [`Error::CopyNotAllowed`](crate::Error::CopyNotAllowed) with the plan's
    /// reasons. Bits of missing values aren't a copy. *O(1)*.
    ///
    /// ```
    /// # use arrownd::{ArrowOptions, Error, IntoArrow, Reason};
    /// let array = ndarray::array![1, 2];
    /// let refused = array.view().into_arrow_with(&ArrowOptions::new().allow_copy(false));
    /// assert!(matches!(refused, Err(Error::CopyNotAllowed { reasons, .. }) if reasons == [Reason::Borrowed]));
    /// ```
    pub fn allow_copy(mut self, yes: bool) -> Self {
        self.words.allow_copy = yes;
        self
    }

    /// With false, a conversion to a wanted type may round, cut or overflow. With true (the default) what can't be held
    /// exactly is [`Error::LossyCast`](crate::Error::LossyCast); a float may round to a narrower float. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::{ArrowOptions, IntoArrow};
    /// let int8 = ArrowOptions::new().data_type(DataType::Int8);
    /// assert!(ndarray::array![300].into_arrow_with(&int8).is_err());
    /// assert!(ndarray::array![300].into_arrow_with(&int8.safe(false)).is_ok());
    /// ```
    pub fn safe(mut self, yes: bool) -> Self {
        self.words.safe = yes;
        self
    }

    pub(super) fn words(&self) -> &dense::Options {
        &self.words
    }
}
