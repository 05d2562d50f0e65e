//! What a conversion will cost, before it is made.
//!
//! A plan says for each array whether it is a view or a copy, why, what to do about it, and how
//! many bytes it takes. The same plan runs afterwards, and is what a refused copy carries.
//!
//! Run with `cargo run --example explain`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, Int32Array, RecordBatch};
use arrownd::{Error, Nulls, Options, plan, to_matrix};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let columns: [(&str, ArrayRef); 3] = [
        ("price", Arc::new(Float64Array::from(vec![9.5, 3.0, 7.25]))),
        ("stock", Arc::new(Int32Array::from(vec![Some(4), None, Some(0)]))),
        ("on_sale", Arc::new(BooleanArray::from(vec![true, false, true]))),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;

    // The table as one matrix: nothing is allocated or converted yet.
    let matrix = plan(&batch, &Options::new())?;
    println!("{matrix}\n");

    // Each column on its own.
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let conversion = plan(column, &Options::new().nulls(Nulls::Mask))?;
        let plan = conversion.plan();
        println!("{}: {} bytes, {:?}", field.name(), plan.nbytes().unwrap_or(0), plan.transfer());
    }

    // What the plan said is what happens.
    let values = matrix.execute::<f64>()?;
    println!("\n{values}\n");

    // A copy that isn't allowed is refused with the reasons of the same plan.
    if let Err(error @ Error::CopyNotAllowed { .. }) =
        to_matrix::<f64>(&batch, &Options::new().allow_copy(false))
    {
        println!("{error}\n");
    }

    // The schema alone tells what the types come to.
    println!("{}", plan(batch.schema_ref().as_ref(), &Options::new().columns(["price", "on_sale"]))?);
    Ok(())
}
