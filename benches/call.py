"""What a call costs that shares memory: arrownd's beside the object's own method, for 1,000 values.

Run as ``python benches/call.py`` in an environment with arrownd, pyarrow, Polars and pandas. Each figure is the best of several rounds
in nanoseconds, without the loop; the two sides of a ratio take turns. The benchmark of the whole is ``make compare``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

from arrownd import from_numpy, to_numpy

CALLS = 5_000
ROUNDS = 25


def once(call: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


def main() -> None:
    values = np.arange(1000)
    moments = values.astype("M8[us]")
    matrix = np.zeros((1000, 64), "f4")
    rows: list[tuple[str, Callable[[], object], Callable[[], object]]] = []
    for name, source in (("int64", values), ("timestamp[us]", moments)):
        array = pa.array(source)
        for kind, obj in (
            ("pa.Array", array),
            ("pa.ChunkedArray", pa.chunked_array([array])),
            ("pl.Series", pl.Series(source)),
            ("pd.Series", pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array])))),
        ):
            rows.append((f"to_numpy {name} {kind}", lambda o=obj: to_numpy(o), lambda o=obj: o.to_numpy()))
    rows.append(("from_numpy 1-D (pa.array)", lambda: from_numpy(values), lambda: pa.array(values)))
    rows.append(("from_numpy 1-D (memoryview)", lambda: from_numpy(values), lambda: memoryview(values)))
    rows.append(("from_numpy 2-D (memoryview)", lambda: from_numpy(matrix), lambda: memoryview(matrix)))
    print(f"{'':42}{'arrownd':>9}{'other':>9}{'ratio':>8}")
    for name, ours, other in rows:
        best = [float("inf")] * 3
        for _ in range(ROUNDS):
            for place, call in enumerate((ours, other, lambda: None)):
                best[place] = min(best[place], once(call))
        mine, theirs = best[0] - best[2], best[1] - best[2]
        print(f"{name:42}{mine:9.0f}{theirs:9.0f}{mine / theirs:8.2f}")


if __name__ == "__main__":
    main()
