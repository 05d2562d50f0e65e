//! The border, part three: numbers in buffers that decide which memory is touched. Safe code over
//! slices: what it can't see is not its business.

use arrow_schema::{DataType, UnionFields};

use super::bits::Bits;
use super::chunk::Chunk;
use super::data::Data;
use super::offsets::Offsets;
use super::path::Path;
use super::schema::invalid;
use crate::error::Result;
use crate::kernels::keys::all_below;
use crate::kernels::offsets::{ascend, even};

fn is_valid(validity: Option<&Bits<'_>>, index: usize) -> bool {
    validity.is_none_or(|bits| bits.get(index))
}

/// The first offset isn't negative and none is below the one before it.
pub(super) fn check_offsets(offsets: &Offsets<'_>, path: &Path<'_>) -> Result<()> {
    if offsets.get(0) < 0 {
        return invalid(path, format!("the first offset is {}", offsets.get(0)));
    }
    // The place is only looked for when there is one.
    if ascend(offsets) {
        return Ok(());
    }
    let at = (1..offsets.len()).find(|i| offsets.get(*i) < offsets.get(i - 1)).unwrap_or(0);
    invalid(
        path,
        format!(
            "offset {at} is {} and the one before it {}",
            offsets.get(at),
            offsets.get(at.saturating_sub(1))
        ),
    )
}

/// The same for lists; their length where it is one, which the pass that finds it proves to be right.
pub(super) fn check_list_offsets(offsets: &Offsets<'_>, path: &Path<'_>) -> Result<Option<usize>> {
    if offsets.get(0) >= 0
        && let Some(size) = even(offsets)
    {
        return Ok(Some(size));
    }
    check_offsets(offsets, path)?;
    Ok(None)
}

/// The last offset is within the child.
pub(super) fn check_end(offsets: &Offsets<'_>, len: usize, child: usize, path: &Path<'_>) -> Result<()> {
    let end = offsets.get(len);
    if usize::try_from(end).is_ok_and(|end| end <= child) {
        return Ok(());
    }
    invalid(path, format!("the last offset is {end} and the child has {child} values"))
}

/// Each valid list lies within the child.
pub(super) fn check_list_views(
    offsets: &Offsets<'_>,
    sizes: &Offsets<'_>,
    validity: Option<&Bits<'_>>,
    child: usize,
    path: &Path<'_>,
) -> Result<()> {
    for i in 0..offsets.len() {
        let (offset, size) = (offsets.get(i), sizes.get(i));
        let inside = offset >= 0
            && size >= 0
            && offset.checked_add(size).is_some_and(|end| end as u64 <= child as u64);
        if !inside && is_valid(validity, i) {
            return invalid(
                path,
                format!("list {i} has offset {offset} and size {size} in a child of {child} values"),
            );
        }
    }
    Ok(())
}

/// Each valid view lies within its buffer.
pub(super) fn check_views(
    views: &[[u8; 16]],
    buffers: &[&[u8]],
    validity: Option<&Bits<'_>>,
    path: &Path<'_>,
) -> Result<()> {
    for (i, view) in views.iter().enumerate() {
        let part = |at: usize| i32::from_ne_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]]);
        let len = part(0);
        if (0..=12).contains(&len) {
            continue;
        }
        let (buffer, offset) = (part(8), part(12));
        let inside = len >= 0
            && offset >= 0
            && usize::try_from(buffer)
                .ok()
                .and_then(|b| buffers.get(b))
                .is_some_and(|b| offset as usize + len as usize <= b.len());
        if !inside && is_valid(validity, i) {
            return invalid(
                path,
                format!("view {i} has length {len} at {offset} of buffer {buffer}, which isn't there"),
            );
        }
    }
    Ok(())
}

/// Reads the integer `index` of `keys`, whatever its width and sign; `i128` holds them all.
fn key(index_type: &DataType, keys: &[u8], index: usize) -> i128 {
    macro_rules! read {
        ($t:ty) => {{
            const N: usize = size_of::<$t>();
            keys.as_chunks::<N>().0.get(index).map_or(-1, |b| i128::from(<$t>::from_ne_bytes(*b)))
        }};
    }
    match index_type {
        DataType::Int8 => read!(i8),
        DataType::Int16 => read!(i16),
        DataType::Int32 => read!(i32),
        DataType::UInt8 => read!(u8),
        DataType::UInt16 => read!(u16),
        DataType::UInt32 => read!(u32),
        DataType::UInt64 => read!(u64),
        _ => read!(i64),
    }
}

