"""Indicators kept between runs."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.strategies.indicators import ema, sma
from terminal.strategies.shared import sharing
from tests.terminal.backtest.panels import random_panel

BARS = random_panel(1, n_bars=100, ragged=False)


def test_an_indicator_of_the_panel_is_made_once_per_window() -> None:
    with sharing(BARS) as kept:
        first = sma(BARS.close, 10)
        assert sma(BARS.close, 10) is first
        assert sma(BARS.close, 20) is not first and ema(BARS.close, 10) is not first
        assert (kept.made, kept.found) == (3, 1)
    assert sma(BARS.close, 10) is not first
    np.testing.assert_array_equal(sma(BARS.close, 10), first)


def test_what_is_kept_cannot_be_written_to() -> None:
    with sharing(BARS), pytest.raises(ValueError, match="read-only"):
        sma(BARS.close, 10)[0] = 1.0


def test_arrays_a_strategy_made_itself_are_not_kept() -> None:
    """Their memory may be given to another array under the same identity."""
    with sharing(BARS) as kept:
        for factor in (1.0, 2.0, 3.0):
            np.testing.assert_allclose(
                sma(BARS.close * factor, 10), factor * sma(BARS.close, 10), rtol=1e-12
            )
        assert kept.made == 1


def test_the_one_unused_for_longest_goes_first() -> None:
    with sharing(BARS, room=2 * BARS.close.nbytes) as kept:
        first = sma(BARS.close, 5)
        sma(BARS.close, 6)
        assert sma(BARS.close, 5) is first
        sma(BARS.close, 7)  # drops 6
        assert sma(BARS.close, 5) is first
        made = kept.made
        sma(BARS.close, 6)
        assert kept.made == made + 1
