//! From dense arrays to Arrow: the other way, in the same four steps.
//!
//! What came in is an [`Input`]: dense arrays ([`Dense`]), or structs of them. [`plan()`] is a pure function of its
//! facts and the [`Options`]; [`execute()`] carries the plan out and makes [`Made`] of it.

mod array;
pub mod cast;
mod encoded;
mod execute;
mod facts;
mod fixed;
mod gather;
mod job;
mod made;
mod mask;
mod memory;
mod octets;
mod options;
mod owner;
mod plan;
mod step;
mod strided;
mod table;
mod target;
mod tensor;
mod text;
mod ticks;
pub mod type_name;
mod words;

pub use array::{Columns, Dense, Input, Shape, Strides};
pub use encoded::EncodedBuilder;
pub use execute::execute;
pub use fixed::FixedBuilder;
pub(crate) use made::ITEM;
pub use made::{Made, nest};
pub use mask::Mask;
pub use memory::{ArrowMemory, Memory, Room};
pub use octets::OctetsBuilder;
pub use options::{OnWritable, Options};
pub use plan::{check_copies, plan};
pub use step::ToArrow;
pub use table::{DENSE_ROWS, DenseRow};
pub(crate) use target::natural;
pub use target::{wanted_field, wanted_values};
pub use text::{Cells, byte_strings, no_character, unicode};
