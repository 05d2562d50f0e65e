//! Dictionaries of text and bytes, coded some values at a time.

use arrow_schema::DataType;
use arrownd::engine::dense::{CodesBuilder, Made};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::errors::{Failure, Outcome};
use crate::export;

/// How many values are read before they are coded.
const SOME: usize = 1 << 14;

/// The dictionary that is wanted of an array whose values `read` finds to be of its type, some at a time. None for other
/// values, fewer of them, and whatever is wrong with them: the general way finds out what to do, or to say.
pub(super) fn coded<'py>(
    array: &Bound<'py, PyUntypedArray>,
    mask: Option<&Bound<'py, PyUntypedArray>>,
    wanted: Option<&DataType>,
    read: impl Fn(&Bound<'py, PyUntypedArray>, Option<&Bound<'py, PyUntypedArray>>) -> Outcome<Option<Made>>,
) -> Outcome<Option<Made>> {
    let Some(DataType::Dictionary(index, values)) = wanted else { return Ok(None) };
    if array.ndim() != 1 || array.len() < 2 * SOME || !matches!(**values, DataType::Utf8 | DataType::Binary) {
        return Ok(None);
    }
    let mut out = CodesBuilder::new(index, values, array.len())?;
    for start in (0..array.len()).step_by(SOME) {
        let some = (start, array.len().min(start + SOME));
        let mask = mask.map(|mask| export::part(mask, some)).transpose()?;
        let made = match read(&export::part(array, some)?, mask.as_ref()) {
            Err(Failure::Core(_)) => return Ok(None),
            made => made?,
        };
        match made {
            Some(made) if out.append(&made.data)? => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(out.finish()?))
}
