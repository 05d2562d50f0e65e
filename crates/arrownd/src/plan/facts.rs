//! What the planner may know of a source: numbers and types, nothing that can be dereferenced.

use crate::options::Options;
use crate::source::{Column, Leaf, Node, Way};
use arrow_schema::Field;

/// The facts of one column.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, FactsNode, Options, chunk_of};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let field = Field::new("", DataType::Int32, true);
/// let (chunks, options) = ([chunk_of(&array)], Options::default());
/// let column = Column::new(&field, &chunks, &options)?;
/// let facts = Facts::of(&column, &options);
/// assert_eq!(facts.rows, Some(3));
/// let FactsNode::Leaf(leaf) = facts.node else { panic!() };
/// assert_eq!((leaf.chunks, leaf.missing, leaf.first_missing), (1, 1, 1));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Facts<'f> {
    /// Its field.
    pub field: &'f Field,
    /// Rows; `None` where only the schema is known.
    pub rows: Option<usize>,
    /// What it is made of.
    pub node: FactsNode<'f>,
}

/// The facts of what a column is made of.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, FactsNode, Options};
///
/// let field = Field::new("", DataType::Struct(vec![Field::new("x", DataType::Int8, true)].into()), false);
/// let column = Column::of_schema(&field, &Options::default())?;
/// let facts = Facts::of(&column, &Options::default());
/// let FactsNode::Struct { children, .. } = facts.node else { panic!() };
/// assert_eq!(children[0].field.name(), "x");
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum FactsNode<'f> {
    /// Values, perhaps in fixed-size lists.
    Leaf(LeafFacts<'f>),
    /// Fields.
    Struct {
        /// One for each.
        children: Vec<Facts<'f>>,
        /// Dimensions of the lists that the struct lies in.
        dims: &'f [usize],
        /// The way to the struct.
        way: &'f Way,
        /// Bytes from one field's values to the next one's, where each begins where the one before it
        /// ends.
        spacing: Option<usize>,
    },
}

/// The facts of a leaf.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, FactsNode, Options};
///
/// let field = Field::new_fixed_size_list("", Field::new("item", DataType::Int8, true), 4, true);
/// let column = Column::of_schema(&field, &Options::default())?;
/// let facts = Facts::of(&column, &Options::default());
/// let FactsNode::Leaf(leaf) = facts.node else { panic!() };
/// assert_eq!((leaf.field.name().as_str(), leaf.dims, leaf.axes), ("item", &[4][..], &[0][..]));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LeafFacts<'f> {
    /// The field of the values themselves.
    pub field: &'f Field,
    /// Dimensions after the rows, as they lie in memory.
    pub dims: &'f [usize],
    /// For each dimension of the result after the rows, the one in memory that it shows.
    pub axes: &'f [usize],
    /// How many chunks aren't empty.
    pub chunks: usize,
    /// How many values are missing, at whatever level.
    pub missing: usize,
    /// Position of the first missing value.
    pub first_missing: usize,
    /// How many places are filled up because a list is shorter than its row of the result.
    pub padded: usize,
    /// The largest power of two, up to 64, that divides the address of the only chunk.
    pub alignment: usize,
    /// What lies between the rows and the values.
    pub way: &'f Way,
    /// The values of lists that become arrays of their own.
    pub rows: Option<Box<Facts<'f>>>,
    /// Where a request asks for strings as wide as that: characters or bytes of the longest value.
    pub longest: Option<usize>,
}

impl<'f> Facts<'f> {
    /// The facts of an imported column, as far as the options ask for them. *O(fields)*, and one
    /// look at all text where its longest is asked for.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::{DType, engine::{Column, Facts, FactsNode, Options, chunk_of}};
    /// let array = StringArray::from(vec!["no", "maybe"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let chunks = [chunk_of(&array)];
    /// let longest = |options: Options| {
    ///     let column = Column::new(&field, &chunks, &options)?;
    ///     let FactsNode::Leaf(leaf) = Facts::of(&column, &options).node else { unreachable!() };
    ///     Ok::<_, arrownd::Error>(leaf.longest)
    /// };
    /// assert_eq!(longest(Options::default())?, None);
    /// assert_eq!(longest(Options { dtype: Some(DType::Unicode(0)), ..Options::default() })?, Some(5));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn of(column: &'f Column<'_>, options: &Options) -> Self {
        let node = match &column.node {
            Node::Leaf(leaf) => FactsNode::Leaf(LeafFacts {
                field: &leaf.field,
                dims: &leaf.dims,
                axes: &leaf.axes,
                chunks: leaf.parts.len(),
                missing: leaf.missing,
                first_missing: leaf.first_missing,
                alignment: leaf.only_bytes().map_or(64, alignment),
                padded: leaf.padded,
                way: &leaf.way,
                rows: leaf.rows.as_ref().map(|rows| Box::new(Facts::of(&rows.values, options))),
                longest: options.dtype.and_then(|dtype| crate::kernels::longest(leaf, dtype)),
            }),
            Node::Struct { columns, dims, way } => FactsNode::Struct {
                dims,
                way,
                children: columns.iter().map(|column| Facts::of(column, options)).collect(),
                spacing: spacing(columns),
            },
        };
        Facts { field: &column.field, rows: column.rows, node }
    }
}

fn alignment(bytes: &[u8]) -> usize {
    1 << bytes.as_ptr().addr().trailing_zeros().min(6)
}

fn spacing(columns: &[Column<'_>]) -> Option<usize> {
    side_by_side(columns.iter().map(|column| match &column.node {
        Node::Leaf(leaf @ Leaf { dims, .. }) if dims.is_empty() => {
            leaf.only_bytes().map(|bytes| (bytes.as_ptr().addr(), bytes.len()))
        }
        _ => None,
    }))
}

/// The bytes from each column to the next, where they lie side by side; the address and the bytes of each, where it is in one piece.
pub(crate) fn side_by_side(mut columns: impl Iterator<Item = Option<(usize, usize)>>) -> Option<usize> {
    let (mut last, len) = columns.next()??;
    for column in columns {
        let (address, bytes) = column?;
        // Allocations of one size are often evenly spaced by chance: only neighbours are taken.
        if bytes != len || address != last + len {
            return None;
        }
        last = address;
    }
    Some(len)
}
