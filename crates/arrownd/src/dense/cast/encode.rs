//! Dictionaries and runs: made, and looked up.

use arrow_data::ArrayData;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{DataType, Field, FieldRef};

use super::super::encoded::{CodesBuilder, Rows, Runs, RunsBuilder};
use super::{Cast, assembled, broken, fixed::short, lossy, unsupported_because};
use crate::error::{Error, Result};
use crate::source::{Bits, values_field};

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
        let Some(mut out) = CodesBuilder::new(index, own.data_type(), plain.len(), self.memory)? else {
            return Err(no_key(from, to));
        };
        if !out.append(&plain)? {
            let value = format!("value number {} of the dictionary", out.most().saturating_add(1));
            return Err(lossy(value, out.len(), to, "ask for wider indexes"));
        }
        out.finish()
    }

    /// Runs of equal values.
    pub(super) fn runs_of(&mut self, data: &ArrayData, from: &Field, to: &Field) -> Result<ArrayData> {
        let DataType::RunEndEncoded(ends_field, own) = to.data_type() else {
            return super::unsupported(from, to);
        };
        let plain = self.part(data, from, own, own.name())?;
        if let Some((ends, values)) = self.flat_runs(&plain, ends_field.data_type())? {
            return assembled(to.data_type(), data.len(), None, vec![], vec![ends, values]);
        }
        let Some(runs) = runs(&plain, ends_field, own)? else { return Err(no_key(from, to)) };
        let [ends, values] = runs.child_data() else { return Err(short(&runs)) };
        if ends.data_type() != ends_field.data_type() {
            let most = if *ends_field.data_type() == DataType::Int16 {
                i64::from(i16::MAX)
            } else {
                i32::MAX.into()
            };
            let ends = super::fixed::whole(ends, 8)?;
            let ends = ends.as_chunks::<8>().0.iter().map(|end| i64::from_ne_bytes(*end));
            let (i, end) = ends.enumerate().find(|(_, end)| *end > most).unwrap_or_default();
            return Err(lossy(format!("a run that ends at {end}"), i, to, "ask for wider run ends"));
        }
        assembled(to.data_type(), data.len(), None, vec![], vec![ends.clone(), values.clone()])
    }

    /// The runs of values of fixed width, where their ends have room: counted, then written in one pass. `None` for
    /// others.
    fn flat_runs(&mut self, data: &ArrayData, end: &DataType) -> Result<Option<(ArrayData, ArrayData)>> {
        let Some(Rows::Width(width, bytes)) = Rows::of(data).transpose()? else { return Ok(None) };
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
        let (len, ends, values, valid) = match width {
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
}

/// Runs of values, whose ends have 64 bits where the type that is wanted of them has no room for so many.
fn runs(data: &ArrayData, ends: &FieldRef, values: &Field) -> Result<Option<ArrayData>> {
    let of = |ends: FieldRef| DataType::RunEndEncoded(ends, values.clone().into());
    let wide = || of(ends.as_ref().clone().with_data_type(DataType::Int64).into());
    let runs = RunsBuilder::new(&of(ends.clone()), data.len());
    let Some(mut runs) = runs.or_else(|| RunsBuilder::new(&wide(), data.len())) else { return Ok(None) };
    // No offsets are needed that aren't there.
    if runs.append(data)? { runs.finish().map(Some) } else { Err(short(data)) }
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
