//! Lists of any length: one array where all have the same, filled up at the end, or as values and where
//! each list begins.
//!
//! Run with `cargo run --example ragged`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use arrow_array::types::{Float64Type, Int16Type, Int32Type};
use arrow_array::{DictionaryArray, Int32Array, ListArray, RunArray};
use arrow_schema::ArrowError;
use arrownd::{Error, Options, to_array, to_masked, to_padded, to_ragged, view, view_ragged};
use ndarray::{Ix1, Ix2, s};

fn main() -> Result<(), Error> {
    let of = |rows: &[&[f64]]| {
        let rows = rows.iter().map(|row| Some(row.iter().copied().map(Some)));
        ListArray::from_iter_primitive::<Float64Type, _, _>(rows)
    };

    // Lists of one length are a dimension, and nothing is copied.
    let even = of(&[&[1.0, 2.0], &[3.0, 4.0], &[5.0, 6.0]]);
    println!("{}\n", view::<f64, Ix2>(&even)?);

    // Others are refused by the row that differs.
    let walks = of(&[&[0.5, 1.0, 0.25], &[], &[2.0, 4.0]]);
    if let Err(error) = to_array::<f64>(&walks, &Options::new()) {
        println!("{error}\n");
    }

    // Their values stay as they lie: Arrow's own offsets say which are whose.
    let (offsets, values) = view_ragged::<f64, Ix1, _>(&walks)?;
    println!("offsets {offsets}, values {values}");
    println!("the third: {}\n", values.slice(s![offsets[2]..offsets[3]]));

    // The same for lists of any kind, missing ones among them, and any number type.
    let ragged = to_ragged::<f32>(&walks, &Options::new())?;
    for (row, steps) in ragged.iter().enumerate() {
        println!("row {row}: {} steps, {} in all", steps.len(), steps.sum());
    }

    // Filled up, with lengths or with a mask.
    let padded = to_padded::<f64>(&walks, &Options::new())?;
    println!("\n{}\nlengths {}", padded.values(), padded.lengths());
    let masked = to_masked::<f64>(&walks, &Options::new().pad_to(4))?;
    if let Some(mask) = masked.mask() {
        println!("{mask}");
    }

    // Dictionaries and runs are looked up on the way.
    let codes = Int32Array::from(vec![1, 0, 1]);
    let dictionary = DictionaryArray::<Int32Type>::new(codes, even.values().clone());
    println!("\n{}", to_array::<f64>(&dictionary, &Options::new())?);
    let runs = runs().map_err(|error| Error::BadValue(error.to_string()))?;
    println!("{}", to_array::<i32>(&runs, &Options::new())?);
    Ok(())
}

/// 7, 7, 7 and 9, as two runs.
fn runs() -> Result<RunArray<Int16Type>, ArrowError> {
    RunArray::try_new(&[3_i16, 4].into_iter().collect(), &Int32Array::from(vec![7, 9]))
}
