"""The same three jobs, as one would write them with each library; all start from data held in memory as Arrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

import arrownd
from dataset import COMPLETE, NUMERIC

JOBS = {
    "matrix": "the 14 numeric columns as one float64 matrix, NaN where a value is missing",
    "masked": "the 14 numeric columns as int64 masked arrays",
    "views": "the 9 of them that have no nulls, no copy allowed",
}


@dataclass(frozen=True)
class Contender:
    """A library: the frame in which it holds the Arrow table, and a function of that frame for each job."""

    name: str
    frame: Callable[[pa.Table], Any]
    matrix: Callable[[Any], Any]
    masked: Callable[[Any], Any]
    views: Callable[[Any], Any]

    def job(self, name: str) -> Callable[[Any], Any]:
        job: Callable[[Any], Any] = getattr(self, name)
        return job


def same_table(table: pa.Table) -> pa.Table:
    return table


# --- arrownd: one call a job, from whatever frame there is


def arrownd_matrix(table: pa.Table) -> Any:
    return arrownd.to_numpy(table, columns=NUMERIC)


def arrownd_masked(table: pa.Table) -> Any:
    return arrownd.to_columns(table, columns=NUMERIC, nulls="masked")


def arrownd_views(table: pa.Table) -> Any:
    return arrownd.to_columns(table, columns=COMPLETE, allow_copy=False)


# --- pyarrow


def pyarrow_matrix(table: pa.Table) -> Any:
    (batch,) = table.select(NUMERIC).to_batches()
    return batch.to_tensor(null_to_nan=True, row_major=False).to_numpy()


def pyarrow_masked(table: pa.Table) -> Any:
    result = {}
    for name in NUMERIC:
        array = table[name].chunk(0)
        if array.null_count:
            mask = array.is_null().to_numpy(zero_copy_only=False)
            result[name] = np.ma.MaskedArray(array.fill_null(0).to_numpy(), mask)
        else:
            result[name] = np.ma.MaskedArray(array.to_numpy())
    return result


def pyarrow_views(table: pa.Table) -> Any:
    return {name: table[name].chunk(0).to_numpy(zero_copy_only=True) for name in COMPLETE}


# --- Polars


def polars_matrix(frame: pl.DataFrame) -> Any:
    return frame.select(NUMERIC).to_numpy()


def polars_masked(frame: pl.DataFrame) -> Any:
    result = {}
    for name in NUMERIC:
        series = frame[name]
        if series.null_count():
            result[name] = np.ma.MaskedArray(series.fill_null(0).to_numpy(), series.is_null().to_numpy())
        else:
            result[name] = np.ma.MaskedArray(series.to_numpy())
    return result


def polars_views(frame: pl.DataFrame) -> Any:
    return {name: frame[name].to_numpy(allow_copy=False) for name in COMPLETE}


# --- pandas: Arrow-backed columns; for the matrix its own blocks are quicker, even counting the way there


def pandas_frames(table: pa.Table) -> tuple[pa.Table, pd.DataFrame]:
    return table, table.to_pandas(types_mapper=pd.ArrowDtype)


def pandas_matrix(frames: tuple[pa.Table, pd.DataFrame]) -> Any:
    table, _ = frames
    return table.select(NUMERIC).to_pandas().to_numpy()


def pandas_masked(frames: tuple[pa.Table, pd.DataFrame]) -> Any:
    _, frame = frames
    result = {}
    for name in NUMERIC:
        column = frame[name]
        if column.hasnans:
            values = column.to_numpy(dtype="int64", na_value=0)
            result[name] = np.ma.MaskedArray(values, column.isna().to_numpy())
        else:
            result[name] = np.ma.MaskedArray(column.to_numpy())
    return result


def pandas_views(frames: tuple[pa.Table, pd.DataFrame]) -> Any:
    _, frame = frames
    return {name: frame[name].to_numpy() for name in COMPLETE}


CONTENDERS = [
    Contender("arrownd", same_table, arrownd_matrix, arrownd_masked, arrownd_views),
    Contender("pyarrow", same_table, pyarrow_matrix, pyarrow_masked, pyarrow_views),
    Contender("Polars", pl.from_arrow, polars_matrix, polars_masked, polars_views),
    Contender("pandas", pandas_frames, pandas_matrix, pandas_masked, pandas_views),
]


def require_equal(expected: Any, actual: Any) -> None:
    """The same values, dtypes and missing places; what lies under a mask is nobody's business."""
    if isinstance(expected, dict):
        assert list(expected) == list(actual), "other columns"
        for name in expected:
            require_equal(expected[name], actual[name])
        return
    assert expected.dtype == actual.dtype, f"{expected.dtype} is not {actual.dtype}"
    if isinstance(expected, np.ma.MaskedArray):
        np.testing.assert_array_equal(np.ma.getmaskarray(expected), np.ma.getmaskarray(actual))
        np.testing.assert_array_equal(expected.compressed(), actual.compressed())
    else:
        np.testing.assert_array_equal(expected, actual)
