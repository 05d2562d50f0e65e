"""A result keeps the producer's memory that it shows, and nothing else; what it doesn't need is released at once, and once."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

import arrownd

from .producers import ArrayProducer, Producer, SchemaProducer, released_twice
from .recipes import Recipe, boolean, fixed_list, primitive, struct_of, text
from .recipes import lists as list_of
from .streams import Failure, OneShotStream, Reader, Script, stream_of

INTS = primitive("i", [1, 2, 3])
HOLES = primitive("i", [1, None, 3])
FRAME = struct_of(3, {"x": INTS, "y": HOLES, "z": primitive("g", [0.5, 1.5, 2.5])})


@pytest.fixture(autouse=True)
def nothing_is_released_twice() -> Iterator[None]:
    before = len(released_twice)
    yield
    gc.collect()
    assert len(released_twice) == before


def alive(producer: Producer) -> list[str]:
    gc.collect()
    return producer.ledger.alive()


def test_a_view_keeps_the_array_and_not_the_schema() -> None:
    producer = ArrayProducer(INTS, guard=True)
    result = arrownd.to_numpy(producer)
    assert producer.ledger.made == 2
    assert alive(producer) == ["array"]
    assert result.tolist() == [1, 2, 3]
    del result
    assert alive(producer) == []


def test_a_view_of_a_view_keeps_the_array() -> None:
    producer = ArrayProducer(INTS, guard=True)
    result = arrownd.to_numpy(producer)
    part = result[1:].reshape(2, 1)
    del result
    assert alive(producer) == ["array"]
    assert part.tolist() == [[2], [3]]
    del part
    assert alive(producer) == []


def test_a_view_outlives_its_producer_and_goes_on_to_show_the_same() -> None:
    producer = ArrayProducer(INTS, guard=True)
    ledger = producer.ledger
    result = arrownd.to_numpy(producer)
    del producer
    gc.collect()
    assert result.tolist() == [1, 2, 3]
    assert ledger.alive() == ["array"]
    del result
    gc.collect()
    assert ledger.alive() == []


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        (HOLES, {}),
        (INTS, {"writable": True}),
        (INTS, {"dtype": "float64"}),
        (INTS, {"out": np.empty(3, "int32")}),
        (boolean([True, False]), {}),
        (text("u", [b"a", None]), {}),
        (INTS.but(length=0), {}),
        (FRAME, {}),
    ],
    ids=["nulls", "writable", "dtype", "out", "bits", "text", "empty", "matrix"],
)
def test_a_copy_keeps_nothing(recipe: Recipe, options: dict) -> None:
    producer = ArrayProducer(recipe, guard=True)
    result = arrownd.to_numpy(producer, **options)
    assert alive(producer) == []
    assert isinstance(result, np.ndarray)
    assert result.flags.writeable or not result.size


def test_a_mask_keeps_nothing_by_itself() -> None:
    producer = ArrayProducer(HOLES, guard=True)
    values, mask = arrownd.to_masked(producer)
    assert alive(producer) == ["array"]
    del values
    assert alive(producer) == []
    assert mask is not None
    assert mask.tolist() == [False, True, False]


def test_a_column_keeps_its_own_child_alone() -> None:
    producer = ArrayProducer(FRAME, guard=True)
    columns = arrownd.to_columns(producer)
    assert alive(producer) == ["array.x", "array.z"]  # y is a copy, and the struct itself isn't needed
    x = columns.pop("x")
    del columns
    assert alive(producer) == ["array.x"]
    assert x.tolist() == [1, 2, 3]
    del x
    assert alive(producer) == []


def test_columns_not_asked_for_are_released() -> None:
    producer = ArrayProducer(FRAME, guard=True)
    columns = arrownd.to_columns(producer, columns=["z"])
    assert list(columns) == ["z"]
    assert alive(producer) == ["array.z"]
    del columns
    assert alive(producer) == []


def test_a_fixed_size_list_keeps_its_child_at_least_and_lets_go_of_all() -> None:
    producer = ArrayProducer(fixed_list(3, [1, 1], primitive("i", range(6), name="item")), guard=True)
    result = arrownd.to_numpy(producer)
    assert "array.item" in alive(producer)
    assert result.tolist() == [[0, 1, 2], [3, 4, 5]]
    del result
    assert alive(producer) == []


def test_a_matrix_that_is_a_view_keeps_its_columns() -> None:
    """The columns lie in one stretch of memory, as `order="F"` wants them."""
    both = np.arange(6, dtype="int64")
    left, right = both[:3].ctypes.data, both[3:].ctypes.data
    frame = struct_of(3, {"x": Recipe("l", 3, [None, left]), "y": Recipe("l", 3, [None, right])})
    producer = ArrayProducer(frame)
    matrix = arrownd.to_numpy(producer)
    assert matrix.__array_interface__["data"][0] == left
    assert not matrix.flags.writeable
    assert {"array.x", "array.y"} <= set(alive(producer))
    assert matrix.tolist() == [[0, 3], [1, 4], [2, 5]]
    del matrix
    assert alive(producer) == []


@pytest.mark.parametrize("sized", [True, False])
def test_a_stream_is_released_at_once_and_its_batches_as_they_are_needed(sized: bool) -> None:
    one = stream_of(INTS.but(length=0), INTS, INTS.but(length=0), sized=sized, guard=True)
    result = arrownd.to_numpy(one)
    assert alive(one) == ["array"]
    assert result.tolist() == [1, 2, 3]
    del result
    assert alive(one) == []
    many = stream_of(INTS, INTS, sized=sized, guard=True)
    copied = arrownd.to_numpy(many)
    assert alive(many) == []
    assert copied.tolist() == [1, 2, 3, 1, 2, 3]


def test_explain_keeps_nothing() -> None:
    for producer in (ArrayProducer(FRAME), stream_of(FRAME, FRAME), Reader(Script(FRAME)), SchemaProducer(FRAME)):
        plan = arrownd.explain(producer)
        assert alive(producer) == []
        assert producer.ledger.made > 0
        assert plan.children


def test_explain_looks_at_the_schema_of_a_one_shot_stream() -> None:
    producer = Reader(Script(INTS, [Failure()]))
    plan = arrownd.explain(producer)
    assert plan.dtype == np.int32
    assert plan.shape == (None,)
    assert producer.ledger.made == 1  # the schema, and no stream


def test_explain_leaves_a_one_shot_stream_to_be_read() -> None:
    producer = OneShotStream(Script(INTS, [INTS]))
    with pytest.raises(TypeError, match="consuming"):
        arrownd.explain(producer)
    assert producer.ledger.made == 0
    assert arrownd.to_numpy(producer).tolist() == [1, 2, 3]


def test_an_error_of_ours_keeps_nothing_even_while_it_is_held() -> None:
    producer = ArrayProducer(INTS, guard=True)
    with pytest.raises(arrownd.CopyNotAllowedError) as caught:
        arrownd.to_numpy(producer, dtype="float64", allow_copy=False)
    assert alive(producer) == []
    assert caught.value.reasons


def test_a_release_spares_the_pending_exception() -> None:
    """The last reference may go while an exception passes, and the producer's release may be written in Python."""
    producer = ArrayProducer(INTS)

    def fail(value: object) -> None:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(map(fail, arrownd.to_numpy(producer)))
    assert alive(producer) == []
    stream = OneShotStream(Script(INTS, [INTS, Failure()]))
    with pytest.raises(arrownd.ArrowndError, match="disk is on fire"):
        list(arrownd.iter_numpy(stream))
    assert stream.ledger.alive() == []


@pytest.mark.parametrize("lists", ["object", "dense"])
def test_rows_of_lists_keep_the_child_and_let_go_of_all(lists: str) -> None:
    rows = list_of("+l", [2, 2], primitive("i", range(4), name="item"))
    producer = ArrayProducer(rows, guard=True)
    result = arrownd.to_numpy(producer, lists=lists)
    row = result[1]
    del result
    gc.collect()
    assert "array.item" in alive(producer)
    assert row.tolist() == [2, 3]
    del row
    gc.collect()
    assert alive(producer) == []
