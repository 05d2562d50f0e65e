"""iter_numpy: a stream in constant memory, in batches of exactly so many rows, each a view where it lies in one chunk."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Iterable, Iterator
from typing import Any

import nanoarrow as na
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from producers import TABLES
from rows import rows_of, same_rows

LENGTHS = [(10,), (3, 3, 3), (1,) * 9, (0, 5, 0, 7, 0), (64, 65, 63), (200,), (7, 1, 0, 0, 40)]
SIZES = [1, 2, 3, 7, 8, 64, 100, 1000]


def mixed(lengths: tuple[int, ...]) -> pa.Table:
    """Chunks of these lengths with nulls at odd places, bits that don't begin at a byte, text."""
    total = sum(lengths)
    columns = {
        "a": pa.array([None if n % 17 == 5 else n for n in range(total)], pa.int64()),
        "b": pa.array([n / 4 for n in range(total)], pa.float32()),
        "flag": pa.array([n % 3 == 0 for n in range(total)]),
        "text": pa.array([None if n % 13 == 2 else f"row {n}" for n in range(total)]),
        "day": pa.array(np.arange(total).astype("M8[D]")),
        "pair": pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2 * total, dtype="i2")), 2),
    }
    return pa.concat_tables(cut(pa.table(columns), lengths)) if lengths else pa.table(columns)


def cut(table: pa.Table, lengths: Iterable[int]) -> list[pa.Table]:
    edges = [0, *itertools.accumulate(lengths)]
    return [table.slice(start, stop - start) for start, stop in itertools.pairwise(edges)]


def column(lengths: tuple[int, ...], name: str = "a") -> pa.ChunkedArray:
    return mixed(lengths)[name]


def batches_of(obj: Any, **options: Any) -> list[Any]:
    return list(arrownd.iter_numpy(obj, **options))


def same(got: np.ndarray, want: np.ndarray) -> None:
    if want.dtype == object:
        same_rows(got, want)
    else:
        same_values(got, want)


def windows(table: Any, size: int) -> list[Any]:
    return [table.slice(start, size) for start in range(0, len(table), size)]


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_a_batch_is_what_its_rows_are(lengths) -> None:
    """Exactly batch_size rows, the last batch fewer; each as `to_numpy` makes it of those rows alone."""
    table = mixed(lengths)
    with ledger() as book:
        for size in SIZES:
            rows = windows(table, size)
            for name in table.column_names:
                with book.entry(f"{name}, {size}"):
                    got = batches_of(table[name], batch_size=size)
                    assert [len(batch) for batch in got] == [len(row) for row in rows]
                    for batch, row in zip(got, rows, strict=True):
                        same(batch, arrownd.to_numpy(row[name]))
            with book.entry(f"matrix, {size}"):
                got = batches_of(table, batch_size=size, columns=["a", "b", "pair"])
                for batch, row in zip(got, rows, strict=True):
                    same(batch, arrownd.to_numpy(row, columns=["a", "b", "pair"]))
            with book.entry(f"columns, {size}"):
                got = batches_of(table.to_reader(), batch_size=size, as_columns=True)
                for batch, row in zip(got, rows, strict=True):
                    want = arrownd.to_columns(row)
                    assert list(batch) == list(want)
                    for name, values in batch.items():
                        same(values, want[name])


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_the_producers_own_batches(lengths) -> None:
    """batch_size unset. (Whether an empty batch is handed on isn't said.)"""
    table = mixed(lengths)
    pieces = [piece for piece in cut(table, lengths) if len(piece)]
    with ledger() as book:
        for name in table.column_names:
            with book.entry(name):
                got = [batch for batch in arrownd.iter_numpy(table[name]) if len(batch)]
                for batch, piece in zip(got, pieces, strict=True):
                    same(batch, arrownd.to_numpy(piece[name]))
        with book.entry("matrix"):
            got = [batch for batch in arrownd.iter_numpy(table, columns=["b", "a"]) if len(batch)]
            for batch, piece in zip(got, pieces, strict=True):
                same(batch, arrownd.to_numpy(piece, columns=["b", "a"]))


