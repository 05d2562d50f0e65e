//! Results as `np.ma` has them.

use arrownd::DType;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::convert::Made;
use crate::errors::Outcome;

impl<'py> Made<'py> {
    /// As `np.ma` has it: no mask where nothing is missing, records masked field by field, and a
    /// fill value that the dtype holds.
    pub(crate) fn into_masked_array(self, py: Python<'py>) -> Outcome<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "numpy.ma", "MaskedArray")?;
        let kwargs = PyDict::new(py);
        if let Some(mask) = self.mask {
            let mask = match self.dtype {
                DType::IntervalDayTime | DType::IntervalMonthDayNano => {
                    let ma = py.import("numpy.ma")?;
                    let dtype = ma.call_method1("make_mask_descr", (self.values.getattr("dtype")?,))?;
                    let shape = mask.getattr("shape")?;
                    let records = py.import("numpy")?.call_method1("empty", (shape, dtype))?;
                    let names: Vec<String> = self.values.getattr("dtype")?.getattr("names")?.extract()?;
                    for name in names {
                        records.set_item(name, &mask)?;
                    }
                    records
                }
                _ => mask.into_any(),
            };
            kwargs.set_item(intern!(py, "mask"), mask)?;
        }
        // NumPy's default, 999999, is none that the small integers hold.
        let fill: Option<i64> = match self.dtype {
            DType::Int8 => Some(i64::from(i8::MAX)),
            DType::Int16 => Some(i64::from(i16::MAX)),
            DType::UInt8 => Some(i64::from(u8::MAX)),
            DType::UInt16 => Some(i64::from(u16::MAX)),
            _ => None,
        };
        if let Some(fill) = fill {
            kwargs.set_item(intern!(py, "fill_value"), fill)?;
        }
        Ok(class.call((self.values,), Some(&kwargs))?)
    }
}
