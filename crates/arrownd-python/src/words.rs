//! The core speaks of Rust's options; here its texts get Python's words.
//!
//! Each text is translated before it is put together with others, and as a whole: what the data brings in (names,
//! values, types) is in other fields of the error, or in a template's holes, and comes out as it went in.

use std::borrow::Cow;

use arrownd::engine::PlanDisplay;
use arrownd::{Error, Plan, Reason};

/// The core's texts, and what they are in Python.
const TEXTS: &[(&str, &str)] = &[
    // Sentences of reasons.
    (
        "Arrow packs booleans as bits, an array has one byte for each",
        "Arrow packs booleans as bits, NumPy has one byte for each",
    ),
    ("the offsets have no counterpart in an array", "the offsets have no counterpart in NumPy"),
    ("these values have no element type of fixed width", "NumPy holds these values as Python objects"),
    (
        "rows have to be contiguous (Order::C) and Arrow stores columns",
        "rows have to be contiguous (order=\"C\") and Arrow stores columns",
    ),
    ("write_into asks for memory of its own", "out= asks for memory of its own"),
    ("Options::writable asks for memory of its own", "writable=True asks for memory of its own"),
    ("OnWritable::Copy asks for memory of its own", "on_writable=\"copy\" asks for memory of its own"),
    (
        "Arrow has offsets for text and bytes, an array a fixed width or strings of their own",
        "Arrow has offsets for text and bytes, NumPy a fixed width or strings of their own",
    ),
    ("the values are read from objects", "the values are read from Python objects"),
    // Their remedies.
    (
        "pass Nulls::Mask to view the values beside a mask",
        "pass nulls=\"masked\" to view the values beside a mask",
    ),
    (
        "pass Nulls::Mask to keep the dtype, with a mask beside the values",
        "pass nulls=\"masked\" to keep the dtype, with a mask beside the values",
    ),
    (
        "ask for the type that is stored, or store the one that is asked for",
        "leave out dtype=, or store the values in that type",
    ),
    (
        "convert the columns one by one, where each keeps its own dtype",
        "use to_columns, where each column keeps its own dtype",
    ),
    ("view the keys of the dictionary on their own", "use to_codes to view the codes"),
    (
        "choose an Options::dtype of fixed width; text has none",
        "choose a dtype= of fixed width; text has none",
    ),
    ("view each column on its own", "use to_columns to view each column on its own"),
    ("leave that out", "leave out that option"),
    ("pass ArrowOptions::field of arrow.bool8 to share the bytes", "pass type=\"bool8\" to share the bytes"),
    (
        "ask for the type that the values have, or pass values of that type",
        "leave out type=, or pass values of that type",
    ),
    // What a plan begins with, and what has no dtype.
    ("ndarray", "numpy"),
    ("an array", "NumPy"),
    // Missing values, and lists of unequal length.
    ("pass Nulls::Nan, Nulls::Mask or Nulls::Fill", "pass nulls=\"nan\", nulls=\"masked\" or na_value="),
    ("pass Nulls::Nan or Nulls::Mask", "pass nulls=\"nan\" or nulls=\"masked\""),
    (
        "pass Nulls::Mask or Nulls::Fill to keep the dtype, or Options::safe(false) to round",
        "pass nulls=\"masked\" or na_value= to keep the dtype, or safe=False to round",
    ),
    (
        "half a number can't be masked: pass Nulls::Nan to get NaN for what is missing",
        "half a number can't be masked: leave out nulls= to get NaN for what is missing",
    ),
    (
        "Options::na_value has no place beside Nulls::Masked: leave out one of them",
        "na_value has no place beside nulls=\"masked\": leave out one of them",
    ),
    (
        "Options::na_value has no place beside Nulls::Raise: leave out one of them",
        "na_value has no place beside nulls=\"raise\": leave out one of them",
    ),
    ("pass a larger Options::pad_to, or Options::pad", "pass a larger pad_to, or leave it out"),
    ("pass Options::pad, or use to_ragged", "pass lists=\"pad\" or lists=\"object\", or use to_ragged"),
    // Types, and the columns of a matrix.
    (
        "this version doesn't convert the type yet; leave the field out with Options::columns",
        "this version doesn't convert the type yet; leave the field out with columns=",
    ),
    ("ask for floats or integers", "leave out dtype= to get Python objects"),
    ("no element type holds these values", "leave out dtype= to get Python objects"),
    (
        "no element type holds these values; leave the field out with Options::columns",
        "leave out dtype= to get Python objects",
    ),
    (
        "complex takes pairs of floats, in fixed-size lists of 2: leave out Options::dtype",
        "complex takes pairs of floats, in fixed-size lists of 2: leave out dtype=",
    ),
    (
        "complex takes pairs of floats: leave out Options::dtype",
        "complex takes pairs of floats: leave out dtype=",
    ),
    ("convert the columns one by one", "use to_columns"),
    ("leave out Options::dtype, or convert the columns one by one", "leave out dtype=, or use to_columns"),
    (
        "convert the columns one by one, or leave the field out with Options::columns",
        "use to_columns, or leave the field out with columns=",
    ),
    (
        "convert the lists on their own, or leave the field out with Options::columns",
        "use to_columns, pass lists=\"object\", or leave the field out with columns=",
    ),
    ("only dictionaries have codes", "to_codes takes dictionaries; use to_numpy"),
    (
        "to_ragged takes lists of variable size; use to_array",
        "to_ragged takes lists of variable size; use to_numpy",
    ),
    (
        "a field of a record needs a name, and one here has none: convert the columns one by one",
        "a field of a structured array needs a name, and one here has none: use to_columns",
    ),
    ("Options::record is for structs and tables", "a structured dtype= is for structs and tables"),
    (
        "pass Options::record with the same names",
        "dtype= of a structured array is a structured dtype with the same names",
    ),
    // Values that don't fit.
    (
        "pass a wider dtype, or Options::safe(false) to round or cut",
        "pass a wider dtype, or safe=False to round or cut",
    ),
    (
        "pass a wider type, or ArrowOptions::safe(false) to round or cut",
        "pass a wider type, or safe=False to round or cut",
    ),
    (
        "pass a type that holds it, or ArrowOptions::safe(false) to round or cut",
        "pass a type= that holds it, or safe=False to round or cut",
    ),
    (
        "pass more precision, another scale, or ArrowOptions::safe(false) to round",
        "pass more precision, another scale, or safe=False to round",
    ),
    ("pass DType::Unicode, which holds more than ASCII", "pass dtype=\"U\", which holds more than ASCII"),
    (
        "DType::Unicode drops the NULs at the end: pass Options::safe(false) to let it",
        "\"U\" drops the NULs at the end: pass dtype=object, or safe=False",
    ),
    (
        "DType::ByteString drops the NULs at the end: pass Options::safe(false) to let it",
        "\"S\" drops the NULs at the end: pass dtype=object, or safe=False",
    ),
    (
        "pass DType::Unicode(0) for the width of the longest, or Options::safe(false) to cut",
        "pass dtype=\"U\" for the width of the longest, or safe=False to cut",
    ),
    (
        "pass DType::ByteString(0) for the width of the longest, or Options::safe(false) to cut",
        "pass dtype=\"S\" for the width of the longest, or safe=False to cut",
    ),
    ("replace it, or mask the value", "replace it, or leave the value out with mask="),
    ("replace it, or mask it", "replace it, or leave it out with mask="),
    // The other way.
    ("reshape the array, or use into_tensor", "reshape the array, or pass type=\"tensor\""),
    (
        "a tensor is made of one array of numbers: pass the types of the fields as a struct",
        "type=\"tensor\" is for one array of numbers: pass the types of the fields as a struct",
    ),
    (
        "it has no unit: pass values of one that Arrow has",
        "it has no unit: convert it first, as in x.astype(\"datetime64[us]\")",
    ),
];

