//! Bytes as they are.
#![allow(unsafe_code, reason = "stores that go past the cache are instructions of their own")]

use std::mem::MaybeUninit;

use super::dispatch::{Kernel, ahead, dispatch, fetch_ahead};

/// What is copied at once.
const BLOCK: usize = 256;
/// From here on `memcpy` asks the CPU to move a string of bytes, which is slow to begin, ..
const LONG: usize = 16 << 10;
/// .. and from here on it writes past the cache.
const LARGE: usize = 1 << 20;
/// Too short to go past the cache.
const SHORT: usize = 4 << 10;
/// What caches keep.
const LINE: usize = 64;

/// Copies bytes; both are of one length.
pub(crate) fn copy(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    if (BLOCK..LONG).contains(&from.len()) || from.len() >= LARGE {
        dispatch(Blocks { from, to });
    } else {
        piece(from, to);
    }
}

/// Copies bytes past the cache, where there is a way: both are of one length, and what is written has pages but is in no
/// cache. A cache would read each line before it is written.
pub(crate) fn copy_past(from: &[u8], to: &mut [MaybeUninit<u8>]) {
    if !cfg!(target_arch = "x86_64") || from.len() < SHORT {
        return copy(from, to);
    }
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm_loadu_si128, _mm_sfence, _mm_stream_si128};

        let before = to.as_ptr().align_offset(LINE).min(from.len());
        let ((head, from), (place, to)) = (from.split_at(before), to.split_at_mut(before));
        piece(head, place);
        let ((lines, rest), (places, rest_of_places)) =
            (from.as_chunks::<LINE>(), to.as_chunks_mut::<LINE>());
        for (line, place) in lines.iter().zip(places) {
            for (quarter, place) in line.as_chunks::<16>().0.iter().zip(place.as_chunks_mut::<16>().0) {
                // SAFETY: 16 bytes.
                let bytes = unsafe { _mm_loadu_si128(quarter.as_ptr().cast()) };
                // SAFETY: 16 bytes, aligned as a part of an aligned line.
                unsafe { _mm_stream_si128(place.as_mut_ptr().cast(), bytes) };
            }
        }
        // SAFETY: every CPU of the architecture has it. What was stored so is otherwise not ordered with what other
        // threads do after this.
        unsafe { _mm_sfence() };
        piece(rest, rest_of_places);
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
        let ahead = ahead(self.from.len());
        let (blocks, rest) = self.from.as_chunks::<BLOCK>();
        let (places, rest_of_places) = self.to.as_chunks_mut::<BLOCK>();
        for (block, places) in blocks.iter().zip(places) {
            if short {
                fetch_ahead(block, ahead);
            }
            piece(block, places);
        }
        piece(rest, rest_of_places);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_any_length_and_place_are_whole() {
        let from: Vec<u8> = (0..20_000u32).map(|i| (i * 7 + i / 251) as u8).collect();
        for len in [0, 1, 63, 4095, 4096, 4097, 4160, 5000, 16_384, 19_900] {
            for (skip, place) in [(0, 0), (1, 0), (0, 1), (3, 63), (64, 64), (17, 100)] {
                let mut to = vec![MaybeUninit::new(0xa5u8); 20_000];
                if let (Some(bytes), Some(own)) = (from.get(skip..skip + len), to.get_mut(place..place + len))
                {
                    copy_past(bytes, own);
                }
                // SAFETY: initialised from the start.
                let to: Vec<u8> = to.into_iter().map(|byte| unsafe { byte.assume_init() }).collect();
                assert_eq!(to.get(place..place + len), from.get(skip..skip + len), "{len} {skip} {place}");
                let outside = to.iter().take(place).chain(to.iter().skip(place + len));
                assert!(outside.copied().all(|byte| byte == 0xa5), "{len} {skip} {place}");
            }
        }
    }
}
