//! What an array looks like where it is printed.

use arrownd::engine::dense::Made;
use arrownd::engine::dense::type_name::full_name;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{Array, null_count, to_numpy};
use crate::errors::Outcome;

/// So many values are shown, of types without others in them.
const SHOWN: usize = 6;
/// Longer values are cut.
const WIDEST: usize = 40;

pub(super) fn shown(array: &Bound<'_, Array>) -> Outcome<String> {
    let own = array.get();
    let made = own.made(array.py())?;
    let (len, nulls) = (made.data.len(), null_count(made));
    let mut text = format!("<arrownd.Array {}, length {len}", full_name(&made.field));
    match nulls {
        0 => {}
        1 => text.push_str(", 1 null"),
        n => text.push_str(&format!(", {n} nulls")),
    }
    if let Some(values) = values(array.py(), made) {
        text.push_str(": ");
        text.push_str(&values);
    }
    text.push('>');
    Ok(text)
}

/// The first values; `None` for lists and structs, and for values that Python has no objects for.
fn values(py: Python<'_>, made: &Made) -> Option<String> {
    if made.data.data_type().is_nested() {
        return None;
    }
    let len = made.data.len();
    let first = Made { field: made.field.clone(), data: made.data.slice(0, len.min(SHOWN)) };
    let first = Array::new(py, first).ok()?.into_bound(py);
    let words = PyDict::new(py);
    words.set_item(intern!(py, "dtype"), intern!(py, "object")).ok()?;
    let objects = to_numpy(&first, &words).ok()?.call_method0(intern!(py, "tolist")).ok()?;
    let mut shown = Vec::new();
    for value in objects.cast::<PyList>().ok()? {
        let text = value.repr().ok()?.to_string();
        match text.char_indices().nth(WIDEST) {
            Some((end, _)) => shown.push(format!("{}...", text.get(..end)?)),
            None => shown.push(text),
        }
    }
    if len > SHOWN {
        shown.push("...".to_owned());
    }
    Some(format!("[{}]", shown.join(", ")))
}
