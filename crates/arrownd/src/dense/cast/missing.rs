//! Data of which nothing is there.

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

use super::unsupported_because;
use crate::error::{Error, Result};

/// `len` missing values. What arrow-rs can't make, or can't get the memory for, is refused first: it would panic.
pub(super) fn all_null(to: &Field, len: usize) -> Result<ArrayData> {
    if !possible(to.data_type(), len) {
        return unsupported_because(
            &Field::new("", DataType::Null, true),
            to,
            "it has no place for missing values",
        );
    }
    check_room(to.data_type(), len)?;
    Ok(ArrayData::new_null(to.data_type(), len))
}

/// Refuses what there is no memory for: arrow-rs would end the process.
pub(super) fn check_room(data_type: &DataType, len: usize) -> Result<()> {
    match bytes(data_type, len).map(|bytes| Vec::<u8>::new().try_reserve_exact(bytes)) {
        Some(Ok(())) => Ok(()),
        _ => Err(Error::BadValue(format!("no memory for {len} values of type {data_type}"))),
    }
}

fn possible(data_type: &DataType, len: usize) -> bool {
    use DataType as T;
    match data_type {
        T::Union(..) => len == 0,
        T::RunEndEncoded(ends, values) => {
            let fits = match ends.data_type() {
                T::Int16 => i16::try_from(len).is_ok(),
                T::Int32 => i32::try_from(len).is_ok(),
                _ => i64::try_from(len).is_ok(),
            };
            fits && possible(values.data_type(), 1)
        }
        T::FixedSizeList(item, n) => {
            let Some(all) = usize::try_from(*n).ok().and_then(|n| n.checked_mul(len)) else { return false };
            (item.is_nullable() || all == 0) && possible(item.data_type(), all)
        }
        T::FixedSizeBinary(n) => *n >= 0,
        T::Struct(fields) => {
            fields.iter().all(|field| (field.is_nullable() || len == 0) && possible(field.data_type(), len))
        }
        _ => true,
    }
}

/// At least what is allocated, `None` for more than can be.
fn bytes(data_type: &DataType, len: usize) -> Option<usize> {
    use DataType as T;
    let own = match data_type {
        T::FixedSizeBinary(n) => len.checked_mul(usize::try_from(*n).ok()?)?,
        T::FixedSizeList(item, n) => bytes(item.data_type(), len.checked_mul(usize::try_from(*n).ok()?)?)?,
        T::Struct(fields) => {
            fields.iter().try_fold(0usize, |sum, field| sum.checked_add(bytes(field.data_type(), len)?))?
        }
        other => len.checked_add(1)?.checked_mul(other.primitive_width().unwrap_or(16))?,
    };
    own.checked_add(len / 8 + 64).filter(|bytes| isize::try_from(*bytes).is_ok())
}
