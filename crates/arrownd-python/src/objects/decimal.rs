//! `decimal.Decimal`.

use arrownd::engine::{Data, DecimalText};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

use super::Make;
use crate::errors::Outcome;

/// `decimal.Decimal` with the type's scale as its exponent. The class itself reads the digits: that is
/// exact whatever the current context's precision.
pub(super) struct Decimal {
    class: Py<PyType>,
    width: usize,
    scale: i8,
}

impl Decimal {
    pub(super) fn new(py: Python<'_>, width: usize, scale: i8) -> PyResult<Self> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        Ok(Self { class: CLASS.import(py, "decimal", "Decimal")?.clone().unbind(), width, scale })
    }
}

impl Make for Decimal {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>> {
        let unscaled = match data {
            Data::Fixed(bytes) => bytes.get(index * self.width..(index + 1) * self.width).unwrap_or_default(),
            _ => &[],
        };
        let text = DecimalText::of(unscaled, self.scale);
        Ok(self.class.bind(py).call1((PyString::new(py, text.scientific()),))?)
    }
}
