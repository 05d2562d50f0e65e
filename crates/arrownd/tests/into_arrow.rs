//! `ndarray` to Arrow: values, types and addresses, by element, rank, layout and who owns the array.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking, its name is its documentation"
)]

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    IntervalDayTimeType, IntervalMonthDayNanoType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_buffer::{IntervalDayTime, IntervalMonthDayNano};
use arrow_schema::{DataType, Field, TimeUnit};
use arrownd::{ArrowElement, ArrowOptions, Error, IntoArrow, Item, Options, Plan, Reason, to_array};
use half::f16;
use ndarray::{
    ArcArray, Array1, Array2, ArrayD, ArrayViewD, Axis, CowArray, IxDyn, ShapeBuilder, Slice, arr0, array,
};

const SHAPES: [&[usize]; 9] =
    [&[1], &[70], &[4, 3], &[3, 2, 4], &[2, 3, 2, 2], &[0], &[0, 3], &[3, 0], &[2, 0, 2]];

/// Arrays of the same elements, as far as their shape allows it in different memory.
fn layouts<T: Clone>(shape: &[usize], of: impl Fn(usize) -> T) -> Vec<(&'static str, ArrayD<T>)> {
    let mut n = 0..;
    let plain = ArrayD::from_shape_simple_fn(shape, || of(n.next().unwrap_or(0)));
    let like = |mut array: ArrayD<T>| {
        array.assign(&plain);
        array
    };
    let filled = |shape: &[usize]| ArrayD::from_elem(IxDyn(shape), of(77));
    let fortran = like(ArrayD::from_elem(IxDyn(shape).f(), of(77)));
    let mut reversed = filled(shape);
    reversed.invert_axis(Axis(0));
    let last = Axis(shape.len() - 1);
    let sliced = |axis: Axis, n: usize, slice: Slice| {
        let mut larger = shape.to_vec();
        larger[axis.index()] = n;
        let mut array = filled(&larger);
        array.slice_axis_inplace(axis, slice);
        like(array)
    };
    let stepped = sliced(last, 2 * shape[last.index()], Slice::new(0, None, 2));
    let inside = sliced(Axis(0), shape[0] + 3, Slice::from(2..2 + shape[0] as isize));
    let gaps = sliced(last, shape[last.index()] + 1, Slice::from(1..));
    let mut rotated_shape = shape.to_vec();
    rotated_shape.rotate_left(1);
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    axes.rotate_right(1);
    let rotated = like(filled(&rotated_shape).permuted_axes(axes));
    vec![
        ("reversed", like(reversed)),
        ("fortran", fortran),
        ("stepped", stepped),
        ("inside", inside),
        ("gaps", gaps),
        ("rotated", rotated),
        ("plain", plain),
    ]
}

/// The values of nested lists, and how long these are.
fn leaf(array: &ArrayRef) -> (ArrayRef, Vec<usize>) {
    let (mut leaf, mut shape) = (Arc::clone(array), vec![array.len()]);
    while let Some(lists) = leaf.as_fixed_size_list_opt() {
        assert_eq!(lists.null_count(), 0);
        shape.push(usize::try_from(lists.value_length()).unwrap());
        leaf = Arc::clone(lists.values());
    }
    (leaf, shape)
}

fn checked(array: ArrayRef) -> ArrayRef {
    array.to_data().validate_full().unwrap();
    array
}

fn address<T>(array: &ArrayViewD<'_, T>) -> usize {
    array.as_ptr().addr()
}

fn reasons(plan: &Plan) -> Vec<&'static str> {
    plan.reasons().iter().map(Reason::code).collect()
}

fn no_copies() -> ArrowOptions {
    ArrowOptions::new().allow_copy(false)
}

/// The array has these values, where the plan said.
fn check<P: ArrowPrimitiveType<Native: PartialEq>>(
    made: ArrayRef,
    expected: &ArrayD<P::Native>,
    plan: &Plan,
    at: usize,
) {
    let made = checked(made);
    assert_eq!(made.data_type(), plan.source());
    let (values, shape) = leaf(&made);
    assert_eq!(shape, expected.shape());
    let values = values.as_primitive::<P>();
    assert_eq!(values.null_count(), 0);
    assert!(values.values().iter().eq(expected.iter()));
    let (copied, size) = (plan.copies() == Some(true), size_of::<P::Native>());
    assert_eq!(plan.nbytes(), Some(if copied { size * expected.len() } else { 0 }));
    if !expected.is_empty() {
        assert_eq!(values.values().as_ptr().addr() != at, copied, "{:?}", plan.reasons());
    }
}

