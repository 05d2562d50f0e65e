"""Threads: the same results and errors for any number, none below the threshold, and none that a fork left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import arrownd
from agreement import attempt, ledger
from arrownd import _core
from cases import CASES
from layouts import LAYOUTS, Layout, Piece, many

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
LARGE = 1 << 21  # values: more than twice what is worth a second thread


@pytest.fixture(autouse=True)
def back_to_normal() -> Iterator[None]:
    yield
    _core._pretend(0, 0)
    arrownd.set_num_threads(10**9)


def raw(result: Any) -> Any:
    """All that a result is: its bytes where they are its own, objects as they print, for each array of it."""
    if isinstance(result, dict):
        return {name: raw(value) for name, value in result.items()}
    if isinstance(result, np.ma.MaskedArray):
        return raw(result.data), raw(np.ma.getmaskarray(result))
    if isinstance(result, tuple):
        return tuple(map(raw, result))
    if not isinstance(result, np.ndarray):
        return result
    held = result.tolist() if result.dtype.hasobject or result.dtype.kind == "T" else result.tobytes()
    return result.shape, result.strides, str(result.dtype), str(held) if isinstance(held, list) else held


def outcome(call: Callable[[], Any]) -> Any:
    result, error = attempt(call, arrownd.ArrowndError, ValueError, TypeError)
    return error if error is not None else raw(result)


def same_with_threads(book: Any, name: str, call: Callable[[], Any]) -> None:
    _core._pretend(1, 0)
    alone = outcome(call)
    for cores in (2, 3):
        _core._pretend(cores, 64)
        with book.entry(f"{name}, {cores} threads"):
            assert outcome(call) == alone


LONG = [
    Layout("1,000 rows", (Piece(1000, start=9, after=5),)),
    Layout("1,000 rows, nulls", (Piece(1000, start=7, after=3, nulls="one in 67 null"),)),
    many("chunks of 1 to 400", *(Piece(1 + (n * 133) % 400, start=n, nulls="one in 67 null") for n in range(6))),
]
OPTIONS: dict[str, dict[str, Any]] = {
    "nan": {},
    "masked": {"nulls": "masked"},
    "C": {"order": "C", "writable": True},
    "records": {"structured": True},
    "float32": {"dtype": "float32", "safe": False},
    "float64": {"dtype": "float64"},
    "int8": {"dtype": "int8"},
    "days": {"dtype": "datetime64[D]", "safe": False},
    "U": {"dtype": "U"},
    "S": {"dtype": "S"},
    "padded": {"lists": "pad"},
    "padded to 9": {"lists": "pad", "pad_to": 9, "writable": True},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
def test_any_number_of_threads_gives_the_same(options: dict[str, Any]) -> None:
    with ledger() as book:
        for case in CASES:
            for layout in LONG if case.row not in ("union", "map") else LONG[:1]:
                obj = layout.of(case).obj
                if hasattr(obj, "__len__"):
                    same_with_threads(book, f"{case.label}, {layout.name}", partial(arrownd.to_numpy, obj, **options))


def test_all_layouts() -> None:
    wanted = {"int64", "bool", "float32", "decimal128", "date32", "utf8", "dictionary", "run_end_encoded", "list"}
    with ledger() as book:
        for case in [case for case in CASES if case.row in wanted]:
            for layout in LAYOUTS:
                obj = layout.of(case).obj
                if hasattr(obj, "__len__"):
                    same_with_threads(book, f"{case.label}, {layout.name}", partial(arrownd.to_masked, obj))


def table(rows: int) -> pa.Table:
    i = np.arange(rows)
    return pa.table(
        {
            "int": pa.chunked_array([pa.array(i[: rows // 3]), pa.array(i[rows // 3 :], mask=i[rows // 3 :] % 5 == 0)]),
            "float": pa.array(i * 0.5, mask=i % 11 == 3),
            "pair": pa.FixedSizeListArray.from_arrays(pa.array(np.arange(2 * rows, dtype="f4")), 2),
            "bool": pa.array(i % 3 == 0),
            "small": pa.array((i % 100).astype("i1")).dictionary_encode(),
        }
    )


SHAPES: dict[str, Callable[[int], dict[str, Any]]] = {
    "new, F": lambda n: {},
    "new, C": lambda n: {"order": "C"},
    "out, F": lambda n: {"out": np.full((n, 6), 7.0, order="F")},
    "out, C": lambda n: {"out": np.full((n, 6), 7.0)},
    "out, C, asked for F": lambda n: {"out": np.full((n, 6), 7.0), "order": "F"},
    "out, F, asked for C": lambda n: {"out": np.full((n, 6), 7.0, order="F"), "order": "C"},
    "out, every other row": lambda n: {"out": np.full((2 * n, 6), 7.0)[::2]},
    "out, backwards": lambda n: {"out": np.full((n, 6), 7.0)[::-1, ::-1]},
    "out, F backwards": lambda n: {"out": np.full((n, 6), 7.0, order="F")[::-1, ::-1]},
    "out, every other column": lambda n: {"out": np.full((n, 12), 7.0)[:, ::2]},
    "out, between others": lambda n: {"out": np.full((6, n, 3), 7.0)[:, :, 1].T},
}


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 129, 1000, 4097])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_matrices(rows: int, shape: Callable[[int], dict[str, Any]]) -> None:
    data = table(rows)
    want = np.column_stack([
        *(data[name].to_pandas().to_numpy(dtype="f8", na_value=np.nan) for name in ("int", "float")),
        np.arange(2 * rows, dtype="f8").reshape(rows, 2),
        np.arange(rows) % 3 == 0,
        np.arange(rows) % 100,
    ])  # fmt: skip
    columns = data.drop_columns("bool").append_column("bool", data["bool"].cast(pa.int8()))
    columns = columns.select(["int", "float", "pair", "bool", "small"])
    for cores in (1, 2, 3):
        _core._pretend(cores, 64)
        options = shape(rows)
        out = options.get("out")
        base = out if out is None or out.base is None else out.base
        before = None if base is None else base.sum() - out.sum()
        found = arrownd.to_numpy(columns, "float64", **options)
        np.testing.assert_array_equal(found, want)
        if out is not None:
            assert found is out
            if base is not out:
                np.testing.assert_equal(np.nansum(base) - np.nansum(out), before)


def test_records() -> None:
    data = table(3001)
    with ledger() as book:
        same_with_threads(book, "records", lambda: arrownd.to_numpy(data, structured=True))
        same_with_threads(book, "masked records", lambda: arrownd.to_numpy(data, structured=True, nulls="masked"))
        same_with_threads(book, "masked", lambda: arrownd.to_masked(data.drop_columns("bool")))
        same_with_threads(book, "columns", lambda: arrownd.to_columns(data))


def test_memory_that_elements_share_is_written_by_one_thread() -> None:
    """Two threads would write the same bytes at once: the last row must win, as it does on one."""
    _core._pretend(3, 64)
    shared = np.zeros(8)
    out = np.lib.stride_tricks.as_strided(shared, (5000,), (0,))
    arrownd.to_numpy(pa.chunked_array([list(range(2500)), list(range(2500))], pa.float64()), out=out)
    assert shared[0] == 2499.0


@pytest.mark.parametrize("bad", [0, 63, 64, 500, 999, 1000, 4999])
def test_the_first_value_that_does_not_fit_is_named(bad: int) -> None:
    values = np.arange(5000) % 100
    values[bad:][::700] = 2000
    values[bad] = 1000
    for cores in (1, 2, 3):
        _core._pretend(cores, 64)
        with pytest.raises(arrownd.LossyCastError, match=rf"1000 at position {bad}\b"):
            arrownd.to_numpy(pa.array(values), "int8")


def test_which_column_is_named_does_not_depend_on_threads() -> None:
    columns = {f"c{i}": np.arange(5000) % 100 for i in range(4)}
    columns["c1"][4999] = 1001
    columns["c3"][0] = 1003
    with ledger() as book:
        for order in "CF":
            same_with_threads(book, order, partial(arrownd.to_numpy, pa.table(columns), "int8", order=order))
    _core._pretend(3, 64)
    with pytest.raises(arrownd.LossyCastError, match="c1"):
        arrownd.to_numpy(pa.table(columns), "int8")


def in_a_new_process(code: str, **environment: str) -> str:
    setup = "import os, sys, time, numpy as np, pyarrow as pa, arrownd\nfrom arrownd import _core\n"
    setup += (
        "def named():\n    return sum(open(f'/proc/self/task/{t}/comm').read().startswith('arrownd-') "
        "for t in os.listdir('/proc/self/task'))\n"
        # A thread has its name when it runs for the first time.
        "def threads(awaited=0):\n    for _ in range(200):\n        if named() >= awaited: break\n        time.sleep(0.02)\n"
        "    return named()\n"
        "def nulls(n):\n    return pa.array(np.arange(n), mask=np.arange(n) % 3 == 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", setup + code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@LINUX
def test_small_conversions_start_no_thread() -> None:
    found = in_a_new_process(f"""
