//! Who keeps the memory of an array that came in.
#![allow(unsafe_code, reason = "arrays are addresses, and shared memory becomes a buffer")]

use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_buffer::alloc::Allocation;

use super::array::Dense;
use crate::dtype::DType;
use crate::error::{Error, Result};

/// Who keeps the memory of an array.
#[derive(Clone)]
pub(super) enum Owner {
    /// The caller's.
    Kept(Arc<dyn Allocation>),
    /// Memory that is Arrow's already.
    Buffer(Buffer),
    /// Nobody: it is lent for as long as the array is used.
    Nobody,
}

impl Owner {
    /// Some of its bytes as a buffer that keeps it alive; memory that nobody keeps is copied. *O(1), shares memory*.
    ///
    /// # Safety
    /// `bytes` at `ptr` are what this is the owner of, and may be read; none at any address.
    pub(super) unsafe fn share(&self, ptr: *const u8, bytes: usize) -> Buffer {
        let Some(start) = NonNull::new(ptr.cast_mut()).filter(|_| bytes > 0) else {
            return Buffer::from_vec(Vec::<u64>::new());
        };
        match self {
            // SAFETY: the caller's promise.
            Self::Kept(owner) => unsafe { Buffer::from_custom_allocation(start, bytes, Arc::clone(owner)) },
            Self::Buffer(buffer) => {
                let offset = ptr.addr().wrapping_sub(buffer.as_ptr().addr());
                buffer.slice_with_length(offset, bytes)
            }
            // SAFETY: the caller's promise.
            Self::Nobody => Buffer::from_slice_ref(unsafe { slice::from_raw_parts(ptr, bytes) }),
        }
    }
}

/// Whether every element of an array is within so many bytes, its first element `offset` bytes from the start.
fn fits(bytes: usize, offset: usize, size: usize, shape: &[usize], strides: &[isize]) -> bool {
    if shape.len() != strides.len() {
        return false;
    }
    if shape.contains(&0) {
        return true;
    }
    let (mut low, mut high) = (Some(offset), offset.checked_add(size));
    for (n, stride) in shape.iter().zip(strides) {
        let reach = (n - 1).checked_mul(stride.unsigned_abs());
        if *stride < 0 {
            low = low.zip(reach).and_then(|(low, reach)| low.checked_sub(reach));
        } else {
            high = high.zip(reach).and_then(|(high, reach)| high.checked_add(reach));
        }
    }
    low.is_some() && high.is_some_and(|high| high <= bytes)
}

fn outside(shape: &[usize]) -> Error {
    Error::BadValue(format!("an array of shape {shape:?} doesn't lie in its buffer"))
}

impl Dense {
    /// An array in memory that is Arrow's: shared, it is a slice of the same buffer. *O(1), shares memory*.
    ///
    /// The first element is `offset` bytes from the start; `strides` are bytes.
    ///
    /// # Errors
    /// [`Error::BadValue`] for elements outside of the buffer.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::DType;
    /// # use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
    /// let buffer = Buffer::from_vec(vec![1i32, 2, 3, 4]);
    /// // All but the first value.
    /// let input = Input::Dense(Dense::of_buffer(buffer.clone(), 4, DType::Int32, &[3], &[4])?);
    /// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
    /// assert_eq!(made.data.buffers()[0], buffer.slice(4));
    /// // A fifth value isn't there.
    /// assert!(Dense::of_buffer(buffer, 4, DType::Int32, &[4], &[4]).is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn of_buffer(
        buffer: Buffer,
        offset: usize,
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
    ) -> Result<Self> {
        if !fits(buffer.len(), offset, dtype.itemsize(), shape, strides) {
            return Err(outside(shape));
        }
        let ptr = buffer.as_ptr().wrapping_add(offset);
        // SAFETY: all elements are in the buffer, which keeps its bytes, initialised and unchanged.
        Ok(unsafe { Self::owned_by(ptr, dtype, shape, strides, Owner::Buffer(buffer)) })
    }

    /// An array that is lent for as long as this, and its clones, are used. What is made of it keeps nothing of it:
    /// where the plan shares, the memory is copied.
    ///
    /// # Safety
    /// As long as this or a clone of it is used, every element of an array of `shape` and `strides` (in bytes) at `ptr` is
    /// `dtype.itemsize()` bytes that may be read.
    #[must_use]
    pub(crate) unsafe fn lent(ptr: *const u8, dtype: DType, shape: &[usize], strides: &[isize]) -> Self {
        // SAFETY: the caller's promise.
        unsafe { Self::owned_by(ptr, dtype, shape, strides, Owner::Nobody) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leaves_the_buffer_is_refused() {
        assert!(fits(12, 0, 4, &[3], &[4]));
        assert!(fits(12, 8, 4, &[3], &[-4]));
        assert!(fits(12, 4, 4, &[5, 2], &[0, 4]));
        assert!(fits(0, 0, 4, &[0, 7], &[100, 4]));
        assert!(!fits(12, 0, 4, &[4], &[4]));
        assert!(!fits(12, 4, 4, &[3], &[4]));
        assert!(!fits(12, 4, 4, &[3], &[-4]));
        assert!(!fits(12, 0, 4, &[2, 2], &[4]));
        assert!(!fits(12, 0, 4, &[usize::MAX], &[isize::MAX]));
        assert!(!fits(2, 0, 4, &[1], &[4]));
    }
}
