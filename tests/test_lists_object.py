"""lists="object": an object array with one NumPy array a row, a view into the child where that can be, None for null."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from rows import rows_of, same_rows
from test_lists import KINDS, in_a_row, lists, start_of

RAGGED = [[1, 2], [], None, [3], [4, 5, 6]]


def converted(obj, **options) -> np.ndarray:
    """The rows, held to their plan: an object array is made in any case, and the values are copied or not."""
    plan = arrownd.explain(obj, lists="object", **options)
    got = arrownd.to_numpy(obj, lists="object", **options)
    assert got.dtype == plan.dtype == object
    assert got.shape == plan.shape
    assert got.flags.writeable or not got.size
    rows = [row for row in got.reshape(-1) if row is not None and row.size and row.dtype != object]
    assert all(row.flags.writeable is plan.copies for row in rows)
    return got


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_views_of_the_child(kind: str) -> None:
    child = pa.array(range(50), pa.int32()).slice(2)
    array = lists(kind, [(1, 3), (4, 0), (4, 1), (5, 7)], child, [True, True, False, True])
    got = converted(array, allow_copy=False)
    same_rows(got, rows_of(np.arange(3, 6, dtype="i4"), np.zeros(0, "i4"), None, np.arange(7, 14, dtype="i4")))
    first = start_of(child)
    assert [address_of(got[at]) - first for at in (0, 3)] == [4, 20]
    assert not any(row.flags.writeable for row in got if row is not None)
    with pytest.raises(ValueError, match="read-only"):
        got[0][0] = 1
    sliced = converted(array.slice(2), allow_copy=False)
    assert sliced[0] is None
    assert address_of(sliced[1]) == first + 20


def test_list_views_may_overlap_and_lie_in_any_order() -> None:
    child = pa.array(range(10), pa.int16())
    for kind in ("list_view", "large_list_view"):
        got = converted(lists(kind, [(5, 2), (0, 3), (2, 4), (0, 3)], child), allow_copy=False)
        same_rows(got, rows_of(*(np.array(r, "i2") for r in ([5, 6], [0, 1, 2], [2, 3, 4, 5], [0, 1, 2]))))
        assert address_of(got[1]) == address_of(got[3]) == start_of(child)


def test_rows_outlive_producer_and_array() -> None:
    array = pa.array(RAGGED)
    row = converted(array)[4]
    del array
    assert row.tolist() == [4, 5, 6]
    assert row.base is not None


def test_writable_rows_are_copies() -> None:
    array = pa.array(RAGGED)
    got = converted(array, writable=True)
    got[0][:] = 9
    assert array.to_pylist() == RAGGED
    assert [None if row is None else row.tolist() for row in got] == [[9, 9], *RAGGED[1:]]
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_numpy(array, lists="object", writable=True, allow_copy=False)


def test_one_dtype_for_all_rows() -> None:
    """A null anywhere turns every row to float, pyarrow's way; Polars follows each row's own nulls."""
    array = pa.array([[1, 2], None, [3, None]], pa.list_(pa.int16()))
    same_rows(converted(array), rows_of(np.array([1, 2], "f4"), None, np.array([3, np.nan], "f4")))
    flags = pa.array([[True], [None, False]])
    same_rows(converted(flags), rows_of(np.array([True], object), np.array([None, False], object)))
    hidden = array.slice(0, 2)
    same_rows(converted(hidden, allow_copy=False), rows_of(np.array([1, 2], "i2"), None))


def test_na_value_goes_into_the_values() -> None:
    array = pa.array([[1, None], None, [3]])
    same_rows(converted(array, na_value=-1), rows_of(np.array([1, -1]), None, np.array([3])))
    same_rows(converted(array.slice(1), na_value=-1, allow_copy=False), rows_of(None, np.array([3])))


def test_masked_rows_are_masked_arrays() -> None:
    array = pa.array([[1, None], None, [3], []])
    got = arrownd.to_numpy(array, lists="object", nulls="masked")
    assert type(got) is np.ma.MaskedArray
    assert got.dtype == object
    assert np.ma.getmaskarray(got).tolist() == [False, True, False, False]
    assert [type(row) for row in got.data] == [np.ma.MaskedArray, type(None), np.ma.MaskedArray, np.ma.MaskedArray]
    assert [row.tolist() for row in got.data if row is not None] == [[1, None], [3], []]
    assert all(row.dtype == "i8" for row in got.data if row is not None)


def test_nulls_raise() -> None:
    for bad, count in ((pa.array([[1], None, None]), 2), (pa.array([[1], [None]]), 1)):
        with pytest.raises(arrownd.NullsError, match=f"{count} of"):
            arrownd.to_numpy(bad, lists="object", nulls="raise")
    assert arrownd.to_numpy(pa.array([[1], []]), lists="object", nulls="raise")[0].tolist() == [1]
    assert arrownd.to_numpy(pa.array([[None], [1]]).slice(1), lists="object", nulls="raise")[0].tolist() == [1]


def test_lists_in_lists_are_rows_in_rows() -> None:
    leaf = pa.array(range(20), pa.uint8())
    inner = lists("list", [(0, 2), (2, 3), (5, 0), (5, 1)], leaf, [True, True, True, False])
    got = converted(lists("large_list", [(0, 1), (1, 3), (4, 0)], inner), allow_copy=False)
    u1 = lambda *v: np.array(v, "u1")  # noqa: E731
    same_rows(got, rows_of(rows_of(u1(0, 1)), rows_of(u1(2, 3, 4), u1(), None), rows_of()))
    assert address_of(got[1][0]) == start_of(leaf) + 2


TYPES = {
    "text": (pa.array([["a", None], None, []]), rows_of(np.array(["a", None], object), None, np.array([], object))),
    "bits": (pa.array([[True], [False, True]]), rows_of(np.array([True]), np.array([False, True]))),
    "dates": (
        pa.array([[dt.date(1970, 1, 2)], [None]]),
        rows_of(np.array(["1970-01-02"], "M8[D]"), np.array(["NaT"], "M8[D]")),
    ),
    "fixed-size lists": (
        pa.array([[[1, 2]], [[3, 4], [5, 6]]], pa.list_(pa.list_(pa.int8(), 2))),
        rows_of(np.array([[1, 2]], "i1"), np.array([[3, 4], [5, 6]], "i1")),
    ),
    "structs": (
        pa.array([[{"a": 1, "b": 0.5}], []], pa.list_(pa.struct([("a", pa.int8()), ("b", pa.float32())]))),
        rows_of(np.array([[1, 0.5]], "f4"), np.zeros((0, 2), "f4")),
    ),
    "dictionary": (
        pa.array([["x", "y"], ["x"]], pa.list_(pa.dictionary(pa.int8(), pa.utf8()))),
        rows_of(np.array(["x", "y"], object), np.array(["x"], object)),
    ),
    "maps": (
        pa.array([[[("a", 1)]], None], pa.list_(pa.map_(pa.utf8(), pa.int8()))),
        rows_of(rows_of([("a", 1)]), None),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_types(name: str) -> None:
    array, wanted = TYPES[name]
    same_rows(converted(array), wanted)
    same_rows(converted(array.slice(1)), wanted[1:])


def test_structured_rows() -> None:
    array = pa.array([[{"a": 1, "b": 0.5}], []], pa.list_(pa.struct([("a", pa.int8()), ("b", pa.float32())])))
    dtype = [("a", "i1"), ("b", "f4")]
    same_rows(converted(array, structured=True), rows_of(np.array([(1, 0.5)], dtype), np.zeros(0, dtype)))


def test_uniform_rows_are_rows_too() -> None:
    array = lists("list", in_a_row(3, 2), pa.array(range(6)))
    same_rows(converted(array, allow_copy=False), rows_of(*np.arange(6).reshape(3, 2)))
    for none in (array.slice(0, 0), pa.array([], pa.list_(pa.list_(pa.utf8())))):
        got = converted(none, allow_copy=False)
        assert got.shape == (0,)


def test_chunks() -> None:
    """Each row is in one chunk, so it is a view all the same."""
    parts = [pa.array([[1], None]), pa.array([], pa.list_(pa.int64())), pa.array([[2, 3], [4]]).slice(1)]
    got = arrownd.to_numpy(pa.chunked_array(parts), lists="object")
    same_rows(got, rows_of(np.array([1]), None, np.array([4])))


def test_tables() -> None:
    """An object matrix, and a column of rows; the other columns are as ever."""
    table = pa.table({"a": [1, 2], "r": [[1], [2, 3]], "t": ["x", None]})
    got = arrownd.to_numpy(table, lists="object")
    assert got.shape == (2, 3)
    same_rows(got[:, 1], rows_of(np.array([1]), np.array([2, 3])))
    same_rows(got[:, [0, 2]], np.array([[1, "x"], [2, None]], object))
    columns = arrownd.to_columns(table, lists="object", allow_copy=True)
    same_rows(columns["r"], got[:, 1])
    same_values(columns["a"], np.array([1, 2]))
    assert not columns["r"][0].flags.writeable
    struct = pa.array([{"r": [1]}, None])
    same_rows(arrownd.to_columns(struct, lists="object")["r"], rows_of(np.array([1]), None))


def test_in_fixed_size_lists() -> None:
    array = pa.FixedSizeListArray.from_arrays(pa.array([[1], [2, 3], None, []]), 2)
    got = converted(array)
    assert got.shape == (2, 2)
    same_rows(got.reshape(-1), rows_of(np.array([1]), np.array([2, 3]), None, np.zeros(0, "i8")))


def test_out_and_order() -> None:
    array = pa.array(RAGGED)
    out = np.empty(9, object)[::2]
    assert arrownd.to_numpy(array, lists="object", out=out) is out
    same_rows(out, rows_of(*(row if row is None else np.array(row, "i8") for row in RAGGED)))
    table = pa.table({"a": [1, 2], "r": [[1], [2, 3]]})
    for order in ("C", "F"):
        assert arrownd.to_numpy(table, lists="object", order=order).flags[f"{order}_CONTIGUOUS"]


def test_what_goes_with_it() -> None:
    array = pa.array(RAGGED)
    with ledger() as book:
        with book.entry("dtype"):
            same_rows(
                converted(array, dtype="f4"), rows_of(*(row if row is None else np.array(row, "f4") for row in RAGGED))
            )
        with book.entry("dtype that loses"), pytest.raises(arrownd.LossyCastError, match="300"):
            arrownd.to_numpy(pa.array([[1], [300]]), lists="object", dtype="u1")
        with book.entry("pad_to"), pytest.raises(TypeError, match="pad_to"):
            arrownd.to_numpy(array, lists="object", pad_to=3)
        with book.entry("a leaf"):
            same_values(arrownd.to_numpy(pa.array([1, 2]), lists="object"), np.array([1, 2]))
