//! The public functions: read the words, import, plan, execute, export.
#![allow(
    unsafe_code,
    reason = "new arrays are filled, and views are given their owners"
)]

use arrow_schema::DataType;
use arrownd::{
    ArrowArray, Column, DType, Error, Facts, Form, Nulls, Plan as CorePlan, Planned, Selection,
    Step, Task, ViewOf,
};
use numpy::PyUntypedArray;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::arguments::{Caller, Given, NaValues, Out, Request, Words, request};
use crate::errors::{Outcome, guarded};
use crate::export::{self, Owner};
use crate::import::{Imported, import, look};
use crate::objects;
use crate::plan::Plan;

/// Below this many values, letting go of the GIL costs more than the work.
const WORTH_DETACHING: usize = 1 << 14;

macro_rules! public_function {
    ($(#[$doc:meta])* $name:ident, $caller:expr, $text:literal, |$py:ident, $obj:ident, $request:ident| $body:expr) => {
        $(#[$doc])*
        #[pyfunction]
        #[pyo3(
            signature = (obj, /, dtype=None, *, allow_copy=true, writable=false, nulls=None, na_value=Given::Unset,
                columns=None, lists=Given::Unset, pad_to=None, structured=false, order=None, out=None, safe=true),
            text_signature = $text
        )]
        #[expect(clippy::too_many_arguments, reason = "each is one word of the public signature")]
        #[expect(clippy::fn_params_excessive_bools, reason = "each is one word of the public signature")]
        pub(crate) fn $name<'py>(
            obj: &Bound<'py, PyAny>,
            dtype: Option<Bound<'py, PyAny>>,
            allow_copy: bool,
            writable: bool,
            nulls: Option<Bound<'py, PyAny>>,
            na_value: Given<'py>,
            columns: Option<Bound<'py, PyAny>>,
            lists: Given<'py>,
            pad_to: Option<usize>,
            structured: bool,
            order: Option<Bound<'py, PyAny>>,
            out: Option<Bound<'py, PyAny>>,
            safe: bool,
        ) -> PyResult<Bound<'py, PyAny>> {
            guarded(|| {
                let $py = obj.py();
                let words = Words {
                    dtype, allow_copy, writable, nulls, na_value, columns, lists, pad_to, structured, order, out, safe,
                };
                let $request = request($py, words, $caller)?;
                let $obj = obj;
                $body
            })
        }
    };
}

public_function! {
    #[doc = include_str!("docs/to_numpy.txt")]
    to_numpy, Caller::ToNumpy,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"nan\", na_value=<unset>, columns=None, lists=<unset>, pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, request| {
        let masked = request.options.nulls == Nulls::Masked;
        let made = convert(obj, &request)?.into_iter().next();
        match made {
            Some(made) if masked => made.into_masked_array(py),
            Some(made) => Ok(made.values),
            None => Ok(py.None().into_bound(py)),
        }
    }
}

public_function! {
    #[doc = include_str!("docs/to_columns.txt")]
    to_columns, Caller::ToColumns,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"nan\", na_value=<unset>, columns=None, lists=<unset>, pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, request| {
        let mut request = request;
        request.options.form = Form::Columns;
        let masked = request.options.nulls == Nulls::Masked;
        let columns = PyDict::new(py);
        for made in convert(obj, &request)? {
            let name = made.name.clone().unwrap_or_default();
            columns.set_item(name, if masked { made.into_masked_array(py)? } else { made.values })?;
        }
        Ok(columns.into_any())
    }
}

public_function! {
    #[doc = include_str!("docs/to_masked.txt")]
    to_masked, Caller::ToMasked,
    "(obj, /, dtype=None, *, allow_copy=True, writable=False, nulls=\"masked\", na_value=<unset>, columns=None, lists=<unset>, pad_to=None, structured=False, order=\"F\", out=None, safe=True)",
    |py, obj, request| {
        let mut request = request;
        if request.options.nulls == Nulls::Raise {
            return Err(Error::Conflict("to_masked returns a mask: leave out nulls=\"raise\"".to_owned()).into());
        }
        request.options.nulls = Nulls::Masked;
        let Some(made) = convert(obj, &request)?.into_iter().next() else { return Ok(py.None().into_bound(py)) };
        static MASKED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        Ok(MASKED.import(py, "arrownd.results", "Masked")?.call1((made.values, made.mask))?)
    }
}

