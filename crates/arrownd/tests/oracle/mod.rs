//! What an array holds, read value by value with arrow-rs, and what is to become of it: the slow way.
#![allow(dead_code, reason = "not every test asks for every form")]

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::shapes::Shape;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Missing,
    /// There is no such value: its list is shorter than the row of the result.
    Padding,
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Struct(Vec<Self>),
}

/// All values of an array.
pub(crate) fn read(array: &dyn Array) -> Vec<Value> {
    (0..array.len()).map(|i| value(array, i)).collect()
}

fn value(array: &dyn Array, i: usize) -> Value {
    use DataType as T;
    if array.is_null(i) {
        return Value::Missing;
    }
    let list = |values: ArrayRef| Value::List(read(&values));
    match array.data_type() {
        T::Int32 => Value::Number(f64::from(array.as_primitive::<Int32Type>().value(i))),
        T::Boolean => Value::Number(f64::from(array.as_boolean().value(i))),
        T::Utf8 => Value::Text(array.as_string::<i32>().value(i).to_owned()),
        T::LargeUtf8 => Value::Text(array.as_string::<i64>().value(i).to_owned()),
        T::Utf8View => Value::Text(array.as_string_view().value(i).to_owned()),
        T::FixedSizeList(..) => list(array.as_fixed_size_list().value(i)),
        T::List(_) => list(array.as_list::<i32>().value(i)),
        T::LargeList(_) => list(array.as_list::<i64>().value(i)),
        T::ListView(_) => list(array.as_list_view::<i32>().value(i)),
        T::LargeListView(_) => list(array.as_list_view::<i64>().value(i)),
        T::Struct(_) => {
            Value::Struct(array.as_struct().columns().iter().map(|column| value(column, i)).collect())
        }
        T::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values(), key(dictionary.keys(), i))
        }
        T::RunEndEncoded(ends, _) => match ends.data_type() {
            T::Int16 => {
                let runs = array.as_run::<Int16Type>();
                value(runs.values(), runs.get_physical_index(i))
            }
            T::Int32 => {
                let runs = array.as_run::<Int32Type>();
                value(runs.values(), runs.get_physical_index(i))
            }
            _ => {
                let runs = array.as_run::<Int64Type>();
                value(runs.values(), runs.get_physical_index(i))
            }
        },
        other => panic!("no shape makes {other}"),
    }
}

pub(crate) fn key(keys: &dyn Array, i: usize) -> usize {
    match keys.data_type() {
        DataType::Int8 => keys.as_primitive::<Int8Type>().value(i) as usize,
        DataType::Int16 => keys.as_primitive::<Int16Type>().value(i) as usize,
        DataType::Int32 => keys.as_primitive::<Int32Type>().value(i) as usize,
        DataType::Int64 => keys.as_primitive::<Int64Type>().value(i) as usize,
        DataType::UInt8 => usize::from(keys.as_primitive::<UInt8Type>().value(i)),
        _ => usize::from(keys.as_primitive::<UInt16Type>().value(i)),
    }
}

/// A list that has no place in the result.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Misfit {
    pub(crate) row: usize,
    pub(crate) found: usize,
    pub(crate) expected: usize,
}

/// Values in C order, and their dimensions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dense {
    /// The rows first.
    pub(crate) dims: Vec<usize>,
    pub(crate) values: Vec<Value>,
    lists: usize,
}

/// How lists of variable size become dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pad {
    pub(crate) pads: bool,
    pub(crate) to: Option<usize>,
}

impl Dense {
    pub(crate) fn rows(values: Vec<Value>) -> Self {
        Self { dims: vec![values.len()], values, lists: 0 }
    }

    /// Goes down to the leaf or the struct, whose shape is returned too.
    pub(crate) fn descend(mut self, mut shape: &Shape, pad: Pad) -> Result<(Self, &Shape), Misfit> {
        loop {
            shape = match shape {
                Shape::Fixed(size, inner) => {
                    self.widen(*size);
                    inner
                }
                Shape::List(_, _, inner) => {
                    self.lists(pad)?;
                    inner
                }
                Shape::Dictionary(_, inner) | Shape::Runs(_, inner) => inner,
                Shape::Int | Shape::Bool | Shape::Text(_) | Shape::Struct(_) => return Ok((self, shape)),
            };
        }
    }

    /// Goes down to the first list of variable size, the leaf or the struct, whose shape is returned too.
    pub(crate) fn descend_to_list(mut self, mut shape: &Shape) -> (Self, &Shape) {
        loop {
            shape = match shape {
                Shape::Fixed(size, inner) => {
                    self.widen(*size);
                    inner
                }
                Shape::Dictionary(_, inner) | Shape::Runs(_, inner) => inner,
                _ => return (self, shape),
            };
        }
    }

    fn lists(&mut self, Pad { pads, to }: Pad) -> Result<(), Misfit> {
        let to = to.filter(|_| self.lists == 0);
        self.lists += 1;
        let each: usize = self.dims.iter().skip(1).product();
        let lengths: Vec<(usize, usize)> = self.values.iter().enumerate().filter_map(length).collect();
        let width = match (pads, to) {
            (true, Some(width)) => width,
            (true, None) => lengths.iter().map(|(_, n)| *n).max().unwrap_or(0),
            (false, _) => lengths.first().map_or(0, |(_, n)| *n),
        };
        let misfit = lengths.into_iter().find(|(_, n)| if pads { *n > width } else { *n != width });
        self.widen(width);
        match misfit {
            Some((at, found)) => Err(Misfit { row: at / each, found, expected: width }),
            None => Ok(()),
        }
    }

    /// Each value becomes `width` of them.
    fn widen(&mut self, width: usize) {
        self.dims.push(width);
        let values = std::mem::take(&mut self.values);
        for value in values {
            match value {
                Value::List(items) => {
                    let short = width.saturating_sub(items.len());
                    self.values.extend(items);
                    self.values.extend(std::iter::repeat_n(Value::Padding, short));
                }
                other => self.values.extend(std::iter::repeat_n(other, width)),
            }
        }
    }

    /// One field of the structs that the way has led to.
    pub(crate) fn field(&self, index: usize) -> Self {
        let field = |value: &Value| match value {
            Value::Struct(fields) => fields[index].clone(),
            other => other.clone(),
        };
        Self { values: self.values.iter().map(field).collect(), ..self.clone() }
    }

    /// Fields beside each other: the last dimension.
    pub(crate) fn beside(outer: usize, columns: &[Self]) -> Self {
        let each = |column: &Self| column.dims.iter().skip(outer).product::<usize>();
        let width = columns.iter().map(each).sum();
        let mut dims = columns[0].dims[..outer].to_vec();
        let places: usize = dims.iter().product();
        dims.push(width);
        let values = (0..places).flat_map(|place| {
            columns.iter().flat_map(move |column| {
                let n = each(column);
                column.values[place * n..(place + 1) * n].to_vec()
            })
        });
        Self { values: values.collect(), dims, lists: 0 }
    }

    pub(crate) fn count(&self, of: &Value) -> usize {
        self.values.iter().filter(|value| *value == of).count()
    }
}

fn length((at, value): (usize, &Value)) -> Option<(usize, usize)> {
    match value {
        Value::List(items) => Some((at, items.len())),
        _ => None,
    }
}
