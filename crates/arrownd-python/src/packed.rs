//! Arrays of values next to each other, in the fewest steps: what the shortcut makes.
#![allow(unsafe_code, reason = "NumPy's C API makes arrays from pointers")]

use std::ffi::{c_int, c_void};

use arrownd::{DType, Flat, PlainView};
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, PY_ARRAY_API, npy_intp};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray};
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::convert::WORTH_DETACHING;
use crate::dtypes::descriptor;
use crate::export::{self, array_type, set_base, shown_by};
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
        let array = unsafe { in_a_row(owner.py(), descr, &mut [rows], data, flags) }?;
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
    let array = unsafe { in_a_row(owner.py(), descr, &mut dims, data, flags) }?;
    // SAFETY: `array` is new, without a base.
    unsafe { set_base(&array, owner.into_ptr()) }?;
    Ok(array)
}

/// The view that was measured on the array that the holder has.
pub(crate) fn held<'py>(shown: &PlainView, holder: Holder<'py>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the base has that array.
    unsafe { view(shown, holder.into_base()) }
}

/// An array in C order over `data`, or over new memory where that is null.
///
/// # Safety
/// So many elements are at `data`, aligned if the flags say so, and it outlives the array.
#[inline]
unsafe fn in_a_row<'py>(
    py: Python<'py>,
    descr: Bound<'py, PyArrayDescr>,
    dims: &mut [npy_intp],
    data: *mut c_void,
    flags: c_int,
) -> PyResult<Bound<'py, PyAny>> {
    let class = array_type(py);
    // SAFETY: the caller's promise; the descriptor's reference is handed over.
    let array = unsafe {
        PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            class,
            descr.into_dtype_ptr(),
            dims.len() as c_int,
            dims.as_mut_ptr(),
            std::ptr::null_mut(),
            data,
            flags,
            std::ptr::null_mut(),
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, array) }
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
    // SAFETY: no data pointer: NumPy allocates, and refuses what is too large.
    let array = unsafe { in_a_row(py, descriptor(py, first.dtype)?, &mut dims, std::ptr::null_mut(), 0) }?;
    // SAFETY: NumPy made an array.
    let array = unsafe { array.cast_into_unchecked::<PyUntypedArray>() };
    // SAFETY: the array is new.
    let mut dest = unsafe { export::dest(&array, first.width) };
    let pieces: Vec<&[u8]> = views
        .iter()
        // SAFETY: a view has so many bytes, which fit in memory, by the caller's promise.
        .map(|view| unsafe { std::slice::from_raw_parts(view.ptr, view.len * each) })
        .collect();
    let filled = match rows < WORTH_DETACHING {
        true => arrownd::join(&pieces, &mut dest),
        false => py.detach(|| arrownd::join(&pieces, &mut dest)),
    };
    Ok(filled.then(|| array.into_any()))
}

/// The copy of a flat array; `None` where a value doesn't fit, which the pipeline has the words for.
pub(crate) fn copy<'py>(py: Python<'py>, flat: &Flat<'_>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let dtype = flat.dtype();
    let (descr, mut dims) = (descriptor(py, dtype)?, [flat.len() as npy_intp]);
    // SAFETY: no data pointer: NumPy allocates, and refuses what is too large.
    let array = unsafe { in_a_row(py, descr, &mut dims, std::ptr::null_mut(), 0) }?;
    // SAFETY: NumPy made an array.
    let array = unsafe { array.cast_into_unchecked::<PyUntypedArray>() };
    // SAFETY: the array is new.
    let mut dest = unsafe { export::dest(&array, dtype.itemsize()) };
    let filled = match flat.len() < WORTH_DETACHING {
        true => flat.fill(&mut dest),
        false => py.detach(|| flat.fill(&mut dest)),
    };
    Ok(filled.is_ok().then(|| array.into_any()))
}
