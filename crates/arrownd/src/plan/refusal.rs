//! What a leaf is refused with.

use super::{Facts, LeafFacts, type_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::{Element, Mapped};
use crate::options::Options;
use crate::source::Ragged;

/// Refuses what has no place where missing values are refused.
pub(super) fn refuse_missing(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    options: &Options,
    path: &str,
) -> Result<()> {
    if leaf.missing > 0 {
        let remedy = "pass Nulls::Nan, Nulls::Mask or Nulls::Fill";
        return Err(missing_error(facts, leaf, path, remedy.to_owned()));
    }
    if leaf.padded > 0 && options.na_value.is_none() {
        return Err(unfilled(path, "Nulls::Refuse leaves no marker: pass Options::pad_with"));
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
        (format!("pad_to is {}", ragged.expected), "pass a larger Options::pad_to, or Options::pad")
    } else {
        (format!("those before it have {}", ragged.expected), "pass Options::pad, or use to_ragged")
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
    let to = to.map_or_else(|| "an array".to_owned(), |dtype| dtype.to_string());
    let elsewhere = if path.is_empty() { "" } else { "; leave the field out with Options::columns" };
    let remedy = if !supported {
        format!("this version doesn't convert the type yet{elsewhere}")
    } else if mapped.meaning == DType::Object {
        match mapped.element {
            Element::Decimal { .. } | Element::Wide { .. } => "ask for floats or integers".to_owned(),
            _ => format!("no element type holds these values{elsewhere}"),
        }
    } else if mapped.meaning == mapped.dtype {
        format!("ask for its own dtype, {}", mapped.dtype)
    } else {
        format!("ask for {}, the time since midnight", mapped.meaning)
    };
    Error::UnsupportedType { path: path.to_owned(), from: type_name(leaf.field), to, remedy }
}
