//! The whole name of a type, as it can be read again.

use arrow_schema::{DataType, Field, UnionMode};

use crate::mapping::{Extension, extension};
use crate::plan::short_type;

/// A field's type with all that is in it: names, nullability, extensions. *O(nodes)*.
///
/// An extension that isn't known by name alone is printed as `extension<name>[storage]`.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::dense::type_name::full_name;
///
/// let person = vec![Field::new("name", DataType::Utf8, true), Field::new("age", DataType::UInt8, false)];
/// let field = Field::new("", DataType::Struct(person.into()), true);
/// assert_eq!(full_name(&field), "struct[name: utf8, age: uint8 not null]");
/// ```
#[must_use]
pub fn full_name(field: &Field) -> String {
    let storage = || storage_name(field);
    let Some(name) = field.extension_type_name() else { return storage() };
    let metadata =
        || -> Option<serde_json::Value> { serde_json::from_str(field.extension_type_metadata()?).ok() };
    match (extension(field), field.data_type()) {
        (Ok(Some(Extension::Bool8 | Extension::Uuid)), _) | (Ok(Some(Extension::Json)), DataType::Utf8) => {
            name.to_owned()
        }
        (Ok(Some(Extension::Json)), _) => format!("{name}[{}]", storage()),
        (Ok(Some(Extension::Tensor)), DataType::FixedSizeList(item, _)) => {
            let metadata = metadata().unwrap_or_default();
            let list = |key: &str| {
                let values = metadata.get(key)?.as_array()?;
                let text =
                    |value: &serde_json::Value| value.as_str().map_or(value.to_string(), str::to_owned);
                Some(format!("[{}]", values.iter().map(text).collect::<Vec<_>>().join(", ")))
            };
            let mut text = format!("{name}[value_type={}", child(item));
            for key in ["shape", "permutation", "dim_names"] {
                if let Some(list) = list(key) {
                    text.push_str(&format!(", {key}={list}"));
                }
            }
            text.push(']');
            text
        }
        (Ok(Some(Extension::Opaque)), _) => {
            let metadata = metadata().unwrap_or_default();
            let text = |key: &str| metadata.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
            let (type_name, vendor) = (text("type_name"), text("vendor_name"));
            format!("{name}[storage_type={}, type_name={type_name}, vendor_name={vendor}]", storage())
        }
        _ => format!("extension<{name}>[{}]", storage()),
    }
}

fn storage_name(field: &Field) -> String {
    use DataType as T;
    match field.data_type() {
        T::List(item) => list("list", item, ""),
        T::LargeList(item) => list("large_list", item, ""),
        T::ListView(item) => list("list_view", item, ""),
        T::LargeListView(item) => list("large_list_view", item, ""),
        T::FixedSizeList(item, n) if item.name() == "item" => {
            format!("fixed_size_list[{}, {n}]", child(item))
        }
        T::FixedSizeList(item, n) => list("fixed_size_list", item, &format!("[{n}]")),
        T::Struct(fields) => {
            format!("struct[{}]", fields.iter().map(|f| named(f)).collect::<Vec<_>>().join(", "))
        }
        T::Map(entries, sorted) => match entries.data_type() {
            T::Struct(fields) if fields.len() == 2 => {
                let usual = ["key", "value"];
                let both = fields.iter().zip(usual).map(|(field, usual)| match field.name().as_str() {
                    name if name == usual => entry(field, usual),
                    name => format!("{} ('{name}')", entry(field, usual)),
                });
                let sorted = if *sorted { ", keys_sorted" } else { "" };
                format!("map[{}{sorted}]", both.collect::<Vec<_>>().join(", "))
            }
            _ => short_type(field.data_type()),
        },
        T::Dictionary(index, values) => {
            let ordered = if field.dict_is_ordered() == Some(true) { ", ordered" } else { "" };
            let values = storage_name(&Field::new("", (**values).clone(), true));
            format!("dictionary[{}, {values}{ordered}]", short_type(index))
        }
        T::RunEndEncoded(ends, values) => {
            format!("run_end_encoded[{}, {}]", short_type(ends.data_type()), child(values))
        }
        T::Union(fields, mode) => {
            let name = if *mode == UnionMode::Dense { "dense_union" } else { "sparse_union" };
            let fields = fields.iter().map(|(id, field)| format!("{}={id}", named(field)));
            format!("{name}[{}]", fields.collect::<Vec<_>>().join(", "))
        }
        flat => short_type(flat),
    }
}

fn list(name: &str, item: &Field, end: &str) -> String {
    match item.name().as_str() {
        "item" => format!("{name}[{}]{end}", child(item)),
        _ => format!("{name}<{}>{end}", named(item)),
    }
}

fn child(field: &Field) -> String {
    let null = if field.is_nullable() { "" } else { " not null" };
    format!("{}{null}", full_name(field))
}

/// A map's keys are never missing, which goes without saying.
fn entry(field: &Field, usual: &str) -> String {
    if usual == "key" { full_name(field) } else { child(field) }
}

fn named(field: &Field) -> String {
    let name = field.name();
    let plain = !name.is_empty()
        && name.trim() == name
        && !name.contains([':', ',', '<', '>', '[', ']', '(', ')', '"', '=', '\\', '\n']);
    if plain {
        format!("{name}: {}", child(field))
    } else {
        format!("{}: {}", serde_json::json!(name), child(field))
    }
}
