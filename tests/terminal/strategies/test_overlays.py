"""Overlays on any strategy: what is stated, when, and what no overlay may change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.truncation import decide, truncation_check
from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import describe, validate
from terminal.strategies.hold import BUY_AND_HOLD, HoldParams
from terminal.strategies.overlays import OVERLAYS, apply_overlays, overlaid, read_overlays
from terminal.strategies.regimes import TrendFilter, VolatilityFilter
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.volatility_target import VolatilityTarget
from tests.terminal.backtest.panels import (
    NAN,
    examples,
    panel,
    random_panel,
    random_targets,
    seeds,
)
from tests.terminal.strategies.test_every_strategy import of

EVERY = (
    VolatilityTarget(target=0.2, window=10, band=0.2),
    TrendFilter(window=8, kept=0.4),
    VolatilityFilter(percentile=0.7, window=5, history=20),
)


@dataclass(frozen=True)
class Steps:
    """An overlay of scales given by hand."""

    scales: tuple[float, ...]
    title: ClassVar[str] = "Steps"
    description: ClassVar[str] = "Scales given by hand."
    on: ClassVar[bool] = True
    warmup: ClassVar[int] = 0

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        return np.array(self.scales, dtype=np.float64)


@dataclass(frozen=True)
class Peeking(Steps):
    """The planted fault: each scale is that of the bar after."""

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        up = np.append(panel.close[1:, 0] > panel.close[:-1, 0], False)
        return np.where(up, 1.0, 0.5)


def applied(targets: Any, scales: Any, close: Any = None) -> Any:
    table = np.array(targets, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    bars = panel(np.full(table.shape, 10.0) if close is None else close)
    return apply_overlays(bars, table, [Steps(tuple(scales))])


def test_a_standing_target_is_stated_again_only_where_the_scale_moves() -> None:
    found = applied([1, NAN, NAN, NAN, 0.5, NAN], [1, 1, 0.5, 0.5, 0.5, 0.5])[:, 0]
    np.testing.assert_array_equal(found, [1, NAN, 0.5, NAN, 0.25, NAN])


def test_targets_that_stand_on_every_bar_stay_equal_while_the_scale_does() -> None:
    found = applied([0.8] * 6, [1, 1, 0.5, 0.5, 1, 1])[:, 0]
    np.testing.assert_array_equal(found, [0.8, 0.8, 0.4, 0.4, 0.8, 0.8])


def test_nothing_is_said_before_the_scale_is_known_and_then_what_stands() -> None:
    found = applied([[0.3, NAN], [NAN, NAN], [NAN, 0.2], [NAN, NAN]], [NAN, NAN, 2, 2])
    np.testing.assert_array_equal(found, [[NAN, NAN], [NAN, NAN], [0.6, 0.4], [NAN, NAN]])


def test_one_without_a_bar_where_the_scale_moves_is_scaled_at_its_next_bar() -> None:
    close = [[10, 10], [10, 10], [10, NAN], [10, NAN], [10, 10], [10, 10]]
    targets = [[0.5, 0.5]] + [[NAN, NAN]] * 5
    found = applied(targets, [1, 1, 0.5, 0.5, 0.5, 0.5], close)
    expected = [[0.5, 0.5], [NAN, NAN], [0.25, NAN], [NAN, NAN], [NAN, 0.25], [NAN, NAN]]
    np.testing.assert_array_equal(found, expected)


def test_what_is_said_of_a_missing_bar_does_not_stand() -> None:
    """The engine does not act on it, so that the older target is the one that is held."""
    found = applied([1, 0.2, NAN, NAN], [1, 1, 1, 0.5], [10, NAN, 10, 10])[:, 0]
    np.testing.assert_array_equal(found[[0, 2, 3]], [1, NAN, 0.5])


def test_several_overlays_multiply_in_any_order_and_those_that_are_off_do_nothing() -> None:
    bars = random_panel(1, 90, 4, ragged=False)
    targets = random_targets(1, bars)
    found = apply_overlays(bars, targets, EVERY)
    np.testing.assert_allclose(apply_overlays(bars, targets, EVERY[::-1]), found)
    off = tuple(kind() for kind in OVERLAYS.values())
    assert apply_overlays(bars, targets, off) is targets
    np.testing.assert_array_equal(apply_overlays(bars, targets, (*off, *EVERY)), found)
    assert np.isfinite(found).any()


@examples(30)
@given(seed=seeds, n_bars=st.integers(40, 120), n=st.integers(1, 5))
def test_every_position_that_results_is_the_strategys_times_the_scale(
    seed: int, n_bars: int, n: int
) -> None:
    """What an engine would hold, replayed bar by bar from the targets of both."""
    bars = random_panel(seed, n_bars, n)
    targets = random_targets(seed, bars, long_only=False)
    found = apply_overlays(bars, targets, EVERY)
    own, scaled = np.zeros(n), np.zeros(n)
    known = np.zeros(n, dtype=bool)
    standing = np.zeros((n_bars, n))
    kept = np.zeros((n_bars, n))
    for t in range(n_bars):
        acts = np.isfinite(bars.close[t])
        known |= acts & np.isfinite(targets[t])
        own = np.where(acts & np.isfinite(targets[t]), targets[t], own)
        scaled = np.where(acts & np.isfinite(found[t]), found[t], scaled)
        standing[t], kept[t] = own, scaled
    present = np.isfinite(bars.close)
    for t in range(10, n_bars):
        present[t] |= np.isfinite(bars.close[t - 10 : t]).any(axis=0)
    present[:10] |= np.cumsum(np.isfinite(bars.close), axis=0)[:10] > 0
    weights = np.where(present, standing, 0.0)
    scale = np.prod([each.scale(bars, weights) for each in EVERY], axis=0)
    for t in np.flatnonzero(np.isfinite(scale)):
        now = np.isfinite(bars.close[t])
        np.testing.assert_allclose(kept[t, now], scale[t] * standing[t, now], atol=1e-12)
    assert (np.nan_to_num(found[np.isnan(scale)]) == 0).all()


@pytest.mark.parametrize(
    "slug",
    [slug for slug in STRATEGIES if not get_strategy(slug).start and not get_strategy(slug).costly],
)
@examples(6)
@given(seed=seeds, n_bars=st.integers(40, 120), n=st.integers(1, 5))
def test_no_strategy_sees_later_bars_under_all_overlays(
    slug: str, seed: int, n_bars: int, n: int
) -> None:
    strategy, params = of(slug)
    under = overlaid(strategy, EVERY)
    bars = random_panel(seed, n_bars, n)
    found = truncation_check(under, params, bars, cuts=3)
    assert found.passed, f"{slug} at bar {found.bar} of {found.symbol}, cuts {found.cuts}"
    early = np.cumsum(np.isfinite(bars.close).any(axis=1)) <= under.warmup(params)
    targets = decide(under, params, bars)
    assert (np.nan_to_num(targets[early]) == 0).all()


def test_an_overlay_that_looks_ahead_is_caught() -> None:
    under = overlaid(BUY_AND_HOLD, [Peeking(())])
    bars = random_panel(1, 60, 2, ragged=False)
    assert not truncation_check(under, HoldParams(), bars).passed


def test_a_strategy_under_no_overlay_is_itself() -> None:
    assert overlaid(BUY_AND_HOLD, [VolatilityTarget()]) is BUY_AND_HOLD
    under = overlaid(BUY_AND_HOLD, EVERY)
    assert under.slug == "buy-and-hold" and under.warmup(HoldParams()) == 24


def test_a_held_portfolio_is_traded_only_where_the_scale_moves() -> None:
    bars = random_panel(2, 300, 3, ragged=False, events=False)
    scale = EVERY[0].scale(bars, np.full(bars.close.shape, 1 / 3))
    found = apply_overlays(bars, BUY_AND_HOLD.targets(bars, HoldParams()), EVERY[:1])
    changes = np.flatnonzero((np.diff(found[10:], axis=0) != 0).any(axis=1))
    assert changes.tolist() == np.flatnonzero(np.diff(scale[10:])).tolist()
    assert 3 < len(changes) < 80


@pytest.mark.parametrize("slug", OVERLAYS)
def test_an_overlay_tells_people_about_itself_and_is_off_by_default(slug: str) -> None:
    kind = OVERLAYS[slug]
    assert kind.title and kind.description.endswith(".")
    for spec in describe(kind):
        assert spec.title and spec.help, f"{slug}.{spec.name} has no title or help"
        assert spec.choices or spec.kind == "str" or (spec.low is not None and spec.high)
    assert not kind().on
    assert validate(kind, vars(kind())) == kind()


def test_a_form_or_a_stored_request_gives_the_overlays_that_are_on() -> None:
    found = read_overlays(
        {
            "trend-filter": {"window": "200", "market": " SPY "},
            "volatility-filter": {"percentile": 0.0},
            "volatility-target": {"target": 0.15},
        }
    )
    assert found == (VolatilityTarget(target=0.15), TrendFilter(window=200, market="SPY"))
    assert read_overlays({}) == ()
    with pytest.raises(InputError, match="no overlay 'stop'; known: volatility-target") as caught:
        read_overlays({"stop": {}})
    assert caught.value.field == "overlays"
    with pytest.raises(InputError, match="Annual volatility is 3") as caught:
        read_overlays({"volatility-target": {"target": 3}})
    assert caught.value.field == "overlays.volatility-target.target"


def test_the_targets_given_are_left_as_they_were() -> None:
    bars = random_panel(3, 60, 3)
    targets = random_targets(3, bars)
    before = targets.copy()
    apply_overlays(bars, targets, EVERY)
    np.testing.assert_array_equal(targets, before)
    apply_overlays(replace(bars, close=np.full_like(bars.close, np.nan)), targets, EVERY)
