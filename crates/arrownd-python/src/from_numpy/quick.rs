//! The entry of `from_numpy`: arrays that need no look at their values are wrapped without one.
//!
//! A call of one array of integers or floats in C order has nothing to decide, nor has one of a matrix in F order with
//! `names=`. Its Arrow data is made when a consumer asks. Every other call goes on to the function that pyo3 made, which gives the same (a test holds both against each other).
#![allow(unsafe_code, reason = "a C function of Python's calling convention, and NumPy's struct")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrownd::DType;
use numpy::npyffi::{NPY_ARRAY_ALIGNED, NPY_ARRAY_C_CONTIGUOUS, NPY_ARRAY_F_CONTIGUOUS};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use super::dtype::{Kind, kind_of};
use crate::array::{Array, Plain};
use crate::entry::{self, Whole};
use crate::export;

static WHOLE: Whole = Whole::new();

/// Puts the quick way in front of `from_numpy`.
pub(crate) fn in_front<'py>(
    module: &Bound<'py, PyModule>,
    function: Bound<'py, PyCFunction>,
) -> PyResult<Bound<'py, PyAny>> {
    entry::in_front(module, function, entry, &WHOLE)
}

unsafe extern "C" fn entry(
    own: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls with the thread attached, and `args` holds what the counts say.
    if count == 1 && (names.is_null() || unsafe { is_names(names) }) {
        // SAFETY: the first argument, borrowed for the call.
        let object = unsafe { *args };
        let columns = if names.is_null() {
            std::ptr::null_mut()
        } else {
            // SAFETY: the keyword's value follows the one positional argument.
            let place = unsafe { args.add(1) };
            // SAFETY: as above.
            unsafe { *place }
        };
        // SAFETY: as above.
        let quick = catch_unwind(AssertUnwindSafe(|| unsafe { quick(object, columns) }));
        if let Ok(Some(result)) = quick {
            return result;
        }
    }
    // SAFETY: the arguments are passed on as they came.
    unsafe { entry::pass_on(&WHOLE, own, args, count, names) }
}

/// The carrier, where the array is a plain one. No exception is set.
///
/// # Safety
/// The thread is attached; `object`, and `names` where it isn't null, are borrowed for the call.
#[inline]
unsafe fn quick(object: *mut ffi::PyObject, names: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the caller's promise.
    let object = unsafe { Borrowed::from_ptr(py, object) };
    if object.get_type_ptr() != export::array_type(py) {
        return None;
    }
    // SAFETY: it is of that very type.
    let array = unsafe { object.cast_unchecked::<PyUntypedArray>() };
    let order = if names.is_null() { NPY_ARRAY_C_CONTIGUOUS } else { NPY_ARRAY_F_CONTIGUOUS };
    let wanted = order | NPY_ARRAY_ALIGNED;
    if export::flags(&array) & wanted != wanted {
        return None;
    }
    let shape = array.shape();
    let (rows, dims) = shape.split_first()?;
    if *rows == 0 || dims.iter().any(|n| *n == 0 || i32::try_from(*n).is_err()) {
        return None;
    }
    let names = match (names.is_null(), dims) {
        (true, _) => None,
        // SAFETY: the caller's promise.
        (false, [columns]) => Some(unsafe { distinct(Borrowed::from_ptr(py, names), *columns) }?),
        (false, _) => return None,
    };
    let dtype = match kind_of(&array.dtype()) {
        Ok(Kind::Fixed(dtype, false)) if is_plain(dtype) => dtype,
        _ => return None,
    };
    let owner = object.to_owned().unbind();
    // SAFETY: what the flags say of the memory, which the array keeps alive.
    let plain = unsafe {
        Plain::new(owner, export::address(&array).as_ptr(), dtype, SmallVec::from_slice(shape), names)
    };
    Array::around(py, plain).ok().map(|array| array.into_any().into_ptr())
}

/// More names than this are better compared by their hashes, as the whole function does.
const FEW: usize = 64;

/// So many names, no two of them the same, as they are now; `None` for anything that might be wrong with them.
fn distinct(names: Borrowed<'_, '_, PyAny>, columns: usize) -> Option<Py<PyTuple>> {
    let names = match names.cast_exact::<PyList>() {
        Ok(list) => list.to_tuple(),
        Err(_) => names.cast_exact::<PyTuple>().ok()?.to_owned(),
    };
    if names.len() != columns || columns > FEW {
        return None;
    }
    let mut seen: SmallVec<[&str; 16]> = SmallVec::new();
    for name in names.as_slice() {
        let name = name.cast_exact::<PyString>().ok()?.to_str().ok()?;
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
    }
    drop(seen);
    Some(names.unbind())
}

/// Whether the one keyword is `names`.
///
/// # Safety
/// The thread is attached, and `words` is a tuple of strings.
unsafe fn is_names(words: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: borrowed for the call.
    let words = unsafe { Borrowed::from_ptr(py, words) };
    // SAFETY: a tuple, as the caller promises.
    let words = unsafe { words.cast_unchecked::<PyTuple>() };
    let [word] = words.as_slice() else { return false };
    word.cast_exact::<PyString>().is_ok_and(|word| word.to_str().is_ok_and(|word| word == "names"))
}

/// Whether every bit pattern is a value, of an Arrow type that holds the same bytes.
fn is_plain(dtype: DType) -> bool {
    use DType as D;
    matches!(
        dtype,
        D::Int8
            | D::Int16
            | D::Int32
            | D::Int64
            | D::UInt8
            | D::UInt16
            | D::UInt32
            | D::UInt64
            | D::Float16
            | D::Float32
            | D::Float64
    )
}
