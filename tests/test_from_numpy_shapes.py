"""from_numpy: arrays of several dimensions, as lists and as tensors."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import BIG, address, arrow_of, start


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (5, 1, 2, 3), (1, 1), (7, 1)])
def test_c_order_is_shared(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    array = arrow_of(values, allow_copy=False)
    kind: pa.DataType = pa.int16()
    for n in reversed(shape[1:]):
        kind = pa.list_(kind, n)
    assert array.type == kind
    assert len(array) == shape[0]
    assert start(array) == address(values)
    assert array.to_pylist() == values.tolist()


def test_rows_are_not_flattened() -> None:
    """Others make one flat array of a matrix."""
    assert arrow_of(np.zeros((3, 2))).to_pylist() == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "c16", "V3", BIG + "i4", BIG + "c8"])
@pytest.mark.parametrize("shape", [(33, 70), (100, 3), (3, 100), (40, 5, 33), (2, 3, 4, 5)])
def test_other_orders_are_copied(dtype: str, shape: tuple[int, ...]) -> None:
    n = int(np.prod(shape))
    if dtype == "V3":
        values = np.frombuffer(np.random.default_rng(1).bytes(3 * n), "V3").reshape(shape)
    else:
        values = np.arange(n).astype(dtype).reshape(shape)
    for laid in (np.asfortranarray(values), np.moveaxis(np.moveaxis(values, 0, -1).copy(), -1, 0), values[:, ::-1]):
        array = arrow_of(laid)
        flat = array
        for _ in shape[1:]:
            flat = flat.flatten()
        if values.dtype.kind == "c":
            flat = flat.flatten()
        got = np.frombuffer(flat.buffers()[1], values.dtype.newbyteorder("="), n)
        np.testing.assert_array_equal(got.reshape(shape), laid)


def test_f_order_of_one_column_is_c_order_too() -> None:
    values = np.asfortranarray(np.arange(5).reshape(5, 1))
    assert arrow_of(values, allow_copy=False).to_pylist() == [[0], [1], [2], [3], [4]]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 0, 3), (0, 2, 3), (4, 3, 0)])
def test_empty(shape: tuple[int, ...]) -> None:
    for values in (np.zeros(shape), np.asfortranarray(np.zeros(shape))):
        array = arrow_of(values, allow_copy=False)
        assert array.to_pylist() == values.tolist()
        assert arrownd.explain(values).copies is False


def test_bools_of_several_dimensions() -> None:
    values = np.random.default_rng(0).random((50, 7)) < 0.5
    assert arrow_of(values).to_pylist() == values.tolist()
    assert arrow_of(values.T).to_pylist() == values.T.tolist()
    assert arrow_of(values, type="bool8", allow_copy=False).to_pylist() == values.tolist()


def test_datetimes_of_several_dimensions() -> None:
    values = np.arange(12).astype("M8[D]").reshape(3, 4)
    values[1, 2] = "NaT"
    assert arrow_of(values).to_pylist() == values.tolist()
    ticks = values.astype("M8[us]")
    array = arrow_of(ticks, allow_copy=False)
    assert array.to_pylist() == ticks.tolist()
    assert array.null_count == 0 and array.values.null_count == 1


def test_a_type_that_is_no_list_is_that_of_the_values() -> None:
    values = np.array([[0, 1], [2, 3]])
    array = arrow_of(values, type=pa.timestamp("s"), allow_copy=False)
    assert array.type == pa.list_(pa.timestamp("s"), 2)
    same = arrow_of(values, type=pa.list_(pa.timestamp("s"), 2), allow_copy=False)
    assert same.equals(array)


class TestTensor:
    @pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (5, 1, 2, 3)])
    def test_c_order_is_shared(self, shape: tuple[int, ...]) -> None:
        values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
        array = arrow_of(values, type="tensor", allow_copy=False)
        assert array.type == pa.fixed_shape_tensor(pa.float32(), shape[1:])
        assert start(array) == address(values)
        np.testing.assert_array_equal(array.to_numpy_ndarray(), values)

    @pytest.mark.parametrize("axes", [(0, 2, 1, 3), (0, 3, 2, 1), (0, 2, 3, 1), (0, 3, 1, 2)])
    def test_rows_in_another_order_are_shared_with_a_permutation(self, axes: tuple[int, ...]) -> None:
        values = np.arange(120).reshape(2, 3, 4, 5).transpose(axes)
        array = arrow_of(values, type="tensor", allow_copy=False)
        assert start(array) == address(values)
        # For each axis of the tensor the physical one, as the specification has it.
        physical = array.type.shape
        assert [physical[place] for place in array.type.permutation] == list(values.shape[1:])
        np.testing.assert_array_equal(arrownd.to_numpy(array), values)
        if axes in ((0, 2, 1, 3), (0, 3, 2, 1)):
            # pyarrow 26 takes the strides of the wrong shape where a permutation isn't its own inverse.
            np.testing.assert_array_equal(array.to_numpy_ndarray(), values)

    def test_f_order_is_copied(self) -> None:
        """The row axis has to be the outermost."""
        values = np.asfortranarray(np.arange(24).reshape(2, 3, 4))
        array = arrow_of(values, type="tensor")
        assert {reason.code for reason in arrownd.explain(values, type="tensor").reasons} == {"strided"}
        np.testing.assert_array_equal(arrownd.to_numpy(array), values)
        assert array.type.permutation is None

    def test_a_tensor_type_with_a_permutation(self) -> None:
        kind = pa.fixed_shape_tensor(pa.int64(), (4, 3), permutation=(1, 0), dim_names=("x", "y"))
        values = np.arange(24).reshape(2, 3, 4)
        array = arrow_of(values, type=kind)
        assert array.type == kind
        np.testing.assert_array_equal(arrownd.to_numpy(array), values)
        laid = values.transpose(0, 2, 1).copy().transpose(0, 2, 1)
        shared = arrow_of(laid, type=kind, allow_copy=False)
        assert start(shared) == address(laid)
        np.testing.assert_array_equal(arrownd.to_numpy(shared), values)

    def test_of_another_shape(self) -> None:
        kind = pa.fixed_shape_tensor(pa.int64(), (4, 3))
        with pytest.raises(arrownd.UnsupportedTypeError, match=r"shape \[3, 4\] a row .* of shape \[4, 3\]"):
            arrownd.from_numpy(np.arange(24).reshape(2, 3, 4), type=kind)

    def test_of_one_dimension(self) -> None:
        with pytest.raises(arrownd.UnsupportedTypeError, match="one dimension .* two dimensions or more"):
            arrownd.from_numpy(np.arange(4), type="tensor")

    def test_masked_and_swapped(self) -> None:
        values = np.ma.masked_equal(np.arange(12, dtype=BIG + "i4").reshape(2, 2, 3), 5)
        array = arrow_of(values, type="tensor")
        assert array.storage.to_pylist() == [[0, 1, 2, 3, 4, None], [6, 7, 8, 9, 10, 11]]
        permuted = np.ma.masked_equal(np.arange(12).reshape(2, 2, 3).transpose(0, 2, 1), 5)
        array = arrow_of(permuted, type="tensor", allow_copy=False)
        assert array.storage.to_pylist() == [[0, 1, 2, 3, 4, None], [6, 7, 8, 9, 10, 11]]


def test_too_wide_for_a_list() -> None:
    values = np.broadcast_to(np.int8(0), (1, 2**31))
    with pytest.raises(arrownd.UnsupportedTypeError, match="a dimension of 2147483648"):
        arrownd.from_numpy(values)


def test_no_dimensions() -> None:
    for values in (np.array(3), np.ma.masked, np.zeros((), [("a", "i4")])):
        with pytest.raises(arrownd.UnsupportedTypeError, match=r"without dimensions to Arrow: use x\.reshape\(1\)"):
            arrownd.from_numpy(values)


@pytest.mark.parametrize("kind", ["?", "u1", "i2", "f4", "i8", ">i4", ">f8", "c8", "c16", "V3", "M8[us]"])
@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((300, 150), (1, 0)),
        ((129, 513), (1, 0)),
        ((7, 1000), (1, 0)),
        ((70, 3, 90), (2, 0, 1)),
        ((65, 66, 5), (1, 0, 2)),
    ],
    ids=str,
)
def test_transposed_arrays_larger_than_a_tile(kind: str, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    bits = np.random.default_rng(11).integers(0, 2 if kind == "?" else 256, size, np.uint8)
    whole = bits.view(kind).reshape(shape)
    array = whole.transpose(axes)
    assert not array.flags.c_contiguous
    assert arrownd.explain(array).copies
    made = pa.array(arrownd.from_numpy(array))
    values = made
    while pa.types.is_fixed_size_list(values.type):
        values = values.flatten()
    assert len(made) == array.shape[0]
    wanted = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    if kind == "?":
        assert values.equals(pa.array(wanted.reshape(-1)))
    else:
        assert values.buffers()[1].to_pybytes()[: wanted.nbytes] == wanted.tobytes()
