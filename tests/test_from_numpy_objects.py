"""Object arrays to Arrow: the type is what all values have, and mixtures are errors that name both."""

from __future__ import annotations

import datetime as dt
import decimal
import gc
import sys
import uuid
import warnings
import weakref
from decimal import Decimal as D
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrownd import ArrowndError, LossyCastError, UnsupportedTypeError, from_numpy, to_numpy
from cases.case import objects_of
from dense import arrow

UTC = dt.timezone.utc
PARIS = ZoneInfo("Europe/Paris")
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))


def objects(*values):
    return objects_of(values)


# Values, and their type: what pyarrow finds in the same list.
ALIKE = {
    "int": [1, -3, None, 0],
    "int64 ends": [2**63 - 1, -(2**63)],
    "uint64": [2**63, 1, None, 2**64 - 1],
    "float": [1.5, -0.0, float("inf"), None],
    "bool": [True, False, None],
    "str": ["a", None, "é"],
    "bytes": [b"a", None, b"\0b"],
    "date": [dt.date(1, 1, 1), dt.date(1970, 1, 1), dt.date(2024, 2, 29), dt.date(9999, 12, 31), None],
    "datetime": [dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999), None],
    "datetime UTC": [dt.datetime(2020, 1, 1, 12, tzinfo=UTC), None],
    "datetime zone": [dt.datetime(2020, 1, 1, tzinfo=PARIS), dt.datetime(2020, 7, 1, tzinfo=PARIS)],
    "datetime fold": [dt.datetime(2020, 10, 25, 2, 30, tzinfo=PARIS, fold=f) for f in (0, 1)],
    "datetime offset": [dt.datetime(2020, 1, 1, tzinfo=EAST), None],
    "time": [dt.time(0), dt.time(23, 59, 59, 999999), None],
    "timedelta": [dt.timedelta(1, 2, 3), dt.timedelta(-1), None],
    "decimal": [D("1.10"), D("-123"), None],
    "decimal small": [D("0.001"), D("0.1")],
    "decimal exponent": [D("1E+5"), D("-2.5E-3")],
    "decimal 38": [D("9" * 38), D("-" + "9" * 38)],
    "decimal256": [D("9" * 39), D("1E-20")],
    "decimal 76": [D("-" + "9" * 76)],
    "uuid": [uuid.UUID(int=2**128 - 1), uuid.UUID(int=0), None],
    "list": [[1, None], None, []],
    "list of list": [[[1], None], [[]], None],
    "list of str": [["a", None], [""]],
    "None": [None, None],
    "nothing": [],
}


def theirs(values):
    """pyarrow's, which finds no uint64."""
    large = any(type(value) is int and value >= 2**63 for value in values)
    return pa.array(values, pa.uint64() if large else None)


@pytest.mark.parametrize("name", ALIKE)
def test_the_type_is_the_one_that_pyarrow_finds(name):
    values = ALIKE[name]
    made = arrow(objects(*values))
    expected = theirs(values)
    assert made.type == expected.type
    assert made.to_pylist() == expected.to_pylist()
    assert made.null_count == expected.null_count
    assert made.equals(expected)


@pytest.mark.parametrize("name", sorted(set(ALIKE) - {"list", "list of list", "list of str"}))
def test_there_and_back(name):
    values = ALIKE[name]
    back = to_numpy(pa.array(from_numpy(objects(*values))), dtype=object)
    assert back.tolist() == values
    assert [type(value) for value in back] == [type(value) for value in values]


def test_numpy_scalars_are_their_kind():
    assert arrow(objects(np.int8(-3), 5, np.uint16(7))).equals(pa.array([-3, 5, 7], pa.int64()))
    assert arrow(objects(np.uint64(2**64 - 1), 5)).equals(pa.array([2**64 - 1, 5], pa.uint64()))
    assert arrow(objects(np.float32(1.5), 2.5, np.float16(0.5))).equals(pa.array([1.5, 2.5, 0.5], pa.float64()))
    assert arrow(objects(np.bool_(True), False)).equals(pa.array([True, False]))
    assert arrow(objects(np.str_("a"), "b")).equals(pa.array(["a", "b"]))
    assert arrow(objects(np.bytes_(b"a"), bytearray(b"b"), memoryview(b"c"))).equals(pa.array([b"a", b"b", b"c"]))


