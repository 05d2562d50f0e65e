//! Chunks, turned from batch-major to column-major: what the planner counts and kernels read.

use std::borrow::Cow;

use arrow_schema::{DataType, Field};
use smallvec::SmallVec;

use super::bits::low_mask;
use super::chunk::Chunk;
use super::data::Data;
use super::part::Part;
use super::path::Path;
use super::reading::Reading;
use super::rows::RowValues;
use super::state::State;
use super::validity::Level;
use super::walk::Walk;
use crate::error::Result;
use crate::options::Options;

/// Lengths of dimensions after the rows, or which of them they are: more than four are rare.
///
/// ```
/// use arrow_array::{FixedSizeListArray, types::Int8Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Dims, Node, Options, chunk_of};
///
/// let pairs = [Some([Some(1), Some(2)]), Some([Some(3), Some(4)])];
/// let array = FixedSizeListArray::from_iter_primitive::<Int8Type, _, _>(pairs, 2);
/// let field = Field::new("", DataType::new_fixed_size_list(DataType::Int8, 2, true), true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// assert_eq!(leaf.dims, Dims::from_slice(&[2]));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub type Dims = SmallVec<[usize; 4]>;

/// One column in all its chunks.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options, chunk_of};
///
/// let arrays = [Int32Array::from(vec![Some(1), None]), Int32Array::from(vec![3])];
/// let field = Field::new("x", DataType::Int32, true);
/// let chunks = [chunk_of(&arrays[0]), chunk_of(&arrays[1])];
/// let column = Column::new(&field, &chunks, &Options::default())?;
/// assert_eq!(column.rows, Some(3));
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// assert_eq!((leaf.parts.len(), leaf.missing, leaf.first_missing), (2, 1, 1));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Column<'a> {
    /// Its field.
    pub field: Cow<'a, Field>,
    /// Rows; `None` where only the schema is known.
    pub rows: Option<usize>,
    /// Which child of the imported array it is; empty for the array itself.
    pub route: SmallVec<[usize; 2]>,
    /// A leaf, or a struct of columns.
    pub node: Node<'a>,
}

/// What a column is made of.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options};
///
/// let field = Field::new("", DataType::Struct(vec![Field::new("x", DataType::Int8, true)].into()), false);
/// let column = Column::of_schema(&field, &Options::default())?;
/// let Node::Struct { columns, dims, .. } = &column.node else { panic!() };
/// assert_eq!((columns[0].field.name().as_str(), dims.len()), ("x", 0));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub enum Node<'a> {
    /// Values, perhaps in lists.
    Leaf(Leaf<'a>),
    /// Fields, each with the dimensions of the lists that the struct lies in.
    Struct {
        /// One for each.
        columns: Vec<Column<'a>>,
        /// Dimensions after the rows.
        dims: Dims,
        /// The way to the struct.
        way: Way,
    },
}

/// Values, perhaps in lists: each list is one more dimension.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options};
///
/// let item = Field::new("item", DataType::Float32, true);
/// let field = Field::new_fixed_size_list("", item, 3, true);
/// let column = Column::of_schema(&field, &Options::default())?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// assert_eq!((leaf.field.data_type(), leaf.dims.as_slice()), (&DataType::Float32, &[3][..]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Leaf<'a> {
    /// The field of the values themselves.
    pub field: Cow<'a, Field>,
    /// Dimensions after the rows, as they lie in memory.
    pub dims: Dims,
    /// For each dimension of the result after the rows, the one in memory that it shows.
    pub axes: Dims,
    /// What else is known of the way to the values.
    pub way: Way,
    /// The non-empty chunks.
    pub parts: Vec<Part<'a>>,
    /// How many values are missing, at whatever level.
    pub missing: usize,
    /// Position of the first missing value, in values.
    pub first_missing: usize,
    /// How many places are filled up because a list is shorter than its row of the result.
    pub padded: usize,
    /// Where the values are lists that become arrays of their own.
    pub rows: Option<Box<RowValues<'a>>>,
}

