"""Plain arrays are wrapped without a look at them: what comes out is what the whole way makes."""

from __future__ import annotations

import gc
import inspect
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd

KINDS = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?", "c8", "M8[us]", "M8[D]", "m8[ns]", "V5"]
LAYOUTS: dict[str, Any] = {
    "1-D": lambda a: a,
    "2-D": lambda a: a.reshape(4, 6),
    "3-D": lambda a: a.reshape(2, 3, 4),
    "5-D": lambda a: a.reshape(2, 1, 3, 2, 2),
    "F": lambda a: a.reshape(4, 6, order="F"),
    "reversed": lambda a: a[::-1],
    "one row": lambda a: a[:1],
    "stretch": lambda a: a[3:7],
    "empty": lambda a: a[:0],
    "no columns": lambda a: a[:0].reshape(3, 0),
    "misaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), "u1")[1:].view(a.dtype),
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "subclass": lambda a: a.view(type("Own", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", KINDS)
def test_wrapping_is_the_whole_way(kind: str, layout: str) -> None:
    bits = np.arange(24, dtype="u1").repeat(np.dtype(kind).itemsize)
    array = LAYOUTS[layout](np.arange(24).astype(kind) if kind[0] in "Mm?" else bits.view(kind))
    quick, whole = arrownd.from_numpy(array), arrownd.from_numpy(array, safe=True)
    assert (len(quick), quick.type, quick.null_count, quick.nbytes) == (
        len(whole),
        whole.type,
        whole.null_count,
        whole.nbytes,
    )
    assert repr(quick) == repr(whole)
    one, other = pa.array(quick), pa.array(whole)
    assert one.type == other.type
    assert [b and b.size for b in one.buffers()] == [b and b.size for b in other.buffers()]
    if not arrownd.explain(array).copies:
        assert [b and b.address for b in one.buffers()] == [b and b.address for b in other.buffers()]
    assert one.equals(other) or kind.startswith(("f", "c"))


MATRICES: dict[str, Any] = {
    "F": lambda a: a.reshape(4, 6, order="F"),
    "C": lambda a: a.reshape(4, 6),
    "one row": lambda a: a.reshape(1, 24),
    "one column": lambda a: a.reshape(24, 1),
    "columns of F": lambda a: a.reshape(4, 6, order="F")[:, 1:4],
    "rows of F": lambda a: a.reshape(4, 6, order="F")[1:],
    "reversed": lambda a: a.reshape(4, 6, order="F")[::-1],
    "no rows": lambda a: a.reshape(4, 6, order="F")[:0],
    "no columns": lambda a: a.reshape(4, 6, order="F")[:, :0],
    "misaligned": lambda a: np.frombuffer(b"x" + a.tobytes(), "u1")[1:].view(a.dtype).reshape(4, 6, order="F"),
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")).reshape(4, 6, order="F"),
    "subclass": lambda a: a.reshape(4, 6, order="F").view(type("Own", (np.ndarray,), {})),
}


@pytest.mark.parametrize("layout", MATRICES)
@pytest.mark.parametrize("kind", KINDS)
def test_naming_columns_is_the_whole_way(kind: str, layout: str) -> None:
    bits = np.arange(24, dtype="u1").repeat(np.dtype(kind).itemsize)
    array = MATRICES[layout](np.arange(24).astype(kind) if kind[0] in "Mm?" else bits.view(kind))
    names = [f"ä{i}" for i in range(array.shape[1])]
    whole = arrownd.from_numpy(array, names=names, safe=True)
    for given in (names, tuple(names)):
        quick = arrownd.from_numpy(array, names=given)
        assert (len(quick), quick.type, quick.null_count, quick.nbytes) == (
            len(whole),
            whole.type,
            whole.null_count,
            whole.nbytes,
        )
        assert repr(quick) == repr(whole)
        one, other = pa.array(quick), pa.array(whole)
        assert one.type == other.type
        assert one.type.names == names
        assert [b and b.size for b in one.buffers()] == [b and b.size for b in other.buffers()]
        if not arrownd.explain(array, names=names).copies:
            assert [b and b.address for b in one.buffers()] == [b and b.address for b in other.buffers()]
        assert one.equals(other) or kind.startswith(("f", "c"))


def test_names_are_those_of_the_call() -> None:
    names = ["a", "b", "c"]
    made = arrownd.from_numpy(np.asfortranarray(np.arange(12.0).reshape(4, 3)), names=names)
    names[0] = names[1]
    assert pa.array(made).type.names == ["a", "b", "c"]
    assert pa.array(made).field("c").to_pylist() == [2.0, 5.0, 8.0, 11.0]


@pytest.mark.parametrize("order", ["C", "F"])
def test_wrong_names_are_refused_at_once(order: Any) -> None:
    array = np.zeros((3, 2), order=order)
    with pytest.raises(ValueError, match='names has "x" twice'):
        arrownd.from_numpy(array, names=["x", "x"])
    with pytest.raises(ValueError, match='names has "x" twice'):
        arrownd.from_numpy(array, names=("x", "".join(["", "x"])))
    with pytest.raises(ValueError, match="names has 3 names, and the array has 2 columns"):
        arrownd.from_numpy(array, names=["x", "y", "z"])
    with pytest.raises(TypeError, match="names is a list of str, and has a bytes"):
        arrownd.from_numpy(array, names=["x", b"y"])
    with pytest.raises(TypeError, match="a list of names, not one name"):
        arrownd.from_numpy(array, names="xy")
    with pytest.raises(ValueError, match="two dimensions"):
        arrownd.from_numpy(array[:, 0], names=["x"])
    with pytest.raises(TypeError, match="names is a list of str, and has a str|surrogates"):
        arrownd.from_numpy(array, names=["x", "\ud800"])
    assert pa.array(arrownd.from_numpy(array, names=iter("xy"))).type.names == ["x", "y"]


def test_many_names() -> None:
    array = np.zeros((2, 1000), order="F")
    names = [str(i) for i in range(1000)]
    assert pa.array(arrownd.from_numpy(array, names=names)).type.names == names
    with pytest.raises(ValueError, match='names has "7" twice'):
        arrownd.from_numpy(array, names=[*names[:-1], "7"])


def test_a_matrix_lives_as_long_as_the_carrier_and_its_consumers() -> None:
    array = np.zeros((1000, 2), order="F")
    before = sys.getrefcount(array)
    made = arrownd.from_numpy(array, names=["x", "y"])
    assert sys.getrefcount(array) == before + 1
    taken = pa.array(made).field("y")
    del made
    gc.collect()
    assert sys.getrefcount(array) == before + 1
    assert len(taken) == 1000
    del taken
    assert sys.getrefcount(array) == before


def test_shape_and_dtype_are_those_of_the_call() -> None:
    """An array's shape and dtype can be set; its memory stays what it was."""
    array = np.arange(6.0)
    made = arrownd.from_numpy(array)
    array.shape = (2, 3)
    assert (len(made), made.type) == (6, "float64")
    assert pa.array(made).to_pylist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="resize"):
        array.resize(1000, refcheck=True)


def test_the_array_lives_as_long_as_the_carrier_and_its_consumers() -> None:
    array = np.arange(1000)
    before = sys.getrefcount(array)
    made = arrownd.from_numpy(array)
    assert sys.getrefcount(array) == before + 1
    taken = pa.array(made)
    del made
    gc.collect()
    assert sys.getrefcount(array) == before + 1
    assert taken[999].as_py() == 999
    del taken
    assert sys.getrefcount(array) == before


def test_the_function_is_an_ordinary_builtin() -> None:
    assert inspect.isbuiltin(arrownd.from_numpy)
    assert list(inspect.signature(arrownd.from_numpy).parameters)[:2] == ["array", "type"]
    with pytest.raises(TypeError, match="from_numpy"):
        arrownd.from_numpy()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="no NumPy array"):
        arrownd.from_numpy([1])  # type: ignore[arg-type]
