//! A producer made by hand: the structs of the C data interface over memory of its own, with so
//! much slack behind every buffer that a wrong length within [`SLACK`] stays inside.
#![allow(unsafe_code, reason = "raw structs need release callbacks")]
#![allow(dead_code, reason = "not every test makes a fault")]

use std::ffi::{CString, c_void};
use std::ptr;

use arrownd::engine::{ArrowArray, ArrowSchema};
use zerocopy::{Immutable, IntoBytes};

/// Values that may be read past a buffer's end.
pub(crate) const SLACK: usize = 256;
/// Null pointers behind every array of pointers.
const SPARE: usize = 16;

unsafe extern "C" fn release_schema(schema: *mut ArrowSchema) {
    // SAFETY: called once, by the owner of a live struct.
    let schema = unsafe { &mut *schema };
    // SAFETY: nothing is called for a released struct.
    unsafe { schema.set_release(None) };
}

unsafe extern "C" fn release_array(array: *mut ArrowArray) {
    // SAFETY: called once, by the owner of a live struct.
    let array = unsafe { &mut *array };
    // SAFETY: nothing is called for a released struct.
    unsafe { array.set_release(None) };
}

/// One buffer: its bytes, and how many bytes one item has (1 for bitmaps).
#[derive(Debug, Clone)]
pub(crate) struct Bytes {
    pub(crate) bytes: Vec<u8>,
    pub(crate) width: usize,
}

/// One array with its type, to be exported.
#[derive(Debug, Clone, Default)]
pub(crate) struct Producer {
    format: String,
    name: String,
    length: i64,
    offset: i64,
    null_count: i64,
    flags: i64,
    buffers: Vec<Option<Bytes>>,
    children: Vec<Producer>,
    dictionary: Option<Box<Producer>>,
}

impl Producer {
    pub(crate) fn new(format: &str, length: usize) -> Self {
        Self { format: format.to_owned(), length: length as i64, flags: 2, ..Self::default() }
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    pub(crate) fn offset(mut self, offset: usize) -> Self {
        self.offset = offset as i64;
        self
    }

    /// Without the first `n` values.
    pub(crate) fn sliced(mut self, n: usize) -> Self {
        self.offset += n as i64;
        self.length -= n as i64;
        self
    }

    /// A bitmap, the first value's bit first; `null_count` is left for the consumer to count.
    pub(crate) fn bits(mut self, bits: &[u8]) -> Self {
        let mut bytes = vec![0u8; bits.len().div_ceil(8)];
        for (i, bit) in bits.iter().enumerate() {
            bytes[i / 8] |= bit << (i % 8);
        }
        self.null_count = -1;
        self.buffers.push(Some(Bytes { bytes, width: 1 }));
        self
    }

    pub(crate) fn no_buffer(mut self) -> Self {
        self.buffers.push(None);
        self
    }

    pub(crate) fn items<T: IntoBytes + Immutable>(mut self, items: &[T]) -> Self {
        self.buffers.push(Some(Bytes { bytes: items.as_bytes().to_vec(), width: size_of::<T>() }));
        self
    }

    pub(crate) fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    pub(crate) fn dictionary(mut self, values: Self) -> Self {
        self.dictionary = Some(Box::new(values));
        self
    }

    pub(crate) fn export(&self) -> Exported {
        let mut memory = Memory::default();
        let (schema, array) = memory.node(self);
        Exported { schema, array, memory }
    }
}

/// The structs of a producer, by index, and everything that they point to.
pub(crate) struct Exported {
    schema: usize,
    array: usize,
    pub(crate) memory: Memory,
}

#[derive(Default)]
#[expect(clippy::vec_box, reason = "the structs point to each other and mustn't move")]
pub(crate) struct Memory {
    pub(crate) schemas: Vec<Box<ArrowSchema>>,
    pub(crate) arrays: Vec<Box<ArrowArray>>,
    /// Which array and which of its buffers, the width of an item, and the items.
    pub(crate) buffers: Vec<(usize, usize, usize, Vec<u128>)>,
    pointers: Vec<Vec<*const c_void>>,
    schema_pointers: Vec<Vec<*mut ArrowSchema>>,
    array_pointers: Vec<Vec<*mut ArrowArray>>,
    texts: Vec<CString>,
}

impl Exported {
    pub(crate) fn schema(&self) -> &ArrowSchema {
        &self.memory.schemas[self.schema]
    }

