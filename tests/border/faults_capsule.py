"""Faults of the capsules: of another name, of another kind, used before; and of the device that they point to."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from .cstructs import CUDA, ROCM, ArrowArray, ArrowSchema, capsule
from .faults import Fault, Make, producer_fault
from .faults_protocol import CALLS, INTS, Answers, AnswersSchema, AnswersStream
from .producers import ArrayProducer, DeviceProducer, Producer, SchemaProducer
from .recipes import struct_of
from .streams import SizedStream, stream_of


def faults() -> Iterator[Fault]:
    yield from _wrong_names()
    yield from _used()
    yield from _device()


class Named(Producer):
    def __init__(self, schema_name: bytes | None, array_name: bytes | None) -> None:
        super().__init__(INTS)
        self.names = schema_name, array_name

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        nodes = self.node(ArrowSchema), self.node(ArrowArray)
        schema, array = (capsule(name, node) for name, node in zip(self.names, nodes, strict=True))
        return schema, array


def _wrong_names() -> Iterator[Fault]:
    schema, array = b"arrow_schema", b"arrow_array"
    pairs: dict[str, tuple[bytes | None, bytes | None]] = {
        "swapped": (array, schema),
        "both-arrays": (array, array),
        "both-schemas": (schema, schema),
        "array-is-a-stream": (schema, b"arrow_array_stream"),
        "array-is-a-device-array": (schema, b"arrow_device_array"),
        "array-without-a-name": (schema, None),
        "schema-without-a-name": (None, array),
        "array-with-an-empty-name": (schema, b""),
        "array-longer": (schema, b"arrow_array_"),
        "array-shorter": (schema, b"arrow_arra"),
        "array-upper-case": (schema, b"ARROW_ARRAY"),
        "array-used": (schema, b"used_arrow_array"),
        "array-not-utf8": (schema, b"arrow_\xff"),
        "dlpack": (schema, b"dltensor"),
    }
    for name, (first, second) in pairs.items():
        yield producer_fault(
            "capsule", f"named-{name}", lambda first=first, second=second: Named(first, second), calls=CALLS
        )
    yield producer_fault("capsule", "swapped", lambda: Answers(lambda schema, array: (array, schema)), calls=CALLS)
    # Schema where a stream is expected, and so on.
    yield producer_fault(
        "capsule",
        "stream-is-a-schema",
        lambda: AnswersStream(lambda stream: SchemaProducer(INTS).__arrow_c_schema__()),
        calls=CALLS,
    )
    yield producer_fault(
        "capsule",
        "schema-is-a-stream",
        lambda: AnswersSchema(lambda schema: stream_of(INTS).__arrow_c_stream__()),
        calls=("explain",),
    )
    yield producer_fault(
        "capsule", "stream-is-another-matter", lambda: AnswersStream(lambda stream: datetime.datetime_CAPI), calls=CALLS
    )


class Keeper(Producer):
    """Hands out the same capsules every time, and has handed them to another consumer once already."""

    kept: object

    def let_go(self) -> None:
        self.kept = None


class Reused(Keeper):
    def __init__(self, which: tuple[int, ...], taker: str) -> None:
        super().__init__(INTS)
        self.kept: tuple[object, ...] = ArrayProducer.__arrow_c_array__(self)  # type: ignore[arg-type]
        self.which = which
        _take(self, taker)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, ...]:
        fresh = ArrayProducer.__arrow_c_array__(self)  # type: ignore[arg-type]
        return tuple(self.kept[index] if index in self.which else fresh[index] for index in (0, 1))


class ReusedStream(Keeper, SizedStream):
    def __init__(self, taker: str) -> None:
        super().__init__(stream_of(INTS).script)
        self.kept = super().__arrow_c_stream__()
        _take(self, taker)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.kept


class ReusedSchema(Keeper, SchemaProducer):
    def __init__(self, taker: str) -> None:
        super().__init__(INTS)
        self.kept = super().__arrow_c_schema__()
        _take(self, taker)

    def __arrow_c_schema__(self) -> object:
        return self.kept


def _take(producer: Producer, taker: str) -> None:
    if taker == "arrownd":
        import arrownd

        (arrownd.explain if isinstance(producer, SchemaProducer) else arrownd.to_numpy)(producer)
    else:
        import pyarrow as pa

        take = (
            pa.field
            if isinstance(producer, SchemaProducer)
            else pa.chunked_array
            if isinstance(producer, SizedStream)
            else pa.array
        )
        take(producer)


def _used() -> Iterator[Fault]:
    for taker in ("arrownd", "pyarrow"):
        # arrownd reads a schema where it is, so that what it has read isn't used up.
        left = taker == "arrownd"
        for name, which in (("both", (0, 1)), ("schema", (0,)), ("array", (1,))):
            make: Make = lambda which=which, taker=taker: Reused(which, taker)  # noqa: E731
            yield producer_fault(
                "capsule", f"used-{name}-by-{taker}", make, calls=CALLS, may_succeed=left and name == "schema"
            )
        yield producer_fault("capsule", f"used-stream-by-{taker}", lambda taker=taker: ReusedStream(taker), calls=CALLS)
        yield producer_fault(
            "capsule",
            f"used-lone-schema-by-{taker}",
            lambda taker=taker: ReusedSchema(taker),
            calls=("explain",),
            may_succeed=left,
        )


def _device() -> Iterator[Fault]:
    frame = struct_of(3, {"x": INTS})
    refused = ("UnsupportedTypeError", "InvalidArrowError")
    for label, device in (
        ("cuda", CUDA),
        ("rocm", ROCM),
        ("vulkan", 7),
        ("metal", 8),
        ("zero", 0),
        ("unknown", 999),
        ("negative", -1),
    ):
        for name, recipe in (("array", INTS), ("struct", frame)):
            make: Make = lambda recipe=recipe, device=device: DeviceProducer(recipe, device, 0)  # noqa: E731
            yield producer_fault("device", f"{label}-{name}", make, calls=CALLS, expected=refused)
    wild = INTS.but(buffers=[None, 0xDEAD_0000])
    # What lies on a device has addresses that the CPU must not follow.
    yield producer_fault(
        "device", "cuda-with-its-own-addresses", lambda: DeviceProducer(wild, CUDA, 0), calls=CALLS, expected=refused
    )
    released = INTS.array_but(release=None)
    yield producer_fault(
        "device", "cpu-released", lambda: DeviceProducer(released, 1), calls=CALLS, message="release|consumed|used"
    )
    yield producer_fault(
        "device",
        "cpu-negative-length",
        lambda: DeviceProducer(INTS.but(length=-1), 1),
        calls=CALLS,
        message="length|negative",
    )
