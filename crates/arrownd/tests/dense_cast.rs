//! Arrow to Arrow: values, shared memory, and what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, and its name is its documentation"
)]

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::{Int8Type, Int32Type, Int64Type};
use arrow_array::*;
use arrow_buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field, Fields};
use arrownd::engine::dense::cast::cast;
use arrownd::engine::dense::type_name::{Wanted, parse_type};
use arrownd::engine::dense::{ArrowMemory, Made};
use arrownd::{Error, ErrorKind};

fn field(text: &str) -> Field {
    match parse_type(text).unwrap() {
        Wanted::Field(field) => field,
        Wanted::Tensor => panic!("a tensor"),
    }
}

fn made(array: &dyn Array) -> Made {
    Made { field: Arc::new(Field::new("", array.data_type().clone(), true)), data: array.to_data() }
}

fn to_with(array: &dyn Array, text: &str, safe: bool) -> Result<ArrayRef, Error> {
    let made = cast(made(array), &field(text), safe, &mut ArrowMemory)?;
    made.data.validate_full().unwrap();
    assert_eq!(made.field.data_type(), made.data.data_type());
    Ok(make_array(made.data))
}

fn to(array: &dyn Array, text: &str) -> Result<ArrayRef, Error> {
    to_with(array, text, true)
}

fn kind(array: &dyn Array, text: &str) -> ErrorKind {
    to(array, text).unwrap_err().kind()
}

fn address(array: &dyn Array) -> usize {
    array.to_data().buffers()[0].as_ptr() as usize
}

fn same(array: &dyn Array, text: &str, expected: &dyn Array) {
    let made = to(array, text).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(made.to_data(), expected.to_data(), "{text}");
}

