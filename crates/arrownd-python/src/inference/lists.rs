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
use super::snapshot::{Elements, Joined, exactly_array};
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
    let wanted = item_of(wanted);
    for (at, object) in objects.iter_mut().enumerate() {
        if let Some(cell) = object
            && let Ok(array) = cell.cast::<PyUntypedArray>()
        {
            *object = Some(plain(array, at, place)?);
        }
    }
    if let Some(flat) = concatenated(py, &objects)? {
        let starts = starts_in(py, objects, flat.len(), place)?;
        let place = Place::Items(place, &starts);
        let request = FromRequest { wanted: None, ..request.clone() };
        let items = values(&flat, None, &request).map_err(|failure| place.moved(failure, 0))?;
        if let Some((seen, path)) = place.seen() {
            seen.note_made(&path, None, items.field.data_type());
        }
        let items = settled(items, wanted, &request, &place)?;
        return list(len, nulls, starts, items);
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
    list(len, nulls, starts, items)
}

/// What is wanted of the items, where lists of them are.
pub(super) fn item_of(wanted: Option<&Field>) -> Option<&Field> {
    match wanted?.data_type() {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item.as_ref()),
        _ => None,
    }
}

/// Where each array's items begin among those of all: in the memory of the references to them.
fn starts_in(py: Python<'_>, objects: Objects<'_>, total: usize, place: &Place<'_>) -> Outcome<Vec<usize>> {
    let (class, mut next) = (py.get_type::<PyUntypedArray>(), 0);
    let starts = objects.into_iter().map(|object| {
        let start = next;
        let array = object.as_ref().and_then(|object| exactly_array(object, &class));
        next += array.map_or(0, |array| array.len());
        start
    });
    let starts: Vec<usize> = starts.collect();
    // Other threads could have changed the arrays meanwhile.
    if next == total { Ok(starts) } else { Err(changed(place, 0)) }
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
/// one array; None for others.
fn concatenated<'py>(
    py: Python<'py>,
    objects: &[Option<Bound<'py, PyAny>>],
) -> Outcome<Option<Bound<'py, PyUntypedArray>>> {
    let class = py.get_type::<PyUntypedArray>();
    let (mut total, mut common) = (0, Common::default());
    for object in objects.iter().flatten() {
        let Some(array) = exactly_array(object, &class) else { return Ok(None) };
        if array.ndim() != 1 || array.dtype().kind() == b'O' {
            return Ok(None);
        }
        total += array.len();
        // What an empty array would hold counts where all are empty.
        if !array.is_empty() && !common.meet(array)? {
            return Ok(None);
        }
    }
    if total == 0 {
        for object in objects.iter().flatten() {
            if !common.meet(object.cast::<PyUntypedArray>().map_err(PyErr::from)?)? {
                return Ok(None);
            }
        }
    }
    let Common { dtype: common, one } = common;
    let Some(common) = common else { return Ok(None) };
    let descr = common.cast::<PyArrayDescr>().map_err(PyErr::from)?;
    if one && is_flat(descr) {
        let mut all = Joined::new(descr.clone(), total)?;
        let arrays = objects.iter().flatten().map(|object| exactly_array(object, &class));
        let joined = arrays.map(|array| all.append(array?)).collect::<Option<()>>();
        return Ok(joined.and_then(|()| all.finish()));
    }
    let options = PyDict::new(py);
    options.set_item("dtype", common)?;
    options.set_item("casting", "safe")?;
    let arrays = objects.iter().flatten().filter_map(|object| object.cast::<PyUntypedArray>().ok());
    let cells: Vec<_> = arrays.filter(|array| total == 0 || !array.is_empty()).collect();
    let flat = py.import("numpy")?.getattr("concatenate")?.call((cells,), Some(&options))?;
    let flat = flat.cast_into::<PyUntypedArray>().map_err(PyErr::from)?;
    // Other threads could have changed the arrays meanwhile.
    Ok((flat.len() == total).then_some(flat))
}

/// Whether the elements of a dtype are there as they lie, without references.
pub(super) fn is_flat(descr: &Bound<'_, PyArrayDescr>) -> bool {
    matches!(descr.kind(), b'b' | b'i' | b'u' | b'f' | b'c' | b'm' | b'M' | b'S' | b'U')
}

/// The dtype of several arrays.
struct Common<'py> {
    dtype: Option<Bound<'py, PyAny>>,
    /// All have it.
    one: bool,
}

impl Default for Common<'_> {
    fn default() -> Self {
        Self { dtype: None, one: true }
    }
}

impl<'py> Common<'py> {
    /// Takes in another array's; false where there is none of the same kind.
    fn meet(&mut self, array: &Bound<'py, PyUntypedArray>) -> Outcome<bool> {
        let dtype = array.dtype().into_any();
        let Some(common) = &self.dtype else {
            self.dtype = Some(dtype);
            return Ok(true);
        };
        if common.is(&dtype) || common.eq(&dtype)? {
            return Ok(true);
        }
        let kind = |dtype: &Bound<'_, PyAny>| -> PyResult<char> {
            let kind: char = dtype.getattr("kind")?.extract()?;
            Ok(if kind == 'u' { 'i' } else { kind })
        };
        let own = kind(&dtype)?;
        if own != kind(common)? || !['i', 'f', 'c', 'S', 'U'].contains(&own) {
            return Ok(false);
        }
        let both = array.py().import("numpy")?.call_method1("result_type", (common, &dtype))?;
        if kind(&both)? != own {
            return Ok(false);
        }
        (self.dtype, self.one) = (Some(both), false);
        Ok(true)
    }
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
fn list(len: usize, nulls: Option<NullBuffer>, starts: Vec<usize>, items: Made) -> Outcome<Made> {
    list_at(len, nulls, offsets(starts, items.data.len()), items)
}

/// Lists with offsets, which are large or not.
pub(super) fn list_at(
    len: usize,
    nulls: Option<NullBuffer>,
    (offsets, large): (Buffer, bool),
    items: Made,
) -> Outcome<Made> {
    let item = Arc::new(items.field.as_ref().clone().with_name("item"));
    let data_type = if large { DataType::LargeList(item) } else { DataType::List(item) };
    let builder = ArrayData::builder(DataType::Null).len(len).nulls(nulls).add_buffer(offsets);
    build(builder.add_child_data(items.data), Field::new("", data_type, true))
}

/// Offsets of 32 bits, or of 64 where the items are too many for these: in the memory of the positions.
pub(super) fn offsets(mut starts: Vec<usize>, total: usize) -> (Buffer, bool) {
    starts.reserve_exact(1);
    starts.push(total);
    if i32::try_from(total).is_ok() {
        let mut narrow: Vec<i32> = starts.into_iter().map(|start| start as i32).collect();
        narrow.shrink_to_fit();
        (Buffer::from_vec(narrow), false)
    } else {
        (Buffer::from_vec(starts.into_iter().map(|start| start as i64).collect::<Vec<_>>()), true)
    }
}
