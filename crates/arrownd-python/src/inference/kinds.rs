//! What kind of value an object is, by its type.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyComplex, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList,
    PyMemoryView, PyString, PyTime, PyTuple, PyType,
};

/// The kinds of values that have an Arrow type. No two of them mix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Bool,
    Int,
    Float,
    Complex,
    Decimal,
    Text,
    Bytes,
    Date,
    Datetime,
    Time,
    Timedelta,
    Datetime64,
    Timedelta64,
    Uuid,
    List,
    Dict,
}

impl Kind {
    pub(super) const COUNT: usize = Self::Dict as usize + 1;
}

/// What a type's values are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// They stand for what is missing.
    Missing,
    Of(Kind),
    Unknown,
}

/// The classes of the types seen so far. The objects that are looked at keep their types alive.
pub(super) struct Classes<'py> {
    py: Python<'py>,
    known: Vec<(*mut ffi::PyTypeObject, Class)>,
    last: (*mut ffi::PyTypeObject, Class),
}

impl<'py> Classes<'py> {
    pub(super) fn new(py: Python<'py>) -> Self {
        Self { py, known: Vec::new(), last: (std::ptr::null_mut(), Class::Unknown) }
    }

    #[inline]
    pub(super) fn of(&mut self, object: &Bound<'py, PyAny>) -> PyResult<Class> {
        let class = object.get_type_ptr();
        if class == self.last.0 {
            return Ok(self.last.1);
        }
        let known = self.known.iter().find(|(known, _)| *known == class).copied();
        self.last = match known {
            Some(known) => known,
            None => {
                let found = (class, find(self.py, object)?);
                self.known.push(found);
                found
            }
        };
        Ok(self.last.1)
    }
}

fn find(py: Python<'_>, object: &Bound<'_, PyAny>) -> PyResult<Class> {
    let of = |kind| Ok(Class::Of(kind));
    if object.is_none() || is_marker(&object.get_type())? {
        return Ok(Class::Missing);
    }
    if object.is_instance_of::<PyBool>() {
        return of(Kind::Bool);
    }
    // NumPy's float64, complex128, str_ and bytes_ are Python's as well.
    if object.is_instance_of::<PyInt>() {
        return of(Kind::Int);
    }
    if object.is_instance_of::<PyFloat>() {
        return of(Kind::Float);
    }
    if object.is_instance_of::<PyComplex>() {
        return of(Kind::Complex);
    }
    if object.is_instance_of::<PyString>() {
        return of(Kind::Text);
    }
    if object.is_instance_of::<PyBytes>()
        || object.is_instance_of::<PyByteArray>()
        || object.is_instance_of::<PyMemoryView>()
    {
        return of(Kind::Bytes);
    }
    // A datetime is a date.
    if object.is_instance_of::<PyDateTime>() {
        return of(Kind::Datetime);
    }
    if object.is_instance_of::<PyDate>() {
        return of(Kind::Date);
    }
    if object.is_instance_of::<PyTime>() {
        return of(Kind::Time);
    }
    if object.is_instance_of::<PyDelta>() {
        return of(Kind::Timedelta);
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return of(Kind::List);
    }
    if object.is_instance_of::<PyDict>() {
        return of(Kind::Dict);
    }
    let numpy = py.import("numpy")?;
    let is = |name: &str| object.is_instance(&numpy.getattr(name)?);
    if object.is_instance(&numpy.getattr("ma")?.getattr("core")?.getattr("MaskedConstant")?)? {
        return Ok(Class::Missing);
    }
    if is("ndarray")? {
        return of(Kind::List);
    }
    if is("generic")? {
        // A timedelta64 is a signed integer to NumPy.
        for (name, kind) in [
            ("timedelta64", Kind::Timedelta64),
            ("datetime64", Kind::Datetime64),
            ("bool_", Kind::Bool),
            ("integer", Kind::Int),
            ("floating", Kind::Float),
            ("complexfloating", Kind::Complex),
        ] {
            if is(name)? {
                return of(kind);
            }
        }
        return Ok(Class::Unknown);
    }
    if object.is_instance(&py.import("decimal")?.getattr("Decimal")?)? {
        return of(Kind::Decimal);
    }
    if object.is_instance(&py.import("uuid")?.getattr("UUID")?)? {
        return of(Kind::Uuid);
    }
    Ok(Class::Unknown)
}

/// Whether a type is that of `pandas.NA` or `pandas.NaT` (which is a datetime, too).
fn is_marker(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let name = class.name()?;
    if name != "NAType" && name != "NaTType" {
        return Ok(false);
    }
    let module = class.module()?;
    Ok(module.to_cow()?.split('.').next() == Some("pandas"))
}

/// The name of an object's type, as a message shows it.
pub(super) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}
