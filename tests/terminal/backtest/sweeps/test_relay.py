"""Walk-forward of strategies that place orders: one account, handed from choice to choice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.events import simulate_events
from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.evaluate import evaluate_many, prepare_ground
from terminal.backtest.sweeps.relay import relay
from terminal.backtest.sweeps.space import space_of
from terminal.backtest.sweeps.walk_forward import WalkForward, walk_forward, window_scores
from terminal.backtest.sweeps.windows import WalkForwardRequest, make_windows
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.strategies.events import Context, OnBar
from terminal.strategies.orders import Order, bracket
from terminal.strategies.registry import get_strategy
from tests.terminal.backtest.panels import panel
from tests.terminal.backtest.sweeps.made import daily

CALENDAR = get_calendar("XNYS")
BREAKOUT = get_strategy("breakout-orders")
SPACE = space_of(BREAKOUT, {"channel": (4, 8)}, {"atr": 4, "stop": 1.0, "longest": 6})
RISING = panel([[10.0 + t, 20.0] for t in range(8)], [[10.0 + t, 20.0] for t in range(8)])
ACCOUNT = Account(10_000.0, lot=0.0)


def run(bars: Panel) -> WalkForward:
    request = BacktestRequest("breakout-orders", {}, "made", bars.symbols)
    ground = prepare_ground(request, bars, CALENDAR)
    windows = make_windows(WalkForwardRequest(train=40, test=20), int(ground.kept.sum()), 1.0)
    inside, outside = {}, {}
    for k, found in evaluate_many(ground, ((k, SPACE.params(k)) for k in SPACE.positions())):
        inside[k], outside[k] = window_scores(
            found.returns, windows, "total_return", ground.periods
        )
    return walk_forward(ground, windows, inside, outside, SPACE.params)


def test_choices_are_traded_and_the_same_when_the_future_is_hidden() -> None:
    bars = daily(4, 130, 2)
    whole, begun = run(bars), run(bars.truncated(95))
    assert whole.targets is None
    assert np.count_nonzero(whole.evaluation.returns) > 20
    assert whole.table["position"].nunique() == 2
    n = len(begun.table) - 1
    columns = ["train_first", "train_last", "test_first", "position", "in_sample"]
    pd.testing.assert_frame_equal(whole.table[columns][:n], begun.table[columns][:n])
    known = len(begun.dates) - 1  # what is held is closed where the bars end
    np.testing.assert_allclose(whole.evaluation.returns[:known], begun.evaluation.returns[:known])


def test_nobody_is_asked_before_the_first_stretch_and_each_only_in_its_own() -> None:
    asked: list[tuple[str, int]] = []

    def start(name: Any) -> OnBar:
        return lambda context: asked.append((name, context.bar))

    simulate_events(RISING, relay(start, [(2, "a"), (4, "b"), (5, "b")]), ACCOUNT)
    assert asked == [("a", 2), ("a", 3), ("b", 4), ("b", 5), ("b", 6)]


def test_the_same_parameters_go_on_with_what_they_remember() -> None:
    starts: list[str] = []

    def start(name: Any) -> OnBar:
        starts.append(name)
        return lambda context: None

    simulate_events(RISING, relay(start, [(1, "a"), (3, "a"), (5, "b"), (6, "a")]), ACCOUNT)
    assert starts == ["a", "b", "a"]


def test_positions_and_their_brackets_are_handed_on_and_waiting_orders_are_not() -> None:
    seen: dict[str, Any] = {}

    def start(name: Any) -> OnBar:
        def first(context: Context) -> None:
            if context.bar == 1:
                context.submit(bracket(Order(0, "A", 10.0), stop_loss=9.0, take_profit=16.5))
                context.submit(Order(0, "B", 5.0, "limit", limit=15.0))

        def second(context: Context) -> None:
            seen.setdefault("held", dict(context.positions))
            seen.setdefault("orders", [order.kind for order in context.open_orders])

        return first if name == "first" else second

    done = simulate_events(RISING, relay(start, [(0, "first"), (4, "second")]), ACCOUNT)
    assert seen == {"held": {"A": 10.0}, "orders": ["stop", "limit"]}
    fates = dict(zip(done.orders["symbol"] + " " + done.orders["kind"], done.orders["status"],
                     strict=True))  # fmt: skip
    assert fates == {"A market": "filled", "A stop": "cancelled", "A limit": "filled",
                     "B limit": "cancelled"}  # fmt: skip
