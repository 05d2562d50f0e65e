//! The element types of `ndarray` that Arrow data becomes.

use half::f16;

use crate::dtype::DType;

mod sealed {
    pub trait Sealed {}
}

/// An element type of `ndarray` that Arrow data becomes.
pub trait Item: Copy + sealed::Sealed {
    /// Its NumPy dtype.
    const DTYPE: DType;
}

macro_rules! items {
    ($($t:ty => $dtype:ident)*) => { $(
        impl sealed::Sealed for $t {}
        impl Item for $t { const DTYPE: DType = DType::$dtype; }
    )* };
}
items! {
    i8 => Int8 i16 => Int16 i32 => Int32 i64 => Int64 u8 => UInt8 u16 => UInt16 u32 => UInt32 u64 => UInt64
    f16 => Float16 f32 => Float32 f64 => Float64 bool => Bool
}
