"""The same data as every library offers it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import arro3.core as arro3
import duckdb
import nanoarrow as na
import pandas as pd
import polars as pl
import pyarrow as pa


class OnlyArray:
    """Nothing but the protocol for one array."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        return self._array.__arrow_c_array__(requested_schema)


class OnlyStream:
    """Nothing but the protocol for a stream; no length."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._stream.__arrow_c_stream__(requested_schema)


def first_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


# From one pyarrow chunked array; all but those in `TRANSLATED` share its memory when it has one chunk.
ARRAYS: dict[str, Callable[[pa.ChunkedArray], Any]] = {
    "pyarrow.Array": first_chunk,
    "pyarrow.ChunkedArray": lambda c: c,
    "polars.Series": lambda c: pl.Series("x", c),
    "pandas.Series[ArrowDtype]": lambda c: pd.Series(c, dtype=pd.ArrowDtype(c.type)),
    "arro3.Array": lambda c: arro3.Array(first_chunk(c)),
    "arro3.ChunkedArray": lambda c: arro3.ChunkedArray(c),
    "nanoarrow.Array": lambda c: na.Array(c),
    "nanoarrow.CArray": lambda c: na.c_array(first_chunk(c)),
    "only __arrow_c_array__": lambda c: OnlyArray(first_chunk(c)),
    "only __arrow_c_stream__": OnlyStream,
}

TABLES: dict[str, Callable[[pa.Table], Any]] = {
    "pyarrow.Table": lambda t: t,
    "pyarrow.RecordBatch": lambda t: t.combine_chunks().to_batches()[0],
    "pyarrow.RecordBatchReader": lambda t: t.to_reader(),
    "pyarrow.StructArray": lambda t: t.combine_chunks().to_struct_array().chunk(0),
    "polars.DataFrame": pl.from_arrow,
    "pandas.DataFrame[ArrowDtype]": lambda t: t.to_pandas(types_mapper=pd.ArrowDtype),
    "pandas.DataFrame": lambda t: t.to_pandas(),
    "arro3.Table": arro3.Table.from_arrow,
    "arro3.RecordBatch": lambda t: arro3.RecordBatch.from_arrow(t.combine_chunks().to_batches()[0]),
    "arro3.RecordBatchReader": lambda t: arro3.RecordBatchReader.from_stream(t),
    "nanoarrow.Array": na.Array,
    "nanoarrow.ArrayStream": na.ArrayStream,
    "duckdb relation": lambda t: duckdb.from_arrow(t),
    "only __arrow_c_array__": lambda t: OnlyArray(t.combine_chunks().to_batches()[0]),
    "only __arrow_c_stream__": OnlyStream,
}
READERS = {"pyarrow.RecordBatchReader", "arro3.RecordBatchReader", "nanoarrow.ArrayStream"}
