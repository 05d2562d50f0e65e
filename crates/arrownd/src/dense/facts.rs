//! What the planner may know of an array: nothing here can be dereferenced.

use smallvec::SmallVec;
use zerocopy::IntoBytes;

use super::array::{Dense, Shape};
use super::mask::Mask;
use super::strided::Strided;
use super::words::{Marker, any_nonzero};
use crate::dtype::DType;
use crate::plan::Reasons;

/// Facts of one array of fixed-width values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) dtype: DType,
    pub(super) shape: Shape,
    /// The other byte order than the machine's.
    pub(super) swapped: bool,
    /// The elements lie in a row, in C order.
    pub(super) contiguous: bool,
    /// The order of the dimensions in which they do, rows first, where there is one.
    pub(super) axes: Option<SmallVec<[usize; 4]>>,
    pub(super) aligned: bool,
    pub(super) writable: bool,
    /// Nothing that is made may keep the memory.
    pub(super) borrowed: bool,
    /// A value is missing: masked, or a marker.
    pub(super) missing: bool,
    /// Why the caller's side has copied it already.
    pub(super) copied: Reasons,
}

/// Values that are looked at together.
pub(super) const BLOCK: usize = 16384;

impl Facts {
    /// Looks at an array; masks and markers are read up to the first missing value.
    pub(super) fn of(dense: &Dense, marker: Option<Marker>) -> Self {
        let values = dense.values();
        let contiguous = values.is_contiguous();
        Self {
            dtype: dense.dtype,
            shape: dense.shape.clone(),
            swapped: dense.swapped && dense.dtype.itemsize() > 1 && !matches!(dense.dtype, DType::Void(_)),
            contiguous,
            axes: if contiguous { None } else { memory_order(dense) },
            aligned: dense.is_aligned(),
            writable: dense.writable,
            borrowed: dense.borrowed,
            copied: dense.copied.clone(),
            missing: any_masked(&dense.masks) || marker.is_some_and(|marker| any_marked(&values, marker)),
        }
    }
}

/// Whether a mask says that something is missing.
pub(super) fn any_masked(masks: &[Mask]) -> bool {
    masks.iter().any(|mask| any(mask.bytes(), any_nonzero))
}

fn any_marked(values: &Strided<'_>, marker: Marker) -> bool {
    any(values, |bytes| marker.any(bytes))
}

fn any(values: &Strided<'_>, found: impl Fn(&[u8]) -> bool) -> bool {
    if let Some(bytes) = values.bytes(0, values.len()) {
        return found(bytes);
    }
    let mut scratch = Scratch::default();
    (0..values.len()).step_by(BLOCK).any(|start| found(scratch.block(values, start, BLOCK)))
}

/// Room for a block of values that don't lie in a row.
#[derive(Default)]
pub(super) struct Scratch {
    /// Of words, so that values of up to 8 bytes are aligned.
    words: Vec<u64>,
}

impl Scratch {
    /// Up to `n` values from `start` on, in the machine's byte order: where they lie, or a copy.
    pub(super) fn block<'s>(&'s mut self, values: &Strided<'s>, start: usize, n: usize) -> &'s [u8] {
        let n = n.min(values.len().saturating_sub(start));
        if let Some(bytes) = values.bytes(start, n) {
            return bytes;
        }
        let size = n * values.size();
        if self.words.len() * 8 < size {
            self.words.resize(size.div_ceil(8), 0);
        }
        let room = self.words.as_mut_bytes();
        let room = room.get_mut(..size).unwrap_or_default();
        values.read_initialised(start, room);
        self.words.as_bytes().get(..size).unwrap_or_default()
    }
}

/// The order of dimensions, rows first, in which the elements lie in a row.
fn memory_order(dense: &Dense) -> Option<SmallVec<[usize; 4]>> {
    let mut axes: SmallVec<[usize; 4]> = (0..dense.shape.len()).collect();
    let step = |axis: &usize| dense.strides.get(*axis).copied().unwrap_or(0);
    axes.get_mut(1..)?.sort_by_key(|axis| std::cmp::Reverse(step(axis)));
    (dense.transposed(&axes).values().is_contiguous()).then_some(axes)
}
