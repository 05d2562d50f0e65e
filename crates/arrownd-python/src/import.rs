//! Step 1, import: any producer's data as owned structs, checked.
#![allow(unsafe_code, reason = "the border is told that the structs come from a producer")]

use arrow_schema::{DataType, Field, Fields, Metadata};
use arrownd::engine::{
    ArrowArray, ArrowSchema, Chunk, Path, Plain, PlainView, Selection, plain_of, read_array, read_fields,
    read_schema,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use smallvec::{SmallVec, smallvec};

use crate::capsule::{self, Stream};
use crate::errors::{Failure, Outcome};
use crate::packed;
use crate::producers;
use crate::protocol::{Protocol, protocol};

/// `ARROW_FLAG_DICTIONARY_ORDERED`.
const DICTIONARY_ORDERED: i64 = 1;

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
    /// The order of a dictionary's values means something.
    pub(crate) ordered: bool,
}

/// Most producers hand over one array.
pub(crate) type Arrays = SmallVec<[ArrowArray; 1]>;

impl Imported {
    fn new(field: Field, columns: Option<&[String]>, arrays: Option<Arrays>) -> Outcome<Self> {
        let Some(selection) = Selection::new(&field, columns)? else {
            return Ok(Self { field, selection: None, original: None, arrays, ordered: false });
        };
        let original = match field.data_type() {
            DataType::Struct(fields) => Some(fields.clone()),
            _ => None,
        };
        Ok(Self {
            field: selection.apply(field),
            selection: Some(selection),
            original,
            arrays,
            ordered: false,
        })
    }

    /// The arrays, checked.
    pub(crate) fn chunks(&self) -> Outcome<Vec<Chunk<'_>>> {
        let arrays = self.arrays.as_deref().unwrap_or_default();
        let mut chunks = Vec::with_capacity(arrays.len());
        for array in arrays {
            chunks.push(self.chunk(array)?);
        }
        Ok(chunks)
    }

    /// An array of this type, checked.
    pub(crate) fn chunk<'a>(&self, array: &'a ArrowArray) -> Outcome<Chunk<'a>> {
        let chunk = match (&self.original, &self.selection) {
            (Some(fields), Some(selection)) => {
                // SAFETY: the array came out of a producer's capsule or stream together with this type, so
                // its pointers are what the C data interface says; it is borrowed as long as the chunk.
                unsafe { read_fields(array, fields, &selection.fields, &Path::Top) }
            }
            // SAFETY: as above.
            _ => unsafe { read_array(array, self.field.data_type(), &Path::Top) },
        };
        Ok(chunk?)
    }

    /// Names of the pandas index columns that nobody asked for.
    pub(crate) fn left_out(&self) -> &[String] {
        self.selection.as_ref().map_or(&[], |selection| &selection.left_out)
    }
}

/// A schema in the producer's capsule, or out of its stream.
enum Held<'py> {
    Capsule(Bound<'py, PyAny>),
    Own(ArrowSchema),
}

/// An object's data before anything of it was read.
pub(crate) struct Acquired<'py> {
    schema: Held<'py>,
    arrays: Arrays,
}

