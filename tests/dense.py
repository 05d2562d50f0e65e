"""NumPy to Arrow, read by pyarrow: what `explain` said is held against what happened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

import arrownd

BIG = ">" if np.little_endian else "<"

# A dtype that shares its memory, what it becomes, and values with a marker where there is one.
NUMBERS = {
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "uint8": pa.uint8(),
    "uint16": pa.uint16(),
    "uint32": pa.uint32(),
    "uint64": pa.uint64(),
    "float16": pa.float16(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}
TICKS = {
    **{f"M8[{unit}]": pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")},
    **{f"m8[{unit}]": pa.duration(unit) for unit in ("s", "ms", "us", "ns")},
}
SHARED = {**NUMBERS, **TICKS}


def sample(dtype: str, n: int = 300) -> np.ndarray:
    """Values of a dtype, both ends of its range among them; no NaN, no NaT."""
    kind = np.dtype(dtype)
    if kind.kind in "iu":
        info = np.iinfo(kind)
        values = np.linspace(int(info.min) / 2, int(info.max) / 2, n).astype(kind)
        values[:2] = info.min, info.max
        return values
    if kind.kind == "f":
        values = np.linspace(-1000, 1000, n).astype(kind)
        values[:4] = -0.0, np.inf, -np.inf, np.finfo(kind).tiny
        return values
    if kind.kind == "b":
        return np.arange(n) % 3 == 0
    return np.arange(-(n // 2), n - n // 2).astype(kind)


def buffers(array: pa.Array) -> Iterator[pa.Buffer]:
    """The values of an array, without its bitmaps."""
    if isinstance(array, pa.ExtensionArray):
        yield from buffers(array.storage)
    elif pa.types.is_nested(array.type):
        for i in range(array.type.num_fields):
            child = array.field(i) if pa.types.is_struct(array.type) else array.values
            yield from buffers(child)
    else:
        yield from (buffer for buffer in array.buffers()[1:] if buffer is not None)


def all_buffers(array: pa.Array) -> Iterator[pa.Buffer]:
    yield from (buffer for buffer in array.buffers() if buffer is not None)


def inside(buffer: pa.Buffer, array: np.ndarray) -> bool:
    low, high = np.lib.array_utils.byte_bounds(array)
    return low <= buffer.address and buffer.address + buffer.size <= high


def sources(x: Any) -> list[np.ndarray]:
    return [array for value in x.values() for array in sources(value)] if isinstance(x, dict) else [x]


def leaves(plan: arrownd.Plan) -> Iterator[arrownd.Plan]:
    if not plan.children and not plan.type.startswith("struct"):
        yield plan
    for child in plan.children:
        yield from leaves(child)


def columns(array: pa.Array) -> Iterator[pa.Array]:
    """The leaves of structs."""
    while pa.types.is_fixed_size_list(array.type) and pa.types.is_struct(innermost(array.type)):
        array = array.values
    if pa.types.is_struct(array.type):
        for i in range(array.type.num_fields):
            yield from columns(array.field(i))
    else:
        yield array


def innermost(kind: pa.DataType) -> pa.DataType:
    while pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
    return kind


def arrow(x: Any, **words: Any) -> pa.Array:
    """`from_numpy(x, **words)` as pyarrow reads it."""
    array = pa.array(arrownd.from_numpy(x, **words))
    array.validate(full=True)
    return array


def arrow_of(x: Any, **words: Any) -> pa.Array:
    """`from_numpy(x, **words)` as pyarrow reads it; its plan is what happened."""
    plan = arrownd.explain(x, **words)
    assert plan == arrownd.explain(x, **words)
    result = arrownd.from_numpy(x, **words)
    array = pa.array(result)
    array.validate(full=True)
    assert result.null_count == array.null_count
    agrees(plan, array, x)
    return array


def agrees(plan: arrownd.Plan, array: pa.Array, x: Any) -> None:
    """Views share the NumPy memory, copies share nothing, and only what the plan says was allocated."""
    memory = sources(x)
    said, found = list(leaves(plan)), list(columns(array))
    assert len(said) == len(found)
    for leaf, column in zip(said, found, strict=True):
        values = [buffer for buffer in buffers(column) if buffer.size]
        shared = [any(inside(buffer, source) for source in memory) for buffer in values]
        if leaf.copies:
            assert values and not any(shared), leaf
            assert leaf.reasons
        else:
            assert leaf.copies is False
            assert all(shared), leaf
            assert not leaf.reasons
    new = [b for b in all_buffers(array) if b.size and not any(inside(b, source) for source in memory)]
    assert plan.nbytes == sum(b.size for b in new)
    assert plan.copies is any(leaf.copies for leaf in said)


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def start(array: pa.Array) -> int:
    """Where the values of an array begin."""
    return next(buffers(array)).address
