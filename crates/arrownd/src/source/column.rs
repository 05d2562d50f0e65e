//! Chunks, turned from batch-major to column-major: what the planner counts and kernels read.

use std::borrow::Cow;
use std::ops::Deref;

use arrow_schema::{DataType, Field};

use super::access::{Block, Bounds, Hop, RunsInARow, follow, follow_into};
use super::bits::{Bits, low_mask};
use super::chunk::{Chunk, Data};
use super::path::Path;
use super::rows::RowValues;
use super::walk::{State, Walk};
use crate::error::Result;
use crate::options::{Form, Lists, Options};

/// One column in all its chunks.
#[derive(Debug)]
pub struct Column<'a> {
    /// Its field.
    pub field: Cow<'a, Field>,
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
    /// Values, perhaps in lists.
    Leaf(Leaf<'a>),
    /// Fields, each with the dimensions of the lists that the struct lies in.
    Struct {
        /// One for each.
        columns: Vec<Column<'a>>,
        /// Dimensions after the rows.
        dims: Vec<usize>,
        /// The way to the struct.
        way: Way,
    },
}

/// Values, perhaps in lists: each list is one more dimension.
#[derive(Debug)]
pub struct Leaf<'a> {
    /// The field of the values themselves.
    pub field: Cow<'a, Field>,
    /// Dimensions after the rows, as they lie in memory.
    pub dims: Vec<usize>,
    /// For each dimension of the result after the rows, the one in memory that it shows.
    pub axes: Vec<usize>,
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
    /// Whether one value of the data may stand in many places.
    #[must_use]
    pub fn repeats(&self) -> bool {
        self.dictionary || self.runs
    }
}

/// The first list whose length isn't that of the others.
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

/// The values of a part: the producer's chunk, or a slice of it.
#[derive(Debug)]
pub enum Held<'a> {
    /// All of it.
    Whole(&'a Data<'a>),
    /// A slice.
    Slice(Data<'a>),
}

impl<'a> Deref for Held<'a> {
    type Target = Data<'a>;
    fn deref(&self) -> &Data<'a> {
        match self {
            Self::Whole(data) => data,
            Self::Slice(data) => data,
        }
    }
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
    pub data: Held<'a>,
    /// Which of them are there, as far as the bitmaps say that have a bit for each so many values.
    pub validity: Validity<'a>,
    /// The way from a position to the values; empty where they lie in a row.
    pub(crate) hops: Vec<Hop<'a>>,
}

impl Part<'_> {
    /// Whether the values lie in a row.
    #[inline]
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.hops.is_empty()
    }

    /// Whether nothing can be missing. *O(1)*.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.hops.is_empty() && self.validity.is_full()
    }

    /// Where up to 64 values from `start` on lie.
    #[inline(always)]
    #[must_use]
    pub fn block(&self, start: usize, len: usize) -> Block {
        if !self.hops.is_empty() {
            return self.block_by_hops(start, len);
        }
        let len = len.min(64);
        let valid = self.validity.word(start) & low_mask(len);
        Block { len, valid, padded: 0, index: std::array::from_fn(|i| start + i) }
    }

    #[inline(never)]
    fn block_by_hops(&self, start: usize, len: usize) -> Block {
        follow(&self.hops, start, len.min(64), self.validity.word(start))
    }

    /// The same, into a block that is there; for values that don't lie in a row.
    #[inline]
    pub(crate) fn follow(&self, start: usize, len: usize, block: &mut Block) {
        follow_into(&self.hops, start, len.min(64), self.validity.word(start), block);
    }

    /// Which of 64 values from `start` on are there; what is past the end is undefined.
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        if self.hops.is_empty() { self.validity.word(start) } else { self.word_by_hops(start) }
    }

    fn word_by_hops(&self, start: usize) -> u64 {
        self.block(start, self.len.saturating_sub(start)).valid
    }

    /// Where the values are lists of one level, each shown with `width` places: where they begin and end,
    /// the position of the first, and the width.
    #[inline]
    pub(crate) fn rows_of_lists(&self) -> Option<(&Bounds<'_>, usize, usize)> {
        match self.hops.as_slice() {
            [Hop::Start { base, inner }, Hop::List { bounds, width, inner: 1 }] if inner == width => {
                Some((bounds, *base, *width))
            }
            _ => None,
        }
    }

    /// Where the values are runs, without lists around them.
    #[inline]
    pub(crate) fn runs_in_a_row(&self) -> Option<RunsInARow<'_>> {
        RunsInARow::of(&self.hops)
    }

    /// The index of one value in the data; `None` where it is missing.
    #[must_use]
    pub fn index(&self, at: usize) -> Option<usize> {
        let block = self.block(at, 1);
        (block.valid & 1 == 1).then_some(block.index[0])
    }
}

/// Bitmaps at one or several levels; a value is there where all of them say so.
#[derive(Debug, Default)]
pub struct Validity<'a> {
    /// The bitmaps that have a zero, each with the number of values that one bit stands for.
    pub(super) levels: Levels<'a>,
}

