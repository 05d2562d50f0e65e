"""from_numpy: records become structs."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from dense import BIG, address, arrow_of, start

MANY = np.dtype(
    [
        ("i", "i4"),
        ("b", "?"),
        ("big", BIG + "f8"),
        ("sub", "u2", (2, 3)),
        ("inner", [("t", "M8[us]"), ("deep", [("c", "c8")])]),
        ("day", "M8[D]"),
        ("raw", "V3"),
    ]
)


def filled(dtype: np.dtype, n: int) -> np.ndarray:
    raw = np.random.default_rng(n).integers(0, 2, n * dtype.itemsize, np.uint8)
    records = raw.view(dtype)
    records["day"] = np.arange(n).astype("M8[D]")
    return records


@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("n", [0, 1, 65, 3000])
def test_nested_with_subarrays_and_padding(n: int, align: bool) -> None:
    dtype = np.dtype(MANY.descr, align=align)
    records = filled(MANY, n).astype(dtype)
    array = arrow_of(records)
    assert array.type == pa.struct(
        {
            "i": pa.int32(),
            "b": pa.bool_(),
            "big": pa.float64(),
            "sub": pa.list_(pa.list_(pa.uint16(), 3), 2),
            "inner": pa.struct({"t": pa.timestamp("us"), "deep": pa.struct({"c": pa.list_(pa.float32(), 2)})}),
            "day": pa.date32(),
            "raw": pa.binary(3),
        }
    )
    assert array.null_count == 0
    for name in ("i", "b", "sub"):
        assert array.field(name).to_pylist() == records[name].tolist()
    np.testing.assert_array_equal(np.array(array.field("big").to_pylist()), records["big"])
    assert array.field("inner").field("t").cast(pa.int64()).to_pylist() == records["inner"]["t"].view("i8").tolist()
    assert array.field("raw").to_pylist() == [bytes(value.item()) for value in records["raw"]]
    parts = array.field("inner").field("deep").field("c").flatten()
    np.testing.assert_array_equal(parts.to_numpy(), records["inner"]["deep"]["c"].copy().view("f4"))


def test_one_field_without_padding_is_shared() -> None:
    records = np.array([(1,), (2,), (3,)], [("x", "i8")])
    array = arrow_of(records, allow_copy=False)
    assert array.to_pylist() == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert start(array) == address(records)
    padded = np.zeros(3, {"names": ["x"], "formats": ["i8"], "itemsize": 16})
    assert {reason.code for reason in arrownd.explain(padded).reasons} == {"strided"}


def test_every_field_has_its_reasons() -> None:
    plan = arrownd.explain(np.zeros(3, [("a", "i4"), ("b", BIG + "i4"), ("c", "?")]))
    codes = {child.name: {reason.code for reason in child.reasons} for child in plan.children}
    assert codes["a"] >= {"strided"}
    assert codes["b"] >= {"strided", "byte-order"}
    assert codes["c"] == {"strided", "bit-packed"}
    assert plan.children[0].type == "int32"
    assert plan.type == "struct of 3 fields"
    with pytest.raises(arrownd.CopyNotAllowedError, match='field "a"'):
        arrownd.from_numpy(np.zeros(3, "i4,i4").astype([("a", "i4"), ("b", "i4")]), allow_copy=False)


def test_strided_reversed_and_subclassed() -> None:
    records = filled(MANY, 40)
    whole = arrow_of(records)
    assert arrow_of(records[::-1]).to_pylist() == whole.to_pylist()[::-1]
    assert arrow_of(records[5::3]).to_pylist() == whole.to_pylist()[5::3]
    assert arrow_of(records.view(np.recarray)).equals(whole)


def test_titles_are_left_out() -> None:
    records = np.array([(1, 2.0)], [(("the title", "x"), "i4"), ("y", "f8")])
    assert arrow_of(records).to_pylist() == [{"x": 1, "y": 2.0}]


def test_fields_that_overlap() -> None:
    both = np.dtype({"names": ["word", "low"], "formats": ["<u4", "u1"], "offsets": [0, 0], "itemsize": 4})
    records = np.array([258], "<u4").view(both)
    assert arrow_of(records).to_pylist() == [{"word": 258, "low": 2}]


def test_no_fields() -> None:
    array = arrow_of(np.zeros(3, []))
    assert array.type == pa.struct([])
    assert len(array) == 3


def test_several_dimensions() -> None:
    records = np.arange(6).view([("x", "i8")]).reshape(3, 2)
    array = arrow_of(records, allow_copy=False)
    assert array.type == pa.list_(pa.struct({"x": pa.int64()}), 2)
    assert array.to_pylist() == [[{"x": 0}, {"x": 1}], [{"x": 2}, {"x": 3}], [{"x": 4}, {"x": 5}]]
    nested = np.zeros((2, 3), [("a", "i2", (2,)), ("b", [("c", "?")], (2,))])
    nested["a"] = np.arange(12).reshape(2, 3, 2)
    nested["b"]["c"][1, 2, 1] = True
    read = arrow_of(nested)
    assert read.type.value_type.field("b").type == pa.list_(pa.struct({"c": pa.bool_()}), 2)
    assert read.to_pylist()[1][2] == {"a": [10, 11], "b": [{"c": False}, {"c": True}]}
    assert arrow_of(nested.T).to_pylist()[2][1] == {"a": [10, 11], "b": [{"c": False}, {"c": True}]}


class TestMasks:
    dtype = np.dtype([("a", "i4"), ("b", "f8", (2,)), ("c", [("x", "u1"), ("y", "M8[s]")])])

    def records(self) -> np.ma.MaskedArray:
        values = np.zeros(3, self.dtype)
        values["a"] = [1, 2, 3]
        mask = [(0, (1, 0), (0, 1)), (1, (0, 0), (0, 0)), (1, (1, 1), (1, 1))]
        return np.ma.array(values, mask=mask)

    def test_field_by_field(self) -> None:
        """What NumPy masks are fields: a record of masked fields is no null."""
        array = arrow_of(self.records())
        assert array.null_count == 0
        assert array.field("a").to_pylist() == [1, None, None]
        assert array.field("b").to_pylist() == [[None, 0.0], [0.0, 0.0], [None, None]]
        assert array.field("c").field("x").to_pylist() == [0, 0, None]
        assert array.field("c").field("y").is_null().to_pylist() == [True, False, True]

    def test_given_apart(self) -> None:
        records = self.records()
        assert arrow_of(records.data, mask=records.mask).equals(arrow_of(records))

    def test_of_whole_records(self) -> None:
        values = self.records().data
        array = arrow_of(values, mask=np.array([True, False, True]))
        assert array.null_count == 2
        assert array.is_null().to_pylist() == [True, False, True]
        assert array.field("a").to_pylist() == [1, 2, 3]
        both = arrow_of(self.records(), mask=np.array([True, False, False]))
        assert both.to_pylist()[0] is None
        assert both.to_pylist()[1]["a"] is None

    def test_of_another_dtype(self) -> None:
        with pytest.raises(TypeError, match="mask has dtype .* has to be bool"):
            arrownd.from_numpy(np.zeros(2, self.dtype), mask=np.zeros(2, [("a", "?"), ("z", "?")]))

    def test_in_rows_of_several(self) -> None:
        values = np.ma.masked_all((2, 2), [("a", "i4")])
        values["a"][0, 0] = 5
        array = arrow_of(values)
        assert array.to_pylist() == [[{"a": 5}, {"a": None}], [{"a": None}, {"a": None}]]
        rows = arrow_of(values.data, mask=np.array([[True, False], [False, True]]))
        assert rows.values.is_null().to_pylist() == [True, False, False, True]


def test_what_is_refused_names_the_field() -> None:
    records = np.zeros(2, [("fine", "i4"), ("outer", [("x", "g")])])
    with pytest.raises(arrownd.UnsupportedTypeError, match='field "outer.x": no conversion from'):
        arrownd.from_numpy(records)
    late = np.zeros(2, [("outer", [("d", "M8[D]")])])
    late["outer"]["d"][1] = np.datetime64(2**40, "D")
    with pytest.raises(
        arrownd.LossyCastError, match=r'field "outer.d": datetime64\(1099511627776, \'D\'\) at position 1'
    ):
        arrownd.from_numpy(late)


def test_types_by_field() -> None:
    records = np.array([(True, 5)], [("flag", "?"), ("when", "i8")])
    kind = pa.struct([("flag", pa.bool8()), ("when", pa.timestamp("s"))])
    array = arrow_of(records, type=kind)
    assert array.type == kind
    assert array.field("when").cast(pa.int64()).to_pylist() == [5]


class TestIntervals:
    """Records that have the parts of one of Arrow's intervals become it, where `type=` asks for it."""

    kinds = [
        (pa.month_day_nano_interval(), [("months", "i4"), ("days", "i4"), ("nanoseconds", "i8")]),
        ("day_time_interval", [("days", "i4"), ("milliseconds", "i4")]),
    ]

    @pytest.mark.parametrize(("kind", "parts"), kinds)
    def test_packed_is_shared(self, kind: object, parts: list) -> None:
        records = filled_intervals(parts, 50)
        assert arrownd.explain(records, type=kind).copies is False
        result = arrownd.from_numpy(records, type=kind, allow_copy=False)
        back = arrownd.to_numpy(result)
        assert back.dtype == records.dtype
        np.testing.assert_array_equal(back, records)
        assert address(back) == address(records)

    @pytest.mark.parametrize(("kind", "parts"), kinds)
    def test_anything_else_is_copied(self, kind: object, parts: list) -> None:
        records = filled_intervals(parts, 50)
        laid = {
            "strided": (np.repeat(records, 2)[::2], {"strided"}),
            "padded": (records.astype({"names": [n for n, _ in parts], "formats": [f for _, f in parts],
                                       "offsets": [4, 16, 24][: len(parts)], "itemsize": 40}), {"strided"}),
            "swapped": (records.astype([(name, BIG + form) for name, form in parts]), {"byte-order"}),
            "another order": (records[[name for name, _ in parts][::-1]], {"strided"}),
        }  # fmt: skip
        for name, (own, reasons) in laid.items():
            plan = arrownd.explain(own, type=kind)
            assert {reason.code for reason in plan.reasons} == reasons, name
            assert plan.nbytes == records.nbytes, name
            back = arrownd.to_numpy(arrownd.from_numpy(own, type=kind))
            np.testing.assert_array_equal(back, records, name)
            assert not np.shares_memory(back, own)
            with pytest.raises(arrownd.CopyNotAllowedError):
                arrownd.from_numpy(own, type=kind, allow_copy=False)

    @pytest.mark.parametrize(("kind", "parts"), kinds)
    def test_masks(self, kind: object, parts: list) -> None:
        records = np.ma.array(filled_intervals(parts, 50))
        records[3] = np.ma.masked
        result = arrownd.from_numpy(records, type=kind, allow_copy=False)
        assert result.null_count == 1
        back = arrownd.to_numpy(result, nulls="masked")
        assert back.mask[3].item() == (True,) * len(parts)
        rows = arrownd.from_numpy(records.data, type=kind, mask=np.arange(50) < 2)
        assert rows.null_count == 2
        records.mask["days"][7] = True
        with pytest.raises(ValueError, match="an interval is masked in part"):
            arrownd.from_numpy(records, type=kind)

    def test_without_type_they_are_structs(self) -> None:
        assert arrow_of(filled_intervals(self.kinds[0][1], 3)).type.names == ["months", "days", "nanoseconds"]


def filled_intervals(parts: list, n: int) -> np.ndarray:
    records = np.zeros(n, parts)
    for i, (name, _) in enumerate(parts):
        records[name] = np.arange(n) * (i + 1) - 9
    return records
