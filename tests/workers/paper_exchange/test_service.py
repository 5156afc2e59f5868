"""The served exchange: time by itself, control, and what the documentation says of it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from terminal.errors import InputError, NotFound, Unavailable
from terminal.execution.brokers.exchange_control import ExchangeControl
from terminal.execution.paper.faults import OF_EVENTS, OF_REQUESTS, Faults
from terminal.settings import ROOT
from tests.paper_exchange import TOKEN, Served, bars, served, walk
from tests.terminal.execution.brokers.conformance import eventually
from workers.paper_exchange import control, market_data, sockets, trading
from workers.paper_exchange.source import read_bars

ROWS = 60


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, bars({"AAA": walk(["AAA"], ROWS)["AAA"]})) as running:
        yield running


def test_time_stands_until_there_is_an_account_and_then_moves_at_its_speed(tmp_path: Path) -> None:
    settings = {"ATT_TRADING__EXCHANGE_SPEED": "9000", "ATT_TRADING__EXCHANGE_CLOSED_S": "0.05"}
    with served(tmp_path, bars({"AAA": walk(["AAA"], ROWS)["AAA"]}), settings) as exchange:
        at = exchange.control("GET", "state")["at"]
        time.sleep(0.4)
        assert exchange.control("GET", "state")["at"] == at
        exchange.account()
        began = time.monotonic()
        # a session of 26 bars takes 2.6 s at this speed, the hours before it none
        eventually(lambda: exchange.control("GET", "state")["row"] >= 5, 30)
        assert time.monotonic() - began > 0.3
        paused = exchange.control("POST", "clock", paused=True)
        time.sleep(0.3)
        now = exchange.control("GET", "state")
        assert now["row"] - paused["row"] <= 1 and now["paused"]
        time.sleep(0.3)
        assert exchange.control("GET", "state")["at"] == now["at"]
        exchange.control("POST", "clock", paused=False, speed=1_000_000)
        eventually(lambda: exchange.control("GET", "state")["next_phase_at"] is None, 30)
        assert exchange.control("GET", "state")["row"] == ROWS - 1


def test_steps_by_bar_by_phase_and_until_a_time(exchange: Served) -> None:
    assert exchange.control("POST", "step", phase="open")["bar_open"]
    half = exchange.control("POST", "step")
    assert (half["moved"], half["bar_open"], half["row"]) == (1, False, 0)
    assert exchange.step(3)["row"] == 3
    later = exchange.control("POST", "step", until="2024-03-04T17:00:00Z")
    assert later["row"] == 10 and later["bar_open"]  # 14:30 and ten bars: the open of 17:00
    with pytest.raises(AssertionError, match="the other one"):
        exchange.control("POST", "step", phase="open")
    assert exchange.step(500)["row"] == ROWS - 1
    assert exchange.step()["moved"] == 0


def test_the_control_client_says_what_is_wrong(exchange: Served) -> None:
    operator = ExchangeControl(exchange.url, TOKEN)
    made = operator.create_account("a", Decimal("5000"))
    operator.transfer(made.id, Decimal("-1000"))
    assert operator.call("GET", "accounts")[0]["cash"] == "4000"
    with pytest.raises(InputError, match="that much cash"):
        operator.transfer(made.id, Decimal("-9000"))
    with pytest.raises(NotFound):
        operator.transfer("nobody", Decimal("1"))
    with pytest.raises(InputError, match="no fault"):
        operator.fault("earthquake")
    with pytest.raises(Unavailable):
        ExchangeControl(exchange.url, "wrong-token").state()
    with pytest.raises(Unavailable, match="does not answer"):
        ExchangeControl("http://127.0.0.1:9", TOKEN, timeout_s=0.5).state()


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"bars": "many"}', b'{"bars": -1}', b'{"until": "soon"}']
)
def test_a_request_that_is_none_is_a_sentence(exchange: Served, body: bytes) -> None:
    answer = requests.post(
        f"{exchange.url}/admin/step", data=body, timeout=5,
        headers={"Authorization": f"Bearer {TOKEN}"},
    )  # fmt: skip
    assert answer.status_code == 422 and answer.json()["message"]


def test_a_body_without_end_is_refused(exchange: Served) -> None:
    keys = exchange.account()
    answer = requests.post(
        f"{exchange.url}/v2/orders", data=b"x" * 200_000, timeout=5,
        headers={"APCA-API-KEY-ID": keys["key"], "APCA-API-SECRET-KEY": keys["secret"]},
    )  # fmt: skip
    assert answer.status_code == 413


def test_faults_count_down_and_strike_whom_they_are_meant_for() -> None:
    faults = Faults()
    faults.add({"kind": "504", "count": 2, "account": "a", "path": "/orders"})
    assert faults.of_request("POST", "/v2/orders", "b") is None
    assert faults.of_request("GET", "/v2/orders", "a") is None
    assert faults.of_request("POST", "/v2/positions", "a") is None
    assert faults.of_request("POST", "/v2/orders", "a") and faults.on
    assert faults.of_request("POST", "/v2/orders", "a") and not faults.on
    faults.add({"kind": "mute_stream", "count": 0})
    assert faults.is_on("mute_stream", "any") and faults.of_event("mute_stream", "any")
    assert faults.on
    faults.clear("mute_stream")
    assert not faults.on
    for wrong in ({"kind": "504", "count": -1}, {"kind": "504", "methods": "PUSH"},
                  {"kind": "504", "seconds": "x"}):  # fmt: skip
        with pytest.raises(InputError):
            faults.add(wrong)


def test_a_file_that_holds_no_bars_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.json"
    path.write_text('[{"ts": "2024-03-04T14:30:00Z", "symbol": "AAA", "open": 1}]')
    with pytest.raises(InputError, match="close"):
        read_bars(path)


def _paths(routes: Any) -> set[str]:
    return {re.sub(r"\{(\w+)\}", "{}", route.path) for route in routes}


def test_the_documentation_names_every_control_endpoint_and_fault() -> None:
    page = (ROOT / "docs" / "paper-exchange.md").read_text(encoding="utf-8")
    for kind in (*OF_REQUESTS, *OF_EVENTS):
        assert f"`{kind}`" in page, kind
    for path in _paths(control.ROUTES):
        last = path.removeprefix("/admin/").split("/")[-1]
        assert last in page, path
    for path in _paths([*trading.ROUTES, *market_data.ROUTES, *sockets.ROUTES]):
        parts = [part for part in path.split("/") if part not in ("", "v2", "{}")]
        assert all(part in page for part in parts), path
