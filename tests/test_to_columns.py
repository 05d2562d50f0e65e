"""to_columns: one array a field, each viewed if it can be."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import address_of, ledger, same_values
from cases import CASES
from cases.case import bitmap, place
from expected import want
from layouts import LAYOUTS

LIKELY = [layout for layout in LAYOUTS if not layout.chunked]
COLUMNS = [case for case in CASES if case.type is not None and case.row != "struct"]


def frames(layout):
    """Every case as a column of one table, in one layout."""
    placed = {case.label: layout.of(case) for case in COLUMNS}
    return placed, pa.table([p.obj for p in placed.values()], names=list(placed))


@pytest.mark.parametrize("layout", LIKELY[::2], ids=lambda layout: layout.name)
@pytest.mark.parametrize("nulls", ["nan", "masked"])
def test_every_case_is_a_column(layout, nulls: str) -> None:
    placed, table = frames(layout)
    columns = arrownd.to_columns(table, nulls=nulls)
    plan = arrownd.explain(table, as_columns=True, nulls=nulls)
    assert list(columns) == table.column_names
    assert plan.dtype is None
    assert plan.shape is None
    assert [child.name for child in plan.children] == table.column_names
    with ledger() as book:
        for case, child in zip(COLUMNS, plan.children, strict=True):
            with book.entry(case.label):
                wanted, got = want(case, placed[case.label], nulls), columns[case.label]
                assert type(got) is (np.ma.MaskedArray if nulls == "masked" else np.ndarray)
                data = got.data if nulls == "masked" else got
                held = ~wanted.mask if wanted.mask is not None and wanted.mask.any() else None
                same_values(data, wanted.values, held)
                assert child.dtype == data.dtype
                assert child.shape == data.shape
                assert child.copies is (not wanted.view and data.size > 0)
                if wanted.view:
                    assert address_of(data) == wanted.address
                    assert not data.flags.writeable
                elif data.size:
                    assert data.flags.writeable


def test_parts_add_up() -> None:
    table = pa.table({"view": [1, 2, 3], "bits": [True, False, True], "holes": [1, None, 3]})
    plan = arrownd.explain(table, as_columns=True)
    assert [child.nbytes for child in plan.children] == [0, 3, 24]
    assert plan.nbytes == 27
    assert plan.copies is True
    clean = arrownd.explain(table.select(["view"]), as_columns=True)
    assert clean.copies is False
    assert clean.nbytes == 0


def test_allow_copy_false_is_for_every_column() -> None:
    table = pa.table({"view": [1, 2, 3], "bits": [True, False, True]})
    with pytest.raises(arrownd.CopyNotAllowedError, match="bits") as caught:
        arrownd.to_columns(table, allow_copy=False)
    assert [r.code for r in caught.value.reasons] == ["bit-packed"]
    assert address_of(arrownd.to_columns(table, columns=["view"], allow_copy=False)["view"])
    arrownd.to_columns(table.slice(3), allow_copy=False)


def test_structs_and_batches_too() -> None:
    batch = pa.record_batch({"a": [1, 2], "b": [1.5, 2.5]})
    for obj in (
        batch,
        batch.to_struct_array(),
        pa.Table.from_batches([batch]),
        pa.chunked_array([batch.to_struct_array()]),
    ):
        columns = arrownd.to_columns(obj, allow_copy=False)
        assert list(columns) == ["a", "b"]
        assert columns["a"].tolist() == [1, 2]
        assert address_of(columns["b"]) == batch["b"].buffers()[1].address


def test_null_structs_reach_their_children() -> None:
    type = pa.struct([("a", pa.int32()), ("b", pa.float64()), ("c", pa.bool_())])
    children = [pa.array([1, 2, 3], pa.int32()), pa.array([1.0, None, 3.0]), pa.array([True, False, True])]
    array = pa.Array.from_buffers(type, 3, [bitmap(np.array([False, True, True]))], children=children)
    columns = arrownd.to_columns(array)
    same_values(columns["a"], np.array([np.nan, 2, 3]))
    same_values(columns["b"], np.array([np.nan, np.nan, 3]))
    same_values(columns["c"], np.array([None, False, True], object))
    masked = arrownd.to_columns(array, nulls="masked", columns=["a"], allow_copy=False)["a"]
    assert masked.mask.tolist() == [True, False, False]
    assert address_of(masked.data) == children[0].buffers()[1].address


def test_sliced_structs() -> None:
    array = pa.array([{"a": n, "b": n % 2 == 0} for n in range(200)])
    for start, length in ((1, 7), (9, 64), (64, 65), (130, 70)):
        columns = arrownd.to_columns(array.slice(start, length))
        assert columns["a"].tolist() == list(range(start, start + length))
        assert columns["b"].tolist() == [n % 2 == 0 for n in range(start, start + length)]


def test_a_chunk_layout_of_its_own_for_every_column() -> None:
    table = pa.table({"one": pa.chunked_array([[1, 2, 3]]), "two": pa.chunked_array([[1], [2, 3]])})
    columns = arrownd.to_columns(table)
    assert columns["one"].tolist() == columns["two"].tolist() == [1, 2, 3]
    plan = arrownd.explain(table, as_columns=True)
    for child in plan.children:
        assert child.copies is bool(columns[child.name].flags.writeable)


def test_a_nested_struct_is_a_matrix() -> None:
    inner = pa.array([{"x": 1, "y": 2}, {"x": 3, "y": 4}])
    columns = arrownd.to_columns(pa.table({"p": inner, "q": [5, 6]}))
    same_values(columns["p"], np.array([[1, 2], [3, 4]]))
    same_values(columns["q"], np.array([5, 6]))


def test_options_reach_every_column() -> None:
    table = pa.table({"a": [1, None], "b": [3, 4]})
    assert {a.dtype for a in arrownd.to_columns(table, dtype="f4").values()} == {np.dtype("f4")}
    assert all(a.flags.writeable for a in arrownd.to_columns(table, writable=True).values())
    assert list(arrownd.to_columns(table, columns=["b", "a"])) == ["b", "a"]
    with pytest.raises(arrownd.NullsError, match="a"):
        arrownd.to_columns(table, nulls="raise")
    with pytest.raises(arrownd.LossyCastError, match="b"):
        arrownd.to_columns(pa.table({"a": [1, 2], "b": [3, 400]}), dtype="u1")


def test_out_takes_a_dict() -> None:
    table = pa.table({"a": [1, 2], "b": [1.5, None]})
    out = {"a": np.zeros(2, "i8"), "b": np.zeros(2, "f8")}
    got = arrownd.to_columns(table, out=out)
    assert got["a"] is out["a"]
    assert got["b"] is out["b"]
    assert out["a"].tolist() == [1, 2]
    same_values(out["b"], np.array([1.5, np.nan]))
    for bad in (np.zeros((2, 2)), {"a": out["a"], "b": np.zeros(3)}, {"a": 5, "b": out["b"]}, {**out, "x": out["b"]}):
        with pytest.raises((TypeError, ValueError, KeyError, arrownd.ArrowndError)):
            arrownd.to_columns(table, out=bad)


def test_duplicate_names_are_an_error() -> None:
    table = pa.table([[1, 2], [3, 4]], names=["twice", "twice"])
    with pytest.raises((arrownd.ArrowndError, ValueError), match="twice"):
        arrownd.to_columns(table)
    with pytest.raises((arrownd.ArrowndError, ValueError), match="twice"):
        arrownd.explain(table, as_columns=True)


def test_duplicate_names_in_columns() -> None:
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    with pytest.raises((arrownd.ArrowndError, ValueError), match="a"):
        arrownd.to_columns(table, columns=["a", "a"])


@pytest.mark.parametrize("obj", [pa.array([1, 2]), pa.chunked_array([["a"]]), pa.array([[1]], pa.list_(pa.int8(), 1))])
def test_not_a_struct_is_a_type_error(obj) -> None:
    for call in (arrownd.to_columns, lambda o: arrownd.explain(o, as_columns=True)):
        with pytest.raises(TypeError, match="struct|table"):
            call(obj)


def test_no_columns() -> None:
    assert arrownd.to_columns(pa.table({})) == {}
    assert arrownd.to_columns(pa.table({"a": [1]}), columns=[]) == {}


def test_lists_are_n_dimensional() -> None:
    array = pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2))
    got = arrownd.to_columns(pa.table({"v": array}), allow_copy=False)["v"]
    assert got.shape == (2, 2)
    assert address_of(got) == place(array)[0]
