//! One call: a view or a copy.
#![allow(unsafe_code, reason = "an array is made from memory that a plan has measured or filled")]

use std::mem::MaybeUninit;

use arrow_array::Array;
use arrow_schema::Field;
use ndarray::{ArrayD, ArrayViewD, CowArray, IxDyn, ShapeBuilder};

use super::item::Item;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Dest, Planned, ViewOf};
use crate::options::{Form, Nulls, Options};
use crate::source::{Column, chunk_of};

/// Converts an Arrow array to an `ndarray` of `T`: a view where the memory allows it, otherwise one
/// pass into a new array.
///
/// Shape: the rows, then a dimension for each level of lists, which all have one length or are filled
/// up; for a struct, rows and fields. Dictionaries and runs are looked up. Missing values become NaN for
/// floats; for any other `T` pass a fill, or masked to leave what lies there. A matrix is in row-major
/// order.
///
/// Cost: *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes*; a bitmap is read once.
///
/// # Errors
/// [`Error::UnsupportedType`] where the type doesn't become `T`, [`Error::Nulls`] where values are
/// missing and `T` has no NaN, [`Error::LossyCast`] where a value isn't exact, and
/// [`Error::CopyNotAllowed`] where the options forbid the copy that is needed.
pub fn to_array<'a, T: Item>(array: &'a dyn Array, options: &Options) -> Result<CowArray<'a, T, IxDyn>> {
    if options.form == Form::Columns
        || options.columns.is_some()
        || options.out.is_some()
        || options.out_mask.is_some()
    {
        return Err(Error::Conflict(
            "to_array makes one new array of all fields: leave out form, columns and out".to_owned(),
        ));
    }
    let options = Options { dtype: Some(T::DTYPE), ..options.clone() };
    let field = Field::new("", array.data_type().clone(), true);
    let chunks = [chunk_of(array)];
    let column = Column::new(&field, &chunks, &options)?;
    let planned = Planned::new(&column, &options, &[])?;
    let task = planned.task();
    if let Some(view) = task.view() {
        // The plan has decided; arrow-rs aligns its arrays, and views none as bool, whose bytes
        // would have to be looked at.
        if T::DTYPE == DType::Bool || !view.ptr.cast::<T>().is_aligned() {
            let what = format!("an array whose memory can't be viewed as {}", T::DTYPE);
            return Err(Error::InvalidArrow { path: String::new(), what });
        }
        // SAFETY: the plan measured the memory of `array`, which is borrowed for 'a; its values have
        // the size of `T`, are aligned, and any bits are a `T` (bool was left out).
        return Ok(CowArray::from(unsafe { borrow(&view) }));
    }
    let shape: Vec<usize> = planned.plan().shape().unwrap_or_default().into_iter().flatten().collect();
    let len = shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).unwrap_or(usize::MAX);
    let mut memory: Vec<MaybeUninit<T>> = Vec::new();
    memory
        .try_reserve_exact(len)
        .map_err(|why| Error::BadValue(format!("no memory for a result of shape {shape:?}: {why}")))?;
    // SAFETY: uninitialised elements are what `MaybeUninit` is for, and the capacity is there.
    unsafe { memory.set_len(len) };
    if let Some(mut dest) = Dest::from_slice(&mut memory, &shape) {
        task.fill_values(&mut dest)?;
    }
    let array = ArrayD::from_shape_vec(IxDyn(&shape), memory).map_err(|e| Error::BadValue(e.to_string()))?;
    debug_assert!(options.nulls != Nulls::Raise || !planned.plan().masked());
    // SAFETY: the plan wrote every element of its shape.
    Ok(CowArray::from(unsafe { array.assume_init() }))
}

/// # Safety
/// The view's memory lives for `'a` and holds aligned values of `T`.
unsafe fn borrow<'a, T>(view: &ViewOf) -> ArrayViewD<'a, T> {
    let size = size_of::<T>().max(1) as isize;
    let dims = || std::iter::once(&view.rows).chain(&view.trailing);
    let shape: Vec<usize> = dims().map(|(n, _)| *n).collect();
    let strides: Vec<usize> = dims().map(|(_, bytes)| (bytes / size) as usize).collect();
    let shape = IxDyn(&shape).strides(IxDyn(&strides));
    // SAFETY: the caller's promise; shape and strides are those that the plan found.
    unsafe { ArrayViewD::from_shape_ptr(shape, view.ptr.cast::<T>()) }
}
