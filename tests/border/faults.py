"""Faulty producers: each breaks one rule of the border, and says how it has to end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .producers import ArrayProducer, Producer, SchemaProducer
from .recipes import Recipe, struct_of
from .rules import RULES
from .streams import stream_of

INVALID = ("InvalidArrowError",)
ANY = ("ArrowndError",)  # some error of ours; each derives from this one
PASSES = ("the producer's own",)  # the very exception that the producer raised
FIELD = "culprit"

Make = Callable[[], Producer]


@dataclass(frozen=True)
class Attempt:
    """One call with one fresh producer. If it is let through (``may_succeed``), the result has to equal that of ``sound``, by ``oracle`` if that is another call."""

    label: str
    call: str  # a function of arrownd, or of the worker
    make: Make
    expected: tuple[str, ...] = INVALID
    message: str = ""
    may_succeed: bool = False
    sound: Make | None = None
    oracle: str | None = None


@dataclass(frozen=True, eq=False)
class Fault:
    name: str
    rule: str
    attempts: tuple[Attempt, ...]


def recipe_fault(
    rule: str,
    name: str,
    recipe: Recipe,
    *,
    in_schema: bool = False,
    expected: tuple[str, ...] = INVALID,
    message: str | None = None,
    may_succeed: bool = False,
    explain_succeeds: bool = False,
    sound: Recipe | None = None,
    field: bool = True,
    batch: bool = True,
) -> Fault:
    """A faulty array by every way in: as it is, as a stream's batch, as a struct's field; its schema alone if that is where the fault lies.

    ``explain_succeeds``: the fault lies where `explain` needn't look. ``field``: whether the error of a struct's field has to name the field. ``batch``: whether a stream's batch can have the fault.
    """
    words = RULES[rule].message if message is None else message

    def attempts() -> Iterator[Attempt]:
        ways = _ways(recipe, field, batch, in_schema)
        reference = _ways(sound, field, batch, in_schema) if sound else [None] * len(ways)
        for (label, call, make), known in zip(ways, reference, strict=True):
            needed = f"(?=.*{FIELD})(?=.*({words}))" if label == "field" and field else words
            may = may_succeed or (explain_succeeds and call == "explain")
            yield Attempt(label, call, make, expected, needed, may, known and known[2])

    return Fault(f"{rule}/{name}", rule, tuple(attempts()))


def _ways(recipe: Recipe, field: bool, batch: bool, in_schema: bool) -> list[tuple[str, str, Make]]:
    rows = recipe.length if 0 <= recipe.length < 2**50 else 0
    inside = struct_of(rows, {FIELD: recipe if field else recipe.but(name="")})

    def array() -> Producer:
        return ArrayProducer(recipe, guard=True)

    def stream() -> Producer:
        return stream_of(recipe, guard=True)

    def in_struct() -> Producer:
        return ArrayProducer(inside, guard=True)

    def schema() -> Producer:
        return SchemaProducer(recipe, guard=True)

    ways: list[tuple[str, str, Make]] = [("array", "to_numpy", array), ("array", "explain", array)]
    ways += [("stream", "to_numpy", stream), ("stream", "explain", stream)] if batch else []
    ways += [("field", call, in_struct) for call in ("to_numpy", "to_columns", "explain")]
    ways += [("array", "to_columns", array)] if recipe.format == "+s" else []
    return ways + ([("schema", "explain", schema)] if in_schema else [])


def producer_fault(
    rule: str,
    name: str,
    make: Make,
    *,
    calls: tuple[str, ...] = ("to_numpy", "to_masked", "explain"),
    expected: tuple[str, ...] = INVALID,
    message: str | None = None,
    may_succeed: bool = False,
    explain_succeeds: bool = False,
) -> Fault:
    """A fault of the object itself rather than of the arrays it hands over."""
    words = RULES[rule].message if message is None else message
    return Fault(
        f"{rule}/{name}",
        rule,
        tuple(
            Attempt("object", call, make, expected, words, may_succeed or (explain_succeeds and call == "explain"))
            for call in calls
        ),
    )
