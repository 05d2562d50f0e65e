//! Nested types drawn at random, and arrays of them with everything that a producer may leave in them:
//! missing values at each level, gaps, garbage under what is missing, slices of slices.
#![allow(dead_code, reason = "not every test draws every shape")]

use std::sync::Arc;

use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, BooleanArray, DictionaryArray, FixedSizeListArray, GenericListArray,
    GenericListViewArray, Int32Array, LargeStringArray, OffsetSizeTrait, PrimitiveArray, RunArray,
    StringArray, StringViewArray, StructArray,
};
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Int,
    Bool,
    Text(Letters),
    Fixed(usize, Box<Self>),
    List(Kind, Lengths, Box<Self>),
    Dictionary(Width, Box<Self>),
    Runs(Width, Box<Self>),
    Struct(Vec<Self>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    List,
    Large,
    View,
    LargeView,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Letters {
    Utf8,
    Large,
    View,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Lengths {
    /// All of one length; with the flag, those that are missing may have any.
    Uniform(usize, bool),
    UpTo(usize),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Width {
    I8,
    I16,
    I32,
    U8,
    U16,
    I64,
}

/// Numbers that follow from a seed: xorshift.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Below `n`, which isn't 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn nulls(&mut self, len: usize) -> Option<NullBuffer> {
        let one_in = [0, 0, 2, 7, 40][self.below(5)];
        (one_in > 0).then(|| (0..len).map(|_| self.below(one_in) != 0).collect())
    }
}

/// One more level around `inner`: a list, a dictionary or runs.
fn around(inner: Shape) -> impl Strategy<Value = Shape> {
    let kinds = select(vec![Kind::List, Kind::List, Kind::Large, Kind::View, Kind::LargeView]);
    let lengths = prop_oneof![
        4 => (0usize..4, any::<bool>()).prop_map(|(n, any)| Lengths::Uniform(n, any)),
        1 => (1usize..5).prop_map(Lengths::UpTo),
    ];
    let widths = || select(vec![Width::I8, Width::I16, Width::I32, Width::U8, Width::U16, Width::I64]);
    (0..5usize, 0usize..4, kinds, lengths, widths()).prop_map(move |(which, n, kind, lengths, width)| {
        let inner = Box::new(inner.clone());
        match which {
            0 => Shape::Fixed(n, inner),
            1 | 2 => Shape::List(kind, lengths, inner),
            3 => Shape::Dictionary(width, inner),
            _ => Shape::Runs(width, inner),
        }
    })
}

/// A number or text in some levels of anything but structs.
pub(crate) fn column(text: bool) -> impl Strategy<Value = Shape> {
    let letters = [Letters::Utf8, Letters::Large, Letters::View];
    let leaf =
        if text { letters.map(Shape::Text).to_vec() } else { vec![Shape::Int, Shape::Int, Shape::Bool] };
    let once = |shapes: BoxedStrategy<Shape>| shapes.prop_flat_map(around).boxed();
    let leaf = select(leaf).boxed();
    let (one, two) = (once(leaf.clone()), once(once(leaf.clone())));
    prop_oneof![1 => leaf, 3 => one.clone(), 3 => two.clone(), 2 => once(two)]
}

/// Levels of a column without lists of variable size.
pub(crate) fn narrow_column() -> impl Strategy<Value = Shape> {
    column(false).prop_map(Shape::narrowed)
}

/// A struct of narrow columns in some levels of lists.
pub(crate) fn matrix() -> impl Strategy<Value = Shape> {
    let fields = vec(narrow_column(), 1..4).prop_map(Shape::Struct).boxed();
    prop_oneof![2 => fields.clone(), 2 => fields.clone().prop_flat_map(around), 1 => fields.prop_flat_map(around).prop_flat_map(around)]
}

/// Structs of integers in any levels and of structs again, in some levels of lists.
pub(crate) fn records() -> impl Strategy<Value = Shape> {
    let ints = || column(false).prop_map(Shape::without_bools);
    let inner = vec(ints(), 1..3).prop_map(Shape::Struct);
    let field = prop_oneof![4 => ints(), 1 => inner];
    let fields = vec(field, 1..4).prop_map(Shape::Struct).boxed();
    prop_oneof![3 => fields.clone(), 2 => fields.prop_flat_map(around)]
}

impl Shape {
    fn without_bools(self) -> Self {
        let inner = |inner: Box<Self>| Box::new(inner.without_bools());
        match self {
            Self::Bool => Self::Int,
            Self::List(kind, lengths, of) => Self::List(kind, lengths, inner(of)),
            Self::Fixed(n, of) => Self::Fixed(n, inner(of)),
            Self::Dictionary(width, of) => Self::Dictionary(width, inner(of)),
            Self::Runs(width, of) => Self::Runs(width, inner(of)),
            other => other,
        }
    }

    fn narrowed(self) -> Self {
        let inner = |inner: Box<Self>| Box::new(inner.narrowed());
        match self {
            Self::List(_, Lengths::Uniform(n, _) | Lengths::UpTo(n), of) | Self::Fixed(n, of) => {
                Self::Fixed(n, inner(of))
            }
            Self::Dictionary(width, of) => Self::Dictionary(width, inner(of)),
            Self::Runs(width, of) => Self::Runs(width, inner(of)),
            other => other,
        }
    }

    /// An array of `len` values: a slice of a longer one.
    pub(crate) fn build(&self, len: usize, random: &mut Random) -> ArrayRef {
        let (before, after) = match random.below(3) {
            0 => (0, 0),
            1 => (random.below(4), random.below(3)),
            _ => (random.below(70), random.below(9)),
        };
        self.whole(before + len + after, random).slice(before, len)
    }

    fn whole(&self, len: usize, random: &mut Random) -> ArrayRef {
        match self {
            Self::Int => {
                let values: Vec<i32> = (0..len).map(|_| random.below(2000) as i32 - 1000).collect();
                Arc::new(Int32Array::new(values.into(), random.nulls(len)))
            }
            Self::Bool => {
                let values = (0..len).map(|_| random.below(2) == 1).collect();
                Arc::new(BooleanArray::new(values, random.nulls(len)))
            }
            Self::Text(letters) => {
                let words = ["", "a", "bc", "\u{e4}", "longer than twelve bytes", "\u{1f600}!"];
                // Text beyond ASCII takes another way.
                let known = if random.below(2) == 0 { 3 } else { words.len() };
                let nulls = random.nulls(len);
                let there = |i| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(i));
                let values: Vec<Option<&str>> =
                    (0..len).map(|i| there(i).then(|| words[random.below(known)])).collect();
                match letters {
                    Letters::Utf8 => Arc::new(values.into_iter().collect::<StringArray>()),
                    Letters::Large => Arc::new(values.into_iter().collect::<LargeStringArray>()),
                    Letters::View => Arc::new(values.into_iter().collect::<StringViewArray>()),
                }
            }
            Self::Fixed(size, inner) => {
                let child = inner.build(size * len, random);
                let nulls = random.nulls(len);
                let list =
                    FixedSizeListArray::try_new_with_length(item(&child), *size as i32, child, nulls, len);
                Arc::new(list.expect("as many values as that"))
            }
            Self::List(Kind::List, lengths, inner) => lists::<i32>(*lengths, inner, len, random),
            Self::List(Kind::Large, lengths, inner) => lists::<i64>(*lengths, inner, len, random),
            Self::List(Kind::View, lengths, inner) => views::<i32>(*lengths, inner, len, random),
            Self::List(Kind::LargeView, lengths, inner) => views::<i64>(*lengths, inner, len, random),
            Self::Dictionary(width, inner) => match width {
                Width::I8 => dictionary::<Int8Type>(inner, len, random),
                Width::I16 => dictionary::<Int16Type>(inner, len, random),
                Width::I32 => dictionary::<Int32Type>(inner, len, random),
                Width::I64 => dictionary::<Int64Type>(inner, len, random),
                Width::U8 => dictionary::<UInt8Type>(inner, len, random),
                Width::U16 => dictionary::<UInt16Type>(inner, len, random),
            },
            Self::Runs(width, inner) => {
                let mut ends = Vec::new();
                while ends.last().is_none_or(|end| *end < len.max(1)) {
                    let longest = [2, 5, 90][random.below(3)];
                    ends.push(ends.last().unwrap_or(&0) + 1 + random.below(longest));
                }
                let values = inner.build(ends.len(), random);
                macro_rules! runs {
                    ($t:ty) => {{
                        let ends = PrimitiveArray::<$t>::from_iter_values(ends.iter().map(|end| *end as _));
                        let runs = RunArray::try_new(&ends, &values).expect("ascending ends");
                        Arc::new(runs.slice(0, len))
                    }};
                }
                match width {
                    Width::I8 | Width::U8 | Width::I16 => runs!(Int16Type),
                    Width::I32 | Width::U16 => runs!(Int32Type),
                    Width::I64 => runs!(Int64Type),
                }
            }
            Self::Struct(columns) => {
                let arrays: Vec<ArrayRef> = columns.iter().map(|column| column.build(len, random)).collect();
                let fields = arrays.iter().enumerate();
                let fields: Fields =
                    fields.map(|(i, a)| Field::new(format!("f{i}"), a.data_type().clone(), true)).collect();
                Arc::new(StructArray::new(fields, arrays, random.nulls(len)))
            }
        }
    }
}

