//! The columns of a matrix whose rows lie in memory one after the other, copied together.
#![allow(unsafe_code, reason = "elements that lie side by side are turned around by vector instructions")]

use zerocopy::IntoBytes;

use super::job::Job;
use crate::kernels::copy;
use crate::kernels::turn::Tile;

/// Bytes that are turned around at once: they and their rows fit the innermost cache.
const BLOCK: usize = 16 << 10;

/// Copies the values of all jobs where they are neighbours in the same rows, and a CPU has instructions to turn them
/// around; false, and nothing done, where not.
pub(super) fn deinterleave(jobs: &mut [Job]) -> bool {
    let mut columns = jobs.iter().map(Job::column);
    let Some(Some(first)) = columns.next() else { return false };
    let (size, step) = (first.size, first.dims.first().map_or(0, |dim| dim.1));
    let turns = match size {
        4 => Tile::turns::<u32>(),
        8 => Tile::turns::<u64>(),
        _ => false,
    };
    let mut next = first.ptr;
    let neighbours = columns.all(|column| {
        next = next.wrapping_add(size);
        column.is_some_and(|c| c.ptr == next && c.size == size && c.dims.iter().all(|dim| dim.1 == step))
    });
    if !turns || !neighbours {
        return false;
    }
    let (from, rows, count) = (first.ptr, first.len(), jobs.len());
    let block = (BLOCK / (count * size)).next_multiple_of(8).max(64);
    // Columns at a distance of a power of two would share few places of the cache.
    let apart = block * size + 64;
    let mut turned = vec![0u64; count * apart / size_of::<u64>()];
    for start in (0..rows).step_by(block) {
        let n = block.min(rows - start);
        let tile = Tile {
            from: from.wrapping_offset(step * start as isize),
            lines: None,
            to: turned.as_mut_ptr().cast(),
            rows: count,
            columns: n,
            steps: (size as isize, step),
            apart: apart as isize,
        };
        match size {
            // SAFETY: `n` rows from `start` on have an element in each column, and there is room for them.
            4 => unsafe { tile.copy::<u32>() },
            // SAFETY: as above.
            _ => unsafe { tile.copy::<u64>() },
        }
        let columns = turned.as_bytes().chunks_exact(apart);
        for (job, column) in jobs.iter_mut().zip(columns) {
            copy(column.get(..n * size).unwrap_or_default(), job.place(start * size, n * size));
        }
    }
    true
}
