"""to_ragged: values, offsets, mask; the list's own buffers where they serve."""

from __future__ import annotations

import gc
import itertools
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from cases.case import bitmap
from producers import ARRAYS
from rows import same_rows

LISTS = [pa.list_, pa.large_list]
VIEWS = [pa.list_view, pa.large_list_view]
ROWS = [[1, 2], [], [3, 4, 5], [6]]


def offset_type(array: pa.Array) -> np.dtype:
    return np.dtype("i8" if pa.types.is_large_list(array.type) else "i4")


def rows_of(ragged: Any) -> list:
    """The lists again, None for a missing row; leaves as Python objects."""
    values = ragged.values
    inner = rows_of(values) if isinstance(values, arrownd.Ragged) else values.tolist()
    mask = np.zeros(len(ragged.offsets) - 1, bool) if ragged.mask is None else ragged.mask
    edges = itertools.pairwise(ragged.offsets.tolist())
    return [None if gone else inner[start:stop] for gone, (start, stop) in zip(mask, edges, strict=True)]


def well_formed(ragged: Any, rows: int) -> None:
    """What holds of every result: offsets from 0, ascending, to the end; nothing in a row that is missing."""
    assert type(ragged) is arrownd.Ragged
    assert ragged._fields == ("values", "offsets", "mask")
    offsets, mask = ragged.offsets, ragged.mask
    assert offsets.ndim == 1 and offsets.dtype.kind == "i" and len(offsets) == rows + 1
    inner = ragged.values
    length = len(inner.offsets) - 1 if isinstance(inner, arrownd.Ragged) else len(inner)
    assert offsets[0] == 0
    assert offsets[-1] == length
    assert (np.diff(offsets) >= 0).all()
    assert mask is None or (mask.dtype == bool and mask.shape == (rows,) and mask.any())
    if mask is not None:
        assert not np.diff(offsets)[mask].any()
    if isinstance(inner, arrownd.Ragged):
        well_formed(inner, length)


@pytest.mark.parametrize("wrap", LISTS)
def test_the_lists_own_buffers(wrap) -> None:
    array = pa.array(ROWS, wrap(pa.int32()))
    values, offsets, mask = got = arrownd.to_ragged(array)
    well_formed(got, 4)
    same_values(values, np.arange(1, 7, dtype="i4"))
    same_values(offsets, np.array([0, 2, 2, 5, 6], offset_type(array)))
    assert mask is None
    assert address_of(values) == array.values.buffers()[1].address
    assert address_of(offsets) == array.buffers()[1].address
    assert not values.flags.writeable and not offsets.flags.writeable
    again = arrownd.to_ragged(array, allow_copy=False)
    assert address_of(again.values) == address_of(values)
    assert address_of(again.offsets) == address_of(offsets)


@pytest.mark.parametrize("wrap", LISTS)
def test_slices(wrap) -> None:
    """Exactly the values of the rows, and offsets that begin at 0; the values are still a view."""
    array = pa.array(ROWS, wrap(pa.int32()))
    start = array.values.buffers()[1].address
    for at, length in itertools.product(range(5), range(5)):
        piece = array.slice(at, length)
        got = arrownd.to_ragged(piece)
        well_formed(got, len(piece))
        assert rows_of(got) == piece.to_pylist()
        assert got.offsets.dtype == offset_type(array)
        if got.values.size:
            before = sum(map(len, ROWS[:at]))
            assert address_of(got.values) == start + 4 * before
        if at == 0 and len(piece):
            assert address_of(got.offsets) == array.buffers()[1].address
    # Empty rows come first, so the offsets start at 0 and serve as they are.
    leading = pa.array([[], [], [1], [2, 3]], wrap(pa.int8())).slice(1)
    got = arrownd.to_ragged(leading)
    assert address_of(got.offsets) == leading.buffers()[1].address + got.offsets.itemsize


