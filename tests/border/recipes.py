"""Recipes: Arrow arrays said in a few words, right or wrong, that `producers` lays down in memory."""

from __future__ import annotations

import dataclasses
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .cstructs import NULLABLE
from .memory import Misaligned


@dataclass(frozen=True, eq=False)
class Recipe:
    """One array and its schema.

    ``schema`` and ``array`` override raw fields of the two structs after they are filled (``{"n_children": -1}``, ``{"release": None}``);
    their extra key ``"child_pointers"`` says what the children's pointers are: None (null), "self" (a cycle), or the index of a child.
    """

    format: str | bytes | None
    length: int = 0
    buffers: Sequence[bytes | Misaligned | int | None] = ()  # None: a null pointer; an int: that very address
    children: Sequence[Recipe] = ()
    dictionary: Recipe | None = None
    null_count: int = 0
    offset: int = 0
    name: str | bytes | None = ""
    flags: int = NULLABLE
    metadata: dict[str, str | bytes] | bytes | None = None
    schema: dict[str, Any] = field(default_factory=dict)
    array: dict[str, Any] = field(default_factory=dict)

    def but(self, **changes: Any) -> Recipe:
        """The same with other fields; ``buffer_1=...`` and ``child_0=...`` replace one of them."""
        buffers, children = list(self.buffers), list(self.children)
        for key in [key for key in changes if key.startswith(("buffer_", "child_"))]:
            part, index = key.split("_")
            (buffers if part == "buffer" else children)[int(index)] = changes.pop(key)
        return dataclasses.replace(self, **{"buffers": buffers, "children": children, **changes})

    def schema_but(self, **fields: Any) -> Recipe:
        return self.but(schema={**self.schema, **fields})

    def array_but(self, **fields: Any) -> Recipe:
        return self.but(array={**self.array, **fields})


def pack(code: str, values: Iterable[Any]) -> bytes:
    """Values in native byte order, packed: ``pack("i", [1, 2])``, ``pack("iiq", [(1, 2, 3)])``."""
    rows = [value if isinstance(value, tuple) else (value,) for value in values]
    return b"".join(struct.pack("=" + code, *row) for row in rows)


