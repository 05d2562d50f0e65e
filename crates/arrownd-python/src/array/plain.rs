//! Memory that an `Array` is wrapped around before anybody has asked for Arrow data.
#![allow(unsafe_code, reason = "the memory is known by its address")]

use std::sync::Arc;

use arrownd::DType;
use arrownd::dense::{self, Dense, Input, Made, Options};
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::errors::Outcome;
use crate::kept::{Kept, NumpyMemory};

/// Integers or floats in C order, aligned and of the machine's byte order: every value is a value, so that nothing has to
/// be looked at before they are wrapped.
///
/// Shape and dtype are what they were then: an array's can be set later.
pub(crate) struct Plain {
    owner: Py<PyAny>,
    address: usize,
    dtype: DType,
    shape: SmallVec<[usize; 3]>,
}

impl Plain {
    /// # Safety
    /// As long as `owner` lives, an array of that dtype and shape, as above and of one dimension at least, is at `ptr`.
    pub(crate) unsafe fn new(
        owner: Py<PyAny>,
        ptr: *const u8,
        dtype: DType,
        shape: SmallVec<[usize; 3]>,
    ) -> Self {
        Self { owner, address: ptr.expose_provenance(), dtype, shape }
    }

    /// The Arrow data: *O(dimensions), shares memory*.
    pub(super) fn made(&self, py: Python<'_>) -> Outcome<Made> {
        let owner = Arc::new(Kept::new(self.owner.clone_ref(py)));
        let mut step = self.dtype.itemsize() as isize;
        let mut strides: SmallVec<[isize; 3]> = self.shape.iter().map(|_| 0).collect();
        for (stride, n) in strides.iter_mut().zip(&self.shape).rev() {
            (*stride, step) = (step, step.saturating_mul(*n as isize));
        }
        let ptr = std::ptr::with_exposed_provenance(self.address);
        // SAFETY: the promise of `new`.
        let dense = unsafe { Dense::new(ptr, self.dtype, false, &self.shape, &strides, owner) };
        let (input, options) = (Input::Dense(dense), Options::default());
        let plan = dense::plan(&input, &options)?;
        Ok(dense::execute(&plan, &input, &mut NumpyMemory)?)
    }
}