fn numbers<P>(of: impl Fn(usize) -> P::Native)
where
    P: ArrowPrimitiveType<Native: ArrowElement + Item + PartialEq + Default + std::fmt::Debug>,
{
    let options = ArrowOptions::new();
    for shape in SHAPES {
        let arrays = layouts(shape, &of);
        let expected = arrays.last().unwrap().1.clone();
        for (name, array) in arrays {
            eprintln!("{name} {shape:?} {}", P::DATA_TYPE);
            assert_eq!(array, expected);
            let (at, standard) = (address(&array.view()), array.is_standard_layout());

            let borrowed: &[&str] = match (array.is_empty(), standard) {
                (true, _) => &[],
                (_, true) => &["borrowed"],
                _ => &["strided"],
            };
            for plan in [
                array.view().plan_arrow(&options).unwrap(),
                IntoArrow::plan_arrow(&&array, &options).unwrap(),
            ] {
                assert_eq!(reasons(&plan), borrowed);
                check::<P>(array.view().into_arrow().unwrap(), &expected, &plan, at);
                check::<P>((&array).into_arrow().unwrap(), &expected, &plan, at);
            }
            let refused = array.view().into_arrow_with(&no_copies());
            assert_eq!(refused.is_err(), !array.is_empty());

            let plan = array.plan_arrow(&options).unwrap();
            assert_eq!(plan.copies(), Some(!standard));
            if !standard {
                assert_eq!(reasons(&plan), ["strided"]);
                let refused = array.clone().into_arrow_with(&no_copies()).unwrap_err();
                assert_eq!(refused.reasons(), plan.reasons());
            }
            // A clone has the same layout.
            let shared: ArcArray<_, _> = array.clone().into_shared();
            let (elsewhere, keeper) = (address(&shared.view()), shared.clone());
            assert_eq!(shared.plan_arrow(&options).unwrap().copies(), plan.copies());
            check::<P>(shared.into_arrow().unwrap(), &expected, &plan, elsewhere);
            assert_eq!(keeper, expected);
            check::<P>(keeper.into_arrow().unwrap(), &expected, &plan, elsewhere);

            let (owned, lent) = (CowArray::from(array.clone()), CowArray::from(array.view()));
            let elsewhere = address(&owned.view());
            assert_eq!(reasons(&lent.plan_arrow(&options).unwrap()), borrowed);
            check::<P>(
                lent.into_arrow().unwrap(),
                &expected,
                &IntoArrow::plan_arrow(&&array, &options).unwrap(),
                at,
            );
            assert_eq!(owned.plan_arrow(&options).unwrap().copies(), plan.copies());
            check::<P>(owned.into_arrow().unwrap(), &expected, &plan, elsewhere);

            let mut array = array;
            assert_eq!(reasons(&array.view_mut().plan_arrow(&options).unwrap()), borrowed);
            let moved = array.into_arrow().unwrap();
            check::<P>(Arc::clone(&moved), &expected, &plan, at);
            let back = to_array::<P::Native>(&*moved, &Options::default()).unwrap();
            assert_eq!(back, expected);
        }
    }
}

#[test]
fn signed_integers_move_in_or_are_copied_once() {
    numbers::<Int8Type>(|i| i as i8 - 3);
    numbers::<Int16Type>(|i| i as i16 * 300 - 3);
    numbers::<Int32Type>(|i| i as i32 * 100_000 - 3);
    numbers::<Int64Type>(|i| (i as i64) << 40);
}

#[test]
fn unsigned_integers_move_in_or_are_copied_once() {
    numbers::<UInt8Type>(|i| i as u8 ^ 0x80);
    numbers::<UInt16Type>(|i| i as u16 * 300);
    numbers::<UInt32Type>(|i| i as u32 * 100_000);
    numbers::<UInt64Type>(|i| u64::MAX - i as u64);
}

#[test]
fn floats_move_in_or_are_copied_once() {
    numbers::<Float16Type>(|i| f16::from_f32(i as f32 / 4.0));
    numbers::<Float32Type>(|i| i as f32 / 4.0);
    numbers::<Float64Type>(|i| i as f64 / 3.0);
}

#[test]
fn intervals_move_in_or_are_copied_once() {
    numbers::<IntervalDayTimeType>(|i| IntervalDayTime::new(i as i32, -3));
    numbers::<IntervalMonthDayNanoType>(|i| IntervalMonthDayNano::new(i as i32, 7, -1));
    options_of::<IntervalMonthDayNanoType>(|i| IntervalMonthDayNano::new(i as i32, 7, -1));
}