#[doc = include_str!("docs/explain.txt")]
#[pyfunction]
#[pyo3(
    signature = (obj, /, dtype=None, *, as_columns=false, allow_copy=true, writable=false, nulls=None, na_value=Given::Unset,
        columns=None, lists=Given::Unset, pad_to=None, structured=false, order=None, out=None, safe=true),
    text_signature = "(obj, /, dtype=None, *, as_columns=False, allow_copy=True, writable=False, nulls=\"nan\", na_value=<unset>, columns=None, lists=<unset>, pad_to=None, structured=False, order=\"F\", out=None, safe=True)"
)]
#[expect(
    clippy::too_many_arguments,
    reason = "each is one word of the public signature"
)]
#[expect(
    clippy::fn_params_excessive_bools,
    reason = "each is one word of the public signature"
)]
pub(crate) fn explain<'py>(
    obj: &Bound<'py, PyAny>,
    dtype: Option<Bound<'py, PyAny>>,
    as_columns: bool,
    allow_copy: bool,
    writable: bool,
    nulls: Option<Bound<'py, PyAny>>,
    na_value: Given<'py>,
    columns: Option<Bound<'py, PyAny>>,
    lists: Given<'py>,
    pad_to: Option<usize>,
    structured: bool,
    order: Option<Bound<'py, PyAny>>,
    out: Option<Bound<'py, PyAny>>,
    safe: bool,
) -> PyResult<Plan> {
    guarded(|| {
        let words = Words {
            dtype,
            allow_copy,
            writable,
            nulls,
            na_value,
            columns,
            lists,
            pad_to,
            structured,
            order,
            out,
            safe,
        };
        let mut request = request(obj.py(), words, Caller::Explain)?;
        if as_columns {
            request.options.form = Form::Columns;
        }
        let (imported, original) = look(obj, request.options.columns.as_deref())?;
        refuse_structured(&imported, &request)?;
        let chunks;
        let column = match &imported.arrays {
            None => Column::of_schema(&imported.field)?,
            Some(arrays) => {
                chunks = Imported::chunks(arrays, &original, imported.selection.as_ref())?;
                Column::new(&imported.field, &chunks)?
            }
        };
        Ok(Plan(arrownd::plan(
            &Facts::of(&column),
            &request.options,
            left_out(&imported),
        )?))
    })
}

fn left_out(imported: &Imported) -> &[String] {
    imported
        .selection
        .as_ref()
        .map_or(&[], |selection| &selection.left_out)
}

fn refuse_structured(imported: &Imported, request: &Request<'_>) -> Outcome<()> {
    if request.structured && matches!(imported.field.data_type(), DataType::Struct(_)) {
        return Err(Error::UnsupportedType {
            path: String::new(),
            from: "struct".to_owned(),
            to: "a structured array".to_owned(),
            remedy: "this version doesn't make them yet; use to_columns".to_owned(),
        }
        .into());
    }
    Ok(())
}

/// One finished array.
struct Made<'py> {
    name: Option<String>,
    dtype: DType,
    values: Bound<'py, PyAny>,
    mask: Option<Bound<'py, PyUntypedArray>>,
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

fn convert<'py>(obj: &Bound<'py, PyAny>, request: &Request<'py>) -> Outcome<Vec<Made<'py>>> {
    let py = obj.py();
    let (mut imported, original) = import(obj, request.options.columns.as_deref())?;
    refuse_structured(&imported, request)?;
    let mut arrays = imported.arrays.take().unwrap_or_default();
    let halves = {
        let chunks = Imported::chunks(&arrays, &original, imported.selection.as_ref())?;
        let column = Column::new(&imported.field, &chunks)?;
        let planned = Planned::new(&column, &request.options, left_out(&imported))?;
        let task = planned.task();
        match task.plan().step() {
            Step::Columns => task
                .children()
                .map(|child| half(py, child, request))
                .collect::<Outcome<Vec<_>>>()?,
            _ => vec![half(py, task, request)?],
        }
    };
    halves
        .into_iter()
        .map(|half| finish(py, half, &mut arrays, imported.selection.as_ref()))
        .collect()
}

fn finish<'py>(
    py: Python<'py>,
    half: Half<'py>,
    arrays: &mut [ArrowArray],
    selection: Option<&Selection>,
) -> Outcome<Made<'py>> {
    let Half {
        name,
        dtype,
        values,
        mask,
    } = half;
    let values = match values {
        HalfValues::Array(array) => array,
        HalfValues::View(view) => {
            let owner = owner(&view, arrays, selection)?;
            // SAFETY: the view was measured on these arrays, and the owner has those that it shows.
            unsafe { export::view(py, &view, dtype, owner) }?
        }
    };
    Ok(Made {
        name,
        dtype,
        values,
        mask,
    })
}

/// Moves the arrays that a view shows out of the imported ones: children one by one, so that a
/// column keeps no other column alive.
fn owner(
    view: &ViewOf,
    arrays: &mut [ArrowArray],
    selection: Option<&Selection>,
) -> Outcome<Owner> {
    let lost = || Error::InvalidArrow {
        path: String::new(),
        what: "a child array went missing".to_owned(),
    };
    let array = arrays.get_mut(view.chunk).ok_or_else(lost)?;
    let mut taken = Vec::new();
    for route in &view.routes {
        let Some((first, rest)) = route.split_first() else {
            return Ok(Owner::one(array.take()));
        };
        let first = selection.map_or(Some(*first), |selection| {
            selection.fields.get(*first).copied()
        });
        let mut path = vec![first.ok_or_else(lost)?];
        path.extend(rest);
        taken.push(array.take_descendant(&path).ok_or_else(lost)?);
    }
    Ok(match taken.pop() {
        Some(only) if taken.is_empty() => Owner::one(only),
        Some(last) => {
            taken.push(last);
            Owner::many(taken)
        }
        None => Owner::many(taken),
    })
}

