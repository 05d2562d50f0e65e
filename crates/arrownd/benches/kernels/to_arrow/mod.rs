//! Dense to Arrow, one file a physical form.

mod cast;
mod markers;
mod strided;
mod tables;
mod text;
mod ticks;

use std::sync::Arc;

use arrownd::DType;
use arrownd::engine::dense::{Dense, Mask};

use crate::inputs::Random;

/// Numbers below a hundred, as bytes of any type's zero and small values would be.
fn values<T>(n: usize, of: impl Fn(usize) -> T) -> Arc<Vec<T>> {
    let mut random = Random(19);
    Arc::new((0..n).map(|_| of(random.below(100))).collect())
}

/// An array over all of `values`, from the `first` on.
fn dense<T: Send + Sync + std::panic::RefUnwindSafe + 'static>(
    values: &Arc<Vec<T>>,
    dtype: DType,
    first: usize,
    shape: &[usize],
    strides: &[isize],
) -> Dense {
    let size = size_of::<T>() as isize;
    let reach = shape.iter().zip(strides).map(|(n, step)| (*n as isize - 1) * step);
    let end = first as isize * size + reach.clone().filter(|step| *step > 0).sum::<isize>() + size;
    let start = first as isize * size + reach.filter(|step| *step < 0).sum::<isize>();
    assert!(start >= 0 && end as usize <= size_of_val(values.as_slice()), "within the values");
    let ptr = values[first..].as_ptr().cast();
    // SAFETY: the vector owns all elements that these strides reach, as was just seen, and isn't changed.
    unsafe { Dense::new(ptr, dtype, false, shape, strides, Arc::clone(values) as _) }
}

/// An array in one piece.
fn whole<T: Send + Sync + std::panic::RefUnwindSafe + 'static>(values: &Arc<Vec<T>>, dtype: DType) -> Dense {
    dense(values, dtype, 0, &[values.len()], &[size_of::<T>() as isize])
}

/// Every tenth value is missing.
fn mask(n: usize) -> Mask {
    let bytes = values(n, |value| u8::from(value < 10));
    // SAFETY: the vector owns so many bytes, and isn't changed.
    unsafe { Mask::new(bytes.as_ptr(), &[n], &[1], Arc::clone(&bytes) as _) }
}
