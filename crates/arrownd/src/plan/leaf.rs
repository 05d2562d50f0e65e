//! The plan of one leaf: a plain array, or one in fixed-size lists.

use super::convert::{Op, convert, viewed_as};
use super::fill::{fit, marker};
use super::outs::{allocated, check_outs, mask_bytes};
use super::refusal::{is_supported, misfit, missing_error, refuse_missing, unfilled, unsupported};
use super::{Facts, LeafFacts, LeafStep, Note, Plan, Reason, Reasons, Step, Transfer, type_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::{Mapped, map};
use crate::options::{Fill, Fills, Nulls, Options};
use crate::source::Dims;

/// What every NumPy has; 2 and later have 64.
const MOST_DIMENSIONS: usize = 32;

/// The plan of a leaf on its own.
pub(super) fn plan(facts: &Facts<'_>, leaf: &LeafFacts<'_>, options: &Options, path: &str) -> Result<Plan> {
    let mapped = map(leaf.field)?;
    if facts.rows.is_some() {
        return known(facts, leaf, &mapped, options, path);
    }
    // A schema: without a null, and what it would be with one.
    let mut plan = known(facts, &LeafFacts { missing: 0, ..leaf.clone() }, &mapped, options, path)?;
    let with_nulls = known(facts, &LeafFacts { missing: 1, ..leaf.clone() }, &mapped, options, path);
    plan.dtype_with_nulls = with_nulls.ok().and_then(|plan| plan.dtype);
    Ok(plan)
}

fn known(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    mapped: &Mapped,
    options: &Options,
    path: &str,
) -> Result<Plan> {
    let own = result_dtype(facts, leaf, mapped, options, path)?;
    into(facts, leaf, mapped, options, path, own, true)
}

/// The dtype that this leaf has on its own, after its nulls.
pub(super) fn result_dtype(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    mapped: &Mapped,
    options: &Options,
    path: &str,
) -> Result<DType> {
    if !is_supported(leaf, mapped) {
        return Err(unsupported(leaf, mapped, options.dtype, path));
    }
    if leaf.axes.len() >= MOST_DIMENSIONS {
        return Err(Error::UnsupportedType {
            path: path.to_owned(),
            from: type_name(facts.field),
            to: format!("an array of {} dimensions", leaf.axes.len() + 1),
            remedy: format!("arrays have at most {MOST_DIMENSIONS}"),
        });
    }
    if let (Some(Fills::Fields(_)), true) = (&options.na_value, path.is_empty()) {
        return Err(Error::Conflict(format!(
            "Nulls::FillFields names fields, and the input is {}: pass Nulls::Fill",
            type_name(facts.field)
        )));
    }
    if let Some(ragged) = &leaf.way.ragged {
        return Err(misfit(ragged, path));
    }
    if let Some(record) = &options.record {
        return Err(Error::UnsupportedType {
            path: path.to_owned(),
            from: type_name(facts.field),
            to: format!("records of dtype {record}"),
            remedy: "Options::record is for structs and tables".to_owned(),
        });
    }
    if options.nulls == Nulls::Raise {
        refuse_missing(facts, leaf, options, path)?;
    }
    // A dtype is the values', not that of the arrays of them.
    if leaf.rows.is_some() {
        return Ok(DType::Object);
    }
    if let Some(part) = options.dtype.and_then(DType::complex_part) {
        let refuse = |remedy: &str| Error::UnsupportedType {
            path: path.to_owned(),
            from: type_name(facts.field),
            to: format!("complex numbers of {part}"),
            remedy: remedy.to_owned(),
        };
        let pairs = leaf.dims.last() == Some(&2) && leaf.axes.last() == Some(&(leaf.dims.len() - 1));
        let apart = options.nulls == Nulls::Masked && absent(leaf);
        if apart {
            return Err(refuse(
                "half a number can't be masked: pass Nulls::Nan to get NaN for what is missing",
            ));
        }
        if !pairs || !mapped.dtype.is_float() || leaf.way.lists > 0 {
            return Err(refuse(
                "complex takes pairs of floats, in fixed-size lists of 2: leave out Options::dtype",
            ));
        }
        let wrong = || refuse("complex takes pairs of floats: leave out Options::dtype");
        return convert(mapped, part).and(options.dtype).ok_or_else(wrong);
    }
    if let Some(wanted) = options.dtype {
        return convert(mapped, wanted)
            .map(|(_, dtype)| if facts.rows.is_some() { sized(dtype, leaf, options) } else { dtype })
            .ok_or_else(|| unsupported(leaf, mapped, Some(wanted), path));
    }
    let fills = absent(leaf) && options.nulls == Nulls::Nan && options.na_value.is_none();
    Ok(if fills { mapped.dtype.with_missing() } else { mapped.dtype })
}

/// Whether a place of the result has no value: it is missing, or its list is short.
pub(super) fn absent(leaf: &LeafFacts<'_>) -> bool {
    leaf.missing > 0 || leaf.padded > 0
}

/// `dtype`, wide enough for every text and for the fill, where the request leaves that open.
fn sized(dtype: DType, leaf: &LeafFacts<'_>, options: &Options) -> DType {
    if !dtype.takes_width() {
        return dtype;
    }
    let fill = match (&options.na_value, dtype) {
        (Some(Fills::All(Fill::Text(text))), DType::Unicode(_)) => text.chars().count(),
        (Some(Fills::All(Fill::Text(text))), _) => text.len(),
        (Some(Fills::All(Fill::Bytes(bytes))), _) => bytes.len(),
        _ => 0,
    };
    let fill = if absent(leaf) { fill } else { 0 };
    dtype.at_least(leaf.longest.unwrap_or(0).max(fill))
}

/// The plan of a leaf into `target`: `alone`, or as columns of a matrix, which counts the bytes and
/// may want a dtype that is wider than the leaf's own.
pub(super) fn into(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    mapped: &Mapped,
    options: &Options,
    path: &str,
    target: DType,
    alone: bool,
) -> Result<Plan> {
    if let Some(values) = &leaf.rows {
        return super::rows::plan(facts, leaf, values, options, path, alone);
    }
    if let Some(part) = target.complex_part() {
        if !alone {
            return Err(Error::UnsupportedType {
                path: path.to_owned(),
                from: type_name(facts.field),
                to: format!("a column of a matrix of {target}"),
                remedy: "convert the columns one by one".to_owned(),
            });
        }
        return complex(facts, leaf, mapped, options, path, (target, part));
    }
    let (op, target) =
        convert(mapped, target).ok_or_else(|| unsupported(leaf, mapped, Some(target), path))?;
    let each = leaf.dims.iter().fold(1usize, |a, n| a.saturating_mul(*n));
    let values = match leaf.way.unknown.as_slice() {
        [] if each == 0 => Some(0),
        [] => facts.rows.map(|rows| rows.saturating_mul(each)),
        _ => None,
    };
    let fill = fill(facts, leaf, options, path, op, target)?;
    // np.ma has a record mask for every structured array, whether something is missing or not.
    let records = options.record_masks && target.record_parts() > 1 && values != Some(0);
    let masked = options.nulls == Nulls::Masked && (absent(leaf) || records);

    let mut reasons = Reasons::new();
    if values != Some(0) {
        if leaf.chunks > 1 {
            reasons.push(Reason::Chunked { chunks: leaf.chunks });
        }
        let filled = leaf.missing > 0 && fill.is_some();
        if (filled || op == Op::Nothing) && !(masked && op == Op::Object) {
            reasons.push(Reason::Nulls {
                count: facts.rows.map(|_| leaf.missing),
                viewable: viewed_as(mapped).is_some(),
            });
        }
        let way = [
            (leaf.way.dictionary, Reason::Dictionary),
            (leaf.way.runs, Reason::RunEnds),
            (leaf.way.gaps, Reason::ListGaps),
        ];
        reasons.extend(way.into_iter().filter(|(is_so, _)| *is_so).map(|(_, reason)| reason));
        op_reasons(op, mapped, target, options, fill.is_some(), &mut reasons);
        requested(options, &mut reasons);
    }
    let mut notes = Vec::new();
    if mapped.zoned
        && target.is_temporal()
        && let arrow_schema::DataType::Timestamp(_, Some(zone)) = leaf.field.data_type()
    {
        notes.push(Note::TimeZone(zone.to_string()));
    }
    unwrapped(leaf, &mut notes);
    let view = reasons.is_empty();
    let nbytes = if alone { allocated(values, target, !view, masked, options) } else { None };
    if masked && alone {
        notes.push(Note::Mask { nbytes: mask_bytes(values, target, options) });
    }
    if view && values != Some(0) && leaf.alignment < align(target) {
        notes.push(Note::Misaligned);
    }
    let trailing: Dims = leaf.axes.iter().filter_map(|axis| leaf.dims.get(*axis).copied()).collect();
    if alone {
        check_outs(options, target, facts.rows, &trailing)?;
    }
    Ok(Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: Some(target),
        dtype_with_nulls: Some(target),
        trailing,
        unknown: shown_unknown(leaf),
        rows: facts.rows,
        transfer: if view { Transfer::View } else { Transfer::Copy(reasons) },
        masked,
        nbytes,
        notes,
        children: Vec::new(),
        step: Step::Leaf(LeafStep {
            element: mapped.element,
            op,
            fill,
            check: options.safe,
            axes: leaf.axes.into(),
            dims: leaf.dims.into(),
        }),
    })
}

