//! Converts between Apache Arrow and `ndarray`: views memory wherever that is possible, otherwise fills a new array
//! in one pass, and says beforehand which of the two, and why.
//!
//! # The model
//!
//! A [`Source`] is anything Arrow: an array, its chunks, a record batch or several, with a field where the type has an
//! extension. It goes three ways:
//!
//! | you want | call | cost |
//! | --- | --- | --- |
//! | the memory as it is stored, or a reason why not | [`view`], [`view_ragged`] | *O(1), shares memory* |
//! | an array of `T`, viewed if it can be | [`to_array`], [`to_matrix`], [`to_masked`], [`to_padded`], [`to_ragged`] | *O(1), shares memory*, or *copies n x `size_of::<T>()` bytes* |
//! | to know first | [`plan()`], then [`Conversion::execute`] or [`Conversion::write_into`] | a constant, and then what the plan says |
//!
//! A **plan** is made of types, lengths, null counts and offsets alone; no value is read. It says per column: view, or copy with
//! its [`Reason`]s, and how many bytes. The same plan is what runs, and what [`Error::CopyNotAllowed`] carries. A **copy** is one
//! pass from the Arrow buffers into the result: dictionaries and runs are looked up, missing values filled, types changed and
//! checked on the way, without an array in between.
//!
//! [`Options`] say what becomes of missing values ([`Nulls`]), which columns are taken, how lists of different lengths are
//! filled up, and whether copies and roundings are allowed. Nothing is changed in silence: a value that `T` can't hold is an
//! error that names it and its position.
//!
//! Streams become one matrix ([`read_matrix`]) or an iterator of them ([`matrices`]). The other way, [`IntoArrow`] moves
//! owned arrays into Arrow without a copy, and copies borrowed ones once.
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, Float64Array, Int32Array, RecordBatch};
//! use arrownd::{IntoArrow, Nulls, Options, plan, to_matrix, view};
//! use ndarray::{Array2, ArrayView1};
//!
//! let wind = Float64Array::from(vec![3.5, 0.0, 12.0]);
//! let rain = Int32Array::from(vec![Some(2), None, Some(7)]);
//!
//! // Free: the same memory.
//! let speeds: ArrayView1<f64> = view(&wind)?;
//! assert_eq!(speeds.sum(), 15.5);
//!
//! // Planned: what it costs, and why.
//! {
//!     let conversion = plan(&rain, &Options::new())?;
//!     assert_eq!(conversion.plan().reasons()[0].code(), "nulls");
//!     assert!(conversion.execute::<f64>()?[1].is_nan());
//! }
//!
//! // A table as a matrix.
//! let columns: [(&str, ArrayRef); 2] = [("wind", Arc::new(wind)), ("rain", Arc::new(rain))];
//! let batch = RecordBatch::try_from_iter(columns)?;
//! let matrix = to_matrix::<f64>(&batch, &Options::new().nulls(Nulls::Fill(0.into())))?;
//! assert_eq!(matrix.row(1).to_vec(), [0.0, 0.0]);
//!
//! // And back.
//! let tensor = Array2::<f32>::zeros((100, 768)).into_arrow()?;
//! assert_eq!(tensor.len(), 100);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it isn't for
//!
//! Text, binary of any length, maps and unions have no element type in `ndarray`: errors name the type. The Python package
//! of the same name converts these too; it is built on [`engine`], the same steps one by one.
//!
//! # Features
//!
//! None is on by default. `rayon` carries large conversions out on several threads, as many as `num_threads` says.
//! `simdutf8` checks text, which only [`engine`] converts, by vector instructions.
//!
//! # Dependencies
//!
//! `arrow-array`, `arrow-buffer`, `arrow-data`, `arrow-schema`, `ndarray`, `half` and `smallvec` have types that are part of
//! this interface. `libc` (on Linux), `serde_json`, `thiserror` and `zerocopy` are used inside. There is no Python among them.
//!
//! # Minimum supported Rust version
//!
//! 1.88, which is Arrow's. A later one is a change of the minor version.

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
mod pages;
mod plain;
mod plan;
mod record;
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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
