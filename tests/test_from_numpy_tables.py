"""from_numpy: dicts of arrays and matrices with names become structs, which are record batches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import address, arrow_of, start


def test_a_dict_of_arrays() -> None:
    arrays = {
        "i": np.arange(4),
        "m": np.ma.array([1.0, 2.0, 3.0, 4.0], mask=[0, 1, 0, 0]),
        "d": np.array(["2024-01-01", "NaT"] * 2, "M8[D]"),
        "n": np.arange(8).reshape(4, 2),
    }
    array = arrow_of(arrays)
    assert array.type.names == list(arrays)
    assert array.field("i").to_pylist() == [0, 1, 2, 3]
    assert array.field("m").to_pylist() == [1.0, None, 3.0, 4.0]
    assert array.field("d").null_count == 2
    assert array.field("n").to_pylist() == arrays["n"].tolist()
    for name in ("i", "m", "n"):
        assert start(array.field(name)) == address(np.asarray(arrays[name].data if name == "m" else arrays[name]))
    batch = pa.record_batch(arrownd.from_numpy(arrays))
    assert batch.schema.names == list(arrays)
    assert batch.num_rows == 4
    assert batch.column("i").to_pylist() == [0, 1, 2, 3]


def test_a_dict_in_a_dict() -> None:
    array = arrow_of({"a": {"b": np.arange(2), "c": {}}, "x": np.ones(2)} | {"a": {"b": np.arange(2)}})
    assert array.to_pylist() == [{"a": {"b": 0}, "x": 1.0}, {"a": {"b": 1}, "x": 1.0}]


def test_empty_dicts() -> None:
    array = arrow_of({})
    assert array.type == pa.struct([])
    assert len(array) == 0
    rows = arrow_of({"a": np.zeros(0), "b": np.zeros((0, 3))}, allow_copy=False)
    assert len(rows) == 0


def test_lengths_that_differ() -> None:
    with pytest.raises(ValueError, match='field "b" has 3 rows, and the others have 2: pass arrays of one length'):
        arrownd.from_numpy({"a": np.zeros(2), "b": np.zeros(3)})


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"a": [1, 2]}, r"list is no NumPy array: pass np\.asarray\(x\)"),
        ({"a": np.float64(1)}, r"numpy\.float64 is no NumPy array: pass np\.asarray\(\[x\]\)"),
        ({1: np.zeros(2)}, "the names of fields are str, and 1 isn't"),
        ({"a": pa.array([1])}, "pyarrow.lib.Int64Array is no NumPy array: it is Arrow data already"),
    ],
)
def test_what_is_no_array(arrays: dict, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        arrownd.from_numpy(arrays)


def test_masks_by_name() -> None:
    arrays = {"a": np.arange(3), "b": np.arange(3.0)}
    array = arrow_of(arrays, mask={"b": np.array([True, False, False])})
    assert array.field("a").null_count == 0
    assert array.field("b").to_pylist() == [None, 1.0, 2.0]
    with pytest.raises(ValueError, match="mask has a field 'c', and the arrays haven't"):
        arrownd.from_numpy(arrays, mask={"c": np.zeros(3, bool)})
    with pytest.raises(TypeError, match="beside a dict of arrays it is a dict of masks by name"):
        arrownd.from_numpy(arrays, mask=np.zeros(3, bool))


def test_the_field_that_copies_is_named() -> None:
    arrays = {"a": np.arange(3), "b": np.arange(6)[::2]}
    with pytest.raises(arrownd.CopyNotAllowedError, match='^copy not allowed: field "b": the values are not next'):
        arrownd.from_numpy(arrays, allow_copy=False)
    plan = arrownd.explain(arrays)
    assert [child.copies for child in plan.children] == [False, True]
    assert plan.copies is True
    assert plan.dtype is None and plan.shape is None


@pytest.mark.parametrize("dtype", ["f8", "i4", "u1", "M8[us]"])
@pytest.mark.parametrize("shape", [(5, 3), (1000, 10), (3000, 1), (1, 4), (0, 3), (4097, 7)])
def test_columns_of_a_matrix(shape: tuple[int, int], dtype: str) -> None:
    values = np.arange(np.prod(shape)).astype(dtype).reshape(shape)
    names = [f"c{i}" for i in range(shape[1])]
    columns = np.asfortranarray(values)
    array = arrow_of(columns, names=names, allow_copy=False)
    assert array.type.names == names
    for i, name in enumerate(names):
        assert array.field(name).equals(pa.array(values[:, i]))
        if shape[0]:
            assert start(array.field(name)) == address(columns[:, i])
    assert arrow_of(values, names=names).equals(array)
    copies = arrownd.explain(values, names=names).copies
    assert copies is (shape[0] > 1 and shape[1] > 1)


def test_columns_in_two_orders_of_memory() -> None:
    wide = np.asfortranarray(np.arange(40.0).reshape(8, 5))
    array = arrow_of(wide[:, ::-2], names=["a", "b", "c"], allow_copy=False)
    assert start(array.field("a")) == address(wide[:, 4])
    assert array.field("c").to_pylist() == wide[:, 0].tolist()


def test_columns_with_masks() -> None:
    values = np.ma.masked_equal(np.arange(6).reshape(3, 2), 3)
    array = arrow_of(values, names=["a", "b"])
    assert array.field("a").to_pylist() == [0, 2, 4]
    assert array.field("b").to_pylist() == [1, None, 5]
    both = arrow_of(values, names=["a", "b"], mask=np.eye(3, 2, dtype=bool))
    assert both.field("a").to_pylist() == [None, 2, 4]


def test_columns_of_bools_and_days() -> None:
    bools = np.eye(70, 3, dtype=bool)
    assert arrow_of(bools, names=list("abc")).field("b").to_pylist() == bools[:, 1].tolist()
    days = np.arange(6).astype("M8[D]").reshape(3, 2)
    assert arrow_of(days, names=list("ab")).field("b").to_pylist() == days[:, 1].tolist()


def test_a_record_batch_of_a_matrix() -> None:
    batch = pa.record_batch(arrownd.from_numpy(np.zeros((2, 2)), names=["x", "y"]))
    assert batch.to_pydict() == {"x": [0.0, 0.0], "y": [0.0, 0.0]}


@pytest.mark.parametrize(
    ("array", "names", "error", "text"),
    [
        (np.zeros(3), ["a"], ValueError, "two dimensions, and this one has 1"),
        (np.zeros((3, 2, 2)), ["a", "b"], ValueError, "two dimensions, and this one has 3"),
        (np.zeros((3, 2)), ["a"], ValueError, "names has 1 names, and the array has 2 columns"),
        (np.zeros((3, 2)), ["a", "a"], ValueError, 'names has "a" twice'),
        (np.zeros((3, 2)), "ab", TypeError, "a list of names, not one name"),
        (np.zeros((3, 2)), ["a", 1], TypeError, "names is a list of str, and has a int"),
        ({"a": np.zeros(3)}, ["a"], TypeError, "names= has no place beside a dict"),
        (
            np.zeros((3, 2), [("x", "i4")]),
            ["a", "b"],
            TypeError,
            "names= has no place beside .* whose fields have names",
        ),
    ],
)
def test_bad_names(array: object, names: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        arrownd.from_numpy(array, names=names)


def test_types_by_name() -> None:
    kind = pa.schema([("a", pa.timestamp("s")), ("b", pa.bool8())])
    array = arrow_of({"a": np.arange(2), "b": np.array([True, False])}, type=kind, allow_copy=False)
    assert array.type == pa.struct(list(kind))
    matrix = np.asfortranarray(np.arange(4).reshape(2, 2))
    named = arrow_of(matrix, names=["a", "b"], type=pa.schema([("a", pa.timestamp("s")), ("b", pa.int64())]))
    assert named.field("a").type == pa.timestamp("s")
