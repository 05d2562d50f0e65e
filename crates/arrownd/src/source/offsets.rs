//! Offsets of 32 or 64 bits.

/// Offsets of 32 or 64 bits, in the producer's bytes: they may be misaligned.
///
/// ```
/// use arrownd::engine::Offsets;
///
/// let bytes: Vec<[u8; 4]> = [0i32, 2, 5].map(i32::to_ne_bytes).into();
/// let offsets = Offsets::I32(&bytes);
/// assert_eq!((offsets.len(), offsets.get(1), offsets.get(9)), (3, 2, 0));
/// assert_eq!(offsets.bytes().len(), 12);
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Offsets<'a> {
    /// 32 bits.
    I32(&'a [[u8; 4]]),
    /// 64 bits.
    I64(&'a [[u8; 8]]),
}

impl<'a> Offsets<'a> {
    /// `len` of them from `start` on; `None` past the end.
    pub(crate) fn slice(&self, start: usize, len: usize) -> Option<Self> {
        let range = start..start.checked_add(len)?;
        Some(match self {
            Self::I32(x) => Self::I32(x.get(range)?),
            Self::I64(x) => Self::I64(x.get(range)?),
        })
    }

    /// The producer's bytes. *O(1), shares memory*.
    ///
    /// ```
    /// use arrow_array::StringArray;
    /// use arrownd::engine::{Data, chunk_of};
    ///
    /// let array = StringArray::from(vec!["a", "bc"]);
    /// let Data::Binary { offsets, .. } = chunk_of(&array).data else { panic!() };
    /// // The producer's own: three of 32 bits.
    /// assert_eq!(offsets.bytes().as_ptr(), array.value_offsets().as_ptr().cast());
    /// assert_eq!(offsets.bytes().len(), 12);
    /// ```
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        match self {
            Self::I32(x) => x.as_flattened(),
            Self::I64(x) => x.as_flattened(),
        }
    }

    /// How many. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrownd::engine::{Data, chunk_of};
    /// let array = StringArray::from(vec!["a", "bc"]);
    /// let Data::Binary { offsets, .. } = chunk_of(&array).data else { panic!() };
    /// // One more than there are values.
    /// assert_eq!(offsets.len(), 3);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I32(x) => x.len(),
            Self::I64(x) => x.len(),
        }
    }

    /// Whether there are none. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Offsets;
    ///
    /// // As the specification once allowed it for arrays of length 0.
    /// assert!(Offsets::I64(&[]).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them; 0 past the end. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Offsets;
    ///
    /// let bytes = [0i64, 3, 1 << 40].map(i64::to_ne_bytes);
    /// let offsets = Offsets::I64(&bytes);
    /// assert_eq!((offsets.get(2), offsets.get(3)), (1 << 40, 0));
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn get(&self, index: usize) -> i64 {
        match self {
            Self::I32(x) => x.get(index).map_or(0, |b| i64::from(i32::from_ne_bytes(*b))),
            Self::I64(x) => x.get(index).map_or(0, |b| i64::from_ne_bytes(*b)),
        }
    }
}

impl Offsets<'_> {
    /// As many of them as there is room for, from `start` on; false past the end.
    #[inline]
    pub(crate) fn read_row(&self, start: usize, room: &mut [usize]) -> bool {
        let Some(range) = start.checked_add(room.len()).map(|end| start..end) else { return false };
        macro_rules! read {
            ($offsets:expr, $t:ty) => {{
                let Some(row) = $offsets.get(range) else { return false };
                for (to, offset) in room.iter_mut().zip(row) {
                    *to = <$t>::from_ne_bytes(*offset) as usize;
                }
            }};
        }
        match self {
            Self::I32(offsets) => read!(offsets, i32),
            Self::I64(offsets) => read!(offsets, i64),
        }
        true
    }
}
