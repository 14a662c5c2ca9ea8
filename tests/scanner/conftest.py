"""What the scanner's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scanner import DecodePool


@pytest.fixture(scope="module")
def pool() -> Iterator[DecodePool]:
    """One pool for a whole module: each hostile frame must leave it fit for the next one.

    Its time is ample, because machines that test are busy; the benchmark shows what a frame takes.
    """
    with DecodePool(seconds=10) as pool:
        yield pool
