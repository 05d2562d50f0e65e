"""`__array__` with NumPy 2's meaning of `copy`, and DLPack."""

from __future__ import annotations

import ctypes
import gc
import weakref
from typing import Any

import numpy as np
import pytest

import arrownd
from arrownd import from_numpy


def address(array: np.ndarray) -> int:
    return array.ctypes.data


def test_none_copies_where_it_has_to() -> None:
    x = np.arange(4)
    view = np.asarray(from_numpy(x))
    assert address(view) == address(x)
    assert not view.flags.writeable
    np.testing.assert_array_equal(view, x)
    truth = np.array([True, False])
    assert np.asarray(from_numpy(truth)).tolist() == [True, False]
    narrow = np.asarray(from_numpy(x), dtype="i2")
    assert narrow.dtype == "i2"
    assert narrow.tolist() == [0, 1, 2, 3]


def test_false_raises_where_it_has_to() -> None:
    x = np.arange(4)
    assert address(np.array(from_numpy(x), copy=False)) == address(x)
    assert address(np.array(from_numpy(x), copy=False, dtype="i8")) == address(x)
    for refused in (
        lambda: np.array(from_numpy(x), copy=False, dtype="i2"),
        lambda: np.array(from_numpy(x > 1), copy=False),
        lambda: np.array(from_numpy(np.array(["a"])), copy=False),
        lambda: from_numpy(np.ma.array(x, mask=x > 2)).__array__(copy=False),
    ):
        with pytest.raises(arrownd.CopyNotAllowedError, match=r"^copy not allowed: ") as caught:
            refused()
        assert caught.value.reasons
    assert from_numpy(x[:0] > 1).__array__(copy=False).shape == (0,)


def test_true_always_copies() -> None:
    x = np.arange(4)
    array = from_numpy(x)
    for made in (np.array(array), np.array(array, copy=True), array.__array__(copy=True), array.__array__(None, True)):
        assert address(made) != address(x)
        assert made.flags.writeable
        assert made.flags.owndata
        made[0] = 9
    assert x[0] == 0


def test_what_array_makes_is_what_to_numpy_makes() -> None:
    masked = from_numpy(np.ma.array([1, 2], mask=[False, True]))
    np.testing.assert_array_equal(np.asarray(masked), [1.0, np.nan])
    assert np.asarray(from_numpy(np.arange(6).reshape(2, 3))).shape == (2, 3)
    assert np.asarray(from_numpy(np.array(["a", "b"]))).tolist() == ["a", "b"]
    assert np.asarray(from_numpy(np.array([0, 1, 2], "M8[s]"))).dtype == "M8[s]"
    with pytest.raises(arrownd.LossyCastError):
        np.asarray(from_numpy(np.array([1.5])), dtype="i8")
    with pytest.raises(TypeError):
        from_numpy(np.arange(2)).__array__(copy="sometimes")


DTYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_dlpack_shares_numbers(dtype: str) -> None:
    x = np.arange(5).astype(dtype)
    made = np.from_dlpack(from_numpy(x))
    assert made.dtype == x.dtype
    assert address(made) == address(x)
    assert not made.flags.writeable
    np.testing.assert_array_equal(made, x)


def test_dlpack_shares_more_dimensions() -> None:
    x = np.arange(24, dtype="f4").reshape(2, 3, 4)
    made = np.from_dlpack(from_numpy(x))
    assert (made.shape, made.strides, address(made)) == (x.shape, x.strides, address(x))
    tensor = "arrow.fixed_shape_tensor[value_type=float, shape=[3,4], permutation=[1,0]]"
    turned = np.from_dlpack(from_numpy(x.transpose(0, 2, 1), type=tensor))
    assert (turned.shape, turned.strides, address(turned)) == ((2, 4, 3), (48, 4, 16), address(x))
    np.testing.assert_array_equal(turned, x.transpose(0, 2, 1))
    assert np.from_dlpack(from_numpy(x[:0])).shape == (0, 3, 4)


def test_dlpack_booleans() -> None:
    truth = np.array([True, False, True])
    made = np.from_dlpack(from_numpy(truth))
    assert made.dtype == bool
    assert made.tolist() == [True, False, True]
    shared = np.from_dlpack(from_numpy(truth, type="bool8"))
    assert address(shared) == address(truth)
    # Other consumers than NumPy take any byte but 1 for something else.
    odd = np.array([1, 0, 7], "u1").view("?")
    array = from_numpy(odd, type="bool8")
    made = np.from_dlpack(array)
    assert made.view("u1").tolist() == [1, 0, 1]
    with pytest.raises(BufferError, match="bytes other than 0 and 1"):
        np.from_dlpack(array, copy=False)


