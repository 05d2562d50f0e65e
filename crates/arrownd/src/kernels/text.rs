//! Text and bytes as strings of one width: `U`, four bytes a character, and `S`.

use std::fmt::Write as _;
use std::mem::MaybeUninit;

use super::ascii::is_ascii;
use super::dispatch::{Kernel, dispatch};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Run, Visit};
use crate::mapping::{Element, map};
use crate::options::Fill;
use crate::source::{Data, Leaf, Octets, Offsets, Part, low_mask};

/// Writes the text and bytes of a stretch of values as `dtype`, `U` or `S`.
///
/// # Errors
/// [`Error::InvalidArrow`] for text that isn't UTF-8, [`Error::LossyCast`] for what is longer than
/// `dtype`, ends with a NUL or, for `S`, is text beyond ASCII.
pub(crate) fn text(visit: &mut Visit<'_>, dtype: DType) -> Result<()> {
    let missing = Stored::of(dtype, visit.step.fill.as_ref());
    dispatch(Pass { visit, dtype, missing })
}

struct Pass<'p, 'v> {
    visit: &'p mut Visit<'v>,
    dtype: DType,
    missing: Stored<'v>,
}

impl Kernel for Pass<'_, '_> {
    type Out = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let Self { visit, dtype, missing } = self;
        let is_text = matches!(visit.step.element, Element::Varlen { text: true });
        let mut bounds = [0; 65];
        for at in (0..visit.run.len()).step_by(64) {
            let len = (visit.run.len() - at).min(64);
            if let Some(values) = visit.row(at, &mut bounds)
                && let Some(bounds) = bounds.get(..=len)
                && (!is_text || values.get(bounds[0]..bounds[len]).is_some_and(is_ascii))
            {
                let done = match dtype {
                    DType::Unicode(_) => widen_row::<u32>(&mut visit.run, at, values, bounds),
                    _ => widen_row::<u8>(&mut visit.run, at, values, bounds),
                };
                // Otherwise the loop below finds the value that is to blame, if it is one.
                if done == Some(true) || done == Some(false) && !visit.step.check {
                    continue;
                }
            }
            let block = visit.block(at);
            let octets = visit.octets(&block);
            let ascii = is_text && octets.is_ascii();
            for (i, bytes) in octets.each().iter().take(block.len).enumerate() {
                if block.valid >> i & 1 == 0 {
                    missing.write(visit.run.element(at + i));
                    continue;
                }
                let ascii = ascii || bytes.is_ascii();
                let fits = match dtype {
                    DType::Unicode(_) => match (ascii, octets.from(bytes), visit.run.words::<u32>(at + i, 1))
                    {
                        (true, Some(beyond), Some(out)) => widen(out, beyond, bytes.len()),
                        _ => match std::str::from_utf8(bytes) {
                            Ok(text) => decode(visit.run.element(at + i), text),
                            Err(error) => return Err(visit.invalid_text(at + i, error)),
                        },
                    },
                    _ if is_text && !ascii => return Err(beyond_ascii(visit, at + i, bytes)),
                    _ => widen(visit.run.element(at + i), octets.from(bytes).unwrap_or(bytes), bytes.len()),
                };
                if visit.step.check && (!fits || bytes.last() == Some(&0)) {
                    return Err(too_long(visit, at + i, bytes, fits, dtype));
                }
            }
        }
        Ok(())
    }
}

/// Writes values that follow each other, each from where `bounds` say, to elements that do; `None` where these don't,
/// false where one value was cut or ends with a NUL.
#[inline(always)]
fn widen_row<T: Copy + From<u8>>(
    run: &mut Run<'_>,
    at: usize,
    values: &[u8],
    bounds: &[usize],
) -> Option<bool> {
    let count = bounds.len().checked_sub(1)?;
    let out = run.words::<T>(at, count)?;
    let width = out.len().checked_div(count)?;
    let reach = width.next_multiple_of(8);
    let mut kept = true;
    for (i, (start, end)) in bounds.iter().zip(bounds.get(1..)?).enumerate() {
        let len = end - start;
        let own = out.get_mut(i * width..)?;
        let from = values.get(*start..start + reach);
        if let (Some(from), Some(to)) = (from, own.get_mut(..reach)) {
            // What is too much is the next value's, and written again with it.
            for (i, (to, from)) in to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0).enumerate() {
                eight(to, from, len.saturating_sub(8 * i));
            }
        } else {
            widen(own.get_mut(..width)?, values.get(*start..)?, len);
        }
        kept &= (len <= width) & (len == 0 || values.get(end - 1) != Some(&0));
    }
    Some(kept)
}

