"""Awkward's page "How to convert to/from NumPy" (shared/seeds/002, 003), section "Mutability of Awkward Arrays from NumPy":
views change with the source where SPEC.md says view, and don't where it says copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import awkward as ak
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from arrownd import explain, from_numpy


def values(array: Any) -> Any:
    return pa.array(array).to_pylist()


def test_the_array_changes_with_its_source() -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]])
    array, theirs = from_numpy(x), ak.from_numpy(x)
    x *= 100
    assert values(array) == theirs.to_list() == [[100, 200, 300], [400, 500, 600]]


def test_the_four_cases() -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]])
    assert x.flags.c_contiguous
    assert not x[:, :-1].flags.c_contiguous
    theirs = [
        ak.from_numpy(x),
        ak.from_numpy(x, regulararray=True),
        ak.from_numpy(x[:, :-1]),
        ak.from_numpy(x[:, :-1], regulararray=True),
    ]
    ours = [from_numpy(x), from_numpy(x, type="tensor"), from_numpy(x[:, :-1]), from_numpy(x[:, :-1], type="tensor")]
    x *= 100
    view, copy = [[100, 200, 300], [400, 500, 600]], [[1, 2], [4, 5]]
    assert [array.to_list() for array in theirs] == [view, view, [[100, 200], [400, 500]], copy]
    # Arrow's lists lie in a row: the third case is a copy too.
    assert [array.to_numpy().tolist() for array in ours] == [view, view, copy, copy]


VIEWS: dict[str, tuple[Callable[[], np.ndarray], dict[str, Any]]] = {
    "int8": (lambda: np.arange(1, 5, dtype="i1"), {}),
    "float16": (lambda: np.arange(1, 5, dtype="f2"), {}),
    "datetime": (lambda: np.arange(1, 5).astype("M8[us]"), {}),
    "timedelta": (lambda: np.arange(1, 5).astype("m8[ns]"), {}),
    "complex": (lambda: np.arange(1, 5).astype("c16"), {}),
    "void": (lambda: np.arange(1, 5, dtype="i4").view("V4"), {}),
    "bool8": (lambda: np.ones(4, "?"), {"type": "bool8"}),
    "n-D": (lambda: np.arange(1, 25).reshape(2, 3, 4), {}),
    "tensor": (lambda: np.arange(1, 25).reshape(2, 3, 4), {"type": "tensor"}),
    "tensor, transposed": (lambda: np.arange(1, 25).reshape(2, 3, 4).transpose(0, 2, 1), {"type": "tensor"}),
    "row slice": (lambda: np.arange(1, 25).reshape(4, 6)[1:3], {}),
    "masked": (lambda: np.ma.array(np.arange(1, 5), mask=[0, 1, 0, 0]), {}),
    "mask=": (lambda: np.arange(1, 5), {"mask": np.array([False, True, False, False])}),
    "ticks": (lambda: np.arange(1, 5), {"type": "timestamp[ms, UTC]"}),
    "uuid": (lambda: np.arange(1, 9).view("V16"), {"type": "uuid"}),
    "lists": (lambda: np.arange(1, 7).reshape(3, 2), {"type": "list[int64]"}),
    "columns": (lambda: np.asfortranarray(np.arange(1.0, 7).reshape(3, 2)), {"names": ["a", "b"]}),
}
COPIES: dict[str, tuple[Callable[[], np.ndarray], dict[str, Any]]] = {
    "bool": (lambda: np.ones(4, "?"), {}),
    "strided": (lambda: np.arange(1, 9)[::2], {}),
    "reversed": (lambda: np.arange(1, 9)[::-1], {}),
    "big-endian": (lambda: np.arange(1, 9).astype(">i8"), {}),
    "unaligned": (lambda: np.zeros(17, "i1")[1:].view("i8"), {}),
    "order F": (lambda: np.asfortranarray(np.arange(1, 7).reshape(3, 2)), {}),
    "days": (lambda: np.arange(1, 5).astype("M8[D]"), {}),
    "text": (lambda: np.array(["a", "b"]), {}),
    "objects": (lambda: np.array([1, 2], object), {}),
    "structured": (lambda: np.ones(3, [("x", "i4"), ("y", "f8")]), {}),
    "cast": (lambda: np.arange(1, 5), {"type": "float32"}),
    "copied on demand": (lambda: np.arange(1, 5), {"on_writable": "copy"}),
    "order C by columns": (lambda: np.arange(1.0, 7).reshape(3, 2), {"names": ["a", "b"]}),
}


def overwrite(array: np.ndarray) -> None:
    """Changes every byte of the memory that an array shows."""
    data = np.ma.getdata(array)
    if data.dtype == object:
        data[...] = 7
    elif data.flags.c_contiguous or data.flags.f_contiguous:
        flat = (data.T if data.flags.f_contiguous else data).reshape(-1).view("u1")
        flat ^= 1
    else:
        for index in np.ndindex(data.shape):
            data[index] = np.frombuffer(bytes(b ^ 1 for b in data[index].tobytes()), data.dtype)[0]


def exported(array: Any) -> Any:
    return pa.array(array)


def snapshot(array: Any) -> list[bytes]:
    """The bytes of the buffers, which is what the values are made of."""
    return [buffer.to_pybytes() for buffer in exported(array).buffers() if buffer is not None]


@pytest.mark.parametrize("name", VIEWS)
def test_views_change_with_the_source(name: str) -> None:
    make, words = VIEWS[name]
    x = make()
    assert explain(x, **words).copies is False
    array = from_numpy(x, allow_copy=False, **words)
    before = snapshot(array)
    overwrite(x)
    assert snapshot(array) != before
    # A consumer that has it already sees the same.
    taken = exported(array)
    overwrite(x)
    assert [b.to_pybytes() for b in taken.buffers() if b is not None] == before


@pytest.mark.parametrize("name", COPIES)
def test_copies_do_not(name: str) -> None:
    make, words = COPIES[name]
    x = make()
    assert explain(x, **words).copies is True
    array = from_numpy(x, **words)
    before = snapshot(array)
    overwrite(x)
    assert snapshot(array) == before


def test_polars_sees_the_change() -> None:
    x = np.arange(4)
    series = pl.Series(from_numpy(x))
    x += 1
    assert series.to_list() == [1, 2, 3, 4]


def test_a_mask_is_copied() -> None:
    masked = np.ma.array([1, 2], mask=[False, True])
    array = from_numpy(masked)
    masked.mask[0] = True
    masked[1] = 5
    assert values(array) == [1, None]


def test_a_dict_shares_column_by_column() -> None:
    x, y = np.arange(3), np.arange(6)[::2]
    array = from_numpy({"x": x, "y": y})
    x += 10
    y += 10
    assert values(array) == [{"x": 10, "y": 0}, {"x": 11, "y": 2}, {"x": 12, "y": 4}]


def test_freeze_forbids_the_change() -> None:
    x = np.arange(3)
    array = from_numpy(x, on_writable="freeze")
    with pytest.raises(ValueError, match="read-only"):
        x[0] = 1
    assert values(array) == [0, 1, 2]
    # A copy needs nothing frozen.
    flags = np.ones(3, "?")
    from_numpy(flags, on_writable="freeze")
    assert flags.flags.writeable


def test_the_note_says_so() -> None:
    x = np.arange(3)
    assert any("can still be written to" in note for note in explain(x).notes)
    x.flags.writeable = False
    assert not explain(x).notes
    assert explain(x).copies is False


def test_what_comes_back_is_read_only() -> None:
    # Awkward's last section: its arrays can be changed through to_numpy.
    back = from_numpy(np.arange(3)).to_numpy()
    with pytest.raises(ValueError, match="read-only"):
        back *= 100
