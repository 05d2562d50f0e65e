"""One sound array of every Arrow type, with what pyarrow reads in it. The faults are these, spoiled."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .recipes import (
    Recipe,
    boolean,
    decimal,
    dense_union,
    encoded,
    extension,
    fixed_binary,
    fixed_list,
    list_views,
    lists,
    mapping,
    null,
    primitive,
    runs,
    sparse_union,
    struct_of,
    text,
    text_view,
)

LONG = b"a text of more than twelve bytes"
INT_RANGES = {"c": 7, "s": 15, "i": 31, "l": 63}
DAY = dt.date(1970, 1, 2)
UTC = dt.timezone.utc


@dataclass(frozen=True, eq=False)
class Sample:
    name: str
    type: str  # as pyarrow prints it
    recipe: Recipe
    values: list[Any] | None  # as pyarrow's to_pylist gives them; None: it has no words for them


def _numbers() -> list[Sample]:
    samples = []
    for code, bits in INT_RANGES.items():
        top = 2**bits
        samples.append(
            Sample(f"int{bits + 1}", f"int{bits + 1}", primitive(code, [-top, None, top - 1]), [-top, None, top - 1])
        )
        unsigned = [0, None, 2 * top - 1]
        samples.append(Sample(f"uint{bits + 1}", f"uint{bits + 1}", primitive(code.upper(), unsigned), unsigned))
    for code, name, type_ in (("e", "float16", "halffloat"), ("f", "float32", "float"), ("g", "float64", "double")):
        samples.append(Sample(name, type_, primitive(code, [1.5, None, -0.25]), [1.5, None, -0.25]))
    for width, digits in ((32, 9), (64, 18), (128, 38), (256, 76)):
        stored = decimal(width, digits, 2, [12345, None, -1])
        samples.append(
            Sample(
                f"decimal{width}", f"decimal{width}({digits}, 2)", stored, [Decimal("123.45"), None, Decimal("-0.01")]
            )
        )
    return samples


def _times() -> list[Sample]:
    samples = [
        Sample("date32", "date32[day]", primitive("tdD", [1, None, 0]), [DAY, None, dt.date(1970, 1, 1)]),
        Sample("date64", "date64[ms]", primitive("tdm", [86_400_000, None, 0]), [DAY, None, dt.date(1970, 1, 1)]),
        Sample("interval_months", "month_interval", primitive("tiM", [1, None, -3]), None),
        Sample("interval_days", "day_time_interval", primitive("tiD", [(1, 2), None, (3, 4)]), None),
        Sample(
            "interval_nanos",
            "month_day_nano_interval",
            primitive("tin", [(1, 2, 3), None, (4, 5, 6)]),
            [(1, 2, 3), None, (4, 5, 6)],
        ),
    ]
    for letter, unit, ticks in (("s", "s", 1), ("m", "ms", 10**3), ("u", "us", 10**6), ("n", "ns", 10**9)):
        width = 32 if letter in "sm" else 64
        second = dt.timedelta(seconds=1)
        at = dt.datetime(1970, 1, 1, 0, 0, 1)
        samples += [
            Sample(
                f"time_{unit}",
                f"time{width}[{unit}]",
                primitive(f"tt{letter}", [ticks, None, 0]),
                [dt.time(0, 0, 1), None, dt.time(0)],
            ),
            Sample(f"duration_{unit}", f"duration[{unit}]", primitive(f"tD{letter}", [ticks, None]), [second, None]),
            Sample(f"timestamp_{unit}", f"timestamp[{unit}]", primitive(f"ts{letter}:", [ticks, None]), [at, None]),
            Sample(
                f"timestamp_{unit}_utc",
                f"timestamp[{unit}, tz=UTC]",
                primitive(f"ts{letter}:UTC", [ticks]),
                [at.replace(tzinfo=UTC)],
            ),
        ]
    return samples


def _texts() -> list[Sample]:
    values = ["a", None, "", LONG.decode(), "é"]
    raw = [None if value is None else value.encode() for value in values]
    names = {"u": "utf8", "U": "large_utf8", "z": "binary", "Z": "large_binary", "vu": "utf8_view", "vz": "binary_view"}
    types = {
        "u": "string",
        "U": "large_string",
        "z": "binary",
        "Z": "large_binary",
        "vu": "string_view",
        "vz": "binary_view",
    }
    return [
        Sample(
            name, types[code], (text_view if "v" in code else text)(code, raw), values if "u" in code.lower() else raw
        )
        for code, name in names.items()
    ]


def _nested() -> list[Sample]:
    numbers = primitive("i", [1, None, 3, 4, 5, 6], name="item")
    words = text("u", [b"x", None, b"zz"])
    rows, three = [[1, None], None, [], [3, 4, 5]], [[1, None, 3], None]
    pair = struct_of(3, {"a": primitive("l", [1, 2, 3]), "b": words}, rows=[1, None, 1])
    kinds = {5: primitive("i", [1, 2, 3]), 7: primitive("g", [0.5, 1.5, 2.5])}
    return [
        Sample("list", "list<item: int32>", lists("+l", [2, None, 0, 3], numbers), rows),
        Sample("large_list", "large_list<item: int32>", lists("+L", [2, None, 0, 3], numbers), rows),
        Sample("list_view", "list_view<item: int32>", list_views("+vl", [(0, 2), None, (6, 0), (2, 3)], numbers), rows),
        Sample(
            "large_list_view",
            "large_list_view<item: int32>",
            list_views("+vL", [(0, 2), None, (6, 0), (2, 3)], numbers),
            rows,
        ),
        Sample("fixed_size_list", "fixed_size_list<item: int32>[3]", fixed_list(3, [1, None], numbers), three),
        Sample("struct", "struct<a: int64, b: string>", pair, [{"a": 1, "b": "x"}, None, {"a": 3, "b": "zz"}]),
        Sample(
            "map",
            "map<string, int32>",
            mapping([2, None], text("u", [b"k", b"q"]), primitive("i", [1, None])),
            [[("k", 1), ("q", None)], None],
        ),
        Sample(
            "sparse_union", "sparse_union<kind5: int32=5, kind7: double=7>", sparse_union([5, 7, 5], kinds), [1, 1.5, 3]
        ),
        Sample(
            "dense_union",
            "dense_union<kind5: int32=5, kind7: double=7>",
            dense_union([5, 7, 5], [0, 0, 2], kinds),
            [1, 0.5, 3],
        ),
    ]


def _encoded() -> list[Sample]:
    words = text("u", [b"x", None, b"zz"])
    samples = []
    for code, bits in INT_RANGES.items():
        for format_, type_ in ((code, f"int{bits + 1}"), (code.upper(), f"uint{bits + 1}")):
            name = f"dictionary<values=string, indices={type_}, ordered=0>"
            samples.append(
                Sample(f"dictionary_{type_}", name, encoded(format_, [2, None, 0, 1], words), ["zz", None, "x", None])
            )
        if bits > 7:
            name = f"run_end_encoded<run_ends: int{bits + 1}, values: string>"
            samples.append(Sample(f"runs_int{bits + 1}", name, runs(code, [1, 3, 4], words), ["x", None, None, "zz"]))
    return samples


def _others() -> list[Sample]:
    tensor = fixed_list(6, [1, 1], primitive("i", range(12), name="item"))
    stored = extension("arrow.fixed_shape_tensor", tensor, '{"shape": [2, 3], "permutation": [1, 0]}')
    identifier = uuid.UUID(int=5)
    return [
        Sample("null", "null", null(3), [None] * 3),
        Sample("bool", "bool", boolean([True, None, False]), [True, None, False]),
        Sample(
            "fixed_size_binary",
            "fixed_size_binary[3]",
            fixed_binary(3, [b"abc", None, b"\0\0\1"]),
            [b"abc", None, b"\0\0\1"],
        ),
        Sample(
            "bool8",
            "extension<arrow.bool8>",
            extension("arrow.bool8", primitive("c", [1, None, 0])),
            [True, None, False],
        ),
        Sample(
            "uuid",
            "extension<arrow.uuid>",
            extension("arrow.uuid", fixed_binary(16, [identifier.bytes, None])),
            [identifier, None],
        ),
        Sample(
            "tensor",
            "extension<arrow.fixed_shape_tensor[value_type=int32, shape=[2,3], permutation=[1,0]]>",
            stored,
            [list(range(6)), list(range(6, 12))],
        ),
    ]


SAMPLES = [*_others(), *_numbers(), *_times(), *_texts(), *_nested(), *_encoded()]
BY_NAME = {sample.name: sample.recipe for sample in SAMPLES}

# One sample of each physical form, and of each extension that changes how its storage is read.
FORMS = [
    *(
        "null",
        "bool",
        "int8",
        "int32",
        "int64",
        "float16",
        "decimal128",
        "decimal256",
        "interval_nanos",
        "timestamp_ns_utc",
    ),
    *(
        "fixed_size_binary",
        "utf8",
        "large_binary",
        "utf8_view",
        "list",
        "large_list",
        "list_view",
        "large_list_view",
        "fixed_size_list",
    ),
    *("struct", "map", "sparse_union", "dense_union", "dictionary_int8", "runs_int32", "tensor", "bool8", "uuid"),
]
