//! One column of objects: of which kind they are, and what makes an array of them.

use arrow_buffer::NullBuffer;
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::Error;
use arrownd::engine::dense::Made;
use arrownd::engine::dense::cast::cast;
use pyo3::prelude::*;
use pyo3::types::PyFloat;

use super::kinds::{Class, Classes, Kind, type_name};
use super::place::Place;
use super::{decimals, lists, numbers, octets, records, ticks, times};
use crate::errors::{Failure, Outcome};
use crate::from_numpy::FromRequest;
use crate::kept::NumpyMemory;

/// Objects, None where nothing is.
pub(super) type Objects<'py> = Vec<Option<Bound<'py, PyAny>>>;

/// What is known of a column of objects of one kind.
pub(super) struct Column<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) len: usize,
    /// Where values are; None if all are.
    pub(super) nulls: Option<NullBuffer>,
    /// The type that was asked for.
    pub(super) wanted: Option<&'a Field>,
    pub(super) request: &'a FromRequest,
    pub(super) place: &'a Place<'a>,
}

/// The values that are there, with their positions.
pub(super) fn there<'o, 'py>(
    objects: &'o [Option<Bound<'py, PyAny>>],
) -> impl Iterator<Item = (usize, &'o Bound<'py, PyAny>)> {
    objects.iter().enumerate().filter_map(|(at, object)| Some((at, object.as_ref()?)))
}

impl<'py> Column<'_, 'py> {
    pub(super) fn wanted_type(&self) -> Option<&DataType> {
        self.wanted.map(Field::data_type)
    }

    /// An array of fixed-width values, zero where nothing is.
    pub(super) fn fixed<T: arrow_buffer::ArrowNativeType>(
        &self,
        values: Vec<T>,
        field: Field,
    ) -> Outcome<Made> {
        let builder = ArrayData::builder(DataType::Null).len(values.len()).nulls(self.nulls.clone());
        super::build(builder.add_buffer(arrow_buffer::Buffer::from_vec(values)), field)
    }

    /// One value each, made by `make`: in the memory of the references where values aren't larger than these, which
    /// is what an iterator of a vector does that is collected, and otherwise while that memory is given back.
    pub(super) fn map<T: Default>(
        &self,
        objects: Objects<'py>,
        mut make: impl FnMut(usize, &Bound<'py, PyAny>) -> Outcome<T>,
    ) -> Outcome<Vec<T>> {
        let mut value = |(at, object): (usize, Option<Bound<'py, PyAny>>)| match object {
            Some(object) => make(at, &object),
            None => Ok(T::default()),
        };
        if size_of::<T>() <= size_of::<Option<Bound<'py, PyAny>>>() {
            return objects.into_iter().enumerate().map(value).collect();
        }
        let mut values = Vec::with_capacity(objects.len());
        for next in drained(objects).enumerate() {
            values.push(value(next)?);
        }
        Ok(values)
    }
}

