//! Blocks of memory that are free for a moment before the system gets them back.
#![allow(unsafe_code, reason = "maps memory, and writes in front of it how large it is")]

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Kept in total; what is freed beyond goes back at once.
const MOST: usize = 1 << 30;
/// In front of the memory: the mapping's size, and as much as keeps the memory aligned to a cache line.
const HEADER: usize = 64;

/// A mapping of its own.
pub(super) struct Block {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: memory that nobody else knows of.
unsafe impl Send for Block {}

impl Block {
    /// The size of the mapping for so much memory.
    fn whole(memory: usize) -> Option<usize> {
        memory.checked_add(HEADER)?.checked_next_multiple_of(1 << 12)
    }

    /// New memory, which is zero.
    fn new(memory: usize) -> Option<Self> {
        let bytes = Self::whole(memory)?;
        // SAFETY: a new mapping wherever there is room.
        let start = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                bytes,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: the mapping; only a hint.
        unsafe { libc::madvise(start, bytes, libc::MADV_HUGEPAGE) };
        Some(Self { start: NonNull::new(start)?.cast(), bytes })
    }

    /// The block's memory, from which [`Block::of`] gets the block again.
    pub(super) fn into_memory(self) -> NonNull<u8> {
        // SAFETY: the mapping begins with room for its size, and is aligned to a page.
        unsafe { self.start.cast::<usize>().write(self.bytes) };
        // SAFETY: within the mapping, which is larger.
        unsafe { self.start.add(HEADER) }
    }

    /// # Safety
    /// The memory comes from [`Block::into_memory`], and nobody uses it any more.
    pub(super) unsafe fn of(memory: NonNull<u8>) -> Self {
        // SAFETY: the header lies before it.
        let start = unsafe { memory.sub(HEADER) };
        // SAFETY: as it was written there.
        let bytes = unsafe { start.cast::<usize>().read() };
        Self { start, bytes }
    }

    /// The block with room for so much memory, which may lie elsewhere then; the block itself where there is none.
    pub(super) fn resized(self, memory: usize) -> Result<Self, Self> {
        let Some(bytes) = Self::whole(memory) else { return Err(self) };
        let start = self.start.as_ptr().cast();
        // SAFETY: the whole mapping, which nobody else knows of.
        let moved = unsafe { libc::mremap(start, self.bytes, bytes, libc::MREMAP_MAYMOVE) };
        match NonNull::new(moved) {
            Some(start) if moved != libc::MAP_FAILED => Ok(Self { start: start.cast(), bytes }),
            _ => Err(self),
        }
    }

    /// Gives the memory back to the system.
    fn unmap(self) {
        // SAFETY: the whole mapping, which nobody uses.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.bytes) };
    }

    /// Lets the system have the memory if it runs short of it. What is in it is lost then, or not.
    fn offer(&self) {
        // SAFETY: the whole mapping; what is in it is of no use to anybody.
        unsafe { libc::madvise(self.start.as_ptr().cast(), self.bytes, libc::MADV_FREE) };
    }
}

/// The blocks that are free.
struct Free {
    blocks: Vec<(Block, Instant)>,
    /// The process that has a thread which gives them back: a child of a fork hasn't.
    watched: Option<u32>,
}

static FREE: Mutex<Free> = Mutex::new(Free { blocks: Vec::new(), watched: None });

thread_local! {
    /// The memory that this thread has got last that somebody had before.
    static USED: Cell<*const u8> = const { Cell::new(std::ptr::null()) };
}

/// Whether the system has made the pages of memory that this thread has got last.
#[inline]
pub(crate) fn has_pages(memory: *const u8) -> bool {
    !memory.is_null() && USED.get() == memory
}

/// How long memory is kept: a second, or what the environment variable says.
pub(super) fn keep() -> Duration {
    static KEEP: OnceLock<Duration> = OnceLock::new();
    *KEEP.get_or_init(|| {
        let text = std::env::var("ARROWND_KEEP_MEMORY").unwrap_or_default();
        let seconds = text.trim().parse().ok().filter(|seconds: &f64| *seconds >= 0.0);
        seconds
            .map_or(Some(Duration::from_secs(1)), |seconds| Duration::try_from_secs_f64(seconds).ok())
            .unwrap_or(Duration::MAX)
    })
}

/// Memory, with anything in it: a free block that fits, or new. Where none fits they all go back first, so that a result
/// never takes more than its own memory.
///
/// The lock is only tried for: it may be held for ever in the child of a fork.
pub(super) fn take(memory: usize) -> Option<Block> {
    let whole = Block::whole(memory)?;
    let fits = |(block, _): &(Block, _)| (whole..=whole + whole / 32).contains(&block.bytes);
    if let Ok(mut free) = FREE.try_lock() {
        // The smallest, and of these the last, which may be in the cache.
        let fitting = free.blocks.iter().enumerate().rev().filter(|(_, block)| fits(block));
        if let Some((at, _)) = fitting.min_by_key(|(_, (block, _))| block.bytes) {
            let (block, _) = free.blocks.remove(at);
            USED.set(block.start.as_ptr().wrapping_add(HEADER));
            return Some(block);
        }
    }
    take_new(memory)
}

/// Memory that is zero.
pub(super) fn take_new(memory: usize) -> Option<Block> {
    let unfit = FREE.try_lock().map(|mut free| std::mem::take(&mut free.blocks));
    for (block, _) in unfit.into_iter().flatten() {
        block.unmap();
    }
    USED.set(std::ptr::null());
    Block::new(memory)
}

/// Keeps a block for a while.
pub(super) fn give(block: Block) {
    block.offer();
    let Ok(mut free) = FREE.try_lock() else { return block.unmap() };
    let total: usize = free.blocks.iter().map(|(block, _)| block.bytes).sum();
    let own = std::process::id();
    if total.saturating_add(block.bytes) > MOST || !(free.watched == Some(own) || watch()) {
        drop(free);
        return block.unmap();
    }
    free.watched = Some(own);
    free.blocks.push((block, Instant::now()));
}

/// Starts the thread that gives back what is free for too long.
fn watch() -> bool {
    std::thread::Builder::new().name("arrownd-memory".into()).spawn(give_back).is_ok()
}

/// Ends when nothing is free any more.
fn give_back() {
    loop {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let old = |(_, since): &mut (Block, Instant)| since.elapsed() >= keep();
        let expired: Vec<_> = free.blocks.extract_if(.., old).collect();
        let oldest = free.blocks.iter().map(|(_, since)| keep().saturating_sub(since.elapsed())).min();
        if oldest.is_none() {
            free.watched = None;
        }
        drop(free);
        for (block, _) in expired {
            block.unmap();
        }
        match oldest {
            Some(rest) => std::thread::sleep(rest),
            None => return,
        }
    }
}
