//! Properties of the planner, over facts and options drawn by hand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

mod facts;
mod types;

use arrow_schema::DataType;
use arrownd::engine::{
    Element, Facts, FactsNode, Fills, Form, LeafFacts, Nulls, Options, OutSpec, Outs, Ragged, RecordField,
    RecordType, Step, Way, plan,
};
use arrownd::{DType, Error, ErrorKind, Fill, Note, Plan, Reason, Transfer};
use facts::{complete, options, rows, source};
use proptest::prelude::*;

fn each(plan: &Plan, visit: &mut dyn FnMut(&Plan)) {
    visit(plan);
    for child in plan.children() {
        each(child, visit);
    }
}

/// The number of elements, `None` where it isn't known or there are several arrays.
fn elements(plan: &Plan) -> Option<usize> {
    let shape = plan.shape()?;
    // Rows that aren't known are none where there is nothing in a row.
    let each: Option<usize> = shape.iter().skip(1).copied().product();
    if each == Some(0) { Some(0) } else { Some(each? * shape.first().copied()??) }
}

/// Whether an array has no element, however many rows it has.
fn is_nothing(plan: &Plan) -> bool {
    plan.shape().is_some_and(|shape| shape.contains(&Some(0)))
}

/// The values of lists that become arrays of their own, in the one plan that there is of them.
fn row_values(plan: &Plan) -> Option<&Plan> {
    let Step::Leaf(step) = plan.step() else { return None };
    plan.children().first().filter(|_| step.element == Element::Nested)
}

/// The bytes of all rows that lie in the cells of an array, whichever column they are in.
fn inside(plan: &Plan) -> usize {
    match row_values(plan) {
        Some(values) => values.nbytes().unwrap_or(0),
        None => plan.children().iter().map(inside).sum(),
    }
}

/// The plans of the arrays that a plan gives: one, or one a field.
fn arrays(plan: &Plan) -> Vec<&Plan> {
    if plan.dtype().is_some() { vec![plan] } else { plan.children().iter().flat_map(arrays).collect() }
}

/// The plans of the arrays that values lie in: those of the rows where the array, or a column of it, holds
/// rows.
fn value_arrays(plan: &Plan) -> Vec<&Plan> {
    fn inside(array: &Plan) -> Vec<&Plan> {
        let columns: Vec<&Plan> = match array.step() {
            Step::Matrix { .. } => array.children().iter().collect(),
            _ => vec![array],
        };
        let rows: Vec<&Plan> = columns.into_iter().filter_map(row_values).flat_map(value_arrays).collect();
        if rows.is_empty() { vec![array] } else { rows }
    }
    arrays(plan).into_iter().flat_map(inside).collect()
}

fn shape(plan: &Plan) -> Vec<usize> {
    let shape = plan.shape().unwrap_or_default();
    shape.iter().map(|n| n.unwrap_or(0)).collect()
}

fn path(error: &Error) -> Option<&str> {
    match error {
        Error::CopyNotAllowed { path, .. }
        | Error::Nulls { path, .. }
        | Error::LossyCast { path, .. }
        | Error::FillDoesNotFit { path, .. }
        | Error::Ragged { path, .. }
        | Error::UnsupportedType { path, .. }
        | Error::InvalidArrow { path, .. } => Some(path),
        _ => None,
    }
}

