"""explain of NumPy input: the words of from_numpy, and a plan that says what happens."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from arrownd import _core
from dense import BIG, SHARED, arrow_of


def test_as_text() -> None:
    values = np.arange(1000)
    values.flags.writeable = False
    assert str(arrownd.explain(values)) == "numpy int64 (1000,) -> int64: view"
    assert str(arrownd.explain(values.reshape(10, 100)[:, ::-1])).splitlines()[0] == (
        "numpy int64 (10, 100) -> fixed_size_list[int64, 100]: copy, 8.0 kB allocated"
    )
    table = arrownd.explain({"a": values, "b": values[::-1]})
    assert str(table).splitlines()[:3] == [
        "numpy 2 arrays -> struct of 2 fields: 1 copied, 1 viewed, 8.0 kB allocated",
        "├─ a  int64  int64  view",
        "└─ b  int64  int64  copy  8.0 kB  strided",
    ]
    assert "<code>numpy int64 (1000,) -&gt; int64: view</code>" in arrownd.explain(values)._repr_html_()


def test_attributes() -> None:
    values = np.ma.masked_equal(np.arange(12, dtype=BIG + "i4").reshape(3, 4), 5)
    plan = arrownd.explain(values)
    assert plan.type == "fixed_size_list[int32, 4]"
    assert plan.dtype == values.dtype
    assert plan.shape == (3, 4)
    assert plan.copies is True
    assert [reason.code for reason in plan.reasons] == ["byte-order"]
    assert plan.nbytes == 12 * 4 + 2
    assert plan.notes == ("values are missing: a bitmap of 2 bytes is made beside them",)
    assert plan.children == ()
    assert plan.name is None


def test_of_records() -> None:
    dtype = np.dtype([("a", "i4"), ("b", [("c", "?")])])
    plan = arrownd.explain(np.zeros((2, 3), dtype))
    assert plan.dtype == dtype
    assert plan.shape == (2, 3)
    assert plan.type == "fixed_size_list[struct of 2 fields, 3]"
    assert [(child.name, child.type, child.shape) for child in plan.children] == [
        ("a", "int32", (6,)),
        ("b", "struct of 1 field", (6,)),
    ]
    assert plan.children[1].children[0].type == "bool"


def test_equal_and_frozen() -> None:
    one, other = arrownd.explain(np.arange(3)), arrownd.explain(np.arange(3))
    assert one == other and hash(one) == hash(other)
    assert one != arrownd.explain(np.arange(4))
    assert one != arrownd.explain(np.arange(3), on_writable="copy")
    with pytest.raises(AttributeError):
        one.copies = True


@pytest.mark.parametrize("dtype", [*SHARED, "bool", "M8[D]", "m8[W]", "c16", "V4"])
def test_of_every_dtype(dtype: str) -> None:
    """`arrow_of` holds the plan against what happens: views, copies, bytes."""
    for n in (0, 1, 70):
        values = np.zeros(n, dtype)
        for laid in (values, values[::-1], values.astype(values.dtype.newbyteorder(BIG)), values.reshape(n, 1)):
            arrow_of(laid)
            arrow_of(laid, on_writable="copy")


def test_names_and_masks() -> None:
    values = np.arange(6.0).reshape(3, 2)
    plan = arrownd.explain(values, names=["a", "b"], mask=np.eye(3, 2, dtype=bool))
    assert plan.type == "struct of 2 fields"
    assert plan.shape == (3, 2)
    assert [child.nbytes for child in plan.children] == [25, 25]


def test_nothing_is_consumed_or_changed() -> None:
    values = np.array([1.0, np.nan])
    before = values.tobytes()
    arrownd.explain(values, nan_as_null=True, on_writable="freeze")
    assert values.tobytes() == before
    assert values.flags.writeable


def test_errors_are_those_of_from_numpy() -> None:
    for words in ({"on_writable": "x"}, {"names": ["a"]}, {"mask": [True]}, {"type": 3}):
        with pytest.raises((ValueError, TypeError)) as from_numpy:
            arrownd.from_numpy(np.arange(3), **words)
        with pytest.raises(type(from_numpy.value)) as explain:
            arrownd.explain(np.arange(3), **words)
        assert str(explain.value) == str(from_numpy.value)


@pytest.mark.parametrize(
    "words",
    [{"dtype": "f4"}, {"nulls": "masked"}, {"structured": True}, {"out": np.zeros(3)}, {"order": "C"}, {"lists": "pad"},
     {"as_columns": True}, {"columns": ["a"]}, {"na_value": None}, {"writable": True}],
)  # fmt: skip
def test_words_of_to_numpy_have_no_place(words: dict) -> None:
    with pytest.raises(TypeError, match=f"{next(iter(words))}= is a word of to_numpy, and has no place beside NumPy"):
        arrownd.explain(np.arange(3), **words)


@pytest.mark.parametrize(
    "words",
    [{"type": "int32"}, {"names": ["a"]}, {"mask": [True]}, {"nan_as_null": True}, {"on_writable": "view"}],
)
def test_words_of_from_numpy_have_no_place(words: dict) -> None:
    with pytest.raises(TypeError, match=f"{next(iter(words))}= is a word of from_numpy, and has no place beside Arrow"):
        arrownd.explain(pa.array([1]), **words)


def test_the_table_has_what_is_made() -> None:
    """A row for each dtype, with the type that it becomes and whether memory is shared."""
    table = {row["dtype"]: row for row in _core.dense_type_table()}
    assert len(table) == len(_core.dense_type_table())
    for name, row in table.items():
        if name in ("S{n}", "U{n}", "StringDType()", "object", "[('a', ...), ...]"):
            continue
        for dtype in examples(name):
            values = np.zeros(3, dtype)
            plan = arrownd.explain(values)
            assert plan.copies is not row["view"], name
            assert plan.type == row["type"].replace("[unit]", f"[{unit(dtype)}]").replace("[n]", "[5]"), name


def examples(name: str) -> list[np.dtype]:
    if "[" not in name:
        return [np.dtype(name.replace("{n}", "5"))]
    kind, rest = name.split("[", 1)
    if kind in ("datetime64", "timedelta64") and ", ..." in rest:
        return [np.dtype(f"{kind}[25s]"), np.dtype(f"{kind}[7ms]")]
    return [np.dtype(f"{kind}[{unit}]") for unit in rest.rstrip("]").split(", ")]


def unit(dtype: np.dtype) -> str:
    return np.datetime_data(dtype)[0] if dtype.kind in "mM" else ""
