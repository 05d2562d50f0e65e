//! One array in one piece, as slices that are safe to read.

use super::bits::Bits;

/// Offsets of 32 or 64 bits, in the producer's bytes: they may be misaligned.
#[derive(Debug, Clone, Copy)]
pub enum Offsets<'a> {
    /// 32 bits.
    I32(&'a [[u8; 4]]),
    /// 64 bits.
    I64(&'a [[u8; 8]]),
}

impl Offsets<'_> {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I32(x) => x.len(),
            Self::I64(x) => x.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; 0 past the end.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, index: usize) -> i64 {
        match self {
            Self::I32(x) => x.get(index).map_or(0, |b| i64::from(i32::from_ne_bytes(*b))),
            Self::I64(x) => x.get(index).map_or(0, |b| i64::from_ne_bytes(*b)),
        }
    }
}

/// One array in one piece. What is in here has passed the border: every slice is as long as the
/// length says, every reference from one buffer into another is in range where it is valid.
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
    Union {
        ids: &'a [u8],
        offsets: Option<Offsets<'a>>,
        children: Vec<Chunk<'a>>,
    },
}

impl<'a> Data<'a> {
    /// The buffers of the values themselves, not those of children.
    pub(crate) fn buffers(&self) -> Vec<&'a [u8]> {
        match self {
            Self::Bits(bits) => vec![bits.bytes()],
            Self::Fixed(bytes) => vec![bytes],
            Self::Binary { values, .. } => vec![values],
            Self::Views { views, buffers } => {
                let mut all = buffers.clone();
                all.push(views.as_flattened());
                all
            }
            _ => Vec::new(),
        }
    }

    /// The bytes of text or binary value `index`; empty past the end and for other layouts.
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
