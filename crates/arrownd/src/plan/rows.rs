//! Lists that become arrays of their own: `Lists::Object` and `to_ragged`.

use super::leaf::{absent, requested, shown_unknown, unwrapped};
use super::outs::check_outs;
use super::refusal::{misfit, missing_error};
use super::{Facts, FactsNode, LeafFacts, LeafStep, Note, Plan, Reasons, Step, Transfer, column, type_name};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::Element;
use crate::options::{Form, Lists, Nulls, Options};
use crate::plan::columns::several;
use crate::plan::{Op, distinct};
use crate::source::Dims;

/// The options as the values of the lists see them.
fn for_values(options: &Options, form: Form) -> Options {
    let (out, out_mask, columns) = (None, None, None);
    Options { form, out, out_mask, columns, lists: Some(Lists::Object), pad_to: None, ..options.clone() }
}

fn of_values(facts: &Facts<'_>, options: &Options, path: &str, form: Form) -> Result<Plan> {
    let mut plan = column(facts, &for_values(options, form), path)?;
    plan.name = Some("values".to_owned());
    Ok(plan)
}

/// An object array of the lists' arrays. The values are viewed or copied all at once, and each array is
/// a stretch of them.
pub(super) fn plan(
    facts: &Facts<'_>,
    leaf: &LeafFacts<'_>,
    values: &Facts<'_>,
    options: &Options,
    path: &str,
    alone: bool,
) -> Result<Plan> {
    if let Some(ragged) = &leaf.way.ragged {
        return Err(misfit(ragged, path));
    }
    if options.nulls == Nulls::Raise && leaf.missing > 0 {
        let remedy = "pass Nulls::Nan or Nulls::Mask".to_owned();
        return Err(missing_error(facts, leaf, path, remedy));
    }
    let values = of_values(values, options, path, Form::Matrix)?;
    let trailing: Dims = leaf.axes.iter().filter_map(|axis| leaf.dims.get(*axis).copied()).collect();
    let places = facts.rows.map(|rows| trailing.iter().fold(rows, |a, n| a.saturating_mul(*n)));
    let masked = options.nulls == Nulls::Masked && absent(leaf);
    let mut reasons: Reasons = distinct(values.reasons().iter());
    if places != Some(0) && options.out.is_some() {
        requested(options, &mut reasons);
    }
    let mut notes = Vec::new();
    let mask = if masked && options.out_mask.is_none() { places } else { Some(0) };
    if masked && alone {
        notes.push(Note::Mask { nbytes: places });
    }
    unwrapped(leaf, &mut notes);
    if alone {
        check_outs(options, DType::Object, facts.rows, &trailing)?;
    }
    let pointers = if options.out.is_some() { Some(0) } else { places.map(|n| n.saturating_mul(8)) };
    let nbytes = [pointers, values.nbytes, mask].into_iter().sum();
    Ok(Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: Some(DType::Object),
        dtype_with_nulls: Some(DType::Object),
        trailing,
        unknown: shown_unknown(leaf),
        rows: facts.rows,
        transfer: if reasons.is_empty() { Transfer::View } else { Transfer::Copy(reasons) },
        masked,
        nbytes,
        notes,
        children: vec![values],
        step: Step::Leaf(LeafStep {
            element: Element::Nested,
            op: Op::Object,
            fill: None,
            check: options.safe,
            axes: leaf.axes.into(),
            dims: leaf.dims.into(),
        }),
    })
}

/// The values of all lists, and where each begins.
pub(super) fn ragged(facts: &Facts<'_>, leaf: &LeafFacts<'_>, options: &Options, path: &str) -> Result<Plan> {
    let Some(values) = leaf.rows.as_ref().filter(|_| leaf.dims.is_empty()) else {
        return Err(no_list(facts, path));
    };
    let nested =
        matches!(&values.node, FactsNode::Leaf(inner) if inner.rows.is_some() && inner.dims.is_empty());
    let form = if nested { Form::Ragged } else { Form::Matrix };
    let values = of_values(values, options, path, form)?;
    let mut plan = several(facts, path, vec![values], Step::Ragged);
    plan.masked = leaf.missing > 0;
    unwrapped(leaf, &mut plan.notes);
    Ok(plan)
}

/// `to_ragged` of something that has no lists.
pub(super) fn no_list(facts: &Facts<'_>, path: &str) -> Error {
    Error::UnsupportedType {
        path: path.to_owned(),
        from: type_name(facts.field),
        to: "values and offsets".to_owned(),
        remedy: "to_ragged takes lists of variable size; use to_array".to_owned(),
    }
}
