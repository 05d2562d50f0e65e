//! `from_numpy`: NumPy arrays to Arrow. The words in, the carrier out.
#![allow(clippy::doc_lazy_continuation, reason = "docstrings in NumPy's style are no Markdown")]

mod dtype;
mod input;
mod intervals;
mod masks;
pub(crate) mod quick;
mod words;

use arrownd::engine::dense::{self, Input, Made, OnWritable, Options};
use arrownd::{Plan as CorePlan, Transfer};
use numpy::{PyArrayDescr, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::array::Array;
use crate::errors::{Outcome, guarded};
use crate::export;
use crate::inference;
use crate::kept::NumpyMemory;
use crate::plan::Plan;
use input::Reader;
pub(crate) use words::FromWords;

/// What inference may know of the caller's words.
pub(crate) type FromRequest = Options;

/// Below this many values, letting go of the GIL costs more than the work.
const WORTH_DETACHING: usize = 1 << 14;

#[doc = include_str!("../docs/from_numpy.txt")]
#[pyfunction]
#[pyo3(
    signature = (array, /, r#type=None, *, names=None, mask=None, nan_as_null=false, allow_copy=true,
        on_writable=None, safe=true),
    text_signature = "(array, /, type=None, *, names=None, mask=None, nan_as_null=False, allow_copy=True, on_writable=\"view\", safe=True)"
)]
#[expect(clippy::too_many_arguments, reason = "each is one word of the public signature")]
pub(crate) fn from_numpy<'py>(
    array: &Bound<'py, PyAny>,
    r#type: Option<Bound<'py, PyAny>>,
    names: Option<Bound<'py, PyAny>>,
    mask: Option<Bound<'py, PyAny>>,
    nan_as_null: bool,
    allow_copy: bool,
    on_writable: Option<Bound<'py, PyAny>>,
    safe: bool,
) -> PyResult<Py<Array>> {
    guarded(|| {
        let words = FromWords { r#type, names, mask, nan_as_null, on_writable };
        let options = words.options(allow_copy, safe)?;
        let (made, plan) = convert(array, &words, &options)?;
        if options.on_writable == OnWritable::Freeze {
            freeze(array, &plan)?;
        }
        Ok(Array::new(array.py(), made)?)
    })
}

/// Carries everything out, up to the carrier.
fn convert(array: &Bound<'_, PyAny>, words: &FromWords<'_>, options: &Options) -> Outcome<(Made, CorePlan)> {
    let input = Reader::new(options).read(array, words)?;
    let plan = dense::plan(&input, options)?;
    dense::check_copies(&plan, options)?;
    let made = execute(array.py(), &plan, &input)?;
    Ok((made, plan))
}

fn execute(py: Python<'_>, plan: &CorePlan, input: &Input) -> Outcome<Made> {
    let mut memory = NumpyMemory;
    let values = plan.len().or(plan.nbytes()).unwrap_or(0);
    if values < WORTH_DETACHING {
        return Ok(dense::execute(plan, input, &mut memory)?);
    }
    Ok(py.detach(|| dense::execute(plan, input, &mut memory))?)
}

/// Whether Arrow shares memory with the array of a plan.
fn shares(plan: &CorePlan) -> bool {
    match plan.children() {
        [] => matches!(plan.transfer(), Transfer::View) && !plan.is_empty(),
        children => children.iter().any(shares),
    }
}

/// Makes the arrays read-only that Arrow shares memory with.
fn freeze(array: &Bound<'_, PyAny>, plan: &CorePlan) -> Outcome<()> {
    if let Ok(arrays) = array.cast::<PyDict>() {
        for (plan, array) in plan.children().iter().zip(arrays.values()) {
            freeze(&array, plan)?;
        }
        return Ok(());
    }
    if let (true, Ok(array)) = (shares(plan), array.cast::<PyUntypedArray>()) {
        export::freeze(array);
    }
    Ok(())
}

/// What `from_numpy` would do with an array, or a dict of them.
pub(crate) fn plan_of(array: &Bound<'_, PyAny>, words: &FromWords<'_>, options: &Options) -> Outcome<Plan> {
    let input = Reader::new(options).read(array, words)?;
    let plan = dense::plan(&input, options)?;
    let descr: Option<Bound<'_, PyArrayDescr>> =
        array.cast::<PyUntypedArray>().ok().map(PyUntypedArrayMethods::dtype);
    Ok(Plan { plan, descr: descr.map(Bound::unbind) })
}

/// The Arrow data of any array: what the cells of an object array become.
pub(crate) fn values(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    request: &FromRequest,
) -> Outcome<Made> {
    let reader = Reader::new(request);
    let input = reader.array(array, mask.cloned().into_iter().collect(), request.wanted.as_ref())?;
    let plan = dense::plan(&input, request)?;
    execute(array.py(), &plan, &input)
}

/// Whether `explain` has NumPy input.
pub(crate) fn takes(object: &Bound<'_, PyAny>) -> bool {
    object.cast::<PyUntypedArray>().is_ok() || object.is_exact_instance_of::<PyDict>()
}

/// Arrays whose values Python has to look at.
fn by_inference(
    array: &Bound<'_, PyUntypedArray>,
    mask: Option<&Bound<'_, PyUntypedArray>>,
    request: &FromRequest,
    objects: bool,
) -> Outcome<Made> {
    if objects { inference::objects(array, mask, request) } else { inference::text(array, mask, request) }
}
