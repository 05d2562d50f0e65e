"""``type=``: what pyarrow casts to the same values is the same, and what it refuses is refused, unless said here."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import arrownd
from arrownd import from_numpy

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
FLOATS = ["float16", "float32", "float64"]
DTYPES = [*INTEGERS, *FLOATS, "M8[s]", "M8[ms]", "M8[us]", "M8[ns]", "m8[s]", "m8[ms]", "m8[us]", "m8[ns]"]
TARGETS = [
    *INTEGERS,
    *FLOATS,
    *(f"timestamp[{unit}]" for unit in ("s", "ms", "us", "ns")),
    *(f"duration[{unit}]" for unit in ("s", "ms", "us", "ns")),
    "date32",
    "date64",
    "decimal128(38, 0)",
    "decimal256(50, 3)",
]

WANTED = {
    **{name: pa.type_for_alias(name) for name in TARGETS if not name.startswith("decimal")},
    "decimal128(38, 0)": pa.decimal128(38, 0),
    "decimal256(50, 3)": pa.decimal256(50, 3),
}


def values_of(dtype: np.dtype) -> st.SearchStrategy[Any]:
    if dtype.kind in "mM":
        return st.integers(-(10**6), 10**6)
    if dtype.kind == "f":
        whole = st.integers(-300, 300).map(float)
        return whole | st.floats(width=8 * dtype.itemsize, allow_nan=True)  # type: ignore[arg-type]
    info = np.iinfo(dtype)
    return st.integers(-100, 100).filter(lambda n: n >= info.min) | st.integers(int(info.min), int(info.max))


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    values = draw(st.lists(values_of(dtype), max_size=5))
    array = np.array(values, "i8" if dtype.kind in "mM" else dtype).astype(dtype)
    mask = draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    return np.ma.array(array, mask=mask) if any(mask) else array


def exact(value: Any, target: pa.DataType) -> bool:
    """Whether a number can be held by a type, as Python counts."""
    if pa.types.is_integer(target):
        if isinstance(value, float) and not value.is_integer():
            return False
        bits, signed = target.bit_width, pa.types.is_signed_integer(target)
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        return low <= int(value) <= high
    if pa.types.is_floating(target):
        with np.errstate(over="ignore"):
            held = target.to_pandas_dtype()(value)
        if isinstance(value, float):
            return bool(np.isfinite(held)) or not np.isfinite(value)
        return bool(np.isfinite(held)) and bool(int(held) == value)
    raise AssertionError(target)


@given(arrays(), st.sampled_from([*INTEGERS, *FLOATS]))
def test_numbers_are_what_python_counts(array: Any, target: str) -> None:
    if array.dtype.kind in "mM":
        return
    wanted = pa.type_for_alias(target)
    plain = pa.array(from_numpy(array))
    there = [value for value in plain.to_pylist() if value is not None]
    if all(exact(value, wanted) for value in there):
        made = pa.array(from_numpy(array, type=target))
        made.validate(full=True)
        assert made.type == wanted
        assert made.null_count == plain.null_count
        same = plain.cast(wanted, safe=False)
        assert repr(made.to_pylist()) == repr(same.to_pylist())
    else:
        with pytest.raises(arrownd.LossyCastError):
            from_numpy(array, type=target)


@given(arrays(), st.sampled_from(TARGETS))
def test_pyarrow_makes_the_same(array: Any, target: str) -> None:
    wanted = WANTED[target]
    plain = pa.array(from_numpy(array))
    try:
        want = plain.cast(wanted)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return
    # pyarrow rounds floats to the scale, and drops the time of day, without a word.
    rounds = pa.types.is_decimal(wanted) and pa.types.is_floating(plain.type)
    try:
        made = pa.array(from_numpy(array, type=target))
    except arrownd.LossyCastError:
        if rounds or pa.types.is_date(wanted):
            return
        raise
    made.validate(full=True)
    assert made.type == want.type
    assert repr(made.to_pylist()) == repr(want.to_pylist()), (plain, want)


def made(array: Any, target: str, **words: Any) -> pa.Array:
    result = pa.array(from_numpy(array, type=target, **words))
    result.validate(full=True)
    return result


def test_unsafe_is_what_astype_does() -> None:
    x = np.array([300, -1, 2**40])
    assert made(x, "int8", safe=False).to_pylist() == x.astype("i1").tolist()
    assert made(np.array([1.5, -2.7]), "int64", safe=False).to_pylist() == [1, -2]
    assert made(np.array([1.255, 2.5]), "decimal128(5, 1)", safe=False).to_pylist() == [Decimal("1.3"), Decimal("2.5")]
    times = np.array([1500, -1500], "M8[ms]")
    assert made(times, "timestamp[s]", safe=False) == pa.array(times.astype("M8[s]"))


@pytest.mark.parametrize(
    ("value", "target", "says"),
    [
        (300, "int8", "300 at position 1 can't be held exactly by int8"),
        (2**53 + 1, "float64", "9007199254740993 at position 1 can't be held exactly by float64"),
        (1.5, "int64", "1.5 at position 1 can't be held exactly by int64"),
        (2, "bool", "2 at position 1 can't be held exactly by bool"),
        (1.25, "decimal128(5, 1)", r"1.25 at position 1 can't be held exactly by decimal128\(5, 1\)"),
        (100000, "decimal128(5, 1)", r"100000 at position 1 can't be held exactly by decimal128\(5, 1\)"),
        (86400, "time32[s]", r"no time of a day, at position 1 can't be held exactly by time32\[s\]"),
        (np.datetime64(1, "s"), "date32", r"datetime64\(1, 's'\) at position 1 can't be held exactly by date32"),
        (np.datetime64(2**60, "s"), "timestamp[ns]", "at position 1 can't be held exactly by timestamp"),
    ],
)
def test_lossy_casts_say_what_and_where(value: Any, target: str, says: str) -> None:
    first = value - value
    if isinstance(value, np.datetime64):
        first = np.datetime64(0, "s")
    with pytest.raises(arrownd.LossyCastError, match=says):
        from_numpy(np.array([first, value]), type=target)


def test_missing_values_are_not_looked_at() -> None:
    masked = np.ma.array([1, 10**10], mask=[False, True])
    for target in ("int8", "float16", "decimal32(3, 1)", "decimal128(3, 0)", "int64"):
        assert made(masked, target).is_null().to_pylist() == [False, True]
    nested = np.ma.array([[1, 10**10], [3, 4]], mask=[[False, True], [False, False]])
    assert made(nested, "list[int8]").to_pylist() == [[1, None], [3, 4]]


def test_nested_targets() -> None:
    x = np.arange(6).reshape(3, 2)
    assert made(x, "large_list[int8]").to_pylist() == x.tolist()
    assert made(x, "list_view[float32]").to_pylist() == x.tolist()
    shared = from_numpy(x, type="list[int64]", allow_copy=False)
    assert pa.array(shared).values.buffers()[1].address == x.ctypes.data
    with pytest.raises(arrownd.RaggedError, match="row 0 has a list of 2, and the type has lists of 3"):
        from_numpy(x, type="fixed_size_list[int64, 3]")
    record = {"a": x[:, 0], "b": x[:, 1]}
    struct = made(record, "struct[b: int8, a: timestamp[s]]")
    assert struct.type == pa.struct({"b": pa.int8(), "a": pa.timestamp("s")})
    assert struct.field("b").to_pylist() == [1, 3, 5]
    with pytest.raises(arrownd.LossyCastError, match='field "a": 300 at position 0'):
        from_numpy({"a": np.array([300])}, type="struct[a: int8]")


def test_encoded_targets() -> None:
    x = np.array([7, 7, 9, 7])
    dictionary = made(x, "dictionary[int8, int32]")
    assert dictionary.dictionary.to_pylist() == [7, 9]
    assert dictionary.indices.to_pylist() == [0, 0, 1, 0]
    runs = made(np.ma.array(x, mask=[False, False, False, True]), "run_end_encoded[int16, int32]")
    assert runs.type == pa.run_end_encoded(pa.int16(), pa.int32())
    assert runs.run_ends.to_pylist() == [2, 3, 4]
    assert runs.values.to_pylist() == [7, 9, None]
    assert pc.run_end_decode(runs).to_pylist() == [7, 7, 9, None]
    with pytest.raises(arrownd.LossyCastError, match="value number 129 of the dictionary at position 128"):
        from_numpy(np.arange(200), type="dictionary[int8, int64]")


def test_types_as_objects() -> None:
    x = np.arange(3)
    for target in (
        pa.int8(),
        pa.timestamp("us", "UTC"),
        pa.decimal128(20, 2),
        pa.field("x", pa.int8()),
        pa.list_(pa.int8()),
    ):
        wanted = target.type if isinstance(target, pa.Field) else target
        if pa.types.is_list(wanted):
            with pytest.raises(arrownd.UnsupportedTypeError, match=r"no conversion from .*int64.* to list\[int8\]"):
                from_numpy(x, type=target)
            continue
        assert pa.array(from_numpy(x, type=target)).type == wanted


SOURCES: dict[str, Any] = {
    "int8": np.array([0, 1], "i1"),
    "int64": np.array([1, 0, 86_400_000]),
    "masked": np.ma.array([1, 10**12, 0], mask=[False, True, False]),
    "bool": np.array([True, False]),
    "float": np.array([0.5, 2.0, np.nan]),
    "datetime": np.array(["1970-01-02", "NaT"], "M8[us]"),
    "days": np.array(["1970-01-02", "NaT"], "M8[D]"),
    "timedelta": np.array([1, 2], "m8[s]"),
    "void": np.zeros(2, "V16"),
    "text": np.array(["a", "", None, "a text that is longer than twelve"], object),
    "bytes": np.array([b"a", b"\xff"]),
    "nothing": np.array([None, None], object),
    "decimal": np.array([Decimal("1.50"), Decimal("2.00")], object),
    "lists": np.array([np.array([1, 2]), None, np.array([3])], object),
    "uniform": np.arange(6).reshape(3, 2),
    "cube": np.arange(12).reshape(2, 2, 3),
    "record": np.array([(1, 0.5)], [("a", "i4"), ("b", "f8")]),
    "empty": np.zeros(0),
}
# The intervals of months and of days and milliseconds are unknown to pyarrow in Python.
KINDS = [
    *TARGETS,
    "null", "bool", "bool8", "utf8", "large_utf8", "utf8_view", "binary", "large_binary", "binary_view",
    "fixed_size_binary[1]", "fixed_size_binary[16]", "uuid", "json", "time32[s]", "time64[ns]",
    "interval[month_day_nano]", "decimal32(9, 1)", "decimal64(18, 2)", "list[int8]",
    "large_list[float32]", "list_view[int64]", "large_list_view[utf8]", "fixed_size_list[int32, 2]",
    "fixed_size_list[fixed_size_list[int8, 3], 2]", "struct[b: float32, a: int64]", "map[utf8, int8]",
    "dictionary[int8, utf8]", "dictionary[uint32, int64]", "run_end_encoded[int16, float64]", "run_end_encoded[utf8]",
    "arrow.fixed_shape_tensor[value_type=int16, shape=[2]]", "dense_union[a: int8=0]", "timestamp[ms, Asia/Tokyo]",
    "list[int64 not null]",
]  # fmt: skip


@pytest.mark.parametrize("source", SOURCES)
def test_every_pair_is_converted_or_refused(source: str) -> None:
    array = from_numpy(SOURCES[source])
    plain = pa.array(array)
    converted = refused = 0
    for target in KINDS:
        wanted = pa.field(
            from_numpy(np.empty((0, 2), "i2") if "tensor" in target else np.empty(0, object), type=target)
        )
        try:
            capsules = array.__arrow_c_array__(wanted.__arrow_c_schema__())
        except (arrownd.LossyCastError, arrownd.UnsupportedTypeError, arrownd.RaggedError, arrownd.NullsError) as error:
            assert str(error)  # noqa: PT017 (each pair ends in one of two ways)
            refused += 1
            continue
        made = pa.Array._import_from_c_capsule(*capsules)
        made.validate(full=True)
        assert made.type == wanted.type
        assert len(made) == len(plain)
        if not pa.types.is_union(made.type) and not pa.types.is_run_end_encoded(made.type):
            assert made.is_null().to_pylist() == plain.is_null().to_pylist()
        # And the same by name, where NumPy's array has that type to begin with.
        back = pa.Array._import_from_c_capsule(*made.__arrow_c_array__())
        assert back.equals(made) or plain.type == pa.float64()
        converted += 1
    assert converted > 0
    assert refused > 0 or len(plain) == plain.null_count
