//! Stretches of two dimensions whose rows lie next to each other where columns should: turned around block by block.
#![allow(
    unsafe_code,
    reason = "vector instructions that the CPU was asked for, on elements that lie anywhere"
)]

use super::gather::{Element, copy};

/// A stretch of two dimensions: where its first element lies and goes, and how far the next ones are, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub(super) from: *const u8,
    pub(super) to: *mut u8,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// From one row, and from one column, to the next in the array.
    pub(super) steps: (isize, isize),
    /// From one row to the next where they go; columns lie next to each other there.
    pub(super) apart: isize,
}

impl Tile {
    /// Copies all elements.
    ///
    /// # Safety
    /// They are there, and have a place.
    #[inline(always)]
    pub(super) unsafe fn copy<T: Element>(self) {
        // SAFETY: the caller's promise.
        let (rows, columns) = unsafe { self.turn::<T>() };
        for c in 0..self.columns {
            // What was turned around already isn't copied again.
            for r in (if c < columns { rows } else { 0 })..self.rows {
                let at = self.steps.0 * r as isize + self.steps.1 * c as isize;
                let place = self.apart * r as isize + (c * size_of::<T>()) as isize;
                // SAFETY: an element of the tile, and its place.
                unsafe { copy::<T>(self.from, at, self.to, place) };
            }
        }
    }

    /// Whether there are instructions that turn blocks of such elements around.
    pub(super) fn turns<T: Element>() -> bool {
        #[cfg(target_arch = "x86_64")]
        return T::AS_IT_IS && matches!(size_of::<T>(), 4 | 8) && is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Turns whole blocks around where the CPU can; how many rows and columns that were.
    ///
    /// # Safety
    /// As [`Tile::copy`].
    #[inline(always)]
    unsafe fn turn<T: Element>(self) -> (usize, usize) {
        #[cfg(target_arch = "x86_64")]
        if Self::turns::<T>() && self.steps.0 == size_of::<T>() as isize {
            return match size_of::<T>() {
                // SAFETY: the feature was found; the rest is the caller's promise.
                4 => unsafe { self.turn32() },
                // SAFETY: as above.
                8 => unsafe { self.turn64() },
                _ => (0, 0),
            };
        }
        (0, 0)
    }

    /// Where the element at `row` and `column` lies, and where it goes.
    ///
    /// # Safety
    /// The tile has that element, of `size` bytes.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    unsafe fn places(&self, row: usize, column: usize, size: usize) -> (*const u8, *mut u8) {
        let at = self.steps.0 * row as isize + self.steps.1 * column as isize;
        let place = self.apart * row as isize + (column * size) as isize;
        // SAFETY: the caller's promise.
        let from = unsafe { self.from.offset(at) };
        // SAFETY: the caller's promise.
        (from, unsafe { self.to.offset(place) })
    }

