"""Any Arrow producer: the same answer from each, and a clear error for what isn't one."""

from __future__ import annotations

import array as stdlib_array
import subprocess
import sys

import nanoarrow as na
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from producers import ARRAYS, READERS, TABLES, OnlyArray, OnlyStream

COLUMNS = {
    "int8": pa.chunked_array([[1, -2, 3]], pa.int8()), "uint64": pa.chunked_array([[1, 2**64 - 1]], pa.uint64()),
    "float32": pa.chunked_array([[1.5, -0.0]], pa.float32()), "float64": pa.chunked_array([[1.5, float("nan")]], pa.float64()),
    "int64 with nulls": pa.chunked_array([[1, None, 3]], pa.int64()),
    "int16 in chunks": pa.chunked_array([[1, 2], [], [3]], pa.int16()),
    "bool": pa.chunked_array([[True, False, True]]), "bool with nulls": pa.chunked_array([[True, None, False]]),
    "date32": pa.chunked_array([[0, 20_000]], pa.int32()).cast(pa.date32()),
    "timestamp[us]": pa.chunked_array([[0, 10**15, None]], pa.timestamp("us")),
    "timestamp[ns, tz]": pa.chunked_array([[0, 10**18]], pa.timestamp("ns", "Europe/Paris")),
    "duration[ms]": pa.chunked_array([[0, -5]], pa.duration("ms")),
    "time64[ns]": pa.chunked_array([[0, 1000]], pa.time64("ns")),
    "utf8": pa.chunked_array([["a", None, "日本"]]), "binary": pa.chunked_array([[b"a", b"\x00"]]),
    "fixed_size_list": pa.chunked_array([[[1, 2], [3, 4]]], pa.list_(pa.float32(), 2)),
    "fixed_size_list with nulls": pa.chunked_array([[[1, None], None]], pa.list_(pa.int64(), 2)),
    "empty": pa.chunked_array([], pa.float64()),
}  # fmt: skip


@pytest.mark.parametrize("producer", ARRAYS)
def test_arrays(producer: str) -> None:
    with ledger() as book:
        for name, column in COLUMNS.items():
            with book.entry(name):
                expected = arrownd.to_numpy(column)
                obj = ARRAYS[producer](column)
                got = arrownd.to_numpy(obj)
                same_values(got, expected)
                if producer == "only __arrow_c_stream__":
                    continue
                plan = arrownd.explain(ARRAYS[producer](column))
                if plan.shape[0] is not None:
                    assert plan.copies is (bool(got.size) and bool(got.flags.writeable))
                    assert plan.dtype == got.dtype


SHARED = ["int8", "uint64", "float32", "float64", "timestamp[ns, tz]", "duration[ms]", "fixed_size_list"]


@pytest.mark.parametrize("producer", ARRAYS)
def test_arrays_are_viewed_where_the_producer_keeps_them(producer: str) -> None:
    for name in SHARED:
        if producer == "polars.Series" and name == "fixed_size_list":
            continue  # shared as well, shown by its own test below
        obj = ARRAYS[producer](COLUMNS[name])
        lies = COLUMNS[name].chunk(0).buffers()[-1].address
        assert address_of(arrownd.to_numpy(obj, allow_copy=False)) == lies, name


def table() -> pa.Table:
    return pa.table({"a": [1, 2, 3], "b": [1.5, None, 3.5], "c": [True, False, True], "d": ["x", None, "z"]})


@pytest.mark.parametrize("producer", TABLES)
def test_tables(producer: str) -> None:
    expected = arrownd.to_columns(table())
    got = arrownd.to_columns(TABLES[producer](table()))
    assert list(got) == list(expected)
    for name in expected:
        same_values(got[name], expected[name])
    numbers = arrownd.to_numpy(TABLES[producer](table().select(["a", "b"])))
    same_values(numbers, np.array([[1, 1.5], [2, np.nan], [3, 3.5]]))


@pytest.mark.parametrize("producer", [name for name in TABLES if name != "only __arrow_c_stream__"])
def test_plans_of_tables(producer: str) -> None:
    plan = arrownd.explain(TABLES[producer](table()), as_columns=True)
    assert [child.name for child in plan.children] == ["a", "b", "c", "d"]
    if producer not in READERS:
        assert [child.shape for child in plan.children] == [(3,)] * 4
        assert [child.copies for child in plan.children] == [False, True, True, True]


@pytest.mark.parametrize("producer", sorted(READERS))
def test_one_shot_readers(producer: str) -> None:
    reader = TABLES[producer](table())
    assert arrownd.explain(reader).shape == (None, 4)
    assert len(arrownd.to_columns(reader)["a"]) == 3
    if producer == "pyarrow.RecordBatchReader":
        # pyarrow hands over an empty stream, which nothing tells from one that never held a row.
        assert reader.read_all().num_rows == 0
        return
    with pytest.raises(Exception) as caught:  # noqa: PT011  (its own library's class, or ours)
        arrownd.to_columns(reader)
    assert str(caught.value)


