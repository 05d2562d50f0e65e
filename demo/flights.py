"""The main job on real data: 336,776 flights as NumPy arrays. `make demo` runs it.

The peers' code is in contenders.py, the measuring in measure.py, the printing in page.py.
"""

from __future__ import annotations

import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa

from arrownd import ArrowndError, CopyNotAllowedError, Plan, explain, to_columns, to_numpy
from contenders import CONTENDERS, JOBS, require_equal
from dataset import NUMERIC, read_flights
from measure import interleaved_times, median_ratio, peak_memory
from page import code, hang, heading, megabytes, output, table, text

T = TypeVar("T")
ROUNDS = 15


def main() -> None:
    chunked = read_flights()
    flights = chunked.combine_chunks()
    incomplete = [name for name in flights.column_names if flights[name].null_count]
    text(f"""
        The flights that left New York in 2013: {flights.num_rows:,} rows x {flights.num_columns} columns,
        {megabytes(flights.nbytes)} of Arrow memory in a pyarrow Table, nulls in {len(incomplete)} columns.
        arrownd reads it through the Arrow PyCapsule interface, as it would read a Polars, pandas or DuckDB frame.
    """)
    show_plan(flights, chunked)
    show_matrix(flights)
    show_masked(flights)
    show_refusal(flights)
    show_peers(flights)
    show_rounding(flights)


def show_plan(flights: pa.Table, chunked: pa.Table) -> None:
    heading(1, "Ask first: what will be a view, what a copy, and why")
    code("explain(flights, as_columns=True)")
    plan = explain(flights, as_columns=True)
    output(str(plan))
    pieces = explain(chunked, as_columns=True)
    text(f"""
        The CSV reader had left {chunked[0].num_chunks} chunks a column. As they were, {copies(pieces)} columns would
        have been copies, not {copies(plan)}; `combine_chunks()` made the difference, and the plan says so beforehand.
    """)


def copies(plan: Plan) -> int:
    return sum(child.copies is True for child in plan.children)


def show_matrix(flights: pa.Table) -> None:
    heading(2, "One matrix of the numeric columns")
    code("matrix = to_numpy(flights, columns=NUMERIC)")
    plan = explain(flights, columns=NUMERIC)
    matrix, allocated = count_allocated(lambda: to_numpy(flights, columns=NUMERIC))
    delay = matrix[:, NUMERIC.index("arr_delay")]
    output(
        f"{matrix.dtype} {matrix.shape}, columns contiguous: {matrix.flags.f_contiguous}\n"
        f"mean arrival delay {np.nanmean(delay):.2f} minutes, {np.isnan(delay).sum():,} unknown\n"
        f"the plan said {plan.nbytes:,} bytes; NumPy allocated {allocated:,}"
    )
    text("""
        Missing values are NaN here, so integers became floats: each was checked to be exact in float64 while it was
        written. There is no intermediate array.
    """)


def show_masked(flights: pa.Table) -> None:
    heading(3, "The same columns with a mask: integers stay integers, and stay where they are")
    code('columns = to_columns(flights, columns=NUMERIC, nulls="masked")')
    plan = explain(flights, as_columns=True, columns=NUMERIC, nulls="masked")
    columns, allocated = count_allocated(lambda: to_columns(flights, columns=NUMERIC, nulls="masked"))
    rows = []
    for name, child in zip(NUMERIC, plan.children, strict=True):
        values = columns[name].data
        source, address = buffer_address(flights[name]), values.__array_interface__["data"][0]
        rows.append(
            [
                name,
                "copy" if child.copies else "view",
                "view" if source == address else "copy",
                f"{source:#x}",
                f"{address:#x}",
                str(values.dtype),
                f"{flights[name].null_count:,}",
            ]
        )
    table(["column", "plan", "is", "Arrow's buffer at", "NumPy's values at", "dtype", "masked"], rows, left=3)
    output(
        f"the plan said {plan.nbytes:,} bytes; NumPy allocated {allocated:,}: "
        f"{sum(columns[name].mask is not np.ma.nomask for name in NUMERIC)} masks of {flights.num_rows:,}"
    )


