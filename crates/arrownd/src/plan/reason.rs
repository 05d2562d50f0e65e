//! Why a copy is made: a closed set, each with a sentence and a remedy.

use std::fmt;

use crate::dtype::DType;

/// Why the plan copies.
///
/// ```
/// use arrownd::Reason;
///
/// let reason = Reason::Nulls { count: Some(2), viewable: true };
/// assert_eq!(reason.code(), "nulls");
/// assert_eq!(reason.to_string(), "2 values are missing and have to be filled in");
/// assert_eq!(reason.remedy(), "pass Nulls::Mask to view the values beside a mask");
/// assert!(Reason::examples().iter().any(|example| example.code() == reason.code()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The values lie in several chunks.
    Chunked {
        /// How many of them aren't empty.
        chunks: usize,
    },
    /// Missing values need their marker in the array.
    Nulls {
        /// How many; `None` where only the schema is known.
        count: Option<usize>,
        /// Whether the values could be viewed beside a mask.
        viewable: bool,
    },
    /// Booleans lie as bits.
    BitPacked,
    /// The array has only a wider form of the type.
    Widened {
        /// Bits in Arrow.
        from: usize,
        /// Bits in the array.
        to: usize,
    },
    /// The values change to another dtype.
    Cast {
        /// What they would be.
        from: DType,
        /// What they become.
        to: DType,
        /// Whether the caller asks for it; otherwise the other columns of a matrix do.
        asked: bool,
    },
    /// Codes become values.
    Dictionary,
    /// Runs become values.
    RunEnds,
    /// The lists leave gaps in their values or differ in length.
    ListGaps,
    /// Arrays have no offsets.
    Offsets,
    /// The values have no element type of fixed width: text, and what is made of several values.
    Objects,
    /// The values aren't aligned to their size.
    Misaligned,
    /// The values aren't next to each other.
    Strided,
    /// The values have the other byte order.
    ByteOrder,
    /// The columns don't lie in the wanted memory order.
    Order {
        /// The wanted order, `'C'` or `'F'`; `None` for a column that is copied because others are.
        wanted: Option<char>,
    },
    /// The caller asked for memory of its own.
    Requested {
        /// The option that asks for it.
        option: &'static str,
    },
    /// The producer realigned its memory on the way.
    Realigned,
    /// On the way to Arrow: booleans become bits.
    ToBits,
    /// On the way to Arrow: the values change to another type.
    ToType {
        /// What they are.
        from: String,
        /// What they become.
        to: String,
        /// Whether the caller asks for it; otherwise Arrow has no such unit.
        asked: bool,
    },
    /// On the way to Arrow: text and bytes of any length get offsets.
    ToOffsets,
    /// On the way to Arrow: the values are read from objects of the caller's side.
    FromObjects,
    /// On the way to Arrow: the array is borrowed, and what Arrow has it keeps.
    Borrowed,
    /// On the way to Arrow: each value says on its own whether it is there.
    Optional,
}

/// The reasons of one plan.
///
/// ```
/// use arrownd::{Error, Options, Reason, Reasons, to_array};
///
/// let array = arrow_array::BooleanArray::from(vec![true]);
/// let error = to_array::<bool>(&array, &Options::new().allow_copy(false)).unwrap_err();
/// let reasons: Reasons = vec![Reason::BitPacked];
/// assert_eq!(error, Error::CopyNotAllowed { path: String::new(), reasons });
/// ```
pub type Reasons = Vec<Reason>;

impl Reason {
    /// One of each, for the generated page and the tests. *O(1)*.
    ///
    /// ```
    /// # use arrownd::Reason;
    /// // What a page of all reasons is written from.
    /// let lines: Vec<_> = Reason::examples().iter().map(|r| format!("{}: {r}", r.code())).collect();
    /// assert!(lines.contains(&"chunked: the values lie in 3 chunks".to_owned()));
    /// ```
    #[must_use]
    pub fn examples() -> Vec<Self> {
        vec![
            Self::Chunked { chunks: 3 },
            Self::Nulls { count: Some(2), viewable: true },
            Self::BitPacked,
            Self::Widened { from: 32, to: 64 },
            Self::Cast { from: DType::Int64, to: DType::Float64, asked: true },
            Self::Dictionary,
            Self::RunEnds,
            Self::ListGaps,
            Self::Offsets,
            Self::Objects,
            Self::Misaligned,
            Self::Strided,
            Self::ByteOrder,
            Self::Order { wanted: Some('F') },
            Self::Requested { option: "Options::writable" },
            Self::Realigned,
            Self::ToBits,
            Self::ToType { from: "datetime64[D]".to_owned(), to: "date32".to_owned(), asked: false },
            Self::ToOffsets,
            Self::FromObjects,
            Self::Borrowed,
            Self::Optional,
        ]
    }

