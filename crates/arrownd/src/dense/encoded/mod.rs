//! Dictionaries and runs, of values that come some at a time: so that all values are never there as a whole.

mod codes;
mod rows;
mod runs;
mod table;
mod values;

use std::fmt;

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};

pub(super) use codes::CodesBuilder;
pub(super) use rows::Rows;
pub(super) use runs::{Runs, RunsBuilder};

use super::array::Input;
use super::execute::execute;
use super::step::{ToArrow, Values};
use super::{Made, Memory};
use crate::error::Result;
use crate::plan::{Plan, Step};
use crate::source::values_field;

/// How many elements of an array are converted before they are encoded.
const SOME: usize = 1 << 14;

/// Builds a dictionary, with the distinct values in order of first appearance, or runs, of values that come some at a
/// time.
///
/// ```
/// use arrow_array::{Array, DictionaryArray, StringArray, types::Int8Type};
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::dense::{ArrowMemory, EncodedBuilder};
///
/// let text = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
/// let mut out = EncodedBuilder::new(&Field::new("", text, true), 5, &mut ArrowMemory)?.unwrap();
/// assert!(out.append(&StringArray::from(vec![Some("b"), None, Some("a")]).to_data())?);
/// assert!(out.append(&StringArray::from(vec!["a", "c"]).to_data())?);
/// let made = DictionaryArray::<Int8Type>::from(out.finish()?.data);
/// assert_eq!(made.keys().iter().collect::<Vec<_>>(), [Some(0), None, Some(1), Some(1), Some(2)]);
/// assert_eq!(made.values().to_data(), StringArray::from(vec!["b", "a", "c"]).to_data());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub struct EncodedBuilder {
    values: Field,
    kind: Kind,
}

enum Kind {
    Codes(Box<CodesBuilder>),
    Runs(Box<RunsBuilder>),
}

impl fmt::Debug for EncodedBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedBuilder").field("values", &self.values).finish_non_exhaustive()
    }
}

impl EncodedBuilder {
    /// For `count` values as a field that is a dictionary, or runs. None for another one, for extensions and for what may not be
    /// missing, for values with others in them, and where run ends have no room for so many.
    /// *Allocates the codes*.
    ///
    /// # Errors
    /// What the memory refuses with.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, EncodedBuilder};
    /// let ends = Field::new("run_ends", DataType::Int16, false);
    /// let runs = DataType::RunEndEncoded(ends.into(), Field::new("values", DataType::Int64, true).into());
    /// let new = |count| EncodedBuilder::new(&Field::new("", runs.clone(), true), count, &mut ArrowMemory);
    /// assert!(new(32_767)?.is_some() && new(32_768)?.is_none());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn new(to: &Field, count: usize, memory: &mut dyn Memory) -> Result<Option<Self>> {
        let values = match to.data_type() {
            DataType::Dictionary(..) => values_field(to),
            DataType::RunEndEncoded(_, values) => Some(values.as_ref().clone()),
            _ => None,
        };
        let extends = |field: &Field| field.extension_type_name().is_some();
        let Some(values) = values.filter(|values| to.is_nullable() && !extends(values) && !extends(to))
        else {
            return Ok(None);
        };
        let kind = match to.data_type() {
            DataType::Dictionary(index, _) => CodesBuilder::new(index, values.data_type(), count, memory)?
                .map(|codes| Kind::Codes(Box::new(codes))),
            _ => RunsBuilder::new(to.data_type(), count).map(|runs| Kind::Runs(Box::new(runs))),
        };
        Ok(kind.map(|kind| Self { values, kind }))
    }

    /// What the values have to be. *O(1)*.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, EncodedBuilder};
    /// let dates = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Date32));
    /// let out = EncodedBuilder::new(&Field::new("", dates, true), 9, &mut ArrowMemory)?.unwrap();
    /// assert_eq!(out.values().data_type(), &DataType::Date32);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn values(&self) -> &Field {
        &self.values
    }

    /// Appends the values of an array; false, and nothing more may be appended, where it is of another type, there are
    /// more distinct values than codes, more bytes than offsets tell apart, or more values than `count`.
    /// *Reads each value, copies those that are new*.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`](crate::Error::InvalidArrow) for values past the end of the array's bytes;
    /// [`Error::BadValue`](crate::Error::BadValue) where there is no memory.
    ///
    /// ```
    /// # use arrow_array::{Array, StringArray};
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, EncodedBuilder};
    /// let text = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Utf8));
    /// let mut out = EncodedBuilder::new(&Field::new("", text, true), 500, &mut ArrowMemory)?.unwrap();
    /// let many: StringArray = (0..129).map(|i| Some(i.to_string())).collect();
    /// // Seven bits count to 127.
    /// assert!(out.append(&many.slice(0, 128).to_data())?);
    /// assert!(!out.append(&many.slice(128, 1).to_data())?);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn append(&mut self, data: &ArrayData) -> Result<bool> {
        match &mut self.kind {
            Kind::Codes(codes) => codes.append(data),
            Kind::Runs(runs) => runs.append(data),
        }
    }

    /// The dictionary, or the runs. *Reads the codes, or the ends of runs, once*, to check them.
    ///
    /// # Errors
    /// [`Error::BadValue`](crate::Error::BadValue) where values are fewer than were announced.
    ///
    /// ```
    /// # use arrow_schema::{DataType, Field};
    /// # use arrownd::engine::dense::{ArrowMemory, EncodedBuilder};
    /// let codes = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Int64));
    /// let out = EncodedBuilder::new(&Field::new("", codes, true), 1, &mut ArrowMemory)?.unwrap();
    /// assert!(out.finish().is_err());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    pub fn finish(self) -> Result<Made> {
        let data = match self.kind {
            Kind::Codes(codes) => codes.finish()?,
            Kind::Runs(runs) => runs.finish()?,
        };
        Ok(Made { field: Field::new("", data.data_type().clone(), true).into(), data })
    }
}

