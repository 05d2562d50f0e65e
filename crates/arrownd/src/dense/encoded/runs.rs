//! Runs of equal values, that come some at a time.

use arrow_buffer::{ArrowNativeType, BooleanBufferBuilder, Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;

use super::rows::Rows;
use super::values::{Store, Stored, octets, with_values};
use crate::dense::Memory;
use crate::dense::cast::{Values, broken, fill};
use crate::error::{Error, Result};
use crate::source::{Bits, low_mask};

/// How many values are looked at together.
const SOME: usize = 1 << 14;

/// Builds runs of equal values.
pub(in crate::dense) struct RunsBuilder {
    data_type: DataType,
    values_type: DataType,
    count: usize,
    len: usize,
    ends: Ends,
    /// The value of each run.
    values: Stored,
    /// Which of them are there, from the first on that isn't.
    valid: Option<BooleanBufferBuilder>,
    /// The last of each run, among some values.
    lasts: Vec<u32>,
}

enum Ends {
    Two(Vec<i16>),
    Four(Vec<i32>),
    Eight(Vec<i64>),
}

impl RunsBuilder {
    /// For `count` values as runs of that type; None for values that aren't compared, and where ends have no room for so many.
    pub(in crate::dense) fn new(data_type: &DataType, count: usize) -> Option<Self> {
        let DataType::RunEndEncoded(ends, values) = data_type else { return None };
        let ends = match ends.data_type() {
            DataType::Int16 if i16::try_from(count).is_ok() => Ends::Two(Vec::new()),
            DataType::Int32 if i32::try_from(count).is_ok() => Ends::Four(Vec::new()),
            DataType::Int64 => Ends::Eight(Vec::new()),
            _ => return None,
        };
        let (data_type, values_type) = (data_type.clone(), values.data_type().clone());
        let values = Stored::new(&values_type)?;
        Some(Self { data_type, values_type, count, len: 0, ends, values, valid: None, lasts: Vec::new() })
    }

    /// Appends the values of an array. False, and nothing more may be appended, where it is of another type, or there is no
    /// offset for the next value.
    pub(in crate::dense) fn append(&mut self, data: &ArrayData) -> Result<bool> {
        if *data.data_type() != self.values_type || data.len() > self.count - self.len {
            return Ok(false);
        }
        for start in (0..data.len()).step_by(SOME) {
            if !self.append_some(&data.slice(start, SOME.min(data.len() - start)))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn append_some(&mut self, data: &ArrayData) -> Result<bool> {
        let Some(rows) = Rows::of(data).transpose()? else { return Ok(false) };
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        let validity = nulls.and_then(|nulls| Bits::new(nulls.validity(), nulls.offset(), nulls.len()));
        self.lasts.clear();
        rows.lasts(data.len(), validity, &mut self.lasts)?;
        let there = |i: usize| validity.is_none_or(|bits| bits.get(i));
        let Self { values, valid, lasts, .. } = self;
        let runs = self.ends.len();
        // Whether the last run goes on.
        let last_is_there =
            runs.checked_sub(1).map(|last| valid.as_ref().is_none_or(|valid| valid.get_bit(last)));
        let (goes_on, room) = with_values!(
            &mut *values,
            &rows,
            |store, value| {
                let goes_on = match last_is_there {
                    Some(true) => there(0) && store.is(runs - 1, value(0)?),
                    Some(false) => !there(0),
                    None => false,
                };
                // Its value stays.
                let new = lasts.get(usize::from(goes_on)..).unwrap_or_default();
                (goes_on, push_each(store, new, there, value)?)
            },
            return Ok(false)
        );
        let new = lasts.get(usize::from(goes_on)..).unwrap_or_default();
        if valid.is_some() || new.iter().any(|last| !there(*last as usize)) {
            let valid = valid.get_or_insert_with(|| {
                let mut all = BooleanBufferBuilder::new(runs);
                all.append_n(runs, true);
                all
            });
            for last in new {
                valid.append(there(*last as usize));
            }
        }
        self.ends.push_each(self.len, lasts, goes_on);
        self.len += data.len();
        Ok(room)
    }

    /// The runs. *Reads their ends once*, to check them.
    pub(in crate::dense) fn finish(self) -> Result<ArrayData> {
        let Self { data_type, values_type, count, len, ends, values, valid, .. } = self;
        if len != count {
            return Err(Error::BadValue(format!("{len} of {count} values are there")));
        }
        let values = values.finish(&values_type, valid.map(|mut valid| NullBuffer::new(valid.finish())))?;
        let (ends_type, runs) = (ends.data_type(), ends.len());
        let ends =
            ArrayData::builder(ends_type).len(runs).add_buffer(ends.finish()).build().map_err(broken)?;
        ArrayData::builder(data_type).len(count).child_data(vec![ends, values]).build().map_err(broken)
    }
}

/// Appends the value at each position; false where there is no offset for one.
#[inline]
fn push_each<'v, S: Store>(
    store: &mut S,
    positions: &[u32],
    there: impl Fn(usize) -> bool,
    value: impl Fn(usize) -> Result<S::Value<'v>>,
) -> Result<bool> {
    for at in positions {
        let at = *at as usize;
        if !store.push(if there(at) { value(at)? } else { S::Value::default() }) {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Ends {
    fn data_type(&self) -> DataType {
        match self {
            Self::Two(_) => DataType::Int16,
            Self::Four(_) => DataType::Int32,
            Self::Eight(_) => DataType::Int64,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Two(ends) => ends.len(),
            Self::Four(ends) => ends.len(),
            Self::Eight(ends) => ends.len(),
        }
    }

    /// Appends the ends of runs whose last values lie at these positions from `start` on. The first of them is the end of the
    /// last run, where that goes on.
    fn push_each(&mut self, start: usize, lasts: &[u32], goes_on: bool) {
        let ends = lasts.iter().map(|last| start + *last as usize + 1);
        macro_rules! of {
            ($own:expr, $t:ty) => {{
                $own.truncate($own.len().saturating_sub(usize::from(goes_on)));
                $own.extend(ends.map(|end| end as $t));
            }};
        }
        match self {
            Self::Two(own) => of!(own, i16),
            Self::Four(own) => of!(own, i32),
            Self::Eight(own) => of!(own, i64),
        }
    }

    fn finish(self) -> Buffer {
        fn buffer<T: ArrowNativeType>(mut ends: Vec<T>) -> Buffer {
            ends.shrink_to_fit();
            Buffer::from_vec(ends)
        }
        match self {
            Self::Two(ends) => buffer(ends),
            Self::Four(ends) => buffer(ends),
            Self::Eight(ends) => buffer(ends),
        }
    }
}

impl Rows<'_> {
    /// The last value of each run of equal values. What lies under missing ones doesn't count.
    fn lasts(&self, len: usize, validity: Option<Bits<'_>>, lasts: &mut Vec<u32>) -> Result<()> {
        macro_rules! words {
            ($bytes:ident, $n:literal) => {
                lasts
                    .extend(Runs { values: $bytes.as_chunks::<$n>().0, validity }.lasts().map(|at| at as u32))
            };
        }
        match self {
            Self::Width(1, bytes) => words!(bytes, 1),
            Self::Width(2, bytes) => words!(bytes, 2),
            Self::Width(4, bytes) => words!(bytes, 4),
            Self::Width(8, bytes) => words!(bytes, 8),
            Self::Width(16, bytes) => words!(bytes, 16),
            Self::Width(width, bytes) => {
                let value =
                    |i: usize| Ok::<_, Error>(bytes.get(i * width..(i + 1) * width).unwrap_or_default());
                compared(len, validity, value, lasts)?;
            }
            Self::Bits(bits) => {
                let word = |start: usize| {
                    let n = (len - start).min(64);
                    let word = ends_of(bits.word(start) ^ bits.word(start + 1), start, validity);
                    (if len - start <= 64 { word | 1 << (n - 1) } else { word }) & low_mask(n)
                };
                for start in (0..len).step_by(64) {
                    lasts.extend(ones(word(start)).map(|at| (start + at) as u32));
                }
            }
            Self::Bytes(Values::Offsets32(offsets, bytes)) => {
                compared(len, validity, |i| octets(offsets, bytes, i), lasts)?;
            }
            Self::Bytes(values) => compared(len, validity, |i| values.get(i), lasts)?,
        }
        Ok(())
    }
}

/// The last of each run of values that are compared one by one.
#[inline]
fn compared<'v>(
    len: usize,
    validity: Option<Bits<'_>>,
    value: impl Fn(usize) -> Result<&'v [u8]>,
    lasts: &mut Vec<u32>,
) -> Result<()> {
    let value = |i: usize| match validity {
        Some(bits) if !bits.get(i) => Ok(None),
        _ => value(i).map(Some),
    };
    let Some(last) = len.checked_sub(1) else { return Ok(()) };
    let mut own = value(0)?;
    for i in 0..last {
        let next = value(i + 1)?;
        if own != next {
            lasts.push(i as u32);
        }
        own = next;
    }
    lasts.push(last as u32);
    Ok(())
}

/// Which of 64 values from `start` on are the last of their run, by which differ from the next.
#[inline(always)]
fn ends_of(differ: u64, start: usize, validity: Option<Bits<'_>>) -> u64 {
    let Some(bits) = validity else { return differ };
    let (there, after) = (bits.word(start), bits.word(start + 1));
    differ & there | there ^ after
}

/// The positions of set bits.
#[inline(always)]
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (word != 0).then(|| word.trailing_zeros() as usize)?;
        word &= word - 1;
        Some(at)
    })
}

