"""Instruments of several calendars in one run: by hand, and fill for fill as the second engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.certificate.fills import check_fills
from terminal.backtest.certificate.placebo import rows_per_year
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Simulation, checked_targets, simulate
from terminal.backtest.events import simulate_events
from terminal.backtest.inputs import Market, prepare, ranges_before
from terminal.backtest.liquidity import estimate
from terminal.backtest.orders import simulate_orders
from terminal.backtest.own_bars import session_marks
from terminal.market.calendars import get_calendar
from terminal.market.mixed import began, join, traded
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.events import Context
from terminal.strategies.orders import Order, bracket
from tests.terminal.backtest.panels import examples, random_panel, random_targets, seeds
from tests.terminal.backtest.slow_engine import Run
from tests.terminal.backtest.slow_orders import OrderRun, random_orders
from tests.terminal.backtest.test_engine_against_slow_engine import SOME_COSTS, SOME_EXITS, accounts
from tests.terminal.market.test_mixed import NAN, of

ACCOUNT = Account(1_000.0, lot=0.0)
# rows: Fri 21:00 (stock, in which the coin opened), Sat, Sun, Mon 00:00, Mon 21:00, Tue 00:00 ...
STOCK = of("XNYS", "STK", "2024-03-01", [10.0, 12.0, 14.0])
COIN = of("24/7", "COIN", "2024-03-01", [20.0, 21.0, 22.0, 24.0, 25.0, 26.0])
BOTH = join([STOCK, COIN])


def on(mic: str, bars: Panel, names: str, per_session: int = 1) -> Panel:
    """The bars on an exchange's own sessions, hours of them where a session has several."""
    calendar = get_calendar(mic)
    frame = Timeframe.DAY_1 if per_session == 1 else Timeframe.HOUR_1
    days = calendar.sessions_in("2024-01-02", "2024-12-31")
    ts = calendar.grid(days[0], days[bars.n_bars // per_session], frame)
    if per_session > 1:  # the first hours of each session, so that sessions end early
        session = calendar.session_of(ts)
        place = np.arange(len(ts)) - np.searchsorted(session, session)
        ts = ts[place < per_session]
    ts = ts[: bars.n_bars]
    return replace(
        Panel(**{name: getattr(bars, name) for name in Panel.__dataclass_fields__}),
        symbols=tuple(names[: bars.n_instruments]), ts=ts, dataset="", calendar=mic,
        close_ts=calendar.bar_close(ts, frame), timeframe=frame,
    )  # fmt: skip


@st.composite
def mixed(draw: st.DrawFn) -> Panel:
    """Two or three exchanges whose hours overlap, with everything that random panels have."""
    per_session = draw(st.sampled_from([1, 1, 3]))
    parts = []
    for mic, names in (("XNYS", "AB"), ("24/7", "CD"), ("XLON", "EF"))[: draw(st.integers(2, 3))]:
        bars = random_panel(
            draw(seeds), draw(st.integers(4, 40)), draw(st.integers(1, 2)),
            ragged=draw(st.booleans()), events=draw(st.booleans()), volatility=0.08,
        )  # fmt: skip
        parts.append(on(mic, bars, names, per_session))
    return join(parts)


def fills(found: Simulation, symbol: str) -> list[tuple[int, str, float]]:
    own = found.fills[found.fills["symbol"] == symbol]
    return list(zip(own["bar"], own["side"], own["price"], strict=True))


def test_each_instrument_fills_at_its_own_next_open() -> None:
    """The stock decides on Friday evening and fills on Monday; the coin decides at midnight."""
    targets = np.full((BOTH.n_bars, 2), 0.5)
    targets[~np.isfinite(BOTH.close)] = NAN
    found = simulate(BOTH, targets, ACCOUNT)
    assert fills(found, "STK")[0] == (4, "buy", 11.0)  # row 4 ends with Monday's close
    assert fills(found, "COIN") == [(2, "buy", 20.0)]  # decided at Saturday 00:00, opened there


def test_a_bar_that_is_under_way_is_worth_its_open_until_it_closes() -> None:
    targets = np.full((BOTH.n_bars, 2), NAN)
    targets[np.isfinite(BOTH.close[:, 1]), 1] = 1.0
    equity = simulate(BOTH, targets, ACCOUNT).curve["equity"].to_numpy()
    units = 1_000.0 / 20.0  # bought at Saturday's open
    np.testing.assert_allclose(equity[:4], [1_000, 1_000, units * 21, units * 22])
    # Monday 21:00: the stock has closed, the coin is known from its open at 23 only
    np.testing.assert_allclose(equity[4:6], [units * 23, units * 24])


def test_a_target_named_while_an_instrument_is_closed_waits_for_its_next_open() -> None:
    targets = np.full((BOTH.n_bars, 2), NAN)
    targets[2, 0] = 0.5  # at the weekend: in units of Friday's close
    targets[4, 1] = 0.25  # on Monday evening, while the coin's day is under way: of its open
    found = simulate(BOTH, targets, ACCOUNT)
    assert fills(found, "STK")[0] == (4, "buy", 11.0)
    assert found.fills["quantity"].iloc[0] == 500.0 / 10.0
    assert fills(found, "COIN") == [(6, "buy", 24.0)]
    assert found.fills["quantity"].iloc[1] == pytest.approx((1_000.0 + 50 * 1.0) / 4 / 23.0)
    # on one calendar, a missing bar says nothing
    alone = replace(STOCK, close=np.array([[10.0], [NAN], [14.0]]))
    said = simulate(alone, np.array([[NAN], [1.0], [NAN]]), ACCOUNT)
    assert said.fills.empty


def test_a_gap_through_a_stop_fills_at_the_open_in_its_own_row() -> None:
    coin = replace(COIN, open=np.array([19.0, 20, 21, 10, 24, 25])[:, None],
                   low=np.array([18.0, 19, 20, 9, 23, 24])[:, None])  # fmt: skip
    both = join([STOCK, coin])
    targets = np.full((both.n_bars, 2), NAN)
    targets[np.isfinite(both.close[:, 1]), 1] = 1.0
    found = simulate(both, targets, ACCOUNT, exits=ExitRules(stop_loss=0.1))
    assert fills(found, "COIN")[:2] == [(2, "buy", 20.0), (4, "sell", 10.0)]
    # Monday's bar opened at midnight, so its row is that of the stock's close
    assert np.isnan(both.close[4, 1]) and both.begun[4, 1] == 10


def test_an_order_decided_within_a_bar_is_not_filled_by_what_that_bar_did_before() -> None:
    """Monday 21:00: a limit for the coin below the low of the day that is not over."""
    limit = Order(4, "COIN", 1.0, "limit", limit=22.5)
    _, fates = simulate_orders(BOTH, [limit], ACCOUNT)
    assert BOTH.low[5, 1] < 22.5 and fates["status"].tolist() == ["working"]
    # decided at the midnight before, the same limit works in that bar
    found, fates = simulate_orders(BOTH, [replace(limit, bar=3)], ACCOUNT)
    assert fills(found, "COIN") == [(5, "buy", 22.5)] and fates["status"].tolist() == ["filled"]


def test_an_order_on_close_may_be_sent_while_the_bar_is_under_way() -> None:
    found, _ = simulate_orders(BOTH, [Order(4, "COIN", 1.0, "market on close")], ACCOUNT)
    assert fills(found, "COIN") == [(5, "buy", 24.0)]


def test_a_day_order_ends_with_the_session_of_its_instrument() -> None:
    far = Order(0, "STK", 1.0, "limit", limit=5.0, day=True)
    coin = Order(0, "COIN", 1.0, "limit", limit=5.0, day=True)
    _, fates = simulate_orders(BOTH, [far, coin], ACCOUNT)
    assert fates["status"].tolist() == ["expired", "expired"]
    # at the weekend the stock's order is still at work, and the coin's is gone
    _, fates = simulate_orders(BOTH.truncated(4), [far, coin], ACCOUNT)
    assert fates["status"].tolist() == ["working", "expired"]


def test_that_an_exchange_is_closed_when_the_range_ends_delists_nothing() -> None:
    targets = np.full((BOTH.n_bars, 2), 0.5)
    reasons = [
        set(simulate(BOTH.truncated(n), targets[:n], ACCOUNT).fills["reason"]) for n in (8, 9)
    ]
    # Wednesday 00:00: the stock's next bar is not due; a day later it is, and there is none
    assert reasons == [{"order"}, {"order", "delisted"}]


def test_sessions_begin_and_end_with_the_instruments_own_bars() -> None:
    starts, ends = session_marks(BOTH, BOTH.ts.astype("datetime64[D]"))
    assert np.flatnonzero(starts[:, 0]).tolist() == [0, 4, 6]
    assert np.flatnonzero(ends[:, 0]).tolist() == [0, 4, 6]
    assert np.flatnonzero(starts[:, 1]).tolist() == [0, 2, 3, 4, 6, 8]
    assert np.flatnonzero(ends[:, 1]).tolist() == [1, 2, 3, 5, 7, 8]


def test_estimates_are_made_of_the_instruments_own_sessions() -> None:
    coin = on("24/7", random_panel(5, 40, 1, ragged=False, events=False), "C")
    stock = on("XNYS", random_panel(6, 28, 1, ragged=False, events=False), "S")
    both = join([stock, coin])
    costs = Costs(spread_model="corwin-schultz", slippage_volatility=0.1, slippage_volume_bps=5.0)
    market = prepare(both, Account(lot=0.0), costs, ExitRules(stop_atr=2.0, atr_bars=5))
    for j, own in enumerate((stock, coin)):
        alone = estimate(own, costs, own.ts.astype("datetime64[D]"), 1.0)
        rows = np.flatnonzero(np.isfinite(both.close[:, j]))
        np.testing.assert_allclose(market.liquidity[:, rows, j], alone[:, :, 0])
        np.testing.assert_allclose(market.liquidity[:, began(both)[rows, j], j], alone[:, :, 0])
        np.testing.assert_allclose(market.atr[rows, j], ranges_before(own, 5)[:, 0])


@pytest.mark.parametrize("sessions", [120, 245])
def test_a_year_of_a_joined_panel_has_the_rows_of_both(sessions: int) -> None:
    """As many as closes of either: more nanoseconds than an integer holds, times some hundreds."""
    stock = on("XNYS", random_panel(1, sessions, 1, ragged=False), "A")
    both = join([stock, on("24/7", random_panel(2, sessions, 1, ragged=False), "C")])
    assert rows_per_year(both) == pytest.approx(252 + 365, rel=0.25)


@pytest.mark.parametrize("seed", range(3))
def test_no_fill_is_early_or_outside_its_bar(seed: int) -> None:
    bars = [random_panel(10 * seed + k, 40, 2, volatility=0.08) for k in range(2)]
    both = join([on("XNYS", bars[0], "AB"), on("24/7", bars[1], "CD")])
    targets = random_targets(seed, both)
    account = Account(10_000.0, lot=0.0)
    found = simulate(both, targets, account, exits=ExitRules(stop_loss=0.05, take_profit=0.1))
    seen = traded(both)
    check = check_fills(found.fills, checked_targets(both, targets, account), seen)
    assert check.passed and check.fills > 20
    # the seeded fault: a fill at the close of a bar that was under way
    k = np.flatnonzero(seen.close[:, 2] != both.close[:, 2])[0]
    wrong = found.fills.iloc[:1].assign(bar=k, symbol="C", reference_price=seen.high[k, 2] * 1.2)
    assert not check_fills(wrong, checked_targets(both, targets, account), seen).passed


def test_a_strategy_that_is_asked_sees_open_bars_only_where_they_have_closed() -> None:
    asked: list[tuple[int, list[float]]] = []

    def on_bar(context: Context) -> None:
        asked.append((context.bar, context.history("close", 1)[-1].tolist()))
        if context.bar == 1:
            context.submit(bracket(Order(0, "COIN", 1.0), stop_loss=15.0, take_profit=23.5))

    run = simulate_events(BOTH, on_bar, ACCOUNT)
    np.testing.assert_array_equal(asked[4][1], [12.0, NAN])
    assert fills(run.simulation, "COIN") == [(2, "buy", 20.0), (5, "sell", 23.5)]


@examples(60)
@given(mixed(), seeds, SOME_COSTS, SOME_EXITS, accounts())
def test_same_fills_and_same_equity(
    bars: Panel, seed: int, costs: Costs, exits: ExitRules, account: Account
) -> None:
    costs = replace(costs, impact_temporary=0.0)  # worked over a share of the first one's session
    targets = 1.5 * account.leverage * random_targets(seed, bars, long_only=account.long_only)
    found = simulate(bars, targets, account, costs, exits)
    market = prepare(bars, account, costs, exits)
    slow = Run(
        bars, targets, account, costs, exits, market.liquidity, market.atr, listed(bars, market)
    ).run()
    same(found, slow)


@examples(60)
@given(mixed(), seeds, SOME_EXITS, accounts())
def test_same_fills_and_same_fates_of_orders(
    bars: Panel, seed: int, exits: ExitRules, account: Account
) -> None:
    exits = replace(exits, atr_bars=14)
    seen = traded(bars)
    stream = random_orders(seed, bars.n_bars, bars.symbols, seen.close)
    found, fates = simulate_orders(bars, stream, account, FREE, exits)
    market = prepare(bars, account, FREE, exits, orders=True)
    marks = [set(zip(*np.nonzero(table), strict=True)) for table in
             (market.session_starts, market.session_ends)]  # fmt: skip
    slow = OrderRun(
        bars, bars.close, account, FREE, exits, market.liquidity, ranges_before(bars, 14),
        listed(bars, market), orders=tuple(stream), sessions=(marks[0], marks[1]),
    ).play()  # fmt: skip
    same(found, slow)
    assert fates["status"].tolist() == [live.status for live in slow.all]


def listed(bars: Panel, market: Market) -> frozenset[str]:
    """Which instruments have not ended, though they have no further bar."""
    return frozenset(np.array(bars.symbols)[market.last_bar >= bars.n_bars].tolist())


def same(found: Simulation, slow: Run) -> None:
    """Fill for fill."""
    ours = found.fills
    signed = ours["quantity"].where(ours["side"] == "buy", -ours["quantity"])
    assert ours["bar"].tolist() == [fill.bar for fill in slow.fills]
    assert ours["symbol"].tolist() == [fill.symbol for fill in slow.fills]
    assert ours["reason"].tolist() == [fill.reason for fill in slow.fills]
    np.testing.assert_allclose(signed, [f.units for f in slow.fills], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours["price"], [f.price for f in slow.fills], rtol=1e-9)
    np.testing.assert_allclose(found.curve["equity"], slow.equity, rtol=1e-9, atol=1e-6)