_core._pretend(4, 0)
found = [threads()]
arrownd.to_numpy(nulls(1000)); arrownd.to_numpy(nulls({LARGE // 2 - 1}))
found.append(threads())
arrownd.to_numpy(pa.array(np.arange({LARGE}))); arrownd.to_numpy(pa.array(["a"] * 1000))
arrownd.explain(nulls({LARGE}))
found.append(threads())
arrownd.to_numpy(nulls({LARGE}))
found.append(threads(3))
print(*found)
""")
    assert found == "0 0 0 3"


@LINUX
def test_one_core_starts_no_thread_whenever_it_was_chosen() -> None:
    code = f"""
os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
arrownd.to_numpy(nulls({LARGE}))
print(threads(), arrownd.get_num_threads())
"""
    assert in_a_new_process(code) == "0 1"
    assert in_a_new_process("arrownd.get_num_threads()\n" + code) == "0 1"


@LINUX
@pytest.mark.parametrize(
    ("variable", "cores", "expected"),
    [("1", 4, "1 0"), ("2", 4, "2 1"), (" 3 ", 4, "3 2"), ("99", 4, "4 3"), ("", 4, "4 3"), ("0", 4, "4 3"),
     ("-1", 4, "4 3"), ("many", 4, "4 3"), ("4", 1, "1 0")],
)  # fmt: skip
def test_the_environment_variable(variable: str, cores: int, expected: str) -> None:
    code = f"_core._pretend({cores}, 0)\narrownd.to_numpy(nulls({LARGE}))\nprint(arrownd.get_num_threads(), threads({expected[2]}))"
    assert in_a_new_process(code, ARROWND_NUM_THREADS=variable) == expected


def test_the_setting_wins_over_the_environment_variable() -> None:
    code = "_core._pretend(8, 0)\na = arrownd.get_num_threads(); arrownd.set_num_threads(3)\n"
    code += "os.environ['ARROWND_NUM_THREADS'] = '5'; print(a, arrownd.get_num_threads())"
    assert in_a_new_process(code, ARROWND_NUM_THREADS="2") == "2 3"


def test_the_setting_is_capped_and_checked() -> None:
    _core._pretend(4, 0)
    for wanted, got in ((1, 1), (3, 3), (4, 4), (5, 4), (10**9, 4)):
        arrownd.set_num_threads(wanted)
        assert arrownd.get_num_threads() == got
    for wrong in (0, -1):
        with pytest.raises(ValueError, match=f"n is {wrong}"):
            arrownd.set_num_threads(wrong)
    for wrong_type in (None, "2", 2.0):
        with pytest.raises(TypeError):
            arrownd.set_num_threads(wrong_type)  # type: ignore[arg-type]
    assert arrownd.get_num_threads() == 4


@LINUX
def test_a_child_of_a_fork_makes_threads_of_its_own() -> None:
    """A conversion in the child doesn't wait for threads that only the parent has."""
    found = in_a_new_process(f"""
import threading
_core._pretend(3, 0)
want = arrownd.to_numpy(nulls({LARGE}))
busy = threading.Event()
def work():
    while not busy.is_set():
        arrownd.to_numpy(nulls({LARGE}))
others = [threading.Thread(target=work) for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 2)]
for concurrent in (False, True):
    if concurrent:
        [other.start() for other in others]
    for _ in range(3):
        child = os.fork()
        if child == 0:
            before = threads()
            same = np.array_equal(arrownd.to_numpy(nulls({LARGE})), want, equal_nan=True)
            os._exit(0 if same and before == 0 and (concurrent or threads(2) == 2) else 1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), end=" ")
busy.set()
[other.join() for other in others]
print(np.array_equal(arrownd.to_numpy(nulls({LARGE})), want, equal_nan=True), threads(2))
""")
    assert found == "0 0 0 0 0 0 True 2"


def test_conversions_and_settings_from_many_threads() -> None:
    _core._pretend(3, 64)
    values = np.arange(20_000)
    array = pa.array(values, mask=values % 7 == 0)
    want = np.where(values % 7 == 0, np.nan, values)
    wrong: list[str] = []

    def work(own: int) -> None:
        for i in range(60):
            arrownd.set_num_threads(1 + (own + i) % 4)
            if not np.array_equal(arrownd.to_numpy(array), want, equal_nan=True):
                wrong.append(f"thread {own}, conversion {i}")
            if not 1 <= arrownd.get_num_threads() <= 3:
                wrong.append(f"thread {own}: {arrownd.get_num_threads()} threads")

    workers = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong
