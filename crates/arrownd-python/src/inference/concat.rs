//! Arrays of one type that come one after another, as one array.

use arrow_buffer::{BooleanBufferBuilder, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType};

/// Puts arrays of one type together, as they come.
pub(super) struct Concat {
    data_type: DataType,
    len: usize,
    /// From the first array on in which something is missing.
    valid: Option<BooleanBufferBuilder>,
    values: Values,
}

enum Values {
    Bits(BooleanBufferBuilder),
    /// Of so many bytes each.
    Fixed(usize, Vec<u8>),
    Octets(Ends, Vec<u8>),
    Lists(Ends, Box<Concat>),
    /// Children that have so many values for each of these.
    Children(usize, Vec<Concat>),
}

/// How much of all is there once an array is appended.
#[derive(Clone, Copy)]
pub(super) struct Progress {
    pub(super) done: usize,
    pub(super) of: usize,
}

impl Concat {
    /// For arrays of a type; None for dictionaries, runs, views, maps, unions and nulls.
    pub(super) fn new(data_type: &DataType) -> Option<Self> {
        use DataType as T;
        let values = match data_type {
            T::Boolean => Values::Bits(BooleanBufferBuilder::new(0)),
            T::FixedSizeBinary(width) => Values::Fixed(usize::try_from(*width).ok()?, Vec::new()),
            T::Utf8 | T::Binary => Values::Octets(Ends::Narrow(vec![0]), Vec::new()),
            T::LargeUtf8 | T::LargeBinary => Values::Octets(Ends::Wide(vec![0]), Vec::new()),
            T::List(item) => Values::Lists(Ends::Narrow(vec![0]), Box::new(Self::new(item.data_type())?)),
            T::LargeList(item) => Values::Lists(Ends::Wide(vec![0]), Box::new(Self::new(item.data_type())?)),
            T::FixedSizeList(item, size) => {
                Values::Children(usize::try_from(*size).ok()?, vec![Self::new(item.data_type())?])
            }
            T::Struct(fields) => {
                let children = fields.iter().map(|field| Self::new(field.data_type()));
                Values::Children(1, children.collect::<Option<_>>()?)
            }
            other => Values::Fixed(other.primitive_width()?, Vec::new()),
        };
        Some(Self { data_type: data_type.clone(), len: 0, valid: None, values })
    }

    /// Appends an array; None, and nothing more may be appended, where it is of another type, a slice,
    /// or more than the offsets of the type count.
    pub(super) fn append(&mut self, data: &ArrayData, progress: Progress) -> Option<()> {
        let n = data.len();
        if *data.data_type() != self.data_type || data.offset() != 0 {
            return None;
        }
        match data.nulls() {
            None => {
                if let Some(valid) = &mut self.valid {
                    valid.append_n(n, true);
                }
            }
            Some(nulls) => {
                let before = self.len;
                let valid = self.valid.get_or_insert_with(|| {
                    let mut valid = BooleanBufferBuilder::new(progress.ahead(before, n));
                    valid.append_n(before, true);
                    valid
                });
                valid.append_buffer(nulls.inner());
            }
        }
        let (before, buffer) = (self.len, |at: usize| data.buffers().get(at).map(Buffer::as_slice));
        self.len += n;
        match &mut self.values {
            Values::Bits(bits) => {
                if before == 0 {
                    bits.reserve(progress.ahead(0, n));
                }
                bits.append_packed_range(0..n, buffer(0)?);
            }
            Values::Fixed(width, bytes) => extend(bytes, buffer(0)?.get(..n * *width)?, progress),
            Values::Octets(ends, bytes) => {
                let count = ends.append(buffer(0)?, n, progress)?;
                extend(bytes, buffer(1)?.get(..count)?, progress);
            }
            Values::Lists(ends, child) => {
                let count = ends.append(buffer(0)?, n, progress)?;
                let own = data.child_data().first().filter(|own| own.len() == count)?;
                child.append(own, progress)?;
            }
            Values::Children(size, children) => {
                for (child, own) in children.iter_mut().zip(data.child_data()) {
                    if own.len() != n * *size {
                        return None;
                    }
                    child.append(own, progress)?;
                }
            }
        }
        Some(())
    }

