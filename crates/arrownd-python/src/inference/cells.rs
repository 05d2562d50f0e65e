//! Lists and arrays in cells, read where they lie: no Python code runs, so no references are taken.
#![allow(unsafe_code, reason = "reads CPython's lists where they lie")]

use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, Buffer, NullBuffer};
use arrow_schema::{DataType, Field};
use arrownd::Error;
use arrownd::engine::dense::{FixedBuilder, Made};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::{PyTypeInfo, ffi};

use super::column::{settled, values_of};
use super::lists::{is_flat, item_of, list_at};
use super::place::Place;
use super::snapshot::{Joined, Source, copy_elements, none};
use super::straight::straight;
use crate::errors::{Failure, Outcome};
use crate::from_numpy::{FromRequest, values};
use crate::kept::NumpyMemory;

/// Whether who reads a list holds the lock that keeps others from changing it: the GIL. Without one objects are larger.
const LOCKED: bool = size_of::<ffi::PyObject>() == 2 * size_of::<usize>();

/// Lists and tuples of values that [`straight()`] reads, or arrays of one dimension and one dtype; None for anything else, and
/// where a value doesn't fit: the general way finds out what to do, or to say. It has arrays that have to be converted at once, too,
/// where it reads `in_blocks`.
pub(super) fn lists(
    py: Python<'_>,
    cells: &impl Source,
    wanted: Option<&Field>,
    request: &FromRequest,
    in_blocks: bool,
) -> Outcome<Option<Made>> {
    let wanted = values_of(wanted);
    let wanted = wanted.as_ref();
    if matches!(wanted.map(Field::data_type), Some(DataType::Map(..) | DataType::Interval(_))) {
        return Ok(None);
    }
    let Some(first) = cells.first() else { return Ok(None) };
    let made = if sequence(first).is_some() {
        if !LOCKED {
            return Ok(None);
        }
        let Some(bounds) = bounds(cells, |object| Some(sequence(object)?.len())) else { return Ok(None) };
        let items = Items { cells, total: bounds.total };
        straight(py, &items, item_of(wanted), request).map(|items| Some((bounds, items?)))
    } else {
        arrays(py, cells, first, item_of(wanted), request, in_blocks)
    };
    let made = made.and_then(|made| {
        let Some((bounds, items)) = made else { return Ok(None) };
        let items = settled(items, item_of(wanted), request, &Place::Top)?;
        let offsets = (Buffer::from_vec(bounds.offsets), false);
        Ok(Some(list_at(cells.count(), bounds.nulls, offsets, items)?))
    });
    match made {
        // Which value it was is found where lists know their items.
        Err(Failure::Core(Error::LossyCast { .. } | Error::Nulls { .. } | Error::UnsupportedType { .. })) => {
            Ok(None)
        }
        made => made,
    }
}

/// Where lists begin and end among the items of all, and which lists are there.
struct Bounds {
    offsets: Vec<i32>,
    nulls: Option<NullBuffer>,
    total: usize,
}

/// Those of cells that have as many items as `len` says; None where it doesn't, and for more than 32 bits count, or none.
fn bounds(cells: &impl Source, mut len: impl FnMut(*mut ffi::PyObject) -> Option<usize>) -> Option<Bounds> {
    let count = cells.count();
    let (mut offsets, mut total) = (Vec::with_capacity(count + 1), 0usize);
    let mut valid: Option<BooleanBufferBuilder> = None;
    offsets.push(0);
    let done = cells.each(|at, object| {
        let object = object.filter(|object| !std::ptr::eq(*object, none()));
        total = total.checked_add(object.map_or(Some(0), &mut len)?)?;
        offsets.push(i32::try_from(total).ok()?);
        match &mut valid {
            Some(valid) => valid.append(object.is_some()),
            None if object.is_some() => {}
            None => {
                let mut some = BooleanBufferBuilder::new(count);
                some.append_n(at, true);
                some.append(false);
                valid = Some(some);
            }
        }
        Some(())
    });
    let nulls = valid.map(|mut valid| NullBuffer::new(valid.finish()));
    (done && total > 0).then_some(Bounds { offsets, nulls, total })
}

