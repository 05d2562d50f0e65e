"""Faults of buffers: how many, where they are null, and what the null count says of the validity bitmap."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import Fault, recipe_fault
from .recipes import Recipe, bits, primitive
from .samples import BY_NAME, FORMS

WITHOUT_VALIDITY = ("null", "sparse_union", "dense_union", "runs_int32")


def faults() -> Iterator[Fault]:
    yield from _counts()
    yield from _tables()
    yield from _null_buffers()
    yield from _no_rows()
    yield from _null_validity()
    yield from _null_counts()


def _counts() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        n = len(recipe.buffers)
        # One more buffer of a view array is one more data buffer. One of a null array is the bitmap that Polars sends.
        if name != "utf8_view":
            extra = [bytes(64)] * (2 if name == "null" else 1)
            yield recipe_fault("buffer-count", f"too-many-{name}", recipe.but(buffers=[*recipe.buffers, *extra]))
        if n:
            fewest = 2 if name == "utf8_view" else n - 1
            yield recipe_fault("buffer-count", f"one-fewer-{name}", recipe.but(buffers=list(recipe.buffers)[:fewest]))
            yield recipe_fault("buffer-count", f"none-{name}", recipe.but(buffers=[]))
            yield recipe_fault("buffer-count", f"none-and-no-table-{name}", recipe.array_but(n_buffers=0, buffers=None))
        yield recipe_fault("buffer-count", f"negative-{name}", recipe.array_but(n_buffers=-1))
        yield recipe_fault("buffer-count", f"minimum-{name}", recipe.array_but(n_buffers=-(2**63)))
        yield recipe_fault("buffer-count", f"huge-{name}", recipe.array_but(n_buffers=2**62))
    view = BY_NAME["utf8_view"]
    yield recipe_fault("buffer-count", "view-of-one", view.but(buffers=view.buffers[:1]))
    yield recipe_fault("buffer-count", "view-wrapping", view.array_but(n_buffers=2**61 + 4))
    yield recipe_fault(
        "buffer-count",
        "in-a-child",
        BY_NAME["list"].but(child_0=primitive("i", range(6), name="item").array_but(n_buffers=3)),
    )


def _tables() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        if recipe.buffers:
            yield recipe_fault("buffer-pointers", f"null-table-{name}", recipe.array_but(buffers=None))
            empty = Recipe(
                recipe.format, 0, recipe.buffers, recipe.children, recipe.dictionary, metadata=recipe.metadata
            )
            yield recipe_fault("buffer-pointers", f"null-table-of-no-rows-{name}", empty.array_but(buffers=None))


def _null_buffers() -> Iterator[Fault]:
    for name in FORMS:
        recipe = BY_NAME[name]
        first = 0 if name in WITHOUT_VALIDITY else 1
        for index in range(first, len(recipe.buffers)):
            without = recipe.but(**{f"buffer_{index}": None})
            yield recipe_fault("null-buffer", f"{name}-{index}", without)
            if recipe.null_count:  # that every row is null doesn't excuse it
                hidden = without.but(buffer_0=bytes(1), null_count=recipe.length)
                if name not in ("utf8_view", "utf8", "large_binary") or index == 1:
                    yield recipe_fault("null-buffer", f"{name}-{index}-all-null", hidden)
        if first < len(recipe.buffers):
            one = recipe.but(length=0, offset=1, buffers=[None] * len(recipe.buffers))
            # No row is there to be read, yet the offset says that there is memory: either answer will do.
            yield recipe_fault(
                "null-buffer",
                f"{name}-offset-of-no-rows",
                one,
                expected=("ArrowndError",),
                may_succeed=True,
                message="",
                field=False,
            )


def _no_rows() -> Iterator[Fault]:
    """Sound: without rows, buffers may be missing, and one that is there may have no size, so that not even a first offset can be read."""
    for name in FORMS:
        full = BY_NAME[name].but(length=0, null_count=0)
        sizeless = full.but(buffers=[buffer and b"" for buffer in full.buffers])
        if name == "utf8_view":
            sizeless = full.but(buffers=[None, b"", b""])
        missing = full.but(buffers=[None] * len(full.buffers))
        for label, recipe in (("sizeless", sizeless), ("missing", missing)):
            if name == "utf8_view" and label == "missing":
                recipe = full.but(buffers=[None, None, None])
            yield recipe_fault(
                *("null-buffer", f"{name}-of-no-rows-{label}", recipe),
                expected=("RaggedError",),  # of lists in a matrix
                may_succeed=True,
                sound=full,
                message="",
                field=False,
            )


def _null_validity() -> Iterator[Fault]:
    for name in FORMS:
        if name not in WITHOUT_VALIDITY:
            recipe = BY_NAME[name]
            yield recipe_fault("null-validity", name, recipe.but(buffer_0=None, null_count=1))
            yield recipe_fault("null-validity", f"{name}-all", recipe.but(buffer_0=None, null_count=recipe.length))
    ints = primitive("i", [1, 2, 3])
    yield recipe_fault("null-validity", "more-than-rows", ints.but(null_count=4))
    yield recipe_fault(
        "null-validity",
        "in-a-child",
        BY_NAME["fixed_size_list"].but(
            child_0=primitive(
                "i",
                range(6),
                name="item",
            ).but(null_count=2)
        ),
    )


def _null_counts() -> Iterator[Fault]:
    """A null count that can't be: refused or recounted, never believed."""
    sound = primitive("i", [1, None, 3, 4, None])
    for value in (-2, -(2**63), 6, 2**63 - 1):
        wrong = sound.but(null_count=value)
        yield recipe_fault("null-count", f"{value}", wrong, may_succeed=True, sound=sound)
        flags = primitive("i", [1, 2, 3]).but(buffer_0=bits([1, 1, 1]))
        yield recipe_fault(
            "null-count", f"{value}-nothing-null", flags.but(null_count=value), may_succeed=True, sound=flags
        )
    for value in (-2, -(2**63)):
        plain = primitive("i", [1, 2, 3])
        yield recipe_fault(
            "null-count", f"{value}-no-bitmap", plain.but(null_count=value), may_succeed=True, sound=plain
        )