/// Whether `path` leads from field to field.
fn leads_to_a_field(facts: &Facts<'_>, path: &str) -> bool {
    let children = match &facts.node {
        FactsNode::Struct { children, .. } => children,
        FactsNode::Leaf(LeafFacts { rows: Some(values), .. }) => return leads_to_a_field(values, path),
        FactsNode::Leaf(_) => return path.is_empty(),
    };
    if path.is_empty() {
        return true;
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    children.iter().any(|child| child.field.name() == first && leads_to_a_field(child, rest))
}

/// Calls `visit` with every leaf and its plan, as far as there are plans.
fn leaves<'f>(facts: &Facts<'f>, plan: &Plan, visit: &mut dyn FnMut(&LeafFacts<'f>, &Plan)) {
    match &facts.node {
        FactsNode::Struct { children, .. } => {
            for (child, plan) in children.iter().zip(plan.children()) {
                leaves(child, plan, visit);
            }
        }
        FactsNode::Leaf(leaf) => {
            if matches!(plan.step(), Step::Leaf(_)) {
                visit(leaf, plan);
            }
            if let (Some(values), [plan]) = (&leaf.rows, plan.children()) {
                leaves(values, plan, visit);
            }
        }
    }
}

/// The lists that don't fit together.
fn ragged_lists<'f>(facts: &Facts<'f>, found: &mut Vec<&'f Ragged>) {
    match &facts.node {
        FactsNode::Struct { children, way, .. } => {
            found.extend(&way.ragged);
            for child in children {
                ragged_lists(child, found);
            }
        }
        FactsNode::Leaf(leaf) => {
            found.extend(&leaf.way.ragged);
            if let Some(values) = &leaf.rows {
                ragged_lists(values, found);
            }
        }
    }
}

fn without_ragged<'f>(facts: &Facts<'f>) -> Facts<'f> {
    // Leaked: the facts borrow what is drawn, and a test ends soon.
    let even = |way: &Way| &*Box::leak(Box::new(Way { ragged: None, ..way.clone() }));
    let node = match &facts.node {
        FactsNode::Struct { children, dims, way, spacing } => FactsNode::Struct {
            children: children.iter().map(without_ragged).collect(),
            dims,
            way: even(way),
            spacing: *spacing,
        },
        FactsNode::Leaf(leaf) => {
            let rows = leaf.rows.as_ref().map(|values| Box::new(without_ragged(values)));
            FactsNode::Leaf(LeafFacts { way: even(leaf.way), rows, ..leaf.clone() })
        }
    };
    Facts { node, ..*facts }
}