impl<'py> Acquired<'py> {
    /// Takes an object's data.
    pub(crate) fn from(object: &Bound<'py, PyAny>) -> Outcome<Self> {
        let py = object.py();
        match protocol(object)? {
            Some(Protocol::Array { or_stream }) => {
                let returned = object.call_method0(intern!(py, "__arrow_c_array__"));
                match returned {
                    Ok(returned) => {
                        let (schema, array) = capsule::pair(&returned)?;
                        Ok(Self::of_capsule(schema, capsule::take_array(&array)?))
                    }
                    // nanoarrow's arrays of several chunks have both methods, and one that works; the
                    // other says so with a ValueError.
                    Err(error) if or_stream && error.is_instance_of::<PyValueError>(py) => {
                        match object.call_method0(intern!(py, "__arrow_c_stream__")) {
                            Ok(capsule) => Self::stream(&capsule, false),
                            Err(_) => Err(error.into()),
                        }
                    }
                    Err(error) => Err(error.into()),
                }
            }
            Some(Protocol::Stream { at_hand }) => match producers::kept_by_pandas(object)? {
                Some(kept) => Self::stream(&kept.call_method0(intern!(py, "__arrow_c_stream__"))?, true),
                None => Self::stream(&object.call_method0(intern!(py, "__arrow_c_stream__"))?, at_hand),
            },
            Some(Protocol::DeviceArray) => {
                let returned = object.call_method0(intern!(py, "__arrow_c_device_array__"))?;
                let (schema, array) = capsule::pair(&returned)?;
                Ok(Self::of_capsule(schema, capsule::take_device_array(&array)?))
            }
            None => Err(no_producer(object)?.into()),
        }
    }

    fn stream(capsule: &Bound<'_, PyAny>, at_hand: bool) -> Outcome<Self> {
        let mut stream = capsule::take_stream(capsule)?;
        if at_hand {
            let (schema, arrays) = pull(&mut stream)?;
            return Ok(Self { schema: Held::Own(schema), arrays });
        }
        // The producer may run a query, on threads that want the GIL.
        let (outcome, used) = capsule.py().detach(move || (pull(&mut stream), stream));
        drop(used);
        let (schema, arrays) = outcome?;
        Ok(Self { schema: Held::Own(schema), arrays })
    }

    fn schema(&self) -> Outcome<&ArrowSchema> {
        match &self.schema {
            Held::Own(schema) => Ok(schema),
            Held::Capsule(capsule) => capsule::schema(capsule),
        }
    }

    /// A type without arrays yet.
    pub(crate) fn of_schema(schema: ArrowSchema) -> Self {
        Self { schema: Held::Own(schema), arrays: Arrays::new() }
    }

    /// An array, and the capsule that its type is in.
    pub(crate) fn of_capsule(schema: Bound<'py, PyAny>, array: ArrowArray) -> Self {
        Self { schema: Held::Capsule(schema), arrays: smallvec![array] }
    }

    pub(crate) fn push(&mut self, array: ArrowArray) {
        self.arrays.push(array);
    }

    /// The copy of several arrays in one, where each alone would be viewed.
    pub(crate) fn joined(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Ok(schema) = self.schema() else { return Ok(None) };
        if self.arrays.len() < 2 {
            return Ok(None);
        }
        let views: Option<Vec<PlainView>> = self
            .arrays
            .iter()
            .map(|array| match plain(schema, array) {
                Some(Plain::View(view)) => Some(view),
                _ => None,
            })
            .collect();
        match views {
            // SAFETY: the views were measured on the arrays, which are kept meanwhile.
            Some(views) => unsafe { packed::joined(py, &views) },
            None => Ok(None),
        }
    }

    /// Reads the type.
    pub(crate) fn read(self, columns: Option<&[String]>) -> Outcome<Imported> {
        // SAFETY: the schema came from a producer, and is kept until the end of this function.
        let field = unsafe { read_schema(self.schema()?) }?;
        let ordered = self.schema()?.flags & DICTIONARY_ORDERED != 0;
        Ok(Imported { ordered, ..Imported::new(field, columns, Some(self.arrays))? })
    }
}

/// What becomes of a producer's array under default options, where it is one of the commonest.
#[inline]
pub(crate) fn plain<'a>(schema: &ArrowSchema, array: &'a ArrowArray) -> Option<Plain<'a>> {
    // SAFETY: both structs came out of a producer's capsules or stream, together.
    unsafe { plain_of(schema, array) }
}

/// A producer's arrays, one after the other.
pub(crate) struct Feed {
    /// The type; no arrays.
    pub(crate) imported: Imported,
    at_hand: Arrays,
    stream: Option<Stream>,
}

