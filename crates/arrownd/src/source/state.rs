//! The way from a field to its values: lists become dimensions, dictionaries and runs are looked up.

use std::borrow::Cow;

use arrow_schema::{DataType, Field};
use smallvec::SmallVec;

use super::access::{Hint, Hop};
use super::column::{Dims, Leaf, Ragged, Way, count_missing};
use super::data::Data;
use super::keys::Keys;
use super::lengths::{Lengths, row_of};
use super::path::Path;
use super::reading::Reading;
use super::rows;
use super::values::values_field;
use super::walk::{Walk, keys_of, lists_of};
use crate::error::{Error, Result};
use crate::mapping::{Extension, Tensor, extension, tensor};
use crate::options::Lists;

/// One field on the way down, in all its chunks.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    pub(super) field: Cow<'a, Field>,
    pub(super) rows: Option<usize>,
    pub(super) route: SmallVec<[usize; 2]>,
    pub(super) dims: Dims,
    pub(super) axes: Dims,
    pub(super) way: Way,
    pub(super) parts: SmallVec<[Walk<'a>; 1]>,
}

/// A part of a type, borrowed as long as the type is.
pub(super) fn part_of<'a>(
    field: &Cow<'a, Field>,
    pick: impl Fn(&DataType) -> Option<&Field>,
) -> Option<Cow<'a, Field>> {
    match field {
        Cow::Borrowed(field) => pick(field.data_type()).map(Cow::Borrowed),
        Cow::Owned(field) => pick(field.data_type()).map(|part| Cow::Owned(part.clone())),
    }
}

/// What a list, or runs, are made of.
pub(super) fn item(data_type: &DataType) -> Option<&Field> {
    match data_type {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => Some(item),
        DataType::RunEndEncoded(_, values) => Some(values),
        _ => None,
    }
}

impl<'a> State<'a> {
    pub(super) fn new(field: Cow<'a, Field>, rows: Option<usize>, parts: Vec<Walk<'a>>) -> Self {
        let (route, dims, axes) = (SmallVec::new(), Dims::new(), Dims::new());
        Self { field, rows, route, dims, axes, way: Way::default(), parts: parts.into() }
    }

    /// One field of a struct.
    pub(super) fn child(&self, index: usize) -> Self {
        let mut child = self.clone();
        child.step_into(index);
        child.route.push(index);
        child
    }

    fn step_into(&mut self, index: usize) {
        let field = part_of(&self.field, |data_type| match data_type {
            DataType::Struct(fields) => fields.get(index).map(AsRef::as_ref),
            _ => None,
        });
        if let Some(field) = field {
            self.field = field;
        }
        for part in &mut self.parts {
            if let Data::Struct(children) = &part.chunk.data
                && let Some(chunk) = children.get(index)
            {
                part.enter(chunk);
            }
        }
    }

    /// Goes down to the values, or to the fields of a struct: then how many there are.
    pub(super) fn descend(
        &mut self,
        path: &Path<'_>,
        reading: &Reading,
        structs: bool,
    ) -> Result<Option<usize>> {
        use {DataType as T, Extension as X};
        loop {
            let name = (!self.dims.is_empty()).then(|| self.field.name().clone());
            let here = name.as_ref().map_or(*path, |name| Path::Field(path, name));
            let place = |error: Error| error.at_place(&here);
            let known = extension(&self.field).map_err(place)?;
            if matches!(
                known,
                Some(X::Unknown | X::Opaque | X::Period(None) | X::PandasInterval | X::ParquetVariant)
            ) {
                self.way.unwrapped.extend(unwrapped_name(&self.field, known));
            }
            match (self.field.data_type(), known) {
                (T::Struct(_), Some(X::VariableShapeTensor)) if reading.lists.is_some() => {
                    if reading.lists == Some(Lists::Object) {
                        return Ok(None);
                    }
                    self.shaped(reading).map_err(place)?;
                }
                (T::Struct(_), Some(X::VariableShapeTensor)) => return Ok(None),
                (T::Struct(_), Some(X::TimestampWithOffset)) => {
                    if reading.objects {
                        return Ok(None);
                    }
                    let name = "arrow.timestamp_with_offset".to_owned();
                    self.way.unwrapped.push(name);
                    let T::Struct(fields) = self.field.data_type() else { return Ok(None) };
                    let Some((at, _)) = fields.find("timestamp") else { return Ok(None) };
                    self.step_into(at);
                }
                (T::Struct(fields), _) => return Ok(structs.then_some(fields.len())),
                (T::FixedSizeList(_, size), Some(X::Tensor)) if reading.lists.is_some() => {
                    let size = usize::try_from(*size).unwrap_or(0);
                    let Tensor { shape, permutation } = tensor(&self.field, size).map_err(place)?;
                    let base = self.dims.len();
                    self.axes.extend(permutation.iter().map(|axis| base + axis));
                    self.dims.extend(shape);
                    self.fixed(size);
                }
                (T::FixedSizeList(_, size), _) if reading.lists.is_some() => {
                    let size = usize::try_from(*size).unwrap_or(0);
                    self.axes.push(self.dims.len());
                    self.dims.push(size);
                    self.fixed(size);
                }
                (T::List(_) | T::LargeList(_) | T::ListView(_) | T::LargeListView(_), _) => {
                    match reading.lists {
                        Some(_) if known == Some(X::RayTensor) => self.ray_tensor(reading).map_err(place)?,
                        None | Some(Lists::Object) => return Ok(None),
                        Some(_) => self.lists(reading, None),
                    }
                }
                (T::Dictionary(..), _) => self.dictionary(),
                (T::RunEndEncoded(..), _) => self.runs(),
                _ => return Ok(None),
            }
        }
    }

