//! `view`: what is stored, at its own address, or the reasons why not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unsafe_code,
    reason = "a test fails by panicking, its name is its documentation, and strided memory is raw"
)]

mod oracle;
mod shapes;
mod sources;
mod strided;

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::*;
use arrow_buffer::{
    ArrowNativeType, Buffer, IntervalDayTime, IntervalMonthDayNano, NullBuffer, ScalarBuffer, i256,
};
use arrow_schema::{DataType, Field};
use arrownd::{
    Error, ErrorKind, Item, Nulls, Options, Reason, Source, plan, to_array, to_masked, view, view_ragged,
};
use half::f16;
use ndarray::{ArrayView, Ix0, Ix1, Ix2, Ix3, Ix4, IxDyn};
use proptest::prelude::*;
use shapes::{column, matrix};

fn codes(error: &Error) -> Vec<&'static str> {
    error.reasons().iter().map(Reason::code).collect()
}

fn lists(values: ArrayRef, size: i32) -> ArrayRef {
    let item = Arc::new(Field::new("item", values.data_type().clone(), true));
    Arc::new(FixedSizeListArray::new(item, size, values, None))
}

/// A primitive array in one, two and three dimensions, sliced and not, and refused with a null in it.
fn check_native<P: ArrowPrimitiveType>(some: P::Native) {
    let name = P::DATA_TYPE.to_string();
    let values = ScalarBuffer::<P::Native>::from(vec![some; 24]);
    let array = PrimitiveArray::<P>::new(values.clone(), None);
    let seen = view::<P::Native, Ix1>(&array).expect(&name);
    assert_eq!((seen.as_ptr(), seen.len()), (values.as_ptr(), 24), "{name}");
    assert!(seen.iter().all(|x| *x == some), "{name}");
    let slice = array.slice(5, 7);
    let seen = view::<P::Native, IxDyn>(&slice).expect(&name);
    assert_eq!((seen.as_ptr(), seen.shape()), (values[5..].as_ptr(), &[7][..]), "{name}");

    let two = lists(Arc::new(array), 3);
    let seen = view::<P::Native, Ix2>(&two).expect(&name);
    assert_eq!((seen.as_ptr(), seen.dim()), (values.as_ptr(), (8, 3)), "{name}");
    let three = lists(two, 2).slice(1, 3);
    let seen = view::<P::Native, Ix3>(&three).expect(&name);
    assert_eq!((seen.as_ptr(), seen.dim()), (values[6..].as_ptr(), (3, 2, 3)), "{name}");
    assert!(seen.is_standard_layout(), "{name}");

    let nulls: NullBuffer = (0..24).map(|i| i != 3).collect();
    let holes = PrimitiveArray::<P>::new(values, Some(nulls));
    let error = view::<P::Native, Ix1>(&holes).expect_err(&name);
    assert!(
        matches!(&error, Error::CopyNotAllowed { reasons, .. }
            if matches!(reasons[..], [Reason::Nulls { count: Some(1), .. }, ..])),
        "{name}: {error:?}"
    );
    // A slice beside the null is a view.
    assert_eq!(view::<P::Native, Ix1>(&holes.slice(4, 20)).expect(&name).len(), 20, "{name}");
}

#[test]
fn every_primitive_is_viewed_as_it_is_stored() {
    check_native::<Int8Type>(-1);
    check_native::<Int16Type>(-1);
    check_native::<Int32Type>(-1);
    check_native::<Int64Type>(-1);
    check_native::<UInt8Type>(200);
    check_native::<UInt16Type>(200);
    check_native::<UInt32Type>(200);
    check_native::<UInt64Type>(200);
    check_native::<Float16Type>(f16::from_f32(0.5));
    check_native::<Float32Type>(0.5);
    check_native::<Float64Type>(0.5);
    check_native::<Date32Type>(7);
    check_native::<Date64Type>(7);
    check_native::<Time32SecondType>(7);
    check_native::<Time32MillisecondType>(7);
    check_native::<Time64MicrosecondType>(7);
    check_native::<Time64NanosecondType>(7);
    check_native::<TimestampSecondType>(7);
    check_native::<TimestampMillisecondType>(7);
    check_native::<TimestampMicrosecondType>(7);
    check_native::<TimestampNanosecondType>(7);
    check_native::<DurationSecondType>(7);
    check_native::<DurationNanosecondType>(7);
    check_native::<IntervalYearMonthType>(7);
    check_native::<IntervalDayTimeType>(IntervalDayTime::new(1, 2));
    check_native::<IntervalMonthDayNanoType>(IntervalMonthDayNano::new(1, 2, 3));
    check_native::<Decimal32Type>(1999);
    check_native::<Decimal64Type>(1999);
    check_native::<Decimal128Type>(1999);
    check_native::<Decimal256Type>(i256::from_i128(1999));
}

