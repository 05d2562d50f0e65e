//! Bits become bytes: booleans, and what is missing.
#![allow(unsafe_code, reason = "the vector instructions that unpack bits are called after asking for them")]

use std::mem::MaybeUninit;

use super::blocks::Window;
use super::dispatch::{Kernel, claim_ahead, dispatch};
use crate::execute::Run;
use crate::source::{Bits, Part, Words};

/// Unpacks booleans: one byte each, `fill` where one is missing.
pub(crate) fn unpack(bits: &Bits<'_>, window: Window<'_, '_>, run: &mut Run<'_>, fill: Option<bool>) {
    let Window { part, start, .. } = window;
    let spread = if fill == Some(true) { u64::MAX } else { 0 };
    if !part.is_direct() {
        return expand(run, |at| {
            let (bits, valid) = part.bit_words(bits, start + at);
            bits | spread & !valid
        });
    }
    let validity = &part.validity;
    if fill.is_none() || validity.is_full() {
        return expand_bits(run, bits, start, 0);
    }
    if let Some(there) = validity.plain() {
        return expand(run, |at| {
            let valid = there.word(start + at);
            bits.word(start + at) & valid | spread & !valid
        });
    }
    expand(run, |at| {
        let valid = validity.word(start + at);
        bits.word(start + at) & valid | spread & !valid
    });
}

/// Writes a byte for each bit from `start` on: 1 where it is zero.
pub(super) fn unset(bits: &Bits<'_>, start: usize, run: &mut Run<'_>) {
    expand_bits(run, bits, start, u64::MAX);
}

/// Writes a byte for each value from `start` on: 1 where it is missing.
pub(super) fn missing(part: &Part<'_>, start: usize, run: &mut Run<'_>) {
    expand(run, |at| !part.word(start + at));
}

/// Any two values for false and true, `fill` where one is missing.
pub(super) fn convert_bits<D: Copy>(
    bits: &Bits<'_>,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<D>,
    [no, yes]: [D; 2],
) {
    let Window { part, start, .. } = window;
    let mut at = 0;
    while at < run.len() {
        let n = (run.len() - at).min(64);
        let (word, valid) = part.bit_words(bits, start + at);
        let valid = if fill.is_some() { valid } else { u64::MAX };
        let mut out = [MaybeUninit::new(fill.unwrap_or(no)); 64];
        for (i, to) in out.iter_mut().enumerate() {
            if valid >> i & 1 == 1 {
                *to = MaybeUninit::new(if word >> i & 1 == 1 { yes } else { no });
            }
        }
        run.write(at, out.get(..n).unwrap_or_default());
        at += n;
    }
}

/// One of three addresses for each of 64 booleans: false's, true's, or that of what stands for a missing one.
/// *O(64)*.
///
/// ```
/// use arrownd::engine::choose;
///
/// let mut out = [0; 64];
/// // True, false, missing, and whatever comes after them.
/// choose(0b001, 0b011, [10, 20, 30], &mut out);
/// assert_eq!(out[..3], [20, 10, 30]);
/// ```
pub fn choose(word: u64, valid: u64, choices: [usize; 3], out: &mut [usize; 64]) {
    dispatch(Choose { word, valid, choices, out });
}

struct Choose<'o> {
    word: u64,
    valid: u64,
    choices: [usize; 3],
    out: &'o mut [usize; 64],
}

impl Kernel for Choose<'_> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        let Self { word, valid, choices: [no, yes, missing], out } = self;
        for (lane, to) in out.iter_mut().enumerate() {
            let there = if word >> lane & 1 != 0 { yes } else { no };
            *to = if valid >> lane & 1 != 0 { there } else { missing };
        }
    }
}

type Block = [MaybeUninit<u8>; 64];

/// Writes one byte, 0 or 1, for each bit from `start` on, after those of `flip` changed.
fn expand_bits(run: &mut Run<'_>, bits: &Bits<'_>, start: usize, flip: u64) {
    expand_all(run, (bits.words(start), flip), |at| bits.word(start + at) ^ flip);
}

/// The same for the words that `word` gives for every 64th position.
fn expand(run: &mut Run<'_>, word: impl Fn(usize) -> u64) {
    expand_all(run, (Words::default(), 0), word);
}

/// Words that lie in a row, and the bits that change in each.
type Row<'r> = (Words<'r>, u64);

