//! NumPy's `U` and `S`: text of four bytes a character, and bytes, filled up with NULs.
#![allow(unsafe_code, reason = "reads the cells of an array through its strides")]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::{Made, Memory, OctetsBuilder};
use crate::error::{Error, Result};
use crate::kernels::dispatch::{Kernel, dispatch};

/// The cells of an array of any shape and strides, in C order.
///
/// ```
/// use arrownd::engine::dense::Cells;
///
/// let memory = *b"one  two  ";
/// // SAFETY: two cells of five bytes each.
/// let cells = unsafe { Cells::new(memory.as_ptr(), &[2], &[5], 5) };
/// assert_eq!(cells.count(), 2);
/// let mut seen = Vec::new();
/// let collected: Result<(), ()> = cells.each(|at, cell| Ok(seen.push((at, cell))));
/// assert!(collected.is_ok());
/// assert_eq!(seen, [(0, &b"one  "[..]), (1, b"two  ")]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    data: *const u8,
    shape: &'a [usize],
    strides: &'a [isize],
    width: usize,
    memory: PhantomData<&'a [u8]>,
}

// SAFETY: reads memory that is borrowed as a shared slice would be.
unsafe impl Send for Cells<'_> {}

impl<'a> Cells<'a> {
    /// Cells of `width` bytes. *O(1), shares memory*.
    ///
    /// # Safety
    /// Every cell that `shape` and `strides` reach from `data` is readable for `'a`. There are as many
    /// strides as dimensions.
    ///
    /// ```
    /// # use arrownd::engine::dense::Cells;
    /// let memory = *b"onetwo";
    /// // SAFETY: two cells of three bytes; the last one first.
    /// let cells = unsafe { Cells::new(memory[3..].as_ptr(), &[2], &[-3], 3) };
    /// let mut seen = Vec::new();
    /// let read: Result<(), ()> = cells.each(|_, cell| Ok(seen.push(cell)));
    /// assert_eq!((read, seen), (Ok(()), vec![&b"two"[..], b"one"]));
    /// ```
    #[must_use]
    pub unsafe fn new(data: *const u8, shape: &'a [usize], strides: &'a [isize], width: usize) -> Self {
        Self { data, shape, strides, width, memory: PhantomData }
    }

    /// How many cells there are. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::dense::Cells;
    /// let memory = [0u8; 24];
    /// // SAFETY: two rows of three cells, of four bytes each.
    /// let cells = unsafe { Cells::new(memory.as_ptr(), &[2, 3], &[12, 4], 4) };
    /// assert_eq!(cells.count(), 6);
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Calls `visit` with the position and the bytes of each cell. *O(n), shares memory*.
    ///
    /// # Errors
    /// The first that `visit` returns, which ends it.
    ///
    /// ```
    /// # use arrownd::engine::dense::Cells;
    /// let memory = *b"one  two  ";
    /// // SAFETY: two cells of five bytes.
    /// let cells = unsafe { Cells::new(memory.as_ptr(), &[2], &[5], 5) };
    /// // Where a cell is that doesn't begin with an "o".
    /// let found = cells.each(|at, cell| if cell.starts_with(b"o") { Ok(()) } else { Err(at) });
    /// assert_eq!(found, Err(1));
    /// ```
    #[inline(always)]
    pub fn each<E>(&self, visit: impl FnMut(usize, &'a [u8]) -> Result<(), E>) -> Result<(), E> {
        self.walk(&mut Called(visit))
    }

    #[inline(always)]
    fn walk<V: VisitCell<'a>>(&self, visit: &mut V) -> Result<(), V::Error> {
        if self.count() == 0 {
            return Ok(());
        }
        let (rows, row) = match (self.shape.split_last(), self.strides.split_last()) {
            (Some((n, outer)), Some((stride, outer_strides))) => ((outer, outer_strides), (*n, *stride)),
            _ => ((&[][..], &[][..]), (1, 0)),
        };
        let mut index = vec![0usize; rows.0.len()];
        let (mut position, mut start) = (0, self.data);
        loop {
            let mut cell = start;
            for _ in 0..row.0 {
                // SAFETY: one of the cells that the caller of `new` promised.
                visit.cell(position, unsafe { std::slice::from_raw_parts(cell, self.width) })?;
                position += 1;
                cell = cell.wrapping_offset(row.1);
            }
            // The next row: the last axis that isn't at its end moves on, those after it go back.
            let mut axis = rows.0.len();
            loop {
                let Some(before) = axis.checked_sub(1) else { return Ok(()) };
                axis = before;
                let (Some(at), Some(n), Some(stride)) =
                    (index.get_mut(axis), rows.0.get(axis), rows.1.get(axis))
                else {
                    return Ok(());
                };
                *at += 1;
                start = start.wrapping_offset(*stride);
                if *at < *n {
                    break;
                }
                start = start.wrapping_offset(stride.wrapping_mul(*n as isize).wrapping_neg());
                *at = 0;
            }
        }
    }
}