/// The items of a list or a tuple that is of no class of its own.
enum Sequence {
    List(*mut ffi::PyObject),
    Tuple(*mut ffi::PyObject),
}

#[inline(always)]
fn sequence(object: *mut ffi::PyObject) -> Option<Sequence> {
    // SAFETY: an object that its cell has a reference to.
    if unsafe { ffi::PyList_CheckExact(object) } != 0 {
        return Some(Sequence::List(object));
    }
    // SAFETY: as above.
    (unsafe { ffi::PyTuple_CheckExact(object) } != 0).then_some(Sequence::Tuple(object))
}

impl Sequence {
    #[inline(always)]
    fn len(&self) -> usize {
        let len = match *self {
            // SAFETY: a list.
            Self::List(list) => unsafe { ffi::PyList_GET_SIZE(list) },
            // SAFETY: a tuple.
            Self::Tuple(tuple) => unsafe { ffi::PyTuple_GET_SIZE(tuple) },
        };
        len.cast_unsigned()
    }

    /// An item before the last.
    ///
    /// # Safety
    /// There are more than `at`.
    #[inline(always)]
    unsafe fn get(&self, at: usize) -> *mut ffi::PyObject {
        match *self {
            // SAFETY: an item of a list, by the caller's promise.
            Self::List(list) => unsafe { ffi::PyList_GET_ITEM(list, at.cast_signed()) },
            // SAFETY: an item of a tuple, by the caller's promise.
            Self::Tuple(tuple) => unsafe { ffi::PyTuple_GET_ITEM(tuple, at.cast_signed()) },
        }
    }
}

/// The items of lists and tuples in cells.
struct Items<'c, C> {
    cells: &'c C,
    total: usize,
}

impl<C: Source> Source for Items<'_, C> {
    fn count(&self) -> usize {
        self.total
    }

    #[inline(always)]
    fn each(&self, mut visit: impl FnMut(usize, Option<*mut ffi::PyObject>) -> Option<()>) -> bool {
        let mut at = 0;
        self.cells.each(|_, object| {
            let Some(object) = object.filter(|object| !std::ptr::eq(*object, none())) else {
                return Some(());
            };
            let items = sequence(object)?;
            for i in 0..items.len() {
                // SAFETY: an item before the last.
                let item = unsafe { items.get(i) };
                visit(at, (!item.is_null()).then_some(item))?;
                at += 1;
            }
            Some(())
        })
    }
}

/// The elements of arrays that have one dimension and the dtype of the first.
fn arrays(
    py: Python<'_>,
    cells: &impl Source,
    first: *mut ffi::PyObject,
    item: Option<&Field>,
    request: &FromRequest,
    in_blocks: bool,
) -> Outcome<Option<(Bounds, Made)>> {
    let class = PyUntypedArray::type_object_raw(py);
    let of = |object: *mut ffi::PyObject| {
        // SAFETY: an object that its cell has a reference to.
        let own = unsafe { ffi::Py_TYPE(object) };
        if !std::ptr::eq(own, class) {
            return None;
        }
        // SAFETY: as above.
        let object = unsafe { Bound::from_borrowed_ptr(py, object) };
        // SAFETY: an array, by its type.
        Some(unsafe { object.cast_into_unchecked::<PyUntypedArray>() })
    };
    let Some(descr) = of(first).map(|array| array.dtype()).filter(is_flat) else { return Ok(None) };
    let request = FromRequest { wanted: None, ..request.clone() };
    let len = |object| {
        let array = of(object)?;
        (array.ndim() == 1 && array.dtype().is(&descr)).then(|| array.len())
    };
    let Some(bounds) = bounds(cells, len) else { return Ok(None) };
    if let Some(item) = item {
        let none = Joined::new(descr.clone(), 0)?.finish();
        let natural = none.map(|none| values(&none, None, &request)).transpose()?;
        if let Some(natural) = natural.filter(|natural| natural.field.data_type() != item.data_type()) {
            let converted = Conversion { cells, of, descr: &descr, item, total: bounds.total };
            match converted.items(natural.field.data_type(), &request)? {
                None if in_blocks => return Ok(None),
                None => {}
                Some(items) => return Ok(Some((bounds, items))),
            }
        }
    }
    let mut all = Joined::new(descr.clone(), bounds.total)?;
    let joined = cells.each(|_, object| match object.filter(|object| !std::ptr::eq(*object, none())) {
        Some(object) => all.append(&of(object)?),
        None => Some(()),
    });
    let Some(flat) = all.finish().filter(|_| joined) else { return Ok(None) };
    Ok(Some((bounds, values(&flat, None, &request)?)))
}

