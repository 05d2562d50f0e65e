"""Every row of arrownd's type table has cases, and the cases hold every row to what it says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import ledger
from arrownd import _core
from cases import CASES, UNSUPPORTED

TABLE = {row["name"]: row for row in _core.type_table()}
LEAF_ROWS = {c.row for c in CASES} - {"fixed_size_list", "struct", "arrow.fixed_shape_tensor", "pandas.interval"}


def test_names_are_unique() -> None:
    assert len(TABLE) == len(_core.type_table())


def test_every_row_has_a_case_and_every_case_a_row() -> None:
    assert {case.row for case in CASES} | set(UNSUPPORTED) == set(TABLE)


def test_rows_say_what_is_built() -> None:
    assert {name for name, row in TABLE.items() if not row["supported"]} == set(UNSUPPORTED)


def test_rows_say_what_is_viewed() -> None:
    for case in CASES:
        if case.row not in ("fixed_size_list", "struct", "pandas.interval"):
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


@pytest.mark.parametrize("row", sorted(UNSUPPORTED))
def test_unbuilt_types_are_refused_by_name(row: str) -> None:
    with ledger() as book:
        for producer in UNSUPPORTED[row]:
            for call in (arrownd.to_numpy, arrownd.to_masked, arrownd.explain):
                for options in ({}, {"nulls": "masked"}, {"allow_copy": False}):
                    if call is arrownd.to_masked and options.get("nulls"):
                        continue
                    with book.entry(f"{call.__name__} {options}"):
                        with pytest.raises(arrownd.UnsupportedTypeError) as caught:
                            call(producer, **options)
                        word = row.split(".")[-1].split("_")[-1].rstrip("0123456789").lower()
                        alias = {"encoded": "run", "view": "list", "offset": "offset"}.get(word, word)
                        assert alias in str(caught.value).lower().replace("-", "_"), str(caught.value)


def test_unbuilt_types_are_refused_inside_others() -> None:
    lists = pa.array([[1, 2], [3]])
    nested = pa.FixedSizeListArray.from_arrays(pa.array([[1]] * 4), 2)
    with ledger() as book:
        for name, producer in {"table": pa.table({"x": [1, 2], "rows": lists}), "list": nested}.items():
            with book.entry(name), pytest.raises(arrownd.UnsupportedTypeError):
                arrownd.to_numpy(producer)
    with pytest.raises(arrownd.UnsupportedTypeError) as caught:
        arrownd.to_columns(pa.table({"x": [1, 2], "rows": lists}))
    assert "rows" in str(caught.value)