    /// All of them.
    pub(super) fn finish(self) -> Result<ArrayData, ArrowError> {
        let nulls = self.valid.map(|mut valid| NullBuffer::new(valid.finish()));
        let builder = ArrayData::builder(self.data_type).len(self.len).nulls(nulls).align_buffers(true);
        let builder = match self.values {
            Values::Bits(mut bits) => builder.add_buffer(bits.finish().into_inner()),
            Values::Fixed(_, bytes) => builder.add_buffer(buffer_of(bytes)),
            Values::Octets(ends, bytes) => builder.add_buffer(ends.finish()).add_buffer(buffer_of(bytes)),
            Values::Lists(ends, child) => builder.add_buffer(ends.finish()).add_child_data(child.finish()?),
            Values::Children(_, children) => {
                let children = children.into_iter().map(Self::finish);
                builder.child_data(children.collect::<Result<_, _>>()?)
            }
        };
        builder.build()
    }
}

/// Where values end among their items, or bytes.
enum Ends {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
}

impl Ends {
    /// Appends the ends of the `n` values of an array, whose offsets begin at 0; how many items these have.
    fn append(&mut self, offsets: &[u8], n: usize, progress: Progress) -> Option<usize> {
        match self {
            Self::Narrow(ends) => {
                let own = offsets.as_chunks().0.get(..=n)?;
                let (first, base, mut last) = (i32::from_ne_bytes(*own.first()?), *ends.last()?, 0);
                reserve(ends, n, progress);
                for end in own.iter().skip(1) {
                    last = i32::from_ne_bytes(*end);
                    ends.push(base.checked_add(last)?);
                }
                if first == 0 { usize::try_from(last).ok() } else { None }
            }
            Self::Wide(ends) => {
                let own = offsets.as_chunks().0.get(..=n)?;
                let (first, base, mut last) = (i64::from_ne_bytes(*own.first()?), *ends.last()?, 0);
                reserve(ends, n, progress);
                for end in own.iter().skip(1) {
                    last = i64::from_ne_bytes(*end);
                    ends.push(base.checked_add(last)?);
                }
                if first == 0 { usize::try_from(last).ok() } else { None }
            }
        }
    }

    fn finish(self) -> Buffer {
        match self {
            Self::Narrow(ends) => buffer_of(ends),
            Self::Wide(ends) => buffer_of(ends),
        }
    }
}

impl Progress {
    /// How many there will be, if the rest goes on as those that are there and `more` do.
    fn ahead(self, there: usize, more: usize) -> usize {
        let expected = (there + more) as u128 * self.of as u128 / self.done.max(1) as u128;
        usize::try_from(expected).unwrap_or(usize::MAX).max(there + more)
    }
}

fn extend(bytes: &mut Vec<u8>, more: &[u8], progress: Progress) {
    reserve(bytes, more.len(), progress);
    bytes.extend_from_slice(more);
}

/// Room for `more`, and if there is none for as many as there will be: what isn't written takes no memory.
fn reserve<T>(values: &mut Vec<T>, more: usize, progress: Progress) {
    if values.capacity() - values.len() < more {
        let ahead = progress.ahead(values.len(), more);
        let some = if progress.done < progress.of { ahead / 16 } else { 0 };
        let wanted = ahead.saturating_add(some) - values.len();
        if values.try_reserve_exact(wanted).is_err() {
            values.reserve(more);
        }
    }
}

fn buffer_of<T: arrow_buffer::ArrowNativeType>(mut values: Vec<T>) -> Buffer {
    values.shrink_to_fit();
    Buffer::from_vec(values)
}
