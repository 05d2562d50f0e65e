//! What goes where a value is missing, and whether it fits.

use std::borrow::Cow;

use super::Facts;
use super::convert::{Op, convert};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::{Element, Mapped, RowId};
use crate::options::{Fill, Fills, Form, Options, Outs};

/// The options as one field of a table sees them.
pub(super) fn options_for<'o>(options: &'o Options, name: &str) -> Cow<'o, Options> {
    let by_field = matches!(options.na_value, Some(Fills::Fields(_)))
        || matches!(options.out, Some(Outs::Fields(_)))
        || options.columns.is_some();
    if options.form == Form::Matrix && !by_field {
        return Cow::Borrowed(options);
    }
    let mut own = options.clone();
    own.form = Form::Matrix;
    own.columns = None;
    own.na_value = options.na_value.as_ref().and_then(|fills| fills.of(name).cloned()).map(Fills::All);
    own.out = match &options.out {
        Some(Outs::Fields(fields)) => {
            fields.iter().find(|(field, _)| field == name).map(|(_, spec)| Outs::One(spec.clone()))
        }
        other => other.clone(),
    };
    Cow::Owned(own)
}

/// Refuses names that no field has, and an `out` that leaves a field out.
///
/// # Errors
/// [`Error::BadValue`] names the field.
pub(super) fn check_names(children: &[Facts<'_>], options: &Options) -> Result<()> {
    let known = |name: &str| children.iter().any(|child| child.field.name() == name);
    let fills = match &options.na_value {
        Some(Fills::Fields(fields)) => fields.as_slice(),
        _ => &[],
    };
    if let Some((name, _)) = fills.iter().find(|(name, _)| !known(name)) {
        return Err(Error::BadValue(format!(
            "Nulls::FillFields names a field {name:?} that isn't among those converted"
        )));
    }
    let Some(Outs::Fields(outs)) = &options.out else { return Ok(()) };
    if let Some((name, _)) = outs.iter().find(|(name, _)| !known(name)) {
        return Err(Error::BadValue(format!("out names a field {name:?} that isn't among those converted")));
    }
    match children.iter().find(|child| !outs.iter().any(|(name, _)| name == child.field.name())) {
        Some(child) => {
            Err(Error::BadValue(format!("out has no array for the field {:?}", child.field.name())))
        }
        None => Ok(()),
    }
}

/// The dtype's own marker for a missing value.
pub(super) fn marker(dtype: DType) -> Option<Fill> {
    match dtype {
        dtype if dtype.is_float() => Some(Fill::Float(f64::NAN)),
        DType::Datetime(_) | DType::Timedelta(_) => Some(nat(dtype)),
        DType::Object | DType::Strings { na: true } => Some(Fill::Object("None".to_owned())),
        _ => None,
    }
}

fn nat(dtype: DType) -> Fill {
    Fill::Temporal { ticks: i64::MIN, resolution: None, datetime: matches!(dtype, DType::Datetime(_)) }
}

/// `fill` as `dtype` holds it.
///
/// # Errors
/// [`Error::FillDoesNotFit`] names the field.
pub(super) fn fit(fill: &Fill, dtype: DType, path: &str) -> Result<Fill> {
    let refuse =
        || Error::FillDoesNotFit { path: path.to_owned(), value: fill.to_string(), dtype: dtype.to_string() };
    let fitted = match (dtype, fill) {
        (DType::Object, _) | (DType::Bool, Fill::Bool(_)) | (DType::Strings { .. }, Fill::Text(_)) => {
            Some(fill.clone())
        }
        (DType::Bool, Fill::Int(0 | 1)) => Some(Fill::Bool(*fill == Fill::Int(1))),
        (dtype, Fill::Bool(x)) if dtype.is_numeric() => Some(Fill::Int(i128::from(*x))),
        (dtype, Fill::Int(x)) if dtype.is_integer() => int_range(dtype).contains(x).then_some(Fill::Int(*x)),
        (dtype, Fill::Float(x)) if dtype.is_integer() => {
            let whole = x.trunc() == *x && int_range(dtype).contains(&(*x as i128)) && x.abs() < 3e19;
            whole.then_some(Fill::Int(*x as i128))
        }
        (dtype, Fill::Int(x)) if dtype.is_float() => {
            let float = *x as f64;
            (float < 2f64.powi(127) && float as i128 == *x && holds(dtype, float, true))
                .then_some(Fill::Float(float))
        }
        (dtype, Fill::Float(x)) if dtype.is_float() => holds(dtype, *x, false).then_some(Fill::Float(*x)),
        (DType::Datetime(_), Fill::Temporal { ticks: i64::MIN, datetime: true, .. })
        | (DType::Timedelta(_), Fill::Temporal { ticks: i64::MIN, .. }) => Some(nat(dtype)),
        (DType::Datetime(to), Fill::Temporal { ticks, resolution, datetime: true }) => {
            rescale(DType::Datetime(*resolution), dtype, *ticks).map(|ticks| Fill::Temporal {
                ticks,
                resolution: to,
                datetime: true,
            })
        }
        (DType::Timedelta(to), Fill::Temporal { ticks, resolution, datetime: false }) => {
            rescale(DType::Timedelta(*resolution), dtype, *ticks).map(|ticks| Fill::Temporal {
                ticks,
                resolution: to,
                datetime: false,
            })
        }
        (DType::Unicode(n), Fill::Text(text)) => {
            (text.chars().count() <= n && !text.ends_with('\0')).then(|| fill.clone())
        }
        (DType::ByteString(n), Fill::Text(text)) => {
            (text.is_ascii() && text.len() <= n && !text.ends_with('\0'))
                .then(|| Fill::Bytes(text.clone().into_bytes()))
        }
        (DType::ByteString(n), Fill::Bytes(bytes)) => {
            (bytes.len() <= n && !bytes.ends_with(b"\0")).then(|| fill.clone())
        }
        (DType::Void(_) | DType::IntervalDayTime | DType::IntervalMonthDayNano, Fill::Bytes(bytes)) => {
            (bytes.len() == dtype.itemsize()).then(|| fill.clone())
        }
        _ => None,
    };
    fitted.ok_or_else(refuse)
}

fn int_range(dtype: DType) -> std::ops::RangeInclusive<i128> {
    let bits = dtype.itemsize() * 8;
    if dtype.is_signed() { -(1 << (bits - 1))..=(1 << (bits - 1)) - 1 } else { 0..=(1 << bits) - 1 }
}

/// Whether a float dtype holds `x`: without becoming infinite, and for an integer exactly.
fn holds(dtype: DType, x: f64, exactly: bool) -> bool {
    let narrow = match dtype {
        DType::Float16 => f64::from(half::f16::from_f64(x).to_f32()),
        DType::Float32 => f64::from(x as f32),
        _ => x,
    };
    if exactly { narrow == x } else { !(x.is_finite() && narrow.is_infinite()) }
}

fn rescale(from: DType, to: DType, ticks: i64) -> Option<i64> {
    // A generic unit counts in the result's own.
    if matches!(from, DType::Datetime(None) | DType::Timedelta(None)) {
        return Some(ticks);
    }
    let mapped =
        Mapped { row: RowId::Timestamp, element: Element::I64, dtype: from, meaning: from, zoned: false };
    match convert(&mapped, to)?.0 {
        Op::Same => Some(ticks),
        Op::Scale { mul, div } => {
            let product = i128::from(ticks) * i128::from(mul);
            (product % i128::from(div) == 0).then_some(product / i128::from(div))?.try_into().ok()
        }
        Op::Calendar { from, to } => crate::kernels::calendar::Calendar::new(from, to)
            .convert(ticks)
            .filter(|(_, exact)| *exact)
            .map(|(t, _)| t),
        _ => None,
    }
}
