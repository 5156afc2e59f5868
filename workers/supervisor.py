"""Starts the terminal's processes, restarts one that dies, stops them together.

Every child runs under `workers.lifeline`, so that none outlives the launcher, and writes to its
own file in `data_dir/logs`. A child that keeps dying is restarted after 1, 2, 4, ... up to 30 s,
and each time the console says so and where its log is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LIFELINE = Path(__file__).with_name("lifeline.py")
MAX_BACKOFF_S = 30.0
STEADY_S = 20.0  # a child that ran this long starts again without counting earlier deaths
STOP_S = 8.0


@dataclass
class Child:
    """One supervised process."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """A group of children with one life.

    Parameters
    ----------
    say : prints one line to the person at the console.
    """

    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Only this process holds the write end: children inherit the read end alone.
        self._read_end, self._write_end = os.pipe()

    def start(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> Child:
        """Start a process and keep it running until `stop`."""
        child = Child(name, command, environment, log)
        self.children.append(child)
        self._launch(child)
        return child

    def _launch(self, child: Child) -> None:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(  # noqa: S603
                [sys.executable, str(LIFELINE), str(self._read_end), "--", *child.command],
                env=dict(child.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(self._read_end,),
                start_new_session=True,  # Ctrl-C is for the launcher, which stops us in order
            )
        child.started_at = time.monotonic()
        child.restart_at = None

    def check(self) -> None:
        """Notice the dead and restart those whose back-off is over. Call it in a loop."""
        now = time.monotonic()
        for child in self.children:
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._launch(child)
                continue
            if child.process is None or child.process.poll() is None:
                continue
            steady = now - child.started_at >= STEADY_S
            child.deaths = 1 if steady else child.deaths + 1
            wait = min(MAX_BACKOFF_S, 2.0 ** (child.deaths - 1))
            child.restart_at = now + wait
            self.say(
                f"{child.name} stopped unexpectedly (exit status {child.process.returncode}); "
                f"starting it again in {wait:.0f} s. Its log: {child.log}"
            )

    def stop(self) -> None:
        """Stop everything, last started first; returns when all are gone."""
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for child in self.children:
            if child.process is None:
                continue
            try:
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} did not stop in time and was killed.")
        # The pipe's end tells every lifeline that is still there to kill its group.
        os.close(self._write_end)
        os.close(self._read_end)
        for child in self.children:
            if child.process is not None:
                try:
                    child.process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()
