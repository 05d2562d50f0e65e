//! Text and bytes as strings of one width: `U`, four bytes a character, and `S`.

mod characters;
mod longest;
mod row;

use std::fmt::Write as _;
use std::mem::MaybeUninit;

pub(crate) use longest::longest;
use row::Row;

use super::dispatch::{Kernel, dispatch};
use super::utf8::utf8;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Run, Visit};
use crate::mapping::Element;
use crate::options::Fill;
use crate::source::{Data, is_utf8, low_mask};

/// Writes the text and bytes of a stretch of values as `dtype`, `U` or `S`.
///
/// # Errors
/// [`Error::InvalidArrow`] for text that isn't UTF-8, [`Error::LossyCast`] for what is longer than
/// `dtype`, ends with a NUL or, for `S`, is text beyond ASCII.
pub(crate) fn text(visit: &mut Visit<'_>, dtype: DType) -> Result<()> {
    let missing = Stored::of(dtype, visit.step.fill.as_ref());
    let is_text = matches!(visit.step.element, Element::Varlen { text: true });
    for at in (0..visit.run.len()).step_by(64) {
        match write_row(visit, at, dtype, is_text) {
            Some((row, valid)) if row.kept || !visit.step.check => {
                let len = if missing.is_nothing() { 0 } else { (visit.run.len() - at).min(64) };
                for i in (0..len).filter(|i| valid >> i & 1 == 0) {
                    missing.write(visit.run.element(at + i));
                }
            }
            // Finds the value that is to blame, if it is one.
            _ => dispatch(OneByOne { visit: &mut *visit, at, dtype, missing })?,
        }
    }
    Ok(())
}

/// Writes up to 64 values to elements that follow each other, and says which are there; zeros stand for what isn't. No row
/// where something else is needed.
fn write_row(visit: &mut Visit<'_>, at: usize, dtype: DType, is_text: bool) -> Option<(Row, u64)> {
    let len = (visit.run.len() - at).min(64);
    let (start, part) = (visit.start + at, visit.part);
    let decoded = matches!(dtype, DType::Unicode(_));
    // Of text, only `U` holds more than ASCII.
    let good = |row: Row, valid: u64, is_utf8: &dyn Fn() -> bool| {
        (row.ascii || !is_text || decoded && is_utf8()).then_some((row, valid))
    };
    match &*part.data {
        Data::Binary { offsets, values } if part.is_direct() => {
            let mut bounds = [0; 65];
            let bounds = bounds.get_mut(..=len)?;
            if !offsets.read_row(start, bounds) {
                return None;
            }
            let valid = part.validity.word(start);
            let pairs = bounds.iter().zip(bounds.get(1..)?);
            let value =
                |(start, end): (&usize, &usize)| Some((values.get(*start..)?, end.checked_sub(*start)?));
            let row = if !valid & low_mask(len) == 0 {
                written(&mut visit.run, at, dtype, pairs.map(value))
            } else {
                written(&mut visit.run, at, dtype, pairs.map(value).enumerate().map(there(valid)))
            };
            good(row?, valid, &|| is_utf8(values, bounds))
        }
        Data::Views { views, buffers } if part.is_direct() => {
            let views = views.get(start..start + len)?;
            let valid = part.validity.word(start);
            let value = |(i, view): (usize, &[u8; 16])| {
                let word = |at: usize| Some(u32::from_ne_bytes(*view.get(at..)?.first_chunk()?) as usize);
                let len = word(0)?;
                if len <= 12 || valid >> i & 1 == 0 {
                    // The views that come after it are what the buffer goes on with.
                    return Some((views.as_flattened().get(16 * i + 4..)?, len));
                }
                Some((buffers.get(word(8)?)?.get(word(12)?..)?, len))
            };
            let each = views.iter().enumerate().map(value).enumerate().map(there(valid));
            let row = written(&mut visit.run, at, dtype, each)?;
            let text = |bytes: Option<(&[u8], usize)>| {
                bytes.is_some_and(|(from, len)| from.get(..len).and_then(utf8).is_some())
            };
            good(row, valid, &|| views.iter().enumerate().map(value).enumerate().map(there(valid)).all(text))
        }
        _ => {
            let block = visit.block(at);
            let octets = visit.octets(&block);
            let each = octets.each().iter().take(len);
            let each = each.map(|value| Some((octets.from(value).unwrap_or(value), value.len())));
            let row = written(&mut visit.run, at, dtype, each)?;
            good(row, block.valid, &|| octets.not_utf8().is_none())
        }
    }
}

/// What isn't there has no bytes.
#[inline(always)]
fn there<'a>(valid: u64) -> impl Fn((usize, Option<row::Value<'a>>)) -> Option<row::Value<'a>> {
    move |(i, value)| value.map(|(from, len)| (from, if valid >> i & 1 == 0 { 0 } else { len }))
}

/// Writes values to the elements from `at` on; `None` where these don't follow each other.
#[inline(always)]
fn written<'a>(
    run: &mut Run<'_>,
    at: usize,
    dtype: DType,
    values: impl Iterator<Item = Option<row::Value<'a>>>,
) -> Option<Row> {
    // All that comes after them: what is too much for one value is the next one's.
    let rest = run.len() - at;
    match dtype {
        DType::Unicode(_) => {
            let out = run.words(at, rest)?;
            row::code_points(out.len() / rest, values, out)
        }
        _ => {
            let out = run.words(at, rest)?;
            row::bytes(out.len() / rest, values, out)
        }
    }
}

/// Writes up to 64 values to elements anywhere.
struct OneByOne<'p, 'v> {
    visit: &'p mut Visit<'v>,
    at: usize,
    dtype: DType,
    missing: Stored<'p>,
}

impl Kernel for OneByOne<'_, '_> {
    type Out = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let Self { visit, at, dtype, missing } = self;
        let is_text = matches!(visit.step.element, Element::Varlen { text: true });
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
                DType::Unicode(_) => match (ascii, octets.from(bytes), visit.run.words::<u32>(at + i, 1)) {
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
        Ok(())
    }
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

    /// Whether it is zeros alone.
    fn is_nothing(self) -> bool {
        matches!(self, Self::Bytes([]) | Self::Text(""))
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
