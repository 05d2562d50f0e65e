"""Faults inside the buffers: offsets, views, list views, text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .faults import Fault, recipe_fault
from .recipes import (
    Recipe,
    list_views,
    lists,
    mapping,
    one_view,
    pack,
    primitive,
    raw_view,
    raw_views,
    struct_of,
    text,
    text_view,
)
from .samples import LONG

ROWS = [2, 0, None, 3]  # sizes; the child has six values, of which five are used


def faults() -> Iterator[Fault]:
    yield from _offsets()
    yield from _views()
    yield from _list_views()
    yield from _text()


def _with_offsets(format: str) -> Recipe:
    if format == "+m":
        return mapping(ROWS, text("u", [b"k"] * 6), primitive("i", range(6)))
    if format.startswith("+"):
        return lists(format, ROWS, primitive("i", range(6), name="item"))
    return text(format, [b"ab", b"", None, b"cde"])


def _offsets() -> Iterator[Fault]:
    """Whatever row is null: a null row's offsets ascend too."""
    for format, label in (
        ("u", "utf8"),
        ("U", "large_utf8"),
        ("z", "binary"),
        ("Z", "large_binary"),
        ("+l", "list"),
        ("+L", "large_list"),
        ("+m", "map"),
    ):
        recipe = _with_offsets(format)
        code = "q" if format in ("U", "Z", "+L") else "i"
        least, most = (-(2**63), 2**63 - 1) if code == "q" else (-(2**31), 2**31 - 1)
        cases: dict[str, Sequence[int]] = {
            "first-negative": [-1, 2, 2, 2, 5],
            "first-minimum": [least, 2, 2, 2, 5],
            "all-negative": [-5, -4, -3, -2, -1],
            "second-decreasing": [3, 2, 2, 2, 5],
            "decreasing-to-negative": [0, -1, 2, 2, 5],
            "decreasing-in-the-middle": [0, 5, 2, 2, 5],
            "decreasing-at-a-null": [0, 2, 4, 3, 5],
            "decreasing-at-the-end": [0, 2, 2, 5, 3],
            "last-negative": [0, 2, 2, 2, -5],
            "last-zero": [0, 2, 2, 2, 0],
        }
        if format.startswith("+"):
            cases |= {
                "past-the-child": [0, 2, 2, 2, 7],
                "past-the-child-from-the-start": [7, 7, 7, 7, 7],
                "past-the-child-far": [0, 2, 2, 2, most],
                "past-the-child-and-back": [0, 2, 100, 2, 5],
            }
        for name, offsets in cases.items():
            yield recipe_fault("offsets", f"{label}-{name}", recipe.but(buffer_1=pack(code, offsets)))
        sliced = recipe.but(offset=1, length=3)
        yield recipe_fault("offsets", f"{label}-sliced", sliced.but(buffer_1=pack(code, [0, 2, 2, 5, 3])))
        yield recipe_fault("offsets", f"{label}-sliced-first", sliced.but(buffer_1=pack(code, [0, -1, 2, 2, 5])))
    child = primitive("i", range(6), name="item")
    yield recipe_fault("offsets", "list-past-a-sliced-child", lists("+l", [2, 3], child.but(offset=2, length=4)))
    yield recipe_fault("offsets", "list-over-an-empty-child", lists("+l", [2], primitive("i", [], name="item")))
    inner = lists("+l", [2, 2], child, name="item").but(buffer_1=pack("i", [0, 9, 4]))
    yield recipe_fault("offsets", "list-in-a-list", lists("+l", [2], inner))
    words = text("u", [b"ab", b"c"]).but(buffer_1=pack("i", [0, 2, 1]))
    yield recipe_fault("offsets", "text-in-a-list", lists("+l", [2], words.but(name="item")))
    yield recipe_fault(
        "offsets", "text-in-a-struct-in-a-list", lists("+l", [2], struct_of(2, {"a": words}).but(name="item"))
    )
    many = 5_000
    flat = [*range(many), many - 2]
    yield recipe_fault("offsets", "last-of-many", text("z", [b"x"] * many).but(buffer_1=pack("i", flat)))


