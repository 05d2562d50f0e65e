//! One array in one piece, as slices that are safe to read.

use std::ops::Range;

use arrow_schema::UnionFields;

use super::bits::Bits;
use super::bounds::Bounds;
use super::offsets::Offsets;

/// One array in one piece. What is in here has passed the border: every slice is as long as the
/// length says, every reference from one buffer into another is in range where it is valid.
///
/// ```
/// use arrow_array::{DictionaryArray, types::Int8Type};
/// use arrownd::engine::chunk_of;
///
/// let array: DictionaryArray<Int8Type> = [Some("red"), None, Some("blue")].into_iter().collect();
/// let chunk = chunk_of(&array);
/// assert_eq!((chunk.len, chunk.validity.map(|bits| bits.count_ones())), (3, Some(2)));
/// // The last value is the dictionary's second.
/// assert_eq!(chunk.resolve(2).map(|(values, at)| (values.len, at)), Some((2, 1)));
/// assert!(chunk.resolve(1).is_none());
/// ```
#[derive(Debug)]
pub struct Chunk<'a> {
    /// How many values.
    pub len: usize,
    /// The bitmap, exactly `len` bits; `None` where every value is valid.
    pub validity: Option<Bits<'a>>,
    /// The values.
    pub data: Data<'a>,
}

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

impl Chunk<'_> {
    /// Where value `index` really lies: what a dictionary's index, a run or a union's id leads to, at
    /// whatever depth. `None` where it is missing on the way, or there. *O(depth)*.
    #[must_use]
    pub fn resolve(&self, index: usize) -> Option<(&Self, usize)> {
        let (mut chunk, mut index) = (self, index);
        loop {
            if chunk.validity.is_some_and(|bits| !bits.get(index)) {
                return None;
            }
            (chunk, index) = match &chunk.data {
                Data::Null => return None,
                Data::Dictionary { values, .. } | Data::RunEnds { values, .. } => {
                    (&**values, chunk.data.entry(index))
                }
                Data::Union { children, .. } => {
                    let (child, index) = chunk.data.member(index);
                    (children.get(child)?, index)
                }
                _ => return Some((chunk, index)),
            };
        }
    }

    /// An integer of 8 to 64 bits that isn't negative; 0 past the end and for other layouts.
    #[inline]
    fn unsigned(&self, index: usize) -> usize {
        fn read<const N: usize>(bytes: &[u8], index: usize) -> [u8; N] {
            bytes.as_chunks::<N>().0.get(index).copied().unwrap_or([0; N])
        }
        let Data::Fixed(bytes) = &self.data else { return 0 };
        match bytes.len() / self.len.max(1) {
            1 => usize::from(u8::from_ne_bytes(read(bytes, index))),
            2 => usize::from(u16::from_ne_bytes(read(bytes, index))),
            4 => u32::from_ne_bytes(read(bytes, index)) as usize,
            _ => u64::from_ne_bytes(read(bytes, index)) as usize,
        }
    }
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
    #[inline]
    #[must_use]
    pub fn list(&self, index: usize) -> Range<usize> {
        let (start, size) = self.bounds().map_or((0, 0), |bounds| bounds.get(index));
        start..start.saturating_add(size)
    }

    /// The bytes of text or binary value `index`; empty past the end and for other layouts. *O(1), shares memory*.
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

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may fail")]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Array, ArrayRef, DictionaryArray, Float64Array, Int8Array, RunArray, StringArray, UnionArray,
    };
    use arrow_buffer::ScalarBuffer;
    use arrow_schema::{DataType, Field};

    use super::*;
    use crate::source::chunk_of;

    #[test]
    fn values_resolve_through_dictionaries_runs_and_unions() {
        let words = StringArray::from(vec![Some("a"), None, Some("c")]);
        let keys = Int8Array::from(vec![Some(2), Some(1), None, Some(0)]);
        let dictionary = DictionaryArray::new(keys, Arc::new(words));
        let ends = arrow_array::Int16Array::from(vec![1, 2, 5, 6]);
        let runs = RunArray::try_new(&ends, &dictionary).map(|runs| runs.slice(1, 5));
        let Ok(runs) = runs else { return assert!(runs.is_ok()) };
        let expected = [None, None, None, None, Some("a")];
        let text = |chunk: &Chunk<'_>, index: usize| -> Option<String> {
            let (found, at) = chunk.resolve(index)?;
            Some(String::from_utf8_lossy(found.data.bytes(at)).into_owned())
        };
        let chunk = chunk_of(&runs);
        let found: Vec<_> = (0..5).map(|i| text(&chunk, i)).collect();
        assert_eq!(found, expected.map(|value| value.map(str::to_owned)));

        let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        let fields = UnionFields::try_new(
            [7, 3],
            [Field::new("runs", runs.data_type().clone(), true), Field::new("x", DataType::Float64, true)],
        );
        let Ok(fields) = fields else { return assert!(fields.is_ok()) };
        let ids = ScalarBuffer::from(vec![7_i8, 3, 7]);
        let offsets = Some(ScalarBuffer::from(vec![0, 0, 4]));
        let union = UnionArray::try_new(fields, ids, offsets, vec![Arc::new(runs), floats]);
        let Ok(union) = union else { return assert!(union.is_ok()) };
        let chunk = chunk_of(&union);
        assert_eq!(chunk.resolve(0).map(|(_, at)| at), None);
        assert_eq!(chunk.resolve(1).map(|(found, at)| (found.len, at)), Some((1, 0)));
        assert_eq!(text(&chunk, 2).as_deref(), Some("a"));
        // Every buffer below is found: the dictionary's text is one of them.
        assert!(chunk.data.buffers().iter().any(|bytes| *bytes == b"ac"));
    }
}
