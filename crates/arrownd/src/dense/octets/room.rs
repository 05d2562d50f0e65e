//! Room for the next value, which grows, and offsets, which widen.
#![allow(unsafe_code, reason = "fills memory that isn't initialised")]

use std::mem::MaybeUninit;

use super::{OctetsBuilder, Offsets, offsets_size, too_many};
use crate::error::{Error, Result};

impl OctetsBuilder<'_> {
    /// Memory for the next value, at least so many bytes of it.
    #[inline(always)]
    pub(crate) fn spare(&mut self, least: usize) -> Result<&mut [MaybeUninit<u8>]> {
        if self.capacity - self.used < least {
            self.grow(least)?;
        }
        // SAFETY: as many are written, and lie before the end.
        let free = unsafe { self.start.add(self.used) };
        // SAFETY: the rest of the room, which is borrowed as `self` is.
        Ok(unsafe { std::slice::from_raw_parts_mut(free.cast(), self.capacity - self.used) })
    }

    /// Ends a value of `written` bytes, which were written to [`OctetsBuilder::spare`].
    #[inline(always)]
    pub(super) fn end(&mut self, written: usize) -> Result<()> {
        if self.len >= self.count {
            return Err(Error::BadValue(format!("more than {} values", self.count)));
        }
        self.used += written;
        self.len += 1;
        match self.offsets {
            Offsets::Narrow(_, first) if i32::try_from(self.used).is_ok() => {
                // SAFETY: one of the `count + 1` offsets.
                let offset = unsafe { first.add(self.len) };
                // SAFETY: as above.
                unsafe { offset.write_unaligned(self.used as i32) };
            }
            Offsets::Narrow(..) => return self.widen(),
            Offsets::Wide(_, first) => {
                // SAFETY: one of the `count + 1` offsets.
                let offset = unsafe { first.add(self.len) };
                // SAFETY: as above.
                unsafe { offset.write_unaligned(self.used as i64) };
            }
        }
        Ok(())
    }

    /// Ends a value whose bytes the caller wrote.
    ///
    /// # Safety
    /// The first `written` bytes of the last [`OctetsBuilder::spare`] are initialised.
    #[inline(always)]
    pub(crate) unsafe fn end_written(&mut self, written: usize) -> Result<()> {
        self.end(written)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, least: usize) -> Result<()> {
        let more = self.used.checked_add(least).and_then(|bytes| bytes.checked_add(bytes / 2));
        self.replace(more.ok_or_else(too_many)?)
    }

    /// Moves the bytes to a new room of `capacity` bytes, not fewer than are used.
    pub(super) fn replace(&mut self, capacity: usize) -> Result<()> {
        let mut room = self.memory.allocate(capacity.max(self.used))?;
        let start = room.as_mut_ptr();
        // SAFETY: as many are written here, and as many are there.
        unsafe { start.copy_from_nonoverlapping(self.start, self.used) };
        (self.start, self.capacity, self.bytes) = (start, room.capacity(), room);
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self) -> Result<()> {
        let mut room = self.memory.allocate(offsets_size(self.count, 8)?)?;
        #[expect(clippy::cast_ptr_alignment, reason = "written unaligned")]
        let first = room.as_mut_ptr().cast::<i64>();
        for at in 0..=self.len {
            let offset = if at == self.len { self.used } else { self.offset(at) };
            // SAFETY: one of the `count + 1` offsets.
            let to = unsafe { first.add(at) };
            // SAFETY: as above.
            unsafe { to.write_unaligned(offset as i64) };
        }
        self.offsets = Offsets::Wide(room, first);
        Ok(())
    }

    /// Where a value begins that is there already, or the last one ends.
    pub(super) fn offset(&self, at: usize) -> usize {
        let at = at.min(self.len);
        match self.offsets {
            Offsets::Narrow(_, first) => {
                // SAFETY: one of the offsets that are written.
                let offset = unsafe { first.add(at) };
                // SAFETY: as above.
                unsafe { offset.read_unaligned() as usize }
            }
            Offsets::Wide(_, first) => {
                // SAFETY: one of the offsets that are written.
                let offset = unsafe { first.add(at) };
                // SAFETY: as above.
                unsafe { offset.read_unaligned() as usize }
            }
        }
    }
}