#[test]
fn bytes_of_fixed_number_are_one_more_dimension() {
    let array = FixedSizeBinaryArray::try_from_iter([*b"abcd", *b"efgh", *b"ijkl"].iter()).unwrap();
    let seen = view::<u8, Ix2>(&array).unwrap();
    assert_eq!(seen.as_ptr(), array.value_data().as_ptr());
    assert_eq!(seen.row(1).to_vec(), b"efgh");
    assert_eq!(view::<u8, Ix2>(&array.slice(2, 1)).unwrap().row(0).to_vec(), b"ijkl");
    let nested = lists(Arc::new(array.clone()), 3);
    assert_eq!(view::<u8, Ix3>(&nested).unwrap().dim(), (1, 3, 4));
    // By plan too, and copied where something is missing.
    assert!(to_array::<u8>(&array, &Options::new()).unwrap().is_view());
    let conversion = plan(&array, &Options::new()).unwrap();
    assert_eq!(conversion.execute::<u8>().unwrap().shape(), [3, 4]);
    let holes = FixedSizeBinaryArray::try_from_sparse_iter_with_size(
        [Some(*b"ab"), None, Some(*b"cd")].into_iter(),
        2,
    )
    .unwrap();
    let masked = to_masked::<u8>(&holes, &Options::new()).unwrap();
    assert_eq!(masked.values().shape(), [3, 2]);
    assert_eq!(masked.mask().map(|mask| mask.iter().copied().collect()), Some(vec![false, true, false]));
    assert_eq!(codes(&view::<u8, Ix2>(&holes).unwrap_err()), ["nulls"]);
    let mut columns = ndarray::Array2::<u8>::zeros((4, 3));
    let error = conversion.write_into(columns.view_mut().reversed_axes()).unwrap_err();
    assert!(error.to_string().contains("last dimension"), "{error}");
    let mut rows = ndarray::Array2::<u8>::zeros((3, 4));
    conversion.write_into(rows.view_mut()).unwrap();
    assert_eq!(rows, view::<u8, Ix2>(&array).unwrap());
}

#[test]
fn lists_of_one_length_are_viewed_from_where_they_begin() {
    let of = |rows: Vec<Vec<i32>>| {
        let rows = rows.into_iter().map(|row| Some(row.into_iter().map(Some)));
        ListArray::from_iter_primitive::<Int32Type, _, _>(rows)
    };
    let even = of(vec![vec![0, 1], vec![2, 3], vec![4, 5]]);
    let seen = view::<i32, Ix2>(&even).unwrap();
    assert_eq!(seen, ndarray::array![[0, 1], [2, 3], [4, 5]]);
    assert_eq!(view::<i32, Ix2>(&even.slice(1, 2)).unwrap(), ndarray::array![[2, 3], [4, 5]]);
    let error = view::<i32, Ix2>(&of(vec![vec![1], vec![2, 3]])).unwrap_err();
    assert!(matches!(error, Error::Ragged { row: 1, .. }), "{error}");
    let none = even.slice(3, 0);
    assert_eq!(view::<i32, Ix2>(&none).unwrap().dim(), (0, 0));
}

