//! From an object to arrays: import, plan, execute, export.
#![allow(unsafe_code, reason = "new arrays are filled, and views are given their owners")]

use arrownd::engine::{Column, Facts, Planned, RecordType, Step, Task, ViewOf};
use arrownd::{DType, Error, Plan as CorePlan};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arguments::{Out, Request};
use crate::dtypes::{descriptor, of_plan};
use crate::errors::Outcome;
use crate::export::{self, Owner};
use crate::import::{Acquired, Imported, look};
use crate::masked;
use crate::objects::{self, Unwritten};
use crate::rows;
use crate::strings;

/// Below this many values, letting go of the GIL costs more than the work.
pub(crate) const WORTH_DETACHING: usize = 1 << 14;

/// One finished array.
pub(crate) struct Made<'py> {
    pub(crate) dtype: DType,
    pub(crate) record: Option<RecordType>,
    pub(crate) values: Bound<'py, PyAny>,
    pub(crate) mask: Option<Bound<'py, PyUntypedArray>>,
}

/// Views whose owners get their arrays once nothing reads the producer's structs any more.
#[derive(Default)]
pub(crate) struct Debts {
    owed: Vec<Debt>,
    /// An owner for each chunk, where they have their arrays already.
    paid: Vec<Py<Owner>>,
    /// Views are of chunks as they are, not of their children: what is in dictionaries is no child.
    whole: bool,
}

struct Debt {
    owner: Py<Owner>,
    chunk: usize,
    routes: Vec<Vec<usize>>,
}

impl Debts {
    /// Views of chunks that have their owners.
    pub(crate) fn paid(paid: Vec<Py<Owner>>) -> Self {
        Self { paid, ..Self::default() }
    }

    /// Views that keep all of a chunk alive.
    pub(crate) fn whole() -> Self {
        Self { whole: true, ..Self::default() }
    }

    /// An array over the producer's memory, which is owed its owner.
    ///
    /// # Safety
    /// `view` was measured on the arrays that [`Debts::settle`] is given, its values are of `descr`, and
    /// the array doesn't leave the call without that.
    pub(crate) unsafe fn view<'py>(
        &mut self,
        py: Python<'py>,
        view: &ViewOf<'_>,
        descr: Bound<'py, PyArrayDescr>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (chunk, routes): (_, &[&[usize]]) = (view.chunk, if self.whole { &[] } else { &view.routes });
        let same = self.owed.iter().find(|debt| debt.chunk == chunk && debt.routes == routes);
        let owner = match (self.paid.get(chunk), same) {
            (Some(owner), _) => owner.clone_ref(py),
            (None, Some(debt)) => debt.owner.clone_ref(py),
            (None, None) => {
                let owner = Py::new(py, Owner::empty())?;
                let routes = routes.iter().map(|route| route.to_vec()).collect();
                self.owed.push(Debt { owner: owner.clone_ref(py), chunk, routes });
                owner
            }
        };
        // SAFETY: the caller's promise.
        unsafe { export::view(view, descr, owner.into_bound(py).into_any()) }
    }

    /// Moves the arrays that the views show out of the imported ones: children one by one, so that a
    /// column keeps no other column alive.
    pub(crate) fn settle(mut self, imported: &mut Imported) -> Outcome<()> {
        let lost =
            || Error::InvalidArrow { path: String::new(), what: "a child array went missing".to_owned() };
        // Children before what they lie in, which is moved without them.
        self.owed.sort_by_key(|debt| std::cmp::Reverse(debt.routes.first().map_or(0, Vec::len)));
        let Imported { arrays, selection, .. } = imported;
        for Debt { owner, chunk, routes } in self.owed {
            let array = arrays.iter_mut().flatten().nth(chunk).ok_or_else(lost)?;
            if routes.is_empty() {
                owner.get().own(vec![array.take()]);
                continue;
            }
            let mut taken = Vec::with_capacity(routes.len());
            for route in &routes {
                let mut path = route.clone();
                if let (Some(first), Some(selection)) = (path.first_mut(), selection.as_ref()) {
                    *first = selection.fields.get(*first).copied().ok_or_else(lost)?;
                }
                // SAFETY: the array was read on import, and the route comes from that reading.
                taken.push(unsafe { array.take_descendant(&path) }.ok_or_else(lost)?);
            }
            owner.get().own(taken);
        }
        Ok(())
    }
}

