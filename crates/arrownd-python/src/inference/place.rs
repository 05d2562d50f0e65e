//! Where in nested values something is, for messages.

use arrownd::Error;

use super::blocks::Seen;
use crate::errors::Failure;

/// How deep lists may lie in each other: one that holds itself would never end.
const DEEPEST: usize = 128;

/// The values of one column, and those that they come from.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    Top,
    /// Some of the values at the top, and what was found of those before them. Positions count from the first of these.
    Block(&'a Seen),
    /// The items of lists, and where each list's begin among them.
    Items(&'a Place<'a>, &'a [usize]),
    /// The values of a key.
    Key(&'a Place<'a>, &'a str),
}

impl Place<'_> {
    /// The position at the top.
    pub(super) fn root(&self, at: usize) -> usize {
        match self {
            Self::Top | Self::Block(_) => at,
            Self::Items(of, starts) => of.root(row(starts, at).0),
            Self::Key(of, _) => of.root(at),
        }
    }

    /// What is below the position at the top, empty for the top itself.
    pub(super) fn below(&self, at: usize) -> String {
        match self {
            Self::Top | Self::Block(_) => String::new(),
            Self::Items(of, starts) => {
                let (row, item) = row(starts, at);
                format!("{}, item {item}", of.below(row))
            }
            Self::Key(of, key) => format!("{}, key {key:?}", of.below(at)),
        }
    }

    /// Where a value is.
    pub(super) fn name(&self, at: usize) -> String {
        format!("position {}{}", self.root(at), self.below(at))
    }

    /// Where what is found of a block is noted, and under which name.
    pub(super) fn seen(&self) -> Option<(&Seen, String)> {
        match self {
            Self::Top => None,
            Self::Block(seen) => Some((seen, String::new())),
            Self::Items(of, _) => of.seen().map(|(seen, of)| (seen, of + "[]")),
            Self::Key(of, key) => of.seen().map(|(seen, of)| (seen, format!("{of}[{key:?}]"))),
        }
    }

    /// Fails where values lie too deep in each other.
    pub(super) fn check_depth(&self) -> Result<(), Failure> {
        let (mut depth, mut place) = (0, self);
        while let Self::Items(of, _) | Self::Key(of, _) = place {
            (depth, place) = (depth + 1, of);
        }
        if depth <= DEEPEST {
            return Ok(());
        }
        Err(self.unsupported(
            format!("objects that lie more than {DEEPEST} deep in each other, at {},", self.name(0)),
            "an Arrow type",
            "a list that holds itself has no type",
        ))
    }

    pub(super) fn unsupported(
        &self,
        from: impl Into<String>,
        to: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Failure {
        Failure::Core(Error::UnsupportedType {
            path: String::new(),
            from: from.into(),
            to: to.into(),
            remedy: remedy.into(),
        })
    }

    /// Two values that have no type in common.
    pub(super) fn mixed(&self, a: (usize, &str), b: (usize, &str), remedy: &str) -> Failure {
        let ((first, a), (second, b)) = if a.0 <= b.0 { (a, b) } else { (b, a) };
        let from = format!("objects of {a} at {} and {b} at {}", self.name(first), self.name(second));
        self.unsupported(from, "one Arrow type", remedy)
    }

    /// A value that a type can't hold.
    pub(super) fn lossy(
        &self,
        at: usize,
        value: impl std::fmt::Display,
        to: impl std::fmt::Display,
        remedy: impl Into<String>,
    ) -> Failure {
        self.moved(
            Failure::Core(Error::LossyCast {
                path: String::new(),
                value: value.to_string(),
                position: at,
                dtype: to.to_string(),
                remedy: remedy.into(),
            }),
            0,
        )
    }

    /// An error whose position counts from value `start` of this column, as one that counts from the top.
    pub(super) fn moved(&self, failure: Failure, start: usize) -> Failure {
        match failure {
            Failure::Core(Error::LossyCast { path, value, position, dtype, remedy }) => {
                let at = start + position;
                let below = self.below(at);
                let value = match below.strip_prefix(", ") {
                    Some(below) => format!("{value} ({below})"),
                    None => value,
                };
                Failure::Core(Error::LossyCast { path, value, position: self.root(at), dtype, remedy })
            }
            other => other,
        }
    }
}

/// The list that an item is of, and which of its items it is.
fn row(starts: &[usize], at: usize) -> (usize, usize) {
    let row = starts.partition_point(|start| *start <= at).saturating_sub(1);
    (row, at - starts.get(row).copied().unwrap_or(0))
}
