"""The NumPy array lives exactly as long as somebody holds the Arrow data: on any thread, with the GIL or without, and at
interpreter exit."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Callable
from typing import Any

import arro3.core
import nanoarrow
import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from arrownd import from_numpy, to_columns

HOLDERS: dict[str, Callable[[Any], Any]] = {
    "Array": lambda a: a,
    "capsules": lambda a: a.__arrow_c_array__(),
    "pyarrow": pa.array,
    "pyarrow slice": lambda a: pa.array(a).slice(3, 2),
    "pyarrow table": lambda a: pa.table({"x": pa.array(a)}),
    "polars": pl.Series,
    "arro3": arro3.core.Array,
    "nanoarrow": nanoarrow.Array,
    "nanoarrow c": nanoarrow.c_array,
    "numpy": np.asarray,
    "numpy slice": lambda a: np.asarray(a)[5:6],
    "dlpack": np.from_dlpack,
    "dlpack capsule": lambda a: a.__dlpack__(max_version=(1, 0)),
    "view of numpy": lambda a: memoryview(np.asarray(a)),
    "to_numpy": lambda a: a.to_numpy(),
    "polars of pyarrow": lambda a: pl.from_arrow(pa.array(a)),
}


def owned(n: int = 1000) -> tuple[np.ndarray, weakref.ref[np.ndarray]]:
    x = np.arange(n)
    return x, weakref.ref(x)


@pytest.mark.parametrize("name", HOLDERS)
def test_exactly_as_long_as_somebody_holds_it(name: str) -> None:
    x, alive = owned()
    holder = HOLDERS[name](from_numpy(x))
    del x
    gc.collect()
    assert alive() is not None
    del holder
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("name", HOLDERS)
def test_released_on_another_thread(name: str) -> None:
    x, alive = owned()
    box = [HOLDERS[name](from_numpy(x))]
    del x
    seen: list[bool] = []

    def work() -> None:
        seen.append(alive() is not None)
        box.clear()
        gc.collect()
        seen.append(alive() is not None)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [True, False]


def test_released_where_nobody_has_the_gil() -> None:
    # Polars drops the column on a thread of its own pool; what it was made of goes with the frame.
    references = []
    for _ in range(50):
        arrays = [owned(5000) for _ in range(4)]
        references += [alive for _, alive in arrays]
        frame = pl.DataFrame({f"c{i}": pl.Series(from_numpy(x)) for i, (x, _) in enumerate(arrays)})
        del arrays
        total = frame.lazy().select(pl.all().sum()).collect()
        assert total.row(0) == (12497500,) * 4
        x, alive = owned(5000)
        references.append(alive)
        table = pa.table({"x": pa.chunked_array([pa.array(from_numpy(x))] * 4)})
        del x
        assert table.sort_by("x").num_rows == 20000
        del frame, total, table
    gc.collect()
    assert [alive() for alive in references] == [None] * len(references)


def test_a_column_that_is_moved_out_keeps_its_own_array_alone() -> None:
    # pyarrow and Polars keep all of a struct for each of its columns; the structs let them do otherwise.
    x, alive_x = owned()
    y, alive_y = owned()
    columns = to_columns(from_numpy({"x": x, "y": y}))
    del x, y
    gc.collect()
    assert alive_x() is not None
    del columns["x"]
    gc.collect()
    assert alive_x() is None
    assert columns["y"][-1] == 999
    del columns
    gc.collect()
    assert alive_y() is None


def test_a_copy_keeps_nothing() -> None:
    x, alive = owned()
    array = from_numpy(x[::2])
    truth = from_numpy(x > 3)
    del x
    gc.collect()
    assert alive() is None
    assert (len(array), len(truth)) == (500, 1000)


def test_a_mask_keeps_nothing_of_itself() -> None:
    mask = np.arange(1000) % 2 == 0
    x, alive = owned()
    reference = weakref.ref(mask)
    array = from_numpy(x, mask=mask)
    del x, mask
    gc.collect()
    assert reference() is None
    assert alive() is not None
    assert array.null_count == 500
    del array
    gc.collect()
    assert alive() is None


def test_the_base_of_a_view_lives_on() -> None:
    x, alive = owned()
    array = from_numpy(x[10:20])
    del x
    gc.collect()
    assert alive() is not None
    assert array.to_numpy().tolist() == list(range(10, 20))


def test_an_exception_on_its_way_survives_a_release() -> None:
    released: list[bool] = []

    class Owner(np.ndarray):
        def __del__(self) -> None:
            released.append(sys.exc_info()[0] is None)

    box = [pa.array(from_numpy(np.arange(100).view(Owner))), from_numpy(np.arange(100).view(Owner)).__arrow_c_array__()]

    def fail() -> None:
        try:
            raise KeyError("on its way")
        finally:
            box.clear()

    released.clear()
    with pytest.raises(KeyError, match="on its way"):
        fail()
    assert len(released) >= 2


def peak() -> int:
    """The most memory that the process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def test_a_hundred_thousand_conversions_leave_nothing() -> None:
    x = np.arange(100)
    masked = np.ma.array(x, mask=x > 50)
    before = sys.getrefcount(x)

    def work(n: int) -> None:
        for _ in range(n):
            pa.array(from_numpy(x))
            from_numpy(masked).__arrow_c_array__()
            np.asarray(from_numpy(x))
            from_numpy(x).__dlpack__(max_version=(1, 0))

    work(2000)
    low = peak()
    work(25_000)
    assert peak() - low < 8_000_000
    assert sys.getrefcount(x) == before


EXITS = {
    "globals": """
        a = from_numpy(np.arange(1000)); p = pa.array(a); s = pl.Series(a); n = np.asarray(a); d = np.from_dlpack(a)
        t = pa.table(from_numpy({"x": np.arange(5)}))
    """,
    "in a module": """
        import sys, types
        m = types.ModuleType("m"); sys.modules["m"] = m
        m.a = from_numpy(np.arange(1000)); m.p = pa.array(m.a); m.s = pl.Series(m.a); m.c = m.a.__arrow_c_array__()
        m.k = m.a.__dlpack__(max_version=(1, 0)), m.a.__dlpack__()
    """,
    "atexit": """
        import atexit
        a = from_numpy(np.arange(1000)); p = pa.array(a)
        def late():
            global a, p
            b = pa.array(from_numpy(np.arange(10)))
            assert b.to_pylist() == list(range(10))
            del a, p
            print("late", flush=True)
        atexit.register(late)
    """,
    "daemon thread": """
        import threading, time
        def work():
            while True:
                keep = [pa.array(from_numpy(np.arange(50_000))) for _ in range(10)]
                pl.Series(from_numpy(np.arange(50_000))).sum()
        threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
        [thread.start() for thread in threads]
        time.sleep(0.3)
    """,
    "cycle": """
        class Sub(np.ndarray): pass
        x = np.arange(1000).view(Sub); x.me = from_numpy(x); del x
        class Node: pass
        n = Node(); n.a = from_numpy(np.arange(10)); n.p = pa.array(n.a); n.me = n; del n
    """,
    "large copies": """
        a = from_numpy(np.arange(1_000_000)[::2]); p = pa.array(a); s = pl.Series(a)
    """,
}


@pytest.mark.parametrize("name", EXITS)
def test_at_interpreter_exit(name: str) -> None:
    head = "import numpy as np, pyarrow as pa, polars as pl\nfrom arrownd import from_numpy\n"
    code = head + textwrap.dedent(EXITS[name]) + "\nprint('done', flush=True)\n"
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == (["done", "late"] if name == "atexit" else ["done"])
