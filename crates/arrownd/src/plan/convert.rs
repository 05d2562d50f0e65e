//! Which kernel brings one element type to one dtype, if any does.

use crate::dtype::{DType, Resolution, Unit};
use crate::mapping::{Element, Mapped};

/// What is done to each value.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::{Column, Facts, Op, Options, Step, plan};
/// use arrownd::{DType, Unit};
///
/// let field = Field::new("", DataType::Date32, true);
/// let options = Options { dtype: Some(DType::datetime(Unit::Hour)), ..Options::default() };
/// let column = Column::of_schema(&field, &options)?;
/// let plan = plan(&Facts::of(&column, &options), &options, &[])?;
/// let Step::Leaf(step) = plan.step() else { panic!() };
/// assert_eq!(step.op, Op::Scale { mul: 24, div: 1 });
/// assert!(!step.op.is_view() && Op::Same.is_view());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// Nothing: the bytes are the result.
    Same,
    /// Bits become bytes.
    Unpack,
    /// A number, or a boolean, becomes another.
    Cast,
    /// Ticks times `mul`, then divided by `div`.
    Scale {
        /// The factor.
        mul: i64,
        /// The divisor.
        div: i64,
    },
    /// Ticks of a clock become years or months, or months and years become ticks.
    Calendar {
        /// The ticks' resolution.
        from: Resolution,
        /// The result's.
        to: Resolution,
    },
    /// There are no values, only missing ones.
    Nothing,
    /// Text or bytes become NumPy's strings; those of any length are the binding's.
    Text,
    /// A Python object for each value: the binding's kernels.
    Object,
}

impl Op {
    /// Whether the result is the memory as it lies. *O(1)*.
    ///
    /// ```
    /// # use arrow_array::Date32Array;
    /// # use arrownd::{DType, Options, engine::{Op, Step}, plan};
    /// let array = Date32Array::from(vec![19_000]);
    /// let op = |dtype| {
    ///     let conversion = plan(&array, &Options::new().dtype(dtype))?;
    ///     let Step::Leaf(step) = conversion.plan().step() else { unreachable!() };
    ///     Ok::<Op, arrownd::Error>(step.op)
    /// };
    /// assert!(op(DType::Int32)?.is_view());
    /// assert!(!op(DType::Int64)?.is_view());
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn is_view(self) -> bool {
        self == Self::Same
    }
}

/// The dtype as which the values are viewed where nothing else is against it: one chunk, no null,
/// default options.
pub(crate) fn viewed_as(mapped: &Mapped) -> Option<DType> {
    convert(mapped, mapped.dtype).filter(|(op, _)| op.is_view()).map(|(_, dtype)| dtype)
}

/// The conversion of `mapped` to `target`, and `target` with a generic unit made concrete; `None`
/// where there is none.
pub(super) fn convert(mapped: &Mapped, target: DType) -> Option<(Op, DType)> {
    use Element as E;
    let meaning = mapped.meaning;
    let target = match (target, meaning) {
        (DType::Datetime(None), DType::Datetime(_)) | (DType::Timedelta(None), DType::Timedelta(_)) => {
            meaning
        }
        (DType::Datetime(None) | DType::Timedelta(None), _) if mapped.element != E::Null => {
            return None;
        }
        (DType::Datetime(None), _) => DType::datetime(Unit::Microsecond),
        (DType::Timedelta(None), _) => DType::timedelta(Unit::Microsecond),
        (DType::ByteString(0), DType::Void(n)) => target.at_least(n),
        _ => target,
    };
    let op =
        match (mapped.element, target) {
            (_, DType::Object) => Op::Object,
            (E::Null, _) => Op::Nothing,
            (E::Varlen { text: true }, DType::Unicode(_) | DType::Strings { .. })
            | (E::Varlen { .. }, DType::ByteString(_)) => Op::Text,
            (E::Opaque(_), DType::ByteString(_)) if meaning == DType::Void(meaning.itemsize()) => Op::Text,
            (E::Bit, DType::Bool) => Op::Unpack,
            (E::Bit | E::ByteBool, _) if target.is_numeric() && target != DType::Bool => Op::Cast,
            (E::ByteBool, DType::Bool) => Op::Same,
            (E::Opaque(n), _) if target == meaning && n == target.itemsize() => Op::Same,
            (E::Varlen { .. } | E::Nested | E::Bit | E::ByteBool | E::Opaque(_), _)
            | (E::Decimal { .. }, DType::Bool) => return None,
            (element, _) if meaning.is_temporal() => {
                return temporal(element, meaning, target).map(|op| (op, target));
            }
            (_, _) if target == meaning => Op::Same,
            (element, DType::Datetime(_) | DType::Timedelta(_)) if element.is_integer() => {
                if element == E::I64 { Op::Same } else { Op::Cast }
            }
            (_, _) if target.is_numeric() => Op::Cast,
            _ => return None,
        };
    Some((op, target))
}

fn temporal(element: Element, meaning: DType, target: DType) -> Option<Op> {
    let (from, to) = match (meaning, target) {
        (DType::Datetime(from), DType::Datetime(to)) | (DType::Timedelta(from), DType::Timedelta(to)) => {
            (from?, to?)
        }
        // Ticks: never to bool, which isn't a count.
        (_, DType::Int64) if element == Element::I64 => return Some(Op::Same),
        (_, DType::Int32) if element == Element::I32 => return Some(Op::Same),
        (_, to) if to.is_integer() || to.is_float() => return Some(Op::Cast),
        _ => return None,
    };
    if from == to {
        return Some(if element == Element::I64 { Op::Same } else { Op::Scale { mul: 1, div: 1 } });
    }
    rescale(from, to, matches!(target, DType::Datetime(_)))
}

/// Which operation brings ticks of one resolution to another; `None` where there is none.
pub(crate) fn rescale(from: Resolution, to: Resolution, dates: bool) -> Option<Op> {
    let calendar = |r: Resolution| r.unit <= Unit::Month;
    if calendar(from) && calendar(to) {
        let months = |r: Resolution| i128::from(r.multiple) * if r.unit == Unit::Year { 12 } else { 1 };
        return scale(months(from), months(to));
    }
    if calendar(from) || calendar(to) {
        // A month has no length: only dates know where it lies.
        return dates.then_some(Op::Calendar { from, to });
    }
    scale(
        from.unit.attoseconds()? * i128::from(from.multiple),
        to.unit.attoseconds()? * i128::from(to.multiple),
    )
}

fn scale(from: i128, to: i128) -> Option<Op> {
    let common = gcd(from, to);
    let (mul, div) = (i64::try_from(from / common), i64::try_from(to / common));
    // A factor beyond 64 bits leaves only zero: weeks in attoseconds.
    Some(Op::Scale { mul: mul.ok()?, div: div.ok()? })
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}
