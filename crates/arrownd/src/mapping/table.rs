//! The type table: a row a type. It drives the planner (through [`super::map`]), `docs/types.md`
//! and the parametrised tests.

/// What one Arrow type becomes.
///
/// ```
/// use arrownd::engine::RowId;
///
/// let row = RowId::Bool.row();
/// assert_eq!((row.name, row.dtype, row.with_nulls), ("bool", "bool", "object"));
/// assert!(row.supported && !row.view);
/// assert_eq!(row.note, "one bit a value becomes one byte");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The row's name: Arrow's, or the extension's.
    pub name: &'static str,
    /// The dtype without nulls, as text; `*` where it depends on what is inside.
    pub dtype: &'static str,
    /// The dtype under `nulls="nan"` when a value is missing.
    pub with_nulls: &'static str,
    /// Viewed where there is one non-empty chunk, no null, and the dtype isn't changed.
    pub view: bool,
    /// Whether this version converts it.
    pub supported: bool,
    /// What else a reader should know.
    pub note: &'static str,
}

macro_rules! rows {
    ($($id:ident $name:literal $dtype:literal $nulls:literal $view:ident $supported:ident $note:literal)*) => {
        /// Names a row of the type table.
        ///
        /// ```
        /// use arrownd::engine::RowId;
        ///
        /// assert_eq!(RowId::Float64.row().name, "float64");
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[expect(missing_docs, reason = "each names the row of the same name")]
        pub enum RowId { $($id),* }

        /// The type table, in the order of [`RowId`].
        ///
        /// ```
        /// use arrownd::engine::{ROWS, RowId};
        ///
        /// assert_eq!(ROWS[RowId::Date32 as usize].dtype, "datetime64[D]");
        /// assert!(ROWS.iter().filter(|row| row.view).count() > 20);
        /// ```
        pub static ROWS: &[Row] = &[$(Row {
            name: $name, dtype: $dtype, with_nulls: $nulls,
            view: rows!(@flag $view), supported: rows!(@flag $supported), note: $note,
        }),*];

        impl RowId {
            /// The row. *O(1)*.
            ///
            /// ```
            /// use arrownd::engine::RowId;
            ///
            /// let row = RowId::Int16.row();
            /// assert_eq!((row.name, row.with_nulls, row.view), ("int16", "float32", true));
            /// ```
            #[must_use]
            pub fn row(self) -> &'static Row {
                // The two lists are written by one macro, so the index is always there.
                ROWS.get(self as usize).unwrap_or(&ROWS[0])
            }
        }
    };
    (@flag V) => { true };
    (@flag C) => { false };
    (@flag yes) => { true };
    (@flag no) => { false };
}