fn item(child: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new("item", child.data_type().clone(), true))
}

/// The lengths of `len` lists, and which are there.
fn lengths(lengths: Lengths, len: usize, random: &mut Random) -> (Vec<usize>, Option<NullBuffer>) {
    let nulls = random.nulls(len);
    let there = |i| nulls.as_ref().is_none_or(|nulls: &NullBuffer| nulls.is_valid(i));
    let mut length = |i| match lengths {
        Lengths::Uniform(n, false) => n,
        Lengths::Uniform(n, true) => [n, 0, random.below(4)][if there(i) { 0 } else { 1 + i % 2 }],
        Lengths::UpTo(n) => random.below(n + 1),
    };
    ((0..len).map(&mut length).collect(), nulls)
}

fn lists<O: OffsetSizeTrait>(of: Lengths, inner: &Shape, len: usize, random: &mut Random) -> ArrayRef {
    let (sizes, nulls) = lengths(of, len, random);
    let first = random.below(2) * random.below(5);
    let offset = |n: usize| O::from_usize(n).expect("small");
    let mut offsets = vec![offset(first)];
    let mut end = first;
    offsets.extend(sizes.iter().map(|size| {
        end += size;
        offset(end)
    }));
    let child = inner.build(end + random.below(3), random);
    Arc::new(GenericListArray::<O>::new(item(&child), OffsetBuffer::new(offsets.into()), child, nulls))
}

