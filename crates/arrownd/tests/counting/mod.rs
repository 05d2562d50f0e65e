//! An allocator that counts what each thread asks it for.
#![allow(unsafe_code, reason = "an allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// What a thread has asked the allocator for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) times: usize,
    pub(crate) bytes: usize,
    /// The largest piece.
    pub(crate) largest: usize,
    /// Bytes of large pieces: those that grow with an array.
    pub(crate) large: usize,
}

/// What is a large piece.
const LARGE: usize = 6 << 10;

pub(crate) const NOTHING: Asked = Asked { times: 0, bytes: 0, largest: 0, large: 0 };

impl Asked {
    /// One more piece.
    pub(crate) fn and(self, size: usize) -> Self {
        let Self { times, bytes, largest, large } = self;
        let large = large + if size >= LARGE { size } else { 0 };
        Self { times: times + 1, bytes: bytes + size, largest: largest.max(size), large }
    }
}

thread_local! {
    static ASKED: Cell<Asked> = const { Cell::new(NOTHING) };
}

struct Counting;

fn count(size: usize) {
    // A thread that is ending has no counter any more, and isn't measured.
    let _ = ASKED.try_with(|asked| {
        asked.set(asked.get().and(size));
    });
}

/// What `work` gives, and what this thread asks for meanwhile.
pub(crate) fn during<T>(work: impl FnOnce() -> T) -> (T, Asked) {
    ASKED.with(|asked| asked.set(NOTHING));
    let result = work();
    (result, ASKED.with(Cell::get))
}

// SAFETY: the system's allocator does the work.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is this function's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is this function's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller's promise is this function's.
        unsafe { System.realloc(ptr, layout, new_size) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is this function's.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
