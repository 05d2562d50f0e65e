//! From an object to arrays: import, plan, execute, export.
#![allow(unsafe_code, reason = "new arrays are filled, and views are given their owners")]

use arrow_schema::DataType;
use arrownd::{Column, DType, Error, Facts, PlainView, Plan as CorePlan, Planned, Step, Task, ViewOf};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;

use crate::arguments::{NaValues, Out, Request};
use crate::dtypes::descriptor;
use crate::errors::Outcome;
use crate::export::{self, Owner};
use crate::import::{Acquired, Imported, look};
use crate::masked;
use crate::objects;
use crate::strings;

/// Below this many values, letting go of the GIL costs more than the work.
const WORTH_DETACHING: usize = 1 << 14;

/// One finished array.
pub(crate) struct Made<'py> {
    pub(crate) name: Option<String>,
    pub(crate) dtype: DType,
    pub(crate) values: Bound<'py, PyAny>,
    pub(crate) mask: Option<Bound<'py, PyUntypedArray>>,
}

/// One array before a view has its owner.
struct Half<'py> {
    name: Option<String>,
    dtype: DType,
    values: HalfValues<'py>,
    mask: Option<Bound<'py, PyUntypedArray>>,
}

enum HalfValues<'py> {
    View(ViewOf),
    Array(Bound<'py, PyAny>),
}

/// The view that a plain array is under default options; `None` where the general way has to look.
pub(crate) fn plain<'py>(py: Python<'py>, data: &mut Acquired<'py>) -> Outcome<Option<Bound<'py, PyAny>>> {
    let Some((PlainView { ptr, len, dtype }, array)) = data.plain()? else { return Ok(None) };
    let view = ViewOf {
        ptr,
        rows: (len, dtype.itemsize() as isize),
        trailing: Vec::new(),
        chunk: 0,
        routes: Vec::new(),
    };
    // SAFETY: the view was measured on this array, which becomes its owner.
    Ok(Some(unsafe { export::view(py, &view, dtype, Owner::one(array)) }?))
}

/// Converts to one array.
pub(crate) fn one<'py>(py: Python<'py>, data: Acquired<'py>, request: &Request<'py>) -> Outcome<Made<'py>> {
    let mut imported = data.read(request.options.columns.as_deref())?;
    refuse(&imported, request)?;
    let half = {
        let chunks = imported.chunks()?;
        let column = Column::new(&imported.field, &chunks)?;
        let planned = Planned::new(&column, &request.options, imported.left_out())?;
        half(py, planned.task(), request)?
    };
    finish(py, half, &mut imported)
}

/// Converts to one array a field.
pub(crate) fn columns<'py>(
    py: Python<'py>,
    data: Acquired<'py>,
    request: &Request<'py>,
) -> Outcome<Vec<Made<'py>>> {
    let mut imported = data.read(request.options.columns.as_deref())?;
    let halves = {
        let chunks = imported.chunks()?;
        let column = Column::new(&imported.field, &chunks)?;
        let planned = Planned::new(&column, &request.options, imported.left_out())?;
        let children = planned.task().children();
        children.map(|child| half(py, child, request)).collect::<Outcome<Vec<_>>>()?
    };
    halves.into_iter().map(|half| finish(py, half, &mut imported)).collect()
}

/// The plan of a conversion, without carrying it out.
pub(crate) fn plan_of(obj: &Bound<'_, PyAny>, request: &Request<'_>) -> Outcome<CorePlan> {
    let imported = look(obj, request.options.columns.as_deref())?;
    refuse(&imported, request)?;
    let chunks = imported.chunks()?;
    let column = match &imported.arrays {
        None => Column::of_schema(&imported.field)?,
        Some(_) => Column::new(&imported.field, &chunks)?,
    };
    Ok(arrownd::plan(&Facts::of(&column, &request.options), &request.options, imported.left_out())?)
}

