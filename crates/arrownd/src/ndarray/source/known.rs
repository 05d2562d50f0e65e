//! What the compiler knows of an array where it is passed: the look at a type takes longer than a view.

use std::any::{Any, TypeId};

use arrow_array::types::{
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrowPrimitiveType, FixedSizeListArray, PrimitiveArray};
use arrow_buffer::{ArrowNativeType, NullBuffer, ScalarBuffer};

use super::{Arrays, Source};

/// The values of a primitive array whose type is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'a> {
    /// A `ScalarBuffer` of them.
    values: &'a (dyn Any + Send + Sync),
    nulls: Option<&'a NullBuffer>,
}

impl<'a> Numbers<'a> {
    #[inline]
    pub(super) fn of<T: ArrowPrimitiveType>(array: &'a PrimitiveArray<T>) -> Self {
        Self { values: array.values(), nulls: array.nulls() }
    }
}

impl<'a> Source<'a> {
    /// The values of a primitive array of `T` without missing ones.
    #[inline]
    pub(crate) fn numbers<T: ArrowNativeType>(&self) -> Option<&'a [T]> {
        let numbers = self.numbers?;
        let values = numbers.values.downcast_ref::<ScalarBuffer<T>>();
        values.filter(|_| whole(numbers.nulls)).map(AsRef::as_ref)
    }

    /// The values of fixed-size lists of numbers `T`, and how many lists of how many, where nothing is missing.
    #[inline]
    pub(crate) fn rows<T: ArrowNativeType>(&self) -> Option<(&'a [T], [usize; 2])> {
        let (Arrays::One(array), None) = (self.data, self.field) else { return None };
        let lists =
            array.as_any().downcast_ref::<FixedSizeListArray>().filter(|lists| whole(lists.nulls()))?;
        let (rows, size) = (lists.len(), usize::try_from(lists.value_length()).ok()?);
        let values = numbers_of::<T>(lists.values().as_ref())?.get(..rows.checked_mul(size)?)?;
        Some((values, [rows, size]))
    }
}

#[inline]
fn whole(nulls: Option<&NullBuffer>) -> bool {
    nulls.is_none_or(|nulls| nulls.null_count() == 0)
}

/// The values of an array of numbers, none missing; `None` also for other arrays that are stored as `T`.
#[inline]
fn numbers_of<T: ArrowNativeType>(array: &dyn Array) -> Option<&[T]> {
    macro_rules! of {
        ($($number:ident)*) => { $(
            if TypeId::of::<T>() == TypeId::of::<<$number as ArrowPrimitiveType>::Native>() {
                let array = array.as_any().downcast_ref::<PrimitiveArray<$number>>()?;
                let values: &dyn Any = array.values();
                let values = values.downcast_ref::<ScalarBuffer<T>>()?;
                return whole(array.nulls()).then_some(values.as_ref());
            }
        )* };
    }
    of! {
        Float16Type Float32Type Float64Type
        Int8Type Int16Type Int32Type Int64Type UInt8Type UInt16Type UInt32Type UInt64Type
    }
    None
}
