//! Text and bytes as NumPy's `U` and `S`. The width is that of the longest, which is looked for too.

use std::fmt;
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, StringViewArray};
use arrownd::DType;
use arrownd::engine::Options;
use divan::Bencher;

use crate::inputs::{Nulls, Size, Text, rows};
use crate::timed;

#[derive(Clone, Copy)]
struct Texts(Text, Size);

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {}", self.0, self.1)
    }
}

fn texts() -> Vec<Texts> {
    Text::ALL.into_iter().flat_map(|text| rows().into_iter().map(move |size| Texts(text, size))).collect()
}

fn to(dtype: DType) -> Options {
    Options { dtype: Some(dtype), ..Options::default() }
}

#[divan::bench(consts = [12, 60], args = rows())]
fn memcpy<const CHARACTERS: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * 4 * CHARACTERS);
}

#[divan::bench(args = texts())]
fn unicode(bencher: Bencher<'_, '_>, Texts(text, size): Texts) {
    timed::to_dense(bencher, Arc::new(text.strings(size.0, Nulls::None)), &to(DType::Unicode(0)));
}

#[divan::bench(args = texts())]
fn unicode_of_views(bencher: Bencher<'_, '_>, Texts(text, size): Texts) {
    let array: ArrayRef = Arc::new(StringViewArray::from_iter_values(text.texts(size.0)));
    timed::to_dense(bencher, array, &to(DType::Unicode(0)));
}

#[divan::bench(args = texts())]
fn bytes(bencher: Bencher<'_, '_>, Texts(text, size): Texts) {
    let array: ArrayRef = Arc::new(BinaryArray::from_iter_values(text.texts(size.0)));
    timed::to_dense(bencher, array, &to(DType::ByteString(0)));
}
