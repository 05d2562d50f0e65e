"""Physics events (jets and muons per event) as padded, masked and ragged arrays: equal to what Awkward gives."""

from __future__ import annotations

import functools
import itertools
import os
from pathlib import Path

import awkward as ak
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import arrownd
from agreement import address_of, ledger, same_values

FILES = {"hzz": 2421, "nano": 200}
# What a missing value makes of each type: SPEC.md's column "nulls".
PADDED = {"float": "f4", "int32": "f8", "uint8": "f4", "bool": "O"}


@functools.lru_cache(maxsize=2)
def read(name: str) -> pa.Table:
    shared = os.environ.get("ARROWND_SHARED")
    if not shared:
        pytest.skip("ARROWND_SHARED isn't set: it names the folder that has data/hzz.parquet and data/nano.parquet")
    path = Path(shared) / "data" / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return pq.read_table(path)


def events(name: str) -> tuple[pa.Table, ak.Array]:
    table = read(name)
    assert table.num_rows == FILES[name]
    return table, ak.from_arrow(table)


def lists_of(table: pa.Table) -> list[str]:
    return [field.name for field in table.schema if pa.types.is_large_list(field.type)]


def longest(array: ak.Array) -> int:
    return int(ak.max(ak.num(array), initial=0))


def padded_by_awkward(array: ak.Array, width: int) -> np.ma.MaskedArray:
    return ak.to_numpy(ak.pad_none(array, width, clip=True))


def filled(theirs: np.ma.MaskedArray, leaf: str) -> np.ndarray:
    """Awkward's masked array with the marker that arrownd's default has."""
    values = theirs.data.astype(PADDED[leaf])
    values[np.ma.getmaskarray(theirs)] = None if PADDED[leaf] == "O" else np.nan
    return values


def halves(column: pa.ChunkedArray, at: int = 77) -> pa.ChunkedArray:
    return pa.chunked_array([*column[:at].chunks, *column[at:].chunks])


@pytest.mark.parametrize("name", FILES)
def test_the_data_is_what_it_was(name: str) -> None:
    table, _ = events(name)
    leaves = {str(table.schema.field(column).type.value_type) for column in lists_of(table)}
    assert leaves == ({"float"} if name == "hzz" else set(PADDED))
    assert len(lists_of(table)) == (5 if name == "hzz" else 97)


@pytest.mark.parametrize("name", FILES)
def test_padded(name: str) -> None:
    """ak.fill_none(ak.pad_none(x, n, clip=True), nan), which is float64 in Awkward."""
    table, arrays = events(name)
    with ledger() as book:
        for column in lists_of(table):
            leaf = str(table.schema.field(column).type.value_type)
            width = longest(arrays[column])
            theirs = padded_by_awkward(arrays[column], width)
            for label, producer in (("whole", table[column]), ("in chunks", halves(table[column]))):
                with book.entry(f"{column} {label}"):
                    got = arrownd.to_numpy(producer, lists="pad")
                    same_values(got, filled(theirs, leaf))
                    plan = arrownd.explain(producer, lists="pad")
                    assert (plan.dtype, plan.shape, plan.copies) == (got.dtype, got.shape, True)
            if leaf != "bool":
                with book.entry(f"{column} beside fill_none"):
                    filled_by_awkward = ak.to_numpy(ak.fill_none(ak.pad_none(arrays[column], width, clip=True), np.nan))
                    got = arrownd.to_numpy(table[column], "f8", lists="pad")
                    same_values(got, filled_by_awkward.astype("f8"))


@pytest.mark.parametrize("name", FILES)
def test_padded_and_masked(name: str) -> None:
    """ak.to_numpy(ak.pad_none(x, n, clip=True)): the dtype stays, the padding is masked."""
    table, arrays = events(name)
    with ledger() as book:
        for column in lists_of(table):
            theirs = padded_by_awkward(arrays[column], longest(arrays[column]))
            with book.entry(column):
                got = arrownd.to_numpy(table[column], lists="pad", nulls="masked")
                assert type(got) is np.ma.MaskedArray
                assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(theirs))
                same_values(got.data, theirs.data, ~np.ma.getmaskarray(theirs))
            with book.entry(f"{column} as a pair"):
                values, mask = arrownd.to_masked(table[column], lists="pad")
                assert np.array_equal(mask, np.ma.getmaskarray(theirs))
                same_values(values, theirs.data, ~mask)


@pytest.mark.parametrize("name", FILES)
def test_padded_with_a_fill(name: str) -> None:
    """ak.fill_none(ak.pad_none(x, n, clip=True), 0)."""
    table, arrays = events(name)
    with ledger() as book:
        for column in lists_of(table):
            theirs = padded_by_awkward(arrays[column], longest(arrays[column]))
            with book.entry(column):
                fill = False if theirs.dtype == bool else 0
                same_values(arrownd.to_numpy(table[column], lists="pad", na_value=fill), theirs.filled(fill))


