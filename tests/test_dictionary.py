"""dictionary: its values, gathered; missing by a null code or by a null value. Codes themselves: tests/test_to_codes.py."""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, ledger, same_values
from cases.case import as_buffer, bitmap, objects_of

NAN = np.nan
INDEXES = [getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
DICTIONARY = frozenset({"dictionary"})


def coded(codes: list, values: pa.Array, index: pa.DataType | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, index or pa.int8()), values)


@pytest.mark.parametrize("index", INDEXES, ids=str)
def test_every_index_type(index: pa.DataType) -> None:
    values = pa.array([7, -1, 2**40])
    codes = [2, 0, 0, 1, 2, 1]
    wanted = np.array([2**40, 7, 7, -1, 2**40, -1])
    agree(coded(codes, values, index), Want(wanted, view=False, codes=DICTIONARY))
    agree(coded([*codes, None], values, index).slice(1, 5), Want(wanted[1:], view=False, codes=DICTIONARY))
    marked = Want(np.append(wanted, NAN), view=False, codes=DICTIONARY | {"nulls"}, also=frozenset({"cast"}))
    agree(coded([*codes, None], values, index), marked)


@pytest.mark.parametrize("index", INDEXES, ids=str)
def test_the_last_code_that_an_index_type_has(index: pa.DataType) -> None:
    size = min(2**index.bit_width if str(index).startswith("u") else 2 ** (index.bit_width - 1), 70_000)
    values = pa.array(np.arange(size) * 3)
    same_values(arrownd.to_numpy(coded([size - 1, 0, size - 2], values, index)), np.array([size - 1, 0, size - 2]) * 3)


@pytest.mark.parametrize("index", INDEXES, ids=str)
def test_many_codes(index: pa.DataType) -> None:
    """More than are checked at once, from any position on, and in chunks."""
    codes = np.arange(20_003) * 7 % 100
    array = coded(codes, pa.array(np.arange(100) * 0.5), index)
    for start, stop in [(0, 20_003), (1, 8193), (3, 8195), (100, 20_000)]:
        same_values(arrownd.to_numpy(array[start:stop]), codes[start:stop] * 0.5)
    same_values(arrownd.to_numpy(pa.chunked_array([array, array[5:]])), np.append(codes, codes[5:]) * 0.5)
    days = coded(codes, pa.array(np.arange(100), pa.int32()).cast(pa.date32()), index)
    same_values(arrownd.to_numpy(days), codes.astype("M8[D]"))


@pytest.mark.parametrize("at", [0, 63, 8191, 8192, 20_002])
@pytest.mark.parametrize("code", [100, -1])
def test_a_code_beyond_the_values_is_found_anywhere(at: int, code: int) -> None:
    codes = (np.arange(20_003) % 100).astype("i4")
    codes[at] = code
    for values in (pa.array(np.arange(100) * 0.5), pa.array([str(i) for i in range(100)])):
        array = pa.DictionaryArray.from_arrays(pa.array(codes), values, safe=False)
        for options in ({}, {"nulls": "masked"}, {"dtype": object}):
            with pytest.raises(arrownd.InvalidArrowError) as caught:
                arrownd.to_numpy(array, **options)
            wrong = f"index {code} at position {at} of a dictionary with 100 values"
            assert str(caught.value) == f"invalid Arrow data: {wrong}"


def test_nulls_in_codes_and_in_values() -> None:
    values = pa.array([10, None, 30], pa.int16())
    codes = [0, 1, None, 2, 1]
    array = coded(codes, values)
    agree(array, Want(np.array([10, NAN, NAN, 30, NAN], "f4"), view=False))
    agree(array, Want(np.array([10, -1, -1, 30, -1], "i2"), view=False), na_value=-1)
    mask = np.array([False, True, True, False, True])
    agree(
        array,
        Want(np.array([10, 0, 0, 30, 0], "i2"), view=False, mask=mask, masked=True, codes=DICTIONARY),
        nulls="masked",
    )
    with pytest.raises(arrownd.NullsError, match="3 of 5 values are missing, the first at position 1"):
        arrownd.to_numpy(array, nulls="raise")
    # A null value that no code points to is not missing.
    agree(coded([0, 2, 2], values), Want(np.array([10, 30, 30], "i2"), view=False, codes=DICTIONARY), nulls="raise")


def test_what_lies_under_a_null_code_is_never_read() -> None:
    codes = pa.Array.from_buffers(
        pa.int8(), 3, [bitmap(np.array([True, False, True])), as_buffer(np.array([1, -99, 0], "i1"))]
    )
    array = pa.DictionaryArray.from_arrays(codes, pa.array(["a", "b"]), safe=False)
    agree(array, Want(objects_of(["b", None, "a"]), view=False))
    bad = pa.Array.from_buffers(pa.int8(), 1, [None, as_buffer(np.array([-99], "i1"))])
    wrong = pa.DictionaryArray.from_arrays(bad, pa.array(["a"]), safe=False)
    with pytest.raises(arrownd.InvalidArrowError, match=r"-99|index|code"):
        arrownd.to_numpy(wrong)


