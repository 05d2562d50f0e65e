//! Values of one exact type, read where they lie: no Python code runs, so no references are taken.
#![allow(unsafe_code, reason = "reads CPython's and NumPy's values where they lie")]

use std::mem::MaybeUninit;

use arrow_buffer::ArrowNativeType;
use arrow_schema::{DataType, Field, TimeUnit};
use arrownd::Error;
use arrownd::engine::dense::{FixedBuilder, Made};
use numpy::{PyArrayDescr, PyArrayDescrMethods};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDate, PyDateTime, PyDelta, PyTime, PyType, PyTzInfoAccess};
use pyo3::{PyTypeInfo, ffi};

use super::column::{is_decimal, is_float, values_of};
use super::snapshot::{Source, none};
use super::times;
use crate::errors::Outcome;
use crate::from_numpy::FromRequest;
use crate::kept::NumpyMemory;

/// An object of another type, or a value that this type doesn't hold.
struct Other;

/// What is read of one object: None where it stands for nothing.
type Read<T> = Result<Option<T>, Other>;

/// Bools, numbers, dates and times of one exact type, Python's or NumPy's, with None among them, as the type that is wanted of them.
/// None where there is anything else, nothing, or a value that doesn't fit: the general way finds out what to do, or to say.
pub(super) fn straight(
    py: Python<'_>,
    source: &impl Source,
    wanted: Option<&Field>,
    request: &FromRequest,
) -> Outcome<Option<Made>> {
    let Some(first) = source.first() else { return Ok(None) };
    let class = class_of(first);
    let is = |other: *mut ffi::PyTypeObject| std::ptr::eq(class, other);
    let reader = Reader { py, source, first, class, wanted, request };
    if is(&raw mut ffi::PyBool_Type) {
        return reader.bools(|object| object.cast_const() == truth());
    }
    if is(&raw mut ffi::PyFloat_Type) {
        // SAFETY: a float, by its type.
        return reader.floats(|object| unsafe { ffi::PyFloat_AsDouble(object) });
    }
    if is(&raw mut ffi::PyLong_Type) {
        return reader.ints(|object| {
            let mut overflow = 0;
            // SAFETY: an int, by its type; no exception is set for one that is too large.
            let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object, &raw mut overflow) };
            (overflow == 0).then_some(value)
        });
    }
    if is(PyDateTime::type_object_raw(py)) {
        let moments =
            values_of(wanted).is_some_and(|to| matches!(to.data_type(), DataType::Timestamp(_, Some(_))));
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        return reader.times::<PyDateTime, _>(micros, |moment| {
            (!moments && moment.get_tzinfo().is_none()).then(|| times::local(moment))
        });
    }
    if is(PyDate::type_object_raw(py)) {
        return reader.times::<PyDate, _>(DataType::Date32, |date| Some(times::days(date) as i32));
    }
    if is(PyTime::type_object_raw(py)) {
        return reader.times::<PyTime, _>(DataType::Time64(TimeUnit::Microsecond), |time| {
            time.get_tzinfo().is_none().then(|| times::micros(time))
        });
    }
    if is(PyDelta::type_object_raw(py)) {
        return reader.times::<PyDelta, _>(DataType::Duration(TimeUnit::Microsecond), times::duration);
    }
    // SAFETY: the source has a reference to it.
    let first = unsafe { Bound::from_borrowed_ptr(py, first) };
    match scalar_dtype(&first)? {
        Some(descr) => reader.scalars(&descr),
        None => Ok(None),
    }
}

/// The class of the first object that there is and that isn't None.
pub(super) fn class<'py>(py: Python<'py>, source: &impl Source) -> Option<Bound<'py, PyType>> {
    // SAFETY: the source has a reference to it.
    source.first().map(|first| unsafe { Bound::from_borrowed_ptr(py, first) }.get_type())
}

/// The dtype of a scalar of a type of NumPy's own, not of one that is made of it.
fn scalar_dtype<'py>(object: &Bound<'py, PyAny>) -> Outcome<Option<Bound<'py, PyArrayDescr>>> {
    let py = object.py();
    let class = object.get_type();
    if !class.is_subclass(&py.import(intern!(py, "numpy"))?.getattr(intern!(py, "generic"))?)? {
        return Ok(None);
    }
    // Numbers, not what knows them by their class alone.
    let descr = object.getattr(intern!(py, "dtype"))?.cast_into::<PyArrayDescr>().map_err(PyErr::from)?;
    Ok(descr.typeobj().is(&class).then_some(descr))
}

#[inline(always)]
fn class_of(object: *mut ffi::PyObject) -> *mut ffi::PyTypeObject {
    // SAFETY: an object that the source has a reference to.
    unsafe { ffi::Py_TYPE(object) }
}

