//! Lists, tuples and arrays in cells: a list of their items, which are a column of their own.

use std::sync::Arc;

use arrow_buffer::{Buffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::{DataType, Field};
use arrownd::engine::dense::Made;
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::build;
use super::column::{Column, Objects, changed, child, settled};
use super::place::Place;
use super::snapshot::{Elements, joined};
use super::{intervals, records};
use crate::errors::Outcome;
use crate::from_numpy::{FromRequest, values};

/// list, or large_list where the items are too many for that.
pub(super) fn lists<'py>(column: Column<'_, 'py>, mut objects: Objects<'py>) -> Outcome<Made> {
    if let Some(DataType::Map(entries, _)) = column.wanted_type() {
        let entries = entries.clone();
        return records::maps(&column, &objects, &entries);
    }
    if let Some(DataType::Interval(unit)) = column.wanted_type() {
        return intervals::intervals(&column, objects, *unit);
    }
    let Column { py, len, nulls, wanted, request, place } = column;
    let wanted = match wanted.map(Field::data_type) {
        Some(
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _),
        ) => Some(item.as_ref()),
        _ => None,
    };
    for (at, object) in objects.iter_mut().enumerate() {
        if let Some(cell) = object
            && let Ok(array) = cell.cast::<PyUntypedArray>()
        {
            *object = Some(plain(array, at, place)?);
        }
    }
    if let Some((flat, starts)) = concatenated(py, &objects)? {
        drop(objects);
        let place = Place::Items(place, &starts);
        let request = FromRequest { wanted: None, ..request.clone() };
        let items = values(&flat, None, &request).map_err(|failure| place.moved(failure, 0))?;
        let items = settled(items, wanted, &request, &place)?;
        return list(len, nulls, &starts, items);
    }
    let mut items = Vec::new();
    let starts = objects.into_iter().enumerate().map(|(at, object)| {
        let start = items.len();
        if let Some(object) = object {
            extend(py, &mut items, &object, at, place)?;
        }
        Ok(start)
    });
    // In the memory of the references to the lists.
    let starts = starts.collect::<Outcome<Vec<usize>>>()?;
    let place = Place::Items(place, &starts);
    let items = child(py, items, wanted, request, &place)?;
    list(len, nulls, &starts, items)
}

/// An array as NumPy's own class, or a masked one as it is.
fn plain<'py>(
    array: &Bound<'py, PyUntypedArray>,
    at: usize,
    place: &Place<'_>,
) -> Outcome<Bound<'py, PyAny>> {
    if array.ndim() == 0 {
        return Err(place.unsupported(
            format!("a 0-d array at {}", place.name(at)),
            "a list",
            "pass its item()",
        ));
    }
    let py = array.py();
    if array.get_type().is(py.get_type::<PyUntypedArray>()) || is_masked(array)? {
        return Ok(array.clone().into_any());
    }
    Ok(py.import("numpy")?.call_method1("asarray", (array,))?)
}

fn is_masked(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    array.is_instance(&array.py().import("numpy")?.getattr("ma")?.getattr("MaskedArray")?)
}

