"""Runs faults in a process of their own, and says before and after each attempt how it went, a JSON line each.

``python -m border.worker`` from the folder above, with a JSON list of names as its input. The line before tells which attempt a crash belongs to.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import sys
import tempfile
from typing import Any, TextIO

import pyarrow as pa

import arrownd

from .faults import Attempt, Fault
from .producers import ArrayProducer, Producer, released_twice
from .recipes import primitive
from .registry import registry


def last_column(producer: Producer) -> Any:
    """A column that must have outlived the others."""
    *_, kept = arrownd.to_columns(producer).values()
    gc.collect()
    return kept


def objects(producer: Producer) -> list:
    """A Python object a value."""
    return arrownd.to_numpy(producer, dtype=object).tolist()


def pylist(producer: Producer) -> list:
    """The same by pyarrow; a struct's rows are its values."""
    return [list(row.values()) for row in pa.array(producer).to_pylist()]


CALLS = {"last_column": last_column, "objects": objects, "pylist": pylist}


class StandardError:
    """What a native library or ctypes writes to standard error, attempt by attempt."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        faulthandler.enable(os.fdopen(os.dup(2), "wb"))
        self._original = os.dup(2)
        os.dup2(self._file.fileno(), 2)
        self._seen = 0

    def give_back(self) -> None:
        os.dup2(self._original, 2)

    def news(self) -> str:
        sys.stderr.flush()
        end = os.fstat(self._file.fileno()).st_size
        text = os.pread(self._file.fileno(), end - self._seen, self._seen).decode(errors="replace")
        self._seen = end
        return text


def outcome_of(call: str, producer: Producer) -> dict[str, Any]:
    """What came of one call; nothing of it stays alive."""
    try:
        result = CALLS.get(call, getattr(arrownd, call, None))(producer)
    except BaseException as error:  # a panic is no Exception, and has to be seen
        classes = [kind.__name__ for kind in type(error).__mro__]
        error.__traceback__ = None  # the producer may keep its own exception, and the traceback keeps the producer
        return {
            "error": classes[0],
            "classes": classes,
            "message": str(error),
            "own": error is getattr(producer, "error", None),
        }
    shown = result.tolist() if getattr(result, "size", 0) else result
    return {"error": None, "result": repr(shown)[:10_000]}


def run(attempt: Attempt) -> dict[str, Any]:
    doubles = len(released_twice)
    producer = attempt.make()
    references = sys.getrefcount(producer)
    outcome = outcome_of(attempt.call, producer)
    gc.collect()
    outcome["references"] = sys.getrefcount(producer) - references
    producer.let_go()
    outcome["unreleased"] = producer.ledger.alive()[:20]
    outcome["made"] = producer.ledger.made
    outcome["released_twice"] = len(released_twice) - doubles
    if outcome["error"] is None and attempt.sound is not None:
        outcome["sound"] = outcome_of(attempt.oracle or attempt.call, attempt.sound())["result"]
    return outcome


def a_good_conversion() -> str | None:
    """What is wrong with a sound conversion, if anything is: a fault must not spoil what comes after it."""
    producer = ArrayProducer(primitive("i", [3, 1, 2]))
    result = arrownd.to_numpy(producer)
    assert producer.array is not None
    if result.tolist() != [3, 1, 2]:
        return f"values are {result!r}"
    if result.__array_interface__["data"][0] != producer.array.buffers[1]:
        return "not a view"
    if producer.ledger.alive("array") != ["array"]:
        return "the array was released while it is viewed"
    del result
    gc.collect()
    return f"not released: {producer.ledger.alive()}" if producer.ledger.alive() else None


def main(names: list[str]) -> None:
    say = os.fdopen(os.dup(1), "w", buffering=1)
    stderr = StandardError()
    faults = registry()
    gc.collect()
    gc.freeze()  # makes each collection below a quick one
    try:
        work_through(names, faults, say, stderr)
    except BaseException:
        stderr.give_back()
        raise


def work_through(names: list[str], faults: dict[str, Fault], say: TextIO, stderr: StandardError) -> None:
    for name in names:
        for index, attempt in enumerate(faults[name].attempts):
            print(json.dumps({"fault": name, "attempt": index}), file=say)
            outcome = run(attempt)
            outcome["stderr"] = stderr.news()
            print(json.dumps({"fault": name, "attempt": index, "outcome": outcome}), file=say)
        print(json.dumps({"fault": name, "after": a_good_conversion()}), file=say)


if __name__ == "__main__":
    main(json.load(sys.stdin))
