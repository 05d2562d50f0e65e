//! Dictionaries as codes and categories.

use std::collections::HashMap;

use arrow_schema::{DataType, Field};

use crate::error::{Error, Result};
use crate::options::Options;
use crate::plan::{CodeFacts, CodesPlan, Transfer, type_name};
use crate::source::{Bits, Chunk, Column, Data, Keys, dictionary_of, values_field};

/// A dictionary, read: what its codes become, and which values are its categories.
///
/// ```
/// use arrow_array::{Array, DictionaryArray, types::Int8Type};
/// use arrow_schema::Field;
/// use arrownd::engine::{Codes, Options, chunk_of};
///
/// let array: DictionaryArray<Int8Type> = ["red", "blue", "red"].into_iter().collect();
/// let field = Field::new("", array.data_type().clone(), true);
/// let chunks = [chunk_of(&array)];
/// let codes = Codes::new(&field, &chunks)?;
/// assert_eq!(codes.iter().collect::<Vec<_>>(), [0, 1, 0]);
/// // One dictionary, nothing missing: the producer's codes are viewed.
/// assert_eq!(codes.view().map(|(bytes, _)| bytes.as_ptr()), Some(array.keys().values().as_ptr().cast()));
/// assert_eq!(codes.categories(&Options::default())?.rows, Some(2));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Codes<'a> {
    parts: Vec<CodePart<'a>>,
    /// The values' field.
    field: Field,
    /// For each part, the categories that it brings: positions in its dictionary.
    chosen: Vec<Vec<usize>>,
    plan: CodesPlan,
}

#[derive(Debug)]
struct CodePart<'a> {
    chunk: usize,
    keys: Keys<'a>,
    validity: Option<Bits<'a>>,
    values: &'a Chunk<'a>,
    /// For each position of the part's dictionary its category, -1 for none.
    category: Option<Vec<i64>>,
}

impl CodePart<'_> {
    fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        (0..self.keys.len()).map(|at| {
            if self.validity.is_some_and(|bits| !bits.get(at)) {
                return -1;
            }
            let key = self.keys.get(at);
            match &self.category {
                None => key,
                Some(category) => category.get(key as usize).copied().unwrap_or(-1),
            }
        })
    }
}

