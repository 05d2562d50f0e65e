//! One chunk on the way from a field to its values.

use arrow_schema::DataType;

use super::access::{Hop, follow};
use super::bounds::Bounds;
use super::chunk::Chunk;
use super::data::Data;
use super::keys::Keys;
use super::part::{Held, Part};
use super::validity::{Level, Levels, Validity};

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
            let zeros = bits.len() - bits.count_ones();
            if zeros > 0 {
                self.levels.push(Level { bits, each: 1, zeros });
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
    pub(super) fn widen(&mut self, size: usize) {
        for level in &mut self.levels {
            level.each = level.each.saturating_mul(size.max(1));
        }
        for hop in &mut self.hops {
            hop.widen(size.max(1));
        }
        self.len = self.len.saturating_mul(size);
    }

    pub(super) fn look_up(&mut self, hop: Hop<'a>, values: &'a Chunk<'a>) {
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

impl<'a> Walk<'a> {
    /// The part that it ends at, with so many rows before it.
    pub(super) fn into_part(mut self, first: usize) -> Part<'a> {
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
        Part { chunk: at, first, rows, len, data, validity: Validity { levels }, hops }
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
    let (Data::List { child, .. } | Data::ListView { child, .. } | Data::FixedList { child, .. }) =
        &chunk.data
    else {
        return None;
    };
    chunk.data.bounds().map(|bounds| (bounds, child.as_ref()))
}