    /// The reason's name. *O(1)*.
    ///
    /// ```
    /// # use arrownd::{Options, Reason, plan};
    /// # let bits = arrow_array::BooleanArray::from(vec![true]);
    /// let conversion = plan(&bits, &Options::new())?;
    /// let codes: Vec<_> = conversion.plan().reasons().iter().map(Reason::code).collect();
    /// assert_eq!(codes, ["bit-packed"]);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chunked { .. } => "chunked",
            Self::Nulls { .. } => "nulls",
            Self::BitPacked | Self::ToBits => "bit-packed",
            Self::Widened { .. } => "widened",
            Self::Cast { .. } | Self::ToType { .. } => "cast",
            Self::Dictionary => "dictionary",
            Self::RunEnds => "run-ends",
            Self::ListGaps => "list-gaps",
            Self::Offsets | Self::ToOffsets => "offsets",
            Self::Objects | Self::FromObjects => "objects",
            Self::Misaligned => "misaligned",
            Self::Strided => "strided",
            Self::ByteOrder => "byte-order",
            Self::Order { .. } => "order",
            Self::Requested { .. } => "requested",
            Self::Realigned => "realigned",
            Self::Borrowed => "borrowed",
            Self::Optional => "optional",
        }
    }

    /// The code, with the number that belongs to it: what a table has room for. *O(1)*.
    ///
    /// ```
    /// # use arrownd::Reason;
    /// assert_eq!(Reason::Chunked { chunks: 1200 }.label(), "chunked (1,200)");
    /// assert_eq!(Reason::BitPacked.label(), "bit-packed");
    /// ```
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Chunked { chunks: n } | Self::Nulls { count: Some(n), .. } => {
                format!("{} ({})", self.code(), thousands(*n))
            }
            Self::Order { wanted: None } => "with the others".to_owned(),
            other => other.code().to_owned(),
        }
    }

    /// What to do to get a view instead. *O(1)*.
    ///
    /// ```
    /// # use arrownd::Reason;
    /// let reason = Reason::Widened { from: 32, to: 64 };
    /// assert_eq!(
    ///     format!("{reason}: {}", reason.remedy()),
    ///     "Arrow has 32 bits a value and the array 64: store the values in the wider type to view them",
    /// );
    /// ```
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Chunked { .. } => "combine the chunks first, or convert chunk by chunk",
            Self::Nulls { viewable: true, .. } => "pass Nulls::Mask to view the values beside a mask",
            Self::Nulls { .. } => "pass Nulls::Mask to keep the dtype, with a mask beside the values",
            Self::BitPacked => "store the values as arrow.bool8 to view them",
            Self::Widened { .. } => "store the values in the wider type to view them",
            Self::Cast { asked: true, .. } => {
                "ask for the type that is stored, or store the one that is asked for"
            }
            Self::Cast { .. } => "convert the columns one by one, where each keeps its own dtype",
            Self::Dictionary => "view the keys of the dictionary on their own",
            Self::RunEnds => "decode the runs once and keep the result",
            Self::ListGaps => "use to_ragged to view the values beside their offsets",
            Self::Offsets => "store the values with one size: fixed-size lists, fixed-size binary",
            Self::Objects => "choose an Options::dtype of fixed width; text has none",
            Self::Misaligned => "pass aligned memory",
            Self::Strided => "pass contiguous memory",
            Self::ByteOrder => "pass native byte order",
            Self::Order { .. } => "view each column on its own",
            Self::Requested { .. } => "leave that out",
            Self::Realigned => "let the producer align its buffers",
            Self::ToBits => "pass ArrowOptions::field of arrow.bool8 to share the bytes",
            Self::ToType { asked: true, .. } => {
                "ask for the type that the values have, or pass values of that type"
            }
            Self::ToType { .. } => "pass a unit that Arrow has: s, ms, us or ns",
            Self::ToOffsets => "view bytes of one length as V{n}; text is always copied",
            Self::FromObjects => "pass an array with a dtype of fixed width",
            Self::Borrowed => "pass the array itself, which moves in",
            Self::Optional => "pass the values, which move in, and a mask",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chunked { chunks } => write!(f, "the values lie in {} chunks", thousands(*chunks)),
            Self::Nulls { count: Some(1), .. } => f.write_str("1 value is missing and has to be filled in"),
            Self::Nulls { count: Some(n), .. } => {
                write!(f, "{} values are missing and have to be filled in", thousands(*n))
            }
            Self::Nulls { count: None, .. } => f.write_str("missing values have to be filled in"),
            Self::BitPacked | Self::ToBits => {
                f.write_str("Arrow packs booleans as bits, an array has one byte for each")
            }
            Self::Widened { from, to } => write!(f, "Arrow has {from} bits a value and the array {to}"),
            // Decimals, which have no dtype.
            Self::Cast { from: DType::Object, to, .. } => write!(f, "the values change to {to}"),
            Self::Cast { from, to, .. } => write!(f, "the values change from {from} to {to}"),
            Self::Dictionary => f.write_str("the codes have to be replaced by their values"),
            Self::RunEnds => f.write_str("the runs have to be expanded"),
            Self::ListGaps => f.write_str("the lists leave gaps in their values or differ in length"),
            Self::Offsets => f.write_str("the offsets have no counterpart in an array"),
            Self::Objects => f.write_str("these values have no element type of fixed width"),
            Self::Misaligned => f.write_str("the values are not aligned to their size"),
            Self::Strided => f.write_str("the values are not next to each other in memory"),
            Self::ByteOrder => f.write_str("the values have the other byte order"),
            Self::Order { wanted: Some('C') } => {
                f.write_str("rows have to be contiguous (Order::C) and Arrow stores columns")
            }
            Self::Order { wanted: Some(_) } => f.write_str("the columns do not lie side by side in memory"),
            Self::Order { wanted: None } => f.write_str("the matrix is copied, and this column with it"),
            Self::Requested { option } => write!(f, "{option} asks for memory of its own"),
            Self::Realigned => f.write_str("the producer realigned its buffers"),
            Self::ToType { from, to, .. } => write!(f, "the values change from {from} to {to}"),
            Self::ToOffsets => f.write_str(
                "Arrow has offsets for text and bytes, an array a fixed width or strings of their own",
            ),
            Self::FromObjects => f.write_str("the values are read from objects"),
            Self::Borrowed => f.write_str("the array is borrowed, and Arrow keeps what it has"),
            Self::Optional => f.write_str("each value is an option, and Arrow has values and bits"),
        }
    }
}

