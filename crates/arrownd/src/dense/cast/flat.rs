//! One type of fixed width as another. What lies between the two is made of some thousand values at a time, and never
//! there as a whole.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use arrow_schema::{DataType, Field};
use zerocopy::IntoBytes;

use super::super::words::{nonzero, store};
use super::copies::shares;
use super::decimal::Decimals;
use super::fixed::within_range;
use super::{fill, is_bytes, lossy, unsupported};
use crate::dense::type_name::full_name;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::execute::Task;
use crate::mapping::{Element, Extension, Mapped, extension, map};
use crate::options::{Nulls, Options};
use crate::plan::{Facts, Plan, plan};
use crate::source::{Bits, Chunk, Column, Data};

/// Values that are converted together, where that takes two steps: what lies between stays in the cache.
const STRETCH: usize = 16384;
const WIDER: &str = "pass a wider type, or ArrowOptions::safe(false) to round or cut";

/// Converts values of a type of fixed width to another, as many at a time as it is given.
pub(in crate::dense) struct FlatCast {
    from: Field,
    to: Field,
    safe: bool,
    /// Bytes of a value before it; 0 for bits.
    width: usize,
    steps: Steps,
    /// What lies between two steps.
    between: Vec<u64>,
}

enum Steps {
    /// One pass, to so many bytes each.
    One(Plan, usize),
    /// By 64 bits, which NumPy's dates and times have, to 32.
    Narrow(Box<(Plan, Field, Plan)>),
    /// By a byte each.
    Bits(Plan),
    Decimals(Box<Decimals>),
}

impl FlatCast {
    /// # Errors
    /// [`Error::UnsupportedType`] where there is no such conversion.
    pub(super) fn new(from: &Field, to: &Field, safe: bool) -> Result<Self> {
        if to.data_type().is_decimal() {
            let decimals = Steps::Decimals(Box::new(Decimals::new(from, to, safe)?));
            return Self::of(from, to, safe, decimals);
        }
        let target = target(from, to)?;
        let dtype = target.meaning;
        let steps = match target.element {
            Element::Bit => Steps::Bits(planned(from, to, DType::Bool, safe)?),
            element if element.width() < dtype.itemsize() => {
                let wide = Field::new("", DataType::Int64, true);
                let narrow = planned(&wide, to, DType::Int32, safe)?;
                Steps::Narrow(Box::new((planned(from, to, dtype, safe)?, wide, narrow)))
            }
            _ => Steps::One(planned(from, to, dtype, safe)?, dtype.itemsize()),
        };
        Self::of(from, to, safe, steps)
    }

    /// Values as bytes that are 0 or 1.
    pub(super) fn bool8(from: &Field, to: &Field, safe: bool) -> Result<Self> {
        Self::of(from, to, safe, Steps::One(planned(from, to, DType::Bool, safe)?, 1))
    }

    fn of(from: &Field, to: &Field, safe: bool, steps: Steps) -> Result<Self> {
        let width = map(from)?.element.width();
        Ok(Self { from: from.clone().with_name(""), to: to.clone(), safe, width, steps, between: Vec::new() })
    }

    /// The conversion of an array's values, where that is what there is to do and it copies.
    pub(in crate::dense) fn staged(from: &Field, to: &Field, safe: bool) -> Option<Self> {
        let flat = |field: &Field| !field.data_type().is_nested() && !is_bytes(field.data_type());
        if !flat(from) || !flat(to) || !matches!(extension(from), Ok(None)) {
            return None;
        }
        match extension(to) {
            Ok(Some(Extension::Bool8)) if *from.data_type() != DataType::Int8 => {
                Self::bool8(from, to, safe).ok()
            }
            Ok(None) if !shares(from.data_type(), to.data_type()) => Self::new(from, to, safe).ok(),
            _ => None,
        }
    }

    /// The type that values become.
    pub(in crate::dense) fn data_type(&self) -> &DataType {
        self.to.data_type()
    }

    /// Whether the values before it are bits.
    pub(in crate::dense) fn is_from_bits(&self) -> bool {
        self.width == 0
    }

    /// Bytes of so many values after it.
    pub(in crate::dense) fn bytes(&self, len: usize) -> usize {
        match &self.steps {
            Steps::One(_, width) => len.saturating_mul(*width),
            Steps::Narrow(_) => len.saturating_mul(4),
            Steps::Bits(_) => len.div_ceil(8),
            Steps::Decimals(decimals) => len.saturating_mul(decimals.width()),
        }
    }

