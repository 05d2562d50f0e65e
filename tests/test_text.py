"""Text and bytes: str and bytes objects, StringDType, U and S."""

from __future__ import annotations

import sys
import threading
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import Want, address_of, check_memory, check_plan, expected_mask, ledger
from cases import CASES
from cases.case import ranges_of
from layouts import LAYOUTS

StringDType = np.dtypes.StringDType
TEXT = [case for case in CASES if case.row in ("utf8", "large_utf8", "utf8_view", "arrow.json")]
BYTES = [case for case in CASES if case.row in ("binary", "large_binary", "binary_view", "fixed_size_binary")]
STRINGS = [
    StringDType(), StringDType(coerce=False), StringDType(na_object=None), StringDType(na_object=np.nan),
    StringDType(na_object="gone", coerce=False),
]  # fmt: skip
TYPES = [pa.utf8(), pa.large_utf8(), pa.string_view()]
# Inline in views and in StringDType, at the edge of both, beyond; up to four bytes a character.
EDGES = ["", "a", "\x00", "é", "0" * 11, "0" * 12, "0" * 13, "0" * 15, "0" * 16, "é" * 6, "é" * 7 + "a", "é" * 8,
         "日本語", "😀" * 3, "😀" * 4, "a\x00b", "x" * 255, "x" * 256, "ż" * 1000, "\U0010ffff"]  # fmt: skip


def has_na(dtype: StringDType) -> bool:
    return hasattr(dtype, "na_object")


def listed(array: np.ndarray, na: object = None) -> list:
    """The elements, a StringDType's own marker as `na`; NaN doesn't equal itself."""
    return [na if v is None or v != v else v for v in array.reshape(-1).tolist()]


def converted(obj, want: list, dtype, mask: np.ndarray | None = None, ranges=(), **options) -> np.ndarray:
    """Converts, and holds result and plan to each other and to the values that are wanted."""
    plan = arrownd.explain(obj, dtype, **options)
    got = arrownd.to_numpy(obj, dtype, **options)
    data, mask_bytes = got, 0
    if options.get("nulls") == "masked":
        assert isinstance(got, np.ma.MaskedArray)
        data = got.data
        if mask is not None and mask.any():
            assert np.array_equal(got.mask, expected_mask(data.dtype, mask))
            mask_bytes = got.mask.nbytes
        else:
            assert got.mask is np.ma.nomask
        kept = np.ones(len(want), bool) if mask is None else ~mask
        assert [v for v, k in zip(data.tolist(), kept, strict=True) if k] == [
            v for v, k in zip(want, kept, strict=True) if k
        ]
        assert all(not v for v, k in zip(data.tolist(), kept, strict=True) if not k), "something under the mask"
        assert np.array(got.fill_value, data.dtype) == got.fill_value, "a fill value that the dtype can't hold"
    else:
        assert listed(data) == want
    if isinstance(dtype, StringDType):
        assert data.dtype == dtype
    expect = Want(values=data, view=False, ranges=tuple(ranges))
    check_memory(data, expect, plain=not options.get("nulls"))
    check_plan(plan, data, mask_bytes, expect)
    return got


@pytest.mark.parametrize("dtype", STRINGS, ids=str)
@pytest.mark.parametrize("case", TEXT, ids=repr)
def test_string_dtype_in_every_layout(case, dtype) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                texts = case.objects[placed.idx].tolist()
                gone = np.broadcast_to(placed.missing, placed.length)
                with_none = [None if g else t for t, g in zip(texts, gone, strict=True)]
                filled = ["f" if g else t for t, g in zip(texts, gone, strict=True)]
                converted(placed.obj, filled, dtype, ranges=placed.ranges, na_value="f")
                converted(placed.obj, texts, dtype, gone, ranges=placed.ranges, nulls="masked")
                if not gone.any():
                    converted(placed.obj, texts, dtype, ranges=placed.ranges)
                elif has_na(dtype):
                    na = dtype.na_object
                    want = [na if isinstance(na, str) and t is None else t for t in with_none]
                    converted(placed.obj, want, dtype, ranges=placed.ranges)
                else:
                    with pytest.raises(arrownd.NullsError, match="na_object"):
                        arrownd.to_numpy(placed.obj, dtype)
                    with pytest.raises(arrownd.NullsError, match="na_object"):
                        arrownd.explain(placed.obj, dtype)