    fn fixed(&mut self, size: usize) {
        for part in &mut self.parts {
            let Data::FixedList { child, .. } = &part.chunk.data else { continue };
            part.widen(size);
            if part.hops.is_empty() {
                part.base *= size;
            } else {
                part.hops.push(Hop::Fixed { size, inner: 1 });
            }
            part.enter(child);
        }
        self.step_to_item();
    }

    fn step_to_item(&mut self) {
        if let Some(item) = part_of(&self.field, item) {
            self.field = item;
        }
    }

    fn dictionary(&mut self) {
        self.way.dictionary = true;
        for part in &mut self.parts {
            let Data::Dictionary { keys, values } = &part.chunk.data else { continue };
            if let Some(keys) = keys_of(self.field.data_type(), keys) {
                part.look_up(Hop::Keys(keys), values);
            }
        }
        if let Some(values) = values_field(&self.field) {
            self.field = Cow::Owned(values);
        }
    }

    fn runs(&mut self) {
        self.way.runs = true;
        for part in &mut self.parts {
            let Data::RunEnds { offset, run_ends, values } = &part.chunk.data else { continue };
            let Data::Fixed(bytes) = run_ends.data else { continue };
            let DataType::RunEndEncoded(ends, _) = self.field.data_type() else { continue };
            if let Some(ends) = Keys::new(ends.data_type(), bytes) {
                part.look_up(Hop::Runs { offset: *offset, ends, hint: Hint::default() }, values);
            }
        }
        self.step_to_item();
    }

    /// Lists of variable size as one more dimension; with a `fixed` length, all of them have that.
    pub(super) fn lists(&mut self, reading: &Reading, fixed: Option<usize>) {
        let pad_to = reading.pad_to.filter(|_| self.way.lists == 0);
        let pads = reading.lists == Some(Lists::Pad);
        self.way.lists += 1;
        let mut lengths = Lengths::default();
        let outer: usize = self.dims.iter().product();
        let mut before = 0;
        let mut each = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let Some((bounds, _)) = lists_of(part.chunk) else { continue };
            each.push(lengths.add(part, bounds, before, pads));
            before += part.len;
        }
        let width = match (fixed, pads, pad_to) {
            (Some(width), ..) | (None, true, Some(width)) => width,
            (None, true, None) => lengths.longest,
            (None, false, _) => lengths.first.unwrap_or(0),
        };
        if self.rows.is_none() {
            self.way.unknown.extend((!pads || pad_to.is_none()).then_some(self.dims.len()));
        }
        let misfit = match lengths.first {
            _ if pads => lengths.longer_than(width, &self.parts),
            Some(first) if fixed.is_some_and(|fixed| fixed != first) => Some((0, first)),
            _ => lengths.differing,
        };
        if let Some((position, found)) = misfit {
            let row = position / outer.max(1);
            let (found, expected) = (format!("a list of {found}"), width.to_string());
            self.way.ragged.get_or_insert(Ragged { row, found, expected, too_long: pads });
        }
        for (part, uniform) in self.parts.iter_mut().zip(each) {
            let Some((bounds, child)) = lists_of(part.chunk) else { continue };
            let (base, len) = (part.base, part.len);
            let in_a_row = match uniform {
                Some(uniform) => (uniform == width).then(|| bounds.get(base).0),
                None if part.hops.is_empty() => row_of(bounds, base, len, width, child.len),
                None => None,
            };
            part.widen(width);
            if let Some(first) = in_a_row {
                part.base = first;
            } else {
                self.way.gaps = true;
                // The positions of this level, before each became `width` of them.
                if part.hops.is_empty() {
                    part.hops.push(Hop::Start { base, inner: width.max(1) });
                    part.base = 0;
                }
                part.hops.push(Hop::List { bounds, width, inner: 1 });
            }
            part.enter(child);
        }
        self.axes.push(self.dims.len());
        self.dims.push(width);
        self.step_to_item();
    }

    /// The values that the way ends at.
    pub(super) fn into_leaf(self, path: &Path<'_>, reading: &Reading) -> Result<Leaf<'a>> {
        let rows = if reading.lists == Some(Lists::Object) {
            rows::read(&self, path, reading)?.map(Box::new)
        } else {
            None
        };
        let mut before = 0;
        let part = |walk: Walk<'a>| {
            let first = before;
            before += walk.rows;
            walk.into_part(first)
        };
        let mut leaf = Leaf {
            field: self.field,
            dims: self.dims,
            axes: self.axes,
            way: self.way,
            parts: self.parts.into_iter().map(part).collect(),
            missing: 0,
            first_missing: 0,
            padded: 0,
            rows,
        };
        count_missing(&mut leaf);
        Ok(leaf)
    }
}

/// An extension as a note names it: a period with its frequency, which the ordinals count.
fn unwrapped_name(field: &Field, known: Option<Extension>) -> Option<String> {
    let name = field.extension_type_name()?;
    match (known, field.extension_type_metadata()) {
        (Some(Extension::Period(_)), Some(metadata)) => Some(format!("{name} {metadata}")),
        _ => Some(name.to_owned()),
    }
}
