"""Awkward's page "How to convert to/from NumPy" (shared/seeds/002, 003): from Awkward to NumPy, line by line.

Awkward arrays are no Arrow producers, so `ak.to_arrow` comes first. Where SPEC.md decides otherwise (missing values,
records, views) the test says so. The page's other direction, `ak.from_numpy`, and its implicit conversion by
`__array__` wait for `from_numpy` and its `Array`: issue 4.
"""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, same_values


def arrow(array: ak.Array) -> pa.Array:
    return ak.to_arrow(array, extensionarray=False)


def to_numpy(array: ak.Array, *args: Any, **options: Any) -> np.ndarray:
    return arrownd.to_numpy(arrow(array), *args, **options)


def same_masked(got: np.ma.MaskedArray, theirs: np.ma.MaskedArray) -> None:
    assert type(got) is type(theirs) is np.ma.MaskedArray
    gone = np.ma.getmaskarray(theirs)
    assert np.array_equal(np.ma.getmaskarray(got), gone)
    same_values(got.data, theirs.data, ~gone)


def test_awkward_arrays_are_no_producers() -> None:
    with pytest.raises(TypeError, match="__arrow_c_array__"):
        arrownd.to_numpy(ak.Array([1, 2]))


# From Awkward to NumPy.


def test_flat_data() -> None:
    """ak.to_numpy(ak_array): array([1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8, 9.9])."""
    np_array = np.array([1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8, 9.9])
    ak_array = ak.Array(np_array)
    same_values(to_numpy(ak_array), ak.to_numpy(ak_array))
    same_values(to_numpy(ak_array), np_array)


def test_fixed_size_dimensions() -> None:
    """The second dimension has a fixed size: it is guaranteed to have exactly two items, just like a NumPy array."""
    np_array = np.array([[100, 200], [101, 201], [103, 203]])
    array = arrow(ak.Array(np_array))
    assert pa.types.is_fixed_size_list(array.type)
    same_values(arrownd.to_numpy(array, allow_copy=False), np_array)


@pytest.mark.parametrize("source", [[[100, 200], [101, 201], [103, 203]], "[[100, 200], [101, 201], [103, 203]]"])
def test_variable_length_dimensions_from_python_and_json(source) -> None:
    """type: 3 * var * int64, because Python and JSON lists have arbitrary lengths, at least in principle."""
    array = arrow(ak.Array(source))
    assert pa.types.is_large_list(array.type)
    same_values(arrownd.to_numpy(array), np.array([[100, 200], [101, 201], [103, 203]]))


def test_regular_structure() -> None:
    """Arrays that happen to have regular structure can be converted, even if their type is formally var."""
    ak_array = ak.Array([[1, 2, 3], [4, 5, 6]])
    same_values(to_numpy(ak_array), ak.to_numpy(ak_array))
    same_values(to_numpy(ak_array), np.array([[1, 2, 3], [4, 5, 6]]))


def test_lengths_that_vary() -> None:
    """But if the lengths of nested lists do vary, attempts to convert to NumPy fail. Here the first such row is named."""
    ak_array = ak.Array([[1, 2, 3], [], [4, 5]])
    with pytest.raises(ValueError, match="subarray lengths are not regular"):
        ak.to_numpy(ak_array)
    with pytest.raises(ValueError, match=r"\b1\b") as caught:
        to_numpy(ak_array)
    assert type(caught.value) is arrownd.RaggedError
    assert "lists=" in str(caught.value)


def test_lists_in_an_object_array() -> None:
    """np.array(ak.to_list(ak_array), dtype="O"): array([list([1, 2, 3]), list([]), list([4, 5])], dtype=object)."""
    ak_array = ak.Array([[1, 2, 3], [], [4, 5]])
    same_values(to_numpy(ak_array, dtype=object), np.array(ak.to_list(ak_array), dtype="O"))
    arrays = to_numpy(ak_array, lists="object")
    assert arrays.dtype == object
    for row, values in zip(arrays, ([1, 2, 3], [], [4, 5]), strict=True):
        same_values(row, np.array(values, "i8"))


# Implicit Awkward to NumPy conversion: np.array(ak_array) and plt.plot(ak_array) call `__array__`, which the `Array` of
# `from_numpy` will have (issue 4). A ragged array fails there as it does above.


# NumPy's structured arrays.

