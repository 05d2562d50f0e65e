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
        The values; what lies where one is missing is undefined.
    mask : numpy.ndarray of bool, or None
        True where a value is missing; None where nothing is.
    """

    values: npt.NDArray[Any]
    mask: npt.NDArray[np.bool_] | None