#[test]
fn bools_become_bits() {
    for shape in SHAPES {
        for (name, array) in layouts(shape, |i| i % 3 == 0) {
            eprintln!("{name} {shape:?}");
            let plan = array.plan_arrow(&ArrowOptions::new()).unwrap();
            assert_eq!(plan.copies(), Some(!array.is_empty()));
            assert_eq!(plan.nbytes(), Some(array.len().div_ceil(8)));
            let expected: BooleanArray = array.iter().map(|bool| Some(*bool)).collect();
            for made in [array.view().into_arrow(), (&array).into_arrow(), array.clone().into_arrow()] {
                let made = checked(made.unwrap());
                assert_eq!(made.data_type(), plan.source());
                let (values, lengths) = leaf(&made);
                assert_eq!((values.as_boolean(), lengths), (&expected, shape.to_vec()));
                assert_eq!(values.nulls(), None);
            }
        }
    }
}

/// Values with nulls, by a slow loop.
fn masked_values<P: ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<P::Native>> {
    leaf(array).0.as_primitive::<P>().iter().collect()
}

#[test]
fn what_a_mask_says_is_missing() {
    let options = ArrowOptions::new();
    for shape in SHAPES {
        let masks = layouts(shape, |i| i % 3 == 1);
        for ((name, values), (_, mask)) in layouts(shape, |i| i as i32).into_iter().zip(masks.iter().rev()) {
            eprintln!("{name} {shape:?}");
            let expected: Vec<_> =
                values.iter().zip(mask).map(|(value, missing)| (!missing).then_some(*value)).collect();
            let at = address(&values.view());
            let made = checked((values.view(), mask.view()).into_arrow().unwrap());
            assert_eq!(masked_values::<Int32Type>(&made), expected);
            assert_eq!(
                (values.view(), mask).plan_arrow(&options).unwrap().copies(),
                Some(!values.is_empty())
            );

            let pair = (values, mask.clone());
            let plan = pair.plan_arrow(&options).unwrap();
            let bits = if expected.contains(&None) { expected.len().div_ceil(8) } else { 0 };
            let copied = plan.copies() == Some(true);
            assert_eq!(plan.nbytes(), Some(bits + if copied { 4 * expected.len() } else { 0 }));
            let moved = checked(pair.into_arrow().unwrap());
            assert_eq!(masked_values::<Int32Type>(&moved), expected);
            let found = leaf(&moved).0.as_primitive::<Int32Type>().values().as_ptr().addr();
            assert!(expected.is_empty() || (found == at) != copied);
        }
    }
    let none = (array![1, 2], array![false, false]).into_arrow().unwrap();
    assert_eq!(none.nulls(), None);
    let bools = (array![true, false], ArcArray::from(vec![false, true])).into_arrow().unwrap();
    assert_eq!(bools.as_boolean(), &BooleanArray::from(vec![Some(true), None]));
}

#[test]
fn a_mask_has_the_shape_of_its_values() {
    let wrong = (array![1, 2, 3], array![true]).into_arrow().unwrap_err();
    let text = "the mask has shape [1], and the values [3]: pass one for each value";
    assert_eq!(wrong, Error::BadValue(text.to_owned()));
    let wrong =
        (Array2::<u8>::zeros((2, 3)), Array2::from_elem((3, 2), true)).plan_arrow(&ArrowOptions::new());
    assert!(matches!(wrong, Err(Error::BadValue(_))));
}

fn options_of<P>(of: impl Fn(usize) -> P::Native)
where
    P: ArrowPrimitiveType<Native: PartialEq + std::fmt::Debug>,
    Option<P::Native>: ArrowElement,
{
    for missing in [0, 1, 2, 65] {
        let of = |i: usize| (missing == 0 || i % missing != missing - 1).then(|| of(i));
        for shape in SHAPES {
            for (name, array) in layouts(shape, of) {
                eprintln!("{name} {shape:?}");
                let expected: Vec<_> = array.iter().copied().collect();
                let plan = array.plan_arrow(&ArrowOptions::new()).unwrap();
                assert_eq!(plan.copies(), Some(!array.is_empty()));
                for made in [array.view().into_arrow(), array.into_arrow()] {
                    let made = checked(made.unwrap());
                    assert_eq!(masked_values::<P>(&made), expected);
                    assert_eq!(made.data_type(), plan.source());
                    assert_eq!(leaf(&made).0.nulls().is_some(), expected.contains(&None));
                }
            }
        }
    }
}

