"""Converts between Apache Arrow and NumPy: says what it copies and why, views the rest.

``to_numpy``, ``to_columns`` and ``to_masked`` take anything that speaks Arrow's PyCapsule
interface (pyarrow, Polars, pandas, DuckDB, arro3, nanoarrow, ...); ``explain`` says beforehand what
they will do.
"""

from arrownd._core import Plan, Reason, __version__, explain, to_columns, to_masked, to_numpy
from arrownd.exceptions import (
    ArrowndError,
    CopyNotAllowedError,
    InvalidArrowError,
    LossyCastError,
    NullsError,
    RaggedError,
    UnsupportedTypeError,
)
from arrownd.results import Masked

__all__ = [
    "ArrowndError",
    "CopyNotAllowedError",
    "InvalidArrowError",
    "LossyCastError",
    "Masked",
    "NullsError",
    "Plan",
    "RaggedError",
    "Reason",
    "UnsupportedTypeError",
    "__version__",
    "explain",
    "to_columns",
    "to_masked",
    "to_numpy",
]
