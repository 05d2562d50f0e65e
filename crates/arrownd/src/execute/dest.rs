//! The memory that is written: contiguous or strided, not initialised yet.
#![allow(unsafe_code, reason = "uninitialised memory of any strides is filled through pointers")]

mod parts;
mod run;
#[cfg(feature = "rayon")]
mod stretches;

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr::NonNull;

use smallvec::SmallVec;

use crate::kernels::turn::Tile;

/// More than the last caches of most CPUs.
const BEYOND: usize = 32 << 20;

/// An array to fill, or a stretch of its rows: pointer, shape and strides in bytes.
///
/// ```
/// use arrownd::engine::{Dest, join};
/// use std::mem::MaybeUninit;
///
/// let mut memory = [MaybeUninit::new(0u8); 6];
/// assert!(Dest::from_slice(&mut memory, &[4, 2]).is_none());
/// let mut dest = Dest::from_slice(&mut memory, &[3, 2]).unwrap();
/// assert!(join(&[&[1, 2, 3, 4, 5, 6]], &mut dest));
/// // SAFETY: initialised from the start.
/// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [1, 2, 3, 4, 5, 6]);
/// ```
#[derive(Debug)]
pub struct Dest<'o> {
    ptr: NonNull<u8>,
    /// The first row. Positions are counted in the whole array.
    first: usize,
    /// Length and stride of each dimension, in the order in which values arrive.
    dims: SmallVec<[(usize, isize); 6]>,
    itemsize: usize,
    /// See [`Dest::past_cache`].
    past: bool,
    memory: PhantomData<&'o mut [MaybeUninit<u8>]>,
}

// SAFETY: a `Dest` is a unique borrow of plain memory; where it is written from doesn't matter.
unsafe impl Send for Dest<'_> {}

/// Evenly spaced elements of a [`Dest`].
///
/// ```
/// use arrow_array::StringArray;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
/// use std::mem::MaybeUninit;
///
/// let array = StringArray::from(vec!["one", "three"]);
/// let field = Field::new("", DataType::Utf8, true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// // Whatever stands for an object: here a number.
/// let mut memory = [MaybeUninit::new(0usize); 2];
/// let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
/// planned.task().objects(&mut dest, &mut |mut visit| {
///     assert_eq!((visit.run.len(), visit.run.element(0).len()), (2, size_of::<usize>()));
///     visit.run.write(0, &[MaybeUninit::new(7usize), MaybeUninit::new(8)]);
///     Ok::<(), arrownd::Error>(())
/// })?;
/// // SAFETY: initialised from the start.
/// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [7, 8]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Run<'o> {
    ptr: NonNull<u8>,
    len: usize,
    stride: isize,
    itemsize: usize,
    /// See [`Dest::past_cache`].
    past: bool,
    memory: PhantomData<&'o mut [MaybeUninit<u8>]>,
}

