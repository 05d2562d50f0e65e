"""lists="pad": rows are padded at the end to the longest, or to `pad_to`, with what `nulls` or `na_value` gives."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, ledger, same_values
from test_lists import KINDS, lists, start_of

RAGGED = [[1, 2], [], None, [3, None], [4, 5, 6]]
NAN = np.nan


def padded(rows, width: int, fill, dtype) -> np.ndarray:
    """Rows of leaves; a null row and a null in a row as the padding."""
    full = np.full((len(rows), width), fill, dtype)
    for at, row in enumerate(rows):
        for place, value in enumerate(row or ()):
            if value is not None:
                full[at, place] = value
    return full


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("pad_to", [None, 3, 5])
def test_nulls_and_padding_are_alike(kind: str, pad_to: int | None) -> None:
    array = pa.array(RAGGED, KINDS[kind](pa.int16()))
    width, options = pad_to or 3, {"lists": "pad"} if pad_to is None else {"lists": "pad", "pad_to": pad_to}
    with ledger() as book:
        for start in (0, 1, 3):
            rows, part = RAGGED[start:], array.slice(start)
            wanted = padded(rows, width, NAN, "f4")
            with book.entry(f"nan from {start}"):
                agree(
                    part,
                    Want(wanted, view=False, codes=frozenset({"nulls", "list-gaps"}), also=frozenset({"cast"})),
                    **options,
                )
            with book.entry(f"na_value from {start}"):
                agree(part, Want(padded(rows, width, -7, "i2"), view=False), na_value=-7, **options)
            with book.entry(f"masked from {start}"):
                want = Want(padded(rows, width, 0, "i2"), view=False, mask=np.isnan(wanted), masked=True)
                agree(part, want, nulls="masked", **options)
            with book.entry(f"to_masked from {start}"):
                got = arrownd.to_masked(part, **options)
                assert got.mask.tolist() == np.isnan(wanted).tolist()
                same_values(got.values, padded(rows, width, 0, "i2"), ~got.mask)


TYPES = {
    "int8": (pa.int8(), [[1], [2, 3]], "f4", NAN, 9), "uint64": (pa.uint64(), [[1], [2, 3]], "f8", NAN, 9),
    "float32": (pa.float32(), [[1.5], [2, 3]], "f4", NAN, -1.0), "float16": (pa.float16(), [[1.5], [2, 3]], "f2", NAN, -1.0),
    "bool": (pa.bool_(), [[True], [False, True]], object, None, False), "utf8": (pa.utf8(), [["a"], ["b", "c"]], object, None, ""),
    "binary": (pa.binary(), [[b"a"], [b"b", b"c"]], object, None, b""),
    "fixed_size_binary": (pa.binary(1), [[b"a"], [b"b", b"c"]], object, None, b"z"),
    "date32": (pa.date32(), [[dt.date(1970, 1, 2)], [dt.date(1970, 1, 3)] * 2], "M8[D]", np.datetime64("NaT"), np.datetime64("2000-01-01")),
    "timestamp": (pa.timestamp("s"), [[dt.datetime(1970, 1, 2)], [dt.datetime(1970, 1, 3)] * 2], "M8[s]", np.datetime64("NaT"), np.datetime64("2000-01-01")),
    "duration": (pa.duration("ms"), [[dt.timedelta(1)], [dt.timedelta(2)] * 2], "m8[ms]", np.timedelta64("NaT"), np.timedelta64(0)),
    "decimal": (pa.decimal128(5, 2), [[Decimal("1.50")], [Decimal("0.00"), Decimal("-1.00")]], object, None, 0),
    "dictionary": (pa.dictionary(pa.int8(), pa.int32()), [[1], [2, 3]], "f8", NAN, 9),
    "map": (pa.map_(pa.utf8(), pa.int8()), [[[("a", 1)]], [[], [("b", None)]]], object, None, "none"),
}  # fmt: skip


def cells(rows, fill, dtype) -> np.ndarray:
    full = np.empty((2, 2), dtype)
    full[0, 0], full[1, 0], full[1, 1] = rows[0][0], rows[1][0], rows[1][1]
    full[0, 1] = fill
    return full


@pytest.mark.parametrize("name", TYPES)
def test_types(name: str) -> None:
    type, rows, dtype, marker, fill = TYPES[name]
    array = pa.array(rows, pa.list_(type))
    agree(array, Want(cells(rows, marker, dtype), view=False), lists="pad")
    plain = arrownd.explain(array.slice(1)).dtype
    # None stands for the padding under the mask of objects.
    under = None if plain == object else np.zeros(1, plain)[0]
    want = Want(cells(rows, under, plain), view=False, mask=np.array([[False, True], [False, False]]), masked=True)
    agree(array, want, lists="pad", nulls="masked")
    agree(array, Want(cells(rows, fill, plain), view=False), lists="pad", na_value=fill)


def test_equally_long_rows_are_viewed() -> None:
    child = pa.array(range(10), pa.int32())
    array = lists("list", [(1, 2), (3, 2), (5, 2)], child)
    wanted = np.arange(1, 7, dtype="i4").reshape(3, 2)
    for options in ({}, {"pad_to": 2}, {"allow_copy": False}, {"nulls": "raise"}, {"na_value": 0}):
        agree(array, Want(wanted, view=True, address=start_of(child) + 4), lists="pad", **options)
    with pytest.raises(arrownd.CopyNotAllowedError) as caught:
        arrownd.to_numpy(array, lists="pad", pad_to=3, allow_copy=False)
    assert "list-gaps" in [reason.code for reason in caught.value.reasons]


def test_pad_to_is_exact() -> None:
    array = pa.array([[1], [1, 2, 3], [4, 5]])
    same_values(
        arrownd.to_numpy(array, lists="pad", pad_to=4, na_value=0), np.array([[1, 0, 0, 0], [1, 2, 3, 0], [4, 5, 0, 0]])
    )
    for short in (0, 1, 2):
        with pytest.raises(arrownd.RaggedError, match=r"row \d.*3|row 0.*1") as caught:
            arrownd.to_numpy(array, lists="pad", pad_to=short)
        assert "pad_to" in str(caught.value)
    chunks = pa.chunked_array([[[1], [2]], [[3], [4, 5]]])
    with pytest.raises(arrownd.RaggedError, match="row 3"):
        arrownd.to_numpy(chunks, lists="pad", pad_to=1)
    # A null row's content isn't a row.
    hidden = lists("list", [(0, 1), (1, 2)], pa.array([1, 2, 3]), [True, False])
    same_values(arrownd.to_numpy(hidden, lists="pad", pad_to=1, na_value=0), np.array([[1], [0]]))


def test_pad_to_gives_rows_a_length_where_nothing_else_does() -> None:
    type = pa.list_(pa.int8())
    for rows in ([[], None], [None, None], [[], []]):
        same_values(arrownd.to_numpy(pa.array(rows, type), lists="pad"), np.zeros((2, 0), "i1"))
        same_values(arrownd.to_numpy(pa.array(rows, type), lists="pad", pad_to=3), np.full((2, 3), NAN, "f4"))
    same_values(arrownd.to_numpy(pa.array([], type), lists="pad", pad_to=3), np.zeros((0, 3), "i1"))


def test_nulls_raise() -> None:
    """Padding isn't missing data: it needs a value to pad with, and then only what is null raises."""
    ragged = pa.array([[1], [2, 3]])
    with pytest.raises(TypeError, match="na_value") as caught:
        arrownd.to_numpy(ragged, lists="pad", nulls="raise")
    assert not isinstance(caught.value, arrownd.ArrowndError)
    same_values(arrownd.to_numpy(ragged, lists="pad", nulls="raise", na_value=0), np.array([[1, 0], [2, 3]]))
    for missing in (pa.array([[1], None]), pa.array([[1, 2], [None]])):
        with pytest.raises(arrownd.NullsError):
            arrownd.to_numpy(missing, lists="pad", nulls="raise", na_value=0)
        with pytest.raises((TypeError, arrownd.NullsError)):
            arrownd.to_numpy(missing, lists="pad", nulls="raise")


