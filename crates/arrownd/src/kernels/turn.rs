//! Stretches of two dimensions whose rows lie next to each other where columns should: turned around block by block.
#![allow(
    unsafe_code,
    reason = "vector instructions that the CPU was asked for, on elements that lie anywhere"
)]

/// One element, and how it is copied.
pub(crate) trait Element: Copy {
    /// Its bytes stay in their order.
    const AS_IT_IS: bool;
    fn native(self) -> Self;
}
macro_rules! plain {
    ($($t:ty),*) => { $(impl Element for $t {
        const AS_IT_IS: bool = true;
        #[inline(always)]
        fn native(self) -> Self { self }
    })* };
}
plain!(u8, u16, u32, u64, u128);

#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Swapped<T>(T);
macro_rules! swapped {
    ($($t:ty),*) => { $(impl Element for Swapped<$t> {
        const AS_IT_IS: bool = false;
        #[inline(always)]
        fn native(self) -> Self { Self(self.0.swap_bytes()) }
    })* };
}
swapped!(u16, u32, u64);

/// Copies one element from so many bytes after `from` to so many after `to`.
///
/// # Safety
/// Both are there.
#[inline(always)]
pub(crate) unsafe fn copy<T: Element>(from: *const u8, at: isize, to: *mut u8, place: isize) {
    // SAFETY: the caller's promise.
    let from = unsafe { from.offset(at) };
    // SAFETY: the caller's promise.
    let to = unsafe { to.offset(place) };
    // SAFETY: the caller's promise; it may lie anywhere.
    let value = unsafe { from.cast::<T>().read_unaligned() };
    // SAFETY: as above.
    unsafe { to.cast::<T>().write_unaligned(value.native()) };
}

/// A stretch of two dimensions: where its first element lies and goes, and how far the next ones are, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Tile<'l> {
    pub(crate) from: *const u8,
    /// Where each column lies, if not a step after the one before.
    pub(crate) lines: Option<&'l [*const u8]>,
    pub(crate) to: *mut u8,
    /// Where each row goes, if not `apart` after the one before.
    pub(crate) places: Option<&'l [*mut u8]>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// From one row, and from one column, to the next in the array.
    pub(crate) steps: (isize, isize),
    /// From one row to the next where they go; columns lie next to each other there.
    pub(crate) apart: isize,
}