/// What the planner has to know of the way to a leaf's values.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options};
///
/// let field = Field::new_dictionary("", DataType::Int8, DataType::Int64, true);
/// let column = Column::of_schema(&field, &Options::default())?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// assert!(leaf.way.dictionary && !leaf.way.runs && leaf.way.repeats());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// Extension types that were unwrapped on the way to the values.
    pub unwrapped: Vec<String>,
    /// Values are looked up in a dictionary.
    pub dictionary: bool,
    /// Values are looked up in runs.
    pub runs: bool,
    /// Lists leave gaps, or are filled up.
    pub gaps: bool,
    /// Levels of lists of variable size that became dimensions.
    pub lists: usize,
    /// Dimensions whose length isn't known: there is only a schema.
    pub unknown: Vec<usize>,
    /// Lists that don't fit together.
    pub ragged: Option<Ragged>,
}

impl Way {
    /// Whether one value of the data may stand in many places. *O(1)*.
    ///
    /// ```
    /// use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// use arrow_schema::Field;
    /// use arrownd::engine::{Column, Node, Options, chunk_of};
    ///
    /// let array: DictionaryArray<Int8Type> = ["red", "red", "red"].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// // Worth making each object once.
    /// assert!(leaf.way.repeats());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.dictionary || self.runs
    }
}

/// The first list whose length isn't that of the others.
///
/// ```
/// use arrow_array::{ListArray, types::Int32Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options, chunk_of};
///
/// let lists = [Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])];
/// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
/// let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
/// let chunks = [chunk_of(&array)];
/// let column = Column::new(&field, &chunks, &Options::default())?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// assert_eq!(leaf.way.ragged.as_ref().map(|ragged| ragged.row), Some(1));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ragged {
    /// The row of the input that it lies in.
    pub row: usize,
    /// What it is, as a phrase: its length, or its shape.
    pub found: String,
    /// What the ones before it have, or `pad_to`, likewise.
    pub expected: String,
    /// Whether it is too long for `pad_to`.
    pub too_long: bool,
}

impl<'a> Column<'a> {
    /// Turns `chunks` of one field to a column, in the form that the options ask for. *Reads the bitmaps
    /// once*, to count, and the offsets of lists.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`](crate::Error::InvalidArrow) for extension metadata that is wrong.
    ///
    /// ```
    /// use arrow_array::{ListArray, types::Int32Type};
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::{Column, Node, Options, chunk_of};
    ///
    /// let lists = [Some(vec![Some(1), None]), Some(vec![Some(3), Some(4)])];
    /// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    /// let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
    /// let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// // Lists of one length are a dimension.
    /// assert_eq!((column.rows, leaf.dims.as_slice(), leaf.missing), (Some(2), &[2][..], 1));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(field: &'a Field, chunks: &'a [Chunk<'a>], options: &Options) -> Result<Self> {
        let rows = chunks.iter().map(|chunk| chunk.len).sum();
        let filled = chunks.iter().enumerate().filter(|(_, chunk)| chunk.len > 0);
        let parts = filled.map(|(i, chunk)| Walk::new(i, chunk)).collect();
        column(State::new(Cow::Borrowed(field), Some(rows), parts), &Path::Top, &Reading::of(options))
    }

    /// Turns slices of chunks (which chunk, where the slice begins, how many rows) to a column.
    /// *Reads the bitmaps once*, and the offsets of lists.
    ///
    /// # Errors
    /// As [`Column::new`].
    ///
    /// ```
    /// use arrow_array::Int32Array;
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::{Column, Options, chunk_of};
    ///
    /// let (field, array) = (Field::new("", DataType::Int32, true), Int32Array::from(vec![1, 2, 3, 4]));
    /// let chunk = chunk_of(&array);
    /// // Two rows of the first chunk, from the second on.
    /// let column = Column::of_slices(&field, [(0, &chunk, 1, 2)].into_iter(), &Options::default())?;
    /// assert_eq!(column.rows, Some(2));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn of_slices(
        field: &'a Field,
        slices: impl Iterator<Item = (usize, &'a Chunk<'a>, usize, usize)>,
        options: &Options,
    ) -> Result<Self> {
        let parts: Vec<Walk<'a>> = slices
            .filter(|(.., rows)| *rows > 0)
            .map(|(at, chunk, start, rows)| Walk::of_slice(at, chunk, start, rows))
            .collect();
        let rows = parts.iter().map(|part| part.rows).sum();
        column(State::new(Cow::Borrowed(field), Some(rows), parts), &Path::Top, &Reading::of(options))
    }

    /// Turns chosen values of chunks to a column.
    ///
    /// # Errors
    /// As [`Column::new`].
    pub(crate) fn of_chosen<'c>(
        field: &'a Field,
        chunks: impl Iterator<Item = (usize, &'a Chunk<'a>, &'c [usize])>,
        options: &Options,
    ) -> Result<Self> {
        let parts: Vec<Walk<'a>> = chunks
            .filter(|(.., chosen)| !chosen.is_empty())
            .map(|(at, chunk, chosen)| Walk::of_chosen(at, chunk, chosen))
            .collect();
        let rows = parts.iter().map(|part| part.rows).sum();
        column(State::new(Cow::Borrowed(field), Some(rows), parts), &Path::Top, &Reading::of(options))
    }

    /// A column of which only the schema is known. *O(fields)*.
    ///
    /// # Errors
    /// As [`Column::new`].
    ///
    /// ```
    /// use arrow_schema::{DataType, Field};
    /// use arrownd::engine::{Column, Options};
    ///
    /// let field = Field::new("", DataType::Int32, true);
    /// assert_eq!(Column::of_schema(&field, &Options::default())?.rows, None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn of_schema(field: &'a Field, options: &Options) -> Result<Self> {
        column(State::new(Cow::Borrowed(field), None, Vec::new()), &Path::Top, &Reading::of(options))
    }
}