@pytest.mark.parametrize("case", TEXT, ids=repr)
def test_unicode_in_every_layout(case) -> None:
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                texts = case.objects[placed.idx].tolist()
                gone = np.broadcast_to(placed.missing, placed.length)
                filled = ["filled" if g else t for t, g in zip(texts, gone, strict=True)]
                there = ["" if g else t for t, g in zip(texts, gone, strict=True)]
                got = converted(placed.obj, filled, "U", ranges=placed.ranges, na_value="filled")
                assert got.dtype == np.array(filled, "U").dtype
                got = converted(placed.obj, texts, "U", gone, ranges=placed.ranges, nulls="masked")
                assert got.dtype == np.array(there, "U").dtype
                got = converted(placed.obj, filled, "U40", ranges=placed.ranges, na_value="filled")
                assert got.dtype == "U40"
                got = arrownd.to_numpy(placed.obj, "U3", na_value="fil", safe=False)
                assert got.dtype == "U3"
                assert got.tolist() == np.array(filled, "U3").tolist()
                if gone.any():
                    with pytest.raises(arrownd.NullsError, match="na_value"):
                        arrownd.to_numpy(placed.obj, "U")


@pytest.mark.parametrize("case", BYTES, ids=repr)
def test_byte_strings_in_every_layout(case) -> None:
    """A trailing NUL is lost in S, so that is taken off first: NumPy itself can't keep it."""
    with ledger() as book:
        for layout in LAYOUTS:
            with book.entry(layout.name):
                placed = layout.of(case)
                gone = np.broadcast_to(placed.missing, placed.length)
                values = [
                    b"\xffill"[:1] if g else v for v, g in zip(case.objects[placed.idx].tolist(), gone, strict=True)
                ]
                options = {"na_value": b"\xff"} if gone.any() else {}
                if any(v.endswith(b"\0") for v in values):
                    with pytest.raises(arrownd.LossyCastError, match="NUL"):
                        arrownd.to_numpy(placed.obj, "S", **options)
                    options["safe"] = False
                got = arrownd.to_numpy(placed.obj, "S", **options)
                assert got.tolist() == np.array(values, "S").tolist()
                width = max([1, *map(len, values)])
                if case.row == "fixed_size_binary":
                    width = max(width, placed.obj.type.byte_width)
                assert got.dtype == f"S{width}"
                plan = arrownd.explain(placed.obj, "S", **options)
                check_plan(plan, got, 0, Want(values=got, view=False))


@pytest.mark.parametrize("type", TYPES, ids=str)
@pytest.mark.parametrize("repeats", [1, 2000])
def test_edges(type: pa.DataType, repeats: int) -> None:
    """Beyond 16384 values the GIL is let go, from 4096 on repeated values are looked for."""
    texts = EDGES * repeats
    array = pa.array(texts, type)
    for pieces in (array, array.slice(3), pa.chunked_array([array.slice(0, 7), array.slice(7)])):
        want = pieces.to_pylist()
        assert arrownd.to_numpy(pieces).tolist() == want
        assert arrownd.to_numpy(pieces, StringDType()).tolist() == want
        unsafe = arrownd.to_numpy(pieces, "U", safe=False)
        assert np.array_equal(unsafe, np.array(want, "U"))
    missing = np.arange(len(texts)) % 7 == 3
    holey = pa.array(texts, type, mask=missing)
    want = [None if gone else t for t, gone in zip(texts, missing, strict=True)]
    assert arrownd.to_numpy(holey).tolist() == want
    assert arrownd.to_numpy(holey, StringDType(na_object=None)).tolist() == want
    assert (
        arrownd.to_numpy(holey, "U", na_value="!", safe=False).tolist()
        == np.array(["!" if t is None else t for t in want], "U").tolist()
    )


