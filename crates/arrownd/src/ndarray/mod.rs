//! Step 4, export to Rust: Arrow data as `ndarray`, and back.

mod item;
mod to_array;

pub use item::Item;
pub use to_array::to_array;
