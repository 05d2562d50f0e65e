//! Elements of any strides, read in C order.
#![allow(unsafe_code, reason = "elements that lie anywhere are read through pointers")]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use smallvec::SmallVec;

use super::gather::{Rows, Tiles, by_size};

/// Elements of one size at any strides. Dimensions that lie in a row are merged.
#[derive(Clone, Debug)]
pub(super) struct Strided<'a> {
    pub(super) ptr: *const u8,
    pub(super) size: usize,
    pub(super) swapped: bool,
    pub(super) len: usize,
    /// Lengths and strides as they were given.
    given: SmallVec<[(usize, isize); 4]>,
    /// From the outermost to the innermost, none of length 1.
    pub(super) dims: SmallVec<[(usize, isize); 4]>,
    memory: PhantomData<&'a [u8]>,
}

// SAFETY: only reads, memory that may be read for `'a`.
unsafe impl Send for Strided<'_> {}
// SAFETY: as above.
unsafe impl Sync for Strided<'_> {}

impl<'a> Strided<'a> {
    /// Borrows elements of `size` bytes.
    ///
    /// # Safety
    /// For `'a`, every element of an array of `shape` and `strides` at `ptr` may be read.
    pub(super) unsafe fn new(
        ptr: *const u8,
        size: usize,
        swapped: bool,
        shape: &[usize],
        strides: &[isize],
    ) -> Self {
        let given: SmallVec<[(usize, isize); 4]> =
            shape.iter().copied().zip(strides.iter().copied()).collect();
        let len = shape.iter().fold(1usize, |a, n| a.saturating_mul(*n));
        let mut dims: SmallVec<[(usize, isize); 4]> = SmallVec::new();
        for (n, stride) in given.iter().copied().filter(|(n, _)| *n != 1) {
            match dims.last_mut() {
                // Where this dimension ends, the next element of the outer one begins.
                Some((outer, step)) if *step == stride.wrapping_mul(n as isize) => {
                    *outer = outer.saturating_mul(n);
                    *step = stride;
                }
                _ => dims.push((n, stride)),
            }
        }
        Self { ptr, size, swapped: swapped && size > 1, len, given, dims, memory: PhantomData }
    }

    /// The same with the dimensions in another order.
    pub(super) fn transposed(&self, axes: &[usize]) -> Self {
        let (shape, strides): (SmallVec<[usize; 4]>, SmallVec<[isize; 4]>) =
            axes.iter().filter_map(|axis| self.given.get(*axis).copied()).unzip();
        // SAFETY: the same elements in another order.
        unsafe { Self::new(self.ptr, self.size, self.swapped, &shape, &strides) }
    }

    /// One column of a matrix; `None` for what has other dimensions, and for a column that isn't there.
    pub(super) fn column(&self, i: usize) -> Option<Self> {
        let &[(rows, down), (columns, across)] = self.given.as_slice() else { return None };
        if i >= columns {
            return None;
        }
        // A column of no rows is nowhere: the address isn't used.
        let ptr = self.ptr.wrapping_offset(across.wrapping_mul(i as isize));
        // SAFETY: some of the same elements.
        Some(unsafe { Self::new(ptr, self.size, self.swapped, &[rows], &[down]) })
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether the elements lie in a row, in C order.
    pub(super) fn is_contiguous(&self) -> bool {
        self.len == 0
            || match self.dims.as_slice() {
                [] => true,
                [(_, stride)] => *stride == self.size as isize,
                _ => false,
            }
    }

    /// The elements from `start` on, `n` of them, where they lie in a row and in the machine's byte order.
    #[inline]
    pub(super) fn bytes(&self, start: usize, n: usize) -> Option<&'a [u8]> {
        if self.swapped || !self.is_contiguous() {
            return None;
        }
        if start.checked_add(n).is_none_or(|end| end > self.len) || n == 0 {
            return Some(&[]);
        }
        // SAFETY: element `start` is within the array.
        let from = unsafe { self.ptr.add(start * self.size) };
        // SAFETY: so are the `n` elements from it on, which lie in a row and may be read for `'a`.
        Some(unsafe { std::slice::from_raw_parts(from, n * self.size) })
    }

    /// Copies the elements from `start` on, as many as `out` has room for, into the machine's byte order.
    pub(super) fn read(&self, start: usize, out: &mut [MaybeUninit<u8>]) {
        let Some(n) = out.len().checked_div(self.size) else { return };
        let n = n.min(self.len.saturating_sub(start));
        if n == 0 {
            return;
        }
        let to: *mut u8 = out.as_mut_ptr().cast();
        if self.is_across() && self.rows(start, n).is_some_and(|rows| rows.tiled(to)) {
            return;
        }
        // SAFETY: `n` elements from `start` on are there, and `out` has room for them.
        unsafe { by_size(self, Rows { start, n }, to) };
    }

    /// The same into memory that was used before.
    pub(super) fn read_initialised(&self, start: usize, out: &mut [u8]) {
        let (ptr, len) = (out.as_mut_ptr(), out.len());
        // SAFETY: the same memory; `read` writes values and nothing uninitialised.
        self.read(start, unsafe { std::slice::from_raw_parts_mut(ptr.cast(), len) });
    }

    /// Whether C order reads memory in another order than that in which it lies.
    pub(super) fn is_across(&self) -> bool {
        self.nearest().is_some()
    }

    /// The dimension whose elements lie nearest to each other, where that isn't the last.
    fn nearest(&self) -> Option<usize> {
        let (&(_, last_step), outer) = self.dims.split_last()?;
        let (at, step) =
            outer.iter().map(|dim| dim.1.unsigned_abs()).enumerate().min_by_key(|(_, step)| *step)?;
        (step < last_step.unsigned_abs()).then_some(at)
    }

    /// The `n` elements from `start` on, where they are whole rows.
    pub(super) fn rows(&self, start: usize, n: usize) -> Option<Self> {
        if n == self.len {
            return Some(self.clone());
        }
        let (&(rows, down), rest) = self.given.split_first()?;
        let each = self.len.checked_div(rows)?;
        if each == 0 || !start.is_multiple_of(each) || !n.is_multiple_of(each) {
            return None;
        }
        let (shape, strides): (SmallVec<[usize; 4]>, SmallVec<[isize; 4]>) =
            std::iter::once((n / each, down)).chain(rest.iter().copied()).unzip();
        let ptr = self.ptr.wrapping_offset(down.wrapping_mul((start / each) as isize));
        // SAFETY: some of the same elements.
        Some(unsafe { Self::new(ptr, self.size, self.swapped, &shape, &strides) })
    }

    /// Copies everything in tiles, where C order reads memory in another order than that in which it lies.
    fn tiled(&self, to: *mut u8) -> bool {
        let Some(nearest) = self.nearest() else { return false };
        // SAFETY: the caller has room for all elements.
        unsafe { by_size(self, Tiles { nearest }, to) };
        true
    }
}
