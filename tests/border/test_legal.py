"""What looks odd and is sound isn't refused, is read right, and is viewed where it lies."""

from __future__ import annotations

import numpy as np
import pytest

import arrownd

from .legal_cases import CASES, INTS, NAN, Case
from .memory import Misaligned
from .producers import ArrayProducer, DeviceProducer, Producer
from .recipes import Recipe, bits, boolean, lists, primitive, struct_of
from .streams import Script, SizedStream, stream_of


def address_of(result: np.ndarray) -> int:
    return result.__array_interface__["data"][0]


def start_of(producer: Producer) -> int:
    """Where the first value of a flat array, a list or a fixed-size list lies."""
    assert producer.array is not None
    recipe, node, skipped = producer.recipe, producer.array, 0
    while recipe.children:
        if recipe.format == "+l":
            skipped = int(np.frombuffer(recipe.buffers[1], "i4")[skipped + recipe.offset])
        else:
            skipped = (skipped + recipe.offset) * int(recipe.format.removeprefix("+w:"))
        recipe, node = recipe.children[0], node.below[0]
    return node.buffers[1] + (skipped + recipe.offset) * 4


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_odd_and_sound(case: Case) -> None:
    producer = ArrayProducer(case.recipe, guard=True)
    plan = arrownd.explain(producer)
    result = arrownd.to_numpy(producer)
    assert len(result) == case.recipe.length
    if result.dtype == object:
        assert result.tolist() == list(case.values)
    else:
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
    frame = struct_of(
        2, {"a": primitive("i", range(9), offset=3).but(length=6), "b": primitive("i", range(4))}, offset=1
    )
    columns = arrownd.to_columns(ArrayProducer(frame, guard=True))
    assert columns["a"].tolist() == [4, 5]
    assert columns["b"].tolist() == [1, 2]
    assert not columns["a"].flags.writeable


def test_a_zone_that_nobody_knows_is_dropped_like_any_other() -> None:
    producer = ArrayProducer(primitive("tsn:Mars/Phobos", [1, 2]))
    result = arrownd.to_numpy(producer)
    assert result.dtype == "datetime64[ns]"
    assert result.astype("int64").tolist() == [1, 2]


@pytest.mark.parametrize(
    "steps", [[], [None], [INTS.but(length=0)], [INTS.but(length=0), INTS.but(length=0), None, INTS]], ids=range(4)
)
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
    assert {name: (column.shape, column.dtype) for name, column in columns.items()} == {
        "x": ((0,), np.int32),
        "y": ((0,), np.int32),
    }


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
    # An array of NumPy has 64 dimensions at most.
    for call in (arrownd.to_numpy, arrownd.explain):
        with pytest.raises(arrownd.UnsupportedTypeError, match="dimensions"):
            call(ArrayProducer(nested))
    got = arrownd.to_numpy(ArrayProducer(nested), dtype=object)
    assert str(got.tolist()) == "[" * 101 + "1" + "]" * 101
