"""Polars' page on Series.to_numpy (shared/seeds/001): every documented result, by arrownd on the same series."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import arrownd
from agreement import address_of, ledger, same_values


def test_numeric_data_without_nulls_is_not_copied() -> None:
    """Numeric data without nulls can be converted without copying data. The resulting array will not be writable."""
    series = pl.Series([1, 2, 3], dtype=pl.Int8)
    array = arrownd.to_numpy(series)
    same_values(array, np.array([1, 2, 3], "i1"))
    assert array.flags.writeable is False
    assert address_of(array) == address_of(series.to_numpy())


def test_writable_forces_a_copy() -> None:
    """Set writable=True to force data copy to make the array writable."""
    series = pl.Series([1, 2, 3], dtype=pl.Int8)
    array = arrownd.to_numpy(series, writable=True)
    assert array.flags.writeable
    array[0] = 9
    assert series.to_list() == [1, 2, 3]


def test_integers_with_nulls_become_float() -> None:
    """Integer Series containing nulls will be cast to a float type with nan representing a null value."""
    array = arrownd.to_numpy(pl.Series([1, 2, None], dtype=pl.UInt16))
    same_values(array, np.array([1.0, 2.0, np.nan], "f4"))


def test_allow_copy_false_raises() -> None:
    """Set allow_copy=False to raise an error if data would be copied."""
    with pytest.raises(RuntimeError, match="^copy not allowed: "):
        arrownd.to_numpy(pl.Series([1, 2, None], dtype=pl.UInt16), allow_copy=False)


def test_arrays_and_structs_have_more_dimensions() -> None:
    """Series of data type Array and Struct will result in an array with more than one dimension."""
    rows = pl.Series([[1, 2, 3], [4, 5, 6]], dtype=pl.Array(pl.Int64, 3))
    same_values(arrownd.to_numpy(rows), np.array([[1, 2, 3], [4, 5, 6]]))
    struct = pl.Series([{"a": 1, "b": 2.5}, {"a": 3, "b": 4.5}])
    same_values(arrownd.to_numpy(struct), np.array([[1, 2.5], [3, 4.5]]))


def test_when_it_is_zero_copy() -> None:
    """An integer, float, Datetime, Duration or Array; no nulls; one chunk; not writable."""
    kinds = [pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64, pl.Float32, pl.Float64,
             pl.Datetime("us"), pl.Datetime("ns", "UTC"), pl.Duration("ms")]  # fmt: skip
    with ledger() as book:
        for kind in kinds:
            with book.entry(str(kind)):
                series = pl.Series([1, 2, 3], dtype=pl.Int64).cast(kind)
                array = arrownd.to_numpy(series, allow_copy=False)
                theirs = series.to_numpy(allow_copy=False)
                same_values(array, theirs)
                assert address_of(array) == address_of(theirs)
        with book.entry("Array"):
            rows = pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Float32, 2))
            assert address_of(arrownd.to_numpy(rows, allow_copy=False)) == address_of(rows.to_numpy(allow_copy=False))


def test_when_it_is_not() -> None:
    one = pl.Series([1, 2, 3])
    chunks = one.append(pl.Series([4]))
    for series in (pl.Series([1, None]), chunks, pl.Series([True]), pl.Series(["a"]), pl.Series([0]).cast(pl.Date)):
        assert arrownd.explain(series).copies
        with pytest.raises(RuntimeError):
            arrownd.to_numpy(series, allow_copy=False)


SAME = [
    pl.Series([1, None], dtype=pl.Int8), pl.Series([1, None], dtype=pl.Int32), pl.Series([1, None], dtype=pl.UInt64),
    pl.Series([1.5, None], dtype=pl.Float32), pl.Series([True, False]), pl.Series([True, None]),
    pl.Series(["a", None]), pl.Series([b"a", None]), pl.Series([0, None], dtype=pl.Int32).cast(pl.Date),
    pl.Series([0, 20_000], dtype=pl.Int32).cast(pl.Date), pl.Series([0, None]).cast(pl.Datetime("ms")),
    pl.Series([0, None]).cast(pl.Duration("us")), pl.Series([0, 10**9]).cast(pl.Time), pl.Series([], dtype=pl.Int16),
    pl.Series([None, None]), pl.Series([[1, None], None], dtype=pl.Array(pl.Int64, 2)), pl.Series([], dtype=pl.Boolean),
    pl.Series([{"a": 1, "b": 2.5}, {"a": 3, "b": None}]), pl.Series([None, 0]).cast(pl.Datetime("us", "Europe/Paris")),
]  # fmt: skip


@pytest.mark.parametrize("series", SAME, ids=lambda s: f"{s.dtype} {s.to_list()}")
def test_the_same_array_as_polars(series) -> None:
    same_values(arrownd.to_numpy(series), series.to_numpy())


def test_frames_are_matrices_as_polars() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3], "b": [6.5, 7.0, 8.5]})
    for order in ("C", "F"):
        ours = arrownd.to_numpy(frame, order="F" if order == "F" else "C")
        same_values(ours, frame.to_numpy(order="fortran" if order == "F" else "c"))
    mixed = pl.DataFrame({"a": [1, 2], "c": ["x", "y"]})
    same_values(arrownd.to_numpy(mixed), mixed.to_numpy())


def test_slices_keep_their_offset() -> None:
    series = pl.Series(range(200), dtype=pl.Int32)
    for start in (1, 8, 63, 64, 65):
        same_values(arrownd.to_numpy(series[start:], allow_copy=False), np.arange(start, 200, dtype="i4"))
    bits = pl.Series([n % 3 == 0 for n in range(200)])
    for start in (1, 8, 63, 64, 65):
        same_values(arrownd.to_numpy(bits[start:]), np.arange(start, 200) % 3 == 0)
