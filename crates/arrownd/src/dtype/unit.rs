//! NumPy's units of time, and multiples of them.

use std::fmt;

/// NumPy's units of datetime64 and timedelta64, from coarse to fine.
///
/// ```
/// use arrownd::Unit;
///
/// assert_eq!(Unit::parse("us"), Some(Unit::Microsecond));
/// assert_eq!(Unit::Nanosecond.code(), "ns");
/// assert!(Unit::Day < Unit::Hour);
/// assert_eq!(Unit::from(arrow_schema::TimeUnit::Second), Unit::Second);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// `Y`
    Year,
    /// `M`
    Month,
    /// `W`
    Week,
    /// `D`
    Day,
    /// `h`
    Hour,
    /// `m`
    Minute,
    /// `s`
    Second,
    /// `ms`
    Millisecond,
    /// `us`
    Microsecond,
    /// `ns`
    Nanosecond,
    /// `ps`
    Picosecond,
    /// `fs`
    Femtosecond,
    /// `as`
    Attosecond,
}

impl Unit {
    const ALL: [(Self, &'static str); 13] = [
        (Self::Year, "Y"),
        (Self::Month, "M"),
        (Self::Week, "W"),
        (Self::Day, "D"),
        (Self::Hour, "h"),
        (Self::Minute, "m"),
        (Self::Second, "s"),
        (Self::Millisecond, "ms"),
        (Self::Microsecond, "us"),
        (Self::Nanosecond, "ns"),
        (Self::Picosecond, "ps"),
        (Self::Femtosecond, "fs"),
        (Self::Attosecond, "as"),
    ];

    /// NumPy's abbreviation. *O(1)*.
    ///
    /// ```
    /// use arrownd::Unit;
    ///
    /// assert_eq!((Unit::Month.code(), Unit::Minute.code()), ("M", "m"));
    /// ```
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL.iter().find(|(unit, _)| *unit == self).map_or("", |(_, code)| code)
    }

    /// The unit of an abbreviation, `None` for one that NumPy doesn't have. *O(1)*.
    ///
    /// ```
    /// use arrownd::Unit;
    ///
    /// assert_eq!(Unit::parse("ms"), Some(Unit::Millisecond));
    /// assert_eq!(Unit::parse("sec"), None);
    /// ```
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, c)| *c == code).map(|(unit, _)| *unit)
    }

    /// Attoseconds of one tick, `None` for the units of the calendar (years, months).
    #[must_use]
    pub(crate) fn attoseconds(self) -> Option<i128> {
        const S: i128 = 1_000_000_000_000_000_000;
        Some(match self {
            Self::Year | Self::Month => return None,
            Self::Week => 604_800 * S,
            Self::Day => 86_400 * S,
            Self::Hour => 3_600 * S,
            Self::Minute => 60 * S,
            Self::Second => S,
            Self::Millisecond => S / 1_000,
            Self::Microsecond => S / 1_000_000,
            Self::Nanosecond => S / 1_000_000_000,
            Self::Picosecond => 1_000_000,
            Self::Femtosecond => 1_000,
            Self::Attosecond => 1,
        })
    }
}

/// A resolution: `multiple` ticks of `unit`, as in `datetime64[10s]`.
///
/// ```
/// use arrownd::{DType, Resolution, Unit};
///
/// let tens = Resolution { unit: Unit::Second, multiple: 10 };
/// assert_eq!(tens.to_string(), "10s");
/// assert_eq!(DType::Datetime(Some(tens)).to_string(), "datetime64[10s]");
/// assert_eq!(Resolution::from(Unit::Day), Resolution { unit: Unit::Day, multiple: 1 });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Resolution {
    /// The unit that is counted.
    pub unit: Unit,
    /// How many units one tick is, at least 1.
    pub multiple: u32,
}

impl From<Unit> for Resolution {
    fn from(unit: Unit) -> Self {
        Self { unit, multiple: 1 }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.multiple != 1 {
            write!(f, "{}", self.multiple)?;
        }
        f.write_str(self.unit.code())
    }
}
