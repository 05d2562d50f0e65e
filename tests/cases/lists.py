"""Lists of variable size whose rows are equally long: one more dimension, as far as their values lie in a row.

Ragged ones, views out of order and the other words of `lists=` are in tests/test_lists.py.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, as_buffer, bitmap, case, fixed_list, windows

KINDS = {
    "list": (pa.list_, "int32"), "large_list": (pa.large_list, "int64"), "list_view": (pa.list_view, "int32"),
    "large_list_view": (pa.large_list_view, "int64"),
}  # fmt: skip
# Kind, label of the values' case, length of the rows, and whether null rows are of another length.
LISTED = [
    ("list", "int64", 2, False), ("list", "float", 3, True), ("list", "bool", 2, False), ("list", "string", 2, True),
    ("list", "timestamp[us, tz=UTC]", 1, False), ("list", "date32[day]", 2, True), ("list", "month_day_nano_interval", 2, False),
    ("list", "fixed_size_binary[3]", 2, True), ("list", "extension<arrow.bool8>", 3, False), ("list", "struct", 2, False),
    ("list", "struct", 2, True), ("list", "dictionary<int8, int64>", 2, False), ("list", "dictionary<uint16, string>", 3, True),
    ("list", "runs<int32, double>", 2, True), ("list", "map<string, int64>", 2, False), ("list", "sparse_union", 2, False),
    ("list", "decimal128(38, 2)", 1, True), ("list", "tensor permuted None", 2, False),
    ("list", "fixed_size_list<item: uint16>[3]", 2, True), ("list", "fixed_size_list<item: int8>[2]", 2, False),
    ("large_list", "int16", 3, True), ("large_list", "double", 2, False), ("large_list", "large_string", 2, False),
    ("large_list", "opaque<int64>", 2, False), ("list_view", "int32", 2, False), ("list_view", "uint64", 3, True),
    ("list_view", "string_view", 2, True), ("list_view", "struct", 1, True), ("large_list_view", "duration[ms]", 2, False),
    ("large_list_view", "halffloat", 2, True), ("large_list_view", "bool", 3, True),
]  # fmt: skip
NESTED = [
    ("list", "list of int64", 3, False), ("large_list", "list of int64", 2, True), ("list_view", "large_list of int16, gaps", 2, True),
    ("list", "list_view of int32", 2, False), ("list", "list of struct", 2, False), ("list", "list of string, gaps", 2, False),
]  # fmt: skip


def list_cases(leaves: list[Case]) -> list[Case]:
    by_label = {leaf.label: leaf for leaf in leaves}
    found = [list_case(kind, by_label[label], width, gaps) for kind, label, width, gaps in LISTED]
    by_label = {case.label: case for case in found}
    deeper = [list_case(kind, by_label[label], width, gaps) for kind, label, width, gaps in NESTED]
    return [
        *found,
        *deeper,
        *(in_fixed_lists(by_label[label]) for label in ("list of int64", "list_view of uint64, gaps", "list of bool")),
    ]


def list_case(kind: str, leaf: Case, width: int, gaps: bool) -> Case:
    make_type, offset_type = KINDS[kind]
    type = make_type(leaf.type)

    def make(idx, valid):
        """Real values under null rows; the child is a slice, and begins and ends with values of no row."""
        lengths = np.full(len(idx), width)
        if gaps and valid is not None:
            # None, or one too many.
            other = np.where(np.arange(len(idx)) % 2 == 0, 0, width + 1)
            lengths = np.where(valid, width, other)
        starts = 2 + np.concatenate([[0], np.cumsum(lengths)])
        values = np.zeros(1 + starts[-1] + 2, idx.dtype)
        for row, start, length in zip(idx, starts, lengths, strict=False):
            values[1 + start : 1 + start + length] = row + np.arange(length)
        child = leaf.chunk(values, None, 1, len(values) - 1).producer
        offsets = [starts] if "view" not in kind else [starts[:-1], lengths]
        buffers = [as_buffer(part.astype(offset_type)) for part in offsets]
        return pa.Array.from_buffers(type, len(idx), [bitmap(valid), *buffers], children=[child])

    return case(
        kind, type, make, windows(leaf.clean, width), windows(leaf.objects, width), leaf.with_nulls, view=leaf.view,
        copied_for=leaf.copied_for, fill=leaf.fill, fill_as=leaf.fill_as, noted=leaf.noted, columnar=leaf.columnar,
        strided=leaf.strided, variable=(True, *(leaf.variable or (False,) * len(leaf.inner))), gaps=gaps,
        label=f"{kind} of {leaf.label}{', gaps' if gaps else ''}",
    )  # fmt: skip


def in_fixed_lists(leaf: Case) -> Case:
    """fixed_size_list over a list."""
    type = pa.list_(leaf.type, 2)

    def child(idx, valid):
        return leaf.chunk(idx, valid, 0, len(idx)).producer

    return case(
        "fixed_size_list", type, fixed_list(type, child, offset=3), windows(leaf.clean, 2), windows(leaf.objects, 2),
        leaf.with_nulls, view=leaf.view, copied_for=leaf.copied_for, fill=leaf.fill, fill_as=leaf.fill_as,
        variable=(False, *leaf.variable), label=f"fixed_size_list of {leaf.label}",
    )  # fmt: skip
