"""Known producers' plain arrays come without capsules: the results are those that the capsules give."""

from __future__ import annotations

import gc
import inspect
import pickle
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
}


def values_of(kind: pa.DataType, nulls: bool = False) -> pa.Array:
    if pa.types.is_null(kind):
        return pa.nulls(9)
    if isinstance(kind, pa.BaseExtensionType):
        storage = pa.array([b"%016d" % i if kind.storage_type.bit_width == 128 else i % 2 for i in range(9)])
        return pa.ExtensionArray.from_storage(kind, storage.cast(kind.storage_type))
    numbers = [3, 1, 4, 1, 5, 9, 2, 6, None if nulls else 5]
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


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "nulls"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", TYPES)
def test_pyarrow(kind: str, layout: str, nulls: bool) -> None:
    obj = LAYOUTS[layout](values_of(TYPES[kind], nulls))
    for words in ({}, {"allow_copy": True}):
        same(arrownd.to_numpy(obj, **words), arrownd.to_numpy(behind_capsules(obj), **words))
    plan = arrownd.explain(obj)
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
    "Array with nulls": pl.Series([[1, None], [3, 4]], dtype=pl.Array(pl.Int64, 2)),
    "List": pl.Series([[1, 2], [3, 4]]),
    "Struct": pl.Series([{"a": 1, "b": 2.5}]),
    "Null": pl.Series([None, None]),
}


@pytest.mark.parametrize("name", POLARS)
def test_polars(name: str) -> None:
    series = POLARS[name]
    same(arrownd.to_numpy(series), arrownd.to_numpy(StreamCapsule(series)))
    plan = arrownd.explain(series)
    if plan.copies:
        with pytest.raises(arrownd.CopyNotAllowedError):
            arrownd.to_numpy(series, allow_copy=False)
    else:
        got = arrownd.to_numpy(series, allow_copy=False)
        assert (got.dtype, got.shape) == (plan.dtype, plan.shape)
        assert not got.flags.writeable


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
