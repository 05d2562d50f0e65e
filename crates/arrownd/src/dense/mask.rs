//! Which values of an array are missing, as an array of bools.
#![allow(unsafe_code, reason = "arrays are addresses, shapes and strides")]

use std::sync::Arc;

use arrow_buffer::alloc::Allocation;

use super::owner::Owner;
use super::strided::Strided;

/// An array of bools, true where a value is missing.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{ArrowMemory, Dense, Input, Mask, Options, execute, plan};
/// use std::sync::Arc;
///
/// let (values, missing) = (Arc::new([1u8, 2, 3]), Arc::new([false, true, false]));
/// // SAFETY: the owner keeps three bytes at that address.
/// let mask = unsafe { Mask::new(missing.as_ptr().cast(), &[3], &[1], missing) };
/// // SAFETY: as above.
/// let dense = unsafe { Dense::new(values.as_ptr(), DType::UInt8, false, &[3], &[1], values) };
/// let input = Input::Dense(dense.masked(mask));
/// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
/// assert_eq!((made.data.null_count(), made.data.is_null(1)), (1, true));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Clone)]
pub struct Mask {
    bytes: Strided<'static>,
    /// Held to keep the bytes alive.
    owner: Owner,
}

impl Mask {
    /// Borrows a mask; any byte but 0 is true. *O(1), shares memory*.
    ///
    /// # Safety
    /// As long as `owner` lives, every element of an array of `shape` and `strides` (in bytes) at `ptr` is a byte that may
    /// be read.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::DType;
    /// # use arrownd::engine::dense::{ArrowMemory, Dense, Input, Mask, Options, execute, plan};
    /// # use std::sync::Arc;
    /// let values = Dense::of_buffer(Buffer::from_vec(vec![1u8, 2, 3]), 0, DType::UInt8, &[3], &[1])?;
    /// // One byte that is read for every value.
    /// let missing = Arc::new(1u8);
    /// // SAFETY: the owner keeps the byte, and the stride is 0.
    /// let mask = unsafe { Mask::new(&raw const *missing, &[3], &[0], missing) };
    /// let input = Input::Dense(values.masked(mask));
    /// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
    /// assert_eq!(made.data.null_count(), 3);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub unsafe fn new(
        ptr: *const u8,
        shape: &[usize],
        strides: &[isize],
        owner: Arc<dyn Allocation>,
    ) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::owned_by(ptr, shape, strides, Owner::Kept(owner)) }
    }

    /// A mask that is lent for as long as this, and its clones, are used. *O(1), shares memory*.
    ///
    /// # Safety
    /// As long as this or a clone of it is used, every element of an array of `shape` and `strides` (in bytes) at `ptr` is a
    /// byte that may be read.
    #[must_use]
    pub(crate) unsafe fn lent(ptr: *const u8, shape: &[usize], strides: &[isize]) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::owned_by(ptr, shape, strides, Owner::Nobody) }
    }

    /// # Safety
    /// As long as `owner` keeps them, every element of an array of `shape` and `strides` (in bytes) at `ptr` is a byte
    /// that may be read.
    unsafe fn owned_by(ptr: *const u8, shape: &[usize], strides: &[isize], owner: Owner) -> Self {
        // SAFETY: the caller's promise; the bytes are handed out for as long as the owner is borrowed.
        Self { bytes: unsafe { Strided::new(ptr, 1, false, shape, strides) }, owner }
    }

    /// Its bytes: any but 0 is true.
    pub(super) fn bytes(&self) -> &Strided<'_> {
        &self.bytes
    }

    pub(super) fn transposed(&self, axes: &[usize]) -> Self {
        Self { bytes: self.bytes.transposed(axes), owner: self.owner.clone() }
    }

    /// `n` elements from `start` on, where they are whole rows.
    pub(super) fn rows(&self, start: usize, n: usize) -> Option<Self> {
        Some(Self { bytes: self.bytes.rows(start, n)?, owner: self.owner.clone() })
    }

    /// One column of a matrix.
    pub(super) fn column(&self, i: usize) -> Option<Self> {
        Some(Self { bytes: self.bytes.column(i)?, owner: self.owner.clone() })
    }
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mask")
    }
}
