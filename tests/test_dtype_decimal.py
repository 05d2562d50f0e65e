"""Decimals and 128-bit integers: exact as objects, rounded once as floats, checked as integers.

The oracle is Python's own arithmetic on integers and fractions.
"""

from __future__ import annotations

import decimal
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arrownd
from agreement import Want, agree, ledger
from cases.decimals import DECIMALS, decimal_array, decimal_of

# Bits of the significand, the smallest and the largest exponent.
FLOATS = {"float16": (11, -14, 15), "float32": (24, -126, 127), "float64": (53, -1022, 1023)}
INTEGERS = [f"{sign}int{bits}" for bits in (8, 16, 32, 64) for sign in ("", "u")]


def exactly(value: int, scale: int) -> Fraction:
    return value / Fraction(10) ** scale


def nearest(exact: Fraction, dtype: str) -> float:
    """Rounded once, ties to even."""
    digits, least, most = FLOATS[dtype]
    if not exact:
        return 0.0
    size = abs(exact)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    exponent -= Fraction(2) ** exponent > size
    unit = Fraction(2) ** (max(exponent, least) - digits + 1)
    rounded = round(size / unit) * unit
    size = math.inf if rounded >= Fraction(2) ** (most + 1) else float(rounded)
    return math.copysign(size, exact)


def wrapped(whole: int, dtype: str) -> int:
    info = np.iinfo(dtype)
    return (whole - int(info.min)) % 2**info.bits + int(info.min)


def near_ties(bits: int, scale: int) -> st.SearchStrategy[int]:
    """The integers next to what lies halfway between two floats, as this scale writes it."""

    def write(significand: int, exponent: int, step: int) -> int:
        return int(significand * Fraction(2) ** exponent * Fraction(10) ** scale) + step

    significands = st.one_of(st.integers(2 ** (n - 1), 2 ** (n + 1)) for n in (11, 24, 53))
    ties = st.builds(write, significands, st.integers(-100, 100), st.integers(-1, 1))
    return st.builds(int.__mul__, ties, st.sampled_from([1, -1])).filter(
        lambda v: -(2 ** (bits - 1)) <= v < 2 ** (bits - 1)
    )


@st.composite
def columns(draw) -> tuple[int, int, list[int]]:
    """Width, scale and integers: any that the bytes hold, whatever the precision says."""
    bits = draw(st.sampled_from(list(DECIMALS)))
    scale = draw(
        st.sampled_from([0, 1, 2, 10, 18, 22, 23, 38, 39, 127, -1, -22, -23, -38, -39, -128]) | st.integers(-128, 127)
    )
    most = 2 ** (bits - 1)
    sizes = st.integers(1, bits - 1).flatmap(lambda n: st.integers(-(2**n), 2**n - 1))
    values = st.lists(sizes | st.sampled_from([0, most - 1, -most]) | near_ties(bits, scale), min_size=1, max_size=8)
    # Some blocks of 64 that are all small, and some that aren't.
    filler = [draw(st.integers(-(2 ** min(bits - 1, 52)), 2 ** min(bits - 1, 52) - 1))] * draw(
        st.sampled_from([0, 61, 130])
    )
    return bits, scale, filler + draw(values)


@given(columns())
@settings(max_examples=400, deadline=None)
def test_any_decimal_is_a_float_rounded_once(column) -> None:
    bits, scale, values = column
    for dtype in FLOATS:
        want = np.array([nearest(exactly(v, scale), dtype) for v in values])
        got = arrownd.to_numpy(decimal_array(bits, scale, values), dtype=dtype, safe=False)
        assert got.dtype == dtype
        assert got.astype("float64").tobytes() == want.tobytes()
        if dtype == "float64":
            assert got.tolist() == [float(decimal_of(v, scale)) for v in values]
        over = np.flatnonzero(np.isinf(want))
        if not len(over):
            assert arrownd.to_numpy(decimal_array(bits, scale, values), dtype=dtype).tobytes() == got.tobytes()
            continue
        with pytest.raises(arrownd.LossyCastError) as caught:
            arrownd.to_numpy(decimal_array(bits, scale, values), dtype=dtype)
        assert f"{decimal_of(values[over[0]], scale)} at position {over[0]}" in str(caught.value)


@given(columns(), st.sampled_from(INTEGERS))
@settings(max_examples=400, deadline=None)
def test_any_decimal_is_an_integer_or_refused(column, dtype: str) -> None:
    bits, scale, values = column
    array, info = decimal_array(bits, scale, values), np.iinfo(dtype)
    exact = [exactly(v, scale) for v in values]
    with decimal.localcontext(prec=300):
        assert [int(x) for x in exact] == [int(decimal_of(v, scale)) for v in values]
    assert arrownd.to_numpy(array, dtype=dtype, safe=False).tolist() == [wrapped(int(x), dtype) for x in exact]
    lost = [i for i, x in enumerate(exact) if x.denominator != 1 or not info.min <= x <= info.max]
    if not lost:
        assert arrownd.to_numpy(array, dtype=dtype).tolist() == exact
        return
    with pytest.raises(arrownd.LossyCastError) as caught:
        arrownd.to_numpy(array, dtype=dtype)
    text = str(caught.value)
    assert f"{decimal_of(values[lost[0]], scale)} at position {lost[0]}" in text
    assert dtype in text


@given(columns())
@settings(max_examples=200, deadline=None)
def test_any_decimal_is_itself_as_an_object(column) -> None:
    bits, scale, values = column
    with decimal.localcontext(prec=2, Emax=1, Emin=-1):
        got = arrownd.to_numpy(decimal_array(bits, scale, values))
    assert got.dtype == object
    assert {type(x) for x in got} == {Decimal}
    assert [x.as_tuple() for x in got] == [decimal_of(v, scale).as_tuple() for v in values]