@pytest.mark.parametrize("wrap", LISTS)
def test_children_that_are_slices_or_longer(wrap) -> None:
    child = pa.array(np.arange(20), pa.int64()).slice(3, 12)
    kind = pa.ListArray if wrap is pa.list_ else pa.LargeListArray
    array = kind.from_arrays(pa.array([0, 2, 5], pa.int32() if wrap is pa.list_ else pa.int64()), child)
    got = arrownd.to_ragged(array)
    same_values(got.values, np.arange(3, 8))
    assert address_of(got.values) == child.buffers()[1].address + 24
    # The first offset of the buffer isn't 0, though the array isn't sliced.
    late = kind.from_arrays(pa.array([2, 4, 4, 7], pa.int32() if wrap is pa.list_ else pa.int64()), child)
    got = arrownd.to_ragged(late)
    well_formed(got, 3)
    assert got.offsets.tolist() == [0, 2, 2, 5]
    same_values(got.values, np.arange(5, 10))


@pytest.mark.parametrize("wrap", LISTS)
def test_null_rows(wrap) -> None:
    array = pa.array([[1, 2], None, [3], None], wrap(pa.int32()))
    values, offsets, mask = got = arrownd.to_ragged(array)
    well_formed(got, 4)
    assert mask.tolist() == [False, True, False, True]
    assert offsets.tolist() == [0, 2, 2, 3, 3]
    same_values(values, np.array([1, 2, 3], "i4"))
    assert address_of(values) == array.values.buffers()[1].address
    present = arrownd.to_ragged(array.slice(2, 1))
    assert present.mask is None


@pytest.mark.parametrize("wrap", LISTS)
def test_content_under_a_null_row_never_leaks(wrap) -> None:
    """A null row may have a length; what it spans is no value, whatever lies there."""
    child = pa.array([1, 2, 666, 2**60 + 1, None, 6, 777], pa.int64())
    edges = pa.py_buffer(np.array([0, 2, 5, 5, 6, 7], "i8" if wrap is pa.large_list else "i4"))
    valid = np.array([True, False, True, True, False])
    array = pa.Array.from_buffers(wrap(pa.int64()), 5, [bitmap(valid), edges], children=[child])
    for piece, wanted in ((array, [[1, 2], None, [], [6], None]), (array.slice(1), [None, [], [6], None]),
                          (array.slice(2, 2), [[], [6]]), (array.slice(1, 1), [None])):  # fmt: skip
        got = arrownd.to_ragged(piece)
        well_formed(got, len(piece))
        assert rows_of(got) == wanted
        assert got.values.dtype == np.int64, "the null and the number that no float holds aren't values"
    assert arrownd.to_ragged(array, "i1").values.tolist() == [1, 2, 6]
    assert arrownd.to_ragged(array, nulls="raise").values.tolist() == [1, 2, 6]
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_ragged(array, allow_copy=False)


@pytest.mark.parametrize("wrap", VIEWS)
def test_list_views_are_gathered(wrap) -> None:
    """Out of order, overlapping, with gaps, null rows that point anywhere valid."""
    child = pa.array(np.arange(10, 20), pa.int16())
    number = np.dtype("i8" if wrap is pa.large_list_view else "i4")
    starts, sizes = np.array([4, 0, 2, 9, 0], number), np.array([3, 2, 4, 1, 0], number)
    valid = np.array([True, True, True, False, True])
    buffers = [bitmap(valid), pa.py_buffer(starts), pa.py_buffer(sizes)]
    array = pa.Array.from_buffers(wrap(pa.int16()), 5, buffers, children=[child])
    for at in range(5):
        got = arrownd.to_ragged(array.slice(at))
        well_formed(got, 5 - at)
        assert rows_of(got) == array.slice(at).to_pylist()
    got = arrownd.to_ragged(array)
    same_values(got.values, np.array([14, 15, 16, 10, 11, 12, 13, 14, 15], "i2"))
    assert got.values.flags.writeable
    with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: "):
        arrownd.to_ragged(array, allow_copy=False)


# Deeper.


