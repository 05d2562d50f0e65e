"""nulls="raise": NullsError with the count and the first position; otherwise as without nulls."""

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
                if not placed.nulls:
                    agree(placed.obj, want(case, placed, "raise"), nulls="raise")
                    continue
                with pytest.raises(arrownd.NullsError) as caught:
                    arrownd.to_numpy(placed.obj, nulls="raise")
                text = str(caught.value)
                if not case.inner:
                    first = int(np.argmax(placed.missing))
                    assert str(placed.nulls) in text, f"{placed.nulls} not in {text}"
                    assert str(first) in text, f"position {first} not in {text}"


def test_position_counts_across_chunks() -> None:
    array = pa.chunked_array([[1] * 100, [2] * 23 + [None, None]])
    with pytest.raises(arrownd.NullsError, match="123") as caught:
        arrownd.to_numpy(array, nulls="raise")
    assert "2" in str(caught.value).replace("123", "")


def test_column_is_named() -> None:
    table = pa.table({"fine": [1, 2, 3], "holes": [1, None, 3]})
    for call in (arrownd.to_numpy, arrownd.to_columns):
        with pytest.raises(arrownd.NullsError, match="holes"):
            call(table, nulls="raise")


def test_inner_nulls_count() -> None:
    array = pa.array([[1, 2], [3, None]], pa.list_(pa.int16(), 2))
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(array, nulls="raise")
    hidden = pa.array([[1, 2], [3, None]], pa.list_(pa.int16(), 2)).slice(0, 1)
    assert arrownd.to_numpy(hidden, nulls="raise").tolist() == [[1, 2]]


def test_nulls_outside_the_chosen_columns_are_no_matter() -> None:
    table = pa.table({"fine": [1, 2, 3], "holes": [1, None, 3]})
    assert arrownd.to_numpy(table, nulls="raise", columns=["fine"]).tolist() == [[1], [2], [3]]


def test_na_value_is_refused_even_without_nulls() -> None:
    for array in (pa.array([1, None]), pa.array([1, 2]), pa.array([], pa.int64())):
        with pytest.raises(TypeError):
            arrownd.to_numpy(array, nulls="raise", na_value=0)


def test_nulls_where_the_dtype_has_no_place_for_them() -> None:
    """Not only under "raise": a dtype without a marker has none to give."""
    with ledger() as book:
        wishes = [
            (pa.array([1, None]), "i8"), (pa.array([1, None]), "u1"), (pa.array([True, None]), bool),
            (pa.array([1.5, None]), "i4"), (pa.array([0, None], pa.timestamp("s")), "i8"),
            (pa.array([b"ab", None], pa.binary(2)), "V2"), (pa.array([0, None], pa.duration("s")), "i8"),
        ]  # fmt: skip
        for array, dtype in wishes:
            with book.entry(f"{array.type} as {dtype}"):
                with pytest.raises(arrownd.NullsError) as caught:
                    arrownd.to_numpy(array, dtype=dtype)
                assert "1" in str(caught.value)
                assert arrownd.to_numpy(array.slice(0, 0), dtype=dtype).dtype == dtype
