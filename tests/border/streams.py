"""Streams that follow a script: batches, then the end, or an error at any step."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import cstructs
from .cstructs import ArrowArray, ArrowArrayStream, ArrowSchema, address_of, capsule
from .producers import _LIVE, _RELEASE_AT, Node, Producer, c_string
from .recipes import Recipe

EIO, EINVAL = 5, 22


@dataclass(frozen=True)
class Failure:
    """What a step of a stream answers instead of data; ``message`` None is a null pointer."""

    code: int = EIO
    message: str | bytes | None = "the disk is on fire"


@dataclass(frozen=True)
class Silence:
    """A step that reports success and writes nothing."""


Step = Recipe | Failure | Silence | None  # None: the end, a released array


@dataclass(frozen=True)
class Script:
    """``stream`` overrides raw fields of the struct, as in a recipe."""

    schema: Recipe | Failure | Silence
    steps: Sequence[Step] = ()
    stream: dict[str, Any] = field(default_factory=dict)


class StreamNode(Node):
    def __init__(self, script: Script, producer: Producer) -> None:
        super().__init__(ArrowArrayStream(), "stream", producer.ledger)
        self.script, self.producer, self.steps = script, producer, iter(script.steps)
        self.message: ctypes.Array | None = None
        self.struct.get_schema, self.struct.get_next = address_of(_get_schema), address_of(_get_next)
        self.struct.get_last_error, self.struct.release = address_of(_get_last_error), _RELEASE_AT[ArrowArrayStream]
        for key, value in script.stream.items():
            setattr(self.struct, key, value)

    def answer(self, step: Step, kind: type, out: int) -> int:
        if isinstance(step, Failure):
            raw = c_string(step.message)
            self.message = None if raw is None else ctypes.create_string_buffer(raw)
            return step.code
        if step is None:
            ctypes.memset(out, 0, ctypes.sizeof(kind))
        elif isinstance(step, Recipe):
            node = self.producer.node(kind, step)
            if kind is ArrowArray:
                self.producer.array = node
            ctypes.memmove(out, ctypes.addressof(node.struct), ctypes.sizeof(kind))
        return 0


def _stream_at(address: int) -> StreamNode:
    return _LIVE[ArrowArrayStream.from_address(address).private_data]  # type: ignore[return-value]


@cstructs.FillCallback
def _get_schema(stream: int, out: int) -> int:
    node = _stream_at(stream)
    return node.answer(node.script.schema, ArrowSchema, out)


@cstructs.FillCallback
def _get_next(stream: int, out: int) -> int:
    node = _stream_at(stream)
    return node.answer(next(node.steps, None), ArrowArray, out)


@cstructs.MessageCallback
def _get_last_error(stream: int) -> int | None:
    message = _stream_at(stream).message
    return None if message is None else ctypes.addressof(message)


class OneShotStream(Producer):
    """A stream without a length, as a reader: `explain` must leave it alone."""

    def __init__(self, script: Script, *, guard: bool = False) -> None:
        super().__init__(script.schema, guard=guard)  # type: ignore[arg-type]
        self.script = script

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        node = StreamNode(self.script, self)
        node.enter()
        return capsule(b"arrow_array_stream", node)


class Reader(OneShotStream):
    """A stream without a length that tells its schema: `explain` looks at that."""

    def __arrow_c_schema__(self) -> object:
        return capsule(b"arrow_schema", self.node(ArrowSchema))


class SizedStream(OneShotStream):
    """A stream with a length, as a table: it can be read any number of times, so `explain` reads it."""

    def __len__(self) -> int:
        rows = sum(max(step.length, 0) for step in self.script.steps if isinstance(step, Recipe))
        return min(rows, sys.maxsize)


def stream_of(*batches: Recipe, sized: bool = True, guard: bool = False, schema: Recipe | None = None) -> OneShotStream:
    script = Script(schema or batches[0], batches)
    return (SizedStream if sized else OneShotStream)(script, guard=guard)