def test_options_are_those_of_to_numpy() -> None:
    table = mixed((64, 65, 63))
    asked: list[dict[str, Any]] = [
        {"dtype": "f4"}, {"order": "C"}, {"na_value": -1}, {"nulls": "masked"}, {"writable": True},
        {"structured": True}, {"dtype": object},
    ]  # fmt: skip
    with ledger() as book:
        for options in asked:
            with book.entry(str(options)):
                got = batches_of(table, batch_size=50, columns=["a", "b"], **options)
                for batch, row in zip(got, windows(table, 50), strict=True):
                    want = arrownd.to_numpy(row, columns=["a", "b"], **options)
                    assert type(batch) is type(want)
                    assert batch.flags.writeable == want.flags.writeable
                    assert batch.flags.f_contiguous == want.flags.f_contiguous
                    if isinstance(want, np.ma.MaskedArray):
                        assert np.array_equal(np.ma.getmaskarray(batch), np.ma.getmaskarray(want))
                        same_values(batch.data, want.data, ~np.ma.getmaskarray(want))
                    else:
                        same(batch, want)


def test_dtype_is_positional() -> None:
    (batch,) = arrownd.iter_numpy(pa.chunked_array([[1, 2]]), "f4")
    same_values(batch, np.array([1, 2], "f4"))


# Views and copies.


def test_batches_inside_a_chunk_are_views() -> None:
    chunks = pa.chunked_array([np.arange(10), np.arange(10, 14), np.arange(14, 20)])
    starts = [chunk.buffers()[1].address for chunk in chunks.chunks]
    own = batches_of(chunks, allow_copy=False)
    assert [address_of(batch) for batch in own] == starts
    got = batches_of(chunks, batch_size=4)
    assert [batch.tolist() for batch in got] == [list(range(start, start + 4)) for start in range(0, 20, 4)]
    # 0-4, 4-8, 8-12 crosses, 12-16 crosses, 16-20.
    assert [batch.flags.writeable for batch in got] == [False, False, True, True, False]
    assert address_of(got[0]) == starts[0]
    assert address_of(got[1]) == starts[0] + 32
    assert address_of(got[4]) == starts[2] + 16


def test_columns_are_viewed_each() -> None:
    table = pa.table({"a": np.arange(6), "b": np.arange(6) / 2})
    first, last = arrownd.iter_numpy(table, batch_size=4, as_columns=True, allow_copy=False)
    for name, width in (("a", 8), ("b", 8)):
        start = table[name].chunk(0).buffers()[1].address
        assert address_of(first[name]) == start
        assert address_of(last[name]) == start + 4 * width
        assert not first[name].flags.writeable


def test_nested_batches_are_views() -> None:
    table = mixed((200,))
    start = table["pair"].chunk(0).values.buffers()[1].address
    for at, batch in enumerate(arrownd.iter_numpy(table["pair"], batch_size=30, allow_copy=False)):
        assert batch.shape == (min(30, 200 - 30 * at), 2)
        assert address_of(batch) == start + at * 30 * 4


def test_a_copy_that_is_refused() -> None:
    """A batch that crosses chunks raises when its turn comes, and those before it have been handed out."""
    chunks = pa.chunked_array([np.arange(4), np.arange(4, 8), np.arange(8, 12)])
    assert [len(batch) for batch in arrownd.iter_numpy(chunks, batch_size=4, allow_copy=False)] == [4, 4, 4]
    assert [len(batch) for batch in arrownd.iter_numpy(chunks, batch_size=2, allow_copy=False)] == [2] * 6
    batches = arrownd.iter_numpy(chunks, batch_size=3, allow_copy=False)
    assert next(batches).tolist() == [0, 1, 2]
    with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
        next(batches)
    assert "chunked" in {reason.code for reason in caught.value.reasons}


def test_a_refused_null_or_cast_comes_in_its_turn() -> None:
    chunks = pa.chunked_array([[1, 2], [None, 4]])
    batches = arrownd.iter_numpy(chunks, allow_copy=False)
    assert next(batches).tolist() == [1, 2]
    with pytest.raises(arrownd.CopyNotAllowedError):
        next(batches)
    batches = arrownd.iter_numpy(chunks, "i1", batch_size=1, nulls="raise")
    assert [next(batches).tolist(), next(batches).tolist()] == [[1], [2]]
    with pytest.raises(arrownd.NullsError):
        next(batches)


def test_writable_batches_share_nothing() -> None:
    source = np.arange(6)
    for batch in arrownd.iter_numpy(pa.chunked_array([source]), batch_size=2, writable=True):
        batch[:] = -1
    assert source.tolist() == list(range(6))


