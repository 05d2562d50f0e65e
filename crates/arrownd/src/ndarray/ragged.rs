//! Lists of any length: their values, and where each begins.

use std::ops::Range;

use ndarray::{Array1, ArrayViewD, Axis, CowArray, Ix1, IxDyn, Slice};

use super::conversion::Conversion;
use super::item::Item;
use super::job::Job;
use super::masked::Masked;
use super::options::Options;
use super::source::Source;
use crate::error::Result;
use crate::options::{Form, Options as Words};
use crate::plan::Step;
use crate::source::RowBounds;

/// Lists as the values of all of them, and where each list begins.
///
/// ```
/// use arrow_array::{ListArray, types::Float32Type};
/// use arrownd::{Options, to_ragged};
///
/// let lists = ListArray::from_iter_primitive::<Float32Type, _, _>(
///     [Some(vec![Some(0.5), Some(1.0)]), None, Some(vec![Some(2.0)])],
/// );
/// let ragged = to_ragged::<f32>(&lists, &Options::new())?;
/// assert_eq!(ragged.len(), 3);
/// assert_eq!(ragged.row(0).to_slice(), Some(&[0.5, 1.0][..]));
/// assert_eq!(ragged.missing().map(|rows| rows.to_vec()), Some(vec![false, true, false]));
/// assert_eq!(ragged.lengths().to_vec(), [2, 0, 1]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Ragged<'a, T> {
    outer: Level<'a>,
    inner: Vec<Level<'a>>,
    values: Masked<'a, T, IxDyn>,
}

/// One level of lists.
#[derive(Debug, Clone, PartialEq)]
struct Level<'a> {
    offsets: ListOffsets<'a>,
    missing: Option<Array1<bool>>,
}

/// Where lists begin, and where the last one ends: one more than there are lists. Arrow's own
/// where they begin at 0 and lie in one chunk, *O(1), shares memory*; otherwise counted, *copies n x itemsize bytes*.
///
/// ```
/// use arrow_array::{LargeListArray, types::Int8Type};
/// use arrownd::{ListOffsets, Options, to_ragged};
///
/// let lists = LargeListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1), Some(2)])]);
/// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
/// assert!(matches!(ragged.offsets(), ListOffsets::I64(offsets) if offsets.is_view()));
/// assert_eq!(ragged.offsets().range(0), 0..2);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum ListOffsets<'a> {
    /// 32 bits.
    I32(CowArray<'a, i32, Ix1>),
    /// 64 bits.
    I64(CowArray<'a, i64, Ix1>),
}

impl ListOffsets<'_> {
    /// How many lists. *O(1)*.
    ///
    /// ```
    /// # use arrownd::ListOffsets;
    /// assert_eq!(ListOffsets::I32(ndarray::array![0, 2, 3].into()).len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        let offsets = match self {
            Self::I32(offsets) => offsets.len(),
            Self::I64(offsets) => offsets.len(),
        };
        offsets.saturating_sub(1)
    }

    /// Whether there are no lists. *O(1)*.
    ///
    /// ```
    /// # use arrownd::ListOffsets;
    /// assert!(ListOffsets::I32(ndarray::array![0].into()).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values of list `index`; an empty range at the end past the last list. *O(1)*.
    ///
    /// ```
    /// # use arrownd::ListOffsets;
    /// assert_eq!(ListOffsets::I32(ndarray::array![0, 2, 3].into()).range(1), 2..3);
    /// ```
    #[must_use]
    pub fn range(&self, index: usize) -> Range<usize> {
        self.start(index)..self.start(index.saturating_add(1))
    }

    fn start(&self, index: usize) -> usize {
        let index = index.min(self.len());
        let offset = match self {
            Self::I32(offsets) => offsets.get(index).map_or(0, |x| i64::from(*x)),
            Self::I64(offsets) => offsets.get(index).copied().unwrap_or(0),
        };
        usize::try_from(offset).unwrap_or(0)
    }
}

