//! The commonest arrays, without the pipeline: flat ones of fixed width in one piece, and fixed-size lists of them,
//! under default options.
//!
//! The general way through schema, chunks, column and plan gives the same (tests hold both against each other), and
//! costs more than a whole `to_numpy` of a peer. Nothing is decided here: what becomes of a type is the planner's
//! word, asked once ([`FlatType`]). Whatever isn't the commonest case, a fault included, is left to the general way.

mod flat;
mod formats;
mod structs;
mod types;

use smallvec::SmallVec;

pub use flat::{Flat, join};
pub use structs::plain_of;
pub use types::{FlatType, FlatValues};

use crate::dtype::DType;

/// What becomes of one of the commonest arrays.
///
/// ```
/// use arrow_buffer::Buffer;
/// use arrownd::engine::{Bits, FlatType, FlatValues, Plain};
///
/// let values = Buffer::from_vec(vec![7i32, 8]);
/// let int32 = FlatType::of("i").unwrap();
/// let Some(Plain::View(view)) = int32.array(2, FlatValues::Bytes(&values), None) else { panic!() };
/// assert_eq!((view.ptr, view.len), (values.as_ptr(), 2));
/// // The second is missing.
/// let validity = Bits::new(&[0b01], 0, 2);
/// assert!(matches!(int32.array(2, FlatValues::Bytes(&values), validity), Some(Plain::Copy(_))));
/// ```
#[derive(Debug)]
pub enum Plain<'a> {
    /// It is viewed.
    View(PlainView),
    /// It is copied.
    Copy(Flat<'a>),
}

/// Values of one dtype next to each other.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::{FlatType, FlatValues, Plain};
///
/// let bytes = [1, 2, 3];
/// let of = FlatType::of("C").unwrap();
/// let Some(Plain::View(view)) = of.array(3, FlatValues::Bytes(&bytes), None) else { panic!() };
/// assert_eq!((view.ptr, view.dtype, view.width), (bytes.as_ptr(), DType::UInt8, 1));
/// assert!(view.trailing.is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainView {
    /// The first value.
    pub ptr: *const u8,
    /// How many rows, at least one.
    pub len: usize,
    /// Dimensions after the rows, in C order; none of them is 0.
    pub trailing: SmallVec<[usize; 2]>,
    /// Their dtype.
    pub dtype: DType,
    /// Bytes of each value.
    pub width: usize,
}
