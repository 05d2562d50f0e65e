//! By type: memory as it is stored, for nothing.
#![allow(unsafe_code, reason = "the checks of what is known would take longer than the view")]

use std::any::TypeId;

use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericListArray, OffsetSizeTrait, downcast_primitive_array};
use arrow_buffer::{ArrowNativeType, ScalarBuffer};
use arrow_schema::DataType;
use ndarray::{ArrayView, ArrayView1, ArrayViewD, Dimension, IxDyn};

use super::conversion::Conversion;
use super::item::{Item, dtype_of};
use super::job::Dims;
use super::masked::dimensions;
use super::options::{Nulls, Options};
use super::source::Source;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::offsets::even;
use crate::plan::{Reason, type_name};
use crate::source::Offsets;

/// Views Arrow memory as an `ndarray`, as it is stored: never copies.
///
/// `T` is Arrow's own type of the values: `i8` to `u64`, `f16`, `f32`, `f64`; the ticks of dates, times, timestamps and
/// durations (`i32`, `i64`); decimals as they are stored, without their scale (`i32`, `i64`, `i128`,
/// [`i256`](arrow_buffer::i256)); intervals; `u8` for the bytes of fixed-size binary. Lists of one length, fixed or
/// not, are dimensions; `arrow.fixed_shape_tensor` is permuted by strides (pass the field:
/// `view::<f32, _>((&field, &array))`); columns that lie side by side are a matrix. `D` is the number of dimensions:
/// [`Ix1`](type@ndarray::Ix1), [`Ix2`](type@ndarray::Ix2), ..., or [`IxDyn`](type@IxDyn) for any.
///
/// Cost: *O(1), shares memory*; lists of variable size: one look at the offsets. Allocates nothing for arrays
/// that lie in a row; tensors, tables and refusals take a plan.
///
/// # Errors
/// [`Error::CopyNotAllowed`] with the reasons why only a copy would do, [`Error::Ragged`] for lists of different
/// lengths, [`Error::UnsupportedType`] where the values aren't stored as `T`, and [`Error::BadValue`] where the
/// memory has another number of dimensions than `D`.
///
/// ```
/// use arrow_array::{Decimal128Array, Float32Array, TimestampSecondArray};
/// use arrownd::{Error, Reason, view};
/// use ndarray::{ArrayView1, Ix1};
///
/// let array = Float32Array::from(vec![1.0, 2.0]);
/// let floats: ArrayView1<f32> = view(&array)?;
/// assert_eq!(floats.as_ptr(), array.values().as_ptr());
///
/// let ticks = TimestampSecondArray::from(vec![1_700_000_000]);
/// assert_eq!(view::<i64, Ix1>(&ticks)?[0], 1_700_000_000);
///
/// let cents = Decimal128Array::from(vec![1999]).with_precision_and_scale(10, 2)?;
/// assert_eq!(view::<i128, Ix1>(&cents)?[0], 1999);
///
/// let holes = Float32Array::from(vec![Some(1.0), None]);
/// let refused = view::<f32, Ix1>(&holes);
/// assert!(matches!(
///     refused,
///     Err(Error::CopyNotAllowed { reasons, .. }) if matches!(reasons[..], [Reason::Nulls { count: Some(1), .. }])
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[inline]
pub fn view<'a, T: ArrowNativeType, D: Dimension>(
    source: impl Into<Source<'a>>,
) -> Result<ArrayView<'a, T, D>> {
    let source = source.into();
    if let (Some(1), Some(values)) = (D::NDIM, source.numbers::<T>()) {
        let mut shape = D::zeros(1);
        if let Some(len) = shape.slice_mut().first_mut() {
            *len = values.len();
        }
        // SAFETY: as many values as the only dimension says are borrowed for 'a.
        return Ok(unsafe { ArrayView::from_shape_ptr(shape, values.as_ptr()) });
    }
    if let (Some(2), Some((values, sizes))) = (D::NDIM, source.rows::<T>()) {
        let mut shape = D::zeros(2);
        for (to, size) in shape.slice_mut().iter_mut().zip(sizes) {
            *to = size;
        }
        // SAFETY: as many values as the two dimensions say are borrowed for 'a.
        return Ok(unsafe { ArrayView::from_shape_ptr(shape, values.as_ptr()) });
    }
    looked_up(source)
}

