//! Which of the capsule protocol's methods an object has, remembered by its type.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::types::TypeTable;

/// How an object hands over its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `__arrow_c_array__`, and whether there is `__arrow_c_stream__` too.
    Array { or_stream: bool },
    /// `__arrow_c_stream__`.
    Stream {
        /// The producer has its data at hand: pulling it runs no code that might want the GIL.
        at_hand: bool,
    },
    /// `__arrow_c_device_array__` alone.
    DeviceArray,
}

impl Protocol {
    const ALL: [Self; 5] = [
        Self::Array { or_stream: false },
        Self::Array { or_stream: true },
        Self::Stream { at_hand: false },
        Self::Stream { at_hand: true },
        Self::DeviceArray,
    ];
}

static SEEN: TypeTable = TypeTable::new();

/// The protocol of `object`, `None` where it has none.
///
/// A miss is expensive (Polars takes microseconds to say no), so what was found is remembered by
/// the type's address. That an object has nothing isn't remembered.
#[inline]
pub(crate) fn protocol(object: &Bound<'_, PyAny>) -> PyResult<Option<Protocol>> {
    match SEEN.get(object.get_type_ptr().addr()) {
        Some(known) => Ok(Protocol::ALL.get(known).copied()),
        None => first_sight(object),
    }
}

#[cold]
fn first_sight(object: &Bound<'_, PyAny>) -> PyResult<Option<Protocol>> {
    let class = object.get_type();
    if let Some(found) = look(class.as_any(), &class)? {
        if let Some(place) = Protocol::ALL.iter().position(|known| *known == found) {
            SEEN.remember(class, place);
        }
        return Ok(Some(found));
    }
    // An instance may have what its type hasn't: a proxy.
    look(object, &class)
}

/// Lets go of the remembered types, so that their modules can be torn down with the interpreter.
#[pyfunction]
pub(crate) fn forget_types(py: Python<'_>) {
    SEEN.forget(py);
    crate::producers::forget(py);
}

fn look(place: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> PyResult<Option<Protocol>> {
    let stream = place.hasattr("__arrow_c_stream__")?;
    if place.hasattr("__arrow_c_array__")? {
        return Ok(Some(Protocol::Array { or_stream: stream }));
    }
    if stream {
        let module: String = class.getattr("__module__").and_then(|m| m.extract()).unwrap_or_default();
        let root = module.split('.').next().unwrap_or_default();
        let at_hand = matches!(root, "pyarrow" | "polars") && class.hasattr("__len__")?;
        return Ok(Some(Protocol::Stream { at_hand }));
    }
    Ok(place.hasattr("__arrow_c_device_array__")?.then_some(Protocol::DeviceArray))
}
