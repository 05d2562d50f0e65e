//! Days since 1970 and months since 1970: the proleptic Gregorian calendar, as NumPy has it.

use crate::dtype::{Resolution, Unit};

/// Year, month (0 to 11) and day of the month (0 to 30) of a day since 1970-01-01. *O(1)*.
///
/// The year is counted from March, so that the leap day is the last one.
///
/// ```
/// use arrownd::engine::civil;
///
/// assert_eq!(civil(0), (1970, 0, 0));
/// // The 29th of February 2024.
/// assert_eq!(civil(19_782), (2024, 1, 28));
/// ```
#[inline]
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
    if let Ok(shifted) = u32::try_from(days.wrapping_add(i64::from(EARLY)))
        && shifted < u32::MAX - 719_468
    {
        let (year, month, day) = civil_of_32(shifted);
        return (i64::from(year) - EARLY_YEARS, i64::from(month), i64::from(day));
    }
    civil_of_64(days)
}

/// Eras of 400 years before 1970 for which 32 bits do.
const ERAS: u32 = 7_000;
const EARLY: u32 = ERAS * 146_097;
const EARLY_YEARS: i64 = ERAS as i64 * 400;

/// [`civil`] of days, and with years, since as long before 1970: a division by a number that is known is one
/// multiplication of 64 bits.
#[inline(always)]
fn civil_of_32(days: u32) -> (u32, u32, u32) {
    let from_march = days + 719_468;
    let (era, day_of_era) = (from_march / 146_097, from_march % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5;
    let (month, after) =
        if month_from_march < 10 { (month_from_march + 2, 0) } else { (month_from_march - 10, 1) };
    (year_of_era + era * 400 + after, month, day)
}

fn civil_of_64(days: i64) -> (i64, i64, i64) {
    let from_march = days + 719_468;
    let era = from_march.div_euclid(146_097);
    let day_of_era = from_march.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5;
    let month = (month_from_march + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(month < 2);
    (year, month, day)
}

/// The day since 1970 on which a month since 1970 begins.
fn first_day(months: i64) -> i64 {
    let (year, month) = (1970 + months.div_euclid(12), months.rem_euclid(12));
    let year = if month < 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 10) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Ticks of one resolution in another, one of them years or months.
#[derive(Clone, Copy)]
pub(crate) struct Calendar {
    from: Resolution,
    to: Resolution,
    /// Months of one tick of years or months.
    months: i64,
    clock: Clock,
}

/// Ticks of the clock's resolution, and days.
#[derive(Clone, Copy)]
enum Clock {
    /// So many days each.
    Days(i64),
    /// So many a day.
    PerDay(i64),
    Other,
}

const DAY: i128 = 86_400 * 1_000_000_000_000_000_000;

impl Calendar {
    pub(crate) fn new(from: Resolution, to: Resolution) -> Self {
        let (coarse, fine) = if from.unit <= Unit::Month { (from, to) } else { (to, from) };
        let months = i64::from(coarse.multiple) * if coarse.unit == Unit::Year { 12 } else { 1 };
        let each = fine.unit.attoseconds().unwrap_or(0) * i128::from(fine.multiple);
        let whole = |a: i128, b: i128| i64::try_from(a.checked_div(b)?).ok().filter(|_| a % b == 0);
        let clock = match (whole(each, DAY), whole(DAY, each)) {
            (Some(days @ 1..), _) => Clock::Days(days),
            (_, Some(ticks @ 1..)) => Clock::PerDay(ticks),
            _ => Clock::Other,
        };
        Self { from, to, months, clock }
    }

    /// Rounded down, with whether it was exact. `None` where the result is out of range. NaT stays NaT.
    #[inline(always)]
    pub(crate) fn convert(self, ticks: i64) -> Option<(i64, bool)> {
        if ticks == i64::MIN {
            return Some((ticks, true));
        }
        if self.from.unit <= Unit::Month {
            let months = ticks.checked_mul(self.months).filter(|months| months.unsigned_abs() < 1 << 58)?;
            return self.of_day(first_day(months));
        }
        let (days, whole) = match self.clock {
            Clock::Days(each) => (ticks.checked_mul(each)?, true),
            Clock::PerDay(ticks_a_day) => (ticks.div_euclid(ticks_a_day), ticks % ticks_a_day == 0),
            Clock::Other => {
                let span = i128::from(ticks).checked_mul(self.each()?)?;
                (i64::try_from(span.div_euclid(DAY)).ok()?, span % DAY == 0)
            }
        };
        if days.unsigned_abs() >= 1 << 58 {
            return None;
        }
        let (year, month, day) = civil(days);
        let months = (year - 1970) * 12 + month;
        if self.months == 1 {
            return Some((months, whole && day == 0));
        }
        Some((months.div_euclid(self.months), whole && day == 0 && months % self.months == 0))
    }

    /// The tick of the clock at which a day begins.
    #[inline(always)]
    fn of_day(self, day: i64) -> Option<(i64, bool)> {
        let (ticks, exact) = match self.clock {
            Clock::Days(each) => (day.div_euclid(each), day % each == 0),
            Clock::PerDay(ticks_a_day) => (day.checked_mul(ticks_a_day)?, true),
            Clock::Other => {
                let span = i128::from(day).checked_mul(DAY)?;
                let each = self.each()?;
                (i64::try_from(span.div_euclid(each)).ok()?, span % each == 0)
            }
        };
        (ticks != i64::MIN).then_some((ticks, exact))
    }

    /// Attoseconds of one tick of the clock.
    fn each(self) -> Option<i128> {
        let fine = if self.from.unit <= Unit::Month { self.to } else { self.from };
        Some(fine.unit.attoseconds()? * i128::from(fine.multiple))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_are_inverse() {
        for months in -30_000..30_000 {
            let (year, month, day) = civil(first_day(months));
            assert_eq!(((year - 1970) * 12 + month, day), (months, 0));
        }
        assert_eq!(civil(0), (1970, 0, 0));
        assert_eq!(civil(-1), (1969, 11, 30));
        assert_eq!(civil(11_016), (2000, 1, 28));
    }

    #[test]
    fn years_of_32_bits_are_those_of_64() {
        let (least, most) = (-i64::from(EARLY), i64::from(u32::MAX) - i64::from(EARLY));
        let around = [least, most - 719_468, most, -719_468, 0, i64::from(i32::MIN), 1 << 40];
        let days = around.into_iter().flat_map(|day| day - 500..day + 500);
        for day in days.chain((least..most).step_by(10_007)) {
            assert_eq!(civil(day), civil_of_64(day), "{day}");
        }
    }

    #[test]
    fn clocks_of_whole_days_are_those_of_any_length() {
        let months = |multiple| Resolution { unit: Unit::Month, multiple };
        let units = [Unit::Week, Unit::Day, Unit::Hour, Unit::Second, Unit::Nanosecond, Unit::Picosecond];
        let ticks = (0..400i64).map(|i| (i - 200) * (i - 200) * (i - 200) * 7_919);
        for (unit, multiple) in units.into_iter().flat_map(|unit| [1, 2, 5, 12].map(|n| (unit, n))) {
            let clock = Resolution { unit, multiple };
            for (from, to) in [(months(1), clock), (clock, months(1)), (clock, months(7))] {
                let known = Calendar::new(from, to);
                let any = Calendar { clock: Clock::Other, ..known };
                for tick in ticks.clone().chain([i64::MIN, i64::MIN + 1, i64::MAX, 86_400, 864_000]) {
                    assert_eq!(known.convert(tick), any.convert(tick), "{tick} {from:?} {to:?}");
                }
            }
        }
    }
}
