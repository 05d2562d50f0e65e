"""pandas' page on Series.to_numpy (shared/seeds/000): its table and examples, by arrownd on the same series.

Where SPEC.md decides otherwise (periods, intervals, zones) the test says so; categories come with issue 3.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import arrownd
from agreement import address_of, ledger, same_values


def test_numpy_dtypes_come_back_as_they_are() -> None:
    """ndarray[T] (same dtype as input)."""
    kinds = [
        "i1",
        "i2",
        "i4",
        "i8",
        "u1",
        "u2",
        "u4",
        "u8",
        "f4",
        "f8",
        "?",
        "M8[s]",
        "M8[ms]",
        "M8[us]",
        "M8[ns]",
        "m8[ns]",
    ]
    with ledger() as book:
        for kind in kinds:
            with book.entry(kind):
                values = np.array([0, 1, 1], "i8").astype(kind)
                got = arrownd.to_numpy(pd.Series(values))
                same_values(got, values)


def test_no_copy_of_arrow_backed_data() -> None:
    """For NumPy dtypes, this will be a reference to the actual data stored (assuming copy=False)."""
    series = pd.Series([1, 2, 3], dtype="int64[pyarrow]")
    view = arrownd.to_numpy(series, allow_copy=False)
    assert address_of(view) == series.array.__arrow_array__().chunk(0).buffers()[1].address


def test_copy_means_writable() -> None:
    """copy=True ensures that a copy is made: here that is writable=True."""
    series = pd.Series([1, 2, 3], dtype="int64[pyarrow]")
    got = arrownd.to_numpy(series, writable=True)
    got[0] = 9
    assert series.tolist() == [1, 2, 3]


def test_periods() -> None:
    """pandas: ndarray[object] of Period; SPEC.md: datetime64 of the same calendar unit."""
    series = pd.Series(pd.period_range("2020-01", periods=3, freq="M"))
    same_values(arrownd.to_numpy(series), np.array(["2020-01", "2020-02", "2020-03"], "M8[M]"))
    with_null = pd.Series(pd.PeriodIndex(["2020-01-01", None], freq="D"))
    same_values(arrownd.to_numpy(with_null), np.array(["2020-01-01", "NaT"], "M8[D]"))


@pytest.mark.parametrize(
    ("freq", "unit"),
    [
        ("Y", "Y"),
        ("M", "M"),
        ("D", "D"),
        ("h", "h"),
        ("min", "m"),
        ("s", "s"),
        ("ms", "ms"),
        ("us", "us"),
        ("ns", "ns"),
    ],
)
def test_every_calendar_frequency(freq: str, unit: str) -> None:
    series = pd.Series(pd.period_range("2020-01-01", periods=3, freq=freq))
    got = arrownd.to_numpy(series, allow_copy=False)
    assert got.dtype == f"M8[{unit}]"
    assert [pd.Timestamp(v) for v in got.astype("M8[ns]")] == [p.start_time for p in series]


def test_other_frequencies_are_ordinals_and_noted() -> None:
    series = pd.Series(pd.period_range("2020-01-01", periods=3, freq="W-SUN"))
    got = arrownd.to_numpy(series, allow_copy=False)
    assert got.tolist() == [p.ordinal for p in series]
    assert "pandas.period" in " ".join(arrownd.explain(series).notes)


def test_intervals() -> None:
    """pandas: ndarray[object] of Interval; SPEC.md: as the struct (left, right)."""
    series = pd.Series(pd.interval_range(0, 3))
    same_values(arrownd.to_numpy(series), np.array([[0, 1], [1, 2], [2, 3]]))


def test_categories_are_not_built_yet() -> None:
    """`ser.to_numpy()` of a category-dtype Series: array(['a', 'b', 'a'], dtype=object)."""
    series = pd.Series(pd.Categorical(["a", "b", "a"]))
    with pytest.raises(arrownd.UnsupportedTypeError, match="dictionary"):
        arrownd.to_numpy(series)


def test_zones_as_objects() -> None:
    """dtype=object: each with the correct tz (here datetimes of the standard library)."""
    series = pd.Series(pd.date_range("2000", periods=2, tz="CET"))
    got = arrownd.to_numpy(series, dtype=object)
    assert got.dtype == object
    assert [value.isoformat() for value in got] == ["2000-01-01T00:00:00+01:00", "2000-01-02T00:00:00+01:00"]
    assert all(type(value) is dt.datetime for value in got)


def test_zones_as_datetime64() -> None:
    """dtype='datetime64[ns]': the values are converted to UTC and the timezone info is dropped."""
    series = pd.Series(pd.date_range("2000", periods=2, tz="CET"))
    wanted = np.array(["1999-12-31T23:00:00", "2000-01-01T23:00:00"], "M8[ns]")
    same_values(arrownd.to_numpy(series, dtype="datetime64[ns]"), wanted)
    assert (arrownd.to_numpy(series) == wanted).all()
    assert "CET" in " ".join(arrownd.explain(series).notes)


def test_na_value() -> None:
    """The value to use for missing values. The default value depends on dtype and the type of the array."""
    series = pd.Series([1, None, 3], dtype="Int64")
    same_values(arrownd.to_numpy(series, na_value=0), np.array([1, 0, 3]))
    same_values(arrownd.to_numpy(series), np.array([1, np.nan, 3]))
    same_values(arrownd.to_numpy(series, dtype="float32", na_value=-1), np.array([1, -1, 3], "f4"))
    text = pd.Series(["a", None], dtype="string[pyarrow]")
    same_values(arrownd.to_numpy(text, na_value=""), np.array(["a", ""], object))


def test_dtype_strings_and_numpy_dtypes() -> None:
    """dtype: str or numpy.dtype."""
    series = pd.Series([1, 2])
    for dtype in ("float64", np.dtype("f8"), float):
        assert arrownd.to_numpy(series, dtype).dtype == np.float64
    assert arrownd.to_numpy(series, "object").dtype == object


def test_the_documented_columns_of_a_frame() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3.0, 4.5]})
    same_values(arrownd.to_numpy(frame), frame.to_numpy())
    nullable = frame.convert_dtypes(dtype_backend="pyarrow")
    assert arrownd.to_numpy(nullable).tolist() == frame.to_numpy().tolist()
