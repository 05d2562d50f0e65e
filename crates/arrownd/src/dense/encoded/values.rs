//! Values of one type, one after another, as many as there turn out to be.

use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

use super::table::{hash_bytes, hash_word, hash_words};
use crate::dense::cast::{broken, cast};
use crate::dense::{ArrowMemory, Made};
use crate::error::{Error, Result};

/// Values that grow in place: the system moves large memory without copying it.
pub(super) trait Store {
    type Value<'v>: Copy + Default + PartialEq;

    fn len(&self) -> usize;
    /// Whether the value at a position is this one.
    fn is(&self, at: usize, value: Self::Value<'_>) -> bool;
    fn hash(seed: u64, value: Self::Value<'_>) -> u64;
    fn hash_at(&self, seed: u64, at: usize) -> u64;
    /// Appends a value; false where offsets have no room for it.
    fn push(&mut self, value: Self::Value<'_>) -> bool;
}

/// A value of fixed width.
pub(super) trait Word: Copy + Default + PartialEq + ArrowNativeType {
    fn hash(self, seed: u64) -> u64;
}

macro_rules! words {
    ($($t:ty),*) => {
        $(impl Word for $t {
            #[inline(always)]
            fn hash(self, seed: u64) -> u64 {
                hash_word(seed, u64::from(self))
            }
        })*
    };
}

words!(u8, u16, u32, u64);

impl Word for i128 {
    #[inline(always)]
    fn hash(self, seed: u64) -> u64 {
        hash_words(seed, self.cast_unsigned())
    }
}

impl<T: Word> Store for Vec<T> {
    type Value<'v> = T;

    fn len(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn is(&self, at: usize, value: T) -> bool {
        self.get(at) == Some(&value)
    }

    #[inline(always)]
    fn hash(seed: u64, value: T) -> u64 {
        value.hash(seed)
    }

    #[inline(always)]
    fn hash_at(&self, seed: u64, at: usize) -> u64 {
        self.get(at).map_or(0, |value| value.hash(seed))
    }

    #[inline(always)]
    fn push(&mut self, value: T) -> bool {
        self.push(value);
        true
    }
}

impl Store for BooleanBufferBuilder {
    type Value<'v> = bool;

    fn len(&self) -> usize {
        self.len()
    }

    fn is(&self, at: usize, value: bool) -> bool {
        at < self.len() && self.get_bit(at) == value
    }

    fn hash(seed: u64, value: bool) -> u64 {
        hash_word(seed, u64::from(value))
    }

    fn hash_at(&self, seed: u64, at: usize) -> u64 {
        hash_word(seed, u64::from(self.is(at, true)))
    }

    fn push(&mut self, value: bool) -> bool {
        self.append(value);
        true
    }
}

/// Text or bytes.
pub(super) struct Octets {
    bytes: Vec<u8>,
    len: usize,
    bounds: Bounds,
}

/// Where each begins, and the last one ends.
enum Bounds {
    Narrow(Vec<i32>),
    Wide(Vec<i64>),
    /// All are as long.
    Every(usize),
}

impl Octets {
    #[inline(always)]
    fn get(&self, at: usize) -> &[u8] {
        let (start, end) = match &self.bounds {
            Bounds::Narrow(bounds) => match bounds.get(at..at + 2) {
                Some([start, end]) => (*start as usize, *end as usize),
                _ => (0, 0),
            },
            Bounds::Wide(bounds) => match bounds.get(at..at + 2) {
                Some([start, end]) => (*start as usize, *end as usize),
                _ => (0, 0),
            },
            Bounds::Every(width) => (at * width, (at + 1) * width),
        };
        self.bytes.get(start..end).unwrap_or_default()
    }
}

impl Store for Octets {
    type Value<'v> = &'v [u8];

    fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn is(&self, at: usize, value: &[u8]) -> bool {
        at < self.len && self.get(at) == value
    }

    #[inline(always)]
    fn hash(seed: u64, value: &[u8]) -> u64 {
        hash_bytes(seed, value)
    }

    #[inline(always)]
    fn hash_at(&self, seed: u64, at: usize) -> u64 {
        hash_bytes(seed, self.get(at))
    }

    #[inline(always)]
    fn push(&mut self, value: &[u8]) -> bool {
        let end = self.bytes.len() + value.len();
        match &mut self.bounds {
            Bounds::Narrow(bounds) => match i32::try_from(end) {
                Ok(end) => bounds.push(end),
                Err(_) => return false,
            },
            Bounds::Wide(bounds) => bounds.push(end as i64),
            Bounds::Every(_) => {}
        }
        self.bytes.extend_from_slice(value);
        if let Bounds::Every(width) = self.bounds {
            // What is missing has as many bytes too.
            self.bytes.resize((self.len + 1) * width, 0);
        }
        self.len += 1;
        true
    }
}

/// Values of any type that is compared by its bytes.
pub(super) enum Stored {
    Bits(BooleanBufferBuilder),
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
    Sixteen(Vec<i128>),
    Octets(Octets),
}

impl Stored {
    /// None for values with others in them.
    pub(super) fn new(data_type: &DataType) -> Option<Self> {
        use DataType as T;
        let octets = |bounds| Self::Octets(Octets { bytes: Vec::new(), len: 0, bounds });
        Some(match data_type {
            T::Boolean => Self::Bits(BooleanBufferBuilder::new(0)),
            T::Utf8 | T::Binary => octets(Bounds::Narrow(vec![0])),
            T::LargeUtf8 | T::LargeBinary | T::Utf8View | T::BinaryView => octets(Bounds::Wide(vec![0])),
            T::FixedSizeBinary(width) => octets(Bounds::Every(usize::try_from(*width).ok()?)),
            other => match other.primitive_width()? {
                1 => Self::One(Vec::new()),
                2 => Self::Two(Vec::new()),
                4 => Self::Four(Vec::new()),
                8 => Self::Eight(Vec::new()),
                16 => Self::Sixteen(Vec::new()),
                width => octets(Bounds::Every(width)),
            },
        })
    }

    /// The values as an array of the type that they were stored for.
    pub(super) fn finish(self, data_type: &DataType, nulls: Option<NullBuffer>) -> Result<ArrayData> {
        // Views are made of bytes that lie one after another.
        let stored = match data_type {
            DataType::Utf8View => &DataType::LargeUtf8,
            DataType::BinaryView => &DataType::LargeBinary,
            other => other,
        };
        let made = Made::new(self.stored(stored, nulls)?);
        Ok(cast(made, &Field::new("", data_type.clone(), true), true, &mut ArrowMemory)?.data)
    }

    fn stored(self, data_type: &DataType, nulls: Option<NullBuffer>) -> Result<ArrayData> {
        fn buffer<T: ArrowNativeType>(mut values: Vec<T>) -> Buffer {
            values.shrink_to_fit();
            Buffer::from_vec(values)
        }
        let (len, buffers) = match self {
            Self::Bits(mut bits) => (bits.len(), vec![bits.finish().into_inner()]),
            Self::One(values) => (values.len(), vec![buffer(values)]),
            Self::Two(values) => (values.len(), vec![buffer(values)]),
            Self::Four(values) => (values.len(), vec![buffer(values)]),
            Self::Eight(values) => (values.len(), vec![buffer(values)]),
            Self::Sixteen(values) => (values.len(), vec![buffer(values)]),
            Self::Octets(Octets { bytes, len, bounds }) => match bounds {
                Bounds::Narrow(bounds) => (len, vec![buffer(bounds), buffer(bytes)]),
                Bounds::Wide(bounds) => (len, vec![buffer(bounds), buffer(bytes)]),
                Bounds::Every(_) => (len, vec![buffer(bytes)]),
            },
        };
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        let builder = ArrayData::builder(data_type.clone()).len(len).nulls(nulls).buffers(buffers);
        // Decimals of 256 bits are stored as bytes.
        builder.align_buffers(true).build().map_err(broken)
    }
}

/// Calls `$body` with the values of an array, a `$store` of their type and what the value at each position is; `$other` for
/// an array of another type.
macro_rules! with_values {
    ($stored:expr, $rows:expr, |$store:ident, $value:ident| $body:expr, $other:expr) => {{
        macro_rules! words {
            ($own:ident, $bytes:ident, $t:ty, $n:literal) => {{
                let ($store, values) = ($own, $bytes.as_chunks::<$n>().0);
                let $value = |i: usize| {
                    Ok::<_, crate::error::Error>(
                        values.get(i).map_or_else(Default::default, |v| <$t>::from_ne_bytes(*v)),
                    )
                };
                $body
            }};
        }
        match ($stored, $rows) {
            (Stored::One(own), Rows::Width(1, bytes)) => words!(own, bytes, u8, 1),
            (Stored::Two(own), Rows::Width(2, bytes)) => words!(own, bytes, u16, 2),
            (Stored::Four(own), Rows::Width(4, bytes)) => words!(own, bytes, u32, 4),
            (Stored::Eight(own), Rows::Width(8, bytes)) => words!(own, bytes, u64, 8),
            (Stored::Sixteen(own), Rows::Width(16, bytes)) => words!(own, bytes, i128, 16),
            (Stored::Octets($store), Rows::Width(width, bytes)) => {
                let $value = |i: usize| {
                    Ok::<_, crate::error::Error>(bytes.get(i * width..(i + 1) * width).unwrap_or_default())
                };
                $body
            }
            (Stored::Octets($store), Rows::Bytes(Values::Offsets32(offsets, bytes))) => {
                let $value = |i: usize| octets(offsets, bytes, i);
                $body
            }
            (Stored::Octets($store), Rows::Bytes(values)) => {
                let $value = |i: usize| values.get(i);
                $body
            }
            (Stored::Bits($store), Rows::Bits(bits)) => {
                let $value = |i: usize| Ok::<_, crate::error::Error>(bits.get(i));
                $body
            }
            _ => $other,
        }
    }};
}

pub(super) use with_values;

/// A value between offsets of 32 bits.
#[inline(always)]
pub(super) fn octets<'d>(offsets: &[[u8; 4]], bytes: &'d [u8], i: usize) -> Result<&'d [u8]> {
    let bound = |bytes: &[u8; 4]| i32::from_ne_bytes(*bytes) as usize;
    let found = match offsets.get(i..i + 2) {
        Some([start, end]) => bytes.get(bound(start)..bound(end)),
        _ => None,
    };
    found.ok_or_else(|| outside(i))
}

#[cold]
fn outside(i: usize) -> Error {
    Error::InvalidArrow { path: String::new(), what: format!("value {i} lies outside of its buffer") }
}
