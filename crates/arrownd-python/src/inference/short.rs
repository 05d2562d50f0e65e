//! Short str objects of ASCII alone, many at a time.
#![allow(unsafe_code, reason = "reads CPython's strings where they lie")]

use arrownd::engine::dense::OctetsBuilder;
use pyo3::ffi;

use super::snapshot::{Source, none};

/// How many are read at a time.
pub(super) const BATCH: usize = 16;
/// How many objects are asked for before the first of them is read.
const AHEAD: usize = 64;
/// A bit for each: all are there.
pub(super) const ALL: u16 = u16::MAX;

/// Bytes that are copied of each, whatever its length: what lies before the characters is the object's header, which
/// is no shorter.
type Tail = [u8; 32];
static NOTHING: Tail = [0; 32];

/// Calls `read` with the addresses of a batch of objects at a time, 0 where there is None or nothing, and where the batch
/// begins; the last one may be shorter. False where that returns None.
#[inline(always)]
pub(super) fn batches(source: &impl Source, mut read: impl FnMut(usize, &[usize]) -> Option<()>) -> bool {
    let count = source.count();
    // Objects lie anywhere: they are asked for some time before they are read.
    let mut ring = [0; AHEAD];
    let mut all = source.each(|at, object| {
        let object = object.filter(|object| !std::ptr::eq(*object, none()));
        if let Some(object) = object {
            fetch(object);
        }
        if let Some(place) = ring.get_mut(at % AHEAD) {
            *place = object.map_or(0, |object| object.expose_provenance());
        }
        let next = at + 1;
        if next.is_multiple_of(BATCH) && next >= AHEAD {
            return read(next - AHEAD, ring.get(next % AHEAD..)?.get(..BATCH)?);
        }
        Some(())
    });
    let begun = (count / BATCH + 1).saturating_sub(AHEAD / BATCH) * BATCH;
    for at in (begun..count).step_by(BATCH) {
        let batch = ring.get(at % AHEAD..).and_then(|ring| ring.get(..BATCH.min(count - at)));
        all = all && batch.and_then(|batch| read(at, batch)).is_some();
    }
    all
}

/// Asks for an object's memory, to be there when it is read.
#[inline(always)]
fn fetch(object: *mut ffi::PyObject) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, for any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(object.cast_const().cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = object;
}

/// Appends a batch of objects, by their addresses, and says which are there (0 is no object). None, and nothing is
/// appended, where one is no short str of ASCII, and where the builder doesn't take so many at once.
///
/// # Safety
/// The objects stay for the call.
#[inline(always)]
pub(super) unsafe fn push(
    out: &mut OctetsBuilder<'_>,
    objects: &[usize; BATCH],
) -> arrownd::Result<Option<u16>> {
    // A build without a GIL changes counts of references meanwhile, which are among the bytes that are copied.
    if size_of::<ffi::PyObject>() != 16 || size_of::<ffi::PyASCIIObject>() < size_of::<Tail>() {
        return Ok(None);
    }
    let (mut there, mut tails) = (0, [(&raw const NOTHING, 0); BATCH]);
    for (lane, (tail, address)) in tails.iter_mut().zip(objects).enumerate() {
        let object: *mut ffi::PyObject = std::ptr::with_exposed_provenance_mut(*address);
        if object.is_null() {
            continue;
        }
        // SAFETY: an object, by the caller's promise, as below.
        if unsafe { ffi::PyUnicode_CheckExact(object) } == 0 {
            return Ok(None);
        }
        // SAFETY: a str.
        let text = unsafe { ffi::PyUnicode_DATA(object) };
        // SAFETY: as above.
        let len = unsafe { ffi::PyUnicode_GET_LENGTH(object) } as usize;
        // Only where all characters are ASCII they lie right after the shortest of headers.
        if text.addr() != object.addr() + size_of::<ffi::PyASCIIObject>() || len > size_of::<Tail>() {
            return Ok(None);
        }
        // SAFETY: the end of the object's characters.
        let end = unsafe { object.cast::<Tail>().byte_add(size_of::<ffi::PyASCIIObject>() + len) };
        // SAFETY: after its begin, see above.
        *tail = (unsafe { end.sub(1) }.cast_const(), len);
        there |= 1 << lane;
    }
    // SAFETY: all of them lie in objects, or are zeros.
    let pushed = unsafe { out.push_tails(&tails) }?;
    Ok(pushed.then_some(there))
}
