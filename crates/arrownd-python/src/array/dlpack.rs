//! DLPack: tensors for whoever knows no Arrow.
#![allow(unsafe_code, reason = "capsules own boxed C structs, which are freed by callbacks")]

use std::ffi::{CStr, c_void};

use numpy::npyffi::PyArrayObject;
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{Array, numpy_copy, to_numpy};
use crate::errors::Outcome;
use crate::export::{beside_exceptions, is_writeable};
use crate::kept::Kept;

/// `kDLCPU`, and its only device.
pub(super) const CPU: (i32, i32) = (1, 0);
/// The first version whose tensors can say that they are read-only.
const VERSION: Version = Version { major: 1, minor: 0 };
const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;

#[repr(C)]
#[derive(Clone, Copy)]
struct Device {
    device_type: i32,
    device_id: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct DataType {
    code: u8,
    bits: u8,
    lanes: u16,
}

#[repr(C)]
struct Tensor {
    data: *mut c_void,
    device: Device,
    ndim: i32,
    dtype: DataType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Version {
    major: u32,
    minor: u32,
}

/// `DLManagedTensor`.
#[repr(C)]
struct Unversioned {
    tensor: Tensor,
    manager: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
}

/// `DLManagedTensorVersioned`.
#[repr(C)]
struct Versioned {
    version: Version,
    manager: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Self)>,
    flags: u64,
    tensor: Tensor,
}

/// A struct of DLPack's, in a capsule that a consumer renames.
trait Managed: Sized {
    const NAME: &'static CStr;
    fn delete(&mut self);
}

impl Managed for Unversioned {
    const NAME: &'static CStr = c"dltensor";
    fn delete(&mut self) {
        if let Some(deleter) = self.deleter {
            // SAFETY: the struct's own callback, called by its owner, once.
            unsafe { deleter(self) };
        }
    }
}

impl Managed for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    fn delete(&mut self) {
        if let Some(deleter) = self.deleter {
            // SAFETY: the struct's own callback, called by its owner, once.
            unsafe { deleter(self) };
        }
    }
}

/// What a tensor's pointers point to; the struct of DLPack's comes first, and is what its consumer sees.
#[repr(C)]
struct Exported<T> {
    managed: T,
    shape: Vec<i64>,
    strides: Vec<i64>,
    memory: Kept,
}

/// Frees an export; consumers call it on any thread.
unsafe extern "C" fn free<T>(managed: *mut T) {
    // SAFETY: the struct is the first field of the box that it was handed out of, and is deleted once.
    drop(unsafe { Box::from_raw(managed.cast::<Exported<T>>()) });
}

unsafe extern "C" fn destroy<T: Managed>(capsule: *mut ffi::PyObject) {
    beside_exceptions(|| {
        // SAFETY: a capsule, and a name that lives forever; a consumer that takes the tensor renames it.
        if unsafe { ffi::PyCapsule_IsValid(capsule, T::NAME.as_ptr()) } == 0 {
            return;
        }
        // SAFETY: the capsule has that name, as just seen.
        let pointer = unsafe { ffi::PyCapsule_GetPointer(capsule, T::NAME.as_ptr()) };
        // SAFETY: the pointer that the capsule was made with, of which nobody has taken possession.
        if let Some(managed) = unsafe { pointer.cast::<T>().as_mut() } {
            managed.delete();
        }
    });
}

fn refused<T>(what: impl Into<String>) -> Outcome<T> {
    Err(PyBufferError::new_err(what.into()).into())
}

/// The capsule of an array's values.
pub(super) fn export<'py>(
    array: &Bound<'py, Array>,
    stream: bool,
    max_version: Option<(u32, u32)>,
    device: Option<(i32, i32)>,
    copy: Option<bool>,
) -> Outcome<Bound<'py, PyAny>> {
    if stream {
        return refused("the CPU has no streams: pass stream=None");
    }
    if device.is_some_and(|device| device != CPU) {
        return refused("the memory is the CPU's: leave out dl_device, and move the tensor afterwards");
    }
    let versioned = max_version.is_some_and(|(major, _)| major >= VERSION.major);
    if !versioned && copy == Some(false) {
        return refused(
            "Arrow data is read-only, which DLPack says from version 1.0 on: pass max_version=(1, 0), or allow a copy",
        );
    }
    // Without the flag a consumer would write into shared memory.
    let copy = if versioned { copy } else { Some(true) };
    let values = values(array, copy)?;
    if versioned {
        let flags = if is_writeable(&values) { IS_COPIED } else { READ_ONLY };
        return handed_over(
            &values,
            |tensor| Versioned {
                version: VERSION,
                manager: std::ptr::null_mut(),
                deleter: Some(free::<Versioned>),
                flags,
                tensor,
            },
            |managed| &mut managed.tensor,
        );
    }
    handed_over(
        &values,
        |tensor| Unversioned { tensor, manager: std::ptr::null_mut(), deleter: Some(free::<Unversioned>) },
        |managed| &mut managed.tensor,
    )
}

