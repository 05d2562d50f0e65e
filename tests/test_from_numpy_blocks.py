"""Many objects are read some at a time: what is made of them, or said, is what would be for all at once."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from arrownd import LossyCastError, UnsupportedTypeError, from_numpy
from cases.case import objects_of as objects
from dense import arrow

UTC = dt.timezone.utc
PARIS = ZoneInfo("Europe/Paris")
NAN = float("nan")
MANY = 40_000


class Int(int):
    pass


class Float(float):
    pass


# Values, the type that is asked for, and what becomes of them, by the type's name in pyarrow.
DAY = np.datetime64("2020-01-03")
CASES = {
    "subclass as int32": ([Int(1), None, Int(-3)], "int32", pa.array([1, None, -3], "int32")),
    "int and float": ([1, 0.5, Int(3), None], "float32", pa.array([1, 0.5, 3, None], "float32")),
    "bool among NaN": ([True, NAN, False], None, pa.array([True, None, False])),
    "bool and np.bool": ([True, np.False_, None], None, pa.array([True, False, None])),
    "bool as int8": ([True, np.False_, None], "int8", pa.array([1, 0, None], "int8")),
    "decimals": ([D("1.50"), D(2), D("NaN")], "decimal64(18, 2)", pa.array([D("1.5"), 2, None], pa.decimal64(18, 2))),
    "decimals as floats": ([D("0.1"), D("-1E+3")], "float64", pa.array([0.1, -1000.0])),
    "days": ([DAY, np.datetime64("NaT")], None, pa.array([dt.date(2020, 1, 3), None])),
    "hours": ([np.timedelta64(5, "h"), None], None, pa.array([18_000, None]).cast(pa.duration("s"))),
    "moments": (
        [dt.datetime(2020, 7, 1, tzinfo=PARIS), dt.datetime(2020, 7, 1, tzinfo=UTC), None],
        "timestamp[s, UTC]",
        pa.array([1593554400, 1593561600, None]).cast(pa.timestamp("s", "UTC")),
    ),
    "dates and None": ([None, dt.date(2020, 1, 3), np.ma.masked], None, pa.array([None, dt.date(2020, 1, 3), None])),
    "bytes": ([b"a", bytearray(b"bc"), memoryview(b"")], None, pa.array([b"a", b"bc", b""])),
    "lists of str": ([["a", None], None, [], ["é"]], None, pa.array([["a", None], None, [], ["é"]])),
    "tuples of bytes": ([(b"a",), (b"bc", b"")], None, pa.array([[b"a"], [b"bc", b""]])),
    "lists of lists": ([[[1], None], [[], [2, 3]]], None, pa.array([[[1], None], [[], [2, 3]]])),
    "lists as large lists": ([[Int(1)], [2]], "large_list[int8]", pa.array([[1], [2]], pa.large_list(pa.int8()))),
    "lists of one length": (
        [[1, Int(2)], None],
        "fixed_size_list[int8, 2]",
        pa.array([[1, 2], None], pa.list_(pa.int8(), 2)),
    ),
    "lists of bool": ([[True, np.False_], [None]], None, pa.array([[True, False], [None]])),
    "lists of arrays": ([[np.arange(2), np.arange(1)], []], None, pa.array([[[0, 1], [0]], []])),
    "matrices": ([np.eye(2), None], None, pa.array([[[1.0, 0.0], [0.0, 1.0]], None])),
    "arrays as float32": (
        [np.arange(2.0), None, np.zeros(0)],
        "list[float32]",
        pa.array([[0, 1], None, []], pa.list_(pa.float32())),
    ),
    "dicts": (
        [{"a": 1, "b": [0.5]}, None, {"b": [1, None]}],
        "struct[a: int32, b: list[float32]]",
        pa.array(
            [{"a": 1, "b": [0.5]}, None, {"b": [1, None]}],
            pa.struct([("a", pa.int32()), ("b", pa.list_(pa.float32()))]),
        ),
    ),
    "nothing but None": ([None, None], None, pa.nulls(2)),
}


@pytest.mark.parametrize("name", CASES)
def test_all_blocks_become_one(name):
    values, wanted, few = CASES[name]
    times = -(-MANY // len(values))
    many = pa.concat_arrays([few] * times)
    words = {} if wanted is None else {"type": wanted}
    made = arrow(objects(values * times), **words)
    assert (made.type, made.null_count) == (few.type, many.null_count)
    assert made.equals(many)
    masked = np.arange(len(many)) % 7 == 0
    made = arrow(objects(values * times), mask=masked, **words)
    assert made.null_count == (masked | many.is_null().to_numpy(zero_copy_only=False)).sum()
    assert made.filter(pa.array(~masked)).equals(many.filter(pa.array(~masked)))


@pytest.mark.parametrize("name", CASES)
def test_what_is_missing_first_has_the_type_of_the_rest(name):
    values, wanted, few = CASES[name]
    words = {} if wanted is None else {"type": wanted}
    made = arrow(objects([None] * MANY + values), **words)
    assert (made.type, made.null_count) == (few.type, MANY + few.null_count)
    assert made[MANY:].equals(few)


# What comes last decides for all, or is refused where it lies.
def test_a_large_int_makes_all_of_them_unsigned():
    made = arrow(objects([Int(1)] * MANY + [2**63]))
    assert made.type == pa.uint64() and made[0].as_py() == 1 and made[-1].as_py() == 2**63


def test_digits_make_all_of_them_larger():
    made = arrow(objects([[D(1)]] * MANY + [[D("1.25")]]))
    assert made.type == pa.list_(pa.decimal128(3, 2)) and made[0].as_py() == [D("1.00")]


def test_floats_beside_ints_make_all_of_them_floats():
    made = arrow(objects([Int(1)] * MANY + [0.5]), type="float32")
    assert made.type == pa.float32() and made[0].as_py() == 1 and made[-1].as_py() == 0.5


def test_nan_alone_is_what_it_is_beside_the_rest():
    nans = [Float("nan")] * MANY
    assert arrow(objects(nans), type="int32").null_count == MANY
    assert arrow(objects([*nans, Float(1)]), type="int32", nan_as_null=True).null_count == MANY
    with pytest.raises(LossyCastError, match="position 0"):
        from_numpy(objects([*nans, Float(1)]), type="int32")
    with pytest.raises(LossyCastError, match="position 0"):
        from_numpy(objects([[nan] for nan in nans] + [[Float(1)]]), type="list[int32]")


@pytest.mark.parametrize(
    ("first", "last", "wanted", "message"),
    [
        (Int(1), "a", None, f"Int at position 0 and str at position {MANY}"),
        (["a"], [b"a"], None, f"str at position 0, item 0 and bytes at position {MANY}, item 0"),
        ([True, np.True_], [1], "list[int8]", f"bool at position 0, item 0 and int at position {MANY}, item 0"),
        (
            {"a": dt.date(2020, 1, 1)},
            {"a": dt.datetime(2020, 1, 1)},
            "struct[a: timestamp[us]]",
            "date at .* and datetime at",
        ),
        ({"a": 1}, {"b": 1}, "struct[a: int8]", f"a dict with the key 'b' at position {MANY}"),
        (
            dt.datetime(2020, 1, 1, tzinfo=UTC),
            dt.datetime(2020, 1, 1, tzinfo=PARIS),
            "timestamp[s]",
            "in UTC at .* in Europe/Paris",
        ),
        (Int(1), object(), None, f"objects of object at position {MANY}"),
    ],
)
def test_kinds_are_compared_over_all_blocks(first, last, wanted, message):
    with pytest.raises(UnsupportedTypeError, match=message):
        from_numpy(objects([first] * MANY + [last]), **({} if wanted is None else {"type": wanted}))


@pytest.mark.parametrize(
    ("first", "last", "wanted", "message"),
    [
        (Int(1), 300, "int8", f"300 at position {MANY}"),
        ([Int(1), 2], [3, 300], "list[int8]", f"300 .item 1. at position {MANY}"),
        (np.arange(2), np.array([1, 300]), "list[int8]", f"300 .item 1. at position {MANY}"),
        (D(1), D("0.001"), "decimal64(18, 2)", f"0.001 at position {MANY}"),
        (D("1E+40"), D("1E-40"), "float64", f"1E40 .beside 1E-40 at position {MANY}. at position 0"),
        (np.datetime64(0, "D"), np.datetime64(2**40, "D"), "date32", f"at position {MANY}"),
    ],
)
def test_values_that_do_not_fit_are_named_with_their_position(first, last, wanted, message):
    with pytest.raises(LossyCastError, match=message):
        from_numpy(objects([first] * MANY + [last]), type=wanted)


def moments(change):
    """Datetimes whose zone runs `change` with their array."""
    array = np.empty(MANY, object)

    class Zone(dt.tzinfo):
        def utcoffset(self, moment):
            change(array)
            return dt.timedelta(0)

        key = "UTC"

    for i in range(MANY):
        array[i] = dt.datetime(2020, 1, 1, tzinfo=UTC)
    array[0] = dt.datetime(2020, 1, 1, tzinfo=Zone())
    return array


def test_code_that_objects_run_can_change_those_that_come():
    def other(array):
        array[-1] = "text"

    with pytest.raises(UnsupportedTypeError, match=f"datetime at position 0 and str at position {MANY - 1}"):
        from_numpy(moments(other), type="timestamp[s, UTC]")

    def later(array):
        array[1000:] = dt.datetime(2021, 1, 1, tzinfo=UTC)

    made = arrow(moments(later), type="timestamp[s, UTC]")
    assert made[0].as_py().year == 2020 and made[-1].as_py().year == 2021 and len(made) == MANY


def test_code_that_objects_run_can_take_their_array_away():
    def away(array):
        array[:] = None
        array.resize(0, refcheck=False)

    with pytest.raises(ValueError, match="the object at position .* changed while it was read"):
        from_numpy(moments(away), type="timestamp[s, UTC]")


def test_an_error_of_python_is_raised():
    def fails(array):
        raise ZeroDivisionError("odd")

    with pytest.raises(ZeroDivisionError, match="odd"):
        from_numpy(moments(fails), type="timestamp[s, UTC]")


ARRAYS = {
    "bool": np.arange(9) % 2 == 0,
    "int8": np.arange(9, dtype="int8"),
    "uint16": np.arange(9, dtype="uint16"),
    "float16": np.array([1.5, -2, np.nan], "float16"),
    "float32": np.array([1.5, -2, np.nan], "float32"),
    "float64": np.array([1.5, -2, np.nan, 0.1]),
    "strided": np.arange(20.0)[::-3],
    "a field": np.ones(5, "i1, f8")["f1"],
    "big-endian": np.arange(9, dtype=">i4"),
    "long": np.arange(20_000),
    "days": np.arange(9).astype("M8[D]"),
}


@pytest.mark.parametrize("nan_as_null", [False, True])
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_become_lists_of_another_type(name, nan_as_null):
    values = ARRAYS[name]
    item = pa.timestamp("s") if name == "days" else pa.float32() if name == "float64" else pa.float64()
    wanted = "list[timestamp[s]]" if name == "days" else f"list[{'float32' if name == 'float64' else 'float64'}]"
    cells = [values, None, values[:0], values[1:], values[::2]] * (20_000 // len(values))
    plain = np.concatenate([cell for cell in cells if cell is not None])
    plain = plain.astype("M8[s]" if name == "days" else item.to_pandas_dtype())
    made = arrow(objects(cells), type=wanted, nan_as_null=nan_as_null)
    assert made.type == pa.list_(item) and made.null_count == len(cells) // 5
    assert made.value_lengths().to_pylist() == [None if cell is None else len(cell) for cell in cells]
    items = made.flatten()
    missing = np.isnan(plain) if nan_as_null and plain.dtype.kind == "f" else np.zeros(len(plain), bool)
    np.testing.assert_array_equal(items.is_null().to_numpy(zero_copy_only=False), missing)
    np.testing.assert_array_equal(items.filter(pa.array(~missing)).to_numpy(), plain[~missing])


def test_an_item_that_does_not_fit_is_named_with_its_array():
    cells = [np.arange(9)] * 5000 + [np.array([1, 2**24 + 1])] + [np.arange(9)] * 5000
    with pytest.raises(LossyCastError, match="16777217 .item 1. at position 5000"):
        from_numpy(objects(cells), type="list[float32]")
    made = arrow(objects(cells), type="list[float32]", safe=False)
    assert made[5000].as_py() == [1, 2**24]