#[test]
fn ticks_are_shared() {
    let ints = Int64Array::from(vec![Some(0), None, Some(86_400_000)]);
    for text in
        ["timestamp[us]", "timestamp[ns, Europe/Berlin]", "duration[s]", "time64[us]", "date64", "int64"]
    {
        let made = to(&ints, text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(address(&made), address(&ints), "{text}");
        assert_eq!(made.null_count(), 1);
        let back = to(&made, "int64").unwrap();
        assert_eq!(back.to_data(), ints.to_data());
        assert_eq!(address(&back), address(&ints));
    }
    let ints = Int32Array::from(vec![0, 7]);
    for text in ["date32", "time32[ms]", "interval[year_month]"] {
        assert_eq!(address(&to(&ints, text).unwrap()), address(&ints), "{text}");
    }
}

#[test]
fn a_zone_changes_no_instant() {
    let naive = TimestampMicrosecondArray::from(vec![1_700_000_000_000_000]);
    let zoned = to(&naive, "timestamp[us, tz=Asia/Tokyo]").unwrap();
    assert_eq!(address(&zoned), address(&naive));
    assert_eq!(
        *zoned.data_type(),
        DataType::Timestamp(arrow_schema::TimeUnit::Microsecond, Some("Asia/Tokyo".into()))
    );
    assert_eq!(to(&zoned, "timestamp[us]").unwrap().to_data(), naive.to_data());
}

#[test]
fn numbers_are_checked() {
    let ints = Int64Array::from(vec![Some(1), None, Some(200)]);
    same(&ints, "uint8", &UInt8Array::from(vec![Some(1), None, Some(200)]));
    same(&ints, "float32", &Float32Array::from(vec![Some(1.0), None, Some(200.0)]));
    let error = to(&ints, "int8").unwrap_err();
    assert_eq!(
        error.to_string(),
        "200 at position 2 can't be held exactly by int8: pass a wider type, or ArrowOptions::safe(false) to round or cut"
    );
    let cut = to_with(&ints, "int8", false).unwrap();
    assert_eq!(cut.to_data(), Int8Array::from(vec![Some(1), None, Some(-56)]).to_data());
    // What lies under a missing value is no value.
    let hidden =
        Int64Array::new(ScalarBuffer::from(vec![1, 1 << 40]), Some(NullBuffer::from(vec![true, false])));
    same(&hidden, "int8", &Int8Array::from(vec![Some(1), None]));
    assert_eq!(kind(&Float64Array::from(vec![0.5]), "int64"), ErrorKind::LossyCast);
    same(&Float64Array::from(vec![0.1]), "float32", &Float32Array::from(vec![0.1]));
    same(
        &BooleanArray::from(vec![Some(true), None, Some(false)]),
        "int8",
        &Int8Array::from(vec![Some(1), None, Some(0)]),
    );
    same(
        &Int8Array::from(vec![Some(1), None, Some(0)]),
        "bool",
        &BooleanArray::from(vec![Some(true), None, Some(false)]),
    );
    assert_eq!(kind(&Int8Array::from(vec![2]), "bool"), ErrorKind::LossyCast);
    same(&Int64Array::from(vec![1, 0]).slice(1, 1), "int8", &Int8Array::from(vec![0]));
}

#[test]
fn times_are_scaled() {
    let seconds = TimestampSecondArray::from(vec![Some(86_400), None]);
    same(&seconds, "timestamp[ns]", &TimestampNanosecondArray::from(vec![Some(86_400_000_000_000), None]));
    same(&seconds, "date32", &Date32Array::from(vec![Some(1), None]));
    same(&seconds, "date64", &Date64Array::from(vec![Some(86_400_000), None]));
    assert_eq!(kind(&TimestampSecondArray::from(vec![1]), "date32"), ErrorKind::LossyCast);
    assert_eq!(kind(&TimestampMillisecondArray::from(vec![1]), "date64"), ErrorKind::LossyCast);
    assert_eq!(kind(&TimestampSecondArray::from(vec![i64::MAX]), "timestamp[ms]"), ErrorKind::LossyCast);
    // What NumPy has as NaT is a time in Arrow, unless it is masked.
    let least = TimestampMillisecondArray::from(vec![Some(0), Some(i64::MIN)]);
    assert_eq!(kind(&least, "timestamp[s]"), ErrorKind::LossyCast);
    assert_eq!(kind(&least, "date32"), ErrorKind::LossyCast);
    same(&Date32Array::from(vec![-1]), "timestamp[s]", &TimestampSecondArray::from(vec![-86_400]));
    same(&DurationMillisecondArray::from(vec![1000]), "time32[s]", &Time32SecondArray::from(vec![1]));
    same(
        &DurationMicrosecondArray::from(vec![1000]),
        "time64[us]",
        &Time64MicrosecondArray::from(vec![1000]),
    );
    for (text, ticks) in [("time64[us]", 86_400_000_000), ("time64[us]", -1)] {
        assert_eq!(kind(&DurationMicrosecondArray::from(vec![ticks]), text), ErrorKind::LossyCast);
    }
    for text in ["float64", "bool", "duration[s]", "utf8", "decimal128(30, 0)"] {
        assert_eq!(kind(&seconds, text), ErrorKind::UnsupportedType, "{text}");
    }
    same(&Int32Array::from(vec![5]), "timestamp[s]", &TimestampSecondArray::from(vec![5]));
}

#[test]
fn decimals() {
    let decimal = |values: Vec<Option<i128>>, p, s| {
        Decimal128Array::from(values).with_precision_and_scale(p, s).unwrap()
    };
    let ints = Int64Array::from(vec![Some(1), None, Some(-20)]);
    same(&ints, "decimal128(10, 2)", &decimal(vec![Some(100), None, Some(-2000)], 10, 2));
    same(
        &ints,
        "decimal64(10, 2)",
        &Decimal64Array::from(vec![Some(100), None, Some(-2000)]).with_precision_and_scale(10, 2).unwrap(),
    );
    same(
        &ints,
        "decimal32(4, 1)",
        &Decimal32Array::from(vec![Some(10), None, Some(-200)]).with_precision_and_scale(4, 1).unwrap(),
    );
    same(
        &to(&ints, "decimal256(76, 74)").unwrap(),
        "decimal128(2, 0)",
        &decimal(vec![Some(1), None, Some(-20)], 2, 0),
    );
    assert_eq!(kind(&ints, "decimal128(2, 1)"), ErrorKind::LossyCast);
    assert!(to_with(&ints, "decimal128(2, 1)", false).is_err());
    let floats = Float64Array::from(vec![0.1, -1.25, 1e10]);
    same(&floats, "decimal128(20, 2)", &decimal(vec![Some(10), Some(-125), Some(1_000_000_000_000)], 20, 2));
    same(&Float32Array::from(vec![0.1]), "decimal128(20, 2)", &decimal(vec![Some(10)], 20, 2));
    same(
        &Float16Array::from(vec![half::f16::from_f32(0.1)]),
        "decimal128(20, 2)",
        &decimal(vec![Some(10)], 20, 2),
    );
    assert_eq!(kind(&Float64Array::from(vec![1.234]), "decimal128(20, 2)"), ErrorKind::LossyCast);
    for odd in [f64::NAN, f64::INFINITY, 1e300] {
        assert_eq!(kind(&Float64Array::from(vec![odd]), "decimal128(20, 2)"), ErrorKind::LossyCast);
    }
    assert_eq!(kind(&Float64Array::from(vec![1200.4]), "decimal128(5, -2)"), ErrorKind::LossyCast);
    assert_eq!(kind(&Float64Array::from(vec![1250.0]), "decimal128(5, -2)"), ErrorKind::LossyCast);
    same(&Float64Array::from(vec![1200.0]), "decimal128(3, -2)", &decimal(vec![Some(12)], 3, -2));
    let cents = decimal(vec![Some(125), Some(135), Some(-125), Some(126)], 10, 2);
    assert_eq!(kind(&cents, "decimal128(10, 1)"), ErrorKind::LossyCast);
    let rounded = to_with(&cents, "decimal128(10, 1)", false).unwrap();
    assert_eq!(rounded.to_data(), decimal(vec![Some(12), Some(14), Some(-12), Some(13)], 10, 1).to_data());
    same(&decimal(vec![Some(12300)], 10, 2), "int8", &Int8Array::from(vec![123]));
    same(&decimal(vec![Some(125)], 10, 2), "float64", &Float64Array::from(vec![1.25]));
    assert_eq!(kind(&cents, "int8"), ErrorKind::LossyCast);
}

#[test]
fn text_and_bytes() {
    let words = [Some("a"), None, Some("a text longer than twelve"), Some("")];
    let text = StringArray::from(words.to_vec());
    let bytes: Vec<Option<&[u8]>> = words.iter().map(|w| w.map(str::as_bytes)).collect();
    let all: [(&str, ArrayRef); 6] = [
        ("utf8", Arc::new(text)),
        ("large_utf8", Arc::new(LargeStringArray::from(words.to_vec()))),
        ("utf8_view", Arc::new(StringViewArray::from(words.to_vec()))),
        ("binary", Arc::new(BinaryArray::from(bytes.clone()))),
        ("large_binary", Arc::new(LargeBinaryArray::from(bytes.clone()))),
        ("binary_view", Arc::new(BinaryViewArray::from(bytes.clone()))),
    ];
    for (_, source) in &all {
        for (name, expected) in &all {
            same(source, name, expected);
            same(&source.slice(1, 2), name, &expected.slice(1, 2));
            same(&source.slice(0, 0), name, &expected.slice(0, 0));
        }
    }
    let address = |array: &dyn Array| array.to_data().buffers()[1].as_ptr() as usize;
    let (utf8, large) = (all[0].1.clone(), to(&all[0].1, "large_utf8").unwrap());
    assert_eq!(address(&utf8), address(&large));
    assert_eq!(address(&to(&utf8, "binary").unwrap()), address(&utf8));

    let odd = BinaryArray::from(vec![Some(&b"ok"[..]), Some(b"\xff")]);
    let error = to(&odd, "utf8").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LossyCast);
    assert!(error.to_string().contains("at position 1"), "{error}");
    // Hidden bytes needn't be text.
    let hidden = BinaryArray::new(
        OffsetBuffer::new(vec![0, 1, 2].into()),
        arrow_buffer::Buffer::from(b"a\xff".as_slice()),
        Some(NullBuffer::from(vec![true, false])),
    );
    for (text, expected) in [
        ("utf8", Arc::new(StringArray::from(vec![Some("a"), None])) as ArrayRef),
        ("large_utf8", Arc::new(LargeStringArray::from(vec![Some("a"), None]))),
        ("utf8_view", Arc::new(StringViewArray::from(vec![Some("a"), None]))),
    ] {
        same(&hidden, text, &expected);
    }
    let fixed = FixedSizeBinaryArray::try_from_iter([b"ab", b"cd"].into_iter()).unwrap();
    same(&fixed, "binary", &BinaryArray::from(vec![&b"ab"[..], b"cd"]));
    same(&fixed, "utf8", &StringArray::from(vec!["ab", "cd"]));
    same(&BinaryArray::from(vec![&b"ab"[..], b"cd"]), "fixed_size_binary[2]", &fixed);
    assert_eq!(
        kind(&BinaryArray::from(vec![&b"ab"[..], b"c"]), "fixed_size_binary[2]"),
        ErrorKind::LossyCast
    );
    assert_eq!(kind(&utf8, "int64"), ErrorKind::UnsupportedType);
    assert_eq!(kind(&Int8Array::from(vec![1]), "utf8"), ErrorKind::UnsupportedType);
}

