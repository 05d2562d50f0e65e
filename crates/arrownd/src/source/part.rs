//! One chunk of a leaf: its values, which of them are there, and the way to them.

use std::ops::Deref;

use super::access::{Block, Hop, RunsInARow, follow, follow_into};
use super::bits::{Bits, low_mask};
use super::bounds::Bounds;
use super::data::Data;
use super::keys::Keys;
use super::validity::{Level, Validity};

/// The values of a part: the producer's chunk, or a slice of it.
///
/// ```
/// use arrow_array::Int16Array;
/// use arrownd::engine::{Data, Held, chunk_of};
///
/// let array = Int16Array::from(vec![1, 2]);
/// let chunk = chunk_of(&array);
/// // Read as the data itself.
/// assert!(matches!(*Held::Whole(&chunk.data), Data::Fixed(bytes) if bytes.len() == 4));
/// ```
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
///
/// ```
/// use arrow_array::Int32Array;
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Node, Options, chunk_of};
///
/// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
/// let field = Field::new("", DataType::Int32, true);
/// let chunks = [chunk_of(&array)];
/// let column = Column::new(&field, &chunks, &Options::default())?;
/// let Node::Leaf(leaf) = &column.node else { panic!() };
/// let part = &leaf.parts[0];
/// assert!(part.is_direct() && !part.validity.get(1));
/// assert_eq!((part.index(1), part.index(2)), (None, Some(2)));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug)]
pub struct Part<'a> {
    /// Which chunk of the source.
    pub chunk: usize,
    /// Rows of the parts before it.
    pub(crate) first: usize,
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

impl<'a> Part<'a> {
    /// Values of a dictionary, all there, whose keys nobody has looked at yet.
    pub(crate) fn looked_up(keys: Keys<'a>, values: Data<'a>) -> Self {
        let hops = vec![Hop::Start { base: 0, inner: 1 }, Hop::Keys(keys)];
        Self { hops, ..Self::direct(keys.len(), values, None) }
    }

    /// All values of a flat array; a bitmap has so many zeros, one at least.
    pub(crate) fn direct(len: usize, data: Data<'a>, validity: Option<(Bits<'a>, usize)>) -> Self {
        let levels = validity.map(|(bits, zeros)| Level { bits, each: 1, zeros }).into_iter().collect();
        Self {
            chunk: 0,
            first: 0,
            rows: len,
            len,
            data: Held::Slice(data),
            validity: Validity { levels },
            hops: Vec::new(),
        }
    }
}

