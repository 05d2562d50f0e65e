//! The elements that Arrow has a type for.

use std::panic::RefUnwindSafe;

use arrow_buffer::{Buffer, IntervalDayTime, IntervalMonthDayNano};
use half::f16;

use super::held::Held;
use super::imported::Imported;
use super::optional;
use crate::error::Result;
use crate::ndarray::Item;

/// An element of arrays that become Arrow's: a number, a bool, one of Arrow's two interval
/// structs, and options of these, of which `None` is a missing value.
///
/// ```
/// use arrow_array::ArrayRef;
/// use arrownd::{ArrowElement, IntoArrow};
/// use ndarray::Array1;
///
/// fn column<T: ArrowElement>(values: Vec<T>) -> arrownd::Result<ArrayRef> {
///     Array1::from_vec(values).into_arrow()
/// }
/// assert_eq!(column(vec![1u8, 2])?.len(), 2);
/// assert_eq!(column(vec![Some(true), None])?.null_count(), 1);
/// # Ok::<(), arrownd::Error>(())
/// ```
///
/// Only this crate implements it.
pub trait ArrowElement: Element {}

/// What is done with arrays of an element.
pub trait Element: Clone {
    /// An array as the engine takes it; with names, the columns of a matrix.
    fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>>;
}

/// An element whose bytes are a value of Arrow's, or a bool.
pub trait Value: Item + Default + Send + Sync + RefUnwindSafe + 'static {
    /// The same memory. *O(1), shares memory*.
    fn into_buffer(values: Vec<Self>) -> Buffer;
}

macro_rules! elements {
    ($($t:ty)*) => { $(
        impl ArrowElement for $t {}
        impl ArrowElement for Option<$t> {}

        impl Element for $t {
            fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
                Imported::of_values(array, None, names)
            }
        }
    )* };
}
elements! { i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 bool IntervalDayTime IntervalMonthDayNano }

macro_rules! numbers {
    ($($t:ty)*) => { $(
        impl Element for Option<$t> {
            fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
                optional::imported(&array.view(), names, optional::numbers)
            }
        }

        impl Value for $t {
            fn into_buffer(values: Vec<Self>) -> Buffer {
                Buffer::from_vec(values)
            }
        }
    )* };
}
numbers! { i8 i16 i32 i64 u8 u16 u32 u64 f16 f32 f64 IntervalDayTime IntervalMonthDayNano }

impl Element for Option<bool> {
    fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
        optional::imported(&array.view(), names, optional::bools)
    }
}

impl Value for bool {
    fn into_buffer(values: Vec<Self>) -> Buffer {
        Buffer::from_vec(bytemuck::cast_vec::<Self, u8>(values))
    }
}
