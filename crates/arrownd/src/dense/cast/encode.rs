//! Dictionaries and runs: made, and looked up.

use std::collections::HashMap;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field};

use super::super::Memory;
use super::lists::validity;
use super::views::Values;
use super::{Cast, assembled, broken, fill, fixed::short, lossy, unsupported_because};
use crate::error::{Error, Result};
use crate::source::{Bits, low_mask, values_field};

impl Cast<'_> {
    /// A dictionary with other indexes or other values.
    pub(super) fn dictionary(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (DataType::Dictionary(index, _), DataType::Dictionary(wanted, _)) =
            (from.data_type(), to.data_type())
        else {
            return super::unsupported(from, to);
        };
        let (Some(own), Some(values_to)) = (values_field(from), values_field(to)) else {
            return super::unsupported(from, to);
        };
        let Some(values) = data.child_data().first() else { return Err(short(data)) };
        let values = self.part(values, &own, &values_to, "dictionary")?;
        let keys = keys(data, index)?;
        let (index, wanted) =
            (Field::new("", (**index).clone(), true), Field::new("", (**wanted).clone(), true));
        let keys = self.part(&keys, &index, &wanted, "indexes")?;
        let buffer = super::fixed::whole(&keys, wanted.data_type().primitive_width().unwrap_or(1))?;
        assembled(to.data_type(), data.len(), data.nulls().cloned(), vec![buffer], vec![values])
    }

    /// The values that a dictionary stands for.
    pub(super) fn looked_up(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (DataType::Dictionary(index, _), Some(own)) = (from.data_type(), values_field(from)) else {
            return super::unsupported(from, to);
        };
        let Some(values) = data.child_data().first() else { return Err(short(data)) };
        let keys = keys(data, index)?;
        let keys = self.fixed_i64(&keys, index)?;
        let at = |i: usize| {
            let key = keys.get(i).map_or(0, |key| i64::from_ne_bytes(*key));
            data.is_valid(i).then(|| usize::try_from(key).unwrap_or(usize::MAX))
        };
        let gathered = gather(values, data.len(), (0..data.len()).map(at))?;
        self.field(&gathered, &own, to)
    }

    fn fixed_i64(&mut self, data: &ArrayData, data_type: &DataType) -> Result<Vec<[u8; 8]>> {
        let (from, to) = (Field::new("", data_type.clone(), true), Field::new("", DataType::Int64, true));
        let wide = self.field(data, &from, &to)?;
        Ok(super::fixed::whole(&wide, 8)?.as_chunks::<8>().0.to_vec())
    }

    /// The values that runs stand for.
    pub(super) fn expanded(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let DataType::RunEndEncoded(ends_field, own) = from.data_type() else {
            return super::unsupported(from, to);
        };
        let [ends, values] = data.child_data() else { return Err(short(data)) };
        let ends = self.fixed_i64(ends, ends_field.data_type())?;
        let mut run = 0;
        let at = |i: usize| {
            let position = i + data.offset();
            let end = |run: usize| ends.get(run).map_or(usize::MAX, |end| i64::from_ne_bytes(*end) as usize);
            while end(run) <= position {
                run += 1;
            }
            Some(run)
        };
        let gathered = gather(values, data.len(), (0..data.len()).map(at))?;
        self.field(&gathered, own, to)
    }

    /// A dictionary of the values, in order of first appearance.
    pub(super) fn dictionary_of(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let (DataType::Dictionary(index, _), Some(own)) = (to.data_type(), values_field(to)) else {
            return super::unsupported(from, to);
        };
        let plain = self.field(data, from, &own)?;
        let rows = Rows::of(&plain).ok_or_else(|| no_key(from, to))??;
        let (mut seen, mut firsts) = (HashMap::new(), Vec::new());
        let code = |i: usize| -> Result<usize> {
            if plain.is_null(i) {
                return Ok(0);
            }
            let code = *seen.entry(rows.get(i)?).or_insert_with(|| {
                firsts.push(i);
                firsts.len() - 1
            });
            Ok(code)
        };
        let keys = self.integers(index, plain.len(), code, |i, code| {
            lossy(format!("value number {} of the dictionary", code + 1), i, to, "ask for wider indexes")
        })?;
        drop(seen);
        let values = gather(&plain, firsts.len(), firsts.iter().map(|i| Some(*i)))?;
        let nulls = validity(plain.len(), |i| plain.is_valid(i));
        assembled(to.data_type(), data.len(), nulls, vec![keys], vec![values])
    }

    /// Runs of equal values.
    pub(super) fn runs_of(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let DataType::RunEndEncoded(ends_field, own) = to.data_type() else {
            return super::unsupported(from, to);
        };
        let plain = self.part(data, from, own, own.name())?;
        let rows = Rows::of(&plain).ok_or_else(|| no_key(from, to))??;
        if let Some((ends, values)) = self.flat_runs(&plain, &rows, ends_field.data_type())? {
            return assembled(to.data_type(), data.len(), None, vec![], vec![ends, values]);
        }
        let runs = rows.ends(&plain).count();
        let mut ends = rows.ends(&plain);
        let buffer = self.integers(
            ends_field.data_type(),
            runs,
            |_| Ok(ends.next().unwrap_or(plain.len())),
            |i, end| lossy(format!("a run that ends at {end}"), i, to, "ask for wider run ends"),
        )?;
        drop(ends);
        let firsts = std::iter::once(0).chain(rows.ends(&plain)).take(runs);
        let values = gather(&plain, runs, firsts.map(Some))?;
        let ends = assembled(ends_field.data_type(), runs, None, vec![buffer], vec![])?;
        assembled(to.data_type(), data.len(), None, vec![], vec![ends, values])
    }

    /// The runs of values of fixed width, where their ends have room: counted, then written in one pass. `None` for
    /// others.
    fn flat_runs(
        &mut self,
        data: &ArrayData,
        rows: &Rows<'_>,
        end: &DataType,
    ) -> Result<Option<(ArrayData, ArrayData)>> {
        let Rows::Width(width, bytes) = rows else { return Ok(None) };
        let nulls = data.nulls().filter(|nulls| nulls.null_count() > 0);
        let validity = nulls.and_then(|nulls| Bits::new(nulls.validity(), nulls.offset(), nulls.len()));
        let (count, memory) = (data.len(), &mut *self.memory);
        macro_rules! of {
            ($n:literal) => {{
                let runs = Runs { values: bytes.as_chunks::<$n>().0, validity };
                match end {
                    DataType::Int16 if i16::try_from(count).is_ok() => {
                        runs.write(memory, |end| (end as i16).to_ne_bytes())?
                    }
                    DataType::Int32 if i32::try_from(count).is_ok() => {
                        runs.write(memory, |end| (end as i32).to_ne_bytes())?
                    }
                    DataType::Int64 => runs.write(memory, |end| (end as i64).to_ne_bytes())?,
                    _ => return Ok(None),
                }
            }};
        }
        let (len, ends, values, valid) = match *width {
            1 => of!(1),
            2 => of!(2),
            4 => of!(4),
            8 => of!(8),
            16 => of!(16),
            _ => return Ok(None),
        };
        let ends = assembled(end, len, None, vec![ends], vec![])?;
        Ok(Some((ends, assembled(data.data_type(), len, valid, vec![values], vec![])?)))
    }

    /// Numbers as an integer type, `failed` where one doesn't fit. They are asked for in order, each once.
    fn integers(
        &mut self,
        data_type: &DataType,
        len: usize,
        mut value: impl FnMut(usize) -> Result<usize>,
        failed: impl Fn(usize, usize) -> Error,
    ) -> Result<Buffer> {
        macro_rules! of {
            ($t:ty) => {
                fill::values(self.memory, len, |i| {
                    let value = value(i)?;
                    <$t>::try_from(value).map_err(|_| failed(i, value))
                })
            };
        }
        match data_type {
            DataType::Int8 => of!(i8),
            DataType::Int16 => of!(i16),
            DataType::Int32 => of!(i32),
            DataType::UInt8 => of!(u8),
            DataType::UInt16 => of!(u16),
            DataType::UInt32 => of!(u32),
            DataType::UInt64 => of!(u64),
            _ => of!(i64),
        }
    }
}