@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(LISTS, LISTS)))
def test_two_levels_nest(outer, inner) -> None:
    rows = [[[1, 2], []], None, [], [None, [3]], [[4, 5, 6]]]
    array = pa.array(rows, outer(inner(pa.int8())))
    got = arrownd.to_ragged(array)
    well_formed(got, 5)
    assert type(got.values) is arrownd.Ragged
    assert rows_of(got) == rows
    same_values(got.values.values, np.arange(1, 7, dtype="i1"))
    assert got.values.mask.tolist() == [False, False, True, False, False]
    assert address_of(got.values.values) == array.values.values.buffers()[1].address
    assert address_of(got.values.offsets) == array.values.buffers()[1].address
    for at in range(5):
        piece = array.slice(at, 2)
        again = arrownd.to_ragged(piece)
        well_formed(again, len(piece))
        assert rows_of(again) == piece.to_pylist()


def test_three_levels() -> None:
    rows = [[[[1], [2, 3]], []], [], [[[4]], None, [None, []]], None]
    array = pa.array(rows, pa.list_(pa.large_list(pa.list_(pa.int64()))))
    got = arrownd.to_ragged(array)
    well_formed(got, 4)
    assert rows_of(got) == rows
    assert type(got.values.values) is arrownd.Ragged
    same_values(got.values.values.values, np.array([1, 2, 3, 4]))


def test_fixed_size_lists_inside_are_dimensions() -> None:
    rows = [[[1, 2], [3, 4]], [], None, [[5, 6]]]
    array = pa.array(rows, pa.list_(pa.list_(pa.int32(), 2)))
    got = arrownd.to_ragged(array, allow_copy=False)
    well_formed(got, 4)
    same_values(got.values, np.array([[1, 2], [3, 4], [5, 6]], "i4"))
    assert address_of(got.values) == array.values.values.buffers()[1].address
    assert got.offsets.tolist() == [0, 2, 2, 2, 3]
    cubes = pa.array([[[[1, 2], [3, 4]]], []], pa.list_(pa.list_(pa.list_(pa.int16(), 2), 2)))
    same_values(arrownd.to_ragged(cubes).values, np.array([[[1, 2], [3, 4]]], "i2"))
    holes = pa.array([[[1, None], None]], pa.list_(pa.list_(pa.int32(), 2)))
    nan = np.nan
    same_values(arrownd.to_ragged(holes).values, np.array([[1, nan], [nan, nan]]))


def test_tensors_inside() -> None:
    type = pa.fixed_shape_tensor(pa.float32(), [2, 3])
    tensors = pa.ExtensionArray.from_storage(type, pa.array([list(range(6)), list(range(6, 12))], type.storage_type))
    array = pa.ListArray.from_arrays(pa.array([0, 2, 2], pa.int32()), tensors)
    same_values(arrownd.to_ragged(array).values, np.arange(12, dtype="f4").reshape(2, 2, 3))


def test_structs_inside_are_a_matrix() -> None:
    array = pa.array([[{"x": 1, "y": 0.5}], [], [{"x": 2, "y": 1.5}, {"x": 3, "y": None}]])
    got = arrownd.to_ragged(array)
    well_formed(got, 3)
    same_values(got.values, np.array([[1, 0.5], [2, 1.5], [3, np.nan]]))
    assert got.offsets.tolist() == [0, 1, 1, 3]


LEAVES = [
    ([[True, False], [None]], pa.bool_()), ([["a", None], [], ["b"]], pa.utf8()), ([[b"a"], [b""]], pa.binary()),
    ([[date(2020, 1, 1)], [None]], pa.date32()), ([[1, None]], pa.timestamp("ms")), ([[0.5], [None]], pa.float16()),
    ([[1, None], [3]], pa.uint64()), ([["a", "b"], ["a", None]], pa.dictionary(pa.int8(), pa.utf8())),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "type"), LEAVES, ids=lambda p: str(p) if isinstance(p, pa.DataType) else "")
def test_leaves_are_as_to_numpy_makes_them(rows, type) -> None:
    flat = pa.array([value for row in rows for value in row], type)
    sizes = [0, *itertools.accumulate(map(len, rows))]
    array = pa.ListArray.from_arrays(pa.array(sizes, pa.int32()), flat)
    got = arrownd.to_ragged(array)
    well_formed(got, len(rows))
    want = arrownd.to_numpy(flat)
    assert got.offsets.tolist() == sizes
    if want.dtype == object:
        same_rows(got.values, want)
    else:
        same_values(got.values, want)


