//! Arrow data made from dense arrays, and how it is put together.
#![allow(unsafe_code, reason = "array data is assembled of parts that fit by construction")]

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::{ArrayData, ArrayDataBuilder};
use arrow_schema::{DataType, Field, FieldRef, Fields};

use crate::error::{Error, Result};

/// Arrow data made from dense arrays.
///
/// ```
/// use arrow_array::{Array, Int32Array};
/// use arrownd::engine::dense::Made;
///
/// let made = Made::new(Int32Array::from(vec![1, 2]).into_data());
/// assert_eq!((made.field.name().as_str(), made.field.is_nullable()), ("", true));
/// assert_eq!(made.data.buffers()[0].typed_data::<i32>(), [1, 2]);
/// ```
#[derive(Debug, Clone)]
pub struct Made {
    /// Its type: the name is empty, extension types are in the metadata.
    pub field: FieldRef,
    /// Its values; their type is the field's.
    pub data: ArrayData,
}

/// What arrow-rs and pyarrow call the values of a list.
pub(crate) const ITEM: &str = "item";

/// The validity of `len` values.
pub(super) fn nulls(bits: Option<(Buffer, usize)>, len: usize) -> Option<NullBuffer> {
    let (bits, count) = bits?;
    let bits = BooleanBuffer::new(bits, 0, len);
    // SAFETY: whoever made the bits has counted them.
    Some(unsafe { NullBuffer::new_unchecked(bits, count) })
}

/// Builds without looking at every value again.
///
/// # Safety
/// The parts are what the type of `builder` says.
unsafe fn built(builder: ArrayDataBuilder) -> ArrayData {
    // SAFETY: the caller's promise.
    unsafe { builder.build_unchecked() }
}

impl Made {
    /// Data of a type that is a field without a name; missing values are allowed. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{Array, StringArray};
    /// # use arrownd::DType;
    /// # use arrownd::engine::dense::{Input, Made, Options, Shape, plan};
    /// // What this crate doesn't read itself comes in as Arrow data.
    /// let made = Made::new(StringArray::from(vec!["one", "three"]).into_data());
    /// let input = Input::Made { dtype: DType::Object, shape: Shape::from_slice(&[2]), made };
    /// assert_eq!(plan(&input, &Options::default())?.source_name(), "utf8");
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn new(data: ArrayData) -> Self {
        let field = Field::new("", data.data_type().clone(), true);
        Self { field: Arc::new(field), data }
    }

    /// The same under another field, of the same physical type: an extension, a name.
    #[must_use]
    pub(super) fn with_field(self, field: Field) -> Self {
        debug_assert_eq!(field.data_type(), self.data.data_type());
        Self { field: Arc::new(field), data: self.data }
    }

    /// Values of fixed width, or bits.
    ///
    /// # Safety
    /// `values` holds `len` values of `data_type`, aligned for it; `valid` has so many bits, as many of them unset
    /// as its count says.
    #[must_use]
    pub(super) unsafe fn fixed_width(
        data_type: DataType,
        len: usize,
        values: Buffer,
        valid: Option<(Buffer, usize)>,
    ) -> Self {
        let builder = ArrayData::builder(data_type).len(len).add_buffer(values).nulls(nulls(valid, len));
        // SAFETY: the caller's promise.
        Self::new(unsafe { built(builder) })
    }

    /// Lists of `size` values each, `len` of them. *O(1), shares memory*.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for lists longer than Arrow's, [`Error::BadValue`] where the values aren't
    /// `len` times `size`.
    pub(super) fn fixed_size_lists(
        self,
        size: usize,
        len: usize,
        valid: Option<(Buffer, usize)>,
    ) -> Result<Self> {
        let Ok(width) = i32::try_from(size) else {
            return Err(Error::UnsupportedType {
                path: String::new(),
                from: format!("a dimension of {size}"),
                to: "fixed_size_list".to_owned(),
                remedy: "Arrow's fixed-size lists have at most 2147483647 values: reshape the array"
                    .to_owned(),
            });
        };
        if size.checked_mul(len) != Some(self.data.len()) {
            return Err(Error::BadValue(format!("{} values are no {len} lists of {size}", self.data.len())));
        }
        let item = self.field.as_ref().clone().with_name(ITEM);
        let data_type = DataType::FixedSizeList(Arc::new(item), width);
        let builder =
            ArrayData::builder(data_type).len(len).add_child_data(self.data).nulls(nulls(valid, len));
        // SAFETY: the child has `len * size` values, of the type of the item.
        Ok(Self::new(unsafe { built(builder) }))
    }

    /// A struct of fields, each of `len` values. *O(fields), shares memory*.
    ///
    /// # Errors
    /// [`Error::BadValue`] for a field of another length.
    pub(super) fn structs(
        fields: Vec<(String, Self)>,
        len: usize,
        valid: Option<(Buffer, usize)>,
    ) -> Result<Self> {
        let mut types = Vec::with_capacity(fields.len());
        let mut children = Vec::with_capacity(fields.len());
        for (name, made) in fields {
            if made.data.len() != len {
                return Err(Error::BadValue(format!(
                    "field {name:?} has {} rows, and the struct has {len}: pass arrays of one length",
                    made.data.len()
                )));
            }
            types.push(Arc::new(made.field.as_ref().clone().with_name(name)));
            children.push(made.data);
        }
        let data_type = DataType::Struct(Fields::from(types));
        let builder = ArrayData::builder(data_type).len(len).child_data(children).nulls(nulls(valid, len));
        // SAFETY: every child has `len` values, of the type of its field.
        Ok(Self::new(unsafe { built(builder) }))
    }
}

/// Flat values in C order as what an array of `shape` becomes: nested fixed-size lists, one level for each
/// dimension after the rows. *O(dimensions), shares memory*.
///
/// # Errors
/// [`Error::UnsupportedType`] for a dimension that is longer than Arrow's lists, [`Error::BadValue`] for another
/// number of values than the shape's.
///
/// ```
/// use arrow_array::{Array, Int32Array};
/// use arrownd::engine::dense::{Made, nest};
/// use arrownd::engine::dense::type_name::full_name;
///
/// let flat = Made::new(Int32Array::from(vec![1, 2, 3, 4, 5, 6]).into_data());
/// let rows = nest(flat, &[2, 3])?;
/// assert_eq!((rows.data.len(), full_name(&rows.field)), (2, "fixed_size_list[int32, 3]".to_owned()));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn nest(mut made: Made, shape: &[usize]) -> Result<Made> {
    for axis in (1..shape.len()).rev() {
        let outer = shape.get(..axis).unwrap_or_default();
        let len = outer.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).unwrap_or(usize::MAX);
        made = made.fixed_size_lists(shape.get(axis).copied().unwrap_or(0), len, None)?;
    }
    Ok(made)
}