def test_subclasses_are_what_they_extend():
    import enum

    class Color(enum.IntEnum):
        RED = 2

    class Name(str, enum.Enum):
        A = "value"

    class Price(D):
        pass

    assert arrow(objects(Color.RED, 5)).equals(pa.array([2, 5]))
    assert arrow(objects(Name.A, "b")).equals(pa.array(["value", "b"]))
    assert arrow(objects(Price("1.5"), D("2"))).equals(pa.array([D("1.5"), D("2")]))


def test_complex_numbers_are_pairs():
    made = arrow(objects(1 + 2j, np.complex64(3), None, complex(float("nan"), -0.0)))
    assert made.type.list_size == 2 and made.type.value_type == pa.float64()
    assert made[:3].to_pylist() == [[1.0, 2.0], [3.0, 0.0], None]
    real, imag = made[3].as_py()
    assert np.isnan(real) and np.signbit(imag)


def test_floats_are_the_same_bits():
    nan = np.array([0x7FF8_0000_0000_0123], "u8").view("f8")[0]
    made = arrow(objects(float(nan), -0.0, 5e-324))
    assert made.null_count == 0
    assert np.frombuffer(made.buffers()[1], "u8")[:3].tolist() == [0x7FF8_0000_0000_0123, 1 << 63, 1]


# Missing values


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.float32("nan"), pd.NA, pd.NaT, np.ma.masked])
@pytest.mark.parametrize("name", sorted(set(ALIKE) - {"float", "None", "nothing"}))
def test_nan_and_its_like_are_null_beside_other_kinds(name, missing):
    values = [value for value in ALIKE[name] if value is not None]
    made = arrow(objects(*values, missing))
    assert made.type == theirs(values).type
    assert made.null_count == 1
    assert made[: len(values)].equals(theirs(values))


def test_among_floats_nan_stays_unless_it_is_asked_to_be_null():
    array = objects(1.5, float("nan"), None, pd.NA, np.float32("nan"))
    made = arrow(array)
    assert made.null_count == 2
    assert made.is_nan().to_pylist() == [False, True, None, None, True]
    assert arrow(array, nan_as_null=True).to_pylist() == [1.5, None, None, None, None]


@pytest.mark.parametrize("beside", [(2,), (2, 0.5), (np.int8(2), 7), (0.5,)])
def test_under_a_float_type_nan_stays_whatever_it_is_beside(beside):
    array = objects(float("nan"), *beside, None)
    for wanted in ("float32", "float64"):
        made = arrow(array, type=wanted)
        assert made.is_nan().to_pylist() == [True, *[False] * len(beside), None]
        assert made.to_pylist()[1:] == [*beside, None]
        assert arrow(array, type=wanted, nan_as_null=True).to_pylist() == [None, *beside, None]
    assert arrow(objects(float("nan"), 2), type="int64").to_pylist() == [None, 2]


def test_nothing_but_nan_is_float():
    assert arrow(objects(float("nan"), None)).type == pa.float64()
    assert arrow(objects(float("nan"), None)).null_count == 1


@pytest.mark.parametrize("missing", [np.datetime64("NaT"), np.datetime64("NaT", "s"), pd.NaT, None])
def test_nat_among_datetime64(missing):
    made = arrow(objects(np.datetime64("2020-01-01T00:00:01", "s"), missing))
    assert made.equals(pa.array([1577836801, None], pa.timestamp("s")))


def test_a_decimal_nan_is_null():
    assert arrow(objects(D("NaN"), D("-NaN"), D("1.5"))).to_pylist() == [None, None, D("1.5")]


@pytest.mark.parametrize("value", ["Infinity", "-Infinity", "sNaN"])
def test_decimals_that_are_no_numbers_are_errors(value):
    with pytest.raises(LossyCastError, match=f"{value} at position 1"):
        from_numpy(objects(D(1), D(value)))


def test_masked_objects_are_not_looked_at():
    class Odd:
        __slots__ = ()

        def __eq__(self, other):
            raise AssertionError("was asked")

        def __getattribute__(self, name):
            raise AssertionError("was asked")

        __hash__ = None

    array = objects(1, Odd(), "a", 2.5, 4)
    made = arrow(array, mask=np.array([False, True, True, True, False]))
    assert made.equals(pa.array([1, None, None, None, 4]))
    assert arrow(objects("a", 5), mask=np.array([False, True])).equals(pa.array(["a", None]))
    assert arrow(objects("a", 5), mask=np.array([True, True])).type == pa.null()


def test_null_pointers_of_an_array_are_null():
    assert arrow(np.empty(3, object)).equals(pa.nulls(3))


# Mixtures

