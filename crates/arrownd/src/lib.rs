//! Converts between Apache Arrow and dense arrays.
//!
//! The data flows one way. *Import* turns a producer's chunks into [`Column`]s: checked slices and
//! counts. *Plan* ([`plan()`]) is a pure function of those [`Facts`] and the caller's [`Options`]: it
//! says, per leaf, whether the result is a view or a copy, why, and how many bytes. *Execute*
//! ([`Task`]) carries the plan out: it hands over the producer's memory, or fills memory that it is
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
pub mod dense;
mod dtype;
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

pub use crate::ndarray::{Item, to_array};
pub use codes::Codes;
pub use dtype::{DType, Resolution, Unit};
pub use error::{Error, ErrorKind, Result};
pub use execute::{Dest, Planned, Run, Task, ViewOf, Visit};
pub use kernels::{DecimalText, choose, civil, is_ascii};
pub use mapping::{Element, Mapped, ROWS, Row, RowId, map};
pub use options::{Fill, Fills, Form, Lists, Nulls, Options, Order, OutSpec, Outs, RecordField, RecordType};
pub use plain::{Flat, FlatType, FlatValues, Plain, PlainView, join, plain_of};
pub use plan::{
    CodeFacts, CodesPlan, Facts, FactsNode, LeafFacts, LeafStep, Note, Op, Plan, Reason, Reasons, Step,
    Transfer, plan, type_name,
};
pub use source::{
    ArrowArray, ArrowArrayStream, ArrowSchema, Bits, Block, Chunk, Column, Data, Held, Keys, Leaf, Node,
    Octets, Offsets, Part, Path, Ragged, RowBounds, RowValues, Selection, Validity, ViewRow, Way, chunk_of,
    is_utf8, read_array, read_fields, read_schema, values_field,
};
#[cfg(feature = "rayon")]
#[doc(hidden)]
pub use threads::pretend;
#[cfg(feature = "rayon")]
pub use threads::{num_threads, set_num_threads};