def test_many_batches_of_a_reader() -> None:
    batches = [pa.record_batch({"a": [n, n + 1], "b": [n * 0.5, None]}) for n in range(10)]
    reader = pa.RecordBatchReader.from_batches(batches[0].schema, iter(batches))
    got = arrownd.to_columns(reader)
    assert got["a"].tolist() == [v for n in range(10) for v in (n, n + 1)]
    empty = pa.RecordBatchReader.from_batches(batches[0].schema, iter([]))
    assert arrownd.to_numpy(empty).shape == (0, 2)


def test_a_readers_own_error_surfaces() -> None:
    schema = pa.schema([("a", pa.int64())])

    def batches():
        yield pa.record_batch({"a": [1]})
        raise OSError("the disk is on fire")

    reader = pa.RecordBatchReader.from_batches(schema, batches())
    with pytest.raises(Exception, match="the disk is on fire"):
        arrownd.to_numpy(reader)


def test_errors_of_the_protocol_methods_pass_through() -> None:
    class Broken:
        def __arrow_c_array__(self, requested_schema=None):
            raise KeyError("no data today")

    class Odd:
        def __arrow_c_array__(self, requested_schema=None):
            return 5

    with pytest.raises(KeyError, match="no data today"):
        arrownd.to_numpy(Broken())
    with pytest.raises((TypeError, ValueError)):
        arrownd.to_numpy(Odd())


NOT_PRODUCERS = [[1, 2], 5, "text", None, {"a": 1}, np.arange(3), stdlib_array.array("i", [1]), object(), int, b"x"]


@pytest.mark.parametrize("obj", NOT_PRODUCERS, ids=lambda o: type(o).__name__)
def test_what_is_no_producer(obj) -> None:
    for call in (arrownd.to_numpy, arrownd.to_columns, arrownd.to_masked):
        with pytest.raises(TypeError, match="__arrow_c_array__") as caught:
            call(obj)
        assert "__arrow_c_stream__" in str(caught.value)
        assert type(obj).__name__ in str(caught.value)


PANDAS_PARTS = [pd.Index([1, 2]), pd.RangeIndex(3), pd.DatetimeIndex(["2020"]), pd.array([1, None], dtype="Int64"),
                pd.Categorical(["a"]), pd.MultiIndex.from_tuples([(1, 2)])]  # fmt: skip


@pytest.mark.parametrize("obj", PANDAS_PARTS, ids=lambda o: type(o).__name__)
def test_pandas_indexes_and_arrays_point_to_series(obj) -> None:
    if hasattr(obj, "__arrow_c_stream__") or hasattr(obj, "__arrow_c_array__"):
        assert arrownd.explain(obj) is not None
        return
    with pytest.raises(TypeError, match=r"pd\.Series\(x\)"):
        arrownd.to_numpy(obj)


def test_pandas_numpy_series() -> None:
    for values in (np.arange(5), np.array([1.5, np.nan]), np.array([True, False]), np.array(["2020"], "M8[ns]")):
        got = arrownd.to_numpy(pd.Series(values))
        if values.dtype == "f8":
            np.testing.assert_array_equal(got, values)
        else:
            assert got.tolist() == values.tolist()
    assert arrownd.to_numpy(pd.Series([1, None], dtype="Int64"), na_value=0).tolist() == [1, 0]
    assert arrownd.to_numpy(pd.Series(["a", None])).tolist() == ["a", None]


def test_pandas_index_columns_are_left_out() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5]}, index=pd.Index(["x", "y"], name="key"))
    for obj in (
        frame,
        pa.Table.from_pandas(frame),
        pa.Table.from_pandas(frame).to_batches()[0],
        pa.Table.from_pandas(frame).to_reader(),
    ):
        plan = arrownd.explain(obj)
        assert "key" in " ".join(plan.notes)
        same_values(arrownd.to_numpy(obj), np.array([[1, 1.5], [2, 2.5]]))
    unnamed = pd.DataFrame({"a": [1, 2]}, index=["x", "y"])
    assert list(arrownd.to_columns(unnamed)) == ["a"]
    ranged = pd.DataFrame({"a": [1, 2]})
    assert arrownd.explain(ranged).notes == ()
    chosen = arrownd.to_columns(frame, columns=["b"])
    assert list(chosen) == ["b"]