# Options.


def test_options_are_about_the_leaves() -> None:
    array = pa.array([[1, None], None, [3]], pa.list_(pa.int32()))
    nan = np.nan
    same_values(arrownd.to_ragged(array).values, np.array([1, nan, 3]))
    same_values(arrownd.to_ragged(array, "f4").values, np.array([1, nan, 3], "f4"))
    same_values(arrownd.to_ragged(array, na_value=-1).values, np.array([1, -1, 3], "i4"))
    masked = arrownd.to_ragged(array, nulls="masked").values
    assert type(masked) is np.ma.MaskedArray
    assert masked.tolist() == [1, None, 3]
    assert masked.dtype == np.int32
    with pytest.raises(arrownd.NullsError):
        arrownd.to_ragged(array, nulls="raise")
    for options in ({}, {"na_value": -1}, {"nulls": "masked"}):
        got = arrownd.to_ragged(array, **options)
        assert got.offsets.tolist() == [0, 2, 2, 3]
        assert got.mask.tolist() == [False, True, False]


def test_casts_are_checked() -> None:
    array = pa.array([[1, 300], [2]], pa.list_(pa.int64()))
    with pytest.raises(arrownd.LossyCastError, match="300"):
        arrownd.to_ragged(array, "u1")
    same_values(arrownd.to_ragged(array, "u1", safe=False).values, np.array([1, 44, 2], "u1"))
    same_values(arrownd.to_ragged(array, dtype=object).values, np.array([1, 300, 2], object))
    # Outside the slice it is no value.
    same_values(arrownd.to_ragged(array.slice(1), "u1").values, np.array([2], "u1"))


def test_nested_options() -> None:
    array = pa.array([[[1, None], None], None], pa.list_(pa.list_(pa.int8())))
    got = arrownd.to_ragged(array, na_value=0)
    same_values(got.values.values, np.array([1, 0], "i1"))
    assert got.values.mask.tolist() == [False, True]
    assert got.mask.tolist() == [False, True]


@pytest.mark.parametrize("wrap", LISTS)
def test_writable_shares_nothing(wrap) -> None:
    array = pa.array(ROWS, wrap(pa.int32()))
    got = arrownd.to_ragged(array, writable=True)
    got.values[:] = -1
    got.offsets[:] = -1
    assert array.to_pylist() == ROWS


def test_copies_that_are_refused() -> None:
    two = pa.chunked_array([pa.array(ROWS), pa.array(ROWS)])
    with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: "):
        arrownd.to_ragged(two, allow_copy=False)
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_ragged(pa.array([[1, None]]), allow_copy=False)
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_ragged(pa.array(ROWS), "f8", allow_copy=False)
    one = pa.chunked_array([pa.array([], pa.list_(pa.int64())), pa.array(ROWS)])
    assert address_of(arrownd.to_ragged(one, allow_copy=False).values) == one.chunk(1).values.buffers()[1].address


# Chunks, producers, edges.


@pytest.mark.parametrize("wrap", [*LISTS, *VIEWS])
def test_chunks(wrap) -> None:
    type = wrap(pa.int16())
    chunks = [[[1, 2], None], [], [[3], [], [4, 5]], [None], [[6]]]
    column = pa.chunked_array([pa.array(rows, type) for rows in chunks], type)
    got = arrownd.to_ragged(column)
    well_formed(got, 7)
    assert rows_of(got) == column.to_pylist()
    same_values(got.values, np.arange(1, 7, dtype="i2"))
    for at, length in itertools.product(range(8), (0, 1, 3, 8)):
        piece = column.slice(at, length)
        got = arrownd.to_ragged(piece)
        well_formed(got, len(piece))
        assert rows_of(got) == piece.to_pylist()


def test_chunks_of_two_levels() -> None:
    type = pa.list_(pa.list_(pa.int8()))
    chunks = [[[[1], [2, 3]], None], [], [[None, []], [[4]]]]
    column = pa.chunked_array([pa.array(rows, type) for rows in chunks], type)
    got = arrownd.to_ragged(column)
    well_formed(got, 4)
    assert rows_of(got) == column.to_pylist()
    same_values(got.values.values, np.arange(1, 5, dtype="i1"))