impl Tile<'_> {
    /// Copies all elements. Rows go `apart` each.
    ///
    /// # Safety
    /// They are there, and have a place.
    #[inline(always)]
    pub(crate) unsafe fn copy<T: Element>(self) {
        // SAFETY: the caller's promise.
        if unsafe { self.turn::<T>() } {
            return;
        }
        let copy = |row: usize, column: usize| {
            let place = self.apart * row as isize + (column * size_of::<T>()) as isize;
            // SAFETY: an element of the tile, and its place.
            unsafe { copy::<T>(self.line(column), self.steps.0 * row as isize, self.to, place) };
        };
        if self.columns < 8 {
            (0..self.rows).for_each(|row| (0..self.columns).for_each(|column| copy(row, column)));
        } else {
            (0..self.columns).for_each(|column| (0..self.rows).for_each(|row| copy(row, column)));
        }
    }

    /// Whether there are instructions that turn blocks of such elements around.
    pub(crate) fn turns<T: Element>() -> bool {
        #[cfg(target_arch = "x86_64")]
        return T::AS_IT_IS && matches!(size_of::<T>(), 4 | 8) && is_x86_feature_detected!("avx2");
        #[cfg(not(target_arch = "x86_64"))]
        false
    }

    /// Turns it around block by block; false where the CPU can't, or there is no whole block.
    ///
    /// # Safety
    /// As [`Tile::copy`], wherever rows go.
    #[inline(always)]
    pub(crate) unsafe fn turn<T: Element>(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        if Self::turns::<T>() && self.steps.0 == size_of::<T>() as isize {
            return match (size_of::<T>(), self.places.is_some()) {
                // SAFETY: the feature was found; the rest is the caller's promise.
                (4, false) => unsafe { self.turn32::<false>() },
                // SAFETY: as above.
                (4, true) => unsafe { self.turn32::<true>() },
                // SAFETY: as above.
                (8, false) => unsafe { self.turn64::<false>() },
                // SAFETY: as above.
                (8, true) => unsafe { self.turn64::<true>() },
                _ => false,
            };
        }
        false
    }

    /// Where a column lies.
    #[inline(always)]
    fn line(&self, column: usize) -> *const u8 {
        match self.lines {
            Some(lines) => lines.get(column).copied().unwrap_or(self.from),
            None => self.from.wrapping_offset(self.steps.1 * column as isize),
        }
    }

    /// Where a row goes, if rows have places of their own.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn place(&self, row: usize) -> *mut u8 {
        self.places.and_then(|places| places.get(row)).copied().unwrap_or(self.to)
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
    unsafe fn turn32<const PLACES: bool>(self) -> bool {
        use std::arch::x86_64::{
            __m256, _mm256_permute2f128_ps, _mm256_shuffle_ps, _mm256_unpackhi_ps, _mm256_unpacklo_ps,
        };
        if self.rows < 8 || self.columns < 8 {
            return false;
        }
        for row in blocks(self.rows, 8) {
            for column in blocks(self.columns, 8) {
                let to = self.to.wrapping_offset(self.apart * row as isize + (column * 4) as isize);
                let read = |i: usize| -> __m256 {
                    // SAFETY: so many columns are left, and the row is one of the tile's.
                    let line = unsafe { self.line(column + i).offset(self.steps.0 * row as isize) };
                    self.fetch(line);
                    // SAFETY: eight rows of it, which may lie anywhere.
                    unsafe { line.cast::<__m256>().read_unaligned() }
                };
                let write = |i: usize, line: __m256| {
                    let place = if PLACES {
                        // SAFETY: so many columns are left.
                        unsafe { self.place(row + i).add(column * 4) }
                    } else {
                        // SAFETY: so many rows are left.
                        unsafe { to.offset(self.apart * i as isize) }
                    };
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
        true
    }

    /// Blocks of four by four elements of eight bytes.
    ///
    /// # Safety
    /// As [`Tile::turn32`].
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    unsafe fn turn64<const PLACES: bool>(self) -> bool {
        use std::arch::x86_64::{__m256d, _mm256_permute2f128_pd, _mm256_unpackhi_pd, _mm256_unpacklo_pd};
        if self.rows < 4 || self.columns < 4 {
            return false;
        }
        for row in blocks(self.rows, 4) {
            for column in blocks(self.columns, 4) {
                let to = self.to.wrapping_offset(self.apart * row as isize + (column * 8) as isize);
                let read = |i: usize| -> __m256d {
                    // SAFETY: so many columns are left, and the row is one of the tile's.
                    let line = unsafe { self.line(column + i).offset(self.steps.0 * row as isize) };
                    self.fetch(line);
                    // SAFETY: four rows of it, which may lie anywhere.
                    unsafe { line.cast::<__m256d>().read_unaligned() }
                };
                let write = |i: usize, line: __m256d| {
                    let place = if PLACES {
                        // SAFETY: so many columns are left.
                        unsafe { self.place(row + i).add(column * 8) }
                    } else {
                        // SAFETY: so many rows are left.
                        unsafe { to.offset(self.apart * i as isize) }
                    };
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
        true
    }
}

/// Where blocks of `size` begin that cover `len` places: the last one reaches back into the one before.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn blocks(len: usize, size: usize) -> impl Iterator<Item = usize> {
    (0..len).step_by(size).map(move |at| at.min(len - size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned<T: Element + PartialEq + std::fmt::Debug>(values: impl Fn(usize) -> T) {
        for (rows, columns) in [(1, 1), (3, 9), (70, 3), (8, 8), (9, 17), (32, 32), (31, 40)] {
            let array: Vec<T> = (0..rows * columns).map(&values).collect();
            let mut found = array.clone();
            let size = size_of::<T>() as isize;
            let tile = Tile {
                from: array.as_ptr().cast(),
                lines: None,
                to: found.as_mut_ptr().cast(),
                places: None,
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
