//! Types of fixed width: numbers, booleans, dates and times.

use arrow_buffer::{BooleanBuffer, Buffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, TimeUnit};

use super::{Cast, assembled, fill, lossy, unsupported};
use crate::dense::type_name::full_name;
use crate::dtype::{DType, Unit};
use crate::error::{Error, Result};
use crate::execute::Planned;
use crate::mapping::{Element, map};
use crate::options::{Nulls, Options};
use crate::source::{Bits, Chunk, Column, Data};

const WIDER: &str = "pass a wider type, or ArrowOptions::safe(false) to round or cut";

impl Cast<'_> {
    /// A type of fixed width as another.
    pub(super) fn fixed(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (source, target) = (map(from)?, map(to)?);
        if source.element == Element::Nested
            || target.element == Element::Nested
            || !is_fixed(source.element)
            || !is_fixed(target.element)
        {
            return unsupported(from, to);
        }
        if !meets(source.meaning, target.meaning) {
            return unsupported(from, to);
        }
        if same_ticks(from.data_type(), to.data_type()) {
            let ticks = whole(data, target.element.width())?;
            let made = assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![ticks], vec![])?;
            self.within_range(&made, to)?;
            return Ok(made);
        }
        let dtype = target.meaning;
        if self.safe && source.meaning.is_temporal() && dtype.is_temporal() {
            no_nat(data, to)?;
        }
        let buffer = match (target.element, dtype) {
            (Element::Bit, _) => {
                let bytes = self.dense(data, from, to, DType::Bool, self.safe)?;
                BooleanBuffer::collect_bool(data.len(), |i| bytes.get(i).is_some_and(|b| *b != 0))
                    .into_inner()
            }
            (element, dtype) if element.width() < dtype.itemsize() => {
                // NumPy has only 64 bits for dates and times.
                let ticks = self.dense(data, from, to, dtype, self.safe)?;
                let wide =
                    assembled(&DataType::Int64, data.len(), data.nulls().cloned(), vec![ticks], vec![])?;
                let wide_field = Field::new("", DataType::Int64, true);
                self.dense(&wide, &wide_field, to, DType::Int32, self.safe)?
            }
            _ => self.dense(data, from, to, dtype, self.safe)?,
        };
        let made = assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![buffer], vec![])?;
        self.within_range(&made, to)?;
        Ok(made)
    }

    /// The values in the memory of a dense array; what lies under missing ones isn't looked at.
    pub(super) fn dense(
        &mut self,
        data: &ArrayData,
        from: &Field,
        to: &Field,
        dtype: DType,
        safe: bool,
    ) -> Result<Buffer> {
        let chunk = [chunk(data, map(from)?.element)?];
        let options = Options { dtype: Some(dtype), nulls: Nulls::Masked, safe, ..Options::default() };
        let named = |error| match error {
            Error::LossyCast { path, value, position, .. } => {
                Error::LossyCast { path, value, position, dtype: full_name(to), remedy: WIDER.to_owned() }
            }
            Error::UnsupportedType { path, remedy, .. } => {
                Error::UnsupportedType { path, from: full_name(from), to: full_name(to), remedy }
            }
            other => other,
        };
        let from = from.clone().with_name("");
        let column = Column::new(&from, &chunk, &options)?;
        let planned = Planned::new(&column, &options, &[]).map_err(named)?;
        fill::converted(self.memory, planned.task(), data.len(), dtype.itemsize()).map_err(named)
    }

    /// Times of day end with the day, and milliseconds of a date are whole days.
    fn within_range(&self, data: &ArrayData, to: &Field) -> Result<()> {
        const DAY: i64 = 86_400;
        let ticks = |unit: &TimeUnit| match unit {
            TimeUnit::Second => DAY,
            TimeUnit::Millisecond => DAY * 1_000,
            TimeUnit::Microsecond => DAY * 1_000_000,
            TimeUnit::Nanosecond => DAY * 1_000_000_000,
        };
        let (day, of_day) = match to.data_type() {
            DataType::Time32(unit) | DataType::Time64(unit) => (ticks(unit), true),
            DataType::Date64 if self.safe => (DAY * 1_000, false),
            _ => return Ok(()),
        };
        let width = data.data_type().primitive_width().unwrap_or(8);
        let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
        for (i, value) in bytes.chunks_exact(width).take(data.len()).enumerate() {
            let value = match (<[u8; 4]>::try_from(value), <[u8; 8]>::try_from(value)) {
                (Ok(narrow), _) => i64::from(i32::from_ne_bytes(narrow)),
                (_, Ok(wide)) => i64::from_ne_bytes(wide),
                _ => 0,
            };
            let fits = if of_day { (0..day).contains(&value) } else { value % day == 0 };
            if !fits && data.is_valid(i) {
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
}

/// The kernels take the smallest value for NaT, which stays what it is; in Arrow it is a time like any other.
fn no_nat(data: &ArrayData, to: &Field) -> Result<()> {
    if data.data_type().primitive_width() != Some(8) {
        return Ok(());
    }
    let ticks = whole(data, 8)?;
    let found = ticks
        .as_chunks::<8>()
        .0
        .iter()
        .enumerate()
        .find(|(i, tick)| i64::from_ne_bytes(**tick) == i64::MIN && data.is_valid(*i));
    match found {
        Some((i, _)) => Err(lossy(i64::MIN.to_string(), i, to, "mask it, if it stands for a missing value")),
        None => Ok(()),
    }
}

fn is_fixed(element: Element) -> bool {
    element.width() > 0 || element == Element::Bit
}

/// Which kinds of values become which: a time is never a fraction, nor a truth.
fn meets(source: DType, target: DType) -> bool {
    let number = |dtype: DType| dtype.is_numeric() || dtype == DType::Object;
    match (source, target) {
        (DType::Datetime(_), DType::Datetime(_)) | (DType::Timedelta(_), DType::Timedelta(_)) => true,
        (a, b) if a.is_temporal() || b.is_temporal() => a.is_integer() || b.is_integer(),
        (a, b) => number(a) && number(b) && b != DType::Object,
    }
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

pub(super) fn short(data: &ArrayData) -> Error {
    let what = format!("a buffer too short for {} values of type {}", data.len(), data.data_type());
    Error::InvalidArrow { path: String::new(), what }
}

/// Flat data as the import has it.
fn chunk(data: &ArrayData, element: Element) -> Result<Chunk<'_>> {
    let validity = data.nulls().and_then(|nulls| Bits::new(nulls.validity(), nulls.offset(), nulls.len()));
    let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
    let values = if element == Element::Bit {
        Bits::new(bytes, data.offset(), data.len()).map(Data::Bits)
    } else {
        let width = element.width();
        bytes.get(data.offset() * width..(data.offset() + data.len()) * width).map(Data::Fixed)
    };
    Ok(Chunk { len: data.len(), validity, data: values.ok_or_else(|| short(data))? })
}