fn out_for(plan: &Plan) -> Option<Outs> {
    let spec = |plan: &Plan| {
        Some(OutSpec { dtype: plan.dtype()?, shape: shape(plan), record: plan.record().cloned() })
    };
    if plan.dtype().is_some() {
        return spec(plan).map(Outs::One);
    }
    let fields: Option<Vec<_>> =
        plan.children().iter().map(|child| Some((child.name()?.to_owned(), spec(child)?))).collect();
    fields.map(Outs::Fields)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_follows_from_facts_and_options_alone(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let before = format!("{facts:?} {options:?}");
        let first = plan(&facts, &options, &[]);
        prop_assert_eq!(&first, &plan(&facts.clone(), &options.clone(), &[]));
        prop_assert_eq!(&first, &first.clone());
        prop_assert_eq!(before, format!("{facts:?} {options:?}"));
    }

    #[test]
    fn a_copy_has_a_reason_and_a_view_none(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        each(&plan, &mut |plan| {
            let consistent = match plan.transfer() {
                Transfer::Copy(reasons) => !reasons.is_empty() && plan.copies() == Some(true) && plan.reasons() == reasons,
                Transfer::View => plan.reasons().is_empty() && plan.copies() != Some(true),
            };
            if !consistent { wrong.push(plan.clone()); }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn the_whole_copies_where_a_part_does(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        each(&plan, &mut |plan| {
            let parts = plan.children().iter().any(|child| child.copies() == Some(true));
            if parts && plan.copies() != Some(true) && !is_nothing(plan) { wrong.push(plan.clone()); }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn what_has_no_elements_is_a_view_of_nothing(source in source(), options in options()) {
        let facts = source.facts(Some(0));
        let Ok(plan) = plan(&facts, &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        each(&plan, &mut |plan| {
            if plan.copies() != Some(false) || plan.nbytes() != Some(0) { wrong.push(plan.clone()); }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        let strict = Options { allow_copy: false, ..options };
        prop_assert_eq!(plan.check_copies(&strict), Ok(()));
    }

    #[test]
    fn lists_of_nothing_have_no_elements_either(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        if elements(&plan) == Some(0) {
            // Of a schema one can't promise it.
            if rows.is_some() { prop_assert_eq!(plan.copies(), Some(false), "{}", plan); }
            prop_assert!(plan.nbytes() == Some(0) || rows.is_none() && plan.nbytes().is_none(), "{plan}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_elements_and_of_the_mask(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        for array in arrays(&plan) {
            let known = array.len();
            prop_assert!(known.is_none() || known == elements(array), "{array}");
            match rows {
                Some(_) => prop_assert_eq!(array.nbytes(), nbytes(array, &options), "{}", array),
                None => prop_assert!(array.nbytes().is_none_or(|n| n == 0), "{array}"),
            }
        }
        if plan.dtype().is_none() {
            let sum: Option<usize> = plan.children().iter().map(Plan::nbytes).sum();
            prop_assert_eq!(plan.nbytes(), sum);
        }
    }

    #[test]
    fn writable_always_copies(source in source(), rows in rows(), options in options()) {
        let options = Options { writable: true, ..options };
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        for array in value_arrays(&plan) {
            if !is_nothing(array) { prop_assert_eq!(array.copies(), Some(true), "{}", array); }
        }
    }

    #[test]
    fn out_always_copies_and_allocates_no_values(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let Ok(without) = plan(&facts, &options, &[]) else { return Ok(()) };
        if rows.is_none() || options.form == Form::Ragged { return Ok(()) }
        // A field that is several arrays takes none.
        let Some(out) = out_for(&without) else { return Ok(()) };
        let options = Options { out: Some(out), ..options };
        let plan = plan(&facts, &options, &[]).expect("an out that fits");
        for array in arrays(&plan) {
            prop_assert_eq!(array.copies(), Some(elements(array) != Some(0)), "{}", array);
            // The rows of lists lie in memory of their own.
            prop_assert_eq!(array.nbytes(), Some(mask_bytes(array, &options) + inside(array)), "{}", array);
        }
    }

    #[test]
    fn an_out_of_another_kind_is_refused(source in source(), rows in rows(), options in options()) {
        let options = Options { form: Form::Matrix, ..options };
        let facts = source.facts(rows);
        let Ok(without) = plan(&facts, &options, &[]) else { return Ok(()) };
        if rows.is_none() { return Ok(()) }
        let other = if without.dtype() == Some(DType::Int8) { DType::Int16 } else { DType::Int8 };
        let (dtype, record) = (without.dtype().unwrap(), without.record().cloned());
        let mut longer = shape(&without);
        longer.push(1);
        for spec in [
            OutSpec { dtype: other, shape: shape(&without), record: None },
            OutSpec { dtype, shape: longer, record: record.clone() },
            OutSpec { dtype, shape: shape(&without), record: Some(other_record(record)) },
        ] {
            let options = Options { out: Some(Outs::One(spec)), ..options.clone() };
            let error = plan(&facts, &options, &[]).expect_err("an out that doesn't fit");
            prop_assert_eq!(error.kind(), ErrorKind::BadValue);
        }
    }

    #[test]
    fn masked_never_changes_the_dtype(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let masked = Options { nulls: Nulls::Masked, na_value: None, ..options.clone() };
        let Ok(plan_masked) = plan(&facts, &masked, &[]) else { return Ok(()) };
        let none_missing = plan(&complete(&facts), &masked, &[]).expect("no more than before");
        prop_assert_eq!(dtypes(&plan_masked), dtypes(&none_missing));
    }

    #[test]
    fn na_value_never_changes_the_dtype(source in source(), rows in rows(), options in options(), n in 0i128..2) {
        let facts = source.facts(rows);
        let options = Options { nulls: Nulls::Nan, na_value: Some(Fills::All(Fill::Int(n))), ..options };
        let Ok(filled) = plan(&facts, &options, &[]) else { return Ok(()) };
        let none_missing = plan(&complete(&facts), &options, &[]).expect("no more than before");
        prop_assert_eq!(dtypes(&filled), dtypes(&none_missing));
    }

    #[test]
    fn na_value_is_no_reason_where_nothing_is_missing(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let facts = complete(&facts);
        let without = Options { na_value: None, ..options.clone() };
        if let (Ok(with), Ok(without)) = (plan(&facts, &options, &[]), plan(&facts, &without, &[])) {
            prop_assert_eq!(with.transfer(), without.transfer());
        }
    }

    #[test]
    fn the_dtype_is_the_one_that_was_asked_for(source in source(), rows in rows(), options in options(), wanted in facts::dtype()) {
        let options = Options { dtype: Some(wanted), ..options };
        match plan(&source.facts(rows), &options, &[]) {
            Ok(plan) => {
                for got in dtypes(&plan) {
                    prop_assert!(is_what_was_asked_for(wanted, got), "{got} for {wanted}");
                }
            }
            Err(error) => prop_assert!(matches!(
                error.kind(),
                ErrorKind::UnsupportedType
                    | ErrorKind::Nulls
                    | ErrorKind::LossyCast
                    | ErrorKind::Ragged
                    | ErrorKind::Conflict
            ), "{error}"),
        }
    }

    #[test]
    fn an_error_says_where(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let Err(error) = plan(&facts, &options, &[]) else { return Ok(()) };
        let text = error.to_string();
        prop_assert!(!text.is_empty() && !text.ends_with('.'), "{text}");
        let Some(path) = path(&error) else { return Ok(()) };
        prop_assert!(leads_to_a_field(&facts, path), "{path:?} in {facts:?}");
        // Some errors are about the whole: no list at the top, no dtype of records.
        let whole = options.form == Form::Ragged
            || options.structured && options.dtype.is_some()
            || matches!(error, Error::Ragged { .. });
        if matches!(facts.node, FactsNode::Struct { .. }) && !whole {
            prop_assert!(!path.is_empty(), "{error}");
            prop_assert!(text.contains(path), "{text}");
        }
    }

    #[test]
    fn a_copy_is_refused_exactly_where_one_is_needed(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let strict = Options { allow_copy: false, ..options.clone() };
        let free = Options { allow_copy: true, ..options };
        prop_assert_eq!(plan.check_copies(&free), Ok(()));
        match plan.check_copies(&strict) {
            Ok(()) => prop_assert_ne!(plan.copies(), Some(true)),
            Err(error) => {
                prop_assert_eq!(plan.copies(), Some(true));
                prop_assert_eq!(error.kind(), ErrorKind::CopyNotAllowed);
                prop_assert_eq!(error.reasons(), plan.reasons());
                prop_assert!(error.to_string().starts_with("copy not allowed: "));
                for reason in plan.reasons() {
                    prop_assert!(error.to_string().contains(&reason.to_string()));
                }
            }
        }
    }

    #[test]
    fn allow_copy_and_safe_decide_nothing(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let other = Options { allow_copy: !options.allow_copy, ..options.clone() };
        prop_assert_eq!(plan(&facts, &options, &[]), plan(&facts, &other, &[]));
        let other = Options { safe: !options.safe, ..options.clone() };
        let transfer = |options| plan(&facts, options, &[]).map(|plan| plan.transfer().clone());
        prop_assert_eq!(transfer(&options), transfer(&other));
    }

    #[test]
    fn what_lies_between_the_rows_and_the_values_is_never_viewed(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let Ok(plan) = plan(&facts, &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        leaves(&facts, &plan, &mut |leaf, plan| {
            if plan.len() == Some(0) || row_values(plan).is_some() { return; }
            let way = leaf.way;
            for (is_so, reason) in [
                (way.dictionary, Reason::Dictionary),
                (way.runs, Reason::RunEnds),
                (way.gaps, Reason::ListGaps),
            ] {
                if is_so != plan.reasons().contains(&reason) { wrong.push((reason, plan.clone())); }
            }
            let note = |name: &str| plan.notes().contains(&Note::Unwrapped(name.to_owned()));
            if !way.unwrapped.iter().all(|name| note(name)) { wrong.push((Reason::Realigned, plan.clone())); }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        // What the parts copy for, the whole copies for.
        for array in arrays(&plan).into_iter().filter(|array| !is_nothing(array)) {
            let codes: Vec<_> = array.reasons().iter().map(Reason::code).collect();
            for part in array.children() {
                for reason in part.reasons().iter().filter(|reason| reason.code() != "order") {
                    prop_assert!(codes.contains(&reason.code()), "{reason:?} in {array}");
                }
            }
        }
    }

    #[test]
    fn lists_that_do_not_fit_together_are_ragged(source in source(), rows in 1usize..50, options in options()) {
        let facts = source.facts(Some(rows));
        // Raggedness is all that is wrong.
        let even = plan(&without_ragged(&facts), &options, &[]);
        let mut lists = Vec::new();
        ragged_lists(&facts, &mut lists);
        match (lists.first(), even) {
            (None, even) => prop_assert_eq!(even, plan(&facts, &options, &[])),
            (Some(_), Err(_)) => prop_assert!(plan(&facts, &options, &[]).is_err()),
            // No array has the lists' dimension.
            (Some(_), Ok(even)) if arrays(&even).is_empty() => {}
            (Some(_), Ok(_)) => {
                let error = plan(&facts, &options, &[]).expect_err("ragged");
                prop_assert_eq!(error.kind(), ErrorKind::Ragged);
                let Error::Ragged { row, found, expected, remedy, .. } = &error else { unreachable!() };
                let is_one = |ragged: &&Ragged| (ragged.row, &ragged.found) == (*row, found);
                let Some(ragged) = lists.into_iter().find(is_one) else {
                    return Err(TestCaseError::fail(format!("{error}")));
                };
                prop_assert_eq!(expected.contains("pad_to"), ragged.too_long);
                prop_assert_eq!(remedy.contains("pad_to"), ragged.too_long);
                prop_assert_eq!(remedy.starts_with("pass Options::pad,"), !ragged.too_long);
                let text = error.to_string();
                for part in [format!("row {row}"), found.clone(), ragged.expected.clone()] {
                    prop_assert!(text.contains(&part), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_columns_of_a_matrix_have_its_dtype(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        each(&plan, &mut |plan| {
            let columns = plan.children().iter();
            if matches!(plan.step(), Step::Matrix { .. }) && !columns.clone().all(|column| column.dtype() == plan.dtype()) {
                wrong.push(plan.clone());
            }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn a_length_is_known_or_shown_as_unknown(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let Ok(plan) = plan(&facts, &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        let mut check = |shown: Vec<Option<usize>>, dims: &[usize], way: &Way| {
            let known = |(axis, n): (usize, &usize)| (!way.unknown.contains(&axis)).then_some(*n);
            if shown != dims.iter().enumerate().map(known).collect::<Vec<_>>() { wrong.push((shown, dims.to_vec())); }
        };
        leaves(&facts, &plan, &mut |leaf, plan| {
            let Step::Leaf(step) = plan.step() else { return };
            let shown = plan.shape().unwrap_or_default();
            let mut lying = vec![None; step.dims.len()];
            for (axis, n) in step.axes.iter().zip(&shown[1..]) { lying[*axis] = *n; }
            check(lying, leaf.dims, leaf.way);
        });
        if let (FactsNode::Struct { dims, way, .. }, Some(shown)) = (&facts.node, plan.shape()) {
            check(shown[1..=dims.len()].to_vec(), dims, way);
        }
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        prop_assert_eq!(plan.len().is_some(), plan.dtype().is_some() && elements(&plan).is_some());
    }

    #[test]
    fn padding_is_filled_as_missing_values_are(source in source(), rows in 1usize..50, options in options()) {
        let facts = source.facts(Some(rows));
        let FactsNode::Leaf(leaf) = &facts.node else { return Ok(()) };
        if leaf.padded == 0 || leaf.rows.is_some() || options.form != Form::Matrix { return Ok(()) }
        let with = |padded, missing| {
            let node = FactsNode::Leaf(LeafFacts { padded, missing, ..leaf.clone() });
            plan(&Facts { node, ..facts.clone() }, &options, &[])
        };
        let (padded, missing, neither) = (with(leaf.padded, 0), with(0, leaf.padded), with(0, 0));
        if options.nulls == Nulls::Raise && options.na_value.is_none() {
            if neither.is_ok() { prop_assert_eq!(padded.expect_err("no marker").kind(), ErrorKind::Conflict); }
            return Ok(());
        }
        match (padded, missing) {
            (Ok(padded), missing) => {
                prop_assert_eq!(padded.masked(), options.nulls == Nulls::Masked);
                if let Ok(missing) = missing {
                    prop_assert_eq!((padded.dtype(), padded.shape()), (missing.dtype(), missing.shape()));
                    let fill = |plan: &Plan| match plan.step() { Step::Leaf(step) => step.fill.clone(), _ => None };
                    prop_assert_eq!(fill(&padded), fill(&missing));
                } else {
                    prop_assert_eq!(options.nulls, Nulls::Raise);
                }
                // A short list is a gap, not a missing value.
                let nulls = |reason: &Reason| matches!(reason, Reason::Nulls { .. });
                let nothing = *leaf.field.data_type() == DataType::Null;
                prop_assert!(nothing || !padded.reasons().iter().any(nulls), "{padded}");
            }
            (Err(error), Ok(missing)) => return Err(TestCaseError::fail(format!("{error}: {missing}"))),
            (Err(error), Err(_)) => prop_assert_ne!(error.kind(), ErrorKind::Nulls),
        }
    }

    #[test]
    fn ragged_is_values_and_offsets_of_lists_and_of_nothing_else(source in source(), rows in rows(), options in options()) {
        let options = Options { form: Form::Ragged, ..options };
        let facts = source.facts(rows);
        let lists = |facts: &Facts<'_>| matches!(&facts.node, FactsNode::Leaf(leaf) if leaf.rows.is_some() && leaf.dims.is_empty());
        match plan(&facts, &options, &[]) {
            Ok(plan) => {
                prop_assert!(lists(&facts));
                let (mut plan, mut facts) = (&plan, &facts);
                while lists(facts) {
                    let FactsNode::Leaf(LeafFacts { rows: Some(values), missing, .. }) = &facts.node else { break };
                    prop_assert_eq!(plan.step(), &Step::Ragged);
                    prop_assert_eq!(plan.masked(), *missing > 0);
                    prop_assert_eq!(plan.children().len(), 1);
                    (plan, facts) = (&plan.children()[0], values.as_ref());
                }
                prop_assert!(plan.dtype().is_some());
            }
            Err(error) if lists(&facts) => prop_assert_ne!(error.kind(), ErrorKind::BadValue),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::UnsupportedType);
                prop_assert!(error.to_string().contains("to_ragged"), "{error}");
            }
        }
    }

    #[test]
    fn records_lay_their_fields_end_to_end(source in source(), rows in rows(), options in options()) {
        let options = Options { structured: true, dtype: None, form: Form::Matrix, ..options };
        let facts = source.facts(rows);
        let FactsNode::Struct { children, .. } = &facts.node else { return Ok(()) };
        let Ok(plan) = plan(&facts, &options, &[]) else { return Ok(()) };
        let record = plan.record().expect("a structured dtype");
        prop_assert_eq!(record.fields.len(), children.len());
        let mut end = 0;
        for ((field, child), part) in record.fields.iter().zip(children).zip(plan.children()) {
            prop_assert_eq!((&field.name, field.offset), (child.field.name(), end));
            prop_assert_eq!(Some(field.dtype), part.dtype());
            prop_assert_eq!(field.record.as_ref(), part.record());
            prop_assert_eq!(shape(part), [shape(&plan), field.dims.clone()].concat());
            end += field.dtype.itemsize() * field.dims.iter().product::<usize>();
        }
        prop_assert_eq!((record.itemsize, plan.dtype()), (end, Some(DType::Record(end))));
        let parts = |field: &RecordField| match &field.record {
            Some(record) => record.mask().itemsize,
            None => field.dtype.record_parts(),
        };
        let places = |field: &RecordField| parts(field) * field.dims.iter().product::<usize>();
        let mask = record.mask();
        prop_assert_eq!(mask.itemsize, record.fields.iter().map(places).sum::<usize>());
        prop_assert_eq!(mask.fields.len(), record.fields.len());
        if plan.copies() == Some(true) {
            prop_assert!(plan.reasons().contains(&Reason::Order { wanted: Some('C') }), "{plan}");
        }
    }

    #[test]
    fn a_schema_never_promises_a_view(source in source(), options in options()) {
        let Ok(plan) = plan(&source.facts(None), &options, &[]) else { return Ok(()) };
        let mut wrong = Vec::new();
        each(&plan, &mut |plan| {
            if plan.copies() == Some(false) { wrong.push(plan.clone()); }
            if plan.dtype().is_some() && plan.nbytes().is_some_and(|n| n > 0) { wrong.push(plan.clone()); }
        });
        prop_assert!(wrong.is_empty(), "{wrong:?}");
        let headline = plan.to_string().lines().next().unwrap_or_default().to_owned();
        let promised = headline.replace(" viewed if", "");
        prop_assert!(!promised.contains(" viewed"), "{headline}");
    }

    #[test]
    fn the_text_and_the_html_name_every_reason(source in source(), rows in rows(), options in options()) {
        let left_out = ["index".to_owned()];
        let Ok(plan) = plan(&source.facts(rows), &options, &left_out) else { return Ok(()) };
        let (text, html) = (plan.to_string(), plan.to_html());
        let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        for reason in plan.reasons() {
            for part in [reason.code(), reason.remedy(), &reason.to_string()] {
                prop_assert!(text.contains(part), "{part} in {text}");
                prop_assert!(html.contains(&escaped(part)), "{part} in {html}");
            }
        }
        for child in plan.children() {
            for reason in child.reasons() {
                let row = text.lines().find(|row| row.contains("─ ") && row.contains(child.name().expect("a field")));
                let label = reason.label();
                prop_assert!(row.is_some_and(|row| row.contains(&label)), "{label} in {text}");
                prop_assert!(html.contains(&escaped(&label)), "{label} in {html}");
            }
            prop_assert!(text.contains(child.name().expect("a field")), "{text}");
        }
        for note in plan.notes() {
            prop_assert!(text.contains(&note.to_string()), "{note} in {text}");
        }
        prop_assert!(text.contains("index"));
    }

    #[test]
    fn plans_that_differ_are_not_equal(source in source(), rows in 1usize..100, options in options()) {
        let (Ok(a), Ok(b)) = (plan(&source.facts(Some(rows)), &options, &[]), plan(&source.facts(Some(rows + 1)), &options, &[])) else { return Ok(()) };
        prop_assert_ne!(&a, &b);
    }
}

/// A byte a value, or one for each part of a record.
fn mask_bytes(plan: &Plan, options: &Options) -> usize {
    let parts = match (plan.record(), plan.dtype()) {
        (Some(record), _) => record.mask().itemsize,
        (None, Some(DType::IntervalDayTime)) if options.record_masks => 2,
        (None, Some(DType::IntervalMonthDayNano)) if options.record_masks => 3,
        _ => 1,
    };
    let n = elements(plan).unwrap_or(0);
    if plan.masked() { n * parts } else { 0 }
}

/// The bytes that an array takes: of values that are copied, of rows and the pointers to them, and of masks.
fn nbytes(plan: &Plan, options: &Options) -> Option<usize> {
    let n = elements(plan)?;
    let values = match row_values(plan) {
        Some(values) => n * 8 + value_arrays_nbytes(values, options)?,
        None if plan.copies() == Some(true) => n * plan.dtype()?.itemsize() + inside(plan),
        None => inside(plan),
    };
    Some(values + mask_bytes(plan, options))
}

fn value_arrays_nbytes(plan: &Plan, options: &Options) -> Option<usize> {
    arrays(plan).into_iter().map(|array| nbytes(array, options)).sum()
}

/// A record of another kind.
fn other_record(record: Option<RecordType>) -> RecordType {
    let mut other = record.unwrap_or(RecordType { fields: Vec::new(), itemsize: 0 });
    other.itemsize += 1;
    other
}

/// The dtypes of the arrays that values lie in.
fn dtypes(plan: &Plan) -> Vec<DType> {
    value_arrays(plan).into_iter().filter_map(Plan::dtype).collect()
}

fn is_what_was_asked_for(wanted: DType, got: DType) -> bool {
    match (wanted, got) {
        (DType::Datetime(None), DType::Datetime(_)) | (DType::Timedelta(None), DType::Timedelta(_)) => true,
        _ => wanted == got,
    }
}
