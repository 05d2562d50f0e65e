//! The public functions: the words in, the result out.
#![allow(clippy::doc_lazy_continuation, reason = "docstrings in NumPy's style are no Markdown")]

use arrownd::Error;
use arrownd::engine::{Form, Nulls, Options};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyType};

use crate::arguments::{Caller, Given, Request, Words, request};
use crate::batches::{Batches, KeptWords};
use crate::codes::codes;
use crate::convert;
use crate::errors::{Outcome, guarded};
use crate::from_numpy::{self, FromWords};
use crate::import::Acquired;
use crate::plan::Plan;
use crate::shortcut::{self, Found};

macro_rules! public_function {
    ($(#[$doc:meta])* $name:ident, $text:literal, |$py:ident, $obj:ident, $words:ident| $body:expr) => {
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(
            signature = (obj, /, dtype=None, *, allow_copy=true, writable=false, nulls=None, na_value=Given::Unset,
                columns=None, lists=Given::Unset, pad_to=None, structured=false, order=None, out=None, safe=true),
            text_signature = $text
        )]
        #[expect(clippy::too_many_arguments, reason = "each is one word of the public signature")]
        pub(crate) fn $name<'py>(
            obj: &Bound<'py, PyAny>,
            dtype: Option<Bound<'py, PyAny>>,
            allow_copy: bool,
            writable: bool,
            nulls: Option<Bound<'py, PyAny>>,
            na_value: Given<'py>,
            columns: Option<Bound<'py, PyAny>>,
            lists: Given<'py>,
            pad_to: Option<isize>,
            structured: bool,
            order: Option<Bound<'py, PyAny>>,
            out: Option<Bound<'py, PyAny>>,
            safe: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            guarded(|| {
                let $py = obj.py();
                let $words = Words {
                    dtype, allow_copy, writable, nulls, na_value, columns, lists, pad_to, structured, order, out, safe,
                };
                let $obj = obj;
                $body
            })
        }
    };
}

public_function! {
    #[doc = include_str!("docs/to_numpy.txt")]
    to_numpy,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"nan\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, words| {
        let plain = words.are_plain();
        // A bad word is refused before the producer is asked for anything.
        let request = request(py, words, Caller::ToNumpy)?;
        let allow_copy = request.options.allow_copy;
        let data = match if plain { shortcut::look(obj, allow_copy)? } else { Found::Untouched } {
            Found::Array(array) => return Ok(array),
            Found::Data(data) => data,
            Found::Untouched => Acquired::from(obj)?,
        };
        convert::one(py, data, &request)?.into_asked(py, &request)
    }
}

/// [`to_numpy`] with the default words, perhaps without copies, after a look at the object.
pub(crate) fn to_numpy_after<'py>(
    py: Python<'py>,
    object: &Bound<'py, PyAny>,
    found: Found<'py>,
    allow_copy: bool,
) -> Outcome<Bound<'py, PyAny>> {
    let data = match found {
        Found::Array(array) => return Ok(array),
        Found::Data(data) => data,
        Found::Untouched => Acquired::from(object)?,
    };
    let request = Request::plain(Options { allow_copy, record_masks: true, ..Options::default() });
    convert::one(py, data, &request)?.into_asked(py, &request)
}

public_function! {
    #[doc = include_str!("docs/to_columns.txt")]
    to_columns,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"nan\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, words| {
        let mut request = request(py, words, Caller::ToColumns)?;
        request.options.form = Form::Columns;
        convert::columns(py, Acquired::from(obj)?, &request)
    }
}

public_function! {
    #[doc = include_str!("docs/to_masked.txt")]
    to_masked,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"masked\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, words| {
        static MASKED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let nulls_given = words.nulls.is_some();
        let mut request = request(py, words, Caller::ToMasked)?;
        if nulls_given && request.options.nulls != Nulls::Masked {
            return Err(Error::Conflict("to_masked returns a mask: leave out nulls=".to_owned()).into());
        }
        request.options.nulls = Nulls::Masked;
        let made = convert::one(py, Acquired::from(obj)?, &request)?;
        Ok(MASKED.import(py, "arrownd.results", "Masked")?.call1((made.values, made.mask))?)
    }
}

public_function! {
    #[doc = include_str!("docs/to_ragged.txt")]
    to_ragged,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"nan\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, words| {
        let mut request = request(py, words, Caller::ToRagged)?;
        request.options.form = Form::Ragged;
        convert::ragged(py, Acquired::from(obj)?, &request)
    }
}

#[doc = include_str!("docs/to_codes.txt")]
#[pyfunction]
#[pyo3(signature = (obj, /, *, allow_copy=true))]
pub(crate) fn to_codes<'py>(obj: &Bound<'py, PyAny>, allow_copy: bool) -> PyResult<Bound<'py, PyAny>> {
    guarded(|| codes(obj.py(), Acquired::from(obj)?, allow_copy))
}

