//! Step 4, export to Rust: Arrow data as `ndarray`, and back.

mod batches;
mod columns;
mod conversion;
mod into_arrow;
mod item;
mod job;
mod kept;
mod masked;
mod options;
mod padded;
mod ragged;
mod source;
mod to_array;
mod view;

pub use batches::{Matrices, matrices, read_matrix};
pub use conversion::{Conversion, plan};
pub use into_arrow::{ArrowElement, ArrowOptions, IntoArrow};
pub use item::Item;
pub use masked::{Masked, to_masked};
pub use options::{Nulls, Options};
pub use padded::{Padded, to_padded};
pub use ragged::{ListOffsets, Ragged, to_ragged};
pub use source::Source;
pub use to_array::{to_array, to_matrix};
pub use view::{view, view_ragged};