def test_a_batch_outlives_its_stream() -> None:
    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, 40, 10):
            yield pa.record_batch({"a": np.arange(start, start + 10)})

    reader = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), batches())
    kept = [batch["a"] for batch in arrownd.iter_numpy(reader, batch_size=5, as_columns=True)]
    del reader
    gc.collect()
    assert np.concatenate(kept).tolist() == list(range(40))


# Nulls.


def test_each_batch_follows_its_own_nulls() -> None:
    chunks = pa.chunked_array([[1, 2, 3, None], [5, 6, None, 8, 9]])
    got = batches_of(chunks, batch_size=3)
    assert [batch.dtype for batch in got] == ["i8", "f8", "f8"]
    assert batches_of(chunks)[0].dtype == "f8"
    flags = pa.chunked_array([[True, False], [None, True]])
    assert [batch.dtype for batch in arrownd.iter_numpy(flags, batch_size=2)] == [np.dtype(bool), np.dtype(object)]


def test_one_dtype_throughout() -> None:
    chunks = pa.chunked_array([[1, 2, 3, None], [5, 6, 7, 8, 9]])
    for options, dtype in (({"dtype": "f4"}, "f4"), ({"na_value": -1}, "i8"), ({"nulls": "masked"}, "i8")):
        got = batches_of(chunks, batch_size=3, **options)
        assert {batch.dtype for batch in got} == {np.dtype(dtype)}
    filled = batches_of(chunks, batch_size=3, na_value=-1)
    assert [batch.tolist() for batch in filled] == [[1, 2, 3], [-1, 5, 6], [7, 8, 9]]
    # Nothing is missing in the first and the last, so they are views.
    assert [batch.flags.writeable for batch in filled] == [False, True, False]
    masked = batches_of(chunks, batch_size=3, nulls="masked")
    assert all(type(batch) is np.ma.MaskedArray for batch in masked)
    assert [batch.mask is np.ma.nomask for batch in masked] == [True, False, True]
    assert masked[1].tolist() == [None, 5, 6]


def test_fills_by_field() -> None:
    table = pa.table({"a": pa.chunked_array([[1, None], [3]]), "b": pa.chunked_array([[None, 2.5], [None]])})
    got = batches_of(table, batch_size=2, as_columns=True, na_value={"a": -1, "b": 0.0})
    assert [{name: values.tolist() for name, values in batch.items()} for batch in got] == [
        {"a": [1, -1], "b": [0.0, 2.5]},
        {"a": [3], "b": [0.0]},
    ]


# out=


def test_out_is_reused() -> None:
    chunks = pa.chunked_array([np.arange(5), np.arange(5, 11)])
    out = np.full(4, -1.0)
    seen = []
    for batch in arrownd.iter_numpy(chunks, "f8", batch_size=4, out=out):
        assert address_of(batch) == address_of(out)
        seen.append(batch.tolist())
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]
    assert batch.shape == (3,)
    assert out.tolist() == [8, 9, 10, 7]


def test_out_of_a_matrix() -> None:
    table = pa.table({"a": np.arange(7), "b": np.arange(7) / 2})
    for order in ("C", "F"):
        out = np.empty((3, 2), order=order)
        seen = [batch.copy() for batch in arrownd.iter_numpy(table, batch_size=3, out=out)]
        assert [batch.shape for batch in seen] == [(3, 2), (3, 2), (1, 2)]
        same_values(np.concatenate(seen), arrownd.to_numpy(table))


def test_out_of_columns() -> None:
    table = pa.table({"a": np.arange(7), "b": np.arange(7) / 2})
    out = {"a": np.empty(3, "i8"), "b": np.empty(3)}
    seen: list[list[list]] = []
    for batch in arrownd.iter_numpy(table, batch_size=3, as_columns=True, out=out):
        assert {name: address_of(values) for name, values in batch.items()} == {
            n: address_of(a) for n, a in out.items()
        }
        seen.append([batch["a"].tolist(), batch["b"].tolist()])
    assert seen == [[[0, 1, 2], [0, 0.5, 1]], [[3, 4, 5], [1.5, 2, 2.5]], [[6], [3]]]