/// What is done with each cell. `cell` has to be `#[inline(always)]` for the CPU's wider registers, which a
/// closure can't be.
trait VisitCell<'a> {
    type Error;
    fn cell(&mut self, position: usize, cell: &'a [u8]) -> Result<(), Self::Error>;
}

struct Called<F>(F);

impl<'a, E, F: FnMut(usize, &'a [u8]) -> Result<(), E>> VisitCell<'a> for Called<F> {
    type Error = E;

    #[inline(always)]
    fn cell(&mut self, position: usize, cell: &'a [u8]) -> Result<(), E> {
        (self.0)(position, cell)
    }
}

/// Text of four bytes a character, `swapped` where that isn't this machine's order. NULs at the end of a
/// cell are none of its text; cells that are null aren't looked at. Laid out as the `wanted` type of text is. *Copies
/// what is text.*
///
/// # Errors
/// [`Error::LossyCast`] for a surrogate, and for what is no code point.
///
/// ```
/// use arrownd::engine::dense::{ArrowMemory, Cells, unicode};
///
/// let cells = ['o', 'n', 'e', 'x', '\0', '\0'].map(u32::from);
/// // SAFETY: two cells of three characters each, four bytes a character.
/// let cells = unsafe { Cells::new(cells.as_ptr().cast(), &[2], &[12], 12) };
/// let made = unicode(cells, false, None, None, &mut ArrowMemory)?;
/// assert_eq!(made.field.data_type(), &arrow_schema::DataType::Utf8);
/// assert_eq!(&made.data.buffers()[1][..4], b"onex");
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn unicode(
    cells: Cells<'_>,
    swapped: bool,
    nulls: Option<NullBuffer>,
    wanted: Option<&DataType>,
    memory: &mut dyn Memory,
) -> Result<Made> {
    let count = cells.count();
    // As much as ASCII takes, and what a block may write too much.
    let out = OctetsBuilder::new(count, count.saturating_mul(cells.width / 4).saturating_add(8), memory)?;
    let out = out.laid_out_as(wanted)?;
    let out = if swapped {
        dispatch(Pass(cells, Unicode::<true> { nulls: nulls.as_ref(), out }))?.out
    } else {
        dispatch(Pass(cells, Unicode::<false> { nulls: nulls.as_ref(), out }))?.out
    };
    // SAFETY: only ASCII and encoded characters were written.
    unsafe { out.finish(true, nulls) }
}

/// Bytes. NULs at the end of a cell are none of its bytes; cells that are null aren't looked at. Laid out as
/// the `wanted` type of text or bytes is. *Copies the bytes.*
///
/// # Errors
/// Where there is no memory.
///
/// ```
/// use arrownd::engine::dense::{ArrowMemory, Cells, byte_strings};
///
/// let memory = *b"one\0\0two\0\0";
/// // SAFETY: two cells of five bytes each.
/// let cells = unsafe { Cells::new(memory.as_ptr(), &[2], &[5], 5) };
/// let made = byte_strings(cells, None, None, &mut ArrowMemory)?;
/// assert_eq!(&made.data.buffers()[1][..6], b"onetwo");
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn byte_strings(
    cells: Cells<'_>,
    nulls: Option<NullBuffer>,
    wanted: Option<&DataType>,
    memory: &mut dyn Memory,
) -> Result<Made> {
    let count = cells.count();
    let out = OctetsBuilder::new(count, count.saturating_mul(cells.width), memory)?.laid_out_as(wanted)?;
    let out = dispatch(Pass(cells, ByteStrings { nulls: nulls.as_ref(), out }))?.out;
    // SAFETY: no text.
    unsafe { out.finish(false, nulls) }
}

/// A pass over all cells.
struct Pass<'a, C>(Cells<'a>, C);

impl<'a, C: VisitCell<'a, Error = Error>> Kernel for Pass<'a, C> {
    type Out = Result<C>;

    #[inline(always)]
    fn run(self) -> Result<C> {
        let Self(cells, mut visit) = self;
        cells.walk(&mut visit)?;
        Ok(visit)
    }
}

struct ByteStrings<'n, 'm> {
    nulls: Option<&'n NullBuffer>,
    out: OctetsBuilder<'m>,
}

impl<'a> VisitCell<'a> for ByteStrings<'_, '_> {
    type Error = Error;

    #[inline(always)]
    fn cell(&mut self, position: usize, cell: &'a [u8]) -> Result<()> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(position)) {
            return self.out.push_nothing();
        }
        let mut len = cell.len();
        while len > 0 && cell.get(len - 1) == Some(&0) {
            len -= 1;
        }
        self.out.push(cell.get(..len).unwrap_or_default())
    }
}

struct Unicode<'n, 'm, const SWAPPED: bool> {
    nulls: Option<&'n NullBuffer>,
    out: OctetsBuilder<'m>,
}

impl<'a, const SWAPPED: bool> VisitCell<'a> for Unicode<'_, '_, SWAPPED> {
    type Error = Error;

