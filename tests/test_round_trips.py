"""NumPy to Arrow and back, and the other way round: nothing is lost of what both can hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import arrownd

KINDS = [
    *("?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"),
    *("M8[D]", "M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "m8[s]", "m8[ms]", "m8[us]", "m8[ns]", "V1", "V3", "V16"),
]


@st.composite
def strided(draw: st.DrawFn, dtype: np.dtype) -> np.ndarray:
    """Values of any bits, in memory of any order: a stretch, steps, reversed, transposed, repeated, either byte order."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=6))
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    whole = tuple(max(n * abs(step), 1) for n, step in zip(shape, steps, strict=True))
    size = int(np.prod(whole))
    seed = draw(st.integers(0, 2**32 - 1))
    if dtype.kind == "M" and dtype == np.dtype("M8[D]"):
        raw = np.random.default_rng(seed).integers(-(2**31), 2**31, size).astype("i8").tobytes()
    else:
        raw = np.random.default_rng(seed).bytes(size * dtype.itemsize)
    flat = np.frombuffer(bytearray(raw), dtype)
    if dtype.kind == "b":
        flat = (flat.view("u1") & 1).view("?")
    if dtype.kind in "Mm" and size and draw(st.booleans()):
        flat[draw(st.integers(0, size - 1))] = "NaT"
    array = flat.reshape(whole, order=draw(st.sampled_from("CF")))
    array = array[tuple(slice(None, None, step) for step in steps)][tuple(slice(0, n) for n in shape)]
    if draw(st.booleans()):
        array = array.transpose(draw(st.permutations(range(array.ndim))))
    if draw(st.integers(0, 5)) == 0:
        array = np.broadcast_to(array, (draw(st.integers(0, 3)), *array.shape))
    if draw(st.booleans()) and dtype.kind not in "?bV":
        array = array.astype(array.dtype.newbyteorder(">"))
    if draw(st.integers(0, 7)) == 0 and array.size:
        odd = bytearray(b"x" + np.ascontiguousarray(array).tobytes())
        array = np.frombuffer(memoryview(odd)[1:], array.dtype).reshape(array.shape)
    return array


def bits(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("=")).tobytes()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_there_and_back(kind: str, data: st.DataObject) -> None:
    array = data.draw(strided(np.dtype(kind)))
    made = arrownd.from_numpy(array)
    back = arrownd.to_numpy(made)
    assert len(made) == array.shape[0]
    assert back.dtype == array.dtype.newbyteorder("=")
    if array.shape[0]:
        assert back.shape == array.shape
    assert bits(back) == bits(array)
    assert pa.array(made).null_count == (np.isnat(array).sum() if array.dtype.kind in "Mm" and array.ndim == 1 else 0)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_masked_there_and_back(kind: str, data: st.DataObject) -> None:
    values = data.draw(strided(np.dtype(kind)))
    mask = data.draw(hnp.arrays("?", values.shape))
    masked = np.ma.MaskedArray(values, mask=mask)
    for made in (arrownd.from_numpy(masked), arrownd.from_numpy(values, mask=mask)):
        back = arrownd.to_numpy(made, nulls="masked")
        gone = mask | (np.isnat(values) if values.dtype.kind in "Mm" else False)
        if not values.shape[0]:
            assert len(back) == 0
            continue
        assert back.shape == values.shape
        np.testing.assert_array_equal(np.ma.getmaskarray(back), gone)
        assert back.dtype == values.dtype.newbyteorder("=")
        assert bits(back.data[~gone]) == bits(values[~gone])


@pytest.mark.parametrize("kind", ["c8", "c16"])
@settings(max_examples=40)
@given(data=st.data())
def test_complex_there_and_back(kind: str, data: st.DataObject) -> None:
    array = data.draw(strided(np.dtype(kind)))
    back = arrownd.to_numpy(arrownd.from_numpy(array), dtype=kind)
    assert bits(back) == bits(array)
    if array.shape[0]:
        assert (back.shape, back.dtype) == (array.shape, array.dtype.newbyteorder("="))


RECORDS = [
    np.dtype([("a", "i4"), ("b", "f8")]),
    np.dtype([("a", "i1"), ("b", "f8"), ("c", "?")], align=True),
    np.dtype([("a", ">i4"), ("p", [("x", "f4"), ("y", "M8[us]")]), ("z", "u2")]),
    np.dtype([("v", "f4", (3,)), ("w", "i2", (2, 2)), ("n", "m8[s]")]),
    np.dtype({"names": ["late", "early"], "formats": ["i8", "u1"], "offsets": [8, 3], "itemsize": 24}),
]


def plain(dtype: np.dtype) -> np.dtype:
    """Packed and native."""
    if dtype.names:
        return np.dtype([(name, plain(dtype[name])) for name in dtype.names])
    if dtype.subdtype:
        return np.dtype((plain(dtype.subdtype[0]), dtype.shape))
    return dtype.newbyteorder("=")


