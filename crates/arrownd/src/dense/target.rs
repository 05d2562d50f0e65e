//! Which Arrow type the values of an array become, and what has to be done to them.

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};

use super::table::{DenseRowId, dense_row};
use super::type_name::Wanted;
use super::words::Marker;
use crate::dtype::{DType, Resolution, Unit};
use crate::error::{Error, Result};
use crate::mapping::{Extension, extension};
use crate::plan::{Op, rescale};

/// What is done to each value on the way to Arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recode {
    /// Nothing: the bytes stay what they are.
    Same,
    /// Bools are packed as bits.
    Bits,
    /// Ticks become ticks of another unit.
    Ticks {
        /// How: a scale or the calendar.
        op: Op,
        /// Arrow has 32 bits of them.
        narrow: bool,
    },
}

/// What values of one dtype become.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Target {
    /// The type; for a complex number that of its parts.
    pub(super) field: Field,
    pub(super) recode: Recode,
    /// What stands for a missing value.
    pub(super) marker: Option<Marker>,
}

fn plain(data_type: DataType) -> Field {
    Field::new("", data_type, true)
}

fn time_unit(unit: Unit) -> TimeUnit {
    match unit {
        Unit::Millisecond => TimeUnit::Millisecond,
        Unit::Microsecond => TimeUnit::Microsecond,
        Unit::Nanosecond | Unit::Picosecond | Unit::Femtosecond | Unit::Attosecond => TimeUnit::Nanosecond,
        Unit::Year | Unit::Month | Unit::Week | Unit::Day | Unit::Hour | Unit::Minute | Unit::Second => {
            TimeUnit::Second
        }
    }
}

