"""Memory of large results that were freed is used for the next ones, and goes back to the system soon."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from arrownd import from_numpy, to_columns, to_masked, to_numpy

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="on Linux alone")

ROWS = 5 << 20  # 40 MB of float64
MULTIARRAY: Any = importlib.import_module("numpy._core.multiarray")
OWNER = MULTIARRAY.get_handler_name


def nullable(rows: int = ROWS, start: int = 0) -> pa.Array:
    values = np.arange(start, start + rows)
    return pa.array(values, mask=values % 10 == 3)


def expected(rows: int = ROWS, start: int = 0) -> np.ndarray:
    values = np.arange(start, start + rows)
    return np.where(values % 10 == 3, np.nan, values)


def run(code: str, **environment: str) -> str:
    """What a program prints whose process has done nothing before."""
    head = (
        "import gc, os, time, numpy as np, pyarrow as pa\n"
        "from arrownd import to_numpy\n"
        "from numpy._core.multiarray import get_handler_name as owner\n"
        "def rss():\n"
        "    with open('/proc/self/status') as f:\n"
        "        return next(int(l.split()[1]) >> 10 for l in f if l.startswith('VmRSS'))\n"
        f"source = pa.array(np.arange({ROWS}), mask=np.arange({ROWS}) % 10 == 3)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + code],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_next_result_has_the_memory_of_the_last() -> None:
    first, second = nullable(), nullable(start=7)
    array = to_numpy(first)
    assert array.flags.owndata and array.base is None and OWNER(array) == "arrownd"
    assert array.ctypes.data % 64 == 0
    where = array.ctypes.data
    del array
    again = to_numpy(second)
    assert again.ctypes.data == where
    np.testing.assert_array_equal(again, expected(start=7))
    other = to_numpy(first)
    assert other.ctypes.data != where
    np.testing.assert_array_equal(other, expected())
    np.testing.assert_array_equal(again, expected(start=7))


def test_a_little_less_fits_and_more_does_not() -> None:
    few, many = ROWS - ROWS // 64, ROWS + 4096
    whole, less, more = nullable(), nullable(few), nullable(many)
    array = to_numpy(whole)
    where = array.ctypes.data
    del array
    array = to_numpy(less)
    assert array.ctypes.data == where and array.nbytes == few * 8
    kept = array.copy()
    del array
    # The block is as large as it was.
    array = to_numpy(whole)
    assert array.ctypes.data == where
    del array
    array = to_numpy(more)
    np.testing.assert_array_equal(kept, expected(few))
    np.testing.assert_array_equal(array, expected(many))


def test_a_view_keeps_the_memory() -> None:
    view = to_numpy(nullable())[5:9]
    gc.collect()
    other = to_numpy(nullable(start=7))
    np.testing.assert_array_equal(view, expected()[5:9])
    np.testing.assert_array_equal(other, expected(start=7))


def test_small_results_are_numpys_own() -> None:
    array = to_numpy(nullable(1 << 20))
    assert OWNER(array) == OWNER(np.empty(1)) == "default_allocator"


@pytest.mark.parametrize(
    "convert",
    [
        lambda: to_masked(pa.chunked_array([nullable(), nullable(1)]))[0],
        lambda: to_numpy(pa.table({"a": nullable(), "b": nullable()}), order="C"),
        lambda: to_columns(pa.table({"a": nullable()}))["a"],
        lambda: to_numpy(pa.array(np.arange(ROWS) % 100).cast(pa.string()), "U4"),
        lambda: to_numpy(pa.array(np.arange(ROWS) % 100).cast(pa.string())),
        lambda: to_numpy(pa.array(np.arange(ROWS) % 9999, pa.int32()).cast(pa.date32())),
    ],
)
def test_every_way_to_a_result_uses_it(convert: Any) -> None:
    first = convert()
    assert OWNER(first) == "arrownd"
    kept = first.copy()
    del first
    again = convert()
    np.testing.assert_array_equal(again, kept)


@pytest.mark.parametrize("dtype", ["U8", "S8", "U3"])
@pytest.mark.parametrize("nulls", ["nan", "masked"])
def test_texts_end_where_they_end(dtype: str, nulls: Any) -> None:
    values = np.arange(5_000_000) % 1000
    mask = values % 10 == 3 if nulls == "masked" else None
    source = pa.array(values.astype("U3"), mask=mask)
    expected = to_numpy(source[:1000], dtype, nulls=nulls)
    for _ in range(2):
        array = to_numpy(source, dtype, nulls=nulls)
        data = np.ma.getdata(array)
        if data.nbytes >= 32 << 20:
            assert OWNER(data if data.base is None else data.base) == "arrownd"
        for start in (0, 700_000, 900_000):
            np.testing.assert_array_equal(array[start : start + 1000], expected)
        np.testing.assert_array_equal(
            data.reshape(-1, 1000), np.broadcast_to(np.ma.getdata(expected), (len(data) // 1000, 1000))
        )
        data.view("u1")[:] = 255
        del array, data


@pytest.mark.parametrize("shape", ["padded", "fixed"])
def test_texts_in_lists_end_where_they_end(shape: str) -> None:
    lists = 400_000
    lengths = np.arange(lists) % 5 if shape == "padded" else np.full(lists, 4)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype("int32")
    i = np.arange(offsets[-1])
    texts = pa.array((i % 997).astype("U3"), mask=i % 7 == 0)
    source: Any = pa.ListArray.from_arrays(pa.array(offsets), texts, mask=pa.array(np.arange(lists) % 11 == 0))
    options: dict[str, Any] = {"dtype": "U8", "nulls": "masked", "lists": "pad", "pad_to": 4}
    if shape == "fixed":
        source, options = pa.FixedSizeListArray.from_arrays(texts, 4), {"dtype": "U8", "nulls": "masked"}
    for _ in range(2):
        data = np.ma.getdata(to_numpy(source, **options))
        assert data.nbytes >= 32 << 20
        for start in range(0, lists, 100_000):
            few = np.ma.getdata(to_numpy(source[start : start + 1000], **options))
            np.testing.assert_array_equal(data[start : start + 1000], few)
        # The next result has what is left here.
        data.view("u1")[...] = 255
        del data


def test_from_numpy_uses_it() -> None:
    values, others = np.arange(2 * ROWS)[::2], np.arange(1, 2 * ROWS + 1)[::2]
    array = from_numpy(values)
    where = pa.array(array).buffers()[1].address
    del array
    gc.collect()
    result = pa.array(from_numpy(others))
    assert abs(result.buffers()[1].address - where) < 128
    np.testing.assert_array_equal(result.to_numpy(), others)


@pytest.mark.parametrize("rows", [ROWS // 2, ROWS - 1, ROWS + 1, 4 * ROWS])
def test_an_array_can_be_resized(rows: int) -> None:
    array = to_numpy(nullable())
    array.resize(rows, refcheck=False)
    both = min(rows, ROWS)
    np.testing.assert_array_equal(array[:both], expected()[:both])
    np.testing.assert_array_equal(array[both:], np.zeros(rows - both))
    assert OWNER(array) == "arrownd"
    array[:] = 1
    del array
    np.testing.assert_array_equal(to_numpy(nullable()), expected())


def test_objects_begin_as_null() -> None:
    # An error half-way leaves an array behind whose objects were not all made.
    array = to_numpy(nullable())
    del array
    bad = pa.array([b"a"] * (ROWS - 1) + [b"\xff"]).cast(pa.binary())
    text = pa.StringArray.from_buffers(len(bad), bad.buffers()[1], bad.buffers()[2])
    for _ in range(2):
        with pytest.raises(ValueError, match="UTF-8"):
            to_numpy(text)


def test_threads() -> None:
    errors: list[BaseException] = []

    def work(start: int) -> None:
        try:
            source, result = nullable(start=start), expected(start=start)
            for _ in range(4):
                held = to_numpy(source)
                np.testing.assert_array_equal(held, result)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_the_memory_goes_back() -> None:
    printed = run(
        "to_numpy(source[:100])\n"
        "before = rss(); a = to_numpy(source); held = rss() - before; del a\n"
        "end = time.monotonic() + 60\n"
        "while rss() - before > 8 and time.monotonic() < end: time.sleep(.05)\n"
        "a = to_numpy(source); print(held >= 39, rss() - before - held <= 8, end > time.monotonic())"
    )
    assert printed == "True True True"


def test_another_size_does_not_take_both() -> None:
    printed = run(
        "to_numpy(source[:100]); half = source.slice(0, len(source) * 7 // 8)\n"
        "a = to_numpy(half); before = rss(); del a; a = to_numpy(source); print(rss() - before <= 10)"
    )
    assert printed == "True"


def test_it_can_be_turned_off() -> None:
    assert run("print(owner(to_numpy(source)))", ARROWND_KEEP_MEMORY="0") == "default_allocator"
    assert run("print(owner(to_numpy(source)))", ARROWND_KEEP_MEMORY="0.01") == "arrownd"
    assert run("print(owner(to_numpy(source)))", ARROWND_KEEP_MEMORY="soon") == "arrownd"


def test_the_child_of_a_fork() -> None:
    printed = run(
        "a = to_numpy(source); del a\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    ok = all((lambda a: a[4] == 4 and np.isnan(a[3]))(to_numpy(source)) for _ in range(3))\n"
        "    os._exit(0 if ok else 1)\n"
        "print(os.waitpid(child, 0)[1], to_numpy(source)[4])",
        PYTHONWARNINGS="ignore",
    )
    assert printed == "0 4.0"


class Handler(ctypes.Structure):
    """`PyDataMem_Handler`"""

    _fields_ = (
        ("name", ctypes.c_char * 127),
        ("version", ctypes.c_uint8),
        ("ctx", ctypes.c_void_p),
        ("malloc", ctypes.c_void_p),
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.c_void_p),
    )


def test_a_handler_that_the_user_has_set_stays() -> None:
    api = ctypes.pythonapi
    api.PyCapsule_GetPointer.restype = ctypes.c_void_p
    api.PyCapsule_GetPointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    api.PyCapsule_New.restype = ctypes.py_object
    api.PyCapsule_New.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    table = api.PyCapsule_GetPointer(MULTIARRAY._ARRAY_API, None)
    slot = ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))[304]
    set_handler = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.py_object)(slot)
    default = MULTIARRAY.get_handler_name()
    lib: Any = ctypes.CDLL(None)
    for function in (lib.malloc, lib.calloc, lib.realloc):
        function.restype = ctypes.c_void_p
    address, size = ctypes.c_void_p, ctypes.c_size_t
    made: list[int] = []

    def malloc(_: int, bytes_: int) -> Any:
        made.append(bytes_)
        return lib.malloc(size(bytes_))

    functions = (
        ctypes.CFUNCTYPE(address, address, size)(malloc),
        ctypes.CFUNCTYPE(address, address, size, size)(lambda _, n, each: lib.calloc(size(n), size(each))),
        ctypes.CFUNCTYPE(address, address, address, size)(lambda _, old, n: lib.realloc(address(old), size(n))),
        ctypes.CFUNCTYPE(None, address, address, size)(lambda _, old, n: lib.free(address(old))),
    )
    handler = Handler(b"mine", 1, None, *(ctypes.cast(function, address).value for function in functions))
    before = set_handler(api.PyCapsule_New(ctypes.addressof(handler), b"mem_handler", None))
    try:
        array = to_numpy(nullable())
        assert OWNER(array) == "mine" and ROWS * 8 in made
        np.testing.assert_array_equal(array, expected())
        del array
        gc.collect()
    finally:
        set_handler(before)
    array = to_numpy(nullable())
    # What was set for the call is as it was before it.
    assert (OWNER(array), MULTIARRAY.get_handler_name()) == ("arrownd", default)
