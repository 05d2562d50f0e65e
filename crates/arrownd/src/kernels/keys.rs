//! Indexes into a dictionary: whether they are within it.

use super::dispatch::{Kernel, dispatch};

/// So many are looked at before the answer may be no.
const STRETCH: usize = 1024;

/// Whether every index of `width` bytes, valid or not, is below `values`: what isn't negative, as unsigned integers.
/// Reads them once.
pub(crate) fn all_below(keys: &[u8], width: usize, values: usize) -> bool {
    match width {
        1 => dispatch(Below8(keys, values)),
        2 => dispatch(Below16(keys, values)),
        4 => dispatch(Below32(keys, values)),
        _ => dispatch(Below64(keys, values)),
    }
}

macro_rules! kernel {
    ($t:ty, $name:ident) => {
        struct $name<'a>(&'a [u8], usize);

        impl Kernel for $name<'_> {
            type Out = bool;
            #[inline(always)]
            fn run(self) -> bool {
                // As far as a signed index reaches: a negative one is above.
                let most = <$t>::MAX / 2 + 1;
                let limit = <$t>::try_from(self.1).unwrap_or(most).min(most);
                let keys = self.0.as_chunks::<{ size_of::<$t>() }>().0;
                keys.chunks(STRETCH)
                    .all(|keys| keys.iter().fold(true, |ok, key| ok & (<$t>::from_ne_bytes(*key) < limit)))
            }
        }
    };
}

kernel!(u8, Below8);
kernel!(u16, Below16);
kernel!(u32, Below32);
kernel!(u64, Below64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_too_large_or_negative_is_seen_at_any_place_and_width() {
        for at in [0, 1, 63, 1023, 1024, 2999] {
            for (bad, found) in [(99, true), (100, false), (-1, false)] {
                let keys = |width: usize| -> Vec<u8> {
                    (0..3000)
                        .flat_map(|i| {
                            let key: i64 = if i == at { bad } else { i as i64 % 100 };
                            key.to_le_bytes()[..width].to_vec()
                        })
                        .collect()
                };
                if cfg!(target_endian = "little") {
                    for width in [1, 2, 4, 8] {
                        assert_eq!(
                            all_below(&keys(width), width, 100),
                            found,
                            "{bad} at {at}, {width} bytes"
                        );
                    }
                }
            }
        }
        assert!(all_below(&[255, 255, 255, 127], 4, usize::MAX));
        assert!(!all_below(&[0, 0, 0, 128], 4, usize::MAX));
    }
}
