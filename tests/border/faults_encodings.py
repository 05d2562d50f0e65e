"""Faults of dictionaries, runs and unions."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import Fault, recipe_fault
from .recipes import Recipe, bits, dense_union, encoded, lists, pack, primitive, runs, sparse_union, struct_of, text
from .samples import BY_NAME, INT_RANGES

WORDS = text("u", [b"x", None, b"zz"])


def faults() -> Iterator[Fault]:
    yield from _dictionary_pairs()
    yield from _dictionary_indexes()
    yield from _run_ends()
    yield from _union_ids()
    yield from _union_offsets()


def _dictionary_pairs() -> Iterator[Fault]:
    recipe = encoded("i", [0, 2, None], WORDS)
    yield recipe_fault("dictionary-pair", "missing-in-array", recipe.array_but(dictionary=None))
    yield recipe_fault("dictionary-pair", "missing-in-schema", recipe.schema_but(dictionary=None))
    for name in ("int32", "utf8", "bool", "struct", "list", "null", "runs_int32", "dense_union"):
        yield recipe_fault(
            "dictionary-pair", f"only-in-array-{name}", BY_NAME[name].but(dictionary=WORDS, schema={"dictionary": None})
        )
    for name in (
        "utf8",
        "bool",
        "float32",
        "float16",
        "struct",
        "list",
        "null",
        "date32",
        "decimal128",
        "runs_int32",
        "dense_union",
        "timestamp_s",
    ):
        yield recipe_fault("dictionary-pair", f"index-of-{name}", BY_NAME[name].but(dictionary=WORDS), in_schema=True)
    inside = lists("+l", [1], recipe.but(name="item").array_but(dictionary=None))
    yield recipe_fault("dictionary-pair", "missing-in-a-list", inside)
    rotten = WORDS.but(buffer_1=pack("i", [0, 9, 1, 3]))
    yield recipe_fault("offsets", "text-in-a-dictionary", encoded("i", [0], rotten))
    yield recipe_fault("buffer-count", "in-a-dictionary", encoded("i", [0], WORDS.array_but(n_buffers=2)))
    yield recipe_fault("length-sign", "in-a-dictionary", encoded("i", [0], WORDS.but(length=-1)))


def _dictionary_indexes() -> Iterator[Fault]:
    for code, size in INT_RANGES.items():
        signed = {"beyond": 3, "far-beyond": 2**size - 1, "negative": -1, "minimum": -(2**size)}
        unsigned = {"beyond": 3, "far-beyond": 2**size, "maximum": 2 ** (size + 1) - 1}
        for format, cases in ((code, signed), (code.upper(), unsigned)):
            kind = f"{'u' if format.isupper() else ''}int{size + 1}"
            for name, index in cases.items():
                yield recipe_fault("dictionary-index", f"{kind}-{name}", encoded(format, [0, None, index, 1], WORDS))
    yield recipe_fault("dictionary-index", "empty-dictionary", encoded("i", [0], text("u", [])))
    yield recipe_fault("dictionary-index", "sliced", encoded("i", [0, 1, 3], WORDS).but(offset=2, length=1))
    yield recipe_fault(
        "dictionary-index", "beyond-a-sliced-dictionary", encoded("i", [0, 2], WORDS.but(offset=1, length=2))
    )
    yield recipe_fault("dictionary-index", "in-a-list", lists("+l", [2], encoded("i", [0, 3], WORDS, name="item")))
    yield recipe_fault("dictionary-index", "in-a-dictionary", encoded("i", [0], encoded("i", [0, 3], WORDS)))
    yield recipe_fault("dictionary-index", "last-of-many", encoded("i", [*[0] * 5_000, 3], WORDS))


def _ends(format: str, ends: list[int], length: int) -> Recipe:
    return runs(format, ends, primitive("i", range(len(ends))), length=length)


def _run_ends() -> Iterator[Fault]:
    for code, size in list(INT_RANGES.items())[1:]:
        label = f"int{size + 1}"
        cases = {
            "zero": ([0, 3, 4], 4),
            "negative": ([-1, 3, 4], 4),
            "minimum": ([-(2**size), 3, 4], 4),
            "decreasing": ([3, 1, 4], 4),
            "decreasing-last": ([1, 4, 3], 3),
            "equal": ([1, 1, 4], 4),
            "too-short": ([1, 3, 4], 5),
            "too-short-far": ([1, 3, 4], 2**40),
            "none": ([], 1),
        }
        for name, (ends, length) in cases.items():
            yield recipe_fault("run-ends", f"{label}-{name}", _ends(code, ends, length))
        yield recipe_fault("run-ends", f"{label}-too-short-by-offset", _ends(code, [1, 3, 4], 2).but(offset=3))
        hole = primitive(code, [1, 3, 4], name="run_ends").but(buffer_0=bits([1, 0, 1]), null_count=1)
        yield recipe_fault("run-ends", f"{label}-null", _ends(code, [1, 3, 4], 4).but(child_0=hole))
        uncounted = hole.but(null_count=-1)
        yield recipe_fault("run-ends", f"{label}-null-uncounted", _ends(code, [1, 3, 4], 4).but(child_0=uncounted))
        sliced = primitive(code, [9, 1, 1, 4], name="run_ends").but(offset=1, length=3)
        yield recipe_fault("run-ends", f"{label}-equal-in-a-slice", _ends(code, [1, 3, 4], 4).but(child_0=sliced))
    for name in (
        "int8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "utf8",
        "bool",
        "struct",
        "dictionary_int32",
        "date32",
    ):
        wrong = _ends("i", [1, 3, 4], 3).but(child_0=BY_NAME[name].but(name="run_ends"))
        yield recipe_fault("run-ends", f"ends-of-{name}", wrong, in_schema=True)
    inside = struct_of(2, {"a": _ends("i", [1, 1], 2)})
    yield recipe_fault("run-ends", "equal-in-a-list", lists("+l", [2], inside.but(name="item")))


KINDS = {5: primitive("i", [1, 2, 3]), 7: primitive("g", [0.5, 1.5, 2.5])}


def _union_ids() -> Iterator[Fault]:
    for wrong in (0, 6, -1, 127, -128):
        ids = [5, 7, wrong]
        yield recipe_fault("union-ids", f"sparse-{wrong}", sparse_union(ids, KINDS))
        yield recipe_fault("union-ids", f"dense-{wrong}", dense_union(ids, [0, 0, 0], KINDS))
    yield recipe_fault("union-ids", "sparse-sliced", sparse_union([5, 7, 1], KINDS).but(offset=2, length=1))
    yield recipe_fault("union-ids", "dense-sliced", dense_union([5, 7, 1], [0, 0, 0], KINDS).but(offset=2, length=1))
    yield recipe_fault("union-ids", "in-a-list", lists("+l", [2], sparse_union([5, 2, 5], KINDS, name="item")))
    yield recipe_fault("union-ids", "positions-instead-of-ids", sparse_union([0, 1, 0], KINDS))


def _union_offsets() -> Iterator[Fault]:
    for name, wrong in (("negative", -1), ("minimum", -(2**31)), ("beyond", 3), ("maximum", 2**31 - 1)):
        yield recipe_fault("union-offsets", name, dense_union([5, 7, 5], [0, 0, wrong], KINDS))
    short = {5: primitive("i", [1, 2, 3]), 7: primitive("g", [0.5])}
    yield recipe_fault("union-offsets", "beyond-its-own-child", dense_union([5, 7, 7], [2, 0, 1], short))
    yield recipe_fault("union-offsets", "sliced", dense_union([5, 7, 5], [0, 0, 3], KINDS).but(offset=2, length=1))
    yield recipe_fault(
        "union-offsets", "beyond-a-sliced-child", dense_union([5, 5], [0, 2], {5: KINDS[5].but(offset=1, length=2)})
    )
    yield recipe_fault("union-offsets", "empty-child", dense_union([5], [0], {5: primitive("i", [])}))
