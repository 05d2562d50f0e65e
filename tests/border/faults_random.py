"""Random arrays, nested and sliced, sound and then spoiled: whatever the bytes are, memory that isn't there is never read.

What a producer alone can know stays true in them: a buffer is as long as length and offset say, and text as long as its last offset.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from .faults import Attempt, Fault
from .producers import ArrayProducer
from .recipes import (
    Recipe,
    boolean,
    dense_union,
    encoded,
    fixed_binary,
    fixed_list,
    list_views,
    lists,
    null,
    pack,
    primitive,
    raw_views,
    runs,
    sparse_union,
    struct_of,
    text,
    text_view,
)
from .samples import LONG
from .streams import stream_of

SEEDS = range(20)
PER_SEED = 30
CALLS = ("to_numpy", "explain", "to_masked")
WIDTHS = {"+l": 4, "+L": 8, "+vl": 4, "+vL": 8, "u": 4, "U": 8, "z": 4, "Z": 8}
MARKS = [-1, 0, 1, 2, 5, 127, 255, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]


def faults() -> Iterator[Fault]:
    for seed in SEEDS:
        dice = random.Random(seed)
        yield Fault(f"anything/sound-{seed}", "anything", tuple(_attempts(dice, spoiled=False)))
        yield Fault(f"anything/spoiled-{seed}", "anything", tuple(_attempts(dice, spoiled=True)))


def _attempts(dice: random.Random, *, spoiled: bool) -> Iterator[Attempt]:
    for index in range(PER_SEED):
        recipe = random_array(dice, dice.choice([0, 1, 2, 9]), depth=dice.choice([0, 1, 2, 3]))
        for _ in range(dice.choice([1, 1, 2]) if spoiled else 0):
            recipe = spoil(dice, recipe)
        expected = ("ArrowndError",) if spoiled else ("RaggedError", "UnsupportedTypeError", "LossyCastError")
        call = CALLS[index % 3]
        yield Attempt(
            f"array {index}", call, lambda recipe=recipe: ArrayProducer(recipe, guard=True), expected, may_succeed=True
        )
        if not spoiled and not runs_of_runs(recipe):
            inside = struct_of(recipe.length, {"x": counted(recipe).but(name="x")})
            make = lambda inside=inside: ArrayProducer(inside)  # noqa: E731
            yield Attempt(
                f"objects {index}", "objects", make, ("LossyCastError",), may_succeed=True, sound=make, oracle="pylist"
            )
        if index % 5 == 0:
            yield Attempt(
                f"stream {index}",
                call,
                lambda recipe=recipe: stream_of(recipe, recipe, guard=True),
                expected,
                may_succeed=True,
            )


def counted(recipe: Recipe) -> Recipe:
    """pyarrow, the oracle, takes no union of an unknown null count."""
    below = {f"child_{index}": counted(child) for index, child in enumerate(recipe.children)}
    if recipe.dictionary:
        below["dictionary"] = counted(recipe.dictionary)
    return recipe.but(**below, null_count=0 if recipe.format.startswith("+u") else recipe.null_count)


def runs_of_runs(recipe: Recipe) -> bool:
    """Which pyarrow doesn't take either."""
    below = [*recipe.children, *([recipe.dictionary] if recipe.dictionary else [])]
    return (recipe.format == "+r" and recipe.children[1].format == "+r") or any(map(runs_of_runs, below))


def random_array(dice: random.Random, rows: int, depth: int) -> Recipe:
    """A sound array of so many rows, often a slice of a longer one."""
    skipped, beyond = dice.choice([(0, 0), (0, 0), (1, 0), (3, 2), (9, 1)])
    whole = dice.choice(NESTED if depth else LEAVES)(dice, skipped + rows + beyond, depth - 1)
    if whole.format == "+r" and rows and beyond:
        beyond = 0  # runs needn't end where the array does
    unknown = whole.null_count if skipped + beyond == 0 else -1
    nulls = unknown if whole.buffers and whole.format[:2] not in ("+u", "+r") else 0
    return whole.but(offset=skipped, length=rows, null_count=dice.choice([nulls, -1]))


def _some(dice: random.Random, rows: int, make: Callable[[], object]) -> list:
    density = dice.choice([0, 0, 0.3, 1])
    return [None if dice.random() < density else make() for _ in range(rows)]


def _text(dice: random.Random) -> bytes:
    return dice.choice([b"", b"a", b"twelve bytes", LONG, "é".encode()])


def _list(dice: random.Random, rows: int, depth: int) -> Recipe:
    sizes = _some(dice, rows, lambda: dice.randrange(4))
    return lists(
        dice.choice(["+l", "+L"]),
        sizes,
        random_array(dice, sum(size or 0 for size in sizes) + dice.randrange(3), depth).but(name="item"),
    )


def _list_view(dice: random.Random, rows: int, depth: int) -> Recipe:
    size = dice.randrange(6)
    spans = _some(dice, rows, lambda: (lambda start: (start, dice.randint(0, size - start)))(dice.randint(0, size)))
    return list_views(dice.choice(["+vl", "+vL"]), spans, random_array(dice, size, depth).but(name="item"))


