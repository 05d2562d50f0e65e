//! The type table against the planner: every `DataType` has a row, and the row says what happens.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

mod types;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use arrownd::engine::{Column, Facts, FactsNode, Nulls, Options, ROWS, Way, map, plan};
use arrownd::{DType, Error, ErrorKind, Plan, Transfer};
use types::{VARIANTS, every_type, variant};

/// Lists that follow each other and have one length.
static UNIFORM: Way = Way {
    unwrapped: Vec::new(),
    dictionary: false,
    runs: false,
    gaps: false,
    lists: 1,
    unknown: Vec::new(),
    ragged: None,
};

/// The facts of three rows in one aligned chunk, `missing` of each leaf's values missing. Lists of
/// variable size have two values each.
fn facts_of<'f>(column: &'f Column<'_>, missing: usize) -> Facts<'f> {
    fn fill(facts: &mut Facts<'_>, missing: usize) {
        facts.rows = Some(3);
        match &mut facts.node {
            FactsNode::Leaf(leaf) => {
                leaf.chunks = 1;
                leaf.alignment = 64;
                if !leaf.way.unknown.is_empty() {
                    leaf.dims = &[2, 2][..leaf.dims.len()];
                    leaf.way = &UNIFORM;
                }
                let all = 3 * leaf.dims.iter().product::<usize>();
                leaf.missing = if *leaf.field.data_type() == DataType::Null { all } else { missing };
            }
            FactsNode::Struct { children, spacing, .. } => {
                for child in children {
                    fill(child, missing);
                }
                *spacing = Some(24);
            }
        }
    }
    let mut facts = Facts::of(column, &Options::default());
    fill(&mut facts, missing);
    facts
}

fn plan_of(field: &Field, missing: usize, options: &Options) -> Result<Plan, Error> {
    let column = Column::of_schema(field, options).expect("a valid field");
    plan(&facts_of(&column, missing), options, &[])
}

fn extension(name: &str, metadata: &str, storage: DataType) -> Field {
    let metadata = [
        ("ARROW:extension:name".to_owned(), name.to_owned()),
        ("ARROW:extension:metadata".to_owned(), metadata.to_owned()),
    ];
    Field::new("field", storage, true).with_metadata(HashMap::from(metadata))
}

fn record(fields: &[(&str, DataType)]) -> DataType {
    let fields: Vec<Field> =
        fields.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect();
    DataType::Struct(Fields::from(fields))
}

/// Every type plain, and every extension that the table has a row for.
fn every_field() -> Vec<Field> {
    use DataType as T;
    let plain = every_type().into_iter().map(|data_type| Field::new("field", data_type, true));
    let item = |data_type| Arc::new(Field::new("item", data_type, true));
    let list = |n| T::FixedSizeList(item(T::Int16), n);
    let utc = T::Timestamp(TimeUnit::Second, Some("UTC".into()));
    plain
        .chain([
            extension("arrow.bool8", "", T::Int8),
            extension("arrow.fixed_shape_tensor", "{\"shape\": [2, 3]}", list(6)),
            extension(
                "arrow.variable_shape_tensor",
                "{}",
                record(&[
                    ("data", T::List(item(T::Float32))),
                    ("shape", T::FixedSizeList(item(T::Int32), 2)),
                ]),
            ),
            extension("arrow.uuid", "", T::FixedSizeBinary(16)),
            extension("arrow.json", "", T::Utf8),
            extension(
                "arrow.timestamp_with_offset",
                "",
                record(&[("timestamp", utc), ("offset_minutes", T::Int16)]),
            ),
            extension("arrow.parquet.variant", "", record(&[("metadata", T::Binary), ("value", T::Binary)])),
            extension("polars.int128", "", T::FixedSizeBinary(16)),
            extension("polars.uint128", "", T::FixedSizeBinary(16)),
            extension("pandas.period", "{\"freq\": \"ms\"}", T::Int64),
            extension("pandas.interval", "{}", record(&[("left", T::Int64), ("right", T::Int64)])),
        ])
        .collect()
}

#[test]
fn the_list_of_types_has_every_variant() {
    let found: BTreeSet<&str> = every_type().iter().map(variant).collect();
    assert_eq!(found, VARIANTS.into_iter().collect());
}

#[test]
fn every_type_has_a_row_of_its_own_kind() {
    let mut rows: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for field in every_field() {
        let row = map(&field).expect("mapped").row.row();
        rows.entry(row.name).or_default().push(variant_of(&field));
    }
    for (row, variants) in &mut rows {
        variants.dedup();
        let ways: BTreeSet<&str> = variants
            .iter()
            .map(|v| v.trim_end_matches("Int8").trim_end_matches("Sorted"))
            .map(|v| v.trim_end_matches("Int16"))
            .collect();
        assert!(ways.len() == 1 || variants.len() == 1, "{row} serves {variants:?}");
    }
    // An opaque extension is its storage.
    let unreached: Vec<&str> =
        ROWS.iter().map(|row| row.name).filter(|name| !rows.contains_key(name)).collect();
    assert_eq!(unreached, ["arrow.opaque"]);
}

fn variant_of(field: &Field) -> String {
    field.extension_type_name().unwrap_or(variant(field.data_type())).to_owned()
}

