//! Memory that an `Array` is wrapped around before anybody has asked for Arrow data.
#![allow(unsafe_code, reason = "the memory is known by its address")]

use std::sync::Arc;

use arrownd::engine::dense::{self, Dense, Input, Made, Options};
use arrownd::{DType, Error};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use smallvec::SmallVec;

use crate::errors::Outcome;
use crate::kept::{Kept, NumpyMemory};

/// Integers or floats, aligned and of the machine's byte order: every value is a value, so that nothing has to
/// be looked at before they are wrapped. They are in C order, or in F order where they are a matrix with names.
///
/// Shape and dtype are what they were then: an array's can be set later.
pub(crate) struct Plain {
    owner: Py<PyAny>,
    address: usize,
    dtype: DType,
    shape: SmallVec<[usize; 3]>,
    /// The names of the columns, where they become fields.
    names: Option<Py<PyTuple>>,
}

impl Plain {
    /// # Safety
    /// As long as `owner` lives, an array of that dtype and shape, as above and of one dimension at least, is at `ptr`.
    /// With names it is a matrix of as many columns.
    pub(crate) unsafe fn new(
        owner: Py<PyAny>,
        ptr: *const u8,
        dtype: DType,
        shape: SmallVec<[usize; 3]>,
        names: Option<Py<PyTuple>>,
    ) -> Self {
        Self { owner, address: ptr.expose_provenance(), dtype, shape, names }
    }

    /// The Arrow data: *O(dimensions), shares memory*.
    pub(super) fn made(&self, py: Python<'_>) -> Outcome<Made> {
        let owner = Arc::new(Kept::new(self.owner.clone_ref(py)));
        let mut step = self.dtype.itemsize() as isize;
        let mut strides: SmallVec<[isize; 3]> = self.shape.iter().map(|_| 0).collect();
        let mut place = |(stride, n): (&mut isize, &usize)| {
            (*stride, step) = (step, step.saturating_mul(*n as isize));
        };
        match self.names {
            None => strides.iter_mut().zip(&self.shape).rev().for_each(&mut place),
            Some(_) => strides.iter_mut().zip(&self.shape).for_each(&mut place),
        }
        let ptr = std::ptr::with_exposed_provenance(self.address);
        // SAFETY: the promise of `new`.
        let dense = unsafe { Dense::new(ptr, self.dtype, false, &self.shape, &strides, owner) };
        let input = match &self.names {
            None => Input::Dense(dense),
            Some(names) => {
                let columns = dense.columns(names.bind(py).extract()?);
                let nothing = || Error::BadValue("names= is for a matrix".to_owned());
                Input::Struct(columns.ok_or_else(nothing)?)
            }
        };
        let options = Options::default();
        let plan = dense::plan(&input, &options)?;
        Ok(dense::execute(&plan, &input, &mut NumpyMemory)?)
    }
}
