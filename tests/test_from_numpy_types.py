"""`type=`: what is converted on the way to Arrow, block by block, is what is converted as a whole."""

from __future__ import annotations

import decimal
import itertools
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from arrownd import LossyCastError, from_numpy

SIZES = [0, 1, 63, 64, 65, 8191, 8192, 8193, 16384, 16385, 40_001]
TYPES = [
    ("bool", "int8"),
    ("int8", "bool"),
    ("int64", "bool"),
    ("int64", "int32"),
    ("int64", "float32"),
    ("int64", "date32"),
    ("int64", "time32[s]"),
    ("int64", "decimal32(9, 1)"),
    ("int64", "decimal64(18, 3)"),
    ("int64", "decimal128(38, 2)"),
    ("int64", "decimal256(50, 2)"),
    ("uint16", "int64"),
    ("uint64", "decimal128(20, 0)"),
    ("float16", "float64"),
    ("float32", "float64"),
    ("float64", "float32"),
    ("float64", "int16"),
    ("float64", "decimal128(12, 1)"),
    ("M8[D]", "date64"),
    ("M8[s]", "timestamp[us, UTC]"),
    ("M8[M]", "timestamp[s]"),
    ("m8[h]", "time64[ns]"),
    ("m8[h]", "time32[s]"),
]


def values(dtype: str, n: int) -> np.ndarray:
    return (np.random.default_rng(n).integers(0, 2 if dtype == "bool" else 20, n)).astype(dtype)


def strided(x: np.ndarray) -> np.ndarray:
    return np.repeat(x, 3)[::3]


def swapped(x: np.ndarray) -> np.ndarray:
    return x.astype(x.dtype.newbyteorder())


def backwards(x: np.ndarray) -> np.ndarray:
    return x[::-1].copy()[::-1]


@pytest.mark.parametrize(("dtype", "to"), TYPES)
@pytest.mark.parametrize("layout", [strided, swapped, backwards])
def test_any_layout_is_converted_as_one_in_a_row(dtype: str, to: str, layout: Any) -> None:
    for n in SIZES:
        x, mask = values(dtype, n), np.random.default_rng(n + 1).random(n) < 0.3
        x = x % 2 if to == "bool" else x
        expected = pa.array(from_numpy(x, type=to))
        made = pa.array(from_numpy(layout(x), type=to))
        made.validate(full=True)
        assert made.type == expected.type
        assert made.equals(expected)
        made = pa.array(from_numpy(np.ma.array(layout(x), mask=mask), type=to))
        made.validate(full=True)
        assert made.equals(pa.array(from_numpy(np.ma.array(x, mask=mask), type=to)))
        assert made.null_count == mask.sum()


@pytest.mark.parametrize("shape", [(7, 5), (100, 1), (1, 100), (300, 257), (64, 1000), (3, 40_000), (130, 3, 50)])
def test_fortran_order(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).integers(0, 1000, shape)
    to = "float32"
    for n in reversed(shape[1:]):
        to = f"fixed_size_list[{to}, {n}]"
    expected = pa.array(from_numpy(x, type=to))
    for other in (
        np.asfortranarray(x),
        np.asfortranarray(x).astype(">i8"),
        np.repeat(np.asfortranarray(x), 2, axis=0)[::2],
    ):
        assert pa.array(from_numpy(other, type=to)).equals(expected)
    missing = np.where(x % 7 == 0, np.nan, x)
    expected = pa.array(from_numpy(missing, nan_as_null=True))
    assert pa.array(from_numpy(np.asfortranarray(missing), nan_as_null=True)).equals(expected)
    narrow = pa.array(from_numpy(np.asfortranarray(missing), nan_as_null=True, type=to))
    assert narrow.equals(pa.array(from_numpy(missing.copy(), nan_as_null=True, type=to)))


