//! Results of Python objects: the kernels that need an interpreter, behind the same plan.
#![allow(unsafe_code, reason = "object arrays hold references as pointers")]

mod fixed;
mod numbers;
mod repeated;
mod text;
mod times;

use arrow_schema::{DataType, IntervalUnit};
use arrownd::{DType, Data, Error, LeafStep, RowId, Run, Visit, map};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::arguments::NaValues;
use crate::errors::{Failure, Outcome};

/// Makes the object of one value that is there.
trait Make {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>>;
}

/// Writes the objects of one stretch of values.
pub(crate) fn write(py: Python<'_>, mut visit: Visit<'_>, na_values: &NaValues<'_>) -> Outcome<()> {
    let fill = match na_values {
        NaValues::Unset => py.None().into_bound(py),
        given => given.of(py, visit.plan.name())?,
    };
    let LeafStep { check, element, .. } = *visit.step;
    let data_type = visit.leaf.field.data_type();
    let row = map(visit.leaf.field)?.row;
    match (row, data_type) {
        (RowId::Null, _) => each(py, &mut visit, &fill, &numbers::Nothing),
        (RowId::Bool, _) => {
            numbers::booleans(py, &mut visit, &fill);
            Ok(())
        }
        (RowId::Bool8, _) => each(py, &mut visit, &fill, &numbers::ByteBoolean),
        (RowId::Uuid, _) => each(py, &mut visit, &fill, &fixed::Uuid::new(py)?),
        (_, DataType::FixedSizeBinary(_)) => each(py, &mut visit, &fill, &fixed::FixedBytes(element.width())),
        (
            _,
            DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView,
        ) => text::octets(py, &mut visit, &fill),
        (_, DataType::Date32 | DataType::Date64) => {
            each(py, &mut visit, &fill, &times::Date::new(data_type, check))
        }
        (RowId::Timestamp | RowId::TimestampTz, DataType::Timestamp(unit, zone)) => {
            each(py, &mut visit, &fill, &times::Timestamp::new(py, *unit, zone.as_deref(), check)?)
        }
        (_, DataType::Duration(unit)) => each(py, &mut visit, &fill, &times::Duration::new(*unit, check)),
        (_, DataType::Time32(unit) | DataType::Time64(unit)) => {
            each(py, &mut visit, &fill, &times::TimeOfDay::new(*unit, check))
        }
        (_, DataType::Interval(unit)) => match unit {
            IntervalUnit::YearMonth => each(py, &mut visit, &fill, &numbers::Number(element)),
            IntervalUnit::DayTime | IntervalUnit::MonthDayNano => {
                each(py, &mut visit, &fill, &times::Interval(element.width()))
            }
        },
        _ => each(py, &mut visit, &fill, &numbers::Number(element)),
    }
}

fn each(py: Python<'_>, visit: &mut Visit<'_>, fill: &Bound<'_, PyAny>, how: &impl Make) -> Outcome<()> {
    for at in (0..visit.run.len()).step_by(64) {
        let block = visit.block(at);
        for (i, index) in block.index.into_iter().take(block.len).enumerate() {
            let object = if block.valid >> i & 1 != 0 {
                how.make(py, visit.part.data, index).map_err(|error| located(error, visit, at + i))?
            } else {
                fill.clone()
            };
            put(&mut visit.run, at + i, object);
        }
    }
    Ok(())
}

/// Puts an object into an array of them.
#[inline]
fn put(run: &mut Run<'_>, index: usize, object: Bound<'_, PyAny>) {
    // SAFETY: NumPy makes object arrays of null pointers, and an `out` holds references.
    let old = unsafe { run.replace_pointer(index, object.into_ptr().cast()) };
    // SAFETY: null in a new array; in the caller's `out` a reference that the array owned, and that
    // is now nobody's.
    unsafe { ffi::Py_XDECREF(old.cast()) };
}

/// Kernels know a value, not where it is: its place is added here.
fn located(failure: Failure, visit: &Visit<'_>, at: usize) -> Failure {
    let place = visit.position + at;
    let path = visit.plan.path().to_owned();
    match failure {
        Failure::Core(Error::LossyCast { value, dtype, .. }) => {
            let exact = match map(visit.leaf.field) {
                Ok(mapped) if mapped.dtype == DType::Object => format!("pass dtype=\"{}\"", mapped.meaning),
                _ => "leave out dtype=object".to_owned(),
            };
            let remedy = format!("{exact} to keep it exact, or safe=False");
            Failure::Core(Error::LossyCast { path, value, position: place, dtype, remedy })
        }
        Failure::Core(Error::InvalidArrow { what, .. }) => {
            Failure::Core(Error::InvalidArrow { path, what: format!("{what} at position {place}") })
        }
        other => other,
    }
}

fn lossy(value: String, to: &str) -> Failure {
    Failure::Core(Error::LossyCast {
        path: String::new(),
        value,
        position: 0,
        dtype: to.to_owned(),
        remedy: String::new(),
    })
}

/// The fixed-width bytes of one value.
fn bytes<const N: usize>(data: &Data<'_>, index: usize) -> [u8; N] {
    match data {
        Data::Fixed(bytes) => bytes.as_chunks::<N>().0.get(index).copied().unwrap_or([0; N]),
        _ => [0; N],
    }
}
