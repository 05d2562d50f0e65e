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

use arrownd::{
    DType, Error, ErrorKind, Facts, FactsNode, Fill, Fills, Form, Nulls, Options, OutSpec, Outs, Plan,
    Transfer, plan,
};
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
    if shape.contains(&Some(0)) {
        return Some(0);
    }
    shape.iter().copied().try_fold(1, |a, n| Some(a * n?))
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
        | Error::UnsupportedType { path, .. }
        | Error::InvalidArrow { path, .. } => Some(path),
        _ => None,
    }
}

/// Whether `path` leads from field to field.
fn leads_to_a_field(facts: &Facts<'_>, path: &str) -> bool {
    let FactsNode::Struct { children, .. } = &facts.node else {
        return path.is_empty();
    };
    if path.is_empty() {
        return true;
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    children.iter().any(|child| child.field.name() == first && leads_to_a_field(child, rest))
}

fn out_for(plan: &Plan) -> Option<Outs> {
    let spec = |plan: &Plan| Some(OutSpec { dtype: plan.dtype()?, shape: shape(plan) });
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
            if parts && plan.copies() != Some(true) { wrong.push(plan.clone()); }
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
            prop_assert_eq!(plan.nbytes(), Some(0), "{}", plan);
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_elements_and_of_the_mask(source in source(), rows in rows(), options in options()) {
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let expected = |plan: &Plan| {
            let n = elements(plan)?;
            let values = if plan.copies() == Some(true) { n * plan.dtype()?.itemsize() } else { 0 };
            Some(values + mask_bytes(plan, &options))
        };
        if plan.dtype().is_some() {
            prop_assert_eq!(plan.nbytes(), expected(&plan), "{}", plan);
        } else {
            for child in plan.children() {
                prop_assert_eq!(child.nbytes(), expected(child), "{}", child);
            }
            let sum: Option<usize> = plan.children().iter().map(Plan::nbytes).sum();
            prop_assert_eq!(plan.nbytes(), sum);
        }
    }

    #[test]
    fn writable_always_copies(source in source(), rows in rows(), options in options()) {
        let options = Options { writable: true, ..options };
        let Ok(plan) = plan(&source.facts(rows), &options, &[]) else { return Ok(()) };
        let arrays = if plan.dtype().is_some() { std::slice::from_ref(&plan) } else { plan.children() };
        for array in arrays.iter().filter(|array| elements(array) != Some(0)) {
            prop_assert_eq!(array.copies(), Some(true), "{}", array);
        }
    }

    #[test]
    fn out_always_copies_and_allocates_no_values(source in source(), rows in rows(), options in options()) {
        let facts = source.facts(rows);
        let Ok(without) = plan(&facts, &options, &[]) else { return Ok(()) };
        if rows.is_none() { return Ok(()) }
        // A field that is several arrays takes none.
        let Some(out) = out_for(&without) else { return Ok(()) };
        let options = Options { out: Some(out), ..options };
        let plan = plan(&facts, &options, &[]).expect("an out that fits");
        let arrays = if plan.dtype().is_some() { std::slice::from_ref(&plan) } else { plan.children() };
        for array in arrays {
            prop_assert_eq!(array.copies(), Some(elements(array) != Some(0)), "{}", array);
            prop_assert_eq!(array.nbytes(), Some(mask_bytes(array, &options)), "{}", array);
        }
    }

    #[test]
    fn an_out_of_another_kind_is_refused(source in source(), rows in rows(), options in options()) {
        let options = Options { form: Form::Matrix, ..options };
        let facts = source.facts(rows);
        let Ok(without) = plan(&facts, &options, &[]) else { return Ok(()) };
        if rows.is_none() { return Ok(()) }
        let other = if without.dtype() == Some(DType::Int8) { DType::Int16 } else { DType::Int8 };
        let mut longer = shape(&without);
        longer.push(1);
        for spec in [
            OutSpec { dtype: other, shape: shape(&without) },
            OutSpec { dtype: without.dtype().unwrap(), shape: longer },
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
                ErrorKind::UnsupportedType | ErrorKind::Nulls | ErrorKind::LossyCast | ErrorKind::Conflict
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
        if matches!(facts.node, FactsNode::Struct { .. }) {
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
    let parts = match plan.dtype() {
        Some(DType::IntervalDayTime) if options.record_masks => 2,
        Some(DType::IntervalMonthDayNano) if options.record_masks => 3,
        _ => 1,
    };
    let n = elements(plan).unwrap_or(0);
    if plan.masked() { n * parts } else { 0 }
}

/// The dtypes of the arrays that a plan gives.
fn dtypes(plan: &Plan) -> Vec<DType> {
    match plan.dtype() {
        Some(dtype) => vec![dtype],
        None => plan.children().iter().filter_map(Plan::dtype).collect(),
    }
}

fn is_what_was_asked_for(wanted: DType, got: DType) -> bool {
    match (wanted, got) {
        (DType::Datetime(None), DType::Datetime(_)) | (DType::Timedelta(None), DType::Timedelta(_)) => true,
        _ => wanted == got,
    }
}