impl<'a, T> Ragged<'a, T> {
    /// How many lists, at the outermost level. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// # let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)])]);
    /// assert_eq!(to_ragged::<i8>(&lists, &Options::new())?.len(), 1);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets().len()
    }

    /// Whether there are no lists. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// # let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)])]);
    /// assert!(!to_ragged::<i8>(&lists, &Options::new())?.is_empty());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many levels of lists there are, at least one. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// # let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)])]);
    /// assert_eq!(to_ragged::<i8>(&lists, &Options::new())?.depth(), 1);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn depth(&self) -> usize {
        1 + self.inner.len()
    }

    /// Where the outermost lists begin. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// # let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)])]);
    /// assert_eq!(to_ragged::<i8>(&lists, &Options::new())?.offsets().range(0), 0..1);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn offsets(&self) -> &ListOffsets<'a> {
        &self.outer.offsets
    }

    /// Where the lists of a level begin, the outermost being 0; `None` past the innermost. *O(1), shares memory*.
    ///
    /// ```
    /// use arrow_array::builder::{Int8Builder, ListBuilder};
    /// use arrownd::{Options, to_ragged};
    ///
    /// let mut lists = ListBuilder::new(ListBuilder::new(Int8Builder::new()));
    /// lists.append_value([Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])]);
    /// let lists = lists.finish();
    /// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
    /// assert_eq!(ragged.depth(), 2);
    /// assert_eq!(ragged.level(0).map(|offsets| offsets.range(0)), Some(0..2));
    /// assert_eq!(ragged.level(1).map(|offsets| offsets.range(0)), Some(0..2));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn level(&self, depth: usize) -> Option<&ListOffsets<'a>> {
        match depth.checked_sub(1) {
            None => Some(&self.outer.offsets),
            Some(at) => self.inner.get(at).map(|level| &level.offsets),
        }
    }

    /// Which of the outermost lists are missing, true where one is; `None` where none is. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), None]);
    /// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
    /// assert_eq!(ragged.missing(), Some(&ndarray::array![false, true]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn missing(&self) -> Option<&Array1<bool>> {
        self.missing_at(0)
    }

    /// Which lists of a level are missing, the outermost being 0. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), None]);
    /// assert_eq!(to_ragged::<i8>(&lists, &Options::new())?.missing_at(1), None);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn missing_at(&self, depth: usize) -> Option<&Array1<bool>> {
        match depth.checked_sub(1) {
            None => self.outer.missing.as_ref(),
            Some(at) => self.inner.get(at)?.missing.as_ref(),
        }
    }

    /// The values of all lists, end to end. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(2)])]);
    /// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
    /// assert!(ragged.values().is_view());
    /// assert_eq!(ragged.values().as_slice(), Some(&[1, 2][..]));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn values(&self) -> &CowArray<'a, T, IxDyn> {
        self.values.values()
    }

    /// The values with their mask, which is there with [`Nulls::Mask`](crate::Nulls::Mask) alone. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Nulls, Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1), None])]);
    /// let ragged = to_ragged::<i8>(&lists, &Options::new().nulls(Nulls::Mask))?;
    /// assert_eq!(ragged.masked().mask(), Some(&ndarray::array![false, true].into_dyn()));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn masked(&self) -> &Masked<'a, T, IxDyn> {
        &self.values
    }

    /// The values of outermost list `index`, whatever lists they lie in; none past the last list. *O(depth), shares
    /// memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(2)])]);
    /// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
    /// assert_eq!(ragged.row(1), ndarray::array![2].into_dyn());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn row(&self, index: usize) -> ArrayViewD<'_, T> {
        let mut range = self.outer.offsets.range(index);
        for level in &self.inner {
            range = level.offsets.start(range.start)..level.offsets.start(range.end);
        }
        let values = self.values.values();
        let end = range.end.min(values.shape().first().copied().unwrap_or(0));
        values.slice_axis(Axis(0), Slice::from(range.start.min(end)..end))
    }

    /// The outermost lists, one after the other, as [`Ragged::row`] gives them. *O(depth)* each, *shares memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(2)])]);
    /// let ragged = to_ragged::<i8>(&lists, &Options::new())?;
    /// assert_eq!(ragged.iter().map(|row| row.sum()).collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ArrayViewD<'_, T>> {
        (0..self.len()).map(|index| self.row(index))
    }

    /// How many elements each outermost list has; 0 for a missing one. *Copies n x 8 bytes*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Options, to_ragged};
    /// let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1), Some(1)]), None]);
    /// assert_eq!(to_ragged::<i8>(&lists, &Options::new())?.lengths(), ndarray::array![2, 0]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn lengths(&self) -> Array1<usize> {
        (0..self.len()).map(|index| self.outer.offsets.range(index).len()).collect()
    }
}

/// Takes lists of any length apart: the values of all of them, and where each begins. Lists in lists nest.
///
/// Missing values become what [`Options::nulls`] says; which lists are missing is in [`Ragged::missing`].
///
/// Cost: *O(1), shares memory* for the values and offsets of one chunk; otherwise values and offsets are copied.
/// List views are gathered.
///
/// # Errors
/// As [`to_array`](crate::to_array), for the values; [`Error::UnsupportedType`](crate::Error::UnsupportedType) for what isn't a list of variable size.
///
/// ```
/// use arrow_array::{Array, ListArray, types::Int32Type};
/// use arrownd::{Options, to_ragged};
///
/// let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(
///     [Some(vec![Some(1), Some(2)]), Some(vec![]), Some(vec![Some(3)])],
/// );
/// let ragged = to_ragged::<i32>(&lists, &Options::new().allow_copy(false))?;
/// assert_eq!(ragged.iter().map(|row| row.sum()).collect::<Vec<_>>(), [3, 0, 3]);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn to_ragged<'a, T: Item>(source: impl Into<Source<'a>>, options: &Options) -> Result<Ragged<'a, T>> {
    let source = source.into();
    let words = Words { form: Form::Ragged, ..options.words_for::<T>(source)? };
    let conversion = Conversion::new(source, options, &words)?;
    let mut job = conversion.job();
    let outer = level(&job);
    let mut inner = Vec::new();
    while let (Step::Ragged, Some(child)) = (&job.plan().step, job.child()) {
        job = child;
        if matches!(job.plan().step, Step::Ragged) {
            inner.push(level(&job));
        }
    }
    Ok(Ragged { outer, inner, values: Masked::of(&job)? })
}

fn level<'a>(job: &Job<'_, 'a>) -> Level<'a> {
    let Some((rows, parts)) = job.task.rows() else {
        return Level { offsets: ListOffsets::I32(Array1::zeros(1).into()), missing: None };
    };
    let missing = job.plan().masked().then(|| {
        let there = parts.iter().flat_map(|part| (0..part.len).map(|at| part.index(at).is_none()));
        there.collect()
    });
    Level { offsets: job.offsets().unwrap_or_else(|| counted(&rows.bounds, rows.large)), missing }
}

/// Offsets of our own.
fn counted<'a>(bounds: &RowBounds<'_>, large: bool) -> ListOffsets<'a> {
    let ends = || std::iter::once(0).chain(bounds.ends());
    let narrow: Option<Array1<i32>> =
        if large { None } else { ends().map(|end| i32::try_from(end).ok()).collect() };
    match narrow {
        Some(narrow) => ListOffsets::I32(narrow.into()),
        None => ListOffsets::I64(ends().map(|end| end as i64).collect::<Array1<i64>>().into()),
    }
}
