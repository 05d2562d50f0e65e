"""Converts between Apache Arrow and NumPy: says what it copies and why, views the rest.

``to_numpy``, ``to_columns``, ``to_masked``, ``to_ragged``, ``to_codes`` and ``iter_numpy`` take anything that speaks Arrow's PyCapsule
interface (pyarrow, Polars, pandas, DuckDB, arro3, nanoarrow, ...). ``from_numpy`` goes the other way: NumPy arrays become an
``Array``, which all of these take. ``explain`` says beforehand what they will do; ``set_num_threads`` with how many threads.
"""

from arrownd._core import (
    Array,
    Plan,
    Reason,
    __version__,
    explain,
    from_numpy,
    get_num_threads,
    iter_numpy,
    set_num_threads,
    to_codes,
    to_columns,
    to_masked,
    to_numpy,
    to_ragged,
)
from arrownd.exceptions import (
    ArrowndError,
    CopyNotAllowedError,
    InvalidArrowError,
    LossyCastError,
    NullsError,
    RaggedError,
    UnsupportedTypeError,
)
from arrownd.results import Codes, Masked, Ragged

__all__ = [
    "Array",
    "ArrowndError",
    "Codes",
    "CopyNotAllowedError",
    "InvalidArrowError",
    "LossyCastError",
    "Masked",
    "NullsError",
    "Plan",
    "Ragged",
    "RaggedError",
    "Reason",
    "UnsupportedTypeError",
    "__version__",
    "explain",
    "from_numpy",
    "get_num_threads",
    "iter_numpy",
    "set_num_threads",
    "to_codes",
    "to_columns",
    "to_masked",
    "to_numpy",
    "to_ragged",
]
