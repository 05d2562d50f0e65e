"""Faults of lengths: negative, overflowing, children too short."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import Fault, recipe_fault
from .recipes import Recipe, fixed_list, mapping, primitive, runs, sparse_union, struct_of, text
from .samples import BY_NAME, FORMS

MOST = 2**63 - 1
ROWS = 2**57 - 1
# Lengths at which length x width leaves 64 bits, while the length alone doesn't.
PRODUCTS = {
    "int32": 2**62,
    "int64": 2**61,
    "float16": 2**62 + 2**61,
    "decimal128": 2**60,
    "decimal256": 2**59,
    "interval_nanos": 2**60,
    "fixed_size_binary": 2**62,
    "utf8": MOST,
    "large_binary": 2**61,
    "utf8_view": 2**60,
    "list": MOST,
    "large_list": 2**61,
    "list_view": 2**62,
    "large_list_view": 2**61,
    "fixed_size_list": 2**62,
    "map": MOST,
    "dense_union": 2**62,
    "tensor": 2**61,
    "uuid": 2**60,
}


def faults() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        for field in ("length", "offset"):
            for value in (-1, -(2**63)):
                yield recipe_fault("length-sign", f"{field}{value}-{name}", recipe.but(**{field: value}))
        yield recipe_fault("length-sign", f"both-{name}", recipe.but(length=-3, offset=3))
        yield recipe_fault("length-overflow", f"sum-{name}", recipe.but(offset=MOST))
        yield recipe_fault("length-overflow", f"sum-by-one-{name}", recipe.but(offset=1, length=MOST))
    for name, length in PRODUCTS.items():
        yield recipe_fault("length-overflow", f"product-{name}", BY_NAME[name].but(length=length))
        yield recipe_fault("length-overflow", f"product-by-offset-{name}", BY_NAME[name].but(offset=length - 3))
    wide = fixed_list(2**31 - 1, [1], primitive("i", [1], name="item"))
    yield recipe_fault("length-overflow", "fixed-size-list-wide", wide.but(length=2**40))
    yield recipe_fault(
        "length-overflow",
        "fixed-size-list-in-another",
        fixed_list(2**31 - 1, [1], wide.but(length=2**31 - 1)).but(length=2**31 - 1),
    )
    yield from _children()
    yield from _boundless()


def _boundless() -> Iterator[Fault]:
    """Sound arrays of more rows than any memory holds: their result can't be made, and the failure must be an ordinary one."""
    nothing = primitive("i", [], name="item")
    cases = {
        **{f"null-{power}": Recipe("n", 2**power) for power in (56, 60, 62)},
        "null-57": Recipe("n", ROWS),
        "null-63": Recipe("n", MOST),
        "struct-of-null-57": struct_of(ROWS, {"x": Recipe("n", ROWS)}),
        "struct-of-nothing-57": struct_of(ROWS, {}),
        "fixed-size-list-of-0-57": fixed_list(0, [], nothing).but(length=ROWS),
        "fixed-size-list-of-null": fixed_list(2**31 - 1, [], Recipe("n", 2**55, name="item")).but(length=2**24),
        "struct-of-nothing": struct_of(MOST, {}),
        "struct-of-null": struct_of(MOST, {"x": Recipe("n", MOST)}),
        "fixed-size-list-of-0": fixed_list(0, [], nothing).but(length=MOST),
        "fixed-size-binary-of-0": Recipe("w:0", MOST, [None, b""]),
        "runs": runs("l", [MOST], primitive("i", [7])),
        "null-by-offset": Recipe("n", 3, offset=MOST - 3),
    }
    ways = ("ArrowndError", "MemoryError", "ValueError", "OverflowError")
    for name, recipe in cases.items():
        yield recipe_fault(
            "length-overflow", f"boundless-{name}", recipe, expected=ways, may_succeed=True, message="", field=False
        )


def _children() -> Iterator[Fault]:
    two, three = primitive("i", [1, 2]), primitive("i", [1, 2, 3])
    yield _short("struct", struct_of(3, {"a": three, "b": two}))
    yield _short("struct-of-null-rows", struct_of(3, {"a": two}, rows=[1, None, None]))
    yield _short("struct-by-offset", struct_of(2, {"a": three}, offset=2))
    yield _short("struct-by-offset-over-empty", struct_of(1, {"a": primitive("i", [])}, offset=1))
    yield _short("struct-child-has-its-own-offset", struct_of(3, {"a": three.but(length=2, offset=1)}))
    yield _short("struct-second-child", struct_of(3, {"a": three, "b": text("u", [b"x"])}))
    yield _short("struct-nested", struct_of(3, {"a": struct_of(3, {"b": two})}))
    yield _short("struct-nested-by-both-offsets", struct_of(1, {"a": struct_of(2, {"b": three}, offset=2)}, offset=1))
    item = primitive("i", range(5), name="item")
    yield _short("fixed-size-list", fixed_list(3, [1, 1], item))
    yield _short("fixed-size-list-null-row", fixed_list(3, [1, None], item))
    yield _short("fixed-size-list-by-offset", fixed_list(3, [1], item, offset=1))
    yield _short(
        "fixed-size-list-nested", fixed_list(2, [1, 1], fixed_list(2, [1, 1, 1], primitive("i", range(6)), name="item"))
    )
    yield _short("tensor", BY_NAME["tensor"].but(child_0=item))
    yield _short("sparse-union", sparse_union([5, 7, 5], {5: three, 7: two}))
    yield _short("sparse-union-unused-kind", sparse_union([5, 5, 5], {5: three, 7: two}))
    yield _short(
        "sparse-union-by-offset", sparse_union([5, 7], {5: three, 7: three}).but(buffer_0=b"\5\7\5\7", offset=2)
    )
    yield _short("run-end-values", runs("i", [1, 3, 4], text("u", [b"x", b"y"])))
    keys = primitive("i", [1, 2])
    entries = mapping([2], keys, keys).children[0]
    yield _short(
        "map-key", mapping([2], keys, keys).but(child_0=entries.but(child_0=primitive("i", [1], name="key", flags=0)))
    )
    yield _short(
        "map-value", mapping([2], keys, keys).but(child_0=entries.but(child_1=primitive("i", [1], name="value")))
    )


def _short(name: str, recipe: Recipe) -> Fault:
    return recipe_fault("children-long-enough", name, recipe)
