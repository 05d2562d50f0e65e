"""What looks odd and is sound isn't refused, is read right, and is viewed where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import arrownd
import numpy as np
import pytest
from arrownd._core import type_table

from .memory import Misaligned
from .producers import ArrayProducer, DeviceProducer, Producer
from .recipes import (
    Recipe,
    bits,
    boolean,
    dense_union,
    encoded,
    extension,
    fixed_list,
    list_views,
    lists,
    mapping,
    one_view,
    pack,
    primitive,
    raw_view,
    raw_views,
    runs,
    struct_of,
    text,
    text_view,
)
from .samples import BY_NAME, LONG
from .streams import Script, SizedStream, stream_of

INTS = primitive("i", [1, 2, 3])
SUPPORTED = {row["name"] for row in type_table() if row["supported"]}
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Case:
    """``view``: whether the result is the memory of the last buffer (of the first child, for a fixed-size list)."""

    name: str
    kind: str  # as the type table names it
    recipe: Recipe
    values: list | np.ndarray
    view: bool = False


BITMAP = bits([1, 0, 1])
CASES = [
    Case("null-count-unknown", "int32", INTS.but(buffer_0=BITMAP, null_count=-1), [1, NAN, 3]),
    Case("null-count-unknown-all-valid", "int32", INTS.but(buffer_0=bits([1, 1, 1]), null_count=-1), [1, 2, 3], view=True),
    Case("null-count-unknown-no-bitmap", "int32", INTS.but(null_count=-1), [1, 2, 3], view=True),
    Case("null-count-zero-and-a-null", "int32", INTS.but(buffer_0=BITMAP, null_count=0), [1, NAN, 3]),
    Case("null-count-too-small", "int32", INTS.but(buffer_0=bits([0, 0, 1]), null_count=1), [NAN, NAN, 3]),
    Case("null-count-too-large", "int32", INTS.but(buffer_0=BITMAP, null_count=3), [1, NAN, 3]),
    Case("null-count-beyond-the-rows", "int32", INTS.but(buffer_0=BITMAP, null_count=1000), [1, NAN, 3]),
    Case("null-count-positive-and-all-valid", "int32", INTS.but(buffer_0=bits([1, 1, 1]), null_count=2), [1, 2, 3], view=True),
    Case("all-valid-bitmap", "int32", INTS.but(buffer_0=b"\xff"), [1, 2, 3], view=True),
    Case("null-outside-the-slice", "int32", INTS.but(buffer_0=bits([0, 1, 1]), null_count=-1, offset=1, length=2), [2, 3], view=True),
    Case("not-nullable-and-null", "int32", INTS.but(buffer_0=BITMAP, null_count=1, flags=0), [1, NAN, 3]),
    Case("unknown-flags", "int32", INTS.but(flags=2**40 | 7), [1, 2, 3], view=True),
    Case("bits-beyond-the-end-unset", "bool", boolean([True, True, True]).but(buffer_1=b"\xff"), [True] * 3),
    Case("null-count-none-of-null", "null", Recipe("n", 3, null_count=0), [NAN] * 3),
    Case("null-count-unknown-of-null", "null", Recipe("n", 3, null_count=-1), [NAN] * 3),
    Case("no-table-of-buffers-of-null", "null", Recipe("n", 3, null_count=3, array={"buffers": None}), [NAN] * 3),
    Case("metadata-without-keys", "int32", INTS.but(metadata=pack("i", [0])), [1, 2, 3], view=True),
    Case("metadata-of-15-mib", "int32", INTS.but(metadata={"k": bytes(15 * 2**20)}), [1, 2, 3], view=True),
    Case("metadata-of-many-keys", "int32", INTS.but(metadata={f"k{key}": "" for key in range(1000)}), [1, 2, 3], view=True),
    Case("metadata-empty-key-and-value", "int32", INTS.but(metadata={"": ""}), [1, 2, 3], view=True),
    Case("name-null", "int32", INTS.but(name=None), [1, 2, 3], view=True),
    Case("decimal-with-its-width", "decimal128", BY_NAME["decimal128"].but(format="d:38,2,128"), [Decimal("123.45"), None, Decimal("-0.01")]),
    Case("fixed-size-list-with-rows-to-spare", "fixed_size_list", fixed_list(2, [1], INTS), [[1, 2]], view=True),
    Case("fixed-size-list-by-both-offsets", "fixed_size_list", fixed_list(1, [1], INTS.but(offset=1, length=2), offset=1), [[3]], view=True),
    Case("fixed-size-list-of-0", "fixed_size_list", fixed_list(0, [1, 1], primitive("i", [])), [[], []]),
    Case("tensor-with-a-zero", "arrow.fixed_shape_tensor", extension("arrow.fixed_shape_tensor", fixed_list(0, [1], primitive("i", [])), '{"shape": [0, 3]}'), np.empty((1, 0, 3))),
    Case("first-offset-not-zero", "utf8", Recipe("u", 2, [None, pack("i", [2, 3, 4]), b"abcd"]), ["c", "d"]),
    Case("data-beyond-the-last-offset", "utf8", Recipe("u", 1, [None, pack("i", [0, 1]), b"a\xff"]), ["a"]),
    Case("no-data-where-all-is-empty", "utf8", Recipe("u", 2, [None, pack("i", [0, 0, 0]), None]), ["", ""]),
    Case("no-data-where-all-is-empty-at-5", "large_binary", Recipe("Z", 1, [None, pack("q", [0, 0]), None]), [b""]),
    Case("bad-text-under-a-null", "utf8", text("u", [b"ok", b"\xff"]).but(buffer_0=bits([1, 0]), null_count=1), ["ok", None]),
    Case("bad-text-outside-the-slice", "utf8", text("u", [b"\xff", b"ok"]).but(offset=1, length=1), ["ok"]),
    Case("bad-bytes-in-binary", "binary", text("z", [b"\xff\xfe"]), [b"\xff\xfe"]),
    Case("bad-view-under-a-null", "utf8_view", raw_views("vu", 2, one_view(b"a") + raw_view(-5, b"\xff", 9, -1), [], bitmap=bits([1, 0]), null_count=1), ["a", None]),
    Case("bad-view-outside-the-slice", "utf8_view", raw_views("vu", 1, raw_view(99, b"x", 9, 0) + one_view(b"a"), [], offset=1), ["a"]),
    Case("views-without-buffers-or-sizes", "utf8_view", raw_views("vu", 1, one_view(b"a"), []).but(buffer_2=None), ["a"]),
    Case("views-overlap", "binary_view", raw_views("vz", 2, raw_view(20, LONG[:4], 0, 0) + raw_view(13, LONG[2:6], 0, 2), [LONG]), [LONG[:20], LONG[2:15]]),
    Case("views-of-many-buffers", "utf8_view", raw_views("vu", 2, one_view(LONG, 2) + one_view(LONG, 0), [LONG, b"", LONG]), [LONG.decode()] * 2),
    Case("view-of-twelve", "utf8_view", text_view("vu", [b"a" * 12, b"a" * 13]), ["a" * 12, "a" * 13]),
    Case("bad-index-under-a-null", "dictionary", encoded("c", [0, -7, 99], text("u", [b"a"])).but(buffer_0=bits([1, 0, 0]), null_count=2), ["a", None, None]),
    Case("bad-index-outside-the-slice", "dictionary", encoded("c", [99, 0], text("u", [b"a"]), offset=1).but(length=1), ["a"]),
    Case("all-null-over-an-empty-dictionary", "dictionary", encoded("i", [None, None], text("u", [])), [None, None]),
    Case("no-rows-over-an-empty-dictionary", "dictionary", encoded("i", [], text("u", [])), []),
    Case("runs-beyond-the-length", "run_end_encoded", runs("i", [2, 900], primitive("i", [7, 8]), length=3), [7, 7, 8]),
    Case("runs-with-values-to-spare", "run_end_encoded", runs("i", [2], INTS), [1, 1]),
    Case("runs-sliced", "run_end_encoded", runs("s", [2, 4], primitive("i", [7, 8]), length=2, offset=1), [7, 8]),
    Case("runs-of-no-rows", "run_end_encoded", runs("i", [], primitive("i", [])), []),
    Case("list-view-out-of-order", "list_view", list_views("+vl", [(1, 2), (0, 2)], INTS), [[2, 3], [1, 2]]),
    Case("list-first-offset-not-zero", "list", lists("+l", [1, 1], INTS).but(buffer_1=pack("i", [1, 2, 3])), [[2], [3]]),
    Case("map-without-entries", "map", mapping([0, 0], text("u", []), primitive("i", [])), [[], []]),
    Case("dense-union-out-of-order", "dense_union", dense_union([5, 5], [2, 0], {5: INTS}), [3, 1]),
    Case("dense-union-null-count-unknown", "dense_union", dense_union([5, 5], [0, 1], {5: INTS}, null_count=-1), [1, 2]),
]


def address_of(result: np.ndarray) -> int:
    return result.__array_interface__["data"][0]


def start_of(producer: Producer) -> int:
    """Where the first value of a flat array or a fixed-size list lies."""
    assert producer.array is not None
    recipe, node, skipped = producer.recipe, producer.array, 0
    while recipe.children:
        skipped = (skipped + recipe.offset) * int(recipe.format.removeprefix("+w:"))
        recipe, node = recipe.children[0], node.below[0]
    return node.buffers[1] + (skipped + recipe.offset) * 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_odd_and_sound(case: Case) -> None:
    producer = ArrayProducer(case.recipe, guard=True)
    if case.kind not in SUPPORTED:
        with pytest.raises(arrownd.UnsupportedTypeError):
            arrownd.to_numpy(producer)
        return
    plan = arrownd.explain(producer)
    result = arrownd.to_numpy(producer)
    assert len(result) == case.recipe.length
    np.testing.assert_array_equal(result, np.array(case.values, dtype=result.dtype))
    if case.recipe.length and result.size:
        assert plan.copies is not case.view
        assert result.flags.writeable is not case.view
    if case.view:
        assert address_of(result) == start_of(producer)


def test_a_case_that_must_be_viewed_is_int32() -> None:
    """`start_of` counts four bytes a value."""
    for case in CASES:
        leaf = case.recipe
        while leaf.children:
            leaf = leaf.children[0]
        assert not case.view or leaf.format == "i"


@pytest.mark.parametrize("format", ["c", "i", "l", "g", "e", "tsn:", "tDm", "tin", "w:3"])
def test_a_misaligned_buffer_is_viewed_where_it_lies(format: str) -> None:
    rows = {"tin": [(1, 2, 3), (4, 5, 6)]}.get(format, [1, 2])
    data = b"abcdef" if format == "w:3" else primitive(format, rows).buffers[1]
    producer = ArrayProducer(Recipe(format, 2, [None, Misaligned(data)]))
    plan = arrownd.explain(producer)
    result = arrownd.to_numpy(producer, allow_copy=False)
    assert plan.copies is False
    assert producer.array is not None
    assert address_of(result) == producer.array.buffers[1]
    assert address_of(result) % 2 == 1
    assert result.flags.aligned is (result.dtype.alignment == 1)  # a packed struct is aligned anywhere
    assert result.tobytes() == data
    assert not result.flags.writeable


def test_misaligned_nulls_are_filled_from_where_they_lie() -> None:
    recipe = primitive("l", [1, None, 3])
    result = arrownd.to_numpy(ArrayProducer(recipe.but(buffer_1=Misaligned(recipe.buffers[1]))))
    np.testing.assert_array_equal(result, [1.0, NAN, 3.0])


@pytest.mark.parametrize("offset", range(66))
def test_a_bitmap_starts_at_any_bit(offset: int) -> None:
    flags = [index % 3 != 0 for index in range(150)]
    length = 150 - offset - offset % 7
    numbers = primitive("i", range(150)).but(buffer_0=bits(flags), null_count=-1, offset=offset, length=length)
    result = arrownd.to_numpy(ArrayProducer(numbers, guard=True))
    expected = [float(index) if flags[index] else NAN for index in range(offset, offset + length)]
    np.testing.assert_array_equal(result, expected)
    truth = boolean(flags).but(offset=offset, length=length)
    assert arrownd.to_numpy(ArrayProducer(truth, guard=True)).tolist() == flags[offset : offset + length]


def test_a_field_without_a_name_is_named_by_nothing() -> None:
    frame = struct_of(3, {"a": INTS}).but(child_0=INTS.but(name=None))
    assert arrownd.to_numpy(ArrayProducer(frame)).tolist() == [[1], [2], [3]]
    columns = arrownd.to_columns(ArrayProducer(frame))
    assert list(columns) == [""]
    assert columns[""].tolist() == [1, 2, 3]


def test_a_struct_with_rows_to_spare_and_offsets_at_both_levels() -> None:
    frame = struct_of(2, {"a": primitive("i", range(9), offset=3).but(length=6), "b": primitive("i", range(4))}, offset=1)
    columns = arrownd.to_columns(ArrayProducer(frame, guard=True))
    assert columns["a"].tolist() == [4, 5]
    assert columns["b"].tolist() == [1, 2]
    assert not columns["a"].flags.writeable


def test_a_zone_that_nobody_knows_is_dropped_like_any_other() -> None:
    producer = ArrayProducer(primitive("tsn:Mars/Phobos", [1, 2]))
    result = arrownd.to_numpy(producer)
    assert result.dtype == "datetime64[ns]"
    assert result.astype("int64").tolist() == [1, 2]


@pytest.mark.parametrize("steps", [[], [None], [INTS.but(length=0)], [INTS.but(length=0), INTS.but(length=0), None, INTS]], ids=range(4))
def test_a_stream_that_ends_at_once_is_empty(steps: list) -> None:
    producer = SizedStream(Script(INTS, steps))
    result = arrownd.to_numpy(producer, allow_copy=False)
    assert result.shape == (0,)
    assert result.dtype == np.int32
    assert producer.ledger.alive("stream") == []


def test_a_stream_of_structs_that_ends_at_once_keeps_its_columns() -> None:
    frame = struct_of(3, {"x": INTS, "y": INTS})
    assert arrownd.to_numpy(SizedStream(Script(frame, []))).shape == (0, 2)
    columns = arrownd.to_columns(SizedStream(Script(frame, [])))
    assert {name: (column.shape, column.dtype) for name, column in columns.items()} == {"x": ((0,), np.int32), "y": ((0,), np.int32)}


@pytest.mark.parametrize("sized", [True, False])
def test_one_chunk_among_empty_ones_is_viewed(sized: bool) -> None:
    empty = INTS.but(length=0)
    hollow = empty.but(buffers=[None, None])
    kept: list[int] = []

    class Watched(type(stream_of(INTS, sized=sized))):
        def node(self, kind, recipe=None):
            node = super().node(kind, recipe)
            if node.path == "array" and recipe is INTS:
                kept.append(node.buffers[1])
            return node

    producer = Watched(Script(INTS, [empty, hollow, INTS, empty]))
    result = arrownd.to_numpy(producer, allow_copy=False)
    assert result.tolist() == [1, 2, 3]
    assert address_of(result) == kept[-1]


def test_a_device_array_of_the_cpu_is_viewed() -> None:
    producer = DeviceProducer(INTS, 1)
    result = arrownd.to_numpy(producer)
    assert result.tolist() == [1, 2, 3]
    assert producer.array is not None
    assert address_of(result) == producer.array.buffers[1]


def test_lists_nested_100_deep_are_not_refused_as_invalid() -> None:
    nested = INTS.but(length=1)
    for _ in range(100):
        nested = lists("+l", [1], nested, name="item")
    if "list" in SUPPORTED:
        assert arrownd.explain(ArrayProducer(nested)).type.startswith("list")
    else:
        with pytest.raises(arrownd.UnsupportedTypeError):
            arrownd.to_numpy(ArrayProducer(nested))
