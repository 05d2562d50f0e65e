//! One error enum with structured variants. Messages say what, where and what to do instead:
//! lower case, no full stop.

use std::sync::Arc;

use arrow_schema::ArrowError;

use crate::plan::{Reason, Reasons};

/// What went wrong, with everything needed to act on it.
///
/// ```
/// use arrow_array::Int64Array;
/// use arrownd::{Error, ErrorKind, Nulls, Options, to_array};
///
/// let array = Int64Array::from(vec![Some(1), None]);
/// let error = to_array::<i64>(&array, &Options::new().nulls(Nulls::Refuse)).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Nulls);
/// assert!(matches!(error, Error::Nulls { count: 1, len: 2, first: 1, .. }));
/// assert!(error.to_string().starts_with("1 of 2 values are missing, the first at position 1"));
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller forbade copies and the plan needs one.
    #[error("copy not allowed: {}", describe(.path, .reasons))]
    CopyNotAllowed {
        /// Where in the input: empty for the top.
        path: String,
        /// The same reasons that the plan holds, at least one.
        reasons: Reasons,
    },
    /// Missing values where the request leaves no place for them.
    #[error("{}{count} of {len} values are missing, the first at position {first}: {remedy}", at(.path))]
    Nulls {
        /// Where in the input.
        path: String,
        /// How many values are missing.
        count: usize,
        /// Out of how many.
        len: usize,
        /// Position of the first missing value, counted in values.
        first: usize,
        /// What to do instead.
        remedy: String,
    },
    /// A value that the result can't hold exactly.
    #[error("{}{value} at position {position} can't be held exactly by {dtype}: {remedy}", at(.path))]
    LossyCast {
        /// Where in the input.
        path: String,
        /// The value as text.
        value: String,
        /// Its position, counted in values.
        position: usize,
        /// The dtype that was asked for.
        dtype: String,
        /// What to do instead.
        remedy: String,
    },
    /// A fill value that the result's dtype can't hold.
    #[error("{}the fill {value} can't be held by {dtype}: pass another fill or dtype", at(.path))]
    FillDoesNotFit {
        /// Where in the input.
        path: String,
        /// The fill as text.
        value: String,
        /// The result's dtype.
        dtype: String,
    },
    /// Lists of unequal length where they have to become one array.
    #[error("{}row {row} has {found}, and {expected}: {remedy}", at(.path))]
    Ragged {
        /// Where in the input.
        path: String,
        /// The first row that differs.
        row: usize,
        /// What it has, as a phrase.
        found: String,
        /// What was expected, as a phrase.
        expected: String,
        /// What to do instead.
        remedy: String,
    },
    /// No conversion from that type to that dtype.
    #[error("{}no conversion from {from} to {to}{}", at(.path), hint(.remedy))]
    UnsupportedType {
        /// Where in the input.
        path: String,
        /// The Arrow type.
        from: String,
        /// The dtype or form that was asked for.
        to: String,
        /// What to do instead; may be empty.
        remedy: String,
    },
    /// The producer handed over data that breaks the Arrow specification.
    #[error("invalid Arrow data: {}{what}", at(.path))]
    InvalidArrow {
        /// Where in the input.
        path: String,
        /// Which rule is broken, with the numbers.
        what: String,
    },
    /// A stream of batches ended with an error of its own.
    #[error("the stream failed: {0}")]
    Stream(#[source] StreamError),
    /// Options that make no sense together.
    #[error("{0}")]
    Conflict(String),
    /// An option's value that isn't one of the known words or doesn't fit the input.
    #[error("{0}")]
    BadValue(String),
}

/// The error that a stream of batches ended with. Two are equal where their texts are.
///
/// ```
/// use arrow_schema::ArrowError;
/// use arrownd::StreamError;
///
/// let error = StreamError::from(ArrowError::ComputeError("overflow".to_owned()));
/// assert_eq!(error.to_string(), "Compute error: overflow");
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct StreamError(Arc<ArrowError>);