/// Imports and plans, has `carry` make what the task is for, and settles the views that it made.
fn converted<T>(
    data: Acquired<'_>,
    request: &Request<'_>,
    carry: impl FnOnce(Task<'_>, &mut Debts) -> Outcome<T>,
) -> Outcome<T> {
    let mut imported = data.read(request.options.columns.as_deref())?;
    refuse(&imported, request)?;
    let mut debts = Debts::default();
    let made = {
        let chunks = imported.chunks()?;
        let column = Column::new(&imported.field, &chunks, &request.options)?;
        let planned = Planned::new(&column, &request.options, imported.left_out())?;
        carry(planned.task(), &mut debts)?
    };
    debts.settle(&mut imported)?;
    Ok(made)
}

/// Converts to one array.
pub(crate) fn one<'py>(py: Python<'py>, data: Acquired<'py>, request: &Request<'py>) -> Outcome<Made<'py>> {
    converted(data, request, |task, debts| array(py, task, request, debts))
}

/// Converts to one array a field.
pub(crate) fn columns<'py>(
    py: Python<'py>,
    data: Acquired<'py>,
    request: &Request<'py>,
) -> Outcome<Bound<'py, PyAny>> {
    converted(data, request, |task, debts| fields(py, task, request, debts))
}

/// Converts lists to the values of all of them, and where each begins.
pub(crate) fn ragged<'py>(
    py: Python<'py>,
    data: Acquired<'py>,
    request: &Request<'py>,
) -> Outcome<Bound<'py, PyAny>> {
    converted(data, request, |task, debts| rows::ragged(py, task, request, debts))
}

/// Carries a task out that gives one array.
pub(crate) fn array<'py>(
    py: Python<'py>,
    task: Task<'_>,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<Made<'py>> {
    made(py, task, request, outs(request, None), debts)
}

/// Carries a task out that gives an array a field: a dict of them.
pub(crate) fn fields<'py>(
    py: Python<'py>,
    task: Task<'_>,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<Bound<'py, PyAny>> {
    let columns = PyDict::new(py);
    for child in task.children() {
        let name = child.plan().name();
        let made = made(py, child, request, outs(request, name), debts)?;
        columns.set_item(name.unwrap_or_default(), made.into_asked(py, request)?)?;
    }
    Ok(columns.into_any())
}

/// The plan of a conversion, without carrying it out.
pub(crate) fn plan_of(obj: &Bound<'_, PyAny>, request: &Request<'_>) -> Outcome<CorePlan> {
    let imported = look(obj, request.options.columns.as_deref())?;
    refuse(&imported, request)?;
    let chunks = imported.chunks()?;
    let column = match &imported.arrays {
        None => Column::of_schema(&imported.field, &request.options)?,
        Some(_) => Column::new(&imported.field, &chunks, &request.options)?,
    };
    Ok(arrownd::engine::plan(&Facts::of(&column, &request.options), &request.options, imported.left_out())?)
}

/// Carries a task out.
pub(crate) fn made<'py>(
    py: Python<'py>,
    task: Task<'_>,
    request: &Request<'py>,
    (out, out_mask): Outs<'py>,
    debts: &mut Debts,
) -> Outcome<Made<'py>> {
    let plan = task.plan();
    let dtype = plan.dtype().unwrap_or(DType::Object);
    let values = match (task.view(), out) {
        (Some(view), None) => {
            // SAFETY: the view was measured on the arrays that are imported, which the caller settles with.
            unsafe { debts.view(py, &view, of_plan(py, plan)?) }?
        }
        (_, Some(out)) => {
            refuse_overlap(&task, &out, dtype.itemsize())?;
            fill(py, &task, &out, false, request, debts)?;
            out.into_any()
        }
        (None, None) => {
            // Of integers until the objects are there.
            let later = objects_come_later(&task);
            let descr = if later { descriptor(py, DType::Int64)? } else { request.descriptor(py, plan)? };
            let array = new_array(plan, descr, dtype.itemsize())?;
            fill(py, &task, &array, true, request, debts)?;
            // What stands for a view of nothing is read-only as a view is.
            if plan.copies() == Some(false)
                && (plan.is_empty() || plan.children().is_empty())
                && !request.options.writable
            {
                export::freeze(&array);
            }
            array.into_any()
        }
    };
    let records = plan.record().is_some() || request.options.record_masks && dtype.record_parts() > 1;
    let mask = match out_mask {
        Some(mask) => {
            refuse_overlap(&task, &mask, 1)?;
            Some(mask)
        }
        None if plan.masked() && records => Some(masked::empty_records(py, plan)?),
        None if plan.masked() => Some(new_array(plan, descriptor(py, DType::Bool)?, 1)?),
        None => None,
    };
    if let Some(mask) = &mask {
        let itemsize = mask.dtype().itemsize();
        let parts = if plan.record().is_some() { 1 } else { itemsize };
        // SAFETY: the mask is new, or the caller's `out`, writeable and apart from the input.
        let mut dest = unsafe { export::dest(mask, itemsize) };
        for part in 0..parts {
            let mut dest = dest.record_part(part, parts);
            if plan.len().unwrap_or(0) < WORTH_DETACHING {
                task.fill_mask(&mut dest)?;
            } else {
                py.detach(|| task.fill_mask(&mut dest))?;
            }
        }
    }
    Ok(Made { dtype, record: plan.record().cloned(), values, mask })
}

