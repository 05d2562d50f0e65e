"""structured=True: a struct or a table as records; each field in its own dtype, nested ones nested."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, agree, ledger, same_values
from cases.case import bitmap

NAN = np.nan
ROWS = [
    {"a": 1, "b": {"c": 2.5, "d": "x"}, "e": [1, 2], "f": [1, 2]}, None,
    {"a": None, "b": None, "e": None, "f": [3, 4]}, {"a": -4, "b": {"c": None, "d": None}, "e": [None, 6], "f": None},
]  # fmt: skip
INNER = pa.struct([("c", pa.float32()), ("d", pa.utf8())])
TYPE = pa.struct([("a", pa.int8()), ("b", INNER), ("e", pa.list_(pa.int16(), 2)), ("f", pa.list_(pa.int64()))])
CLEAN = np.dtype([("a", "i1"), ("b", [("c", "f4"), ("d", "O")]), ("e", "i2", (2,)), ("f", "i8", (2,))])
MARKED = np.dtype([("a", "f4"), ("b", [("c", "f4"), ("d", "O")]), ("e", "f4", (2,)), ("f", "f8", (2,))])
VALUES = [
    (1, (2.5, "x"), [1, 2], [1, 2]), (NAN, (NAN, None), [NAN] * 2, [NAN] * 2), (NAN, (NAN, None), [NAN] * 2, [3, 4]),
    (-4, (NAN, None), [NAN, 6], [NAN] * 2),
]  # fmt: skip
MASK = [
    (False, (False, False), [False] * 2, [False] * 2), (True, (True, True), [True] * 2, [True] * 2),
    (True, (True, True), [True] * 2, [False] * 2), (False, (True, True), [True, False], [True] * 2),
]  # fmt: skip


def records(obj, values: np.ndarray, **options) -> np.ndarray:
    mask = options.pop("mask", None)
    masked = options.get("nulls") == "masked"
    return agree(obj, Want(values, view=False, mask=mask, masked=masked), structured=True, **options)


def nested() -> pa.Array:
    return pa.array(ROWS, TYPE)


def test_every_field_in_its_own_dtype() -> None:
    records(nested(), np.array(VALUES, MARKED))
    records(nested().slice(0, 1), np.array(VALUES[:1], CLEAN))
    # Field by field: only where something is missing do integers become floats.
    table = pa.table({"i": [1, 2], "n": [1, None], "t": [True, False], "m": [True, None], "s": ["a", None]})
    dtype = [("i", "i8"), ("n", "f8"), ("t", "?"), ("m", "O"), ("s", "O")]
    records(table, np.array([(1, 1, True, True, "a"), (2, NAN, False, None, None)], dtype))


def test_every_type_as_a_field() -> None:
    from cases import CASES
    from layouts import LAYOUTS

    layouts = [
        layout
        for layout in LAYOUTS
        if layout.name in ("65 rows", "sliced from 9, every other null", "five chunks, two empty")
    ]
    with ledger() as book:
        for layout in layouts:
            for case in CASES:
                if case.type is None or case.columnar:
                    continue
                placed = layout.of(case)
                with book.entry(f"{case.label} {layout.name}"):
                    table = pa.table(
                        {
                            "before": pa.array(range(placed.length), pa.int8() if placed.length < 99 else pa.int16()),
                            "x": placed.obj,
                        }
                    )
                    got = arrownd.to_numpy(table, structured=True)
                    values = case.filled(placed.idx, placed.missing)
                    assert got.dtype["x"].base == values.dtype
                    same_values(got["x"], values)
                    assert got["before"].tolist() == list(range(placed.length))
                    plan = arrownd.explain(table, structured=True)
                    assert plan.dtype == got.dtype
                    assert plan.nbytes == got.nbytes


def test_masks_field_by_field() -> None:
    mask = np.array(MASK, np.ma.make_mask_descr(CLEAN))
    filled = [(0, (0, None), [0, 0], [0, 0])] * 4
    values = np.array(filled, CLEAN)
    values[0] = VALUES[0]
    values["f"][2], values["a"][3], values["e"][3, 1] = [3, 4], -4, 6
    got = records(nested(), values, mask=mask, nulls="masked")
    assert got["b"]["d"].tolist() == ["x", None, None, None]
    assert got["b"]["d"].data.tolist() == ["x", None, None, None], "not None under the mask of objects"
    plain = arrownd.to_masked(nested(), structured=True)
    assert plain.values.dtype == CLEAN
    assert plain.mask.dtype == mask.dtype
    assert np.array_equal(plain.mask, mask)
    clean = nested().slice(0, 1)
    assert arrownd.to_masked(clean, structured=True).mask is None
    # np.ma gives records a mask, needed or not.
    assert arrownd.to_numpy(clean, structured=True, nulls="masked").mask.dtype == mask.dtype


def test_na_value() -> None:
    table = pa.table({"i": [1, None], "x": [None, 2.5], "s": [None, "b"]})
    dtype = [("i", "i8"), ("x", "f8"), ("s", "O")]
    fill = {"i": -1, "x": 0.5, "s": "none"}
    records(table, np.array([(1, 0.5, "none"), (-1, 2.5, "b")], dtype), na_value=fill)
    # A field that the dict leaves out has its marker.
    records(table, np.array([(1, NAN, None), (-1, 2.5, "b")], dtype), na_value={"i": -1})
    records(table.select(["i", "x"]), np.array([(1, 7), (7, 2.5)], dtype[:2]), na_value=7)
    with pytest.raises(arrownd.LossyCastError, match='"i"'):
        arrownd.to_numpy(table, structured=True, na_value={"i": "x"})
    with pytest.raises(ValueError, match="nosuch"):
        arrownd.to_numpy(table, structured=True, na_value={"nosuch": 1})


def test_nulls_raise() -> None:
    with pytest.raises(arrownd.NullsError, match='"n".*1 of 2'):
        arrownd.to_numpy(pa.table({"i": [1, 2], "n": [1, None]}), structured=True, nulls="raise")
    with pytest.raises(arrownd.NullsError, match=r'"b\.c"|"a"'):
        arrownd.to_numpy(nested(), structured=True, nulls="raise")
    records(nested().slice(0, 1), np.array(VALUES[:1], CLEAN), nulls="raise")


def test_null_structs_reach_their_children() -> None:
    """A child's own values lie under a null struct, and are not in the result."""
    inner = pa.StructArray.from_arrays([pa.array([1, 2, 3, 4])], ["x"], mask=pa.array([False, True, False, False]))
    outer = pa.Array.from_buffers(
        pa.struct([("s", inner.type), ("y", pa.int32())]), 4, [bitmap(np.array([1, 1, 0, 1], bool))],
        children=[inner, pa.array([5, 6, 7, 8], pa.int32())],
    )  # fmt: skip
    dtype = [("s", [("x", "f8")]), ("y", "f8")]
    records(outer, np.array([((1,), 5), ((NAN,), 6), ((NAN,), NAN), ((4,), 8)], dtype))
    records(outer.slice(3), np.array([((4,), 8)], [("s", [("x", "i8")]), ("y", "i4")]))
    sliced = pa.StructArray.from_arrays([outer.slice(1, 2)], ["o"])
    records(sliced, np.array([(((NAN,), 6),), (((NAN,), NAN),)], [("o", dtype)]))


