//! Room for the next value, which grows, and offsets, which widen.
#![allow(unsafe_code, reason = "fills memory that isn't initialised")]

use std::mem::MaybeUninit;

use super::{OctetsBuilder, Offsets, offsets_size, too_many};
use crate::dense::cast::view;
use crate::error::{Error, Result};
use crate::pages::{ALIGNMENT, LARGE, ask_for_huge, ask_for_huge_at_first, last_huge_end};

/// As many bytes are written at least before more is made of how long they are.
const FIRST: usize = 1 << 16;
/// As many values tell how long the others are.
const TELLING: usize = 1 << 10;

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
        if let Offsets::Views(..) = self.offsets {
            return self.end_view(written);
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
            Offsets::Views(..) => {}
        }
        Ok(())
    }

    /// Ends a value that gets a view: a short one is moved there, and the next is written over it.
    #[inline(never)]
    fn end_view(&mut self, written: usize) -> Result<()> {
        // SAFETY: as many are written, and lie before the end.
        let from = unsafe { self.start.add(self.used) };
        // SAFETY: the caller has written as many.
        let value = unsafe { std::slice::from_raw_parts(from.cast_const(), written) };
        let Offsets::Views(_, first, starts) = &mut self.offsets else { return Ok(()) };
        // SAFETY: one of the `count` views.
        let to = unsafe { first.add(self.len) };
        let end = self.used.checked_add(written).ok_or_else(too_many)?;
        if written > 12 && starts.last().is_none_or(|start| i32::try_from(end - start).is_err()) {
            starts.push(self.used);
        }
        let start = starts.last().map_or(0, |start| self.used - start);
        let view = view(value, starts.len().saturating_sub(1), start)?;
        // SAFETY: as above.
        unsafe { to.write_unaligned(view) };
        self.used = if written > 12 { end } else { self.used };
        self.len += 1;
        Ok(())
    }

    /// Ends a value whose bytes the caller wrote.
    ///
    /// # Safety
    /// The first `written` bytes of the last [`OctetsBuilder::spare`] are initialised.
    #[inline(always)]
    pub(crate) unsafe fn end_written(&mut self, written: usize) -> Result<()> {
        self.seen = u64::MAX;
        self.end(written)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, least: usize) -> Result<()> {
        let needed = self.used.checked_add(least).ok_or_else(too_many)?;
        let expected = self.expected().max(needed);
        let ahead = expected.saturating_add(expected / 16);
        let told = self.len >= TELLING && ahead > self.bytes.capacity();
        if needed > self.bytes.capacity() || told && self.huge == 0 {
            if self.huge > 0 {
                // All of the mapping, or it wouldn't be one, and couldn't grow.
                ask_for_huge(self.start, self.bytes.capacity());
            }
            let more = needed.checked_add(needed / 2).ok_or_else(too_many)?;
            if !told || ahead < more || self.reserve(ahead).is_err() {
                self.reserve(more)?;
            }
        }
        self.capacity = self.bytes.capacity();
        // If values go on as they were, the last huge page ends before the last of them does.
        let sure = (expected - (expected - self.used) / 16).max(needed).min(self.capacity);
        let end = last_huge_end(self.start, sure);
        if expected >= LARGE && end > self.used {
            ask_for_huge_at_first(self.start, end);
            (self.huge, self.capacity) = (end, end.max(needed));
        }
        Ok(())
    }

    /// How many bytes there will be, if values go on as they were.
    fn expected(&self) -> usize {
        let expected = self.used as u128 * self.count as u128 / (self.len.max(1) as u128);
        usize::try_from(expected).unwrap_or(usize::MAX)
    }

    /// Makes room for `capacity` bytes, not fewer than are used. Only the first of them are opened: for the rest
    /// [`OctetsBuilder::grow`] is asked, which has seen some values then.
    pub(super) fn reserve(&mut self, capacity: usize) -> Result<()> {
        // SAFETY: as many are written. They go along when the memory moves.
        unsafe { self.bytes.set_len(self.used) };
        let reserved = self.bytes.try_reserve_exact(capacity.saturating_sub(self.used));
        self.bytes.clear();
        self.start = self.bytes.as_mut_ptr();
        let first = ALIGNMENT - self.start.addr() % ALIGNMENT;
        self.capacity = self.bytes.capacity().min(first.max(FIRST).max(self.used));
        reserved.map_err(|why| Error::BadValue(format!("no memory for {capacity} bytes: {why}")))
    }

    /// The bytes that are written.
    pub(super) fn written(&self) -> &[u8] {
        // SAFETY: as many are.
        unsafe { std::slice::from_raw_parts(self.start.cast_const(), self.used) }
    }

    /// The bytes of a value that is there already.
    pub(super) fn value(&self, at: usize) -> &[u8] {
        let (views, starts) = match &self.offsets {
            Offsets::Views(_, first, starts) if at < self.len => (first.cast_const(), starts),
            _ => return self.written().get(self.offset(at)..self.offset(at + 1)).unwrap_or_default(),
        };
        // SAFETY: one of the views that are written.
        let view = unsafe { views.add(at) };
        // SAFETY: as above; it stays where it is for as long as the builder is borrowed.
        let view = unsafe { &*view };
        let word = |at: usize| {
            let word = view.get(at..).and_then(|rest| rest.first_chunk::<4>());
            word.map_or(0, |bytes| u32::from_ne_bytes(*bytes) as usize)
        };
        match word(0) {
            len @ ..=12 => view.get(4..4 + len).unwrap_or_default(),
            len => {
                let start = starts.get(word(8)).copied().unwrap_or(0) + word(12);
                self.written().get(start..start + len).unwrap_or_default()
            }
        }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn widen(&mut self) -> Result<()> {
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
            Offsets::Views(..) => 0,
        }
    }
}
