"""Objects of a dictionary or of runs, many places of which share one: as many references as places, however they are counted."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

import arrownd

INDEXES = [getattr(pa, f"{sign}int{bits}")() for sign in ("", "u") for bits in (8, 16, 32, 64)]
pytestmark = pytest.mark.skipif(
    not getattr(sys, "_is_gil_enabled", lambda: True)(), reason="counts of references of one thread"
)


class Marker:
    """What is missing, with references that nobody else has."""


def references(array: np.ndarray, index: int) -> int:
    """To one of the objects, without the call's own."""
    return sys.getrefcount(array[index]) - 1


def counted(got: np.ndarray) -> None:
    """Each object has one reference a place, and none else."""
    places = Counter(map(id, got.tolist()))
    found = {id(got[i]): i for i in range(len(got))}
    wrong = [i for own, i in found.items() if type(got[i]) is not Marker and references(got, i) != places[own]]
    assert wrong == []


def expected(array: pa.DictionaryArray, missing: object) -> list:
    values = array.dictionary.to_pylist()
    own = [None if code is None else values[code] for code in array.indices.to_pylist()]
    return [missing if value is None else value for value in own]


def held(array: pa.Array, wanted: list, missing: Marker) -> None:
    """What `wanted` says, with one object a value, into a new array and into what the caller gives."""
    rows, before = len(wanted), sys.getrefcount(missing)
    absent = sum(value is missing for value in wanted)

    def check(got: np.ndarray) -> None:
        assert got.dtype == object
        assert got.shape == (rows,)
        assert all(
            a is missing if b is missing else type(a) is type(b) and a == b for a, b in zip(got, wanted, strict=True)
        )
        assert len({id(value) for value in got}) == len({id(missing) if b is missing else b for b in wanted})
        counted(got)

    got = arrownd.to_numpy(array, dtype=object, na_value=missing)
    assert sys.getrefcount(missing) - before == absent
    check(got)
    del got
    assert sys.getrefcount(missing) == before
    # Places that hold nothing at all, others that hold objects, and some of both; in a row, and not.
    was = object()
    kept = sys.getrefcount(was)
    for form in ("nothing", "objects", "column"):
        out = np.ndarray((rows, 2), object)[:, 1] if form == "column" else np.ndarray(rows, object)
        if form == "objects":
            out[:] = was
        for part in (slice(0, 0), slice(None, None, 5)):
            out[part] = was
            assert arrownd.to_numpy(array, dtype=object, na_value=missing, out=out) is out
            assert sys.getrefcount(missing) - before == absent
            check(out)
    del out
    assert (sys.getrefcount(missing), sys.getrefcount(was)) == (before, kept)


@pytest.mark.parametrize("index", INDEXES, ids=str)
@pytest.mark.parametrize("absent", [0, 0.01, 0.5, 1])
def test_keys_of_any_width_with_and_without_nulls(index: pa.DataType, absent: float) -> None:
    rng = np.random.default_rng(int(absent * 100))
    for rows, size in [(1, 1), (64, 3), (1100, 1), (1100, 2), (5003, 100), (9001, 120)]:
        codes = pa.array(rng.integers(0, size, rows), index, mask=rng.random(rows) < absent)
        texts = [f"word {i}" for i in range(size)]
        for values in (pa.array(texts), pa.array([None if i % 3 == 1 else text for i, text in enumerate(texts)])):
            array = pa.DictionaryArray.from_arrays(codes, values)
            missing = Marker()
            held(array, expected(array, missing), missing)
            cut = array[3:-7]
            held(cut, expected(cut, missing), missing)


@pytest.mark.parametrize("at", [0, 3000, 5120, 5183, 5184, 9999])
def test_a_value_that_comes_late(at: int) -> None:
    """It is made when references are counted together already, wherever in 64 it stands."""
    codes = np.arange(10_000) % 40
    codes[at] = 90
    for mask in (None, np.arange(10_000) % 7 == 5):
        keys = pa.array(codes, pa.int32(), mask=mask)
        array = pa.DictionaryArray.from_arrays(keys, pa.array([i + 0.5 for i in range(100)]))
        missing = Marker()
        held(array, expected(array, missing), missing)


def test_more_values_than_are_counted_together() -> None:
    rng = np.random.default_rng(5)
    size = 70_000
    codes = np.concatenate([np.arange(size), rng.integers(0, size, 5 * size)])
    array = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32()), pa.array(np.arange(size) + 0.5))
    got = arrownd.to_numpy(array, dtype=object)
    assert got.tolist() == (codes + 0.5).tolist()
    places = np.bincount(codes)
    assert all(references(got, i) == places[i] for i in range(0, size, 7))


def test_runs() -> None:
    rng = np.random.default_rng(7)
    for lengths in (np.ones(3000, int), rng.integers(1, 200, 500)):
        texts = pa.array([None if i % 5 == 2 else f"run {i}" for i in range(len(lengths))])
        array = pa.RunEndEncodedArray.from_arrays(pa.array(np.cumsum(lengths), pa.int32()), texts)
        missing = Marker()
        wanted = [
            missing if text is None else text for text in np.repeat(texts.to_numpy(zero_copy_only=False), lengths)
        ]
        held(array, wanted, missing)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="nobody counts references to None")
