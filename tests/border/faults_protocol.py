"""Faults of the object that should hand capsules over: answers that are none, and exceptions of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .faults import PASSES, Fault, Make, producer_fault
from .producers import ArrayProducer, Producer, SchemaProducer
from .recipes import primitive
from .streams import SizedStream, stream_of

INTS = primitive("i", [1, 2, 3])
CALLS = ("to_numpy", "to_masked", "explain")


def faults() -> Iterator[Fault]:
    yield from _wrong_answers()
    yield from _raising()
    yield from _no_producer()


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
    yield producer_fault(
        "protocol", "array-list", lambda: Answers(lambda schema, array: [schema, array]), calls=CALLS, may_succeed=True
    )
    for name, answer in {
        "none": lambda stream: None,
        "tuple": lambda stream: (stream,),
        "number": lambda stream: 7,
        "text": lambda stream: "x",
    }.items():
        yield producer_fault("protocol", f"stream-{name}", lambda answer=answer: AnswersStream(answer), calls=CALLS)
        yield producer_fault(
            "protocol", f"schema-{name}", lambda answer=answer: AnswersSchema(answer), calls=("explain",)
        )


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
    errors = (
        OwnError,
        OwnBaseError,
        KeyboardInterrupt,
        SystemExit,
        KeyError,
        AttributeError,
        TypeError,
        StopIteration,
        MemoryError,
        NotImplementedError,
    )
    for error in errors:
        for kind in (RaisingArray, RaisingStream, RaisingSchema):
            calls = ("explain",) if kind is RaisingSchema else CALLS
            make: Make = lambda kind=kind, error=error: kind(error("mine"))  # noqa: E731
            yield producer_fault(
                "protocol", f"{kind.__name__}-{error.__name__}", make, calls=calls, expected=PASSES, message="mine"
            )
    for error in (KeyboardInterrupt, SystemExit, MemoryError, OwnBaseError):
        make = lambda error=error: RaisingBoth(error("mine"))  # noqa: E731
        yield producer_fault(
            "protocol", f"RaisingBoth-{error.__name__}", make, calls=CALLS, expected=PASSES, message="mine"
        )
    for error in (OwnError, KeyboardInterrupt):
        make = lambda error=error: RaisingLookup(error("mine"))  # noqa: E731
        yield producer_fault(
            "protocol", f"RaisingLookup-{error.__name__}", make, calls=CALLS, expected=PASSES, message="mine"
        )


class Nothing(Producer):
    """Has no Arrow method at all."""


class NotCallable(Producer):
    __arrow_c_array__ = None


def _no_producer() -> Iterator[Fault]:
    for kind in (Nothing, NotCallable):
        make: Make = lambda kind=kind: kind(INTS)  # noqa: E731
        yield producer_fault(
            "protocol",
            kind.__name__,
            make,
            calls=CALLS,
            expected=("TypeError",),
            message="__arrow_c_array__|callable|protocol",
        )
