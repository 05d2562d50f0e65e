//! The memory of a result: how much is allocated, and what the caller's `out` has to be.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::{Options, OutSpec, Outs};

/// The bytes that are allocated for a result of so many elements.
pub(super) fn allocated(
    elements: Option<usize>,
    dtype: DType,
    copies: bool,
    masked: bool,
    options: &Options,
) -> Option<usize> {
    elements.map(|n| {
        let values = if copies && options.out.is_none() { n.saturating_mul(dtype.itemsize()) } else { 0 };
        let mask =
            if masked && options.out_mask.is_none() { mask_bytes(elements, dtype, options) } else { None };
        values + mask.unwrap_or(0)
    })
}

/// The bytes of the mask of so many elements.
pub(super) fn mask_bytes(elements: Option<usize>, dtype: DType, options: &Options) -> Option<usize> {
    let each = if options.record_masks { dtype.record_parts() } else { 1 };
    elements.map(|n| n.saturating_mul(each))
}

/// A shape as Python writes it.
pub(super) fn tuple(shape: &[usize]) -> String {
    match shape {
        [n] => format!("({n},)"),
        _ => format!("({})", shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// Refuses an `out` that the result doesn't fit into.
pub(super) fn check_outs(
    options: &Options,
    dtype: DType,
    rows: Option<usize>,
    trailing: &[usize],
) -> Result<()> {
    let check = |out: &OutSpec, what: &str, dtype: DType| {
        let shape: Vec<usize> = rows.into_iter().chain(trailing.iter().copied()).collect();
        if rows.is_none() || (out.dtype == dtype && out.record.is_none() && out.shape == shape) {
            return Ok(());
        }
        Err(Error::BadValue(format!(
            "{what} has dtype {} and shape {}, and the result has dtype {dtype} and shape {}: pass an array of that kind, or Options::dtype",
            out.dtype,
            tuple(&out.shape),
            tuple(&shape)
        )))
    };
    if let Some(Outs::One(out)) = &options.out {
        check(out, "out", dtype)?;
    }
    if let Some(out) = &options.out_mask {
        check(out, "the mask of out", DType::Bool)?;
    }
    Ok(())
}
