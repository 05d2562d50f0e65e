"""The central check: what `explain` said is what happened, and what happened is what the case says.

`agree` converts, compares with what NumPy alone makes of the same values, and holds the plan against the result.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import arrownd


@dataclass(frozen=True)
class Want:
    """What a conversion must give; `codes` None where any true reason will do."""

    values: np.ndarray
    view: bool
    mask: np.ndarray | None = None
    address: int | None = None
    ranges: tuple[tuple[int, int], ...] = ()
    codes: frozenset[str] | None = None
    also: frozenset[str] = frozenset()
    masked: bool = False
    strided: bool = False


class Ledger:
    """Collects what failed in a loop of combinations, each under its name."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.checked = 0

    @contextlib.contextmanager
    def entry(self, name: str) -> Iterator[None]:
        self.checked += 1
        try:
            yield
        except (Exception, pytest.fail.Exception) as error:  # any error is that combination's failure
            self.failed.append(f"{name}: {type(error).__name__}: {str(error).strip().splitlines()[:6]}")

    def close(self) -> None:
        assert self.checked, "nothing was checked"
        assert not self.failed, f"{len(self.failed)} of {self.checked} failed:\n" + "\n".join(self.failed[:12])


@contextlib.contextmanager
def ledger() -> Iterator[Ledger]:
    book = Ledger()
    yield book
    book.close()


def attempt(call: Callable[[], Any], *errors: type[Exception]) -> tuple[Any, str | None]:
    """For requests that may be granted or refused: (result, None) or (None, what the refusal says)."""
    try:
        return call(), None
    except errors as error:
        return None, str(error)


