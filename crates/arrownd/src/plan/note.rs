//! What else a plan says, beside reasons.

use std::fmt;

use super::reason::thousands;

/// Something that the caller should know and that costs nothing.
///
/// ```
/// use arrow_array::TimestampSecondArray;
/// use arrownd::{Note, Options, plan};
///
/// let array = TimestampSecondArray::from(vec![0]).with_timezone("Europe/Paris");
/// let conversion = plan(&array, &Options::default())?;
/// let [note] = conversion.plan().notes() else { panic!() };
/// assert_eq!(*note, Note::TimeZone("Europe/Paris".to_owned()));
/// assert_eq!(note.to_string(), "the time zone Europe/Paris is dropped: the values are in UTC");
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Note {
    /// Values are in UTC, the zone is dropped.
    TimeZone(String),
    /// An extension type was replaced by its storage.
    Unwrapped(String),
    /// pandas index columns were left out.
    LeftOut(Vec<String>),
    /// The view isn't aligned: the producer's memory isn't.
    Misaligned,
    /// A mask is made beside the values.
    Mask {
        /// Its bytes, where known.
        nbytes: Option<usize>,
    },
    /// Values that are missing get a bitmap beside them.
    Bitmap {
        /// Its bytes.
        nbytes: usize,
    },
    /// Arrow shares memory that can still be written to.
    Writable,
    /// The array that was passed becomes read-only.
    Frozen,
    /// Datetimes without a zone are taken as UTC.
    TakenAsUtc(String),
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeZone(zone) => {
                write!(f, "the time zone {zone} is dropped: the values are in UTC")
            }
            Self::Unwrapped(name) => write!(f, "the extension type {name} is taken as its storage"),
            Self::LeftOut(names) => write!(f, "left out as the pandas index: {}", names.join(", ")),
            Self::Misaligned => f.write_str("the view is misaligned, as the producer's memory is"),
            Self::Mask { nbytes: Some(n) } => {
                write!(f, "a mask of {n} bytes is made beside the values")
            }
            Self::Mask { nbytes: None } => f.write_str("a mask is made beside the values"),
            Self::Bitmap { nbytes: 1 } => {
                f.write_str("values are missing: a bitmap of 1 byte is made beside them")
            }
            Self::Bitmap { nbytes } => {
                write!(f, "values are missing: a bitmap of {} bytes is made beside them", thousands(*nbytes))
            }
            Self::Writable => f.write_str(
                "the memory is shared and can still be written to: what changes there changes in Arrow",
            ),
            Self::Frozen => f.write_str("the array becomes read-only; other views of its memory don't"),
            Self::TakenAsUtc(zone) => {
                write!(f, "the datetimes have no zone and are taken as UTC, for {zone}")
            }
        }
    }
}
