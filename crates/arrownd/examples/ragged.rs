//! Lists of any length: one array where all have the same, filled up at the end, or as values and where
//! each list begins.
//!
//! Run with `cargo run --example ragged`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use arrow_array::types::{Float64Type, Int16Type, Int32Type};
use arrow_array::{Array, DictionaryArray, Int32Array, ListArray, RunArray};
use arrow_schema::{ArrowError, Field};
use arrownd::engine::{Column, Form, Lists, Options, Planned, chunk_of};
use arrownd::{Error, to_array};
use ndarray::s;

fn main() -> Result<(), Error> {
    let of = |rows: &[&[f64]]| {
        let rows = rows.iter().map(|row| Some(row.iter().copied().map(Some)));
        ListArray::from_iter_primitive::<Float64Type, _, _>(rows)
    };

    // Lists of one length are a dimension, and nothing is copied.
    let even = of(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]);
    let view = to_array::<f64>(&even, &Options::default())?;
    println!("{view}\na view: {}\n", view.is_view());

    // Others are refused by the row that differs, or filled up.
    let walks = of(&[&[0.5, 1.0, 0.25], &[], &[2.0, 4.0]]);
    match to_array::<f64>(&walks, &Options::default()) {
        Ok(array) => println!("{array}"),
        Err(error) => println!("{error}\n"),
    }
    let pad = Options { lists: Some(Lists::Pad), ..Options::default() };
    println!("{}\n", to_array::<f64>(&walks, &pad)?);

    // Or their values stay as they lie, and the plan's rows say which are whose.
    let ragged = Options { form: Form::Ragged, ..Options::default() };
    let field = Field::new("", walks.data_type().clone(), false);
    let chunks = [chunk_of(&walks)];
    let column = Column::new(&field, &chunks, &ragged)?;
    let planned = Planned::new(&column, &ragged, &[])?;
    println!("{}", planned.plan());
    let values = to_array::<f64>(walks.values(), &Options::default())?;
    if let Some((rows, _)) = planned.task().rows() {
        for row in 0..rows.bounds.len() {
            let (start, end) = rows.bounds.get(row);
            println!("row {row}: {} steps, {} in all", end - start, values.slice(s![start..end]).sum());
        }
    }

    // Dictionaries and runs are looked up on the way.
    let codes = Int32Array::from(vec![1, 0, 1]);
    let dictionary = DictionaryArray::<Int32Type>::new(codes, even.values().clone());
    println!("\n{}", to_array::<f64>(&dictionary, &Options::default())?);
    let runs = runs().map_err(|error| Error::BadValue(error.to_string()))?;
    println!("{}", to_array::<i32>(&runs, &Options::default())?);
    Ok(())
}

/// 7, 7, 7 and 9, as two runs.
fn runs() -> Result<RunArray<Int16Type>, ArrowError> {
    RunArray::try_new(&[3_i16, 4].into_iter().collect(), &Int32Array::from(vec![7, 9]))
}
