"""Faults of the object that hands the capsules over, of the capsules, and of the device they point to."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from .cstructs import CUDA, ROCM, ArrowArray, ArrowSchema, capsule
from .faults import PASSES, Fault, Make, producer_fault
from .producers import ArrayProducer, DeviceProducer, Producer, SchemaProducer
from .recipes import primitive, struct_of
from .streams import SizedStream, stream_of

INTS = primitive("i", [1, 2, 3])
CALLS = ("to_numpy", "to_masked", "explain")


def faults() -> Iterator[Fault]:
    yield from _wrong_answers()
    yield from _wrong_names()
    yield from _used()
    yield from _raising()
    yield from _device()


class Answers(Producer):
    """Whatever ``answer`` makes of the sound pair of capsules is what the method returns."""

    method = "__arrow_c_array__"

    def __init__(self, answer) -> None:
        super().__init__(INTS)
        self.answer = answer

    def pair(self) -> tuple[object, object]:
        return ArrayProducer.__arrow_c_array__(self)  # type: ignore[arg-type]

    def __arrow_c_array__(self, requested_schema: object = None) -> Any:
        return self.answer(*self.pair())


class AnswersStream(SizedStream):
    def __init__(self, answer) -> None:
        super().__init__(stream_of(INTS).script)
        self.answer = answer

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.answer(super().__arrow_c_stream__())


class AnswersSchema(SchemaProducer):
    def __init__(self, answer) -> None:
        super().__init__(INTS)
        self.answer = answer

    def __arrow_c_schema__(self) -> Any:
        return self.answer(super().__arrow_c_schema__())


def _wrong_answers() -> Iterator[Fault]:
    answers = {
        "none": lambda schema, array: None,
        "empty-tuple": lambda schema, array: (),
        "tuple-of-one": lambda schema, array: (schema,),
        "tuple-of-three": lambda schema, array: (schema, array, array),
        "only-the-array": lambda schema, array: array,
        "tuple-of-none": lambda schema, array: (None, None),
        "array-none": lambda schema, array: (schema, None),
        "schema-none": lambda schema, array: (None, array),
        "text": lambda schema, array: "ab",
        "number": lambda schema, array: 5,
        "addresses": lambda schema, array: (1, 2),
        "dict": lambda schema, array: {0: schema, 1: array},
        "generator": lambda schema, array: (part for part in (schema, array)),
        "itself": lambda schema, array: Answers(lambda *pair: pair),
        "the-type-of-a-capsule": lambda schema, array: (type(schema), type(array)),
    }
    for name, answer in answers.items():
        yield producer_fault("protocol", f"array-{name}", lambda answer=answer: Answers(answer), calls=CALLS)
    # A list of the two is not what the interface says, and harms nobody.
    yield producer_fault("protocol", "array-list", lambda: Answers(lambda schema, array: [schema, array]), calls=CALLS, may_succeed=True)
    for name, answer in {"none": lambda stream: None, "tuple": lambda stream: (stream,), "number": lambda stream: 7, "text": lambda stream: "x"}.items():
        yield producer_fault("protocol", f"stream-{name}", lambda answer=answer: AnswersStream(answer), calls=CALLS)
        yield producer_fault("protocol", f"schema-{name}", lambda answer=answer: AnswersSchema(answer), calls=("explain",))


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
        yield producer_fault("capsule", f"named-{name}", lambda first=first, second=second: Named(first, second), calls=CALLS)
    yield producer_fault("capsule", "swapped", lambda: Answers(lambda schema, array: (array, schema)), calls=CALLS)
    # Schema where a stream is expected, and so on.
    yield producer_fault("capsule", "stream-is-a-schema", lambda: AnswersStream(lambda stream: SchemaProducer(INTS).__arrow_c_schema__()), calls=CALLS)
    yield producer_fault("capsule", "schema-is-a-stream", lambda: AnswersSchema(lambda schema: stream_of(INTS).__arrow_c_stream__()), calls=("explain",))
    yield producer_fault("capsule", "stream-is-another-matter", lambda: AnswersStream(lambda stream: datetime.datetime_CAPI), calls=CALLS)


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

        take = pa.field if isinstance(producer, SchemaProducer) else pa.chunked_array if isinstance(producer, SizedStream) else pa.array
        take(producer)


def _used() -> Iterator[Fault]:
    for taker in ("arrownd", "pyarrow"):
        # arrownd reads a schema where it is, so that what it has read isn't used up.
        left = taker == "arrownd"
        for name, which in (("both", (0, 1)), ("schema", (0,)), ("array", (1,))):
            make: Make = lambda which=which, taker=taker: Reused(which, taker)  # noqa: E731
            yield producer_fault("capsule", f"used-{name}-by-{taker}", make, calls=CALLS, may_succeed=left and name == "schema")
        yield producer_fault("capsule", f"used-stream-by-{taker}", lambda taker=taker: ReusedStream(taker), calls=CALLS)
        yield producer_fault("capsule", f"used-lone-schema-by-{taker}", lambda taker=taker: ReusedSchema(taker), calls=("explain",), may_succeed=left)


class OwnError(Exception):
    pass


class OwnBaseError(BaseException):
    pass


class Raising(Producer):
    def __init__(self, error: BaseException) -> None:
        super().__init__(INTS)
        self.error = error

    def raises(self, requested_schema: object = None) -> Any:
        raise self.error


class RaisingArray(Raising):
    __arrow_c_array__ = Raising.raises


class RaisingStream(Raising):
    __arrow_c_stream__ = Raising.raises

    def __len__(self) -> int:
        return 3


class RaisingSchema(Raising):
    def __arrow_c_schema__(self) -> Any:
        raise self.error


class RaisingBoth(RaisingArray):
    """Has a stream to fall back to, which is nobody's business when the user interrupts."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return stream_of(INTS).__arrow_c_stream__()