/// The same of texts with holes: `{}` is anything, and the same in both.
const TEMPLATES: &[(&str, &str)] = &[
    ("Arrow has {} bits a value and the array {}", "Arrow has {} bits a value and NumPy {}"),
    ("arrays have at most {}", "NumPy has at most {}"),
    ("ask for its own dtype, {}", "leave out dtype= to get {}, or pass dtype=object"),
    ("ask for {}, the time since midnight", "leave out dtype= to get object, or pass dtype=\"{}\""),
    (
        "{} has no na_object for them: give it one, or pass Nulls::Fill or Nulls::Mask",
        "{} has no na_object for them: give it one, or pass na_value= or nulls=\"masked\"",
    ),
    (
        "{} has no marker for them: pass Nulls::Fill, Nulls::Mask or a dtype that has one",
        "{} has no marker for them: pass na_value=, nulls=\"masked\" or a dtype that has one",
    ),
    (
        "{}lists of unequal length are filled up, and Nulls::Refuse leaves no marker: pass Options::pad_with",
        "{}lists of unequal length are filled up, and nulls=\"raise\" leaves no marker: pass na_value=",
    ),
    (
        "{}lists of unequal length are filled up, and {} has no marker: pass Nulls::Fill or Nulls::Mask",
        "{}lists of unequal length are filled up, and {} has no marker: pass na_value= or nulls=\"masked\"",
    ),
    (
        "Options::pad_to is one length, and the tensors have {} axes: use Options::pad to fill all up to the largest",
        "pad_to is one length, and the tensors have {} axes: leave it out to fill all up to the largest",
    ),
    (
        "Nulls::FillFields names fields, and the input is {}: pass Nulls::Fill",
        "na_value is a dict by field name, and the input is {}: pass one value",
    ),
    (
        "Nulls::FillFields names a field {} that isn't among those converted",
        "na_value names a field {} that isn't among those converted",
    ),
    (
        "Options::columns names fields of a struct or table, and the input is {}: leave it out",
        "columns= names fields of a struct or table, and the input is {}: leave it out",
    ),
    (
        "one array a field takes a struct or table, and the input is {}: make one array",
        "one array a field takes a struct or table, and the input is {}: use to_numpy",
    ),
    (
        "the field name {} comes twice: rename or leave out one, or make a matrix",
        "the field name {} comes twice: rename or leave out one, or use to_numpy for a matrix",
    ),
    (
        "field {}: Options::record has a subarray of shape {}, and the values have {}",
        "field {}: dtype= has a subarray of shape {}, and the values have {}",
    ),
    (
        "Options::record has no field {}: pass the same names, and Options::columns for some of them",
        "dtype= has no field {}: pass the same names, and columns= for some of them",
    ),
    (
        "Options::record has a field {} that the input hasn't: pass the same names, and Options::columns for some of them",
        "dtype= has a field {} that the input hasn't: pass the same names, and columns= for some of them",
    ),
    (
        "{} has dtype {} and shape {}, and {}: pass an array of that kind, or Options::dtype",
        "{} has dtype {} and shape {}, and {}: pass an array of that kind, or dtype=",
    ),
    (
        "{} has dtype {} and shape {}, and {}: leave it out to have it made",
        "{} has dtype {} and shape {}, and {}: pass None to have it made",
    ),
];

