//! NumPy's `StringDType`: text packed straight from the Arrow buffers.
#![allow(unsafe_code, reason = "NumPy's C API packs strings into memory and locks their allocator")]

use std::ffi::{c_char, c_int, c_void};
use std::mem::MaybeUninit;

use arrownd::Fill;
use arrownd::engine::{Dest, Run, Task, Visit, is_ascii, is_utf8};
use numpy::npyffi::PyArrayObject;
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::errors::{Failure, Outcome};
use crate::numpy_api::Table;
use crate::objects::pairs;

/// `npy_string_allocator`
#[repr(C)]
struct Allocator {
    _opaque: [u8; 0],
}

/// `npy_packed_static_string`, as large and aligned as two words.
type Packed = [usize; 2];

/// `npy_static_string`
#[repr(C)]
struct Unpacked {
    size: usize,
    buf: *const c_char,
}

/// The part of NumPy's C API that rust-numpy leaves out, since NumPy 2.0.
#[derive(Clone, Copy)]
struct Api {
    /// `int NpyString_load(npy_string_allocator *, const npy_packed_static_string *, npy_static_string *)`
    load: unsafe extern "C" fn(*mut Allocator, *const Packed, *mut Unpacked) -> c_int,
    /// `int NpyString_pack(npy_string_allocator *, npy_packed_static_string *, const char *, size_t)`
    pack: unsafe extern "C" fn(*mut Allocator, *mut Packed, *const c_char, usize) -> c_int,
    /// `int NpyString_pack_null(npy_string_allocator *, npy_packed_static_string *)`
    pack_null: unsafe extern "C" fn(*mut Allocator, *mut Packed) -> c_int,
    /// `npy_string_allocator *NpyString_acquire_allocator(const PyArray_StringDTypeObject *)`
    acquire: unsafe extern "C" fn(*const c_void) -> *mut Allocator,
    /// `void NpyString_release_allocator(npy_string_allocator *)`
    release: unsafe extern "C" fn(*mut Allocator),
    short: Short,
}

/// How a text of up to 15 bytes is packed: the bytes, zeros after them, and a last byte for each
/// length. NumPy doesn't promise that, so it is found out; `None` where it isn't so.
type Short = Option<[u8; 16]>;

impl Api {
    /// The functions. A dtype of kind "T" is there, so NumPy is 2.0 or later and has them.
    fn get(py: Python<'_>) -> PyResult<Self> {
        static API: PyOnceLock<Api> = PyOnceLock::new();
        API.get_or_try_init(py, || {
            let table = Table::get(py)?;
            let api = Self {
                // SAFETY: the slot and the signature are those of NumPy's `__multiarray_api.h`.
                load: unsafe { table.slot(313) },
                // SAFETY: as above.
                pack: unsafe { table.slot(314) },
                // SAFETY: as above.
                pack_null: unsafe { table.slot(315) },
                // SAFETY: as above.
                acquire: unsafe { table.slot(316) },
                // SAFETY: as above.
                release: unsafe { table.slot(318) },
                short: None,
            };
            let strings =
                py.import("numpy")?.call_method1("empty", (0, "T"))?.cast_into::<PyUntypedArray>()?;
            let short = Packer::new(api, Instance::of(&strings)).short();
            Ok(Self { short, ..api })
        })
        .copied()
    }
}

/// The dtype instance of an array: it has the allocator, whichever instance the array was made of.
struct Instance(*const c_void);

// SAFETY: only its allocator is asked for, which has a lock; the array that has the instance is
// borrowed for as long.
unsafe impl Send for Instance {}

impl Instance {
    fn of(array: &Bound<'_, PyUntypedArray>) -> Self {
        let raw: *mut PyArrayObject = array.as_array_ptr();
        // SAFETY: a valid array; its dtype is a plain field.
        Self(unsafe { (*raw).fields.descr }.cast_const().cast())
    }
}

/// The locked allocator of one dtype instance. No Python code may run while it is held.
struct Packer {
    api: Api,
    allocator: *mut Allocator,
}

impl Packer {
    fn new(api: Api, instance: Instance) -> Self {
        // SAFETY: a StringDType instance, which its array keeps alive; locking needs no GIL.
        let allocator = unsafe { (api.acquire)(instance.0) };
        Self { api, allocator }
    }

