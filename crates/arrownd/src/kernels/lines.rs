//! Values that lie in rows, and become fields of records or columns of a matrix; and the other way.
#![allow(unsafe_code, reason = "elements that lie anywhere are copied through pointers")]

use std::ops::Range;

use smallvec::SmallVec;

use super::turn::{Element, Swapped, Tile, copy};

/// Bytes of records that are handled at once. They stay in the innermost cache until all of their fields are done:
/// blocks for the second cache take up to twice as long.
const TOGETHER: usize = 4 << 10;

/// Bytes of neighbours from which on turning them around pays: fewer are faster one after the other.
const WIDE: usize = 64;

/// Elements that are copied together, some of each at a time. It moves on with what it has copied.
#[derive(Default)]
pub(crate) struct Lines {
    /// Where the next element of each line lies, ..
    from: SmallVec<[*const u8; 8]>,
    /// .. and where it goes.
    to: SmallVec<[*mut u8; 8]>,
    groups: SmallVec<[Group; 4]>,
    /// Bytes of an element of every line.
    bytes: usize,
}

/// Lines of elements of one kind that are neighbours in the same records.
struct Group {
    lines: Range<usize>,
    kind: Kind,
}

/// Elements of one size, and how far the next ones are: in bytes, where they lie and where they go.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Kind {
    pub(crate) size: usize,
    pub(crate) swapped: bool,
    pub(crate) steps: (isize, isize),
}

impl Lines {
    /// Whether elements of this size can be lines.
    pub(crate) fn take(size: usize) -> bool {
        matches!(size, 1 | 2 | 4 | 8 | 16)
    }

    /// One more line. Its addresses aren't used before [`Lines::copy`].
    pub(crate) fn push(&mut self, from: *const u8, to: *mut u8, kind: Kind) {
        let next = self.from.len();
        let neighbours = match (self.from.last(), self.to.last()) {
            (Some(_), Some(last)) if kind.rows_go() => last.wrapping_add(kind.size) == to,
            (Some(last), Some(_)) => last.wrapping_add(kind.size) == from,
            _ => false,
        };
        match self.groups.last_mut() {
            Some(group) if neighbours && group.kind == kind => group.lines.end += 1,
            _ => self.groups.push(Group { lines: next..next + 1, kind }),
        }
        self.from.push(from);
        self.to.push(to);
        self.bytes += kind.size;
    }

    pub(crate) fn clear(&mut self) {
        self.from.clear();
        self.to.clear();
        self.groups.clear();
        self.bytes = 0;
    }

    /// Copies the next `count` elements of every line.
    ///
    /// # Safety
    /// They are there, and have places of their own.
    pub(crate) unsafe fn copy(&mut self, count: usize) {
        let together = (TOGETHER / self.bytes.max(1) / 64).clamp(1, 16) * 64;
        for start in (0..count).step_by(together) {
            let n = together.min(count - start);
            for Group { lines, kind } in &self.groups {
                let from = self.from.get_mut(lines.clone()).unwrap_or_default();
                let to = self.to.get_mut(lines.clone()).unwrap_or_default();
                // SAFETY: the caller's promise.
                unsafe { kind.copy(from, to, n) };
                let (lies, goes) = kind.steps;
                for from in from {
                    *from = from.wrapping_offset(lies * n as isize);
                }
                for to in to {
                    *to = to.wrapping_offset(goes * n as isize);
                }
            }
        }
    }
}

impl Kind {
    /// Whether the elements lie in rows; if not, they go to rows.
    fn rows_go(self) -> bool {
        self.steps.0 == self.size as isize
    }

