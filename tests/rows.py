"""Object arrays, compared more strictly than `==` does: one type, one dtype, the same digits and the same offset."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np

from agreement import same_values


def alike(ours: Any, theirs: Any) -> bool:
    """Equal, of one type, with the same digits, the same offset from UTC, the same dtype."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(theirs, np.ndarray):
        if theirs.dtype == object:
            same_rows(ours, theirs)
        else:
            same_values(ours, theirs)
        return True
    if isinstance(theirs, np.void):
        same_values(np.asarray(ours), np.asarray(theirs))
        return True
    if isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(alike(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, Decimal):
        return ours.as_tuple() == theirs.as_tuple()
    if isinstance(theirs, dt.datetime) and ours.utcoffset() != theirs.utcoffset():
        return False
    return ours == theirs or (ours != ours and theirs != theirs)


def same_rows(got: np.ndarray, want: np.ndarray) -> None:
    """Object arrays, element by element; arrays in them likewise."""
    assert got.dtype == want.dtype == object, f"dtype {got.dtype}, expected {want.dtype}"
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}"
    for at, (ours, theirs) in enumerate(zip(got.reshape(-1), want.reshape(-1), strict=True)):
        assert alike(ours, theirs), f"{ours!r} instead of {theirs!r} at flat position {at}"


def rows_of(*rows: Any) -> np.ndarray:
    """An object array of one row each, whatever their lengths."""
    held = np.empty(len(rows), object)
    for at, row in enumerate(rows):
        held[at] = row
    return held
