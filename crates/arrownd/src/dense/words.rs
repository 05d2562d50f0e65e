//! 64 values become one word of bits: booleans, masks, and which values are NaN or NaT.
#![allow(unsafe_code, reason = "vector instructions are called after asking for them")]

use std::mem::MaybeUninit;

use half::f16;
use zerocopy::{FromBytes, Immutable};

use super::memory::write;
use crate::kernels::dispatch::{Kernel, dispatch};
#[cfg(target_arch = "x86_64")]
use crate::kernels::dispatch::{ahead, fetch_ahead};

/// Sets a bit for each byte that isn't zero, a word for 64 of them. Bits past the end are 0.
pub(super) fn nonzero(bytes: &[u8], words: &mut [u64]) {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let whole = words.len().min(blocks.len());
    let (words, after) = words.split_at_mut(whole);
    nonzero_blocks(blocks, words);
    if let (false, Some(last)) = (rest.is_empty(), after.first_mut()) {
        *last = rest.iter().enumerate().fold(0, |word, (i, byte)| word | u64::from(*byte != 0) << i);
    }
}

fn nonzero_blocks(blocks: &[[u8; 64]], words: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    {
        #[cfg(arrownd_avx512)]
        if has_avx512() {
            // SAFETY: the features were found.
            return unsafe { avx512::nonzero(blocks, words) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was found.
            return unsafe { avx2::nonzero(blocks, words) };
        }
    }
    for (block, word) in blocks.iter().zip(words) {
        // Eight bytes at a time: the lowest bit of each is gathered in the highest byte.
        *word = block.as_chunks::<8>().0.iter().enumerate().fold(0, |word, (i, eight)| {
            let bits = eight.map(|byte| u8::from(byte != 0));
            let bits = u64::from_le_bytes(bits).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            word | bits << (8 * i)
        });
    }
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512f")
}

/// Bytes of 64 values of `SIZE` bytes.
#[cfg(target_arch = "x86_64")]
macro_rules! lanes {
    ($blocks:ident, $words:ident, $load:ident, $size:literal, $lanes:literal, |$v:ident| $mask:expr) => {
        let ahead = ahead(usize::MAX);
        for (block, word) in $blocks.chunks_exact(64 * $size).zip($words) {
            fetch_ahead(block, ahead);
            let mut bits = 0u64;
            for (i, lanes) in block.chunks_exact($size * $lanes).enumerate() {
                // SAFETY: so many bytes are there, and the load needs no alignment.
                let $v = unsafe { $load(lanes.as_ptr().cast()) };
                bits |= u64::from($mask) << ($lanes * i);
            }
            *word = bits;
        }
    };
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[expect(clippy::incompatible_msrv, reason = "compiled only where the compiler has it")]
mod avx512 {
    use std::arch::x86_64::{
        _CMP_UNORD_Q, _mm512_cmp_pd_mask, _mm512_cmp_ps_mask, _mm512_cmpeq_epi64_mask, _mm512_loadu_pd,
        _mm512_loadu_ps, _mm512_loadu_si512, _mm512_set1_epi64, _mm512_test_epi8_mask,
    };

    use super::{ahead, fetch_ahead};

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn nonzero(blocks: &[[u8; 64]], words: &mut [u64]) {
        let blocks = blocks.as_flattened();
        lanes!(blocks, words, _mm512_loadu_si512, 1, 64, |v| _mm512_test_epi8_mask(v, v));
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn nan64(values: &[u8], words: &mut [u64]) {
        lanes!(values, words, _mm512_loadu_pd, 8, 8, |v| _mm512_cmp_pd_mask::<_CMP_UNORD_Q>(v, v));
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn nan32(values: &[u8], words: &mut [u64]) {
        lanes!(values, words, _mm512_loadu_ps, 4, 16, |v| _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(v, v));
    }

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn nat(values: &[u8], words: &mut [u64]) {
        let nat = _mm512_set1_epi64(i64::MIN);
        lanes!(values, words, _mm512_loadu_si512, 8, 8, |v| _mm512_cmpeq_epi64_mask(v, nat));
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        _CMP_UNORD_Q, _mm256_castsi256_pd, _mm256_cmp_pd, _mm256_cmp_ps, _mm256_cmpeq_epi8,
        _mm256_cmpeq_epi64, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_movemask_epi8,
        _mm256_movemask_pd, _mm256_movemask_ps, _mm256_set1_epi64x, _mm256_setzero_si256,
    };

    use super::{ahead, fetch_ahead};

    #[target_feature(enable = "avx2")]
    pub(super) fn nonzero(blocks: &[[u8; 64]], words: &mut [u64]) {
        let (bytes, zero) = (blocks.as_flattened(), _mm256_setzero_si256());
        lanes!(
            bytes,
            words,
            _mm256_loadu_si256,
            1,
            32,
            |v| !(_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, zero)) as u32)
        );
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn nan64(values: &[u8], words: &mut [u64]) {
        lanes!(values, words, _mm256_loadu_pd, 8, 4, |v| _mm256_movemask_pd(_mm256_cmp_pd::<_CMP_UNORD_Q>(
            v, v
        )) as u32);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn nan32(values: &[u8], words: &mut [u64]) {
        lanes!(values, words, _mm256_loadu_ps, 4, 8, |v| _mm256_movemask_ps(_mm256_cmp_ps::<_CMP_UNORD_Q>(
            v, v
        )) as u32);
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn nat(values: &[u8], words: &mut [u64]) {
        let nat = _mm256_set1_epi64x(i64::MIN);
        lanes!(values, words, _mm256_loadu_si256, 8, 4, |v| {
            _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(v, nat))) as u32
        });
    }
}

/// Counts the bits of words, and writes them where bitmaps are.
pub(super) fn store(words: &[u64], to: &mut [[MaybeUninit<u8>; 8]]) -> usize {
    dispatch(Store { words, to })
}

struct Store<'w, 'o> {
    words: &'w [u64],
    to: &'o mut [[MaybeUninit<u8>; 8]],
}

impl Kernel for Store<'_, '_> {
    type Out = usize;
    #[inline(always)]
    fn run(self) -> usize {
        let mut count = 0;
        for (word, to) in self.words.iter().zip(self.to) {
            count += word.count_ones() as usize;
            write(to, word.to_le_bytes());
        }
        count
    }
}

/// Whether a byte is anything but zero. *Stops at the first.*
pub(super) fn any_nonzero(bytes: &[u8]) -> bool {
    bytes.chunks(4096).any(|bytes| dispatch(AnyNonzero(bytes)))
}

struct AnyNonzero<'v>(&'v [u8]);

impl Kernel for AnyNonzero<'_> {
    type Out = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let (blocks, rest) = self.0.as_chunks::<64>();
        let mut any = [0u8; 64];
        for block in blocks {
            for (any, byte) in any.iter_mut().zip(block) {
                *any |= byte;
            }
        }
        any.iter().chain(rest).fold(0, |a, b| a | b) != 0
    }
}

