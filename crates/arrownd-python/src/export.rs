//! Step 4, export: NumPy arrays over the producer's memory, or over their own.
#![allow(unsafe_code, reason = "NumPy's C API makes arrays from pointers")]

use std::ffi::{c_int, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use arrownd::engine::{ArrowArray, Dest, ViewOf};
use numpy::npyffi::{self, NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, PyArrayObject, npy_intp};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::reuse::{has_pages, reusing};

/// Keeps the producer's arrays alive, exactly those that a view shows.
///
/// Views are made while the arrays are still read, so an owner gets them last: before the call that
/// makes it returns, or never, if that call fails and its views are gone with it.
#[pyclass(frozen, module = "arrownd._core")]
pub(crate) struct Owner {
    /// Released if there is none: most views show one array, which is known before the view is made.
    first: ArrowArray,
    later: OnceLock<Vec<ArrowArray>>,
}

/// Does what may run a producer's code, which must not see an exception that is on its way, and must not
/// lose it.
pub(crate) fn beside_exceptions(work: impl FnOnce()) {
    // Asking is free, taking an exception that isn't there is not.
    let pending = Python::try_attach(|py| PyErr::occurred(py).then(|| PyErr::take(py)).flatten()).flatten();
    work();
    if let Some(pending) = pending {
        Python::try_attach(|py| pending.restore(py));
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let (first, later) = (self.first.take(), self.later.take());
        beside_exceptions(|| drop((first, later)));
    }
}

impl Owner {
    pub(crate) fn one(array: ArrowArray) -> Self {
        Self { first: array, later: OnceLock::new() }
    }

    /// The array that it was made with.
    pub(crate) fn array(&self) -> Option<&ArrowArray> {
        (!self.first.is_released()).then_some(&self.first)
    }

    pub(crate) fn empty() -> Self {
        Self::one(ArrowArray::empty())
    }

    /// Gives an empty owner its arrays.
    pub(crate) fn own(&self, arrays: Vec<ArrowArray>) {
        // An owner is given arrays once.
        let _ = self.later.set(arrays);
    }
}

/// An array of NumPy's over `data`, or over new memory where that is null; in C order where no strides are given.
///
/// # Safety
/// `dims` and `strides` are as many, and reach no element outside of the memory; `data` outlives the array, and is
/// aligned if the flags say so.
#[inline]
pub(crate) unsafe fn over<'py>(
    py: Python<'py>,
    descr: Bound<'py, PyArrayDescr>,
    dims: &mut [npy_intp],
    strides: Option<&mut [npy_intp]>,
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
            strides.map_or(std::ptr::null_mut(), <[_]>::as_mut_ptr),
            data,
            flags,
            std::ptr::null_mut(),
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, array) }
}

/// A new array, not initialised (objects are null, strings of variable size empty); in C order where no strides are given.
///
/// # Safety
/// `dims` and `strides` are as many, and the strides reach each element of the memory once.
#[inline]
pub(crate) unsafe fn allocated<'py>(
    descr: Bound<'py, PyArrayDescr>,
    dims: &mut [npy_intp],
    strides: Option<&mut [npy_intp]>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = descr.py();
    let bytes = dims.iter().fold(descr.itemsize(), |bytes, n| bytes.saturating_mul(*n as usize));
    let (text, nothing) = (matches!(descr.kind(), b'U' | b'S'), std::ptr::null_mut());
    // SAFETY: the caller's promise; no data pointer: NumPy allocates for the shape, and refuses one that is too large.
    let array = reusing(py, bytes, || text, || unsafe { over(py, descr, dims, strides, nothing, 0) })?;
    // SAFETY: NumPy made an array.
    Ok(unsafe { array.cast_into_unchecked() })
}

/// Gives an array what keeps its memory alive.
///
/// # Safety
/// `array` is an array without a base, and `base` a reference, which is handed over.
#[inline]
pub(crate) unsafe fn set_base(array: &Bound<'_, PyAny>, base: *mut ffi::PyObject) -> PyResult<()> {
    let py = array.py();
    // SAFETY: the caller's promise.
    let done = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(py, array.as_ptr().cast(), base) };
    if done != 0 { Err(PyErr::fetch(py)) } else { Ok(()) }
}

