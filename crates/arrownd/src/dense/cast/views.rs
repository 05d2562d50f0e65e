//! Text and bytes, however they are laid out.

use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::{broken, fixed::short};
use crate::error::{Error, Result};

/// The bytes of each value.
pub(in crate::dense) enum Values<'d> {
    Offsets32(&'d [[u8; 4]], &'d [u8]),
    Offsets64(&'d [[u8; 8]], &'d [u8]),
    Views(&'d [[u8; 16]], Vec<&'d [u8]>),
    Fixed(usize, &'d [u8]),
}

impl<'d> Values<'d> {
    pub(in crate::dense) fn of(data: &'d ArrayData) -> Result<Self> {
        use DataType as T;
        let buffer = |i: usize| data.buffers().get(i).map_or(&[][..], |buffer| buffer.as_slice());
        let (start, len) = (data.offset(), data.len());
        let offsets = if len == 0 { 0 } else { len + 1 };
        let own = |parts: usize| start..start + parts;
        let values = match data.data_type() {
            T::Binary | T::Utf8 => {
                buffer(0).as_chunks().0.get(own(offsets)).map(|offsets| Self::Offsets32(offsets, buffer(1)))
            }
            T::LargeBinary | T::LargeUtf8 => {
                buffer(0).as_chunks().0.get(own(offsets)).map(|offsets| Self::Offsets64(offsets, buffer(1)))
            }
            T::BinaryView | T::Utf8View => {
                let rest = data.buffers().iter().skip(1).map(Buffer::as_slice).collect();
                buffer(0).as_chunks().0.get(own(len)).map(|views| Self::Views(views, rest))
            }
            T::FixedSizeBinary(n) => {
                let size = usize::try_from(*n).unwrap_or(0);
                buffer(0).get(start * size..(start + len) * size).map(|bytes| Self::Fixed(size, bytes))
            }
            _ => None,
        };
        values.ok_or_else(|| short(data))
    }

    /// Where a value begins and how long it is, in the bytes that all of them share.
    pub(in crate::dense) fn range(&self, i: usize) -> Option<(usize, usize)> {
        let between = |start: i64, end: i64| {
            let start = usize::try_from(start).ok()?;
            Some((start, usize::try_from(end).ok()?.checked_sub(start)?))
        };
        match self {
            Self::Offsets32(offsets, _) => between(
                i64::from(i32::from_ne_bytes(*offsets.get(i)?)),
                i64::from(i32::from_ne_bytes(*offsets.get(i + 1)?)),
            ),
            Self::Offsets64(offsets, _) => {
                between(i64::from_ne_bytes(*offsets.get(i)?), i64::from_ne_bytes(*offsets.get(i + 1)?))
            }
            Self::Fixed(size, _) => Some((i.checked_mul(*size)?, *size)),
            Self::Views(..) => None,
        }
    }

    /// A value's bytes.
    pub(in crate::dense) fn get(&self, i: usize) -> Result<&[u8]> {
        let found = match self {
            Self::Views(views, rest) => views.get(i).and_then(|view| {
                let word = |at: usize| -> Option<usize> {
                    let bytes = view.get(at..at + 4)?.try_into().ok()?;
                    usize::try_from(u32::from_ne_bytes(bytes)).ok()
                };
                let len = word(0)?;
                if len <= 12 {
                    return view.get(4..4 + len);
                }
                let (buffer, start) = (word(8)?, word(12)?);
                rest.get(buffer)?.get(start..start.checked_add(len)?)
            }),
            Self::Offsets32(_, bytes) | Self::Offsets64(_, bytes) | Self::Fixed(_, bytes) => {
                self.range(i).and_then(|(start, len)| bytes.get(start..start.checked_add(len)?))
            }
        };
        found.ok_or_else(|| Error::InvalidArrow {
            path: String::new(),
            what: format!("value {i} lies outside of its buffer"),
        })
    }
}

/// One value's view, where its bytes lie in a buffer at some place.
pub(in crate::dense) fn view(bytes: &[u8], buffer: usize, start: usize) -> Result<[u8; 16]> {
    let mut view = [0; 16];
    let word = |n: usize| u32::try_from(n).map(u32::to_ne_bytes);
    let too_large = |_| broken(arrow_schema::ArrowError::OffsetOverflowError(start));
    let (length, rest) = view.split_at_mut(4);
    length.copy_from_slice(&word(bytes.len()).map_err(too_large)?);
    if let Some(short) = rest.get_mut(..bytes.len()) {
        short.copy_from_slice(bytes);
        return Ok(view);
    }
    let parts = [
        bytes.get(..4).unwrap_or_default(),
        &word(buffer).map_err(too_large)?,
        &word(start).map_err(too_large)?,
    ];
    for (place, part) in rest.chunks_exact_mut(4).zip(parts) {
        place.copy_from_slice(part);
    }
    Ok(view)
}
