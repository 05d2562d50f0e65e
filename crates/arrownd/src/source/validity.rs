//! Which values of a part are there, as its bitmaps say.

use super::bits::{Bits, low_mask};

/// Bitmaps at one or several levels; a value is there where all of them say so.
///
/// ```
/// use arrownd::engine::Validity;
///
/// // Without a bitmap everything is there.
/// let all = Validity::default();
/// assert!(all.is_full() && all.get(7));
/// ```
#[derive(Debug, Default)]
pub struct Validity<'a> {
    /// The bitmaps that have a zero.
    pub(super) levels: Levels<'a>,
}

impl<'a> Validity<'a> {
    /// Whether nothing is missing. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Int32Array;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Node, Options, chunk_of};
    /// let array = Int32Array::from(vec![Some(1), None, Some(3)]);
    /// // A bitmap without a zero says no more than none.
    /// let array = array.slice(2, 1);
    /// # let field = Field::new("", DataType::Int32, true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// assert!(leaf.parts[0].validity.is_full());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.levels.is_empty()
    }

    /// The only bitmap, where there is one with a bit for each value: spares a branch for each word.
    pub(crate) fn plain(&self) -> Option<Bits<'a>> {
        match self.levels.as_slice() {
            [Level { bits, each: 1, .. }] => Some(*bits),
            _ => None,
        }
    }

    /// 64 values from `start` on, the first in the lowest place; what is past the end is undefined. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Validity;
    ///
    /// assert_eq!(Validity::default().word(0), u64::MAX);
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn word(&self, start: usize) -> u64 {
        match self.levels.as_slice() {
            [] => u64::MAX,
            [Level { bits, each: 1, .. }] => bits.word(start),
            levels => levels.iter().fold(u64::MAX, |word, level| word & expanded(level, start)),
        }
    }

    /// The bytes of the bitmaps.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = &'a [u8]> {
        self.levels.iter().map(|level| level.bits.bytes())
    }

    /// Whether value `index` is there. *O(levels)*.
    ///
    /// ```
    /// # use arrow_array::{FixedSizeListArray, types::Int32Type};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Node, Options, chunk_of};
    /// let lists = [None, Some(vec![Some(1), None])];
    /// let array = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>(lists, 2);
    /// # let field = Field::new_fixed_size_list("", Field::new("item", DataType::Int32, true), 2, true);
    /// # let chunks = [chunk_of(&array)];
    /// let column = Column::new(&field, &chunks, &Options::default())?;
    /// let Node::Leaf(leaf) = &column.node else { panic!() };
    /// // A list that is missing, and a value in one that isn't.
    /// let there: Vec<bool> = (0..4).map(|at| leaf.parts[0].validity.get(at)).collect();
    /// assert_eq!(there, [false, false, true, false]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> bool {
        self.levels.iter().all(|level| level.bits.get(index / level.each))
    }
}

fn expanded(Level { bits, each, .. }: &Level<'_>, start: usize) -> u64 {
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

/// A bitmap that has a zero.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a> {
    pub(super) bits: Bits<'a>,
    /// How many values one bit stands for.
    pub(super) each: usize,
    /// How many bits aren't set.
    pub(super) zeros: usize,
}

pub(super) type Levels<'a> = Vec<Level<'a>>;
