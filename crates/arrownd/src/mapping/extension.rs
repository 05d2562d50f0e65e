//! Extension types: what their metadata says.

use arrow_schema::{DataType, Field};
use serde_json::Value;

use crate::dtype::Unit;
use crate::error::{Error, Result};

/// The extension types that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extension {
    Bool8,
    Tensor,
    VariableShapeTensor,
    /// Ray's tensors of one shape: lists of as many values.
    RayTensor,
    Uuid,
    Json,
    TimestampWithOffset,
    Period(Option<Unit>),
    PandasInterval,
    ParquetVariant,
    PolarsInt128,
    PolarsUInt128,
    Opaque,
    Unknown,
}

/// The extension of a field, `None` for a plain one.
///
/// # Errors
/// [`Error::InvalidArrow`] for a storage type that the extension doesn't allow.
pub(crate) fn extension(field: &Field) -> Result<Option<Extension>> {
    if field.metadata().is_empty() {
        return Ok(None);
    }
    let Some(name) = field.extension_type_name() else {
        return Ok(None);
    };
    let storage = field.data_type();
    let (known, allowed) = match name {
        "arrow.bool8" => (Extension::Bool8, *storage == DataType::Int8),
        "arrow.fixed_shape_tensor" => (Extension::Tensor, matches!(storage, DataType::FixedSizeList(..))),
        "arrow.variable_shape_tensor" => {
            (Extension::VariableShapeTensor, matches!(storage, DataType::Struct(_)))
        }
        "ray.data.arrow_tensor" | "ray.data.arrow_tensor_v2" => match (ray_shape(field), storage) {
            (Some(_), DataType::List(_) | DataType::LargeList(_)) => (Extension::RayTensor, true),
            // Some versions of Ray pickle the shape, which nobody else should read.
            _ => (Extension::Unknown, true),
        },
        "ray.data.arrow_variable_shaped_tensor" => match variable_tensor(field) {
            Ok(_) => (Extension::VariableShapeTensor, true),
            Err(_) => (Extension::Unknown, true),
        },
        "arrow.uuid" => (Extension::Uuid, *storage == DataType::FixedSizeBinary(16)),
        "arrow.json" => {
            (Extension::Json, matches!(storage, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))
        }
        "arrow.timestamp_with_offset" => {
            (Extension::TimestampWithOffset, matches!(storage, DataType::Struct(_)))
        }
        "pandas.period" => (Extension::Period(period_unit(field)), *storage == DataType::Int64),
        "pandas.interval" => (Extension::PandasInterval, matches!(storage, DataType::Struct(_))),
        "arrow.parquet.variant" => (Extension::ParquetVariant, matches!(storage, DataType::Struct(_))),
        "polars.int128" => (Extension::PolarsInt128, *storage == DataType::FixedSizeBinary(16)),
        "polars.uint128" => (Extension::PolarsUInt128, *storage == DataType::FixedSizeBinary(16)),
        "arrow.opaque" => (Extension::Opaque, true),
        _ => (Extension::Unknown, true),
    };
    if allowed {
        return Ok(Some(known));
    }
    Err(invalid(format!("the extension {name} doesn't allow the storage type {storage}")))
}

/// The caller knows where.
fn invalid(what: String) -> Error {
    Error::InvalidArrow { path: String::new(), what }
}

/// The calendar frequencies whose ordinals are NumPy's ticks.
fn period_unit(field: &Field) -> Option<Unit> {
    let metadata: Value = serde_json::from_str(field.extension_type_metadata()?).ok()?;
    match metadata.get("freq")?.as_str()? {
        "Y" | "YE" | "A" | "Y-DEC" | "YE-DEC" | "A-DEC" => Some(Unit::Year),
        "M" | "ME" => Some(Unit::Month),
        "D" => Some(Unit::Day),
        "h" | "H" => Some(Unit::Hour),
        "min" | "T" => Some(Unit::Minute),
        "s" | "S" => Some(Unit::Second),
        "ms" | "L" => Some(Unit::Millisecond),
        "us" | "U" => Some(Unit::Microsecond),
        "ns" | "N" => Some(Unit::Nanosecond),
        _ => None,
    }
}

/// The shape of a fixed-shape tensor as it lies in memory, and for each logical axis the physical
/// one that it shows.
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) permutation: Vec<usize>,
}