rows! {
    Null "null" "float32" "float32" C yes "every value is NaN"
    Bool "bool" "bool" "object" C yes "one bit a value becomes one byte"
    Int8 "int8" "int8" "float32" V yes ""
    Int16 "int16" "int16" "float32" V yes ""
    Int32 "int32" "int32" "float64" V yes ""
    Int64 "int64" "int64" "float64" V yes "with nulls: values must be exact in float64"
    UInt8 "uint8" "uint8" "float32" V yes ""
    UInt16 "uint16" "uint16" "float32" V yes ""
    UInt32 "uint32" "uint32" "float64" V yes ""
    UInt64 "uint64" "uint64" "float64" V yes "with nulls: values must be exact in float64"
    Float16 "float16" "float16" "float16" V yes ""
    Float32 "float32" "float32" "float32" V yes ""
    Float64 "float64" "float64" "float64" V yes ""
    Decimal32 "decimal32" "object" "object" C yes "decimal.Decimal, exact; dtype= a float (rounded to nearest) or an integer directly"
    Decimal64 "decimal64" "object" "object" C yes "decimal.Decimal, exact; dtype= a float (rounded to nearest) or an integer directly"
    Decimal128 "decimal128" "object" "object" C yes "decimal.Decimal, exact; dtype= a float (rounded to nearest) or an integer directly"
    Decimal256 "decimal256" "object" "object" C yes "decimal.Decimal, exact; dtype= a float (rounded to nearest) or an integer directly"
    Date32 "date32" "datetime64[D]" "datetime64[D]" C yes "32 bits become 64"
    Date64 "date64" "datetime64[ms]" "datetime64[ms]" V yes ""
    Time32 "time32" "object" "object" C yes "datetime.time; dtype=\"timedelta64[unit]\" is a copy (32 bits become 64)"
    Time64 "time64" "object" "object" C yes "datetime.time; dtype=\"timedelta64[unit]\" is a view"
    Timestamp "timestamp" "datetime64[unit]" "datetime64[unit]" V yes "a valid value of -2**63 looks like NaT"
    TimestampTz "timestamp_tz" "datetime64[unit]" "datetime64[unit]" V yes "in UTC, noted in the plan; dtype=object: aware datetimes"
    Duration "duration" "timedelta64[unit]" "timedelta64[unit]" V yes ""
    IntervalYearMonth "interval_year_month" "timedelta64[M]" "timedelta64[M]" C yes "32 bits become 64"
    IntervalDayTime "interval_day_time" "structured" "object" V yes "days and milliseconds"
    IntervalMonthDayNano "interval_month_day_nano" "structured" "object" V yes "months, days and nanoseconds"
    Binary "binary" "object" "object" C yes "bytes"
    LargeBinary "large_binary" "object" "object" C yes "bytes"
    BinaryView "binary_view" "object" "object" C yes "bytes"
    FixedSizeBinary "fixed_size_binary" "V{n}" "object" V yes "dtype=object: bytes"
    Utf8 "utf8" "object" "object" C yes "str"
    LargeUtf8 "large_utf8" "object" "object" C yes "str"
    Utf8View "utf8_view" "object" "object" C yes "str"
    List "list" "*" "*" V yes "one more dimension if uniform; lists= for others"
    LargeList "large_list" "*" "*" V yes "one more dimension if uniform; lists= for others"
    ListView "list_view" "*" "*" V yes "one more dimension if uniform; lists= for others"
    LargeListView "large_list_view" "*" "*" V yes "one more dimension if uniform; lists= for others"
    FixedSizeList "fixed_size_list" "*" "*" V yes "one more dimension; a null row is a row of missing values"
    Struct "struct" "*" "*" V yes "(rows, fields) in the common dtype; a null struct is a row of missing values"
    Map "map" "object" "object" C yes "lists of (key, value)"
    Dictionary "dictionary" "*" "*" C yes "its values, gathered"
    RunEndEncoded "run_end_encoded" "*" "*" C yes "its values, expanded"
    DenseUnion "dense_union" "object" "object" C yes "Python values"
    SparseUnion "sparse_union" "object" "object" C yes "Python values"
    Bool8 "arrow.bool8" "bool" "object" V yes "the bytes as they are"
    FixedShapeTensor "arrow.fixed_shape_tensor" "*" "*" V yes "n-D, its permutation as strides"
    VariableShapeTensor "arrow.variable_shape_tensor" "*" "*" V yes "dimensions if all have one shape; lists= for others"
    Uuid "arrow.uuid" "V16" "object" V yes "dtype=object: uuid.UUID"
    Json "arrow.json" "object" "object" C yes "str"
    TimestampWithOffset "arrow.timestamp_with_offset" "datetime64[unit]" "datetime64[unit]" V yes "in UTC, noted in the plan"
    Opaque "arrow.opaque" "*" "*" V yes "as the storage type, noted in the plan"
    ParquetVariant "arrow.parquet.variant" "*" "*" C yes "as the storage type, noted in the plan"
    PandasPeriod "pandas.period" "datetime64[unit]" "datetime64[unit]" V yes "other frequencies: the ordinals, noted in the plan"
    PandasInterval "pandas.interval" "*" "*" V yes "as struct (left, right)"
    PolarsInt128 "polars.int128" "object" "object" C yes "int; dtype= a float or an integer directly"
    PolarsUInt128 "polars.uint128" "object" "object" C yes "int; dtype= a float or an integer directly"
}
