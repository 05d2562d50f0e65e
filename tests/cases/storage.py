"""Extension types over structs and lists: as what they hold, with a note."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa

from .case import Case, bitmap, case, extended, fixed, listed, objects_of, windows
from .extensions import Foreign
from .lists import list_case
from .moments import instants, python_instants
from .numbers import integers


def storage_struct_cases() -> list[Case]:
    return [
        *(variable_shape_tensor(permutation) for permutation in (None, [1, 0])),
        *(timestamp_with_offset(unit) for unit in ("s", "us")),
        variant(),
        opaque_lists(),
    ]


def variable_shape_tensor(permutation: list[int] | None) -> Case:
    """Tensors that happen to be of one shape, (2, 3)."""
    values = integers("int32")
    storage = pa.struct([("data", pa.list_(pa.int32())), ("shape", pa.list_(pa.int32(), 2))])
    metadata = b"{}" if permutation is None else b'{"permutation": [1, 0]}'
    type = Foreign(storage, "arrow.variable_shape_tensor", metadata)
    lists = list_case(
        "list", case("int32", pa.int32(), fixed(pa.int32(), values), values, values, "f8", fill=0), 6, False
    )

    def make(idx, valid):
        data = lists.chunk(idx, None, 0, len(idx)).producer
        pairs = pa.FixedSizeListArray.from_arrays(pa.array([2, 3] * len(idx), pa.int32()), 2)
        array = pa.Array.from_buffers(storage, len(idx), [bitmap(valid)], children=[data, pairs])
        return pa.ExtensionArray.from_storage(type, array)

    rows = windows(values, 6).reshape(-1, 2, 3)
    clean = rows if permutation is None else rows.transpose(0, 2, 1)
    return case(
        "arrow.variable_shape_tensor", type, make, clean, clean.astype(object), "float64", fill=42,
        strided=permutation is not None, variable=(True, True), label=f"variable tensor permuted {permutation}",
    )  # fmt: skip


def timestamp_with_offset(unit: str) -> Case:
    ticks, minutes = instants(unit), np.array([0, 60, -150, 1, 1439, -1439, 0], "i2")
    storage = pa.struct(
        [pa.field("timestamp", pa.timestamp(unit, "UTC"), False), pa.field("offset_minutes", pa.int16(), False)]
    )
    type = Foreign(storage, "arrow.timestamp_with_offset")
    times, offsets = fixed(storage[0].type, ticks), fixed(pa.int16(), minutes)

    def make(idx, valid):
        parts = [times(idx, None), offsets(idx, None)]
        return pa.ExtensionArray.from_storage(
            type, pa.Array.from_buffers(storage, len(idx), [bitmap(valid)], children=parts)
        )

    zones = [dt.timezone(dt.timedelta(minutes=int(m))) for m in minutes]
    pythons = [
        t.replace(tzinfo=dt.timezone.utc).astimezone(zone)
        for t, zone in zip(python_instants(ticks, unit), zones, strict=True)
    ]
    dtype = f"M8[{unit}]"
    return case(
        "arrow.timestamp_with_offset", type, make, ticks.view(dtype), objects_of(pythons), dtype,
        fill=np.datetime64("2001-02-03T04:05:06", unit), noted=True, label=f"timestamp_with_offset[{unit}]",
    )  # fmt: skip


def variant() -> Case:
    storage = pa.struct([("metadata", pa.binary()), ("value", pa.binary())])
    type = Foreign(storage, "arrow.parquet.variant")
    rows = [(b"\x01\x00\x00", b"\x00"), (b"\x01\x00\x00", b"\x0c\x2a"), (b"", b"")]

    def make(idx, valid):
        parts = [listed(pa.binary(), [row[at] for row in rows])(idx, None) for at in (0, 1)]
        return pa.ExtensionArray.from_storage(
            type, pa.Array.from_buffers(storage, len(idx), [bitmap(valid)], children=parts)
        )

    pythons = objects_of(rows, (2,))
    return case(
        "arrow.parquet.variant", type, make, pythons, pythons, object, view=False, copied_for=("objects",),
        fill=b"none", noted=True, columnar=True, label="variant",
    )  # fmt: skip


def opaque_lists() -> Case:
    values = integers("int16")
    leaf = case("int16", pa.int16(), fixed(pa.int16(), values), values, values, "f4", fill=0)
    lists = list_case("list", leaf, 2, True)
    type = pa.opaque(lists.type, "pairs", "vendor")

    def make(idx, valid):
        return lists.chunk(idx, valid, 0, len(idx)).producer

    return case(
        "arrow.opaque", type, extended(type, make), lists.clean, lists.objects, "float32", fill=42, noted=True,
        variable=(True,), gaps=True, label="opaque<list<int16>>",
    )  # fmt: skip
