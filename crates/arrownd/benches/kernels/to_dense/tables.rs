//! Tables and structs: matrices in both orders, records.

use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type, Int16Type, Int64Type};
use arrow_array::{ArrayRef, StructArray};
use arrow_schema::{Field, Fields};
use arrownd::Order;
use arrownd::engine::Options;
use divan::Bencher;

use crate::inputs::{Nulls, Size, array, rows};
use crate::timed;

pub(super) fn table(columns: Vec<ArrayRef>) -> ArrayRef {
    let field =
        |(i, column): (usize, &ArrayRef)| Field::new(format!("f{i}"), column.data_type().clone(), true);
    let fields: Fields = columns.iter().enumerate().map(field).collect();
    Arc::new(StructArray::new(fields, columns, None))
}

fn floats(n: usize, nulls: Nulls) -> ArrayRef {
    table((0..10).map(|_| array::<Float64Type>(n, nulls)).collect())
}

/// As many bytes in fewer rows.
fn many(n: usize) -> ArrayRef {
    table((0..100).map(|_| array::<Float32Type>(n / 5, Nulls::None)).collect())
}

fn mixed(n: usize) -> ArrayRef {
    table(vec![
        array::<Int64Type>(n, Nulls::Tenth),
        array::<Float64Type>(n, Nulls::Sparse),
        array::<Float32Type>(n, Nulls::None),
        array::<Int16Type>(n, Nulls::Runs),
    ])
}

fn order(order: Order) -> Options {
    Options { order, ..Options::default() }
}

fn records() -> Options {
    Options { structured: true, ..Options::default() }
}

#[divan::bench(consts = [10, 4], args = rows())]
fn memcpy<const DOUBLES: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8 * DOUBLES);
}

#[divan::bench(args = rows())]
fn c_10_float64(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, floats(size.0, Nulls::None), &order(Order::C));
}

#[divan::bench(args = rows())]
fn f_10_float64(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, floats(size.0, Nulls::None), &order(Order::F));
}

#[divan::bench(args = rows())]
fn c_10_float64_nan(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, floats(size.0, Nulls::Tenth), &order(Order::C));
}

#[divan::bench(args = rows())]
fn c_100_float32(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, many(size.0), &order(Order::C));
}

#[divan::bench(args = rows())]
fn f_100_float32(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, many(size.0), &order(Order::F));
}

#[divan::bench(args = rows())]
fn c_mixed_nan(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, mixed(size.0), &order(Order::C));
}

#[divan::bench(args = rows())]
fn f_mixed_nan(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, mixed(size.0), &order(Order::F));
}

#[divan::bench(args = rows())]
fn records_of_4(bencher: Bencher<'_, '_>, size: Size) {
    let same = || array::<Float64Type>(size.0, Nulls::None);
    timed::to_dense(bencher, table(vec![same(), same(), same(), same()]), &records());
}

#[divan::bench(args = rows())]
fn records_mixed_nan(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, mixed(size.0), &records());
}
