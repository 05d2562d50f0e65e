//! The structs of Arrow's C data interface, field by field as the specification has them.
//!
//! arrow-rs' own mirror hides the fields, and the border has to see them raw: a null pointer, a
//! negative count or a missing release are what it is there to find.
#![allow(unsafe_code, reason = "foreign memory is released here")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

/// Arrow's `ArrowSchema`. Releases itself on drop.
///
/// ```
/// use arrownd::engine::ArrowSchema;
///
/// // To be filled by a producer.
/// let mut schema = ArrowSchema::empty();
/// assert!(schema.is_released() && schema.format.is_null());
/// assert!(schema.take().is_released());
/// ```
#[repr(C)]
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub struct ArrowSchema {
    pub format: *const c_char,
    pub name: *const c_char,
    pub metadata: *const c_char,
    pub flags: i64,
    pub n_children: i64,
    pub children: *mut *mut ArrowSchema,
    pub dictionary: *mut ArrowSchema,
    release: Option<unsafe extern "C" fn(*mut ArrowSchema)>,
    pub private_data: *mut c_void,
}

/// Arrow's `ArrowArray`. Releases itself on drop.
///
/// ```
/// use arrow_array::{Array, Int32Array};
/// use arrow_data::ffi::FFI_ArrowArray;
/// use arrownd::engine::ArrowArray;
///
/// let mut array = FFI_ArrowArray::new(&Int32Array::from(vec![1, 2]).to_data());
/// // SAFETY: both are the C data interface's struct, and this one is moved out.
/// let array = unsafe { std::ptr::from_mut(&mut array).cast::<ArrowArray>().as_mut() }.unwrap().take();
/// assert_eq!((array.length, array.n_buffers, array.is_released()), (2, 2, false));
/// ```
#[repr(C)]
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub struct ArrowArray {
    pub length: i64,
    pub null_count: i64,
    pub offset: i64,
    pub n_buffers: i64,
    pub n_children: i64,
    pub buffers: *const *const c_void,
    pub children: *mut *mut ArrowArray,
    pub dictionary: *mut ArrowArray,
    release: Option<unsafe extern "C" fn(*mut ArrowArray)>,
    pub private_data: *mut c_void,
}

/// Arrow's `ArrowArrayStream`. Releases itself on drop.
///
/// ```
/// use arrownd::engine::ArrowArrayStream;
///
/// let stream = ArrowArrayStream::empty();
/// assert!(stream.is_released() && stream.get_next.is_none());
/// ```
#[repr(C)]
#[derive(Debug)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub struct ArrowArrayStream {
    pub get_schema: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowSchema) -> c_int>,
    pub get_next: Option<unsafe extern "C" fn(*mut ArrowArrayStream, *mut ArrowArray) -> c_int>,
    pub get_last_error: Option<unsafe extern "C" fn(*mut ArrowArrayStream) -> *const c_char>,
    release: Option<unsafe extern "C" fn(*mut ArrowArrayStream)>,
    pub private_data: *mut c_void,
}

macro_rules! owned_struct {
    ($name:ident { $($field:ident: $empty:expr),* $(,)? }) => {
        impl $name {
            /// A released struct, ready to be filled by a producer. *O(1)*.
            ///
            /// ```
            #[doc = concat!("use arrownd::engine::", stringify!($name), ";")]
            ///
            /// // Room whose address a producer is given.
            #[doc = concat!("let mut room = ", stringify!($name), "::empty();")]
            /// let address = &raw mut room;
            /// assert!(!address.is_null() && room.is_released());
            /// ```
            #[must_use]
            #[inline]
            pub const fn empty() -> Self {
                Self { $($field: $empty,)* release: None, private_data: ptr::null_mut() }
            }

            /// Moves the struct out, as the specification lets a consumer do: what stays behind is
            /// marked as released, and its producer must not release it again. *O(1)*.
            ///
            /// ```
            #[doc = concat!("# use arrownd::engine::", stringify!($name), ";")]
            #[doc = concat!("# unsafe extern \"C\" fn release(made: *mut ", stringify!($name), ") {")]
            /// #     // SAFETY: the owner of a struct that is there calls this once.
            /// #     unsafe { (*made).set_release(None) };
            /// # }
            #[doc = concat!("# let mut theirs = ", stringify!($name), "::empty();")]
            /// # // SAFETY: there is nothing to free.
            /// # unsafe { theirs.set_release(Some(release)) };
            /// let ours = theirs.take();
            /// assert!(theirs.is_released() && !ours.is_released());
            /// ```
            #[must_use]
            #[inline]
            pub fn take(&mut self) -> Self {
                std::mem::replace(self, Self::empty())
            }

            /// Sets the callback that releases the struct, or none. *O(1)*.
            ///
            /// # Safety
            /// The callback may be called once with this struct, as its other fields are then.
            ///
            /// ```
            #[doc = concat!("use arrownd::engine::", stringify!($name), ";")]
            ///
            #[doc = concat!("unsafe extern \"C\" fn release(made: *mut ", stringify!($name), ") {")]
            ///     // SAFETY: the owner of a struct that is there calls this once.
            ///     unsafe { (*made).set_release(None) };
            /// }
            #[doc = concat!("let mut made = ", stringify!($name), "::empty();")]
            /// // SAFETY: there is nothing to free.
            /// unsafe { made.set_release(Some(release)) };
            /// assert!(!made.is_released());
            /// drop(made); // calls it
            /// ```
            pub unsafe fn set_release(&mut self, release: Option<unsafe extern "C" fn(*mut Self)>) {
                self.release = release;
            }

            /// Whether there is nothing (left) in it. *O(1)*.
            ///
            /// ```
            #[doc = concat!("use arrownd::engine::", stringify!($name), ";")]
            ///
            /// // As a stream ends, and as what somebody else took looks.
            #[doc = concat!("assert!(", stringify!($name), "::empty().is_released());")]
            /// ```
            #[must_use]
            #[inline]
            pub fn is_released(&self) -> bool {
                self.release.is_none()
            }
        }

        impl Drop for $name {
            #[inline]
            fn drop(&mut self) {
                if let Some(release) = self.release {
                    // SAFETY: `release` is the producer's own callback for this struct, which is
                    // not released yet; the specification lets the struct's owner, which is the
                    // value being dropped, call it once.
                    unsafe { release(self) };
                    self.release = None;
                }
            }
        }

        // SAFETY: the specification demands that a producer's structs can be released from any
        // thread; everything else in them is only read.
        unsafe impl Send for $name {}
        // SAFETY: nothing is written through a shared reference.
        unsafe impl Sync for $name {}
    };
}