KINDS = {
    "bool": True,
    "int": 1,
    "float": 1.5,
    "complex": 1j,
    "Decimal": D(1),
    "str": "a",
    "bytes": b"a",
    "date": dt.date(2020, 1, 1),
    "datetime": dt.datetime(2020, 1, 1),
    "time": dt.time(1),
    "timedelta": dt.timedelta(1),
    "datetime64": np.datetime64("2020-01-01", "s"),
    "timedelta64": np.timedelta64(1, "s"),
    "UUID": uuid.UUID(int=1),
    "list": [1],
}


@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
def test_mixtures_are_errors_that_name_both(first, second):
    if first == second:
        return
    array = objects(None, KINDS[first], KINDS[first], None, KINDS[second])
    with pytest.raises(
        UnsupportedTypeError, match=f"objects of {first} at position 1 and {second} at position 4 .*mask="
    ):
        from_numpy(array)


def test_int_beside_float_says_what_to_pass():
    with pytest.raises(UnsupportedTypeError, match='pass type="float64"'):
        from_numpy(objects(1, 2.5))


@pytest.mark.parametrize(
    "value", [object(), {1}, {}, 1 + 0j, range(3), pd.Series([1]), pd.Period("2020"), np.void(b"a")]
)
def test_objects_without_an_arrow_type_are_errors(value):
    if isinstance(value, complex):
        value = type("Odd", (), {})()
    with pytest.raises(UnsupportedTypeError, match="position 1"):
        from_numpy(objects(None, value))


def test_zones_have_to_agree():
    moment = dt.datetime(2020, 1, 1)
    with pytest.raises(UnsupportedTypeError, match="Europe/Paris at position 0 and datetime in UTC at position 1"):
        from_numpy(objects(moment.replace(tzinfo=PARIS), moment.replace(tzinfo=UTC)))
    with pytest.raises(UnsupportedTypeError, match="without a zone at position 0 and datetime in UTC at position 1"):
        from_numpy(objects(moment, moment.replace(tzinfo=UTC)))


def test_utc_of_any_library_is_utc():
    import dateutil.tz

    moment = dt.datetime(2020, 1, 1)
    zones = [UTC, ZoneInfo("UTC"), dateutil.tz.tzutc()]
    made = arrow(objects(*(moment.replace(tzinfo=zone) for zone in zones)))
    assert made.equals(pa.array([moment.replace(tzinfo=UTC)] * 3, pa.timestamp("us", "UTC")))


def test_an_offset_that_changes_is_no_name():
    class Paris(dt.tzinfo):
        def utcoffset(self, moment):
            return moment.replace(tzinfo=PARIS).utcoffset()

    paris = Paris()
    made = arrow(objects(dt.datetime(2020, 1, 1, tzinfo=paris)))
    assert made.type == pa.timestamp("us", "+01:00")
    with pytest.raises(UnsupportedTypeError, match=r"\+01:00 at position 0 and datetime in \+02:00 at position 1"):
        from_numpy(objects(dt.datetime(2020, 1, 1, tzinfo=paris), dt.datetime(2020, 7, 1, tzinfo=paris)))


def test_a_zone_of_seconds_is_an_error():
    odd = dt.timezone(dt.timedelta(seconds=1))
    with pytest.raises(UnsupportedTypeError, match="offset of 1000000 microseconds at position 0"):
        from_numpy(objects(dt.datetime(2020, 1, 1, tzinfo=odd)))


def test_a_time_with_a_zone_is_an_error():
    with pytest.raises(UnsupportedTypeError, match="a time with a zone at position 1"):
        from_numpy(objects(None, dt.time(1, tzinfo=UTC)))


def test_a_tzinfo_without_an_offset_is_naive():
    class Nowhere(dt.tzinfo):
        def utcoffset(self, moment):
            return None

    moment = dt.datetime(2020, 1, 1)
    assert arrow(objects(moment.replace(tzinfo=Nowhere()), moment)).equals(pa.array([moment, moment]))


# What no type holds


def test_ints_beyond_64_bits_are_errors():
    for value in (2**64, -(2**63) - 1, 10**30):
        with pytest.raises(LossyCastError, match=f"{value} at position 1 .*int64 or uint64: pass type=.*Decimal"):
            from_numpy(objects(1, value))
    with pytest.raises(LossyCastError, match=r"9223372036854775808 \(beside -1 at position 0\) at position 2"):
        from_numpy(objects(-1, 5, 2**63))
    with pytest.raises(LossyCastError, match="an int of very many digits at position 0"):
        from_numpy(objects(10**5000))


