//! Results of Python objects: the kernels that need an interpreter, behind the same plan.
#![allow(unsafe_code, reason = "object arrays hold references as pointers")]

mod decimal;
mod fixed;
mod nested;
mod numbers;
mod repeated;
mod shared;
mod text;
mod times;
mod unwritten;

use arrow_schema::{DataType, Field, IntervalUnit};
use arrownd::engine::{Block, Data, Element, LeafStep, Mapped, RowId, Run, Visit, map};
use arrownd::{DType, Error};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::arguments::NaValues;
use crate::errors::{Failure, Outcome};
pub(crate) use nested::Maker;
use shared::Shared;
pub(crate) use text::pairs;
pub(crate) use unwritten::Unwritten;

/// Makes the object of one value that is there.
trait Make {
    fn make<'py>(&self, py: Python<'py>, data: &Data<'_>, index: usize) -> Outcome<Bound<'py, PyAny>>;
}

/// What is done with the [`Make`] of a type.
trait Take {
    type Out;
    fn take(self, make: impl Make + 'static) -> Outcome<Self::Out>;
}

/// Writes the objects of one stretch of values.
pub(crate) fn write<'v>(
    py: Python<'_>,
    mut visit: Visit<'v>,
    na_values: &NaValues<'_>,
    unwritten: Option<&Unwritten<'_, '_>>,
) -> Outcome<()> {
    let fill = na_values.of(py, visit.plan.path())?;
    let LeafStep { check, element, .. } = *visit.step;
    let (field, path) = (&*visit.leaf.field, visit.plan.path());
    let all = visit.run.len();
    let shared = visit.leaf.way.repeats() && !matches!(element, Element::Bit | Element::Nested);
    let unwritten = unwritten.filter(|unwritten| {
        let next = shared && visit.run.words(0, all).is_some_and(|places| unwritten.are_next(places));
        if !next {
            unwritten.clear_all();
        }
        next
    });
    let written = match element {
        Element::Bit => {
            numbers::booleans(py, &mut visit, &fill);
            Ok(())
        }
        Element::Nested => {
            let data: &'v Data<'v> = &visit.part.data;
            Maker::new(py, field, check)
                .and_then(|maker| each(&mut visit, &fill, |index| maker.of_data(py, data, index)))
        }
        Element::Varlen { .. } if !visit.leaf.way.repeats() => text::octets(py, &mut visit, &fill),
        _ => leaf(py, field, check, Each { py, visit, fill: &fill, unwritten }),
    };
    written.map_err(|error| under(error, path))
}

/// Finds how the values of a type that holds no others become objects.
fn leaf<T: Take>(py: Python<'_>, field: &Field, check: bool, then: T) -> Outcome<T::Out> {
    let data_type = field.data_type();
    let Mapped { row, element, .. } = map(field)?;
    match (row, data_type) {
        (RowId::Null, _) => then.take(numbers::Nothing),
        (RowId::Bool, _) => then.take(numbers::Boolean),
        (RowId::Bool8, _) => then.take(numbers::ByteBoolean),
        (RowId::Uuid, _) => then.take(fixed::Uuid::new(py)?),
        (RowId::TimestampWithOffset, _) => then.take(times::OffsetTimestamp::new(field, check)?),
        (RowId::PolarsInt128 | RowId::PolarsUInt128, _) => then.take(numbers::Number(element)),
        (
            _,
            DataType::Decimal32(_, scale)
            | DataType::Decimal64(_, scale)
            | DataType::Decimal128(_, scale)
            | DataType::Decimal256(_, scale),
        ) => then.take(decimal::Decimal::new(py, element.width(), *scale)?),
        (_, DataType::FixedSizeBinary(_)) => then.take(fixed::FixedBytes(element.width())),
        (_, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => then.take(text::Text),
        (_, DataType::Binary | DataType::LargeBinary | DataType::BinaryView) => then.take(text::Binary),
        (_, DataType::Date32 | DataType::Date64) => then.take(times::Date::new(data_type, check)),
        (RowId::Timestamp | RowId::TimestampTz, DataType::Timestamp(unit, zone)) => {
            then.take(times::Timestamp::new(py, *unit, zone.as_deref(), check)?)
        }
        (_, DataType::Duration(unit)) => then.take(times::Duration::new(*unit, check)),
        (_, DataType::Time32(unit) | DataType::Time64(unit)) => {
            then.take(times::TimeOfDay::new(*unit, check))
        }
        (_, DataType::Interval(IntervalUnit::DayTime | IntervalUnit::MonthDayNano)) => {
            then.take(times::Interval(element.width()))
        }
        _ => then.take(numbers::Number(element)),
    }
}

/// Writes a leaf's values.
struct Each<'a, 'v, 'py> {
    py: Python<'py>,
    visit: Visit<'v>,
    fill: &'a Bound<'py, PyAny>,
    /// The places from the first of the visit's on, where nobody has written to them.
    unwritten: Option<&'a Unwritten<'a, 'py>>,
}