fn no_key(from: &Field, to: &Field) -> Error {
    let refused: Result<()> = unsupported_because(from, to, "values with others in them aren't compared");
    refused.err().unwrap_or(Error::BadValue(String::new()))
}

/// A dictionary's indexes as an array of their own.
fn keys(data: &ArrayData, index: &DataType) -> Result<ArrayData> {
    data.clone().into_builder().data_type(index.clone()).child_data(vec![]).build().map_err(broken)
}

/// Values at positions, `None` for one that is missing.
fn gather(
    values: &ArrayData,
    len: usize,
    positions: impl Iterator<Item = Option<usize>>,
) -> Result<ArrayData> {
    let mut made = MutableArrayData::try_new(vec![values], true, len).map_err(broken)?;
    // Positions that follow each other are one stretch.
    let mut stretch = 0..0;
    for position in positions {
        match position {
            Some(at) if at == stretch.end && !stretch.is_empty() => stretch.end += 1,
            other => {
                made.try_extend(0, stretch.start, stretch.end).map_err(broken)?;
                stretch = 0..0;
                match other {
                    Some(at) if at < values.len() => stretch = at..at + 1,
                    Some(at) => {
                        let what = format!("index {at} of {} values", values.len());
                        return Err(Error::InvalidArrow { path: String::new(), what });
                    }
                    None => made.try_extend_nulls(1).map_err(broken)?,
                }
            }
        }
    }
    made.try_extend(0, stretch.start, stretch.end).map_err(broken)?;
    Ok(made.freeze())
}

