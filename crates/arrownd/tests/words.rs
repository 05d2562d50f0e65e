//! What the crate says, it says in its own words: no option, function or type of the Python package.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a test fails by panicking, its name is its documentation"
)]

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::types::{Float64Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, FixedSizeListArray, Float64Array,
    Int8Array, Int32Array, Int64Array, ListArray, RecordBatch, RecordBatchIterator, RunArray, StringArray,
    Time32SecondArray, TimestampSecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use arrownd::{
    ArrowOptions, Error, IntoArrow, Nulls, Options, Order, Reason, Result, matrices, plan, read_matrix,
    to_array, to_masked, to_matrix, to_padded, to_ragged, view,
};
use ndarray::{Array1, Ix1, array};

/// What a Rust user can't know.
const FOREIGN: [&str; 17] = [
    "=\"",
    "True",
    "False",
    "=None",
    "dtype=",
    "type=",
    "mask=",
    "columns=",
    "nulls=",
    "lists=",
    "na_value",
    "NumPy",
    "numpy",
    "Python",
    "to_columns",
    "to_codes",
    "np.",
];

fn assert_own(text: &str) {
    let foreign: Vec<_> = FOREIGN.iter().filter(|word| text.contains(**word)).collect();
    assert!(foreign.is_empty(), "{foreign:?} in {text}");
}

#[test]
fn reasons() {
    for reason in Reason::examples() {
        assert_own(&reason.to_string());
        assert_own(reason.remedy());
    }
}

#[track_caller]
fn error<T>(result: Result<T>) -> Error {
    result.err().expect("an error")
}

/// What is refused, and what has to be said.
type Refusals = Vec<(Error, &'static str)>;

fn lists() -> ListArray {
    ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), Some(2)]), Some(vec![Some(3)])])
}

fn table() -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("n", Arc::new(Int64Array::from(vec![Some((1 << 53) + 1), None]))),
        ("x", Arc::new(Float64Array::from(vec![0.5, 1.5]))),
        ("words", Arc::new(StringArray::from(vec!["a", "b"]))),
        ("lists", Arc::new(lists())),
    ];
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn copies() -> Refusals {
    let no_copy = || Options::new().allow_copy(false);
    let bits = BooleanArray::from(vec![true]);
    let holes = Float64Array::from(vec![None, Some(0.5)]);
    let whole = Int64Array::from(vec![1]);
    let chunks: Vec<ArrayRef> = vec![Arc::new(whole.clone()), Arc::new(whole.clone())];
    let runs = RunArray::try_new(&Int32Array::from(vec![2]), &whole).expect("a run");
    let keys = Int32Array::from(vec![1, 0]);
    let coded = DictionaryArray::new(keys, Arc::new(Int64Array::from(vec![7, 8])));
    let of =
        |columns: [(&str, ArrayRef); 2]| RecordBatch::try_from_iter(columns).expect("columns of one length");
    let floats = || -> ArrayRef { Arc::new(Float64Array::from(vec![0.5, 1.5])) };
    let mixed = of([("x", floats()), ("n", Arc::new(Int64Array::from(vec![1, 2])))]);
    let floats = of([("x", floats()), ("y", floats())]);
    let written =
        plan(&whole, &no_copy()).and_then(|plan| plan.write_into(Array1::<i64>::zeros(1).view_mut()));
    let moved = array![true].into_arrow_with(&ArrowOptions::new().allow_copy(false));
    vec![
        (error(to_array::<bool>(&bits, &no_copy())), "as bits, an array has one byte for each"),
        (error(to_array::<f64>(&holes, &no_copy())), "(pass Nulls::Mask to view the values beside a mask)"),
        (
            error(to_array::<f32>(&whole, &no_copy())),
            "(ask for the type that is stored, or store the one that is asked for)",
        ),
        (
            error(to_array::<i64>(&chunks, &no_copy())),
            "(combine the chunks first, or convert chunk by chunk)",
        ),
        (error(to_array::<i64>(&runs, &no_copy())), "(decode the runs once and keep the result)"),
        (error(to_array::<i64>(&coded, &no_copy())), "(view the keys of the dictionary on their own)"),
        (
            error(to_array::<i32>(&lists(), &no_copy().pad().nulls(Nulls::Fill(0.into())))),
            "(use to_ragged to view the values beside their offsets)",
        ),
        (error(plan(&mixed, &no_copy())), "convert the columns one by one, where each keeps its own dtype"),
        (
            error(to_matrix::<f64>(&floats, &no_copy().order(Order::C))),
            "rows have to be contiguous (Order::C) and Arrow stores columns (view each column on its own)",
        ),
        (error(written), "write_into asks for memory of its own (leave that out)"),
        (error(moved), "(pass ArrowOptions::field of arrow.bool8 to share the bytes)"),
    ]
}

