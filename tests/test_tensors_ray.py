"""Ray's tensors: lists with the shape beside them, as the canonical tensors; pickled metadata is left alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, agree, same_values
from cases.extensions import Foreign
from rows import rows_of, same_rows

NAN = np.nan
FIXED = {"ray.data.arrow_tensor": pa.list_, "ray.data.arrow_tensor_v2": pa.large_list}


def fixed(name: str, rows: list, metadata: bytes = b"[2, 3]") -> pa.Array:
    storage = pa.array(rows, FIXED[name](pa.int32()))
    return pa.ExtensionArray.from_storage(Foreign(storage.type, name, metadata), storage)


def variable(rows: list, metadata: bytes = b"2") -> pa.Array:
    type = pa.struct([("data", pa.large_list(pa.float32())), ("shape", pa.list_(pa.int64()))])
    held = [None if row is None else {"data": list(row[0]), "shape": list(row[1])} for row in rows]
    storage = pa.array(held, type)
    return pa.ExtensionArray.from_storage(Foreign(type, "ray.data.arrow_variable_shaped_tensor", metadata), storage)


@pytest.mark.parametrize("name", FIXED)
def test_of_a_fixed_shape(name: str) -> None:
    array = fixed(name, [range(6), range(6, 12), range(12, 18)])
    wanted = np.arange(18, dtype="i4").reshape(3, 2, 3)
    lies = array.storage.values.buffers()[1].address
    agree(array, Want(wanted, view=True, address=lies))
    agree(array.slice(1), Want(wanted[1:], view=True, address=lies + 24), allow_copy=False)
    agree(pa.chunked_array([array, array.slice(2)]), Want(np.concatenate([wanted, wanted[2:]]), view=False))
    same_values(arrownd.to_columns(pa.table({"t": array}))["t"], wanted)


@pytest.mark.parametrize("name", FIXED)
def test_nulls(name: str) -> None:
    array = fixed(name, [range(6), None])
    wanted = np.array([[[0, 1, 2], [3, 4, 5]], np.full((2, 3), NAN)])
    agree(array, Want(wanted, view=False))
    got = arrownd.to_numpy(array, nulls="masked")
    assert got.shape == (2, 2, 3)
    assert got.mask.tolist() == np.isnan(wanted).tolist()
    assert arrownd.to_numpy(array.slice(0, 0)).shape == (0, 2, 3)
    assert arrownd.to_numpy(array.slice(1)).shape == (1, 2, 3)


@pytest.mark.parametrize("name", FIXED)
def test_rows_of_another_length_are_invalid(name: str) -> None:
    for rows in ([range(5)], [range(6), range(7)], [range(12)], [range(6), []]):
        with pytest.raises((arrownd.InvalidArrowError, arrownd.RaggedError)):
            arrownd.to_numpy(fixed(name, rows))


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("metadata", [b"\x80\x04\x95\x08.", b"", b"nonsense", b'{"shape": [2, 3]}'])
def test_metadata_that_is_not_ours_to_read(name: str, metadata: bytes) -> None:
    """Some versions pickle the shape: then it's the storage, and the plan says so."""
    array = fixed(name, [range(6), range(6, 12)], metadata)
    same_values(arrownd.to_numpy(array), np.arange(12, dtype="i4").reshape(2, 6))
    assert any("ray" in note for note in arrownd.explain(array).notes)


def test_of_variable_shape() -> None:
    array = variable([(range(6), (2, 3)), None, (range(6, 10), (4, 1))])
    got = arrownd.to_numpy(array, lists="object", allow_copy=False)
    wanted = rows_of(np.arange(6, dtype="f4").reshape(2, 3), None, np.arange(6, 10, dtype="f4").reshape(4, 1))
    same_rows(got, wanted)
    assert address_of(got[0]) == array.storage.field("data").values.buffers()[1].address
    with pytest.raises(arrownd.RaggedError, match=r"row 2 .*\[4, 1\].*\[2, 3\]"):
        arrownd.to_numpy(array)
    uniform = variable([(range(6), (2, 3)), (range(6, 12), (2, 3))])
    same_values(arrownd.to_numpy(uniform), np.arange(12, dtype="f4").reshape(2, 2, 3))
    padded = arrownd.to_numpy(array, lists="pad", na_value=-1)
    assert padded.shape == (3, 4, 3)
    assert padded[2].tolist() == [[6, -1, -1], [7, -1, -1], [8, -1, -1], [9, -1, -1]]


def test_shapes_that_are_not_the_values() -> None:
    for row in ((range(6), (2, 2)), (range(6), (2,)), (range(6), (1, 2, 3)), (range(6), (-2, -3))):
        with pytest.raises(arrownd.InvalidArrowError, match="position 0"):
            arrownd.to_numpy(variable([row]), lists="object")
    unknown = variable([(range(6), (2, 3))], b"\x80pickled")
    assert any("ray" in note for note in arrownd.explain(unknown, lists="object").notes)
