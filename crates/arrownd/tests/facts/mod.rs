//! Facts drawn by hand: what the planner may meet, without an array.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields};
use arrownd::{
    DType, Facts, FactsNode, Fill, Fills, Form, LeafFacts, Nulls, Options, Order, Resolution, Unit,
};
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
    Leaf {
        values: Field,
        dims: Vec<usize>,
        axes: Vec<usize>,
        chunks: usize,
        /// How many of 16 values are missing.
        missing: usize,
        alignment: usize,
    },
    Struct {
        children: Vec<Source>,
        spacing: Option<usize>,
    },
}

impl Source {
    pub(crate) fn facts(&self, rows: Option<usize>) -> Facts<'_> {
        let node = match &self.node {
            Contents::Leaf { values, dims, axes, chunks, missing, alignment } => {
                let all = rows.unwrap_or(0) * dims.iter().product::<usize>();
                let missing = if *values.data_type() == DataType::Null { all } else { all * missing / 16 };
                FactsNode::Leaf(LeafFacts {
                    field: values,
                    dims,
                    axes,
                    chunks: if all == 0 { 0 } else { *chunks },
                    missing,
                    first_missing: 0,
                    alignment: *alignment,
                    longest: None,
                    unwrapped: &[],
                })
            }
            Contents::Struct { children, spacing } => FactsNode::Struct {
                children: children.iter().map(|child| child.facts(rows)).collect(),
                spacing: *spacing,
            },
        };
        Facts { field: &self.field, rows, node }
    }
}

/// The same facts with nothing missing.
pub(crate) fn complete<'f>(facts: &Facts<'f>) -> Facts<'f> {
    let node = match &facts.node {
        FactsNode::Leaf(leaf) if *leaf.field.data_type() == DataType::Null => facts.node.clone(),
        FactsNode::Leaf(leaf) => FactsNode::Leaf(LeafFacts { missing: 0, ..leaf.clone() }),
        FactsNode::Struct { children, spacing } => {
            FactsNode::Struct { children: children.iter().map(complete).collect(), spacing: *spacing }
        }
    };
    Facts { node, ..*facts }
}

fn leaf() -> impl Strategy<Value = Source> {
    let flat: Vec<DataType> = every_type()
        .into_iter()
        .filter(|t| !matches!(t, DataType::Struct(_) | DataType::FixedSizeList(..)))
        .collect();
    (
        select(flat),
        prop_oneof![3 => Just(vec![]), 2 => vec(0usize..4, 1..4)],
        any::<u64>(),
        1usize..4,
        prop_oneof![Just(0usize), 1usize..16, Just(16)],
        select(vec![1usize, 2, 4, 8, 64]),
        any::<bool>(),
    )
        .prop_map(|(data_type, dims, seed, chunks, missing, alignment, nullable)| {
            let values = Field::new("item", data_type, true);
            let nested = dims.iter().rev().fold(values.clone(), |inner, n| {
                let list = DataType::FixedSizeList(Arc::new(inner), *n as i32);
                Field::new("item", list, true)
            });
            let mut axes: Vec<usize> = (0..dims.len()).collect();
            if !axes.is_empty() {
                let n = axes.len();
                axes.rotate_left(seed as usize % n);
            }
            Source {
                field: nested.with_nullable(nullable || missing > 0),
                node: Contents::Leaf { values, dims, axes, chunks, missing, alignment },
            }
        })
}

/// A leaf, or a struct of them with names of their own; one in it may be a struct again.
pub(crate) fn source() -> impl Strategy<Value = Source> {
    leaf().prop_recursive(2, 12, 4, |inner| {
        let spacing = prop_oneof![Just(None), (1usize..200).prop_map(Some)];
        (vec(inner, 0..4), spacing).prop_map(|(mut children, spacing)| {
            for (i, child) in children.iter_mut().enumerate() {
                child.field = child.field.clone().with_name(format!("f{i}"));
            }
            let fields: Fields = children.iter().map(|c| c.field.clone()).collect();
            let flat =
                children.iter().all(|c| matches!(&c.node, Contents::Leaf { dims, .. } if dims.is_empty()));
            Source {
                field: Field::new("", DataType::Struct(fields), true),
                node: Contents::Struct {
                    spacing: spacing.filter(|_| flat && !children.is_empty()),
                    children,
                },
            }
        })
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
        prop_oneof![2 => Just(None), 1 => dtype().prop_map(Some)],
        any::<bool>(),
        prop::bool::weighted(0.2),
        select(vec![Nulls::Nan, Nulls::Nan, Nulls::Masked, Nulls::Raise]),
        prop_oneof![2 => Just(None), 1 => fill().prop_map(Some)],
        select(vec![Order::F, Order::C]),
        any::<bool>(),
        any::<bool>(),
        select(vec![Form::Matrix, Form::Columns]),
    )
        .prop_map(|(dtype, allow_copy, writable, nulls, fill, order, safe, record_masks, form)| {
            Options {
                dtype,
                allow_copy,
                writable,
                nulls,
                na_value: fill.filter(|_| nulls == Nulls::Nan).map(Fills::All),
                order,
                safe,
                record_masks,
                form,
                ..Options::default()
            }
        })
}