#[test]
fn options_are_values_and_bits() {
    options_of::<Int8Type>(|i| i as i8);
    options_of::<UInt64Type>(|i| i as u64);
    options_of::<Float16Type>(|i| f16::from_f32(i as f32));
    options_of::<Float64Type>(|i| i as f64);
    let of = |i: usize| [Some(true), None, Some(false)][i % 3];
    for shape in SHAPES {
        for (_, array) in layouts(shape, of) {
            let expected: BooleanArray = array.iter().copied().collect();
            let made = checked(array.into_arrow().unwrap());
            assert_eq!(leaf(&made).0.as_boolean(), &expected);
        }
    }
    let refused = array![Some(1), None].into_arrow_with(&no_copies()).unwrap_err();
    assert_eq!(refused.reasons(), [Reason::Optional]);
    assert_eq!(
        refused.to_string(),
        "copy not allowed: each value is an option, and Arrow has values and bits (pass the values, which move in, \
         and a mask)"
    );
}

#[test]
fn without_dimensions_there_are_no_rows() {
    let refused = |error: Error| {
        assert_eq!(
            error.to_string(),
            "no conversion from an array without dimensions to Arrow: use array.insert_axis(Axis(0))"
        );
    };
    refused(arr0(1.5).into_arrow().unwrap_err());
    refused(arr0(Some(1)).into_arrow().unwrap_err());
    refused((arr0(1), arr0(true)).into_arrow().unwrap_err());
    refused(arr0(1).into_record_batch(["a"]).unwrap_err());
    assert_eq!(arr0(1.5).insert_axis(Axis(0)).into_arrow().unwrap().len(), 1);
}

#[test]
fn what_moved_in_can_be_taken_out_again() {
    let values = vec![1.5, 2.5, 3.5];
    let at = values.as_ptr();
    let moved = Array1::from_vec(values).into_arrow().unwrap();
    let (_, buffer, _) = moved.as_primitive::<Float64Type>().clone().into_parts();
    drop(moved);
    let back = buffer.into_inner().into_vec::<f64>().expect("nobody else holds it");
    assert_eq!((back.as_ptr(), back), (at, vec![1.5, 2.5, 3.5]));
}

#[test]
fn what_is_shared_is_copied_by_who_writes() {
    let mut ours = ArcArray::from(vec![1, 2, 3]);
    let shared = ours.clone().into_arrow().unwrap();
    let shared = shared.as_primitive::<Int32Type>();
    assert_eq!(shared.values().as_ptr(), ours.as_ptr());
    ours[0] = 7;
    assert_eq!((shared.values().as_ref(), ours[0]), (&[1, 2, 3][..], 7));
    // It is given up with the last of Arrow's.
    let ours = ArcArray::from(vec![1]);
    drop(ours.clone().into_arrow().unwrap());
    assert!(ours.try_into_owned_nocopy().is_ok());
}

#[test]
fn broadcast_views_are_written_out() {
    let row = array![1u16, 2, 3];
    let made = row.broadcast((2, 3)).unwrap().into_arrow().unwrap();
    assert_eq!(leaf(&made).0.as_primitive::<UInt16Type>().values(), &[1, 2, 3, 1, 2, 3]);
}

#[test]
fn integers_are_ticks_where_they_lie() {
    let long = [
        DataType::Timestamp(TimeUnit::Microsecond, Some("Europe/Berlin".into())),
        DataType::Timestamp(TimeUnit::Second, None),
        DataType::Duration(TimeUnit::Nanosecond),
        DataType::Date64,
        DataType::Time64(TimeUnit::Nanosecond),
    ];
    for wanted in long {
        let ticks = array![[0i64, 86_400_000], [172_800_000, 0]];
        let at = ticks.as_ptr().addr();
        let plan = ticks.plan_arrow(&ArrowOptions::new().data_type(wanted.clone())).unwrap();
        assert_eq!((plan.copies(), plan.nbytes()), (Some(false), Some(0)), "{wanted}");
        let made = checked(ticks.into_arrow_as(wanted.clone()).unwrap());
        let (values, _) = leaf(&made);
        assert_eq!(values.data_type(), &wanted);
        assert_eq!(values.to_data().buffers()[0].as_ptr().addr(), at, "{wanted}");
    }
    for wanted in [DataType::Date32, DataType::Time32(TimeUnit::Second)] {
        let ticks = array![1i32, 2];
        let at = ticks.as_ptr().addr();
        let made = checked(ticks.into_arrow_as(wanted.clone()).unwrap());
        assert_eq!((made.data_type(), made.to_data().buffers()[0].as_ptr().addr()), (&wanted, at));
    }
    let late = array![86_400i32].into_arrow_as(DataType::Time32(TimeUnit::Second)).unwrap_err();
    assert!(late.to_string().contains("86400, which is no time of a day"), "{late}");
}

