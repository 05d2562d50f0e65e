//! `plan`, inspect, execute: what was planned is what happens, into new arrays and given ones.
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

use arrow_array::builder::{Int32Builder, ListBuilder};
use arrow_array::types::{Int32Type, UInt8Type};
use arrow_array::*;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use arrownd::{
    Conversion, DType, Error, ErrorKind, Masked, Nulls, Options, Order, Source, Unit, plan, to_array,
    to_masked, to_matrix, to_padded, to_ragged,
};
use ndarray::{Array, Array2, ArrayD, Axis, Ix1, Ix2, IxDyn, Slice};
use oracle::{Dense, Pad, Value};
use proptest::prelude::*;
use shapes::{Random, Shape, column, matrix};
use sources::source;

fn pads() -> impl Strategy<Value = Pad> {
    prop_oneof![
        Just(Pad { pads: false, to: None }),
        Just(Pad { pads: true, to: None }),
        (0usize..6).prop_map(|to| Pad { pads: true, to: Some(to) })
    ]
}

fn words(pad: Pad) -> Options {
    match pad {
        Pad { pads: false, .. } => Options::new(),
        Pad { to: None, .. } => Options::new().pad(),
        Pad { to: Some(to), .. } => Options::new().pad_to(to),
    }
}

/// An array to write into whose elements lie apart, some dimensions backwards and in another order.
fn strided<T: Clone>(shape: &[usize], fill: T, seed: u64) -> (ArrayD<T>, Vec<Slice>, Vec<usize>) {
    let mut random = Random::new(seed);
    let mut axes: Vec<usize> = (0..shape.len()).collect();
    for i in (1..axes.len()).rev() {
        axes.swap(i, random.below(i + 1));
    }
    let steps: Vec<isize> = shape.iter().map(|_| [1, 2, -1, -3][random.below(4)]).collect();
    let sizes: Vec<usize> = axes.iter().map(|axis| shape[*axis] * steps[*axis].unsigned_abs()).collect();
    let slices = axes.iter().map(|axis| Slice::new(0, None, steps[*axis])).collect();
    (ArrayD::from_elem(IxDyn(&sizes), fill), slices, axes)
}

/// Writes by a conversion into such an array, and says what lies there then.
fn written(conversion: &Conversion<'_>, seed: u64) -> arrownd::Result<(ArrayD<f64>, ArrayD<bool>)> {
    let shape = conversion.shape();
    let (mut values, slices, axes) = strided(&shape, 77.5, seed);
    let (mut mask, mask_slices, mask_axes) = strided(&shape, true, seed + 1);
    let mut inverse = vec![0; axes.len()];
    let mut mask_inverse = inverse.clone();
    for (place, axis) in axes.iter().enumerate() {
        inverse[*axis] = place;
    }
    for (place, axis) in mask_axes.iter().enumerate() {
        mask_inverse[*axis] = place;
    }
    let view = values.slice_each_axis_mut(|axis| slices[axis.axis.0]).permuted_axes(inverse.clone());
    let mask_view =
        mask.slice_each_axis_mut(|axis| mask_slices[axis.axis.0]).permuted_axes(mask_inverse.clone());
    if conversion.plan().masked() {
        conversion.write_masked_into(view, mask_view)?;
    } else {
        conversion.write_into(view)?;
        mask.fill(false);
    }
    let values = values.slice_each_axis(|axis| slices[axis.axis.0]).permuted_axes(inverse).to_owned();
    let mask = mask.slice_each_axis(|axis| mask_slices[axis.axis.0]).permuted_axes(mask_inverse).to_owned();
    Ok((values, mask))
}

