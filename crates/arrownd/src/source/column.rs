//! Chunks, turned from batch-major to column-major: what the planner counts and kernels read.

use arrow_schema::{DataType, Field};

use super::bits::{Bits, low_mask};
use super::chunk::{Chunk, Data};
use super::path::Path;
use crate::error::{Error, Result};
use crate::mapping::{Extension, extension, tensor};

/// One column in all its chunks.
#[derive(Debug)]
pub struct Column<'a> {
    /// Its field.
    pub field: &'a Field,
    /// Rows; `None` where only the schema is known.
    pub rows: Option<usize>,
    /// Which child of the imported array it is; empty for the array itself.
    pub route: Vec<usize>,
    /// A leaf, or a struct of columns.
    pub node: Node<'a>,
}

/// What a column is made of.
#[derive(Debug)]
pub enum Node<'a> {
    /// Values, perhaps in fixed-size lists.
    Leaf(Leaf<'a>),
    /// Fields.
    Struct(Vec<Column<'a>>),
}

/// Values, perhaps in fixed-size lists: each list is one more dimension.
#[derive(Debug)]
pub struct Leaf<'a> {
    /// The field of the values themselves.
    pub field: &'a Field,
    /// Dimensions after the rows, as they lie in memory.
    pub dims: Vec<usize>,
    /// For each dimension of the result after the rows, the one in memory that it shows.
    pub axes: Vec<usize>,
    /// The non-empty chunks.
    pub parts: Vec<Part<'a>>,
    /// How many values are missing, at whatever level.
    pub missing: usize,
    /// Position of the first missing value, in values.
    pub first_missing: usize,
    /// Extension types that were unwrapped on the way to the values.
    pub unwrapped: Vec<String>,
}

/// One non-empty chunk of a leaf.
#[derive(Debug)]
pub struct Part<'a> {
    /// Which chunk of the source.
    pub chunk: usize,
    /// Rows.
    pub rows: usize,
    /// Values: rows times the dimensions.
    pub len: usize,
    /// The values.
    pub data: &'a Data<'a>,
    /// Which of them are there.
    pub validity: Validity<'a>,
}

/// Bitmaps at one or several levels; a value is there where all of them say so.
#[derive(Debug, Default)]
pub struct Validity<'a> {
    /// The bitmaps that have a zero, each with the number of values that one bit stands for.
    levels: Vec<(Bits<'a>, usize)>,
    /// A dictionary, runs or a union, where some of what its values stand for is missing.
    inner: Option<&'a Chunk<'a>>,
}

impl<'a> Validity<'a> {
    /// Whether nothing is missing. *O(1)*.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.levels.is_empty() && self.inner.is_none()
    }

    /// The only bitmap, where there is one with a bit for each value: spares a branch for each word.
    pub(crate) fn plain(&self) -> Option<Bits<'a>> {
        match self.levels.as_slice() {
            [(bits, 1)] if self.inner.is_none() => Some(*bits),
            _ => None,
        }
    }

    /// 64 values from `start` on, the first in the lowest place; what is past the end is undefined.
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        let word = match self.levels.as_slice() {
            [] => u64::MAX,
            [(bits, 1)] => bits.word(start),
            levels => levels.iter().fold(u64::MAX, |word, level| word & expanded(level, start)),
        };
        if self.inner.is_some() { word & self.inner_word(start) } else { word }
    }

    #[cold]
    #[inline(never)]
    fn inner_word(&self, start: usize) -> u64 {
        let Some(chunk) = self.inner else { return u64::MAX };
        let there = |i: &usize| chunk.resolve(start + i).is_some();
        (0..chunk.len.saturating_sub(start).min(64)).filter(there).fold(0, |word, i| word | 1 << i)
    }

    /// The bytes of the bitmaps.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &'a [u8]> {
        self.levels.iter().map(|(bits, _)| bits.bytes())
    }

    /// Whether value `index` is there.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        self.levels.iter().all(|(bits, each)| bits.get(index / each))
            && self.inner.is_none_or(|chunk| chunk.resolve(index).is_some())
    }
}

fn expanded((bits, each): &(Bits<'_>, usize), start: usize) -> u64 {
    if *each == 1 {
        return bits.word(start);
    }
    let (mut word, mut at) = (0, 0);
    while at < 64 {
        let index = (start + at) / each;
        let end = ((index + 1) * each - start).min(64);
        if bits.get(index) {
            word |= low_mask(end) & !low_mask(at);
        }
        at = end;
    }
    word
}

type Levels<'a> = Vec<(Bits<'a>, usize)>;

impl<'a> Column<'a> {
    /// Turns `chunks` of one field to a column. Reads the bitmaps once, to count.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`](crate::Error::InvalidArrow) for extension metadata that is wrong.
    pub fn new(field: &'a Field, chunks: &'a [Chunk<'a>]) -> Result<Self> {
        let rows = chunks.iter().map(|chunk| chunk.len).sum();
        let filled = chunks.iter().enumerate().filter(|(_, chunk)| chunk.len > 0);
        column(field, &Path::Top, Some(rows), Vec::new(), filled.map(|(i, chunk)| (i, chunk, Levels::new())))
    }

    /// A column of which only the schema is known.
    ///
    /// # Errors
    /// As [`Column::new`].
    pub fn of_schema(field: &'a Field) -> Result<Self> {
        column(field, &Path::Top, None, Vec::new(), std::iter::empty())
    }
}

/// A chunk, its place among the chunks, and the bitmaps of the structs that it lies in.
type Inherited<'a> = (usize, &'a Chunk<'a>, Levels<'a>);

