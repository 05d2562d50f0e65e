"""What SPEC.md makes of the values of a gold file: NumPy arrays, or the errors that are due.

A type that no gold file has raises NotImplementedError, so that a file added later can't pass unseen.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

import arrownd

from .integration import Type

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
EPOCH = dt.datetime(1970, 1, 1)
UTC_EPOCH = EPOCH.replace(tzinfo=dt.timezone.utc)
DAY_TIME = np.dtype([("days", "<i4"), ("milliseconds", "<i4")])
TEXT = ("utf8", "binary")


@dataclass(frozen=True)
class Wanted:
    """`mask` is True where a value is missing, always of the values' shape."""

    values: np.ndarray
    mask: np.ndarray


class Due(Exception):
    """The conversion has to fail with one of these."""

    def __init__(self, *kinds: type[Exception]) -> None:
        self.kinds = kinds


class Python:
    """One Python object a value, as `dtype=object` gives it; collects what can't be held."""

    def __init__(self, safe: bool) -> None:
        self.safe = safe
        self.due: set[type[Exception]] = set()

    def lost(self, instead: Any) -> Any:
        if self.safe:
            self.due.add(arrownd.LossyCastError)
        return instead

    def of(self, type: Type, value: Any) -> Any:
        if value is None:
            return None
        name = type.name
        if name in ("int", "bool", "decimal", "interval", "fixedsizebinary", *TEXT):
            return value
        if name == "floatingpoint":
            return float(reals(type)(value))
        if name in ("list", "fixedsizelist"):
            return [self.of(type.children[0], item) for item in value]
        if name == "map":
            key, item = type.children
            return [(self.of(key, k), self.of(item, v)) for k, v in value]
        if name == "struct":
            fields = zip(type.names, type.children, value, strict=True)
            return {label: self.of(child, item) for label, child, item in fields}
        if name == "union":
            child, item = value
            return self.of(type.children[child], item)
        return {"date": self.date, "time": self.time, "timestamp": self.timestamp, "duration": self.span}[name](
            type, value
        )

    def micros(self, ticks: int, per_second: int) -> int:
        """Floored; a remainder is a loss."""
        micros, rest = divmod(ticks * 10**6, per_second)
        return self.lost(micros) if rest else micros

    def date(self, type: Type, ticks: int) -> Any:
        days, rest = divmod(ticks, {"D": 1, "ms": 86_400_000}[type.unit])
        if rest:
            self.lost(None)
        return self.held(lambda: dt.date(1970, 1, 1) + dt.timedelta(days))

    def time(self, type: Type, ticks: int) -> Any:
        per_second = PER_SECOND[type.unit]
        if not 0 <= ticks < 86_400 * per_second:
            self.due.add(arrownd.InvalidArrowError)
            return None
        return (EPOCH + dt.timedelta(microseconds=self.micros(ticks, per_second))).time()

    def timestamp(self, type: Type, ticks: int) -> Any:
        micros = self.micros(ticks, PER_SECOND[type.unit])
        if type.zone is None:
            return self.held(lambda: EPOCH + dt.timedelta(microseconds=micros))
        zone = zoneinfo.ZoneInfo(type.zone)
        return self.held(lambda: (UTC_EPOCH + dt.timedelta(microseconds=micros)).astimezone(zone))

    def span(self, type: Type, ticks: int) -> Any:
        micros = self.micros(ticks, PER_SECOND[type.unit])
        return self.held(lambda: dt.timedelta(microseconds=micros))

    def held(self, make: Callable[[], Any]) -> Any:
        """What lies outside Python's years is lost, and None when unsafe."""
        try:
            return make()
        except OverflowError:
            return self.lost(None)

    def finish(self) -> None:
        if self.due:
            raise Due(*sorted(self.due, key=lambda kind: kind.__name__))


def reals(type: Type) -> type[np.floating]:
    return {16: np.float16, 32: np.float32, 64: np.float64}[type.bits]


def objects(values: Iterable[Any]) -> np.ndarray:
    held = list(values)
    result = np.empty(len(held), object)
    for at, value in enumerate(held):
        result[at] = value
    return result


def as_objects(type: Type, values: tuple, safe: bool) -> Wanted:
    """`dtype=object`: a struct on top is a row of objects, everything else one object a value."""
    python = Python(safe)
    if type.name == "struct":
        fields = len(type.children)
        rows = [[None] * fields if value is None else list(value) for value in values]
        cells = [python.of(child, item) for row in rows for child, item in zip(type.children, row, strict=True)]
        result = objects(cells).reshape(len(values), fields)
    else:
        result = objects(python.of(type, value) for value in values)
    python.finish()
    return Wanted(result, np.equal(result, None).astype(bool))