#[test]
fn bools_are_bytes_where_they_lie() {
    let name = HashMap::from([("ARROW:extension:name".to_owned(), "arrow.bool8".to_owned())]);
    let options = ArrowOptions::new().field(Field::new("", DataType::Int8, true).with_metadata(name));
    let mut bools = vec![true, false, true];
    bools.reserve(100);
    let at = bools.as_ptr().addr();
    let (_, made) = Array1::from_vec(bools).into_arrow_with(&options).unwrap();
    let values = checked(made).as_primitive::<Int8Type>().values().clone();
    assert_eq!((values.as_ptr().addr(), values.as_ref()), (at, &[1, 0, 1][..]));
}

#[test]
fn numbers_are_converted_and_checked() {
    let made = array![[1.0, 2.0]].into_arrow_as(DataType::Int8).unwrap();
    assert_eq!(leaf(&made).0.as_primitive::<Int8Type>().values(), &[1, 2]);
    let lossy = array![1.0, 2.5].into_arrow_as(DataType::Int8).unwrap_err();
    assert!(matches!(&lossy, Error::LossyCast { position: 1, .. }), "{lossy}");
    assert!(lossy.to_string().starts_with("2.5 at position 1 can't be held exactly by int8"), "{lossy}");
    let options = ArrowOptions::new().data_type(DataType::Int8).safe(false);
    let (_, cut) = array![1.0, 2.5].view().into_arrow_with(&options).unwrap();
    assert_eq!(cut.as_primitive::<Int8Type>().values(), &[1, 2]);
    let unknown = array![1.0].into_arrow_as(DataType::Timestamp(TimeUnit::Second, None)).unwrap_err();
    assert!(matches!(unknown, Error::UnsupportedType { .. }), "{unknown}");
    // Missing values aren't looked at.
    let made = (array![1.0, 2.5], array![false, true]).into_arrow_as(DataType::Int8).unwrap();
    assert_eq!(masked_values::<Int8Type>(&made), [Some(1), None]);
    let made = array![Some(1.0), None].into_arrow_as(DataType::Int8).unwrap();
    assert_eq!(masked_values::<Int8Type>(&made), [Some(1), None]);
    let required = ArrowOptions::new().field(Field::new("x", DataType::Int64, false));
    assert!(matches!(
        (array![1i64, 2], array![true, false]).into_arrow_with(&required),
        Err(Error::Nulls { count: 1, len: 2, first: 0, .. })
    ));
    let (field, _) = array![1i64].into_arrow_with(&required).unwrap();
    assert_eq!((field.name().as_str(), field.is_nullable()), ("", false));
}

#[test]
fn lists_are_what_the_wanted_type_says() {
    let item = Arc::new(Field::new("item", DataType::Float32, true));
    for wanted in [DataType::List(Arc::clone(&item)), DataType::FixedSizeList(item, 2)] {
        let made = checked(array![[1.0, 2.0], [3.0, 4.0]].into_arrow_as(wanted.clone()).unwrap());
        assert_eq!((made.data_type(), made.len()), (&wanted, 2));
    }
}

#[test]
fn nan_is_null_where_that_is_asked_for() {
    let options = ArrowOptions::new().nan_as_null(true).allow_copy(false);
    let values = array![[f64::NAN, 1.0], [2.0, f64::NAN]];
    let at = values.as_ptr().addr();
    let (_, made) = values.into_arrow_with(&options).unwrap();
    assert_eq!(masked_values::<Float64Type>(&made), [None, Some(1.0), Some(2.0), None]);
    assert_eq!(leaf(&made).0.as_primitive::<Float64Type>().values().as_ptr().addr(), at);
    assert_eq!(array![f64::NAN].into_arrow().unwrap().null_count(), 0);
}

