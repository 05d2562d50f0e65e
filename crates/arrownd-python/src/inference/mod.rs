//! Arrays of objects and of text to Arrow: types are found in the values.

mod blocks;
mod cells;
mod codes;
mod column;
mod concat;
mod decimals;
mod intervals;
mod kinds;
mod lists;
mod numbers;
mod octets;
mod place;
mod records;
mod short;
mod snapshot;
mod straight;
mod strings;
mod ticks;
mod times;
mod zones;

use arrow_schema::{DataType, Field};
use arrownd::Error;
use arrownd::engine::dense::type_name::Wanted;
use arrownd::engine::dense::{Made, byte_strings, unicode};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors::{Failure, Outcome};
use crate::from_numpy::FromRequest;
use crate::kept::NumpyMemory;
use column::{changed, column};
use place::Place;
use snapshot::Elements;

/// From so many values on, text is read without the GIL.
const WORTH_DETACHING: usize = 16_384;

/// The values of an object array in C order, whatever they are. Masked ones aren't looked at.
pub(crate) fn objects(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    request: &FromRequest,
) -> Outcome<Made> {
    let py = array.py();
    let elements = Elements::new(array, mask);
    let wanted = match &request.wanted {
        Some(Wanted::Field(field)) => Some(field),
        _ => None,
    };
    let coded = codes::objects(array, mask, wanted, request)?;
    if let Some(made) = coded {
        return Ok(made);
    }
    let made = match wanted.map(Field::data_type) {
        Some(DataType::FixedSizeBinary(width)) => {
            octets::straight_fixed(py, &elements, usize::try_from(*width).unwrap_or(0))?
        }
        wanted => octets::straight(py, &elements, wanted)?,
    };
    if let Some(made) = made {
        return Ok(made);
    }
    if let Some(made) = straight::straight(py, &elements, wanted, request)? {
        return Ok(made);
    }
    let in_blocks = blocks::worth(array, &elements);
    if let Some(made) = cells::lists(py, &elements, wanted, request, in_blocks)? {
        return Ok(made);
    }
    if !in_blocks {
        return column(py, elements.objects(py), wanted, request, &Place::Top);
    }
    let count = array.len();
    if let Some(made) = blocks::blocks(array, mask, wanted, request)? {
        return Ok(made);
    }
    // Code that objects ran can have made the array another one.
    if array.len() != count {
        return Err(changed(&Place::Top, 0));
    }
    column(py, Elements::new(array, mask).objects(py), wanted, request, &Place::Top)
}

/// The values of a `U`, `S` or `StringDType` array in C order.
pub(crate) fn text(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    request: &FromRequest,
) -> Outcome<Made> {
    let wanted = match &request.wanted {
        Some(Wanted::Field(field)) => Some(field),
        _ => None,
    };
    let read = |array: &_, mask: Option<&_>| plain_text(array, mask, None).map(Some);
    match codes::coded(array, mask, wanted, request.safe, read)? {
        Some(made) => Ok(made),
        None => plain_text(array, mask, wanted.map(Field::data_type)),
    }
}

/// The same, laid out as is wanted where that is text or bytes.
fn plain_text(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    wanted: Option<&DataType>,
) -> Outcome<Made> {
    let py = array.py();
    let dtype = array.dtype();
    let kind = dtype.kind();
    if kind == b'T' {
        return strings::unpack(array, mask, wanted);
    }
    let elements = Elements::new(array, mask);
    let (cells, nulls) = (elements.cells, elements.nulls);
    let swapped = dtype.is_native_byteorder() == Some(false);
    let long = array.len() >= WORTH_DETACHING;
    if let (b'S', Some(DataType::FixedSizeBinary(width))) = (kind, wanted) {
        let width = usize::try_from(*width).unwrap_or(0);
        let valid = nulls.as_ref();
        let read = move || octets::fixed_cells(cells, valid, width);
        if let Some(flat) = if long { py.detach(read) } else { read() }? {
            return octets::fixed(array.len(), width, flat, nulls);
        }
    }
    let work = move || {
        let mut memory = NumpyMemory;
        if kind == b'U' {
            unicode(cells, swapped, nulls, wanted, &mut memory)
        } else {
            byte_strings(cells, nulls, wanted, &mut memory)
        }
    };
    Ok(if long { py.detach(work) } else { work() }?)
}

/// The error of an array that arrow-rs doesn't take, which is a bug here.
fn build(builder: arrow_data::ArrayDataBuilder, field: Field) -> Outcome<Made> {
    match builder.data_type(field.data_type().clone()).build() {
        Ok(data) => Ok(Made { field: field.into(), data }),
        Err(error) => {
            Err(Failure::Core(Error::InvalidArrow { path: String::new(), what: error.to_string() }))
        }
    }
}
