//! The values of an array in one piece, by physical layout.

use std::ops::Range;

use arrow_schema::UnionFields;

use super::bits::Bits;
use super::bounds::Bounds;
use super::chunk::Chunk;
use super::offsets::Offsets;

/// The values of a [`Chunk`], one variant a physical layout.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::engine::{Data, chunk_of};
///
/// let array = Int32Array::from(vec![1, 2]);
/// let Data::Fixed(bytes) = chunk_of(&array).data else { panic!() };
/// assert_eq!(bytes.as_ptr(), array.values().as_ptr().cast());
/// ```
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Data<'a> {
    Null,
    Bits(Bits<'a>),
    /// `len` times the width, perhaps misaligned.
    Fixed(&'a [u8]),
    /// `len + 1` offsets into `values`.
    Binary {
        offsets: Offsets<'a>,
        values: &'a [u8],
    },
    /// `len` views.
    Views {
        views: &'a [[u8; 16]],
        buffers: Vec<&'a [u8]>,
    },
    /// `len + 1` offsets into `child`.
    List {
        offsets: Offsets<'a>,
        /// The length of every list, where the border has found that it is one.
        even: Option<usize>,
        child: Box<Chunk<'a>>,
    },
    ListView {
        offsets: Offsets<'a>,
        sizes: Offsets<'a>,
        child: Box<Chunk<'a>>,
    },
    /// `child` has `len * size` values.
    FixedList {
        size: usize,
        child: Box<Chunk<'a>>,
    },
    /// Each child has `len` values.
    Struct(Vec<Chunk<'a>>),
    Dictionary {
        keys: Box<Chunk<'a>>,
        values: Box<Chunk<'a>>,
    },
    /// Logical value `i` is at `offset + i` of what the run ends count.
    RunEnds {
        offset: usize,
        run_ends: Box<Chunk<'a>>,
        values: Box<Chunk<'a>>,
    },
    /// Value `i` is in the child whose place stands at `ids[i]` of `places`.
    Union {
        ids: &'a [u8],
        offsets: Option<Offsets<'a>>,
        places: Box<[u8; 128]>,
        children: Vec<Chunk<'a>>,
    },
}

impl Data<'_> {
    /// `len` values from `start` on of the `of` that there are; `None` for layouts with children.
    pub(crate) fn slice(&self, start: usize, len: usize, of: usize) -> Option<Self> {
        Some(match self {
            Self::Null => Self::Null,
            Self::Bits(bits) => Self::Bits(bits.slice(start, len)),
            Self::Fixed(bytes) => {
                let width = bytes.len().checked_div(of).unwrap_or(0);
                Self::Fixed(bytes.get(start * width..(start + len) * width)?)
            }
            Self::Binary { offsets, values } => {
                Self::Binary { offsets: offsets.slice(start, len + 1)?, values }
            }
            Self::Views { views, buffers } => {
                Self::Views { views: views.get(start..start + len)?, buffers: buffers.clone() }
            }
            _ => return None,
        })
    }
}

/// Which child each type id of a union names; ids that aren't declared name none.
#[expect(clippy::unnecessary_box_returns, reason = "it stays in a box: the enum that has it is small")]
pub(super) fn places(fields: &UnionFields) -> Box<[u8; 128]> {
    let mut places = Box::new([u8::MAX; 128]);
    for (place, (id, _)) in fields.iter().enumerate() {
        if let Some(to) = usize::try_from(id).ok().and_then(|id| places.get_mut(id)) {
            *to = place as u8;
        }
    }
    places
}

impl<'a> Data<'a> {
    /// All memory that is read for the values, that of children too, bitmaps and all.
    pub(crate) fn buffers(&self) -> Vec<&'a [u8]> {
        let mut all = Vec::new();
        self.collect_buffers(&mut all);
        all
    }

    fn collect_buffers(&self, all: &mut Vec<&'a [u8]>) {
        let mut below = |chunk: &Chunk<'a>| {
            all.extend(chunk.validity.map(|bits| bits.bytes()));
            chunk.data.collect_buffers(all);
        };
        match self {
            Self::Null => {}
            Self::Bits(bits) => all.push(bits.bytes()),
            Self::Fixed(bytes) => all.push(bytes),
            Self::Binary { offsets, values } => all.extend([offsets.bytes(), values]),
            Self::Views { views, buffers } => {
                all.extend(buffers);
                all.push(views.as_flattened());
            }
            Self::List { offsets, child, .. } => {
                below(child);
                all.push(offsets.bytes());
            }
            Self::ListView { offsets, sizes, child } => {
                below(child);
                all.extend([offsets.bytes(), sizes.bytes()]);
            }
            Self::FixedList { child, .. } => below(child),
            Self::Struct(children) => children.iter().for_each(below),
            Self::Dictionary { keys: places, values } | Self::RunEnds { run_ends: places, values, .. } => {
                below(places);
                below(values);
            }
            Self::Union { ids, offsets, children, .. } => {
                children.iter().for_each(below);
                all.push(ids);
                all.extend(offsets.map(|offsets| offsets.bytes()));
            }
        }
    }

    /// Whether a value is found in a child: what is missing there is missing here.
    pub(crate) fn leads_on(&self) -> bool {
        matches!(self, Self::Null | Self::Dictionary { .. } | Self::RunEnds { .. } | Self::Union { .. })
    }

    /// Which of the `values` stands at `index`, of a dictionary or of runs; 0 for other layouts.
    /// *O(1)*, of runs *O(log runs)*.
    ///
    /// ```
    /// use arrow_array::{Int32Array, RunArray, StringArray, types::Int32Type};
    /// use arrownd::engine::chunk_of;
    ///
    /// // Two times "a", then three times "b".
    /// let (ends, values) = (Int32Array::from(vec![2, 5]), StringArray::from(vec!["a", "b"]));
    /// let array = RunArray::<Int32Type>::try_new(&ends, &values)?;
    /// let runs = chunk_of(&array).data;
    /// assert_eq!((runs.entry(1), runs.entry(2)), (0, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn entry(&self, index: usize) -> usize {
        match self {
            Self::Dictionary { keys, .. } => keys.unsigned(index),
            Self::RunEnds { offset, run_ends, .. } => {
                let at = offset.saturating_add(index);
                let (mut low, mut high) = (0, run_ends.len);
                while low < high {
                    let middle = low + (high - low) / 2;
                    if run_ends.unsigned(middle) <= at { low = middle + 1 } else { high = middle }
                }
                low
            }
            _ => 0,
        }
    }

    /// Which of a union's `children` has value `index`, and at which position; a child that isn't
    /// there for other layouts. *O(1)*.
    ///
    /// ```
    /// use arrow_array::{Float64Array, Int32Array, UnionArray};
    /// use arrownd::engine::chunk_of;
    /// # use arrow_schema::{DataType, Field, UnionFields};
    /// # use std::sync::Arc;
    ///
    /// # let fields = [Field::new("i", DataType::Int32, true), Field::new("x", DataType::Float64, true)];
    /// # let fields = UnionFields::try_new([0, 1], fields)?;
    /// # let (ids, offsets) = (vec![0, 1, 0].into(), Some(vec![0, 0, 1].into()));
    /// let (ints, floats) = (Int32Array::from(vec![1, 2]), Float64Array::from(vec![0.5]));
    /// // 1, 0.5, 2
    /// let array = UnionArray::try_new(fields, ids, offsets, vec![Arc::new(ints), Arc::new(floats)])?;
    /// let union = chunk_of(&array).data;
    /// assert_eq!((union.member(1), union.member(2)), ((1, 0), (0, 1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn member(&self, index: usize) -> (usize, usize) {
        let Self::Union { ids, offsets, places, .. } = self else {
            return (usize::MAX, 0);
        };
        let place = ids.get(index).and_then(|id| places.get(usize::from(*id)));
        let at = offsets.map_or(index, |offsets| offsets.get(index) as usize);
        (place.map_or(usize::MAX, |place| usize::from(*place)), at)
    }

    /// Where the lists begin and end; `None` for other layouts.
    #[inline]
    pub(crate) fn bounds(&self) -> Option<Bounds<'a>> {
        match self {
            Self::List { offsets, even, .. } => Some(Bounds::Offsets(*offsets, *even)),
            Self::ListView { offsets, sizes, .. } => Some(Bounds::Views { offsets: *offsets, sizes: *sizes }),
            Self::FixedList { size, .. } => Some(Bounds::Fixed(*size)),
            _ => None,
        }
    }

    /// The values of list `index` in its child; nothing for other layouts. A list that is missing may
    /// reach past the child's end. *O(1)*.
    ///
    /// ```
    /// use arrow_array::{ListArray, types::Int32Type};
    /// use arrownd::engine::chunk_of;
    ///
    /// let lists = [Some(vec![Some(1), Some(2)]), Some(vec![]), Some(vec![Some(3)])];
    /// let array = ListArray::from_iter_primitive::<Int32Type, _, _>(lists);
    /// let data = chunk_of(&array).data;
    /// assert_eq!((data.list(0), data.list(1), data.list(2)), (0..2, 2..2, 2..3));
    /// ```
    #[inline]
    #[must_use]
    pub fn list(&self, index: usize) -> Range<usize> {
        let (start, size) = self.bounds().map_or((0, 0), |bounds| bounds.get(index));
        start..start.saturating_add(size)
    }

    /// The bytes of text or binary value `index`; empty past the end and for other layouts. *O(1), shares memory*.
    ///
    /// ```
    /// use arrow_array::{StringArray, StringViewArray};
    /// use arrownd::engine::chunk_of;
    ///
    /// // Whatever the layout.
    /// let (text, views) = (StringArray::from(vec!["a", "bc"]), StringViewArray::from(vec!["a", "bc"]));
    /// assert_eq!(chunk_of(&text).data.bytes(1), b"bc");
    /// assert_eq!(chunk_of(&views).data.bytes(1), b"bc");
    /// ```
    #[inline]
    #[must_use]
    pub fn bytes(&self, index: usize) -> &'a [u8] {
        match self {
            Self::Binary { offsets, values } => {
                let (start, end) = (offsets.get(index) as usize, offsets.get(index + 1) as usize);
                values.get(start..end).unwrap_or_default()
            }
            Self::Views { views, buffers } => {
                let Some(view) = views.get(index) else {
                    return &[];
                };
                view_bytes(view, buffers)
            }
            _ => &[],
        }
    }
}

/// The bytes of one view.
#[inline(always)]
pub(super) fn view_bytes<'a>(view: &'a [u8; 16], buffers: &[&'a [u8]]) -> &'a [u8] {
    let word = |at: usize| u32::from_ne_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]) as usize;
    let len = word(0);
    if len <= 12 {
        return view.get(4..4 + len).unwrap_or_default();
    }
    let start = word(12);
    buffers.get(word(8)).and_then(|b| b.get(start..start + len)).unwrap_or_default()
}
