//! Where new Arrow buffers come from.
#![allow(unsafe_code, reason = "uninitialised memory becomes a buffer once it is filled")]

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_buffer::alloc::Allocation;
use arrow_buffer::{Buffer, MutableBuffer};

use crate::error::Result;
use crate::pages::ask_for_huge;

/// Where new Arrow buffers come from: NumPy's allocator in the binding, whose large pages save most of the
/// page faults of fresh memory, arrow's in Rust.
///
/// ```
/// use arrownd::Result;
/// use arrownd::engine::dense::{Memory, Room};
///
/// /// Counts what is allocated.
/// struct Counting(usize);
///
/// impl Memory for Counting {
///     fn allocate(&mut self, bytes: usize) -> Result<Room> {
///         self.0 += bytes;
///         Ok(Room::new(bytes))
///     }
/// }
/// let mut memory = Counting(0);
/// assert_eq!(memory.allocate_each(&[64, 128])?.len(), 2);
/// assert_eq!(memory.0, 192);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub trait Memory: Send {
    /// Uninitialised memory of at least `bytes`. *Allocates them*.
    ///
    /// # Errors
    /// What the allocator refuses with.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::engine::dense::{Dense, Input, Memory, Options, Room, execute, plan};
    /// # use arrownd::{DType, Error, Result};
    /// /// Allocates no more than so many bytes.
    /// struct Limited(usize);
    ///
    /// impl Memory for Limited {
    ///     fn allocate(&mut self, bytes: usize) -> Result<Room> {
    ///         let left = self.0.checked_sub(bytes);
    ///         self.0 = left.ok_or_else(|| Error::BadValue("the limit is reached".to_owned()))?;
    ///         Ok(Room::new(bytes))
    ///     }
    /// }
    /// # let bools = Dense::of_buffer(Buffer::from_vec(vec![1u8; 1000]), 0, DType::Bool, &[1000], &[1])?;
    /// # let input = Input::Dense(bools);
    /// // A thousand bools become bits.
    /// let plan = plan(&input, &Options::default())?;
    /// assert!(execute(&plan, &input, &mut Limited(64)).is_err());
    /// assert!(execute(&plan, &input, &mut Limited(1000)).is_ok());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn allocate(&mut self, bytes: usize) -> Result<Room>;

    /// Several pieces of memory that are used together, and may share one owner. *Allocates them*.
    ///
    /// # Errors
    /// As [`Memory::allocate`].
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, Memory};
    /// // The columns of a table.
    /// let rooms = ArrowMemory.allocate_each(&[64, 1024])?;
    /// assert!(rooms[0].capacity() >= 64 && rooms[1].capacity() >= 1024);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    fn allocate_each(&mut self, bytes: &[usize]) -> Result<Vec<Room>> {
        bytes.iter().map(|bytes| self.allocate(*bytes)).collect()
    }
}

/// arrow's own allocator.
///
/// ```
/// use arrownd::engine::dense::{ArrowMemory, Memory};
///
/// assert!(ArrowMemory.allocate(100)?.capacity() >= 100);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ArrowMemory;

impl Memory for ArrowMemory {
    fn allocate(&mut self, bytes: usize) -> Result<Room> {
        Ok(Room::new(bytes))
    }
}

/// Uninitialised memory that becomes a [`Buffer`] once it is filled.
///
/// ```
/// use arrownd::engine::dense::Room;
///
/// let mut room = Room::new(3);
/// for (to, byte) in room.as_uninit_slice().iter_mut().zip([1, 2, 3]) {
///     to.write(byte);
/// }
/// // SAFETY: three bytes were written.
/// assert_eq!(unsafe { room.into_buffer(3) }.as_slice(), [1, 2, 3]);
/// ```
#[derive(Debug)]
pub struct Room {
    memory: Kind,
}

