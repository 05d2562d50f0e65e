//! What a plan says of the result: its dtype and shape.

use super::{Plan, Step};
use crate::dtype::DType;
use crate::record::RecordType;

impl Plan {
    /// The result's dtype; `None` for one array a field. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int16Array;
    /// # use arrownd::{DType, Options, plan};
    /// let dtype = |array: &Int16Array| Ok(plan(array, &Options::new())?.plan().dtype());
    /// assert_eq!(dtype(&Int16Array::from(vec![1, 2]))?, Some(DType::Int16));
    /// // NaN has to have a place.
    /// assert_eq!(dtype(&Int16Array::from(vec![Some(1), None]))?, Some(DType::Float32));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn dtype(&self) -> Option<DType> {
        self.dtype
    }

    /// For a schema: the dtype when values are missing, `None` where the request leaves no place.
    /// For data: the same as [`Plan::dtype`]. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::{DType, Nulls, Options, plan};
    /// let field = Field::new("count", DataType::Int64, true);
    /// let conversion = plan(&field, &Options::new())?;
    /// assert_eq!(conversion.plan().dtype(), Some(DType::Int64));
    /// assert_eq!(conversion.plan().dtype_with_nulls(), Some(DType::Float64));
    ///
    /// let strict = plan(&field, &Options::new().nulls(Nulls::Refuse))?;
    /// assert_eq!(strict.plan().dtype_with_nulls(), None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn dtype_with_nulls(&self) -> Option<DType> {
        self.dtype_with_nulls
    }

    /// The result's dtype as text; `None` for one array a field. *O(fields)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Facts, Options, plan};
    /// let fields = vec![Field::new("id", DataType::Int64, true), Field::new("ok", DataType::Int8, true)];
    /// # let table = Field::new_struct("", fields, false);
    /// let options = Options { structured: true, ..Options::default() };
    /// # let column = Column::of_schema(&table, &options)?;
    /// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
    /// assert_eq!(plan.dtype_text().as_deref(), Some("[('id', 'int64'), ('ok', 'int8')]"));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn dtype_text(&self) -> Option<String> {
        self.record().map(ToString::to_string).or_else(|| self.dtype.map(|dtype| dtype.to_string()))
    }

    /// The result's shape, `None` where a length isn't known; `None` for one array a field. *O(dimensions)*.
    ///
    /// ```
    /// # use arrow_array::{FixedSizeListArray, types::Float32Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::{Options, plan};
    /// # let rows = vec![Some(vec![Some(0.5); 3]); 2];
    /// let array = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(rows, 3);
    /// let conversion = plan(&array, &Options::new())?;
    /// assert_eq!(conversion.plan().shape(), Some(vec![Some(2), Some(3)]));
    /// // The type alone doesn't say how many rows there are.
    /// # use arrow_array::Array;
    /// let field = Field::new("", array.data_type().clone(), true);
    /// assert_eq!(plan(&field, &Options::new())?.plan().shape(), Some(vec![None, Some(3)]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn shape(&self) -> Option<Vec<Option<usize>>> {
        self.dtype?;
        let known = |(axis, n): (usize, &usize)| (!self.unknown.contains(&axis)).then_some(*n);
        Some(std::iter::once(self.rows).chain(self.trailing.iter().enumerate().map(known)).collect())
    }

    /// How many elements the result has; `None` where a length isn't known, and for one array a
    /// field. *O(dimensions)*.
    ///
    /// ```
    /// # use arrow_array::{FixedSizeListArray, types::Float32Type};
    /// # use arrownd::{Options, plan};
    /// # let rows = vec![Some(vec![Some(0.5); 3]); 2];
    /// let array = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(rows, 3);
    /// assert_eq!(plan(&array, &Options::new())?.plan().len(), Some(6));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> Option<usize> {
        self.dtype?;
        if !self.unknown.is_empty() {
            return None;
        }
        let each = self.trailing.iter().fold(1usize, |a, n| a.saturating_mul(*n));
        if each == 0 { Some(0) } else { self.rows.map(|rows| rows.saturating_mul(each)) }
    }

    /// Whether the result is known to have no element. *O(dimensions)*.
    ///
    /// ```
    /// # use arrow_array::{FixedSizeListArray, types::Float32Type};
    /// # use arrownd::{Options, plan};
    /// // Two lists of nothing.
    /// let lists = [Some(vec![]), Some(vec![])];
    /// let array = FixedSizeListArray::from_iter_primitive::<Float32Type, _, _>(lists, 0);
    /// assert!(plan(&array, &Options::new())?.plan().is_empty());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// What the result's records are made of, where its dtype is structured. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Facts, Options, plan};
    /// let fields = vec![Field::new("id", DataType::Int64, true), Field::new("ok", DataType::Int8, true)];
    /// # let table = Field::new_struct("", fields, false);
    /// let options = Options { structured: true, ..Options::default() };
    /// # let column = Column::of_schema(&table, &options)?;
    /// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
    /// let offsets = plan.record().map(|record| record.fields.iter().map(|field| field.offset).collect());
    /// assert_eq!(offsets, Some(vec![0, 8]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn record(&self) -> Option<&RecordType> {
        match &self.step {
            Step::Records(record) => Some(record),
            _ => None,
        }
    }

    /// For a schema: what the records are made of when values are missing; `None` where the request leaves
    /// no place, and for data. *O(fields)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Facts, Options, plan};
    /// let fields = vec![Field::new("id", DataType::Int64, true), Field::new("ok", DataType::Int8, true)];
    /// # let table = Field::new_struct("", fields, false);
    /// let options = Options { structured: true, ..Options::default() };
    /// # let column = Column::of_schema(&table, &options)?;
    /// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
    /// // With nulls: a float64 and a float32.
    /// assert_eq!(plan.record().map(|record| record.itemsize), Some(9));
    /// assert_eq!(plan.record_with_nulls().map(|record| record.itemsize), Some(12));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn record_with_nulls(&self) -> Option<RecordType> {
        let record = self.record().filter(|_| self.rows.is_none())?;
        let (mut fields, mut itemsize) = (record.fields.clone(), 0);
        for (field, child) in fields.iter_mut().zip(&self.children) {
            let inner = child.record_with_nulls();
            field.dtype = match (&inner, child.record()) {
                (Some(inner), _) => DType::Record(inner.itemsize),
                (None, Some(_)) => return None,
                (None, None) => child.dtype_with_nulls?,
            };
            field.record = inner;
            field.offset = itemsize;
            itemsize += field.dims.iter().fold(field.dtype.itemsize(), |a, n| a.saturating_mul(*n));
        }
        Some(RecordType { fields, itemsize })
    }
}