def test_padded_to_a_width() -> None:
    table, arrays = events("hzz")
    theirs = padded_by_awkward(arrays["Jet_Px"], 9)
    same_values(arrownd.to_numpy(table["Jet_Px"], lists="pad", pad_to=9), filled(theirs, "float"))
    width = longest(arrays["Jet_Px"])
    first = int(np.argmax(ak.to_numpy(ak.num(arrays["Jet_Px"])) > width - 1))
    with pytest.raises(arrownd.RaggedError, match=str(first)):
        arrownd.to_numpy(table["Jet_Px"], lists="pad", pad_to=width - 1)


@pytest.mark.parametrize("name", FILES)
def test_ragged(name: str) -> None:
    """ak.flatten, and the offsets of the layout: the list's own buffers."""
    table, arrays = events(name)
    with ledger() as book:
        for column in lists_of(table):
            with book.entry(column):
                values, offsets, mask = arrownd.to_ragged(table[column])
                assert mask is None
                same_values(offsets, np.asarray(arrays[column].layout.offsets.data))
                same_values(values, ak.to_numpy(ak.flatten(arrays[column])))
                assert np.array_equal(np.diff(offsets), ak.to_numpy(ak.num(arrays[column])))
                chunk = table[column].chunk(0)
                assert address_of(offsets) == chunk.buffers()[1].address
                if values.dtype != bool:
                    assert address_of(values) == chunk.values.buffers()[1].address
                    assert not values.flags.writeable
                again = arrownd.to_ragged(halves(table[column]))
                same_values(again.values, values)
                same_values(again.offsets, offsets)


def test_some_of_the_events() -> None:
    """A slice of the events: its own values and offsets from 0."""
    table, arrays = events("hzz")
    with ledger() as book:
        for column, (start, stop) in itertools.product(lists_of(table), ((0, 9), (1, 2), (64, 200), (2400, 2421))):
            theirs = arrays[column][start:stop]
            with book.entry(f"{column}[{start}:{stop}]"):
                values, offsets, mask = arrownd.to_ragged(table[column][start:stop])
                assert mask is None
                same_values(values, ak.to_numpy(ak.flatten(theirs)))
                assert offsets.tolist() == [0, *np.cumsum(ak.to_numpy(ak.num(theirs))).tolist()]
            with book.entry(f"{column}[{start}:{stop}] padded"):
                got = arrownd.to_numpy(table[column][start:stop], lists="pad", nulls="masked")
                assert got.tolist() == padded_by_awkward(theirs, longest(theirs)).tolist()


@pytest.mark.parametrize("name", FILES)
def test_rows_as_arrays(name: str) -> None:
    table, arrays = events(name)
    with ledger() as book:
        for column in lists_of(table):
            with book.entry(column):
                got = arrownd.to_numpy(table[column], lists="object")
                assert got.dtype == object and got.shape == (table.num_rows,)
                flat = ak.to_numpy(ak.flatten(arrays[column]))
                edges = np.asarray(arrays[column].layout.offsets.data)
                first = table[column].chunk(0).values.buffers()[1].address
                for row, (start, stop) in zip(got, itertools.pairwise(edges), strict=True):
                    same_values(row, flat[start:stop])
                    if flat.dtype != bool and len(row):
                        assert address_of(row) == first + start * flat.itemsize
                        assert not row.flags.writeable


def test_refused_with_the_first_row_that_differs() -> None:
    table, arrays = events("hzz")
    counts = ak.to_numpy(ak.num(arrays["Jet_Px"]))
    first = int(np.argmax(counts != counts[0]))
    with pytest.raises(arrownd.RaggedError, match=str(first)) as caught:
        arrownd.to_numpy(table["Jet_Px"])
    assert "lists=" in str(caught.value)
    with pytest.raises(ValueError, match="not regular"):
        ak.to_numpy(arrays["Jet_Px"])


def test_events_of_one_multiplicity_are_dense() -> None:
    """Where every event has as many jets, the list is a dimension, and a view where the values lie in a row."""
    table, arrays = events("hzz")
    counts = ak.to_numpy(ak.num(arrays["Jet_Px"]))
    with ledger() as book:
        for jets in range(longest(arrays["Jet_Px"]) + 1):
            taken = table.filter(pa.array(counts == jets))
            with book.entry(f"{jets} jets"):
                got = arrownd.to_numpy(taken["Jet_Px"].combine_chunks())
                assert got.shape == (int((counts == jets).sum()), jets)
                theirs = ak.to_numpy(ak.to_regular(arrays["Jet_Px"][counts == jets]))
                same_values(got, theirs)
                if got.size:
                    assert not arrownd.explain(taken["Jet_Px"].combine_chunks()).copies


