"""Arrow types nested at random, and arrays of them laid out at random: `typed_arrays(depth)` is the way in.

pyarrow's `to_pylist()` is the oracle, so every value is one that Python's objects hold exactly. Arrays are put together
from parts, and not from Python values, so that nulls have something under them, offsets don't begin at 0, children are
longer than what is used of them, and every level is a slice of something longer.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

# Decimals join once they are made: pass `decimals=True`.
DECIMALS = [pa.decimal32(7, 2), pa.decimal64(18, 0), pa.decimal128(38, 10), pa.decimal256(76, -3)]
LEAVES = [
    pa.null(), pa.bool_(), pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
    pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"),
    pa.time64("us"), pa.time64("ns"), pa.timestamp("s"), pa.timestamp("ms", "Europe/Paris"), pa.timestamp("us", "UTC"),
    pa.timestamp("ns", "+05:30"), pa.timestamp("us"), pa.duration("s"), pa.duration("ms"), pa.duration("us"),
    pa.duration("ns"), pa.month_day_nano_interval(), pa.utf8(), pa.large_utf8(), pa.string_view(), pa.binary(),
    pa.large_binary(), pa.binary_view(), pa.binary(3), pa.uuid(), pa.bool8(), pa.json_(),
]  # fmt: skip
INDEXES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
RUN_ENDS = [pa.int16(), pa.int32(), pa.int64()]
NAMES = ("a", "b", "", "naïve", "item")
Draw = Callable[[st.SearchStrategy], Any]

DAY = 86_400
# Well inside of Python's years, so that no zone leads out of them.
FAR = 60_000 * DAY


def types(depth: int = 4, decimals: bool = False) -> st.SearchStrategy[pa.DataType]:
    """Any Arrow type, with at most `depth` levels of types in types."""
    leaf = st.sampled_from(LEAVES + DECIMALS if decimals else LEAVES)
    if depth == 0:
        return leaf
    inner = st.deferred(lambda: types(depth - 1, decimals))
    return st.integers(0, 3).flatmap(lambda n: leaf if n == 0 else nested(inner, leaf))


def nested_types(depth: int = 4, decimals: bool = False) -> st.SearchStrategy[pa.DataType]:
    """As `types`, and one that has types in it."""
    leaf = st.sampled_from(LEAVES + DECIMALS if decimals else LEAVES)
    return nested(st.deferred(lambda: types(depth - 1, decimals)), leaf)


def has_values(type: pa.DataType) -> bool:
    """Whether it isn't the null type, nor an extension of it."""
    return not pa.types.is_null(getattr(type, "storage_type", type))


def nested(inner: st.SearchStrategy, leaf: st.SearchStrategy) -> st.SearchStrategy[pa.DataType]:
    # pyarrow's own conversions of these, which the oracle is, know plain values only.
    plain = leaf.filter(lambda t: not isinstance(t, pa.BaseExtensionType) and not pa.types.is_null(t))
    fields = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).flatmap(
        lambda names: st.tuples(*(inner.map(lambda t, n=n: pa.field(n, t)) for n in names)).map(list)
    )
    members = st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda ts: st.permutations([5, 0, 127][: len(ts)]).map(
            lambda ids: ([pa.field(f"m{i}", t) for i, t in enumerate(ts)], list(ids))
        )
    )
    keyed = st.one_of(plain, st.sampled_from([pa.struct([("x", pa.int8())])]))
    return st.one_of(
        inner.map(pa.list_),
        inner.map(pa.large_list),
        inner.map(pa.list_view),
        inner.map(pa.large_list_view),
        st.builds(pa.list_, inner, st.integers(0, 3)),
        fields.map(pa.struct),
        st.builds(pa.map_, inner.filter(has_values), inner),
        members.map(lambda m: pa.dense_union(*m)),
        members.map(lambda m: pa.sparse_union(*m)),
        st.builds(pa.dictionary, st.sampled_from(INDEXES), keyed),
        st.builds(pa.run_end_encoded, st.sampled_from(RUN_ENDS), inner.filter(lambda t: not pa.types.is_run_end_encoded(t))),
        inner.filter(lambda t: not isinstance(t, pa.BaseExtensionType)).map(lambda t: pa.opaque(t, "thing", "vendor")),
        st.sampled_from([pa.fixed_shape_tensor(pa.int16(), [2, 1]), pa.fixed_shape_tensor(pa.float32(), [1, 2], permutation=[1, 0])]),
    )  # fmt: skip


