//! How many threads a conversion may use.
#![allow(clippy::doc_lazy_continuation, reason = "docstrings in NumPy's style are no Markdown")]

use std::num::NonZeroUsize;

use arrownd::Error;
use pyo3::prelude::*;

use crate::errors::guarded;

#[doc = include_str!("docs/set_num_threads.txt")]
#[pyfunction]
#[pyo3(signature = (n, /))]
pub(crate) fn set_num_threads(n: isize) -> PyResult<()> {
    guarded(|| {
        let threads = usize::try_from(n).ok().and_then(NonZeroUsize::new);
        arrownd::set_num_threads(threads.ok_or_else(|| {
            Error::BadValue(format!("n is {n}: pass the number of threads, 1 for none but the caller's"))
        })?);
        Ok(())
    })
}

#[doc = include_str!("docs/get_num_threads.txt")]
#[pyfunction]
pub(crate) fn get_num_threads() -> PyResult<usize> {
    guarded(|| Ok(arrownd::num_threads()))
}

/// For tests: as if there were so many cores, and as if so many numbers were worth threads; 0 for what is right.
#[pyfunction]
#[pyo3(name = "_pretend", signature = (cores, worth, /))]
pub(crate) fn pretend(cores: usize, worth: usize) -> PyResult<()> {
    guarded(|| {
        arrownd::engine::pretend(cores, worth);
        Ok(())
    })
}
