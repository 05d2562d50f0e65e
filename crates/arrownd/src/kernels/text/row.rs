//! Up to 64 values of text or bytes become elements of `U` or `S` that follow each other.
#![allow(unsafe_code, reason = "vector instructions are called after asking for them")]

use std::mem::MaybeUninit;

use super::characters;

/// So many bytes are widened at once.
pub(super) const LANES: usize = 16;

type Places<T> = [MaybeUninit<T>; LANES];

/// What the values of a row turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// None was cut, and none ends with a NUL.
    pub(super) kept: bool,
    /// None has a byte beyond ASCII.
    pub(super) ascii: bool,
}

/// Where a value begins in a buffer that goes on after it, and how many bytes are its own.
pub(super) type Value<'a> = (&'a [u8], usize);

/// Writes text as code points, zeros after them. What isn't UTF-8 becomes any numbers: that is the caller's to see.
/// `None` where a value isn't there or `out` is too short; it may be longer, and what follows the row is written to then.
pub(super) fn code_points<'a>(
    width: usize,
    values: impl Iterator<Item = Option<Value<'a>>>,
    out: &mut [MaybeUninit<u32>],
) -> Option<Row> {
    #[cfg(target_arch = "x86_64")]
    {
        #[cfg(arrownd_avx512)]
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("bmi2")
        {
            // SAFETY: the features were found.
            return unsafe { code_points_512(width, values, out) };
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was found.
            return unsafe { code_points_256(width, values, out) };
        }
    }
    each(width, values, out, widen_portable, true, characters::write_portable)
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,popcnt")]
fn code_points_512<'a>(
    width: usize,
    values: impl Iterator<Item = Option<Value<'a>>>,
    out: &mut [MaybeUninit<u32>],
) -> Option<Row> {
    let widen = |from: &_, len, to: &mut _| widen_512(from, len, to);
    let decode = |from: &_, len, width, out: &mut _| characters::write_512(from, len, width, out);
    each(width, values, out, widen, true, decode)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn code_points_256<'a>(
    width: usize,
    values: impl Iterator<Item = Option<Value<'a>>>,
    out: &mut [MaybeUninit<u32>],
) -> Option<Row> {
    let widen = |from: &_, len, to: &mut _| widen_256(from, len, to);
    let decode = |from: &_, len, width, out: &mut _| characters::write_256(from, len, width, out);
    each(width, values, out, widen, true, decode)
}

/// Writes bytes as they are, zeros after them; else as [`code_points`].
pub(super) fn bytes<'a>(
    width: usize,
    values: impl Iterator<Item = Option<Value<'a>>>,
    out: &mut [MaybeUninit<u8>],
) -> Option<Row> {
    each(width, values, out, keep, false, |from, len, width, out| {
        let own = out.get_mut(..width)?;
        let from = from.get(..len)?;
        for (i, to) in own.iter_mut().enumerate() {
            to.write(from.get(i).copied().unwrap_or(0));
        }
        Some((len <= width, from.is_ascii()))
    })
}

/// Writes each value by `widen`, sixteen bytes at a time, and where that doesn't do by `other`, which says whether
/// it kept the value, and whether that is ASCII.
#[inline(always)]
fn each<'a, T: Copy + From<u8>>(
    width: usize,
    values: impl Iterator<Item = Option<Value<'a>>>,
    out: &mut [MaybeUninit<T>],
    widen: impl Fn(&[u8; LANES], usize, &mut Places<T>) -> bool,
    decoded: bool,
    other: impl Fn(&[u8], usize, usize, &mut [MaybeUninit<T>]) -> Option<(bool, bool)>,
) -> Option<Row> {
    let reach = width.next_multiple_of(LANES);
    let mut row = Row { kept: true, ascii: true };
    let short = width <= LANES;
    let mut rest = out;
    for value in values {
        let (from, len) = value?;
        let out = &mut *rest;
        // One block is the commonest, and needs the fewest registers.
        if let (true, Some(block), Some(places)) =
            (short & (len <= width), from.first_chunk(), out.first_chunk_mut())
        {
            let beyond = widen(block, len, places);
            if !(decoded && beyond) {
                row.ascii &= !beyond;
                row.kept &= len == 0 || block.get((len - 1) % LANES) != Some(&0);
                rest = rest.get_mut(width..)?;
                continue;
            }
        }
        let (blocks, places) = (from.get(..reach), out.get_mut(..reach));
        let beyond = match (blocks.map(<[u8]>::as_chunks), places.map(<[_]>::as_chunks_mut)) {
            // What is too much is the next value's, and written again with it.
            (Some(([block], _)), Some(([places], _))) => widen(block, len, places),
            (Some((blocks, _)), Some((places, _))) => {
                let mut blocks = blocks.iter();
                let (mut left, mut beyond) = (len, false);
                for places in places {
                    let Some(block) = blocks.next() else { break };
                    beyond |= widen(block, left, places);
                    left = left.saturating_sub(LANES);
                }
                beyond
            }
            _ => widen_slowly(from.get(..len)?, out.get_mut(..width)?),
        };
        let mut ascii = !beyond;
        if (decoded && beyond) | (len > width) {
            let (kept, seen) = other(from, len, width, out)?;
            row.kept &= kept;
            ascii &= seen;
        }
        row.ascii &= ascii;
        row.kept &= len == 0 || from.get(len - 1) != Some(&0);
        rest = rest.get_mut(width..)?;
    }
    Some(row)
}

