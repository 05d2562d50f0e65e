//! The words of `from_numpy`, in the core's terms.

use std::collections::HashSet;

use arrownd::engine::dense::type_name::{Wanted, parse_type};
use arrownd::engine::dense::{OnWritable, Options};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors::Outcome;
use crate::import::type_of;

/// The keyword arguments that only `from_numpy` has, as they came.
pub(crate) struct FromWords<'py> {
    pub(crate) r#type: Option<Bound<'py, PyAny>>,
    pub(crate) names: Option<Bound<'py, PyAny>>,
    pub(crate) mask: Option<Bound<'py, PyAny>>,
    pub(crate) nan_as_null: bool,
    pub(crate) on_writable: Option<Bound<'py, PyAny>>,
}

impl FromWords<'_> {
    pub(crate) fn options(&self, allow_copy: bool, safe: bool) -> Outcome<Options> {
        let on_writable = match &self.on_writable {
            None => OnWritable::View,
            Some(word) => match word.extract::<&str>().unwrap_or_default() {
                "view" => OnWritable::View,
                "copy" => OnWritable::Copy,
                "freeze" => OnWritable::Freeze,
                _ => {
                    return Err(PyValueError::new_err(format!(
                        "on_writable={}: it is one of \"view\", \"copy\", \"freeze\"",
                        word.repr()?
                    ))
                    .into());
                }
            },
        };
        let wanted = self.r#type.as_ref().map(wanted).transpose()?;
        Ok(Options { wanted, nan_as_null: self.nan_as_null, allow_copy, on_writable, safe })
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> Outcome<Option<Vec<String>>> {
        let Some(names) = &self.names else { return Ok(None) };
        if names.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("names is a list of names, not one name").into());
        }
        let names: Vec<String> = names
            .try_iter()?
            .map(|name| {
                let name = name?;
                name.extract::<String>().map_err(|_| {
                    let class = name.get_type().name().map(|name| name.to_string()).unwrap_or_default();
                    PyTypeError::new_err(format!("names is a list of str, and has a {class}"))
                })
            })
            .collect::<PyResult<_>>()?;
        let mut seen = HashSet::with_capacity(names.len());
        if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(PyValueError::new_err(format!("names has {twice:?} twice: rename one")).into());
        }
        Ok(Some(names))
    }

    /// The first word that was given, for functions where they have no place.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [
            (self.r#type.is_some(), "type="),
            (self.names.is_some(), "names="),
            (self.mask.is_some(), "mask="),
            (self.nan_as_null, "nan_as_null="),
            (self.on_writable.is_some(), "on_writable="),
        ]
        .iter()
        .find_map(|(given, word)| given.then_some(*word))
    }
}

/// Reads `type=`.
fn wanted(word: &Bound<'_, PyAny>) -> Outcome<Wanted> {
    if let Ok(text) = word.cast::<PyString>() {
        return Ok(parse_type(&text.to_string())?);
    }
    if word.hasattr(intern!(word.py(), "__arrow_c_schema__"))? {
        return Ok(Wanted::Field(type_of(word)?.with_name("")));
    }
    Err(PyTypeError::new_err(format!(
        "type={} is no Arrow type: pass a name such as \"float32\", or an object with __arrow_c_schema__",
        word.repr()?
    ))
    .into())
}
