//! Which of the capsule protocol's methods an object has, remembered by its type.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyType;

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

const SLOTS: usize = 64;
/// Type objects are aligned to at least this: the low bits of a slot are free for the protocol.
const ALIGNED: usize = 8;

/// Types seen before, each as its address plus the place of its protocol in [`Protocol::ALL`].
///
/// A type in here is kept alive (at most [`SLOTS`] of them), so that its address can't become
/// another type's.
static SEEN: [AtomicUsize; SLOTS] = [const { AtomicUsize::new(0) }; SLOTS];

/// The protocol of `object`, `None` where it has none.
///
/// A miss is expensive (Polars takes microseconds to say no), so what was found is remembered by
/// the type's address. That an object has nothing isn't remembered.
pub(crate) fn protocol(object: &Bound<'_, PyAny>) -> PyResult<Option<Protocol>> {
    let class = object.get_type();
    let address = class.as_ptr().addr();
    let slot = &SEEN[address / 16 % SLOTS];
    let seen = slot.load(Ordering::Acquire);
    if seen / ALIGNED * ALIGNED == address {
        return Ok(Protocol::ALL.get(seen % ALIGNED).copied());
    }
    if let Some(found) = look(class.as_any(), &class)? {
        if let Some(place) = Protocol::ALL.iter().position(|known| *known == found) {
            remember(slot, class, place);
        }
        return Ok(Some(found));
    }
    // An instance may have what its type hasn't: a proxy.
    look(object, &class)
}

fn remember(slot: &AtomicUsize, class: Bound<'_, PyType>, place: usize) {
    let py = class.py();
    let kept = class.into_ptr().expose_provenance();
    if !kept.is_multiple_of(ALIGNED) {
        return; // no such type object is known; this one stays alive and isn't remembered
    }
    let evicted = slot.swap(kept + place, Ordering::AcqRel) / ALIGNED * ALIGNED;
    crate::export::release_address(py, evicted);
}

/// Lets go of the remembered types, so that their modules can be torn down with the interpreter.
#[pyfunction]
pub(crate) fn forget_types(py: Python<'_>) {
    for slot in &SEEN {
        let kept = slot.swap(0, Ordering::AcqRel) / ALIGNED * ALIGNED;
        crate::export::release_address(py, kept);
    }
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