fn column<'a>(
    field: &'a Field,
    path: &Path<'_>,
    rows: Option<usize>,
    route: Vec<usize>,
    chunks: impl Iterator<Item = Inherited<'a>>,
) -> Result<Column<'a>> {
    let chunks = chunks.map(|(at, chunk, mut levels)| {
        levels.extend(own_level(chunk));
        (at, chunk, levels)
    });
    let DataType::Struct(fields) = field.data_type() else {
        return Ok(Column { field, rows, route, node: Node::Leaf(leaf(field, path, chunks)?) });
    };
    if matches!(
        extension(field).map_err(|error| error.at_place(path))?,
        Some(Extension::VariableShapeTensor | Extension::TimestampWithOffset | Extension::ParquetVariant)
    ) {
        return Ok(Column { field, rows, route, node: Node::Leaf(leaf(field, path, chunks)?) });
    }
    let chunks: Vec<Inherited<'a>> = chunks.collect();
    let mut columns = Vec::with_capacity(fields.len());
    for (i, child) in fields.iter().enumerate() {
        let chunks: Vec<Inherited<'a>> = chunks
            .iter()
            .filter_map(|(at, chunk, levels)| match &chunk.data {
                Data::Struct(children) => children.get(i).map(|c| (*at, c, levels.clone())),
                _ => None,
            })
            .collect();
        let mut route = route.clone();
        route.push(i);
        // A trait object ends the recursion of iterator types.
        let chunks: Box<dyn Iterator<Item = Inherited<'a>>> = Box::new(chunks.into_iter());
        let path = Path::Field(path, child.name());
        columns.push(column(child, &path, rows, route, chunks)?);
    }
    Ok(Column { field, rows, route, node: Node::Struct(columns) })
}

/// The chunk's own bitmap, if it has a zero.
fn own_level<'a>(chunk: &Chunk<'a>) -> Option<(Bits<'a>, usize)> {
    chunk.validity.filter(|bits| bits.count_ones() < bits.len()).map(|bits| (bits, 1))
}

fn leaf<'a>(
    field: &'a Field,
    path: &Path<'_>,
    chunks: impl Iterator<Item = Inherited<'a>>,
) -> Result<Leaf<'a>> {
    let mut leaf = Leaf {
        field,
        dims: Vec::new(),
        axes: Vec::new(),
        parts: Vec::new(),
        missing: 0,
        first_missing: 0,
        unwrapped: Vec::new(),
    };
    let mut innermost = Vec::new();
    for (at, chunk, levels) in chunks {
        let validity = Validity { levels, inner: None };
        innermost.push(chunk);
        leaf.parts.push(Part { chunk: at, rows: chunk.len, len: chunk.len, data: &chunk.data, validity });
    }
    loop {
        let place = |error: Error| {
            error.at_place(&if leaf.dims.is_empty() { *path } else { Path::Field(path, leaf.field.name()) })
        };
        let known = extension(leaf.field).map_err(place)?;
        if matches!(
            known,
            Some(
                Extension::Unknown | Extension::Opaque | Extension::Period(None) | Extension::PandasInterval
            )
        ) {
            leaf.unwrapped.extend(unwrapped_name(leaf.field, known));
        }
        let DataType::FixedSizeList(child, size) = leaf.field.data_type() else {
            break;
        };
        let size = usize::try_from(*size).unwrap_or(0);
        let base = leaf.dims.len();
        if known == Some(Extension::Tensor) {
            let tensor = tensor(leaf.field, size).map_err(place)?;
            leaf.axes.extend(tensor.permutation.iter().map(|axis| base + axis));
            leaf.dims.extend(tensor.shape);
        } else {
            leaf.axes.push(base);
            leaf.dims.push(size);
        }
        leaf.field = child;
        for (part, innermost) in leaf.parts.iter_mut().zip(&mut innermost) {
            let Data::FixedList { child, .. } = part.data else {
                continue;
            };
            *innermost = child;
            part.len = child.len;
            part.data = &child.data;
            for (_, each) in &mut part.validity.levels {
                *each *= size.max(1);
            }
            part.validity.levels.extend(own_level(child));
        }
    }
    for (part, chunk) in leaf.parts.iter_mut().zip(innermost) {
        let leads_on =
            matches!(chunk.data, Data::Dictionary { .. } | Data::RunEnds { .. } | Data::Union { .. });
        let lost = |i| chunk.validity.is_none_or(|bits| bits.get(i)) && chunk.resolve(i).is_none();
        if leads_on && (0..chunk.len).any(lost) {
            part.validity.inner = Some(chunk);
        }
    }
    count_missing(&mut leaf);
    Ok(leaf)
}

/// An extension as a note names it: a period with its frequency, which the ordinals count.
fn unwrapped_name(field: &Field, known: Option<Extension>) -> Option<String> {
    let name = field.extension_type_name()?;
    match (known, field.extension_type_metadata()) {
        (Some(Extension::Period(_)), Some(metadata)) => Some(format!("{name} {metadata}")),
        _ => Some(name.to_owned()),
    }
}

fn count_missing(leaf: &mut Leaf<'_>) {
    let null_type = *leaf.field.data_type() == DataType::Null;
    let mut before = 0;
    for part in &leaf.parts {
        let (missing, first) = match part.validity.levels.as_slice() {
            _ if null_type => (part.len, 0),
            [] if part.validity.is_full() => (0, 0),
            _ if part.len == 0 => (0, 0),
            [(bits, each)] if part.validity.inner.is_none() => {
                ((bits.len() - bits.count_ones()) * each, bits.first_zero().unwrap_or(0) * each)
            }
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
    /// The bytes of the one part that there is, `None` where they aren't fixed-width or there are
    /// several parts.
    pub(crate) fn only_bytes(&self) -> Option<&'a [u8]> {
        match self.parts.as_slice() {
            [Part { data: Data::Fixed(bytes), .. }] => Some(bytes),
            _ => None,
        }
    }
}
