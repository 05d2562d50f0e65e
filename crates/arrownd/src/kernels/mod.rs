//! Loops over one chunk: straight from the Arrow buffers into memory that is given, once.

mod ascii;
pub(crate) mod bits;
mod blocks;
pub(crate) mod calendar;
mod cast;
mod copy;
mod decimal;
pub(crate) mod dispatch;
pub(crate) mod keys;
pub(crate) mod lines;
mod look_up;
mod masks;
mod numbers;
pub(crate) mod offsets;
mod opaque;
mod text;
mod ticks;
pub(crate) mod turn;
mod utf8;

pub use ascii::is_ascii;
pub use bits::choose;
pub(crate) use blocks::{Failed, Window};
pub use calendar::civil;
pub(crate) use cast::cast;
pub(crate) use copy::{copy, copy_past};
pub use decimal::DecimalText;
pub(crate) use look_up::look_up;
pub(crate) use masks::mask;
pub(crate) use opaque::{copy_opaque, fill_nothing};
pub(crate) use text::{longest, text};
pub(crate) use ticks::ticks;
pub(crate) use utf8::utf8;
