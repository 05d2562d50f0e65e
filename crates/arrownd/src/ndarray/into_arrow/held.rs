//! An array by who holds its memory.

use ndarray::{
    ArcArray, Array, ArrayBase, ArrayD, ArrayView, ArrayViewD, ArrayViewMut, CowArray, Data, Dimension, IxDyn,
};
use smallvec::SmallVec;

use super::element::Element;
use super::sealed::{Holds, Moved};

/// An array by who holds its memory.
#[derive(Debug)]
pub enum Held<'a, T> {
    /// Nobody else.
    Moved(ArrayD<T>),
    /// Others as well, who don't write to it.
    Shared(ArcArray<T, IxDyn>),
    /// Others, for `'a`.
    Lent {
        /// Its elements.
        view: ArrayViewD<'a, T>,
        /// It is lent to plan what happens once it moves.
        moves: bool,
    },
}

impl<T> Held<'_, T> {
    /// Its elements.
    pub(super) fn view(&self) -> ArrayViewD<'_, T> {
        match self {
            Self::Moved(array) => array.view(),
            Self::Shared(array) => array.view(),
            Self::Lent { view, .. } => view.view(),
        }
    }
}

impl<T: Element, D: Dimension> Holds for Array<T, D> {
    type Elem = T;

    fn hold<R>(self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        go(Held::Moved(self.into_dyn()))
    }

    #[inline]
    fn moved(self) -> Moved<Self> {
        let shape: SmallVec<[usize; 4]> = self.shape().into();
        // Longer lists than Arrow's are the plan's to refuse.
        let fits = shape.iter().skip(1).all(|n| i32::try_from(*n).is_ok());
        if !T::MOVES || shape.is_empty() || !fits || !self.is_standard_layout() {
            return Err(self);
        }
        let (values, first) = self.into_raw_vec_and_offset();
        Ok(T::moved(values, first.unwrap_or(0), &shape))
    }

    fn lend<R>(&self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        go(Held::Lent { view: self.view().into_dyn(), moves: true })
    }
}

impl<T: Element, D: Dimension> Holds for ArcArray<T, D> {
    type Elem = T;

    fn hold<R>(self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        go(match self.try_into_owned_nocopy() {
            Ok(array) => Held::Moved(array.into_dyn()),
            Err(shared) => Held::Shared(shared.into_dyn()),
        })
    }

    fn lend<R>(&self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        go(Held::Lent { view: self.view().into_dyn(), moves: true })
    }
}

impl<T: Element, D: Dimension> Holds for CowArray<'_, T, D> {
    type Elem = T;

    fn hold<R>(self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        match self.try_into_owned_nocopy() {
            Ok(array) => go(Held::Moved(array.into_dyn())),
            Err(view) => go(Held::Lent { view: view.view().into_dyn(), moves: false }),
        }
    }

    fn lend<R>(&self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
        go(Held::Lent { view: self.view().into_dyn(), moves: self.is_owned() })
    }
}

macro_rules! borrowed {
    ($($t:ty, [$($generics:tt)*];)*) => { $(
        impl<T: Element, $($generics)* D: Dimension> Holds for $t {
            type Elem = T;

            fn hold<R>(self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
                go(Held::Lent { view: self.view().into_dyn(), moves: false })
            }

            fn lend<R>(&self, go: impl FnOnce(Held<'_, T>) -> R) -> R {
                go(Held::Lent { view: self.view().into_dyn(), moves: false })
            }
        }
    )* };
}
borrowed! {
    ArrayView<'_, T, D>, [];
    ArrayViewMut<'_, T, D>, [];
    &ArrayBase<S, D>, [S: Data<Elem = T>,];
}
