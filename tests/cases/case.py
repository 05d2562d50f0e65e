"""A case: some values of one Arrow type, and what NumPy calls them.

Nothing here asks arrownd. Arrow arrays are put together buffer by buffer, so that the bytes under a null are the
bytes of a real value and never a convenient zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

Maker = Callable[[np.ndarray, "np.ndarray | None"], pa.Array]


@dataclass(frozen=True)
class Chunk:
    """One Arrow array as some producer offers it, and where its values lie."""

    producer: Any
    address: int | None
    ranges: tuple[tuple[int, int], ...]
    length: int


@dataclass(frozen=True, eq=False)
class Case:
    row: str
    label: str
    # What each distinct value becomes: `clean` by default, `objects` as Python sees it; shape (k, *inner).
    clean: np.ndarray
    objects: np.ndarray
    with_nulls: np.dtype
    view: bool
    # Codes that a copy gives when there is one chunk without nulls.
    copied_for: frozenset[str]
    # An `na_value`, and a reason why it isn't simply assignable to `clean`.
    fill: Any
    chunk: Callable[[np.ndarray, np.ndarray | None, int, int], Chunk]
    stream: Callable[[list[Chunk]], Any]
    all_missing: bool = False
    noted: bool = False
    type: pa.DataType | None = None
    strided: bool = False
    fill_as: Any = None
    # A matrix of several columns: the plan's reasons are those of the columns.
    columnar: bool = False
    # For each inner dimension whether the rows say how long it is: 0 where no row has a value.
    variable: tuple[bool, ...] = ()
    # Null rows are of another length than the others, so that the values don't lie in a row.
    gaps: bool = False

    def __repr__(self) -> str:
        return self.label

    @property
    def dtype(self) -> np.dtype:
        return self.clean.dtype

    @property
    def inner(self) -> tuple[int, ...]:
        return self.clean.shape[1:]

    @property
    def schema_shape(self) -> tuple[int | None, ...]:
        """What the type alone says of a result's shape."""
        variable = self.variable or (False,) * len(self.inner)
        return (None, *(None if v else n for n, v in zip(self.inner, variable, strict=True)))

    def hollow(self, missing: np.ndarray) -> bool:
        """Lists of which no row has a value: nothing says how long they are, and nothing is missing."""
        return any(self.variable) and bool(missing.all())

    def taken(self, idx: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """The values, whatever is missing."""
        if not self.hollow(missing):
            return self.clean[idx]
        return np.zeros((len(idx), *(n or 0 for n in self.schema_shape[1:])), self.dtype)

    def filled(self, idx: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """The default result: a missing value is the dtype's own marker."""
        if not missing.any() or self.all_missing or self.hollow(missing):
            return self.taken(idx, missing)
        if self.with_nulls == object:
            values = self.objects[idx]
            values[missing] = None
        else:
            values = self.clean[idx].astype(self.with_nulls)
            values[missing] = np.datetime64("NaT") if self.with_nulls.kind == "M" else marker(self.with_nulls)
        return values

    def replaced(self, idx: np.ndarray, missing: np.ndarray) -> np.ndarray:
        """With `na_value=case.fill`."""
        values = self.taken(idx, missing)
        put = self.fill if self.fill_as is None else self.fill_as
        for at in np.flatnonzero(missing):
            if values.ndim == 1:
                values[at] = put
            else:
                values[at] = np.array(put, values.dtype)
        return values


def marker(dtype: np.dtype) -> Any:
    return {"M": np.datetime64("NaT"), "m": np.timedelta64("NaT"), "f": np.nan}[dtype.kind]


def bitmap(valid: np.ndarray | None) -> pa.Buffer | None:
    return None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())


def as_buffer(data: np.ndarray) -> pa.Buffer:
    """The bytes of an array, without a copy."""
    return pa.py_buffer(np.ascontiguousarray(data).reshape(-1).view(np.uint8))


def fixed(type: pa.DataType, storage: np.ndarray) -> Maker:
    def make(idx, valid):
        return pa.Array.from_buffers(type, len(idx), [bitmap(valid), as_buffer(storage[idx % len(storage)])])

    return make


def bits(type: pa.DataType, storage: np.ndarray) -> Maker:
    def make(idx, valid):
        return pa.Array.from_buffers(type, len(idx), [bitmap(valid), bitmap(storage[idx % len(storage)])])

    return make


def listed(type: pa.DataType, values: list) -> Maker:
    """For types whose buffers aren't ours to lay out: text and bytes."""

    def make(idx, valid):
        keep = np.ones(len(idx), bool) if valid is None else valid
        return pa.array([values[i % len(values)] if ok else None for i, ok in zip(idx, keep, strict=True)], type)

    return make


def fixed_list(type: pa.DataType, child: Maker, offset: int = 0) -> Maker:
    """Row i holds the child's values i, i+1, ...; with `offset` the child array is itself a slice."""

    def make(idx, valid):
        rows = (idx[:, None] + np.arange(type.list_size)).reshape(-1)
        padded = np.concatenate([np.zeros(offset, rows.dtype), rows])
        values = child(padded, None).slice(offset)
        return pa.Array.from_buffers(type, len(idx), [bitmap(valid)], children=[values])

    return make


def extended(type: pa.DataType, storage: Maker) -> Maker:
    return lambda idx, valid: pa.ExtensionArray.from_storage(type, storage(idx, valid))


def place(array: pa.Array) -> tuple[int, int] | None:
    """Where the first value lies and the bytes one row takes, for arrays with a single buffer of values."""
    if isinstance(array, pa.ExtensionArray):
        if array.type.extension_name == "arrow.variable_shape_tensor":
            return place(array.storage.field("data"))
        if array.type.extension_name == "arrow.timestamp_with_offset":
            return place(array.storage.field("timestamp"))
        return place(array.storage)
    if is_list(array.type):
        return place_of_lists(array)
    if pa.types.is_fixed_size_list(array.type):
        inner = place(array.values)
        if inner is None:
            return None
        row = inner[1] * array.type.list_size
        return inner[0] + array.offset * row, row
    if pa.types.is_struct(array.type) or len(array.buffers()) != 2 or array.buffers()[1] is None:
        return None
    try:
        width = array.type.bit_width // 8
    except ValueError:
        return None
    return array.buffers()[1].address + array.offset * width, width


def is_list(type: pa.DataType) -> bool:
    return any(isinstance(type, t) for t in (pa.ListType, pa.LargeListType, pa.ListViewType, pa.LargeListViewType))


def place_of_lists(array: pa.Array) -> tuple[int, int] | None:
    """Where the first row begins, of rows that are equally long and lie in a row."""
    there = array.is_valid().to_numpy(zero_copy_only=False)
    inner = place(array.values)
    if not there.any() or inner is None:
        return None
    return inner[0] + array.offsets[0].as_py() * inner[1], len(array[int(there.argmax())]) * inner[1]


def pyarrow_chunk(make: Maker):
    def chunk(idx, valid, start, length):
        array = make(idx, valid).slice(start, length)
        lies = place(array)
        return Chunk(array, lies and lies[0], ranges_of(array), length)

    return chunk


def ranges_of(array: pa.Array) -> tuple[tuple[int, int], ...]:
    return tuple((b.address, b.address + b.size) for b in array.buffers() if b is not None and b.size)


def pyarrow_stream(type: pa.DataType):
    return lambda chunks: pa.chunked_array([c.producer for c in chunks], type)


def objects_of(values: list, inner: tuple[int, ...] = ()) -> np.ndarray:
    """An object array of exactly this shape, whatever the values' own lengths."""
    result = np.empty((len(values), *inner), object)
    for i, value in enumerate(values):
        if inner:
            result[i] = objects_of(list(value), inner[1:])
        else:
            result[i] = value
    return result


def windows(values: np.ndarray, width: int) -> np.ndarray:
    """Row i is (values[i], values[i + 1], ...), round and round, as `fixed_list` lays them out."""
    return values[(np.arange(len(values))[:, None] + np.arange(width)) % len(values)]


def case(row, type, make, clean, objects, with_nulls, *, view=True, copied_for=(), label=None, **more) -> Case:
    return Case(
        row=row,
        label=label or str(type),
        clean=clean,
        objects=objects,
        with_nulls=np.dtype(with_nulls),
        view=view,
        copied_for=frozenset(copied_for),
        chunk=pyarrow_chunk(make),
        stream=pyarrow_stream(type),
        type=type,
        **more,
    )