#[test]
fn lists() {
    let rows = vec![Some(vec![Some(1), None]), None, Some(vec![Some(3), Some(4)])];
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(rows.clone());
    let large = LargeListArray::from_iter_primitive::<Int32Type, _, _>(
        rows.iter()
            .map(|row| row.as_ref().map(|row| row.iter().map(|v| v.map(|v| v as i32)).collect::<Vec<_>>())),
    );
    let fixed = FixedSizeListArray::from_iter_primitive::<Int8Type, _, _>(
        rows.iter()
            .map(|row| row.as_ref().map(|row| row.iter().map(|v| v.map(|v| v as i8)).collect::<Vec<_>>())),
        2,
    );
    same(&list, "large_list[int32]", &large);
    same(&list, "fixed_size_list[int8, 2]", &fixed);
    same(&large, "list[int64]", &list);
    same(&fixed, "list[int64]", &list);
    for view in ["list_view[int64]", "large_list_view[int64]"] {
        let view = to(&list, view).unwrap();
        same(&view, "list[int64]", &list);
        same(&view, "fixed_size_list[int8, 2]", &fixed);
        same(&view.slice(1, 2), "list[int64]", &list.slice(1, 2));
    }
    same(&fixed.slice(1, 2), "list[int64]", &list.slice(1, 2));
    same(&list.slice(1, 2), "fixed_size_list[int8, 2]", &fixed.slice(1, 2));
    same(&list.slice(2, 1), "large_list[int32]", &large.slice(2, 1));
    let error = to(&list, "fixed_size_list[int64, 3]").unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 0 has a list of 2, and the type has lists of 3: ask for a list of variable size"
    );
    let wide =
        ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)]), Some(vec![Some(300)])]);
    let error = to(&wide, "list[int8]").unwrap_err();
    assert_eq!(
        error.to_string(),
        "field \"item\": 300 at position 1 can't be held exactly by int8: pass a wider type, or ArrowOptions::safe(false) to round or cut"
    );
    // A missing list of a fixed size hides values, which aren't looked at.
    let item = Arc::new(Field::new("item", DataType::Int64, true));
    let hiding = FixedSizeListArray::new(
        item,
        1,
        Arc::new(Int64Array::from(vec![1, 300])),
        Some(NullBuffer::from(vec![true, false])),
    );
    let expected = FixedSizeListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), None], 1);
    same(&hiding, "fixed_size_list[int8, 1]", &expected);
    same(
        &hiding,
        "list[int8]",
        &ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), None]),
    );
    let not_null = to(&hiding, "fixed_size_list[int8 not null, 1]").unwrap();
    assert_eq!(not_null.null_count(), 1);
    assert_eq!(kind(&list, "list[int64 not null]"), ErrorKind::Nulls);
    let mut words = ListBuilder::new(StringBuilder::new());
    words.values().append_value("x");
    words.append(true);
    let words = words.finish();
    let views = to(&words, "list_view[utf8_view]").unwrap();
    same(&views, "list[utf8]", &words);
    let empty = ListArray::from_iter_primitive::<Int64Type, Vec<Option<i64>>, _>([]);
    same(
        &empty,
        "large_list[int32]",
        &LargeListArray::from_iter_primitive::<Int32Type, Vec<Option<i32>>, _>([]),
    );
}

