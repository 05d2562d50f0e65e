//! What the caller wishes of the way from dense arrays to Arrow.

use super::type_name::Wanted;

/// What becomes of memory that can still be written to and would be shared.
///
/// ```
/// use arrownd::engine::dense::{OnWritable, Options};
///
/// assert_eq!(Options::default().on_writable, OnWritable::View);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnWritable {
    /// It is shared, and the plan says so.
    #[default]
    View,
    /// It is copied.
    Copy,
    /// It is shared, and the array that was passed becomes read-only.
    Freeze,
}

/// The words of `from_numpy`. The default is what `from_numpy(array)` means.
///
/// ```
/// use arrow_schema::DataType;
/// use arrownd::engine::dense::Options;
/// use arrownd::engine::dense::type_name::parse_type;
///
/// let options = Options { nan_as_null: true, ..Options::default() };
/// assert!(options.safe && options.allow_copy && options.wanted.is_none());
/// let options = options.with_wanted(Some(parse_type("float32")?));
/// assert!(options.nan_as_null && options.wanted.is_some());
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The wanted Arrow type; `None` for the type table's.
    pub wanted: Option<Wanted>,
    /// Floats: NaN is null.
    pub nan_as_null: bool,
    /// Refuse every copy of values when false.
    pub allow_copy: bool,
    /// What becomes of memory that can still be written to.
    pub on_writable: OnWritable,
    /// Check that every value is held exactly.
    pub safe: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            wanted: None,
            nan_as_null: false,
            allow_copy: true,
            on_writable: OnWritable::default(),
            safe: true,
        }
    }
}

impl Options {
    /// The same, with another wanted type: that of a field or of the values. *O(1)*.
    ///
    /// ```
    /// # use arrownd::engine::dense::{Options, type_name::parse_type};
    /// let options = Options { safe: false, ..Options::default() };
    /// // The same words for one column of several.
    /// let narrow = options.with_wanted(Some(parse_type("float32")?));
    /// assert!(narrow.wanted.is_some() && options.wanted.is_none());
    /// assert_eq!(narrow.safe, options.safe);
    /// # Ok::<(), arrownd::Error>(())
    /// ```
    #[must_use]
    pub fn with_wanted(&self, wanted: Option<Wanted>) -> Self {
        Self { wanted, ..self.clone() }
    }
}
