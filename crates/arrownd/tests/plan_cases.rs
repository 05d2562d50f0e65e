//! Single plans whose answer is known: matrices, fills and sizes at their limits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_schema::{DataType as T, Field, Fields};
use arrownd::engine::{Column, Facts, FactsNode, Fills, LeafFacts, Options, Step, Way, plan};
use arrownd::{DType, ErrorKind, Fill, Order};

#[test]
fn a_matrix_says_its_order() {
    let field = |name| Field::new(name, T::Int64, false);
    let fields: Fields = vec![field("a"), field("b")].into();
    let top = Field::new("", T::Struct(fields), false);
    let column = Column::of_schema(&top, &Options::default()).unwrap();
    for order in [Order::F, Order::C] {
        let options = Options { order, ..Options::default() };
        let plan = plan(&Facts::of(&column, &options), &options, &[]).unwrap();
        assert!(matches!(plan.step(), Step::Matrix { order: o, .. } if *o == order));
        // Columns may lie side by side, rows never do.
        let copies = if order == Order::C { Some(true) } else { None };
        assert_eq!(plan.copies(), copies);
    }
}

/// Values in a row, of the field itself.
static DIRECT: Way = Way {
    unwrapped: Vec::new(),
    dictionary: false,
    runs: false,
    gaps: false,
    lists: 0,
    unknown: Vec::new(),
    ragged: None,
};

fn leaf_facts<'f>(field: &'f Field, dims: &'f [usize], rows: usize) -> Facts<'f> {
    let leaf = LeafFacts {
        field,
        dims,
        axes: &[0, 1, 2][..dims.len()],
        chunks: 1,
        missing: 0,
        first_missing: 0,
        alignment: 64,
        padded: 0,
        way: &DIRECT,
        rows: None,
        longest: None,
    };
    Facts { field, rows: Some(rows), node: FactsNode::Leaf(leaf) }
}

fn matrix_facts<'f>(top: &'f Field, children: Vec<Facts<'f>>, spacing: Option<usize>) -> Facts<'f> {
    let rows = children[0].rows;
    Facts { field: top, rows, node: FactsNode::Struct { children, dims: &[], way: &DIRECT, spacing } }
}

fn field(name: &str, data_type: T) -> Field {
    Field::new(name, data_type, false)
}

fn empty_struct() -> Field {
    field("", T::Struct(Fields::empty()))
}

#[test]
fn the_common_dtype_is_numpys_in_any_order() {
    let dtype = |types: &[T]| {
        let top = empty_struct();
        let fields: Vec<_> = types.iter().map(|t| field("f", t.clone())).collect();
        let children = fields.iter().map(|f| leaf_facts(f, &[], 5)).collect();
        plan(&matrix_facts(&top, children, None), &Options::default(), &[]).unwrap().dtype().unwrap()
    };
    // np.result_type of the same three: the integers' common type is never asked for.
    for (types, expected) in [
        ([T::Int16, T::UInt16, T::Float32], DType::Float32),
        ([T::Int8, T::UInt8, T::Float16], DType::Float16),
        ([T::Int64, T::UInt64, T::Float32], DType::Float64),
        ([T::Boolean, T::UInt8, T::Int8], DType::Int16),
        ([T::Int32, T::UInt32, T::Int8], DType::Int64),
        ([T::Float16, T::Int16, T::Boolean], DType::Float32),
    ] {
        let [a, b, c] = types;
        for order in [[&a, &b, &c], [&a, &c, &b], [&b, &a, &c], [&b, &c, &a], [&c, &a, &b], [&c, &b, &a]] {
            assert_eq!(dtype(&order.map(T::clone)), expected, "{order:?}");
        }
    }
}

#[test]
fn a_column_of_no_width_copies_nothing() {
    let top = empty_struct();
    let (wide, none) = (field("wide", T::Int64), field("none", T::Int64));
    let children = vec![leaf_facts(&wide, &[], 5), leaf_facts(&none, &[0], 5)];
    let plan = plan(&matrix_facts(&top, children, None), &Options::default(), &[]).unwrap();
    assert_eq!(plan.children()[1].copies(), Some(false), "{plan}");
}

#[test]
fn a_fill_beyond_the_largest_float_that_counts_is_not_exact() {
    let values = field("", T::Float64);
    let fit = |n: i128| {
        let mut facts = leaf_facts(&values, &[], 5);
        if let FactsNode::Leaf(leaf) = &mut facts.node {
            leaf.missing = 1;
        }
        let options = Options { na_value: Some(Fills::All(Fill::Int(n))), ..Options::default() };
        plan(&facts, &options, &[]).map_err(|error| error.kind())
    };
    assert!(fit(1 << 100).is_ok());
    assert!(fit(i128::MIN).is_ok());
    for n in [(1 << 53) + 1, i128::from(i64::MAX), i128::from(u64::MAX), i128::MAX] {
        assert_eq!(fit(n), Err(ErrorKind::LossyCast), "{n}");
    }
}

#[test]
fn lists_too_large_to_count_are_an_error_or_a_plan() {
    let values = field("", T::Null);
    let dims = [1 << 31, 1 << 31, 1 << 31];
    for rows in [0, 1] {
        let plan = plan(&leaf_facts(&values, &dims, rows), &Options::default(), &[]);
        if let Ok(plan) = plan {
            assert_eq!(plan.copies(), Some(rows > 0));
        }
    }
    let top = empty_struct();
    let facts = matrix_facts(&top, vec![leaf_facts(&values, &dims, 1)], None);
    if let Ok(plan) = plan(&facts, &Options::default(), &[]) {
        assert_eq!(plan.copies(), Some(true));
    }
}