#[test]
fn lists_beyond_all_memory_are_refused() {
    let lists = ListArray::from_iter_primitive::<Int64Type, Vec<Option<i64>>, _>(vec![None; 100_000]);
    let made = to(&lists, "fixed_size_list[int64, 2000000000]");
    assert!(made.unwrap_err().to_string().contains("no memory for 200000000000000 values"));
    assert_eq!(to(&lists, "fixed_size_list[int64, 2]").unwrap().null_count(), 100_000);
}

#[test]
fn structs_by_name() {
    let fields =
        Fields::from(vec![Field::new("a", DataType::Int64, true), Field::new("b", DataType::Int64, true)]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Int64Array::from(vec![1, 2])), Arc::new(Int64Array::from(vec![3, 400]))];
    let array = StructArray::new(fields, columns.clone(), None);
    let swapped = to(&array, "struct<b: int64, a: int8>").unwrap();
    assert_eq!(
        swapped.as_any().downcast_ref::<StructArray>().unwrap().column(1).to_data(),
        Int8Array::from(vec![1, 2]).to_data()
    );
    let error = to(&array, "struct[a: int64, b: int8]").unwrap_err();
    assert!(error.to_string().starts_with("field \"b\": 400 at position 1"), "{error}");
    for text in ["struct[a: int64]", "struct[a: int64, c: int64]", "struct[a: int64, b: int64, a: int8]"] {
        assert_eq!(kind(&array, text), ErrorKind::UnsupportedType, "{text}");
    }
    // What lies under a missing struct isn't looked at.
    let fields = array.fields().clone();
    let array = StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, false])));
    let narrow = to(&array, "struct[a: int64, b: int8 not null]").unwrap();
    assert_eq!((narrow.len(), narrow.null_count()), (2, 1));
}

