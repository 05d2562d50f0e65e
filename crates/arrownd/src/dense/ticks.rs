//! Ticks of datetime64 and timedelta64 as Arrow's: of another unit, or of 32 bits.

use std::mem::MaybeUninit;

use super::memory::write;
use crate::kernels::calendar::Calendar;
use crate::kernels::dispatch::{Kernel, dispatch};
use crate::plan::Op;

const NAT: i64 = i64::MIN;

/// One tick, and whether it was converted exactly. NaT stays NaT, which is exact.
trait Convert: Copy {
    fn apply(self, ticks: i64) -> (i64, bool);
}

#[derive(Clone, Copy)]
struct Times {
    factor: i64,
    /// The largest magnitude that doesn't overflow.
    limit: i64,
}

#[derive(Clone, Copy)]
struct Over(i64);

#[derive(Clone, Copy)]
struct Ratio {
    mul: i64,
    div: i64,
}

impl Convert for Times {
    #[inline(always)]
    fn apply(self, ticks: i64) -> (i64, bool) {
        let product = ticks.wrapping_mul(self.factor);
        (
            if ticks == NAT { NAT } else { product },
            ((ticks <= self.limit) & (ticks >= -self.limit)) | (ticks == NAT),
        )
    }
}

impl Convert for Over {
    #[inline(always)]
    fn apply(self, ticks: i64) -> (i64, bool) {
        if ticks == NAT {
            return (NAT, true);
        }
        (ticks.div_euclid(self.0), ticks % self.0 == 0)
    }
}

impl Convert for Ratio {
    fn apply(self, ticks: i64) -> (i64, bool) {
        if ticks == NAT {
            return (NAT, true);
        }
        let product = i128::from(ticks) * i128::from(self.mul);
        let quotient = product.div_euclid(i128::from(self.div));
        let exact = product.rem_euclid(i128::from(self.div)) == 0;
        (quotient as i64, exact && i64::try_from(quotient).is_ok_and(|ticks| ticks != NAT))
    }
}

impl Convert for Calendar {
    fn apply(self, ticks: i64) -> (i64, bool) {
        self.convert(ticks).unwrap_or((NAT, false))
    }
}

/// 64 bits of Arrow's, or 32: there is no NaT, which is null and 0 there.
trait Width: Copy {
    type Place;
    /// Writes ticks; false where they don't fit.
    fn put(to: &mut Self::Place, ticks: i64) -> bool;
    fn fits(ticks: i64) -> bool;
}

#[derive(Clone, Copy)]
struct Wide;
#[derive(Clone, Copy)]
struct Narrow;

impl Width for Wide {
    type Place = [MaybeUninit<u8>; 8];
    #[inline(always)]
    fn put(to: &mut Self::Place, ticks: i64) -> bool {
        write(to, ticks.to_ne_bytes());
        true
    }
    fn fits(_ticks: i64) -> bool {
        true
    }
}

impl Width for Narrow {
    type Place = [MaybeUninit<u8>; 4];
    #[inline(always)]
    fn put(to: &mut Self::Place, ticks: i64) -> bool {
        write(to, (if ticks == NAT { 0 } else { ticks as i32 }).to_ne_bytes());
        Self::fits(ticks)
    }
    #[inline(always)]
    fn fits(ticks: i64) -> bool {
        (i64::from(ticks as i32) == ticks) | (ticks == NAT)
    }
}

struct Block<'v, 'o, C, W: Width> {
    convert: C,
    values: &'v [i64],
    out: &'o mut [W::Place],
}

impl<C: Convert, W: Width> Kernel for Block<'_, '_, C, W> {
    /// Whether all were exact.
    type Out = bool;
    #[inline(always)]
    fn run(self) -> bool {
        let mut all = true;
        for (ticks, to) in self.values.iter().zip(self.out) {
            let (converted, exact) = self.convert.apply(*ticks);
            all &= exact & W::put(to, converted);
        }
        all
    }
}

/// Converts a block; with `check`, the first position that isn't exact though `valid` has its bit.
///
/// `out` is 8 bytes for each value, or 4 where `narrow`.
pub(super) fn convert(
    (op, narrow): (Op, bool),
    values: &[i64],
    out: &mut [MaybeUninit<u8>],
    valid: Option<&[u64]>,
    check: bool,
) -> Result<(), usize> {
    macro_rules! by_width {
        ($how:expr) => {
            if narrow {
                run::<_, Narrow>($how, values, out.as_chunks_mut().0, valid, check)
            } else {
                run::<_, Wide>($how, values, out.as_chunks_mut().0, valid, check)
            }
        };
    }
    match op {
        Op::Scale { mul, div: 1 } => by_width!(Times { factor: mul, limit: i64::MAX / mul.max(1) }),
        Op::Scale { mul: 1, div } => by_width!(Over(div.max(1))),
        Op::Scale { mul, div } => by_width!(Ratio { mul, div: div.max(1) }),
        Op::Calendar { from, to } => by_width!(Calendar::new(from, to)),
        // The planner sends no other operation here.
        _ => by_width!(Times { factor: 1, limit: i64::MAX }),
    }
}

fn run<C: Convert, W: Width>(
    how: C,
    values: &[i64],
    out: &mut [W::Place],
    valid: Option<&[u64]>,
    check: bool,
) -> Result<(), usize> {
    let exact = dispatch(Block::<C, W> { convert: how, values, out });
    if exact || !check {
        return Ok(());
    }
    let is_valid =
        |i: usize| valid.is_none_or(|words| words.get(i / 64).is_none_or(|word| word >> (i % 64) & 1 == 1));
    let wrong = |ticks: i64| {
        let (converted, exact) = how.apply(ticks);
        !(exact && W::fits(converted))
    };
    match values.iter().enumerate().find(|(i, ticks)| is_valid(*i) && wrong(**ticks)) {
        Some((i, _)) => Err(i),
        None => Ok(()),
    }
}
