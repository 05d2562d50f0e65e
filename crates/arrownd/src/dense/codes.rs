//! Dictionaries of text and bytes that come some at a time.

use std::collections::HashMap;
use std::fmt;

use arrow_buffer::{BooleanBufferBuilder, Buffer, MutableBuffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

use super::Made;
use crate::error::{Error, Result};
use crate::pages::ask_for_huge;

/// From so many distinct values on, a dictionary has to be worth it.
const MANY: usize = 1 << 10;

/// Builds a dictionary of text or bytes that come some at a time, with the distinct values in order of first appearance:
/// so that all values are never there as a whole.
///
/// ```
/// use arrow_array::{Array, DictionaryArray, StringArray, types::Int8Type};
/// use arrow_schema::DataType;
/// use arrownd::engine::dense::CodesBuilder;
///
/// let mut out = CodesBuilder::new(&DataType::Int8, &DataType::Utf8, 5)?;
/// assert!(out.append(&StringArray::from(vec![Some("b"), None, Some("a")]).to_data())?);
/// assert!(out.append(&StringArray::from(vec!["a", "c"]).to_data())?);
/// let made = DictionaryArray::<Int8Type>::from(out.finish()?.data);
/// assert_eq!(made.keys().iter().collect::<Vec<_>>(), [Some(0), None, Some(1), Some(1), Some(2)]);
/// assert_eq!(made.values().to_data(), StringArray::from(vec!["b", "a", "c"]).to_data());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub struct CodesBuilder {
    index: DataType,
    values: DataType,
    /// Bytes of a code.
    width: usize,
    /// How many codes the type has.
    most: usize,
    count: usize,
    keys: MutableBuffer,
    valid: Option<BooleanBufferBuilder>,
    known: HashMap<Box<[u8]>, usize>,
    /// The distinct values, and where each begins and the last one ends.
    bytes: Vec<u8>,
    bounds: Vec<i32>,
}

impl fmt::Debug for CodesBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("CodesBuilder");
        text.field("values", &self.values).field("len", &self.len()).finish_non_exhaustive()
    }
}

impl CodesBuilder {
    /// For `count` values of the type `values` (utf8 or binary), and codes of the type `index`. *Allocates the codes*.
    ///
    /// # Errors
    /// [`Error::BadValue`] for other types.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::CodesBuilder;
    /// assert!(CodesBuilder::new(&DataType::UInt16, &DataType::Binary, 9).is_ok());
    /// assert!(CodesBuilder::new(&DataType::Float32, &DataType::Utf8, 9).is_err());
    /// ```
    pub fn new(index: &DataType, values: &DataType, count: usize) -> Result<Self> {
        use DataType as T;
        let most = match index {
            T::Int8 => 1 << 7,
            T::UInt8 => 1 << 8,
            T::Int16 => 1 << 15,
            T::UInt16 => 1 << 16,
            // No more can be told apart by offsets of 32 bits.
            T::Int32 | T::UInt32 | T::Int64 | T::UInt64 => i32::MAX as usize,
            other => return Err(Error::BadValue(format!("{other} is no type of codes"))),
        };
        if !matches!(values, T::Utf8 | T::Binary) {
            return Err(Error::BadValue(format!("{values} is neither utf8 nor binary")));
        }
        let width = index.primitive_width().unwrap_or(1);
        let keys = MutableBuffer::with_capacity(count.saturating_mul(width));
        ask_for_huge(keys.as_ptr(), keys.capacity());
        let (index, values, bounds) = (index.clone(), values.clone(), vec![0]);
        let (valid, known, bytes) = (None, HashMap::new(), Vec::new());
        Ok(Self { index, values, width, most, count, keys, valid, known, bytes, bounds })
    }

    fn len(&self) -> usize {
        self.keys.len() / self.width
    }

