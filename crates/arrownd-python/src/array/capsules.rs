//! Arrow's capsules, made.
#![allow(unsafe_code, reason = "capsules own boxed C structs")]

use std::ffi::CStr;

use arrow_data::ArrayData;
use arrow_data::ffi::FFI_ArrowArray;
use arrow_schema::Field;
use arrow_schema::ffi::FFI_ArrowSchema;
use arrownd::Error;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::errors::Outcome;
use crate::export::beside_exceptions;

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// A field as a capsule.
pub(super) fn schema<'py>(py: Python<'py>, field: &Field) -> Outcome<Bound<'py, PyAny>> {
    let schema = FFI_ArrowSchema::try_from(field)
        .map_err(|why| Error::BadValue(format!("a type that Arrow's C data interface can't say: {why}")))?;
    Ok(boxed(py, schema, SCHEMA, release::<FFI_ArrowSchema>)?)
}

/// Data as a capsule: *O(nodes), shares memory*.
pub(super) fn array<'py>(py: Python<'py>, data: &ArrayData) -> Outcome<Bound<'py, PyAny>> {
    Ok(boxed(py, FFI_ArrowArray::new(data), ARRAY, release::<FFI_ArrowArray>)?)
}

/// The names that a capsule of each struct has.
trait Named {
    const NAME: &'static CStr;
}

impl Named for FFI_ArrowSchema {
    const NAME: &'static CStr = SCHEMA;
}

impl Named for FFI_ArrowArray {
    const NAME: &'static CStr = ARRAY;
}

fn boxed<'py, T: Named>(
    py: Python<'py>,
    content: T,
    name: &'static CStr,
    destructor: unsafe extern "C" fn(*mut ffi::PyObject),
) -> PyResult<Bound<'py, PyAny>> {
    let pointer = Box::into_raw(Box::new(content));
    // SAFETY: a non-null pointer, a name that lives forever, and a destructor that frees such a box.
    let capsule = unsafe { ffi::PyCapsule_New(pointer.cast(), name.as_ptr(), Some(destructor)) };
    if capsule.is_null() {
        // SAFETY: no capsule took the box that was made above.
        drop(unsafe { Box::from_raw(pointer) });
    }
    // SAFETY: a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, capsule) }
}

/// Frees a capsule's struct. What nobody took is released with it; what was moved out is marked as released.
unsafe extern "C" fn release<T: Named>(capsule: *mut ffi::PyObject) {
    beside_exceptions(|| {
        // SAFETY: CPython calls this with the capsule that was made with it, whose name never changes.
        let pointer = unsafe { ffi::PyCapsule_GetPointer(capsule, T::NAME.as_ptr()) };
        if !pointer.is_null() {
            // SAFETY: the capsule owns the box that it was made of, and is destroyed once.
            drop(unsafe { Box::from_raw(pointer.cast::<T>()) });
        }
    });
}
