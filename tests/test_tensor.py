"""arrow.fixed_shape_tensor: n-D with its permutation as strides."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, agree, ledger
from cases.case import bitmap, place

SHAPE = (2, 3, 4)
SIZE = 24


def tensor(permutation, rows=5, start=0, bits=None) -> tuple[pa.Array, np.ndarray]:
    values = np.arange((rows + start) * SIZE, dtype="i2")
    storage = pa.FixedSizeListArray.from_arrays(pa.array(values), SIZE)
    if bits is not None:
        storage = pa.Array.from_buffers(storage.type, len(storage), [bitmap(bits)], children=[storage.values])
    tensor_type = pa.fixed_shape_tensor(pa.int16(), SHAPE, permutation=permutation)
    array = pa.ExtensionArray.from_storage(tensor_type, storage).slice(start)
    logical = values.reshape(-1, *SHAPE)[start:]
    if permutation is not None:
        logical = logical.transpose(0, *(p + 1 for p in permutation))
    return array, logical


@pytest.mark.parametrize("start", [0, 1, 3])
def test_every_permutation_is_a_view(start: int) -> None:
    with ledger() as book:
        for permutation in (None, *map(list, itertools.permutations(range(3)))):
            with book.entry(str(permutation)):
                array, logical = tensor(permutation, start=start)
                lies = place(array)[0]
                got = agree(array, Want(logical, view=True, address=lies, strided=True), allow_copy=False)
                assert got.strides == logical.strides


def test_pyarrow_says_the_same() -> None:
    """Of the shape always; of the values where nothing is permuted (pyarrow 26's permuted strides overlap)."""
    for permutation in (None, [0, 1, 2]):
        array, _ = tensor(permutation)
        for row in range(len(array)):
            np.testing.assert_array_equal(arrownd.to_numpy(array)[row], array[row].to_numpy())
    array, _ = tensor([2, 0, 1])
    assert arrownd.to_numpy(array).shape == array.to_numpy_ndarray().shape


def test_null_rows() -> None:
    bits = np.array([True, False, True])
    for permutation in (None, [2, 0, 1]):
        array, logical = tensor(permutation, rows=3, bits=bits)
        wanted = logical.astype("f4")
        wanted[1] = np.nan
        agree(array, Want(wanted, view=False, strided=True))
        masked = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
        assert masked.mask[1].all()
        assert not masked.mask[[0, 2]].any()
        np.testing.assert_array_equal(masked.data, logical)
        assert address_of(masked.data) == place(array)[0]
        np.testing.assert_array_equal(arrownd.to_numpy(array, na_value=-1)[1], np.full(logical.shape[1:], -1))


def test_inner_nulls_are_not_ignored() -> None:
    """pyarrow's to_tensor and to_numpy_ndarray ignore them."""
    child = pa.array([1.0, None, 3.0, 4.0])
    storage = pa.FixedSizeListArray.from_arrays(child, 4)
    array = pa.ExtensionArray.from_storage(pa.fixed_shape_tensor(pa.float64(), [2, 2], permutation=[1, 0]), storage)
    np.testing.assert_array_equal(arrownd.to_numpy(array), [[[1, 3], [np.nan, 4]]])
    assert arrownd.to_numpy(array, nulls="masked").mask.tolist() == [[[False, False], [True, False]]]


def test_chunks_copy_in_logical_order() -> None:
    array, logical = tensor([2, 0, 1])
    chunked = pa.chunked_array([array.slice(0, 2), array.slice(2)])
    agree(chunked, Want(logical, view=False, strided=True, codes=frozenset({"chunked"})))


def test_dtype() -> None:
    array, logical = tensor([1, 0, 2])
    agree(array, Want(logical.astype("f8"), view=False, strided=True), dtype="f8")


def test_dim_names_and_one_dimension() -> None:
    type = pa.fixed_shape_tensor(pa.float32(), [4], dim_names=["x"])
    array = pa.ExtensionArray.from_storage(type, pa.array([[1, 2, 3, 4]], pa.list_(pa.float32(), 4)))
    assert arrownd.to_numpy(array, allow_copy=False).tolist() == [[1, 2, 3, 4]]


def test_a_column_in_a_table() -> None:
    array, logical = tensor([2, 0, 1])
    columns = arrownd.to_columns(pa.table({"x": np.arange(5), "t": array}))
    np.testing.assert_array_equal(columns["t"], logical)
    assert columns["t"].strides == logical.strides
    assert address_of(columns["t"]) == place(array)[0]


class Claim:
    """An int32 list of four under extension metadata that may be nonsense."""

    def __init__(self, metadata: bytes) -> None:
        field = pa.field(
            "t", pa.list_(pa.int32(), 4),
            metadata={"ARROW:extension:name": "arrow.fixed_shape_tensor", "ARROW:extension:metadata": metadata},
        )  # fmt: skip
        self.schema, self.array = field, pa.array([[1, 2, 3, 4]], field.type)

    def __arrow_c_array__(self, requested_schema=None):
        return self.schema.__arrow_c_schema__(), self.array.__arrow_c_array__()[1]


def test_shape_from_the_metadata() -> None:
    assert arrownd.to_numpy(Claim(b'{"shape":[2,2]}')).tolist() == [[[1, 2], [3, 4]]]
    assert arrownd.to_numpy(Claim(b'{"shape": [2, 2], "permutation": [1, 0], "dim_names": ["a","b"]}')).tolist() == [
        [[1, 3], [2, 4]]
    ]


def test_nonsense_metadata_is_an_error() -> None:
    with ledger() as book:
        for text in ("", "{}", '{"shape":[3,2]}', '{"shape":[2,2],"permutation":[0,0]}', '{"shape":[2,2],"permutation":[0]}',
                     '{"shape":[2,2],"permutation":[0,2]}', '{"shape":[-2,-2]}', '{"shape":"4"}', "[2,2]",
                     '{"shape":[4294967296,4294967296]}', '{"shape":[2,2.0]}', '{"shape":[2,2'):  # fmt: skip
            with book.entry(text), pytest.raises(arrownd.InvalidArrowError):
                arrownd.to_numpy(Claim(text.encode()))