RECORDS = np.array([(1, 1.1), (2, 2.2), (3, 3.3), (4, 4.4), (5, 5.5)], dtype=[("x", int), ("y", float)])
# The fields of a NumPy record lie apart, which ak.to_arrow doesn't take.
RECORD_ARRAY = ak.to_packed(ak.from_numpy(RECORDS))


def test_records() -> None:
    """ak.to_numpy(ak_array) of records is a structured array. Here that is structured=True, and the default a matrix."""
    ak_array = RECORD_ARRAY
    same_values(to_numpy(ak_array, structured=True), ak.to_numpy(ak_array))
    same_values(to_numpy(ak_array, structured=True), RECORDS)
    same_values(to_numpy(ak_array), np.array([[1, 1.1], [2, 2.2], [3, 3.3], [4, 4.4], [5, 5.5]]))


def test_records_by_field() -> None:
    """Sliced by field name like NumPy structured arrays: ak_array["x"]."""
    array = arrow(RECORD_ARRAY)
    same_values(arrownd.to_columns(array)["x"], RECORDS["x"])
    same_values(arrownd.to_numpy(array, structured=True)["x"], RECORDS["x"])
    same_values(arrownd.to_numpy(array, columns=["x"])[:, 0], RECORDS["x"])
    assert not arrownd.to_columns(array)["x"].flags.writeable


def test_records_by_field_and_index() -> None:
    """np_array["x", 2] is an IndexError; np_array["x"][2] and np_array[2]["x"] are 3."""
    got = to_numpy(RECORD_ARRAY, structured=True)
    with pytest.raises(IndexError):
        got["x", 2]
    assert got["x"][2] == got[2]["x"] == RECORD_ARRAY["x", 2] == RECORD_ARRAY[2, "x"] == 3


# NumPy's masked arrays.

MASKED = np.ma.MaskedArray([[1, 2, 3], [4, 5, 6]], mask=[[False, True, False], [True, True, False]])


def test_option_types() -> None:
    """Arrays with option type are converted to NumPy masked arrays. Here with nulls="masked"; the default has NaN."""
    ak_array = ak.from_numpy(MASKED)
    same_masked(to_numpy(ak_array, nulls="masked"), ak.to_numpy(ak_array))
    assert to_numpy(ak_array, nulls="masked").tolist() == [[1, None, 3], [None, None, 6]]
    assert to_numpy(ak_array, nulls="masked").fill_value == ak.to_numpy(ak_array).fill_value == 999999
    nan = np.nan
    same_values(to_numpy(ak_array), np.array([[1, nan, 3], [nan, nan, 6]]))


def test_option_type_without_missing_data() -> None:
    """No missing data, yet still option type. Awkward's mask is then all False, here it is nomask; both are masked arrays."""
    ak_array = ak.from_numpy(np.ma.MaskedArray([[1, 2, 3], [4, 5, 6]], mask=False))
    got = to_numpy(ak_array, nulls="masked", allow_copy=False)
    same_masked(got, ak.to_numpy(ak_array))
    assert got.mask is np.ma.nomask
    same_values(to_numpy(ak_array, allow_copy=False), np.array([[1, 2, 3], [4, 5, 6]]))


def test_missing_numbers_in_lists() -> None:
    """An array of type var * ?int64 can be converted into an identical NumPy structure."""
    ak_array1 = ak.Array([[1, None, 3], [None, None, 6]])
    same_masked(to_numpy(ak_array1, nulls="masked"), ak.to_numpy(ak_array1))
    assert to_numpy(ak_array1, nulls="masked").tolist() == [[1, None, 3], [None, None, 6]]


def test_missing_lists() -> None:
    """An array of type option[var * int64] must have its missing lists expanded into lists of missing numbers."""
    ak_array2 = ak.Array([[1, 2, 3], None, [4, 5, 6]])
    same_masked(to_numpy(ak_array2, nulls="masked"), ak.to_numpy(ak_array2))
    assert to_numpy(ak_array2, nulls="masked").tolist() == [[1, 2, 3], [None, None, None], [4, 5, 6]]
    nan = np.nan
    same_values(to_numpy(ak_array2), np.array([[1, 2, 3], [nan, nan, nan], [4, 5, 6]]))


