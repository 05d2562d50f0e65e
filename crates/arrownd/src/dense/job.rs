//! One array's values and bitmap, filled rows by rows.

use std::mem::MaybeUninit;
use std::ops::Range;

use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field};
use smallvec::{SmallVec, smallvec};
use zerocopy::FromBytes;

use super::array::Dense;
use super::cast::FlatCast;
use super::execute::{filled, written};
use super::facts::{BLOCK, Scratch};
use super::mask::Mask;
use super::memory::Room;
use super::strided::Strided;
use super::target::Recode;
use super::ticks;
use super::words::{Marker, nonzero, store};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernels::copy as copy_bytes;
use crate::kernels::lines::{Kind, Lines};
use crate::plan::type_name;

/// What has to be made of one array.
pub(super) struct Job {
    dense: Option<Dense>,
    /// Values that make one element: a complex number has two.
    parts: usize,
    dtype: DType,
    masks: SmallVec<[Mask; 1]>,
    rows: usize,
    /// Elements of one row.
    each: usize,
    copy: Option<Copy>,
    /// What the copied values become, block by block: the copy is then of one block.
    onward: Option<Box<Onward>>,
    /// Its values are copied together with those of others.
    together: bool,
    bitmap: Option<Bitmap>,
    /// Of values and of masks.
    scratch: [Scratch; 2],
    path: String,
}

struct Onward {
    cast: FlatCast,
    bytes: usize,
    room: Room,
}

struct Copy {
    recode: Recode,
    to: String,
    check: bool,
    bytes: usize,
    room: Room,
}

struct Bitmap {
    marker: Option<Marker>,
    nulls: usize,
    bytes: usize,
    room: Room,
}

const WORDS: usize = BLOCK / 64;

impl Job {
    pub(super) fn new(dense: Dense, rows: usize, path: &str) -> Self {
        Self {
            parts: if dense.dtype.complex_part().is_some() { 2 } else { 1 },
            dtype: dense.dtype,
            masks: dense.masks.clone(),
            rows,
            each: dense.len().checked_div(rows).unwrap_or(0),
            copy: None,
            onward: None,
            together: false,
            bitmap: None,
            scratch: Default::default(),
            path: path.to_owned(),
            dense: Some(dense),
        }
    }

