"""null, bool, integers, floats."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, Chunk, bits, case, fixed, objects_of

BOOLS = np.array([True, False, False, True, True])


def integers(name: str) -> np.ndarray:
    """Both ends of the type where a float32 or float64 can say them, so that nulls lose nothing."""
    info = np.iinfo(name)
    low, high = int(info.min), int(info.max)
    if info.bits >= 32:
        low, high = max(low, -(2**53)), min(high, 2**53)
    return np.array([0, 1, high, low, 7, 100, high - 1], name)


def floats(name: str) -> np.ndarray:
    info = np.finfo(name)
    return np.array([0.0, -0.0, 1.5, info.max, info.min, info.tiny, np.inf, -np.inf, np.nan], name)


def number_cases() -> list[Case]:
    found = []
    for bit in (8, 16, 32, 64):
        for name in (f"int{bit}", f"uint{bit}"):
            values, type = integers(name), getattr(pa, name)()
            wide = "float32" if bit <= 16 else "float64"
            found.append(case(name, type, fixed(type, values), values, objects_of(values.tolist()), wide, fill=42))
    for name, type in (("float16", pa.float16()), ("float32", pa.float32()), ("float64", pa.float64())):
        values = floats(name)
        found.append(case(name, type, fixed(type, values), values, objects_of(values.tolist()), name, fill=-2.5))
    found.append(bool_case())
    found.append(null_case())
    return found


def bool_case() -> Case:
    type = pa.bool_()
    return case(
        "bool", type, bits(type, BOOLS), BOOLS, objects_of(BOOLS.tolist()), object,
        view=False, copied_for=("bit-packed",), fill=True,
    )  # fmt: skip


def null_case() -> Case:
    def chunk(idx, valid, start, length):
        return Chunk(pa.nulls(len(idx)).slice(start, length), None, (), length)

    return Case(
        row="null",
        label="null",
        clean=np.full(5, np.nan, "float32"),
        objects=np.full(5, None, object),
        with_nulls=np.dtype("float32"),
        view=False,
        copied_for=frozenset(),
        fill=0.5,
        chunk=chunk,
        stream=lambda chunks: pa.chunked_array([c.producer for c in chunks], pa.null()),
        all_missing=True,
        type=pa.null(),
    )