impl Take for Each<'_, '_, '_> {
    type Out = ();

    fn take(mut self, make: impl Make + 'static) -> Outcome<()> {
        let (py, part) = (self.py, self.visit.part);
        let data: &Data<'_> = &part.data;
        if !self.visit.leaf.way.repeats() {
            return each(&mut self.visit, self.fill, |index| make.make(py, data, index));
        }
        let mut shared = Shared::new(self.fill);
        let (mut block, mut room) = (Block::empty(), [0; 64]);
        let mut at = 0;
        while at < self.visit.run.len() {
            let left = self.visit.run.len() - at;
            if shared.is_settled()
                && let Some(keys) = self.visit.keys(at, left)
            {
                let many = match self.unwritten {
                    Some(_) => left,
                    None => empty(&mut self.visit.run, at, 64).map_or(0, |places| places.len()),
                };
                let keys = keys.get(..keys.len() / left * many).unwrap_or_default();
                let (part, start) = (self.visit.part, self.visit.start + at);
                let places = self.visit.run.words(at, many).unwrap_or_default();
                let put = if part.validity.is_full() {
                    shared.put(keys, |_| u64::MAX, places)
                } else {
                    shared.put(keys, |at| part.validity.word(start + at), places)
                };
                if put > 0 {
                    self.unwritten.inspect(|unwritten| unwritten.skip(put));
                    at += put;
                    continue;
                }
            }
            self.visit.read_block(at, &mut block);
            self.unwritten.inspect(|unwritten| unwritten.clear(block.len));
            let (there, places) = match empty(&mut self.visit.run, at, block.len) {
                Some(places) => (true, places),
                None => (false, room.get_mut(..block.len).unwrap_or_default()),
            };
            let (taken, done) = shared.take(&block, places, |index| make.make(py, data, index));
            if !there {
                for (lane, address) in room.iter().enumerate().take(taken) {
                    put_pointer(
                        &mut self.visit.run,
                        at + lane,
                        std::ptr::with_exposed_provenance_mut(*address),
                    );
                }
            }
            done.map_err(|error| located(error, &self.visit, at + taken))?;
            at += block.len.max(1);
        }
        Ok(())
    }
}

fn each<'py>(
    visit: &mut Visit<'_>,
    fill: &Bound<'py, PyAny>,
    mut how: impl FnMut(usize) -> Outcome<Bound<'py, PyAny>>,
) -> Outcome<()> {
    for at in (0..visit.run.len()).step_by(64) {
        let block = visit.block(at);
        if block.valid == u64::MAX
            && let Some(places) = empty(&mut visit.run, at, 64)
        {
            let made = places.iter_mut().zip(block.index).try_for_each(|(place, index)| {
                *place = held(how(index)?);
                Ok(())
            });
            let Err(error) = made else { continue };
            let made = places.iter().take_while(|place| **place != 0).count();
            return Err(located(error, visit, at + made));
        }
        for (i, index) in block.index.into_iter().take(block.len).enumerate() {
            let object = if block.valid >> i & 1 != 0 {
                how(index).map_err(|error| located(error, visit, at + i))?
            } else {
                fill.clone()
            };
            put(&mut visit.run, at + i, object);
        }
    }
    Ok(())
}

/// Puts an object into an array of them.
#[inline(always)]
pub(crate) fn put(run: &mut Run<'_>, index: usize, object: Bound<'_, PyAny>) {
    put_pointer(run, index, object.into_ptr());
}

/// The same, of a reference that is given up.
#[inline(always)]
fn put_pointer(run: &mut Run<'_>, index: usize, object: *mut ffi::PyObject) {
    // SAFETY: NumPy makes object arrays of null pointers, and an `out` holds references.
    let old = unsafe { run.replace_pointer(index, object.cast()) };
    // SAFETY: null in a new array; in the caller's `out` a reference that the array owned, and that
    // is now nobody's.
    unsafe { ffi::Py_XDECREF(old.cast()) };
}

/// So many places from `at` on of an array of objects, where there is none in them yet: what is put there needs no look
/// at what was there.
#[inline(always)]
fn empty<'r>(run: &'r mut Run<'_>, at: usize, count: usize) -> Option<&'r mut [usize]> {
    // SAFETY: as in `put`.
    unsafe { run.empty_pointers(at, count) }
}

/// What an array of objects holds of one.
#[inline(always)]
fn held(object: Bound<'_, PyAny>) -> usize {
    object.into_ptr().expose_provenance()
}

/// Kernels know a value, not in which row it is: the row is added here, and the path by [`under`].
fn located(failure: Failure, visit: &Visit<'_>, at: usize) -> Failure {
    let place = visit.position + at;
    match failure {
        Failure::Core(Error::LossyCast { path, value, dtype, .. }) => {
            let exact = match map(&visit.leaf.field) {
                Ok(mapped) if mapped.element == Element::Nested => None,
                Ok(mapped) if mapped.dtype == DType::Object => {
                    Some(format!("pass dtype=\"{}\" to keep it exact, or ", mapped.meaning))
                }
                _ => Some("leave out dtype=object to keep it exact, or ".to_owned()),
            };
            let remedy = match exact {
                Some(exact) => format!("{exact}safe=False"),
                None => "pass safe=False to cut it".to_owned(),
            };
            Failure::Core(Error::LossyCast { path, value, position: place, dtype, remedy })
        }
        Failure::Core(Error::InvalidArrow { path, what }) => {
            Failure::Core(Error::InvalidArrow { path, what: format!("{what} at position {place}") })
        }
        other => other,
    }
}

/// The same error with `outer` before the path that it has.
fn under(failure: Failure, outer: &str) -> Failure {
    let join = |path: String| match (outer, path.as_str()) {
        ("", _) => path,
        (_, "") => outer.to_owned(),
        _ => format!("{outer}.{path}"),
    };
    Failure::Core(match failure {
        Failure::Core(Error::LossyCast { path, value, position, dtype, remedy }) => {
            Error::LossyCast { path: join(path), value, position, dtype, remedy }
        }
        Failure::Core(Error::InvalidArrow { path, what }) => Error::InvalidArrow { path: join(path), what },
        Failure::Core(Error::UnsupportedType { path, from, to, remedy }) => {
            Error::UnsupportedType { path: join(path), from, to, remedy }
        }
        other => return other,
    })
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
