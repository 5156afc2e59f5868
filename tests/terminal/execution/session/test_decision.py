"""A session decides as the engine's kernel does, order by order."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.engine import checked_targets, simulate
from terminal.execution.session.decision import Standing, decide
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

SYMBOLS = ("A", "B", "C")


def a_panel(rng: np.random.Generator, n_bars: int) -> Panel:
    ts = np.array("2024-01-01", dtype="datetime64[ns]") + np.arange(n_bars) * np.timedelta64(1, "D")
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (n_bars, 3)), axis=0))
    open_ = close * np.exp(rng.normal(0, 0.005, close.shape))
    missing = rng.random(close.shape) < 0.05
    missing[-1] = False  # an instrument without a last bar has ended, which only hindsight knows
    close[missing] = np.nan
    open_[np.isnan(close)] = np.nan
    high, low = np.fmax(open_, close), np.fmin(open_, close)
    one = np.ones_like(close)
    volume = np.where(np.isnan(close), np.nan, 1e6)
    return Panel(
        Timeframe.DAY_1, "XNYS", SYMBOLS, ts, ts + np.timedelta64(1, "h"),
        open_, high, low, close, volume, one, 0 * one,
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), lot=st.sampled_from([1.0, 10.0]))
def test_the_orders_of_a_session_are_the_fills_of_the_engine(seed: int, lot: float) -> None:
    """Targets leave cash, so that the engine's buying power cuts nothing."""
    rng = np.random.default_rng(seed)
    panel = a_panel(rng, 40)
    targets = np.round(rng.uniform(-0.2, 0.3, panel.close.shape), 1)
    targets[rng.random(targets.shape) < 0.2] = np.nan
    targets = np.where(rng.random(targets.shape) < 0.5, np.roll(targets, 1, axis=0), targets)
    account = Account(1_000_000.0, lot=lot, long_only=False, leverage=3.0)
    made = simulate(panel, targets, account)
    fitted = checked_targets(panel, targets, account)
    standing, asked = Standing(), {}
    for t in range(panel.n_bars - 1):
        equity = made.curve["equity"].iloc[t]
        held = dict(zip(SYMBOLS, made.positions.iloc[t].to_numpy(), strict=True))
        waiting = {s: asked[s][1] for s in asked if np.isnan(panel.open[t, SYMBOLS.index(s)])}
        units = {s: held[s] + float(waiting.get(s, 0)) for s in SYMBOLS}
        changes, standing = decide(
            dict(zip(SYMBOLS, fitted[t], strict=True)),
            dict(zip(SYMBOLS, panel.close[t], strict=True)),
            equity,
            units,
            standing,
            lot,
        )
        asked = {s: w for s, w in asked.items() if s in waiting}
        for change in changes:
            before = asked.get(change.symbol, (t, Decimal(0)))[1]
            asked[change.symbol] = (t, before + change.quantity)
        filled = made.fills[made.fills["bar"] == t + 1]
        got: dict[str, float] = {}
        for fill in filled.itertuples():
            sign = 1 if fill.side == "buy" else -1
            got[fill.symbol] = got.get(fill.symbol, 0.0) + sign * fill.quantity
        due = {
            s: float(w[1])
            for s, w in asked.items()
            if not np.isnan(panel.open[t + 1, SYMBOLS.index(s)]) and w[1]
        }
        assert got == due, t


def test_a_target_that_stands_is_not_traded_again() -> None:
    standing = Standing({"A": 0.5}, frozenset({"A"}))
    changes, after = decide({"A": 0.5}, {"A": 120.0}, 10_000.0, {"A": 50.0}, standing, 1.0)
    assert changes == ()
    assert after == standing


def test_what_is_stated_again_after_silence_is_acted_on() -> None:
    silent = decide(
        {"A": float("nan")},
        {"A": 100.0},
        1e4,
        {"A": 50.0},
        Standing({"A": 0.5}, frozenset({"A"})),
        1.0,
    )[1]
    changes, _ = decide({"A": 0.5}, {"A": 125.0}, 1e4, {"A": 50.0}, silent, 1.0)
    assert [(c.symbol, c.quantity) for c in changes] == [("A", Decimal("-10"))]


def test_a_standing_survives_the_database() -> None:
    standing = Standing({"A": 0.1, "B": -0.25}, frozenset({"B"}))
    assert Standing.from_json(standing.as_json()) == standing
