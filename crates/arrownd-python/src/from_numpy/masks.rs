//! Masks: those of masked arrays, and `mask=`.
#![allow(unsafe_code, reason = "the core is told where NumPy keeps the elements")]

use std::sync::Arc;

use arrownd::DType;
use arrownd::engine::dense::Mask;
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;
use smallvec::SmallVec;

use super::dtype::{Kind, kind_of};
use crate::errors::Outcome;
use crate::export;
use crate::kept::Kept;

/// Masks of one array, all of its shape.
pub(super) type Masks<'py> = SmallVec<[Bound<'py, PyUntypedArray>; 1]>;

/// The mask of a masked array.
pub(super) fn own_masks<'py>(array: &Bound<'py, PyUntypedArray>) -> Outcome<Masks<'py>> {
    static PLAIN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static MASKED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = array.py();
    let mut masks = Masks::new();
    if !array.get_type().is(PLAIN.import(py, "numpy", "ndarray")?)
        && array.is_instance(MASKED.import(py, "numpy.ma", "MaskedArray")?)?
        // `nomask` is no array.
        && let Ok(mask) = py.import("numpy.ma")?.call_method1(intern!(py, "getmask"), (array,))?.cast::<PyUntypedArray>()
    {
        masks.push(mask.clone());
    }
    Ok(masks)
}

/// `mask=`, of the shape of the array.
pub(super) fn given_mask<'py>(
    mask: &Bound<'py, PyAny>,
    array: &Bound<'py, PyUntypedArray>,
) -> Outcome<Option<Bound<'py, PyUntypedArray>>> {
    let py = mask.py();
    let mask = match mask.cast::<PyUntypedArray>() {
        Ok(mask) => mask.clone(),
        Err(_) => py
            .import("numpy")?
            .call_method1("asarray", (mask,))?
            .cast_into::<PyUntypedArray>()
            .map_err(PyErr::from)?,
    };
    let bools = match kind_of(&mask.dtype()) {
        Ok(Kind::Fixed(DType::Bool, _)) => true,
        Ok(Kind::Records(_)) => {
            let wanted = py.import("numpy.ma")?.call_method1("make_mask_descr", (array.dtype(),))?;
            mask.dtype().eq(&wanted)?
        }
        _ => false,
    };
    if !bools {
        return Err(PyTypeError::new_err(format!(
            "mask has dtype {}, and has to be bool: True where a value is missing",
            mask.dtype()
        ))
        .into());
    }
    // np.ma's `nomask`.
    if mask.ndim() == 0 && !mask.call_method0("any")?.is_truthy()? {
        return Ok(None);
    }
    if mask.shape() != array.shape() {
        let text = |array: &Bound<'_, PyUntypedArray>| array.getattr("shape").map(|shape| shape.to_string());
        return Err(PyValueError::new_err(format!(
            "mask has shape {}, and the array {}: pass one of the same shape",
            text(&mask)?,
            text(array)?
        ))
        .into());
    }
    Ok(Some(mask))
}

/// One mask of several.
pub(super) fn united(masks: Masks<'_>) -> PyResult<Option<Bound<'_, PyUntypedArray>>> {
    let mut masks = masks.into_iter();
    let Some(mut union) = masks.next() else { return Ok(None) };
    for mask in masks {
        let or = union.py().import("numpy")?.getattr("logical_or")?;
        union = or.call1((union, mask))?.cast_into::<PyUntypedArray>()?;
    }
    Ok(Some(union))
}

/// A mask that the core reads.
pub(super) fn borrowed(mask: &Bound<'_, PyUntypedArray>) -> Mask {
    let owner = Arc::new(Kept::new(mask.clone().into_any().unbind()));
    // SAFETY: NumPy's shape and strides describe memory that the array keeps alive, and the owner keeps the array.
    unsafe { Mask::new(export::address(mask).as_ptr(), mask.shape(), mask.strides(), owner) }
}
