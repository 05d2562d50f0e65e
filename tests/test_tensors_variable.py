"""arrow.variable_shape_tensor: the rule of lists, in n dimensions. Ray's tensors are the same thing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, agree, same_values
from cases.extensions import Foreign
from rows import rows_of, same_rows

NAN = np.nan


def tensors(
    rows: list, type: pa.DataType | None = None, ndim: int = 2, name="arrow.variable_shape_tensor", **metadata
) -> pa.Array:
    """From nested lists as they lie in memory, or (values, shape) pairs; None for a null."""
    type = type or pa.int32()
    storage = pa.struct([("data", pa.list_(type)), ("shape", pa.list_(pa.int32(), ndim))])
    held = [None if row is None else {"data": list(row[0]), "shape": list(row[1])} for row in rows]
    array = pa.array(held, storage)
    return pa.ExtensionArray.from_storage(Foreign(storage, name, json.dumps(metadata).encode()), array)


def values_of(array: pa.Array) -> int:
    return array.storage.field("data").values.buffers()[1].address


MIXED = [(range(6), (2, 3)), (range(6, 10), (4, 1)), None, ([], (0, 2)), (range(10, 12), (1, 2))]
SHAPED = [
    np.arange(6).reshape(2, 3),
    np.arange(6, 10).reshape(4, 1),
    None,
    np.zeros((0, 2), int),
    np.arange(10, 12).reshape(1, 2),
]


def test_of_one_shape_they_are_more_dimensions() -> None:
    array = tensors([(range(6), (2, 3)), (range(6, 12), (2, 3)), (range(12, 18), (2, 3))])
    wanted = np.arange(18, dtype="i4").reshape(3, 2, 3)
    agree(array, Want(wanted, view=True, address=values_of(array)))
    agree(array.slice(1), Want(wanted[1:], view=True, address=values_of(array) + 24), allow_copy=False)
    chunks = pa.chunked_array([array.slice(0, 1), array.slice(1)])
    agree(chunks, Want(wanted, view=False, codes=frozenset({"chunked"})))


def test_null_rows() -> None:
    array = tensors([(range(4), (2, 2)), None, (range(4, 8), (2, 2))])
    wanted = np.array([[[0, 1], [2, 3]], [[NAN] * 2] * 2, [[4, 5], [6, 7]]])
    agree(array, Want(wanted, view=False))
    got = arrownd.to_numpy(array, nulls="masked")
    assert got.dtype == "i4"
    assert got.mask.tolist() == np.isnan(wanted).tolist()
    agree(array, Want(np.where(np.isnan(wanted), -1, wanted).astype("i4"), view=False), na_value=-1)
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(array, nulls="raise")
    for none in (tensors([None, None]), tensors([])):
        agree(none, Want(np.zeros((len(none), 0, 0), "i4"), view=True))


def test_of_other_shapes_they_are_ragged() -> None:
    with pytest.raises(arrownd.RaggedError, match=r"row 1 .*\[4, 1\].*\[2, 3\]"):
        arrownd.to_numpy(tensors(MIXED))
    # As many values, in another shape.
    with pytest.raises(arrownd.RaggedError, match="row 1"):
        arrownd.to_numpy(tensors([(range(6), (2, 3)), (range(6), (3, 2))]))


def test_rows_are_views_of_n_dimensions() -> None:
    array = tensors(MIXED)
    got = arrownd.to_numpy(array, lists="object", allow_copy=False)
    same_rows(got, rows_of(*(row if row is None else row.astype("i4") for row in SHAPED)))
    assert [address_of(got[at]) - values_of(array) for at in (0, 1, 4)] == [0, 24, 40]
    assert not got[0].flags.writeable
    same_rows(arrownd.to_numpy(array.slice(1, 2), lists="object"), got[1:3])
    copies = arrownd.to_numpy(array, lists="object", writable=True)
    copies[0][:] = 0
    assert got[0].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_nulls_inside_of_rows() -> None:
    array = tensors([([1, None, 3, 4], (2, 2)), ([5], (1, 1))])
    got = arrownd.to_numpy(array, lists="object")
    same_rows(got, rows_of(np.array([[1, NAN], [3, 4]]), np.array([[5.0]])))


def test_padded() -> None:
    got = arrownd.to_numpy(tensors(MIXED), lists="pad", na_value=-1)
    wanted = np.full((5, 4, 3), -1, "i4")
    for at, row in enumerate(SHAPED):
        if row is not None:
            wanted[at, : row.shape[0], : row.shape[1]] = row
    same_values(got, wanted)
    nan = arrownd.to_numpy(tensors(MIXED), lists="pad")
    same_values(nan, np.where(wanted == -1, NAN, wanted).astype("f8"))


def test_permuted() -> None:
    """`permutation`: the shape is that in memory, the dimensions are named in another order."""
    shapes = [(2, 3), (2, 3)]
    array = tensors([(range(6), shapes[0]), (range(6, 12), shapes[1])], permutation=[1, 0])
    wanted = np.arange(12, dtype="i4").reshape(2, 2, 3).transpose(0, 2, 1)
    agree(array, Want(wanted, view=True, address=values_of(array), strided=True))
    ragged = tensors([(range(6), (2, 3)), (range(6, 8), (1, 2))], permutation=[1, 0])
    rows = arrownd.to_numpy(ragged, lists="object", allow_copy=False)
    same_rows(rows, rows_of(np.arange(6, dtype="i4").reshape(2, 3).T, np.arange(6, 8, dtype="i4").reshape(1, 2).T))
    deep = tensors([(range(24), (2, 3, 4))], ndim=3, permutation=[2, 0, 1])
    same_values(arrownd.to_numpy(deep), np.arange(24, dtype="i4").reshape(1, 2, 3, 4).transpose(0, 3, 1, 2))


def test_uniform_shape_and_names() -> None:
    array = tensors([(range(4), (2, 2)), (range(4, 6), (1, 2))], uniform_shape=[None, 2], dim_names=["h", "w"])
    rows = arrownd.to_numpy(array, lists="object")
    assert [row.tolist() for row in rows] == [[[0, 1], [2, 3]], [[4, 5]]]


@pytest.mark.parametrize("type", [pa.float16(), pa.uint8(), pa.float64(), pa.bool_(), pa.timestamp("s")], ids=str)
def test_value_types(type: pa.DataType) -> None:
    values = (
        pa.array([0, 1, 1, 0, 1, 0]).cast(pa.int8()).cast(type)
        if type != pa.timestamp("s")
        else pa.array(range(6), type)
    )
    flat = arrownd.to_numpy(values)
    held = values.to_pylist()
    array = tensors([(held[:2], (1, 2)), (held[2:], (2, 2))], type)
    got = arrownd.to_numpy(array, lists="object")
    same_rows(got, rows_of(flat[:2].reshape(1, 2), flat[2:].reshape(2, 2)))


def test_one_and_three_dimensions() -> None:
    lines = tensors([(range(2), (2,)), (range(3), (3,))], ndim=1)
    same_rows(arrownd.to_numpy(lines, lists="object"), rows_of(np.arange(2, dtype="i4"), np.arange(3, dtype="i4")))
    cubes = tensors([(range(8), (2, 2, 2)), (range(8), (2, 2, 2))], ndim=3)
    assert arrownd.to_numpy(cubes).shape == (2, 2, 2, 2)


BAD = {
    "more values than the shape": [(range(3), (1, 2))], "fewer": [(range(1), (1, 2))], "a negative length": [(range(4), (-2, -2))],
    "a product that wraps round": [(range(0), (2**31 - 1, 2**31 - 1))],
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_shapes_that_are_not_the_values(name: str) -> None:
    for lists in ("dense", "object", "pad"):
        with pytest.raises(arrownd.InvalidArrowError, match="position 0"):
            arrownd.to_numpy(tensors(BAD[name]), lists=lists)


@pytest.mark.parametrize(
    "metadata", [b"{", b'{"permutation": [0]}', b'{"permutation": [0, 0]}', b'{"permutation": [0, 2]}', b"[]"]
)
def test_metadata_that_does_not_fit(metadata: bytes) -> None:
    array = tensors([(range(2), (1, 2))])
    wrong = pa.ExtensionArray.from_storage(
        Foreign(array.storage.type, "arrow.variable_shape_tensor", metadata), array.storage
    )
    with pytest.raises(arrownd.InvalidArrowError):
        arrownd.to_numpy(wrong)


def test_as_a_column() -> None:
    array = tensors([(range(4), (2, 2)), (range(4, 6), (1, 2))])
    table = pa.table({"x": [1, 2], "t": array})
    columns = arrownd.to_columns(table, lists="object")
    assert [row.shape for row in columns["t"]] == [(2, 2), (1, 2)]
    with pytest.raises(arrownd.RaggedError, match='"t"'):
        arrownd.to_columns(table)
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(table)
    records = arrownd.to_numpy(table, structured=True, lists="object")
    assert [row.shape for row in records["t"]] == [(2, 2), (1, 2)]


def test_out_and_dtype() -> None:
    array = tensors([(range(4), (2, 2)), (range(4, 8), (2, 2))])
    wanted = np.arange(8).reshape(2, 2, 2)
    out = np.zeros((2, 2, 2), "i4", order="F")
    assert arrownd.to_numpy(array, out=out) is out
    same_values(out, wanted.astype("i4"))
    same_values(arrownd.to_numpy(array, dtype="f4"), wanted.astype("f4"))
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(tensors([([300], (1, 1))]), dtype="u1")
    got = arrownd.to_numpy(array, dtype=object, lists="dense")
    assert got.shape == (2, 2, 2)


def test_as_objects() -> None:
    """dtype=object alone: a Python object a value, as to_pylist() of the storage."""
    array = tensors([(range(2), (1, 2)), None])
    got = arrownd.to_numpy(array, dtype=object)
    assert got.shape == (2,)
    assert got.dtype == object
    assert got[1] is None


def test_in_a_list() -> None:
    storage = tensors([(range(2), (1, 2)), (range(2, 4), (1, 2))])
    lists = pa.ListArray.from_arrays(pa.array([0, 2], pa.int32()), storage)
    same_values(arrownd.to_numpy(lists), np.arange(4, dtype="i4").reshape(1, 2, 1, 2))


def variable(rows: list[Any], item: pa.DataType, axes: int) -> pa.Array:
    storage = pa.array(rows, pa.struct([("data", pa.list_(item)), ("shape", pa.list_(pa.int32(), axes))]))
    return pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.variable_shape_tensor", b""), storage)


def test_pad_to_is_the_length_of_tensors_of_one_axis() -> None:
    array = variable([{"data": [1, 2], "shape": [2]}, {"data": [3], "shape": [1]}], pa.int64(), 1)
    got = arrownd.to_numpy(array, lists="pad", pad_to=3, na_value=0)
    assert got.tolist() == [[1, 2, 0], [3, 0, 0]]
    with pytest.raises(arrownd.RaggedError, match=r"row 0 has a tensor of shape \[2\], and pad_to is \[1\]"):
        arrownd.to_numpy(array, lists="pad", pad_to=1)


def test_pad_to_is_no_length_of_tensors_of_several_axes() -> None:
    array = variable([{"data": [1, 2], "shape": [1, 2]}], pa.int64(), 2)
    with pytest.raises(TypeError, match="pad_to is one length, and the tensors have 2 axes: leave it out"):
        arrownd.to_numpy(array, lists="pad", pad_to=3)


def test_tensors_of_one_shape_that_pad_to_widens() -> None:
    """All shapes are alike, and not that of the result."""
    array = variable([{"data": [1], "shape": [1]}, {"data": [3], "shape": [1]}], pa.int64(), 1)
    assert arrownd.to_numpy(array, lists="pad", pad_to=2, na_value=-1).tolist() == [[1, -1], [3, -1]]


def test_values_are_no_lists() -> None:
    array = variable([{"data": [[1, 2]], "shape": [1]}], pa.list_(pa.int64(), 2), 1)
    with pytest.raises(arrownd.InvalidArrowError, match="has values that are made of others"):
        arrownd.to_numpy(array, lists="object")
