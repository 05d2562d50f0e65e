//! Results as `np.ma` has them.

use arrownd::{DType, Plan as CorePlan};
use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple, PyType};

use crate::convert::Made;
use crate::dtypes::descriptor;
use crate::errors::Outcome;

/// A record mask, not filled: one byte for each part of each value.
pub(crate) fn empty_records<'py>(
    py: Python<'py>,
    plan: &CorePlan,
    dtype: DType,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let records = py.import("numpy.ma")?.call_method1("make_mask_descr", (descriptor(py, dtype)?,))?;
    let shape: Vec<usize> = plan.shape().unwrap_or_default().into_iter().flatten().collect();
    let mask = py.import("numpy")?.call_method1("empty", (PyTuple::new(py, shape)?, records))?;
    Ok(mask.cast_into::<PyUntypedArray>()?)
}

/// A fill value that the dtype holds, where NumPy's own default is none.
fn fill_value<'py>(py: Python<'py>, dtype: DType) -> PyResult<Option<Bound<'py, PyAny>>> {
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

impl<'py> Made<'py> {
    /// As `np.ma` has it: no mask where nothing is missing, records masked part by part, and a fill
    /// value that the dtype holds.
    pub(crate) fn into_masked_array(self, py: Python<'py>) -> Outcome<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "numpy.ma", "MaskedArray")?;
        let kwargs = PyDict::new(py);
        if let Some(mask) = self.mask {
            kwargs.set_item(intern!(py, "mask"), mask)?;
        }
        if let Some(fill) = fill_value(py, self.dtype)? {
            kwargs.set_item(intern!(py, "fill_value"), fill)?;
        }
        Ok(class.call((self.values,), Some(&kwargs))?)
    }
}
