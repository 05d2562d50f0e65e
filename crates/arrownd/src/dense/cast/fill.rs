//! New buffers, each filled in one pass.
#![allow(unsafe_code, reason = "memory becomes a buffer once it is filled")]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use arrow_buffer::Buffer;
use zerocopy::{Immutable, IntoBytes};

use super::super::Memory;
use super::flat::FlatCast;
use crate::error::{Error, Result};
use crate::execute::{Dest, Task};
use crate::source::Chunk;

pub(in crate::dense) fn bytes(len: usize, each: usize) -> Result<usize> {
    len.checked_mul(each)
        .filter(|bytes| isize::try_from(*bytes).is_ok())
        .ok_or_else(|| Error::BadValue(format!("{len} values of {each} bytes are more than there is memory")))
}

/// A buffer of what a conversion makes of all values.
pub(super) fn flat(memory: &mut dyn Memory, cast: &mut FlatCast, values: &Chunk<'_>) -> Result<Buffer> {
    let bytes = cast.room(values.len)?;
    let mut room = memory.allocate(bytes)?;
    cast.write(values, enough(room.as_uninit_slice(), bytes)?)?;
    // SAFETY: it writes all of the room that it asks for.
    Ok(unsafe { room.into_buffer(cast.bytes(values.len)) })
}

/// What a task makes of `len` values of `itemsize` bytes each.
pub(super) fn converted<'o>(
    task: Task<'_>,
    len: usize,
    itemsize: usize,
    out: &'o mut [MaybeUninit<u8>],
) -> Result<&'o mut [u8]> {
    let out = enough(out, bytes(len, itemsize)?)?;
    let (ptr, size) = (NonNull::from(&mut *out).cast::<u8>(), out.len());
    // SAFETY: so many bytes are there, borrowed uniquely while `dest` lives.
    let mut dest = unsafe { Dest::from_raw(ptr, &[len], &[itemsize as isize], itemsize) };
    task.fill_values(&mut dest)?;
    // SAFETY: a task writes every element of its shape, which is one for each value of a flat type.
    Ok(unsafe { std::slice::from_raw_parts_mut(ptr.as_ptr(), size) })
}

fn enough(slice: &mut [MaybeUninit<u8>], bytes: usize) -> Result<&mut [MaybeUninit<u8>]> {
    slice.get_mut(..bytes).ok_or_else(|| {
        Error::BadValue(format!("an allocator gave less than the {bytes} bytes that it was asked for"))
    })
}

/// A buffer of what `value` says of each position.
pub(in crate::dense) fn values<T: IntoBytes + Immutable>(
    memory: &mut dyn Memory,
    len: usize,
    value: impl FnMut(usize) -> Result<T>,
) -> Result<Buffer> {
    let bytes = bytes(len, size_of::<T>())?;
    let mut room = memory.allocate(bytes)?;
    each(enough(room.as_uninit_slice(), bytes)?, len, value)?;
    // SAFETY: there is room for `len` values, and each was written.
    Ok(unsafe { room.into_buffer(bytes) })
}

/// Writes what `value` says of each position.
#[inline]
pub(in crate::dense) fn each<T: IntoBytes + Immutable>(
    out: &mut [MaybeUninit<u8>],
    len: usize,
    mut value: impl FnMut(usize) -> Result<T>,
) -> Result<()> {
    for (at, place) in out.chunks_exact_mut(size_of::<T>().max(1)).take(len).enumerate() {
        // SAFETY: as many bytes as the value has, of any alignment.
        unsafe { place.as_mut_ptr().cast::<T>().write_unaligned(value(at)?) };
    }
    Ok(())
}

/// Memory for what lies between two steps: it has values in it already, and gets values and nothing uninitialised.
pub(in crate::dense) fn scratch(words: &mut Vec<u64>, bytes: usize) -> &mut [MaybeUninit<u8>] {
    let least = bytes.div_ceil(8);
    if words.len() < least {
        words.resize(least, 0);
    }
    // SAFETY: so many bytes are there, in memory that is borrowed uniquely for as long; kernels write values to it.
    unsafe { std::slice::from_raw_parts_mut(words.as_mut_ptr().cast(), bytes) }
}

/// A buffer of pieces one after another, `bytes` in all.
pub(super) fn pieces<'p>(
    memory: &mut dyn Memory,
    bytes: usize,
    pieces: impl Iterator<Item = &'p [u8]>,
) -> Result<Buffer> {
    let mut room = memory.allocate(bytes)?;
    let mut rest = room.as_uninit_slice();
    let mut filled = 0;
    for piece in pieces {
        let Some((place, after)) = rest.split_at_mut_checked(piece.len()) else {
            return Err(Error::BadValue(format!("more than the {bytes} bytes that were counted")));
        };
        for (to, from) in place.iter_mut().zip(piece) {
            to.write(*from);
        }
        filled += piece.len();
        rest = after;
    }
    // SAFETY: the pieces were written one after another, from the beginning.
    Ok(unsafe { room.into_buffer(filled) })
}
