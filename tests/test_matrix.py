"""A struct or a table as one 2-D array (rows, fields): common dtype, order, views, widening."""

from __future__ import annotations

import datetime as dt

import arrownd
import numpy as np
import pyarrow as pa
import pytest
from agreement import Want, agree, ledger, same_values
from cases.case import bitmap


def column(type: pa.DataType) -> pa.Array:
    """0, 1, 1 of any numeric or temporal type."""
    return pa.nulls(3) if type == pa.null() else pa.array([0, 1, 1], pa.int32()).cast(type, safe=False)


def side_by_side(values: np.ndarray, type=None, gap: int = 0) -> pa.Table:
    """A table whose columns lie one after the other in one buffer, as those of an F-order matrix."""
    rows, fields = values.shape
    padded = np.zeros((fields, rows + gap), values.dtype)
    padded[:, :rows] = values.T
    buffer = pa.py_buffer(padded.reshape(-1).view("u1"))
    type = type or pa.from_numpy_dtype(values.dtype)
    columns = [
        pa.Array.from_buffers(type, rows, [None, buffer], offset=column * (rows + gap)) for column in range(fields)
    ]
    return pa.table(columns, names=[f"c{n}" for n in range(fields)])


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
        got = agree(table, Want(wanted, view=False, strided=True), order=order)
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


def test_one_memory_stretch_is_a_view() -> None:
    values = np.arange(40, dtype="f8").reshape(8, 5)
    with ledger() as book:
        for gap in (0, 3):
            for kind, make in (("table", lambda t: t), ("batch", lambda t: t.to_batches()[0]),
                               ("struct", lambda t: t.to_struct_array().chunk(0))):  # fmt: skip
                with book.entry(f"{kind}, gap {gap}"):
                    table = side_by_side(values, gap=gap)
                    address = table.column(0).chunk(0).buffers()[1].address
                    plan = arrownd.explain(make(table))
                    if gap and plan.copies:
                        agree(make(table), Want(values, view=False, strided=True))
                        continue
                    got = agree(make(table), Want(values, view=True, address=address, strided=True), allow_copy=False)
                    assert got.strides == (8, 8 * (8 + gap))
        with book.entry("sliced"):
            table = side_by_side(values).slice(2, 4)
            address = table.column(0).chunk(0).buffers()[1].address + 16
            agree(table, Want(values[2:6], view=True, address=address, strided=True), allow_copy=False)
        with book.entry("some columns"):
            table = side_by_side(values)
            address = table.column(0).chunk(0).buffers()[1].address
            agree(table, Want(values[:, 1:3], view=True, address=address + 64, strided=True), columns=["c1", "c2"])


def test_one_column_is_a_view() -> None:
    array = pa.array([1, 2, 3])
    got = agree(pa.table({"a": array}), Want(np.array([[1], [2], [3]]), view=True, address=array.buffers()[1].address))
    assert got.shape == (3, 1)


def test_c_order_of_a_view_is_a_copy() -> None:
    values = np.arange(12, dtype="i4").reshape(4, 3)
    table = side_by_side(values)
    got = agree(table, Want(values, view=False, codes=frozenset({"order"})), order="C")
    assert got.flags.c_contiguous
    with pytest.raises(arrownd.CopyNotAllowedError):
        arrownd.to_numpy(table, order="C", allow_copy=False)
    one = pa.table({"a": pa.array([1, 2])})
    assert arrownd.to_numpy(one, order="C", allow_copy=False).flags.c_contiguous


def test_near_misses_are_copies() -> None:
    values = np.arange(12, dtype="i4").reshape(4, 3)
    table = side_by_side(values)
    swapped = table.select(["c0", "c2", "c1"])
    agree(swapped, Want(values[:, [0, 2, 1]], view=False, strided=True))
    mixed = table.set_column(1, "c1", table.column(1).cast(pa.int64()))
    agree(mixed, Want(values.astype("i8"), view=False, strided=True))
    chunked = pa.concat_tables([table.slice(0, 2), table.slice(2)])
    agree(chunked, Want(values, view=False, strided=True))
    apart = pa.table({"a": pa.array([1, 2, 3]), "b": pa.array(list(range(2000))).slice(500, 3)})
    agree(apart, Want(np.array([[1, 500], [2, 501], [3, 502]]), view=False, strided=True))
    again = table.select(["c0", "c0"])
    assert arrownd.to_numpy(again).tolist() == values[:, [0, 0]].tolist()


def test_view_keeps_every_column_alive() -> None:
    parts = np.arange(3000, dtype="f8").reshape(1000, 3)
    got = arrownd.to_numpy(side_by_side(parts), allow_copy=False)
    junk = [np.random.default_rng(0).random(1000) for _ in range(50)]
    np.testing.assert_array_equal(got, parts)
    assert len(junk) == 50