def test_a_struct_of_lists_is_a_list_each() -> None:
    """As stored: to_columns gives the lists one by one, and the plain columns beside them."""
    table, arrays = events("hzz")
    got = arrownd.to_columns(table, lists="pad")
    assert list(got) == table.column_names
    for column in lists_of(table):
        same_values(got[column], filled(padded_by_awkward(arrays[column], longest(arrays[column])), "float"))
    for column in ("NJet", "MET_px"):
        same_values(got[column], ak.to_numpy(arrays[column]))
        assert address_of(got[column]) == table[column].chunk(0).buffers()[1].address
    with pytest.raises(arrownd.RaggedError, match="to_columns"):
        arrownd.to_numpy(table)


def test_a_list_of_structs_has_the_fields_last() -> None:
    """ak.zip: one list of records; events, jets, fields."""
    _, arrays = events("hzz")
    names = ["Jet_Px", "Jet_Py", "Jet_Pz", "Jet_E"]
    jets = ak.to_arrow(ak.zip({name: arrays[name] for name in names}), extensionarray=False)
    assert pa.types.is_struct(jets.type.value_type)
    width = longest(arrays["Jet_Px"])
    each = [padded_by_awkward(arrays[name], width) for name in names]
    same_values(arrownd.to_numpy(jets, lists="pad"), np.stack([filled(one, "float") for one in each], axis=2))
    got = arrownd.to_numpy(jets, lists="pad", nulls="masked")
    gone = np.stack([np.ma.getmaskarray(one) for one in each], axis=2)
    assert np.array_equal(np.ma.getmaskarray(got), gone)
    values, offsets, mask = arrownd.to_ragged(jets)
    assert mask is None
    assert offsets.tolist() == [0, *np.cumsum(ak.to_numpy(ak.num(arrays["Jet_Px"]))).tolist()]
    same_values(values, np.stack([ak.to_numpy(ak.flatten(arrays[name])) for name in names], axis=1))


def test_a_list_of_records_as_a_structured_array() -> None:
    """ak.to_numpy of records is a structured array: structured=True."""
    _, arrays = events("hzz")
    flat = ak.flatten(ak.zip({"px": arrays["Jet_Px"], "py": arrays["Jet_Py"]}))
    got = arrownd.to_numpy(ak.to_arrow(flat, extensionarray=False), structured=True)
    same_values(got, ak.to_numpy(flat))


def test_two_levels() -> None:
    """Events in runs of ten: lists of lists, `values` a Ragged itself."""
    _, arrays = events("hzz")
    nested = ak.unflatten(arrays["Jet_Px"], [10] * 242 + [1])
    outer = arrownd.to_ragged(ak.to_arrow(nested, extensionarray=False))
    assert type(outer.values) is arrownd.Ragged
    assert outer.offsets.tolist() == [*range(0, 2421, 10), 2421]
    assert outer.mask is None and outer.values.mask is None
    same_values(outer.values.offsets, np.asarray(arrays["Jet_Px"].layout.offsets.data))
    same_values(outer.values.values, ak.to_numpy(ak.flatten(arrays["Jet_Px"])))
    width = longest(arrays["Jet_Px"])
    theirs = ak.to_numpy(ak.pad_none(ak.pad_none(nested, 10, clip=True), width, axis=2, clip=True))
    got = arrownd.to_numpy(ak.to_arrow(nested, extensionarray=False), lists="pad")
    assert got.shape == (243, 10, width)
    same_values(got, filled(theirs, "float"))


def test_missing_events_and_jets() -> None:
    """Nulls at both levels: a list that isn't there, and a value in one that is."""
    _, arrays = events("hzz")
    jets = arrays["Jet_Px"]
    jets = ak.mask(jets, jets > -20)
    jets = ak.mask(jets, np.arange(len(jets)) % 7 != 3)
    array = ak.to_arrow(jets, extensionarray=False)
    width = int(ak.max(ak.num(jets)))
    theirs = ak.to_numpy(ak.pad_none(ak.fill_none(jets, [], axis=0), width, clip=True))
    gone = np.ma.getmaskarray(theirs)
    got = arrownd.to_numpy(array, lists="pad", nulls="masked")
    assert np.array_equal(np.ma.getmaskarray(got), gone)
    same_values(got.data, theirs.data, ~gone)
    same_values(arrownd.to_numpy(array, lists="pad"), filled(theirs, "float"))
    values, offsets, mask = arrownd.to_ragged(array)
    assert np.array_equal(mask, np.arange(len(jets)) % 7 == 3)
    present = ak.fill_none(jets, [], axis=0)
    assert np.array_equal(np.diff(offsets)[~mask], ak.to_numpy(ak.num(present))[~mask])
    pieces = [values[start:stop] for start, stop in itertools.pairwise(offsets)]
    flat = np.concatenate([piece for piece, missing in zip(pieces, mask, strict=True) if not missing])
    same_values(flat, ak.to_numpy(ak.fill_none(ak.flatten(present), np.float32("nan"))).astype("f4"))