def test_dlpack_copies() -> None:
    x = np.arange(5)
    array = from_numpy(x)
    made = np.from_dlpack(array, copy=True)
    assert address(made) != address(x)
    assert made.flags.writeable
    assert address(np.from_dlpack(array, copy=False)) == address(x)
    with pytest.raises(BufferError, match="bit"):
        np.from_dlpack(from_numpy(x > 2), copy=False)


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device", ctypes.c_int32 * 2),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("version", ctypes.c_uint32 * 2),
        ("manager", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", Tensor),
    ]


def inside(capsule: Any, kind: type, name: bytes) -> Any:
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return kind.from_address(get(capsule, name))


def test_dlpack_says_what_it_is() -> None:
    x = np.arange(6, dtype="f8").reshape(2, 3)
    array = from_numpy(x)
    capsule = array.__dlpack__(max_version=(1, 3))
    managed = inside(capsule, Versioned, b"dltensor_versioned")
    tensor = managed.tensor
    assert (list(managed.version), managed.flags) == ([1, 0], 1)
    assert (tensor.data, tensor.byte_offset, tensor.ndim) == (address(x), 0, 2)
    assert (tensor.code, tensor.bits, tensor.lanes, list(tensor.device)) == (2, 64, 1, [1, 0])
    assert (tensor.shape[:2], tensor.strides[:2]) == ([2, 3], [3, 1])
    copied = array.__dlpack__(max_version=(1, 0), copy=True)
    managed = inside(copied, Versioned, b"dltensor_versioned")
    assert managed.flags == 2
    assert managed.tensor.data != address(x)
    assert array.__dlpack_device__() == (1, 0)


def test_an_old_consumer_gets_a_copy() -> None:
    # It would not know that it must not write.
    x = np.arange(3)
    array = from_numpy(x)
    capsule = array.__dlpack__()
    assert '"dltensor"' in repr(capsule)

    class Old:
        def __dlpack__(self, **words: object) -> object:
            return capsule

        def __dlpack_device__(self) -> tuple[int, int]:
            return array.__dlpack_device__()

    made = np.from_dlpack(Old())
    assert made.tolist() == [0, 1, 2]
    assert address(made) != address(x)
    with pytest.raises(BufferError, match="pass max_version="):
        array.__dlpack__(copy=False)
    assert '"dltensor"' in repr(array.__dlpack__(max_version=(0, 8)))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            np.ma.array([1, 2], mask=[True, False]),
            "1 of 2 values are missing, the first at position 0, which DLPack has no place for: fill",
        ),
        (np.array([1, 2], "M8[s]"), "no dates or times"),
        (np.array([1, 2], "m8[s]"), "no dates or times"),
        (np.array(["a"]), "numbers and booleans"),
        (np.array([b"a"]), "numbers and booleans"),
        (np.zeros(2, "V3"), "numbers and booleans"),
        (np.array([[1, 2], [3]], object), "no DLPack tensor of this array: row 1"),
    ],
    ids=str,
)
def test_dlpack_refuses_what_it_has_no_place_for(values: np.ndarray, says: str) -> None:
    if values.dtype == object:
        rows = np.empty(2, object)
        rows[:] = [np.array([1, 2]), np.array([3])]
        values = rows
    with pytest.raises(BufferError, match=says):
        np.from_dlpack(from_numpy(values))


def test_dlpack_refuses_other_devices() -> None:
    array = from_numpy(np.arange(2))
    with pytest.raises(BufferError, match="streams"):
        array.__dlpack__(stream=1)
    with pytest.raises(BufferError, match="dl_device"):
        array.__dlpack__(dl_device=(2, 0))
    assert array.__dlpack__(dl_device=(1, 0), stream=None) is not None


def test_dlpack_lets_go() -> None:
    x = np.arange(1000)
    alive = weakref.ref(x)
    array = from_numpy(x)
    unused, old = array.__dlpack__(max_version=(1, 0)), array.__dlpack__()
    taken = np.from_dlpack(array)
    del x, array
    gc.collect()
    assert alive() is not None
    del unused, old
    gc.collect()
    assert alive() is not None
    assert taken[-1] == 999
    del taken
    gc.collect()
    assert alive() is None