#[doc = include_str!("docs/iter_numpy.txt")]
#[pyfunction]
#[pyo3(
    signature = (stream, /, dtype=None, *, batch_size=None, as_columns=false, allow_copy=true, writable=false,
        nulls=None, na_value=Given::Unset, columns=None, lists=Given::Unset, pad_to=None, structured=false,
        order=None, out=None, safe=true),
    text_signature = "(stream, /, dtype=None, *, batch_size=None, as_columns=False, allow_copy=True, writable=False, nulls=\"nan\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True)"
)]
#[expect(clippy::too_many_arguments, reason = "each is one word of the public signature")]
pub(crate) fn iter_numpy<'py>(
    stream: &Bound<'py, PyAny>,
    dtype: Option<Bound<'py, PyAny>>,
    batch_size: Option<isize>,
    as_columns: bool,
    allow_copy: bool,
    writable: bool,
    nulls: Option<Bound<'py, PyAny>>,
    na_value: Given<'py>,
    columns: Option<Bound<'py, PyAny>>,
    lists: Given<'py>,
    pad_to: Option<isize>,
    structured: bool,
    order: Option<Bound<'py, PyAny>>,
    out: Option<Bound<'py, PyAny>>,
    safe: bool,
) -> PyResult<Batches> {
    guarded(|| {
        let batch_size = match batch_size.map(usize::try_from) {
            None => None,
            Some(Ok(size)) if size > 0 => Some(size),
            _ => return Err(Error::BadValue("batch_size has to be at least 1".to_owned()).into()),
        };
        let words = KeptWords {
            dtype: dtype.map(Bound::unbind),
            allow_copy,
            writable,
            nulls: nulls.map(Bound::unbind),
            na_value: na_value.kept(),
            // Read for every batch, so no iterator.
            columns: columns.map(|names| names_of(&names)).transpose()?,
            lists: lists.kept(),
            pad_to,
            structured,
            order: order.map(Bound::unbind),
            out: out.map(Bound::unbind),
            safe,
        };
        Batches::open(stream, words, batch_size, as_columns)
    })
}

#[doc = include_str!("docs/explain.txt")]
#[pyfunction]
#[pyo3(
    signature = (obj, /, dtype=None, *, as_columns=false, allow_copy=true, writable=false, nulls=None, na_value=Given::Unset,
        columns=None, lists=Given::Unset, pad_to=None, structured=false, order=None, out=None, safe=true,
        r#type=None, names=None, mask=None, nan_as_null=false, on_writable=None),
    text_signature = "(obj, /, dtype=None, *, as_columns=False, allow_copy=True, writable=False, nulls=\"nan\", na_value=..., columns=None, lists=..., pad_to=None, structured=False, order=\"F\", out=None, safe=True, type=None, names=None, mask=None, nan_as_null=False, on_writable=\"view\")"
)]
#[expect(clippy::too_many_arguments, reason = "each is one word of the public signature")]
pub(crate) fn explain<'py>(
    obj: &Bound<'py, PyAny>,
    dtype: Option<Bound<'py, PyAny>>,
    as_columns: bool,
    allow_copy: bool,
    writable: bool,
    nulls: Option<Bound<'py, PyAny>>,
    na_value: Given<'py>,
    columns: Option<Bound<'py, PyAny>>,
    lists: Given<'py>,
    pad_to: Option<isize>,
    structured: bool,
    order: Option<Bound<'py, PyAny>>,
    out: Option<Bound<'py, PyAny>>,
    safe: bool,
    r#type: Option<Bound<'py, PyAny>>,
    names: Option<Bound<'py, PyAny>>,
    mask: Option<Bound<'py, PyAny>>,
    nan_as_null: bool,
    on_writable: Option<Bound<'py, PyAny>>,
) -> PyResult<Plan> {
    guarded(|| {
        let words = Words {
            dtype,
            allow_copy,
            writable,
            nulls,
            na_value,
            columns,
            lists,
            pad_to,
            structured,
            order,
            out,
            safe,
        };
        let from = FromWords { r#type, names, mask, nan_as_null, on_writable };
        if from_numpy::takes(obj) {
            if let Some(word) = words.given().or(as_columns.then_some("as_columns=")) {
                return Err(Error::Conflict(format!(
                    "{word} is a word of to_numpy, and has no place beside NumPy input: leave it out"
                ))
                .into());
            }
            return from_numpy::plan_of(obj, &from, &from.options(words.allow_copy, words.safe)?);
        }
        if let Some(word) = from.given() {
            return Err(Error::Conflict(format!(
                "{word} is a word of from_numpy, and has no place beside Arrow data: leave it out"
            ))
            .into());
        }
        let mut request = request(obj.py(), words, Caller::Explain)?;
        if as_columns {
            request.options.form = Form::Columns;
        }
        let plan = convert::plan_of(obj, &request)?;
        Ok(Plan { plan, descr: request.descr.map(Bound::unbind) })
    })
}

fn names_of(names: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    if names.is_instance_of::<PyString>() {
        return Ok(names.clone().unbind());
    }
    Ok(PyList::new(names.py(), names.try_iter()?.collect::<PyResult<Vec<_>>>()?)?.into_any().unbind())
}
