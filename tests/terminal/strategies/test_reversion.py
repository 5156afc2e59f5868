"""Mean reversion on prices where the right decision is plain."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.params import validate
from terminal.strategies.indicators import rsi, z_score
from terminal.strategies.reversion import RsiParams, ZScoreParams, rsi_targets, z_score_targets
from tests.terminal.backtest.panels import panel

NAN = float("nan")


def test_rsi_buys_after_a_fall_and_leaves_after_a_recovery() -> None:
    bars = panel([10, 9, 8, 7, 9, 12, 12.5])
    params = RsiParams(window=2, entry=20.0, leave=60.0)
    # average gains 0 0 1 2 1.25, average losses 1 1 0.5 0.25 0.125
    value = rsi(bars.close, 2)[:, 0]
    assert value[2:].round(1).tolist() == [0, 0, 66.7, 88.9, 90.9]
    found = rsi_targets(bars, params)[:, 0]
    # long while oversold; at 66.7 the long has recovered; above 80 the short side begins
    np.testing.assert_array_equal(found, [NAN, NAN, 1, 1, 0, -1, -1])


def test_rsi_has_no_opinion_on_a_price_that_never_moved() -> None:
    found = rsi_targets(panel([10] * 30), RsiParams(window=3))
    assert np.isnan(found).all()


def test_z_score_buys_far_below_the_mean_and_leaves_near_it() -> None:
    values = [10, 10.1, 9.9, 10, 10.1, 9.0, 9.8, 10.0, 10.2]
    bars = panel(values)
    params = ZScoreParams(window=5, entry=1.5, leave=0.5)
    score = z_score(bars.close, 5)[:, 0]
    assert score[5] < -1.5 and -1.5 < score[6] < 0.5 and score[7] > -0.5
    found = z_score_targets(bars, params)[:, 0]
    assert found[5] == 1
    held = found[6] == 1
    assert held == (score[6] < -0.5)
    assert found[7] == 0


def test_what_is_held_stays_held_through_a_window_without_movement() -> None:
    """No score is no reason to trade."""
    values = [10, 10.1, 9.9, 10, 10.1, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
    found = z_score_targets(panel(values), ZScoreParams(window=5, entry=1.5, leave=0.0))[:, 0]
    assert found[5] == 1 and (found[5:] == 1).all()


def test_the_exit_must_be_nearer_than_the_entry() -> None:
    with pytest.raises(InputError, match="Exit distance is 2 and entry distance 2") as caught:
        validate(ZScoreParams, {"entry": 2.0, "leave": 2.0})
    assert caught.value.field == "leave"
