//! Tensors whose shape is theirs alone, or known from elsewhere than the type.

use std::borrow::Cow;

use arrow_schema::Field;

use super::access::Hop;
use super::bounds::Bounds;
use super::chunk::Chunk;
use super::column::Ragged;
use super::data::Data;
use super::keys::Keys;
use super::lengths::row_of;
use super::reading::Reading;
use super::state::State;
use super::walk::{Walk, lists_of};
use crate::error::{Error, Result};
use crate::mapping::{ray_shape, variable_tensor};
use crate::options::Lists;

impl State<'_> {
    /// Lists of as many values as a shape has, in that shape.
    pub(super) fn ray_tensor(&mut self, reading: &Reading) -> Result<()> {
        let shape = ray_shape(&self.field).unwrap_or_default();
        let size = shape.iter().try_fold(1usize, |a, n| a.checked_mul(*n)).unwrap_or(usize::MAX);
        let (ragged, unknown, lists) = (self.way.ragged.take(), self.way.unknown.len(), self.way.lists);
        let dense = Reading { lists: Some(Lists::Dense), pad_to: None, ..reading.clone() };
        self.lists(&dense, Some(size));
        self.dims.pop();
        self.axes.pop();
        if std::mem::replace(&mut self.way.ragged, ragged).is_some() {
            return Err(Error::InvalidArrow {
                path: String::new(),
                what: format!("tensors of shape {shape:?} in lists that haven't {size} values each"),
            });
        }
        self.way.unknown.truncate(unknown);
        self.way.lists = lists;
        let base = self.dims.len();
        self.axes.extend((0..shape.len()).map(|axis| base + axis));
        self.dims.extend(shape);
        Ok(())
    }

    /// Tensors of variable shape as so many more dimensions.
    pub(super) fn shaped(&mut self, reading: &Reading) -> Result<()> {
        let shaped = Shaped::new(&self.field)?;
        let n = shaped.axes.len();
        let (mut first, mut longest, mut before) = (None::<Vec<usize>>, vec![0; n], 0);
        let mut differing = None;
        for part in &self.parts {
            shaped.each(part, |position, shape| {
                for (most, own) in longest.iter_mut().zip(shape) {
                    *most = (*most).max(*own);
                }
                let first = first.get_or_insert_with(|| shape.to_vec());
                if first != shape {
                    differing.get_or_insert_with(|| (before + position, shape.to_vec()));
                }
            })?;
            before += part.len;
        }
        let pads = reading.lists == Some(Lists::Pad);
        let pad_to = reading.pad_to.filter(|_| self.way.lists == 0);
        let common = match (pads, pad_to) {
            (false, _) => first.clone().unwrap_or_else(|| vec![0; n]),
            (true, None) => longest,
            (true, Some(length)) if n == 1 => vec![length],
            (true, Some(_)) => {
                return Err(Error::Conflict(format!(
                    "Options::pad_to is one length, and the tensors have {n} axes: use Options::pad to fill all up to the largest"
                )));
            }
        };
        let outer: usize = self.dims.iter().product();
        let uniform = differing.is_none() && first.is_none_or(|first| first == common);
        let misfit = if pads { self.beyond(&shaped, &common)? } else { differing };
        if self.rows.is_none() {
            self.way.unknown.extend((0..n).map(|axis| self.dims.len() + axis));
        }
        if let Some((position, shape)) = &misfit {
            let (row, found, expected) =
                (position / outer.max(1), format!("a tensor of shape {shape:?}"), format!("{common:?}"));
            self.way.ragged.get_or_insert(Ragged { row, found, expected, too_long: pads });
        }
        self.way.lists += 1;
        let size: usize = common.iter().product();
        for part in &mut self.parts {
            let Some((bounds, child, shapes)) = shaped.parts(part.chunk) else { continue };
            let (base, len) = (part.base, part.len);
            let in_a_row = (uniform && part.hops.is_empty())
                .then(|| row_of(bounds, base, len, size, child.len))
                .flatten();
            part.widen(size);
            if let Some(first) = in_a_row {
                part.base = first;
            } else {
                self.way.gaps = true;
                if part.hops.is_empty() {
                    part.hops.push(Hop::Start { base, inner: size.max(1) });
                    part.base = 0;
                }
                part.hops.push(Hop::Tensor { bounds, shapes, shown: common.clone(), inner: 1 });
            }
            part.enter(child);
        }
        let base = self.dims.len();
        self.axes.extend(shaped.axes.iter().map(|axis| base + axis));
        self.dims.extend(common);
        self.field = Cow::Owned(shaped.item);
        Ok(())
    }

    /// Position and shape of the first tensor that has more than `most` places on an axis.
    fn beyond(&self, shaped: &Shaped, most: &[usize]) -> Result<Option<(usize, Vec<usize>)>> {
        let (mut found, mut before) = (None, 0);
        for part in &self.parts {
            shaped.each(part, |position, shape| {
                if shape.iter().zip(most).any(|(own, most)| own > most) {
                    found.get_or_insert_with(|| (before + position, shape.to_vec()));
                }
            })?;
            before += part.len;
        }
        Ok(found)
    }
}

