//! NumPy's `StringDType`: text packed straight from the Arrow buffers.
#![allow(unsafe_code, reason = "NumPy's C API packs strings into memory and locks their allocator")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr::NonNull;

use arrownd::{Dest, Fill, Task, Visit};
use numpy::npyffi::PyArrayObject;
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;

use crate::errors::{Failure, Outcome};

/// `npy_string_allocator`
#[repr(C)]
struct Allocator {
    _opaque: [u8; 0],
}

/// `npy_packed_static_string`, as large and aligned as two words.
type Packed = [usize; 2];

/// The part of NumPy's C API that rust-numpy leaves out, since NumPy 2.0.
#[derive(Clone, Copy)]
struct Api {
    /// `int NpyString_pack(npy_string_allocator *, npy_packed_static_string *, const char *, size_t)`
    pack: unsafe extern "C" fn(*mut Allocator, *mut Packed, *const c_char, usize) -> c_int,
    /// `int NpyString_pack_null(npy_string_allocator *, npy_packed_static_string *)`
    pack_null: unsafe extern "C" fn(*mut Allocator, *mut Packed) -> c_int,
    /// `npy_string_allocator *NpyString_acquire_allocator(const PyArray_StringDTypeObject *)`
    acquire: unsafe extern "C" fn(*const c_void) -> *mut Allocator,
    /// `void NpyString_release_allocator(npy_string_allocator *)`
    release: unsafe extern "C" fn(*mut Allocator),
}

/// Reads one slot of NumPy's table of functions.
///
/// # Safety
/// The table has the slot, and it holds a function of type `F`.
unsafe fn slot<F: Copy>(table: NonNull<*const c_void>, index: usize) -> F {
    // SAFETY: the table has the slot by the caller's promise.
    let slot = unsafe { table.add(index) };
    // SAFETY: a function pointer of type `F` by the caller's promise.
    unsafe { slot.cast::<F>().read() }
}

impl Api {
    /// The functions. A dtype of kind "T" is there, so NumPy is 2.0 or later and has them.
    fn get(py: Python<'_>) -> PyResult<Self> {
        static API: PyOnceLock<Api> = PyOnceLock::new();
        API.get_or_try_init(py, || {
            let capsule = py.import("numpy._core.multiarray")?.getattr("_ARRAY_API")?;
            let table: NonNull<*const c_void> =
                capsule.cast_into::<PyCapsule>()?.pointer_checked(None)?.cast();
            Ok(Self {
                // SAFETY: the slot and the signature are those of NumPy's `__multiarray_api.h`.
                pack: unsafe { slot(table, 314) },
                // SAFETY: as above.
                pack_null: unsafe { slot(table, 315) },
                // SAFETY: as above.
                acquire: unsafe { slot(table, 316) },
                // SAFETY: as above.
                release: unsafe { slot(table, 318) },
            })
        })
        .copied()
    }
}

/// The dtype instance of an array: it has the allocator, whichever instance the array was made of.
struct Instance(*const c_void);

// SAFETY: only its allocator is asked for, which has a lock; the array that has the instance is
// borrowed for as long.
unsafe impl Send for Instance {}

/// The locked allocator of one dtype instance. No Python code may run while it is held.
struct Packer {
    api: Api,
    allocator: *mut Allocator,
}

impl Packer {
    fn new(api: Api, instance: Instance) -> Self {
        // SAFETY: a StringDType instance, which the array keeps alive; locking needs no GIL.
        let allocator = unsafe { (api.acquire)(instance.0) };
        Self { api, allocator }
    }

    /// Packs one text, or the null for None; false where there is no memory or no place.
    #[inline(always)]
    fn pack(&self, visit: &mut Visit<'_>, at: usize, text: Option<&[u8]>) -> bool {
        let out = visit.run.element(at);
        let ptr = out.as_mut_ptr().cast::<Packed>();
        if out.len() != size_of::<Packed>() || !ptr.is_aligned() {
            return false;
        }
        let done = match text {
            // SAFETY: NumPy makes strings initialised (empty), and an `out` holds some: packing
            // frees what was there. The allocator is the array's own, and locked.
            Some(text) => unsafe { (self.api.pack)(self.allocator, ptr, text.as_ptr().cast(), text.len()) },
            // SAFETY: as above.
            None => unsafe { (self.api.pack_null)(self.allocator, ptr) },
        };
        done == 0
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        // SAFETY: acquired once by `new`, and released once.
        unsafe { (self.api.release)(self.allocator) };
    }
}

/// Packs every text into `array`, whose memory is `dest`; without the GIL where `detach` says so.
pub(crate) fn pack(
    py: Python<'_>,
    task: &Task<'_>,
    dest: &mut Dest<'_>,
    array: &Bound<'_, PyUntypedArray>,
    detach: bool,
) -> Outcome<()> {
    let api = Api::get(py)?;
    let raw: *mut PyArrayObject = array.as_array_ptr();
    // SAFETY: a valid array; its dtype is a plain field.
    let instance = Instance(unsafe { (*raw).fields.descr }.cast_const().cast());
    let work = move || {
        // Released before the GIL is taken again.
        let packer = Packer::new(api, instance);
        task.objects(dest, &mut |visit| stretch(&packer, visit))
    };
    if detach { py.detach(work) } else { work() }
}

fn stretch(packer: &Packer, mut visit: Visit<'_>) -> Outcome<()> {
    let missing: Option<&[u8]> = match &visit.step.fill {
        Some(Fill::Text(text)) => Some(text.as_bytes()),
        Some(_) => None,
        // A mask tells.
        None => Some(&[]),
    };
    for at in (0..visit.run.len()).step_by(64) {
        let block = visit.block(at);
        let octets = visit.octets(&block);
        if !octets.is_ascii()
            && let Some((i, why)) = octets.not_utf8()
        {
            return Err(Failure::Core(visit.invalid_text(at + i, why)));
        }
        for (i, text) in octets.each().iter().take(block.len).enumerate() {
            let text = if block.valid >> i & 1 != 0 { Some(*text) } else { missing };
            if !packer.pack(&mut visit, at + i, text) {
                return Err(no_memory());
            }
        }
    }
    Ok(())
}

#[cold]
fn no_memory() -> Failure {
    Failure::Python(PyMemoryError::new_err("NumPy has no memory for the strings"))
}