/// Near the end of a buffer.
#[inline(never)]
fn widen_slowly<T: Copy + From<u8>>(from: &[u8], to: &mut [MaybeUninit<T>]) -> bool {
    for (i, to) in to.iter_mut().enumerate() {
        to.write(T::from(from.get(i).copied().unwrap_or(0)));
    }
    !from.is_ascii()
}

/// What keeps the first bytes of sixteen.
const FIRST: [u128; LANES + 1] = {
    let mut masks = [u128::MAX; LANES + 1];
    let mut len = 0;
    while len < LANES {
        masks[len] = (1 << (8 * len)) - 1;
        len += 1;
    }
    masks
};

/// The first `len` of sixteen bytes, zeros after them.
#[inline(always)]
fn first(from: &[u8; LANES], len: usize) -> u128 {
    let [.., all] = FIRST;
    u128::from_le_bytes(*from) & FIRST.get(len).copied().unwrap_or(all)
}

/// Whether a byte is beyond ASCII.
#[inline(always)]
fn beyond(bytes: u128) -> bool {
    bytes & (u128::MAX / 255 * 128) != 0
}

#[inline(always)]
fn keep(from: &[u8; LANES], len: usize, to: &mut Places<u8>) -> bool {
    let own = first(from, len);
    *to = own.to_le_bytes().map(MaybeUninit::new);
    beyond(own)
}

#[inline(always)]
fn widen_portable(from: &[u8; LANES], len: usize, to: &mut Places<u32>) -> bool {
    let own = first(from, len);
    for (half, to) in [own as u64, (own >> 64) as u64].into_iter().zip(to.as_chunks_mut::<8>().0) {
        // Written out: the compiler makes one widening move of it, and of no loop.
        let [a, b, c, d, e, f, g, h] = half.to_le_bytes();
        let code = |byte: u8| MaybeUninit::new(u32::from(byte));
        *to = [code(a), code(b), code(c), code(d), code(e), code(f), code(g), code(h)];
    }
    beyond(own)
}

