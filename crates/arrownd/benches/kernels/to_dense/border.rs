//! The border's looks at foreign memory: offsets that ascend, keys and views in range, run ends.

use arrow_array::types::{Float64Type, Int8Type, Int32Type};
use arrow_array::{Array, DictionaryArray, Int32Array, RunArray, StringViewArray};
use arrow_data::ffi::FFI_ArrowArray;
use arrownd::engine::{ArrowArray, Path, read_array};
use divan::Bencher;
use divan::counter::ItemsCount;

use crate::inputs::{Nulls, Size, Text, array, numbers, rows};

fn read(bencher: Bencher<'_, '_>, array: &dyn Array) {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both are the C data interface's struct.
    let foreign = unsafe { &*std::ptr::from_ref(&exported).cast::<ArrowArray>() };
    bencher.counter(ItemsCount::new(array.len())).bench_local(|| {
        // SAFETY: arrow-rs exports what it says, and keeps it as long as the struct lives.
        let chunk = unsafe { read_array(foreign, array.data_type(), &Path::Top) };
        assert!(chunk.is_ok());
    });
}

#[divan::bench(args = rows())]
fn offsets(bencher: Bencher<'_, '_>, size: Size) {
    read(bencher, &Text::Short.strings(size.0, Nulls::None));
}

#[divan::bench(args = rows())]
fn views(bencher: Bencher<'_, '_>, size: Size) {
    read(bencher, &StringViewArray::from_iter_values(Text::Long.texts(size.0)));
}

#[divan::bench(args = rows())]
fn keys_int8(bencher: Bencher<'_, '_>, size: Size) {
    let values = array::<Float64Type>(100, Nulls::None);
    read(bencher, &DictionaryArray::<Int8Type>::new(numbers(size.0, Nulls::None), values));
}

#[divan::bench(consts = [true, false], args = rows())]
fn keys_int32<const NULLS: bool>(bencher: Bencher<'_, '_>, size: Size) {
    let nulls = if NULLS { Nulls::Tenth } else { Nulls::None };
    let values = array::<Float64Type>(100, Nulls::None);
    read(bencher, &DictionaryArray::<Int32Type>::new(numbers(size.0, nulls), values));
}

#[divan::bench(args = rows())]
fn run_ends(bencher: Bencher<'_, '_>, size: Size) {
    let ends = Int32Array::from_iter_values(1..=i32::try_from(size.0).expect("a 32-bit end"));
    let values = numbers::<Float64Type>(size.0, Nulls::None);
    read(bencher, &RunArray::<Int32Type>::try_new(&ends, &values).expect("ascending ends"));
}
