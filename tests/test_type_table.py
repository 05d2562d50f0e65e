"""Every row of arrownd's type table has cases, and the cases hold every row to what it says."""

from __future__ import annotations

import numpy as np
import pytest

import arrownd
from agreement import ledger
from arrownd import _core
from cases import CASES
from layouts import LAYOUTS

TABLE = {row["name"]: row for row in _core.type_table()}
# Whether these are viewed, their values say.
NESTED = {
    "list",
    "large_list",
    "list_view",
    "large_list_view",
    "fixed_size_list",
    "struct",
    "pandas.interval",
    "arrow.parquet.variant",
    "arrow.variable_shape_tensor",
}
LEAF_ROWS = {c.row for c in CASES} - {*NESTED, "arrow.fixed_shape_tensor"}


def test_names_are_unique() -> None:
    assert len(TABLE) == len(_core.type_table())


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert {case.row for case in CASES} == set(TABLE)


def test_rows_say_what_is_built() -> None:
    assert not {name for name, row in TABLE.items() if not row["supported"]}


def test_rows_say_what_is_viewed() -> None:
    for case in CASES:
        if case.row not in NESTED:
            assert TABLE[case.row]["view"] is case.view, case.label


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_rows_say_the_dtype(case) -> None:
    """The table's words are for people; where they are a NumPy dtype they must be the right one."""
    row = TABLE[case.row]
    if case.row not in LEAF_ROWS:
        return_type = row["dtype"]
        assert isinstance(return_type, str)
        assert return_type
        return
    for said, meant in ((row["dtype"], case.dtype), (row["with_nulls"], case.with_nulls)):
        try:
            dtype = np.dtype(said)
        except TypeError:
            assert isinstance(said, str)
            assert said
            continue
        assert dtype == meant or np.dtype(meant).kind == dtype.kind, f"{case.label}: {said} for {meant}"


def test_every_row_is_in_the_plan_of_its_cases() -> None:
    """Not one of them is refused, by any of the functions that take any type."""
    with ledger() as book:
        for case in CASES:
            for call in (arrownd.to_numpy, arrownd.to_masked, arrownd.explain):
                with book.entry(f"{call.__name__} of {case.label}"):
                    assert call(LAYOUTS[1].of(case).obj) is not None