    /// Copies `n` elements of each line of a group.
    ///
    /// # Safety
    /// As [`Lines::copy`].
    unsafe fn copy(self, from: &[*const u8], to: &[*mut u8], n: usize) {
        match (self.size, self.swapped) {
            // SAFETY: for each arm, the caller's promise.
            (1, _) => unsafe { self.copy_each::<u8>(from, to, n) },
            // SAFETY: as above.
            (2, false) => unsafe { self.copy_each::<u16>(from, to, n) },
            // SAFETY: as above.
            (4, false) => unsafe { self.copy_each::<u32>(from, to, n) },
            // SAFETY: as above.
            (8, false) => unsafe { self.copy_each::<u64>(from, to, n) },
            // SAFETY: as above.
            (16, false) => unsafe { self.copy_each::<u128>(from, to, n) },
            // SAFETY: as above.
            (2, true) => unsafe { self.copy_each::<Swapped<u16>>(from, to, n) },
            // SAFETY: as above.
            (4, true) => unsafe { self.copy_each::<Swapped<u32>>(from, to, n) },
            // SAFETY: as above.
            (8, true) => unsafe { self.copy_each::<Swapped<u64>>(from, to, n) },
            // Not taken.
            _ => debug_assert!(false, "elements of {} bytes", self.size),
        }
    }

    /// # Safety
    /// As [`Lines::copy`], of elements of this size.
    unsafe fn copy_each<T: Element>(self, from: &[*const u8], to: &[*mut u8], n: usize) {
        // SAFETY: the caller's promise.
        if unsafe { self.turn::<T>(from, to, n) } {
            return;
        }
        let mut places = to.iter();
        for from in from {
            let Some(to) = places.next() else { return };
            // SAFETY: the caller's promise.
            unsafe { each::<T>(*from, *to, self.steps, n) };
        }
    }

    /// Turns a group around by vector instructions; false where there are none, or it is too small.
    ///
    /// # Safety
    /// As [`Kind::copy_each`].
    #[inline(always)]
    unsafe fn turn<T: Element>(self, from: &[*const u8], to: &[*mut u8], n: usize) -> bool {
        let (Some(first), Some(place)) = (from.first(), to.first()) else { return true };
        if from.len() * size_of::<T>() < WIDE {
            return false;
        }
        let size = size_of::<T>() as isize;
        let tile = if self.rows_go() {
            Tile {
                from: *first,
                lines: Some(from),
                to: *place,
                places: None,
                rows: n,
                columns: from.len(),
                steps: (size, 0),
                apart: self.steps.1,
            }
        } else if self.steps.1 == size {
            Tile {
                from: *first,
                lines: None,
                to: *place,
                places: Some(to),
                rows: from.len(),
                columns: n,
                steps: (size, self.steps.0),
                apart: 0,
            }
        } else {
            return false;
        };
        // SAFETY: the group's lines are next to each other in the same records: a tile of these elements.
        unsafe { tile.turn::<T>() }
    }
}

