//! Step 1, import: any producer's data as owned structs, checked.
#![allow(unsafe_code, reason = "the border is told that the structs come from a producer")]

use arrow_schema::{DataType, Field, Fields};
use arrownd::{ArrowArray, Chunk, Path, Selection, read_array, read_fields, read_schema};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::{SmallVec, smallvec};

use crate::capsule::{self, Stream};
use crate::errors::{Failure, Outcome};
use crate::protocol::{Protocol, protocol};

/// What a producer handed over: the type, and the arrays that own its memory.
pub(crate) struct Imported {
    /// The type, with just the selected fields.
    pub(crate) field: Field,
    /// Which fields were selected, where there are fields.
    pub(crate) selection: Option<Selection>,
    /// All fields, where there are fields.
    original: Option<Fields>,
    /// One a chunk; `None` where only the schema was read.
    pub(crate) arrays: Option<Arrays>,
}

/// Most producers hand over one array.
pub(crate) type Arrays = SmallVec<[ArrowArray; 1]>;

impl Imported {
    fn new(field: Field, columns: Option<&[String]>, arrays: Option<Arrays>) -> Outcome<Self> {
        let Some(selection) = Selection::new(&field, columns)? else {
            return Ok(Self { field, selection: None, original: None, arrays });
        };
        let original = match field.data_type() {
            DataType::Struct(fields) => Some(fields.clone()),
            _ => None,
        };
        Ok(Self { field: selection.apply(field), selection: Some(selection), original, arrays })
    }

    /// The arrays, checked.
    pub(crate) fn chunks(&self) -> Outcome<Vec<Chunk<'_>>> {
        let arrays = self.arrays.as_deref().unwrap_or_default();
        let mut chunks = Vec::with_capacity(arrays.len());
        for array in arrays {
            // SAFETY: the array came out of a producer's capsule or stream together with this
            // type, so its pointers are what the C data interface says; it is borrowed as long.
            chunks.push(unsafe {
                match (&self.original, &self.selection) {
                    (Some(fields), Some(selection)) => {
                        read_fields(array, fields, &selection.fields, &Path::Top)?
                    }
                    _ => read_array(array, self.field.data_type(), &Path::Top)?,
                }
            });
        }
        Ok(chunks)
    }

    /// Names of the pandas index columns that nobody asked for.
    pub(crate) fn left_out(&self) -> &[String] {
        self.selection.as_ref().map_or(&[], |selection| &selection.left_out)
    }
}

/// Takes an object's data.
pub(crate) fn import(object: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Imported> {
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
            with_schema(capsule::schema(&schema)?, columns, smallvec![array])
        }
        None => Err(no_producer(object)?.into()),
    }
}

/// Looks at an object without consuming it: its data where it can be had again, else its schema.
pub(crate) fn look(object: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Imported> {
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

fn schema_only(object: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Imported> {
    let capsule = object.call_method0(intern!(object.py(), "__arrow_c_schema__"))?;
    let schema = capsule::schema(&capsule)?;
    // SAFETY: the schema came out of a producer's capsule, which lives until the end of this
    // function.
    let field = unsafe { read_schema(schema) }?;
    Imported::new(field, columns, None)
}

fn array(returned: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Imported> {
    let (schema, array) = capsule::pair(returned)?;
    let array = capsule::take_array(&array)?;
    with_schema(capsule::schema(&schema)?, columns, smallvec![array])
}

fn with_schema(
    schema: &arrownd::ArrowSchema,
    columns: Option<&[String]>,
    arrays: Arrays,
) -> Outcome<Imported> {
    // SAFETY: the schema came from a producer, and the caller keeps it.
    let field = unsafe { read_schema(schema) }?;
    Imported::new(field, columns, Some(arrays))
}

fn stream(capsule: &Bound<'_, PyAny>, columns: Option<&[String]>, at_hand: bool) -> Outcome<Imported> {
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

fn pull(stream: &mut Stream) -> Result<(arrownd::ArrowSchema, Arrays), Failure> {
    let schema = stream.schema()?;
    let mut arrays = Arrays::new();
    while let Some(array) = stream.next()? {
        arrays.push(array);
    }
    Ok((schema, arrays))
}

fn no_producer(object: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    let class = object.get_type();
    let name = class.fully_qualified_name()?;
    let module: String = class.getattr("__module__").and_then(|m| m.extract()).unwrap_or_default();
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
