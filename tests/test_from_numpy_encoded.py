"""Dictionaries and runs of anything: long arrays are encoded some values at a time, to what short ones become."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrownd import explain, from_numpy
from arrownd.exceptions import ArrowndError, LossyCastError, UnsupportedTypeError
from cases.case import objects_of as objects

SOME = 16_384  # how many are encoded at once
N = 4 * SOME + 77
RNG = np.random.default_rng(12)


def among_none(values: Any) -> np.ndarray:
    cells = objects(values)
    cells[missing(len(cells))] = None
    return cells


def missing(n: int) -> np.ndarray:
    """Single values, stretches over the border of two blocks, and a block of nothing else."""
    at = np.arange(n)
    return (at % 11 == 3) | (at // 50 % 7 == 0) | ((at >= 2 * SOME) & (at < 3 * SOME))


def stretches(n: int) -> np.ndarray:
    """Small integers in stretches, of which some go on over the border of two blocks, and some end there."""
    values = np.repeat(RNG.integers(0, 100, n // 3 + 1), 3)[:n]
    for border in range(SOME, n, 2 * SOME):
        values[border - 5 : border + 5] = 7
        values[border + SOME : border + SOME + 5] = 8
    return values


# What is made of small integers, and the type of it.
KINDS: dict[str, tuple[Callable[[np.ndarray], Any], str]] = {
    "int": (lambda v: objects(v.tolist()), "int64"),
    "int among None": (lambda v: among_none(v.tolist()), "int64"),
    "int as int8": (lambda v: objects(v.tolist()), "int8"),
    "int as float32": (lambda v: among_none(v.tolist()), "float32"),
    "float": (lambda v: objects((v * 0.5).tolist()), "float64"),
    "bool": (lambda v: among_none((v % 3 == 0).tolist()), "bool"),
    "date": (lambda v: among_none(v.astype("M8[D]").astype(object)), "date32"),
    "datetime": (lambda v: objects(v.astype("M8[us]").astype(object)), "timestamp[us]"),
    "datetime as seconds": (lambda v: objects(v.astype("M8[s]").astype("M8[us]").astype(object)), "timestamp[s]"),
    "timedelta": (lambda v: objects(v.astype("m8[us]").astype(object)), "duration[us]"),
    "np.int16": (lambda v: objects(v.astype("int16")), "int64"),
    "np.float32": (lambda v: among_none(v.astype("float32")), "float32"),
    "np.datetime64": (lambda v: objects(v.astype("M8[ms]")), "timestamp[ms]"),
    "str": (lambda v: among_none(v.astype("U4").astype(object)), "utf8"),
    "str as large": (lambda v: among_none(v.astype("U4").astype(object)), "large_utf8"),
    "str as views": (lambda v: among_none(np.char.add("some longer ", v.astype("U4")).astype(object)), "utf8_view"),
    "bytes": (lambda v: objects(v.astype("S4").astype(object)), "binary"),
    "bytes as text": (lambda v: objects(v.astype("S4").astype(object)), "utf8"),
    "U": (lambda v: v.astype("U4"), "utf8"),
    "masked U": (lambda v: np.ma.array(v.astype("U4"), mask=missing(len(v))), "utf8"),
    "S as large": (lambda v: v.astype("S4"), "large_binary"),
    "S as views": (lambda v: v.astype("S4"), "binary_view"),
    "bools": (lambda v: v % 3 == 0, "bool"),
    "masked bools": (lambda v: np.ma.array(v % 3 == 0, mask=missing(len(v))), "bool"),
    "strided": (lambda v: np.repeat(v, 2)[::2], "int64"),
    "strided as int16": (lambda v: np.ma.array(np.repeat(v, 2)[::2], mask=missing(len(v))), "int16"),
    "reversed": (lambda v: v[::-1].copy()[::-1], "int64"),
    "big-endian": (lambda v: v.astype(">f8"), "float64"),
    "days": (lambda v: v.astype("M8[D]"), "date32"),
    "days among NaT": (lambda v: np.where(missing(len(v)), np.datetime64("NaT"), v.astype("M8[D]")), "date32"),
    "flat": (lambda v: v, "int64"),
    "flat and masked": (lambda v: np.ma.array(v * 0.5, mask=missing(len(v))), "float64"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_runs(kind: str) -> None:
    make, of = KINDS[kind]
    for ends in ("int32", "int64"):
        source = make(stretches(N))
        expected = pa.array(from_numpy(source, type=of)).to_pylist()
        made = pa.array(from_numpy(source, type=f"run_end_encoded[{ends}, {of}]"))
        made.validate(full=True)
        runs = [(value, len(list(same))) for value, same in itertools.groupby(expected)]
        assert made.type.run_end_type == ends
        assert made.values.to_pylist() == [value for value, _ in runs]
        assert made.run_ends.to_pylist() == np.cumsum([length for _, length in runs]).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_codes(kind: str) -> None:
    make, of = KINDS[kind]
    source = make(stretches(N))
    expected = pa.array(from_numpy(source, type=of)).to_pylist()
    distinct = [value for value in dict.fromkeys(expected) if value is not None]
    for index in ("int8", "uint16", "int32", "int64"):
        made = pa.array(from_numpy(source, type=f"dictionary[{index}, {of}]"))
        made.validate(full=True)
        assert made.type.index_type == index
        assert made.dictionary.to_pylist() == distinct
        assert made.to_pylist() == expected


@pytest.mark.parametrize("kind", ["U", "str", "int", "flat", "strided"])
def test_values_that_all_differ(kind: str) -> None:
    make, of = KINDS[kind]
    wide = {"U": lambda v: v.astype("U8"), "str": lambda v: objects(v.astype("U8"))}.get(kind, make)
    source = wide(RNG.permutation(N))
    for wanted in (f"dictionary[int32, {of}]", f"run_end_encoded[int32, {of}]"):
        made = pa.array(from_numpy(source, type=wanted))
        values = made.dictionary if "dictionary" in wanted else made.values
        assert values.to_pylist() == source.tolist()
        assert made.to_pylist() == source.tolist()


def test_floats_are_compared_by_their_bits() -> None:
    values = np.zeros(N)
    values[SOME - 3 : SOME] = -0.0
    values[SOME : SOME + 3] = np.nan
    values[3 * SOME :] = np.nan
    for source in (values, np.repeat(values, 2)[::2], objects(values.tolist())):
        made = pa.array(from_numpy(source, type="run_end_encoded[int32, float64]"))
        assert made.run_ends.to_pylist() == [SOME - 3, SOME, SOME + 3, 3 * SOME, N]
        found = np.array(made.values)
        assert np.signbit(found[:2]).tolist() == [False, True]
        assert np.isnan(found).tolist() == [False, False, True, False, True]
        coded = pa.array(from_numpy(source, type="dictionary[int8, float64]"))
        assert len(coded.dictionary) == 3
        none = pa.array(from_numpy(source, type="dictionary[int8, float64]", nan_as_null=True))
        assert (len(none.dictionary), none.null_count) == (2, 3 + N - 3 * SOME)


def test_nothing_is_there() -> None:
    for source in (objects([None] * N), np.ma.masked_all(N, "U3"), np.ma.masked_all(2 * N, bool)[::2]):
        of = "bool" if source.dtype == bool else "utf8"
        runs = pa.array(from_numpy(source, type=f"run_end_encoded[int32, {of}]"))
        assert (runs.run_ends.to_pylist(), runs.values.to_pylist()) == ([N], [None])
        codes = pa.array(from_numpy(source, type=f"dictionary[int8, {of}]"))
        assert (codes.null_count, len(codes.dictionary)) == (N, 0)


MIXED: dict[str, tuple[list[Any], str]] = {
    "int, float": ([1, 0.5], "float64"),
    "int, float as int": ([1, 2.0], "int64"),
    "int, np.int32": ([1, np.int32(2)], "int64"),
    "float, nan": ([0.5, float("nan")], "float64"),
    "int, nan": ([1, float("nan")], "int64"),
    "str, nan": (["a", float("nan")], "utf8"),
    "datetime, np.datetime64": ([dt.datetime(2020, 1, 1), np.datetime64("2020-01-01", "us")], "timestamp[us]"),
    "np.datetime64 of two units": ([np.datetime64(1, "s"), np.datetime64(2, "ms")], "timestamp[ms]"),
    "date, datetime": ([dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)], "date32"),
    "str, bytes": (["a", b"a"], "utf8"),
    "str, int": (["a", 1], "utf8"),
    "bool, int": ([True, 1], "int64"),
    "large int": ([1, 1 << 63], "uint64"),
}


@pytest.mark.parametrize("kind", MIXED)
@pytest.mark.parametrize("order", [1, -1])
def test_other_objects_in_another_block(kind: str, order: int) -> None:
    """They come to what they come to beside each other."""
    values, of = MIXED[kind]
    values = values[::order]
    long = objects([values[0]] * SOME + [None] * SOME + [values[1]] * SOME)
    for wanted in (f"dictionary[int32, {of}]", f"run_end_encoded[int32, {of}]"):
        outcomes = []
        for source in (long, objects([values[0], None, values[1]])):
            try:
                outcomes.append(pa.array(from_numpy(source, type=wanted)).to_pylist()[:: len(source) // 3 or 1])
            except ArrowndError as error:
                outcomes.append(type(error))
        assert str(outcomes[0]) == str(outcomes[1])


def test_what_does_not_fit_is_named_with_its_position() -> None:
    values = np.arange(N) % 100
    values[50_000] = 300
    for source in (np.repeat(values, 2)[::2], objects(values.tolist())):
        for wanted in ("dictionary[int32, int8]", "run_end_encoded[int32, int8]"):
            with pytest.raises(LossyCastError, match=r"300 .*position 50000"):
                from_numpy(source, type=wanted)
        made = pa.array(from_numpy(source, type="dictionary[int32, int8]", safe=False))
        assert made[50_000].as_py() == 44
    for source in (np.repeat(np.arange(N), 2)[::2], objects(range(N)), np.arange(N)):
        with pytest.raises(LossyCastError, match="value number 129 of the dictionary at position 128"):
            from_numpy(source, type="dictionary[int8, int64]")
    eights = np.arange(N) // 8
    for source in (eights, objects(eights.tolist()), eights.astype("U6"), eights % 2 == 0):
        of = {"O": "int64", "i": "int64", "U": "utf8", "b": "bool"}[source.dtype.kind]
        with pytest.raises(LossyCastError, match="a run that ends at 32768 at position 4095"):
            from_numpy(source, type=f"run_end_encoded[int16, {of}]")
    most = np.arange(32_767) // 8
    assert len(pa.array(from_numpy(objects(most.tolist()), type="run_end_encoded[int16, int64]"))) == 32_767


def test_values_with_others_in_them_are_refused() -> None:
    for n in (3, N):
        with pytest.raises(UnsupportedTypeError, match="compared"):
            from_numpy(np.zeros((n, 2))[::-1], type="dictionary[int32, fixed_size_list[float64, 2]]")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wanted", ["dictionary[int32, {}]", "run_end_encoded[int32, {}]"])
def test_explain_says_the_same_of_few_and_of_many(kind: str, wanted: str) -> None:
    make, of = KINDS[kind]
    few, many = (explain(make(stretches(n)), type=wanted.format(of)) for n in (100, N))
    assert [reason.code for reason in few.reasons] == [reason.code for reason in many.reasons]
    assert few.type == many.type
