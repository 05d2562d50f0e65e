//! A Parquet file as a matrix for a model: some columns, missing values filled, some rows at a time.
//!
//! Run with `cargo run --example parquet [file.parquet [column ...]]`; without a file it writes one in memory.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::fs::File;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Int16Array, RecordBatch, RecordBatchReader, StringArray};
use arrownd::{Nulls, Options, Order, matrices};
use bytes::Bytes;
use ndarray::{Array1, Axis};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        let reader = ParquetRecordBatchReaderBuilder::try_new(weather()?)?.with_batch_size(1000).build()?;
        return means(reader, ["wind", "rain"].map(str::to_owned).to_vec());
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)?.build()?;
    means(reader, arguments.collect())
}

/// The mean of each column, in constant memory: the file's batches are cut and joined to 4,096 rows each.
fn means(reader: impl RecordBatchReader, columns: Vec<String>) -> Result<(), Failure> {
    let options = Options::new().columns(columns.clone()).nulls(Nulls::Fill(0.into())).order(Order::C);
    let mut sums = Array1::<f64>::zeros(columns.len());
    let mut rows = 0;
    for matrix in matrices::<f64, _>(reader, 4096, &options)? {
        let matrix = matrix?;
        rows += matrix.nrows();
        sums += &matrix.sum_axis(Axis(0));
    }
    println!("{rows} rows");
    for (name, sum) in columns.iter().zip(sums) {
        println!("{name}: {}", sum / rows as f64);
    }
    Ok(())
}

/// Ten thousand hours: station, wind and rain, which isn't always measured.
fn weather() -> Result<Bytes, Failure> {
    const HOURS: i16 = 10_000;
    let columns: [(&str, ArrayRef); 3] = [
        ("station", Arc::new((0..HOURS).map(|i| Some(format!("S{}", i % 7))).collect::<StringArray>())),
        ("wind", Arc::new(Float32Array::from_iter_values((0..HOURS).map(|i| f32::from(i % 100) / 4.0)))),
        ("rain", Arc::new((0..HOURS).map(|i| (i % 5 != 0).then_some(i % 3)).collect::<Int16Array>())),
    ];
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut file = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut file, batch.schema(), None)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(file.into())
}