DESCRIBED = {
    "other dtypes": [("a", "f8"), ("b", "f4")],
    "another order": [("b", "f8"), ("a", "i8")],
    "aligned": np.dtype([("a", "i1"), ("b", "f8")], align=True),
    "offsets": np.dtype({"names": ["a", "b"], "formats": ["i2", "f8"], "offsets": [16, 3], "itemsize": 40}),
    "overlapping no bytes, out of order": np.dtype({"names": ["b", "a"], "formats": ["f4", "u1"], "offsets": [1, 0]}),
    "big-endian": [("a", ">i4"), ("b", ">f8")],
    "objects": [("a", "O"), ("b", "O")],
}  # fmt: skip


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_structured_dtype(name: str) -> None:
    """The same names, in any order, at any offset; it implies structured=True."""
    dtype = np.dtype(DESCRIBED[name])
    table = pa.table({"a": pa.array([1, 2, 3], pa.int8()), "b": pa.chunked_array([[0.5], [1.5, 2.5]])})
    wanted = np.zeros(3, dtype)
    wanted["a"], wanted["b"] = [1, 2, 3], [0.5, 1.5, 2.5]
    if name == "objects":
        wanted["a"], wanted["b"] = np.array([1, 2, 3], object), np.array([0.5, 1.5, 2.5], object)
    if name == "big-endian":
        # Byte order is for NumPy to change; refused rather than wrong.
        try:
            got = arrownd.to_numpy(table, dtype=dtype)
        except arrownd.UnsupportedTypeError:
            return
        same_values(got, wanted)
        return
    for options in ({}, {"structured": True}):
        got = arrownd.to_numpy(table, dtype=dtype, **options)
        same_values(got, wanted)
        plan = arrownd.explain(table, dtype=dtype, **options)
        assert plan.dtype == dtype
        assert plan.nbytes == got.nbytes
    masked = arrownd.to_masked(table, dtype=dtype)
    same_values(masked.values, wanted)


