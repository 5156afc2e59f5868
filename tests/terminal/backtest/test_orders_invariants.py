"""What must hold at every bar of every stream of orders, rebuilt from the list of fills alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import COST_COLUMNS, Costs
from terminal.backtest.engine import Simulation
from terminal.backtest.orders import simulate_orders
from terminal.market.adjust import last_known
from terminal.market.panel import Panel
from terminal.strategies.orders import Order
from tests.terminal.backtest.panels import examples, intraday, panels, random_panel, seeds
from tests.terminal.backtest.slow_orders import random_orders
from tests.terminal.backtest.test_engine_against_slow_engine import SOME_COSTS, SOME_EXITS, accounts

NOT_TRADED = ["delisted", "bankrupt", "cash in lieu"]
YEAR = np.timedelta64(365, "D")


def require_identities(
    bars: Panel, account: Account, costs: Costs, orders: list[Order], found: Simulation,
    fates: pd.DataFrame,
) -> None:  # fmt: skip
    """Every identity of a run; AssertionError names the first that fails."""
    fills = found.fills
    columns = fills["symbol"].map({name: j for j, name in enumerate(bars.symbols)})
    column, bar = columns.to_numpy(dtype=int), fills["bar"].to_numpy()
    quantity = fills["quantity"].where(fills["side"] == "buy", -fills["quantity"]).to_numpy()
    price, reference = fills["price"].to_numpy(), fills["reference_price"].to_numpy()
    worse = (price - reference) * np.sign(quantity)
    parts = fills[["spread", "slippage", "impact"]].sum(axis=1).to_numpy()
    np.testing.assert_allclose(np.abs(quantity) * worse, parts, rtol=1e-7, atol=1e-7)
    # no reference price outside the bar, but where there is no bar
    low, high = bars.low[bar, column], bars.high[bar, column]
    known = np.isfinite(low) & ~fills["reason"].isin(NOT_TRADED)
    inside = (reference >= low * (1 - 1e-12)) & (reference <= high * (1 + 1e-12))
    assert inside[known.to_numpy()].all()
    # cash, units and equity of every bar
    scale = np.cumprod(bars.split, axis=0)
    marks = last_known(bars.close * scale) / scale
    cash, short, units = account.capital, 0.0, np.zeros(bars.n_instruments)
    for t in range(bars.n_bars):
        if t:
            years = (bars.close_ts[t] - bars.close_ts[t - 1]) / YEAR
            own = cash - short
            cash += own * (account.cash_rate if own > 0 else account.debit_rate) * years
            cash -= short * costs.borrow_bps / 10_000 * years
        units = units * bars.split[t]
        here = np.flatnonzero(bar == t)
        lieu = here[fills["reason"].iloc[here].eq("cash in lieu")]
        held = units.copy()  # what a split leaves is paid out before dividends are
        np.add.at(held, column[lieu], quantity[lieu])
        cash += float(held @ bars.dividend[t])
        np.add.at(units, column[here], quantity[here])
        cash -= float((quantity * price + fills["commission"].to_numpy())[here].sum())
        value = np.where(np.abs(units) > 1e-9, units * marks[t], 0.0)
        short = float(-value[value < 0].sum())
        np.testing.assert_allclose(found.positions.iloc[t], units, rtol=1e-9, atol=1e-6)
        size = max(1.0, abs(cash), float(np.abs(value).sum()))
        assert abs(found.curve["cash"].iloc[t] - cash) <= 1e-9 * size
        assert abs(found.curve["equity"].iloc[t] - cash - value.sum()) <= 1e-9 * size
        if account.participation:
            cap = account.participation * bars.volume[t]
            traded = np.zeros(bars.n_instruments)
            counted = here[~fills["reason"].iloc[here].isin(NOT_TRADED)]
            np.add.at(traded, column[counted], np.abs(quantity[counted]))
            assert (traded <= np.where(np.isfinite(cap), cap, np.inf) * (1 + 1e-12) + 1e-9).all()
    for name in set(COST_COLUMNS) - {"borrow"}:
        by_bar = fills.groupby("ts")[name].sum().reindex(found.curve.index, fill_value=0.0)
        np.testing.assert_allclose(found.curve[name], by_bar, rtol=1e-9, atol=1e-9)
    # no fill before its order, and none of an order that was not to be
    assert (fates.loc[fates["filled"] != 0, "status"] != "waiting").all()
    for group in {order.group for order in orders if order.group >= 0}:
        rows = [k for k, order in enumerate(orders) if order.group == group]
        assert len({orders[k].bar for k in rows}) == 1


@examples(60)
@given(panels(volatility=0.06), seeds, SOME_COSTS, SOME_EXITS, accounts(), st.booleans())
def test_every_identity_holds(
    bars: Panel, seed: int, costs: Costs, exits: ExitRules, account: Account, in_sessions: bool
) -> None:
    account = replace(account, long_only=False)
    if in_sessions:
        bars = intraday(bars, 4)
    stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
    found, fates = simulate_orders(bars, stream, account, costs, exits)
    require_identities(bars, account, costs, stream, found, fates)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.fills.loc[0, "quantity"] * 1.001,
        lambda found: found.fills.loc[0, "quantity"] + 1.0,
    ],
)
def test_a_fill_that_is_not_in_the_books_is_noticed(spoil: Callable[[Simulation], float]) -> None:
    bars = random_panel(3, 40, 2)
    account = Account(10_000.0, long_only=False)
    stream = random_orders(3, 40, bars.symbols, bars.close)
    found, fates = simulate_orders(bars, stream, account)
    require_identities(bars, account, Costs(), stream, found, fates)
    found.fills.loc[0, "quantity"] = spoil(found)
    with pytest.raises(AssertionError):
        require_identities(bars, account, Costs(), stream, found, fates)


@examples(50)
@given(panels(volatility=0.06, close_only=False), seeds, SOME_COSTS)
def test_no_fill_before_its_order_and_no_limit_is_broken(
    bars: Panel, seed: int, costs: Costs
) -> None:
    bars = replace(bars, split=np.ones(bars.close.shape))
    stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
    account = Account(20_000.0, long_only=False, leverage=2.0)
    _found, fates = simulate_orders(bars, stream, account, costs)
    fills = fill_rows(bars, stream, account, costs)
    for row, bar, quantity, price in fills:
        order = fates.iloc[row]
        assert bar > order["bar"]
        if order["kind"] in ("limit", "stop limit"):
            assert np.sign(quantity) * (price - order["limit"]) <= 1e-9 * price
        assert np.sign(quantity) == np.sign(order["quantity"])
    assert (fates["filled"].abs() <= fates["quantity"].abs() + 1e-9).all()


def fill_rows(
    bars: Panel, stream: list[Order], account: Account, costs: Costs
) -> list[tuple[int, int, float, float]]:
    """(order's row, bar, signed units, price) of each fill, from the kernel itself."""
    from terminal.backtest.kernel import layout
    from terminal.backtest.orders import run_rows

    fills = run_rows(bars, stream, account, costs)[1][2]
    mine = fills[fills[:, layout.FILL_ORDER] >= 0]
    order = (layout.FILL_ORDER, layout.FILL_BAR, layout.FILL_QUANTITY, layout.FILL_PRICE)
    return [(int(a), int(b), float(c), float(d)) for a, b, c, d in mine[:, order]]


@examples(40)
@given(panels(volatility=0.06), seeds, st.integers(2, 80))
def test_what_happens_later_changes_nothing_before(bars: Panel, seed: int, cut: int) -> None:
    cut = min(cut, bars.n_bars)
    if not np.isfinite(bars.close[cut - 1]).all():
        bars = replace(bars, close=np.where(np.isfinite(bars.close[cut - 1]), bars.close, np.nan))
    stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
    account = Account(20_000.0, long_only=False)
    whole, _ = simulate_orders(bars, stream, account)
    early = [order for order in stream if order.bar < cut - 1]
    part, _ = simulate_orders(bars.truncated(cut), early, account)
    assert part.curve["equity"].tolist() == whole.curve["equity"].tolist()[:cut]
