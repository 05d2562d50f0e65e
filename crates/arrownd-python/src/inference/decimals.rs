//! `decimal.Decimal`: the smallest decimal type that holds all values.

use arrow_buffer::{Buffer, i256};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::engine::dense::Made;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::build;
use super::column::{Column, Objects};
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

/// Decimals, with ints among them where a decimal type was asked for. NaN is null.
pub(super) fn decimals<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let class = column.py.import("decimal")?.getattr("Decimal")?;
    let mut numbers: Vec<Option<Digits>> = column.map(objects, |at, object| {
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
    })?;
    // Digits before the point and behind it, and which value has so many.
    let (mut whole, mut scale) = ((0, 0), (0, 0));
    for (at, number) in numbers.iter().enumerate() {
        let Some(number) = number else { continue };
        let count = number.text.trim_start_matches('-').len() as i64;
        let before = if is_zero(&number.text) { 0 } else { count - number.scale };
        whole = if before > whole.0 { (before, at) } else { whole };
        scale = if number.scale > scale.0 { (number.scale, at) } else { scale };
    }
    let precision = (whole.0 + scale.0).max(1);
    if precision > WIDE {
        let (widest, least) = if whole.0 >= scale.0 { (whole.1, scale.1) } else { (scale.1, whole.1) };
        let shown = |at: usize| match numbers.get(at) {
            Some(Some(number)) => cut(&number.text, number.scale),
            _ => String::new(),
        };
        let mut value = shown(widest);
        if widest != least {
            value.push_str(&format!(" (beside {} at {})", shown(least), column.place.name(least)));
        }
        let remedy = format!("{precision} digits are needed; round the values, or pass type=\"float64\"");
        return Err(column.place.lossy(widest, value, "decimal256", remedy));
    }
    let scale = scale.0;
    let mut unscaled: Vec<i256> = Vec::with_capacity(numbers.len());
    for number in &mut numbers {
        unscaled.push(match number {
            Some(number) if !is_zero(&number.text) => {
                number.text.extend(std::iter::repeat_n('0', (scale - number.scale) as usize));
                i256::from_string(&number.text).unwrap_or_default()
            }
            _ => i256::ZERO,
        });
    }
    let nulls = numbers
        .iter()
        .any(Option::is_none)
        .then(|| numbers.iter().map(Option::is_some).collect::<arrow_buffer::NullBuffer>());
    let (data_type, buffer) = if precision <= NARROW {
        let narrow: Vec<i128> = unscaled.iter().map(|value| value.as_i128()).collect();
        (DataType::Decimal128(precision as u8, scale as i8), Buffer::from_vec(narrow))
    } else {
        (DataType::Decimal256(precision as u8, scale as i8), Buffer::from_vec(unscaled))
    };
    let builder = ArrayData::builder(DataType::Null).len(numbers.len()).nulls(nulls).add_buffer(buffer);
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