@pytest.mark.parametrize("dtype", RECORDS, ids=str)
@settings(max_examples=40)
@given(data=st.data())
def test_records_there_and_back(dtype: np.dtype, data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 7))
    array = np.zeros(2 * n, dtype)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))

    def fill(part: np.ndarray) -> None:
        if part.dtype.names:
            for name in part.dtype.names:
                fill(part[name])
        else:
            part[...] = rng.integers(0, 2 if part.dtype.kind == "b" else 100, part.shape).astype(part.dtype)

    fill(array)
    array = array[:: data.draw(st.sampled_from([1, 2, -1]))]
    back = arrownd.to_numpy(arrownd.from_numpy(array), structured=True)
    assert back.dtype == plain(dtype)
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array.astype(plain(dtype)))


TYPES = [
    *(pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms")),
    *(pa.time64("us"), pa.time64("ns"), pa.timestamp("s"), pa.timestamp("ms"), pa.timestamp("us"), pa.timestamp("ns")),
    *(pa.timestamp("us", "UTC"), pa.timestamp("ns", "Asia/Tokyo"), pa.duration("s"), pa.duration("ns")),
    *(pa.binary(5), pa.uuid(), pa.bool8()),
    *(pa.list_(pa.int32(), 2), pa.list_(pa.list_(pa.float32(), 2), 3), pa.list_(pa.timestamp("ms"), 1)),
    pa.fixed_shape_tensor(pa.float32(), (2, 3)),
    pa.month_day_nano_interval(),
]
WIDTHS = {"bool": 1}


def any_of(kind: pa.DataType, n: int, rng: np.random.Generator, nulls: bool) -> pa.Array:
    missing = rng.random(n) < 0.3 if nulls else np.zeros(n, "?")
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, any_of(kind.storage_type, n, rng, nulls))
    if pa.types.is_fixed_size_list(kind):
        items = any_of(kind.value_type, n * kind.list_size, rng, nulls)
        return pa.FixedSizeListArray.from_arrays(items, type=kind, mask=pa.array(missing))
    if pa.types.is_boolean(kind):
        return pa.array(rng.random(n) < 0.5, mask=missing)
    if pa.types.is_date64(kind):
        return pa.array(rng.integers(-1000, 1000, n) * 86_400_000, pa.int64(), mask=missing).cast(kind)
    if pa.types.is_time(kind):
        top = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}[kind.unit]
        return pa.array(rng.integers(0, top, n), pa.int64(), mask=missing).cast(f"int{kind.bit_width}").cast(kind)
    if pa.types.is_fixed_size_binary(kind):
        return pa.array([None if gone else rng.bytes(kind.byte_width) for gone in missing], kind)
    if pa.types.is_interval(kind):
        triples = rng.integers(-9, 9, (n, 3)).tolist()
        return pa.array([None if gone else pa.MonthDayNano(t) for gone, t in zip(missing, triples, strict=True)], kind)
    if pa.types.is_floating(kind):
        return pa.array(rng.standard_normal(n).astype(f"f{kind.bit_width // 8}"), mask=missing)
    width = kind.bit_width // 8
    numbers = rng.integers(-100, 100, n).astype(f"i{width}")
    if pa.types.is_unsigned_integer(kind):
        numbers = numbers.view(f"u{width}")
    return (
        pa.array(numbers, mask=missing).view(kind) if not pa.types.is_integer(kind) else pa.array(numbers, mask=missing)
    )


def is_natural(kind: pa.DataType) -> bool:
    """Whether the type is what its dtype becomes unasked."""
    if isinstance(kind, pa.BaseExtensionType) or pa.types.is_time(kind) or pa.types.is_interval(kind):
        return False
    if pa.types.is_fixed_size_list(kind):
        return is_natural(kind.value_type)
    return not pa.types.is_date64(kind) and not (pa.types.is_timestamp(kind) and kind.tz)


@pytest.mark.parametrize("kind", TYPES, ids=str)
@pytest.mark.parametrize("nulls", [False, True], ids=["full", "nulls"])
@settings(max_examples=30)
@given(data=st.data())
def test_back_and_there(kind: pa.DataType, nulls: bool, data: st.DataObject) -> None:
    """A null list becomes a list of nulls: NumPy has no other mask for it, so these have none."""
    n, seed = data.draw(st.integers(0, 20)), data.draw(st.integers(0, 2**32 - 1))
    array = any_of(
        kind, n, np.random.default_rng(seed), nulls and not pa.types.is_nested(getattr(kind, "storage_type", kind))
    )
    array = array[data.draw(st.integers(0, n)) :]
    words: dict[str, Any] = {"nulls": "masked"}
    if pa.types.is_time(kind):
        words["dtype"] = f"m8[{kind.unit}]"
    dense = arrownd.to_numpy(array, **words)
    again = pa.array(arrownd.from_numpy(dense, type=kind))
    again.validate(full=True)
    assert again.type == kind
    assert again.equals(array)
    if is_natural(kind):
        assert pa.array(arrownd.from_numpy(dense)).equals(array), "NumPy's dtype says the type"


@settings(max_examples=40)
@given(data=st.data())
def test_lists_of_nulls_keep_theirs(data: st.DataObject) -> None:
    n, seed = data.draw(st.integers(1, 20)), data.draw(st.integers(0, 2**32 - 1))
    items = any_of(pa.int16(), n * 2, np.random.default_rng(seed), nulls=True)
    array = pa.FixedSizeListArray.from_arrays(items, 2)
    again = pa.array(arrownd.from_numpy(arrownd.to_numpy(array, nulls="masked")))
    assert again.to_pylist() == array.to_pylist()