def test_no_masked_arrays() -> None:
    """allow_missing=False: the output has type np.ndarray (or die trying). Here nulls="raise"."""
    ak_array = ak.from_numpy(MASKED)
    with pytest.raises(ValueError, match="cannot convert 'None' values"):
        ak.to_numpy(ak_array, allow_missing=False)
    with pytest.raises(ValueError, match="3") as caught:
        to_numpy(ak_array, nulls="raise")
    assert type(caught.value) is arrownd.NullsError
    whole = ak.Array([[1, 2, 3], [4, 5, 6]])
    assert type(to_numpy(whole, nulls="raise")) is type(ak.to_numpy(whole, allow_missing=False)) is np.ndarray


# NumpyArray shapes vs RegularArrays.


def test_shapes_and_regular_arrays_are_the_same() -> None:
    """ak_array1 and ak_array2 have the same ak.type() and behave identically."""
    np_array = np.array([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]], dtype="i1")
    for regular in (False, True):
        ak_array = ak.from_numpy(np_array, regulararray=regular)
        assert type(ak_array.layout) is (ak.contents.RegularArray if regular else ak.contents.NumpyArray)
        same_values(to_numpy(ak_array, allow_copy=False), np_array)


# Mutability of Awkward Arrays from NumPy: issue 4.


# Mutability of Awkward Arrays converted to NumPy.


def test_a_view_is_read_only() -> None:
    """Awkward: np_array *= 100 changes the array that it came from as well. Here a view can't be written."""
    ak_array = ak.Array([[1, 2, 3], [4, 5, 6]])
    array = arrow(ak_array)
    view = arrownd.to_numpy(array, allow_copy=False)
    assert address_of(view) == array.values.buffers()[1].address
    with pytest.raises(ValueError, match="read-only"):
        view *= 100
    copy = arrownd.to_numpy(array, writable=True)
    copy *= 100
    same_values(copy, np.array([[100, 200, 300], [400, 500, 600]]))
    assert array.to_pylist() == ak_array.to_list() == [[1, 2, 3], [4, 5, 6]]


def test_missing_data_can_be_a_view_too() -> None:
    """Awkward: with missing data it might not be a view. Here values are viewed under a mask as well, so writable=True."""
    ak_array1 = ak.Array([[1, None, 3], [None, None, 6]])
    array = arrow(ak_array1)
    view = arrownd.to_numpy(array, nulls="masked", allow_copy=False)
    assert address_of(view.data) == array.values.buffers()[1].address
    with pytest.raises(ValueError, match="read-only"):
        view *= 100
    copy = arrownd.to_numpy(array, nulls="masked", writable=True)
    copy *= 100
    assert copy.tolist() == [[100, None, 300], [None, None, 600]]
    assert array.to_pylist() == ak_array1.to_list() == [[1, None, 3], [None, None, 6]]


# Not on the page, but where its rules lead.


def test_strings() -> None:
    """Awkward makes "U"; here that is dtype="U", and the default objects."""
    ak_array = ak.Array(["one", "two", "", "naïve"])
    same_values(to_numpy(ak_array, dtype="U"), ak.to_numpy(ak_array))
    same_values(to_numpy(ak_array), np.array(["one", "two", "", "naïve"], object))


def test_awkward_extension_types_are_unwrapped() -> None:
    """ak.to_arrow without extensionarray=False: an extension type at every level, taken as its storage and noted."""
    array = ak.to_arrow(ak.Array([[1.5, 2.5], None, [3.5]]))
    assert isinstance(array, pa.ExtensionArray)
    same_values(arrownd.to_numpy(array, lists="pad"), np.array([[1.5, 2.5], [np.nan] * 2, [3.5, np.nan]]))
    assert "awkward" in " ".join(arrownd.explain(array, lists="pad").notes)
    regular = ak.to_arrow(ak.from_numpy(np.arange(6).reshape(3, 2)))
    same_values(arrownd.to_numpy(regular, allow_copy=False), np.arange(6).reshape(3, 2))


def test_unions() -> None:
    """Awkward refuses to convert what has no common type; here a union is Python objects."""
    ak_array = ak.Array([1, "two", [3], 4.5])
    with pytest.raises(TypeError, match="irreducible unions"):
        ak.to_numpy(ak_array)
    same_values(to_numpy(ak_array)[[0, 1, 3]], np.array([1.0, "two", 4.5], object))
    assert to_numpy(ak_array).tolist()[2] == [3]
