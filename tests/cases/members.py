"""map, dense and sparse union: Python values."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, case, listed, objects_of

PAIRS = [[("a", 1), ("b", None)], [], [("", -5)], [("a", 1), ("a", 2)]]
# What row i of a union is: a float, a str, a list of them, in turn.
MEMBERS = [0.5, "text", [1, None], -0.0, "", []]


def member_cases() -> list[Case]:
    pairs = objects_of(PAIRS)
    values = objects_of(MEMBERS)
    map_type = pa.map_(pa.utf8(), pa.int64())
    found = [
        case("map", map_type, listed(map_type, PAIRS), pairs, pairs, object, view=False, copied_for=("objects",),
             fill="none")
    ]  # fmt: skip
    for mode in ("dense", "sparse"):
        # Ids that are no places, and in another order than the fields.
        fields = [pa.field("x", pa.float64()), pa.field("s", pa.utf8()), pa.field("l", pa.list_(pa.int8()))]
        type = (pa.dense_union if mode == "dense" else pa.sparse_union)(fields, [7, 0, 100])
        found.append(
            case(f"{mode}_union", type, union(type), values, values, object, view=False, copied_for=("objects",),
                 fill="none", label=f"{mode}_union")
        )  # fmt: skip
    return found


def union(type: pa.DataType):
    """A missing value is one of the member's: a union has no bitmap."""

    def make(idx, valid):
        keep = np.ones(len(idx), bool) if valid is None else valid
        which = idx % 3
        ids = pa.py_buffer(np.array(type.type_codes, "int8")[which].tobytes())
        held = [MEMBERS[i % len(MEMBERS)] if ok else None for i, ok in zip(idx, keep, strict=True)]
        if type.mode == "sparse":
            children = [
                pa.array([v if w == at else None for v, w in zip(held, which, strict=True)], field.type)
                for at, field in enumerate(type)
            ]
            return pa.Array.from_buffers(type, len(idx), [None, ids], children=children)
        children = [
            pa.array([v for v, w in zip(held, which, strict=True) if w == at], field.type)
            for at, field in enumerate(type)
        ]
        counts = [0, 0, 0]
        offsets = np.zeros(len(idx), "int32")
        for row, at in enumerate(which):
            offsets[row] = counts[at]
            counts[at] += 1
        return pa.Array.from_buffers(type, len(idx), [None, ids, pa.py_buffer(offsets.tobytes())], children=children)

    return make
