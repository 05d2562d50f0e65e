//! `U` and `S` cells, and the builder of text and bytes.
#![allow(unsafe_code, reason = "plays the owner of an array")]
#![allow(
    clippy::expect_used,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_array::{Array, BinaryArray, BinaryViewArray, LargeStringArray, StringArray, StringViewArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use arrownd::engine::dense::{ArrowMemory, Cells, Made, OctetsBuilder, byte_strings, unicode};
use arrownd::{Error, ErrorKind};

fn encoded(texts: &[&str], width: usize, swapped: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in texts {
        let mut codes: Vec<u32> = text.chars().map(u32::from).collect();
        assert!(codes.len() <= width);
        codes.resize(width, 0);
        for code in codes {
            bytes.extend(if swapped { code.swap_bytes() } else { code }.to_ne_bytes());
        }
    }
    bytes
}

fn texts(made: &Made) -> Vec<Option<String>> {
    made.data.validate_full().expect("valid");
    assert_eq!(made.field.data_type(), &DataType::Utf8);
    StringArray::from(made.data.clone()).iter().map(|text| text.map(str::to_owned)).collect()
}

fn convert(bytes: &[u8], shape: &[usize], strides: &[isize], width: usize, swapped: bool) -> Made {
    // SAFETY: the callers' shapes and strides stay within `bytes`.
    let cells = unsafe { Cells::new(bytes.as_ptr(), shape, strides, 4 * width) };
    unicode(cells, swapped, None, None, &mut ArrowMemory).expect("text")
}

#[test]
fn every_width_order_and_length() {
    for width in 0..40 {
        for swapped in [false, true] {
            let all: Vec<String> = (0..=width)
                .flat_map(|len| ["x", "é", "日", "😀", "\0"].map(|c| c.repeat(len)))
                .map(|text| text + "")
                .collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let bytes = encoded(&all, width, swapped);
            let made = convert(&bytes, &[all.len()], &[4 * width as isize], width, swapped);
            let expected: Vec<Option<String>> =
                all.iter().map(|text| Some(text.trim_end_matches('\0').to_owned())).collect();
            assert_eq!(texts(&made), expected, "width {width}");
        }
    }
}

#[test]
fn nuls_inside_survive() {
    for text in ["a\0b", "\0\0\0\0\0\0\0\0b", "abcdefg\0h", "é\0é", "\0"] {
        let bytes = encoded(&[text, ""], 9, false);
        let expected = vec![Some(text.trim_end_matches('\0').to_owned()), Some(String::new())];
        assert_eq!(texts(&convert(&bytes, &[2], &[36], 9, false)), expected);
    }
}

#[test]
fn any_strides_in_c_order() {
    let names = ["a", "bb", "", "dd", "e", "ff"];
    let bytes = encoded(&names, 2, false);
    let owned = |order: &[usize]| -> Vec<Option<String>> {
        order.iter().map(|at| names.get(*at).map(|text| (*text).to_owned())).collect()
    };
    assert_eq!(texts(&convert(&bytes, &[2, 3], &[24, 8], 2, false)), owned(&[0, 1, 2, 3, 4, 5]));
    assert_eq!(texts(&convert(&bytes, &[3, 2], &[8, 24], 2, false)), owned(&[0, 3, 1, 4, 2, 5]));
    assert_eq!(texts(&convert(&bytes, &[3], &[16], 2, false)), owned(&[0, 2, 4]));
    assert_eq!(texts(&convert(&bytes[40..], &[6], &[-8], 2, false)), owned(&[5, 4, 3, 2, 1, 0]));
    assert_eq!(texts(&convert(&bytes, &[2, 2], &[0, 8], 2, false)), owned(&[0, 1, 0, 1]));
    assert_eq!(texts(&convert(&bytes, &[1, 2, 1, 3], &[0, 24, 0, 8], 2, false)), owned(&[0, 1, 2, 3, 4, 5]));
    assert_eq!(texts(&convert(&bytes, &[3, 0, 2], &[8, 8, 8], 2, false)), owned(&[]));
    assert_eq!(texts(&convert(&bytes, &[], &[], 2, false)), owned(&[0]));
    let mut shifted = vec![0];
    shifted.extend(&bytes);
    assert_eq!(texts(&convert(&shifted[1..], &[6], &[8], 2, false)), owned(&[0, 1, 2, 3, 4, 5]));
}

#[test]
fn nulls_are_not_looked_at() {
    let mut bytes = encoded(&["a", "b", "c"], 1, false);
    bytes[4..8].copy_from_slice(&0xd800u32.to_ne_bytes());
    // SAFETY: three cells of four bytes.
    let cells = unsafe { Cells::new(bytes.as_ptr(), &[3], &[4], 4) };
    let error = unicode(cells, false, None, None, &mut ArrowMemory).expect_err("a surrogate");
    assert!(
        matches!(&error, Error::LossyCast { position: 1, value, .. } if value.contains("U+D800")),
        "{error}"
    );
    let made = unicode(cells, false, Some(NullBuffer::from(vec![true, false, true])), None, &mut ArrowMemory);
    let made = made.expect("text");
    assert_eq!(made.data.null_count(), 1);
    assert_eq!(texts(&made), [Some("a".to_owned()), None, Some("c".to_owned())]);
    let made =
        unicode(cells, false, Some(NullBuffer::from(vec![false; 3])), None, &mut ArrowMemory).expect("text");
    assert_eq!(made.data.buffers()[1].len(), 0);
}

#[test]
fn bytes_end_before_their_nuls() {
    let cells: &[u8] = b"a\0\0\0\0\0\0\0\0ab\0\0\0c\0\0";
    // SAFETY: two cells of eight bytes.
    let made =
        byte_strings(unsafe { Cells::new(cells.as_ptr(), &[2], &[8], 8) }, None, None, &mut ArrowMemory);
    let made = made.expect("bytes");
    made.data.validate_full().expect("valid");
    let array = BinaryArray::from(made.data);
    assert_eq!(array.iter().collect::<Vec<_>>(), [Some(&b"a"[..]), Some(b"\0ab\0\0\0c")]);
}

#[test]
fn the_builder_takes_values_of_every_length() {
    let values: Vec<Vec<u8>> = (0..200).map(|len| (0..len).map(|i| (i % 251) as u8).collect()).collect();
    let mut memory = ArrowMemory;
    let mut builder = OctetsBuilder::new(values.len() + 1, 3, &mut memory).expect("memory");
    for value in &values {
        builder.push(value).expect("memory");
    }
    builder.push_nothing().expect("memory");
    let mut valid = vec![true; values.len()];
    valid.push(false);
    // SAFETY: no text.
    let made = unsafe { builder.finish(false, Some(NullBuffer::from(valid))) }.expect("all are there");
    made.data.validate_full().expect("valid");
    let array = BinaryArray::from(made.data);
    assert!(values.iter().enumerate().all(|(at, value)| array.value(at) == value));
    assert!(array.is_null(200));
}

#[test]
fn code_points_are_utf8() {
    let all: Vec<char> =
        "\0\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}".chars().collect();
    let mut memory = ArrowMemory;
    let mut builder = OctetsBuilder::new(2, 0, &mut memory).expect("memory");
    assert_eq!(builder.push_codes(all.len(), all.iter().map(|c| u32::from(*c))), Ok(None));
    for wrong in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        assert_eq!(builder.push_codes(2, [0x41, wrong].into_iter()), Ok(Some(wrong)));
    }
    assert_eq!(builder.push_codes(1, [0x41, 0x42].into_iter()), Ok(None));
    let made = builder.finish_text(None).expect("UTF-8");
    assert_eq!(texts(&made), [Some(all.into_iter().collect()), Some("A".to_owned())]);
}