def placed(texts: list, form: str) -> pa.Array:
    """Values in buffers that end with the last one, or one in a dictionary; what is None has bytes all the same."""
    raw = [b"\x00hidden" if t is None else t.encode() for t in texts]
    valid = pa.py_buffer(np.packbits([t is not None for t in texts], bitorder="little").tobytes())
    if form == "views":
        return pa.array(texts, pa.string_view())
    if form == "keys":
        pool = list(dict.fromkeys(texts))
        return pa.DictionaryArray.from_arrays(pa.array([pool.index(t) for t in texts]), pa.array(pool))
    type, width = (pa.large_utf8(), "i8") if form == "large" else (pa.utf8(), "i4")
    offsets = np.cumsum([0, *map(len, raw)]).astype(width)
    valid = None if None not in texts else valid
    buffers = [valid, pa.py_buffer(offsets.tobytes()), pa.py_buffer(b"".join(raw))]
    return pa.Array.from_buffers(type, len(texts), buffers)


# One to four bytes a character, alone and mixed; few of them among ASCII.
ALPHABETS = [
    "abcdefg",
    "aébcßd",
    "éßñ",
    "日本語文",
    "😀🙂",
    "a日é😀b",
    "abcdefghijklmnopqrstuvwxyz" * 3 + "é",
    "a\x00b",
]


@pytest.mark.parametrize("form", ["small", "large", "views", "keys"])
@pytest.mark.parametrize("alphabet", ALPHABETS)
def test_unicode_of_any_length(form: str, alphabet: str) -> None:
    """Sixteen bytes are written at once, by instructions that the CPU has: every length on either side of that."""
    rng = np.random.default_rng(len(alphabet))
    for most in [1, 3, 8, 9, 15, 16, 17, 19, 31, 33, 64, 100]:
        for count in [1, 2, 63, 64, 65, 200]:
            lengths = rng.integers(0, most + 1, count)
            begins = rng.integers(0, len(alphabet), count)
            texts = [(alphabet * 101)[b : b + n].rstrip("\0") for b, n in zip(begins, lengths, strict=True)]
            want = np.array(texts, "U")
            got = arrownd.to_numpy(placed(texts, form), "U")
            assert got.dtype == want.dtype
            assert np.array_equal(got, want)
            if count > 2:
                assert np.array_equal(arrownd.to_numpy(placed(texts, form)[1:-1], "U"), np.array(texts[1:-1], "U"))
            wide = np.full((count, 2), "?" * (most + 5), f"U{most + 5}")
            arrownd.to_numpy(placed(texts, form), wide.dtype, out=wide[:, 0])
            assert wide[:, 0].tolist() == texts
            assert (wide[:, 1] == "?" * (most + 5)).all(), "written beside the element"
            cut = arrownd.to_numpy(placed(texts, form), f"U{max(1, most // 2)}", safe=False)
            assert np.array_equal(cut, want.astype(cut.dtype))
            holey = [None if gone else t for t, gone in zip(texts, rng.random(count) < 0.2, strict=True)]
            there = ["" if t is None else t for t in holey]
            masked = arrownd.to_numpy(placed(holey, form), "U", nulls="masked")
            assert masked.dtype == np.array(there, "U").dtype
            assert masked.data.tolist() == there
            filled = ["né" if t is None else t for t in holey]
            assert arrownd.to_numpy(placed(holey, form), "U", na_value="né").tolist() == filled
            if alphabet.isascii():
                raw = arrownd.to_numpy(placed(texts, form), "S")
                assert np.array_equal(raw, np.array([t.encode() for t in texts], "S"))
                cut = arrownd.to_numpy(placed(texts, form), f"S{max(1, most // 2)}", safe=False)
                assert np.array_equal(cut, np.array([t.encode() for t in texts], cut.dtype))


