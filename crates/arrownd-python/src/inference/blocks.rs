//! Arrays of objects, some at a time: so that references to all of them are never there, nor values of another type
//! than the one that is wanted.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use arrow_data::ArrayData;
use arrow_schema::{DataType, Field, FieldRef};
use arrownd::engine::dense::Made;
use numpy::{PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::column::{changed, column, settled};
use super::concat::{Concat, Progress};
use super::kinds::Kind;
use super::place::Place;
use super::snapshot::Elements;
use crate::errors::{Failure, Outcome};
use crate::export;
use crate::from_numpy::FromRequest;

/// From so many values on; and from so many that may be large.
const WORTH: usize = 1 << 15;
const WORTH_LARGE: usize = 1 << 12;
/// How many values come first.
const FIRST: usize = 1 << 7;
/// Then as many as take about so many bytes, references and result together; or this part of the whole result.
const BYTES: usize = 1 << 18;
const PART: usize = 64;
/// Of decimal256.
const MOST_DIGITS: i16 = 76;

/// Whether objects are so many, in one dimension.
pub(super) fn worth(array: &Bound<'_, PyUntypedArray>, elements: &Elements<'_>) -> bool {
    if array.ndim() != 1 || array.len() < WORTH_LARGE {
        return false;
    }
    array.len() >= WORTH
        || elements.first_object(array.py()).is_some_and(|first| {
            first.is_instance_of::<PyList>()
                || first.is_instance_of::<PyTuple>()
                || first.is_instance_of::<PyDict>()
                || first.is_instance_of::<PyUntypedArray>()
        })
}

/// The array that [`column`] makes of all objects, made of some at a time. None where something is wrong with them, or
/// they could become something else together than they do apart: the general way finds out what to do, or to say.
pub(super) fn blocks<'py>(
    array: &Bound<'py, PyUntypedArray>,
    mask: Option<&Bound<'py, PyUntypedArray>>,
    wanted: Option<&Field>,
    request: &FromRequest,
) -> Outcome<Option<Made>> {
    let (count, seen) = (array.len(), Seen::default());
    if wanted.is_some_and(|wanted| {
        wanted.extension_type_name().is_some() || Concat::new(wanted.data_type()).is_none()
    }) {
        return Ok(None);
    }
    let mut out: Option<(FieldRef, Concat)> = None;
    let (mut start, mut some, mut skipped) = (0, FIRST, 0);
    while start < count {
        let end = count.min(start + some);
        let made = match block(array, mask, (start, end), wanted, request, &seen) {
            Err(Failure::Core(_)) if array.len() == count => return Ok(None),
            Err(Failure::Core(_)) => return Err(changed(&Place::Top, start)),
            made => made?,
        };
        let bytes = made.data.get_slice_memory_size().unwrap_or(BYTES);
        let cost = (8 * values(&made.data) + bytes).max(1);
        let most = BYTES.max(bytes * (count / some) / PART);
        let progress = Progress { done: end, of: count };
        some = (some * most / cost).clamp(64, some * 8);
        start = end;
        // What is missing altogether has no type of its own.
        if made.data.data_type() == &DataType::Null && out.is_none() {
            skipped += made.data.len();
            continue;
        }
        if out.is_none() {
            let made_type = made.data.data_type();
            let own = Concat::new(made_type)
                .filter(|_| !seen.is_in_place(made_type) && (wanted.is_some() || is_steady(&made.field)));
            let Some(mut own) = own else { return Ok(None) };
            if skipped > 0 && own.append(&ArrayData::new_null(made_type, skipped), progress).is_none() {
                return Ok(None);
            }
            out = Some((made.field.clone(), own));
        }
        let Some((field, own)) = &mut out else { return Ok(None) };
        let data = match made.data.data_type() {
            DataType::Null => ArrayData::new_null(field.data_type(), made.data.len()),
            _ => made.data,
        };
        if seen.differ.get() || own.append(&data, progress).is_none() {
            return Ok(None);
        }
    }
    let Some((field, own)) = out else {
        return Ok(Some(Made::new(ArrayData::new_null(&DataType::Null, skipped))));
    };
    Ok(own.finish().ok().map(|data| Made { field, data }))
}

