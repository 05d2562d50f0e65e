//! One array in one piece, as slices that are safe to read.

use super::bits::Bits;
use super::data::Data;

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

impl Chunk<'_> {
    /// Where value `index` really lies: what a dictionary's index, a run or a union's id leads to, at
    /// whatever depth. `None` where it is missing on the way, or there. *O(depth)*.
    ///
    /// ```
    /// use arrow_array::{DictionaryArray, types::Int8Type};
    /// use arrownd::engine::chunk_of;
    ///
    /// let array: DictionaryArray<Int8Type> = [Some("red"), None, Some("blue")].into_iter().collect();
    /// let chunk = chunk_of(&array);
    /// let text = |index| chunk.resolve(index).map(|(values, at)| values.data.bytes(at));
    /// assert_eq!((text(1), text(2)), (None, Some(&b"blue"[..])));
    /// ```
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
    pub(super) fn unsigned(&self, index: usize) -> usize {
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

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may fail")]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        Array, ArrayRef, DictionaryArray, Float64Array, Int8Array, RunArray, StringArray, UnionArray,
    };
    use arrow_buffer::ScalarBuffer;
    use arrow_schema::{DataType, Field, UnionFields};

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
