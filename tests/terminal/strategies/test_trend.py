"""Crossovers and breakouts on prices where the right decision is plain."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.params import validate
from terminal.strategies.trend import (
    CrossoverParams,
    DonchianParams,
    EmaCrossoverParams,
    donchian_targets,
    ema_targets,
    sma_targets,
)
from tests.terminal.backtest.panels import panel

NAN = float("nan")


def test_sma_crossover_is_long_above_and_short_below() -> None:
    """Fast 2, slow 3 on 1 2 3 2 1 1 4: the averages of each bar by hand.

    fast: -, 1.5, 2.5, 2.5, 1.5, 1, 2.5; slow: -, -, 2, 2.33, 2, 1.33, 2.
    """
    bars = panel([1, 2, 3, 2, 1, 1, 4])
    found = sma_targets(bars, CrossoverParams(fast=2, slow=3))[:, 0]
    np.testing.assert_array_equal(found, [NAN, NAN, 1, 1, -1, -1, 1])


def test_ema_crossover_reacts_to_the_newest_price_first() -> None:
    """EMA 2 and 3 started from their averages; 9, 9, 9, then 12: fast 11, slow 10.5."""
    found = ema_targets(panel([9, 9, 9, 12, 3]), EmaCrossoverParams(fast=2, slow=3))[:, 0]
    np.testing.assert_array_equal(found, [NAN, NAN, 0, 1, -1])


@pytest.mark.parametrize("targets", [sma_targets, ema_targets])
def test_a_price_that_does_not_move_is_no_signal_even_through_rounding(targets: object) -> None:
    bars = panel([100.1] * 300)
    found = targets(bars, CrossoverParams(fast=7, slow=50))[:, 0]  # type: ignore[operator]
    assert (found[49:] == 0).all()


@pytest.mark.parametrize("params_type", [CrossoverParams, EmaCrossoverParams])
@pytest.mark.parametrize("fast", [50, 60])
def test_the_fast_window_must_be_shorter(params_type: type, fast: int) -> None:
    with pytest.raises(InputError, match=f"Fast window is {fast} and slow window 50") as caught:
        validate(params_type, {"fast": fast, "slow": 50})
    assert caught.value.field == "fast"


def test_donchian_enters_above_the_channel_and_leaves_below_the_other() -> None:
    """Channels of 2 and 2 on closes: in when above both closes before, out when below both."""
    bars = panel([5, 4, 6, 7, 6, 5, 5, 8])
    found = donchian_targets(bars, DonchianParams(entry=2, leave=2))[:, 0]
    # 6 > 5, 4: long; 7; 6 holds; 5 < 7, 6: below the exit and the entry channel: short;
    # 5 is not above 6, 5: short holds; 8 > 5, 5: long
    np.testing.assert_array_equal(found, [NAN, NAN, 1, 1, 1, -1, -1, 1])


def test_donchian_uses_highs_and_lows_where_the_source_has_them() -> None:
    bars = panel([5, 5, 6, 7.5], [5, 5, 6, 7], high=[7, 7, 7, 8], low=[4, 4, 5, 6])
    found = donchian_targets(bars, DonchianParams(entry=2, leave=2))[:, 0]
    np.testing.assert_array_equal(found, [NAN, NAN, 0, 1])  # 6 is above the closes, not the highs
