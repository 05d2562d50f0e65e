//! bytes of one length, and UUIDs.

use arrownd::engine::Data;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyType};

use super::{Make, bytes};
use crate::errors::Outcome;

/// bytes of one length.
pub(super) struct FixedBytes(pub(super) usize);

impl Make for FixedBytes {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let width = self.0;
        let value = match data {
            Data::Fixed(bytes) => bytes.get(index * width..(index + 1) * width).unwrap_or_default(),
            _ => &[],
        };
        Ok(PyBytes::new(py, value).into_any())
    }
}

/// `uuid.UUID`.
pub(super) struct Uuid {
    class: Py<PyType>,
}

impl Uuid {
    pub(super) fn new(py: Python<'_>) -> PyResult<Self> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        Ok(Self { class: CLASS.import(py, "uuid", "UUID")?.clone().unbind() })
    }
}

impl Make for Uuid {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let kwargs = PyDict::new(py);
        kwargs.set_item("bytes", PyBytes::new(py, &bytes::<16>(data, index)))?;
        Ok(self.class.bind(py).call((), Some(&kwargs))?)
    }
}
