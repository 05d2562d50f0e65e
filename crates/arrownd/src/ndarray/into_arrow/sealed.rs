//! What only this crate implements.

use arrow_array::ArrayRef;

use super::element::{Element, Value};
use super::held::Held;
use super::imported::Imported;
use crate::error::Result;

/// The array, or why there is none; or what was to move, which doesn't.
pub(super) type Moved<A> = std::result::Result<Result<ArrayRef>, A>;

/// Arrays, and masks beside them, as the engine takes them; with names, the columns of a matrix.
pub trait Arrays: Sized {
    /// Moves in what can be moved.
    fn import<R>(self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R>;

    /// What is Arrow's already but for its name; otherwise the arrays as they were.
    #[inline]
    fn moved(self) -> Moved<Self> {
        Err(self)
    }

    /// The same to be looked at.
    fn look<R>(&self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R>;
}

/// One array.
pub trait Holds: Sized {
    /// Its elements.
    type Elem;

    /// Hands it over.
    fn hold<R>(self, go: impl FnOnce(Held<'_, Self::Elem>) -> R) -> R;

    /// Its own `Vec`, where that is an Arrow buffer of all its elements in C order.
    #[inline]
    fn moved(self) -> Moved<Self> {
        Err(self)
    }

    /// Lends it as what would be handed over.
    fn lend<R>(&self, go: impl FnOnce(Held<'_, Self::Elem>) -> R) -> R;
}

impl<A: Holds<Elem: Element>> Arrays for A {
    #[inline]
    fn moved(self) -> Moved<Self> {
        Holds::moved(self)
    }

    fn import<R>(self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R> {
        self.hold(|array| go(Element::imported(array, names)?))
    }

    fn look<R>(&self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R> {
        self.lend(|array| go(Element::imported(array, names)?))
    }
}

impl<V: Holds<Elem: Value>, M: Holds<Elem = bool>> Arrays for (V, M) {
    fn import<R>(self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R> {
        let (values, mask) = self;
        // Only the bits of a mask are kept.
        values.hold(|values| mask.lend(|mask| go(Imported::of_values(values, Some(&mask), names)?)))
    }

    fn look<R>(&self, names: Option<Vec<String>>, go: impl FnOnce(Imported<'_>) -> Result<R>) -> Result<R> {
        let (values, mask) = self;
        values.lend(|values| mask.lend(|mask| go(Imported::of_values(values, Some(&mask), names)?)))
    }
}
