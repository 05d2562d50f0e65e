"""na_value=x: fill with x; the dtype stays what it would be without nulls."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, agree, ledger, same_values
from cases import CASES
from expected import want
from layouts import LAYOUTS


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_every_layout(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                agree(placed.obj, want(case, placed, "fill"), na_value=case.fill)


def test_without_nulls_it_is_no_copy() -> None:
    array = pa.array([1, 2, 3])
    view = arrownd.to_numpy(array, na_value="no effect", allow_copy=False)
    assert address_of(view) == array.buffers()[1].address
    nullable = pa.array([None, 1, 2]).slice(1)
    assert arrownd.to_numpy(nullable, na_value=0, allow_copy=False).tolist() == [1, 2]


def test_integers_keep_their_dtype_and_value() -> None:
    got = arrownd.to_numpy(pa.array([2**53 + 1, None]), na_value=-1)
    assert got.dtype == "i8"
    assert got.tolist() == [2**53 + 1, -1]


FITS = [
    (pa.int8(), -128), (pa.int8(), np.int64(5)), (pa.int8(), 5.0), (pa.uint64(), 2**64 - 1), (pa.int64(), -(2**63)),
    (pa.float32(), 1), (pa.float64(), np.nan), (pa.float16(), -np.inf),
    (pa.bool_(), False), (pa.bool_(), np.True_), (pa.date32(), dt.date(2020, 2, 29)), (pa.float32(), 0.1),
    (pa.timestamp("us"), dt.datetime(2020, 1, 1)), (pa.timestamp("us"), np.datetime64("NaT")),
    (pa.timestamp("ns"), np.datetime64("2020-01-01")), (pa.duration("ms"), dt.timedelta(seconds=1)),
    (pa.duration("ms"), np.timedelta64("NaT")), (pa.utf8(), ""), (pa.utf8(), None), (pa.binary(2), b"zz"),
]  # fmt: skip
MISFITS = [
    (pa.int8(), 128), (pa.int8(), 1.5), (pa.int8(), np.nan), (pa.uint8(), -1), (pa.int64(), 2**63), (pa.uint64(), 2**64),
    (pa.int32(), "x"), (pa.int32(), None), (pa.float64(), "x"), (pa.float32(), 1e300), (pa.bool_(), 2), (pa.bool_(), "no"),
    (pa.timestamp("us"), "x"), (pa.timestamp("s"), np.datetime64("2020-01-01T00:00:00.5")), (pa.date32(), 1.5),
    (pa.timestamp("ns"), np.datetime64("9999-01-01")), (pa.binary(2), b"zzz"), (pa.float64(), object()),
    (pa.date32(), np.datetime64("2020-01-01T12:00")), (pa.int64(), np.timedelta64(1, "s")),
]  # fmt: skip


def test_what_fits() -> None:
    with ledger() as book:
        for type, fill in FITS:
            with book.entry(f"{type} {fill!r}"):
                clean = arrownd.to_numpy(pa.nulls(0, type))
                got = arrownd.to_numpy(pa.nulls(2, type), na_value=fill)
                filled = np.empty(2, clean.dtype)
                filled[:] = np.void(fill) if clean.dtype.kind == "V" else fill
                same_values(got, filled)


def test_what_does_not_fit_is_an_error() -> None:
    with ledger() as book:
        for type, fill in MISFITS:
            with book.entry(f"{type} {fill!r}"), pytest.raises((arrownd.ArrowndError, TypeError, ValueError)):
                arrownd.to_numpy(pa.nulls(2, type), na_value=fill)


def test_fillings_are_not_cut() -> None:
    """pandas' nanoseconds are more than the standard library's datetime holds; a generic span counts the result's unit."""
    stamp, span = pd.Timestamp("2020-01-01T00:00:00.123456789"), pd.Timedelta(123_456_789, "ns")
    with ledger() as book:
        for type, fill, dtype, text in (
            (pa.timestamp("ns"), stamp, "M8[ns]", "2020-01-01T00:00:00.123456789"), (pa.duration("ns"), span, "m8[ns]", 123_456_789),
            (pa.duration("ns"), np.timedelta64(5), "m8[ns]", 5), (pa.duration("s"), np.timedelta64(5), "m8[s]", 5),
            (pa.timestamp("s"), pd.Timestamp("2020-01-01"), "M8[s]", "2020-01-01"),
        ):  # fmt: skip
            with book.entry(f"{fill!r} in {type}"):
                try:
                    got = arrownd.to_numpy(pa.nulls(1, type), na_value=fill)
                except arrownd.LossyCastError:
                    continue  # refused is right as well; cut is not
                same_values(got, np.array([text], dtype))
        for type, fill in ((pa.timestamp("us"), stamp), (pa.duration("us"), span)):
            with book.entry(f"{fill!r} in {type}"), pytest.raises(arrownd.LossyCastError):
                arrownd.to_numpy(pa.nulls(1, type), na_value=fill)