def bits(values: Iterable[object]) -> bytes:
    """A bitmap, least significant bit first."""
    flags = [bool(value) for value in values]
    packed = bytearray((len(flags) + 7) // 8)
    for index, flag in enumerate(flags):
        packed[index // 8] |= flag << index % 8
    return bytes(packed)


def validity(values: Sequence[object]) -> tuple[bytes | None, int]:
    """The bitmap (none where nothing is null) and the null count."""
    nulls = sum(value is None for value in values)
    return (bits(value is not None for value in values) if nulls else None), nulls


CODES = {
    "c": "b",
    "C": "B",
    "s": "h",
    "S": "H",
    "i": "i",
    "I": "I",
    "l": "q",
    "L": "Q",
    "e": "e",
    "f": "f",
    "g": "d",
    "tdD": "i",
    "tdm": "q",
    "tts": "i",
    "ttm": "i",
    "ttu": "q",
    "ttn": "q",
    "tDs": "q",
    "tDm": "q",
    "tDu": "q",
    "tDn": "q",
    "tiM": "i",
    "tiD": "ii",
    "tin": "iiq",
}


def code_of(format: str) -> str:
    return "q" if format.startswith("ts") else CODES[format]


def primitive(format: str, values: Sequence[Any], **more: Any) -> Recipe:
    code = code_of(format)
    zero: Any = (0,) * len(code) if len(code) > 1 else 0
    bitmap, nulls = validity(values)
    data = pack(code, [zero if value is None else value for value in values])
    return Recipe(format, len(values), [bitmap, data], null_count=nulls, **more)


def boolean(values: Sequence[bool | None], **more: Any) -> Recipe:
    bitmap, nulls = validity(values)
    return Recipe("b", len(values), [bitmap, bits(values)], null_count=nulls, **more)


def null(length: int, **more: Any) -> Recipe:
    return Recipe("n", length, null_count=length, **more)


def decimal(width: int, precision: int, scale: int, values: Sequence[int | None], **more: Any) -> Recipe:
    bitmap, nulls = validity(values)
    data = b"".join((value or 0).to_bytes(width // 8, "little", signed=True) for value in values)
    suffix = "" if width == 128 else f",{width}"
    return Recipe(f"d:{precision},{scale}{suffix}", len(values), [bitmap, data], null_count=nulls, **more)


def fixed_binary(width: int, values: Sequence[bytes | None], **more: Any) -> Recipe:
    bitmap, nulls = validity(values)
    data = b"".join(bytes(width) if value is None else value for value in values)
    return Recipe(f"w:{width}", len(values), [bitmap, data], null_count=nulls, **more)


def _running_total(sizes: Iterable[int]) -> Iterator[int]:
    total = 0
    yield total
    for size in sizes:
        total += size
        yield total


def _offset_code(format: str) -> str:
    return "q" if format in ("U", "Z", "+L", "+vL") else "i"


def text(format: str, values: Sequence[bytes | None], **more: Any) -> Recipe:
    """u, U, z or Z."""
    bitmap, nulls = validity(values)
    stored = [value or b"" for value in values]
    offsets = pack(_offset_code(format), _running_total(map(len, stored)))
    return Recipe(format, len(values), [bitmap, offsets, b"".join(stored)], null_count=nulls, **more)


def one_view(value: bytes, buffer: int = 0, offset: int = 0) -> bytes:
    """The 16 bytes of a view; ``buffer`` and ``offset`` serve values of more than 12 bytes."""
    if len(value) <= 12:
        return struct.pack("=i12s", len(value), value)
    return raw_view(len(value), value[:4], buffer, offset)


def raw_view(length: int, prefix: bytes, buffer: int, offset: int) -> bytes:
    return struct.pack("=i4sii", length, prefix, buffer, offset)


def text_view(format: str, values: Sequence[bytes | None], **more: Any) -> Recipe:
    """vu or vz; long values lie in one data buffer."""
    bitmap, nulls = validity(values)
    views, data = b"", b""
    for value in values:
        views += one_view(value or b"", 0, len(data))
        data += value if value is not None and len(value) > 12 else b""
    return raw_views(format, len(values), views, [data], bitmap=bitmap, null_count=nulls, **more)


def raw_views(
    format: str, length: int, views: bytes, data: Sequence[bytes], *, bitmap: bytes | None = None, **more: Any
) -> Recipe:
    return Recipe(format, length, [bitmap, views, *data, pack("q", map(len, data))], **more)


def lists(format: str, rows: Sequence[int | None], child: Recipe, **more: Any) -> Recipe:
    """+l, +L or +m: rows given by their sizes, None for null."""
    bitmap, nulls = validity(rows)
    offsets = pack(_offset_code(format), _running_total(row or 0 for row in rows))
    return Recipe(format, len(rows), [bitmap, offsets], [child], null_count=nulls, **more)


def list_views(format: str, rows: Sequence[tuple[int, int] | None], child: Recipe, **more: Any) -> Recipe:
    """+vl or +vL: rows as (offset, size)."""
    bitmap, nulls = validity(rows)
    code = _offset_code(format)
    offsets, sizes = zip(*(row or (0, 0) for row in rows), strict=True) if rows else ((), ())
    return Recipe(
        format, len(rows), [bitmap, pack(code, offsets), pack(code, sizes)], [child], null_count=nulls, **more
    )


def fixed_list(size: int, rows: Sequence[object], child: Recipe, **more: Any) -> Recipe:
    """``rows``: anything, None for null."""
    bitmap, nulls = validity(rows)
    return Recipe(f"+w:{size}", len(rows), [bitmap], [child], null_count=nulls, **more)


def struct_of(length: int, fields: dict[str, Recipe], *, rows: Sequence[object] = (), **more: Any) -> Recipe:
    bitmap, nulls = validity(rows)
    children = [child.but(name=name) for name, child in fields.items()]
    return Recipe("+s", length, [bitmap], children, null_count=nulls, **more)


def mapping(rows: Sequence[int | None], keys: Recipe, values: Recipe, **more: Any) -> Recipe:
    entries = struct_of(keys.length, {"key": keys.but(flags=0), "value": values}, name="entries", flags=0)
    return lists("+m", rows, entries, **more)


def encoded(format: str, codes: Sequence[int | None], values: Recipe, **more: Any) -> Recipe:
    """A dictionary array."""
    return primitive(format, codes, dictionary=values, **more)


def runs(format: str, ends: Sequence[int], values: Recipe, length: int | None = None, **more: Any) -> Recipe:
    covered = (ends[-1] if ends else 0) if length is None else length
    run_ends = primitive(format, ends, name="run_ends", flags=0)
    return Recipe("+r", covered, [], [run_ends, values.but(name="values")], **more)


def sparse_union(ids: Sequence[int], children: dict[int, Recipe], **more: Any) -> Recipe:
    kinds = [child.but(name=f"kind{key}") for key, child in children.items()]
    return Recipe(f"+us:{','.join(map(str, children))}", len(ids), [pack("b", ids)], kinds, **more)


def dense_union(ids: Sequence[int], offsets: Sequence[int], children: dict[int, Recipe], **more: Any) -> Recipe:
    kinds = [child.but(name=f"kind{key}") for key, child in children.items()]
    return Recipe(f"+ud:{','.join(map(str, children))}", len(ids), [pack("b", ids), pack("i", offsets)], kinds, **more)


def encode_metadata(pairs: dict[str, str | bytes]) -> bytes:
    """Key-value pairs as the C data interface lays them down."""
    out = struct.pack("=i", len(pairs))
    for key, value in pairs.items():
        for item in (key, value):
            raw = item.encode() if isinstance(item, str) else item
            out += struct.pack("=i", len(raw)) + raw
    return out


def extension(name: str, storage: Recipe, serialized: str | bytes | None = "") -> Recipe:
    metadata: dict[str, str | bytes] = {"ARROW:extension:name": name}
    if serialized is not None:
        metadata["ARROW:extension:metadata"] = serialized
    return storage.but(metadata=metadata)