/// A text of the core in Python's words, or as it is where both say the same. *At most one look at each row.*
pub(crate) fn python(text: &str) -> Cow<'_, str> {
    if let Some((_, python)) = TEXTS.iter().find(|(rust, _)| *rust == text) {
        return Cow::Borrowed(python);
    }
    let filled = TEMPLATES.iter().find_map(|(rust, python)| filled(text, rust, python));
    filled.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `python` with what stands in the holes of `rust`, where that is the text's template.
fn filled(text: &str, rust: &str, python: &str) -> Option<String> {
    let (first, _) = rust.split_once('{')?;
    let rest = text.strip_prefix(first)?;
    let (_, last) = rust.rsplit_once('}')?;
    let mut rest = rest.strip_suffix(last)?;
    let mut parts = python.split("{}");
    let mut filled = parts.next()?.to_owned();
    let between = rust.get(first.len()..rust.len() - last.len())?;
    for literal in between.split("{}").filter(|literal| !literal.is_empty()) {
        let (hole, after) = rest.split_once(literal)?;
        filled.extend([hole, parts.next()?]);
        rest = after;
    }
    filled.extend([rest, parts.next()?]);
    Some(filled)
}

/// The reason's sentence.
pub(crate) fn sentence(reason: &Reason) -> String {
    python(&reason.to_string()).into_owned()
}

/// The plan, to be shown in Python's words.
pub(crate) fn shown(plan: &Plan) -> PlanDisplay<'_> {
    PlanDisplay::new(plan, python)
}

/// The error's message.
pub(crate) fn message(error: &Error) -> String {
    let at = |path: &str| if path.is_empty() { String::new() } else { format!("field {path:?}: ") };
    let told = |text: &mut String| *text = python(text).into_owned();
    let mut error = error.clone();
    match &mut error {
        Error::CopyNotAllowed { path, reasons } => {
            let sentences: Vec<String> = reasons.iter().map(sentence).collect();
            let remedy = reasons.first().map(Reason::remedy).unwrap_or_default();
            return format!("copy not allowed: {}{} ({})", at(path), sentences.join("; "), python(remedy));
        }
        Error::FillDoesNotFit { path, value, dtype } => {
            let value = match value.as_str() {
                "true" => "True",
                "false" => "False",
                other => other,
            };
            let place = at(path);
            return format!(
                "{place}na_value={value} can't be held by {dtype}: pass another na_value or dtype="
            );
        }
        Error::Nulls { remedy, .. } | Error::LossyCast { remedy, .. } | Error::Ragged { remedy, .. } => {
            told(remedy);
        }
        Error::UnsupportedType { to, remedy, .. } => {
            told(to);
            told(remedy);
        }
        Error::Conflict(text) | Error::BadValue(text) => told(text),
        _ => {}
    }
    error.to_string()
}
