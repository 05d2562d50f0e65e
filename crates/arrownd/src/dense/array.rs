//! What came in: dense arrays of any strides, and structs of them.
#![allow(unsafe_code, reason = "arrays are addresses, shapes and strides")]

use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_buffer::alloc::Allocation;
use smallvec::SmallVec;

use super::Made;
use super::mask::Mask;
use super::owner::Owner;
use super::strided::Strided;
use crate::dtype::DType;
use crate::plan::Reasons;

/// Lengths of dimensions.
pub type Shape = SmallVec<[usize; 4]>;
/// Bytes from one element to the next along each dimension.
pub type Strides = SmallVec<[isize; 4]>;

/// A dense array, which its owner keeps alive.
#[derive(Clone)]
pub struct Dense {
    ptr: *const u8,
    pub(super) dtype: DType,
    /// The other byte order than the machine's.
    pub(super) swapped: bool,
    pub(super) shape: Shape,
    pub(super) strides: Strides,
    pub(super) writable: bool,
    /// Nothing that is made may keep the memory.
    pub(super) borrowed: bool,
    owner: Owner,
    pub(super) masks: SmallVec<[Mask; 1]>,
    /// Why the caller's side has copied it already.
    pub(super) copied: Reasons,
}

// SAFETY: a `Dense` only reads, and its owner is `Send` and `Sync`.
unsafe impl Send for Dense {}
// SAFETY: as above.
unsafe impl Sync for Dense {}

impl std::fmt::Debug for Dense {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dense")
            .field("dtype", &self.dtype)
            .field("swapped", &self.swapped)
            .field("shape", &self.shape)
            .field("strides", &self.strides)
            .field("masks", &self.masks.len())
            .finish_non_exhaustive()
    }
}

impl Dense {
    /// Borrows an array of fixed-width values that lies anywhere.
    ///
    /// # Safety
    /// As long as `owner` lives, every element of an array of `shape` and `strides` (in bytes, of any sign and zero, as many
    /// as dimensions) at `ptr` is `dtype.itemsize()` bytes that may be read.
    #[must_use]
    pub unsafe fn new(
        ptr: *const u8,
        dtype: DType,
        swapped: bool,
        shape: &[usize],
        strides: &[isize],
        owner: Arc<dyn Allocation>,
    ) -> Self {
        // SAFETY: the caller's promise.
        let array = unsafe { Self::owned_by(ptr, dtype, shape, strides, Owner::Kept(owner)) };
        Self { swapped, ..array }
    }

    /// # Safety
    /// As [`Dense::new`], for as long as `owner` keeps the memory.
    pub(super) unsafe fn owned_by(
        ptr: *const u8,
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        owner: Owner,
    ) -> Self {
        Self {
            ptr,
            dtype,
            swapped: false,
            shape: Shape::from_slice(shape),
            strides: Strides::from_slice(strides),
            writable: false,
            borrowed: false,
            owner,
            masks: SmallVec::new(),
            copied: Reasons::new(),
        }
    }

    /// Says why the memory is a copy that was made for Arrow, which shares it; empty where it is none.
    #[must_use]
    pub fn copied(mut self, reasons: Reasons) -> Self {
        self.copied = reasons;
        self
    }

    /// Says whether somebody may still write to the memory.
    #[must_use]
    pub fn writable(mut self, writable: bool) -> Self {
        self.writable = writable;
        self
    }

    /// Says whether the memory is borrowed: what is made has to be a copy.
    #[must_use]
    pub fn borrowed(mut self, borrowed: bool) -> Self {
        self.borrowed = borrowed;
        self
    }

    /// Adds a mask of the same shape; what one mask says is missing is missing.
    #[must_use]
    pub fn masked(mut self, mask: Mask) -> Self {
        self.masks.push(mask);
        self
    }