/// A row's dtype text with its variables replaced by the field's.
fn concrete(text: &str, field: &Field) -> Option<String> {
    let timed = match field.data_type() {
        DataType::Struct(fields) if fields.len() == 2 => fields[0].data_type(),
        other => other,
    };
    let unit = match timed {
        DataType::Timestamp(unit, _) | DataType::Duration(unit) => match unit {
            TimeUnit::Second => "s",
            TimeUnit::Millisecond => "ms",
            TimeUnit::Microsecond => "us",
            TimeUnit::Nanosecond => "ns",
        },
        _ => "ms",
    };
    let width = match field.data_type() {
        DataType::FixedSizeBinary(n) => *n,
        _ => 0,
    };
    Some(match (text, field.data_type()) {
        ("*", _) => return None,
        ("structured", DataType::Interval(IntervalUnit::DayTime)) => {
            "[('days', 'int32'), ('milliseconds', 'int32')]".to_owned()
        }
        ("structured", _) => "[('months', 'int32'), ('days', 'int32'), ('nanoseconds', 'int64')]".to_owned(),
        _ => text.replace("[unit]", &format!("[{unit}]")).replace("{n}", &width.to_string()),
    })
}

/// The field whose dtype the table's `*` stands for; `None` for a struct, which has several.
fn inside(field: &Field) -> Option<Field> {
    use DataType as T;
    match field.data_type() {
        T::List(item)
        | T::LargeList(item)
        | T::ListView(item)
        | T::LargeListView(item)
        | T::FixedSizeList(item, _)
        | T::RunEndEncoded(_, item) => Some(item.as_ref().clone()),
        // The values of a tensor of variable shape.
        T::Struct(fields) if fields.iter().any(|field| field.name() == "shape") => inside(&fields[0]),
        T::Dictionary(_, values) => Some(Field::new("values", values.as_ref().clone(), true)),
        _ => None,
    }
}

#[test]
fn the_table_says_which_dtype_the_planner_gives() {
    for field in every_field() {
        let row = map(&field).unwrap().row.row();
        for (missing, text) in [(0, row.dtype), (1, row.with_nulls)] {
            let dtype = |field: &Field| {
                let found = plan_of(field, missing, &Options::default());
                let plan = found.unwrap_or_else(|error| panic!("{}: {error}", row.name));
                plan.dtype().expect("one array").to_string()
            };
            let found = dtype(&field);
            match (concrete(text, &field), inside(&field)) {
                (Some(expected), _) => assert_eq!(found, expected, "{} missing {missing}", row.name),
                (None, Some(inner)) => assert_eq!(found, dtype(&inner), "{} missing {missing}", row.name),
                (None, None) => assert!(
                    ["int16", "int32", "int64", "float32", "float64", "object"].contains(&found.as_str()),
                    "{}: {found}",
                    row.name
                ),
            }
        }
    }
}

#[test]
fn the_table_says_view_where_the_planner_does() {
    for field in every_field() {
        let row = map(&field).unwrap().row.row();
        let plan = plan_of(&field, 0, &Options::default()).unwrap();
        assert_eq!(row.view, *plan.transfer() == Transfer::View, "{}: {plan}", row.name);
        // And a missing value beside a mask changes nothing about that.
        let masked = Options { nulls: Nulls::Masked, ..Options::default() };
        let plan = plan_of(&field, 1, &masked).unwrap();
        assert_eq!(row.view, *plan.transfer() == Transfer::View, "{} masked: {plan}", row.name);
    }
}

#[test]
fn every_type_is_converted_and_to_objects_too() {
    for field in every_field() {
        let row = map(&field).unwrap().row.row();
        assert!(row.supported, "{}", row.name);
        for dtype in [None, Some(DType::Object)] {
            let options = Options { dtype, ..Options::default() };
            let plan = plan_of(&field, 1, &options).unwrap_or_else(|error| panic!("{}: {error}", row.name));
            if dtype.is_some() {
                assert_eq!((plan.dtype(), plan.copies()), (dtype, Some(!plan.is_empty())), "{}", row.name);
            }
        }
    }
}

#[test]
fn an_extension_over_the_wrong_storage_is_invalid() {
    for (name, storage) in [
        ("arrow.bool8", DataType::UInt8),
        ("arrow.uuid", DataType::FixedSizeBinary(15)),
        ("arrow.json", DataType::Binary),
        ("arrow.fixed_shape_tensor", DataType::Float32),
        ("pandas.period", DataType::Int32),
    ] {
        let field = extension(name, "", storage);
        let error = map(&field).expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidArrow);
        assert!(error.to_string().contains(name), "{error}");
    }
    let list = |n| DataType::FixedSizeList(Field::new("item", DataType::Int16, true).into(), n);
    for metadata in [
        "",
        "{}",
        "[2, 3]",
        "{\"shape\": [2, 2]}",
        "{\"shape\": [-2, -3]}",
        "{\"shape\": [2, 3], \"permutation\": [0, 0]}",
        "{\"shape\": [2, 3], \"permutation\": [1]}",
        "{\"shape\": [2, 3], \"permutation\": [2, 1]}",
        "{\"shape\": [4294967296, 4294967296, 6]}",
    ] {
        let field = extension("arrow.fixed_shape_tensor", metadata, list(6));
        let error = Column::of_schema(&field, &Options::default()).expect_err(metadata);
        assert_eq!(error.kind(), ErrorKind::InvalidArrow, "{metadata}");
    }
}