/// The objects in order, whose references give their memory back meanwhile: some of it after every so many.
pub(super) fn drained(mut objects: Objects<'_>) -> impl Iterator<Item = Option<Bound<'_, PyAny>>> {
    const SOME: usize = 1 << 15;
    // Memory is given back from the end.
    objects.reverse();
    std::iter::from_fn(move || {
        let next = objects.pop();
        if objects.len().is_multiple_of(SOME) {
            objects.shrink_to_fit();
        }
        next
    })
}

/// What is wanted of the values, where a dictionary or runs of them are.
pub(super) fn values_of(wanted: Option<&Field>) -> Option<Field> {
    match wanted.map(|field| (field, field.data_type()))? {
        (_, DataType::Dictionary(_, values)) => Some(Field::new("", values.as_ref().clone(), true)),
        (_, DataType::RunEndEncoded(_, values)) => Some(values.as_ref().clone()),
        (field, _) => Some(field.clone()),
    }
}

/// An array of objects, of the type that their values have; `wanted` steers where more than one would do.
pub(super) fn column<'py>(
    py: Python<'py>,
    mut objects: Objects<'py>,
    wanted: Option<&Field>,
    request: &FromRequest,
    place: &Place<'_>,
) -> Outcome<Made> {
    place.check_depth()?;
    let wanted = values_of(wanted);
    let wanted = wanted.as_ref();
    let (kind, nans) = kind(py, &mut objects, wanted, place)?;
    let seen = place.seen();
    if let Some((seen, path)) = &seen {
        seen.note_objects(path, kind, !nans.is_empty(), request);
    }
    if kind != Some(Kind::Float) || request.nan_as_null {
        for at in nans {
            if let Some(object) = objects.get_mut(at) {
                *object = None;
            }
        }
    }
    let missing = objects.iter().any(Option::is_none);
    let nulls = missing.then(|| objects.iter().map(Option::is_some).collect::<NullBuffer>());
    let column = Column { py, len: objects.len(), nulls, wanted, request, place };
    let Some(kind) = kind else { return Ok(nothing(&column)) };
    let made = match kind {
        Kind::Bool => numbers::bools(&column, objects),
        Kind::Int => numbers::ints(&column, objects),
        Kind::Float => numbers::floats(&column, objects),
        Kind::Complex => numbers::complexes(&column, objects),
        Kind::Decimal => decimals::decimals(&column, objects),
        Kind::Text => octets::texts(&column, objects),
        Kind::Bytes => octets::bytes(&column, objects),
        Kind::Date => times::dates(&column, objects),
        Kind::Datetime => times::datetimes(&column, objects),
        Kind::Time => times::times(&column, objects),
        Kind::Timedelta => times::timedeltas(&column, objects),
        Kind::Datetime64 | Kind::Timedelta64 => ticks::ticks(&column, objects),
        Kind::Uuid => octets::uuids(&column, objects),
        Kind::List => lists::lists(column, objects),
        Kind::Dict => records::dicts(column, objects),
    }?;
    if let Some((seen, path)) = &seen {
        seen.note_made(path, Some(kind), made.field.data_type());
    }
    Ok(made)
}

/// A column inside of another, as exactly the type that was asked for.
pub(super) fn child<'py>(
    py: Python<'py>,
    objects: Objects<'py>,
    wanted: Option<&Field>,
    request: &FromRequest,
    place: &Place<'_>,
) -> Outcome<Made> {
    let made = column(py, objects, wanted, request, place)?;
    settled(made, wanted, request, place)
}

/// What was made, as exactly the type that was asked for.
pub(super) fn settled(
    made: Made,
    wanted: Option<&Field>,
    request: &FromRequest,
    place: &Place<'_>,
) -> Outcome<Made> {
    match wanted {
        Some(wanted) => cast(made, wanted, request.safe, &mut NumpyMemory)
            .map_err(|error| place.moved(Failure::Core(error), 0)),
        None => Ok(made),
    }
}

