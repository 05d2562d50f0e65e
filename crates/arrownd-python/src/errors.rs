//! Errors of the core as Python exceptions, and panics as an ordinary one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrownd::{Error, ErrorKind};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::plan::Reason;
use crate::words::message;

/// What an entry point or a step of one can fail with.
pub(crate) enum Failure {
    /// The core's.
    Core(Error),
    /// Python's own.
    Python(PyErr),
    /// The producer's stream reported an error.
    Producer(String),
}

pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| match failure {
            Failure::Python(error) => error,
            Failure::Producer(text) => {
                exception(py, "ArrowndError", &format!("the producer failed: {text}"), &[])
            }
            Failure::Core(error) => match class_name(error.kind()) {
                Ok(class) => exception(py, class, &message(&error), error.reasons()),
                Err(make) => make(message(&error)),
            },
        })
    }
}

/// The class in `arrownd.exceptions`, or how to make one of Python's own.
fn class_name(kind: ErrorKind) -> Result<&'static str, fn(String) -> PyErr> {
    match kind {
        ErrorKind::CopyNotAllowed => Ok("CopyNotAllowedError"),
        ErrorKind::Nulls => Ok("NullsError"),
        ErrorKind::LossyCast => Ok("LossyCastError"),
        ErrorKind::Ragged => Ok("RaggedError"),
        ErrorKind::UnsupportedType => Ok("UnsupportedTypeError"),
        ErrorKind::InvalidArrow => Ok("InvalidArrowError"),
        ErrorKind::Conflict => Err(PyTypeError::new_err::<String>),
        ErrorKind::BadValue => Err(PyValueError::new_err::<String>),
        _ => Ok("ArrowndError"),
    }
}

fn exception(py: Python<'_>, class: &str, message: &str, reasons: &[arrownd::Reason]) -> PyErr {
    let make = || -> PyResult<PyErr> {
        let instance = py.import("arrownd.exceptions")?.getattr(class)?.call1((message,))?;
        if !reasons.is_empty() {
            let reasons: Vec<Reason> = reasons.iter().cloned().map(Reason).collect();
            instance.setattr("reasons", PyTuple::new(py, reasons)?)?;
        }
        Ok(PyErr::from_value(instance))
    };
    make().unwrap_or_else(|error| error)
}

/// Runs an entry point. A panic would reach Python as a `BaseException`, past every `except
/// Exception`: here it becomes a `RuntimeError`.
pub(crate) fn guarded<T>(entry: impl FnOnce() -> Outcome<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(entry)) {
        Ok(outcome) => outcome.map_err(PyErr::from),
        Err(panic) => {
            let what = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            Err(PyRuntimeError::new_err(format!("a bug in arrownd, please report it: {what}")))
        }
    }
}
