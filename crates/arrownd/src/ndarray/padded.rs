//! Lists of any length as one array, filled up.

use arrow_array::cast::AsArray;
use arrow_array::{Array, GenericListArray, OffsetSizeTrait};
use ndarray::{Array1, CowArray, IxDyn};

use super::conversion::Conversion;
use super::item::Item;
use super::kept::Kept;
use super::options::Options;
use super::source::Source;
use crate::error::{Error, Result};
use crate::options::{Form, Options as Words};
use crate::plan::type_name;
use crate::source::{Leaf, Node};

/// Lists as one array, filled up at the end, and how long each was.
///
/// ```
/// use arrow_array::{ListArray, types::Float32Type};
/// use arrownd::{Options, to_padded};
///
/// let lists = ListArray::from_iter_primitive::<Float32Type, _, _>(
///     [Some(vec![Some(1.0), Some(2.0)]), Some(vec![]), Some(vec![Some(3.0)])],
/// );
/// let padded = to_padded::<f32>(&lists, &Options::new())?;
/// assert_eq!(padded.values().shape(), [3, 2]);
/// assert_eq!(padded.lengths(), &ndarray::array![2, 0, 1]);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Padded<'a, T> {
    values: CowArray<'a, T, IxDyn>,
    lengths: Array1<usize>,
}

impl<'a, T> Padded<'a, T> {
    /// The values: rows, then the longest list. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Int8Type};
    /// # use arrownd::{Nulls, Options, to_padded};
    /// # let lists = ListArray::from_iter_primitive::<Int8Type, _, _>([Some(vec![Some(1), Some(2)]), Some(vec![])]);
    /// let padded = to_padded::<i8>(&lists, &Options::new().nulls(Nulls::Fill(0.into())))?;
    /// assert_eq!(padded.values(), &ndarray::array![[1, 2], [0, 0]].into_dyn());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn values(&self) -> &CowArray<'a, T, IxDyn> {
        &self.values
    }

    /// How many elements each list had; 0 for a missing one. *O(1), shares memory*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Float64Type};
    /// # use arrownd::{Options, to_padded};
    /// # let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.0)]), Some(vec![])]);
    /// assert_eq!(to_padded::<f64>(&lists, &Options::new())?.lengths(), &ndarray::array![1, 0]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn lengths(&self) -> &Array1<usize> {
        &self.lengths
    }

    /// Values and lengths. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::{ListArray, types::Float64Type};
    /// # use arrownd::{Options, to_padded};
    /// # let lists = ListArray::from_iter_primitive::<Float64Type, _, _>([Some(vec![Some(1.0)])]);
    /// let (values, lengths) = to_padded::<f64>(&lists, &Options::new())?.into_parts();
    /// assert_eq!((values[[0, 0]], lengths[0]), (1.0, 1));
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn into_parts(self) -> (CowArray<'a, T, IxDyn>, Array1<usize>) {
        (self.values, self.lengths)
    }
}

/// Converts lists of any length to one array: each is filled up at the end, to the longest or to
/// [`Options::pad_to`], with what stands for a missing value. For a mask instead of lengths use
/// [`to_masked`](crate::to_masked) with [`Options::pad`].
///
/// Cost: *copies rows x longest x `size_of::<T>()` bytes*; lists of one length are viewed. The lengths take 8 bytes
/// a row.
///
/// # Errors
/// As [`to_array`](crate::to_array); [`Error::Conflict`] where `T` has nothing to fill up with: pass
/// [`Nulls::Fill`](crate::Nulls::Fill); [`Error::UnsupportedType`] for what isn't a list of variable size.
///
/// ```
/// use arrow_array::{ListArray, types::Int64Type};
/// use arrownd::{Nulls, Options, to_padded};
///
/// let tokens = ListArray::from_iter_primitive::<Int64Type, _, _>(
///     [Some(vec![Some(5), Some(6), Some(7)]), Some(vec![Some(8)])],
/// );
/// let options = Options::new().nulls(Nulls::Fill(0.into())).pad_to(4);
/// let padded = to_padded::<i64>(&tokens, &options)?;
/// assert_eq!(padded.values(), &ndarray::array![[5, 6, 7, 0], [8, 0, 0, 0]].into_dyn());
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn to_padded<'a, T: Item>(source: impl Into<Source<'a>>, options: &Options) -> Result<Padded<'a, T>> {
    let source = source.into();
    let conversion = Conversion::to::<T>(source, &options.clone().pad())?;
    let lengths = lengths(source, options)?;
    Ok(Padded { values: conversion.execute()?, lengths })
}

/// How many elements each list has; none where it is missing.
fn lengths(source: Source<'_>, options: &Options) -> Result<Array1<usize>> {
    if let Some(array) = source.only() {
        if let Some(lists) = array.as_list_opt::<i32>() {
            return Ok(steps(lists));
        }
        if let Some(lists) = array.as_list_opt::<i64>() {
            return Ok(steps(lists));
        }
    }
    let read = source.read(options.names())?;
    let words = Words { form: Form::Ragged, ..Words::default() };
    let kept = Kept::new(read.field, read.chunks, &words)?;
    match &kept.column().node {
        Node::Leaf(Leaf { rows: Some(rows), dims, .. }) if dims.is_empty() => {
            let bounds = (0..rows.bounds.len()).map(|i| rows.bounds.get(i));
            Ok(bounds.map(|(start, end)| end - start).collect())
        }
        _ => Err(Error::UnsupportedType {
            path: String::new(),
            from: type_name(&kept.column().field),
            to: "padded rows".to_owned(),
            remedy: "to_padded takes lists of variable size; use to_array".to_owned(),
        }),
    }
}

/// The steps between the offsets of lists, and none for a missing list.
fn steps<O: OffsetSizeTrait>(lists: &GenericListArray<O>) -> Array1<usize> {
    let offsets = lists.value_offsets();
    let ends = offsets.get(1..).unwrap_or_default();
    let mut lengths: Array1<usize> =
        offsets.iter().zip(ends).map(|(start, end)| end.as_usize() - start.as_usize()).collect();
    if let Some(nulls) = lists.nulls().filter(|nulls| nulls.null_count() > 0) {
        lengths.iter_mut().zip(nulls).filter(|(_, there)| !there).for_each(|(length, _)| *length = 0);
    }
    lengths
}
