//! The Python binding of arrownd: translates, decides nothing.
#![allow(clippy::doc_markdown, clippy::doc_link_with_quotes, reason = "docstrings are reStructuredText")]

mod arguments;
mod array;
mod batches;
mod capsule;
mod codes;
mod convert;
mod dtypes;
mod entry;
mod errors;
mod export;
mod fills;
mod from_numpy;
mod functions;
mod holder;
mod import;
mod inference;
mod kept;
mod masked;
mod numpy_api;
mod objects;
mod packed;
mod plan;
mod producers;
mod protocol;
mod reuse;
mod rows;
mod shortcut;
mod strings;
mod threads;
mod types;
mod words;

use pyo3::prelude::*;

/// The compiled half of the package `arrownd`; use that.
#[pymodule(gil_used = false)]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("to_numpy", entry::to_numpy(module, wrap_pyfunction!(functions::to_numpy, module)?)?)?;
    module.add_function(wrap_pyfunction!(functions::to_columns, module)?)?;
    module.add_function(wrap_pyfunction!(functions::to_masked, module)?)?;
    module.add_function(wrap_pyfunction!(functions::to_ragged, module)?)?;
    module.add_function(wrap_pyfunction!(functions::to_codes, module)?)?;
    module.add_function(wrap_pyfunction!(functions::iter_numpy, module)?)?;
    module.add(
        "from_numpy",
        from_numpy::quick::in_front(module, wrap_pyfunction!(from_numpy::from_numpy, module)?)?,
    )?;
    module.add_function(wrap_pyfunction!(functions::explain, module)?)?;
    module.add_function(wrap_pyfunction!(threads::get_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(threads::set_num_threads, module)?)?;
    module.setattr("_pretend", wrap_pyfunction!(threads::pretend, module)?)?;
    module.add_function(wrap_pyfunction!(plan::type_table, module)?)?;
    module.add_function(wrap_pyfunction!(plan::dense_type_table, module)?)?;
    module.add_function(wrap_pyfunction!(plan::reason_table, module)?)?;
    module.add_class::<array::Array>()?;
    module.add_class::<plan::Plan>()?;
    module.add_class::<plan::Reason>()?;
    let forget = wrap_pyfunction!(protocol::forget_types, module)?;
    module.py().import("atexit")?.call_method1("register", (forget,))?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))
}
