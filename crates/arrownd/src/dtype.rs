//! NumPy's dtypes, as far as Arrow data becomes them.

mod unit;

use std::fmt;

pub use unit::{Resolution, Unit};

/// A NumPy dtype.
///
/// `None` in the temporal variants is NumPy's generic unit: in a request it means the source's own.
///
/// ```
/// use arrownd::{DType, Unit};
///
/// let dtype = DType::datetime(Unit::Millisecond);
/// assert_eq!(dtype.to_string(), "datetime64[ms]");
/// assert_eq!(dtype.itemsize(), 8);
/// assert!(dtype.is_temporal() && dtype.has_marker());
/// // An integer has no marker for a missing value: it becomes a float.
/// assert_eq!(DType::Int16.with_missing(), DType::Float32);
/// assert!(DType::Int16.is_integer() && DType::Int16.is_numeric() && !DType::Int16.is_float());
/// assert_eq!(DType::Complex64.complex_part(), Some(DType::Float32));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are NumPy's")]
pub enum DType {
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    Float16,
    Float32,
    Float64,
    /// Two float32: pairs in fixed-size lists.
    Complex64,
    /// Two float64: pairs in fixed-size lists.
    Complex128,
    Datetime(Option<Resolution>),
    Timedelta(Option<Resolution>),
    /// `V{n}`
    Void(usize),
    /// `U{n}`: so many characters. 0 in a request means as many as the longest text has.
    Unicode(usize),
    /// `S{n}`: so many bytes. 0 in a request means as many as the longest value has.
    ByteString(usize),
    /// `StringDType`: text of any length.
    Strings {
        /// It has an `na_object`, which stands for a missing value.
        na: bool,
    },
    /// Structured: days and milliseconds, both int32.
    IntervalDayTime,
    /// Structured: months and days, both int32, and nanoseconds, int64.
    IntervalMonthDayNano,
    /// A record of so many bytes; the plan's [`Step::Records`](crate::engine::Step::Records) says what is in it.
    Record(usize),
    /// Python objects.
    Object,
}

impl DType {
    /// The datetime64 of a unit. *O(1)*.
    ///
    /// ```
    /// use arrow_schema::TimeUnit;
    /// use arrownd::{DType, Unit};
    ///
    /// assert_eq!(DType::datetime(Unit::Day).to_string(), "datetime64[D]");
    /// assert_eq!(DType::datetime(TimeUnit::Second.into()).to_string(), "datetime64[s]");
    /// ```
    #[must_use]
    pub fn datetime(unit: Unit) -> Self {
        Self::Datetime(Some(unit.into()))
    }

    /// The timedelta64 of a unit. *O(1)*.
    ///
    /// ```
    /// use arrownd::{DType, Unit};
    ///
    /// assert_eq!(DType::timedelta(Unit::Nanosecond).to_string(), "timedelta64[ns]");
    /// ```
    #[must_use]
    pub fn timedelta(unit: Unit) -> Self {
        Self::Timedelta(Some(unit.into()))
    }

    /// Bytes of one element. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// assert_eq!(DType::Float16.itemsize(), 2);
    /// // Four bytes a character.
    /// assert_eq!(DType::Unicode(30).itemsize(), 120);
    /// ```
    #[must_use]
    pub fn itemsize(self) -> usize {
        match self {
            Self::Bool | Self::Int8 | Self::UInt8 => 1,
            Self::Int16 | Self::UInt16 | Self::Float16 => 2,
            Self::Int32 | Self::UInt32 | Self::Float32 => 4,
            Self::Int64
            | Self::UInt64
            | Self::Float64
            | Self::Complex64
            | Self::Datetime(_)
            | Self::Timedelta(_)
            | Self::IntervalDayTime => 8,
            Self::IntervalMonthDayNano | Self::Complex128 => 16,
            Self::Void(n) | Self::ByteString(n) | Self::Record(n) => n,
            Self::Unicode(n) => n.saturating_mul(4),
            Self::Strings { .. } => 2 * size_of::<usize>(),
            Self::Object => size_of::<*const u8>(),
        }
    }

    /// The dtype of the two parts of a complex number; `None` for every other dtype. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// assert_eq!(DType::Complex128.complex_part(), Some(DType::Float64));
    /// assert_eq!(DType::Float64.complex_part(), None);
    /// ```
    #[must_use]
    pub fn complex_part(self) -> Option<Self> {
        match self {
            Self::Complex64 => Some(Self::Float32),
            Self::Complex128 => Some(Self::Float64),
            _ => None,
        }
    }

    /// Fields of one element, which is how many bools `np.ma` masks it with; 1 for a plain dtype. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// // Months, days and nanoseconds.
    /// assert_eq!(DType::IntervalMonthDayNano.record_parts(), 3);
    /// assert_eq!(DType::Int64.record_parts(), 1);
    /// ```
    #[must_use]
    pub fn record_parts(self) -> usize {
        match self {
            Self::IntervalDayTime => 2,
            Self::IntervalMonthDayNano => 3,
            _ => 1,
        }
    }

