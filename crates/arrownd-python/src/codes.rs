//! `to_codes`: a dictionary's codes and categories.
#![allow(unsafe_code, reason = "codes are viewed where the producer keeps them")]

use arrownd::engine::{Codes, Options, Planned, ViewOf};
use arrownd::{DType, Transfer};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use smallvec::SmallVec;

use crate::arguments::Request;
use crate::convert::{Debts, array};
use crate::dtypes::descriptor;
use crate::errors::Outcome;
use crate::export::freeze;
use crate::import::Acquired;

/// Converts a dictionary to codes and categories.
pub(crate) fn codes<'py>(
    py: Python<'py>,
    data: Acquired<'py>,
    allow_copy: bool,
) -> Outcome<Bound<'py, PyAny>> {
    static CODES: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let mut imported = data.read(None)?;
    let ordered = imported.ordered;
    let mut debts = Debts::whole();
    let made = {
        let chunks = imported.chunks()?;
        let codes = Codes::new(&imported.field, &chunks)?;
        let dtype = codes.plan().dtype;
        codes.plan().check_copies(allow_copy || codes.is_empty())?;
        let values = match codes.view() {
            Some((bytes, chunk)) => {
                let (ptr, width) = (bytes.as_ptr(), dtype.itemsize());
                let rows = (bytes.len() / width, width as isize);
                let view = ViewOf { ptr, rows, trailing: SmallVec::new(), chunk, routes: SmallVec::new() };
                // SAFETY: the codes are a buffer of this chunk, of this width.
                unsafe { debts.view(py, &view, descriptor(py, dtype)?) }?
            }
            None => match dtype {
                DType::Int8 => PyArray1::from_iter(py, codes.iter().map(|code| code as i8)).into_any(),
                DType::Int16 => PyArray1::from_iter(py, codes.iter().map(|code| code as i16)).into_any(),
                DType::Int32 => PyArray1::from_iter(py, codes.iter().map(|code| code as i32)).into_any(),
                _ => PyArray1::from_iter(py, codes.iter()).into_any(),
            },
        };
        if codes.plan().transfer == Transfer::View && codes.is_empty() {
            freeze(values.cast().map_err(PyErr::from)?);
        }
        let options = Options::default();
        let column = codes.categories(&options)?;
        let request = Request::plain(options);
        let planned = Planned::new(&column, &request.options, &[])?;
        let categories = array(py, planned.task(), &request, &mut debts)?;
        (values, categories.values)
    };
    debts.settle(&mut imported)?;
    Ok(CODES.import(py, "arrownd.results", "Codes")?.call1((made.0, made.1, ordered))?)
}