def test_a_structured_dtype_that_is_not_the_fields() -> None:
    table = pa.table({"a": [1, 2], "b": [0.5, 300.5]})
    with ledger() as book:
        for name, dtype, error in (
            ("a name too many", [("a", "i8"), ("b", "f8"), ("c", "f8")], (TypeError, ValueError)),
            ("a name too few", [("a", "i8")], (TypeError, ValueError)),
            ("another name", [("a", "i8"), ("x", "f8")], (TypeError, ValueError)),
            ("no such conversion", [("a", "i8"), ("b", "M8[s]")], arrownd.UnsupportedTypeError),
            ("a loss", [("a", "i8"), ("b", "u1")], arrownd.LossyCastError),
            ("a subarray of a number", [("a", "i8", (2,)), ("b", "f8")], (TypeError, ValueError)),
            ("records of a number", [("a", [("x", "i8")]), ("b", "f8")], (TypeError, ValueError)),
        ):
            with book.entry(name), pytest.raises(error):
                arrownd.to_numpy(table, dtype=dtype)
        with book.entry("of an array"), pytest.raises(arrownd.UnsupportedTypeError):
            arrownd.to_numpy(pa.array([1, 2]), dtype=[("x", "i8")])
        with book.entry("of columns"), pytest.raises(arrownd.UnsupportedTypeError):
            arrownd.to_columns(table, dtype=[("a", "f4"), ("b", "f8")])
        with book.entry("nulls without a place"), pytest.raises(arrownd.NullsError, match='"a"'):
            arrownd.to_numpy(pa.table({"a": [1, None]}), dtype=[("a", "i8")])
        with book.entry("a place for nulls"):
            same_values(
                arrownd.to_numpy(pa.table({"a": [1, None]}), dtype=[("a", "f4")]),
                np.array([(1,), (NAN,)], [("a", "f4")]),
            )


def test_a_nested_structured_dtype() -> None:
    dtype = np.dtype([("f", "f4", (2,)), ("b", [("d", "U3"), ("c", "f8")]), ("e", "i4", (2,)), ("a", "i8")])
    got = arrownd.to_numpy(nested().slice(0, 1), dtype=dtype)
    same_values(got, np.array([([1, 2], ("x", 2.5), [1, 2], 1)], dtype))
    whole = np.dtype([("a", "f8"), ("b", [("c", "f8"), ("d", "O")]), ("e", "f8", (2,)), ("f", "f8", (2,))])
    same_values(arrownd.to_numpy(nested(), dtype=whole), np.array(VALUES, whole))


def test_out() -> None:
    table = pa.table({"a": pa.array([1, 2], pa.int8()), "b": [0.5, 1.5], "s": ["x", None]})
    dtype = np.dtype([("a", "i1"), ("b", "f8"), ("s", "O")])
    wanted = np.array([(1, 0.5, "x"), (2, 1.5, None)], dtype)
    aligned = np.dtype([("a", "i1"), ("b", "f8"), ("s", "O")], align=True)
    with ledger() as book:
        for name, out in {
            "plain": np.zeros(2, dtype), "strided": np.zeros(6, dtype)[::3], "backwards": np.zeros(2, dtype)[::-1],
            "aligned": np.zeros(2, aligned), "a field of records": np.zeros(2, [("q", "i8"), ("r", aligned)])["r"],
        }.items():  # fmt: skip
            with book.entry(name):
                options = {} if out.dtype == dtype else {"dtype": out.dtype}
                assert arrownd.to_numpy(table, structured=True, out=out, **options) is out
                assert out.tolist() == wanted.tolist()
        for bad in (np.zeros(3, dtype), np.zeros((2, 1), dtype), np.zeros(2, "f8"), np.zeros((2, 3))):
            with book.entry(f"{bad.dtype} {bad.shape}"), pytest.raises((TypeError, ValueError)):
                arrownd.to_numpy(table, structured=True, out=bad)


