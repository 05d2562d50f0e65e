"""Records of any dtype, both ways, held against NumPy's own assignment of their fields."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import BIG, arrow_of

KINDS = ["i1", "u1", "?", "i2", "f2", "u4", "i4", "f4", "i8", "u8", "f8", "M8[us]", "m8[s]", "M8[D]", "V3", "V16"]
ROWS = [1, 2, 7, 63, 64, 65, 130, 1345, 5000]
CANARY = 0xA5


def layouts(rng: np.random.Generator, *more: str) -> list[np.dtype]:
    """Fields of some kinds in any order, side by side or with bytes between them."""
    runs = [[kind] * n for kind, n in (("f8", 3), ("f8", 4), ("i8", 9), ("f4", 8), ("u1", 3), ("i2", 5), ("f4", 70))]
    mixed = [rng.choice([*KINDS, *more], rng.integers(2, 12)).tolist() for _ in range(12)]
    dtypes = [
        np.dtype([(f"f{i}", kind) for i, kind in enumerate(kinds)]) for kinds in [["f8", "i4", "f4", "i8"], *runs]
    ]
    for kinds in mixed:
        offsets, end = [0] * len(kinds), int(rng.integers(0, 3))
        for i in rng.permutation(len(kinds)):
            offsets[i] = end
            end += np.dtype(kinds[i]).itemsize + int(rng.choice([0, 0, 0, 1, 4]))
        names = [f"f{i}" for i in range(len(kinds))]
        dtypes.append(np.dtype({"names": names, "formats": kinds, "offsets": offsets, "itemsize": end}))
        dtypes.append(np.dtype(list(zip(names, kinds, strict=True)), align=True))
    return dtypes


def values(rng: np.random.Generator, kind: np.dtype, rows: int) -> np.ndarray:
    if kind.kind == "V":
        return rng.integers(0, 256, rows * kind.itemsize, "u1").view(kind)
    return rng.integers(0, 2 if kind.kind == "b" else 100, rows).astype(kind)


def room(rng: np.random.Generator, dtype: np.dtype, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Records in larger memory, and all of that memory."""
    step = int(rng.choice([1, 1, 2, -1, -3]))
    memory = np.full((2 + rows * abs(step)) * dtype.itemsize, CANARY, "u1")
    records = memory[dtype.itemsize : -dtype.itemsize].view(dtype)[::step]
    assert len(records) == rows
    return records, memory


@pytest.mark.parametrize("seed", range(4))
def test_fields_from_columns(seed: int) -> None:
    """Cast or not, with nulls or without, in chunks and slices; nothing is written between the fields or beside them."""
    rng = np.random.default_rng(seed)
    for dtype, rows in zip(layouts(rng), itertools.cycle(ROWS), strict=False):
        columns, expected = {}, {}
        for name, (kind, *_) in dtype.fields.items():
            own = values(rng, kind, rows)
            missing = rng.random(rows) < 0.2 if kind.kind in "fM" and rng.random() < 0.5 else None
            expected[name] = own.copy()
            if missing is not None:
                expected[name][missing] = "nat" if kind.kind == "M" else np.nan
            if kind.kind == "V":
                whole = pa.array([bytes(value.item()) for value in own], pa.binary(kind.itemsize))
            else:
                other = kind.kind in "iuf" and kind.itemsize > 1 and rng.random() < 0.4
                whole = pa.array(own.astype("i1") if other else own, mask=missing)
            cuts = [0, *sorted(rng.integers(0, rows + 1, rng.integers(0, 4))), rows]
            chunks = [whole[start:end] for start, end in itertools.pairwise(cuts)]
            columns[name] = pa.chunked_array(chunks, whole.type)
        table = pa.table(columns)
        made = arrownd.to_numpy(table, dtype=dtype)
        assert made.dtype == dtype
        assert made.shape == (rows,)
        out, memory = room(rng, dtype, rows)
        wanted = memory.copy()
        # The same places in memory that NumPy writes to.
        places = np.ndarray(
            out.shape, dtype, wanted, out.__array_interface__["data"][0] - memory.ctypes.data, out.strides
        )
        for name in dtype.names:
            np.testing.assert_array_equal(made[name], expected[name], name)
            places[name] = expected[name]
        assert arrownd.to_numpy(table, dtype=dtype, out=out) is out
        np.testing.assert_array_equal(memory, wanted)
        low, high = sorted(rng.integers(0, rows + 1, 2))
        part = arrownd.to_numpy(table[low:high], dtype=dtype)
        for name in dtype.names:
            np.testing.assert_array_equal(part[name], expected[name][low:high], name)