/// A count as a person reads it: 336,776.
pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new variant doesn't compile here until it is counted, and isn't found until it has an
    /// example.
    fn place(reason: &Reason) -> usize {
        match reason {
            Reason::Chunked { .. } => 0,
            Reason::Nulls { .. } => 1,
            Reason::BitPacked => 2,
            Reason::Widened { .. } => 3,
            Reason::Cast { .. } => 4,
            Reason::Dictionary => 5,
            Reason::RunEnds => 6,
            Reason::ListGaps => 7,
            Reason::Offsets => 8,
            Reason::Objects => 9,
            Reason::Misaligned => 10,
            Reason::Strided => 11,
            Reason::ByteOrder => 12,
            Reason::Order { .. } => 13,
            Reason::Requested { .. } => 14,
            Reason::Realigned => 15,
            Reason::ToBits => 16,
            Reason::ToType { .. } => 17,
            Reason::ToOffsets => 18,
            Reason::FromObjects => 19,
            Reason::Borrowed => 20,
            Reason::Optional => 21,
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        let grouped = [0, 7, 999, 1000, 12_345, 336_776, 1_000_000].map(thousands);
        assert_eq!(grouped, ["0", "7", "999", "1,000", "12,345", "336,776", "1,000,000"]);
    }

    #[test]
    fn every_reason_has_an_example_a_sentence_and_a_remedy() {
        let examples = Reason::examples();
        let places: Vec<usize> = examples.iter().map(place).collect();
        assert_eq!(places, (0..22).collect::<Vec<_>>());
        for reason in examples {
            assert!(!reason.to_string().is_empty() && !reason.remedy().is_empty(), "{}", reason.code());
        }
    }
}
