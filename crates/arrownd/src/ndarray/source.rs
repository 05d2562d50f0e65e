//! What is converted: an array, its chunks, a table.

mod known;

use std::borrow::Cow;
use std::collections::HashMap;

use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, ByteArrayType, ByteViewType, RunEndIndexType,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, FixedSizeListArray,
    GenericByteArray, GenericByteViewArray, GenericListArray, GenericListViewArray, MapArray, NullArray,
    OffsetSizeTrait, PrimitiveArray, RecordBatch, RunArray, StructArray, UnionArray,
};
use arrow_schema::{DataType, Field, Schema};

use crate::error::{Error, Result};
use crate::plan::type_name;
use crate::source::{Chunk, Data, Selection, chunk_of};
use known::Numbers;

/// Arrow data to convert: an array, chunks of one, or a table. *O(1), shares memory*.
///
/// Every function of this crate takes `impl Into<Source>`, which is any of:
///
/// * `&PrimitiveArray`, `&StructArray`, ..., `&ArrayRef`, `&dyn Array`: one array;
/// * `(&Field, &dyn Array)`: one array, with its extension type (`arrow.fixed_shape_tensor`, `arrow.bool8`, ...);
/// * `&[ArrayRef]`, `(&Field, &[ArrayRef])`: the chunks of one array;
/// * `&RecordBatch`, `&[RecordBatch]`, `(&Schema, &[RecordBatch])`: a table;
/// * `&Field`, `&Schema`: a type alone, which can be planned and not executed.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Float64Array, Int8Array};
/// use arrownd::{Options, Source, to_array};
///
/// let chunks: Vec<ArrayRef> = vec![
///     Arc::new(Int8Array::from(vec![1, 2])),
///     Arc::new(Int8Array::from(vec![3])),
/// ];
/// let source = Source::from(&chunks);
/// assert_eq!(source.len(), 3);
/// assert_eq!(to_array::<i8>(source, &Options::new())?.as_slice(), Some(&[1, 2, 3][..]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    field: Option<&'a Field>,
    schema: Option<&'a Schema>,
    data: Arrays<'a>,
    numbers: Option<Numbers<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Arrays<'a> {
    One(&'a dyn Array),
    Chunks(&'a [ArrayRef]),
    Batch(&'a RecordBatch),
    Batches(&'a [RecordBatch]),
    /// There is a field or schema alone.
    Unknown,
}

/// What was read of a source: its field, its chunks, and the pandas index columns that were left out.
pub(super) struct Read<'a> {
    pub(super) field: Field,
    /// `None` where there is a schema alone.
    pub(super) chunks: Option<Box<[Chunk<'a>]>>,
    pub(super) left_out: Vec<String>,
}

impl<'a> Source<'a> {
    #[inline]
    fn new(data: Arrays<'a>) -> Self {
        Self { field: None, schema: None, data, numbers: None }
    }

    /// How many rows; 0 for a type alone. *O(chunks)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::Source;
    /// assert_eq!(Source::from(&Int8Array::from(vec![1, 2])).len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        match self.data {
            Arrays::One(array) => array.len(),
            Arrays::Chunks(chunks) => chunks.iter().map(|chunk| chunk.len()).sum(),
            Arrays::Batch(batch) => batch.num_rows(),
            Arrays::Batches(batches) => batches.iter().map(RecordBatch::num_rows).sum(),
            Arrays::Unknown => 0,
        }
    }

    /// Whether there are no rows. *O(chunks)*.
    ///
    /// ```
    /// # use arrow_array::Int8Array;
    /// # use arrownd::Source;
    /// assert!(Source::from(&Int8Array::from(Vec::<i8>::new())).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many chunks aren't empty.
    pub(super) fn chunks(&self) -> usize {
        match self.data {
            Arrays::One(_) | Arrays::Batch(_) => usize::from(!self.is_empty()),
            Arrays::Chunks(chunks) => chunks.iter().filter(|chunk| !chunk.is_empty()).count(),
            Arrays::Batches(batches) => batches.iter().filter(|batch| batch.num_rows() > 0).count(),
            Arrays::Unknown => 0,
        }
    }

    /// The one array that holds all rows, where the type says all there is to know, and is that of every chunk.
    pub(super) fn only(&self) -> Option<&'a dyn Array> {
        let array = match self.data {
            Arrays::One(array) => array,
            Arrays::Chunks(chunks) => {
                let mut filled = chunks.iter().filter(|chunk| !chunk.is_empty());
                let array = match (filled.next(), filled.next()) {
                    (Some(chunk), None) => chunk.as_ref(),
                    (None, _) => chunks.first()?.as_ref(),
                    _ => return None,
                };
                let same = |chunk: &ArrayRef| chunk.data_type() == array.data_type();
                if !chunks.iter().all(same) {
                    return None;
                }
                array
            }
            Arrays::Batch(_) | Arrays::Batches(_) | Arrays::Unknown => return None,
        };
        let fits = |field: &Field| field.metadata().is_empty() && field.data_type() == array.data_type();
        self.field.is_none_or(fits).then_some(array)
    }

    /// The batch whose columns are all there is, each of the type that its field says.
    pub(super) fn table(&self) -> Option<&'a RecordBatch> {
        let (Arrays::Batch(batch), None, None) = (self.data, self.field, self.schema) else { return None };
        let schema = batch.schema_ref();
        let index = schema.metadata().contains_key("pandas");
        let told = schema.fields().iter().all(|field| field.extension_type_name().is_none());
        (told && !index).then_some(batch)
    }

    /// Whether its values, perhaps in lists, are bytes of a fixed number.
    pub(super) fn holds_bytes(&self) -> bool {
        let mut data_type = match self.data {
            Arrays::One(array) => array.data_type(),
            Arrays::Chunks([chunk, ..]) => chunk.data_type(),
            _ => match self.field {
                Some(field) => field.data_type(),
                None => return false,
            },
        };
        loop {
            data_type = match data_type {
                DataType::FixedSizeBinary(_) => return true,
                DataType::List(item)
                | DataType::LargeList(item)
                | DataType::ListView(item)
                | DataType::LargeListView(item)
                | DataType::FixedSizeList(item, _) => item.data_type(),
                DataType::Dictionary(_, values) => values,
                DataType::RunEndEncoded(_, values) => values.data_type(),
                _ => return false,
            };
        }
    }

    /// The field of the whole. A table is a struct.
    pub(super) fn field(&self) -> Result<Cow<'a, Field>> {
        let data_type = match self.data {
            _ if self.field.is_some() => None,
            Arrays::One(array) => Some(array.data_type()),
            Arrays::Chunks(chunks) => chunks.first().map(|chunk| chunk.data_type()),
            Arrays::Batch(_) | Arrays::Batches(_) | Arrays::Unknown => None,
        };
        if let Some(data_type) = data_type {
            return Ok(Cow::Owned(Field::new("", data_type.clone(), true)));
        }
        if let Some(field) = self.field {
            return Ok(Cow::Borrowed(field));
        }
        let batch = match self.data {
            Arrays::Batch(batch) => Some(batch),
            Arrays::Batches(batches) => batches.first(),
            Arrays::One(_) | Arrays::Chunks(_) | Arrays::Unknown => None,
        };
        let schema = self.schema.or(batch.map(|batch| batch.schema_ref().as_ref())).ok_or_else(|| {
            let what = if matches!(self.data, Arrays::Chunks(_)) { "chunk" } else { "batch" };
            Error::BadValue(format!(
                "without a {what} the type isn't known: pass it too, as (&Field, &[ArrayRef]) or (&Schema, &[RecordBatch])"
            ))
        })?;
        let pandas = schema.metadata.get("pandas").map(|text| ("pandas".to_owned(), text.clone()));
        let pandas: HashMap<String, String> = pandas.into_iter().collect();
        let field = Field::new_struct("", schema.fields().clone(), false).with_metadata(pandas);
        Ok(Cow::Owned(field))
    }

    /// Takes the source apart: the chosen columns of each chunk.
    pub(super) fn read(self, columns: Option<&[String]>) -> Result<Read<'a>> {
        let field = self.field()?;
        let selection = Selection::new(&field, columns)?;
        let chunks: Box<[Chunk<'a>]> = match self.data {
            Arrays::Unknown => {
                let (field, left_out) = match selection {
                    Some(selection) => (selection.apply(field.into_owned()), selection.left_out),
                    None => (field.into_owned(), Vec::new()),
                };
                return Ok(Read { field, chunks: None, left_out });
            }
            Arrays::One(array) => Box::new([self.chunk(&field, array)?]),
            Arrays::Chunks(chunks) => {
                chunks.iter().map(|array| self.chunk(&field, array.as_ref())).collect::<Result<_>>()?
            }
            Arrays::Batch(batch) => Box::new([table(&field, batch, 0)?]),
            Arrays::Batches(batches) => {
                let batches = batches.iter().enumerate();
                batches.map(|(at, batch)| table(&field, batch, at)).collect::<Result<_>>()?
            }
        };
        let Some(selection) = selection else {
            return Ok(Read { field: field.into_owned(), chunks: Some(chunks), left_out: Vec::new() });
        };
        let chunks = chunks.into_iter().map(|chunk| chosen(chunk, &selection)).collect();
        let field = selection.apply(field.into_owned());
        Ok(Read { field, chunks: Some(chunks), left_out: selection.left_out })
    }

    fn chunk(&self, field: &Field, array: &'a dyn Array) -> Result<Chunk<'a>> {
        if array.data_type() != field.data_type() {
            let whose = if self.field.is_some() { "the field is" } else { "the first chunk is" };
            return Err(Error::BadValue(format!(
                "a chunk is {}, and {whose} {}: pass chunks of one type",
                type_name(&Field::new("", array.data_type().clone(), true)),
                type_name(field)
            )));
        }
        Ok(chunk_of(array))
    }
}

