"""pandas' page on Series.to_numpy (shared/seeds/000): its table and examples, by arrownd on the same series.

Where SPEC.md decides otherwise (periods, intervals, zones, lists, structs) the test says so.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from rows import rows_of, same_rows


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


CATEGORIES = {
    "text": pd.Categorical(["a", "b", "a"]),
    "ordered": pd.Categorical(["a", "b"], categories=["b", "a"], ordered=True),
    "integers": pd.Categorical([3, 1, 3]),
    "integers and a missing value": pd.Categorical([3, None, 3]),
    "reals": pd.Categorical([0.5, None]),
    "dates": pd.Categorical(pd.date_range("2000", periods=2)),
    "flags": pd.Categorical([True, False, True]),
    "none": pd.Categorical([], categories=["a"]),
}


@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories(kind: str) -> None:
    """A NumPy array will be returned and the categorical dtype will be lost: array(['a', 'b', 'a'], dtype=object)."""
    series = pd.Series(CATEGORIES[kind])
    same_values(arrownd.to_numpy(series), series.to_numpy())


def test_missing_categories() -> None:
    """pandas: nan among the strings; here None."""
    series = pd.Series(pd.Categorical(["a", None, "a"]))
    same_rows(arrownd.to_numpy(series), rows_of("a", None, "a"))
    assert np.isnan(series.to_numpy()[1])


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


def arrow_backed(values: list, type: pa.DataType) -> pd.Series:
    return pd.Series(values, dtype=pd.ArrowDtype(type))


def test_lists() -> None:
    """pandas: an object array of arrays, pd.NA for null. Here lists="object" with None, and a dimension by default."""
    ragged = arrow_backed([[1, 2], [3], None], pa.list_(pa.int64()))
    same_rows(arrownd.to_numpy(ragged, lists="object"), rows_of(np.array([1, 2]), np.array([3]), None))
    theirs = ragged.to_numpy()
    assert [row.tolist() for row in theirs[:2]] == [[1, 2], [3]] and theirs[2] is pd.NA
    with pytest.raises(arrownd.RaggedError):
        arrownd.to_numpy(ragged)
    for type in (pa.list_(pa.int64()), pa.list_(pa.int64(), 2)):
        uniform = arrow_backed([[1, 2], [3, 4]], type)
        same_values(arrownd.to_numpy(uniform), np.array([[1, 2], [3, 4]]))
        assert uniform.to_numpy().shape == (2,)


def test_columns_of_python_lists_and_arrays() -> None:
    """A column of dtype object that holds lists or arrays: pandas keeps the objects, Arrow makes lists of them."""
    lists = pd.Series([[1, 2], [3]])
    assert arrownd.to_numpy(lists, dtype=object).tolist() == lists.to_numpy().tolist()
    arrays = pd.Series([np.array([1, 2]), np.array([3])])
    same_rows(arrownd.to_numpy(arrays, lists="object"), arrays.to_numpy())


def test_structs() -> None:
    """pandas: an object array of dicts, pd.NA for null; SPEC.md: a matrix, or a structured array."""
    type = pa.struct([("a", pa.int64()), ("b", pa.float64())])
    series = arrow_backed([{"a": 1, "b": 2.5}, None], type)
    assert series.to_numpy().tolist() == [{"a": 1, "b": 2.5}, pd.NA]
    same_values(arrownd.to_numpy(series), np.array([[1, 2.5], [np.nan, np.nan]]))
    got = arrownd.to_numpy(series[:1], structured=True)
    same_values(got, np.array([(1, 2.5)], [("a", "i8"), ("b", "f8")]))


def test_maps() -> None:
    """An object array of lists of tuples, as pandas; None where pandas has pd.NA."""
    series = arrow_backed([[("a", 1), ("b", None)], [], None], pa.map_(pa.string(), pa.int64()))
    same_rows(arrownd.to_numpy(series), rows_of([("a", 1), ("b", None)], [], None))
    assert arrownd.to_numpy(series).tolist()[:2] == series.to_numpy().tolist()[:2]


def test_dictionaries() -> None:
    series = arrow_backed(["a", "b", None], pa.dictionary(pa.int32(), pa.string()))
    same_rows(arrownd.to_numpy(series), rows_of("a", "b", None))
    assert series.to_numpy()[2] is pd.NA


def test_objects_of_arrow_types() -> None:
    """Decimals, bytes, times: the same objects; a missing one is None, where pandas has pd.NA or nan."""
    kinds = [
        ([Decimal("1.25"), None, Decimal("-0.50")], pa.decimal128(5, 2)),
        ([b"a", None, b""], pa.binary()),
        ([dt.time(1), None, dt.time(2, 3, 4, 5)], pa.time64("us")),
        (["a", None, ""], pa.string()),
    ]
    with ledger() as book:
        for values, type in kinds:
            with book.entry(str(type)):
                series = arrow_backed(values, type)
                same_rows(arrownd.to_numpy(series), rows_of(*values))
                same_rows(arrownd.to_numpy(series[[0, 2]]), series[[0, 2]].to_numpy())


def test_dates() -> None:
    """pandas: objects of datetime.date; here datetime64[D], and the objects by dtype=object."""
    series = arrow_backed([dt.date(2020, 1, 1), None], pa.date32())
    same_values(arrownd.to_numpy(series), np.array(["2020-01-01", "NaT"], "M8[D]"))
    same_rows(arrownd.to_numpy(series, dtype=object), rows_of(dt.date(2020, 1, 1), None))
    assert series.to_numpy()[0] == dt.date(2020, 1, 1)


def test_decimals_that_pandas_keeps_as_objects() -> None:
    series = pd.Series([Decimal("1.25"), Decimal("2.00")])
    same_rows(arrownd.to_numpy(series), series.to_numpy())
    same_values(arrownd.to_numpy(series, "f8"), series.to_numpy("f8"))


@pytest.mark.parametrize(
    ("series", "wanted"),
    [
        (pd.Series(pd.interval_range(0.0, 2.0)), np.array([[0.0, 1], [1, 2]])),
        (
            pd.Series(pd.interval_range(pd.Timestamp("2020-01-01"), pd.Timestamp("2020-01-03"))),
            np.array([["2020-01-01", "2020-01-02"], ["2020-01-02", "2020-01-03"]], "M8[us]"),
        ),
        (pd.Series(pd.arrays.IntervalArray.from_tuples([(0, 1), None])), np.array([[0, 1], [np.nan, np.nan]])),
    ],
    ids=["reals", "times", "a missing interval"],
)
def test_intervals_of_other_kinds(series, wanted) -> None:
    same_values(arrownd.to_numpy(series), wanted)


def test_sparse_columns_are_no_producers() -> None:
    """pandas can't turn a sparse column into Arrow, and says so."""
    series = pd.Series(pd.arrays.SparseArray([0, 0, 1]))
    with pytest.raises(pa.ArrowTypeError):
        arrownd.to_numpy(series)
    assert arrownd.to_numpy(series.sparse.to_dense()).tolist() == [0, 0, 1]


def test_categories_in_a_frame() -> None:
    frame = pd.DataFrame({"kind": pd.Categorical(["a", "b"]), "x": [1, 2]})
    same_rows(arrownd.to_numpy(frame), frame.to_numpy())
    same_rows(arrownd.to_columns(frame)["kind"], rows_of("a", "b"))
