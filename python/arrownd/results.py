"""Results that are more than one array."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Masked(NamedTuple):
    """Values, and which of them are missing.

    Attributes
    ----------
    values : numpy.ndarray
        The values; what lies where one is missing is undefined, and None among objects.
    mask : numpy.ndarray of bool, or None
        True where a value is missing; None where nothing is. For records it has their fields, each of
        bool.
    """

    values: npt.NDArray[Any]
    mask: npt.NDArray[Any] | None


class Ragged(NamedTuple):
    """Lists: the values of all of them, and where each begins.

    List ``i`` is ``values[offsets[i]:offsets[i + 1]]``, nothing where it is missing.

    Attributes
    ----------
    values : numpy.ndarray, numpy.ma.MaskedArray or Ragged
        The values, end to end, of no others than these lists; for lists of lists a `Ragged` of the
        inner lists.
    offsets : numpy.ndarray of int32 or int64
        Where each list begins, and where the last one ends: one more than there are lists. The first
        is 0. int64 for large lists, and for others whose values are too many for int32.
    mask : numpy.ndarray of bool, or None
        True where a list is missing (it has no values); None where none is.
    """

    values: npt.NDArray[Any] | Ragged
    offsets: npt.NDArray[np.int32] | npt.NDArray[np.int64]
    mask: npt.NDArray[np.bool_] | None


class Codes(NamedTuple):
    """A dictionary: categories, and which of them each value is.

    A value that is there is ``categories[codes[i]]``.

    Attributes
    ----------
    codes : numpy.ndarray of int
        The position in `categories`; -1 where the value is missing.
    categories : numpy.ndarray
        The distinct values, none of them missing.
    ordered : bool
        Whether the order of the categories means something.
    """

    codes: npt.NDArray[np.signedinteger[Any]]
    categories: npt.NDArray[Any]
    ordered: bool
