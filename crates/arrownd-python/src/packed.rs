//! Arrays of values next to each other, in the fewest steps: what the shortcut makes.
#![allow(unsafe_code, reason = "NumPy's C API makes arrays from pointers")]

use arrownd::DType;
use arrownd::engine::{Flat, PlainView};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, npy_intp};
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::convert::WORTH_DETACHING;
use crate::dtypes::descriptor;
use crate::export::{self, set_base, shown_by};
use crate::holder::Holder;

/// A read-only array of values next to each other.
///
/// # Safety
/// `owner` keeps the memory alive that `view` was measured on.
#[inline]
pub(crate) unsafe fn view<'py>(view: &PlainView, owner: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let PlainView { ptr, width, dtype, .. } = *view;
    let descr = descriptor(owner.py(), dtype)?;
    let aligned =
        width.is_power_of_two() && ptr.addr().is_multiple_of(width) || matches!(dtype, DType::Void(_));
    // Without strides NumPy fills them in, and doesn't look for what the flags say.
    let (data, flags) = (ptr.cast_mut().cast(), NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED);
    let rows = view.len as npy_intp;
    if aligned && view.trailing.is_empty() {
        // SAFETY: the caller's promise; values at multiples of their size are aligned, and bytes everywhere.
        let array = unsafe { export::over(owner.py(), descr, &mut [rows], None, data, flags) }?;
        // SAFETY: `array` is new, without a base.
        unsafe { set_base(&array, owner.into_ptr()) }?;
        return Ok(array);
    }
    let trailing = view.trailing.iter().map(|n| *n as npy_intp);
    let mut dims: SmallVec<[npy_intp; 4]> = std::iter::once(rows).chain(trailing).collect();
    if !aligned {
        let mut step = width as npy_intp;
        let mut strides = dims.clone();
        for (stride, n) in strides.iter_mut().zip(&dims).rev() {
            (*stride, step) = (step, step * n);
        }
        // SAFETY: the caller's promise.
        return unsafe { shown_by(ptr, descr, &mut dims, &mut strides, owner) };
    }
    // SAFETY: as above.
    let array = unsafe { export::over(owner.py(), descr, &mut dims, None, data, flags) }?;
    // SAFETY: `array` is new, without a base.
    unsafe { set_base(&array, owner.into_ptr()) }?;
    Ok(array)
}

/// The view that was measured on the array that the holder has.
pub(crate) fn held<'py>(shown: &PlainView, holder: Holder<'py>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the base has that array.
    unsafe { view(shown, holder.into_base()) }
}

/// So many rows are worth several threads, which the pipeline has.
const LARGE: usize = 1 << 20;

/// The copy of several arrays in one; `None` where they are of different kinds, or large.
///
/// # Safety
/// The memory that the views were measured on is kept meanwhile.
pub(crate) unsafe fn joined<'py>(
    py: Python<'py>,
    views: &[PlainView],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let Some(first) = views.first() else { return Ok(None) };
    let alike = |view: &PlainView| view.dtype == first.dtype && view.trailing == first.trailing;
    let rows = views.iter().try_fold(0usize, |rows, view| rows.checked_add(view.len));
    let each = first.trailing.iter().try_fold(first.width, |size, n| size.checked_mul(*n));
    let (Some(rows @ ..LARGE), Some(each), true) = (rows, each, views.iter().all(alike)) else {
        return Ok(None);
    };
    let trailing = first.trailing.iter().map(|n| *n as npy_intp);
    let mut dims: SmallVec<[npy_intp; 4]> = std::iter::once(rows as npy_intp).chain(trailing).collect();
    // SAFETY: no strides.
    let array = unsafe { export::allocated(descriptor(py, first.dtype)?, &mut dims, None) }?;
    // SAFETY: the array is new.
    let mut dest = unsafe { export::dest(&array, first.width) };
    let pieces: Vec<&[u8]> = views
        .iter()
        // SAFETY: a view has so many bytes, which fit in memory, by the caller's promise.
        .map(|view| unsafe { std::slice::from_raw_parts(view.ptr, view.len * each) })
        .collect();
    let filled = if rows < WORTH_DETACHING {
        arrownd::engine::join(&pieces, &mut dest)
    } else {
        py.detach(|| arrownd::engine::join(&pieces, &mut dest))
    };
    Ok(filled.then(|| array.into_any()))
}

/// The copy of a flat array; `None` where a value doesn't fit, which the pipeline has the words for.
pub(crate) fn copy<'py>(py: Python<'py>, flat: &Flat<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let dtype = flat.dtype();
    let (descr, mut dims) = (descriptor(py, dtype)?, [flat.len() as npy_intp]);
    // SAFETY: no strides.
    let array = unsafe { export::allocated(descr, &mut dims, None) }?;
    // SAFETY: the array is new.
    let mut dest = unsafe { export::dest(&array, dtype.itemsize()) };
    let filled =
        if flat.len() < WORTH_DETACHING { flat.fill(&mut dest) } else { py.detach(|| flat.fill(&mut dest)) };
    Ok(filled.is_ok().then(|| array.into_any()))
}