/// Pairs of floats as complex numbers: the pair is no dimension of the result.
fn complex(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    mapped: &Mapped,
    options: &Options,
    path: &str,
    (whole, part): (DType, DType),
) -> Result<Plan> {
    let outs = (options.out.clone(), options.out_mask.clone());
    let open = Options { out: None, writable: options.writable || outs.0.is_some(), ..options.clone() };
    let mut plan = into(facts, leaf, mapped, &open, path, part, true)?;
    plan.trailing.pop();
    (plan.dtype, plan.dtype_with_nulls) = (Some(whole), Some(whole));
    if let (Some(_), Transfer::Copy(reasons)) = (&options.out, &mut plan.transfer) {
        reasons.retain(|reason| !matches!(reason, Reason::Requested { .. }));
        requested(options, reasons);
        plan.nbytes = Some(0);
    }
    check_outs(options, whole, facts.rows, &plan.trailing)?;
    Ok(plan)
}

/// The dimensions of the result after the rows whose length isn't known.
pub(super) fn shown_unknown(leaf: &LeafFacts<'_>) -> Vec<usize> {
    let shown = leaf.axes.iter().enumerate();
    shown.filter(|(_, axis)| leaf.way.unknown.contains(axis)).map(|(at, _)| at).collect()
}

/// Notes each extension type that was unwrapped once.
pub(super) fn unwrapped(leaf: &LeafFacts<'_>, notes: &mut Vec<Note>) {
    for name in &leaf.way.unwrapped {
        let note = Note::Unwrapped(name.clone());
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

/// What goes where a value is missing, `None` where nothing is or a mask tells.
fn fill(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    options: &Options,
    path: &str,
    op: Op,
    target: DType,
) -> Result<Option<Fill>> {
    if !absent(leaf) {
        return Ok(None);
    }
    if options.nulls == Nulls::Masked {
        // There is no value to leave under the mask: objects have None there, and a column of the
        // null type the marker.
        let needed = matches!(op, Op::Object | Op::Nothing);
        return Ok(if needed { marker(target).or(Some(Fill::Int(0))) } else { None });
    }
    if let Some(Fills::All(wanted)) = &options.na_value {
        return fit(wanted, target, path).map(Some);
    }
    match marker(target) {
        Some(marker) => Ok(Some(marker)),
        None => {
            if leaf.missing == 0 {
                let why = format!("{target} has no marker: pass Nulls::Fill or Nulls::Mask");
                return Err(unfilled(path, &why));
            }
            let remedy = if matches!(target, DType::Strings { .. }) {
                format!("{target} has no na_object for them: give it one, or pass Nulls::Fill or Nulls::Mask")
            } else {
                format!(
                    "{target} has no marker for them: pass Nulls::Fill, Nulls::Mask or a dtype that has one"
                )
            };
            Err(missing_error(facts, leaf, path, remedy))
        }
    }
}

fn op_reasons(
    op: Op,
    mapped: &Mapped,
    target: DType,
    options: &Options,
    filled: bool,
    reasons: &mut Reasons,
) {
    use crate::mapping::Element;
    if mapped.element == Element::Bit {
        reasons.push(Reason::BitPacked);
    }
    let own = mapped.dtype;
    let by_nulls = filled && options.dtype.is_none() && target == own.with_missing();
    match op {
        Op::Same | Op::Unpack | Op::Nothing => {}
        Op::Scale { mul: 1, div: 1 } if mapped.element == Element::I32 => {
            reasons.push(Reason::Widened { from: 32, to: 64 });
        }
        Op::Object => {
            if own == DType::Object || !by_nulls {
                reasons.push(Reason::Objects);
            }
        }
        Op::Text if matches!(mapped.element, Element::Varlen { .. }) => reasons.push(Reason::Offsets),
        Op::Cast | Op::Scale { .. } | Op::Calendar { .. } | Op::Text => {
            if !by_nulls {
                reasons.push(Reason::Cast {
                    from: mapped.meaning,
                    to: target,
                    asked: options.dtype.is_some(),
                });
            }
        }
    }
}

/// What the caller asked for that a view can't give.
pub(super) fn requested(options: &Options, reasons: &mut Reasons) {
    if options.out.is_some() {
        reasons.push(Reason::Requested { option: "write_into" });
    } else if options.writable {
        reasons.push(Reason::Requested { option: "Options::writable" });
    }
}

fn align(dtype: DType) -> usize {
    match dtype {
        DType::Void(_) | DType::ByteString(_) => 1,
        DType::Unicode(_) | DType::IntervalDayTime => 4,
        DType::Strings { .. } => align_of::<usize>(),
        DType::IntervalMonthDayNano => 8,
        other => other.itemsize(),
    }
}
