//! `decimal.Decimal`: the smallest decimal type that holds all values.

use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::engine::dense::Made;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::build;
use super::column::{Column, Objects, drained};
use super::numbers::{digits, integer};
use crate::errors::Outcome;

/// The most digits of decimal128 and decimal256.
const NARROW: i64 = 38;
const WIDE: i64 = 76;

/// A number as its digits and how many of them are behind the point; less than zero where zeros follow.
struct Digits {
    text: String,
    scale: i64,
}

/// A number that needs more digits than those before it, and where it is.
#[derive(Default)]
struct Longest {
    digits: i64,
    at: usize,
    shown: String,
}

impl Longest {
    fn meet(&mut self, digits: i64, at: usize, number: &Digits) {
        if digits > self.digits {
            *self = Self { digits, at, shown: cut(&number.text, number.scale) };
        }
    }
}

/// Unscaled values, all of the largest scale so far; as narrow as they can be.
enum Unscaled {
    Narrow(Vec<i128>),
    Wide(Vec<i256>),
}

impl Unscaled {
    /// Appends a number with `zeros` behind its digits, and before that as many behind those that are there as are
    /// `missing`. What 256 bits don't hold becomes anything: it has more digits than any decimal.
    fn push(&mut self, text: &str, zeros: i64, missing: i64) {
        if let Self::Narrow(values) = self {
            if narrow(values, text, zeros, missing).is_some() {
                return;
            }
            let wide = values.iter().map(|value| i256::from_i128(*value));
            *self = Self::Wide(wide.collect());
        }
        let Self::Wide(values) = self else { return };
        if missing > 0 {
            let factor = i256::from_i128(10).wrapping_pow(missing.min(WIDE) as u32);
            for value in values.iter_mut() {
                *value = value.wrapping_mul(factor);
            }
        }
        let factor = i256::from_i128(10).wrapping_pow(zeros.clamp(0, WIDE) as u32);
        values.push(i256::from_string(text).unwrap_or_default().wrapping_mul(factor));
    }

    /// Appends 0 for a number that isn't there.
    fn push_nothing(&mut self) {
        match self {
            Self::Narrow(values) => values.push(0),
            Self::Wide(values) => values.push(i256::ZERO),
        }
    }

    fn into_buffer(self, narrow: bool) -> Buffer {
        match self {
            Self::Narrow(values) if narrow => Buffer::from_vec(values),
            Self::Narrow(values) => {
                Buffer::from_vec(values.into_iter().map(i256::from_i128).collect::<Vec<_>>())
            }
            // Zeros may have scales that the type hasn't.
            Self::Wide(values) if narrow => {
                Buffer::from_vec(values.into_iter().map(i256::as_i128).collect::<Vec<_>>())
            }
            Self::Wide(values) => Buffer::from_vec(values),
        }
    }
}

/// [`Unscaled::push`] in 128 bits; None, and nothing done, where they don't do.
fn narrow(values: &mut Vec<i128>, text: &str, zeros: i64, missing: i64) -> Option<()> {
    let power = |n: i64| 10i128.checked_pow(u32::try_from(n).ok()?);
    let value = text.parse::<i128>().ok()?.checked_mul(power(zeros)?)?;
    if missing > 0 {
        let factor = power(missing)?;
        let most = i128::MAX / factor;
        if values.iter().any(|value| value.unsigned_abs() > most.unsigned_abs()) {
            return None;
        }
        for value in values.iter_mut() {
            *value *= factor;
        }
    }
    values.push(value);
    Some(())
}

/// Decimals, with ints among them where a decimal type was asked for. NaN is null.
pub(super) fn decimals<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let class = column.py.import("decimal")?.getattr("Decimal")?;
    let read = |at: usize, object: &Bound<'py, PyAny>| -> Outcome<Option<Digits>> {
        if object.is_instance_of::<PyInt>() || !object.is_instance(&class)? {
            return Ok(Some(Digits { text: digits(&integer(object)?), scale: 0 }));
        }
        let text: String = if object.get_type().is(&class) {
            object.str()?.extract()?
        } else {
            class.call_method1("__str__", (object,))?.extract()?
        };
        match parse(&text) {
            Some(number) => Ok(Some(number)),
            None if text.trim_start_matches('-').starts_with("NaN") => Ok(None),
            None => {
                let remedy = "decimals are finite: replace it, or leave it out with mask=";
                Err(column.place.lossy(at, text, "decimal128", remedy))
            }
        }
    };
    // Digits before the point and behind it.
    let (mut whole, mut scale) = (Longest::default(), Longest::default());
    let mut unscaled = Unscaled::Narrow(Vec::with_capacity(column.len));
    let mut valid = BooleanBufferBuilder::new(column.len);
    for (at, object) in drained(objects).enumerate() {
        let number = object.map(|object| read(at, &object)).transpose()?.flatten();
        valid.append(number.is_some());
        let Some(number) = number else {
            unscaled.push_nothing();
            continue;
        };
        let count = number.text.trim_start_matches('-').len() as i64;
        let zero = is_zero(&number.text);
        whole.meet(if zero { 0 } else { count - number.scale }, at, &number);
        let before = scale.digits;
        scale.meet(number.scale, at, &number);
        let zeros = if zero { 0 } else { scale.digits - number.scale };
        // What is refused in the end isn't worth multiplying all those before it again.
        if whole.digits + scale.digits <= WIDE {
            unscaled.push(&number.text, zeros, scale.digits - before);
        }
    }
    let precision = (whole.digits + scale.digits).max(1);
    if precision > WIDE {
        let (widest, least) = if whole.digits >= scale.digits { (whole, scale) } else { (scale, whole) };
        let mut value = widest.shown;
        if widest.at != least.at {
            value.push_str(&format!(" (beside {} at {})", least.shown, column.place.name(least.at)));
        }
        let remedy = format!("{precision} digits are needed; round the values, or pass type=\"float64\"");
        return Err(column.place.lossy(widest.at, value, "decimal256", remedy));
    }
    let narrow = precision <= NARROW;
    let (precision, scale) = (precision as u8, scale.digits as i8);
    let data_type =
        if narrow { DataType::Decimal128(precision, scale) } else { DataType::Decimal256(precision, scale) };
    let nulls = NullBuffer::new(valid.finish());
    let builder = ArrayData::builder(DataType::Null)
        .len(column.len)
        .nulls(Some(nulls).filter(|nulls| nulls.null_count() > 0))
        .add_buffer(unscaled.into_buffer(narrow));
    build(builder, Field::new("", data_type, true))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'-' || byte == b'0')
}

/// Reads what `Decimal` writes: digits, with a point or not, and an exponent or none.
fn parse(text: &str) -> Option<Digits> {
    let (number, exponent) = match text.split_once(['E', 'e']) {
        Some((number, exponent)) => (number, exponent.parse::<i64>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole),
    };
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let kept = all.trim_start_matches('0');
    let kept = if kept.is_empty() { "0" } else { kept };
    Some(Digits { text: format!("{sign}{kept}"), scale: fraction.len() as i64 - exponent })
}

fn cut(text: &str, scale: i64) -> String {
    let shown: String = text.chars().take(50).collect();
    let rest = if shown.len() < text.len() { "..." } else { "" };
    if scale == 0 { format!("{shown}{rest}") } else { format!("{shown}{rest}E{}", -scale) }
}