def test_a_dict_is_by_field_name() -> None:
    """A name that no field has is a slip of the pen, and an array has no fields."""
    table = pa.table({"a": [1, None], "b": [None, 2]})
    for call in (arrownd.to_numpy, arrownd.to_columns, arrownd.explain):
        with pytest.raises((arrownd.ArrowndError, TypeError, ValueError, KeyError), match="typo"):
            call(table, na_value={"a": 0, "typo": 0})
    with pytest.raises(TypeError):
        arrownd.to_numpy(pa.array([1, None]), na_value={"a": 0})
    same_values(arrownd.to_columns(table, na_value={"a": 0})["b"], np.array([np.nan, 2]))


def test_an_error_names_the_field() -> None:
    table = pa.table({"small": pa.array([1, None], pa.int8()), "other": pa.array([1, 2], pa.int8())})
    for call in (arrownd.to_numpy, arrownd.to_columns):
        with pytest.raises((arrownd.ArrowndError, TypeError, ValueError), match="small"):
            call(table, na_value={"small": 1000})


def test_with_dtype_the_fill_is_of_that_dtype() -> None:
    array = pa.array([1, None, 3], pa.int64())
    same_values(arrownd.to_numpy(array, dtype="u1", na_value=255), np.array([1, 255, 3], "u1"))
    same_values(arrownd.to_numpy(array, dtype="f4", na_value=0.5), np.array([1, 0.5, 3], "f4"))
    same_values(arrownd.to_numpy(array, dtype=bool, na_value=False, safe=False), np.array([True, False, True]))
    same_values(arrownd.to_numpy(array, dtype=object, na_value="gone"), np.array([1, "gone", 3], object))
    with pytest.raises((arrownd.ArrowndError, TypeError, ValueError)):
        arrownd.to_numpy(array, dtype="u1", na_value=256)


def test_objects_take_any_filling() -> None:
    for fill in ("x", 5, None, 1.5, (1, 2), [3]):
        got = arrownd.to_numpy(pa.array(["a", None]), na_value=fill)
        assert got[0] == "a"
        assert got[1] == fill


def test_a_table_takes_one_filling_or_one_a_field() -> None:
    table = pa.table({"a": [1, None, 3], "b": [None, 5, 6]})
    same_values(arrownd.to_numpy(table, na_value=0), np.array([[1, 0], [0, 5], [3, 6]]))
    same_values(arrownd.to_numpy(table, na_value={"a": -1, "b": -2}), np.array([[1, -2], [-1, 5], [3, 6]]))
    columns = arrownd.to_columns(table, na_value={"a": -1, "b": -2})
    same_values(columns["a"], np.array([1, -1, 3]))
    same_values(columns["b"], np.array([-2, 5, 6]))


def test_inner_nulls_are_filled() -> None:
    array = pa.array([[1, None], None, [5, 6]], pa.list_(pa.int16(), 2))
    same_values(arrownd.to_numpy(array, na_value=-9), np.array([[1, -9], [-9, -9], [5, 6]], "i2"))


def test_null_structs_are_filled() -> None:
    array = pa.array([{"a": 1, "b": 2}, None, {"a": None, "b": 4}])
    same_values(arrownd.to_numpy(array, na_value=0), np.array([[1, 2], [0, 0], [0, 4]]))


def test_bytes_allocated_are_the_result() -> None:
    plan = arrownd.explain(pa.array([1, None, 3], pa.int16()), na_value=0)
    assert plan.nbytes == 6
    assert plan.dtype == np.dtype("i2")


def test_a_decimal_filling_of_an_integer_column() -> None:
    """Whether or not it is taken, it isn't rounded."""
    try:
        got = arrownd.to_numpy(pa.array([1, None]), na_value=decimal.Decimal("7"))
    except (arrownd.ArrowndError, TypeError, ValueError):
        got = np.array([1, 7])
    assert got.tolist() == [1, 7]
    with pytest.raises((arrownd.ArrowndError, TypeError, ValueError)):
        arrownd.to_numpy(pa.array([1, None]), na_value=decimal.Decimal("7.5"))