#[cfg(all(target_arch = "x86_64", arrownd_avx512))]
#[expect(clippy::incompatible_msrv, reason = "compiled only where the compiler has it")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx2,bmi1,bmi2,popcnt")]
fn widen_512(from: &[u8; LANES], len: usize, to: &mut Places<u32>) -> bool {
    use std::arch::x86_64::{
        _bzhi_u32, _mm_loadu_si128, _mm_movepi8_mask, _mm512_maskz_cvtepu8_epi32, _mm512_storeu_si512,
    };
    // SAFETY: `from` is 16 bytes, and the load needs no alignment.
    let bytes = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
    let own = _bzhi_u32(0xffff, len.min(LANES) as u32) as u16;
    let codes = _mm512_maskz_cvtepu8_epi32(own, bytes);
    // SAFETY: `to` is 64 bytes, and the store needs no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), codes) };
    _mm_movepi8_mask(bytes) & own != 0
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn widen_256(from: &[u8; LANES], len: usize, to: &mut Places<u32>) -> bool {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_loadu_si128, _mm_movemask_epi8, _mm_unpackhi_epi64, _mm256_cvtepu8_epi32,
        _mm256_storeu_si256,
    };
    // SAFETY: `from` is 16 bytes, and the load needs no alignment.
    let bytes = unsafe { _mm_loadu_si128(from.as_ptr().cast()) };
    let [.., all] = &FIRST;
    let mask: *const __m128i = std::ptr::from_ref(FIRST.get(len).unwrap_or(all)).cast();
    // SAFETY: a mask is 16 bytes, aligned as such.
    let own = _mm_and_si128(bytes, unsafe { _mm_loadu_si128(mask) });
    for (half, to) in [own, _mm_unpackhi_epi64(own, own)].into_iter().zip(to.as_chunks_mut::<8>().0) {
        let codes = _mm256_cvtepu8_epi32(half);
        // SAFETY: `to` is 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(to.as_mut_ptr().cast(), codes) };
    }
    _mm_movemask_epi8(own) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    type Out<T> = Vec<MaybeUninit<T>>;

    /// Values in a buffer that ends with the last one, and `more` elements of room after theirs.
    fn run<T: Copy>(
        texts: &[&[u8]],
        (width, more): (usize, usize),
        junk: T,
        way: impl FnOnce(&mut dyn Iterator<Item = Option<Value<'static>>>, &mut Out<T>) -> Option<Row>,
    ) -> (Option<Row>, Vec<T>) {
        let values: &'static [u8] = Vec::leak(texts.concat());
        let mut bounds = vec![0];
        bounds.extend(texts.iter().scan(0, |end, text| {
            *end += text.len();
            Some(*end)
        }));
        let mut each = bounds.windows(2).map(|pair| Some((&values[pair[0]..], pair[1] - pair[0])));
        let mut out = vec![MaybeUninit::new(junk); texts.len() * width + more];
        let row = way(&mut each, &mut out);
        let read = out[..texts.len() * width].iter().map(|place| {
            // SAFETY: initialised from the start.
            unsafe { place.assume_init() }
        });
        (row, read.collect())
    }

    fn every_way(texts: &[&str], width: usize, more: usize) {
        let bytes: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
        let (n, room) = (texts.len(), (width, more));
        let mut expected = vec![0; n * width];
        for (to, text) in expected.chunks_mut(width).zip(texts) {
            to.iter_mut().zip(text.chars()).for_each(|(to, character)| *to = u32::from(character));
        }
        let fits = texts.iter().all(|text| text.chars().count() <= width);
        let kept = fits && !texts.iter().any(|text| text.ends_with('\0'));
        let check = |(row, found): (Option<Row>, Vec<u32>)| {
            assert_eq!(found, expected, "{texts:?} {room:?}");
            // What is cut may count as beyond ASCII.
            let ascii = texts.iter().all(|text| text.is_ascii());
            assert!(
                row == Some(Row { kept, ascii }) || !fits && row == Some(Row { kept, ascii: false }),
                "{texts:?} {room:?}"
            );
        };
        check(run(&bytes, room, 7, |value, out| code_points(width, value, out)));
        check(run(&bytes, room, 7, |value, out| {
            each(width, value, out, widen_portable, true, characters::write_portable)
        }));
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the feature was found.
            check(run(&bytes, room, 7, |value, out| unsafe { code_points_256(width, value, out) }));
        }
        let mut expected = vec![0; n * width];
        for (to, text) in expected.chunks_mut(width).zip(&bytes) {
            to.iter_mut().zip(*text).for_each(|(to, byte)| *to = *byte);
        }
        let fits = bytes.iter().all(|text| text.len() <= width);
        let (row, found) = run(&bytes, room, 7, |value, out| super::bytes(width, value, out));
        let kept = fits && !texts.iter().any(|text| text.ends_with('\0'));
        let ascii = texts.iter().all(|text| text.is_ascii());
        assert_eq!((row, found), (Some(Row { kept, ascii }), expected), "{texts:?} {room:?}");
    }

    #[test]
    fn every_width_length_and_content_is_written_alike() {
        // What the code points of a text are, and where the longer ones lie.
        let alphabets = ["abcdefg", "aéb", "éßñ", "日本語", "😀🙂", "a日é😀", "\0a", "a\0"];
        let lengths = [0, 1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 19, 31, 32, 33, 48, 64, 65];
        for alphabet in alphabets {
            for len in lengths {
                let text: String = alphabet.chars().cycle().take(len).collect();
                let fitting = (1..=len.max(1)).filter(|width| width % 3 == 0 || len.abs_diff(*width) < 4);
                for width in fitting.chain([len + 1, len + 17, len + 70]) {
                    for more in [0, 1, 16, 100] {
                        every_way(&[&text], width, more);
                        every_way(&["", &text, "ab", &text, "z"], width, more);
                    }
                }
            }
        }
    }

    #[test]
    fn a_full_row_of_mixed_text() {
        let texts: Vec<String> = (0..64usize)
            .map(|i| {
                "ab😀日éc"
                    .chars()
                    .cycle()
                    .skip(i)
                    .take(i * 7 % 23)
                    .filter(|c| i % 5 == 0 || c.is_ascii())
                    .collect()
            })
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        for width in 1..40 {
            every_way(&texts, width, 0);
        }
    }

    #[test]
    fn what_is_no_text_stays_within_its_place() {
        for byte in [0x80, 0xbf, 0xc0, 0xe1, 0xf0, 0xff] {
            for len in [1, 15, 16, 17, 40] {
                let text = vec![byte; len];
                for width in [1, 5, 16, 20] {
                    let (row, found) =
                        run(&[&text, b"a"], (width, 0), 7, |v, out| code_points(width, v, out));
                    assert_eq!(row.map(|row| row.ascii), Some(false));
                    assert_eq!(found[width], u32::from('a'));
                    assert!(found[width + 1..].iter().all(|code| *code == 0));
                }
            }
        }
    }

    #[test]
    fn too_little_room_is_no_row() {
        let short = run(&[b"ab", b"c"], (3, 0), 0u32, |value, out| code_points(3, value, &mut out[..5]));
        assert_eq!(short.0, None);
    }
}