def _views() -> Iterator[Fault]:
    size = len(LONG)
    cases = {
        "buffer-beyond": raw_view(size, LONG[:4], 1, 0),
        "buffer-far-beyond": raw_view(size, LONG[:4], 2**31 - 1, 0),
        "buffer-negative": raw_view(size, LONG[:4], -1, 0),
        "length-negative": raw_view(-1, b"a", 0, 0),
        "length-minimum": raw_view(-(2**31), b"a", 0, 0),
        "length-beyond": raw_view(size + 1, LONG[:4], 0, 0),
        "length-far-beyond": raw_view(2**31 - 1, LONG[:4], 0, 0),
        "offset-negative": raw_view(size, LONG[:4], 0, -1),
        "offset-beyond": raw_view(size, LONG[:4], 0, size),
        "offset-far-beyond": raw_view(size, LONG[:4], 0, 2**31 - 1),
        "end-beyond": raw_view(size - 1, LONG[:4], 0, 2),
        "sum-wraps": raw_view(2**31 - 1, LONG[:4], 0, 2**31 - 1),
    }
    good = one_view(LONG)
    for format in ("vu", "vz"):
        for name, view in cases.items():
            yield recipe_fault("views", f"{format}-{name}", raw_views(format, 3, good + view + good, [LONG]))
        recipe = text_view(format, [LONG, LONG])
        yield recipe_fault("views", f"{format}-no-buffers", raw_views(format, 1, good, []))
        yield recipe_fault("views", f"{format}-empty-buffer", recipe.but(buffer_2=b"", buffer_3=pack("q", [0])))
        yield recipe_fault("views", f"{format}-size-negative", recipe.but(buffer_3=pack("q", [-1])))
        yield recipe_fault("views", f"{format}-size-minimum", recipe.but(buffer_3=pack("q", [-(2**63)])))
        yield recipe_fault("views", f"{format}-sizes-null", recipe.but(buffer_3=None))
        yield recipe_fault("views", f"{format}-buffer-null", recipe.but(buffer_2=None))
        yield recipe_fault(
            "views",
            f"{format}-unused-size-negative",
            raw_views(format, 1, one_view(b"a"), [LONG, LONG]).but(buffer_4=pack("q", [size, -1])),
        )
        sliced = raw_views(format, 1, good + cases["offset-beyond"], [LONG], offset=1)
        yield recipe_fault("views", f"{format}-sliced", sliced)
        yield recipe_fault(
            "views",
            f"{format}-in-a-list",
            lists("+l", [2], raw_views(format, 2, good + cases["buffer-beyond"], [LONG], name="item")),
        )


def _list_views() -> Iterator[Fault]:
    child = primitive("i", range(6), name="item")
    for format, label, most in (("+vl", "list_view", 2**31 - 1), ("+vL", "large_list_view", 2**63 - 1)):
        cases = {
            "offset-negative": (-1, 2),
            "offset-minimum": (-most - 1, 2),
            "offset-beyond": (7, 0),
            "offset-maximum": (most, 0),
            "size-negative": (2, -1),
            "size-minimum": (2, -most - 1),
            "size-beyond": (0, 7),
            "size-maximum": (0, most),
            "end-beyond": (4, 3),
            "sum-wraps": (most, most),
            "sum-wraps-to-zero": (most, 1),
            "cancel-out": (-2, 4),
        }
        for name, row in cases.items():
            yield recipe_fault("list-views", f"{label}-{name}", list_views(format, [(0, 2), row, (2, 2)], child))
        yield recipe_fault(
            "list-views", f"{label}-sliced", list_views(format, [(0, 2), (4, 3)], child).but(offset=1, length=1)
        )
        yield recipe_fault(
            "list-views", f"{label}-beyond-a-sliced-child", list_views(format, [(3, 2)], child.but(offset=2, length=4))
        )
        yield recipe_fault(
            "list-views", f"{label}-over-an-empty-child", list_views(format, [(0, 1)], primitive("i", [], name="item"))
        )


def _text() -> Iterator[Fault]:
    bad = {
        "continuation-alone": b"ok\x80",
        "truncated": b"ok\xe2\x82",
        "overlong": b"\xc0\xaf",
        "surrogate": b"\xed\xa0\x80",
        "beyond-unicode": b"\xf5\x80\x80\x80",
        "latin-1": "café".encode("latin-1"),
        "long": LONG + b"\xff",
    }
    row_2 = r"utf-8.*\b2\b|\b2\b.*utf-8"
    for format, label in (("u", "utf8"), ("U", "large_utf8"), ("vu", "utf8_view")):
        make = text_view if format == "vu" else text
        for name, value in bad.items():
            yield recipe_fault(
                "utf8",
                f"{label}-{name}",
                make(format, [b"ok", None, value, b"ok"]),
                explain_succeeds=True,
                message=row_2,
            )
        sliced = make(format, [b"ok", b"ok", b"ok", b"\x80"]).but(offset=1, length=3)
        yield recipe_fault("utf8", f"{label}-sliced", sliced, explain_succeeds=True, message=row_2)
        many = make(format, [b"ok", b"ok", b"\xff", *[b"ok"] * 5_000])
        yield recipe_fault("utf8", f"{label}-among-many", many, explain_succeeds=True, message=row_2)
    for format in ("u", "U"):
        # The bytes taken together are UTF-8; a value ends in the middle of a character.
        cut = text(format, [b"ok", b"ok", b"\xc3", b"\xa9"])
        yield recipe_fault("utf8", f"{format}-cut-between-rows", cut, explain_succeeds=True, message=row_2)