fn check(source: Source<'_>, dense: &Dense, options: &Options, seed: u64) {
    let options = options.clone().dtype(DType::Float64);
    let conversion = plan(source, &options).unwrap();
    let masked = conversion.execute_masked::<f64>().unwrap();
    assert_eq!(masked.values().shape(), dense.dims, "{conversion}");
    assert_eq!(
        conversion.is_view() && !masked.values().is_empty(),
        masked.values().is_view(),
        "{conversion}"
    );
    let absent = |value: &Value| matches!(value, Value::Missing | Value::Padding);
    let some_absent = dense.values.iter().any(absent);
    let validity = conversion.validity().unwrap();
    assert_eq!(validity.is_some(), some_absent);
    if let Some(validity) = validity {
        assert!(validity.iter().zip(&dense.values).all(|(there, value)| there != absent(value)));
    }
    assert_eq!(masked.mask().is_some(), conversion.plan().masked());
    let (values, mask) = written(&conversion, seed).unwrap();
    for (((a, b), missing), value) in masked.values().iter().zip(&values).zip(&mask).zip(&dense.values) {
        match value {
            Value::Number(x) => assert!(a == x && b == x && !missing, "{a} and {b}, not {x}"),
            _ if conversion.plan().masked() => assert!(missing),
            _ => assert!(a == b || a.is_nan() && b.is_nan()),
        }
    }
    if let Some(mask) = masked.mask() {
        assert!(mask.iter().zip(&dense.values).all(|(missing, value)| *missing == absent(value)));
        assert_eq!(masked.iter().filter(Option::is_none).count(), mask.iter().filter(|m| **m).count());
    } else {
        assert!(conversion.execute::<f64>().is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_planned_happens_at_any_strides(
        source in source(column(false)), pad in pads(), which in 0usize..3, seed: u64,
    ) {
        let nulls = [Nulls::Nan, Nulls::Mask, Nulls::Fill((-77).into())][which].clone();
        let rows = source.arrays.iter().flat_map(|array| oracle::read(array)).collect();
        let options = words(pad).nulls(nulls);
        match Dense::rows(rows).descend(&source.shape, pad) {
            Err(misfit) => {
                let error = plan(&source.arrays, &options).unwrap_err();
                prop_assert!(matches!(error, Error::Ragged { row, .. } if row == misfit.row), "{}", error);
            }
            Ok((dense, _)) => check(Source::from(&source.arrays), &dense, &options, seed),
        }
    }

    #[test]
    fn fields_in_lists_are_columns_at_any_strides(
        source in source(matrix()), pad in pads(), rows_first: bool, masked: bool, seed: u64,
    ) {
        let rows = source.arrays.iter().flat_map(|array| oracle::read(array)).collect();
        let order = if rows_first { Order::C } else { Order::F };
        let options = words(pad).order(order).nulls(if masked { Nulls::Mask } else { Nulls::Nan });
        if let Ok((dense, Shape::Struct(fields))) = Dense::rows(rows).descend(&source.shape, pad) {
            let of_field = |(i, shape)| dense.field(i).descend(shape, Pad { pads: false, to: None }).unwrap().0;
            let columns: Vec<Dense> = fields.iter().enumerate().map(of_field).collect();
            let whole = Dense::beside(dense.dims.len(), &columns);
            check(Source::from(&source.arrays), &whole, &options, seed);
            let made = to_array::<f64>(&source.arrays, &options.nulls(Nulls::Nan)).unwrap();
            let contiguous = if rows_first { made.is_standard_layout() } else { made.t().is_standard_layout() };
            prop_assert!(contiguous, "{:?} {:?}", made.shape(), made.strides());
        }
    }

    #[test]
    fn lists_are_rows_of_their_values_at_any_depth(source in source(column(false)), masked: bool) {
        let rows: Vec<Value> = source.arrays.iter().flat_map(|array| oracle::read(array)).collect();
        let options = Options::new().nulls(if masked { Nulls::Mask } else { Nulls::Nan });
        let found = to_ragged::<f64>(&source.arrays, &options);
        let (dense, shape) = Dense::rows(rows).descend_to_list(&source.shape);
        if !matches!(shape, Shape::List(..)) || dense.dims.len() > 1 {
            prop_assert_eq!(found.unwrap_err().kind(), ErrorKind::UnsupportedType);
            return Ok(());
        }
        let Ok(ragged) = found else {
            // Lists below, of fixed size or not, that don't fit.
            let error = found.unwrap_err();
            prop_assert!(matches!(error.kind(), ErrorKind::Ragged | ErrorKind::UnsupportedType), "{}", error);
            return Ok(());
        };
        prop_assert_eq!(ragged.len(), dense.values.len());
        let mut flat = Vec::new();
        for (at, value) in dense.values.iter().enumerate() {
            let mut own = Vec::new();
            leaves(value, shape, &mut own);
            flat.extend(own.iter().copied());
            let missing = ragged.missing().is_some_and(|rows| rows[at]);
            prop_assert_eq!(missing, *value == Value::Missing);
            let length = if let Value::List(items) = value { items.len() } else { 0 };
            prop_assert_eq!(ragged.lengths()[at], length);
            if plain(shape) {
                let row = ragged.row(at);
                prop_assert_eq!(row.len(), own.len());
                for (found, value) in row.iter().zip(own) {
                    prop_assert!(value.is_none_or(|value| value == *found));
                    prop_assert!(masked || value.is_some() || found.is_nan());
                }
            }
        }
        if plain(shape) {
            prop_assert_eq!(ragged.values().len(), flat.len());
            let masks = ragged.masked().iter().map(|x| x.is_none()).collect::<Vec<_>>();
            prop_assert_eq!(masks, flat.iter().map(|x| masked && x.is_none()).collect::<Vec<_>>());
            let padded = to_padded::<f64>(&source.arrays, &Options::new());
            if let Ok(padded) = padded {
                prop_assert_eq!(padded.lengths(), &ragged.lengths());
            }
        }
    }
}

/// Lists of lists of numbers, and nothing else.
fn plain(shape: &Shape) -> bool {
    match shape {
        Shape::List(_, _, inner) => plain(inner),
        Shape::Int | Shape::Bool => true,
        _ => false,
    }
}

/// The values of lists, `None` where one is missing; of a missing list nothing is left.
fn leaves(value: &Value, shape: &Shape, into: &mut Vec<Option<f64>>) {
    match (value, shape) {
        (Value::List(items), Shape::List(_, _, inner)) => {
            for item in items {
                leaves(item, inner, into);
            }
        }
        (Value::Missing, Shape::List(..)) => {}
        (Value::Number(x), _) => into.push(Some(*x)),
        _ => into.push(None),
    }
}

#[test]
fn the_planned_type_is_the_one_that_is_executed() {
    let array = Int32Array::from(vec![Some(1), None]);
    let conversion = plan(&array, &Options::new()).unwrap();
    assert_eq!(conversion.plan().dtype(), Some(DType::Float64));
    let error = conversion.execute::<i32>().unwrap_err();
    assert!(matches!(&error, Error::UnsupportedType { from, to, .. } if from == "int32" && to == "int32"));
    assert!(error.to_string().contains("the plan makes float64"), "{error}");
    let array = TimestampSecondArray::from(vec![Some(7), None]).with_timezone("Europe/Rome");
    let conversion = plan(&array, &Options::new()).unwrap();
    assert_eq!(conversion.plan().dtype(), Some(DType::datetime(Unit::Second)));
    assert_eq!(conversion.execute::<i64>().unwrap().as_slice(), Some(&[7, i64::MIN][..]));
    let error = to_array::<i64>(&array, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Nulls);
    let half = Float32Array::from(vec![0.5, 1.5]);
    assert_eq!(to_array::<half::f16>(&half, &Options::new()).unwrap()[1].to_f32(), 1.5);
}

#[test]
fn text_and_what_has_no_element_type_is_named() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    for error in [
        plan(&text, &Options::new()).unwrap_err(),
        to_array::<f64>(&text, &Options::new()).unwrap_err(),
        to_masked::<i8>(&text, &Options::new()).unwrap_err(),
        to_ragged::<i8>(&text, &Options::new()).unwrap_err(),
        to_padded::<i8>(&text, &Options::new()).unwrap_err(),
    ] {
        assert!(matches!(&error, Error::UnsupportedType { from, .. } if from == "utf8"), "{error:?}");
    }
    let number: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("n", number), ("name", text)]).unwrap();
    let error = plan(&batch, &Options::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "field \"name\": no conversion from utf8 to an array of numbers: choose others with Options::columns"
    );
    assert!(to_matrix::<i8>(&batch, &Options::new().columns(["n"])).is_ok());
    let bits = BooleanArray::from(vec![Some(true), None]);
    let error = plan(&bits, &Options::new()).unwrap_err();
    assert!(error.to_string().contains("Nulls::Fill or Nulls::Mask"), "{error}");
    let decimals = Decimal128Array::from(vec![150]).with_precision_and_scale(5, 2).unwrap();
    let error = plan(&decimals, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    assert!(error.to_string().contains("pass an Options::dtype"), "{error}");
    assert_eq!(to_array::<f32>(&decimals, &Options::new()).unwrap()[0], 1.5);
    assert_eq!(to_array::<i64>(&decimals, &Options::new()).unwrap_err().kind(), ErrorKind::LossyCast);
}

