//! What a leaf is refused with.

use super::{Facts, LeafFacts, type_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::Mapped;
use crate::options::Options;
use crate::source::Ragged;

/// Refuses what has no place under `nulls="raise"`.
pub(super) fn refuse_missing(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    options: &Options,
    path: &str,
) -> Result<()> {
    if leaf.missing > 0 {
        let remedy = "pass nulls=\"nan\", nulls=\"masked\" or na_value=";
        return Err(missing_error(facts, leaf, path, remedy.to_owned()));
    }
    if leaf.padded > 0 && options.na_value.is_none() {
        return Err(unfilled(path, "nulls=\"raise\" leaves no marker: pass na_value="));
    }
    Ok(())
}

/// Lists that have to be filled up, and nothing to do that with.
pub(super) fn unfilled(path: &str, why: &str) -> Error {
    let place = if path.is_empty() { String::new() } else { format!("field {path:?}: ") };
    Error::Conflict(format!("{place}lists of unequal length are filled up, and {why}"))
}

pub(super) fn misfit(ragged: &Ragged, path: &str) -> Error {
    let (expected, remedy) = if ragged.too_long {
        (format!("pad_to is {}", ragged.expected), "pass a larger pad_to, or leave it out")
    } else {
        (
            format!("those before it have {}", ragged.expected),
            "pass lists=\"pad\" or lists=\"object\", or use to_ragged",
        )
    };
    Error::Ragged {
        path: path.to_owned(),
        row: ragged.row,
        found: ragged.found.clone(),
        expected,
        remedy: remedy.to_owned(),
    }
}

pub(super) fn missing_error(facts: &Facts<'_>, leaf: &LeafFacts<'_>, path: &str, remedy: String) -> Error {
    let each: usize = leaf.dims.iter().product();
    Error::Nulls {
        path: path.to_owned(),
        count: leaf.missing,
        len: facts.rows.unwrap_or(0) * each,
        first: leaf.first_missing,
        remedy,
    }
}

/// Whether this version has a kernel.
pub(super) fn is_supported(leaf: &LeafFacts<'_>, mapped: &Mapped) -> bool {
    mapped.row.row().supported || leaf.rows.is_some()
}

pub(super) fn unsupported(leaf: &LeafFacts<'_>, mapped: &Mapped, to: Option<DType>, path: &str) -> Error {
    let supported = is_supported(leaf, mapped);
    let to = to.map_or_else(|| "NumPy".to_owned(), |dtype| dtype.to_string());
    let remedy = if !supported {
        let elsewhere = if path.is_empty() { "" } else { "; leave the field out with columns=" };
        format!("this version doesn't convert the type yet{elsewhere}")
    } else if mapped.meaning == DType::Object {
        "leave out dtype= to get Python objects".to_owned()
    } else if mapped.meaning == mapped.dtype {
        format!("leave out dtype= to get {}, or pass dtype=object", mapped.dtype)
    } else {
        format!("leave out dtype= to get {}, or pass dtype=\"{}\"", mapped.dtype, mapped.meaning)
    };
    Error::UnsupportedType { path: path.to_owned(), from: type_name(leaf.field), to, remedy }
}
