"""Milliseconds of large copies on one thread and on two, in turns: `python benches/threads.py [values]`.

With `--pin` the two keep to a core each, which a busy machine needs: it wakes a thread on the core of the one that calls.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

import arrownd
from arrownd import _core

ROUNDS = 25


def cases(n: int) -> dict[str, tuple[Any, dict[str, Any]]]:
    i = np.arange(n)
    missing = i % 10 == 3
    lengths = np.concatenate([[0], np.cumsum(np.arange(n // 8) % 17)]).astype("int32")
    ends = np.arange(10, n + 1, 10, dtype="int32")
    columns = {f"c{k}": i[: n // 10] * 1.0 for k in range(10)}
    return {
        "int64 in two chunks": (pa.chunked_array([i[: n // 2], i[n // 2 :]]), {}),
        "int64 with nulls": (pa.array(i, mask=missing), {}),
        "float64 to int32, checked": (pa.array(i % 1000 * 1.0), {"dtype": "int32"}),
        "timestamp[us] to days": (pa.array(i * 86_400_000_000 // 1000).cast(pa.timestamp("us")),
                                  {"dtype": "datetime64[D]", "safe": False}),
        "decimal128 to float64": (pa.array(i % 10**9).cast(pa.decimal128(21, 2)), {"dtype": "float64"}),
        "dictionary of float64": (pa.DictionaryArray.from_arrays((i * 7919 % 1000).astype("int32"),
                                                                 np.arange(1000) * 0.5), {}),
        "runs of float64": (pa.RunEndEncodedArray.from_arrays(ends, ends * 0.5), {}),
        "lists, padded": (pa.ListArray.from_arrays(lengths, np.arange(lengths[-1]) * 0.5), {"lists": "pad"}),
        "utf8 to U": (pa.array([f"value {k}" for k in range(n // 10)]), {"dtype": "U"}),
        "10 columns, C order": (pa.table(columns), {"order": "C"}),
        "10 columns, F order": (pa.table(columns), {}),
        "10 columns with nulls": (pa.table({k: pa.array(v, mask=missing[: n // 10]) for k, v in columns.items()}), {}),
        "records": (pa.table(columns), {"structured": True}),
    }  # fmt: skip


def best(call: Callable[[], Any]) -> tuple[float, float]:
    found = {1: float("inf"), 2: float("inf")}
    for _ in range(ROUNDS):
        for threads in found:
            arrownd.set_num_threads(threads)
            start = time.perf_counter()
            call()
            found[threads] = min(found[threads], time.perf_counter() - start)
    return found[1] * 1e3, found[2] * 1e3


def pin() -> None:
    arrownd.to_numpy(pa.array(np.arange(1 << 22), mask=np.arange(1 << 22) % 2 == 0))
    first, second, *_ = sorted(os.sched_getaffinity(0))
    for task in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{task}/comm", encoding="ascii") as name:
            if name.read().startswith("arrownd-"):
                os.sched_setaffinity(int(task), {second})
    os.sched_setaffinity(0, {first})
    _core._pretend(2, 0)


def main() -> None:
    if "--pin" in sys.argv:
        pin()
    n = int(float(next((a for a in sys.argv[1:] if a != "--pin"), "1e7")))
    print(f"{'':28}{'new: one':>10}{'two':>8}{'ratio':>7}{'out=: one':>12}{'two':>8}{'ratio':>7}")
    for name, (obj, options) in cases(n).items():
        out = arrownd.to_numpy(obj, **options)
        new = best(lambda: arrownd.to_numpy(obj, **options))  # noqa: B023
        into = best(lambda: arrownd.to_numpy(obj, **options, out=out))  # noqa: B023
        print(f"{name:28}{new[0]:10.2f}{new[1]:8.2f}{new[0] / new[1]:7.2f}{into[0]:12.2f}{into[1]:8.2f}"
              f"{into[0] / into[1]:7.2f}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
