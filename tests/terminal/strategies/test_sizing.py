"""How equity is shared out, and how signals are held."""

from __future__ import annotations

import numpy as np

from terminal.strategies.signals import hold
from terminal.strategies.sizing import ACTIVE_NAMES, EQUAL_SLOTS, KEPT_BARS, weights

NAN = float("nan")
SIGNAL = np.array([[1.0, 0.0, 0.0, 0.0], [1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])


def test_an_equal_slot_is_the_same_whoever_else_is_in() -> None:
    found = weights(SIGNAL, np.isfinite(SIGNAL), EQUAL_SLOTS, 1.0)
    np.testing.assert_array_equal(found, SIGNAL / 4)


def test_active_names_share_everything() -> None:
    found = weights(SIGNAL, np.isfinite(SIGNAL), ACTIVE_NAMES, 0.8)
    np.testing.assert_allclose(found, [[0.8, 0, 0, 0], [0.4, -0.4, 0, 0], [0, 0, 0, 0]])


def test_without_an_opinion_there_is_no_weight() -> None:
    ready = np.array([[True, False, True, True]] * 3)
    for sizing in (EQUAL_SLOTS, ACTIVE_NAMES):
        found = weights(SIGNAL, ready, sizing, 1.0)
        assert np.isnan(found[:, 1]).all() and np.isfinite(found[:, [0, 2, 3]]).all()


def test_a_missing_bar_gives_no_share_away_until_it_lasts() -> None:
    n_bars = KEPT_BARS + 4
    signal = np.ones((n_bars, 2))
    ready = np.ones((n_bars, 2), dtype=bool)
    ready[2:, 1] = False  # the second instrument stops trading
    found = weights(signal, ready, ACTIVE_NAMES, 1.0)[:, 0]
    assert found[: 2 + KEPT_BARS].tolist() == [0.5] * (2 + KEPT_BARS)
    assert found[2 + KEPT_BARS :].tolist() == [1.0, 1.0]


def test_hold_lasts_from_entry_to_exit_and_an_exit_wins_a_tie() -> None:
    enter = np.array([[0, 1, 0, 0, 1, 0, 1]], dtype=bool).T
    leave = np.array([[0, 0, 0, 1, 1, 0, 0]], dtype=bool).T
    assert hold(enter, leave)[:, 0].tolist() == [0, 1, 1, 0, 0, 0, 1]


def test_hold_begins_flat_and_takes_no_bars_at_all() -> None:
    nothing = np.zeros((2, 1), dtype=bool)
    assert hold(nothing, nothing)[:, 0].tolist() == [0, 0]
    assert hold(nothing[:0], nothing[:0]).shape == (0, 1)
