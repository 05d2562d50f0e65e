//! Arrow types as text: the names that this crate prints, and pyarrow's.
//!
//! What [`full_name`] prints, [`parse_type`] reads.
//!
//! ```
//! use arrownd::engine::dense::type_name::{Wanted, full_name, parse_type};
//!
//! let Wanted::Field(field) = parse_type("list[int64]")? else { panic!() };
//! assert_eq!(full_name(&field), "list[int64]");
//! # Ok::<(), arrownd::Error>(())
//! ```

mod extended;
mod flat;
mod nested;
mod print;
mod words;

use arrow_schema::{DataType, Field};

use crate::error::{Error, Result};
use words::nearest;

pub use print::full_name;

/// Deeper types are refused, as on import.
const MAX_DEPTH: usize = 128;

/// What a text asks for.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use arrownd::engine::dense::type_name::{Wanted, parse_type};
///
/// assert_eq!(parse_type("int8")?, Wanted::Field(Field::new("", DataType::Int8, true)));
/// assert_eq!(parse_type("tensor")?, Wanted::Tensor);
/// # Ok::<(), arrownd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A type: the field has no name, and is nullable.
    Field(Field),
    /// A tensor of whatever shape the array has.
    Tensor,
}

/// Reads a type's name: this crate's (`list[int64]`, `timestamp[us, UTC]`) or pyarrow's
/// (`list<item: int64>`, `timestamp[us, tz=UTC]`). *O(text)*, and *allocates the fields*.
///
/// # Errors
/// [`Error::BadValue`] says where the text stops to make sense, and which names are near.
///
/// ```
/// use arrownd::engine::dense::type_name::{Wanted, full_name, parse_type};
///
/// let Wanted::Field(field) = parse_type("list<item: timestamp[us, tz=UTC]>")? else { panic!() };
/// assert_eq!(full_name(&field), "list[timestamp[us, UTC]]");
/// assert!(parse_type("list[int65]").unwrap_err().to_string().contains("int65"));
/// # Ok::<(), arrownd::Error>(())
/// ```
pub fn parse_type(text: &str) -> Result<Wanted> {
    let trimmed = text.trim();
    if trimmed.eq_ignore_ascii_case("tensor") {
        return Ok(Wanted::Tensor);
    }
    let mut parser = Parser { whole: trimmed, rest: trimmed, depth: 0 };
    let field = parser.field()?;
    parser.spaces();
    if !parser.rest.is_empty() {
        return parser.fail("the type ends before");
    }
    Ok(Wanted::Field(field))
}

/// A text, and what of it is still to be read.
struct Parser<'t> {
    whole: &'t str,
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn fail<T>(&self, what: &str) -> Result<T> {
        Err(Error::BadValue(format!("type {:?}: {what} {:?}", self.whole, self.rest.trim_start())))
    }

    fn refuse<T>(&self, what: impl std::fmt::Display) -> Result<T> {
        Err(Error::BadValue(format!("type {:?}: {what}", self.whole)))
    }

    fn spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Whether the text goes on with `token`, which is then read.
    fn took(&mut self, token: &str) -> bool {
        self.spaces();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        if self.took(token) { Ok(()) } else { self.fail(&format!("{token:?} belongs before")) }
    }

    /// The text up to the first of `ends`, which isn't read.
    fn until(&mut self, ends: &[char]) -> Result<&'t str> {
        match self.rest.find(ends) {
            Some(at) => {
                let (before, rest) = self.rest.split_at(at);
                self.rest = rest;
                Ok(before.trim())
            }
            None => self.fail(&format!("one of {ends:?} is missing after")),
        }
    }

    fn word(&mut self) -> &'t str {
        self.spaces();
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    /// The bracket that opens here, and its end.
    fn open(&mut self) -> Option<&'static str> {
        [("[", "]"), ("<", ">"), ("(", ")")].into_iter().find(|(open, _)| self.took(open)).map(|pair| pair.1)
    }

    fn integer<T: std::str::FromStr>(&mut self) -> Result<T> {
        self.spaces();
        let end = self.rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        match digits.parse() {
            Ok(n) => {
                self.rest = rest;
                Ok(n)
            }
            Err(_) => self.fail("a number that fits belongs before"),
        }
    }

    /// A type, as a field without a name that may be missing.
    fn field(&mut self) -> Result<Field> {
        if self.depth >= MAX_DEPTH {
            return self.refuse(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let start = self.rest;
        let word = self.word();
        if word.is_empty() {
            return self.fail("a type's name belongs before");
        }
        let name = word.to_ascii_lowercase();
        let field = match self.flat(&name)? {
            Some(data_type) => plain(data_type),
            None => match self.nested(&name)? {
                Some(field) => field,
                None => {
                    self.rest = start;
                    return self.refuse(format!("no type is called {word:?}: {}", nearest(&name)));
                }
            },
        };
        self.depth -= 1;
        Ok(field)
    }
}

fn plain(data_type: DataType) -> Field {
    Field::new("", data_type, true)
}
