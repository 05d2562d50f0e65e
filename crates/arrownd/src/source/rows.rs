//! Lists that become arrays of their own.

use std::borrow::Cow;

use arrow_schema::DataType;

use super::access::Hop;
use super::bounds::Bounds;
use super::chunk::Chunk;
use super::column::{Column, column};
use super::data::Data;
use super::offsets::Offsets;
use super::path::Path;
use super::reading::Reading;
use super::state::{State, item, part_of};
use super::tensors::Shaped;
use super::validity::Levels;
use super::walk::{Walk, lists_of};
use crate::error::Result;
use crate::mapping::{Extension, extension, map};
use crate::plan::viewed_as;

/// Where each list begins and ends in the values of all of them.
///
/// ```
/// use arrownd::engine::RowBounds;
///
/// let bounds = RowBounds::Made(vec![0, 2, 5]);
/// assert_eq!((bounds.len(), bounds.get(1)), (2, (2, 5)));
/// ```
#[derive(Debug, Clone)]
pub enum RowBounds<'a> {
    /// The producer's own offsets: one chunk, from 0 on.
    Own(Offsets<'a>),
    /// Anywhere in the child that is shown: where each begins and ends.
    Apart(Vec<(usize, usize)>),
    /// The producer's own offsets, chunk by chunk, from anywhere on.
    Chunks(Vec<ChunkBounds<'a>>),
    /// Counted: the producer's lists leave gaps.
    Made(Vec<usize>),
}

/// Lists of one chunk, whose values follow each other.
///
/// ```
/// use arrow_array::{ListArray, types::Int32Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Form, Options, Planned, RowBounds, chunk_of};
///
/// let lists = [Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])];
/// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
/// let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
/// let chunks = [chunk_of(&array), chunk_of(&array)];
/// let options = Options { form: Form::Ragged, ..Options::default() };
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let (rows, _) = planned.task().rows().unwrap();
/// let RowBounds::Chunks(found) = &rows.bounds else { panic!() };
/// // Two lists of three values come before those of the second chunk.
/// assert_eq!((found[1].lists, found[1].values, rows.bounds.get(3)), (2, 3, (5, 6)));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ChunkBounds<'a> {
    /// Where each begins in the chunk's child, and the last one ends.
    pub offsets: Offsets<'a>,
    /// Lists of the chunks before it.
    pub lists: usize,
    /// Values of these.
    pub values: usize,
}

impl ChunkBounds<'_> {
    /// Where a list of this chunk begins, in the values of all lists; past the last one, where that ends.
    fn begin(&self, at: usize) -> usize {
        (self.offsets.get(at) - self.offsets.get(0)) as usize + self.values
    }

    fn ends(&self) -> impl Iterator<Item = usize> {
        let (first, before, offsets) = (self.offsets.get(0), self.values, &self.offsets);
        (1..=self.len()).map(move |at| (offsets.get(at) - first) as usize + before)
    }

    fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }
}

impl RowBounds<'_> {
    /// How many lists. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::RowBounds;
    ///
    /// // Each begins where the one before it ends, so three ends are two lists.
    /// assert_eq!(RowBounds::Made(vec![0, 2, 5]).len(), 2);
    /// assert_eq!(RowBounds::Apart(vec![(4, 6), (0, 4)]).len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Own(offsets) => offsets.len().saturating_sub(1),
            Self::Apart(lists) => lists.len(),
            Self::Chunks(chunks) => chunks.last().map_or(0, |chunk| chunk.lists + chunk.len()),
            Self::Made(ends) => ends.len().saturating_sub(1),
        }
    }

    /// Whether there are none. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::RowBounds;
    ///
    /// assert!(RowBounds::Made(vec![0]).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First value of a list, and the one past its last. *O(1)*, *O(log chunks)* for several.
    ///
    /// ```
    /// use arrownd::engine::RowBounds;
    ///
    /// let values = [10, 11, 12, 13, 14];
    /// let bounds = RowBounds::Apart(vec![(3, 5), (0, 2)]);
    /// let (start, end) = bounds.get(0);
    /// assert_eq!(values[start..end], [13, 14]);
    /// ```
    #[must_use]
    pub fn get(&self, index: usize) -> (usize, usize) {
        match self {
            Self::Own(offsets) => (offsets.get(index) as usize, offsets.get(index + 1) as usize),
            Self::Apart(lists) => lists.get(index).copied().unwrap_or((0, 0)),
            Self::Chunks(chunks) => {
                let after = chunks.partition_point(|chunk| chunk.lists <= index);
                let Some(chunk) = after.checked_sub(1).and_then(|at| chunks.get(at)) else { return (0, 0) };
                let at = (index - chunk.lists).min(chunk.len().saturating_sub(1));
                (chunk.begin(at), chunk.begin(at + 1))
            }
            Self::Made(ends) => {
                (ends.get(index).copied().unwrap_or(0), ends.get(index + 1).copied().unwrap_or(0))
            }
        }
    }

    /// Where each list ends. *O(1)* for each.
    ///
    /// ```
    /// use arrownd::engine::RowBounds;
    ///
    /// assert!(RowBounds::Made(vec![0, 2, 5]).ends().eq([2, 5]));
    /// ```
    pub fn ends(&self) -> impl Iterator<Item = usize> {
        let (chunks, others) = match self {
            Self::Chunks(chunks) => (chunks.as_slice(), 0),
            _ => (&[][..], self.len()),
        };
        chunks.iter().flat_map(ChunkBounds::ends).chain((0..others).map(|at| self.get(at).1))
    }
}