#[inline(never)]
fn looked_up<T: ArrowNativeType, D: Dimension>(source: Source<'_>) -> Result<ArrayView<'_, T, D>> {
    let mut dims = Dims::new();
    if let Some((values, _)) = source.only().and_then(|array| stored::<T>(array, &mut dims)) {
        if D::NDIM.is_some_and(|n| n != dims.len()) {
            return Err(dimensions(&dims, D::NDIM));
        }
        let mut shape = D::zeros(dims.len());
        shape.slice_mut().copy_from_slice(&dims);
        debug_assert_eq!(values.len(), shape.size());
        // SAFETY: `stored` gives as many values as the dimensions say, borrowed for the source's lifetime.
        return Ok(unsafe { ArrayView::from_shape_ptr(shape, values.as_ptr()) });
    }
    let view = planned::<T>(source)?;
    let shape = view.shape().to_vec();
    view.into_dimensionality().map_err(|_| dimensions(&shape, D::NDIM))
}

/// Views the lists of an array: where each begins and ends, and the values of all of them.
///
/// List `i` is `values[offsets[i]..offsets[i + 1]]`, along the first dimension; for a slice of lists the first offset
/// isn't 0. For lists in lists, take the values' offsets with another call.
///
/// Cost: *O(1), shares memory*, allocates nothing.
///
/// # Errors
/// As [`view`], for the values; [`Error::CopyNotAllowed`] where a list is missing.
///
/// ```
/// use arrow_array::{ListArray, types::Int32Type};
/// use arrownd::view_ragged;
/// use ndarray::{Ix1, s};
///
/// let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
///     [Some(vec![Some(1), Some(2)]), Some(vec![]), Some(vec![Some(3)])],
/// );
/// let (offsets, values) = view_ragged::<i32, Ix1, _>(&lists)?;
/// assert_eq!(offsets.to_vec(), [0, 2, 2, 3]);
/// assert_eq!(values.slice(s![offsets[0]..offsets[1]]).to_vec(), [1, 2]);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn view_ragged<T: ArrowNativeType, D: Dimension, O: OffsetSizeTrait>(
    lists: &GenericListArray<O>,
) -> Result<(ArrayView1<'_, O>, ArrayView<'_, T, D>)> {
    if lists.null_count() > 0 {
        let reasons = vec![Reason::Nulls { count: Some(lists.null_count()), viewable: false }];
        return Err(Error::CopyNotAllowed { path: String::new(), reasons });
    }
    Ok((ArrayView1::from(lists.value_offsets()), view(lists.values())?))
}

/// The view that a conversion to `T` makes, where nothing has to be planned: values that are stored as what they mean.
pub(super) fn own_view<T: Item>(source: Source<'_>) -> Option<ArrayViewD<'_, T>> {
    let mut dims = Dims::new();
    let (values, data_type) = T::stored(source.only()?, &mut dims)?;
    // Their numbers are the stored ones times a power of ten.
    if data_type.is_decimal() {
        return None;
    }
    ArrayView::from_shape(IxDyn(&dims), values).ok()
}

/// All values of an array that are stored as `T` in a row, with their type, and the shape that they have: as many values
/// as the dimensions say. None may be missing.
pub(super) fn stored<'a, T: ArrowNativeType>(
    array: &'a dyn Array,
    dims: &mut Dims,
) -> Option<(&'a [T], &'a DataType)> {
    let (mut array, mut start, mut len) = (array, 0, array.len());
    dims.push(len);
    loop {
        let size = match array.data_type() {
            DataType::FixedSizeList(_, size) => {
                let size = usize::try_from(*size).ok()?;
                array = whole(array.as_fixed_size_list())?.values().as_ref();
                start *= size;
                size
            }
            DataType::List(_) => {
                uniform::<i32>(&mut array, &mut start, len, |x| Offsets::I32(x.as_chunks().0))?
            }
            DataType::LargeList(_) => {
                uniform::<i64>(&mut array, &mut start, len, |x| Offsets::I64(x.as_chunks().0))?
            }
            data_type @ DataType::FixedSizeBinary(size) if TypeId::of::<T>() == TypeId::of::<u8>() => {
                let size = usize::try_from(*size).ok()?;
                dims.push(size);
                let bytes = whole(array.as_fixed_size_binary())?.values().typed_data::<T>();
                return Some((bytes.get(start * size..(start + len) * size)?, data_type));
            }
            data_type => return Some((values::<T>(array)?.get(start..start + len)?, data_type)),
        };
        dims.push(size);
        len *= size;
    }
}