#[test]
fn a_permuted_tensor_is_viewed_by_strides() {
    let values: ArrayRef = Arc::new(Float32Array::from_iter_values((0..12u8).map(f32::from)));
    let array = lists(values.clone(), 6);
    let metadata = |text: &str| {
        [("ARROW:extension:name", "arrow.fixed_shape_tensor"), ("ARROW:extension:metadata", text)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
    };
    let field = Field::new("", array.data_type().clone(), false)
        .with_metadata(metadata(r#"{"shape":[2,3],"permutation":[1,0]}"#));
    let seen = view::<f32, Ix3>((&field, &array)).unwrap();
    assert_eq!(seen.dim(), (2, 3, 2));
    assert_eq!(seen.strides(), [6, 1, 3]);
    assert_eq!(seen.as_ptr(), values.as_primitive::<Float32Type>().values().as_ptr());
    assert_eq!(seen[[1, 2, 0]], 8.0);
    // Without its field it is what it is stored as.
    assert_eq!(view::<f32, Ix2>(&array).unwrap().dim(), (2, 6));
}

#[test]
fn bytes_that_are_bools_are_viewed_and_others_refused() {
    let field = |t: &DataType| {
        let name = [("ARROW:extension:name".to_owned(), "arrow.bool8".to_owned())];
        Field::new("", t.clone(), true).with_metadata(name)
    };
    let array = Int8Array::from(vec![0, 1, 1]);
    let field = field(array.data_type());
    let seen = to_array::<bool>((&field, &array), &Options::new()).unwrap();
    assert!(seen.is_view());
    assert_eq!(seen.iter().copied().collect::<Vec<_>>(), [false, true, true]);
    let wrong = Int8Array::from(vec![0, 2]);
    let error = to_array::<bool>((&field, &wrong), &Options::new()).unwrap_err();
    assert!(error.to_string().contains("bytes above 1"), "{error}");
}

#[test]
fn columns_side_by_side_are_one_view() {
    let buffer = Buffer::from_vec((0..12i64).collect::<Vec<_>>());
    let column =
        |start| -> ArrayRef { Arc::new(Int64Array::new(ScalarBuffer::new(buffer.clone(), start, 4), None)) };
    let batch = RecordBatch::try_from_iter([("a", column(0)), ("b", column(4)), ("c", column(8))]).unwrap();
    let seen = view::<i64, Ix2>(&batch).unwrap();
    assert_eq!((seen.as_ptr().cast(), seen.strides()), (buffer.as_ptr(), &[1, 4][..]));
    assert_eq!(seen[[1, 2]], 9);
    let error = view::<i64, Ix2>(&batch.slice(1, 2)).unwrap_err();
    assert_eq!(codes(&error), ["order"]);
}

#[test]
fn what_is_no_view_says_why() {
    let error = view::<f32, Ix1>(&Float64Array::from(vec![0.5])).unwrap_err();
    assert_eq!(codes(&error), ["cast"]);
    let error = view::<u8, Ix1>(&BooleanArray::from(vec![true])).unwrap_err();
    assert!(codes(&error).contains(&"bit-packed"), "{error}");
    let error = view::<i64, Ix1>(&StringArray::from(vec!["a"])).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedType { from, .. } if from == "utf8"), "{error:?}");
    let error = view::<i128, Ix1>(&StringArray::from(vec!["a"])).unwrap_err();
    assert!(matches!(&error, Error::UnsupportedType { from, .. } if from == "utf8"), "{error:?}");
    let chunks: Vec<ArrayRef> =
        vec![Arc::new(Decimal128Array::from(vec![1])), Arc::new(Decimal128Array::from(vec![2]))];
    assert_eq!(codes(&view::<i128, Ix1>(&chunks).unwrap_err()), ["chunked"]);
    let chunks: Vec<ArrayRef> = vec![Arc::new(Int8Array::from(vec![1])), Arc::new(Int8Array::from(vec![2]))];
    assert_eq!(codes(&view::<i8, Ix1>(&chunks).unwrap_err()), ["chunked"]);
    let one = [Arc::new(Int8Array::from(vec![1; 0])) as ArrayRef, chunks[0].clone()];
    assert_eq!(view::<i8, Ix1>(&one[..]).unwrap().to_vec(), [1]);
    let keys = Int8Array::from(vec![0, 0]);
    let dictionary = DictionaryArray::<Int8Type>::new(keys, chunks[0].clone());
    assert_eq!(codes(&view::<i8, Ix1>(&dictionary).unwrap_err()), ["dictionary"]);
    let error = view::<i8, Ix2>(&chunks[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadValue);
    assert_eq!(
        error.to_string(),
        "the result's dimensions are 1 ([1]), and 2 were asked for: ask for so many, or for IxDyn"
    );
    assert_eq!(view::<i8, Ix0>(&chunks[0]).unwrap_err().kind(), ErrorKind::BadValue);
    assert_eq!(view::<i8, Ix4>(&chunks[0]).unwrap_err().kind(), ErrorKind::BadValue);
}

#[test]
fn a_view_lives_as_long_as_its_array_and_no_source() {
    fn first<'a, T: ArrowNativeType>(array: &'a ArrayRef) -> ArrayView<'a, T, Ix1> {
        let source: Source<'a> = array.into();
        view(source).unwrap()
    }
    let array: ArrayRef = Arc::new(Int16Array::from(vec![4, 5]));
    assert_eq!(first::<i16>(&array).to_vec(), [4, 5]);
    let planned = {
        let conversion = plan(&array, &Options::new()).unwrap();
        conversion.execute::<i16>().unwrap()
    };
    assert!(planned.is_view());
    assert_eq!(planned.as_slice(), Some(&[4, 5][..]));
}

