//! A table as one array a field.

use super::fill;
use super::{Facts, Plan, Step, Transfer, column, distinct};
use crate::error::{Error, Result};
use crate::options::Options;
use crate::source::Dims;

/// Plans an array for each field.
pub(super) fn plan(facts: &Facts<'_>, children: &[Facts<'_>], options: &Options, path: &str) -> Result<Plan> {
    fill::check_names(children, options)?;
    let mut plans: Vec<Plan> = Vec::with_capacity(children.len());
    for child in children {
        let name = child.field.name();
        if plans.iter().any(|plan| plan.name.as_ref() == Some(name)) {
            return Err(Error::BadValue(format!(
                "the field name {name:?} comes twice: rename or leave out one, or make a matrix"
            )));
        }
        let options = fill::options_for(options, name);
        let mut plan = column(child, &options, name)?;
        plan.name = Some(name.clone());
        plans.push(plan);
    }
    Ok(several(facts, path, plans, Step::Columns))
}

/// The plan of what is more than one array: it copies what its children copy.
pub(super) fn several(facts: &Facts<'_>, path: &str, children: Vec<Plan>, step: Step) -> Plan {
    let reasons = distinct(children.iter().flat_map(|plan| plan.reasons().iter()));
    Plan {
        name: None,
        path: path.to_owned(),
        source: facts.field.data_type().clone(),
        dtype: None,
        dtype_with_nulls: None,
        trailing: Dims::new(),
        unknown: Vec::new(),
        rows: facts.rows,
        transfer: if reasons.is_empty() { Transfer::View } else { Transfer::Copy(reasons) },
        masked: false,
        nbytes: children.iter().map(|plan| plan.nbytes).sum(),
        notes: Vec::new(),
        children,
        step,
    }
}
