//! The way from a field to its values: lists become dimensions, dictionaries and runs are looked up.

use std::borrow::Cow;

use arrow_schema::{DataType, Field};

use super::access::{Bounds, Hint, Hop, Keys, follow};
use super::chunk::{Chunk, Data};
use super::column::{Held, Leaf, Levels, Part, Ragged, Reading, Validity, Way, count_missing};
use super::path::Path;
use super::rows;
use super::schema::values_field;
use crate::error::{Error, Result};
use crate::mapping::{Extension, Tensor, extension, ray_shape, tensor};
use crate::options::Lists;

/// One chunk on the way down.
#[derive(Debug, Clone)]
pub(super) struct Walk<'a> {
    /// Which chunk of the source.
    pub(super) at: usize,
    pub(super) rows: usize,
    /// Positions at this level.
    pub(super) len: usize,
    /// The array at this level.
    pub(super) chunk: &'a Chunk<'a>,
    /// Where the positions begin in it, as long as they lie in a row.
    pub(super) base: usize,
    pub(super) levels: Levels<'a>,
    pub(super) hops: Vec<Hop<'a>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(at: usize, chunk: &'a Chunk<'a>) -> Self {
        Self::of_slice(at, chunk, 0, chunk.len)
    }

    pub(super) fn of_slice(at: usize, chunk: &'a Chunk<'a>, base: usize, rows: usize) -> Self {
        let (levels, hops) = (Levels::new(), Vec::new());
        let mut walk = Self { at, rows, len: rows, chunk, base, levels, hops };
        walk.take_bitmap();
        walk
    }

    /// Values of a chunk by their positions.
    pub(super) fn of_chosen(at: usize, chunk: &'a Chunk<'a>, chosen: &[usize]) -> Self {
        if chosen.iter().copied().eq(0..chunk.len) {
            return Self::new(at, chunk);
        }
        let (levels, rows) = (Levels::new(), chosen.len());
        let hops = vec![Hop::Start { base: 0, inner: 1 }, Hop::Chosen(chosen.to_vec())];
        let mut walk = Self { at, rows, len: rows, chunk, base: 0, levels, hops };
        walk.take_bitmap();
        walk
    }

    /// Adds the bitmap of the array that was reached, if it has a zero.
    fn take_bitmap(&mut self) {
        let Some(bits) = self.chunk.validity else { return };
        if self.hops.is_empty() {
            let bits = bits.slice(self.base, self.len);
            if bits.count_ones() < bits.len() {
                self.levels.push((bits, 1));
            }
        } else if bits.count_ones() < bits.len() {
            self.hops.push(Hop::Valid(bits));
        }
    }

    pub(super) fn enter(&mut self, chunk: &'a Chunk<'a>) {
        self.chunk = chunk;
        self.take_bitmap();
    }

    /// From here on, positions are followed one by one.
    pub(super) fn indirect(&mut self) {
        if self.hops.is_empty() {
            self.hops.push(Hop::Start { base: self.base, inner: 1 });
            self.base = 0;
        }
    }

    /// Each position becomes `size` of them.
    fn widen(&mut self, size: usize) {
        for (_, each) in &mut self.levels {
            *each = each.saturating_mul(size.max(1));
        }
        for hop in &mut self.hops {
            hop.widen(size.max(1));
        }
        self.len = self.len.saturating_mul(size);
    }

    fn look_up(&mut self, hop: Hop<'a>, values: &'a Chunk<'a>) {
        self.indirect();
        self.hops.push(hop);
        self.enter(values);
    }

    /// Calls `each` with every position of this level whose value is there, and where it lies.
    pub(super) fn positions(&self, mut each: impl FnMut(usize, usize)) {
        let validity = Validity { levels: self.levels.clone() };
        for at in (0..self.len).step_by(64) {
            let block = follow(&self.hops, at, (self.len - at).min(64), validity.word(at));
            for lane in 0..block.len {
                if block.valid >> lane & 1 == 1 {
                    let base = if self.hops.is_empty() { self.base } else { 0 };
                    each(at + lane, base + block.index[lane % 64]);
                }
            }
        }
    }
}

