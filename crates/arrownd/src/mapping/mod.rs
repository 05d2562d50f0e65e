//! The type table, and the one function that says which row a field is.

mod extension;
mod table;

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit, UnionMode};

pub(crate) use extension::{
    Extension, Tensor, extension, pandas_index_columns, ray_shape, tensor, variable_tensor,
};
pub use table::{ROWS, Row, RowId};

use crate::dtype::{DType, Unit};
use crate::error::Result;

/// How one value lies in Arrow's memory, as far as kernels care.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Element, map};
///
/// let element = |data_type| map(&Field::new("", data_type, true)).map(|mapped| mapped.element);
/// assert_eq!(element(DataType::Boolean)?, Element::Bit);
/// assert_eq!(element(DataType::Date32)?, Element::I32);
/// assert_eq!(element(DataType::Decimal128(9, 2))?, Element::Decimal { width: 16, scale: 2 });
/// assert_eq!((Element::I32.width(), Element::Bit.width()), (4, 0));
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the types'")]
pub enum Element {
    /// No memory at all: every value is missing.
    Null,
    /// One bit.
    Bit,
    /// One byte, true where it isn't zero.
    ByteBool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
    /// An integer of `width` bytes (4, 8, 16 or 32), times ten to the power of `-scale`.
    Decimal {
        width: u8,
        scale: i8,
    },
    /// An integer of 128 bits.
    Wide {
        signed: bool,
    },
    /// So many bytes that nothing here interprets.
    Opaque(usize),
    /// Values in values: only Python objects can be made of it.
    Nested,
    /// Text or bytes of any length.
    Varlen {
        /// UTF-8 (which the border doesn't check), not any bytes.
        text: bool,
    },
}

impl Element {
    /// Bytes of one value; 0 where it hasn't a fixed number of them. *O(1)*.
    ///
    /// ```
    /// use arrownd::engine::Element;
    ///
    /// // Ten decimals of 128 bits.
    /// assert_eq!(10 * Element::Decimal { width: 16, scale: 2 }.width(), 160);
    /// assert_eq!(Element::Varlen { text: true }.width(), 0);
    /// ```
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Null | Self::Bit | Self::Varlen { .. } | Self::Nested => 0,
            Self::ByteBool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 | Self::F16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
            Self::Decimal { width, .. } => usize::from(width),
            Self::Wide { .. } => 16,
            Self::Opaque(n) => n,
        }
    }

    pub(crate) fn is_integer(self) -> bool {
        use Element as E;
        matches!(self, E::I8 | E::I16 | E::I32 | E::I64 | E::U8 | E::U16 | E::U32 | E::U64)
    }
}

/// One field's row, made concrete.
///
/// ```
/// use arrow_schema::{DataType, Field, TimeUnit};
/// use arrownd::engine::{RowId, map};
/// use arrownd::{DType, Unit};
///
/// let mapped = map(&Field::new("", DataType::Time64(TimeUnit::Microsecond), true))?;
/// assert_eq!((mapped.row, mapped.dtype), (RowId::Time64, DType::Object));
/// // On request, times of day are ticks.
/// assert_eq!(mapped.meaning, DType::timedelta(Unit::Microsecond));
/// assert!(!mapped.zoned);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mapped {
    /// The row.
    pub row: RowId,
    /// How the values lie.
    pub element: Element,
    /// What the table makes of them.
    pub dtype: DType,
    /// What the values are for NumPy where the table makes objects of them (times of day are
    /// timedeltas), otherwise the same as `dtype`.
    pub meaning: DType,
    /// A time zone is dropped.
    pub zoned: bool,
}

impl Mapped {
    fn new(row: RowId, element: Element, dtype: DType) -> Self {
        Self { row, element, dtype, meaning: dtype, zoned: false }
    }

    /// One Python object a value.
    fn nested(row: RowId) -> Self {
        Self::new(row, Element::Nested, DType::Object)
    }
}

/// Which row a field is. *O(1)*, but for the metadata of extension types, which is read.
///
/// # Errors
/// [`Error::InvalidArrow`](crate::Error::InvalidArrow) for an extension over the wrong storage.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::DType;
/// use arrownd::engine::map;
///
/// let mapped = map(&Field::new("x", DataType::UInt16, true))?;
/// assert_eq!(mapped.dtype, DType::UInt16);
/// assert_eq!(mapped.row.row().with_nulls, "float32");
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn map(field: &Field) -> Result<Mapped> {
    let storage = map_storage(field.data_type());
    Ok(match extension(field)? {
        Some(Extension::Bool8) => Mapped::new(RowId::Bool8, Element::ByteBool, DType::Bool),
        Some(Extension::Uuid) => Mapped { row: RowId::Uuid, ..storage },
        Some(Extension::Json) => Mapped { row: RowId::Json, ..storage },
        Some(Extension::Tensor) => Mapped { row: RowId::FixedShapeTensor, ..storage },
        Some(Extension::VariableShapeTensor) => Mapped::nested(RowId::VariableShapeTensor),
        Some(Extension::TimestampWithOffset) => Mapped::nested(RowId::TimestampWithOffset),
        Some(Extension::PolarsInt128) => wide(RowId::PolarsInt128, true),
        Some(Extension::PolarsUInt128) => wide(RowId::PolarsUInt128, false),
        Some(Extension::ParquetVariant) => Mapped { row: RowId::ParquetVariant, ..storage },
        Some(Extension::Period(Some(unit))) => {
            Mapped::new(RowId::PandasPeriod, Element::I64, DType::datetime(unit))
        }
        Some(Extension::Period(None)) => Mapped { row: RowId::PandasPeriod, ..storage },
        Some(Extension::PandasInterval) => Mapped { row: RowId::PandasInterval, ..storage },
        None | Some(Extension::Opaque | Extension::Unknown | Extension::RayTensor) => storage,
    })
}

