//! The commonest cases, without the pipeline: a flat array of fixed width in one piece, or fixed-size lists of such values,
//! under default options. It becomes an array right after the import, or is handed on as imported.

use arrownd::engine::{ArrowArray, ArrowSchema, Plain};
use pyo3::intern;
use pyo3::prelude::*;

use crate::capsule;
use crate::errors::Outcome;
use crate::holder::Holder;
use crate::import::{Acquired, plain};
use crate::packed;
use crate::producers::{self, Known};
use crate::protocol::{Protocol, protocol};

/// What a look at an object gave.
pub(crate) enum Found<'py> {
    /// The array that it becomes: a view, or a copy where one may be made.
    Array(Bound<'py, PyAny>),
    /// Its data, which the pipeline has to convert.
    Data(Acquired<'py>),
    /// Nothing was asked of it yet.
    Untouched,
}

/// Looks at an object whose data may be asked for under the GIL.
///
/// Structs are filled where they stay, and a stream is used in its capsule: moving them costs as much as a view.
pub(crate) fn look<'py>(object: &Bound<'py, PyAny>, allow_copy: bool) -> Outcome<Found<'py>> {
    match producers::known(object, allow_copy)? {
        Some(Known::Array(array)) => return Ok(Found::Array(array)),
        Some(Known::Stream(capsule)) => return stream(capsule, allow_copy),
        None => {}
    }
    let py = object.py();
    match protocol(object)? {
        Some(Protocol::Stream { at_hand: true }) => {
            stream(object.call_method0(intern!(py, "__arrow_c_stream__"))?, allow_copy)
        }
        Some(Protocol::Array { or_stream: false }) => array(object, allow_copy),
        _ => Ok(Found::Untouched),
    }
}

fn stream(mut capsule: Bound<'_, PyAny>, allow_copy: bool) -> Outcome<Found<'_>> {
    let py = capsule.py();
    let stream = capsule::stream(&mut capsule)?;
    let (mut schema, mut next) = (ArrowSchema::empty(), ArrowArray::empty());
    let mut holder = Holder::new(py)?;
    let first = holder.array();
    stream.schema(&mut schema)?;
    stream.next(first)?;
    if !first.is_released() {
        stream.next(&mut next)?;
        if next.is_released() {
            match plain(&schema, first) {
                Some(Plain::View(view)) => return Ok(Found::Array(packed::held(&view, holder)?)),
                Some(Plain::Copy(flat)) if allow_copy => {
                    if let Some(array) = packed::copy(py, &flat)? {
                        return Ok(Found::Array(array));
                    }
                }
                _ => {}
            }
        }
    }
    let mut data = Acquired::of_schema(schema);
    while !first.is_released() {
        data.push(std::mem::replace(first, next.take()));
        if !first.is_released() {
            stream.next(&mut next)?;
        }
    }
    match if allow_copy { data.joined(py)? } else { None } {
        Some(array) => Ok(Found::Array(array)),
        None => Ok(Found::Data(data)),
    }
}

fn array<'py>(object: &Bound<'py, PyAny>, allow_copy: bool) -> Outcome<Found<'py>> {
    let py = object.py();
    let returned = object.call_method0(intern!(py, "__arrow_c_array__"))?;
    let (schema, array) = capsule::pair(&returned)?;
    let mut holder = Holder::new(py)?;
    *holder.array() = capsule::take_array(&array)?;
    match plain(capsule::schema(&schema)?, holder.array()) {
        Some(Plain::View(view)) => return Ok(Found::Array(packed::held(&view, holder)?)),
        Some(Plain::Copy(flat)) if allow_copy => {
            if let Some(array) = packed::copy(py, &flat)? {
                return Ok(Found::Array(array));
            }
        }
        _ => {}
    }
    Ok(Found::Data(Acquired::of_capsule(schema, holder.array().take())))
}
