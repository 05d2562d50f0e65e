//! Streams of record batches: as one matrix, or some rows at a time.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
use ndarray::Array2;

use super::conversion::Conversion;
use super::item::Item;
use super::masked::dimensions;
use super::options::Options;
use super::source::Source;
use super::to_array::to_matrix;
use crate::error::{Error, Result};

/// Reads a stream to its end into one matrix.
///
/// The batches are kept until the last one is there, as the matrix's size isn't known before; then they are converted
/// in one pass. For constant memory, and fewer rows at a time, use [`matrices`].
///
/// Cost: *copies rows x columns x `size_of::<T>()` bytes*, beside the batches.
///
/// # Errors
/// As [`to_matrix`]; [`Error::Stream`] with the reader's error.
///
/// ```
/// use arrow_array::{ArrayRef, Float32Array, RecordBatch, RecordBatchIterator};
/// use arrownd::{Options, read_matrix};
/// use std::sync::Arc;
///
/// let of = |x: Vec<f32>| -> ArrayRef { Arc::new(Float32Array::from(x)) };
/// let first = RecordBatch::try_from_iter([("a", of(vec![1.0, 2.0])), ("b", of(vec![3.0, 4.0]))])?;
/// let second = RecordBatch::try_from_iter([("a", of(vec![5.0])), ("b", of(vec![6.0]))])?;
/// let schema = first.schema();
/// let reader = RecordBatchIterator::new([Ok(first), Ok(second)], schema);
/// let matrix = read_matrix::<f32>(reader, &Options::new())?;
/// assert_eq!(matrix, ndarray::array![[1.0, 3.0], [2.0, 4.0], [5.0, 6.0]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_matrix<T: Item>(reader: impl RecordBatchReader, options: &Options) -> Result<Array2<T>> {
    let schema = reader.schema();
    let batches: Vec<RecordBatch> =
        reader.collect::<std::result::Result<_, _>>().map_err(|error| Error::Stream(error.into()))?;
    let matrix = to_matrix::<T>((schema.as_ref(), batches.as_slice()), options)?;
    Ok(matrix.into_owned())
}

/// Reads a stream some rows at a time: an iterator of matrices of `rows` rows each, the last one of fewer.
///
/// Memory stays constant: no more batches are kept than the rows of one matrix lie in. After an error it ends.
///
/// Cost: *O(fields)* at once; each matrix *copies rows x columns x `size_of::<T>()` bytes*.
///
/// # Errors
/// At once: [`Error::BadValue`] where `rows` is 0, and what the schema alone is refused with.
/// Each matrix: as [`read_matrix`].
///
/// ```
/// use arrow_array::{ArrayRef, Int32Array, RecordBatch, RecordBatchIterator};
/// use arrownd::{Options, matrices};
/// use std::sync::Arc;
///
/// let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..5));
/// let batch = RecordBatch::try_from_iter([("a", column)])?;
/// let schema = batch.schema();
/// let reader = RecordBatchIterator::new([Ok(batch.clone()), Ok(batch)], schema);
/// let rows = matrices::<i32, _>(reader, 4, &Options::new())?
///     .map(|matrix| Ok(matrix?.nrows()))
///     .collect::<arrownd::Result<Vec<_>>>()?;
/// assert_eq!(rows, [4, 4, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn matrices<T: Item, R: RecordBatchReader>(
    reader: R,
    rows: usize,
    options: &Options,
) -> Result<Matrices<T, R>> {
    if rows == 0 {
        return Err(Error::BadValue("matrices of 0 rows: pass 1 or more".to_owned()));
    }
    let schema = reader.schema();
    // What no data can mend is refused before the reader is asked for any.
    let shape = Conversion::to::<T>(Source::from(schema.as_ref()), options)?.shape();
    if shape.len() != 2 {
        return Err(dimensions(&shape, Some(2)));
    }
    let (kept, there) = (VecDeque::new(), 0);
    Ok(Matrices {
        reader: Some(reader),
        schema,
        rows,
        options: options.clone(),
        kept,
        there,
        items: PhantomData,
    })
}

/// Matrices of some rows each, read from a stream: see [`matrices`].
///
/// ```
/// use arrow_array::{ArrayRef, Int32Array, RecordBatch, RecordBatchIterator};
/// use arrownd::{Options, matrices};
/// use std::sync::Arc;
///
/// let column: ArrayRef = Arc::new(Int32Array::from_iter_values(0..5));
/// let batch = RecordBatch::try_from_iter([("a", column)])?;
/// let schema = batch.schema();
/// let mut sum = 0;
/// for matrix in matrices::<i32, _>(RecordBatchIterator::new([Ok(batch)], schema), 2, &Options::new())? {
///     sum += matrix?.sum();
/// }
/// assert_eq!(sum, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Matrices<T, R> {
    reader: Option<R>,
    schema: SchemaRef,
    rows: usize,
    options: Options,
    /// Rows that were read and aren't converted yet.
    kept: VecDeque<RecordBatch>,
    /// How many these are.
    there: usize,
    items: PhantomData<fn() -> T>,
}

impl<T, R> fmt::Debug for Matrices<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Matrices")
            .field("rows", &self.rows)
            .field("kept", &self.there)
            .finish_non_exhaustive()
    }
}

impl<T: Item, R: RecordBatchReader> Matrices<T, R> {
    /// Reads until there are rows for a matrix; false at the end.
    fn gather(&mut self) -> Result<bool> {
        while self.there < self.rows {
            let Some(batch) = self.reader.as_mut().and_then(Iterator::next) else { break };
            let batch = batch.map_err(|error| Error::Stream(error.into()))?;
            self.there += batch.num_rows();
            if batch.num_rows() > 0 {
                self.kept.push_back(batch);
            }
        }
        Ok(self.there > 0)
    }

    fn matrix(&mut self) -> Result<Array2<T>> {
        let mut wanted = self.rows.min(self.there);
        let mut pieces = Vec::new();
        self.there -= wanted;
        while wanted > 0 {
            let Some(batch) = self.kept.pop_front() else { break };
            let n = batch.num_rows().min(wanted);
            if n < batch.num_rows() {
                self.kept.push_front(batch.slice(n, batch.num_rows() - n));
            }
            pieces.push(batch.slice(0, n));
            wanted -= n;
        }
        let matrix = to_matrix::<T>((self.schema.as_ref(), pieces.as_slice()), &self.options)?;
        Ok(matrix.into_owned())
    }
}

impl<T: Item, R: RecordBatchReader> Iterator for Matrices<T, R> {
    type Item = Result<Array2<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let matrix = match self.gather() {
            Ok(false) => None,
            Ok(true) => Some(self.matrix()),
            Err(error) => Some(Err(error)),
        };
        if !matches!(matrix, Some(Ok(_))) {
            self.reader = None;
            self.kept.clear();
            self.there = 0;
        }
        matrix
    }
}

impl<T: Item, R: RecordBatchReader> std::iter::FusedIterator for Matrices<T, R> {}
