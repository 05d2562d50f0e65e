"""Objects of one exact type are read where they lie; one of another among them goes the general way, to the same result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrownd import ArrowndError, from_numpy

RNG = np.random.default_rng(5)
UTC = dt.timezone.utc


class Int(int):
    pass


class Float(float):
    pass


class Date(dt.date):
    pass


class Datetime(dt.datetime):
    pass


class Time(dt.time):
    pass


class Timedelta(dt.timedelta):
    pass


def numbers(dtype: str, n: int) -> list[Any]:
    return list(RNG.integers(0, 100, n).astype(dtype))


def moments(step: int, n: int) -> list[Any]:
    return (RNG.integers(-(10**6), 10**6, n) * step).astype("M8[us]").tolist()


# Values of one type, and the same value as one of another type.
EXACT: dict[str, tuple[Callable[[int], list[Any]], Callable[[Any], Any]]] = {
    "bool": (lambda n: (RNG.integers(0, 2, n) > 0).tolist(), np.bool_),
    "np.bool": (lambda n: list(RNG.integers(0, 2, n) > 0), bool),
    "int": (lambda n: RNG.integers(-99, 99, n).tolist(), Int),
    "large int": (lambda n: RNG.integers(-(2**63), 2**63, n).tolist(), Int),
    "float": (lambda n: RNG.integers(-99, 99, n).astype(float).tolist(), Float),
    "fraction": (lambda n: RNG.random(n).tolist(), Float),
    "NaN": (lambda n: np.where(RNG.random(n) < 0.5, np.nan, 1.0).tolist(), Float),
    "NaN alone": (lambda n: [np.nan] * n, Float),
    **{
        f"np.{dtype}": (partial(numbers, dtype), Int)
        for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "q", "P")
    },
    **{f"np.{dtype}": (partial(numbers, dtype), Float) for dtype in ("f2", "f4", "f8")},
    "date": (
        lambda n: RNG.integers(-9999, 9999, n).astype("M8[D]").tolist(),
        lambda day: Date(day.year, day.month, day.day),
    ),
    "datetime": (partial(moments, 123_456_789), lambda at: Datetime(*at.timetuple()[:6], at.microsecond)),
    "midnight": (
        lambda n: RNG.integers(0, 99, n).astype("M8[D]").astype("M8[us]").tolist(),
        lambda at: Datetime(*at.timetuple()[:6]),
    ),
    "time": (
        lambda n: [dt.time(h % 24, h % 60, h % 7, h) for h in RNG.integers(0, 999, n).tolist()],
        lambda at: Time(at.hour, at.minute, at.second, at.microsecond),
    ),
    "timedelta": (
        lambda n: RNG.integers(-(2**40), 2**40, n).astype("m8[us]").tolist(),
        lambda delta: Timedelta(delta.days, delta.seconds, delta.microseconds),
    ),
    "seconds": (
        lambda n: [dt.timedelta(seconds=s) for s in RNG.integers(-9, 9, n).tolist()],
        lambda delta: Timedelta(seconds=delta.total_seconds()),
    ),
}

WANTED = [
    None,
    *("int8", "uint16", "int64", "float32", "float64", "bool", "bool8", "decimal128(21, 2)", "decimal32(4, 0)"),
    *("date32", "timestamp[s]", "timestamp[ns]", "timestamp[us, UTC]", "time32[s]", "time64[ns]", "duration[ms]"),
    *("utf8", "list[int64]", "dictionary[int32, int64]", "run_end_encoded[int32, float64]", "fixed_size_binary[8]"),
]
# Those that say most.
SOME = [None, "int8", "float32", "decimal128(21, 2)", "date32", "timestamp[s]"]


def cells(values: list[Any]) -> np.ndarray:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def result(array: np.ndarray, wanted: str | None, words: dict[str, bool]) -> Any:
    try:
        made = pa.array(from_numpy(array, type=wanted, **words))
    except ArrowndError as error:
        return type(error), str(error)
    made.validate(full=True)
    return str(made.type), made.null_count, made.to_string(window=len(made))


@pytest.mark.parametrize("n", [1, 64, 130, 20_000])
@pytest.mark.parametrize("name", EXACT)
def test_as_the_general_way(name: str, n: int) -> None:
    make, other = EXACT[name]
    for nones in (0, 0.3):
        values = make(n)
        at = RNG.integers(n)
        array = cells([value if i == at or RNG.random() >= nones else None for i, value in enumerate(values)])
        among = array.copy()
        among[at] = other(values[at])
        for wanted in WANTED if n < 200 else SOME:
            for words in ({}, {"safe": False}, {"nan_as_null": True}):
                assert result(array, wanted, words) == result(among, wanted, words), (wanted, words)


def test_what_is_refused_has_its_place() -> None:
    values = [i % 100 for i in range(20_000)]
    values[10_000] = 300
    with pytest.raises(ArrowndError, match="300 at position 10000"):
        from_numpy(cells(values), type="int8")
    # What has no type at all is said before what doesn't fit.
    with pytest.raises(ArrowndError, match="str at position 20000"):
        from_numpy(cells([300] * 20_000 + ["x"]), type="int8")


def test_an_exact_type_is_no_subclass() -> None:
    """A class may say something else than what it is made of says."""

    class Odd(int):
        def __index__(self) -> int:
            return 5

    assert pa.array(from_numpy(cells([1, Odd(2)]))).to_pylist() == [1, 2]
    assert pa.array(from_numpy(cells([Odd(2), 1]))).to_pylist() == [2, 1]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("kind", ["M8", "m8"])
def test_ticks(kind: str, unit: str) -> None:
    own = RNG.integers(-999, 999, 9_000).astype(f"{kind}[{unit}]")
    own[::7] = "NaT"
    expected = pa.array(from_numpy(own))
    array = cells(list(own))
    assert pa.array(from_numpy(array)).equals(expected)
    array[5] = None
    expected = pa.array(from_numpy(np.ma.array(own, mask=np.arange(9_000) == 5)))
    assert pa.array(from_numpy(array)).equals(expected)
    # Another unit among them makes a common one.
    array[0] = own[0].astype(f"{kind}[ns]") if unit != "ns" else array[1].astype(f"{kind}[s]")
    assert pa.array(from_numpy(array)).type in (pa.timestamp("ns"), pa.duration("ns"))
    multiple = cells([np.datetime64(1, "10s"), np.datetime64(2, "10s")])
    assert pa.array(from_numpy(multiple)).equals(pa.array(from_numpy(np.array(multiple, "M8[10s]"))))


def test_with_zones_go_the_general_way() -> None:
    naive, aware = dt.datetime(2020, 1, 1), dt.datetime(2020, 1, 1, tzinfo=UTC)
    assert pa.array(from_numpy(cells([aware, aware]))).type == pa.timestamp("us", "UTC")
    with pytest.raises(ArrowndError):
        from_numpy(cells([naive, aware]))
    with pytest.raises(ArrowndError):
        from_numpy(cells([dt.time(1), dt.time(1, tzinfo=UTC)]))


def test_in_any_order_of_memory() -> None:
    cube = cells(RNG.random(600).tolist()).reshape(4, 10, 15)
    for laid in (cube[::-1, :, ::2], cube.T, cube[:, 3]):
        for wanted in (None, "float32"):
            made = pa.array(from_numpy(laid, type=wanted))
            flat = made
            while pa.types.is_fixed_size_list(flat.type):
                flat = flat.flatten()
            expected = pa.array(laid.ravel().astype("float64")).cast(flat.type, safe=False)
            assert flat.equals(expected)


class List(list):
    pass


class Array(np.ndarray):
    pass


CELLS: dict[str, Callable[[list[Any]], Any]] = {"list": list, "tuple": tuple, "array": np.array}


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    "name", ["bool", "int", "fraction", "NaN", "np.i2", "np.f4", "date", "datetime", "str", "bytes"]
)
def test_lists_as_the_general_way(name: str, kind: str) -> None:
    """A list or an array of a class of its own among them makes all of them go that way."""
    words = ["a", "", "é", "some longer text"]
    make = {
        "str": lambda n: RNG.choice(words, n).tolist(),
        "bytes": lambda n: [b"a", b"bc"] * (n // 2) + [b""] * (n % 2),
    }
    of = make.get(name) or EXACT[name][0]
    for n in (1, 30, 3_000):
        rows = [CELLS[kind](of(int(length))) if length else CELLS[kind]([]) for length in RNG.integers(0, 5, n)]
        rows[0] = CELLS[kind](of(3))
        some = [None if RNG.random() < 0.2 and i else row for i, row in enumerate(rows)]
        inner = [CELLS[kind]([None, *row]) for row in rows] if kind != "array" else []
        for each in (rows, some, inner):
            if not each:
                continue
            array = cells([None] * len(each))
            for i, row in enumerate(each):
                array[i] = row
            among = array.copy()
            among[0] = array[0].view(Array) if kind == "array" else List(array[0])
            for wanted in (
                None,
                "list[int8]",
                "list[float32]",
                "large_list[utf8]",
                "fixed_size_list[float64, 3]",
                "int8",
            ):
                for safe in (True, False):
                    assert result(array, wanted, {"safe": safe}) == result(among, wanted, {"safe": safe}), wanted


def test_lists_that_are_refused_name_the_item() -> None:
    array = cells([None] * 50)
    for i in range(50):
        array[i] = [i, i + 100]
    with pytest.raises(ArrowndError, match=r"128 \(item 1\) at position 28"):
        from_numpy(array, type="list[int8]")
    array[3] = [1, "x"]
    with pytest.raises(ArrowndError, match="int at position 0, item 0 and str at position 3, item 1"):
        from_numpy(array)
    # One that holds itself has no end.
    array[3] = []
    array[3].append(array[3])
    with pytest.raises(ArrowndError):
        from_numpy(array)
