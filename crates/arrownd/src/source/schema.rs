//! The border, part one: a foreign `ArrowSchema` becomes a checked [`Field`].
#![allow(unsafe_code, reason = "the border reads foreign structs")]

use std::cell::Cell;
use std::ffi::{CStr, c_char};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, IntervalUnit, Metadata, TimeUnit, UnionFields, UnionMode};

use arrow_schema::extension::EXTENSION_TYPE_NAME_KEY;

use super::c_data::ArrowSchema;
use super::path::Path;
use super::values::{VALUES_PREFIX, kept_key};
use crate::error::{Error, Result};

/// Deeper types are refused: every walk over a type may recurse this far.
const MAX_DEPTH: usize = 128;
/// More children than this in one node is a broken count, not a table.
const MAX_CHILDREN: i64 = 1 << 24;
/// All fields of a schema together: children that point to each other could be walked for ever.
const MAX_FIELDS: usize = 1 << 20;
const MAX_METADATA: i32 = 16 << 20;
const MAX_FORMAT: usize = 4096;

/// Polars' own formats: sixteen bytes a value, which Arrow has no integer type for.
const PRIVATE_FORMATS: [(&str, &str); 2] = [("_pli128", "polars.int128"), ("_plu128", "polars.uint128")];

pub(super) fn invalid<T>(path: &Path<'_>, what: impl Into<String>) -> Result<T> {
    Err(Error::InvalidArrow { path: path.to_string(), what: what.into() })
}

/// Reads and checks a foreign schema. *O(fields)*, copies names and metadata.
///
/// # Safety
/// Every non-null pointer in `schema` and below must point to what the C data interface says, live
/// for the call. Counts, formats and metadata may be wrong: they are checked.
///
/// # Errors
/// [`Error::InvalidArrow`] names the place and the broken rule.
///
/// ```
/// use arrow_schema::{DataType, Field, ffi::FFI_ArrowSchema};
/// use arrownd::engine::{ArrowSchema, read_schema};
///
/// let schema = FFI_ArrowSchema::try_from(Field::new("x", DataType::Float32, true)).unwrap();
/// // SAFETY: a valid schema; both are the C data interface's struct.
/// let read = unsafe { read_schema(&*std::ptr::from_ref(&schema).cast::<ArrowSchema>()) };
/// assert_eq!(read, Ok(Field::new("x", DataType::Float32, true)));
/// ```
pub unsafe fn read_schema(schema: &ArrowSchema) -> Result<Field> {
    // SAFETY: the caller's promise is this function's.
    unsafe { field(schema, &Path::Top, 0, &Cell::new(MAX_FIELDS)) }
}

