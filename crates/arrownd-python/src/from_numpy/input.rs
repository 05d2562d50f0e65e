//! NumPy arrays, masked arrays and dicts of them as the core's `Input`.
#![allow(unsafe_code, reason = "the core is told where NumPy keeps the elements")]

use std::sync::Arc;

use arrow_schema::DataType;
use arrownd::engine::dense::type_name::Wanted;
use arrownd::engine::dense::{Columns, Dense, Input, Options, Shape, wanted_field, wanted_values};
use arrownd::{DType, Error};
use numpy::{PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PySlice, PyString, PyTuple};
use smallvec::SmallVec;

use super::by_inference;
use super::dtype::{Kind, kind_of};
use super::intervals;
use super::masks::{Masks, borrowed, given_mask, own_masks, united};
use super::words::FromWords;
use crate::errors::{Failure, Outcome};
use crate::export;
use crate::kept::Kept;

/// Reads arrays. What the core borrows is kept by the input.
pub(super) struct Reader<'r> {
    options: &'r Options,
}

impl<'r> Reader<'r> {
    pub(super) fn new(options: &'r Options) -> Self {
        Self { options }
    }

    /// Reads what `from_numpy` was given.
    pub(super) fn read<'py>(&self, object: &Bound<'py, PyAny>, words: &FromWords<'py>) -> Outcome<Input> {
        let names = words.names()?;
        let wanted = self.options.wanted.as_ref();
        if let Ok(array) = object.cast::<PyUntypedArray>() {
            let mut masks = own_masks(array)?;
            if let Some(mask) = &words.mask {
                masks.extend(given_mask(mask, array)?);
            }
            return match names {
                Some(names) => self.named(array, masks, names, wanted),
                None => self.array(array, masks, wanted),
            };
        }
        if let Ok(arrays) = object.cast::<PyDict>() {
            if names.is_some() {
                return Err(
                    Error::Conflict("names= has no place beside a dict, which has names".to_owned()).into()
                );
            }
            return self.dict(arrays, words.mask.as_ref(), wanted);
        }
        Err(no_array(object)?.into())
    }

    /// An array with the masks of its elements.
    pub(super) fn array<'py>(
        &self,
        array: &Bound<'py, PyUntypedArray>,
        masks: Masks<'py>,
        wanted: Option<&Wanted>,
    ) -> Outcome<Input> {
        if array.ndim() == 0 {
            return Err(Error::UnsupportedType {
                path: String::new(),
                from: "an array without dimensions".to_owned(),
                to: "Arrow".to_owned(),
                remedy: "use x.reshape(1)".to_owned(),
            }
            .into());
        }
        let owner = Arc::new(Kept::new(array.clone().into_any().unbind()));
        self.part(array, masks, wanted, &owner, export::is_writeable(array), 1)
    }

    /// An array, or the field of one: `outer` dimensions belong to the records that it is in.
    fn part<'py>(
        &self,
        array: &Bound<'py, PyUntypedArray>,
        masks: Masks<'py>,
        wanted: Option<&Wanted>,
        owner: &Arc<Kept>,
        writable: bool,
        outer: usize,
    ) -> Outcome<Input> {
        match kind_of(&array.dtype())? {
            Kind::Fixed(dtype, swapped) => {
                Ok(Input::Dense(dense(array, (dtype, swapped), &masks, owner).writable(writable)))
            }
            Kind::Text(dtype) => self.inferred(array, masks, wanted, dtype, outer),
            Kind::Objects => self.inferred(array, masks, wanted, DType::Object, outer),
            Kind::Records(size) => self.records(array, masks, wanted, (owner, writable), size),
        }
    }

    /// Text and objects, which Python has to look at.
    fn inferred<'py>(
        &self,
        array: &Bound<'py, PyUntypedArray>,
        masks: Masks<'py>,
        wanted: Option<&Wanted>,
        dtype: DType,
        outer: usize,
    ) -> Outcome<Input> {
        let shape = array.shape();
        let rows_and_dims: Vec<usize> =
            std::iter::once(1).chain(shape.get(outer..).unwrap_or_default().iter().copied()).collect();
        let wanted = wanted_values(wanted, &rows_and_dims)?;
        let mask = united(masks)?;
        let made =
            by_inference(array, mask.as_ref(), &self.options.with_wanted(wanted), dtype == DType::Object)?;
        Ok(Input::Made { dtype, shape: Shape::from_slice(shape), made })
    }

    /// Records, field by field.
    fn records<'py>(
        &self,
        array: &Bound<'py, PyUntypedArray>,
        masks: Masks<'py>,
        wanted: Option<&Wanted>,
        (owner, writable): (&Arc<Kept>, bool),
        size: usize,
    ) -> Outcome<Input> {
        let shape = array.shape();
        let (mut whole, mut by_field) = (Masks::new(), Masks::new());
        for mask in masks {
            if mask.dtype().has_fields() { by_field.push(mask) } else { whole.push(mask) }
        }
        let records = wanted_values(wanted, shape)?;
        if let Some(Wanted::Field(field)) = &records
            && let DataType::Interval(unit) = field.data_type()
            && let Some(dtype) = intervals::dtype(&array.dtype(), *unit)?
        {
            let mask = intervals::mask(by_field, dtype)?;
            whole.extend(mask);
            let (array, reasons) = intervals::packed(array, dtype)?;
            let own;
            let (owner, writable) = if reasons.is_empty() {
                (owner, writable)
            } else {
                own = Arc::new(Kept::new(array.clone().into_any().unbind()));
                (&own, false)
            };
            return Ok(Input::Dense(
                dense(&array, (dtype, false), &whole, owner).writable(writable).copied(reasons),
            ));
        }
        let mut fields = Vec::new();
        for name in array.dtype().names().unwrap_or_default() {
            let own = field_of(array, &name)?;
            let mut masks = Masks::new();
            for mask in &by_field {
                masks.push(field_of(mask, &name)?);
            }
            let wanted = wanted_field(records.as_ref(), &name);
            let input = self
                .part(&own, masks, wanted.as_ref(), owner, writable, shape.len())
                .map_err(|failure| within(failure, &name))?;
            fields.push((name, input));
        }
        Ok(Input::Struct(Columns {
            dtype: Some(DType::Record(size)),
            shape: Shape::from_slice(shape),
            outer: shape.len(),
            fields,
            masks: whole.iter().map(borrowed).collect(),
        }))
    }

    /// The columns of a matrix.
    fn named<'py>(
        &self,
        array: &Bound<'py, PyUntypedArray>,
        masks: Masks<'py>,
        names: Vec<String>,
        wanted: Option<&Wanted>,
    ) -> Outcome<Input> {
        let &[rows, columns] = array.shape() else {
            return Err(PyValueError::new_err(format!(
                "names= is for an array of two dimensions, and this one has {}",
                array.ndim()
            ))
            .into());
        };
        if names.len() != columns {
            return Err(PyValueError::new_err(format!(
                "names has {} names, and the array has {columns} columns",
                names.len()
            ))
            .into());
        }
        let owner = Arc::new(Kept::new(array.clone().into_any().unbind()));
        let writable = export::is_writeable(array);
        let (kind, descr) = (kind_of(&array.dtype())?, array.dtype());
        if let (Kind::Fixed(dtype, swapped), true) = (&kind, masks.is_empty()) {
            let whole = dense(array, (*dtype, *swapped), &masks, &owner).writable(writable);
            let nothing = || Error::BadValue("names= is for a matrix".to_owned());
            return Ok(Input::Struct(whole.columns(names).ok_or_else(nothing)?));
        }
        let dtype = match &kind {
            Kind::Fixed(dtype, _) | Kind::Text(dtype) => *dtype,
            Kind::Objects => DType::Object,
            Kind::Records(_) => {
                return Err(Error::Conflict(format!(
                    "names= has no place beside {descr}, whose fields have names"
                ))
                .into());
            }
        };
        let mut fields = Vec::with_capacity(columns);
        for (i, name) in names.into_iter().enumerate() {
            let mut own_masks = Masks::new();
            for mask in &masks {
                own_masks.push(column(mask, i)?);
            }
            let own = column(array, i)?;
            let wanted = wanted_field(wanted, &name);
            let input = self
                .part(&own, own_masks, wanted.as_ref(), &owner, writable, 1)
                .map_err(|failure| within(failure, &name))?;
            fields.push((name, input));
        }
        Ok(Input::Struct(Columns {
            dtype: Some(dtype),
            shape: Shape::from_slice(&[rows, columns]),
            outer: 1,
            fields,
            masks: SmallVec::new(),
        }))
    }

    /// Arrays by name.
    fn dict<'py>(
        &self,
        arrays: &Bound<'py, PyDict>,
        mask: Option<&Bound<'py, PyAny>>,
        wanted: Option<&Wanted>,
    ) -> Outcome<Input> {
        let by_name = mask.and_then(|mask| mask.cast::<PyDict>().ok());
        if let Some(by_name) = by_name {
            for name in by_name.keys() {
                if !arrays.contains(&name)? {
                    return Err(PyValueError::new_err(format!(
                        "mask has a field {}, and the arrays haven't",
                        name.repr()?
                    ))
                    .into());
                }
            }
        } else if let Some(mask) = mask {
            return Err(PyTypeError::new_err(format!(
                "mask is a {}, and beside a dict of arrays it is a dict of masks by name",
                mask.get_type().name()?
            ))
            .into());
        }
        let mut fields = Vec::with_capacity(arrays.len());
        let mut rows = None;
        for (key, value) in arrays {
            let Ok(name) = key.cast::<PyString>() else {
                return Err(PyTypeError::new_err(format!(
                    "the names of fields are str, and {} isn't",
                    key.repr()?
                ))
                .into());
            };
            let name = name.to_string();
            let mask = by_name.map(|masks| masks.get_item(&key)).transpose()?.flatten();
            let wanted = wanted_field(wanted, &name);
            let input = self
                .field(&value, mask.as_ref(), wanted.as_ref())
                .map_err(|failure| within(failure, &name))?;
            let len = match &input {
                Input::Struct(columns) => columns.shape.first().copied().unwrap_or(0),
                Input::Dense(_) | Input::Made { .. } => value
                    .cast::<PyUntypedArray>()
                    .map_or(0, |array| array.shape().first().copied().unwrap_or(0)),
            };
            rows.get_or_insert(len);
            fields.push((name, input));
        }
        Ok(Input::Struct(Columns {
            dtype: None,
            shape: Shape::from_slice(&[rows.unwrap_or(0)]),
            outer: 1,
            fields,
            masks: SmallVec::new(),
        }))
    }

    /// One value of a dict.
    fn field<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        mask: Option<&Bound<'py, PyAny>>,
        wanted: Option<&Wanted>,
    ) -> Outcome<Input> {
        if let Ok(arrays) = value.cast::<PyDict>() {
            return self.dict(arrays, mask, wanted);
        }
        let Ok(array) = value.cast::<PyUntypedArray>() else { return Err(no_array(value)?.into()) };
        let mut masks = own_masks(array)?;
        if let Some(mask) = mask {
            masks.extend(given_mask(mask, array)?);
        }
        self.array(array, masks, wanted)
    }
}

