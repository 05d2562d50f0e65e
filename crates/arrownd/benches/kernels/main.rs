//! The core's kernels, each by itself, beside a copy of as many bytes as it writes.
//!
//! Every figure is a whole conversion as the binding makes it, facts and plan too, into memory that is written again and
//! again: the price of fresh pages is the allocator's, and would hide everything else. `memcpy` in each group is the
//! yardstick: it copies what one conversion of the group writes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unsafe_code,
    reason = "a benchmark fails by panicking, and plays the owner of arrays"
)]

mod inputs;
mod timed;
mod to_arrow;
mod to_dense;

use std::time::Duration;

fn main() {
    divan::Divan::default().max_time(Duration::from_millis(400)).config_with_args().main();
}
