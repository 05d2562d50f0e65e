//! The plan of a struct or table as records: a structured array.

use super::leaf::requested;
use super::matrix::Fields;
use super::outs::tuple;
use super::refusal::misfit;
use super::{
    Facts, Note, Plan, Reason, Reasons, Step, Transfer, column, distinct, fill, row_values, type_name,
};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::options::{Nulls, Options, OutSpec, Outs};
use crate::record::{RecordField, RecordType};

pub(super) fn plan(
    facts: &Facts<'_>,
    &Fields { children, dims, way, .. }: &Fields<'_>,
    options: &Options,
    path: &str,
) -> Result<Plan> {
    if let Some(ragged) = &way.ragged {
        return Err(misfit(ragged, path));
    }
    fill::check_names(children, options)?;
    check_wanted(facts, children, options, path)?;
    let mut plans: Vec<Plan> = Vec::with_capacity(children.len());
    let mut fields: Vec<RecordField> = Vec::with_capacity(children.len());
    let mut itemsize = 0;
    // A width that the values decide moves the fields after it.
    let open =
        options.record.as_ref().is_some_and(|record| record.fields.iter().any(|f| f.dtype.takes_width()));
    for child in children {
        let name = child.field.name();
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if name.is_empty() {
            let what =
                "a field of a record needs a name, and one here has none: convert the columns one by one";
            return Err(Error::BadValue(what.to_owned()));
        }
        if fields.iter().any(|field| field.name == *name) {
            return Err(Error::BadValue(format!(
                "the field name {name:?} comes twice: rename or leave out one, or make a matrix"
            )));
        }
        let wanted =
            options.record.as_ref().and_then(|record| record.fields.iter().find(|f| f.name == *name));
        let mut own = fill::options_for(options, name).into_owned();
        (own.out, own.out_mask, own.writable) = (None, None, false);
        if let Some(wanted) = wanted {
            own.dtype = wanted.record.is_none().then_some(wanted.dtype);
            own.record.clone_from(&wanted.record);
        } else {
            own.record = None;
        }
        let mut plan = column(child, &own, &path)?;
        plan.name = Some(name.clone());
        let shown: Vec<usize> = plan.trailing.get(dims.len()..).unwrap_or_default().to_vec();
        if let Some(wanted) = wanted
            && wanted.dims != shown
            && plan.unknown.is_empty()
        {
            return Err(Error::BadValue(format!(
                "field {path:?}: Options::record has a subarray of shape {}, and the values have {}",
                tuple(&wanted.dims),
                tuple(&shown)
            )));
        }
        let dtype = plan.dtype.unwrap_or(DType::Object);
        fields.push(RecordField {
            name: name.clone(),
            offset: wanted.filter(|_| !open).map_or(itemsize, |wanted| wanted.offset),
            dtype,
            record: plan.record().cloned(),
            dims: shown.clone(),
            place: options
                .record
                .as_ref()
                .and_then(|record| record.fields.iter().position(|field| field.name == *name))
                .unwrap_or(fields.len()),
        });
        itemsize += shown.iter().fold(dtype.itemsize(), |a, n| a.saturating_mul(*n));
        plans.push(plan);
    }
    let itemsize = options.record.as_ref().filter(|_| !open).map_or(itemsize, |record| record.itemsize);
    let record = RecordType { fields, itemsize };
    let known = way.unknown.is_empty();
    let records =
        facts.rows.filter(|_| known).map(|rows| dims.iter().fold(rows, |a, n| a.saturating_mul(*n)));
    let records = if known && dims.contains(&0) { Some(0) } else { records };
    let empty = records == Some(0);
    let mut reasons: Reasons = distinct(plans.iter().flat_map(|plan| plan.reasons().iter()));
    if empty {
        reasons.clear();
    } else {
        if !reasons.iter().any(|reason| matches!(reason, Reason::Order { .. })) {
            reasons.push(Reason::Order { wanted: Some('C') });
        }
        requested(options, &mut reasons);
    }
    for plan in &mut plans {
        if !empty && plan.transfer == Transfer::View {
            plan.transfer = Transfer::Copy(vec![Reason::Order { wanted: Some('C') }]);
        }
        let values = row_values(plan).unwrap_or(0);
        plan.nbytes =
            plan.len().zip(plan.dtype).map(|(n, dtype)| n.saturating_mul(dtype.itemsize()) + values);
    }
    let mut notes: Vec<Note> = Vec::new();
    for note in plans.iter().flat_map(|plan| &plan.notes) {
        if !notes.contains(note) && !matches!(note, Note::Mask { .. }) {
            notes.push(note.clone());
        }
    }
    let anything = plans.iter().any(|plan| plan.masked);
    let masked = options.nulls == Nulls::Masked && !empty && (anything || options.record_masks);
    let mask = records.map(|n| n.saturating_mul(record.mask().itemsize));
    if masked {
        notes.push(Note::Mask { nbytes: mask });
    }
    check_record_out(options, &record, facts.rows, dims)?;
    let values = records.map(|n| if options.out.is_some() { 0 } else { n.saturating_mul(itemsize) });
    let mask = if masked && options.out_mask.is_none() { mask } else { Some(0) };
    let rows: Option<usize> = plans.iter().map(row_values).sum();
    Ok(Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: Some(DType::Record(itemsize)),
        dtype_with_nulls: Some(DType::Record(itemsize)),
        trailing: dims.into(),
        unknown: way.unknown.clone(),
        rows: facts.rows,
        transfer: if reasons.is_empty() { Transfer::View } else { Transfer::Copy(reasons) },
        masked,
        nbytes: [values, mask, rows].into_iter().sum(),
        notes,
        children: plans,
        step: Step::Records(record),
    })
}