/// # Safety
/// As [`read_schema`].
unsafe fn field(schema: &ArrowSchema, path: &Path<'_>, depth: usize, left: &Cell<usize>) -> Result<Field> {
    let Some(fewer) = left.get().checked_sub(1) else {
        return invalid(path, format!("more than {MAX_FIELDS} fields"));
    };
    left.set(fewer);
    if depth > MAX_DEPTH {
        return invalid(path, format!("the type is nested more than {MAX_DEPTH} levels deep"));
    }
    if schema.is_released() {
        return invalid(path, "the schema was released already: a capsule can be used once");
    }
    if schema.format.is_null() {
        return invalid(path, "the schema has no format");
    }
    // SAFETY: non-null, and a NUL-terminated string by the caller's promise.
    let format = unsafe { CStr::from_ptr(schema.format) };
    let format = match format.to_str() {
        Ok(text) if text.len() <= MAX_FORMAT => text,
        Ok(text) => return invalid(path, format!("a format of {} bytes", text.len())),
        Err(_) => return invalid(path, "the format isn't UTF-8"),
    };
    let name = if schema.name.is_null() {
        ""
    } else {
        // SAFETY: non-null, and a NUL-terminated string by the caller's promise.
        match unsafe { CStr::from_ptr(schema.name) }.to_str() {
            Ok(name) => name,
            Err(_) => return invalid(path, "a field's name isn't UTF-8"),
        }
    };
    // SAFETY: the caller's promise is this function's.
    let children = unsafe { children(schema, format, path) }?;
    let mut of_values = Vec::new();
    let data_type = if schema.dictionary.is_null() {
        // SAFETY: the children were checked to be there.
        unsafe { plain_type(format, schema.flags, children, path, depth, left) }?
    } else {
        if !children.is_empty() {
            return invalid(path, "a dictionary's indexes have children");
        }
        let Some(index) = flat_type(format).filter(DataType::is_integer) else {
            return invalid(path, format!("dictionary indexes of format {format:?}, which is no integer"));
        };
        if !schema.dictionary.is_aligned() {
            return invalid(path, "the dictionary's struct is misaligned");
        }
        // SAFETY: non-null, aligned, and a schema by the caller's promise.
        let dictionary = unsafe { &*schema.dictionary };
        // SAFETY: the caller's promise covers what lies below.
        let values = unsafe { field(dictionary, &Path::Field(path, "dictionary"), depth + 1, left) }?;
        of_values.extend(values.metadata().iter().map(|(key, value)| (kept_key(key), value.clone())));
        DataType::Dictionary(Box::new(index), Box::new(values.data_type().clone()))
    };
    let nullable = schema.flags & 2 != 0;
    let field = Field::new(name, data_type, nullable);
    if let Some((_, extension)) = PRIVATE_FORMATS.iter().find(|(known, _)| *known == format) {
        return Ok(field.with_metadata([(EXTENSION_TYPE_NAME_KEY, *extension)]));
    }
    let mut own = if schema.metadata.is_null() {
        Vec::new()
    } else {
        // SAFETY: non-null, and metadata by the caller's promise; the lengths in it are checked.
        unsafe { metadata(schema.metadata, path) }?
    };
    // What a producer says under these keys would be taken for its dictionary's.
    own.retain(|(key, _)| !key.starts_with(VALUES_PREFIX));
    own.extend(of_values);
    Ok(if own.is_empty() { field } else { field.with_metadata(own.into_iter().collect::<Metadata>()) })
}

/// # Safety
/// As [`read_schema`].
unsafe fn children<'a>(
    schema: &'a ArrowSchema,
    format: &str,
    path: &Path<'_>,
) -> Result<&'a [&'a ArrowSchema]> {
    let n = schema.n_children;
    if let Some(expected) = expected_children(format).filter(|expected| *expected != n) {
        return invalid(path, format!("format {format:?} takes {expected} children, not {n}"));
    }
    if !(0..=MAX_CHILDREN).contains(&n) {
        return invalid(path, format!("a schema with {n} children"));
    }
    if n == 0 {
        return Ok(&[]);
    }
    if schema.children.is_null() || !schema.children.is_aligned() {
        return invalid(path, format!("{n} children, and no array of them"));
    }
    // SAFETY: non-null, aligned, and `n_children` long by the caller's promise.
    let pointers = unsafe { std::slice::from_raw_parts(schema.children, n as usize) };
    if pointers.iter().any(|p| p.is_null() || !p.is_aligned()) {
        return invalid(path, "a null pointer among the children");
    }
    // SAFETY: each pointer is non-null and aligned, and a schema by the caller's promise;
    // `&ArrowSchema` and `*mut ArrowSchema` have one layout.
    Ok(unsafe { std::slice::from_raw_parts(schema.children.cast::<&ArrowSchema>(), n as usize) })
}

/// How many children the format has; a struct has any number. Known before one is looked at.
fn expected_children(format: &str) -> Option<i64> {
    let ids = format.strip_prefix("+ud:").or_else(|| format.strip_prefix("+us:"));
    match (format, ids) {
        ("+s", _) => None,
        ("+r", _) => Some(2),
        (_, Some("")) => Some(0),
        (_, Some(ids)) => i64::try_from(ids.split(',').count()).ok(),
        (nested, _) if nested.starts_with('+') => Some(1),
        _ => Some(0),
    }
}

