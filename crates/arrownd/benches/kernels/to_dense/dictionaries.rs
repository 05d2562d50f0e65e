//! Dictionaries as their values, and as codes.

use std::sync::Arc;

use arrow_array::types::{ArrowDictionaryKeyType, Float64Type, Int8Type, Int32Type, UInt32Type};
use arrow_array::{ArrayRef, DictionaryArray};
use arrow_schema::Field;
use arrownd::engine::{Codes, Options, chunk_of};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};

use crate::inputs::{Nulls, Size, array, numbers, sizes};
use crate::timed;

/// A hundred values.
fn dictionary<K: ArrowDictionaryKeyType>(n: usize, nulls: Nulls, of: Nulls) -> ArrayRef {
    Arc::new(DictionaryArray::<K>::new(numbers::<K>(n, nulls), array::<Float64Type>(100, of)))
}

#[divan::bench(types = [f64, i32], args = sizes())]
fn memcpy<T>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * size_of::<T>());
}

#[divan::bench(types = [Int8Type, Int32Type, UInt32Type], args = sizes())]
fn float64<K: ArrowDictionaryKeyType>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, dictionary::<K>(size.0, Nulls::None, Nulls::None), &Options::default());
}

#[divan::bench(types = [Int8Type, Int32Type], args = sizes())]
fn float64_nan<K: ArrowDictionaryKeyType>(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, dictionary::<K>(size.0, Nulls::Tenth, Nulls::None), &Options::default());
}

#[divan::bench(args = sizes())]
fn float64_nan_values(bencher: Bencher<'_, '_>, size: Size) {
    timed::to_dense(bencher, dictionary::<Int32Type>(size.0, Nulls::None, Nulls::Tenth), &Options::default());
}

/// Chunks whose dictionaries are unified.
#[divan::bench(consts = [1, 16], args = sizes())]
fn codes<const CHUNKS: usize>(bencher: Bencher<'_, '_>, size: Size) {
    let each = size.0 / CHUNKS;
    let chunks: Vec<ArrayRef> =
        (0..CHUNKS).map(|_| dictionary::<Int32Type>(each, Nulls::Tenth, Nulls::None)).collect();
    let field = Field::new("", chunks[0].data_type().clone(), true);
    let chunks: Vec<_> = chunks.iter().map(|chunk| chunk_of(chunk)).collect();
    let mut to = vec![0i32; each * CHUNKS];
    bencher.counter(BytesCount::of_slice(&to)).bench_local(|| {
        let codes = Codes::new(&field, &chunks).expect("a dictionary");
        for (to, code) in black_box(&mut to).iter_mut().zip(codes.iter()) {
            *to = code as i32;
        }
    });
}
