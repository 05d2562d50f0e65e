//! Lists as one more dimension: of one length, filled up, of fixed size with nulls inside.

use std::sync::Arc;

use arrow_array::types::{Float32Type, Int64Type};
use arrow_array::{ArrayRef, FixedSizeListArray, GenericListArray, ListViewArray, OffsetSizeTrait};
use arrow_buffer::OffsetBuffer;
use arrow_schema::Field;
use arrownd::Fill;
use arrownd::engine::{Fills, Lists, Options};
use divan::Bencher;

use crate::inputs::{Nulls, Random, Size, array, rows};
use crate::timed;

const WIDTH: usize = 8;

fn item(child: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new("item", child.data_type().clone(), true))
}

fn ragged_lengths(n: usize) -> Vec<usize> {
    let mut random = Random(17);
    (0..n).map(|_| random.below(WIDTH + 1)).collect()
}

fn lists<O: OffsetSizeTrait>(lengths: &[usize], of: Nulls, nulls: Nulls) -> ArrayRef {
    let child = array::<Int64Type>(lengths.iter().sum(), of);
    let offsets = OffsetBuffer::<i64>::from_lengths(lengths.iter().copied());
    let offsets = OffsetBuffer::new(offsets.iter().map(|at| O::usize_as(*at as usize)).collect());
    Arc::new(GenericListArray::<O>::new(item(&child), offsets, child, nulls.bitmap(lengths.len())))
}

/// Lists that lie in the opposite order.
fn views(lengths: &[usize]) -> ArrayRef {
    let child = array::<Int64Type>(lengths.iter().sum(), Nulls::None);
    let mut end = child.len() as i32;
    let starts = lengths.iter().map(|len| {
        end -= *len as i32;
        end
    });
    let (starts, sizes) = (starts.collect(), lengths.iter().map(|len| *len as i32).collect());
    Arc::new(ListViewArray::new(item(&child), starts, sizes, child, None))
}

#[divan::bench(types = [f64, f32], args = rows())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * WIDTH * size_of::<T>());
}

/// One look at all offsets; the values are a view.
#[divan::bench(types = [i32, i64], args = rows())]
fn uniform_look<O: OffsetSizeTrait>(bencher: Bencher<'_, '_>, size: Size) {
    timed::look(bencher, lists::<O>(&vec![WIDTH; size.0], Nulls::None, Nulls::None), &Options::default());
}

#[divan::bench(args = rows())]
fn uniform_nan(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(
        bencher,
        lists::<i32>(&vec![WIDTH; size.0], Nulls::Tenth, Nulls::None),
        &Options::default(),
    );
}

/// Null rows that have no values, so that the others don't lie in a row.
#[divan::bench(args = rows())]
fn uniform_null_rows(bencher: Bencher<'_, '_>, size: Size) {
    let there = Nulls::Tenth.bitmap(size.0).expect("nulls");
    let lengths: Vec<usize> = there.iter().map(|there| if there { WIDTH } else { 0 }).collect();
    timed::to_dense(bencher, lists::<i32>(&lengths, Nulls::None, Nulls::Tenth), &Options::default());
}

fn padded(na_value: Option<Fill>) -> Options {
    Options { lists: Some(Lists::Pad), na_value: na_value.map(Fills::All), ..Options::default() }
}

#[divan::bench(types = [i32, i64], args = rows())]
fn padded_nan<O: OffsetSizeTrait>(bencher: Bencher<'_, '_>, size: Size) {
    let array = lists::<O>(&ragged_lengths(size.0), Nulls::None, Nulls::None);
    timed::to_dense(bencher, array, &padded(None));
}

#[divan::bench(args = rows())]
fn padded_nan_inner_nulls(bencher: Bencher<'_, '_>, size: Size) {
    let array = lists::<i32>(&ragged_lengths(size.0), Nulls::Tenth, Nulls::Tenth);
    timed::to_dense(bencher, array, &padded(None));
}

#[divan::bench(args = rows())]
fn padded_zero(bencher: Bencher<'_, '_>, size: Size) {
    let array = lists::<i32>(&ragged_lengths(size.0), Nulls::None, Nulls::None);
    timed::to_dense(bencher, array, &padded(Some(Fill::Int(0))));
}

#[divan::bench(args = rows())]
fn padded_views(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, views(&ragged_lengths(size.0)), &padded(None));
}

fn fixed(n: usize, of: Nulls, nulls: Nulls) -> ArrayRef {
    let child = array::<Float32Type>(n * WIDTH, of);
    Arc::new(FixedSizeListArray::new(item(&child), WIDTH as i32, child, nulls.bitmap(n)))
}

#[divan::bench(args = rows())]
fn fixed_inner_nulls(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, fixed(size.0, Nulls::Tenth, Nulls::None), &Options::default());
}

#[divan::bench(args = rows())]
fn fixed_null_rows(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, fixed(size.0, Nulls::None, Nulls::Tenth), &Options::default());
}