fn none(dtype: DType, to: &str, remedy: &str) -> Error {
    Error::UnsupportedType {
        path: String::new(),
        from: dtype.to_string(),
        to: to.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The Arrow type of ticks, and the resolution that it counts in.
fn of_ticks(dtype: DType, row: DenseRowId) -> Option<(DataType, Resolution)> {
    use DenseRowId as R;
    let (DType::Datetime(Some(r)) | DType::Timedelta(Some(r))) = dtype else { return None };
    let unit = time_unit(r.unit);
    Some(match row {
        R::DatetimeDays | R::DatetimeMonths => (DataType::Date32, Unit::Day.into()),
        R::TimedeltaMonths => (DataType::Interval(IntervalUnit::YearMonth), Unit::Month.into()),
        R::Datetime | R::DatetimeMultiple | R::DatetimeClock | R::DatetimeFine => {
            (DataType::Timestamp(unit, None), Unit::from(unit).into())
        }
        R::Timedelta | R::TimedeltaMultiple | R::TimedeltaClock | R::TimedeltaFine => {
            (DataType::Duration(unit), Unit::from(unit).into())
        }
        _ => return None,
    })
}

/// The resolution of a wanted type that ticks of this dtype are converted to directly.
fn wanted_ticks(dtype: DType, wanted: &DataType) -> Option<Resolution> {
    Some(match (dtype, wanted) {
        (DType::Datetime(_), DataType::Timestamp(unit, _))
        | (DType::Timedelta(_), DataType::Duration(unit)) => Unit::from(*unit).into(),
        (DType::Datetime(_), DataType::Date32) => Unit::Day.into(),
        (DType::Timedelta(_), DataType::Interval(IntervalUnit::YearMonth)) => Unit::Month.into(),
        _ => return None,
    })
}

/// Whether values of the natural type are values of the wanted type as they lie.
fn serves(natural: &DataType, wanted: &DataType) -> bool {
    use DataType as T;
    natural == wanted
        || match natural {
            T::Int64 => matches!(wanted, T::Timestamp(..) | T::Duration(_)),
            T::Int32 => matches!(wanted, T::Date32 | T::Interval(IntervalUnit::YearMonth)),
            _ => false,
        }
}

/// The Arrow type of values that nothing else is wanted of.
///
/// # Errors
/// [`Error::UnsupportedType`] for a dtype without a counterpart.
pub(crate) fn natural(dtype: DType) -> Result<DataType> {
    Ok(target(dtype, None, false)?.field.data_type().clone())
}

/// What values of `dtype` become, as near to `wanted` as one pass brings them.
///
/// # Errors
/// [`Error::UnsupportedType`] for a dtype without a counterpart.
pub(super) fn target(dtype: DType, wanted: Option<&Field>, nan_as_null: bool) -> Result<Target> {
    use DenseRowId as R;
    let row = dense_row(dtype)
        .ok_or_else(|| none(dtype, "Arrow", "it has no unit: pass values of one that Arrow has"))?;
    if let (DType::Datetime(Some(from)) | DType::Timedelta(Some(from)), Some((natural, to))) =
        (dtype, of_ticks(dtype, row))
    {
        let (field, to) = match wanted.map(|field| (field, wanted_ticks(dtype, field.data_type()))) {
            Some((field, Some(to))) => (field.clone().with_name(""), to),
            _ => (plain(natural), to),
        };
        let narrow = matches!(field.data_type(), DataType::Date32 | DataType::Interval(_));
        let recode = if from == to && !narrow {
            Recode::Same
        } else {
            let op = rescale(from, to, matches!(dtype, DType::Datetime(_))).ok_or_else(|| {
                none(dtype, &crate::plan::type_name(&field), "convert it to a nearer unit first")
            })?;
            Recode::Ticks { op, narrow }
        };
        return Ok(Target { field, recode, marker: Some(Marker::NaT) });
    }
    let natural = match row {
        R::Bool => DataType::Boolean,
        R::Int8 => DataType::Int8,
        R::Int16 => DataType::Int16,
        R::Int32 => DataType::Int32,
        R::Int64 => DataType::Int64,
        R::UInt8 => DataType::UInt8,
        R::UInt16 => DataType::UInt16,
        R::UInt32 => DataType::UInt32,
        R::UInt64 => DataType::UInt64,
        R::Float16 => DataType::Float16,
        R::Float32 | R::Complex64 => DataType::Float32,
        R::Float64 | R::Complex128 => DataType::Float64,
        R::Void => match i32::try_from(dtype.itemsize()) {
            Ok(n) => DataType::FixedSizeBinary(n),
            Err(_) => return Err(none(dtype, "fixed_size_binary", "")),
        },
        R::Record if dtype == DType::IntervalDayTime => DataType::Interval(IntervalUnit::DayTime),
        R::Record if dtype == DType::IntervalMonthDayNano => DataType::Interval(IntervalUnit::MonthDayNano),
        _ => return Err(none(dtype, "Arrow", "")),
    };
    let marker = match natural {
        DataType::Float16 if nan_as_null => Some(Marker::NaN16),
        DataType::Float32 if nan_as_null => Some(Marker::NaN32),
        DataType::Float64 if nan_as_null => Some(Marker::NaN64),
        _ => None,
    };
    if let Some(wanted) = wanted {
        let bool8 = dtype == DType::Bool && extension(wanted)? == Some(Extension::Bool8);
        if bool8 || (serves(&natural, wanted.data_type()) && dtype.complex_part().is_none()) {
            let recode = if natural == DataType::Boolean && !bool8 { Recode::Bits } else { Recode::Same };
            return Ok(Target { field: wanted.clone().with_name(""), recode, marker });
        }
    }
    let recode = if natural == DataType::Boolean { Recode::Bits } else { Recode::Same };
    Ok(Target { field: plain(natural), recode, marker })
}

/// Where a wanted type points in an array: at its values, or at what it becomes as a whole.
pub(super) struct Aim {
    pub(super) values: Option<Field>,
    pub(super) whole: Option<Field>,
    pub(super) tensor: bool,
}

/// Splits a wanted type by the dimensions after the rows. A type that is no list is that of the values.
pub(super) fn aim(wanted: Option<&Wanted>, dims: &[usize]) -> Result<Aim> {
    let field = match wanted {
        None => return Ok(Aim { values: None, whole: None, tensor: false }),
        Some(Wanted::Tensor) => return Ok(Aim { values: None, whole: None, tensor: true }),
        Some(Wanted::Field(field)) => field,
    };
    if extension(field)? == Some(Extension::Tensor) {
        let values = match field.data_type() {
            DataType::FixedSizeList(item, _) => Some(item.as_ref().clone()),
            _ => None,
        };
        return Ok(Aim { values, whole: Some(field.clone()), tensor: true });
    }
    let mut values = field.clone();
    for dim in dims {
        match values.data_type() {
            DataType::FixedSizeList(item, n) if usize::try_from(*n) == Ok(*dim) => {
                values = item.as_ref().clone();
            }
            other if !other.is_nested() && values == *field => break,
            _ => return Ok(Aim { values: None, whole: Some(field.clone()), tensor: false }),
        }
    }
    let whole = (values != *field || values.data_type().is_nested()).then(|| field.clone());
    Ok(Aim { values: Some(values), whole, tensor: false })
}

/// The wanted type of values that the caller's side converts, of an array of `shape`. *O(dimensions)*.
///
/// # Errors
/// [`Error::InvalidArrow`] for an extension that doesn't allow its storage.
///
/// ```
/// use arrow_schema::DataType;
/// use arrownd::engine::dense::type_name::{Wanted, parse_type};
/// use arrownd::engine::dense::wanted_values;
///
/// // Of what is nested, the values are told their own type.
/// let wanted = parse_type("fixed_size_list[float32, 3]")?;
/// let Some(Wanted::Field(values)) = wanted_values(Some(&wanted), &[2, 3])? else { panic!() };
/// assert_eq!(values.data_type(), &DataType::Float32);
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn wanted_values(wanted: Option<&Wanted>, shape: &[usize]) -> Result<Option<Wanted>> {
    let dims = shape.get(1..).unwrap_or_default();
    Ok(aim(wanted, dims)?.values.map(Wanted::Field))
}

/// The wanted type of a field, by its name. *O(fields)*.
///
/// ```
/// use arrownd::engine::dense::{type_name::parse_type, wanted_field};
///
/// let wanted = parse_type("struct[x: int8, y: utf8]")?;
/// assert!(wanted_field(Some(&wanted), "x").is_some());
/// assert_eq!(wanted_field(Some(&wanted), "z"), None);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[must_use]
pub fn wanted_field(wanted: Option<&Wanted>, name: &str) -> Option<Wanted> {
    match wanted? {
        Wanted::Field(field) => match field.data_type() {
            DataType::Struct(fields) => {
                fields.find(name).map(|(_, field)| Wanted::Field(field.as_ref().clone()))
            }
            _ => None,
        },
        Wanted::Tensor => None,
    }
}