/// A read-only array over memory that `owner` keeps alive.
///
/// # Safety
/// `owner` keeps the memory alive that `view` was measured on, or will before the array leaves the call, and the
/// values are of dtype `descr`.
pub(crate) unsafe fn view<'py>(
    view: &ViewOf<'_>,
    descr: Bound<'py, PyArrayDescr>,
    owner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let shown = || std::iter::once(&view.rows).chain(&view.trailing);
    let mut dims: SmallVec<[npy_intp; 4]> = shown().map(|(n, _)| *n as npy_intp).collect();
    let mut strides: SmallVec<[npy_intp; 4]> = shown().map(|(_, stride)| *stride as npy_intp).collect();
    // SAFETY: the caller's promise.
    unsafe { shown_by(view.ptr, descr, &mut dims, &mut strides, owner) }
}

/// # Safety
/// Shape and strides stay within memory at `ptr` that `owner` keeps alive, and the values are of dtype `descr`.
#[inline]
pub(crate) unsafe fn shown_by<'py>(
    ptr: *const u8,
    descr: Bound<'py, PyArrayDescr>,
    dims: &mut [npy_intp],
    strides: &mut [npy_intp],
    owner: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the caller's promise; flags 0 make a read-only array, aligned or not as NumPy finds.
    let array = unsafe { over(owner.py(), descr, dims, Some(strides), ptr.cast_mut().cast(), 0) }?;
    // SAFETY: `array` is new, without a base.
    unsafe { set_base(&array, owner.into_ptr()) }?;
    Ok(array)
}

/// A new array as [`allocated`], with `strides` that fill its memory in some order of the axes.
pub(crate) fn empty<'py>(
    shape: &[usize],
    descr: Bound<'py, PyArrayDescr>,
    strides: &[isize],
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let mut dims: Vec<npy_intp> = shape.iter().map(|n| *n as npy_intp).collect();
    let mut strides: Vec<npy_intp> = strides.iter().map(|n| *n as npy_intp).collect();
    // SAFETY: the strides reach every element of that memory once.
    unsafe { allocated(descr, &mut dims, Some(&mut strides)) }
}

/// Values `start..end` of `values` along the first axis, in `shape` and with `strides` after it: an array of
/// its own over the same memory, writeable as `values` is.
///
/// # Safety
/// `start <= end <= len(values)`, and with `shape` other than `None`, it and the strides stay within
/// those values.
pub(crate) unsafe fn stretch<'py>(
    values: &Bound<'py, PyUntypedArray>,
    (start, end): (usize, usize),
    shape: Option<(&[npy_intp], &[npy_intp])>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = values.py();
    let raw: *mut PyArrayObject = values.as_array_ptr();
    let step = values.strides().first().copied().unwrap_or(0);
    // SAFETY: a valid array; its data pointer is a plain field.
    let data = unsafe { (*raw).fields.data };
    // SAFETY: `start` is within the first axis, or one past its end, by the caller's promise.
    let data = unsafe { data.byte_offset(step * start as isize) };
    let (mut dims, mut strides): (SmallVec<[npy_intp; 4]>, SmallVec<[npy_intp; 4]>) = match shape {
        Some((shape, strides)) => (SmallVec::from_slice(shape), SmallVec::from_slice(strides)),
        None => (
            values.shape().iter().map(|n| *n as npy_intp).collect(),
            values.strides().iter().map(|n| *n as npy_intp).collect(),
        ),
    };
    if let (None, Some(rows)) = (shape, dims.first_mut()) {
        *rows = (end - start) as npy_intp;
    }
    let flags = if is_writeable(values) { NPY_ARRAY_WRITEABLE } else { 0 };
    // SAFETY: shape and strides stay within the values by the caller's promise.
    let array = unsafe { over(py, values.dtype(), &mut dims, Some(&mut strides), data.cast(), flags) }?;
    let base = values.clone().into_any().into_ptr();
    // SAFETY: `array` is new, without a base.
    unsafe { set_base(&array, base) }?;
    Ok(array)
}

