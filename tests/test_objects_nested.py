"""`dtype=object` of types that hold others: one Python object a value, as pyarrow's `to_pylist()` makes it."""

from __future__ import annotations

import datetime as dt
import uuid

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arrownd
from agreement import ledger
from cases.extensions import Foreign
from nested_types import array_of, nested_types, same, types

UTC = dt.timezone.utc


def objects(obj, **options) -> list:
    """The conversion, held to its plan; a list of the objects."""
    plan = arrownd.explain(obj, dtype=object, **options)
    got = arrownd.to_numpy(obj, dtype=object, **options)
    assert got.dtype == plan.dtype == object
    assert got.shape == plan.shape == (len(got),)
    assert plan.copies is (len(got) > 0)
    codes = {reason.code for reason in plan.reasons} - {"nulls", "chunked", "dictionary", "run-ends"}
    assert codes == ({"objects"} if len(got) else set())
    return got.tolist()


def check(array: pa.Array | pa.ChunkedArray) -> None:
    got, wanted = objects(array), array.to_pylist()
    assert len(got) == len(wanted)
    for at, (value, want) in enumerate(zip(got, wanted, strict=True)):
        assert same(value, want), f"{value!r} instead of {want!r} at {at} of {array.type}"


def wrapped(array: pa.Array) -> list[pa.Array]:
    """The array as the values of maps, and as members of unions: leaves whose parts hold it."""
    n = len(array)
    keys = pa.array([str(i) for i in range(n)])
    offsets = pa.array([0, *range(n // 2, n + 1)] if n > 1 else [0, n], pa.int32())
    ids, places = pa.array([3] * n, pa.int8()), pa.array(range(n), pa.int32())
    return [
        pa.MapArray.from_arrays(offsets, keys, array),
        pa.UnionArray.from_dense(ids, places, [array], ["m"], [3]),
        pa.UnionArray.from_sparse(ids, [array], ["m"], [3]),
        pa.LargeListArray.from_arrays(pa.array([0, n, n], pa.int64()), array),
    ]


def handmade() -> dict[str, pa.Array]:
    strings = pa.array(["a", None, "b", "c"])
    keys = pa.array([3, 0, None, 1, 2, 0], pa.int8())
    dictionary = pa.DictionaryArray.from_arrays(keys, strings)
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([1, 3, 4, 6], pa.int16()), strings)
    lists = pa.array([[1, None], None, [], [2], [3, 4, 5], [6]], pa.list_(pa.int32()))
    structs = pa.array(
        [{"a": 1, "b": [1.5]}, None, {"a": None, "b": None}, {"a": 4, "b": [None]}, {"a": 5, "b": []}, None]
    )
    ids = pa.array([uuid.UUID(int=i).bytes for i in range(3)], pa.uuid())
    tensor = pa.fixed_shape_tensor(pa.int32(), [2, 3], permutation=[1, 0])
    return {
        "dictionary": dictionary,
        "sliced dictionary": dictionary.slice(1, 4),
        "dictionary of uuid": pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.uint16()), ids),
        "dictionary of dictionary values' nulls": pa.DictionaryArray.from_arrays(pa.array([1, 1, 0], pa.uint64()), strings),
        "dictionary of structs": pa.DictionaryArray.from_arrays(pa.array([3, 1, 0], pa.int64()), structs),
        "runs": runs,
        "sliced runs": runs.slice(2, 3),
        "runs of runs' lists": pa.RunEndEncodedArray.from_arrays(pa.array([2, 4, 9, 10, 11, 12], pa.int64()), lists).slice(1, 9),
        "lists": lists,
        "sliced lists": lists.slice(1, 4),
        "list views": pa.ListViewArray.from_arrays(pa.array([4, 0, 2], pa.int32()), pa.array([2, 3, 3], pa.int32()), runs),
        "lists of runs": pa.ListArray.from_arrays(pa.array([0, 2, 3], pa.int32()), runs.slice(2)),
        "structs": structs,
        "fixed-size lists": pa.FixedSizeListArray.from_arrays(structs, 2).slice(1),
        "maps in maps": pa.array([[("x", [(1, "a")]), ("y", None)], None, []], pa.map_(pa.utf8(), pa.map_(pa.int8(), pa.utf8()))),
        "union of runs": pa.UnionArray.from_sparse(pa.array([0, 0, 1, 0, 1, 0], pa.int8()), [runs, dictionary]).slice(1),
        "tensors": pa.ExtensionArray.from_storage(tensor, pa.FixedSizeListArray.from_arrays(pa.array(range(12), pa.int32()), 6)),
        "bool8": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([0, 1, -7, None], pa.int8())),
        "json": pa.array(["{}", None], pa.json_()),
        "opaque lists": pa.ExtensionArray.from_storage(pa.opaque(lists.type, "a", "b"), lists),
        "unknown over a dictionary": pa.ExtensionArray.from_storage(Foreign(dictionary.type), dictionary),
        "empty struct": pa.array([{}, None], pa.struct([])),
        "intervals": pa.array([(1, -2, 3), None], pa.month_day_nano_interval()),
        "moments": pa.array([0, None, -(10**12)], pa.timestamp("ms", "America/New_York")),
        "times": pa.array([1_000, None], pa.time64("ns")),
        "durations": pa.array([1_000, -5_000_000, None], pa.duration("ns")),
        "nothing": pa.nulls(3),
    }  # fmt: skip


