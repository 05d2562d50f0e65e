"""Decimals of every width, with scales of both signs, and Polars' integers of 128 bits."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pyarrow as pa

from .case import Case, Chunk, case, fixed, objects_of

# Bits -> digits, and scales.
DECIMALS = {32: (9, (2, -3)), 64: (18, (2, 0)), 128: (38, (2, 38, -2)), 256: (76, (2, 40))}


def decimal_type(bits: int, scale: int, digits: int | None = None) -> pa.DataType:
    return getattr(pa, f"decimal{bits}")(digits or DECIMALS[bits][0], scale)


def unscaled(bits: int, values: list[int]) -> np.ndarray:
    """The integers as they lie in memory."""
    width = bits // 8
    return np.frombuffer(b"".join(v.to_bytes(width, "little", signed=True) for v in values), f"V{width}")


def decimal_array(bits: int, scale: int, values: list[int], valid: np.ndarray | None = None) -> pa.Array:
    return fixed(decimal_type(bits, scale), unscaled(bits, values))(np.arange(len(values)), valid)


def decimal_of(value: int, scale: int) -> Decimal:
    """Exactly, with the scale as its exponent, whatever the context."""
    return Decimal((int(value < 0), tuple(map(int, str(abs(value)))), -scale))


def decimal_cases() -> list[Case]:
    found = []
    for bits, (digits, scales) in DECIMALS.items():
        most = 10**digits - 1
        values = [0, 150, -150, 5, most, -most, -1]
        for scale in scales:
            type = decimal_type(bits, scale)
            pythons = objects_of([decimal_of(v, scale) for v in values])
            found.append(
                case(f"decimal{bits}", type, fixed(type, unscaled(bits, values)), pythons, pythons, object, view=False,
                     copied_for=("objects",), fill=Decimal("0.50"))
            )  # fmt: skip
    return [*found, wide_case("polars.int128", pl.Int128, -(2**127), 2**127 - 1),
            wide_case("polars.uint128", pl.UInt128, 2**64, 2**128 - 1)]  # fmt: skip


def wide_case(row: str, dtype: type, low: int, high: int) -> Case:
    values = [0, 1, low, high, 2**100, 42]
    pythons = objects_of(values)

    def chunk(idx, valid, start, length):
        keep = np.ones(len(idx), bool) if valid is None else valid
        rows = [values[i % len(values)] if ok else None for i, ok in zip(idx, keep, strict=True)]
        return Chunk(pl.Series(rows, dtype=dtype).slice(start, length), None, (), length)

    def stream(chunks):
        return pl.concat([pl.Series([], dtype=dtype), *(c.producer for c in chunks)], rechunk=False)

    return Case(row=row, label=row, clean=pythons, objects=pythons, with_nulls=np.dtype(object), view=False,
                copied_for=frozenset({"objects"}), fill=2**90, chunk=chunk, stream=stream)  # fmt: skip
