"""Polars' page on Series.to_numpy (shared/seeds/001): every documented result, by arrownd on the same series."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from rows import rows_of, same_rows


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


LISTS = [
    pl.Series([[1, 2], [3]]), pl.Series([[1, 2], [3, 4]]), pl.Series([[1, None], [3], None, []]),
    pl.Series([["a"], ["b", None], []]), pl.Series([[True, None], None, [False]]), pl.Series([[1.5], [None, 2.5]]),
    pl.Series([[[1, 2], [3]], [[4]], None, []]), pl.Series([[date(2020, 1, 1)], [], [None]]),
    pl.Series([[Decimal("1.5")], None]), pl.Series([[b"a"], [b"", None]]), pl.Series([], dtype=pl.List(pl.Int64)),
    pl.Series([[{"a": 1}], None, [{"a": 2}, {"a": 3}]]), pl.Series([["x", "y"], ["x"]], dtype=pl.List(pl.Categorical)),
    pl.Series([[[1, 2]], [[3, 4], [5, 6]]], dtype=pl.List(pl.Array(pl.Int8, 2))),
]  # fmt: skip


@pytest.mark.parametrize("series", LISTS, ids=lambda s: f"{s.dtype} {s.to_list()}")
def test_lists_as_rows_are_those_of_polars(series) -> None:
    """Polars: an object array with an array a row, each of which follows its own nulls. Here they are of one dtype."""
    got, theirs = arrownd.to_numpy(series, lists="object"), series.to_numpy()
    dtypes = {row.dtype for row in got if row is not None}
    assert len(dtypes) <= 1
    for dtype in dtypes:
        theirs = rows_of(*(row if row is None else row.astype(dtype) for row in theirs))
    same_rows(got, theirs)


def test_lists_are_a_dimension_by_default() -> None:
    """Polars has object rows even where all are equally long; SPEC.md: one more dimension, or RaggedError."""
    uniform = pl.Series([[1, 2], [3, 4]])
    same_values(arrownd.to_numpy(uniform), np.array([[1, 2], [3, 4]]))
    same_values(arrownd.to_numpy(pl.Series([], dtype=pl.List(pl.Int64))), np.zeros((0, 0), "i8"))
    with pytest.raises(arrownd.RaggedError, match="lists="):
        arrownd.to_numpy(pl.Series([[1, 2], [3]]))
    assert arrownd.to_numpy(uniform, dtype=object).tolist() == [[1, 2], [3, 4]]
    assert arrownd.to_numpy(uniform, dtype=object).shape == (2,)


ARRAYS = [
    pl.Series([[[1, 2], [3, 4]], [[4, 5], None]], dtype=pl.Array(pl.Array(pl.Int64, 2), 2)),
    pl.Series([["a", "b"], ["c", None]], dtype=pl.Array(pl.String, 2)),
    pl.Series([[True, None], None], dtype=pl.Array(pl.Boolean, 2)),
    pl.Series([[True, False]], dtype=pl.Array(pl.Boolean, 2)), pl.Series([], dtype=pl.Array(pl.Int64, 2)),
    pl.Series([[date(2020, 1, 1), None]], dtype=pl.Array(pl.Date, 2)),
    pl.Series([["x", "y"], ["y", None]], dtype=pl.Array(pl.Enum(["x", "y"]), 2)),
]  # fmt: skip


@pytest.mark.parametrize("series", ARRAYS, ids=lambda s: f"{s.dtype} {s.to_list()}")
def test_arrays_of_more_dimensions(series) -> None:
    same_values(arrownd.to_numpy(series), series.to_numpy())


def test_array_columns_widen_a_frame() -> None:
    """Polars: an object matrix with arrays in it; SPEC.md: as many columns more."""
    frame = pl.DataFrame({"a": [1, 2], "v": [[1, 2], [3, 4]]}, schema={"a": pl.Int64, "v": pl.Array(pl.Int64, 2)})
    same_values(arrownd.to_numpy(frame), np.array([[1, 1, 2], [2, 3, 4]]))
    same_values(arrownd.to_columns(frame)["v"], np.array([[1, 2], [3, 4]]))


def test_list_columns_in_a_frame() -> None:
    """Polars: an object matrix with arrays in it. Here that is lists="object", and the default says so."""
    frame = pl.DataFrame({"a": [1, 2], "l": [[1], [2, 3]]})
    same_rows(arrownd.to_numpy(frame, lists="object"), frame.to_numpy())
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(frame)
    got = arrownd.to_columns(frame, lists="object")
    same_rows(got["l"], frame["l"].to_numpy())
    same_values(got["a"], frame["a"].to_numpy())


CODED = [
    pl.Series(["a", "b", "a", None], dtype=pl.Categorical), pl.Series(["a", "b"], dtype=pl.Enum(["b", "a", "c"])),
    pl.Series([None, "b", None], dtype=pl.Enum(["a", "b"])), pl.Series([], dtype=pl.Categorical),
    pl.Series([None], dtype=pl.Categorical),
]  # fmt: skip


@pytest.mark.parametrize("series", CODED, ids=lambda s: f"{s.dtype} {s.to_list()}")
def test_categories_are_their_strings(series) -> None:
    same_rows(arrownd.to_numpy(series), series.to_numpy())


def test_categories_in_a_frame() -> None:
    frame = pl.DataFrame({"a": ["x", "y"], "c": ["q", None]}, schema={"a": pl.Categorical, "c": pl.Enum(["q"])})
    same_rows(arrownd.to_numpy(frame), frame.to_numpy())


EXACT = [
    pl.Series([Decimal("1.25"), None]), pl.Series([Decimal("1.25"), Decimal("2")]),
    pl.Series([Decimal("-0.001"), Decimal(0)], dtype=pl.Decimal(38, 3)), pl.Series([b"a", None, b""]),
]  # fmt: skip


@pytest.mark.parametrize("series", EXACT, ids=lambda s: f"{s.dtype} {s.to_list()}")
def test_decimals_and_bytes(series) -> None:
    same_rows(arrownd.to_numpy(series), series.to_numpy())


def test_decimals_in_a_frame() -> None:
    frame = pl.DataFrame({"a": [1, 2], "c": [Decimal("1.5"), None]})
    same_rows(arrownd.to_numpy(frame), frame.to_numpy())


def test_structs_of_numbers_and_text() -> None:
    """Polars puts a missing integer into an object matrix as NaN, and the others as floats; here None, and integers."""
    series = pl.Series([{"a": 1, "b": "x"}, {"a": None, "b": None}, None])
    wanted = np.array([[1, "x"], [None, None], [None, None]], object)
    same_rows(arrownd.to_numpy(series), wanted)
    theirs = series.to_numpy()
    assert type(theirs[0, 0]) is float and np.isnan(theirs[1, 0])


def test_structs_in_structs() -> None:
    """Polars: arrays in an object matrix; here dicts, and `to_columns` for a matrix of each."""
    series = pl.Series([{"a": 1, "b": {"c": 2, "d": 3}}, None])
    same_rows(arrownd.to_numpy(series), np.array([[1, {"c": 2, "d": 3}], [None, None]], object))
    got = arrownd.to_columns(series)
    same_values(got["a"], np.array([1, np.nan]))
    same_values(got["b"], np.array([[2, 3], [np.nan, np.nan]]))
    assert arrownd.to_numpy(series, dtype=object).tolist() == [[1, {"c": 2, "d": 3}], [None, None]]


def test_lists_in_structs() -> None:
    series = pl.Series([{"a": "x", "b": [1, 2]}, {"a": None, "b": None}])
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(series)
    same_rows(arrownd.to_numpy(series, lists="object"), series.to_numpy())


def test_structured() -> None:
    """DataFrame.to_numpy(structured=True): Polars has "U" for text, here it is objects; integers with nulls are floats."""
    numbers = pl.DataFrame({"a": [1, None], "b": [1.5, 2.5], "c": [3, 4]})
    same_values(arrownd.to_numpy(numbers, structured=True), numbers.to_numpy(structured=True))
    text = pl.DataFrame({"a": [1, 2], "c": ["x", "y"]})
    got, theirs = arrownd.to_numpy(text, structured=True), text.to_numpy(structured=True)
    assert (got.dtype["c"], theirs.dtype["c"]) == (np.dtype(object), np.dtype("U1"))
    assert got.tolist() == theirs.tolist()
    flags = pl.DataFrame({"a": [1, 2], "f": [True, None]})
    assert arrownd.to_numpy(flags, structured=True).tolist() == flags.to_numpy(structured=True).tolist()


def test_wide_integers() -> None:
    """Polars refuses Int128 and UInt128; here they are Python's integers, or a float when asked."""
    for kind in (pl.Int128, pl.UInt128):
        series = pl.Series([2**100, 1, None], dtype=kind)
        with pytest.raises(pl.exceptions.InvalidOperationError):
            series.to_numpy()
        assert arrownd.to_numpy(series).tolist() == [2**100, 1, None]
        same_values(arrownd.to_numpy(series, "f8"), np.array([2.0**100, 1, np.nan]))


