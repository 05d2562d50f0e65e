//! Lists: from one layout to another, and what is in them.

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field, FieldRef};

use super::fixed::short;
use super::{Cast, assembled, broken, fill, missing, too_long, unsupported, unsupported_because};
use crate::error::{Error, Result};

/// Where each list begins and how long it is.
enum Bounds<'d> {
    Offsets32(&'d [[u8; 4]]),
    Offsets64(&'d [[u8; 8]]),
    Sizes32(&'d [[u8; 4]], &'d [[u8; 4]]),
    Sizes64(&'d [[u8; 8]], &'d [[u8; 8]]),
    /// The first list, in values, and the size of each.
    Fixed(usize, usize),
}

impl<'d> Bounds<'d> {
    fn of(data: &'d ArrayData) -> Option<Self> {
        use DataType as T;
        let buffer = |i: usize| data.buffers().get(i).map_or(&[][..], |buffer| buffer.as_slice());
        let (start, len) = (data.offset(), data.len());
        let edges = if len == 0 { 0 } else { len + 1 };
        Some(match data.data_type() {
            T::List(_) | T::Map(..) => Self::Offsets32(buffer(0).as_chunks().0.get(start..start + edges)?),
            T::LargeList(_) => Self::Offsets64(buffer(0).as_chunks().0.get(start..start + edges)?),
            T::ListView(_) => Self::Sizes32(
                buffer(0).as_chunks().0.get(start..start + len)?,
                buffer(1).as_chunks().0.get(start..start + len)?,
            ),
            T::LargeListView(_) => Self::Sizes64(
                buffer(0).as_chunks().0.get(start..start + len)?,
                buffer(1).as_chunks().0.get(start..start + len)?,
            ),
            T::FixedSizeList(_, n) => {
                let size = usize::try_from(*n).ok()?;
                Self::Fixed(start * size, size)
            }
            _ => return None,
        })
    }

    /// Start and length of a list.
    fn get(&self, i: usize) -> (usize, usize) {
        let narrow =
            |from: &[[u8; 4]], i: usize| from.get(i).map_or(0, |b| i64::from(i32::from_ne_bytes(*b)));
        let wide = |from: &[[u8; 8]], i: usize| from.get(i).map_or(0, |b| i64::from_ne_bytes(*b));
        let (start, len) = match self {
            Self::Offsets32(edges) => (narrow(edges, i), narrow(edges, i + 1) - narrow(edges, i)),
            Self::Offsets64(edges) => (wide(edges, i), wide(edges, i + 1) - wide(edges, i)),
            Self::Sizes32(starts, sizes) => (narrow(starts, i), narrow(sizes, i)),
            Self::Sizes64(starts, sizes) => (wide(starts, i), wide(sizes, i)),
            Self::Fixed(first, size) => return (first + i * size, *size),
        };
        (usize::try_from(start).unwrap_or(0), usize::try_from(len).unwrap_or(0))
    }
}

impl Cast<'_> {
    pub(super) fn list(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        use DataType as T;
        let (Some(own), Some(item)) = (item_of(from.data_type()), item_of(to.data_type())) else {
            return unsupported(from, to);
        };
        let own = match (from.data_type(), to.data_type()) {
            (T::Map(_, false), T::Map(_, true)) => {
                return unsupported_because(from, to, "nobody knows whether the keys are sorted");
            }
            (_, T::Map(..)) => entries(own, item, from, to)?,
            _ => own.clone(),
        };
        let (Some(bounds), Some(child)) = (Bounds::of(data), data.child_data().first()) else {
            return Err(short(data));
        };
        let size = match to.data_type() {
            T::FixedSizeList(_, n) => Some(usize::try_from(*n).unwrap_or(0)),
            _ => None,
        };
        if let Some(size) = size {
            same_length(data, &bounds, size)?;
        }
        let (len, nulls) = (data.len(), data.nulls().cloned());
        // Missing lists have nothing in them, or what a fixed size asks for.
        let wanted = |i: usize| match (data.is_valid(i), size) {
            (true, _) => bounds.get(i).1,
            (false, Some(size)) => size,
            (false, None) => 0,
        };
        let values = self.values(data, &bounds, child, wanted)?;
        // What lies under a missing list is no value that could be lost.
        let above = match size {
            Some(size) => nulls.as_ref().map(|nulls| nulls.expand(size)),
            None => None,
        };
        let values = self.beneath(&values, &own, item, item.name(), above.as_ref())?;
        let mut next = 0;
        // Asked for in order: one list begins where the one before it ends.
        let mut start = |i: usize| {
            next = i.checked_sub(1).map_or(0, |before| next + wanted(before));
            next
        };
        let buffers = match to.data_type() {
            T::FixedSizeList(..) => vec![],
            T::ListView(_) => {
                if i32::try_from(values.len()).is_err() {
                    return Err(too_long(
                        to,
                        &format!("{} values are more than 32 bits count", values.len()),
                    ));
                }
                vec![
                    fill::values(self.memory, len, |i| Ok(start(i) as i32))?,
                    fill::values(self.memory, len, |i| Ok(wanted(i) as i32))?,
                ]
            }
            T::LargeListView(_) => vec![
                fill::values(self.memory, len, |i| Ok(start(i) as i64))?,
                fill::values(self.memory, len, |i| Ok(wanted(i) as i64))?,
            ],
            _ => vec![self.offsets(len, to, values.len(), start)?],
        };
        assembled(to.data_type(), len, nulls, buffers, vec![values])
    }

    /// The values of the lists one after another, as many of each as are `wanted`: shared where they are so already and
    /// no missing list hides some, otherwise gathered.
    fn values(
        &mut self,
        data: &ArrayData,
        bounds: &Bounds<'_>,
        child: &ArrayData,
        wanted: impl Fn(usize) -> usize,
    ) -> Result<ArrayData> {
        let rows = data.len();
        let (first, _) = if rows > 0 { bounds.get(0) } else { (0, 0) };
        let mut next = first;
        let in_a_row = (0..rows).all(|i| {
            let (start, len) = bounds.get(i);
            let fits = start == next && len == wanted(i);
            next = start + len;
            fits
        });
        if in_a_row {
            if next > child.len() {
                return Err(short(data));
            }
            return Ok(child.slice(first, next - first));
        }
        let total = (0..rows).map(&wanted).fold(0usize, usize::saturating_add);
        missing::check_room(child.data_type(), total)?;
        let mut made = MutableArrayData::try_new(vec![child], true, total).map_err(broken)?;
        for i in 0..rows {
            let (start, len) = bounds.get(i);
            if data.is_valid(i) {
                made.try_extend(0, start, start + len).map_err(broken)?;
            } else {
                made.try_extend_nulls(wanted(i)).map_err(broken)?;
            }
        }
        Ok(made.freeze())
    }

    /// A part of the data where `above` says which of its values lie under something that is missing: those
    /// aren't looked at.
    pub(super) fn beneath(
        &mut self,
        data: &ArrayData,
        from: &Field,
        to: &Field,
        name: &str,
        above: Option<&NullBuffer>,
    ) -> Result<ArrayData> {
        let bitmap =
            !matches!(data.data_type(), DataType::Null | DataType::Union(..) | DataType::RunEndEncoded(..));
        let Some(above) = above.filter(|above| above.null_count() > 0 && bitmap && above.len() == data.len())
        else {
            return self.part(data, from, to, name);
        };
        let own = data.nulls().cloned();
        let masked = with_nulls(data, NullBuffer::union(own.as_ref(), Some(above)))?;
        let nullable = to.clone().with_nullable(true);
        let made = self.part(&masked, from, &nullable, name)?;
        let hidden = made.nulls().is_none_or(|nulls| above.contains(nulls));
        if to.is_nullable() || hidden && own.as_ref().is_none_or(|own| own.null_count() == 0) {
            return Ok(made);
        }
        let count = made.null_count() - above.null_count();
        let first = (0..made.len()).find(|i| made.is_null(*i) && above.is_valid(*i)).unwrap_or(0);
        let remedy = "ask for a type that may be missing, or fill them first".to_owned();
        Err(Error::Nulls { path: name.to_owned(), count, len: made.len(), first, remedy })
    }
}