/// Reads `{"shape": [...], "permutation": [...]}`.
///
/// # Errors
/// [`Error::InvalidArrow`] for metadata that isn't that, or doesn't fit the list's size.
pub(crate) fn tensor(field: &Field, list_size: usize) -> Result<Tensor> {
    let text = field.extension_type_metadata().unwrap_or_default();
    let Ok(metadata) = serde_json::from_str::<Value>(text) else {
        return Err(invalid(format!("the tensor's metadata is no JSON: {text:?}")));
    };
    let Some(shape) = metadata.get("shape").and_then(numbers) else {
        return Err(invalid(format!("the tensor's metadata has no shape: {text:?}")));
    };
    let product = shape.iter().try_fold(1usize, |a, b| a.checked_mul(*b));
    if product != Some(list_size) {
        return Err(invalid(format!("a tensor of shape {shape:?} in lists of {list_size}")));
    }
    let permutation = match metadata.get("permutation") {
        None | Some(Value::Null) => (0..shape.len()).collect(),
        Some(value) => numbers(value).unwrap_or_default(),
    };
    let mut sorted = permutation.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..shape.len()) {
        return Err(invalid(format!("the tensor's permutation is none of {} axes: {text:?}", shape.len())));
    }
    Ok(Tensor { shape, permutation })
}

/// What a tensor of variable shape is made of: the field of its values, the positions of values and
/// shape among the fields of its storage, and its axes as they lie in memory.
///
/// # Errors
/// [`Error::InvalidArrow`] for storage or metadata that the extension doesn't allow.
pub(crate) fn variable_tensor(field: &Field) -> Result<(Field, usize, usize, Vec<usize>)> {
    let wrong = |what: &str| invalid(format!("the storage of a tensor of variable shape {what}"));
    let DataType::Struct(fields) = field.data_type() else {
        return Err(wrong("is no struct"));
    };
    let (data, values) = fields.find("data").ok_or_else(|| wrong("has no field \"data\""))?;
    let (shape, lengths) = fields.find("shape").ok_or_else(|| wrong("has no field \"shape\""))?;
    let (DataType::List(item) | DataType::LargeList(item)) = values.data_type() else {
        return Err(wrong("has values that are no list"));
    };
    if item.data_type().is_nested() {
        return Err(wrong("has values that are made of others"));
    }
    let is_length = |length: &Field| matches!(length.data_type(), DataType::Int32 | DataType::Int64);
    let text = field.extension_type_metadata().filter(|text| !text.is_empty());
    let metadata: Option<Value> = text.and_then(|text| serde_json::from_str(text).ok());
    // Ray writes a number, Arrow an object.
    let ray = field.extension_type_name().is_some_and(|name| name.starts_with("ray."));
    if !ray && text.is_some() && !metadata.as_ref().is_some_and(Value::is_object) {
        return Err(wrong(&format!("has metadata that is no JSON object: {:?}", text.unwrap_or_default())));
    }
    let rank = match lengths.data_type() {
        DataType::FixedSizeList(length, n) if is_length(length) => usize::try_from(*n).ok(),
        DataType::List(length) | DataType::LargeList(length) if is_length(length) => {
            // Ray writes the number of axes.
            metadata.as_ref().and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
        }
        _ => None,
    };
    let rank = rank.ok_or_else(|| wrong("doesn't tell how many axes there are"))?;
    let permutation = metadata.as_ref().and_then(|m| m.get("permutation"));
    let axes = match permutation {
        None | Some(Value::Null) => (0..rank).collect(),
        Some(value) => numbers(value).unwrap_or_default(),
    };
    let mut sorted = axes.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(invalid(format!("the tensor's permutation is none of {rank} axes")));
    }
    Ok((item.as_ref().clone(), data, shape, axes))
}

/// The shape of Ray's tensors, as it lies in memory.
pub(crate) fn ray_shape(field: &Field) -> Option<Vec<usize>> {
    numbers(&serde_json::from_str(field.extension_type_metadata()?).ok()?)
}

fn numbers(value: &Value) -> Option<Vec<usize>> {
    value.as_array()?.iter().map(|n| usize::try_from(n.as_u64()?).ok()).collect()
}

/// The columns that a `pandas` schema metadata lists as its index.
pub(crate) fn pandas_index_columns(field: &Field) -> Vec<String> {
    let Some(text) = field.metadata().get("pandas") else {
        return Vec::new();
    };
    let Ok(metadata) = serde_json::from_str::<Value>(text) else {
        return Vec::new();
    };
    let Some(columns) = metadata.get("index_columns").and_then(Value::as_array) else {
        return Vec::new();
    };
    columns.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
