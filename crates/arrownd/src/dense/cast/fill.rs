//! New buffers, each filled in one pass.
#![allow(unsafe_code, reason = "memory becomes a buffer once it is filled")]

use std::mem::MaybeUninit;
use std::ptr::NonNull;

use arrow_buffer::Buffer;
use zerocopy::{Immutable, IntoBytes};

use super::super::Memory;
use crate::error::{Error, Result};
use crate::execute::{Dest, Task};

fn bytes(len: usize, each: usize) -> Result<usize> {
    len.checked_mul(each)
        .filter(|bytes| isize::try_from(*bytes).is_ok())
        .ok_or_else(|| Error::BadValue(format!("{len} values of {each} bytes are more than there is memory")))
}

/// A buffer of what a task makes of `len` values, each `itemsize` bytes.
pub(super) fn converted(
    memory: &mut dyn Memory,
    task: Task<'_>,
    len: usize,
    itemsize: usize,
) -> Result<Buffer> {
    let bytes = bytes(len, itemsize)?;
    let mut room = memory.allocate(bytes)?;
    let slice = enough(room.as_uninit_slice(), bytes)?;
    let ptr = NonNull::from(slice).cast::<u8>();
    // SAFETY: the room has these bytes, and is borrowed uniquely while `dest` lives.
    let mut dest = unsafe { Dest::from_raw(ptr, &[len], &[itemsize as isize], itemsize) };
    task.fill_values(&mut dest)?;
    // SAFETY: a task writes every element of its shape, which is one for each value of a flat type.
    Ok(unsafe { room.into_buffer(bytes) })
}

fn enough(slice: &mut [MaybeUninit<u8>], bytes: usize) -> Result<&mut [MaybeUninit<u8>]> {
    slice.get_mut(..bytes).ok_or_else(|| {
        Error::BadValue(format!("an allocator gave less than the {bytes} bytes that it was asked for"))
    })
}

/// A buffer of what `value` says of each position.
pub(super) fn values<T: IntoBytes + Immutable>(
    memory: &mut dyn Memory,
    len: usize,
    mut value: impl FnMut(usize) -> Result<T>,
) -> Result<Buffer> {
    let bytes = bytes(len, size_of::<T>())?;
    let mut room = memory.allocate(bytes)?;
    let slice = enough(room.as_uninit_slice(), bytes)?;
    for (i, place) in slice.chunks_exact_mut(size_of::<T>().max(1)).enumerate() {
        let value = value(i)?;
        for (to, from) in place.iter_mut().zip(value.as_bytes()) {
            to.write(*from);
        }
    }
    // SAFETY: the chunks cover all `bytes`, `len` times the size of a value, and each was written.
    Ok(unsafe { room.into_buffer(bytes) })
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
