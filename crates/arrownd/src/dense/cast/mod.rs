//! Arrow to Arrow: what `type=` and `requested_schema` ask for on top of what an array is by itself.
//!
//! Memory is shared wherever the new type reads it as it lies. Numbers and times go through the same plan and
//! kernels as [`crate::to_array`]: the dense result of a type of fixed width is the Arrow buffer.
//!
//! ```
//! use arrow_schema::{DataType, Field};
//! use arrownd::engine::dense::cast::copies;
//!
//! let field = |data_type| Field::new("", data_type, true);
//! assert!(copies(&field(DataType::Int8), &field(DataType::Int16))?);
//! # Ok::<(), arrownd::Error>(())
//! ```

mod binary;
mod copies;
mod decimal;
mod encode;
mod extended;
pub(super) mod fill;
mod fixed;
mod flat;
mod lists;
mod missing;
mod structs;
mod views;

use std::sync::Arc;

pub use copies::copies;
pub(super) use fixed::short;
pub(super) use flat::FlatCast;
pub(super) use lists::validity;
pub(super) use views::{Values, view};

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType, Field};

use super::type_name::full_name;
use super::{Made, Memory};
use crate::error::{Error, Result};

/// Converts to another Arrow type.
///
/// The name stays; type, nullability and metadata become those of `to`. Unless `safe` is false, every value has
/// to be held exactly, as in the other direction; a float that becomes a narrower one, or a decimal that becomes a
/// float, is rounded to the nearest.
///
/// Cost: *O(1), shares memory* where the bytes stay what they are (a number of ticks and the time that it
/// counts, a time zone, text and its bytes after a look at them), otherwise *copies n x itemsize bytes*.
///
/// # Errors
/// [`Error::UnsupportedType`] where there is no such conversion, [`Error::LossyCast`] for a value that can't be
/// held, [`Error::Nulls`] where something is missing and `to` forbids it, [`Error::Ragged`] for lists that don't
/// have the length of a fixed-size list.
///
/// ```
/// use arrow_array::{Array, Int64Array};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::dense::{ArrowMemory, Made, cast::cast};
///
/// let made = Made::new(Int64Array::from(vec![1, 300]).into_data());
/// let to = |data_type| Field::new("", data_type, true);
/// let narrow = cast(made.clone(), &to(DataType::Int16), true, &mut ArrowMemory)?;
/// assert_eq!(narrow.data.buffers()[0].typed_data::<i16>(), [1, 300]);
/// assert!(cast(made, &to(DataType::Int8), true, &mut ArrowMemory).is_err());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn cast(made: Made, to: &Field, safe: bool, memory: &mut dyn Memory) -> Result<Made> {
    let field = Arc::new(to.clone().with_name(made.field.name()));
    let data = Cast { safe, memory }.field(&made.data, &made.field, to)?;
    Ok(Made { field, data })
}

/// One conversion, with what all of its parts need.
struct Cast<'m> {
    safe: bool,
    memory: &'m mut dyn Memory,
}

impl Cast<'_> {
    /// The data of one field as another.
    fn field(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let data = self.extended(data, from, to)?;
        let nulls = data.nulls().filter(|nulls| !to.is_nullable() && nulls.null_count() > 0);
        if let Some(nulls) = nulls {
            return Err(Error::Nulls {
                path: String::new(),
                count: nulls.null_count(),
                len: data.len(),
                first: (0..data.len()).find(|i| nulls.is_null(*i)).unwrap_or(0),
                remedy: "ask for a type that may be missing, or fill them first".to_owned(),
            });
        }
        Ok(data)
    }

    /// A part of the data, with its name in the path of what goes wrong.
    fn part(&mut self, data: &ArrayData, from: &Field, to: &Field, name: &str) -> Result<ArrayData> {
        self.field(data, from, to).map_err(|error| error.within(name))
    }

    /// The data of one storage type as another.
    fn storage(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        use DataType as T;
        if from.data_type() == to.data_type() {
            return Ok(data.clone());
        }
        match (from.data_type(), to.data_type()) {
            (T::Null, _) => missing::all_null(to, data.len()),
            (T::Dictionary(..), T::Dictionary(..)) => self.dictionary(data, from, to),
            (T::Dictionary(..), _) => self.looked_up(data, from, to),
            (T::RunEndEncoded(..), _) => self.expanded(data, from, to),
            (_, T::Dictionary(..)) => self.dictionary_of(data, from, to),
            (_, T::RunEndEncoded(..)) => self.runs_of(data, from, to),
            (T::Struct(from_fields), T::Struct(to_fields)) => {
                self.fields(data, (from, from_fields), (to, to_fields))
            }
            (a, b) if is_list(a) && is_list(b) => self.list(data, from, to),
            (a, b) if is_bytes(a) && is_bytes(b) => self.bytes(data, from, to),
            _ => self.fixed(data, from, to),
        }
    }
}

fn is_list(data_type: &DataType) -> bool {
    use DataType as T;
    matches!(
        data_type,
        T::List(_)
            | T::LargeList(_)
            | T::ListView(_)
            | T::LargeListView(_)
            | T::FixedSizeList(..)
            | T::Map(..)
    )
}

pub(super) fn is_bytes(data_type: &DataType) -> bool {
    use DataType as T;
    matches!(
        data_type,
        T::Binary
            | T::LargeBinary
            | T::BinaryView
            | T::Utf8
            | T::LargeUtf8
            | T::Utf8View
            | T::FixedSizeBinary(_)
    )
}

fn unsupported<R>(from: &Field, to: &Field) -> Result<R> {
    unsupported_because(from, to, "")
}

fn unsupported_because<R>(from: &Field, to: &Field, remedy: &str) -> Result<R> {
    Err(Error::UnsupportedType {
        path: String::new(),
        from: full_name(from),
        to: full_name(to),
        remedy: remedy.to_owned(),
    })
}

fn lossy(value: String, position: usize, to: &Field, remedy: &str) -> Error {
    Error::LossyCast { path: String::new(), value, position, dtype: full_name(to), remedy: remedy.to_owned() }
}

/// Puts an array together; arrow-rs checks it.
fn assembled(
    data_type: &DataType,
    len: usize,
    nulls: Option<NullBuffer>,
    buffers: Vec<Buffer>,
    children: Vec<ArrayData>,
) -> Result<ArrayData> {
    ArrayData::builder(data_type.clone())
        .len(len)
        .nulls(nulls)
        .buffers(buffers)
        .child_data(children)
        .build()
        .map_err(broken)
}

pub(super) fn broken(why: ArrowError) -> Error {
    Error::InvalidArrow { path: String::new(), what: why.to_string() }
}

fn too_long(to: &Field, what: &str) -> Error {
    let remedy = format!("{what}: use the large variant of the type");
    Error::UnsupportedType {
        path: String::new(),
        from: "data of this size".to_owned(),
        to: full_name(to),
        remedy,
    }
}
