//! A NumPy dtype object as the core's, without asking Python.
#![allow(unsafe_code, reason = "the unit of a datetime64 is in a C struct of NumPy's")]

use arrownd::{DType, Error, Resolution, Unit};
use numpy::npyffi::{NpyAuxData, PyArray_DatetimeDTypeMetaData, PyDataType_C_METADATA};
use numpy::{PyArrayDescr, PyArrayDescrMethods};
use pyo3::prelude::*;

use crate::errors::Outcome;

/// What the elements of an array are.
pub(super) enum Kind {
    /// Values of fixed width, and whether they have the other byte order than the machine's.
    Fixed(DType, bool),
    /// Text or bytes.
    Text(DType),
    Objects,
    Records(usize),
}

/// NumPy's own dtypes have small numbers; what others register comes after.
const USER_DEFINED: i32 = 256;
const VOID: i32 = 20;
const STRING_DTYPE: i32 = 2056;

/// Reads a dtype.
pub(super) fn kind_of(descr: &Bound<'_, PyArrayDescr>) -> Outcome<Kind> {
    let (num, size) = (descr.num(), descr.itemsize());
    let swapped = descr.is_native_byteorder() == Some(false);
    if num == STRING_DTYPE {
        let na = descr.getattr_opt("na_object")?.is_some();
        return Ok(Kind::Text(DType::Strings { na }));
    }
    if !(0..USER_DEFINED).contains(&num) {
        return Err(unknown(descr, "convert it to one of NumPy's own dtypes first"));
    }
    let dtype = match (descr.kind(), size) {
        (b'b', _) => DType::Bool,
        (b'i', 1) => DType::Int8,
        (b'i', 2) => DType::Int16,
        (b'i', 4) => DType::Int32,
        (b'i', 8) => DType::Int64,
        (b'u', 1) => DType::UInt8,
        (b'u', 2) => DType::UInt16,
        (b'u', 4) => DType::UInt32,
        (b'u', 8) => DType::UInt64,
        (b'f', 2) => DType::Float16,
        (b'f', 4) => DType::Float32,
        (b'f', 8) => DType::Float64,
        (b'c', 8) => DType::Complex64,
        (b'c', 16) => DType::Complex128,
        (b'f', _) => return Err(unknown(descr, "use x.astype(\"float64\"), which rounds")),
        (b'c', _) => return Err(unknown(descr, "use x.astype(\"complex128\"), which rounds")),
        (b'M', _) => DType::Datetime(resolution(descr)),
        (b'm', _) => DType::Timedelta(resolution(descr)),
        (b'V', n) if descr.has_fields() => return Ok(Kind::Records(n)),
        (b'V', n) if num == VOID => DType::Void(n),
        (b'S', n) => return Ok(Kind::Text(DType::ByteString(n))),
        (b'U', n) => return Ok(Kind::Text(DType::Unicode(n / 4))),
        (b'O', _) => return Ok(Kind::Objects),
        _ => return Err(unknown(descr, "convert it to one of NumPy's own dtypes first")),
    };
    Ok(Kind::Fixed(dtype, swapped))
}

fn unknown(descr: &Bound<'_, PyArrayDescr>, remedy: &str) -> crate::errors::Failure {
    Error::UnsupportedType {
        path: String::new(),
        from: descr.to_string(),
        to: "Arrow".to_owned(),
        remedy: remedy.to_owned(),
    }
    .into()
}

/// The unit of a datetime64 or timedelta64, `None` for a generic one.
fn resolution(descr: &Bound<'_, PyArrayDescr>) -> Option<Resolution> {
    /// In the order of NumPy's `NPY_DATETIMEUNIT`, which has a gap at 3.
    const UNITS: [Option<Unit>; 14] = [
        Some(Unit::Year),
        Some(Unit::Month),
        Some(Unit::Week),
        None,
        Some(Unit::Day),
        Some(Unit::Hour),
        Some(Unit::Minute),
        Some(Unit::Second),
        Some(Unit::Millisecond),
        Some(Unit::Microsecond),
        Some(Unit::Nanosecond),
        Some(Unit::Picosecond),
        Some(Unit::Femtosecond),
        Some(Unit::Attosecond),
    ];
    // SAFETY: a valid descriptor of NumPy's own, of which the caller has seen that it is a datetime.
    let metadata: *mut NpyAuxData = unsafe { PyDataType_C_METADATA(descr.py(), descr.as_dtype_ptr()) };
    if metadata.is_null() {
        return None;
    }
    // The struct begins with a header and then has two ints: the unit, and its multiple.
    let meta = metadata.cast::<PyArray_DatetimeDTypeMetaData>().cast::<u8>();
    #[expect(clippy::cast_ptr_alignment, reason = "ints of a struct, where C aligned them")]
    // SAFETY: the descriptor of a datetime has such a struct.
    let numbers = unsafe { meta.add(size_of::<NpyAuxData>()) }.cast::<[i32; 2]>();
    // SAFETY: as above. The unit is read as a number: NumPy may know more of them than the enum.
    let [unit, multiple] = unsafe { numbers.read() };
    let unit = UNITS.get(usize::try_from(unit).ok()?).copied().flatten()?;
    Some(Resolution { unit, multiple: u32::try_from(multiple).ok()? })
}
