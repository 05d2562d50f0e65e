//! The words of the public signatures, in the core's terms.

use arrownd::engine::{Fills, Lists, Nulls, Options, OutSpec, Outs};
use arrownd::{DType, Error, Order};
use numpy::{PyArrayDescr, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{Borrowed, FromPyObject};

use crate::dtypes::{self, Wanted};
use crate::errors::Outcome;
use crate::export;
use crate::fills::fill;

/// An argument that can be left out, where None is a value.
pub(crate) enum Given<'py> {
    Unset,
    Value(Bound<'py, PyAny>),
}

impl Given<'_> {
    /// What was given, to be kept beyond the call.
    pub(crate) fn kept(self) -> Option<Py<PyAny>> {
        match self {
            Self::Unset => None,
            Self::Value(value) => Some(value.unbind()),
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Given<'py> {
    type Error = PyErr;
    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Value(object.to_owned()))
    }
}

/// The keyword arguments as they came.
pub(crate) struct Words<'py> {
    pub(crate) dtype: Option<Bound<'py, PyAny>>,
    pub(crate) allow_copy: bool,
    pub(crate) writable: bool,
    pub(crate) nulls: Option<Bound<'py, PyAny>>,
    pub(crate) na_value: Given<'py>,
    pub(crate) columns: Option<Bound<'py, PyAny>>,
    pub(crate) lists: Given<'py>,
    pub(crate) pad_to: Option<isize>,
    pub(crate) structured: bool,
    pub(crate) order: Option<Bound<'py, PyAny>>,
    pub(crate) out: Option<Bound<'py, PyAny>>,
    pub(crate) safe: bool,
}

impl Words<'_> {
    /// The first word that was given, of those that only the way to NumPy has.
    pub(crate) fn given(&self) -> Option<&'static str> {
        [
            (self.dtype.is_some(), "dtype="),
            (self.writable, "writable="),
            (self.nulls.is_some(), "nulls="),
            (matches!(self.na_value, Given::Value(_)), "na_value="),
            (self.columns.is_some(), "columns="),
            (matches!(self.lists, Given::Value(_)), "lists="),
            (self.pad_to.is_some(), "pad_to="),
            (self.structured, "structured="),
            (self.order.is_some(), "order="),
            (self.out.is_some(), "out="),
        ]
        .iter()
        .find_map(|(given, word)| given.then_some(*word))
    }

    /// Whether nothing is asked for that a plain view could be against.
    pub(crate) fn are_plain(&self) -> bool {
        !self.writable
            && !self.structured
            && self.dtype.is_none()
            && self.nulls.as_ref().is_none_or(|word| word.extract::<&str>().is_ok_and(|word| word == "nan"))
            && matches!(self.na_value, Given::Unset)
            && matches!(self.lists, Given::Unset)
            && self.columns.is_none()
            && self.pad_to.is_none()
            && self.order.is_none()
            && self.out.is_none()
    }
}

/// What the words mean, with the Python objects that the core can't hold.
pub(crate) struct Request<'py> {
    pub(crate) options: Options,
    /// A dtype that nothing here makes, and what to do instead: refused once the source is known.
    pub(crate) unmade: Option<(String, &'static str)>,
    /// The dtype object that was asked for, where the core's dtype doesn't say all of it: a StringDType has
    /// an `na_object`, records have padding and titles.
    pub(crate) descr: Option<Bound<'py, PyArrayDescr>>,
    pub(crate) na_values: NaValues<'py>,
    pub(crate) out: Option<Out<'py>>,
}

impl Request<'_> {
    /// Options without a word of Python's beside them.
    pub(crate) fn plain(options: Options) -> Self {
        Self { options, unmade: None, descr: None, na_values: NaValues::Unset, out: None }
    }
}

/// The fill as Python has it: for results of objects.
pub(crate) enum NaValues<'py> {
    Unset,
    All(Bound<'py, PyAny>),
    Fields(Bound<'py, PyDict>),
}

impl<'py> Request<'py> {
    /// NumPy's object for the dtype of a plan's result.
    pub(crate) fn descriptor(
        &self,
        py: Python<'py>,
        plan: &arrownd::Plan,
    ) -> PyResult<Bound<'py, PyArrayDescr>> {
        match (plan.dtype(), &self.descr) {
            (Some(DType::Strings { .. }), Some(descr)) => Ok(descr.clone()),
            // A record in the records has a dtype of its own.
            (Some(DType::Record(_)), Some(descr)) if plan.name().is_none() => Ok(descr.clone()),
            _ => dtypes::of_plan(py, plan),
        }
    }
}

