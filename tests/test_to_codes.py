"""to_codes: a dictionary's codes, its categories, and whether they are ordered; missing is -1."""

from __future__ import annotations

import gc
import itertools
from datetime import date
from decimal import Decimal
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
from rows import rows_of, same_rows

SIGNED = [pa.int8(), pa.int16(), pa.int32(), pa.int64()]
UNSIGNED = {pa.uint8(): "i2", pa.uint16(): "i4", pa.uint32(): "i8", pa.uint64(): "i8"}
WORDS = ["red", "green", "blue"]


def encoded(codes: list[int | None], words: Any = WORDS, index: pa.DataType | None = None, ordered: bool = False):
    held = words if isinstance(words, pa.Array) else pa.array(words)
    return pa.DictionaryArray.from_arrays(pa.array(codes, index or pa.int8()), held, ordered=ordered)


def values_of(got: Any) -> list:
    """The values again, None for -1."""
    categories = got.categories.tolist()
    return [None if code < 0 else categories[code] for code in got.codes.tolist()]


def well_formed(got: Any, values: list) -> None:
    """What holds of every result: -1 exactly where a value is missing, and the categories say what the others are."""
    assert type(got) is arrownd.Codes
    assert got._fields == ("codes", "categories", "ordered")
    assert type(got.ordered) is bool
    assert got.codes.dtype.kind == "i" and got.codes.shape == (len(values),)
    missing = np.array([value is None for value in values], bool)
    assert np.array_equal(got.codes < 0, missing)
    assert (got.codes[missing] == -1).all()
    assert not len(got.codes) or got.codes.max() < len(got.categories)
    assert values_of(got) == values


@pytest.mark.parametrize("index", SIGNED, ids=str)
def test_signed_codes_are_viewed(index) -> None:
    array = encoded([2, 0, 1, 2], index=index)
    got = arrownd.to_codes(array)
    well_formed(got, array.to_pylist())
    same_values(got.codes, np.array([2, 0, 1, 2], index.to_pandas_dtype()))
    same_rows(got.categories, rows_of(*WORDS))
    assert got.ordered is False
    assert address_of(got.codes) == array.indices.buffers()[1].address
    assert not got.codes.flags.writeable


@pytest.mark.parametrize("index", SIGNED, ids=str)
def test_slices_are_viewed(index) -> None:
    array = encoded([2, 0, 1, 2, None], index=index)
    for start, length in itertools.product(range(4), (1, 2)):
        piece = array.slice(start, length)
        got = arrownd.to_codes(piece)
        well_formed(got, piece.to_pylist())
        if not piece.null_count:
            width = index.bit_width // 8
            assert address_of(got.codes) == array.indices.buffers()[1].address + start * width


@pytest.mark.parametrize(("index", "dtype"), list(UNSIGNED.items()), ids=str)
def test_unsigned_codes_are_widened(index, dtype) -> None:
    """To the next wider signed type; the widest has none that is wider."""
    for codes in ([2, 0, 1], [2, None, 1]):
        array = encoded(codes, index=index)
        got = arrownd.to_codes(array)
        well_formed(got, array.to_pylist())
        assert got.codes.dtype == dtype
        assert got.codes.flags.writeable
        with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: "):
            arrownd.to_codes(array, allow_copy=False)


@pytest.mark.parametrize("index", SIGNED, ids=str)
def test_missing_codes(index) -> None:
    array = encoded([2, None, 0, None], index=index)
    got = arrownd.to_codes(array)
    well_formed(got, ["blue", None, "red", None])
    assert got.codes.tolist() == [2, -1, 0, -1]
    assert got.codes.flags.writeable
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_codes(array, allow_copy=False)
    assert arrownd.to_codes(array.slice(2, 1), allow_copy=False).codes.tolist() == [0]


@pytest.mark.parametrize("index", [*SIGNED, *UNSIGNED], ids=str)
def test_missing_categories(index) -> None:
    """A code whose value is null is missing, as a null code is."""
    array = encoded([0, 1, 2, None, 1], ["a", None, "c"], index)
    got = arrownd.to_codes(array)
    well_formed(got, ["a", None, "c", None, None])
    assert got.codes.tolist()[1] == -1
    # A null value that no code names makes nothing missing.
    unused = encoded([0, 2], ["a", None, "c"], index)
    well_formed(arrownd.to_codes(unused), ["a", "c"])


def test_what_lies_under_a_null_code_is_no_code() -> None:
    """Not even one that is out of range."""
    indices = pa.Array.from_buffers(
        pa.int8(), 3, [bitmap(np.array([True, False, True])), pa.py_buffer(np.array([1, 99, 0], "i1"))]
    )
    array = pa.DictionaryArray.from_arrays(indices, pa.array(WORDS), safe=False)
    well_formed(arrownd.to_codes(array), ["green", None, "red"])


