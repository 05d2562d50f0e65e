"""The Arrow project's gold files: every column of every stream equals the value in its integration JSON.

pyarrow reads the streams; what they hold comes from the JSON alone (tests/gold). A cell is one row of one column. Where a
conversion has to fail, that it does is checked, and the cells are compared by what the error points to. How many cells
went which way is asserted, so that none is left out in silence.
"""

from __future__ import annotations

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Ledger, expected_mask, ledger, same_values
from gold.integration import Column, Type, columns_of
from gold.oracle import PER_SECOND, Due, Wanted, as_array, as_objects, moments
from rows import same_rows

# Streams that pyarrow itself can't read, each with its reason. (It reads them all.)
UNREADABLE: dict[str, str] = {}
VERSIONS = ("0.14.1", "0.17.1", "1.0.0-bigendian", "1.0.0-littleendian", "2.0.0-compression", "4.0.0-shareddict")
STREAMS, COLUMNS, CELLS = 59, 575, 46_419


def folder() -> Path:
    root = os.environ.get("ARROW_TEST_DATA")
    if not root:
        pytest.skip("ARROW_TEST_DATA isn't set: it names the data folder of https://github.com/apache/arrow-testing")
    return Path(root) / "arrow-ipc-stream" / "integration"


@dataclass(frozen=True)
class Stream:
    name: str
    table: pa.Table
    columns: list[Column]


@functools.lru_cache(maxsize=1)
def read(root: Path) -> tuple[list[Stream], dict[str, str]]:
    found, unreadable = [], {}
    for path in sorted(root.glob("*/*.stream")):
        name = f"{path.parent.name}/{path.stem.removeprefix('generated_')}"
        try:
            with pa.ipc.open_stream(path) as reader:
                table = reader.read_all()
        except pa.ArrowException as error:
            unreadable[name] = str(error)
            continue
        found.append(Stream(name, table, columns_of(path.with_suffix(".json.gz"))))
    return found, unreadable


def streams() -> list[Stream]:
    return read(folder())[0]


def test_every_stream_is_read() -> None:
    found, unreadable = read(folder())
    assert unreadable == UNREADABLE
    assert len(found) == STREAMS
    assert sorted({stream.name.split("/")[0] for stream in found}) == sorted(VERSIONS)
    for stream in found:
        assert [column.name for column in stream.columns] == stream.table.column_names, stream.name
        assert {len(column.values) for column in stream.columns} == {stream.table.num_rows}, stream.name
    assert sum(len(stream.columns) for stream in found) == COLUMNS
    assert sum(len(column.values) for stream in found for column in stream.columns) == CELLS


def test_one_python_object_a_value() -> None:
    """dtype=object: what `to_pylist` would give, a struct as a row."""
    assert compared("dtype=object", by_objects, {"dtype": object}) == {
        "as asked": 45_926,
        "LossyCastError: safe=False": 391,
        "InvalidArrowError: dtype=timedelta64": 102,
        "InvalidArrowError: without 24:00": 96,
    }


def test_the_default() -> None:
    assert compared("the default", by_default, {}) == {
        "as asked": 46_023,
        "LossyCastError: safe=False": 51,
        "InvalidArrowError: dtype=timedelta64": 102,
        "InvalidArrowError: without 24:00": 96,
        "RaggedError: lists=pad": 243,
        "RaggedError: lists=object": 243,
    }


def test_masked() -> None:
    assert compared('nulls="masked"', by_default, {"nulls": "masked"}) == {
        "as asked": 46_023,
        "LossyCastError: safe=False": 51,
        "InvalidArrowError: dtype=timedelta64": 102,
        "InvalidArrowError: without 24:00": 96,
        "RaggedError: lists=pad": 243,
    }


def test_whole_streams_as_columns() -> None:
    """By `to_columns`, which sees the fields' metadata; a stream with a name twice is refused."""
    cells: Counter[str] = Counter()
    with ledger() as book:
        for stream in streams():
            with book.entry(stream.name):
                whole(cells, stream)
    print(f"to_columns: {sum(cells.values())} cells: {dict(cells)}")
    assert cells == {"as asked": 46_179, "refused, a name comes twice": 138, "left out for a time of 24:00": 102}


Oracle = Callable[[Type, tuple, dict[str, Any]], Wanted]


@dataclass(frozen=True)
class Asked:
    """One conversion of one column, and the errors that led here."""

    name: str
    type: Type
    array: Any
    values: tuple[Any, ...]
    oracle: Oracle
    options: dict[str, Any]
    way: tuple[str, ...] = ()

    def instead(self, label: str, /, **options: Any) -> Asked:
        return replace(self, options=self.options | options, way=(*self.way, label))


def by_objects(type: Type, values: tuple, options: dict[str, Any]) -> Wanted:
    return as_objects(type, values, options.get("safe", True))


