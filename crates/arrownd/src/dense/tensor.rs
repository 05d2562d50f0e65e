//! Arrays as `arrow.fixed_shape_tensor`.

use arrow_schema::{DataType, Field};
use smallvec::SmallVec;

use super::made::ITEM;
use crate::error::{Error, Result};
use crate::mapping;
use crate::plan::type_name;

const NAME: &str = "ARROW:extension:name";
const METADATA: &str = "ARROW:extension:metadata";

fn no_tensor(from: String, to: &str, remedy: &str) -> Error {
    Error::UnsupportedType { path: String::new(), from, to: to.to_owned(), remedy: remedy.to_owned() }
}

/// The field of tensors of the shape `dims`, whose dimensions lie in memory in the order of `axes`, rows first.
///
/// # Errors
/// [`Error::UnsupportedType`] without dimensions after the rows, or with too many values a row.
pub(super) fn field(values: &Field, dims: &[usize], axes: Option<&[usize]>) -> Result<Field> {
    if dims.is_empty() {
        return Err(no_tensor(
            "an array of one dimension".to_owned(),
            "arrow.fixed_shape_tensor",
            "each row has to be an array: pass one of two dimensions or more",
        ));
    }
    let size = dims.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).and_then(|n| i32::try_from(n).ok());
    let Some(size) = size else {
        return Err(no_tensor(
            format!("an array of shape {dims:?} a row"),
            "arrow.fixed_shape_tensor",
            "a row has at most 2147483647 values",
        ));
    };
    let order: Vec<usize> = match axes {
        Some(axes) => axes.iter().filter_map(|axis| axis.checked_sub(1)).collect(),
        None => (0..dims.len()).collect(),
    };
    let shape: Vec<usize> = order.iter().filter_map(|axis| dims.get(*axis).copied()).collect();
    let mut metadata = format!("{{\"shape\":{}", list(&shape));
    if !order.iter().copied().eq(0..dims.len()) {
        // For each axis of the tensor, where it lies in memory.
        let mut permutation = vec![0; order.len()];
        for (place, axis) in order.iter().enumerate() {
            if let Some(to) = permutation.get_mut(*axis) {
                *to = place;
            }
        }
        metadata.push_str(&format!(",\"permutation\":{}", list(&permutation)));
    }
    metadata.push('}');
    let item = values.clone().with_name(ITEM);
    let metadata = [(NAME, "arrow.fixed_shape_tensor".to_owned()), (METADATA, metadata)];
    Ok(Field::new("", DataType::FixedSizeList(item.into(), size), true)
        .with_metadata(metadata.map(|(key, value)| (key.to_owned(), value))))
}

fn list(numbers: &[usize]) -> String {
    format!("[{}]", numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

/// The order in which the dimensions of an array have to lie for a wanted tensor, rows first; `None` for C order.
///
/// # Errors
/// [`Error::UnsupportedType`] for a tensor of another shape.
pub(super) fn axes(wanted: &Field, dims: &[usize]) -> Result<Option<SmallVec<[usize; 4]>>> {
    let size = match wanted.data_type() {
        DataType::FixedSizeList(_, n) => usize::try_from(*n).unwrap_or(0),
        _ => 0,
    };
    let found = mapping::tensor(wanted, size)?;
    let shape: Vec<usize> =
        found.permutation.iter().filter_map(|axis| found.shape.get(*axis).copied()).collect();
    if shape != dims {
        return Err(no_tensor(
            format!("an array of shape {dims:?} a row"),
            &format!("{} of shape {shape:?}", type_name(wanted)),
            "reshape the array, or use into_tensor",
        ));
    }
    let mut order: SmallVec<[usize; 4]> = SmallVec::from_elem(0, dims.len() + 1);
    for (axis, place) in found.permutation.iter().enumerate() {
        if let Some(to) = order.get_mut(place + 1) {
            *to = axis + 1;
        }
    }
    Ok((!order.iter().copied().eq(0..=dims.len())).then_some(order))
}
