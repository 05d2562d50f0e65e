//! How many threads a conversion may use.
#![allow(unsafe_code, reason = "the operating system is asked which cores this thread may run on")]

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::WORTH;

/// What was asked for; 0 where nothing was.
static ASKED: AtomicUsize = AtomicUsize::new(0);
/// What the tests say instead; 0 where they don't.
static CORES: AtomicUsize = AtomicUsize::new(0);
static ENOUGH: AtomicUsize = AtomicUsize::new(WORTH);

/// Sets how many threads a large conversion may use, from now on and in the whole process: 1 for none but its
/// own. More than there are cores has the effect of all cores. *O(1)*.
///
/// ```
/// use std::num::NonZeroUsize;
///
/// arrownd::set_num_threads(NonZeroUsize::MIN);
/// assert_eq!(arrownd::num_threads(), 1);
/// ```
pub fn set_num_threads(threads: NonZeroUsize) {
    ASKED.store(threads.get(), Ordering::Relaxed);
}

/// How many threads a large conversion would use now: what [`set_num_threads`] was given last, before that the
/// environment variable `ARROWND_NUM_THREADS` (read once), without either the number of cores; and never more than
/// the cores that the calling thread may run on. *O(1)*.
///
/// ```
/// assert!(arrownd::num_threads() >= 1);
/// ```
#[must_use]
pub fn num_threads() -> usize {
    static VARIABLE: OnceLock<usize> = OnceLock::new();
    let asked = match ASKED.load(Ordering::Relaxed) {
        0 => *VARIABLE.get_or_init(|| {
            let text = std::env::var("ARROWND_NUM_THREADS").unwrap_or_default();
            text.trim().parse().ok().filter(|threads| *threads > 0).unwrap_or(usize::MAX)
        }),
        asked => asked,
    };
    if asked == 1 { 1 } else { asked.min(cores()) }
}

/// For tests: another number of cores than there are, and fewer numbers than those that are worth threads; 0 for what
/// is right.
#[doc(hidden)]
pub fn pretend(cores: usize, worth: usize) {
    CORES.store(cores, Ordering::Relaxed);
    ENOUGH.store(if worth == 0 { WORTH } else { worth }, Ordering::Relaxed);
}

pub(super) fn worth() -> usize {
    ENOUGH.load(Ordering::Relaxed)
}

fn cores() -> usize {
    match CORES.load(Ordering::Relaxed) {
        0 => available(),
        pretended => pretended,
    }
}

/// Cores that the calling thread may run on, within what the process may use of them.
#[cfg(target_os = "linux")]
fn available() -> usize {
    // Asking for the quota of a control group reads files, and takes 50 microseconds. It is asked for again
    // where the number of cores has changed, which is cheap to see.
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    let own = affinity();
    if own < 2 {
        return 1;
    }
    let known = KNOWN.load(Ordering::Relaxed);
    if known & 0xffff == own {
        return known >> 16;
    }
    let parallel = std::thread::available_parallelism().map_or(1, NonZeroUsize::get).min(own);
    KNOWN.store(parallel << 16 | own & 0xffff, Ordering::Relaxed);
    parallel
}

#[cfg(target_os = "linux")]
fn affinity() -> usize {
    // SAFETY: a set of bits, all zero.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes at most the size of the set that it is given.
    let failed = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) };
    if failed != 0 {
        // More cores than the set has bits for.
        return usize::from(u16::MAX);
    }
    // SAFETY: the set was initialised.
    let cores = unsafe { libc::CPU_COUNT(&set) };
    usize::try_from(cores).unwrap_or(1)
}

#[cfg(not(target_os = "linux"))]
fn available() -> usize {
    static KNOWN: OnceLock<usize> = OnceLock::new();
    *KNOWN.get_or_init(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get))
}
