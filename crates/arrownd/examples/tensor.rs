//! Fixed-size lists are dimensions: a batch of images as one 4-D view, and a sum over it.
//!
//! Run with `cargo run --example tensor`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, UInt8Array};
use arrow_schema::Field;
use arrownd::{Error, Options, to_array, view};
use ndarray::{Axis, Ix4};

/// Lists of `size` values each over `values`: one more dimension.
fn lists(values: ArrayRef, size: i32) -> ArrayRef {
    let field = Arc::new(Field::new("item", values.data_type().clone(), false));
    Arc::new(FixedSizeListArray::new(field, size, values, None))
}

fn main() -> Result<(), Error> {
    // Two images of 2 x 3 pixels with 3 colours.
    let bytes = UInt8Array::from_iter_values(0..36);
    let address = bytes.values().as_ptr();
    let images = lists(lists(lists(Arc::new(bytes), 3), 3), 2);
    println!("{}", images.data_type());

    let all = view::<u8, Ix4>(&images)?;
    println!("shape {:?}, the same memory: {}", all.shape(), all.as_ptr() == address);
    println!("the first image's red channel:\n{}", all.index_axis(Axis(0), 0).index_axis(Axis(2), 0));

    // Another dtype is one pass into a new array.
    let floats = to_array::<f32>(&images, &Options::new())?;
    println!(
        "mean of each image: {}",
        floats
            .mean_axis(Axis(1))
            .and_then(|m| m.mean_axis(Axis(1)))
            .and_then(|m| m.mean_axis(Axis(1)))
            .unwrap_or_default()
    );

    // A slice of the lists is a slice of the view.
    let second = images.slice(1, 1);
    println!("the second image begins with {}", view::<u8, Ix4>(&second)?[[0, 0, 0, 0]]);
    Ok(())
}
