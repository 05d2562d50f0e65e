"""from_numpy: datetime64 and timedelta64 of every unit and multiple."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import BIG, TICKS, address, arrow_of, start

NAT = np.iinfo(np.int64).min
UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"]
FINE = {"ps": 10**3, "fs": 10**6, "as": 10**9}


@pytest.mark.parametrize("dtype", TICKS)
@pytest.mark.parametrize("n", [1, 64, 1000, 5000])
def test_nat_is_null_and_the_ticks_are_shared(dtype: str, n: int) -> None:
    values = np.arange(n).astype(dtype)
    values[::3] = "NaT"
    array = arrow_of(values, allow_copy=False)
    assert array.type == TICKS[dtype]
    assert start(array) == address(values)
    assert array.is_null().to_pylist() == np.isnat(values).tolist()
    assert array.equals(pa.array(values))
    strided = np.repeat(values, 2)[::2]
    assert arrow_of(strided).equals(array)
    assert arrow_of(values.astype(values.dtype.newbyteorder(BIG))).equals(array)


def test_nat_at_the_very_end() -> None:
    values = np.arange(100_000).astype("M8[us]")
    values[-1] = "NaT"
    array = arrow_of(values)
    assert array.null_count == 1
    assert not array[99_999].is_valid


@pytest.mark.parametrize("unit", ["D", "W"])
def test_days(unit: str) -> None:
    values = np.array(["1970-01-01", "1969-12-25", "2024-02-29", "NaT", "0001-01-04", "9999-12-30"], f"M8[{unit}]")
    array = arrow_of(values)
    assert array.type == pa.date32()
    assert array.to_pylist() == values.astype("M8[D]").tolist()
    if unit == "D":
        assert array.equals(pa.array(values))
    assert {reason.code for reason in arrownd.explain(values).reasons} == {"cast"}


@pytest.mark.parametrize("unit", ["Y", "M"])
def test_years_and_months_begin_with_a_day(unit: str) -> None:
    values = np.array(["1970-01", "1969-12", "2024-02", "NaT", "1600-01", "2100-03"], f"M8[{unit}]")
    array = arrow_of(values)
    assert array.type == pa.date32()
    assert array.to_pylist() == values.astype("M8[D]").tolist()


@pytest.mark.parametrize("unit", ["h", "m"])
def test_hours_and_minutes(unit: str) -> None:
    values = np.array([0, -1, 10**6, NAT], np.int64)
    array = arrow_of(values.view(f"M8[{unit}]"))
    assert array.type == pa.timestamp("s")
    assert array.cast(pa.int64()).to_pylist() == [0, *(values[1:3] * {"h": 3600, "m": 60}[unit]).tolist(), None]
    spans = arrow_of(values.view(f"m8[{unit}]"))
    assert spans.type == pa.duration("s")
    assert spans.cast(pa.int64()).to_pylist() == array.cast(pa.int64()).to_pylist()


@pytest.mark.parametrize("unit", FINE)
@pytest.mark.parametrize("kind", "Mm")
def test_finer_than_nanoseconds(unit: str, kind: str) -> None:
    each = FINE[unit]
    values = np.array([0, 5 * each, -3 * each, NAT], np.int64).view(f"{kind}8[{unit}]")
    array = arrow_of(values)
    assert array.type == (pa.timestamp("ns") if kind == "M" else pa.duration("ns"))
    assert array.cast(pa.int64()).to_pylist() == [0, 5, -3, None]
    odd = np.array([0, each + 1], np.int64).view(values.dtype)
    with pytest.raises(
        arrownd.LossyCastError, match=rf"64\({each + 1}, '{unit}'\) at position 1 can't be held exactly"
    ):
        arrownd.from_numpy(odd)
    assert arrow_of(odd, safe=False).cast(pa.int64()).to_pylist() == [0, 1]
    below = np.array([-1], np.int64).view(values.dtype)
    assert arrow_of(below, safe=False).cast(pa.int64()).to_pylist() == [-1]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("multiple", [2, 7, 25, 1000])
@pytest.mark.parametrize("kind", "Mm")
def test_multiples(unit: str, multiple: int, kind: str) -> None:
    values = np.array([0, 1, -4, NAT], np.int64).view(f"{kind}8[{multiple}{unit}]")
    array = arrow_of(values)
    assert array.type == TICKS[f"{kind}8[{unit}]"]
    assert array.cast(pa.int64()).to_pylist() == [0, multiple, -4 * multiple, None]
    np.testing.assert_array_equal(array.to_numpy(zero_copy_only=False), values.astype(f"{kind}8[{unit}]"))
    limit = np.iinfo(np.int64).max // multiple
    arrow_of(np.array([limit, -limit]).view(values.dtype))
    for beyond in (limit + 1, -limit - 1):
        with pytest.raises(arrownd.LossyCastError, match=f"at position 2 can't be held exactly by .*{unit}"):
            arrownd.from_numpy(np.array([0, NAT, beyond]).view(values.dtype))


def test_the_peers_wrong_answer_for_multiples() -> None:
    """pyarrow takes the ticks of M8[10s] as seconds."""
    values = np.array([3], "M8[10s]")
    assert pa.array(values).cast(pa.int64()).to_pylist() == [3]
    assert arrow_of(values).cast(pa.int64()).to_pylist() == [30]


@pytest.mark.parametrize(("dtype", "days"), [("M8[2D]", 2), ("M8[3W]", 21)])
def test_multiples_of_days(dtype: str, days: int) -> None:
    assert arrow_of(np.array([1, -1, NAT]).view(dtype)).cast(pa.int32()).to_pylist() == [days, -days, None]


def test_multiples_of_months() -> None:
    values = np.array([1, -1, NAT]).view("M8[6M]")
    assert arrow_of(values).to_pylist() == values.astype("M8[D]").tolist()


def test_days_beyond_32_bits() -> None:
    last = np.iinfo(np.int32).max
    values = np.array([last, -last - 1], "M8[D]")
    assert arrow_of(values).cast(pa.int32()).to_pylist() == [last, -last - 1]
    for beyond in (last + 1, -last - 2):
        with pytest.raises(arrownd.LossyCastError, match=rf"datetime64\({beyond}, 'D'\) at position 1 .* date32"):
            arrownd.from_numpy(np.array([0, beyond], "M8[D]"))
    with pytest.raises(arrownd.LossyCastError, match="at position 0"):
        arrownd.from_numpy(np.array([2**60], "M8[Y]"))


def test_hours_that_overflow() -> None:
    with pytest.raises(arrownd.LossyCastError, match=r"\(2562047788015216, 'h'\) at position 0 .* timestamp\[s\]"):
        arrownd.from_numpy(np.array([2**63 // 3600 + 1]).view("M8[h]"))


def test_what_is_masked_is_not_checked() -> None:
    values = np.ma.array(np.array([0, 2**40], "M8[D]"), mask=[False, True])
    array = arrow_of(values)
    assert array.is_null().to_pylist() == [False, True]
    with pytest.raises(arrownd.LossyCastError, match="position 1"):
        arrownd.from_numpy(values.data)


@pytest.mark.parametrize("dtype", ["m8[Y]", "m8[M]", "m8[5M]"])
def test_months_are_an_interval(dtype: str) -> None:
    """pyarrow has no such type: read by arrownd itself."""
    each = {"m8[Y]": 12, "m8[M]": 1, "m8[5M]": 5}[dtype]
    values = np.array([0, 3, -7, NAT]).view(dtype)
    result = arrownd.from_numpy(values)
    assert arrownd.explain(values).type == "interval[year_month]"
    back = arrownd.to_numpy(result)
    assert back.dtype == np.dtype("m8[M]")
    np.testing.assert_array_equal(back.view(np.int64), [0, 3 * each, -7 * each, NAT])
    assert result.null_count == 1
    with pytest.raises(arrownd.LossyCastError, match="at position 0"):
        arrownd.from_numpy(np.array([2**31]).view(dtype))


@pytest.mark.parametrize("unit", ["W", "D", "h", "m"])
def test_spans_of_whole_seconds(unit: str) -> None:
    seconds = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60}[unit]
    array = arrow_of(np.array([0, 1, -2, NAT]).view(f"m8[{unit}]"))
    assert array.type == pa.duration("s")
    assert array.cast(pa.int64()).to_pylist() == [0, seconds, -2 * seconds, None]


@pytest.mark.parametrize("kind", "Mm")
def test_generic_is_refused(kind: str) -> None:
    with pytest.raises(arrownd.UnsupportedTypeError, match="has no unit: convert it first"):
        arrownd.from_numpy(np.array(["NaT"], f"{kind}8"))
    with pytest.raises(arrownd.UnsupportedTypeError, match="has no unit"):
        arrownd.explain(np.array(["NaT"], f"{kind}8"))


@pytest.mark.parametrize("unit", UNITS)
def test_wanted_timestamps_directly(unit: str) -> None:
    """From any unit to a wanted one, without the natural type between: no detour can overflow or round."""
    values = np.array([0, 40, NAT]).view(f"M8[{unit}]")
    kind = pa.timestamp("us")
    if unit in ("ns", *FINE):
        with pytest.raises(arrownd.LossyCastError, match=rf"\(40, '{unit}'\) at position 1 .* timestamp\[us\]"):
            arrownd.from_numpy(values, type=kind)
        assert arrow_of(values, type=kind, safe=False).cast(pa.int64()).to_pylist() == [0, 0, None]
        return
    array = arrow_of(values, type=kind)
    assert array.type == kind
    assert array.equals(pa.array(values.astype("M8[us]")))


def test_a_wanted_zone_is_utc_and_said() -> None:
    values = np.array(["2024-07-01T12", "NaT"], "M8[us]")
    kind = pa.timestamp("us", "Europe/Rome")
    array = arrow_of(values, type=kind, allow_copy=False)
    assert array.type == kind
    assert start(array) == address(values)
    assert array[0].as_py().hour == 14
    assert any("UTC" in note for note in arrownd.explain(values, type=kind).notes)
    np.testing.assert_array_equal(arrownd.to_numpy(array), values)


def test_wanted_days_are_checked() -> None:
    noon = np.array(["2024-07-01T00", "2024-07-01T12"], "M8[h]")
    with pytest.raises(arrownd.LossyCastError, match="at position 1 can't be held exactly by date32"):
        arrownd.from_numpy(noon, type=pa.date32())
    day = pa.scalar(noon[0].astype("M8[D]").item())
    assert arrow_of(noon, type=pa.date32(), safe=False).to_pylist() == [day.as_py()] * 2
    spans = np.array([1, 2]).view("m8[s]")
    assert arrow_of(spans, type=pa.duration("ms")).cast(pa.int64()).to_pylist() == [1000, 2000]
    odd = np.array([2000, 1]).view("m8[ms]")
    with pytest.raises(arrownd.LossyCastError, match=r"timedelta64\(1, 'ms'\) at position 1 .* duration\[s\]"):
        arrownd.from_numpy(odd, type=pa.duration("s"))


def test_nat_days_are_null_not_1970() -> None:
    """Awkward makes 1970 of them."""
    array = arrow_of(np.array(["NaT", "NaT"], "M8[D]"))
    assert array.null_count == 2
    assert array.to_pylist() == [None, None]
