"""Faults of children: how many, where they are, how deep."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import ANY, Attempt, Fault, Make, producer_fault, recipe_fault
from .producers import ArrayProducer, SchemaProducer
from .recipes import Recipe, encoded, fixed_list, list_views, lists, primitive, runs, struct_of, text
from .rules import RULES
from .samples import BY_NAME, FORMS

INTS = primitive("i", [1, 2])


def faults() -> Iterator[Fault]:
    yield from _child_counts()
    yield from _child_pointers()
    yield from _depth()


def _child_counts() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        n = len(recipe.children)
        extra = recipe.but(children=[*recipe.children, INTS.but(name="extra")])
        more, fewer = extra.children, list(recipe.children)[:-1]
        if recipe.format != "+s":  # a struct may have any number, if both sides agree
            yield recipe_fault("child-count", f"one-more-{name}", extra, in_schema=True)
        if n and recipe.format != "+s":
            yield recipe_fault("child-count", f"one-fewer-{name}", recipe.but(children=fewer), in_schema=True)
        if n:
            keep = [*range(n - 1)]
            yield recipe_fault("child-count", f"array-one-fewer-{name}", recipe.array_but(child_pointers=keep))
            yield recipe_fault(
                "child-count",
                f"schema-one-fewer-{name}",
                recipe.schema_but(child_pointers=keep),
                in_schema=recipe.format != "+s",
            )
            yield recipe_fault("child-count", f"array-none-{name}", recipe.array_but(n_children=0))
        # The table of pointers ends long before: it mustn't be read as far as that.
        yield recipe_fault("child-count", f"array-1000000-{name}", recipe.array_but(n_children=10**6))
        if recipe.format != "+s":
            yield recipe_fault(
                "child-count", f"schema-1000000-{name}", recipe.schema_but(n_children=10**6), in_schema=True
            )
        yield recipe_fault(
            "child-count", f"array-one-more-{name}", recipe.but(children=more, schema={"child_pointers": [*range(n)]})
        )
        yield recipe_fault("child-count", f"array-negative-{name}", recipe.array_but(n_children=-1))
        yield recipe_fault("child-count", f"schema-negative-{name}", recipe.schema_but(n_children=-1), in_schema=True)
        yield recipe_fault("child-count", f"array-huge-{name}", recipe.array_but(n_children=2**62))
        # More children than any address space has pointers for: the one count that a struct's schema can't have.
        yield recipe_fault("child-count", f"schema-huge-{name}", recipe.schema_but(n_children=2**62), in_schema=True)
    entries = struct_of(2, {"key": text("u", [b"a", b"b"])}, name="entries")
    three = struct_of(2, {"key": INTS, "value": INTS, "extra": INTS}, name="entries")
    yield recipe_fault("child-count", "map-of-one", lists("+m", [2], entries), in_schema=True)
    yield recipe_fault("child-count", "map-of-three", lists("+m", [2], three), in_schema=True)
    yield recipe_fault("child-count", "map-of-ints", lists("+m", [2], INTS), in_schema=True)
    nulls = struct_of(2, {"key": INTS, "value": INTS}, rows=[1, None], name="entries")
    yield recipe_fault(
        "child-count",
        "map-with-null-entries",
        lists("+m", [2], nulls),
        may_succeed=True,
        expected=("ArrowndError",),
        message="",
        field=False,
    )


def _child_pointers() -> Iterator[Fault]:
    for name in ("struct", "list", "list_view", "fixed_size_list", "map", "sparse_union", "runs_int32"):
        recipe = BY_NAME[name]
        last = [*range(len(recipe.children) - 1)]
        yield recipe_fault("child-pointers", f"array-table-null-{name}", recipe.array_but(children=None))
        yield recipe_fault(
            "child-pointers", f"schema-table-null-{name}", recipe.schema_but(children=None), in_schema=True
        )
        yield recipe_fault("child-pointers", f"array-child-null-{name}", recipe.array_but(child_pointers=[*last, None]))
        yield recipe_fault(
            "child-pointers",
            f"schema-child-null-{name}",
            recipe.schema_but(child_pointers=[*last, None]),
            in_schema=True,
        )
    # A child is owned, and can be taken away and released alone: two pointers to one are no tree. That may go unseen where nothing is
    # taken away; a column must never be left without its memory.
    twice = struct_of(2, {"a": INTS, "b": INTS}).array_but(child_pointers=[0, 0])
    deep = struct_of(2, {"a": struct_of(2, {"x": INTS, "y": INTS}).array_but(child_pointers=[1, 1]), "b": INTS})
    for name, recipe in (("twice", twice), ("twice-below", deep)):
        sound = struct_of(2, {"a": struct_of(2, {"x": INTS, "y": INTS}) if recipe is deep else INTS, "b": INTS})
        yield recipe_fault(
            "child-pointers",
            f"array-child-{name}",
            recipe,
            sound=sound,
            may_succeed=True,
            expected=ANY,
            field=False,
            message="",
        )
        make: Make = lambda recipe=recipe: ArrayProducer(recipe, guard=True)  # noqa: E731
        yield producer_fault(
            "child-pointers", f"array-child-{name}-and-once-released", make, calls=("last_column",), may_succeed=True
        )
    for name in ("struct", "list", "fixed_size_list"):
        recipe = BY_NAME[name]
        last = [*range(len(recipe.children) - 1)]
        cycle = recipe.schema_but(child_pointers=[*last, "self"])
        yield recipe_fault("child-pointers", f"schema-cycle-{name}", cycle, in_schema=True, field=False)
        both = cycle.array_but(child_pointers=[*last, "self"])
        yield recipe_fault("child-pointers", f"cycle-{name}", both, in_schema=True, field=False)


def _nest(kind: str, levels: int) -> Recipe:
    leaf = primitive("i", [1], name="leaf")
    around = {
        "list": lists("+l", [1], leaf, name="item"),
        "list_view": list_views("+vl", [(0, 1)], leaf, name="item"),
        "fixed_size_list": fixed_list(1, [1], leaf, name="item"),
        "struct": struct_of(1, {"x": leaf}, name="x"),
        "dictionary": encoded("c", [0], leaf),
        "runs": runs("i", [1], leaf, name="values"),
    }[kind]
    nested = leaf
    for _ in range(levels):
        inside = {"dictionary": nested} if kind == "dictionary" else {"children": [*around.children[:-1], nested]}
        nested = Recipe(around.format, 1, around.buffers, name=around.name, **inside)
    return nested


def _depth() -> Iterator[Fault]:
    for kind in ("list", "list_view", "fixed_size_list", "struct", "dictionary", "runs"):
        yield recipe_fault("depth", f"129-{kind}", _nest(kind, 129), in_schema=True, field=False)
        yield _far_too_deep(kind, 2000)
    for kind in ("list", "struct"):
        yield _far_too_deep(kind, 100_000)


def _far_too_deep(kind: str, levels: int) -> Fault:
    """Laid out when it is wanted, and without guards, of which a process has some 30,000."""
    words = RULES["depth"].message
    array = Attempt("array", "to_numpy", lambda: ArrayProducer(_nest(kind, levels)), message=words)
    schema = Attempt("schema", "explain", lambda: SchemaProducer(_nest(kind, levels)), message=words)
    return Fault(f"depth/{levels}-{kind}", "depth", (array, schema))