impl From<ArrowError> for StreamError {
    fn from(error: ArrowError) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for StreamError {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

/// The class of an [`Error`], for those who match on it.
///
/// ```
/// use arrownd::{Error, ErrorKind};
///
/// let error = Error::Conflict("pass one of the two".to_owned());
/// assert_eq!(error.kind(), ErrorKind::Conflict);
/// assert!(error.reasons().is_empty());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// See [`Error::CopyNotAllowed`].
    CopyNotAllowed,
    /// See [`Error::Nulls`].
    Nulls,
    /// See [`Error::LossyCast`] and [`Error::FillDoesNotFit`].
    LossyCast,
    /// See [`Error::Ragged`].
    Ragged,
    /// See [`Error::UnsupportedType`].
    UnsupportedType,
    /// See [`Error::InvalidArrow`].
    InvalidArrow,
    /// See [`Error::Stream`].
    Stream,
    /// See [`Error::Conflict`].
    Conflict,
    /// See [`Error::BadValue`].
    BadValue,
}

impl Error {
    /// The class of this error. *O(1)*.
    ///
    /// ```
    /// use arrow_array::{Float32Array, Int64Array};
    /// use arrownd::{ErrorKind, Nulls, Options, to_array};
    ///
    /// // Two variants of one kind.
    /// let options = Options::new().nulls(Nulls::Fill(0.5.into()));
    /// let fill = to_array::<i64>(&Int64Array::from(vec![None, Some(2)]), &options).unwrap_err();
    /// let cast = to_array::<i64>(&Float32Array::from(vec![0.5]), &options).unwrap_err();
    /// assert_eq!((fill.kind(), cast.kind()), (ErrorKind::LossyCast, ErrorKind::LossyCast));
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::CopyNotAllowed { .. } => ErrorKind::CopyNotAllowed,
            Self::Nulls { .. } => ErrorKind::Nulls,
            Self::LossyCast { .. } | Self::FillDoesNotFit { .. } => ErrorKind::LossyCast,
            Self::Ragged { .. } => ErrorKind::Ragged,
            Self::UnsupportedType { .. } => ErrorKind::UnsupportedType,
            Self::InvalidArrow { .. } => ErrorKind::InvalidArrow,
            Self::Stream(_) => ErrorKind::Stream,
            Self::Conflict(_) => ErrorKind::Conflict,
            Self::BadValue(_) => ErrorKind::BadValue,
        }
    }

    /// The same error of invalid data, at a place that its finder didn't know.
    pub(crate) fn at_place(self, place: &crate::source::Path<'_>) -> Self {
        match self {
            Self::InvalidArrow { what, .. } => Self::InvalidArrow { path: place.to_string(), what },
            other => other,
        }
    }

    /// The same error in a field: the field's name comes before the path. *Allocates the path*.
    ///
    /// ```
    /// use arrownd::Error;
    ///
    /// let (path, what) = ("street".to_owned(), "offset 7 is past the end".to_owned());
    /// let error = Error::InvalidArrow { path, what }.within("address");
    /// assert_eq!(error.to_string(), "invalid Arrow data: field \"address.street\": offset 7 is past the end");
    /// ```
    #[must_use]
    pub fn within(mut self, field: &str) -> Self {
        if let Self::CopyNotAllowed { path, .. }
        | Self::Nulls { path, .. }
        | Self::LossyCast { path, .. }
        | Self::FillDoesNotFit { path, .. }
        | Self::Ragged { path, .. }
        | Self::UnsupportedType { path, .. }
        | Self::InvalidArrow { path, .. } = &mut self
        {
            let dot = if path.is_empty() { "" } else { "." };
            *path = format!("{field}{dot}{path}");
        }
        self
    }

    /// The reasons of a refused copy, empty for every other error. *O(1)*.
    ///
    /// ```
    /// use arrow_array::Int8Array;
    /// use arrownd::{Options, to_array};
    ///
    /// let array = Int8Array::from(vec![Some(1), None]);
    /// let error = to_array::<f32>(&array, &Options::new().allow_copy(false)).unwrap_err();
    /// assert_eq!(error.reasons()[0].code(), "nulls");
    /// ```
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::CopyNotAllowed { reasons, .. } => reasons,
            _ => &[],
        }
    }
}

/// `Result` with this crate's [`Error`].
///
/// ```
/// fn first(array: &arrow_array::Float32Array) -> arrownd::Result<f32> {
///     Ok(arrownd::view::<f32, ndarray::Ix1>(array)?[0])
/// }
/// assert_eq!(first(&vec![0.5, 1.5].into()), Ok(0.5));
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("field {path:?}: ") }
}

fn hint(remedy: &str) -> String {
    if remedy.is_empty() { String::new() } else { format!(": {remedy}") }
}

fn describe(path: &str, reasons: &[Reason]) -> String {
    let mut text = at(path);
    for (i, reason) in reasons.iter().enumerate() {
        if i > 0 {
            text.push_str("; ");
        }
        text.push_str(&reason.to_string());
    }
    if let Some(first) = reasons.first() {
        text.push_str(" (");
        text.push_str(first.remedy());
        text.push(')');
    }
    text
}