owned_struct!(ArrowSchema {
    format: ptr::null(),
    name: ptr::null(),
    metadata: ptr::null(),
    flags: 0,
    n_children: 0,
    children: ptr::null_mut(),
    dictionary: ptr::null_mut(),
});
owned_struct!(ArrowArray {
    length: 0,
    null_count: 0,
    offset: 0,
    n_buffers: 0,
    n_children: 0,
    buffers: ptr::null(),
    children: ptr::null_mut(),
    dictionary: ptr::null_mut(),
});
owned_struct!(ArrowArrayStream { get_schema: None, get_next: None, get_last_error: None });

impl ArrowArray {
    /// Moves a descendant out of an array that has passed the border: `route` is a child's index
    /// at each level. `None` for a wrong one, and for one that was moved out before. What stays
    /// behind can be dropped: a child that was moved out has its own release. *O(depth)*.
    ///
    /// # Safety
    /// [`read_array`](crate::engine::read_array) or [`read_fields`](crate::engine::read_fields) has accepted the
    /// array, and the route is one that it read.
    ///
    /// ```
    /// use arrow_array::{Array, Int8Array, StructArray};
    /// use arrownd::engine::{ArrowArray, Path, read_array};
    /// # use arrow_data::ffi::FFI_ArrowArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use std::sync::Arc;
    ///
    /// # let fields = ["x", "y"].map(|name| Field::new(name, DataType::Int8, true)).to_vec();
    /// # let column = || Arc::new(Int8Array::from(vec![1, 2, 3])) as Arc<dyn Array>;
    /// let batch = StructArray::new(fields.into(), vec![column(), column()], None);
    /// # let mut exported = FFI_ArrowArray::new(&batch.to_data());
    /// # // SAFETY: both are the C data interface's struct, and this one is moved out.
    /// # let mut array = unsafe { std::ptr::from_mut(&mut exported).cast::<ArrowArray>().as_mut() }.unwrap().take();
    /// // SAFETY: a valid array of this type.
    /// unsafe { read_array(&array, batch.data_type(), &Path::Top) }?;
    /// // SAFETY: it was accepted, and has two columns.
    /// let y = unsafe { array.take_descendant(&[1]) };
    /// drop(array);
    /// // The other column is freed, this one is there.
    /// assert_eq!(y.map(|y| (y.length, y.is_released())), Some((3, false)));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub unsafe fn take_descendant(&mut self, route: &[usize]) -> Option<Self> {
        let Some((first, rest)) = route.split_first() else {
            return (!self.is_released()).then(|| self.take());
        };
        if i64::try_from(*first).ok()? >= self.n_children || self.children.is_null() {
            return None;
        }
        // SAFETY: `first` is within `n_children`, the length of `children`.
        let place = unsafe { self.children.add(*first) };
        // SAFETY: as above: the pointer lies within the array of them.
        let child = unsafe { *place };
        // SAFETY: the border has seen that each child is non-null and aligned, and `self` owns it.
        let child = unsafe { child.as_mut() }?;
        // SAFETY: the caller's promise covers the descendants.
        unsafe { child.take_descendant(rest) }
    }
}
