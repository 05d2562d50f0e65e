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
///
/// ```
/// use arrownd::engine::dense::Shape;
///
/// let shape = Shape::from_slice(&[2, 3]);
/// assert_eq!(shape.iter().product::<usize>(), 6);
/// ```
pub type Shape = SmallVec<[usize; 4]>;
/// Bytes from one element to the next along each dimension.
///
/// ```
/// use arrownd::engine::dense::Strides;
///
/// // Rows of three values of eight bytes, the last row first.
/// assert_eq!(Strides::from_slice(&[-24, 8]).len(), 2);
/// ```
pub type Strides = SmallVec<[isize; 4]>;

/// A dense array, which its owner keeps alive.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new(vec![1i32, 2, 3]);
/// let ptr = owner.as_ptr();
/// // SAFETY: the owner keeps three values of four bytes at that address.
/// let dense = unsafe { Dense::new(ptr.cast(), DType::Int32, false, &[3], &[4], owner) };
/// let input = Input::Dense(dense);
/// let plan = plan(&input, &Options::default())?;
/// assert_eq!(plan.copies(), Some(false));
/// let made = execute(&plan, &input, &mut ArrowMemory)?;
/// assert_eq!(made.data.buffers()[0].as_ptr(), ptr.cast());
/// # Ok::<(), arrownd::Error>(())
/// ```
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
    /// Borrows an array of fixed-width values that lies anywhere. *O(1), shares memory*.
    ///
    /// # Safety
    /// As long as `owner` lives, every element of an array of `shape` and `strides` (in bytes, of any sign and zero, as many
    /// as dimensions) at `ptr` is `dtype.itemsize()` bytes that may be read.
    ///
    /// ```
    /// # use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
    /// # use arrownd::{DType, Reason};
    /// # use std::sync::Arc;
    /// // Two integers of a file that is big-endian, on a machine that may not be.
    /// let owner = Arc::new([0u8, 1, 1, 2]);
    /// let swapped = cfg!(target_endian = "little");
    /// // SAFETY: the owner keeps two values of two bytes at that address.
    /// let dense = unsafe { Dense::new(owner.as_ptr(), DType::UInt16, swapped, &[2], &[2], owner) };
    /// let input = Input::Dense(dense);
    /// let plan = plan(&input, &Options::default())?;
    /// # if swapped {
    /// assert_eq!(plan.reasons(), [Reason::ByteOrder]);
    /// # }
    /// let made = execute(&plan, &input, &mut ArrowMemory)?;
    /// assert_eq!(made.data.buffers()[0].typed_data::<u16>(), [1, 258]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
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

    /// Says why the memory is a copy that was made for Arrow, which shares it; empty where it is none. *O(1)*.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::engine::dense::{Dense, Input, Options, plan};
    /// # use arrownd::{DType, Reason};
    /// let values = Buffer::from_vec(vec![1i32, 2]);
    /// // Read from objects by the caller: sharing that copy doesn't make it a view.
    /// let dense = Dense::of_buffer(values, 0, DType::Int32, &[2], &[4])?.copied(vec![Reason::FromObjects]);
    /// let plan = plan(&Input::Dense(dense), &Options::default())?;
    /// assert_eq!((plan.reasons(), plan.nbytes()), (&[Reason::FromObjects][..], Some(8)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn copied(mut self, reasons: Reasons) -> Self {
        self.copied = reasons;
        self
    }

    /// Says whether somebody may still write to the memory. *O(1)*.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::engine::dense::{Dense, Input, OnWritable, Options, plan};
    /// # use arrownd::{DType, Note, Reason};
    /// let values = Buffer::from_vec(vec![1i32, 2]);
    /// let dense = Dense::of_buffer(values, 0, DType::Int32, &[2], &[4])?.writable(true);
    /// let input = Input::Dense(dense);
    /// assert_eq!(plan(&input, &Options::default())?.notes(), [Note::Writable]);
    /// let apart = Options { on_writable: OnWritable::Copy, ..Options::default() };
    /// assert!(matches!(plan(&input, &apart)?.reasons(), [Reason::Requested { .. }]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn writable(mut self, writable: bool) -> Self {
        self.writable = writable;
        self
    }

    /// Says whether the memory is borrowed: what is made has to be a copy. *O(1)*.
    #[must_use]
    pub(crate) fn borrowed(mut self, borrowed: bool) -> Self {
        self.borrowed = borrowed;
        self
    }

    /// Adds a mask of the same shape; what one mask says is missing is missing. *O(1)*.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::DType;
    /// # use arrownd::engine::dense::{ArrowMemory, Dense, Input, Mask, Options, execute, plan};
    /// # use std::sync::Arc;
    /// # let mask = |bools: [bool; 3]| {
    /// #     let owner = Arc::new(bools);
    /// #     // SAFETY: the owner keeps three bytes at that address.
    /// #     unsafe { Mask::new(owner.as_ptr().cast(), &[3], &[1], owner) }
    /// # };
    /// let values = Dense::of_buffer(Buffer::from_vec(vec![1u8, 2, 3]), 0, DType::UInt8, &[3], &[1])?;
    /// let (clouds, night) = (mask([true, false, false]), mask([false, false, true]));
    /// let input = Input::Dense(values.masked(clouds).masked(night));
    /// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
    /// assert!(made.data.is_null(0) && made.data.is_valid(1) && made.data.is_null(2));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn masked(mut self, mask: Mask) -> Self {
        self.masks.push(mask);
        self
    }

    /// The columns of a matrix, each with a name and its masks; `None` for any other array, and for another number of
    /// names. *O(columns), shares memory*.
    ///
    /// ```
    /// # use arrow_buffer::Buffer;
    /// # use arrownd::DType;
    /// # use arrownd::engine::dense::{Dense, Input, Options, plan};
    /// // Two rows in Fortran order: each column is a piece of the buffer.
    /// let values = Buffer::from_vec(vec![1.0f64, 2.0, 3.0, 4.0]);
    /// let matrix = Dense::of_buffer(values, 0, DType::Float64, &[2, 2], &[8, 16])?;
    /// let columns = matrix.columns(vec!["x".to_owned(), "y".to_owned()]).unwrap();
    /// assert_eq!(plan(&Input::Struct(columns), &Options::default())?.copies(), Some(false));
    /// assert!(matrix.columns(vec!["x".to_owned()]).is_none());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
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

    /// `n` elements from `start` on, of an array of one dimension that has as many.
    pub(super) fn rows(&self, start: usize, n: usize) -> Option<Self> {
        let (&[len], &[step]) = (self.shape.as_slice(), self.strides.as_slice()) else { return None };
        if start.checked_add(n).is_none_or(|end| end > len) {
            return None;
        }
        Some(Self {
            ptr: self.ptr.wrapping_offset(step.wrapping_mul(start as isize)),
            shape: Shape::from_slice(&[n]),
            strides: self.strides.clone(),
            owner: self.owner.clone(),
            masks: self.masks.iter().map(|mask| mask.rows(start, n)).collect::<Option<_>>()?,
            copied: self.copied.clone(),
            ..*self
        })
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
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{Dense, Input, Options, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new([true, false]);
/// // SAFETY: the owner keeps two bytes at that address.
/// let bools = unsafe { Dense::new(owner.as_ptr().cast(), DType::Bool, false, &[2], &[1], owner) };
/// let plan = plan(&Input::Dense(bools), &Options::default())?;
/// assert_eq!((plan.source_name().as_str(), plan.copies()), ("bool", Some(true)));
/// # Ok::<(), arrownd::Error>(())
/// ```
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
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::dense::{ArrowMemory, Dense, Input, Options, execute, plan};
/// use std::sync::Arc;
///
/// let owner = Arc::new([1.0f64, 2.0, 3.0, 4.0]);
/// // SAFETY: the owner keeps four values at that address: two rows of two.
/// let matrix = unsafe { Dense::new(owner.as_ptr().cast(), DType::Float64, false, &[2, 2], &[16, 8], owner) };
/// let columns = matrix.columns(vec!["x".to_owned(), "y".to_owned()]).unwrap();
/// assert_eq!((columns.fields[1].0.as_str(), columns.shape.as_slice()), ("y", &[2, 2][..]));
/// let input = Input::Struct(columns);
/// let made = execute(&plan(&input, &Options::default())?, &input, &mut ArrowMemory)?;
/// assert_eq!((made.data.len(), made.data.child_data().len()), (2, 2));
/// # Ok::<(), arrownd::Error>(())
/// ```
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