/// Where the shapes of tensors are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shapes<'a> {
    bounds: Bounds<'a>,
    lengths: Keys<'a>,
}

impl<'a> Shapes<'a> {
    /// The length of one axis of one tensor.
    pub(super) fn get(&self, row: usize, axis: usize) -> i64 {
        self.lengths.get(self.bounds.get(row).0 + axis)
    }

    /// The producer's bytes.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.lengths.bytes()
    }
}

/// What a tensor of variable shape is made of.
#[derive(Debug, Clone)]
pub(super) struct Shaped {
    pub(super) item: Field,
    /// For each axis of the result, the one in memory.
    pub(super) axes: Vec<usize>,
    pub(super) data: usize,
    shape: usize,
}

impl Shaped {
    pub(super) fn new(field: &Field) -> Result<Self> {
        let (item, data, shape, axes) = variable_tensor(field)?;
        Ok(Self { item, axes, data, shape })
    }

    /// The lists of values, the values, and the shapes of one chunk.
    pub(super) fn parts<'a>(&self, chunk: &'a Chunk<'a>) -> Option<(Bounds<'a>, &'a Chunk<'a>, Shapes<'a>)> {
        let Data::Struct(children) = &chunk.data else { return None };
        let (bounds, child) = lists_of(children.get(self.data)?)?;
        let (own, lengths) = lists_of(children.get(self.shape)?)?;
        let Data::Fixed(bytes) = lengths.data else { return None };
        // The type was seen to be int32 or int64.
        let wide = lengths.len > 0 && bytes.len() / lengths.len == 8;
        let lengths = if wide { Keys::I64(bytes.as_chunks().0) } else { Keys::I32(bytes.as_chunks().0) };
        Some((bounds, child, Shapes { bounds: own, lengths }))
    }

    /// Calls `each` with every tensor that is there and its shape.
    ///
    /// # Errors
    /// [`Error::InvalidArrow`] for a shape that isn't one of the values that the tensor has.
    pub(super) fn each(&self, part: &Walk<'_>, mut each: impl FnMut(usize, &[usize])) -> Result<()> {
        let Some((bounds, _, shapes)) = self.parts(part.chunk) else { return Ok(()) };
        let mut wrong = None;
        let mut shape = vec![0; self.axes.len()];
        part.positions(|position, index| {
            let lengths = shapes.bounds.get(index).1;
            let mut size = Some(1usize);
            for (axis, to) in shape.iter_mut().enumerate() {
                let own = usize::try_from(shapes.get(index, axis)).ok();
                size = size.zip(own).and_then(|(size, own)| size.checked_mul(own));
                *to = own.unwrap_or(0);
            }
            if lengths != shape.len() || size != Some(bounds.get(index).1) {
                wrong.get_or_insert((position, bounds.get(index).1));
            } else {
                each(position, &shape);
            }
        });
        match wrong {
            None => Ok(()),
            Some((position, size)) => Err(Error::InvalidArrow {
                path: String::new(),
                what: format!("the tensor at position {position} has {size} values, and no shape of as many"),
            }),
        }
    }
}
