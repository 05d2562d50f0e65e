//! The crate beside ndarrow and loops by hand: `make compare-rust`, read as ratios within a group.
//!
//! Each group does the same work: `arrownd` is ours, `ndarrow` the peer where it can do it, `by_hand` what one
//! writes with arrow-rs and ndarray.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::sync::Arc;

use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int32Array, ListArray,
    PrimitiveArray, RecordBatch,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::Field;
use arrownd::{IntoArrow, Nulls, Options, Order, to_array, to_matrix, to_padded, view};
use divan::Bencher;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Ix1, Ix2, ShapeBuilder};
use ndarrow::AsNdarray;

fn main() {
    divan::main();
}

const N: usize = 100_000;

fn floats(n: usize) -> Float64Array {
    Float64Array::from_iter_values((0..n).map(|i| i as f64))
}

fn ints_with_nulls(n: usize) -> Int32Array {
    (0..n).map(|i| (i % 10 != 3).then_some(i as i32)).collect()
}

fn lists(rows: usize, width: usize) -> FixedSizeListArray {
    let values: ArrayRef = Arc::new(Float32Array::from_iter_values((0..rows * width).map(|i| i as f32)));
    let item = Arc::new(Field::new("item", values.data_type().clone(), false));
    FixedSizeListArray::new(item, width as i32, values, None)
}

fn table(columns: usize, rows: usize) -> RecordBatch {
    RecordBatch::try_from_iter((0..columns).map(|i| {
        let column = Float64Array::from_iter_values((0..rows).map(|row| (row * columns + i) as f64));
        (format!("c{i}"), Arc::new(column) as ArrayRef)
    }))
    .unwrap()
}

#[divan::bench_group]
mod view_1d {
    use super::*;

    #[divan::bench(sample_size = 1000)]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = floats(N);
        bench.bench_local(|| black_box(view::<f64, Ix1>(black_box(&array)).unwrap().as_ptr()));
    }

    #[divan::bench(sample_size = 1000)]
    fn ndarrow(bench: Bencher<'_, '_>) {
        let array = ndarrow_array::Float64Array::from_iter_values((0..N).map(|i| i as f64));
        bench.bench_local(|| black_box(black_box(&array).as_ndarray().unwrap().as_ptr()));
    }

    #[divan::bench(sample_size = 1000)]
    fn by_hand(bench: Bencher<'_, '_>) {
        let array = floats(N);
        bench.bench_local(|| {
            let array = black_box(&array);
            assert_eq!(array.null_count(), 0);
            black_box(ArrayView1::from(array.values().as_ref()).as_ptr())
        });
    }
}

#[divan::bench_group]
mod view_2d {
    use super::*;

    #[divan::bench(sample_size = 1000)]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = lists(1000, 768);
        bench.bench_local(|| black_box(view::<f32, Ix2>(black_box(&array)).unwrap().as_ptr()));
    }

    #[divan::bench(sample_size = 1000)]
    fn ndarrow(bench: Bencher<'_, '_>) {
        let values: ndarrow_array::ArrayRef =
            Arc::new(ndarrow_array::Float32Array::from_iter_values((0..768_000).map(|i| i as f32)));
        let item = Arc::new(ndarrow_schema::Field::new("item", values.data_type().clone(), false));
        let array = ndarrow_array::FixedSizeListArray::new(item, 768, values, None);
        bench.bench_local(|| {
            let view =
                ndarrow::fixed_size_list_as_array2::<ndarrow_array::types::Float32Type>(black_box(&array));
            black_box(view.unwrap().as_ptr())
        });
    }

    #[divan::bench(sample_size = 1000)]
    fn by_hand(bench: Bencher<'_, '_>) {
        let array = lists(1000, 768);
        bench.bench_local(|| {
            let array = black_box(&array);
            let values = array.values().as_any().downcast_ref::<Float32Array>().unwrap();
            assert_eq!((array.null_count(), values.null_count()), (0, 0));
            black_box(ArrayView2::from_shape((array.len(), 768), values.values()).unwrap().as_ptr())
        });
    }
}

