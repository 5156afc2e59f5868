"""Alerts go out once by each channel, are tried again when one fails, and stay their owner's."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import SecretStr

from terminal.db.database import Database
from terminal.execution import alerts
from terminal.settings import TradingSettings
from tests.terminal.execution.trading_fixtures import a_trader


@contextmanager
def a_hook(*answers: int) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook that answers with these statuses in turn; what it was told."""
    told: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            told.append(json.loads(self.rfile.read(length)))
            self.send_response(answers[min(len(told), len(answers)) - 1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", told
    finally:
        server.shutdown()
        server.server_close()


class Mail(socketserver.StreamRequestHandler):
    """As much of a mail server as takes one message."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        in_data = False
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if in_data:
                if line == ".":
                    in_data = False
                    self.wfile.write(b"250 taken\r\n")
                else:
                    self.server.lines.append(line)  # type: ignore[attr-defined]
            elif line.upper().startswith("DATA"):
                in_data = True
                self.wfile.write(b"354 go on\r\n")
            elif line.upper().startswith("QUIT"):
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 yes\r\n")


@pytest.fixture
def mail() -> Iterator[tuple[int, list[str]]]:
    server = socketserver.TCPServer(("127.0.0.1", 0), Mail)
    server.lines = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_address[1], server.lines  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def test_each_channel_gets_it_once(database: Database, mail: tuple[int, list[str]]) -> None:
    port, lines = mail
    actor, other = a_trader(database), a_trader(database)
    with a_hook(200) as (url, told):
        settings = TradingSettings(
            alert_email="ada@example.com", smtp_host="127.0.0.1", smtp_port=port, smtp_tls=False,
            webhook_url=SecretStr(url),
        )  # fmt: skip
        with database.write() as conn:
            alerts.raise_alert(conn, actor.user_id, None, "critical", "Trading stopped", "Why.")
        assert alerts.deliver(database, settings) == 1
        assert alerts.deliver(database, settings) == 0
    assert [one["title"] for one in told] == ["Trading stopped"]
    assert any("Trading stopped" in line for line in lines)
    with database.read() as conn:
        (alert,) = alerts.newest(conn, actor)
        assert alerts.newest(conn, other) == ()
    assert alert.delivered == {"tries": 1, "email": "sent", "webhook": "sent"}
    with database.write() as conn:
        alerts.mark_read(conn, actor)
        assert alerts.newest(conn, actor)[0].read_at is not None


def test_a_channel_that_fails_is_tried_again(sqlite_database: Database) -> None:
    actor = a_trader(sqlite_database)
    with a_hook(500, 200) as (url, told):
        settings = TradingSettings(webhook_url=SecretStr(url))
        with sqlite_database.write() as conn:
            alerts.raise_alert(conn, actor.user_id, None, "warning", "Odd")
        alerts.deliver(sqlite_database, settings)
        with sqlite_database.read() as conn:
            assert alerts.newest(conn, actor)[0].delivered["webhook"].startswith("failed")  # type: ignore[index]
        alerts.deliver(sqlite_database, settings)
        assert alerts.deliver(sqlite_database, settings) == 0
    assert len(told) == 2


def test_without_a_channel_nothing_is_tried(sqlite_database: Database) -> None:
    actor = a_trader(sqlite_database)
    with sqlite_database.write() as conn:
        alerts.raise_alert(conn, actor.user_id, None, "info", "Quiet")
    assert alerts.deliver(sqlite_database, TradingSettings()) == 0
