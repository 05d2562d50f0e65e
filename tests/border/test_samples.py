"""The handmade producers are known to be good: pyarrow (nanoarrow for the two types that it can't show) takes every sound sample, reads
what was meant, and releases it once."""

from __future__ import annotations

import gc

import nanoarrow as na
import pyarrow as pa
import pytest

from .producers import ArrayProducer, Producer, SchemaProducer, released_twice
from .samples import BY_NAME, SAMPLES, Sample
from .streams import stream_of

pytestmark = pytest.mark.filterwarnings("error")


IN_PYARROW = [sample for sample in SAMPLES if sample.values is not None]


def assert_released(producer: Producer) -> None:
    gc.collect()
    assert producer.ledger.made > 0
    assert producer.ledger.alive() == []
    assert released_twice == []


@pytest.mark.parametrize("guard", [False, True], ids=["plain", "guarded"])
@pytest.mark.parametrize("sample", IN_PYARROW, ids=lambda sample: sample.name)
def test_pyarrow_reads_a_sample_as_it_was_meant(sample: Sample, guard: bool) -> None:
    producer = ArrayProducer(sample.recipe, guard=guard)
    array = pa.array(producer)
    array.validate(full=True)
    assert str(array.type) == sample.type
    assert array.to_pylist() == sample.values
    del array
    assert_released(producer)


@pytest.mark.parametrize("sample", IN_PYARROW, ids=lambda sample: sample.name)
def test_pyarrow_reads_a_sample_as_a_stream(sample: Sample) -> None:
    producer = stream_of(sample.recipe, sample.recipe)
    chunked = pa.chunked_array(producer)
    chunked.validate(full=True)
    assert str(chunked.type) == sample.type
    assert chunked.num_chunks == 2
    assert chunked.to_pylist() == sample.values * 2
    del chunked
    assert_released(producer)


@pytest.mark.parametrize("sample", IN_PYARROW, ids=lambda sample: sample.name)
def test_pyarrow_reads_a_sample_s_schema(sample: Sample) -> None:
    producer = SchemaProducer(sample.recipe)
    assert str(pa.field(producer).type) == sample.type
    assert_released(producer)


@pytest.mark.parametrize(
    ("name", "stored"), [("interval_months", [1, 0, -3]), ("interval_days", [(1, 2), (0, 0), (3, 4)])]
)
def test_nanoarrow_reads_what_pyarrow_cannot_show(name: str, stored: list) -> None:
    assert {sample.name for sample in SAMPLES} - {sample.name for sample in IN_PYARROW} == {
        "interval_months",
        "interval_days",
    }
    producer = ArrayProducer(BY_NAME[name])
    array = na.c_array(producer)
    assert list(array.view().buffer(1)) == stored
    assert array.null_count == 1
    del array
    assert_released(producer)


def test_a_capsule_that_nobody_took_releases_its_structs() -> None:
    producer = ArrayProducer(SAMPLES[0].recipe)
    schema, array = producer.__arrow_c_array__()
    assert producer.ledger.alive() == ["array", "schema"]
    del schema, array
    assert_released(producer)
