//! Values of fixed width that come some at a time.
#![allow(unsafe_code, reason = "plays the one who writes values")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_array::{Array, BooleanArray, Int64Array};
use arrow_buffer::ArrowNativeType;
use arrow_data::ArrayData;
use arrow_schema::{DataType as T, Field, TimeUnit};
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::{ArrowMemory, FixedBuilder, Made};
use arrownd::{Error, ErrorKind};

const COUNT: usize = 3 * 8192 + 77;

fn wanted(to: &T) -> Field {
    Field::new("", to.clone(), true)
}

/// Writes values block by block, with bits for the blocks in which something is missing.
fn built<V: ArrowNativeType>(
    (from, to): (&T, &T),
    value: impl Fn(usize) -> V,
    there: impl Fn(usize) -> bool,
) -> Result<Made, Error> {
    let mut out = FixedBuilder::new(from, Some(&wanted(to)), true, COUNT, &mut ArrowMemory)?;
    let mut start = 0;
    while start < COUNT {
        let block = out.spare::<V>()?;
        let n = block.len();
        for (i, to) in block.iter_mut().enumerate() {
            to.write(value(start + i));
        }
        let mut valid = vec![0u64; n.div_ceil(64)];
        for i in 0..n {
            valid[i / 64] |= u64::from(there(start + i)) << (i % 64);
        }
        let all = (0..n).all(|i| there(start + i));
        // SAFETY: as many are written.
        unsafe { out.end_written(n, (!all).then_some(&valid)) }?;
        start += n;
    }
    out.finish()
}

/// What [`cast`] makes of the whole; the whole itself where there is no such conversion.
fn expected(whole: ArrayData, to: &T) -> ArrayData {
    cast(Made::new(whole.clone()), &wanted(to), true, &mut ArrowMemory).map_or(whole, |made| made.data)
}

#[test]
fn blocks_become_what_the_whole_becomes() {
    let types = [
        T::Int64,
        T::Int8,
        T::Float32,
        T::Boolean,
        T::Decimal128(9, 2),
        T::Time32(TimeUnit::Second),
        T::Date32,
        T::Utf8,
    ];
    let truth = |i: usize| i * 7 % 121 > 60;
    let some: [fn(usize) -> bool; 3] = [|_| true, |i| i < 9_000 || i % 3 != 0, |_| false];
    for to in &types {
        let number = |i: usize| if *to == T::Boolean { i64::from(truth(i)) } else { (i * 7 % 121) as i64 };
        for there in some {
            let numbers = built((&T::Int64, to), number, there).unwrap();
            numbers.data.validate_full().unwrap();
            let whole: Int64Array = (0..COUNT).map(|i| there(i).then(|| number(i))).collect();
            assert_eq!(numbers.data, expected(whole.into_data(), to), "int64 as {to}");
            let truths = built((&T::Boolean, to), |i| u8::from(truth(i)), there).unwrap();
            truths.data.validate_full().unwrap();
            let whole: BooleanArray = (0..COUNT).map(|i| there(i).then(|| truth(i))).collect();
            let whole = whole.into_data();
            // A time is no truth, whatever is asked for.
            let whole = if to.is_temporal() { whole } else { expected(whole, to) };
            assert_eq!(truths.data, whole, "bool as {to}");
        }
    }
}

#[test]
fn what_does_not_fit_has_its_position() {
    let value = |i: usize| if i == 20_000 { 300i64 } else { 7 };
    let error = built((&T::Int64, &T::Int8), value, |_| true).unwrap_err();
    assert!(matches!(error, Error::LossyCast { position: 20_000, .. }), "{error}");
    // Under a missing one anything may lie.
    assert_eq!(built((&T::Int64, &T::Int8), value, |i| i != 20_000).unwrap().data.null_count(), 1);
}

#[test]
fn numbers_and_widths_are_checked() {
    let out = || FixedBuilder::new(&T::Int64, None, true, 100, &mut ArrowMemory).unwrap();
    assert_eq!(out().spare::<i32>().unwrap_err().kind(), ErrorKind::BadValue);
    assert_eq!(out().spare::<i64>().unwrap().len(), 100);
    let mut out = out();
    for to in out.spare::<i64>().unwrap() {
        to.write(1);
    }
    // SAFETY: all are written; the builder refuses what it has no room for.
    assert!(unsafe { out.end_written(101, None) }.is_err());
    // SAFETY: as above.
    assert!(unsafe { out.end_written(100, Some(&[0])) }.is_err());
    // SAFETY: as above.
    unsafe { out.end_written(10, None) }.unwrap();
    // Bits of two calls would share a word.
    assert!(out.spare::<i64>().is_err());
    assert!(out.finish().is_err());
    assert!(FixedBuilder::new(&T::Utf8, None, true, 1, &mut ArrowMemory).is_err());
    let nothing = FixedBuilder::new(&T::Int64, None, true, 0, &mut ArrowMemory).unwrap();
    assert_eq!(nothing.finish().unwrap().data.len(), 0);
}
