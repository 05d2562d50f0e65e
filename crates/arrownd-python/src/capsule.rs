//! Structs out of capsules.
#![allow(unsafe_code, reason = "capsules and streams hold foreign structs")]

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

use arrownd::Error;
use arrownd::engine::{ArrowArray, ArrowArrayStream, ArrowSchema};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::{Failure, Outcome};

fn invalid<T>(what: impl Into<String>) -> Outcome<T> {
    Err(Error::InvalidArrow { path: String::new(), what: what.into() }.into())
}

/// The pointer of a capsule with that name.
fn pointer<T>(capsule: &Bound<'_, PyAny>, name: &'static CStr) -> Outcome<NonNull<T>> {
    // SAFETY: a valid object and a NUL-terminated name; anything else than a capsule of that name with a
    // pointer in it gives null with an exception set.
    let raw = unsafe { ffi::PyCapsule_GetPointer(capsule.as_ptr(), name.as_ptr()) };
    match NonNull::new(raw.cast::<T>()) {
        Some(pointer) if pointer.is_aligned() => Ok(pointer),
        found => no_pointer(capsule, name, found.is_some()),
    }
}

#[cold]
fn no_pointer<T>(capsule: &Bound<'_, PyAny>, name: &CStr, misaligned: bool) -> Outcome<T> {
    if misaligned {
        return invalid(format!("the capsule named {name:?} holds a misaligned pointer"));
    }
    drop(PyErr::take(capsule.py()));
    let kind = capsule.get_type().name()?;
    invalid(format!("the producer returned a {kind} that isn't a capsule named {name:?}"))
}

/// The schema in a capsule. It stays there and is released with the capsule.
pub(crate) fn schema<'c>(capsule: &'c Bound<'_, PyAny>) -> Outcome<&'c ArrowSchema> {
    let pointer = pointer::<ArrowSchema>(capsule, c"arrow_schema")?;
    // SAFETY: a capsule of that name holds a schema by the protocol, and owns it while it lives.
    Ok(unsafe { pointer.as_ref() })
}

/// The struct in a capsule, moved out: the capsule's destructor finds it released.
macro_rules! take {
    ($capsule:expr, $name:expr, $t:ty) => {{
        let mut pointer = pointer::<$t>($capsule, $name)?;
        // SAFETY: a capsule of that name holds such a struct by the protocol, and nobody else uses
        // it while the GIL is held.
        unsafe { pointer.as_mut() }.take()
    }};
}

/// The array in a capsule, moved out.
pub(crate) fn take_array(capsule: &Bound<'_, PyAny>) -> Outcome<ArrowArray> {
    let array = take!(capsule, c"arrow_array", ArrowArray);
    if array.is_released() {
        return invalid("the array was released already: a capsule can be used once");
    }
    Ok(array)
}

/// Arrow's `ArrowDeviceArray`.
#[repr(C)]
struct DeviceArray {
    array: ArrowArray,
    device_id: i64,
    device_type: i32,
    sync_event: *mut std::ffi::c_void,
    reserved: [i64; 3],
}

const CPU: i32 = 1;

/// The array in a device capsule, moved out, if it lies in the CPU's memory.
pub(crate) fn take_device_array(capsule: &Bound<'_, PyAny>) -> Outcome<ArrowArray> {
    let mut pointer = pointer::<DeviceArray>(capsule, c"arrow_device_array")?;
    // SAFETY: a capsule of that name holds such a struct by the protocol, and nobody else uses it
    // while the GIL is held.
    let device = unsafe { pointer.as_mut() };
    if device.device_type != CPU {
        return Err(Error::UnsupportedType {
            path: String::new(),
            from: format!("memory of device type {}", device.device_type),
            to: "NumPy".to_owned(),
            remedy: "copy the data to the CPU first".to_owned(),
        }
        .into());
    }
    let array = device.array.take();
    if array.is_released() {
        return invalid("the array was released already: a capsule can be used once");
    }
    Ok(array)
}

/// The two capsules that `__arrow_c_array__` returns.
pub(crate) fn pair<'py>(returned: &Bound<'py, PyAny>) -> Outcome<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    match returned.cast::<PyTuple>() {
        Ok(pair) if pair.len() == 2 => Ok((pair.get_item(0)?, pair.get_item(1)?)),
        _ => invalid(format!(
            "__arrow_c_array__ returned a {} where a tuple of two capsules belongs",
            returned.get_type().name()?
        )),
    }
}

/// The stream in a capsule, moved out.
pub(crate) fn take_stream(capsule: &Bound<'_, PyAny>) -> Outcome<Stream> {
    let stream = Stream { stream: take!(capsule, c"arrow_array_stream", ArrowArrayStream) };
    stream.check_usable()?;
    Ok(stream)
}

/// The stream in a capsule, to be read to its end under the GIL: it stays there and is released with it.
pub(crate) fn stream<'c>(capsule: &'c mut Bound<'_, PyAny>) -> Outcome<&'c mut Stream> {
    let mut pointer = pointer::<Stream>(capsule, c"arrow_array_stream")?;
    // SAFETY: a capsule of that name holds a stream by the protocol, and nobody else uses it while the
    // GIL is held and the producer's own code, if it has any in Python, has just handed it over.
    let stream = unsafe { pointer.as_mut() };
    stream.check_usable()?;
    Ok(stream)
}

/// A producer's stream.
#[repr(transparent)]
pub(crate) struct Stream {
    stream: ArrowArrayStream,
}

impl Stream {
    #[inline]
    fn check_usable(&self) -> Outcome<()> {
        if self.stream.is_released() {
            return invalid("the stream was released already: a capsule can be used once");
        }
        if self.stream.get_schema.is_none() || self.stream.get_next.is_none() {
            return invalid("a stream without get_schema or get_next");
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn schema(&mut self, schema: &mut ArrowSchema) -> Result<(), Failure> {
        let Some(get_schema) = self.stream.get_schema else { return Ok(()) };
        // SAFETY: the stream isn't released, and its callback takes it and an empty struct to fill.
        let code = unsafe { get_schema(&raw mut self.stream, schema) };
        self.check(code)
    }

    /// Fills in the next array; at the end it stays empty.
    #[inline]
    pub(crate) fn next(&mut self, array: &mut ArrowArray) -> Result<(), Failure> {
        let Some(get_next) = self.stream.get_next else { return Ok(()) };
        // SAFETY: the stream isn't released, and its callback takes it and an empty struct to fill.
        let code = unsafe { get_next(&raw mut self.stream, array) };
        self.check(code)
    }

    #[inline]
    fn check(&mut self, code: c_int) -> Result<(), Failure> {
        if code == 0 { Ok(()) } else { Err(self.failure(code)) }
    }

    #[cold]
    fn failure(&mut self, code: c_int) -> Failure {
        let message = self.stream.get_last_error.and_then(|get_last_error| {
            // SAFETY: the stream isn't released, and its last call failed: now it may be asked why.
            let text = unsafe { get_last_error(&raw mut self.stream) };
            if text.is_null() {
                return None;
            }
            // SAFETY: non-null, and a NUL-terminated string until the next call on the stream.
            Some(unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        });
        let message = message.filter(|text| !text.is_empty());
        Failure::Producer(match message {
            Some(text) => format!("{text} (error code {code})"),
            None => format!("error code {code}, without a message"),
        })
    }
}

// SAFETY: a stream may be used from any thread, one at a time.
unsafe impl Send for Stream {}
