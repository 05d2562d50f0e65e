//! Values that nothing interprets, and values that aren't there.

use std::sync::Arc;

use arrow_array::{FixedSizeBinaryArray, NullArray};
use arrow_buffer::Buffer;
use arrownd::engine::{Fills, Options};
use arrownd::{DType, Fill};
use divan::Bencher;

use crate::inputs::{Nulls, Size, rows, sizes};
use crate::timed;

#[divan::bench(args = rows())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 16);
}

fn fixed(bencher: Bencher<'_, '_>, size: Size, nulls: Nulls, options: &Options) {
    let array = FixedSizeBinaryArray::new(16, Buffer::from(vec![7u8; 16 * size.0]), nulls.bitmap(size.0));
    timed::to_dense(bencher, Arc::new(array), options);
}

#[divan::bench(args = rows())]
fn void_16(bencher: Bencher<'_, '_>, size: Size) {
    fixed(bencher, size, Nulls::None, &Options { writable: true, ..Options::default() });
}

#[divan::bench(args = rows())]
fn void_16_filled(bencher: Bencher<'_, '_>, size: Size) {
    let na_value = Some(Fills::All(Fill::Bytes(vec![0; 16])));
    let options = Options { dtype: Some(DType::Void(16)), na_value, ..Options::default() };
    fixed(bencher, size, Nulls::Tenth, &options);
}

#[divan::bench(args = sizes())]
fn nothing(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, Arc::new(NullArray::new(size.0)), &Options::default());
}
