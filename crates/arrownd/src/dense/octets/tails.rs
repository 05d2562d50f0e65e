//! Short values, many at a time.
#![allow(unsafe_code, reason = "reads before values, and writes before where they go")]

use super::{OctetsBuilder, Offsets};
use crate::error::Result;

/// The longest value.
const SHORT: usize = 32;

impl OctetsBuilder<'_> {
    /// Appends values of at most 32 bytes, each the last so many of 32 that can be read: all 32 are copied, whatever the
    /// length, so that there is no branch to be guessed wrong. False, and nothing is appended, where one is longer, for
    /// views, before there are 32 bytes, and where fewer values are left: [`OctetsBuilder::push`] takes them.
    /// *Copies 32 bytes a value*.
    ///
    /// # Errors
    /// Where there is no memory.
    ///
    /// # Safety
    /// The 32 bytes can be read, whatever they are.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, OctetsBuilder};
    /// # let mut memory = ArrowMemory;
    /// let mut out = OctetsBuilder::new(4, 64, &mut memory)?;
    /// let bytes = *b"What lies before isn't part of it";
    /// let bytes = bytes.last_chunk::<32>().unwrap();
    /// // SAFETY: there are 32 bytes.
    /// assert!(!unsafe { out.push_tails(&[(bytes, 2)]) }?);
    /// out.push(b"what there must be beforehand, 32 bytes")?;
    /// // SAFETY: as above.
    /// assert!(unsafe { out.push_tails(&[(bytes, 2), (bytes, 0), (bytes, 5)]) }?);
    /// let made = out.finish_text(None)?;
    /// assert!(made.data.buffers()[1].as_slice().ends_with(b"bytesitof it"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    pub unsafe fn push_tails<const N: usize>(
        &mut self,
        tails: &[(*const [u8; SHORT], usize); N],
    ) -> Result<bool> {
        let (mut ends, mut total, mut longest) = ([0; N], 0, 0);
        for (end, (_, len)) in ends.iter_mut().zip(tails) {
            longest = longest.max(*len);
            total += len.min(&SHORT);
            *end = total;
        }
        let before = self.used;
        let narrow = matches!(self.offsets, Offsets::Narrow(..)) && i32::try_from(before + total).is_ok();
        let fits = narrow || matches!(self.offsets, Offsets::Wide(..));
        if longest > SHORT || before < SHORT || self.count - self.len < N || !fits {
            return Ok(false);
        }
        let start = self.spare(total)?.as_mut_ptr().cast::<u8>();
        // SAFETY: as many bytes are written before.
        let last = unsafe { start.sub(SHORT).cast::<[u8; SHORT]>() };
        // SAFETY: as above.
        let kept = unsafe { last.read_unaligned() };
        // From the last to the first: what is copied before a value goes where the one before it is written next.
        for (end, (tail, _)) in ends.iter().zip(tails).rev() {
            // SAFETY: up to `total` bytes are spare, and 32 are written before.
            let to = unsafe { last.cast::<u8>().add(*end).cast::<[u8; SHORT]>() };
            // SAFETY: the caller's promise.
            let bytes = unsafe { tail.read_unaligned() };
            // SAFETY: as above.
            unsafe { to.write_unaligned(bytes) };
        }
        // SAFETY: as above.
        unsafe { last.write_unaligned(kept) };
        self.seen = u64::MAX;
        match self.offsets {
            Offsets::Narrow(_, first) => {
                for (at, end) in (self.len + 1..).zip(ends) {
                    // SAFETY: one of the `count + 1` offsets.
                    let offset = unsafe { first.add(at) };
                    // SAFETY: as above.
                    unsafe { offset.write_unaligned((before + end) as i32) };
                }
            }
            Offsets::Wide(_, first) => {
                for (at, end) in (self.len + 1..).zip(ends) {
                    // SAFETY: one of the `count + 1` offsets.
                    let offset = unsafe { first.add(at) };
                    // SAFETY: as above.
                    unsafe { offset.write_unaligned((before + end) as i64) };
                }
            }
            Offsets::Views(..) => {}
        }
        self.used = before + total;
        self.len += N;
        Ok(true)
    }
}
