"""Peak memory: a copy takes its result and at most 5 % more, and nothing with `out=`."""

from __future__ import annotations

import ctypes
import datetime as dt
import gc
import multiprocessing
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest

from arrownd import from_numpy, iter_numpy, to_codes, to_columns, to_masked, to_numpy, to_ragged

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's counters are Linux's")

N = 1 << 21  # values: most results are 16 MB
SLACK = 768 << 10  # pages of code and small objects that a first call touches, a thread's stack
I = np.arange(N)  # noqa: E741
MISSING = I % 10 == 3
Case = tuple[Callable[[], Any], Callable[[Any], Any]]


def lists(values: np.ndarray, longest: int = 16) -> pa.ListArray:
    lengths = np.arange(N // 8) % (longest + 1)
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype("int32")
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.resize(values, ends[-1])))


def uniform() -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(np.arange(0, N + 1, 8, dtype="int32")), pa.array(I * 0.5, mask=I % 9 == 0))


def table(**options: Any) -> pa.Table:
    rows = N // 8
    return pa.table({f"c{j}": pa.array(I[:rows], mask=(I[:rows] + j) % 7 == 0) for j in range(8)})


def halves(array: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([array[: N // 2], array[N // 2 :]])


def dictionary(length: int = N, **options: Any) -> pa.DictionaryArray:
    keys = pa.array((I[:length] % 1000).astype("int32"), **options)
    return pa.DictionaryArray.from_arrays(keys, pa.array(np.arange(1000) * 0.5))


def runs() -> pa.RunEndEncodedArray:
    ends = np.arange(8, N + 1, 8, dtype="int32")
    return pa.RunEndEncodedArray.from_arrays(pa.array(ends), pa.array(ends * 0.5))


def decimals() -> pa.Array:
    return pa.array(I).cast(pa.decimal128(19, 0)).cast(pa.decimal128(21, 2))


def texts() -> pa.Array:
    return pa.array(I.astype("U8"))


def objects(values: Any) -> np.ndarray:
    cells = np.empty(N, object)
    cells[:] = values
    return cells


def cells(value: Any, count: int = N // 64) -> np.ndarray:
    """Copies of an array or a list."""
    made = np.empty(count, object)
    for i in range(len(made)):
        made[i] = value.copy()
    return made


def as_type(wanted: str) -> Callable[[Any], Any]:
    return lambda array: from_numpy(array, type=wanted)


TO_NUMPY: dict[str, Case] = {
    "chunks": (lambda: halves(pa.array(I)), to_numpy),
    "int with nulls": (lambda: pa.array(I, mask=MISSING), to_numpy),
    "values and mask": (lambda: halves(pa.array(I, mask=MISSING)), to_masked),
    "masked array": (lambda: halves(pa.array(I, mask=MISSING)), lambda a: to_numpy(a, nulls="masked")),
    "bool": (lambda: pa.array(np.resize(MISSING, 8 * N)), to_numpy),
    "bool with nulls": (lambda: pa.array(I % 2 == 0, mask=MISSING), to_numpy),
    "float32": (lambda: pa.array(I * 0.5), lambda a: to_numpy(a, "float32")),
    "date32": (lambda: pa.array((I % 9999).astype("int32")).cast(pa.date32()), to_numpy),
    "timestamp as days": (
        lambda: pa.array(I * 86400).cast(pa.timestamp("s")),
        lambda a: to_numpy(a, "datetime64[D]"),
    ),
    "decimal as float": (decimals, lambda a: to_numpy(a, "float64")),
    "dictionary": (dictionary, to_numpy),
    "dictionary of text": (lambda: pa.array((I % 500).astype("U8")).dictionary_encode(), to_numpy),
    "runs": (runs, to_numpy),
    "codes": (lambda: dictionary(mask=MISSING), to_codes),
    "codes of chunks": (lambda: halves(dictionary()), to_codes),
    "padded": (lambda: lists(I * 0.5), lambda a: to_numpy(a, lists="pad")),
    "padded and masked": (lambda: lists(I), lambda a: to_numpy(a, lists="pad", nulls="masked")),
    "ragged": (lambda: pa.chunked_array([lists(I, 4)] * 2), to_ragged),
    "ragged and missing": (lambda: lists(I * 0.5), lambda a: to_ragged(a, "float32")),
    "uniform lists": (uniform, to_numpy),
    "few texts": (lambda: pa.array((I % 500).astype("U8")), to_numpy),
    "U": (texts, lambda a: to_numpy(a, "U")),
    "S": (texts, lambda a: to_numpy(a, "S")),
    "C order": (table, lambda a: to_numpy(a, order="C")),
    "F order": (table, to_numpy),
    "masked matrix": (table, lambda a: to_numpy(a, order="C", nulls="masked")),
    "records": (table, lambda a: to_numpy(a, structured=True)),
    "masked records": (table, lambda a: to_numpy(a, structured=True, nulls="masked")),
    "columns": (table, to_columns),
}
if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
    TO_NUMPY["StringDType"] = (texts, lambda a: to_numpy(a, np.dtypes.StringDType()))

FROM_NUMPY: dict[str, Case] = {
    "bool": (lambda: np.resize(MISSING, 64 * N), from_numpy),
    "strided": (lambda: np.arange(2 * N)[::2], from_numpy),
    "big-endian": (lambda: I.astype(">i8"), from_numpy),
    "masked": (lambda: np.ma.array(np.arange(2 * N)[::2], mask=MISSING), from_numpy),
    "days": (lambda: (I % 9999).astype("datetime64[D]"), from_numpy),
    "C-order table": (lambda: (I * 0.5).reshape(-1, 8), lambda a: from_numpy(a, names=list("abcdefgh"))),
    "F-order lists": (lambda: np.asfortranarray((I * 0.5).reshape(-1, 8)), from_numpy),
    "records": (lambda: np.zeros(N, "i8, f8, i4"), from_numpy),
    "U": (lambda: I.astype("U8"), from_numpy),
    "U, mostly empty": (lambda: np.where(I % 64 == 0, "a", "").astype("U8"), from_numpy),
    "S": (lambda: I.astype("S8"), from_numpy),
    "str": (lambda: objects([f"value {i}" for i in range(N)]), from_numpy),
    "int": (lambda: objects(range(N)), from_numpy),
    "float": (lambda: objects((I * 0.5).tolist()), from_numpy),
    "float among None": (lambda: np.where(MISSING, None, objects((I * 0.5).tolist())), from_numpy),
    "bools": (lambda: np.resize(np.array([True, False, None]), 8 * N), from_numpy),
    "datetime": (lambda: I.astype("M8[us]").astype(object), from_numpy),
    "dates": (lambda: (I % 9999).astype("M8[D]").astype(object), from_numpy),
    "times": (lambda: objects([dt.time(i % 24, i % 60) for i in range(N)]), from_numpy),
    "timedelta": (lambda: I.astype("m8[us]").astype(object), from_numpy),
    "np.bool": (lambda: np.resize(objects(list(MISSING)), 16 * N), from_numpy),
    "np.int32": (lambda: objects(list(I.astype("int32"))), from_numpy),
    "np.float32": (lambda: objects(list(I.astype("float32"))), from_numpy),
    "np.datetime64": (lambda: objects(list(I.astype("M8[us]"))), from_numpy),
    "np.datetime64 of days": (lambda: objects(list((I % 9999).astype("M8[D]"))), from_numpy),
    "np.timedelta64 of hours": (lambda: objects(list(I.astype("m8[h]"))), from_numpy),
    "np.timedelta64": (lambda: objects(list(I.astype("m8[ns]"))), from_numpy),
    "float as float32": (lambda: objects((I * 0.5).tolist()), as_type("float32")),
    "float among None as float32": (lambda: np.where(MISSING, None, objects((I * 0.5).tolist())), as_type("float32")),
    "int as int8": (lambda: np.resize(objects((I % 100).tolist()), 4 * N), as_type("int8")),
    "int as int32": (lambda: objects(range(N)), as_type("int32")),
    "int as decimals": (lambda: objects(range(N)), as_type("decimal128(21, 2)")),
    "bools as int8": (lambda: np.resize(np.array([True, False, None]), 4 * N), as_type("int8")),
    "datetime as dates": (lambda: (I % 9999).astype("M8[D]").astype("M8[us]").astype(object), as_type("date32")),
    "datetime as seconds": (lambda: I.astype("M8[s]").astype("M8[us]").astype(object), as_type("timestamp[s]")),
    "np.float32 as float32": (lambda: objects(list(I.astype("float32"))), as_type("float32")),
    "lists of floats": (lambda: objects([[0.5] * 16] * N)[: N // 8], from_numpy),
    "lists of four floats": (lambda: cells([0.5] * 4, N // 8), from_numpy),
    "tuples of two ints, or None": (lambda: objects([(1, 2), (3, 4), (5, 6), None] * (N // 4)), from_numpy),
    "arrays of four floats": (lambda: cells(np.arange(4) * 0.5, N // 8), from_numpy),
    "str of some length": (lambda: objects([f"some longer value {i}" for i in range(N)]), from_numpy),
    "str of little length": (lambda: objects(["ab"] * N), from_numpy),
    "str as views": (lambda: objects([f"value {i}" for i in range(N)]), as_type("utf8_view")),
    "U as large_utf8": (lambda: I.astype("U8"), as_type("large_utf8")),
    "U as views": (lambda: I.astype("U8"), as_type("utf8_view")),
    "S as views": (lambda: I.astype("S8"), as_type("binary_view")),
    "bytes": (lambda: objects([b"%d" % i for i in range(N)]), from_numpy),
    "bytes of one length": (lambda: objects([b"%08d" % i for i in range(N)]), as_type("fixed_size_binary[8]")),
    "complex": (lambda: objects((I * 1j).tolist()), from_numpy),
    "decimals": (lambda: objects([Decimal(i) / 100 for i in range(N)]), from_numpy),
    "decimals as decimals of 64 bits": (
        lambda: objects([Decimal(i) / 100 for i in range(N)]),
        as_type("decimal64(18, 2)"),
    ),
    "decimals as floats": (lambda: objects([Decimal(i) / 100 for i in range(N)]), as_type("float64")),
    "int and float as float32": (lambda: objects([i if i % 2 else i * 0.5 for i in range(N)]), as_type("float32")),
    "bool and np.bool": (lambda: np.resize(objects([True, np.True_, False, None] * (N // 4)), 16 * N), from_numpy),
    "bool among NaN": (lambda: np.resize(np.where(MISSING, np.nan, objects([True] * N)), 16 * N), from_numpy),
    "moments as seconds": (
        lambda: objects([dt.datetime.fromtimestamp(i, dt.timezone.utc) for i in range(N)]),
        as_type("timestamp[s, UTC]"),
    ),
    "lists of str": (lambda: objects([[f"a{i}", "b"] for i in range(N // 4)] * 4), from_numpy),
    "lists of bytes": (lambda: objects([[b"%d" % i, b"b"] for i in range(N // 4)] * 4), from_numpy),
    "lists of lists": (lambda: objects([[[0.5] * 4] * 4] * N)[: N // 8], from_numpy),
    "lists of arrays": (lambda: objects([[np.arange(4.0), np.arange(3.0)]] * N)[: N // 8], from_numpy),
    "arrays of float32 as float64": (
        lambda: cells(np.arange(64, dtype="float32"), N // 32),
        as_type("list[float64]"),
    ),
    "arrays of float64 as float32": (lambda: cells(np.arange(64.0), N // 32), as_type("list[float32]")),
    "dicts": (
        lambda: objects([{"a": i, "b": str(i)} for i in range(N // 4)] * 4),
        as_type("struct[a: int64, b: utf8]"),
    ),
    "uuids": (lambda: objects([UUID(int=i) for i in range(N)]), from_numpy),
    "arrays": (lambda: cells(np.arange(64) * 0.5), from_numpy),
    "lists as large lists": (lambda: cells([0.5] * 64), as_type("large_list[float64]")),
    "as float32": (lambda: I * 0.5, as_type("float32")),
    "big-endian as float32": (lambda: (I * 0.5).astype(">f8"), as_type("float32")),
    "strided as int16": (lambda: np.repeat(I % 1000, 2)[::2], as_type("int16")),
    "strided and masked as int32": (
        lambda: np.ma.array(np.arange(2 * N)[::2], mask=MISSING),
        as_type("int32"),
    ),
    "strided as bool": (lambda: np.resize(I % 2, 16 * N)[::2], as_type("bool")),
    "as dates": (lambda: I % 9999, as_type("date32")),
    "as times": (lambda: (I % 20).astype("m8[h]"), as_type("time32[s]")),
    "as decimals": (lambda: np.repeat(I, 2)[::2], as_type("decimal128(21, 2)")),
    "F-order lists as float32": (
        lambda: np.asfortranarray((I * 0.5).reshape(-1, 8)),
        as_type("fixed_size_list[float32, 8]"),
    ),
    "lists as lists": (lambda: (I * 0.5).reshape(-1, 2), as_type("list[float64]")),
    "records as float32": (lambda: np.zeros(N, "i8, f8"), as_type("struct[f0: int32, f1: float32]")),
    "runs": (lambda: I, as_type("run_end_encoded[int32, int64]")),
    "runs of U": (lambda: np.repeat(I[: N // 4].astype("U8"), 4), as_type("run_end_encoded[int32, utf8]")),
    "runs of U, one each": (lambda: I.astype("U8"), as_type("run_end_encoded[int32, utf8]")),
    "runs of str": (lambda: objects((I // 4).astype("U8")), as_type("run_end_encoded[int32, utf8]")),
    "runs of bools": (lambda: np.resize(MISSING, 16 * N), as_type("run_end_encoded[int32, bool]")),
    "runs of strided": (lambda: np.repeat(I // 4, 2)[::2], as_type("run_end_encoded[int32, int64]")),
    "runs of ints among None": (
        lambda: np.where(MISSING, None, objects((I // 4).tolist())),
        as_type("run_end_encoded[int32, int64]"),
    ),
    "S as bytes of one length": (lambda: (10**7 + I).astype("S8"), as_type("fixed_size_binary[8]")),
    "S among None as bytes of one length": (
        lambda: np.ma.array((10**7 + I).astype("S8"), mask=MISSING),
        as_type("fixed_size_binary[8]"),
    ),
    "codes": (lambda: I % 1000, as_type("dictionary[int32, int64]")),
    "codes of U": (lambda: np.resize((I % 1000).astype("U8"), 2 * N), as_type("dictionary[int32, utf8]")),
    "codes of str": (lambda: objects((I % 1000).astype("U8")), as_type("dictionary[int32, utf8]")),
    "codes of int": (lambda: objects((I % 1000).tolist()), as_type("dictionary[int32, int64]")),
    "codes of float among None": (
        lambda: np.where(MISSING, None, objects((I % 1000 * 0.5).tolist())),
        as_type("dictionary[int32, float64]"),
    ),
    "codes of dates": (lambda: (I % 999).astype("M8[D]").astype(object), as_type("dictionary[int32, date32]")),
    "codes of strided": (lambda: np.repeat(I % 1000, 2)[::2], as_type("dictionary[int32, int64]")),
    "codes of U as large": (lambda: (I % 1000).astype("U8"), as_type("dictionary[int32, large_utf8]")),
    "codes of bytes": (lambda: objects((I % 100).astype("S8")), as_type("dictionary[int16, binary]")),
    "as int32, masked": (lambda: np.ma.array(I, mask=MISSING), lambda a: from_numpy(a, type="int32")),
    "as timestamp": (lambda: (I % 9999).astype("datetime64[D]"), lambda a: from_numpy(a, type="timestamp[us]")),
}


# What finds a value again takes 5 to 10 bytes for each that differs.
DISTINCT: dict[str, Case] = {
    "U": (lambda: I.astype("U8"), as_type("dictionary[int32, utf8]")),
    "str": (lambda: objects([f"value {i}" for i in range(N)]), as_type("dictionary[int32, utf8]")),
    "int64": (lambda: I, as_type("dictionary[int32, int64]")),
    "int64, half": (lambda: I // 2, as_type("dictionary[int32, int64]")),
    "int": (lambda: objects(range(N)), as_type("dictionary[int32, int64]")),
    "decimals": (lambda: I, as_type("dictionary[int32, decimal128(21, 2)]")),
}

if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
    FROM_NUMPY["StringDType"] = (
        lambda: np.char.add("some text ", I.astype("U8")).astype(np.dtypes.StringDType()),
        from_numpy,
    )


def size(result: Any) -> int:
    """The bytes of all arrays of a result."""
    if isinstance(result, dict):
        return sum(map(size, result.values()))
    if isinstance(result, np.ma.MaskedArray):
        return size(result.data) + size(np.ma.getmaskarray(result))
    if isinstance(result, tuple):
        return sum(size(part) for part in result if isinstance(part, np.ndarray | tuple))
    return result.nbytes


def counter(key: str) -> int:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) << 10 for line in status if line.startswith(key))


def peak(call: Callable[[], Any]) -> tuple[int, int, Any]:
    """How much memory a call takes at most, and has taken when it returns."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pa.default_memory_pool().release_unused()
    with open("/proc/self/clear_refs", "w", encoding="ascii") as refs:
        refs.write("5")  # the high-water mark begins here
    before = counter("VmRSS")
    result = call()
    return counter("VmHWM") - before, counter("VmRSS") - before, result


def settle() -> None:
    """Large memory comes from the kernel, and goes back when it is freed: none that was free before is used."""
    ctypes.CDLL(None).mallopt(-3, 1 << 16)


@pytest.fixture(scope="module")
def apart() -> Iterator[Callable[..., Any]]:
    """Calls a function in another process, whose memory nothing else uses."""
    with multiprocessing.get_context("spawn").Pool(1, settle, maxtasksperchild=16) as pool:
        yield lambda function, *arguments: pool.apply(function, arguments)


def measured(table: str, name: str) -> tuple[int, int, int]:
    make, call = {"to": TO_NUMPY, "from": FROM_NUMPY, "distinct": DISTINCT}[table][name]
    source = make()
    first = source[:64] if not isinstance(source, pa.Table) else source.slice(0, 64)
    call(first)
    most, kept, result = peak(lambda: call(source))
    return most, kept, size(result)


def check(figures: Callable[[], tuple[int, int, int]], at_least: int, times: float = 1.05) -> None:
    for attempt in range(3):
        most, kept, own = figures()
        assert own >= at_least, "too small to see anything"
        # Objects that an object array refers to are in `kept` alone; what a view or nothing takes is in neither.
        beyond = most - (max(kept, own) * times + SLACK)
        # The system may give the process a large page of 2 MiB meanwhile, and then not the next time.
        if beyond <= 0 or attempt == 2:
            assert beyond <= 0
            break


@pytest.mark.parametrize("name", TO_NUMPY)
def test_to_numpy(name: str, apart: Callable[..., Any]) -> None:
    check(lambda: apart(measured, "to", name), at_least=4 << 20)


@pytest.mark.parametrize("name", FROM_NUMPY)
def test_from_numpy(name: str, apart: Callable[..., Any]) -> None:
    check(lambda: apart(measured, "from", name), at_least=2 << 20)


@pytest.mark.parametrize("name", DISTINCT)
def test_a_dictionary_of_values_that_differ(name: str, apart: Callable[..., Any]) -> None:
    check(lambda: apart(measured, "distinct", name), at_least=4 << 20, times=1.6)


OUTS: dict[str, tuple[Callable[[], Any], Callable[[], Any], dict[str, Any]]] = {
    "int with nulls": (lambda: pa.array(I, mask=MISSING), lambda: np.zeros(N), {}),
    "strided": (lambda: halves(pa.array(I)), lambda: np.zeros(2 * N, "int64")[::2], {}),
    "dictionary": (dictionary, lambda: np.zeros(N), {}),
    "runs": (runs, lambda: np.zeros(N), {}),
    "padded": (lambda: lists(I * 0.5), lambda: np.zeros((N // 8, 16)), {"lists": "pad"}),
    "U": (texts, lambda: np.zeros(N, "U8"), {"dtype": "U8"}),
    "C order": (table, lambda: np.zeros((N // 8, 8)), {"order": "C"}),
    "F order": (table, lambda: np.zeros((N // 8, 8), order="F"), {}),
    "F order from C": (table, lambda: np.zeros((N // 8, 8)), {}),
}


def measured_out(name: str) -> int:
    make, new, options = OUTS[name]
    source, out = make(), new()
    out[...] = 1 if out.dtype.kind != "U" else "x" * 8
    first = source[:64] if not isinstance(source, pa.Table) else source.slice(0, 64)
    to_numpy(first, **options)
    most, _, result = peak(lambda: to_numpy(source, out=out, **options))
    assert result is out
    return most


@pytest.mark.parametrize("name", OUTS)
def test_out(name: str, apart: Callable[..., Any]) -> None:
    assert min(apart(measured_out, name) for _ in range(3)) <= SLACK


def measured_stream() -> int:
    chunks = [pa.array(I[at : at + 10_000], mask=MISSING[at : at + 10_000]) for at in range(0, N, 10_000)]
    source = pa.table({"x": pa.chunked_array(chunks)})

    def read() -> int:
        return sum(len(batch) for batch in iter_numpy(source, batch_size=1 << 14))

    most, _, rows = peak(read)
    assert rows == N
    return most


def test_a_stream_takes_two_batches(apart: Callable[..., Any]) -> None:
    assert min(apart(measured_stream) for _ in range(3)) <= 2 * (8 << 14) + SLACK


def measured_itself(extra: int) -> tuple[int, int, int]:
    most, kept, result = peak(lambda: (np.ones(1 << 20), np.ones(extra)[:0])[0])
    return most, kept, size(result)


def test_the_measure_sees_what_is_freed_again(apart: Callable[..., Any]) -> None:
    check(lambda: apart(measured_itself, 1), at_least=8 << 20)
    with pytest.raises(AssertionError):
        check(lambda: apart(measured_itself, 1 << 18), at_least=8 << 20)
