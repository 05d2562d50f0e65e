"""Values behind codes and run ends, missing in two ways: a null code, or the code of a null."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from .case import Case, case

# Label of the values' case -> the type of the codes.
DICTIONARIES = {
    "int64": pa.int8(), "string": pa.uint16(), "timestamp[us, tz=UTC]": pa.int64(), "date32[day]": pa.int32(),
    "bool": pa.uint8(), "halffloat": pa.uint32(), "uint8": pa.uint64(), "decimal128(38, 2)": pa.int16(),
    "fixed_size_binary[3]": pa.int8(), "large_binary": pa.int8(), "extension<arrow.uuid>": pa.int8(),
    "time64[us]": pa.int16(), "map<string, int64>": pa.int8(),
}  # fmt: skip
RUNS = {
    "double": pa.int32(), "int16": pa.int16(), "string": pa.int64(), "bool": pa.int32(), "date64[ms]": pa.int64(),
    "uint64": pa.int16(), "fixed_size_binary[16]": pa.int32(), "duration[s]": pa.int16(),
    "extension<arrow.bool8>": pa.int16(), "decimal64(18, 2)": pa.int32(), "dense_union": pa.int32(),
}  # fmt: skip
# A layout's steps of 3 through eight values come by in the order 0 3 6 1 4 7 2 5: runs of 3, 2, 1 and 2.
IN_RUNS = np.array([0, 1, 2, 0, 1, 3, 0, 3])


def encoded_cases(leaves: list[Case]) -> list[Case]:
    by_label = {leaf.label: leaf for leaf in leaves}
    dictionaries = [dictionary_case(by_label[label], codes) for label, codes in DICTIONARIES.items()]
    runs = [run_case(by_label[label], ends) for label, ends in RUNS.items()]
    both = run_case(dictionaries[1], pa.int32())
    return [*dictionaries, *runs, both, dictionary_case(runs[2], pa.int16())]


def dictionary_case(leaf: Case, index: pa.DataType) -> Case:
    k = len(leaf.clean)
    type = pa.dictionary(index, leaf.type)

    def make(idx, valid):
        # A dictionary of its own for every chunk, with values that nobody uses, and a null as its last.
        turn = int(idx[0]) if len(idx) else 0
        held = (np.arange(k + 2) + turn) % k
        there = np.ones(k + 3, bool)
        there[-1] = False
        values = leaf.chunk(np.append(held, 0), there, 0, k + 3).producer
        codes = (idx - turn) % k
        keep = np.ones(len(idx), bool) if valid is None else valid
        by_value = ~keep & (np.arange(len(idx)) % 2 == 1)
        codes = pa.array(np.where(by_value, k + 2, codes), index, mask=None if valid is None else ~keep & ~by_value)
        return pa.DictionaryArray.from_arrays(codes, values)

    return case(
        "dictionary", type, make, leaf.clean, leaf.objects, leaf.with_nulls, view=False,
        copied_for=leaf.copied_for | {"dictionary"}, fill=leaf.fill, fill_as=leaf.fill_as, noted=leaf.noted,
        columnar=leaf.columnar, label=f"dictionary<{index}, {leaf.label}>",
    )  # fmt: skip


def run_case(leaf: Case, ends: pa.DataType) -> Case:
    k = len(leaf.clean)
    at = IN_RUNS % k
    type = pa.run_end_encoded(ends, leaf.type)

    def make(idx, valid):
        held = at[idx % len(at)]
        keep = np.ones(len(idx), bool) if valid is None else valid
        changes = (held[1:] != held[:-1]) | (keep[1:] != keep[:-1])
        starts = np.flatnonzero(np.append(True, changes)) if len(idx) else np.zeros(0, int)
        stops = np.append(starts[1:], len(idx)) if len(idx) else starts
        values = leaf.chunk(held[starts], None if valid is None else keep[starts], 0, len(starts)).producer
        return pa.RunEndEncodedArray.from_arrays(pa.array(stops, ends), values)

    return case(
        "run_end_encoded", type, make, leaf.clean[at], leaf.objects[at], leaf.with_nulls, view=False,
        copied_for=leaf.copied_for | {"run-ends"}, fill=leaf.fill, fill_as=leaf.fill_as, noted=leaf.noted,
        columnar=leaf.columnar, label=f"runs<{ends}, {leaf.label}>",
    )  # fmt: skip
