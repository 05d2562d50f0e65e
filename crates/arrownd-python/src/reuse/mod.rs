//! Memory of large results that were freed is used for the next ones: the system has made its pages already, which
//! takes up to half the time of a copy. NumPy's arrays own it as they own all memory, through a handler (NEP 49).

#[cfg(target_os = "linux")]
mod blocks;
#[cfg(target_os = "linux")]
mod handler;

#[cfg(target_os = "linux")]
pub(crate) use self::{blocks::has_pages, handler::reusing};

/// Whether the system has made the pages of memory that a thread has got last; elsewhere than on Linux it isn't known.
#[cfg(not(target_os = "linux"))]
pub(crate) fn has_pages(_memory: *const u8) -> bool {
    false
}

/// Makes an array; elsewhere than on Linux, NumPy allocates it in its own way.
#[cfg(not(target_os = "linux"))]
pub(crate) fn reusing<R>(
    _py: pyo3::Python<'_>,
    _bytes: usize,
    _unseen: impl FnOnce() -> bool,
    make: impl FnOnce() -> R,
) -> R {
    make()
}
