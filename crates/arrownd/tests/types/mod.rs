//! One field of each Arrow type, for the tests that must not leave one out.
#![allow(dead_code, reason = "not every test asks for a type's name")]

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode};

/// The names that [`variant`] can give: a variant of `DataType`, split where the table has two rows.
pub(crate) const VARIANTS: [&str; 48] = [
    "Null",
    "Boolean",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "Float16",
    "Float32",
    "Float64",
    "Timestamp",
    "TimestampTz",
    "Date32",
    "Date64",
    "Time32",
    "Time64",
    "Duration",
    "IntervalYearMonth",
    "IntervalDayTime",
    "IntervalMonthDayNano",
    "Binary",
    "FixedSizeBinary",
    "LargeBinary",
    "BinaryView",
    "Utf8",
    "LargeUtf8",
    "Utf8View",
    "List",
    "ListView",
    "FixedSizeList",
    "LargeList",
    "LargeListView",
    "Struct",
    "SparseUnion",
    "DenseUnion",
    "DictionaryInt8",
    "Dictionary",
    "Decimal32",
    "Decimal64",
    "Decimal128",
    "Decimal256",
    "Map",
    "MapSorted",
    "RunEndEncodedInt16",
    "RunEndEncoded",
];

/// The variant's name. Exhaustive: a new variant of arrow-schema doesn't compile until it is here,
/// and then fails until [`every_type`] has one.
pub(crate) fn variant(data_type: &DataType) -> &'static str {
    use DataType as T;
    match data_type {
        T::Null => "Null",
        T::Boolean => "Boolean",
        T::Int8 => "Int8",
        T::Int16 => "Int16",
        T::Int32 => "Int32",
        T::Int64 => "Int64",
        T::UInt8 => "UInt8",
        T::UInt16 => "UInt16",
        T::UInt32 => "UInt32",
        T::UInt64 => "UInt64",
        T::Float16 => "Float16",
        T::Float32 => "Float32",
        T::Float64 => "Float64",
        T::Timestamp(_, None) => "Timestamp",
        T::Timestamp(_, Some(_)) => "TimestampTz",
        T::Date32 => "Date32",
        T::Date64 => "Date64",
        T::Time32(_) => "Time32",
        T::Time64(_) => "Time64",
        T::Duration(_) => "Duration",
        T::Interval(IntervalUnit::YearMonth) => "IntervalYearMonth",
        T::Interval(IntervalUnit::DayTime) => "IntervalDayTime",
        T::Interval(IntervalUnit::MonthDayNano) => "IntervalMonthDayNano",
        T::Binary => "Binary",
        T::FixedSizeBinary(_) => "FixedSizeBinary",
        T::LargeBinary => "LargeBinary",
        T::BinaryView => "BinaryView",
        T::Utf8 => "Utf8",
        T::LargeUtf8 => "LargeUtf8",
        T::Utf8View => "Utf8View",
        T::List(_) => "List",
        T::ListView(_) => "ListView",
        T::FixedSizeList(..) => "FixedSizeList",
        T::LargeList(_) => "LargeList",
        T::LargeListView(_) => "LargeListView",
        T::Struct(_) => "Struct",
        T::Union(_, UnionMode::Sparse) => "SparseUnion",
        T::Union(_, UnionMode::Dense) => "DenseUnion",
        T::Dictionary(index, _) if **index == T::Int8 => "DictionaryInt8",
        T::Dictionary(..) => "Dictionary",
        T::Decimal32(..) => "Decimal32",
        T::Decimal64(..) => "Decimal64",
        T::Decimal128(..) => "Decimal128",
        T::Decimal256(..) => "Decimal256",
        T::Map(_, false) => "Map",
        T::Map(_, true) => "MapSorted",
        T::RunEndEncoded(ends, _) if *ends.data_type() == T::Int16 => "RunEndEncodedInt16",
        T::RunEndEncoded(..) => "RunEndEncoded",
    }
}

/// One of each variant, with every unit of time.
pub(crate) fn every_type() -> Vec<DataType> {
    use DataType as T;
    let item = |data_type| Arc::new(Field::new("item", data_type, true));
    let entries =
        Fields::from(vec![Field::new("keys", T::Utf8, false), Field::new("values", T::Int32, true)]);
    let members = || {
        UnionFields::try_new([0, 5], [Field::new("a", T::Int32, true), Field::new("b", T::Utf8, true)])
            .expect("distinct ids")
    };
    let mut types = vec![
        T::Null,
        T::Boolean,
        T::Int8,
        T::Int16,
        T::Int32,
        T::Int64,
        T::UInt8,
        T::UInt16,
        T::UInt32,
        T::UInt64,
        T::Float16,
        T::Float32,
        T::Float64,
        T::Date32,
        T::Date64,
        T::Time32(TimeUnit::Second),
        T::Time32(TimeUnit::Millisecond),
        T::Time64(TimeUnit::Microsecond),
        T::Time64(TimeUnit::Nanosecond),
        T::Interval(IntervalUnit::YearMonth),
        T::Interval(IntervalUnit::DayTime),
        T::Interval(IntervalUnit::MonthDayNano),
        T::Binary,
        T::FixedSizeBinary(3),
        T::LargeBinary,
        T::BinaryView,
        T::Utf8,
        T::LargeUtf8,
        T::Utf8View,
        T::List(item(T::Int32)),
        T::ListView(item(T::Int32)),
        T::FixedSizeList(item(T::Int32), 2),
        T::LargeList(item(T::Int32)),
        T::LargeListView(item(T::Int32)),
        T::Struct(Fields::from(vec![Field::new("x", T::Int32, true), Field::new("y", T::Int32, true)])),
        T::Union(members(), UnionMode::Sparse),
        T::Union(members(), UnionMode::Dense),
        T::Dictionary(Box::new(T::Int8), Box::new(T::Utf8)),
        T::Dictionary(Box::new(T::Int32), Box::new(T::Int64)),
        T::Decimal32(5, 2),
        T::Decimal64(12, 2),
        T::Decimal128(20, 2),
        T::Decimal256(40, 2),
        T::Map(item(T::Struct(entries.clone())), false),
        T::Map(item(T::Struct(entries)), true),
        T::RunEndEncoded(Arc::new(Field::new("run_ends", T::Int16, false)), item(T::Int32)),
        T::RunEndEncoded(Arc::new(Field::new("run_ends", T::Int64, false)), item(T::Utf8)),
    ];
    for unit in [TimeUnit::Second, TimeUnit::Millisecond, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
        types.push(T::Timestamp(unit, None));
        types.push(T::Timestamp(unit, Some("Europe/Berlin".into())));
        types.push(T::Duration(unit));
    }
    types
}
