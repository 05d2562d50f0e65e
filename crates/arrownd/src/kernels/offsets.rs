//! Offsets: whether they ascend, and whether all lists are of one length.

use super::dispatch::{Kernel, dispatch};
use crate::source::Offsets;

/// So many are looked at before the answer may be no.
const STRETCH: usize = 1024;

/// Whether no offset is below the one before it. Reads them once.
pub(crate) fn ascend(offsets: &Offsets<'_>) -> bool {
    match offsets {
        Offsets::I32(x) => dispatch(Ascending32(x)),
        Offsets::I64(x) => dispatch(Ascending64(x)),
    }
}

/// The length of all lists, where it is one: the offsets then ascend. Reads them once, or up to the first that differ.
pub(crate) fn even(offsets: &Offsets<'_>) -> Option<usize> {
    let count = offsets.len().checked_sub(1).filter(|n| *n > 0)?;
    let size = offsets.get(1).checked_sub(offsets.get(0))?;
    let all = i64::try_from(count).ok()?.checked_mul(size)?.checked_add(offsets.get(0))?;
    // The steps are compared without a look at overflow: where the last is where it belongs, there was none.
    if size < 0 || all != offsets.get(count) {
        return None;
    }
    let even = match offsets {
        Offsets::I32(x) => {
            dispatch(Even32(x, i32::try_from(size).ok()?, i32::try_from(offsets.get(0)).ok()?))
        }
        Offsets::I64(x) => dispatch(Even64(x, size, offsets.get(0))),
    };
    even.then_some(size as usize)
}

macro_rules! kernels {
    ($t:ty, $ascending:ident, $even:ident) => {
        struct $ascending<'a>(&'a [[u8; size_of::<$t>()]]);

        impl Kernel for $ascending<'_> {
            type Out = bool;
            #[inline(always)]
            fn run(self) -> bool {
                let pairs = self.0.iter().zip(self.0.get(1..).unwrap_or_default());
                pairs.fold(true, |ok, (a, b)| ok & (<$t>::from_ne_bytes(*a) <= <$t>::from_ne_bytes(*b)))
            }
        }

        /// The offsets, their step, and the first of them.
        struct $even<'a>(&'a [[u8; size_of::<$t>()]], $t, $t);

        impl Kernel for $even<'_> {
            type Out = bool;
            #[inline(always)]
            fn run(self) -> bool {
                let Self(offsets, size, start) = self;
                // Each is compared with what it must be, not with the one before: that would read all twice.
                offsets.chunks(STRETCH).enumerate().all(|(stretch, offsets)| {
                    let Some(first) = offsets.first().map(|first| <$t>::from_ne_bytes(*first)) else {
                        return true;
                    };
                    let due = (stretch * STRETCH) as $t;
                    let mut wrong = first ^ due.wrapping_mul(size).wrapping_add(start);
                    for (i, offset) in offsets.iter().enumerate() {
                        let due = (i as $t).wrapping_mul(size).wrapping_add(first);
                        wrong |= <$t>::from_ne_bytes(*offset) ^ due;
                    }
                    wrong == 0
                })
            }
        }
    };
}

kernels!(i32, Ascending32, Even32);
kernels!(i64, Ascending64, Even64);

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(offsets: &[i32]) -> Vec<[u8; 4]> {
        offsets.iter().map(|n| n.to_ne_bytes()).collect()
    }

    fn wide(offsets: &[i32]) -> Vec<[u8; 8]> {
        offsets.iter().map(|n| i64::from(*n).to_ne_bytes()).collect()
    }

    #[test]
    fn lists_of_one_length_and_others() {
        let long: Vec<i32> = (0..5000).map(|i| 7 + i * 3).collect();
        let mut odd = long.clone();
        odd[4321] += 1;
        let cases: [(&[i32], bool, Option<usize>); 8] = [
            (&[0], true, None),
            (&[4, 4], true, Some(0)),
            (&[0, 2, 4, 6], true, Some(2)),
            (&[0, 2, 4, 7], true, None),
            (&[0, 3, 2, 6], false, None),
            (&[6, 4, 2, 0], false, None),
            (&long, true, Some(3)),
            (&odd, true, None),
        ];
        for (offsets, ascending, length) in cases {
            let (narrow, wide) = (narrow(offsets), wide(offsets));
            for offsets in [Offsets::I32(&narrow), Offsets::I64(&wide)] {
                assert_eq!(ascend(&offsets), ascending);
                assert_eq!(even(&offsets), length);
            }
        }
    }

    #[test]
    fn steps_that_wrap_around_are_not_even() {
        // Four steps of 2**30 come back to the start in 32 bits, and so does one more.
        let offsets: Vec<i32> = (0..6).map(|i: i32| i.wrapping_mul(1 << 30)).collect();
        let bytes = narrow(&offsets);
        assert_eq!(even(&Offsets::I32(&bytes)), None);
    }
}
