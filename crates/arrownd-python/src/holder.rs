//! `Holder`: what keeps the one array of a plain view alive. An [`Owner`](crate::export::Owner) in the fewest
//! steps: making and dropping a pyclass costs as much as the rest of such a call.
#![allow(unsafe_code, reason = "a type of Python's, by hand")]

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::{NonNull, addr_of_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

use arrownd::engine::ArrowArray;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::export::beside_exceptions;

#[repr(C)]
struct Layout {
    base: ffi::PyObject,
    array: ArrowArray,
}

/// A holder that nobody else has yet: its array can still be filled in.
pub(crate) struct Holder<'py>(Bound<'py, PyAny>);

impl<'py> Holder<'py> {
    /// A holder of nothing.
    #[inline]
    pub(crate) fn new(py: Python<'py>) -> PyResult<Self> {
        let class = class(py)?;
        // SAFETY: the type was made for `Layout`, without a part of variable size, and isn't tracked by the collector.
        let object = unsafe { ffi::PyObject_New::<Layout>(class) };
        let Some(object) = NonNull::new(object) else { return Err(PyErr::fetch(py)) };
        // SAFETY: new memory of that layout.
        let array = unsafe { addr_of_mut!((*object.as_ptr()).array) };
        // SAFETY: the field's own place, which nothing has read yet.
        unsafe { array.write(ArrowArray::empty()) };
        // SAFETY: a new reference.
        Ok(Self(unsafe { Bound::from_owned_ptr(py, object.as_ptr().cast()) }))
    }

    /// Its array.
    #[inline]
    pub(crate) fn array(&mut self) -> &mut ArrowArray {
        let layout: *mut Layout = self.0.as_ptr().cast();
        // SAFETY: an object of that layout, whose only reference is borrowed mutably.
        unsafe { &mut (*layout).array }
    }

    /// The object, to be the base of a view.
    #[inline]
    pub(crate) fn into_base(self) -> Bound<'py, PyAny> {
        self.0
    }
}

#[inline]
fn class(py: Python<'_>) -> PyResult<*mut ffi::PyTypeObject> {
    static CLASS: AtomicPtr<ffi::PyTypeObject> = AtomicPtr::new(std::ptr::null_mut());
    let known = CLASS.load(Ordering::Acquire);
    if !known.is_null() {
        return Ok(known);
    }
    let made = make(py)?;
    // Two threads may make one each; both stay.
    CLASS.store(made, Ordering::Release);
    Ok(made)
}

#[cold]
fn make(py: Python<'_>) -> PyResult<*mut ffi::PyTypeObject> {
    let dealloc: ffi::destructor = dealloc;
    let mut slots = [
        ffi::PyType_Slot { slot: ffi::Py_tp_dealloc, pfunc: dealloc as *mut c_void },
        ffi::PyType_Slot { slot: 0, pfunc: std::ptr::null_mut() },
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"arrownd._core.Holder".as_ptr(),
        basicsize: size_of::<Layout>() as c_int,
        itemsize: 0,
        flags: (ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION) as c_uint,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: a complete specification, which Python copies.
    let class = unsafe { ffi::PyType_FromSpec(&raw mut spec) };
    if class.is_null() { Err(PyErr::fetch(py)) } else { Ok(class.cast()) }
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: an object of this type, which nobody has any more.
    let array = unsafe { addr_of_mut!((*object.cast::<Layout>()).array) };
    // SAFETY: the thread is attached.
    if unsafe { ffi::PyErr_Occurred() }.is_null() {
        // SAFETY: it was written when the object was made, and is dropped once.
        unsafe { array.drop_in_place() };
    } else {
        // SAFETY: as above.
        beside_exceptions(|| unsafe { array.drop_in_place() });
    }
    // SAFETY: a valid object until it is freed.
    let class = unsafe { ffi::Py_TYPE(object) };
    // SAFETY: memory of `PyObject_New`, freed once.
    unsafe { ffi::PyObject_Free(object.cast()) };
    // SAFETY: an instance of a heap type holds a reference to it.
    unsafe { ffi::Py_DECREF(class.cast()) };
}
