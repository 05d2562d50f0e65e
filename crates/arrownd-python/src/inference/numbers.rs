//! bool, int, float and complex: Python's and NumPy's scalars.
#![allow(unsafe_code, reason = "asks CPython for ints, and makes no exception of a large one")]

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::engine::dense::Made;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyFloat, PyInt};

use super::build;
use super::column::{Column, Objects};
use crate::errors::Outcome;

/// bool: bits.
pub(super) fn bools<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let values = column.map(objects, |_, object| Ok(object.is_truthy()?))?;
    let bits = BooleanBuffer::collect_bool(values.len(), |at| values.get(at) == Some(&true));
    let builder = ArrayData::builder(DataType::Boolean).len(values.len()).nulls(column.nulls.clone());
    build(builder.add_buffer(bits.into_inner()), Field::new("", DataType::Boolean, true))
}

/// int64, or uint64 where a value is above it.
pub(super) fn ints<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let (mut above, mut negative) = (None, None);
    let values = column.map(objects, |at, object| {
        let number = integer(object)?;
        if let Some(value) = small(&number) {
            if value < 0 {
                negative = negative.or(Some((at, value)));
            }
            return Ok(value);
        }
        let value: u64 = number.extract().map_err(|_| beyond(column, at, &number))?;
        above = above.or(Some((at, value)));
        Ok(value.cast_signed())
    })?;
    match (above, negative) {
        (None, _) => column.fixed(values, Field::new("", DataType::Int64, true)),
        (Some(_), None) => column.fixed(values, Field::new("", DataType::UInt64, true)),
        (Some((at, value)), Some((other, least))) => {
            let value = format!("{value} (beside {least} at {})", column.place.name(other));
            Err(column.place.lossy(at, value, "int64 or uint64", LARGE))
        }
    }
}

const LARGE: &str = "pass type=\"decimal128(38, 0)\", or decimal.Decimal objects";

/// A Python int of an int or one of NumPy's; a `TypeError` for what is neither.
pub(super) fn integer<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyInt>> {
    match object.cast::<PyInt>() {
        Ok(number) => Ok(number.clone()),
        Err(_) => {
            // SAFETY: an object.
            let number = unsafe { ffi::PyNumber_Index(object.as_ptr()) };
            // SAFETY: a new reference, or null with an exception set.
            Ok(unsafe { Bound::from_owned_ptr_or_err(object.py(), number) }?.cast_into()?)
        }
    }
}

/// The value of an int of 64 bits.
fn small(number: &Bound<'_, PyInt>) -> Option<i64> {
    let mut overflow = 0;
    // SAFETY: an int; no exception is set for one that is too large.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(number.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(value)
}

fn beyond(column: &Column<'_, '_>, at: usize, number: &Bound<'_, PyInt>) -> crate::errors::Failure {
    column.place.lossy(at, digits(number), "int64 or uint64", LARGE)
}

/// An int as text. Python refuses to write very long ones.
pub(super) fn digits(number: &Bound<'_, PyInt>) -> String {
    // An int's own text: a subclass, such as an enum, may have another.
    let text = number.py().get_type::<PyInt>().call_method1("__repr__", (number,));
    text.and_then(|text| text.extract()).unwrap_or_else(|_| "an int of very many digits".to_owned())
}

/// float64. Ints are among them where a float type was asked for.
pub(super) fn floats<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let values = column.map(objects, |at, object| {
        if let Ok(float) = object.cast::<PyFloat>() {
            return Ok(float.value());
        }
        let value: f64 = match object.extract() {
            Ok(value) => value,
            Err(error) if error.is_instance_of::<pyo3::exceptions::PyOverflowError>(column.py) => {
                return Err(inexact(column, at, object));
            }
            Err(error) => return Err(error.into()),
        };
        if column.request.safe && !value.is_nan() && !object.eq(value)? {
            return Err(inexact(column, at, object));
        }
        Ok(value)
    })?;
    column.fixed(values, Field::new("", DataType::Float64, true))
}

fn inexact(column: &Column<'_, '_>, at: usize, object: &Bound<'_, PyAny>) -> crate::errors::Failure {
    let value = match object.cast::<PyInt>() {
        Ok(number) => digits(number),
        Err(_) => object.str().map_or_else(|_| "a number".to_owned(), |text| text.to_string()),
    };
    let remedy = "pass decimal.Decimal objects to keep it exact, or safe=False";
    column.place.lossy(at, value, "float64", remedy)
}

/// Lists of two float64, real and imaginary part.
pub(super) fn complexes<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let class = column.py.get_type::<PyComplex>();
    let values: Vec<[f64; 2]> = column.map(objects, |at, object| {
        let number = match object.cast::<PyComplex>() {
            Ok(number) => number.clone(),
            Err(_) => {
                let number = class.call1((object,))?.cast_into::<PyComplex>().map_err(PyErr::from)?;
                let same = object.eq(&number)? || object.ne(object)?;
                if column.request.safe && !same {
                    let value = object.str()?.to_string();
                    return Err(column.place.lossy(at, value, "float64", "pass safe=False to round it"));
                }
                number
            }
        };
        Ok([number.real(), number.imag()])
    })?;
    let item = Arc::new(Field::new("item", DataType::Float64, false));
    let flat = Buffer::from_vec(values.into_flattened());
    let len = column.len;
    let numbers = ArrayData::builder(DataType::Float64).len(2 * len).add_buffer(flat);
    let numbers = build(numbers, Field::new("", DataType::Float64, true))?.data;
    let builder =
        ArrayData::builder(DataType::Null).len(len).nulls(column.nulls.clone()).add_child_data(numbers);
    build(builder, Field::new("", DataType::FixedSizeList(item, 2), true))
}