#[test]
fn dictionaries_and_runs() {
    let words = StringArray::from(vec![Some("x"), Some("x"), None, Some("y"), Some("x")]);
    let dictionary = to(&words, "dictionary[int8, utf8]").unwrap();
    let typed = dictionary.as_any().downcast_ref::<DictionaryArray<Int8Type>>().unwrap();
    assert_eq!(typed.values().to_data(), StringArray::from(vec!["x", "y"]).to_data());
    assert_eq!(typed.keys(), &Int8Array::from(vec![Some(0), Some(0), None, Some(1), Some(0)]));
    same(&dictionary, "utf8", &words);
    same(&dictionary.slice(2, 2), "utf8", &words.slice(2, 2));
    let wide = to(&dictionary, "dictionary[int64, large_utf8]").unwrap();
    same(&wide, "utf8", &words);
    let runs = to(&words, "run_end_encoded[int16, utf8]").unwrap();
    assert_eq!(runs.len(), 5);
    same(&runs, "utf8", &words);
    same(&runs.slice(1, 3), "utf8", &words.slice(1, 3));
    let many = Int32Array::from_iter_values(0..300);
    assert_eq!(kind(&many, "dictionary[int8, int32]"), ErrorKind::LossyCast);
    same(&to(&many, "dictionary[int16, int64]").unwrap(), "int32", &many);
    same(
        &to(&BooleanArray::from(vec![true, false, true]), "run_end_encoded[bool]").unwrap(),
        "bool",
        &BooleanArray::from(vec![true, false, true]),
    );
}

