//! The commonest arrays straight from the C structs.
//!
//! Every rule of the border (`source/`) that concerns them is kept here, or the array is left to it.
#![allow(unsafe_code, reason = "the border reads foreign structs")]

use smallvec::SmallVec;

use super::formats::{Layout, dictionary, layout};
use super::types::{FlatType, FlatValues, void};
use super::{Flat, Plain, PlainView};
use crate::dtype::DType;
use crate::source::{ArrowArray, ArrowSchema, Bits, FURTHEST};

/// Which values of an array are meant, its own offset and length taken into account.
#[derive(Clone, Copy)]
struct Window {
    start: usize,
    len: usize,
}

/// Lists in lists in lists; deeper ones go the general way.
const DEEPEST: usize = 4;

/// What becomes of one of the commonest arrays, `None` for everything else. *O(1), shares memory*; where there is a
/// bitmap, *reads the bitmap once*, to count.
///
/// # Safety
/// As [`read_schema`](crate::engine::read_schema) and [`read_array`](crate::engine::read_array).
///
/// ```
/// use arrow_array::{Array, Float64Array};
/// # use arrow_data::ffi::FFI_ArrowArray;
/// # use arrow_schema::{DataType, ffi::FFI_ArrowSchema};
/// use arrownd::engine::{ArrowArray, ArrowSchema, Plain, plain_of};
///
/// let values = Float64Array::from(vec![0.5, 1.5]);
/// # use std::ptr::from_ref;
/// # let schema = FFI_ArrowSchema::try_from(DataType::Float64)?;
/// # let array = FFI_ArrowArray::new(&values.to_data());
/// # // SAFETY: both are the C data interface's structs.
/// # let schema = unsafe { &*from_ref(&schema).cast::<ArrowSchema>() };
/// # // SAFETY: likewise.
/// # let array = unsafe { &*from_ref(&array).cast::<ArrowArray>() };
/// // SAFETY: a valid array and its schema.
/// let Some(Plain::View(view)) = (unsafe { plain_of(schema, array) }) else { panic!() };
/// assert_eq!((view.ptr, view.len), (values.values().as_ptr().cast(), 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
#[inline]
pub unsafe fn plain_of<'a>(schema: &ArrowSchema, array: &'a ArrowArray) -> Option<Plain<'a>> {
    if !schema.dictionary.is_null() {
        // SAFETY: the caller's promise.
        return unsafe { looked_up(schema, array) }.map(Plain::Copy);
    }
    if !array.dictionary.is_null() {
        return None;
    }
    let window = own_window(array)?;
    // SAFETY: the caller's promise.
    match unsafe { layout(schema) }? {
        // SAFETY: the caller's promise; the window is the array's own.
        Layout::Flat(of) => unsafe { flat(of, array, window) },
        Layout::Bytes(width) => {
            // SAFETY: as above.
            let ptr = unsafe { full_values(array, window, width) }?;
            Some(view(ptr, window.len, SmallVec::new(), void(width)?, width))
        }
        // SAFETY: as above.
        Layout::Lists(size) => unsafe { lists(size, schema, array, window) },
    }
}

fn view<'a>(
    ptr: *const u8,
    len: usize,
    trailing: SmallVec<[usize; 2]>,
    dtype: DType,
    width: usize,
) -> Plain<'a> {
    Plain::View(PlainView { ptr, len, trailing, dtype, width })
}

/// # Safety
/// As [`plain_of`]; the window lies within the array's offset and length.
#[inline]
unsafe fn flat<'a>(of: &'static FlatType, array: &'a ArrowArray, window: Window) -> Option<Plain<'a>> {
    if let Some(dtype) = of.viewed()
        // SAFETY: the caller's promise.
        && let Some(ptr) = unsafe { full_values(array, window, of.width) }
    {
        return Some(view(ptr, window.len, SmallVec::new(), dtype, of.width));
    }
    // SAFETY: the caller's promise.
    unsafe { counted(of, array, window) }
}

/// An array that has a bitmap, or becomes something else.
///
/// # Safety
/// As [`flat`].
unsafe fn counted<'a>(of: &'static FlatType, array: &'a ArrowArray, window: Window) -> Option<Plain<'a>> {
    // SAFETY: the caller's promise.
    let [bitmap, values] = unsafe { buffers::<2>(array, 0) }?;
    if values.is_null() {
        return None;
    }
    let validity = if bitmap.is_null() {
        if array.null_count > 0 {
            return None;
        }
        None
    } else {
        // SAFETY: a bitmap has a bit for each value up to offset and length.
        Some(unsafe { bits(bitmap, window) }?)
    };
    let values = if of.width == 0 {
        // SAFETY: as for the bitmap.
        FlatValues::Bits(unsafe { bits(values, window) }?)
    } else {
        let bytes = window.len.checked_mul(of.width)?;
        // SAFETY: the buffer has so many values, and more, by the caller's promise.
        let first = unsafe { first(values, window, of.width) }?;
        // SAFETY: as above; `first` has seen that it doesn't overflow.
        FlatValues::Bytes(unsafe { std::slice::from_raw_parts(first, bytes) })
    };
    of.array(window.len, values, validity)
}

/// # Safety
/// `bytes` points to as many bits as the window reaches.
unsafe fn bits<'a>(bytes: *const u8, Window { start, len }: Window) -> Option<Bits<'a>> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { std::slice::from_raw_parts(bytes, Bits::bytes_needed(start, len)) };
    Bits::new(bytes, start, len)
}