def test_nested_lists_are_padded_at_every_level() -> None:
    rows = [[[1, 2], [3]], [], None, [[4], None, [5, None]]]
    wanted = np.full((4, 3, 2), NAN, "f4")
    wanted[0, 0], wanted[0, 1, 0] = [1, 2], 3
    wanted[3, 0, 0], wanted[3, 2, 0] = 4, 5
    for outer, inner in itertools.product(KINDS, KINDS):
        array = pa.array(rows, KINDS[outer](KINDS[inner](pa.int8())))
        agree(array, Want(wanted, view=False), lists="pad")
        got = arrownd.to_numpy(array, lists="pad", nulls="masked")
        assert got.mask.tolist() == np.isnan(wanted).tolist()
    # pad_to is the length of the outermost; those inside are padded to their own longest.
    wide = np.full((4, 4, 2), -1, "i1")
    wide[:, :3] = np.where(np.isnan(wanted), -1, wanted)
    same_values(arrownd.to_numpy(array, lists="pad", pad_to=4, na_value=-1), wide)
    with pytest.raises(arrownd.RaggedError, match="pad_to"):
        arrownd.to_numpy(array, lists="pad", pad_to=2)


def test_ragged_inside_and_uniform_outside() -> None:
    array = pa.array([[[1], [2, 3]], [[4, 5], []]])
    agree(array, Want(np.array([[[1, NAN], [2, 3]], [[4, 5], [NAN, NAN]]]), view=False), lists="pad")
    fixed = pa.FixedSizeListArray.from_arrays(pa.array([[1], [2, 3], None, []]), 2)
    agree(fixed, Want(np.array([[[1, NAN], [2, 3]], [[NAN, NAN], [NAN, NAN]]]), view=False), lists="pad")
    pairs = pa.array([[[1, 2]], [[3, 4], [5, None]], None], pa.list_(pa.list_(pa.int8(), 2)))
    wanted = np.array([[[1, 2], [NAN] * 2], [[3, 4], [5, NAN]], [[NAN] * 2] * 2], "f4")
    agree(pairs, Want(wanted, view=False), lists="pad")