/// Lists that lie in any order, share values and leave others out; now and then one after the other.
fn views<O: OffsetSizeTrait>(of: Lengths, inner: &Shape, len: usize, random: &mut Random) -> ArrayRef {
    let (sizes, nulls) = lengths(of, len, random);
    let child = inner.build(sizes.iter().sum::<usize>() + random.below(3), random);
    let in_a_row = random.below(3) == 0;
    let mut end = 0;
    let starts = sizes.iter().map(|size| {
        end += size;
        if in_a_row { end - size } else { random.below(child.len() - size + 1) }
    });
    let starts: Vec<O> = starts.map(|start| O::from_usize(start).expect("small")).collect();
    let sizes: Vec<O> = sizes.iter().map(|size| O::from_usize(*size).expect("small")).collect();
    let (starts, sizes) = (ScalarBuffer::from(starts), ScalarBuffer::from(sizes));
    Arc::new(GenericListViewArray::<O>::new(item(&child), starts, sizes, child, nulls))
}

fn dictionary<K: arrow_array::types::ArrowDictionaryKeyType>(
    inner: &Shape,
    len: usize,
    random: &mut Random,
) -> ArrayRef {
    let values = inner.build(1 + random.below(12), random);
    let nulls = random.nulls(len);
    let keys: Vec<<K as ArrowPrimitiveType>::Native> = (0..len)
        .map(|i| {
            let there = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(i));
            // Nobody looks at the key of what is missing.
            let key = if there { random.below(values.len()) } else { 99 };
            arrow_buffer::ArrowNativeType::from_usize(key).expect("small")
        })
        .collect();
    Arc::new(DictionaryArray::<K>::new(PrimitiveArray::new(keys.into(), nulls), values))
}

/// The field of an array.
pub(crate) fn field_of(data_type: &DataType) -> Field {
    Field::new("", data_type.clone(), true)
}
