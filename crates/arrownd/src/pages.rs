//! The pages of new memory: for a large result, having the system make them takes longer than writing to them.
#![allow(unsafe_code, reason = "a hint to the system about memory")]

/// From here on huge pages are asked for, as NumPy does for its arrays.
#[cfg(target_os = "linux")]
const LARGE: usize = 4 << 20;

/// Asks for huge pages for memory that was allocated for a result and isn't written to yet. Only a hint: where the system
/// has none, nothing happens.
pub(crate) fn ask_for_huge<T>(first: *const T, len: usize) {
    #[cfg(target_os = "linux")]
    {
        let (first, bytes) = (first.cast::<u8>(), len.saturating_mul(size_of::<T>()));
        if bytes >= LARGE {
            // SAFETY: asks for a number.
            let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            // All of the mapping, or it would be two, which the system doesn't let grow.
            let before = first.addr() % usize::try_from(page).unwrap_or(1).max(1);
            // SAFETY: the call leaves what is in memory as it is; for pages that it can't advise it fails, and that is all.
            unsafe {
                libc::madvise(
                    first.wrapping_sub(before).cast_mut().cast(),
                    bytes + before,
                    libc::MADV_HUGEPAGE,
                )
            };
        }
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
    }
}
