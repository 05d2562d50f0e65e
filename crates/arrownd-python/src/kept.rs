//! What keeps NumPy's memory alive while Arrow shares it, and new memory from NumPy.
#![allow(unsafe_code, reason = "the memory of a new array is handed over to be filled")]

use std::fmt;
use std::sync::Arc;

use arrow_buffer::alloc::Allocation;
use arrownd::engine::dense::{Memory, Room};
use arrownd::{DType, Error};
use pyo3::prelude::*;

use crate::dtypes::descriptor;
use crate::export::{self, beside_exceptions};

/// A Python object that owns memory. It may be dropped on any thread, with the GIL or without.
pub(crate) struct Kept(Option<Py<PyAny>>);

impl Kept {
    pub(crate) fn new(object: Py<PyAny>) -> Self {
        Self(Some(object))
    }
}

/// Behind a shared reference there is nothing to do with it.
impl std::panic::RefUnwindSafe for Kept {}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let Some(object) = self.0.take() else { return };
        let mut object = Some(object);
        // The object's own `__del__` and weak reference callbacks run here.
        beside_exceptions(|| {
            Python::try_attach(|py| {
                if let Some(object) = object.take() {
                    object.drop_ref(py);
                }
            });
        });
        // At interpreter exit nobody may touch it any more.
        if let Some(object) = object {
            std::mem::forget(object);
        }
    }
}

/// Below this, Rust's allocator is as fast, and its memory is freed without the GIL.
const SMALL: usize = 1 << 16;
/// What Arrow recommends.
const ALIGNMENT: usize = 64;

/// NumPy's allocator, which asks for huge pages: fresh memory costs a fraction of the page faults.
#[derive(Clone, Copy, Default)]
pub(crate) struct NumpyMemory;

impl Memory for NumpyMemory {
    fn allocate(&mut self, bytes: usize) -> Result<Room, Error> {
        if bytes < SMALL {
            return Ok(Room::new(bytes));
        }
        Ok(self.allocate_each(&[bytes])?.pop().unwrap_or_else(|| Room::new(0)))
    }

    /// One array for all that isn't small.
    fn allocate_each(&mut self, wanted: &[usize]) -> Result<Vec<Room>, Error> {
        let total = wanted
            .iter()
            .try_fold(0usize, |all, bytes| all.checked_add(bytes.checked_next_multiple_of(ALIGNMENT)?));
        let bytes = total.unwrap_or(usize::MAX);
        if bytes < SMALL {
            return Ok(wanted.iter().map(|bytes| Room::new(*bytes)).collect());
        }
        let too_much = || Error::BadValue(format!("there is no memory for {bytes} bytes"));
        Python::attach(|py| {
            let padded = bytes.checked_add(ALIGNMENT).ok_or_else(too_much)?;
            let array = descriptor(py, DType::UInt8)
                .and_then(|descr| export::empty(&[padded], descr, &[1]))
                .map_err(|_| too_much())?;
            let start = export::address(&array);
            // SAFETY: the new array has so many bytes more than are asked for.
            let start = unsafe { start.add(start.align_offset(ALIGNMENT).min(ALIGNMENT)) };
            let owner: Arc<dyn Allocation> = Arc::new(Kept::new(array.into_any().unbind()));
            let mut next = start;
            let pieces = wanted.iter().map(|bytes| {
                let own = next;
                // SAFETY: the array has room for all pieces, each up to a multiple of the alignment.
                next = unsafe { next.add(bytes.next_multiple_of(ALIGNMENT)) };
                (own, *bytes)
            });
            // SAFETY: nobody else has the array, which the owner keeps.
            Ok(unsafe { Room::given_each(pieces, &owner) })
        })
    }
}