/// Gives every value of every dictionary its category: which values each part brings, and whether any code
/// changes.
fn number(parts: &mut [CodePart<'_>]) -> (Vec<Vec<usize>>, bool) {
    let several = parts.len() > 1;
    let (mut chosen, mut renumbered) = (Vec::with_capacity(parts.len()), several);
    let mut known: HashMap<Vec<u8>, i64> = HashMap::new();
    let mut next = 0;
    for part in parts {
        let missing = |at: usize| part.values.resolve(at).is_none();
        let may_miss = part.values.validity.is_some() || part.values.data.leads_on();
        let some_missing = may_miss && (0..part.values.len).any(missing);
        if !several && !some_missing {
            chosen.push((0..part.values.len).collect());
            continue;
        }
        renumbered = true;
        let mut category = Vec::with_capacity(part.values.len);
        let mut brings = Vec::new();
        for at in 0..part.values.len {
            if missing(at) {
                category.push(-1);
                continue;
            }
            let code = if several {
                let mut key = Vec::new();
                part.values.write_key(at, &mut key);
                *known.entry(key).or_insert(next)
            } else {
                next
            };
            if code == next {
                brings.push(at);
                next += 1;
            }
            category.push(code);
        }
        part.category = Some(category);
        chosen.push(brings);
    }
    (chosen, renumbered)
}

impl<'a> Codes<'a> {
    /// Reads the dictionaries of all chunks. Chunks with different dictionaries are unified. *Reads each
    /// dictionary once*, and the codes where some are missing.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for a field that isn't a dictionary.
    ///
    /// ```
    /// use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// use arrow_schema::Field;
    /// use arrownd::engine::{Codes, chunk_of};
    ///
    /// // Two chunks, each with a dictionary of its own.
    /// let arrays: [DictionaryArray<Int8Type>; 2] =
    ///     [["red", "blue"], ["blue", "green"]].map(|words| words.into_iter().collect());
    /// let field = Field::new("", arrays[0].data_type().clone(), true);
    /// let chunks = [chunk_of(&arrays[0]), chunk_of(&arrays[1])];
    /// let codes = Codes::new(&field, &chunks)?;
    /// assert_eq!(codes.iter().collect::<Vec<_>>(), [0, 1, 1, 2]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(field: &Field, chunks: &'a [Chunk<'a>]) -> Result<Self> {
        let (DataType::Dictionary(index, _), Some(values)) = (field.data_type(), values_field(field)) else {
            return Err(Error::UnsupportedType {
                path: String::new(),
                from: type_name(field),
                to: "codes".to_owned(),
                remedy: "only dictionaries have codes".to_owned(),
            });
        };
        let mut parts = Vec::new();
        for (at, chunk) in chunks.iter().enumerate() {
            if let Some((keys, values)) = dictionary_of(field.data_type(), chunk) {
                let validity = chunk.validity.filter(|bits| bits.count_ones() < bits.len());
                parts.push(CodePart { chunk: at, keys, validity, values, category: None });
            }
        }
        // An empty chunk brings its dictionary only where there is no other.
        if parts.iter().any(|part| !part.keys.is_empty()) {
            parts.retain(|part| !part.keys.is_empty());
        } else {
            parts.truncate(1);
        }
        let (chosen, renumbered) = number(&mut parts);
        let some_missing = renumbered || parts.iter().any(|part| part.validity.is_some());
        let missing = || parts.iter().flat_map(CodePart::iter).filter(|code| *code < 0).count();
        let facts = CodeFacts {
            index,
            chunks: parts.len(),
            missing: if some_missing { missing() } else { 0 },
            renumbered,
            categories: chosen.iter().map(Vec::len).sum(),
        };
        let plan = crate::plan::codes(&facts);
        Ok(Self { parts, field: values, chosen, plan })
    }

    /// How many values. *O(chunks)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, chunk_of};
    /// let array: DictionaryArray<Int8Type> = [Some("red"), None, Some("red")].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// // Values, not categories; missing ones count.
    /// assert_eq!(Codes::new(&field, &chunks)?.len(), 3);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.keys.len()).sum()
    }

    /// Whether there are none. *O(chunks)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, Options, chunk_of};
    /// let array: DictionaryArray<Int8Type> = ["red", "blue"].into_iter().collect();
    /// let array = array.slice(0, 0);
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let codes = Codes::new(&field, &chunks)?;
    /// assert!(codes.is_empty());
    /// // The categories are there all the same.
    /// assert_eq!(codes.categories(&Options::default())?.rows, Some(2));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What becomes of the codes. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, chunk_of};
    /// use arrownd::{DType, Transfer};
    ///
    /// let array: DictionaryArray<Int8Type> = ["red", "blue"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let codes = Codes::new(&field, &chunks)?;
    /// assert_eq!((codes.plan().dtype, &codes.plan().transfer), (DType::Int8, &Transfer::View));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn plan(&self) -> &CodesPlan {
        &self.plan
    }

    /// The producer's codes, and the chunk that they lie in. *O(1), shares memory*; `None` where they are copied.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, chunk_of};
    /// let array: DictionaryArray<Int8Type> = ["red", "blue", "red"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let codes = Codes::new(&field, &chunks)?;
    /// // In the first chunk.
    /// assert_eq!(codes.view(), Some((&[0, 1, 0][..], 0)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn view(&self) -> Option<(&'a [u8], usize)> {
        match self.parts.as_slice() {
            [part] if self.plan.transfer == Transfer::View && !part.keys.is_empty() => {
                Some((part.keys.bytes(), part.chunk))
            }
            _ => None,
        }
    }

    /// The codes, one after the other; -1 where the value is missing. *O(1) a code*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, chunk_of};
    /// let array: DictionaryArray<Int8Type> = [Some("red"), None, Some("blue")].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let codes = Codes::new(&field, &chunks)?;
    /// assert_eq!(codes.iter().collect::<Vec<_>>(), [0, -1, 1]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        self.parts.iter().flat_map(CodePart::iter)
    }

    /// The field of the categories. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Codes, chunk_of};
    /// let array: DictionaryArray<Int8Type> = ["red", "blue"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// assert_eq!(Codes::new(&field, &chunks)?.field().data_type(), &DataType::Utf8);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn field(&self) -> &Field {
        &self.field
    }

    /// The categories as a column. *O(categories), shares memory*.
    ///
    /// # Errors
    /// As [`Column::new`].
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, Float64Array, Int8Array};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Codes, Options, Planned, chunk_of};
    /// # use std::sync::Arc;
    /// let prices = Float64Array::from(vec![0.5, 2.5]);
    /// let array = DictionaryArray::new(Int8Array::from(vec![1, 0, 1]), Arc::new(prices));
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// let codes = Codes::new(&field, &chunks)?;
    /// // Planned and carried out as any other column.
    /// let categories = codes.categories(&options)?;
    /// let planned = Planned::new(&categories, &options, &[])?;
    /// assert_eq!(planned.plan().shape(), Some(vec![Some(2)]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn categories(&self, options: &Options) -> Result<Column<'_>> {
        let parts = self.parts.iter().zip(&self.chosen);
        Column::of_chosen(
            &self.field,
            parts.map(|(part, chosen)| (part.chunk, part.values, chosen.as_slice())),
            options,
        )
    }
}

impl Chunk<'_> {
    /// Writes bytes that are the same for equal values of one type, and only for those.
    fn write_key(&self, at: usize, key: &mut Vec<u8>) {
        let there = self.validity.is_none_or(|bits| bits.get(at));
        key.push(u8::from(there));
        if !there {
            return;
        }
        match &self.data {
            Data::Null => {}
            Data::Bits(bits) => key.push(u8::from(bits.get(at))),
            Data::Fixed(bytes) => {
                let width = bytes.len().checked_div(self.len).unwrap_or(0);
                key.extend(bytes.get(at * width..(at + 1) * width).unwrap_or_default());
            }
            Data::Binary { .. } | Data::Views { .. } => {
                let bytes = self.data.bytes(at);
                key.extend((bytes.len() as u64).to_le_bytes());
                key.extend(bytes);
            }
            Data::List { child, .. } | Data::ListView { child, .. } | Data::FixedList { child, .. } => {
                let list = self.data.list(at);
                key.extend((list.len() as u64).to_le_bytes());
                list.for_each(|i| child.write_key(i, key));
            }
            Data::Struct(children) => children.iter().for_each(|child| child.write_key(at, key)),
            Data::Dictionary { values, .. } | Data::RunEnds { values, .. } => {
                values.write_key(self.data.entry(at), key);
            }
            Data::Union { children, .. } => {
                let (child, index) = self.data.member(at);
                key.extend((child as u64).to_le_bytes());
                if let Some(child) = children.get(child) {
                    child.write_key(index, key);
                }
            }
        }
    }
}
