//! Dictionaries and runs, of values that are read some at a time.

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::{EncodedBuilder, Made};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use super::snapshot::Elements;
use super::{octets, straight};
use crate::errors::{Failure, Outcome};
use crate::export;
use crate::from_numpy::FromRequest;
use crate::kept::NumpyMemory;

/// How many values are read before they are encoded.
const SOME: usize = 1 << 14;

/// The dictionary or the runs that are wanted of an array whose values `read` finds to be of one type, some at a time: Arrow's
/// null where nothing is among some. None for other values, fewer of them, and whatever is wrong with them: the general way
/// finds out what to do, or to say.
pub(super) fn coded<'py>(
    array: &Bound<'py, PyUntypedArray>,
    mask: Option<&Bound<'py, PyUntypedArray>>,
    wanted: Option<&Field>,
    safe: bool,
    mut read: impl FnMut(
        &Bound<'py, PyUntypedArray>,
        Option<&Bound<'py, PyUntypedArray>>,
    ) -> Outcome<Option<Made>>,
) -> Outcome<Option<Made>> {
    let Some(wanted) = wanted else { return Ok(None) };
    if array.ndim() != 1 || array.len() < 2 * SOME {
        return Ok(None);
    }
    let Some(mut out) = EncodedBuilder::new(wanted, array.len(), &mut NumpyMemory)? else { return Ok(None) };
    let mut found: Option<DataType> = None;
    for start in (0..array.len()).step_by(SOME) {
        let some = (start, array.len().min(start + SOME));
        let mask = mask.map(|mask| export::part(mask, some)).transpose()?;
        let made = match read(&export::part(array, some)?, mask.as_ref()) {
            Err(Failure::Core(_)) => return Ok(None),
            made => made?,
        };
        let Some(made) = made else { return Ok(None) };
        let own = made.field.data_type();
        if *own != DataType::Null && own != found.get_or_insert_with(|| own.clone()) {
            return Ok(None);
        }
        let append = || -> arrownd::Result<bool> {
            let Ok(made) = cast(made, &out.values().clone(), safe, &mut NumpyMemory) else {
                return Ok(false);
            };
            out.append(&made.data)
        };
        if !array.py().detach(append)? {
            return Ok(None);
        }
    }
    // What nothing is known of has a type of its own.
    if found.is_none() { Ok(None) } else { Ok(Some(out.finish()?)) }
}

/// The same of objects.
pub(super) fn objects<'py>(
    array: &Bound<'py, PyUntypedArray>,
    mask: Option<&Bound<'py, PyUntypedArray>>,
    wanted: Option<&Field>,
    request: &FromRequest,
) -> Outcome<Option<Made>> {
    let py = array.py();
    let mut class = None;
    coded(array, mask, wanted, request.safe, |array, mask| {
        let elements = Elements::new(array, mask);
        let Some(own) = straight::class(py, &elements) else {
            let nothing = ArrayData::new_null(&DataType::Null, array.len());
            return Ok(Some(Made { field: Field::new("", DataType::Null, true).into(), data: nothing }));
        };
        match &class {
            None => {
                if let Some(made) = octets::straight(py, &elements, None)? {
                    return Ok(Some(made));
                }
                class = Some(own);
            }
            Some(class) if !own.is(class) => return Ok(None),
            Some(_) => {}
        }
        straight::straight(py, &elements, wanted, request)
    })
}
