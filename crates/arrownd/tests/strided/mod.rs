//! Memory of any strides, and the values that lie in it.
#![allow(dead_code, reason = "not every test looks at views")]

use std::ptr::NonNull;

use arrownd::engine::{Dest, ViewOf};
use arrownd::{DType, Error};

use crate::oracle::Value;
use crate::shapes::Random;

/// The bytes of an element that nothing was written to.
pub(crate) const UNTOUCHED: u8 = 0xa5;

/// Strides, in bytes, of an array whose elements lie apart: dimensions in any order, forwards or backwards,
/// with or without gaps, aligned or not.
fn strides(shape: &[usize], itemsize: usize, random: &mut Random) -> Vec<isize> {
    let mut order: Vec<usize> = (0..shape.len()).rev().collect();
    match random.below(4) {
        0 | 1 => {}
        2 => order.reverse(),
        _ => {
            for i in 1..order.len() {
                order.swap(i, random.below(i + 1));
            }
        }
    }
    let gap = [0, 0, itemsize, 3][random.below(4)];
    let mut strides = vec![0; shape.len()];
    let mut step = (itemsize + gap) as isize;
    for axis in order {
        strides[axis] = if random.below(5) == 0 { -step } else { step };
        step *= shape[axis].max(1) as isize;
        step += (random.below(6) / 5 * 16) as isize;
    }
    strides
}

fn positions<'a>(shape: &'a [usize], strides: &'a [isize]) -> impl Iterator<Item = isize> + 'a {
    (0..shape.iter().product()).map(move |mut at: usize| {
        let mut offset = 0;
        for (n, step) in shape.iter().zip(strides).rev() {
            offset += (at % n) as isize * step;
            at /= n;
        }
        offset
    })
}

/// Lets `fill` write an array at some strides, and reads it in C order.
///
/// # Errors
/// That of `fill`.
pub(crate) fn filled(
    shape: &[usize],
    dtype: DType,
    seed: u64,
    fill: impl FnOnce(&mut Dest<'_>) -> Result<(), Error>,
) -> Result<Vec<Value>, Error> {
    let elements = filled_bytes(shape, dtype.itemsize(), seed, fill)?;
    Ok(elements.iter().map(|bytes| decode(bytes, dtype)).collect())
}

/// The bytes of each element. Nothing but the elements may be written.
///
/// # Errors
/// That of `fill`.
pub(crate) fn filled_bytes(
    shape: &[usize],
    itemsize: usize,
    seed: u64,
    fill: impl FnOnce(&mut Dest<'_>) -> Result<(), Error>,
) -> Result<Vec<Vec<u8>>, Error> {
    let mut random = Random::new(seed);
    let strides = strides(shape, itemsize, &mut random);
    let reach: usize = shape.iter().zip(&strides).map(|(n, step)| n * step.unsigned_abs()).sum();
    let middle = reach + 16;
    let mut memory = vec![UNTOUCHED; 2 * middle + itemsize];
    let base = NonNull::from(memory.as_mut_slice()).cast::<u8>();
    // SAFETY: the middle of the memory; no element lies further from it than `reach`.
    let middle_of = unsafe { base.byte_add(middle) };
    // SAFETY: elements at these strides are apart, within the memory, which nothing else uses until then.
    fill(&mut unsafe { Dest::from_raw(middle_of, shape, &strides, itemsize) })?;
    let mut elements = Vec::new();
    for offset in positions(shape, &strides) {
        let at = middle.checked_add_signed(offset).expect("within the memory");
        let bytes = &mut memory[at..at + itemsize];
        elements.push(bytes.to_vec());
        bytes.fill(UNTOUCHED);
    }
    assert!(memory.iter().all(|byte| *byte == UNTOUCHED), "written beside it");
    Ok(elements)
}

/// The elements of a view in C order.
pub(crate) fn viewed(view: &ViewOf<'_>, dtype: DType) -> Vec<Value> {
    let dims = || std::iter::once(&view.rows).chain(&view.trailing);
    let shape: Vec<usize> = dims().map(|(n, _)| *n).collect();
    let strides: Vec<isize> = dims().map(|(_, step)| *step).collect();
    let value = |offset| {
        // SAFETY: the plan says that the view's elements lie there, in memory that the caller borrows.
        let first = unsafe { view.ptr.offset(offset) };
        // SAFETY: as above.
        let bytes = unsafe { std::slice::from_raw_parts(first, dtype.itemsize()) };
        decode(bytes, dtype)
    };
    positions(&shape, &strides).map(value).collect()
}

pub(crate) fn decode(bytes: &[u8], dtype: DType) -> Value {
    match dtype {
        DType::Bool => {
            assert!(bytes[0] < 2, "{} is no bool", bytes[0]);
            Value::Number(f64::from(bytes[0]))
        }
        DType::Int32 => Value::Number(f64::from(i32::from_ne_bytes(bytes.try_into().unwrap()))),
        DType::Float32 => Value::Number(f64::from(f32::from_ne_bytes(bytes.try_into().unwrap()))),
        DType::Float64 => Value::Number(f64::from_ne_bytes(bytes.try_into().unwrap())),
        DType::Unicode(_) => {
            let (points, _) = bytes.as_chunks::<4>();
            let text: String =
                points.iter().map(|point| char::from_u32(u32::from_ne_bytes(*point)).unwrap()).collect();
            Value::Text(text.trim_end_matches('\0').to_owned())
        }
        other => panic!("no test asks for {other}"),
    }
}
