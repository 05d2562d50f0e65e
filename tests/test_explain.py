"""explain: for data and for a schema alone; as text and HTML; immutable, comparable, never consuming."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import attempt, ledger
from arrownd import _core
from cases import CASES
from expected import want
from layouts import LAYOUTS

CODES = {
    "chunked", "nulls", "bit-packed", "widened", "cast", "dictionary", "run-ends", "list-gaps", "offsets", "objects",
    "misaligned", "strided", "byte-order", "order", "requested", "realigned", "borrowed", "optional",
}  # fmt: skip
TYPED = [case for case in CASES if case.type is not None]


def test_reasons_are_a_closed_set() -> None:
    table = _core.reason_table()
    assert [row["code"] for row in table] and {row["code"] for row in table} == CODES
    assert len({(row["code"], row["remedy"]) for row in table}) == len(table)
    for row in table:
        assert row["text"]
        assert row["remedy"]
        assert not row["text"].endswith(".")


@pytest.mark.parametrize("case", TYPED, ids=repr)
def test_of_a_schema(case) -> None:
    """copies is True where the type always copies, else None; rows unknown."""
    for source in (case.type, pa.field("f", case.type)):
        plan = arrownd.explain(source)
        assert plan.dtype == case.dtype
        assert plan.dtype_with_nulls == case.with_nulls
        assert plan.shape == case.schema_shape
        assert plan.nbytes is None
        # Whether the fields of an interval lie side by side in memory, only the data tell.
        certain = not case.view and case.row != "pandas.interval"
        assert plan.copies is (True if certain else None)
        if certain and not case.all_missing:
            assert plan.reasons
        assert bool(plan.notes) is case.noted or not case.noted


@pytest.mark.parametrize("case", TYPED, ids=repr)
def test_options_of_a_schema(case) -> None:
    masked = arrownd.explain(case.type, nulls="masked")
    assert masked.dtype == masked.dtype_with_nulls == case.dtype
    filled = arrownd.explain(case.type, na_value=case.fill)
    assert filled.dtype == filled.dtype_with_nulls == case.dtype
    assert arrownd.explain(case.type, writable=True).copies is True
    if case.view:
        assert "requested" in [r.code for r in arrownd.explain(case.type, writable=True).reasons]


def test_of_a_table_schema() -> None:
    schema = pa.schema([("a", pa.int32()), ("b", pa.float64())])
    plan = arrownd.explain(schema)
    assert plan.dtype == "f8"
    assert plan.shape == (None, 2)
    assert plan.copies is True
    assert [child.name for child in plan.children] == ["a", "b"]
    same = arrownd.explain(pa.schema([("a", pa.int32()), ("b", pa.int32())]))
    assert same.dtype == "i4"
    assert same.dtype_with_nulls == "f8"
    assert same.copies is None
    columns = arrownd.explain(schema, as_columns=True)
    assert columns.dtype is None
    assert [child.dtype for child in columns.children] == ["i4", "f8"]
    assert [child.copies for child in columns.children] == [None, None]
    assert arrownd.explain(schema, columns=["b"]).shape == (None, 1)


@pytest.mark.parametrize("case", TYPED, ids=repr)
def test_the_schema_and_the_data_agree(case) -> None:
    of_schema = arrownd.explain(case.type)
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                plan = arrownd.explain(placed.obj)
                gone = bool(placed.nulls) and not case.all_missing
                assert plan.dtype == (of_schema.dtype_with_nulls if gone else of_schema.dtype)
                assert plan.shape == want(case, placed).values.shape
                assert plan.type == of_schema.type
                if of_schema.copies is True and not placed.empty:
                    assert plan.copies is True
                assert isinstance(plan.copies, bool)
                assert isinstance(plan.nbytes, int)


def test_notes() -> None:
    with ledger() as book:
        for case in CASES:
            with book.entry(case.label):
                plan = arrownd.explain(LAYOUTS[1].of(case).obj)
                assert isinstance(plan.notes, tuple)
                nested = [note for child in plan.children for note in child.notes]
                assert not case.noted or plan.notes or nested, "nothing said of what is lost"
                assert all(isinstance(note, str) and note for note in plan.notes)


def test_attributes_of_a_reason() -> None:
    (reason,) = arrownd.explain(pa.chunked_array([[1], [2]])).reasons
    assert isinstance(reason, arrownd.Reason)
    assert reason.code == "chunked"
    assert "2" in reason.text
    assert reason.remedy
    assert reason.text in str(reason)
    (nulls,) = (r for r in arrownd.explain(pa.array([1, None, None])).reasons if r.code == "nulls")
    assert "2" in nulls.text
    with pytest.raises((AttributeError, TypeError)):
        reason.code = "other"


def test_text() -> None:
    table = pa.table({"amount": [1, None, 3], "flag": [True, False, True], "x": [0.5, 1, 2]})
    plan = arrownd.explain(table, as_columns=True)
    text = str(plan)
    for word in ("amount", "flag", "x", "int64", "bool", "float64", "view", "copy"):
        assert word in text, f"{word} missing from:\n{text}"
    for child in plan.children:
        for reason in child.reasons:
            assert reason.text in text
    assert "\n" in text
    assert repr(plan)
    one = arrownd.explain(pa.array([1, 2]))
    assert "view" in str(one)
    assert "copy" in str(arrownd.explain(pa.array([True])))
    zoned = arrownd.explain(pa.array([0], pa.timestamp("s", "Asia/Tokyo")))
    assert "Asia/Tokyo" in str(zoned)


def test_html() -> None:
    table = pa.table({"<script>&": [1, None], "b": [True, False]})
    html = arrownd.explain(table, as_columns=True)._repr_html_()
    assert html.lstrip().startswith("<")
    assert "<script>" not in html
    assert "&lt;script&gt;&amp;" in html
    assert "view" in arrownd.explain(pa.array([1]))._repr_html_()
    zone = arrownd.explain(pa.array([0], pa.timestamp("s", "<b>x")))._repr_html_()
    assert "<b>x" not in zone


def test_text_of_a_schema() -> None:
    for source in (pa.int64(), pa.bool_(), pa.schema([("a", pa.int8()), ("b", pa.date32())])):
        assert str(arrownd.explain(source))
        assert arrownd.explain(source)._repr_html_()


def test_frozen_equal_and_hashable() -> None:
    array = pa.array([1, None, 3])
    plan, again = arrownd.explain(array), arrownd.explain(pa.array([7, None, 9]))
    assert plan == again
    assert hash(plan) == hash(again)
    assert plan != arrownd.explain(pa.array([1, 2, 3]))
    assert plan != arrownd.explain(array, nulls="masked")
    assert plan != "plan"
    assert len({plan, again, arrownd.explain(pa.array([1]))}) == 2
    for name in ("dtype", "shape", "copies", "nbytes", "anything"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(plan, name, None)
    for name in ("reasons", "notes", "children"):
        assert isinstance(getattr(plan, name), tuple)
    first = plan.reasons[0]
    assert first == again.reasons[0]
    assert hash(first) == hash(again.reasons[0])


def test_a_plan_outlives_its_data() -> None:
    plan = arrownd.explain(pa.table({"a": [1, None], "b": ["x", "y"]}), as_columns=True)
    assert [child.type for child in plan.children] == [str(c) for c in [plan.children[0].type, plan.children[1].type]]
    assert plan.children[0].name == "a"


def test_it_can_be_copied_or_says_it_cannot() -> None:
    plan = arrownd.explain(pa.array([1, None]))
    for again in (copy.copy, copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))):
        twin, refusal = attempt(lambda again=again: again(plan), TypeError)
        assert twin == plan if refusal is None else "Plan" in refusal


def test_a_reader_is_not_consumed() -> None:
    table = pa.table({"a": [1, 2, None], "b": [True, False, True]})
    reader = table.to_reader()
    plan = arrownd.explain(reader)
    assert plan.shape == (None, 2)
    assert plan.nbytes is None
    assert arrownd.explain(reader, as_columns=True).children[1].copies is True
    assert arrownd.to_numpy(reader).shape == (3, 2)


def test_values_are_not_needed() -> None:
    """The plan of lossy values is a plan; the conversion is the error."""
    array = pa.array([2**53 + 1, None])
    assert arrownd.explain(array).dtype == "f8"
    with pytest.raises(arrownd.LossyCastError):
        arrownd.to_numpy(array)


def test_it_tells_rather_than_refuses() -> None:
    for obj in (pa.array([True]), pa.array([1, None]), pa.chunked_array([[1], [2]]), pa.array(["a"])):
        plan = arrownd.explain(obj, allow_copy=False)
        assert plan.copies is True
        assert plan.reasons


def test_bytes() -> None:
    assert arrownd.explain(pa.array([1, None, 3])).nbytes == 24
    assert arrownd.explain(pa.array([1, None, 3], pa.int16())).nbytes == 12
    assert arrownd.explain(pa.array([1, None, 3]), nulls="masked").nbytes == 3
    assert arrownd.explain(pa.array([True, None]), nulls="masked").nbytes == 4
    assert arrownd.explain(pa.array(["a", "b"])).nbytes == 16
    assert arrownd.explain(pa.table({"a": [1, 2], "b": [0.5, None]}), nulls="masked").nbytes == 32 + 4
    assert arrownd.explain(pa.array([1, 2]), writable=True).nbytes == 16


def test_names_and_types() -> None:
    table = pa.table({"a": pa.array([1], pa.int8()), "b": [[1, 2]]}).set_column(
        1, "b", pa.array([[1, 2]], pa.list_(pa.int8(), 2))
    )
    plan = arrownd.explain(table)
    assert [child.name for child in plan.children] == ["a", "b"]
    assert plan.children[0].type.lower() == "int8"
    assert plan.name is None
    assert isinstance(plan.type, str)


@pytest.mark.parametrize("obj", [5, "x", [1, 2], None, object()], ids=lambda obj: type(obj).__name__)
def test_what_it_does_not_take(obj) -> None:
    with pytest.raises(TypeError, match="__arrow_c_"):
        arrownd.explain(obj)


def test_numpy_dtypes_are_numpy_dtypes() -> None:
    plan = arrownd.explain(pa.array([1, None]))
    assert isinstance(plan.dtype, np.dtype)
    assert isinstance(arrownd.explain(pa.int8()).dtype_with_nulls, np.dtype)