impl<'o> Dest<'o> {
    /// Borrows memory that lies anywhere. *O(1), shares memory*.
    ///
    /// # Safety
    /// For `'o`, every element of an array of `shape` and `strides` (in bytes) at `ptr` is
    /// `itemsize` bytes that may be written and that nothing else reads or writes. Elements may
    /// share memory only with each other. Strides times lengths fit in `isize`.
    ///
    /// ```
    /// # use arrow_array::Int16Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::{mem::MaybeUninit, ptr::NonNull};
    /// let array = Int16Array::from(vec![1, 2, 3]);
    /// # let field = Field::new("", DataType::Int16, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// let mut table = [[MaybeUninit::new(0i16); 2]; 3];
    /// // SAFETY: the table is as long.
    /// let second = unsafe { NonNull::from(&mut table).cast::<u8>().byte_add(2) };
    /// // SAFETY: its second column is three values, four bytes apart.
    /// let mut dest = unsafe { Dest::from_raw(second, &[3], &[4], 2) };
    /// planned.task().fill_values(&mut dest)?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(table.map(|row| row.map(|x| unsafe { x.assume_init() })), [[0, 1], [0, 2], [0, 3]]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub unsafe fn from_raw(ptr: NonNull<u8>, shape: &[usize], strides: &[isize], itemsize: usize) -> Self {
        let dims = shape.iter().copied().zip(strides.iter().copied()).collect();
        Self { ptr, first: 0, dims, itemsize, past: false, memory: PhantomData }
    }

    /// Borrows a slice as an array in C order; `None` where the slice is no array of that shape.
    /// *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{FixedSizeListArray, types::Int8Type};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// let rows = [Some(vec![Some(1), Some(2)]), Some(vec![Some(3), Some(4)])];
    /// let array = FixedSizeListArray::from_iter_primitive::<Int8Type, _, _>(rows, 2);
    /// # let field = Field::new_fixed_size_list("", Field::new("item", DataType::Int8, true), 2, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// let mut memory = [MaybeUninit::new(0i8); 4];
    /// planned.task().fill_values(&mut Dest::from_slice(&mut memory, &[2, 2]).unwrap())?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [1, 2, 3, 4]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn from_slice<T: Copy>(memory: &'o mut [MaybeUninit<T>], shape: &[usize]) -> Option<Self> {
        let size = size_of::<T>();
        if shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)) != Some(memory.len()) {
            return None;
        }
        let mut dims: SmallVec<[(usize, isize); 6]> = shape.iter().map(|n| (*n, 0)).collect();
        let mut stride = size as isize;
        for dim in dims.iter_mut().rev() {
            dim.1 = stride;
            stride *= dim.0.max(1) as isize;
        }
        Some(Self {
            past: false,
            ptr: NonNull::from(memory).cast(),
            first: 0,
            dims,
            itemsize: size,
            memory: PhantomData,
        })
    }

    /// The same memory, of which the system has made the pages: copies go past the cache where there is more than a
    /// cache holds. New pages have just been zeroed there, and copies into them shouldn't. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::{Dest, join};
    /// use std::mem::MaybeUninit;
    ///
    /// let mut memory = vec![MaybeUninit::new(1u8); 40 << 20];
    /// let more = [memory.len()];
    /// let mut dest = Dest::from_slice(&mut memory, &more).unwrap().past_cache();
    /// assert!(join(&[&vec![2; 40 << 20]], &mut dest));
    /// // SAFETY: initialised from the start.
    /// assert!(memory.iter().all(|x| unsafe { x.assume_init() } == 2));
    /// ```
    #[inline]
    #[must_use]
    pub fn past_cache(self) -> Self {
        let past = self.elements().saturating_mul(self.itemsize) >= BEYOND;
        Self { past, ..self }
    }

    /// How many elements.
    pub(crate) fn elements(&self) -> usize {
        self.dims.iter().fold(1, |all, dim| all.saturating_mul(dim.0))
    }

    /// Bytes of an element.
    pub(crate) fn itemsize(&self) -> usize {
        self.itemsize
    }

    /// The rows that are in it.
    pub(crate) fn rows(&self) -> Range<usize> {
        self.first..self.first + self.dims.first().map_or(1, |dim| dim.0)
    }

    /// Writes columns that lie at `lines` into a matrix whose columns are elements next to each other; false where
    /// they aren't, or there is nothing that turns such elements around.
    ///
    /// # Safety
    /// There is a line for each column, with a value for each row.
    pub(crate) unsafe fn turn(&mut self, lines: &[*const u8]) -> bool {
        let [(rows, step), (columns, next)] = *self.dims else { return false };
        let Some(from) = lines.first() else { return false };
        if next != self.itemsize as isize && columns > 1 || lines.len() != columns {
            return false;
        }
        let tile = Tile {
            from: *from,
            lines: Some(lines),
            to: self.ptr.as_ptr(),
            places: None,
            rows,
            columns,
            steps: (self.itemsize as isize, 0),
            apart: step,
        };
        match self.itemsize {
            // SAFETY: the caller's promise, and a unique borrow of all elements.
            4 => unsafe { tile.copy::<u32>() },
            // SAFETY: as above.
            8 => unsafe { tile.copy::<u64>() },
            _ => return false,
        }
        true
    }

    /// Whether [`Dest::turn`] writes into it.
    pub(crate) fn turns(&self) -> bool {
        match (&*self.dims, self.itemsize) {
            ([_, (columns, step)], 4) => *columns > 1 && *step == 4 && Tile::turns::<u32>(),
            ([_, (columns, step)], 8) => *columns > 1 && *step == 8 && Tile::turns::<u64>(),
            _ => false,
        }
    }

    /// The same memory with dimensions after the rows in the order in which values arrive:
    /// `axes[i]` is the arriving dimension that dimension `i` shows.
    #[must_use]
    pub(crate) fn arriving(&mut self, axes: &[usize]) -> Dest<'_> {
        let mut dims = self.dims.clone();
        for (shown, arriving) in axes.iter().enumerate() {
            if let (Some(to), Some(from)) = (dims.get_mut(arriving + 1), self.dims.get(shown + 1)) {
                *to = *from;
            }
        }
        Dest { dims, ..*self }
    }

    /// Calls `each` with the runs that elements `start..start + len` are made of, in the order in
    /// which values arrive, and with the position of each run's first element.
    ///
    /// # Errors
    /// The first error of `each`.
    pub(crate) fn runs<E>(
        &mut self,
        start: usize,
        len: usize,
        mut each: impl FnMut(usize, Run<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let elements = self.dims.iter().map(|dim| dim.0).product::<usize>();
        let before = self.first * self.dims.iter().skip(1).map(|dim| dim.0).product::<usize>();
        let start = start.saturating_sub(before);
        let end = start.saturating_add(len).min(elements);
        let (mut run_len, mut stride, mut outer) = (1, self.itemsize as isize, self.dims.len());
        for (i, (n, step)) in self.dims.iter().enumerate().rev() {
            if *n == 1 {
                outer = i;
                continue;
            }
            if run_len == 1 {
                stride = *step;
            } else if *step != stride * run_len as isize {
                break;
            }
            run_len *= n;
            outer = i;
        }
        let mut at = start;
        while at < end {
            let within = at % run_len;
            let mut index = at / run_len;
            let mut offset = stride * within as isize;
            for (n, step) in self.dims.iter().take(outer).rev() {
                offset += step * (index % n) as isize;
                index /= n;
            }
            let n = (run_len - within).min(end - at);
            // SAFETY: `at` is one of the elements, and `offset` is where it lies.
            let ptr = unsafe { self.ptr.byte_offset(offset) };
            each(
                before + at,
                Run { ptr, len: n, stride, itemsize: self.itemsize, past: self.past, memory: PhantomData },
            )?;
            at += n;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may fail")]
mod tests {
    use super::*;

    fn positions(shape: &[usize], strides: &[isize], start: usize, len: usize) -> Vec<isize> {
        let mut memory = vec![0u8; 4096];
        let base = NonNull::from(memory.as_mut_slice()).cast::<u8>();
        // SAFETY: the middle of 4096 bytes.
        let middle = unsafe { base.byte_add(2048) };
        // SAFETY: the shapes below stay within the bytes.
        let mut dest = unsafe { Dest::from_raw(middle, shape, strides, 1) };
        let mut found = Vec::new();
        dest.runs(start, len, |at, run| {
            assert_eq!(at, start + found.len());
            for i in 0..run.len as isize {
                found
                    .push(run.ptr.addr().get() as isize - base.addr().get() as isize - 2048 + i * run.stride);
            }
            Ok::<(), ()>(())
        })
        .expect("no error");
        found
    }

    #[test]
    fn rows_that_fill_their_memory_are_split_from_the_others() {
        let mut memory = [MaybeUninit::<u64>::new(7); 40];
        let dest = Dest::from_slice(&mut memory, &[10, 4]).expect("forty");
        let (first, spare) = dest.split(7).expect("contiguous");
        assert_eq!((first.rows(), first.elements(), spare.len()), (0..7, 28, 96));
        assert!(Dest::from_slice(&mut memory, &[10, 4]).expect("forty").split(10).is_none());
        assert!(Dest::from_slice(&mut memory, &[40]).expect("forty").split(10).is_none());
        let base = NonNull::from(&mut memory).cast::<u8>();
        for (at, strides) in [(1, [32, 8]), (0, [64, 8]), (0, [8, 32]), (160, [-32, 8]), (0, [0, 8])] {
            // SAFETY: within the memory.
            let ptr = unsafe { base.byte_add(at) };
            // SAFETY: five rows of four elements stay within the memory.
            let dest = unsafe { Dest::from_raw(ptr, &[5, 4], &strides, 8) };
            assert!(dest.split(3).is_none(), "{at} {strides:?}");
        }
    }

    #[test]
    fn bytes_of_every_length_are_copied_whole() {
        for len in [0, 1, 255, 256, 257, 511, 5000, 16_383, 16_384, (1 << 20) - 1, (1 << 20) + 300] {
            let from: Vec<u8> = (0..len).map(|i| (i * 7 + i / 251) as u8).collect();
            let mut to = vec![MaybeUninit::new(0xee); len];
            crate::kernels::copy(&from, &mut to);
            // SAFETY: initialised above.
            let same = from.iter().zip(&to).all(|(from, to)| *from == unsafe { to.assume_init() });
            assert!(same, "{len}");
        }
    }

    #[test]
    fn runs_visit_elements_in_arriving_order_whatever_the_strides() {
        for (shape, strides) in [
            (vec![5], vec![-3]),
            (vec![3, 4], vec![4, 1]),
            (vec![3, 4], vec![1, 3]),
            (vec![3, 1, 4], vec![-50, 7, 2]),
            (vec![2, 3, 4], vec![12, 4, 1]),
            (vec![2, 3, 4], vec![100, 1, 6]),
            (vec![1, 1], vec![9, 9]),
        ] {
            let all: Vec<isize> = (0..shape.iter().product::<usize>())
                .map(|mut i| {
                    let mut offset = 0;
                    for (n, step) in shape.iter().zip(&strides).rev() {
                        offset += step * (i % n) as isize;
                        i /= n;
                    }
                    offset
                })
                .collect();
            for start in 0..all.len() {
                for len in 0..=all.len() - start {
                    assert_eq!(positions(&shape, &strides, start, len), all[start..start + len]);
                }
            }
        }
    }
}
