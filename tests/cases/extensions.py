"""Extension types: the canonical ones, pandas' own, and one that nobody knows."""

from __future__ import annotations

import uuid

import numpy as np
import pyarrow as pa
from pandas.core.arrays.arrow.extension_types import ArrowPeriodType

from .case import Case, bitmap, case, extended, fixed, fixed_list, listed, objects_of, windows
from .octets import TEXTS


class Foreign(pa.ExtensionType):
    """An extension type that neither pyarrow nor arrownd has heard of."""

    def __init__(self, storage: pa.DataType, name: str = "tests.foreign", metadata: bytes = b""):
        self._metadata = metadata
        super().__init__(storage, name)

    def __arrow_ext_serialize__(self) -> bytes:
        return self._metadata

    @classmethod
    def __arrow_ext_deserialize__(cls, storage, serialized):
        return cls(storage, metadata=serialized)


def leaf_extension_cases() -> list[Case]:
    bytes8 = np.array([1, 0, 1, 1, 0], "int8")
    bool8 = pa.bool8()
    ids = [uuid.UUID(int=0x1234 + (i << 100)) for i in range(5)]
    raw = np.frombuffer(b"".join(i.bytes for i in ids), "V16")
    json = pa.json_()
    return [
        case("arrow.bool8", bool8, extended(bool8, fixed(pa.int8(), bytes8)), bytes8.view(bool),
             objects_of(bytes8.astype(bool).tolist()), object, fill=True, label="extension<arrow.bool8>"),
        case("arrow.uuid", pa.uuid(), extended(pa.uuid(), fixed(pa.binary(16), raw)), raw, objects_of(ids), object,
             fill=bytes(range(16))),
        case("arrow.json", json, extended(json, listed(pa.utf8(), TEXTS)), objects_of(TEXTS), objects_of(TEXTS),
             object, view=False, copied_for=("objects",), fill="{}"),
        *storage_cases(),
    ]  # fmt: skip


def storage_cases() -> list[Case]:
    """Types that become what their storage becomes, with a note."""
    ticks = np.array([0, 5, -3, 600], "int64")
    opaque = pa.opaque(pa.int64(), "thing", "vendor")
    foreign = Foreign(pa.float32())
    reals = np.array([0.5, -1, 3e38], "float32")
    months, weeks = ArrowPeriodType("M"), ArrowPeriodType("W-SUN")
    return [
        case("arrow.opaque", opaque, extended(opaque, fixed(pa.int64(), ticks)), ticks, objects_of(ticks.tolist()),
             "float64", fill=42, noted=True, label="opaque<int64>"),
        case("arrow.opaque", foreign, extended(foreign, fixed(pa.float32(), reals)), reals,
             objects_of(reals.tolist()), "float32", fill=42, noted=True, label="unknown<float>"),
        case("pandas.period", months, extended(months, fixed(pa.int64(), ticks)), ticks.view("M8[M]"),
             objects_of(ticks.tolist()), "M8[M]", fill=np.datetime64("2000-01", "M"), label="period[M]"),
        case("pandas.period", weeks, extended(weeks, fixed(pa.int64(), ticks)), ticks, objects_of(ticks.tolist()),
             "float64", fill=42, noted=True, label="period[W-SUN]"),
    ]  # fmt: skip


def tensor_cases() -> list[Case]:
    values = np.arange(-3, 20, dtype="int32")
    found = []
    for permutation in (None, [1, 0]):
        type = pa.fixed_shape_tensor(pa.int32(), [2, 3], permutation=permutation)
        rows = windows(values, 6).reshape(-1, 2, 3)
        clean = rows if permutation is None else rows.transpose(0, 2, 1)
        found.append(
            case("arrow.fixed_shape_tensor", type, extended(type, fixed_list(type.storage_type, fixed(pa.int32(), values))),
                 clean, clean.astype(object), "float64", fill=42, strided=permutation is not None,
                 label=f"tensor permuted {permutation}")
        )  # fmt: skip
    return found


def interval_case() -> Case:
    """pandas.interval: as the struct (left, right), so one row is two values."""
    from pandas.core.arrays.arrow.extension_types import ArrowIntervalType

    type = ArrowIntervalType(pa.int64(), "right")
    left = np.array([0, 1, -5, 2**40], "int64")
    right = left + 3

    def make(idx, valid):
        # The second field lies before the first, so that chance never puts them side by side.
        rows = len(idx)
        memory = pa.py_buffer(np.concatenate([right[idx % len(right)], left[idx % len(left)]]).view("u1"))
        children = [pa.Array.from_buffers(pa.int64(), rows, [None, memory], offset=at) for at in (rows, 0)]
        storage = pa.Array.from_buffers(type.storage_type, len(idx), [bitmap(valid)], children=children)
        return pa.ExtensionArray.from_storage(type, storage)

    clean = np.stack([left, right], axis=1)
    return case("pandas.interval", type, make, clean, clean.astype(object), "float64", view=False,
                copied_for=("strided",), fill=42, label="interval[int64]", columnar=True)  # fmt: skip
