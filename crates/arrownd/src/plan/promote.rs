//! The common dtype of columns: NumPy's `result_type`, within what keeps values comparable.

use crate::dtype::{DType, Resolution, Unit};

/// What one column brings to the common dtype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) dtype: DType,
    pub(super) zoned: bool,
}

/// The common dtype: within bool, integers and floats, or within datetimes that are all naive or
/// all zoned, or within timedeltas. Every other mix is object.
pub(super) fn common(members: &[Member]) -> DType {
    // As NumPy does: floats first, so that integers meet a float and not each other.
    let floats = members.iter().filter(|member| member.dtype.is_float());
    let others = members.iter().filter(|member| !member.dtype.is_float());
    let mut members = floats.chain(others);
    let Some(first) = members.next() else {
        return DType::Float64;
    };
    let mut common = *first;
    for member in members {
        common.dtype = match (common.dtype, member.dtype) {
            (a, b) if a == b && (common.zoned == member.zoned || !a.is_temporal()) => a,
            (DType::Unicode(a), DType::Unicode(b)) => DType::Unicode(wider(a, b)),
            (DType::ByteString(a), DType::ByteString(b)) => DType::ByteString(wider(a, b)),
            (a, b) if a.is_numeric() && b.is_numeric() => numeric(a, b),
            (DType::Datetime(Some(a)), DType::Datetime(Some(b))) if common.zoned == member.zoned => {
                finer(a, b, true).map_or(DType::Object, |r| DType::Datetime(Some(r)))
            }
            (DType::Timedelta(Some(a)), DType::Timedelta(Some(b))) => {
                finer(a, b, false).map_or(DType::Object, |r| DType::Timedelta(Some(r)))
            }
            _ => return DType::Object,
        };
    }
    common.dtype
}

/// The width that holds both; 0, for one that isn't known, if either is.
fn wider(a: usize, b: usize) -> usize {
    if a == 0 || b == 0 { 0 } else { a.max(b) }
}

fn bits(dtype: DType) -> usize {
    dtype.itemsize() * 8
}

fn numeric(a: DType, b: DType) -> DType {
    use DType as D;
    match (a, b) {
        (a, b) if a == b => a,
        (D::Bool, other) | (other, D::Bool) => other,
        (a, b) if a.is_float() && b.is_float() => {
            if bits(a) >= bits(b) {
                a
            } else {
                b
            }
        }
        (float, int) | (int, float) if float.is_float() => {
            let needed = match bits(int) {
                8 => D::Float16,
                16 => D::Float32,
                _ => D::Float64,
            };
            if bits(float) >= bits(needed) { float } else { needed }
        }
        (a, b) if a.is_signed() == b.is_signed() => {
            if bits(a) >= bits(b) {
                a
            } else {
                b
            }
        }
        (a, b) => {
            let (signed, unsigned) = if a.is_signed() { (a, b) } else { (b, a) };
            if bits(signed) > bits(unsigned) {
                return signed;
            }
            match bits(unsigned) {
                8 => D::Int16,
                16 => D::Int32,
                32 => D::Int64,
                _ => D::Float64,
            }
        }
    }
}

/// The finest resolution that both are whole multiples of; a calendar unit beside a clock's is a
/// day for datetimes, and has nothing in common for timedeltas.
fn finer(a: Resolution, b: Resolution, datetime: bool) -> Option<Resolution> {
    let calendar = |r: Resolution| r.unit <= Unit::Month;
    if a == b {
        return Some(a);
    }
    if calendar(a) && calendar(b) {
        let months = |r: Resolution| u64::from(r.multiple) * if r.unit == Unit::Year { 12 } else { 1 };
        let both_years = a.unit == Unit::Year && b.unit == Unit::Year;
        let common = gcd(months(a), months(b));
        let (unit, common) = if both_years { (Unit::Year, common / 12) } else { (Unit::Month, common) };
        return Some(Resolution { unit, multiple: u32::try_from(common).ok()? });
    }
    match (calendar(a), calendar(b)) {
        (true, true) | (false, false) => {}
        _ if !datetime => return None,
        (true, false) => return finer(Unit::Day.into(), b, datetime),
        (false, true) => return finer(a, Unit::Day.into(), datetime),
    }
    let unit = a.unit.max(b.unit);
    let ticks = |r: Resolution| -> Option<u64> {
        let per = r.unit.attoseconds()? / unit.attoseconds()?;
        u64::try_from(per * i128::from(r.multiple)).ok()
    };
    Some(Resolution { unit, multiple: u32::try_from(gcd(ticks(a)?, ticks(b)?)).ok()? })
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(a: DType, b: DType) -> DType {
        let member = |dtype| Member { dtype, zoned: false };
        let (ab, ba) = (common(&[member(a), member(b)]), common(&[member(b), member(a)]));
        assert_eq!(ab, ba, "{a} and {b}");
        ab
    }

    #[test]
    fn numbers_follow_result_type() {
        use DType as D;
        assert_eq!(both(D::Bool, D::Int8), D::Int8);
        assert_eq!(both(D::Int64, D::UInt64), D::Float64);
        assert_eq!(both(D::Int8, D::UInt8), D::Int16);
        assert_eq!(both(D::Float16, D::Int16), D::Float32);
        assert_eq!(both(D::Float16, D::UInt8), D::Float16);
        assert_eq!(both(D::Float32, D::Int32), D::Float64);
        assert_eq!(both(D::Int32, D::UInt16), D::Int32);
    }

    #[test]
    fn temporal_units_meet_at_the_finer_one() {
        let d = |unit| DType::datetime(unit);
        assert_eq!(both(d(Unit::Day), d(Unit::Microsecond)), d(Unit::Microsecond));
        assert_eq!(both(d(Unit::Month), d(Unit::Day)), d(Unit::Day));
        assert_eq!(both(DType::timedelta(Unit::Month), DType::timedelta(Unit::Day)), DType::Object);
        assert_eq!(both(d(Unit::Day), DType::timedelta(Unit::Day)), DType::Object);
        assert_eq!(both(d(Unit::Day), DType::Int64), DType::Object);
    }

    #[test]
    fn zoned_and_naive_dont_mix() {
        let at = |zoned| Member { dtype: DType::datetime(Unit::Second), zoned };
        assert_eq!(common(&[at(true), at(true)]), DType::datetime(Unit::Second));
        assert_eq!(common(&[at(true), at(false)]), DType::Object);
    }
}