def test_values_are_checked_only_where_used() -> None:
    """2**53 + 1 has no float64: an error where a null makes floats and the value is in a row."""
    values = pa.array([1, 2**53 + 1])
    same_values(arrownd.to_numpy(coded([0, None], values)), np.array([1, NAN]))
    same_values(arrownd.to_numpy(coded([0, 1], values)), np.array([1, 2**53 + 1]))
    for use in ({}, {"dtype": "f8"}):
        with pytest.raises(arrownd.LossyCastError, match=str(2**53 + 1)):
            arrownd.to_numpy(coded([0, 1, None], values), **use)
    same_values(arrownd.to_numpy(coded([0, 0], pa.array([1, 300])), dtype="u1"), np.array([1, 1], "u1"))


def test_a_dictionary_without_values() -> None:
    none = coded([None, None], pa.array([], pa.int32()))
    agree(none, Want(np.array([NAN, NAN]), view=False))
    agree(none.slice(0, 0), Want(np.zeros(0, "i4"), view=True))
    agree(coded([], pa.array([1, 2])), Want(np.zeros(0, "i8"), view=True), allow_copy=False)
    agree(coded([None], pa.array([], pa.utf8())), Want(objects_of([None]), view=False))


def test_chunks_have_dictionaries_of_their_own() -> None:
    """As delta batches do: each code is looked up in its own chunk's dictionary."""
    words = [["a", "b"], ["b", "c", None], [], ["a"]]
    chunks = [pa.array(part, pa.utf8()).dictionary_encode() for part in words]
    wanted = objects_of(["a", "b", "b", "c", None, "a"])
    agree(pa.chunked_array(chunks), Want(wanted, view=False))
    alone = pa.chunked_array([chunks[2], chunks[1]])
    agree(alone, Want(objects_of(["b", "c", None]), view=False))
    numbers = pa.chunked_array([coded([1, 0], pa.array([5, 6])), coded([0, 0], pa.array([7]))])
    agree(numbers, Want(np.array([6, 5, 7, 7]), view=False, codes=DICTIONARY | {"chunked"}))


