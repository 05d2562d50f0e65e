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
#[derive(Debug)]
pub enum Plain<'a> {
    /// It is viewed.
    View(PlainView),
    /// It is copied.
    Copy(Flat<'a>),
}

/// Values of one dtype next to each other.
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