HANDMADE = handmade()


@pytest.mark.parametrize("name", HANDMADE)
def test_handmade(name: str) -> None:
    array = HANDMADE[name]
    with ledger() as book:
        for outer in wrapped(array):
            with book.entry(str(outer.type)):
                check(outer)
        for outer in wrapped(array):
            for again in wrapped(outer.slice(len(outer) - 1)):
                with book.entry(str(again.type)):
                    check(again)
        for outer in wrapped(array):
            with book.entry(f"chunks of {outer.type}"):
                check(pa.chunked_array([outer, outer.slice(0, 0), outer.slice(1)]))


@pytest.mark.parametrize("name", [n for n in HANDMADE if n.split()[-1] in ("dictionary", "uuid", "runs", "lists", "views", "maps", "structs")
                                  and n not in ("structs", "dictionary of structs", "fixed-size lists")])  # fmt: skip
def test_handmade_on_their_own(name: str) -> None:
    check(HANDMADE[name])


# pyarrow 26 crashes in to_pylist() of a list view of runs of a dictionary of UUIDs: test_handmade has those dictionaries.
@st.composite
def leaves(draw, depth: int = 4) -> pa.Array | pa.ChunkedArray:
    """Arrays of any type within a map or a union, perhaps in chunks."""
    inner = draw(types(depth - 1))
    type = draw(st.sampled_from([
        pa.map_(pa.int8(), inner), pa.dense_union([pa.field("a", inner), pa.field("b", pa.utf8())], [9, 4]),
        pa.sparse_union([pa.field("a", pa.int8()), pa.field("b", inner)]), pa.list_view(inner), pa.list_(inner),
    ]))  # fmt: skip
    if not draw(st.booleans()):
        return array_of(draw, type, draw(st.integers(0, 6)))
    return pa.chunked_array(
        [array_of(draw, type, draw(st.integers(0, 3))) for _ in range(draw(st.integers(0, 3)))], type
    )


@settings(max_examples=400)
@given(leaves())
def test_any_type(array: pa.Array | pa.ChunkedArray) -> None:
    check(array)


@settings(max_examples=150)
@given(nested_types(3).flatmap(lambda t: st.composite(lambda draw: array_of(draw, t, draw(st.integers(1, 5))))()))
def test_any_type_in_a_map(array: pa.Array) -> None:
    check(wrapped(array)[0])


@pytest.mark.parametrize("mode", ["dense", "sparse"])
def test_missing_members_are_missing_values(mode: str) -> None:
    """A union has no bitmap: what is missing is found in its members, through dictionaries and runs."""
    inner = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0], pa.int8()), pa.array(["a", None]))
    ids, numbers = pa.array([0, 0, 0, 1], pa.int8()), pa.array([1.5, 2.5, 3.5, None])
    if mode == "dense":
        union = pa.UnionArray.from_dense(ids, pa.array([0, 1, 2, 3], pa.int32()), [inner, numbers])
    else:
        union = pa.UnionArray.from_sparse(ids, [inner, numbers])
    assert arrownd.to_numpy(union).tolist() == ["a", None, None, None]
    assert arrownd.to_numpy(union, na_value=0).tolist() == ["a", 0, 0, 0]
    assert np.ma.getmaskarray(arrownd.to_numpy(union, nulls="masked")).tolist() == [False, True, True, True]
    with pytest.raises(arrownd.NullsError, match="3 of 4 values are missing, the first at position 1"):
        arrownd.to_numpy(union, nulls="raise")
    assert arrownd.to_numpy(union.slice(0, 1), nulls="raise").tolist() == ["a"]


def test_repeated_constants_are_one_object_and_lists_are_not() -> None:
    strings = pa.array(["a long string", "another"])
    keys = pa.array([0, 1, 0, 0], pa.int8())
    first, _, third, _ = objects(pa.DictionaryArray.from_arrays(keys, strings))
    assert first is third
    lists = pa.DictionaryArray.from_arrays(keys, pa.array([[1], [2]]))
    first, _, third, _ = objects(lists)
    first.append(9)
    assert third == [1], "a change to one row's list is a change to another's"


