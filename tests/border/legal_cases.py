"""Arrays that look odd and are sound, with the values that are in them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from .recipes import (
    Recipe,
    bits,
    boolean,
    dense_union,
    encoded,
    extension,
    fixed_list,
    list_views,
    lists,
    mapping,
    one_view,
    pack,
    primitive,
    raw_view,
    raw_views,
    runs,
    text,
    text_view,
)
from .samples import BY_NAME, LONG

INTS = primitive("i", [1, 2, 3])
NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Case:
    """``view``: whether the result is the memory of the last buffer (of the first child, for a fixed-size list)."""

    name: str
    kind: str  # as the type table names it
    recipe: Recipe
    values: list | np.ndarray
    view: bool = False


BITMAP = bits([1, 0, 1])
CASES = [
    Case("null-count-unknown", "int32", INTS.but(buffer_0=BITMAP, null_count=-1), [1, NAN, 3]),
    Case(
        "null-count-unknown-all-valid", "int32", INTS.but(buffer_0=bits([1, 1, 1]), null_count=-1), [1, 2, 3], view=True
    ),
    Case("null-count-unknown-no-bitmap", "int32", INTS.but(null_count=-1), [1, 2, 3], view=True),
    Case("null-count-zero-and-a-null", "int32", INTS.but(buffer_0=BITMAP, null_count=0), [1, NAN, 3]),
    Case("null-count-too-small", "int32", INTS.but(buffer_0=bits([0, 0, 1]), null_count=1), [NAN, NAN, 3]),
    Case("null-count-too-large", "int32", INTS.but(buffer_0=BITMAP, null_count=3), [1, NAN, 3]),
    Case("null-count-beyond-the-rows", "int32", INTS.but(buffer_0=BITMAP, null_count=1000), [1, NAN, 3]),
    Case(
        "null-count-positive-and-all-valid",
        "int32",
        INTS.but(buffer_0=bits([1, 1, 1]), null_count=2),
        [1, 2, 3],
        view=True,
    ),
    Case("all-valid-bitmap", "int32", INTS.but(buffer_0=b"\xff"), [1, 2, 3], view=True),
    Case(
        "null-outside-the-slice",
        "int32",
        INTS.but(buffer_0=bits([0, 1, 1]), null_count=-1, offset=1, length=2),
        [2, 3],
        view=True,
    ),
    Case("not-nullable-and-null", "int32", INTS.but(buffer_0=BITMAP, null_count=1, flags=0), [1, NAN, 3]),
    Case("unknown-flags", "int32", INTS.but(flags=2**40 | 7), [1, 2, 3], view=True),
    Case("bits-beyond-the-end-unset", "bool", boolean([True, True, True]).but(buffer_1=b"\xff"), [True] * 3),
    Case("null-count-none-of-null", "null", Recipe("n", 3, null_count=0), [NAN] * 3),
    Case("null-count-unknown-of-null", "null", Recipe("n", 3, null_count=-1), [NAN] * 3),
    Case("bitmap-of-null", "null", Recipe("n", 3, [bytes(1)], null_count=3), [NAN] * 3),
    Case("bitmap-of-null-not-there", "null", Recipe("n", 3, [None], null_count=3), [NAN] * 3),
    Case("no-table-of-buffers-of-null", "null", Recipe("n", 3, null_count=3, array={"buffers": None}), [NAN] * 3),
    Case("metadata-without-keys", "int32", INTS.but(metadata=pack("i", [0])), [1, 2, 3], view=True),
    Case("metadata-of-15-mib", "int32", INTS.but(metadata={"k": bytes(15 * 2**20)}), [1, 2, 3], view=True),
    Case(
        "metadata-of-many-keys",
        "int32",
        INTS.but(metadata={f"k{key}": "" for key in range(1000)}),
        [1, 2, 3],
        view=True,
    ),
    Case("metadata-empty-key-and-value", "int32", INTS.but(metadata={"": ""}), [1, 2, 3], view=True),
    Case("name-null", "int32", INTS.but(name=None), [1, 2, 3], view=True),
    Case(
        "decimal-with-its-width",
        "decimal128",
        BY_NAME["decimal128"].but(format="d:38,2,128"),
        [Decimal("123.45"), None, Decimal("-0.01")],
    ),
    Case("fixed-size-list-with-rows-to-spare", "fixed_size_list", fixed_list(2, [1], INTS), [[1, 2]], view=True),
    Case(
        "fixed-size-list-by-both-offsets",
        "fixed_size_list",
        fixed_list(1, [1], INTS.but(offset=1, length=2), offset=1),
        [[3]],
        view=True,
    ),
    Case("fixed-size-list-of-0", "fixed_size_list", fixed_list(0, [1, 1], primitive("i", [])), [[], []]),
    Case(
        "tensor-with-a-zero",
        "arrow.fixed_shape_tensor",
        extension("arrow.fixed_shape_tensor", fixed_list(0, [1], primitive("i", [])), '{"shape": [0, 3]}'),
        np.empty((1, 0, 3)),
    ),
    Case("first-offset-not-zero", "utf8", Recipe("u", 2, [None, pack("i", [2, 3, 4]), b"abcd"]), ["c", "d"]),
    Case("data-beyond-the-last-offset", "utf8", Recipe("u", 1, [None, pack("i", [0, 1]), b"a\xff"]), ["a"]),
    Case("no-data-where-all-is-empty", "utf8", Recipe("u", 2, [None, pack("i", [0, 0, 0]), None]), ["", ""]),
    Case("no-data-where-all-is-empty-at-5", "large_binary", Recipe("Z", 1, [None, pack("q", [0, 0]), None]), [b""]),
    Case(
        "bad-text-under-a-null",
        "utf8",
        text("u", [b"ok", b"\xff"]).but(buffer_0=bits([1, 0]), null_count=1),
        ["ok", None],
    ),
    Case("bad-text-outside-the-slice", "utf8", text("u", [b"\xff", b"ok"]).but(offset=1, length=1), ["ok"]),
    Case("bad-bytes-in-binary", "binary", text("z", [b"\xff\xfe"]), [b"\xff\xfe"]),
    Case(
        "bad-view-under-a-null",
        "utf8_view",
        raw_views("vu", 2, one_view(b"a") + raw_view(-5, b"\xff", 9, -1), [], bitmap=bits([1, 0]), null_count=1),
        ["a", None],
    ),
    Case(
        "bad-view-outside-the-slice",
        "utf8_view",
        raw_views("vu", 1, raw_view(99, b"x", 9, 0) + one_view(b"a"), [], offset=1),
        ["a"],
    ),
    Case(
        "views-without-buffers-or-sizes", "utf8_view", raw_views("vu", 1, one_view(b"a"), []).but(buffer_2=None), ["a"]
    ),
    Case(
        "views-overlap",
        "binary_view",
        raw_views("vz", 2, raw_view(20, LONG[:4], 0, 0) + raw_view(13, LONG[2:6], 0, 2), [LONG]),
        [LONG[:20], LONG[2:15]],
    ),
    Case(
        "views-of-many-buffers",
        "utf8_view",
        raw_views("vu", 2, one_view(LONG, 2) + one_view(LONG, 0), [LONG, b"", LONG]),
        [LONG.decode()] * 2,
    ),
    Case("view-of-twelve", "utf8_view", text_view("vu", [b"a" * 12, b"a" * 13]), ["a" * 12, "a" * 13]),
    Case(
        "bad-index-under-a-null",
        "dictionary",
        encoded("c", [0, -7, 99], text("u", [b"a"])).but(buffer_0=bits([1, 0, 0]), null_count=2),
        ["a", None, None],
    ),
    Case(
        "bad-index-outside-the-slice",
        "dictionary",
        encoded("c", [99, 0], text("u", [b"a"]), offset=1).but(length=1),
        ["a"],
    ),
    Case("all-null-over-an-empty-dictionary", "dictionary", encoded("i", [None, None], text("u", [])), [None, None]),
    Case("no-rows-over-an-empty-dictionary", "dictionary", encoded("i", [], text("u", [])), []),
    Case("runs-beyond-the-length", "run_end_encoded", runs("i", [2, 900], primitive("i", [7, 8]), length=3), [7, 7, 8]),
    Case("runs-with-values-to-spare", "run_end_encoded", runs("i", [2], INTS), [1, 1]),
    Case("runs-sliced", "run_end_encoded", runs("s", [2, 4], primitive("i", [7, 8]), length=2, offset=1), [7, 8]),
    Case("runs-of-no-rows", "run_end_encoded", runs("i", [], primitive("i", [])), []),
    Case("list-view-out-of-order", "list_view", list_views("+vl", [(1, 2), (0, 2)], INTS), [[2, 3], [1, 2]]),
    Case(
        "list-first-offset-not-zero",
        "list",
        lists("+l", [1, 1], INTS).but(buffer_1=pack("i", [1, 2, 3])),
        [[2], [3]],
        view=True,
    ),
    Case(
        "list-by-both-offsets",
        "list",
        lists("+l", [1, 1, 1], primitive("i", [7, 1, 2, 3], offset=1).but(length=3)).but(offset=1, length=2),
        [[2], [3]],
        view=True,
    ),
    Case("map-without-entries", "map", mapping([0, 0], text("u", []), primitive("i", [])), [[], []]),
    Case("dense-union-out-of-order", "dense_union", dense_union([5, 5], [2, 0], {5: INTS}), [3, 1]),
    Case(
        "dense-union-null-count-unknown", "dense_union", dense_union([5, 5], [0, 1], {5: INTS}, null_count=-1), [1, 2]
    ),
]
