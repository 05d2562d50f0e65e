"""A struct or a table as one 2-D array (rows, fields): common dtype, order, views, widening."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, attempt, ledger, same_values
from cases.case import bitmap
from expected import agree_wherever


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
                    assert plan.copies is bool(gap), "only neighbours are one stretch"
                    if gap:
                        agree(make(table), Want(values, view=False, strided=True, codes=frozenset({"order"})))
                        continue
                    got = agree(make(table), Want(values, view=True, address=address, strided=True), allow_copy=False)
                    assert got.strides == (8, 8 * (8 + gap))
        with book.entry("sliced"):
            # The C structs don't tell a slice of one stretch from columns that lie apart.
            table = side_by_side(values).slice(2, 4)
            agree(table, Want(values[2:6], view=False, strided=True, codes=frozenset({"order"})))
        with book.entry("some columns"):
            table = side_by_side(values)
            address = table.column(0).chunk(0).buffers()[1].address
            agree(table, Want(values[:, 1:3], view=True, address=address + 64, strided=True), columns=["c1", "c2"])


def test_masks_beside_one_memory_stretch() -> None:
    buffer, bits = pa.py_buffer(np.arange(12.0)), pa.py_buffer(b"\xfd\xff")
    whole = pa.Array.from_buffers(pa.float64(), 12, [bits, buffer])
    table = pa.table([whole.slice(4 * n, 4) for n in range(3)], names=list("abc"))
    mask = np.zeros((4, 3), bool)
    mask[1, 0] = True
    wanted = Want(
        np.arange(12.0).reshape(3, 4).T, view=True, address=buffer.address, mask=mask, masked=True, strided=True
    )
    agree(table, wanted, nulls="masked", allow_copy=False)
    assert np.isnan(arrownd.to_numpy(table)[1, 0])


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
        agree_wherever(part, np.stack([rows, -rows, rows * 10], axis=1))


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
    got, refusal = attempt(lambda: arrownd.to_numpy(table), arrownd.UnsupportedTypeError)
    assert arrownd.explain(table).shape == got.shape if refusal is None else '"p"' in refusal


def test_order_must_be_a_word_we_know() -> None:
    for word in ("K", "A", "f", 5):
        with pytest.raises((ValueError, TypeError)):
            arrownd.to_numpy(pa.table({"a": [1]}), order=word)
