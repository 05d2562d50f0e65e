//! One call: a view or a copy.

use ndarray::{CowArray, Ix2, IxDyn};

use super::columns::own_columns;
use super::conversion::Conversion;
use super::item::Item;
use super::masked::dimensions;
use super::options::Options;
use super::source::Source;
use super::view::own_view;
use crate::error::Result;

/// Converts Arrow data to an `ndarray` of `T`: a view where the memory allows it, otherwise one pass into a new
/// array.
///
/// Shape: the rows, then a dimension for each level of lists, which all have one length or are filled
/// up; for a struct or table, rows and fields. Dictionaries and runs are looked up. Missing values become what
/// [`Options::nulls`] says. Dates, times and durations are ticks of their unit, as `i64`; decimals become numbers.
///
/// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*; a bitmap is read once.
///
/// # Errors
/// [`Error::UnsupportedType`](crate::Error::UnsupportedType) where the type doesn't become `T`,
/// [`Error::Nulls`](crate::Error::Nulls) where values are missing and `T` has no NaN,
/// [`Error::LossyCast`](crate::Error::LossyCast) where a value isn't exact,
/// [`Error::Ragged`](crate::Error::Ragged) where lists have different lengths, and
/// [`Error::CopyNotAllowed`](crate::Error::CopyNotAllowed) where the options forbid the copy that is needed.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::{Options, to_array};
///
/// let array = Int32Array::from(vec![1, 2, 3]);
/// let view = to_array::<i32>(&array, &Options::new())?;
/// assert!(view.is_view());
/// assert_eq!(view.as_slice(), Some(&[1, 2, 3][..]));
///
/// let array = Int32Array::from(vec![Some(1), None]);
/// let copy = to_array::<f64>(&array, &Options::new())?;
/// assert!(copy[[1]].is_nan());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn to_array<'a, T: Item>(
    source: impl Into<Source<'a>>,
    options: &Options,
) -> Result<CowArray<'a, T, IxDyn>> {
    let source = source.into();
    if options.take_views()
        && let Some(view) = own_view::<T>(source)
    {
        return Ok(CowArray::from(view));
    }
    if let Some(copy) = options.take_copies().and_then(|order| own_columns::<T>(source, order)) {
        return Ok(CowArray::from(copy));
    }
    Conversion::to::<T>(source, options)?.execute()
}

/// Converts a table, a struct or lists to a matrix of `T`: [`to_array`] of two dimensions.
///
/// The columns' types meet in `T`: integers, floats, booleans, dictionaries and runs of these, checked value by value.
/// In memory, columns are contiguous, or rows with [`Order::C`](crate::Order::C). Columns that lie side by side
/// already are a view.
///
/// Cost: *O(columns), shares memory*, or *copies rows x columns x `size_of::<T>()` bytes*.
///
/// # Errors
/// As [`to_array`]; [`Error::BadValue`](crate::Error::BadValue) where the result isn't of two dimensions.
///
/// ```
/// use arrow_array::{ArrayRef, BooleanArray, Float32Array, Int16Array, RecordBatch};
/// use arrownd::{Options, to_matrix};
/// use std::sync::Arc;
///
/// let columns: [(&str, ArrayRef); 3] = [
///     ("wind", Arc::new(Float32Array::from(vec![Some(3.5), None]))),
///     ("rain", Arc::new(Int16Array::from(vec![0, 2]))),
///     ("day", Arc::new(BooleanArray::from(vec![true, false]))),
/// ];
/// let batch = RecordBatch::try_from_iter(columns)?;
/// let matrix = to_matrix::<f32>(&batch, &Options::new())?;
/// assert_eq!(matrix.row(0).to_vec(), [3.5, 0.0, 1.0]);
/// assert!(matrix[[1, 0]].is_nan());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn to_matrix<'a, T: Item>(
    source: impl Into<Source<'a>>,
    options: &Options,
) -> Result<CowArray<'a, T, Ix2>> {
    let array = to_array::<T>(source, options)?;
    let shape = array.shape().to_vec();
    array.into_dimensionality().map_err(|_| dimensions(&shape, Some(2)))
}