def test_unused_categories_stay() -> None:
    got = arrownd.to_codes(encoded([1, 1]))
    same_rows(got.categories, rows_of(*WORDS))
    same_values(got.codes, np.array([1, 1], "i1"))


def test_ordered() -> None:
    assert arrownd.to_codes(encoded([0, 1], ordered=True)).ordered is True
    assert arrownd.to_codes(encoded([0, 1], ordered=False)).ordered is False
    two = pa.chunked_array([encoded([0, 1], ordered=True)] * 2)
    assert arrownd.to_codes(two).ordered is True


def test_the_categories_are_as_to_numpy_makes_them() -> None:
    kinds = [
        pa.array([10, 20]), pa.array([0.5, 1.5], pa.float32()), pa.array([date(2020, 1, 1), date(2021, 1, 1)]),
        pa.array([b"a", b"b"]), pa.array([1, 2], pa.timestamp("ms")), pa.array([Decimal("1.5"), Decimal("2.5")]),
        pa.array(["a", "b"], pa.large_utf8()), pa.array(["a", "b"], pa.string_view()), pa.array([True, False]),
        pa.array([b"ab", b"cd"], pa.binary(2)),
    ]  # fmt: skip
    with ledger() as book:
        for words in kinds:
            with book.entry(str(words.type)):
                got = arrownd.to_codes(encoded([1, 0, None, 1], words))
                assert got.codes.tolist() == [1, 0, -1, 1]
                same_values(got.categories, arrownd.to_numpy(words))
                chunks = pa.chunked_array([encoded([1, 0], words), encoded([0], words.slice(1))])
                unified = arrownd.to_codes(chunks)
                assert unified.codes.tolist() == [1, 0, 1]
                same_values(unified.categories, arrownd.to_numpy(words))


# Chunks.


def test_chunks_of_one_dictionary() -> None:
    words = pa.array(WORDS)
    column = pa.chunked_array([encoded([0, 1], words), encoded([], words), encoded([2, None], words)])
    got = arrownd.to_codes(column)
    well_formed(got, column.to_pylist())
    assert got.codes.tolist() == [0, 1, 2, -1]
    same_rows(got.categories, rows_of(*WORDS))
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_codes(column, allow_copy=False)


def test_one_chunk_among_empty_ones_is_viewed() -> None:
    filled = encoded([0, 1])
    column = pa.chunked_array([encoded([], pa.array([], pa.utf8())), filled, encoded([], ["x"])])
    got = arrownd.to_codes(column, allow_copy=False)
    assert address_of(got.codes) == filled.indices.buffers()[1].address
    assert values_of(got) == ["red", "green"]


def test_chunks_of_different_dictionaries_are_unified() -> None:
    column = pa.chunked_array(
        [encoded([0, 1, 0], ["a", "b"]), encoded([0, None, 1, 2], ["b", "c", None]), encoded([1, 0], ["x", "a"])]
    )
    got = arrownd.to_codes(column)
    well_formed(got, column.to_pylist())
    categories = [word for word in got.categories.tolist() if word is not None]
    assert len(set(categories)) == len(categories), "a category that comes twice"
    assert categories[:3] == ["a", "b", "c"], "categories in the order in which they came"
    assert got.codes.tolist()[:5] == [0, 1, 0, 1, -1]


def test_unified_codes_that_need_more_room() -> None:
    """200 categories don't fit into int8."""
    first, second = [f"a{n}" for n in range(100)], [f"b{n}" for n in range(100)]
    column = pa.chunked_array([encoded(list(range(100)), first), encoded(list(range(100)), second)])
    got = arrownd.to_codes(column)
    well_formed(got, first + second)
    assert got.codes.dtype.itemsize > 1


def test_a_category_twice_in_one_dictionary() -> None:
    """Arrow allows it; the values are what counts."""
    well_formed(arrownd.to_codes(encoded([0, 1, 2], ["a", "a", "b"])), ["a", "a", "b"])
    column = pa.chunked_array([encoded([0, 1, 2], ["a", "a", "b"]), encoded([0], ["b"])])
    well_formed(arrownd.to_codes(column), ["a", "a", "b", "b"])


def test_dictionaries_of_a_stream() -> None:
    """A reader whose batches have their own dictionaries."""
    column = pa.chunked_array([encoded([0, 1], ["a", "b"]), encoded([0], ["c"])])
    well_formed(
        arrownd.to_codes(pa.RecordBatchReader.from_stream(pa.table({"k": column})).read_all()["k"]), list("abc")
    )