/// The kind that all objects are of, None where nothing is, and where floats are NaN. Clears what stands
/// for something missing.
fn kind<'py>(
    py: Python<'py>,
    objects: &mut [Option<Bound<'py, PyAny>>],
    wanted: Option<&Field>,
    place: &Place<'_>,
) -> Outcome<(Option<Kind>, Vec<usize>)> {
    let mut classes = Classes::new(py);
    let mut first: [Option<usize>; Kind::COUNT] = [None; Kind::COUNT];
    let mut nans = Vec::new();
    for (at, slot) in objects.iter_mut().enumerate() {
        let Some(object) = slot else { continue };
        match classes.of(object)? {
            Class::Missing => *slot = None,
            Class::Of(Kind::Float) if is_nan(object)? => nans.push(at),
            Class::Of(kind) => {
                if let Some(seen @ None) = first.get_mut(kind as usize) {
                    *seen = Some(at);
                }
            }
            Class::Unknown => {
                let from = format!("objects of {} at {}", type_name(object), place.name(at));
                return Err(place.unsupported(from, "an Arrow type", unknown_remedy(object)));
            }
        }
    }
    let to = wanted.map(Field::data_type);
    let float = to.is_some_and(is_float);
    let decimal = to.is_some_and(is_decimal);
    let mut kinds: Vec<(Kind, usize)> =
        ALL.iter().filter_map(|kind| Some((*kind, first.get(*kind as usize).copied().flatten()?))).collect();
    kinds.sort_by_key(|(_, at)| *at);
    let kind = match kinds.as_slice() {
        // Under another type, NaN alone is what it would be beside values of that type.
        [] => (!nans.is_empty() && (float || wanted.is_none())).then_some(Kind::Float),
        [(Kind::Int, _)] if decimal => Some(Kind::Decimal),
        // Beside ints that become floats NaN is one.
        [(Kind::Int, _)] if float && !nans.is_empty() => Some(Kind::Float),
        [(kind, _)] => Some(*kind),
        [(Kind::Int | Kind::Float, _), (Kind::Int | Kind::Float, _)] if float => Some(Kind::Float),
        [(Kind::Int | Kind::Decimal, _), (Kind::Int | Kind::Decimal, _)] if decimal => Some(Kind::Decimal),
        [(a, first), (b, second), ..] => {
            let name =
                |at: usize| objects.get(at).and_then(Option::as_ref).map(type_name).unwrap_or_default();
            let remedy = match (a, b) {
                (Kind::Int | Kind::Float, Kind::Int | Kind::Float) => {
                    "pass type=\"float64\" to make floats of all, or mask= for those that are none"
                }
                (Kind::Int | Kind::Decimal, Kind::Int | Kind::Decimal) => {
                    "pass type=\"decimal128(38, 10)\" or the like, or mask= for those that are none"
                }
                _ => "make them of one kind, or pass mask= for those that are no values",
            };
            return Err(place.mixed((*first, &name(*first)), (*second, &name(*second)), remedy));
        }
    };
    Ok((kind, nans))
}

const ALL: [Kind; Kind::COUNT] = [
    Kind::Bool,
    Kind::Int,
    Kind::Float,
    Kind::Complex,
    Kind::Decimal,
    Kind::Text,
    Kind::Bytes,
    Kind::Date,
    Kind::Datetime,
    Kind::Time,
    Kind::Timedelta,
    Kind::Datetime64,
    Kind::Timedelta64,
    Kind::Uuid,
    Kind::List,
    Kind::Dict,
];

pub(super) fn is_float(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float16 | DataType::Float32 | DataType::Float64)
}

pub(super) fn is_decimal(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..)
    )
}

fn is_nan(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    match object.cast::<PyFloat>() {
        Ok(float) => Ok(float.value().is_nan()),
        // NumPy's other floats.
        Err(_) => object.ne(object),
    }
}

fn unknown_remedy(object: &Bound<'_, PyAny>) -> &'static str {
    if object.hasattr("__arrow_c_array__").unwrap_or(false)
        || object.hasattr("__arrow_c_stream__").unwrap_or(false)
        || object.hasattr("__array__").unwrap_or(false)
    {
        "pass a list or a NumPy array of each, or mask= for those that are no values"
    } else {
        "convert them first, or pass mask= for those that are no values"
    }
}

/// A column in which nothing is.
fn nothing(column: &Column<'_, '_>) -> Made {
    let field = match column.wanted {
        Some(wanted) => wanted.clone().with_name("").with_nullable(true),
        None => Field::new("", DataType::Null, true),
    };
    let data = ArrayData::new_null(field.data_type(), column.len);
    Made { field: field.into(), data }
}

/// The error of a value that was another one when it was first looked at.
pub(super) fn changed(place: &Place<'_>, at: usize) -> Failure {
    Failure::Core(Error::BadValue(format!("the object at {} changed while it was read", place.name(at))))
}
