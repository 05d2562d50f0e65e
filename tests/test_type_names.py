"""Arrow types as text: every name that pyarrow prints is read as the type that it is, and so is every name that we print."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from arrownd import from_numpy

FLAT = [
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.string(), pa.large_string(), pa.string_view(), pa.binary(),
    pa.binary(5), pa.binary(0), pa.large_binary(), pa.binary_view(), pa.date32(), pa.date64(), pa.time32("s"),
    pa.time32("ms"), pa.time64("us"), pa.time64("ns"), pa.month_day_nano_interval(), pa.decimal32(5, 2),
    pa.decimal64(18, 0), pa.decimal128(38, -5), pa.decimal256(76, 76),
    *(pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")),
    *(pa.duration(unit) for unit in ("s", "ms", "us", "ns")),
    pa.timestamp("us", "Europe/Berlin"), pa.timestamp("ns", "UTC"), pa.timestamp("s", "+05:30"),
    pa.bool8(), pa.uuid(), pa.json_(), pa.opaque(pa.int32(), "t", "v"),
]  # fmt: skip
NESTED = [
    *(make(kind) for kind in FLAT for make in (pa.list_, pa.large_list, pa.list_view, pa.large_list_view)),
    *(pa.list_(kind, 3) for kind in FLAT),
    *(pa.struct({"a": kind, "b c": pa.int8()}) for kind in FLAT),
    *(pa.map_(pa.string(), kind) for kind in FLAT),
    *(pa.run_end_encoded(ends, pa.string()) for ends in (pa.int16(), pa.int32(), pa.int64())),
    *(pa.dictionary(index, pa.string()) for index in (pa.int8(), pa.uint16(), pa.int32(), pa.uint64())),
    pa.dictionary(pa.int8(), pa.string(), ordered=True),
    pa.map_(pa.string(), pa.field("v", pa.int64()), keys_sorted=True),
    pa.list_(pa.field("x", pa.int64(), nullable=False)),
    pa.struct([pa.field("a", pa.int64(), nullable=False)]),
    pa.struct([]),
    pa.dense_union([pa.field("a", pa.int64()), pa.field("b", pa.string())], [3, 5]),
    pa.sparse_union([pa.field("a", pa.int64())]),
    pa.list_(pa.list_(pa.struct({"x": pa.map_(pa.int8(), pa.list_(pa.uuid(), 2))}))),
]


def read(text: str) -> pa.DataType:
    empty = from_numpy(np.empty(0, object), type=text)
    assert len(empty) == 0
    return pa.field(empty).type


@pytest.mark.parametrize("kind", [*FLAT, *NESTED], ids=str)
def test_what_pyarrow_prints_is_read(kind: pa.DataType) -> None:
    assert read(str(kind)).equals(kind)


@pytest.mark.parametrize("kind", [*FLAT, *NESTED], ids=str)
def test_what_we_print_is_read(kind: pa.DataType) -> None:
    array = from_numpy(np.empty(0, object), type=kind)
    made = pa.array(array).type
    assert made.equals(kind)
    again = from_numpy(np.empty(0, object), type=array.type)
    assert (again.type, pa.array(again).type) == (array.type, made)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [
        (pa.fixed_shape_tensor(pa.float32(), [2, 3]), (2, 3)),
        (pa.fixed_shape_tensor(pa.int8(), [2, 3], ["a", "b"], [1, 0]), (3, 2)),
        (pa.fixed_shape_tensor(pa.float64(), [4]), (4,)),
    ],
    ids=str,
)
def test_tensors(kind: pa.DataType, shape: tuple[int, ...]) -> None:
    values = np.zeros((0, *shape), kind.value_type.to_pandas_dtype())
    array = from_numpy(values, type=str(kind))
    assert pa.array(array).type == kind
    assert pa.array(from_numpy(values, type=array.type)).type == kind


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("in64", 'no type is called "in64": did you mean int64'),
        ("datetime64[us]", r"Arrow has timestamp\[unit\]"),
        ("object", "Arrow has utf8, binary"),
        ("list", "what is in the list belongs before"),
        ("timestamp[D]", "none of s, ms, us, ns"),
        ("list[int8", '"]" belongs before ""'),
        ("int8, int8", "the type ends before"),
        ("extension<my.own>", "isn't known by its name alone"),
        ("", "a type's name belongs before"),
        ("\0", "a type's name belongs before"),
        ("list[" * 1000, "nested more than 128 levels deep"),
        ("héé", "no type is called|a type's name"),
    ],
)
def test_what_makes_no_sense_says_what_would(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        from_numpy(np.arange(3), type=text)