#[test]
fn nothing_becomes_anything() {
    let nulls = NullArray::new(3);
    for text in [
        "int8",
        "bool",
        "utf8",
        "binary_view",
        "list[int8]",
        "fixed_size_list[int8, 2]",
        "struct[a: int8]",
        "dictionary[int8, utf8]",
        "run_end_encoded[utf8]",
        "decimal256(5, 1)",
        "map[utf8, int8]",
        "uuid",
        "bool8",
        "interval[day_time]",
        "timestamp[us, UTC]",
        "large_list_view[utf8]",
    ] {
        let made = to(&nulls, text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!((made.len(), made.logical_null_count()), (3, 3), "{text}");
    }
    for text in
        ["dense_union<a: int8=0>", "sparse_union<a: int8=0>", "dense_union<>", "struct[a: int8 not null]"]
    {
        assert_eq!(kind(&nulls, text), ErrorKind::UnsupportedType, "{text}");
    }
    assert!(to(&NullArray::new(1 << 40), "fixed_size_binary[2000000000]").is_err());
    assert!(to(&NullArray::new(1 << 40), "fixed_size_list[int64, 2000000000]").is_err());
    assert_eq!(kind(&Int8Array::from(vec![1]), "null"), ErrorKind::UnsupportedType);
}

#[test]
fn extensions() {
    let made_as = |array: &dyn Array, from: &str, to: &str| {
        let made = Made { field: Arc::new(field(from)), data: array.to_data() };
        cast(made, &field(to), true, &mut ArrowMemory)
    };
    let bytes = Int8Array::from(vec![Some(1), None, Some(0), Some(7)]);
    let bool8 = made_as(&bytes, "int8", "bool8").unwrap();
    assert_eq!(bool8.data.buffers()[0].as_ptr(), bytes.to_data().buffers()[0].as_ptr());
    assert_eq!(bool8.field.extension_type_name(), Some("arrow.bool8"));
    let truth = BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]);
    let made = cast(bool8.clone(), &field("bool"), true, &mut ArrowMemory).unwrap();
    assert_eq!(made.data, truth.to_data());
    let made = cast(bool8, &field("int64"), true, &mut ArrowMemory).unwrap();
    assert_eq!(made.data, Int64Array::from(vec![Some(1), None, Some(0), Some(1)]).to_data());
    let made = made_as(&truth, "bool", "bool8").unwrap();
    assert_eq!(made.data, Int8Array::from(vec![Some(1), None, Some(0), Some(1)]).to_data());

    let ids = FixedSizeBinaryArray::try_from_iter([[1u8; 16]].into_iter()).unwrap();
    let uuid = made_as(&ids, "fixed_size_binary[16]", "uuid").unwrap();
    assert_eq!(uuid.data.buffers()[0].as_ptr(), ids.to_data().buffers()[0].as_ptr());
    assert!(
        made_as(
            &FixedSizeBinaryArray::try_from_iter([[1u8; 8]].into_iter()).unwrap(),
            "fixed_size_binary[8]",
            "uuid"
        )
        .is_err()
    );

    assert!(made_as(&StringArray::from(vec!["{\"a\": 1}"]), "utf8", "json").is_ok());
    let error = made_as(&StringArray::from(vec!["[]", "{"]), "utf8", "json").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LossyCast);

    let values = Int32Array::from_iter_values(0..12);
    let tensor = "arrow.fixed_shape_tensor[value_type=int32, shape=[2, 3]]";
    let flat = FixedSizeListArray::new(
        Arc::new(Field::new("item", DataType::Int32, true)),
        6,
        Arc::new(values),
        None,
    );
    let made = made_as(&flat, "fixed_size_list[int32, 6]", tensor).unwrap();
    let nested =
        cast(made.clone(), &field("fixed_size_list[fixed_size_list[int32, 3], 2]"), true, &mut ArrowMemory)
            .unwrap();
    assert_eq!(nested.data.len(), 2);
    let again = cast(nested, &field(tensor), true, &mut ArrowMemory).unwrap();
    assert_eq!(again.data, made.data);
    let wide = "arrow.fixed_shape_tensor[value_type=int64, shape=[2, 3]]";
    let back = cast(
        cast(made.clone(), &field(wide), true, &mut ArrowMemory).unwrap(),
        &field(tensor),
        true,
        &mut ArrowMemory,
    )
    .unwrap();
    assert_eq!(back.data, made.data);
    let other = "arrow.fixed_shape_tensor[value_type=int32, shape=[3, 2]]";
    assert_eq!(
        cast(made, &field(other), true, &mut ArrowMemory).unwrap_err().kind(),
        ErrorKind::UnsupportedType
    );
}