/// The values of lists that become arrays of their own.
///
/// ```
/// use arrow_array::{ListArray, types::Int32Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Form, Options, Planned, chunk_of};
///
/// let lists = [Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])];
/// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
/// let field = Field::new_list("", Field::new("item", DataType::Int32, true), true);
/// let (chunks, options) = ([chunk_of(&array)], Options { form: Form::Ragged, ..Options::default() });
/// let column = Column::new(&field, &chunks, &options)?;
/// let planned = Planned::new(&column, &options, &[])?;
/// let (rows, parts) = planned.task().rows().unwrap();
/// assert_eq!((rows.bounds.get(1), rows.values.rows, parts.len()), ((2, 3), Some(3), 1));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct RowValues<'a> {
    /// Which values are whose.
    pub bounds: RowBounds<'a>,
    /// The values of all lists, end to end.
    pub values: Column<'a>,
    /// Offsets of 64 bits in the producer's type.
    pub large: bool,
    /// For tensors of variable shape: the lengths of the axes, as many for each row as there are axes
    /// in `axes`, in the order in which the values lie.
    pub shapes: Vec<usize>,
    /// For tensors: for each axis of the row's array, the one in memory that it shows.
    pub axes: Vec<usize>,
}

/// Reads the lists that the way of `state` ends at; `None` where it ends at something else.
pub(super) fn read<'a>(
    state: &State<'a>,
    path: &Path<'_>,
    reading: &Reading,
) -> Result<Option<RowValues<'a>>> {
    let name = state.field.name().clone();
    let here = if state.dims.is_empty() { *path } else { Path::Field(path, &name) };
    let shaped = match (state.field.data_type(), extension(&state.field)?) {
        (DataType::Struct(_), Some(Extension::VariableShapeTensor)) => {
            Some(Shaped::new(&state.field).map_err(|error| error.at_place(&here))?)
        }
        (
            DataType::List(_) | DataType::LargeList(_) | DataType::ListView(_) | DataType::LargeListView(_),
            _,
        ) => None,
        _ => return Ok(None),
    };
    let mut counted = vec![0usize];
    let (mut own, mut chunks) = (None, Vec::new());
    let mut shapes = Vec::new();
    let mut walks = Vec::new();
    let (mut gaps, mut apart) = (false, None);
    let shown = match (&shaped, item(state.field.data_type())) {
        (None, Some(item)) => viewed_as(&map(item)?).is_some(),
        _ => false,
    };
    let only = state.parts.len() == 1;
    let lists = |part: &Walk<'a>| match &shaped {
        Some(shaped) => shaped.parts(part.chunk).map(|(bounds, child, _)| (bounds, child)),
        None => lists_of(part.chunk),
    };
    let follow = |part: &'_ Walk<'a>| lists(part).and_then(|(bounds, _)| in_a_row(part, bounds));
    let in_rows: Vec<_> = state.parts.iter().map(follow).collect();
    // Lists that leave gaps in one chunk are counted in all.
    let counts = in_rows.iter().any(Option::is_none);
    let mut before = (0, 0);
    for (part, in_row) in state.parts.iter().zip(in_rows) {
        let Some((bounds, child)) = lists(part) else { continue };
        if let Some(shaped) = &shaped {
            let from = shapes.len();
            let n = shaped.axes.len();
            shapes.resize(from + part.len * n, 0);
            shaped.each(part, |position, shape| {
                for (axis, own) in shape.iter().enumerate() {
                    if let Some(to) = shapes.get_mut(from + position * n + axis) {
                        *to = *own;
                    }
                }
            })?;
        }
        let walk = match in_row {
            Some((first, n)) => {
                let offsets = match bounds {
                    Bounds::Offsets(offsets, _) if !counts => offsets.slice(part.base, part.len + 1),
                    _ => None,
                };
                match offsets {
                    Some(offsets) if only && first == 0 => own = Some(offsets),
                    Some(offsets) => {
                        chunks.push(ChunkBounds { offsets, lists: before.0, values: before.1 });
                        before = (before.0 + part.len, before.1 + n);
                    }
                    None => {
                        let last = counted.last().copied().unwrap_or(0);
                        let lists = (part.base..part.base + part.len).map(|at| bounds.get(at));
                        counted.extend(lists.map(|(start, size)| last + start - first + size));
                    }
                }
                walk(part, child, n, first, Vec::new())
            }
            None => match spread(part, bounds, child, shown, reading, only) {
                Some((lists, low, high)) => {
                    apart = Some(lists);
                    walk(part, child, high - low, low, Vec::new())
                }
                None => {
                    gaps = true;
                    let (mut ends, mut starts) = (vec![0; part.len], vec![0; part.len]);
                    part.positions(|position, index| {
                        let (start, size) = bounds.get(index);
                        if let (Some(end), Some(from)) = (ends.get_mut(position), starts.get_mut(position)) {
                            (*end, *from) = (size, start);
                        }
                    });
                    let mut sum = 0;
                    for end in &mut ends {
                        sum += *end;
                        *end = sum;
                    }
                    let last = counted.last().copied().unwrap_or(0);
                    counted.extend(ends.iter().map(|end| last + end));
                    walk(part, child, sum, 0, vec![Hop::Flat { ends, starts, inner: 1 }])
                }
            },
        };
        if walk.len > 0 {
            walks.push(walk);
        }
    }
    let item = match &shaped {
        Some(shaped) => Cow::Owned(shaped.item.clone()),
        None => part_of(&state.field, item).unwrap_or_else(|| state.field.clone()),
    };
    let rows = state.rows.map(|_| walks.iter().map(|walk| walk.len).sum());
    let name = item.name().clone();
    let mut inner = State::new(item, rows, walks);
    inner.way.gaps = gaps;
    inner.route.clone_from(&state.route);
    inner.route.extend(shaped.as_ref().map(|shaped| shaped.data));
    inner.route.push(0);
    let values = column(inner, &Path::Field(&here, &name), &reading.of_values())?;
    Ok(Some(RowValues {
        bounds: match (own, apart) {
            (Some(offsets), _) => RowBounds::Own(offsets),
            (None, Some(lists)) => RowBounds::Apart(lists),
            _ if !chunks.is_empty() => RowBounds::Chunks(chunks),
            (None, None) => RowBounds::Made(counted),
        },
        values,
        large: matches!(state.field.data_type(), DataType::LargeList(_) | DataType::LargeListView(_)),
        shapes,
        axes: shaped.map_or(Vec::new(), |shaped| shaped.axes),
    }))
}

