"""from_numpy: masked arrays and mask=. Values under a mask are shared as any."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arrownd
from dense import BIG, SHARED, address, arrow_of, sample, start


@pytest.mark.parametrize("dtype", SHARED)
@pytest.mark.parametrize("n", [5, 64, 200, 5000])
def test_values_are_shared(dtype: str, n: int) -> None:
    values = np.ma.array(sample(dtype, n), mask=np.random.default_rng(n).random(n) < 0.4)
    values[n // 2] = np.ma.masked
    array = arrow_of(values, allow_copy=False)
    assert start(array) == address(values.data)
    assert array.is_null().to_pylist() == values.mask.tolist()
    assert array.null_count == values.mask.sum()
    assert array.equals(pa.array(values.data, mask=values.mask))
    given_apart = arrow_of(values.data, mask=values.mask, allow_copy=False)
    assert given_apart.equals(array)
    assert start(given_apart) == address(values.data)


@pytest.mark.parametrize("dtype", ["int32", "bool", BIG + "f8", "M8[D]", "c8", "V3"])
def test_any_strides_of_both(dtype: str) -> None:
    values = sample(dtype, 60) if dtype not in ("c8", "V3") else np.zeros(60, dtype)
    mask = np.arange(60) % 7 < 3
    matrix, masks = values.reshape(6, 10), mask.reshape(6, 10)
    for slices in ((slice(None, None, -2), slice(1, None, 3)), (slice(1, 5), slice(None, None, -1))):
        for transposed in (False, True):
            one, other = matrix[slices], masks[slices]
            if transposed:
                one, other = one.T, other.T
            array = arrow_of(np.ma.array(one, mask=other))
            assert flat_nulls(array) == other.reshape(-1).tolist()


def flat_nulls(array: pa.Array) -> list[bool]:
    while pa.types.is_fixed_size_list(array.type) and array.null_count == 0 and array.values.null_count:
        array = array.values
    return array.is_null().to_pylist()


def test_nomask_and_nothing_masked() -> None:
    for values in (np.ma.array([1, 2, 3]), np.ma.array([1, 2, 3], mask=[0, 0, 0]), np.ma.array([1, 2, 3], mask=False)):
        array = arrow_of(values)
        assert array.null_count == 0
        assert array.buffers()[0] is None
        assert arrownd.explain(values).nbytes == 0


def test_everything_masked() -> None:
    values = np.ma.masked_all(1000, np.int64)
    values.data[:] = 7
    array = arrow_of(values)
    assert array.null_count == 1000
    assert start(array) == address(values.data)


def test_hard_shared_and_sliced_masks() -> None:
    values = np.ma.array(np.arange(100), mask=np.arange(100) % 2, hard_mask=True)
    assert arrow_of(values[3:70:2]).null_count == 34
    assert arrow_of(values[::-1]).is_null().to_pylist() == values[::-1].mask.tolist()


def test_garbage_under_the_mask_is_not_looked_at() -> None:
    values = np.ma.array([1.0, np.nan, 3.0], mask=[0, 1, 0])
    array = arrow_of(values)
    assert array.to_pylist() == [1.0, None, 3.0]
    assert np.isnan(np.frombuffer(array.buffers()[1], "f8")[1])


def test_a_mask_beside_a_mask_is_their_union() -> None:
    values = np.ma.array([1, 2, 3, 4], mask=[1, 0, 0, 0])
    assert arrow_of(values, mask=np.array([False, True, False, False])).to_pylist() == [None, None, 3, 4]


def test_a_mask_beside_nan_and_nat() -> None:
    values = np.ma.array([1.0, np.nan, 3.0], mask=[0, 0, 1])
    assert arrow_of(values, nan_as_null=True).to_pylist() == [1.0, None, None]
    times = np.ma.array(np.array([0, "NaT", 2], "M8[s]"), mask=[1, 0, 0])
    assert arrow_of(times).is_null().to_pylist() == [True, True, False]


def test_masks_of_several_dimensions() -> None:
    values = np.ma.array(np.arange(12).reshape(3, 4), mask=np.arange(12).reshape(3, 4) % 5 == 0)
    array = arrow_of(values, allow_copy=False)
    assert array.to_pylist() == [[None, 1, 2, 3], [4, None, 6, 7], [8, 9, None, 11]]
    assert start(array) == address(values.data)
    assert array.null_count == 0


def test_complex_and_bool() -> None:
    pairs = np.ma.array([1 + 2j, 3 + 4j], mask=[True, False])
    assert arrow_of(pairs, allow_copy=False).to_pylist() == [None, [3.0, 4.0]]
    bools = np.ma.array([True, False, True], mask=[True, False, False])
    assert arrow_of(bools).to_pylist() == [None, False, True]
    assert arrow_of(bools, type="bool8", allow_copy=False).to_pylist() == [None, False, True]


def test_as_lists_and_as_nomask() -> None:
    assert arrow_of(np.arange(3), mask=[True, False, True]).to_pylist() == [None, 1, None]
    assert arrow_of(np.arange(3), mask=np.ma.nomask).to_pylist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("mask", "error", "text"),
    [
        ([0, 1, 0], TypeError, "mask has dtype int64, and has to be bool: True where a value is missing"),
        ([True, False], ValueError, r"mask has shape \(2,\), and the array \(3,\): pass one of the same shape"),
        ([[True, False, True]], ValueError, r"mask has shape \(1, 3\)"),
        (True, ValueError, r"mask has shape \(\)"),
        ({"a": [True]}, TypeError, "mask has dtype object"),
    ],
)
def test_bad_masks(mask: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        arrownd.from_numpy(np.arange(3), mask=mask)


@given(st.data())
def test_any_mask(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 400))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)), bool)
    step = data.draw(st.sampled_from([1, 2, -1, -3]))
    values = np.ma.array(np.arange(n, dtype=np.int32), mask=mask)[::step]
    array = arrow_of(values)
    assert array.to_pylist() == values.tolist()
