//! Bytes as they are.

use std::mem::MaybeUninit;

use super::dispatch::{FAR, Kernel, dispatch, fetch_ahead};

/// What is copied at once.
const BLOCK: usize = 256;
/// From here on `memcpy` asks the CPU to move a string of bytes, which is slow to begin, ..
const LONG: usize = 16 << 10;
/// .. and from here on it writes past the cache.
const LARGE: usize = 1 << 20;

/// Copies bytes; both are of one length.
pub(crate) fn copy(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    if (BLOCK..LONG).contains(&from.len()) || from.len() >= LARGE {
        dispatch(Blocks { from, to });
    } else {
        piece(from, to);
    }
}

#[inline(always)]
fn piece(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    for (from, to) in from.iter().zip(to) {
        *to = MaybeUninit::new(*from);
    }
}

/// New memory has just been zeroed by the system, and lies in the cache: plain stores meet it there, those of
/// `memcpy` for large sizes go past the cache (1.1 times the time).
struct Blocks<'a> {
    from: &'a [u8],
    to: &'a mut [MaybeUninit<u8>],
}

impl Kernel for Blocks<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        // Short stretches of one memory follow each other; a long one the CPU foresees, and asking takes a tenth longer.
        let short = self.from.len() < LONG;
        let (blocks, rest) = self.from.as_chunks::<BLOCK>();
        let (places, rest_of_places) = self.to.as_chunks_mut::<BLOCK>();
        for (block, places) in blocks.iter().zip(places) {
            if short {
                fetch_ahead(block, self.from.len().min(FAR));
            }
            piece(block, places);
        }
        piece(rest, rest_of_places);
    }
}