fn half<'py>(py: Python<'py>, task: Task<'_>, request: &Request<'py>) -> Outcome<Half<'py>> {
    let plan = task.plan();
    let dtype = plan.dtype().unwrap_or(DType::Object);
    let shape: Vec<usize> = plan
        .shape()
        .unwrap_or_default()
        .iter()
        .map(|n| n.unwrap_or(0))
        .collect();
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
            let array = export::empty(py, &shape, dtype, &strides(plan, &shape, dtype.itemsize()))?;
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
        None if plan.masked() => {
            let order = strides(plan, &shape, 1);
            Some(export::empty(py, &shape, DType::Bool, &order)?)
        }
        None => None,
    };
    if let Some(mask) = &mask {
        // SAFETY: the mask is new, or the caller's `out`, writeable and apart from the input.
        let mut dest = unsafe { export::dest(mask, 1) };
        if size(&shape) < WORTH_DETACHING {
            task.fill_mask(&mut dest)?;
        } else {
            py.detach(|| task.fill_mask(&mut dest))?;
        }
    }
    Ok(Half {
        name,
        dtype,
        values,
        mask,
    })
}

fn size(shape: &[usize]) -> usize {
    shape.iter().product()
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
        Step::Matrix {
            order: arrownd::Order::C,
            ..
        } => {
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

type Outs<'py> = (
    Option<Bound<'py, PyUntypedArray>>,
    Option<Bound<'py, PyUntypedArray>>,
);

fn outs<'py>(request: &Request<'py>, name: Option<&str>) -> Outs<'py> {
    match &request.out {
        None => (None, None),
        Some(Out::One(array)) => (Some(array.clone()), None),
        Some(Out::Pair(values, mask)) => (Some(values.clone()), mask.clone()),
        Some(Out::Fields(fields)) => (
            fields
                .iter()
                .find(|(field, _)| Some(field.as_str()) == name)
                .map(|(_, array)| array.clone()),
            None,
        ),
    }
}

fn refuse_overlap(
    task: &Task<'_>,
    out: &Bound<'_, PyUntypedArray>,
    itemsize: usize,
) -> Outcome<()> {
    let (low, high) = export::extent(out, itemsize);
    if task.reads(low, high) {
        return Err(Error::BadValue(
            "out shares memory with the input: pass an array of its own".to_owned(),
        )
        .into());
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
    let values = plan
        .shape()
        .unwrap_or_default()
        .iter()
        .map(|n| n.unwrap_or(0))
        .product::<usize>();
    if values < WORTH_DETACHING {
        task.fill_values(&mut dest)?;
    } else {
        py.detach(|| task.fill_values(&mut dest))?;
    }
    Ok(())
}

impl<'py> Made<'py> {
    /// As `np.ma` has it: no mask where nothing is missing, records masked field by field, and a
    /// fill value that the dtype holds.
    fn into_masked_array(self, py: Python<'py>) -> Outcome<Bound<'py, PyAny>> {
        static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        let class = CLASS.import(py, "numpy.ma", "MaskedArray")?;
        let kwargs = PyDict::new(py);
        if let Some(mask) = self.mask {
            let mask = match self.dtype {
                DType::IntervalDayTime | DType::IntervalMonthDayNano => {
                    let ma = py.import("numpy.ma")?;
                    let dtype =
                        ma.call_method1("make_mask_descr", (self.values.getattr("dtype")?,))?;
                    let shape = mask.getattr("shape")?;
                    let records = py.import("numpy")?.call_method1("empty", (shape, dtype))?;
                    let names: Vec<String> =
                        self.values.getattr("dtype")?.getattr("names")?.extract()?;
                    for name in names {
                        records.set_item(name, &mask)?;
                    }
                    records
                }
                _ => mask.into_any(),
            };
            kwargs.set_item(intern!(py, "mask"), mask)?;
        }
        // NumPy's default, 999999, is none that the small integers hold.
        let fill: Option<i64> = match self.dtype {
            DType::Int8 => Some(i64::from(i8::MAX)),
            DType::Int16 => Some(i64::from(i16::MAX)),
            DType::UInt8 => Some(i64::from(u8::MAX)),
            DType::UInt16 => Some(i64::from(u16::MAX)),
            _ => None,
        };
        if let Some(fill) = fill {
            kwargs.set_item(intern!(py, "fill_value"), fill)?;
        }
        Ok(class.call((self.values,), Some(&kwargs))?)
    }
}
