//! Dictionaries and runs: made, and looked up.

use std::collections::HashMap;

use arrow_buffer::Buffer;
use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field};

use super::lists::validity;
use super::views::Values;
use super::{Cast, assembled, broken, fill, fixed::short, lossy, unsupported_because};
use crate::error::{Error, Result};
use crate::source::values_field;

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
        let (mut seen, mut firsts, mut codes) = (HashMap::new(), Vec::new(), Vec::new());
        codes
            .try_reserve_exact(data.len())
            .map_err(|why| Error::BadValue(format!("no memory for {} indexes: {why}", data.len())))?;
        for i in 0..plain.len() {
            if plain.is_null(i) {
                codes.push(0);
                continue;
            }
            let code = *seen.entry(rows.get(i)?).or_insert_with(|| {
                firsts.push(i);
                firsts.len() - 1
            });
            codes.push(code);
        }
        let values = gather(&plain, firsts.len(), firsts.iter().map(|i| Some(*i)))?;
        let keys = self.integers(
            index,
            codes.len(),
            |i| codes.get(i).copied().unwrap_or(0),
            |i| {
                let what =
                    format!("value number {} of the dictionary", codes.get(i).map_or(0, |code| code + 1));
                lossy(what, i, to, "ask for wider indexes")
            },
        )?;
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
        let value = |i: usize| plain.is_valid(i).then(|| rows.get(i)).transpose();
        let (mut ends, mut firsts) = (Vec::new(), Vec::new());
        let mut last = None;
        for i in 0..plain.len() {
            let value = value(i)?;
            if last != Some(value) {
                if i > 0 {
                    ends.push(i);
                }
                firsts.push(i);
                last = Some(value);
            }
        }
        if !plain.is_empty() {
            ends.push(plain.len());
        }
        let values = gather(&plain, firsts.len(), firsts.iter().map(|i| Some(*i)))?;
        let buffer = self.integers(
            ends_field.data_type(),
            ends.len(),
            |i| ends.get(i).copied().unwrap_or(0),
            |i| {
                let end = ends.get(i).copied().unwrap_or(0);
                lossy(format!("a run that ends at {end}"), i, to, "ask for wider run ends")
            },
        )?;
        let ends = assembled(ends_field.data_type(), ends.len(), None, vec![buffer], vec![])?;
        assembled(to.data_type(), data.len(), None, vec![], vec![ends, values])
    }

    /// Numbers as an integer type, `failed` where one doesn't fit.
    fn integers(
        &mut self,
        data_type: &DataType,
        len: usize,
        value: impl Fn(usize) -> usize,
        failed: impl Fn(usize) -> Error,
    ) -> Result<Buffer> {
        macro_rules! of {
            ($t:ty) => {
                fill::values(self.memory, len, |i| <$t>::try_from(value(i)).map_err(|_| failed(i)))
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
