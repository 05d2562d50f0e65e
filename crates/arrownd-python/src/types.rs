//! What is known of types, remembered by their addresses.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyType;

const SLOTS: usize = 64;
/// Type objects are aligned to at least this (one that isn't is never remembered): the low bits of a slot are
/// free for what is known.
const ALIGNED: usize = 16;

/// Types seen before, each as its address plus a number below 16 that says what is known of it.
///
/// A type in here is kept alive (at most [`SLOTS`] of them), so that its address can't become another type's.
pub(crate) struct TypeTable {
    slots: [AtomicUsize; SLOTS],
}

impl TypeTable {
    pub(crate) const fn new() -> Self {
        Self { slots: [const { AtomicUsize::new(0) }; SLOTS] }
    }

    /// What is known of the type at that address.
    #[inline]
    pub(crate) fn get(&self, address: usize) -> Option<usize> {
        let seen = self.slots[address / ALIGNED % SLOTS].load(Ordering::Acquire);
        (seen / ALIGNED * ALIGNED == address).then_some(seen % ALIGNED)
    }

    pub(crate) fn remember(&self, class: Bound<'_, PyType>, known: usize) {
        let py = class.py();
        let address = class.as_ptr().addr();
        if !address.is_multiple_of(ALIGNED) || known >= ALIGNED {
            return;
        }
        let kept = class.into_ptr().expose_provenance();
        let evicted = self.slots[address / ALIGNED % SLOTS].swap(kept + known, Ordering::AcqRel);
        crate::export::release_address(py, evicted / ALIGNED * ALIGNED);
    }

    /// Lets go of all types, so that their modules can be torn down with the interpreter.
    pub(crate) fn forget(&self, py: Python<'_>) {
        for slot in &self.slots {
            let kept = slot.swap(0, Ordering::AcqRel) / ALIGNED * ALIGNED;
            crate::export::release_address(py, kept);
        }
    }
}