def test_decimals_of_too_many_digits_are_errors():
    with pytest.raises(LossyCastError, match="at position 0 .*decimal256: 77 digits"):
        from_numpy(objects(D("9" * 77)))
    with pytest.raises(LossyCastError, match=r"1E40 \(beside 1E-40 at position 1\) at position 0 .*81 digits"):
        from_numpy(objects(D("1E40"), D("1E-40")))


def test_decimals_don_t_depend_on_the_context():
    with decimal.localcontext() as context:
        context.prec, context.capitals = 3, 0
        assert arrow(objects(D("123456.789"), D("1E+3"))).to_pylist() == [D("123456.789"), D("1000")]


def test_zero_decimals():
    assert arrow(objects(D(0), D("0E+10"))).equals(pa.array([D(0), D(0)], pa.decimal128(1, 0)))
    assert arrow(objects(D("0.00"), D("-0"))).equals(pa.array([D(0), D(0)], pa.decimal128(2, 2)))


def test_timedeltas_beyond_64_bits_are_errors():
    with pytest.raises(LossyCastError, match="999999999 days at position 0 .*duration"):
        from_numpy(objects(dt.timedelta.max))


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="longdouble is float64 here")
def test_longdoubles_are_exact_or_errors():
    assert arrow(objects(np.longdouble("0.5"), 1.5)).equals(pa.array([0.5, 1.5]))
    with pytest.raises(LossyCastError, match="position 1"):
        from_numpy(objects(0.5, np.longdouble("0.1")))
    assert arrow(objects(np.longdouble("0.1")), safe=False).equals(pa.array([0.1]))


# pandas and NumPy times


def test_nanoseconds_of_pandas_are_kept():
    array = objects(pd.Timestamp("2020-01-01 00:00:00.123456789"), dt.datetime(2020, 1, 1), pd.NaT)
    made = arrow(array)
    assert made.equals(pa.array([1577836800123456789, 1577836800000000000, None], pa.timestamp("ns")))
    assert arrow(objects(pd.Timestamp("2020-01-01"))).type == pa.timestamp("us")
    zoned = arrow(objects(pd.Timestamp("2020-01-01 00:00:00.000000001", tz="Europe/Paris")))
    assert zoned.equals(pa.array([1577833200000000001], pa.timestamp("ns", "Europe/Paris")))
    assert arrow(objects(pd.Timedelta("1ns"), dt.timedelta(-1))).equals(
        pa.array([1, -86_400 * 10**9], pa.duration("ns"))
    )
    assert arrow(objects(pd.Timedelta("-1ns"))).equals(pa.array([-1], pa.duration("ns")))


def test_nanoseconds_beside_a_far_year_are_an_error():
    with pytest.raises(LossyCastError, match="beside nanoseconds at position 0.* at position 1"):
        from_numpy(objects(pd.Timestamp("2020-01-01 00:00:00.123456789"), dt.datetime(1, 1, 1)))


def test_datetime64_of_several_units_is_the_finest():
    array = objects(np.datetime64("2020-01-01"), np.datetime64("2020-01-01T00:00:01", "s"), np.datetime64(5, "ns"))
    assert arrow(array).equals(pa.array([1577836800 * 10**9, 1577836801 * 10**9, 5], pa.timestamp("ns")))
    assert arrow(objects(np.datetime64("2020-01-01"), None)).equals(pa.array([dt.date(2020, 1, 1), None]))
    array = objects(np.timedelta64(1, "s"), np.timedelta64("NaT"), np.timedelta64(1, "ms"))
    assert arrow(array).equals(pa.array([1000, None, 1], pa.duration("ms")))


@pytest.mark.parametrize(
    "unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "2W", "3D", "2h", "4m", "25s", "2ms"]
)
@pytest.mark.parametrize("kind", ["M8", "m8"])
@pytest.mark.parametrize("safe", [True, False])
def test_ticks_of_any_unit_are_what_an_array_of_them_is(kind, unit, safe):
    if kind == "m8" and unit in "YM":
        unit = "W"  # pyarrow has no arrays of interval[year_month]
    dtype = np.dtype(f"{kind}[{unit}]")
    for ticks in [[0, 1, -2, 1000], [2**31 - 1, -(2**31)], [5, 2**31], [1, 2**60], [-(2**62)], [2**63 - 1]]:
        values = np.array([*ticks, np.iinfo("int64").min]).view(dtype)
        cells = objects(*values, None)
        missing = np.ma.array([*values, values[-1]], dtype, mask=[False] * len(values) + [True])
        try:
            expected = arrow(missing, safe=safe)
        except LossyCastError as error:
            with pytest.raises(LossyCastError, match=f"at position {error.args[0].split('position ')[1][0]}"):
                from_numpy(cells, safe=safe)
            continue
        made = arrow(cells, safe=safe)
        assert made.type == expected.type and made.null_count == expected.null_count
        assert made.equals(expected)


