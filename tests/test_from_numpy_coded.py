"""Dictionaries of text: long arrays are coded some values at a time, to what pyarrow's encoder makes of them at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrownd import from_numpy
from arrownd.exceptions import LossyCastError

N = 70_000  # more than four stretches
RNG = np.random.default_rng(11)
INDEXES = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def text(distinct: int, n: int = N) -> np.ndarray:
    return np.char.add("v\u00e9" if distinct < 50 else "value ", RNG.integers(0, distinct, n).astype("U6"))


def objects(values: np.ndarray) -> np.ndarray:
    cells = values.astype(object)
    cells[RNG.random(len(cells)) < 0.1] = None
    return cells


KINDS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "U": (lambda v: v, "utf8"),
    "swapped U": (lambda v: v.astype(v.dtype.newbyteorder()), "utf8"),
    "strided U": (lambda v: np.repeat(v, 2)[::2], "utf8"),
    "reversed U": (lambda v: v[::-1], "utf8"),
    "S": (lambda v: np.char.encode(v, "utf-8"), "binary"),
    "str": (objects, "utf8"),
    "bytes": (lambda v: objects(np.char.encode(v, "utf-8").astype(object)), "binary"),
    "StringDType": (lambda v: v.astype(np.dtypes.StringDType()), "utf8"),
}


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_as_pyarrow_encodes(kind: str, masked: bool) -> None:
    make, of = KINDS[kind]
    values = make(text(100))
    mask = RNG.random(N) < 0.2 if masked else None
    for index in INDEXES:
        wanted = f"dictionary[{index}, {of}]"
        made = pa.array(from_numpy(values, mask=mask, type=wanted))
        made.validate(full=True)
        assert made.type == pa.dictionary(index, pa.string() if of == "utf8" else pa.binary())
        expected = from_numpy(values, mask=mask)
        assert made.cast(made.type.value_type).equals(pa.array(expected))
        encoded = pa.array(expected).dictionary_encode()
        # In order of first appearance, each once.
        assert made.dictionary.equals(encoded.dictionary)
        assert made.indices.cast("int64").equals(encoded.indices.cast("int64"))


@pytest.mark.parametrize("kind", ["U", "S", "str", "bytes"])
@pytest.mark.parametrize(("index", "most"), [("int8", 128), ("uint8", 256), ("int16", 32768)])
def test_as_many_as_there_are_codes(kind: str, index: str, most: int) -> None:
    of = KINDS[kind][1]
    for distinct in (most, most + 1):
        # The last comes in the last stretch.
        values = np.concatenate([np.resize(np.arange(most), N), np.full(9, distinct - 1)]).astype("U6")
        values = np.char.encode(values) if of == "binary" else values
        values = values.astype(object) if len(kind) > 1 else values
        if distinct == most:
            made = pa.array(from_numpy(values, type=f"dictionary[{index}, {of}]"))
            assert len(made.dictionary) == most
        else:
            with pytest.raises(LossyCastError, match=f"value number {most + 1} of the dictionary at position {N}"):
                from_numpy(values, type=f"dictionary[{index}, {of}]")


@pytest.mark.parametrize("kind", ["U", "str"])
def test_of_values_that_all_differ(kind: str) -> None:
    for values in (np.arange(N), np.concatenate([np.arange(20_000), np.arange(N) % 9])):
        cells = values.astype("U6").astype(object if kind == "str" else "U6")
        made = pa.array(from_numpy(cells, type="dictionary[int32, utf8]"))
        assert made.dictionary.to_pylist() == list(dict.fromkeys(cells.tolist()))
        assert made.to_pylist() == cells.tolist()


def test_what_is_no_text_is_found_where_it_is() -> None:
    values: Any = text(9).astype(object)
    values[50_000] = 3
    with pytest.raises((TypeError, ValueError), match="50000"):
        from_numpy(values, type="dictionary[int32, utf8]")
    lone = text(9)
    lone[60_000] = "\ud800"
    with pytest.raises(ValueError, match="60000"):
        from_numpy(lone, type="dictionary[int32, utf8]")


def test_a_stretch_without_a_value() -> None:
    values: Any = text(9).astype(object)
    values[16_384:32_768] = None
    made = pa.array(from_numpy(values, type="dictionary[int32, utf8]"))
    assert made.null_count == 16_384 and made.to_pylist() == values.tolist()


@pytest.mark.parametrize("type_", ["dictionary[int32, large_utf8]", "dictionary[int32, int64]"])
def test_other_values(type_: str) -> None:
    values = (np.arange(N) % 7).astype("U1") if "utf8" in type_ else np.arange(N) % 7
    made = pa.array(from_numpy(values, type=type_))
    assert len(made.dictionary) == 7 and made.to_pylist()[:8] == [*values[:7].tolist(), values[0].item()]