impl<'py> NaValues<'py> {
    /// The fill of the field at a path, None where there is none.
    pub(crate) fn of(&self, py: Python<'py>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        Ok(match self {
            Self::All(value) => value.clone(),
            Self::Fields(fields) => {
                for (name, value) in fields {
                    let name: String = name.extract()?;
                    if path.strip_prefix(&name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) {
                        return Ok(value);
                    }
                }
                py.None().into_bound(py)
            }
            Self::Unset => py.None().into_bound(py),
        })
    }
}

/// Where the caller wants the result.
pub(crate) enum Out<'py> {
    One(Bound<'py, PyUntypedArray>),
    Pair(Bound<'py, PyUntypedArray>, Option<Bound<'py, PyUntypedArray>>),
    Fields(Vec<(String, Bound<'py, PyUntypedArray>)>),
}

/// Which function is called: they differ in what `out` and `nulls` may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    ToNumpy,
    ToColumns,
    ToMasked,
    ToRagged,
    Explain,
}

fn bad_word(option: &str, found: &Bound<'_, PyAny>, known: &str) -> PyErr {
    let found = found.repr().map(|r| r.to_string()).unwrap_or_default();
    PyValueError::new_err(format!("{option}={found}: it is one of {known}"))
}

pub(crate) fn request<'py>(py: Python<'py>, words: Words<'py>, caller: Caller) -> Outcome<Request<'py>> {
    let mut options = Options {
        allow_copy: words.allow_copy,
        writable: words.writable,
        safe: words.safe,
        ..Options::default()
    };
    let (mut unmade, mut descr) = (None, None);
    if let Some(dtype) = &words.dtype {
        match dtypes::parse(dtype)? {
            Wanted::Record(record, dtype) => {
                options.structured = true;
                options.record = Some(record);
                descr = Some(dtype);
            }
            Wanted::Known(known) => {
                options.dtype = Some(known);
                if matches!(known, DType::Strings { .. }) {
                    descr = Some(dtypes::object(dtype)?);
                }
            }
            Wanted::Unmade(dtype, remedy) => unmade = Some((dtype, remedy)),
        }
    }
    if let Some(nulls) = &words.nulls {
        options.nulls = match nulls.extract::<&str>().unwrap_or_default() {
            "nan" => Nulls::Nan,
            "masked" => Nulls::Masked,
            "raise" => Nulls::Raise,
            _ => return Err(bad_word("nulls", nulls, "\"nan\", \"masked\", \"raise\"").into()),
        };
    }
    if let Some(order) = &words.order {
        options.order = match order.extract::<&str>().unwrap_or_default() {
            "F" => Order::F,
            "C" => Order::C,
            _ => return Err(bad_word("order", order, "\"F\", \"C\"").into()),
        };
    }
    if let Given::Value(lists) = &words.lists {
        options.lists = match lists.extract::<&str>().unwrap_or_default() {
            "dense" => Some(Lists::Dense),
            "object" => Some(Lists::Object),
            "pad" => Some(Lists::Pad),
            _ => return Err(bad_word("lists", lists, "\"dense\", \"object\", \"pad\"").into()),
        };
    }
    options.pad_to = match words.pad_to.map(usize::try_from) {
        None => None,
        Some(Ok(length)) => Some(length),
        Some(Err(_)) => {
            return Err(Error::BadValue("pad_to is a length, and can't be negative".to_owned()).into());
        }
    };
    options.structured |= words.structured;
    if words.pad_to.is_some() && options.lists != Some(Lists::Pad) {
        return Err(Error::Conflict("pad_to has no place without lists=\"pad\"".to_owned()).into());
    }
    if let Some(columns) = &words.columns {
        if columns.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err("columns is a list of names, not one name").into());
        }
        options.columns = Some(columns.extract::<Vec<String>>().or_else(|_| {
            columns.try_iter()?.map(|name| name?.extract::<String>()).collect::<PyResult<Vec<_>>>()
        })?);
    }
    let mut na_values = NaValues::Unset;
    if let Given::Value(value) = words.na_value {
        if let Ok(fields) = value.cast::<PyDict>() {
            let mut fills = Vec::with_capacity(fields.len());
            for (name, value) in fields {
                fills.push((name.extract::<String>()?, fill(&value)?));
            }
            options.na_value = Some(Fills::Fields(fills));
            na_values = NaValues::Fields(fields.clone());
        } else {
            options.na_value = Some(Fills::All(fill(&value)?));
            na_values = NaValues::All(value);
        }
    }
    if caller == Caller::ToRagged {
        let given = [(words.out.is_some(), "out="), (options.lists.is_some(), "lists=")];
        if let Some((_, word)) = given.iter().find(|(given, _)| *given) {
            return Err(Error::Conflict(format!("{word} has no place in to_ragged: leave it out")).into());
        }
    }
    let out = words.out.map(|out| read_out(py, &out, caller)).transpose()?;
    if out.is_some() && caller == Caller::ToNumpy && options.nulls == Nulls::Masked {
        return Err(Error::Conflict(
            "out= has no place beside nulls=\"masked\": to_masked takes a pair of arrays".to_owned(),
        )
        .into());
    }
    match &out {
        None => {}
        Some(Out::One(array)) => options.out = Some(Outs::One(spec(array)?)),
        Some(Out::Pair(values, mask)) => {
            options.out = Some(Outs::One(spec(values)?));
            options.out_mask = mask.as_ref().map(spec).transpose()?;
        }
        Some(Out::Fields(fields)) => {
            let specs = fields.iter().map(|(name, array)| Ok((name.clone(), spec(array)?)));
            options.out = Some(Outs::Fields(specs.collect::<Outcome<Vec<_>>>()?));
        }
    }
    if matches!(options.dtype, Some(DType::Strings { .. })) {
        check_strings(out.as_ref(), descr.as_ref())?;
    }
    options.record_masks = caller != Caller::ToMasked;
    Ok(Request { options, unmade, descr, na_values, out })
}

