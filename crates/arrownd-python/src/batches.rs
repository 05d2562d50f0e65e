//! `iter_numpy`: a stream in constant memory, batch by batch.
#![allow(unsafe_code, reason = "arrays are kept beside what was read of them")]

use std::collections::VecDeque;

use arrownd::engine::{ArrowArray, Chunk, Column, Form, Planned};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySlice, PyTuple};

use crate::arguments::{Caller, Given, Words, request};
use crate::convert::{Debts, array, fields};
use crate::errors::{Outcome, guarded};
use crate::export::{Owner, beside_exceptions};
use crate::import::Feed;

/// The words of the call, kept for every batch.
pub(crate) struct KeptWords {
    pub(crate) dtype: Option<Py<PyAny>>,
    pub(crate) allow_copy: bool,
    pub(crate) writable: bool,
    pub(crate) nulls: Option<Py<PyAny>>,
    pub(crate) na_value: Option<Py<PyAny>>,
    pub(crate) columns: Option<Py<PyAny>>,
    pub(crate) lists: Option<Py<PyAny>>,
    pub(crate) pad_to: Option<isize>,
    pub(crate) structured: bool,
    pub(crate) order: Option<Py<PyAny>>,
    pub(crate) out: Option<Py<PyAny>>,
    pub(crate) safe: bool,
}

fn bound<'py>(py: Python<'py>, kept: Option<&Py<PyAny>>) -> Option<Bound<'py, PyAny>> {
    kept.map(|kept| kept.bind(py).clone())
}

fn given<'py>(py: Python<'py>, kept: Option<&Py<PyAny>>) -> Given<'py> {
    bound(py, kept).map_or(Given::Unset, Given::Value)
}

impl KeptWords {
    fn words<'py>(&self, py: Python<'py>, out: Option<Bound<'py, PyAny>>) -> Words<'py> {
        Words {
            dtype: bound(py, self.dtype.as_ref()),
            allow_copy: self.allow_copy,
            writable: self.writable,
            nulls: bound(py, self.nulls.as_ref()),
            na_value: given(py, self.na_value.as_ref()),
            columns: bound(py, self.columns.as_ref()),
            lists: given(py, self.lists.as_ref()),
            pad_to: self.pad_to,
            structured: self.structured,
            order: bound(py, self.order.as_ref()),
            out,
            safe: self.safe,
        }
    }

    /// `out`, as long as a batch is.
    fn out<'py>(&self, py: Python<'py>, rows: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        fn first<'py>(array: &Bound<'py, PyAny>, rows: usize) -> PyResult<Bound<'py, PyAny>> {
            if array.is_none() || array.len()? <= rows {
                return Ok(array.clone());
            }
            array.get_item(PySlice::new(array.py(), 0, rows as isize, 1))
        }
        let Some(out) = bound(py, self.out.as_ref()) else { return Ok(None) };
        if let Ok(fields) = out.cast::<PyDict>() {
            let shorter = PyDict::new(py);
            for (name, array) in fields {
                shorter.set_item(name, first(&array, rows)?)?;
            }
            return Ok(Some(shorter.into_any()));
        }
        if let Ok(pair) = out.cast::<PyTuple>() {
            let arrays = pair.iter().map(|array| first(&array, rows)).collect::<PyResult<Vec<_>>>()?;
            return Ok(Some(PyTuple::new(py, arrays)?.into_any()));
        }
        first(&out, rows).map(Some)
    }
}

/// An array of the producer's, what was read of it, and how far it was handed on.
struct Kept {
    chunk: Chunk<'static>,
    owner: Py<Owner>,
    used: usize,
}

impl Kept {
    fn new(py: Python<'_>, feed: &Feed, array: ArrowArray) -> Outcome<Option<Self>> {
        let owner = Py::new(py, Owner::one(array))?;
        let Some(array) = owner.get().array() else { return Ok(None) };
        // SAFETY: the owner is kept beside the chunk and never loses its array, which lies where the
        // owner does.
        let array: &'static ArrowArray = unsafe { &*std::ptr::from_ref(array) };
        let chunk = feed.imported.chunk(array)?;
        Ok(Some(Self { chunk, owner, used: 0 }))
    }

