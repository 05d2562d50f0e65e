//! The loops that copy strided elements, compiled for each size.
#![allow(unsafe_code, reason = "elements that lie anywhere are copied through pointers")]

use std::marker::PhantomData;

use smallvec::SmallVec;

use super::strided::Strided;
use crate::kernels::dispatch::{Kernel, dispatch};
use crate::kernels::turn::{Element, Swapped, Tile, copy};

/// The edge of a tile, in elements: what it reads and writes fits the innermost cache.
const TILE: usize = 32;
/// The same in bytes where blocks are turned around: the longer the stretches, the sooner the next ones are there.
const LONG: usize = 512;
/// From so many elements on, the CPU is asked how wide its registers are.
const WIDE: usize = 32;

/// A way of copying elements, compiled for each size.
pub(super) trait Copying {
    /// # Safety
    /// The elements are there, and `to` has room for them.
    unsafe fn run<T: Element>(self, from: &Strided<'_>, to: *mut u8);
    /// # Safety
    /// As above.
    unsafe fn run_bytes(self, from: &Strided<'_>, to: *mut u8);
}

/// # Safety
/// The elements are there, and `to` has room for them.
pub(super) unsafe fn by_size<C: Copying>(from: &Strided<'_>, copying: C, to: *mut u8) {
    // SAFETY: for each arm, the caller's promise.
    match (from.size, from.swapped) {
        // SAFETY: the caller's promise.
        (1, _) => unsafe { copying.run::<u8>(from, to) },
        // SAFETY: as above.
        (2, false) => unsafe { copying.run::<u16>(from, to) },
        // SAFETY: as above.
        (4, false) => unsafe { copying.run::<u32>(from, to) },
        // SAFETY: as above.
        (8, false) => unsafe { copying.run::<u64>(from, to) },
        // SAFETY: as above.
        (16, false) => unsafe { copying.run::<u128>(from, to) },
        // SAFETY: as above.
        (2, true) => unsafe { copying.run::<Swapped<u16>>(from, to) },
        // SAFETY: as above.
        (4, true) => unsafe { copying.run::<Swapped<u32>>(from, to) },
        // SAFETY: as above.
        (8, true) => unsafe { copying.run::<Swapped<u64>>(from, to) },
        // SAFETY: as above.
        _ => unsafe { copying.run_bytes(from, to) },
    }
}

/// Copies `n` elements that are `step` bytes apart to a row of them.
///
/// # Safety
/// The elements are there, and `to` has room for them.
#[inline(always)]
unsafe fn run<T: Element>(from: *const u8, step: isize, n: usize, to: *mut u8) {
    let size = size_of::<T>() as isize;
    if step == size && (T::AS_IT_IS || n < WIDE) {
        for i in 0..n as isize {
            // SAFETY: the caller's promise, for both.
            unsafe { copy::<T>(from, size * i, to, size * i) };
        }
        return;
    }
    if step == size {
        return dispatch(Swap::<T> { from, to, n, element: PhantomData });
    }
    for i in 0..n as isize {
        // SAFETY: the caller's promise, for both.
        unsafe { copy::<T>(from, step * i, to, size * i) };
    }
}

/// Elements in a row, whose bytes are swapped to another one: wide registers have instructions for it.
struct Swap<T> {
    from: *const u8,
    to: *mut u8,
    n: usize,
    element: PhantomData<T>,
}

impl<T: Element> Kernel for Swap<T> {
    type Out = ();

    #[inline(always)]
    fn run(self) {
        for at in (0..self.n as isize).map(|i| size_of::<T>() as isize * i) {
            // SAFETY: only `run` makes one, whose caller promises the elements, and room for them.
            unsafe { copy::<T>(self.from, at, self.to, at) };
        }
    }
}

/// Elements in C order, `n` of them from `start` on.
pub(super) struct Rows {
    pub(super) start: usize,
    pub(super) n: usize,
}

impl Rows {
    /// Calls `each` with the address of every stretch along the last dimension, its step, its length, and how
    /// many elements came before.
    ///
    /// # Safety
    /// The elements are there.
    #[inline(always)]
    unsafe fn stretches(&self, from: &Strided<'_>, mut each: impl FnMut(*const u8, isize, usize, usize)) {
        let Some((&(inner, step), outer)) = from.dims.split_last() else {
            each(from.ptr, 0, 1, 0);
            return;
        };
        let mut at: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
        let (mut rest, mut within) = (self.start / inner, self.start % inner);
        let mut offset = 0isize;
        for (i, (n, stride)) in at.iter_mut().zip(outer).rev() {
            *i = rest % n;
            rest /= n;
            offset += *i as isize * stride;
        }
        let mut done = 0;
        while done < self.n {
            let n = (inner - within).min(self.n - done);
            // SAFETY: an element within the array.
            each(unsafe { from.ptr.offset(offset + step * within as isize) }, step, n, done);
            done += n;
            within = 0;
            for (i, (n, stride)) in at.iter_mut().zip(outer).rev() {
                *i += 1;
                offset += stride;
                if *i < *n {
                    break;
                }
                offset -= stride * *n as isize;
                *i = 0;
            }
        }
    }
}

impl Copying for Rows {
    unsafe fn run<T: Element>(self, from: &Strided<'_>, to: *mut u8) {
        let copy = |at: *const u8, step: isize, n: usize, done: usize| {
            // SAFETY: the caller of `run` has room for all elements.
            let to = unsafe { to.add(done * size_of::<T>()) };
            // SAFETY: as above; the elements of a stretch are there.
            unsafe { run::<T>(at, step, n, to) };
        };
        // SAFETY: the caller's promise.
        unsafe { self.stretches(from, copy) };
    }

    unsafe fn run_bytes(self, from: &Strided<'_>, to: *mut u8) {
        let (size, swapped) = (from.size, from.swapped);
        let copy = |at: *const u8, step: isize, n: usize, done: usize| {
            for i in 0..n {
                // SAFETY: the elements of a stretch are there.
                let element = unsafe { at.offset(step * i as isize) };
                // SAFETY: the caller of `run_bytes` has room for all elements.
                let to = unsafe { to.add((done + i) * size) };
                // SAFETY: both are `size` bytes, and new memory doesn't overlap.
                unsafe { element.copy_to_nonoverlapping(to, size) };
                if swapped {
                    // SAFETY: the bytes that were just written.
                    unsafe { std::slice::from_raw_parts_mut(to, size) }.reverse();
                }
            }
        };
        // SAFETY: the caller's promise.
        unsafe { self.stretches(from, copy) };
    }
}

/// Everything, the last dimension and the one that lies nearest in memory tile by tile.
pub(super) struct Tiles {
    pub(super) nearest: usize,
}

impl Tiles {
    /// Calls `each` with every tile of what goes to `to` in C order.
    ///
    /// # Safety
    /// The elements are there, and `to` has room for them.
    #[inline(always)]
    unsafe fn tiles(&self, from: &Strided<'_>, to: *mut u8, edge: usize, mut each: impl FnMut(Tile<'_>)) {
        let Some((&(columns, column_step), outer)) = from.dims.split_last() else { return };
        let Some(&(rows, row_step)) = outer.get(self.nearest) else { return };
        // In C order, elements from one index of a dimension to the next.
        let mut places: SmallVec<[usize; 4]> = SmallVec::from_elem(columns, outer.len());
        for axis in (0..outer.len().saturating_sub(1)).rev() {
            places[axis] = places[axis + 1] * outer[axis + 1].0;
        }
        let row_place = places[self.nearest];
        let others: SmallVec<[(usize, isize, usize); 4]> = (0..outer.len())
            .filter(|axis| *axis != self.nearest)
            .map(|axis| (outer[axis].0, outer[axis].1, places[axis]))
            .collect();
        let times = others.iter().map(|(n, ..)| n).product::<usize>();
        for time in 0..times {
            let (mut rest, mut offset, mut place) = (time, 0isize, 0usize);
            for (n, stride, apart) in others.iter().rev() {
                let i = rest % n;
                rest /= n;
                offset += i as isize * stride;
                place += i * apart;
            }
            for row in (0..rows).step_by(edge) {
                for column in (0..columns).step_by(edge) {
                    let first = offset + row_step * row as isize + column_step * column as isize;
                    each(Tile {
                        // SAFETY: an element within the array.
                        from: unsafe { from.ptr.offset(first) },
                        lines: None,
                        // SAFETY: its place; the caller has room for all of them.
                        to: unsafe { to.add((place + row * row_place + column) * from.size) },
                        places: None,
                        rows: (rows - row).min(edge),
                        columns: (columns - column).min(edge),
                        steps: (row_step, column_step),
                        apart: (row_place * from.size) as isize,
                    });
                }
            }
        }
    }
}

impl Copying for Tiles {
    unsafe fn run<T: Element>(self, from: &Strided<'_>, to: *mut u8) {
        // SAFETY: the elements of a tile are there, and have a place.
        let copy = |tile: Tile<'_>| unsafe { tile.copy::<T>() };
        // SAFETY: the caller's promise.
        unsafe { self.tiles(from, to, if Tile::turns::<T>() { LONG / size_of::<T>() } else { TILE }, copy) };
    }

    unsafe fn run_bytes(self, from: &Strided<'_>, to: *mut u8) {
        let rows = Rows { start: 0, n: from.len };
        // SAFETY: the caller's promise.
        unsafe { rows.run_bytes(from, to) };
    }
}
