"""Arrays, lists and tuples in the cells of an object array: lists, at any depth."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal as D

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from arrownd import ArrowndError, LossyCastError, UnsupportedTypeError, from_numpy, to_numpy
from cases.case import objects_of
from dense import arrow


def objects(*values):
    return objects_of(values)


@pytest.mark.parametrize("dtype", ["i1", "u8", "f2", "f4", "f8", "bool", "M8[s]", "m8[ns]", "M8[D]"])
def test_cells_of_one_dtype_keep_it(dtype):
    cells = [np.arange(3).astype(dtype), None, np.arange(1).astype(dtype), np.array([], dtype)]
    made = arrow(objects(*cells))
    assert made.type == pa.list_(pa.array(cells[0]).type)
    assert made.to_pylist() == [None if cell is None else pa.array(cell).to_pylist() for cell in cells]
    assert made.null_count == 1


def test_cells_of_any_strides_and_byte_order():
    base = np.arange(12, dtype="i4")
    cells = [base[::3], base[::-1], base.astype(">i4")[2:4], base.reshape(3, 4)[:, 1], np.broadcast_to(base[5], 2)]
    made = arrow(objects(*cells))
    assert made.type == pa.list_(pa.int32())
    assert made.to_pylist() == [cell.tolist() for cell in cells]


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        ("i1", "i8", "i8"),
        ("u1", "i2", "i2"),
        ("f2", "f8", "f8"),
        ("f4", "f2", "f4"),
        ("u4", "i4", "i8"),
        ("<i4", ">i4", "i4"),
    ],
)
def test_widths_within_a_kind_are_promoted(first, second, common):
    made = arrow(objects(np.array([1, 2], first), np.array([3], second)))
    assert made.type == pa.list_(pa.from_numpy_dtype(np.dtype(common)))
    assert made.to_pylist() == [[1, 2], [3]]


def test_int64_beside_uint64_is_what_the_values_allow():
    made = arrow(objects(np.array([1], "u8"), np.array([2], "i8")))
    assert made.equals(pa.array([[1], [2]], pa.list_(pa.int64())))
    made = arrow(objects(np.array([2**63], "u8"), np.array([2], "i8")))
    assert made.equals(pa.array([[2**63], [2]], pa.list_(pa.uint64())))
    with pytest.raises(LossyCastError, match=r"9223372036854775808 \(beside -1 at position 1, item 0\)"):
        from_numpy(objects(np.array([2**63], "u8"), np.array([-1], "i8")))


def test_cells_of_two_kinds_are_errors_that_name_both():
    with pytest.raises(UnsupportedTypeError, match="int64 at position 0, item 0 and float64 at position 2, item 0"):
        from_numpy(objects(np.array([1, 2]), None, np.array([1.5])))
    with pytest.raises(UnsupportedTypeError, match="int at position 0, item 1 and str at position 1, item 0"):
        from_numpy(objects([None, 1], ["a"]))
    with pytest.raises(UnsupportedTypeError, match="list at position 0 and int at position 1"):
        from_numpy(objects([1], 2))
    with pytest.raises(UnsupportedTypeError, match="ndarray at position 0 and float at position 1"):
        from_numpy(objects(np.array([1]), 2.0))


def test_empty_cells_don_t_count():
    made = arrow(objects(np.array([]), np.array([1, 2]), [], ()))
    assert made.equals(pa.array([[], [1, 2], [], []], pa.list_(pa.int64())))
    assert arrow(objects(np.array([]), np.array([1, 2]))).type == pa.list_(pa.int64())
    assert arrow(objects([], None)).type == pa.list_(pa.null())
    assert arrow(objects(np.array([], "i2"), np.array([], "i2"))).type == pa.list_(pa.int16())


@pytest.mark.parametrize("kind", ["U", "S", "T", "O"])
def test_cells_of_text(kind):
    cells = [np.array(["a", "bcd"]).astype(kind), np.array(["longer than that", ""]).astype(kind), None]
    made = arrow(objects(*cells))
    assert made.type == pa.list_(pa.binary() if kind == "S" else pa.string())
    assert made.to_pylist() == [None if cell is None else cell.tolist() for cell in cells]


def test_masks_of_cells_are_nulls():
    made = arrow(objects(np.ma.array([1, 2, 3], mask=[False, True, False]), np.array([4]), np.ma.array([5])))
    assert made.equals(pa.array([[1, None, 3], [4], [5]]))


def test_cells_of_more_dimensions_are_lists_of_lists():
    made = arrow(objects(np.eye(2), np.ones((1, 3)), None, np.zeros((0, 4))))
    assert made.type == pa.list_(pa.list_(pa.float64()))
    assert made.to_pylist() == [[[1.0, 0.0], [0.0, 1.0]], [[1.0, 1.0, 1.0]], None, []]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_matrix_is_a_list_of_its_rows():
    assert arrow(objects(np.matrix([[1, 2], [3, 4]]))).to_pylist() == [[[1, 2], [3, 4]]]


def test_arrays_lists_and_tuples_mix():
    made = arrow(objects(np.array([1, 2], "i1"), [3, None], (4,), np.array([5, None], object)))
    assert made.equals(pa.array([[1, 2], [3, None], [4], [5, None]], pa.list_(pa.int64())))


def test_lists_of_every_kind():
    values = [[dt.date(2020, 1, 1), None], [], None]
    assert arrow(objects(*values)).equals(pa.array(values))
    values = [[D("1.5")], [D("-22.25"), None]]
    assert arrow(objects(*values)).equals(pa.array(values))
    values = [[[["a"], None], []], None, [[[]]]]
    assert arrow(objects(*values)).equals(pa.array(values))


def test_nan_in_lists_is_as_in_columns():
    made = arrow(objects(["a", float("nan")], [None]))
    assert made.equals(pa.array([["a", None], [None]]))
    made = arrow(objects([1.5, float("nan")], [None]))
    assert made.values.null_count == 1 and np.isnan(made[0][1].as_py())
    assert arrow(objects([1.5, float("nan")]), nan_as_null=True).equals(pa.array([[1.5, None]]))


def test_positions_are_those_of_the_row():
    with pytest.raises(LossyCastError, match=r"18446744073709551616 \(item 1\) at position 2"):
        from_numpy(objects([1], None, [2, 2**64]))
    with pytest.raises(LossyCastError, match=r"lone surrogate, \(item 0, item 1\) at position 1"):
        from_numpy(objects([], [["a", "\ud800"]]))
    with pytest.raises(UnsupportedTypeError, match="objects of object at position 1, item 0, item 2"):
        from_numpy(objects([], [[None, None, object()]]))


def test_masked_rows_are_not_looked_at():
    made = arrow(objects([1], "x", object(), [2]), mask=np.array([False, True, True, False]))
    assert made.equals(pa.array([[1], None, None, [2]]))


def test_a_list_that_holds_itself_is_an_error():
    endless = []
    endless.append(endless)
    with pytest.raises(UnsupportedTypeError, match="more than 128 deep"):
        from_numpy(objects(endless))
    deep = 1
    for _ in range(50):
        deep = [deep]
    made = arrow(objects(deep))
    assert made.to_pylist() == [deep]


def test_zero_dimensional_cells_are_errors():
    with pytest.raises(UnsupportedTypeError, match="a 0-d array at position 1"):
        from_numpy(objects(None, np.array(5)))


def test_cells_are_copied():
    cell = np.array([1, 2, 3])
    made = arrow(objects(cell))
    cell[0] = 9
    assert made.to_pylist() == [[1, 2, 3]]


def test_errors_of_iteration_pass():
    class Broken(np.ndarray):
        def __array__(self, *args, **kwargs):
            raise ZeroDivisionError("odd")

        def __iter__(self):
            raise ZeroDivisionError("odd")

    cell = np.arange(3).view(Broken)
    try:
        made = arrow(objects(cell))
    except ZeroDivisionError:
        return
    assert made.to_pylist() == [[0, 1, 2]]


def test_dicts_ask_for_a_type():
    with pytest.raises(UnsupportedTypeError, match="a dict at position 1 .*type="):
        from_numpy(objects(None, {"a": 1}))


STRUCT = pa.struct([("a", pa.int8()), ("b", pa.list_(pa.string()))])


def test_dicts_are_structs_where_a_struct_is_asked_for():
    values = [{"a": 1, "b": ["x", None]}, None, {"b": []}, {"a": None, "b": None}, {}]
    made = arrow(objects(*values), type=STRUCT)
    assert made.equals(pa.array(values, STRUCT))


def test_keys_that_no_field_has_are_errors():
    with pytest.raises(UnsupportedTypeError, match="the key 'c' at position 1"):
        from_numpy(objects({"a": 1}, {"c": 1}), type=STRUCT)
    with pytest.raises(UnsupportedTypeError, match="the key 5 at position 0"):
        from_numpy(objects({5: 1}), type=STRUCT)


def test_values_of_keys_are_checked():
    with pytest.raises(LossyCastError, match=r"300 .*key \"a\".* at position 1"):
        from_numpy(objects({"a": 1}, {"a": 300}), type=STRUCT)


@pytest.mark.parametrize(
    "form", [dict, lambda pairs: list(pairs.items()), lambda pairs: [list(p) for p in pairs.items()]]
)
def test_dicts_and_pairs_are_maps_where_a_map_is_asked_for(form):
    map_type = pa.map_(pa.string(), pa.int16())
    values = [{"a": 1, "b": None}, None, {}]
    made = arrow(objects(*(None if v is None else form(v) for v in values)), type=map_type)
    assert made.equals(pa.array([None if v is None else list(v.items()) for v in values], map_type))


def test_maps_refuse_what_is_no_pair():
    map_type = pa.map_(pa.string(), pa.int16())
    for value, what in [
        ([("a",)], "no pair"),
        ([5], "object of int"),
        ([(None, 1)], "a key of None"),
        ([None], "None"),
    ]:
        with pytest.raises(UnsupportedTypeError, match=f"{what} at position 1, item 0"):
            from_numpy(objects([], value), type=map_type)


@pytest.mark.parametrize(
    ("wanted", "values"),
    [
        ("month_day_nano_interval", [(1, -2, 2**63 - 1), None, (0, 0, -5)]),
        ("day_time_interval", [(1, -2), None, [0, 5]]),
    ],
)
def test_tuples_are_intervals_where_these_are_asked_for(wanted, values):
    made = from_numpy(objects(*values), type=wanted)
    assert to_numpy(made, dtype=object).tolist() == [None if value is None else tuple(value) for value in values]
    if wanted.startswith("month"):
        assert pa.array(made).equals(pa.array(values, pa.month_day_nano_interval()))


def test_intervals_refuse_other_tuples():
    month_day_nano = pa.month_day_nano_interval()
    for value in [(1, 2), (1, 2, 3, 4), (1, None, 3), []]:
        with pytest.raises(
            UnsupportedTypeError, match=r"an object at position 1 that isn't \(months, days, nanoseconds\)"
        ):
            from_numpy(objects(None, value), type=month_day_nano)
    with pytest.raises(LossyCastError, match="2147483648 at position 0"):
        from_numpy(objects((2**31, 0, 0)), type=month_day_nano)
    with pytest.raises(TypeError):
        from_numpy(objects((1.5, 0, 0)), type=month_day_nano)


def test_a_naive_datetime_is_no_moment():
    naive = dt.datetime(2020, 1, 1)
    for array in (objects(naive), objects(naive.replace(tzinfo=dt.timezone.utc), naive)):
        with pytest.raises(UnsupportedTypeError, match="without a zone at position [01]"):
            from_numpy(array, type=pa.timestamp("us", "Europe/Paris"))
        made = arrow(array, type=pa.timestamp("us", "Europe/Paris"), safe=False)
        assert made.equals(pa.array(list(array), pa.timestamp("us", "Europe/Paris")))


@pytest.mark.parametrize("wanted", [pa.int8(), pa.string(), pa.list_(pa.int8()), pa.timestamp("us"), pa.bool_()])
def test_nothing_but_nan_is_null_under_a_type_without_nan(wanted):
    made = arrow(objects(float("nan"), None, np.float32("nan")), type=wanted)
    assert made.type == wanted
    assert made.null_count == 3


WANTED = [
    ([1, None, 3], pa.int8()),
    ([1, 2.5, None], pa.float64()),
    ([1, 2.5, None], pa.float32()),
    ([2**70, 1], pa.decimal128(38, 2)),
    ([D("1.5"), 2, None], pa.decimal128(10, 3)),
    ([5, None], pa.decimal32(5, 2)),
    ([D("15"), None], pa.int8()),
    ([2**70], pa.decimal256(50, 2)),
    ([dt.time(1, 2, 3, 4000)], pa.time32("ms")),
    ([dt.time(1, 2, 3, 4), None], pa.time64("ns")),
    ([dt.date(2020, 1, 1), None], pa.date64()),
    ([dt.datetime(2020, 1, 1), None], pa.date32()),
    ([dt.timedelta(1, 0, 1)], pa.duration("ns")),
    ([dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)], pa.timestamp("ns", "Europe/Paris")),
    (["a", "a", "b"], pa.run_end_encoded(pa.int32(), pa.string())),
    ([b"a" * 16, None], pa.uuid()),
    ([b"a", None], pa.string()),
    (["{}", None], pa.json_()),
    ([1.5, None], pa.float16()),
    ([None, None], pa.list_(pa.int8())),
    ([], pa.timestamp("ns", "UTC")),
    ([dt.datetime(2020, 1, 1)], pa.timestamp("ns")),
    (["a", "b", "a", None], pa.dictionary(pa.int32(), pa.string())),
    (["a", None], pa.large_string()),
    (["a", None], pa.string_view()),
    ([b"ab", None, b"cd"], pa.binary(2)),
    ([[1], None, []], pa.large_list(pa.int16())),
    ([[1, 2], None, [3, 4]], pa.list_(pa.int16(), 2)),
    ([[1], None, []], pa.list_view(pa.int16())),
    ([[1.5, 2], None], pa.list_(pa.float32())),
    ([[{"a": 1}], None], pa.list_(pa.struct([("a", pa.int8())]))),
    ([["a", "b"], ["a"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
]


@pytest.mark.parametrize(("values", "wanted"), WANTED, ids=[str(wanted) for _, wanted in WANTED])
def test_type_steers(values, wanted):
    made = arrow(objects(*values), type=wanted)
    assert made.type == wanted
    assert made.to_pylist() == pa.array(values, wanted).to_pylist()


def test_type_makes_one_zone_of_many():
    paris = dt.timezone(dt.timedelta(hours=1))
    moments = [dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), dt.datetime(2020, 1, 1, 1, tzinfo=paris)]
    made = arrow(objects(*moments), type=pa.timestamp("us", "UTC"))
    assert made.equals(pa.array([moments[0]] * 2, pa.timestamp("us", "UTC")))


def test_what_the_type_can_t_hold_is_an_error_with_its_position():
    for values, wanted, what in [
        ([1, None, 300], pa.int8(), "300 at position 2"),
        ([1.5, 2**53 + 1], pa.float64(), "9007199254740993 at position 1"),
        ([1.5, 10**400], pa.float64(), "0000 at position 1"),
        ([D("1.55")], pa.decimal128(5, 1), "1.55.* at position 0"),
        ([b"ab", b"c"], pa.binary(2), "bytes of length 1 at position 1"),
        ([[1], [2, 300]], pa.list_(pa.int8()), r"300 \(item 1\) at position 1"),
    ]:
        with pytest.raises(LossyCastError, match=what):
            from_numpy(objects(*values), type=wanted)


@pytest.mark.parametrize(
    ("value", "wanted"), [("a", pa.int64()), (1, pa.string()), ([1], pa.int64()), (1, pa.list_(pa.int64()))]
)
def test_no_conversion_between_kinds(value, wanted):
    with pytest.raises(UnsupportedTypeError):
        from_numpy(objects(value), type=wanted)


CELLS = st.sampled_from(["i1", "i8", "u4", "f4", "f8", ">i2", "bool"]).flatmap(
    lambda dtype: st.lists(
        st.none() | npst.arrays(dtype, st.integers(0, 9)).map(lambda cell: cell[::-2] if len(cell) % 2 else cell),
        max_size=30,
    )
)


@given(CELLS)
def test_ragged_arrays_there_and_back(cells):
    made = arrow(objects(*cells))
    back = to_numpy(made, lists="object")
    assert len(back) == len(cells)
    if all(cell is None for cell in cells):
        assert made.null_count == len(cells)
        return
    dtype = next(cell.dtype for cell in cells if cell is not None)
    for cell, row in zip(cells, back, strict=True):
        if cell is None:
            assert row is None
        else:
            np.testing.assert_array_equal(row, cell)
            assert row.dtype == dtype.newbyteorder("=")


@given(st.recursive(st.none() | st.integers(-9, 9), lambda inner: st.lists(inner, max_size=4), max_leaves=12))
def test_nested_lists_are_as_pyarrow_has_them_or_errors(value):
    try:
        made = arrow(objects(value))
    except ArrowndError:
        with pytest.raises(pa.ArrowInvalid):
            pa.array([value])
        return
    assert made.equals(pa.array([value]))