/// Arrays of one dimension and one dtype whose elements become values of another type.
struct Conversion<'a, 'py, C, F> {
    cells: &'a C,
    /// An object as such an array.
    of: F,
    descr: &'a Bound<'py, PyArrayDescr>,
    item: &'a Field,
    total: usize,
}

impl<'py, C: Source, F> Conversion<'_, 'py, C, F>
where
    F: Fn(*mut ffi::PyObject) -> Option<Bound<'py, PyUntypedArray>>,
{
    /// The items of all, converted some at a time; None where their bytes aren't those of values of the type `natural`, or
    /// more than one pass is needed.
    fn items(&self, natural: &DataType, request: &FromRequest) -> Outcome<Option<Made>> {
        let plain = match self.descr.kind() {
            b'b' | b'i' | b'u' => true,
            b'f' => !request.nan_as_null,
            _ => false,
        };
        if !plain || self.descr.is_native_byteorder() == Some(false) {
            return Ok(None);
        }
        let out = FixedBuilder::new(natural, Some(self.item), request.safe, self.total, &mut NumpyMemory)?;
        if !out.converts() {
            return Ok(None);
        }
        match self.descr.itemsize() {
            1 => self.fill::<u8>(out),
            2 => self.fill::<u16>(out),
            4 => self.fill::<u32>(out),
            8 => self.fill::<u64>(out),
            _ => Ok(None),
        }
    }

    fn fill<T: ArrowNativeType>(&self, mut out: FixedBuilder) -> Outcome<Option<Made>> {
        let block = out.spare::<T>()?;
        let (mut to, mut most, mut at) = (block.as_mut_ptr(), block.len(), 0);
        let mut failed = None;
        let done = self.cells.each(|_, object| {
            let Some(object) = object.filter(|object| !std::ptr::eq(*object, none())) else {
                return Some(());
            };
            let array = (self.of)(object)?;
            // Memory was asked for since they were counted, which can run code of others.
            if array.ndim() != 1 || !array.dtype().is(self.descr) {
                return None;
            }
            let (count, mut start) = (array.len(), 0);
            while start < count {
                if at == most {
                    // SAFETY: the whole block is written.
                    let ended = unsafe { out.end_written(at, None) };
                    let next = ended.and_then(|()| out.spare::<T>());
                    let block = next.map_err(|error| failed = Some(error)).ok()?;
                    (to, most, at) = (block.as_mut_ptr(), block.len(), 0);
                    if most == 0 {
                        return None;
                    }
                }
                let some = (count - start).min(most - at);
                // SAFETY: `at` of the `most` values that there is memory for are written.
                let free = unsafe { to.add(at) };
                // SAFETY: elements that the array has, of that size; there is memory for as many values, which is the builder's own.
                unsafe { copy_elements(&array, (start, some), free.cast(), size_of::<T>()) };
                (start, at) = (start + some, at + some);
            }
            Some(())
        });
        if done {
            // SAFETY: so many are written.
            failed = unsafe { out.end_written(at, None) }.err();
        }
        match failed {
            Some(error) => Err(error.into()),
            None if done => Ok(out.finish().ok()),
            None => Ok(None),
        }
    }
}