fn finish<'py>(py: Python<'py>, half: Half<'py>, imported: &mut Imported) -> Outcome<Made<'py>> {
    let Half { name, dtype, values, mask } = half;
    let values = match values {
        HalfValues::Array(array) => array,
        HalfValues::View(view) => {
            let owner = owner(&view, imported)?;
            // SAFETY: the view was measured on these arrays, and the owner has those that it shows.
            unsafe { export::view(py, &view, dtype, owner) }?
        }
    };
    Ok(Made { name, dtype, values, mask })
}

/// Moves the arrays that a view shows out of the imported ones: children one by one, so that a
/// column keeps no other column alive.
fn owner(view: &ViewOf, imported: &mut Imported) -> Outcome<Owner> {
    let lost = || Error::InvalidArrow { path: String::new(), what: "a child array went missing".to_owned() };
    let Imported { arrays, selection, .. } = imported;
    let array = arrays.iter_mut().flatten().nth(view.chunk).ok_or_else(lost)?;
    if view.routes.is_empty() {
        return Ok(Owner::one(array.take()));
    }
    let mut taken = Vec::with_capacity(view.routes.len());
    for route in &view.routes {
        let (first, rest) = route.split_first().ok_or_else(lost)?;
        let chosen = selection.as_ref().map_or(Some(*first), |chosen| chosen.fields.get(*first).copied());
        let mut path = vec![chosen.ok_or_else(lost)?];
        path.extend(rest);
        // SAFETY: the array was read on import, and the route comes from that reading.
        taken.push(unsafe { array.take_descendant(&path) }.ok_or_else(lost)?);
    }
    Ok(match <[_; 1]>::try_from(taken) {
        Ok([only]) => Owner::one(only),
        Err(several) => Owner::many(several),
    })
}

fn half<'py>(py: Python<'py>, task: Task<'_>, request: &Request<'py>) -> Outcome<Half<'py>> {
    let plan = task.plan();
    let dtype = plan.dtype().unwrap_or(DType::Object);
    let name = plan.name().map(str::to_owned);
    let (out, out_mask) = outs(request, plan.name());
    let values = match (task.view(), out) {
        (Some(view), None) => HalfValues::View(view),
        (_, Some(out)) => {
            refuse_overlap(&task, &out, dtype.itemsize())?;
            fill(py, &task, &out, request)?;
            HalfValues::Array(out.into_any())
        }
        (None, None) => {
            let array = new_array(py, plan, dtype.itemsize(), request.descriptor(py, dtype)?)?;
            fill(py, &task, &array, request)?;
            // What stands for a view of nothing is read-only as a view is.
            if plan.copies() == Some(false) && !request.options.writable {
                export::freeze(&array);
            }
            HalfValues::Array(array.into_any())
        }
    };
    let mask = match out_mask {
        Some(mask) => {
            refuse_overlap(&task, &mask, 1)?;
            Some(mask)
        }
        None if plan.masked() && request.options.record_masks && dtype.record_parts() > 1 => {
            Some(masked::empty_records(py, plan, dtype)?)
        }
        None if plan.masked() => Some(new_array(py, plan, 1, descriptor(py, DType::Bool)?)?),
        None => None,
    };
    if let Some(mask) = &mask {
        let parts = mask.dtype().itemsize();
        // SAFETY: the mask is new, or the caller's `out`, writeable and apart from the input.
        let mut dest = unsafe { export::dest(mask, parts) };
        for part in 0..parts {
            let mut dest = dest.record_part(part, parts);
            if plan.len().unwrap_or(0) < WORTH_DETACHING {
                task.fill_mask(&mut dest)?;
            } else {
                py.detach(|| task.fill_mask(&mut dest))?;
            }
        }
    }
    Ok(Half { name, dtype, values, mask })
}

fn new_array<'py>(
    py: Python<'py>,
    plan: &CorePlan,
    itemsize: usize,
    dtype: Bound<'py, PyArrayDescr>,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let shape: Vec<usize> = plan.shape().unwrap_or_default().into_iter().flatten().collect();
    export::empty(py, &shape, dtype, &strides(plan, &shape, itemsize))
}

