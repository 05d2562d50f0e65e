//! `ndarray` to Arrow: owned arrays move in, borrowed ones are copied once.

mod element;
mod held;
mod imported;
mod optional;
mod options;
mod sealed;

use arrow_array::{ArrayRef, RecordBatch, StructArray, make_array};
use arrow_schema::{DataType, FieldRef};
use ndarray::{ArcArray, Array, ArrayBase, ArrayView, ArrayViewMut, CowArray, Data, Dimension};

use crate::error::{Error, Result};
use crate::plan::{Plan, type_name};
use element::Value;
use sealed::{Arrays, Holds};

pub use element::ArrowElement;
pub use options::ArrowOptions;

/// Arrays of `ndarray` that become Arrow's.
///
/// | what | becomes | cost |
/// | --- | --- | --- |
/// | an owned [`Array`], [`ArcArray`] or [`CowArray`] of numbers | numbers | *O(1), shares memory* in C order, otherwise *copies n x `size_of::<T>()` bytes* |
/// | a borrowed one, [`ArrayView`], [`ArrayViewMut`] | numbers | *copies n x `size_of::<T>()` bytes* |
/// | any of them, of `bool` | bits | *copies n bits* |
/// | any of them, of `Option<T>` | values and bits | *copies n x `size_of::<T>()` bytes*, and a bit each where one is `None` |
/// | `(values, mask)`, the mask **true where a value is missing** | values and bits | as the values, and a bit each where one is missing |
///
/// One dimension is a [`PrimitiveArray`](arrow_array::PrimitiveArray) or
/// [`BooleanArray`](arrow_array::BooleanArray); each one more is a level of
/// [`FixedSizeListArray`](arrow_array::FixedSizeListArray) over the same values. What moves in keeps its memory:
/// the array's `Vec` is the Arrow buffer, at the same address. A slice whose elements lie in one piece moves with all of
/// the memory it is in. An [`ArcArray`] that others hold too is shared with them.
///
/// ```
/// use arrow_array::{Array, cast::AsArray, types::Float64Type};
/// use arrownd::IntoArrow;
/// use ndarray::array;
///
/// let values = array![1.0, 2.5];
/// let address = values.as_ptr();
/// let moved = values.into_arrow()?;
/// assert_eq!(moved.as_primitive::<Float64Type>().values(), &[1.0, 2.5]);
/// assert_eq!(moved.as_primitive::<Float64Type>().values().as_ptr(), address);
///
/// let rows = array![[1, 2, 3], [4, 5, 6]].into_arrow()?;
/// assert_eq!((rows.len(), rows.as_fixed_size_list().value_length()), (2, 3));
///
/// let masked = (array![1, 2, 3], array![false, true, false]).into_arrow()?;
/// assert!(masked.is_null(1) && masked.is_valid(2));
/// assert!(array![Some(7), None].into_arrow()?.is_null(1));
/// # Ok::<(), arrownd::Error>(())
/// ```
///
/// Only this crate implements it.
pub trait IntoArrow: Arrays {
    /// Says what [`into_arrow_with`](IntoArrow::into_arrow_with) of the same array and options will do: the type, view or copy
    /// and why, the bytes. An owned array is planned as one that moves; `array.view().plan_arrow(...)` is the plan of a
    /// borrowed one.
    ///
    /// Cost: *O(1)*; a mask, or floats whose NaN is null, are read up to the first missing value, and arrays of options
    /// are converted to find out.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for an array without dimensions and for a wanted type that nothing converts to,
    /// [`Error::BadValue`] for a mask of another shape.
    ///
    /// ```
    /// use arrownd::{ArrowOptions, IntoArrow, Reason};
    /// use ndarray::array;
    ///
    /// let matrix = array![[1, 2], [3, 4]];
    /// assert_eq!(matrix.plan_arrow(&ArrowOptions::new())?.copies(), Some(false));
    /// let turned = matrix.reversed_axes();
    /// let plan = turned.plan_arrow(&ArrowOptions::new())?;
    /// assert_eq!((plan.reasons(), plan.nbytes()), (&[Reason::Strided][..], Some(16)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn plan_arrow(&self, options: &ArrowOptions) -> Result<Plan> {
        self.look(None, |array| array.plan(options.words()))
    }

    /// The array as Arrow's, of the type that its elements have by themselves.
    ///
    /// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*, as [`IntoArrow`] says.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for an array without dimensions, and for one whose rows are longer than 2<sup>31</sup>-1;
    /// [`Error::BadValue`] for a mask of another shape.
    ///
    /// ```
    /// use arrow_array::{BooleanArray, cast::AsArray};
    /// use arrownd::IntoArrow;
    /// use ndarray::array;
    ///
    /// let bits = array![true, false].into_arrow()?;
    /// assert_eq!(bits.as_boolean(), &BooleanArray::from(vec![true, false]));
    /// assert!(ndarray::arr0(1).into_arrow().is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn into_arrow(self) -> Result<ArrayRef> {
        match self.moved() {
            Ok(array) => array,
            Err(array) => array.into_arrow_with(&ArrowOptions::new()).map(|(_, array)| array),
        }
    }

    /// The array as Arrow's, of the wanted type: that of its elements, or of the whole.
    ///
    /// Cost: *O(1), shares memory* where the values lie as the type has them (integers as timestamps, durations, dates, times
    /// of day), otherwise they are converted: *copies n x `size_of::<T>()` bytes* of the new type. What is copied anyway
    /// is copied first.
    ///
    /// # Errors
    /// As [`into_arrow`](IntoArrow::into_arrow), and [`Error::UnsupportedType`] where nothing converts to the type,
    /// [`Error::LossyCast`] for a value that the type can't hold.
    ///
    /// ```
    /// use arrow_schema::{DataType, TimeUnit};
    /// use arrownd::IntoArrow;
    /// use ndarray::array;
    ///
    /// let seconds = DataType::Timestamp(TimeUnit::Second, Some("UTC".into()));
    /// let times = array![0i64, 1_700_000_000].into_arrow_as(seconds.clone())?;
    /// assert_eq!(times.data_type(), &seconds);
    /// assert!(array![1.5].into_arrow_as(DataType::Int8).is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn into_arrow_as(self, data_type: DataType) -> Result<ArrayRef> {
        self.into_arrow_with(&ArrowOptions::new().data_type(data_type)).map(|(_, array)| array)
    }

    /// The array as Arrow's, by the options, and the field that says its type: extension types are in the field alone.
    ///
    /// Cost: *O(1), shares memory*, or *copies n x itemsize bytes* of the type, as
    /// [`plan_arrow`](IntoArrow::plan_arrow) says.
    ///
    /// # Errors
    /// As [`into_arrow_as`](IntoArrow::into_arrow_as), and [`Error::CopyNotAllowed`] with the plan's reasons where the options
    /// forbid the copy that is needed, [`Error::Nulls`] where values are missing of a field that isn't nullable.
    ///
    /// ```
    /// use arrow_array::Array;
    /// use arrownd::{ArrowOptions, IntoArrow};
    /// use ndarray::array;
    ///
    /// let options = ArrowOptions::new().nan_as_null(true).allow_copy(false);
    /// let (field, values) = array![0.5, f64::NAN].into_arrow_with(&options)?;
    /// assert!(field.is_nullable() && values.is_null(1));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn into_arrow_with(self, options: &ArrowOptions) -> Result<(FieldRef, ArrayRef)> {
        let made = self.import(None, |array| array.made(options.words()))?;
        Ok((made.field, make_array(made.data)))
    }

    /// The array as tensors, one a row: `arrow.fixed_shape_tensor`, whose shape the field says.
    ///
    /// Cost: *O(1), shares memory* for an owned array whose rows lie one after the other, the other dimensions in any
    /// order, which is the tensors' permutation; otherwise *copies n x `size_of::<T>()` bytes*.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for less than two dimensions, and for tensors of more than 2<sup>31</sup>-1 values.
    ///
    /// ```
    /// use arrow_array::Array;
    /// use arrownd::IntoArrow;
    /// use ndarray::Array4;
    ///
    /// let images = Array4::<u8>::zeros((10, 3, 32, 32)).permuted_axes([0, 2, 3, 1]);
    /// let (field, tensors) = images.into_tensor()?;
    /// assert_eq!(field.extension_type_name(), Some("arrow.fixed_shape_tensor"));
    /// assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[3,32,32],"permutation":[1,2,0]}"#));
    /// assert_eq!(tensors.len(), 10);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn into_tensor(self) -> Result<(FieldRef, ArrayRef)> {
        self.into_arrow_with(&ArrowOptions::new().tensor())
    }

    /// The columns of a matrix as a table, with names.
    ///
    /// Cost: *O(columns), shares memory* for an owned matrix in Fortran order, whose columns keep it alive together; otherwise
    /// *copies n x `size_of::<T>()` bytes*, in one pass over the rows.
    ///
    /// # Errors
    /// [`Error::BadValue`] for other than two dimensions, for another number of names, and for a mask of another shape.
    ///
    /// ```
    /// use arrow_array::{cast::AsArray, types::Float32Type};
    /// use arrownd::IntoArrow;
    /// use ndarray::{Array2, ShapeBuilder};
    ///
    /// let mut matrix = Array2::<f32>::zeros((1000, 2).f());
    /// matrix.column_mut(1).fill(1.0);
    /// let address = matrix.as_ptr();
    /// let batch = matrix.into_record_batch(["zeros", "ones"])?;
    /// assert_eq!(batch["ones"].as_primitive::<Float32Type>().value(999), 1.0);
    /// assert_eq!(batch["zeros"].as_primitive::<Float32Type>().values().as_ptr(), address);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn into_record_batch<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Result<RecordBatch> {
        self.into_record_batch_with(names, &ArrowOptions::new())
    }

    /// The columns of a matrix as a table, with names and by the options; a wanted type is one of all columns, or a struct
    /// that has each column's.
    ///
    /// Cost: that of [`into_record_batch`](IntoArrow::into_record_batch); where a wanted type takes a
    /// conversion, it also *copies n x itemsize bytes* of it.
    ///
    /// # Errors
    /// Those of [`into_record_batch`](IntoArrow::into_record_batch) and [`into_arrow_with`](IntoArrow::into_arrow_with).
    ///
    /// ```
    /// use arrownd::{ArrowOptions, Error, IntoArrow, Reason};
    /// use ndarray::array;
    ///
    /// let rows = array![[1, 2], [3, 4]];
    /// let refused = rows.into_record_batch_with(["a", "b"], &ArrowOptions::new().allow_copy(false));
    /// assert!(matches!(refused, Err(Error::CopyNotAllowed { reasons, .. }) if reasons == [Reason::Strided]));
    /// ```
    fn into_record_batch_with<N: Into<String>>(
        self,
        names: impl IntoIterator<Item = N>,
        options: &ArrowOptions,
    ) -> Result<RecordBatch> {
        let names = names.into_iter().map(Into::into).collect();
        let made = self.import(Some(names), |columns| columns.made(options.words()))?;
        if !matches!(made.data.data_type(), DataType::Struct(_)) {
            let what = format!(
                "a table's type is a struct of its columns', and the wanted one is {}",
                type_name(&made.field)
            );
            return Err(Error::BadValue(what));
        }
        Ok(RecordBatch::from(StructArray::from(made.data)))
    }
}

impl<T: ArrowElement, D: Dimension> IntoArrow for Array<T, D> {}
impl<T: ArrowElement, D: Dimension> IntoArrow for ArcArray<T, D> {}
impl<T: ArrowElement, D: Dimension> IntoArrow for CowArray<'_, T, D> {}
impl<T: ArrowElement, D: Dimension> IntoArrow for ArrayView<'_, T, D> {}
impl<T: ArrowElement, D: Dimension> IntoArrow for ArrayViewMut<'_, T, D> {}
impl<T: ArrowElement, S: Data<Elem = T>, D: Dimension> IntoArrow for &ArrayBase<S, D> {}

/// Values, and a mask that is true where one is missing.
impl<V, M> IntoArrow for (V, M)
where
    V: IntoArrow + Holds<Elem: Value>,
    M: IntoArrow + Holds<Elem = bool>,
{
}