def leaf_values(type: pa.DataType) -> st.SearchStrategy:
    """Python values that `pa.array(values, type)` takes and `to_pylist()` gives back."""
    t = pa.types
    if t.is_null(type):
        return st.none()
    if t.is_boolean(type):
        return st.booleans()
    if type == pa.bool8():
        type = type.storage_type
    if t.is_integer(type):
        low, high = (
            (0, 2**type.bit_width - 1)
            if str(type).startswith("u")
            else (-(2 ** (type.bit_width - 1)), 2 ** (type.bit_width - 1) - 1)
        )
        return st.integers(low, high)
    if t.is_floating(type):
        return st.floats(width=type.bit_width)
    if t.is_decimal(type):
        # pyarrow writes a negative scale out as digits, and has no more of them than the precision.
        most = 10 ** (type.precision + min(type.scale, 0)) - 1
        return st.integers(-most, most).map(lambda n: Decimal((n < 0, tuple(map(int, str(abs(n)))), -type.scale)))
    if t.is_date(type):
        return st.integers(-700_000, 2_900_000).map(lambda d: dt.date(1970, 1, 1) + dt.timedelta(d))
    if t.is_time(type):
        whole = {"s": 1_000_000, "ms": 1000, "us": 1, "ns": 1}[type.unit]
        return st.integers(0, DAY * 10**6 // whole - 1).map(
            lambda n: (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=n * whole)).time()
        )
    if t.is_timestamp(type) or t.is_duration(type):
        # Nanoseconds in whole microseconds: Python has no others.
        per, of = {"s": (1, 1), "ms": (1000, 1), "us": (10**6, 1), "ns": (10**6, 1000)}[type.unit]
        return st.integers(-FAR * per, FAR * per).map(lambda n: n * of)
    if t.is_interval(type):
        part = st.integers(-(2**31), 2**31 - 1)
        return st.tuples(part, part, st.integers(-(2**63), 2**63 - 1)).map(pa.MonthDayNano)
    if type == pa.uuid():
        return st.uuids().map(lambda u: u.bytes)
    if t.is_fixed_size_binary(type):
        return st.binary(min_size=type.byte_width, max_size=type.byte_width)
    if t.is_binary(type) or t.is_large_binary(type) or t.is_binary_view(type):
        return st.binary(max_size=20)
    return st.text(st.characters(codec="utf-8"), max_size=20)


def bitmap(draw: Draw, length: int, nulls: bool = True) -> pa.Buffer | None:
    """A bitmap of `length` rows, or none; most rows are there."""
    if not nulls or not draw(st.booleans()):
        return None
    holes = draw(st.lists(st.integers(0, length - 1), max_size=length)) if length else []
    valid = np.ones(length, bool)
    valid[holes] = False
    return pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())


def numbers(values: Any, dtype: str) -> pa.Buffer:
    return pa.py_buffer(np.asarray(values, dtype).tobytes())


def sliced(draw: Draw, length: int, make: Callable[[int], pa.Array]) -> pa.Array:
    """`length` rows of an array that may have more before and after them."""
    before, after = draw(st.integers(0, 3)), draw(st.integers(0, 2))
    return make(before + length + after).slice(before, length)


def array_of(draw: Draw, type: pa.DataType, length: int, nulls: bool = True) -> pa.Array:
    """An array of exactly `length` rows, sliced, and with nulls at each level (or each but the first)."""
    return sliced(draw, length, lambda n: whole(draw, type, n, nulls))


def can_be_null(type: pa.DataType) -> bool:
    """Whether pyarrow can make a null of it: `to_pylist()` of pyarrow 26 crashes at a null list of runs of, say, unions."""
    if pa.types.is_run_end_encoded(type) or "run_end_encoded" not in str(type):
        return True
    try:
        pa.nulls(1, type)
    except pa.ArrowException:
        return False
    return True


