//! The entry of `to_numpy`, without what a call with the default words has no need of.
//!
//! Reading 13 arguments costs more than making a view. A call of one object, perhaps with `allow_copy=` or the default
//! `nulls="nan"`, is answered here; every other call goes on to the function that pyo3 made.
#![allow(unsafe_code, reason = "a C function of Python's calling convention")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyCFunction, PyString};

use crate::errors::guarded;
use crate::functions::to_numpy_after;
use crate::shortcut::{self, Found};

/// The function that pyo3 made.
static WHOLE: Whole = Whole::new();

/// A whole function behind a quick way.
pub(crate) type Whole = OnceLock<ffi::PyCFunctionFastWithKeywords>;

/// Puts the quick way in front of `to_numpy`.
pub(crate) fn to_numpy<'py>(
    module: &Bound<'py, PyModule>,
    function: Bound<'py, PyCFunction>,
) -> PyResult<Bound<'py, PyAny>> {
    in_front(module, function, entry, &WHOLE)
}

/// Puts a quick way in front of a function, which is kept in `behind`; the quick way passes calls on to it.
pub(crate) fn in_front<'py>(
    module: &Bound<'py, PyModule>,
    function: Bound<'py, PyCFunction>,
    quick: ffi::PyCFunctionFastWithKeywords,
    behind: &Whole,
) -> PyResult<Bound<'py, PyAny>> {
    let raw: *mut ffi::PyCFunctionObject = function.as_ptr().cast();
    // SAFETY: a builtin function.
    let definition = unsafe { (*raw).m_ml };
    // SAFETY: its definition, which lives as long as the function.
    let definition = unsafe { *definition };
    if definition.ml_flags != ffi::METH_FASTCALL | ffi::METH_KEYWORDS {
        return Ok(function.into_any());
    }
    // SAFETY: the flags say which of the pointers it is.
    let whole = unsafe { definition.ml_meth.PyCFunctionFastWithKeywords };
    if behind.set(whole).is_err() {
        return Ok(function.into_any());
    }
    let quick = ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: quick };
    let definition = Box::leak(Box::new(ffi::PyMethodDef { ml_meth: quick, ..definition }));
    // The name and the text that the definition points to are the function's: it stays.
    let own = function.into_ptr();
    let name = module.name()?;
    // SAFETY: a builtin function.
    let bound_to = unsafe { (*own.cast::<ffi::PyCFunctionObject>()).m_self };
    // SAFETY: the definition lives for ever, and the module's name is a string.
    let made = unsafe { ffi::PyCFunction_NewEx(definition, bound_to, name.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(module.py(), made) }
}

unsafe extern "C" fn entry(
    own: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: Python calls with the thread attached, and `args` holds what the counts say.
    let words = if count == 1 { unsafe { default_words(args, names) } } else { None };
    if let Some(allow_copy) = words {
        // SAFETY: the first argument, borrowed for the call.
        let object = unsafe { *args };
        // SAFETY: the thread is attached.
        let quick = catch_unwind(AssertUnwindSafe(|| unsafe { quick(object, allow_copy) }));
        if let Ok(Some(result)) = quick {
            return result;
        }
    }
    // SAFETY: the arguments are passed on as they came.
    unsafe { pass_on(&WHOLE, own, args, count, names) }
}

/// Calls a whole function with the arguments that its quick way had no answer to.
///
/// # Safety
/// They are those of a call from Python.
pub(crate) unsafe fn pass_on(
    behind: &Whole,
    own: *mut ffi::PyObject,
    args: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    match behind.get() {
        // SAFETY: the caller's promise.
        Some(whole) => unsafe { whole(own, args, count, names) },
        // The quick way stands in front of nothing else than what was kept.
        None => std::ptr::null_mut(),
    }
}

/// The result of a call with the default words, null with an exception set; `None` where the whole function has
/// to look, and nothing was asked of the object that can't be asked again.
///
/// # Safety
/// The thread is attached.
#[inline]
unsafe fn quick(object: *mut ffi::PyObject, allow_copy: bool) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: borrowed for the call.
    let object = unsafe { Borrowed::from_ptr(py, object) };
    let found = match shortcut::look(&object, allow_copy) {
        Ok(Found::Array(array)) => return Some(array.into_ptr()),
        Ok(Found::Untouched) => return None,
        other => other,
    };
    // pyo3 has to be told that the thread is attached before it lets go of objects.
    Python::attach(|py| match guarded(|| to_numpy_after(py, &object, found?, allow_copy)) {
        Ok(result) => Some(result.into_ptr()),
        Err(error) => {
            error.restore(py);
            Some(std::ptr::null_mut())
        }
    })
}

/// Whether copies are allowed, where that is all that the keywords say beside a default; `None` where they say more.
///
/// # Safety
/// The thread is attached; there is one positional argument, then one for each of the names, null or a tuple of
/// strings.
#[inline]
unsafe fn default_words(args: *const *mut ffi::PyObject, names: *mut ffi::PyObject) -> Option<bool> {
    let mut allow_copy = true;
    if names.is_null() {
        return Some(allow_copy);
    }
    // SAFETY: the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: a tuple, as the caller promises.
    for place in 0..unsafe { ffi::PyTuple_GET_SIZE(names) } {
        // SAFETY: within the tuple.
        let name = unsafe { ffi::PyTuple_GET_ITEM(names, place) };
        // SAFETY: the keywords' values follow the one positional argument.
        let value = unsafe { args.offset(1 + place) };
        // SAFETY: as above.
        let value = unsafe { *value };
        // SAFETY: borrowed from the tuple.
        let name = unsafe { Borrowed::from_ptr(py, name) };
        // SAFETY: borrowed for the call.
        let value = unsafe { Borrowed::from_ptr(py, value) };
        match (text(&name)?, value.cast_exact::<PyBool>()) {
            ("allow_copy", Ok(word)) => allow_copy = word.is_true(),
            ("nulls", Err(_)) if text(&value) == Some("nan") => {}
            _ => return None,
        }
    }
    Some(allow_copy)
}

fn text<'a>(object: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    object.cast_exact::<PyString>().ok()?.to_str().ok()
}