def test_null_structs_are_rows_of_missing_values() -> None:
    type = pa.struct([("a", pa.int32()), ("b", pa.int32())])
    children = [pa.array([1, 2, 3], pa.int32()), pa.array([4, 5, None], pa.int32())]
    array = pa.Array.from_buffers(type, 3, [bitmap(np.array([True, False, True]))], children=children)
    nan = np.nan
    same_values(arrownd.to_numpy(array), np.array([[1, 4], [nan, nan], [3, nan]]))
    masked = arrownd.to_numpy(array, nulls="masked")
    assert masked.tolist() == [[1, 4], [None, None], [3, None]]
    assert masked.dtype == "i4"
    assert arrownd.to_numpy(array.slice(1, 2), na_value=0).tolist() == [[0, 0], [3, 0]]
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(array, nulls="raise")
    both = pa.chunked_array([array, array.slice(1)])
    assert arrownd.to_numpy(both, na_value=0).tolist() == [[1, 4], [0, 0], [3, 0], [0, 0], [3, 0]]


def test_struct_children_are_shifted_by_their_parent() -> None:
    array = pa.array([{"a": n, "b": -n, "c": n * 10} for n in range(200)])
    for start, length in ((0, 200), (1, 9), (63, 65), (64, 64), (199, 1), (200, 0)):
        part = array.slice(start, length)
        rows = np.arange(start, start + length)
        agree(part, Want(np.stack([rows, -rows, rows * 10], axis=1), view=False, strided=True))


def test_no_fields_and_no_rows() -> None:
    for rows in (0, 3):
        got = arrownd.to_numpy(pa.StructArray.from_buffers(pa.struct([]), rows, [None]))
        same_values(got, np.zeros((rows, 0), "f8"))
        assert arrownd.explain(pa.StructArray.from_buffers(pa.struct([]), rows, [None])).shape == (rows, 0)
    none = pa.table({"a": pa.array([], pa.int8()), "b": pa.array([], pa.int16())})
    agree(none, Want(np.zeros((0, 2), "i2"), view=True, strided=True), allow_copy=False)
    got = arrownd.to_numpy(pa.table({"a": [1, 2]}), columns=[])
    same_values(got, np.zeros((2, 0), "f8"))


def test_duplicate_names_are_fine_in_a_matrix() -> None:
    table = pa.table([[1, 2], [3, 4]], names=["x", "x"])
    assert arrownd.to_numpy(table).tolist() == [[1, 3], [2, 4]]


def test_columns() -> None:
    table = pa.table({"a": [1, 2], "b": [3, 4], "s": ["x", "y"]})
    assert arrownd.to_numpy(table, columns=["b", "a"]).tolist() == [[3, 1], [4, 2]]
    assert arrownd.to_numpy(table, columns=("a",)).tolist() == [[1], [2]]
    assert arrownd.explain(table, columns=["b", "a"]).shape == (2, 2)
    for bad in (["c"], ["a", "nope"]):
        with pytest.raises((arrownd.ArrowndError, KeyError, ValueError)) as caught:
            arrownd.to_numpy(table, columns=bad)
        assert bad[-1] in str(caught.value)
    with pytest.raises((TypeError, ValueError)):
        arrownd.to_numpy(pa.array([1, 2]), columns=["a"])


def test_lists_widen_the_matrix() -> None:
    table = pa.table({
        "x": pa.array([1, 2], pa.int32()),
        "v": pa.array([[1.5, 2.5], None], pa.list_(pa.float32(), 2)),
        "y": pa.array([7, 8], pa.int8()),
    })  # fmt: skip
    nan = np.nan
    same_values(arrownd.to_numpy(table), np.array([[1, 1.5, 2.5, 7], [2, nan, nan, 8]]))
    assert arrownd.explain(table).shape == (2, 4)
    assert arrownd.explain(table.schema).shape == (None, 4)
    tensor = pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int16(), [2, 2]), pa.array([[1, 2, 3, 4], [5, 6, 7, 8]], pa.list_(pa.int16(), 4))
    )
    got = arrownd.to_numpy(pa.table({"t": tensor, "x": pa.array([9, 10], pa.int16())}))
    same_values(got, np.array([[1, 2, 3, 4, 9], [5, 6, 7, 8, 10]], "i2"))


def test_dtype_and_chunks() -> None:
    table = pa.concat_tables([pa.table({"a": [1, 2], "b": [True, False]}), pa.table({"a": [3], "b": [True]})])
    wanted = np.array([[1, 1], [2, 0], [3, 1]])
    for dtype in ("f4", "i2", "u8", object):
        values = wanted.astype(dtype)
        if dtype is object:
            values[:, 1] = [True, False, True]
        for order in ("F", "C"):
            agree(table, Want(values, view=False, strided=True), dtype=dtype, order=order)
    with pytest.raises(arrownd.LossyCastError, match="a"):
        arrownd.to_numpy(table, dtype=bool)


def test_nested_structs_and_their_names() -> None:
    """A struct inside: not two-dimensional; whatever is decided, the plan and the result agree."""
    table = pa.table({"p": pa.array([{"a": 1, "b": 2}])})
    try:
        got = arrownd.to_numpy(table)
    except arrownd.ArrowndError as error:
        assert "p" in str(error)
    else:
        assert arrownd.explain(table).shape == got.shape


def test_order_must_be_a_word_we_know() -> None:
    for word in ("K", "A", "f", 5):
        with pytest.raises((ValueError, TypeError)):
            arrownd.to_numpy(pa.table({"a": [1]}), order=word)
