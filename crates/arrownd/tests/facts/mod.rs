//! Facts drawn by hand: what the planner may meet, without an array.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};
use arrownd::engine::{Facts, FactsNode, Fills, Form, LeafFacts, Lists, Nulls, Options, Ragged, Way};
use arrownd::{DType, Fill, Order, Resolution, Unit};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::types::every_type;

/// What facts borrow from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) field: Field,
    pub(crate) node: Contents,
}

#[derive(Debug, Clone)]
pub(crate) enum Contents {
    Leaf(Values),
    Struct { children: Vec<Source>, dims: Dims, ways: Ways, spacing: Option<usize> },
}

/// A leaf; counts are of 16 places.
#[derive(Debug, Clone)]
pub(crate) struct Values {
    field: Field,
    pub(crate) dims: Dims,
    axes: Vec<usize>,
    ways: Ways,
    chunks: usize,
    missing: usize,
    padded: usize,
    alignment: usize,
    /// The values of lists that become arrays of their own, and how many each has.
    pub(crate) rows: Option<(Box<Source>, usize)>,
}

/// Dimensions of data, and of a schema, where lists have no length yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dims {
    pub(crate) data: Vec<usize>,
    schema: Vec<usize>,
}

impl Dims {
    fn prepend(&mut self, n: usize, is_list: bool) {
        self.data.insert(0, n);
        self.schema.insert(0, if is_list { 0 } else { n });
    }

    fn of(&self, rows: Option<usize>) -> &[usize] {
        if rows.is_none() { &self.schema } else { &self.data }
    }
}

/// The way to the values of data, of data without a row, and of a schema.
#[derive(Debug, Clone)]
pub(crate) struct Ways {
    data: Way,
    empty: Way,
    schema: Way,
}

impl Ways {
    fn prepend(&mut self, is_list: bool) {
        for way in [&mut self.data, &mut self.empty, &mut self.schema] {
            way.lists += usize::from(is_list);
            for axis in &mut way.unknown {
                *axis += 1;
            }
        }
        self.schema.unknown.extend(is_list.then_some(0));
    }

    fn of(&self, rows: Option<usize>) -> &Way {
        match rows {
            None => &self.schema,
            Some(0) => &self.empty,
            Some(_) => &self.data,
        }
    }
}

/// Lists of one dimension more around a field.
fn in_lists(field: Field, n: usize, is_list: bool) -> Field {
    let item = Arc::new(field.with_name("item"));
    let list = if is_list { DataType::List(item) } else { DataType::FixedSizeList(item, n as i32) };
    Field::new("item", list, true)
}

impl Source {
    pub(crate) fn facts(&self, rows: Option<usize>) -> Facts<'_> {
        let node = match &self.node {
            Contents::Leaf(leaf) => FactsNode::Leaf(leaf.facts(rows)),
            Contents::Struct { children, dims, ways, spacing } => FactsNode::Struct {
                children: children.iter().map(|child| child.facts(rows)).collect(),
                dims: dims.of(rows),
                way: ways.of(rows),
                spacing: *spacing,
            },
        };
        Facts { field: &self.field, rows, node }
    }

    /// What lies in lists lies in one dimension more.
    fn prepend(&mut self, n: usize, is_list: bool) {
        match &mut self.node {
            Contents::Leaf(leaf) => {
                leaf.dims.prepend(n, is_list);
                leaf.axes = std::iter::once(0).chain(leaf.axes.iter().map(|axis| axis + 1)).collect();
                leaf.ways.prepend(is_list);
            }
            Contents::Struct { children, dims, ways, spacing } => {
                dims.prepend(n, is_list);
                ways.prepend(is_list);
                *spacing = None;
                for child in children {
                    child.prepend(n, is_list);
                }
            }
        }
    }

    fn set_ragged(&mut self, ragged: Option<&Ragged>) {
        match &mut self.node {
            Contents::Leaf(leaf) => leaf.ways.data.ragged = ragged.cloned(),
            Contents::Struct { children, ways, .. } => {
                ways.data.ragged = ragged.cloned();
                for child in children {
                    child.set_ragged(ragged);
                }
            }
        }
    }

    /// Whether the values of all columns may be viewed side by side.
    fn is_flat(&self) -> bool {
        match &self.node {
            Contents::Leaf(Values { dims, ways: Ways { data, .. }, rows, .. }) => {
                dims.data.is_empty() && rows.is_none() && !(data.dictionary || data.runs || data.gaps)
            }
            Contents::Struct { .. } => false,
        }
    }
}