    /// Bytes that are written for so many values: of bits, whole words.
    pub(in crate::dense) fn room(&self, len: usize) -> Result<usize> {
        let bytes = self.bytes(len);
        let room = if matches!(self.steps, Steps::Bits(_)) { len.div_ceil(64) * 8 } else { bytes };
        fill::bytes(room, 1)
    }

    /// The same values from bytes as they lie, or bits.
    pub(in crate::dense) fn write_bytes(
        &mut self,
        bytes: &[u8],
        len: usize,
        validity: Option<&[u64]>,
        out: &mut [MaybeUninit<u8>],
    ) -> Result<()> {
        let data = match self.width {
            0 => Bits::new(bytes, 0, len).map_or(Data::Fixed(&[]), Data::Bits),
            _ => Data::Fixed(bytes),
        };
        let words: Option<Cow<'_, [u64]>> = validity.map(|words| {
            if cfg!(target_endian = "little") {
                Cow::Borrowed(words)
            } else {
                words.iter().map(|word| word.to_le()).collect()
            }
        });
        let validity = words.as_deref().and_then(|words| Bits::new(words.as_bytes(), 0, len));
        self.write(&Chunk { len, validity, data }, out)
    }

    /// Converts all values into `out`, which is as long as [`FlatCast::room`] says; all of it is written. What lies
    /// under missing ones isn't looked at.
    ///
    /// # Errors
    /// [`Error::LossyCast`] for the first value that can't be held.
    pub(super) fn write(&mut self, values: &Chunk<'_>, out: &mut [MaybeUninit<u8>]) -> Result<()> {
        let checked =
            matches!(self.to.data_type(), DataType::Time32(_) | DataType::Time64(_) | DataType::Date64);
        let step = match self.steps {
            Steps::One(..) if !checked => values.len.max(1),
            _ => STRETCH,
        };
        for start in (0..values.len).step_by(step) {
            let some = self.stretch(values, start, step.min(values.len - start));
            let (from, to) = (self.bytes(start), self.bytes(start) + self.room(some.len)?);
            let out = out.get_mut(from..to).unwrap_or_default();
            self.write_some(&some, out).map_err(|error| match error {
                Error::LossyCast { path, value, position, dtype, remedy } => {
                    Error::LossyCast { path, value, position: start + position, dtype, remedy }
                }
                other => other,
            })?;
        }
        Ok(())
    }

    /// Some of the values; their bitmap only where something is missing.
    fn stretch<'a>(&self, values: &Chunk<'a>, start: usize, len: usize) -> Chunk<'a> {
        let data = match &values.data {
            Data::Bits(bits) => Data::Bits(bits.slice(start, len)),
            Data::Fixed(bytes) => {
                let own = start * self.width..(start + len) * self.width;
                Data::Fixed(bytes.get(own).unwrap_or_default())
            }
            _ => Data::Fixed(&[]),
        };
        let validity = values.validity.map(|bits| bits.slice(start, len));
        Chunk { len, validity: validity.filter(|bits| bits.first_zero().is_some()), data }
    }

    fn write_some(&mut self, values: &Chunk<'_>, out: &mut [MaybeUninit<u8>]) -> Result<()> {
        let (len, safe) = (values.len, self.safe);
        let (from, to, between) = (&self.from, &self.to, &mut self.between);
        let is_valid = |at: usize| values.validity.is_none_or(|bits| bits.get(at));
        match &mut self.steps {
            Steps::One(plan, width) => {
                if safe {
                    no_nat(from, values, to)?;
                }
                let made = convert(plan, from, to, values, *width, out)?;
                within_range(made, is_valid, to, safe)
            }
            Steps::Narrow(both) => {
                let (wide, wide_field, narrow) = &**both;
                if safe {
                    no_nat(from, values, to)?;
                }
                let made = convert(wide, from, to, values, 8, fill::scratch(between, len * 8))?;
                let ticks = Chunk { len, validity: values.validity, data: Data::Fixed(made) };
                let made = convert(narrow, wide_field, to, &ticks, 4, out)?;
                within_range(made, is_valid, to, safe)
            }
            Steps::Bits(plan) => {
                let made = convert(plan, from, to, values, 1, fill::scratch(between, len))?;
                let mut words = [0; STRETCH / 64];
                let words = words.get_mut(..len.div_ceil(64)).unwrap_or_default();
                nonzero(made, words);
                store(words, out.as_chunks_mut().0);
                Ok(())
            }
            Steps::Decimals(decimals) => decimals.write(values, out),
        }
    }
}