#[test]
fn text_that_isnt_utf8_is_an_error() {
    let mut memory = ArrowMemory;
    let mut builder = OctetsBuilder::new(3, 16, &mut memory).expect("memory");
    for value in [&b"fine"[..], b"half \xc3", b"\xa9"] {
        builder.push(value).expect("memory");
    }
    // Together they are UTF-8, each for itself they aren't.
    let error = builder.finish_text(None).expect_err("not UTF-8");
    assert!(matches!(error, Error::LossyCast { position: 1, .. }), "{error}");
}

#[test]
fn values_that_were_announced_have_to_come() {
    let mut memory = ArrowMemory;
    let mut builder = OctetsBuilder::new(2, 16, &mut memory).expect("memory");
    builder.push(b"a").expect("memory");
    assert_eq!(builder.finish_text(None).expect_err("one is missing").kind(), ErrorKind::BadValue);
}

#[test]
fn every_layout_of_every_length() {
    let values: Vec<Option<String>> =
        (0..400).map(|i| (i % 7 != 3).then(|| "aé日😀".repeat(i % 11) + &"x".repeat(i % 5))).collect();
    let nulls: NullBuffer = values.iter().map(Option::is_some).collect();
    for wanted in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View, DataType::Int8] {
        // Room for nothing: the bytes grow, and move.
        let mut memory = ArrowMemory;
        let builder = OctetsBuilder::new(values.len(), 0, &mut memory).expect("memory");
        let mut builder = builder.laid_out_as(Some(&wanted)).expect("memory");
        for (i, value) in values.iter().enumerate() {
            match value {
                None => builder.push_nothing().expect("room"),
                Some(text) if i % 2 == 0 => builder.push(text.as_bytes()).expect("memory"),
                Some(text) => {
                    let wrong = builder.push_codes(text.chars().count(), text.chars().map(u32::from));
                    assert_eq!(wrong.expect("memory"), None);
                }
            }
        }
        let made = builder.finish_text(Some(nulls.clone())).expect("text");
        made.data.validate_full().expect("valid");
        let layout = if wanted == DataType::Int8 { DataType::Utf8 } else { wanted };
        assert_eq!(made.field.data_type(), &layout);
        let found: Vec<Option<String>> = match layout {
            DataType::Utf8 => {
                StringArray::from(made.data).iter().map(|text| text.map(str::to_owned)).collect()
            }
            DataType::LargeUtf8 => {
                LargeStringArray::from(made.data).iter().map(|text| text.map(str::to_owned)).collect()
            }
            _ => StringViewArray::from(made.data).iter().map(|text| text.map(str::to_owned)).collect(),
        };
        assert_eq!(found, values);
    }
}