def _fixed_list(dice: random.Random, rows: int, depth: int) -> Recipe:
    size = dice.choice([0, 1, 3])
    return fixed_list(
        size, _some(dice, rows, lambda: 1), random_array(dice, rows * size + dice.randrange(3), depth).but(name="item")
    )


def _struct(dice: random.Random, rows: int, depth: int) -> Recipe:
    fields = {
        name: random_array(dice, rows + dice.randrange(2), dice.randint(0, max(depth, 0)))
        for name in "abc"[: dice.randrange(4)]
    }
    return struct_of(rows, fields, rows=_some(dice, rows, lambda: 1))


def _union(dice: random.Random, rows: int, depth: int) -> Recipe:
    ids = [dice.choice([3, 8]) for _ in range(rows)]
    if dice.random() < 0.5:
        return sparse_union(ids, {kind: random_array(dice, rows, depth) for kind in (3, 8)})
    return dense_union(
        ids, [dice.randrange(4) for _ in range(rows)], {kind: random_array(dice, 4, depth) for kind in (3, 8)}
    )


def _dictionary(dice: random.Random, rows: int, depth: int) -> Recipe:
    return encoded(dice.choice("cCsSiIlL"), _some(dice, rows, lambda: dice.randrange(5)), random_array(dice, 5, depth))


def _runs(dice: random.Random, rows: int, depth: int) -> Recipe:
    ends = sorted([*dice.sample(range(1, rows), min(3, rows - 1)), rows]) if rows else []
    return runs(dice.choice("sil"), ends, random_array(dice, len(ends), depth))


LEAVES: list[Callable[[random.Random, int, int], Recipe]] = [
    lambda dice, rows, _: primitive(
        dice.choice(["c", "S", "i", "l", "tdD", "ttn"]), _some(dice, rows, lambda: dice.randrange(100))
    ),
    lambda dice, rows, _: primitive(dice.choice("efg"), _some(dice, rows, lambda: dice.random())),
    lambda dice, rows, _: boolean(_some(dice, rows, lambda: dice.random() < 0.5)),
    lambda dice, rows, _: fixed_binary(3, _some(dice, rows, lambda: b"abc")),
    lambda dice, rows, _: text(dice.choice("uUzZ"), _some(dice, rows, lambda: _text(dice))),
    lambda dice, rows, _: text_view(dice.choice(["vu", "vz"]), _some(dice, rows, lambda: _text(dice))),
    lambda dice, rows, _: raw_views("vz", rows, bytes(16 * rows), []),
    lambda dice, rows, _: null(rows),
]
NESTED = [_list, _list_view, _fixed_list, _struct, _struct, _union, _dictionary, _runs]


def spoil(dice: random.Random, recipe: Recipe) -> Recipe:
    """One thing made wrong, or merely odd, somewhere in a recipe."""
    below = [("child", index) for index in range(len(recipe.children))] + (
        [("dictionary", 0)] if recipe.dictionary else []
    )
    if below and dice.random() < 0.6:
        kind, index = dice.choice(below)
        if kind == "dictionary":
            return recipe.but(dictionary=spoil(dice, recipe.dictionary))
        return recipe.but(**{f"child_{index}": spoil(dice, recipe.children[index])})
    return dice.choice([_other_numbers, _other_bytes, _other_bytes, _no_buffer])(dice, recipe)


def _other_numbers(dice: random.Random, recipe: Recipe) -> Recipe:
    field = dice.choice(["length", "offset", "null_count"])
    if field == "null_count":
        return recipe.but(null_count=dice.choice(MARKS))
    value = getattr(recipe, field)
    less = dice.randint(0, value) if 0 <= value < 1000 else 0  # more than there was would be a lie that nobody sees
    return recipe.but(**{field: dice.choice([less, less, -1, 2**63 - 1, -(2**63)])})


def _no_buffer(dice: random.Random, recipe: Recipe) -> Recipe:
    if not recipe.buffers:
        return recipe.array_but(n_buffers=1)
    return recipe.but(**{f"buffer_{dice.randrange(len(recipe.buffers))}": None})


def _other_bytes(dice: random.Random, recipe: Recipe) -> Recipe:
    buffers = list(recipe.buffers)
    if recipe.format in ("vu", "vz"):
        buffers = buffers[:-1]  # the sizes are true
    filled = [index for index, data in enumerate(buffers) if data]
    if not filled:
        return _other_numbers(dice, recipe)
    index = dice.choice(filled)
    data = bytearray(buffers[index])  # type: ignore[arg-type]
    width = dice.choice([1, 4, WIDTHS.get(recipe.format or "", 4)])
    if len(data) < width:
        width = 1
    mark = dice.choice(MARKS)
    if index == 1 and recipe.format in ("u", "U", "z", "Z"):
        width = WIDTHS[recipe.format]
        end = len(recipe.buffers[2] or b"")  # type: ignore[arg-type]
        mark = dice.choice([-1, 0, min(1, end), -(2**31), end])
    at = dice.randrange(len(data) // width) * width
    data[at : at + width] = pack("q", [mark])[:width]
    return recipe.but(**{f"buffer_{index}": bytes(data)})
