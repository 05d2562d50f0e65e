//! The metadata of a dictionary's values: `DataType::Dictionary` has no field that could hold it.

use arrow_schema::{DataType, Field, Metadata};

/// Before its keys, in the metadata of the outer field.
pub(super) const VALUES_PREFIX: &str = "ARROWND:values:";

/// A key of theirs in the outer field's metadata.
pub(super) fn kept_key(key: &str) -> String {
    format!("{VALUES_PREFIX}{key}")
}

/// The field of a dictionary's values, with their own metadata; `None` for every other type.
/// *O(1)*, but for a copy of the metadata.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::values_field;
///
/// let field = Field::new_dictionary("x", DataType::Int8, DataType::Utf8, true);
/// assert_eq!(values_field(&field).unwrap().data_type(), &DataType::Utf8);
/// assert_eq!(values_field(&Field::new("x", DataType::Utf8, true)), None);
/// ```
#[must_use]
pub fn values_field(field: &Field) -> Option<Field> {
    let DataType::Dictionary(_, values) = field.data_type() else {
        return None;
    };
    let own = field.metadata().iter();
    let kept: Metadata = own
        .filter_map(|(key, value)| Some((key.strip_prefix(VALUES_PREFIX)?.to_owned(), value.clone())))
        .collect();
    Some(Field::new("values", (**values).clone(), true).with_metadata(kept))
}
