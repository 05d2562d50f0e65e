//! Decimals of all widths: as floats, as integers, their digits.

use std::sync::Arc;

use arrow_array::types::{Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType};
use arrow_array::{ArrayRef, PrimitiveArray};
use arrow_schema::DataType;
use arrownd::DType;
use arrownd::engine::{DecimalText, Options};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};

use crate::inputs::{Nulls, Size, numbers_of, sizes};
use crate::timed;

const SCALE: i8 = 2;

/// Whole numbers, which integers hold.
fn decimals<T: DecimalType>(n: usize, nulls: Nulls) -> PrimitiveArray<T> {
    let of: fn(u8, i8) -> DataType = T::TYPE_CONSTRUCTOR;
    numbers_of::<T>(n, nulls, 100).with_data_type(of(9, SCALE))
}

#[divan::bench(args = sizes())]
fn memcpy(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 8);
}

fn convert(bencher: Bencher<'_, '_>, array: ArrayRef, to: DType) {
    timed::to_dense(bencher, array, &Options { dtype: Some(to), ..Options::default() });
}

#[divan::bench(types = [Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type], args = sizes())]
fn float64<T: DecimalType>(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, Arc::new(decimals::<T>(size.0, Nulls::None)), DType::Float64);
}

#[divan::bench(types = [Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type], args = sizes())]
fn float64_nan<T: DecimalType>(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, Arc::new(decimals::<T>(size.0, Nulls::Tenth)), DType::Float64);
}

#[divan::bench(types = [Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type], args = sizes())]
fn int64<T: DecimalType>(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, Arc::new(decimals::<T>(size.0, Nulls::None)), DType::Int64);
}

/// What the binding makes `Decimal`s of.
#[divan::bench(types = [Decimal128Type, Decimal256Type], args = sizes())]
fn digits<T: DecimalType>(bencher: Bencher<'_, '_>, size: Size) {
    let array = decimals::<T>(size.0, Nulls::None);
    let bytes = array.values().inner().as_slice();
    let len = |sum, one: &[u8]| sum + DecimalText::of(one, SCALE).scientific().len();
    bencher
        .counter(ItemsCount::new(size.0))
        .bench_local(|| black_box(bytes).chunks_exact(size_of::<T::Native>()).fold(0, len));
}