/// The array, where nothing of its own is missing.
fn whole<A: Array>(array: &A) -> Option<&A> {
    (array.null_count() == 0).then_some(array)
}

/// Goes from lists of one length to their values: the length of each.
fn uniform<'a, O: OffsetSizeTrait>(
    array: &mut &'a dyn Array,
    start: &mut usize,
    len: usize,
    offsets: impl FnOnce(&'a [u8]) -> Offsets<'a>,
) -> Option<usize> {
    let lists: &'a GenericListArray<O> = whole(array.as_list::<O>())?;
    let bytes = lists.offsets().inner().inner().as_slice();
    let width = size_of::<O>();
    let size = even(&offsets(bytes.get(*start * width..(*start + len + 1) * width)?))?;
    *start = lists.value_offsets().get(*start)?.as_usize();
    *array = lists.values().as_ref();
    Some(size)
}

/// The values of a primitive array whose native type is `T`.
fn values<T: ArrowNativeType>(array: &dyn Array) -> Option<&[T]> {
    fn typed<N: ArrowNativeType, T: ArrowNativeType>(values: &ScalarBuffer<N>) -> Option<&[T]> {
        (TypeId::of::<N>() == TypeId::of::<T>()).then(|| values.inner().typed_data::<T>())
    }
    downcast_primitive_array! {
        array => typed(whole(array)?.values()),
        _ => None,
    }
}

/// What the planner views: the general way, which knows tensors, tables and every reason to refuse.
fn planned<T: ArrowNativeType>(source: Source<'_>) -> Result<ArrayViewD<'_, T>> {
    let Some(dtype) = dtype_of::<T>() else { return Err(unstored::<T>(source)) };
    let bytes = dtype == DType::UInt8 && source.holds_bytes();
    // Bytes have no marker: with missing ones they would be planned as objects.
    let nulls = if bytes { Nulls::Refuse } else { Nulls::Nan };
    let options = Options::new().allow_copy(false).nulls(nulls);
    let words = options.words((!bytes).then_some(dtype))?;
    let conversion = Conversion::new(source, &options, &words).map_err(|error| match error {
        Error::Nulls { path, count, .. } => Error::CopyNotAllowed {
            path,
            reasons: vec![Reason::Nulls { count: Some(count), viewable: true }],
        },
        other => other,
    })?;
    conversion.job().viewed()
}

/// Why values aren't viewed as `T`, which is no dtype.
fn unstored<T: ArrowNativeType>(source: Source<'_>) -> Error {
    let field = match source.field() {
        Ok(field) => field,
        Err(error) => return error,
    };
    let refused = |reason| Error::CopyNotAllowed { path: String::new(), reasons: vec![reason] };
    match source.only() {
        None if source.chunks() > 1 => refused(Reason::Chunked { chunks: source.chunks() }),
        Some(array) if array.null_count() > 0 => {
            refused(Reason::Nulls { count: Some(array.null_count()), viewable: true })
        }
        _ => Error::UnsupportedType {
            path: String::new(),
            from: type_name(&field),
            to: format!("a view of {}", std::any::type_name::<T>()),
            remedy: "values are viewed as they are stored".to_owned(),
        },
    }
}