    /// Packs one text, or the null for None; false where there is no memory or no place.
    #[inline(always)]
    fn pack(&self, run: &mut Run<'_>, at: usize, text: Option<&[u8]>) -> bool {
        let out = run.element(at);
        #[expect(clippy::cast_ptr_alignment, reason = "asked for in the next line")]
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

    /// Finds out how short texts are packed, by packing two of each length.
    fn short(&self) -> Short {
        let mut last = [0; 16];
        for (len, last) in last.iter_mut().enumerate() {
            for filler in [b'a', 0xc3] {
                let text = [filler; 16];
                let mut packed: Packed = [0; 2];
                // SAFETY: zeros are an empty string; the allocator is locked.
                let done =
                    unsafe { (self.api.pack)(self.allocator, &raw mut packed, text.as_ptr().cast(), len) };
                let mut bytes = [0; 16];
                for (to, byte) in bytes.iter_mut().zip(packed.iter().flat_map(|word| word.to_ne_bytes())) {
                    *to = byte;
                }
                // SAFETY: as above: frees what a long string would own.
                let freed =
                    unsafe { (self.api.pack)(self.allocator, &raw mut packed, text.as_ptr().cast(), 0) };
                let [found @ .., flag] = bytes;
                let expected: [u8; 15] = std::array::from_fn(|i| if i < len { filler } else { 0 });
                let other = filler != b'a' && flag != *last;
                if done != 0 || freed != 0 || found != expected || other || size_of::<Packed>() != 16 {
                    return None;
                }
                *last = flag;
            }
        }
        // A longer one, in the arena, on the heap or written over another, has none of these last bytes.
        let mut packed: Packed = [0; 2];
        let mut apart = true;
        for len in [16, 200, 255, 256, 70_000, 300, 16, 70_001] {
            let text = vec![b'a'; len];
            // SAFETY: zeros are an empty string, and packing over one frees it; the allocator is locked.
            let done = unsafe { (self.api.pack)(self.allocator, &raw mut packed, text.as_ptr().cast(), len) };
            apart &= done == 0 && !last.contains(&last_byte(&packed));
        }
        // SAFETY: as above: frees what the string owns.
        let freed = unsafe { (self.api.pack)(self.allocator, &raw mut packed, c"".as_ptr(), 0) };
        // SAFETY: as above: the null owns nothing.
        let null = unsafe { (self.api.pack_null)(self.allocator, &raw mut packed) };
        apart &= freed == 0 && null == 0 && !last.contains(&last_byte(&packed));
        apart.then_some(last)
    }
}

fn last_byte(packed: &Packed) -> u8 {
    packed.last().map_or(0, |word| word.to_ne_bytes().last().copied().unwrap_or(0))
}

impl Drop for Packer {
    fn drop(&mut self) {
        // SAFETY: acquired once by `new`, and released once.
        unsafe { (self.api.release)(self.allocator) };
    }
}

/// Packs every text into `array`, whose memory is `dest`: `fresh` where it holds none yet. Without
/// the GIL where `detach` says so.
pub(crate) fn pack(
    py: Python<'_>,
    task: &Task<'_>,
    dest: &mut Dest<'_>,
    array: &Bound<'_, PyUntypedArray>,
    fresh: bool,
    detach: bool,
) -> Outcome<()> {
    let api = Api::get(py)?;
    let short = api.short.filter(|_| fresh);
    let instance = Instance::of(array);
    let work = move || {
        // Released before the GIL is taken again.
        let packer = Packer::new(api, instance);
        task.objects(dest, &mut |visit| stretch(&packer, short.as_ref(), visit))
    };
    if detach { py.detach(work) } else { work() }
}

/// What an element of a string array is.
pub(crate) enum Loaded<'a> {
    Text(&'a [u8]),
    /// The dtype's `na_object`.
    Na,
    /// Nothing, as a mask says.
    Missing,
}

/// Reads the elements of one array, whose allocator is locked.
pub(crate) struct Loader {
    packer: Packer,
    /// How long a text is by the last byte of the element; `LONG` where that doesn't tell.
    lengths: [u8; 256],
}

const LONG: u8 = u8::MAX;

impl Loader {
    fn new(packer: Packer) -> Self {
        let mut lengths = [LONG; 256];
        for (len, last) in packer.api.short.iter().flatten().enumerate() {
            if let Some(length) = lengths.get_mut(usize::from(*last)) {
                *length = len as u8;
            }
        }
        Self { packer, lengths }
    }

    /// The bytes of an element, and how many of them are its text, where that lies in the element itself.
    #[inline(always)]
    pub(crate) fn short<'a>(&self, element: &'a [u8]) -> Option<(&'a [u8; 16], usize)> {
        let bytes = element.first_chunk::<16>()?;
        let [.., last] = bytes;
        let length = self.lengths.get(usize::from(*last)).copied().unwrap_or(LONG);
        (length != LONG).then_some((bytes, usize::from(length)))
    }

