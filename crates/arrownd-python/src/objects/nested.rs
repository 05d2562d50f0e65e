//! Python objects of any type, at any nesting: what pyarrow's `to_pylist()` gives.

use std::cell::RefCell;
use std::ops::Range;

use arrow_schema::{DataType, Field};
use arrownd::Error;
use arrownd::engine::{Chunk, Data, Element, RowId, map, values_field};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::{Make, Take, leaf, under};
use crate::errors::{Failure, Outcome};

/// Makes the objects of one type's values. What the type says is looked up once, when this is made.
///
/// It remembers the chunks that it has met, for `'c`: objects that stand in several places (a
/// dictionary's values, runs) are made once, where nobody can change them.
pub(crate) struct Maker<'c> {
    kind: Kind<'c>,
}

enum Kind<'c> {
    /// Values without others in them.
    Leaf(Box<dyn Make>),
    /// Lists of any layout.
    List(Box<Maker<'c>>),
    /// dict
    Struct(Vec<(Py<PyString>, Maker<'c>)>),
    /// Lists of (key, value).
    Map(Box<[Maker<'c>; 2]>),
    /// The member's own value.
    Union(Vec<(String, Maker<'c>)>),
    /// Dictionaries and runs: one of their values.
    Entry(Box<Shared<'c>>),
}

impl<'c> Maker<'c> {
    /// Resolves a type.
    ///
    /// # Errors
    /// [`Error::UnsupportedType`] for a zone that isn't known, [`Error::BadValue`] for a struct in
    /// which a name comes twice, [`Error::InvalidArrow`] for an extension over the wrong storage;
    /// the path is that within `field`.
    pub(crate) fn new(py: Python<'_>, field: &Field, check: bool) -> Outcome<Self> {
        use DataType as T;
        let below = |field: &Field, name: &str| -> Outcome<Self> {
            Self::new(py, field, check).map_err(|error| under(error, name))
        };
        let mapped = map(field)?;
        if mapped.element != Element::Nested || mapped.row == RowId::TimestampWithOffset {
            return Ok(Self { kind: Kind::Leaf(leaf(py, field, check, Boxed)?) });
        }
        let kind = match field.data_type() {
            T::List(child)
            | T::LargeList(child)
            | T::ListView(child)
            | T::LargeListView(child)
            | T::FixedSizeList(child, _) => Kind::List(Box::new(below(child, ITEM)?)),
            T::Struct(fields) => {
                let mut makers = Vec::with_capacity(fields.len());
                for (i, field) in fields.iter().enumerate() {
                    if fields.iter().take(i).any(|other| other.name() == field.name()) {
                        return Err(twice(field.name()));
                    }
                    let name = PyString::intern(py, field.name()).unbind();
                    makers.push((name, below(field, field.name())?));
                }
                Kind::Struct(makers)
            }
            T::Map(entries, _) => match entries.data_type() {
                T::Struct(fields) => match fields.as_ref() {
                    [keys, values] => Kind::Map(Box::new([below(keys, KEYS)?, below(values, VALUES)?])),
                    _ => return Err(unknown(field)),
                },
                _ => return Err(unknown(field)),
            },
            T::Union(members, _) => {
                let mut makers = Vec::with_capacity(members.len());
                for (_, member) in members.iter() {
                    makers.push((member.name().clone(), below(member, member.name())?));
                }
                Kind::Union(makers)
            }
            T::RunEndEncoded(_, values) => Kind::Entry(Box::new(Shared::new(below(values, "")?))),
            T::Dictionary(..) => match values_field(field) {
                Some(values) => Kind::Entry(Box::new(Shared::new(below(&values, "")?))),
                None => return Err(unknown(field)),
            },
            _ => return Err(unknown(field)),
        };
        Ok(Self { kind })
    }

    /// The object of value `index` of a chunk, None where it is missing.
    ///
    /// # Errors
    /// [`Error::LossyCast`] and [`Error::InvalidArrow`] with the path within the field, and no position.
    pub(crate) fn value<'py>(
        &self,
        py: Python<'py>,
        chunk: &'c Chunk<'c>,
        index: usize,
    ) -> Outcome<Bound<'py, PyAny>> {
        if chunk.validity.is_some_and(|bits| !bits.get(index)) {
            return Ok(py.None().into_bound(py));
        }
        self.of_data(py, &chunk.data, index)
    }

    /// The object of value `index`, which the chunk's own bitmap says is there.
    ///
    /// # Errors
    /// As [`Maker::value`].
    pub(crate) fn of_data<'py>(
        &self,
        py: Python<'py>,
        data: &'c Data<'c>,
        index: usize,
    ) -> Outcome<Bound<'py, PyAny>> {
        match (&self.kind, data) {
            (Kind::Leaf(make), _) => make.make(py, data, index),
            (
                Kind::List(maker),
                Data::List { child, .. } | Data::ListView { child, .. } | Data::FixedList { child, .. },
            ) => {
                list(py, data.list(index), |i| maker.value(py, child, i).map_err(|error| under(error, ITEM)))
            }
            (Kind::Struct(makers), Data::Struct(children)) => {
                let dict = PyDict::new(py);
                for ((name, maker), child) in makers.iter().zip(children) {
                    let name = name.bind(py);
                    let value = maker.value(py, child, index);
                    dict.set_item(name, value.map_err(|error| under(error, &name.to_string_lossy()))?)?;
                }
                Ok(dict.into_any())
            }
            (Kind::Map(makers), Data::List { child, .. }) => {
                list(py, data.list(index), |i| entry(py, makers, child, i))
            }
            (Kind::Union(makers), Data::Union { children, .. }) => {
                let (place, at) = data.member(index);
                match (makers.get(place), children.get(place)) {
                    (Some((name, maker)), Some(child)) => {
                        maker.value(py, child, at).map_err(|error| under(error, name))
                    }
                    _ => Ok(py.None().into_bound(py)),
                }
            }
            (Kind::Entry(shared), Data::Dictionary { keys, values }) => {
                shared.value(py, values, data.entry(index), keys.len)
            }
            // A run is met as often as it is long.
            (Kind::Entry(shared), Data::RunEnds { values, .. }) => {
                shared.value(py, values, data.entry(index), usize::MAX)
            }
            // The chunk was read by the same type.
            _ => Ok(py.None().into_bound(py)),
        }
    }

    /// Whether nobody can change the objects, so that one may stand in several places.
    fn makes_constants(&self) -> bool {
        match &self.kind {
            Kind::Leaf(_) => true,
            Kind::List(_) | Kind::Struct(_) | Kind::Map(_) => false,
            Kind::Union(makers) => makers.iter().all(|(_, maker)| maker.makes_constants()),
            Kind::Entry(shared) => shared.constant,
        }
    }
}

/// How parts without a name of their own are called in a path.
const ITEM: &str = "item";
const KEYS: &str = "keys";
const VALUES: &str = "values";

struct Boxed;

impl Take for Boxed {
    type Out = Box<dyn Make>;

    fn take(self, make: impl Make + 'static) -> Outcome<Self::Out> {
        Ok(Box::new(make))
    }
}

fn twice(name: &str) -> Failure {
    Failure::Core(Error::BadValue(format!(
        "a struct's field name {name:?} comes twice, and its values would be dicts: rename or leave out one"
    )))
}

fn unknown(field: &Field) -> Failure {
    Failure::Core(Error::UnsupportedType {
        path: String::new(),
        from: arrownd::engine::type_name(field),
        to: "Python objects".to_owned(),
        remedy: String::new(),
    })
}

/// A list, in memory of the right size from the start.
fn list<'py>(
    py: Python<'py>,
    range: Range<usize>,
    value: impl Fn(usize) -> Outcome<Bound<'py, PyAny>>,
) -> Outcome<Bound<'py, PyAny>> {
    let mut failed = None;
    let objects = range.map(|i| {
        if failed.is_none() {
            match value(i) {
                Ok(object) => return object,
                Err(error) => failed = Some(error),
            }
        }
        py.None().into_bound(py)
    });
    let made = PyList::new(py, objects)?;
    match failed {
        None => Ok(made.into_any()),
        Some(error) => Err(error),
    }
}

/// (key, value) of one entry of a map.
fn entry<'c, 'py>(
    py: Python<'py>,
    [key, value]: &[Maker<'c>; 2],
    entries: &'c Chunk<'c>,
    index: usize,
) -> Outcome<Bound<'py, PyAny>> {
    let Data::Struct(children) = &entries.data else {
        return Ok(py.None().into_bound(py));
    };
    let [keys, values] = children.as_slice() else {
        return Ok(py.None().into_bound(py));
    };
    if entries.validity.is_some_and(|bits| !bits.get(index)) {
        let what = "a map with an entry that is null".to_owned();
        return Err(Failure::Core(Error::InvalidArrow { path: String::new(), what }));
    }
    let key = key.value(py, keys, index).map_err(|error| under(error, KEYS))?;
    let value = value.value(py, values, index).map_err(|error| under(error, VALUES))?;
    Ok(PyTuple::new(py, [key, value])?.into_any())
}

/// Makes values that stand in several places once, if nobody can change them.
struct Shared<'c> {
    maker: Maker<'c>,
    constant: bool,
    made: RefCell<Made<'c>>,
}

