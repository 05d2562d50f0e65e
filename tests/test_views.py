"""Zero-copy: what is a view, where it lies, what it keeps alive, and what `allow_copy` and `writable` do about it."""

from __future__ import annotations

import gc

import nanoarrow as na
import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, agree, ledger, same_values
from cases import CASES
from expected import is_view, want
from layouts import LAYOUTS

REQUESTED = frozenset({"requested"})


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_allow_copy_false_views_or_raises(case) -> None:
    """The text begins as Polars' does and `.reasons` are those of `explain`."""
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                if is_view(case, placed, "nan") or placed.empty:
                    agree(placed.obj, want(case, placed), allow_copy=False)
                    continue
                if case.columnar:
                    agreed = arrownd.explain(placed.obj).copies
                    assert agreed is True
                plan = arrownd.explain(placed.obj, allow_copy=False)
                assert plan == arrownd.explain(placed.obj), "the plan itself depends on allow_copy"
                with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
                    arrownd.to_numpy(placed.obj, allow_copy=False)
                assert caught.value.reasons == plan.reasons
                assert caught.value.reasons


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_writable_shares_nothing(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                forced = "requested" if is_view(case, placed, "nan") else None
                got = agree(placed.obj, want(case, placed, copied_for=forced, also=REQUESTED), writable=True)
                assert got.flags.writeable
                before = got.copy()
                if got.size:
                    got.fill(None if got.dtype == object else got.flat[-1])
                again = arrownd.to_numpy(placed.obj)
                same_values(again, before)


def test_writable_and_allow_copy_false_exclude_each_other() -> None:
    array = pa.array([1, 2, 3])
    with pytest.raises(arrownd.CopyNotAllowedError) as caught:
        arrownd.to_numpy(array, writable=True, allow_copy=False)
    assert [r.code for r in caught.value.reasons] == ["requested"]
    assert arrownd.to_numpy(array.slice(3), writable=True, allow_copy=False).flags.writeable


def test_a_view_outlives_its_producer() -> None:
    values = np.arange(1000)
    array = pa.array(values.copy())
    view = arrownd.to_numpy(array.slice(10, 500))
    del array
    gc.collect()
    np.testing.assert_array_equal(view, values[10:510])


def test_a_view_keeps_its_buffer_and_lets_it_go() -> None:
    before = pa.total_allocated_bytes()
    big = pa.array(np.arange(10**6)).cast(pa.int32())
    other = pa.array(np.arange(10**6)).cast(pa.int32())
    table = pa.table({"big": big, "other": other})
    view = arrownd.to_columns(table)["big"]
    del table, big, other
    gc.collect()
    held = pa.total_allocated_bytes() - before
    assert 4_000_000 <= held < 5_000_000, "the view of one column keeps another column's buffer"
    del view
    gc.collect()
    assert pa.total_allocated_bytes() - before < 100_000


def test_a_copy_keeps_nothing() -> None:
    before = pa.total_allocated_bytes()
    array = pa.array(np.arange(10**6)).cast(pa.int32())
    copy = arrownd.to_numpy(array, writable=True)
    del array
    gc.collect()
    assert pa.total_allocated_bytes() - before < 100_000
    assert copy[-1] == 999_999


def test_null_counts_are_counted_not_believed() -> None:
    """pyarrow says -1 (unknown) or what it was told; the bits decide."""
    data, ones = pa.py_buffer(np.arange(8)), pa.py_buffer(b"\xff")
    for claimed in (-1, 0, 3):
        array = pa.Array.from_buffers(pa.int64(), 8, [ones, data], claimed)
        view = arrownd.to_numpy(array, allow_copy=False)
        assert address_of(view) == data.address, f"claimed null count {claimed}"
    holes = na.c_array_from_buffers(na.int64(), 8, [b"\xfe", np.arange(8)], null_count=0)
    assert np.isnan(arrownd.to_numpy(holes)[0])


def test_views_cannot_be_made_writable() -> None:
    view = arrownd.to_numpy(pa.array([1, 2, 3]))
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 5


def test_bool8_bytes_are_viewed_as_they_are() -> None:
    storage = pa.array([0, 1, 2, -1], pa.int8())
    got = arrownd.to_numpy(pa.ExtensionArray.from_storage(pa.bool8(), storage), allow_copy=False)
    assert got.dtype == bool
    assert got.view("int8").tolist() == [0, 1, 2, -1]