/// The same data with other nulls, shared.
fn with_nulls(data: &ArrayData, nulls: Option<NullBuffer>) -> Result<ArrayData> {
    data.clone().into_builder().nulls(nulls).build().map_err(broken)
}

pub(super) fn item_of(data_type: &DataType) -> Option<&FieldRef> {
    use DataType as T;
    match data_type {
        T::List(item)
        | T::LargeList(item)
        | T::ListView(item)
        | T::LargeListView(item)
        | T::FixedSizeList(item, _)
        | T::Map(item, _) => Some(item),
        _ => None,
    }
}

/// What is in the lists that become a map, with the names that its entries have there.
fn entries(own: &FieldRef, item: &FieldRef, from: &Field, to: &Field) -> Result<FieldRef> {
    let (DataType::Struct(pair), DataType::Struct(names)) = (own.data_type(), item.data_type()) else {
        return unsupported_because(from, to, "a map is made of lists of structs of two fields");
    };
    if pair.len() != 2 || names.len() != 2 {
        return unsupported_because(from, to, "a map is made of lists of structs of two fields");
    }
    let renamed: Vec<Field> =
        pair.iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name.name())).collect();
    Ok(Arc::new(own.as_ref().clone().with_data_type(DataType::Struct(renamed.into()))))
}

fn same_length(data: &ArrayData, bounds: &Bounds<'_>, size: usize) -> Result<()> {
    for row in (0..data.len()).filter(|i| data.is_valid(*i)) {
        let (_, len) = bounds.get(row);
        if len != size {
            return Err(Error::Ragged {
                path: String::new(),
                row,
                found: format!("a list of {len}"),
                expected: format!("the type has lists of {size}"),
                remedy: "ask for a list of variable size".to_owned(),
            });
        }
    }
    Ok(())
}

/// Which of the positions are there.
pub(in crate::dense) fn validity(len: usize, valid: impl FnMut(usize) -> bool) -> Option<NullBuffer> {
    Some(NullBuffer::new(BooleanBuffer::collect_bool(len, valid))).filter(|nulls| nulls.null_count() > 0)
}
