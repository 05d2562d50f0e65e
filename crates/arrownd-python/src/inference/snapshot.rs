//! The elements of an array, and those of a mask.
//!
//! While they are read the GIL is held and no Python code runs, so nobody changes the array. In a build of Python
//! without a GIL that is the caller's business, as it is for NumPy itself.
#![allow(unsafe_code, reason = "reads NumPy's elements through their strides")]

use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrownd::engine::dense::Cells;
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::errors::Outcome;
use crate::export;

/// The elements of an array, in C order, and which of them a mask leaves. Reading them runs no Python code.
pub(super) struct Elements<'a> {
    pub(super) cells: Cells<'a>,
    pub(super) nulls: Option<NullBuffer>,
}

impl<'a> Elements<'a> {
    pub(super) fn new(
        array: &'a Bound<'_, PyUntypedArray>,
        mask: Option<&Bound<'_, PyUntypedArray>>,
    ) -> Self {
        Self { nulls: mask.map(nulls), cells: cells(array) }
    }

    /// The first object that there is and that isn't None.
    pub(super) fn first_object<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        // SAFETY: the array has a reference to it.
        self.first().map(|object| unsafe { Bound::from_borrowed_ptr(py, object) })
    }

    /// The objects, each with a reference of its own: code that they run can change the array. None where
    /// there is None, or a mask.
    pub(super) fn objects<'py>(&self, py: Python<'py>) -> Vec<Option<Bound<'py, PyAny>>> {
        let mut objects = Vec::with_capacity(self.cells.count());
        self.each(|_, object| {
            let object = object.filter(|object| !std::ptr::eq(*object, none()));
            // SAFETY: the array has a reference to it.
            objects.push(object.map(|object| unsafe { Bound::from_borrowed_ptr(py, object) }));
            Some(())
        });
        objects
    }
}

/// Objects that are read where they lie. Reading them runs no Python code, and `visit` may run none.
pub(super) trait Source {
    /// How many there are.
    fn count(&self) -> usize;

    /// The first that there is and that isn't Python's None.
    fn first(&self) -> Option<*mut ffi::PyObject> {
        let mut first = None;
        self.each(|_, object| {
            first = object.filter(|object| !std::ptr::eq(*object, none()));
            first.is_none().then_some(())
        });
        first
    }

    /// Calls `visit` with position and object, None where there is none, until that returns None: then it says false.
    fn each(&self, visit: impl FnMut(usize, Option<*mut ffi::PyObject>) -> Option<()>) -> bool;
}

impl Source for Elements<'_> {
    fn count(&self) -> usize {
        self.cells.count()
    }

    /// None where a mask is or the array has null.
    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, Option<*mut ffi::PyObject>) -> Option<()>) -> bool {
        let done = self.cells.each(|position, cell| {
            let address = cell.first_chunk().map_or(0, |bytes| usize::from_ne_bytes(*bytes));
            let masked = self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(position));
            let object = (address != 0 && !masked).then(|| std::ptr::with_exposed_provenance_mut(address));
            visit(position, object).ok_or(())
        });
        done.is_ok()
    }
}

/// Python's None.
#[inline(always)]
pub(super) fn none() -> *mut ffi::PyObject {
    // SAFETY: asks for the address of a static object.
    unsafe { ffi::Py_None() }
}

/// The cells of an array.
pub(super) fn cells<'a>(array: &'a Bound<'_, PyUntypedArray>) -> Cells<'a> {
    let data = export::address(array).as_ptr().cast_const();
    let width = array.dtype().itemsize();
    // SAFETY: NumPy's shape and strides describe the array's memory, and `array` is borrowed for as long.
    unsafe { Cells::new(data, array.shape(), array.strides(), width) }
}

/// An array of NumPy's own class and no other: one comparison.
#[inline]
pub(super) fn exactly_array<'o, 'py>(
    object: &'o Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
) -> Option<&'o Bound<'py, PyUntypedArray>> {
    // SAFETY: an object of that class, which is the type's.
    object.get_type_ptr().eq(&class.as_type_ptr()).then(|| unsafe { object.cast_unchecked() })
}

/// The elements of arrays of one dimension and of one dtype, which has no references in it, one after the other.
pub(super) struct Joined<'py> {
    flat: Bound<'py, PyUntypedArray>,
    width: usize,
    total: usize,
    /// How many are there.
    done: usize,
}

impl<'py> Joined<'py> {
    /// For `total` of them.
    pub(super) fn new(descr: Bound<'py, PyArrayDescr>, total: usize) -> Outcome<Self> {
        let width = descr.itemsize();
        Ok(Self { flat: export::empty(&[total], descr, &[width as isize])?, width, total, done: 0 })
    }

    /// Appends the elements of an array; None where it isn't such a one, or they are more than `total`. Of what dtype
    /// an empty one is doesn't matter.
    pub(super) fn append(&mut self, array: &Bound<'py, PyUntypedArray>) -> Option<()> {
        let (count, width) = (array.len(), self.width);
        if count == 0 {
            return Some(());
        }
        if array.ndim() != 1 || count > self.total - self.done || array.dtype().itemsize() != width {
            return None;
        }
        // SAFETY: `total` elements are there, of which `done` are written.
        let to = unsafe { export::address(&self.flat).add(self.done * width) };
        self.done += count;
        // SAFETY: all elements, to as many of another array, which follow those written.
        unsafe { copy_elements(array, (0, count), to.as_ptr(), width) };
        Some(())
    }

    /// All of them; None where there are fewer.
    pub(super) fn finish(self) -> Option<Bound<'py, PyUntypedArray>> {
        (self.done == self.total).then_some(self.flat)
    }
}

/// Copies elements of an array of one dimension: so many, from one of them on.
///
/// # Safety
/// The array has them, `width` bytes each and no references in them, and there is memory for as many, which isn't the array's.
#[inline(always)]
pub(super) unsafe fn copy_elements(
    array: &Bound<'_, PyUntypedArray>,
    (start, count): (usize, usize),
    to: *mut u8,
    width: usize,
) {
    let step = array.strides().first().copied().unwrap_or(0);
    // SAFETY: an element of the array, as NumPy's stride says.
    let from = unsafe { export::address(array).as_ptr().offset(step * start as isize) }.cast_const();
    if step == width as isize {
        // SAFETY: the elements lie in a row, in other memory than those that are written.
        unsafe { from.copy_to_nonoverlapping(to, count * width) };
        return;
    }
    for i in 0..count {
        // SAFETY: an element of the array, as NumPy's stride says.
        let from = unsafe { from.offset(step * i as isize) };
        // SAFETY: one of the `count` elements that there is memory for.
        let to = unsafe { to.add(i * width) };
        // SAFETY: one element to other memory.
        unsafe { from.copy_to_nonoverlapping(to, width) };
    }
}

/// The validity that a mask leaves: it is True where a value is missing.
pub(super) fn nulls(mask: &Bound<'_, PyUntypedArray>) -> NullBuffer {
    let cells = cells(mask);
    let mut missing = Vec::with_capacity(cells.count());
    let done: Result<(), std::convert::Infallible> = cells.each(|_, cell| {
        missing.push(cell.first().is_some_and(|byte| *byte != 0));
        Ok(())
    });
    let Ok(()) = done;
    let valid = BooleanBuffer::collect_bool(missing.len(), |i| missing.get(i) == Some(&false));
    NullBuffer::new(valid)
}
