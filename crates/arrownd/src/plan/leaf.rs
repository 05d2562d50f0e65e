//! The plan of one leaf: a plain array, or one in fixed-size lists.

use super::convert::{Op, convert, viewed_as};
use super::fill::{fit, marker};
use super::{Facts, LeafFacts, LeafStep, Note, Plan, Reason, Reasons, Step, Transfer, type_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::{Mapped, map};
use crate::options::{Fill, Fills, Nulls, Options, OutSpec, Outs};
use crate::source::Ragged;

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
            remedy: format!("NumPy has at most {MOST_DIMENSIONS}"),
        });
    }
    if let (Some(Fills::Fields(_)), true) = (&options.na_value, path.is_empty()) {
        return Err(Error::Conflict(format!(
            "na_value is a dict by field name, and the input is {}: pass one value",
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
            remedy: "a structured dtype= is for structs and tables".to_owned(),
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
                "half a number can't be masked: leave out nulls= to get NaN for what is missing",
            ));
        }
        if !pairs || !mapped.dtype.is_float() || leaf.way.lists > 0 {
            return Err(refuse("complex takes pairs of floats, in fixed-size lists of 2: leave out dtype="));
        }
        let wrong = || refuse("complex takes pairs of floats: leave out dtype=");
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
fn unfilled(path: &str, why: &str) -> Error {
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
                remedy: "use to_columns".to_owned(),
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
    let trailing: Vec<usize> = leaf.axes.iter().filter_map(|axis| leaf.dims.get(*axis).copied()).collect();
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
            axes: leaf.axes.to_vec(),
            dims: leaf.dims.to_vec(),
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
                let why = format!("{target} has no marker: pass na_value= or nulls=\"masked\"");
                return Err(unfilled(path, &why));
            }
            let remedy = if matches!(target, DType::Strings { .. }) {
                format!(
                    "{target} has no na_object for them: give it one, or pass na_value= or nulls=\"masked\""
                )
            } else {
                format!(
                    "{target} has no marker for them: pass na_value=, nulls=\"masked\" or a dtype that has one"
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
        reasons.push(Reason::Requested { option: "out=" });
    } else if options.writable {
        reasons.push(Reason::Requested { option: "writable=True" });
    }
}

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
fn mask_bytes(elements: Option<usize>, dtype: DType, options: &Options) -> Option<usize> {
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
            "{what} has dtype {} and shape {}, and the result has dtype {dtype} and shape {}: pass an array of that kind, or dtype=",
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

fn align(dtype: DType) -> usize {
    match dtype {
        DType::Void(_) | DType::ByteString(_) => 1,
        DType::Unicode(_) => 4,
        DType::Strings { .. } => align_of::<usize>(),
        DType::IntervalDayTime => 4,
        DType::IntervalMonthDayNano => 8,
        other => other.itemsize(),
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
fn is_supported(leaf: &LeafFacts<'_>, mapped: &Mapped) -> bool {
    mapped.row.row().supported || leaf.rows.is_some()
}

fn unsupported(leaf: &LeafFacts<'_>, mapped: &Mapped, to: Option<DType>, path: &str) -> Error {
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
