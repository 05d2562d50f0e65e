"""What peers get wrong today, of fixed-width types: each is a test here.

Where the peer is at hand the test also shows what it does; those lines are notes, not assertions about the peer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from cases.case import bitmap
from producers import OnlyArray

BIG = 2**53 + 1


@pytest.mark.parametrize("kind", ["pyarrow", "polars", "pandas", "chunked", "uint64"])
def test_large_integers_beside_a_null(kind: str) -> None:
    """polars, pyarrow and pandas round 2**53+1 once a null is present."""
    obj = {
        "pyarrow": lambda: pa.array([BIG, None]), "polars": lambda: pl.Series([BIG, None]),
        "pandas": lambda: pd.Series([BIG, None], dtype="Int64"), "chunked": lambda: pa.chunked_array([[BIG], [None]]),
        "uint64": lambda: pa.array([BIG, None], pa.uint64()),
    }[kind]()  # fmt: skip
    with pytest.raises(arrownd.LossyCastError, match=str(BIG)):
        arrownd.to_numpy(obj)
    assert arrownd.to_numpy(obj, nulls="masked").tolist() == [BIG, None]
    assert arrownd.to_numpy(obj, na_value=0).tolist() == [BIG, 0]
    assert arrownd.to_numpy(obj, dtype=object).tolist() == [BIG, None]
    assert arrownd.to_numpy(obj, safe=False)[0] == float(BIG)


def test_large_integers_beside_a_float_column() -> None:
    frame = pl.DataFrame({"id": [BIG, 1], "x": [0.5, 1.5]})
    with pytest.raises(arrownd.LossyCastError, match="id"):
        arrownd.to_numpy(frame)
    assert arrownd.to_columns(frame)["id"].tolist() == [BIG, 1]


def test_datetime_multiples_are_not_ignored() -> None:
    """pyarrow ignores datetime multiples (M8[10s])."""
    stamps = pa.array([0, 20, 50], pa.timestamp("s"))
    got = arrownd.to_numpy(stamps, dtype="M8[10s]")
    assert got.dtype == "M8[10s]"
    assert got.view("i8").tolist() == [0, 2, 5]
    assert (got == arrownd.to_numpy(stamps)).all()
    with pytest.raises(arrownd.LossyCastError, match="25"):
        arrownd.to_numpy(pa.array([0, 25], pa.timestamp("s")), dtype="M8[10s]")
    spans = arrownd.to_numpy(pa.array([14], pa.duration("ms")), dtype="m8[7ms]")
    assert spans.view("i8").tolist() == [2]


def misaligned(values: np.ndarray, type: pa.DataType, valid: np.ndarray | None = None) -> tuple[pa.Array, int]:
    raw = np.zeros(values.nbytes + 65, "u1")
    start = -raw.__array_interface__["data"][0] % 64 + 1
    raw[start : start + values.nbytes] = values.view("u1")
    buffer = pa.py_buffer(raw).slice(start, values.nbytes)
    return pa.Array.from_buffers(type, len(values), [bitmap(valid), buffer]), buffer.address


def test_misaligned_memory_is_viewed_where_it_lies() -> None:
    """A misaligned foreign buffer passes polars' allow_copy=False as a copy."""
    with ledger() as book:
        for dtype, type in (("i2", pa.int16()), ("i4", pa.int32()), ("i8", pa.int64()), ("f8", pa.float64()),
                            ("M8[ns]", pa.timestamp("ns")), ("f2", pa.float16())):  # fmt: skip
            with book.entry(dtype):
                values = np.arange(100).astype(dtype)
                array, address = misaligned(values, type)
                assert address % 2 == 1
                for obj in (array, OnlyArray(array), pa.chunked_array([array])):
                    view = arrownd.to_numpy(obj, allow_copy=False)
                    assert address_of(view) == address
                    assert not view.flags.aligned
                    same_values(view, values)
                    assert arrownd.explain(obj).copies is False


