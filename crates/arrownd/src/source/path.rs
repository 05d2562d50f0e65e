//! Where in the input: field names from the top, without an allocation until somebody asks.

use std::fmt;

/// A place in a nested input.
///
/// ```
/// use arrownd::engine::Path;
///
/// let outer = Path::Field(&Path::Top, "person");
/// assert_eq!(Path::Field(&outer, "name").to_string(), "person.name");
/// assert_eq!(Path::Top.to_string(), "");
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Path<'p> {
    /// The input itself.
    Top,
    /// A field of a struct, or a named part (`item`, `keys`, `values`).
    Field(&'p Path<'p>, &'p str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => Ok(()),
            Self::Field(Self::Top, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
        }
    }
}
