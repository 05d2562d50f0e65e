//! Step 1, import: what came in, checked, and turned to columns.

mod access;
mod bits;
mod border;
mod bounds;
mod c_data;
mod chunk;
mod column;
mod content;
mod data;
mod flat;
mod keys;
mod lengths;
mod native;
mod nested;
mod node;
mod octets;
mod offsets;
mod part;
mod path;
mod reading;
mod rows;
mod schema;
mod state;
mod tensors;
mod validity;
mod values;
mod walk;

use arrow_schema::{DataType, Field};

pub use access::Block;
pub(crate) use access::{Hop, RunsInARow};
pub use bits::Bits;
pub(crate) use bits::{Words, low_mask};
pub use border::{read_array, read_fields};
pub(crate) use bounds::Bounds;
pub use c_data::{ArrowArray, ArrowArrayStream, ArrowSchema};
pub use chunk::Chunk;
pub use column::{Column, Dims, Leaf, Node, Ragged, Way};
pub use data::Data;
pub(crate) use keys::Keys;
pub use native::chunk_of;
pub(crate) use node::FURTHEST;
pub use octets::{Octets, ViewRow, is_utf8};
pub use offsets::Offsets;
pub use part::{Held, Part};
pub use path::Path;
pub use rows::{ChunkBounds, RowBounds, RowValues};
pub(crate) use schema::flat_type;
pub use schema::read_schema;
pub use validity::Validity;
pub use values::values_field;
pub(crate) use walk::dictionary_of;

use crate::error::{Error, Result};
use crate::mapping::{extension, pandas_index_columns};

/// Which fields of a struct are taken, and what was left out unasked.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::Selection;
///
/// let fields = ["x", "y"].map(|name| Field::new(name, DataType::Int8, true));
/// let table = Field::new("", DataType::Struct(fields.to_vec().into()), false);
/// let wanted = Selection::new(&table, Some(&["y".to_owned()]))?.unwrap();
/// assert_eq!(wanted.fields, [1]);
/// assert!(Selection::new(&table, Some(&["z".to_owned()])).is_err());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// Positions of the fields, in the wanted order.
    pub fields: Vec<usize>,
    /// Names of pandas index columns that were left out.
    pub left_out: Vec<String>,
}

impl Selection {
    /// Chooses among the fields of a struct; `None` for any other type, and where all fields are taken. *O(fields)*.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a name that isn't there or isn't unique, [`Error::Conflict`] for
    /// names where there are no fields.
    ///
    /// ```
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::Selection;
    ///
    /// let fields = ["x", "y", "z"].map(|name| Field::new(name, DataType::Int8, true));
    /// let table = Field::new("", DataType::Struct(fields.to_vec().into()), false);
    /// let columns = ["z", "x"].map(str::to_owned);
    /// // In the order that is asked for.
    /// let chosen = Selection::new(&table, Some(&columns))?;
    /// assert_eq!(chosen.map(|chosen| chosen.fields), Some(vec![2, 0]));
    /// assert_eq!(Selection::new(&Field::new("", DataType::Int8, true), None)?, None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(field: &Field, columns: Option<&[String]>) -> Result<Option<Self>> {
        let DataType::Struct(fields) = field.data_type() else {
            return match columns {
                None => Ok(None),
                Some(_) => Err(Error::Conflict(format!(
                    "Options::columns names fields of a struct or table, and the input is {}: leave it out",
                    crate::plan::type_name(field)
                ))),
            };
        };
        if columns.is_none() && extension(field)?.is_some() {
            return Ok(None);
        }
        let Some(columns) = columns else {
            let index = pandas_index_columns(field);
            if index.is_empty() {
                return Ok(None);
            }
            let (left_out, fields): (Vec<usize>, Vec<usize>) =
                (0..fields.len()).partition(|i| index.contains(fields[*i].name()));
            let DataType::Struct(all) = field.data_type() else {
                return Ok(None);
            };
            let left_out = left_out.into_iter().map(|i| all[i].name().clone()).collect();
            return Ok(Some(Self { fields, left_out }));
        };
        let mut wanted = Vec::with_capacity(columns.len());
        for name in columns {
            let mut places = fields.iter().enumerate().filter(|(_, f)| f.name() == name).map(|(i, _)| i);
            match (places.next(), places.next()) {
                (Some(place), None) => wanted.push(place),
                (Some(_), Some(_)) => {
                    return Err(Error::BadValue(format!("columns: there are several fields named {name:?}")));
                }
                (None, _) => {
                    let known: Vec<_> = fields.iter().map(|f| format!("{:?}", f.name())).collect();
                    let known = known.join(", ");
                    return Err(Error::BadValue(format!("columns: no field {name:?}; there are {known}")));
                }
            }
        }
        Ok(Some(Self { fields: wanted, left_out: Vec::new() }))
    }

    /// The field with just the chosen ones. *O(fields)*.
    ///
    /// ```
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::Selection;
    ///
    /// let fields = ["x", "y"].map(|name| Field::new(name, DataType::Int8, true));
    /// let table = Field::new("", DataType::Struct(fields.to_vec().into()), false);
    /// let chosen = Selection { fields: vec![1], left_out: vec![] }.apply(table);
    /// assert!(matches!(chosen.data_type(), DataType::Struct(fields) if fields[0].name() == "y"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn apply(&self, field: Field) -> Field {
        let DataType::Struct(fields) = field.data_type() else {
            return field;
        };
        let chosen: arrow_schema::Fields =
            self.fields.iter().filter_map(|i| fields.get(*i).cloned()).collect();
        field.with_data_type(DataType::Struct(chosen))
    }
}
