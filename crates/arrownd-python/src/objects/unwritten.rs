//! New arrays of objects whose memory isn't zeroed beforehand.
#![allow(unsafe_code, reason = "an array of numbers becomes one of objects")]

use std::cell::Cell;
use std::mem::MaybeUninit;

use numpy::npyffi::PyArrayObject;
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::prelude::*;

/// A new array of integers in one row, which becomes one of objects when this is dropped: what nobody has written to is
/// zeroed then, which NumPy takes for None. NumPy itself zeroes objects beforehand, which takes an eighth of the time
/// where many places share an object.
pub(crate) struct Unwritten<'a, 'py> {
    array: &'a Bound<'py, PyUntypedArray>,
    objects: Bound<'py, PyArrayDescr>,
    /// The first place that nothing was written to.
    next: Cell<*mut usize>,
    /// How many follow.
    left: Cell<usize>,
}

impl<'a, 'py> Unwritten<'a, 'py> {
    /// Of an array as wide as addresses, whose places are written in order.
    ///
    /// # Safety
    /// The array is new, nobody else has it, and it lies in one row.
    pub(crate) unsafe fn new(
        array: &'a Bound<'py, PyUntypedArray>,
        objects: Bound<'py, PyArrayDescr>,
    ) -> Self {
        let raw: *mut PyArrayObject = array.as_array_ptr();
        // SAFETY: a valid array; its data pointer is a plain field.
        let data = unsafe { (*raw).fields.data };
        Self { array, objects, next: Cell::new(data.cast()), left: Cell::new(array.len()) }
    }

    /// Whether these places are the next.
    pub(super) fn are_next(&self, places: &[MaybeUninit<usize>]) -> bool {
        std::ptr::eq(places.as_ptr().cast(), self.next.get().cast_const())
    }

    /// The next `count` places were written to.
    #[inline]
    pub(super) fn skip(&self, count: usize) {
        let count = count.min(self.left.get());
        self.next.set(self.next.get().wrapping_add(count));
        self.left.set(self.left.get() - count);
    }

    /// Zeroes the next `count` places.
    #[inline]
    pub(super) fn clear(&self, count: usize) {
        let count = count.min(self.left.get());
        // SAFETY: as many places follow in the array, which is this one's until it is dropped.
        unsafe { self.next.get().write_bytes(0, count) };
        self.skip(count);
    }

    /// Zeroes all that nothing was written to.
    pub(crate) fn clear_all(&self) {
        self.clear(self.left.get());
    }
}

impl Drop for Unwritten<'_, '_> {
    fn drop(&mut self) {
        self.clear_all();
        let raw: *mut PyArrayObject = self.array.as_array_ptr();
        // SAFETY: a valid array of addresses and zeros, which is what one of objects is made of.
        let descr = unsafe { &mut (*raw).fields.descr };
        let numbers = std::mem::replace(descr, self.objects.clone().into_dtype_ptr());
        // SAFETY: the reference was the array's.
        unsafe { ffi::Py_DECREF(numbers.cast()) };
    }
}