    /// The columns of a matrix, each with a name and its masks; `None` for any other array, and for another number of
    /// names.
    #[must_use]
    pub fn columns(&self, names: Vec<String>) -> Option<Columns> {
        let (&[rows, columns], &[down, across]) = (self.shape.as_slice(), self.strides.as_slice()) else {
            return None;
        };
        if names.len() != columns {
            return None;
        }
        let column = |i: usize| Self {
            // A column of no rows is nowhere: the address isn't used.
            ptr: self.ptr.wrapping_offset(across.wrapping_mul(i as isize)),
            shape: Shape::from_slice(&[rows]),
            strides: Strides::from_slice(&[down]),
            owner: self.owner.clone(),
            masks: self.masks.iter().filter_map(|mask| mask.column(i)).collect(),
            copied: self.copied.clone(),
            ..*self
        };
        let fields = names.into_iter().enumerate().map(|(i, name)| (name, Input::Dense(column(i)))).collect();
        let shape = self.shape.clone();
        Some(Columns { dtype: Some(self.dtype), shape, outer: 1, fields, masks: SmallVec::new() })
    }

    /// Its values as they are read: complex numbers are two.
    pub(super) fn values(&self) -> Strided<'_> {
        let (mut shape, mut strides, mut size) =
            (self.shape.clone(), self.strides.clone(), self.dtype.itemsize());
        if let Some(part) = self.dtype.complex_part() {
            size = part.itemsize();
            shape.push(2);
            strides.push(size as isize);
        }
        // SAFETY: the promise of `new`; the parts of an element lie in it.
        unsafe { Strided::new(self.ptr, size, self.swapped, &shape, &strides) }
    }

    /// The same array with its dimensions in another order.
    pub(super) fn transposed(&self, axes: &[usize]) -> Self {
        let mut other = self.clone();
        other.shape = axes.iter().filter_map(|axis| self.shape.get(*axis).copied()).collect();
        other.strides = axes.iter().filter_map(|axis| self.strides.get(*axis).copied()).collect();
        for mask in &mut other.masks {
            *mask = mask.transposed(axes);
        }
        other
    }

    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().fold(1usize, |a, n| a.saturating_mul(*n))
    }

    /// Whether the values lie at multiples of their size.
    pub(super) fn is_aligned(&self) -> bool {
        let size = match self.dtype {
            DType::Void(_) => 1,
            // Arrow's intervals are aligned to their largest part.
            DType::IntervalDayTime => 4,
            DType::IntervalMonthDayNano => 8,
            dtype => dtype.complex_part().unwrap_or(dtype).itemsize().max(1),
        };
        self.ptr.addr().is_multiple_of(size)
            && self
                .strides
                .iter()
                .zip(&self.shape)
                .all(|(step, n)| *n < 2 || step.unsigned_abs().is_multiple_of(size))
    }

    /// The array's own memory as a buffer, which keeps its owner alive. *O(1), shares memory*.
    ///
    /// Only for an array in one piece: the plan has seen that it is.
    pub(super) fn share(&self) -> Buffer {
        // SAFETY: the promise of `new`; in one piece, the elements are these bytes.
        unsafe { self.owner.share(self.ptr, self.len().saturating_mul(self.dtype.itemsize())) }
    }
}

/// What a conversion starts from.
#[derive(Debug)]
pub enum Input {
    /// An array of fixed-width values.
    Dense(Dense),
    /// An array that the caller's side has converted: text and objects.
    Made {
        /// Its dtype.
        dtype: DType,
        /// Its shape.
        shape: Shape,
        /// Its values in C order.
        made: Made,
    },
    /// Arrays beside each other.
    Struct(Columns),
}

/// Arrays beside each other: records, a matrix with names, arrays by name.
#[derive(Debug)]
pub struct Columns {
    /// The dtype of the array that they are parts of; `None` for arrays by name.
    pub dtype: Option<DType>,
    /// The shape of that array; for arrays by name, the number of rows.
    pub shape: Shape,
    /// How many of those dimensions a record has to itself: 1 unless records lie in an array of several.
    pub outer: usize,
    /// The fields by name.
    pub fields: Vec<(String, Input)>,
    /// Masks of whole records.
    pub masks: SmallVec<[Mask; 1]>,
}
