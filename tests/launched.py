"""A terminal started by its launcher, for tests and benchmarks that need the whole of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from terminal.settings import ROOT
from tests.pages.conftest import free_port


@dataclass(frozen=True)
class Launched:
    """The launcher's process, the address, the one-time link ("" when there is a user already)."""

    process: subprocess.Popen[str]
    url: str
    link: str
    folder: Path
    environ: dict[str, str]

    def family(self) -> list[psutil.Process]:
        """The launcher and everything it started."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]


@contextmanager
def start(folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Launched]:
    """Run the launcher until the block ends; its first lines are read for address and link."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
    chosen = {
        "ATT_STORAGE__DATA_DIR": str(folder / "var"),
        "ATT_SERVER__PORT": str(free_port()),
        "ATT_TRADING__EXCHANGE_PORT": str(free_port()),
        "ATT_MARKET__SIMULATED": "false",
        **(settings or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**own, **chosen},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = until(process, "Press Ctrl-C to stop.")
        link = re.search(r"http://\S+/setup/\S+", said)
        url = f"http://127.0.0.1:{chosen['ATT_SERVER__PORT']}"
        address = f"{url}/setup/{link.group().rsplit('/', 1)[1]}" if link else ""
        yield Launched(process, url, address, folder, chosen)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def until(process: subprocess.Popen[str], line: str) -> str:
    """What the process says up to and with `line`; fails with it when the process ends first."""
    said = ""
    assert process.stdout is not None
    for text in process.stdout:
        said += text
        if line in text:
            return said

    raise AssertionError(f"the launcher ended:\n{said}")
