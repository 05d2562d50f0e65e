//! The pages of new memory: for a large result, having the system make them takes longer than writing to them.
#![allow(unsafe_code, reason = "a hint to the system about memory")]

/// From here on huge pages are asked for, as NumPy does for its arrays.
pub(crate) const LARGE: usize = 4 << 20;

/// What huge pages are aligned to, where they have the size that most systems give them.
pub(crate) const ALIGNMENT: usize = 2 << 20;

/// Where the last huge page ends that lies within the first `len` bytes from `first`, counted from there; 0 for none.
pub(crate) fn last_huge_end<T>(first: *const T, len: usize) -> usize {
    len.saturating_sub(first.addr().saturating_add(len) % ALIGNMENT)
}

/// Asks for huge pages for memory that was allocated for a result and isn't written to yet. Only a hint: where the system
/// has none, nothing happens.
pub(crate) fn ask_for_huge<T>(first: *const T, len: usize) {
    let bytes = len.saturating_mul(size_of::<T>());
    if bytes >= LARGE {
        ask_for_huge_at_first(first.cast(), bytes);
    }
}

/// The same for the first `len` bytes of some memory: behind them no more is taken than is written. They become a mapping of
/// their own, which the system doesn't let grow before all of it is asked for.
pub(crate) fn ask_for_huge_at_first(first: *const u8, len: usize) {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: asks for a number.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        // From where the mapping begins, or there would be one more.
        let before = first.addr() % usize::try_from(page).unwrap_or(1).max(1);
        // SAFETY: the call leaves what is in memory as it is; for pages that it can't advise it fails, and that is all.
        unsafe {
            libc::madvise(first.wrapping_sub(before).cast_mut().cast(), len + before, libc::MADV_HUGEPAGE)
        };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (first, len);
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and skips aloud")]
mod tests {
    use super::*;

    /// What the system knows of the memory at an address.
    fn flags(address: usize) -> Option<String> {
        let maps = std::fs::read_to_string("/proc/self/smaps").ok()?;
        let mut inside = false;
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let ends = range.map(|(a, b)| (usize::from_str_radix(a, 16), usize::from_str_radix(b, 16)));
            if let Some((Ok(first), Ok(end))) = ends {
                inside = (first..end).contains(&address);
            } else if let (true, Some(flags)) = (inside, line.strip_prefix("VmFlags:")) {
                return Some(format!("{flags} "));
            }
        }
        None
    }

    #[test]
    fn large_memory_is_advised_and_small_memory_is_not() {
        let advised = |bytes: usize| {
            let memory = Vec::<u8>::with_capacity(bytes);
            ask_for_huge(memory.as_ptr(), bytes);
            flags(memory.as_ptr().addr() + bytes / 2).map(|flags| flags.contains(" hg "))
        };
        if std::fs::metadata("/sys/kernel/mm/transparent_hugepage").is_err() || advised(1 << 20).is_none() {
            eprintln!("SKIPPED: this system has no huge pages, or doesn't tell");
            return;
        }
        assert_eq!((advised(LARGE - 1), advised(LARGE)), (Some(false), Some(true)));
        let memory = Vec::<u8>::with_capacity(2 * LARGE);
        let end = last_huge_end(memory.as_ptr(), LARGE);
        ask_for_huge_at_first(memory.as_ptr(), end);
        let first = memory.as_ptr().addr();
        let advised = [first, first + end - 1, first + end].map(|at| flags(at).map(|it| it.contains(" hg ")));
        assert_eq!(advised, [Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn huge_pages_end_where_one_could() {
        let at = |address: usize| std::ptr::without_provenance::<u8>(address);
        for (first, len, end) in [(0, 0, 0), (16, ALIGNMENT, ALIGNMENT - 16), (ALIGNMENT, ALIGNMENT - 1, 0)] {
            assert_eq!(last_huge_end(at(first), len), end);
        }
        assert_eq!(last_huge_end(at(5), 3 * ALIGNMENT), 3 * ALIGNMENT - 5);
    }
}