fn missing() -> Refusals {
    let new = Options::new;
    let holes = Int64Array::from(vec![None, Some((1 << 53) + 1)]);
    let moments = TimestampSecondArray::from(vec![None]);
    let gaps = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![None, Some(2.0)])]);
    let named = || Nulls::FillFields(vec![("n".to_owned(), 0.into())]);
    let other = || Nulls::FillFields(vec![("m".to_owned(), 0.into())]);
    vec![
        (
            error(to_array::<f64>(&holes, &new().nulls(Nulls::Refuse))),
            ": pass Nulls::Nan, Nulls::Mask or Nulls::Fill",
        ),
        (
            error(to_array::<i64>(&holes, &new())),
            "int64 has no marker for them: pass Nulls::Fill, Nulls::Mask or a dtype that has one",
        ),
        (
            error(plan(&holes, &new()).and_then(|plan| plan.execute::<f64>().map(|_| ()))),
            "pass Nulls::Mask or Nulls::Fill to keep the dtype, or Options::safe(false) to round",
        ),
        (error(to_ragged::<f64>(&gaps, &new().nulls(Nulls::Refuse))), "pass Nulls::"),
        (
            error(to_array::<i32>(&holes, &new().nulls(Nulls::Fill(0.5.into())))),
            "the fill 0.5 can't be held by int32: pass another fill or dtype",
        ),
        (
            error(plan(&moments, &new().nulls(Nulls::Fill(true.into())))),
            "the fill true can't be held by datetime64[s]: pass another fill or dtype",
        ),
        (
            error(to_array::<i64>(&holes, &new().nulls(named()))),
            "Nulls::FillFields names fields, and the input is int64: pass Nulls::Fill",
        ),
        (
            error(to_matrix::<f64>(&table(), &new().columns(["x"]).nulls(other()))),
            "Nulls::FillFields names a field \"m\" that isn't among those converted",
        ),
        (
            error(plan(&holes, &new().nulls(Nulls::Mask)).and_then(|plan| plan.execute::<i64>().map(|_| ()))),
            "use execute_masked or to_masked",
        ),
        (error(to_masked::<i64>(&holes, &new().nulls(Nulls::Refuse)).map(|_| ())), "Options::nulls"),
    ]
}

fn unequal() -> Refusals {
    let new = Options::new;
    vec![
        (error(to_array::<i32>(&lists(), &new())), ": pass Options::pad, or use to_ragged"),
        (
            error(to_array::<i32>(&lists(), &new().pad_to(1).nulls(Nulls::Fill(0.into())))),
            "pad_to is 1: pass a larger Options::pad_to, or Options::pad",
        ),
        (error(to_padded::<i32>(&lists(), &new())), "int32 has no marker: pass Nulls::Fill or Nulls::Mask"),
        (
            error(to_padded::<i32>(&lists(), &new().nulls(Nulls::Refuse))),
            "Nulls::Refuse leaves no marker: pass Options::pad_with",
        ),
        (error(to_array::<i32>(&lists(), &new().pad_with(0))), "Options::pad_with is for Nulls::Refuse"),
        (
            error(to_matrix::<f64>(&table(), &new().columns(["x", "lists"]))),
            ": convert the lists on their own, or leave the field out with Options::columns",
        ),
        (
            error(to_ragged::<i32>(&Int32Array::from(vec![1]), &new())),
            ": to_ragged takes lists of variable size; use to_array",
        ),
    ]
}