fn truth() -> *const ffi::PyObject {
    // SAFETY: asks for the address of a static object.
    unsafe { ffi::Py_True() }
}

/// The value of one of NumPy's scalars, which follows the header of the object.
///
/// # Safety
/// It is a scalar whose value is a `T`.
#[inline(always)]
unsafe fn scalar<T: Copy>(object: *mut ffi::PyObject) -> T {
    // SAFETY: the value comes after the header, aligned as C does.
    let value = unsafe { object.add(1) };
    // SAFETY: as above.
    unsafe { value.cast::<T>().read() }
}

/// Objects that should all be of one type.
struct Reader<'a, 'py, S> {
    py: Python<'py>,
    source: &'a S,
    first: *mut ffi::PyObject,
    class: *mut ffi::PyTypeObject,
    wanted: Option<&'a Field>,
    request: &'a FromRequest,
}

impl<'py, S: Source> Reader<'_, 'py, S> {
    fn bools(&self, value: impl Fn(*mut ffi::PyObject) -> bool) -> Outcome<Option<Made>> {
        self.read(&DataType::Boolean, |object| Ok(Some(u8::from(value(object)))))
    }

    fn ints(&self, value: impl Fn(*mut ffi::PyObject) -> Option<i64>) -> Outcome<Option<Made>> {
        self.read(&DataType::Int64, |object| value(object).map(Some).ok_or(Other))
    }

    fn floats(&self, value: impl Fn(*mut ffi::PyObject) -> f64) -> Outcome<Option<Made>> {
        let (null, mut nans, mut numbers) = (self.request.nan_as_null, false, false);
        let made = self.read(&DataType::Float64, |object| {
            let value = value(object);
            if value.is_nan() {
                nans = true;
                return Ok((!null).then_some(value));
            }
            numbers = true;
            Ok(Some(value))
        });
        // NaN alone is a number only where that is wanted.
        let to = values_of(self.wanted).map(|field| is_float(field.data_type()));
        if nans && !numbers && to == Some(false) { Ok(None) } else { made }
    }

    fn times<C, T>(
        &self,
        data_type: DataType,
        value: impl Fn(&Bound<'py, C>) -> Option<T>,
    ) -> Outcome<Option<Made>>
    where
        T: ArrowNativeType,
    {
        self.read(&data_type, |object| {
            // SAFETY: the source has a reference to it.
            let object = unsafe { Bound::from_borrowed_ptr(self.py, object) };
            // SAFETY: of exactly this type.
            value(unsafe { object.cast_unchecked() }).map(Some).ok_or(Other)
        })
    }

    /// NumPy's scalars of a dtype.
    fn scalars(&self, descr: &Bound<'py, PyArrayDescr>) -> Outcome<Option<Made>> {
        macro_rules! int {
            ($t:ty) => {
                self.ints(|object| {
                    // SAFETY: here and below, a scalar of a dtype of that kind and size has such a value.
                    let value = unsafe { scalar::<$t>(object) };
                    i64::try_from(value).ok()
                })
            };
        }
        match (descr.kind(), descr.itemsize()) {
            // SAFETY: as above.
            (b'b', 1) => self.bools(|object| unsafe { scalar::<u8>(object) } != 0),
            (b'i', 1) => int!(i8),
            (b'i', 2) => int!(i16),
            (b'i', 4) => int!(i32),
            (b'i', 8) => int!(i64),
            (b'u', 1) => int!(u8),
            (b'u', 2) => int!(u16),
            (b'u', 4) => int!(u32),
            (b'u', 8) => int!(u64),
            // SAFETY: as above.
            (b'f', 2) => self.floats(|object| f64::from(unsafe { scalar::<half::f16>(object) })),
            // SAFETY: as above.
            (b'f', 4) => self.floats(|object| f64::from(unsafe { scalar::<f32>(object) })),
            // SAFETY: as above.
            (b'f', 8) => self.floats(|object| unsafe { scalar::<f64>(object) }),
            (b'M' | b'm', 8) => self.ticks(descr),
            _ => Ok(None),
        }
    }

    /// datetime64 and timedelta64 of a unit that Arrow has, or that is so many of one: what is too large for it is refused.
    fn ticks(&self, descr: &Bound<'py, PyArrayDescr>) -> Outcome<Option<Made>> {
        let name: String = descr.getattr(intern!(self.py, "name"))?.extract()?;
        let Some((kind, unit)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) else {
            return Ok(None);
        };
        let multiple = unit.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let Ok(multiple) = (if multiple.is_empty() { Ok(1) } else { multiple.parse::<i64>() }) else {
            return Ok(None);
        };
        let moments = kind == "datetime64";
        let (unit, factor) = match unit.trim_start_matches(|c: char| c.is_ascii_digit()) {
            "W" | "D" if moments => {
                let days = if unit.ends_with('W') { 7 * multiple } else { multiple };
                return self.scaled(&DataType::Date32, |ticks| i32::try_from(ticks.checked_mul(days)?).ok());
            }
            "W" => (TimeUnit::Second, 7 * 86_400),
            "D" => (TimeUnit::Second, 86_400),
            "h" => (TimeUnit::Second, 3_600),
            "m" => (TimeUnit::Second, 60),
            "s" => (TimeUnit::Second, 1),
            "ms" => (TimeUnit::Millisecond, 1),
            "us" => (TimeUnit::Microsecond, 1),
            "ns" => (TimeUnit::Nanosecond, 1),
            _ => return Ok(None),
        };
        let data_type = if moments { DataType::Timestamp(unit, None) } else { DataType::Duration(unit) };
        match factor * multiple {
            1 => self.scaled(&data_type, Some),
            // The least is NaT where ticks are scaled.
            factor => self.scaled(&data_type, |ticks| ticks.checked_mul(factor).filter(|t| *t != i64::MIN)),
        }
    }

    /// NumPy's ticks, all of the unit and the multiple of the first, as Arrow's.
    fn scaled<T: ArrowNativeType>(
        &self,
        data_type: &DataType,
        scale: impl Fn(i64) -> Option<T>,
    ) -> Outcome<Option<Made>> {
        // SAFETY: the ticks, and then the unit and its multiple, of 32 bits each.
        let [_, unit] = unsafe { scalar::<[u64; 2]>(self.first) };
        self.read(data_type, |object| {
            // SAFETY: as above.
            let [ticks, own] = unsafe { scalar::<[u64; 2]>(object) };
            match ticks.cast_signed() {
                _ if own != unit => Err(Other),
                i64::MIN => Ok(None),
                ticks => scale(ticks).map(Some).ok_or(Other),
            }
        })
    }

    #[inline(always)]
    fn read<T>(
        &self,
        data_type: &DataType,
        mut value: impl FnMut(*mut ffi::PyObject) -> Read<T>,
    ) -> Outcome<Option<Made>>
    where
        T: ArrowNativeType,
    {
        let count = self.source.count();
        // What is encoded is encoded in the end.
        let plain = self.wanted.filter(|wanted| {
            !matches!(wanted.data_type(), DataType::Dictionary(..) | DataType::RunEndEncoded(..))
        });
        let mut out = FixedBuilder::new(data_type, plain, self.request.safe, count, &mut NumpyMemory)?;
        // Where ints are decimals, they may be large.
        let decimal = values_of(self.wanted).is_some_and(|wanted| is_decimal(wanted.data_type()));
        if decimal && *data_type == DataType::Int64 && !out.converts() {
            return Ok(None);
        }
        let block = out.spare::<T>()?;
        let (mut to, mut most) = (block.as_mut_ptr(), block.len());
        let (mut at, mut valid, mut all) = (0, vec![u64::MAX; most.div_ceil(64)], true);
        let mut failed = None;
        let done = self.source.each(|_, object| {
            let value = match object.filter(|object| !std::ptr::eq(*object, none())) {
                None => None,
                Some(object) if std::ptr::eq(class_of(object), self.class) => value(object).ok()?,
                Some(_) => return None,
            };
            if at == most {
                // SAFETY: the whole block is written.
                let ended = unsafe { out.end_written(at, (!all).then_some(&valid)) };
                let next = ended.and_then(|()| out.spare::<T>());
                let block = next.map_err(|error| failed = Some(error)).ok()?;
                (to, most) = (block.as_mut_ptr(), block.len());
                if most == 0 {
                    return None;
                }
                (at, all) = (0, true);
                valid.fill(u64::MAX);
            }
            if let (None, Some(word)) = (value, valid.get_mut(at / 64)) {
                *word &= !(1 << (at % 64));
                all = false;
            }
            // SAFETY: one of the `most` values that there is memory for.
            let place = unsafe { to.add(at) };
            // SAFETY: as above, in memory that nothing else uses before the block ends.
            unsafe { place.write(MaybeUninit::new(value.unwrap_or_default())) };
            at += 1;
            Some(())
        });
        if done {
            // SAFETY: so many are written.
            failed = unsafe { out.end_written(at, (!all).then_some(&valid)) }.err();
        }
        match failed {
            Some(Error::LossyCast { .. }) => Ok(None),
            Some(error) => Err(error.into()),
            None if done => Ok(Some(out.finish()?)),
            None => Ok(None),
        }
    }
}
