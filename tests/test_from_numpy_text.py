"""U, S, StringDType and str objects to Arrow: what `array[i]` is, and never garbage."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from arrownd import LossyCastError, from_numpy
from dense import arrow

TEXTS = ["a", "", "bc", "é", "日本", "😀x", "a\0b", "\0x", "x" * 40, "abcdefgh", "abcdefghi"]


def test_unicode_is_what_its_elements_are():
    array = np.array(TEXTS)
    made = arrow(array)
    assert made.type == pa.string()
    assert made.null_count == 0
    assert made.buffers()[0] is None
    assert made.to_pylist() == array.tolist() == TEXTS


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 16, 33])
def test_unicode_of_any_width_and_byte_order(order, width):
    array = np.array(["é" * width, "a" * width, "", "b"], f"{order}U{width}")
    assert arrow(array).to_pylist() == ["é" * width, "a" * width, "", "b"]


def test_trailing_nuls_are_none_of_the_text_as_numpy_has_it():
    array = np.array(["a\0b", "a\0", "\0"])
    assert array.tolist() == ["a\0b", "a", ""]
    assert arrow(array).to_pylist() == ["a\0b", "a", ""]
    array = np.array([b"a\0b", b"a\0", b"\0"])
    assert array.tolist() == [b"a\0b", b"a", b""]
    assert arrow(array).to_pylist() == [b"a\0b", b"a", b""]


@pytest.mark.parametrize("kind", ["U", "S", "T", "O"])
def test_strides(kind):
    base = np.array([f"{i}" * (i % 12) for i in range(40)]).astype(kind)
    for view in (base[::2], base[::-1], base[5:5], base[-3::-7], np.broadcast_to(base[3], 4)):
        assert arrow(view).to_pylist() == view.tolist()


@pytest.mark.parametrize("kind", ["U", "S"])
def test_unaligned(kind):
    records = np.zeros(5, [("x", "i1"), ("text", f"{kind}6")])
    records["text"] = ["a", "bcd", "efghij", "", "k"]
    assert arrow(records["text"]).to_pylist() == records["text"].tolist()


def test_empty_arrays_have_the_type():
    assert arrow(np.array([], "U7")).type == pa.string()
    assert arrow(np.array([], "S7")).type == pa.binary()
    assert arrow(np.array([], "T")).type == pa.string()
    assert len(arrow(np.array([], "U7"))) == 0


def test_width_zero():
    assert arrow(np.zeros(3, "U0")).to_pylist() == ["", "", ""]
    assert arrow(np.zeros(3, "S0")).to_pylist() == [b"", b"", b""]


@pytest.mark.parametrize(
    ("code", "what"), [(0xD800, "lone surrogate"), (0xDFFF, "lone surrogate"), (0x110000, "no code point")]
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_what_is_no_character_is_an_error_with_its_position(code, what, order):
    array = np.array(["ab", "cd", "ef"], f"{order}U2")
    array.view(f"{order}u4")[3] = code
    with pytest.raises(LossyCastError, match=f"U\\+{code:04X}, .*{what}.* at position 1 .*mask="):
        from_numpy(array)
    assert arrow(array, mask=[False, True, False]).to_pylist() == ["ab", None, "ef"]


def test_a_surrogate_in_a_str_object_is_an_error_with_its_position():
    with pytest.raises(LossyCastError, match="U\\+DC80, a lone surrogate, at position 2"):
        from_numpy(np.array(["a", None, "x\udc80"], object))


@pytest.mark.parametrize("kind", ["U", "S", "T", "O"])
def test_masked_text_is_null(kind):
    array = np.array(["a", "bb", "", "dddd"]).astype(kind)
    mask = np.array([False, True, False, True])
    made = arrow(array, mask=mask)
    assert made.null_count == 2
    assert made.to_pylist() == [array[0], None, array[2], None]
    assert arrow(array, mask=np.zeros(4, bool)).null_count == 0


def test_masked_text_takes_no_bytes():
    made = arrow(np.array(["aaaa", "b"]), mask=[True, False])
    assert made.buffers()[2].size == 1


@pytest.mark.parametrize("na", [None, float("nan"), np.nan, pd.NA], ids=["None", "nan", "np.nan", "NA"])
def test_what_a_string_array_misses_is_null(na):
    array = np.array(["a", na, "é" * 20, ""], np.dtypes.StringDType(na_object=na))
    made = arrow(array)
    assert made.type == pa.string()
    assert made.to_pylist() == ["a", None, "é" * 20, ""]
    assert made.null_count == 1


def test_a_str_as_na_object_is_that_text():
    array = np.array(["a", "?", "b"], np.dtypes.StringDType(na_object="?"))
    made = arrow(array)
    assert array[1] == "?"
    assert made.to_pylist() == ["a", "?", "b"]
    assert made.null_count == 0


@pytest.mark.parametrize("length", [0, 1, 14, 15, 16, 17, 255, 256, 300, 70_000])
def test_strings_of_every_layout(length):
    array = np.array(["x" * length, "é" * length, "y"], "T")
    assert arrow(array).to_pylist() == ["x" * length, "é" * length, "y"]


def test_strings_that_were_replaced():
    array = np.array(["x" * 30, "y" * 400, "z"], "T")
    array[0], array[1], array[2] = "short", "z" * 5000, "w" * 300
    assert arrow(array).to_pylist() == ["short", "z" * 5000, "w" * 300]


def test_many_strings_without_the_gil():
    values = [f"text {i}" * (i % 4) for i in range(40_000)]
    for kind in ("U", "S", "T"):
        array = np.array(values).astype(kind)
        assert arrow(array).to_pylist() == array.tolist()


def test_text_longer_than_it_was_guessed():
    assert arrow(np.array(["日本" * 100, "a"] * 50)).to_pylist() == ["日本" * 100, "a"] * 50
    assert arrow(np.array(["x" * 1000] * 50, object)).to_pylist() == ["x" * 1000] * 50
    assert arrow(np.array(["x" * 1000] * 50, "T")).to_pylist() == ["x" * 1000] * 50


def test_text_keeps_no_more_memory_than_it_needs():
    array = np.full(20_000, "a", "U200")
    array[0] = "x" * 200
    before = pa.array(from_numpy(array))
    assert before.buffers()[2].size == 20_199


@pytest.mark.skipif("ARROWND_LARGE" not in os.environ, reason="takes 10 GiB; set ARROWND_LARGE")
@pytest.mark.parametrize("kind", ["S", "T", "O"])
def test_more_bytes_than_offsets_of_32_bits_hold(kind):
    array = np.array([None] * 9, object)
    array[:] = ["x" * (1 << 28)] * 9
    made = pa.array(from_numpy(array.astype(kind)))
    assert made.type == (pa.large_binary() if kind == "S" else pa.large_string())
    assert made.buffers()[1].size == 80
    assert pc.binary_length(made).to_pylist() == [1 << 28] * 9


def test_str_objects_of_every_width():
    texts = ["ascii", "é", "Ω", "😀", "", "x" * 5000, "Ω" * 3000, "😀" * 2000]
    made = arrow(np.array(texts, object))
    assert made.type == pa.string()
    assert made.to_pylist() == texts


def test_subclasses_of_str_are_their_text():
    class Shout(str):
        def __str__(self):
            return self.upper()

    array = np.array([Shout("é"), "b", np.str_("c"), None], object)
    assert arrow(array).to_pylist() == ["é", "b", "c", None]


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, np.float64("nan"), pd.NA, pd.NaT, np.ma.masked])
def test_missing_among_text(missing):
    array = np.empty(3, object)
    array[0], array[1], array[2] = "a", missing, "b"
    made = arrow(array)
    assert made.type == pa.string()
    assert made.to_pylist() == ["a", None, "b"]
    assert made.null_count == 1


@given(npst.arrays(st.sampled_from(["U3", ">U9", "S5", "S16"]), npst.array_shapes(max_dims=1, max_side=70)), st.data())
def test_text_of_any_array(array, data):
    step = data.draw(st.sampled_from([1, 2, -1, -3]))
    mask = data.draw(st.none() | npst.arrays(bool, array[::step].shape))
    view = array[::step]
    expected = view.tolist() if mask is None else [None if m else v for v, m in zip(view.tolist(), mask, strict=True)]
    try:
        made = arrow(view, mask=mask)
    except LossyCastError:
        assert any(0xD800 <= ord(c) < 0xE000 for text in view.tolist() for c in text)
        return
    assert made.to_pylist() == expected


@given(st.lists(st.none() | st.text(), max_size=70))
def test_objects_and_strings_of_any_text(texts):
    objects = np.array([*texts, None], object)[:-1]
    assert arrow(objects).to_pylist() == texts
    strings = objects.astype(np.dtypes.StringDType(na_object=None))
    assert arrow(strings).to_pylist() == texts
    if any(text is not None for text in texts):
        assert arrow(objects).equals(pa.array(texts, pa.string()))


THREADS = """
import faulthandler, threading, time
import numpy as np
from arrownd import from_numpy

faulthandler.dump_traceback_later(60, exit=True)
texts = np.array([f"a text longer than fits the element, {i}" for i in range(40_000)], np.dtypes.StringDType())
converted = 0

def use():
    while converted < 30:
        texts[5] == "x"
        np.strings.str_len(texts[:10])
        texts[3] = texts[4]

others = [threading.Thread(target=use) for _ in range(2)]
for other in others:
    other.start()
while converted < 30:
    assert len(from_numpy(texts)) == 40_000
    converted += 1
for other in others:
    other.join()
print("done", converted)
"""


def test_strings_that_other_threads_use_meanwhile():
    """NumPy locks an array's strings while it reads or writes them, with the GIL: nobody may wait the other way round."""
    done = subprocess.run([sys.executable, "-c", THREADS], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "done 30\n"), done.stderr