    /// Appends the values of an array; false, and nothing more may be appended, where it is of another type, there are more
    /// distinct values than codes, or than half of all so far (a thousand are never too many), or more values than `count`.
    /// *Reads each value, copies those that are new*.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`] for values past the end of the array's bytes.
    ///
    /// ```
    /// # use arrow_array::{Array, StringArray};
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::CodesBuilder;
    /// let mut out = CodesBuilder::new(&DataType::Int8, &DataType::Utf8, 500)?;
    /// let many: StringArray = (0..129).map(|i| Some(i.to_string())).collect();
    /// // Seven bits count to 127.
    /// assert!(out.append(&many.slice(0, 128).to_data())?);
    /// assert!(!out.append(&many.slice(128, 1).to_data())?);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn append(&mut self, data: &ArrayData) -> Result<bool> {
        let start = self.len();
        let ([offsets, bytes], true) = (data.buffers(), *data.data_type() == self.values) else {
            return Ok(false);
        };
        if data.len() > self.count - start {
            return Ok(false);
        }
        let offsets: &[i32] = offsets.typed_data();
        let offsets = offsets.get(data.offset()..).unwrap_or_default();
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        for (i, (from, to)) in offsets.iter().zip(offsets.iter().skip(1)).take(data.len()).enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(i)) {
                self.push(0);
                continue;
            }
            let value = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            let value = value.and_then(|(from, to)| bytes.get(from..to)).ok_or_else(|| {
                let what = format!("value {i} lies past the end of the bytes");
                Error::InvalidArrow { path: String::new(), what }
            })?;
            let Some(code) = self.code(value) else { return Ok(false) };
            self.push(code);
        }
        match (&mut self.valid, nulls) {
            (None, None) => {}
            (valid, nulls) => {
                let valid = valid.get_or_insert_with(|| {
                    let mut all = BooleanBufferBuilder::new(self.count);
                    all.append_n(start, true);
                    all
                });
                match nulls {
                    Some(nulls) => valid.append_buffer(nulls.inner()),
                    None => valid.append_n(data.len(), true),
                }
            }
        }
        Ok(true)
    }

    /// None where there are no more codes.
    fn code(&mut self, value: &[u8]) -> Option<usize> {
        if let Some(code) = self.known.get(value) {
            return Some(*code);
        }
        let code = self.known.len();
        if code > MANY && 2 * code > self.len() {
            return None;
        }
        let end = i32::try_from(self.bytes.len() + value.len()).ok().filter(|_| code < self.most)?;
        self.known.insert(value.into(), code);
        self.bytes.extend_from_slice(value);
        self.bounds.push(end);
        Some(code)
    }

    fn push(&mut self, code: usize) {
        match self.width {
            1 => self.keys.push(code as u8),
            2 => self.keys.push(code as u16),
            4 => self.keys.push(code as u32),
            _ => self.keys.push(code as u64),
        }
    }

    /// The dictionary. *Reads the codes once*, to check them.
    ///
    /// # Errors
    /// [`Error::BadValue`] where values are fewer than were announced.
    ///
    /// ```
    /// # use arrow_schema::DataType;
    /// # use arrownd::engine::dense::CodesBuilder;
    /// assert!(CodesBuilder::new(&DataType::Int8, &DataType::Utf8, 1)?.finish().is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn finish(self) -> Result<Made> {
        let (len, count) = (self.len(), self.count);
        if len != count {
            return Err(Error::BadValue(format!("{len} of {count} values are there")));
        }
        let Self { index, values, keys, valid, known, mut bytes, bounds, .. } = self;
        drop(known);
        bytes.shrink_to_fit();
        let wrong = |why: arrow_schema::ArrowError| Error::InvalidArrow {
            path: String::new(),
            what: why.to_string(),
        };
        let distinct = ArrayData::builder(values.clone()).len(bounds.len() - 1);
        let distinct = distinct.add_buffer(Buffer::from_vec(bounds)).add_buffer(Buffer::from_vec(bytes));
        let data_type = DataType::Dictionary(Box::new(index), Box::new(values));
        let nulls = valid.map(|mut valid| NullBuffer::new(valid.finish()));
        let data = ArrayData::builder(data_type.clone()).len(count).nulls(nulls).add_buffer(keys.into());
        let data = data.add_child_data(distinct.build().map_err(wrong)?).build().map_err(wrong)?;
        Ok(Made { field: Field::new("", data_type, true).into(), data })
    }
}
