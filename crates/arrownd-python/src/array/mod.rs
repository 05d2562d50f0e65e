//! `Array`: carries Arrow data to whoever takes it.
#![allow(clippy::doc_lazy_continuation, reason = "docstrings in NumPy's style are no Markdown")]

mod capsules;
mod dlpack;
mod plain;
mod show;

use std::sync::OnceLock;

use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::DataType;
use arrownd::Error;
use arrownd::engine::dense::Made;
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::type_name::full_name;
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::{Outcome, guarded};
use crate::import::type_in;
use crate::kept::NumpyMemory;
pub(crate) use plain::Plain;

/// Below this many values, letting go of the GIL costs more than the work.
const WORTH_DETACHING: usize = 1 << 14;

#[doc = include_str!("../docs/array.txt")]
#[pyclass(frozen, weakref, module = "arrownd")]
pub(crate) struct Array {
    /// What it was wrapped around, where the Arrow data is made when somebody asks for it.
    plain: Option<Plain>,
    made: OnceLock<Made>,
}

impl Array {
    pub(crate) fn new(py: Python<'_>, made: Made) -> PyResult<Py<Self>> {
        Py::new(py, Self { plain: None, made: OnceLock::from(made) })
    }

    /// Around memory that needs no look at the values.
    pub(crate) fn around(py: Python<'_>, plain: Plain) -> PyResult<Bound<'_, Self>> {
        Bound::new(py, Self { plain: Some(plain), made: OnceLock::new() })
    }

    fn made(&self, py: Python<'_>) -> Outcome<&Made> {
        if let (None, Some(plain)) = (self.made.get(), &self.plain) {
            // Two threads may both make it, of the same memory; one of them is kept.
            let _ = self.made.set(plain.made(py)?);
        }
        let nothing = || Error::Conflict("an Array without data".to_owned());
        Ok(self.made.get().ok_or_else(nothing)?)
    }

    /// The data as the consumer asks for it. A type that there is no conversion to is an error: some consumers take
    /// what they get for what they asked for.
    fn requested(&self, py: Python<'_>, requested: Option<&Bound<'_, PyAny>>) -> Outcome<Made> {
        let made = self.made(py)?.clone();
        let Some(requested) = requested else { return Ok(made) };
        let wanted = type_in(requested)?;
        let mut memory = NumpyMemory;
        if made.data.len() < WORTH_DETACHING {
            return Ok(cast(made, &wanted, true, &mut memory)?);
        }
        Ok(py.detach(|| cast(made, &wanted, true, &mut memory))?)
    }
}

#[pymethods]
impl Array {
    /// Hand over a schema capsule and an array capsule; both share this array's memory.
    ///
    /// Parameters
    /// ----------
    /// requested_schema : capsule, optional
    ///     A type to convert to, checked: a value that it can't hold, or no such conversion, is an error.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        guarded(|| {
            let made = self.requested(py, requested_schema.as_ref())?;
            let pair = (capsules::schema(py, &made.field)?, capsules::array(py, &made.data)?);
            Ok(pair.into_pyobject(py)?)
        })
    }

    /// Hand over a schema capsule.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| capsules::schema(py, &self.made(py)?.field))
    }

    /// What ``to_numpy`` makes of it by default.
    ///
    /// Parameters
    /// ----------
    /// dtype : dtype-like, optional
    ///     As for ``to_numpy``.
    /// copy : bool, optional
    ///     True always copies, False raises a ``CopyNotAllowedError`` where a copy is needed, None copies where it
    ///     is needed.
    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let words = PyDict::new(slf.py());
            words.set_item(intern!(slf.py(), "dtype"), dtype)?;
            numpy_copy(&words, copy)?;
            Ok(to_numpy(slf, &words)?)
        })
    }

    /// Export for DLPack: ``numpy.from_dlpack``, ``torch.from_dlpack``.
    ///
    /// Parameters
    /// ----------
    /// stream : None
    ///     The CPU has none.
    /// max_version : tuple of int, optional
    ///     What the consumer understands. From (1, 0) on the tensor shares memory and is flagged read-only. Before,
    ///     nothing could say so: it is a copy.
    /// dl_device : tuple of int, optional
    ///     (1, 0), the CPU.
    /// copy : bool, optional
    ///     True always copies, False raises a ``BufferError`` where a copy is needed.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        slf: &Bound<'py, Self>,
        stream: Option<Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| dlpack::export(slf, stream.is_some(), max_version, dl_device, copy))
    }

    /// The device that the memory is on: (1, 0), the CPU.
    fn __dlpack_device__(&self) -> (i32, i32) {
        dlpack::CPU
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(|| Ok(self.made(py)?.data.len()))
    }

    /// The Arrow type, as `from_numpy` reads it.
    #[getter(r#type)]
    fn type_name(&self, py: Python<'_>) -> PyResult<String> {
        guarded(|| Ok(full_name(&self.made(py)?.field)))
    }

    /// How many values are missing.
    #[getter]
    fn null_count(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(|| Ok(null_count(self.made(py)?)))
    }

    /// Bytes of all buffers together, shared or not.
    #[getter]
    fn nbytes(&self, py: Python<'_>) -> PyResult<usize> {
        guarded(|| Ok(nbytes(&self.made(py)?.data)))
    }

    /// ``to_numpy`` of this array, with any of its words.
    #[pyo3(signature = (dtype=None, **words), text_signature = "($self, dtype=None, **words)")]
    fn to_numpy<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        words: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guarded(|| {
            let words = words.unwrap_or_else(|| PyDict::new(slf.py()));
            words.set_item(intern!(slf.py(), "dtype"), dtype)?;
            Ok(to_numpy(slf, &words)?)
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        guarded(|| show::shown(slf))
    }

    fn __reduce__(&self) -> PyResult<()> {
        Err(PyTypeError::new_err(
            "an arrownd.Array shares memory and isn't pickled or copied: take the NumPy array, or pa.array(x)",
        ))
    }
}

/// The public function, called with words.
fn to_numpy<'py>(array: &Bound<'py, Array>, words: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
    let py = array.py();
    let function = py.import(intern!(py, "arrownd._core"))?.getattr(intern!(py, "to_numpy"))?;
    function.call((array,), Some(words))
}

/// NumPy 2's meaning of `copy` in our words.
fn numpy_copy(words: &Bound<'_, PyDict>, copy: Option<bool>) -> PyResult<()> {
    let py = words.py();
    match copy {
        Some(true) => words.set_item(intern!(py, "writable"), true),
        Some(false) => words.set_item(intern!(py, "allow_copy"), false),
        None => Ok(()),
    }
}

fn null_count(made: &Made) -> usize {
    match made.data.data_type() {
        DataType::Null => made.data.len(),
        _ => made.data.null_count(),
    }
}

fn nbytes(data: &ArrayData) -> usize {
    let own: usize = data.buffers().iter().map(Buffer::len).sum();
    let validity = data.nulls().map_or(0, |nulls| nulls.len().div_ceil(8));
    own + validity + data.child_data().iter().map(nbytes).sum::<usize>()
}
