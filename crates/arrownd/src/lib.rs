//! Converts between Apache Arrow and dense arrays.
//!
//! The data flows one way. *Import* turns a producer's chunks into [`engine::Column`]s: checked slices and
//! counts. *Plan* ([`engine::plan()`]) is a pure function of those [`engine::Facts`] and the caller's [`engine::Options`]: it
//! says, per leaf, whether the result is a view or a copy, why, and how many bytes. *Execute*
//! ([`engine::Task`]) carries the plan out: it hands over the producer's memory, or fills memory that it is
//! given in one pass. *Export* is the caller's: [`to_array`] for `ndarray`, the binding for NumPy.
//!
//! ```
//! use arrow_array::Int32Array;
//! use arrownd::{Options, to_array};
//!
//! let array = Int32Array::from(vec![1, 2, 3]);
//! let view = to_array::<i32>(&array, &Options::default())?;
//! assert!(view.is_view());
//! assert_eq!(view.as_slice(), Some(&[1, 2, 3][..]));
//!
//! let array = Int32Array::from(vec![Some(1), None]);
//! let copy = to_array::<f64>(&array, &Options::default())?;
//! assert!(copy[[1]].is_nan());
//! # Ok::<(), arrownd::Error>(())
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

mod codes;
mod dense;
mod dtype;
pub mod engine;
mod error;
mod execute;
mod kernels;
mod mapping;
mod ndarray;
mod options;
mod plain;
mod plan;
mod source;
#[cfg(feature = "rayon")]
mod threads;

pub use crate::ndarray::{
    ArrowElement, ArrowOptions, Conversion, IntoArrow, Item, ListOffsets, Masked, Matrices, Nulls, Options,
    Padded, Ragged, Source, matrices, plan, read_matrix, to_array, to_masked, to_matrix, to_padded,
    to_ragged, view, view_ragged,
};
pub use crate::plan::{Note, Plan, Reason, Reasons, Transfer};
pub use dtype::{DType, Resolution, Unit};
pub use error::{Error, ErrorKind, Result, StreamError};
pub use options::{Fill, Order};
#[cfg(feature = "rayon")]
pub use threads::{num_threads, set_num_threads};