def test_misaligned_memory_is_copied_right() -> None:
    values, valid = np.arange(100, dtype="i8"), np.arange(100) % 3 != 0
    array, _ = misaligned(values, pa.int64(), valid)
    wanted = np.where(valid, values, np.nan)
    same_values(arrownd.to_numpy(array), wanted)
    same_values(arrownd.to_numpy(array, "i4", na_value=-1), np.where(valid, values, -1).astype("i4"))
    plain, _ = misaligned(values, pa.int64())
    copy = arrownd.to_numpy(plain, writable=True)
    assert copy.flags.aligned
    same_values(copy, values)
    same_values(arrownd.to_numpy(pa.chunked_array([plain, plain])), np.concatenate([values, values]))
    masked = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
    assert masked.mask.tolist() == (~valid).tolist()
    lists = pa.FixedSizeListArray.from_arrays(plain, 4)
    same_values(arrownd.to_numpy(lists, allow_copy=False), values.reshape(25, 4))
    same_values(arrownd.to_numpy(pa.table({"a": plain, "b": array}), na_value=0)[:, 0], values)
    same_values(arrownd.to_numpy(plain, "f8"), values.astype("f8"))


def test_a_used_capsule_is_an_error() -> None:
    """polars returns an empty series for a used capsule."""

    class Keeps:
        def __init__(self) -> None:
            self.schema, self.array = pa.array([1, 2]).__arrow_c_array__()
            self.stream = pa.chunked_array([[1, 2]]).__arrow_c_stream__()

    class Array(Keeps):
        def __arrow_c_array__(self, requested_schema=None):
            return self.schema, self.array

    class Stream(Keeps):
        def __arrow_c_stream__(self, requested_schema=None):
            return self.stream

    taken = Array()
    arrownd.to_numpy(taken)
    with pytest.raises(arrownd.InvalidArrowError):
        arrownd.explain(taken)
    for kind in (Array, Stream):
        obj = kind()
        assert arrownd.to_numpy(obj).tolist() == [1, 2]
        with pytest.raises(arrownd.InvalidArrowError):
            arrownd.to_numpy(obj)


def test_child_nulls_are_not_ignored() -> None:
    """to_tensor ignores child nulls."""
    child = pa.array([1, None, 3, 4], pa.int32())
    got = arrownd.to_numpy(pa.FixedSizeListArray.from_arrays(child, 2))
    same_values(got, np.array([[1, np.nan], [3, 4]]))


def test_masks_are_not_dropped() -> None:
    """arro3 and nanoarrow drop masks."""
    import arro3.core as arro3
    import nanoarrow as na

    for obj in (arro3.Array(pa.array([1, None, 3])), na.Array(pa.array([1, None, 3]))):
        assert arrownd.to_numpy(obj, nulls="masked").tolist() == [1, None, 3]
        same_values(arrownd.to_numpy(obj), np.array([1, np.nan, 3]))


def test_nat_days_are_not_1970() -> None:
    """awkward turns NaT days into 1970."""
    got = arrownd.to_numpy(pa.array([0, None, 365], pa.int32()).cast(pa.date32()))
    same_values(got, np.array(["1970-01-01", "NaT", "1971-01-01"], "M8[D]"))
    same_values(arrownd.to_numpy(pa.array([None], pa.date32()), dtype="M8[ns]"), np.array(["NaT"], "M8[ns]"))


def test_bits_behind_a_slice() -> None:
    """A sliced boolean with nulls, at every bit offset of both bitmaps."""
    values, valid = np.arange(200) % 3 == 0, np.arange(200) % 5 != 0
    array = pa.array(values, mask=~valid)
    wanted = [bool(v) if ok else None for v, ok in zip(values, valid, strict=True)]
    for start in range(70):
        for length in (0, 1, 7, 64, 130):
            part = array.slice(start, length)
            assert arrownd.to_numpy(part).tolist() == wanted[start : start + length], (start, length)
            masked = arrownd.to_numpy(part, nulls="masked")
            assert masked.tolist() == wanted[start : start + length], (start, length)