/// A wanted structured dtype has the same names.
fn check_wanted(facts: &Facts<'_>, children: &[Facts<'_>], options: &Options, path: &str) -> Result<()> {
    let Some(record) = &options.record else {
        return match options.dtype {
            None => Ok(()),
            Some(dtype) => Err(Error::UnsupportedType {
                path: path.to_owned(),
                from: type_name(facts.field),
                to: format!("records of dtype {dtype}"),
                remedy: "pass Options::record with the same names".to_owned(),
            }),
        };
    };
    let missing = children.iter().find(|child| !record.fields.iter().any(|f| f.name == *child.field.name()));
    let unknown = record.fields.iter().find(|f| !children.iter().any(|child| *child.field.name() == f.name));
    let what = match (missing, unknown) {
        (None, None) => return Ok(()),
        (Some(child), _) => format!("Options::record has no field {:?}", child.field.name()),
        (None, Some(field)) => format!("Options::record has a field {:?} that the input hasn't", field.name),
    };
    Err(Error::BadValue(format!("{what}: pass the same names, and Options::columns for some of them")))
}

fn check_record_out(
    options: &Options,
    record: &RecordType,
    rows: Option<usize>,
    dims: &[usize],
) -> Result<()> {
    let Some(rows) = rows else { return Ok(()) };
    let shape: Vec<usize> = std::iter::once(rows).chain(dims.iter().copied()).collect();
    let check = |out: &OutSpec, [what, whose]: [&str; 2], record: &RecordType, remedy: &str| {
        let same = |out: &RecordType| out.itemsize == record.itemsize && out.named().eq(record.named());
        if out.record.as_ref().is_some_and(same) && out.shape == shape {
            return Ok(());
        }
        Err(Error::BadValue(format!(
            "{what} has dtype {} and shape {}, and {whose} has dtype {record} and shape {}: {remedy}",
            out.record.as_ref().map_or_else(|| out.dtype.to_string(), ToString::to_string),
            tuple(&out.shape),
            tuple(&shape)
        )))
    };
    if let Some(Outs::One(out)) = &options.out {
        check(out, ["out", "the result"], record, "pass an array of that kind, or Options::dtype")?;
    }
    match &options.out_mask {
        Some(out) => check(
            out,
            ["the mask of out", "the result's mask"],
            &record.mask(),
            "leave it out to have it made",
        ),
        None => Ok(()),
    }
}
