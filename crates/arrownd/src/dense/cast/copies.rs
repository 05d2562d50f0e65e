//! What a conversion will do, without data.

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

use super::fixed::same_ticks;
use super::{Cast, is_bytes, lists::item_of};
use crate::dense::ArrowMemory;
use crate::error::Result;

/// Whether [`cast`](super::cast) copies values; false where the result reads the same memory. Lists that leave
/// gaps, or hide values under missing ones, are put together all the same. *O(nodes)*.
///
/// # Errors
/// [`Error::UnsupportedType`](crate::Error::UnsupportedType) where there is no such conversion.
///
/// ```
/// use arrow_schema::{DataType, Field, TimeUnit};
/// use arrownd::engine::dense::cast::copies;
///
/// let field = |data_type| Field::new("", data_type, true);
/// let seconds = field(DataType::Timestamp(TimeUnit::Second, None));
/// assert!(!copies(&seconds, &field(DataType::Int64))?);
/// assert!(copies(&seconds, &field(DataType::Timestamp(TimeUnit::Millisecond, None)))?);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn copies(from: &Field, to: &Field) -> Result<bool> {
    // What there is no conversion for, there is none for nothing either.
    let nothing = ArrayData::new_empty(from.data_type());
    Cast { safe: true, memory: &mut ArrowMemory }.field(&nothing, from, to)?;
    Ok(!shares(from.data_type(), to.data_type()))
}

pub(super) fn shares(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    if from == to || same_ticks(from, to) {
        return true;
    }
    match (from, to) {
        (T::Struct(from), T::Struct(to)) => to.iter().all(|field| {
            from.find(field.name()).is_some_and(|(_, own)| shares(own.data_type(), field.data_type()))
        }),
        (T::Dictionary(a, from), T::Dictionary(b, to)) => a == b && shares(from, to),
        (T::ListView(_) | T::LargeListView(_), T::ListView(_) | T::LargeListView(_)) => items_share(from, to),
        (T::BinaryView | T::Utf8View, T::BinaryView | T::Utf8View) => true,
        (T::ListView(_) | T::LargeListView(_) | T::BinaryView | T::Utf8View, _)
        | (_, T::FixedSizeBinary(_)) => false,
        (a, b) if is_bytes(a) && is_bytes(b) => true,
        _ => items_share(from, to),
    }
}

/// Whether the values in lists, at any depth, are the same: tensors have fewer levels of them.
fn items_share(from: &DataType, to: &DataType) -> bool {
    match (item_of(from), item_of(to)) {
        (Some(a), Some(b)) => match (a.data_type(), b.data_type()) {
            (DataType::FixedSizeList(deeper, _), flat) if item_of(flat).is_none() => {
                shares(deeper.data_type(), flat) || items_share(a.data_type(), to)
            }
            (flat, DataType::FixedSizeList(..)) if item_of(flat).is_none() => {
                items_share(from, b.data_type())
            }
            (a, b) => shares(a, b),
        },
        _ => false,
    }
}