def test_strange_pandas_metadata_is_no_obstacle() -> None:
    table = pa.table({"a": [1, 2]})
    for text in (b"not json", b"{}", b'{"index_columns": 5}', b'{"index_columns": [{"kind": "range"}]}', b"[]",
                 b'{"index_columns": ["missing"]}', b"\xff"):  # fmt: skip
        assert arrownd.to_numpy(table.replace_schema_metadata({"pandas": text})).shape == (2, 1), text


def test_polars_frames_and_series() -> None:
    frame = pl.DataFrame({"a": [1, 2, 3], "b": [1.5, None, 3.5]})
    same_values(arrownd.to_numpy(frame), np.array([[1, 1.5], [2, np.nan], [3, 3.5]]))
    series = pl.Series([1, 2, 3])
    assert address_of(arrownd.to_numpy(series, allow_copy=False)) == address_of(series.to_numpy(allow_copy=False))
    rows = pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2))
    assert address_of(arrownd.to_numpy(rows, allow_copy=False)) == address_of(rows.to_numpy(allow_copy=False))
    deep = pl.Series([[[1, 2]], [[3, 4]]], dtype=pl.Array(pl.Int16, (1, 2)))
    assert arrownd.to_numpy(deep, allow_copy=False).shape == (2, 1, 2)
    struct = pl.Series([{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    assert arrownd.to_numpy(struct).tolist() == [[1, 2], [3, 4]]
    assert arrownd.to_numpy(pl.Series(["a", None])).tolist() == ["a", None]
    assert arrownd.to_numpy(pl.Series([None, None])).dtype == "f4"


def test_duckdb_relations() -> None:
    import duckdb

    relation = duckdb.sql("select range::int as i, range * 0.5::double as f from range(5000)")
    columns = arrownd.to_columns(relation)
    assert columns["i"].tolist() == list(range(5000))
    assert columns["f"][-1] == 2499.5
    nulls = duckdb.sql("select case when range % 2 = 0 then range::smallint end as n from range(4)")
    same_values(arrownd.to_columns(nulls)["n"], np.array([0, np.nan, 2, np.nan], "f4"))


def test_a_class_is_asked_once_per_protocol() -> None:
    """An object with both protocols is read as what it is, and the data isn't exported twice."""
    calls = []

    class Both:
        def __arrow_c_array__(self, requested_schema=None):
            calls.append("array")
            return pa.array([1, 2]).__arrow_c_array__()

        def __arrow_c_stream__(self, requested_schema=None):
            calls.append("stream")
            return pa.chunked_array([[1, 2]]).__arrow_c_stream__()

    assert arrownd.to_numpy(Both()).tolist() == [1, 2]
    assert len(calls) == 1


def test_no_producers_library_is_needed() -> None:
    """NumPy alone: a producer in plain Python, none of the libraries importable."""
    code = (
        "import sys\n"
        "for name in ('pyarrow', 'polars', 'pandas', 'nanoarrow', 'arro3', 'duckdb', 'awkward'): sys.modules[name] = None\n"
        "import arrownd\n"
        "try: arrownd.to_numpy([1])\n"
        "except TypeError as error: print('__arrow_c_array__' in str(error))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_nothing_is_imported_but_numpy() -> None:
    code = (
        "import sys, numpy; before = set(sys.modules); import arrownd\n"
        "new = {m.split('.')[0] for m in set(sys.modules) - before} - set(sys.stdlib_module_names) - {'numpy'}\n"
        "print(sorted(new))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['arrownd']"


def test_wrappers_and_schemas() -> None:
    assert arrownd.to_numpy(OnlyArray(pa.array([1, 2])), allow_copy=False).tolist() == [1, 2]
    assert arrownd.to_numpy(OnlyStream(pa.chunked_array([[1, 2]])), allow_copy=False).tolist() == [1, 2]
    for source in (pa.int8(), pa.field("x", pa.int8()), na.int8(), pl.Series([1], dtype=pl.Int8)):
        if hasattr(source, "__arrow_c_schema__") or hasattr(source, "__arrow_c_stream__"):
            assert arrownd.explain(source).dtype == "i1"
    with pytest.raises(TypeError):
        arrownd.to_numpy(pa.int8())


def test_explain_leaves_a_bare_stream_alone() -> None:
    """Without a length it may be one-shot, and without a schema nothing can be said: it is left as it was."""
    stream = OnlyStream(pa.table({"a": [1, None]}).to_reader())
    with pytest.raises(TypeError, match="schema"):
        arrownd.explain(stream)
    assert len(arrownd.to_numpy(stream)) == 2


def test_a_reader_with_a_schema_has_the_plan_of_its_schema() -> None:
    plan = arrownd.explain(pa.table({"a": [1, None]}).to_reader())
    assert plan.shape == (None, 1)
    assert plan.dtype == "i8"
    assert plan.dtype_with_nulls == "f8"
    assert plan.copies is None