class RaisingLookup(Raising):
    """The method can't even be got at."""

    @property
    def __arrow_c_array__(self) -> Any:
        raise self.error


def _raising() -> Iterator[Fault]:
    errors = (OwnError, OwnBaseError, KeyboardInterrupt, SystemExit, KeyError, AttributeError, TypeError, StopIteration, MemoryError, NotImplementedError)
    for error in errors:
        for kind in (RaisingArray, RaisingStream, RaisingSchema):
            calls = ("explain",) if kind is RaisingSchema else CALLS
            make: Make = lambda kind=kind, error=error: kind(error("mine"))  # noqa: E731
            yield producer_fault("protocol", f"{kind.__name__}-{error.__name__}", make, calls=calls, expected=PASSES, message="mine")
    for error in (KeyboardInterrupt, SystemExit, MemoryError, OwnBaseError):
        make = lambda error=error: RaisingBoth(error("mine"))  # noqa: E731
        yield producer_fault("protocol", f"RaisingBoth-{error.__name__}", make, calls=CALLS, expected=PASSES, message="mine")
    for error in (OwnError, KeyboardInterrupt):
        make = lambda error=error: RaisingLookup(error("mine"))  # noqa: E731
        yield producer_fault("protocol", f"RaisingLookup-{error.__name__}", make, calls=CALLS, expected=PASSES, message="mine")


class Nothing(Producer):
    """Has no Arrow method at all."""


class NotCallable(Producer):
    __arrow_c_array__ = None


def _device() -> Iterator[Fault]:
    frame = struct_of(3, {"x": INTS})
    refused = ("UnsupportedTypeError", "InvalidArrowError")
    for label, device in (("cuda", CUDA), ("rocm", ROCM), ("vulkan", 7), ("metal", 8), ("zero", 0), ("unknown", 999), ("negative", -1)):
        for name, recipe in (("array", INTS), ("struct", frame)):
            make: Make = lambda recipe=recipe, device=device: DeviceProducer(recipe, device, 0)  # noqa: E731
            yield producer_fault("device", f"{label}-{name}", make, calls=CALLS, expected=refused)
    wild = INTS.but(buffers=[None, 0xDEAD_0000])
    # What lies on a device has addresses that the CPU must not follow.
    yield producer_fault("device", "cuda-with-its-own-addresses", lambda: DeviceProducer(wild, CUDA, 0), calls=CALLS, expected=refused)
    released = INTS.array_but(release=None)
    yield producer_fault("device", "cpu-released", lambda: DeviceProducer(released, 1), calls=CALLS, message="release|consumed|used")
    yield producer_fault("device", "cpu-negative-length", lambda: DeviceProducer(INTS.but(length=-1), 1), calls=CALLS, message="length|negative")
    for kind in (Nothing, NotCallable):
        make = lambda kind=kind: kind(INTS)  # noqa: E731
        yield producer_fault("protocol", kind.__name__, make, calls=CALLS, expected=("TypeError",), message="__arrow_c_array__|callable|protocol")