/// Takes a field apart as far as the reading goes.
pub(super) fn column<'a>(mut state: State<'a>, path: &Path<'_>, reading: &Reading) -> Result<Column<'a>> {
    let (field, rows, route) = (state.field.clone(), state.rows, state.route.clone());
    let node = match state.descend(path, reading, reading.structs > 0)? {
        None => Node::Leaf(state.into_leaf(path, reading)?),
        Some(fields) => {
            let inner = Reading { structs: reading.structs - 1, ..reading.clone() };
            let mut columns = Vec::with_capacity(fields);
            for i in 0..fields {
                let name = match state.field.data_type() {
                    DataType::Struct(fields) => fields.get(i).map_or("", |field| field.name()),
                    _ => "",
                };
                columns.push(column(state.child(i), &Path::Field(path, name), &inner)?);
            }
            Node::Struct { columns, way: state.way, dims: state.dims }
        }
    };
    Ok(Column { field, rows, route, node })
}

pub(super) fn count_missing(leaf: &mut Leaf<'_>) {
    let null_type = *leaf.field.data_type() == DataType::Null;
    let mut before = 0;
    for part in &leaf.parts {
        let (missing, first) = match part.validity.levels.as_slice() {
            _ if part.len == 0 => (0, 0),
            _ if null_type && part.is_direct() => (part.len, 0),
            _ if !part.is_direct() => {
                let counted = part.count_by_hops(null_type);
                leaf.padded += counted.padded;
                (counted.missing, counted.first)
            }
            [] => (0, 0),
            [Level { bits, each, zeros }] => (zeros * each, bits.first_zero().unwrap_or(0) * each),
            _ => {
                let zeros = |at| !part.validity.word(at) & low_mask(part.len - at);
                let starts = || (0..part.len).step_by(64);
                let first = starts().find(|at| zeros(*at) != 0).unwrap_or(0);
                let count = starts().map(|at| zeros(at).count_ones() as usize).sum();
                (count, first + zeros(first).trailing_zeros() as usize)
            }
        };
        if leaf.missing == 0 && missing > 0 {
            leaf.first_missing = before + first;
        }
        leaf.missing += missing;
        before += part.len;
    }
}

impl<'a> Leaf<'a> {
    /// The bytes of the one part that there is, `None` where they aren't fixed-width in a row, or there
    /// are several parts.
    pub(crate) fn only_bytes(&self) -> Option<&'a [u8]> {
        match self.parts.as_slice() {
            [part] if part.is_direct() => match *part.data {
                Data::Fixed(bytes) => Some(bytes),
                _ => None,
            },
            _ => None,
        }
    }
}
