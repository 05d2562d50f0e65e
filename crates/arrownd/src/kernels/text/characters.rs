//! UTF-8 becomes code points, without a branch for each character.
#![allow(unsafe_code, reason = "vector instructions are called after asking for them")]

use std::mem::MaybeUninit;

use super::row::LANES;

/// The bytes that sixteen are decoded by: the last character may go on after them.
const READ: usize = LANES + 3;

type Places = [MaybeUninit<u32>; LANES];

/// Writes the first `len` bytes of `from` as code points, `width` of them with zeros after the text; what `out` has after
/// these may be written to. Whether all of it was; and whether it is ASCII, which isn't looked at.
#[inline(always)]
fn write(
    decode: impl Fn(&[u8; READ], usize, &mut Places) -> usize,
    from: &[u8],
    len: usize,
    width: usize,
    out: &mut [MaybeUninit<u32>],
) -> Option<(bool, bool)> {
    let (mut written, mut zeroed) = (0, 0);
    for at in (0..len).step_by(LANES) {
        let rest = from.get(at..)?;
        let mut copied = [0; READ];
        let read = if let Some(read) = rest.first_chunk() {
            read
        } else {
            for (to, byte) in copied.iter_mut().zip(rest) {
                *to = *byte;
            }
            &copied
        };
        zeroed = written + LANES;
        let to = out.get_mut(written..)?;
        if let Some(to) = to.first_chunk_mut() {
            written += decode(read, len - at, to);
        } else {
            let mut places = [MaybeUninit::new(0); LANES];
            written += decode(read, len - at, &mut places);
            for (to, code) in to.iter_mut().zip(places) {
                *to = code;
            }
        }
        if written > width {
            break;
        }
    }
    if let Some(rest) = out.get_mut(zeroed..width) {
        rest.fill(MaybeUninit::new(0));
    }
    Some((written <= width, false))
}

/// [`write`] for any CPU.
#[inline]
pub(super) fn write_portable(
    from: &[u8],
    len: usize,
    width: usize,
    out: &mut [MaybeUninit<u32>],
) -> Option<(bool, bool)> {
    write(portable, from, len, width, out)
}

/// [`write`] by 512 bits.
#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,popcnt")]
pub(super) fn write_512(
    from: &[u8],
    len: usize,
    width: usize,
    out: &mut [MaybeUninit<u32>],
) -> Option<(bool, bool)> {
    write(|from, len, to| wide_512(from, len, to), from, len, width, out)
}

/// [`write`] by 256 bits.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn write_256(
    from: &[u8],
    len: usize,
    width: usize,
    out: &mut [MaybeUninit<u32>],
) -> Option<(bool, bool)> {
    write(|from, len, to| wide_256(from, len, to), from, len, width, out)
}

/// Writes the code points of the characters that begin in the first `len` of sixteen bytes, zeros after them,
/// and says how many these are.
#[inline(always)]
fn portable(from: &[u8; READ], len: usize, to: &mut Places) -> usize {
    let mut codes = [0u32; LANES];
    for (code, four) in codes.iter_mut().zip(from.windows(4)) {
        let &[lead, b, c, d] = four else { continue };
        let [b, c, d] = [b, c, d].map(|byte| u32::from(byte & 0x3f));
        let two = u32::from(lead & 0x1f) << 6 | b;
        let three = (two & 0x3ff) << 6 | c;
        let four = (three & 0x7fff) << 6 | d;
        let few = if lead < 0x80 { u32::from(lead) } else { two };
        let many = if lead < 0xf0 { three } else { four };
        *code = if lead < 0xe0 { few } else { many };
    }
    pack(&codes, from, len, to)
}

