"""to_masked: plain arrays (values, mask), mask True where missing and None where nothing is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, check_memory, expected_mask, ledger, same_values
from cases import CASES
from expected import is_view, want
from layouts import LAYOUTS


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_every_layout(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                wanted = want(case, placed, "masked")
                got = arrownd.to_masked(placed.obj)
                values, mask = got
                assert type(got) is arrownd.Masked
                assert got.values is values
                assert got.mask is mask
                assert type(values) is np.ndarray
                if placed.nulls:
                    assert type(mask) is np.ndarray
                    whole = expected_mask(values.dtype, wanted.mask)
                    plain = wanted.mask
                    assert mask.dtype in (bool, whole.dtype)
                    assert np.array_equal(mask, plain if mask.dtype == bool else whole)
                    same_values(values, wanted.values, ~plain)
                else:
                    assert mask is None
                    same_values(values, wanted.values)
                check_memory(values, wanted, plain=True)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_allow_copy_false(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS[::2]:
            with book.entry(layout.name):
                placed = layout.of(case)
                if is_view(case, placed, "masked") or placed.empty:
                    assert arrownd.to_masked(placed.obj, allow_copy=False).values.dtype == case.dtype
                    continue
                with pytest.raises(arrownd.CopyNotAllowedError):
                    arrownd.to_masked(placed.obj, allow_copy=False)


def test_named_fields() -> None:
    values, mask = arrownd.to_masked(pa.array([1, None, 3], pa.int32()))
    assert values.dtype == "i4"
    assert mask.tolist() == [False, True, False]
    assert arrownd.Masked._fields == ("values", "mask")


def test_dtype() -> None:
    values, mask = arrownd.to_masked(pa.array([1, None, 3]), "u1")
    assert values.dtype == "u1"
    assert values[[0, 2]].tolist() == [1, 3]
    assert mask.tolist() == [False, True, False]
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_masked(pa.array([256, None]), dtype="u1")


def test_table() -> None:
    table = pa.table({"a": [1, None], "b": [3.5, 4.5]})
    values, mask = arrownd.to_masked(table)
    assert values.shape == mask.shape == (2, 2)
    assert mask.tolist() == [[False, False], [True, False]]
    assert values[~mask].tolist() == [1.0, 3.5, 4.5]
    assert arrownd.to_masked(table, columns=["b"]).mask is None


def test_out_takes_a_pair() -> None:
    values, mask = np.full(3, -1), np.zeros(3, bool)
    array = pa.array([1, None, 3])
    got = arrownd.to_masked(array, out=(values, mask))
    assert got.values is values
    assert got.mask is mask
    assert values[[0, 2]].tolist() == [1, 3]
    assert mask.tolist() == [False, True, False]
    clean = arrownd.to_masked(pa.array([7, 8, 9]), out=(values, mask))
    assert values.tolist() == [7, 8, 9]
    assert clean.mask is None or not clean.mask.any()
    assert not mask.any(), "the mask that was handed in still holds the last one"
    for bad in (values, (values,), (values, np.zeros(2, bool)), (values, np.zeros(3, "i8"))):
        with pytest.raises((TypeError, ValueError)):
            arrownd.to_masked(array, out=bad)


def test_values_are_a_view_beside_a_new_mask() -> None:
    array = pa.array([1, None, 3])
    got = arrownd.to_masked(array, allow_copy=False)
    assert address_of(got.values) == array.buffers()[1].address
    assert got.mask.flags.writeable
    assert got.mask.flags.owndata
