//! Every pair of element and numeric dtype, each one instance of the block loop.

use half::f16;

use super::bits::convert_bits;
use super::blocks::{Failed, Window, convert};
use super::decimal::decimals;
use super::numbers::{ByteBool, Number, To, to_half};
use crate::dtype::DType;
use crate::execute::Run;
use crate::mapping::Element;
use crate::options::Fill;
use crate::source::{Bits, Data};

/// A numeric dtype's Rust type.
pub(super) trait Scalar: Copy {
    /// The fill, which the plan has seen to fit.
    fn of(fill: &Fill) -> Self;
}

macro_rules! scalars {
    ($($t:ty)*) => { $(
        impl Scalar for $t {
            fn of(fill: &Fill) -> Self {
                match fill {
                    Fill::Int(x) => *x as $t,
                    Fill::Float(x) => *x as $t,
                    Fill::Temporal { ticks, .. } => *ticks as $t,
                    Fill::Bool(x) => u8::from(*x) as $t,
                    _ => 0 as $t,
                }
            }
        }
    )* };
}
scalars!(i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

impl Scalar for f16 {
    fn of(fill: &Fill) -> Self {
        to_half(f64::of(fill))
    }
}

impl Scalar for ByteBool {
    fn of(fill: &Fill) -> Self {
        Self(u8::from(u8::of(fill) != 0))
    }
}

/// Converts numbers, decimals and booleans to `dtype`; ticks count as the integers they are.
pub(crate) fn cast(
    data: &Data<'_>,
    element: Element,
    dtype: DType,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<&Fill>,
    check: bool,
) -> Result<(), Failed> {
    use DType as D;
    if let Element::Decimal { width, scale } = element {
        return decimals(width, scale, dtype, window, run, fill, check);
    }
    match dtype {
        D::Bool => from_any::<ByteBool>(data, element, window, run, fill, check),
        D::Int8 => from_any::<i8>(data, element, window, run, fill, check),
        D::Int16 => from_any::<i16>(data, element, window, run, fill, check),
        D::Int32 => from_any::<i32>(data, element, window, run, fill, check),
        D::Int64 | D::Datetime(_) | D::Timedelta(_) => {
            from_any::<i64>(data, element, window, run, fill, check)
        }
        D::UInt8 => from_any::<u8>(data, element, window, run, fill, check),
        D::UInt16 => from_any::<u16>(data, element, window, run, fill, check),
        D::UInt32 => from_any::<u32>(data, element, window, run, fill, check),
        D::UInt64 => from_any::<u64>(data, element, window, run, fill, check),
        D::Float16 => from_any::<f16>(data, element, window, run, fill, check),
        D::Float32 => from_any::<f32>(data, element, window, run, fill, check),
        D::Float64 => from_any::<f64>(data, element, window, run, fill, check),
        // The planner asks for no other.
        D::Void(_)
        | D::Unicode(_)
        | D::ByteString(_)
        | D::Strings { .. }
        | D::IntervalDayTime
        | D::IntervalMonthDayNano
        | D::Record(_)
        | D::Complex64
        | D::Complex128
        | D::Object => Ok(()),
    }
}

fn from_any<D: Scalar>(
    data: &Data<'_>,
    element: Element,
    window: Window<'_, '_>,
    run: &mut Run<'_>,
    fill: Option<&Fill>,
    check: bool,
) -> Result<(), Failed>
where
    ByteBool: To<D>,
    i8: To<D>,
    i16: To<D>,
    i32: To<D>,
    i64: To<D>,
    u8: To<D>,
    u16: To<D>,
    u32: To<D>,
    u64: To<D>,
    i128: To<D>,
    u128: To<D>,
    f16: To<D>,
    f32: To<D>,
    f64: To<D>,
{
    let fill = fill.map(D::of);
    macro_rules! numbers {
        ($s:ty) => {
            if check {
                convert::<$s, D, _>(window, run, fill, Number::<true>)
            } else {
                convert::<$s, D, _>(window, run, fill, Number::<false>)
            }
        };
    }
    match element {
        Element::Bit => {
            let Data::Bits(bits) = data else {
                return Ok(());
            };
            let bits: &Bits<'_> = bits;
            convert_bits(bits, window, run, fill, [ByteBool(0).to(), ByteBool(1).to()]);
            Ok(())
        }
        Element::ByteBool => convert::<ByteBool, D, _>(window, run, fill, Number::<false>),
        Element::I8 => numbers!(i8),
        Element::I16 => numbers!(i16),
        Element::I32 => numbers!(i32),
        Element::I64 => numbers!(i64),
        Element::U8 => numbers!(u8),
        Element::U16 => numbers!(u16),
        Element::U32 => numbers!(u32),
        Element::U64 => numbers!(u64),
        Element::F16 => numbers!(f16),
        Element::F32 => numbers!(f32),
        Element::F64 => numbers!(f64),
        Element::Wide { signed: true } => numbers!(i128),
        Element::Wide { signed: false } => numbers!(u128),
        // Decimals went their own way, and the planner asks for no other.
        Element::Decimal { .. }
        | Element::Null
        | Element::Opaque(_)
        | Element::Varlen { .. }
        | Element::Nested => Ok(()),
    }
}
