"""A paper exchange in a process of its own, for tests: bars made here, time moved by hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import requests
import uvicorn

from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, load_settings
from tests.pages.conftest import free_port
from workers.paper_exchange.app import make_app
from workers.paper_exchange.http import Connection
from workers.paper_exchange.source import load

TOKEN = "a-token-for-tests-that-is-long-enough"


def bars(
    prices: Mapping[str, Sequence[tuple[float, float, float, float, float]]],
    start: str = "2024-03-04",
    timeframe: Timeframe = Timeframe.MIN_15,
    actions: Sequence[tuple[str, int, str, float]] = (),
) -> pd.DataFrame:
    """Bars by hand: (open, high, low, close, volume) by symbol, from `start` on, on XNYS.

    actions : (symbol, row, "split" or "dividend", value).
    """
    count = max(len(rows) for rows in prices.values())
    end = pd.Timestamp(start) + timedelta(days=10 + 2 * count)
    grid = get_calendar("XNYS").grid(start, str(end.date()), timeframe)[:count]
    frames = []
    for symbol, rows in prices.items():
        frame = pd.DataFrame(rows, columns=["open", "high", "low", "close", "volume"])
        frames.append(frame.assign(ts=pd.DatetimeIndex(grid[: len(rows)], tz="UTC"), symbol=symbol))
    out = pd.concat(frames, ignore_index=True)
    out = out.assign(split=1.0, dividend=0.0, calendar="XNYS", timeframe=timeframe.value)
    for symbol, row, kind, value in actions:
        here = (out["symbol"] == symbol) & (out["ts"] == pd.Timestamp(grid[row], tz="UTC"))
        out.loc[here, kind] = value
    return out


def walk(symbols: Sequence[str], count: int, seed: int = 7) -> dict[str, list[Any]]:
    """A random walk for each symbol, on the cent."""
    rng = np.random.default_rng(seed)
    out: dict[str, list[Any]] = {}
    for symbol in symbols:
        close = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.004, count)))
        opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, 0.001, count))
        high = np.maximum(opened, close) * 1.002
        low = np.minimum(opened, close) * 0.998
        out[symbol] = [
            (*(round(float(v), 2) for v in row), 10_000.0)
            for row in zip(opened, high, low, close, strict=True)
        ]
    return out


@dataclass
class Served:
    """An exchange that answers on a port of this machine."""

    folder: Path
    port: int
    session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "var" / "exchange" / "log.jsonl"

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Call a control endpoint; fails with its sentence."""
        answer = self.session.request(
            method, f"{self.url}/admin/{path}", json=body, timeout=30,
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip
        assert answer.ok, answer.text
        return answer.json()

    def step(self, count: int = 1) -> dict[str, Any]:
        return self.control("POST", "step", bars=count)

    def account(self, cash: float = 100_000, **more: Any) -> dict[str, str]:
        return self.control("POST", "accounts", name="test", cash=str(cash), **more)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", "state")["at"])


@dataclass
class Running(Served):
    """An exchange in a process of its own."""

    environ: dict[str, str] = field(default_factory=dict)
    command: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "exchange.out").open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environ, stdout=out, stderr=out
            )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.session.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
            assert self.process.poll() is None, (self.folder / "exchange.out").read_text()
        raise AssertionError("the exchange did not answer")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(timeout=10)


def variables(folder: Path, port: int, settings: Mapping[str, str] | None) -> dict[str, str]:
    """Settings of an exchange that moves when told to."""
    return {
        "ATT_STORAGE__DATA_DIR": str(folder / "var"),
        "ATT_TRADING__EXCHANGE_PORT": str(port),
        "ATT_TRADING__EXCHANGE_SPEED": "0",
        "ATT_TRADING__EXCHANGE_TOKEN": TOKEN,
        "ATT_TRADING__EXCHANGE_HALF_SPREAD_BPS": "1",
        **(settings or {}),
    }


@contextmanager
def served(
    folder: Path, rows: pd.DataFrame, settings: Mapping[str, str] | None = None
) -> Iterator[Served]:
    """The same server in a thread of this process: it starts at once."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "bars.parquet")
    port = free_port()
    own = load_settings(ROOT / "config", variables(folder, port, settings))
    config = uvicorn.Config(
        make_app(own, lambda before: load(own, folder / "bars.parquet", before)),
        host="127.0.0.1", port=port, http=Connection, log_level="warning", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive() and time.monotonic() < until, "the exchange did not start"
        time.sleep(0.005)
    exchange = Served(folder, port)
    try:
        yield exchange
    finally:
        exchange.session.close()
        server.should_exit = True
        thread.join(10)


@contextmanager
def running(
    folder: Path, rows: pd.DataFrame, settings: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """An exchange that replays `rows` and moves when told to."""
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "bars.parquet")
    own = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
    port = free_port()
    environ = own | variables(folder, port, settings)
    command = [
        sys.executable, "-m", "workers.paper_exchange", "--bars", str(folder / "bars.parquet")
    ]  # fmt: skip
    exchange = Running(folder, port, environ=environ, command=command)
    exchange.start()
    try:
        yield exchange
    finally:
        if exchange.process is not None and exchange.process.poll() is None:
            exchange.kill(signal.SIGTERM)
        exchange.session.close()