def test_none_is_counted_too() -> None:
    rng = np.random.default_rng(8)
    keys = pa.array(rng.integers(0, 9, 30_000), pa.int32(), mask=rng.random(30_000) < 0.4)
    array = pa.DictionaryArray.from_arrays(keys, pa.array([f"word {i}" for i in range(9)]))
    arrownd.to_numpy(array, dtype=object)
    before = sys.getrefcount(None)
    got = arrownd.to_numpy(array, dtype=object)
    now = sys.getrefcount(None)
    del got
    after = sys.getrefcount(None)
    assert (now - before, after - before) == (keys.null_count, 0)


@pytest.mark.parametrize("at", [0, 70, 8000, 8063, 9999])
def test_after_an_error(at: int) -> None:
    """What comes before the value that can't be made stays where it is, with its references; the rest of `out` too."""
    codes = np.arange(10_000) % 8
    codes[at] = 9
    mask = codes == 3
    # None of them 0: Python may have that one once.
    values = pa.array([i * 1000 for i in range(1, 10)] + [1], pa.duration("ns"))
    array = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=mask), values)
    missing, was = Marker(), object()
    before, kept = sys.getrefcount(missing), sys.getrefcount(was)
    with pytest.raises(arrownd.LossyCastError, match=f"position {at}"):
        arrownd.to_numpy(array, dtype=object, na_value=missing)
    assert sys.getrefcount(missing) == before
    for first in (None, was):
        out = np.ndarray(10_000, object)
        if first is was:
            out[:] = was
        with pytest.raises(arrownd.LossyCastError, match=f"position {at}"):
            arrownd.to_numpy(array, dtype=object, na_value=missing, out=out)
        assert all(value is first for value in out[at:])
        assert sys.getrefcount(missing) - before == mask[:at].sum()
        places = Counter(map(id, out[:at].tolist()))
        for i in range(min(at, 8)):
            if not mask[i]:
                assert references(out, i) == places[id(out[i])]
    del out, first
    assert (sys.getrefcount(missing), sys.getrefcount(was)) == (before, kept)


def dirty(rows: int) -> None:
    """Leaves memory of that size behind whose every byte is set, for the next array that is made."""
    arrays = [np.full(rows, -1, "int64") for _ in range(4)]
    del arrays


KINDS = {
    "texts": pa.array([f"word {i}" for i in range(9)] + [None]),
    "long integers": pa.array([10**12 + i for i in range(10)]),
    "bools": pa.array([i % 2 == 0 for i in range(10)]),
    "nothing": pa.nulls(10),
    "lists": pa.array([list(range(i)) for i in range(10)]),
    "dictionaries": pa.array([f"word {i % 3}" for i in range(10)]).dictionary_encode(),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([4, 10], pa.int32()), pa.array(["a", "b"])),
}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("index", [pa.int8(), pa.int32()], ids=str)
def test_new_memory_may_hold_anything(name: str, index: pa.DataType) -> None:
    """Nobody zeroes the memory of such a result beforehand."""
    rng = np.random.default_rng(11)
    for lengths in [(5000,), (1, 63, 64, 65, 0, 3000, 2), (1500, 1500), (10, 10)]:
        codes = [pa.array(rng.integers(0, 10, n), index, mask=rng.random(n) < rng.choice([0, 0.3])) for n in lengths]
        chunks = pa.chunked_array([pa.DictionaryArray.from_arrays(own, KINDS[name]) for own in codes])
        missing = Marker()
        before = sys.getrefcount(missing)
        dirty(len(chunks))
        got = arrownd.to_numpy(chunks, dtype=object, na_value=missing)
        assert (got.dtype, got.shape, got.strides) == (object, (len(chunks),), (8,))
        assert got.flags.owndata
        assert got.flags.writeable
        wanted = [missing if value is None else value for value in chunks.to_pylist()]
        plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in got]
        assert plain == wanted
        del got, plain, wanted
        assert sys.getrefcount(missing) == before


@pytest.mark.parametrize("chunk", [0, 1, 2])
@pytest.mark.parametrize("at", [0, 70, 1999])
def test_an_error_leaves_new_memory_as_python_can_free_it(at: int, chunk: int) -> None:
    codes = np.arange(6000).reshape(3, 2000) % 8
    codes[chunk, at] = 9
    values = pa.array([i * 1000 for i in range(1, 10)] + [1], pa.duration("ns"))
    array = pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array(own, pa.int32()), values) for own in codes])
    dirty(6000)
    with pytest.raises(arrownd.LossyCastError, match=f"position {2000 * chunk + at}"):
        arrownd.to_numpy(array, dtype=object)


def test_a_result_that_takes_the_memory_of_another() -> None:
    """From 32 MiB on."""
    rows = (33 << 20) // 8
    codes = np.arange(rows, dtype="int32") % 5
    array = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array([f"word {i}" for i in range(5)]))
    for _ in range(3):
        got = arrownd.to_numpy(array, dtype=object)
        assert got[:5].tolist() == array.dictionary.to_pylist()
        assert got.dtype == object
        assert references(got, 3) == rows // 5
        del got