def test_fields_are_converted_beside_each_other() -> None:
    n = 40_001
    records = np.zeros(n, "i8, f8, ?, M8[D]")
    for i, name in enumerate(records.dtype.names or ()):
        records[name] = values(records.dtype[i].str.lstrip("<|"), n)
    to = "struct[f0: int16, f1: float32, f2: int8, f3: date64]"
    made = pa.array(from_numpy(records, type=to))
    made.validate(full=True)
    for name, part in zip(["f0", "f1", "f2", "f3"], ["int16", "float32", "int8", "date64"], strict=True):
        assert made.field(name).equals(pa.array(from_numpy(records[name].copy(), type=part)))
    matrix = np.random.default_rng(0).random((n, 3))
    made = pa.array(from_numpy(matrix, names=list("abc"), type="struct[a: float32, b: float64, c: float32]"))
    for i, part in enumerate(["float32", "float64", "float32"]):
        assert made.field(i).equals(pa.array(from_numpy(matrix[:, i].copy(), type=part)))


@pytest.mark.parametrize("at", [0, 5, 8192, 16_383, 16_384, 39_999])
@pytest.mark.parametrize("to", ["int32", "date32", "time32[s]", "decimal128(6, 0)", "decimal256(40, 38)"])
def test_the_first_value_that_does_not_fit_is_named(at: int, to: str) -> None:
    x = np.zeros(40_000, ">i8")
    x[at:] = 1 << 40
    for array in (x, x.astype("int64")):
        with pytest.raises(LossyCastError, match=rf"position {at}\b"):
            from_numpy(array, type=to)
        hidden = np.ma.array(array, mask=array != 0)
        assert pa.array(from_numpy(hidden, type=to)).null_count == 40_000 - at


@pytest.mark.parametrize(("precision", "scale"), [(9, 0), (9, 4), (18, 0), (18, 7), (38, 0), (38, 19), (38, 38)])
def test_decimals_to_the_last_digit(precision: int, scale: int) -> None:
    width = {9: 32, 18: 64, 38: 128}[precision]
    to = f"decimal{width}({precision}, {scale})"
    most = min(10 ** (precision - scale) - 1, 2**63 - 1)
    x = np.array([most, -most, most // 3, 0, 1 if most else 0])
    made = pa.array(from_numpy(x, type=to))
    assert made.to_pylist() == [decimal.Decimal(int(value)) for value in x]
    for beyond in (most + 1, -most - 1):
        if most < 2**63 - 1:
            with pytest.raises(LossyCastError, match="position 1"):
                from_numpy(np.array([0, beyond]), type=to)


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "int32", "float64", "M8[s]"])
def test_runs(dtype: str) -> None:
    for n in SIZES:
        x = np.repeat(values(dtype, n), np.random.default_rng(n).integers(1, 4, n))
        own = pa.array(from_numpy(x))
        made = pa.array(from_numpy(x, type=f"run_end_encoded[int32, {own.type}]"))
        made.validate(full=True)
        assert made.values.to_pylist() == [
            value for i, value in enumerate(own.to_pylist()) if i == 0 or x[i] != x[i - 1]
        ]
        assert pc.run_end_decode(made).equals(own) if dtype != "float16" else made.to_pylist() == own.to_pylist()
        mask = np.random.default_rng(n).random(len(x)) < 0.5
        own = pa.array(from_numpy(np.ma.array(x, mask=mask)))
        made = pa.array(from_numpy(np.ma.array(x, mask=mask), type=f"run_end_encoded[int32, {own.type}]"))
        assert made.to_pylist() == own.to_pylist()
        found = made.values.to_pylist()
        assert all(a != b for a, b in itertools.pairwise(found))


TEXT = ["utf8", "large_utf8", "utf8_view", "binary", "large_binary", "binary_view"]


def texts(n: int) -> list[str]:
    words = random.Random(n)
    return ["".join(words.choices("abcxyzé日", k=words.choice([0, 1, 8, 11, 12, 13, 40]))) for _ in range(n)]