#[test]
fn what_is_said_beforehand_is_what_happens() {
    let ints = Int64Array::from(vec![1, 0]);
    let narrow = Int32Array::from(vec![1, 0]);
    let text = StringArray::from(vec!["a text longer than twelve", "1"]);
    let lists = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1), Some(0)])], 2);
    let sources: [(&dyn Array, &[usize]); 4] = [(&ints, &[0]), (&narrow, &[0]), (&text, &[1]), (&lists, &[])];
    let targets = [
        "int64",
        "int32",
        "int8",
        "float64",
        "bool",
        "bool8",
        "timestamp[us, UTC]",
        "duration[s]",
        "date32",
        "date64",
        "time32[s]",
        "time64[ns]",
        "decimal128(9, 0)",
        "utf8",
        "large_utf8",
        "utf8_view",
        "binary",
        "large_binary",
        "binary_view",
        "fixed_size_binary[3]",
        "list[int64]",
        "large_list[int64]",
        "list_view[int64]",
        "list[timestamp[us]]",
        "fixed_size_list[int64, 2]",
        "fixed_size_list[int8, 2]",
        "struct[a: int8]",
        "arrow.fixed_shape_tensor[value_type=int64, shape=[2]]",
        "null",
        "dictionary[int8, int64]",
        "uuid",
        "json",
    ];
    let mut seen = [0; 3];
    for (source, buffer) in sources {
        for target in targets {
            let from = Field::new("", source.data_type().clone(), true);
            let said = arrownd::engine::dense::cast::copies(&from, &field(target));
            let made = cast(made(source), &field(target), false, &mut ArrowMemory);
            match (said, made) {
                (Ok(copies), Ok(made)) => {
                    let values = |data: &arrow_data::ArrayData| match (buffer, data.child_data()) {
                        ([place], _) => data
                            .buffers()
                            .get(*place)
                            .or(data.buffers().last())
                            .map(arrow_buffer::Buffer::as_ptr),
                        (_, [child, ..]) => child.buffers().first().map(arrow_buffer::Buffer::as_ptr),
                        _ => None,
                    };
                    assert_eq!(values(&source.to_data()) != values(&made.data), copies, "{from} to {target}");
                    seen[usize::from(copies)] += 1;
                }
                (Err(said), Err(happened)) => {
                    assert_eq!(said.kind(), happened.kind(), "{from} to {target}");
                    seen[2] += 1;
                }
                // What depends on the values isn't said beforehand.
                (Ok(_), Err(happened)) => {
                    assert_eq!(happened.kind(), ErrorKind::LossyCast, "{from} to {target}");
                }
                (Err(said), Ok(_)) => panic!("{from} to {target}: {said}"),
            }
        }
    }
    assert!(seen.iter().all(|n| *n > 5), "{seen:?}");
}
