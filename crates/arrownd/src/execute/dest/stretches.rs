//! Memory cut into pieces, for several threads.
#![allow(unsafe_code, reason = "the pieces are found through pointers")]

use smallvec::SmallVec;

use super::Dest;

/// Stretches of a [`Dest`], of so many rows each, that share no memory.
pub(crate) struct Stretches<'o> {
    rest: Dest<'o>,
    rows: usize,
}

/// Pieces of a matrix, column after column, that share no memory: each is rows of some columns.
pub(crate) struct Pieces<'o> {
    /// The columns that come next.
    rest: Dest<'o>,
    widths: SmallVec<[usize; 8]>,
    next: usize,
    /// What is left of the one before.
    begun: Option<(usize, Dest<'o>)>,
    each: usize,
}

impl<'o> Dest<'o> {
    /// How much is written: elements, those of more than eight bytes as several.
    pub(crate) fn size(&self) -> usize {
        self.elements().saturating_mul(self.itemsize.div_ceil(8))
    }

    /// Cuts the memory into stretches of about `each` elements; `None` where elements may share memory with others.
    pub(crate) fn stretches(&mut self, each: usize) -> Option<Stretches<'_>> {
        let rest = self.apart()?;
        let rows = (each / rest.of_a_row().max(1)).max(1);
        Some(Stretches { rest, rows: if rows < 64 { rows } else { rows.next_multiple_of(64) } })
    }

    /// Cuts a matrix into pieces of about `each` elements, where its columns lie one after the other. `widths` are of
    /// those that are one column of the input.
    pub(crate) fn pieces(&mut self, widths: SmallVec<[usize; 8]>, each: usize) -> Option<Pieces<'_>> {
        let [(rows, row), .., (columns, step)] = *self.dims else { return None };
        let by_columns = rows > 1 && columns > 1 && row.unsigned_abs() < step.unsigned_abs();
        if !by_columns || widths.iter().sum::<usize>() != columns {
            return None;
        }
        Some(Pieces { rest: self.apart()?, widths, next: 0, begun: None, each })
    }

    /// The same memory; `None` where elements may share some with others.
    fn apart(&mut self) -> Option<Dest<'_>> {
        let mut steps: SmallVec<[(usize, usize); 4]> =
            self.dims.iter().filter(|dim| dim.0 > 1).map(|(n, step)| (step.unsigned_abs(), *n)).collect();
        steps.sort_unstable();
        let mut reach = self.itemsize;
        for (step, n) in steps {
            if step < reach {
                return None;
            }
            reach += step * (n - 1);
        }
        Some(Dest { dims: self.dims.clone(), ..*self })
    }

    /// Elements of a row.
    fn of_a_row(&self) -> usize {
        self.dims.iter().skip(1).map(|dim| dim.0).product()
    }

    /// Takes the first `n` along a dimension away.
    fn take(&mut self, dim: usize, n: usize) -> Option<Dest<'o>> {
        let (len, step) = *self.dims.get(dim)?;
        let n = n.min(len);
        if n == 0 {
            return None;
        }
        let mut taken = Dest { dims: self.dims.clone(), ..*self };
        taken.dims.get_mut(dim)?.0 = n;
        self.dims.get_mut(dim)?.0 = len - n;
        if dim == 0 {
            self.first += n;
        }
        if n < len {
            // SAFETY: number `n` along the dimension is there.
            self.ptr = unsafe { self.ptr.byte_offset(step * n as isize) };
        }
        Some(taken)
    }
}

impl<'o> Iterator for Stretches<'o> {
    type Item = Dest<'o>;

    fn next(&mut self) -> Option<Dest<'o>> {
        self.rest.take(0, self.rows)
    }
}

