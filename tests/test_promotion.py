"""The common dtype of a matrix: NumPy's result_type within numbers, datetimes or timedeltas; every other mix is object."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, same_values
from expected import agree_wherever


def column(type: pa.DataType) -> pa.Array:
    """0, 1, 1 of any numeric or temporal type."""
    return pa.nulls(3) if type == pa.null() else pa.array([0, 1, 1], pa.int32()).cast(type, safe=False)


def moments(type: pa.DataType) -> pa.Array:
    return column(pa.date32() if pa.types.is_date(type) else pa.int64()).cast(type)


PROMOTIONS = [
    (["int8", "int8"], "i1"), (["int8", "int16"], "i2"), (["int8", "uint8"], "i2"), (["uint8", "int64"], "i8"),
    (["int64", "uint64"], "f8"), (["uint32", "int32"], "i8"), (["bool_", "bool_"], "?"), (["bool_", "int8"], "i1"),
    (["bool_", "uint64"], "u8"), (["bool_", "float16"], "f2"), (["float16", "int8"], "f2"), (["float16", "int16"], "f4"),
    (["float16", "int32"], "f8"), (["float16", "float32"], "f4"), (["float32", "int16"], "f4"), (["float32", "int32"], "f8"),
    (["float32", "int64"], "f8"), (["float32", "float64"], "f8"), (["int8", "float16", "uint16"], "f4"),
    (["bool_", "int8", "uint32", "float32"], "f8"), (["null", "int8"], "f4"), (["null", "int32"], "f8"), (["null", "null"], "f4"),
    (["date32", "date32"], "M8[D]"),
]  # fmt: skip


@pytest.mark.parametrize(("names", "dtype"), PROMOTIONS)
def test_promotion(names: list[str], dtype: str) -> None:
    table = pa.table([column(getattr(pa, name)()) for name in names], names=[f"f{n}" for n in range(len(names))])
    wanted = np.zeros((3, len(names)), dtype)
    for at, name in enumerate(names):
        wanted[:, at] = np.nan if name == "null" else np.array([0, 1, 1]).astype(dtype)
    for order in ("F", "C"):
        got = agree_wherever(table, wanted, order=order)
        if got.flags.writeable:
            assert got.flags.f_contiguous if order == "F" else got.flags.c_contiguous


TEMPORAL = [
    ([pa.timestamp("s"), pa.timestamp("ns")], "M8[ns]"), ([pa.timestamp("s"), pa.date32()], "M8[s]"),
    ([pa.timestamp("us", "UTC"), pa.timestamp("s", "Europe/Paris")], "M8[us]"),
    ([pa.duration("s"), pa.duration("ms")], "m8[ms]"), ([pa.date32(), pa.date64()], "M8[ms]"),
]  # fmt: skip


@pytest.mark.parametrize(("types", "dtype"), TEMPORAL)
def test_temporal_promotion(types, dtype: str) -> None:
    table = pa.table([moments(t) for t in types], names=["a", "b"])
    got = arrownd.to_numpy(table)
    for at in range(2):
        same_values(got[:, at], arrownd.to_numpy(table.column(at)).astype(dtype))


OBJECTS = [
    ([1, 2], ["a", "b"]), ([1.5, None], ["a", None]), ([True, None], [1, 2]), ([True, None], [True, False]),
    ([dt.date(2020, 1, 1)] * 2, [1, 2]), ([dt.timedelta(seconds=5)] * 2, [1.5, 2.5]), ([b"x", b"y"], [None, 3]),
    ([dt.datetime(2020, 1, 1)] * 2, [dt.timedelta(seconds=5)] * 2), ([dt.time(1)] * 2, [dt.time(2), None]),
    ([dt.datetime(2020, 1, 1)] * 2, [dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)] * 2),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), OBJECTS)
def test_every_other_mix_is_object(left, right) -> None:
    table = pa.table({"left": left, "right": right})
    wanted = np.empty((2, 2), object)
    wanted[:, 0], wanted[:, 1] = left, right
    got = agree(table, Want(wanted, view=False, strided=True))
    if left == [1, 2]:
        assert type(got[0, 0]) is int
    same_values(arrownd.to_numpy(table, dtype=object), wanted)


def test_promotion_follows_each_fields_nulls() -> None:
    table = pa.table({"a": pa.array([1, None], pa.int8()), "b": pa.array([1, 2], pa.int8())})
    same_values(arrownd.to_numpy(table), np.array([[1, 1], [np.nan, 2]], "f4"))
    wide = pa.table({"a": pa.array([1, None], pa.int32()), "b": pa.array([1, 2], pa.float32())})
    same_values(arrownd.to_numpy(wide), np.array([[1, 1], [np.nan, 2]], "f8"))
    filled = arrownd.to_numpy(table, na_value=0)
    same_values(filled, np.array([[1, 1], [0, 2]], "i1"))


def test_promotion_is_checked() -> None:
    for array, other in (
        (pa.array([2**53 + 1, 5]), pa.array([0.5, 1])),
        (pa.array([2**64 - 1, 5], pa.uint64()), pa.array([-1, 0])),
    ):
        table = pa.table({"exact": other, "lossy": array})
        with pytest.raises(arrownd.LossyCastError) as caught:
            arrownd.to_numpy(table)
        assert "lossy" in str(caught.value)
        assert str(array[0]) in str(caught.value)
        got = arrownd.to_numpy(table, safe=False)
        assert got.dtype == "f8"
    with pytest.raises(arrownd.LossyCastError, match="stamp"):
        arrownd.to_numpy(
            pa.table({"n": pa.array([0], pa.timestamp("ns")), "stamp": pa.array([10**11], pa.timestamp("s"))})
        )
