//! Which of the capsule protocol's methods an object has, remembered by its type.

use std::sync::Mutex;

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

const SLOTS: usize = 64;

/// A type seen before. The reference keeps its address from being given to another type.
type Slot = Option<(Py<PyType>, Protocol)>;

static SEEN: Mutex<[Slot; SLOTS]> = Mutex::new([const { None }; SLOTS]);

/// The protocol of `object`, `None` where it has none.
///
/// A miss is expensive (Polars takes microseconds to say no), so what was found is remembered by
/// the type's address. That an object has nothing isn't remembered.
pub(crate) fn protocol(object: &Bound<'_, PyAny>) -> PyResult<Option<Protocol>> {
    let class = object.get_type();
    let slot = (class.as_ptr().addr() >> 4) % SLOTS;
    if let Ok(seen) = SEEN.lock() {
        if let Some(Some((known, protocol))) = seen.get(slot) {
            if known.is(&class) {
                return Ok(Some(*protocol));
            }
        }
    }
    if let Some(found) = look(class.as_any(), &class)? {
        let evicted = SEEN.lock().ok().and_then(|mut seen| {
            seen.get_mut(slot).and_then(|slot| slot.replace((class.clone().unbind(), found)))
        });
        // Dropped after the lock: freeing a type may run code.
        drop(evicted);
        return Ok(Some(found));
    }
    // An instance may have what its type hasn't: a proxy.
    look(object, &class)
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