def test_out_that_does_not_fit() -> None:
    chunks = pa.chunked_array([np.arange(6)])
    for out in (np.empty(2, "i8"), np.empty((4, 1), "i8")):
        with pytest.raises(ValueError, match="shape"):
            batches_of(chunks, batch_size=4, out=out)
    with pytest.raises(arrownd.CopyNotAllowedError):
        batches_of(chunks, batch_size=4, out=np.empty(4, "i8"), allow_copy=False)


# Dictionaries and lists.


def coded(*chunks: tuple[list[int | None], list[str | None]]) -> pa.ChunkedArray:
    return pa.chunked_array(
        [pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), words) for codes, words in chunks]
    )


@pytest.mark.parametrize("size", [None, 1, 2, 3, 4, 10])
def test_dictionaries_that_change(size) -> None:
    column = coded(([0, 1, 0], ["a", "b"]), ([0, None, 1], ["c", None]), ([1], ["x", "a"]))
    got = batches_of(column, batch_size=size)
    same_rows(np.concatenate(got), rows_of("a", "b", "a", "c", None, None, "a"))
    reader = pa.table({"k": column}).to_reader()
    got = batches_of(reader, batch_size=size, as_columns=True)
    same_rows(np.concatenate([batch["k"] for batch in got]), rows_of("a", "b", "a", "c", None, None, "a"))


def test_lists() -> None:
    """Each batch has its own longest row; pad_to gives one width."""
    chunks = pa.chunked_array([[[1], [2, 3]], [[], [4, 5, 6], [7]]])
    got = batches_of(chunks, batch_size=2, lists="pad", na_value=0)
    assert [batch.tolist() for batch in got] == [[[1, 0], [2, 3]], [[0, 0, 0], [4, 5, 6]], [[7]]]
    got = batches_of(chunks, batch_size=2, lists="pad", pad_to=3, na_value=0)
    assert [batch.shape for batch in got] == [(2, 3), (2, 3), (1, 3)]
    batches = arrownd.iter_numpy(chunks, batch_size=1)
    assert [next(batches).tolist() for _ in range(5)] == [[[1]], [[2, 3]], [[]], [[4, 5, 6]], [[7]]]
    with pytest.raises(arrownd.RaggedError):
        next(arrownd.iter_numpy(chunks, batch_size=2))


# Memory, and what becomes of the producer.


class Producer:
    """A reader over a generator that knows which of its batches are alive, and whether it is itself."""

    def __init__(self, batches: int, rows: int, fail_at: int | None = None) -> None:
        self.made = 0
        self.most = 0
        self._values: list[weakref.ref[np.ndarray]] = []
        generator = self._batches(batches, rows, fail_at)
        self._generator = weakref.ref(generator)
        self.reader: Any = pa.RecordBatchReader.from_batches(pa.schema([("a", pa.int64())]), generator)

    def _batches(self, batches: int, rows: int, fail_at: int | None) -> Iterator[pa.RecordBatch]:
        for number in range(batches):
            if number == fail_at:
                raise OSError(f"the disk is gone at {number}")
            # pyarrow keeps the NumPy array alive that it reads from.
            values = np.arange(number * rows, (number + 1) * rows)
            self._values.append(weakref.ref(values))
            self.made += 1
            batch = pa.record_batch({"a": values})
            del values
            self.most = max(self.most, self.alive)
            yield batch
            del batch

    @property
    def alive(self) -> int:
        self._values = [value for value in self._values if value() is not None]
        return len(self._values)

    @property
    def released(self) -> bool:
        gc.collect()
        return self._generator() is None

    def stream(self) -> Any:
        """The reader, handed over for good."""
        reader, self.reader = self.reader, None
        return reader


@pytest.mark.parametrize(("size", "most"), [(None, 4), (10, 4), (100, 4), (250, 7), (1, 4)])
def test_constant_memory(size, most) -> None:
    """Of 100 batches only those are alive that the batch in hand needs, and a few about to come or go."""
    producer = Producer(batches=100, rows=100)
    rows = 0
    for batch in arrownd.iter_numpy(producer.stream(), batch_size=size):
        assert batch[0, 0] == rows
        rows += len(batch)
        assert producer.alive <= most
    assert rows == 10_000
    assert producer.made == 100
    assert producer.most <= most
    del batch
    gc.collect()
    assert producer.alive == 0