/// Elements `start..end` of an array of one dimension, or as many as it has.
pub(crate) fn part<'py>(
    values: &Bound<'py, PyUntypedArray>,
    (start, end): (usize, usize),
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let rows = values.shape().first().copied().unwrap_or(0);
    let (start, end) = (start.min(rows), end.min(rows));
    // SAFETY: within the first axis, and of the array's own shape.
    let part = unsafe { stretch(values, (start, end.max(start)), None) }?;
    // SAFETY: NumPy made an array.
    Ok(unsafe { part.cast_into_unchecked() })
}

/// Gives up a reference that is kept as an exposed address; 0 is none.
pub(crate) fn release_address(py: Python<'_>, address: usize) {
    let object: *mut ffi::PyObject = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: null, or a reference that the caller owned and gives up.
    drop(unsafe { Bound::from_owned_ptr_or_opt(py, object) });
}

/// NumPy's array type, which is asked for on every call.
pub(crate) fn array_type(py: Python<'_>) -> *mut ffi::PyTypeObject {
    static CLASS: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());
    let known = CLASS.load(Ordering::Relaxed);
    if !known.is_null() {
        return known;
    }
    // SAFETY: NumPy's own type object, which lives as long as the interpreter.
    let class = unsafe { npyffi::get_type_object(py, NpyTypes::PyArray_Type) };
    CLASS.store(class, Ordering::Relaxed);
    class
}

/// Where an array's first element lies.
pub(crate) fn address(array: &Bound<'_, PyUntypedArray>) -> NonNull<u8> {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its data pointer is a plain field.
    let data = unsafe { (*raw).fields.data.cast::<u8>() };
    // NumPy allocates at least one byte for an array, so there is an address.
    NonNull::new(data).unwrap_or(NonNull::dangling())
}

/// Forbids writing to an array.
pub(crate) fn freeze(array: &Bound<'_, PyUntypedArray>) {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its flags are a plain field.
    unsafe { (*raw).fields.flags &= !NPY_ARRAY_WRITEABLE };
}

/// Whether an array may be written to.
pub(crate) fn is_writeable(array: &Bound<'_, PyUntypedArray>) -> bool {
    flags(array) & NPY_ARRAY_WRITEABLE != 0
}

/// NumPy's flags of an array.
pub(crate) fn flags(array: &Bound<'_, PyUntypedArray>) -> c_int {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its flags are a plain field.
    unsafe { (*raw).fields.flags }
}

/// The lowest address of an array's elements and the one past the highest.
pub(crate) fn extent(array: &Bound<'_, PyUntypedArray>, itemsize: usize) -> (usize, usize) {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its data pointer is a plain field.
    let base = unsafe { (*raw).fields.data }.addr();
    let (mut low, mut high) = (base, base + itemsize);
    for (n, stride) in array.shape().iter().zip(array.strides()) {
        let Some(last) = n.checked_sub(1) else {
            return (base, base);
        };
        let reach = stride.unsigned_abs() * last;
        if *stride < 0 { low -= reach } else { high += reach }
    }
    (low, high)
}

/// An array's memory, to be filled.
///
/// # Safety
/// The array is writeable, no one else reads or writes its elements for `'o`, and `'o` doesn't
/// outlive it.
pub(crate) unsafe fn dest<'o>(array: &Bound<'_, PyUntypedArray>, itemsize: usize) -> Dest<'o> {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its data pointer is a plain field.
    let data = unsafe { (*raw).fields.data.cast::<u8>() };
    // SAFETY: NumPy allocates at least one byte for an array, so there is an address.
    let data = unsafe { NonNull::new_unchecked(data) };
    // SAFETY: NumPy's shape and strides describe the array's own memory; the rest is the caller's
    // promise.
    let dest = unsafe { Dest::from_raw(data, array.shape(), array.strides(), itemsize) };
    if has_pages(data.as_ptr()) { dest.past_cache() } else { dest }
}