/// What stands for a missing value in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// NaN of 16 bits.
    NaN16,
    /// NaN of 32 bits.
    NaN32,
    /// NaN of 64 bits.
    NaN64,
    /// NaT.
    NaT,
}

trait Marked: FromBytes + Immutable + Copy {
    fn is_missing(self) -> bool;
}
impl Marked for f32 {
    #[inline(always)]
    fn is_missing(self) -> bool {
        self.is_nan()
    }
}
impl Marked for f64 {
    #[inline(always)]
    fn is_missing(self) -> bool {
        self.is_nan()
    }
}
impl Marked for f16 {
    #[inline(always)]
    fn is_missing(self) -> bool {
        self.to_bits() & 0x7fff > 0x7c00
    }
}
impl Marked for i64 {
    #[inline(always)]
    fn is_missing(self) -> bool {
        self == i64::MIN
    }
}

/// 64 values as their bytes.
struct Any<'v, T: Marked>(&'v [T]);

impl<T: Marked> Kernel for Any<'_, T> {
    type Out = bool;
    #[inline(always)]
    fn run(self) -> bool {
        self.0.iter().fold(false, |any, value| any | value.is_missing())
    }
}

impl Marker {
    /// Bytes of one value.
    fn size(self) -> usize {
        match self {
            Self::NaN16 => 2,
            Self::NaN32 => 4,
            Self::NaN64 | Self::NaT => 8,
        }
    }

    /// Whether a value is missing, among the values in `bytes`. *Stops after the first.*
    pub(super) fn any(self, bytes: &[u8]) -> bool {
        bytes.chunks(2048 * self.size()).any(|bytes| match self {
            Self::NaN16 => any::<f16>(bytes),
            Self::NaN32 => any::<f32>(bytes),
            Self::NaN64 => any::<f64>(bytes),
            Self::NaT => any::<i64>(bytes),
        })
    }

    /// Sets a bit for each value that is missing, a word for 64 of them. Bits past the end are 0.
    pub(super) fn words(self, bytes: &[u8], words: &mut [u64]) {
        let len = bytes.len() / self.size();
        let whole = (len / 64).min(words.len());
        let (blocks, rest) = bytes.split_at(whole * 64 * self.size());
        let (words, after) = words.split_at_mut(whole);
        if !self.vectors(blocks, words) {
            for (block, word) in blocks.chunks_exact(64 * self.size()).zip(words) {
                *word = self.word(block);
            }
        }
        if let (false, Some(last)) = (rest.is_empty(), after.first_mut()) {
            *last = self.word(rest);
        }
    }

