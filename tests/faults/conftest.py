"""One nursery and one floor for the short experiments: each has accounts of its own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.floor import Floor
from tests.faults.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()


@pytest.fixture(scope="module")
def floor(stage: Stage) -> Iterator[Floor]:
    with stage.floor() as made:
        yield made