/// Writes bytes as code points or bytes, zeros after them; false where they are cut. `bytes` may go
/// on after the `len` of the value: eight at a time are read then, and what is too much is made zero.
#[inline(always)]
fn widen<T: Copy + From<u8>>(out: &mut [MaybeUninit<T>], bytes: &[u8], len: usize) -> bool {
    let fits = len <= out.len();
    if let (Some(bytes), Some(last)) = (bytes.get(..out.len()), out.len().checked_sub(8)) {
        for at in (0..last).step_by(8).chain([last]) {
            let from = bytes.get(at..).and_then(|bytes| bytes.first_chunk::<8>());
            let to = out.get_mut(at..).and_then(|out| out.first_chunk_mut::<8>());
            if let (Some(from), Some(to)) = (from, to) {
                eight(to, from, len.saturating_sub(at));
            }
        }
        return fits;
    }
    let (head, tail) = out.split_at_mut(len.min(out.len()));
    for (to, byte) in head.iter_mut().zip(bytes) {
        to.write(T::from(*byte));
    }
    for to in tail {
        to.write(T::from(0));
    }
    fits
}

/// Widens the first `len` of eight bytes, zeros after them.
#[inline(always)]
fn eight<T: Copy + From<u8>>(to: &mut [MaybeUninit<T>; 8], from: &[u8; 8], len: usize) {
    let kept = low_mask(8 * len);
    // Written out: the compiler makes one widening move of it, and of no loop.
    let [a, b, c, d, e, f, g, h] = (u64::from_le_bytes(*from) & kept).to_le_bytes();
    let code = |byte: u8| MaybeUninit::new(T::from(byte));
    *to = [code(a), code(b), code(c), code(d), code(e), code(f), code(g), code(h)];
}

fn decode(out: &mut [MaybeUninit<u8>], text: &str) -> bool {
    let (out, _) = out.as_chunks_mut::<4>();
    let mut characters = text.chars();
    let mut written = 0;
    for (to, character) in out.iter_mut().zip(characters.by_ref()) {
        *to = u32::from(character).to_ne_bytes().map(MaybeUninit::new);
        written += 1;
    }
    if let Some(rest) = out.get_mut(written..) {
        rest.as_flattened_mut().fill(MaybeUninit::new(0));
    }
    characters.next().is_none()
}

