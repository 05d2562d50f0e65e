//! The plan as Python sees it.

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};

use numpy::PyArrayDescr;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::dtypes::{descriptor, record_descriptor};
use crate::words;
use arrownd::DType;

/// Why values are copied.
///
/// Attributes
/// ----------
/// code : str
///     One of a closed set, such as ``"chunked"`` or ``"nulls"``.
/// text : str
///     The sentence.
/// remedy : str
///     What to do to get a view instead.
#[pyclass(frozen, eq, module = "arrownd")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Reason(pub(crate) arrownd::Reason);

#[pymethods]
impl Reason {
    #[getter]
    fn code(&self) -> &'static str {
        self.0.code()
    }

    #[getter]
    fn text(&self) -> String {
        words::sentence(&self.0)
    }

    #[getter]
    fn remedy(&self) -> Cow<'static, str> {
        words::python(self.0.remedy())
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.0)
    }

    fn __str__(&self) -> String {
        words::sentence(&self.0)
    }

    fn __repr__(&self) -> String {
        format!("<Reason {}: {}>", self.0.code(), words::sentence(&self.0))
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What a conversion does: view or copy, why, and how many bytes. Frozen and comparable.
///
/// Attributes
/// ----------
/// type : str
///     The Arrow type.
/// name : str or None
///     The field's name, None at the top.
/// dtype : numpy.dtype or None
///     The result's dtype; None for one array a field.
/// dtype_with_nulls : numpy.dtype or None
///     For a schema: the dtype when values are missing, None where the request leaves no place.
/// shape : tuple or None
///     The result's shape, None for a length that isn't known.
/// copies : bool or None
///     Whether values are copied; None for a schema where that depends on the data.
/// reasons : tuple of Reason
///     Why, empty for a view.
/// nbytes : int or None
///     Bytes that are allocated for values and masks.
/// notes : tuple of str
///     What else to know: a time zone that is dropped, an extension that is unwrapped.
/// children : tuple of Plan
///     One a field.
#[pyclass(frozen, module = "arrownd")]
pub(crate) struct Plan {
    pub(crate) plan: arrownd::Plan,
    /// The dtype object that was asked for, where the core's dtype doesn't say all of it.
    pub(crate) descr: Option<Py<PyArrayDescr>>,
}

impl Plan {
    fn descriptor<'py>(&self, py: Python<'py>, dtype: DType) -> PyResult<Bound<'py, PyArrayDescr>> {
        match (dtype, &self.descr) {
            (DType::Strings { .. }, Some(descr)) => Ok(descr.bind(py).clone()),
            _ => descriptor(py, dtype),
        }
    }
}

#[pymethods]
impl Plan {
    #[getter]
    fn r#type(&self) -> String {
        self.plan.source_name()
    }

    #[getter]
    fn name(&self) -> Option<&str> {
        self.plan.name()
    }

    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArrayDescr>>> {
        if let (arrownd::engine::Step::ToArrow(_), Some(descr)) = (self.plan.step(), &self.descr) {
            return Ok(Some(descr.bind(py).clone()));
        }
        match self.plan.record() {
            Some(record) => record_descriptor(py, record).map(Some),
            None => self.plan.dtype().map(|dtype| self.descriptor(py, dtype)).transpose(),
        }
    }

    #[getter]
    fn dtype_with_nulls<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyArrayDescr>>> {
        match self.plan.record() {
            Some(_) => match self.plan.record_with_nulls() {
                Some(record) => record_descriptor(py, &record).map(Some),
                None if self.plan.shape().is_some_and(|shape| shape.first() == Some(&None)) => Ok(None),
                None => self.dtype(py),
            },
            None => self.plan.dtype_with_nulls().map(|dtype| self.descriptor(py, dtype)).transpose(),
        }
    }

    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.plan.shape().map(|shape| PyTuple::new(py, shape)).transpose()
    }

    #[getter]
    fn copies(&self) -> Option<bool> {
        self.plan.copies()
    }

    #[getter]
    fn reasons<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.plan.reasons().iter().cloned().map(Reason))
    }

    #[getter]
    fn nbytes(&self) -> Option<usize> {
        self.plan.nbytes()
    }

    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.plan.notes().iter().map(ToString::to_string))
    }

    #[getter]
    fn children<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let to_arrow = matches!(self.plan.step(), arrownd::engine::Step::ToArrow(_));
        let descr = || self.descr.as_ref().filter(|_| !to_arrow).map(|descr| descr.clone_ref(py));
        PyTuple::new(py, self.plan.children().iter().map(|plan| Self { plan: plan.clone(), descr: descr() }))
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        let py = other.py();
        let same_descr = |other: &Self| match (&self.descr, &other.descr) {
            (Some(a), Some(b)) => a.bind(py).eq(b.bind(py)).unwrap_or(false),
            (a, b) => a.is_none() && b.is_none(),
        };
        other.cast::<Self>().is_ok_and(|other| {
            let other = other.get();
            other.plan == self.plan && same_descr(other)
        })
    }

    fn __hash__(&self) -> u64 {
        hash_of(&self.plan.to_string())
    }

    fn __str__(&self) -> String {
        words::shown(&self.plan).to_string()
    }

    fn __repr__(&self) -> String {
        words::shown(&self.plan).to_string()
    }

    fn _repr_html_(&self) -> String {
        words::shown(&self.plan).to_html()
    }
}

/// The type table: what each Arrow type becomes. For the generated page and the tests.
#[pyfunction]
pub(crate) fn type_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    arrownd::engine::ROWS
        .iter()
        .map(|row| {
            let entry = PyDict::new(py);
            entry.set_item("name", row.name)?;
            entry.set_item("dtype", row.dtype)?;
            entry.set_item("with_nulls", row.with_nulls)?;
            entry.set_item("view", row.view)?;
            entry.set_item("supported", row.supported)?;
            entry.set_item("note", row.note)?;
            Ok(entry)
        })
        .collect()
}

/// The type table of the other way: what each dtype becomes. For the generated page and the tests.
#[pyfunction]
pub(crate) fn dense_type_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    arrownd::engine::dense::DENSE_ROWS
        .iter()
        .map(|row| {
            let entry = PyDict::new(py);
            entry.set_item("dtype", row.dtype)?;
            entry.set_item("type", row.arrow)?;
            entry.set_item("view", row.view)?;
            entry.set_item("note", row.note)?;
            Ok(entry)
        })
        .collect()
}

/// The closed set of reasons. For the generated page and the tests.
#[pyfunction]
pub(crate) fn reason_table(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    arrownd::Reason::examples()
        .iter()
        .map(|reason| {
            let entry = PyDict::new(py);
            entry.set_item("code", reason.code())?;
            entry.set_item("text", words::sentence(reason))?;
            entry.set_item("remedy", words::python(reason.remedy()))?;
            Ok(entry)
        })
        .collect()
}