/// Refuses an `out` of a StringDType with another `na_object`: they are one dtype to the core.
fn check_strings(out: Option<&Out<'_>>, strings: Option<&Bound<'_, PyArrayDescr>>) -> Outcome<()> {
    let Some(wanted) = strings else { return Ok(()) };
    let arrays: Vec<&Bound<'_, PyUntypedArray>> = match out {
        None => Vec::new(),
        Some(Out::One(array) | Out::Pair(array, _)) => vec![array],
        Some(Out::Fields(fields)) => fields.iter().map(|(_, array)| array).collect(),
    };
    for array in arrays {
        let found = array.dtype();
        if !found.eq(wanted)? {
            return Err(Error::BadValue(format!(
                "out has dtype {found}, and the result has dtype {wanted}: pass an array of that dtype"
            ))
            .into());
        }
    }
    Ok(())
}

fn spec(array: &Bound<'_, PyUntypedArray>) -> Outcome<OutSpec> {
    match dtypes::parse(array.dtype().as_any())? {
        Wanted::Known(dtype) => Ok(OutSpec { dtype, shape: array.shape().to_vec(), record: None }),
        Wanted::Record(record, _) => Ok(OutSpec {
            dtype: DType::Record(record.itemsize),
            shape: array.shape().to_vec(),
            record: Some(record),
        }),
        Wanted::Unmade(dtype, _) => {
            Err(Error::BadValue(format!("out has dtype {dtype}, which no result has here")).into())
        }
    }
}

fn out_array<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    let array = object.cast::<PyUntypedArray>().map_err(|_| {
        let kind = object.get_type().name().map(|n| n.to_string()).unwrap_or_default();
        PyTypeError::new_err(format!("out is a {kind}, and has to be a NumPy array"))
    })?;
    if object.hasattr("mask")? {
        return Err(PyTypeError::new_err("out is a masked array: pass its data and mask to to_masked"));
    }
    if !export::is_writeable(array) {
        return Err(PyValueError::new_err("out is read-only: pass a writable array"));
    }
    Ok(array.clone())
}

fn read_out<'py>(py: Python<'py>, out: &Bound<'py, PyAny>, caller: Caller) -> Outcome<Out<'py>> {
    if let Ok(fields) = out.cast::<PyDict>() {
        if !matches!(caller, Caller::ToColumns | Caller::Explain) {
            return Err(PyTypeError::new_err("out is a dict, which only to_columns takes").into());
        }
        let mut arrays = Vec::with_capacity(fields.len());
        for (name, array) in fields {
            arrays.push((name.extract::<String>()?, out_array(&array)?));
        }
        return Ok(Out::Fields(arrays));
    }
    if caller == Caller::ToColumns {
        return Err(PyTypeError::new_err("out of to_columns is a dict of arrays by field name").into());
    }
    if let (Ok(pair), Caller::ToMasked | Caller::Explain) = (out.cast::<PyTuple>(), caller) {
        let (values, mask): (Bound<'py, PyAny>, Bound<'py, PyAny>) = pair.extract()?;
        let mask = if mask.is(py.None()) { None } else { Some(out_array(&mask)?) };
        return Ok(Out::Pair(out_array(&values)?, mask));
    }
    if caller == Caller::ToMasked {
        return Err(PyTypeError::new_err("out of to_masked is a pair (values, mask)").into());
    }
    Ok(Out::One(out_array(out)?))
}
