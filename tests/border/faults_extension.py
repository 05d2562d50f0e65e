"""Faults of extension types: metadata that doesn't fit its storage."""

from __future__ import annotations

from collections.abc import Iterator

from .faults import Fault, recipe_fault
from .recipes import extension, fixed_binary, fixed_list, primitive
from .samples import BY_NAME

TENSOR = "arrow.fixed_shape_tensor"
SIX = fixed_list(6, [1, 1], primitive("i", range(12), name="item"))


def faults() -> Iterator[Fault]:
    cases = {
        "json-broken": '{"shape": [2, 3]',
        "json-empty": "",
        "json-not-an-object": "[2, 3]",
        "json-null": "null",
        "json-deep": "[" * 100_000,
        "json-trailing": '{"shape": [2, 3]} x',
        "shape-missing": '{"permutation": [1, 0]}',
        "shape-null": '{"shape": null}',
        "shape-not-a-list": '{"shape": 6}',
        "shape-of-text": '{"shape": ["2", "3"]}',
        "shape-of-floats": '{"shape": [2.5, 3]}',
        "shape-of-lists": '{"shape": [[2, 3]]}',
        "shape-negative": '{"shape": [-2, -3]}',
        "shape-too-small": '{"shape": [2, 2]}',
        "shape-too-large": '{"shape": [2, 4]}',
        "shape-zero": '{"shape": [0, 6]}',
        "shape-empty": '{"shape": []}',
        "shape-overflows": '{"shape": [4294967296, 4294967296, 6]}',
        "shape-wraps-to-six": '{"shape": [9223372036854775809, 2, 3]}',
        "shape-beyond-64-bits": '{"shape": [99999999999999999999]}',
        "permutation-repeats": '{"shape": [2, 3], "permutation": [0, 0]}',
        "permutation-beyond": '{"shape": [2, 3], "permutation": [0, 2]}',
        "permutation-negative": '{"shape": [2, 3], "permutation": [0, -1]}',
        "permutation-short": '{"shape": [2, 3], "permutation": [0]}',
        "permutation-long": '{"shape": [2, 3], "permutation": [0, 1, 2]}',
        "permutation-of-text": '{"shape": [2, 3], "permutation": ["0", "1"]}',
        "permutation-not-a-list": '{"shape": [2, 3], "permutation": 1}',
    }
    for name, serialized in cases.items():
        yield recipe_fault("extension", f"tensor-{name}", extension(TENSOR, SIX, serialized), in_schema=True)
    # More dimensions than NumPy has room for, and yet a tensor by Arrow's rules.
    ones = f'{{"shape": [{"1, " * 99}6]}}'
    hundred = extension(TENSOR, SIX, ones)
    yield recipe_fault(
        "extension",
        "tensor-of-100-dimensions",
        hundred,
        expected=("ArrowndError",),
        may_succeed=True,
        message="dimension",
        field=False,
    )
    yield recipe_fault("extension", "tensor-without-metadata", extension(TENSOR, SIX, None), in_schema=True)
    right = '{"shape": [2, 3]}'
    not_utf8, sound = (extension(TENSOR, SIX, text) for text in (b'{"shape": [2, 3], "\xff": 1}', right))
    yield recipe_fault("extension", "tensor-not-utf8", not_utf8, may_succeed=True, sound=sound)
    for storage in ("int32", "list", "struct", "utf8", "fixed_size_binary"):
        yield recipe_fault(
            "extension", f"tensor-stored-as-{storage}", extension(TENSOR, BY_NAME[storage], right), in_schema=True
        )
    for storage in ("bool", "uint8", "int16", "float32", "utf8", "fixed_size_list"):
        yield recipe_fault(
            "extension", f"bool8-stored-as-{storage}", extension("arrow.bool8", BY_NAME[storage]), in_schema=True
        )
    yield recipe_fault(
        "extension", "uuid-of-15-bytes", extension("arrow.uuid", fixed_binary(15, [bytes(15)])), in_schema=True
    )
    for storage in ("utf8", "int32", "large_binary"):
        yield recipe_fault(
            "extension", f"uuid-stored-as-{storage}", extension("arrow.uuid", BY_NAME[storage]), in_schema=True
        )
    inside = fixed_list(1, [1, 1], extension(TENSOR, SIX, cases["shape-too-small"]).but(name="item"))
    yield recipe_fault("extension", "tensor-in-a-list", inside, in_schema=True)