def test_nothing_is_read_before_it_is_needed() -> None:
    producer = Producer(batches=100, rows=100)
    batches = arrownd.iter_numpy(producer.stream(), batch_size=50)
    assert producer.made == 0
    next(batches)
    next(batches)
    assert producer.made <= 2
    next(batches)
    assert producer.made <= 3


def test_a_batch_keeps_only_its_own_chunk() -> None:
    producer = Producer(batches=10, rows=100)
    batches = arrownd.iter_numpy(producer.stream())
    kept = [next(batches) for _ in range(3)]
    del batches
    assert producer.released
    assert producer.alive == 3
    del kept[0]
    assert producer.alive == 2
    assert kept[0][0, 0] == 100


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_dropping_the_iterator_releases_the_producer(taken) -> None:
    producer = Producer(batches=10, rows=10)
    batches = arrownd.iter_numpy(producer.stream(), batch_size=7)
    for _ in range(taken):
        next(batches)
    assert not producer.released
    del batches
    assert producer.released
    assert producer.alive == 0


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_closing_the_iterator_releases_the_producer(taken) -> None:
    producer = Producer(batches=10, rows=10)
    batches = arrownd.iter_numpy(producer.stream(), batch_size=7)
    for _ in range(taken):
        next(batches)
    batches.close()
    assert producer.released
    assert producer.alive == 0
    with pytest.raises(StopIteration):
        next(batches)
    batches.close()


def test_the_end_releases_the_producer() -> None:
    producer = Producer(batches=3, rows=10)
    batches = arrownd.iter_numpy(producer.stream(), batch_size=30)
    assert len(next(batches)) == 30
    with pytest.raises(StopIteration):
        next(batches)
    assert producer.released
    with pytest.raises(StopIteration):
        next(batches)


@pytest.mark.parametrize(("size", "before"), [(None, [10, 10]), (10, [10, 10]), (7, [7, 7]), (20, [20]), (30, [])])
def test_the_producers_error_surfaces(size, before) -> None:
    """With its own message, after the batches that were whole by then."""
    producer = Producer(batches=5, rows=10, fail_at=2)
    batches = arrownd.iter_numpy(producer.stream(), batch_size=size)
    assert [len(next(batches)) for _ in before] == before
    with pytest.raises(arrownd.ArrowndError, match="the disk is gone at 2"):
        next(batches)
    del batches
    assert producer.released


# Edges.


@pytest.mark.parametrize("size", [None, 1, 5])
def test_an_empty_stream_has_no_batch(size) -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.utf8())])
    with ledger() as book:
        for name, stream in {
            "a reader of nothing": pa.RecordBatchReader.from_batches(schema, iter([])),
            "a table of no chunk": schema.empty_table(),
            "a chunked array of no chunk": pa.chunked_array([], pa.int64()),
        }.items():
            with book.entry(name):
                assert [batch for batch in arrownd.iter_numpy(stream, batch_size=size) if len(batch)] == []
                if size:
                    assert batches_of(stream, batch_size=size) == []


@pytest.mark.parametrize("size", [1, 5])
def test_empty_batches_only(size) -> None:
    chunks = pa.chunked_array([pa.array([], pa.int64())] * 3)
    assert batches_of(chunks, batch_size=size) == []
    assert batches_of(pa.table({"a": chunks}), batch_size=size, as_columns=True) == []


@pytest.mark.parametrize("size", [0, -1, -(2**70)])
def test_sizes_that_are_none(size) -> None:
    with pytest.raises((ValueError, OverflowError), match="batch_size"):
        batches_of(pa.chunked_array([[1]]), batch_size=size)


@pytest.mark.parametrize("size", ["3", 2.5])
def test_sizes_that_are_no_integers(size) -> None:
    with pytest.raises(TypeError, match="batch_size"):
        batches_of(pa.chunked_array([[1]]), batch_size=size)


def test_sizes_of_numpy_and_huge_ones() -> None:
    chunks = pa.chunked_array([[1, 2], [3]])
    assert [len(batch) for batch in arrownd.iter_numpy(chunks, batch_size=np.int64(2))] == [2, 1]
    assert [len(batch) for batch in arrownd.iter_numpy(chunks, batch_size=2**62)] == [3]


def test_what_is_no_producer() -> None:
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        batches_of([1, 2, 3])
    with pytest.raises(TypeError):
        batches_of(pa.chunked_array([[1]]), batch_size=1, as_columns=True)
    with pytest.raises(TypeError):
        arrownd.iter_numpy(pa.chunked_array([[1]]), no_such_option=1)