def test_always_a_copy() -> None:
    table = pa.table({"a": [1, 2]})
    got = records(table, np.array([(1,), (2,)], [("a", "i8")]))
    got["a"] = 9
    assert table["a"].to_pylist() == [1, 2]
    assert "order" in [reason.code for reason in arrownd.explain(table, structured=True).reasons]
    with pytest.raises(arrownd.CopyNotAllowedError, match="^copy not allowed: ") as caught:
        arrownd.to_numpy(table, structured=True, allow_copy=False)
    assert caught.value.reasons == arrownd.explain(table, structured=True).reasons
    records(table, np.array([(1,), (2,)], [("a", "i8")]), writable=True)
    codes = [reason.code for reason in arrownd.explain(nested(), structured=True).reasons]
    assert len(codes) == len(set(codes)), "a reason that is given twice"


def test_nothing_in_it() -> None:
    empty = nested().slice(0, 0)
    for options in ({}, {"allow_copy": False}, {"nulls": "masked"}):
        got = arrownd.to_numpy(empty, structured=True, **options)
        assert got.shape == (0,)
        assert got.dtype.names == CLEAN.names
    plan = arrownd.explain(empty, structured=True)
    assert (plan.copies, plan.nbytes, plan.shape) == (False, 0, (0,))
    none = pa.array([{}, None], pa.struct([]))
    got = arrownd.to_numpy(none, structured=True)
    assert got.dtype == np.dtype([])
    assert got.shape == (2,)
    assert arrownd.to_numpy(pa.table({}), structured=True).shape == (0,)


@pytest.mark.parametrize("names", [["a", ""], ["", "a"], ["a", "b", "a"]])
def test_names_that_records_cannot_have(names: list[str]) -> None:
    table = pa.table([pa.array([1])] * len(names), names=names)
    inside = pa.table({"s": pa.StructArray.from_arrays([pa.array([1])] * len(names), names)})
    for obj in (table, inside):
        for call in (arrownd.to_numpy, arrownd.explain):
            with pytest.raises(ValueError, match="twice|name") as caught:
                call(obj, structured=True)
            assert not isinstance(caught.value, arrownd.RaggedError)
    assert arrownd.to_numpy(table).shape == (1, len(names))


def test_names_that_records_can_have() -> None:
    names = ["naïve", "a b", "0", "日本", "a.b", "f0", "x" * 300]
    table = pa.table([pa.array([at]) for at in range(7)], names=names)
    got = arrownd.to_numpy(table, structured=True)
    assert got.dtype.names == tuple(names)
    assert got.tolist() == [tuple(range(7))]


def test_lists_inside() -> None:
    table = pa.table({"a": [1, 2], "r": [[1], [2, 3]]})
    with pytest.raises(arrownd.RaggedError, match=r'"r".*row 1'):
        arrownd.to_numpy(table, structured=True)
    rows = arrownd.to_numpy(table, structured=True, lists="object")
    assert rows.dtype == [("a", "i8"), ("r", "O")]
    assert [row.tolist() for row in rows["r"]] == [[1], [2, 3]]
    records(table, np.array([(1, [1, NAN]), (2, [2, 3])], [("a", "i8"), ("r", "f8", (2,))]), lists="pad")
    padded = np.array([(1, [1, 0, 0]), (2, [2, 3, 0])], [("a", "i8"), ("r", "i8", (3,))])
    records(table, padded, lists="pad", pad_to=3, na_value={"r": 0})
    deep = pa.table({"n": [[[1, 2]], [[3, 4]]]})
    records(deep, np.array([([[1, 2]],), ([[3, 4]],)], [("n", "i8", (1, 2))]))
    structs = pa.table({"l": [[{"x": 1}], [{"x": 2}]]})
    records(structs, np.array([([(1,)],), ([(2,)],)], [("l", [("x", "i8")], (1,))]))