def test_dictionary_chunks_have_their_own_values() -> None:
    chunks = [pa.array(words).dictionary_encode() for words in (["a", "b", "a"], ["c"], ["b", "c", None])]
    assert objects(pa.chunked_array(chunks)) == ["a", "b", "a", "c", "b", "c", None]


def test_extension_of_dictionary_values_reaches_the_values() -> None:
    """DataType::Dictionary has no field for its values: their metadata is kept, and never shown."""
    ids = pa.array([uuid.UUID(int=i).bytes for i in range(2)], pa.uuid())
    inner = pa.DictionaryArray.from_arrays(pa.array([0, 1, 0], pa.int8()), ids)
    outer = pa.ExtensionArray.from_storage(Foreign(inner.type), inner)
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 3], pa.int32()), outer)
    assert objects(inner) == [uuid.UUID(int=0), uuid.UUID(int=1), uuid.UUID(int=0)]
    assert objects(outer) == objects(inner)
    assert objects(lists) == [[uuid.UUID(int=0)], [uuid.UUID(int=1), uuid.UUID(int=0)]]
    for shown in (inner, outer, lists, pa.table({"x": lists})):
        plan = arrownd.explain(shown, dtype=object)
        assert "ARROWND" not in str(plan) + plan._repr_html_() + repr(plan)


def test_kept_metadata_of_the_producer_isnt_believed() -> None:
    """Keys under the private prefix come from no producer."""
    field = pa.field(
        "x", pa.dictionary(pa.int8(), pa.binary(16)), metadata={"ARROWND:values:ARROW:extension:name": "arrow.uuid"}
    )
    array = pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array([bytes(16)], pa.binary(16)))
    table = pa.table([array], pa.schema([field]))
    assert arrownd.to_numpy(table, dtype=object).tolist() == [[bytes(16)]]


def offsets_in(kind: str) -> pa.Array:
    minutes = pa.array([60, 60, -150, 0], pa.int16())
    if kind == "dictionary":
        return minutes.dictionary_encode()
    if kind == "runs":
        return pa.RunEndEncodedArray.from_arrays(pa.array([2, 3, 4], pa.int32()), pa.array([60, -150, 0], pa.int16()))
    return minutes