impl From<TimeUnit> for Unit {
    fn from(unit: TimeUnit) -> Self {
        match unit {
            TimeUnit::Second => Self::Second,
            TimeUnit::Millisecond => Self::Millisecond,
            TimeUnit::Microsecond => Self::Microsecond,
            TimeUnit::Nanosecond => Self::Nanosecond,
        }
    }
}

/// The door: every `DataType`, one line each.
pub(crate) fn map_storage(data_type: &DataType) -> Mapped {
    use {DataType as T, Element as E, RowId as R};
    const TEXT: Element = Element::Varlen { text: true };
    const BYTES: Element = Element::Varlen { text: false };
    match data_type {
        T::Null => Mapped::new(R::Null, E::Null, DType::Float32),
        T::Boolean => Mapped::new(R::Bool, E::Bit, DType::Bool),
        T::Int8 => Mapped::new(R::Int8, E::I8, DType::Int8),
        T::Int16 => Mapped::new(R::Int16, E::I16, DType::Int16),
        T::Int32 => Mapped::new(R::Int32, E::I32, DType::Int32),
        T::Int64 => Mapped::new(R::Int64, E::I64, DType::Int64),
        T::UInt8 => Mapped::new(R::UInt8, E::U8, DType::UInt8),
        T::UInt16 => Mapped::new(R::UInt16, E::U16, DType::UInt16),
        T::UInt32 => Mapped::new(R::UInt32, E::U32, DType::UInt32),
        T::UInt64 => Mapped::new(R::UInt64, E::U64, DType::UInt64),
        T::Float16 => Mapped::new(R::Float16, E::F16, DType::Float16),
        T::Float32 => Mapped::new(R::Float32, E::F32, DType::Float32),
        T::Float64 => Mapped::new(R::Float64, E::F64, DType::Float64),
        T::Decimal32(_, scale) => decimal(R::Decimal32, 4, *scale),
        T::Decimal64(_, scale) => decimal(R::Decimal64, 8, *scale),
        T::Decimal128(_, scale) => decimal(R::Decimal128, 16, *scale),
        T::Decimal256(_, scale) => decimal(R::Decimal256, 32, *scale),
        T::Date32 => Mapped::new(R::Date32, E::I32, DType::datetime(Unit::Day)),
        T::Date64 => Mapped::new(R::Date64, E::I64, DType::datetime(Unit::Millisecond)),
        T::Time32(unit) => time(R::Time32, E::I32, *unit),
        T::Time64(unit) => time(R::Time64, E::I64, *unit),
        T::Timestamp(unit, None) => Mapped::new(R::Timestamp, E::I64, DType::datetime((*unit).into())),
        T::Timestamp(unit, Some(_)) => {
            Mapped { zoned: true, ..Mapped::new(R::TimestampTz, E::I64, DType::datetime((*unit).into())) }
        }
        T::Duration(unit) => Mapped::new(R::Duration, E::I64, DType::timedelta((*unit).into())),
        T::Interval(IntervalUnit::YearMonth) => {
            Mapped::new(R::IntervalYearMonth, E::I32, DType::timedelta(Unit::Month))
        }
        T::Interval(IntervalUnit::DayTime) => {
            Mapped::new(R::IntervalDayTime, E::Opaque(8), DType::IntervalDayTime)
        }
        T::Interval(IntervalUnit::MonthDayNano) => {
            Mapped::new(R::IntervalMonthDayNano, E::Opaque(16), DType::IntervalMonthDayNano)
        }
        T::Binary => Mapped::new(R::Binary, BYTES, DType::Object),
        T::LargeBinary => Mapped::new(R::LargeBinary, BYTES, DType::Object),
        T::BinaryView => Mapped::new(R::BinaryView, BYTES, DType::Object),
        T::FixedSizeBinary(n) => {
            let n = usize::try_from(*n).unwrap_or(0);
            Mapped::new(R::FixedSizeBinary, E::Opaque(n), DType::Void(n))
        }
        T::Utf8 => Mapped::new(R::Utf8, TEXT, DType::Object),
        T::LargeUtf8 => Mapped::new(R::LargeUtf8, TEXT, DType::Object),
        T::Utf8View => Mapped::new(R::Utf8View, TEXT, DType::Object),
        T::List(_) => Mapped::nested(R::List),
        T::LargeList(_) => Mapped::nested(R::LargeList),
        T::ListView(_) => Mapped::nested(R::ListView),
        T::LargeListView(_) => Mapped::nested(R::LargeListView),
        T::FixedSizeList(..) => Mapped::nested(R::FixedSizeList),
        T::Struct(_) => Mapped::nested(R::Struct),
        T::Map(..) => Mapped::nested(R::Map),
        T::Dictionary(..) => Mapped::nested(R::Dictionary),
        T::RunEndEncoded(..) => Mapped::nested(R::RunEndEncoded),
        T::Union(_, UnionMode::Dense) => Mapped::nested(R::DenseUnion),
        T::Union(_, UnionMode::Sparse) => Mapped::nested(R::SparseUnion),
    }
}

fn decimal(row: RowId, width: u8, scale: i8) -> Mapped {
    Mapped::new(row, Element::Decimal { width, scale }, DType::Object)
}

fn wide(row: RowId, signed: bool) -> Mapped {
    Mapped::new(row, Element::Wide { signed }, DType::Object)
}

fn time(row: RowId, element: Element, unit: TimeUnit) -> Mapped {
    Mapped { meaning: DType::timedelta(unit.into()), ..Mapped::new(row, element, DType::Object) }
}