impl<'o> Iterator for Pieces<'o> {
    /// Which column of the input, and where it goes.
    type Item = SmallVec<[(usize, Dest<'o>); 2]>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = SmallVec::new();
        let mut left = self.each;
        while let Some((i, mut column)) = self.begun.take().or_else(|| self.column()) {
            let (rows, row) = (column.rows().len(), column.of_a_row().max(1));
            let fit = left / row;
            if rows <= fit {
                left -= rows * row;
                piece.push((i, column));
                continue;
            }
            // Whole words of validity, at least one.
            let n = if piece.is_empty() { fit.max(64) / 64 * 64 } else { fit / 64 * 64 };
            piece.extend(column.take(0, n).map(|some| (i, some)));
            if !column.rows().is_empty() {
                self.begun = Some((i, column));
            }
            break;
        }
        (!piece.is_empty()).then_some(piece)
    }
}

impl<'o> Pieces<'o> {
    /// The next column that has any values.
    fn column(&mut self) -> Option<(usize, Dest<'o>)> {
        let last = self.rest.dims.len().checked_sub(1)?;
        loop {
            let width = *self.widths.get(self.next)?;
            self.next += 1;
            if let Some(column) = self.rest.take(last, width) {
                return Some((self.next - 1, column));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may fail")]
mod tests {
    use std::ptr::NonNull;

    use super::*;

    /// Writes one more into every element of the pieces of an array, which begins in the middle of the memory.
    fn count(shape: &[usize], strides: &[isize], cut: impl Fn(&mut Dest<'_>) -> bool) -> Vec<u8> {
        let mut memory = vec![0u8; 4096];
        // SAFETY: the middle of 4096 bytes.
        let middle = unsafe { NonNull::from(memory.as_mut_slice()).cast::<u8>().byte_add(2048) };
        // SAFETY: the shapes below stay within the bytes.
        let mut dest = unsafe { Dest::from_raw(middle, shape, strides, 1) };
        if cut(&mut dest) { memory } else { Vec::new() }
    }

    fn touch(dest: &mut Dest<'_>) {
        let row = dest.of_a_row();
        let rows = dest.rows();
        dest.runs(rows.start * row, rows.len() * row, |_, mut run| {
            for at in 0..run.len() {
                // SAFETY: the memory of the tests is initialised.
                let old = unsafe { run.element(at)[0].assume_init() };
                run.write_bytes(at, &[old + 1]);
            }
            Ok::<(), ()>(())
        })
        .expect("no error");
    }

    fn by_rows(each: usize) -> impl Fn(&mut Dest<'_>) -> bool {
        move |dest| dest.stretches(each).map(|all| all.for_each(|mut one| touch(&mut one))).is_some()
    }

    #[test]
    fn every_element_is_in_one_stretch() {
        for (shape, strides) in [
            (vec![200], vec![1]),
            (vec![200], vec![-3]),
            (vec![100, 4], vec![4, 1]),
            (vec![100, 4], vec![1, 100]),
            (vec![100, 4], vec![-8, 2]),
            (vec![3, 20, 4], vec![80, 4, 1]),
            (vec![0, 4], vec![4, 1]),
            (vec![1, 1], vec![0, 0]),
        ] {
            let elements = shape.iter().product::<usize>();
            for each in [1, 7, 64, 65, 300, 10_000] {
                let memory = count(&shape, &strides, by_rows(each));
                assert_eq!(memory.iter().filter(|times| **times == 1).count(), elements, "{shape:?} {each}");
                assert_eq!(memory.iter().filter(|times| **times > 1).count(), 0);
            }
        }
    }

    #[test]
    fn elements_that_share_memory_are_not_cut() {
        for (shape, strides) in [(vec![9], vec![0]), (vec![5, 4], vec![3, 1]), (vec![5, 4], vec![0, 1])] {
            assert!(count(&shape, &strides, by_rows(2)).is_empty(), "{strides:?}");
        }
    }

    #[test]
    fn every_element_of_a_matrix_is_in_one_piece() {
        for (strides, widths) in [
            (vec![1, 130], vec![1, 1, 1, 1, 1]),
            (vec![1, 131], vec![2, 0, 3]),
            (vec![2, 270], vec![5]),
            (vec![-1, -150], vec![1, 4]),
        ] {
            for each in [1, 64, 100, 129, 130, 131, 400, 10_000] {
                let memory = count(&[130, 5], &strides, |dest| {
                    let Some(pieces) = dest.pieces(widths.iter().copied().collect(), each) else {
                        return false;
                    };
                    for piece in pieces {
                        for (column, mut one) in piece {
                            assert_eq!(one.of_a_row(), widths[column]);
                            touch(&mut one);
                        }
                    }
                    true
                });
                assert_eq!(memory.iter().filter(|times| **times == 1).count(), 650, "{strides:?} {each}");
                assert_eq!(memory.iter().filter(|times| **times > 1).count(), 0);
            }
        }
    }

    #[test]
    fn large_elements_are_more_work_but_not_more_elements() {
        let mut memory = [std::mem::MaybeUninit::<[u8; 40]>::uninit(); 12];
        let mut dest = Dest::from_slice(&mut memory, &[6, 2]).expect("twelve");
        assert_eq!((dest.elements(), dest.size()), (12, 60));
        assert_eq!(dest.stretches(4).expect("apart").count(), 3);
    }

    #[test]
    fn a_matrix_in_c_order_is_cut_by_rows() {
        let cut = |widths: &[usize]| {
            let widths: SmallVec<[usize; 8]> = widths.iter().copied().collect();
            move |dest: &mut Dest<'_>| dest.pieces(widths.clone(), 64).is_some()
        };
        assert!(count(&[130, 5], &[5, 1], cut(&[1; 5])).is_empty());
        assert!(count(&[130, 5], &[1, 130], cut(&[1; 4])).is_empty());
        assert!(!count(&[130, 5], &[1, 130], cut(&[1; 5])).is_empty());
    }
}