#[test]
fn views_are_checked_one_by_one() {
    for bad in [&b"\xff"[..], &[0xff; 40], "é".repeat(20).as_bytes().split_at(13).0] {
        let mut memory = ArrowMemory;
        let builder = OctetsBuilder::new(3, 16, &mut memory).expect("memory");
        let mut builder = builder.laid_out_as(Some(&DataType::Utf8View)).expect("memory");
        builder.push("a long text before it: é".as_bytes()).expect("memory");
        builder.push(bad).expect("memory");
        builder.push(b"after").expect("memory");
        let error = builder.finish_text(None).expect_err("no text");
        assert!(matches!(error, Error::LossyCast { position: 1, .. }), "{error}");
    }
}

#[test]
fn a_layout_comes_before_the_values() {
    let mut memory = ArrowMemory;
    let mut builder = OctetsBuilder::new(1, 16, &mut memory).expect("memory");
    builder.push(b"one").expect("memory");
    assert!(builder.laid_out_as(Some(&DataType::BinaryView)).is_err());
}

/// What comes later is longer or shorter than what was seen first, and the room follows.
#[test]
fn room_grows_with_what_was_seen() {
    const COUNT: usize = 300_000;
    type Length = fn(usize) -> usize;
    let lengths: [(&str, Length); 5] = [
        ("as guessed", |i| i % 33),
        ("longer", |i| 40 + i % 7),
        ("longer later", |i| i / 4_000),
        ("shorter later", |i| if i < 3_000 { 700 } else { i % 3 }),
        ("one of many", |i| if i == 200_000 { 20 << 20 } else { 20 }),
    ];
    let letters: Vec<u8> = (0..(20 << 20) + 23).map(|i| b'a' + (i % 23) as u8).collect();
    for (name, length) in lengths {
        let value = |i: usize| letters.get(i % 23..i % 23 + length(i)).unwrap_or_default();
        for wanted in [DataType::Binary, DataType::BinaryView] {
            let mut memory = ArrowMemory;
            let builder = OctetsBuilder::new(COUNT, 16 * COUNT, &mut memory).expect("memory");
            let mut builder = builder.laid_out_as(Some(&wanted)).expect("memory");
            for i in 0..COUNT {
                builder.push(value(i)).expect("memory");
            }
            // SAFETY: no text.
            let made = unsafe { builder.finish(false, None) }.expect("all are there");
            made.data.validate_full().expect("valid");
            assert_eq!(made.data.len(), COUNT);
            let same = if wanted == DataType::Binary {
                BinaryArray::from(made.data).iter().enumerate().all(|(i, own)| own == Some(value(i)))
            } else {
                BinaryViewArray::from(made.data).iter().enumerate().all(|(i, own)| own == Some(value(i)))
            };
            assert!(same, "{name} as {wanted}");
        }
    }
}