def test_at_random() -> None:
    random = np.random.default_rng(3)
    pool = [None, *(f"word {n}" for n in range(40))]
    with ledger() as book:
        for run in range(40):
            index = [*SIGNED, *UNSIGNED][run % 8]
            chunks = []
            for _ in range(random.integers(1, 5)):
                size = int(random.integers(1, 30))
                words = [pool[at] for at in random.permutation(len(pool))[:size]]
                rows = int(random.integers(0, 40))
                codes = [None if random.random() < 0.2 else int(random.integers(0, size)) for _ in range(rows)]
                chunks.append(encoded(codes, pa.array(words, pa.utf8()), index).slice(random.integers(0, 3)))
            column = pa.chunked_array(chunks)
            with book.entry(f"{run} {index}"):
                well_formed(arrownd.to_codes(column), column.to_pylist())


# Edges.


@pytest.mark.parametrize("index", [*SIGNED, *UNSIGNED], ids=str)
def test_no_rows(index) -> None:
    type = pa.dictionary(index, pa.utf8())
    for empty in (encoded([], index=index), encoded([0, 1], index=index).slice(1, 0), pa.chunked_array([], type)):
        got = arrownd.to_codes(empty, allow_copy=False)
        well_formed(got, [])


def test_nothing_but_nulls() -> None:
    well_formed(arrownd.to_codes(encoded([None, None], [], pa.int32())), [None, None])
    well_formed(arrownd.to_codes(encoded([0, 0], pa.array([None], pa.utf8()))), [None, None])


@pytest.mark.parametrize(
    "obj",
    [pa.array(["a"]), pa.array([1]), pa.array([["a"]]), pa.table({"a": encoded([0])}), pa.array([{"a": 1}])],
    ids=lambda obj: str(getattr(obj, "type", "table")),
)
def test_what_is_no_dictionary(obj) -> None:
    with pytest.raises(arrownd.UnsupportedTypeError):
        arrownd.to_codes(obj)


def test_what_is_no_producer() -> None:
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        arrownd.to_codes(["a", "b"])


def test_the_result_keeps_what_it_views() -> None:
    array = encoded([n % 3 for n in range(1000)], index=pa.int32())
    got = arrownd.to_codes(array)
    del array
    gc.collect()
    pa.array(np.zeros(100_000))
    assert got.codes.tolist() == [n % 3 for n in range(1000)]


# Producers.


@pytest.mark.parametrize("producer", [name for name in ARRAYS if not name.startswith("polars")])
def test_every_producer(producer) -> None:
    column = pa.chunked_array([encoded([2, None, 0])])
    well_formed(arrownd.to_codes(ARRAYS[producer](column)), ["blue", None, "red"])


def test_polars_categoricals() -> None:
    """Unsigned codes; a Categorical isn't ordered for Arrow, an Enum is."""
    series = pl.Series(["b", None, "a", "b"], dtype=pl.Categorical)
    got = arrownd.to_codes(series)
    well_formed(got, ["b", None, "a", "b"])
    assert got.ordered is False
    chosen = pl.Series(["b", None, "a"], dtype=pl.Enum(["c", "b", "a"]))
    got = arrownd.to_codes(chosen)
    well_formed(got, ["b", None, "a"])
    assert got.codes.tolist() == [1, -1, 2]
    same_rows(got.categories, rows_of("c", "b", "a"))
    assert got.ordered is True


def test_polars_categoricals_in_chunks() -> None:
    series = pl.Series(["a", "b"], dtype=pl.Categorical).append(pl.Series(["c", None, "a"], dtype=pl.Categorical))
    well_formed(arrownd.to_codes(series), ["a", "b", "c", None, "a"])


@pytest.mark.parametrize("ordered", [False, True])
def test_pandas_categories(ordered) -> None:
    """The codes of pandas, which has -1 for missing too."""
    series = pd.Series(pd.Categorical(["b", None, "a", "b"], categories=["c", "b", "a"], ordered=ordered))
    got = arrownd.to_codes(series)
    well_formed(got, ["b", None, "a", "b"])
    same_values(got.codes.astype("i1"), series.cat.codes.to_numpy())
    same_rows(got.categories, rows_of("c", "b", "a"))
    assert got.ordered is ordered


def test_pandas_categories_of_other_kinds() -> None:
    for values in ([3, 1, 3], [0.5, 1.5], pd.date_range("2020", periods=3)):
        series = pd.Series(pd.Categorical(values))
        got = arrownd.to_codes(series)
        assert got.codes.tolist() == series.cat.codes.tolist()
        assert (got.categories == series.cat.categories.to_numpy()).all()


def test_what_is_missing_in_a_dictionary_of_a_dictionary_is_no_category() -> None:
    inner = pa.DictionaryArray.from_arrays(pa.array([0, None, 1, 0], pa.int8()), pa.array(["q", None]))
    codes, categories, _ = arrownd.to_codes(pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3], pa.int8()), inner))
    assert codes.tolist() == [0, -1, -1, 1]
    assert categories.tolist() == ["q", "q"]