def test_structs_in_lists() -> None:
    array = pa.array([[{"a": 1, "b": 2.5}], [{"a": 2, "b": 3.5}, {"a": 3, "b": None}]],
                     pa.list_(pa.struct([("a", pa.int8()), ("b", pa.float32())])))  # fmt: skip
    wanted = np.array([[[1, 2.5], [NAN, NAN]], [[2, 3.5], [3, NAN]]], "f4")
    agree(array, Want(wanted, view=False), lists="pad")
    dtype = np.dtype([("a", "f4"), ("b", "f4")])
    records = np.array([[(1, 2.5), (NAN, NAN)], [(2, 3.5), (3, NAN)]], dtype)
    agree(array, Want(records, view=False), lists="pad", structured=True)
    same_values(
        arrownd.to_numpy(array, lists="pad", structured=True, na_value=0),
        np.array([[(1, 2.5), (0, 0)], [(2, 3.5), (3, 0)]], [("a", "i1"), ("b", "f4")]),
    )


def test_list_views_out_of_order() -> None:
    child = pa.array(range(10), pa.int64())
    array = lists("list_view", [(5, 2), (0, 3), (2, 1), (0, 0)], child)
    wanted = np.array([[5, 6, -1], [0, 1, 2], [2, -1, -1], [-1, -1, -1]])
    agree(array, Want(wanted, view=False), lists="pad", na_value=-1)


def test_chunks() -> None:
    parts = [pa.array([[1], None]), pa.array([], pa.list_(pa.int64())), pa.array([[9], [2, 3, 4]]).slice(1)]
    wanted = np.array([[1, NAN, NAN], [NAN] * 3, [2, 3, 4]])
    agree(pa.chunked_array(parts), Want(wanted, view=False), lists="pad")


def test_dtype_and_out() -> None:
    array = pa.array([[1], [2, 300]])
    same_values(arrownd.to_numpy(array, lists="pad", dtype="f4"), np.array([[1, NAN], [2, 300]], "f4"))
    same_values(arrownd.to_numpy(array, lists="pad", dtype="i2", na_value=-1), np.array([[1, -1], [2, 300]], "i2"))
    with pytest.raises(TypeError, match="na_value"):
        arrownd.to_numpy(array, lists="pad", dtype="i2")
    with pytest.raises(arrownd.NullsError, match="na_value"):
        arrownd.to_numpy(pa.array([[1], [None]]), lists="pad", dtype="i2")
    with pytest.raises(arrownd.LossyCastError, match="300"):
        arrownd.to_numpy(array, lists="pad", dtype="u1", na_value=0)
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(pa.array([[2**53 + 1], []]), lists="pad")
    big = np.zeros((4, 6))
    for out in (np.zeros((2, 2)), np.zeros((2, 2), order="F"), big[::2, ::3], big[:2, :2][::-1, ::-1]):
        assert arrownd.to_numpy(array, lists="pad", out=out) is out
        same_values(out, np.array([[1, NAN], [2, 300]]))
    assert not big[1::2, 4:].any()
    texts = pa.array([["a"], ["bcd", None]])
    same_values(arrownd.to_numpy(texts, lists="pad", dtype="U", na_value=""), np.array([["a", ""], ["bcd", ""]]))
    objects = arrownd.to_numpy(array, lists="pad", dtype=object)
    assert objects.tolist() == [[1, None], [2, 300]]


def test_tables() -> None:
    table = pa.table({"a": [1, 2], "r": [[1], [2, 3]]})
    columns = arrownd.to_columns(table, lists="pad", na_value={"r": 0})
    same_values(columns["a"], np.array([1, 2]))
    same_values(columns["r"], np.array([[1, 0], [2, 3]]))
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(table, lists="pad")
    records = arrownd.to_numpy(table, lists="pad", structured=True, na_value=0)
    same_values(records, np.array([(1, [1, 0]), (2, [2, 3])], [("a", "i8"), ("r", "i8", (2,))]))


def test_what_goes_with_it() -> None:
    array = pa.array([[1], [2, 3]])
    for options in ({"pad_to": 3}, {"pad_to": 3, "lists": "dense"}):
        with pytest.raises(TypeError, match="pad_to"):
            arrownd.to_numpy(array, **options)
    for bad in (-1, 1.5, "3"):
        with pytest.raises((TypeError, ValueError)):
            arrownd.to_numpy(array, lists="pad", pad_to=bad)
    with pytest.raises(TypeError, match="na_value"):
        arrownd.to_numpy(array, lists="pad", nulls="masked", na_value=0)
    same_values(arrownd.to_numpy(pa.array([1, 2]), lists="pad"), np.array([1, 2]))


@pytest.mark.parametrize("pad_to", [10**15, 2**62])
def test_a_padding_beyond_all_memory_is_refused_at_once(pad_to: int) -> None:
    array = pa.array([[1, 2], None, [3, None]], pa.list_(pa.int32()))
    assert arrownd.explain(array, lists="pad", pad_to=pad_to).shape == (3, pad_to)
    with pytest.raises((MemoryError, ValueError)):
        arrownd.to_numpy(array, lists="pad", pad_to=pad_to)
