//! A table as one matrix: missing values as NaN, a fill, or refused; rows or columns contiguous.
//!
//! Run with `cargo run --example matrix`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, StructArray};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrow_schema::Field;
use arrownd::engine::{Fills, Options};
use arrownd::{Error, Fill, to_array};
use ndarray::Axis;

fn table(columns: [(&str, ArrayRef); 2]) -> StructArray {
    StructArray::from(
        columns
            .map(|(name, array)| {
                let field = Field::new(name, array.data_type().clone(), true);
                (Arc::new(field), array)
            })
            .to_vec(),
    )
}

fn main() -> Result<(), Error> {
    let weather = table([
        ("wind", Arc::new(Float64Array::from(vec![3.5, 0.0, 12.0]))),
        ("rain", Arc::new(Int64Array::from(vec![Some(2), None, Some(7)]))),
    ]);

    // Integers and floats meet in f64, and what is missing is NaN.
    let matrix = to_array::<f64>(&weather, &Options::default())?;
    println!("{matrix}");
    println!("mean of the wind: {:?}\n", matrix.index_axis(Axis(1), 0).mean());

    let filled = Options { na_value: Some(Fills::All(Fill::Int(0))), ..Options::default() };
    println!("{}\n", to_array::<f64>(&weather, &filled)?);

    // A value that the dtype can't hold is an error that names it.
    match to_array::<i64>(&weather, &filled) {
        Ok(matrix) => println!("{matrix}"),
        Err(error) => println!("{error}\n"),
    }

    // Columns that lie side by side in one buffer are a matrix already.
    let buffer = Buffer::from_vec((0..8i64).collect::<Vec<_>>());
    let column = |start| Int64Array::new(ScalarBuffer::new(buffer.clone(), start, 4), None);
    let together = table([("a", Arc::new(column(0))), ("b", Arc::new(column(4)))]);
    let view = to_array::<i64>(&together, &Options::default())?;
    println!("{view}");
    println!("a view: {}, strides: {:?}", view.is_view(), view.strides());
    Ok(())
}
