"""dtype= among bool, integers and floats: all 12 x 12 pairs, exact or refused; safe=False as NumPy's astype.

The oracle is exact arithmetic on Python's own integers and floats.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, attempt, ledger, same_values
from cases.case import bits, fixed, place

INTEGERS = [f"{sign}int{width}" for width in (8, 16, 32, 64) for sign in ("", "u")]
FLOATS = ["float16", "float32", "float64"]
NAMES = ["bool", *INTEGERS, *FLOATS]
TYPES = {"bool": pa.bool_(), "float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64()}
TYPES |= {name: getattr(pa, name)() for name in INTEGERS}

CANDIDATES: list[float] = [0, 1, -1, 2, 7, 127, 128, -128, -129, 255, 256]
for power in (11, 15, 16, 24, 31, 32, 53, 60, 63, 64):
    CANDIDATES += [2**power, 2**power - 1, 2**power + 1, -(2**power), -(2**power) - 1, -(2**power) + 1]
CANDIDATES += [2**62 + 2**10, 65504, 65505, 65519, 65520, 65536, 2**63 - 2**10, 2**63 - 512, 2**64 - 2**11]
CANDIDATES += [0.5, -0.5, -0.0, 1.5, 0.1, 1e-8, 1e-300, 3.4e38, 3.5e38, -3.5e38, 1e300, math.inf, -math.inf, math.nan]


def source_values(name: str) -> np.ndarray:
    """The candidates that the source type holds, after rounding for floats."""
    if name == "bool":
        return np.array([False, True])
    if name in INTEGERS:
        info = np.iinfo(name)
        ints = [v for v in CANDIDATES if isinstance(v, int) and info.min <= v <= info.max]
        return np.array(sorted({*ints, int(info.min), int(info.max)}), name)
    with np.errstate(over="ignore"):
        return np.unique(np.array([float(v) for v in CANDIDATES]).astype(name))


def array_of(values: np.ndarray) -> pa.Array:
    type = TYPES[values.dtype.name]
    make = bits if type == pa.bool_() else fixed
    return make(type, values)(np.arange(len(values)), None)


def holds(value: np.generic, target: str) -> bool:
    """Whether `target` has the value, or, for a float asked of a float, a finite neighbour."""
    plain = value.item()
    if target == "bool":
        return plain in (0, 1)
    if target in INTEGERS:
        info = np.iinfo(target)
        whole = isinstance(plain, int) or (math.isfinite(plain) and plain == int(plain))
        return whole and info.min <= int(plain) <= info.max
    with np.errstate(over="ignore"):
        if isinstance(plain, float):
            return not math.isfinite(plain) or math.isfinite(float(np.array(plain).astype(target)))
        return nearest(plain, target) == plain


def nearest(value: float, target: str) -> float:
    try:
        wide = float(value)
    except OverflowError:
        return math.inf
    with np.errstate(over="ignore"):
        return float(np.array(wide).astype(target))


def defined(values: np.ndarray, target: str) -> np.ndarray:
    """Where NumPy's astype means the same on every machine: not for floats that an integer can't hold."""
    if values.dtype.kind != "f" or target == "bool" or target in FLOATS:
        return np.ones(len(values), bool)
    return np.array(
        [math.isfinite(v) and np.iinfo(target).min <= int(v) <= np.iinfo(target).max for v in values.tolist()]
    )


PAIRS = [(source, target) for source in NAMES for target in NAMES]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_pair(source: str, target: str) -> None:
    values = source_values(source)
    held = np.array([holds(v, target) for v in values])
    with ledger() as book:
        good = values[held]
        with np.errstate(over="ignore"):
            converted = good.astype(target)
        array = array_of(good)
        with book.entry("every exact value at once"):
            same = source == target
            lies = place(array)
            codes = frozenset({"bit-packed"} if same and source == "bool" else ()) if same else None
            agree(
                array,
                Want(converted, view=same and source != "bool", address=lies and lies[0], codes=codes),
                dtype=target,
            )
        for value in values[~held]:
            with book.entry(f"{value!r} of {source} as {target}"):
                lone = array_of(np.concatenate([good[:3], np.array([value])]))
                with pytest.raises(arrownd.LossyCastError) as caught:
                    arrownd.to_numpy(lone, dtype=target)
                text = str(caught.value)
                assert str(len(good[:3])) in text, f"position missing: {text}"
                assert target in text, f"dtype missing: {text}"
        with book.entry("safe=False"):
            with np.errstate(all="ignore"):
                cast = values.astype(target)
            got = arrownd.to_numpy(array_of(values), dtype=target, safe=False)
            same_values(got, cast, defined(values, target))


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_pair_with_nulls(source: str, target: str) -> None:
    """A float takes NaN; a bool or an integer has no place for a null, unless one is given."""
    values = source_values(source)
    values = values[[bool(holds(v, target)) for v in values]]
    valid = np.arange(len(values)) % 2 == 1
    make = bits if source == "bool" else fixed
    array = make(TYPES[source], values)(np.arange(len(values)), valid)
    with np.errstate(over="ignore"):
        clean = values.astype(target)
    if target in FLOATS:
        marked = clean.copy()
        marked[~valid] = np.nan
        agree(array, Want(marked, view=False), dtype=target)
    else:
        with pytest.raises(arrownd.NullsError):
            arrownd.to_numpy(array, dtype=target)
    filled = clean.copy()
    filled[~valid] = 1
    agree(array, Want(filled, view=False), dtype=target, na_value=1)
    is_view = source == target != "bool"
    lies = place(array)
    agree(
        array,
        Want(clean, view=is_view, mask=~valid, masked=True, address=lies and lies[0]),
        dtype=target,
        nulls="masked",
    )


@pytest.mark.parametrize("nulls", ["nan", "masked"])
def test_garbage_under_a_null_is_not_checked(nulls: str) -> None:
    data = np.array([1, 2**62 + 1, -1, 3])
    valid = np.array([True, False, False, True])
    array = fixed(pa.int64(), data)(np.arange(4), valid)
    for target in ("float16", "float32", "float64"):
        assert arrownd.to_numpy(array, dtype=target, nulls=nulls)[[0, 3]].tolist() == [1, 3]
    assert arrownd.to_numpy(array, dtype="uint8", na_value=0).tolist() == [1, 0, 0, 3]


def test_position_is_the_row_not_the_place_in_its_chunk() -> None:
    chunked = pa.chunked_array([list(range(100)), [*range(27), 300]])
    with pytest.raises(arrownd.LossyCastError, match="127") as caught:
        arrownd.to_numpy(chunked, dtype="uint8")
    assert "300" in str(caught.value)


def test_values_are_named_in_full() -> None:
    for array, dtype, word in (
        (pa.array([2**53 + 1]), "f8", str(2**53 + 1)), (pa.array([2**64 - 1], pa.uint64()), "i8", str(2**64 - 1)),
        (pa.array([1.5]), "i8", "1.5"), (pa.array([float("nan")]), "i8", "nan"), (pa.array([-1]), "u8", "-1"),
        (pa.array([float("-inf")]), "i4", "-inf"), (pa.array([1e300]), "f4", "1e300"),
    ):  # fmt: skip
        with pytest.raises(arrownd.LossyCastError) as caught:
            arrownd.to_numpy(array, dtype=dtype)
        assert word in str(caught.value).lower().replace("1e+300", "1e300"), str(caught.value)


def test_chunks_and_slices_are_cast_in_one_pass() -> None:
    values = np.arange(1000, dtype="i4")
    chunked = pa.chunked_array([pa.array(values[:7]), pa.array([], pa.int32()), pa.array(values).slice(7)])
    plan = arrownd.explain(chunked, dtype="f8")
    assert plan.nbytes == 8000
    agree(chunked, Want(values.astype("f8"), view=False), dtype="f8")


def test_any_spelling_of_the_dtype() -> None:
    array = pa.array([1, 2, 3], pa.int32())
    for wish in ("float32", "f4", np.float32, np.dtype("f4"), "<f4"):
        assert arrownd.to_numpy(array, wish).dtype == np.float32, wish
        assert arrownd.explain(array, wish).dtype == np.float32, wish
    assert arrownd.to_numpy(array, float).dtype == np.float64
    assert arrownd.to_numpy(array, int).dtype == np.int64
    assert arrownd.to_numpy(array.slice(0, 1), bool).dtype == np.bool_
    with pytest.raises(TypeError):
        arrownd.to_numpy(array, "no such dtype")


def test_uncommon_dtypes_are_right_or_refused() -> None:
    """Big-endian, long double, complex: never a wrong answer."""
    for wish in (">i4", ">f8", ">u2", np.longdouble, "c16"):
        got, refusal = attempt(partial(arrownd.to_numpy, pa.array([1, 2, 300]), wish), arrownd.UnsupportedTypeError)
        if refusal is not None:
            assert "int64" in refusal, f"doesn't name both types: {refusal}"
            continue
        assert got.dtype == np.dtype(wish)
        assert got.tolist() == [1, 2, 300]
        assert got.tolist() == np.array(got.tolist(), wish).tolist()


def test_numbers_and_text_do_not_mix() -> None:
    for array, dtype in (
        (pa.array(["1"]), "i8"),
        (pa.array([b"1"]), "f8"),
        (pa.array([1]), "V8"),
        (pa.array(["a"]), "M8[s]"),
    ):
        with pytest.raises(arrownd.UnsupportedTypeError) as caught:
            arrownd.to_numpy(array, dtype=dtype)
        assert dtype.replace("f8", "float64").replace("i8", "int64").replace("M8", "datetime64") in str(caught.value)
        assert str(array.type) in str(caught.value) or "utf8" in str(caught.value).lower()


def test_complex_is_for_pairs_of_floats() -> None:
    for type, dtype in ((pa.float32(), "c8"), (pa.float64(), "c16")):
        array = pa.array([[1, 2], [3, -4]], pa.list_(type, 2))
        lies = place(array)
        agree(array, Want(np.array([1 + 2j, 3 - 4j], dtype), view=True, address=lies[0]), dtype=dtype)


def test_safe_false_needs_no_finite_value() -> None:
    """Beyond what NumPy defines, it still gives an array of the dtype and no error."""
    array = pa.array([float("nan"), float("inf"), -1e300, 2.0])
    for target in INTEGERS:
        got = arrownd.to_numpy(array, dtype=target, safe=False)
        assert got.dtype == target
        assert got[3] == 2


def test_null_type_with_a_dtype() -> None:
    same_values(arrownd.to_numpy(pa.nulls(2), dtype="f8"), np.array([np.nan, np.nan]))
    same_values(arrownd.to_numpy(pa.nulls(2), dtype="f8", na_value=3), np.array([3.0, 3.0]))
    same_values(arrownd.to_numpy(pa.nulls(2), dtype="i2", na_value=3), np.array([3, 3], "i2"))
    same_values(arrownd.to_numpy(pa.nulls(2), dtype=object), np.array([None, None], object))
    same_values(arrownd.to_numpy(pa.nulls(2), dtype="M8[s]"), np.array(["NaT", "NaT"], "M8[s]"))
    with pytest.raises(arrownd.NullsError):
        arrownd.to_numpy(pa.nulls(2), dtype="i8")
    assert arrownd.to_numpy(pa.nulls(0), dtype="i8").dtype == "i8"
