"""What pages say of the catalogue is what the catalogue says."""

from __future__ import annotations

import subprocess
import sys

import pytest

from terminal.errors import InputError
from terminal.research.menu import FILE, as_bytes, feature_entry, made_from_the_catalogue, menu
from terminal.settings import ROOT


def test_the_file_is_the_catalogue() -> None:
    assert FILE.read_bytes() == as_bytes(made_from_the_catalogue()), (
        "run: python -m terminal.research.menu"
    )


def test_every_feature_can_be_understood() -> None:
    for entry in menu().features.values():
        assert entry.title and entry.description and entry.unit and entry.family, entry.slug
        assert entry.warmup >= 0
    for name, preset in menu().presets.items():
        assert {choice.feature for choice in preset.choices} <= set(menu().features), name
    with pytest.raises(InputError, match="no feature 'nothing'"):
        feature_entry("nothing")


def test_reading_it_loads_nothing_that_computes() -> None:
    code = (
        "import sys; from terminal.research.menu import menu; import terminal.research.requests\n"
        "import terminal.research.luck, terminal.research.memory, terminal.research.stored\n"
        "menu(); print(sorted({'numba', 'talib', 'scipy', 'statsmodels', 'sklearn', 'hmmlearn'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