impl Values {
    fn facts(&self, rows: Option<usize>) -> LeafFacts<'_> {
        let all = rows.unwrap_or(0) * self.dims.data.iter().product::<usize>();
        let padded = all * self.padded / 16;
        let rest = all - padded;
        LeafFacts {
            field: &self.field,
            dims: self.dims.of(rows),
            axes: &self.axes,
            chunks: if all == 0 { 0 } else { self.chunks },
            missing: if *self.field.data_type() == DataType::Null { rest } else { rest * self.missing / 16 },
            first_missing: 0,
            padded,
            alignment: self.alignment,
            way: self.ways.of(rows),
            rows: self.rows.as_ref().map(|(values, n)| Box::new(values.facts(rows.map(|_| all * n)))),
            longest: None,
        }
    }
}

/// The same facts with nothing missing and no list too short.
pub(crate) fn complete<'f>(facts: &Facts<'f>) -> Facts<'f> {
    let node = match &facts.node {
        FactsNode::Leaf(leaf) if *leaf.field.data_type() == DataType::Null => facts.node.clone(),
        FactsNode::Leaf(leaf) => {
            let rows = leaf.rows.as_ref().map(|values| Box::new(complete(values)));
            FactsNode::Leaf(LeafFacts { missing: 0, padded: 0, rows, ..leaf.clone() })
        }
        FactsNode::Struct { children, dims, way, spacing } => FactsNode::Struct {
            children: children.iter().map(complete).collect(),
            dims,
            way,
            spacing: *spacing,
        },
    };
    Facts { node, ..*facts }
}

fn ways() -> impl Strategy<Value = Ways> {
    use prop::bool::weighted;
    let ragged = (0usize..9, 0usize..9, any::<bool>()).prop_map(|(row, found, too_long)| Ragged {
        row,
        found: found.to_string(),
        expected: "77".to_owned(),
        too_long,
    });
    let ragged = prop::option::weighted(0.15, ragged);
    (weighted(0.15), weighted(0.15), weighted(0.3), weighted(0.1), ragged).prop_map(
        |(dictionary, runs, gaps, unwrapped, ragged)| {
            let unwrapped = if unwrapped { vec!["some.extension".to_owned()] } else { Vec::new() };
            let (lists, unknown) = (0, Vec::new());
            let data = Way { unwrapped, dictionary, runs, gaps, lists, unknown, ragged };
            let empty = Way { ragged: None, ..data.clone() };
            Ways { data, schema: empty.clone(), empty }
        },
    )
}

fn leaf() -> impl Strategy<Value = Source> {
    let flat: Vec<DataType> = every_type()
        .into_iter()
        .filter(|t| {
            use DataType as T;
            !matches!(t, T::Struct(_) | T::FixedSizeList(..) | T::Dictionary(..) | T::RunEndEncoded(..))
        })
        .collect();
    let dims = prop_oneof![3 => Just(vec![]), 2 => vec((0usize..4, any::<bool>()), 1..4)];
    let counts = (
        1usize..4,
        prop_oneof![Just(0usize), 1usize..16, Just(16)],
        prop_oneof![Just(0usize), 1usize..16],
        select(vec![1usize, 2, 4, 8, 64]),
    );
    // Numbers more often than others: most dtypes are for them.
    let numbers = vec![DataType::Int32, DataType::Int64, DataType::Float32, DataType::Float64];
    let flat = prop_oneof![select(flat), select(numbers)];
    (flat, dims, ways(), any::<u64>(), counts, any::<bool>()).prop_map(
        |(data_type, dims, ways, seed, (chunks, missing, padded, alignment), nullable)| {
            let values = Field::new("item", data_type, true);
            let leaf = Values {
                field: values.clone(),
                dims: Dims::default(),
                axes: Vec::new(),
                // Only lists can be ragged, and only those that leave gaps are filled up.
                padded: if ways.data.gaps && dims.iter().any(|(_, is_list)| *is_list) { padded } else { 0 },
                ways,
                chunks,
                missing,
                alignment,
                rows: None,
            };
            let mut source = Source { field: values, node: Contents::Leaf(leaf) };
            for (n, is_list) in dims {
                source.prepend(n, is_list);
                source.field = in_lists(source.field, n, is_list);
            }
            if let Contents::Leaf(leaf) = &mut source.node {
                let n = leaf.axes.len().max(1);
                leaf.axes.rotate_left(seed as usize % n);
                if leaf.ways.data.lists == 0 {
                    leaf.ways.data.ragged = None;
                }
            }
            source.field = source.field.with_nullable(nullable || missing > 0);
            source
        },
    )
}

/// Lists that become arrays of their own.
fn in_rows(values: Source, leaf: Source, each: usize) -> Source {
    let Contents::Leaf(mut leaf) = leaf.node else { return leaf };
    leaf.field = in_lists(values.field.clone(), 0, true);
    leaf.rows = Some((Box::new(values), each));
    let field = leaf.dims.data.iter().rev().fold(leaf.field.clone(), |field, n| in_lists(field, *n, false));
    Source { field, node: Contents::Leaf(leaf) }
}