/// The types without children and parameters, and those whose parameters are in the format.
pub(crate) fn flat_type(format: &str) -> Option<DataType> {
    use DataType as T;
    Some(match format {
        "n" => T::Null,
        "b" => T::Boolean,
        "c" => T::Int8,
        "C" => T::UInt8,
        "s" => T::Int16,
        "S" => T::UInt16,
        "i" => T::Int32,
        "I" => T::UInt32,
        "l" => T::Int64,
        "L" => T::UInt64,
        "e" => T::Float16,
        "f" => T::Float32,
        "g" => T::Float64,
        "z" => T::Binary,
        "Z" => T::LargeBinary,
        "vz" => T::BinaryView,
        "u" => T::Utf8,
        "U" => T::LargeUtf8,
        "vu" => T::Utf8View,
        "tdD" => T::Date32,
        "tdm" => T::Date64,
        "tts" => T::Time32(TimeUnit::Second),
        "ttm" => T::Time32(TimeUnit::Millisecond),
        "ttu" => T::Time64(TimeUnit::Microsecond),
        "ttn" => T::Time64(TimeUnit::Nanosecond),
        "tDs" => T::Duration(TimeUnit::Second),
        "tDm" => T::Duration(TimeUnit::Millisecond),
        "tDu" => T::Duration(TimeUnit::Microsecond),
        "tDn" => T::Duration(TimeUnit::Nanosecond),
        "tiM" => T::Interval(IntervalUnit::YearMonth),
        "tiD" => T::Interval(IntervalUnit::DayTime),
        "tin" => T::Interval(IntervalUnit::MonthDayNano),
        "_pli128" | "_plu128" => T::FixedSizeBinary(16),
        _ => return parametric_type(format),
    })
}

fn parametric_type(format: &str) -> Option<DataType> {
    if let Some(zone) = format.strip_prefix("ts") {
        let (unit, zone) = zone.split_once(':')?;
        let unit = match unit {
            "s" => TimeUnit::Second,
            "m" => TimeUnit::Millisecond,
            "u" => TimeUnit::Microsecond,
            "n" => TimeUnit::Nanosecond,
            _ => return None,
        };
        return Some(DataType::Timestamp(unit, (!zone.is_empty()).then(|| Arc::from(zone))));
    }
    if let Some(width) = format.strip_prefix("w:") {
        return Some(DataType::FixedSizeBinary(size(width)?));
    }
    let mut parts = format.strip_prefix("d:")?.split(',');
    let precision: u8 = parts.next()?.parse().ok()?;
    let scale: i8 = parts.next()?.parse().ok()?;
    let bits = parts.next().unwrap_or("128");
    if parts.next().is_some() {
        return None;
    }
    let (most, data_type) = match bits {
        "32" => (9, DataType::Decimal32(precision, scale)),
        "64" => (18, DataType::Decimal64(precision, scale)),
        "128" => (38, DataType::Decimal128(precision, scale)),
        "256" => (76, DataType::Decimal256(precision, scale)),
        _ => return None,
    };
    (1..=most).contains(&precision).then_some(data_type)
}

