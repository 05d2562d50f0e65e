//! NumPy's C API where rust-numpy leaves something out.
#![allow(unsafe_code, reason = "NumPy's table of functions is read")]

use std::ffi::c_void;
use std::ptr::NonNull;

use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// NumPy's table of functions, which is there as long as the interpreter.
pub(crate) struct Table(NonNull<*const c_void>);

impl Table {
    pub(crate) fn get(py: Python<'_>) -> PyResult<Self> {
        let core = py.import("numpy._core.multiarray").or_else(|_| py.import("numpy.core.multiarray"))?;
        let capsule = core.getattr("_ARRAY_API")?.cast_into::<PyCapsule>()?;
        Ok(Self(capsule.pointer_checked(None)?.cast()))
    }

    /// One slot.
    ///
    /// # Safety
    /// The table has the slot, and it holds a pointer of type `P`: those of NumPy's `__multiarray_api.h`.
    pub(crate) unsafe fn slot<P: Copy>(&self, index: usize) -> P {
        // SAFETY: the table has the slot by the caller's promise.
        let slot = unsafe { self.0.add(index) };
        // SAFETY: a pointer of type `P` by the caller's promise.
        unsafe { slot.cast::<P>().read() }
    }
}