def address_of(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def same_object(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (left != left and right != right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same_object, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same_object(left[k], right[k]) for k in left)
    if isinstance(left, np.ndarray) or isinstance(right, np.ndarray):
        return False
    # A bool must stay a bool and an int an int: True == 1 in Python.
    alike = isinstance(left, bool) == isinstance(right, bool) and isinstance(left, float) == isinstance(right, float)
    return alike and left == right


def same_values(got: np.ndarray, want: np.ndarray, held: np.ndarray | None = None) -> None:
    """Equal dtype, shape and elements, NaN and NaT equal to themselves; only where `held`, if given."""
    assert got.dtype == want.dtype, f"dtype {got.dtype}, expected {want.dtype}"
    assert got.shape == want.shape, f"shape {got.shape}, expected {want.shape}"
    if want.dtype.names is not None:
        for name in want.dtype.names:
            same_values(got[name], want[name], held if held is None or held.dtype.names is None else held[name])
        return
    if held is not None:
        got, want = got[held], want[held]
    if want.dtype == object:
        pairs = zip(got.reshape(-1).tolist(), want.reshape(-1).tolist(), strict=True)
        equal = np.fromiter((same_object(a, b) for a, b in pairs), bool, want.size)
    elif want.dtype.kind in "fc":
        bits = np.signbit(got.real) == np.signbit(want.real)
        equal = ((got == want) & (bits | (want != 0))) | (np.isnan(got) & np.isnan(want))
    elif want.dtype.kind in "mM":
        equal = got.view("i8") == want.view("i8") if want.size else np.ones(want.shape, bool)
    elif want.dtype.kind == "V":
        pairs = zip(got.reshape(-1).tolist(), want.reshape(-1).tolist(), strict=True)
        equal = np.fromiter((bytes(a) == bytes(b) for a, b in pairs), bool, want.size)
    else:
        equal = np.asarray(got == want)
    equal = np.asarray(equal).reshape(-1)
    at = int(np.argmin(equal)) if equal.size else 0
    assert equal.all(), f"{got.reshape(-1)[at]!r} instead of {want.reshape(-1)[at]!r} at flat position {at}"


def expected_mask(dtype: np.dtype, missing: np.ndarray) -> np.ndarray:
    """NumPy's own form of a mask: one bool a value, or a record of bools a record."""
    if dtype.names is None:
        return missing
    mask = np.zeros(missing.shape, np.ma.make_mask_descr(dtype))
    for name in dtype.names:
        mask[name] = missing
    return mask


def bits_of(mask: np.ndarray) -> np.ndarray:
    """The bools of a mask, those of all fields in a row."""
    return np.ascontiguousarray(mask).reshape(-1).view(bool)


def within(address: int, ranges: Iterable[tuple[int, int]]) -> bool:
    return any(low <= address < high for low, high in ranges)


def check_memory(data: np.ndarray, want: Want, plain: bool) -> None:
    """A view lies where the producer keeps it and is read-only; a copy is writable and lies elsewhere."""
    assert data.flags.aligned == (address_of(data) % data.dtype.alignment == 0), "NumPy's ALIGNED flag is wrong"
    if not want.strided and data.ndim and want.view:
        assert data.flags.c_contiguous, "not contiguous"
    if data.size == 0:
        return
    if want.view:
        assert not data.flags.writeable, "a view that is writable"
        assert want.address is not None and address_of(data) == want.address, "not at the producer's address"
        assert data.base is not None, "a view without a base"
    else:
        assert data.flags.writeable, "a copy that isn't writable"
        assert not within(address_of(data), want.ranges), "a copy inside the producer's memory"
        assert not plain or (data.flags.owndata and data.base is None), "a copy that doesn't own its data"


def check_plan(plan: Any, data: np.ndarray, mask_bytes: int, want: Want) -> None:
    assert plan.dtype == data.dtype, f"plan says dtype {plan.dtype}, result has {data.dtype}"
    assert plan.shape == data.shape, f"plan says shape {plan.shape}, result has {data.shape}"
    codes = {reason.code for reason in plan.reasons}
    if data.size == 0:
        assert plan.copies is False, "an empty result is a copy"
        assert plan.nbytes == 0, f"an empty result of {plan.nbytes} bytes"
        return
    assert plan.copies is (not want.view), f"plan says copies={plan.copies} for {'view' if want.view else 'copy'}"
    allocated = mask_bytes + (0 if want.view else data.nbytes)
    assert plan.nbytes == allocated, f"plan says {plan.nbytes} bytes, {allocated} were allocated"
    assert bool(codes) is (not want.view), f"reasons {codes} for {'a view' if want.view else 'a copy'}"
    if want.codes is not None:
        assert want.codes <= codes <= want.codes | want.also, f"reasons {codes}, expected {set(want.codes)}"


def agree(obj: Any, want: Want, **options: Any) -> np.ndarray:
    """Convert `obj` and hold plan and result to each other and to `want`."""
    plan = arrownd.explain(obj, **options)
    got = arrownd.to_numpy(obj, **options)
    assert type(got) is (np.ma.MaskedArray if want.masked else np.ndarray), f"a {type(got).__name__}"
    data, mask_bytes, held = got, 0, None
    if want.masked:
        data = got.data
        if want.mask is not None and bits_of(want.mask).any():
            assert got.mask is not np.ma.nomask, "no mask, though values are missing"
            whole = want.mask if want.mask.dtype.names else expected_mask(data.dtype, want.mask)
            assert got.mask.dtype == whole.dtype, f"mask of dtype {got.mask.dtype}, expected {whole.dtype}"
            assert np.array_equal(got.mask, whole), "the mask is wrong"
            mask_bytes, held = got.mask.nbytes, (~bits_of(want.mask)).view(want.mask.dtype).reshape(want.mask.shape)
        elif data.dtype.names is None:
            assert got.mask is np.ma.nomask, "a mask, though nothing is missing"
        else:
            # np.ma gives every structured array a record mask, needed or not.
            whole = np.ma.getmaskarray(got)
            assert not whole.view(bool).any(), "masked, though nothing is missing"
            mask_bytes = whole.nbytes
    same_values(data, want.values, held)
    check_memory(data, want, plain=not want.masked)
    check_plan(plan, data, mask_bytes, want)
    return got
