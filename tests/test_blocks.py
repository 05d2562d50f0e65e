"""Matrices, records and text that are larger than the blocks in which they are converted."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pyarrow as pa
import pytest

import arrownd

ROWS = [1, 7, 8, 9, 63, 64, 65, 500, 2049, 20_000]
WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 17, 40]


def column(rng: np.random.Generator, dtype: str, rows: int, nulls: bool) -> tuple[pa.Array, np.ndarray]:
    """An Arrow array, and what it is as float64 with NaN."""
    values = rng.integers(-100, 100, rows).astype(dtype)
    missing = rng.random(rows) < 0.2 if nulls else np.zeros(rows, bool)
    expected = values.astype("f8")
    expected[missing] = np.nan
    return pa.array(values, mask=missing if nulls else None), expected


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_matrices_of_every_width_and_length(columns: int, dtype: str) -> None:
    rng = np.random.default_rng(columns)
    for rows in ROWS:
        expected = rng.random((rows, columns)).astype(dtype)
        table = pa.table({f"c{i}": expected[:, i].copy() for i in range(columns)})
        result = arrownd.to_numpy(table, order="C")
        assert result.dtype == expected.dtype
        assert result.flags.c_contiguous
        np.testing.assert_array_equal(result, expected)
        # Into rows that lie apart, upside down.
        room = np.zeros((rows * 2, columns + 3), dtype)
        out = room[::-2, 1 : columns + 1]
        assert arrownd.to_numpy(table, out=out) is out
        np.testing.assert_array_equal(out, expected)
        assert not room[::2].any()
        assert not room[:, 0].any()
        assert not room[:, columns + 1 :].any()


@pytest.mark.parametrize("columns", [2, 5, 9])
def test_mixed_columns_with_nulls_in_chunks(columns: int) -> None:
    rng = np.random.default_rng(columns)
    rows = 5000
    kinds = itertools.cycle([("i8", True), ("f8", False), ("i4", False), ("f4", True), ("f8", True)])
    arrays, expected = {}, np.empty((rows, columns))
    for i, (dtype, nulls) in zip(range(columns), kinds, strict=False):
        whole, expected[:, i] = column(rng, dtype, rows, nulls)
        cuts = [0, *sorted(rng.integers(0, rows, i)), rows]
        arrays[f"c{i}"] = pa.chunked_array([whole[start:end] for start, end in itertools.pairwise(cuts)], whole.type)
    table = pa.table(arrays)
    for order in ("C", "F"):
        result = arrownd.to_numpy(table, order=order)
        np.testing.assert_array_equal(result, expected)
        part = arrownd.to_numpy(table[123:4567], order=order)
        np.testing.assert_array_equal(part, expected[123:4567])


def test_records_longer_than_a_block() -> None:
    rng = np.random.default_rng(1)
    rows = 30_000
    plain, a = column(rng, "f8", rows, nulls=False)
    whole, b = column(rng, "i4", rows, nulls=True)
    struct = pa.StructArray.from_arrays([plain, whole, pa.array(rng.random(rows) < 0.5)], names=list("abc"))
    result = arrownd.to_numpy(struct, structured=True)
    np.testing.assert_array_equal(result["a"], a)
    np.testing.assert_array_equal(result["b"], b)
    np.testing.assert_array_equal(result["c"], struct.field(2).to_numpy(zero_copy_only=False))


@pytest.mark.parametrize("dtype", ["f8", "i8", "f4", "i4", "i2"])
@pytest.mark.parametrize("columns", WIDTHS)
def test_columns_of_a_matrix_in_c_order(columns: int, dtype: str) -> None:
    rng = np.random.default_rng(columns)
    for rows in ROWS:
        room = rng.integers(-100, 100, (rows, columns + 2)).astype(dtype)
        for matrix in (room[:, :columns].copy(), room[:, 1 : columns + 1], room[::-1, :columns]):
            names = [f"c{i}" for i in range(columns)]
            batch = pa.record_batch(arrownd.from_numpy(matrix, names=names))
            assert batch.schema.names == names
            for i in range(columns):
                np.testing.assert_array_equal(batch.column(i).to_numpy(), matrix[:, i])


def test_columns_outlive_each_other() -> None:
    matrix = np.arange(4_000_000.0).reshape(-1, 8)
    batch = pa.record_batch(arrownd.from_numpy(matrix, names=list("abcdefgh")))
    kept = batch.column(5)
    del batch
    np.testing.assert_array_equal(kept.to_numpy(), matrix[:, 5])


@pytest.mark.parametrize("key", [pa.int8(), pa.uint8(), pa.int32(), pa.uint32(), pa.int64()])
def test_dictionaries_of_numbers_longer_than_a_block(key: pa.DataType) -> None:
    rng = np.random.default_rng(2)
    keys = rng.integers(0, 100, 1000)
    values = np.arange(100) * 0.5
    plain = pa.DictionaryArray.from_arrays(pa.array(keys).cast(key), pa.array(values))
    np.testing.assert_array_equal(arrownd.to_numpy(plain), values[keys])
    np.testing.assert_array_equal(arrownd.to_numpy(plain[3:801]), values[keys[3:801]])
    missing = rng.random(1000) < 0.1
    holes = pa.DictionaryArray.from_arrays(pa.array(keys, mask=missing).cast(key), pa.array(values))
    np.testing.assert_array_equal(arrownd.to_numpy(holes), np.where(missing, np.nan, values[keys]))


@pytest.mark.parametrize("longest", [1, 3, 31, 32, 33, 200])
def test_runs_of_every_length(longest: int) -> None:
    rng = np.random.default_rng(longest)
    ends = np.cumsum(rng.integers(1, longest + 1, 300)).astype("i4")
    values = rng.random(300)
    expected = np.repeat(values, np.diff(ends, prepend=0))
    runs = pa.RunEndEncodedArray.from_arrays(pa.array(ends), pa.array(values))
    np.testing.assert_array_equal(arrownd.to_numpy(runs), expected)
    start = len(expected) // 3
    np.testing.assert_array_equal(arrownd.to_numpy(runs[start:-5]), expected[start:-5])
    np.testing.assert_array_equal(arrownd.to_numpy(runs, dtype="f4"), expected.astype("f4"))


@pytest.mark.parametrize("kind", ["ascii", "latin", "wide", "emoji", "mixed"])
@pytest.mark.parametrize("size", [3, 15, 16, 17, 63, 64, 65, 400])
def test_text_of_every_kind_and_size(kind: str, size: int) -> None:
    rng = np.random.default_rng(size)
    letters = {"ascii": "abcXYZ", "latin": "aé\xffz", "wide": "aé東z", "emoji": "aé東😀"}
    texts = []
    for i in range(300):
        alphabet = letters[["ascii", "latin", "wide", "emoji"][i % 4] if kind == "mixed" else kind]
        texts.append("".join(rng.choice(list(alphabet), rng.integers(0, size + 1))))
    array = pa.array(texts, pa.string())
    for source in (array, array.cast(pa.large_string()), array.cast(pa.string_view()), array[5:290]):
        expected = source.to_pylist()
        assert arrownd.to_numpy(source, dtype=object).tolist() == expected
        strings = arrownd.to_numpy(source, dtype=np.dtypes.StringDType())
        assert strings.tolist() == expected
        assert arrownd.to_numpy(source, dtype="U").tolist() == expected


def test_objects_written_over_others() -> None:
    rng = np.random.default_rng(3)
    booleans = pa.array(rng.random(200) < 0.5, mask=rng.random(200) < 0.2)
    words = pa.array([f"word {i % 7}" for i in range(200)]).dictionary_encode()
    for source in (booleans, words, words.cast(pa.string())):
        out = np.array([object() for _ in range(200)], dtype=object)
        arrownd.to_numpy(source, out=out)
        assert out.tolist() == source.to_pylist()
        half = np.empty(200, dtype=object)
        half[::3] = "there"
        arrownd.to_numpy(source, out=half)
        assert half.tolist() == source.to_pylist()


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000])
def test_objects_are_referred_to_as_often_as_they_are_there(rows: int) -> None:
    rng = np.random.default_rng(rows)
    missing = rng.random(rows) < 0.3
    marker = object()
    sources = [
        pa.array(rng.random(rows) < 0.5, mask=missing),
        pa.array([f"word {i % 7}" for i in range(rows)], mask=missing).dictionary_encode(),
        pa.array([f"word {i}" for i in range(rows)], mask=missing),
    ]
    for source in sources:
        # Numbers of references that Python itself doesn't keep: those of True and False are kept since 3.12.
        before = sys.getrefcount(marker)
        result = arrownd.to_numpy(source, dtype=object, na_value=marker)
        assert sys.getrefcount(marker) - before == missing.sum()
        for value in {id(value): value for value in result if isinstance(value, str)}.values():
            # The loop's name, the dict's value, and the call's argument.
            assert sys.getrefcount(value) - 3 <= sum(value is other for other in result)
            assert sys.getrefcount(value) > sum(value is other for other in result)
        del result
        assert sys.getrefcount(marker) == before
    if sys.version_info < (3, 12):
        whole = pa.array(rng.random(rows) < 0.5)
        counts = [sys.getrefcount(value) for value in (True, False)]
        result = arrownd.to_numpy(whole, dtype=object)
        now = [sys.getrefcount(value) for value in (True, False)]
        assert np.subtract(now, counts).tolist() == [result.tolist().count(True), result.tolist().count(False)]
