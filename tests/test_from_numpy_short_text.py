"""Short str objects, which are read sixteen at a time: every length of text and of array, and whatever lies among them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrownd import UnsupportedTypeError, from_numpy
from cases.case import objects_of as objects

TYPES = [pa.string(), pa.large_string(), pa.string_view()]


class Text(str):
    __slots__ = ()


def check(values, array=None):
    """The same values as pyarrow finds, in each layout."""
    array = objects(values) if array is None else array
    expected = [None if value is None else str(value) for value in values]
    for wanted in TYPES:
        made = pa.array(from_numpy(array, type=wanted))
        made.validate(full=True)
        assert made.type == wanted
        assert made.to_pylist() == expected
        assert made.null_count == expected.count(None)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 47, 48, 63, 64, 65, 79, 80, 81, 127, 128, 129, 1000])
def test_arrays_of_any_length(count):
    check([f"value {i}" for i in range(count)])
    check(["x" * (i % 33) for i in range(count)])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 100])
def test_text_of_any_length(length):
    check([chr(97 + i % 26) * length for i in range(300)])
    # Lengths that change from batch to batch, and within one.
    check([chr(97 + i % 26) * (length if i // 16 % 2 else 3) for i in range(300)])
    check([chr(97 + i % 26) * (length if i % 5 == 0 else i % 33) for i in range(300)])


@pytest.mark.parametrize("other", [None, "\xe9", "日本", "x" * 200, "\0", Text("of a class"), np.str_("NumPy's")])
@pytest.mark.parametrize("at", [0, 1, 15, 16, 63, 64, 100, 160, 199])
def test_what_is_no_short_ascii_among_it(other, at):
    values = [f"some value {i}" for i in range(200)]
    values[at] = other
    check(values)
    values[at : at + 20] = [other] * len(values[at : at + 20])
    check(values)


def test_missing_values_of_every_kind_among_short_text():
    values = [f"some value {i}" for i in range(400)]
    missing = [None, float("nan"), np.nan, pd.NA, pd.NaT]
    for at in range(30, 400, 7):
        values[at] = missing[at % len(missing)]
    made = pa.array(from_numpy(objects(values)))
    made.validate(full=True)
    assert made.type == pa.string()
    assert made.to_pylist() == [value if isinstance(value, str) else None for value in values]


def test_nothing_for_a_while_and_at_the_end():
    check([None] * 100 + [f"value {i}" for i in range(100)])
    check([f"value {i}" for i in range(100)] + [None] * 100)
    check([None if i // 16 % 2 else f"value {i}" for i in range(333)])


def test_a_mask_and_strides():
    values = objects([f"value {i}" for i in range(600)])
    mask = np.arange(600) % 3 == 1
    made = pa.array(from_numpy(np.ma.array(values, mask=mask)))
    assert made.to_pylist() == [None if hidden else value for value, hidden in zip(values, mask, strict=True)]
    check(values[::3].tolist(), values[::3])
    check(values[::-1].tolist(), values[::-1])


@pytest.mark.parametrize("at", [0, 40, 70, 199])
@pytest.mark.parametrize("other", [b"bytes", 1, 2.5, ["list"]])
def test_other_values_are_an_error_wherever_they_are(other, at):
    values = [f"some value {i}" for i in range(200)]
    values[at] = other
    with pytest.raises(UnsupportedTypeError) as refused:
        from_numpy(objects(values))
    assert f"position {at or 1}" in str(refused.value)


def test_bytes_stay_bytes():
    values = [b"value %d" % i if i % 5 else None for i in range(300)]
    made = pa.array(from_numpy(objects(values)))
    assert made.type == pa.binary()
    assert made.to_pylist() == values
    # A batch of what is missing says nothing of what follows.
    values = [None] * 128 + values
    assert pa.array(from_numpy(objects(values))).to_pylist() == values


TEXT = st.one_of(
    st.none(),
    st.text("abcdefghij", max_size=34),
    st.text("ab\0", max_size=10),
    st.text(st.characters(codec="utf-8"), max_size=10),
)


@settings(max_examples=200)
@given(st.lists(TEXT, min_size=30, max_size=200))
def test_any_short_text(values):
    if any(value is not None for value in values):
        check(values)