@pytest.mark.parametrize("type", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_byte_strings_of_any_length(type: pa.DataType) -> None:
    rng = np.random.default_rng(0)
    for most in [1, 7, 15, 16, 17, 33, 100]:
        raw = [rng.integers(1, 256, n).astype("u1").tobytes() for n in rng.integers(0, most + 1, 150)]
        assert arrownd.to_numpy(pa.array(raw, type), "S").tolist() == np.array(raw, "S").tolist()
        holey = [None if i % 3 == 0 else value for i, value in enumerate(raw)]
        want = [b"\xfe" if value is None else value for value in holey]
        assert arrownd.to_numpy(pa.array(holey, type), "S", na_value=b"\xfe").tolist() == want


@pytest.mark.parametrize("distinct", [1, 3, 100, 3000, 30000])
@pytest.mark.parametrize("size", [3, 8, 16, 17, 40])
def test_repeated_values_are_told_apart(distinct: int, size: int) -> None:
    """Same ends, same lengths: what differs is in the middle."""
    pool = [
        f"{i:03}".center(size, "-")[:size] if distinct < 1000 else f"{i:05}".center(size, "-") for i in range(distinct)
    ]
    picks = np.random.default_rng(distinct).integers(0, distinct, 30000)
    texts = [pool[i] for i in picks]
    assert arrownd.to_numpy(pa.array(texts)).tolist() == texts
    raw = [t.encode() for t in texts]
    assert arrownd.to_numpy(pa.array(raw)).tolist() == raw


def test_repeated_values_share_an_object() -> None:
    got = arrownd.to_numpy(pa.array(["again and again", "once in a while"] * 5000))
    assert len({id(v) for v in got}) == 2
    assert sys.getrefcount(got[0]) >= 5000


def test_na_object_is_the_arrays_own() -> None:
    marker = object()
    dtype = StringDType(na_object=marker)
    got = arrownd.to_numpy(pa.array(["a", None]), dtype)
    assert got.dtype.na_object is marker
    assert got[1] is marker
    assert arrownd.explain(pa.array(["a", None]), dtype).dtype.na_object is marker
    # One dtype object makes many arrays, each with strings of its own.
    again = arrownd.to_numpy(pa.array(["b" * 100, None]), dtype)
    assert got.tolist() == ["a", marker]
    assert again.tolist() == ["b" * 100, marker]


def test_a_table_of_strings() -> None:
    table = pa.table({"x": ["a", "bbbb"], "y": ["cc", None]})
    assert arrownd.to_numpy(table, StringDType(na_object=None)).tolist() == [["a", "cc"], ["bbbb", None]]
    for order in "CF":
        got = arrownd.to_numpy(table, "U", na_value={"y": "filled"}, order=order)
        assert got.dtype == "U6"
        assert got.tolist() == [["a", "cc"], ["bbbb", "filled"]]
        assert got.flags.c_contiguous is (order == "C")
        strings = arrownd.to_numpy(table, StringDType(), na_value="-", order=order)
        assert strings.tolist() == [["a", "cc"], ["bbbb", "-"]]
    columns = arrownd.to_columns(table, "U", na_value={"y": "filled"})
    assert {name: column.dtype.str[1:] for name, column in columns.items()} == {"x": "U4", "y": "U6"}
    plan = arrownd.explain(table, StringDType(na_object=None), as_columns=True)
    assert [child.dtype for child in plan.children] == [StringDType(na_object=None)] * 2
    assert arrownd.to_numpy(table.select([]), "U").dtype == "U1"
    with pytest.raises(arrownd.UnsupportedTypeError, match="'n'|\"n\""):
        arrownd.to_numpy(pa.table({"x": ["a"], "n": [1]}), "U")


def test_lists_of_strings() -> None:
    array = pa.array([["a", "bbb"], ["", "日本"]], pa.list_(pa.utf8(), 2))
    assert arrownd.to_numpy(array, "U").tolist() == [["a", "bbb"], ["", "日本"]]
    assert arrownd.to_numpy(array, StringDType()).tolist() == [["a", "bbb"], ["", "日本"]]


def test_schemas() -> None:
    field = pa.field("x", pa.utf8())
    for dtype, with_nulls in (("U", None), ("S", None), ("U7", None), (StringDType(), None), (STRINGS[2], STRINGS[2])):
        plan = arrownd.explain(field, dtype)
        assert plan.dtype == np.dtype(dtype)
        assert plan.dtype_with_nulls == with_nulls
        assert plan.nbytes is None
        assert plan.copies is True


def test_everything_missing_or_empty() -> None:
    for type in (*TYPES, pa.null()):
        gone = pa.array([None, None], type)
        assert arrownd.to_numpy(gone, "U", na_value="").dtype == "U1"
        assert arrownd.to_numpy(gone, "U", na_value="abc").tolist() == ["abc", "abc"]
        assert arrownd.to_numpy(gone, StringDType(na_object=None)).tolist() == [None, None]
        assert arrownd.to_numpy(gone, StringDType(), na_value="x").tolist() == ["x", "x"]
        assert arrownd.to_numpy(gone, "U", nulls="masked").dtype == "U1"
        assert arrownd.to_numpy(pa.array([], type), "U").dtype == "U1"
        assert arrownd.to_numpy(pa.array([], type), "S").dtype == "S1"
    assert arrownd.to_numpy(pa.array(["", ""]), "U").dtype == "U1"


def test_plans_of_other_strings_differ() -> None:
    array = pa.array(["a"])
    plans = [arrownd.explain(array, dtype) for dtype in (StringDType(), StringDType(na_object=None), STRINGS[3])]
    assert plans[0] == arrownd.explain(array, StringDType())
    assert plans[1] != plans[0]
    assert plans[1] != plans[2]


LOSSES = [
    (["abc", "abcd"], "U3", "'abcd' at position 1", "abc"), (["ab", "日本語テキスト"], "U4", "'日本語テキスト' at position 1", "日本語テ"),
    (["x", "a\x00"], "U", "position 1", "a"), (["x", "a\x00"], "U5", "position 1", "a"), (["x", "\x00"], "U", "position 1", ""),
    ([b"ab", b"abc"], "S2", "b'abc' at position 1", b"ab"), ([b"x", b"a\x00"], "S", "position 1", b"a"),
    (["x", "abc"], "S2", "'abc' at position 1", b"ab"), (["x" * 500, ""], "U3", "\\.\\.\\.", ""),
]  # fmt: skip


@pytest.mark.parametrize(("values", "dtype", "says", "cut"), LOSSES)
def test_losses(values: list, dtype: str, says: str, cut: object) -> None:
    with pytest.raises(arrownd.LossyCastError, match=says):
        arrownd.to_numpy(pa.array(values), dtype)
    assert arrownd.to_numpy(pa.array(values), dtype, safe=False)[1] == cut


def test_ascii_only_in_byte_strings() -> None:
    """As `np.array(list_of_str, "S")`; there is no other way to cut or round it, so safe=False changes nothing."""
    for safe in (True, False):
        with pytest.raises(arrownd.LossyCastError, match="'naïve' at position 1.*\"U\""):
            arrownd.to_numpy(pa.array(["a", "naïve"]), "S", safe=safe)
    got = arrownd.to_numpy(pa.array(["a", "naive"]), "S")
    assert got.dtype == "S5"
    assert got.tolist() == [b"a", b"naive"]


@pytest.mark.parametrize(
    ("array", "dtype"),
    [(pa.array([1, 2]), "U"), (pa.array([1.5]), "S"), (pa.array([True]), StringDType()), (pa.array([b"a"]), "U"),
     (pa.array([b"a"]), StringDType()), (pa.array([b"aa"], pa.binary(2)), "U"), (pa.array([0], pa.date32()), "U"),
     (pa.array(["a"]), "f8"), (pa.array(["a"]), "V1"), (pa.array([b"aa"], pa.binary(2)), StringDType())],
)  # fmt: skip
def test_refused(array: pa.Array, dtype: object) -> None:
    for call in (arrownd.to_numpy, arrownd.explain):
        with pytest.raises(arrownd.UnsupportedTypeError):
            call(array, dtype)


@pytest.mark.parametrize("fill", [1, b"a", np.nan, None, 1.5])
def test_fills_that_are_no_text(fill: object) -> None:
    for dtype in ("U", "U9", StringDType()):
        with pytest.raises(arrownd.LossyCastError, match="na_value"):
            arrownd.to_numpy(pa.array(["a", None]), dtype, na_value=fill)
    # Without a null it isn't looked at.
    assert arrownd.to_numpy(pa.array(["a"]), "U", na_value=fill).tolist() == ["a"]


def test_fills_that_dont_fit() -> None:
    holey = pa.array(["a", None])
    for dtype, fill in (("U2", "abc"), ("U9", "a\x00"), ("S", "é"), ("S2", "abc"), ("S9", "a\x00")):
        with pytest.raises(arrownd.LossyCastError, match="na_value"):
            arrownd.to_numpy(holey, dtype, na_value=fill)
    assert arrownd.to_numpy(holey, "S", na_value="none").tolist() == [b"a", b"none"]
    assert arrownd.to_numpy(holey, "S", na_value=b"\xff\xff").tolist() == [b"a", b"\xff\xff"]
    assert arrownd.to_numpy(holey, "U", na_value=np.str_("日本")).tolist() == ["a", "日本"]


INVALID = [b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80", b"\x80", b"twelve bytes and \xfe more"]


@pytest.mark.parametrize("raw", INVALID)
@pytest.mark.parametrize("type", TYPES, ids=str)
@pytest.mark.parametrize("at", [0, 5, 63, 64, 20000])
def test_invalid_utf8_names_its_position(raw: bytes, type: pa.DataType, at: int) -> None:
    values = [b"fine"] * at + [raw] + [b"after"] * 3
    storage = {pa.utf8(): pa.binary(), pa.large_utf8(): pa.large_binary(), pa.string_view(): pa.binary_view()}[type]
    plain = pa.array(values, storage)
    buffers = plain.buffers()
    array = pa.Array.from_buffers(type, len(plain), buffers)
    targets = [object, StringDType(), f"U{40}", "S40"]
    for dtype in targets:
        with pytest.raises(arrownd.InvalidArrowError, match=f"UTF-8.*position {at}"):
            arrownd.to_numpy(array, dtype)
    for dtype in targets:
        assert arrownd.to_numpy(array.slice(at + 1), dtype).tolist() in (["after"] * 3, [b"after"] * 3)


def test_characters_cut_apart_are_no_text() -> None:
    """Both halves are UTF-8 together, and neither is alone."""
    offsets = pa.array([0, 1, 2, 3], pa.int32()).buffers()[1]
    array = pa.Array.from_buffers(pa.utf8(), 3, [None, offsets, pa.py_buffer("aé".encode())])
    for dtype in (object, StringDType(), "U", "S"):
        with pytest.raises(arrownd.InvalidArrowError, match="position 1"):
            arrownd.to_numpy(array, dtype)


def test_garbage_under_a_null_is_not_looked_at() -> None:
    offsets = pa.array([0, 1, 3, 4], pa.int32()).buffers()[1]
    valid = pa.py_buffer(b"\x05")
    array = pa.Array.from_buffers(pa.utf8(), 3, [valid, offsets, pa.py_buffer(b"a\xff\xffb")])
    assert arrownd.to_numpy(array).tolist() == ["a", None, "b"]
    assert arrownd.to_numpy(array, StringDType(na_object=None)).tolist() == ["a", None, "b"]
    assert arrownd.to_numpy(array, "U", na_value="").tolist() == ["a", "", "b"]
    assert arrownd.to_numpy(array, "S", na_value="").tolist() == [b"a", b"", b"b"]
    assert arrownd.to_numpy(array, "U", na_value="").dtype == "U1"


@pytest.mark.parametrize("n", [10, 20000])
def test_out(n: int) -> None:
    texts = [f"{i} and so on" * (i % 3) for i in range(n)]
    array = pa.array(texts)
    for dtype in (StringDType(), StringDType(na_object=None), "U40", "S40"):
        out = np.array(["old " * (i % 10) for i in range(2 * n)]).astype(dtype)[::-2]
        assert arrownd.to_numpy(array, dtype, out=out) is out
        assert out.astype("U40").tolist() == texts
        assert arrownd.explain(array, dtype, out=out).nbytes == 0
    holes = pa.array([None if i % 2 else t for i, t in enumerate(texts)])
    out = np.array(["old " * 10] * n, StringDType(na_object=None))
    arrownd.to_numpy(holes, out.dtype, out=out)
    assert out.tolist() == holes.to_pylist()
    values, mask = np.array(["old " * 10] * n, StringDType()), np.zeros(n, bool)
    got = arrownd.to_masked(holes, StringDType(), out=(values, mask))
    assert got.values is values
    assert values.tolist() == ["" if i % 2 else t for i, t in enumerate(texts)]
    assert mask.tolist() == [bool(i % 2) for i in range(n)]


def test_out_of_another_kind() -> None:
    array = pa.array(["a", "b"])
    out = np.empty(2, StringDType(na_object=None))
    for dtype in (StringDType(), StringDType(na_object=np.nan), "U", None):
        with pytest.raises(ValueError, match="out has dtype"):
            arrownd.to_numpy(array, dtype, out=out)
    with pytest.raises(ValueError, match="out has dtype"):
        arrownd.to_numpy(array, "U", out=np.empty(2, "U9"))


def test_misaligned_out() -> None:
    memory = np.zeros(100, "u1")
    out = memory[1:61].view("U5")
    assert not out.flags.aligned
    arrownd.to_numpy(pa.array(["abc", "", "日本語テキ"]), "U5", out=out)
    assert out.tolist() == ["abc", "", "日本語テキ"]


def test_json_is_text() -> None:
    array = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": 1}', None, "[]"]))
    assert arrownd.to_numpy(array).tolist() == ['{"a": 1}', None, "[]"]
    assert arrownd.to_numpy(array, StringDType(na_object=None)).tolist() == ['{"a": 1}', None, "[]"]
    assert arrownd.to_numpy(array, "U", na_value="").tolist() == ['{"a": 1}', "", "[]"]


def test_fixed_size_binary_is_as_wide_as_its_type() -> None:
    array = pa.array([b"ab", b"cd"], pa.binary(2))
    got = arrownd.to_numpy(array, "S")
    assert got.dtype == "S2"
    assert got.tolist() == [b"ab", b"cd"]
    assert arrownd.to_numpy(array.slice(2), "S").dtype == "S2"
    assert arrownd.to_numpy(pa.array([b""], pa.binary(0)), "S").dtype == "S1"
    assert address_of(got) not in {low for low, _ in ranges_of(array)}


def test_masked_fill_values_can_be_held() -> None:
    for dtype in ("U1", "U2", "U3", "S1", "S2", "S3", StringDType()):
        got = arrownd.to_numpy(pa.array(["a", None]), dtype, nulls="masked")
        assert got.filled().tolist()[0] == got.data.tolist()[0]
        assert np.array([got.fill_value], got.dtype)[0] == got.fill_value


def test_threads_share_arrays_and_dtypes() -> None:
    """The strings' lock is never held by someone who waits for the GIL."""
    dtype = StringDType()
    array = pa.array([f"text number {i}, long enough for the arena" for i in range(30000)])
    shared = np.empty(30000, dtype)
    done = []

    def work() -> None:
        for _ in range(5):
            mine = arrownd.to_numpy(array, dtype)
            arrownd.to_numpy(array, dtype, out=shared)
            done.append(mine[-1] == shared[-1])

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert done == [True] * 20


def test_nothing_leaks() -> None:
    texts = [f"text {i % 50} {'x' * (i % 300)}" for i in range(20000)]
    good, bad = pa.array(texts), pa.array([*texts, "naïve"])
    dtype = StringDType(na_object=None)
    fill = "a fill of its own"

    def work() -> None:
        arrownd.to_numpy(good)
        arrownd.to_numpy(good, dtype)
        arrownd.to_numpy(good, "U")
        arrownd.to_numpy(pa.array(["a", None]), na_value=fill)
        with pytest.raises(arrownd.LossyCastError):
            arrownd.to_numpy(bad, "S")

    work()
    tracemalloc.start()
    try:
        work()
        before, references = tracemalloc.get_traced_memory()[0], sys.getrefcount(fill)
        for _ in range(5):
            work()
        assert tracemalloc.get_traced_memory()[0] - before < 50_000
        assert sys.getrefcount(fill) == references
    finally:
        tracemalloc.stop()
