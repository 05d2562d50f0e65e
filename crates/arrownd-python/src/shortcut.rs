//! The commonest case, without the pipeline: a flat array of fixed width in one piece, without a bitmap, under
//! default options. It becomes a view right after the import, or is handed on as imported.

use arrownd::{ArrowArray, ArrowSchema};
use pyo3::intern;
use pyo3::prelude::*;

use crate::capsule;
use crate::convert;
use crate::errors::Outcome;
use crate::holder::Holder;
use crate::import::{Acquired, plain_of};
use crate::producers;
use crate::protocol::{Protocol, protocol};

/// What a look at an object gave.
pub(crate) enum Found<'py> {
    /// Its view.
    View(Bound<'py, PyAny>),
    /// Its data, which the pipeline has to convert.
    Data(Acquired<'py>),
    /// Nothing was asked of it yet.
    Untouched,
}

/// Looks at an object whose data may be asked for under the GIL.
///
/// Structs are filled where they stay, and a stream is used in its capsule: moving them costs as much as a view.
pub(crate) fn look<'py>(object: &Bound<'py, PyAny>) -> Outcome<Found<'py>> {
    if let Some(view) = producers::plain(object)? {
        return Ok(Found::View(view));
    }
    match protocol(object)? {
        Some(Protocol::Stream { at_hand: true }) => stream(object),
        Some(Protocol::Stream { at_hand: false }) => match producers::kept_by_pandas(object)? {
            Some(kept) => stream(&kept),
            None => Ok(Found::Untouched),
        },
        Some(Protocol::Array { or_stream: false }) => array(object),
        _ => Ok(Found::Untouched),
    }
}

fn stream<'py>(object: &Bound<'py, PyAny>) -> Outcome<Found<'py>> {
    let py = object.py();
    let mut capsule = object.call_method0(intern!(py, "__arrow_c_stream__"))?;
    let stream = capsule::stream(&mut capsule)?;
    let (mut schema, mut next) = (ArrowSchema::empty(), ArrowArray::empty());
    let mut holder = Holder::new(py)?;
    let first = holder.array();
    stream.schema(&mut schema)?;
    stream.next(first)?;
    if !first.is_released() {
        stream.next(&mut next)?;
        if next.is_released()
            && let Some(view) = plain_of(&schema, first)
        {
            return Ok(Found::View(convert::plain(&view, holder)?));
        }
    }
    let mut data = Acquired::of_schema(schema);
    while !first.is_released() {
        data.push(std::mem::replace(first, next.take()));
        if !first.is_released() {
            stream.next(&mut next)?;
        }
    }
    Ok(Found::Data(data))
}

fn array<'py>(object: &Bound<'py, PyAny>) -> Outcome<Found<'py>> {
    let py = object.py();
    let returned = object.call_method0(intern!(py, "__arrow_c_array__"))?;
    let (schema, array) = capsule::pair(&returned)?;
    let mut holder = Holder::new(py)?;
    *holder.array() = capsule::take_array(&array)?;
    match plain_of(capsule::schema(&schema)?, holder.array()) {
        Some(view) => Ok(Found::View(convert::plain(&view, holder)?)),
        None => Ok(Found::Data(Acquired::of_capsule(schema, holder.array().take()))),
    }
}