    fn left(&self) -> usize {
        self.chunk.len - self.used
    }
}

/// The batches of a stream as NumPy arrays: an iterator that reads no further than it has to.
///
/// ``close()`` ends it early and releases the producer, as dropping it does.
#[pyclass(module = "arrownd")]
pub(crate) struct Batches {
    feed: Option<Feed>,
    words: KeptWords,
    batch_size: Option<usize>,
    as_columns: bool,
    kept: VecDeque<Kept>,
}

impl Batches {
    pub(crate) fn open(
        obj: &Bound<'_, PyAny>,
        words: KeptWords,
        batch_size: Option<usize>,
        as_columns: bool,
    ) -> Outcome<Self> {
        let py = obj.py();
        // A bad word is refused before the producer is asked for anything.
        let caller = if as_columns { Caller::ToColumns } else { Caller::ToNumpy };
        let request = request(py, words.words(py, bound(py, words.out.as_ref())), caller)?;
        let feed = Feed::open(obj, request.options.columns.as_deref())?;
        crate::convert::refuse(&feed.imported, &request)?;
        Ok(Self { feed: Some(feed), words, batch_size, as_columns, kept: VecDeque::new() })
    }

    /// Reads until there is a batch; how many rows it has, `None` at the end.
    fn gather(&mut self, py: Python<'_>) -> Outcome<Option<usize>> {
        let mut there: usize = self.kept.iter().map(Kept::left).sum();
        while self.batch_size.is_none_or(|wanted| there < wanted) {
            let Some(feed) = &mut self.feed else { break };
            let Some(array) = feed.next(py)? else { break };
            let Some(kept) = Kept::new(py, feed, array)? else { continue };
            there += kept.left();
            let empty = kept.left() == 0;
            if !empty || self.batch_size.is_none() {
                self.kept.push_back(kept);
            }
            if self.batch_size.is_none() {
                return Ok(Some(there));
            }
        }
        Ok(match self.batch_size {
            Some(wanted) if there > 0 => Some(there.min(wanted)),
            _ => None,
        })
    }

    fn batch<'py>(&mut self, py: Python<'py>) -> Outcome<Option<Bound<'py, PyAny>>> {
        let Some(rows) = self.gather(py)? else {
            self.feed = None;
            return Ok(None);
        };
        let Some(feed) = &self.feed else { return Ok(None) };
        let caller = if self.as_columns { Caller::ToColumns } else { Caller::ToNumpy };
        let mut request = request(py, self.words.words(py, self.words.out(py, rows)?), caller)?;
        if self.as_columns {
            request.options.form = Form::Columns;
        }
        let mut slices = Vec::new();
        let mut wanted = rows;
        for (at, kept) in self.kept.iter().enumerate() {
            let n = kept.left().min(wanted);
            slices.push((at, &kept.chunk, kept.used, n));
            wanted -= n;
            if wanted == 0 {
                break;
            }
        }
        let owners = self.kept.iter().take(slices.len()).map(|kept| kept.owner.clone_ref(py)).collect();
        let mut debts = Debts::paid(owners);
        let made = {
            let column = Column::of_slices(&feed.imported.field, slices.into_iter(), &request.options)?;
            let planned = Planned::new(&column, &request.options, &[])?;
            if self.as_columns {
                fields(py, planned.task(), &request, &mut debts)?
            } else {
                array(py, planned.task(), &request, &mut debts)?.into_asked(py, &request)?
            }
        };
        let mut used = rows;
        while let Some(kept) = self.kept.front_mut() {
            let n = kept.left().min(used);
            kept.used += n;
            used -= n;
            if kept.left() > 0 {
                break;
            }
            self.kept.pop_front();
        }
        Ok(Some(made))
    }
}

impl Drop for Batches {
    fn drop(&mut self) {
        beside_exceptions(|| self.close());
    }
}

#[pymethods]
impl Batches {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        guarded(|| {
            let batch = self.batch(py);
            if batch.is_err() {
                self.close();
            }
            batch
        })
    }

    /// Ends the iteration and releases the producer.
    fn close(&mut self) {
        self.feed = None;
        self.kept.clear();
    }
}