/// A batch as a struct without nulls of its own.
fn table<'a>(field: &Field, batch: &'a RecordBatch, at: usize) -> Result<Chunk<'a>> {
    let same = match field.data_type() {
        DataType::Struct(fields) => {
            let own = batch.schema_ref().fields();
            fields.len() == own.len()
                && fields.iter().zip(own).all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type())
        }
        _ => false,
    };
    if !same {
        return Err(Error::BadValue(format!(
            "batch {at} has other fields than the schema, or the first batch: pass batches of one schema"
        )));
    }
    let columns = batch.columns().iter().map(|column| chunk_of(column)).collect();
    Ok(Chunk { len: batch.num_rows(), validity: None, data: Data::Struct(columns) })
}

/// The chosen fields of a chunk.
fn chosen<'a>(chunk: Chunk<'a>, selection: &Selection) -> Chunk<'a> {
    let Chunk { len, validity, data } = chunk;
    let data = match data {
        Data::Struct(columns) => {
            let mut columns: Vec<Option<Chunk<'a>>> = columns.into_iter().map(Some).collect();
            let taken = selection.fields.iter().filter_map(|at| columns.get_mut(*at)?.take());
            Data::Struct(taken.collect())
        }
        other => other,
    };
    Chunk { len, validity, data }
}

