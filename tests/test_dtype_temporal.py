"""dtype= among temporal units: exact or refused, floored under safe=False; ticks on request.

The oracle counts in Python integers: a tick of each unit in nanoseconds, months apart.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, ledger, same_values
from cases.case import fixed, place

DAY = 86_400 * 10**9
NANOS = {"W": 7 * DAY, "D": DAY, "h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
SOURCES = {"date32": (pa.date32(), "D", "i4"), "date64": (pa.date64(), "ms", "i8")}
SOURCES |= {f"timestamp[{unit}]": (pa.timestamp(unit), unit, "i8") for unit in ("s", "ms", "us", "ns")}
SOURCES |= {f"timestamp[{unit}, UTC]": (pa.timestamp(unit, "UTC"), unit, "i8") for unit in ("s", "ns")}
SPANS = {f"duration[{unit}]": (pa.duration(unit), unit, "i8") for unit in ("s", "ms", "us", "ns")}
SPANS |= {f"time32[{unit}]": (pa.time32(unit), unit, "i4") for unit in ("s", "ms")}
SPANS |= {f"time64[{unit}]": (pa.time64(unit), unit, "i8") for unit in ("us", "ns")}
MULTIPLES = ("10s", "25s", "7ms", "15m", "2D", "3us")
LOWEST, HIGHEST = -(2**63) + 1, 2**63 - 1


def nanos_of(unit: str) -> int:
    digits = unit.rstrip("WabcdefghijklmnopqrstuvwxyzD")
    return int(digits or 1) * NANOS[unit[len(digits) :]]


def ticks_to_try(source: str, unit: str, storage: str) -> list[int]:
    """Whole and broken multiples of every unit, both signs, and the type's ends."""
    per = NANOS[unit]
    spans = {0, per, 2 * per, *NANOS.values(), *(nanos_of(m) for m in MULTIPLES), 10**18}
    found = {s // per for s in spans} | {s // per + 1 for s in spans}
    if source.startswith(("time32", "time64")):
        day = DAY // per
        return sorted(t for t in found | {day - 1} if 0 <= t < day)
    if source == "date64":
        return signed({t // 86_400_000 * 86_400_000 for t in found} | {86_400_000}, storage)
    return signed(found, storage)


def signed(found: set[int], storage: str) -> list[int]:
    info = np.iinfo(storage)
    ends = {int(info.min) + 1, int(info.max)}
    return sorted(t for t in found | {-t for t in found} | ends if info.min < t <= info.max)


def convert(tick: int, unit: str, target: str) -> tuple[int, bool]:
    """The tick in the target's unit, floored, and whether that is exact and in range."""
    whole, rest = divmod(tick * NANOS[unit], nanos_of(target))
    return whole, rest == 0 and LOWEST <= whole <= HIGHEST


def cases() -> list[tuple[str, str]]:
    units = [*NANOS, *MULTIPLES]
    groups = (("M", SOURCES), ("m", SPANS))
    return [(source, f"{kind}8[{unit}]") for kind, group in groups for source in group for unit in units]


@pytest.mark.parametrize(("source", "dtype"), cases())
def test_unit(source: str, dtype: str) -> None:
    type, unit, storage = (SOURCES | SPANS)[source]
    target = dtype[3:-1]
    ticks = ticks_to_try(source, unit, storage)
    results = {t: convert(t, unit, target) for t in ticks}
    exact = [t for t in ticks if results[t][1]]

    def array_of(some: list[int]) -> pa.Array:
        return fixed(type, np.array(some, storage))(np.arange(len(some)), None)

    with ledger() as book:
        with book.entry("every exact tick at once"):
            array = array_of(exact)
            values = np.array([results[t][0] for t in exact], "i8").view(dtype)
            view = unit == target and storage == "i8"
            agree(array, Want(values, view=view, address=place(array)[0]), dtype=dtype)
        for tick in (t for t in ticks if not results[t][1]):
            with book.entry(f"{tick} {unit} as {dtype}"):
                with pytest.raises(arrownd.LossyCastError) as caught:
                    arrownd.to_numpy(array_of([0, 0, tick]), dtype=dtype)
                assert "2" in str(caught.value)
        with book.entry("safe=False floors"):
            inside = [t for t in ticks if LOWEST <= results[t][0] <= HIGHEST]
            got = arrownd.to_numpy(array_of(inside), dtype=dtype, safe=False)
            same_values(got, np.array([results[t][0] for t in inside], "i8").view(dtype))
        with book.entry("with nulls"):
            valid = np.arange(len(exact)) % 2 == 1
            holes = fixed(type, np.array(exact, storage))(np.arange(len(exact)), valid)
            values = np.array([results[t][0] for t in exact], "i8").view(dtype)
            values[~valid] = "NaT"
            agree(holes, Want(values, view=False), dtype=dtype)


def test_floor_agrees_with_numpy() -> None:
    ticks = np.array([-1500, -1000, -999, -1, 0, 999, 1500])
    for fine, coarse in (("ns", "us"), ("us", "ms"), ("ms", "s"), ("ns", "D")):
        got = arrownd.to_numpy(pa.array(ticks, pa.timestamp(fine)), dtype=f"M8[{coarse}]", safe=False)
        same_values(got, ticks.view(f"M8[{fine}]").astype(f"M8[{coarse}]"))


def test_months_and_years() -> None:
    days = np.array(["1970-01-01", "2000-02-01", "1969-12-01", "1600-01-01", "2400-12-01"], "M8[D]")
    array = pa.array(days)
    same_values(arrownd.to_numpy(array, dtype="M8[M]"), days.astype("M8[M]"))
    same_values(arrownd.to_numpy(array, dtype="M8[3M]", safe=False), days.astype("M8[3M]"))
    with pytest.raises(arrownd.LossyCastError) as caught:
        arrownd.to_numpy(array, dtype="M8[Y]")
    assert "1" in str(caught.value)
    same_values(arrownd.to_numpy(array, dtype="M8[Y]", safe=False), days.astype("M8[Y]"))
    for text in ("2000-02-29", "1899-12-31", "1600-02-29", "1970-01-02"):
        broken = pa.array(np.array([text], "M8[D]"))
        for unit in ("M", "Y"):
            with pytest.raises(arrownd.LossyCastError):
                arrownd.to_numpy(broken, dtype=f"M8[{unit}]")
            got = arrownd.to_numpy(broken, dtype=f"M8[{unit}]", safe=False)
            same_values(got, np.array([text], "M8[D]").astype(f"M8[{unit}]"))
    seconds = pa.array(np.array(["2001-01-01T00:00:00", "1901-01-01T00:00:00"], "M8[s]"))
    assert arrownd.to_numpy(seconds, dtype="M8[Y]").astype(str).tolist() == ["2001", "1901"]


def test_month_floor_over_four_centuries() -> None:
    days = np.arange(-146_100, 146_100, 17, dtype="i8").view("M8[D]")
    for unit in ("M", "Y"):
        got = arrownd.to_numpy(pa.array(days), dtype=f"M8[{unit}]", safe=False)
        same_values(got, days.astype(f"M8[{unit}]"))


def test_generic_units_mean_the_arrays_own() -> None:
    for array, kind in ((pa.array([5, -5], pa.timestamp("ms")), "M8"), (pa.array([5, -5], pa.duration("us")), "m8")):
        got = arrownd.to_numpy(array, dtype=kind, allow_copy=False)
        same_values(got, arrownd.to_numpy(array))
    assert arrownd.to_numpy(pa.array([5], pa.date32()), dtype="M8").dtype == "M8[D]"
    assert arrownd.to_numpy(pa.array([5], pa.time64("us")), dtype="m8").dtype == "m8[us]"
    assert arrownd.to_numpy(pa.array([5], pa.timestamp("s")), dtype=np.datetime64).dtype == "M8[s]"


def test_times_become_timedelta_by_dtype() -> None:
    time64 = pa.array([1, None, 3], pa.time64("us"))
    same_values(arrownd.to_numpy(time64, dtype="m8[us]"), np.array([1, "NaT", 3], "m8[us]"))
    whole = pa.array([1, 2], pa.time64("ns"))
    agree(whole, Want(np.array([1, 2], "m8[ns]"), view=True, address=place(whole)[0]), dtype="m8[ns]")
    narrow = pa.array([1, 2], pa.time32("s"))
    agree(narrow, Want(np.array([1, 2], "m8[s]"), view=False, codes=frozenset({"widened"})), dtype="m8[s]")


def test_ticks_only_when_asked() -> None:
    ticks = np.array([0, -1, 2**40, LOWEST, HIGHEST])
    for type in (pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.duration("us"), pa.timestamp("ms")):
        array = fixed(type, ticks)(np.arange(5), None)
        agree(array, Want(ticks, view=True, address=place(array)[0]), dtype="i8")
        with pytest.raises(arrownd.LossyCastError):
            arrownd.to_numpy(array, dtype="i4")
    days = np.array([0, -1, 20_000], "i4")
    dates = fixed(pa.date32(), days)(np.arange(3), None)
    agree(dates, Want(days, view=True, address=place(dates)[0]), dtype="i4")
    agree(dates, Want(days.astype("i8"), view=False), dtype="i8")
    holes = pa.array([5, None], pa.timestamp("s"))
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(holes, dtype="i8")
    assert arrownd.to_numpy(holes, dtype="i8", na_value=-1).tolist() == [5, -1]
    assert arrownd.to_numpy(holes, dtype="i8", nulls="masked").tolist() == [5, None]
    times = pa.array([5, 6], pa.time64("us"))
    agree(times, Want(np.array([5, 6]), view=True, address=place(times)[0]), dtype="i8")


def test_a_zone_is_noted() -> None:
    for array, noted in (
        (pa.array([0], pa.timestamp("us", "Europe/Paris")), True),
        (pa.array([0], pa.timestamp("us")), False),
    ):
        notes = " ".join(arrownd.explain(array).notes)
        assert ("Europe/Paris" in notes) is noted
        assert ("UTC" in notes) is noted
    got = arrownd.to_numpy(pa.array([0], pa.timestamp("us", "Asia/Tokyo")), allow_copy=False)
    assert got[0] == np.datetime64("1970-01-01T00:00:00")


def test_an_unknown_zone_matters_only_for_objects() -> None:
    array = pa.array([0], pa.timestamp("us", "Nowhere/Land"))
    assert arrownd.to_numpy(array, allow_copy=False)[0] == np.datetime64("1970-01-01")
    with pytest.raises(arrownd.UnsupportedTypeError, match="Nowhere/Land"):
        arrownd.to_numpy(array, dtype=object)


def test_a_valid_minimum_looks_like_nat() -> None:
    array = fixed(pa.timestamp("s"), np.array([-(2**63), 5]))(np.arange(2), None)
    view = arrownd.to_numpy(array, allow_copy=False)
    assert np.isnat(view).tolist() == [True, False]
    assert arrownd.to_numpy(array, nulls="masked").mask is np.ma.nomask


def test_what_cannot_be_converted_is_refused() -> None:
    wishes = [
        (pa.timestamp("s"), "m8[s]"), (pa.duration("s"), "M8[s]"), (pa.duration("s"), "m8[M]"), (pa.date32(), "m8[D]"),
        (pa.timestamp("s"), bool), (pa.time32("s"), "M8[s]"), (pa.float64(), "M8[s]"), (pa.utf8(), "M8[s]"),
    ]  # fmt: skip
    with ledger() as book:
        for type, dtype in wishes:
            with book.entry(f"{type} as {dtype}"):
                values = pa.array([None, None], type)
                with pytest.raises(arrownd.UnsupportedTypeError) as caught:
                    arrownd.to_numpy(values, dtype=dtype)
                assert np.dtype(dtype).name in str(caught.value), str(caught.value)


def test_nanoseconds_overflow_is_named() -> None:
    array = pa.array([0, 10**10], pa.timestamp("s"))
    with pytest.raises(arrownd.LossyCastError) as caught:
        arrownd.to_numpy(array, dtype="M8[ns]")
    assert "1" in str(caught.value)
    assert (
        arrownd.to_numpy(pa.array([9_223_372_036], pa.timestamp("s")), dtype="M8[ns]").view("i8")[0]
        == 9_223_372_036 * 10**9
    )
    dates = pa.array([10**6, 0], pa.date32())
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(dates, dtype="M8[ns]")
    assert arrownd.to_numpy(dates, dtype="M8[s]")[0] == np.datetime64(10**6, "D")


def test_finer_than_nanoseconds() -> None:
    array = pa.array([1, -2], pa.timestamp("ns"))
    same_values(arrownd.to_numpy(array, dtype="M8[ps]"), np.array([1000, -2000], "i8").view("M8[ps]"))
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(pa.array([2**60], pa.timestamp("ns")), dtype="M8[fs]")


def test_year_month_intervals() -> None:
    import nanoarrow as na

    array = na.c_array_from_buffers(na.interval_months(), 3, [None, np.array([12, -24, 0], "i4")])
    same_values(arrownd.to_numpy(array), np.array([12, -24, 0], "i8").view("m8[M]"))
    same_values(arrownd.to_numpy(array, dtype="m8[Y]"), np.array([1, -2, 0], "i8").view("m8[Y]"))
    odd = na.c_array_from_buffers(na.interval_months(), 1, [None, np.array([13], "i4")])
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(odd, dtype="m8[Y]")
    with pytest.raises(arrownd.UnsupportedTypeError):
        arrownd.to_numpy(odd, dtype="m8[D]")
