//! Arrays of arrow-rs as chunks: nothing to check, they are checked already.

use arrow_array::cast::AsArray;
use arrow_array::{Array, downcast_primitive_array};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, UnionMode};

use super::bits::Bits;
use super::chunk::Chunk;
use super::data::{Data, places};
use super::offsets::Offsets;

/// Borrows an array of arrow-rs. *O(nodes)*, shares memory.
///
/// ```
/// use arrow_array::Int32Array;
/// use arrownd::engine::chunk_of;
///
/// let array = Int32Array::from(vec![Some(1), None]);
/// let chunk = chunk_of(&array);
/// assert_eq!(chunk.len, 2);
/// assert!(chunk.validity.is_some_and(|bits| bits.get(0) && !bits.get(1)));
/// ```
#[must_use]
pub fn chunk_of(array: &dyn Array) -> Chunk<'_> {
    Chunk { len: array.len(), validity: own_nulls(array).and_then(bits), data: data(array) }
}

/// The array's own bitmap: what arrow-rs calls logical nulls is found in the children.
fn own_nulls(array: &dyn Array) -> Option<&NullBuffer> {
    if *array.data_type() == DataType::Null { None } else { array.nulls() }
}

fn bits(nulls: &NullBuffer) -> Option<Bits<'_>> {
    Bits::new(nulls.validity(), nulls.offset(), nulls.len())
}

fn bytes<T: arrow_buffer::ArrowNativeType>(values: &ScalarBuffer<T>) -> &[u8] {
    values.inner().as_slice()
}

fn offsets32(offsets: &OffsetBuffer<i32>) -> Offsets<'_> {
    Offsets::I32(bytes(offsets.inner()).as_chunks().0)
}

fn offsets64(offsets: &OffsetBuffer<i64>) -> Offsets<'_> {
    Offsets::I64(bytes(offsets.inner()).as_chunks().0)
}

fn boxed(array: &dyn Array) -> Box<Chunk<'_>> {
    Box::new(chunk_of(array))
}

fn data(array: &dyn Array) -> Data<'_> {
    use DataType as T;
    downcast_primitive_array! {
        array => Data::Fixed(bytes(array.values())),
        T::Null => Data::Null,
        T::Boolean => {
            let values = array.as_boolean().values();
            Bits::new(values.values(), values.offset(), values.len()).map_or(Data::Null, Data::Bits)
        }
        T::FixedSizeBinary(_) => {
            let array = array.as_fixed_size_binary();
            Data::Fixed(array.value_data())
        }
        T::Utf8 => {
            let array = array.as_string::<i32>();
            Data::Binary { offsets: offsets32(array.offsets()), values: array.value_data() }
        }
        T::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Data::Binary { offsets: offsets64(array.offsets()), values: array.value_data() }
        }
        T::Binary => {
            let array = array.as_binary::<i32>();
            Data::Binary { offsets: offsets32(array.offsets()), values: array.value_data() }
        }
        T::LargeBinary => {
            let array = array.as_binary::<i64>();
            Data::Binary { offsets: offsets64(array.offsets()), values: array.value_data() }
        }
        T::Utf8View => {
            let array = array.as_string_view();
            let buffers = array.data_buffers().iter().map(Buffer::as_slice).collect();
            Data::Views { views: bytes(array.views()).as_chunks().0, buffers }
        }
        T::BinaryView => {
            let array = array.as_binary_view();
            let buffers = array.data_buffers().iter().map(Buffer::as_slice).collect();
            Data::Views { views: bytes(array.views()).as_chunks().0, buffers }
        }
        T::List(_) => {
            let array = array.as_list::<i32>();
            Data::List { offsets: offsets32(array.offsets()), even: None, child: boxed(array.values()) }
        }
        T::LargeList(_) => {
            let array = array.as_list::<i64>();
            Data::List { offsets: offsets64(array.offsets()), even: None, child: boxed(array.values()) }
        }
        T::Map(..) => {
            let array = array.as_map();
            Data::List { offsets: offsets32(array.offsets()), even: None, child: boxed(array.entries()) }
        }
        T::ListView(_) => {
            let array = array.as_list_view::<i32>();
            Data::ListView {
                offsets: Offsets::I32(bytes(array.offsets()).as_chunks().0),
                sizes: Offsets::I32(bytes(array.sizes()).as_chunks().0),
                child: boxed(array.values()),
            }
        }
        T::LargeListView(_) => {
            let array = array.as_list_view::<i64>();
            Data::ListView {
                offsets: Offsets::I64(bytes(array.offsets()).as_chunks().0),
                sizes: Offsets::I64(bytes(array.sizes()).as_chunks().0),
                child: boxed(array.values()),
            }
        }
        T::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).unwrap_or(0);
            Data::FixedList { size, child: boxed(array.as_fixed_size_list().values()) }
        }
        T::Struct(_) => Data::Struct(array.as_struct().columns().iter().map(|c| chunk_of(c)).collect()),
        T::Dictionary(..) => {
            let array = array.as_any_dictionary();
            let keys = Box::new(Chunk { validity: None, ..chunk_of(array.keys()) });
            Data::Dictionary { keys, values: boxed(array.values()) }
        }
        T::RunEndEncoded(ends, _) => {
            macro_rules! runs {
                ($t:ty) => {{
                    let array = array.as_run::<$t>();
                    let ends = array.run_ends();
                    let data = Data::Fixed(bytes(ends.inner()));
                    let run_ends = Box::new(Chunk { len: ends.inner().len(), validity: None, data });
                    Data::RunEnds { offset: ends.offset(), run_ends, values: boxed(array.values()) }
                }};
            }
            match ends.data_type() {
                T::Int16 => runs!(arrow_array::types::Int16Type),
                T::Int32 => runs!(arrow_array::types::Int32Type),
                _ => runs!(arrow_array::types::Int64Type),
            }
        }
        T::Union(fields, mode) => {
            let array = array.as_union();
            let children = fields.iter().map(|(id, _)| chunk_of(array.child(id))).collect();
            let offsets = match (mode, array.offsets()) {
                (UnionMode::Dense, Some(offsets)) => Some(Offsets::I32(bytes(offsets).as_chunks().0)),
                _ => None,
            };
            Data::Union { ids: bytes(array.type_ids()), offsets, places: places(fields), children }
        }
        _ => Data::Null,
    }
}
