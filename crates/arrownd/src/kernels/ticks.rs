//! Ticks of one unit as ticks of another.

use super::blocks::{Convert, Failed, Pod, Window, convert};
use super::calendar;
use crate::execute::Run;
use crate::mapping::Element;
use crate::options::Fill;
use crate::plan::Op;

const NAT: i64 = i64::MIN;

/// Times a factor. NaT stays NaT.
#[derive(Clone, Copy)]
struct Times<const CHECK: bool> {
    factor: i64,
    /// The largest magnitude that doesn't overflow.
    limit: i64,
}

/// Divided, rounded down as NumPy does. NaT stays NaT.
#[derive(Clone, Copy)]
struct Over<const CHECK: bool>(i64);

/// Times one number, over another.
#[derive(Clone, Copy)]
struct Ratio<const CHECK: bool> {
    mul: i64,
    div: i64,
}

/// Between the calendar's units and the clock's.
#[derive(Clone, Copy)]
struct Calendar<const CHECK: bool>(calendar::Calendar);

/// Ticks of 32 bits have no NaT: `i32::MIN` is a value.
trait Tick: Pod {
    fn wide(self) -> i64;
}
impl Tick for i32 {
    #[inline(always)]
    fn wide(self) -> i64 {
        i64::from(self)
    }
}
impl Tick for i64 {
    #[inline(always)]
    fn wide(self) -> i64 {
        self
    }
}

impl<S: Tick, const CHECK: bool> Convert<S, i64> for Times<CHECK> {
    const CHECKED: bool = CHECK;
    #[inline(always)]
    fn apply(self, value: S) -> i64 {
        let value = value.wide();
        if value == NAT { NAT } else { value.wrapping_mul(self.factor) }
    }
    #[inline(always)]
    fn quick(self, value: S) -> bool {
        let value = value.wide();
        (value <= self.limit && value >= -self.limit) | (value == NAT)
    }
    fn exact(self, value: S) -> bool {
        <Self as Convert<S, i64>>::quick(self, value)
    }
}

impl<S: Tick, const CHECK: bool> Convert<S, i64> for Over<CHECK> {
    const CHECKED: bool = CHECK;
    #[inline(always)]
    fn apply(self, value: S) -> i64 {
        let value = value.wide();
        if value == NAT { NAT } else { value.div_euclid(self.0) }
    }
    #[inline(always)]
    fn quick(self, value: S) -> bool {
        let value = value.wide();
        (value % self.0 == 0) | (value == NAT)
    }
    fn exact(self, value: S) -> bool {
        <Self as Convert<S, i64>>::quick(self, value)
    }
}

impl<const CHECK: bool> Ratio<CHECK> {
    fn at(self, value: i64) -> (i64, bool) {
        if value == NAT {
            return (NAT, true);
        }
        let product = i128::from(value) * i128::from(self.mul);
        let quotient = product.div_euclid(i128::from(self.div));
        let exact = product.rem_euclid(i128::from(self.div)) == 0;
        (quotient as i64, exact && i64::try_from(quotient).is_ok_and(|ticks| ticks != NAT))
    }
}

impl<S: Tick, const CHECK: bool> Convert<S, i64> for Ratio<CHECK> {
    const CHECKED: bool = CHECK;
    fn apply(self, value: S) -> i64 {
        self.at(value.wide()).0
    }
    fn quick(self, value: S) -> bool {
        self.at(value.wide()).1
    }
    fn exact(self, value: S) -> bool {
        self.at(value.wide()).1
    }
}

impl<S: Tick, const CHECK: bool> Convert<S, i64> for Calendar<CHECK> {
    const CHECKED: bool = CHECK;
    fn apply(self, value: S) -> i64 {
        // Only `safe` asks whether it fits; without, a date beyond the range is NaT.
        self.0.convert(value.wide()).map_or(NAT, |(ticks, _)| ticks)
    }
    fn quick(self, value: S) -> bool {
        <Self as Convert<S, i64>>::exact(self, value)
    }
    fn exact(self, value: S) -> bool {
        self.0.convert(value.wide()).is_some_and(|(_, exact)| exact)
    }
}

/// Converts ticks of 32 or 64 bits.
pub(crate) fn ticks(
    element: Element,
    op: Op,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<&Fill>,
    check: bool,
) -> Result<(), Failed> {
    let fill = fill.map(|fill| match fill {
        Fill::Temporal { ticks, .. } => *ticks,
        _ => NAT,
    });
    macro_rules! by_width {
        ($how:expr) => {
            if element == Element::I32 {
                convert::<i32, i64, _>(window, run, fill, $how)
            } else {
                convert::<i64, i64, _>(window, run, fill, $how)
            }
        };
    }
    macro_rules! by_check {
        ($($how:tt)*) => {
            if check { by_width!(checked!(true, $($how)*)) } else { by_width!(checked!(false, $($how)*)) }
        };
    }
    macro_rules! checked {
        ($check:literal, Times $mul:ident) => {
            Times::<$check> { factor: $mul, limit: i64::MAX / $mul }
        };
        ($check:literal, Over $div:ident) => {
            Over::<$check>($div)
        };
        ($check:literal, Ratio $mul:ident $div:ident) => {
            Ratio::<$check> { mul: $mul, div: $div }
        };
        ($check:literal, Calendar $from:ident $to:ident) => {
            Calendar::<$check>(calendar::Calendar::new($from, $to))
        };
    }
    match op {
        Op::Scale { mul: 1, div: 1 } => by_width!(Times::<false> { factor: 1, limit: i64::MAX }),
        Op::Scale { mul, div: 1 } => by_check!(Times mul),
        Op::Scale { mul: 1, div } => by_check!(Over div),
        Op::Scale { mul, div } => by_check!(Ratio mul div),
        Op::Calendar { from, to } => by_check!(Calendar from to),
        // The planner sends no other operation here.
        Op::Same | Op::Unpack | Op::Cast | Op::Nothing | Op::Text | Op::Object => Ok(()),
    }
}