def test_objects_are_those_of_pyarrow() -> None:
    for bits, (_, scales) in DECIMALS.items():
        for scale in (*scales, 5, -5):
            array = decimal_array(bits, scale, [0, 5, -5, 150, -123456, 10**8])
            want, got = array.to_pylist(), arrownd.to_numpy(array).tolist()
            assert [x.as_tuple() for x in got] == [x.as_tuple() for x in want]
            assert [str(x) for x in got] == [str(x) for x in want]


@pytest.mark.parametrize("bits", DECIMALS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint8"])
def test_the_plan_says_cast(bits: int, dtype: str) -> None:
    values = [100 * (i % 97) for i in range(200)]
    valid = np.arange(200) % 7 != 3
    want = np.array([v // 100 for v in values], dtype)
    with ledger() as book:
        with book.entry("without nulls"):
            agree(decimal_array(bits, 2, values), Want(want, view=False, codes=frozenset({"cast"})), dtype=dtype)
        with book.entry("sliced"):
            agree(
                decimal_array(bits, 2, values).slice(70),
                Want(want[70:], view=False, codes=frozenset({"cast"})),
                dtype=dtype,
            )
        with book.entry("filled"):
            filled = np.where(valid, want, np.array(9, dtype))
            codes = frozenset({"cast", "nulls"})
            agree(decimal_array(bits, 2, values, valid), Want(filled, view=False, codes=codes), dtype=dtype, na_value=9)
        if dtype.startswith("float"):
            with book.entry("NaN"):
                missing = np.where(valid, want, np.array(np.nan, dtype))
                agree(decimal_array(bits, 2, values, valid), Want(missing, view=False, codes=codes), dtype=dtype)
        with book.entry("masked"):
            got = arrownd.to_numpy(decimal_array(bits, 2, values, valid), dtype=dtype, nulls="masked")
            assert got.mask.tolist() == (~valid).tolist()
            assert got.compressed().tolist() == want[valid].tolist()
        with book.entry("what a null hides isn't checked"):
            hidden = [10**8 + 1 if not ok else v for v, ok in zip(values, valid, strict=True)]
            got = arrownd.to_numpy(decimal_array(bits, 2, hidden, valid), dtype=dtype, na_value=9)
            assert got.tolist() == filled.tolist()
    assert "float64" not in str(arrownd.explain(decimal_array(bits, 2, values), dtype="float32"))


def test_no_intermediate_and_any_memory() -> None:
    array = decimal_array(128, 2, list(range(200)))
    want = np.arange(200) / 100
    out = np.zeros((200, 3))
    assert arrownd.to_numpy(array, dtype="float64", out=out[:, 1]) is not None
    assert out[:, 1].tolist() == want.tolist()
    shifted = pa.py_buffer(b"x" + array.buffers()[1].to_pybytes()).slice(1)
    odd = pa.Array.from_buffers(array.type, 200, [None, shifted])
    assert arrownd.to_numpy(odd, dtype="float64").tolist() == want.tolist()
    pieces = pa.chunked_array([array[:70], array[70:71], array[71:]])
    assert arrownd.to_numpy(pieces, dtype="float64").tolist() == want.tolist()
    table = pa.table({"a": array, "b": array.cast(pa.decimal256(40, 2))})
    assert arrownd.to_numpy(table, dtype="float64").tolist() == np.stack([want, want], axis=1).tolist()


@pytest.mark.parametrize("dtype", ["bool", "M8[s]", "m8[s]", "V16"])
def test_other_dtypes_are_refused_with_a_way_out(dtype: str) -> None:
    with pytest.raises(arrownd.UnsupportedTypeError, match="leave out dtype= to get Python objects"):
        arrownd.to_numpy(decimal_array(128, 2, [1]), dtype=dtype)


WIDE = {pl.Int128: (-(2**127), 2**127 - 1), pl.UInt128: (0, 2**128 - 1)}


@pytest.mark.parametrize("dtype", WIDE)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_wide_integers(dtype, data) -> None:
    low, high = WIDE[dtype]
    powers = st.builds(
        lambda n, m, s: s * m * 2**n, st.integers(0, 127), st.integers(1, 2**12), st.sampled_from([1, -1])
    )
    value = data.draw(
        (powers | st.integers(low, high) | st.sampled_from([low, high])).filter(lambda v: low <= v <= high)
    )
    series = pl.Series([7, value, None], dtype=dtype)
    assert arrownd.to_numpy(series).tolist() == [7, value, None]
    whole = series[:2]
    for target in INTEGERS:
        info = np.iinfo(target)
        assert arrownd.to_numpy(whole, dtype=target, safe=False).tolist() == [7, wrapped(value, target)]
        if info.min <= value <= info.max:
            assert arrownd.to_numpy(whole, dtype=target).tolist() == [7, value]
        else:
            with pytest.raises(arrownd.LossyCastError, match=f"{value} at position 1"):
                arrownd.to_numpy(whole, dtype=target)
    for target in FLOATS:
        want = nearest(Fraction(value), target)
        assert arrownd.to_numpy(whole, dtype=target, safe=False).astype("float64").tolist() == [7, want]
        if want == value:
            assert arrownd.to_numpy(whole, dtype=target).tolist() == [7, value]
        else:
            with pytest.raises(arrownd.LossyCastError, match=f"{value} at position 1"):
                arrownd.to_numpy(whole, dtype=target)


def test_wide_integers_as_bool() -> None:
    assert arrownd.to_numpy(pl.Series([0, 1], dtype=pl.Int128), dtype="bool").tolist() == [False, True]
    with pytest.raises(arrownd.LossyCastError, match="-1 at position 0"):
        arrownd.to_numpy(pl.Series([-1], dtype=pl.Int128), dtype="bool")