#[test]
fn a_schema_is_planned_and_not_executed() {
    let field = Field::new("t", DataType::Timestamp(TimeUnit::Millisecond, None), true);
    let conversion = plan(&field, &Options::new()).unwrap();
    assert_eq!(conversion.plan().copies(), None);
    assert_eq!(conversion.execute::<i64>().unwrap_err().kind(), ErrorKind::BadValue);
    let schema = Schema::new(vec![field.clone(), Field::new("b", DataType::Boolean, false)]);
    let error = plan(&schema, &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    let conversion = plan(&schema, &Options::new().columns(["b"])).unwrap();
    assert_eq!(conversion.plan().copies(), Some(true));
    assert_eq!(conversion.shape(), [0, 1]);
    assert_eq!(
        to_array::<u8>(&schema, &Options::new().columns(["b"])).unwrap_err().kind(),
        ErrorKind::BadValue
    );
}

#[test]
fn masks_have_their_own_way() {
    let array = Int32Array::from(vec![Some(1), None]);
    let conversion = plan(&array, &Options::new().nulls(Nulls::Mask)).unwrap();
    let error = conversion.execute::<i32>().unwrap_err();
    assert!(error.to_string().contains("execute_masked"), "{error}");
    let mut out = Array::<i32, Ix1>::zeros(2);
    assert!(conversion.write_into(out.view_mut()).unwrap_err().to_string().contains("write_masked_into"));
    let error = to_masked::<i32>(&array, &Options::new().nulls(Nulls::Refuse)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let masked: Masked<'_, i32, Ix1> =
        to_masked::<i32>(&array, &Options::new()).unwrap().into_dimensionality().unwrap();
    assert_eq!(masked.mask(), Some(&ndarray::array![false, true]));
    assert!(masked.clone().into_dimensionality::<Ix2>().is_err());
    let mut short = Array::<bool, Ix1>::from_elem(1, false);
    let error = conversion.write_masked_into(out.view_mut(), short.view_mut()).unwrap_err();
    assert_eq!(error.to_string(), "the mask has shape [1], and the result [2]: pass one of that shape");
}

#[test]
fn what_is_written_into_has_the_shape_and_leave_to_copy() {
    let array = Int32Array::from(vec![1, 2, 3]);
    let conversion = plan(&array, &Options::new()).unwrap();
    let mut out = Array2::<i32>::zeros((3, 2));
    let error = conversion.write_into(out.view_mut()).unwrap_err();
    assert_eq!(error.to_string(), "out has shape [3, 2], and the result [3]: pass one of that shape");
    conversion.write_into(out.index_axis_mut(Axis(1), 1)).unwrap();
    assert_eq!(out, ndarray::array![[0, 1], [0, 2], [0, 3]]);
    let error = conversion.write_into(Array::<i64, Ix1>::zeros(3).view_mut()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    let strict = plan(&array, &Options::new().allow_copy(false)).unwrap();
    let error = strict.write_into(out.index_axis_mut(Axis(1), 0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CopyNotAllowed);
}

#[test]
fn padding_under_refused_nulls_is_given() {
    let mut lists = ListBuilder::new(Int32Builder::new());
    lists.append_value([Some(1), Some(2)]);
    lists.append_value([Some(3)]);
    let lists = lists.finish();
    let refuse = Options::new().nulls(Nulls::Refuse);
    assert_eq!(to_array::<i32>(&lists, &refuse.clone().pad()).unwrap_err().kind(), ErrorKind::Conflict);
    let found = to_array::<i32>(&lists, &refuse.pad_with(-1)).unwrap();
    assert_eq!(found, ndarray::array![[1, 2], [3, -1]].into_dyn());
    let error = to_array::<i32>(&lists, &Options::new().pad_with(0)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let error = to_padded::<f32>(&Int32Array::from(vec![1]), &Options::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedType);
    let error = to_array::<i32>(&lists, &Options::new().pad_to(1)).unwrap_err();
    assert!(matches!(error, Error::Ragged { row: 0, .. }), "{error}");
}

#[test]
fn dictionaries_of_lists_are_looked_up() {
    let values = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        Some(vec![Some(3), Some(4)]),
    ]);
    let keys = UInt8Array::from(vec![1, 1, 0]);
    let array = DictionaryArray::<UInt8Type>::new(keys, Arc::new(values));
    let found = to_matrix::<i32>(&array, &Options::new()).unwrap();
    assert_eq!(found, ndarray::array![[3, 4], [3, 4], [1, 2]]);
}
