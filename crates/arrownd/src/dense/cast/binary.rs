//! Text and bytes: from one layout to another.

use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use smallvec::SmallVec;

use super::views::{Values, view};
use super::{Cast, assembled, fill, lossy, too_long};
use crate::error::{Error, Result};

impl Cast<'_> {
    pub(super) fn bytes(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        use DataType as T;
        let values = Values::of(data)?;
        if is_text(to.data_type()) && !is_text(from.data_type()) {
            check_text(data, &values, to)?;
        }
        match (&values, to.data_type()) {
            (_, T::FixedSizeBinary(n)) => {
                self.fixed_size(data, &values, usize::try_from(*n).unwrap_or(0), to)
            }
            (Values::Views(..), T::BinaryView | T::Utf8View) => shared(data, to.data_type()),
            (Values::Views(..), _) => self.gathered(data, &values, to),
            (_, T::BinaryView | T::Utf8View) => self.viewed(data, &values, to),
            (Values::Offsets32(..), T::Binary | T::Utf8)
            | (Values::Offsets64(..), T::LargeBinary | T::LargeUtf8) => {
                // What lies under a missing value, or between values, needn't be text.
                shared(data, to.data_type()).or_else(|_| self.gathered(data, &values, to))
            }
            _ => self.with_offsets(data, &values, to).or_else(|_| self.gathered(data, &values, to)),
        }
    }

    /// Other offsets to the same bytes.
    fn with_offsets(&mut self, data: &ArrayData, values: &Values<'_>, to: &Field) -> Result<ArrayData> {
        let len = data.len();
        let (first, _) = values.range(0).unwrap_or((0, 0));
        let end = |i: usize| values.range(i).map_or(first, |(start, len)| start + len);
        let last = len.checked_sub(1).map_or(first, end);
        let offset = |i: usize| i.checked_sub(1).map_or(first, end) - first;
        let bytes = self.source(data, values).slice_with_length(first, last - first);
        let offsets = self.offsets(len, to, last - first, offset)?;
        assembled(to.data_type(), len, data.nulls().cloned(), vec![offsets, bytes], vec![])
    }

    /// The buffer that `Values::range` counts in.
    fn source(&self, data: &ArrayData, values: &Values<'_>) -> Buffer {
        let place = usize::from(!matches!(values, Values::Fixed(..)));
        let buffer = data.buffers().get(place).cloned().unwrap_or_else(|| Buffer::from_vec(Vec::<u8>::new()));
        match values {
            Values::Fixed(size, bytes) => buffer.slice_with_length(data.offset() * size, bytes.len()),
            _ => buffer,
        }
    }

    pub(super) fn offsets(
        &mut self,
        len: usize,
        to: &Field,
        last: usize,
        mut offset: impl FnMut(usize) -> usize,
    ) -> Result<Buffer> {
        use DataType as T;
        if matches!(to.data_type(), T::LargeBinary | T::LargeUtf8 | T::LargeList(_)) {
            return fill::values(self.memory, len + 1, |i| Ok(offset(i) as i64));
        }
        if i32::try_from(last).is_err() {
            return Err(too_long(to, &format!("{last} are more than offsets of 32 bits count")));
        }
        fill::values(self.memory, len + 1, |i| Ok(offset(i) as i32))
    }

    /// The bytes of all values, one after another.
    fn gathered(&mut self, data: &ArrayData, values: &Values<'_>, to: &Field) -> Result<ArrayData> {
        let len = data.len();
        let of = |i: usize| if data.is_valid(i) { values.get(i) } else { Ok(&[][..]) };
        let size = |i: usize| of(i).map(<[u8]>::len);
        let total = (0..len).try_fold(0usize, |total, i| Ok::<_, Error>(total.saturating_add(size(i)?)))?;
        let mut next = 0;
        // Asked for in order, and each was there when they were counted.
        let offset = |i: usize| {
            next = i.checked_sub(1).map_or(0, |before| next + size(before).unwrap_or(0));
            next
        };
        let offsets = self.offsets(len, to, total, offset)?;
        let bytes = fill::pieces(self.memory, total, (0..len).map(|i| of(i).unwrap_or_default()))?;
        assembled(to.data_type(), len, data.nulls().cloned(), vec![offsets, bytes], vec![])
    }

    fn fixed_size(
        &mut self,
        data: &ArrayData,
        values: &Values<'_>,
        size: usize,
        to: &Field,
    ) -> Result<ArrayData> {
        for i in (0..data.len()).filter(|i| data.is_valid(*i)) {
            let bytes = values.get(i)?;
            if bytes.len() != size {
                let what = format!("a value of {} bytes", bytes.len());
                return Err(lossy(what, i, to, "ask for binary"));
            }
        }
        let nothing = vec![0; size];
        let of = |i: usize| if data.is_valid(i) { values.get(i).unwrap_or(&nothing) } else { &nothing };
        let total = size.saturating_mul(data.len());
        let bytes = fill::pieces(self.memory, total, (0..data.len()).map(of))?;
        assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![bytes], vec![])
    }

    /// Views into the bytes where they lie.
    fn viewed(&mut self, data: &ArrayData, values: &Values<'_>, to: &Field) -> Result<ArrayData> {
        // A view counts up to 31 bits: more bytes than that are several buffers over the same memory.
        let whole = self.source(data, values);
        let mut buffers: SmallVec<[(usize, usize); 1]> = SmallVec::new();
        let views = fill::values(self.memory, data.len(), |i| {
            if data.is_null(i) {
                return Ok([0; 16]);
            }
            let bytes = values.get(i)?;
            let (start, len) = values.range(i).unwrap_or((0, 0));
            if len <= 12 {
                return view(bytes, 0, 0);
            }
            let fits = buffers
                .last()
                .is_some_and(|(base, _)| start >= *base && i32::try_from(start + len - base).is_ok());
            if !fits {
                buffers.push((start, start));
            }
            let last = buffers.len() - 1;
            let (base, end) = buffers.get_mut(last).map_or((start, 0), |(base, end)| {
                *end = (*end).max(start + len);
                (*base, *end)
            });
            debug_assert!(end >= start);
            view(bytes, last, start - base)
        })?;
        let mut all = vec![views];
        all.extend(buffers.iter().map(|(base, end)| whole.slice_with_length(*base, end - base)));
        assembled(to.data_type(), data.len(), data.nulls().cloned(), all, vec![])
    }
}

fn shared(data: &ArrayData, data_type: &DataType) -> Result<ArrayData> {
    data.clone().into_builder().data_type(data_type.clone()).build().map_err(super::broken)
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

fn check_text(data: &ArrayData, values: &Values<'_>, to: &Field) -> Result<()> {
    for i in (0..data.len()).filter(|i| data.is_valid(*i)) {
        let bytes = values.get(i)?;
        if let Err(why) = std::str::from_utf8(bytes) {
            let shown = bytes.get(..bytes.len().min(32)).unwrap_or_default().escape_ascii();
            return Err(lossy(format!("b\"{shown}\", which isn't UTF-8 ({why}),"), i, to, "ask for binary"));
        }
    }
    Ok(())
}
