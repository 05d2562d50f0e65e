"""Many calls of every kind: the process doesn't grow, and no reference is left."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import arrownd

from .courier import command_for
from .producers import ArrayProducer, Producer, SchemaProducer
from .recipes import encoded, lists, primitive, runs, struct_of, text
from .streams import Failure, OneShotStream, Script, stream_of

INTS = primitive("i", [1, 2, 3])
HOLES = primitive("i", [1, None, 3])
WORDS = text("u", [b"a long enough word", None, b"b"])
ROWS = lists("+l", [2, None, 1], INTS)
FRAME = struct_of(3, {"x": INTS, "y": HOLES, "z": primitive("g", [0.5, 1.5, 2.5])})

CALLS = {
    "a-view": lambda: arrownd.to_numpy(ArrayProducer(INTS)),
    "a-copy": lambda: arrownd.to_numpy(ArrayProducer(HOLES)),
    "text": lambda: arrownd.to_numpy(ArrayProducer(text("u", [b"a", None]))),
    "a-masked-pair": lambda: arrownd.to_masked(ArrayProducer(HOLES)),
    "columns": lambda: arrownd.to_columns(ArrayProducer(FRAME)),
    "a-stream": lambda: arrownd.to_numpy(stream_of(INTS, INTS)),
    "a-plan": lambda: arrownd.explain(ArrayProducer(FRAME)),
    "a-plan-of-a-schema": lambda: arrownd.explain(SchemaProducer(FRAME)),
    "rows": lambda: arrownd.to_numpy(ArrayProducer(ROWS), lists="object"),
    "masked-rows": lambda: arrownd.to_numpy(ArrayProducer(ROWS), lists="object", nulls="masked"),
    "padded-rows": lambda: arrownd.to_numpy(ArrayProducer(ROWS), lists="pad"),
    "ragged-rows": lambda: arrownd.to_ragged(ArrayProducer(ROWS)),
    "rows-refused": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(ROWS))),
    "records": lambda: arrownd.to_numpy(ArrayProducer(struct_of(3, {"x": INTS, "w": WORDS})), structured=True),
    "records-in-a-dtype": lambda: arrownd.to_numpy(ArrayProducer(FRAME), [("z", "f4"), ("x", "i8"), ("y", "O")]),
    "masked-records": lambda: arrownd.to_numpy(ArrayProducer(FRAME), structured=True, nulls="masked"),
    "a-dictionary": lambda: arrownd.to_numpy(ArrayProducer(encoded("c", [2, None, 0, 1], WORDS))),
    "codes": lambda: arrownd.to_codes(ArrayProducer(encoded("c", [2, None, 0, 1], WORDS))),
    "runs": lambda: arrownd.to_numpy(ArrayProducer(runs("i", [5, 9, 10], WORDS))),
    "objects-in-objects": lambda: arrownd.to_numpy(
        ArrayProducer(lists("+l", [1, 2], struct_of(3, {"x": INTS, "w": WORDS}))), dtype=object
    ),
    "objects-refused": lambda: _swallow(
        lambda: arrownd.to_numpy(ArrayProducer(lists("+l", [1, 1], text("u", [b"ok", b"\xff"]))), dtype=object)
    ),
    "strings": lambda: arrownd.to_numpy(ArrayProducer(WORDS), "T", na_value=""),
    "fixed-width-strings": lambda: arrownd.to_numpy(ArrayProducer(WORDS), "U", na_value=""),
    "batches": lambda: list(arrownd.iter_numpy(stream_of(INTS, INTS), batch_size=2)),
    "batches-left-early": lambda: next(arrownd.iter_numpy(stream_of(INTS, INTS), batch_size=2)),
    "batches-that-fail": lambda: _swallow(
        lambda: list(arrownd.iter_numpy(OneShotStream(Script(INTS, [INTS, Failure()]))))
    ),
    "a-refusal": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(HOLES), allow_copy=False)),
    "nulls-refused": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(HOLES), nulls="raise")),
    "an-invalid-array": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(INTS.but(length=-1)))),
    "an-invalid-child": lambda: _swallow(
        lambda: arrownd.to_columns(ArrayProducer(FRAME.but(child_2=INTS.but(length=1, name="z"))))
    ),
    "bad-text": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(text("u", [b"ok", b"\xff"])))),
    "a-failing-stream": lambda: _swallow(lambda: arrownd.to_numpy(OneShotStream(Script(INTS, [INTS, Failure()])))),
    "a-wrong-option": lambda: _swallow(lambda: arrownd.to_numpy(ArrayProducer(INTS), nulls="nonsense")),
    "no-producer": lambda: _swallow(lambda: arrownd.to_numpy(object())),
}


def _swallow(call: Callable[[], object]) -> None:
    try:
        call()
    except (arrownd.ArrowndError, TypeError, ValueError):
        return
    raise AssertionError("it was let through")


def grow(name: str, times: int) -> int:
    """By how many bytes the process grew over so many calls, after a tenth as many to warm up."""
    call = CALLS[name]
    for _ in range(times // 10):
        call()
    gc.collect()
    before = _resident()
    for _ in range(times):
        call()
    gc.collect()
    return _resident() - before


def _resident() -> int:
    if sys.platform == "linux":
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("name", CALLS)
def test_no_growth(name: str) -> None:
    """A struct that leaked would be some 80 bytes a call, its Python side some hundreds."""
    times = 100_000 if name in ("a-view", "a-copy") else 20_000
    code = f"from {__name__} import grow; print(grow({name!r}, {times}))"
    command, environment = command_for("-c", code)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 2**20, f"grew by {int(done.stdout):,} bytes over {times:,} calls"


@pytest.mark.parametrize("name", CALLS)
def test_a_call_leaves_no_reference_to_its_producer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Producer] = []
    original = Producer.__init__

    def remember(self: Producer, *args, **kwargs) -> None:
        original(self, *args, **kwargs)
        made.append(self)

    monkeypatch.setattr(Producer, "__init__", remember)
    CALLS[name]()
    gc.collect()
    if name == "no-producer":
        assert made == []
        return
    (producer,) = made
    made.clear()
    untouched = ArrayProducer(INTS)
    made.clear()
    assert sys.getrefcount(producer) == sys.getrefcount(untouched)
    assert producer.ledger.alive() == []
