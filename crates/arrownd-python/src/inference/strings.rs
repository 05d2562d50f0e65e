//! NumPy's `StringDType`: text that NumPy keeps as UTF-8.

use arrow_buffer::{BooleanBufferBuilder, NullBuffer};
use arrow_schema::DataType;
use arrownd::engine::dense::{Made, OctetsBuilder};
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::snapshot::Elements;
use crate::errors::{Failure, Outcome};
use crate::kept::NumpyMemory;
use crate::strings::{Loaded, load_each};

/// What a text is taken to have, before the first is read.
const GUESS: usize = 16;

/// utf8. What is missing is null, or the `na_object` itself where that is a str.
pub(super) fn unpack(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    wanted: Option<&DataType>,
) -> Outcome<Made> {
    let na = array.dtype().getattr_opt("na_object")?;
    let na: Option<String> = match na.as_ref().map(|na| na.cast::<PyString>()) {
        Some(Ok(text)) => Some(text.extract()?),
        _ => None,
    };
    let Elements { cells, nulls } = Elements::new(array, mask);
    let count = cells.count();
    load_each(array, |loader| {
        let mut memory = NumpyMemory;
        let mut out =
            OctetsBuilder::new(count, count.saturating_mul(GUESS), &mut memory)?.laid_out_as(wanted)?;
        let mut valid: Option<BooleanBufferBuilder> = None;
        cells.each(|at, cell| -> Outcome<()> {
            if let (None, None, Some((bytes, len))) = (&nulls, &valid, loader.short(cell)) {
                return Ok(out.push_short(bytes, len)?);
            }
            let loaded = if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
                Loaded::Missing
            } else {
                loader.load(cell)?
            };
            let text = match (&loaded, &na) {
                (Loaded::Text(text), _) => Some(*text),
                (Loaded::Missing, _) => None,
                (Loaded::Na, na) => na.as_deref().map(str::as_bytes),
            };
            if text.is_none() || valid.is_some() {
                valid
                    .get_or_insert_with(|| {
                        let mut valid = BooleanBufferBuilder::new(count);
                        valid.append_n(at, true);
                        valid
                    })
                    .append(text.is_some());
            }
            let pushed = match text {
                Some(text) => out.push(text),
                None => out.push_nothing(),
            };
            Ok(pushed?)
        })?;
        out.finish_text(valid.map(|mut valid| NullBuffer::new(valid.finish()))).map_err(Failure::Core)
    })
}