def test_a_type_without_conversion_is_an_error() -> None:
    with pytest.raises(arrownd.UnsupportedTypeError):
        batches_of(pa.chunked_array([["a"]]), dtype="M8[s]")


def test_duplicate_names() -> None:
    table = pa.table([[1, 2], [3, 4]], names=["a", "a"])
    assert [batch.tolist() for batch in arrownd.iter_numpy(table, batch_size=1)] == [[[1, 3]], [[2, 4]]]
    with pytest.raises(ValueError, match="comes twice"):
        batches_of(table, batch_size=1, as_columns=True)


def test_it_is_an_iterator() -> None:
    batches = arrownd.iter_numpy(pa.chunked_array([[1, 2, 3]]), batch_size=2)
    assert isinstance(batches, Iterator)
    assert iter(batches) is batches
    assert [len(batch) for batch in batches] == [2, 1]
    assert list(batches) == []


def test_two_at_once() -> None:
    table = mixed((64, 65))
    pairs = zip(
        arrownd.iter_numpy(table["a"], batch_size=10), arrownd.iter_numpy(table["a"], batch_size=10), strict=True
    )
    for left, right in pairs:
        same_values(left, right)


# Producers.


@pytest.mark.parametrize("producer", TABLES)
def test_every_producer(producer) -> None:
    table = pa.table({"a": pa.chunked_array([[1, 2, 3], [4, 5]]), "b": pa.chunked_array([[0.5, 1.5, 2.5], [3.5, 4.5]])})
    got = batches_of(TABLES[producer](table), batch_size=2)
    assert [len(batch) for batch in got] == [2, 2, 1]
    assert np.concatenate(got).tolist() == [[1, 0.5], [2, 1.5], [3, 2.5], [4, 3.5], [5, 4.5]]
    got = batches_of(TABLES[producer](table), batch_size=4, as_columns=True)
    assert [list(batch) for batch in got] == [["a", "b"]] * 2
    assert np.concatenate([batch["a"] for batch in got]).tolist() == [1, 2, 3, 4, 5]


def test_series() -> None:
    series = pl.Series([1, 2, 3]).append(pl.Series([4]))
    assert [batch.tolist() for batch in arrownd.iter_numpy(series, batch_size=2)] == [[1, 2], [3, 4]]
    nullable = pd.Series([1, None, 3], dtype="Int64")
    got = batches_of(nullable, batch_size=2)
    same_values(got[0], np.array([1, np.nan]))
    same_values(got[1], np.array([3]))


def test_an_array_is_a_stream_of_one() -> None:
    array = pa.array([1, 2, 3])
    assert [batch.tolist() for batch in arrownd.iter_numpy(array)] == [[1, 2, 3]]
    first, last = arrownd.iter_numpy(array, batch_size=2)
    assert address_of(first) == array.buffers()[1].address
    assert last.tolist() == [3]


def test_an_exhausted_reader() -> None:
    """pyarrow hands over an empty stream, which can't be told from an empty table; nanoarrow raises."""
    table = pa.table({"a": [1, 2, 3]})
    reader = table.to_reader()
    assert len(batches_of(reader, batch_size=2)) == 2
    assert batches_of(reader, batch_size=2) == []
    stream = na.ArrayStream(table)
    assert len(batches_of(stream, batch_size=2)) == 2
    with pytest.raises(RuntimeError, match="released"):
        batches_of(stream, batch_size=2)


def test_a_reader_read_in_part() -> None:
    """What was taken from it before is gone; what iter_numpy leaves is gone too, as it took the stream."""
    table = pa.table({"a": pa.chunked_array([[1, 2], [3, 4], [5]])})
    reader = table.to_reader()
    assert reader.read_next_batch().num_rows == 2
    assert [batch.tolist() for batch in arrownd.iter_numpy(reader, batch_size=2)] == [[[3], [4]], [[5]]]


def test_the_index_of_pandas_is_left_out() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]}, index=pd.Index([10, 20, 30], name="key"))
    assert [batch.tolist() for batch in arrownd.iter_numpy(frame, batch_size=2)] == [[[1], [2]], [[3]]]
    assert [list(batch) for batch in arrownd.iter_numpy(frame, batch_size=2, as_columns=True)] == [["a"]] * 2
