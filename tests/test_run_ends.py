"""run_end_encoded: its values, expanded, wherever the slice begins and ends."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, ledger, same_values
from cases.case import objects_of

NAN = np.nan
ENDS = [pa.int16(), pa.int32(), pa.int64()]
RUNS = frozenset({"run-ends"})


def runs(lengths: list[int], values: pa.Array, ends: pa.DataType | None = None) -> pa.Array:
    stops = pa.array(np.cumsum(lengths), ends or pa.int32())
    return pa.RunEndEncodedArray.from_arrays(stops, values)


LENGTHS = [1, 70, 2, 64, 1, 3, 128, 5]


@pytest.mark.parametrize("ends", ENDS, ids=str)
def test_every_slice(ends: pa.DataType) -> None:
    array = runs(LENGTHS, pa.array([1, 2, 3, 4, 5, 6, 7, 8], pa.int16()), ends)
    whole = np.repeat(np.arange(1, 9, dtype="i2"), LENGTHS)
    # Within a run, at its edges, one beside them.
    edges = sorted({at + by for at in np.cumsum([0, *LENGTHS]) for by in (-1, 0, 1, 33) if 0 <= at + by <= len(whole)})
    with ledger() as book:
        for start, stop in itertools.combinations(edges, 2):
            with book.entry(f"[{start}:{stop}]"):
                want = Want(whole[start:stop], view=False, codes=RUNS)
                agree(array.slice(start, stop - start), want)
        for start in edges:
            with book.entry(f"nothing at {start}"):
                agree(array.slice(start, 0), Want(np.zeros(0, "i2"), view=True), allow_copy=False)


def test_slices_of_slices() -> None:
    array = runs(LENGTHS, pa.array(range(8)))
    whole = np.repeat(np.arange(8), LENGTHS)
    agree(array.slice(5).slice(60, 100).slice(7), Want(whole[72:165], view=False, codes=RUNS))


def test_nulls_are_runs_too() -> None:
    array = runs([2, 3, 1], pa.array([1, None, 3], pa.int16()))
    agree(
        array,
        Want(np.array([1, 1, NAN, NAN, NAN, 3], "f4"), view=False, codes=RUNS | {"nulls"}, also=frozenset({"cast"})),
    )
    agree(array, Want(np.array([1, 1, -1, -1, -1, 3], "i2"), view=False), na_value=-1)
    mask = np.array([False, False, True, True, True, False])
    agree(
        array, Want(np.array([1, 1, 0, 0, 0, 3], "i2"), view=False, mask=mask, masked=True, codes=RUNS), nulls="masked"
    )
    with pytest.raises(arrownd.NullsError, match="3 of 6 values are missing, the first at position 2"):
        arrownd.to_numpy(array, nulls="raise")
    with pytest.raises(arrownd.NullsError, match="1 of 2 values are missing, the first at position 0"):
        arrownd.to_numpy(array.slice(4), nulls="raise")
    for full in (array.slice(0, 2), array.slice(5)):
        agree(full, Want(np.array(full.to_pylist(), "i2"), view=False, codes=RUNS), nulls="raise")


def test_chunks() -> None:
    parts = [runs([2, 1], pa.array([1, 2])), runs([], pa.array([], pa.int64())), runs([4], pa.array([3])).slice(1, 2)]
    agree(pa.chunked_array(parts), Want(np.array([1, 1, 2, 3, 3]), view=False, codes=RUNS | {"chunked"}))
    agree(pa.chunked_array(parts[1:]), Want(np.array([3, 3]), view=False, codes=RUNS))


def test_long_runs_and_many_runs() -> None:
    one = runs([100_000], pa.array([7], pa.int8()))
    same_values(arrownd.to_numpy(one), np.full(100_000, 7, "i1"))
    each = runs([1] * 30_000, pa.array(range(30_000)), pa.int16())
    same_values(arrownd.to_numpy(each.slice(123)), np.arange(123, 30_000))


VALUES = {
    "text": (pa.array(["a", None]), objects_of(["a", "a", None])),
    "bool": (pa.array([True, False]), np.array([True, True, False])),
    "dates": (pa.array([0, 1], pa.int32()).cast(pa.date32()), np.array([0, 0, 1]).astype("M8[D]")),
    "timestamps": (pa.array([5, None], pa.timestamp("s")), np.array([5, 5, "NaT"], "M8[s]")),
    "fixed-size lists": (pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)), np.array([[1, 2], [1, 2], [3, 4]], "i1")),
    "lists": (pa.array([[1], [3]]), np.array([[1], [1], [3]])),
    "dictionaries": (pa.array(["x", "y"]).dictionary_encode(), objects_of(["x", "x", "y"])),
    "structs": (pa.array([{"a": 1, "b": 0.5}, None]), np.array([[1, 0.5], [1, 0.5], [NAN, NAN]])),
    "sliced": (pa.array([9, 1, 2]).slice(1), np.array([1, 1, 2])),
    "intervals": (
        pa.array([(1, 2, 3), (4, 5, 6)], pa.month_day_nano_interval()),
        np.array([(1, 2, 3), (1, 2, 3), (4, 5, 6)], [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")]),
    ),
    "maps": (pa.array([[("a", 1)], None], pa.map_(pa.utf8(), pa.int8())), objects_of([[("a", 1)], [("a", 1)], None])),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_kind(name: str) -> None:
    values, wanted = VALUES[name]
    array = runs([2, 1], values)
    agree(array, Want(wanted, view=False, strided=True))
    tail = arrownd.to_numpy(array.slice(1))
    same_values(tail, wanted[1:])


def test_as_objects() -> None:
    array = runs([2, 1, 1], pa.array([1.5, None, 2.5]))
    agree(array, Want(objects_of([1.5, 1.5, None, 2.5]), view=False), dtype=object)
    assert [r.code for r in arrownd.explain(array.slice(0, 2), dtype=object).reasons] == ["run-ends", "objects"]
    lists = arrownd.to_numpy(runs([2], pa.array([[1]])), dtype=object)
    lists[0].append(2)
    assert lists[1] == [1], "a change to one row's list is a change to another's"


def test_dtype_and_out() -> None:
    array = runs([2, 1], pa.array([1, 300]))
    agree(array, Want(np.array([1, 1, 300], "f4"), view=False, codes=RUNS | {"cast"}), dtype="f4")
    with pytest.raises(arrownd.LossyCastError, match="300.*2"):
        arrownd.to_numpy(array, dtype="u1")
    agree(array.slice(0, 2), Want(np.array([1, 1], "u1"), view=False), dtype="u1")
    out = np.zeros(6, "i8")[::-2]
    assert arrownd.to_numpy(array, out=out) is out
    assert out.tolist() == [1, 1, 300]
    with pytest.raises(arrownd.CopyNotAllowedError) as caught:
        arrownd.to_numpy(array, allow_copy=False)
    assert [reason.code for reason in caught.value.reasons] == ["run-ends"]
    words = runs([2, 1], pa.array(["a", "bcd"]))
    same_values(arrownd.to_numpy(words, dtype="U"), np.array(["a", "a", "bcd"]))
    assert arrownd.to_numpy(words, dtype="T").tolist() == ["a", "a", "bcd"]


def test_inside_of_others() -> None:
    numbers = runs([3, 2, 1], pa.array([1, 2, None], pa.int32()))
    with ledger() as book:
        with book.entry("list"):
            lists = pa.ListArray.from_arrays(pa.array([1, 3, 5], pa.int32()), numbers)
            agree(lists, Want(np.array([[1, 1], [2, 2]], "i4"), view=False, codes=RUNS))
        with book.entry("fixed-size list"):
            pairs = pa.FixedSizeListArray.from_arrays(numbers, 2)
            agree(pairs, Want(np.array([[1, 1], [1, 2], [2, NAN]]), view=False))
            agree(pairs.slice(1, 1), Want(np.array([[1, 2]], "i4"), view=False, codes=RUNS))
        with book.entry("struct"):
            struct = pa.StructArray.from_arrays([numbers, pa.array([0.5] * 6)], ["n", "x"])
            agree(struct.slice(2, 2), Want(np.array([[1, 0.5], [2, 0.5]]), view=False))
        with book.entry("table"):
            columns = arrownd.to_columns(pa.table({"n": numbers}))
            same_values(columns["n"], np.array([1, 1, 1, 2, 2, NAN]))
        with book.entry("structured"):
            got = arrownd.to_numpy(pa.table({"n": numbers.slice(1, 3)}), structured=True)
            same_values(got, np.array([(1,), (1,), (2,)], [("n", "i4")]))