/// The items of cells that are all arrays of one dimension and one kind of dtype, one after the other in
/// one array, and where each cell's begin; None for others.
fn concatenated<'py>(
    py: Python<'py>,
    objects: &[Option<Bound<'py, PyAny>>],
) -> Outcome<Option<(Bound<'py, PyUntypedArray>, Vec<usize>)>> {
    let class = py.get_type::<PyUntypedArray>();
    let (mut starts, mut total) = (Vec::with_capacity(objects.len()), 0);
    let (mut cells, mut empty) = (Vec::new(), Vec::new());
    for object in objects {
        starts.push(total);
        let Some(object) = object else { continue };
        let Ok(array) = object.cast::<PyUntypedArray>() else { return Ok(None) };
        if array.ndim() != 1 || array.dtype().kind() == b'O' || !array.get_type().is(&class) {
            return Ok(None);
        }
        total += array.len();
        // What an empty array would hold counts where all are empty.
        if array.is_empty() { &mut empty } else { &mut cells }.push(array);
    }
    let cells = if cells.is_empty() { empty } else { cells };
    let numpy = py.import("numpy")?;
    let (mut common, mut one): (Option<Bound<'py, PyAny>>, bool) = (None, true);
    for cell in &cells {
        let dtype = cell.dtype().into_any();
        common = Some(match common {
            None => dtype,
            Some(common) if common.is(&dtype) || common.eq(&dtype)? => common,
            Some(common) => {
                let kind = |dtype: &Bound<'_, PyAny>| -> PyResult<char> {
                    let kind: char = dtype.getattr("kind")?.extract()?;
                    Ok(if kind == 'u' { 'i' } else { kind })
                };
                let own = kind(&dtype)?;
                if own != kind(&common)? || !['i', 'f', 'c', 'S', 'U'].contains(&own) {
                    return Ok(None);
                }
                let both = numpy.call_method1("result_type", (&common, &dtype))?;
                if kind(&both)? != own {
                    return Ok(None);
                }
                one = false;
                both
            }
        });
    }
    let Some(common) = common else { return Ok(None) };
    let descr = common.cast::<PyArrayDescr>().map_err(PyErr::from)?;
    if one && matches!(descr.kind(), b'b' | b'i' | b'u' | b'f' | b'c' | b'm' | b'M' | b'S' | b'U') {
        return Ok(joined(&cells, descr.clone(), total)?.map(|flat| (flat, starts)));
    }
    let options = PyDict::new(py);
    options.set_item("dtype", common)?;
    options.set_item("casting", "safe")?;
    let flat = numpy.getattr("concatenate")?.call((cells,), Some(&options))?;
    let flat = flat.cast_into::<PyUntypedArray>().map_err(PyErr::from)?;
    // Other threads could have changed the arrays meanwhile.
    Ok((flat.len() == total).then_some((flat, starts)))
}

/// Appends the items of a list, a tuple or an array.
pub(super) fn extend<'py>(
    py: Python<'py>,
    items: &mut Vec<Option<Bound<'py, PyAny>>>,
    object: &Bound<'py, PyAny>,
    at: usize,
    place: &Place<'_>,
) -> Outcome<()> {
    let some = |item: Bound<'py, PyAny>| (!item.is_none()).then_some(item);
    if let Ok(list) = object.cast::<PyList>() {
        items.extend(list.iter().map(some));
    } else if let Ok(tuple) = object.cast::<PyTuple>() {
        items.extend(tuple.iter().map(some));
    } else if let Ok(array) = object.cast::<PyUntypedArray>() {
        if array.ndim() == 1 && array.dtype().kind() == b'O' && !is_masked(array)? {
            items.extend(Elements::new(array, None).objects(py));
        } else {
            // A masked array gives what is masked as `np.ma.masked`.
            for item in array.try_iter()? {
                items.push(some(item?));
            }
        }
    } else {
        return Err(changed(place, at));
    }
    Ok(())
}

/// Lists that begin at `starts` among their items.
fn list(len: usize, nulls: Option<NullBuffer>, starts: &[usize], items: Made) -> Outcome<Made> {
    let item = Arc::new(items.field.as_ref().clone().with_name("item"));
    let (offsets, large) = offsets(starts, items.data.len());
    let data_type = if large { DataType::LargeList(item) } else { DataType::List(item) };
    let builder = ArrayData::builder(DataType::Null).len(len).nulls(nulls).add_buffer(offsets);
    build(builder.add_child_data(items.data), Field::new("", data_type, true))
}

/// Offsets of 32 bits, or of 64 where the items are too many for these.
pub(super) fn offsets(starts: &[usize], total: usize) -> (Buffer, bool) {
    let all = starts.iter().chain(std::iter::once(&total));
    if i32::try_from(total).is_ok() {
        (Buffer::from_vec(all.map(|start| *start as i32).collect::<Vec<_>>()), false)
    } else {
        (Buffer::from_vec(all.map(|start| *start as i64).collect::<Vec<_>>()), true)
    }
}