/// A leaf, a struct of them with names of their own, perhaps in lists, or lists whose rows are
/// arrays; one in it may be either again.
pub(crate) fn source() -> impl Strategy<Value = Source> {
    leaf().prop_recursive(2, 12, 4, |inner| {
        let spacing = prop_oneof![Just(None), (1usize..200).prop_map(Some)];
        let outer = prop_oneof![3 => Just(vec![]), 1 => vec((0usize..3, any::<bool>()), 1..3)];
        let fields = (vec(inner.clone(), 0..4), spacing, outer, ways());
        let fields = fields.prop_map(|(mut children, spacing, outer, ways)| {
            for (i, child) in children.iter_mut().enumerate() {
                child.field = child.field.clone().with_name(format!("f{i}"));
            }
            let fields: Fields = children.iter().map(|c| c.field.clone()).collect();
            let flat = !children.is_empty() && children.iter().all(Source::is_flat);
            // Where the structs' lists don't fit together, those of their fields don't.
            let ragged = ways.data.ragged.filter(|_| outer.iter().any(|(_, is_list)| *is_list));
            for child in children.iter_mut().filter(|_| ragged.is_some()) {
                child.set_ragged(ragged.as_ref());
            }
            let empty = Way::default();
            let ways = Ways { data: Way { ragged, ..empty.clone() }, schema: empty.clone(), empty };
            let (spacing, dims) = (spacing.filter(|_| flat), Dims::default());
            let node = Contents::Struct { spacing, children, dims, ways };
            let mut source = Source { field: Field::new("", DataType::Struct(fields), true), node };
            for (n, is_list) in outer {
                source.prepend(n, is_list);
                source.field = in_lists(source.field, n, is_list);
            }
            source
        });
        let rows = (inner, leaf(), 0usize..4).prop_map(|(values, leaf, each)| in_rows(values, leaf, each));
        prop_oneof![2 => fields, 1 => rows]
    })
}

pub(crate) fn rows() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![
        1 => Just(None),
        1 => Just(Some(0)),
        1 => Just(Some(1)),
        4 => (2usize..2000).prop_map(Some),
    ]
}

pub(crate) fn dtype() -> impl Strategy<Value = DType> {
    use DType as D;
    let odd = Resolution { unit: Unit::Second, multiple: 25 };
    select(vec![
        D::Bool,
        D::Int8,
        D::Int16,
        D::Int32,
        D::Int64,
        D::UInt8,
        D::UInt16,
        D::UInt32,
        D::UInt64,
        D::Float16,
        D::Float32,
        D::Float64,
        D::Datetime(None),
        D::Timedelta(None),
        D::datetime(Unit::Day),
        D::datetime(Unit::Year),
        D::datetime(Unit::Nanosecond),
        D::timedelta(Unit::Millisecond),
        D::timedelta(Unit::Month),
        D::Datetime(Some(odd)),
        D::Void(3),
        D::IntervalDayTime,
        D::IntervalMonthDayNano,
        D::Object,
    ])
}

fn fill() -> impl Strategy<Value = Fill> {
    prop_oneof![
        any::<bool>().prop_map(Fill::Bool),
        (-300i128..300).prop_map(Fill::Int),
        any::<f64>().prop_map(Fill::Float),
        Just(Fill::Float(f64::NAN)),
        (any::<i64>(), any::<bool>()).prop_map(|(ticks, datetime)| Fill::Temporal {
            ticks,
            resolution: Some(Unit::Second.into()),
            datetime,
        }),
        Just(Fill::Bytes(vec![1, 2, 3])),
    ]
}

pub(crate) fn options() -> impl Strategy<Value = Options> {
    (
        prop_oneof![4 => Just(None), 1 => dtype().prop_map(Some), 1 => Just(Some(DType::Float64))],
        any::<bool>(),
        prop::bool::weighted(0.2),
        select(vec![Nulls::Nan, Nulls::Nan, Nulls::Masked, Nulls::Raise]),
        prop_oneof![2 => Just(None), 1 => fill().prop_map(Some)],
        select(vec![Order::F, Order::C]),
        any::<bool>(),
        any::<bool>(),
        (
            select(vec![Form::Matrix, Form::Matrix, Form::Columns, Form::Ragged]),
            select(vec![None, Some(Lists::Dense), Some(Lists::Pad), Some(Lists::Object)]),
            prop::bool::weighted(0.15),
        ),
    )
        .prop_map(|(dtype, allow_copy, writable, nulls, fill, order, safe, record_masks, shape)| {
            let (form, lists, structured) = shape;
            let pads = nulls == Nulls::Raise && lists == Some(Lists::Pad);
            Options {
                dtype,
                allow_copy,
                writable,
                nulls,
                na_value: fill.filter(|_| nulls == Nulls::Nan || pads).map(Fills::All),
                order,
                safe,
                record_masks,
                form,
                lists,
                structured,
                ..Options::default()
            }
        })
}
