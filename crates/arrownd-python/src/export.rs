//! Step 4, export: NumPy arrays over the producer's memory, or over their own.
#![allow(unsafe_code, reason = "NumPy's C API makes arrays from pointers")]

use std::ffi::c_int;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicPtr, Ordering};

use arrownd::{ArrowArray, DType, Dest, ViewOf};
use numpy::npyffi::{self, NPY_ARRAY_WRITEABLE, NpyTypes, PY_ARRAY_API, PyArrayObject, npy_intp};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::dtypes::descriptor;

/// Keeps the producer's arrays alive, exactly those that a view shows.
#[pyclass(frozen, module = "arrownd._core")]
pub(crate) struct Owner {
    _arrays: Arrays,
}

/// One in most cases, which then costs no allocation of its own.
#[expect(dead_code, reason = "held to be dropped")]
enum Arrays {
    One(ArrowArray),
    Many(Vec<ArrowArray>),
}

impl Owner {
    pub(crate) fn one(array: ArrowArray) -> Self {
        Self { _arrays: Arrays::One(array) }
    }

    pub(crate) fn many(arrays: Vec<ArrowArray>) -> Self {
        Self { _arrays: Arrays::Many(arrays) }
    }
}

/// A read-only array over memory that `owner` keeps alive.
///
/// # Safety
/// `owner` owns the memory that `view` was measured on, and the values are of `dtype`.
pub(crate) unsafe fn view<'py>(
    py: Python<'py>,
    view: &ViewOf,
    dtype: DType,
    owner: Owner,
) -> PyResult<Bound<'py, PyAny>> {
    let descr = descriptor(py, dtype)?.into_dtype_ptr();
    let owner = Py::new(py, owner)?;
    let nd = 1 + view.trailing.len();
    let shown = || std::iter::once(&view.rows).chain(&view.trailing);
    let mut dims: SmallVec<[npy_intp; 4]> = shown().map(|(n, _)| *n as npy_intp).collect();
    let mut strides: SmallVec<[npy_intp; 4]> = shown().map(|(_, stride)| *stride as npy_intp).collect();
    let class = array_type(py);
    // SAFETY: shape and strides stay within the memory by the caller's promise; the descriptor's
    // reference is handed over; flags 0 make a read-only array, aligned or not as NumPy finds.
    let array = unsafe {
        PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            class,
            descr,
            nd as c_int,
            dims.as_mut_ptr(),
            strides.as_mut_ptr(),
            view.ptr.cast_mut().cast(),
            0,
            std::ptr::null_mut(),
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    let array = unsafe { Bound::from_owned_ptr_or_err(py, array) }?;
    // SAFETY: `array` is an array without a base; the owner's reference is handed over.
    let done = unsafe { PY_ARRAY_API.PyArray_SetBaseObject(py, array.as_ptr().cast(), owner.into_ptr()) };
    if done != 0 { Err(PyErr::fetch(py)) } else { Ok(array) }
}

/// A new array, not initialised (objects are null, strings empty), with `strides` that fill its memory in some
/// order of the axes.
pub(crate) fn empty<'py>(
    py: Python<'py>,
    shape: &[usize],
    dtype: Bound<'py, PyArrayDescr>,
    strides: &[isize],
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let descr = dtype.into_dtype_ptr();
    let mut dims: Vec<npy_intp> = shape.iter().map(|n| *n as npy_intp).collect();
    let mut strides: Vec<npy_intp> = strides.iter().map(|n| *n as npy_intp).collect();
    let class = array_type(py);
    // SAFETY: no data pointer: NumPy allocates for the shape, and refuses one that is too large;
    // the strides reach every element of that memory once; the descriptor's reference is handed
    // over.
    let array = unsafe {
        PY_ARRAY_API.PyArray_NewFromDescr(
            py,
            class,
            descr,
            dims.len() as c_int,
            dims.as_mut_ptr(),
            strides.as_mut_ptr(),
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        )
    };
    // SAFETY: a new reference, or null with an exception set.
    let array = unsafe { Bound::from_owned_ptr_or_err(py, array) }?;
    Ok(array.cast_into::<PyUntypedArray>()?)
}

/// Gives up a reference that is kept as an exposed address; 0 is none.
pub(crate) fn release_address(py: Python<'_>, address: usize) {
    let object: *mut ffi::PyObject = std::ptr::with_exposed_provenance_mut(address);
    // SAFETY: null, or a reference that the caller owned and gives up.
    drop(unsafe { Bound::from_owned_ptr_or_opt(py, object) });
}

/// NumPy's array type, which is asked for on every call.
fn array_type(py: Python<'_>) -> *mut ffi::PyTypeObject {
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

/// Forbids writing to an array.
pub(crate) fn freeze(array: &Bound<'_, PyUntypedArray>) {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array that this call made; its flags are a plain field.
    unsafe { (*raw).fields.flags &= !NPY_ARRAY_WRITEABLE };
}

/// Whether an array may be written to.
pub(crate) fn is_writeable(array: &Bound<'_, PyUntypedArray>) -> bool {
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its flags are a plain field.
    let flags = unsafe { (*raw).fields.flags };
    flags & NPY_ARRAY_WRITEABLE != 0
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
    unsafe { Dest::from_raw(data, array.shape(), array.strides(), itemsize) }
}