/// Whether a new array's memory is left as it is until objects are put there.
fn objects_come_later(task: &Task<'_>) -> bool {
    size_of::<usize>() == 8 && task.shares_objects()
}

fn new_array<'py>(
    plan: &CorePlan,
    descr: Bound<'py, PyArrayDescr>,
    itemsize: usize,
) -> PyResult<Bound<'py, PyUntypedArray>> {
    let shape: Vec<usize> = plan.shape().unwrap_or_default().into_iter().flatten().collect();
    let strides = strides(plan, &shape, itemsize);
    export::empty(&shape, descr, &strides)
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
        Step::Matrix { order: arrownd::Order::F, .. } => {
            // Each column in a stretch of its own, in C order where lists give it more dimensions.
            (0..shape.len().saturating_sub(1)).rev().for_each(&mut place);
            place(shape.len().saturating_sub(1));
        }
        _ => (0..shape.len()).rev().for_each(place),
    }
    strides
}

pub(crate) type Outs<'py> = (Option<Bound<'py, PyUntypedArray>>, Option<Bound<'py, PyUntypedArray>>);

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
    fresh: bool,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<()> {
    let plan = task.plan();
    let itemsize = plan.dtype().unwrap_or(DType::Object).itemsize();
    // SAFETY: the array is new, or the caller's `out`, writeable and apart from the input.
    let dest = unsafe { export::dest(array, itemsize) };
    let mut dest = if fresh { dest } else { dest.past_cache() };
    let (objects, values) = task.makes();
    if objects {
        let later =
            if fresh && objects_come_later(task) { Some(request.descriptor(py, plan)?) } else { None };
        // SAFETY: `made` has just made it, of integers as wide as addresses.
        let unwritten = later.map(|objects| unsafe { Unwritten::new(array, objects) });
        let rows = rows::values(py, task, request, debts)?;
        task.objects(&mut dest, &mut |visit| match rows.of(visit.plan) {
            Some(rows) => {
                unwritten.as_ref().inspect(|unwritten| unwritten.clear_all());
                rows.write(py, visit)
            }
            None => objects::write(py, visit, &request.na_values, unwritten.as_ref()),
        })?;
    }
    if !values {
        return Ok(());
    }
    let detach = plan.len().unwrap_or(0) >= WORTH_DETACHING;
    if matches!(plan.dtype(), Some(DType::Strings { .. })) {
        return strings::pack(py, task, &mut dest, array, fresh, detach);
    }
    if detach {
        py.detach(|| task.fill_values(&mut dest))?;
    } else {
        task.fill_values(&mut dest)?;
    }
    Ok(())
}

/// Refuses what this version doesn't make, naming what it would be made of.
pub(crate) fn refuse(imported: &Imported, request: &Request<'_>) -> Outcome<()> {
    let Some((dtype, remedy)) = &request.unmade else { return Ok(()) };
    let from = arrownd::engine::type_name(&imported.field);
    let to = format!("dtype {dtype}");
    Err(Error::UnsupportedType { path: String::new(), from, to, remedy: (*remedy).to_owned() }.into())
}
