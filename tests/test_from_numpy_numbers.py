"""from_numpy: numbers and bools, however they lie in memory."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import arrownd
from dense import BIG, NUMBERS, SHARED, address, arrow_of, sample, start


def same_bits(array: pa.Array, values: np.ndarray) -> None:
    """Value by value, to the bit: NaN payloads and signed zeros included."""
    flat = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("="), copy=False)
    buffer = array.buffers()[1]
    got = np.frombuffer(buffer, dtype=flat.dtype, count=len(array)) if buffer else np.empty(0, flat.dtype)
    assert got.tobytes() == flat.tobytes()


@pytest.mark.parametrize("dtype", SHARED)
def test_contiguous_memory_is_shared(dtype: str) -> None:
    values = sample(dtype)
    array = arrow_of(values)
    assert array.type == SHARED[dtype]
    assert array.null_count == 0
    assert start(array) == address(values)
    assert array.equals(pa.array(values)) or dtype == "m8[s]"
    same_bits(array, values)


@pytest.mark.parametrize("dtype", SHARED)
def test_a_part_of_it_too(dtype: str) -> None:
    values = sample(dtype)[37:101]
    array = arrow_of(values)
    assert start(array) == address(values)
    same_bits(array, values)


def layouts(values: np.ndarray) -> dict[str, tuple[np.ndarray, set[str]]]:
    """The same values as NumPy has them, and why they have to be copied."""
    n, size = len(values), values.itemsize
    every = np.zeros(3 * n, values.dtype)
    every[::3] = values
    raw = np.zeros(n * size + 1, np.uint8)
    shifted = raw[1:].view(values.dtype)
    shifted[:] = values
    swapped = values.astype(values.dtype.newbyteorder(BIG))
    both = np.zeros(2 * n, swapped.dtype)
    both[::2] = values
    wide = size > 1
    return {
        "strided": (every[::3], {"strided"}),
        "reversed": (values[::-1].copy()[::-1], {"strided"}),
        "misaligned": (shifted, {"misaligned"} if wide else set()),
        "swapped": (swapped, {"byte-order"} if wide else set()),
        "swapped and strided": (both[::2], {"byte-order", "strided"} if wide else {"strided"}),
        "field of a record": (packed(values), {"strided", "misaligned"} if wide else {"strided"}),
    }


def packed(values: np.ndarray) -> np.ndarray:
    records = np.zeros(len(values), [("pad", "u1"), ("x", values.dtype)])
    records["x"] = values
    return records["x"]


@pytest.mark.parametrize("dtype", SHARED)
def test_other_layouts_are_copied_in_one_pass(dtype: str) -> None:
    values = sample(dtype)
    for name, (laid, reasons) in layouts(values).items():
        np.testing.assert_array_equal(laid, values)
        plan = arrownd.explain(laid)
        assert {reason.code for reason in plan.reasons} == reasons, name
        array = arrow_of(laid)
        assert array.type == SHARED[dtype], name
        same_bits(array, values)
        if reasons:
            with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
                arrownd.from_numpy(laid, allow_copy=False)
            assert caught.value.reasons == plan.reasons
        else:
            assert start(pa.array(arrownd.from_numpy(laid, allow_copy=False))) == address(laid)


def test_broadcast_arrays_are_copied() -> None:
    values = np.broadcast_to(np.int32(7), (5,))
    assert arrow_of(values).to_pylist() == [7] * 5
    matrix = np.broadcast_to(np.arange(3), (4, 3))
    assert arrow_of(matrix).to_pylist() == [[0, 1, 2]] * 4


@pytest.mark.parametrize("n", [0, 1, 2, 7, 8, 63, 64, 65, 127, 128, 129, 1000, 4095, 4096, 4097, 10_000])
def test_bools_are_packed(n: int) -> None:
    values = np.random.default_rng(n).random(n) < 0.3
    for laid in (values, np.repeat(values, 2)[::2], values[::-1].copy()[::-1]):
        array = arrow_of(laid)
        assert array.type == pa.bool_()
        assert array.equals(pa.array(values))


def test_bools_may_be_any_byte() -> None:
    odd = np.array([0, 1, 2, 128, 255, 0, 64] * 30, np.uint8).view(bool)
    assert arrow_of(odd).to_pylist() == [False, True, True, True, True, False, True] * 30
    masked = np.ma.array(np.arange(210), mask=odd)
    assert arrow_of(masked).is_null().to_pylist() == [False, True, True, True, True, False, True] * 30
    array = arrow_of(odd, type="bool8")
    assert start(array) == address(odd)
    assert np.frombuffer(array.buffers()[1], np.uint8).tobytes() == odd.tobytes()


def test_bool8_shares_the_bytes() -> None:
    values = sample("bool")
    array = arrow_of(values, type="bool8", allow_copy=False)
    assert array.type.extension_name == "arrow.bool8"
    assert start(array) == address(values)
    assert array.to_pylist() == values.tolist()
    with pytest.raises(arrownd.CopyNotAllowedError, match='bits.*pass type="bool8"'):
        arrownd.from_numpy(values, allow_copy=False)


def test_payloads_of_nan_survive() -> None:
    bits = np.array([0x7FF8000000000000, 0x7FF8DEADBEEF0001, 0xFFF0000000000001, 0x8000000000000000], np.uint64)
    for values in (bits.view("f8"), bits.view("f8").astype(BIG + "f8"), np.repeat(bits, 2).view("f8")[::2]):
        array = arrow_of(values)
        assert array.null_count == 0
        assert np.frombuffer(array.buffers()[1], np.uint64)[:4].tolist() == bits.tolist()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("n", [1, 64, 65, 3000, 9000])
def test_nan_as_null(dtype: str, n: int) -> None:
    values = sample(dtype, max(n, 4))[:n]
    values[np.random.default_rng(n).random(n) < 0.2] = np.nan
    values[-1] = np.nan
    missing = np.isnan(values)
    array = arrow_of(values, nan_as_null=True)
    assert array.null_count == missing.sum()
    assert array.is_null().to_pylist() == missing.tolist()
    assert start(array) == address(values)
    same_bits(array, values)
    assert arrow_of(values).null_count == 0
    swapped = values.astype(values.dtype.newbyteorder(BIG))
    assert arrow_of(swapped, nan_as_null=True).is_null().to_pylist() == missing.tolist()
    whole = np.where(missing, dtype == "x", values).astype(dtype)
    assert arrow_of(whole, nan_as_null=True).null_count == 0
    assert arrownd.explain(whole, nan_as_null=True).nbytes == 0


def test_nan_as_null_says_nothing_about_others() -> None:
    for dtype in ("int64", "bool", "M8[s]"):
        assert arrow_of(sample(dtype), nan_as_null=True).null_count == 0


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_pairs(dtype: str) -> None:
    values = np.array([1 + 2j, -0.0 - 3j, complex(np.nan, np.inf)] * 50, dtype)
    part = pa.float32() if dtype == "complex64" else pa.float64()
    array = arrow_of(values)
    assert array.type == pa.list_(part, 2)
    assert start(array) == address(values)
    got = np.frombuffer(array.values.buffers()[1], dtype)
    assert got.tobytes() == values.tobytes()
    for laid in (np.repeat(values, 2)[::2], values.astype(values.dtype.newbyteorder(BIG))):
        copied = arrow_of(laid)
        assert np.frombuffer(copied.values.buffers()[1], dtype).tobytes() == values.tobytes()
    assert arrow_of(values, nan_as_null=True).is_null().to_pylist() == [False, False, True] * 50


def test_bytes_of_one_length() -> None:
    values = np.frombuffer(bytes(range(60)), "V5")
    array = arrow_of(values, allow_copy=False)
    assert array.type == pa.binary(5)
    assert start(array) == address(values)
    assert array.to_pylist() == [bytes(range(i, i + 5)) for i in range(0, 60, 5)]
    assert arrow_of(values[::-2]).to_pylist() == array.to_pylist()[::-2]
    uuids = arrow_of(np.frombuffer(bytes(range(64)), "V16"), type=pa.uuid(), allow_copy=False)
    assert uuids.type == pa.uuid()
    assert uuids.to_pylist()[1].bytes == bytes(range(16, 32))


@pytest.mark.parametrize("dtype", [*SHARED, "bool", "complex64", "V3"])
def test_no_rows(dtype: str) -> None:
    for values in (np.zeros(0, dtype), np.zeros(10, dtype)[5:5], np.zeros(10, dtype)[::-3][:0]):
        array = arrow_of(values, allow_copy=False)
        assert len(array) == 0
        assert arrownd.explain(values).copies is False


def test_read_only_mapped_and_subclassed(tmp_path) -> None:
    values = sample("int32")
    values.flags.writeable = False
    assert start(arrow_of(values)) == address(values)
    assert not arrownd.explain(values).notes
    path = tmp_path / "values"
    path.write_bytes(values.tobytes())
    mapped = np.memmap(path, np.int32, "r")
    assert start(arrow_of(mapped)) == address(mapped)

    class Own(np.ndarray):
        pass

    assert start(arrow_of(values.view(Own))) == address(values)
    assert arrow_of(np.arange(4).view(np.recarray)).to_pylist() == [0, 1, 2, 3]


def test_types_of_c_that_are_the_same() -> None:
    """NumPy has several numbers for one width."""
    for code in "bhilqBHILQpP":
        values = np.arange(3).astype(code)
        assert arrow_of(values).type == NUMBERS[values.dtype.name]


def test_reinterpreted_without_a_copy() -> None:
    days = np.array([0, 20_000], np.int32)
    assert arrow_of(days, type=pa.date32(), allow_copy=False).to_pylist() == pa.array(days, pa.date32()).to_pylist()
    ticks = np.array([0, 10**9], np.int64)
    for kind in (pa.timestamp("us"), pa.timestamp("ms", "Europe/Rome"), pa.duration("s")):
        array = arrow_of(ticks, type=kind, allow_copy=False)
        assert array.type == kind
        assert start(array) == address(ticks)
        assert array.cast(pa.int64()).to_pylist() == [0, 10**9]


strides = st.sampled_from([1, 2, 3, -1, -2])


@given(
    values=hnp.arrays(
        st.sampled_from([*SHARED, "bool", "complex64", BIG + "i4", BIG + "M8[us]"]),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=9),
    ),
    steps=st.lists(strides, min_size=4, max_size=4),
    order=st.permutations(range(4)),
)
def test_any_shape_and_strides(values: np.ndarray, steps: list[int], order: list[int]) -> None:
    """The plan holds, and the values are NumPy's, for arrays that were sliced and transposed at will."""
    axes = [axis for axis in order if axis < values.ndim]
    view = values.transpose(axes)[tuple(slice(None, None, step) for step in steps[: values.ndim])]
    array = arrow_of(view)
    assert len(array) == view.shape[0]
    np.testing.assert_array_equal(flat_of(array, view), np.ascontiguousarray(view).reshape(-1))