    /// Reads one element of the array.
    #[inline(always)]
    pub(crate) fn load<'a>(&'a self, element: &'a [u8]) -> Outcome<Loaded<'a>> {
        #[expect(clippy::cast_ptr_alignment, reason = "asked for in the next line")]
        let packed = element.as_ptr().cast::<Packed>();
        if element.len() != size_of::<Packed>() || !packed.is_aligned() {
            return Err(no_memory());
        }
        let mut text = Unpacked { size: 0, buf: std::ptr::null() };
        // SAFETY: an element of the array whose allocator this is, and it is locked.
        match unsafe { (self.packer.api.load)(self.packer.allocator, packed, &raw mut text) } {
            0 if text.size == 0 => Ok(Loaded::Text(&[])),
            // SAFETY: as many bytes, in the element itself or the allocator's, which stays locked.
            0 => Ok(Loaded::Text(unsafe { std::slice::from_raw_parts(text.buf.cast(), text.size) })),
            1 => Ok(Loaded::Na),
            _ => Err(no_memory()),
        }
    }
}

/// Does `work` with what reads the elements of `array`.
///
/// The GIL is kept: `work` allocates NumPy's memory, which takes the GIL. Without it that would wait for a thread
/// that has the GIL and waits for the array's allocator, which is locked here.
pub(crate) fn load_each<T>(
    array: &Bound<'_, PyUntypedArray>,
    work: impl FnOnce(&Loader) -> Outcome<T>,
) -> Outcome<T> {
    let api = Api::get(array.py())?;
    work(&Loader::new(Packer::new(api, Instance::of(array))))
}

fn stretch(packer: &Packer, short: Option<&[u8; 16]>, mut visit: Visit<'_>) -> Outcome<()> {
    let missing: Option<&[u8]> = match &visit.step.fill {
        Some(Fill::Text(text)) => Some(text.as_bytes()),
        Some(_) => None,
        // A mask tells.
        None => Some(&[]),
    };
    let mut bounds = [0; 65];
    for at in (0..visit.run.len()).step_by(64) {
        let len = (visit.run.len() - at).min(64);
        if let (Some(last), Some(values)) = (short, visit.row(at, &mut bounds)) {
            let bounds = bounds.get(..=len).unwrap_or_default();
            let whole = bounds.first().zip(bounds.last()).and_then(|(a, b)| values.get(*a..*b));
            // Otherwise the way below finds what is to blame.
            if whole.is_some_and(is_ascii) || is_utf8(values, bounds) {
                for (i, (start, end)) in pairs(bounds).enumerate() {
                    let from = values.get(start..).unwrap_or_default();
                    let (text, _) = from.split_at_checked(end - start).unwrap_or_default();
                    if text.len() < 16 {
                        let packed = MaybeUninit::new(short_string(from, text.len(), last));
                        visit.run.write(at + i, &[packed]);
                    } else if !packer.pack(&mut visit.run, at + i, Some(text)) {
                        return Err(no_memory());
                    }
                }
                continue;
            }
        }
        let block = visit.block(at);
        let octets = visit.octets(&block);
        if !octets.is_ascii()
            && let Some((i, why)) = octets.not_utf8()
        {
            return Err(Failure::Core(visit.invalid_text(at + i, why)));
        }
        for (i, text) in octets.each().iter().take(block.len).enumerate() {
            let valid = block.valid >> i & 1 != 0;
            if let (true, Some(last), 0..16) = (valid, short, text.len()) {
                visit.run.write(
                    at + i,
                    &[MaybeUninit::new(short_string(octets.from(text).unwrap_or(text), text.len(), last))],
                );
            } else if !packer.pack(&mut visit.run, at + i, if valid { Some(text) } else { missing }) {
                return Err(no_memory());
            }
        }
    }
    Ok(())
}

/// What keeps the first bytes of sixteen.
const FIRST: [u128; 16] = {
    let mut masks = [0; 16];
    let mut len = 0;
    while len < 16 {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

/// A text of up to 15 bytes as it is packed; `from` may go on after it.
#[inline(always)]
fn short_string(from: &[u8], len: usize, last: &[u8; 16]) -> [u8; 16] {
    // Sixteen bytes are read where there are as many, and what is too much is made zero.
    let bytes = match from.first_chunk::<16>() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; 16];
            for (to, byte) in bytes.iter_mut().zip(from) {
                *to = *byte;
            }
            bytes
        }
    };
    let packed = u128::from_le_bytes(bytes) & FIRST.get(len).copied().unwrap_or(0);
    (packed | u128::from(last.get(len).copied().unwrap_or(0)) << 120).to_le_bytes()
}

#[cold]
fn no_memory() -> Failure {
    Failure::Python(PyMemoryError::new_err("NumPy has no memory for the strings"))
}
