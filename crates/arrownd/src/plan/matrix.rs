//! The plan of a struct or table as one 2-D array.

use super::leaf::{into, requested, result_dtype};
use super::outs::{allocated, check_outs};
use super::promote::{Member, common};
use super::refusal::misfit;
use super::{
    Facts, FactsNode, LeafFacts, Note, Plan, Reason, Reasons, Step, Transfer, distinct, fill, row_values,
    type_name,
};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::mapping::{Mapped, map};
use crate::options::{Options, Order};
use crate::source::{Dims, Way};

/// The fields of a struct, and the lists that it lies in: their dimensions come before the fields'.
#[derive(Clone, Copy)]
pub(super) struct Fields<'f> {
    pub(super) children: &'f [Facts<'f>],
    pub(super) dims: &'f [usize],
    pub(super) way: &'f Way,
    pub(super) spacing: Option<usize>,
}

pub(super) fn plan(facts: &Facts<'_>, fields: &Fields<'_>, options: &Options, path: &str) -> Result<Plan> {
    if facts.rows.is_some() {
        return known(facts, *fields, options, path, None);
    }
    // A schema: without a null, and what it would be with one in every nullable field.
    let fields = Fields { spacing: None, ..*fields };
    let mut plan = known(facts, fields, options, path, Some(0))?;
    let with_nulls = known(facts, fields, options, path, Some(1));
    plan.dtype_with_nulls = with_nulls.ok().and_then(|plan| plan.dtype);
    Ok(plan)
}

struct Part<'f> {
    facts: &'f Facts<'f>,
    leaf: LeafFacts<'f>,
    mapped: Mapped,
    path: String,
    own: DType,
}