/// Each valid index is within the dictionary.
pub(super) fn check_keys(
    index_type: &DataType,
    keys: &[u8],
    validity: Option<&Bits<'_>>,
    values: usize,
    path: &Path<'_>,
) -> Result<()> {
    let width = super::border::width(index_type).unwrap_or(1);
    if all_below(keys, width, values) {
        return Ok(());
    }
    for i in 0..keys.len() / width {
        let key = key(index_type, keys, i);
        if !(0..values as i128).contains(&key) && is_valid(validity, i) {
            return invalid(
                path,
                format!("index {key} at position {i} of a dictionary with {values} values"),
            );
        }
    }
    Ok(())
}

/// The last of run ends that are positive and ascending.
fn ascending_ends(bytes: &[u8], data_type: &DataType) -> Option<i64> {
    macro_rules! last {
        ($t:ty) => {{
            let ends = bytes.as_chunks::<{ size_of::<$t>() }>().0;
            let read = |end: &[u8; size_of::<$t>()]| <$t>::from_ne_bytes(*end);
            let pairs = ends.iter().zip(ends.get(1..).unwrap_or_default());
            let ascending = pairs.fold(true, |ok, (a, b)| ok & (read(a) < read(b)));
            (ascending && read(ends.first()?) > 0).then(|| ends.last().map(|end| i64::from(read(end))))?
        }};
    }
    match data_type {
        DataType::Int16 => last!(i16),
        DataType::Int32 => last!(i32),
        _ => last!(i64),
    }
}

/// Run ends are positive, ascending, valid, and reach as far as the array.
pub(super) fn check_run_ends(
    ends: &Chunk<'_>,
    values: usize,
    offset: usize,
    len: usize,
    path: &Path<'_>,
) -> Result<()> {
    if ends.validity.is_some_and(|bits| bits.count_ones() != ends.len) {
        return invalid(path, "a null among the run ends");
    }
    if values < ends.len {
        return invalid(path, format!("{} runs and {values} values", ends.len));
    }
    let Data::Fixed(bytes) = &ends.data else {
        return invalid(path, "run ends that are no integers");
    };
    let data_type = match bytes.len().checked_div(ends.len) {
        Some(2) => DataType::Int16,
        Some(4) => DataType::Int32,
        _ => DataType::Int64,
    };
    if let Some(last) = ascending_ends(bytes, &data_type)
        && (len == 0 || last >= (offset + len) as i64)
    {
        return Ok(());
    }
    let mut last = 0;
    for i in 0..ends.len {
        let end = key(&data_type, bytes, i);
        if end <= last {
            return invalid(path, format!("run end {i} is {end} after {last}"));
        }
        last = end;
    }
    if last < (offset + len) as i128 && len > 0 {
        return invalid(path, format!("the runs end at {last} and the array at {}", offset + len));
    }
    Ok(())
}

/// Each type id is declared, each dense offset within its child.
pub(super) fn check_union(
    fields: &UnionFields,
    ids: &[u8],
    offsets: Option<&Offsets<'_>>,
    children: &[Chunk<'_>],
    path: &Path<'_>,
) -> Result<()> {
    let mut lengths = [None; 256];
    for ((id, _), child) in fields.iter().zip(children) {
        lengths[usize::from(id as u8)] = Some(child.len);
    }
    for (i, id) in ids.iter().enumerate() {
        let Some(child) = lengths[usize::from(*id)] else {
            return invalid(path, format!("type id {} at position {i} isn't declared", *id as i8));
        };
        let Some(offsets) = offsets else { continue };
        if !usize::try_from(offsets.get(i)).is_ok_and(|offset| offset < child) {
            return invalid(
                path,
                format!("offset {} at position {i} in a child of {child} values", offsets.get(i)),
            );
        }
    }
    Ok(())
}
