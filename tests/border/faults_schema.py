"""Faults of the schema: released, format, names, metadata."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .faults import Fault, recipe_fault
from .recipes import Recipe, encode_metadata, encoded, lists, primitive, struct_of, text
from .samples import BY_NAME

MIB = 2**20
INTS = primitive("i", [1, 2])
FLAT = {"buffers": [None, bytes(32)]}
KINDS = {"child": 1, "children": 2}


def faults() -> Iterator[Fault]:
    yield from _released()
    yield from _formats()
    yield from _names()
    yield from _metadata()


def _released() -> Iterator[Fault]:
    for name in (
        "int32",
        "utf8_view",
        "struct",
        "list",
        "fixed_size_list",
        "map",
        "dense_union",
        "dictionary_int8",
        "runs_int16",
        "null",
    ):
        recipe = BY_NAME[name]
        yield recipe_fault(
            "released", f"array-{name}", recipe.array_but(release=None), batch=False
        )  # as a batch, it is the end
        yield recipe_fault("released", f"schema-{name}", recipe.schema_but(release=None), in_schema=True)
        if recipe.children:
            last = len(recipe.children) - 1
            child = recipe.children[last]
            yield recipe_fault(
                "released", f"child-array-{name}", recipe.but(**{f"child_{last}": child.array_but(release=None)})
            )
            yield recipe_fault(
                "released",
                f"child-schema-{name}",
                recipe.but(**{f"child_{last}": child.schema_but(release=None)}),
                in_schema=True,
            )
        if recipe.dictionary:
            gone = recipe.dictionary
            yield recipe_fault(
                "released", f"dictionary-array-{name}", recipe.but(dictionary=gone.array_but(release=None))
            )
            yield recipe_fault(
                "released",
                f"dictionary-schema-{name}",
                recipe.but(dictionary=gone.schema_but(release=None)),
                in_schema=True,
            )


def _shaped(format: str | bytes | None, shape: str) -> Recipe:
    """One row of the shape that the format would have, were it right."""
    children = [INTS.but(name=f"child{index}") for index in range(KINDS.get(shape, 0))]
    buffers = {"text": [None, bytes(8), b""], "child": [None], "children": [bytes(2), bytes(8)]}.get(
        shape, FLAT["buffers"]
    )
    return Recipe(format, 1, buffers, children)


NOT_KNOWN = {
    "flat": [
        "x",
        "?",
        "ii",
        "I2",
        "q",
        "i ",
        " i",
        "t",
        "td",
        "tdX",
        "tdDx",
        "tt",
        "ttx",
        "ttn:",
        "ts",
        "tDx",
        "tD",
        "tiX",
        "ti",
        "nn",
        "v",
        "vx",
        "bool",
    ],
    "text": ["uu", "u8", "zz", "str"],
    "child": ["+", "+x", "+ll", "+v", "+vx", "+mm", "+list", "l+"],
    "children": ["+ss", "+rr", "+u", "+ux", "+ux:0,1"],
}
BAD_PARAMETERS = {
    "flat": [
        *("tsx:", "tss", "tsn", "ts:", "tsn;UTC"),
        *(
            "w",
            "w:",
            "w:-1",
            "w:99999999999999999999",
            "w:4294967296",
            "w:abc",
            "w: 3",
            "w:3 ",
            "w:3x",
            "w:3,4",
            "w:1.5",
        ),
        *(
            "d",
            "d:",
            "d:1",
            "d:,",
            "d:a,b",
            "d:10,",
            "d:,2",
            "d:0,0",
            "d:-1,0",
            "d:39,0",
            "d:99999999999,0",
            "d:10,99999999999",
        ),
        *(
            "d:19,10,7",
            "d:19,10,",
            "d:19,10,128,1",
            "d:10,0,32",
            "d:19,0,64",
            "d:77,0,256",
            "d:10,0,0",
            "d:10,0,-128",
            "d:10,0,512",
        ),
    ],
    "child": ["+w", "+w:", "+w:-3", "+w:x", "+w:99999999999", "+w:3,3", "+w:1.5", "+w:3 "],
    "children": [
        "+ud",
        "+us",
        "+ud:",
        "+us:",
        "+ud:a,b",
        "+us:1,1",
        "+ud:5,5",
        "+us:1,200",
        "+us:0,128",
        "+us:-1,0",
        "+us:0,1,",
        "+us:,",
        "+us:0;1",
    ],
}


def _formats() -> Iterator[Fault]:
    for shape in ("flat", "child"):
        yield recipe_fault("format-set", f"null-{shape}", _shaped(None, shape), in_schema=True)
        yield recipe_fault("format-set", f"empty-{shape}", _shaped("", shape), in_schema=True)
    for label, raw in (
        ("bytes", b"\xff\xfe"),
        ("timezone", b"tsn:\xff\xfe"),
        ("middle", b"w:\x80"),
        ("nested", b"+\xc3"),
    ):
        yield recipe_fault("format-utf8", label, _shaped(raw, "child" if label == "nested" else "flat"), in_schema=True)
    for rule, formats in (("format-known", NOT_KNOWN), ("format-parameters", BAD_PARAMETERS)):
        for shape, listed in formats.items():
            for format in listed:
                yield recipe_fault(rule, repr(format), _shaped(format, shape), in_schema=True)
    yield recipe_fault("format-known", "long", _shaped("i" * 100_000, "flat"), in_schema=True)
    yield recipe_fault(
        "format-parameters", "many-union-ids", _shaped("+us:" + ",".join(["0"] * 100_000), "children"), in_schema=True
    )
    yield recipe_fault("format-known", "in-a-child", lists("+l", [2], INTS.but(format="x")), in_schema=True)
    yield recipe_fault(
        "format-known", "in-a-dictionary", encoded("c", [0], text("u", [b"a"]).but(format="x")), in_schema=True
    )


def _names() -> Iterator[Fault]:
    bad = b"na\xffme"
    yield recipe_fault("names", "field", struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=bad)), in_schema=True)
    yield recipe_fault(
        "names", "second-field", struct_of(2, {"a": INTS, "b": INTS}).but(child_1=INTS.but(name=bad)), in_schema=True
    )
    yield recipe_fault(
        "names", "deep", lists("+l", [2], struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=bad))), in_schema=True
    )
    yield recipe_fault(
        "names", "truncated", struct_of(2, {"a": INTS}).but(child_0=INTS.but(name=b"caf\xc3")), in_schema=True
    )


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
    yield recipe_fault(
        "metadata", "in-a-child", lists("+l", [2], INTS.but(metadata=cases["count-negative"])), in_schema=True
    )
    # The specification doesn't say that metadata is text: it may be refused or ignored, and must not harm.
    yield recipe_fault(
        "metadata",
        "not-utf8",
        INTS.but(metadata={"k": b"\xff\xfe"}),
        in_schema=True,
        may_succeed=True,
        sound=INTS,
        field=False,
    )
