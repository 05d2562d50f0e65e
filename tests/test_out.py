"""out=: any strides, right shape and dtype; returned; nothing else of its size allocated."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import ledger, same_values
from cases import CASES
from layouts import LAYOUTS


def targets(shape: tuple[int, ...], dtype: np.dtype):
    """Name -> (the array to write into, all memory around it): every way a NumPy array can lie."""
    plain = np.zeros(shape, dtype)
    yield "C order", plain, plain
    fortran = np.zeros(shape, dtype, order="F")
    yield "F order", fortran, fortran
    spaced = np.zeros(tuple(3 * n for n in shape), dtype)
    yield "every third", spaced[tuple(slice(None, None, 3) for _ in shape)], spaced
    backwards = np.zeros(shape, dtype)
    yield "negative strides", backwards[tuple(slice(None, None, -1) for _ in shape)], backwards
    if not dtype.hasobject:
        record = np.zeros(shape, [("before", "u1"), ("field", dtype), ("after", "u2")])
        yield "a field of packed records", record["field"], record
        aligned = np.zeros(shape, np.dtype([("before", "u1"), ("field", dtype), ("after", "u2")], align=True))
        yield "a field of aligned records", aligned["field"], aligned
    else:
        record = np.zeros(shape, np.dtype([("before", "i8"), ("field", dtype)], align=True))
        yield "a field of records", record["field"], record


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_every_layout_and_target(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS[::2]:
            placed = layout.of(case)
            for options, values in (
                ({}, case.filled(placed.idx, placed.missing)),
                ({"na_value": case.fill}, case.replaced(placed.idx, placed.missing)),
            ):
                for name, out, memory in targets(values.shape, values.dtype):
                    with book.entry(f"{layout.name}, {name}, {list(options)}"):
                        plan = arrownd.explain(placed.obj, out=out, **options)
                        got = arrownd.to_numpy(placed.obj, out=out, **options)
                        assert got is out
                        same_values(out, values)
                        assert plan.shape == out.shape
                        assert plan.dtype == out.dtype
                        assert plan.copies is bool(out.size)
                        assert plan.nbytes == 0
                        check_surroundings(memory)


def check_surroundings(memory: np.ndarray) -> None:
    """Nothing was written beside the target."""
    for name in ("before", "after"):
        if name in (memory.dtype.names or ()):
            assert not memory[name].any(), f"the neighbouring field {name} was written to"


def test_gaps_between_strides_stay_as_they_were() -> None:
    memory = np.full(30, -7)
    arrownd.to_numpy(pa.array(range(10)), out=memory[::3])
    assert memory[::3].tolist() == list(range(10))
    assert (memory[1::3] == -7).all()
    assert (memory[2::3] == -7).all()


def test_copy_is_never_allowed_but_for_nothing() -> None:
    out = np.zeros(3, "i8")
    with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
        arrownd.to_numpy(pa.array([1, 2, 3]), out=out, allow_copy=False)
    assert [r.code for r in caught.value.reasons] == ["requested"]
    assert out.tolist() == [0, 0, 0]
    empty = np.zeros(0, "i8")
    assert arrownd.to_numpy(pa.array([], pa.int64()), out=empty, allow_copy=False) is empty


def test_wrong_targets_are_refused() -> None:
    array = pa.array([1, 2, 3])
    frozen = np.zeros(3, "i8")
    frozen.flags.writeable = False
    wrong = {
        "too short": np.zeros(2, "i8"), "too long": np.zeros(4, "i8"), "two-dimensional": np.zeros((3, 1), "i8"),
        "0-d": np.zeros((), "i8"), "float": np.zeros(3), "narrow": np.zeros(3, "i4"), "object": np.zeros(3, object),
        "read-only": frozen, "a list": [0, 0, 0], "big-endian": np.zeros(3, ">i8"), "bytes": bytearray(24),
        "a table": pa.table({"a": [1]}),
    }  # fmt: skip
    with ledger() as book:
        for name, out in wrong.items():
            with book.entry(name):
                with pytest.raises((TypeError, ValueError)) as caught:
                    arrownd.to_numpy(array, out=out)
                assert str(caught.value)
                if isinstance(out, np.ndarray):
                    assert not out.any(), "written to before it was refused"


def test_a_readonly_target_of_a_memory_map(tmp_path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(bytes(24))
    mapped = np.memmap(path, "i8", "r+")
    arrownd.to_numpy(pa.array([1, 2, 3]), out=mapped)
    mapped.flush()
    assert np.frombuffer(path.read_bytes(), "i8").tolist() == [1, 2, 3]
    with pytest.raises((TypeError, ValueError)):
        arrownd.to_numpy(pa.array([1, 2, 3]), out=np.memmap(path, "i8", "r"))


def test_overlap_with_the_input_is_refused() -> None:
    memory = np.arange(10)
    array = pa.Array.from_buffers(pa.int64(), 8, [None, pa.py_buffer(memory)])
    for out in (memory[:8], memory[2:], memory[7::-1]):
        with pytest.raises((ValueError, TypeError), match="overlap|share|memory"):
            arrownd.to_numpy(array, out=out)
    assert memory.tolist() == list(range(10))
    assert arrownd.to_numpy(array.slice(0, 2), out=memory[8:]).tolist() == [0, 1]


def test_dtype_and_nulls_decide_the_target() -> None:
    array = pa.array([1, None, 3])
    floats = np.zeros(3)
    same_values(arrownd.to_numpy(array, out=floats), np.array([1, np.nan, 3]))
    narrow = np.zeros(3, "f4")
    same_values(arrownd.to_numpy(array, "f4", out=narrow), np.array([1, np.nan, 3], "f4"))
    ints = np.zeros(3, "i8")
    same_values(arrownd.to_numpy(array, out=ints, na_value=-1), np.array([1, -1, 3]))
    with pytest.raises((TypeError, ValueError)):
        arrownd.to_numpy(array, out=ints)
    with pytest.raises((TypeError, ValueError)):
        arrownd.to_numpy(array, "f4", out=floats)


def test_failed_conversions_say_so_and_leave_the_target_usable() -> None:
    out = np.zeros(3, "u1")
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(pa.array([1, 2, 300]), "u1", out=out)
    assert arrownd.to_numpy(pa.array([4, 5, 6]), "u1", out=out).tolist() == [4, 5, 6]


def test_matrix_targets() -> None:
    table = pa.table({"a": [1, 2, None], "b": [1.5, 2.5, 3.5], "c": [True, False, True]})
    table = table.set_column(2, "c", table["c"].cast(pa.int8()))
    wanted = np.array([[1, 1.5, 1], [2, 2.5, 0], [np.nan, 3.5, 1]])
    for name, out, _ in targets((3, 3), np.dtype("f8")):
        assert arrownd.to_numpy(table, out=out) is out, name
        same_values(out, wanted)
    wide = np.zeros((3, 6))
    arrownd.to_numpy(table, out=wide[:, 1::2])
    same_values(wide[:, 1::2], wanted)
    assert not wide[:, ::2].any()


def test_nothing_of_its_size_is_allocated() -> None:
    array = pa.array(np.arange(10**6)).cast(pa.int32())
    holes = pa.chunked_array([array, pa.array([None] * 10, pa.int32())])
    out, floats = np.zeros(10**6, "i4"), np.zeros(10**6 + 10)
    tracemalloc.start()
    arrownd.to_numpy(array, out=out)
    arrownd.to_numpy(holes, out=floats)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000
    assert out[-1] == 999_999
    assert np.isnan(floats[-1])


def test_subclasses_are_returned_as_they_are() -> None:
    out = np.zeros(3, "i8").view(np.recarray)
    assert arrownd.to_numpy(pa.array([1, 2, 3]), out=out) is out
    assert out.tolist() == [1, 2, 3]
