"""Errors: their classes, and messages that say what, where, and what to do instead."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import ledger

CLASSES = {
    "CopyNotAllowedError": (RuntimeError, ValueError),
    "NullsError": (ValueError,),
    "LossyCastError": (ValueError,),
    "RaggedError": (ValueError,),
    "UnsupportedTypeError": (TypeError,),
    "InvalidArrowError": (ValueError,),
}


@pytest.mark.parametrize("name", CLASSES)
def test_classes(name: str) -> None:
    error = getattr(arrownd, name)
    assert issubclass(error, arrownd.ArrowndError)
    for base in CLASSES[name]:
        assert issubclass(error, base)
    for other in (TypeError, ValueError, RuntimeError):
        assert issubclass(error, other) is (other in CLASSES[name]), other
    assert error.__module__.split(".")[0] == "arrownd"
    assert error.__doc__


def test_the_root() -> None:
    assert issubclass(arrownd.ArrowndError, Exception)
    assert not issubclass(arrownd.ArrowndError, (ValueError, TypeError, RuntimeError))


def nested(values, type) -> pa.Table:
    return pa.table({"outer": pa.array([{"inner": v} for v in values], pa.struct([("inner", type)]))})


# What goes wrong -> (call, class, words that the message must hold)
FAILURES = {
    "a copy of bits": (lambda: arrownd.to_numpy(pa.array([True]), allow_copy=False), "CopyNotAllowedError", ["bit"]),
    "a copy of chunks": (
        lambda: arrownd.to_numpy(pa.chunked_array([[1], [2], [3]]), allow_copy=False), "CopyNotAllowedError", ["3", "chunk"]),
    "a copy for nulls": (lambda: arrownd.to_numpy(pa.array([1, None]), allow_copy=False), "CopyNotAllowedError", ["null"]),
    "a copy of a column": (
        lambda: arrownd.to_columns(pa.table({"a": [1], "flags": [True]}), allow_copy=False), "CopyNotAllowedError",
        ["flags", "bit"]),
    "nulls": (lambda: arrownd.to_numpy(pa.array([1, None, None]), nulls="raise"), "NullsError", ["2", "1"]),
    "nulls in a column": (
        lambda: arrownd.to_numpy(pa.table({"full": [1, 2], "holes": [1, None]}), nulls="raise"), "NullsError",
        ["holes", "1"]),
    "nulls in an integer": (lambda: arrownd.to_numpy(pa.array([1, None]), "i8"), "NullsError", ["int64", "na_value"]),
    "rounding": (lambda: arrownd.to_numpy(pa.array([1, 2**53 + 1]), "f8"), "LossyCastError",
                 [str(2**53 + 1), "1", "float64", "safe=False"]),
    "rounding in a column": (
        lambda: arrownd.to_columns(pa.table({"a": [1], "big": [2**53 + 1]}), dtype="f8"), "LossyCastError",
        ["big", str(2**53 + 1), "0"]),
    "rounding with a null": (lambda: arrownd.to_numpy(pa.array([None, 2**53 + 1])), "LossyCastError",
                             [str(2**53 + 1), "1", "float64"]),
    "narrowing": (lambda: arrownd.to_numpy(pa.array([1, -1]), "u1"), "LossyCastError", ["-1", "1", "uint8"]),
    "a broken unit": (lambda: arrownd.to_numpy(pa.array([1500], pa.timestamp("ms")), "M8[s]"), "LossyCastError",
                      ["1500", "datetime64[s]"]),
    "no such conversion": (lambda: arrownd.to_numpy(pa.array(["a"]), "f8"), "UnsupportedTypeError", ["float64", "utf8"]),
    "text as moments": (lambda: arrownd.to_numpy(pa.array([1.5]), "M8[s]"), "UnsupportedTypeError",
                        ["float64", "datetime64[s]"]),
    "codes as floats": (lambda: arrownd.to_numpy(pa.table({"words": pa.array(["a"]).dictionary_encode()}), "f8"),
                        "UnsupportedTypeError", ["words", "float64", "utf8"]),
    "ragged rows": (lambda: arrownd.to_numpy(pa.array([[1, 2], None, [3]])), "RaggedError",
                    ["2", "1", 'lists="pad"', 'lists="object"', "to_ragged"]),
    "ragged rows of a column": (lambda: arrownd.to_columns(pa.table({"r": [[1, 2], [3]]})), "RaggedError",
                                ["r", "1", "2"]),
    "a list column in a matrix": (lambda: arrownd.to_numpy(pa.table({"a": [1, 2], "r": [[1, 2], [3, 4]]})),
                                  "RaggedError", ["r", "to_columns", 'lists="object"']),
    "rows longer than pad_to": (lambda: arrownd.to_numpy(pa.array([[1], [1, 2]]), lists="pad", pad_to=1),
                                "RaggedError", ["1", "2", "pad_to"]),
    "a nested value": (lambda: arrownd.to_columns(nested([2**53 + 1, 0], pa.int64()), dtype="f8"), "LossyCastError",
                       ["outer.inner", str(2**53 + 1)]),
    "a time of day below a microsecond": (lambda: arrownd.to_numpy(pa.array([0, 1], pa.time64("ns"))), "LossyCastError",
                                          ["1", "timedelta64"]),
    "a nested column": (lambda: arrownd.to_columns(nested([True, False], pa.bool_()), allow_copy=False),
                        "CopyNotAllowedError", ["outer"]),
}  # fmt: skip


@pytest.mark.parametrize("what", FAILURES)
def test_messages(what: str) -> None:
    call, name, words = FAILURES[what]
    with pytest.raises(getattr(arrownd, name)) as caught:
        call()
    text = str(caught.value)
    assert type(caught.value) is getattr(arrownd, name)
    missing = [word for word in words if word.lower() not in text.lower()]
    assert not missing, f"{missing} missing from: {text}"
    assert not text.endswith("."), text
    assert not text[0].isupper() or text.split()[0].isupper(), text


def test_nested_paths_are_whole() -> None:
    inner = pa.array([[1, 2], [3, 2**53 + 1]], pa.list_(pa.int64(), 2))
    with pytest.raises(arrownd.LossyCastError) as caught:
        arrownd.to_columns(pa.table({"v": inner}), dtype="f8")
    text = str(caught.value)
    assert "v" in text
    assert str(2**53 + 1) in text


def test_copy_not_allowed_carries_the_reasons_of_explain() -> None:
    with ledger() as book:
        for name, obj in {
            "chunks with nulls": pa.chunked_array([[1, None], [2]]), "bits": pa.array([True, None]),
            "dates": pa.array([1], pa.date32()), "text": pa.array(["a"]), "table": pa.table({"a": [1], "b": [2.5]}),
        }.items():  # fmt: skip
            with book.entry(name):
                with pytest.raises(arrownd.CopyNotAllowedError) as caught:
                    arrownd.to_numpy(obj, allow_copy=False)
                assert caught.value.reasons == arrownd.explain(obj).reasons
                assert all(isinstance(r, arrownd.Reason) for r in caught.value.reasons)
                assert str(caught.value).startswith("copy not allowed: ")
                assert any(r.text in str(caught.value) for r in caught.value.reasons)


def test_polars_users_catch_the_same_error() -> None:
    with pytest.raises(RuntimeError, match="copy not allowed"):
        arrownd.to_numpy(pa.array([1, None]), allow_copy=False)


BAD_OPTIONS = {
    "an unknown option": {"zero_copy_only": True},
    "dtype twice": {"dtype": "no such"},
    "a bad nulls word": {"nulls": "drop"},
    "a bad order word": {"order": "Z"},
    "na_value with masked": {"nulls": "masked", "na_value": 0},
    "na_value with raise": {"nulls": "raise", "na_value": 0},
    "out with masked": {"nulls": "masked", "out": np.zeros(2)},
    "a bad lists word": {"lists": "jagged"},
    "columns as one string": {"columns": "ab"},
    "columns of numbers": {"columns": [0]},
    "nulls of another kind": {"nulls": 5},
}


@pytest.mark.parametrize("what", BAD_OPTIONS)
def test_bad_options(what: str) -> None:
    table = pa.table({"a": [1, 2], "b": [3, 4]})
    for call in (arrownd.to_numpy, arrownd.explain):
        with pytest.raises((TypeError, ValueError)) as caught:
            call(table, **BAD_OPTIONS[what])
        assert not isinstance(caught.value, arrownd.LossyCastError)


@pytest.mark.parametrize("options", [{"nulls": "masked", "na_value": 0}, {"nulls": "raise", "na_value": 0}], ids=str)
def test_refused_combinations_are_type_errors(options) -> None:
    for call in (arrownd.to_numpy, arrownd.to_columns, arrownd.explain):
        with pytest.raises(TypeError, match="na_value"):
            call(pa.table({"a": [1, 2]}), **options)
    with pytest.raises(TypeError, match="to_masked"):
        arrownd.to_numpy(pa.array([1]), nulls="masked", out=np.zeros(1, "i8"))


def test_bad_words_are_value_errors() -> None:
    for options in ({"nulls": "drop"}, {"order": "Z"}, {"lists": "jagged"}):
        with pytest.raises(ValueError, match=next(iter(options))):
            arrownd.to_numpy(pa.table({"a": [1]}), **options)


def test_positional_and_keyword_arguments() -> None:
    array = pa.array([1, 2])
    with pytest.raises(TypeError):
        arrownd.to_numpy()
    with pytest.raises(TypeError):
        arrownd.to_numpy(obj=array)
    with pytest.raises(TypeError):
        arrownd.to_numpy(array, "f8", True)


def test_an_error_poisons_nothing() -> None:
    array = pa.array([1, 2**53 + 1])
    for _ in range(3):
        with pytest.raises(arrownd.LossyCastError):
            arrownd.to_numpy(array, "f8")
        assert arrownd.to_numpy(array).tolist() == [1, 2**53 + 1]
