"""nulls="masked": a np.ma.MaskedArray, always; dtype as without nulls; values still viewed if they can be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, agree, ledger
from cases import CASES
from cases.moments import DAY_TIME
from expected import is_view, want
from layouts import LAYOUTS


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_every_layout(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                got = agree(placed.obj, want(case, placed, "masked"), nulls="masked")
                if got.dtype == object and placed.nulls:
                    under = got.data[placed.missing].reshape(-1).tolist()
                    assert all(value is None for value in under), "not None under the mask of objects"


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_allow_copy_false_is_about_values_not_the_mask(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                if is_view(case, placed, "masked") or placed.empty:
                    agree(placed.obj, want(case, placed, "masked"), nulls="masked", allow_copy=False)
                    continue
                with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
                    arrownd.to_numpy(placed.obj, nulls="masked", allow_copy=False)
                assert caught.value.reasons == arrownd.explain(placed.obj, nulls="masked").reasons


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_writable(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS[::3]:
            with book.entry(layout.name):
                placed = layout.of(case)
                forced = "requested" if is_view(case, placed, "masked") else None
                wanted = want(case, placed, "masked", copied_for=forced, also=frozenset({"requested"}))
                got = agree(placed.obj, wanted, nulls="masked", writable=True)
                assert got.data.flags.writeable
                if got.size and case.dtype.names is None:
                    got[-1] = np.ma.masked
                    assert np.ma.getmaskarray(got)[-1].all()


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_fill_values_fit_the_dtype(case) -> None:
    """np.ma's own default for int8 (999999) doesn't; one that we set must."""
    with ledger() as book:
        for layout in LAYOUTS[::4]:
            with book.entry(layout.name):
                placed = layout.of(case)
                got = arrownd.to_numpy(placed.obj, nulls="masked")
                plain = got.filled()  # a warning that it doesn't fit would be an error here
                assert plain.dtype == got.dtype
                assert plain.shape == got.shape
                if got.dtype.kind in "iu":
                    assert got.dtype.type(got.fill_value) == got.fill_value, f"fill value {got.fill_value}"
                if got.dtype.kind == "f":
                    assert np.isfinite(got.dtype.type(got.fill_value)), f"fill value {got.fill_value}"


def test_view_with_a_mask_beside_it() -> None:
    """The garbage under the mask is the producer's own: nothing was written."""
    data = pa.py_buffer(np.array([10, 20, 30, 40], "i4"))
    array = pa.Array.from_buffers(pa.int32(), 4, [pa.py_buffer(b"\x05"), data])
    got = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
    assert address_of(got.data) == data.address
    assert got.data.tolist() == [10, 20, 30, 40]
    assert got.mask.tolist() == [False, True, False, True]
    assert not got.data.flags.writeable
    plan = arrownd.explain(array, nulls="masked")
    assert plan.copies is False
    assert plan.nbytes == 4


def test_null_type_is_all_masked() -> None:
    got = arrownd.to_numpy(pa.nulls(3), nulls="masked")
    assert got.dtype == "f4"
    assert got.mask.tolist() == [True] * 3


def test_intervals_have_record_masks() -> None:
    data = np.array([(1, 2, 3), (4, 5, 6)], [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")])
    raw = pa.py_buffer(data.view("u1"))
    array = pa.Array.from_buffers(pa.month_day_nano_interval(), 2, [pa.py_buffer(b"\x01"), raw])
    got = arrownd.to_numpy(array, nulls="masked")
    assert got.mask.dtype.names == data.dtype.names
    assert got.mask.tolist() == [(False, False, False), (True, True, True)]
    assert got["months"].tolist() == [1, None]
    assert DAY_TIME.names == ("days", "milliseconds")


def test_inner_nulls_mask_single_values() -> None:
    array = pa.array([[1, None], None, [5, 6]], pa.list_(pa.int16(), 2))
    got = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
    assert got.mask.tolist() == [[False, True], [True, True], [False, False]]
    assert got.tolist() == [[1, None], [None, None], [5, 6]]


def test_a_matrix_has_a_mask_a_column() -> None:
    table = pa.table({"a": [1, None, 3], "b": [1.5, 2.5, None]})
    got = arrownd.to_numpy(table, nulls="masked")
    assert got.dtype == "f8"
    assert got.mask.tolist() == [[False, False], [True, False], [False, True]]
    assert got.tolist() == [[1, 1.5], [None, 2.5], [3, None]]
    ints = arrownd.to_numpy(pa.table({"a": [1, None], "b": [3, 4]}), nulls="masked")
    assert ints.dtype == "i8", "dtype as without nulls"
    clean = arrownd.to_numpy(pa.table({"a": [1, 2], "b": [3, 4]}), nulls="masked")
    assert isinstance(clean, np.ma.MaskedArray)
    assert clean.mask is np.ma.nomask


def test_integers_beyond_float64_are_fine() -> None:
    got = arrownd.to_numpy(pa.array([2**53 + 1, None]), nulls="masked")
    assert got.tolist() == [2**53 + 1, None]


def test_results_are_ordinary_masked_arrays() -> None:
    got = arrownd.to_numpy(pa.array([1, None, 5]), nulls="masked")
    assert got.sum() == 6
    assert got.mean() == 3
    assert got[1] is np.ma.masked
    assert got.compressed().tolist() == [1, 5]
    assert (got + 1).tolist() == [2, None, 6]


def test_dtype_with_masked() -> None:
    array = pa.array([1, None, 5], pa.int64())
    got = arrownd.to_numpy(array, dtype="i2", nulls="masked")
    assert got.dtype == "i2"
    assert got.tolist() == [1, None, 5]
    flags = arrownd.to_numpy(pa.array([0, None, 1]), dtype=bool, nulls="masked")
    assert flags.tolist() == [False, None, True]
    # 300 lies under the mask and isn't checked.
    data = pa.py_buffer(np.array([1, 300]))
    hidden = pa.Array.from_buffers(pa.int64(), 2, [pa.py_buffer(b"\x01"), data])
    assert arrownd.to_numpy(hidden, dtype="u1", nulls="masked").tolist() == [1, None]


@pytest.mark.parametrize("options", [{"na_value": 0}, {"out": np.zeros(3, "i8")}], ids=["na_value", "out"])
def test_refused_with_masked(options) -> None:
    for array in (pa.array([1, None, 3]), pa.array([1, 2, 3])):
        with pytest.raises(TypeError):
            arrownd.to_numpy(array, nulls="masked", **options)
