"""Buy and hold: the yardstick."""

from __future__ import annotations

import numpy as np

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE
from terminal.backtest.engine import simulate
from terminal.strategies.hold import BUY_AND_HOLD, HoldParams, targets
from terminal.strategies.sizing import ACTIVE_NAMES
from tests.terminal.backtest.panels import NAN, panel, random_panel

LATE = panel([[10, NAN], [11, NAN], [12, 20], [13, 21]])


def test_an_equal_share_from_the_first_bar_on() -> None:
    np.testing.assert_array_equal(
        targets(LATE, HoldParams()), [[0.5, NAN], [0.5, NAN], [0.5, 0.5], [0.5, 0.5]]
    )


def test_active_names_make_room_for_a_newcomer() -> None:
    np.testing.assert_array_equal(
        targets(LATE, HoldParams(sizing=ACTIVE_NAMES)), [[1, NAN], [1, NAN], [0.5, 0.5], [0.5, 0.5]]
    )


def test_it_buys_once_and_never_again() -> None:
    bars = random_panel(1, 100, 4, ragged=False, events=False)
    held = simulate(
        bars, BUY_AND_HOLD.targets(bars, HoldParams()), Account(capital=1e5, lot=0.0), FREE
    )
    assert held.fills["bar"].tolist() == [1, 1, 1, 1]