macro_rules! from_arrays {
    ($([$($bound:tt)*] $array:ty;)*) => { $(
        impl<'a, $($bound)*> From<&'a $array> for Source<'a> {
            #[inline]
            fn from(array: &'a $array) -> Self {
                Self::new(Arrays::One(array))
            }
        }

        impl<'a, $($bound)*> From<(&'a Field, &'a $array)> for Source<'a> {
            fn from((field, array): (&'a Field, &'a $array)) -> Self {
                Self { field: Some(field), ..Self::new(Arrays::One(array)) }
            }
        }
    )* };
}
from_arrays! {
    [] ArrayRef;
    [] BooleanArray;
    [] FixedSizeBinaryArray;
    [] FixedSizeListArray;
    [] MapArray;
    [] NullArray;
    [] StructArray;
    [] UnionArray;
    [T: ByteArrayType] GenericByteArray<T>;
    [T: ByteViewType] GenericByteViewArray<T>;
    [O: OffsetSizeTrait] GenericListArray<O>;
    [O: OffsetSizeTrait] GenericListViewArray<O>;
    [K: ArrowDictionaryKeyType] DictionaryArray<K>;
    [R: RunEndIndexType] RunArray<R>;
}

impl<'a, T: ArrowPrimitiveType> From<&'a PrimitiveArray<T>> for Source<'a> {
    #[inline]
    fn from(array: &'a PrimitiveArray<T>) -> Self {
        Self { numbers: Some(Numbers::of(array)), ..Self::new(Arrays::One(array)) }
    }
}