#[test]
fn tensors_keep_their_memory_and_say_their_order() {
    let of = |shape: [usize; 3]| Array1::from_iter(0..24i16).into_shape_with_order(shape).unwrap();
    let plain = of([2, 3, 4]);
    let at = plain.as_ptr().addr();
    let (field, made) = plain.into_tensor().unwrap();
    assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[3,4]}"#));
    let (values, shape) = leaf(&checked(made));
    assert_eq!((shape, values.to_data().buffers()[0].as_ptr().addr()), (vec![2, 12], at));

    let turned = of([2, 4, 3]).permuted_axes([0, 2, 1]);
    let at = turned.as_ptr().addr();
    let plan = turned.plan_arrow(&ArrowOptions::new().tensor()).unwrap();
    assert_eq!(
        (plan.copies(), turned.plan_arrow(&ArrowOptions::new()).unwrap().copies()),
        (Some(false), Some(true))
    );
    let (field, made) = turned.into_tensor().unwrap();
    assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[4,3],"permutation":[1,0]}"#));
    let (values, _) = leaf(&made);
    assert_eq!(values.as_primitive::<Int16Type>().values(), &(0..24).collect::<Vec<i16>>());
    assert_eq!(values.to_data().buffers()[0].as_ptr().addr(), at);

    // Rows that don't lie one after the other are copied, in C order.
    let rows_last = of([3, 4, 2]).permuted_axes([2, 0, 1]);
    let expected: Vec<i16> = rows_last.iter().copied().collect();
    let (field, made) = rows_last.into_tensor().unwrap();
    assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[3,4]}"#));
    assert_eq!(leaf(&made).0.as_primitive::<Int16Type>().values(), &expected);

    let mask = Array1::from_iter((0..24).map(|i| i == 5)).into_shape_with_order((2, 4, 3)).unwrap();
    let pair = (of([2, 4, 3]).permuted_axes([0, 2, 1]), mask.permuted_axes([0, 2, 1]));
    let (field, made) = pair.into_tensor().unwrap();
    assert_eq!(field.extension_type_metadata(), Some(r#"{"shape":[4,3],"permutation":[1,0]}"#));
    let (values, _) = leaf(&made);
    assert_eq!((values.null_count(), values.is_null(5)), (1, true));
    let (_, made) = array![[Some(1), None]].into_tensor().unwrap();
    assert_eq!(masked_values::<Int32Type>(&made), [Some(1), None]);
    let flat = array![1, 2].into_tensor().unwrap_err();
    assert_eq!(
        flat.to_string(),
        "no conversion from an array of one dimension to arrow.fixed_shape_tensor: each row has to be an array: pass \
         one of two dimensions or more"
    );
}

fn columns<P: ArrowPrimitiveType>(batch: &RecordBatch) -> Vec<Vec<Option<P::Native>>> {
    batch.columns().iter().map(|column| masked_values::<P>(column)).collect()
}

#[test]
fn the_columns_of_a_matrix_get_names() {
    let expected = |matrix: &Array2<i64>| -> Vec<Vec<Option<i64>>> {
        matrix.columns().into_iter().map(|column| column.iter().copied().map(Some).collect()).collect()
    };
    for rows in [0, 1, 7, 200] {
        let matrix = Array2::from_shape_fn((rows, 3), |(i, j)| (10 * i + j) as i64);
        let wanted = expected(&matrix);
        let mut fortran = Array2::zeros((rows, 3).f());
        fortran.assign(&matrix);
        let at = fortran.as_ptr().addr();
        let shared = fortran.into_record_batch_with(["a", "b", "c"], &no_copies()).unwrap();
        assert_eq!(columns::<Int64Type>(&shared), wanted);
        for (i, column) in shared.columns().iter().enumerate().filter(|_| rows > 0) {
            assert_eq!(column.as_primitive::<Int64Type>().values().as_ptr().addr(), at + 8 * rows * i);
        }
        let names: Vec<_> = shared.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!((names, shared.num_rows()), (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], rows));
        assert!(shared.schema().fields().iter().all(|field| field.data_type() == &DataType::Int64));

        let lent = matrix.view().into_record_batch(["a", "b", "c"]).unwrap();
        let mut backwards = matrix.clone();
        backwards.invert_axis(Axis(1));
        let copied = matrix.into_record_batch(["a", "b", "c"]).unwrap();
        assert_eq!((&lent, &copied), (&shared, &shared));
        let backwards =
            backwards.into_record_batch(["c".to_owned(), "b".to_owned(), "a".to_owned()]).unwrap();
        assert_eq!(backwards["a"].as_ref(), copied["a"].as_ref());
    }
    let none = Array2::<f32>::zeros((5, 0)).into_record_batch([""; 0]).unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (5, 0));
}

#[test]
fn columns_with_missing_values() {
    let values = array![[1, 2], [3, 4], [5, 6]];
    let mask = array![[false, true], [true, false], [false, false]];
    let expected = [vec![Some(1), None, Some(5)], vec![None, Some(4), Some(6)]];
    let batch = (&values, &mask).into_record_batch(["a", "b"]).unwrap();
    assert_eq!(columns::<Int32Type>(&batch), expected);
    let options =
        ndarray::Zip::from(&values).and(&mask).map_collect(|value, missing| (!missing).then_some(*value));
    assert_eq!(options.view().into_record_batch(["a", "b"]).unwrap(), batch);
    let turned = (values.reversed_axes(), mask.reversed_axes());
    let at = turned.0.as_ptr().addr();
    let turned = turned.into_record_batch_with(["x", "y", "z"], &no_copies()).unwrap();
    assert_eq!(columns::<Int32Type>(&turned)[1], [None, Some(4)]);
    assert_eq!(turned["y"].as_primitive::<Int32Type>().values().as_ptr().addr(), at + 8);
    let bools = array![[true], [false]].into_record_batch(["b"]).unwrap();
    assert_eq!(bools["b"].as_boolean(), &BooleanArray::from(vec![true, false]));
}