/// Writes the words of `row`, and those of `word` after them.
fn expand_all(run: &mut Run<'_>, row: Row<'_>, word: impl Fn(usize) -> u64) {
    #[cfg(target_arch = "x86_64")]
    {
        #[cfg(arrownd_avx512)]
        if is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512f") {
            // SAFETY: the features were found.
            return unsafe { expand512(run, row, word) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was found.
            return unsafe { expand256(run, row, word) };
        }
    }
    expand_with(run, row, word, unpack_portable);
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[target_feature(enable = "avx512f,avx512bw")]
fn expand512(run: &mut Run<'_>, row: Row<'_>, word: impl Fn(usize) -> u64) {
    expand_with(run, row, word, |word, out| unpack512(word, out));
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn expand256(run: &mut Run<'_>, row: Row<'_>, word: impl Fn(usize) -> u64) {
    expand_with(run, row, word, |word, out| unpack256(word, out));
}

#[inline(always)]
fn expand_with(
    run: &mut Run<'_>,
    (row, flip): Row<'_>,
    word: impl Fn(usize) -> u64,
    unpack_word: impl Fn(u64, &mut Block),
) {
    let len = run.len();
    let mut at = 0;
    if let Some(out) = run.contiguous::<u8>() {
        let (blocks, _) = out.as_chunks_mut::<64>();
        let (words, shift) = row.lying();
        let next = if shift == 0 { words } else { words.get(1..).unwrap_or_default() };
        let (blocks, others) = blocks.split_at_mut(blocks.len().min(next.len()));
        let whole = blocks.len();
        // Two loops, each of a word and a store: with a branch in it, a third slower.
        if shift == 0 {
            for (block, word) in blocks.iter_mut().zip(words) {
                claim_ahead(block);
                unpack_word(u64::from_le_bytes(*word) ^ flip, block);
            }
        } else {
            for ((block, low), high) in blocks.iter_mut().zip(words).zip(next) {
                claim_ahead(block);
                let (low, high) = (u64::from_le_bytes(*low), u64::from_le_bytes(*high));
                unpack_word((low >> shift | high << (64 - shift)) ^ flip, block);
            }
        }
        at = 64 * whole;
        for block in others {
            claim_ahead(block);
            unpack_word(word(at), block);
            at += 64;
        }
    }
    while at < len {
        let n = (len - at).min(64);
        let mut block = [MaybeUninit::uninit(); 64];
        unpack_word(word(at), &mut block);
        run.write(at, block.get(..n).unwrap_or_default());
        at += n;
    }
}

/// A byte's bits spread over eight bytes: each lands on a multiple of 9 bits, and is masked out.
#[inline(always)]
fn unpack_portable(word: u64, out: &mut Block) {
    for (byte, to) in word.to_le_bytes().into_iter().zip(out.as_chunks_mut::<8>().0) {
        // The low seven bits and the eighth apart: their copies would overlap.
        let low = u64::from(byte & 0x7f).wrapping_mul(0x0002_0408_1020_4081) & 0x0101_0101_0101_0101;
        let spread = low | u64::from(byte >> 7) << 56;
        for (value, to) in spread.to_le_bytes().into_iter().zip(to) {
            *to = MaybeUninit::new(value);
        }
    }
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[expect(clippy::incompatible_msrv, reason = "compiled only where the compiler has it")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn unpack512(word: u64, out: &mut Block) {
    use std::arch::x86_64::{_mm512_maskz_set1_epi8, _mm512_storeu_si512};
    let ones = _mm512_maskz_set1_epi8(word, 1);
    // SAFETY: `out` is 64 bytes, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), ones) };
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn unpack256(word: u64, out: &mut Block) {
    use std::arch::x86_64::{
        _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_set1_epi8, _mm256_set1_epi32, _mm256_set1_epi64x,
        _mm256_setr_epi64x, _mm256_shuffle_epi8, _mm256_storeu_si256,
    };
    let which = _mm256_setr_epi64x(0, 0x0101_0101_0101_0101, 0x0202_0202_0202_0202, 0x0303_0303_0303_0303);
    let bit = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64 as i64);
    for (half, to) in [word as u32, (word >> 32) as u32].into_iter().zip(out.as_chunks_mut::<32>().0) {
        let bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(half as i32), which);
        let set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
        let ones = _mm256_and_si256(set, _mm256_set1_epi8(1));
        // SAFETY: `to` is 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), ones) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(unpack: impl Fn(u64, &mut Block), word: u64) -> Vec<u8> {
        let mut out = [MaybeUninit::new(9); 64];
        unpack(word, &mut out);
        out.iter()
            .map(|byte| {
                // SAFETY: every byte was initialised above.
                unsafe { byte.assume_init() }
            })
            .collect()
    }

    #[test]
    fn every_way_of_unpacking_gives_the_same_bytes() {
        let mut word = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..1000 {
            let expected: Vec<u8> = (0..64).map(|i| (word >> i & 1) as u8).collect();
            assert_eq!(bytes(unpack_portable, word), expected);
            #[cfg(all(target_arch = "x86_64", arrownd_avx512))]
            if is_x86_feature_detected!("avx512bw") {
                // SAFETY: the feature was found.
                assert_eq!(bytes(|word, out| unsafe { unpack512(word, out) }, word), expected);
            }
            word = word.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_256_bit_way_too() {
        if !is_x86_feature_detected!("avx2") {
            return;
        }
        for word in [0, u64::MAX, 1, 1 << 63, 0x0123_4567_89ab_cdef] {
            // SAFETY: the feature was found.
            let found = bytes(|word, out| unsafe { unpack256(word, out) }, word);
            assert_eq!(found, (0..64).map(|i| (word >> i & 1) as u8).collect::<Vec<_>>());
        }
    }
}
