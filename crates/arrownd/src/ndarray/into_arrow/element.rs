//! The elements that Arrow has a type for.

use std::panic::RefUnwindSafe;
use std::sync::{Arc, LazyLock};

use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalDayTimeType,
    IntervalMonthDayNanoType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, FixedSizeListArray, PrimitiveArray};
use arrow_buffer::{Buffer, IntervalDayTime, IntervalMonthDayNano, ScalarBuffer};
use arrow_schema::{Field, FieldRef};
use half::f16;

use super::held::Held;
use super::imported::Imported;
use super::optional;
use crate::dense::ITEM;
use crate::error::{Error, Result};
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

    /// Whether a `Vec` of them is an Arrow buffer, so that [`Element::moved`] does what the plan of an owned array in C
    /// order says.
    const MOVES: bool = false;

    /// Values in C order, `first` being where they begin, as an array of that shape: nothing but the `Vec` changes hands.
    ///
    /// # Errors
    /// Where they don't move.
    fn moved(_values: Vec<Self>, _first: usize, _shape: &[usize]) -> Result<ArrayRef> {
        Err(Error::BadValue("these elements don't move".to_owned()))
    }
}

/// A `Vec` as an array of that shape; `item` is the field of its values in lists.
fn moved<P: ArrowPrimitiveType>(
    values: Vec<P::Native>,
    first: usize,
    shape: &[usize],
    item: &FieldRef,
) -> Result<ArrayRef> {
    let wrong = |why: String| Error::BadValue(why);
    let mut len: usize = shape.iter().product();
    let whole = values.len() == len;
    let values = ScalarBuffer::<P::Native>::from(values);
    let values = if whole { values } else { values.slice(first, len) };
    let mut array: ArrayRef = Arc::new(PrimitiveArray::<P>::new(values, None));
    let mut numbers = Some(item);
    for (axis, size) in shape.iter().enumerate().skip(1).rev() {
        len = shape.get(..axis).unwrap_or_default().iter().product();
        let item = match numbers.take() {
            Some(item) => item.clone(),
            None => Arc::new(Field::new(ITEM, array.data_type().clone(), true)),
        };
        let size = i32::try_from(*size).map_err(|why| wrong(why.to_string()))?;
        let lists = FixedSizeListArray::try_new_with_length(item, size, array, None, len);
        array = Arc::new(lists.map_err(|why| wrong(why.to_string()))?);
    }
    Ok(array)
}

/// An element whose bytes are a value of Arrow's, or a bool.
pub trait Value: Item + Default + Send + Sync + RefUnwindSafe + 'static {
    /// The same memory. *O(1), shares memory*.
    fn into_buffer(values: Vec<Self>) -> Buffer;
}

macro_rules! numbers {
    ($($t:ty => $arrow:ident)*) => { $(
        impl ArrowElement for $t {}
        impl ArrowElement for Option<$t> {}

        impl Element for $t {
            const MOVES: bool = true;

            fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
                Imported::of_values(array, None, names)
            }

            fn moved(values: Vec<Self>, first: usize, shape: &[usize]) -> Result<ArrayRef> {
                // Making the field costs as much as the rest.
                static ITEM_OF: LazyLock<FieldRef> =
                    LazyLock::new(|| Arc::new(Field::new(ITEM, <$arrow>::DATA_TYPE, true)));
                moved::<$arrow>(values, first, shape, &ITEM_OF)
            }
        }

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
numbers! {
    i8 => Int8Type i16 => Int16Type i32 => Int32Type i64 => Int64Type
    u8 => UInt8Type u16 => UInt16Type u32 => UInt32Type u64 => UInt64Type
    f16 => Float16Type f32 => Float32Type f64 => Float64Type
    IntervalDayTime => IntervalDayTimeType IntervalMonthDayNano => IntervalMonthDayNanoType
}

impl ArrowElement for bool {}
impl ArrowElement for Option<bool> {}

impl Element for bool {
    fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
        Imported::of_values(array, None, names)
    }
}

impl Element for Option<bool> {
    fn imported(array: Held<'_, Self>, names: Option<Vec<String>>) -> Result<Imported<'_>> {
        optional::imported(&array.view(), names, optional::bools)
    }
}

impl Value for bool {
    fn into_buffer(values: Vec<Self>) -> Buffer {
        // In place: nothing of the loop is left.
        Buffer::from_vec(values.into_iter().map(u8::from).collect())
    }
}