/// Values of one width, for their runs.
struct Runs<'d, const N: usize> {
    values: &'d [[u8; N]],
    /// Where something is missing. What lies under it doesn't count.
    validity: Option<Bits<'d>>,
}

/// How many runs, where each ends, their values, and which of these are there.
type RunParts = (usize, Buffer, Buffer, Option<NullBuffer>);

impl<const N: usize> Runs<'_, N> {
    /// Which of 64 values from `start` on are the last of their run.
    #[inline(always)]
    fn word(&self, start: usize) -> u64 {
        let own = self.values.get(start..).unwrap_or_default();
        let next = own.get(1..).unwrap_or_default();
        let pairs = own.iter().zip(next).take(64).enumerate();
        let mut word = pairs.fold(0, |word, (i, (own, next))| word | u64::from(own != next) << i);
        if let Some(bits) = self.validity {
            let (there, after) = (bits.word(start), bits.word(start + 1));
            word = word & there | there ^ after;
        }
        let n = own.len().min(64);
        (if own.len() <= 64 { word | 1 << (n - 1) } else { word }) & low_mask(n)
    }

    fn words(&self) -> impl Iterator<Item = (usize, u64)> {
        (0..self.values.len()).step_by(64).map(|start| (start, self.word(start)))
    }

    /// The last value of each run.
    fn lasts(&self) -> impl Iterator<Item = usize> {
        self.words().flat_map(|(start, mut word)| {
            std::iter::from_fn(move || {
                let at = (word != 0).then(|| start + word.trailing_zeros() as usize)?;
                word &= word - 1;
                Some(at)
            })
        })
    }

    fn write<const M: usize>(
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
            validity(len, |_| lasts.next().is_some_and(|last| bits.get(last)))
        });
        Ok((len, ends, values, valid))
    }
}

/// Values that are compared by their bytes.
enum Rows<'d> {
    Bytes(Values<'d>),
    Width(usize, &'d [u8]),
    Bits(&'d ArrayData),
}

impl<'d> Rows<'d> {
    fn of(data: &'d ArrayData) -> Option<Result<Self>> {
        if super::is_bytes(data.data_type()) {
            return Some(Values::of(data).map(Self::Bytes));
        }
        if *data.data_type() == DataType::Boolean {
            return Some(Ok(Self::Bits(data)));
        }
        let width = data.data_type().primitive_width()?;
        let bytes = data.buffers().first().map_or(&[][..], |buffer| buffer.as_slice());
        let own = bytes.get(data.offset() * width..(data.offset() + data.len()) * width);
        Some(own.map(|bytes| Self::Width(width, bytes)).ok_or_else(|| short(data)))
    }

    /// Where each run of equal values ends. What lies under missing ones doesn't count.
    fn ends<'r>(&'r self, data: &'r ArrayData) -> impl Iterator<Item = usize> + 'r {
        let value = |i: usize| data.is_valid(i).then(|| self.get(i).ok());
        let inner = (1..data.len()).filter(move |i| value(*i) != value(i - 1));
        inner.chain((!data.is_empty()).then_some(data.len()))
    }

    fn get(&self, i: usize) -> Result<&[u8]> {
        match self {
            Self::Bytes(values) => values.get(i),
            Self::Width(width, bytes) => Ok(bytes.get(i * width..(i + 1) * width).unwrap_or_default()),
            Self::Bits(data) => {
                let at = data.offset() + i;
                let byte = data.buffers().first().and_then(|buffer| buffer.get(at / 8)).copied().unwrap_or(0);
                Ok(if byte >> (at % 8) & 1 == 1 { &[1] } else { &[0] })
            }
        }
    }
}
