"""What a conversion must give, worked out from `to_pylist()` alone: plain Python, no Arrow memory, no arrownd but its errors.

`expected(type, rows, wish)` is a `Want`, or raises `Refused` with the classes of error that may come instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

import arrownd
from nested_types import same

UNSET: Any = object()
MICRO = dt.timedelta(microseconds=1)
EPOCH = dt.datetime(1970, 1, 1)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
INTERVAL = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])
OBJECT = np.dtype(object)
# What na_value= may raise where it doesn't fit.
MISFIT = (arrownd.ArrowndError, TypeError, ValueError)


class Pad:
    """What a list lacks, that is shorter than its row of the result."""


PAD = Pad()


class Refused(Exception):
    """No result: an error of one of `kinds`, for a ragged one with its row."""

    def __init__(self, *kinds: type[Exception], row: int | None = None) -> None:
        self.kinds, self.row = kinds, row


@dataclass(frozen=True)
class Wish:
    """The options, as far as the values depend on them."""

    objects: bool = False
    lists: str | None = None
    pad_to: int | None = None
    nulls: str = "nan"
    na_value: Any = UNSET
    structured: bool = False

    def words(self) -> dict[str, Any]:
        words: dict[str, Any] = {"nulls": self.nulls, "structured": self.structured}
        words |= {"dtype": object} if self.objects else {}
        words |= {} if self.lists is None else {"lists": self.lists}
        words |= {} if self.pad_to is None else {"pad_to": self.pad_to}
        return words if self.na_value is UNSET else words | {"na_value": self.na_value}


@dataclass
class Want:
    """The result: `cells` in C order, each a value of the dtype, or the `Want` of a row's own array."""

    shape: tuple[int, ...]
    dtype: np.dtype
    cells: list = field(default_factory=list)
    missing: list[bool] = field(default_factory=list)
    # Records: a `Want` a field, of this shape and more.
    fields: dict[str, Want] | None = None
    # For lists of their own arrays: all their values.
    values: Want | None = None

    @property
    def all_bytes(self) -> bool:
        """Whether it is all in one block of memory: no arrays in an array."""
        if self.fields is not None:
            return all(want.all_bytes for want in self.fields.values())
        return not any(isinstance(cell, Want) for cell in self.cells)


@dataclass
class Level:
    """Where the way down from the rows has come to."""

    type: pa.DataType
    cells: list
    dims: tuple[int, ...] = ()
    axes: tuple[int, ...] = ()
    lists: int = 0


def is_list(type: pa.DataType) -> bool:
    t = pa.types
    return any(test(type) for test in (t.is_list, t.is_large_list, t.is_list_view, t.is_large_list_view))


def storage(type: pa.DataType) -> pa.DataType:
    """The type that holds the values: through dictionaries, runs, and extensions that mean nothing to us."""
    while True:
        if isinstance(type, pa.OpaqueType):
            type = type.storage_type
        elif pa.types.is_dictionary(type) or pa.types.is_run_end_encoded(type):
            type = type.value_type
        else:
            return type


def expected(type: pa.DataType, rows: list, wish: Wish) -> Want:
    n = len(rows)
    level = descend(Level(type, rows), n, wish)
    if pa.types.is_struct(level.type):
        return records(level, n, wish) if wish.structured else matrix(level, n, wish)
    return alone(level, n, wish)


def columns(type: pa.DataType, rows: list, wish: Wish) -> dict[str, Want]:
    type = storage(type)
    return {f.name: expected(f.type, member(rows, f.name), wish) for f in type}


def member(rows: list, name: str) -> list:
    return [row if row is None or row is PAD else row[name] for row in rows]


def descend(level: Level, n: int, wish: Wish) -> Level:
    """Through every level that becomes a dimension."""
    while True:
        type = level.type = storage(level.type)
        if wish.objects and wish.lists is None:
            return level
        if isinstance(type, pa.FixedShapeTensorType):
            order = type.permutation or range(len(type.shape))
            axes = tuple(len(level.dims) + axis for axis in order)
            size = int(np.prod(type.shape))
            cells = spread(level.cells, size)
            level = Level(type.value_type, cells, (*level.dims, *type.shape), (*level.axes, *axes), level.lists)
        elif pa.types.is_fixed_size_list(type):
            level = deeper(level, type.list_size, level.lists)
        elif is_list(type) and wish.lists != "object":
            level = deeper(level, width(level, wish), level.lists + 1)
        else:
            return level


