"""`Array` is taken by every consumer of the capsule protocol, which sees NumPy's own memory."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import arro3.core
import duckdb
import nanoarrow
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import arrownd
from arrownd import Array, from_numpy

DTYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"]


def source(dtype: str) -> np.ndarray:
    return np.arange(7).astype(dtype)


def address(array: np.ndarray) -> int:
    return array.ctypes.data


def of_pyarrow(array: Any) -> int:
    return pa.array(array).buffers()[1].address


CONSUMERS: dict[str, Callable[[Array], int]] = {
    "pyarrow": lambda a: pa.array(a).buffers()[1].address,
    "pyarrow chunked": lambda a: pa.chunked_array(a).chunk(0).buffers()[1].address,
    "polars Series": lambda a: address(pl.Series(a).to_numpy(allow_copy=False)),
    "polars from_arrow": lambda a: address(pl.from_arrow(a).to_numpy(allow_copy=False)),  # type: ignore[union-attr]
    # pd.Series.from_arrow copies by itself.
    "pandas": lambda a: of_pyarrow(pd.Series(pd.arrays.ArrowExtensionArray(pa.array(a)))),
    "arro3": lambda a: of_pyarrow(arro3.core.Array(a)),
    "nanoarrow": lambda a: of_pyarrow(nanoarrow.c_array(a)),
    "to_numpy": lambda a: address(arrownd.to_numpy(a, allow_copy=False)),
    "asarray": lambda a: address(np.asarray(a)),
    "from_dlpack": lambda a: address(np.from_dlpack(a)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CONSUMERS)
def test_consumers_see_the_memory_of_numpy(name: str, dtype: str) -> None:
    array = source(dtype)
    assert CONSUMERS[name](from_numpy(array)) == address(array)


def test_duckdb_takes_it() -> None:
    x = np.arange(5)
    numbers = from_numpy(x)
    record = from_numpy({"u": x, "v": x * 0.5})
    assert duckdb.sql("select sum(columns(*)) from numbers").fetchall() == [(10,)]
    assert duckdb.sql("select sum(u), sum(v) from record").fetchall() == [(10, 5.0)]
    assert isinstance(numbers, Array)
    assert isinstance(record, Array)


def test_duckdb_reads_the_memory_that_is_shared() -> None:
    """It hands out no addresses: what changes in NumPy changes in what it reads of the same carrier."""
    source = np.arange(5)
    carrier = arrownd.from_numpy({"v": source})
    connection = duckdb.connect()
    connection.register("shared", carrier)
    assert connection.sql("select sum(v) from shared").fetchall() == [(10,)]
    source[0] = 90
    assert connection.sql("select sum(v) from shared").fetchall() == [(100,)]


def test_a_struct_is_a_table() -> None:
    x, y = np.arange(5), np.linspace(0, 1, 5)
    record = from_numpy({"x": x, "y": y})
    batch = pa.record_batch(record)
    assert batch.schema.names == ["x", "y"]
    assert [column.buffers()[1].address for column in batch.columns] == [address(x), address(y)]
    assert pa.table(record).to_pydict() == {"x": x.tolist(), "y": y.tolist()}
    assert pl.DataFrame(record).to_dict(as_series=False) == {"x": x.tolist(), "y": y.tolist()}
    assert pd.DataFrame.from_arrow(record).to_dict("list") == {"x": x.tolist(), "y": y.tolist()}
    assert arro3.core.Table.from_arrow(record).num_rows == 5


def test_the_schema_alone() -> None:
    array = from_numpy(np.array([0, 1, 2], "M8[us]"))
    assert pa.field(array) == pa.field("", pa.timestamp("us"))
    assert arrownd.explain(array).dtype == "M8[us]"


def test_both_capsules_can_be_asked_for_again_and_again() -> None:
    array = from_numpy(np.arange(3))
    assert [pa.array(array).to_pylist() for _ in range(3)] == [[0, 1, 2]] * 3
    schema, data = array.__arrow_c_array__()
    again = pa.Array._import_from_c_capsule(schema, data)
    assert again.to_pylist() == [0, 1, 2]
    with pytest.raises(ValueError, match="released"):
        pa.Array._import_from_c_capsule(*(array.__arrow_c_schema__(), data))


def test_capsules_that_nobody_takes_let_go() -> None:
    x = np.arange(1000)
    alive = weakref.ref(x)
    capsules = from_numpy(x).__arrow_c_array__()
    del x
    gc.collect()
    assert alive() is not None
    del capsules
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize(
    ("values", "wanted", "shared"),
    [
        (np.arange(3), pa.int64(), True),
        (np.arange(3), pa.timestamp("us", "Europe/Berlin"), True),
        (np.arange(3), pa.duration("s"), True),
        (np.arange(3, dtype="i4"), pa.date32(), True),
        (np.array([0, 1, 2], "M8[us]"), pa.int64(), True),
        (np.arange(3), pa.int8(), False),
        (np.arange(3), pa.float64(), False),
        (np.arange(3), pa.decimal128(25, 1), False),
        (np.array([0, 1, 2], "M8[s]"), pa.timestamp("ns"), False),
        (np.arange(2).astype("?"), pa.int8(), False),
        (np.array(["a", "b"]), pa.large_string(), False),
        (np.array(["a", "b"]), pa.string_view(), False),
        (np.array(["a", "b", "a"]), pa.dictionary(pa.int8(), pa.string()), False),
        (np.arange(6).reshape(3, 2), pa.list_(pa.int64(), 2), True),
        (np.arange(6).reshape(3, 2), pa.list_(pa.int64()), True),
        (np.arange(6).reshape(3, 2), pa.large_list(pa.int8()), False),
    ],
    ids=str,
)
def test_a_requested_schema_is_honoured(values: np.ndarray, wanted: pa.DataType, shared: bool) -> None:
    array = from_numpy(values)
    made = pa.Array._import_from_c_capsule(*array.__arrow_c_array__(wanted.__arrow_c_schema__()))
    made.validate(full=True)
    assert made.type == wanted
    plain = pa.array(array)
    if pa.types.is_dictionary(wanted):
        assert made.dictionary_decode() == plain
    elif plain.type != pa.bool_():
        assert made == plain.cast(wanted)
    else:
        assert made.to_pylist() == values.astype(int).tolist()
    if shared:
        last = [buffer for buffer in made.buffers() if buffer is not None][-1]
        assert last.address == address(values)


def test_a_requested_schema_that_loses_values_is_refused() -> None:
    array = from_numpy(np.array([1, 300]))
    with pytest.raises(arrownd.LossyCastError, match="300 at position 1 can't be held exactly by int8"):
        array.__arrow_c_array__(pa.int8().__arrow_c_schema__())
    with pytest.raises(arrownd.UnsupportedTypeError, match="no conversion from int64 to utf8"):
        array.__arrow_c_array__(pa.string().__arrow_c_schema__())
    record = from_numpy({"x": np.arange(2), "y": np.arange(2)})
    with pytest.raises(arrownd.UnsupportedTypeError, match='"z"'):
        record.__arrow_c_array__(pa.struct({"x": pa.int64(), "z": pa.int64()}).__arrow_c_schema__())
    with pytest.raises(arrownd.UnsupportedTypeError, match='"y" would be lost'):
        record.__arrow_c_array__(pa.struct({"x": pa.int64()}).__arrow_c_schema__())
    missing = from_numpy(np.ma.array([1, 2], mask=[False, True]))
    wanted = pa.field("", pa.int64(), nullable=False)
    with pytest.raises(arrownd.NullsError, match="1 of 2 values are missing, the first at position 1"):
        missing.__arrow_c_array__(wanted.__arrow_c_schema__())
    with pytest.raises(arrownd.InvalidArrowError, match="capsule"):
        array.__arrow_c_array__(3)


def test_attributes() -> None:
    x = np.arange(5, dtype="i4")
    array = from_numpy(x)
    assert (len(array), array.type, array.null_count, array.nbytes) == (5, "int32", 0, 20)
    masked = from_numpy(np.ma.array(x, mask=x > 2))
    assert (len(masked), masked.type, masked.null_count, masked.nbytes) == (5, "int32", 2, 21)
    nested = from_numpy(np.zeros((2, 3, 4), "f4"))
    assert nested.type == "fixed_size_list[fixed_size_list[float32, 4], 3]"
    assert (len(nested), nested.nbytes) == (2, 96)
    record = from_numpy({"a": x, "b c": x > 1})
    assert record.type == "struct[a: int32, b c: bool]"
    assert len(from_numpy(x[:0])) == 0
    for name in ("type", "null_count", "nbytes"):
        with pytest.raises(AttributeError):
            setattr(array, name, 1)


def test_repr() -> None:
    assert repr(from_numpy(np.arange(3))) == "<arrownd.Array int64, length 3: [0, 1, 2]>"
    assert repr(from_numpy(np.arange(9))) == "<arrownd.Array int64, length 9: [0, 1, 2, 3, 4, 5, ...]>"
    masked = np.ma.array([1.5, 2.5], mask=[True, False])
    assert repr(from_numpy(masked)) == "<arrownd.Array float64, length 2, 1 null: [None, 2.5]>"
    assert repr(from_numpy(np.zeros((2, 1000)))) == "<arrownd.Array fixed_size_list[float64, 1000], length 2>"
    long = repr(from_numpy(np.array(["x" * 1000])))
    assert long == f"<arrownd.Array utf8, length 1: ['{'x' * 39}...]>"
    # Beyond Python's datetimes: no values, and no error.
    assert repr(from_numpy(np.array([2**62], "M8[s]"))) == "<arrownd.Array timestamp[s], length 1>"


def test_it_is_no_value() -> None:
    array = from_numpy(np.arange(3))
    assert array == array
    assert array != from_numpy(np.arange(3))
    assert len({array, array}) == 1
    assert weakref.ref(array)() is array
    for refuse in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="isn't pickled or copied"):
            refuse(array)
    with pytest.raises(TypeError):
        Array()
    with pytest.raises(TypeError):
        type("Sub", (Array,), {})
    assert Array.__module__ == "arrownd"


def test_to_numpy_takes_the_words_of_the_function() -> None:
    array = from_numpy(np.ma.array([1, 2, 3], mask=[False, True, False]))
    np.testing.assert_array_equal(array.to_numpy(), [1, np.nan, 3])
    np.testing.assert_array_equal(array.to_numpy(na_value=-1), [1, -1, 3])
    np.testing.assert_array_equal(array.to_numpy("float32"), np.array([1, np.nan, 3], "f4"))
    assert array.to_numpy(nulls="masked").tolist() == [1, None, 3]
    out = np.empty(3)
    assert array.to_numpy(out=out) is out
    with pytest.raises(arrownd.NullsError):
        array.to_numpy(nulls="raise")
    with pytest.raises(TypeError):
        array.to_numpy(no_such_word=1)
