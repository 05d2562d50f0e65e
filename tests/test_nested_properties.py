"""Any Arrow type, nested to depth 4, sliced and chunked at random: each way out against an oracle in plain Python, and the plan as its witness."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arrownd
from agreement import address_of
from nested_oracle import (
    UNSET,
    Refused,
    Want,
    Wish,
    any_missing,
    check,
    columns,
    expected,
    is_list,
    storage,
)
from nested_types import DECIMALS, INDEXES, LEAVES, arrays_of, list_types, struct_types, typed_arrays

EXAMPLES = 80
Source = pa.Array | pa.ChunkedArray
ERRORS = (arrownd.ArrowndError, TypeError, ValueError)
MANY = settings(max_examples=EXAMPLES)


def sources() -> st.SearchStrategy[Source]:
    return st.one_of(typed_arrays(4, decimals=True), arrays_of(list_types(4, decimals=True)), structs())


def structs() -> st.SearchStrategy[Source]:
    return arrays_of(struct_types(4, decimals=True))


def lists() -> st.SearchStrategy[Source]:
    return arrays_of(list_types(4, decimals=True))


def dictionaries() -> st.SearchStrategy[Source]:
    plain = st.sampled_from(
        [t for t in LEAVES + DECIMALS if not pa.types.is_null(t) and not isinstance(t, pa.BaseExtensionType)]
    )
    return arrays_of(
        st.builds(pa.dictionary, st.sampled_from(INDEXES), st.one_of(plain, st.just(pa.struct([("x", pa.int8())]))))
    )


def chunks_of(source: Source) -> list[pa.Array]:
    return source.chunks if isinstance(source, pa.ChunkedArray) else [source]


def buffers_of(array: pa.Array) -> list[pa.Buffer]:
    """Of an array and all that it is made of: `buffers()` leaves out dictionaries."""
    if isinstance(array, pa.ExtensionArray):
        return buffers_of(array.storage)
    found = [buffer for buffer in array.buffers() if buffer is not None]
    return found + (buffers_of(array.dictionary) if isinstance(array, pa.DictionaryArray) else [])


def is_shared(data: np.ndarray, source: Source) -> bool:
    ranges = [(b.address, b.address + b.size) for chunk in chunks_of(source) for b in buffers_of(chunk)]
    return any(low <= address_of(data) < high for low, high in ranges)


def attempt(call: Callable[[], Any], want: Callable[[], Any]) -> tuple[Any, Any] | Refused:
    """What came and what was wanted; the refusal where an error was wanted, and came."""
    try:
        wanted = want()
    except Refused as refusal:
        # A list inside of a struct is refused whatever its rows are.
        row = None if refusal.row is None else f"row {refusal.row} |one width for all rows"
        with pytest.raises(refusal.kinds, match=row):
            call()
        return refusal
    return call(), wanted


def hold_to_plan(plan: arrownd.Plan, got: np.ndarray, want: Want, source: Source) -> None:
    assert plan.dtype == got.dtype
    assert plan.shape == got.shape
    assert bool(plan.reasons) is plan.copies
    data = np.ma.getdata(got)
    mask = getattr(got, "mask", np.ma.nomask)
    masks = 0 if mask is np.ma.nomask else mask.nbytes
    if want.values is not None:
        # The array of arrays is ours; its values are viewed or copied.
        (values,) = plan.children
        assert plan.nbytes == data.size * 8 + masks + values.nbytes
        assert values.copies is plan.copies
        rows = [np.ma.getdata(row) for row in data.reshape(-1) if row is not None and row.size and row.dtype != object]
        assert all(is_shared(row, source) is not plan.copies for row in rows)
        assert all(row.flags.writeable is plan.copies for row in rows)
        return
    if got.size == 0:
        assert plan.copies is False
        return
    # Records without fields take no memory.
    assert plan.copies is not (is_shared(data, source) if data.itemsize else False)
    assert plan.copies is data.flags.writeable
    if want.all_bytes:
        nbytes = (data.nbytes if plan.copies else 0) + masks
        assert plan.nbytes == nbytes, f"{plan.nbytes} instead of {nbytes}"


def agrees(source: Source, wish: Wish) -> None:
    rows, words = source.to_pylist(), wish.words()
    came = attempt(lambda: arrownd.to_numpy(source, **words), lambda: expected(source.type, rows, wish))
    if isinstance(came, Refused):
        # A value that can't be held is seen when it is converted.
        if arrownd.LossyCastError not in came.kinds:
            with pytest.raises(came.kinds):
                arrownd.explain(source, **words)
        return
    got, want = came
    check(got, want, wish.nulls == "masked")
    hold_to_plan(arrownd.explain(source, **words), got, want, source)


@MANY
@given(sources())
def test_default(source: Source) -> None:
    agrees(source, Wish())


@MANY
@given(sources())
def test_objects(source: Source) -> None:
    agrees(source, Wish(objects=True))


NA = st.sampled_from([UNSET, UNSET, 0, 1, -1, 2.5, "x", None, True])
PAD_TO = st.sampled_from([None, None, 0, 1, 2, 3, 70])


@MANY
@given(sources(), PAD_TO, NA)
def test_pad(source: Source, pad_to: int | None, na_value: object) -> None:
    agrees(source, Wish(lists="pad", pad_to=pad_to, na_value=na_value))


@MANY
@given(sources(), PAD_TO, NA)
def test_pad_without_nulls(source: Source, pad_to: int | None, na_value: object) -> None:
    agrees(source, Wish(lists="pad", pad_to=pad_to, na_value=na_value, nulls="raise"))


@MANY
@given(sources(), st.sampled_from(["nan", "masked", "raise"]))
def test_lists_as_arrays(source: Source, nulls: str) -> None:
    agrees(source, Wish(lists="object", nulls=nulls))


@MANY
@given(sources(), st.sampled_from([None, "pad"]))
def test_masked(source: Source, lists: str | None) -> None:
    agrees(source, Wish(lists=lists, nulls="masked"))


@MANY
@given(sources())
def test_raise(source: Source) -> None:
    agrees(source, Wish(nulls="raise"))


@MANY
@given(st.one_of(structs(), sources()), st.sampled_from([None, "pad", "object"]), st.sampled_from(["nan", "masked"]))
def test_structured(source: Source, lists: str | None, nulls: str) -> None:
    agrees(source, Wish(structured=True, lists=lists, nulls=nulls))


@MANY
@given(sources(), st.sampled_from(["dense", "pad"]))
def test_objects_of_lists(source: Source, lists: str) -> None:
    agrees(source, Wish(objects=True, lists=lists))


@MANY
@given(structs(), st.sampled_from([None, "pad", "object"]), st.sampled_from(["nan", "masked"]))
def test_columns(source: Source, lists: str | None, nulls: str) -> None:
    wish = Wish(lists=lists, nulls=nulls)
    rows = source.to_pylist()
    came = attempt(lambda: arrownd.to_columns(source, **wish.words()), lambda: columns(source.type, rows, wish))
    if isinstance(came, Refused):
        return
    got, want = came
    plan = arrownd.explain(source, as_columns=True, **wish.words())
    assert list(got) == list(want)
    for child, (name, array) in zip(plan.children, got.items(), strict=True):
        check(array, want[name], nulls == "masked")
        hold_to_plan(child, array, want[name], source)
    assert plan.nbytes == sum(child.nbytes for child in plan.children)


def rebuilt(ragged: Any, type: pa.DataType, rows: list, wish: Wish) -> None:
    """A `Ragged` holds exactly the rows, at every level."""
    type = storage(type)
    assert isinstance(ragged, arrownd.Ragged)
    large = pa.types.is_large_list(type) or pa.types.is_large_list_view(type)
    assert ragged.offsets.dtype == ("i8" if large else "i4")
    assert ragged.offsets.tolist() == [0, *itertools.accumulate(len(row or ()) for row in rows)]
    gone = [row is None for row in rows]
    assert ragged.mask is None if not any(gone) else ragged.mask.tolist() == gone
    inner = [value for row in rows if row is not None for value in row]
    if is_list(storage(type.value_type)):
        rebuilt(ragged.values, type.value_type, inner, wish)
    else:
        check(ragged.values, expected(type.value_type, inner, wish), wish.nulls == "masked")


def leaf_of_lists(type: pa.DataType, rows: list) -> tuple[pa.DataType, list]:
    while is_list(storage(type)):
        type = storage(type).value_type
        rows = [value for row in rows if row is not None for value in row]
    return type, rows


@MANY
@given(st.one_of(lists(), sources()), st.sampled_from(["nan", "masked", "raise"]))
def test_ragged(source: Source, nulls: str) -> None:
    wish = Wish(lists="object", nulls=nulls)
    rows = source.to_pylist()

    def want() -> Want:
        if not is_list(storage(source.type)):
            raise Refused(arrownd.UnsupportedTypeError)
        return expected(*leaf_of_lists(source.type, rows), wish)

    came = attempt(lambda: arrownd.to_ragged(source, nulls=nulls), want)
    if isinstance(came, Refused):
        return
    got, inner = came
    rebuilt(got, source.type, rows, wish)
    while isinstance(got, arrownd.Ragged):
        got = got.values
    data = np.ma.getdata(got)
    if data.size and data.itemsize and inner.values is None:
        assert is_shared(data, source) is not data.flags.writeable


@MANY
@given(dictionaries())
def test_codes(source: Source) -> None:
    codes, categories, ordered = arrownd.to_codes(source)
    rows = source.to_pylist()
    assert ordered is False
    assert codes.dtype.kind == "i" and codes.shape == (len(rows),)
    assert len(codes) == 0 or -1 <= codes.min() <= codes.max() < len(categories)
    used = [row for row in rows if row is not None]
    values = source.type.value_type
    assert [code >= 0 for code in codes.tolist()] == [row is not None for row in rows]
    want = expected(values, used, Wish())
    check(categories[codes[codes >= 0]], replace_dtype(want, categories.dtype))
    kept = [d.to_pylist() for chunk in chunks_of(source) for d in [chunk.dictionary] if len(chunk)]
    if len(kept) == 1:
        distinct = [value for value in kept[0] if value is not None]
        check(categories, expected(values, distinct, Wish()))
    full = len(kept) == 1 and None not in rows and None not in kept[0] and str(source.type.index_type)[0] != "u"
    if rows:
        assert full is is_shared(codes, source)
        assert codes.dtype.itemsize * 8 == min(64, source.type.index_type.bit_width * (1 if full else 2))


def replace_dtype(want: Want, dtype: np.dtype) -> Want:
    """Categories that aren't used may widen the dtype of those that are."""
    want.dtype = dtype
    return want