#[divan::bench_group]
mod nulls_to_nan {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = ints_with_nulls(N);
        bench.bench_local(|| to_array::<f64>(black_box(&array), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn by_hand_iterator(bench: Bencher<'_, '_>) {
        let array = ints_with_nulls(N);
        bench.bench_local(|| {
            black_box(&array).iter().map(|x| x.map_or(f64::NAN, f64::from)).collect::<Array1<f64>>()
        });
    }

    #[divan::bench]
    fn by_hand_values_then_nulls(bench: Bencher<'_, '_>) {
        let array = ints_with_nulls(N);
        bench.bench_local(|| {
            let array = black_box(&array);
            let mut out: Vec<f64> = array.values().iter().map(|x| f64::from(*x)).collect();
            for i in array.nulls().map(|nulls| (!nulls.inner()).set_indices().collect::<Vec<_>>()).unwrap() {
                out[i] = f64::NAN;
            }
            Array1::from(out)
        });
    }
}

#[divan::bench_group]
mod nulls_filled {
    use super::*;

    fn floats_with_nulls() -> Float64Array {
        (0..N).map(|i| (i % 10 != 3).then_some(i as f64)).collect()
    }

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = floats_with_nulls();
        let options = Options::new().nulls(Nulls::Fill(0.into()));
        bench.bench_local(|| to_array::<f64>(black_box(&array), &options).unwrap());
    }

    #[divan::bench]
    fn ndarrow(bench: Bencher<'_, '_>) {
        let array: ndarrow_array::Float64Array = (0..N).map(|i| (i % 10 != 3).then_some(i as f64)).collect();
        bench.bench_local(|| ndarrow::helpers::fill_nulls_with_zero(black_box(&array)));
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let array = floats_with_nulls();
        bench
            .bench_local(|| black_box(&array).iter().map(Option::unwrap_or_default).collect::<Array1<f64>>());
    }
}

#[divan::bench_group]
mod narrower {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = floats(N);
        bench.bench_local(|| to_array::<f32>(black_box(&array), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn ndarrow(bench: Bencher<'_, '_>) {
        let array = ndarrow_array::Float64Array::from_iter_values((0..N).map(|i| i as f64));
        bench.bench_local(|| ndarrow::helpers::cast_f64_to_f32(black_box(&array)).unwrap());
    }

    /// As ours, a number that becomes infinite is an error.
    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let array = floats(N);
        bench.bench_local(|| {
            let values = black_box(&array).values();
            assert!(values.iter().all(|x| !x.is_finite() || (*x as f32).is_finite()));
            values.iter().map(|x| *x as f32).collect::<Array1<f32>>()
        });
    }

    #[divan::bench]
    fn unchecked(bench: Bencher<'_, '_>) {
        let array = floats(N);
        bench.bench_local(|| black_box(&array).values().iter().map(|x| *x as f32).collect::<Array1<f32>>());
    }
}

#[divan::bench_group]
mod booleans {
    use super::*;

    fn bits() -> BooleanArray {
        (0..N).map(|i| Some(i % 3 == 0)).collect()
    }

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let array = bits();
        bench.bench_local(|| to_array::<bool>(black_box(&array), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let array = bits();
        bench.bench_local(|| black_box(&array).values().iter().collect::<Array1<bool>>());
    }
}

#[divan::bench_group]
mod matrix_columns_first {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let table = table(10, N);
        bench.bench_local(|| to_matrix::<f64>(black_box(&table), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let table = table(10, N);
        bench.bench_local(|| {
            let mut out = Vec::with_capacity(10 * N);
            for column in black_box(&table).columns() {
                let column = column.as_any().downcast_ref::<Float64Array>().unwrap();
                out.extend_from_slice(column.values());
            }
            Array2::from_shape_vec((N, 10).f(), out).unwrap()
        });
    }
}

/// As above, ten times as many rows: memory that the system has to make first.
#[divan::bench_group(sample_count = 20)]
mod matrix_large {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let table = table(10, 10 * N);
        bench.bench_local(|| to_matrix::<f64>(black_box(&table), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let table = table(10, 10 * N);
        bench.bench_local(|| {
            let mut out = Vec::with_capacity(100 * N);
            for column in black_box(&table).columns() {
                let column = column.as_any().downcast_ref::<Float64Array>().unwrap();
                out.extend_from_slice(column.values());
            }
            Array2::from_shape_vec((10 * N, 10).f(), out).unwrap()
        });
    }
}

#[divan::bench_group]
mod matrix_rows_first {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let table = table(10, N);
        let options = Options::new().order(Order::C);
        bench.bench_local(|| to_matrix::<f64>(black_box(&table), &options).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let table = table(10, N);
        bench.bench_local(|| {
            let mut out = Array2::<f64>::zeros((N, 10));
            for (column, mut to) in black_box(&table).columns().iter().zip(out.columns_mut()) {
                let column = column.as_any().downcast_ref::<Float64Array>().unwrap();
                to.assign(&ArrayView1::from(column.values().as_ref()));
            }
            out
        });
    }
}

#[divan::bench_group]
mod padded {
    use super::*;

