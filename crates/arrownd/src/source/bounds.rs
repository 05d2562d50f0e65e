//! Where lists begin and end.

use super::offsets::Offsets;
use crate::kernels::offsets::even;

/// Where lists begin and end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bounds<'a> {
    /// One after the other; the length of all, where it is known to be one.
    Offsets(Offsets<'a>, Option<usize>),
    /// Anywhere.
    Views { offsets: Offsets<'a>, sizes: Offsets<'a> },
    /// All of one size.
    Fixed(usize),
}

impl Bounds<'_> {
    /// Start and length of a list. What the border hasn't checked (a null list's) is (0, 0) or garbage
    /// that only slices with checks are asked for.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> (usize, usize) {
        match self {
            Self::Offsets(offsets, _) => {
                let start = offsets.get(index);
                (start as usize, (offsets.get(index + 1) - start) as usize)
            }
            Self::Views { offsets, sizes } => (offsets.get(index) as usize, sizes.get(index) as usize),
            Self::Fixed(size) => (index * size, *size),
        }
    }
}

impl Bounds<'_> {
    /// The length of `len` lists from `base` on, where they follow each other and all have the same.
    pub(super) fn uniform(&self, base: usize, len: usize) -> Option<usize> {
        match self {
            Self::Offsets(_, Some(size)) => (len > 0).then_some(*size),
            Self::Offsets(offsets, None) => even(&offsets.slice(base, len + 1)?),
            _ => None,
        }
    }

    /// How many values `len` lists from `base` on have together, where they follow each other.
    pub(super) fn total(&self, base: usize, len: usize) -> Option<usize> {
        match self {
            Self::Offsets(offsets, _) => usize::try_from(offsets.get(base + len) - offsets.get(base)).ok(),
            _ => None,
        }
    }

    /// The shortest and the longest of `len` lists from `base` on, where they follow each other.
    pub(super) fn extremes(&self, base: usize, len: usize) -> Option<(usize, usize)> {
        macro_rules! extremes {
            ($offsets:expr, $t:ty) => {{
                let offsets = $offsets;
                let read = |bytes: &[u8; size_of::<$t>()]| <$t>::from_ne_bytes(*bytes);
                let sizes = offsets.iter().zip(offsets.get(1..)?).map(|(a, b)| read(b).wrapping_sub(read(a)));
                let (least, most) =
                    sizes.fold((<$t>::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
                Some((usize::try_from(least).ok()?, usize::try_from(most).ok()?))
            }};
        }
        let Self::Offsets(offsets, _) = self else { return None };
        match offsets.slice(base, len + 1)? {
            Offsets::I32(offsets) => extremes!(offsets, i32),
            Offsets::I64(offsets) => extremes!(offsets, i64),
        }
    }

    pub(super) fn bytes(&self) -> Vec<&[u8]> {
        match self {
            Self::Offsets(offsets, _) => vec![offsets.bytes()],
            Self::Views { offsets, sizes } => vec![offsets.bytes(), sizes.bytes()],
            Self::Fixed(_) => Vec::new(),
        }
    }
}