fn types() -> Refusals {
    let new = Options::new;
    let tensor = Field::new(
        "",
        DataType::FixedSizeList(Arc::new(Field::new_list_field(DataType::Int32, true)), 1),
        true,
    )
    .with_metadata([("ARROW:extension:name".to_owned(), "arrow.fixed_shape_tensor".to_owned())]);
    let tensors = FixedSizeListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1)])], 1);
    let failing = RecordBatchIterator::new(
        [Err(ArrowError::ComputeError("overflow".to_owned()))],
        Arc::new(Schema::empty()),
    );
    let empty = || RecordBatchIterator::new([], Arc::new(Schema::empty()));
    let nested: [(&str, ArrayRef); 1] = [("inner", Arc::new(arrow_array::StructArray::from(table())))];
    let nested = RecordBatch::try_from_iter(nested).expect("one column");
    let whole = Int64Array::from(vec![1]);
    vec![
        (
            error(to_array::<f64>(&StringArray::from(vec!["a"]), &new())),
            "no conversion from utf8 to float64: no element type holds these values",
        ),
        (
            error(to_array::<bool>(&Decimal128Array::from(vec![1]), &new())),
            " to bool: ask for floats or integers",
        ),
        (
            error(to_array::<bool>(&TimestampSecondArray::from(vec![1]), &new())),
            " to bool: ask for its own dtype, datetime64[s]",
        ),
        (
            error(to_array::<bool>(&Time32SecondArray::from(vec![1]), &new())),
            " to bool: ask for timedelta64[s], the time since midnight",
        ),
        (
            error(plan(&StringArray::from(vec!["a"]), &new())),
            "no conversion from utf8 to an array of numbers",
        ),
        (
            error(to_matrix::<f64>(&nested, &new())),
            ": no element type holds these values; leave the field out with Options::columns",
        ),
        (error(view::<f32, Ix1>(&whole)), ""),
        (error(to_array::<i32>((&tensor, &tensors), &new())), "invalid Arrow data: "),
        (error(read_matrix::<f64>(failing, &new())), "the stream failed: Compute error: overflow"),
        (error(matrices::<f64, _>(empty(), 0, &new())), "pass 1 or more"),
        (
            error(to_array::<i64>(&whole, &new().columns(["a"]))),
            "Options::columns names fields of a struct or table, and the input is int64: leave it out",
        ),
        (error(to_matrix::<f64>(&table(), &new().columns(["a"]))), "columns: no field \"a\""),
        (
            error(plan(&whole, &new()).and_then(|plan| plan.write_into(Array1::<i64>::zeros(2).view_mut()))),
            "out has shape [2]",
        ),
    ]
}

fn values() -> Refusals {
    let int8 = ArrowOptions::new().data_type(DataType::Int8);
    let cents = ArrowOptions::new().data_type(DataType::Decimal128(3, 1));
    let one = Int8Array::from(vec![-1]);
    let (_, tensor) = array![[1, 2], [3, 4]].into_tensor().expect("a matrix");
    let (field, _) = array![[1, 2, 3]].into_tensor().expect("a matrix");
    assert_eq!(tensor.len(), 2);
    vec![
        (
            error(to_array::<u8>(&one, &Options::new())),
            "-1 at position 0 can't be held exactly by uint8: pass a wider dtype, or Options::safe(false) to round or cut",
        ),
        (
            error(array![300].into_arrow_with(&int8)),
            "300 at position 0 can't be held exactly by int8: pass a wider type, or ArrowOptions::safe(false) to round or cut",
        ),
        (
            error(array![0.123].into_arrow_with(&cents)),
            "pass more precision, another scale, or ArrowOptions::safe(false) to round",
        ),
        (
            error(array![[1, 2]].into_arrow_with(&ArrowOptions::new().field(field.as_ref().clone()))),
            ": reshape the array, or use into_tensor",
        ),
    ]
}

#[test]
fn errors() {
    let all = [copies(), missing(), unequal(), types(), values()].concat();
    let other: Vec<_> = all.iter().filter(|(error, part)| !error.to_string().contains(part)).collect();
    assert!(other.is_empty(), "{other:#?}");
    for (error, _) in &all {
        assert_own(&error.to_string());
    }
    let name = |(error, _): &(Error, _)| {
        format!("{error:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
    };
    let variants: BTreeSet<String> = all.iter().map(name).collect();
    let every = [
        "BadValue",
        "Conflict",
        "CopyNotAllowed",
        "FillDoesNotFit",
        "InvalidArrow",
        "LossyCast",
        "Nulls",
        "Ragged",
        "Stream",
        "UnsupportedType",
    ];
    assert_eq!(variants.iter().map(String::as_str).collect::<Vec<_>>(), every);
}

#[test]
fn plans() {
    let table = table();
    let array = array![true, false].plan_arrow(&ArrowOptions::new()).unwrap();
    assert_eq!(
        array.to_string(),
        "ndarray bool (2,) -> bool: copy, 1 B allocated\n  \
         bit-packed: Arrow packs booleans as bits, an array has one byte for each\n    \
         to view instead: pass ArrowOptions::field of arrow.bool8 to share the bytes"
    );
    assert!(
        array
            .to_html()
            .starts_with("<div class=\"arrownd-plan\"><p><code>ndarray bool (2,) -&gt; bool: copy")
    );
    for options in [Options::new(), Options::new().nulls(Nulls::Mask), Options::new().order(Order::C)] {
        let conversion = plan(&table, &options.columns(["n", "x"]).safe(false)).unwrap();
        assert_own(&conversion.to_string());
        assert_own(&conversion.plan().to_html().replace("<div class=\"arrownd-plan\">", ""));
    }
}