    pub(crate) fn array(&self) -> &ArrowArray {
        &self.memory.arrays[self.array]
    }
}

impl Memory {
    fn text(&mut self, text: &str) -> *const std::ffi::c_char {
        let text = CString::new(text).expect("no NUL");
        let pointer = text.as_ptr();
        self.texts.push(text);
        pointer
    }

    fn node(&mut self, producer: &Producer) -> (usize, usize) {
        let children: Vec<_> = producer.children.iter().map(|c| self.node(c)).collect();
        let dictionary = producer.dictionary.as_ref().map(|d| self.node(d));
        let mut schemas = vec![ptr::null_mut(); children.len() + SPARE];
        let mut arrays = vec![ptr::null_mut(); children.len() + SPARE];
        for (i, (schema, array)) in children.iter().enumerate() {
            schemas[i] = ptr::from_mut(&mut *self.schemas[*schema]);
            arrays[i] = ptr::from_mut(&mut *self.arrays[*array]);
        }
        let mut pointers = vec![ptr::null(); producer.buffers.len() + SPARE];
        for (i, buffer) in producer.buffers.iter().enumerate() {
            let Some(Bytes { bytes, width }) = buffer else {
                continue;
            };
            let mut memory = vec![0u128; bytes.len() / 16 + 1 + SLACK];
            memory.as_mut_bytes()[..bytes.len()].copy_from_slice(bytes);
            pointers[i] = memory.as_ptr().cast();
            self.buffers.push((self.arrays.len(), i, *width, memory));
        }
        let mut schema = ArrowSchema::empty();
        schema.format = self.text(&producer.format);
        schema.name = self.text(&producer.name);
        schema.flags = producer.flags;
        schema.n_children = children.len() as i64;
        schema.children = schemas.as_mut_ptr();
        // SAFETY: the callback frees nothing.
        unsafe { schema.set_release(Some(release_schema)) };
        let mut array = ArrowArray::empty();
        array.length = producer.length;
        array.offset = producer.offset;
        array.null_count = producer.null_count;
        array.n_buffers = producer.buffers.len() as i64;
        array.buffers = pointers.as_ptr();
        array.n_children = children.len() as i64;
        array.children = arrays.as_mut_ptr();
        // SAFETY: the callback frees nothing.
        unsafe { array.set_release(Some(release_array)) };
        if let Some((s, a)) = dictionary {
            schema.dictionary = ptr::from_mut(&mut *self.schemas[s]);
            array.dictionary = ptr::from_mut(&mut *self.arrays[a]);
        }
        self.pointers.push(pointers);
        self.schema_pointers.push(schemas);
        self.array_pointers.push(arrays);
        self.schemas.push(Box::new(schema));
        self.arrays.push(Box::new(array));
        (self.schemas.len() - 1, self.arrays.len() - 1)
    }

    /// Sets one buffer's pointer to null.
    pub(crate) fn null_buffer(&mut self, array: usize, buffer: usize) {
        if let Some(pointer) = self.pointers[array].get_mut(buffer) {
            *pointer = ptr::null();
        }
    }

    /// Sets one child's pointer to null, in the schema or in the array.
    pub(crate) fn null_child(&mut self, node: usize, child: usize, of_schema: bool) {
        if of_schema {
            if let Some(pointer) = self.schema_pointers[node].get_mut(child) {
                *pointer = ptr::null_mut();
            }
        } else if let Some(pointer) = self.array_pointers[node].get_mut(child) {
            *pointer = ptr::null_mut();
        }
    }

    /// Overwrites one item of a buffer, cut to its width.
    pub(crate) fn set_item(&mut self, buffer: usize, item: usize, value: i64) {
        let (_, _, width, memory) = &mut self.buffers[buffer];
        let bytes: &mut [u8] = memory.as_mut_bytes();
        // An item of 16 bytes is a view: four numbers of 4.
        let n = if *width == 16 { 4 } else { *width };
        bytes[item * n..(item + 1) * n].copy_from_slice(&value.to_ne_bytes()[..n]);
    }

    /// Another format for one schema.
    pub(crate) fn set_format(&mut self, schema: usize, format: &str) {
        self.schemas[schema].format = self.text(format);
    }
}
