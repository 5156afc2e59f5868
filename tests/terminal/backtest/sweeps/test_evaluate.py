"""One combination of a sweep is the backtest with these parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.backtest.inference.headline import HEADLINE
from terminal.backtest.request import BacktestRequest, CostRequest, ExitRequest
from terminal.backtest.run import run_backtest
from terminal.backtest.sweeps.evaluate import (
    evaluate,
    evaluate_many,
    evaluate_targets,
    leading,
    prepare_ground,
    returns_matrix,
    with_params,
)
from terminal.backtest.sweeps.space import space_of
from terminal.errors import InputError
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.strategies.registry import STRATEGIES, get_strategy
from terminal.strategies.shared import sharing
from terminal.strategies.sides import FLAT, LONG, Sides
from tests.terminal.backtest.panels import intraday, random_panel
from tests.terminal.backtest.sweeps.made import daily
from tests.terminal.strategies.test_every_strategy import SHORT as SHORT_WINDOWS

CALENDAR = get_calendar("XNYS")
SMA = get_strategy("sma-crossover")


def request_for(bars: Panel, **given: object) -> BacktestRequest:
    made = BacktestRequest(
        "sma-crossover",
        {"fast": 3, "slow": 8},
        "made",
        bars.symbols,
        timeframe=bars.timeframe,
        costs=CostRequest(commission_bps=5.0, slippage_bps=1.0),
        risk_free_rate=0.02,
    )
    return replace(made, **given)  # type: ignore[arg-type]


LOOPS = {
    "quiet": {},
    "whole: exits": {"exits": ExitRequest(stop_loss=0.03)},
    "whole: shorts": {"long_only": False, "leverage": 2.0},
    "whole: interest": {"cash_rate": 0.03},
    "quiet: overlay": {"overlays": {"volatility-target": {}}},
}


@pytest.mark.parametrize("loop", LOOPS)
def test_metrics_are_those_of_the_backtest(loop: str) -> None:
    bars = intraday(random_panel(5, n_bars=400, n_instruments=4, volatility=0.01), 6)
    request = request_for(bars, **LOOPS[loop])
    ground = prepare_ground(request, bars, CALENDAR)
    assert (ground.busy is not None) == loop.startswith("quiet")
    params = SMA.params_type(fast=4, slow=9)
    found = evaluate(ground, params)
    full = run_backtest(with_params(request, params), bars, None, CALENDAR)
    for name in (*HEADLINE, "cost_drag"):
        assert found.metrics[name] == pytest.approx(full.metrics[name], rel=1e-9), name
    assert found.metrics["fills"] == len(full.fills)


@pytest.mark.parametrize("slug", [slug for slug in STRATEGIES if get_strategy(slug).sides])
def test_sides_weights_and_the_loop_over_every_bar_give_the_same_numbers(slug: str) -> None:
    """To the last bit, on bars with gaps and events."""
    strategy = get_strategy(slug)
    bars = intraday(random_panel(7, n_bars=500, n_instruments=5), 6)
    request = replace(request_for(bars), strategy=slug)
    ground = prepare_ground(request, bars, CALENDAR)
    params = strategy.params_type(**SHORT_WINDOWS[slug])
    found = evaluate(ground, params)
    weights = evaluate(replace(ground, strategy=replace(strategy, sides=None)), params)
    every = evaluate(replace(ground, busy=None), params)
    assert found.metrics["fills"] > 20  # type: ignore[operator]
    np.testing.assert_array_equal(found.returns, weights.returns)
    np.testing.assert_array_equal(found.returns, every.returns)
    assert found.metrics == weights.metrics
    assert found.metrics == pytest.approx(every.metrics, rel=1e-12)


def test_sides_that_add_up_to_more_than_the_account_may_hold_are_scaled() -> None:
    bars = daily(9, 120, 3)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    at = np.random.default_rng(1).choice([FLAT, LONG], bars.close.shape).astype(np.uint8)
    above = replace(
        SMA,
        targets=lambda panel, params: Sides(at, 0.5).weights(),
        sides=lambda panel, params: Sides(at, 0.5),
    )
    params = SMA.params_type(fast=3, slow=8)
    found = evaluate(replace(ground, strategy=above), params)
    np.testing.assert_array_equal(
        found.returns, evaluate_targets(ground, Sides(at, 0.5).weights()).returns
    )


def test_combinations_measured_together_are_measured_as_each_alone() -> None:
    bars = daily(10, 300, 2)  # small: many in a block
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    space = space_of(SMA, {"fast": tuple(range(2, 12)), "slow": (15, 20, 30, 40)}, {})
    items = [(k, space.params(k)) for k in space.positions()]
    assert len(items) == 40
    for (k, found), (name, params) in zip(evaluate_many(ground, items, 2), items, strict=True):
        alone = evaluate(ground, params)
        assert k == name
        np.testing.assert_array_equal(found.returns, alone.returns)
        assert found.metrics == alone.metrics


def test_a_strategy_that_places_orders_is_run_by_its_own_step() -> None:
    bars = daily(6, 200)
    strategy = get_strategy("breakout-orders")
    request = replace(request_for(bars), strategy="breakout-orders", params={})
    params = strategy.params_type()
    found = evaluate(prepare_ground(request, bars, CALENDAR), params)
    full = run_backtest(with_params(request, params), bars, None, CALENDAR)
    assert found.metrics["fills"] == len(full.fills) > 0
    for name in (*HEADLINE, "cost_drag"):
        assert found.metrics[name] == pytest.approx(full.metrics[name], rel=1e-9), name


def test_threads_and_shared_indicators_change_nothing() -> None:
    bars = random_panel(3, n_bars=300, n_instruments=5)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    space = space_of(SMA, {"fast": (2, 3, 5, 8), "slow": (10, 15, 20)}, {})
    order = space.sharing_order(list(space.positions()))
    alone = {k: evaluate(ground, space.params(k)) for k in order}
    for threads in (1, 2):
        found = dict(evaluate_many(ground, ((k, space.params(k)) for k in order), threads))
        assert list(found) == order
        for k in order:
            np.testing.assert_array_equal(found[k].returns, alone[k].returns)
            assert found[k].metrics == alone[k].metrics
    matrix = returns_matrix(ground, [space.params(k) for k in order])
    np.testing.assert_array_equal(matrix, np.array([alone[k].returns for k in order]).T)


def test_who_takes_no_more_results_leaves_the_threads_free() -> None:
    """Whether by choice or because a combination failed; the next sweep is whole."""
    bars = random_panel(3, n_bars=300, n_instruments=5)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    params = SMA.params_type(fast=2, slow=10)
    few = evaluate_many(ground, ((k, params) for k in range(1000)), 2)
    assert next(few)[0] == 0
    few.close()  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        list(evaluate_many(ground, [(0, params), (1, object()), (2, params)], 2))
    assert [k for k, _ in evaluate_many(ground, ((k, params) for k in range(40)), 2)] == [
        *range(40)
    ]


@pytest.mark.parametrize(
    "slug",
    [slug for slug in STRATEGIES if not get_strategy(slug).start and not get_strategy(slug).costly],
)
def test_no_strategy_writes_into_an_indicator_it_shares(slug: str) -> None:
    """Two runs within `sharing` and one outside are the same."""
    strategy = get_strategy(slug)
    bars = random_panel(11, n_bars=700, n_instruments=6, events=False, ragged=False)
    params = strategy.params_type()
    with sharing(bars):
        first, second = strategy.targets(bars, params), strategy.targets(bars, params)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, strategy.targets(bars, params))


def test_the_leading_part_is_the_beginning_of_the_whole() -> None:
    bars = daily(8, 200)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    part = leading(ground, 0.25, CALENDAR)
    params = SMA.params_type(fast=3, slow=8)
    whole, begun = evaluate(ground, params).returns, evaluate(part, params).returns
    assert len(begun) == 50
    np.testing.assert_allclose(begun, whole[:50], rtol=1e-12)


def test_targets_that_belong_to_somebody_else_are_left_alone() -> None:
    bars = daily(8, 50)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    before = ground.adjusted.close.copy()
    evaluate_targets(ground, ground.adjusted.close)  # far above 1 in sum: would be scaled in place
    np.testing.assert_array_equal(ground.adjusted.close, before)


def test_infinite_targets_and_a_wrong_shape_are_refused() -> None:
    bars = daily(8, 50)
    ground = prepare_ground(request_for(bars), bars, CALENDAR)
    with pytest.raises(InputError, match="infinite"):
        evaluate_targets(ground, np.full(bars.close.shape, np.inf))
    with pytest.raises(InputError, match="shape"):
        evaluate_targets(ground, np.zeros((50, 1)))