def whole(draw: Draw, type: pa.DataType, n: int, nulls: bool) -> pa.Array:
    t = pa.types
    nulls = nulls and can_be_null(type)
    if isinstance(type, pa.BaseExtensionType):
        if type == pa.bool8() or type == pa.json_() or type == pa.uuid():
            storage = leaf_array(draw, type.storage_type, n, leaf_values(type), nulls)
        else:
            storage = whole(draw, type.storage_type, n, nulls)
        return pa.ExtensionArray.from_storage(type, storage)
    if t.is_struct(type):
        children = [array_of(draw, f.type, n) for f in type]
        return pa.Array.from_buffers(type, n, [bitmap(draw, n, nulls)], children=children)
    if t.is_fixed_size_list(type):
        child = array_of(draw, type.value_type, n * type.list_size)
        return pa.Array.from_buffers(type, n, [bitmap(draw, n, nulls)], children=[child])
    if t.is_map(type):
        offsets, total = ascending(draw, n)
        entries = pa.Array.from_buffers(
            pa.struct([type.key_field, type.item_field]), total, [None],
            children=[array_of(draw, type.key_type, total, nulls=False), array_of(draw, type.item_type, total)],
        )  # fmt: skip
        return pa.Array.from_buffers(type, n, [bitmap(draw, n, nulls), numbers(offsets, "i4")], children=[entries])
    if t.is_list(type) or t.is_large_list(type):
        offsets, total = ascending(draw, n)
        child = array_of(draw, type.value_type, total)
        width = "i8" if t.is_large_list(type) else "i4"
        return pa.Array.from_buffers(type, n, [bitmap(draw, n, nulls), numbers(offsets, width)], children=[child])
    if t.is_list_view(type) or t.is_large_list_view(type):
        if draw(st.booleans()):
            offsets, total = ascending(draw, n)
            starts, sizes = offsets[:-1], [end - start for start, end in itertools.pairwise(offsets)]
        else:
            # In any order, and over each other.
            sizes = list_lengths(draw, n)
            total = draw(st.integers(max(sizes, default=0), 6))
            starts = [draw(st.integers(0, total - size)) for size in sizes]
        width = "i8" if t.is_large_list_view(type) else "i4"
        buffers = [bitmap(draw, n, nulls), numbers(starts, width), numbers(sizes, width)]
        return pa.Array.from_buffers(type, n, buffers, children=[array_of(draw, type.value_type, total)])
    if t.is_union(type):
        return union(draw, type, n)
    if t.is_dictionary(type):
        values = array_of(draw, type.value_type, draw(st.integers(1, 4)))
        keys = leaf_array(draw, type.index_type, n, st.integers(0, len(values) - 1), nulls)
        return pa.DictionaryArray.from_arrays(keys, values)
    if t.is_run_end_encoded(type):
        lengths = draw(st.lists(st.integers(1, 3), max_size=n))
        ends = [int(e) for e in np.cumsum(lengths) if e < n] + [n] * (n > 0)
        values = array_of(draw, type.value_type, len(ends))
        return pa.RunEndEncodedArray.from_arrays(pa.array(ends, type.run_end_type), values, type=type)
    return leaf_array(draw, type, n, leaf_values(type), nulls)


def leaf_array(draw: Draw, type: pa.DataType, n: int, values: st.SearchStrategy, nulls: bool) -> pa.Array:
    """From values; a null has a real value under it where the layout lets us put one there."""
    full = pa.array(draw(st.lists(values, min_size=n, max_size=n)), type)
    holes = bitmap(draw, n, nulls)
    if holes is None or pa.types.is_null(type):
        return full
    return pa.Array.from_buffers(type, n, [holes, *full.buffers()[1:]])


def list_lengths(draw: Draw, n: int) -> list[int]:
    """The lengths of `n` lists, often all the same one, and the same in another chunk."""
    size = draw(st.sampled_from([None, 2, 2, 2, 1, 0]))
    return [draw(st.integers(0, 2)) if size is None else size for _ in range(n)]


def ascending(draw: Draw, n: int) -> tuple[list[int], int]:
    """Offsets of `n` lists, perhaps not from 0, into a child that may be longer."""
    sizes = list_lengths(draw, n)
    first = draw(st.integers(0, 2))
    offsets = [first, *(first + int(s) for s in np.cumsum(sizes))]
    return offsets, offsets[-1] + draw(st.integers(0, 1))


def union(draw: Draw, type: pa.DataType, n: int) -> pa.Array:
    fields = [type.field(i) for i in range(type.num_fields)]
    places = [draw(st.integers(0, len(fields) - 1)) for _ in range(n)]
    ids = numbers([type.type_codes[place] for place in places], "i1")
    if type.mode == "sparse":
        children = [array_of(draw, f.type, n) for f in fields]
        return pa.Array.from_buffers(type, n, [None, ids], children=children)
    lengths = [draw(st.integers(1, 3)) for _ in fields]
    # In ascending order within each child, as the specification has it; a value may serve twice.
    last = [0] * len(fields)
    offsets = []
    for place in places:
        last[place] = draw(st.integers(last[place], lengths[place] - 1))
        offsets.append(last[place])
    children = [array_of(draw, f.type, length) for f, length in zip(fields, lengths, strict=True)]
    return pa.Array.from_buffers(type, n, [None, ids, numbers(offsets, "i4")], children=children)