/// Lists, perhaps in lists, of values that are viewed; no bitmap anywhere.
///
/// # Safety
/// As [`flat`], for lists of `size`.
unsafe fn lists<'a>(
    mut size: usize,
    mut schema: &ArrowSchema,
    mut array: &'a ArrowArray,
    mut window: Window,
) -> Option<Plain<'a>> {
    let rows = window.len;
    let mut trailing = SmallVec::new();
    loop {
        // SAFETY: the caller's promise.
        let [bitmap] = unsafe { buffers::<1>(array, 1) }?;
        if !bitmap.is_null() || array.null_count > 0 || size == 0 || trailing.len() == DEEPEST {
            return None;
        }
        trailing.push(size);
        // SAFETY: one child, which `layout` and `buffers` have counted.
        schema = unsafe { only(schema.children) }?;
        // SAFETY: as above.
        let child = unsafe { only(array.children) }?;
        let own = own_window(child).filter(|_| child.dictionary.is_null())?;
        let (skip, len) = (window.start.checked_mul(size)?, window.len.checked_mul(size)?);
        if skip.checked_add(len)? > own.len {
            return None;
        }
        (array, window) = (child, Window { start: own.start + skip, len });
        // SAFETY: the caller's promise covers the children.
        let (dtype, width) = match unsafe { layout(schema) }? {
            Layout::Flat(of) => (of.viewed()?, of.width),
            Layout::Bytes(width) => (void(width)?, width),
            Layout::Lists(inner) => {
                size = inner;
                continue;
            }
        };
        // SAFETY: the caller's promise; the window lies within the child.
        let ptr = unsafe { full_values(array, window, width) }?;
        return Some(view(ptr, rows, trailing, dtype, width));
    }
}

/// A dictionary without bitmaps. Its indexes are checked when they are followed.
///
/// # Safety
/// As [`plain_of`].
#[inline(never)]
unsafe fn looked_up<'a>(schema: &ArrowSchema, array: &'a ArrowArray) -> Option<Flat<'a>> {
    // SAFETY: the caller's promise.
    let [index, of] = unsafe { dictionary(schema) }?;
    if array.dictionary.is_null() || !array.dictionary.is_aligned() {
        return None;
    }
    // SAFETY: non-null, aligned, and an array by the caller's promise.
    let values = unsafe { &*array.dictionary };
    if !values.dictionary.is_null() {
        return None;
    }
    let of_window = |array: &'a ArrowArray, of: &FlatType| -> Option<&'a [u8]> {
        let window = own_window(array)?;
        // SAFETY: the caller's promise; the window is the array's own.
        let first = unsafe { full_values(array, window, of.width) }?;
        // SAFETY: the buffer has so many values, which `full_values` has seen to be bytes that can be counted.
        Some(unsafe { std::slice::from_raw_parts(first, window.len * of.width) })
    };
    of.dictionary(index, of_window(array, index)?, of_window(values, of)?)
}

/// The only child.
///
/// # Safety
/// `children` is null, or points to pointers to structs that live as long as is asked for.
unsafe fn only<'a, T>(children: *mut *mut T) -> Option<&'a T> {
    if children.is_null() || !children.is_aligned() {
        return None;
    }
    // SAFETY: non-null and aligned, and there is one by the caller's promise.
    let child = unsafe { *children };
    if !child.is_aligned() {
        return None;
    }
    // SAFETY: aligned, and a struct where it isn't null, by the caller's promise.
    unsafe { child.as_ref() }
}

/// What an array's own numbers say; `None` where they are wrong, or it is empty.
#[inline]
fn own_window(array: &ArrowArray) -> Option<Window> {
    let (len, start) = (usize::try_from(array.length).ok()?, usize::try_from(array.offset).ok()?);
    let fits = array.length.checked_add(array.offset)? <= FURTHEST;
    let valid = !array.is_released() && array.null_count >= -1;
    (len > 0 && fits && valid).then_some(Window { start, len })
}

/// The buffers, where there are as many, and as many children.
///
/// # Safety
/// As [`plain_of`].
#[inline]
unsafe fn buffers<const N: usize>(array: &ArrowArray, children: i64) -> Option<[*const u8; N]> {
    let as_many = array.n_buffers == N as i64 && array.n_children == children;
    if !as_many || array.buffers.is_null() || !array.buffers.is_aligned() {
        return None;
    }
    // SAFETY: non-null, aligned, and as many buffers as the array says, by the caller's promise.
    Some(unsafe { *array.buffers.cast::<[*const u8; N]>() })
}

/// The first of a window's values, where there is no bitmap.
///
/// # Safety
/// As [`flat`].
#[inline]
unsafe fn full_values(array: &ArrowArray, window: Window, width: usize) -> Option<*const u8> {
    // SAFETY: the caller's promise.
    let [bitmap, values] = unsafe { buffers::<2>(array, 0) }?;
    if !bitmap.is_null() || values.is_null() || array.null_count > 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { first(values, window, width) }
}

/// # Safety
/// `values` points to as many values as the window reaches, if that are bytes that can be counted.
#[inline]
unsafe fn first(values: *const u8, Window { start, len }: Window, width: usize) -> Option<*const u8> {
    let end = (start + len).checked_mul(width)?;
    if isize::try_from(end).is_err() {
        return None;
    }
    // SAFETY: within the values by the caller's promise, without overflow.
    Some(unsafe { values.add(start * width) })
}
