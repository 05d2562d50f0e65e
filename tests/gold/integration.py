"""Arrow's integration JSON: schema, batches and dictionaries as plain Python values.

A value is kept as the file has it, ticks as integers, so that nothing is rounded before it is compared: a list is a
list, a struct a tuple of its fields, a map a list of pairs, a union the type and the value of the child it chose.
https://arrow.apache.org/docs/format/Integration.html
"""

from __future__ import annotations

import gzip
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

UNITS = {"SECOND": "s", "MILLISECOND": "ms", "MICROSECOND": "us", "NANOSECOND": "ns"}
FLOATS = {"HALF": 16, "SINGLE": 32, "DOUBLE": 64}


@dataclass(frozen=True)
class Type:
    """A type without its encoding: a dictionary is the type of its values."""

    name: str
    bits: int = 0
    signed: bool = True
    unit: str = ""
    zone: str | None = None
    scale: int = 0
    width: int = 0
    ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    children: tuple[Type, ...] = ()


@dataclass(frozen=True)
class Column:
    name: str
    type: Type
    values: tuple[Any, ...]


def columns_of(path: Path) -> list[Column]:
    """Every column of an integration file, its batches one after the other."""
    with gzip.open(path) as file:
        data = json.load(file)
    fields = data["schema"]["fields"]
    dictionaries = {entry["id"]: entry["data"]["columns"][0] for entry in data.get("dictionaries", [])}
    found = []
    for at, field in enumerate(fields):
        chunks = [values_of(field, batch["columns"][at], dictionaries) for batch in data["batches"]]
        for batch, chunk in zip(data["batches"], chunks, strict=True):
            assert batch["columns"][at]["count"] == len(chunk) == batch["count"]
        found.append(Column(field["name"], type_of(field), tuple(itertools.chain(*chunks))))
    return found


def type_of(field: dict) -> Type:
    said = field["type"]
    name = said["name"]
    children = tuple(type_of(child) for child in field["children"])
    names = tuple(child["name"] for child in field["children"])
    if name == "int":
        return Type(name, bits=said["bitWidth"], signed=said["isSigned"])
    if name == "floatingpoint":
        return Type(name, bits=FLOATS[said["precision"]])
    if name == "decimal":
        return Type(name, bits=said.get("bitWidth", 128), scale=said["scale"])
    if name == "date":
        return Type(name, unit={"DAY": "D", "MILLISECOND": "ms"}[said["unit"]])
    if name in ("time", "timestamp", "duration"):
        return Type(name, unit=UNITS[said["unit"]], zone=said.get("timezone"))
    if name == "interval":
        return Type(name, unit=said["unit"])
    if name == "fixedsizebinary":
        return Type(name, width=said["byteWidth"])
    if name == "fixedsizelist":
        return Type(name, width=said["listSize"], children=children)
    if name == "union":
        return Type(name, unit=said["mode"], ids=tuple(said["typeIds"]), names=names, children=children)
    if name == "struct":
        return Type(name, names=names, children=children)
    if name in ("list", "largelist"):
        return Type("list", children=children)
    if name == "map":
        return Type(name, children=children[0].children)
    plain = {"largeutf8": "utf8", "largebinary": "binary"}.get(name, name)
    assert plain in ("null", "bool", "utf8", "binary"), f"an unknown type, {name}"
    return Type(plain)


def values_of(field: dict, column: dict, dictionaries: dict[int, dict]) -> list[Any]:
    """One batch of a column; None for null."""
    if "dictionary" in field:
        values_field = {key: part for key, part in field.items() if key != "dictionary"}
        values = values_of(values_field, dictionaries[field["dictionary"]["id"]], dictionaries)
        held: Sequence[Any] = [
            values[code] if ok else None for code, ok in zip(column["DATA"], valid(column), strict=True)
        ]
        return list(held)
    name, children = field["type"]["name"], field["children"]
    inner = [values_of(c, data, dictionaries) for c, data in zip(children, column.get("children", []), strict=True)]
    count = column["count"]
    if name == "null":
        return [None] * count
    if name == "union":
        return chosen(field["type"], column, inner)
    if name == "struct":
        held = list(zip(*inner, strict=True)) if inner else [()] * count
    elif name in ("list", "largelist", "map"):
        edges = [int(edge) for edge in column["OFFSET"]]
        held = [inner[0][start:stop] for start, stop in itertools.pairwise(edges)]
    elif name == "fixedsizelist":
        size = field["type"]["listSize"]
        held = [inner[0][at * size : (at + 1) * size] for at in range(count)]
    else:
        held = [scalar(field["type"], said) for said in column["DATA"]]
    return [value if ok else None for value, ok in zip(held, valid(column), strict=True)]


def valid(column: dict) -> list[int]:
    return column.get("VALIDITY", [1] * column["count"])


def chosen(said: dict, column: dict, inner: list[list]) -> list[Any]:
    """The child's number and its value; None where that is null. Old files give unions a validity, always ones."""
    assert all(valid(column)), "a union with a bitmap of its own"
    found = []
    for row, type_id in enumerate(column["TYPE_ID"]):
        child = said["typeIds"].index(type_id)
        at = column["OFFSET"][row] if said["mode"] == "DENSE" else row
        value = inner[child][at]
        found.append(None if value is None else (child, value))
    return found


def scalar(said: dict, value: Any) -> Any:
    name = said["name"]
    if name in ("binary", "largebinary", "fixedsizebinary"):
        return bytes.fromhex(value)
    if name == "decimal":
        # By its digits: arithmetic would round to the context's precision.
        number = int(value)
        return Decimal((int(number < 0), tuple(int(digit) for digit in str(abs(number))), -said["scale"]))
    if name == "interval" and said["unit"] == "DAY_TIME":
        return value["days"], value["milliseconds"]
    if name == "interval" and said["unit"] == "MONTH_DAY_NANO":
        return value["months"], value["days"], value["nanoseconds"]
    if name in ("int", "date", "time", "timestamp", "duration", "interval"):
        return int(value)
    assert name in ("bool", "floatingpoint", "utf8", "largeutf8"), f"an unknown type, {name}"
    return value
