"""What comes with the terminal can be computed: no column without a value where it is meant for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.features.pipeline import compute, validate_set
from terminal.features.presets import PRESETS
from terminal.market.timeframe import Timeframe
from tests.terminal.backtest.panels import random_panel


@pytest.mark.parametrize(("name", "close_only"), [("core", False), ("closes", True)])
def test_every_column_of_a_preset_has_values(name: str, close_only: bool) -> None:
    bars = random_panel(2, 620, 3, close_only=close_only, ragged=False, events=False)
    traded = np.random.default_rng(3).lognormal(12.0, 0.5, bars.close.shape)
    bars = replace(bars, volume=np.where(np.isfinite(bars.volume), traded, np.nan))
    validate_set(PRESETS[name], Timeframe.DAY_1)
    frame = compute(bars, PRESETS[name])
    known = np.isfinite(frame.values[:, -1]).all(axis=0)
    assert known.all(), [c for c, there in zip(frame.columns, known, strict=True) if not there]