    #[inline(always)]
    fn cell(&mut self, position: usize, cell: &'a [u8]) -> Result<()> {
        if self.nulls.is_some_and(|nulls| nulls.is_null(position)) {
            return self.out.push_nothing();
        }
        let (cell, _) = cell.as_chunks::<4>();
        let room = self.out.spare(cell.len().next_multiple_of(8))?;
        match ascii::<SWAPPED>(cell, room) {
            // SAFETY: `ascii` wrote as many bytes.
            Some(len) => unsafe { self.out.end_written(len) },
            None => encode::<SWAPPED>(cell, position, &mut self.out),
        }
    }
}

#[inline(always)]
fn code<const SWAPPED: bool>(raw: &[u8; 4]) -> u32 {
    let code = u32::from_ne_bytes(*raw);
    if SWAPPED { code.swap_bytes() } else { code }
}

/// Writes a cell of ASCII, eight characters at a time, and says how long it is without the NULs at its end.
/// `None` where there is more than ASCII.
#[inline(always)]
fn ascii<const SWAPPED: bool>(cell: &[[u8; 4]], out: &mut [MaybeUninit<u8>]) -> Option<usize> {
    let (mut seen, mut len) = (0, 0);
    let (eights, rest) = cell.as_chunks::<8>();
    let (out, _) = out.as_chunks_mut::<8>();
    let mut at = 0;
    while let (Some(eight), Some(out)) = (eights.get(at), out.get_mut(at)) {
        let (word, all) = pack::<SWAPPED>(eight, out);
        seen |= all;
        at += 1;
        len = if word == 0 { len } else { 8 * at - word.leading_zeros() as usize / 8 };
    }
    if rest.is_empty() {
        return (seen < 0x80).then_some(len);
    }
    let out = out.as_flattened_mut();
    if let Some(eight) = cell.last_chunk::<8>() {
        // The last eight once more, some of which are written already.
        let start = cell.len() - 8;
        if let Some(out) = out.get_mut(start..).and_then(|out| out.first_chunk_mut::<8>()) {
            let (word, all) = pack::<SWAPPED>(eight, out);
            seen |= all;
            len = if word == 0 { len } else { start + 8 - word.leading_zeros() as usize / 8 };
        }
    } else {
        for (at, (raw, out)) in cell.iter().zip(out).enumerate() {
            let code = code::<SWAPPED>(raw);
            out.write(code as u8);
            seen |= code;
            len = if code == 0 { len } else { at + 1 };
        }
    }
    (seen < 0x80).then_some(len)
}

/// Writes the low bytes of eight characters; these bytes, and all bits of the characters.
#[inline(always)]
fn pack<const SWAPPED: bool>(eight: &[[u8; 4]; 8], out: &mut [MaybeUninit<u8>; 8]) -> (u64, u32) {
    // Written out: the compiler makes one narrowing move of it, and of no closure.
    let [a, b, c, d, e, f, g, h] = eight;
    let (a, b, c, d) = (code::<SWAPPED>(a), code::<SWAPPED>(b), code::<SWAPPED>(c), code::<SWAPPED>(d));
    let (e, f, g, h) = (code::<SWAPPED>(e), code::<SWAPPED>(f), code::<SWAPPED>(g), code::<SWAPPED>(h));
    let bytes = [a as u8, b as u8, c as u8, d as u8, e as u8, f as u8, g as u8, h as u8];
    let [i, j, k, l, m, n, o, p] = bytes;
    let new = MaybeUninit::new;
    *out = [new(i), new(j), new(k), new(l), new(m), new(n), new(o), new(p)];
    (u64::from_le_bytes(bytes), a | b | c | d | e | f | g | h)
}

#[inline(never)]
fn encode<const SWAPPED: bool>(cell: &[[u8; 4]], position: usize, out: &mut OctetsBuilder<'_>) -> Result<()> {
    let len = cell.iter().rposition(|raw| *raw != [0; 4]).map_or(0, |last| last + 1);
    let cell = cell.get(..len).unwrap_or_default();
    match out.push_codes(len, cell.iter().map(code::<SWAPPED>))? {
        None => Ok(()),
        Some(code) => Err(no_character(code, position)),
    }
}

/// The error of a code point that UTF-8 doesn't have. *O(1)*.
///
/// ```
/// use arrownd::ErrorKind;
/// use arrownd::engine::dense::no_character;
///
/// let error = no_character(0xd800, 3);
/// assert_eq!(error.kind(), ErrorKind::LossyCast);
/// assert!(error.to_string().contains("U+D800, a lone surrogate"));
/// ```
#[must_use]
#[cold]
pub fn no_character(code: u32, position: usize) -> Error {
    let what = if (0xd800..0xe000).contains(&code) { "a lone surrogate" } else { "no code point" };
    Error::LossyCast {
        path: String::new(),
        value: format!("text with U+{code:04X}, {what},"),
        position,
        dtype: "utf8".to_owned(),
        remedy: "replace it, or mask the value".to_owned(),
    }
}
