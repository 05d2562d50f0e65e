"""Known producers' plain arrays come without capsules: the results are those that the capsules give."""

from __future__ import annotations

import gc
import inspect
import itertools
import pickle
import subprocess
import sys
import weakref
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd

RNG = np.random.default_rng(5)


class Capsules:
    """A producer that nothing is known of, with an object's data."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj


class ArrayCapsules(Capsules):
    def __arrow_c_array__(self, requested_schema: object = None) -> object:
        return self.obj.__arrow_c_array__()


class StreamCapsule(Capsules):
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.obj.__arrow_c_stream__()


def behind_capsules(obj: Any) -> Capsules:
    return ArrayCapsules(obj) if hasattr(obj, "__arrow_c_array__") else StreamCapsule(obj)


UNITS = ["s", "ms", "us", "ns"]
TYPES = {
    **{str(t): t for t in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
    **{str(t): t for t in (pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64())},
    **{str(t): t for t in (pa.float16(), pa.float32(), pa.float64(), pa.date64(), pa.date32(), pa.bool_())},
    **{str(t): t for unit in UNITS for t in (pa.timestamp(unit), pa.timestamp(unit, "Asia/Tokyo"), pa.duration(unit))},
    **{str(t): t for t in (pa.time64("us"), pa.time32("s"), pa.string(), pa.null(), pa.decimal128(12, 2))},
    "bool8": pa.bool8(),
    "uuid": pa.uuid(),
    "binary(3)": pa.binary(3),
    "binary(16)": pa.binary(16),
    "month_day_nano": pa.month_day_nano_interval(),
}


def values_of(kind: pa.DataType, nulls: bool = False) -> pa.Array:
    if pa.types.is_null(kind):
        return pa.nulls(9)
    if isinstance(kind, pa.BaseExtensionType):
        storage = pa.array([b"%016d" % i if kind.storage_type.bit_width == 128 else i % 2 for i in range(9)])
        return pa.ExtensionArray.from_storage(kind, storage.cast(kind.storage_type))
    numbers = [3, 1, 4, 1, 5, 9, 2, 6, None if nulls else 5]
    if pa.types.is_fixed_size_binary(kind):
        return pa.array([None if n is None else bytes([n + 1]) * kind.byte_width for n in numbers], kind)
    if pa.types.is_interval(kind):
        return pa.array([None if n is None else (n, n, n) for n in numbers], kind)
    if pa.types.is_boolean(kind):
        return pa.array([None if n is None else n > 3 for n in numbers])
    if pa.types.is_float16(kind):
        return pa.array([None if n is None else np.float16(n) for n in numbers], kind)
    if pa.types.is_string(kind):
        return pa.array([None if n is None else str(n) for n in numbers])
    if pa.types.is_date64(kind):
        return pa.array([None if n is None else n * 86_400_000 for n in numbers], pa.int64()).cast(kind)
    if pa.types.is_decimal(kind) or pa.types.is_floating(kind):
        return pa.array(numbers, pa.int32()).cast(kind)
    return pa.array(numbers, kind)


LAYOUTS = {
    "array": lambda a: a,
    "slice": lambda a: a[2:7],
    "last": lambda a: a[8:],
    "empty": lambda a: a[:0],
    "one chunk": lambda a: pa.chunked_array([a[1:]]),
    "chunk among empty ones": lambda a: pa.chunked_array([a[:0], a[3:], a[:0]]),
    "chunks": lambda a: pa.chunked_array([a[:3], a[3:]]),
    "no chunk": lambda a: pa.chunked_array([], a.type),
}


def same(got: np.ndarray, wanted: np.ndarray) -> None:
    assert type(got) is type(wanted)
    assert got.dtype == wanted.dtype
    assert got.shape == wanted.shape
    assert got.strides == wanted.strides
    assert got.flags.writeable == wanted.flags.writeable
    assert got.flags.aligned == wanted.flags.aligned
    assert got.flags.c_contiguous == wanted.flags.c_contiguous
    assert got.flags.f_contiguous == wanted.flags.f_contiguous
    assert got.flags.owndata == wanted.flags.owndata
    np.testing.assert_array_equal(got, wanted)
    if not wanted.flags.writeable and wanted.size:
        assert got.ctypes.data == wanted.ctypes.data, "both are views"


# Calls that say the defaults, from those that are answered at once to those that go all the way: `columns=None` is
# a word that the shortcuts know, `dtype=` the result's own is one that they don't.
WORDS: list[dict[str, Any]] = [
    {},
    {"allow_copy": True},
    {"nulls": "nan"},
    {"nulls": "nan", "allow_copy": True},
    {"columns": None},
    {"nulls": "nan", "safe": False},
]


def the_whole_way(obj: Any) -> np.ndarray:
    """Without any shortcut: `order=` is none of the words that they know, and makes no difference to one column."""
    return arrownd.to_numpy(obj, order="F")


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "nulls"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", TYPES)
def test_pyarrow(kind: str, layout: str, nulls: bool) -> None:
    obj = LAYOUTS[layout](values_of(TYPES[kind], nulls))
    plan, wanted = arrownd.explain(obj), the_whole_way(obj)
    assert (plan.dtype, plan.shape) == (wanted.dtype, wanted.shape)
    for words in WORDS:
        same(arrownd.to_numpy(obj, **words), wanted)
        same(arrownd.to_numpy(behind_capsules(obj), **words), wanted)
    if plan.copies:
        with pytest.raises(arrownd.CopyNotAllowedError):
            arrownd.to_numpy(obj, allow_copy=False)
    else:
        same(arrownd.to_numpy(obj, allow_copy=False), arrownd.to_numpy(obj))


@pytest.mark.parametrize("kind", ["int64", "double", "timestamp[us]", "duration[ns]"])
def test_pyarrow_with_a_bitmap_that_hides_nothing(kind: str) -> None:
    obj = values_of(TYPES[kind], nulls=True)[:8]
    assert obj.buffers()[0] is not None
    same(arrownd.to_numpy(obj), arrownd.to_numpy(behind_capsules(obj)))
    assert not arrownd.to_numpy(obj).flags.writeable


@pytest.mark.parametrize("allow_copy", [True, False])
def test_values_that_do_not_fit(allow_copy: bool) -> None:
    obj = pa.array([2**53 + 1, 7, None, 2**62 + 1])
    for producer in (obj, behind_capsules(obj), pa.chunked_array([obj]), pl.Series(obj)):
        if not allow_copy:
            with pytest.raises(arrownd.CopyNotAllowedError, match="1 value is missing"):
                arrownd.to_numpy(producer, allow_copy=False, nulls="nan")
            continue
        with pytest.raises(arrownd.LossyCastError, match=r"9007199254740993.*position 0.*float64"):
            arrownd.to_numpy(producer)
        rounded = arrownd.to_numpy(producer, safe=False)
        np.testing.assert_array_equal(rounded, [2.0**53, 7, np.nan, 2.0**62])


@pytest.mark.parametrize("length", [16_383, 16_384, 100_001])
@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.float32(), pa.timestamp("ms"), pa.date32()])
def test_long_copies_of_slices(kind: pa.DataType, length: int) -> None:
    """With a bitmap that begins within a byte, and more values than are converted with the GIL."""
    numbers = RNG.integers(0, 100, length + 5)
    numbers = numbers.astype("i8" if pa.types.is_timestamp(kind) else "i4")
    obj = pa.array(numbers, mask=RNG.random(length + 5) < 0.3).cast(kind)[3:-2]
    for producer in (obj, behind_capsules(obj), pa.chunked_array([obj])):
        got = arrownd.to_numpy(producer)
        same(got, the_whole_way(obj))
        assert got.flags.writeable and got.flags.owndata
    missing = np.isnat(got) if got.dtype.kind == "M" else np.isnan(got)
    assert missing.sum() == obj.null_count > 0


def listed(values: pa.Array, *sizes: int) -> pa.Array:
    for size in sizes:
        values = pa.FixedSizeListArray.from_arrays(values, size)
    return values


LISTS = {
    "1": lambda: listed(pa.array(np.arange(12, dtype="f4")), 3),
    "2": lambda: listed(pa.array(np.arange(24)), 3, 4),
    "5": lambda: listed(pa.array(np.arange(32)), 2, 1, 2, 1, 2),
    "one row": lambda: listed(pa.array(np.arange(5)), 5),
    "one column": lambda: listed(pa.array(np.arange(5)), 1),
    "sliced": lambda: listed(pa.array(np.arange(24)), 3, 2)[1:3],
    "sliced inside": lambda: listed(pa.array(np.arange(25))[1:], 3, 2),
    "sliced everywhere": lambda: listed(listed(pa.array(np.arange(49))[1:], 2, 2)[1:9], 4)[1:],
    "empty": lambda: listed(pa.array(np.arange(24)), 3)[:0],
    "of none": lambda: pa.array([[], []], pa.list_(pa.int64(), 0)),
    "times": lambda: listed(pa.array(np.arange(12).astype("M8[us]")), 3),
    "days": lambda: listed(pa.array(np.arange(12).astype("M8[D]")), 3),
    "bools": lambda: listed(pa.array([True, False] * 6), 3),
    "bytes": lambda: listed(pa.array([b"abc", b"def"], pa.binary(3)), 2),
    "text": lambda: listed(pa.array(["abc", "def"]), 2),
    "bool8": lambda: listed(values_of(pa.bool8())[:8], 2),
    "outer nulls": lambda: pa.array([[1, 2], None], pa.list_(pa.int64(), 2)),
    "inner nulls": lambda: pa.array([[1, 2], [3, None]], pa.list_(pa.int64(), 2)),
    "middle nulls": lambda: pa.array([[[1, 2], None], [[5, 6], [7, 8]]], pa.list_(pa.list_(pa.int64(), 2), 2)),
    "nulls outside": lambda: pa.array([None, [1, 2], [3, 4]], pa.list_(pa.int64(), 2))[1:],
    "inner nulls outside": lambda: pa.array([[None, 5], [1, 2], [3, 4]], pa.list_(pa.int64(), 2))[1:],
    "tensors": lambda: pa.FixedShapeTensorArray.from_numpy_ndarray(np.arange(12).reshape(2, 3, 2)),
    "in lists": lambda: pa.array([[[1, 2]], [[3, 4]]], pa.list_(pa.list_(pa.int64(), 2))),
    "of dictionaries": lambda: listed(pa.array(["a", "b"]).dictionary_encode(), 2),
}


@pytest.mark.parametrize("name", LISTS)
def test_fixed_size_lists(name: str) -> None:
    obj = LISTS[name]()
    wanted, plan = the_whole_way(obj), arrownd.explain(obj)
    assert (plan.dtype, plan.shape) == (wanted.dtype, wanted.shape)
    for producer in (obj, behind_capsules(obj), pa.chunked_array([obj])):
        for words in WORDS:
            same(arrownd.to_numpy(producer, **words), wanted)
        if plan.copies:
            with pytest.raises(arrownd.CopyNotAllowedError):
                arrownd.to_numpy(producer, allow_copy=False)
        else:
            same(arrownd.to_numpy(producer, allow_copy=False), wanted)


def test_lists_that_are_viewed_keep_what_they_show() -> None:
    obj = listed(pa.array(np.arange(1000)), 10)
    view = arrownd.to_numpy(obj)
    assert view.ctypes.data == obj.values.buffers()[1].address
    del obj
    gc.collect()
    again = [np.full(1000, 7) for _ in range(100)]
    np.testing.assert_array_equal(view, np.arange(1000).reshape(100, 10))
    assert len(again) == 100
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True


def test_misaligned_lists() -> None:
    memory = pa.py_buffer(np.frombuffer(b"x" + np.arange(4, dtype="i8").tobytes(), "u1"))[1:]
    obj = listed(pa.Array.from_buffers(pa.int64(), 4, [None, memory]), 2)
    got = arrownd.to_numpy(obj)
    assert (got.ctypes.data, got.flags.aligned) == (memory.address, False)
    same(got, the_whole_way(obj))


def test_misaligned_copies() -> None:
    memory = pa.py_buffer(np.frombuffer(b"x" + np.arange(9, dtype="i8").tobytes(), "u1"))[1:]
    obj = pa.Array.from_buffers(pa.int64(), 9, [pa.py_buffer(b"\xf5\x01"), memory])
    for producer in (obj, behind_capsules(obj)):
        same(arrownd.to_numpy(producer), the_whole_way(obj))


def test_misaligned() -> None:
    memory = pa.py_buffer(np.frombuffer(b"x" + np.arange(4, dtype="i8").tobytes(), "u1"))[1:]
    obj = pa.Array.from_buffers(pa.int64(), 4, [None, memory])
    got = arrownd.to_numpy(obj)
    assert (got.ctypes.data, got.flags.aligned) == (memory.address, False)
    same(got, arrownd.to_numpy(behind_capsules(obj)))


@pytest.mark.parametrize("of", ["array", "chunked", "polars"])
def test_a_view_keeps_what_it_shows(of: str) -> None:
    source = np.arange(1000)
    obj: Any = pa.array(source)
    obj = {"array": obj, "chunked": pa.chunked_array([obj]), "polars": pl.Series(source)}[of]
    view = arrownd.to_numpy(obj)
    del obj, source
    gc.collect()
    again = [np.full(1000, 7) for _ in range(100)]
    np.testing.assert_array_equal(view, np.arange(1000))
    assert len(again) == 100
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True
    gone = weakref.ref(view)
    del view
    assert gone() is None


POLARS = {
    **{name: pl.Series([1, 2, 3], dtype=getattr(pl, name)) for name in ("Int8", "Int16", "Int32", "Int64", "Int128")},
    **{name: pl.Series([1, 2, 3], dtype=getattr(pl, name)) for name in ("UInt8", "UInt16", "UInt32", "UInt64")},
    **{name: pl.Series([1.5, 2, 3], dtype=getattr(pl, name)) for name in ("Float32", "Float64")},
    "Datetime": pl.Series(np.arange(3).astype("M8[ms]")),
    "zoned": pl.Series(np.arange(3).astype("M8[us]")).dt.replace_time_zone("Asia/Tokyo"),
    "Duration": pl.Series(np.arange(3).astype("m8[ns]")),
    "Date": pl.Series(np.arange(3).astype("M8[D]")),
    "Time": pl.Series([1000, 2000], dtype=pl.Int64).cast(pl.Time),
    "Boolean": pl.Series([True, False]),
    "String": pl.Series(["a", "b"]),
    "Categorical": pl.Series(["a", "b"], dtype=pl.Categorical),
    "Decimal": pl.Series(["1.5"]).cast(pl.Decimal(9, 2)),
    "nulls": pl.Series([1, None, 3]),
    "bitmap": pl.Series([None, 1, 2])[1:],
    "NaN": pl.Series([1.0, np.nan]),
    "slice": pl.Series(np.arange(10))[3:7],
    "empty": pl.Series([], dtype=pl.Int64),
    "chunks": pl.concat([pl.Series([1, 2]), pl.Series([3])], rechunk=False),
    "Array": pl.Series([[1, 2], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
    "Array of Arrays": pl.Series(np.arange(24).reshape(2, 3, 4)),
    "slice of an Array": pl.Series(np.arange(24).reshape(6, 4))[2:5],
    "empty Array": pl.Series(np.arange(24).reshape(6, 4))[:0],
    "chunks of an Array": pl.concat([pl.Series(np.arange(4).reshape(2, 2))] * 2, rechunk=False),
    "Array of Datetime": pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)).cast(pl.Array(pl.Datetime("us"), 2)),
    "Array of Date": pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)).cast(pl.Array(pl.Date, 2)),
    "Array of Boolean": pl.Series([[True, False]], dtype=pl.Array(pl.Boolean, 2)),
    "Array of String": pl.Series([["a", "b"]], dtype=pl.Array(pl.String, 2)),
    "Array of Categorical": pl.Series([["a", "b"]], dtype=pl.Array(pl.Categorical, 2)),
    "Array of Decimal": pl.Series([["1.5"]], dtype=pl.Array(pl.String, 1)).cast(pl.Array(pl.Decimal(9, 2), 1)),
    "Array of Int128": pl.Series([[1, 2]], dtype=pl.Array(pl.Int128, 2)),
    "Array of Lists": pl.Series([[[1, 2]], [[3, 4]]], dtype=pl.Array(pl.List(pl.Int64), 1)),
    "Array of none": pl.Series([[], []], dtype=pl.Array(pl.Int64, 0)),
    "Array with nulls": pl.Series([[1, None], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
    "Array with outer nulls": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2)),
    "Array with a bitmap": pl.Series([[1, None], [3, 4]], dtype=pl.Array(pl.Int64, 2))[1:],
    "Array with nulls in Arrays": pl.Series([[[1, 2], None]], dtype=pl.Array(pl.Array(pl.Int64, 2), 2)),
    "List": pl.Series([[1, 2], [3, 4]]),
    "Struct": pl.Series([{"a": 1, "b": 2.5}]),
    "Null": pl.Series([None, None]),
}


@pytest.mark.parametrize("name", POLARS)
def test_polars(name: str) -> None:
    series = POLARS[name]
    for words in WORDS:
        same(arrownd.to_numpy(series, **words), the_whole_way(series))
        same(arrownd.to_numpy(StreamCapsule(series), **words), the_whole_way(series))
    plan = arrownd.explain(series)
    if plan.copies:
        with pytest.raises(arrownd.CopyNotAllowedError):
            arrownd.to_numpy(series, allow_copy=False)
    else:
        got = arrownd.to_numpy(series, allow_copy=False)
        assert (got.dtype, got.shape) == (plan.dtype, plan.shape)
        assert not got.flags.writeable


def test_polars_before_and_after_arrays_were_seen() -> None:
    """How Polars is asked for its view depends on whether a series of arrays was seen; the view doesn't."""
    program = """
import numpy as np, polars as pl, arrownd
numbers, nulls = pl.Series(np.arange(5)), pl.Series([1, None])
arrays = pl.Series(np.arange(6).reshape(3, 2))
missing = pl.Series([[1, None], [3, 4]], dtype=pl.Array(pl.Int64, 2))
def look():
    views = [arrownd.to_numpy(numbers), arrownd.to_numpy(arrays)]
    copies = [arrownd.to_numpy(nulls), arrownd.to_numpy(missing)]
    return [(a.tolist(), a.dtype, a.flags.writeable, a.strides) for a in views + copies], [a.ctypes.data for a in views]
first, again = look(), look()
assert repr(first) == repr(again), (first, again)
assert repr(first[0][0][0]) == "[0, 1, 2, 3, 4]" and repr(first[0][3][0]) == "[[1.0, nan], [3.0, 4.0]]", first
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_polars_series_that_changes_afterwards() -> None:
    """Polars extends in place where nobody else has the memory."""
    series = pl.Series(np.arange(10))
    view = arrownd.to_numpy(series)
    series.extend(pl.Series(np.arange(100_000)))
    series[0] = 77
    np.testing.assert_array_equal(view, np.arange(10))


def test_a_derived_class_is_another_producer() -> None:
    class Own(pl.Series):
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return pa.chunked_array([[7, 8]]).__arrow_c_stream__()

    assert arrownd.to_numpy(Own([1, 2, 3])).tolist() == [7, 8]


PANDAS = {
    "int64": pd.Series([1, 2, 3], dtype=pd.ArrowDtype(pa.int64())),
    "nulls": pd.Series([1, None, 3], dtype=pd.ArrowDtype(pa.int64())),
    "timestamps": pd.Series(
        pa.array([1, 2], pa.timestamp("us", "UTC")), dtype=pd.ArrowDtype(pa.timestamp("us", "UTC"))
    ),
    "text": pd.Series(["a", None], dtype=pd.ArrowDtype(pa.string())),
    "string": pd.Series(["a", "b"], dtype="string[pyarrow]"),
    "lists": pd.Series([[1, 2], [3, 4]], dtype=pd.ArrowDtype(pa.list_(pa.int64()))),
    "chunks": pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([[1, 2], [3]]))),
    "masked": pd.Series([1, None], dtype="Int64"),
    "numpy": pd.Series([1, 2, 3]),
    "objects": pd.Series(["a", None]),
    "category": pd.Series(["a", "b", "a"], dtype="category"),
    "period": pd.Series(pd.period_range("2020-01", periods=3, freq="M")),
}


@pytest.mark.parametrize("name", PANDAS)
def test_pandas(name: str) -> None:
    series = PANDAS[name]
    got, wanted = arrownd.to_numpy(series), arrownd.to_numpy(StreamCapsule(series))
    assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(got, wanted)
    assert got.flags.writeable == wanted.flags.writeable == arrownd.explain(series).copies


@pytest.mark.parametrize("name", ["int64", "timestamps"])
def test_pandas_views_are_of_the_memory_that_it_keeps(name: str) -> None:
    series = PANDAS[name]
    kept = series.array.__arrow_array__().chunk(0)
    assert arrownd.to_numpy(series).ctypes.data == kept.buffers()[1].address


def test_calls_that_are_not_plain() -> None:
    numbers = pa.array([1, 2, 3])
    with pytest.raises(TypeError, match="to_numpy"):
        arrownd.to_numpy()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        arrownd.to_numpy(numbers, None, True)  # type: ignore[misc]
    with pytest.raises(TypeError, match="allow_copies"):
        arrownd.to_numpy(numbers, allow_copies=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="allow_copy"):
        arrownd.to_numpy(numbers, allow_copy="no")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Arrow producer"):
        arrownd.to_numpy([1, 2])
    with pytest.raises(TypeError, match="positional-only"):
        arrownd.to_numpy(obj=numbers)  # type: ignore[call-arg]
    assert arrownd.to_numpy(numbers, writable=True).flags.writeable
    assert arrownd.to_numpy(numbers, "f8").dtype == np.float64
    assert arrownd.to_numpy(*[numbers], allow_copy=False).tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match='nulls="none"|nulls=.none.'):
        arrownd.to_numpy(numbers, nulls="none")
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(pa.array([1, None]), nulls="raise")
    assert isinstance(arrownd.to_numpy(pa.array([1, None]), nulls="masked"), np.ma.MaskedArray)
    own = type("Own", (str,), {})("nan")
    assert arrownd.to_numpy(pa.array([1, None]), nulls=own, allow_copy=True).dtype == np.float64


def test_exceptions_of_producers_arrive() -> None:
    class Failing:
        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            raise KeyError("mine")

    for _ in range(3):
        with pytest.raises(KeyError, match="mine"):
            arrownd.to_numpy(Failing())


def test_the_function_is_an_ordinary_builtin() -> None:
    assert inspect.isbuiltin(arrownd.to_numpy)
    assert next(iter(inspect.signature(arrownd.to_numpy).parameters)) == "obj"
    assert arrownd.to_numpy.__name__ == "to_numpy"
    assert pickle.loads(pickle.dumps(arrownd.to_numpy)) is arrownd.to_numpy
    assert "Parameters\n----------" in (inspect.getdoc(arrownd.to_numpy) or "")


CHUNKED = [
    pa.int8(),
    pa.uint16(),
    pa.float32(),
    pa.float64(),
    pa.int64(),
    pa.timestamp("us"),
    pa.duration("ns"),
    pa.binary(5),
]


@pytest.mark.parametrize("data_type", [*CHUNKED, *(pa.list_(t, 3) for t in CHUNKED)], ids=str)
@pytest.mark.parametrize("sizes", [[3, 4], [1, 1, 1], [100, 1, 7000, 20_000], [2, 0, 5]], ids=str)
def test_chunks_are_joined_as_the_pipeline_joins_them(data_type: pa.DataType, sizes: list[int]) -> None:
    leaf = data_type.value_type if pa.types.is_fixed_size_list(data_type) else data_type
    width = 5 if pa.types.is_fixed_size_binary(leaf) else leaf.bit_width // 8
    bytes_ = np.random.default_rng(7).integers(1, 50, (sum(sizes) + 1) * 3 * width).astype("u1")
    values = pa.Array.from_buffers(leaf, len(bytes_) // width, [None, pa.py_buffer(bytes_)])
    whole = pa.FixedSizeListArray.from_arrays(values, 3) if leaf is not data_type else values
    ends = np.cumsum([1, *sizes])
    chunks = [whole[start:end] for start, end in itertools.pairwise(ends)]
    chunked = pa.chunked_array(chunks, data_type)
    quick = arrownd.to_numpy(chunked)
    slow = arrownd.to_numpy(chunked, order="C")
    assert quick.dtype == slow.dtype
    assert quick.shape == slow.shape
    assert quick.tobytes() == slow.tobytes()
    assert quick.flags == slow.flags
    assert quick.base is None
    # One with nulls among them goes the other way.
    nulls = pa.chunked_array([*chunks, pa.nulls(2, data_type)], data_type)
    if leaf is data_type and width != 5:
        assert arrownd.to_numpy(nulls, safe=False).shape == (sum(sizes) + 2,)
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_numpy(chunked, allow_copy=False)
