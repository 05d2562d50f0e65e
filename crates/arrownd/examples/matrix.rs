//! A table as one matrix: missing values as NaN, a fill, or refused; rows or columns contiguous.
//!
//! Run with `cargo run --example matrix`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, RecordBatchIterator};
use arrow_buffer::{Buffer, ScalarBuffer};
use arrownd::{Nulls, Options, Order, matrices, plan, read_matrix, to_matrix};
use ndarray::{Array2, Axis, s};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let columns: [(&str, ArrayRef); 2] = [
        ("wind", Arc::new(Float64Array::from(vec![3.5, 0.0, 12.0]))),
        ("rain", Arc::new(Int64Array::from(vec![Some(2), None, Some(7)]))),
    ];
    let weather = RecordBatch::try_from_iter(columns)?;

    // Integers and floats meet in f64, and what is missing is NaN.
    let matrix = to_matrix::<f64>(&weather, &Options::new())?;
    println!("{matrix}");
    println!("mean of the wind: {:?}\n", matrix.index_axis(Axis(1), 0).mean());

    let filled = Options::new().nulls(Nulls::Fill(0.into())).order(Order::C);
    println!("{}\n", to_matrix::<f64>(&weather, &filled)?);

    // A value that the type can't hold is an error that names it.
    match to_matrix::<i64>(&weather, &filled) {
        Ok(matrix) => println!("{matrix}"),
        Err(error) => println!("{error}\n"),
    }

    // Into memory that is there already, whatever its strides.
    let mut year = Array2::<f64>::zeros((12, 2));
    plan(&weather, &Options::new().nulls(Nulls::Fill((-1).into())))?
        .write_into(year.slice_mut(s![3..6, ..;-1]))?;
    println!("{}\n", year.slice(s![2..7, ..]));

    // A stream, whole or some rows at a time.
    let stream =
        || RecordBatchIterator::new(std::iter::repeat_n(weather.clone(), 3).map(Ok), weather.schema());
    println!("{:?}", read_matrix::<f64>(stream(), &Options::new().columns(["wind"]))?.shape());
    for matrix in matrices::<f64, _>(stream(), 4, &filled)? {
        println!("{} rows, sum {}", matrix.as_ref().map_or(0, |m| m.nrows()), matrix?.sum());
    }

    // Columns that lie side by side in one buffer are a matrix already.
    let buffer = Buffer::from_vec((0..8i64).collect::<Vec<_>>());
    let column =
        |start| -> ArrayRef { Arc::new(Int64Array::new(ScalarBuffer::new(buffer.clone(), start, 4), None)) };
    let together = RecordBatch::try_from_iter([("a", column(0)), ("b", column(4))])?;
    let view = to_matrix::<i64>(&together, &Options::new())?;
    println!("\n{view}");
    println!("a view: {}, strides: {:?}", view.is_view(), view.strides());
    Ok(())
}
