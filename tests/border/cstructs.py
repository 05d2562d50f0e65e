"""The structs of Arrow's C data, stream and device interfaces in ctypes, and the capsules that carry them.

Pointers are all ``c_void_p``, so that a test can put any address, or none, anywhere. Callbacks here run Python code: a consumer that calls
one while an exception is pending gets "Exception ignored" on standard error and a struct that stays unreleased, and the tests look for both.
"""

from __future__ import annotations

import ctypes
from ctypes import CFUNCTYPE, PYFUNCTYPE, Structure, c_int, c_int32, c_int64, c_void_p

DICTIONARY_ORDERED, NULLABLE, MAP_KEYS_SORTED = 1, 2, 4
CPU, CUDA, CUDA_HOST, ROCM = 1, 2, 3, 10


class ArrowSchema(Structure):
    _fields_ = [
        ("format", c_void_p),
        ("name", c_void_p),
        ("metadata", c_void_p),
        ("flags", c_int64),
        ("n_children", c_int64),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class ArrowArray(Structure):
    _fields_ = [
        ("length", c_int64),
        ("null_count", c_int64),
        ("offset", c_int64),
        ("n_buffers", c_int64),
        ("n_children", c_int64),
        ("buffers", c_void_p),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class ArrowArrayStream(Structure):
    _fields_ = [
        ("get_schema", c_void_p),
        ("get_next", c_void_p),
        ("get_last_error", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    ]


class ArrowDeviceArray(Structure):
    _fields_ = [
        ("array", ArrowArray),
        ("device_id", c_int64),
        ("device_type", c_int32),
        ("sync_event", c_void_p),
        ("reserved", c_int64 * 3),
    ]


ReleaseCallback = CFUNCTYPE(None, c_void_p)
FillCallback = CFUNCTYPE(c_int, c_void_p, c_void_p)
MessageCallback = CFUNCTYPE(c_void_p, c_void_p)


def address_of(callback: object) -> int:
    """The address of a ctypes callback, as the structs store it."""
    return ctypes.cast(callback, c_void_p).value  # type: ignore[arg-type]


# A capsule's destructor sees the capsule with no references left: were it passed as an object, ctypes would revive it and destroy it again.
_Destructor = PYFUNCTYPE(None, c_void_p)
_python = ctypes.pythonapi
_python.PyCapsule_New.restype = ctypes.py_object
_python.PyCapsule_New.argtypes = [c_void_p, c_void_p, _Destructor]
_python.PyCapsule_GetName.restype = c_void_p
_python.PyCapsule_GetName.argtypes = [c_void_p]
_python.PyCapsule_GetPointer.restype = c_void_p
_python.PyCapsule_GetPointer.argtypes = [c_void_p, c_void_p]


_NAMES: dict[bytes | None, ctypes.Array | None] = {None: None}  # a capsule stores the pointer to its name, not the name
_CARRIED: dict[int, object] = {}  # what a capsule points to, by address, until the capsule dies


def capsule(name: bytes | None, carried) -> object:
    """A capsule over ``carried.struct``; when it dies, ``carried.abandon()`` releases what nobody has taken."""
    if name not in _NAMES:
        _NAMES[name] = ctypes.create_string_buffer(name)
    pointer = ctypes.addressof(carried.struct)
    _CARRIED[pointer] = carried
    stored = _NAMES[name]
    return _python.PyCapsule_New(pointer, None if stored is None else ctypes.addressof(stored), _destroy)


@_Destructor
def _destroy(dying: int) -> None:
    pointer = _python.PyCapsule_GetPointer(dying, _python.PyCapsule_GetName(dying))
    _CARRIED.pop(pointer).abandon()