@pytest.mark.parametrize("kind", ["plain", "dictionary", "runs"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_with_offset(kind: str, unit: str) -> None:
    per = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    moments = pa.array([n * per for n in (0, 86_399, -1, 3_600)], pa.timestamp(unit, "UTC"))
    storage = pa.StructArray.from_arrays([moments, offsets_in(kind)], ["timestamp", "offset_minutes"])
    array = pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.timestamp_with_offset"), storage)
    wanted = [
        dt.datetime.fromtimestamp(s, dt.timezone(dt.timedelta(minutes=m)))
        for s, m in zip((0, 86_399, -1, 3_600), (60, 60, -150, 0), strict=True)
    ]
    assert all(map(same, objects(array), wanted))
    assert all(map(same, objects(array.slice(2)), wanted[2:]))
    lists = pa.ListArray.from_arrays(pa.array([1, 4], pa.int32()), array)
    assert all(map(same, objects(lists)[0], wanted[1:]))


def test_timestamp_with_offset_that_python_lacks() -> None:
    def array(seconds: int, minutes: int) -> pa.Array:
        storage = pa.StructArray.from_arrays(
            [pa.array([seconds], pa.timestamp("s", "UTC")), pa.array([minutes], pa.int16())],
            ["timestamp", "offset_minutes"],
        )
        return pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.timestamp_with_offset"), storage)

    for bad in (array(0, 1440), array(0, -32768), array(-62135596800, -1), array(2**62, 0), array(-(2**63), -1)):
        with pytest.raises(arrownd.LossyCastError, match="position 0"):
            objects(bad)
        assert objects(bad, safe=False) == [None]
    wrong = pa.array([{"timestamp": 0, "offset_minutes": 1}])
    wrong = pa.ExtensionArray.from_storage(Foreign(wrong.type, "arrow.timestamp_with_offset"), wrong)
    with pytest.raises(arrownd.InvalidArrowError, match="timestamp_with_offset"):
        objects(wrong)


def test_errors_name_row_and_path() -> None:
    moments = pa.array([0, 1_000, 1], pa.timestamp("ns"))
    rows = pa.array([[{"at": 0}], None, [{"at": 1_000}, {"at": 1}]], pa.list_(pa.struct([("at", pa.timestamp("ns"))])))
    maps = pa.MapArray.from_arrays(pa.array([0, 1, 3], pa.int32()), pa.array(["a", "b", "c"]), moments)
    union = pa.UnionArray.from_sparse(pa.array([0, 0, 0], pa.int8()), [moments], ["when"])
    bad = pa.Array.from_buffers(
        pa.utf8(), 1, [None, pa.py_buffer(np.array([0, 1], "i4").tobytes()), pa.py_buffer(b"\xff")]
    )
    texts = pa.ListArray.from_arrays(pa.array([0, 0, 1], pa.int32()), bad)
    with ledger() as book:
        for producer, error, words in (
            (rows, arrownd.LossyCastError, ['"item.at"', "position 2", "1 nanoseconds", "safe=False"]),
            (pa.table({"x": rows}), arrownd.LossyCastError, ['"x.item.at"', "position 2"]),
            (maps, arrownd.LossyCastError, ['"values"', "position 1"]),
            (union, arrownd.LossyCastError, ['"when"', "position 2"]),
            (pa.chunked_array([rows.slice(0, 1), rows.slice(1)]), arrownd.LossyCastError, ["position 2"]),
            (texts, arrownd.InvalidArrowError, ["UTF-8", "position 1", "item"]),
            (pa.array([[0]], pa.list_(pa.timestamp("s", "Nowhere/Land"))), arrownd.UnsupportedTypeError, ["Nowhere/Land", "item"]),
        ):  # fmt: skip
            with book.entry(str(words)), pytest.raises(error) as caught:
                objects(producer)
            with book.entry(f"{words} in {caught.value}"):
                assert all(word in str(caught.value) for word in words), str(caught.value)
    assert objects(rows, safe=False) == [
        [{"at": dt.datetime(1970, 1, 1)}], None,
        [{"at": dt.datetime(1970, 1, 1, 0, 0, 0, 1)}, {"at": dt.datetime(1970, 1, 1)}],
    ]  # fmt: skip


def test_dates_outside_of_pythons_years() -> None:
    days = pa.array([[0, 10**7], [-(10**6)]], pa.list_(pa.int32())).cast(pa.list_(pa.date32()))
    with pytest.raises(arrownd.LossyCastError, match=r"outside Python's years .* position 0"):
        objects(days)
    assert objects(days, safe=False) == [[dt.date(1970, 1, 1), None], [None]]


def test_duplicate_names_would_make_wrong_dicts() -> None:
    twice = pa.StructArray.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    lists = pa.ListArray.from_arrays(pa.array([0, 1], pa.int32()), twice)
    with pytest.raises(ValueError, match="'a' comes twice|\"a\" comes twice"):
        objects(lists)


def test_pandas_types_inside() -> None:
    import pandas as pd

    periods = pa.array(pd.period_range("2020-01", periods=3, freq="M"))
    intervals = pa.array(pd.interval_range(0, 3))
    for array in (periods, intervals):
        for outer in wrapped(array):
            check(outer)


def test_without_dtype_only_maps_and_unions_are_objects() -> None:
    with pytest.raises(arrownd.UnsupportedTypeError, match="leave out dtype= to get Python objects"):
        arrownd.to_numpy(pa.array([[("a", 1)]], pa.map_(pa.utf8(), pa.int8())), dtype="int64")


def test_out_that_shares_memory_with_values_inside() -> None:
    """The overlap is found at any depth, though the array on top has no values of its own."""
    # An object array of None, whose bytes are also the map's values.
    out = np.empty(4, object)
    low = out.__array_interface__["data"][0]
    inside = pa.Array.from_buffers(pa.int64(), 4, [None, pa.foreign_buffer(low, 32, base=out)])
    keys = pa.array(list("abcd"))
    maps = pa.MapArray.from_arrays(pa.array([0, 1, 2, 3, 4], pa.int32()), keys, inside)
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([4], pa.int16()), maps.slice(0, 1))
    ids = pa.array([0] * 4, pa.int8())
    with ledger() as book:
        for name, producer in (("map", maps), ("union", pa.UnionArray.from_sparse(ids, [maps])), ("runs", runs)):
            with book.entry(name), pytest.raises(ValueError, match="shares memory"):
                arrownd.to_numpy(producer, dtype=object, out=out)
    assert out.tolist() == [None] * 4
    apart = np.empty(4, object)
    assert arrownd.to_numpy(maps, out=apart) is apart


def test_deep_nesting() -> None:
    type, value = pa.int8(), 7
    for _ in range(120):
        type, value = pa.list_(type), [value]
    found = objects(pa.array([value, None], type))
    assert found == [value, None]
