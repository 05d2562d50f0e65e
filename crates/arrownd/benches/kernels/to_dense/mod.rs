//! Arrow to dense, one file a physical form.

mod booleans;
mod border;
mod casts;
mod decimals;
mod dictionaries;
mod lists;
mod numbers;
mod opaque;
mod runs;
mod tables;
mod text;
mod ticks;
mod widths;