def test_intervals_and_tensors_inside() -> None:
    spans = pa.array([(1, 2, 3), (4, 5, 6)], pa.month_day_nano_interval())
    inner = [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")]
    records(pa.table({"i": spans}), np.array([((1, 2, 3),), ((4, 5, 6),)], [("i", inner)]))
    holes = pa.table({"i": pa.array([(1, 2, 3), None], spans.type), "x": [1, None]})
    records(holes, np.array([((1, 2, 3), 1), (None, NAN)], [("i", "O"), ("x", "f8")]))
    dtype = np.dtype([("i", inner), ("x", "i8")])
    mask = np.zeros(2, np.ma.make_mask_descr(dtype))
    mask[1] = ((True, True, True), True)
    records(holes, np.array([((1, 2, 3), 1), ((0, 0, 0), 0)], dtype), mask=mask, nulls="masked")
    pair = arrownd.to_masked(holes, structured=True)
    assert np.array_equal(pair.mask, mask)
    type = pa.fixed_shape_tensor(pa.int32(), [2, 3], permutation=[1, 0])
    tensor = pa.ExtensionArray.from_storage(type, pa.FixedSizeListArray.from_arrays(pa.array(range(12), pa.int32()), 6))
    cubes = np.arange(12, dtype="i4").reshape(2, 2, 3).transpose(0, 2, 1)
    wanted = np.zeros(2, [("t", "i4", (3, 2))])
    wanted["t"] = cubes
    records(pa.table({"t": tensor}), wanted)


def test_chunks() -> None:
    chunked = pa.chunked_array([nested().slice(0, 1), nested().slice(0, 0), nested().slice(1)])
    records(chunked, np.array(VALUES, MARKED))
    parts = pa.table({"a": pa.chunked_array([[1], [2, 3]]), "b": pa.chunked_array([[1.5, 2.5], [3.5]])})
    records(parts, np.array([(1, 1.5), (2, 2.5), (3, 3.5)], [("a", "i8"), ("b", "f8")]))


def test_dictionaries_and_lists_of_structs() -> None:
    values = pa.array([{"x": 1, "s": "a"}, None, {"x": None, "s": "c"}])
    coded = pa.DictionaryArray.from_arrays(pa.array([2, None, 0, 1], pa.int8()), values)
    dtype = [("x", "f8"), ("s", "O")]
    records(coded, np.array([(NAN, "c"), (NAN, None), (1, "a"), (NAN, None)], dtype))
    lists = pa.array([[{"x": 1}, {"x": 2}], None], pa.list_(pa.struct([("x", pa.int8())])))
    records(lists, np.array([[(1,), (2,)], [(NAN,), (NAN,)]], [("x", "f4")]))


def test_to_columns_makes_records_of_structs() -> None:
    columns = arrownd.to_columns(nested(), structured=True)
    same_values(columns["a"], np.array([1, NAN, NAN, -4], "f4"))
    same_values(columns["b"], np.array([v[1] for v in VALUES], [("c", "f4"), ("d", "O")]))
    assert columns["e"].shape == (4, 2)
    flat = arrownd.to_columns(pa.table({"a": [1, 2]}), structured=True)
    assert not flat["a"].flags.writeable, "a column that is no struct is viewed as ever"


def test_of_a_schema() -> None:
    plan = arrownd.explain(TYPE, structured=True)
    assert plan.dtype.names == CLEAN.names
    assert plan.dtype["a"] == "i1"
    assert plan.dtype_with_nulls["a"] == "f4"
    assert plan.copies is True
    assert plan.shape == (None,)
    lists = arrownd.explain(pa.list_(pa.struct([("a", pa.int32())])), structured=True)
    assert lists.shape == (None, None)


def test_without_a_struct_it_says_nothing() -> None:
    same_values(arrownd.to_numpy(pa.array([1, 2]), structured=True), np.array([1, 2]))
    assert arrownd.explain(pa.array([1, 2]), structured=True).copies is False


def test_the_mask_of_out_has_a_mask_for_each_field() -> None:
    table = pa.table({"a": [1.5, None], "b": [None, 2]})
    values = np.zeros(2, [("a", "f8"), ("b", "i8")])
    with pytest.raises(
        ValueError, match=r"the mask of out has dtype bool .* the result's mask has .*'a', 'bool'.*None"
    ):
        arrownd.to_masked(table, structured=True, out=(values, np.zeros(2, bool)))
    mask = np.zeros(2, [("a", "?"), ("b", "?")])
    got = arrownd.to_masked(table, structured=True, out=(values, mask))
    assert got.mask is mask
    assert mask.tolist() == [(False, True), (True, False)]
