"""What the trading pages say: groups, numbers before a switch is pressed, ages, changes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pages.trading_room import (
    blotter,
    price_panel,
    session_cards,
    statements_view,
    stopping,
    ticket,
)
from pages.trading_room.limits_form import change_words
from pages.trading_room.session_form import request_of
from terminal.backtest.request import BacktestRequest, ExitRequest
from terminal.errors import InputError
from terminal.execution.desk import Reach
from terminal.execution.states import OrderState
from terminal.market.timeframe import Timeframe

REACH = Reach(working=2, waiting=1, positions=3, notional=Decimal("12345.6"), sessions=1)
NONE = Reach(0, 0, 0, Decimal(0), 0)


def test_every_state_of_an_order_stands_in_one_tab() -> None:
    groups = {state: blotter.group_of(state, Decimal(0)) for state in OrderState}
    assert {state for state, group in groups.items() if group == "working"} == {
        OrderState.INTENT, OrderState.SENDING, OrderState.UNKNOWN, OrderState.ACCEPTED,
        OrderState.PARTIALLY_FILLED, OrderState.CANCELLING,
    }  # fmt: skip
    assert groups[OrderState.DENIED] == groups[OrderState.REJECTED] == "refused"
    assert groups[OrderState.CANCELLED] == "ended"
    assert blotter.group_of(OrderState.CANCELLED, Decimal(1)) == "filled"


@pytest.mark.parametrize("what", [stopping.CANCEL, stopping.FLATTEN, stopping.KILL])
def test_a_switch_says_in_numbers_what_it_will_do(what: str) -> None:
    words = stopping.words(what, REACH)
    assert "2 working orders and 1 order that waits to be sent" in words
    assert "3 positions worth 12,345.60" in words
    assert "0 working orders and 0 orders that wait" in stopping.words(what, NONE)


def test_flatten_closes_and_the_others_leave_what_is_held() -> None:
    assert "closes 3 positions" in stopping.words(stopping.FLATTEN, REACH)
    for what in (stopping.CANCEL, stopping.KILL):
        assert "stays" in stopping.words(what, REACH)


@pytest.mark.parametrize(
    ("silent", "colour"),
    [(None, "grey"), (0.0, "green"), (29.9, "green"), (30.0, "yellow"), (299.0, "yellow"),
     (300.0, "red")],
)  # fmt: skip
def test_a_feed_is_green_yellow_or_red_by_its_silence(silent: float | None, colour: str) -> None:
    assert session_cards.staleness(silent)[0] == colour


def test_a_dead_session_does_not_keep_its_feed_green() -> None:
    beat = datetime(2026, 1, 5, 12, tzinfo=UTC)
    session: Any = SimpleNamespace(feed={"silent_s": 2.0}, heartbeat_at=beat)
    silent = session_cards.feed_silence(session, beat.replace(minute=10))
    assert silent == 602.0
    assert session_cards.staleness(silent)[0] == "red"


def test_a_ticket_leaves_out_prices_its_type_does_not_take() -> None:
    ids = [{"name": name} for name in ("type", "limit_price", "stop_price", "trail_percent")]
    read = ticket.given(ids, ["limit", "101", "99", "5"])
    assert (read["limit_price"], read["stop_price"], read["trail_percent"]) == ("101", None, None)
    assert ticket.given(ids, ["market", "101", "99", "5"])["limit_price"] is None
    assert ticket.given(ids, ["stop_limit", "101", "99", "5"])["stop_price"] == "99"


def test_a_change_of_limits_is_told_by_title_with_both_values() -> None:
    said = change_words(
        {"max_leverage": {"before": 2.0, "after": 3.0}, "flatten": {"before": False, "after": True}}
    )
    assert said == "Saved: leverage 2 → 3, flatten no → yes."


def test_a_statement_s_csv_adds_nothing_and_runs_no_formula() -> None:
    line = dict.fromkeys(statements_view.CSV_COLUMNS, "1.5") | {"symbol": "=HYPERLINK(1)"}
    content = {
        "session_date": "2026-01-05", "currency": "USD", "lines": [line],
        "entries": [{"seq": 1, "what": "@risk", "amount": "-2.5"}],
        **{name: "0" for name, _ in statements_view.SUMS},
    }  # fmt: skip
    rows = list(csv.reader(io.StringIO(statements_view.statement_csv(content))))
    assert ["'=HYPERLINK(1)", *["1.5"] * 11] in rows
    assert ["1", "'@risk", "-2.5"] in rows


def backtest(**more: Any) -> BacktestRequest:
    return BacktestRequest(strategy="sma_crossover", params={}, dataset="d", symbols=("A",), **more)


def test_a_session_takes_the_form_of_a_backtest_but_none_of_its_stops() -> None:
    made = request_of(backtest(lot=2.0, timeframe=Timeframe.MIN_15), "acc", 0.5, "Mine")
    assert (made.account_id, made.share, made.lot, made.name) == ("acc", 0.5, 2.0, "Mine")
    assert made.timeframe is Timeframe.MIN_15
    with pytest.raises(InputError, match="no stops"):
        request_of(backtest(exits=ExitRequest(stop_loss=0.1)), "acc", 1.0, "")


def test_the_chart_shows_no_bar_that_has_not_closed_yet() -> None:
    opens = pd.DatetimeIndex(["2024-12-31 16:30", "2024-12-31 16:45", "2024-12-31 17:00"], tz="UTC")
    bars = pd.DataFrame({"close": np.arange(3.0)}, index=opens)
    dataset: Any = SimpleNamespace(calendar="XNYS", timeframe=Timeframe.MIN_15)
    at = datetime(2024, 12, 31, 17, 7, tzinfo=UTC)
    assert list(price_panel.closed_bars(bars, dataset, at)["close"]) == [0.0, 1.0]
    later = at.replace(minute=15)
    assert len(price_panel.closed_bars(bars, dataset, later)) == 3
    seeded = bars[bars.index <= at]  # by the open alone, the bar that is still trading is drawn
    assert len(seeded) == 3
