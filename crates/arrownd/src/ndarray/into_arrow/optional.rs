//! Arrays of options: each value says on its own whether it is there.

use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer};
use arrow_data::ArrayData;
use ndarray::{ArrayViewD, Axis};

use super::element::Value;
use super::imported::{Imported, check_names, check_rows};
use crate::dense::{Made, natural};
use crate::error::{Error, Result};
use crate::pages::ask_for_huge;

/// Makes Arrow's values, in C order, of an array of options.
type Split<T> = fn(&ArrayViewD<'_, Option<T>>) -> (Buffer, Option<NullBuffer>);

/// An array of options as the engine takes it: made already. With names, the columns of a matrix.
pub(super) fn imported<'a, T: Value>(
    array: &ArrayViewD<'_, Option<T>>,
    names: Option<Vec<String>>,
    split: Split<T>,
) -> Result<Imported<'a>> {
    check_rows(array.shape())?;
    let Some(names) = names else {
        return Ok(Imported::of_made(T::DTYPE, array.shape(), made(array, split)?));
    };
    check_names(&names, array.shape())?;
    let columns = names.into_iter().zip(array.axis_iter(Axis(1)));
    let columns =
        columns.map(|(name, column)| Ok((name, made(&column, split)?))).collect::<Result<Vec<_>>>()?;
    Ok(Imported::of_columns(T::DTYPE, array.shape(), columns))
}

fn made<T: Value>(array: &ArrayViewD<'_, Option<T>>, split: Split<T>) -> Result<Made> {
    let (values, nulls) = split(array);
    let data =
        ArrayData::builder(natural(T::DTYPE)?).len(array.len()).add_buffer(values).nulls(nulls).build();
    let broken =
        |why: arrow_schema::ArrowError| Error::InvalidArrow { path: String::new(), what: why.to_string() };
    Ok(Made::new(data.map_err(broken)?))
}

/// Numbers, the default where none is.
pub(super) fn numbers<T: Value>(array: &ArrayViewD<'_, Option<T>>) -> (Buffer, Option<NullBuffer>) {
    let (mut values, mut valid) = (Vec::with_capacity(array.len()), Bits::new(array.len()));
    ask_for_huge(values.as_ptr(), array.len());
    blocks(array, |block, word| {
        values.extend_from_slice(block);
        valid.push(word, block.len());
    });
    (T::into_buffer(values), valid.finish())
}

/// Bools as bits, unset where none is.
pub(super) fn bools(array: &ArrayViewD<'_, Option<bool>>) -> (Buffer, Option<NullBuffer>) {
    let (mut values, mut valid) = (Vec::with_capacity(array.len().div_ceil(64)), Bits::new(array.len()));
    blocks(array, |block, word| {
        values.push(block.iter().rev().fold(0u64, |bits, value| bits << 1 | u64::from(*value)));
        valid.push(word, block.len());
    });
    (Buffer::from_vec(values), valid.finish())
}

/// Hands over 64 values at a time, fewer at the end, and a bit for each that is there.
fn blocks<T: Value>(array: &ArrayViewD<'_, Option<T>>, mut each: impl FnMut(&[T], u64)) {
    let mut block = [T::default(); 64];
    if let Some(elements) = array.as_slice() {
        for elements in elements.chunks(64) {
            let (n, word) = fill(&mut block, elements.iter());
            each(block.get(..n).unwrap_or_default(), word);
        }
        return;
    }
    let mut elements = array.iter();
    loop {
        let (n, word) = fill(&mut block, elements.by_ref().take(64));
        if n == 0 {
            return;
        }
        each(block.get(..n).unwrap_or_default(), word);
    }
}

#[inline(always)]
fn fill<'e, T: Value>(block: &mut [T; 64], elements: impl Iterator<Item = &'e Option<T>>) -> (usize, u64) {
    let (mut n, mut word) = (0, 0);
    // The elements are asked first: one that no place is left for would be lost.
    for (element, to) in elements.zip(block) {
        *to = element.unwrap_or_default();
        word |= u64::from(element.is_some()) << n;
        n += 1;
    }
    (n, word)
}

/// A bitmap that is made from the first missing value on.
struct Bits {
    words: Option<Vec<u64>>,
    done: usize,
    len: usize,
}

impl Bits {
    fn new(len: usize) -> Self {
        Self { words: None, done: 0, len }
    }

    fn push(&mut self, word: u64, lanes: usize) {
        let all = u64::MAX >> (64 - lanes.clamp(1, 64));
        if self.words.is_none() && word != all {
            let mut words = Vec::with_capacity(self.len.div_ceil(64));
            words.resize(self.done, u64::MAX);
            self.words = Some(words);
        }
        if let Some(words) = &mut self.words {
            words.push(word);
        }
        self.done += 1;
    }

    fn finish(self) -> Option<NullBuffer> {
        Some(NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(self.words?), 0, self.len)))
    }
}
