//! Results as `np.ma` has them.

use arrownd::engine::{Nulls, RecordType};
use arrownd::{DType, Plan as CorePlan};
use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple, PyType};

use crate::arguments::Request;
use crate::convert::Made;
use crate::dtypes::{descriptor, of_plan};
use crate::errors::Outcome;

/// A record mask, not filled: one byte for each part of each value.
pub(crate) fn empty_records<'py>(py: Python<'py>, plan: &CorePlan) -> PyResult<Bound<'py, PyUntypedArray>> {
    let records = py.import("numpy.ma")?.call_method1("make_mask_descr", (of_plan(py, plan)?,))?;
    let shape: Vec<usize> = plan.shape().unwrap_or_default().into_iter().flatten().collect();
    let mask = py.import("numpy")?.call_method1("empty", (PyTuple::new(py, shape)?, records))?;
    Ok(mask.cast_into::<PyUntypedArray>()?)
}

/// A fill value that the dtype holds, where NumPy's own default is none.
fn fill_value(py: Python<'_>, dtype: DType) -> PyResult<Option<Bound<'_, PyAny>>> {
    let number = |value: f64| Ok(Some(PyFloat::new(py, value).into_any()));
    let integer = |value: i64| Ok(Some(PyInt::new(py, value).into_any()));
    match dtype {
        // NumPy has 999999 for every integer and 1e20 for every float.
        DType::Int8 => integer(i64::from(i8::MAX)),
        DType::Int16 => integer(i64::from(i16::MAX)),
        DType::UInt8 => integer(i64::from(u8::MAX)),
        DType::UInt16 => integer(i64::from(u16::MAX)),
        DType::Float16 => number(65504.0),
        // NumPy has "N/A" for all text.
        DType::Unicode(1 | 2) => Ok(Some(PyString::intern(py, "").into_any())),
        DType::ByteString(1 | 2) => Ok(Some(PyBytes::new(py, b"").into_any())),
        DType::Void(n) => {
            let zeros = PyBytes::new(py, &vec![0; n]);
            Ok(Some(py.import("numpy")?.call_method1("void", (zeros,))?))
        }
        _ => Ok(None),
    }
}

/// The same for records: NumPy's defaults for the fields that hold them.
fn record_fill<'py>(py: Python<'py>, record: &RecordType) -> PyResult<Bound<'py, PyAny>> {
    let parts = record.fields.iter().map(|field| match &field.record {
        Some(record) => record_fill(py, record),
        None => match fill_value(py, field.dtype)? {
            Some(value) => Ok(value),
            None => {
                let default = (descriptor(py, field.dtype)?,);
                let value = py.import("numpy.ma")?.call_method1("default_fill_value", default)?;
                // A record in a record is a tuple.
                if field.dtype.record_parts() > 1 { value.call_method0("tolist") } else { Ok(value) }
            }
        },
    });
    Ok(PyTuple::new(py, parts.collect::<PyResult<Vec<_>>>()?)?.into_any())
}

impl<'py> Made<'py> {
    /// A masked array under `nulls="masked"`, otherwise the values.
    pub(crate) fn into_asked(self, py: Python<'py>, request: &Request<'py>) -> Outcome<Bound<'py, PyAny>> {
        if request.options.nulls == Nulls::Masked { self.into_masked_array(py) } else { Ok(self.values) }
    }

    /// As `np.ma` has it: no mask where nothing is missing, records masked part by part, and a fill
    /// value that the dtype holds.
    pub(crate) fn into_masked_array(self, py: Python<'py>) -> Outcome<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "numpy.ma", "MaskedArray")?;
        let kwargs = PyDict::new(py);
        // Passed to the class, the mask of records would be copied into one that NumPy makes.
        let (mask, later) = if self.record.is_some() { (None, self.mask) } else { (self.mask, None) };
        if let Some(mask) = mask {
            kwargs.set_item(intern!(py, "mask"), mask)?;
        }
        let fill = match &self.record {
            Some(record) => Some(record_fill(py, record)?),
            None => fill_value(py, self.dtype)?,
        };
        if let Some(fill) = fill {
            kwargs.set_item(intern!(py, "fill_value"), fill)?;
        }
        let masked = class.call((self.values,), Some(&kwargs))?;
        if let Some(mask) = later {
            masked.setattr(intern!(py, "_mask"), mask)?;
            masked.setattr(intern!(py, "_sharedmask"), true)?;
        }
        Ok(masked)
    }
}
