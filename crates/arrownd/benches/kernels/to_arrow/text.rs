//! NumPy's `U` and `S` to utf8 and binary.

use std::fmt;

use arrow_schema::DataType;
use arrownd::engine::dense::{Cells, byte_strings, unicode};
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

/// Cells as wide as the longest text, and how wide that is.
fn cells(Texts(text, size): Texts, encode: impl Fn(&str) -> Vec<u8>) -> (Vec<u8>, usize) {
    let texts: Vec<Vec<u8>> = text.texts(size.0).iter().map(|text| encode(text)).collect();
    let width = texts.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |mut text: Vec<u8>| {
        text.resize(width, 0);
        text
    };
    (texts.into_iter().flat_map(cell).collect(), width)
}

#[divan::bench(consts = [6, 45], args = rows())]
fn memcpy<const BYTES: usize>(bencher: Bencher<'_, '_>, size: Size) {
    timed::copy(bencher, size.0 * (4 + BYTES));
}

fn convert(bencher: Bencher<'_, '_>, case: Texts, swapped: bool, nulls: Nulls) {
    let code = |letter| if swapped { u32::swap_bytes(u32::from(letter)) } else { u32::from(letter) };
    let (bytes, width) = cells(case, |text| text.chars().flat_map(|c: char| code(c).to_ne_bytes()).collect());
    let (shape, strides, nulls) = ([case.1.0], [width as isize], nulls.bitmap(case.1.0));
    // SAFETY: `bytes` are so many cells.
    let cells = unsafe { Cells::new(bytes.as_ptr(), &shape, &strides, width) };
    timed::made(bencher, |memory| {
        let made = unicode(cells, swapped, nulls.clone(), None, memory)?;
        assert_eq!(made.field.data_type(), &DataType::Utf8);
        Ok(made)
    });
}

#[divan::bench(args = texts())]
fn utf8(bencher: Bencher<'_, '_>, texts: Texts) {
    convert(bencher, texts, false, Nulls::None);
}

#[divan::bench(args = rows())]
fn utf8_masked(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, Texts(Text::Short, size), false, Nulls::Tenth);
}

#[divan::bench(args = rows())]
fn utf8_other_byte_order(bencher: Bencher<'_, '_>, size: Size) {
    convert(bencher, Texts(Text::Short, size), true, Nulls::None);
}

#[divan::bench(args = texts())]
fn binary(bencher: Bencher<'_, '_>, case: Texts) {
    let (bytes, width) = cells(case, |text| text.as_bytes().to_vec());
    let (shape, strides) = ([case.1.0], [width as isize]);
    // SAFETY: `bytes` are so many cells.
    let cells = unsafe { Cells::new(bytes.as_ptr(), &shape, &strides, width) };
    timed::made(bencher, |memory| byte_strings(cells, None, None, memory));
}