def drawn(random: np.random.Generator, depth: int) -> Any:
    """A row at random: None, or a list of rows, down to integers or None."""
    if depth == 0:
        return None if random.random() < 0.1 else int(random.integers(-100, 100))
    if random.random() < 0.15:
        return None
    return [drawn(random, depth - 1) for _ in range(random.integers(0, 5))]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_at_random(depth) -> None:
    """Sliced and chunked anywhere, with nulls at every level, against `to_pylist`."""
    random = np.random.default_rng(depth)
    wraps = [*LISTS, *VIEWS]
    with ledger() as book:
        for run in range(40):
            type: pa.DataType = pa.int16()
            for _ in range(depth):
                type = wraps[random.integers(0, 4)](type)
            arrays = [pa.array([drawn(random, depth) for _ in range(random.integers(0, 12))], type) for _ in range(3)]
            arrays = [array.slice(random.integers(0, 4)) for array in arrays]
            for label, column in (("one", arrays[0]), ("three", pa.chunked_array(arrays, type))):
                with book.entry(f"{run} {label} {type}"):
                    got = arrownd.to_ragged(column, nulls="masked")
                    well_formed(got, len(column))
                    assert rows_of(got) == column.to_pylist()


@pytest.mark.parametrize("wrap", [*LISTS, *VIEWS])
def test_no_rows(wrap) -> None:
    for array in (pa.array([], wrap(pa.int32())), pa.array(ROWS, wrap(pa.int32())).slice(2, 0),
                  pa.chunked_array([], wrap(pa.int32()))):  # fmt: skip
        got = arrownd.to_ragged(array, allow_copy=False)
        well_formed(got, 0)
        assert got.offsets.tolist() == [0]
        same_values(got.values, np.zeros(0, "i4"))


@pytest.mark.parametrize("wrap", [*LISTS, *VIEWS])
def test_nothing_but_nulls_or_empty_rows(wrap) -> None:
    for rows in ([None, None], [[], []], [[], None]):
        got = arrownd.to_ragged(pa.array(rows, wrap(pa.float64())))
        well_formed(got, 2)
        same_values(got.values, np.zeros(0))
        assert rows_of(got) == rows


@pytest.mark.parametrize("producer", ARRAYS)
def test_every_producer(producer) -> None:
    column = pa.chunked_array([pa.array([[1, 2], None, [], [3]], pa.large_list(pa.int64()))])
    got = arrownd.to_ragged(ARRAYS[producer](column))
    well_formed(got, 4)
    assert rows_of(got) == [[1, 2], None, [], [3]]


def test_series() -> None:
    series = pl.Series([[1, 2], [3]])
    assert rows_of(arrownd.to_ragged(series, allow_copy=False)) == [[1, 2], [3]]
    objects = pd.Series([[1, 2], [3]])
    assert rows_of(arrownd.to_ragged(objects)) == [[1, 2], [3]]


@pytest.mark.parametrize(
    "obj",
    [
        pa.array([1, 2]), pa.array(["a"]), pa.array([{"a": 1}]), pa.table({"a": [[1]]}), pa.array([True]),
        pa.array([None]), pa.array(["a"]).dictionary_encode(),
    ],
    ids=lambda obj: str(getattr(obj, "type", "table")),
)  # fmt: skip
def test_what_is_no_list(obj) -> None:
    with pytest.raises(arrownd.UnsupportedTypeError):
        arrownd.to_ragged(obj)


def test_what_is_no_producer() -> None:
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        arrownd.to_ragged([[1, 2], [3]])


def test_the_result_keeps_what_it_views() -> None:
    array = pa.array([list(range(n % 7)) for n in range(1000)], pa.large_list(pa.int64()))
    want = array.to_pylist()
    got = arrownd.to_ragged(array)
    del array
    gc.collect()
    pa.array(np.zeros(100_000))
    assert rows_of(got) == want