/// Values of one width, for their runs.
pub(in crate::dense) struct Runs<'d, const N: usize> {
    pub(in crate::dense) values: &'d [[u8; N]],
    /// Where something is missing. What lies under it doesn't count.
    pub(in crate::dense) validity: Option<Bits<'d>>,
}

/// How many runs, where each ends, their values, and which of these are there.
pub(in crate::dense) type RunParts = (usize, Buffer, Buffer, Option<NullBuffer>);

impl<const N: usize> Runs<'_, N> {
    /// Which of 64 values from `start` on are the last of their run.
    #[inline(always)]
    fn word(&self, start: usize) -> u64 {
        let own = self.values.get(start..).unwrap_or_default();
        let next = own.get(1..).unwrap_or_default();
        let pairs = own.iter().zip(next).take(64).enumerate();
        let word = pairs.fold(0, |word, (i, (own, next))| word | u64::from(own != next) << i);
        let word = ends_of(word, start, self.validity);
        let n = own.len().min(64);
        (if own.len() <= 64 { word | 1 << (n - 1) } else { word }) & low_mask(n)
    }

    fn words(&self) -> impl Iterator<Item = (usize, u64)> {
        (0..self.values.len()).step_by(64).map(|start| (start, self.word(start)))
    }

    /// The last value of each run.
    fn lasts(&self) -> impl Iterator<Item = usize> {
        self.words().flat_map(|(start, word)| ones(word).map(move |at| start + at))
    }

    /// The runs counted, then written in one pass.
    pub(in crate::dense) fn write<const M: usize>(
        &self,
        memory: &mut dyn Memory,
        end: impl Fn(usize) -> [u8; M],
    ) -> Result<RunParts> {
        let len = self.words().map(|(_, word)| word.count_ones() as usize).sum();
        let mut lasts = self.lasts();
        let ends = fill::values(memory, len, |_| Ok(end(lasts.next().map_or(0, |last| last + 1))))?;
        let mut lasts = self.lasts();
        let values = fill::values(memory, len, |_| {
            Ok(lasts.next().and_then(|last| self.values.get(last)).copied().unwrap_or([0; N]))
        })?;
        let valid = self.validity.and_then(|bits| {
            let mut lasts = self.lasts();
            crate::dense::cast::validity(len, |_| lasts.next().is_some_and(|last| bits.get(last)))
        });
        Ok((len, ends, values, valid))
    }
}
