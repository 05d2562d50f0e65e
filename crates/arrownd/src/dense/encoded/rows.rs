//! Values that are compared by their bytes.

use arrow_data::ArrayData;
use arrow_schema::DataType;

use crate::dense::cast::{Values, is_bytes, short};
use crate::error::Result;
use crate::source::Bits;

/// The values of an array, whatever is missing.
pub(in crate::dense) enum Rows<'d> {
    Bytes(Values<'d>),
    /// Of so many bytes each, all bytes.
    Width(usize, &'d [u8]),
    Bits(Bits<'d>),
}

impl<'d> Rows<'d> {
    /// None for values with others in them.
    pub(in crate::dense) fn of(data: &'d ArrayData) -> Option<Result<Self>> {
        if is_bytes(data.data_type()) {
            return Some(Values::of(data).map(Self::Bytes));
        }
        let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
        if *data.data_type() == DataType::Boolean {
            let bits = Bits::new(bytes, data.offset(), data.len());
            return Some(bits.map(Self::Bits).ok_or_else(|| short(data)));
        }
        let width = data.data_type().primitive_width()?;
        let own = bytes.get(data.offset() * width..(data.offset() + data.len()) * width);
        Some(own.map(|bytes| Self::Width(width, bytes)).ok_or_else(|| short(data)))
    }
}
