"""Rotation: the strongest above their average, and cash."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.strategies.rotation import ROTATION, RotationParams, targets
from tests.terminal.backtest.panels import NAN, panel, random_panel


def params(**more: Any) -> RotationParams:
    return RotationParams(**{"lookback": 8, "average": 6, "most": 2, "rebalance": "weekly", **more})


def paths(*drifts: float, rows: int = 31) -> Any:
    return 100 * np.cumprod(np.full((rows, len(drifts)), 1 + np.array(drifts)), axis=0)


def test_the_strongest_share_the_equity_on_rebalancing_bars_only() -> None:
    found = targets(panel(paths(0.001, 0.004, 0.002, 0.003)), params(invested=0.9))
    decided = np.flatnonzero(np.isfinite(found).any(axis=1))
    assert decided.tolist() == [10, 15, 20, 25, 30]
    assert (found[decided] == [0, 0.45, 0, 0.45]).all()


def test_what_is_below_its_average_is_left_for_cash_even_when_it_is_the_strongest() -> None:
    close = paths(0.02, -0.001, 0.001)
    close[18:, 0] *= 0.9  # still the strongest over 8 bars, but below its average of 6
    found = targets(panel(close), params())
    assert found[15].tolist() == [0.5, 0, 0.5]
    assert close[20, 0] / close[12, 0] > close[20, 2] / close[12, 2]
    assert found[20].tolist() == [0, 0, 0.5]
    assert targets(panel(close), params(average=0))[20].tolist() == [0.5, 0, 0.5]


def test_when_everything_falls_all_is_cash() -> None:
    found = targets(panel(paths(-0.001, -0.002, -0.003)), params())
    assert (found[10::5] == 0).all()
    weakest = targets(panel(paths(-0.001, -0.002, -0.003)), params(average=0, most=1))
    assert weakest[10].tolist() == [1, 0, 0]


def test_one_without_a_bar_is_neither_held_nor_sold() -> None:
    close = paths(0.001, 0.004, 0.002)
    close[20, 1] = NAN
    found = targets(panel(close), params(most=1))
    assert np.isnan(found[20, 1]) and found[20].tolist()[::2] == [0, 1]
    assert found[25].tolist() == [0, 1, 0]


def test_skipped_bars_do_not_count() -> None:
    close = paths(0.001, 0.002)
    close[19:, 0] *= 2
    assert targets(panel(close), params(most=1))[20].tolist() == [1, 0]
    assert targets(panel(close), params(most=1, skip=3))[20].tolist() == [0, 1]
    with pytest.raises(InputError, match="skip must be shorter"):
        params(skip=8)


@pytest.mark.parametrize("rebalance", ["weekly", "monthly", "by bars"])
def test_no_later_bar_has_a_say(rebalance: str) -> None:
    given = params(rebalance=rebalance, every=3)
    assert truncation_check(ROTATION, given, random_panel(2, 90, 6), cuts=range(8, 90, 7)).passed