/// The error, in a field.
fn within(failure: Failure, name: &str) -> Failure {
    match failure {
        Failure::Core(error) => Failure::Core(error.within(name)),
        other => other,
    }
}

/// An array of fixed-width values where NumPy keeps it.
fn dense(
    array: &Bound<'_, PyUntypedArray>,
    (dtype, swapped): (DType, bool),
    masks: &Masks<'_>,
    owner: &Arc<Kept>,
) -> Dense {
    let (ptr, shape, strides) = (export::address(array).as_ptr(), array.shape(), array.strides());
    // SAFETY: NumPy's shape and strides describe memory that the array keeps alive, and the owner keeps the array
    // or the one that it is a part of.
    let dense = unsafe { Dense::new(ptr, dtype, swapped, shape, strides, Arc::clone(owner) as _) };
    masks.iter().fold(dense, |dense, mask| dense.masked(borrowed(mask)))
}

/// One field of records, as `np.ndarray` has it: subclasses have ideas of their own.
pub(super) fn field_of<'py>(
    array: &Bound<'py, PyUntypedArray>,
    name: &str,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    item(array, &PyString::new(array.py(), name).into_any())
}

/// One column of a matrix.
fn column<'py>(array: &Bound<'py, PyUntypedArray>, i: usize) -> PyResult<Bound<'py, PyUntypedArray>> {
    let py = array.py();
    let index = PyTuple::new(py, [PySlice::full(py).into_any(), i.into_pyobject(py)?.into_any()])?;
    item(array, &index.into_any())
}

fn item<'py>(
    array: &Bound<'py, PyUntypedArray>,
    index: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    static PLAIN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = array.py();
    let plain = PLAIN
        .get_or_try_init(py, || py.import(intern!(py, "numpy"))?.getattr("ndarray").map(Bound::unbind))?;
    // A plain view first: the items of a masked array or a matrix are none.
    let array = if array.get_type().is(plain.bind(py)) {
        array.clone().into_any()
    } else {
        plain.bind(py).call_method1(intern!(py, "view"), (array, plain))?
    };
    Ok(array.get_item(index)?.cast_into::<PyUntypedArray>()?)
}

/// What to pass instead of something that is no array.
fn no_array(object: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let py = object.py();
    let class = object.get_type().fully_qualified_name()?;
    let arrow = object.hasattr(intern!(py, "__arrow_c_array__"))?
        || object.hasattr(intern!(py, "__arrow_c_stream__"))?;
    let hint = if arrow {
        "it is Arrow data already: pass it to its consumer as it is"
    } else if object.is_instance(&py.import("numpy")?.getattr("generic")?)? {
        "pass np.asarray([x])"
    } else {
        "pass np.asarray(x)"
    };
    Ok(PyTypeError::new_err(format!("{class} is no NumPy array: {hint}")))
}
