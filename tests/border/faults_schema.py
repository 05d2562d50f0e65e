"""Faults of the schema: released, format, names, metadata, children."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .faults import Fault, producer_fault, recipe_fault
from .producers import ArrayProducer
from .recipes import Recipe, encode_metadata, encoded, fixed_list, list_views, lists, primitive, runs, struct_of, text
from .samples import BY_NAME, FORMS

MIB = 2**20
INTS = primitive("i", [1, 2])
FLAT = {"buffers": [None, bytes(32)]}
KINDS = {"child": 1, "children": 2}


def faults() -> Iterator[Fault]:
    yield from _released()
    yield from _formats()
    yield from _names()
    yield from _metadata()
    yield from _child_counts()
    yield from _child_pointers()
    yield from _depth()


def _released() -> Iterator[Fault]:
    for name in ("int32", "utf8_view", "struct", "list", "fixed_size_list", "map", "dense_union", "dictionary_int8", "runs_int16", "null"):
        recipe = BY_NAME[name]
        yield recipe_fault("released", f"array-{name}", recipe.array_but(release=None), batch=False)  # as a batch, it is the end
        yield recipe_fault("released", f"schema-{name}", recipe.schema_but(release=None), in_schema=True)
        if recipe.children:
            last = len(recipe.children) - 1
            child = recipe.children[last]
            yield recipe_fault("released", f"child-array-{name}", recipe.but(**{f"child_{last}": child.array_but(release=None)}))
            yield recipe_fault("released", f"child-schema-{name}", recipe.but(**{f"child_{last}": child.schema_but(release=None)}), in_schema=True)
        if recipe.dictionary:
            gone = recipe.dictionary
            yield recipe_fault("released", f"dictionary-array-{name}", recipe.but(dictionary=gone.array_but(release=None)))
            yield recipe_fault("released", f"dictionary-schema-{name}", recipe.but(dictionary=gone.schema_but(release=None)), in_schema=True)


def _shaped(format: str | bytes | None, shape: str) -> Recipe:
    """One row of the shape that the format would have, were it right."""
    children = [INTS.but(name=f"child{index}") for index in range(KINDS.get(shape, 0))]
    buffers = {"text": [None, bytes(8), b""], "child": [None], "children": [bytes(2), bytes(8)]}.get(shape, FLAT["buffers"])
    return Recipe(format, 1, buffers, children)


NOT_KNOWN = {
    "flat": ["x", "?", "ii", "I2", "q", "i ", " i", "t", "td", "tdX", "tdDx", "tt", "ttx", "ttn:", "ts", "tDx", "tD", "tiX", "ti", "nn", "v", "vx", "bool"],
    "text": ["uu", "u8", "zz", "str"],
    "child": ["+", "+x", "+ll", "+v", "+vx", "+mm", "+list", "l+"],
    "children": ["+ss", "+rr", "+u", "+ux", "+ux:0,1"],
}
BAD_PARAMETERS = {
    "flat": [
        *("tsx:", "tss", "tsn", "ts:", "tsn;UTC"),
        *("w", "w:", "w:-1", "w:99999999999999999999", "w:4294967296", "w:abc", "w: 3", "w:3 ", "w:3x", "w:3,4", "w:1.5"),
        *("d", "d:", "d:1", "d:,", "d:a,b", "d:10,", "d:,2", "d:0,0", "d:-1,0", "d:39,0", "d:99999999999,0", "d:10,99999999999"),
        *("d:19,10,7", "d:19,10,", "d:19,10,128,1", "d:10,0,32", "d:19,0,64", "d:77,0,256", "d:10,0,0", "d:10,0,-128", "d:10,0,512"),
    ],
    "child": ["+w", "+w:", "+w:-3", "+w:x", "+w:99999999999", "+w:3,3", "+w:1.5", "+w:3 "],
    "children": ["+ud", "+us", "+ud:", "+us:", "+ud:a,b", "+us:1,1", "+ud:5,5", "+us:1,200", "+us:0,128", "+us:-1,0", "+us:0,1,", "+us:,", "+us:0;1"],
}


def _formats() -> Iterator[Fault]:
    for shape in ("flat", "child"):
        yield recipe_fault("format-set", f"null-{shape}", _shaped(None, shape), in_schema=True)
        yield recipe_fault("format-set", f"empty-{shape}", _shaped("", shape), in_schema=True)
    for label, raw in (("bytes", b"\xff\xfe"), ("timezone", b"tsn:\xff\xfe"), ("middle", b"w:\x80"), ("nested", b"+\xc3")):
        yield recipe_fault("format-utf8", label, _shaped(raw, "child" if label == "nested" else "flat"), in_schema=True)
    for rule, formats in (("format-known", NOT_KNOWN), ("format-parameters", BAD_PARAMETERS)):
        for shape, listed in formats.items():
            for format in listed:
                yield recipe_fault(rule, repr(format), _shaped(format, shape), in_schema=True)
    yield recipe_fault("format-known", "long", _shaped("i" * 100_000, "flat"), in_schema=True)
    yield recipe_fault("format-parameters", "many-union-ids", _shaped("+us:" + ",".join(["0"] * 100_000), "children"), in_schema=True)
    yield recipe_fault("format-known", "in-a-child", lists("+l", [2], INTS.but(format="x")), in_schema=True)
    yield recipe_fault("format-known", "in-a-dictionary", encoded("c", [0], text("u", [b"a"]).but(format="x")), in_schema=True)


def _names() -> Iterator[Fault]:
    bad = b"na\xffme"
    yield recipe_fault("names", "field", struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=bad)), in_schema=True)
    yield recipe_fault("names", "second-field", struct_of(2, {"a": INTS, "b": INTS}).but(child_1=INTS.but(name=bad)), in_schema=True)
    yield recipe_fault("names", "deep", lists("+l", [2], struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=bad))), in_schema=True)
    yield recipe_fault("names", "truncated", struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=b"caf\xc3")), in_schema=True)


def _metadata() -> Iterator[Fault]:
    def pair(key_length: int, value_length: int | None = None) -> bytes:
        head = struct.pack("=ii", 1, key_length) + b"key"
        return head if value_length is None else head + struct.pack("=i", value_length) + b"value"

    cases = {
        "count-negative": struct.pack("=i", -1),
        "count-minimum": struct.pack("=i", -(2**31)),
        "count-maximum": struct.pack("=i", 2**31 - 1),
        "count-beyond-16-mib": struct.pack("=i", 3_000_000),
        "key-negative": pair(-1),
        "key-minimum": pair(-(2**31)),
        "key-17-mib": pair(17 * MIB),
        "key-maximum": pair(2**31 - 1),
        "value-negative": pair(3, -1),
        "value-17-mib": pair(3, 17 * MIB),
        "value-maximum": pair(3, 2**31 - 1),
        "value-really-17-mib": encode_metadata({"key": bytes(17 * MIB)}),
        "second-value-negative": struct.pack("=iiii", 2, 0, 0, 0) + struct.pack("=i", -5),
    }
    for name, raw in cases.items():
        yield recipe_fault("metadata", name, INTS.but(metadata=raw), in_schema=True)
    yield recipe_fault("metadata", "in-a-child", lists("+l", [2], INTS.but(metadata=cases["count-negative"])), in_schema=True)
    # The specification doesn't say that metadata is text: it may be refused or ignored, and must not harm.
    yield recipe_fault("metadata", "not-utf8", INTS.but(metadata={"k": b"\xff\xfe"}), in_schema=True, may_succeed=True, sound=INTS, field=False)


def _child_counts() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        n = len(recipe.children)
        extra = recipe.but(children=[*recipe.children, INTS.but(name="extra")])
        more, fewer = extra.children, list(recipe.children)[:-1]
        if recipe.format != "+s":  # a struct may have any number, if both sides agree
            yield recipe_fault("child-count", f"one-more-{name}", extra, in_schema=True)
        if n and recipe.format != "+s":
            yield recipe_fault("child-count", f"one-fewer-{name}", recipe.but(children=fewer), in_schema=True)
        if n:
            keep = [*range(n - 1)]
            yield recipe_fault("child-count", f"array-one-fewer-{name}", recipe.array_but(child_pointers=keep))
            yield recipe_fault("child-count", f"schema-one-fewer-{name}", recipe.schema_but(child_pointers=keep), in_schema=recipe.format != "+s")
            yield recipe_fault("child-count", f"array-none-{name}", recipe.array_but(n_children=0))
        # The table of pointers ends long before: it mustn't be read as far as that.
        yield recipe_fault("child-count", f"array-1000000-{name}", recipe.array_but(n_children=10**6))
        if recipe.format != "+s":
            yield recipe_fault("child-count", f"schema-1000000-{name}", recipe.schema_but(n_children=10**6), in_schema=True)
        yield recipe_fault("child-count", f"array-one-more-{name}", recipe.but(children=more, schema={"child_pointers": [*range(n)]}))
        yield recipe_fault("child-count", f"array-negative-{name}", recipe.array_but(n_children=-1))
        yield recipe_fault("child-count", f"schema-negative-{name}", recipe.schema_but(n_children=-1), in_schema=True)
        yield recipe_fault("child-count", f"array-huge-{name}", recipe.array_but(n_children=2**62))
        # More children than any address space has pointers for: the one count that a struct's schema can't have.
        yield recipe_fault("child-count", f"schema-huge-{name}", recipe.schema_but(n_children=2**62), in_schema=True)
    entries = struct_of(2, {"key": text("u", [b"a", b"b"])}, name="entries")
    three = struct_of(2, {"key": INTS, "value": INTS, "extra": INTS}, name="entries")
    yield recipe_fault("child-count", "map-of-one", lists("+m", [2], entries), in_schema=True)
    yield recipe_fault("child-count", "map-of-three", lists("+m", [2], three), in_schema=True)
    yield recipe_fault("child-count", "map-of-ints", lists("+m", [2], INTS), in_schema=True)
    nulls = struct_of(2, {"key": INTS, "value": INTS}, rows=[1, None], name="entries")
    yield recipe_fault("child-count", "map-with-null-entries", lists("+m", [2], nulls), may_succeed=True, expected=("ArrowndError",), message="", field=False)


def _child_pointers() -> Iterator[Fault]:
    for name in ("struct", "list", "list_view", "fixed_size_list", "map", "sparse_union", "runs_int32"):
        recipe = BY_NAME[name]
        last = [*range(len(recipe.children) - 1)]
        yield recipe_fault("child-pointers", f"array-table-null-{name}", recipe.array_but(children=None))
        yield recipe_fault("child-pointers", f"schema-table-null-{name}", recipe.schema_but(children=None), in_schema=True)
        yield recipe_fault("child-pointers", f"array-child-null-{name}", recipe.array_but(child_pointers=[*last, None]))
        yield recipe_fault("child-pointers", f"schema-child-null-{name}", recipe.schema_but(child_pointers=[*last, None]), in_schema=True)
    # A child is owned, and can be taken away and released alone: two pointers to one are no tree.
    twice = struct_of(2, {"a": INTS, "b": INTS}).array_but(child_pointers=[0, 0])
    yield recipe_fault("child-pointers", "array-child-twice", twice)
    yield producer_fault("child-pointers", "array-child-twice-and-once-released", lambda: ArrayProducer(twice, guard=True), calls=("last_column",))
    deep = struct_of(2, {"a": struct_of(2, {"x": INTS, "y": INTS}).array_but(child_pointers=[1, 1]), "b": INTS})
    yield recipe_fault("child-pointers", "array-child-twice-below", deep)
    for name in ("struct", "list", "fixed_size_list"):
        recipe = BY_NAME[name]
        last = [*range(len(recipe.children) - 1)]
        cycle = recipe.schema_but(child_pointers=[*last, "self"])
        yield recipe_fault("child-pointers", f"schema-cycle-{name}", cycle, in_schema=True, field=False)
        both = cycle.array_but(child_pointers=[*last, "self"])
        yield recipe_fault("child-pointers", f"cycle-{name}", both, in_schema=True, field=False)


def _nest(kind: str, levels: int) -> Recipe:
    leaf = primitive("i", [1], name="leaf")
    around = {
        "list": lists("+l", [1], leaf, name="item"),
        "list_view": list_views("+vl", [(0, 1)], leaf, name="item"),
        "fixed_size_list": fixed_list(1, [1], leaf, name="item"),
        "struct": struct_of(1, {"x": leaf}, name="x"),
        "dictionary": encoded("c", [0], leaf),
        "runs": runs("i", [1], leaf, name="values"),
    }[kind]
    nested = leaf
    for _ in range(levels):
        inside = {"dictionary": nested} if kind == "dictionary" else {"children": [*around.children[:-1], nested]}
        nested = Recipe(around.format, 1, around.buffers, name=around.name, **inside)
    return nested


def _depth() -> Iterator[Fault]:
    for kind in ("list", "list_view", "fixed_size_list", "struct", "dictionary", "runs"):
        yield recipe_fault("depth", f"129-{kind}", _nest(kind, 129), in_schema=True, field=False)
        yield recipe_fault("depth", f"2000-{kind}", _nest(kind, 2000), in_schema=True, large=True)
    for kind in ("list", "struct"):
        yield recipe_fault("depth", f"100000-{kind}", _nest(kind, 100_000), in_schema=True, large=True)
