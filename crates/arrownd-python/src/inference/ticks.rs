//! NumPy's datetime64 and timedelta64 scalars.

use arrownd::engine::dense::Made;
use numpy::PyUntypedArray;
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::column::{Column, Objects, there};
use crate::errors::Outcome;
use crate::from_numpy::{FromRequest, values};

/// As an array of these values: their common unit, which holds each of them exactly, and that type.
pub(super) fn ticks<'py>(column: &Column<'_, 'py>, objects: Objects<'py>) -> Outcome<Made> {
    let py = column.py;
    let numpy = py.import("numpy")?;
    // The units that there are, each with its values: few.
    let mut dtypes: Vec<(Bound<'_, PyAny>, Vec<usize>)> = Vec::new();
    for (at, object) in there(&objects) {
        let dtype = object.getattr("dtype")?;
        match dtypes.iter_mut().find(|(known, _)| known.eq(&dtype).unwrap_or(false)) {
            Some((_, positions)) => positions.push(at),
            None => dtypes.push((dtype, vec![at])),
        }
    }
    let mut common: Option<Bound<'_, PyAny>> = None;
    for (dtype, positions) in &dtypes {
        common = Some(match common {
            None => dtype.clone(),
            Some(common) => numpy.call_method1("promote_types", (common, dtype)).map_err(|_| {
                let at = positions.first().copied().unwrap_or(0);
                column.place.unsupported(
                    format!("objects of {dtype} at {}", column.place.name(at)),
                    "the unit of the others",
                    "bring them to one unit with astype",
                )
            })?,
        });
    }
    let Some(common) = common else {
        return Err(super::column::changed(column.place, 0));
    };
    let options = PyDict::new(py);
    options.set_item("dtype", &common)?;
    let array = numpy.getattr("full")?.call((column.len, "NaT"), Some(&options))?;
    for (dtype, positions) in &dtypes {
        let own: Vec<&Bound<'_, PyAny>> =
            positions.iter().filter_map(|at| objects.get(*at)?.as_ref()).collect();
        options.set_item("dtype", dtype)?;
        let own = numpy.getattr("array")?.call((own,), Some(&options))?;
        // A unit that is too fine for a value wraps around in silence: so each way is gone, and back.
        let there = match own.call_method1("astype", (&common,)) {
            // NumPy says so itself from 2.5 on, but not of which.
            Err(error) if error.is_instance_of::<PyOverflowError>(py) => {
                for (i, at) in positions.iter().enumerate() {
                    let value = own.get_item(i)?;
                    if value.call_method1("astype", (&common,)).is_err() {
                        let (value, to) = (value.str()?.to_string(), common.str()?);
                        return Err(column.place.lossy(*at, value, to, "bring them to one unit with astype"));
                    }
                }
                return Err(error.into());
            }
            there => there?,
        };
        let back = there.call_method1("astype", (dtype,))?;
        let same = numpy.call_method1(
            "logical_or",
            (numpy.call_method1("equal", (&back, &own))?, numpy.call_method1("isnat", (&own,))?),
        )?;
        let wrong: usize = numpy.call_method1("argmin", (&same,))?.extract()?;
        if !same.get_item(wrong)?.is_truthy()? {
            let at = positions.get(wrong).copied().unwrap_or(0);
            let value = own.get_item(wrong)?.str()?.to_string();
            return Err(column.place.lossy(at, value, common.str()?, "bring them to one unit with astype"));
        }
        array.set_item(positions, there)?;
    }
    let request = FromRequest { wanted: None, ..column.request.clone() };
    let array = array.cast_into::<PyUntypedArray>().map_err(PyErr::from)?;
    values(&array, None, &request).map_err(|failure| column.place.moved(failure, 0))
}