def deeper(level: Level, size: int, lists: int) -> Level:
    here = len(level.dims)
    return Level(level.type.value_type, spread(level.cells, size), (*level.dims, size), (*level.axes, here), lists)


def spread(cells: list, size: int) -> list:
    """Each cell as `size` cells."""
    return [
        value
        for cell in cells
        for value in ([cell] * size if cell is None or cell is PAD else [*cell, *[PAD] * (size - len(cell))])
    ]


def width(level: Level, wish: Wish) -> int:
    each = int(np.prod(level.dims, dtype=int))
    lengths = [(at // max(each, 1), len(cell)) for at, cell in enumerate(level.cells) if isinstance(cell, list)]
    if wish.lists == "pad":
        most = max((length for _, length in lengths), default=0)
        if wish.pad_to is not None and level.lists == 0:
            most = wish.pad_to
        differing = [row for row, length in lengths if length > most]
    else:
        most = lengths[0][1] if lengths else 0
        differing = [row for row, length in lengths if length != most]
    if differing:
        raise Refused(arrownd.RaggedError, row=differing[0])
    return most


def dtypes(type: pa.DataType) -> tuple[np.dtype, np.dtype]:
    """SPEC's table: without nulls, and with them."""
    t = pa.types
    if t.is_null(type):
        both = "f4", "f4"
    elif t.is_boolean(type) or type == pa.bool8():
        both = "?", "O"
    elif t.is_integer(type):
        both = type.to_pandas_dtype(), "f4" if type.bit_width < 32 else "f8"
    elif t.is_floating(type):
        both = f"f{type.bit_width // 8}", f"f{type.bit_width // 8}"
    elif t.is_date(type):
        both = (f"M8[{'D' if t.is_date32(type) else 'ms'}]",) * 2
    elif t.is_timestamp(type):
        both = (f"M8[{type.unit}]",) * 2
    elif t.is_duration(type):
        both = (f"m8[{type.unit}]",) * 2
    elif t.is_interval(type):
        both = INTERVAL, "O"
    elif t.is_fixed_size_binary(type):
        both = f"V{type.byte_width}", "O"
    elif type == pa.uuid():
        both = "V16", "O"
    else:
        both = "O", "O"
    return np.dtype(both[0]), np.dtype(both[1])


def common(members: list[tuple[np.dtype, bool]]) -> np.dtype:
    """The dtype of a matrix of such columns, each with whether it has a time zone."""
    found = {dtype for dtype, _ in members}
    kinds = {dtype.kind for dtype in found}
    if kinds <= set("biuf"):
        return np.result_type(*found) if found else np.dtype("f8")
    if kinds == {"M"}:
        return np.result_type(*found) if len({zoned for _, zoned in members}) == 1 else OBJECT
    if kinds == {"m"}:
        return np.result_type(*found)
    return next(iter(found)) if len(found) == 1 else OBJECT


def own_dtype(level: Level, wish: Wish) -> np.dtype:
    missing = any(cell is None or cell is PAD for cell in level.cells)
    if wish.nulls == "raise":
        if any(cell is None for cell in level.cells):
            raise Refused(arrownd.NullsError)
        if missing and wish.na_value is UNSET:
            raise Refused(TypeError)
    if wish.objects:
        return OBJECT
    marked = missing and wish.nulls == "nan" and wish.na_value is UNSET
    return dtypes(level.type)[marked]


def alone(level: Level, n: int, wish: Wish) -> Want:
    if wish.lists == "object" and is_list(level.type):
        return own_arrays(level, n, wish)
    return filled(level, n, own_dtype(level, wish), wish)


def shown(level: Level, n: int, cells: list) -> tuple[tuple[int, ...], list]:
    """Shape and cells with the dimensions in the order of the result."""
    lying = np.arange(len(cells)).reshape(n, *level.dims)
    seen = lying.transpose(0, *(1 + axis for axis in level.axes))
    return seen.shape, [cells[at] for at in seen.reshape(-1)]


def filled(level: Level, n: int, dtype: np.dtype, wish: Wish) -> Want:
    shape, cells = shown(level, n, level.cells)
    missing = [cell is None or cell is PAD for cell in cells]
    put = marker(dtype, wish) if any(missing) else None
    values = [put if gone else value_as(cell, level.type, dtype) for cell, gone in zip(cells, missing, strict=True)]
    return Want(shape, dtype, values, missing)


def marker(dtype: np.dtype, wish: Wish) -> Any:
    """What is where nothing is."""
    if wish.nulls == "masked":
        return None
    if wish.na_value is not UNSET:
        return fitted(wish.na_value, dtype)
    return {"O": None, "f": np.nan, "M": np.datetime64("NaT"), "m": np.timedelta64("NaT")}[dtype.kind]


def fitted(value: Any, dtype: np.dtype) -> Any:
    if dtype == OBJECT:
        return value
    fits = {
        "b": value in (0, 1) and isinstance(value, int),
        "i": isinstance(value, (int, float)) and value == value and value % 1 == 0,
        "f": isinstance(value, (int, float)),
    }
    fits["u"] = fits["i"] and value >= 0
    if not fits.get(dtype.kind):
        raise Refused(*MISFIT)
    return value


def value_as(value: Any, type: pa.DataType, dtype: np.dtype) -> Any:
    """A value that is there, as the dtype has it; `Refused` if it can't."""
    if dtype == OBJECT:
        return value
    if dtype.kind in "biu":
        return int(value)
    if dtype.kind == "f":
        if isinstance(value, int):
            with np.errstate(over="ignore"):
                held = dtype.type(value)
            if not np.isfinite(held) or int(held) != value:
                raise Refused(arrownd.LossyCastError)
        return float(value)
    if dtype.kind in "Mm":
        return ticks(value, type, dtype)
    return getattr(value, "bytes", value)


def ticks(value: Any, type: pa.DataType, dtype: np.dtype) -> int:
    if isinstance(value, dt.timedelta):
        micros = (value // MICRO) if not hasattr(value, "value") else value.value // 1000
    elif isinstance(value, dt.datetime):
        micros = (value - EPOCH.replace(tzinfo=value.tzinfo and dt.timezone.utc)) // MICRO
    else:
        micros = (value - EPOCH.date()) // MICRO
    unit = np.datetime_data(dtype)[0]
    count, rest = (micros // (86_400 * 10**6), 0) if unit == "D" else divmod(micros * PER_SECOND[unit], 10**6)
    assert rest == 0, f"{value!r} of {type} isn't whole {unit}"
    if abs(count) >= 2**63:
        raise Refused(arrownd.LossyCastError)
    return count


def own_arrays(level: Level, n: int, wish: Wish) -> Want:
    """lists="object": an array for each list, a stretch of the array of all of them."""
    there = [cell for cell in level.cells if isinstance(cell, list)]
    if wish.nulls == "raise" and len(there) < len(level.cells):
        raise Refused(arrownd.NullsError)
    values = expected(level.type.value_type, [value for row in there for value in row], wish)
    at = 0
    rows: list[Want | None] = []
    for cell in level.cells:
        rows.append(None)
        if isinstance(cell, list):
            rows[-1] = stretch(values, at, at + len(cell))
            at += len(cell)
    shape, cells = shown(level, n, rows)
    return Want(shape, OBJECT, cells, [cell is None for cell in cells], values=values)


def stretch(want: Want, start: int, stop: int) -> Want:
    each = int(np.prod(want.shape[1:], dtype=int))
    lies = slice(start * each, stop * each)
    fields = None
    if want.fields is not None:
        fields = {name: stretch(f, start, stop) for name, f in want.fields.items()}
    shape = (stop - start, *want.shape[1:])
    return replace(want, shape=shape, cells=want.cells[lies], missing=want.missing[lies], fields=fields)


def fields_of(level: Level) -> Iterator[tuple[str, Level]]:
    for f in level.type:
        yield f.name, replace(level, type=f.type, cells=member(level.cells, f.name))


def matrix(level: Level, n: int, wish: Wish) -> Want:
    parts, dtype_of, errors = [], [], []
    for _, child in fields_of(level):
        try:
            part = descend(child, n, wish)
            if part.lists > level.lists:
                raise Refused(arrownd.RaggedError)
            arrays = alone(part, n, wish) if wish.lists == "object" and is_list(part.type) else None
            dtype = OBJECT if arrays else own_dtype(part, wish)
            parts.append((part, arrays))
            dtype_of.append((dtype, bool(getattr(part.type, "tz", None))))
        except Refused as refusal:
            errors.append(refusal)
    if errors:
        raise Refused(*(kind for error in errors for kind in error.kinds))
    dtype = OBJECT if wish.objects else common(dtype_of)
    outer = len(level.dims)
    if dtype.kind not in "biuf" and any(len(part.dims) > outer for part, _ in parts):
        raise Refused(arrownd.UnsupportedTypeError)
    before = shown(level, n, level.cells)[0]
    joined = [np.empty((*before, 0), object)]
    gone = [np.empty((*before, 0), bool)]
    for part, arrays in parts:
        want = arrays or filled(part, n, dtype, wish)
        wide = (*before, int(np.prod(want.shape[len(before) :], dtype=int)))
        joined.append(boxed(want.cells, wide))
        gone.append(np.array(want.missing, bool).reshape(wide))
    cells, missing = np.concatenate(joined, -1), np.concatenate(gone, -1)
    return Want(cells.shape, dtype, list(cells.reshape(-1)), list(missing.reshape(-1)))


def boxed(cells: list, shape: tuple[int, ...]) -> np.ndarray:
    box = np.empty(len(cells), object)
    for at, cell in enumerate(cells):
        box[at] = cell
    return box.reshape(shape)


def records(level: Level, n: int, wish: Wish) -> Want:
    shape = shown(level, n, level.cells)[0]
    fields: dict[str, Want] = {}
    errors = []
    for name, child in fields_of(level):
        try:
            if not name:
                raise Refused(ValueError)
            part = descend(child, n, wish)
            fields[name] = records(part, n, wish) if pa.types.is_struct(part.type) else alone(part, n, wish)
        except Refused as refusal:
            errors.append(refusal)
    if errors:
        raise Refused(*(kind for error in errors for kind in error.kinds))
    dtype = np.dtype([(name, want.dtype, want.shape[len(shape) :]) for name, want in fields.items()])
    return Want(shape, dtype, fields=fields)


def any_missing(want: Want) -> bool:
    if want.fields is not None:
        return any(map(any_missing, want.fields.values()))
    return any(want.missing)


def check(got: np.ndarray, want: Want, masked: bool = False) -> None:
    """The result is what was wanted: class, dtype, shape, values, mask."""
    assert isinstance(got, np.ma.MaskedArray) is masked, f"a {type(got).__name__}"
    assert got.dtype == want.dtype, f"dtype {got.dtype} instead of {want.dtype}"
    assert got.shape == want.shape, f"shape {got.shape} instead of {want.shape}"
    if masked and want.fields is None and want.dtype != INTERVAL:
        assert (got.mask is np.ma.nomask) or got.mask.shape == got.shape
    mask = np.ma.getmaskarray(got) if masked else None
    compare(np.ma.getdata(got), mask, want, masked)


def compare(data: np.ndarray, mask: np.ndarray | None, want: Want, masked: bool) -> None:
    assert data.shape == want.shape, f"shape {data.shape} instead of {want.shape}"
    if want.fields is not None:
        for name, inner in want.fields.items():
            compare(data[name], None if mask is None else mask[name], inner, masked)
        return
    missing = np.array(want.missing, bool).reshape(want.shape)
    if mask is not None:
        if mask.dtype != bool:
            assert all((mask[name] == missing).all() for name in mask.dtype.names), "the mask of an interval"
        else:
            assert np.array_equal(mask, missing), f"mask {mask.tolist()} instead of {missing.tolist()}"
    under = masked and want.dtype != OBJECT
    for at, value, gone in zip(np.ndindex(want.shape), want.cells, want.missing, strict=True):
        if gone and under:
            continue
        have = data[at]
        if isinstance(value, Want):
            check(have, value, masked)
        else:
            assert alike(have, value, want.dtype), f"{have!r} instead of {value!r} at {at}"


def alike(have: Any, value: Any, dtype: np.dtype) -> bool:
    if dtype == OBJECT:
        return same(have, value)
    if dtype.kind in "mM":
        number = int(have.view("i8"))
        return np.isnat(have) if isinstance(value, (np.datetime64, np.timedelta64)) else number == value
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return same(float(have), float(dtype.type(value)))
    if dtype.kind == "V":
        return tuple(have) == tuple(value) if dtype.names else bytes(have) == value
    return int(have) == int(value)
