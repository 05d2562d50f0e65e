//! Whether bytes are ASCII.

use super::dispatch::{Kernel, dispatch};

/// So many are looked at before the answer may be no.
const STRETCH: usize = 4096;

/// Whether all bytes are ASCII. Reads them once, or up to the first stretch where one isn't. *O(n)*.
///
/// ```
/// use arrownd::engine::is_ascii;
///
/// assert!(is_ascii(b"plain"));
/// assert!(!is_ascii("é".as_bytes()));
/// ```
#[must_use]
pub fn is_ascii(bytes: &[u8]) -> bool {
    // Short text has no need of wide registers.
    if bytes.len() < 64 { bytes.is_ascii() } else { dispatch(Ascii(bytes)) }
}

struct Ascii<'a>(&'a [u8]);

impl Kernel for Ascii<'_> {
    type Out = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let any = |bytes: &[u8]| {
            let (blocks, rest) = bytes.as_chunks::<64>();
            let mut all = [0u8; 64];
            for block in blocks {
                for (all, byte) in all.iter_mut().zip(block) {
                    *all |= byte;
                }
            }
            all.iter().chain(rest).fold(0, |a, b| a | b)
        };
        self.0.chunks(STRETCH).all(|bytes| any(bytes) < 0x80)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_beyond_is_seen_anywhere() {
        for len in [0, 1, 63, 64, 65, 200, 4096, 4100, 9000] {
            let mut bytes = vec![0x7f; len];
            assert!(is_ascii(&bytes));
            for at in [0, len / 2, len.saturating_sub(1)] {
                if at < len {
                    bytes[at] = 0x80;
                    assert!(!is_ascii(&bytes), "{at} of {len}");
                    bytes[at] = 0;
                }
            }
        }
    }
}