#[test]
fn lists_are_viewed_beside_their_offsets() {
    let lists = LargeListArray::from_iter_primitive::<Float32Type, _, _>([
        Some(vec![Some(1.0)]),
        Some(vec![]),
        Some(vec![Some(2.0), Some(3.0)]),
    ]);
    let (offsets, values) = view_ragged::<f32, Ix1, _>(&lists).unwrap();
    assert_eq!(offsets.to_vec(), [0i64, 1, 1, 3]);
    assert_eq!(offsets.as_ptr(), lists.value_offsets().as_ptr());
    assert_eq!(values.to_vec(), [1.0, 2.0, 3.0]);
    let slice = lists.slice(2, 1);
    assert_eq!(view_ragged::<f32, Ix1, _>(&slice).unwrap().0.to_vec(), [1, 3]);
    let holes = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1)]), None]);
    assert_eq!(codes(&view_ragged::<i8, Ix1, _>(&holes).unwrap_err()), ["nulls"]);
}

/// `to_array`, which looks for a view of its own first, against the plan.
fn check_plan<T: Item + ArrowNativeType + PartialEq>(source: Source<'_>, options: &Options) {
    let found = to_array::<T>(source, options);
    let planned = plan(source, &options.clone().dtype(T::DTYPE)).and_then(|planned| {
        let values = planned.execute::<T>()?;
        assert_eq!(planned.is_view() && !planned.plan().is_empty(), values.is_view(), "{planned}");
        assert_eq!(planned.shape(), values.shape(), "{planned}");
        Ok(values)
    });
    match (&found, &planned) {
        (Ok(found), Ok(planned)) => {
            assert_eq!(found.shape(), planned.shape());
            assert_eq!(format!("{found:?}"), format!("{planned:?}"));
            if planned.is_view() {
                assert!(found.is_view());
                assert_eq!((found.as_ptr(), found.strides()), (planned.as_ptr(), planned.strides()));
            }
        }
        (Err(found), Err(planned)) => assert_eq!(found, planned),
        _ => panic!("{found:?}, and planned {planned:?}"),
    }
    let viewed = view::<T, IxDyn>(source);
    // A number of dimensions that is known takes ways of its own.
    let (rows, cells) = (view::<T, Ix1>(source), view::<T, Ix2>(source));
    match &viewed {
        Ok(viewed) => {
            assert_eq!((rows.is_ok(), cells.is_ok()), (viewed.ndim() == 1, viewed.ndim() == 2));
            if let Ok(rows) = rows {
                assert_eq!((rows.as_ptr(), rows.into_dyn()), (viewed.as_ptr(), viewed.view()));
            }
            if let Ok(cells) = cells {
                assert_eq!((cells.as_ptr(), cells.into_dyn()), (viewed.as_ptr(), viewed.view()));
            }
        }
        Err(error) => assert_eq!((&rows.unwrap_err(), &cells.unwrap_err()), (error, error)),
    }
    let strict = plan(source, &options.clone().dtype(T::DTYPE).nulls(Nulls::Nan));
    match (viewed, strict) {
        (Ok(viewed), Ok(strict)) => {
            assert!(strict.is_view(), "{strict}");
            let values = strict.execute::<T>().unwrap();
            assert_eq!(viewed.shape(), values.shape());
            assert!(viewed.is_empty() || viewed.as_ptr() == values.as_ptr());
        }
        (Err(error), Ok(strict)) => {
            assert_eq!((error.reasons(), strict.is_view()), (strict.plan().reasons(), false), "{error}");
        }
        (Err(Error::CopyNotAllowed { reasons, .. }), Err(Error::Nulls { count, .. })) => {
            assert!(matches!(reasons[..], [Reason::Nulls { count: Some(n), .. }] if n == count));
        }
        (Err(error), Err(refused)) => assert_eq!(error, refused),
        (Ok(_), Err(refused)) => panic!("viewed, and {refused}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_viewed_without_a_plan_is_what_the_plan_views(
        source in sources::source(prop_oneof![column(false), matrix()]), fill: bool,
    ) {
        let nulls = if fill { Nulls::Fill((-9).into()) } else { Nulls::Nan };
        let options = Options::new().nulls(nulls);
        check_plan::<i32>(Source::from(&source.arrays), &options);
        check_plan::<f64>(Source::from(&source.arrays), &options);
        for array in &source.arrays {
            check_plan::<i32>(Source::from(array), &options);
        }
    }
}
