//! Threads for large conversions: how many, and what each does.
//!
//! The thread that converts always works itself; what it borrows are threads of a pool that is made when the first
//! large conversion wants it.

mod count;
mod pool;

pub use count::{num_threads, pretend, set_num_threads};

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Result;
use pool::Lent;

/// Numbers that are written in a quarter of a millisecond. Two threads take three quarters of the time then, and
/// more than it for a quarter of the numbers: the second needs 50 microseconds to wake.
pub(crate) const WORTH: usize = 1 << 20;

/// Pieces that each thread gets. As they are of one size it may get fewer: where another process has its core.
const PIECES: usize = 8;

/// Threads that do one conversion together.
pub(crate) struct Share {
    pool: Lent,
    /// With the one that waits for the others.
    threads: usize,
}

impl Share {
    /// Threads for so much work, in numbers that are written; `None` where one is enough, or all there is.
    pub(crate) fn of(work: usize) -> Option<Self> {
        let worth = count::worth();
        if work < worth {
            return None;
        }
        let threads = num_threads().min(work / (worth / 2).max(1));
        if threads < 2 {
            return None;
        }
        Some(Self { pool: Lent::of(threads - 1)?, threads })
    }

    /// How large one of the pieces is that all elements are cut into.
    pub(crate) fn piece(&self, elements: usize) -> usize {
        elements / (PIECES * self.threads)
    }

    /// Has `work` done for each of the pieces; false if it failed for one, and then not for all.
    pub(crate) fn all<P: Send>(
        &self,
        pieces: impl Iterator<Item = P> + Send,
        work: impl Fn(P) -> Result<()> + Sync,
    ) -> bool {
        let (pieces, failed) = (Mutex::new(pieces), AtomicBool::new(false));
        self.pool.with_help(self.threads - 1, || {
            while !failed.load(Ordering::Relaxed)
                && let Some(piece) = pieces.lock().ok().and_then(|mut left| left.next())
            {
                if work(piece).is_err() {
                    failed.store(true, Ordering::Relaxed);
                }
            }
        });
        !failed.into_inner()
    }
}