#[test]
fn columns_of_wanted_types() {
    let field = |name, t| Field::new(name, t, true);
    let wanted = DataType::Struct(vec![field("a", DataType::Int8), field("b", DataType::Float64)].into());
    let batch = array![[1.0f32, 0.5], [2.0, 1.5]]
        .into_record_batch_with(["a", "b"], &ArrowOptions::new().data_type(wanted))
        .unwrap();
    assert_eq!(batch["a"].as_primitive::<Int8Type>().values(), &[1, 2]);
    assert_eq!(batch["b"].as_primitive::<Float64Type>().values(), &[0.5, 1.5]);
    let refused = array![[1.0]].into_record_batch_with(["a"], &ArrowOptions::new().tensor());
    assert!(matches!(refused, Err(Error::BadValue(_))), "{refused:?}");
}

#[test]
fn names_are_as_many_as_columns() {
    let text = |error: Error| error.to_string();
    assert_eq!(
        text(array![[1, 2]].into_record_batch(["a"]).unwrap_err()),
        "1 names were passed, and the matrix has 2 columns: pass one for each"
    );
    assert_eq!(
        text(array![1, 2].into_record_batch(["a", "b"]).unwrap_err()),
        "a table is made of two dimensions, and the array has 1: reshape it"
    );
    assert_eq!(
        text(array![[Some(1)]].into_record_batch(["a", "b"]).unwrap_err()),
        "2 names were passed, and the matrix has 1 columns: pass one for each"
    );
    assert_eq!(
        text(array![[1, 2], [3, 4]].into_record_batch_with(["a", "b"], &no_copies()).unwrap_err()),
        "copy not allowed: field \"a\": the values are not next to each other in memory (pass contiguous memory)"
    );
    assert_eq!(
        text(array![1].view().into_arrow_with(&no_copies()).unwrap_err()),
        "copy not allowed: the array is borrowed, and Arrow keeps what it has (pass the array itself, which moves in)"
    );
}

mod any_layout {
    use super::*;
    use proptest::prelude::*;

    /// What is done to a dimension: its steps, and where the array begins and ends in it.
    #[derive(Debug, Clone)]
    struct Cut {
        len: usize,
        start: usize,
        end: usize,
        step: isize,
    }

    fn cut() -> impl Strategy<Value = Cut> {
        (0usize..6, 0usize..2, 0usize..2, prop_oneof![Just(1isize), Just(1), Just(2), Just(-1), Just(-2)])
            .prop_map(|(len, start, end, step)| {
                let len = len + start + end;
                Cut { len, start, end: len - end, step }
            })
    }

    fn laid_out<T: Clone>(cuts: &[Cut], axes: &[usize], of: impl Fn(usize) -> T) -> ArrayD<T> {
        let shape: Vec<usize> = cuts.iter().map(|cut| cut.len).collect();
        let mut n = 0..;
        let mut array = ArrayD::from_shape_simple_fn(shape, || of(n.next().unwrap_or(0)));
        for (axis, cut) in cuts.iter().enumerate() {
            let slice = Slice::new(cut.start as isize, Some(cut.end as isize), cut.step);
            array.slice_axis_inplace(Axis(axis), slice);
        }
        array.permuted_axes(axes.to_vec())
    }

    /// The numbers of a list in a tensor's metadata.
    fn list(metadata: &str, key: &str) -> Option<Vec<usize>> {
        let rest = metadata.split_once(&format!("\"{key}\":["))?.1;
        rest.split_once(']')?.0.split(',').map(|n| n.parse().ok()).collect()
    }

