//! Text and bytes as strings of one width: `U`, four bytes a character, and `S`.

use std::fmt::Write as _;
use std::mem::MaybeUninit;

use super::dispatch::{Kernel, dispatch};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::{Run, Visit};
use crate::mapping::{Element, map};
use crate::options::Fill;
use crate::source::{Leaf, Octets, low_mask};

/// One character of `U`.
type Code = [MaybeUninit<u8>; 4];

#[inline(always)]
fn code(code: u32) -> Code {
    code.to_ne_bytes().map(MaybeUninit::new)
}

/// Writes the text and bytes of a stretch of values as `dtype`, `U` or `S`.
///
/// # Errors
/// [`Error::InvalidArrow`] for text that isn't UTF-8, [`Error::LossyCast`] for what is longer than
/// `dtype`, ends with a NUL or, for `S`, is text beyond ASCII.
pub(crate) fn text(visit: &mut Visit<'_>, dtype: DType) -> Result<()> {
    let missing = stored(dtype, visit.step.fill.as_ref());
    dispatch(Pass { visit, dtype, missing: &missing })
}

struct Pass<'p, 'v> {
    visit: &'p mut Visit<'v>,
    dtype: DType,
    missing: &'p [u8],
}

impl Kernel for Pass<'_, '_> {
    type Out = Result<()>;

    #[inline(always)]
    fn run(self) -> Result<()> {
        let Self { visit, dtype, missing } = self;
        let is_text = matches!(visit.step.element, Element::Varlen { text: true });
        for at in (0..visit.run.len()).step_by(64) {
            let block = visit.block(at);
            let octets = visit.octets(&block);
            let ascii = is_text && octets.is_ascii();
            for (i, bytes) in octets.each().iter().take(block.len).enumerate() {
                let out = visit.run.element(at + i);
                if block.valid >> i & 1 == 0 {
                    copy_padded(out, missing);
                    continue;
                }
                let fits = match dtype {
                    DType::Unicode(_) => {
                        let (out, _) = out.as_chunks_mut::<4>();
                        if ascii || bytes.is_ascii() {
                            widen(out, bytes)
                        } else {
                            match std::str::from_utf8(bytes) {
                                Ok(text) => decode(out, text),
                                Err(error) => return Err(visit.invalid_text(at + i, error)),
                            }
                        }
                    }
                    _ => {
                        if is_text && !ascii && !bytes.is_ascii() {
                            return Err(beyond_ascii(visit, at + i, bytes));
                        }
                        copy_padded(out, bytes)
                    }
                };
                if visit.step.check && (!fits || bytes.last() == Some(&0)) {
                    return Err(too_long(visit, at + i, bytes, fits, dtype));
                }
            }
        }
        Ok(())
    }
}

/// Writes ASCII as code points, zeros after it; false where it is cut.
#[inline(always)]
fn widen(out: &mut [Code], bytes: &[u8]) -> bool {
    let fits = bytes.len() <= out.len();
    let (head, tail) = out.split_at_mut(bytes.len().min(out.len()));
    for (to, byte) in head.iter_mut().zip(bytes) {
        *to = code(u32::from(*byte));
    }
    tail.fill(code(0));
    fits
}

fn decode(out: &mut [Code], text: &str) -> bool {
    let mut characters = text.chars();
    let mut out = out.iter_mut();
    for to in out.by_ref() {
        match characters.next() {
            Some(character) => *to = code(u32::from(character)),
            None => {
                *to = code(0);
                break;
            }
        }
    }
    for to in out {
        *to = code(0);
    }
    characters.next().is_none()
}

/// Copies bytes, zeros after them; false where they are cut.
#[inline(always)]
fn copy_padded(out: &mut [MaybeUninit<u8>], bytes: &[u8]) -> bool {
    let fits = bytes.len() <= out.len();
    let (head, tail) = out.split_at_mut(bytes.len().min(out.len()));
    for (to, byte) in head.iter_mut().zip(bytes) {
        *to = MaybeUninit::new(*byte);
    }
    tail.fill(MaybeUninit::new(0));
    fits
}

/// A fill as `dtype` stores it, without the zeros after it; empty where there is none.
fn stored(dtype: DType, fill: Option<&Fill>) -> Vec<u8> {
    match (dtype, fill) {
        (DType::Unicode(_), Some(Fill::Text(text))) => {
            text.chars().flat_map(|character| u32::from(character).to_ne_bytes()).collect()
        }
        (DType::ByteString(_), Some(Fill::Bytes(bytes))) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// Writes `fill` everywhere: a column of the null type.
pub(super) fn fill_text(dtype: DType, run: &mut Run<'_>, fill: Option<&Fill>) {
    let missing = stored(dtype, fill);
    for at in 0..run.len() {
        copy_padded(run.element(at), &missing);
    }
}

/// How many characters or bytes the longest value has, where `dtype` leaves the width to it.
pub(crate) fn longest(leaf: &Leaf<'_>, dtype: DType) -> Option<usize> {
    let Element::Varlen { text } = map(leaf.field).ok()?.element else { return None };
    dtype.takes_width().then(|| {
        let characters = text && matches!(dtype, DType::Unicode(_));
        let mut longest = 0;
        for part in &leaf.parts {
            for at in (0..part.len).step_by(64) {
                let valid = part.validity.word(at) & low_mask(part.len - at);
                let octets = Octets::new(part.data, &std::array::from_fn(|i| at + i), valid);
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
        }
        longest
    })
}

#[cold]
#[inline(never)]
fn beyond_ascii(visit: &Visit<'_>, at: usize, bytes: &[u8]) -> Error {
    match std::str::from_utf8(bytes) {
        Err(error) => visit.invalid_text(at, error),
        Ok(_) => lossy(visit, at, bytes, "pass dtype=\"U\", which holds more than ASCII".to_owned()),
    }
}

#[cold]
#[inline(never)]
fn too_long(visit: &Visit<'_>, at: usize, bytes: &[u8], fits: bool, dtype: DType) -> Error {
    let kind = if matches!(dtype, DType::Unicode(_)) { "U" } else { "S" };
    let remedy = if fits {
        format!("\"{kind}\" drops the NULs at the end: pass dtype=object, or safe=False")
    } else {
        format!("pass dtype=\"{kind}\" for the width of the longest, or safe=False to cut")
    };
    lossy(visit, at, bytes, remedy)
}

fn lossy(visit: &Visit<'_>, at: usize, bytes: &[u8], remedy: String) -> Error {
    Error::LossyCast {
        path: visit.plan.path().to_owned(),
        value: quoted(bytes, matches!(visit.step.element, Element::Varlen { text: true })),
        position: visit.position + at,
        dtype: visit.plan.dtype().map(|dtype| dtype.to_string()).unwrap_or_default(),
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