    fn ragged() -> ListArray {
        ListArray::from_iter_primitive::<Float64Type, _, _>(
            (0..N / 10).map(|i| Some((0..i % 20).map(|x| Some(x as f64)))),
        )
    }

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let lists = ragged();
        bench.bench_local(|| to_padded::<f64>(black_box(&lists), &Options::new()).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let lists = ragged();
        bench.bench_local(|| {
            let lists = black_box(&lists);
            let values = lists.values().as_any().downcast_ref::<Float64Array>().unwrap();
            let offsets = lists.value_offsets();
            let longest = offsets.windows(2).map(|w| (w[1] - w[0]) as usize).max().unwrap();
            let mut out = Array2::from_elem((lists.len(), longest), f64::NAN);
            for (window, mut row) in offsets.windows(2).zip(out.rows_mut()) {
                let own = &values.values()[window[0] as usize..window[1] as usize];
                row.as_slice_mut().unwrap()[..own.len()].copy_from_slice(own);
            }
            out
        });
    }
}

#[divan::bench_group]
mod matrix_moved_into_arrow {
    use super::*;

    #[divan::bench(sample_size = 1000)]
    fn arrownd(bench: Bencher<'_, '_>) {
        bench
            .with_inputs(|| Array2::<f64>::zeros((1000, 100)))
            .bench_local_values(|matrix| IntoArrow::into_arrow(matrix).unwrap());
    }

    #[divan::bench(sample_size = 1000)]
    fn ndarrow(bench: Bencher<'_, '_>) {
        bench
            .with_inputs(|| Array2::<f64>::zeros((1000, 100)))
            .bench_local_values(|matrix| ndarrow::IntoArrow::into_arrow(matrix).unwrap());
    }

    #[divan::bench(sample_size = 1000)]
    fn by_hand(bench: Bencher<'_, '_>) {
        bench.with_inputs(|| Array2::<f64>::zeros((1000, 100))).bench_local_values(|matrix| {
            let values = ScalarBuffer::from(matrix.into_raw_vec_and_offset().0);
            let values: ArrayRef = Arc::new(PrimitiveArray::<Float64Type>::new(values, None));
            let item = Arc::new(Field::new("item", values.data_type().clone(), false));
            // As ours: a column of a record batch.
            Arc::new(FixedSizeListArray::new(item, 100, values, None)) as ArrayRef
        });
    }
}

#[divan::bench_group]
mod view_copied_into_arrow {
    use super::*;

    #[divan::bench]
    fn arrownd(bench: Bencher<'_, '_>) {
        let matrix = Array2::<f32>::ones((1000, 100));
        bench.bench_local(|| IntoArrow::into_arrow(black_box(&matrix).t()).unwrap());
    }

    #[divan::bench]
    fn ndarrow(bench: Bencher<'_, '_>) {
        let matrix = Array2::<f32>::ones((1000, 100));
        bench.bench_local(|| ndarrow::IntoArrow::into_arrow(black_box(&matrix).t().to_owned()).unwrap());
    }

    #[divan::bench]
    fn by_hand(bench: Bencher<'_, '_>) {
        let matrix = Array2::<f32>::ones((1000, 100));
        bench.bench_local(|| {
            let values: Vec<f32> = black_box(&matrix).t().iter().copied().collect();
            PrimitiveArray::<Float32Type>::new(values.into(), None)
        });
    }
}
