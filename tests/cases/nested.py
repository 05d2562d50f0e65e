"""fixed_size_list over the other cases, and struct."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, bitmap, case, fixed, fixed_list, objects_of, windows
from .moments import DAY_TIME  # noqa: F401
from .numbers import BOOLS, bits, integers


def nested_cases(leaves: list[Case]) -> list[Case]:
    found = [*over_leaves(leaves), *deeper()]
    found.append(struct_case())
    return found


LISTED = ("int8", "uint16", "int64", "uint64", "halffloat", "float", "double", "bool", "date32[day]", "date64[ms]",
          "timestamp[ns]", "timestamp[us, tz=UTC]", "duration[ms]", "time64[us]", "fixed_size_binary[3]",
          "month_day_nano_interval", "extension<arrow.bool8>", "string", "null", "map<string, int64>", "dense_union",
          "dictionary<int8, int64>", "dictionary<uint16, string>", "runs<int32, double>")  # fmt: skip


def over_leaves(leaves: list[Case]) -> list[Case]:
    by_label = {leaf.label: leaf for leaf in leaves}
    return [listed_case(by_label[label], width) for label, width in zip(LISTED, (2, 3, 1) * 8, strict=True)]


def listed_case(leaf: Case, width: int) -> Case:
    type = pa.list_(leaf.type, width)

    def child(idx, valid):
        return leaf.chunk(idx, valid, 0, len(idx)).producer

    return case(
        "fixed_size_list", type, fixed_list(type, child), windows(leaf.clean, width), windows(leaf.objects, width),
        leaf.with_nulls, view=leaf.view, copied_for=leaf.copied_for, fill=leaf.fill, noted=leaf.noted,
        fill_as=leaf.fill_as, all_missing=leaf.all_missing,
    )  # fmt: skip


def deeper() -> list[Case]:
    values = integers("int16")
    inner = pa.list_(pa.int16(), 2)
    middle = pa.list_(inner, 3)
    outer = pa.list_(middle, 2)
    leaf = fixed(pa.int16(), values)
    pairs = windows(values, 2)
    triples = windows(pairs, 3)
    packed = pa.list_(pa.list_(pa.bool_(), 2), 2)
    flags = windows(windows(BOOLS, 2), 2)
    return [
        case("fixed_size_list", middle, fixed_list(middle, fixed_list(inner, leaf)), triples,
             triples.astype(object), "float32", fill=42),
        case("fixed_size_list", outer, fixed_list(outer, fixed_list(middle, fixed_list(inner, leaf))),
             windows(triples, 2), windows(triples, 2).astype(object), "float32", fill=42),
        # The child array is itself a slice: its offset counts as well as the parent's.
        case("fixed_size_list", middle, fixed_list(middle, fixed_list(inner, leaf, offset=5), offset=3), triples,
             triples.astype(object), "float32", fill=42, label=f"{middle} over sliced children"),
        case("fixed_size_list", packed, fixed_list(packed, fixed_list(packed.value_type, bits(pa.bool_(), BOOLS), 3)),
             flags, flags.astype(object), object, view=False, copied_for=("bit-packed",), fill=False),
    ]  # fmt: skip


def struct_case() -> Case:
    """As a matrix (rows, fields); tests/test_matrix.py has the rest of its rules."""
    type = pa.struct([("a", pa.int32()), ("b", pa.float64()), ("c", pa.int8())])
    values = np.array([[1, 0.5, -1], [2**31 - 1, -0.0, 127], [-5, 1e300, 0], [0, 4.0, -128]])
    columns = [values[:, 0].astype("int32"), values[:, 1].copy(), values[:, 2].astype("int8")]

    def make(idx, valid):
        children = [fixed(f.type, c)(idx, None) for f, c in zip(type, columns, strict=True)]
        return pa.Array.from_buffers(type, len(idx), [bitmap(valid)], children=children)

    pythons = objects_of([tuple(c[i].item() for c in columns) for i in range(4)], (3,))
    return case(
        "struct", type, make, values, pythons, "float64", view=False, copied_for=("cast",), fill=9, label="struct",
        columnar=True,
    )  # fmt: skip
