//! Types of fixed width: numbers, booleans, dates and times.

use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, TimeUnit};

use super::flat::{FlatCast, target};
use super::{Cast, assembled, fill, lossy};
use crate::dtype::Unit;
use crate::error::{Error, Result};
use crate::mapping::{Element, map};
use crate::source::{Bits, Chunk, Data};

impl Cast<'_> {
    /// A type of fixed width as another.
    pub(super) fn fixed(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        if same_ticks(from.data_type(), to.data_type()) {
            let ticks = whole(data, target(from, to)?.element.width())?;
            within_range(&ticks, |at| data.is_valid(at), to, self.safe)?;
            return assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![ticks], vec![]);
        }
        self.flat(data, from, to, &mut FlatCast::new(from, to, self.safe)?)
    }

    /// What a conversion makes of the values.
    pub(super) fn flat(
        &mut self,
        data: &ArrayData,
        from: &Field,
        to: &Field,
        cast: &mut FlatCast,
    ) -> Result<ArrayData> {
        let buffer = fill::flat(self.memory, cast, &chunk(data, map(from)?.element)?)?;
        assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![buffer], vec![])
    }
}

/// Times of day end with the day, and milliseconds of a date are whole days.
pub(super) fn within_range(
    bytes: &[u8],
    is_valid: impl Fn(usize) -> bool,
    to: &Field,
    safe: bool,
) -> Result<()> {
    const DAY: i64 = 86_400;
    let ticks = |unit: &TimeUnit| match unit {
        TimeUnit::Second => DAY,
        TimeUnit::Millisecond => DAY * 1_000,
        TimeUnit::Microsecond => DAY * 1_000_000,
        TimeUnit::Nanosecond => DAY * 1_000_000_000,
    };
    let (day, of_day) = match to.data_type() {
        DataType::Time32(unit) | DataType::Time64(unit) => (ticks(unit), true),
        DataType::Date64 if safe => (DAY * 1_000, false),
        _ => return Ok(()),
    };
    let width = to.data_type().primitive_width().unwrap_or(8);
    for (i, value) in bytes.chunks_exact(width).enumerate() {
        let value = match (<[u8; 4]>::try_from(value), <[u8; 8]>::try_from(value)) {
            (Ok(narrow), _) => i64::from(i32::from_ne_bytes(narrow)),
            (_, Ok(wide)) => i64::from_ne_bytes(wide),
            _ => 0,
        };
        let fits = if of_day { (0..day).contains(&value) } else { value % day == 0 };
        if !fits && is_valid(i) {
            let (what, remedy) = if of_day {
                (format!("{value}, which is no time of a day,"), "ask for a duration")
            } else {
                (format!("{value} ms, which is no whole number of days,"), "ask for timestamp[ms]")
            };
            return Err(lossy(what, i, to, remedy));
        }
    }
    Ok(())
}

/// Whether the target reads the source's bytes as they are: ticks, and what they count.
pub(super) fn same_ticks(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    let of_32 = |t: &DataType| {
        matches!(t, T::Int32 | T::Date32 | T::Time32(_) | T::Interval(arrow_schema::IntervalUnit::YearMonth))
    };
    let of_64 = |t: &DataType| matches!(t, T::Date64 | T::Time64(_) | T::Timestamp(..) | T::Duration(_));
    match (from, to) {
        (T::Int32, other) | (other, T::Int32) => of_32(other),
        (T::Int64, other) | (other, T::Int64) => of_64(other),
        // The zone is where an instant is shown, not when it was: ticks are in UTC on both sides, and
        // without one, as NumPy's are.
        (T::Timestamp(a, _), T::Timestamp(b, _)) => a == b,
        (T::Timestamp(unit, _), T::Date64) | (T::Date64, T::Timestamp(unit, _)) => {
            *unit == TimeUnit::Millisecond
        }
        (T::Time64(a), T::Duration(b)) | (T::Duration(a), T::Time64(b)) => Unit::from(*a) == Unit::from(*b),
        _ => false,
    }
}

/// The values' own bytes, as a buffer that shares the memory.
pub(super) fn whole(data: &ArrayData, width: usize) -> Result<Buffer> {
    let (start, len) = (data.offset() * width, data.len() * width);
    match data.buffers().first() {
        Some(buffer) if start + len <= buffer.len() => Ok(buffer.slice_with_length(start, len)),
        _ => Err(short(data)),
    }
}

pub(in crate::dense) fn short(data: &ArrayData) -> Error {
    let what = format!("a buffer too short for {} values of type {}", data.len(), data.data_type());
    Error::InvalidArrow { path: String::new(), what }
}

/// Flat data as the import has it.
fn chunk(data: &ArrayData, element: Element) -> Result<Chunk<'_>> {
    let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
    let validity = nulls.and_then(|nulls| Bits::new(nulls.validity(), nulls.offset(), nulls.len()));
    let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
    let values = if element == Element::Bit {
        Bits::new(bytes, data.offset(), data.len()).map(Data::Bits)
    } else {
        let width = element.width();
        bytes.get(data.offset() * width..(data.offset() + data.len()) * width).map(Data::Fixed)
    };
    Ok(Chunk { len: data.len(), validity, data: values.ok_or_else(|| short(data))? })
}
