//! Dictionaries in cells: structs or maps, where such a type was asked for.

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, FieldRef};
use arrownd::engine::dense::Made;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::build;
use super::column::{Column, Objects, changed, child, there};
use super::kinds::type_name;
use super::lists::{extend, offsets};
use super::place::Place;
use crate::errors::Outcome;

/// struct or map, as was asked for.
pub(super) fn dicts<'py>(column: Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    match column.wanted_type() {
        Some(DataType::Struct(fields)) => {
            let fields = fields.clone();
            structs(&column, &objects, &fields)
        }
        Some(DataType::Map(entries, _)) => {
            let entries = entries.clone();
            maps(&column, &objects, &entries)
        }
        _ => {
            let at = there(&objects).next().map_or(0, |(at, _)| at);
            Err(column.place.unsupported(
                format!("a dict at {}", column.place.name(at)),
                "an Arrow type that its values tell",
                "pass a struct or a map as type=",
            ))
        }
    }
}

/// A key that a dict doesn't have is missing; one that no field has is an error.
fn structs<'py>(
    column: &Column<'_, 'py>,
    objects: &[Option<Bound<'py, PyAny>>],
    fields: &[FieldRef],
) -> Outcome<Made> {
    let dict = |at: usize| -> Outcome<Option<&Bound<'_, PyDict>>> {
        let object = objects.get(at).and_then(Option::as_ref);
        object.map(|object| object.cast::<PyDict>().map_err(|_| changed(column.place, at))).transpose()
    };
    for at in 0..column.len {
        for key in dict(at)?.into_iter().flat_map(PyDictMethods::keys) {
            let known = match key.cast::<PyString>() {
                Ok(key) => fields.iter().any(|field| key == field.name().as_str()),
                Err(_) => false,
            };
            if !known {
                return Err(column.place.unsupported(
                    format!("a dict with the key {} at {}", key.repr()?, column.place.name(at)),
                    "a struct without that field",
                    "add the field to type=, or take the key away",
                ));
            }
        }
    }
    let mut made = Vec::with_capacity(fields.len());
    let builder = ArrayData::builder(DataType::Null).len(column.len).nulls(column.nulls.clone());
    let mut children = Vec::with_capacity(fields.len());
    for field in fields {
        let mut values = Vec::with_capacity(column.len);
        for at in 0..column.len {
            let value = dict(at)?.map(|dict| dict.get_item(field.name())).transpose()?.flatten();
            values.push(value.filter(|value| !value.is_none()));
        }
        let place = Place::Key(column.place, field.name());
        let values = child(column.py, values, Some(field), column.request, &place)?;
        made.push(values.field.as_ref().clone().with_name(field.name()));
        children.push(values.data);
    }
    build(builder.child_data(children), Field::new("", DataType::Struct(made.into()), true))
}

/// Maps from dicts, or from lists of pairs.
pub(super) fn maps<'py>(
    column: &Column<'_, 'py>,
    objects: &[Option<Bound<'py, PyAny>>],
    entries: &Field,
) -> Outcome<Made> {
    let (Some(DataType::Map(_, sorted)), DataType::Struct(pair)) =
        (column.wanted_type(), entries.data_type())
    else {
        return Err(changed(column.place, 0));
    };
    let ([key_field, value_field], sorted) = (pair.as_ref(), *sorted) else {
        return Err(changed(column.place, 0));
    };
    let (mut starts, mut keys, mut values) = (Vec::new(), Vec::new(), Vec::new());
    let (py, place) = (column.py, column.place);
    for (at, object) in objects.iter().enumerate() {
        starts.push(keys.len());
        let Some(object) = object else { continue };
        let mut pairs = Vec::new();
        match object.cast::<PyDict>() {
            Ok(dict) => pairs.extend(dict.items().iter().map(Some)),
            Err(_) => extend(py, &mut pairs, object, at, place)?,
        }
        for (item, pair) in pairs.into_iter().enumerate() {
            let wrong = |what: &str| {
                place.unsupported(
                    format!("{what} at {}, item {item}", place.name(at)),
                    "a map's entry",
                    "pass a dict, or a list of pairs (key, value)",
                )
            };
            let Some(pair) = pair else { return Err(wrong("None")) };
            let mut parts = Vec::new();
            if extend(py, &mut parts, &pair, at, place).is_err() {
                return Err(wrong(&format!("an object of {}", type_name(&pair))));
            }
            let Ok([key, value]) = <[_; 2]>::try_from(parts) else {
                return Err(wrong(&format!("a {} that is no pair", type_name(&pair))));
            };
            if key.is_none() {
                return Err(wrong("a key of None"));
            }
            keys.push(key);
            values.push(value);
        }
    }
    let nulls = column.nulls.clone();
    let items = Place::Items(place, &starts);
    let count = keys.len();
    let keys = child(py, keys, Some(key_field), column.request, &items)?;
    if keys.data.null_count() > 0 {
        return Err(place.unsupported("a key that stands for what is missing", "a map's key", "name it"));
    }
    let values = child(py, values, Some(value_field), column.request, &items)?;
    let fields = vec![
        keys.field.as_ref().clone().with_name(key_field.name()).with_nullable(false),
        values.field.as_ref().clone().with_name(value_field.name()),
    ];
    let builder = ArrayData::builder(DataType::Null).len(count);
    let pairs = builder.add_child_data(keys.data).add_child_data(values.data);
    let pairs = build(pairs, Field::new(entries.name(), DataType::Struct(fields.into()), false))?;
    let len = starts.len();
    let (offsets, large) = offsets(starts, count);
    if large {
        return Err(place.unsupported(format!("{count} entries"), "a map", "pass lists of structs instead"));
    }
    let builder = ArrayData::builder(DataType::Null).len(len).nulls(nulls);
    let builder = builder.add_buffer(offsets).add_child_data(pairs.data);
    build(builder, Field::new("", DataType::Map(pairs.field, sorted), true))
}