/// The values in a NumPy array, shared where they can be; what isn't numbers alone is refused.
fn values<'py>(array: &Bound<'py, Array>, copy: Option<bool>) -> Outcome<Bound<'py, PyUntypedArray>> {
    let py = array.py();
    let words = PyDict::new(py);
    words.set_item("nulls", "raise")?;
    numpy_copy(&words, copy)?;
    let made = match to_numpy(array, &words) {
        Ok(made) => made.cast_into::<PyUntypedArray>().map_err(PyErr::from)?,
        Err(error) if error.is_instance_of::<pyo3::exceptions::PyException>(py) => {
            let mut why = error.value(py).to_string();
            if error.get_type(py).name()? == "NullsError" {
                // Its remedies are words of `to_numpy`.
                let what = why.split(": pass ").next().unwrap_or_default();
                why = format!(
                    "{what}, which DLPack has no place for: fill them with to_numpy(na_value=...) first"
                );
            }
            let refusal = PyBufferError::new_err(format!("no DLPack tensor of this array: {why}"));
            refusal.set_cause(py, Some(error));
            return Err(refusal.into());
        }
        Err(error) => return Err(error.into()),
    };
    match made.dtype().kind() {
        b'i' | b'u' | b'f' | b'c' => Ok(made),
        // NumPy has any byte but 0 as True, DLPack only 1.
        b'b' => {
            let bytes = made.call_method1("view", ("uint8",))?;
            let odd = bytes.call_method1("__gt__", (1u8,))?.call_method0("any")?.is_truthy()?;
            if !odd {
                return Ok(made);
            }
            if copy == Some(false) {
                return refused(
                    "booleans in bytes other than 0 and 1 have to be copied for DLPack: allow a copy",
                );
            }
            Ok(bytes.call_method1("__ne__", (0u8,))?.cast_into::<PyUntypedArray>().map_err(PyErr::from)?)
        }
        b'm' | b'M' => refused(format!(
            "DLPack has no dates or times, and this is {}: from_numpy(..., type=\"int64\") has the ticks",
            made.dtype()
        )),
        _ => refused(format!("DLPack has numbers and booleans, and this is {}: use to_numpy", made.dtype())),
    }
}

/// A capsule over an array's memory.
fn handed_over<'py, T: Managed>(
    values: &Bound<'py, PyUntypedArray>,
    managed: impl FnOnce(Tensor) -> T,
    tensor_of: impl FnOnce(&mut T) -> &mut Tensor,
) -> Outcome<Bound<'py, PyAny>> {
    let py = values.py();
    let (dtype, itemsize) = (values.dtype(), values.dtype().itemsize());
    let code = match dtype.kind() {
        b'i' => 0,
        b'u' => 1,
        b'f' => 2,
        b'c' => 5,
        _ => 6,
    };
    let raw: *mut PyArrayObject = values.as_array_ptr();
    // SAFETY: a valid array; its data pointer is a plain field.
    let data = unsafe { (*raw).fields.data };
    let tensor = Tensor {
        data: data.cast(),
        device: Device { device_type: CPU.0, device_id: CPU.1 },
        ndim: i32::try_from(values.ndim()).unwrap_or(0),
        dtype: DataType { code, bits: u8::try_from(itemsize * 8).unwrap_or(0), lanes: 1 },
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: 0,
    };
    let each = isize::try_from(itemsize).unwrap_or(1).max(1);
    let mut exported = Box::new(Exported {
        managed: managed(tensor),
        shape: values.shape().iter().map(|n| i64::try_from(*n).unwrap_or(0)).collect(),
        strides: values.strides().iter().map(|stride| (stride / each) as i64).collect(),
        memory: Kept::new(values.clone().into_any().unbind()),
    });
    let (shape, strides) = (exported.shape.as_mut_ptr(), exported.strides.as_mut_ptr());
    let tensor = tensor_of(&mut exported.managed);
    (tensor.shape, tensor.strides) = (shape, strides);
    let pointer = Box::into_raw(exported);
    // SAFETY: a non-null pointer, a name that lives forever, and a destructor that frees such a box.
    let capsule = unsafe { ffi::PyCapsule_New(pointer.cast(), T::NAME.as_ptr(), Some(destroy::<T>)) };
    if capsule.is_null() {
        // SAFETY: no capsule took the box that was made above.
        drop(unsafe { Box::from_raw(pointer) });
    }
    // SAFETY: a new reference, or null with an exception set.
    Ok(unsafe { Bound::from_owned_ptr_or_err(py, capsule) }?)
}
