//! How long lists are.

use super::bounds::Bounds;
use super::walk::{Walk, lists_of};

/// How long the lists of one level are.
#[derive(Default)]
pub(super) struct Lengths {
    pub(super) first: Option<usize>,
    pub(super) longest: usize,
    /// Position and length of the first that isn't as long as the first.
    pub(super) differing: Option<(usize, usize)>,
}

impl Lengths {
    /// Adds the lists of one part; their length where all have the same and lie in a row.
    pub(super) fn add(
        &mut self,
        part: &Walk<'_>,
        bounds: Bounds<'_>,
        before: usize,
        pads: bool,
    ) -> Option<usize> {
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
    pub(super) fn longer_than(&self, width: usize, parts: &[Walk<'_>]) -> Option<(usize, usize)> {
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

/// Where the values of `len` lists from `base` on begin, if each has `width` of them, they follow each
/// other, and the child has them: a list view that is missing may reach past its `values`.
pub(super) fn row_of(
    bounds: Bounds<'_>,
    base: usize,
    len: usize,
    width: usize,
    values: usize,
) -> Option<usize> {
    let (first, _) = bounds.get(base);
    let end = len.checked_mul(width).and_then(|all| all.checked_add(first));
    let follows = |i: usize| bounds.get(base + i) == (first + i * width, width);
    (end.is_some_and(|end| end <= values) && (0..len).all(follows)).then_some(first)
}