def test_objects_arrive_as_addresses() -> None:
    """Polars exports the pointers of an Object series as fixed_size_binary[8], and nothing tells them from bytes."""
    series = pl.Series([object(), object()], dtype=pl.Object)
    got = arrownd.to_numpy(series)
    assert got.dtype == "V8"
    assert [int.from_bytes(bytes(value), "little") for value in got] == [id(value) for value in series.to_list()]


def test_rows_of_lists_are_views() -> None:
    series = pl.Series([[1, 2], [3], None, [4, 5]])
    got = arrownd.to_numpy(series, lists="object")
    first = series.to_arrow().values.buffers()[1].address
    assert [address_of(row) - first for row in got if row is not None] == [0, 16, 24]
    assert not any(row.flags.writeable for row in got if row is not None)
    same_rows(got, rows_of(np.array([1, 2]), np.array([3]), None, np.array([4, 5])))


def test_rows_of_lists_with_nulls_are_copies_of_one_dtype() -> None:
    """Polars: float64 where a row has a null, int64 where it has none."""
    series = pl.Series([[1, 2], None, [4, None]])
    got = arrownd.to_numpy(series, lists="object")
    assert all(row.flags.writeable for row in got if row is not None)
    same_rows(got, rows_of(np.array([1.0, 2.0]), None, np.array([4, np.nan])))
    assert [row.dtype for row in series.to_numpy() if row is not None] == ["i8", "f8"]