#[derive(Debug)]
enum Kind {
    Arrow(MutableBuffer),
    Given { ptr: NonNull<u8>, bytes: usize, owner: Owner },
}

struct Owner(Arc<dyn Allocation>);

impl std::fmt::Debug for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Owner")
    }
}

// SAFETY: a room is the only one that reads or writes its memory, and its owner is `Send`.
unsafe impl Send for Room {}

impl Room {
    /// Memory from arrow's allocator, aligned to 64 bytes or more. *Allocates `bytes`*.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// let mut room = Room::new(100);
    /// assert!(room.capacity() >= 100 && room.as_mut_ptr().addr() % 64 == 0);
    /// ```
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let memory = MutableBuffer::with_capacity(bytes);
        ask_for_huge(memory.as_ptr(), bytes);
        Self { memory: Kind::Arrow(memory) }
    }

    /// Memory that `owner` frees. *O(1), shares memory*.
    ///
    /// # Safety
    /// `bytes` at `ptr` may be written until `owner` is dropped, and nothing else reads or writes them.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// # use std::{ptr::NonNull, sync::Arc};
    /// let mut memory = vec![0u8; 3];
    /// let ptr = NonNull::from(&mut memory[..]).cast();
    /// // SAFETY: the owner keeps three bytes, which nobody else uses.
    /// let mut room = unsafe { Room::given(ptr, 3, Arc::new(memory)) };
    /// for (to, byte) in room.as_uninit_slice().iter_mut().zip(*b"abc") {
    ///     to.write(byte);
    /// }
    /// // SAFETY: three bytes were written.
    /// let buffer = unsafe { room.into_buffer(3) };
    /// assert_eq!((buffer.as_slice(), buffer.as_ptr()), (&b"abc"[..], ptr.as_ptr().cast_const()));
    /// ```
    #[must_use]
    pub unsafe fn given(ptr: NonNull<u8>, bytes: usize, owner: Arc<dyn Allocation>) -> Self {
        Self { memory: Kind::Given { ptr, bytes, owner: Owner(owner) } }
    }

    /// Pieces of memory that `owner` frees once it is dropped by all of them. *O(pieces), shares memory*.
    ///
    /// # Safety
    /// As [`Room::given`], for each piece: they share no bytes.
    ///
    /// ```
    /// # use arrow_buffer::alloc::Allocation;
    /// # use arrownd::engine::dense::Room;
    /// # use std::{ptr::NonNull, sync::Arc};
    /// let mut memory = vec![0u8; 192];
    /// let first = NonNull::from(&mut memory[..]).cast();
    /// // SAFETY: the memory is as long.
    /// let second = unsafe { first.byte_add(64) };
    /// let owner: Arc<dyn Allocation> = Arc::new(memory);
    /// // SAFETY: the owner keeps both pieces, which share no bytes and which nobody else uses.
    /// let rooms = unsafe { Room::given_each([(first, 64), (second, 128)], &owner) };
    /// assert_eq!((rooms[1].capacity(), Arc::strong_count(&owner)), (128, 3));
    /// ```
    pub unsafe fn given_each(
        pieces: impl IntoIterator<Item = (NonNull<u8>, usize)>,
        owner: &Arc<dyn Allocation>,
    ) -> Vec<Self> {
        let pieces = pieces.into_iter();
        // SAFETY: the caller's promise.
        pieces.map(|(ptr, bytes)| unsafe { Self::given(ptr, bytes, Arc::clone(owner)) }).collect()
    }

    /// How many bytes there are. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// // arrow's allocator rounds up.
    /// assert_eq!(Room::new(100).capacity(), 128);
    /// ```
    #[must_use]
    #[inline]
    pub fn capacity(&self) -> usize {
        match &self.memory {
            Kind::Arrow(buffer) => buffer.capacity(),
            Kind::Given { bytes, .. } => *bytes,
        }
    }

    /// Where the memory begins. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// let mut room = Room::new(4);
    /// // SAFETY: there are four bytes.
    /// unsafe { room.as_mut_ptr().cast::<u32>().write_unaligned(7) };
    /// // SAFETY: they were written.
    /// assert_eq!(unsafe { room.into_buffer(4) }.typed_data::<u32>(), [7]);
    /// ```
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        match &mut self.memory {
            Kind::Arrow(buffer) => buffer.as_mut_ptr(),
            Kind::Given { ptr, .. } => ptr.as_ptr(),
        }
    }

    /// The memory, not initialised. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// let mut room = Room::new(2);
    /// if let [first, second, ..] = room.as_uninit_slice() {
    ///     (first.write(1), second.write(2));
    /// }
    /// // SAFETY: two bytes were written.
    /// assert_eq!(unsafe { room.into_buffer(2) }.as_slice(), [1, 2]);
    /// ```
    #[inline]
    pub fn as_uninit_slice(&mut self) -> &mut [MaybeUninit<u8>] {
        let (ptr, capacity) = (self.as_mut_ptr(), self.capacity());
        // SAFETY: that many bytes are there, and only this room, which is borrowed, gets at them.
        unsafe { std::slice::from_raw_parts_mut(ptr.cast(), capacity) }
    }

    /// The first `len` bytes.
    ///
    /// # Safety
    /// They were written, and there are so many.
    pub(super) unsafe fn written(&self, len: usize) -> &[u8] {
        debug_assert!(len <= self.capacity());
        let ptr = match &self.memory {
            Kind::Arrow(buffer) => buffer.as_ptr(),
            Kind::Given { ptr, .. } => ptr.as_ptr().cast_const(),
        };
        // SAFETY: the caller's promise; only this room, which is borrowed, gets at them.
        unsafe { std::slice::from_raw_parts(ptr, len) }
    }

    /// The first `len` bytes as a buffer. *O(1), shares memory*.
    ///
    /// # Safety
    /// The first `len` bytes were written, and there are so many.
    ///
    /// ```
    /// # use arrownd::engine::dense::Room;
    /// let mut room = Room::new(1000);
    /// let start = room.as_mut_ptr();
    /// // SAFETY: a thousand bytes are there.
    /// unsafe { start.write_bytes(0, 3) };
    /// // SAFETY: three of them were written.
    /// let buffer = unsafe { room.into_buffer(3) };
    /// assert_eq!((buffer.len(), buffer.as_ptr()), (3, start.cast_const()));
    /// ```
    #[must_use]
    pub unsafe fn into_buffer(self, len: usize) -> Buffer {
        debug_assert!(len <= self.capacity());
        match self.memory {
            Kind::Arrow(mut buffer) => {
                // SAFETY: the caller's promise.
                unsafe { buffer.set_len(len) };
                buffer.into()
            }
            Kind::Given { ptr, owner, .. } => {
                // SAFETY: the owner keeps the memory, which the caller has written.
                unsafe { Buffer::from_custom_allocation(ptr, len, owner.0) }
            }
        }
    }
}

/// Writes bytes at once; `MaybeUninit` has only a write for one.
#[inline(always)]
pub(super) fn write<const N: usize>(to: &mut [MaybeUninit<u8>; N], bytes: [u8; N]) {
    // SAFETY: as many bytes, of any alignment.
    unsafe { to.as_mut_ptr().cast::<[u8; N]>().write(bytes) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_in_the_buffer() -> Result<()> {
        let mut room = ArrowMemory.allocate(3)?;
        for (i, to) in room.as_uninit_slice().iter_mut().take(3).enumerate() {
            to.write(i as u8 + 7);
        }
        // SAFETY: three bytes were written.
        let buffer = unsafe { room.into_buffer(3) };
        assert_eq!(buffer.as_slice(), [7, 8, 9]);
        assert!(buffer.as_ptr().addr().is_multiple_of(64));
        Ok(())
    }
}