/// One field on the way down, in all its chunks.
#[derive(Debug, Clone)]
pub(super) struct State<'a> {
    pub(super) field: Cow<'a, Field>,
    pub(super) rows: Option<usize>,
    pub(super) route: Vec<usize>,
    pub(super) dims: Vec<usize>,
    axes: Vec<usize>,
    pub(super) way: Way,
    pub(super) parts: Vec<Walk<'a>>,
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
        let (route, dims, axes) = (Vec::new(), Vec::new(), Vec::new());
        Self { field, rows, route, dims, axes, way: Way::default(), parts }
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
            let name = self.field.name().clone();
            let here = if self.dims.is_empty() { *path } else { Path::Field(path, &name) };
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
                        None => return Ok(None),
                        Some(_) if known == Some(X::RayTensor) => self.ray_tensor(reading).map_err(place)?,
                        Some(Lists::Object) => return Ok(None),
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
    fn lists(&mut self, reading: &Reading, fixed: Option<usize>) {
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

    /// Lists of as many values as a shape has, in that shape.
    fn ray_tensor(&mut self, reading: &Reading) -> Result<()> {
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
    fn shaped(&mut self, reading: &Reading) -> Result<()> {
        let shaped = rows::Shaped::new(&self.field)?;
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
                    "pad_to is one length, and the tensors have {n} axes: leave it out to fill all up to the largest"
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
    fn beyond(&self, shaped: &rows::Shaped, most: &[usize]) -> Result<Option<(usize, Vec<usize>)>> {
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

    /// The values that the way ends at.
    pub(super) fn into_leaf(self, path: &Path<'_>, reading: &Reading) -> Result<Leaf<'a>> {
        let rows = if reading.lists == Some(Lists::Object) {
            rows::read(&self, path, reading)?.map(Box::new)
        } else {
            None
        };
        let mut leaf = Leaf {
            field: self.field,
            dims: self.dims,
            axes: self.axes,
            way: self.way,
            parts: self.parts.into_iter().map(Walk::into_part).collect(),
            missing: 0,
            first_missing: 0,
            padded: 0,
            rows,
        };
        count_missing(&mut leaf);
        Ok(leaf)
    }
}

impl<'a> Walk<'a> {
    fn into_part(mut self) -> Part<'a> {
        // A union has no bitmap of its own: its value is missing where its member's is.
        let used = if self.hops.is_empty() { self.base..self.base + self.len } else { 0..self.chunk.len };
        if matches!(self.chunk.data, Data::Union { .. })
            && used.into_iter().any(|at| self.chunk.resolve(at).is_none())
        {
            self.indirect();
            self.hops.push(Hop::Resolved(self.chunk));
        }
        let data = if !self.hops.is_empty() || self.base == 0 && self.len == self.chunk.len {
            Held::Whole(&self.chunk.data)
        } else {
            match self.chunk.data.slice(self.base, self.len, self.chunk.len) {
                Some(data) => Held::Slice(data),
                None => {
                    self.indirect();
                    Held::Whole(&self.chunk.data)
                }
            }
        };
        let Self { at, rows, len, levels, hops, .. } = self;
        Part { chunk: at, rows, len, data, validity: Validity { levels }, hops }
    }
}

/// The indexes of a dictionary array.
pub(super) fn keys_of<'a>(data_type: &DataType, keys: &Chunk<'a>) -> Option<Keys<'a>> {
    match (data_type, &keys.data) {
        (DataType::Dictionary(index, _), Data::Fixed(bytes)) => Keys::new(index, bytes),
        _ => None,
    }
}

/// The indexes and the values of a dictionary array.
pub(crate) fn dictionary_of<'a>(
    data_type: &DataType,
    chunk: &'a Chunk<'a>,
) -> Option<(Keys<'a>, &'a Chunk<'a>)> {
    match &chunk.data {
        Data::Dictionary { keys, values } => keys_of(data_type, keys).map(|keys| (keys, values.as_ref())),
        _ => None,
    }
}

/// Where the lists of an array begin and end, and what is in them.
pub(super) fn lists_of<'a>(chunk: &'a Chunk<'a>) -> Option<(Bounds<'a>, &'a Chunk<'a>)> {
    let child = match &chunk.data {
        Data::List { child, .. } | Data::ListView { child, .. } | Data::FixedList { child, .. } => child,
        _ => return None,
    };
    chunk.data.bounds().map(|bounds| (bounds, child.as_ref()))
}

/// Where the values of `len` lists from `base` on begin, if each has `width` of them, they follow each
/// other, and the child has them: a list view that is missing may reach past its `values`.
fn row_of(bounds: Bounds<'_>, base: usize, len: usize, width: usize, values: usize) -> Option<usize> {
    let (first, _) = bounds.get(base);
    let end = len.checked_mul(width).and_then(|all| all.checked_add(first));
    let follows = |i: usize| bounds.get(base + i) == (first + i * width, width);
    (end.is_some_and(|end| end <= values) && (0..len).all(follows)).then_some(first)
}

/// How long the lists of one level are.
#[derive(Default)]
struct Lengths {
    first: Option<usize>,
    longest: usize,
    /// Position and length of the first that isn't as long as the first.
    differing: Option<(usize, usize)>,
}

impl Lengths {
    /// Adds the lists of one part; their length where all have the same and lie in a row.
    fn add(&mut self, part: &Walk<'_>, bounds: Bounds<'_>, before: usize, pads: bool) -> Option<usize> {
        if part.hops.is_empty()
            && part.levels.is_empty()
            && let Some(size) = bounds.uniform(part.base, part.len)
        {
            self.longest = self.longest.max(size);
            match self.first {
                None => self.first = Some(size),
                Some(first) if first != size => {
                    self.differing.get_or_insert((before, size));
                }
                Some(_) => {}
            }
            return Some(size);
        }
        // Padding only wants the longest.
        if pads
            && part.hops.is_empty()
            && part.levels.is_empty()
            && let Some((_, longest)) = bounds.extremes(part.base, part.len)
        {
            self.longest = self.longest.max(longest);
            return None;
        }
        part.positions(|position, index| {
            let (_, size) = bounds.get(index);
            self.longest = self.longest.max(size);
            match self.first {
                None => self.first = Some(size),
                Some(first) if first != size => {
                    self.differing.get_or_insert((before + position, size));
                }
                Some(_) => {}
            }
        });
        None
    }

    /// Position and length of the first list that is longer.
    fn longer_than(&self, width: usize, parts: &[Walk<'_>]) -> Option<(usize, usize)> {
        if self.longest <= width {
            return None;
        }
        let (mut found, mut before) = (None, 0);
        for part in parts {
            let Some((bounds, _)) = lists_of(part.chunk) else { continue };
            part.positions(|position, index| {
                let (_, size) = bounds.get(index);
                if size > width {
                    found.get_or_insert((before + position, size));
                }
            });
            before += part.len;
        }
        found
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