fn known(
    facts: &Facts<'_>,
    Fields { children, dims, way, spacing }: Fields<'_>,
    options: &Options,
    path: &str,
    missing: Option<usize>,
) -> Result<Plan> {
    if let Some(ragged) = &way.ragged {
        return Err(misfit(ragged, path));
    }
    fill::check_names(children, options)?;
    let mut parts = Vec::with_capacity(children.len());
    for child in children {
        parts.push(part(child, way.lists, options, path, missing)?);
    }
    let members: Vec<Member> =
        parts.iter().map(|part| Member { dtype: part.own, zoned: part.mapped.zoned }).collect();
    let dtype = match (options.dtype, parts.first()) {
        (Some(wanted), None) => wanted.at_least(0),
        // As wide as the widest column needs.
        (Some(wanted), Some(part)) if !wanted.takes_width() => part.own,
        _ => common(&members),
    };
    if let (Some(wanted), Some(part)) = (options.dtype, parts.iter().find(|part| part.leaf.rows.is_some()))
        && wanted != DType::Object
    {
        return Err(Error::UnsupportedType {
            path: part.path.clone(),
            from: type_name(part.facts.field),
            to: format!("a column of a matrix of dtype {wanted}"),
            remedy: "leave out Options::dtype, or convert the columns one by one".to_owned(),
        });
    }
    let mut plans: Vec<Plan> = Vec::with_capacity(parts.len());
    let mut width = 0;
    for part in &parts {
        let own = part.leaf.dims.get(dims.len()..).unwrap_or_default();
        // Arrays in the cells of a matrix make it one of objects, whatever their values become.
        if part.leaf.rows.is_some() && dtype != DType::Object || !own.is_empty() && !dtype.is_numeric() {
            return Err(Error::UnsupportedType {
                path: part.path.clone(),
                from: type_name(part.facts.field),
                to: format!("columns of a matrix of dtype {dtype}"),
                remedy: "convert the columns one by one, or leave the field out with Options::columns"
                    .to_owned(),
            });
        }
        width = own.iter().fold(1usize, |a, n| a.saturating_mul(*n)).saturating_add(width);
        let name = part.facts.field.name();
        let own_options = fill::options_for(options, name);
        let mut plan = into(part.facts, &part.leaf, &part.mapped, &own_options, &part.path, dtype, false)?;
        plan.name = Some(name.clone());
        plans.push(plan);
    }
    let outer = dims.iter().fold(1usize, |a, n| a.saturating_mul(*n));
    let unknown = way.unknown.clone();
    let known_rows = facts.rows.filter(|_| unknown.is_empty());
    let empty = facts.rows == Some(0) || width == 0 || outer == 0 && unknown.is_empty();
    let mut reasons: Reasons = distinct(plans.iter().flat_map(|plan| plan.reasons().iter()));
    let by_columns = by_columns(options.order, parts.len(), facts.rows);
    if reasons.is_empty() && !empty && !(by_columns && spacing.is_some()) {
        // A schema doesn't tell where the columns will lie: only rows never lie like that.
        if facts.rows.is_some() || !by_columns {
            reasons.push(Reason::Order { wanted: Some(if by_columns { 'F' } else { 'C' }) });
        }
    }
    if empty {
        reasons.clear();
    } else if reasons.is_empty() {
        requested(options, &mut reasons);
    }
    let view = reasons.is_empty();
    for plan in &mut plans {
        // A column alone could be viewed; in a matrix that is copied, all of them are.
        if !view && plan.transfer == Transfer::View && !plan.trailing.contains(&0) {
            let order = reasons.iter().find(|reason| matches!(reason, Reason::Order { .. }));
            let order = order.cloned().unwrap_or(Reason::Order { wanted: None });
            plan.transfer = Transfer::Copy(vec![order]);
        }
        plan.nbytes = facts.rows.map(|rows| {
            let values = plan.trailing.iter().fold(rows, |a, n| a.saturating_mul(*n));
            let own = if view || options.out.is_some() { 0 } else { values.saturating_mul(dtype.itemsize()) };
            own + row_values(plan).unwrap_or(0)
        });
    }
    let mut notes: Vec<Note> = Vec::new();
    for note in plans.iter().flat_map(|plan| &plan.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    let masked = plans.iter().any(|plan| plan.masked);
    let each = outer.saturating_mul(width);
    let elements = if empty { Some(0) } else { known_rows.map(|rows| rows.saturating_mul(each)) };
    if masked {
        notes.push(Note::Mask { nbytes: elements });
    }
    let trailing = dims.iter().copied().chain([width]).collect::<Dims>();
    check_outs(options, dtype, facts.rows, &trailing)?;
    Ok(Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: Some(dtype),
        dtype_with_nulls: Some(dtype),
        trailing,
        unknown,
        rows: facts.rows,
        transfer: if view { Transfer::View } else { Transfer::Copy(reasons) },
        masked,
        nbytes: allocated(elements, dtype, !view, masked, options)
            .zip(plans.iter().map(row_values).sum::<Option<usize>>())
            .map(|(own, values)| own + values),
        notes,
        children: plans,
        step: Step::Matrix { order: options.order, spacing: spacing.filter(|_| view && !empty) },
    })
}

/// Whether columns that lie side by side are the matrix: with one column, or one row, either order is the other too.
pub(crate) fn by_columns(order: Order, columns: usize, rows: Option<usize>) -> bool {
    order == Order::F || columns <= 1 || rows == Some(1)
}

fn part<'f>(
    child: &'f Facts<'f>,
    outer: usize,
    options: &Options,
    path: &str,
    missing: Option<usize>,
) -> Result<Part<'f>> {
    let name = child.field.name();
    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
    let FactsNode::Leaf(leaf) = &child.node else {
        return Err(Error::UnsupportedType {
            path,
            from: type_name(child.field),
            to: "a column of a matrix".to_owned(),
            remedy: "convert the columns one by one, or leave the field out with Options::columns".to_owned(),
        });
    };
    if leaf.way.lists > outer {
        return Err(Error::Ragged {
            path,
            row: 0,
            found: "a list of variable size".to_owned(),
            expected: "a matrix has one width for all rows".to_owned(),
            remedy: "convert the lists on their own, or leave the field out with Options::columns".to_owned(),
        });
    }
    let mut leaf = leaf.clone();
    if let Some(missing) = missing {
        leaf.missing = if child.field.is_nullable() { missing } else { 0 };
    }
    let mapped = map(leaf.field)?;
    let options = fill::options_for(options, name);
    let own = result_dtype(child, &leaf, &mapped, &options, &path)?;
    Ok(Part { facts: child, leaf, mapped, path, own })
}