    /// Asks for what the tile after this one reads of a column: more columns than the CPU follows by itself.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn fetch(&self, line: *const u8) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let next = line.wrapping_offset(self.steps.0 * self.rows as isize);
        // SAFETY: a hint, for any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(next.cast()) };
    }

    /// Blocks of eight by eight elements of four bytes.
    ///
    /// # Safety
    /// As [`Tile::copy`], and rows lie next to each other in the array.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn turn32(self) -> (usize, usize) {
        use std::arch::x86_64::{
            __m256, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
        };
        let (rows, columns) = (self.rows / 8 * 8, self.columns / 8 * 8);
        for row in (0..rows).step_by(8) {
            for column in (0..columns).step_by(8) {
                // SAFETY: a block of the tile.
                let (from, to) = unsafe { self.places(row, column, 4) };
                let read = |i: isize| -> __m256 {
                    // SAFETY: so many columns are left.
                    let line = unsafe { from.offset(self.steps.1 * i) };
                    self.fetch(line);
                    // SAFETY: eight rows of it, which may lie anywhere.
                    unsafe { line.cast::<__m256>().read_unaligned() }
                };
                let write = |i: isize, line: __m256| {
                    // SAFETY: so many rows are left.
                    let place = unsafe { to.offset(self.apart * i) };
                    // SAFETY: eight columns of it, which may lie anywhere.
                    unsafe { place.cast::<__m256>().write_unaligned(line) };
                };
                let pairs = |a: __m256, b: __m256| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
                let quads =
                    |a: __m256, b: __m256| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xee>(a, b));
                let (a, b) = pairs(read(0), read(1));
                let (c, d) = pairs(read(2), read(3));
                let (e, f) = pairs(read(4), read(5));
                let (g, h) = pairs(read(6), read(7));
                let lines = [quads(a, c), quads(b, d)];
                let others = [quads(e, g), quads(f, h)];
                for (i, ((a, b), (c, d))) in (0..).zip(lines.into_iter().zip(others)) {
                    write(2 * i, _mm256_permute2f128_ps::<0x20>(a, c));
                    write(2 * i + 1, _mm256_permute2f128_ps::<0x20>(b, d));
                    write(2 * i + 4, _mm256_permute2f128_ps::<0x31>(a, c));
                    write(2 * i + 5, _mm256_permute2f128_ps::<0x31>(b, d));
                }
            }
        }
        (rows, columns)
    }

    /// Blocks of four by four elements of eight bytes.
    ///
    /// # Safety
    /// As [`Tile::turn32`].
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn turn64(self) -> (usize, usize) {
        use std::arch::x86_64::{__m256d, _mm256_permute2f128_pd, _mm256_unpackhi_pd, _mm256_unpacklo_pd};
        let (rows, columns) = (self.rows / 4 * 4, self.columns / 4 * 4);
        for row in (0..rows).step_by(4) {
            for column in (0..columns).step_by(4) {
                // SAFETY: a block of the tile.
                let (from, to) = unsafe { self.places(row, column, 8) };
                let read = |i: isize| -> __m256d {
                    // SAFETY: so many columns are left.
                    let line = unsafe { from.offset(self.steps.1 * i) };
                    self.fetch(line);
                    // SAFETY: four rows of it, which may lie anywhere.
                    unsafe { line.cast::<__m256d>().read_unaligned() }
                };
                let write = |i: isize, line: __m256d| {
                    // SAFETY: so many rows are left.
                    let place = unsafe { to.offset(self.apart * i) };
                    // SAFETY: four columns of it, which may lie anywhere.
                    unsafe { place.cast::<__m256d>().write_unaligned(line) };
                };
                let (a, b, c, d) = (read(0), read(1), read(2), read(3));
                let (ab, cd) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
                write(0, _mm256_permute2f128_pd::<0x20>(ab, cd));
                write(2, _mm256_permute2f128_pd::<0x31>(ab, cd));
                let (ab, cd) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
                write(1, _mm256_permute2f128_pd::<0x20>(ab, cd));
                write(3, _mm256_permute2f128_pd::<0x31>(ab, cd));
            }
        }
        (rows, columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned<T: Element + PartialEq + std::fmt::Debug>(values: impl Fn(usize) -> T) {
        for (rows, columns) in [(1, 1), (3, 9), (8, 8), (9, 17), (32, 32), (31, 40)] {
            let array: Vec<T> = (0..rows * columns).map(&values).collect();
            let mut found = array.clone();
            let size = size_of::<T>() as isize;
            let tile = Tile {
                from: array.as_ptr().cast(),
                to: found.as_mut_ptr().cast(),
                rows,
                columns,
                steps: (size, size * rows as isize),
                apart: size * columns as isize,
            };
            // SAFETY: both have all elements; the array is in F order.
            unsafe { tile.copy::<T>() };
            for row in 0..rows {
                for column in 0..columns {
                    assert_eq!(found[row * columns + column], array[column * rows + row]);
                }
            }
        }
    }

    #[test]
    fn every_element_finds_its_place() {
        turned(|i| i as u8);
        turned(|i| i as u16);
        turned(|i| i as u32);
        turned(|i| i as u64);
        turned(|i| i as u128);
    }
}
