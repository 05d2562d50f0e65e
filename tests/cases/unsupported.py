"""Types that a later session builds: each is refused by name until then."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from .extensions import Foreign


def unsupported() -> dict[str, list[Any]]:
    """Row of the type table -> producers with at least one value."""
    found: dict[str, list[Any]] = {}
    rows = [[1, 2], [3, 4]]
    found["list"] = [pa.array(rows, pa.list_(pa.int64())), pa.array([["a"]], pa.list_(pa.utf8()))]
    found["large_list"] = [pa.array(rows, pa.large_list(pa.int64()))]
    found["list_view"] = [pa.array(rows, pa.list_view(pa.int64()))]
    found["large_list_view"] = [pa.array(rows, pa.large_list_view(pa.int64()))]
    found["dictionary"] = [pa.array(["a", "b", None]).dictionary_encode()]
    found["run_end_encoded"] = [pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()), pa.array([1.5, 2.5]))]
    found["arrow.variable_shape_tensor"] = [variable_shape_tensor()]
    found["arrow.timestamp_with_offset"] = [timestamp_with_offset()]
    found["arrow.parquet.variant"] = [variant()]
    return found


def variable_shape_tensor() -> pa.Array:
    storage = pa.array(
        [{"data": [1.0, 2.0], "shape": [1, 2]}],
        pa.struct([("data", pa.list_(pa.float32())), ("shape", pa.list_(pa.int32(), 2))]),
    )
    return pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.variable_shape_tensor", b"{}"), storage)


def timestamp_with_offset() -> pa.Array:
    storage = pa.array(
        [{"timestamp": 0, "offset_minutes": 60}],
        pa.struct(
            [pa.field("timestamp", pa.timestamp("us", "UTC"), False), pa.field("offset_minutes", pa.int16(), False)]
        ),
    )
    return pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.timestamp_with_offset"), storage)


def variant() -> pa.Array:
    storage = pa.array(
        [{"metadata": b"\x01\x00\x00", "value": b"\x00"}],
        pa.struct([("metadata", pa.binary()), ("value", pa.binary())]),
    )
    return pa.ExtensionArray.from_storage(Foreign(storage.type, "arrow.parquet.variant"), storage)
