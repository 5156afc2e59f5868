"""Accounts, margins, corporate actions, mishaps, and the log."""

from __future__ import annotations

import contextlib
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import Conflict, InputError, TerminalError
from terminal.execution.paper import margin, wire
from terminal.execution.paper.exchange import Exchange
from terminal.execution.paper.journal import Journal, read
from terminal.execution.paper.pricing import Rules
from terminal.execution.paper.state import State
from terminal.execution.paper.values import Order, Refused
from tests.terminal.execution.paper.small import Small, tape_of

D = Decimal
FLAT = (100.0, 100.0, 100.0, 100.0, 1000.0)
EXAMPLES = int(os.environ.get("ATT_TEST_EXAMPLES", "25"))


def refusal(call: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value


# --- accounts and margin


def test_buying_power_is_twice_the_equity_less_what_is_held_and_ordered() -> None:
    small = Small({"AAA": [FLAT] * 4}, cash="10000")
    marks = small.exchange.marks
    small.order(120, limit=90, tif="gtc")
    assert margin.buying_power(small.account, marks) == 20_000 - 10_800
    assert "insufficient buying power" in str(refusal(lambda: small.order(93)))
    small.order(92)
    small.step()
    assert margin.equity(small.account, marks) == 10_000
    assert margin.buying_power(small.account, marks) == 20_000 - 9_200 - 10_800


def test_closing_needs_no_buying_power_and_two_orders_cannot_close_the_same_units() -> None:
    small = Small({"AAA": [FLAT] * 4}, cash="10000", multiplier="1", shorting=False)
    small.order(100)
    small.step()
    small.order(-60, limit=200, tif="gtc")
    why = refusal(lambda: small.order(-60))
    assert why.status == 403 and "available: 40" in str(why)
    small.order(-40)


def test_an_account_without_shorting_cannot_sell_what_it_has_not() -> None:
    small = Small({"AAA": [FLAT] * 3}, shorting=False)
    assert "insufficient qty" in str(refusal(lambda: small.order(-1)))


def test_a_short_position_has_a_negative_value_and_an_average_price() -> None:
    small = Small({"AAA": [FLAT, FLAT, (110.0, 110.0, 110.0, 110.0, 1000.0)]})
    small.order(-100)
    small.step(2)
    assert margin.equity(small.account, small.exchange.marks) == 99_000
    row = wire.position_json("AAA", small.account.positions["AAA"], small.exchange.marks["AAA"])
    assert (row["qty"], row["market_value"], row["unrealized_pl"]) == ("-100", "-11000", "-1000")


def test_an_account_that_has_lost_everything_may_only_close() -> None:
    small = Small({"AAA": [FLAT, FLAT, (250.0,) * 4 + (1.0,), (250.0,) * 4 + (1.0,)]}, cash="10000")
    small.order(-150)
    small.step(2)
    assert margin.equity(small.account, small.exchange.marks) < 0
    assert "insufficient buying power" in str(refusal(lambda: small.order(-1)))
    small.order(150)
    assert "insufficient buying power" in str(refusal(lambda: small.order(1)))  # nothing left


def test_a_blocked_account_sends_nothing_and_cancels_still() -> None:
    small = Small({"AAA": [FLAT] * 3})
    order = small.order(1, limit=50)
    small.exchange.block(small.account, True)
    assert "blocked" in str(refusal(lambda: small.order(1)))
    small.exchange.cancel(order)
    small.exchange.block(small.account, False)
    small.order(1)


def test_positions_go_through_zero_at_the_new_price() -> None:
    small = Small({"AAA": [FLAT, FLAT, (120.0,) * 4 + (1.0,), FLAT]})
    small.order(10)
    small.step()
    small.order(-25)
    small.step()
    held = small.account.positions["AAA"]
    assert (held.quantity, held.average) == (-15, 120)


# --- orders


def test_a_client_order_id_is_taken_once() -> None:
    small = Small({"AAA": [FLAT] * 3})
    small.order(1, name="x")
    why = refusal(lambda: small.order(1, name="x"))
    assert (why.status, why.code) == (422, 40010001)
    other = small.open("1000", "k2")
    small.order(1, of=other, name="x")  # of another account


def test_a_replacement_is_a_new_order_and_the_old_one_says_which() -> None:
    small = Small({"AAA": [FLAT, (95.0, 95.0, 95.0, 95.0, 1000.0)]})
    old = small.order(10, limit=90, name="a")
    from dataclasses import replace

    ticket = replace(old.ticket, quantity=D(7), limit_price=D(96), client_order_id="b")
    new = small.exchange.replace(old, ticket)
    assert (old.ended, old.replaced_by, new.replaces) == ("replaced", new.id, old.id)
    small.step()
    assert small.fills(new) == [(D(7), D(95), "open")] and small.fills(old) == []
    assert refusal(lambda: small.exchange.replace(old, ticket)).status == 422


def test_a_refused_replacement_leaves_the_old_order_at_work() -> None:
    small = Small({"AAA": [FLAT] * 3}, cash="1000")
    from dataclasses import replace

    old = small.order(10, limit=90)
    refusal(lambda: small.exchange.replace(old, replace(old.ticket, quantity=D(1000))))
    assert old.is_open
    # what the old one reserves is free for the new one
    small.exchange.replace(old, replace(old.ticket, quantity=D(22), client_order_id="n"))


@pytest.mark.parametrize(
    "body",
    [
        {"qty": "NaN"}, {"qty": "Infinity"}, {"qty": "-1"}, {"qty": "0"}, {"qty": True},
        {"qty": "1e400000000000"}, {"qty": None}, {"qty": "0.0000000001"}, {"symbol": ""},
        {"symbol": "ZZZ"}, {"side": "hold"}, {"type": "magic"}, {"time_in_force": "gtd"},
        {"type": "limit"}, {"limit_price": "5"}, {"type": "limit", "limit_price": "nan"},
        {"type": "stop", "stop_price": "5", "time_in_force": "ioc"}, {"notional": "5"},
        {"order_class": "bracket"}, {"extended_hours": True}, {"client_order_id": "x" * 129},
        {"type": "trailing_stop", "trail_price": "1", "trail_percent": "1"},
    ],
)  # fmt: skip
def test_an_order_that_is_none_is_refused_and_nothing_is_logged(body: dict[str, Any]) -> None:
    small = Small({"AAA": [FLAT] * 2})
    good = {"symbol": "AAA", "qty": "1", "side": "buy", "type": "market", "time_in_force": "day"}
    small.exchange.take()
    why = refusal(lambda: small.exchange.submit(small.account, wire.ticket_of({**good, **body})))
    assert why.status == 422
    assert small.exchange.take() == []


# --- corporate actions, halts, mishaps


def test_a_dividend_is_paid_on_what_is_held_and_owed_by_a_short_position() -> None:
    small = Small({"AAA": [FLAT] * 3}, actions=[("AAA", 2, "dividend", 0.5)])
    short = small.open("100000", "k2")
    small.order(100)
    small.order(-10, of=short)
    small.step(2)
    assert small.account.cash == 100_000 - 10_000 + 50
    assert short.cash == 100_000 + 1_000 - 5
    row = small.account.activities[-1]
    assert (row["activity_type"], row["net_amount"], row["qty"]) == ("DIV", "50", "100")


def test_a_split_multiplies_units_and_cancels_the_orders_of_old_units() -> None:
    half = (50.0,) * 4 + (1000.0,)
    small = Small({"AAA": [FLAT, FLAT, half]}, actions=[("AAA", 2, "split", 2.0)])
    small.order(10)
    small.step()
    order = small.order(5, limit=90, tif="gtc")
    small.step()
    held = small.account.positions["AAA"]
    assert (held.quantity, held.average) == (20, 50)
    assert margin.equity(small.account, small.exchange.marks) == 100_000
    assert order.ended == "canceled" and "splits 2 for 1" in order.reason
    assert small.account.activities[-1]["ratio"] == "2.0"


def test_a_halted_instrument_takes_orders_and_fills_none() -> None:
    small = Small({"AAA": [FLAT] * 4})
    small.exchange.halt("AAA", True)
    gtc, ioc = small.order(1, tif="gtc"), small.order(1, tif="ioc")
    small.step()
    assert gtc.is_open and ioc.ended == "canceled"
    small.exchange.halt("AAA", False)
    small.step()
    assert gtc.ended == "filled"


def test_what_is_no_longer_traded_loses_its_orders_and_takes_none() -> None:
    small = Small({"AAA": [FLAT] * 2, "BBB": [FLAT] * 4})
    order = small.order(1, limit=50, tif="gtc")
    small.step(2)
    assert order.ended == "canceled"
    assert "not tradable" in str(refusal(lambda: small.order(1)))


def test_a_late_fill_counts_after_a_cancel() -> None:
    small = Small({"AAA": [FLAT] * 3})
    order = small.order(10, limit=99)
    small.exchange.cancel(order)
    small.exchange.late_fill(order, D(4), D("98.5"))
    assert order.ended == "canceled" and order.filled == 4
    small.exchange.late_fill(order, D(6), D("98.5"))
    assert order.ended == "filled"
    assert small.account.positions["AAA"].quantity == 10
    with pytest.raises(InputError):
        small.exchange.late_fill(order, D(1), D(1))


def test_a_bust_takes_money_units_and_the_average_back() -> None:
    dear = (120.0,) * 4 + (1000.0,)
    small = Small({"AAA": [FLAT, FLAT, dear, dear]})
    small.order(10)
    small.step()
    second = small.order(10)
    small.step()
    (fill,) = [f for f in small.exchange.state.executions.values() if f.order_id == second.id]
    assert small.account.positions["AAA"].average == 110
    small.exchange.bust(fill.id)
    held = small.account.positions["AAA"]
    assert (held.quantity, held.average, small.account.cash) == (10, 100, 99_000)
    assert second.ended == "canceled" and second.filled == 0
    row = small.account.activities[-1]
    assert (row["type"], row["busts"]) == ("trade_bust", fill.id)
    with pytest.raises(InputError):
        small.exchange.bust(fill.id)


# --- the log


def state_of(exchange: Exchange) -> Any:
    """Everything a client could see."""
    accounts = exchange.state.accounts.values()
    return [
        (
            wire.account_json(account, exchange.marks),
            [wire.order_json(order) for order in account.orders.values()],
            account.activities,
            {s: (p.quantity, p.average) for s, p in account.positions.items()},
            list(account.open),
        )
        for account in accounts
    ] + [exchange.row, exchange.state.open, exchange.now, sorted(exchange.state.halted)]


ACTION = st.sampled_from(
    ["buy", "sell", "limit", "stop", "trail", "cancel", "step", "open", "bust", "late", "halt"]
)


@settings(max_examples=EXAMPLES, deadline=None)
@given(actions=st.lists(st.tuples(ACTION, st.integers(1, 30)), max_size=30))
def test_the_log_read_again_gives_the_same_exchange_and_money_adds_up(
    actions: list[tuple[str, int]],
) -> None:
    import numpy as np

    rng = np.random.default_rng(1)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 40)))
    rows = [
        (round(c * 1.001, 2), round(c * 1.02, 2), round(c * 0.98, 2), round(c, 2), 300.0)
        for c in closes.tolist()
    ]
    more = {"actions": [("AAA", 9, "split", 2.0), ("AAA", 5, "dividend", 0.3)]}
    rules = Rules(participation=0.1)
    small = Small({"AAA": rows}, rules=rules, **more)  # type: ignore[arg-type]
    exchange, log = small.exchange, list(small.records)
    for what, n in actions:
        with contextlib.suppress(Refused, InputError, Conflict):
            _act(small, what, n)
        log.extend(exchange.take())
    again = Exchange(tape_of({"AAA": rows}, **more), rules, json.loads(json.dumps(log)))
    assert state_of(again) == state_of(exchange)
    _adds_up(small)


