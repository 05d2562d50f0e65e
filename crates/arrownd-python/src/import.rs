//! Step 1, import: any producer's data as owned structs, checked.
#![allow(
    unsafe_code,
    reason = "the border is told that the structs come from a producer"
)]

use arrow_schema::{DataType, Field};
use arrownd::{ArrowArray, Chunk, Path, Selection, read_array, read_fields, read_schema};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::capsule::{self, Stream};
use crate::errors::{Failure, Outcome};
use crate::protocol::{Protocol, protocol};

/// What a producer handed over: the type, and the arrays that own its memory.
pub(crate) struct Imported {
    /// The type, with just the selected fields.
    pub(crate) field: Field,
    /// Which fields were selected, where there are fields.
    pub(crate) selection: Option<Selection>,
    /// One a chunk; `None` where only the schema was read.
    pub(crate) arrays: Option<Vec<ArrowArray>>,
}

impl Imported {
    fn new(
        field: Field,
        columns: Option<&[String]>,
        arrays: Option<Vec<ArrowArray>>,
    ) -> Outcome<Self> {
        let selection = Selection::new(&field, columns)?;
        let field = match &selection {
            Some(selection) => selection.apply(field),
            None => field,
        };
        Ok(Self {
            field,
            selection,
            arrays,
        })
    }

    /// The arrays, checked.
    pub(crate) fn chunks<'a>(
        arrays: &'a [ArrowArray],
        original: &Original,
        selection: Option<&Selection>,
    ) -> Outcome<Vec<Chunk<'a>>> {
        let mut chunks = Vec::with_capacity(arrays.len());
        for array in arrays {
            // SAFETY: the array came out of a producer's capsule or stream together with this
            // type, so its pointers are what the C data interface says; it is borrowed for 'a.
            chunks.push(unsafe {
                match (&original.0, selection) {
                    (DataType::Struct(fields), Some(selection)) => {
                        read_fields(array, fields, &selection.fields, &Path::Top)?
                    }
                    (data_type, _) => read_array(array, data_type, &Path::Top)?,
                }
            });
        }
        Ok(chunks)
    }
}

/// The type as the producer has it, before fields were selected.
pub(crate) struct Original(pub(crate) DataType);

/// Takes an object's data.
pub(crate) fn import(
    object: &Bound<'_, PyAny>,
    columns: Option<&[String]>,
) -> Outcome<(Imported, Original)> {
    match protocol(object)? {
        Some(Protocol::Array { or_stream }) => {
            let returned = object.call_method0(intern!(object.py(), "__arrow_c_array__"));
            match returned {
                Ok(returned) => array(&returned, columns),
                // nanoarrow's arrays of several chunks have both methods, and only one that works.
                Err(error) if or_stream => {
                    match object.call_method0(intern!(object.py(), "__arrow_c_stream__")) {
                        Ok(capsule) => stream(&capsule, columns, false),
                        Err(_) => Err(error.into()),
                    }
                }
                Err(error) => Err(error.into()),
            }
        }
        Some(Protocol::Stream { at_hand }) => {
            let capsule = object.call_method0(intern!(object.py(), "__arrow_c_stream__"))?;
            stream(&capsule, columns, at_hand)
        }
        Some(Protocol::DeviceArray) => {
            let returned = object.call_method0(intern!(object.py(), "__arrow_c_device_array__"))?;
            let (schema, array) = capsule::pair(&returned)?;
            let array = capsule::take_device_array(&array)?;
            with_schema(capsule::schema(&schema)?, columns, vec![array])
        }
        None => Err(no_producer(object)?.into()),
    }
}

/// Looks at an object without consuming it: its data where it can be had again, else its schema.
pub(crate) fn look(
    object: &Bound<'_, PyAny>,
    columns: Option<&[String]>,
) -> Outcome<(Imported, Original)> {
    let py = object.py();
    match protocol(object)? {
        Some(Protocol::Stream { .. }) if object.len().is_err() => {}
        Some(_) => return import(object, columns),
        None if object.hasattr(intern!(py, "__arrow_c_schema__"))? => {}
        None => return Err(no_producer(object)?.into()),
    }
    if object.hasattr(intern!(py, "__arrow_c_schema__"))? {
        return schema_only(object, columns);
    }
    // pyarrow's readers say their schema without giving themselves away.
    if let Ok(schema) = object.getattr(intern!(py, "schema")) {
        if schema.hasattr(intern!(py, "__arrow_c_schema__"))? {
            return schema_only(&schema, columns);
        }
    }
    Err(PyTypeError::new_err(format!(
        "explain can't look at a {} without consuming it: pass its schema, or its data as a table",
        object.get_type().name()?
    ))
    .into())
}

fn schema_only(
    object: &Bound<'_, PyAny>,
    columns: Option<&[String]>,
) -> Outcome<(Imported, Original)> {
    let capsule = object.call_method0(intern!(object.py(), "__arrow_c_schema__"))?;
    let schema = capsule::schema(&capsule)?;
    // SAFETY: the schema came out of a producer's capsule, which lives until the end of this
    // function.
    let field = unsafe { read_schema(schema) }?;
    let original = Original(field.data_type().clone());
    Ok((Imported::new(field, columns, None)?, original))
}

fn array(returned: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<(Imported, Original)> {
    let (schema, array) = capsule::pair(returned)?;
    let array = capsule::take_array(&array)?;
    with_schema(capsule::schema(&schema)?, columns, vec![array])
}

fn with_schema(
    schema: &arrownd::ArrowSchema,
    columns: Option<&[String]>,
    arrays: Vec<ArrowArray>,
) -> Outcome<(Imported, Original)> {
    // SAFETY: the schema came from a producer, and the caller keeps it.
    let field = unsafe { read_schema(schema) }?;
    let original = Original(field.data_type().clone());
    Ok((Imported::new(field, columns, Some(arrays))?, original))
}

fn stream(
    capsule: &Bound<'_, PyAny>,
    columns: Option<&[String]>,
    at_hand: bool,
) -> Outcome<(Imported, Original)> {
    let mut stream = capsule::take_stream(capsule)?;
    let (schema, arrays) = if at_hand {
        pull(&mut stream)?
    } else {
        // The producer may run a query, on threads that want the GIL.
        let py = capsule.py();
        let (outcome, used) = py.detach(move || (pull(&mut stream), stream));
        drop(used);
        outcome?
    };
    with_schema(&schema, columns, arrays)
}

fn pull(stream: &mut Stream) -> Result<(arrownd::ArrowSchema, Vec<ArrowArray>), Failure> {
    let schema = stream.schema()?;
    let mut arrays = Vec::new();
    while let Some(array) = stream.next()? {
        arrays.push(array);
    }
    Ok((schema, arrays))
}

fn no_producer(object: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let class = object.get_type();
    let name = class.fully_qualified_name()?;
    let module: String = class
        .getattr("__module__")
        .and_then(|m| m.extract())
        .unwrap_or_default();
    let hint = if module.starts_with("pandas") {
        ": pass pd.Series(x)"
    } else if module.starts_with("polars") {
        ": collect it first"
    } else {
        ""
    };
    Ok(PyTypeError::new_err(format!(
        "{name} has neither __arrow_c_array__ nor __arrow_c_stream__, so it is no Arrow producer{hint}"
    )))
}