def as_array(type: Type, values: tuple, *, masked: bool, safe: bool = True, lists: str = "dense") -> Wanted:
    """The default result, or with `masked` that of `nulls="masked"`."""
    if lists == "object" and type.name == "list":
        return as_rows(type, values, safe)
    shape, leaf, cells = grid(type, list(values), lists)
    found = leaves(leaf, cells, masked, safe)
    rest = found.values.shape[1:]
    return Wanted(found.values.reshape(*shape, *rest), found.mask.reshape(*shape, *rest))


def as_rows(type: Type, values: tuple, safe: bool) -> Wanted:
    """`lists="object"`: an array a row, all of them stretches of one array of all values."""
    (child,) = type.children
    items = tuple(item for value in values if value is not None for item in value)
    whole = as_array(child, items, masked=False, safe=safe, lists="object").values
    ends = np.cumsum([len(value or ()) for value in values], dtype="i8")
    rows = (
        None if value is None else whole[end - len(value) : end]
        for value, end in zip(values, ends.tolist(), strict=True)
    )
    return Wanted(objects(rows), np.array([value is None for value in values], bool))


def grid(type: Type, values: list, lists: str) -> tuple[tuple[int, ...], Type, list]:
    """Lists as dimensions: the shape, and the values of the leaf in C order, None where one is missing."""
    if type.name not in ("list", "fixedsizelist"):
        return (len(values),), type, values
    filled = [value for value in values if value is not None]
    if type.name == "fixedsizelist":
        width = type.width
    else:
        lengths = {len(value) for value in filled}
        if lists != "pad" and len(lengths) > 1:
            raise Due(arrownd.RaggedError)
        width = max(lengths, default=0)
    flat = [item for value in values for item in pad(value or [], width)]
    (child,) = type.children
    shape, leaf, cells = grid(child, flat, lists)
    return (len(values), width, *shape[1:]), leaf, cells


def pad(value: list, width: int) -> list:
    return value + [None] * (width - len(value))


def leaves(type: Type, values: list, masked: bool, safe: bool) -> Wanted:
    """The values of one leaf, one row each; a struct has a column a field."""
    if type.name == "struct":
        return fields(type, values, masked, safe)
    missing = np.array([value is None for value in values], bool)
    return Wanted(flat(type, values, bool(missing.any()) and not masked, masked, safe), missing)


def flat(type: Type, values: list, marked: bool, masked: bool, safe: bool) -> np.ndarray:
    """`marked`: something is missing, and the dtype's own marker has to say so."""
    name = type.name
    if name == "null":
        return np.full(len(values), np.nan, "f4")
    if name == "int":
        return integers(type, values, marked, safe)
    if name == "floatingpoint":
        return np.array([np.nan if value is None else value for value in values], reals(type))
    if name == "bool" and not marked:
        return np.array([bool(value) for value in values], bool)
    if name in ("date", "timestamp", "duration") or (name == "interval" and type.unit == "YEAR_MONTH"):
        return moments(type, values)
    if name == "interval" and not marked:
        return np.array([value or (0, 0) for value in values], {"DAY_TIME": DAY_TIME}[type.unit])
    if name == "fixedsizebinary" and not marked:
        return np.array([value or b"" for value in values], f"V{type.width}")
    if name in ("bool", "interval", "fixedsizebinary", "decimal", "time", "map", "union", *TEXT):
        python = Python(safe)
        found = objects(python.of(type, value) for value in values)
        python.finish()
        return found
    raise NotImplementedError(name)


def integers(type: Type, values: list, marked: bool, safe: bool) -> np.ndarray:
    dtype = np.dtype(f"{'i' if type.signed else 'u'}{type.bits // 8}")
    if not marked:
        return np.array([value or 0 for value in values], dtype)
    wide = np.float32 if type.bits <= 16 else np.float64
    if safe and any(value is not None and int(wide(value)) != value for value in values):
        raise Due(arrownd.LossyCastError)
    return np.array([np.nan if value is None else value for value in values], wide)


def moments(type: Type, values: list) -> np.ndarray:
    """Ticks become NumPy's values by a reinterpretation."""
    unit = "M" if type.name == "interval" else type.unit
    kind = "M8" if type.name in ("date", "timestamp") else "m8"
    nat = np.iinfo("i8").min
    return np.array([nat if value is None else value for value in values], "i8").view(f"{kind}[{unit}]")


def fields(type: Type, values: list, masked: bool, safe: bool) -> Wanted:
    """A matrix in the common dtype; every mix in the gold files is one of objects."""
    columns = [[None if value is None else value[at] for value in values] for at in range(len(type.children))]
    for child in type.children:
        if child.name in ("list", "fixedsizelist", "struct"):
            raise NotImplementedError(f"a matrix with a column of {child.name}")
    if not any(child.name in TEXT for child in type.children):
        raise NotImplementedError("a matrix without a column of text")
    python = Python(safe)
    held = zip(type.children, columns, strict=True)
    cells = [objects(python.of(child, value) for value in column) for child, column in held]
    python.finish()
    matrix = np.stack(cells, axis=1) if values else np.zeros((0, len(cells)), object)
    return Wanted(matrix, np.equal(matrix, None).astype(bool))
