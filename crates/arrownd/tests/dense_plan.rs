//! Dense arrays to Arrow: what the plan says is what is made.
#![allow(unsafe_code, reason = "the tests play the owner of arrays")]
#![allow(missing_docs, reason = "the name of a test is its documentation")]

use std::sync::Arc;

use arrow_schema::DataType;
use arrownd::engine::dense::{
    ArrowMemory, Columns, Dense, Input, Made, Mask, OnWritable, Options, check_copies, execute, plan,
};
use arrownd::{DType, Error, Plan, Result, Unit};
use smallvec::SmallVec;

/// An array of every `step`th value, and one that owns them.
fn dense(values: &Arc<Vec<i64>>, dtype: DType, step: usize) -> Dense {
    let n = values.len() / step;
    // SAFETY: the vector owns so many values, and isn't changed.
    unsafe {
        Dense::new(values.as_ptr().cast(), dtype, false, &[n], &[8 * step as isize], Arc::clone(values) as _)
    }
}

fn mask(bytes: &Arc<Vec<u8>>) -> Mask {
    // SAFETY: the vector owns so many bytes, and isn't changed.
    unsafe { Mask::new(bytes.as_ptr(), &[bytes.len()], &[1], Arc::clone(bytes) as _) }
}

fn made(input: &Input, options: &Options) -> Result<(Plan, Made)> {
    let plan = plan(input, options)?;
    check_copies(&plan, options)?;
    let made = execute(&plan, input, &mut ArrowMemory)?;
    assert_eq!(plan.source(), made.data.data_type());
    made.data.validate_full().map_err(|why| Error::BadValue(why.to_string()))?;
    Ok((plan, made))
}

#[test]
fn one_piece_is_shared_and_keeps_its_owner() -> Result<()> {
    let values = Arc::new((0..100).collect::<Vec<i64>>());
    let (plan, made) = made(&Input::Dense(dense(&values, DType::Int64, 1)), &Options::default())?;
    assert_eq!((plan.copies(), plan.nbytes()), (Some(false), Some(0)));
    assert_eq!(made.data.buffers()[0].as_ptr(), values.as_ptr().cast());
    let alive = Arc::downgrade(&values);
    drop(values);
    assert!(alive.upgrade().is_some());
    drop(made);
    assert!(alive.upgrade().is_none());
    Ok(())
}

#[test]
fn strided_is_copied_and_says_so() -> Result<()> {
    let values = Arc::new((0..10_000).collect::<Vec<i64>>());
    let input = Input::Dense(dense(&values, DType::Int64, 2));
    let (plan, made) = made(&input, &Options::default())?;
    assert_eq!(plan.reasons().iter().map(arrownd::Reason::code).collect::<Vec<_>>(), ["strided"]);
    assert_eq!(plan.nbytes(), Some(8 * 5_000));
    assert_eq!(made.data.buffers()[0].typed_data::<i64>(), (0..10_000).step_by(2).collect::<Vec<i64>>());
    let refused = self::made(&input, &Options { allow_copy: false, ..Options::default() });
    assert_eq!(refused.err().map(|error| error.reasons().to_vec()), Some(plan.reasons().to_vec()));
    Ok(())
}

#[test]
fn masks_and_markers_are_one_bitmap() -> Result<()> {
    let ticks: Vec<i64> = (0..200).map(|i| if i % 7 == 0 { i64::MIN } else { i }).collect();
    let bytes: Vec<u8> = (0..200).map(|i| if i % 3 == 0 { 200 } else { 0 }).collect();
    let (values, masked) = (Arc::new(ticks), Arc::new(bytes));
    let array = dense(&values, DType::Datetime(Some(Unit::Second.into())), 1).masked(mask(&masked));
    let (plan, made) = made(&Input::Dense(array), &Options::default())?;
    assert_eq!((plan.copies(), plan.nbytes()), (Some(false), Some(25)));
    let expected = (0..200).filter(|i| i % 7 == 0 || i % 3 == 0).count();
    assert_eq!(made.data.null_count(), expected);
    for i in 0..200 {
        assert_eq!(made.data.is_null(i), i % 7 == 0 || i % 3 == 0, "{i}");
    }
    Ok(())
}

#[test]
fn days_are_narrowed_and_checked_where_they_are_valid() -> Result<()> {
    let days = DType::Datetime(Some(Unit::Day.into()));
    let values = Arc::new(vec![0, -1, i64::MIN, 1 << 40]);
    let array = dense(&values, days, 1);
    let refused = made(&Input::Dense(array.clone()), &Options::default());
    assert!(matches!(refused, Err(Error::LossyCast { position: 3, .. })), "{refused:?}");
    let masked = Arc::new(vec![0, 0, 0, 1]);
    let (_, made) = made(&Input::Dense(array.masked(mask(&masked))), &Options::default())?;
    assert_eq!(made.data.data_type(), &DataType::Date32);
    assert_eq!(&made.data.buffers()[0].typed_data::<i32>()[..3], [0, -1, 0]);
    assert_eq!(made.data.null_count(), 2);
    Ok(())
}

#[test]
fn fields_are_planned_one_by_one() -> Result<()> {
    let values = Arc::new((0..1000).collect::<Vec<i64>>());
    let whole = dense(&values, DType::Int64, 1).writable(true);
    let rows = Arc::new((0..1000).map(|i| u8::from(i == 5)).collect::<Vec<u8>>());
    let columns = |masked: bool| {
        Input::Struct(Columns {
            dtype: None,
            shape: [1000].into_iter().collect(),
            outer: 1,
            fields: vec![
                ("a".to_owned(), Input::Dense(whole.clone())),
                ("b".to_owned(), Input::Dense(whole.clone())),
            ],
            masks: masked.then(|| mask(&rows)).into_iter().collect(),
        })
    };
    let (plan, made) = made(&columns(true), &Options::default())?;
    assert_eq!(plan.copies(), Some(false));
    assert_eq!(plan.notes().len(), 2, "that it can be written to, once, and the bitmap");
    assert_eq!((made.data.null_count(), made.data.is_null(5)), (1, true));
    let copying = Options { on_writable: OnWritable::Copy, ..Options::default() };
    let (plan, made) = self::made(&columns(false), &copying)?;
    assert_eq!((plan.copies(), plan.nbytes()), (Some(true), Some(16_000)));
    assert_ne!(made.data.child_data()[0].buffers()[0].as_ptr(), values.as_ptr().cast());
    Ok(())
}

#[test]
fn columns_of_unequal_length_are_refused() {
    let (long, short) = (Arc::new(vec![0; 3]), Arc::new(vec![0; 2]));
    let fields = vec![
        ("a".to_owned(), Input::Dense(dense(&long, DType::Int64, 1))),
        ("b".to_owned(), Input::Dense(dense(&short, DType::Int64, 1))),
    ];
    let shape = [3].into_iter().collect();
    let input = Input::Struct(Columns { dtype: None, shape, outer: 1, fields, masks: SmallVec::default() });
    let refused = plan(&input, &Options::default());
    assert!(
        matches!(&refused, Err(Error::BadValue(text)) if text.contains("\"b\" has 2 rows")),
        "{refused:?}"
    );
}