@MANY
@given(sources(), st.integers(1, 5), st.sampled_from(["nan", "masked"]))
def test_batches(source: Source, size: int, nulls: str) -> None:
    wish = Wish(lists="pad", nulls=nulls)
    rows = source.to_pylist()
    batches = arrownd.iter_numpy(source, batch_size=size, **wish.words())
    for start in range(0, len(rows), size):
        piece = rows[start : start + size]
        came = attempt(lambda: next(batches), lambda piece=piece: expected(source.type, piece, wish))
        if isinstance(came, Refused):
            return
        check(*came, nulls == "masked")
    assert next(batches, None) is None


@MANY
@given(structs(), st.sampled_from(["object", "pad"]))
def test_producers_own_batches(source: Source, lists: str) -> None:
    wish = Wish(lists=lists)
    batches = arrownd.iter_numpy(source, as_columns=True, **wish.words())
    for chunk in chunks_of(source):
        rows = chunk.to_pylist()
        came = attempt(lambda: next(batches), lambda rows=rows: columns(source.type, rows, wish))
        if isinstance(came, Refused):
            return
        got, want = came
        assert list(got) == list(want)
        for name, array in got.items():
            check(array, want[name])
    assert next(batches, None) is None


@MANY
@given(sources(), st.sampled_from([None, "pad", "object"]), st.booleans(), st.booleans(), st.data())
def test_out(source: Source, lists: str | None, structured: bool, masked: bool, data: st.DataObject) -> None:
    wish = Wish(lists=lists, structured=structured, nulls="masked" if masked else "nan")
    words = wish.words()
    rows = source.to_pylist()
    try:
        want = expected(source.type, rows, wish)
    except Refused:
        return
    out = strided(data.draw, want.dtype, want.shape)
    before = outside(out)
    if not masked:
        got = arrownd.to_numpy(source, out=out, **words)
        assert got is out
        check(got, want)
    else:
        mask = strided(data.draw, np.ma.make_mask_descr(want.dtype) if want.fields is not None else bool, want.shape)
        values, marks = arrownd.to_masked(source, out=(out, mask), **{k: v for k, v in words.items() if k != "nulls"})
        assert values is out
        assert marks is None or marks is mask
        if lists != "object":
            check(np.ma.MaskedArray(values, np.ma.nomask if marks is None else marks), want, masked=True)
        assert any_missing(want) or marks is None or not mask.tobytes().strip(b"\0")
    assert all(map(np.array_equal, before, outside(out))), "memory beside out was written to"
    plan = arrownd.explain(source, out=out, **words) if not masked else None
    if plan is not None and want.values is None:
        assert plan.nbytes == 0
        assert plan.copies is (out.size > 0)


def strided(draw: Callable, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """An array whose axes lie in any order, at any distance, in either direction."""
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    order = draw(st.permutations(range(len(shape))))
    whole = np.zeros([shape[axis] * abs(steps[axis]) + 1 for axis in order], dtype)
    seen = whole.transpose(np.argsort(order))
    picked = seen[tuple(slice(0, n * abs(step), abs(step)) for n, step in zip(shape, steps, strict=True))]
    return picked[tuple(slice(None, None, 1 if step > 0 else -1) for step in steps)]


def outside(out: np.ndarray) -> list[np.ndarray]:
    """The memory around an array: the last plane of each axis, which is no part of it."""
    whole = out
    while isinstance(whole.base, np.ndarray):
        whole = whole.base
    if whole.dtype.names or whole.dtype == object or whole.dtype.kind == "V":
        return []
    return [np.take(whole, -1, axis).copy() for axis in range(whole.ndim)]
