"""What arrownd asks of an object: the methods of Arrow's PyCapsule interface, as typing Protocols.

https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html
"""

from __future__ import annotations

from typing import Any, Protocol

__all__ = [
    "ArrowArrayExportable",
    "ArrowDeviceArrayExportable",
    "ArrowSchemaExportable",
    "ArrowStreamExportable",
]


class ArrowArrayExportable(Protocol):
    """An array, a series of one chunk, a record batch."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """Hand over a schema capsule and an array capsule."""
        ...


class ArrowStreamExportable(Protocol):
    """A chunked array, a series, a table, a data frame, a reader."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Hand over a stream capsule."""
        ...


class ArrowDeviceArrayExportable(Protocol):
    """An array on some device; arrownd takes those in the CPU's memory."""

    def __arrow_c_device_array__(self, requested_schema: object | None = None, **kwargs: Any) -> tuple[object, object]:
        """Hand over a schema capsule and a device array capsule."""
        ...


class ArrowSchemaExportable(Protocol):
    """A schema, a field or a data type: enough for ``explain``."""

    def __arrow_c_schema__(self) -> object:
        """Hand over a schema capsule."""
        ...