/// The objects of one chunk of values, as far as they were asked for.
#[derive(Default)]
struct Made<'c> {
    of: Option<&'c Chunk<'c>>,
    objects: Vec<Option<Py<PyAny>>>,
}

impl<'c> Shared<'c> {
    fn new(maker: Maker<'c>) -> Self {
        Self { constant: maker.makes_constants(), maker, made: RefCell::default() }
    }

    /// Value `index` of `values`, which stand in so many `places`.
    fn value<'py>(
        &self,
        py: Python<'py>,
        values: &'c Chunk<'c>,
        index: usize,
        places: usize,
    ) -> Outcome<Bound<'py, PyAny>> {
        // The room for many objects costs more than making few.
        if !self.constant || values.len / 2 > places {
            return self.maker.value(py, values, index);
        }
        {
            let mut made = self.made.borrow_mut();
            if !made.of.is_some_and(|of| std::ptr::eq(of, values)) {
                made.of = Some(values);
                made.objects.clear();
                made.objects.resize_with(values.len, || None);
            }
            if let Some(Some(object)) = made.objects.get(index) {
                return Ok(object.bind(py).clone());
            }
        }
        let object = self.maker.value(py, values, index)?;
        if let Some(place) = self.made.borrow_mut().objects.get_mut(index) {
            *place = Some(object.clone().unbind());
        }
        Ok(object)
    }
}
