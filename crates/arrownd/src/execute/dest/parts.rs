//! Parts of the memory that is written: rows, columns, fields of records.
#![allow(unsafe_code, reason = "the parts are found through pointers")]

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::NonNull;

use smallvec::SmallVec;

use super::Dest;
use crate::kernels::lines::Kind;

impl<'o> Dest<'o> {
    /// Part `part` of every element, where elements are `count` values of one size that are written apart: the mask
    /// of a complex number has a bool for each of its parts. Past the last part, the last one. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let array = Int8Array::from(vec![Some(1), None]);
    /// # let field = Field::new("", DataType::Int8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// let mut masks = [MaybeUninit::new([false; 2]); 2];
    /// let mut dest = Dest::from_slice(&mut masks, &[2]).unwrap();
    /// for part in 0..2 {
    ///     planned.task().fill_mask(&mut dest.record_part(part, 2))?;
    /// }
    /// // SAFETY: initialised from the start.
    /// assert_eq!(masks.map(|x| unsafe { x.assume_init() }), [[false; 2], [true; 2]]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn record_part(&mut self, part: usize, count: usize) -> Dest<'_> {
        let count = count.max(1);
        let itemsize = self.itemsize / count;
        // SAFETY: each element has `count` parts of this size, and `part` is one of them.
        let ptr = unsafe { self.ptr.byte_add(itemsize * part.min(count - 1)) };
        Dest { ptr, dims: self.dims.clone(), itemsize, ..*self }
    }

    /// A column of values that follow each other, the first of them row `first`: as many as the memory has room for.
    pub(crate) fn column(memory: &'o mut [MaybeUninit<u8>], first: usize, itemsize: usize) -> Self {
        let rows = memory.len().checked_div(itemsize).unwrap_or(0);
        let dims = SmallVec::from_slice(&[(rows, itemsize as isize)]);
        Self { past: false, ptr: NonNull::from(memory).cast(), first, dims, itemsize, memory: PhantomData }
    }

    /// Some of the rows.
    pub(crate) fn stretch(&mut self, rows: Range<usize>) -> Dest<'_> {
        let own = self.rows();
        let first = rows.start.clamp(own.start, own.end);
        let mut dims = self.dims.clone();
        let mut ptr = self.ptr;
        if let Some((n, step)) = dims.first_mut() {
            *n = rows.end.clamp(first, own.end) - first;
            if *n > 0 {
                // SAFETY: the first of them is one of the rows.
                ptr = unsafe { ptr.byte_offset(*step * (first - own.start) as isize) };
            }
        }
        Dest { ptr, first, dims, ..*self }
    }

    /// The rows before `last`, and the others as bytes, where these fill their memory and elements are aligned as
    /// their size asks for.
    pub(crate) fn split(mut self, last: usize) -> Option<(Dest<'o>, &'o mut [MaybeUninit<u8>])> {
        let [(rows, step), (columns, next)] = *self.dims else { return None };
        let row = columns * self.itemsize;
        let left = last.checked_sub(self.first).filter(|left| *left < rows)?;
        let filled = next == self.itemsize as isize && step == row as isize;
        if !filled || !self.ptr.addr().get().is_multiple_of(self.itemsize.max(1)) {
            return None;
        }
        // SAFETY: row `left` is one of them.
        let ptr = unsafe { self.ptr.byte_add(left * row) }.cast::<MaybeUninit<u8>>();
        self.dims.first_mut()?.0 = left;
        // SAFETY: the rows from there on follow each other, are borrowed uniquely for `'o`, and no longer this one's;
        // uninitialised memory is what `MaybeUninit` is for.
        let bytes = unsafe { std::slice::from_raw_parts_mut(ptr.as_ptr(), (rows - left) * row) };
        Some((self, bytes))
    }

    /// Columns of a matrix from `first` on (its last dimension), with `shape` in their place; `None` past
    /// the end.
    pub(crate) fn columns(&mut self, first: usize, shape: &[usize]) -> Option<Dest<'_>> {
        let (&(width, step), rows) = self.dims.split_last()?;
        let count: usize = shape.iter().product();
        if first.checked_add(count)? > width || count == 0 {
            return None;
        }
        // SAFETY: column `first` is one of the `width` columns.
        let ptr = unsafe { self.ptr.byte_offset(step * first as isize) };
        let mut dims: SmallVec<[(usize, isize); 6]> = SmallVec::new();
        dims.extend_from_slice(rows);
        dims.extend(shape.iter().map(|n| (*n, 0)));
        let mut stride = step;
        for dim in dims.iter_mut().skip(rows.len()).rev() {
            dim.1 = stride;
            stride *= dim.0 as isize;
        }
        Some(Dest { ptr, dims, ..*self })
    }

    /// One field of records: `offset` bytes into each, an array of `shape` in C order there.
    pub(crate) fn field(&mut self, offset: usize, shape: &[usize], itemsize: usize) -> Option<Dest<'_>> {
        let size = shape.iter().try_fold(itemsize, |a, n| a.checked_mul(*n))?;
        if offset.checked_add(size)? > self.itemsize {
            return None;
        }
        // SAFETY: the field lies within the record.
        let ptr = unsafe { self.ptr.byte_add(offset) };
        let mut dims = self.dims.clone();
        let first = dims.len();
        dims.extend(shape.iter().map(|n| (*n, 0)));
        let mut stride = itemsize as isize;
        for dim in dims.iter_mut().skip(first).rev() {
            dim.1 = stride;
            stride *= dim.0.max(1) as isize;
        }
        Some(Dest { ptr, dims, itemsize, ..*self })
    }
    /// Where one field of records begins and how its values get there, if they are evenly spaced.
    pub(crate) fn line(&mut self, offset: usize, size: usize) -> Option<(*mut u8, Kind)> {
        let [(_, step)] = *self.dims else { return None };
        if offset.checked_add(size)? > self.itemsize {
            return None;
        }
        let kind = Kind { size, swapped: false, steps: (size as isize, step) };
        Some((self.ptr.as_ptr().wrapping_add(offset), kind))
    }
}
