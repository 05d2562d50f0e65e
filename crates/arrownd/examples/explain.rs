//! What a conversion will cost, before it is made.
//!
//! A plan says for each array whether it is a view or a copy, why, what to do about it, and how
//! many bytes it takes. The same plan runs afterwards, and is what a refused copy carries.
//!
//! Run with `cargo run --example explain`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, Float64Array, Int32Array, StructArray};
use arrow_schema::Field;
use arrownd::Error;
use arrownd::engine::{Column, Facts, Form, Nulls, Options, Planned, chunk_of, plan};

fn main() -> Result<(), Error> {
    let columns: [(&str, ArrayRef); 3] = [
        ("price", Arc::new(Float64Array::from(vec![9.5, 3.0, 7.25]))),
        ("stock", Arc::new(Int32Array::from(vec![Some(4), None, Some(0)]))),
        ("on_sale", Arc::new(BooleanArray::from(vec![true, false, true]))),
    ];
    let table = StructArray::from(
        columns
            .map(|(name, array)| {
                let field = Field::new(name, array.data_type().clone(), true);
                (Arc::new(field), array)
            })
            .to_vec(),
    );
    let field = Field::new("", table.data_type().clone(), false);

    // Import: facts, counted once.
    let chunks = [chunk_of(&table)];
    let each = Options { form: Form::Columns, ..Options::default() };
    let column = Column::new(&field, &chunks, &each)?;

    // Plan: nothing is allocated or converted yet.
    println!("{}\n", plan(&Facts::of(&column, &each), &each, &[])?);

    let masked = Options { nulls: Nulls::Masked, ..each.clone() };
    println!("{}\n", plan(&Facts::of(&column, &masked), &masked, &[])?);

    // A copy that isn't allowed is refused with the reasons of the same plan.
    let strict = Options { allow_copy: false, ..each };
    if let Err(error) = Planned::new(&column, &strict, &[]) {
        println!("{error}\n");
    }

    // The schema alone tells what never can be a view.
    let schema = Column::of_schema(&field, &masked)?;
    println!("{}", plan(&Facts::of(&schema, &masked), &masked, &[])?);
    Ok(())
}