/// The memory order of a new array: as the values arrive, so that a copy lies as its view would.
fn strides(plan: &CorePlan, shape: &[usize], itemsize: usize) -> Vec<isize> {
    let mut strides = vec![0; shape.len()];
    let mut next = itemsize as isize;
    let mut place = |axis: usize| {
        if let (Some(stride), Some(n)) = (strides.get_mut(axis), shape.get(axis)) {
            *stride = next;
            next *= (*n).max(1) as isize;
        }
    };
    match plan.step() {
        Step::Leaf(step) => {
            for arriving in (0..step.dims.len()).rev() {
                if let Some(shown) = step.axes.iter().position(|axis| *axis == arriving) {
                    place(shown + 1);
                }
            }
            place(0);
        }
        Step::Matrix { order: arrownd::Order::C, .. } => {
            place(1);
            place(0);
        }
        Step::Matrix { .. } | Step::Columns => {
            place(0);
            place(1);
        }
    }
    strides
}

type Outs<'py> = (Option<Bound<'py, PyUntypedArray>>, Option<Bound<'py, PyUntypedArray>>);

fn outs<'py>(request: &Request<'py>, name: Option<&str>) -> Outs<'py> {
    match &request.out {
        None => (None, None),
        Some(Out::One(array)) => (Some(array.clone()), None),
        Some(Out::Pair(values, mask)) => (Some(values.clone()), mask.clone()),
        Some(Out::Fields(fields)) => (
            fields.iter().find(|(field, _)| Some(field.as_str()) == name).map(|(_, array)| array.clone()),
            None,
        ),
    }
}

fn refuse_overlap(task: &Task<'_>, out: &Bound<'_, PyUntypedArray>, itemsize: usize) -> Outcome<()> {
    let (low, high) = export::extent(out, itemsize);
    if task.reads(low, high) {
        return Err(
            Error::BadValue("out shares memory with the input: pass an array of its own".to_owned()).into()
        );
    }
    Ok(())
}

fn fill<'py>(
    py: Python<'py>,
    task: &Task<'_>,
    array: &Bound<'py, PyUntypedArray>,
    request: &Request<'py>,
) -> Outcome<()> {
    let plan = task.plan();
    let dtype = plan.dtype().unwrap_or(DType::Object);
    // SAFETY: the array is new, or the caller's `out`, writeable and apart from the input.
    let mut dest = unsafe { export::dest(array, dtype.itemsize()) };
    if dtype == DType::Object {
        let na_values: &NaValues<'py> = &request.na_values;
        return task.objects(&mut dest, &mut |visit| objects::write(py, visit, na_values));
    }
    let detach = plan.len().unwrap_or(0) >= WORTH_DETACHING;
    if matches!(dtype, DType::Strings { .. }) {
        return strings::pack(py, task, &mut dest, array, request.out.is_none(), detach);
    }
    if !detach {
        task.fill_values(&mut dest)?;
    } else {
        py.detach(|| task.fill_values(&mut dest))?;
    }
    Ok(())
}

/// Refuses what this version doesn't make, naming what it would be made of.
fn refuse(imported: &Imported, request: &Request<'_>) -> Outcome<()> {
    let unsupported = |to: String, remedy: &str| {
        let from = arrownd::type_name(&imported.field);
        Err(Error::UnsupportedType { path: String::new(), from, to, remedy: remedy.to_owned() }.into())
    };
    if let Some((dtype, remedy)) = &request.unmade {
        return unsupported(format!("dtype {dtype}"), remedy);
    }
    if request.structured && matches!(imported.field.data_type(), DataType::Struct(_)) {
        return unsupported(
            "a structured array".to_owned(),
            "this version doesn't make them yet; use to_columns",
        );
    }
    Ok(())
}
