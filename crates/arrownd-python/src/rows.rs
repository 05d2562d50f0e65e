//! Lists as arrays of their own: stretches of one array of all values, or that array and where each
//! list begins.
#![allow(unsafe_code, reason = "stretches of an array are arrays over its memory")]

use arrownd::Plan as CorePlan;
use arrownd::engine::{RowBounds, RowValues, Step, Task, ViewOf, Visit};
use numpy::npyffi::npy_intp;
use numpy::{Element, PyArray1, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PySlice, PyType};
use smallvec::SmallVec;

use crate::arguments::Request;
use crate::convert::{Debts, made};
use crate::dtypes::descriptor;
use crate::errors::Outcome;
use crate::export::stretch;
use crate::objects::put;

/// The arrays of all values, for the leaves of one task whose lists become arrays.
pub(crate) struct Rows<'p, 'py>(Vec<RowArrays<'p, 'py>>);

/// One leaf's.
pub(crate) struct RowArrays<'p, 'py> {
    plan: &'p CorePlan,
    rows: &'p RowValues<'p>,
    values: Bound<'py, PyAny>,
    /// The same, where it is an array and no masked one.
    plain: Option<Bound<'py, PyUntypedArray>>,
}

/// Converts the values of the lists in `task`.
pub(crate) fn values<'p, 'py>(
    py: Python<'py>,
    task: &Task<'p>,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<Rows<'p, 'py>> {
    let mut found = Vec::new();
    collect(py, task, request, debts, &mut found)?;
    Ok(Rows(found))
}

fn collect<'p, 'py>(
    py: Python<'py>,
    task: &Task<'p>,
    request: &Request<'py>,
    debts: &mut Debts,
    found: &mut Vec<RowArrays<'p, 'py>>,
) -> Outcome<()> {
    let Some((rows, _)) = task.rows() else {
        return task.children().try_for_each(|child| collect(py, &child, request, debts, found));
    };
    let Some(child) = task.children().next() else { return Ok(()) };
    let (values, plain) = values_of(py, child, request, debts)?;
    found.push(RowArrays { plan: task.plan(), rows, values, plain });
    Ok(())
}

type Values<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyUntypedArray>>);

fn values_of<'py>(
    py: Python<'py>,
    child: Task<'_>,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<Values<'py>> {
    let values = made(py, child, request, (None, None), debts)?;
    let masked = request.options.nulls == arrownd::engine::Nulls::Masked;
    let values = values.into_asked(py, request)?;
    let plain = if masked { None } else { values.cast::<PyUntypedArray>().ok().cloned() };
    Ok((values, plain))
}

impl<'p, 'py> Rows<'p, 'py> {
    /// The arrays of a leaf, by its plan.
    pub(crate) fn of(&self, plan: &CorePlan) -> Option<&RowArrays<'p, 'py>> {
        self.0.iter().find(|rows| std::ptr::eq(rows.plan, plan))
    }
}