/// Moves the codes together that belong to a character's first byte.
#[inline(always)]
fn pack(codes: &[u32; LANES], from: &[u8; READ], len: usize, to: &mut Places) -> usize {
    *to = [MaybeUninit::new(0); LANES];
    let mut written = 0;
    for (code, byte) in codes.iter().zip(from).take(len) {
        // What isn't a character's first byte is written over.
        if let Some(to) = to.get_mut(written % LANES) {
            to.write(*code);
        }
        written += usize::from(byte & 0xc0 != 0x80);
    }
    if let Some(to) = to.get_mut(written) {
        to.write(0);
    }
    written
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn wide_256(from: &[u8; READ], len: usize, to: &mut Places) -> usize {
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_loadu_si128, _mm_unpackhi_epi64, _mm256_and_si256, _mm256_blendv_epi8,
        _mm256_cmpgt_epi32, _mm256_cvtepu8_epi32, _mm256_or_si256, _mm256_set1_epi32, _mm256_slli_epi32,
        _mm256_storeu_si256,
    };
    let load = |bytes: &[u8; LANES]| {
        // SAFETY: 16 bytes, and the load needs no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    let [first, second, third, fourth] = shifted(from).map(load);
    let set = |value: i32| _mm256_set1_epi32(value);
    let and = |a: __m256i, bits: i32| _mm256_and_si256(a, set(bits));
    let mut codes = [0u32; LANES];
    for (high, codes) in [false, true].into_iter().zip(codes.as_chunks_mut::<8>().0) {
        let half = |bytes: __m128i| {
            _mm256_cvtepu8_epi32(if high { _mm_unpackhi_epi64(bytes, bytes) } else { bytes })
        };
        let lead = half(first);
        let [b, c, d] = [second, third, fourth].map(|bytes| and(half(bytes), 0x3f));
        // The value of a lead byte's own bits grows by six with every byte that follows.
        let two = _mm256_or_si256(_mm256_slli_epi32::<6>(and(lead, 0x1f)), b);
        let three = _mm256_or_si256(_mm256_slli_epi32::<6>(and(two, 0x3ff)), c);
        let four = _mm256_or_si256(_mm256_slli_epi32::<6>(and(three, 0x7fff)), d);
        let above = |most: i32| _mm256_cmpgt_epi32(lead, set(most));
        let own = _mm256_blendv_epi8(lead, two, above(0x7f));
        let own = _mm256_blendv_epi8(own, three, above(0xdf));
        let own = _mm256_blendv_epi8(own, four, above(0xef));
        // SAFETY: `codes` is 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(codes.as_mut_ptr().cast(), own) };
    }
    pack(&codes, from, len, to)
}

/// Sixteen bytes, and those that follow each by one, two and three.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn shifted(from: &[u8; READ]) -> [&[u8; LANES]; 4] {
    let [first @ .., _, _, _] = from;
    let [_, second @ .., _, _] = from;
    let [_, _, third @ .., _] = from;
    let [_, _, _, fourth @ ..] = from;
    [first, second, third, fourth]
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[expect(clippy::incompatible_msrv, reason = "compiled only where the compiler has it")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,popcnt")]
fn wide_512(from: &[u8; READ], len: usize, to: &mut Places) -> usize {
    use std::arch::x86_64::{
        __m128i, __m512i, _bzhi_u32, _mm_cmpgt_epi8_mask, _mm_loadu_si128, _mm_set1_epi8, _mm512_and_si512,
        _mm512_cmpge_epu32_mask, _mm512_cvtepu8_epi32, _mm512_mask_mov_epi32, _mm512_maskz_compress_epi32,
        _mm512_or_si512, _mm512_set1_epi32, _mm512_slli_epi32, _mm512_storeu_si512,
    };
    let load = |bytes: &[u8; LANES]| {
        // SAFETY: 16 bytes, and the load needs no alignment.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    };
    let [first, second, third, fourth] = shifted(from).map(load);
    let set = |value: i32| _mm512_set1_epi32(value);
    let and = |a: __m512i, bits: i32| _mm512_and_si512(a, set(bits));
    let lead = _mm512_cvtepu8_epi32(first);
    let tail = |bytes: __m128i| and(_mm512_cvtepu8_epi32(bytes), 0x3f);
    let (b, c, d) = (tail(second), tail(third), tail(fourth));
    // The value of a lead byte's own bits grows by six with every byte that follows.
    let two = _mm512_or_si512(_mm512_slli_epi32::<6>(and(lead, 0x1f)), b);
    let three = _mm512_or_si512(_mm512_slli_epi32::<6>(and(two, 0x3ff)), c);
    let four = _mm512_or_si512(_mm512_slli_epi32::<6>(and(three, 0x7fff)), d);
    let from_lead = |least: i32| _mm512_cmpge_epu32_mask(lead, set(least));
    let codes = _mm512_mask_mov_epi32(lead, from_lead(0x80), two);
    let codes = _mm512_mask_mov_epi32(codes, from_lead(0xe0), three);
    let codes = _mm512_mask_mov_epi32(codes, from_lead(0xf0), four);
    // As signed bytes, -65 is the last that goes on with a character.
    let begins = _mm_cmpgt_epi8_mask(first, _mm_set1_epi8(-65));
    let begins = begins & _bzhi_u32(0xffff, len.min(LANES) as u32) as u16;
    let packed = _mm512_maskz_compress_epi32(begins, codes);
    // SAFETY: `to` is 64 bytes, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), packed) };
    begins.count_ones() as usize
}