VALUES = {
    "bool": (pa.array([True, False]), np.array([False, True, True])),
    "dates": (pa.array([dt.date(1970, 1, 2), dt.date(1970, 1, 3)]), np.array([2, 1, 1]).astype("M8[D]")),
    "timestamps": (pa.array([5, 6], pa.timestamp("ns", "UTC")), np.array([6, 5, 5], "M8[ns]")),
    "bytes": (pa.array([b"a", b"\x00"]), objects_of([b"\x00", b"a", b"a"])),
    "fixed-size binary": (pa.array([b"ab", b"cd"], pa.binary(2)), np.array([b"cd", b"ab", b"ab"], "V2")),
    "intervals": (
        pa.array([(1, 2, 3), (4, 5, 6)], pa.month_day_nano_interval()),
        np.array([(4, 5, 6), (1, 2, 3), (1, 2, 3)], [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")]),
    ),
    "fixed-size lists": (pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)), np.array([[3, 4], [1, 2], [1, 2]], "i1")),
    "lists": (pa.array([[1], [3]], pa.list_(pa.int8())), np.array([[3], [1], [1]], "i1")),
    "dictionaries": (coded([1, 0], pa.array([5, 6])), np.array([5, 6, 6])),
    "runs": (pa.RunEndEncodedArray.from_arrays(pa.array([1, 2]), pa.array([5, 6])), np.array([6, 5, 5])),
    "structs": (pa.array([{"a": 1, "b": 0.5}, {"a": 2, "b": 1.5}]), np.array([[2, 1.5], [1, 0.5], [1, 0.5]])),
    "sliced": (pa.array([9, 1, 2, 9]).slice(1, 2), np.array([2, 1, 1])),
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_of_every_kind(name: str) -> None:
    values, wanted = VALUES[name]
    array = coded([1, 0, 0], values)
    agree(array, Want(wanted, view=False, strided=True))
    agree(array.slice(1), Want(wanted[1:], view=False, strided=True))
    missing = coded([1, None, 0], values)
    full = wanted[[0, 2]]
    got = arrownd.to_numpy(missing, nulls="masked")
    mask = np.ma.getmaskarray(got)
    if mask.dtype.names is None:
        assert mask.reshape(3, -1).all(axis=1).tolist() == [False, True, False]
    same_values(got.data[[0, 2]], full)


def test_as_objects() -> None:
    """dtype=object: the values as Python objects, one object for one value, and the reasons are both."""
    array = coded([1, 0, None, 1], pa.array([1.5, 2.5]))
    got = agree(array, Want(objects_of([2.5, 1.5, None, 2.5]), view=False), dtype=object)
    assert got[0] is got[3]
    full = array.slice(0, 2)
    assert [reason.code for reason in arrownd.explain(full, dtype=object).reasons] == ["dictionary", "objects"]
    structs = coded([1, None], pa.array([{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]))
    got = arrownd.to_numpy(structs, dtype=object)
    assert got.tolist() == [[2, "y"], [None, None]]


@pytest.mark.skipif(not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="counts of one thread")
def test_references_to_objects() -> None:
    """An array of objects has as many references as places, whether 64 are given away together or one by one."""
    missing = object()
    for rows in (63, 64, 1000):
        codes = [None if i % 10 == 3 else i * 7 % 50 for i in range(rows)]
        before = sys.getrefcount(missing)
        got = arrownd.to_numpy(coded(codes, pa.array([i + 0.5 for i in range(50)])), dtype=object, na_value=missing)
        assert sys.getrefcount(missing) - before == sum(code is None for code in codes)
        cells = list(got)
        for wanted, cell in zip(codes, cells, strict=True):
            assert cell is missing if wanted is None else cell == wanted + 0.5
        some = cells[0]
        places = sum(cell is some for cell in cells)
        # The array's, the list's, `some`, and the argument.
        assert sys.getrefcount(some) == 2 * places + 2
        del got, cell
        assert sys.getrefcount(some) == places + 2
        del cells
        assert (sys.getrefcount(some), sys.getrefcount(missing)) == (2, before)


def test_references_after_an_error() -> None:
    """What was made before the value that doesn't fit is let go of, as often as it was given away."""
    when = pa.array([dt.timedelta(days=1), None], pa.duration("ns"))
    values = pa.concat_arrays(
        [when[:1].cast(pa.duration("us")).cast(pa.duration("ns")), pa.array([1], pa.duration("ns"))]
    )
    array = coded([0] * 200 + [1], values)
    with pytest.raises(arrownd.LossyCastError, match="position 200"):
        arrownd.to_numpy(array, dtype=object)

    class Marker:
        pass

    marker = Marker()
    array = coded([None, 0] * 100 + [1], values)
    before = sys.getrefcount(marker)
    with pytest.raises(arrownd.LossyCastError, match="position 200"):
        arrownd.to_numpy(array, dtype=object, na_value=marker)
    assert sys.getrefcount(marker) == before


def test_dtype() -> None:
    array = coded([1, 0, 1], pa.array([1, 300]))
    agree(array, Want(np.array([300, 1, 300], "f4"), view=False, codes=DICTIONARY | {"cast"}), dtype="f4")
    with pytest.raises(arrownd.LossyCastError, match="300"):
        arrownd.to_numpy(array, dtype="u1")
    words = coded([1, 0, None], pa.array(["a", "bcd"]))
    same_values(arrownd.to_numpy(words, dtype="U", na_value=""), np.array(["bcd", "a", ""]))
    assert arrownd.to_numpy(words, dtype=np.dtypes.StringDType(na_object=None)).tolist() == ["bcd", "a", None]
    same_values(arrownd.to_numpy(coded([0], pa.array([b"xy"])), dtype="S"), np.array([b"xy"]))
    with pytest.raises(arrownd.UnsupportedTypeError, match="float64"):
        arrownd.to_numpy(words, dtype="f8")


def test_inside_of_others() -> None:
    words = coded([1, 0, None, 1], pa.array(["a", "b"]))
    numbers = coded([1, 0, 0, 1], pa.array([5, 6], pa.int32()))
    with ledger() as book:
        with book.entry("list"):
            lists = pa.ListArray.from_arrays(pa.array([0, 2, 4], pa.int32()), numbers)
            agree(lists, Want(np.array([[6, 5], [5, 6]], "i4"), view=False, codes=DICTIONARY))
        with book.entry("ragged list"):
            ragged = pa.ListArray.from_arrays(pa.array([0, 1, 4], pa.int32()), words)
            got = arrownd.to_numpy(ragged, lists="pad")
            assert got.tolist() == [["b", None, None], ["a", None, "b"]]
        with book.entry("fixed-size list"):
            pairs = pa.FixedSizeListArray.from_arrays(words, 2).slice(1)
            agree(pairs, Want(np.array([[None, "b"]], object), view=False))
        with book.entry("struct"):
            struct = pa.StructArray.from_arrays([numbers, words], ["n", "w"])
            agree(struct, Want(np.array([[6, "b"], [5, "a"], [5, None], [6, "b"]], object), view=False))
            got = arrownd.to_columns(struct.slice(1))
            same_values(got["n"], np.array([5, 5, 6], "i4"))
        with book.entry("table"):
            table = pa.table({"n": numbers, "x": [0.5] * 4})
            agree(table, Want(np.array([[6, 0.5], [5, 0.5], [5, 0.5], [6, 0.5]]), view=False))


def test_out_and_allow_copy() -> None:
    array = coded([1, 0, 1], pa.array([1, 2], pa.int16()))
    out = np.zeros(6, "i2")[::-2]
    assert arrownd.to_numpy(array, out=out) is out
    assert out.tolist() == [2, 1, 2]
    with pytest.raises(arrownd.CopyNotAllowedError, match="to_codes") as caught:
        arrownd.to_numpy(array, allow_copy=False)
    assert [reason.code for reason in caught.value.reasons] == ["dictionary"]
    got = arrownd.to_numpy(array)
    got[0] = 9
    assert array.to_pylist() == [2, 1, 2]
