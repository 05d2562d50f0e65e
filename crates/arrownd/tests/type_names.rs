//! Types as text.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use arrow_schema::{DataType, Field, TimeUnit};
use arrownd::engine::dense::type_name::{Wanted, full_name, parse_type};

fn read(text: &str) -> Field {
    match parse_type(text).unwrap_or_else(|e| panic!("{e}")) {
        Wanted::Field(field) => field,
        Wanted::Tensor => panic!("a tensor"),
    }
}

#[test]
fn what_is_printed_is_read() {
    for text in [
        "null",
        "bool",
        "int8",
        "uint64",
        "float16",
        "float32",
        "float64",
        "utf8",
        "large_utf8",
        "utf8_view",
        "binary",
        "large_binary",
        "binary_view",
        "fixed_size_binary[0]",
        "fixed_size_binary[16]",
        "date32",
        "date64",
        "time32[s]",
        "time32[ms]",
        "time64[us]",
        "time64[ns]",
        "timestamp[s]",
        "timestamp[us, UTC]",
        "timestamp[ns, +01:00]",
        "duration[ms]",
        "interval[year_month]",
        "interval[day_time]",
        "interval[month_day_nano]",
        "decimal32(5, 2)",
        "decimal64(18, 0)",
        "decimal128(38, -3)",
        "decimal256(76, 10)",
        "list[int64]",
        "list[int64 not null]",
        "list<x: int64>",
        "list<\"a: b\": int64>",
        "large_list[list[utf8]]",
        "list_view[int8]",
        "large_list_view[int8]",
        "fixed_size_list[float32, 3]",
        "fixed_size_list[fixed_size_list[float32 not null, 3], 2]",
        "fixed_size_list<x: int8>[2]",
        "struct[]",
        "struct[a: int64, b c: utf8 not null]",
        "struct[\"a, b\": int8, \"\": int8]",
        "map[utf8, int64]",
        "map[utf8, int64 not null]",
        "map[utf8 ('k'), int64 ('v')]",
        "map[utf8, int64, keys_sorted]",
        "dictionary[int32, utf8]",
        "dictionary[uint8, utf8, ordered]",
        "run_end_encoded[int32, utf8]",
        "run_end_encoded[int16, list[int8]]",
        "dense_union[a: int64=3, b: utf8=5]",
        "sparse_union[]",
        "arrow.bool8",
        "arrow.uuid",
        "arrow.json",
        "arrow.json[utf8_view]",
        "arrow.fixed_shape_tensor[value_type=float32, shape=[2, 3]]",
        "arrow.fixed_shape_tensor[value_type=float32 not null, shape=[2, 3], permutation=[1, 0], dim_names=[a, b]]",
        "arrow.opaque[storage_type=int32, type_name=t, vendor_name=v]",
        "list[arrow.bool8]",
    ] {
        let field = read(text);
        assert!(field.is_nullable() && field.name().is_empty());
        assert_eq!(full_name(&field), text);
    }
}

#[test]
fn short_names_are_read_too() {
    for (text, same) in [
        ("run_end_encoded[utf8]", "run_end_encoded[int32, utf8]"),
        ("string", "utf8"),
        ("double", "float64"),
        ("halffloat", "float16"),
        ("  int8 ", "int8"),
        ("INT8", "int8"),
        ("decimal(5, 2)", "decimal128(5, 2)"),
        ("binary[3]", "fixed_size_binary[3]"),
        ("bool8", "arrow.bool8"),
        ("uuid", "arrow.uuid"),
        ("extension<arrow.json>", "json"),
        ("month_day_nano_interval", "interval[month_day_nano]"),
        ("timestamp[us,tz=UTC]", "timestamp[us, UTC]"),
        ("list<item: int64>", "list[int64]"),
    ] {
        assert_eq!(read(text), read(same), "{text}");
    }
    assert!(matches!(parse_type("tensor"), Ok(Wanted::Tensor)));
    assert_eq!(
        *read("timestamp[ms, Europe/Berlin]").data_type(),
        DataType::Timestamp(TimeUnit::Millisecond, Some("Europe/Berlin".into()))
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    for (text, says) in [
        ("in64", "did you mean int64"),
        ("strng", "string"),
        ("timestmp[us]", "timestamp[us]"),
        ("datetime64[us]", "Arrow has timestamp[unit]"),
        ("", "a type's name belongs before \"\""),
        ("int8 int8", "the type ends before \"int8\""),
        ("list[int8", "\"]\" belongs before \"\""),
        ("list", "what is in the list belongs before"),
        ("timestamp", "a unit is missing"),
        ("timestamp[D]", "none of s, ms, us, ns"),
        ("time32[us]", "use time64[us]"),
        ("decimal128(39, 0)", "a precision of 39"),
        ("decimal128(3, 5)", "a scale of 5"),
        ("fixed_size_binary[-1]", "a size of -1"),
        ("fixed_size_list[int8, 99999999999]", "a number that fits"),
        ("dictionary[float32, utf8]", "indexes are integers"),
        ("run_end_encoded[int8, utf8]", "run ends are int16, int32 or int64"),
        ("dense_union<a: int8=1, b: int8=1>", ""),
        ("extension<my.own>", "isn't known by its name alone"),
        ("struct<a int8>", "colon"),
        ("zzzzzz", "such as int64"),
    ] {
        let error = parse_type(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
        assert!(error.starts_with("type "), "{error}");
    }
    assert!(parse_type(&"list[".repeat(100_000)).is_err());
    assert!(parse_type(&format!("{}int8{}", "list[".repeat(127), "]".repeat(127))).is_ok());
}