impl<'py> RowArrays<'_, 'py> {
    /// Writes the arrays of one stretch of lists, None where one is missing.
    pub(crate) fn write(&self, py: Python<'py>, mut visit: Visit<'_>) -> Outcome<()> {
        for at in (0..visit.run.len()).step_by(64) {
            let block = visit.block(at);
            for lane in 0..block.len {
                let object = if block.valid >> lane & 1 == 1 {
                    self.row(visit.position + at + lane)?
                } else {
                    py.None().into_bound(py)
                };
                put(&mut visit.run, at + lane, object);
            }
        }
        Ok(())
    }

    fn row(&self, index: usize) -> PyResult<Bound<'py, PyAny>> {
        let (start, end) = self.rows.bounds.get(index);
        let n = self.rows.axes.len();
        let shape = self.rows.shapes.get(index * n..(index + 1) * n).unwrap_or_default();
        let Some(values) = self.plain.as_ref().filter(|v| start <= end && end <= v.len()) else {
            let row =
                self.values.get_item(PySlice::new(self.values.py(), start as isize, end as isize, 1))?;
            if n == 0 {
                return Ok(row);
            }
            let axes = self.rows.axes.clone();
            return row.call_method1("reshape", (shape.to_vec(),))?.call_method1("transpose", (axes,));
        };
        let step = values.strides().first().copied().unwrap_or(0);
        if n == 0 {
            // SAFETY: the bounds were seen to be within the values.
            return unsafe { stretch(values, (start, end), None) };
        }
        let mut lying = vec![0; n];
        let mut next = step;
        for (axis, to) in lying.iter_mut().enumerate().rev() {
            *to = next;
            next *= shape.get(axis).copied().unwrap_or(1).max(1) as isize;
        }
        let pick = |axis: &usize| (shape.get(*axis).copied().unwrap_or(0), lying.get(*axis).copied());
        let dims: Vec<npy_intp> = self.rows.axes.iter().map(|axis| pick(axis).0 as npy_intp).collect();
        let strides: Vec<npy_intp> = self.rows.axes.iter().map(|axis| pick(axis).1.unwrap_or(0)).collect();
        // SAFETY: the border has seen that the shape's product is the number of values.
        unsafe { stretch(values, (start, end), Some((&dims, &strides))) }
    }
}

/// The values of all lists, where each begins, and which are missing; nested as the lists are.
pub(crate) fn ragged<'py>(
    py: Python<'py>,
    task: Task<'_>,
    request: &Request<'py>,
    debts: &mut Debts,
) -> Outcome<Bound<'py, PyAny>> {
    static RAGGED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let nothing = || py.None().into_bound(py);
    let (Some((rows, parts)), Some(child)) = (task.rows(), task.children().next()) else {
        return Ok(nothing());
    };
    let values = match child.plan().step() {
        Step::Ragged => ragged(py, child, request, debts)?,
        _ => values_of(py, child, request, debts)?.0,
    };
    let offsets = match &rows.bounds {
        RowBounds::Own(offsets) if !request.options.writable => {
            let width = if rows.large { 8 } else { 4 };
            let dtype = if rows.large { arrownd::DType::Int64 } else { arrownd::DType::Int32 };
            let view = ViewOf {
                ptr: offsets.bytes().as_ptr(),
                rows: (offsets.len(), width),
                trailing: SmallVec::new(),
                chunk: parts.first().map_or(0, |part| part.chunk),
                routes: Some(task.route()).filter(|route| !route.is_empty()).into_iter().collect(),
            };
            // SAFETY: the offsets are a buffer of the array at this route, and of this width.
            unsafe { debts.view(py, &view, descriptor(py, dtype)?) }?
        }
        bounds => {
            let ends = || std::iter::once(0).chain(bounds.ends());
            let last = bounds.len().checked_sub(1).map_or(0, |last| bounds.get(last).1);
            match i32::try_from(last) {
                Ok(_) if !rows.large => filled(py, bounds.len() + 1, ends().map(|end| end as i32))?,
                _ => filled(py, bounds.len() + 1, ends().map(|end| end as i64))?,
            }
        }
    };
    let mask = if task.plan().masked() {
        let there = parts.iter().flat_map(|part| (0..part.len).map(|at| part.index(at).is_none()));
        filled(py, parts.iter().map(|part| part.len).sum(), there)?
    } else {
        nothing()
    };
    Ok(RAGGED.import(py, "arrownd.results", "Ragged")?.call1((values, offsets, mask))?)
}

/// A new array of so many values: `PyArray1::from_iter` has to grow where an iterator doesn't know its length.
fn filled<T: Element + Copy>(
    py: Python<'_>,
    len: usize,
    values: impl Iterator<Item = T>,
) -> Outcome<Bound<'_, PyAny>> {
    let array = PyArray1::<T>::zeros(py, len, false);
    let mut places = array.try_readwrite().map_err(PyErr::from)?;
    for (to, value) in places.as_slice_mut().map_err(PyErr::from)?.iter_mut().zip(values) {
        *to = value;
    }
    drop(places);
    Ok(array.into_any())
}