/// Copies elements of one line, `n` of them.
///
/// # Safety
/// As [`Lines::copy`], of elements of this size.
#[inline(never)]
unsafe fn each<T: Element>(from: *const u8, to: *mut u8, (lies, goes): (isize, isize), n: usize) {
    let size = size_of::<T>() as isize;
    if lies == size {
        for i in 0..n as isize {
            // SAFETY: one of the line's elements, and its place.
            unsafe { copy::<T>(from, size * i, to, goes * i) };
        }
    } else if goes == size {
        for i in 0..n as isize {
            // SAFETY: as above.
            unsafe { copy::<T>(from, lies * i, to, size * i) };
        }
    } else {
        for i in 0..n as isize {
            // SAFETY: as above.
            unsafe { copy::<T>(from, lies * i, to, goes * i) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: u8 = 0xa5;

    fn filled(bytes: usize) -> Vec<u8> {
        (0..bytes).map(|i| (i * 7 + i / 251) as u8).collect()
    }

    /// Fields of these sizes and offsets in records so many bytes apart, to and from columns.
    fn check(fields: &[(usize, usize)], apart: usize, rows: usize, swapped: bool) {
        let columns: Vec<Vec<u8>> = fields.iter().map(|(size, _)| filled(size * rows)).collect();
        let mut records = vec![CANARY; apart * rows + 64];
        let mut wanted = records.clone();
        let mut lines = Lines::default();
        for ((size, offset), column) in fields.iter().zip(&columns) {
            let kind = Kind { size: *size, swapped, steps: (*size as isize, apart as isize) };
            lines.push(column.as_ptr(), records.as_mut_ptr().wrapping_add(*offset), kind);
            for (row, value) in column.chunks_exact(*size).enumerate() {
                let place = &mut wanted[row * apart + offset..][..*size];
                place.copy_from_slice(value);
                if swapped {
                    place.reverse();
                }
            }
        }
        // SAFETY: the columns have so many values, and the records a place for each.
        unsafe { lines.copy(rows) };
        assert!(records == wanted, "{fields:?} {apart} {rows}");

        let mut found: Vec<Vec<u8>> = columns.iter().map(|column| vec![CANARY; column.len() + 64]).collect();
        lines.clear();
        for ((size, offset), column) in fields.iter().zip(&mut found) {
            let kind = Kind { size: *size, swapped, steps: (apart as isize, *size as isize) };
            lines.push(records.as_ptr().wrapping_add(*offset), column.as_mut_ptr(), kind);
        }
        // In two steps: the second goes on where the first has ended.
        for count in [rows / 3, rows - rows / 3] {
            // SAFETY: as above.
            unsafe { lines.copy(count) };
        }
        for (found, column) in found.iter().zip(&columns) {
            let (values, rest) = found.split_at(column.len());
            assert!(values == column && rest.iter().all(|byte| *byte == CANARY), "{fields:?} {apart} {rows}");
        }
    }

    fn packed(sizes: &[usize]) -> (Vec<(usize, usize)>, usize) {
        let mut end = 0;
        let fields = sizes.iter().map(|size| {
            end += size;
            (*size, end - size)
        });
        (fields.collect(), end)
    }

    #[test]
    fn nothing_but_the_fields_is_written() {
        for rows in [0, 1, 3, 4, 7, 8, 9, 63, 64, 65, 200, 1100] {
            for sizes in [
                &[8, 4, 4, 8][..],
                &[8, 8],
                &[8; 3],
                &[8; 4],
                &[8; 5],
                &[8; 11],
                &[4; 3],
                &[4; 8],
                &[4; 9],
                &[1, 8],
                &[1; 5],
                &[2; 3],
                &[16, 1],
                &[8, 8, 8, 8, 4, 4, 4, 4, 4, 4, 4, 4, 2, 1],
            ] {
                let (fields, apart) = packed(sizes);
                for swapped in [false, true] {
                    if !swapped || sizes.iter().all(|size| matches!(size, 2 | 4 | 8)) {
                        check(&fields, apart, rows, swapped);
                        check(&fields, apart + 5, rows, swapped);
                    }
                }
                // The last one first, and with bytes between them.
                let spread: Vec<_> =
                    fields.iter().rev().map(|(size, offset)| (*size, offset + offset / 8)).collect();
                check(&spread, apart * 2, rows, false);
            }
        }
    }

    #[test]
    fn records_may_lie_backwards() {
        let columns: Vec<Vec<u8>> = (0..10).map(|_| filled(8 * 100)).collect();
        let mut records = vec![CANARY; 80 * 100];
        let mut lines = Lines::default();
        for (i, column) in columns.iter().enumerate() {
            let last = records.as_mut_ptr().wrapping_add(80 * 99 + 8 * i);
            lines.push(column.as_ptr(), last, Kind { size: 8, swapped: false, steps: (8, -80) });
        }
        // SAFETY: a hundred values each, and a place for each.
        unsafe { lines.copy(100) };
        for (row, record) in records.chunks_exact(80).rev().enumerate() {
            assert!(record.chunks_exact(8).zip(&columns).all(|(x, column)| *x == column[8 * row..][..8]));
        }
    }
}
