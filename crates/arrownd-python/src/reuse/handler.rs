//! NumPy's way to other memory than its own.
#![allow(unsafe_code, reason = "NumPy's C API calls functions with pointers")]

use std::ffi::{c_char, c_void};
use std::ptr::{NonNull, null_mut};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;

use super::blocks::{Block, give, keep, take, take_new};
use crate::numpy_api::Table;

/// Below this the C library keeps freed memory itself (its largest `M_MMAP_THRESHOLD`).
const LARGE: usize = 32 << 20;

/// `PyDataMem_Handler`, version 1
#[repr(C)]
struct Handler {
    name: [c_char; 127],
    version: u8,
    ctx: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void, usize),
}

// SAFETY: nothing in it is ever written to.
unsafe impl Sync for Handler {}

static HANDLER: Handler = Handler {
    name: named(b"arrownd"),
    version: 1,
    ctx: null_mut(),
    malloc: allocate,
    calloc: allocate_zeroed,
    realloc: resize,
    free: release,
};

/// For an array whose every byte is written before anybody sees it: where NumPy asks for zeros (all of its own texts
/// are empty at first) it gets memory as it is.
static UNSEEN: Handler = Handler { calloc: allocate_each, ..HANDLER };

impl Handler {
    /// What NumPy takes for a handler.
    fn capsule(&'static self, py: Python<'_>) -> PyResult<Py<PyCapsule>> {
        let handler: *const Self = self;
        // SAFETY: the handler is never freed; NumPy only reads it.
        let capsule = unsafe { ffi::PyCapsule_New(handler.cast_mut().cast(), c"mem_handler".as_ptr(), None) };
        // SAFETY: a new reference, or null with an exception set.
        Ok(unsafe { Bound::from_owned_ptr_or_err(py, capsule) }?.cast_into::<PyCapsule>()?.unbind())
    }
}

const fn named(text: &[u8]) -> [c_char; 127] {
    let mut name = [0; 127];
    let mut at = 0;
    while at < text.len() {
        name[at] = text[at] as c_char;
        at += 1;
    }
    name
}

fn memory(block: Option<Block>) -> *mut c_void {
    block.map_or(null_mut(), |block| block.into_memory().as_ptr().cast())
}

unsafe extern "C" fn allocate(_: *mut c_void, bytes: usize) -> *mut c_void {
    memory(take(bytes))
}

unsafe extern "C" fn allocate_zeroed(_: *mut c_void, count: usize, each: usize) -> *mut c_void {
    // New memory is zero already, and is no slower than to write zeros to what is there.
    memory(count.checked_mul(each).and_then(take_new))
}

unsafe extern "C" fn allocate_each(_: *mut c_void, count: usize, each: usize) -> *mut c_void {
    memory(count.checked_mul(each).and_then(take))
}

unsafe extern "C" fn resize(_: *mut c_void, old: *mut c_void, bytes: usize) -> *mut c_void {
    let Some(old) = NonNull::new(old) else { return memory(take(bytes)) };
    // SAFETY: NumPy hands over what it got from here, and goes on with what it gets.
    match unsafe { Block::of(old.cast()) }.resized(bytes) {
        Ok(block) => memory(Some(block)),
        Err(same) => {
            // The memory stays valid, as with `realloc`.
            same.into_memory();
            null_mut()
        }
    }
}

unsafe extern "C" fn release(_: *mut c_void, old: *mut c_void, _: usize) {
    if let Some(old) = NonNull::new(old) {
        // SAFETY: NumPy hands over what it got from here, and has no more use for it.
        give(unsafe { Block::of(old.cast()) });
    }
}

/// The part of NumPy's C API that rust-numpy leaves out, since NumPy 1.22.
struct Api {
    /// `PyObject *PyDataMem_SetHandler(PyObject *handler)`: returns the one before
    set: unsafe extern "C" fn(*mut ffi::PyObject) -> *mut ffi::PyObject,
    /// `PyObject *PyDataMem_GetHandler(void)`
    get: unsafe extern "C" fn() -> *mut ffi::PyObject,
    /// `PyObject *PyDataMem_DefaultHandler`
    default: *mut ffi::PyObject,
    zeroing: Py<PyCapsule>,
    unseen: Py<PyCapsule>,
}

// SAFETY: functions, and objects that live as long as the interpreter.
unsafe impl Send for Api {}
// SAFETY: as above.
unsafe impl Sync for Api {}

impl Api {
    fn get(py: Python<'_>) -> Option<&'static Self> {
        static API: PyOnceLock<Option<Api>> = PyOnceLock::new();
        API.get_or_init(py, || if keep().is_zero() { None } else { Self::found(py).ok() }).as_ref()
    }

    fn found(py: Python<'_>) -> PyResult<Self> {
        let table = Table::get(py)?;
        // SAFETY: the slots and what is in them are those of NumPy's `__multiarray_api.h`.
        let default: *const *mut ffi::PyObject = unsafe { table.slot(306) };
        Ok(Self {
            // SAFETY: as above.
            set: unsafe { table.slot(304) },
            // SAFETY: as above.
            get: unsafe { table.slot(305) },
            // SAFETY: a variable of NumPy's, which is set before the table is there.
            default: unsafe { default.read() },
            zeroing: HANDLER.capsule(py)?,
            unseen: UNSEEN.capsule(py)?,
        })
    }

    /// Sets the handler for the arrays that this context makes; the one before.
    fn set<'py>(&self, py: Python<'py>, handler: *mut ffi::PyObject) -> Option<Bound<'py, PyAny>> {
        // SAFETY: a handler's capsule; NumPy takes a reference of its own.
        let before = unsafe { (self.set)(handler) };
        // SAFETY: a new reference, or null with an exception set.
        unsafe { Bound::from_owned_ptr_or_err(py, before) }.ok()
    }

    /// Whether nobody has set another handler than NumPy's own.
    fn is_default(&self, py: Python<'_>) -> bool {
        // SAFETY: needs nothing but the GIL.
        let now = unsafe { (self.get)() };
        // SAFETY: a new reference, or null with an exception set.
        unsafe { Bound::from_owned_ptr_or_err(py, now) }
            .is_ok_and(|now| std::ptr::eq(now.as_ptr(), self.default))
    }
}

/// Makes an array of so many bytes, of memory that is used again where it is large; `unseen` is what NumPy would write
/// zeros to, and needn't.
pub(crate) fn reusing<R>(
    py: Python<'_>,
    bytes: usize,
    unseen: impl FnOnce() -> bool,
    make: impl FnOnce() -> R,
) -> R {
    if bytes < LARGE {
        return make();
    }
    let Some(api) = Api::get(py).filter(|api| api.is_default(py)) else { return make() };
    let own = if unseen() { &api.unseen } else { &api.zeroing };
    let Some(before) = api.set(py, own.as_ptr()) else { return make() };
    let made = make();
    api.set(py, before.as_ptr());
    made
}