impl<'a> Validity<'a> {
    /// Whether nothing is missing. *O(1)*.
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.levels.is_empty()
    }

    /// The only bitmap, where there is one with a bit for each value: spares a branch for each word.
    pub(crate) fn plain(&self) -> Option<Bits<'a>> {
        match self.levels.as_slice() {
            [(bits, 1)] => Some(*bits),
            _ => None,
        }
    }

    /// 64 values from `start` on, the first in the lowest place; what is past the end is undefined.
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        match self.levels.as_slice() {
            [] => u64::MAX,
            [(bits, 1)] => bits.word(start),
            levels => levels.iter().fold(u64::MAX, |word, level| word & expanded(level, start)),
        }
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

/// Bitmaps, each with the number of values that one bit stands for.
pub(super) type Levels<'a> = Vec<(Bits<'a>, usize)>;

impl<'a> Column<'a> {
    /// Turns `chunks` of one field to a column, in the form that the options ask for. Reads the bitmaps
    /// once, to count, and the offsets of lists.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`](crate::Error::InvalidArrow) for extension metadata that is wrong.
    pub fn new(field: &'a Field, chunks: &'a [Chunk<'a>], options: &Options) -> Result<Self> {
        let rows = chunks.iter().map(|chunk| chunk.len).sum();
        let filled = chunks.iter().enumerate().filter(|(_, chunk)| chunk.len > 0);
        let parts = filled.map(|(i, chunk)| Walk::new(i, chunk)).collect();
        column(State::new(Cow::Borrowed(field), Some(rows), parts), &Path::Top, &Reading::of(options))
    }

    /// Turns slices of chunks (which chunk, where the slice begins, how many rows) to a column.
    ///
    /// # Errors
    /// As [`Column::new`].
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

    /// A column of which only the schema is known.
    ///
    /// # Errors
    /// As [`Column::new`].
    pub fn of_schema(field: &'a Field, options: &Options) -> Result<Self> {
        column(State::new(Cow::Borrowed(field), None, Vec::new()), &Path::Top, &Reading::of(options))
    }
}

/// How deep the types are taken apart.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// What becomes of lists; `None` leaves them whole.
    pub(super) lists: Option<Lists>,
    pub(super) pad_to: Option<usize>,
    /// How many levels of structs become columns.
    pub(super) structs: usize,
    /// Values become objects, whatever they are.
    pub(super) objects: bool,
    /// Arrays of lists may show the child wherever they lie in it, overlapping each other.
    pub(super) apart: bool,
}

impl Reading {
    fn of(options: &Options) -> Self {
        let objects = options.dtype == Some(crate::DType::Object);
        let lists = options.lists.unwrap_or(Lists::Dense);
        Self {
            lists: if options.form == Form::Ragged {
                Some(Lists::Object)
            } else if objects && options.lists.is_none() {
                None
            } else {
                Some(lists)
            },
            pad_to: options.pad_to,
            structs: match options.form {
                _ if options.structured => usize::MAX,
                Form::Matrix | Form::Ragged => 1,
                Form::Columns => 2,
            },
            objects,
            apart: options.form != Form::Ragged && options.dtype.is_none() && !options.writable,
        }
    }

    /// For the values of lists that become arrays of their own.
    pub(super) fn of_values(&self) -> Self {
        Self { structs: self.structs.max(1), ..self.clone() }
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
                let child = state.child(i);
                let name = child.field.name().clone();
                columns.push(column(child, &Path::Field(path, &name), &inner)?);
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
            [(bits, each)] => {
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

struct Counted {
    missing: usize,
    first: usize,
    padded: usize,
}

impl Part<'_> {
    /// Follows every position once, where nothing cheaper tells.
    fn count_by_hops(&self, null_type: bool) -> Counted {
        let mut counted = Counted { missing: 0, first: 0, padded: 0 };
        let bitmaps = !self.validity.is_full()
            || self.hops.iter().any(|hop| matches!(hop, Hop::Valid(_) | Hop::Resolved(_)));
        if !bitmaps && !null_type && !self.hops.iter().any(Hop::pads) {
            return counted;
        }
        if let (Some((bounds, base, width)), false) = (self.rows_of_lists(), null_type) {
            let rows = self.len.checked_div(width).unwrap_or(0);
            // No list is longer than its row, so what is filled up is the difference.
            if let (true, Some(values)) = (self.validity.is_full(), bounds.total(base, rows)) {
                counted.padded = self.len - values.min(self.len);
                return counted;
            }
            for row in 0..rows {
                if !self.validity.is_full() && !self.validity.get(row * width) {
                    if counted.missing == 0 {
                        counted.first = row * width;
                    }
                    counted.missing += width;
                } else {
                    counted.padded += width - bounds.get(base + row).1.min(width);
                }
            }
            return counted;
        }
        // So many places are in no memory: a shape that large is refused when it is allocated, and a walk
        // through it would take longer than anybody waits.
        if self.len > 1 << 32 {
            counted.padded = 1;
            return counted;
        }
        for at in (0..self.len).step_by(64) {
            let block = self.block(at, self.len - at);
            counted.padded += block.padded.count_ones() as usize;
            let there = if null_type { 0 } else { block.valid };
            let missing = !there & !block.padded & low_mask(block.len);
            if missing != 0 && counted.missing == 0 {
                counted.first = at + missing.trailing_zeros() as usize;
            }
            counted.missing += missing.count_ones() as usize;
        }
        counted
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
