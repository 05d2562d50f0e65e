"""Any fixed-width type, nested, sliced and chunked at random: pyarrow's own values are the oracle, the plan the witness."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

import arrownd
from agreement import address_of, attempt, within
from cases.case import ranges_of

LEAVES = [
    pa.bool_(), pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32(), pa.int64(), pa.uint64(),
    pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.date64(), pa.timestamp("s"), pa.timestamp("ms"),
    pa.timestamp("us", "UTC"), pa.timestamp("ns"), pa.duration("s"), pa.duration("ns"), pa.binary(3), pa.null(),
    pa.time32("s"), pa.time64("us"),
]  # fmt: skip
DAY_MILLIS = 86_400_000


def leaf_values(type: pa.DataType) -> st.SearchStrategy:
    if pa.types.is_boolean(type):
        return st.booleans()
    if pa.types.is_integer(type):
        info = np.iinfo(type.to_pandas_dtype())
        # Within what a float of the null rule holds, so that only the checks of other tests raise.
        bound = 2**53 if info.bits >= 32 else info.max
        return st.integers(max(info.min, -bound), min(info.max, bound))
    if pa.types.is_floating(type):
        return st.floats(width=type.bit_width)
    if pa.types.is_fixed_size_binary(type):
        return st.binary(min_size=3, max_size=3)
    if pa.types.is_null(type):
        return st.none()
    if pa.types.is_date64(type):
        return st.integers(-10_000, 10_000).map(lambda d: dt.date(1970, 1, 1) + dt.timedelta(d))
    if pa.types.is_date(type):
        return st.integers(-(10**5), 10**5).map(lambda d: dt.date(1970, 1, 1) + dt.timedelta(d))
    if pa.types.is_time(type):
        return st.integers(0, 86_399).map(lambda s: (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=s)).time())
    return st.integers(-(2**40), 2**40)


def fixed_types() -> st.SearchStrategy[pa.DataType]:
    leaf = st.sampled_from(LEAVES)
    return st.recursive(leaf, lambda inner: st.builds(pa.list_, inner, st.integers(1, 3)), max_leaves=1) | leaf.flatmap(
        lambda t: st.integers(1, 3).flatmap(lambda n: st.sampled_from([pa.list_(t, n), pa.list_(pa.list_(t, n), 2)]))
    )


def rows_of(type: pa.DataType) -> st.SearchStrategy:
    if pa.types.is_fixed_size_list(type):
        size = type.list_size
        return st.lists(st.none() | rows_of(type.value_type), min_size=size, max_size=size)
    return leaf_values(type)


@st.composite
def columns(draw, type: pa.DataType | None = None, length: int | None = None) -> pa.ChunkedArray:
    """A chunked array whose chunks are slices of longer arrays, with garbage under its nulls where pyarrow keeps it."""
    type = type or draw(fixed_types())
    chunks = []
    count = draw(st.integers(0, 3)) if length is None else 1
    nullable = draw(st.booleans())
    for _ in range(count):
        row = st.none() | rows_of(type) if nullable else rows_of(type)
        kept = draw(st.lists(row, min_size=length or 0, max_size=length if length is not None else 20))
        before = draw(st.lists(st.none() | rows_of(type), max_size=9))
        array = pa.array([*before, *kept], type)
        chunks.append(array.slice(len(before)))
    return pa.chunked_array(chunks, type)


def raw(scalar: pa.Scalar):
    """The value as NumPy will be asked for it: ticks for moments, lists for lists, None for null."""
    if not scalar.is_valid:
        return None
    if pa.types.is_fixed_size_list(scalar.type):
        return [raw(value) for value in scalar.values]
    if pa.types.is_temporal(scalar.type) and not pa.types.is_time(scalar.type):
        return scalar.value
    return scalar.as_py()


def unwrapped(type: pa.DataType) -> tuple[pa.DataType, tuple[int, ...]]:
    shape = []
    while pa.types.is_fixed_size_list(type):
        shape.append(type.list_size)
        type = type.value_type
    return type, tuple(shape)


def spread(rows: list, shape: tuple[int, ...]) -> np.ndarray:
    """An object array of shape (rows, *shape); a null list is nulls all through."""
    result = np.full((len(rows), *shape), None, object)
    for at, row in enumerate(rows):
        if not shape:
            result[at] = row
        elif row is not None:
            result[at] = spread(row, shape[1:]) if len(shape) > 1 else np.array([*row, None], object)[:-1]
    return result


def as_raw(values: np.ndarray) -> np.ndarray:
    """Result -> objects comparable to `raw`."""
    if values.dtype.kind in "mM":
        ticks = values.view("i8").astype(object)
        ticks[np.isnat(values)] = None
        return ticks
    if values.dtype.kind == "V":
        flat = np.empty(values.size, object)
        flat[:] = [bytes(v) for v in values.reshape(-1)]
        return flat.reshape(values.shape)
    return values.astype(object)


def equal(left, right) -> bool:
    if left is None or right is None:
        return left is right
    return left == right or (left != left and right != right)


def check_values(got: np.ndarray, wanted: np.ndarray, missing: np.ndarray, where: str) -> None:
    for at in np.ndindex(wanted.shape):
        if not missing[at]:
            assert equal(got[at], wanted[at]), f"{where}: {got[at]!r} instead of {wanted[at]!r} at {at}"


@settings(max_examples=400)
@given(columns())
def test_default(column: pa.ChunkedArray) -> None:
    _, shape = unwrapped(column.type)
    wanted = spread([raw(value) for value in column], shape)
    missing = np.equal(wanted, None)
    plan = arrownd.explain(column)
    got = arrownd.to_numpy(column)
    assert got.shape == wanted.shape == plan.shape
    assert got.dtype == plan.dtype
    check_values(as_raw(got), wanted, missing, str(column.type))
    for at in zip(*np.nonzero(missing), strict=True):
        value = got[at]
        assert value is None or value != value, f"{value!r} for a missing value at {at}"
    check_plan(column, plan, got)


def check_plan(column: pa.ChunkedArray, plan, data: np.ndarray) -> None:
    shares = within(address_of(data), [r for chunk in column.chunks for r in ranges_of(chunk)])
    if data.size == 0:
        assert plan.copies is False
        return
    assert plan.copies is not shares
    assert plan.copies is data.flags.writeable
    assert plan.nbytes == (data.nbytes if plan.copies else 0)
    assert bool(plan.reasons) is plan.copies


@settings(max_examples=300)
@given(columns(), st.booleans())
def test_masked(column: pa.ChunkedArray, writable: bool) -> None:
    _, shape = unwrapped(column.type)
    wanted = spread([raw(value) for value in column], shape)
    missing = np.equal(wanted, None)
    plan = arrownd.explain(column, nulls="masked", writable=writable)
    got = arrownd.to_numpy(column, nulls="masked", writable=writable)
    assert np.array_equal(np.ma.getmaskarray(got), missing)
    assert (got.mask is np.ma.nomask) is not missing.any()
    check_values(as_raw(got.data), wanted, missing, str(column.type))
    assert plan.dtype == got.dtype
    values, mask = arrownd.to_masked(column, writable=writable)
    assert (mask is None) is not missing.any()
    check_values(as_raw(values), wanted, missing, str(column.type))
    if got.size:
        assert plan.copies is got.data.flags.writeable
        assert plan.nbytes == (got.data.nbytes if plan.copies else 0) + (missing.size if missing.any() else 0)


@settings(max_examples=150)
@given(columns())
def test_object_is_to_pylist(column: pa.ChunkedArray) -> None:
    type, shape = unwrapped(column.type)
    if shape or type in (pa.timestamp("ns"), pa.duration("ns")):
        return
    try:
        expected = column.to_pylist()
    except (OverflowError, ValueError):
        return
    got = arrownd.to_numpy(column, dtype=object)
    assert got.dtype == object
    assert got.shape == (len(expected),)
    for mine, theirs in zip(got.tolist(), expected, strict=True):
        assert equal(mine, theirs), f"{column.type}: {mine!r} instead of {theirs!r}"


NUMBERS = [t for t in LEAVES if pa.types.is_integer(t) or pa.types.is_floating(t) or pa.types.is_boolean(t)]


@st.composite
def numeric_tables(draw) -> pa.Table:
    length = draw(st.integers(0, 12))
    types = draw(st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=4))
    table = pa.table([draw(columns(type, length)) for type in types], names=[f"c{n}" for n in range(len(types))])
    cut = draw(st.integers(0, length))
    return pa.concat_tables([table.slice(0, cut), table.slice(cut)]) if draw(st.booleans()) else table


@settings(max_examples=300)
@given(numeric_tables(), st.sampled_from(["F", "C"]))
def test_matrix(table: pa.Table, order: str) -> None:
    """Each field's own result dtype, promoted by NumPy's rule; every value the one that pyarrow has."""
    fields = [arrownd.to_numpy(table.column(at)) for at in range(table.num_columns)]
    anything = any(field.dtype == object for field in fields)
    dtype = np.dtype(object) if anything else np.result_type(*(field.dtype for field in fields))
    plan = arrownd.explain(table, order=order)
    try:
        got = arrownd.to_numpy(table, order=order)
    except arrownd.LossyCastError:
        assert dtype.kind == "f", "only a promotion to float loses"
        exact = all(int(v) == int(dtype.type(v)) for f in fields if f.dtype.kind in "iu" for v in f.tolist())
        assert not exact, "refused, though nothing is lost"
        return
    assert got.dtype == dtype == plan.dtype
    assert got.shape == (table.num_rows, table.num_columns) == plan.shape
    # A view has whatever distance there is between the columns; each of them is contiguous.
    rows_lie = got.strides[0] == got.itemsize if order == "F" else got.flags.c_contiguous
    assert rows_lie or got.size == 0
    for at in range(table.num_columns):
        for mine, theirs in zip(got[:, at].tolist(), table.column(at).to_pylist(), strict=True):
            assert equal(mine, theirs) or (theirs is None and mine != mine), f"{mine!r} instead of {theirs!r}"
    if got.size:
        assert plan.copies is got.flags.writeable
        assert plan.nbytes == (got.nbytes if plan.copies else 0)


@settings(max_examples=200)
@given(numeric_tables())
def test_columns(table: pa.Table) -> None:
    plan = arrownd.explain(table, as_columns=True)
    got = arrownd.to_columns(table)
    for child, name in zip(plan.children, table.column_names, strict=True):
        assert child.dtype == got[name].dtype
        assert child.shape == got[name].shape
        check_plan(table.column(name), child, got[name])
        alone = arrownd.to_numpy(table.column(name))
        assert np.array_equal(as_raw(alone).astype(str), as_raw(got[name]).astype(str))


@settings(max_examples=200)
@given(columns(), st.sampled_from([None, "i1", "i8", "u4", "f4", "f8", bool, "M8[s]", "m8[us]", object]), st.data())
def test_options_never_give_a_wrong_answer(column: pa.ChunkedArray, dtype, data) -> None:
    """Whatever is asked: an error of ours, or what was planned."""
    options = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "allow_copy": st.booleans(), "writable": st.booleans(), "nulls": st.sampled_from(["nan", "masked", "raise"]),
                "safe": st.booleans(), "order": st.sampled_from(["F", "C"]), "na_value": st.sampled_from([0, 1.5, None, "x"]),
            },
        )
    )  # fmt: skip
    errors = (arrownd.ArrowndError, TypeError, ValueError)
    got, refusal = attempt(lambda: arrownd.to_numpy(column, dtype, **options), *errors)
    if refusal is not None:
        assert refusal
        return
    plan = arrownd.explain(column, dtype, **options)
    assert plan.dtype == got.dtype
    assert plan.shape == got.shape
    if dtype is not None:
        assert got.dtype == np.dtype(dtype)
    if options.get("allow_copy") is False and got.size:
        assert plan.copies is False
    if options.get("writable"):
        assert np.ma.getdata(got).flags.writeable
    assert isinstance(got, np.ma.MaskedArray) is (options.get("nulls") == "masked")