/// What values become, where both are of fixed width and of a kind.
pub(super) fn target(from: &Field, to: &Field) -> Result<Mapped> {
    let (source, target) = (map(from)?, map(to)?);
    if !is_fixed(source.element) || !is_fixed(target.element) || !meets(source.meaning, target.meaning) {
        return unsupported(from, to);
    }
    Ok(target)
}

/// How values become those of a dtype; its plan is the same for any number of them.
fn planned(from: &Field, to: &Field, dtype: DType, safe: bool) -> Result<Plan> {
    let from = from.clone().with_name("");
    let options = Options { dtype: Some(dtype), nulls: Nulls::Masked, safe, ..Options::default() };
    let column = Column::new(&from, &[], &options)?;
    let made = plan(&Facts::of(&column, &options), &options, &[]);
    made.map_err(|error| named(error, &from, to))
}

/// Fills `out` with what a plan makes of values, `width` bytes each.
fn convert<'o>(
    plan: &Plan,
    from: &Field,
    to: &Field,
    values: &Chunk<'_>,
    width: usize,
    out: &'o mut [MaybeUninit<u8>],
) -> Result<&'o mut [u8]> {
    let column = flat_column(from, values);
    let made = fill::converted(Task::of(plan, &column), values.len, width, out);
    made.map_err(|error| named(error, from, to))
}

fn flat_column<'a>(field: &'a Field, values: &Chunk<'a>) -> Column<'a> {
    let data = match &values.data {
        Data::Bits(bits) => Data::Bits(*bits),
        Data::Fixed(bytes) => Data::Fixed(bytes),
        _ => Data::Fixed(&[]),
    };
    let validity = values.validity.map(|bits| (bits, bits.len() - bits.count_ones()));
    Column::flat(Cow::Borrowed(field), values.len, data, validity)
}

/// The error in Arrow's words.
fn named(error: Error, from: &Field, to: &Field) -> Error {
    match error {
        Error::LossyCast { path, value, position, .. } => {
            Error::LossyCast { path, value, position, dtype: full_name(to), remedy: WIDER.to_owned() }
        }
        Error::UnsupportedType { path, remedy, .. } => {
            Error::UnsupportedType { path, from: full_name(from), to: full_name(to), remedy }
        }
        other => other,
    }
}

/// The kernels take the smallest value for NaT, which stays what it is; in Arrow it is a time like any other.
fn no_nat(from: &Field, values: &Chunk<'_>, to: &Field) -> Result<()> {
    let (Data::Fixed(bytes), true, true, Some(8)) = (
        &values.data,
        from.data_type().is_temporal(),
        to.data_type().is_temporal(),
        from.data_type().primitive_width(),
    ) else {
        return Ok(());
    };
    let is_valid = |at: usize| values.validity.is_none_or(|bits| bits.get(at));
    let mut ticks = bytes.as_chunks::<8>().0.iter().enumerate();
    match ticks.find(|(at, tick)| i64::from_ne_bytes(**tick) == i64::MIN && is_valid(*at)) {
        Some((at, _)) => {
            Err(lossy(i64::MIN.to_string(), at, to, "mask it, if it stands for a missing value"))
        }
        None => Ok(()),
    }
}

fn is_fixed(element: Element) -> bool {
    element.width() > 0 || element == Element::Bit
}

/// Which kinds of values become which: a time is never a fraction, nor a truth.
fn meets(source: DType, target: DType) -> bool {
    let number = |dtype: DType| dtype.is_numeric() || dtype == DType::Object;
    match (source, target) {
        (DType::Datetime(_), DType::Datetime(_)) | (DType::Timedelta(_), DType::Timedelta(_)) => true,
        (a, b) if a.is_temporal() || b.is_temporal() => a.is_integer() || b.is_integer(),
        (a, b) => number(a) && number(b) && b != DType::Object,
    }
}