    /// bool, integers and floats. *O(1)*.
    ///
    /// ```
    /// use arrownd::{DType, Unit};
    ///
    /// assert!(DType::Bool.is_numeric() && DType::Float16.is_numeric());
    /// assert!(!DType::Complex64.is_numeric() && !DType::timedelta(Unit::Second).is_numeric());
    /// ```
    #[must_use]
    pub fn is_numeric(self) -> bool {
        self == Self::Bool || self.is_integer() || self.is_float()
    }

    /// Signed and unsigned integers. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// assert!(DType::UInt8.is_integer() && !DType::Bool.is_integer());
    /// ```
    #[must_use]
    pub fn is_integer(self) -> bool {
        self.is_signed() || matches!(self, Self::UInt8 | Self::UInt16 | Self::UInt32 | Self::UInt64)
    }

    pub(crate) fn is_signed(self) -> bool {
        matches!(self, Self::Int8 | Self::Int16 | Self::Int32 | Self::Int64)
    }

    /// Floats of 16, 32 and 64 bits. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// assert!(DType::Float16.is_float() && !DType::Complex64.is_float());
    /// ```
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Self::Float16 | Self::Float32 | Self::Float64)
    }

    /// datetime64 and timedelta64. *O(1)*.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// // Of any unit, the generic one too.
    /// assert!(DType::Datetime(None).is_temporal() && !DType::IntervalDayTime.is_temporal());
    /// ```
    #[must_use]
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Datetime(_) | Self::Timedelta(_))
    }

    /// Has a marker of its own for a missing value: NaN, NaT, None or an `na_object`. *O(1)*.
    ///
    /// ```
    /// use arrownd::{DType, Unit};
    ///
    /// assert!(DType::Float32.has_marker() && DType::datetime(Unit::Day).has_marker());
    /// assert!(!DType::Int32.has_marker() && !DType::Strings { na: false }.has_marker());
    /// ```
    #[must_use]
    pub fn has_marker(self) -> bool {
        self.is_float() || self.is_temporal() || matches!(self, Self::Object | Self::Strings { na: true })
    }

    /// Whether a request leaves the width to the longest text.
    pub(crate) fn takes_width(self) -> bool {
        matches!(self, Self::Unicode(0) | Self::ByteString(0))
    }

    /// The same kind of text, at least so wide and never of width 0, which NumPy doesn't have.
    pub(crate) fn at_least(self, width: usize) -> Self {
        match self {
            Self::Unicode(n) => Self::Unicode(n.max(width).max(1)),
            Self::ByteString(n) => Self::ByteString(n.max(width).max(1)),
            other => other,
        }
    }

    /// What this dtype becomes when a value is missing and the marker must be in the array. *O(1)*.
    ///
    /// Integers become float32 (8 and 16 bits) or float64, whatever has no marker becomes object.
    ///
    /// ```
    /// use arrownd::DType;
    ///
    /// assert_eq!(DType::UInt16.with_missing(), DType::Float32);
    /// assert_eq!(DType::Int64.with_missing(), DType::Float64);
    /// assert_eq!(DType::Bool.with_missing(), DType::Object);
    /// ```
    #[must_use]
    pub fn with_missing(self) -> Self {
        match self {
            Self::Int8 | Self::Int16 | Self::UInt8 | Self::UInt16 => Self::Float32,
            Self::Int32 | Self::Int64 | Self::UInt32 | Self::UInt64 => Self::Float64,
            other if other.has_marker() => other,
            _ => Self::Object,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float16 => "float16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Complex64 => "complex64",
            Self::Complex128 => "complex128",
            Self::Datetime(Some(r)) => return write!(f, "datetime64[{r}]"),
            Self::Timedelta(Some(r)) => return write!(f, "timedelta64[{r}]"),
            Self::Datetime(None) => "datetime64",
            Self::Timedelta(None) => "timedelta64",
            Self::Void(n) | Self::Record(n) => return write!(f, "V{n}"),
            Self::Unicode(0) => "U",
            Self::ByteString(0) => "S",
            Self::Unicode(n) => return write!(f, "U{n}"),
            Self::ByteString(n) => return write!(f, "S{n}"),
            Self::Strings { na: false } => "StringDType()",
            Self::Strings { na: true } => "StringDType(na_object=...)",
            Self::IntervalDayTime => "[('days', 'int32'), ('milliseconds', 'int32')]",
            Self::IntervalMonthDayNano => {
                "[('months', 'int32'), ('days', 'int32'), ('nanoseconds', 'int64')]"
            }
            Self::Object => "object",
        };
        f.write_str(name)
    }
}