def _act(small: Small, what: str, n: int) -> None:
    exchange = small.exchange
    orders: list[Order] = list(exchange.state.orders.values())
    fills = list(exchange.state.executions)
    price = float(exchange.marks["AAA"])
    if what in ("buy", "sell"):
        small.order(n if what == "buy" else -n, tif="gtc")
    elif what == "limit":
        small.order(n, limit=round(price * 0.99, 2), tif="gtc")
    elif what == "stop":
        small.order(-n, stop=round(price * 0.99, 2), tif="gtc")
    elif what == "trail":
        small.order(-n, trail=2, tif="gtc")
    elif what == "cancel" and orders:
        exchange.cancel(orders[n % len(orders)])
    elif what == "step":
        exchange.step()
    elif what == "open":
        exchange.open_bar()
    elif what == "bust" and fills:
        exchange.bust(fills[n % len(fills)])
    elif what == "late" and orders:
        exchange.late_fill(orders[n % len(orders)], D(1), D(100))
    elif what == "halt":
        exchange.halt("AAA", n % 2 == 0)


def _adds_up(small: Small) -> None:
    """Cash and units are those of the fills that stand, and of what moved."""
    state, account = small.exchange.state, small.account
    cash = sum((D(row["net_amount"]) for row in account.activities if "net_amount" in row), D(0))
    for fill in state.executions.values():
        if fill.id not in state.busted:
            cash -= fill.signed * fill.price + fill.fee
    assert account.cash == cash
    for order in account.orders.values():
        stands = [
            f
            for f in state.executions.values()
            if f.order_id == order.id and f.id not in state.busted
        ]
        assert order.filled == sum((f.quantity for f in stands), D(0)) <= order.ticket.quantity
        assert (order.id in account.open) == order.is_open


def test_a_line_that_a_crash_cut_short_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    journal = Journal(path)
    journal.append([{"k": "a"}, {"k": "b"}])
    journal.append([{"k": "c"}])
    journal.close()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":3,"records":[{"k":"d"')
    assert [record["k"] for record in read(path)] == ["a", "b", "c"]
    again = Journal(path)
    assert [record["k"] for record in again.records] == ["a", "b", "c"]
    assert path.read_bytes() == whole
    again.append([{"k": "d"}])
    again.close()
    assert [record["k"] for record in read(path)] == ["a", "b", "c", "d"]


def test_a_log_that_was_changed_or_is_anothers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"n":1,"records":[]}\n{"n":3,"records":[]}\n')
    with pytest.raises(TerminalError, match="Line 2"):
        Journal(path)
    with pytest.raises(AttributeError):
        State().apply({"k": "unheard_of"})


def test_two_exchanges_cannot_write_one_log(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "log.jsonl")
    with pytest.raises(Conflict):
        Journal(tmp_path / "log.jsonl")
    journal.close()
