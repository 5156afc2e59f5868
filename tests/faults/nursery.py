"""A process that has imported everything once and forks a fresh process for each start.

A session that is killed a thousand times would otherwise spend its time importing. What is forked
is a process of its own like any other; it ends with whoever started it, and so does the nursery.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PRELOAD = (
    "terminal.execution.session_job", "terminal.jobs.execute", "terminal.execution.__main__",
    "terminal.market.feed.alpaca", "terminal.execution.brokers.connections", "psycopg",
    "pysqlite3", "uvicorn", "workers.paper_exchange.app", "workers.paper_exchange.source",
    "workers.paper_exchange.__main__", "tests.faults.guards", "tests.faults.tasks",
    "tests.faults.flip", "terminal.backtest.engine", "terminal.backtest.truncation",
)  # fmt: skip
PR_SET_PDEATHSIG = 1


class Started:
    """A forked process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle = -1

    @property
    def alive(self) -> bool:
        return not self.wait(0)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, waiting at most so long."""
        if self._handle < 0:
            return True
        return bool(select.select([self._handle], [], [], max(seconds, 0))[0])

    def send(self, number: int) -> None:
        """Send a signal; to one that has ended, nothing happens."""
        if self._handle >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.send(signal.SIGKILL)
        if not self.wait(20):
            raise AssertionError(f"process {self.pid} survives SIGKILL")

    def close(self) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


class Nursery:
    """Starts processes quickly."""

    def __init__(self, log: Path) -> None:
        self.log = log
        environ = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"], cwd=ROOT, env=environ,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._answer()

    def start(
        self,
        task: str,
        arguments: Sequence[Any],
        environ: Mapping[str, str],
        without: Sequence[str] = (),
    ) -> Started:
        """Call `tests.faults.tasks.<task>(*arguments)` in a new process.

        environ : variables it sees besides its own. without : guards that are removed in it.
        """
        asked = {
            "task": task, "arguments": list(arguments), "environ": dict(environ),
            "without": list(without), "log": str(self.log),
        }  # fmt: skip
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Started(int(self._answer()["pid"]))

    def close(self) -> None:
        """End it and everything it started."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the nursery has died")
        answer: dict[str, Any] = json.loads(line)
        return answer


def serve() -> None:
    """Import, then fork for each line."""
    for name in PRELOAD:
        importlib.import_module(name)
    _prepare()
    gc.collect()
    gc.freeze()  # what is shared stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for them
    _say({"ready": True})
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if not pid:
            _be(asked)
        _say({"pid": pid})


def _prepare() -> None:
    """What `workers.job_process` prepares while it waits: compiled code, calendars, versions."""
    from terminal.execution.request import LiveSessionRequest
    from terminal.execution.session.signals import LiveStrategy
    from terminal.execution.session.window import Bar, BarWindow
    from terminal.jobs.lineage import code_version, package_versions
    from terminal.market.calendars import get_calendar
    from terminal.market.timeframe import Timeframe

    code_version(), package_versions()
    calendar = get_calendar("XNYS")
    grid = calendar.grid("2024-03-01", "2024-04-01", Timeframe.MIN_15)
    request = LiveSessionRequest("", ("AAA", "BBB"), strategy="flip")
    window = BarWindow(None, request.symbols, Timeframe.MIN_15, calendar, "XNYS", simulated=True)
    for ts in grid[:3]:
        at = ts.astype("datetime64[us]").item().replace(tzinfo=UTC)
        window.add(at, dict.fromkeys(request.symbols, Bar(100.0, 101.0, 99.0, 100.0, 1e4)))
    LiveStrategy.of(request.as_backtest(100_000.0)).targets(window.panel)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _be(asked: dict[str, Any]) -> None:
    """The forked process, from its first moment to its last."""
    status = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        out = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(source, target)
        os.environ.update(asked["environ"])
        from tests.faults import guards, tasks

        for name in asked["without"]:
            guards.remove(name)
        getattr(tasks, asked["task"])(*asked["arguments"])
        status = 0
    except SystemExit as ended:
        status = int(ended.code or 0)
    except BaseException:  # noqa: BLE001  it must not run on as a second nursery
        sys.stderr.write(f"{time.time():.3f} {asked['task']} {os.getpid()}\n")
        traceback.print_exc()
    finally:
        with suppress(Exception):
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve()