impl Feed {
    /// Opens a producer; a stream is asked for its type and nothing else.
    pub(crate) fn open(object: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Self> {
        let py = object.py();
        if let Some(Protocol::Stream { .. }) = protocol(object)? {
            let capsule = object.call_method0(intern!(py, "__arrow_c_stream__"))?;
            let mut stream = capsule::take_stream(&capsule)?;
            let mut schema = ArrowSchema::empty();
            stream.schema(&mut schema)?;
            let acquired = Acquired { schema: Held::Own(schema), arrays: Arrays::new() };
            let imported = acquired.read(columns)?;
            return Ok(Self { imported, at_hand: Arrays::new(), stream: Some(stream) });
        }
        let mut imported = Acquired::from(object)?.read(columns)?;
        let mut at_hand = imported.arrays.take().unwrap_or_default();
        at_hand.reverse();
        Ok(Self { imported, at_hand, stream: None })
    }

    /// The next array; `None` at the end, where the producer is released.
    pub(crate) fn next(&mut self, py: Python<'_>) -> Outcome<Option<ArrowArray>> {
        let Some(mut stream) = self.stream.take() else { return Ok(self.at_hand.pop()) };
        let mut array = ArrowArray::empty();
        // The producer may run a query, on threads that want the GIL.
        let (outcome, stream, array) = py.detach(move || {
            let outcome = stream.next(&mut array);
            (outcome, stream, array)
        });
        outcome?;
        if array.is_released() {
            return Ok(None);
        }
        self.stream = Some(stream);
        Ok(Some(array))
    }
}

/// Looks at an object without consuming it: its data where it can be had again, else its schema.
pub(crate) fn look(object: &Bound<'_, PyAny>, columns: Option<&[String]>) -> Outcome<Imported> {
    let py = object.py();
    match protocol(object)? {
        Some(Protocol::Stream { .. }) if object.len().is_err() => {}
        Some(_) => return Acquired::from(object)?.read(columns),
        None if object.hasattr(intern!(py, "__arrow_c_schema__"))? => {}
        None => return Err(no_producer(object)?.into()),
    }
    if object.hasattr(intern!(py, "__arrow_c_schema__"))? {
        return schema_only(object, columns);
    }
    // pyarrow's readers say their schema without giving themselves away.
    if let Ok(schema) = object.getattr(intern!(py, "schema"))
        && schema.hasattr(intern!(py, "__arrow_c_schema__"))?
    {
        return schema_only(&schema, columns);
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

/// The type that an object with `__arrow_c_schema__` says.
pub(crate) fn type_of(object: &Bound<'_, PyAny>) -> Outcome<Field> {
    type_in(&object.call_method0(intern!(object.py(), "__arrow_c_schema__"))?)
}

/// The type in a capsule, as it can be handed over again.
pub(crate) fn type_in(capsule: &Bound<'_, PyAny>) -> Outcome<Field> {
    let schema = capsule::schema(capsule)?;
    // SAFETY: the struct in a capsule of that name is a schema by the protocol, and lives in it.
    let field = unsafe { read_schema(schema) }?;
    // What is kept of a dictionary's values among them is no metadata of the field's own.
    let own = field.metadata().iter().filter(|(key, _)| !key.starts_with("ARROWND:"));
    let own: Metadata = own.map(|(key, value)| (key.clone(), value.clone())).collect();
    let ordered = schema.flags & DICTIONARY_ORDERED != 0;
    Ok(field.with_metadata(own).with_dict_is_ordered(ordered))
}

/// Filled in place: the structs are large, and this is on the way of every call.
#[inline]
fn pull(stream: &mut Stream) -> Result<(ArrowSchema, Arrays), Failure> {
    let mut pulled = (ArrowSchema::empty(), Arrays::new());
    stream.schema(&mut pulled.0)?;
    loop {
        let mut next = ArrowArray::empty();
        stream.next(&mut next)?;
        if next.is_released() {
            return Ok(pulled);
        }
        pulled.1.push(next);
    }
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
