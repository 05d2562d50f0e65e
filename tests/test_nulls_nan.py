"""nulls="nan", the default: a missing value becomes the dtype's own marker."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import agree, ledger
from cases import CASES
from expected import want
from layouts import LAYOUTS


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_every_layout(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                agree(placed.obj, want(case, placed))


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_the_word_is_the_default(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS[::7]:
            with book.entry(layout.name):
                placed = layout.of(case)
                agree(placed.obj, want(case, placed), nulls="nan")
                assert arrownd.explain(placed.obj, nulls="nan") == arrownd.explain(placed.obj)


@pytest.mark.parametrize("name", ["int64", "uint64"])
def test_integers_beyond_float64_are_an_error_with_nulls(name: str) -> None:
    """Never rounded in silence: pyarrow, Polars and pandas give 9007199254740992.0 here."""
    top = int(np.iinfo(name).max)
    with ledger() as book:
        for value, exact in ((2**53, True), (2**53 + 1, False), (2**53 + 2, True), (2**60, True), (top, False)):
            with book.entry(str(value)):
                array = pa.array([0, None, value], getattr(pa, name)())
                if exact:
                    assert arrownd.to_numpy(array).tolist()[2] == value
                    continue
                with pytest.raises(arrownd.LossyCastError) as caught:
                    arrownd.to_numpy(array)
                assert str(value) in str(caught.value)
                assert "2" in str(caught.value).replace(str(value), "")
                rounded = arrownd.to_numpy(array, safe=False)
                assert rounded.dtype == "f8"
                assert rounded[2] == float(value)
                assert arrownd.to_numpy(array.filter(array.is_valid())).tolist() == [0, value]


def test_values_under_a_null_are_not_checked() -> None:
    data = pa.py_buffer(np.array([1, 2**53 + 1, 3]))
    array = pa.Array.from_buffers(pa.int64(), 3, [pa.py_buffer(b"\x05"), data])
    got = arrownd.to_numpy(array)
    np.testing.assert_array_equal(got, [1.0, np.nan, 3.0])


def test_small_integers_become_float32() -> None:
    for type in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16()):
        assert arrownd.to_numpy(pa.array([1, None], type)).dtype == "f4", type
    for type in (pa.int32(), pa.uint32(), pa.int64(), pa.uint64()):
        assert arrownd.to_numpy(pa.array([1, None], type)).dtype == "f8", type


def test_nan_is_a_value_not_a_null() -> None:
    array = pa.array([np.nan, 1.0])
    view = arrownd.to_numpy(array, allow_copy=False)
    assert np.isnan(view[0])
    assert not arrownd.explain(array).copies


def test_nan_payloads_survive_a_copy() -> None:
    bits = np.array([0x7FF8000000000001, 0xFFF8DEADBEEF0000, 0x3FF0000000000000], "u8")
    array = pa.Array.from_buffers(pa.float64(), 3, [pa.py_buffer(b"\x05"), pa.py_buffer(bits)])
    got = arrownd.to_numpy(array).view("u8")
    assert got[0] == bits[0]
    assert got[2] == bits[2]
    assert np.isnan(got.view("f8")[1])


def test_an_unknown_word_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nulls"):
        arrownd.to_numpy(pa.array([1]), nulls="ignore")