impl<'a, T: ArrowPrimitiveType> From<(&'a Field, &'a PrimitiveArray<T>)> for Source<'a> {
    fn from((field, array): (&'a Field, &'a PrimitiveArray<T>)) -> Self {
        Self { field: Some(field), ..Self::new(Arrays::One(array)) }
    }
}

impl<'a> From<&'a dyn Array> for Source<'a> {
    fn from(array: &'a dyn Array) -> Self {
        Self::new(Arrays::One(array))
    }
}

impl<'a> From<(&'a Field, &'a dyn Array)> for Source<'a> {
    fn from((field, array): (&'a Field, &'a dyn Array)) -> Self {
        Self { field: Some(field), ..Self::new(Arrays::One(array)) }
    }
}

impl<'a> From<&'a [ArrayRef]> for Source<'a> {
    fn from(chunks: &'a [ArrayRef]) -> Self {
        Self::new(Arrays::Chunks(chunks))
    }
}

impl<'a> From<&'a Vec<ArrayRef>> for Source<'a> {
    fn from(chunks: &'a Vec<ArrayRef>) -> Self {
        Self::new(Arrays::Chunks(chunks))
    }
}

impl<'a> From<(&'a Field, &'a [ArrayRef])> for Source<'a> {
    fn from((field, chunks): (&'a Field, &'a [ArrayRef])) -> Self {
        Self { field: Some(field), ..Self::new(Arrays::Chunks(chunks)) }
    }
}

impl<'a> From<&'a RecordBatch> for Source<'a> {
    fn from(batch: &'a RecordBatch) -> Self {
        Self::new(Arrays::Batch(batch))
    }
}

impl<'a> From<&'a [RecordBatch]> for Source<'a> {
    fn from(batches: &'a [RecordBatch]) -> Self {
        Self::new(Arrays::Batches(batches))
    }
}

impl<'a> From<&'a Vec<RecordBatch>> for Source<'a> {
    fn from(batches: &'a Vec<RecordBatch>) -> Self {
        Self::new(Arrays::Batches(batches))
    }
}

impl<'a> From<(&'a Schema, &'a [RecordBatch])> for Source<'a> {
    fn from((schema, batches): (&'a Schema, &'a [RecordBatch])) -> Self {
        Self { schema: Some(schema), ..Self::new(Arrays::Batches(batches)) }
    }
}

impl<'a> From<&'a Field> for Source<'a> {
    fn from(field: &'a Field) -> Self {
        Self { field: Some(field), ..Self::new(Arrays::Unknown) }
    }
}

impl<'a> From<&'a Schema> for Source<'a> {
    fn from(schema: &'a Schema) -> Self {
        Self { schema: Some(schema), ..Self::new(Arrays::Unknown) }
    }
}
