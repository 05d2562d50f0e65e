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
#[must_use]
pub fn civil(days: i64) -> (i64, i64, i64) {
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

/// Ticks of one resolution in another, one of them years or months; rounded down, with whether it
/// was exact. `None` where the result is out of range. NaT stays NaT.
#[must_use]
pub(crate) fn convert(ticks: i64, from: Resolution, to: Resolution) -> Option<(i64, bool)> {
    const DAY: i128 = 86_400 * 1_000_000_000_000_000_000;
    if ticks == i64::MIN {
        return Some((ticks, true));
    }
    let months_each = |r: Resolution| i64::from(r.multiple) * if r.unit == Unit::Year { 12 } else { 1 };
    if from.unit <= Unit::Month {
        let months = ticks.checked_mul(months_each(from)).filter(|months| months.abs() < 1 << 58)?;
        let each = to.unit.attoseconds()? * i128::from(to.multiple);
        let span = i128::from(first_day(months)).checked_mul(DAY)?;
        let result = i64::try_from(span.div_euclid(each)).ok().filter(|ticks| *ticks != i64::MIN)?;
        return Some((result, span.rem_euclid(each) == 0));
    }
    let each = from.unit.attoseconds()? * i128::from(from.multiple);
    let span = i128::from(ticks).checked_mul(each)?;
    let days = i64::try_from(span.div_euclid(DAY)).ok().filter(|days| days.abs() < 1 << 58)?;
    let (year, month, day) = civil(days);
    let months = (year - 1970) * 12 + month;
    let result = months.div_euclid(months_each(to));
    let exact = span.rem_euclid(DAY) == 0 && day == 0 && months.rem_euclid(months_each(to)) == 0;
    Some((result, exact))
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
}
