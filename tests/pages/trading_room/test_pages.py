"""Trading pages on the real application: who sees what, who may do what, one order a ticket."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from pages.trading_room import polling
from terminal.db.repositories import trading_room
from terminal.db.tables import trading as tables
from terminal.errors import NotFound
from terminal.execution import alerts, kill
from tests.pages.trading_room.conftest import Room

PATHS = (
    "/trading", "/trading/sessions", "/trading/costs", "/trading/activity",
    "/trading/statements", "/trading/limits", "/trading/accounts", "/trading/alerts",
)  # fmt: skip
TICKET = {
    "symbol": "AAPL", "side": "buy", "quantity": "5", "type": "market", "time_in_force": "day",
    "nonce": "a" * 32,
}  # fmt: skip


def test_every_page_shows_the_account_to_its_owner_and_to_nobody_else(room: Room) -> None:
    for path in PATHS:
        assert "Something went wrong" not in (own := room.page("trader", path)), path
        assert "could not be shown" not in own, path
        if path != "/trading/alerts":
            assert "Secret desk" in own, path
        theirs = room.page("other", path, account=room.desk.id)
        assert "Secret desk" not in theirs, path
        assert "AAPL" not in theirs, path


def test_a_person_without_an_account_is_told_how_to_get_one(room: Room) -> None:
    text = room.page("other", "/trading")
    assert "No account yet" in text
    assert "/trading/accounts" in text
    viewer = room.page("viewer", "/trading")
    assert "Your role is viewer" in viewer
    assert "tr-open" not in room.page("viewer", "/trading/accounts")


CALLBACKS = (
    "tr-ledger.data", "tr-headline.children", "tr-orders.data", "tr-log.rowTransaction...tr-log-n",
    "tr-parents.children", "tr-lots.rowData", "tr-price-graph.figure",
)  # fmt: skip


@pytest.mark.parametrize("output", CALLBACKS)
def test_a_page_that_claims_somebody_elses_account_reads_nothing(room: Room, output: str) -> None:
    """The account's id in a request is the sender's claim; the owner filter decides."""
    seen = {"tr_account": room.desk.id, "tr_seq": 0, "tr_log_newest": 0, "tr_price_symbol": "AAPL"}
    own = room.ask("trader", _one(room, output), **seen)
    theirs = room.ask("other", _one(room, output), **seen)
    assert own.status_code == 200, own.text
    assert "There is no trading account" not in own.text
    shown = theirs.text.replace(room.desk.id, "")
    assert "AAPL" not in shown


def test_somebody_elses_account_cannot_be_stopped_flattened_or_traded(room: Room) -> None:
    before = _head(room)
    for output, values in (
        ("tr-cancel.n_clicks", {"tr_blotter": [{"id": "one"}]}),
        ("tr-nonce.data", {"tr_previewed": TICKET}),
        ("tr-statement-said.children", {}),
    ):
        answer = room.ask("other", output, tr_account=room.desk.id, **values)
        assert answer.status_code == 200
        assert "There is no trading account" in answer.text, output
    assert _do(room, "other", "kill", "because") == 200
    assert _head(room) == before
    assert not _stopped(room)


def test_a_viewer_reaches_no_callback_that_acts(room: Room) -> None:
    for output in ("tr-cancel.n_clicks", "tr-nonce.data", "tr-limits-said", "tr-open-notice"):
        (name,) = [name for name in room.world.app.callback_map if output in name]
        answer = room.browser("viewer").call(name, inputs=[], changedPropIds=[])
        assert answer.status_code == 403, output


def test_pressing_send_twice_is_one_order_and_the_next_ticket_another(room: Room) -> None:
    for _press in range(2):
        answer = room.ask("trader", "tr-nonce.data", tr_account=room.desk.id, tr_previewed=TICKET)
        assert answer.status_code == 200, answer.text
    assert "was sent already" in answer.text
    assert _orders(room) == 2  # the fixture's and this one
    other = {**TICKET, "nonce": "b" * 32, "quantity": "6"}
    room.ask("trader", "tr-nonce.data", tr_account=room.desk.id, tr_previewed=other)
    assert _orders(room) == 3


def test_the_previewed_ticket_cannot_be_turned_to_another_account(room: Room) -> None:
    """The account is the page's, not the stored ticket's."""
    terms = {**TICKET, "account_id": "of-somebody-else"}
    room.ask("trader", "tr-nonce.data", tr_account=room.desk.id, tr_previewed=terms)
    assert _orders(room) == 2


def test_kill_needs_a_reason_stops_the_account_and_arming_lets_it_trade_again(room: Room) -> None:
    _do(room, "trader", "kill", "")
    assert not _stopped(room)
    _do(room, "trader", "kill", "too fast")
    assert _stopped(room)
    assert "Trading is stopped (manual)." in room.page("trader", "/trading")
    answer = room.ask("trader", "tr-nonce.data", tr_account=room.desk.id, tr_previewed=TICKET)
    assert "stopped by the kill switch" in answer.text
    _do(room, "trader", "rearm", "looked into it")
    assert not _stopped(room)
    assert "Trading is stopped" not in room.page("trader", "/trading")


def test_a_poll_is_one_query_and_says_only_what_changed(room: Room) -> None:
    asked: list[str] = []
    engine = room.world.services.db.engine
    with room.world.services.db.read() as conn:
        sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
        before = trading_room.marks(conn, room.trader, room.desk.id)
    assert [text for text in asked if text != "BEGIN"] == asked[-1:]
    room.desk.fill("one", "e2", "AAPL", "buy", 1, 100)
    with room.world.services.db.read() as conn:
        after = trading_room.marks(conn, room.trader, room.desk.id)
    assert after.ledger != before.ledger
    assert (after.prices, after.session, after.state) == (before.prices, before.session, "")
    with room.world.services.db.read() as conn, pytest.raises(NotFound):
        trading_room.marks(conn, room.world.people["other"], room.desk.id)


def test_a_poll_that_finds_nothing_new_sends_nothing(room: Room) -> None:
    name = _one(room, "tr-ledger.data")
    first = room.ask("trader", name, tr_account=room.desk.id)
    seen = {key: value["data"] for key, value in first.json["response"].items()}
    again = room.ask(
        "trader",
        name,
        tr_account=room.desk.id,
        tr_ledger=seen[polling.LEDGER],
        tr_prices=seen[polling.PRICES],
        tr_session=seen[polling.SESSION],
        tr_slow=seen["tr-slow"],
    )
    assert again.status_code in (200, 204)
    assert "data" not in again.text


def test_the_red_badge_stands_on_every_page_while_real_money_may_move(room: Room) -> None:
    services = room.world.services

    def shown(who: str) -> bool:
        layout = room.browser(who).get("/_dash-layout").text
        return '"LIVE"' in layout

    assert not shown("trader")
    table = tables.trading_accounts
    with services.db.write() as conn:
        conn.execute(table.update().where(table.c.id == room.desk.id).values(environment="live"))
    assert shown("trader")
    assert not shown("other")
    polled = room.ask("trader", "tr-presence.children...tr-presence-seen.data.", status_interval=1)
    assert "LIVE" in polled.text


def test_alerts_are_counted_until_they_are_read(room: Room) -> None:
    services = room.world.services
    with services.db.write() as conn:
        owner = room.trader.user_id
        alerts.raise_alert(conn, owner, room.desk.id, "critical", "Trading stopped", "Why.")
    assert "1 unread alert" in room.browser("trader").get("/_dash-layout").text
    assert "Trading stopped" in room.page("trader", "/trading/alerts")
    assert "Trading stopped" not in room.page("other", "/trading/alerts")
    room.ask("trader", "tr-alerts.children")
    assert "unread" not in room.browser("trader").get("/_dash-layout").text


def test_the_books_say_what_was_bought_and_what_it_is_worth(room: Room) -> None:
    with room.world.services.db.read() as conn:
        money = trading_room.money(conn, room.trader, room.desk.id)
    (held,) = money.held
    assert (held.quantity, held.unrealised, held.value) == (10, 15, 1015)
    assert money.equity == 100_015
    assert (money.gross, money.net, money.simulated) == (1015, 1015, True)


def test_what_has_no_price_leaves_the_equity_unknown(room: Room) -> None:
    room.desk.intend("two", "buy", 1, "MSFT")
    room.desk.send("two")
    room.desk.fill("two", "e9", "MSFT", "buy", 1, 50)
    with room.world.services.db.read() as conn:
        money = trading_room.money(conn, room.trader, room.desk.id)
    assert money.equity is None
    assert "MSFT" in room.page("trader", "/trading")


def _one(room: Room, start: str) -> str:
    """The id of the callback whose first output this is."""
    names = [
        name
        for name, entry in room.world.app.callback_map.items()
        if "callback" in entry
        and name.lstrip(".").startswith(start.split("...")[0])
        and all(part in name for part in start.split("..."))
        and "@" not in name.split("...")[0]
    ]
    assert len(names) == 1, names
    return names[0]


def _do(room: Room, who: str, what: str, reason: str) -> int:
    own = {"type": "tr-do", "what": what}
    names = [name for name in room.world.app.callback_map if "tr-ask-notice.children" in name]
    (name,) = names
    entry = room.world.app.callback_map[name]
    key = '{"type":"tr-do","what":"' + what + '"}.n_clicks'
    answer = room.browser(who).call(
        name,
        outputs=[
            {"id": one.component_id, "property": one.component_property} for one in entry["output"]
        ],
        inputs=[[{"id": own, "property": "n_clicks", "value": 1}]],
        state=[
            [{"id": {"type": "tr-reason", "what": what}, "property": "value", "value": reason}],
            {"id": "tr-account", "property": "data", "value": room.desk.id},
        ],
        changedPropIds=[key],
    )
    return int(answer.status_code)


def _head(room: Room) -> Any:
    with room.world.services.db.read() as conn:
        table = tables.trading_accounts
        return conn.execute(sa.select(table.c.head_hash).where(table.c.id == room.desk.id)).one()


def _stopped(room: Room) -> bool:
    with room.world.services.db.read() as conn:
        return kill.engaged(conn, room.desk.id) is not None


def _orders(room: Room) -> int:
    with room.world.services.db.read() as conn:
        query = sa.select(sa.func.count()).select_from(tables.orders)
        return int(
            conn.execute(query.where(tables.orders.c.account_id == room.desk.id)).scalar_one()
        )
