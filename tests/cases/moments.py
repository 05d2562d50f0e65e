"""Dates, times, timestamps, durations, intervals.

Ticks are written as integers and become NumPy's values by a reinterpretation, never by a conversion.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo

import nanoarrow as na
import numpy as np
import pyarrow as pa
from nanoarrow.c_array_stream import CArrayStream

from .case import Case, Chunk, bitmap, case, fixed, objects_of

EPOCH = dt.datetime(1970, 1, 1)
PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def instants(unit: str) -> np.ndarray:
    """Whole microseconds, before and after the epoch, that Python's datetimes hold too."""
    seconds = np.array([0, 1, -1, 86_399, -86_401, 1_700_000_000, -2_000_000_000], "int64")
    ticks = seconds * PER_SECOND[unit]
    fine = {"s": 0, "ms": 7, "us": 7, "ns": 7000}[unit]
    return ticks + np.array([0, fine, fine, 0, fine, 0, fine])


def python_instants(ticks: np.ndarray, unit: str) -> list[dt.datetime]:
    return [EPOCH + span for span in python_spans(ticks, unit)]


def python_spans(ticks: np.ndarray, unit: str) -> list[dt.timedelta]:
    micros = [int(t) * 10**6 // PER_SECOND[unit] for t in ticks]
    return [dt.timedelta(microseconds=m) for m in micros]


def moment_cases() -> list[Case]:
    return [*date_cases(), *time_cases(), *timestamp_cases(), *duration_cases(), *interval_cases()]


def date_cases() -> list[Case]:
    days = np.array([0, 1, -1, 20_000, -20_000, 15_341], "int32")
    pythons = objects_of([dt.date(1970, 1, 1) + dt.timedelta(int(d)) for d in days])
    fill = np.datetime64("1999-12-31", "D")
    millis = days.astype("int64") * 86_400_000
    return [
        case(
            "date32", pa.date32(), fixed(pa.date32(), days), days.astype("int64").view("M8[D]"), pythons, "M8[D]",
            view=False, copied_for=("widened",), fill=fill,
        ),
        case("date64", pa.date64(), fixed(pa.date64(), millis), millis.view("M8[ms]"), pythons, "M8[ms]", fill=fill),
    ]  # fmt: skip


def time_cases() -> list[Case]:
    found = []
    units = (("time32", pa.time32, "s"), ("time32", pa.time32, "ms"), ("time64", pa.time64, "us"),
             ("time64", pa.time64, "ns"))  # fmt: skip
    for row, make_type, unit in units:
        type = make_type(unit)
        seconds = np.array([0, 1, 59, 3_600, 86_399, 45_296], "int64")
        fine = {"s": 0, "ms": 7, "us": 7, "ns": 7000}[unit]
        ticks = seconds * PER_SECOND[unit] + np.array([0, fine, 0, fine, fine, 0])
        pythons = objects_of([(EPOCH + span).time() for span in python_spans(ticks, unit)])
        storage = ticks.astype("int32") if row == "time32" else ticks
        found.append(
            case(row, type, fixed(type, storage), pythons, pythons, object, view=False, copied_for=("objects",),
                 fill=dt.time(12, 30))
        )  # fmt: skip
    return found


def timestamp_cases() -> list[Case]:
    found = []
    for unit in PER_SECOND:
        ticks = instants(unit)
        naive, fill = python_instants(ticks, unit), np.datetime64("2001-02-03T04:05:06", unit)
        for row, tz in (("timestamp", None), ("timestamp_tz", "UTC"), ("timestamp_tz", "Europe/Paris")):
            type = pa.timestamp(unit, tz)
            pythons = naive
            if tz:
                zone = zoneinfo.ZoneInfo(tz)
                pythons = [t.replace(tzinfo=dt.timezone.utc).astimezone(zone) for t in naive]
            dtype = f"M8[{unit}]"
            found.append(
                case(row, type, fixed(type, ticks), ticks.view(dtype), objects_of(pythons), dtype, fill=fill,
                     noted=tz is not None)
            )  # fmt: skip
    return found


def duration_cases() -> list[Case]:
    found = []
    for unit in PER_SECOND:
        ticks, type, dtype = instants(unit), pa.duration(unit), f"m8[{unit}]"
        found.append(
            case("duration", type, fixed(type, ticks), ticks.view(dtype), objects_of(python_spans(ticks, unit)), dtype,
                 fill=np.timedelta64(90, "s"))
        )  # fmt: skip
    return found


# pyarrow has no class for these two, so nanoarrow carries the buffers.
DAY_TIME = np.dtype([("days", "<i4"), ("milliseconds", "<i4")])
MONTH_DAY_NANO = np.dtype([("months", "<i4"), ("days", "<i4"), ("nanoseconds", "<i8")])


def interval_cases() -> list[Case]:
    months = np.array([0, 1, -1, 14, 1200], "int32")
    day_time = np.array([(0, 0), (1, 2), (-1, 500), (365, -7)], DAY_TIME)
    nanos = np.array([(0, 0, 0), (1, 2, 3), (-1, 5, -6), (12, -30, 10**15)], MONTH_DAY_NANO)
    nano_type = pa.month_day_nano_interval()
    return [
        nano_case("interval_year_month", na.interval_months(), months, months.astype("int64").view("m8[M]"),
                  objects_of(months.astype("int64").view("m8[M]").tolist()), "m8[M]", view=False,
                  copied_for=frozenset({"widened"}), fill=np.timedelta64(5, "M")),
        nano_case("interval_day_time", na.interval_day_time(), day_time, day_time, objects_of(day_time.tolist()),
                  object, view=True, copied_for=frozenset(), fill=(9, 9)),
        case("interval_month_day_nano", nano_type, fixed(nano_type, nanos), nanos, objects_of(nanos.tolist()), object,
             fill=(9, 9, 9)),
    ]  # fmt: skip


def nano_case(row, schema, storage, clean, objects, with_nulls, **more) -> Case:
    def chunk(idx, valid, start, length):
        data = np.ascontiguousarray(storage[idx % len(storage)])
        raw = data.view("uint8").reshape(-1)
        bits = None if valid is None else bitmap(valid)
        array = na.c_array_from_buffers(schema, length, [bits, raw], offset=start)
        lies = data.__array_interface__["data"][0]
        spans = ((lies, lies + data.nbytes),) if data.nbytes else ()
        return Chunk(array, lies + start * data.itemsize, spans, length)

    def stream(chunks):
        return na.Array(CArrayStream.from_c_arrays([c.producer for c in chunks], na.c_schema(schema)))

    return Case(row=row, label=row, clean=clean, objects=objects, with_nulls=np.dtype(with_nulls), chunk=chunk,
                stream=stream, **more)  # fmt: skip
