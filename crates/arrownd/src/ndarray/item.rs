//! The element types of `ndarray` that Arrow data becomes.

use std::any::TypeId;

use arrow_array::Array;
use arrow_buffer::{ArrowNativeType, IntervalDayTime, IntervalMonthDayNano};
use arrow_schema::DataType;
use half::f16;

use super::job::Dims;
use super::view::stored;
use crate::dtype::DType;

mod sealed {
    use arrow_array::Array;
    use arrow_schema::DataType;

    use super::Dims;

    pub trait Sealed: Sized {
        /// See [`stored`](super::super::view::stored).
        fn stored<'a>(array: &'a dyn Array, dims: &mut Dims) -> Option<(&'a [Self], &'a DataType)>;
    }
}

/// An element type that Arrow data is converted to: integers and floats of 8 to 64 bits, `bool`, and Arrow's two
/// interval structs. Dates, times and durations are their ticks, as `i64`.
///
/// ```
/// use arrownd::{DType, Item};
///
/// fn named<T: Item>() -> String {
///     T::DTYPE.to_string()
/// }
/// assert_eq!(named::<f32>(), "float32");
/// assert_eq!(u8::DTYPE, DType::UInt8);
/// ```
pub trait Item: Copy + Send + Sync + 'static + sealed::Sealed {
    /// Its NumPy dtype.
    const DTYPE: DType;
}

macro_rules! items {
    ($($t:ty => $dtype:ident)*) => {
        $(
            impl sealed::Sealed for $t {
                fn stored<'a>(array: &'a dyn Array, dims: &mut Dims) -> Option<(&'a [Self], &'a DataType)> {
                    stored::<$t>(array, dims)
                }
            }
            impl Item for $t { const DTYPE: DType = DType::$dtype; }
        )*

        /// The dtype of what Arrow stores as `T`; `None` for what arrays have no dtype for.
        pub(super) fn dtype_of<T: ArrowNativeType>() -> Option<DType> {
            let id = TypeId::of::<T>();
            $( if id == TypeId::of::<$t>() { return Some(DType::$dtype); } )*
            None
        }
    };
}
items! {
    i8 => Int8 i16 => Int16 i32 => Int32 i64 => Int64 u8 => UInt8 u16 => UInt16 u32 => UInt32 u64 => UInt64
    f16 => Float16 f32 => Float32 f64 => Float64
    IntervalDayTime => IntervalDayTime IntervalMonthDayNano => IntervalMonthDayNano
}

impl sealed::Sealed for bool {
    /// Bits aren't bools.
    fn stored<'a>(_: &'a dyn Array, _: &mut Dims) -> Option<(&'a [Self], &'a DataType)> {
        None
    }
}
impl Item for bool {
    const DTYPE: DType = DType::Bool;
}