/// A non-negative size: digits and nothing else.
fn size(text: &str) -> Option<i32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// # Safety
/// As [`read_schema`], for each child.
unsafe fn plain_type(
    format: &str,
    flags: i64,
    children: &[&ArrowSchema],
    path: &Path<'_>,
    depth: usize,
    left: &Cell<usize>,
) -> Result<DataType> {
    let expect = |n: usize| {
        if children.len() == n {
            return Ok(());
        }
        invalid(path, format!("format {format:?} takes {n} children, not {}", children.len()))
    };
    let child = |i: usize, name: &str| -> Result<Arc<Field>> {
        // SAFETY: the caller's promise covers each child.
        unsafe { field(children[i], &Path::Field(path, name), depth + 1, left) }.map(Arc::new)
    };
    if let Some(data_type) = flat_type(format) {
        expect(0)?;
        return Ok(data_type);
    }
    Ok(match format {
        "+l" => expect(1).and_then(|()| child(0, "item")).map(DataType::List)?,
        "+L" => expect(1).and_then(|()| child(0, "item")).map(DataType::LargeList)?,
        "+vl" => expect(1).and_then(|()| child(0, "item")).map(DataType::ListView)?,
        "+vL" => expect(1).and_then(|()| child(0, "item")).map(DataType::LargeListView)?,
        "+m" => {
            expect(1)?;
            let entries = child(0, "entries")?;
            if !matches!(entries.data_type(), DataType::Struct(fields) if fields.len() == 2) {
                return invalid(path, "a map's entries are no struct of key and value");
            }
            DataType::Map(entries, flags & 4 != 0)
        }
        "+s" => {
            let mut fields = Vec::with_capacity(children.len());
            for schema in children {
                let name = if schema.name.is_null() {
                    ""
                } else {
                    // SAFETY: non-null, and a NUL-terminated string by the caller's promise.
                    unsafe { CStr::from_ptr(schema.name) }.to_str().unwrap_or("?")
                };
                // SAFETY: the caller's promise covers each child.
                let child = unsafe { field(schema, &Path::Field(path, name), depth + 1, left) }?;
                fields.push(Arc::new(child));
            }
            DataType::Struct(Fields::from(fields))
        }
        "+r" => {
            expect(2)?;
            let run_ends = child(0, "run_ends")?;
            if !matches!(run_ends.data_type(), DataType::Int16 | DataType::Int32 | DataType::Int64) {
                return invalid(path, format!("run ends of type {}", run_ends.data_type()));
            }
            DataType::RunEndEncoded(run_ends, child(1, "values")?)
        }
        _ => {
            if let Some(width) = format.strip_prefix("+w:") {
                let Some(width) = size(width) else {
                    return invalid(path, format!("format {format:?} has no list size"));
                };
                expect(1)?;
                return Ok(DataType::FixedSizeList(child(0, "item")?, width));
            }
            let (mode, ids) = match (format.strip_prefix("+ud:"), format.strip_prefix("+us:")) {
                (Some(ids), _) => (UnionMode::Dense, ids),
                (_, Some(ids)) => (UnionMode::Sparse, ids),
                _ => return invalid(path, format!("unknown format {format:?}")),
            };
            let ids: Option<Vec<i8>> = if ids.is_empty() {
                Some(vec![])
            } else {
                ids.split(',').map(|id| id.parse().ok().filter(|id| *id >= 0)).collect()
            };
            let Some(ids) = ids else {
                return invalid(path, format!("format {format:?} has no type ids from 0 to 127"));
            };
            expect(ids.len())?;
            let mut members = Vec::with_capacity(ids.len());
            for (i, id) in ids.iter().enumerate() {
                if ids[..i].contains(id) {
                    return invalid(path, format!("type id {id} twice in format {format:?}"));
                }
                members.push(child(i, &id.to_string())?);
            }
            match UnionFields::try_new(ids, members) {
                Ok(fields) => DataType::Union(fields, mode),
                Err(why) => return invalid(path, why.to_string()),
            }
        }
    })
}

/// # Safety
/// `raw` points to metadata in the specification's encoding; the lengths in it may be wrong only
/// in ways that the checks here see.
unsafe fn metadata(raw: *const c_char, path: &Path<'_>) -> Result<Vec<(String, String)>> {
    let mut reader = MetadataReader { at: raw.cast(), used: 0 };
    // SAFETY: the metadata begins with the number of pairs.
    let pairs = unsafe { reader.length(path) }?;
    // Each pair has two lengths, whatever else.
    if pairs > MAX_METADATA / 8 {
        return invalid(path, format!("metadata with {pairs} pairs (the most is {})", MAX_METADATA / 8));
    }
    let mut all = Vec::with_capacity(usize::try_from(pairs).unwrap_or(0).min(64));
    for _ in 0..pairs {
        // SAFETY: the specification has a key here.
        let key = unsafe { reader.text(path) }?;
        // SAFETY: and its value there.
        let value = unsafe { reader.text(path) }?;
        all.push((key, value));
    }
    Ok(all)
}

struct MetadataReader {
    at: *const u8,
    used: i64,
}

impl MetadataReader {
    /// # Safety
    /// Four readable bytes at `at`.
    unsafe fn length(&mut self, path: &Path<'_>) -> Result<i32> {
        // SAFETY: the caller's promise; the encoding doesn't align its integers.
        let n = unsafe { self.at.cast::<i32>().read_unaligned() };
        if !(0..=MAX_METADATA).contains(&n) || self.used + i64::from(n) > i64::from(MAX_METADATA) {
            return invalid(path, format!("metadata with a length of {n} (the most is {MAX_METADATA})"));
        }
        self.used += 4;
        // SAFETY: four bytes were readable.
        self.at = unsafe { self.at.add(4) };
        Ok(n)
    }

    /// # Safety
    /// A length and that many readable bytes at `at`.
    unsafe fn text(&mut self, path: &Path<'_>) -> Result<String> {
        // SAFETY: the caller's promise.
        let n = unsafe { self.length(path) }?;
        // SAFETY: `n` is not negative, and that many bytes follow by the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(self.at, n as usize) };
        self.used += i64::from(n);
        // SAFETY: within or at the end of the bytes just read.
        self.at = unsafe { self.at.add(n as usize) };
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