impl Part<'_> {
    /// Whether the values lie in a row. *O(1)*.
    ///
    /// ```
    /// use arrow_array::{Array, DictionaryArray, Int32Array, types::Int8Type};
    /// use arrow_schema::Field;
    /// use arrownd::engine::{Column, Node, Options, chunk_of};
    ///
    /// # let is_direct = |array: &dyn Array| -> arrownd::Result<bool> {
    /// #     let field = Field::new("", array.data_type().clone(), true);
    /// #     let chunks = [chunk_of(array)];
    /// #     let column = Column::new(&field, &chunks, &Options::default())?;
    /// #     let Node::Leaf(leaf) = &column.node else { panic!() };
    /// #     Ok(leaf.parts[0].is_direct())
    /// # };
    /// // Missing values have their place in the row, a dictionary's are looked up.
    /// assert!(is_direct(&Int32Array::from(vec![Some(1), None]))?);
    /// assert!(!is_direct(&DictionaryArray::<Int8Type>::from_iter(["red", "blue"]))?);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
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

    /// Where up to 64 values from `start` on lie. *O(64 x depth)*.
    ///
    /// ```
    /// # use arrow_array::{Array, Int32Array, RunArray, types::Int32Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Column, Node, Options, chunk_of};
    /// let (ends, values) = (Int32Array::from(vec![2, 5]), Int32Array::from(vec![7, 8]));
    /// let array = RunArray::<Int32Type>::try_new(&ends, &values)?;
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// // From the second value on: 7, 8, 8, 8.
    /// let block = leaf.parts[0].block(1, 4);
    /// assert_eq!((block.valid, &block.index[..block.len]), (0b1111, &[0, 1, 1, 1][..]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
    /// *O(64 x depth)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Node, Options, chunk_of};
    /// let array = Int32Array::from(vec![Some(1), None, None, Some(4)]);
    /// # let field = Field::new("", DataType::Int32, true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// // Two of four are missing, the second first.
    /// let missing = !leaf.parts[0].word(0) & 0b1111;
    /// assert_eq!((missing.count_ones(), missing.trailing_zeros()), (2, 1));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        if self.hops.is_empty() { self.validity.word(start) } else { self.word_by_hops(start) }
    }

    fn word_by_hops(&self, start: usize) -> u64 {
        self.block(start, self.len.saturating_sub(start)).valid
    }

    /// 64 booleans from `start` on, and which of them are there; what is past the end is undefined.
    #[inline(always)]
    #[must_use]
    pub(crate) fn bit_words(&self, bits: &Bits<'_>, start: usize) -> (u64, u64) {
        if self.hops.is_empty() {
            (bits.word(start), self.validity.word(start))
        } else {
            self.gathered_bits(bits, start)
        }
    }

    #[inline(never)]
    fn gathered_bits(&self, bits: &Bits<'_>, start: usize) -> (u64, u64) {
        let block = self.block(start, self.len.saturating_sub(start));
        let lanes = block.index.into_iter().enumerate();
        let word = lanes.fold(0, |word, (lane, index)| word | u64::from(bits.get(index)) << lane);
        (word & block.valid, block.valid)
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

    /// The same where some of the lists' values are missing: their bitmap too.
    #[inline]
    pub(crate) fn rows_with_nulls(&self) -> Option<(&Bounds<'_>, usize, usize, Bits<'_>)> {
        match self.hops.as_slice() {
            [Hop::Start { base, inner }, Hop::List { bounds, width, inner: 1 }, Hop::Valid(bits)]
                if inner == width =>
            {
                Some((bounds, *base, *width, *bits))
            }
            _ => None,
        }
    }

    /// Where the values are a dictionary's and have keys of the commonest width: the keys, and the first one's place.
    #[inline]
    pub(crate) fn keys_in_a_row(&self) -> Option<(&[[u8; 4]], usize)> {
        match self.hops.as_slice() {
            [Hop::Start { base, inner: 1 }, Hop::Keys(Keys::I32(keys) | Keys::U32(keys))] => {
                Some((keys, *base))
            }
            _ => None,
        }
    }

    /// The keys of `n` values from `start` on, where the values are a dictionary's.
    #[inline]
    pub(crate) fn keys(&self, start: usize, n: usize) -> Option<Keys<'_>> {
        match self.hops.as_slice() {
            [Hop::Start { base, inner: 1 }, Hop::Keys(keys)] => keys.slice(base + start, n),
            _ => None,
        }
    }

    /// Where the values are runs, without lists around them.
    #[inline]
    pub(crate) fn runs_in_a_row(&self) -> Option<RunsInARow<'_>> {
        RunsInARow::of(&self.hops)
    }

    /// The index of one value in the data; `None` where it is missing. *O(depth)*.
    ///
    /// ```
    /// # use arrow_array::{Array, DictionaryArray, types::Int8Type};
    /// # use arrow_schema::Field;
    /// # use arrownd::engine::{Column, Node, Options, chunk_of};
    /// let array: DictionaryArray<Int8Type> = [Some("red"), None, Some("red")].into_iter().collect();
    /// # let field = Field::new("", array.data_type().clone(), true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// let part = &leaf.parts[0];
    /// let words: Vec<_> = (0..3).map(|at| part.index(at).map(|index| part.data.bytes(index))).collect();
    /// assert_eq!(words, [Some(&b"red"[..]), None, Some(b"red")]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn index(&self, at: usize) -> Option<usize> {
        let block = self.block(at, 1);
        (block.valid & 1 == 1).then_some(block.index[0])
    }
}

pub(super) struct Counted {
    pub(super) missing: usize,
    pub(super) first: usize,
    pub(super) padded: usize,
}

impl Part<'_> {
    /// Follows every position once, where nothing cheaper tells.
    pub(super) fn count_by_hops(&self, null_type: bool) -> Counted {
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
        if let (Some((bounds, base, width, bits)), true) =
            (self.rows_with_nulls(), self.validity.is_full() && !null_type)
        {
            let rows = self.len.checked_div(width).unwrap_or(0);
            if let Some(values) = bounds.total(base, rows) {
                let from = bounds.get(base).0;
                let listed = bits.slice(from, values);
                counted.padded = self.len - values.min(self.len);
                counted.missing = values - listed.count_ones();
                if let Some(place) = listed.first_zero() {
                    let list = |row: usize| bounds.get(base + row);
                    let row = (0..rows).find(|row| list(*row).0 + list(*row).1 > from + place).unwrap_or(0);
                    counted.first = row * width + (from + place).saturating_sub(list(row).0);
                }
                return counted;
            }
        }
        // So many places are in no memory: a shape that large is refused when it is allocated, and a walk
        // through it would take longer than anybody waits.
        if self.len > 1 << 32 {
            counted.padded = 1;
            return counted;
        }
        // Where only bitmaps beside the positions tell, nothing needs to be followed.
        let beside =
            !self.hops.iter().any(|hop| hop.pads() || matches!(hop, Hop::Valid(_) | Hop::Resolved(_)));
        for at in (0..self.len).step_by(64) {
            let len = (self.len - at).min(64);
            let (valid, padded) = if beside {
                (self.validity.word(at), 0)
            } else {
                let block = self.block(at, len);
                (block.valid, block.padded)
            };
            counted.padded += padded.count_ones() as usize;
            let there = if null_type { 0 } else { valid };
            let missing = !there & !padded & low_mask(len);
            if missing != 0 && counted.missing == 0 {
                counted.first = at + missing.trailing_zeros() as usize;
            }
            counted.missing += missing.count_ones() as usize;
        }
        counted
    }
}
