//! What is written to evenly spaced elements.
#![allow(unsafe_code, reason = "uninitialised memory of any stride is filled through pointers")]

use std::mem::MaybeUninit;

use super::Run;
use crate::kernels;

impl Run<'_> {
    /// How many elements. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     for at in (0..visit.run.len()).step_by(64) {
    ///         // As many values, up to 64 at a time.
    ///         assert_eq!(visit.block(at).len, 2);
    ///     }
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |visit| {
    ///     assert!(!visit.run.is_empty());
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements from `at` on, `n` of them or as many as there are.
    pub(crate) fn stretch(&mut self, at: usize, n: usize) -> Run<'_> {
        let at = at.min(self.len);
        // SAFETY: one of the elements, or the end of them.
        let ptr = unsafe { self.ptr.byte_offset(self.stride * at as isize) };
        Run { ptr, len: n.min(self.len - at), ..*self }
    }

    /// The run as a slice, where its elements are next to each other and aligned for `D`.
    #[inline(always)]
    pub(crate) fn contiguous<D: Copy>(&mut self) -> Option<&mut [MaybeUninit<D>]> {
        let ptr = self.ptr.cast::<MaybeUninit<D>>();
        if self.stride != size_of::<D>() as isize || self.itemsize != size_of::<D>() || !ptr.is_aligned() {
            return None;
        }
        // SAFETY: `len` elements of this size follow each other, aligned, borrowed uniquely;
        // uninitialised memory is what `MaybeUninit` is for.
        Some(unsafe { std::slice::from_raw_parts_mut(ptr.as_ptr(), self.len) })
    }

    /// Writes `values` from element `at` on; what is past the end or of another size is left out.
    /// *Copies n x itemsize bytes*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     let ids = [70usize, 71].map(MaybeUninit::new);
    ///     visit.run.write(0, &ids);
    ///     // Not an element's size: nothing is written.
    ///     visit.run.write(0, &[MaybeUninit::new(1u8)]);
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [70, 71]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    pub fn write<D: Copy>(&mut self, at: usize, values: &[MaybeUninit<D>]) {
        if self.itemsize != size_of::<D>() {
            return;
        }
        for (i, value) in values.iter().take(self.len.saturating_sub(at)).enumerate() {
            // SAFETY: element `at + i` is one of the `len`.
            let ptr = unsafe { self.ptr.byte_offset(self.stride * (at + i) as isize) };
            // SAFETY: the element has the size of `D` and may be written, aligned or not.
            unsafe { ptr.cast::<MaybeUninit<D>>().write_unaligned(*value) };
        }
    }

    /// Writes values from element `at` on; what is past the end or of another size is left out.
    #[inline(always)]
    pub(crate) fn write_each<D: Copy>(&mut self, at: usize, values: impl ExactSizeIterator<Item = D>) {
        if self.itemsize != size_of::<D>() || at >= self.len {
            return;
        }
        // SAFETY: element `at` is one of the `len`.
        let first = unsafe { self.ptr.byte_offset(self.stride * at as isize) };
        let mut offset = 0;
        for value in values.take(self.len - at) {
            // SAFETY: one of the elements after it.
            let ptr = unsafe { first.byte_offset(offset) };
            // SAFETY: the element has the size of `D` and may be written, aligned or not.
            unsafe { ptr.cast::<D>().write_unaligned(value) };
            offset += self.stride;
        }
    }

    /// Writes the bytes of element `at`; fewer than its size leave the rest as it is.
    pub(crate) fn write_bytes(&mut self, at: usize, bytes: &[u8]) {
        if at >= self.len {
            return;
        }
        // SAFETY: element `at` is one of the `len`.
        let ptr = unsafe { self.ptr.byte_offset(self.stride * at as isize) };
        // SAFETY: the element has `itemsize` bytes, and no more are copied; `bytes` is borrowed,
        // so it isn't the memory that this run borrows uniquely.
        unsafe { ptr.as_ptr().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len().min(self.itemsize)) };
    }

    /// Writes zeros to element `at`.
    pub(crate) fn write_zeros(&mut self, at: usize) {
        self.element(at).fill(MaybeUninit::new(0));
    }

    /// The bytes of element `at`; none past the end. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new([0u8; 6]); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     let block = visit.block(0);
    ///     for (at, text) in visit.octets(&block).each()[..block.len].iter().enumerate() {
    ///         for (to, byte) in visit.run.element(at).iter_mut().zip(*text) {
    ///             to.write(*byte);
    ///         }
    ///     }
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [*b"one\0\0\0", *b"three\0"]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn element(&mut self, at: usize) -> &mut [MaybeUninit<u8>] {
        if at >= self.len {
            return &mut [];
        }
        // SAFETY: element `at` is one of the `len`.
        let ptr = unsafe { self.ptr.byte_offset(self.stride * at as isize) };
        // SAFETY: the element is `itemsize` bytes, borrowed uniquely as this run is; uninitialised
        // memory is what `MaybeUninit` is for.
        unsafe { std::slice::from_raw_parts_mut(ptr.as_ptr().cast(), self.itemsize) }
    }

    /// The words that `count` elements from `at` on are made of; `None` where they don't follow each
    /// other, aren't aligned for words, or aren't all there. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     assert_eq!(visit.run.words::<usize>(0, 2).map(|words| words.len()), Some(2));
    ///     assert!(visit.run.words::<usize>(1, 2).is_none());
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline(always)]
    #[must_use]
    pub fn words<D: Copy>(&mut self, at: usize, count: usize) -> Option<&mut [MaybeUninit<D>]> {
        let in_a_row = count == 1 || self.stride == self.itemsize as isize;
        if !in_a_row || at.checked_add(count)? > self.len {
            return None;
        }
        // SAFETY: element `at` is one of the `len`, or their end where none is asked for.
        let ptr = unsafe { self.ptr.byte_offset(self.stride * at as isize) }.cast::<MaybeUninit<D>>();
        if !ptr.is_aligned() {
            return None;
        }
        let len = count * self.itemsize / size_of::<D>();
        // SAFETY: `count` elements follow each other, borrowed uniquely, and have `len` aligned words.
        Some(unsafe { std::slice::from_raw_parts_mut(ptr.as_ptr(), len) })
    }

    /// Puts a pointer into element `at` and returns the one that was there. For arrays of Python
    /// objects, which NumPy makes with null pointers. Past the end, returns `new` itself. *O(1)*.
    ///
    /// # Safety
    /// The elements are initialised pointers.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(std::ptr::null_mut::<u8>()); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// let mut object = 7u8;
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     // SAFETY: the memory is null pointers from the start.
    ///     let old = unsafe { visit.run.replace_pointer(1, &raw mut object) };
    ///     // A reference that was there would be given back.
    ///     assert!(old.is_null());
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(unsafe { memory[1].assume_init() }, &raw mut object);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn replace_pointer(&mut self, at: usize, new: *mut u8) -> *mut u8 {
        if at >= self.len || self.itemsize != size_of::<*mut u8>() {
            return new;
        }
        // SAFETY: element `at` is one of the `len`.
        let ptr = unsafe { self.ptr.byte_offset(self.stride * at as isize) }.cast::<*mut u8>();
        // SAFETY: the element holds a pointer by the caller's promise; it may be misaligned.
        let old = unsafe { ptr.read_unaligned() };
        // SAFETY: the element may be written, and has the size of a pointer.
        unsafe { ptr.write_unaligned(new) };
        old
    }

    /// The addresses in `count` elements from `at` on, where none has one yet and they lie in a row. For arrays of
    /// Python objects, as [`Run::replace_pointer`]. *O(count)*.
    ///
    /// # Safety
    /// The elements are initialised pointers.
    ///
    /// ```
    /// # use arrow_array::StringArray;
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::{Column, Dest, Options, Planned, chunk_of};
    /// # use std::mem::MaybeUninit;
    /// # let array = StringArray::from(vec!["one", "three"]);
    /// # let field = Field::new("", DataType::Utf8, true);
    /// # let (chunks, options) = ([chunk_of(&array)], Options::default());
    /// # let column = Column::new(&field, &chunks, &options)?;
    /// # let planned = Planned::new(&column, &options, &[])?;
    /// # let mut memory = [MaybeUninit::new(0usize); 2];
    /// # let mut dest = Dest::from_slice(&mut memory, &[2]).unwrap();
    /// planned.task().objects(&mut dest, &mut |mut visit| {
    ///     // SAFETY: the memory is zeros from the start.
    ///     if let Some(places) = unsafe { visit.run.empty_pointers(0, 2) } {
    ///         places.copy_from_slice(&[0x70, 0x71]);
    ///     }
    ///     // SAFETY: as above.
    ///     assert!(unsafe { visit.run.empty_pointers(0, 2) }.is_none());
    ///     Ok::<(), arrownd::Error>(())
    /// })?;
    /// // SAFETY: initialised from the start.
    /// assert_eq!(memory.map(|x| unsafe { x.assume_init() }), [0x70, 0x71]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[inline]
    #[must_use]
    pub unsafe fn empty_pointers(&mut self, at: usize, count: usize) -> Option<&mut [usize]> {
        let places = self.contiguous::<usize>()?.get_mut(at..at.checked_add(count)?)?;
        let places: *mut [usize] = std::ptr::from_mut(places) as *mut [usize];
        // SAFETY: initialised by the caller's promise, and as uniquely borrowed as the run.
        let places = unsafe { &mut *places };
        (places.iter().fold(0, |any, old| any | old) == 0).then_some(places)
    }

    /// Copies the whole run at once from `bytes[skip..]`; false where it isn't contiguous or
    /// `bytes` is too short.
    pub(crate) fn copy_bytes(&mut self, bytes: &[u8], skip: usize, width: usize) -> bool {
        let Some(bytes) = bytes.get(skip..skip + self.len * width) else {
            return false;
        };
        if self.stride != width as isize || self.itemsize != width {
            return self.len == 0 || width == 0;
        }
        // SAFETY: `len` elements of `width` bytes follow each other in the run, borrowed uniquely, and `bytes`
        // has as many; uninitialised memory is what `MaybeUninit` is for.
        let own = unsafe { std::slice::from_raw_parts_mut(self.ptr.as_ptr().cast(), bytes.len()) };
        let copy = if self.past { kernels::copy_past } else { kernels::copy };
        copy(bytes, own);
        true
    }
}