def test_records_in_records() -> None:
    rng = np.random.default_rng(5)
    inner = np.dtype([("x", "f8"), ("deep", [("y", "i2"), ("z", "f4")]), ("w", "u1")])
    dtype = np.dtype([("a", "u1"), ("b", inner), ("c", "i8"), ("d", "f4", (2,)), ("s", "O"), ("e", "f8")])
    rows = 3000
    records = np.zeros(rows, dtype)
    for view in (records, records["b"], records["b"]["deep"]):
        for name in view.dtype.names:
            if view.dtype[name].kind in "iuf":
                view[name] = rng.integers(0, 100, rows)
    records["d"] = rng.random((rows, 2), "f4")
    records["s"] = [str(i) for i in range(rows)]
    deep = pa.StructArray.from_arrays([pa.array(records["b"]["deep"][k].copy()) for k in "yz"], ["y", "z"])
    held = pa.StructArray.from_arrays(
        [pa.array(records["b"]["x"].copy()), deep, pa.array(records["b"]["w"].copy())], ["x", "deep", "w"]
    )
    pairs = pa.FixedSizeListArray.from_arrays(pa.array(records["d"].ravel()), 2)
    arrays = [pa.array(records["a"].copy()), held, pa.array(records["c"].copy()), pairs]
    arrays += [pa.array(records["s"].tolist()), pa.array(records["e"].copy())]
    table = pa.table(arrays, names=list(dtype.names))
    result = arrownd.to_numpy(table, structured=True)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, records)
    np.testing.assert_array_equal(arrownd.to_numpy(table[1234:2345], structured=True), records[1234:2345])


def test_records_in_lists() -> None:
    records = np.zeros((500, 3), [("x", "f8"), ("y", "i4")])
    records["x"], records["y"] = np.random.default_rng(6).random((500, 3)), np.arange(1500).reshape(500, 3)
    array = pa.FixedSizeListArray.from_arrays(
        pa.StructArray.from_arrays([pa.array(records["x"].ravel()), pa.array(records["y"].ravel())], ["x", "y"]), 3
    )
    np.testing.assert_array_equal(arrownd.to_numpy(array, structured=True), records)


@pytest.mark.parametrize("seed", range(4))
def test_fields_into_columns(seed: int) -> None:
    """Records that lie apart, backwards or among others, some of the fields in the other byte order or masked."""
    rng = np.random.default_rng(seed)
    for dtype, rows in zip(layouts(rng, "c8", "c16"), itertools.cycle(ROWS), strict=False):
        records, memory = room(rng, dtype, rows)
        for name in dtype.names:
            records[name] = values(rng, dtype[name], rows)
        before = memory.copy()
        check(records)
        check(records[rows // 3 :])
        if len(dtype.names) > 2:
            check(records[[name for name in dtype.names if rng.random() < 0.6] or [dtype.names[0]]])
        swapped = [(name, BIG + dtype[name].str[1:] if rng.random() < 0.5 else dtype[name]) for name in dtype.names]
        check(records.astype(swapped))
        mask = np.zeros(rows, [(name, "?") for name in dtype.names])
        for name in dtype.names[::2]:
            mask[name] = rng.random(rows) < 0.3
        check(records, mask)
        np.testing.assert_array_equal(memory, before)


def check(records: np.ndarray, mask: np.ndarray | None = None) -> None:
    array = arrow_of(records) if mask is None else arrow_of(records, mask=mask)
    assert array.type.names == list(records.dtype.names)
    for name in records.dtype.names:
        own = np.ascontiguousarray(records[name].astype(records.dtype[name].newbyteorder("=")))
        wanted = arrow_of(own) if mask is None else arrow_of(own, mask=np.ascontiguousarray(mask[name]))
        assert array.field(name).equals(wanted), name


def test_markers_in_records() -> None:
    rng = np.random.default_rng(7)
    records = np.zeros(5000, [("n", "i4"), ("x", "f8"), ("t", "M8[us]"), ("y", "f4"), ("b", "?")])
    records["n"], records["b"] = np.arange(5000), rng.random(5000) < 0.5
    missing = rng.random((5000, 3)) < 0.1
    for name, own, nothing in zip("xty", missing.T, (np.nan, "nat", np.nan), strict=True):
        records[name] = np.arange(5000)
        records[name][own] = nothing
    array = arrow_of(records, nan_as_null=True)
    for name, own in zip("xty", missing.T, strict=True):
        found = array.field(name)
        np.testing.assert_array_equal(found.is_null(), own)
        kept = np.asarray(found.drop_null().cast(pa.int64()))
        np.testing.assert_array_equal(kept, np.arange(5000)[~own])
    np.testing.assert_array_equal(np.asarray(array.field("n")), records["n"])
    assert array.field("b").to_pylist() == records["b"].tolist()