fn walk<'a>(part: &Walk<'a>, child: &'a Chunk<'a>, len: usize, base: usize, hops: Vec<Hop<'a>>) -> Walk<'a> {
    let mut walk = Walk { at: part.at, rows: len, len, chunk: child, base, levels: Levels::new(), hops };
    walk.enter(child);
    walk
}

/// Where each list lies, and the stretch of the child that has all of them.
type Spread = (Vec<(usize, usize)>, usize, usize);

/// Where each list of a part lies in the stretch `low..high` of the child that has all of them, where
/// that stretch is a view and has no value that is missing.
fn spread(
    part: &Walk<'_>,
    bounds: Bounds<'_>,
    child: &Chunk<'_>,
    shown: bool,
    reading: &Reading,
    only: bool,
) -> Option<Spread> {
    if !(shown && reading.apart && only && matches!(child.data, Data::Fixed(_))) {
        return None;
    }
    let (mut low, mut high) = (usize::MAX, 0);
    let mut lists = vec![(0, 0); part.len];
    part.positions(|position, index| {
        let (start, size) = bounds.get(index);
        if let (Some(list), true) = (lists.get_mut(position), size > 0) {
            *list = (start, start + size);
            (low, high) = (low.min(start), high.max(start + size));
        }
    });
    let low = low.min(high);
    if child.validity.is_some_and(|bits| bits.slice(low, high - low).first_zero().is_some()) {
        return None;
    }
    for (start, end) in &mut lists {
        (*start, *end) = (start.saturating_sub(low), end.saturating_sub(low));
    }
    Some((lists, low, high))
}

/// First value and number of values of lists that lie in a row, and where no missing list has any.
fn in_a_row(part: &Walk<'_>, bounds: Bounds<'_>) -> Option<(usize, usize)> {
    if !part.hops.is_empty() || !matches!(bounds, Bounds::Offsets(..)) {
        return None;
    }
    let (first, _) = bounds.get(part.base);
    let (start, size) = bounds.get((part.base + part.len).checked_sub(1)?);
    let all = start + size - first;
    if part.levels.is_empty() {
        return Some((first, all));
    }
    let mut there = 0;
    part.positions(|_, index| there += bounds.get(index).1);
    (there == all).then_some((first, all))
}
