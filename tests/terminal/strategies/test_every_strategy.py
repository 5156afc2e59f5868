"""What every registered strategy owes the engine, on random panels with everything wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.truncation import decide, truncation_check
from terminal.market.adjust import forward_adjusted
from terminal.strategies.ranking import BETA
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.sizing import ACTIVE_NAMES, EQUAL_SLOTS
from terminal.strategies.strategy import Strategy
from tests.terminal.backtest.panels import examples, random_panel, seeds

SHORT_RULES = """{
    "entry_long": {"any": [
        {"left": {"feature": "close"}, "operator": "crosses above",
         "right": {"feature": "sma", "window": 6}},
        {"left": {"feature": "rsi", "window": 4}, "operator": "below", "right": 30}]},
    "exit_long": {"all": [
        {"left": {"feature": "rsi", "window": 4}, "operator": "above", "right": 60}]},
    "entry_short": {"all": [{"left": {"feature": "close"}, "operator": "falling", "bars": 3}]},
    "exit_short": {"all": [{"left": {"feature": "close"}, "operator": "rising", "bars": 2}]},
    "sizing": {"method": "inverse volatility", "window": 5},
    "most": 2, "ranking": {"by": {"feature": "rate-of-change", "window": 3}, "order": "lowest"}
}"""
SHORT: dict[str, dict[str, Any]] = {
    "buy-and-hold": {},
    "sma-crossover": {"fast": 3, "slow": 8},
    "ema-crossover": {"fast": 3, "slow": 8},
    "donchian-breakout": {"entry": 6, "leave": 3},
    "macd-trend": {"fast": 3, "slow": 6, "signal": 3},
    "adx-trend": {"window": 4},
    "bollinger-breakout": {"window": 6, "deviations": 1.0},
    "keltner-breakout": {"window": 5, "range_window": 4, "multiple": 1.0},
    "rsi-reversion": {"window": 4},
    "zscore-reversion": {"window": 6, "entry": 1.0},
    "bollinger-reversion": {"window": 6, "deviations": 1.0},
    "momentum": {"lookback": 10, "skip": 2, "share": 0.5},
    "long-short": {"lookback": 9, "skip": 2, "beta": 12, "neutral": BETA, "rebalance": "weekly"},
    "rotation": {"lookback": 8, "average": 6, "most": 2, "rebalance": "weekly"},
    "factor-portfolio": {
        "lookback": 9,
        "skip": 2,
        "volatility": 5,
        "trend": 7,
        "sides": "long and short",
        "weighting": "inverse volatility",
        "rebalance": "weekly",
    },
    "time-series-momentum": {"lookback": 10, "centre": 4, "rebalance": "weekly"},
    "multi-timeframe-momentum": {"lookback": 4, "multiple": 3, "coarse_lookback": 2},
    "pairs": {"formation": 15, "reform": 7, "entry": 1.0, "stop": 2.5, "p_value": 1.0, "most": 2},
    "rules": {"rules": SHORT_RULES},
    "pairs-johansen": {"formation": 15, "reform": 7, "entry": 1.0, "stop": 2.5, "level": "90 %"},
}
WEEKLY = {slug for slug, short in SHORT.items() if short.get("rebalance")} | {"momentum"}
"""Those that decide on the first bar of a week only."""
OWN_TESTS = {slug for slug in STRATEGIES if get_strategy(slug).start or get_strategy(slug).costly}
"""Those that place orders, and those that are fitted anew: both need more than a panel."""
every = pytest.mark.parametrize("slug", [slug for slug in STRATEGIES if slug not in OWN_TESTS])


def test_short_parameters_are_given_for_every_strategy() -> None:
    naming = set(STRATEGIES) - OWN_TESTS
    assert set(SHORT) == naming, "give the new strategy short windows above"


def of(slug: str, **more: Any) -> tuple[Strategy, Any]:
    strategy = get_strategy(slug)
    known = {name for name in more if name in strategy.params_type.__dataclass_fields__}
    given = SHORT[slug] | {name: more[name] for name in known}
    return strategy, strategy.params_type(**given)


@every
@examples(20)
@given(
    seed=seeds,
    n_bars=st.integers(12, 90),
    n=st.integers(1, 5),
    sizing=st.sampled_from([EQUAL_SLOTS, ACTIVE_NAMES]),
    close_only=st.booleans(),
    places=st.sets(st.integers(1, 89), min_size=1, max_size=4),
)
def test_decisions_are_the_same_when_the_future_is_hidden(
    slug: str, seed: int, n_bars: int, n: int, sizing: str, close_only: bool, places: set[int]
) -> None:
    strategy, params = of(slug, sizing=sizing)
    bars = random_panel(seed, n_bars, n, close_only=close_only)
    found = truncation_check(strategy, params, bars, cuts=tuple(places))
    assert found.passed, f"{slug} at bar {found.bar} of {found.symbol}, cuts {found.cuts}"


@every
@examples(15)
@given(
    seed=seeds,
    n_bars=st.integers(12, 90),
    n=st.integers(1, 5),
    sizing=st.sampled_from([EQUAL_SLOTS, ACTIVE_NAMES]),
    invested=st.sampled_from([0.3, 1.0]),
)
def test_weights_stay_inside_the_invested_share_and_follow_the_warm_up(
    slug: str, seed: int, n_bars: int, n: int, sizing: str, invested: float
) -> None:
    strategy, params = of(slug, sizing=sizing, invested=invested)
    bars = random_panel(seed, n_bars, n)
    targets = decide(strategy, params, bars)
    assert targets.shape == bars.close.shape and targets.dtype == np.float64
    assert not np.isinf(targets).any()
    assert np.isnan(targets[np.isnan(bars.close)]).all() or slug == "momentum"
    for side in (np.maximum(targets, 0), np.maximum(-targets, 0)):
        assert (np.nansum(side, axis=1) <= invested + 1e-12).all()
    if slug != "momentum":
        assert (np.nansum(np.abs(targets), axis=1) <= invested + 1e-12).all()
    own_bars = np.cumsum(np.isfinite(bars.close), axis=0)
    early = own_bars <= strategy.warmup(params)
    assert (np.nan_to_num(targets[early]) == 0).all(), "decided before its warm-up was over"


@every
def test_a_decision_is_made_as_soon_as_the_warm_up_is_over(slug: str) -> None:
    """The warm-up promised to people is not longer than the one it takes."""
    strategy, params = of(slug)
    bars = random_panel(5, 60, 4, ragged=False, events=False)
    targets = strategy.targets(bars, params)
    first = int(np.flatnonzero(np.isfinite(targets).any(axis=1))[0])
    needed = strategy.warmup(params)
    assert first >= needed
    assert first - needed < (5 if slug in WEEKLY else 1)


@every
def test_the_panel_is_left_as_it_was(slug: str) -> None:
    strategy, params = of(slug)
    bars = forward_adjusted(random_panel(3))
    before = {name: value.copy() for name, value in vars(bars).items() if hasattr(value, "copy")}
    strategy.targets(bars, params)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(bars, name), value)


@every
def test_an_instrument_without_any_bar_disturbs_nobody(slug: str) -> None:
    strategy, params = of(slug)
    bars = random_panel(4, 60, 3, ragged=False)
    for values in (bars.open, bars.high, bars.low, bars.close):
        values[:, 1] = np.nan
    targets = decide(strategy, params, bars)
    assert (np.nan_to_num(targets[:, 1]) == 0).all()
    assert np.isfinite(targets[:, [0, 2]]).any(axis=0).all()