/// The values of a dictionary or of runs.
pub(super) fn encoded_values(field: &Field) -> Option<Field> {
    match field.data_type() {
        DataType::RunEndEncoded(_, values) => Some(values.as_ref().clone()),
        _ => values_field(field),
    }
}

/// The elements of an array that aren't encoded where they lie, converted and encoded some at a time. None for others, for few, and for
/// whatever is wrong with them: they are converted as a whole then, and what is wrong is said with its position.
pub(super) fn by_blocks(plan: &Plan, input: &Input, memory: &mut dyn Memory) -> Result<Option<Made>> {
    let (Input::Dense(dense), Step::ToArrow(step)) = (input, &plan.step) else { return Ok(None) };
    let ToArrow { values: Values::Dense { shared, target, .. }, cast_values: Some(to), .. } = step.as_ref()
    else {
        return Ok(None);
    };
    let whole = step.tensor.is_some() || step.cast_whole.is_some() || dense.dtype.complex_part().is_some();
    if whole || dense.shape.len() != 1 || dense.len() < 2 * SOME {
        return Ok(None);
    }
    // Elements that are encoded where they lie need no blocks.
    let as_they_are = |values: &Field| *shared && values.data_type() == target.data_type();
    if encoded_values(to).is_none_or(|values| as_they_are(&values)) {
        return Ok(None);
    }
    let Some(mut out) = EncodedBuilder::new(to, dense.len(), memory)? else { return Ok(None) };
    let some_step = ToArrow { cast_values: Some(out.values().clone()), ..step.as_ref().clone() };
    let some_plan = Plan { step: Step::ToArrow(Box::new(some_step)), ..plan.clone() };
    for start in (0..dense.len()).step_by(SOME) {
        let Some(some) = dense.rows(start, SOME.min(dense.len() - start)) else { return Ok(None) };
        match execute(&some_plan, &Input::Dense(some), memory) {
            Ok(made) if out.append(&made.data)? => {}
            _ => return Ok(None),
        }
    }
    Ok(Some(out.finish()?.with_field(to.clone().with_name(""))))
}