def show_refusal(flights: pa.Table) -> None:
    heading(4, "No copy, or an error that says why")
    code('to_numpy(flights["distance"], allow_copy=False)')
    distance = to_numpy(flights["distance"], allow_copy=False)
    output(f"{distance.dtype} {distance.shape}, a read-only view: {not distance.flags.writeable}")
    code('to_numpy(flights["dep_delay"], allow_copy=False)')
    try:
        to_numpy(flights["dep_delay"], allow_copy=False)
    except CopyNotAllowedError as error:
        output(f"CopyNotAllowedError: {error}")
        code('error.reasons == explain(flights["dep_delay"]).reasons')
        output(str(error.reasons == explain(flights["dep_delay"]).reasons))


def show_peers(flights: pa.Table) -> None:
    heading(5, "The same results with pyarrow, Polars and pandas")
    output("\n".join(f"{job:<6}  {description}" for job, description in JOBS.items()))
    text(f"""
        The code of each is in demo/contenders.py; the results are required to be equal before they are timed. Time is
        a ratio to arrownd's, the median of {ROUNDS} interleaved rounds. Memory is what one call adds to the peak
        resident memory of a fresh process that holds the data already; the result is part of it.
    """)
    header, rows = ["library"], [[each.name] for each in CONTENDERS]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flights.arrow"
        with pa.ipc.new_file(file, flights.schema) as writer:
            writer.write_table(flights)
        for job in JOBS:
            times = times_of(job, flights)
            ours = times["arrownd"]
            header += [f"   {job}", "memory"]
            for row, name in zip(rows, times, strict=True):
                row += [f"{median_ratio(times[name], ours):.1f} x", megabytes(peak_memory(file, name, job))]
    table(header, rows)


def times_of(job: str, flights: pa.Table) -> dict[str, list[float]]:
    calls = {each.name: bind(each.job(job), each.frame(flights)) for each in CONTENDERS}
    expected = calls["arrownd"]()
    for call in calls.values():
        require_equal(expected, call())
    return interleaved_times(calls, ROUNDS)


def show_rounding(flights: pa.Table) -> None:
    heading(6, "A value that the result can't hold")
    frame = flights.select(NUMERIC).to_pandas()
    text(f"""
        `Table.to_pandas()` makes {sum(frame.dtypes == float)} of the {len(NUMERIC)} integer columns float64 without
        a word, because values are missing: harmless for delays, not for 64-bit keys. What becomes of 9007199254740993
        (2**53 + 1) beside one null:
    """)
    keys = pa.table({"key": pa.array([2**53 + 1, None])})
    attempts: dict[str, Callable[[], Any]] = {
        "pyarrow": lambda: keys["key"].to_numpy(),
        "Polars": lambda: pl.from_arrow(keys["key"]).to_numpy(),
        "pandas": lambda: keys["key"].to_pandas().to_numpy(),
        "arrownd": lambda: to_numpy(keys["key"]),
        "arrownd, masked": lambda: to_numpy(keys["key"], nulls="masked"),
    }
    for name, attempt in attempts.items():
        try:
            value = attempt()[0]
            outcome = f"{int(value)}  ({value.dtype})"
        except ArrowndError as error:
            outcome = f"{type(error).__name__}: {error}"
        print(hang(f"    {name:<16}  ", outcome))
    print()


def bind(job: Callable[[object], object], frame: object) -> Callable[[], object]:
    return lambda: job(frame)


def count_allocated(call: Callable[[], T]) -> tuple[T, int]:
    """What NumPy allocated for array data during the call and still holds, as tracemalloc counts it."""
    tracemalloc.start()
    result = call()
    snapshot = tracemalloc.take_snapshot()
    tracemalloc.stop()
    numpys = tracemalloc.DomainFilter(inclusive=True, domain=np.lib.tracemalloc_domain)
    return result, sum(trace.size for trace in snapshot.filter_traces([numpys]).traces)


def buffer_address(column: pa.ChunkedArray) -> int:
    """Where the first value of a column in one chunk lies."""
    chunk = column.chunk(0)
    address: int = chunk.buffers()[1].address + chunk.offset * chunk.type.bit_width // 8
    return address


if __name__ == "__main__":
    main()
