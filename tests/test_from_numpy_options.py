"""from_numpy: the words, what is refused, how long memory lives."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import address, arrow_of, start


def test_on_writable_view_shares_what_can_be_written_to() -> None:
    values = np.arange(5)
    array = arrow_of(values)
    values[0] = 9
    assert array[0].as_py() == 9
    assert any("still be written to" in note for note in arrownd.explain(values).notes)


def test_on_writable_copy() -> None:
    values = np.arange(5)
    array = arrow_of(values, on_writable="copy")
    values[0] = 9
    assert array[0].as_py() == 0
    plan = arrownd.explain(values, on_writable="copy")
    assert [reason.code for reason in plan.reasons] == ["requested"]
    assert not plan.notes
    with pytest.raises(arrownd.CopyNotAllowedError, match='on_writable="copy" asks for memory of its own'):
        arrownd.from_numpy(values, on_writable="copy", allow_copy=False)
    values.flags.writeable = False
    assert start(arrow_of(values, on_writable="copy", allow_copy=False)) == address(values)


def test_on_writable_freeze() -> None:
    values = np.arange(5)
    other = values[:]
    array = arrow_of(values, on_writable="freeze")
    assert start(array) == address(values)
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 9
    other[0] = 7
    assert array[0].as_py() == 7


def test_explain_does_not_freeze() -> None:
    values = np.arange(5)
    assert any("becomes read-only" in note for note in arrownd.explain(values, on_writable="freeze").notes)
    assert values.flags.writeable


def test_freeze_leaves_what_is_copied() -> None:
    copied, shared = np.arange(10)[::2], np.arange(5)
    arrownd.from_numpy(copied, on_writable="freeze")
    assert copied.flags.writeable
    arrownd.from_numpy({"a": copied, "b": shared, "c": {"d": shared}}, on_writable="freeze")
    assert copied.flags.writeable and not shared.flags.writeable
    masked = np.ma.array(np.arange(3), mask=[0, 1, 0])
    arrownd.from_numpy(masked, on_writable="freeze")
    assert not masked.data.flags.writeable
    matrix = np.zeros((3, 2), order="F")
    arrownd.from_numpy(matrix, names=["a", "b"], on_writable="freeze")
    assert not matrix.flags.writeable


def test_an_error_freezes_nothing() -> None:
    values = np.array([1, 2], "M8[us]")
    with pytest.raises(arrownd.LossyCastError):
        arrownd.from_numpy(values, type=pa.date32(), on_writable="freeze")
    assert values.flags.writeable


@pytest.mark.parametrize(
    ("words", "error", "text"),
    [
        ({"on_writable": "share"}, ValueError, 'on_writable=\'share\': it is one of "view", "copy", "freeze"'),
        ({"on_writable": 1}, ValueError, "on_writable=1: it is one of"),
        ({"type": np.float32}, TypeError, "is no Arrow type: pass a name"),
        ({"type": 3}, TypeError, "type=3 is no Arrow type"),
        ({"type": "no such type"}, ValueError, "no such type"),
        ({"nan_as_null": "yes"}, TypeError, "bool"),
        ({"copy": True}, TypeError, "unexpected keyword"),
    ],
)
def test_bad_words(words: dict, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        arrownd.from_numpy(np.arange(3), **words)


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        ([1, 2], r"list is no NumPy array: pass np\.asarray\(x\)"),
        ((1, 2), r"tuple is no NumPy array: pass np\.asarray\(x\)"),
        (None, "NoneType is no NumPy array"),
        (np.int64(3), r"numpy\.int64 is no NumPy array: pass np\.asarray\(\[x\]\)"),
        (np.datetime64("2020", "s"), r"pass np\.asarray\(\[x\]\)"),
        (pa.array([1]), "pyarrow.lib.Int64Array is no NumPy array: it is Arrow data already"),
        (memoryview(b"ab"), "memoryview is no NumPy array"),
    ],
)
def test_what_is_no_array(obj: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        arrownd.from_numpy(obj)


def test_longdouble() -> None:
    for dtype, remedy in (("g", "float64"), ("G", "complex128")):
        if np.dtype(dtype).itemsize == np.dtype(remedy).itemsize:
            pytest.skip("longdouble is float64 here")
        with pytest.raises(arrownd.UnsupportedTypeError, match=rf'no conversion from .* use x\.astype\("{remedy}"\)'):
            arrownd.from_numpy(np.zeros(2, dtype))


def test_dtypes_of_others() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    with pytest.raises(arrownd.UnsupportedTypeError, match="bfloat16 to Arrow: convert it"):
        arrownd.from_numpy(np.zeros(2, ml_dtypes.bfloat16))


def test_a_type_that_forbids_nulls() -> None:
    kind = pa.field("x", pa.int64(), nullable=False)
    array = arrownd.from_numpy(np.arange(3), type=kind)
    assert pa.array(array).to_pylist() == [0, 1, 2]
    with pytest.raises(arrownd.NullsError, match="1 of 3 values are missing, the first at position 1"):
        arrownd.from_numpy(np.ma.array([1, 2, 3], mask=[0, 1, 0]), type=kind)


class Watched(np.ndarray):
    """An array that can be watched."""


def watched(n: int = 1000) -> tuple[np.ndarray, weakref.ref]:
    values = np.arange(n).view(Watched)
    return values, weakref.ref(values)


def test_shared_memory_lives_as_long_as_arrow_holds_it() -> None:
    values, ref = watched()
    result = arrownd.from_numpy(values)
    array = pa.array(result)
    del values, result
    gc.collect()
    assert ref() is not None
    assert array[999].as_py() == 999
    part = array.slice(10, 5)
    del array
    assert part.to_pylist() == [10, 11, 12, 13, 14]
    del part
    gc.collect()
    assert ref() is None


def test_copied_memory_is_let_go() -> None:
    values, ref = watched()
    result = arrownd.from_numpy(values[::2])
    del values
    gc.collect()
    assert ref() is None
    assert pa.array(result)[1].as_py() == 2


def test_masks_are_let_go() -> None:
    mask = (np.arange(1000) % 2 == 0).view(Watched)
    ref = weakref.ref(mask)
    values = np.arange(1000)
    result = arrownd.from_numpy(values, mask=mask)
    del mask
    gc.collect()
    assert ref() is None
    assert result.null_count == 500


def test_one_column_keeps_the_matrix() -> None:
    values = np.zeros((100, 3), order="F").view(Watched)
    ref = weakref.ref(values)
    batch = pa.record_batch(arrownd.from_numpy(values, names=list("abc")))
    column = batch.column("b")
    del values, batch
    gc.collect()
    assert ref() is not None
    del column
    gc.collect()
    assert ref() is None


def test_nothing_leaks() -> None:
    values, mask = np.arange(100_000), np.zeros(100_000, bool)
    mask[5] = True
    records = np.zeros(10, [("a", "i4"), ("b", "?")])
    counts = [sys.getrefcount(x) for x in (values, mask, records, records.dtype)]
    for _ in range(20):
        arrownd.from_numpy(values, mask=mask)
        arrownd.from_numpy(values[::2])
        arrownd.from_numpy(records)
        arrownd.explain(records)
        with pytest.raises(ValueError, match="shape"):
            arrownd.from_numpy(values, mask=mask[1:])
    gc.collect()
    assert [sys.getrefcount(x) for x in (values, mask, records, records.dtype)] == counts


def test_released_on_another_thread() -> None:
    values, ref = watched()
    held = [pa.array(arrownd.from_numpy(values))]
    del values
    thread = threading.Thread(target=held.clear)
    thread.start()
    thread.join()
    gc.collect()
    assert ref() is None
