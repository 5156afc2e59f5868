"""Honest packages of each kind, to be spoilt, and a canary that no loader may wake."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from terminal.models.fitting import fit
from terminal.models.model import FitContext, Task
from terminal.models.package import write_package
from tests.terminal.models.enemies import FILES
from tests.terminal.models.planted import KEY, QUICK, parts, planted


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One honest package of each kind."""
    folder = tmp_path_factory.mktemp("originals")
    train, _, _ = parts(planted())
    for slug in FILES:
        model = fit(slug, train, None, QUICK[slug], Task.CLASSES, FitContext())
        write_package(folder / slug, model, QUICK[slug], {"note": "honest"}, KEY)
    return folder


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "canary"
    yield path
    assert not path.exists(), "something was executed"


@pytest.fixture
def package(originals: Path, tmp_path: Path) -> Callable[[str], Path]:
    def copy(slug: str) -> Path:
        return Path(shutil.copytree(originals / slug, tmp_path / slug))

    return copy
