//! Types without others in them.

use std::sync::Arc;

use arrow_schema::{DataType, IntervalUnit, TimeUnit};

use super::Parser;
use crate::error::Result;

impl Parser<'_> {
    /// The type of that name, with its parameters; `None` where it isn't one of these.
    pub(super) fn flat(&mut self, name: &str) -> Result<Option<DataType>> {
        use DataType as T;
        Ok(Some(match name {
            "null" => T::Null,
            "bool" | "bool_" | "boolean" => T::Boolean,
            "int8" => T::Int8,
            "int16" => T::Int16,
            "int32" => T::Int32,
            "int64" => T::Int64,
            "uint8" => T::UInt8,
            "uint16" => T::UInt16,
            "uint32" => T::UInt32,
            "uint64" => T::UInt64,
            "float16" | "halffloat" => T::Float16,
            "float32" | "float" => T::Float32,
            "float64" | "double" => T::Float64,
            "utf8" | "string" | "str" => T::Utf8,
            "large_utf8" | "large_string" | "large_str" => T::LargeUtf8,
            "utf8_view" | "string_view" => T::Utf8View,
            "binary" if self.opens() => self.fixed_size_binary()?,
            "fixed_size_binary" => self.fixed_size_binary()?,
            "binary" | "bytes" => T::Binary,
            "large_binary" => T::LargeBinary,
            "binary_view" => T::BinaryView,
            "date32" => self.optional_unit("day", T::Date32)?,
            "date64" => self.optional_unit("ms", T::Date64)?,
            "time32" => match self.unit()? {
                unit @ (TimeUnit::Second | TimeUnit::Millisecond) => T::Time32(unit),
                _ => return self.refuse("time32 counts s or ms: use time64[us] or time64[ns]"),
            },
            "time64" => match self.unit()? {
                unit @ (TimeUnit::Microsecond | TimeUnit::Nanosecond) => T::Time64(unit),
                _ => return self.refuse("time64 counts us or ns: use time32[s] or time32[ms]"),
            },
            "duration" => T::Duration(self.unit()?),
            "timestamp" => self.timestamp()?,
            "month_interval" | "year_month_interval" => T::Interval(IntervalUnit::YearMonth),
            "day_time_interval" => T::Interval(IntervalUnit::DayTime),
            "month_day_nano_interval" => T::Interval(IntervalUnit::MonthDayNano),
            "interval" => {
                self.expect("[")?;
                let unit = match self.until(&[']'])? {
                    "year_month" => IntervalUnit::YearMonth,
                    "day_time" => IntervalUnit::DayTime,
                    "month_day_nano" => IntervalUnit::MonthDayNano,
                    _ => return self.refuse("an interval is year_month, day_time or month_day_nano"),
                };
                self.expect("]")?;
                T::Interval(unit)
            }
            "decimal32" => self.decimal(9, T::Decimal32)?,
            "decimal64" => self.decimal(18, T::Decimal64)?,
            "decimal" | "decimal128" => self.decimal(38, T::Decimal128)?,
            "decimal256" => self.decimal(76, T::Decimal256)?,
            _ => return Ok(None),
        }))
    }

    fn opens(&self) -> bool {
        self.rest.trim_start().starts_with(['[', '('])
    }

    fn fixed_size_binary(&mut self) -> Result<DataType> {
        let Some(end) = self.open() else {
            return self.refuse("fixed_size_binary takes a size, as in fixed_size_binary[16]");
        };
        let size: i32 = self.integer()?;
        self.expect(end)?;
        if size < 0 {
            return self.refuse(format!("a size of {size}"));
        }
        Ok(DataType::FixedSizeBinary(size))
    }

    /// pyarrow prints the only unit that these types have.
    fn optional_unit(&mut self, unit: &str, data_type: DataType) -> Result<DataType> {
        if self.took("[") {
            self.expect(unit)?;
            self.expect("]")?;
        }
        Ok(data_type)
    }

    fn unit_code(&mut self) -> Result<TimeUnit> {
        match self.word() {
            "s" => Ok(TimeUnit::Second),
            "ms" => Ok(TimeUnit::Millisecond),
            "us" => Ok(TimeUnit::Microsecond),
            "ns" => Ok(TimeUnit::Nanosecond),
            other => self.refuse(format!("the unit {other:?} is none of s, ms, us, ns")),
        }
    }

    fn unit(&mut self) -> Result<TimeUnit> {
        if !self.took("[") {
            return self.refuse("a unit is missing, as in duration[us]");
        }
        let unit = self.unit_code()?;
        self.expect("]")?;
        Ok(unit)
    }

    fn timestamp(&mut self) -> Result<DataType> {
        if !self.took("[") {
            return self.refuse("a unit is missing, as in timestamp[us]");
        }
        let unit = self.unit_code()?;
        let zone = if self.took(",") {
            self.took("tz=");
            let zone = self.until(&[']'])?;
            if zone.is_empty() {
                return self.refuse("an empty time zone: leave it out");
            }
            Some(Arc::from(zone))
        } else {
            None
        };
        self.expect("]")?;
        Ok(DataType::Timestamp(unit, zone))
    }

    fn decimal(&mut self, most: u8, make: fn(u8, i8) -> DataType) -> Result<DataType> {
        let Some(end) = self.open() else {
            return self.refuse("a decimal takes precision and scale, as in decimal128(10, 2)");
        };
        let precision: u8 = self.integer()?;
        let scale: i8 = if self.took(",") { self.integer()? } else { 0 };
        self.expect(end)?;
        if !(1..=most).contains(&precision) {
            return self.refuse(format!("a precision of {precision}, which isn't from 1 to {most}"));
        }
        if scale > 0 && scale.unsigned_abs() > precision {
            return self
                .refuse(format!("a scale of {scale}, which is more than the precision of {precision}"));
        }
        Ok(make(precision, scale))
    }
}