def by_default(type: Type, values: tuple, options: dict[str, Any]) -> Wanted:
    return as_array(type, values, masked=options.get("nulls") == "masked", safe=options.get("safe", True),
                    lists=options.get("lists", "dense"))  # fmt: skip


def by_ticks(type: Type, values: tuple, options: dict[str, Any]) -> Wanted:
    return Wanted(moments(type, list(values)), np.array([value is None for value in values], bool))


def compared(mode: str, oracle: Oracle, options: dict[str, Any]) -> Counter[str]:
    """Every column of every stream: how many cells went which way."""
    cells: Counter[str] = Counter()
    with ledger() as book:
        for stream in streams():
            for at, column in enumerate(stream.columns):
                name = f"{stream.name}[{at}] {column.name}"
                follow(book, cells, Asked(name, column.type, stream.table.column(at), column.values, oracle, options))
    print(f"{mode}: {sum(cells.values())} cells: {dict(cells)}")
    return cells


def follow(book: Ledger, cells: Counter[str], asked: Asked) -> None:
    """Convert and compare; where that has to fail, check that it does and go the ways that the error points to."""
    try:
        wanted = asked.oracle(asked.type, asked.values, asked.options)
    except Due as due:
        with book.entry(f"{asked.name} {asked.options}"), pytest.raises(due.kinds):
            arrownd.to_numpy(asked.array, **asked.options)
        for further in ways(asked, due.kinds):
            follow(book, cells, further)
        return
    with book.entry(f"{asked.name} {asked.options}"):
        agrees(arrownd.to_numpy(asked.array, **asked.options), wanted, asked.options)
        cells[", then ".join(asked.way) or "as asked"] += len(asked.values)


def ways(asked: Asked, kinds: tuple[type[Exception], ...]) -> Iterator[Asked]:
    if arrownd.RaggedError in kinds:
        yield asked.instead("RaggedError: lists=pad", lists="pad")
        if "nulls" not in asked.options:
            yield asked.instead("RaggedError: lists=object", lists="object")
    elif arrownd.InvalidArrowError in kinds:
        # Times of 24:00, which a day doesn't have.
        ticks = asked.instead("InvalidArrowError: dtype=timedelta64", dtype=f"m8[{asked.type.unit}]")
        yield replace(ticks, oracle=by_ticks)
        keep = [not is_midnight_after(asked.type, value) for value in asked.values]
        rest = asked.instead("InvalidArrowError: without 24:00")
        values = tuple(value for value, kept in zip(asked.values, keep, strict=True) if kept)
        yield replace(rest, array=asked.array.filter(pa.array(keep)), values=values)
    else:
        yield asked.instead("LossyCastError: safe=False", safe=False)


def is_midnight_after(type: Type, value: int | None) -> bool:
    return type.name == "time" and value is not None and value >= 86_400 * PER_SECOND[type.unit]


def whole(cells: Counter[str], stream: Stream) -> None:
    options: dict[str, Any] = {"lists": "object", "safe": False}
    names = [column.name for column in stream.columns]
    if len(set(names)) < len(names):
        with pytest.raises(ValueError, match="comes twice"):
            arrownd.to_columns(stream.table, **options)
        cells["refused, a name comes twice"] += stream.table.num_rows * len(names)
        return
    late = {c.name for c in stream.columns if any(is_midnight_after(c.type, value) for value in c.values)}
    got = arrownd.to_columns(stream.table, columns=[name for name in names if name not in late], **options)
    assert list(got) == [name for name in names if name not in late]
    for column in stream.columns:
        if column.name in late:
            cells["left out for a time of 24:00"] += len(column.values)
            continue
        agrees(got[column.name], by_default(column.type, column.values, options), options)
        cells["as asked"] += len(column.values)


def agrees(got: np.ndarray, wanted: Wanted, options: dict[str, Any]) -> None:
    masked = options.get("nulls") == "masked"
    assert type(got) is (np.ma.MaskedArray if masked else np.ndarray), f"a {type(got).__name__}"
    data, held = got, None
    if masked:
        data, held = got.data, ~wanted.mask
        assert np.array_equal(np.ma.getmaskarray(got), expected_mask(data.dtype, wanted.mask)), "the mask is wrong"
        none_set = got.mask is np.ma.nomask or data.dtype.names is not None
        assert wanted.mask.any() or wanted.mask.size == 0 or none_set, "a mask, though nothing is missing"
    if wanted.values.size == 0 and data.dtype == np.float64:
        # Rows that are null, of no value at all: integers may have become float for them.
        assert wanted.values.dtype.kind in "iuf" and data.shape == wanted.values.shape
    elif wanted.values.dtype == object:
        same_rows(data, wanted.values)
    else:
        same_values(data, wanted.values, held)