    /// The same for whole words; false where the CPU has no instructions for it.
    #[cfg(target_arch = "x86_64")]
    fn vectors(self, blocks: &[u8], words: &mut [u64]) -> bool {
        #[cfg(arrownd_avx512)]
        if has_avx512() {
            match self {
                Self::NaN16 => return false,
                // SAFETY: the features were found.
                Self::NaN32 => unsafe { avx512::nan32(blocks, words) },
                // SAFETY: as above.
                Self::NaN64 => unsafe { avx512::nan64(blocks, words) },
                // SAFETY: as above.
                Self::NaT => unsafe { avx512::nat(blocks, words) },
            }
            return true;
        }
        if !is_x86_feature_detected!("avx2") {
            return false;
        }
        match self {
            Self::NaN16 => return false,
            // SAFETY: the feature was found.
            Self::NaN32 => unsafe { avx2::nan32(blocks, words) },
            // SAFETY: as above.
            Self::NaN64 => unsafe { avx2::nan64(blocks, words) },
            // SAFETY: as above.
            Self::NaT => unsafe { avx2::nat(blocks, words) },
        }
        true
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn vectors(self, _blocks: &[u8], _words: &mut [u64]) -> bool {
        false
    }

    /// Up to 64 values.
    fn word(self, bytes: &[u8]) -> u64 {
        match self {
            Self::NaN16 => word::<f16>(bytes),
            Self::NaN32 => word::<f32>(bytes),
            Self::NaN64 => word::<f64>(bytes),
            Self::NaT => word::<i64>(bytes),
        }
    }
}

/// The values, aligned or not.
fn values<T: Marked>(bytes: &[u8]) -> impl Iterator<Item = T> {
    bytes.chunks_exact(size_of::<T>()).filter_map(|value| T::read_from_bytes(value).ok())
}

fn word<T: Marked>(bytes: &[u8]) -> u64 {
    let values = values::<T>(bytes).enumerate();
    values.fold(0, |word, (i, value)| word | u64::from(value.is_missing()) << i)
}

fn any<T: Marked>(bytes: &[u8]) -> bool {
    match <[T]>::ref_from_bytes(bytes) {
        Ok(values) => dispatch(Any(values)),
        Err(_) => values::<T>(bytes).any(|value| value.is_missing()),
    }
}

#[cfg(test)]
mod tests {
    use zerocopy::IntoBytes;

    use super::*;

    fn expected(flags: impl Iterator<Item = bool>) -> Vec<u64> {
        let flags: Vec<bool> = flags.collect();
        flags
            .chunks(64)
            .map(|some| some.iter().enumerate().fold(0, |word, (i, set)| word | u64::from(*set) << i))
            .collect()
    }

    #[test]
    fn bytes_of_any_length_and_value() {
        for n in [0, 1, 63, 64, 65, 127, 128, 1000] {
            let bytes: Vec<u8> =
                (0..n).map(|i: usize| if i.is_multiple_of(3) { 0 } else { (i * 7 % 256) as u8 }).collect();
            let mut words = vec![u64::MAX; n.div_ceil(64)];
            nonzero(&bytes, &mut words);
            assert_eq!(words, expected(bytes.iter().map(|byte| *byte != 0)), "{n}");
            assert_eq!(any_nonzero(&bytes), bytes.iter().any(|byte| *byte != 0), "{n}");
        }
    }

    fn check<T: Marked + IntoBytes>(marker: Marker, missing: &[T], there: &[T]) {
        for n in [0, 1, 64, 65, 200, 4096] {
            let both = missing.len() + there.len();
            let at = |i: usize| missing.iter().chain(there).nth(i * 5 % both).copied();
            let values: Vec<T> = (0..n).filter_map(at).collect();
            let bytes = values.as_bytes();
            let mut words = vec![u64::MAX; values.len().div_ceil(64)];
            marker.words(bytes, &mut words);
            assert_eq!(words, expected(values.iter().map(|value| value.is_missing())), "{marker:?} {n}");
            assert_eq!(marker.any(bytes), values.iter().any(|value| value.is_missing()), "{marker:?} {n}");
        }
    }

    #[test]
    fn markers() {
        check(Marker::NaN16, &[f16::NAN, f16::from_bits(0xfc01)], &[f16::INFINITY, f16::NEG_ZERO, f16::ONE]);
        check(Marker::NaN32, &[f32::NAN, f32::from_bits(0xff80_0001)], &[f32::INFINITY, -0.0, f32::MIN]);
        check(
            Marker::NaN64,
            &[f64::NAN, f64::from_bits(0xfff0_0000_0000_0001)],
            &[f64::NEG_INFINITY, -0.0, 1.0],
        );
        check(Marker::NaT, &[i64::MIN], &[0, -1, i64::MAX, i64::MIN + 1]);
    }
}