@st.composite
def arrays(draw: Draw, type: pa.DataType, max_rows: int = 6) -> pa.Array:
    """An array of a type."""
    return array_of(draw, type, draw(st.integers(0, max_rows)))


@st.composite
def chunked(draw: Draw, type: pa.DataType, max_chunks: int = 3, max_rows: int = 4) -> pa.ChunkedArray:
    """Chunks of a type, some of them empty."""
    chunks = [draw(arrays(type, max_rows)) for _ in range(draw(st.integers(0, max_chunks)))]
    return pa.chunked_array(chunks, type)


def many_rows(array: pa.Array, times: int, cut: int) -> pa.Array:
    """The rows again and again, so that blocks of 64 begin and end everywhere; a slice of that. As it is where pyarrow can't."""
    try:
        return pa.concat_arrays([array] * times).slice(cut)
    except pa.ArrowException:
        return array


@st.composite
def long_arrays(draw: Draw, type: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """An array of some hundred rows, or chunks of it."""
    array = many_rows(draw(arrays(type)), draw(st.integers(2, 60)), draw(st.integers(0, 9)))
    cuts = sorted(draw(st.lists(st.integers(0, len(array)), max_size=2)))
    if not cuts:
        return array
    edges = itertools.pairwise([0, *cuts, len(array)])
    return pa.chunked_array([array.slice(start, stop - start) for start, stop in edges], type)


def typed_arrays(depth: int = 4, decimals: bool = False) -> st.SearchStrategy[pa.Array | pa.ChunkedArray]:
    """An array, or a chunked one, of any type that has others in it."""
    return arrays_of(nested_types(depth, decimals))


def arrays_of(types: st.SearchStrategy[pa.DataType]) -> st.SearchStrategy[pa.Array | pa.ChunkedArray]:
    """An array, a chunked one, or a long one, of one of these types."""
    return types.flatmap(lambda t: st.one_of(arrays(t), chunked(t), long_arrays(t)))


def struct_types(depth: int = 4, decimals: bool = False) -> st.SearchStrategy[pa.DataType]:
    """Structs, dictionaries of them, and runs."""
    inner = types(depth - 1, decimals)
    names = st.lists(st.sampled_from(NAMES), max_size=4, unique=True)
    plain = names.flatmap(lambda names: st.tuples(*(inner.map(lambda t, n=n: pa.field(n, t)) for n in names))).map(
        pa.struct
    )
    small = st.builds(pa.dictionary, st.sampled_from(INDEXES), st.just(pa.struct([("x", pa.int8()), ("y", pa.utf8())])))
    return st.one_of(plain, plain, plain, plain.map(lambda t: pa.run_end_encoded(pa.int32(), t)), small)


def list_types(depth: int = 4, decimals: bool = False) -> st.SearchStrategy[pa.DataType]:
    """Lists of variable size, some of more than one level."""
    levels = st.lists(
        st.sampled_from([pa.list_, pa.large_list, pa.list_view, pa.large_list_view]), min_size=1, max_size=depth - 1
    )
    wrap = lambda pair: functools.reduce(lambda t, level: level(t), pair[0], pair[1])  # noqa: E731
    return st.tuples(levels, types(1, decimals)).map(wrap)


def same(left: Any, right: Any) -> bool:
    """Equal values of equal types at every level; NaN is itself, and -0.0 isn't 0.0.

    A named tuple is the tuple that it is, and pandas' subclasses of datetime are datetimes.
    """
    if isinstance(left, float) and isinstance(right, float):
        return (left == right and math.copysign(1, left) == math.copysign(1, right)) or (
            left != left and right != right
        )
    if isinstance(left, (list, tuple)):
        kind = list if isinstance(left, list) else tuple
        return isinstance(right, kind) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return isinstance(right, dict) and list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, dt.datetime) and isinstance(right, dt.datetime):
        return left == right and left.utcoffset() == right.utcoffset()
    related = isinstance(left, type(right)) or isinstance(right, type(left))
    return related and isinstance(left, bool) == isinstance(right, bool) and bool(left == right)
