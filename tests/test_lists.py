"""lists="dense", which unset means: equally long rows are one more dimension, viewed if their values lie in a row."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, agree, ledger, same_values
from cases.case import as_buffer, bitmap

KINDS = {
    "list": pa.list_,
    "large_list": pa.large_list,
    "list_view": pa.list_view,
    "large_list_view": pa.large_list_view,
}
GAPS = frozenset({"list-gaps"})


def lists(kind: str, spans, child: pa.Array, valid=None) -> pa.Array:
    """Rows (start, length) of `child`, as they are; for lists, starts alone and where the last one ends."""
    width = "i8" if "large" in kind else "i4"
    starts, lengths = (np.array(part, width) for part in zip(*spans, strict=True))
    parts = [starts, lengths] if "view" in kind else [np.append(starts, starts[-1:] + lengths[-1:])]
    buffers = [
        None if valid is None else bitmap(np.array(valid, bool)),
        *(as_buffer(part.astype(width)) for part in parts),
    ]
    return pa.Array.from_buffers(KINDS[kind](child.type), len(spans), buffers, children=[child])


def in_a_row(count: int, width: int, start: int = 0) -> list[tuple[int, int]]:
    return [(start + at * width, width) for at in range(count)]


def start_of(array: pa.Array) -> int:
    return array.buffers()[-1].address + array.offset * (array.type.bit_width // 8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_view_wherever_the_rows_begin(kind: str) -> None:
    child = pa.array(range(100), pa.int32())
    with ledger() as book:
        for first, skipped, begin, width in itertools.product((0, 3), (0, 5), (0, 1, 4), (1, 2, 3)):
            with book.entry(f"child from {skipped}, lists from {first}, sliced from {begin}, {width} each"):
                array = lists(kind, in_a_row(9, width, first), child.slice(skipped)).slice(begin)
                low = first + skipped + begin * width
                wanted = np.arange(low, low + (9 - begin) * width, dtype="i4").reshape(-1, width)
                want = Want(wanted, view=True, address=start_of(child) + 4 * low)
                agree(array, want)
                agree(array, want, allow_copy=False)
                agree(array, want, lists="dense")
                agree(array, want, nulls="raise")


@pytest.mark.parametrize("kind", ["list_view", "large_list_view"])
def test_views_that_do_not_lie_in_a_row(kind: str) -> None:
    child = pa.array(range(10), pa.int64())
    spans = {
        "out of order": [(2, 2), (0, 2), (4, 2)], "overlapping": [(0, 3), (1, 3), (2, 3)], "with gaps": [(0, 2), (3, 2)],
        "one and the same": [(4, 2)] * 3, "backwards": [(8, 2), (6, 2)],
    }  # fmt: skip
    with ledger() as book:
        for name, rows in spans.items():
            with book.entry(name):
                array = lists(kind, rows, child)
                wanted = np.array([range(start, start + size) for start, size in rows])
                agree(array, Want(wanted, view=False, codes=GAPS))
                agree(array, Want(wanted, view=False, codes=GAPS, masked=True), nulls="masked")
                with pytest.raises(arrownd.CopyNotAllowedError, match="gaps") as caught:
                    arrownd.to_numpy(array, allow_copy=False)
                assert [reason.code for reason in caught.value.reasons] == ["list-gaps"]
        with book.entry("a single row lies in a row"):
            agree(
                lists(kind, [(4, 2), (0, 2)], child).slice(1),
                Want(np.array([[0, 1]]), view=True, address=start_of(child)),
            )


@pytest.mark.parametrize("kind", ["list_view", "large_list_view"])
def test_values_that_no_row_shows_are_no_matter(kind: str) -> None:
    """A null between views, or under a null row, is not in the result."""
    child = pa.array([1, 2, None, 4, 5, None], pa.int16())
    agree(lists(kind, [(3, 2), (0, 2)], child), Want(np.array([[4, 5], [1, 2]], "i2"), view=False, codes=GAPS))
    array = lists(kind, [(0, 2), (2, 2)], child, [True, False])
    agree(array, Want(np.array([[1, 2], [np.nan, np.nan]], "f4"), view=False))
    agree(array, Want(np.array([[1, 2], [7, 7]], "i2"), view=False), na_value=7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("under", [0, 1, 2, 5])
def test_null_rows_with_content_under_them(kind: str, under: int) -> None:
    """Of the right length, the values are viewed beside the mask; of another, they are gathered."""
    child = pa.array([1, 2, *([2**53 + 1] * under), 5, 6])
    array = lists(kind, [(0, 2), (2, under), (2 + under, 2)], child, [True, False, True])
    nan = np.nan
    codes = frozenset({"nulls"}) if under == 2 else frozenset({"nulls", "list-gaps"})
    agree(array, Want(np.array([[1, 2], [nan, nan], [5, 6]]), view=False, codes=codes, also=frozenset({"cast"})))
    mask = np.array([[False] * 2, [True] * 2, [False] * 2])
    values = np.array([[1, 2], [0, 0], [5, 6]])
    agree(array, Want(values, view=under == 2, mask=mask, address=start_of(child), masked=True), nulls="masked")
    assert arrownd.to_numpy(array, dtype="u1", na_value=9).tolist() == [[1, 2], [9, 9], [5, 6]]
    with pytest.raises(arrownd.NullsError, match="2 of 6 values are missing"):
        arrownd.to_numpy(array, nulls="raise")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_say_how_long(kind: str) -> None:
    """All rows empty or null: (n, 0); no rows: (0, 0). Nothing is missing, and nothing is copied."""
    type = KINDS[kind](pa.int8())
    nested = KINDS[kind](KINDS[kind](pa.list_(pa.int8(), 2)))
    with ledger() as book:
        for options in ({}, {"nulls": "masked"}, {"na_value": 1}, {"allow_copy": False}, {"lists": "pad"}):
            masked = options.get("nulls") == "masked"
            for rows, shape in (([], (0, 0)), ([[]], (1, 0)), ([None], (1, 0)), ([[], None, []], (3, 0))):
                with book.entry(f"{rows} {options}"):
                    agree(pa.array(rows, type), Want(np.zeros(shape, "i1"), view=True, masked=masked), **options)
                with book.entry(f"{rows} nested {options}"):
                    want = Want(np.zeros((*shape, 0, 2), "i1"), view=True, masked=masked)
                    agree(pa.array(rows, nested), want, **options)
    got = arrownd.to_numpy(pa.array([[[]], [[]]], nested))
    assert got.shape == (2, 1, 0, 2)


RAGGED = {
    "the second": (pa.array([[1, 2], [3]]), 1), "the last": (pa.array([[1], None, [2], []]), 3),
    "sliced": (pa.array([[1, 2], [3], [4, 5], [6]]).slice(2), 1), "nulls first": (pa.array([None, None, [1], [1, 2]]), 3),
    "empty first": (pa.array([[], [1]]), 1),
    "in the second chunk": (pa.chunked_array([[[1], [2]], [[3], [4, 5]]]), 3),
    "from chunk to chunk": (pa.chunked_array([[[1], [2]], [], [[3, 4], [4, 5]]], pa.list_(pa.int64())), 2),
    "list views": (pa.array([[1], [2, 3]], pa.list_view(pa.int8())), 1),
    "over structs": (pa.array([[{"a": 1}], []]), 1),
    "over dictionaries": (pa.array([["a"], []], pa.list_(pa.dictionary(pa.int8(), pa.utf8()))), 1),
    "of text": (pa.array([["a"], ["b", "c"]]), 1),
    "of structs without fields": (pa.array([[{}], [{}, {}]], pa.list_(pa.struct([]))), 1),
    "in a dictionary": (pa.array([[1], [2, 3]]).take(pa.array([1, 1, 0])), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", RAGGED)
def test_ragged_rows_are_named(name: str) -> None:
    array, row = RAGGED[name]
    for call in (arrownd.to_numpy, arrownd.to_masked, arrownd.explain):
        with pytest.raises(arrownd.RaggedError, match=rf"row {row} has a list of \d") as caught:
            call(array)
        for word in ('lists="pad"', 'lists="object"'):
            assert word in str(caught.value)


def test_ragged_rows_of_a_column_are_named() -> None:
    table = pa.table({"a": [1, 2], "r": [[1], [2, 3]]})
    with pytest.raises(arrownd.RaggedError, match=r'field "r": row 1 has a list of 2, and those before it have 1'):
        arrownd.to_columns(table)
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(table)
    # Even where they are equally long: a matrix's width doesn't depend on its values.
    for uniform in (pa.table({"a": [1, 2], "r": [[1], [2]]}), pa.table({"r": [[1], [2]]})):
        with pytest.raises(arrownd.RaggedError, match=r'"r".*to_columns'):
            arrownd.to_numpy(uniform)
    assert arrownd.to_columns(pa.table({"r": [[1], [2]]}))["r"].tolist() == [[1], [2]]
    assert arrownd.to_numpy(table, columns=["a"]).tolist() == [[1], [2]]


def test_inner_lists_have_to_be_equally_long_too() -> None:
    with pytest.raises(arrownd.RaggedError, match="row 1 "):
        arrownd.to_numpy(pa.array([[[1], [2]], [[3], [4, 5]]]))
    with pytest.raises(arrownd.RaggedError, match="row 2 "):
        arrownd.to_numpy(pa.array([[[1, 2]], None, [[4]]]))
    # A list that is not in any row doesn't count.
    child = pa.array([[1, 2], [3, 4], [5]])
    same_values(arrownd.to_numpy(lists("list", in_a_row(2, 1), child)), np.array([[[1, 2]], [[3, 4]]]))


def test_nested_lists_are_viewed() -> None:
    leaf = pa.array(range(40), pa.uint8())
    inner = lists("large_list", in_a_row(12, 3, 2), leaf)
    outer = lists("list_view", in_a_row(5, 2, 1), inner)
    wanted = np.arange(5, 35, dtype="u1").reshape(5, 2, 3)
    agree(outer, Want(wanted, view=True, address=start_of(leaf) + 5))
    agree(outer.slice(2, 2), Want(wanted[2:4], view=True, address=start_of(leaf) + 17))
    swapped = lists("list_view", [(2, 2), (0, 2)], inner)
    agree(swapped, Want(np.arange(2, 14, dtype="u1").reshape(2, 2, 3)[::-1], view=False, codes=GAPS))


def test_nulls_at_three_levels() -> None:
    rows = [[[1, 2], None], None, [[None, 6], [7, 8]]]
    nan = np.nan
    wanted = np.array([[[1, 2], [nan, nan]], [[nan, nan], [nan, nan]], [[nan, 6], [7, 8]]], "f4")
    for outer, inner in itertools.product(KINDS, KINDS):
        array = pa.array(rows, KINDS[outer](KINDS[inner](pa.int8())))
        agree(array, Want(wanted, view=False))
        got = arrownd.to_numpy(array, nulls="masked")
        assert got.dtype == "i1"
        assert got.mask.tolist() == np.isnan(wanted).tolist()
        assert got[~got.mask].tolist() == [1, 2, 6, 7, 8]
        assert arrownd.to_numpy(array, na_value=-1).tolist() == np.where(np.isnan(wanted), -1, wanted).tolist()
        with pytest.raises(arrownd.NullsError, match="7 of 12"):
            arrownd.to_numpy(array, nulls="raise")


def test_chunks() -> None:
    type = pa.list_(pa.float32())
    parts = [pa.array([[1, 2]], type), pa.array([], type), pa.array([[], [3, 4], [5, 6]], type).slice(1)]
    wanted = np.array([[1, 2], [3, 4], [5, 6]], "f4")
    agree(pa.chunked_array(parts), Want(wanted, view=False, codes=frozenset({"chunked"})))
    alone = pa.chunked_array([parts[1], parts[2]])
    agree(alone, Want(wanted[1:], view=True, address=start_of(parts[2].values)))
    holes = pa.chunked_array([parts[0], pa.array([None, None], type)])
    agree(holes, Want(np.array([[1, 2], [np.nan] * 2, [np.nan] * 2], "f4"), view=False))


def test_dtype_reaches_the_values() -> None:
    array = pa.array([[1, 2], [300, 4]])
    agree(array, Want(np.array([[1, 2], [300, 4]], "f4"), view=False, codes=frozenset({"cast"})), dtype="f4")
    with pytest.raises(arrownd.LossyCastError, match="300"):
        arrownd.to_numpy(array, dtype="u1")
    assert arrownd.to_numpy(array, dtype="u1", safe=False).tolist() == [[1, 2], [44, 4]]
    stamps = pa.array([[0, 1]], pa.list_(pa.timestamp("s")))
    same_values(arrownd.to_numpy(stamps, dtype="M8[ms]"), np.array([[0, 1000]], "i8").view("M8[ms]"))
    texts = pa.array([["a", "bc"], ["", None]])
    same_values(arrownd.to_numpy(texts, dtype="U", na_value="x"), np.array([["a", "bc"], ["", "x"]]))
    assert arrownd.to_numpy(texts, dtype="T", na_value="x").tolist() == [["a", "bc"], ["", "x"]]
    for got in (arrownd.to_numpy(array, dtype=object), arrownd.to_numpy(array.slice(0, 0), dtype=object)):
        assert got.dtype == object and got.ndim == 1
    assert arrownd.to_numpy(array, dtype=object).tolist() == [[1, 2], [300, 4]]
    dense = arrownd.to_numpy(array, dtype=object, lists="dense")
    assert dense.shape == (2, 2) and dense.tolist() == [[1, 2], [300, 4]]


def test_out_order_and_writable() -> None:
    array = pa.array([[1, 2, 3], [4, None, 6]], pa.list_(pa.int16()))
    wanted = np.array([[1, 2, 3], [4, np.nan, 6]], "f4")
    with ledger() as book:
        for name, out in {
            "C": np.zeros((2, 3), "f4"), "F": np.zeros((2, 3), "f4", order="F"), "strided": np.zeros((4, 9), "f4")[::2, ::3],
            "backwards": np.zeros((2, 3), "f4")[::-1, ::-1], "other dtype": np.zeros((2, 3), "f8"),
        }.items():  # fmt: skip
            with book.entry(name):
                dtype = {"dtype": "f8"} if name == "other dtype" else {}
                assert arrownd.to_numpy(array, out=out, **dtype) is out
                same_values(out, wanted.astype(out.dtype))
        for bad in (np.zeros((3, 2), "f4"), np.zeros((2, 3), "i2"), np.zeros((2, 2), "f4"), np.zeros(2, "f4")):
            with book.entry(f"{bad.shape} {bad.dtype}"), pytest.raises((TypeError, ValueError)):
                arrownd.to_numpy(array, out=bad)
    full = array.slice(0, 1)
    got = agree(full, Want(np.array([[1, 2, 3]], "i2"), view=False, codes=frozenset({"requested"})), writable=True)
    got[:] = 0
    assert full.to_pylist() == [[1, 2, 3]]
    ragged = pa.array([[1], [2, 3]])
    out = np.full((2, 2), -1)
    with pytest.raises(arrownd.RaggedError):
        arrownd.to_numpy(ragged, out=out)
    assert (out == -1).all()


def test_structs_in_lists() -> None:
    """One more dimension at the end, in the common dtype; records with structured=True."""
    rows = [[{"a": 1, "b": 2.5}, {"a": None, "b": 4.5}], None, [None, {"a": 5, "b": None}]]
    array = pa.array(rows, pa.list_(pa.struct([("a", pa.int8()), ("b", pa.float32())])))
    nan = np.nan
    wanted = np.array([[[1, 2.5], [nan, 4.5]], [[nan, nan]] * 2, [[nan, nan], [5, nan]]], "f4")
    agree(array, Want(wanted, view=False))
    dtype = np.dtype([("a", "f4"), ("b", "f4")])
    records = np.array([[(1, 2.5), (nan, 4.5)], [(nan, nan)] * 2, [(nan, nan), (5, nan)]], dtype)
    agree(array, Want(records, view=False), structured=True)
    got = arrownd.to_numpy(array, nulls="masked")
    assert got.mask.tolist() == np.isnan(wanted).tolist()


def test_lists_in_dictionaries_and_runs() -> None:
    values = pa.array([[1, 2], [3, 4], None, [5, 6]], pa.list_(pa.int32()))
    coded = pa.DictionaryArray.from_arrays(pa.array([3, 0, None, 0, 2], pa.int8()), values)
    nan = [np.nan, np.nan]
    agree(coded, Want(np.array([[5, 6], [1, 2], nan, [1, 2], nan]), view=False))
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 5, 6], pa.int32()), values)
    agree(runs.slice(1, 4), Want(np.array([[1, 2], [3, 4], nan, nan]), view=False))
    agree(runs.slice(0, 3), Want(np.array([[1, 2], [1, 2], [3, 4]], "i4"), view=False))


def test_the_view_keeps_the_child_alone() -> None:
    array = pa.array([[1, 2], [3, 4]])
    view = arrownd.to_numpy(array)
    lies = start_of(array.values)
    del array
    assert view.tolist() == [[1, 2], [3, 4]]
    assert address_of(view) == lies
    with pytest.raises(ValueError, match="read-only"):
        view[0, 0] = 5


def test_a_missing_list_view_may_reach_past_its_values() -> None:
    """Its offset and size mean nothing, even where they look like the next list's."""
    buffers = [pa.py_buffer(b"\x01"), *(pa.py_buffer(np.array(n, "i4")) for n in ([0, 2], [2, 2]))]
    array = pa.ListViewArray.from_buffers(pa.list_view(pa.int64()), 2, buffers, children=[pa.array([1, 2])])
    plan = arrownd.explain(array, nulls="masked")
    got = arrownd.to_numpy(array, nulls="masked")
    assert got.tolist() == [[1, 2], [None, None]]
    assert plan.copies is True
    assert [reason.code for reason in plan.reasons] == ["list-gaps"]
    assert got.data.flags.writeable