    fn values(&self) -> Option<Strided<'_>> {
        self.dense.as_ref().map(Dense::values)
    }

    /// Nothing but the masks of so many rows.
    pub(super) fn of_masks(masks: SmallVec<[Mask; 1]>, rows: usize) -> Self {
        Self {
            dense: None,
            parts: 1,
            dtype: DType::Bool,
            masks,
            rows,
            each: 1,
            copy: None,
            onward: None,
            together: false,
            bitmap: None,
            scratch: Default::default(),
            path: String::new(),
        }
    }

    /// The values get memory of their own.
    pub(super) fn copy(&mut self, recode: Recode, target: &Field, check: bool) {
        let (len, size) = self.values().map_or((0, 1), |values| (values.len(), values.size()));
        let bytes = recode.bytes(len, size);
        self.copy = Some(Copy { recode, to: type_name(target), check, bytes, room: Room::new(0) });
    }

    /// The copied values are converted, some at a time.
    ///
    /// # Errors
    /// Where there is no memory for so many.
    pub(super) fn convert(&mut self, cast: FlatCast) -> Result<()> {
        let bytes = cast.room(self.values().map_or(0, |values| values.len()))?;
        let block = self.block();
        if let Some(copy) = &mut self.copy {
            copy.bytes = match copy.recode {
                // These are read where they lie, or gathered as they are for a bitmap.
                Recode::Same => 0,
                recode => recode.bytes(block, 8),
            };
            copy.room = Room::new(copy.bytes);
        }
        self.onward = Some(Box::new(Onward { cast, bytes, room: Room::new(0) }));
        Ok(())
    }

    /// The type that values are converted to on the way.
    pub(super) fn converted(&self) -> Option<&DataType> {
        self.onward.as_ref().map(|onward| onward.cast.data_type())
    }

    /// Elements that are looked at together: whole rows, where reading a few of these alone would read all memory
    /// again for each of them.
    fn block(&self) -> usize {
        let across = self.values().is_some_and(|values| values.is_across());
        if across { BLOCK.next_multiple_of(64 * self.each.max(1)) } else { BLOCK }
    }

    /// Missing values get a bitmap.
    pub(super) fn bitmap(&mut self, marker: Option<Marker>) {
        let bytes = (self.rows * self.each).div_ceil(64) * 8;
        self.bitmap = Some(Bitmap { marker, nulls: 0, bytes, room: Room::new(0) });
    }

    /// What has to be allocated: bytes, and where the memory goes.
    pub(super) fn wants(&mut self) -> impl Iterator<Item = (usize, &mut Room)> {
        let copy = match &mut self.onward {
            Some(onward) => Some((onward.bytes, &mut onward.room)),
            None => self.copy.as_mut().map(|copy| (copy.bytes, &mut copy.room)),
        };
        copy.into_iter().chain(self.bitmap.as_mut().map(|bitmap| (bitmap.bytes, &mut bitmap.room)))
    }

    /// Leaves the values to these lines, where nothing else is to be done than to copy them, one for each row and an
    /// even step apart. From then on nothing else may touch them before they are copied.
    pub(super) fn join(&mut self, lines: &mut Lines) {
        let marked = self.bitmap.as_ref().is_some_and(|bitmap| bitmap.marker.is_some());
        let single = self.each == 1 && self.parts == 1 && !marked;
        let Self {
            dense: Some(dense),
            copy: Some(Copy { recode: Recode::Same, room, .. }),
            onward: None,
            ..
        } = self
        else {
            return;
        };
        let values = dense.values();
        let [(rows, step)] = *values.dims else { return };
        let room = room.as_uninit_slice();
        if !single || rows != self.rows || room.len() < rows * values.size || !Lines::take(values.size) {
            return;
        }
        let (size, swapped) = (values.size, values.swapped);
        if swapped && size > 8 {
            return;
        }
        let kind = Kind { size, swapped, steps: (step, size as isize) };
        lines.push(values.ptr, room.as_mut_ptr().cast(), kind);
        self.together = true;
    }

    /// What [`Job::run`] has to fill: nothing, if the values are copied together with those of others.
    pub(super) fn is_left(&self) -> bool {
        self.bitmap.is_some() || self.copy.is_some() && !self.together
    }

    pub(super) fn is_busy(&self) -> bool {
        self.copy.is_some() || self.bitmap.is_some()
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes that are read of one row.
    pub(super) fn row_bytes(&self) -> usize {
        self.each * (self.masks.len() + self.values().map_or(0, |values| values.size() * self.parts))
    }

    /// Fills what belongs to some rows: all, or from a multiple of 64 on.
    pub(super) fn run(&mut self, rows: Range<usize>) -> Result<()> {
        if !self.is_left() {
            return Ok(());
        }
        let (start, end) = (rows.start * self.each, rows.end * self.each);
        let step = if self.onward.is_some() { self.block() } else { BLOCK };
        let Self { dense, parts, masks, copy, onward, together, bitmap, scratch, .. } = self;
        let [scratch, mask_scratch] = scratch;
        let (parts, values) = (*parts, dense.as_ref().map(Dense::values));
        let recoded = onward.is_some() || copy.as_ref().is_some_and(|copy| copy.recode != Recode::Same);
        let marked = bitmap.as_ref().and_then(|bitmap| bitmap.marker);
        // Values that stay as they are need no block, unless it is looked at.
        if let (Some(values), Some(Copy { recode: Recode::Same, room, .. }), None, false) =
            (&values, &mut *copy, &onward, *together || marked.is_some())
        {
            let size = values.size() * parts;
            values.read(start * parts, stretch(room, start * size, (end - start) * size));
        }
        if bitmap.is_none() && !recoded {
            return Ok(());
        }
        let mut words: SmallVec<[u64; WORDS]> = smallvec![0; step.min(end - start).div_ceil(64)];
        let mut found = words.clone();
        for at in (start..end).step_by(step) {
            let n = step.min(end - at);
            // A copy that goes on is of this block alone.
            let place = if onward.is_some() { 0 } else { at };
            let block: &[u8] = match &values {
                Some(values) if recoded || marked.is_some() => scratch.block(values, at * parts, n * parts),
                _ => &[],
            };
            let (count, mut nulls) = (n.div_ceil(64), 0);
            if let Some(bitmap) = bitmap {
                let words = words.get_mut(..count).unwrap_or_default();
                let found = found.get_mut(..count).unwrap_or_default();
                let mut seen = false;
                for mask in masks.iter() {
                    nonzero(mask_scratch.block(mask.bytes(), at, n), found);
                    clear(words, found, &mut seen);
                }
                if let Some(marker) = bitmap.marker {
                    missing(marker, block, n, parts, found);
                    clear(words, found, &mut seen);
                }
                if !seen {
                    words.fill(u64::MAX);
                }
                if let (Some(last), lanes @ 1..) = (words.last_mut(), n % 64) {
                    *last &= (1 << lanes) - 1;
                }
                let to = stretch(&mut bitmap.room, at / 8, count * 8);
                nulls = n - store(words, to.as_chunks_mut().0);
                bitmap.nulls += nulls;
            }
            let valid = bitmap.is_some().then_some(&words[..]);
            match copy {
                Some(Copy { recode: Recode::Same, room, .. }) if marked.is_some() && onward.is_none() => {
                    copy_bytes(block, stretch(room, at * (block.len() / n), block.len()));
                }
                Some(Copy { recode: Recode::Bits, room, .. }) => {
                    let words = found.get_mut(..count).unwrap_or_default();
                    nonzero(block, words);
                    store(words, stretch(room, place / 8, count * 8).as_chunks_mut().0);
                }
                Some(Copy { recode: Recode::Ticks { op, narrow }, room, check, to, .. }) => {
                    let width = if *narrow { 4 } else { 8 };
                    let out = stretch(room, place * width, n * width);
                    let ticks = <[i64]>::ref_from_bytes(block);
                    let mut aligned: Vec<i64> = Vec::new();
                    let ticks = ticks.unwrap_or_else(|_| {
                        aligned.extend(block.as_chunks().0.iter().map(|ticks| i64::from_ne_bytes(*ticks)));
                        &aligned
                    });
                    let done = ticks::convert((*op, *narrow), ticks, out, valid, *check);
                    if let Err(i) = done {
                        let ticks = ticks.get(i).copied().unwrap_or_default();
                        return Err(lossy(&self.path, self.dtype, ticks, at + i, to));
                    }
                }
                _ => {}
            }
            if let Some(onward) = onward {
                let Onward { cast, room, .. } = &mut **onward;
                let values = match copy {
                    Some(copy) if copy.recode != Recode::Same => {
                        written(&copy.room, copy.recode.bytes(n, size_of::<u64>()))
                    }
                    _ => block,
                };
                let out = stretch(room, cast.bytes(at), cast.room(n)?);
                let valid = words.get(..count).filter(|_| nulls > 0);
                cast.write_bytes(values, n, valid, out).map_err(|error| moved(error, at, &self.path))?;
            }
        }
        Ok(())
    }

    /// The values where they were copied, and the bitmap with its count of nulls.
    pub(super) fn finish(self) -> (Option<Buffer>, Option<(Buffer, usize)>) {
        let len = self.rows * self.each;
        let values = self.values().map_or(0, |values| values.len());
        let size = self.values().map_or(1, |values| values.size());
        let copied = match (self.onward, self.copy) {
            (Some(onward), _) => Some(filled(onward.room, onward.cast.bytes(values))),
            (None, copy) => copy.map(|copy| {
                let bytes = match copy.recode {
                    Recode::Bits => values.div_ceil(8),
                    recode => recode.bytes(values, size),
                };
                filled(copy.room, bytes)
            }),
        };
        let bitmap = self.bitmap.map(|bitmap| (filled(bitmap.room, len.div_ceil(8)), bitmap.nulls));
        (copied, bitmap)
    }
}

