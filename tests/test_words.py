"""The core's texts are in the words of its Rust API; what Python users see is in Python's."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from arrownd import _core
from test_errors import FAILURES

ROOT = Path(__file__).parent.parent
CORE = ROOT / "crates/arrownd/src"
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
# Written in NumPy's words on purpose (they are docs/types.md), in Arrow's, or for Rust alone.
OTHERS = ["mapping/table.rs", "dense/table.rs", "dense/type_name/", "ndarray/"]
RUST = re.compile(r"\w::\w")
PYTHON = re.compile(r'=\\?"|\b(True|False|NumPy|numpy|Python|np\.|to_(numpy|columns|codes))\b|\b[a-z_]+=(\W|$)')


def literals(text: str) -> list[str]:
    """The string literals of Rust code; what is formatted into them is {}."""
    code = text.split("#[cfg(test)]")[0]
    lines = [line for line in code.splitlines() if not re.match(r"\s*(//|#\[doc)", line) and "reason = " not in line]
    found = [part for line in lines for part in LITERAL.findall(line)]
    return [re.sub(r"\{[^{}]*\}", "{}", part) for part in found]


def core() -> dict[str, list[str]]:
    files = {path.relative_to(CORE).as_posix(): path for path in CORE.rglob("*.rs")}
    return {
        name: literals(path.read_text(encoding="utf-8"))
        for name, path in sorted(files.items())
        if not name.startswith(tuple(OTHERS))
    }


def pairs() -> list[tuple[str, str]]:
    text = (ROOT / "crates/arrownd-python/src/words.rs").read_text(encoding="utf-8")
    tables = re.findall(r"^const \w+: &\[\(&str, &str\)\] = &\[\n(.*?)^\];", text, re.DOTALL | re.MULTILINE)
    assert len(tables) == 2
    found = [part for table in tables for part in literals(table)]
    return list(zip(found[::2], found[1::2], strict=True))


def pattern(literal: str) -> str:
    return re.escape(literal).replace(r"\{\}", ".+")


def test_every_text_in_words_of_rust_has_its_words_in_python() -> None:
    rust = [text for text, _ in pairs()]
    named = {(name, part) for name, parts in core().items() for part in parts if RUST.search(part)}
    assert len(named) > 30

    def has_words(part: str) -> bool:
        return any(re.search(pattern(part), text) or re.fullmatch(pattern(text), part) for text in rust)

    assert not sorted((name, part) for name, part in named if not has_words(part))


def test_every_translation_is_of_a_text_that_the_core_has() -> None:
    ends = [pattern(part) for parts in core().values() for part in parts if len(re.findall("[a-z]", part)) >= 6]
    ours = {text for text, _ in pairs()}
    assert len(ours) == len(pairs())
    assert not sorted(text for text in ours if not any(re.search(f"({end})$", text) for end in ends))


def test_holes_are_the_same_on_both_sides() -> None:
    for rust, python in pairs():
        assert rust.count("{}") - python.count("{}") == 0, rust
        assert not RUST.search(python), python


def test_the_core_has_no_words_of_python() -> None:
    assert PYTHON.search("pass nulls=") and PYTHON.search('nulls=\\"masked\\"') and not PYTHON.search("a == b")
    found = {part for parts in core().values() for part in parts if PYTHON.search(part)}
    assert found == {"StringDType(na_object=...)", '<div class=\\"arrownd-plan\\"><p><code>'}


def test_reasons() -> None:
    for row in _core.reason_table():
        assert not RUST.search(f"{row['text']} {row['remedy']}"), row


TABLE = pa.table({"a": [1, None], "b": [0.5, 1.5], "words": ["x", "y"], "lists": [[1, 2], [3]]})
RECORD = [("a", "f8"), ("b", "f8")]
# What is refused, and the text.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "bits": (
        lambda: arrownd.to_numpy(pa.array([True]), allow_copy=False),
        "copy not allowed: Arrow packs booleans as bits, NumPy has one byte for each "
        "(store the values as arrow.bool8 to view them)",
    ),
    "a column": (
        lambda: arrownd.to_columns(pa.table({'it"s': [1, None]}), allow_copy=False),
        'copy not allowed: field "it\\"s": 1 value is missing and has to be filled in '
        '(pass nulls="masked" to view the values beside a mask)',
    ),
    "dates": (
        lambda: arrownd.to_numpy(pa.array([1], pa.date32()), allow_copy=False),
        "copy not allowed: Arrow has 32 bits a value and NumPy 64 (store the values in the wider type to view them)",
    ),
    "out": (
        lambda: arrownd.to_numpy(pa.array([1]), out=np.zeros(1, int), allow_copy=False),
        "copy not allowed: out= asks for memory of its own (leave out that option)",
    ),
    "writable": (
        lambda: arrownd.to_numpy(pa.array([1]), writable=True, allow_copy=False),
        "copy not allowed: writable=True asks for memory of its own (leave out that option)",
    ),
    "on_writable": (
        lambda: arrownd.from_numpy(np.zeros(1), on_writable="copy", allow_copy=False),
        'copy not allowed: on_writable="copy" asks for memory of its own (leave out that option)',
    ),
    "rows": (
        lambda: arrownd.to_numpy(pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5]}), order="C", allow_copy=False),
        'copy not allowed: rows have to be contiguous (order="C") and Arrow stores columns '
        "(use to_columns to view each column on its own)",
    ),
    "nulls": (
        lambda: arrownd.to_numpy(TABLE["a"], nulls="raise"),
        '1 of 2 values are missing, the first at position 1: pass nulls="nan", nulls="masked" or na_value=',
    ),
    "no marker": (
        lambda: arrownd.to_numpy(TABLE["a"], "i8"),
        "1 of 2 values are missing, the first at position 1: int64 has no marker for them: "
        'pass na_value=, nulls="masked" or a dtype that has one',
    ),
    "no na_object": (
        lambda: arrownd.to_numpy(pa.array(["a", None]), np.dtypes.StringDType()),
        "1 of 2 values are missing, the first at position 1: StringDType() has no na_object for them: give it one, "
        'or pass na_value= or nulls="masked"',
    ),
    "a fill": (
        lambda: arrownd.to_columns(pa.table({"t": pa.array([None], pa.timestamp("s"))}), na_value=True),
        'field "t": na_value=True can\'t be held by datetime64[s]: pass another na_value or dtype=',
    ),
    "a fill by name": (
        lambda: arrownd.to_numpy(pa.array([None], pa.int8()), na_value={"a": 0}),
        "na_value is a dict by field name, and the input is int8: pass one value",
    ),
    "a fill of nothing": (
        lambda: arrownd.to_columns(TABLE, na_value={"Nulls::Mask": 0}),
        'na_value names a field "Nulls::Mask" that isn\'t among those converted',
    ),
    "a fill beside a mask": (
        lambda: arrownd.to_numpy(TABLE, nulls="masked", na_value=0),
        'na_value has no place beside nulls="masked": leave out one of them',
    ),
    "unequal lists": (
        lambda: arrownd.to_numpy(TABLE["lists"]),
        'row 1 has a list of 1, and those before it have 2: pass lists="pad" or lists="object", or use to_ragged',
    ),
    "long lists": (
        lambda: arrownd.to_numpy(TABLE["lists"], lists="pad", pad_to=1),
        "row 0 has a list of 2, and pad_to is 1: pass a larger pad_to, or leave it out",
    ),
    "lists without a fill": (
        lambda: arrownd.to_columns(TABLE.select(["lists"]), lists="pad", nulls="raise"),
        'field "lists": lists of unequal length are filled up, and nulls="raise" leaves no marker: pass na_value=',
    ),
    "lists without a marker": (
        lambda: arrownd.to_numpy(TABLE["lists"], "i8", lists="pad"),
        'lists of unequal length are filled up, and int64 has no marker: pass na_value= or nulls="masked"',
    ),
    "lists in a matrix": (
        lambda: arrownd.to_numpy(TABLE, columns=["b", "lists"]),
        'field "lists": row 0 has a list of variable size, and a matrix has one width for all rows: '
        'use to_columns, pass lists="object", or leave the field out with columns=',
    ),
    "no lists": (
        lambda: arrownd.to_ragged(TABLE["b"]),
        "no conversion from float64 to values and offsets: to_ragged takes lists of variable size; use to_numpy",
    ),
    "no codes": (
        lambda: arrownd.to_codes(TABLE["b"]),
        "no conversion from float64 to codes: to_codes takes dictionaries; use to_numpy",
    ),
    "text": (
        lambda: arrownd.to_numpy(TABLE["words"], "f8"),
        "no conversion from utf8 to float64: leave out dtype= to get Python objects",
    ),
    "decimals": (
        lambda: arrownd.to_numpy(pa.array([1]).cast(pa.decimal128(20)), bool),
        "no conversion from decimal128(20, 0) to bool: leave out dtype= to get Python objects",
    ),
    "moments": (
        lambda: arrownd.to_numpy(pa.array([1], pa.timestamp("s")), bool),
        "no conversion from timestamp[s] to bool: leave out dtype= to get datetime64[s], or pass dtype=object",
    ),
    "times of day": (
        lambda: arrownd.to_numpy(pa.array([1], pa.time32("s")), bool),
        'no conversion from time32[s] to bool: leave out dtype= to get object, or pass dtype="timedelta64[s]"',
    ),
    "complex": (
        lambda: arrownd.to_numpy(TABLE["b"], complex),
        "no conversion from float64 to complex numbers of float64: "
        "complex takes pairs of floats, in fixed-size lists of 2: leave out dtype=",
    ),
    "columns of an array": (
        lambda: arrownd.to_numpy(TABLE["b"], columns=["a"]),
        "columns= names fields of a struct or table, and the input is float64: leave it out",
    ),
    "arrays of an array": (
        lambda: arrownd.to_columns(TABLE["b"]),
        "one array a field takes a struct or table, and the input is float64: use to_numpy",
    ),
    "one name": (
        lambda: arrownd.to_columns(pa.table([[1], [2]], ["n", "n"])),
        'the field name "n" comes twice: rename or leave out one, or use to_numpy for a matrix',
    ),
    "a record without a name": (
        lambda: arrownd.to_numpy(pa.table([[1]], [""]), structured=True),
        "a field of a structured array needs a name, and one here has none: use to_columns",
    ),
    "a record of an array": (
        lambda: arrownd.to_numpy(TABLE["b"], RECORD),
        "no conversion from float64 to records of dtype [('a', 'float64'), ('b', 'float64')]: "
        "a structured dtype= is for structs and tables",
    ),
    "a record with another field": (
        lambda: arrownd.to_numpy(TABLE.select(["a"]), RECORD),
        'dtype= has a field "b" that the input hasn\'t: pass the same names, and columns= for some of them',
    ),
    "a record with fewer fields": (
        lambda: arrownd.to_numpy(TABLE, RECORD),
        'dtype= has no field "words": pass the same names, and columns= for some of them',
    ),
    "another out": (
        lambda: arrownd.to_numpy(TABLE["b"], out=np.zeros(3)),
        "out has dtype float64 and shape (3,), and the result has dtype float64 and shape (2,): "
        "pass an array of that kind, or dtype=",
    ),
    "a value": (
        lambda: arrownd.to_numpy(pa.array([300]), "i1"),
        "300 at position 0 can't be held exactly by int8: pass a wider dtype, or safe=False to round or cut",
    ),
    "a value beside a null": (
        lambda: arrownd.to_numpy(pa.array([None, 2**53 + 1])),
        f"{2**53 + 1} at position 1 can't be held exactly by float64: "
        'pass nulls="masked" or na_value= to keep the dtype, or safe=False to round',
    ),
    "long text": (
        lambda: arrownd.to_numpy(pa.array(["long"]), "U2"),
        "'long' at position 0 can't be held exactly by U2: pass dtype=\"U\" for the width of the longest, or safe=False to cut",
    ),
    "NULs": (
        lambda: arrownd.to_numpy(pa.array([b"a\0"]), "S"),
        "b'a\\x00' at position 0 can't be held exactly by S2: \"S\" drops the NULs at the end: pass dtype=object, or safe=False",
    ),
    "more than ASCII": (
        lambda: arrownd.to_numpy(pa.array(["é"]), "S"),
        "'é' at position 0 can't be held exactly by S: pass dtype=\"U\", which holds more than ASCII",
    ),
    "a type": (
        lambda: arrownd.from_numpy(np.array([300]), type="int8"),
        "300 at position 0 can't be held exactly by int8: pass a wider type, or safe=False to round or cut",
    ),
    "ticks": (
        lambda: arrownd.from_numpy(np.array([1500], "M8[ms]"), type="timestamp[s]"),
        "datetime64(1500, 'ms') at position 0 can't be held exactly by timestamp[s]: "
        "pass a type= that holds it, or safe=False to round or cut",
    ),
    "no unit": (
        lambda: arrownd.from_numpy(np.zeros(1, "m8")),
        'no conversion from timedelta64 to Arrow: it has no unit: convert it first, as in x.astype("datetime64[us]")',
    ),
    "a table of tensors": (
        lambda: arrownd.from_numpy({"a": np.zeros(1)}, type="tensor"),
        'type="tensor" is for one array of numbers: pass the types of the fields as a struct',
    ),
    "a surrogate": (
        lambda: arrownd.from_numpy(np.array([0xD800], "<u4").view("<U1")),
        "text with U+D800, a lone surrogate, at position 0 can't be held exactly by utf8: "
        "replace it, or leave the value out with mask=",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_errors(what: str) -> None:
    call, text = REFUSED[what]
    with pytest.raises((arrownd.ArrowndError, TypeError, ValueError)) as caught:
        call()
    assert str(caught.value) == text


@pytest.mark.parametrize("what", FAILURES)
def test_other_errors(what: str) -> None:
    with pytest.raises(arrownd.ArrowndError) as caught:
        FAILURES[what][0]()
    told = [
        str(caught.value),
        *(f"{reason} {reason.remedy} {reason!r}" for reason in getattr(caught.value, "reasons", ())),
    ]
    assert not [text for text in told if RUST.search(text)]


def test_names_stay_as_they_are() -> None:
    for name in ["Nulls::Mask", "pass Nulls::Nan or Nulls::Mask", "ndarray", "an array"]:
        table = pa.table({name: [1, None]})
        plan = arrownd.explain(table)
        assert plan.children[0].name == name
        assert all(f"─ {name} " in text or name in text for text in (str(plan), plan._repr_html_()))
        with pytest.raises(arrownd.NullsError) as caught:
            arrownd.to_numpy(table, nulls="raise")
        assert str(caught.value).startswith(f'field "{name}": 1 of 2 ')
        assert str(arrownd.explain({name: np.zeros(1)})).splitlines()[1].startswith(f"└─ {name} ")


def test_plans() -> None:
    plan = arrownd.explain(pa.array([1, None]))
    assert (
        str(plan)
        == repr(plan)
        == (
            "int64 -> float64 (2,): copy, 16 B allocated\n"
            "  nulls: 1 value is missing and has to be filled in\n"
            '    to view instead: pass nulls="masked" to view the values beside a mask'
        )
    )
    assert (
        "<p>  to view instead: pass nulls=&quot;masked&quot; to view the values beside a mask</p>" in plan._repr_html_()
    )
    (reason,) = arrownd.explain(np.array([True])).reasons
    assert (reason.text, reason.remedy) == (
        "Arrow packs booleans as bits, NumPy has one byte for each",
        'pass type="bool8" to share the bytes',
    )
    assert repr(reason) == f"<Reason bit-packed: {reason}>"
    assert str(reason) == reason.text
    assert str(arrownd.explain(np.zeros(3))).startswith("numpy float64 (3,) -> float64: view")
    assert (
        arrownd.explain(np.zeros(3))
        ._repr_html_()
        .startswith('<div class="arrownd-plan"><p><code>numpy float64 (3,) -&gt; float64: view')
    )
