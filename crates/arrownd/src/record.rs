//! Structured dtypes: what the records of an array are made of.

use std::fmt;

use crate::dtype::DType;

/// A structured dtype.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::{RecordField, RecordType};
///
/// let field = |name: &str, offset, dtype, place| RecordField {
///     name: name.to_owned(), offset, dtype, record: None, dims: vec![], place,
/// };
/// let fields = vec![field("x", 0, DType::Int64, 0), field("y", 8, DType::Float32, 1)];
/// let record = RecordType { fields, itemsize: 12 };
/// assert_eq!(record.to_string(), "[('x', 'int64'), ('y', 'float32')]");
/// assert_eq!(record.mask().to_string(), "[('x', 'bool'), ('y', 'bool')]");
/// assert_eq!(record.mask().itemsize, 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordType {
    /// Its fields.
    pub fields: Vec<RecordField>,
    /// Bytes of one record.
    pub itemsize: usize,
}

/// One field of a structured dtype.
///
/// ```
/// use arrownd::DType;
/// use arrownd::engine::{RecordField, RecordType};
///
/// let (x, dims) = ("x".to_owned(), vec![2, 3]);
/// let pair = RecordField { name: x, offset: 0, dtype: DType::Int8, record: None, dims, place: 0 };
/// let record = RecordType { fields: vec![pair], itemsize: 6 };
/// assert_eq!(record.to_string(), "[('x', 'int8', (2, 3))]");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordField {
    /// Its name.
    pub name: String,
    /// Where it begins in the record, in bytes.
    pub offset: usize,
    /// Its dtype; for a record the size, and `record` says what is in it.
    pub dtype: DType,
    /// What a record in the record is made of.
    pub record: Option<RecordType>,
    /// Its dimensions: a subarray's.
    pub dims: Vec<usize>,
    /// Which of the dtype's names it is: a record lists its fields in the order in which values come.
    pub place: usize,
}

impl RecordField {
    /// Bytes of the mask of one of its values.
    pub(crate) fn masked(&self) -> usize {
        let of = |field: &Self| field.masked() * field.dims.iter().product::<usize>();
        self.record.as_ref().map_or(self.dtype.record_parts(), |record| record.fields.iter().map(of).sum())
    }
}

impl RecordType {
    /// The fields in the order of the dtype's names. *O(fields), allocates references*.
    ///
    /// ```
    /// use arrownd::DType;
    /// use arrownd::engine::{RecordField, RecordType};
    ///
    /// # let field = |name: &str, offset, place| RecordField {
    /// #     name: name.to_owned(), offset, dtype: DType::Int8, record: None, dims: vec![], place,
    /// # };
    /// // Values come as y, then x; the dtype has x first.
    /// let record = RecordType { fields: vec![field("y", 1, 1), field("x", 0, 0)], itemsize: 2 };
    /// assert!(record.named().map(|field| field.name.as_str()).eq(["x", "y"]));
    /// ```
    pub fn named(&self) -> impl Iterator<Item = &RecordField> {
        let mut fields: Vec<&RecordField> = self.fields.iter().collect();
        fields.sort_by_key(|field| field.place);
        fields.into_iter()
    }

    /// The record of bools that `np.ma` masks this one with: packed, one for each part of each value. *O(fields)*.
    ///
    /// ```
    /// use arrownd::DType;
    /// use arrownd::engine::{RecordField, RecordType};
    ///
    /// # let field = |name: &str, offset, dtype, dims| RecordField {
    /// #     name: name.to_owned(), offset, dtype, record: None, dims, place: offset / 8,
    /// # };
    /// let fields = vec![field("x", 0, DType::Float64, vec![]), field("y", 8, DType::Int16, vec![3])];
    /// let mask = RecordType { fields, itemsize: 14 }.mask();
    /// assert_eq!(mask.to_string(), "[('x', 'bool'), ('y', 'bool', (3,))]");
    /// assert_eq!(mask.itemsize, 4);
    /// ```
    #[must_use]
    pub fn mask(&self) -> Self {
        let mut itemsize = 0;
        let mut fields = self.fields.clone();
        let mut places: Vec<&mut RecordField> = fields.iter_mut().collect();
        places.sort_by_key(|field| field.place);
        for field in places {
            let each = field.masked();
            let record = field.record.as_ref().map(Self::mask);
            let dtype = if each == 1 { DType::Bool } else { DType::Record(each) };
            (field.offset, field.dtype, field.record) = (itemsize, dtype, record);
            itemsize += each * field.dims.iter().product::<usize>();
        }
        Self { fields, itemsize }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, field) in self.named().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}('{}', ", field.name)?;
            match &field.record {
                Some(record) => write!(f, "{record}")?,
                None if field.dtype.record_parts() > 1 => write!(f, "{}", field.dtype)?,
                None => write!(f, "'{}'", field.dtype)?,
            }
            match field.dims.as_slice() {
                [] => f.write_str(")")?,
                [n] => write!(f, ", ({n},))")?,
                dims => {
                    write!(
                        f,
                        ", ({}))",
                        dims.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                    )?;
                }
            }
        }
        f.write_str("]")
    }
}