@pytest.mark.parametrize("to", TEXT)
@pytest.mark.parametrize("n", [0, 1, 100, 20_000])
def test_text_is_laid_out_as_wanted(to: str, n: int) -> None:
    expected = texts(n)
    missing = np.arange(n) % 5 == 2
    cells = np.empty(n, object)
    cells[:] = expected
    sources = [np.array(expected, "U40"), np.char.encode(np.array(expected, "U40"), "utf-8"), cells]
    sources.append(np.char.encode(sources[0], "utf-8").astype(object) if n else cells)
    if hasattr(np.dtypes, "StringDType"):
        sources.append(sources[0].astype(np.dtypes.StringDType()))
    for source in sources:
        made = pa.array(from_numpy(source, type=to))
        made.validate(full=True)
        wide = pa.array([text.encode() for text in expected], pa.binary())
        assert made.cast(pa.binary()).equals(wide)
        made = pa.array(from_numpy(source, type=to, mask=missing))
        made.validate(full=True)
        assert made.cast(pa.binary()).equals(pc.if_else(pa.array(missing, pa.bool_()), None, wide))


def test_bytes_among_what_is_missing() -> None:
    cells = np.array([b"one", None, np.bytes_(b"three"), float("nan"), b"", b"longer than twelve bytes"], object)
    expected = [b"one", None, b"three", None, b"", b"longer than twelve bytes"]
    for to in (None, "large_binary", "binary_view"):
        assert pa.array(from_numpy(cells, type=to)).to_pylist() == expected
    fixed = np.array([b"one", None, b"two"], object)
    made = pa.array(from_numpy(fixed, type="fixed_size_binary[3]"))
    assert (made.type, made.to_pylist()) == (pa.binary(3), [b"one", None, b"two"])
    with pytest.raises(LossyCastError, match="bytes of length 3"):
        from_numpy(fixed, type="fixed_size_binary[4]")
    assert pa.array(from_numpy(np.array([np.str_("x"), "y", None], object))).to_pylist() == ["x", "y", None]


def test_text_that_is_no_text_is_refused_as_views() -> None:
    for bad in (b"\xff", b"\xff" * 20):
        with pytest.raises(LossyCastError, match="position 1"):
            from_numpy(np.array([b"good", bad]), type="utf8_view")


def test_decimals_of_many_scales() -> None:
    numbers = random.Random(3)
    for whole, places in [(3, 2), (10, 9), (20, 18), (20, 30), (40, 30), (1, 0)]:
        exact = decimal.Context(prec=100)
        some = [
            exact.scaleb(decimal.Decimal(numbers.randint(-(10**whole), 10**whole)), -numbers.randint(0, places))
            for _ in range(300)
        ]
        some += [
            decimal.Decimal("0E+3"),
            decimal.Decimal("-0.00"),
            decimal.Decimal("1E+2"),
            None,
            decimal.Decimal("NaN"),
        ]
        made = pa.array(from_numpy(np.array(some, object)))
        made.validate(full=True)
        expected = [None if value is None or value.is_nan() else value for value in some]
        assert made.to_pylist() == expected
        scale = max(-value.as_tuple().exponent for value in expected if value is not None)
        digits = max(value.adjusted() + 1 for value in expected if value) + scale
        assert made.type == (pa.decimal128 if digits <= 38 else pa.decimal256)(digits, scale)


def test_zeros_have_scales_that_no_type_has_to_hold() -> None:
    made = pa.array(from_numpy(np.array([decimal.Decimal("0E-30"), decimal.Decimal(7)], object)))
    assert made.to_pylist() == [0, 7]
    assert made.type == pa.decimal128(31, 30)


def test_arrays_in_cells_of_any_length() -> None:
    for n in (1, 100, 40_000):
        cells = np.empty(n, object)
        for i in range(n):
            cells[i] = None if i % 7 == 3 else np.arange(i % 5)
        made = pa.array(from_numpy(cells))
        made.validate(full=True)
        assert made.to_pylist() == [None if cell is None else cell.tolist() for cell in cells]
        for to in ("large_list[int64]", "list_view[int64]", "large_list_view[int32]"):
            other = pa.array(from_numpy(cells, type=to))
            other.validate(full=True)
            assert other.to_pylist() == made.to_pylist()