def test_datetime64_that_no_common_unit_holds_is_an_error():
    with pytest.raises(LossyCastError, match="9999-01-01.* at position 0 .*datetime64\\[ns\\]"):
        from_numpy(objects(np.datetime64("9999-01-01", "s"), np.datetime64("2020-01-01", "ns")))


# Behaviour


def test_strides_and_shapes():
    base = np.array([1, None, 3, 4, 5, 6], object)
    assert arrow(base[::2]).to_pylist() == [1, 3, 5]
    assert arrow(base[::-1]).to_pylist() == [6, 5, 4, 3, None, 1]
    assert arrow(np.broadcast_to(base[2:3], 3)).to_pylist() == [3, 3, 3]
    text = np.array(["a", "b", None, "c"], object)
    assert arrow(text[::-2]).to_pylist() == ["c", "b"]


def test_no_reference_is_kept_or_lost():
    for value in (
        10**12 + 7,
        1.25,
        "some text é",
        b"bytes",
        D("1.5"),
        dt.datetime(2020, 1, 1, tzinfo=PARIS),
        [1, 2],
        np.arange(3),
    ):
        array = objects(*[value] * 50, None)
        before = sys.getrefcount(value)
        for _ in range(3):
            pa.array(from_numpy(array))
        with pytest.raises(ArrowndError):
            from_numpy(objects(*array, object()))
        gc.collect()
        assert sys.getrefcount(value) == before


def test_the_array_is_not_kept():
    array = objects("a", "b")
    made = from_numpy(array)
    gone = weakref.ref(array)
    del array
    assert gone() is None
    assert pa.array(made).to_pylist() == ["a", "b"]


def test_errors_of_objects_pass():
    class Broken(np.ndarray):
        pass

    class Zone(dt.tzinfo):
        def utcoffset(self, moment):
            raise ZeroDivisionError("odd")

    class Delta(dt.tzinfo):
        def utcoffset(self, moment):
            return 5

    with pytest.raises(ZeroDivisionError, match="odd"):
        from_numpy(objects(dt.datetime(2020, 1, 1, tzinfo=Zone())))
    with pytest.raises(TypeError):
        from_numpy(objects(dt.datetime(2020, 1, 1, tzinfo=Delta())))


def test_an_array_that_changes_meanwhile_is_no_danger():
    array = np.empty(1000, object)

    class Zone(dt.tzinfo):
        def utcoffset(self, moment):
            array[:] = None
            array.resize(0, refcheck=False)
            gc.collect()
            return dt.timedelta(0)

        key = "UTC"

    for i in range(1000):
        array[i] = dt.datetime(2020, 1, 1, microsecond=i, tzinfo=Zone())
    gc.freeze()  # a thousand collections look at what is new, not at all modules
    try:
        made = arrow(array)
    finally:
        gc.unfreeze()
    assert len(array) == 0
    assert made.to_pylist() == [dt.datetime(2020, 1, 1, microsecond=i, tzinfo=UTC) for i in range(1000)]


def test_no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for values in ALIKE.values():
            from_numpy(objects(*values))


SCALARS = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "uint": st.integers(0, 2**64 - 1),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "str": st.text(),
    "bytes": st.binary(),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "aware": st.datetimes(timezones=st.just(PARIS)).filter(lambda moment: 2 < moment.year < 9998),
    "time": st.times(),
    "timedelta": st.timedeltas(dt.timedelta(-106751990), dt.timedelta(106751990)),
    "uuid": st.uuids(),
    "decimal": st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**20), max_value=10**20),
}


@given(st.data())
def test_any_objects_there_and_back(data):
    name = data.draw(st.sampled_from(sorted(SCALARS)))
    values = data.draw(st.lists(st.none() | SCALARS[name], max_size=80))
    mask = data.draw(st.none() | st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    made = arrow(objects(*values), mask=None if mask is None else np.array(mask, bool))
    expected = values if mask is None else [None if m else value for m, value in zip(mask, values, strict=True)]
    assert to_numpy(made, dtype=object).tolist() == expected
    if any(value is not None for value in expected):
        assert made.equals(theirs(expected))
