from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias, TypedDict, final

import numpy as np
import numpy.typing as npt

from arrownd.protocols import (
    ArrowArrayExportable,
    ArrowDeviceArrayExportable,
    ArrowSchemaExportable,
    ArrowStreamExportable,
)
from arrownd.results import Codes, Masked, Ragged

# Names with an underscore exist for type checkers only.
_Data: TypeAlias = ArrowArrayExportable | ArrowStreamExportable | ArrowDeviceArrayExportable
_Nulls: TypeAlias = Literal["nan", "masked", "raise"]
_Lists: TypeAlias = Literal["dense", "object", "pad"]
_Array: TypeAlias = npt.NDArray[Any]
_Pair: TypeAlias = tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]

__all__ = [
    "Array",
    "Plan",
    "Reason",
    "__version__",
    "dense_type_table",
    "explain",
    "from_numpy",
    "get_num_threads",
    "iter_numpy",
    "reason_table",
    "set_num_threads",
    "to_codes",
    "to_columns",
    "to_masked",
    "to_numpy",
    "to_ragged",
    "type_table",
]

__version__: str

def to_numpy(
    obj: _Data,
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "nan",
    na_value: object = ...,
    columns: Iterable[str] | None = None,
    lists: _Lists = ...,
    pad_to: int | None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: _Array | None = None,
    safe: bool = True,
) -> _Array: ...

# Any: a masked array under nulls="masked", a plain one otherwise.
def to_columns(
    obj: _Data,
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "nan",
    na_value: object = ...,
    columns: Iterable[str] | None = None,
    lists: _Lists = ...,
    pad_to: int | None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: dict[str, _Array] | None = None,
    safe: bool = True,
) -> dict[str, Any]: ...
def to_masked(
    obj: _Data,
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "masked",
    na_value: object = ...,
    columns: Iterable[str] | None = None,
    lists: _Lists = ...,
    pad_to: int | None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: _Pair | None = None,
    safe: bool = True,
) -> Masked: ...

# What is None here has no place in to_ragged; lists= is refused too.
def to_ragged(
    obj: _Data,
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "nan",
    na_value: object = ...,
    columns: None = None,
    lists: _Lists = ...,
    pad_to: None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: None = None,
    safe: bool = True,
) -> Ragged: ...
def to_codes(obj: _Data, /, *, allow_copy: bool = True) -> Codes: ...
def from_numpy(
    array: _Array | Mapping[str, _Array],
    /,
    type: str | ArrowSchemaExportable | None = None,
    *,
    names: Iterable[str] | None = None,
    mask: npt.ArrayLike | Mapping[str, Any] | None = None,
    nan_as_null: bool = False,
    allow_copy: bool = True,
    on_writable: Literal["view", "copy", "freeze"] = "view",
    safe: bool = True,
) -> Array: ...
def iter_numpy(
    stream: _Data,
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    batch_size: int | None = None,
    as_columns: bool = False,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "nan",
    na_value: object = ...,
    columns: Iterable[str] | None = None,
    lists: _Lists = ...,
    pad_to: int | None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: _Array | dict[str, _Array] | None = None,
    safe: bool = True,
) -> _Batches: ...
def explain(
    obj: _Data | ArrowSchemaExportable | _Array | Mapping[str, Any],
    /,
    dtype: npt.DTypeLike | None = None,
    *,
    as_columns: bool = False,
    allow_copy: bool = True,
    writable: bool = False,
    nulls: _Nulls = "nan",
    na_value: object = ...,
    columns: Iterable[str] | None = None,
    lists: _Lists = ...,
    pad_to: int | None = None,
    structured: bool = False,
    order: Literal["F", "C"] = "F",
    out: _Array | _Pair | dict[str, _Array] | None = None,
    safe: bool = True,
    type: str | ArrowSchemaExportable | None = None,
    names: Iterable[str] | None = None,
    mask: npt.ArrayLike | Mapping[str, Any] | None = None,
    nan_as_null: bool = False,
    on_writable: Literal["view", "copy", "freeze"] = "view",
) -> Plan: ...

# What iter_numpy returns; at run time it is called Batches, and no module has it.
@final
class _Batches:
    def __iter__(self) -> _Batches: ...
    # Any: an array, or a dict of arrays with as_columns=True.
    def __next__(self) -> Any: ...
    def close(self) -> None: ...

@final
class Array:
    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]: ...
    def __arrow_c_schema__(self) -> object: ...
    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> _Array: ...
    def __dlpack__(
        self,
        *,
        stream: None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...
    def __len__(self) -> int: ...
    @property
    def type(self) -> str: ...
    @property
    def null_count(self) -> int: ...
    @property
    def nbytes(self) -> int: ...
    def to_numpy(
        self,
        dtype: npt.DTypeLike | None = None,
        *,
        allow_copy: bool = True,
        writable: bool = False,
        nulls: _Nulls = "nan",
        na_value: object = ...,
        columns: Iterable[str] | None = None,
        lists: _Lists = ...,
        pad_to: int | None = None,
        structured: bool = False,
        order: Literal["F", "C"] = "F",
        out: _Array | None = None,
        safe: bool = True,
    ) -> _Array: ...

@final
class Reason:
    @property
    def code(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def remedy(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class Plan:
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def dtype(self) -> np.dtype[Any] | None: ...
    @property
    def dtype_with_nulls(self) -> np.dtype[Any] | None: ...
    @property
    def shape(self) -> tuple[int | None, ...] | None: ...
    @property
    def copies(self) -> bool | None: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...
    @property
    def nbytes(self) -> int | None: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def children(self) -> tuple[Plan, ...]: ...
    def _repr_html_(self) -> str: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

class _TypeRow(TypedDict):
    name: str
    dtype: str
    with_nulls: str
    view: bool
    supported: bool
    note: str

class _DenseRow(TypedDict):
    dtype: str
    type: str
    view: bool
    note: str

class _ReasonRow(TypedDict):
    code: str
    text: str
    remedy: str

def get_num_threads() -> int: ...
def set_num_threads(n: int, /) -> None: ...

# For tests.
def _pretend(cores: int, worth: int, /) -> None: ...
def type_table() -> list[_TypeRow]: ...
def dense_type_table() -> list[_DenseRow]: ...
def reason_table() -> list[_ReasonRow]: ...
