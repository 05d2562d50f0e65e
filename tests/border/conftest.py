"""What the tests of the border share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def quick_collections() -> Iterator[None]:
    """Most tests here collect garbage to see what is released; what was there before them needn't be looked at each time."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