def flat_of(array: pa.Array, view: np.ndarray) -> np.ndarray:
    """All values as NumPy has them, by pyarrow."""
    parts = view.dtype.kind == "c"
    for _ in range(view.ndim - 1 + parts):
        array = array.flatten() if array.null_count == 0 else array.values
    dtype = view.dtype.newbyteorder("=")
    if view.dtype.kind == "b":
        return array.to_numpy(zero_copy_only=False)
    buffer = array.buffers()[1]
    n = len(array) // 2 if parts else len(array)
    return np.frombuffer(buffer, dtype, n) if n else np.empty(0, dtype)


@pytest.mark.parametrize("dtype", ["i2", "u4", "i8", "f2", "f4", "f8", "m8[s]"])
@pytest.mark.parametrize("n", [0, 1, 31, 32, 33, 63, 64, 65, 200, 5000])
def test_swapped_rows_of_any_length_and_place(dtype: str, n: int) -> None:
    """From some length on by the CPU's widest registers."""
    values = (np.arange(n) * 37 % 30_011).astype("i8").view("m8[s]" if dtype[0] == "m" else "i8").astype(dtype)
    for skip in (0, 1, 3):
        raw = np.zeros(n * values.itemsize + skip, np.uint8)
        swapped = raw[skip:].view(values.dtype.newbyteorder(BIG))
        swapped[:] = values
        np.testing.assert_array_equal(np.asarray(arrownd.from_numpy(swapped)), values)
    swapped = np.tile(swapped, (3, 1))
    np.testing.assert_array_equal(np.asarray(arrownd.from_numpy(swapped)), np.tile(values, (3, 1)))