/// A fill as `dtype` stores it, zeros after it.
#[derive(Clone, Copy)]
enum Stored<'f> {
    Text(&'f str),
    Bytes(&'f [u8]),
}

impl<'f> Stored<'f> {
    /// Zeros alone where there is none.
    fn of(dtype: DType, fill: Option<&'f Fill>) -> Self {
        match (dtype, fill) {
            (DType::Unicode(_), Some(Fill::Text(text))) => Self::Text(text),
            (DType::ByteString(_), Some(Fill::Bytes(bytes))) => Self::Bytes(bytes),
            _ => Self::Bytes(&[]),
        }
    }

    #[inline]
    fn write(self, out: &mut [MaybeUninit<u8>]) {
        match self {
            Self::Text(text) => decode(out, text),
            Self::Bytes(bytes) => widen(out, bytes, bytes.len()),
        };
    }
}

/// Writes `fill` everywhere: a column of the null type.
pub(super) fn fill_text(dtype: DType, run: &mut Run<'_>, fill: Option<&Fill>) {
    let missing = Stored::of(dtype, fill);
    for at in 0..run.len() {
        missing.write(run.element(at));
    }
}

/// How many characters or bytes the longest value has, where `dtype` leaves the width to it.
pub(crate) fn longest(leaf: &Leaf<'_>, dtype: DType) -> Option<usize> {
    let Element::Varlen { text } = map(&leaf.field).ok()?.element else { return None };
    let characters = text && matches!(dtype, DType::Unicode(_));
    dtype.takes_width().then(|| {
        let parts = leaf.parts.iter();
        let most = parts
            .map(|part| longest_by_offsets(part, characters).unwrap_or_else(|| longest_of(part, characters)));
        most.fold(0, usize::max)
    })
}

fn longest_of(part: &Part<'_>, characters: bool) -> usize {
    let mut longest = 0;
    for at in (0..part.len).step_by(64) {
        let block = part.block(at, part.len - at);
        let octets = Octets::new(&part.data, &block.index, block.valid);
        let lengths = octets.each().iter();
        let most = if !characters || octets.is_ascii() {
            lengths.map(|bytes| bytes.len()).fold(0, usize::max)
        } else {
            // What isn't UTF-8 is refused when it is converted.
            let starts = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
            lengths.map(|bytes| starts(bytes)).fold(0, usize::max)
        };
        longest = longest.max(most);
    }
    longest
}

/// The longest by the offsets alone, where nothing is missing and each byte counts.
fn longest_by_offsets(part: &Part<'_>, characters: bool) -> Option<usize> {
    let Data::Binary { offsets, values } = &*part.data else { return None };
    let (start, end) = (offsets.get(0) as usize, offsets.get(part.len) as usize);
    if !part.is_full() || characters && !values.get(start..end)?.is_ascii() {
        return None;
    }
    Some(match offsets {
        Offsets::I32(offsets) => {
            let length =
                |(a, b): (&[u8; 4], &[u8; 4])| i32::from_ne_bytes(*b).wrapping_sub(i32::from_ne_bytes(*a));
            offsets.iter().zip(offsets.get(1..)?).map(length).fold(0, i32::max) as usize
        }
        Offsets::I64(offsets) => {
            let length =
                |(a, b): (&[u8; 8], &[u8; 8])| i64::from_ne_bytes(*b).wrapping_sub(i64::from_ne_bytes(*a));
            offsets.iter().zip(offsets.get(1..)?).map(length).fold(0, i64::max) as usize
        }
    })
}

#[cold]
#[inline(never)]
fn beyond_ascii(visit: &Visit<'_>, at: usize, bytes: &[u8]) -> Error {
    match std::str::from_utf8(bytes) {
        Err(error) => visit.invalid_text(at, error),
        Ok(_) => lossy(
            visit,
            at,
            bytes,
            DType::ByteString(0),
            "pass DType::Unicode, which holds more than ASCII".to_owned(),
        ),
    }
}

#[cold]
#[inline(never)]
fn too_long(visit: &Visit<'_>, at: usize, bytes: &[u8], fits: bool, dtype: DType) -> Error {
    let kind = if matches!(dtype, DType::Unicode(_)) { "Unicode" } else { "ByteString" };
    let remedy = if fits {
        format!("DType::{kind} drops the NULs at the end: pass Options::safe(false) to let it")
    } else {
        format!("pass DType::{kind}(0) for the width of the longest, or Options::safe(false) to cut")
    };
    lossy(visit, at, bytes, dtype, remedy)
}

fn lossy(visit: &Visit<'_>, at: usize, bytes: &[u8], dtype: DType, remedy: String) -> Error {
    Error::LossyCast {
        path: visit.plan.path().to_owned(),
        value: quoted(bytes, matches!(visit.step.element, Element::Varlen { text: true })),
        position: visit.position + at,
        dtype: dtype.to_string(),
        remedy,
    }
}

/// A value as a message shows it, cut where it is long.
fn quoted(bytes: &[u8], is_text: bool) -> String {
    const SHOWN: usize = 60;
    let mut quoted = String::new();
    let written = match std::str::from_utf8(bytes) {
        Ok(text) if is_text => {
            let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
            let rest = if end < text.len() { "..." } else { "" };
            write!(quoted, "'{}{rest}'", text.get(..end).unwrap_or_default().escape_debug())
        }
        _ => {
            let (shown, rest) = bytes.split_at(bytes.len().min(SHOWN));
            write!(quoted, "b'{}{}'", shown.escape_ascii(), if rest.is_empty() { "" } else { "..." })
        }
    };
    // Writing to a String doesn't fail.
    debug_assert!(written.is_ok());
    quoted
}