/// What becomes of objects `start..end`.
fn block<'py>(
    array: &Bound<'py, PyUntypedArray>,
    mask: Option<&Bound<'py, PyUntypedArray>>,
    (start, end): (usize, usize),
    wanted: Option<&Field>,
    request: &FromRequest,
    seen: &Seen,
) -> Outcome<Made> {
    let own = export::part(array, (start, end))?;
    let mask = mask.map(|mask| export::part(mask, (start, end))).transpose()?;
    // Code that objects run can make an array another one.
    let lens = [Some(own.len()), mask.as_ref().map(PyUntypedArrayMethods::len)];
    if lens.into_iter().flatten().any(|len| len != end - start) {
        return Err(changed(&Place::Top, start));
    }
    let objects = Elements::new(&own, mask.as_ref()).objects(array.py());
    let made = column(array.py(), objects, wanted, request, &Place::Block(seen))?;
    settled(made, wanted, request, &Place::Top)
}

/// How many values there are, those in others too.
fn values(data: &ArrayData) -> usize {
    data.len() + data.child_data().iter().map(values).sum::<usize>()
}

/// Whether a type isn't made for just the values that are there.
fn is_steady(field: &Field) -> bool {
    match field.data_type() {
        DataType::Decimal128(..) | DataType::Decimal256(..) => false,
        DataType::List(item) | DataType::LargeList(item) => is_steady(item),
        _ => field.metadata().is_empty(),
    }
}

/// What the columns of the blocks were found to be, by their places: one that differs would be another one in the whole.
#[derive(Default)]
pub(super) struct Seen {
    found: RefCell<HashMap<String, Found>>,
    differ: Cell<bool>,
}

#[derive(Default)]
struct Found {
    /// Arrays of one dtype were joined there; or objects were looked at.
    arrays: bool,
    objects: bool,
    of: Option<(Option<Kind>, DataType)>,
    /// Nothing but NaN was there, which is no number then.
    nans: bool,
    /// The most digits before the point, and behind it.
    whole: i16,
    scale: i16,
}

impl Seen {
    /// Whether values take the place of the references to them, where all are read at once.
    fn is_in_place(&self, made: &DataType) -> bool {
        use Kind::{Datetime, Float, Int, Time, Timedelta};
        self.found.borrow().get("").and_then(|found| found.of.as_ref()).is_some_and(|(kind, natural)| {
            matches!(kind, Some(Int | Float | Datetime | Time | Timedelta)) && natural == made
        })
    }

    /// Notes objects of a kind, or in which there is nothing but NaN, or nothing.
    pub(super) fn note_objects(&self, path: &str, kind: Option<Kind>, nans: bool, request: &FromRequest) {
        self.note(path, |found| {
            found.objects = true;
            found.nans |= kind.is_none() && nans;
            let numbers = kind == Some(Kind::Float)
                || found.of.as_ref().is_some_and(|(kind, _)| *kind == Some(Kind::Float));
            // Beside floats NaN is one.
            found.arrays || found.nans && numbers && !request.nan_as_null
        });
    }

    /// Notes what was made of them; or, of no kind, of arrays.
    pub(super) fn note_made(&self, path: &str, kind: Option<Kind>, made: &DataType) {
        self.note(path, |found| {
            found.arrays |= kind.is_none();
            let mut of = (kind, made.clone());
            if let (
                Some(Kind::Decimal),
                DataType::Decimal128(digits, scale) | DataType::Decimal256(digits, scale),
            ) = (kind, made)
            {
                let (digits, scale) = (i16::from(*digits), i16::from(*scale));
                found.whole = found.whole.max(digits - scale);
                found.scale = found.scale.max(scale);
                of.1 = DataType::Null;
            }
            let differs = *found.of.get_or_insert_with(|| of.clone()) != of;
            // Digits that are too many for all together are refused.
            differs || found.arrays && found.objects || found.whole + found.scale > MOST_DIGITS
        });
    }

    fn note(&self, path: &str, differs: impl FnOnce(&mut Found) -> bool) {
        let differs = differs(self.found.borrow_mut().entry(path.to_owned()).or_default());
        self.differ.set(self.differ.get() || differs);
    }
}
