"""What SPEC.md says of a case in a layout: values, view or copy, and why."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import arrownd
from agreement import Want, agree
from cases import Case
from cases.case import place
from layouts import Placed


def is_view(case: Case, placed: Placed, nulls: str) -> bool:
    """V in the table: one filled chunk, and nothing missing that has to be written over."""
    filled_in = placed.nulls > 0 and (nulls in ("nan", "fill") or case.gaps)
    return case.view and placed.filled_chunks <= 1 and not filled_in and not placed.empty


def reasons(case: Case, placed: Placed, nulls: str) -> tuple[frozenset[str] | None, frozenset[str]]:
    """Codes that must be given, and codes that may be given besides, as they are true too."""
    if case.all_missing or case.columnar:
        return None, frozenset()
    must, may = set(case.copied_for), set()
    causes = must if case.view else may
    if placed.filled_chunks > 1:
        causes.add("chunked")
    if any(case.variable):
        alone = nulls == "masked" and case.gaps and placed.nulls and placed.filled_chunks == 1
        (causes if alone else may).add("list-gaps")
    if placed.nulls and nulls in ("nan", "fill"):
        causes.add("nulls")
        if nulls == "nan" and case.with_nulls != case.dtype:
            may.update(("cast", "objects"))
    return frozenset(must), frozenset(may)


def want(
    case: Case, placed: Placed, nulls: str = "nan", *, copied_for: str | None = None, also: frozenset[str] = frozenset()
) -> Want:
    """`nulls` as in the options, or "fill" for `na_value=case.fill`; `copied_for`: a copy that the caller asked for."""
    masked = nulls == "masked"
    if nulls == "nan":
        values = case.filled(placed.idx, placed.missing)
    elif nulls == "fill":
        values = case.replaced(placed.idx, placed.missing)
    else:
        values = case.taken(placed.idx, placed.missing)
    must, may = reasons(case, placed, nulls)
    view = is_view(case, placed, nulls) and copied_for is None
    if copied_for is not None and must is not None:
        must = must | {copied_for}
    gone = np.broadcast_to(placed.missing.reshape(-1, *(1,) * len(case.inner)), values.shape) if masked else None
    return Want(
        values=values,
        view=view,
        mask=gone,
        address=placed.address,
        ranges=placed.ranges,
        codes=must,
        also=may | also,
        masked=masked,
        strided=case.strided or case.columnar,
    )


def agree_wherever(table: pa.Table, values: np.ndarray, **options) -> np.ndarray:
    """For columns that chance may put side by side in memory: a view or a copy, but as the plan says."""
    first = table.column(0).chunk(0) if isinstance(table, pa.Table) else table.field(0)
    view = not arrownd.explain(table, **options).copies
    return agree(table, Want(values, view=view, address=place(first)[0] if view else None, strided=True), **options)
