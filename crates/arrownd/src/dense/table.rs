//! The type table of the other way: a row for what each dtype becomes. It drives the planner, `docs/types.md` and the
//! parametrised tests.

use crate::dtype::{DType, Resolution, Unit};

/// What values of one dtype become.
///
/// ```
/// use arrownd::engine::dense::DENSE_ROWS;
///
/// let row = DENSE_ROWS[0];
/// assert_eq!((row.dtype, row.arrow, row.view), ("bool", "bool", false));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DenseRow {
    /// NumPy's name of the dtype.
    pub dtype: &'static str,
    /// The Arrow type; `*` where it depends on the values.
    pub arrow: &'static str,
    /// Memory is shared where it is contiguous, aligned and native.
    pub view: bool,
    /// What else a reader should know.
    pub note: &'static str,
}

macro_rules! rows {
    ($($id:ident $dtype:literal $arrow:literal $view:ident $note:literal)*) => {
        /// Names a row of the table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum DenseRowId { $($id),* }

        /// The table, a row a dtype.
        ///
        /// ```
        /// use arrownd::engine::dense::DENSE_ROWS;
        ///
        /// let text = DENSE_ROWS.iter().find(|row| row.dtype == "U{n}");
        /// assert_eq!(text.map(|row| row.arrow), Some("utf8"));
        /// ```
        pub static DENSE_ROWS: &[DenseRow] = &[$(DenseRow {
            dtype: $dtype, arrow: $arrow, view: rows!(@flag $view), note: $note,
        }),*];
    };
    (@flag V) => { true };
    (@flag C) => { false };
}

rows! {
    Bool "bool" "bool" C "eight to a byte; type=\"bool8\" shares the bytes"
    Int8 "int8" "int8" V ""
    Int16 "int16" "int16" V ""
    Int32 "int32" "int32" V ""
    Int64 "int64" "int64" V ""
    UInt8 "uint8" "uint8" V ""
    UInt16 "uint16" "uint16" V ""
    UInt32 "uint32" "uint32" V ""
    UInt64 "uint64" "uint64" V ""
    Float16 "float16" "float16" V "NaN stays NaN; with nan_as_null=True it is null"
    Float32 "float32" "float32" V "NaN stays NaN; with nan_as_null=True it is null"
    Float64 "float64" "float64" V "NaN stays NaN; with nan_as_null=True it is null"
    Complex64 "complex64" "fixed_size_list[float32, 2]" V "real and imaginary part"
    Complex128 "complex128" "fixed_size_list[float64, 2]" V "real and imaginary part"
    Datetime "datetime64[s, ms, us, ns]" "timestamp[unit]" V "NaT is null"
    DatetimeMultiple "datetime64[25s], [7ms], ..." "timestamp[unit]" C "ticks times the multiple; one that overflows is an error"
    DatetimeClock "datetime64[h, m]" "timestamp[s]" C "one that overflows is an error"
    DatetimeDays "datetime64[W, D]" "date32" C "a day beyond 32 bits is an error"
    DatetimeMonths "datetime64[Y, M]" "date32" C "the first day of the period"
    DatetimeFine "datetime64[ps, fs, as]" "timestamp[ns]" C "one that isn't whole nanoseconds is an error"
    Timedelta "timedelta64[s, ms, us, ns]" "duration[unit]" V "NaT is null"
    TimedeltaMultiple "timedelta64[25s], [7ms], ..." "duration[unit]" C "ticks times the multiple; one that overflows is an error"
    TimedeltaClock "timedelta64[W, D, h, m]" "duration[s]" C "one that overflows is an error"
    TimedeltaMonths "timedelta64[Y, M]" "interval[year_month]" C "a number beyond 32 bits is an error"
    TimedeltaFine "timedelta64[ps, fs, as]" "duration[ns]" C "one that isn't whole nanoseconds is an error"
    Void "V{n}" "fixed_size_binary[n]" V ""
    ByteString "S{n}" "binary" C "as NumPy has them: without the NULs at the end"
    Unicode "U{n}" "utf8" C "as NumPy has them: without the NULs at the end"
    Strings "StringDType()" "utf8" C "its na_object is null"
    Object "object" "*" C "by what the objects are: numbers, Decimal, times, UUID, str, bytes, lists, arrays; None is null"
    Record "[('a', ...), ...]" "struct" C "a field a field; shared where a record has one field and no padding"
}

/// The row of a dtype; `None` for a generic datetime64 or timedelta64, which has no unit.
#[must_use]
pub(super) fn dense_row(dtype: DType) -> Option<DenseRowId> {
    use DenseRowId as R;
    let multiple = |r: Resolution, plain: R, multiplied: R| if r.multiple == 1 { plain } else { multiplied };
    Some(match dtype {
        DType::Bool => R::Bool,
        DType::Int8 => R::Int8,
        DType::Int16 => R::Int16,
        DType::Int32 => R::Int32,
        DType::Int64 => R::Int64,
        DType::UInt8 => R::UInt8,
        DType::UInt16 => R::UInt16,
        DType::UInt32 => R::UInt32,
        DType::UInt64 => R::UInt64,
        DType::Float16 => R::Float16,
        DType::Float32 => R::Float32,
        DType::Float64 => R::Float64,
        DType::Complex64 => R::Complex64,
        DType::Complex128 => R::Complex128,
        DType::Datetime(None) | DType::Timedelta(None) => return None,
        DType::Datetime(Some(r)) => match r.unit {
            Unit::Year | Unit::Month => R::DatetimeMonths,
            Unit::Week | Unit::Day => R::DatetimeDays,
            Unit::Hour | Unit::Minute => R::DatetimeClock,
            Unit::Second | Unit::Millisecond | Unit::Microsecond | Unit::Nanosecond => {
                multiple(r, R::Datetime, R::DatetimeMultiple)
            }
            Unit::Picosecond | Unit::Femtosecond | Unit::Attosecond => R::DatetimeFine,
        },
        DType::Timedelta(Some(r)) => match r.unit {
            Unit::Year | Unit::Month => R::TimedeltaMonths,
            Unit::Week | Unit::Day | Unit::Hour | Unit::Minute => R::TimedeltaClock,
            Unit::Second | Unit::Millisecond | Unit::Microsecond | Unit::Nanosecond => {
                multiple(r, R::Timedelta, R::TimedeltaMultiple)
            }
            Unit::Picosecond | Unit::Femtosecond | Unit::Attosecond => R::TimedeltaFine,
        },
        DType::Void(_) => R::Void,
        DType::ByteString(_) => R::ByteString,
        DType::Unicode(_) => R::Unicode,
        DType::Strings { .. } => R::Strings,
        DType::Object => R::Object,
        DType::Record(_) | DType::IntervalDayTime | DType::IntervalMonthDayNano => R::Record,
    })
}
