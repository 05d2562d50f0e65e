"""Faults of streams: failures with and without a message, batches that don't match the schema, callbacks that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import ANY, Fault, producer_fault
from .recipes import Recipe, encoded, fixed_list, primitive, struct_of, text, text_view
from .streams import EINVAL, EIO, Failure, OneShotStream, Script, Silence, SizedStream

INTS = primitive("i", [1, 2, 3])
FRAME = struct_of(3, {"x": INTS, "y": text("u", [b"a", None, b"c"])})
WORDS = text("u", [b"x", b"y"])
CALLS = ("to_numpy", "to_masked", "explain")


def faults() -> Iterator[Fault]:
    yield from _failures()
    yield from _batches()
    yield from _structs()


def _fault(name: str, script: Script, **more) -> Iterator[Fault]:
    """The same with and without a length; `explain` doesn't read a stream without one."""
    calls = (*CALLS, "to_columns") if isinstance(script.schema, Recipe) and script.schema.format == "+s" else CALLS
    yield producer_fault("stream", name, lambda: SizedStream(script), calls=calls, **more)
    once = tuple(call for call in calls if call != "explain")
    yield producer_fault("stream", f"{name}-one-shot", lambda: OneShotStream(script), calls=once, **more)


def _failures() -> Iterator[Fault]:
    for label, data in (("ints", INTS), ("frame", FRAME)):
        for code in (EIO, EINVAL, 12, 38, 99_999, -1, -(2**31), 2**31 - 1):
            failure = Failure(code)
            yield from _fault(f"schema-fails-{code}-{label}", Script(failure), expected=ANY, message="disk is on fire")
            yield from _fault(
                f"first-fails-{code}-{label}", Script(data, [failure]), expected=ANY, message="disk is on fire"
            )
        for name, message, words in (
            ("null", None, r"\b5\b|i/o|input/output"),
            ("empty", "", r"\b5\b|i/o|input/output"),
            ("not-utf8", b"disk \xff\xfe on fire", "on fire"),
            ("long", "fire " * 20_000, "fire"),
            ("of-many-lines", "disk\non\nfire", "fire"),
            ("with-braces", "{disk} %s on {} fire %n", r"\{disk\} %s on \{\} fire"),
            ("in-other-words", "диск горит 🔥", "диск горит"),
        ):
            failure = Failure(EIO, message)
            yield from _fault(f"schema-fails-message-{name}-{label}", Script(failure), expected=ANY, message=words)
            yield from _fault(
                f"third-fails-message-{name}-{label}", Script(data, [data, data, failure]), expected=ANY, message=words
            )
        failure = Failure()
        yield from _fault(
            f"fails-after-many-{label}", Script(data, [data] * 50 + [failure]), expected=ANY, message="disk is on fire"
        )
        # A consumer that goes on after a failure would find more data, and then the end.
        yield from _fault(
            f"fails-and-goes-on-{label}", Script(data, [data, failure, data]), expected=ANY, message="disk is on fire"
        )
        yield from _fault(
            f"fails-after-nothing-{label}",
            Script(data, [data.but(length=0), failure]),
            expected=ANY,
            message="disk is on fire",
        )


def _batches() -> Iterator[Fault]:
    sliced = FRAME.but(length=0)
    views = text_view("vu", [b"a"])
    cases: dict[str, tuple[Recipe, Recipe]] = {
        "a-field-more": (FRAME, struct_of(3, {"x": INTS, "y": FRAME.children[1], "z": INTS})),
        "a-field-fewer": (FRAME, struct_of(3, {"x": INTS})),
        "no-fields": (FRAME, struct_of(3, {})),
        "fields-swapped": (FRAME, struct_of(3, {"x": FRAME.children[1], "y": INTS})),
        "not-a-struct": (FRAME, INTS),
        "a-struct": (INTS, FRAME),
        "text": (INTS, WORDS),
        "ints-for-text": (WORDS, INTS),
        "ints-for-views": (views, INTS),
        "list-for-ints": (INTS, fixed_list(1, [1], INTS)),
        "dictionary-missing": (encoded("i", [0], WORDS), INTS),
        "dictionary-not-asked-for": (INTS, encoded("i", [0], WORDS)),
        "child-short": (FRAME, FRAME.but(length=4)),
        "length-negative": (INTS, INTS.but(length=-1)),
        "bad-offsets": (WORDS, WORDS.but(buffer_1=bytes([5, 0, 0, 0] + [0] * 8))),
        "index-beyond": (encoded("i", [0], WORDS), encoded("i", [2], WORDS)),
        "null-count-without-bitmap": (INTS, INTS.but(null_count=1)),
        "empty-with-a-child-missing": (sliced, sliced.but(children=[])),
    }
    words = r"child|buffer|dictionary|length|offset|index|null|validity|field"
    for name, (sound, wrong) in cases.items():
        for position, steps in (("first", [wrong, sound]), ("second", [sound, wrong]), ("last", [sound, sound, wrong])):
            yield from _fault(f"{position}-{name}", Script(sound, steps), message=words)
    broken = INTS.but(format="x")
    yield from _fault("schema-broken", Script(broken, [INTS]), message="format")


def _structs() -> Iterator[Fault]:
    for label, data in (("ints", INTS), ("frame", FRAME)):
        yield from _fault(f"released-{label}", Script(data, [data], {"release": None}))
        yield from _fault(f"no-get-schema-{label}", Script(data, [data], {"get_schema": None}))
        yield from _fault(f"no-get-next-{label}", Script(data, [data], {"get_next": None}))
        no_words = {"get_last_error": None}
        yield from _fault(
            f"no-get-last-error-{label}",
            Script(data, [data, Failure()], no_words),
            expected=ANY,
            message=r"\b5\b|i/o|input/output|get_last_error",
        )
        yield from _fault(f"schema-says-nothing-{label}", Script(Silence(), [data]))
        yield from _fault(f"schema-released-{label}", Script(data.schema_but(release=None), [data]))
        # Nothing written is nothing released: either the end, or an error.
        yield from _fault(f"batch-says-nothing-{label}", Script(data, [data, Silence()]), may_succeed=True)
