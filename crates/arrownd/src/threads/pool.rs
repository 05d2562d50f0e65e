//! The pool of threads, made at the first need.

use std::sync::{Mutex, MutexGuard, TryLockError};

use rayon::{ThreadPool, ThreadPoolBuilder};

struct Kept {
    process: u32,
    threads: usize,
    pool: ThreadPool,
}

static POOL: Mutex<Option<Kept>> = Mutex::new(None);

/// The pool, lent to one conversion.
pub(super) struct Lent(MutexGuard<'static, Option<Kept>>);

impl Lent {
    /// A pool of at least so many threads. `None` where another conversion has it (whose threads would have to be
    /// waited for), or the system gives none.
    pub(super) fn of(threads: usize) -> Option<Self> {
        // Waiting could be forever: in the child of a fork, whoever had the pool is gone.
        let mut kept = match POOL.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(kept)) => kept.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let process = std::process::id();
        if kept.as_ref().is_none_or(|kept| kept.process != process || kept.threads < threads) {
            let named = |i| format!("arrownd-{i}");
            let pool = ThreadPoolBuilder::new().num_threads(threads).thread_name(named).build().ok()?;
            let old = kept.replace(Kept { process, threads, pool });
            if let Some(old) = old.filter(|old| old.process != process) {
                // The parent's threads can't be told to end: they aren't here.
                std::mem::forget(old);
            }
        }
        Some(Self(kept))
    }

    /// Runs `work` on this thread, and on up to `threads` others.
    pub(super) fn with_help(&self, threads: usize, work: impl Fn() + Sync) {
        match self.0.as_ref() {
            None => work(),
            Some(kept) => kept.pool.in_place_scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|_| work());
                }
                work();
            }),
        }
    }
}