/// Unsets what was found; all other bits are set where nothing was `seen` before.
fn clear(words: &mut [u64], found: &[u64], seen: &mut bool) {
    let all = if std::mem::replace(seen, true) { 0 } else { u64::MAX };
    for (word, found) in words.iter_mut().zip(found) {
        *word = (*word | all) & !found;
    }
}

/// Sets the bits of the values that are missing.
fn missing(marker: Marker, block: &[u8], n: usize, parts: usize, words: &mut [u64]) {
    if parts == 1 {
        return marker.words(block, words);
    }
    // A complex number is missing where one of its parts is.
    let mut both = [0; 2 * WORDS];
    marker.words(block, both.get_mut(..(2 * n).div_ceil(64)).unwrap_or_default());
    for (i, word) in words.iter_mut().enumerate() {
        *word = u64::from(either(both[2 * i])) | u64::from(either(both[2 * i + 1])) << 32;
    }
}

/// For each pair of bits, whether one is set.
fn either(bits: u64) -> u32 {
    let mut pairs = (bits | bits >> 1) & 0x5555_5555_5555_5555;
    for shift in [1, 2, 4, 8, 16] {
        pairs |= pairs >> shift;
        pairs &= match shift {
            1 => 0x3333_3333_3333_3333,
            2 => 0x0f0f_0f0f_0f0f_0f0f,
            4 => 0x00ff_00ff_00ff_00ff,
            8 => 0x0000_ffff_0000_ffff,
            _ => 0x0000_0000_ffff_ffff,
        };
    }
    pairs as u32
}

fn stretch(room: &mut Room, start: usize, len: usize) -> &mut [MaybeUninit<u8>] {
    room.as_uninit_slice().get_mut(start..start + len).unwrap_or_default()
}

/// The error of a value that is counted from `start` on.
fn moved(error: Error, start: usize, path: &str) -> Error {
    let error = match error {
        Error::LossyCast { path, value, position, dtype, remedy } => {
            Error::LossyCast { path, value, position: start + position, dtype, remedy }
        }
        other => other,
    };
    if path.is_empty() { error } else { error.within(path) }
}

fn lossy(path: &str, dtype: DType, ticks: i64, position: usize, to: &str) -> Error {
    let value = match dtype {
        DType::Datetime(Some(r)) => format!("datetime64({ticks}, '{r}')"),
        DType::Timedelta(Some(r)) => format!("timedelta64({ticks}, '{r}')"),
        _ => ticks.to_string(),
    };
    Error::LossyCast {
        path: path.to_owned(),
        value,
        position,
        dtype: to.to_owned(),
        remedy: "pass a type that holds it, or ArrowOptions::safe(false) to round or cut".to_owned(),
    }
}
