"""Weights through time are units times price over equity, at bars that are there."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.engine import simulate
from terminal.backtest.weights import weights_through
from tests.terminal.backtest.panels import panel


def test_weights_of_a_run_that_holds_half_of_each() -> None:
    bars = panel(np.column_stack([np.full(40, 10.0), np.full(40, 20.0)]))
    targets = np.full((40, 2), np.nan)
    targets[3] = 0.5, 0.25
    run = simulate(bars, targets, Account(lot=0.0))
    found = weights_through(bars, run.positions, run.curve, most=10)
    assert len(found) == 10 and found.index[-1] == run.positions.index[-1]
    assert found.iloc[0].tolist() == [0.0, 0.0]
    assert found.iloc[-1].tolist() == pytest.approx([0.5, 0.25], abs=1e-9)
