"""fixed_size_list: one more dimension; a view if its child is; nulls at every level."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, agree, ledger, same_values
from cases.case import bitmap, place
from layouts import NULLS

ROWS, WIDTH = 70, 3
PATTERNS = ("no bitmap", "all valid", "every other null", "one in 67 null", "all null", "a run of nulls")


def list_with(row_nulls: str, inner_nulls: str, start: int, child_start: int, length: int):
    """A list of int32 whose child is itself a slice, with nulls of both kinds and real values under them."""
    total = start + length + 2
    inner_total = child_start + total * WIDTH
    values = np.arange(inner_total, dtype="i4") * 7 - 50
    child = pa.Array.from_buffers(
        pa.int32(), inner_total, [bitmap(NULLS[inner_nulls](inner_total, 0, inner_total)), pa.py_buffer(values)]
    ).slice(child_start)
    valid = NULLS[row_nulls](total, start, start + length)
    type = pa.list_(pa.int32(), WIDTH)
    array = pa.Array.from_buffers(type, total, [bitmap(valid)], children=[child]).slice(start, length)
    inner = NULLS[inner_nulls](inner_total, 0, inner_total)
    inner = np.zeros(inner_total, bool) if inner is None else ~inner
    missing = inner[child_start:].reshape(total, WIDTH)[start : start + length].copy()
    if valid is not None:
        missing |= ~valid[start : start + length, None]
    return array, values[child_start:].reshape(total, WIDTH)[start : start + length], missing


@pytest.mark.parametrize("row_nulls", PATTERNS)
def test_nulls_at_both_levels(row_nulls: str) -> None:
    with ledger() as book:
        for inner_nulls, start, child_start in itertools.product(PATTERNS, (0, 1, 9, 64), (0, 5, 8)):
            array, values, missing = list_with(row_nulls, inner_nulls, start, child_start, ROWS)
            gone, lies = bool(missing.any()), place(array)[0]
            where = f"inner {inner_nulls}, from {start}, child from {child_start}"
            with book.entry(f"nan: {where}"):
                wanted = values.astype("f8") if gone else values
                if gone:
                    wanted[missing] = np.nan
                agree(array, Want(wanted, view=not gone, address=lies, codes=frozenset({"nulls"} if gone else ()),
                                  also=frozenset({"cast"})))  # fmt: skip
            with book.entry(f"masked: {where}"):
                agree(array, Want(values, view=True, address=lies, mask=missing, masked=True), nulls="masked")
            with book.entry(f"na_value: {where}"):
                agree(array, Want(np.where(missing, -1, values), view=not gone, address=lies), na_value=-1)
            with book.entry(f"to_masked: {where}"):
                got = arrownd.to_masked(array)
                assert (got.mask is None) is not gone
                assert got.mask is None or np.array_equal(got.mask, missing)
                same_values(got.values, values)


def test_to_pylist_says_the_same() -> None:
    for row_nulls, inner_nulls in itertools.product(PATTERNS, PATTERNS):
        array, _, _ = list_with(row_nulls, inner_nulls, 3, 4, 20)
        got = arrownd.to_numpy(array, nulls="masked").tolist()
        assert got == [row if row is not None else [None] * WIDTH for row in array.to_pylist()]


def test_garbage_under_a_null_row_is_not_a_value() -> None:
    """Under a null row the child may hold nulls, or what no other dtype holds."""
    child = pa.array([1, 2, 2**53 + 1, None, 5, 6])
    array = pa.Array.from_buffers(pa.list_(pa.int64(), 2), 3, [bitmap(np.array([True, False, True]))], children=[child])
    same_values(arrownd.to_numpy(array), np.array([[1, 2], [np.nan, np.nan], [5, 6]]))
    assert arrownd.to_numpy(array, dtype="u1", na_value=9).tolist() == [[1, 2], [9, 9], [5, 6]]
    kept = array.slice(2)
    assert arrownd.to_numpy(kept, allow_copy=False).tolist() == [[5, 6]]


def test_inner_nulls_outside_the_slice_do_not_matter() -> None:
    array = pa.array([[None, 1], [2, 3], [4, 5], [6, None]], pa.list_(pa.int32(), 2))
    view = arrownd.to_numpy(array.slice(1, 2), allow_copy=False)
    assert view.tolist() == [[2, 3], [4, 5]]
    assert address_of(view) == place(array.slice(1, 2))[0]


def test_lists_of_no_length() -> None:
    for rows, bits in ((0, None), (3, None), (3, np.array([True, False, True]))):
        array = pa.Array.from_buffers(
            pa.list_(pa.int16(), 0), rows, [None if bits is None else bitmap(bits)], children=[pa.array([], pa.int16())]
        )
        got = arrownd.to_numpy(array, allow_copy=False)
        assert got.shape == (rows, 0)
        assert got.dtype in ("i2", "f4")
        plan = arrownd.explain(array)
        assert plan.copies is False
        assert plan.shape == got.shape
        assert plan.dtype == got.dtype
        assert plan.nbytes == 0


def test_nested_with_nulls_at_three_levels() -> None:
    rows = [[[1, 2], None, [5, None]], None, [[None, None], [9, 10], [11, 12]]]
    array = pa.array(rows, pa.list_(pa.list_(pa.int8(), 2), 3))
    nan = np.nan
    wanted = np.array(
        [[[1, 2], [nan, nan], [5, nan]], [[nan, nan]] * 3, [[nan, nan], [9, 10], [11, 12]]], "f4"
    )  # fmt: skip
    agree(array, Want(wanted, view=False))
    got = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
    assert got.mask.tolist() == np.isnan(wanted).tolist()
    agree(array.slice(2).slice(0, 0), Want(np.zeros((0, 3, 2), "i1"), view=True))


@pytest.mark.parametrize("wrap", [pa.list_, pa.large_list, pa.list_view, pa.large_list_view])
def test_variable_lists_inside(wrap) -> None:
    """Rows, fixed size, variable size: a view where all are equally long."""
    child = pa.array([[9], [1, 2], [3, 4], [5, 6], [7, 8]], wrap(pa.int64()))
    array = pa.FixedSizeListArray.from_arrays(child.slice(1), 2)
    first = child.values.buffers()[1].address
    agree(array, Want(np.arange(1, 9).reshape(2, 2, 2), view=True, address=first + 8))
    agree(array.slice(1), Want(np.arange(5, 9).reshape(1, 2, 2), view=True, address=first + 40))
    ragged = pa.FixedSizeListArray.from_arrays(child.slice(0, 4), 2)
    with pytest.raises(arrownd.RaggedError):
        arrownd.to_numpy(ragged)
    got = arrownd.to_numpy(ragged, lists="pad")
    same_values(got, np.array([[[9, np.nan], [1, 2]], [[3, 4], [5, 6]]]))


def test_dtype_reaches_the_values() -> None:
    array = pa.array([[1, 2], [300, 4]], pa.list_(pa.int64(), 2))
    agree(array, Want(np.array([[1, 2], [300, 4]], "f4"), view=False), dtype="f4")
    with pytest.raises(arrownd.LossyCastError, match="300"):
        arrownd.to_numpy(array, dtype="u1")
    stamps = pa.array([[0, 1]], pa.list_(pa.timestamp("s"), 2))
    same_values(arrownd.to_numpy(stamps, dtype="M8[ms]"), np.array([[0, 1000]], "i8").view("M8[ms]"))


def test_chunks() -> None:
    type = pa.list_(pa.float32(), 2)
    chunked = pa.chunked_array(
        [pa.array([[1, 2]], type), pa.array([], type), pa.array([[3, 4], [5, 6]], type).slice(1)]
    )
    agree(chunked, Want(np.array([[1, 2], [5, 6]], "f4"), view=False, codes=frozenset({"chunked"})))
    alone = pa.chunked_array([pa.array([], type), pa.array([[3, 4], [5, 6]], type).slice(1)])
    agree(alone, Want(np.array([[5, 6]], "f4"), view=True, address=place(alone.chunk(1))[0]))


def test_lists_of_structs() -> None:
    """The values of a list in a list of structs: rows, list, fields."""
    array = pa.array(
        [[{"a": 1, "b": 2}, {"a": 3, "b": 4}]], pa.list_(pa.struct([("a", pa.int32()), ("b", pa.int32())]), 2)
    )
    agree(array, Want(np.array([[[1, 2], [3, 4]]], "i4"), view=False))
    dtype = np.dtype([("a", "i4"), ("b", "i4")])
    agree(array, Want(np.array([[(1, 2), (3, 4)]], dtype), view=False), structured=True)


def test_object_dtype_gives_lists() -> None:
    """dtype=object: one Python object a value, as to_pylist(), in a 1-D array."""
    array = pa.array([[1, None], None, [3, 4]], pa.list_(pa.int8(), 2))
    got = arrownd.to_numpy(array, dtype=object)
    assert got.shape == (3,)
    assert got.tolist() == [[1, None], None, [3, 4]]