    /// The values in the order of the dimensions, which a tensor may have in another order in memory.
    fn in_logical_order(field: &Field, array: &ArrayRef) -> Vec<Option<i32>> {
        let values = masked_values::<Int32Type>(array);
        let Some(metadata) = field.extension_type_metadata() else { return values };
        let mut shape = list(metadata, "shape").unwrap();
        let mut axes: Vec<usize> = (0..=shape.len()).collect();
        for (axis, place) in list(metadata, "permutation").unwrap_or_default().into_iter().enumerate() {
            axes[axis + 1] = place + 1;
        }
        shape.insert(0, array.len());
        let tensors = ArrayD::from_shape_vec(shape, values).unwrap();
        tensors.permuted_axes(axes).iter().copied().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

        #[test]
        fn owned_is_borrowed_is_the_loop(
            cuts in prop::collection::vec(cut(), 1..5),
            seed in any::<prop::sample::Index>(),
            every in 1usize..9,
            tensor in any::<bool>(),
        ) {
            let mut axes: Vec<usize> = (0..cuts.len()).collect();
            axes.rotate_left(seed.index(cuts.len()));
            if every % 2 == 0 { axes.reverse(); }
            let values = laid_out(&cuts, &axes, |i| i as i32);
            let mask = laid_out(&cuts, &axes, |i| i % every == 0);
            let expected: Vec<_> = values.iter().zip(&mask).map(|(v, m)| (!m).then_some(*v)).collect();
            let options = ArrowOptions::new();

            let lent = (values.view(), &mask).into_arrow().unwrap();
            prop_assert_eq!(&masked_values::<Int32Type>(&checked(Arc::clone(&lent))), &expected);
            let optional = ndarray::Zip::from(&values).and(&mask).map_collect(|v, m| (!m).then_some(*v));
            prop_assert_eq!(&optional.into_arrow().unwrap(), &lent);
            prop_assert_eq!(&leaf(&mask.view().into_arrow().unwrap()).0.as_boolean().iter().map(Option::unwrap)
                .collect::<Vec<_>>(), &mask.iter().copied().collect::<Vec<_>>());

            let at = address(&values.view());
            let wants_tensor = tensor && values.ndim() > 1;
            let options = if wants_tensor { options.tensor() } else { options };
            let in_order = values.clone();
            let pair = (values, mask);
            let plan = pair.plan_arrow(&options).unwrap();
            let (field, moved) = pair.into_arrow_with(&options).unwrap();
            let moved = checked(moved);
            prop_assert_eq!(field.data_type(), plan.source());
            let (found, _) = leaf(&moved);
            if !in_order.is_empty() {
                let copied = found.as_primitive::<Int32Type>().values().as_ptr().addr() != at;
                prop_assert_eq!(plan.copies(), Some(copied));
                if !wants_tensor {
                    prop_assert_eq!(copied, !in_order.is_standard_layout());
                }
            }
            prop_assert_eq!(in_logical_order(&field, &moved), expected);
        }

        #[test]
        fn a_matrix_is_its_columns(
            cuts in prop::collection::vec(cut(), 2..3), turned in any::<bool>(), every in 1usize..9,
        ) {
            let axes = if turned { [1, 0] } else { [0, 1] };
            let values = laid_out(&cuts, &axes, |i| i as f64).into_dimensionality::<ndarray::Ix2>().unwrap();
            let mask = laid_out(&cuts, &axes, |i| i % every == 0).into_dimensionality::<ndarray::Ix2>().unwrap();
            let names: Vec<String> = (0..values.ncols()).map(|i| format!("c{i}")).collect();
            let expected: Vec<Vec<_>> = values.columns().into_iter().zip(mask.columns())
                .map(|(v, m)| v.iter().zip(m).map(|(v, m)| (!m).then_some(*v)).collect()).collect();
            let lent = (&values, mask.view()).into_record_batch(names.clone()).unwrap();
            prop_assert_eq!(&columns::<Float64Type>(&lent), &expected);
            let plain = values.view().into_record_batch(names.clone()).unwrap();
            prop_assert_eq!(&values.clone().into_record_batch(names.clone()).unwrap(), &plain);
            let moved = (values, mask).into_record_batch(names).unwrap();
            prop_assert_eq!(&columns::<Float64Type>(&moved), &expected);
        }
    }
}

/// Without options an array in C order moves without a plan; with them the plan moves it.
#[test]
fn what_moves_without_a_plan_is_what_the_plan_makes() {
    for shape in [&[0][..], &[7], &[3, 4], &[0, 3], &[4, 0], &[2, 3, 2], &[2, 1, 2, 3]] {
        for (name, array) in layouts(shape, |i| i as f32) {
            let quick = array.clone();
            let (ptr, in_order) = (quick.as_ptr().addr(), quick.is_standard_layout());
            let quick = quick.into_arrow().unwrap();
            let planned = array.into_arrow_with(&ArrowOptions::new()).unwrap();
            assert_eq!(planned.0.data_type(), quick.data_type(), "{name} {shape:?}");
            assert_eq!(&planned.1, &quick, "{name} {shape:?}");
            let (values, _) = leaf(&quick);
            let found = values.as_primitive::<Float32Type>().values().as_ptr().addr();
            assert!(!in_order || values.is_empty() || found == ptr, "{name} {shape:?}");
        }
    }
    let error = arr0(1).into_arrow().unwrap_err();
    assert_eq!(error, arr0(1).into_arrow_with(&ArrowOptions::new()).unwrap_err());
}
